"""An action of the plan task by task: its indicators, results, projects and open rectifications."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from data.contract import NO_DISTRICT
from data.plan import Plan, Section
from queries import deliverables
from queries.deliverables import Progress
from queries.evaluate import Result, Scope
from queries.inside import Inside
from queries.projects import COMING, Project, pool
from queries.run import OpenVersion, fetch


@dataclass(frozen=True)
class Rectification:
    """A problem found and not yet put right; institution and district empty when it names none."""

    rectification_id: str
    item: str
    found_on: date
    due_on: date
    department: str
    problem: str
    institution_id: str
    institution: str
    district: str

    def overdue(self, day: date) -> bool:
        return self.due_on < day


@dataclass(frozen=True)
class Task:
    """A task with everything that hangs on it; unplaced: open rectifications that name no
    institution and therefore stand outside a filtered part of the city."""

    section: Section
    indicators: tuple[Result, ...]
    deliverables: tuple[Progress, ...]
    projects: tuple[Project, ...]
    rectifications: tuple[Rectification, ...]
    unplaced: int = 0

    def coming(self, indicator: str) -> float:
        """What the projects still to come would add to an indicator together."""
        return sum(
            p.contribution for p in self.projects if p.indicator == indicator and p.stage in COMING
        )

    def feeding(self, indicator: str) -> tuple[Project, ...]:
        return tuple(p for p in self.projects if p.indicator == indicator)


def tasks(
    version: OpenVersion,
    action: str,
    results: Sequence[Result],
    as_of: date,
    scope: Scope | None = None,
    promised: Mapping[str, Progress] | None = None,
) -> list[Task]:
    """The tasks of an action (its number) in the plan's order.

    results: every indicator on the day under the scope. promised: every deliverable on the day,
    where it is known already. Projects and rectifications are those of
    institutions in the scope, at their level on the day; deliverables are always the city's.
    """
    inside = Inside(version, Scope() if scope is None else scope, as_of)
    states = deliverables.progress(version, as_of) if promised is None else promised
    projects = pool(version, inside.scope, as_of)
    problems = open_rectifications(version, as_of)
    found = []
    for section in version.plan.tasks_of(action):
        mine = tuple(r for r in results if section.id in r.indicator.sections)
        owed = tuple(
            states[each.id] for each in version.plan.deliverables if each.section == section.id
        )
        ids = {r.id for r in mine}
        items = ids | {each.deliverable.id for each in owed}
        open_ = [r for r in problems if r.item in items]
        kept = tuple(r for r in open_ if inside.holds(r.institution_id, r.district))
        found.append(
            Task(
                section,
                mine,
                owed,
                tuple(p for p in projects if p.indicator in ids),
                kept,
                sum(not r.institution_id for r in open_) if inside.scope else 0,
            )
        )
    return found


def goal_results(plan: Plan, action: Section, results: Iterable[Result]) -> list[Result]:
    """The results of the goals shown with an action that none of the plan's tasks has."""
    numbers = {task.id for task in plan.tasks}
    return [
        r
        for r in results
        if set(action.goals) & set(r.indicator.sections) and not numbers & set(r.indicator.sections)
    ]


def open_rectifications(version: OpenVersion, as_of: date) -> list[Rectification]:
    """Found by the day and not finished on it, the earliest due first."""
    found = []
    for row in fetch("rectifications", version, as_of=as_of):
        *known, closed_on, department, problem, institution_id, institution, district = row
        if closed_on is not None:
            continue
        where = district or NO_DISTRICT if institution_id else ""
        values = [*known, department, problem, institution_id or "", institution or "", where]
        found.append(Rectification(*values))
    return found
