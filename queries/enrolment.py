"""Next year's enrolment plan as a suggestion (§4.3.4: evaluation results inform the plan).

A point's share is this year's plan times a factor: one, plus what its early-warning grade, its
evaluation, its plan completion and the demand gap of its specialty add (``EnrolmentRules``). All
shares are then multiplied by one number, so that they add up to the total asked for, each within
the floor and the cap of its point; whole steps go to the largest remainders. The gap is an input:
whoever knows no demand leaves it out, and what is not known adds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.plan import EnrolmentRules
from queries.early_warning import ACTIONS, CLOSE, IN_FORCE, SUSPEND

Whole = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]

# A plan completed beyond this, as a ratio, speaks no louder.
MOST_COMPLETION = 2.0
# Below this a remainder is rounding error; ties are then broken by the point's number.
TINY = 1e-6


@dataclass(frozen=True, eq=False)
class Suggestion:
    """A suggested plan for the points of a level.

    points: the rows given, in the order of their numbers, with what each reason adds
    (``grade_part``, ``evaluation_part``, ``completion_part``, ``gap_part``), ``factor``,
    ``stopped`` (why the point gets nothing, else empty), ``lowest``, ``highest`` and ``suggested``
    in students. asked: the total asked for; least and most: what floors and caps allow. scale: the
    one number that all shares were multiplied by; nan where bounds alone decide.
    """

    points: pd.DataFrame
    asked: int
    least: int
    most: int
    scale: float

    @property
    def total(self) -> int:
        """The sum of the suggestions: what was asked for, or the nearest that is possible."""
        return int(self.points["suggested"].sum())

    @property
    def possible(self) -> bool:
        return self.least <= self.asked <= self.most


def suggest(
    rows: pd.DataFrame,
    rules: EnrolmentRules,
    total: int | None = None,
    gap: pd.Series | None = None,
) -> Suggestion:
    """The suggested plan of every row of ``early_warning.judged``: one level, one year.

    Points no longer in force, and those that the rules would suspend or close, get nothing; what
    they had goes to the others. total: this year's plan of all rows when None. gap: demand less
    supply as a share of the demand by row label, from -1 to 1; missing or nan adds nothing.
    """
    # The order of their numbers, so that ties fall alike whatever order the rows come in.
    found = rows
    if not rows["point_id"].is_monotonic_increasing:
        found = rows.sort_values("point_id", kind="stable")
    planned = found["planned"].to_numpy(np.int64)
    parts = _parts(found, rules, gap)
    factor = 1 + np.sum(list(parts.values()), axis=0)
    stopped = _stopped(found)
    out = stopped != ""
    lowest = np.where(out, 0, np.ceil(planned * rules.floor - TINY)).astype(np.int64)
    highest = np.where(out, 0, np.floor(planned * rules.cap + TINY)).astype(np.int64)
    asked = int(planned.sum()) if total is None else int(total)
    shares = np.where(out, 0.0, planned * factor)
    suggested, scale = allocate(planned, shares, lowest, highest, rules.step, asked)
    columns = {
        **{f"{name}_part": part for name, part in parts.items()},
        "factor": factor,
        "stopped": stopped,
        "lowest": lowest,
        "highest": highest,
        "suggested": suggested,
    }
    table = pd.concat([found, pd.DataFrame(columns, index=found.index)], axis=1)
    return Suggestion(table, asked, int(lowest.sum()), int(highest.sum()), scale)


def _parts(rows: pd.DataFrame, rules: EnrolmentRules, gap: pd.Series | None) -> dict[str, Numbers]:
    """What each reason adds to one."""
    completion = rows["plan_completion_rate"].to_numpy(np.float64, na_value=np.nan) / 100
    away = np.clip(np.nan_to_num(completion, nan=1.0), 0.0, MOST_COMPLETION) - 1
    short = np.zeros(len(rows))
    if gap is not None:
        known = gap.reindex(rows.index).to_numpy(np.float64, na_value=np.nan)
        short = np.clip(np.nan_to_num(known, nan=0.0), -1.0, 1.0)
    return {
        "grade": _looked_up(rows["grade"], rules.grades),
        "evaluation": _looked_up(rows["evaluation"], rules.evaluations),
        "completion": rules.completion * away,
        "gap": rules.gap * short,
    }


def _looked_up(names: pd.Series, added: dict[str, float]) -> Numbers:
    return np.array([added.get(name, 0.0) for name in names.tolist()], np.float64)


def _stopped(rows: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Why a point gets nothing: it is not in force, or it is suggested to end; else empty."""
    state = rows["state"].to_numpy(object)
    action = rows["action"].to_numpy(object)
    ends = (action == SUSPEND) | (action == CLOSE)
    words = {each: f"建议{each}" for each in ACTIONS}
    found = np.array([words[each] for each in action], object)
    found[~ends] = ""
    gone = state != IN_FORCE
    found[gone] = state[gone]
    return found


def allocate(
    planned: Whole, shares: Numbers, lowest: Whole, highest: Whole, step: int, asked: int
) -> tuple[Whole, float]:
    """Whole numbers between lowest and highest that add up to what is asked for, or the nearest
    sum there is; and the number that the shares were multiplied by.

    They differ from planned by whole steps; one of them takes what is left when the sum is no
    whole number of steps away, and bounds are used up to the last student only when steps cannot
    reach the sum. Ties go to the first.
    """
    total = min(max(asked, int(lowest.sum())), int(highest.sum()))
    # The bounds that whole steps can reach.
    low = np.minimum(np.maximum(planned - (planned - lowest) // step * step, lowest), highest)
    high = np.minimum(np.maximum(planned + (highest - planned) // step * step, lowest), highest)
    if total <= low.sum():
        return low - _spread(low - lowest, int(low.sum()) - total), float("nan")
    if total >= high.sum():
        return high + _spread(highest - high, total - int(high.sum())), float("nan")
    scale = _scale(shares, low, high, total)
    wanted = np.clip(shares * scale, low, high)
    # From planned in whole steps, rounded down; what is within TINY of a step stands on it.
    found = planned + (np.floor((wanted - planned) / step + TINY) * step).astype(np.int64)
    found = np.clip(found, low, high)
    order = np.argsort(-np.round((wanted - found) / step / TINY), kind="stable")
    left = total - int(found.sum())
    while left >= step:
        free = order[(found + step <= high)[order]][: left // step]
        found[free] += step
        left -= step * len(free)
    if left:
        free = order[(found + left <= high)[order]]
        found[free[0]] += left
    return found, scale


def _scale(shares: Numbers, low: Whole, high: Whole, total: int) -> float:
    """The number that brings the sum of the shares, each held within its bounds, to the total."""
    moving = shares > 0
    small, large = 0.0, float((high[moving] / shares[moving]).max(initial=0.0)) + 1.0
    for _ in range(80):
        middle = (small + large) / 2
        if np.clip(shares * middle, low, high).sum() < total:
            small = middle
        else:
            large = middle
    return large


def _spread(room: Whole, count: int) -> Whole:
    """count taken out of the room, one from each in turn, the first first."""
    taken = np.zeros_like(room)
    while count > 0:
        free = np.flatnonzero(room > taken)[:count]
        taken[free] += 1
        count -= len(free)
    return taken
