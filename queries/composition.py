"""What the points in force consist of, how they came to be that many, and those the plan names.

``composition`` counts them by track, industry, category and class on a day and at the plan's
issue; ``waterfall`` walks from the one number to the other. Both count the very points that the
indicators count, so that their totals agree with ``queries.evaluate``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from data.contract import NO_DISTRICT, TRACKS
from data.plan import Indicator, NamedSpecialty
from queries.evaluate import Scope
from queries.inside import inside
from queries.run import OpenVersion, fetch
from queries.schedule import quarter_ends

NO_TRACK = "无类别"
NO_INDUSTRY = "未对应产业"
NOT_IN_CATALOGUE = "目录外专业"


@dataclass(frozen=True)
class Count:
    """Points in force on the day and at the plan's issue."""

    now: int = 0
    baseline: int = 0

    @property
    def change(self) -> int:
        return self.now - self.baseline

    def __add__(self, other: Count) -> Count:
        return Count(self.now + other.now, self.baseline + other.baseline)

    def __bool__(self) -> bool:
        return bool(self.now or self.baseline)


@dataclass(frozen=True)
class Kind:
    """What a group of points has in common; never empty, see the NO_ words."""

    track: str
    industry: str
    category: str
    specialty_class: str
    level: str


@dataclass(frozen=True)
class Composition:
    """Counts per kind of point. industries: the plan's named ones first, then by number."""

    counts: dict[Kind, Count]
    named: tuple[str, ...]

    def total(self, keep: Callable[[Kind], bool] = lambda _: True) -> Count:
        """The sum over the kinds kept."""
        return sum((n for kind, n in self.counts.items() if keep(kind)), Count())

    def by(
        self, key: Callable[[Kind], str], keep: Callable[[Kind], bool] = lambda _: True
    ) -> dict[str, Count]:
        """Sums per key, the largest now first."""
        found: dict[str, Count] = {}
        for kind, count in self.counts.items():
            if keep(kind):
                name = key(kind)
                found[name] = found.get(name, Count()) + count
        return dict(sorted(found.items(), key=lambda item: (-item[1].now, item[0])))

    @property
    def tracks(self) -> tuple[str, ...]:
        """The four tracks, and 无类别."""
        return (*TRACKS, NO_TRACK)

    def industries(self) -> list[str]:
        """The named ones in the plan's order, all of them; then the others, the largest first."""
        others = self.by(lambda kind: kind.industry, lambda kind: kind.industry not in self.named)
        return [*self.named, *others]


def composition(version: OpenVersion, as_of: date, scope: Scope | None = None) -> Composition:
    """The points in force on the day, and at the plan's issue, inside the scope."""
    parameters = inside(version, Scope() if scope is None else scope)
    now = _counted(version, as_of, parameters)
    before = _counted(version, version.plan.issued_on, parameters)
    kinds = sorted({*now, *before}, key=lambda k: (k.track, k.industry, k.specialty_class, k.level))
    return Composition(
        {kind: Count(now[kind], before[kind]) for kind in kinds}, named_industries(version)
    )


def named_industries(version: OpenVersion) -> tuple[str, ...]:
    """The industries whose share of the points the plan has a target for, in its order."""
    found: dict[str, None] = {}
    for indicator in version.plan.indicators:
        found |= dict.fromkeys(indicator.counts.get("industry", ()))
    return tuple(found)


def _counted(version: OpenVersion, day: date, parameters: dict[str, list[str]]) -> Counter[Kind]:
    found: Counter[Kind] = Counter()
    for track, industry, category, specialty_class, level, points in fetch(
        "composition", version, day=day, **parameters
    ):
        kind = Kind(
            track or NO_TRACK,
            industry or NO_INDUSTRY,
            category or NOT_IN_CATALOGUE,
            specialty_class or NOT_IN_CATALOGUE,
            level,
        )
        found[kind] += points
    return found


# ---------------------------------------------------------------- from the baseline to now

# The ways in and out of force, in the order in which a quarter's are drawn: name, sign, the kinds
# of movement in it.
WAYS: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    ("增设", 1, ("opened", "founded")),
    ("恢复招生", 1, ("resumed",)),
    ("停招", -1, ("suspended",)),
    ("撤销", -1, ("closed", "dissolved")),
)
STEPS = {kind: sign for _, sign, kinds in WAYS for kind in kinds}


