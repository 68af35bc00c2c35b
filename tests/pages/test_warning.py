"""监测预警: every count equals its list, settings come from the address, nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qsl

import msgspec
import pandas as pd
import pytest

from data.plan import load_plan
from pages.parts.menu import FILES
from pages.parts.warning_state import expand, read
from queries import early_warning as warning
from queries.run import open_current
from tests.pages.conftest import Shown

PAGE = "warning.py"
SECTIONS = ("heat", "list", "changes", "effects", "evaluations", "enrolment")
RULES = load_plan().warning


def latest() -> pd.DataFrame:
    return warning.latest_in_force(warning.judged(open_current()))


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_leads_on_and_says_whose_figures(
    show: Callable[..., Shown], section: str
) -> None:
    shown = show(PAGE, show=section)
    assert "演示数据" in shown.text(f"warning-{section}")
    for place in shown.goes(f"warning-{section}"):
        assert place.partition("?")[0] in FILES or place.startswith("?")


def test_the_head_counts_what_the_rules_say(show: Callable[..., Shown]) -> None:
    text = show(PAGE).text("warning-head")
    found = latest()
    assert f"{len(found):,} 个专业点中" in text
    assert f"红 {(found['grade'] == 'red').sum()} " in text
    for action, count in found["action"].value_counts().items():
        assert f"{action} {count:,}" in text
    assert RULES.provenance in text


@pytest.mark.parametrize("filters", [{}, {"level": "中职"}, {"authority": "市属"}], ids=str)
def test_the_list_has_as_many_as_its_chip(
    show: Callable[..., Shown], filters: dict[str, str]
) -> None:
    head = show(PAGE, **filters).text("warning-head")
    red = re.search(r"■ 红 ([\d,]+)", head)
    assert red
    listed = show(PAGE, show="list", **filters).text("warning-list")
    assert f"等级为红的专业点 {red[1]} 个" in listed


def test_tried_settings_change_the_page_and_say_so(show: Callable[..., Shown]) -> None:
    signals = tuple(
        msgspec.structs.replace(each, yellow=150.0, red=100.0)
        if each.id == "application_rate"
        else each
        for each in RULES.signals
    )
    shown = show(PAGE, application_rate="150,100")
    text = shown.text("warning-head")
    rules = msgspec.structs.replace(RULES, signals=signals)
    found = warning.latest_in_force(warning.judged(open_current(), rules=rules))
    assert f"红 {(found['grade'] == 'red').sum():,} " in text
    assert "试算设置，非方案设置" in text
    assert "恢复方案设置" in text
    assert "试算设置" in shown.text("warning-heat")


def test_a_slider_writes_the_address(show: Callable[..., Shown]) -> None:
    shown = show(PAGE)
    assert "试算设置" not in shown.text("warning-head")
    slider = next(each for each in shown.app.slider if each.key == "warning-satisfaction")
    slider.set_value((60.0, 90.0)).run()
    assert shown.app.query_params["satisfaction"] == "90,60"
    assert "试算设置，非方案设置" in shown.text("warning-head")


@pytest.mark.parametrize("text", ["50,90", "x", "nan,nan", "900,0", "90"])
def test_what_a_setting_cannot_be_is_ignored_and_said(text: str) -> None:
    asked = read({"satisfaction": text, "red_from_yellow": "99"}, RULES)
    assert asked.rules == RULES
    assert len(asked.ignored) == 2
    assert not asked.tried


def test_a_point_shows_its_years(show: Callable[..., Shown]) -> None:
    show(PAGE)
    found = warning.judged(open_current())
    point = found.loc[found["persistent"], "point_id"].iloc[0]
    text = show(PAGE, point=point).text("warning-point")
    for year in found.loc[found["point_id"] == point, "year"]:
        assert str(year) in text
    assert "院校画像" in text
    assert "没有编号为" in show(PAGE, point="<b>").text("warning-no-point")


def test_the_enrolment_keeps_the_years_total(show: Callable[..., Shown]) -> None:
    text = show(PAGE, show="enrolment").text("warning-enrolment")
    judged = warning.judged(open_current())
    rows = judged[(judged["year"] == judged["year"].max()) & ~judged["outside"]]
    assert f"共 {rows['planned'].sum():,} 人" in text
    for level, points in rows.groupby("level"):
        total = f"{points['planned'].sum():,}"
        assert re.search(rf"{level} [\d,]+ {total} {total}", text)


def test_without_rows_the_page_says_why(show: Callable[..., Shown]) -> None:
    text = show(PAGE, as_of="2010-01-01").text("warning-nothing")
    assert "年度数据" in text


def test_a_cell_of_the_heat_opens_its_points(show: Callable[..., Shown]) -> None:
    cell = next(g for g in show(PAGE).goes("warning-heat") if g.startswith("?cell="))
    target = expand(cell)
    assert target
    address = {name: value for name, value in parse_qsl(target[1:]) if value}
    assert set(address) == {"show", "grade", "institution", "class"}
    found = latest()
    mine = found[
        (found["institution_id"] == address["institution"])
        & (found["class_code"] == address["class"])
    ]
    assert f"的专业点 {len(mine)} 个" in show(PAGE, **address).text("warning-list")
