"""Early-warning signals of specialty points by year, and the grade they make together.

Formulas and defaults: warning_rules.md. Thresholds come from the plan; a value below one raises
it. Pure functions on frames: ``run("early_warning", version, as_of=…)`` brings the numbers, one row
per point and year; ``totals`` adds points up first, so that an institution's rate is that of all
its students.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.plan import WarningRules

GREEN, YELLOW, RED, GREY = "green", "yellow", "red", "grey"
WORDS = {RED: "红", YELLOW: "黄", GREEN: "绿", GREY: "数据不足"}

# Signal -> the columns its numerator adds up, and its denominator.
RATES: dict[str, tuple[tuple[str, ...], str]] = {
    "application_rate": (("applied",), "planned"),
    "plan_completion_rate": (("registered",), "planned"),
    "placement_rate": (("employed", "further_study"), "graduates"),
    "matched_rate": (("matched",), "employed"),
}
SATISFACTION = "satisfaction"
SIGNALS = (*RATES, SATISFACTION)

Numbers = npt.NDArray[np.float64]


def parts(frame: pd.DataFrame) -> pd.DataFrame:
    """Numerator and denominator of every signal, columns ``<signal>.top`` and ``<signal>.base``.

    Both are empty where either is not known, so that sums of them are made of the same rows.
    Satisfaction is the mean of the points that report it: its base counts them.
    """
    found: dict[str, Numbers] = {}
    for signal, (columns, base) in RATES.items():
        top = _numbers(frame, columns[0])
        for column in columns[1:]:
            top = top + _numbers(frame, column)
        bottom = _numbers(frame, base)
        unknown = np.isnan(top) | np.isnan(bottom)
        found[f"{signal}.top"] = np.where(unknown, np.nan, top * 100)
        found[f"{signal}.base"] = np.where(unknown, np.nan, bottom)
    reported = _numbers(frame, SATISFACTION)
    found[f"{SATISFACTION}.top"] = reported
    found[f"{SATISFACTION}.base"] = np.where(np.isnan(reported), np.nan, 1.0)
    return pd.DataFrame(found, index=frame.index)


def _numbers(frame: pd.DataFrame, column: str) -> Numbers:
    return frame[column].to_numpy(np.float64, na_value=np.nan)


def values(made_of: pd.DataFrame) -> pd.DataFrame:
    """The signals in percent from their parts, one column each; empty where a part is not known
    or the denominator is zero."""
    found = {}
    for signal in SIGNALS:
        base = made_of[f"{signal}.base"].to_numpy(np.float64)
        top = made_of[f"{signal}.top"].to_numpy(np.float64)
        usable = np.nan_to_num(base) > 0
        found[signal] = np.divide(top, base, out=np.full(len(base), np.nan), where=usable)
    return pd.DataFrame(found, index=made_of.index)


def bands(found: pd.DataFrame, rules: WarningRules) -> pd.DataFrame:
    """Each signal's colour: red below its red threshold, yellow below its yellow one, else green;
    empty text where it has no value. Signals that the plan leaves out have no column."""
    coloured = {}
    for signal in rules.signals:
        if signal.id not in found:
            continue
        value = found[signal.id].to_numpy(np.float64)
        colour = np.select(
            [np.isnan(value), value < signal.red, value < signal.yellow], ["", RED, YELLOW], GREEN
        )
        coloured[signal.id] = colour
    return pd.DataFrame(coloured, index=found.index)


def grades(coloured: pd.DataFrame, rules: WarningRules) -> pd.Series:
    """The grade of each row: grey with too few signals, red with any red or enough yellow ones,
    yellow with any yellow, else green."""
    colours = coloured.to_numpy(object)
    known = (colours != "").sum(axis=1)
    red = (colours == RED).sum(axis=1)
    yellow = (colours == YELLOW).sum(axis=1)
    grade = np.select(
        [known < rules.minimum_signals, (red > 0) | (yellow >= rules.red_from_yellow), yellow > 0],
        [GREY, RED, YELLOW],
        GREEN,
    )
    return pd.Series(grade, index=coloured.index, dtype=object)


def graded(frame: pd.DataFrame, rules: WarningRules) -> pd.DataFrame:
    """The frame of points and years with each signal's value, its colour (``<signal>.band``) and
    the ``grade``."""
    found = values(parts(frame))
    coloured = bands(found, rules)
    return pd.concat(
        [
            frame.drop(columns=[SATISFACTION]),
            found,
            coloured.add_suffix(".band"),
            grades(coloured, rules).rename("grade"),
        ],
        axis=1,
    )


def totals(frame: pd.DataFrame, by: Sequence[str], rules: WarningRules) -> pd.DataFrame:
    """The signals of groups of points, indexed by ``by``: sums of the points' numbers, then rates.

    Also ``points`` (rows added up), and how many of them are red, yellow, green or grey in the
    columns of these names. A sum has a colour but no grade: grades are for points.
    """
    made_of = parts(frame)
    coloured = bands(values(made_of), rules)
    grade = grades(coloured, rules)
    tally = {colour: (grade == colour).astype(int) for colour in WORDS}
    keys = [frame[name] for name in by]
    summed = pd.concat([made_of, pd.DataFrame(tally)], axis=1).groupby(keys).sum(min_count=1)
    found = values(summed)
    found_bands = bands(found, rules).add_suffix(".band")
    counts = summed[list(WORDS)].astype(int)
    return pd.concat([counts.sum(axis=1).rename("points"), found, found_bands, counts], axis=1)
