"""Early-warning signals of specialty points by year, the grade they make together, and what to do.

Formulas, defaults and the order of the rules: warning_rules.md. Thresholds come from the plan; a
value below one raises it. Pure functions on frames: ``run("early_warning", version, as_of=…)``
brings the numbers, one row per point and year. ``judge`` says what the rules make of them;
``totals`` adds points up first, so that an institution's rate is that of all its students.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.plan import Signal, WarningRules
from queries.run import OpenVersion, run

GREEN, YELLOW, RED, GREY = "green", "yellow", "red", "grey"
WORDS = {RED: "红", YELLOW: "黄", GREEN: "绿", GREY: "数据不足"}
# A colour's place here is its code in arrays; 0 is a grade of grey, or a signal without a value.
COLOURS = (GREY, GREEN, YELLOW, RED)
_GREY, _GREEN, _YELLOW, _RED = range(4)

OVERSUPPLIED, SHORTAGE = "布点多规模大", "急需紧缺"
EXCELLENT, FAILED = "优秀", "不合格"
IN_FORCE, SUSPENDED_NOW, CLOSED_NOW = "在办", "已停招", "已撤销"

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
Codes = npt.NDArray[np.int8]
Mask = npt.NDArray[np.bool_]


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


def band_codes(found: Numbers, signals: Sequence[Signal]) -> Codes:
    """The colour of each value, shape (n, signals), as its place in COLOURS: red below its red
    threshold, yellow below its yellow one, else green; 0 without a value."""
    yellow = np.array([each.yellow for each in signals])
    red = np.array([each.red for each in signals])
    known = ~np.isnan(found)
    # A comparison with no number is false: every value counts for the thresholds it is below.
    codes = known.astype(np.int8)
    codes += found < yellow
    codes += found < red
    return codes


def grade_codes(coloured: Codes, rules: WarningRules) -> Codes:
    """The grade of each row of ``band_codes``: grey with too few signals, red with any red or
    enough yellow ones, yellow with any yellow, else green."""
    red = (coloured == _RED).any(axis=1)
    yellow = (coloured == _YELLOW).sum(axis=1)
    grade = np.where(yellow > 0, _YELLOW, _GREEN)
    grade[red | (yellow >= rules.red_from_yellow)] = _RED
    grade[(coloured > 0).sum(axis=1) < rules.minimum_signals] = _GREY
    return grade.astype(np.int8)


def known_signals(rules: WarningRules) -> tuple[Signal, ...]:
    """The plan's signals that there is a formula for, in its order."""
    return tuple(each for each in rules.signals if each.id in SIGNALS)


def bands(found: pd.DataFrame, rules: WarningRules) -> pd.DataFrame:
    """Each signal's colour by name; empty text where it has no value. Signals that the plan leaves
    out have no column."""
    signals = known_signals(rules)
    names = [each.id for each in signals]
    codes = band_codes(found[names].to_numpy(np.float64), signals)
    words = np.array(["", *COLOURS[1:]], object)
    return pd.DataFrame(words[codes], index=found.index, columns=names)


def grades(found: pd.DataFrame, rules: WarningRules) -> pd.Series:
    """The grade by name of each row of values."""
    signals = known_signals(rules)
    codes = band_codes(found[[each.id for each in signals]].to_numpy(np.float64), signals)
    words = np.array(COLOURS, object)
    return pd.Series(words[grade_codes(codes, rules)], index=found.index, dtype=object)


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
            grades(found, rules).rename("grade"),
        ],
        axis=1,
    )


