"""院校画像: a portrait agrees with the indicators, and everything on it leads on."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs

import pytest

from queries import profile
from queries.evaluate import Scope, evaluate
from queries.run import OpenVersion, open_current
from queries.status import number
from tests.pages.conftest import Shown


def one_of(version: OpenVersion, level: str, outside: bool = False) -> str:
    """An institution of the level, with a district."""
    return next(
        i.institution_id
        for i in version.institutions
        if i.level_today == level and i.outside == outside and i.district != "未填区县"
    )


@pytest.mark.parametrize("level", ["中职", "高职", "职业本科", "普通本科"])
def test_a_portrait_agrees_with_the_indicators(show: Callable[..., Shown], level: str) -> None:
    show("institution.py")
    version = open_current()
    code = one_of(version, level)
    shown = show("institution.py", id=code)
    text = shown.text("portrait")
    found = [each for each in profile.points(version, code, version.as_of, ()) if each.in_force]
    assert f"在办专业点 {len(found)} 个" in text
    for result in evaluate(version, None, Scope(institution=(code,))):
        if result.indicator.measure == "count":
            value = number(result.actual, result.indicator.unit)
            assert re.search(rf"{re.escape(result.indicator.short)} {re.escape(value)}", text)
    for rule in profile.rules(version, code, version.as_of):
        assert f"（要求 {rule.low}—{rule.high} 个）：" in text
        assert rule.words in text
    for signal in version.plan.warning.signals:
        assert signal.name in text
    assert version.plan.warning.provenance in text


def test_shares_of_the_city_are_of_the_city(show: Callable[..., Shown]) -> None:
    show("institution.py")
    version = open_current()
    code = one_of(version, "高职")
    text = show("institution.py", id=code).text("portrait")
    (own,) = evaluate(version, None, Scope(institution=(code,)), None, ["points_retired"])
    (city,) = evaluate(version, None, None, None, ["points_retired"])
    assert own.actual
    assert city.actual
    share = number(own.actual / city.actual * 100, "%")
    assert f"{own.indicator.short} {number(own.actual, '个')} {share}" in text


def test_conditions_stand_against_each_threshold(show: Callable[..., Shown]) -> None:
    show("institution.py")
    version = open_current()
    for institution in version.institutions:
        record = profile.conditions(version, institution.institution_id, version.as_of)
        if record and any(each.met is False for each in record.items):
            break
    else:
        pytest.fail("the demonstration data has a school below a threshold")
    text = show("institution.py", id=institution.institution_id).text("portrait")
    for each in record.items:
        assert each.item in text
        if each.short:
            assert number(each.short, each.unit) in text
    assert "逐项测算未达标" in text


def test_everything_leads_on(show: Callable[..., Shown]) -> None:
    show("institution.py")
    version = open_current()
    code = one_of(version, "高职")
    goes = show("institution.py", id=code).goes("portrait")
    to_rows = [go for go in goes if go.startswith("indicator?") and "institution=" in go]
    assert len(to_rows) == len(version.plan.indicators)
    assert {parse_qs(go.partition("?")[2])["institution"][0] for go in to_rows} == {code}
    assert any(go.startswith("map?") and "area=" in go for go in goes)


def test_the_rows_of_one_institution(show: Callable[..., Shown]) -> None:
    show("institution.py")
    version = open_current()
    code = one_of(version, "高职")
    own = next(i for i in version.institutions if i.institution_id == code)
    (part,) = evaluate(version, None, Scope(institution=(code,)), None, ["industry_share"])
    shown = show("indicator.py", id="industry_share", institution=code)
    rows = next(f.value for f in shown.app.dataframe if "计入" in f.value.columns)
    assert set(rows["院校"]) == {own.name}
    assert len(rows) == part.denominator
    assert (rows["计入"] == "是").sum() == part.numerator
    goes = shown.goes("institutions")
    assert f"institution?id={code}" in goes
    assert "?area=&institution=" in goes


def test_a_technician_school_counts_for_nothing(show: Callable[..., Shown]) -> None:
    show("institution.py")
    code = one_of(open_current(), "中职", outside=True)
    text = show("institution.py", id=code).text("portrait")
    assert "不计入各项指标" in text
    assert "技工院校" in text


def test_a_level_filter_narrows_the_points(show: Callable[..., Shown]) -> None:
    show("institution.py")
    version = open_current()
    code = one_of(version, "职业本科")
    text = show("institution.py", id=code, level=["高职"]).text("portrait")
    points = profile.points(version, code, version.as_of, ("高职",))
    assert f"在办专业点 {sum(each.in_force for each in points)} 个" in text
    assert "专业点只看高职" in text


def test_the_list_holds_every_institution_of_the_filters(show: Callable[..., Shown]) -> None:
    shown = show("institution.py", authority=["省属"])
    version = open_current()
    wanted = {i.institution_id for i in version.institutions if i.authority == "省属"}
    found = {parse_qs(go.partition("?")[2])["id"][0] for go in shown.goes("directory")}
    assert found == wanted


def test_filters_that_leave_nothing(show: Callable[..., Shown]) -> None:
    shown = show("institution.py", authority=["区县属"], level=["职业本科"])
    assert "没有符合筛选的院校" in shown.text("directory")
    assert "~district=&authority=&level=" in shown.goes("directory")


def test_an_institution_outside_the_filters_says_so(show: Callable[..., Shown]) -> None:
    show("institution.py")
    version = open_current()
    code = one_of(version, "高职")
    own = next(i for i in version.institutions if i.institution_id == code)
    other = next(d for d in version.districts if d != own.district)
    shown = show("institution.py", id=code, district=[other])
    assert "不在筛选范围内" in shown.text("portrait")


def test_an_unknown_institution_says_so(show: Callable[..., Shown]) -> None:
    shown = show("institution.py", id="<b>nobody</b>")
    assert "没有代码为" in shown.text("unknown")
    assert "<b>nobody" not in shown.html("unknown")
    assert "directory" in shown.blocks()


# ---- side by side -------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 3, 4])
def test_two_to_four_side_by_side(show: Callable[..., Shown], count: int) -> None:
    show("institution.py")
    version = open_current()
    codes = [i.institution_id for i in version.institutions if not i.outside][:count]
    names = [i.name for i in version.institutions if i.institution_id in codes]
    shown = show("institution.py", id=codes[0], **{"with": codes[1:]})
    text = shown.text("comparison")
    assert all(name in text for name in names)
    assert "中位数" in text
    rows = re.findall(r"<tr>(.*?)</tr>", shown.html("comparison").split("<tbody>")[1], re.DOTALL)
    assert len(rows) > 15
    points = next(row for row in rows if "<td>专业点</td>" in row)
    figures = re.findall(r"<b>([\d,]+) 个</b>", points)
    for code, figure in zip(codes, figures, strict=True):
        held = [p for p in profile.points(version, code, version.as_of, ()) if p.in_force]
        assert int(figure.replace(",", "")) == len(held)


def test_no_more_than_four_and_never_itself(show: Callable[..., Shown]) -> None:
    show("institution.py")
    codes = [i.institution_id for i in open_current().institutions][:7]
    shown = show("institution.py", id=codes[0], **{"with": [codes[0], "nobody", *codes[1:]]})
    assert shown.html("comparison").count('<th class="n"><a') == 4


def test_medians_of_each_level(show: Callable[..., Shown]) -> None:
    show("institution.py")
    version = open_current()
    college, secondary = one_of(version, "高职"), one_of(version, "中职")
    shown = show("institution.py", id=college, **{"with": [secondary]})
    text = shown.text("comparison")
    peers = profile.peers(version, version.as_of)
    for level in ("高职", "中职"):
        assert f"{level}中位数（{len(peers[level])} 所）" in text


def test_the_pickers_write_the_address(show: Callable[..., Shown]) -> None:
    shown = show("institution.py")
    codes = [i.institution_id for i in open_current().institutions]
    shown.app.selectbox[0].select(codes[3]).run()
    assert shown.app.query_params["id"] == codes[3]
    (others,) = [each for each in shown.app.multiselect if each.label == "并排比较"]
    others.select(codes[5]).run()
    assert not shown.app.exception
    assert "comparison" in Shown(shown.app).blocks()
