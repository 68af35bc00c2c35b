"""The rows an indicator counts, held so that its value at any date is two binary searches.

An indicator is a set of dated rows (``queries/indicators/<id>.sql``). A row counts on the days
``since <= day < until``. Days are proleptic ordinals (``date.toordinal``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

import numpy as np
import numpy.typing as npt

Days = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Rows:
    """Rows of one indicator, one element a row; ``part`` is any small integer code per row."""

    since: Days
    until: Days
    counted: Mask
    weight: Numbers
    institution: npt.NDArray[np.int32]
    level: npt.NDArray[np.int32]
    outside: Mask

    def where(self, mask: Mask) -> Rows:
        """The rows of the mask."""
        return Rows(
            self.since[mask],
            self.until[mask],
            self.counted[mask],
            self.weight[mask],
            self.institution[mask],
            self.level[mask],
            self.outside[mask],
        )

    def on(self, day: date) -> Mask:
        """Which rows count on the day."""
        ordinal = day.toordinal()
        return (self.since <= ordinal) & (self.until > ordinal)


def joined(parts: Sequence[Rows]) -> Rows:
    """The rows of all parts, of which there is at least one."""
    columns = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts])
        for field in fields(Rows)
    }
    return Rows(**columns)


def ordinals(days: Sequence[date]) -> Days:
    """Dates as ordinals, shape (n,)."""
    return np.fromiter((d.toordinal() for d in days), np.int64, len(days))


def sums(rows: Rows, days: Days, chosen: Mask | None = None) -> Numbers:
    """Sum of the weights that count on each day, shape (n,).

    Started by the day minus ended by the day, each read off a running total.
    """
    since, until, weight = rows.since, rows.until, rows.weight
    if chosen is not None:
        since, until, weight = since[chosen], until[chosen], weight[chosen]
    return _running(since, weight, days) - _running(until, weight, days)


def _running(marks: Days, weight: Numbers, days: Days) -> Numbers:
    order = np.argsort(marks, kind="stable")
    total = np.concatenate(([0.0], np.cumsum(weight[order])))
    return total[np.searchsorted(marks[order], days, side="right")]


def sums_by(
    rows: Rows, days: Days, part: npt.NDArray[np.int32], parts: int, chosen: Mask | None = None
) -> Numbers:
    """Sum of the weights per day and part, shape (n, parts)."""
    out = np.zeros((len(days), parts))
    for index, ordinal in enumerate(days):
        active = (rows.since <= ordinal) & (rows.until > ordinal)
        if chosen is not None:
            active &= chosen
        out[index] = np.bincount(part[active], rows.weight[active], parts)
    return out


def numerator_and_denominator(
    rows: Rows, measure: str, days: Days
) -> tuple[Numbers, Numbers | None]:
    """The two sums of an indicator on each day; counts have no denominator.

    ``share`` and ``coverage``: counted rows over all rows. ``ratio``: counted rows over the others.
    """
    numerator = sums(rows, days, rows.counted)
    if measure == "count":
        return numerator, None
    base = ~rows.counted if measure == "ratio" else None
    return numerator, sums(rows, days, base)


def numerator_and_denominator_by(
    rows: Rows, measure: str, days: Days, part: npt.NDArray[np.int32], parts: int
) -> tuple[Numbers, Numbers | None]:
    """As ``numerator_and_denominator``, per part: two arrays of shape (n, parts)."""
    numerator = sums_by(rows, days, part, parts, rows.counted)
    if measure == "count":
        return numerator, None
    base = ~rows.counted if measure == "ratio" else None
    return numerator, sums_by(rows, days, part, parts, base)


def value(numerator: float, denominator: float | None) -> float | None:
    """The count itself, or the share in percent; None when nothing stands in the denominator."""
    if denominator is None:
        return float(numerator)
    if denominator == 0:
        return None
    return float(numerator) / float(denominator) * 100
