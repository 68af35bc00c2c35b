"""调整机制健全: every deliverable of §4.3 with its state, counts by year, what is missing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data.load import load_workbook
from pages.parts.menu import FILES
from queries.deliverables import by_year, progress, verdict
from queries.evaluate import Scope
from queries.run import OpenVersion, open_current
from queries.status import number

PAGE, KEY = "mechanisms.py", "mechanisms"
PUBLIC = Path(__file__).resolve().parents[1] / "fixtures" / "public-2025"


@pytest.fixture
def version(demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> OpenVersion:
    monkeypatch.setenv("WAREHOUSE_DIR", str(demo_warehouse))
    return open_current()


@pytest.mark.parametrize("day", [None, "2026-03-31", "2024-06-30", "2023-10-19"])
def test_every_deliverable_stands_with_its_state(
    show: Callable[..., Any], version: OpenVersion, day: str | None
) -> None:
    shown = show(PAGE, **({"as_of": day} if day else {}))
    found = progress(version, date.fromisoformat(day) if day else version.as_of)
    mine = [each for each in found.values() if each.deliverable.section.startswith("4.3.")]
    assert len(mine) == 31
    markup = shown.html(KEY)
    title = re.sub(r"<[^>]+>", "", markup.split("</h1>")[0].split("<h1>")[1])
    assert title == verdict(mine).text
    for each in mine:
        row = markup.split(f'id="d-{each.deliverable.id}"')[1].split("</div>")[1]
        assert each.word in row, each.deliverable.id
    dots = re.findall(r'class="dot d\d"', markup)
    cards = sum(len(each.history) for each in mine)
    assert len(dots) == cards


def test_the_policy_says_who_leads_and_who_is_first(
    show: Callable[..., Any], version: OpenVersion
) -> None:
    text = show(PAGE).text(KEY)
    leading = [t for t in version.plan.tasks_of("4.3") if "牵头" in t.duty]
    assert [t.id for t in leading] == ["4.3.3", "4.3.4"]
    assert text.count("牵头负责") == len(leading)
    assert text.count("第一责任单位") == 3
    for task in version.plan.tasks_of("4.3"):
        assert task.text in text


@pytest.mark.parametrize("address", [{}, {"authority": "市属"}, {"district": "金水区"}], ids=str)
def test_counts_are_by_kind_and_year(
    show: Callable[..., Any], version: OpenVersion, address: dict[str, str]
) -> None:
    markup = show(PAGE, **address).html(KEY)
    scope = Scope(**{k: (v,) for k, v in address.items()})  # type: ignore[arg-type]
    found = by_year(version, version.as_of, scope)
    table = markup.split('class="matrix recent"')[1].split("</table>")[0]
    rows = {
        re.sub(r"<[^>]+>", "", row.split("<small>")[0]).strip(): row
        for row in table.split("<tr>")[2:]
    }
    kinds = [
        d for d in version.plan.deliverables if d.kind == "count" and d.section.startswith("4.3.")
    ]
    assert list(rows) == [d.name for d in kinds]
    for each in kinds:
        cells = re.findall(r"<td>(?:<b>)?([\d,]+|—)", rows[each.name])
        assert cells == [
            "—" if year.value is None else number(year.value) for year in found[each.id]
        ]


def test_what_is_owed_every_year_is_published_or_missing(
    show: Callable[..., Any], version: OpenVersion
) -> None:
    text = show(PAGE).text(KEY)
    found = progress(version, version.as_of)
    yearly = [each for each in found.values() if each.years]
    assert any(year.overdue for each in yearly for year in each.years)
    for each in yearly:
        for year in each.years:
            if year.done_on:
                assert f"{year.due.year} 年度 {year.done_on} 完成" in text
            elif year.overdue:
                assert f"{year.due.year} 年度 缺（期限 {year.due}）" in text


def test_under_filters_the_states_are_still_the_citys(show: Callable[..., Any]) -> None:
    whole, part = show(PAGE), show(PAGE, district="金水区")
    assert part.html(KEY).split("</h1>")[0] == whole.html(KEY).split("</h1>")[0]
    assert "状态按全市评定" in part.text(KEY)
    assert "状态按全市评定" not in whole.text(KEY)


def test_every_place_leads_to_a_page_or_stays(show: Callable[..., Any]) -> None:
    for place in show(PAGE).goes(KEY):
        page = place.partition("?")[0]
        assert page in FILES or place.startswith("?"), place


@pytest.mark.parametrize("page", ["structure.py", "system.py", "mechanisms.py"])
def test_missing_sheets_are_said_and_claim_nothing(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real, incomplete sample: no reports, projects, rectifications, tracks, conditions."""
    import json

    from streamlit.testing.v1 import AppTest

    from tests.pages.conftest import ENTRY

    monkeypatch.setenv("WAREHOUSE_DIR", str(tmp_path))
    load_workbook(PUBLIC)
    app = AppTest.from_file(str(ENTRY), default_timeout=300)
    app.switch_page(page).run()
    assert not app.exception
    markup = "".join(
        json.loads(each.proto.json)["html"] for each in app.main if each.type == "bidi_component"
    )
    said = {
        "structure.py": ["“类别”列为空", "“项目库”表为空，无数据", "“督导整改”表为空"],
        "system.py": ["“贯通培养”表", "没有贯通培养数据"],
        "mechanisms.py": ["没有任务进展填报", "21 项无数据", "“督导整改”表为空"],
    }[page]
    for words in said:
        assert words in markup
    assert "逾期）" not in markup
