"""The project pool and its money: what is owed, what slips, what it covers, whom to support.

Money is 万元. An amount that nobody filled in is unknown, never 0: sums are of what is known, with
the number of projects that are not. Stopped projects (终止) stay in the pool's tally and owe
nothing, add nothing and are never late. The pool keeps no history of stages: a project counts as
finished on a day when its stage is 验收 and its completion is dated by that day or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from data.contract import NO_DISTRICT
from data.plan import Plan, SupportWeights
from queries import early_warning
from queries.evaluate import Result, Scope
from queries.inside import Inside
from queries.institutions import level_on
from queries.run import OpenVersion, fetch, run
from queries.schedule import filled

# Stages of a project that can still add to its indicator; 验收 has, 终止 will not.
COMING = ("在建", "成熟", "储备")
FINISHED, STOPPED = "验收", "终止"
STAGES = (FINISHED, *COMING, STOPPED)
RANKS = ("国家级", "省级", "市级")
ORDER = (*reversed(COMING), FINISHED, STOPPED)
# Quarters without a completion that the calendar still draws.
LONGEST_GAP = 40


@dataclass(frozen=True)
class Project:
    """A project of the pool; contribution in its indicator's unit, probability in percent."""

    project_id: str
    name: str
    indicator: str
    institution_id: str
    institution: str
    district: str
    contribution: float
    rank: str
    stage: str
    superior_funds: float | None
    city_funds: float | None
    probability: float | None
    planned_on: date
    completed_on: date | None

    @property
    def stopped(self) -> bool:
        return self.stage == STOPPED

    def overdue(self, day: date) -> bool:
        """Still to come though its planned day has passed."""
        return self.stage in COMING and self.planned_on < day

    def finished(self, day: date) -> bool:
        return self.stage == FINISHED and (self.completed_on is None or self.completed_on <= day)

    def coming(self, day: date) -> bool:
        """Can still add to its indicator after the day."""
        return not self.stopped and not self.finished(day)

    def days_late(self, day: date) -> int:
        """Days by which it was finished late, or by which it is overdue on the day; else 0."""
        if self.stopped:
            return 0
        if self.finished(day):
            return max((self.completed_on - self.planned_on).days, 0) if self.completed_on else 0
        return max((day - self.planned_on).days, 0)


@dataclass(frozen=True)
class Money:
    """A sum of what is known, None when nothing is; unknown: how many are not filled in."""

    amount: float | None
    unknown: int

    @classmethod
    def of(cls, amounts: Iterable[float | None]) -> Money:
        found = list(amounts)
        known = [each for each in found if each is not None]
        if not found:
            return cls(0.0, 0)
        return cls(sum(known) if known else None, len(found) - len(known))


@dataclass(frozen=True)
class Funds:
    """The money of some projects. owed: city matching for national and provincial ones. given:
    city money entered for these. seed: city money entered for the city's own projects."""

    count: int
    superior: Money
    owed: Money
    given: Money
    seed: Money

    @property
    def city(self) -> float | None:
        """What the city needs: matching owed and seed funds; None when neither is known."""
        known = [each.amount for each in (self.owed, self.seed) if each.amount is not None]
        return float(sum(known)) if known else None

    @property
    def unknown(self) -> int:
        return self.owed.unknown + self.seed.unknown


@dataclass(frozen=True)
class YearFunds:
    """The money of the projects planned for a year, beside its budget (None without one)."""

    year: int
    funds: Funds
    budget: float | None
    seed_budget: float | None


@dataclass(frozen=True)
class Coverage:
    """An indicator's gap beside what its projects would add. expected: times the probability of
    success, of the projects that state one; unsaid: how many do not. cost: city and superior money
    per unit of contribution, over projects of which all money is known."""

    result: Result
    projects: int
    everything: float
    expected: float
    unsaid: int
    cost: float | None

    @property
    def share(self) -> float | None:
        """What the pool adds if all succeed over the gap; None without a gap to close."""
        gap = self.result.gap
        return self.everything / gap if gap else None

    @property
    def enough(self) -> bool | None:
        return None if self.share is None else self.share >= 1


