"""指标详情: for every indicator, in every state, the figures agree with their parts and rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from data.plan import load_plan
from queries.evaluate import evaluate
from queries.run import open_current
from queries.status import number
from tests.pages.conftest import Shown

IDS = [each.id for each in load_plan().indicators]


@pytest.mark.parametrize("name", IDS)
def test_districts_and_rows_add_up_to_the_figure(
    show: Callable[..., Shown], name: str, demo_warehouse: Path
) -> None:
    shown = show("indicator.py", id=name)
    version = open_current()
    (result,) = evaluate(version, indicators=[name])
    unit = result.indicator.unit
    assert number(result.actual, unit, result.target) in shown.text("head")
    assert result.indicator.quote in shown.text("head")
    assert result.verdict.reason in shown.text("status")

    parts = evaluate(version, by="district", indicators=[name])
    table = re.findall(r"<tr><td[^>]*>(.*?)</td>", shown.html("districts").split("<tbody>")[1])
    assert sorted(table) == sorted(part.group or "" for part in parts)
    if unit != "%":
        assert sum(part.actual or 0 for part in parts) == result.actual
    else:
        assert sum(part.numerator or 0 for part in parts) == result.numerator
        assert sum(part.denominator or 0 for part in parts) == result.denominator

    if not result.actual and unit != "%":
        assert "没有逐条依据" in shown.text("norow")
        return
    rows = next(f.value for f in shown.app.dataframe if "计入" in f.value.columns)
    counted = rows[rows["计入"] == "是"]
    if "数量" in rows:
        assert counted["数量"].sum() == result.numerator
    elif unit == "%":
        assert (len(counted), len(rows)) == (result.numerator, result.denominator)
    else:
        assert len(counted) == len(rows) == result.actual


@pytest.mark.parametrize("address", [{"id": "nonsense"}, {"id": "<b>x</b>"}, {"id": ""}])
def test_an_unknown_indicator_says_so_and_shows_the_first(
    show: Callable[..., Shown], address: dict[str, str]
) -> None:
    shown = show("indicator.py", **address)
    assert "没有编号为" in shown.text("unknown")
    assert shown.app.selectbox[0].value == IDS[0]


def test_an_area_narrows_institutions_and_rows(show: Callable[..., Shown]) -> None:
    shown = show("indicator.py", id="points_emerging", area="金水区")
    version = open_current()
    parts = evaluate(version, by="district", indicators=["points_emerging"])
    part = next(each for each in parts if each.group == "金水区")
    rows = next(f.value for f in shown.app.dataframe if "计入" in f.value.columns)
    assert set(rows["区县"]) == {"金水区"}
    assert part.actual
    assert len(rows) == part.actual


def test_the_picker_writes_the_address(show: Callable[..., Shown]) -> None:
    shown = show("indicator.py", id="brand_points", area="金水区")
    shown.app.selectbox[0].select("demo_backbone").run()
    assert not shown.app.exception
    assert shown.app.query_params["id"] == "demo_backbone"
    assert "area" not in shown.app.query_params


def test_filters_that_leave_nothing_show_what_to_do(show: Callable[..., Shown]) -> None:
    shown = show("indicator.py", id="bachelor_points", level="中职")
    assert "可放宽筛选" in shown.text("norow")


@pytest.mark.parametrize("day", ["2015-01-01", "2023-10-19", "2025-12-31", "2030-06-30"])
def test_any_day_can_be_looked_at(show: Callable[..., Shown], day: str) -> None:
    shown = show("indicator.py", id="points_traditional", as_of=day)
    assert "传统优势专业点" in shown.text("head")
