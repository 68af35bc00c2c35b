"""The suggested enrolment plan: formula by hand, exact sums, bounds, ties, what is impossible."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.plan import EnrolmentRules, load_plan
from queries import early_warning as warning
from queries.enrolment import Suggestion, allocate, suggest
from queries.run import OpenVersion

RULES = load_plan().enrolment
PLAIN: dict[str, Any] = {
    "planned": 100,
    "plan_completion_rate": 100.0,
    "grade": warning.GREY,
    "evaluation": None,
    "action": warning.KEEP,
    "state": warning.IN_FORCE,
}


def rows(*given_rows: dict[str, Any]) -> pd.DataFrame:
    """Judged points; what a row does not say is PLAIN."""
    return pd.DataFrame([{"point_id": f"P{i}", **PLAIN, **row} for i, row in enumerate(given_rows)])


def plans(found: Suggestion) -> list[int]:
    return list(found.points["suggested"])


@pytest.mark.parametrize(
    ("row", "factor"),
    [
        ({}, 1.0),
        ({"grade": warning.GREEN}, 1.05),
        ({"grade": warning.YELLOW}, 0.95),
        ({"grade": warning.RED}, 0.85),
        ({"evaluation": "优秀"}, 1.05),
        ({"evaluation": "不合格"}, 0.85),
        ({"plan_completion_rate": 60.0}, 0.92),
        ({"plan_completion_rate": 120.0}, 1.04),
        ({"plan_completion_rate": 900.0}, 1.2),
        ({"plan_completion_rate": None}, 1.0),
        ({"grade": warning.RED, "evaluation": "不合格", "plan_completion_rate": 50.0}, 0.60),
    ],
)
def test_the_factor(row: dict[str, Any], factor: float) -> None:
    assert suggest(rows(row), RULES).points["factor"].iloc[0] == pytest.approx(factor)


def test_the_gap_is_an_input_and_unknown_is_neutral() -> None:
    points = rows({}, {}, {}, {})
    gap = pd.Series({0: 0.5, 1: -3.0, 2: np.nan})
    found = suggest(points, RULES, gap=gap).points
    assert list(found["factor"]) == pytest.approx([1.05, 0.9, 1.0, 1.0])
    assert plans(suggest(points, RULES, gap=gap)) == [110, 90, 100, 100]


def test_places_move_from_bad_to_good_and_the_sum_stays() -> None:
    found = suggest(rows({"grade": warning.RED}, {"grade": warning.GREEN}), RULES)
    assert plans(found) == [90, 110]
    assert found.total == found.asked == 200


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"action": warning.SUSPEND}, "建议停招"),
        ({"action": warning.CLOSE}, "建议撤销"),
        ({"state": "已停招"}, "已停招"),
        ({"state": "已撤销", "action": warning.CLOSE}, "已撤销"),
    ],
)
def test_what_ends_gets_nothing_and_leaves_its_places(row: dict[str, Any], why: str) -> None:
    found = suggest(rows({**row, "planned": 40}, {"planned": 200}, {"planned": 200}), RULES)
    assert plans(found) == [0, 220, 220]
    assert list(found.points["stopped"]) == [why, "", ""]


def test_a_point_without_a_plan_gets_none() -> None:
    found = suggest(rows({"planned": 0, "plan_completion_rate": None}, {}), RULES)
    assert plans(found) == [0, 100]
    assert suggest(rows({"planned": 0}), RULES, total=50).total == 0


@pytest.mark.parametrize(
    ("asked", "expected", "possible"),
    [(1000, 240, False), (0, 140, False), (200, 200, True), (140, 140, True), (240, 240, True)],
)
def test_the_nearest_total_that_bounds_allow(asked: int, expected: int, possible: bool) -> None:
    found = suggest(rows({}, {}), RULES, total=asked)
    assert (found.total, found.possible, found.least, found.most) == (expected, possible, 140, 240)


def test_a_total_that_is_no_whole_number_of_steps_away() -> None:
    found = suggest(rows({}, {}, {}), RULES, total=307)
    assert sorted(plans(found)) == [100, 100, 107]


def test_ties_fall_to_the_first_number_whatever_the_order() -> None:
    points = rows({}, {}, {})
    for mixed in (points, points.iloc[::-1], points.iloc[[1, 2, 0]]):
        found = suggest(mixed, RULES, total=310).points.set_index("point_id")["suggested"]
        assert dict(found) == {"P0": 105, "P1": 105, "P2": 100}


def test_nothing_in_nothing_out() -> None:
    found = suggest(rows({}).iloc[0:0], RULES, total=100)
    assert (found.total, found.possible) == (0, False)


# ---------------------------------------------------------------- invariants


@st.composite
def levels(draw: st.DrawFn) -> pd.DataFrame:
    """The points of a level, any plan, grade, evaluation, fate."""
    point = st.fixed_dictionaries(
        {
            "planned": st.one_of(st.integers(0, 12), st.integers(0, 60).map(lambda n: n * 5)),
            "plan_completion_rate": st.one_of(st.none(), st.floats(0, 300)),
            "grade": st.sampled_from([warning.RED, warning.YELLOW, warning.GREEN, warning.GREY]),
            "evaluation": st.sampled_from([None, "优秀", "良好", "合格", "不合格"]),
            "action": st.sampled_from(warning.ACTIONS),
            "state": st.sampled_from(["在办", "在办", "在办", "已停招"]),
        }
    )
    return rows(*draw(st.lists(point, min_size=1, max_size=12)))


@settings(max_examples=120, deadline=None)
@given(levels(), st.one_of(st.none(), st.integers(0, 2500)), st.randoms(use_true_random=False))
def test_sums_are_exact_bounds_hold_and_order_is_free(
    points: pd.DataFrame, total: int | None, shuffler: Any
) -> None:
    found = suggest(points, RULES, total)
    table = found.points
    assert (table["suggested"] >= table["lowest"]).all()
    assert (table["suggested"] <= table["highest"]).all()
    assert found.total == min(max(found.asked, found.least), found.most)
    running = table[table["stopped"] == ""]
    assert (running["suggested"] >= running["planned"] * RULES.floor - 1e-6).all()
    assert (running["suggested"] <= running["planned"] * RULES.cap + 1e-6).all()
    assert (table.loc[table["stopped"] != "", "suggested"] == 0).all()
    mixed = list(range(len(points)))
    shuffler.shuffle(mixed)
    again = suggest(points.iloc[mixed], RULES, total).points
    pd.testing.assert_frame_equal(again, table)


@settings(max_examples=60, deadline=None)
@given(levels(), st.integers(0, 2500))
def test_a_better_grade_never_gets_less_than_its_twin(points: pd.DataFrame, total: int) -> None:
    twin = {**points.iloc[0].to_dict(), "action": warning.KEEP, "state": warning.IN_FORCE}
    pair = pd.DataFrame(
        [
            {**twin, "point_id": "A", "grade": warning.RED},
            {**twin, "point_id": "B", "grade": warning.GREEN},
        ]
    )
    everything = pd.concat([points, pair], ignore_index=True)
    found = suggest(everything, RULES, total).points.set_index("point_id")["suggested"]
    # Less than a step goes to one point alone, and bounds by the single student in turn.
    assert found["B"] >= found["A"] - (RULES.step - 1)


def test_whole_steps_only_when_the_total_allows() -> None:
    planned = np.array([100, 50, 45])
    found, _ = allocate(planned, planned * 1.0, planned * 0, planned * 2, 5, 215)
    assert found.sum() == 215
    assert ((found - planned) % 5 == 0).all()


def test_every_level_of_the_demonstration(demo: OpenVersion) -> None:
    judged = warning.judged(demo)
    latest = judged[(judged["year"] == judged["year"].max()) & ~judged["outside"]]
    assert set(latest["level"]) == {"中职", "高职", "职业本科"}
    for _, points in latest.groupby("level"):
        found = suggest(points, RULES)
        assert found.possible
        assert found.total == int(points["planned"].sum())
        table = found.points[found.points["stopped"] == ""]
        assert ((table["suggested"] - table["planned"]) % RULES.step == 0).all()
        more = table["suggested"] / table["planned"]
        by_grade = more.groupby(table["grade"]).mean()
        assert by_grade[warning.GREEN] > by_grade[warning.YELLOW]


def test_weights_left_out_of_the_plan_are_neutral() -> None:
    bare = EnrolmentRules(floor=0.7, cap=1.2, step=5, provenance="")
    found = suggest(rows({"grade": warning.RED}, {"evaluation": "优秀"}), bare)
    assert list(found.points["factor"]) == [1.0, 1.0]
