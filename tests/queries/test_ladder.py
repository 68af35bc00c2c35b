"""The ladder: rungs as the indicators count them, pathways in force as the deliverables do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from data.contract import BY_TABLE, LEVELS
from queries.deliverables import progress
from queries.evaluate import Scope, evaluate
from queries.ladder import KINDS, OUTSIDE, ladder
from queries.run import OpenVersion


def test_kinds_are_the_contracts() -> None:
    assert set(KINDS) == set(BY_TABLE["pathways"].by_name["kind"].choices)
    assert all(LEVELS.index(a) < LEVELS.index(b) for a, b in KINDS.values())


@pytest.mark.parametrize("back", [0, 400, 900])
def test_pathways_are_those_in_force(demo: OpenVersion, back: int) -> None:
    day = demo.as_of - timedelta(days=back)
    found = ladder(demo, day)
    with demo.connection.cursor() as cursor:
        expected = cursor.execute(
            "select pathway_id from pathways where started_on <= ? "
            "and (ended_on is null or ended_on > ?)",
            [day, day],
        ).fetchall()
    assert sorted(p.pathway_id for p in found.pathways) == sorted(name for (name,) in expected)
    for each in progress(demo, day).values():
        if each.deliverable.counted_from == "pathways":
            assert len(found.of(each.deliverable.counted_kind)) == each.value


def test_ends_add_up_and_outside_is_outside(demo: OpenVersion) -> None:
    found = ladder(demo, demo.as_of)
    assert sum(found.ends(list(KINDS)).values()) == len(found.pathways)
    known = {each.institution_id for each in demo.institutions}
    outside = [p for p in found.pathways if p.to_level == OUTSIDE]
    assert outside
    for each in found.pathways:
        assert (each.to_institution_id in known) == (each.to_level != OUTSIDE)


def test_rungs_are_the_points_and_institutions_in_force(demo: OpenVersion) -> None:
    found = {rung.level: rung for rung in ladder(demo, demo.as_of).rungs}
    share, bachelor, schools, colleges = evaluate(
        demo,
        None,
        None,
        None,
        [
            "industry_share",
            "bachelor_points",
            "secondary_conditions_met",
            "leading_industries_per_college",
        ],
    )
    by_id = {r.id: r for r in (share, bachelor, schools, colleges)}
    assert sum(r.points for r in found.values()) == by_id["industry_share"].denominator
    assert found[LEVELS[2]].points == by_id["bachelor_points"].actual
    assert found[LEVELS[0]].institutions == by_id["secondary_conditions_met"].denominator
    assert found[LEVELS[1]].institutions == by_id["leading_industries_per_college"].denominator


def test_the_parts_add_up(demo: OpenVersion) -> None:
    whole = ladder(demo, demo.as_of)
    districts = [
        ladder(demo, demo.as_of, Scope(district=(name,))) for name in [*demo.districts, "未填区县"]
    ]
    assert sum(len(part.pathways) for part in districts) == len(whole.pathways)
    levels = [ladder(demo, demo.as_of, Scope(level=(level,))) for level in LEVELS]
    assert sum(len(part.pathways) for part in levels) == len(whole.pathways)
    assert [rung for part in levels for rung in part.rungs] == list(whole.rungs)
