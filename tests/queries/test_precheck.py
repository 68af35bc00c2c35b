"""The pre-check of a new specialty: every rule where it should, in its order; counts recomputed."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from data.plan import PrecheckRules, load_plan
from queries import precheck
from queries.evaluate import evaluate
from queries.precheck import AGAINST, CAUTION, SUPPORT, Application, Facts, Known
from queries.run import OpenVersion, open_file

LINES = PrecheckRules()
# Facts for which no rule but the last of support speaks.
PLAIN = Facts(able=20, offering=1, gap_share=0.0, conditions_met=True, students_per_point=300.0)

CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("closed", AGAINST, {"in_force": False}),
    ("offered", AGAINST, {"offered_here": True}),
    ("level", AGAINST, {"level": "职业本科"}),
    ("oversupplied", AGAINST, {"oversupplied": True}),
    ("crowded", AGAINST, {"offering": 10}),
    ("red_here", AGAINST, {"red_here": 1, "graded_here": 2}),
    ("ended", CAUTION, {"ended_here": "2024-09-01 停招或撤销"}),
    ("many", CAUTION, {"offering": 5}),
    ("surplus", CAUTION, {"gap_share": -0.1}),
    ("no_demand", CAUTION, {"gap_share": None}),
    ("red_elsewhere", CAUTION, {"red_elsewhere": 3, "graded_elsewhere": 10}),
    ("conditions", CAUTION, {"conditions_met": False}),
    ("small", CAUTION, {"students_per_point": 99.0}),
    ("controlled", CAUTION, {"state_controlled": True}),
    ("worsens", CAUTION, {"worsened": ("甲",)}),
    ("shortage", SUPPORT, {"shortage": True}),
    ("gap", SUPPORT, {"gap_share": 0.1}),
    ("guide", SUPPORT, {"guide": True}),
    ("helps", SUPPORT, {"helped": ("甲",), "gap_share": 0.01}),
]


@pytest.mark.parametrize(("rule", "recommendation", "facts"), CASES, ids=[c[0] for c in CASES])
def test_each_rule_decides_alone(rule: str, recommendation: str, facts: dict[str, Any]) -> None:
    found = precheck.fired(dataclasses.replace(PLAIN, **facts), LINES)
    by_id = {each.id: each for each in precheck.RULES}
    assert found[0].recommendation == recommendation
    assert found[0].words == by_id[rule].why(dataclasses.replace(PLAIN, **facts), LINES)
    assert found[0].words
    assert [each.decides for each in found] == [True] + [False] * (len(found) - 1)


def test_every_rule_has_a_case() -> None:
    tried = {name for name, _, _ in CASES}
    assert tried == {each.id for each in precheck.RULES}


@pytest.mark.parametrize(
    "facts",
    [
        {"offering": 4},
        {"gap_share": -0.09},
        {"students_per_point": 100.0},
        {"gap_share": 0.0, "helped": ("甲",)},
    ],
    ids=str,
)
def test_below_its_line_a_rule_is_silent(facts: dict[str, Any]) -> None:
    found = precheck.fired(dataclasses.replace(PLAIN, **facts), LINES)
    assert {each.recommendation for each in found} & {AGAINST} == set()
    assert len(found) == 1


def test_the_graver_recommendation_comes_first() -> None:
    facts = dataclasses.replace(PLAIN, offered_here=True, gap_share=0.5, shortage=True)
    found = precheck.fired(facts, LINES)
    assert found[0].recommendation == AGAINST
    assert [each.recommendation for each in found[1:]].count(SUPPORT) >= 2


def test_nothing_known_is_caution() -> None:
    found = precheck.fired(Facts(gap_share=None), LINES)
    assert found[0].recommendation == CAUTION


# ---------------------------------------------------------------- on the demonstration data


@pytest.fixture(scope="module")
def version(demo_warehouse: Path) -> OpenVersion:
    return open_file(next((demo_warehouse / "versions").glob("*.duckdb")))


@pytest.fixture(scope="module")
def known(version: OpenVersion) -> Known:
    return precheck.known(version, version.as_of)


@pytest.fixture(scope="module")
def sheets(demo_workbook: Path) -> dict[str, pd.DataFrame]:
    names = ["院校", "专业点", "省级清单"]
    found = pd.read_excel(
        demo_workbook, sheet_name=names, engine="calamine", dtype={"专业代码": str}
    )
    return {name: found[name] for name in names}


def in_force(sheets: dict[str, pd.DataFrame], day: pd.Timestamp) -> pd.DataFrame:
    """The points in force with their institution, of institutions inside the plan."""
    points = sheets["专业点"].merge(sheets["院校"], on="院校代码", suffixes=("", "_校"))
    date = {
        c: pd.to_datetime(points[c], errors="coerce")
        for c in map(str, points)
        if c.endswith("日期")
    }
    opened = (date["设置日期"] <= day) & ~(date["撤销日期"] <= day)
    suspended = (date["停招日期"] <= day) & ~(date["恢复招生日期"] <= day)
    school = ~(date["撤并日期"] <= day) & ~(date["成立日期"] > day)
    inside = ~points["学校类型"].isin(["技工学校", "高级技工学校"])
    return points[opened & ~suspended & school & inside]


@pytest.mark.parametrize("place", range(0, 60, 7))
def test_counts_recomputed_from_the_sheets(
    known: Known, sheets: dict[str, pd.DataFrame], place: int
) -> None:
    now = in_force(sheets, pd.Timestamp(known.day))
    code = sorted(now.loc[now["层次"] == "高职", "专业代码"].str.rstrip("K").unique())[place]
    institution = sorted(now.loc[now["层次"] == "高职", "院校代码"].unique())[place % 40]
    check = precheck.check(known, [Application(institution, code, "高职")])[0]
    same = now[(now["专业代码"].str.rstrip("K") == code) & (now["层次"] == "高职")]
    assert check.facts.offering == same["院校代码"].nunique()
    assert check.facts.able == now.loc[now["层次"] == "高职", "院校代码"].nunique()
    assert check.facts.offered_here == (institution in set(same["院校代码"]))
    lists = sheets["省级清单"]
    mine = lists[(lists["层次"] == "高职") & (lists["年度"] <= known.day.year)]
    for name, found in (
        ("布点多规模大", check.facts.oversupplied),
        ("急需紧缺", check.facts.shortage),
    ):
        edition = mine[(mine["清单"] == name)]
        newest = edition[edition["年度"] == edition["年度"].max()]
        assert found == (code in set(newest["专业代码"].str.rstrip("K")))


def test_the_effect_is_that_of_one_more_point(known: Known, version: OpenVersion) -> None:
    each = Application("GZ003", "460701", "高职", "新兴")
    effects = {
        after.id: after.actual - before.actual
        for before, after in precheck.check(known, [each])[0].effects
        if before.actual is not None and after.actual is not None
    }
    share = next(r for r in evaluate(version) if r.id == "industry_share")
    assert effects.pop("points_emerging") == 1
    assert share.numerator is not None
    assert share.denominator is not None
    assert effects.pop("industry_share") == pytest.approx(
        (share.numerator + 1) / (share.denominator + 1) * 100 - (share.actual or 0)
    )
    assert not effects


def test_a_list_is_checked_line_by_line(known: Known) -> None:
    """None of the others counts as opened, so a list gives what each gives alone."""
    wanted = [Application("GZ003", code, "高职", "新兴") for code in ("510201", "460701", "510203")]
    together = precheck.check(known, wanted)
    for each, found in zip(wanted, together, strict=True):
        alone = precheck.check(known, [each])[0]
        assert (alone.facts, alone.fired) == (found.facts, found.fired)
    assert precheck.check(known, []) == []


def test_a_closed_institution_and_a_technician_school(known: Known) -> None:
    outside = next(i.institution_id for i in known.version.institutions if i.outside)
    found = precheck.check(known, [Application(outside, "710201", "中职")])[0]
    assert found.effects == ()
    closed = [i for i in known.schools if i not in known.levels]
    for each in closed[:1]:
        assert precheck.check(known, [Application(each, "710201", "中职")])[0].fired[0].words == (
            "院校在所看日期不在办"
        )


def test_the_lines_come_from_the_plan() -> None:
    assert load_plan().precheck.provenance == "本系统默认，可调整"
