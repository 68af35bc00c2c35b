"""Where each indicator is meant to stand, and the dates on which it gets there.

``COURSES`` gives fractions of the plan's target at a few dates; ``Setting.batches`` turns them
into dated batches of things to be counted. No target and no date stands here: all come from the
plan.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np

from data.plan import Indicator, Plan

Row = dict[str, Any]
Item = TypeVar("Item")

YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Course:
    """Where an indicator stands, as fractions of the plan's target.

    At the start of the period, the plan's issue, the data date and the deadline, and, where
    something is announced for it already, a quarter after the deadline. exits: how many of those
    counted drop out between issue and data date and are made up for.
    """

    start: float
    issue: float
    data_date: float
    deadline: float
    after: float | None = None
    exits: int = 0


# Chosen so that at the data date and a quarter after the deadline every status occurs.
COURSES: dict[str, Course] = {
    "industry_share": Course(0.840, 0.880, 0.951, 0.951),
    "points_traditional": Course(0.47, 0.60, 0.943, 0.965, exits=6),
    "points_emerging": Course(0.24, 0.46, 0.823, 0.850, exits=5),
    "points_future": Course(0.14, 0.33, 1.014, 1.014, exits=1),
    "points_distinctive": Course(0.41, 0.55, 0.940, 0.970, exits=2),
    "key_groups_per_institution": Course(0.40, 0.52, 0.812, 0.812),
    "quality_groups_secondary": Course(0.20, 0.40, 0.934, 0.967, exits=1),
    "highlevel_groups_college": Course(0.00, 0.27, 1.000, 1.000),
    "bachelor_enrolment_ratio": Course(0.14, 0.23, 0.610, 0.740),
    "demo_traditional": Course(0.20, 0.40, 0.943, 1.000, exits=2),
    "demo_emerging": Course(0.08, 0.22, 0.580, 0.600, exits=1),
    "demo_future": Course(0.05, 0.25, 0.950, 1.000),
    "demo_distinctive": Course(0.20, 0.43, 1.034, 1.034, exits=1),
    "brand_points": Course(0.14, 0.34, 0.734, 0.867, after=1.0),
    "leading_industries_per_college": Course(0.45, 0.64, 0.955, 1.000),
    "demo_backbone": Course(0.10, 0.286, 0.629, 0.657, exits=2),
    "highlevel_schools_secondary": Course(0.32, 0.60, 0.960, 0.960),
    "highlevel_groups_secondary": Course(0.23, 0.49, 1.000, 1.000, exits=1),
    "secondary_conditions_met": Course(0.42, 0.50, 0.800, 0.915),
    "national_double_high_colleges": Course(0.0, 0.0, 0.0, 0.0, after=1.0),
    "national_double_high_groups": Course(0.4, 0.4, 0.8, 0.8),
    "highlevel_colleges_provincial": Course(0.27, 0.53, 1.000, 1.000),
    "highlevel_groups_provincial": Course(0.32, 0.56, 0.880, 0.960),
    "new_bachelor_schools": Course(0.0, 0.0, 1.0, 1.0),
    "bachelor_points": Course(0.18, 0.30, 0.640, 0.640),
}


@dataclass(frozen=True)
class Batch:
    """So many come to be counted on one day; ``since`` is the day before its stretch of time."""

    since: date
    day: date
    number: int


def data_date(deadline: date) -> date:
    """The last quarter-end before the deadline: the demonstration shows a plan near its end."""
    return date(deadline.year, (deadline.month - 1) // 3 * 3 + 1, 1) - timedelta(days=1)


def quarter_ends(after: date, to: date) -> list[date]:
    """Quarter-ends after the one day and up to the other, ascending."""
    ends: list[date] = []
    end = data_date(to + timedelta(days=1))
    while end > after:
        ends.append(end)
        end = data_date(end)
    return ends[::-1]


def month_end(day: date) -> date:
    """The last day of the day's month."""
    return date(day.year + (day.month == 12), day.month % 12 + 1, 1) - timedelta(days=1)


