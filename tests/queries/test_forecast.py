"""The forecast against numbers worked out with numpy and scipy.stats, and its edges."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from queries.forecast import project

DAYS = (date(2020, 3, 31), date(2020, 6, 30), date(2020, 9, 30), date(2020, 12, 31))
AT = date(2021, 12, 31)
VALUE = st.floats(0, 1e4)


def _reference(values: list[float], band: float) -> tuple[float, float]:
    """(centre, half width) by the textbook, through numpy's own least squares."""
    x = np.array([(day - DAYS[0]).days for day in DAYS], float)
    y = np.array(values)
    slope, intercept = np.polyfit(x, y, 1)
    at = float((AT - DAYS[0]).days)
    residual = y - (slope * x + intercept)
    error = np.sqrt(
        (residual**2).sum() / 2 * (1 + 1 / 4 + (at - x.mean()) ** 2 / ((x - x.mean()) ** 2).sum())
    )
    return slope * at + intercept, stats.t.ppf(0.5 + band / 2, 2) * error


@given(st.lists(VALUE, min_size=4, max_size=4), st.sampled_from([0.5, 0.8, 0.95]))
def test_the_line_and_its_band_are_the_textbook_ones(values: list[float], band: float) -> None:
    found = project(DAYS, values, AT, band=band, percentage=False)
    centre, half = _reference(values, band)
    assert found is not None
    scale = 1 + max(values) * 10
    assert found.value == pytest.approx(max(centre, 0), abs=1e-9 * scale)
    # A residual of rounding noise has a root a million times larger than itself.
    assert found.low == pytest.approx(max(centre - half, 0), abs=1e-6 * scale)
    assert found.high == pytest.approx(max(centre + half, 0), abs=1e-6 * scale)


def test_a_straight_rise_goes_on() -> None:
    values = [float((day - DAYS[0]).days) for day in DAYS]
    found = project(DAYS, values, AT, band=0.8, percentage=False)
    assert found is not None
    assert found.value == pytest.approx((AT - DAYS[0]).days)
    assert found.high - found.low == pytest.approx(0, abs=1e-6)
    assert found.slope == pytest.approx(1.0)


@pytest.mark.parametrize("missing", range(4))
def test_a_missing_value_gives_no_forecast(missing: int) -> None:
    values: list[float | None] = [1.0, 2.0, 3.0, 4.0]
    values[missing] = None
    assert project(DAYS, values, AT, band=0.8, percentage=False) is None


def test_percentages_stay_between_0_and_100_and_counts_above_0() -> None:
    up = project(DAYS, [70, 80, 90, 99], AT, band=0.8, percentage=True)
    down = project(DAYS, [30, 20, 10, 1], AT, band=0.8, percentage=False)
    assert up is not None
    assert (up.value, up.high) == (100, 100)
    assert down is not None
    assert (down.value, down.low) == (0, 0)


@given(st.lists(VALUE, min_size=4, max_size=4), st.integers(0, 800), st.booleans())
def test_the_band_holds_the_line(values: list[float], ahead: int, percentage: bool) -> None:
    at = DAYS[-1] + timedelta(days=ahead)
    found = project(DAYS, values, at, band=0.8, percentage=percentage)
    assert found is not None
    assert 0 <= found.low <= found.value <= found.high
    if percentage:
        assert found.high <= 100
