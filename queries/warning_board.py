"""Counting what the early warning finds: one year's points inside filters, judged.

Every count on the page is a count of the rows of a ``Board``, so that it equals the list it opens.
Arrays only: judging and counting anew under other thresholds takes a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from queries.early_warning import (
    ACTION_RULES,
    ACTIONS,
    COLOURS,
    IN_FORCE,
    Judgement,
    Mask,
    PointYears,
)

Index = npt.NDArray[np.int64]
# What a point has that can be counted by, with the words where it has none.
KINDS: dict[str, str] = {
    "institution_id": "",
    "class_code": "未归入专业类",
    "category_code": "未归入大类",
    "industry": "未填产业",
    "track": "无类别",
    "evaluation": "未评估",
    "state": "",
    "level": "",
}
# Beside the grades: a point without a row of the year.
ABSENT = len(COLOURS)
# Places in ACTIONS of what each rule of action suggests.
ACTION_OF_RULE = np.array([ACTIONS.index(each.action) for each in ACTION_RULES])


@dataclass(frozen=True, eq=False)
class Known:
    """Points and years with what they are counted by, which no threshold changes.

    codes: per kind, the place in ``names`` of each row. after: the row of the same point one year
    later, -1 without one.
    """

    points: PointYears
    year: Index
    codes: Mapping[str, Index]
    names: Mapping[str, tuple[str, ...]]
    after: Index
    outside: Mask

    def is_(self, kind: str, name: str) -> Mask:
        """The rows whose kind is of that name; none for a name that is not known."""
        if name not in self.names[kind]:
            return np.zeros(len(self.year), np.bool_)
        found: Mask = self.codes[kind] == self.names[kind].index(name)
        return found


def known(points: PointYears) -> Known:
    """What counting needs of ``early_warning.prepared``."""
    frame = points.frame
    codes: dict[str, Index] = {}
    names: dict[str, tuple[str, ...]] = {}
    for kind, missing in KINDS.items():
        column = frame[kind].astype(object).where(frame[kind].notna(), missing)
        made = pd.Categorical(column)
        codes[kind] = made.codes.astype(np.int64)
        names[kind] = tuple(map(str, made.categories))
    after = np.full(len(frame), -1, np.int64)
    has = points.before >= 0
    after[points.before[has]] = np.flatnonzero(has)
    return Known(
        points,
        frame["year"].to_numpy(np.int64),
        codes,
        names,
        after,
        frame["outside"].astype("boolean").fillna(False).to_numpy(np.bool_),
    )


@dataclass(frozen=True, eq=False)
class Board:
    """The rows of one year that are looked at.

    rows: places in the frame, of points with data of the year. gone: places of the year before, of
    points that have no row of the year. before: the grade of each of ``rows`` a year earlier, a
    place in COLOURS or ABSENT.
    """

    known: Known
    found: Judgement
    year: int
    rows: Index
    gone: Index

    @property
    def grade(self) -> Index:
        return self.found.grade[self.rows].astype(np.int64)

    @property
    def action(self) -> Index:
        """The place in ACTIONS of what is suggested for each row."""
        found: Index = ACTION_OF_RULE[self.found.rule[self.rows]]
        return found

    @property
    def before(self) -> Index:
        earlier = self.known.points.before[self.rows]
        return np.where(earlier >= 0, self.found.grade[earlier], ABSENT).astype(np.int64)

    def grades(self) -> Index:
        """How many points have each grade, in the order of COLOURS."""
        return np.bincount(self.grade, minlength=len(COLOURS))

    def actions(self, standing: bool = False) -> Index:
        """How many points each action is suggested for, in the order of ACTIONS; standing: of
        points in force alone, since the others have nothing left to do."""
        chosen = self.action[self.in_force] if standing else self.action
        return np.bincount(chosen, minlength=len(ACTIONS))

    @property
    def in_force(self) -> Mask:
        return self.known.is_("state", IN_FORCE)[self.rows]

    @property
    def persistent(self) -> Mask:
        found: Mask = self.found.persistent[self.rows]
        return found

    def transitions(self) -> Index:
        """Grades before (rows) and now (columns), ABSENT last in both; shape (5, 5).

        Sums to the points with data of either year.
        """
        size = ABSENT + 1
        cells = np.bincount(self.before * size + self.grade, minlength=size * size)
        left = self.found.grade[self.gone].astype(np.int64)
        cells += np.bincount(left * size + ABSENT, minlength=size * size)
        found: Index = cells.reshape(size, size)
        return found

    def evaluated(self) -> dict[str, Index]:
        """Evaluation grade of the year -> how many points have each early-warning grade."""
        codes = self.known.codes["evaluation"][self.rows]
        size = len(COLOURS)
        names = self.known.names["evaluation"]
        cells = np.bincount(codes * size + self.grade, minlength=len(names) * size)
        return dict(zip(names, cells.reshape(len(names), size), strict=True))


def board(known_: Known, found: Judgement, chosen: Mask, year: int) -> Board:
    """The chosen points' rows of a year; chosen: one element a row of the frame."""
    rows = np.flatnonzero(chosen & (known_.year == year))
    gone = np.flatnonzero(chosen & (known_.year == year - 1) & (known_.after < 0))
    return Board(known_, found, year, rows, gone)


def years(known_: Known, chosen: Mask) -> list[int]:
    """The years that any of the chosen points has data of."""
    return [int(year) for year in np.unique(known_.year[chosen])]


def by_year(known_: Known, found: Judgement, chosen: Mask) -> dict[int, Index]:
    """Year -> how many of the chosen points have each grade, in the order of COLOURS."""
    return {
        year: np.bincount(
            found.grade[chosen & (known_.year == year)].astype(np.int64), minlength=len(COLOURS)
        )
        for year in years(known_, chosen)
    }


@dataclass(frozen=True, eq=False)
class Heat:
    """Grades of points by institution (rows) and class or category (columns).

    institutions and columns: places in the names of their kinds, the most red first and by code.
    tally: shape (institutions, columns, COLOURS).
    """

    institutions: Index
    columns: Index
    tally: npt.NDArray[np.int64]

    def sums(self) -> npt.NDArray[np.int64]:
        """Per institution: how many points have each grade."""
        found: npt.NDArray[np.int64] = self.tally.sum(axis=1)
        return found


def heat(shown: Board, kind: str, chosen: Mask | None = None) -> Heat:
    """kind: class_code or category_code. chosen: which of the board's rows; all when None."""
    rows = shown.rows if chosen is None else shown.rows[chosen]
    grade = shown.found.grade[rows].astype(np.int64)
    place = shown.known.codes["institution_id"][rows]
    column = shown.known.codes[kind][rows]
    deep, wide = len(shown.known.names["institution_id"]), len(shown.known.names[kind])
    size = len(COLOURS)
    cells = np.bincount((place * wide + column) * size + grade, minlength=deep * wide * size)
    tally = cells.reshape(deep, wide, size)
    total = tally.sum(axis=1)
    order = np.lexsort((np.arange(deep), -total.sum(axis=1), -total[:, 2], -total[:, 3]))
    held = order[total[order].sum(axis=1) > 0]
    columns = np.flatnonzero(tally.sum(axis=(0, 2)) > 0)
    return Heat(held, columns, tally[np.ix_(held, columns)])
