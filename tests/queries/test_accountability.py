"""Who owes what against a recomputation in plain pandas, and days that are exactly the day."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from queries import accountability
from queries.accountability import (
    CLOSED,
    COMING,
    EXPIRED,
    IN_FORCE,
    OPEN,
    OVERDUE,
    SOON,
    UNDATED,
    Decision,
    Duties,
    Rectification,
    matrix,
    standing,
    tally,
)
from queries.deliverables import progress
from queries.evaluate import Scope, evaluate
from queries.run import OpenVersion
from queries.status import BEHIND, Interim

DAY = date(2024, 6, 30)


@pytest.fixture(scope="module", params=[None, date(2024, 9, 30)], ids=["today", "earlier"])
def duties(demo: OpenVersion, request: pytest.FixtureRequest) -> Duties:
    day = request.param or demo.as_of
    return accountability.duties(demo, day, evaluate(demo, day), progress(demo, day))


@pytest.mark.parametrize(
    ("due", "closed", "state"),
    [
        (DAY, None, SOON),
        (DAY - timedelta(1), None, OVERDUE),
        (DAY + timedelta(30), None, SOON),
        (DAY + timedelta(31), None, OPEN),
        (None, None, UNDATED),
        (None, DAY, CLOSED),
        (DAY - timedelta(9), DAY, CLOSED),
        (DAY - timedelta(9), DAY + timedelta(1), OVERDUE),
    ],
)
def test_where_a_paper_stands(due: date | None, closed: date | None, state: str) -> None:
    assert standing(due, closed, DAY) == state


def test_rectifications_agree_with_pandas(demo: OpenVersion, duties: Duties) -> None:
    frame = demo.connection.cursor().execute("select * from rectifications").df()
    day = pd.Timestamp(duties.day)
    found, due, closed = (
        pd.to_datetime(frame[name]) for name in ("found_on", "due_on", "closed_on")
    )
    frame = frame.assign(found=found, due=due, closed=closed.where(closed <= day))
    frame = frame[frame["found"] <= day]
    for row in accountability.tallies(duties.rectifications, duties.day, "department"):
        mine = frame[frame["department"] == row.name]
        still = mine[mine["closed"].isna()]
        late = still[still["due"] < day]
        soon = still[(still["due"] >= day) & (still["due"] <= day + pd.Timedelta(days=30))]
        assert (row.open, row.overdue, row.soon) == (len(still), len(late), len(soon))
        assert row.longest == ((day - late["due"]).dt.days.max() if len(late) else 0)
        done = mine[mine["closed"].notna()]
        assert (row.closed, row.closed_late) == (len(done), (done["closed"] > done["due"]).sum())
        if len(done):
            assert row.days == (done["closed"] - done["found"]).dt.days.median()
        else:
            assert row.days is None
    for by in ("department", "institution"):
        rows = accountability.tallies(duties.rectifications, duties.day, by)
        assert sum(row.open + row.closed for row in rows) == len(frame)


def test_decisions_agree_with_pandas(demo: OpenVersion, duties: Duties) -> None:
    frame = demo.connection.cursor().execute("select * from meetings").df()
    day = pd.Timestamp(duties.day)
    held = frame[pd.to_datetime(frame["held_on"]) <= day]
    closed = pd.to_datetime(held["closed_on"])
    done = closed.notna() & (closed <= day)
    late = ~done & (pd.to_datetime(held["due_on"]) < day)
    states = [each.state(duties.day) for each in duties.decisions]
    assert len(states) == len(held)
    assert (states.count(CLOSED), states.count(OVERDUE)) == (done.sum(), late.sum())


def test_the_matrix_holds_everything_owed(duties: Duties) -> None:
    rows = matrix(duties)
    now = duties.open_()
    for name in duties.departments:
        own = now.of(name)
        cells = rows.get(name, {}).values()
        assert {r.id for c in cells for r in c.results} == {r.id for r in own.results}
        assert sum(len(c.promises) for c in cells) == len(own.promises)
        assert sum(len(c.decisions) for c in cells) == len(own.decisions)
        assert {r.id for c in cells for r in c.rectifications} == {r.id for r in own.rectifications}
    for section in duties.plan.tasks:
        leading = [
            name
            for name, cells in rows.items()
            if cells.get(section.id) and cells[section.id].leads
        ]
        assert leading == [section.departments[0]]
        assert {name for name, cells in rows.items() if section.id in cells} >= set(
            section.departments
        )


def test_what_presses_is_behind_overdue_or_due_soon(duties: Duties) -> None:
    owed = duties.pressing()
    assert {r.id for r in owed.results} == {r.id for r in duties.results if r.status in BEHIND}
    assert {p.deliverable.id for p in duties.promises if p.overdue} <= {
        p.deliverable.id for p in owed.promises
    }
    papers: list[Rectification | Decision] = [*owed.rectifications, *owed.decisions]
    for paper in papers:
        assert paper.closed_on is None
        assert paper.due_on is not None
        assert paper.due_on <= duties.day + timedelta(days=30)


def test_the_worst_of_a_cell_agrees_with_its_parts(duties: Duties) -> None:
    for cells in matrix(duties).values():
        for cell in cells.values():
            status, word, count = cell.worst
            assert count <= max(cell.total, 0)
            if cell.late and not any(r.status in ("missed", "far_behind") for r in cell.results):
                assert (status, word, count) == ("missed", OVERDUE, cell.late)
            if status == "achieved":
                assert not cell.behind
                assert not cell.late


def test_nothing_to_put_right_has_no_median() -> None:
    found = tally("市教育局", "市教育局", [], DAY)
    assert (found.open, found.overdue, found.closed, found.days) == (0, 0, 0, None)


def test_an_interim_target_expires_on_its_day() -> None:
    interim = Interim(5.0, date(2024, 1, 1), DAY, "理由", "单位")
    assert accountability.interim_state(interim, date(2023, 12, 31)) == COMING
    assert accountability.interim_state(interim, date(2024, 1, 1)) == IN_FORCE
    assert accountability.interim_state(interim, DAY - timedelta(1)) == IN_FORCE
    assert accountability.interim_state(interim, DAY) == EXPIRED


def test_filters_keep_the_rectifications_of_the_scope(demo: OpenVersion) -> None:
    whole = accountability.rectifications(demo, demo.as_of, Scope())
    named = [r for r in whole if r.institution_id]
    parts = [
        r
        for authority in ("省属", "市属", "区县属")
        for r in accountability.rectifications(demo, demo.as_of, Scope(authority=(authority,)))
    ]
    assert sorted(r.id for r in parts) == sorted(r.id for r in named)