@dataclass(frozen=True)
class Period:
    """A quarter, or the part of it after the issue or up to the day.

    moves: movements by kind. end = start + everything in WAYS with its sign. reduced and
    closed_later change nothing in force: points reduced, and points closed when already out.
    """

    first: date
    last: date
    start: int
    moves: dict[str, int]
    reduced: int = 0
    closed_later: int = 0

    @property
    def name(self) -> str:
        return f"{self.last.year} 年{'一二三四'[(self.last.month - 1) // 3]}季度"

    def count(self, kinds: Sequence[str]) -> int:
        return sum(self.moves.get(kind, 0) for kind in kinds)

    @property
    def end(self) -> int:
        return self.start + sum(STEPS[kind] * n for kind, n in self.moves.items())


@dataclass(frozen=True)
class Waterfall:
    """From the points in force at the issue to those on the day, quarter by quarter."""

    baseline: int
    now: int
    periods: tuple[Period, ...]

    def total(self, kinds: Sequence[str]) -> int:
        return sum(each.count(kinds) for each in self.periods)

    @property
    def reduced(self) -> int:
        return sum(each.reduced for each in self.periods)

    @property
    def closed_later(self) -> int:
        return sum(each.closed_later for each in self.periods)


def waterfall(version: OpenVersion, as_of: date, scope: Scope | None = None) -> Waterfall:
    """The movements after the plan's issue up to the day; no periods on or before the issue.

    baseline and now are counted by themselves, from the points in force on either day; that the
    movements lead from one to the other is a fact of the data, held by the tests.
    """
    parameters = inside(version, Scope() if scope is None else scope)
    issued_on = version.plan.issued_on
    baseline = _counted(version, issued_on, parameters).total()
    if as_of <= issued_on:
        return Waterfall(baseline, _counted(version, as_of, parameters).total(), ())
    moves = [
        (day, kind) for _, _, day, _, kind in fetch("movements", version, as_of=as_of, **parameters)
    ]
    others = [
        (day, kind) for _, kind, day in fetch("reductions", version, as_of=as_of, **parameters)
    ]
    now = _counted(version, as_of, parameters).total()
    return Waterfall(baseline, now, tuple(_periods(issued_on, as_of, baseline, moves, others)))


def _periods(
    issued_on: date,
    as_of: date,
    baseline: int,
    moves: Iterable[tuple[date, str]],
    others: Iterable[tuple[date, str]],
) -> Iterable[Period]:
    start = baseline
    moves, others = list(moves), list(others)
    for first, last in quarters(issued_on, as_of):
        within = Counter(kind for day, kind in moves if first <= day <= last)
        beside = Counter(kind for day, kind in others if first <= day <= last)
        period = Period(first, last, start, dict(within), beside["reduced"], beside["closed_later"])
        yield period
        start = period.end


def quarters(after: date, until: date) -> list[tuple[date, date]]:
    """(first day, last day) of the calendar quarters after one day up to another, cut to them."""
    if until <= after:
        return []
    found: list[tuple[date, date]] = []
    ends = quarter_ends(until, (until.year - after.year) * 4 + 5)
    first = after + timedelta(days=1)
    for end in [day for day in ends if day > after]:
        found.append((first, end))
        first = end + timedelta(days=1)
    if first <= until:
        found.append((first, until))
    return found


# ---------------------------------------------------------------- what the plan names


@dataclass(frozen=True)
class NamedPoint:
    """A specialty point in force of a specialty that the policy names."""

    point_id: str
    institution_id: str
    institution: str
    district: str
    level: str
    track: str
    opened_on: date


def named_points(
    version: OpenVersion,
    named: Sequence[NamedSpecialty],
    as_of: date,
    scope: Scope | None = None,
) -> dict[str, list[NamedPoint]]:
    """The points in force of each named specialty, at whichever level the catalogue has the name.

    Keyed by the name in the policy, in its order; empty lists where there is none.
    """
    found: dict[str, list[NamedPoint]] = {each.specialty: [] for each in named}
    if found:
        rows = fetch(
            "named_points",
            version,
            day=as_of,
            names=list(found),
            **inside(version, Scope() if scope is None else scope),
        )
        for specialty, point_id, code, institution, district, level, track, opened_on in rows:
            found[specialty].append(
                NamedPoint(
                    point_id,
                    code,
                    institution,
                    district or NO_DISTRICT,
                    level,
                    track or NO_TRACK,
                    opened_on,
                )
            )
    return {each.name: found[each.specialty] for each in named}


def newly_opened(
    version: OpenVersion, indicator: Indicator, as_of: date, scope: Scope | None = None
) -> int:
    """Of the points an indicator counts on the day, those opened after the plan's issue (增设)."""
    ((points,),) = fetch(
        "newly_opened",
        version,
        indicator=indicator.id,
        as_of=as_of,
        **inside(version, Scope() if scope is None else scope),
    )
    return int(points)
