"""产教对接: the pictures and tables say what queries say; every state has words of its own."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import duckdb
import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from data import versions
from pages.parts import alignment, download, supply
from pages.parts.view import View
from queries.evaluate import Scope, evaluate
from queries.run import OpenVersion, open_current
from queries.status import number
from queries.supply_demand import outlook
from tests.pages.conftest import ENTRY

PAGE, KEY = "alignment.py", "alignment"


@pytest.fixture
def version(demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> OpenVersion:
    monkeypatch.setenv("WAREHOUSE_DIR", str(demo_warehouse))
    return open_current()


def asked(go: str) -> dict[str, str]:
    return {k: v[0] for k, v in parse_qs(go.removeprefix("?")).items()}


@pytest.mark.parametrize("address", [{}, {"level": "高职"}, {"as_of": "2024-03-31"}], ids=str)
def test_the_total_is_that_of_the_indicator(
    show: Callable[..., Any], version: OpenVersion, address: dict[str, str]
) -> None:
    shown = show(PAGE, **address)
    day = version.as_of.fromisoformat(address.get("as_of", str(version.as_of)))
    scope = Scope(level=("高职",)) if "level" in address else None
    (share,) = evaluate(version, day, scope, None, ["industry_share"])
    assert f"合计 {number(share.denominator, '个')}" in shown.text(KEY)
    assert f"占在办专业点的 {number(share.actual, '%')}" in shown.text(KEY)
    values = re.findall(r'<td class="n">([\d,]+)</td><td class="n">[\d.]+%', shown.html(KEY))
    assert sum(int(each.replace(",", "")) for each in values) == share.denominator


def test_a_band_leads_to_as_many_rows_as_it_is_wide(show: Callable[..., Any]) -> None:
    shown = show(PAGE)
    markup = shown.html(KEY)
    bands = re.findall(r'data-go="([^"]+)" class="band[^"]*" aria-label="([^"]+)：(\d+) 个', markup)
    assert len(bands) > 40
    go, title, width = bands[0]
    picked = show(PAGE, **asked(go.replace("&amp;", "&")))
    assert f"{title}：{width} 个专业点" in picked.text(KEY)
    rows = re.findall(r'data-go="institution\?id=', picked.html(KEY))
    assert len(rows) == min(int(width), alignment.MOST_ROWS)


def test_small_ones_open_and_a_chain_stands_alone(show: Callable[..., Any]) -> None:
    text = show(PAGE).text(KEY)
    assert re.search(r"其他（\d+ 项）", text)
    assert "其他（" not in show(PAGE, open="industry,class").text(KEY)
    alone = show(PAGE, chain="新能源", by="track")
    assert "新能源：在办专业点" in alone.text(KEY)
    assert "无类别" in alone.text(KEY)


def test_nonsense_in_the_address_is_ignored(show: Callable[..., Any]) -> None:
    plain = show(PAGE).text(KEY)
    odd = {"width": "x", "by": "<b>", "sort": "y", "open": "z", "chain": "<i>", "view": "w"}
    assert show(PAGE, **odd).text(KEY) == plain
    nothing = show(PAGE, industry="<script>alert(1)</script>")
    assert "0 个专业点" in nothing.text(KEY)
    assert "<script>alert" not in nothing.html(KEY)


def test_workbooks_hold_every_flow_and_every_point(version: OpenVersion) -> None:
    view = View(version, version.as_of, Scope())
    state = alignment.State(by="institution")
    _, rows = alignment.flow_rows(view, state)
    (share,) = evaluate(version, version.as_of, None, None, ["industry_share"])
    assert sum(row[3] for row in rows) == share.denominator
    assert len(alignment.point_rows(view, state)) == share.denominator
    headers, balances = supply.balance_rows(view, supply.State())
    assert len(balances) == len(outlook(version, version.as_of).items) * 8
    made = download.workbook(view, "供需对照", headers, balances)
    sheet = openpyxl.load_workbook(io.BytesIO(made)).active
    assert sheet is not None
    assert [cell.value for cell in sheet[4]] == headers
    assert "演示数据" in str(sheet["A2"].value)


def test_supply_says_the_gap_of_every_industry(
    show: Callable[..., Any], version: OpenVersion
) -> None:
    shown = show(PAGE, view="supply", year="2026")
    text = shown.text("supply")
    for item in outlook(version, version.as_of).items:
        assert item.name in text
        assert supply.signed(item.years[2026].gap) in text
    assert "毕业生为预测，需求为预测" in text
    later = show(PAGE, view="supply", year="2028").text("supply")
    assert "2028 年无法比较供需" in later
    assert "无数据" in later


def test_supply_by_specialty_with_a_chain_and_an_item(show: Callable[..., Any]) -> None:
    shown = show(PAGE, view="supply", of="specialty", chain="先进制造", item="660303", sort="name")
    text = shown.text("supply")
    assert "：逐年供需" in text
    assert "2021 年" in text
    assert "先进制造：2024 年" in text


def test_supply_is_the_citys_whatever_the_filter(show: Callable[..., Any]) -> None:
    text = show(PAGE, view="supply", district="金水区").text("supply")
    assert "供需对照按全市计算" in text
    assert "2024 年 13 个产业毕业生少于需求" in text


def test_lists_by_year(show: Callable[..., Any]) -> None:
    text = show(PAGE, view="supply", edition="2022").text("supply")
    assert "在 2022-12-31 没有在办专业点" in text
    assert "新生为 2022 年报到人数" in text


def test_without_demand_lists_and_figures(
    demo_warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Designed empty states, each with the sheet to fill."""
    folder = Path(shutil.copytree(demo_warehouse, tmp_path / "data"))
    monkeypatch.setenv("WAREHOUSE_DIR", str(folder))
    draft = versions.draft_path()
    shutil.copy(next((folder / "versions").glob("*.duckdb")), draft)
    draft.chmod(0o644)
    with duckdb.connect(str(draft)) as connection:
        for table in ("talent_demand", "provincial_lists", "point_years"):
            connection.execute(f"delete from {table}")
    versions.seal(draft)
    for address, words in (
        ({"width": "students"}, "“年度数据”表没有“在校生”"),
        ({"view": "supply"}, "没有可对照的供需数据"),
        ({"view": "supply"}, "“省级清单”表"),
    ):
        app = AppTest.from_file(str(ENTRY), default_timeout=120)
        app.switch_page(PAGE)
        for name, value in address.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        markups = [
            e.proto.json.encode().decode("unicode_escape")
            for e in app.main
            if e.type == "bidi_component"
        ]
        assert any(words in markup for markup in markups), words
