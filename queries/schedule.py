"""序时进度: the line an indicator is expected to follow, and how far ahead or behind it stands.

Definitions: indicators.md, "Progress and status at D". A line runs from the baseline at the plan's
issue through the dated values of a 目标分解 to the target at the deadline. Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Line:
    """A broken line of (day, value) in ascending days; at least two points."""

    points: tuple[tuple[date, float], ...]

    @property
    def baseline(self) -> float:
        return self.points[0][1]

    @property
    def target(self) -> float:
        return self.points[-1][1]

    def at(self, day: date) -> float:
        """The line's value on the day, level before its start and after its end."""
        first, last = self.points[0], self.points[-1]
        if day <= first[0]:
            return first[1]
        if day >= last[0]:
            return last[1]
        for (d0, v0), (d1, v1) in zip(self.points, self.points[1:], strict=False):
            if d0 <= day <= d1:
                return v0 + (v1 - v0) * ((day - d0).days / (d1 - d0).days)
        raise AssertionError("the points are in ascending days")


def line(
    issued_on: date,
    deadline: date,
    baseline: float,
    target: float,
    steps: Sequence[tuple[date, float]] = (),
) -> Line:
    """The line from baseline to target through the steps dated after issue and before the deadline.

    Of two steps on one day the last given holds.
    """
    between = {day: value for day, value in steps if issued_on < day < deadline}
    points = [(issued_on, baseline), *sorted(between.items()), (deadline, target)]
    return Line(tuple(points))


def lag_days(line_: Line, actual: float, day: date) -> float:
    """Days from the day on which the line stands at the actual to ``day``; negative when ahead.

    At or below the baseline: days since issue. At or above the target: days since the deadline.
    Where the line stands at the actual on several days, the one nearest to ``day`` counts.
    """
    issued_on, deadline = line_.points[0][0], line_.points[-1][0]
    if actual <= line_.baseline:
        return float((day - issued_on).days)
    if actual >= line_.target:
        return float((day - deadline).days)
    lags = []
    for (d0, v0), (d1, v1) in zip(line_.points, line_.points[1:], strict=False):
        if not min(v0, v1) <= actual <= max(v0, v1):
            continue
        if v0 == v1:
            near = min(max(day, d0), d1)
            lags.append(float((day - near).days))
            continue
        crossing = (actual - v0) / (v1 - v0) * (d1 - d0).days
        lags.append((day - d0).days - crossing)
    return min(lags, key=abs)


def quarter_ends(day: date, count: int) -> tuple[date, ...]:
    """The last ``count`` quarter-ends on or before the day, oldest first."""
    ends: list[date] = []
    year, month = day.year, day.month
    while len(ends) < count:
        quarter_month = (month - 1) // 3 * 3 + 3
        following = date(year + (quarter_month == 12), quarter_month % 12 + 1, 1)
        end = following - timedelta(days=1)
        if end <= day:
            ends.append(end)
        month = quarter_month - 3
        if month <= 0:
            year, month = year - 1, 12
    return tuple(reversed(ends))


def quarter_ends_after(day: date, last: date) -> tuple[date, ...]:
    """The quarter-ends after the day, up to and with the last day, oldest first."""
    quarters = max((last - day).days // 90 + 2, 1)
    return tuple(end for end in quarter_ends(last, quarters) if end > day)


def filled(places: Iterable[int], longest: int) -> list[int]:
    """Whole numbers (years, quarters) in order with those between them, but for a gap of more than
    ``longest``: a single wrong year must not draw eight thousand."""
    found: list[int] = []
    for place in sorted(set(places)):
        if found and place - found[-1] <= longest + 1:
            found += range(found[-1] + 1, place)
        found.append(place)
    return found
