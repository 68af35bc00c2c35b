"""Counting judged points: sums are the rows, whatever is counted by; missing years stay apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from queries import early_warning as warning
from queries import warning_board
from queries.run import OpenVersion
from queries.warning_board import ABSENT, Board
from tests.queries.point_years import GREY_ROW, RED_ROW, RULES, YELLOW_ROW, frame

PLACE: dict[str, Any] = {
    "institution_id": "S",
    "class_code": "5101",
    "category_code": "51",
    "industry": None,
    "track": None,
    "state": warning.IN_FORCE,
    "level": "高职",
    "outside": False,
}


def board(*rows: dict[str, Any], year: int = 2024) -> Board:
    points = frame(*({**PLACE, **row} for row in rows))
    known = warning_board.known(warning.prepared(points))
    found = warning.judge(known.points, RULES)
    return warning_board.board(known, found, np.ones(len(points), np.bool_), year)


def test_moves_between_years() -> None:
    shown = board(
        {"point_id": "A", "year": 2023},
        {"point_id": "A", **RED_ROW},
        {"point_id": "B", "year": 2023, **RED_ROW},
        {"point_id": "C", **YELLOW_ROW},
        {"point_id": "D", "year": 2022},
        {"point_id": "D", **GREY_ROW},
    )
    cells = shown.transitions()
    assert {(int(a), int(b)): int(cells[a, b]) for a, b in np.argwhere(cells)} == {
        (1, 3): 1,
        (3, ABSENT): 1,
        (ABSENT, 2): 1,
        (ABSENT, 0): 1,
    }
    assert list(shown.grades()) == [1, 0, 1, 1]


def test_points_no_longer_in_force_are_not_counted_standing() -> None:
    shown = board({**RED_ROW, "state": warning.CLOSED_NOW}, RED_ROW)
    place = warning.ACTIONS.index(warning.REDUCE)
    assert shown.actions()[place] == 2
    assert shown.actions(standing=True)[place] == 1


def test_the_heat_puts_the_most_red_first() -> None:
    shown = board(
        {"institution_id": "A"},
        {"institution_id": "B", **YELLOW_ROW},
        {"institution_id": "C", "class_code": None, **RED_ROW},
        {"institution_id": "C"},
    )
    found = warning_board.heat(shown, "class_code")
    names = [shown.known.names["institution_id"][place] for place in found.institutions]
    assert names == ["C", "B", "A"]
    assert found.tally.sum() == len(shown.rows)
    assert list(found.sums()[0]) == [0, 1, 0, 1]


def test_the_demonstration_adds_up(demo: OpenVersion) -> None:
    judged = warning.judged(demo)
    known = warning_board.known(warning.prepared(judged.rename(columns={}).assign()))
    found = warning.judge(known.points, demo.plan.warning)
    inside = ~known.outside & known.is_("state", warning.IN_FORCE)
    year = int(judged["year"].max())
    shown = warning_board.board(known, found, inside, year)
    truth = warning.latest_in_force(judged)
    assert len(shown.rows) == len(truth)
    tally = truth["grade"].value_counts()
    assert {c: int(n) for c, n in zip(warning.COLOURS, shown.grades(), strict=True)} == {
        c: int(tally.get(c, 0)) for c in warning.COLOURS
    }
    assert warning_board.heat(shown, "class_code").tally.sum() == len(truth)
    assert sum(each.sum() for each in shown.evaluated().values()) == len(truth)
    cells = shown.transitions()
    assert cells.sum() == len(truth) + len(shown.gone)
    before = judged[judged["year"] == year - 1].set_index("point_id")["grade"]
    pairs = pd.crosstab(truth["point_id"].map(before).fillna("absent"), truth["grade"])
    assert pairs.loc["green", "red"] == cells[1, 3]


def test_several_evaluations_of_a_year_are_one_row_with_the_worst(demo: OpenVersion) -> None:
    judged = warning.judged(demo)
    assert not judged.duplicated(["point_id", "year"]).any()
