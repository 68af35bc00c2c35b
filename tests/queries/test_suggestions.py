"""Suggestions carried out: the same indicators as from a workbook in which it has been done."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from queries import early_warning as warning
from queries.derive import derive
from queries.evaluate import Scope, evaluate
from queries.run import OpenVersion, open_file
from queries.suggestions import Alternatives, alternatives, effects

EVERY = 13


@pytest.fixture(scope="module")
def known(demo: OpenVersion) -> Alternatives:
    return alternatives(demo, demo.as_of)


@pytest.fixture(scope="module")
def chosen(demo: OpenVersion) -> tuple[list[str], list[str]]:
    """Points in force to close, and others to reduce."""
    points = [
        point
        for (point,) in demo.derived.cursor()
        .execute(
            "select point_id from point_spells where since <= $day and until > $day "
            "order by point_id",
            {"day": demo.as_of},
        )
        .fetchall()
    ]
    return points[::EVERY], points[1::EVERY]


def done(demo: OpenVersion, folder: Path, closed: list[str], reduced: list[str]) -> OpenVersion:
    """A version whose sheets say that it has been done."""
    path = Path(shutil.copy(demo.path, folder / "done.duckdb"))
    with duckdb.connect(str(path)) as connection:
        for column, points in (("closed_on", closed), ("reduced_on", reduced)):
            connection.execute(
                f"update specialty_points set {column} = $day "
                "where point_id in (select unnest($points))",
                {"day": demo.as_of, "points": points},
            )
        derive(connection, shapes=False)
    return open_file(path)


@pytest.mark.parametrize(
    "scope", [None, Scope(level=("中职",)), Scope(authority=("市属",))], ids=str
)
def test_as_if_the_sheets_said_so(
    known: Alternatives,
    chosen: tuple[list[str], list[str]],
    scope: Scope | None,
    tmp_path: Path,
) -> None:
    closed, reduced = chosen
    other = done(known.version, tmp_path, closed, reduced)
    found = effects(known, closed, reduced, scope)
    expected = evaluate(other, known.day, scope)
    changed = 0
    for (before, after), truth in zip(found, expected, strict=True):
        assert (after.actual, after.numerator, after.denominator, after.verdict) == (
            truth.actual,
            truth.numerator,
            truth.denominator,
            truth.verdict,
        ), after.id
        changed += before.actual != after.actual
    assert changed >= 3


def test_nothing_done_nothing_changed(known: Alternatives) -> None:
    assert all(before == after for before, after in effects(known, [], []))


def test_what_closes_counts_as_retired_once(known: Alternatives, demo: OpenVersion) -> None:
    """Closing a point that was reduced before does not count it twice."""
    found = warning.latest_in_force(warning.judged(demo))
    old = {
        point
        for (point,) in demo.derived.cursor()
        .execute(
            "select subject_id from indicator_rows "
            "where indicator = 'points_retired' and since <= $day",
            {"day": demo.as_of},
        )
        .fetchall()
    }
    opened = dict(
        demo.derived.cursor().execute("select point_id, opened_on from point_facts").fetchall()
    )
    closed = list(found.loc[found["grade"] == warning.RED, "point_id"])
    newly = [p for p in closed if p not in old and opened[p] <= demo.plan.issued_on]
    (pair,) = [each for each in effects(known, closed, closed) if each[0].id == "points_retired"]
    before, after = pair
    assert before.actual is not None
    assert after.actual is not None
    assert after.actual - before.actual == len(newly) > 0


def test_points_that_nothing_counts_are_no_fault(known: Alternatives) -> None:
    assert all(before == after for before, after in effects(known, ["没有这个点"], []))