def totals(frame: pd.DataFrame, by: Sequence[str], rules: WarningRules) -> pd.DataFrame:
    """The signals of groups of points, indexed by ``by``: sums of the points' numbers, then rates.

    Also ``points`` (rows added up), and how many of them are red, yellow, green or grey in the
    columns of these names. A sum has a colour but no grade: grades are for points.
    """
    made_of = parts(frame)
    grade = grades(values(made_of), rules)
    tally = {colour: (grade == colour).astype(int) for colour in WORDS}
    keys = [frame[name] for name in by]
    summed = pd.concat([made_of, pd.DataFrame(tally)], axis=1).groupby(keys).sum(min_count=1)
    found = values(summed)
    found_bands = bands(found, rules).add_suffix(".band")
    counts = summed[list(WORDS)].astype(int)
    return pd.concat([counts.sum(axis=1).rename("points"), found, found_bands, counts], axis=1)


# ---------------------------------------------------------------- what to do

EXPAND, KEEP, RECTIFY = "扩容", "保持", "整改"
REDUCE, SUSPEND, CLOSE = "压缩", "停招", "撤销"
# The gravest first, as tables list them.
ACTIONS = (CLOSE, SUSPEND, REDUCE, RECTIFY, KEEP, EXPAND)


@dataclass(frozen=True)
class Case:
    """What the rules of action look at, one element a row."""

    grade: Codes
    persistent: Mask
    oversupplied: Mask
    shortage: Mask
    failed: Mask


@dataclass(frozen=True)
class ActionRule:
    """One rule: what it suggests, in which words, and where it holds. ``{years}`` in the words
    stands for the plan's persistent_years."""

    action: str
    words: str
    holds: Callable[[Case], Mask]


# The first that holds decides.
ACTION_RULES: tuple[ActionRule, ...] = (
    ActionRule(
        CLOSE,
        f"连续 {{years}} 年红，且在“{OVERSUPPLIED}”清单",
        lambda case: case.persistent & case.oversupplied,
    ),
    ActionRule(
        CLOSE,
        f"连续 {{years}} 年红，且当年专业评估{FAILED}",
        lambda case: case.persistent & case.failed,
    ),
    ActionRule(SUSPEND, "连续 {years} 年红", lambda case: case.persistent),
    ActionRule(REDUCE, "当年为红", lambda case: case.grade == _RED),
    ActionRule(
        REDUCE,
        f"当年为黄，且在“{OVERSUPPLIED}”清单",
        lambda case: (case.grade == _YELLOW) & case.oversupplied,
    ),
    ActionRule(RECTIFY, "当年为黄", lambda case: case.grade == _YELLOW),
    ActionRule(
        EXPAND,
        f"当年为绿，且在“{SHORTAGE}”清单",
        lambda case: (case.grade == _GREEN) & case.shortage,
    ),
    ActionRule(KEEP, "其余情形", lambda case: np.ones(len(case.grade), np.bool_)),
)


@dataclass(frozen=True, eq=False)
class PointYears:
    """Points and years ready to be judged again and again under other thresholds.

    frame: the query's rows. values: percent, shape (rows, SIGNALS), nan without a value. before:
    the row of the same point one year earlier, -1 without one.
    """

    frame: pd.DataFrame
    values: Numbers
    before: npt.NDArray[np.int64]
    oversupplied: Mask
    shortage: Mask
    failed: Mask


@dataclass(frozen=True, eq=False)
class Judgement:
    """What the rules make of every row of PointYears, one element a row.

    bands: shape (rows, signals); bands and grade are places in COLOURS. red_years: years in a row,
    up to this one, in which the point is red. rule: the place in ACTION_RULES of the one that
    decides.
    """

    signals: tuple[Signal, ...]
    bands: Codes
    grade: Codes
    red_years: npt.NDArray[np.int64]
    persistent: Mask
    rule: npt.NDArray[np.int64]


def prepared(frame: pd.DataFrame) -> PointYears:
    """What judging needs of the rows that does not depend on thresholds. Their order is free."""
    point = frame["point_id"].astype("category").cat.codes.to_numpy(np.int64)
    year = frame["year"].to_numpy(np.int64)
    place = point * 10_000 + year
    order = np.argsort(place, kind="stable")
    ordered = place[order]
    at = np.searchsorted(ordered, place - 1)
    at[at == len(ordered)] = 0
    before = np.full(len(place), -1, np.int64)
    if len(place):
        before = np.where(ordered[at] == place - 1, order[at], -1)
    return PointYears(
        frame,
        values(parts(frame))[list(SIGNALS)].to_numpy(np.float64),
        before,
        _true(frame, "oversupplied"),
        _true(frame, "shortage"),
        (frame["evaluation"] == FAILED).to_numpy(np.bool_, na_value=False),
    )


