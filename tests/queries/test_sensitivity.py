"""Which lever moves what: the same numbers as the scenarios themselves give."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from queries import scenario as what_if
from queries.run import open_file
from queries.scenario import BASE, Prepared, outcome, prepared
from queries.sensitivity import MONEY, moved_by_people, steps, tornado

SOME = what_if.scenario({"projects": 40.0, "rate:新兴": 20.0, "closures:red": 50.0})


@pytest.fixture(scope="module")
def ready(demo_warehouse: Path) -> Prepared:
    return prepared(
        open_file(next((demo_warehouse / "versions").glob("*.duckdb"))), date(2024, 9, 30)
    )


def value(ready: Prepared, given: what_if.Scenario, indicator: str) -> float | None:
    return next(e.value for e in outcome(ready, given).indicators if e.id == indicator)


@pytest.mark.parametrize(
    "indicator", ["points_emerging", "industry_share", "secondary_conditions_met"]
)
@pytest.mark.parametrize("given", [BASE, SOME], ids=["base", "some"])
def test_a_tornado_is_scenarios_side_by_side(
    ready: Prepared, given: what_if.Scenario, indicator: str
) -> None:
    found = tornado(ready, given, indicator)
    assert found
    assert [each.width for each in found] == sorted((e.width for e in found), reverse=True)
    named = {each.lever.id for each in found}
    for each in moved_by_people(ready):
        ends = [value(ready, given.moved(each.id, end), indicator) for end in (each.low, each.high)]
        now = value(ready, given, indicator)
        if each.id in named:
            reach = next(r for r in found if r.lever.id == each.id)
            assert (reach.at_low, reach.at_high, reach.now) == (*ends, now)
        elif None not in ends:
            assert ends == [now, now], each.id


def test_a_step_is_a_scenario_one_step_away(ready: Prepared) -> None:
    given = what_if.scenario({"rate:新兴": 20.0, "closures:red": 50.0, "growth:高职": 3.0})
    found = steps(ready, given)
    assert found.change.shape == (len(found.levers), len(ready.indicators))
    now = outcome(ready, given).indicators
    for lever, step, change in zip(found.levers, found.steps, found.change, strict=True):
        stands = given.values.get(lever.id, lever.today)
        assert abs(step) == lever.step
        there = outcome(ready, given.moved(lever.id, stands + step)).indicators
        for place, (before, after) in enumerate(zip(now, there, strict=True)):
            if before.value is None or after.value is None:
                assert np.isnan(change[place])
            else:
                assert change[place] == pytest.approx(after.value - before.value, abs=1e-12)


def test_a_stage_stands_where_the_whole_pool_puts_it(ready: Prepared) -> None:
    found = steps(ready, what_if.scenario({"projects": 40.0, "slip": 3.0}))
    for name in ("projects:在建", "slip:在建"):
        place = [each.id for each in found.levers].index(name)
        assert found.steps[place] > 0
        change = found.change[place]
        sign = 1 if name.startswith("projects") else -1
        assert (sign * change[~np.isnan(change)] >= -1e-9).all(), name
    stage = [each.id for each in found.levers].index("projects:在建")
    assert np.nanmax(found.change[stage]) > 0


def test_a_lever_at_its_end_steps_back(ready: Prepared) -> None:
    found = steps(ready, what_if.scenario({"projects": 100.0}))
    place = [each.id for each in found.levers].index("projects")
    assert found.steps[place] < 0


def test_money_moves_no_forecast(ready: Prepared) -> None:
    assert not {each.family for each in moved_by_people(ready)} & set(MONEY)
