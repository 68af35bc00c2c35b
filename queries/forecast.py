"""Where an indicator is heading at the current pace (按当前进度).

The least-squares line through its values at the last quarter-ends, read at the deadline, and the
line's prediction interval (Montgomery, Peck and Vining, *Introduction to Linear Regression
Analysis*, section 2.4). Pure functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from math import sqrt


@dataclass(frozen=True)
class Forecast:
    """A forecast with its band, all in the indicator's unit; slope is its change per day."""

    value: float
    low: float
    high: float
    slope: float = 0.0


@cache
def _quantile(freedom: int, probability: float) -> float:
    """Student's t quantile; scipy.special alone costs a tenth of importing scipy.stats."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, probability))


def clamp(value: float, percentage: bool) -> float:
    """Never below 0 and, for percentages, never above 100."""
    value = max(value, 0.0)
    return min(value, 100.0) if percentage else value


@dataclass(frozen=True)
class Fit:
    """A least-squares line through values at days; slope per day, x counted from ``first``."""

    first: date
    x_mean: float
    y_mean: float
    slope: float

    def at(self, day: date) -> float:
        """The line's value on the day, not clamped."""
        return self.y_mean + self.slope * (float((day - self.first).days) - self.x_mean)


def fit(days: Sequence[date], values: Sequence[float | None]) -> Fit | None:
    """The line through (days, values); None when a value is missing or there are fewer than two."""
    known = [float(v) for v in values if v is not None]
    if len(known) != len(days) or len(known) < 2:
        return None
    n = len(known)
    x = [float((day - days[0]).days) for day in days]
    x_mean, y_mean = sum(x) / n, sum(known) / n
    spread = sum((xi - x_mean) ** 2 for xi in x)
    slope = sum((xi - x_mean) * (yi - y_mean) for xi, yi in zip(x, known, strict=True)) / spread
    return Fit(days[0], x_mean, y_mean, slope)


def project(
    days: Sequence[date],
    values: Sequence[float | None],
    at: date,
    *,
    band: float,
    percentage: bool,
) -> Forecast | None:
    """The line through (days, values) read at ``at``; None when a value is missing.

    band: the probability of the prediction interval, 0 to 1. With two points the line is exact and
    the band has no width.
    """
    line = fit(days, values)
    if line is None:
        return None
    centre = line.at(at)
    n = len(days)
    half = 0.0
    if n > 2:
        half = _quantile(n - 2, 0.5 + band / 2) * deviation(line, days, values, at)
    return Forecast(
        clamp(centre, percentage),
        clamp(centre - half, percentage),
        clamp(centre + half, percentage),
        line.slope,
    )


def deviation(line: Fit, days: Sequence[date], values: Sequence[float | None], at: date) -> float:
    """The standard error of a single new value at ``at`` of the line through (days, values), in the
    values' unit; 0 with two points, through which it is exact."""
    n = len(days)
    if n < 3:
        return 0.0
    known = [float(v) for v in values if v is not None]
    x = [float((day - days[0]).days) for day in days]
    spread = sum((xi - line.x_mean) ** 2 for xi in x)
    residual = sum(
        (yi - line.y_mean - line.slope * (xi - line.x_mean)) ** 2
        for xi, yi in zip(x, known, strict=True)
    )
    x_at = float((at - days[0]).days)
    return sqrt(residual / (n - 2) * (1 + 1 / n + (x_at - line.x_mean) ** 2 / spread))
