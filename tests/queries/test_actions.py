"""Tasks: everything hangs on exactly one, and the parts of the city add up to it."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from queries.actions import (
    Task,
    goal_results,
    open_rectifications,
    tasks,
)
from queries.evaluate import Scope, evaluate
from queries.projects import COMING, STAGES, all_projects
from queries.run import OpenVersion


def every(version: OpenVersion, day: date | None = None, scope: Scope | None = None) -> list[Task]:
    """The tasks of all actions."""
    on = day or version.as_of
    results = evaluate(version, on, scope)
    return [t for a in version.plan.actions for t in tasks(version, a.id, results, on, scope)]


def test_tasks_are_the_plans_in_its_order(demo: OpenVersion) -> None:
    found = every(demo)
    assert [each.section for each in found] == list(demo.plan.tasks)


def test_every_indicator_stands_once(demo: OpenVersion) -> None:
    results = evaluate(demo)
    stood = [r.id for task in every(demo) for r in task.indicators]
    for action in demo.plan.actions:
        stood += [r.id for r in goal_results(demo.plan, action, results)]
    assert sorted(stood) == sorted(each.id for each in demo.plan.indicators)


def test_every_deliverable_of_a_task_stands_once(demo: OpenVersion) -> None:
    stood = [p.deliverable.id for task in every(demo) for p in task.deliverables]
    numbers = {task.id for task in demo.plan.tasks}
    assert stood == [d.id for d in demo.plan.deliverables if d.section in numbers]


def test_every_project_feeds_the_task_of_its_indicator(demo: OpenVersion) -> None:
    projects = all_projects(demo)
    assert {p.stage for p in projects} <= set(STAGES)
    found = Counter(p.project_id for task in every(demo) for p in task.projects)
    owned = {
        i.id for i in demo.plan.indicators if set(i.sections) & {t.id for t in demo.plan.tasks}
    }
    assert found == Counter(p.project_id for p in projects if p.indicator in owned)
    for task in every(demo):
        for result in task.indicators:
            mine = task.feeding(result.id)
            assert task.coming(result.id) == sum(p.contribution for p in mine if p.stage in COMING)


@pytest.mark.parametrize("back", [0, 200, 500])
def test_open_rectifications_are_found_and_not_finished(demo: OpenVersion, back: int) -> None:
    day = demo.as_of - timedelta(days=back)
    with demo.connection.cursor() as cursor:
        expected = cursor.execute(
            "select rectification_id, due_on < ? from rectifications "
            "where found_on <= ? and (closed_on is null or closed_on > ?)",
            [day, day, day],
        ).fetchall()
    found = open_rectifications(demo, day)
    assert sorted((r.rectification_id, r.overdue(day)) for r in found) == sorted(expected)
    items = {i.id for i in demo.plan.indicators} | {d.id for d in demo.plan.deliverables}
    assert {r.item for r in found} <= items


def test_the_districts_and_the_unplaced_add_up(demo: OpenVersion) -> None:
    whole = every(demo)
    names = [*demo.districts, "未填区县"]
    parts = [every(demo, None, Scope(district=(name,))) for name in names]
    for index, task in enumerate(whole):
        mine = [part[index] for part in parts]
        assert sum(len(each.projects) for each in mine) == len(task.projects)
        placed = sum(len(each.rectifications) for each in mine)
        assert placed + mine[0].unplaced == len(task.rectifications)
        assert task.unplaced == 0
        # Promises are the city's, whatever the filter.
        assert all(each.deliverables == task.deliverables for each in mine)


def test_the_levels_add_up(demo: OpenVersion) -> None:
    whole = sum(len(task.projects) for task in every(demo))
    levels = ("中职", "高职", "职业本科", "普通本科")
    parts = [every(demo, None, Scope(level=(level,))) for level in levels]
    assert sum(len(task.projects) for part in parts for task in part) == whole > 0
