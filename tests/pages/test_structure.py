"""专业结构优化: its totals are those of queries.evaluate, under the same filters."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pages.parts.menu import FILES
from queries import summary
from queries.composition import named_industries
from queries.evaluate import Result, Scope, evaluate
from queries.run import OpenVersion, open_current
from queries.status import number

PAGE, KEY = "structure.py", "structure"
ADDRESSES: list[dict[str, str]] = [
    {},
    {"as_of": "2026-03-31"},
    {"as_of": "2024-07-01"},
    {"authority": "市属"},
    {"level": "中职"},
    {"level": "高职", "district": "金水区"},
    {"district": "未填区县"},
]


@pytest.fixture
def version(demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> OpenVersion:
    monkeypatch.setenv("WAREHOUSE_DIR", str(demo_warehouse))
    return open_current()


def seen(version: OpenVersion, address: dict[str, str]) -> dict[str, Result]:
    """Every indicator as the page of this address should have it."""
    day = date.fromisoformat(address["as_of"]) if "as_of" in address else None
    scope = Scope(**{k: (v,) for k, v in address.items() if k != "as_of"})  # type: ignore[arg-type]
    return {each.id: each for each in evaluate(version, day, scope)}


def plain(markup: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup))


@pytest.mark.parametrize("address", ADDRESSES, ids=str)
def test_the_totals_are_those_of_the_indicators(
    show: Callable[..., Any], version: OpenVersion, address: dict[str, str]
) -> None:
    shown = show(PAGE, **address)
    found = seen(version, address)
    share = found["industry_share"]
    text, markup = shown.text(KEY), shown.html(KEY)
    assert f"在办专业点 {number(share.denominator, '个')}" in text
    sums = re.findall(r'<tr class="sum">(.*?)</tr>', markup, re.DOTALL)
    _, others, whole = ([w for w in plain(row).split() if w[0].isdigit()] for row in sums)
    assert share.numerator is not None
    assert share.denominator is not None
    assert share.actual is not None
    count = len(named_industries(version))
    assert plain(sums[0]).split()[:4] == [
        str(count),
        "个重点产业小计",
        number(share.actual, "%"),
        number(share.numerator),
    ]
    assert others[1] == number(share.denominator - share.numerator)
    assert whole[0] == number(share.denominator)
    by_track = re.findall(r'<td class="(?:zero)?">([\d,]+|·)', sums[2])
    ids = ("points_traditional", "points_emerging", "points_future", "points_distinctive")
    assert [n.replace("·", "0") for n in by_track[:4]] == [number(found[i].actual) for i in ids]


@pytest.mark.parametrize("address", ADDRESSES, ids=str)
def test_every_indicator_of_the_action_stands_with_its_figures(
    show: Callable[..., Any], version: OpenVersion, address: dict[str, str]
) -> None:
    markup = show(PAGE, **address).html(KEY).replace("&#34;", '"')
    found = seen(version, address)
    tasks = {task.id for task in version.plan.tasks_of("4.1")}
    mine = [r for r in found.values() if tasks & set(r.indicator.sections)]
    assert len(mine) == 12
    assert len(re.findall(r'class="ind s-', markup)) == len(mine) + 1
    for each in mine:
        assert (
            f"{each.indicator.name}：现状值 {number(each.actual, each.indicator.unit, each.target)}"
            in markup
        )
        if each.pace is not None:
            assert f"进度比 {each.pace:.2f}" in markup
        if each.required_per_quarter:
            unit = summary.points(each.indicator.unit)
            assert f"每季需 {number(each.required_per_quarter, unit)}" in markup


def test_every_task_has_its_sentence_and_departments(
    show: Callable[..., Any], version: OpenVersion
) -> None:
    text = show(PAGE).text(KEY)
    for task in version.plan.tasks_of("4.1"):
        assert task.text in text
        assert (
            f"第一责任单位： {task.departments[0]} ；责任单位：{'、'.join(task.departments[1:])}"
            in text
        )
    assert "牵头" not in text


def test_newly_opened_points_stand_apart_with_a_gap_of_their_own(
    show: Callable[..., Any], version: OpenVersion
) -> None:
    text = show(PAGE).text(KEY)
    total = seen(version, {})["points_emerging"]
    match = re.search(r"增设 (\d+) 个 ，另 (\d+) 个为印发前已有", text)
    assert match
    opened, before = int(match[1]), int(match[2])
    assert opened + before == total.actual
    assert total.target is not None
    assert (
        f"只计增设，距目标值 {number(total.target)} 尚差 {number(total.target - opened)} 个" in text
    )


def test_the_waterfall_says_its_own_sum(show: Callable[..., Any]) -> None:
    for address in ({}, {"level": "中职"}, {"as_of": "2026-03-31"}):
        text = show(PAGE, **address).text(KEY)
        match = re.search(
            r"基期 ([\d,]+) \+ 增设 ([\d,]+) \+ 恢复招生 ([\d,]+) "
            r"− 停招 ([\d,]+) − 撤销 ([\d,]+) ＝ 现在 ([\d,]+)",
            text,
        )
        assert match
        base, opened, resumed, suspended, closed, now = (
            int(each.replace(",", "")) for each in match.groups()
        )
        assert base + opened + resumed - suspended - closed == now


def test_the_named_specialties_stand_with_their_points(
    show: Callable[..., Any], version: OpenVersion
) -> None:
    text = show(PAGE).text(KEY)
    for task in version.plan.tasks_of("4.1"):
        for each in task.specialties:
            assert each.name in text
    assert "目录名：宝玉石鉴定与加工" in text


def test_an_industry_narrows_the_classes_and_another_click_widens_them(
    show: Callable[..., Any], version: OpenVersion
) -> None:
    industry = named_industries(version)[0]
    shown = show(PAGE, industry=industry)
    assert re.search(rf"{industry}：\d+ 个专业大类", shown.text(KEY))
    assert "?industry=" in shown.goes(KEY)
    assert "专业大类" in show(PAGE, industry="<script>").text(KEY)
    assert "<script>" not in show(PAGE, industry="<script>").html(KEY)


def test_before_the_issue_there_is_nothing_to_walk(show: Callable[..., Any]) -> None:
    text = show(PAGE, as_of="2023-06-01").text(KEY)
    assert "所看日期不晚于方案印发日" in text


def test_empty_filters_say_so(show: Callable[..., Any]) -> None:
    text = show(PAGE, level="职业本科", district="上街区").text(KEY)
    assert "所选日期和范围内没有在办专业点" in text
    assert "“专业点”表" in text
    assert "均无布点" in text


def test_every_place_leads_to_a_page_or_stays(show: Callable[..., Any]) -> None:
    for place in show(PAGE).goes(KEY):
        page = place.partition("?")[0]
        assert page in FILES or place.startswith("?"), place


def test_the_source_and_mark_are_in_view(show: Callable[..., Any]) -> None:
    text = show(PAGE).text(KEY)
    assert text.count("演示数据") >= 4
    assert "数据截至" in text
