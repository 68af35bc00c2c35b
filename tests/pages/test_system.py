"""专业体系完善: schools, rungs and pathways are those of the indicators and the deliverables."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pages.parts.menu import FILES
from pages.parts.system import amount, cell_shown
from queries.conditions import Cell, conditions
from queries.evaluate import Scope, evaluate
from queries.ladder import KINDS, ladder
from queries.run import OpenVersion, open_current
from queries.status import number

PAGE, KEY = "system.py", "system"
INDICATOR = "secondary_conditions_met"


@pytest.fixture
def version(demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> OpenVersion:
    monkeypatch.setenv("WAREHOUSE_DIR", str(demo_warehouse))
    return open_current()


@pytest.mark.parametrize("address", [{}, {"authority": "市属"}, {"district": "二七区"}], ids=str)
def test_the_schools_are_those_of_the_indicator(
    show: Callable[..., Any], version: OpenVersion, address: dict[str, str]
) -> None:
    shown = show(PAGE, **address)
    scope = Scope(**{k: (v,) for k, v in address.items()})  # type: ignore[arg-type]
    (result,) = evaluate(version, None, scope, None, [INDICATOR])
    assert f"{number(result.numerator)} / {number(result.denominator)} 所" in shown.text(KEY)
    table = shown.html(KEY).split('class="heat"')[1].split("</table>")[0]
    assert len(re.findall(r"<tr><td>", table)) == result.denominator
    assert len(re.findall(r"● 达标</span>", table)) == result.numerator


def test_the_heads_count_who_fails(show: Callable[..., Any], version: OpenVersion) -> None:
    text = show(PAGE).text(KEY)
    found = conditions(version, version.as_of)
    assert len(found.items) == 9
    for item in found.items:
        expected = (
            f"{item.name} {item.unit} 未达 {found.failing(item.name)} / {found.judged(item.name)}"
        )
        assert expected in text


def test_a_disagreement_is_marked(show: Callable[..., Any], version: OpenVersion) -> None:
    found = conditions(version, version.as_of)
    markup = show(PAGE).html(KEY)
    table = markup.split('class="heat"')[1].split("</table>")[0]
    assert table.count("≠") == found.disagreeing > 0


@pytest.mark.parametrize("shown", ["failed", "disagree", "missing"])
def test_the_table_narrows(show: Callable[..., Any], version: OpenVersion, shown: str) -> None:
    found = conditions(version, version.as_of)
    count = {
        "failed": len(found.schools) - found.met,
        "disagree": found.disagreeing,
        "missing": found.without_record,
    }[shown]
    table = show(PAGE, show=shown).html(KEY).split('class="heat"')[1].split("</table>")[0]
    assert len(re.findall(r"<tr><td>", table)) == count


def test_a_threshold_shows_only_who_fails_it(
    show: Callable[..., Any], version: OpenVersion
) -> None:
    found = conditions(version, version.as_of)
    worst = max(found.items, key=lambda item: found.failing(item.name))
    table = show(PAGE, item=worst.name).html(KEY).split('class="heat"')[1].split("</table>")[0]
    assert len(re.findall(r"<tr><td>", table)) == found.failing(worst.name)


def test_technician_schools_stand_beside(show: Callable[..., Any], version: OpenVersion) -> None:
    found = conditions(version, version.as_of, Scope(outside=True))
    expected = f"另有技工院校 {len(found.schools)} 所（达标 {found.met} 所）"
    assert expected in show(PAGE).text(KEY)


def test_the_ladder_has_every_kind(show: Callable[..., Any], version: OpenVersion) -> None:
    made = ladder(version, version.as_of)
    text = show(PAGE).text(KEY)
    for kind in KINDS:
        assert f"{kind} {len(made.of(kind)):,} 项" in text
    for rung in made.rungs:
        assert f"{rung.institutions:,} 所院校、{rung.points:,} 个专业点" in text
    kind = max(KINDS, key=lambda name: len(made.of(name)))
    narrowed = show(PAGE, kind=kind).text(KEY)
    assert f"查看数据：{kind} {len(made.of(kind))} 项" in narrowed
    assert "kind=<b>" not in show(PAGE, kind="<b>").html(KEY)


def test_every_indicator_of_the_action_stands(
    show: Callable[..., Any], version: OpenVersion
) -> None:
    markup = show(PAGE).html(KEY).replace("&#34;", '"')
    numbers = {task.id for task in version.plan.tasks_of("4.2")} | {"3.3", "3.4"}
    mine = [r for r in evaluate(version) if numbers & set(r.indicator.sections)]
    assert len(re.findall(r'class="ind s-', markup)) == len(mine) == 13
    for each in mine:
        value = number(each.actual, each.indicator.unit, each.target)
        assert f"{each.indicator.name}：现状值 {value}" in markup


def test_empty_filters_say_so(show: Callable[..., Any]) -> None:
    text = show(PAGE, level="职业本科", district="上街区").text(KEY)
    assert "所选日期和范围内没有在册的贯通培养" in text
    assert "所选日期和范围内没有中职学校" in text
    assert "不在筛选内" in text


def test_every_place_leads_to_a_page_or_stays(show: Callable[..., Any]) -> None:
    for place in show(PAGE).goes(KEY):
        page = place.partition("?")[0]
        assert page in FILES or place.startswith("?"), place


@pytest.mark.parametrize(
    ("cell", "text", "style"),
    [
        (None, "—", ""),
        (Cell("面积", "at_least", 40000.0, "平方米", 50000.0, True), "✓", "ok"),
        (Cell("面积", "at_least", 40000.0, "平方米", 39000.0, False), "差 1,000", "h1"),
        (Cell("面积", "at_least", 40000.0, "平方米", 30000.0, False), "差 10,000", "h2"),
        (Cell("生师比", "at_most", 20.0, "学生/教师", 30.0, False), "超 10", "h3"),
        (Cell("生师比", "at_most", 20.0, "学生/教师", 20.01, False), "超 不足 0.1", "h1"),
        (Cell("生师比", "at_most", 20.0, "学生/教师", None, None), "?", "q"),
    ],
)
def test_a_cell_says_its_shortfall(cell: Cell | None, text: str, style: str) -> None:
    shown = cell_shown(cell)
    assert (shown["text"], shown["style"]) == (text, style)
    if cell and not cell.met and cell.value is not None:
        assert cell.unit in shown["title"]


def test_what_is_not_nothing_never_shows_as_nothing() -> None:
    assert amount(0.0) == "0"
    assert amount(0.01) == "不足 0.1"
    assert amount(12.34) == "12.3"
    assert amount(1234.4) == "1,234"