def _true(frame: pd.DataFrame, column: str) -> Mask:
    """Where it is known and true."""
    return frame[column].astype("boolean").fillna(False).to_numpy(np.bool_)


def judge(points: PointYears, rules: WarningRules) -> Judgement:
    """Bands, grade, persistence and action of every row under the rules.

    A year in between that is missing or has too few signals breaks a run of red years.
    """
    signals = known_signals(rules)
    columns = [SIGNALS.index(each.id) for each in signals]
    coloured = band_codes(points.values[:, columns], signals)
    grade = grade_codes(coloured, rules)
    red = grade == _RED
    red_years = red.astype(np.int64)
    # Each round lets a run grow by a year; it is over when none grows.
    while True:
        longer = np.where(red, 1 + np.append(red_years, 0)[points.before], 0)
        if (longer == red_years).all():
            break
        red_years = longer
    persistent = red_years >= rules.persistent_years
    case = Case(grade, persistent, points.oversupplied, points.shortage, points.failed)
    rule = np.argmax([each.holds(case) for each in ACTION_RULES], axis=0)
    return Judgement(signals, coloured, grade, red_years, persistent, rule)


def rule_words(rules: WarningRules) -> list[str]:
    """The rules of action in words, in their order."""
    return [each.words.format(years=rules.persistent_years) for each in ACTION_RULES]


def judged(
    version: OpenVersion, as_of: date | None = None, rules: WarningRules | None = None
) -> pd.DataFrame:
    """One row per point and year up to the day, points in force or not, technician ones too.

    Columns of early_warning.sql; each signal's value in percent and ``<signal>.band`` (a colour,
    empty without a value); ``grade`` (a colour), ``red_years``, ``persistent``, ``action`` (in
    words) and ``reason`` (the rule that decided, in words). rules: the plan's when None. The action
    is what the rules say for the year: whether the point is still there says ``state``.
    """
    rules = version.plan.warning if rules is None else rules
    points = prepared(run("early_warning", version, as_of=as_of or version.as_of))
    return in_words(points, judge(points, rules), rules)


def in_words(points: PointYears, found: Judgement, rules: WarningRules) -> pd.DataFrame:
    """The columns of ``judged`` from arrays."""
    coloured = np.array(["", *COLOURS[1:]], object)
    columns: dict[str, object] = {}
    for place, signal in enumerate(found.signals):
        columns[signal.id] = points.values[:, SIGNALS.index(signal.id)]
        columns[f"{signal.id}.band"] = coloured[found.bands[:, place]]
    columns["grade"] = np.array(COLOURS, object)[found.grade]
    columns["red_years"] = found.red_years
    columns["persistent"] = found.persistent
    columns["action"] = np.array([each.action for each in ACTION_RULES], object)[found.rule]
    columns["reason"] = np.array(rule_words(rules), object)[found.rule]
    frame = points.frame.drop(columns=[each for each in SIGNALS if each in points.frame])
    return pd.concat([frame, pd.DataFrame(columns, index=frame.index)], axis=1)


def latest_in_force(frame: pd.DataFrame) -> pd.DataFrame:
    """Of ``judged``: the rows of the latest year with data anywhere, of points in force on the day
    and inside the plan (no technician institutions)."""
    if frame.empty:
        return frame
    now = (frame["year"] == frame["year"].max()).to_numpy(np.bool_)
    here = (frame["state"] == IN_FORCE).to_numpy(np.bool_)
    found: pd.DataFrame = frame[now & here & ~_true(frame, "outside")]
    return found
