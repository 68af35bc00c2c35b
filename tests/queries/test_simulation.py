"""Draws of a scenario: the same for a seed, right on average, and bounded."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.plan import SimulationRules
from queries import scenario as what_if
from queries.evaluate import evaluate
from queries.run import open_file
from queries.scenario import BASE, Prepared, ScenarioError, outcome, prepared
from queries.simulation import QUANTILES, simulate

ON_TIME = SimulationRules(draws=4000, slip_share=0.0, slip_months=1.0)
ALL = what_if.scenario({"projects": 100.0})


@pytest.fixture(scope="module")
def ready(demo_warehouse: Path) -> Prepared:
    """The demonstration a year before its own date, with quarters ahead."""
    return prepared(
        open_file(next((demo_warehouse / "versions").glob("*.duckdb"))), date(2024, 9, 30)
    )


def test_a_seed_is_a_picture(ready: Prepared) -> None:
    first, again = (simulate(ready, ALL, 7, ON_TIME) for _ in range(2))
    assert first.chances == again.chances
    assert np.array_equal(first.quantiles, again.quantiles, equal_nan=True)
    assert simulate(ready, ALL, 8, ON_TIME).chances != first.chances


def test_without_chance_the_base_is_certain(ready: Prepared) -> None:
    found = simulate(ready, BASE, 1, ON_TIME, with_trend=False)
    assert found.projects == 0
    for chance, expected in zip(found.chances, outcome(ready).indicators, strict=True):
        assert chance.mean == pytest.approx(expected.base, abs=1e-9) or expected.base is None
        if chance.reached is not None and expected.base is not None:
            assert expected.result.target is not None
            assert chance.reached == float(expected.base >= expected.result.target)


def test_the_mean_of_the_draws_is_the_scenario(ready: Prepared) -> None:
    """Where no value is held at 0 or 100, projects by 成功概率 give what the scenario expects."""
    found = simulate(ready, ALL, 3, ON_TIME, with_trend=False)
    assert found.projects > 100
    for chance, expected in zip(found.chances, outcome(ready, ALL).indicators, strict=True):
        if expected.value is None or not 0 < expected.value < 100:
            continue
        assert chance.mean is not None
        assert chance.mean == pytest.approx(expected.value, rel=0.02, abs=0.1), chance.indicator


def test_the_trend_alone_draws_the_band_of_the_forecast(ready: Prepared) -> None:
    rules = SimulationRules(draws=40_000)
    found = simulate(ready, BASE, 5, rules)
    bands = {each.id: each.band for each in evaluate(ready.version, ready.day)}
    low, high = QUANTILES.index(0.1), QUANTILES.index(0.9)
    for place, indicator in enumerate(ready.indicators):
        band = bands[indicator.id]
        if band is None:
            continue
        width = band.high - band.low
        column = found.quantiles[:, ready.at[place], place]
        assert column[low] == pytest.approx(band.low, abs=0.05 * width + 1e-9), indicator.id
        assert column[high] == pytest.approx(band.high, abs=0.05 * width + 1e-9), indicator.id


def test_slipping_beyond_the_target_day_does_not_count(ready: Prepared) -> None:
    never = SimulationRules(draws=500, slip_share=1.0, slip_months=24.0)
    late = what_if.scenario({"projects": 100.0, "slip": 24.0})
    base = simulate(ready, BASE, 1, ON_TIME, with_trend=False)
    found = simulate(ready, late, 1, never, with_trend=False)
    assert [each.mean for each in found.chances] == pytest.approx(
        [each.mean for each in base.chances], nan_ok=True
    )


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(better=st.floats(0, 60), share=st.integers(0, 20), seed=st.integers(0, 2**32 - 1))
def test_chances_are_shares_and_grow_with_success(
    ready: Prepared, better: float, share: int, seed: int
) -> None:
    rules = SimulationRules(draws=300, slip_share=0.3, slip_months=4)
    part = {"projects": share * 5.0}
    some = simulate(ready, what_if.scenario(part), seed, rules)
    more = simulate(ready, what_if.scenario(part | {"success": better}), seed, rules)
    assert np.isnan(some.quantiles).all(axis=(0, 1)).tolist() == [bool(a) for a in ready.absent]
    for before, after in zip(some.chances, more.chances, strict=True):
        if before.reached is None:
            continue
        assert after.reached is not None
        assert before.nearly is not None
        assert 0 <= before.reached <= before.nearly <= 1
        # The same random numbers: what succeeded still does.
        assert after.reached >= before.reached


def test_a_scenario_that_does_not_fit_is_refused(ready: Prepared) -> None:
    with pytest.raises(ScenarioError):
        simulate(ready, what_if.scenario({"none": 1.0}), 1, ON_TIME)