@dataclass(frozen=True)
class Quarter:
    """Planned completions of a quarter: finished in time, finished late, to come, overdue."""

    year: int
    quarter: int
    in_time: int
    late: int
    to_come: int
    overdue: int

    @property
    def total(self) -> int:
        return self.in_time + self.late + self.to_come + self.overdue


@dataclass(frozen=True)
class Support:
    """What speaks for an institution, each part 0-100, None where there is no data for it."""

    institution_id: str
    name: str
    level: str
    district: str
    titles: int | None
    rates: float | None
    cooperations: int | None
    results: float | None
    quality: float | None
    service: float | None

    def score(self, weights: Mapping[str, float]) -> float | None:
        """The weighted mean of its parts; None when one that weighs anything has no data."""
        total = sum(weights.values())
        parts = {name: getattr(self, name) for name in weights}
        if not total or any(parts[name] is None for name, w in weights.items() if w):
            return None
        weighed = sum(parts[name] * weight for name, weight in weights.items() if weight)
        return float(weighed / total)


def all_projects(version: OpenVersion) -> list[Project]:
    """The project pool, technician institutions' too, the earliest planned first."""
    found = []
    for row in fetch("project_pool", version):
        values = list(row)
        values[5] = values[5] or NO_DISTRICT
        found.append(Project(*values))
    return found


def pool(version: OpenVersion, scope: Scope, day: date) -> list[Project]:
    """The projects of institutions in the scope (technician ones too), earliest planned first."""
    inside = Inside(version, scope, day)
    return [p for p in all_projects(version) if inside.holds(p.institution_id, p.district)]


def owed(plan: Plan, project: Project) -> float | None:
    """City matching owed: superior money times the ratio of the project's rank; unknown without
    the amount. Nothing for a stopped project or a rank without a ratio."""
    ratio = plan.matching_ratio(project.rank)
    if project.stopped or not ratio:
        return 0.0
    return None if project.superior_funds is None else project.superior_funds * ratio


def funds(plan: Plan, projects: Iterable[Project]) -> Funds:
    """The money of some projects; stopped ones left out."""
    live = [each for each in projects if not each.stopped]
    matched = [each for each in live if plan.matching_ratio(each.rank)]
    own = [each for each in live if not plan.matching_ratio(each.rank)]
    return Funds(
        len(live),
        Money.of(each.superior_funds for each in matched),
        Money.of(owed(plan, each) for each in matched),
        Money.of(each.city_funds for each in matched),
        Money.of(each.city_funds for each in own),
    )


def by_year(plan: Plan, projects: Sequence[Project]) -> list[YearFunds]:
    """The money by the year of planned completion: the data has no year of payment."""
    years = {each.planned_on.year for each in projects if not each.stopped}
    years |= {each.year for each in plan.budget.years}
    found = []
    for year in sorted(years):
        budget = plan.budget.amount(year)
        found.append(
            YearFunds(
                year,
                funds(plan, [each for each in projects if each.planned_on.year == year]),
                budget,
                None if budget is None else budget * plan.budget.seed_share,
            )
        )
    return found


def slipped(projects: Iterable[Project], day: date) -> list[Project]:
    """Overdue or finished late, still open ones first, the latest first."""
    late = [each for each in projects if each.days_late(day)]
    return sorted(late, key=lambda each: (each.finished(day), -each.days_late(day)))


