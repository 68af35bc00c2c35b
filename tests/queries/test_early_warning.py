"""Early-warning signals by hand: formulas, bands at their edges, grades, sums before rates."""

from __future__ import annotations

from typing import Any

import msgspec
import pandas as pd
import pytest

from data.plan import load_plan
from queries import early_warning as warning
from tests.queries.point_years import frame

RULES = load_plan().warning


def grade(**row: Any) -> str:
    return str(warning.graded(frame(row), RULES)["grade"].iloc[0])


def test_formulas() -> None:
    (row,) = warning.graded(frame({}), RULES).to_dict("records")
    assert row["application_rate"] == pytest.approx(150.0)
    assert row["plan_completion_rate"] == pytest.approx(95.0)
    assert row["placement_rate"] == pytest.approx(95.0)
    assert row["matched_rate"] == pytest.approx(75.0)
    assert row["satisfaction"] == pytest.approx(90.0)
    assert row["grade"] == warning.GREEN


@pytest.mark.parametrize(
    ("row", "signal", "band"),
    [
        ({"applied": 100}, "application_rate", warning.GREEN),
        ({"applied": 99}, "application_rate", warning.YELLOW),
        ({"applied": 60}, "application_rate", warning.YELLOW),
        ({"applied": 59}, "application_rate", warning.RED),
        ({"registered": 80}, "plan_completion_rate", warning.GREEN),
        ({"registered": 79}, "plan_completion_rate", warning.YELLOW),
        ({"registered": 59}, "plan_completion_rate", warning.RED),
        ({"graduates": 100, "employed": 70, "further_study": 15}, "placement_rate", warning.GREEN),
        ({"graduates": 100, "employed": 70, "further_study": 14}, "placement_rate", warning.YELLOW),
        ({"graduates": 100, "employed": 60, "further_study": 9}, "placement_rate", warning.RED),
        ({"employed": 10, "matched": 6}, "matched_rate", warning.GREEN),
        ({"employed": 10, "matched": 5}, "matched_rate", warning.YELLOW),
        ({"employed": 10, "matched": 3}, "matched_rate", warning.RED),
        ({"satisfaction": 80.0}, "satisfaction", warning.GREEN),
        ({"satisfaction": 79.9}, "satisfaction", warning.YELLOW),
        ({"satisfaction": 69.9}, "satisfaction", warning.RED),
        ({"planned": 0}, "application_rate", ""),
        ({"applied": None}, "application_rate", ""),
        ({"graduates": 0, "employed": 0, "further_study": 0}, "placement_rate", ""),
        ({"further_study": None}, "placement_rate", ""),
    ],
)
def test_bands_at_their_edges(row: dict[str, Any], signal: str, band: str) -> None:
    found = warning.graded(frame(row), RULES)
    assert found[f"{signal}.band"].iloc[0] == band
    assert pd.isna(found[signal].iloc[0]) == (band == "")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, warning.GREEN),
        ({"applied": 90}, warning.YELLOW),
        ({"applied": 90, "registered": 70}, warning.YELLOW),
        ({"applied": 90, "registered": 70, "satisfaction": 75.0}, warning.RED),
        ({"satisfaction": 60.0}, warning.RED),
        # Three signals are enough, two are not.
        ({"applied": None, "satisfaction": None}, warning.GREEN),
        ({"applied": None, "satisfaction": None, "matched": None}, warning.GREY),
        (
            {"applied": 10, "satisfaction": None, "matched": None, "further_study": None},
            warning.GREY,
        ),
    ],
)
def test_grades(row: dict[str, Any], expected: str) -> None:
    assert grade(**row) == expected


def test_thresholds_come_from_the_plan() -> None:
    signals = tuple(
        msgspec.structs.replace(each, yellow=200.0) if each.id == "application_rate" else each
        for each in RULES.signals
    )
    rules = msgspec.structs.replace(RULES, signals=signals)
    assert warning.graded(frame({}), rules)["grade"].iloc[0] == warning.YELLOW
    one = msgspec.structs.replace(RULES, red_from_yellow=1)
    assert warning.graded(frame({"applied": 90}), one)["grade"].iloc[0] == warning.RED


def test_an_institution_is_the_sum_of_its_points_not_the_mean_of_their_rates() -> None:
    points = frame(
        {"planned": 100, "applied": 50, "satisfaction": 70.0},
        {"planned": 300, "applied": 600, "registered": 280, "satisfaction": 90.0},
        # Half known: neither of its two numbers counts.
        {"planned": 400, "applied": None, "registered": 390, "satisfaction": None},
    )
    (row,) = warning.totals(points, ["school", "year"], RULES).reset_index().to_dict("records")
    assert row["application_rate"] == pytest.approx((50 + 600) / (100 + 300) * 100)
    assert row["satisfaction"] == pytest.approx(80.0)
    assert row["points"] == 3
    assert (row["red"], row["green"], row["yellow"], row["grey"]) == (1, 2, 0, 0)


def test_totals_keep_groups_apart() -> None:
    points = frame({"year": 2023, "applied": 30}, {"year": 2024}, {"school": "T"})
    found = warning.totals(points, ["school", "year"], RULES)
    assert list(found.index) == [("S", 2023), ("S", 2024), ("T", 2024)]
    assert list(found[warning.RED]) == [1, 0, 0]
    assert found["application_rate.band"].iloc[0] == warning.RED


def test_nothing_in_nothing_out() -> None:
    empty = frame({}).iloc[0:0]
    assert warning.graded(empty, RULES).empty
    assert warning.totals(empty, ["school", "year"], RULES).empty