def workday(day: date) -> date:
    """The day itself, or the Friday before a weekend."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def between(rng: np.random.Generator, after: date, to: date) -> date:
    """A day after the one and up to the other, moved back to a working day if there is one."""
    day = after + timedelta(days=int(rng.integers(1, max((to - after).days, 1) + 1)))
    moved = workday(day)
    return moved if moved > after else day


def chance(rng: np.random.Generator, options: Sequence[str], weights: Iterable[float]) -> str:
    """One of the options by weight."""
    p = np.fromiter(weights, float, len(options))
    return options[int(rng.choice(len(options), p=p / p.sum()))]


def pick(rng: np.random.Generator, options: Sequence[Item]) -> Item:
    """One of the options, each as likely."""
    return options[int(rng.integers(len(options)))]


class Setting:
    """The plan, the seed and the dates everything else is placed by.

    before: the day before the period; today: the data date; years: those with yearly figures.
    """

    def __init__(self, seed: int, plan: Plan) -> None:
        self.seed = seed
        self.plan = plan
        self.issued = plan.issued_on
        self.deadline = plan.deadline
        self.today = data_date(plan.deadline)
        self.before = plan.period_start - timedelta(days=1)
        self.years = range(plan.period_start.year, self.today.year + 1)

    def rng(self, part: str) -> np.random.Generator:
        """A generator of its own for each part, so that one part does not move another."""
        return np.random.default_rng([self.seed, zlib.crc32(part.encode())])

    def indicator(self, name: str) -> Indicator | None:
        return self.plan.indicator(name)

    def target(self, name: str) -> float:
        """The plan's target, 0 where the plan has no such indicator or no number for it."""
        found = self.plan.indicator(name)
        return found.target or 0.0 if found else 0.0

    def counts(self, name: str, role: str) -> tuple[str, ...]:
        """What the indicator counts in a role (plan file), empty without it."""
        found = self.plan.indicator(name)
        return found.counts.get(role, ()) if found else ()

    def anchors(self, name: str) -> list[tuple[date, float]]:
        """The designed values at the dates of the course, in the indicator's unit."""
        course, target = COURSES[name], self.target(name)
        found = [
            (self.before, course.start * target),
            (self.issued, course.issue * target),
            (self.today, course.data_date * target),
            (self.deadline, course.deadline * target),
        ]
        if course.after is not None:
            after = quarter_ends(self.deadline, self.deadline + timedelta(days=92))[-1]
            found.append((after, course.after * target))
        return found

    def yearly(self, name: str) -> dict[int, float]:
        """The designed values of figures that count from 31 December of their year, by year."""
        return {
            day.year if (day.month, day.day) == (12, 31) else day.year - 1: value
            for day, value in self.anchors(name)
        }

    def batches(self, name: str, autumn: float = 1.0) -> tuple[int, list[Batch]]:
        """(number at the start of the period, batches after it) that keep to the course.

        Between two dates of the course the growth falls unevenly on the quarters, which is what
        gives a forecast its band. autumn: how much heavier quarters with a 1 September weigh.
        Batches include what makes up for the exits.
        """
        rng = self.rng(f"course {name}")
        anchors = [(day, round(value)) for day, value in self.anchors(name)]
        found: list[Batch] = []
        for (start, low), (end, high) in pairwise(anchors):
            stops = sorted({*quarter_ends(start, end), end})
            spans = list(pairwise([start, *stops]))
            weights = np.array(
                [
                    (to - since).days
                    * rng.gamma(8.0)
                    * (autumn if since < date(to.year, 9, 1) <= to else 1.0)
                    for since, to in spans
                ]
            )
            numbers = rng.multinomial(max(high - low, 0), weights / weights.sum())
            if start == self.issued:
                for _ in range(COURSES[name].exits):
                    numbers[rng.integers(min(1, len(numbers) - 1), len(numbers))] += 1
            for (since, to), number in zip(spans, numbers, strict=True):
                found += _split(rng, since, to, int(number))
        return anchors[0][1], found

    def exit_days(self, name: str, batches: Sequence[Batch]) -> list[date]:
        """A day after issue for each exit of the course, on which one counted drops out."""
        rng = self.rng(f"exits {name}")
        days = [b.day for b in batches if b.since > self.issued and b.day <= self.today]
        return [pick(rng, days) for _ in range(COURSES[name].exits)] if days else []


def _split(rng: np.random.Generator, since: date, to: date, number: int) -> Iterator[Batch]:
    """One or two batches late in the stretch."""
    parts = [number] if number < 9 else [number // 2, number - number // 2]
    days = sorted(between(rng, since + (to - since) / 3, to) for _ in parts)
    for day, part in zip(days, parts, strict=True):
        if part:
            yield Batch(since, day, part)
