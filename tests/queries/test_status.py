"""The status rules one by one, their order, and the words that go with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.status import RANK, RULES, WORDS, Facts, Interim, judge, number

DEADLINE = date(2021, 1, 1)
BEFORE, AFTER = date(2020, 7, 1), date(2021, 6, 1)
FACTS = Facts(
    day=BEFORE,
    deadline=DEADLINE,
    unit="个",
    comparison="about",
    method="linear",
    tolerance=0.05,
    actual=60.0,
    at_stake=60.0,
    baseline=20.0,
    target=100.0,
    pace=1.0,
    on_track=0.95,
    lagging=0.60,
)
INTERIM = Interim(60.0, date(2020, 6, 1), date(2020, 12, 1), "校舍在建", "市政府")


def _status(**changes: Any) -> str:
    return judge(replace(FACTS, **changes)).status


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"actual": None, "at_stake": None}, "no_data"),
        ({"target": None}, "monitored"),
        ({"actual": 100.0, "at_stake": 100.0}, "achieved"),
        ({"actual": 95.0, "at_stake": 95.0}, "nearly_achieved"),
        ({"actual": 94.9, "at_stake": 94.9}, "on_track"),
        ({"actual": 95.0, "at_stake": 95.0, "comparison": "at_least"}, "on_track"),
        ({"day": AFTER, "actual": 101.0, "at_stake": 80.0}, "achieved_late"),
        ({"day": AFTER, "actual": 90.0, "at_stake": 100.0}, "achieved"),
        ({"day": AFTER, "actual": 101.0, "at_stake": 95.0}, "nearly_achieved"),
        ({"day": AFTER}, "missed"),
        ({"day": DEADLINE}, "missed"),
        ({"interims": (INTERIM,), "pace": 0.1}, "accepted"),
        ({"interims": (INTERIM,), "pace": 0.1, "day": date(2020, 12, 1)}, "far_behind"),
        ({"interims": (INTERIM,), "pace": 0.1, "day": date(2020, 5, 31)}, "far_behind"),
        ({"interims": (replace(INTERIM, target=60.1),), "pace": 0.1}, "far_behind"),
        ({"baseline": 100.0, "pace": None}, "lagging"),
        ({"baseline": 100.0, "pace": None, "day": AFTER}, "missed"),
        ({"method": "milestone", "pace": 0.0}, "in_progress"),
        ({"baseline": None, "pace": None}, "in_progress"),
        ({"baseline": None, "pace": None, "day": AFTER}, "missed"),
        ({"pace": None}, "on_track"),
        ({"pace": 0.95}, "on_track"),
        ({"pace": 0.9499}, "lagging"),
        ({"pace": 0.60}, "lagging"),
        ({"pace": 0.5999}, "far_behind"),
        ({"pace": -0.3}, "far_behind"),
    ],
)
def test_the_first_rule_that_holds(changes: dict[str, Any], status: str) -> None:
    assert _status(**changes) == status


def test_an_accepted_target_says_reason_approver_and_expiry() -> None:
    reason = judge(replace(FACTS, interims=(INTERIM,), pace=0.1)).reason
    assert "校舍在建" in reason
    assert "市政府" in reason
    assert "2020-12-01" in reason


def test_every_status_has_a_word_and_every_rule_a_status() -> None:
    assert {rule.status for rule in RULES} | {"not_assessed"} == set(WORDS)
    assert set(RANK) == set(WORDS) - {"monitored", "not_assessed", "no_data"}


NUMBER = st.one_of(st.none(), st.floats(0, 1e6))


@given(
    st.sampled_from([BEFORE, DEADLINE, AFTER]),
    st.sampled_from(["about", "at_least", "monitor"]),
    st.sampled_from(["linear", "milestone", "monitor"]),
    st.floats(0, 1),
    NUMBER,
    NUMBER,
    NUMBER,
    NUMBER,
    st.one_of(st.none(), st.floats(-10, 10)),
)
def test_every_case_has_a_status_and_a_reason(
    day: date,
    comparison: str,
    method: str,
    tolerance: float,
    actual: float | None,
    at_stake: float | None,
    baseline: float | None,
    target: float | None,
    pace: float | None,
) -> None:
    facts = Facts(
        day=day,
        deadline=DEADLINE,
        unit="%",
        comparison=comparison,
        method=method,
        tolerance=tolerance,
        actual=actual,
        at_stake=at_stake,
        baseline=baseline,
        target=target,
        pace=pace,
        on_track=0.95,
        lagging=0.6,
    )
    verdict = judge(facts)
    assert verdict.status in WORDS
    assert verdict.reason
    assert "None" not in verdict.reason


@given(st.floats(0, 5), st.floats(0, 5))
def test_a_better_pace_is_never_a_worse_status(one: float, other: float) -> None:
    low, high = sorted((one, other))
    worse = judge(replace(FACTS, pace=low)).status
    better = judge(replace(FACTS, pace=high)).status
    assert RANK[worse] <= RANK[better]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "个", "无数据"),
        (1234.0, "个", "1,234 个"),
        (12.5, "个", "12.5 个"),
        (66.41, "%", "66.4%"),
        (70.0, "%", "70.0%"),
        (-0.0, "个", "0 个"),
        (3.0, "", "3"),
    ],
)
def test_numbers_as_they_stand_on_a_screen(value: float | None, unit: str, text: str) -> None:
    assert number(value, unit) == text


@pytest.mark.parametrize(
    ("value", "below", "text"),
    [
        (69.96, 70.0, "69.96%"),
        (69.9999, 70.0, "69.99%"),
        (69.94, 70.0, "69.9%"),
        (70.04, 70.0, "70.0%"),
        (70.0, 70.0, "70.0%"),
    ],
)
def test_a_number_short_of_its_bound_does_not_look_as_if_it_reached_it(
    value: float, below: float, text: str
) -> None:
    assert number(value, "%", below) == text


@pytest.mark.parametrize(
    ("value", "text"), [(69.96, "69.96 个"), (69.94, "69.9 个"), (70.0, "70 个"), (69.0, "69 个")]
)
def test_an_expected_count_does_not_look_as_if_it_reached_its_target(
    value: float, text: str
) -> None:
    assert number(value, "个", 70) == text
