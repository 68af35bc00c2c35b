"""Composition and waterfall: they count what the indicators count, and add up exactly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from operator import attrgetter
from typing import Any

import pytest

from data.contract import LEVELS, TRACKS
from data.plan import NamedSpecialty
from queries import composition as made
from queries.evaluate import Result, Scope, evaluate
from queries.run import OpenVersion
from tests.queries.conftest import random_version
from tests.queries.random_workbook import AS_OF

DAYS = (*AS_OF, date(2025, 2, 14))
SCOPES = (
    Scope(),
    Scope(level=("高职",)),
    Scope(district=("金水区",)),
    Scope(authority=("市属", "区县属")),
    Scope(outside=True),
)


@pytest.fixture(scope="module", params=[3, 11, 29])
def version(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> OpenVersion:
    """A random workbook, small and nasty, loaded."""
    return random_version(request.param, tmp_path_factory)


def indicator(version: OpenVersion, name: str, day: date, scope: Scope) -> Result:
    (found,) = evaluate(version, day, scope, None, [name])
    return found


# ---------------------------------------------------------------- composition


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_totals_are_those_of_the_indicators(version: OpenVersion, scope: Scope) -> None:
    for day in DAYS:
        found = made.composition(version, day, scope)
        share = indicator(version, "industry_share", day, scope)
        assert found.total().now == (share.denominator or 0)
        industries = found.by(lambda kind: kind.industry)
        named = sum(industries[name].now for name in found.named if name in industries)
        assert named == (share.numerator or 0)
        bachelor = indicator(version, "bachelor_points", day, scope)
        by_level = found.by(lambda kind: kind.level)
        assert by_level.get(LEVELS[-1], made.Count()).now == bachelor.actual


def test_tracks_are_those_of_the_indicators(version: OpenVersion) -> None:
    names = {
        each.counts["track"][0]: each.id
        for each in version.plan.indicators
        if "track" in each.counts and "title" not in each.counts
    }
    assert set(names) == set(TRACKS)
    for day in DAYS:
        found = made.composition(version, day).by(lambda kind: kind.track)
        for track, name in names.items():
            actual = indicator(version, name, day, Scope()).actual
            if actual is not None:
                assert found.get(track, made.Count()).now == actual, (day, track)


def test_every_breakdown_adds_up_to_the_total(demo: OpenVersion) -> None:
    found = made.composition(demo, demo.as_of)
    total = found.total()
    assert total.now > 0
    for key in ("track", "industry", "category", "specialty_class", "level"):
        parts = found.by(attrgetter(key))
        assert sum((n for n in parts.values()), made.Count()) == total
        assert "" not in parts
    assert set(found.industries()) >= set(found.by(lambda kind: kind.industry))
    assert found.industries()[: len(found.named)] == list(found.named)


def test_the_baseline_is_the_composition_at_the_issue(demo: OpenVersion) -> None:
    now = made.composition(demo, demo.as_of)
    then = made.composition(demo, demo.plan.issued_on)
    assert now.total().baseline == then.total().now == then.total().baseline
    by = {k: n.baseline for k, n in now.by(lambda kind: kind.industry).items() if n.baseline}
    assert by == {k: n.now for k, n in then.by(lambda kind: kind.industry).items() if n.now}


# ---------------------------------------------------------------- waterfall


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_the_waterfall_adds_up(version: OpenVersion, scope: Scope) -> None:
    for day in DAYS:
        flow = made.waterfall(version, day, scope)
        counted = made.composition(version, day, scope).total()
        assert (flow.baseline, flow.now) == (counted.baseline, counted.now)
        if day <= version.plan.issued_on:
            assert flow.periods == ()
            continue
        opened, resumed, suspended, closed = (flow.total(kinds) for _, _, kinds in made.WAYS)
        assert flow.baseline + opened - suspended + resumed - closed == flow.now
        assert flow.periods[0].start == flow.baseline
        assert flow.periods[-1].end == flow.now
        for before, after in pairwise(flow.periods):
            assert before.end == after.start
            assert before.last + timedelta(days=1) == after.first


def test_every_quarter_ends_with_the_points_in_force_that_day(version: OpenVersion) -> None:
    for period in made.waterfall(version, max(DAYS)).periods:
        assert period.end == made.composition(version, period.last).total().now


def points(version: OpenVersion) -> Iterator[dict[str, Any]]:
    """The sheet's rows with their institution's dates, outside technician institutions."""
    with version.connection.cursor() as cursor:
        rows = cursor.execute(
            "select p.*, i.founded_on, i.closed_on as dissolved_on, i.school_type from "
            "specialty_points as p join institutions as i using (institution_id)"
        ).fetchall()
        names = [each[0] for each in cursor.description or ()]
    for row in rows:
        found = dict(zip(names, row, strict=True))
        if not found["school_type"].endswith("技工学校"):
            yield found


def in_force(point: dict[str, Any], day: date) -> bool:
    """As the definition says it: opened, not closed, not suspended, its institution in force."""

    def passed(name: str) -> bool:
        return point[name] is not None and point[name] <= day

    suspended = passed("suspended_on") and not passed("resumed_on")
    there = point["founded_on"] is None or point["founded_on"] <= day
    gone = passed("closed_on") or passed("dissolved_on")
    return point["opened_on"] <= day and there and not gone and not suspended


def kind_of_move(point: dict[str, Any], day: date, entered: bool) -> str:
    if entered:
        if point["opened_on"] == day:
            return "opened"
        return "resumed" if point["resumed_on"] == day else "founded"
    if point["closed_on"] == day:
        return "closed"
    return "dissolved" if point["dissolved_on"] == day else "suspended"


def test_the_moves_are_those_a_day_by_day_walk_finds(version: OpenVersion) -> None:
    as_of, issued_on = max(DAYS), version.plan.issued_on
    walked: Counter[str] = Counter()
    for point in points(version):
        marks = {value for value in point.values() if isinstance(value, date)}
        for day in marks:
            if issued_on < day <= as_of:
                before, after = in_force(point, day - timedelta(days=1)), in_force(point, day)
                if before != after:
                    walked[kind_of_move(point, day, after)] += 1
    flow = made.waterfall(version, as_of)
    assert {kind: flow.total((kind,)) for kind in made.STEPS} == {
        kind: walked[kind] for kind in made.STEPS
    }


def test_reductions_and_late_closings_stand_beside(version: OpenVersion) -> None:
    as_of, issued_on = max(DAYS), version.plan.issued_on
    flow = made.waterfall(version, as_of)
    reduced = late = 0
    for point in points(version):
        reduced += bool(point["reduced_on"] and issued_on < point["reduced_on"] <= as_of)
        closed = point["closed_on"]
        if closed and issued_on < closed <= as_of:
            late += not in_force(point, closed - timedelta(days=1))
    assert (flow.reduced, flow.closed_later) == (reduced, late)


def test_the_demonstration_has_every_way_in_and_out(demo: OpenVersion) -> None:
    flow = made.waterfall(demo, demo.as_of)
    assert all(flow.total(kinds) > 0 for _, _, kinds in made.WAYS)
    assert flow.total(("dissolved",)) > 0


@pytest.mark.parametrize(
    ("after", "until", "expected"),
    [
        ("2023-10-19", "2023-10-20", [("2023-10-20", "2023-10-20")]),
        ("2023-10-19", "2023-12-31", [("2023-10-20", "2023-12-31")]),
        (
            "2023-12-31",
            "2024-04-01",
            [("2024-01-01", "2024-03-31"), ("2024-04-01", "2024-04-01")],
        ),
        ("2023-10-19", "2023-10-19", []),
        ("2023-10-19", "2020-01-01", []),
    ],
)
def test_quarters_are_cut_to_the_span(
    after: str, until: str, expected: list[tuple[str, str]]
) -> None:
    found = made.quarters(date.fromisoformat(after), date.fromisoformat(until))
    assert [(str(a), str(b)) for a, b in found] == expected


# ---------------------------------------------------------------- what the plan names


def test_named_points_are_in_force_and_have_the_name(demo: OpenVersion) -> None:
    named = [each for task in demo.plan.tasks for each in task.specialties]
    found = made.named_points(demo, named, demo.as_of)
    assert list(found) == [each.name for each in named]
    assert sum(map(len, found.values())) > 0
    by_id = {point["point_id"]: point for point in points(demo)}
    for each in named:
        for point in found[each.name]:
            row = by_id[point.point_id]
            assert in_force(row, demo.as_of)
            assert row["specialty_name"] == each.specialty
        ids = {p.point_id for p in found[each.name]}
        assert ids == {
            code
            for code, row in by_id.items()
            if row["specialty_name"] == each.specialty and in_force(row, demo.as_of)
        }


def test_a_name_that_differs_from_the_catalogue_is_found_under_its_own(demo: OpenVersion) -> None:
    listed = NamedSpecialty(name="写法不同", catalogue="软件技术")
    found = made.named_points(demo, [listed], demo.as_of)
    plain = made.named_points(demo, [NamedSpecialty(name="软件技术")], demo.as_of)
    assert found["写法不同"] == plain["软件技术"] != []


def test_without_names_nothing_is_asked(demo: OpenVersion) -> None:
    assert made.named_points(demo, [], demo.as_of) == {}


def test_newly_opened_are_some_of_those_counted(version: OpenVersion) -> None:
    for each in version.plan.indicators:
        if not each.newly_opened:
            continue
        for day in DAYS:
            whole = indicator(version, each.id, day, Scope()).actual
            districts = [*version.districts, "未填区县"]
            opened = made.newly_opened(version, each, day)
            assert 0 <= opened <= (whole or 0)
            parts = [
                made.newly_opened(version, each, day, Scope(district=(name,))) for name in districts
            ]
            assert sum(parts) == opened