def calendar(projects: Iterable[Project], day: date) -> list[Quarter]:
    """Planned completions by quarter, without gaps of up to ten years; stopped projects left
    out."""
    tally: dict[int, list[int]] = {}
    for each in projects:
        if each.stopped:
            continue
        key = each.planned_on.year * 4 + (each.planned_on.month - 1) // 3
        late = bool(each.days_late(day))
        place = (1 if late else 0) if each.finished(day) else (3 if late else 2)
        tally.setdefault(key, [0] * 4)[place] += 1
    return [Quarter(n // 4, n % 4 + 1, *tally.get(n, [0] * 4)) for n in filled(tally, LONGEST_GAP)]


def coverage(
    plan: Plan, results: Iterable[Result], projects: Sequence[Project], day: date
) -> list[Coverage]:
    """Per indicator of the plan: its gap and what the projects still to come would add."""
    found = []
    for result in results:
        mine = [each for each in projects if each.indicator == result.id and each.coming(day)]
        said = [each for each in mine if each.probability is not None]
        costs = [(cost(plan, each), each.contribution) for each in mine]
        known = [(money, adds) for money, adds in costs if money is not None and adds > 0]
        units = sum(adds for _, adds in known)
        found.append(
            Coverage(
                result,
                len(mine),
                sum(each.contribution for each in mine),
                sum(each.contribution * (each.probability or 0.0) / 100 for each in said),
                len(mine) - len(said),
                sum(money for money, _ in known) / units if units else None,
            )
        )
    return found


def cost(plan: Plan, project: Project) -> float | None:
    """Superior money and matching owed; for the city's own projects, superior and city money."""
    if plan.matching_ratio(project.rank):
        due = owed(plan, project)
        if due is None or project.superior_funds is None:
            return None
        return project.superior_funds + due
    if project.city_funds is None:
        return None
    return (project.superior_funds or 0.0) + project.city_funds


# ---------------------------------------------------------------- differentiated support


def weights_of(support: SupportWeights) -> dict[str, float]:
    """The plan's weights by part."""
    return {name: getattr(support, name) for name in ("results", "quality", "service")}


def support(version: OpenVersion, scope: Scope, day: date) -> list[Support]:
    """The institutions of the scope in force on the day, with the parts of their score.

    results: valid titles of the institution, its points and groups over the most any has, times
    100; quality: mean of placement, matched and satisfaction of its points' latest year; service:
    partnerships in force and bodies it leads over the most any has, times 100. The most is the
    city's, whatever the scope. Technician institutions stand apart and are left out.
    """
    levels = level_on(version, day)
    numbers: dict[tuple[str, str], int] = {}
    for code, part, count in fetch("support_numbers", version, as_of=day):
        numbers[code, part] = numbers.get((code, part), 0) + int(count)
    here = [e for e in version.institutions if e.institution_id in levels and not e.outside]
    known = {
        "results": "recognitions" in version.filled,
        "service": bool({"partnerships", "cooperation_bodies"} & version.filled),
    }
    most = {
        part: max((numbers.get((e.institution_id, part), 0) for e in here), default=0)
        for part in known
    }
    rates = _quality(version, day)
    inside = Inside(version, scope, day)
    found = []
    for each in here:
        code = each.institution_id
        if not inside.holds(code, each.district):
            continue
        titles, links = (
            numbers.get((code, part), 0) if known[part] else None for part in ("results", "service")
        )
        quality = rates.get(code)
        found.append(
            Support(
                code,
                each.name,
                levels[code],
                each.district,
                titles,
                quality,
                links,
                _of_most(titles, most["results"]),
                quality,
                _of_most(links, most["service"]),
            )
        )
    return found


def _of_most(number: int | None, most: int) -> float | None:
    return None if number is None or not most else number / most * 100


QUALITY = ("placement_rate", "matched_rate", "satisfaction")


def _quality(version: OpenVersion, day: date) -> dict[str, float]:
    """The mean of the three rates of the institution's latest year, those that have a value."""
    frame = run("early_warning", version, as_of=day)
    if frame.empty:
        return {}
    totals = early_warning.totals(frame, ["institution_id", "year"], version.plan.warning)
    rates = totals[list(QUALITY)].mean(axis=1, skipna=True).dropna()
    latest = rates.groupby(level=0).tail(1)
    codes = latest.index.get_level_values(0)
    return {str(code): float(value) for code, value in zip(codes, latest, strict=True)}


def ranked(found: Sequence[Support], weights: Mapping[str, float]) -> list[tuple[int, Support]]:
    """(place, institution), best first, equal scores on equal places; place 0 without a score."""
    scored = [(each.score(weights), each) for each in found]
    scored.sort(key=lambda pair: (pair[0] is None, -(pair[0] or 0.0), pair[1].institution_id))
    out: list[tuple[int, Support]] = []
    for index, (value, each) in enumerate(scored):
        if value is None:
            out.append((0, each))
        elif index and scored[index - 1][0] == value:
            out.append((out[-1][0], each))
        else:
            out.append((index + 1, each))
    return out
