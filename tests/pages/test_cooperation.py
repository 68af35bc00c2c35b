"""校企合作: the map, the matrix and its cells, counts by year, who has none, empty states."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from data.load import load_workbook
from pages.parts import cooperation as page
from pages.parts import download
from pages.parts.menu import FILES
from pages.parts.view import View
from queries import cooperation
from queries.evaluate import Scope
from queries.run import OpenVersion, open_current
from tests.pages.conftest import ENTRY

PAGE, KEY = "cooperation.py", "cooperation"
PUBLIC = Path(__file__).resolve().parents[1] / "fixtures" / "public-2025"


@pytest.fixture
def version(demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> OpenVersion:
    monkeypatch.setenv("WAREHOUSE_DIR", str(demo_warehouse))
    return open_current()


def test_the_cells_lead_to_their_enterprises(
    show: Callable[..., Any], version: OpenVersion
) -> None:
    shown = show(PAGE)
    found = cooperation.matrix(
        version, cooperation.partnerships(version, Scope(), version.as_of), version.as_of
    )
    row = found.groups[0].rows[0]
    industry = max(row.counts, key=row.counts.__getitem__)
    wanted = {"school": row.institution.institution_id, "industry": industry}
    places = [dict(parse_qsl(go[1:])) for go in shown.goes(KEY) if go.startswith("?")]
    assert wanted in [{k: v for k, v in p.items() if v} for p in places]
    cell = show(PAGE, **wanted)
    within = cell.html(KEY).split('class="within"')[1].split("</table>")[0]
    assert len(re.findall("<tr>", within)) - 1 == row.counts[industry]
    assert f"{row.institution.name} · {industry}：1 所院校、" in cell.text(KEY)


def test_a_screenful_and_the_rest_folded(show: Callable[..., Any], version: OpenVersion) -> None:
    shown = show(PAGE)
    found = cooperation.matrix(
        version, cooperation.partnerships(version, Scope(), version.as_of), version.as_of
    )
    group = found.groups[0]
    rest = len(group.rows) - page.MOST_SCHOOLS
    assert f"其余 {rest} 所" in shown.text(KEY)
    unfolded = show(PAGE, open=group.name).text(KEY)
    assert all(row.institution.name in unfolded for row in group.rows)


def test_a_district_becomes_the_filter_of_every_page(show: Callable[..., Any]) -> None:
    assert "~district=%E9%87%91%E6%B0%B4%E5%8C%BA" in show(PAGE).goes(KEY)
    part = show(PAGE, district="金水区")
    assert "<h1>金水区：" in part.html(KEY)
    assert "~district=" in part.goes(KEY)


@pytest.mark.parametrize(
    "address",
    [
        {"school": "nobody", "industry": "<b>", "size": "x", "group": "y", "enterprise": "=1"},
        {"as_of": "1950-01-01"},
        {"as_of": "2090-01-01", "district": "未填区县"},
        {"level": ["中职", "高职"], "size": "大型", "open": "技工院校"},
        {"industry": "化工", "size": "微型"},
    ],
    ids=str,
)
def test_odd_addresses_still_draw_the_page(
    show: Callable[..., Any], address: dict[str, Any]
) -> None:
    shown = show(PAGE, **address)
    assert "<h1>" in shown.html(KEY)
    assert "&lt;b&gt;" not in shown.html(KEY)
    for place in shown.goes(KEY):
        assert not place or place[0] in "?~" or place.partition("?")[0] in FILES


def test_empty_sheets_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_DIR", str(tmp_path))
    load_workbook(PUBLIC)
    app = AppTest.from_file(str(ENTRY), default_timeout=300)
    app.switch_page(PAGE).run()
    assert not app.exception
    markup = "".join(
        json.loads(each.proto.json)["html"] for each in app.main if each.type == "bidi_component"
    )
    for words in ("“企业”表为空", "“校企合作”表为空", "“校企合作”表为空，这里只看另一类"):
        assert words in markup


def test_every_list_goes_into_a_workbook(version: OpenVersion) -> None:
    view = View(version, version.as_of, Scope())
    shown = page.Shown()
    spans = cooperation.partnerships(version, Scope(), version.as_of)
    pairs = cooperation.pairs(spans, version.as_of)
    lists = [
        (page.ENTERPRISE_HEADERS, page._enterprise_rows, len(cooperation.enterprises(version))),
        (page.LINK_HEADERS, page._link_rows, len(pairs)),
        (page.PARTNERSHIP_HEADERS, page._partnership_rows, len(spans)),
        (page.BODY_HEADERS, page._body_rows, len(cooperation.bodies(version, Scope(), view.as_of))),
        (page._matrix_headers(view), page._matrix_rows, None),
        (page.ALONE_HEADERS, page._alone_rows, None),
    ]
    for headers, rows, count in lists:
        found = rows(view, shown)
        assert found
        assert {len(each) for each in found} == {len(headers)}
        assert count is None or len(found) == count
    content = download.workbook(
        view, "院校产业矩阵", page._matrix_headers(view), page._matrix_rows(view, shown)
    )
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    assert sheet.cell(sheet.max_row, 1).value == "合计"
    assert sheet.cell(sheet.max_row, 4).value == len(pairs)
