"""Which lever moves what: one indicator from a lever's low to its high, and one step of each.

Everything else stays as in the scenario asked about. Values are forecasts on the target day, as
``queries.scenario`` computes them, clamps and all. Pure functions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from queries.levers import Lever
from queries.scenario import Carried, Prepared, Scenario, added, carried, check, forecasts

Numbers = npt.NDArray[np.float64]
# Moving these changes what is paid, never a forecast.
MONEY = ("matching", "budget")


@dataclass(frozen=True)
class Reach:
    """One lever and one indicator: the forecast with the lever at its low and at its high."""

    lever: Lever
    now: float
    at_low: float
    at_high: float

    @property
    def width(self) -> float:
        return max(self.at_low, self.at_high, self.now) - min(self.at_low, self.at_high, self.now)


@dataclass(frozen=True, eq=False)
class Steps:
    """What one step of each lever changes: shape (levers, indicators), in the indicator's unit, nan
    where there is no forecast. steps: the signed step taken, upwards unless the lever is already at
    its high."""

    levers: tuple[Lever, ...]
    steps: tuple[float, ...]
    change: Numbers


def moved_by_people(ready: Prepared) -> tuple[Lever, ...]:
    """The levers over many things together that can change a forecast."""
    return tuple(
        each
        for each in ready.levers.all.values()
        if not each.single and each.family not in MONEY and each.low < each.high
    )


def _at_target(ready: Prepared, given: Scenario) -> Numbers:
    """Every indicator's forecast on its target day, nan where there is none."""
    return ready.at_target(forecasts(ready, *added(ready, carried(ready, given))))


def tornado(ready: Prepared, given: Scenario, indicator: str) -> list[Reach]:
    """The levers that move the indicator at all, the farthest reaching first.

    Empty where the indicator has no forecast. Raises ScenarioError as ``scenario.check``.
    """
    check(ready, given)
    place = next(n for n, each in enumerate(ready.indicators) if each.id == indicator)
    now = _at_target(ready, given)[place]
    if np.isnan(now):
        return []
    found = []
    for lever in moved_by_people(ready):
        low, high = (
            _at_target(ready, given.moved(lever.id, value))[place]
            for value in (lever.low, lever.high)
        )
        # What a lever leaves nothing of (a share of nothing) has no place on an axis.
        if np.isnan(low) or np.isnan(high):
            continue
        reach = Reach(lever, float(now), float(low), float(high))
        if reach.width > 0:
            found.append(reach)
    return sorted(found, key=lambda each: (-each.width, each.lever.id))


def steps(ready: Prepared, given: Scenario) -> Steps:
    """The change of every indicator by one step of every lever, from where the scenario stands.

    A lever that a more general one carries along (a stage under the whole pool) stands where that
    one puts it. Raises ScenarioError as ``scenario.check``.
    """
    check(ready, given)
    done = carried(ready, given)
    levers, taken, change = moved_by_people(ready), [], []
    for lever in levers:
        stands = _stands(ready, given, done, lever)
        step = lever.step if stands + lever.step <= lever.high else -lever.step
        before, after = (
            _at_target(ready, given.moved(lever.id, value)) for value in (stands, stands + step)
        )
        taken.append(step)
        change.append(after - before)
    return Steps(levers, tuple(taken), np.array(change).reshape(len(levers), -1))


def _stands(ready: Prepared, given: Scenario, done: Carried, lever: Lever) -> float:
    """The lever's value in the scenario, said there or carried along by a more general lever."""
    said = given.values.get(lever.id)
    if said is not None:
        return said
    pool = ready.levers.projects
    stands = lever.today
    if lever.family == "slip_stage":
        slips = [
            int(done.slip[n])
            for n, each in enumerate(pool.each)
            if each.stage == lever.id.partition(":")[2]
        ]
        stands = float(max(slips, default=0))
    elif lever.rows and not lever.adds:
        weights = done.weights.copy()
        if lever.family == "recognise":
            # Its success rate takes the place of the projects' own.
            weights[pool.rows] *= done.probability
        stands = float(weights[list(lever.rows)].mean()) * lever.scale
    return min(max(stands, lever.low), lever.high)
