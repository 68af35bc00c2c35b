"""Who owes what: departments by tasks, what is overdue or due soon, and what came of meetings.

States are those of every other page: indicators by ``queries.evaluate``, deliverables by
``queries.deliverables``. A date equal to the day is due, not overdue; due soon is from the day to
thirty days later, both included. A department answers for an indicator or deliverable that names
it; the first named is the first responsible.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Any

from data.contract import NO_DISTRICT
from data.plan import Plan, Section
from queries.deliverables import DONE, NOT_BEGUN, Progress
from queries.deliverables import NO_DATA as UNREPORTED
from queries.evaluate import Result, Scope
from queries.inside import Inside
from queries.run import OpenVersion, fetch
from queries.status import (
    BEHIND,
    FAR_BEHIND,
    MISSED,
    NO_DATA,
    NOT_ASSESSED,
    RANK,
    WORDS,
    Interim,
)

SOON_DAYS = 30
OVERDUE, SOON, OPEN, CLOSED = "逾期", "即将到期", "办理中", "已完成"
UNDATED = "未定期限"
# Column of the matrix for what stands outside the tasks and safeguards.
ELSEWHERE = "other"
IN_FORCE, EXPIRED, COMING = "有效", "已到期", "未生效"


def standing(due_on: date | None, closed_on: date | None, day: date) -> str:
    """Where something with a due date stands on a day."""
    if closed_on is not None and closed_on <= day:
        return CLOSED
    if due_on is None:
        return UNDATED
    if due_on < day:
        return OVERDUE
    return SOON if due_on <= day + timedelta(days=SOON_DAYS) else OPEN


@dataclass(frozen=True)
class Rectification:
    """A problem found by the day; closed_on None while open. institution: empty without one."""

    id: str
    item: str
    found_on: date
    due_on: date
    closed_on: date | None
    department: str
    problem: str
    institution_id: str
    institution: str
    district: str

    def state(self, day: date) -> str:
        return standing(self.due_on, self.closed_on, day)

    def days_over(self, day: date) -> int:
        """Days past its due date, of an open one; negative while there is time."""
        return (day - self.due_on).days

    @property
    def days_to_close(self) -> int | None:
        return None if self.closed_on is None else (self.closed_on - self.found_on).days


@dataclass(frozen=True)
class Decision:
    """What a meeting held by the day decided; closed_on None while not done."""

    meeting: str
    held_on: date
    topic: str
    text: str
    department: str
    due_on: date | None
    closed_on: date | None

    def state(self, day: date) -> str:
        return standing(self.due_on, self.closed_on, day)

    def days_over(self, day: date) -> int | None:
        return None if self.due_on is None else (day - self.due_on).days

    @property
    def late(self) -> bool:
        """Done after it was due."""
        done = self.closed_on is not None and self.due_on is not None
        return done and bool(self.closed_on > self.due_on)  # type: ignore[operator]


@dataclass(frozen=True)
class Tally:
    """The rectifications of a department or institution. days: median from found to closed, None
    while none is closed; longest: days the longest overdue one is past its due date, 0 without."""

    name: str
    id: str
    open: int
    soon: int
    overdue: int
    longest: int
    closed: int
    closed_late: int
    days: float | None


@dataclass(frozen=True)
class Cell:
    """What a department owes in a column of the matrix; leads: it is the first responsible."""

    department: str
    column: str
    leads: bool
    results: tuple[Result, ...]
    promises: tuple[Progress, ...]
    rectifications: tuple[Rectification, ...]
    decisions: tuple[Decision, ...]
    day: date

    @property
    def total(self) -> int:
        return sum(map(len, (self.results, self.promises, self.rectifications, self.decisions)))

    @property
    def late(self) -> int:
        """Overdue deliverables, rectifications and decisions."""
        papers: list[Rectification | Decision] = [*self.rectifications, *self.decisions]
        return sum(p.overdue for p in self.promises) + sum(
            each.state(self.day) == OVERDUE for each in papers
        )

    @property
    def behind(self) -> int:
        return sum(each.status in BEHIND for each in self.results)

    @property
    def worst(self) -> tuple[str, str, int]:
        """(status that gives colour and shape, word, number of things in it): the gravest there is.

        Missed and far behind, then overdue, then lagging; else how far the indicators or the
        deliverables are.
        """
        grave = [r for r in self.results if r.status in (MISSED, FAR_BEHIND)]
        if grave:
            return grave[0].status, WORDS[grave[0].status], len(grave)
        if self.late:
            return MISSED, OVERDUE, self.late
        if self.behind:
            first = next(r for r in self.results if r.status in BEHIND)
            return first.status, WORDS[first.status], self.behind
        ranked = sorted((r for r in self.results if r.status in RANK), key=lambda r: RANK[r.status])
        unfinished = sum(p.state != DONE and p.state != UNREPORTED for p in self.promises)
        if ranked and (RANK[ranked[0].status] < RANK["achieved_late"] or not unfinished):
            name = ranked[0].status
            return name, WORDS[name], sum(r.status == name for r in self.results)
        if unfinished:
            idle = sum(p.state == NOT_BEGUN for p in self.promises)
            if idle == unfinished:
                return NO_DATA, NOT_BEGUN, idle
            return "in_progress", WORDS["in_progress"], unfinished
        if any(p.state == DONE for p in self.promises):
            return "achieved", CLOSED, sum(p.state == DONE for p in self.promises)
        if self.results:
            return self.results[0].status, WORDS[self.results[0].status], len(self.results)
        if self.promises:
            return NO_DATA, WORDS[NO_DATA], len(self.promises)
        return "in_progress", OPEN, len(self.rectifications) + len(self.decisions)


@dataclass(frozen=True)
class Duties:
    """Everything that departments owe on a day."""

    plan: Plan
    day: date
    results: tuple[Result, ...]
    promises: tuple[Progress, ...]
    rectifications: tuple[Rectification, ...]
    decisions: tuple[Decision, ...]

    @property
    def departments(self) -> list[str]:
        """Those of the plan in its order, then those that only the data names."""
        named = [each.name for each in self.plan.departments]
        used = {name for each in self.results for name in each.indicator.departments}
        used |= {name for each in self.promises for name in each.deliverable.departments}
        papers: list[Rectification | Decision] = [*self.rectifications, *self.decisions]
        listed = dict.fromkeys([*named, *sorted(used), *(each.department for each in papers)])
        return list(listed)

    @property
    def columns(self) -> list[Section]:
        """Tasks and safeguards; what is owed elsewhere stands in a column of its own."""
        return [*self.plan.tasks, *self.plan.safeguards]

    def of(self, department: str) -> Duties:
        """What one department owes."""
        return Duties(
            self.plan,
            self.day,
            tuple(r for r in self.results if department in r.indicator.departments),
            tuple(p for p in self.promises if department in p.deliverable.departments),
            tuple(r for r in self.rectifications if r.department == department),
            tuple(d for d in self.decisions if d.department == department),
        )

    def open_(self) -> Duties:
        """Without rectifications and decisions that are done."""
        return Duties(
            self.plan,
            self.day,
            self.results,
            self.promises,
            tuple(r for r in self.rectifications if r.closed_on is None),
            tuple(d for d in self.decisions if d.closed_on is None),
        )

    def pressing(self) -> Duties:
        """What a reminder lists: indicators behind, deliverables overdue or due soon and not done,
        rectifications and decisions overdue or due soon."""
        urgent = (OVERDUE, SOON)
        limit = self.day + timedelta(days=SOON_DAYS)
        return Duties(
            self.plan,
            self.day,
            tuple(r for r in self.results if r.status in BEHIND),
            tuple(
                p
                for p in self.promises
                if p.overdue or (p.state not in (DONE, UNREPORTED) and self.day <= p.due <= limit)
            ),
            tuple(r for r in self.rectifications if r.state(self.day) in urgent),
            tuple(d for d in self.decisions if d.state(self.day) in urgent),
        )

    def shortened(self, most: int) -> Duties:
        """The gravest few of each list, for a page that must not run over."""
        return Duties(
            self.plan,
            self.day,
            tuple(sorted(self.results, key=lambda r: RANK.get(r.status, 9))[:most]),
            tuple(sorted(self.promises, key=lambda p: (not p.overdue, p.state == DONE))[:most]),
            self.rectifications[:most],
            tuple(sorted(self.decisions, key=lambda d: d.due_on or date.max)[:most]),
        )

    @property
    def empty(self) -> bool:
        return not (self.results or self.promises or self.rectifications or self.decisions)

    def leads(self, item: Result | Progress, department: str) -> bool:
        owner = item.indicator if isinstance(item, Result) else item.deliverable
        return owner.departments[0] == department

    def sections_of(self, item: str) -> tuple[str, ...]:
        """The columns of the matrix that an indicator or deliverable stands in."""
        found = self.plan.indicator(item) or self.plan.deliverable(item)
        numbers = {each.id for each in self.columns}
        own = tuple(s for s in found.sections if s in numbers) if found else ()
        return own or (ELSEWHERE,)

    def decided(self, decision: Decision) -> str:
        """The column of a decision: the task whose title it names, else elsewhere."""
        for section in self.columns:
            if section.title in decision.text:
                return section.id
        return ELSEWHERE


def duties(
    version: OpenVersion,
    day: date,
    results: Sequence[Result],
    promised: Mapping[str, Progress],
    scope: Scope | None = None,
) -> Duties:
    """results and promised: the city's. scope: whose rectifications; decisions are the city's."""
    return Duties(
        version.plan,
        day,
        tuple(results),
        tuple(promised[each.id] for each in version.plan.deliverables),
        tuple(rectifications(version, day, scope or Scope())),
        tuple(decisions(version, day)),
    )


def rectifications(version: OpenVersion, day: date, scope: Scope) -> list[Rectification]:
    """Those found by the day, of institutions in the scope; the earliest due first."""
    inside = Inside(version, scope, day)
    found = []
    for *known, institution_id, institution, district in fetch(
        "rectifications", version, as_of=day
    ):
        where = district or NO_DISTRICT if institution_id else ""
        if inside.holds(institution_id or "", where):
            values: list[Any] = [*known, institution_id or "", institution or "", where]
            found.append(Rectification(*values))
    return found


def decisions(version: OpenVersion, day: date) -> list[Decision]:
    """Those of meetings held by the day, in order."""
    return [Decision(*row) for row in fetch("meeting_decisions", version, as_of=day)]


def matrix(found: Duties) -> dict[str, dict[str, Cell]]:
    """Department -> column -> what it owes there; open papers only, empty cells left out.

    An indicator of several tasks stands in each of their columns, so that a row's cells can hold
    more than the department owes in all.
    """
    now = found.open_()
    out: dict[str, dict[str, Cell]] = {}
    for department in found.departments:
        mine = now.of(department)
        row = {}
        for column in (ELSEWHERE, *(each.id for each in found.columns)):
            cell = _cell(mine, department, column)
            if cell.total or cell.leads or _named(found.plan, department, column):
                row[column] = cell
        if row:
            out[department] = row
    return out


def _named(plan: Plan, department: str, column: str) -> bool:
    section = plan.section(column)
    return section is not None and department in section.departments


def _cell(mine: Duties, department: str, column: str) -> Cell:
    results = tuple(r for r in mine.results if column in mine.sections_of(r.id))
    promises = tuple(p for p in mine.promises if column in mine.sections_of(p.deliverable.id))
    section = mine.plan.section(column)
    if section is not None and section.departments:
        leads = section.departments[0] == department
    else:
        owed: list[Result | Progress] = [*results, *promises]
        leads = any(mine.leads(each, department) for each in owed)
    return Cell(
        department,
        column,
        leads,
        results,
        promises,
        tuple(r for r in mine.rectifications if column in mine.sections_of(r.item)),
        tuple(d for d in mine.decisions if mine.decided(d) == column),
        mine.day,
    )


def tally(name: str, id_: str, found: Sequence[Rectification], day: date) -> Tally:
    """The rectifications of one department or institution."""
    states = [each.state(day) for each in found]
    overdue = [each.days_over(day) for each in found if each.state(day) == OVERDUE]
    closed = [each for each in found if each.closed_on is not None]
    days = [each.days_to_close for each in closed if each.days_to_close is not None]
    return Tally(
        name,
        id_,
        sum(each.closed_on is None for each in found),
        states.count(SOON),
        len(overdue),
        max(overdue, default=0),
        len(closed),
        sum(each.closed_on > each.due_on for each in closed if each.closed_on),
        float(median(days)) if days else None,
    )


def tallies(found: Iterable[Rectification], day: date, by: str) -> list[Tally]:
    """By department or institution; most overdue first. Those of no institution stand together."""
    groups: dict[tuple[str, str], list[Rectification]] = {}
    for each in found:
        if by == "department":
            key = (each.department, each.department)
        else:
            key = (each.institution or "未指明院校", each.institution_id)
        groups.setdefault(key, []).append(each)
    rows = [tally(name, id_, own, day) for (name, id_), own in groups.items()]
    return sorted(rows, key=lambda t: (-t.overdue, -t.open, -t.soon, -t.closed, t.name))


def interim_identity(indicator: str, each: Interim) -> tuple[Any, ...]:
    """What tells an approved interim target from others (``data.difference.identity``)."""
    return indicator, each.approved_on, each.expires_on, each.reason, each.approver


def interim_state(interim: Interim, day: date) -> str:
    """Whether an approved interim target is in force on a day; its expiry day is no longer."""
    if interim.in_force(day):
        return IN_FORCE
    return COMING if day < interim.approved_on else EXPIRED


def allocated(results: Iterable[Result]) -> list[Result]:
    """Of one institution's results: those that 目标分解 gives it a target for."""
    return [r for r in results if r.target is not None and r.status != NOT_ASSESSED]
