"""How likely each target is: a scenario drawn many times with chance in projects and in the trend.

In a draw a project succeeds or fails, by its 成功概率 times the share of it that is carried out; of
those that go ahead some slip by whole months (``SimulationRules``, a geometric number), and what is
completed after the target day does not count. The base line, if asked for, is drawn from its own
prediction interval: Student's t with the line's degrees of freedom (Montgomery, Peck and Vining,
*Introduction to Linear Regression Analysis*, section 2.4), one deviation a draw and indicator, so
that its 10 % and 90 % are the band of the forecast. All other levers are certain.

The same seed gives the same draws, whatever else was drawn before. Pure functions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from data.plan import SimulationRules
from queries.evaluate import trend
from queries.forecast import deviation, fit
from queries.levers import MOST_SLIP
from queries.scenario import Prepared, Scenario, added, carried, check, forecasts
from queries.schedule import quarter_ends

Numbers = npt.NDArray[np.float64]
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True)
class Chance:
    """What the draws say of one indicator on its target day, values in its unit.

    reached: the share of draws at or above the target; nearly: at or above what counts as 基本达成
    (the same as reached where that is not applied). None without a target or a base line.
    """

    indicator: str
    reached: float | None
    nearly: float | None
    mean: float | None
    absent: str


@dataclass(frozen=True, eq=False)
class Simulated:
    """The result of ``simulate``. quantiles: shape (QUANTILES, days, indicators), nan where there
    is no base line; projects: how many of the pool had a chance in it."""

    seed: int
    draws: int
    with_trend: bool
    chances: tuple[Chance, ...]
    quantiles: Numbers
    projects: int

    def of(self, indicator: str) -> Chance:
        return next(each for each in self.chances if each.indicator == indicator)


def simulate(
    ready: Prepared, given: Scenario, seed: int, rules: SimulationRules, with_trend: bool = True
) -> Simulated:
    """Draw the scenario ``rules.draws`` times. Raises ScenarioError as ``scenario.check``.

    seed: 0 to LARGEST_SEED. A city's data take about half a second.
    """
    check(ready, given)
    # Streams of their own, so that the trend's draws do not depend on how many projects there are.
    projects, line = (np.random.default_rng(each) for each in np.random.SeedSequence(seed).spawn(2))
    top, bottom, count = _drawn_projects(ready, given, projects, rules)
    drawn = _drawn_line(ready, line, rules.draws) if with_trend else ready
    values = forecasts(drawn, top, bottom)
    return Simulated(
        seed,
        rules.draws,
        with_trend,
        _chances(ready, ready.at_target(values)),
        _quantiles(values),
        count,
    )


def _drawn_projects(
    ready: Prepared, given: Scenario, chance: np.random.Generator, rules: SimulationRules
) -> tuple[Numbers, Numbers, int]:
    """(Δnumerator of shape (draws, days, indicators), Δdenominator of (days, indicators), how many
    projects may succeed)."""
    pool = ready.levers.projects
    done = carried(ready, given)
    certain, bottom = added(ready, replace(done, probability=np.zeros(len(pool.rows))))
    likely = done.weights[pool.rows] * done.probability
    top = np.repeat(certain[None], rules.draws, axis=0)
    days = np.arange(len(ready.days))
    # Each project draws, carried out or not: what one does never shifts the draws of the others.
    for place in range(len(pool.rows)):
        succeeds = chance.random(rules.draws) < likely[place]
        slips = chance.random(rules.draws) < rules.slip_share
        months = chance.geometric(1 / rules.slip_months, rules.draws)
        if not likely[place]:
            continue
        late = np.minimum(done.slip[place] + np.where(slips, months, 0), MOST_SLIP)
        counts = succeeds[:, None] & (days >= pool.start[late, place][:, None])
        top[:, :, pool.indicator[place]] += counts * pool.amount[place]
    return top, bottom, int((likely > 0).sum())


def _drawn_line(ready: Prepared, chance: np.random.Generator, draws: int) -> Prepared:
    """The base with a line of its own for every draw, shape (draws, days, indicators)."""
    quarters = quarter_ends(ready.day, ready.ground.plan.status.forecast_points)
    freedom = len(quarters) - 2
    if freedom < 1:
        return ready
    scale = np.zeros(ready.line.shape)
    for place, indicator in enumerate(ready.indicators):
        values = trend(ready.version, indicator, quarters)
        through = fit(quarters, values)
        if through is not None:
            scale[:, place] = [deviation(through, quarters, values, day) for day in ready.days]
    moved = chance.standard_t(freedom, (draws, 1, len(ready.indicators)))
    return replace(ready, ground=replace(ready.ground, line=ready.line + moved * scale))


def _chances(ready: Prepared, values: Numbers) -> tuple[Chance, ...]:
    found = []
    for place, (indicator, result) in enumerate(zip(ready.indicators, ready.results, strict=True)):
        column = values[:, place]
        known = not ready.absent[place] and not np.isnan(column).all()
        reached = nearly = None
        if known and result.target is not None:
            reached = float((column >= result.target).mean())
            tolerance = indicator.tolerance if indicator.comparison == "about" else 0.0
            nearly = float((column >= (1 - tolerance) * result.target).mean())
        mean = float(np.nanmean(column)) if known else None
        found.append(Chance(indicator.id, reached, nearly, mean, ready.absent[place]))
    return tuple(found)


def _quantiles(values: Numbers) -> Numbers:
    """Along the draws; nan stays nan, which all draws of an indicator without a line are."""
    ordered = np.sort(values, axis=0)
    places = np.array(QUANTILES) * (len(values) - 1)
    low, high = np.floor(places).astype(int), np.ceil(places).astype(int)
    part = (places - low)[:, None, None]
    found: Numbers = ordered[low] * (1 - part) + ordered[high] * part
    return found
