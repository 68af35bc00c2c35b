"""The schedule line: its value at a day, the lag against it, and quarter-ends."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.schedule import filled, lag_days, line, quarter_ends

ISSUE, DEADLINE = date(2020, 1, 1), date(2020, 4, 10)  # 100 days apart


def test_a_straight_line_runs_from_baseline_to_target() -> None:
    path = line(ISSUE, DEADLINE, 20.0, 120.0)
    assert path.at(ISSUE) == 20
    assert path.at(ISSUE + timedelta(days=25)) == 45
    assert path.at(DEADLINE) == 120


def test_the_line_is_level_outside_its_ends() -> None:
    path = line(ISSUE, DEADLINE, 20.0, 120.0)
    assert path.at(ISSUE - timedelta(days=30)) == 20
    assert path.at(DEADLINE + timedelta(days=30)) == 120


def test_an_allocation_breaks_the_line() -> None:
    path = line(ISSUE, DEADLINE, 0.0, 100.0, [(ISSUE + timedelta(days=50), 20.0)])
    assert path.at(ISSUE + timedelta(days=25)) == 10
    assert path.at(ISSUE + timedelta(days=75)) == 60


def test_steps_at_or_outside_the_ends_do_not_move_them() -> None:
    steps = [(ISSUE, 50.0), (DEADLINE, 7.0), (DEADLINE + timedelta(days=1), 9.0)]
    assert line(ISSUE, DEADLINE, 0.0, 100.0, steps) == line(ISSUE, DEADLINE, 0.0, 100.0)


@pytest.mark.parametrize(
    ("actual", "after", "expected"),
    [
        (0.0, 30, 30.0),  # at the baseline: days since issue
        (-5.0, 30, 30.0),  # below it: the same
        (100.0, 30, -70.0),  # at the target: days since the deadline
        (130.0, 30, -70.0),
        (30.0, 30, 0.0),
        (20.0, 30, 10.0),
        (45.5, 30, -15.5),
        (40.0, 120, 80.0),  # after the deadline
    ],
)
def test_lag_counts_days_along_the_line(actual: float, after: int, expected: float) -> None:
    path = line(ISSUE, DEADLINE, 0.0, 100.0)
    assert lag_days(path, actual, ISSUE + timedelta(days=after)) == pytest.approx(expected)


@pytest.mark.parametrize(("after", "expected"), [(10, -10.0), (50, 0.0), (80, 20.0)])
def test_on_a_flat_stretch_the_nearest_day_counts(after: int, expected: float) -> None:
    steps = [(ISSUE + timedelta(days=20), 40.0), (ISSUE + timedelta(days=60), 40.0)]
    path = line(ISSUE, DEADLINE, 0.0, 100.0, steps)
    assert lag_days(path, 40.0, ISSUE + timedelta(days=after)) == pytest.approx(expected)


@given(
    st.floats(0, 1000),
    st.floats(0.5, 1000),
    st.dates(ISSUE, DEADLINE),
    st.lists(st.tuples(st.dates(ISSUE, DEADLINE), st.floats(0, 2000)), max_size=4),
)
def test_an_actual_on_the_line_has_no_lag_worth_a_second(
    baseline: float, rise: float, day: date, steps: list[tuple[date, float]]
) -> None:
    path = line(ISSUE, DEADLINE, baseline, baseline + rise, steps)
    actual = path.at(day)
    if baseline < actual < baseline + rise:
        assert abs(lag_days(path, actual, day)) < 1e-3


def test_quarter_ends_include_the_day_itself() -> None:
    assert quarter_ends(date(2021, 3, 31), 4) == (
        date(2020, 6, 30),
        date(2020, 9, 30),
        date(2020, 12, 31),
        date(2021, 3, 31),
    )
    assert quarter_ends(date(2021, 3, 30), 2) == (date(2020, 9, 30), date(2020, 12, 31))


@given(st.dates(date(1950, 1, 1), date(2090, 1, 1)), st.integers(1, 8))
def test_quarter_ends_are_consecutive_and_not_after_the_day(day: date, count: int) -> None:
    ends = quarter_ends(day, count)
    assert len(ends) == count
    assert ends[-1] <= day < ends[-1] + timedelta(days=93)
    for end in ends:
        assert (end + timedelta(days=1)).day == 1
        assert end.month % 3 == 0
    assert all(89 < (b - a).days < 93 for a, b in pairwise(ends))


def test_gaps_are_filled_unless_a_single_place_is_far_off() -> None:
    assert filled([2024, 2021, 2024], 10) == [2021, 2022, 2023, 2024]
    assert filled([1, 4], 2) == [1, 2, 3, 4]
    assert filled([1, 5], 2) == [1, 5]
    assert filled([2025, 9999], 40) == [2025, 9999]
    assert filled([], 3) == []
