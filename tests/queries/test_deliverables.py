"""The state of a deliverable: every rule on made-up reports, and the version's own counts."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import msgspec
import pytest

from data.plan import Deliverable
from queries.deliverables import (
    DONE,
    NO_DATA,
    NOT_BEGUN,
    STATES,
    UNDER_WAY,
    Progress,
    Update,
    assess,
    by_year,
    counted_things,
    progress,
    tally,
    verdict,
    within,
    worrying,
    years,
)
from queries.evaluate import Scope
from queries.run import OpenVersion

ISSUED, DUE = date(2020, 10, 19), date(2022, 12, 31)
BEFORE, AFTER = date(2022, 6, 30), date(2023, 1, 1)


def promised(kind: str, **more: object) -> Deliverable:
    made = Deliverable(
        id="thing",
        section="1",
        name="事项",
        quote="事项",
        kind=kind,  # type: ignore[arg-type]
        departments=("某局",),
        due=DUE,
        due_provenance="本系统默认",
    )
    return msgspec.structs.replace(made, **more)


def said(day: str, state: str, value: float | None = None, note: str = "") -> Update:
    return Update(date.fromisoformat(day), state, value, note)


def at(kind: str, day: date, *reports: Update, **more: object) -> Progress:
    counted = more.pop("counted", None)
    institutions = more.pop("institutions", 0)
    assert counted is None or isinstance(counted, float)
    assert isinstance(institutions, int)
    return assess(promised(kind, **more), reports, day, ISSUED, counted, institutions)


# ---------------------------------------------------------------- once and ongoing


@pytest.mark.parametrize(
    ("kind", "state", "day", "overdue"),
    [
        ("once", NOT_BEGUN, BEFORE, False),
        ("once", UNDER_WAY, BEFORE, False),
        ("once", DONE, BEFORE, False),
        ("once", NOT_BEGUN, DUE, False),
        ("once", UNDER_WAY, AFTER, True),
        ("once", NOT_BEGUN, AFTER, True),
        ("once", DONE, AFTER, False),
        ("ongoing", UNDER_WAY, AFTER, False),
        ("ongoing", NOT_BEGUN, AFTER, True),
        ("ongoing", DONE, AFTER, False),
    ],
)
def test_the_last_report_decides(kind: str, state: str, day: date, overdue: bool) -> None:
    found = at(kind, day, said("2021-01-05", DONE), said("2022-03-01", state))
    assert (found.state, found.overdue) == (state, overdue)
    assert found.word == f"{state}（逾期）" if overdue else found.word == state


def test_without_reports_it_has_not_begun() -> None:
    found = at("once", BEFORE)
    assert (found.state, found.overdue, found.last) == (NOT_BEGUN, False, None)
    assert at("once", AFTER).overdue


def test_later_reports_do_not_count_yet() -> None:
    reports = (said("2021-01-05", UNDER_WAY), said("2022-07-01", DONE))
    assert at("once", BEFORE, *reports).state == UNDER_WAY
    assert at("once", date(2022, 7, 1), *reports).state == DONE


def test_of_two_reports_on_one_day_the_later_row_holds() -> None:
    assert at("once", BEFORE, said("2021-01-05", UNDER_WAY), said("2021-01-05", DONE)).state == DONE


def test_finished_since_the_first_of_the_last_run() -> None:
    reports = [said("2021-01-05", DONE), said("2021-02-05", UNDER_WAY)]
    reports += [said("2021-03-05", DONE), said("2021-04-05", DONE)]
    found = at("once", BEFORE, *reports)
    assert found.done_on == date(2021, 3, 5)
    assert not found.late


def test_finished_after_the_due_date_is_late() -> None:
    found = at("once", date(2023, 6, 1), said("2023-02-01", DONE))
    assert found.late
    assert not found.overdue
    assert found.word == "已完成（逾期完成）"


# ---------------------------------------------------------------- counts


@pytest.mark.parametrize(
    ("value", "target", "state", "day", "expected", "overdue"),
    [
        (4.0, 4.0, UNDER_WAY, BEFORE, DONE, False),
        (3.0, 4.0, UNDER_WAY, BEFORE, UNDER_WAY, False),
        (3.0, 4.0, DONE, AFTER, UNDER_WAY, True),
        (0.0, 4.0, NOT_BEGUN, BEFORE, NOT_BEGUN, False),
        (0.0, 4.0, UNDER_WAY, BEFORE, UNDER_WAY, False),
        (5.0, None, UNDER_WAY, BEFORE, UNDER_WAY, False),
        (5.0, None, UNDER_WAY, AFTER, UNDER_WAY, False),
        (5.0, None, DONE, BEFORE, DONE, False),
        (5.0, None, NOT_BEGUN, BEFORE, UNDER_WAY, False),
        (0.0, None, NOT_BEGUN, AFTER, NOT_BEGUN, True),
        (0.0, None, DONE, AFTER, UNDER_WAY, True),
    ],
)
def test_a_count_decides_over_what_is_reported(
    value: float, target: float | None, state: str, day: date, expected: str, overdue: bool
) -> None:
    found = at("count", day, said("2021-01-05", state), counted=value, target=target)
    assert (found.state, found.overdue) == (expected, overdue)
    assert (found.value, found.target, found.counted) == (value, target, True)
    disagrees = state == DONE and expected != DONE
    assert ("与数值不符" in found.reason) == disagrees


def test_the_last_reported_value_counts_where_no_table_does() -> None:
    reports = [said("2021-01-05", UNDER_WAY, 2.0), said("2021-02-05", UNDER_WAY)]
    found = at("count", BEFORE, *reports)
    assert (found.value, found.counted) == (2.0, False)
    assert at("count", BEFORE, *reports, counted=7.0).value == 7.0


def test_a_count_owed_by_every_institution() -> None:
    report = said("2021-01-05", UNDER_WAY, 9.0)
    assert at("count", BEFORE, report, per_institution=True, institutions=10).state == UNDER_WAY
    found = at("count", BEFORE, report, per_institution=True, institutions=9)
    assert (found.state, found.target) == (DONE, 9.0)


def test_a_count_without_any_number_is_what_is_reported() -> None:
    assert at("count", BEFORE, said("2021-01-05", DONE)).state == DONE
    assert at("count", BEFORE).state == NOT_BEGUN
    assert at("count", BEFORE).value is None


# ---------------------------------------------------------------- yearly


def test_every_year_is_owed_on_its_own() -> None:
    reports = [
        said("2020-12-19", DONE),
        said("2021-05-01", UNDER_WAY),
        said("2022-02-01", UNDER_WAY),
    ]
    found = at("yearly", BEFORE, *reports)
    assert [(y.due.year, y.state, y.overdue) for y in found.years] == [
        (2020, DONE, False),
        (2021, UNDER_WAY, True),
        (2022, UNDER_WAY, False),
    ]
    assert (found.state, found.overdue) == (UNDER_WAY, True)
    assert "2021 年度缺" in found.reason
    assert found.due == DUE


def test_a_report_that_names_its_year_is_on_that_year() -> None:
    reports = [said("2020-12-19", DONE), said("2022-03-01", DONE, note="2021 年度已发布")]
    found = years(promised("yearly"), reports, BEFORE, ISSUED)
    assert [y.state for y in found] == [DONE, DONE, NOT_BEGUN]
    assert found[1].late
    # Another number in the note is no year, nor are two years one.
    loose = [
        said("2021-03-01", DONE, note="第 2022 号"),
        said("2021-04-01", DONE, note="2021 年度、2022 年度"),
    ]
    assert [y.state for y in years(promised("yearly"), loose, BEFORE, ISSUED)] == [
        NOT_BEGUN,
        DONE,
        NOT_BEGUN,
    ]


def test_a_finished_year_stays_finished() -> None:
    reports = [said("2021-03-01", DONE), said("2021-09-01", UNDER_WAY)]
    found = years(promised("yearly"), reports, BEFORE, ISSUED)
    assert found[1].state == DONE
    assert found[1].done_on == date(2021, 3, 1)


def test_all_years_finished_is_finished() -> None:
    reports = [said(f"{year}-12-01", DONE) for year in (2020, 2021, 2022)]
    found = at("yearly", AFTER, *reports)
    assert (found.state, found.overdue, found.done_on) == (DONE, False, date(2022, 12, 1))


def test_a_year_that_has_not_come_is_not_missing() -> None:
    found = at("yearly", date(2021, 6, 30))
    assert [y.begun for y in found.years] == [True, True, False]
    assert [y.overdue for y in found.years] == [True, False, False]
    assert found.state == NOT_BEGUN


# ---------------------------------------------------------------- silence


@pytest.mark.parametrize("kind", ["once", "ongoing", "yearly", "count"])
def test_where_nothing_was_ever_reported_nothing_is_claimed(kind: str) -> None:
    found = assess(promised(kind), (), AFTER, ISSUED, known=False)
    assert (found.state, found.overdue, found.word) == (NO_DATA, False, NO_DATA)
    assert not any(year.overdue for year in found.years)
    assert (len(found.years) == 3) == (kind == "yearly")


def test_a_count_from_its_table_needs_no_report() -> None:
    found = assess(promised("count"), (), AFTER, ISSUED, counted=2.0, known=False)
    assert (found.state, found.value) == (UNDER_WAY, 2.0)


# ---------------------------------------------------------------- in a sentence


def test_the_sentence_counts_every_deliverable_once() -> None:
    found = [
        at("once", AFTER, said("2021-01-01", DONE)),
        at("once", AFTER, said("2021-01-01", UNDER_WAY)),
        at("ongoing", AFTER),
    ]
    assert tally(found) == {NOT_BEGUN: 1, UNDER_WAY: 1, DONE: 1}
    assert verdict(found).text == "3 项任务事项中 1 项已完成、1 项推进中、1 项未启动，2 项逾期"
    assert verdict(found).alarm == "2 项逾期"
    assert verdict(found[:1]).alarm == ""
    assert [each.state for each in worrying(found)] == [NOT_BEGUN, UNDER_WAY]


# ---------------------------------------------------------------- a data version


def rows(version: OpenVersion, table: str) -> list[tuple[object, ...]]:
    with version.connection.cursor() as cursor:
        return cursor.execute(f"select * from {table}").fetchall()


def test_every_deliverable_of_the_plan_has_a_state(demo: OpenVersion) -> None:
    found = progress(demo, demo.as_of)
    assert list(found) == [each.id for each in demo.plan.deliverables]
    assert {each.state for each in found.values()} == set(STATES)
    reports = rows(demo, "deliverable_updates")
    for name, each in found.items():
        mine = [r for r in reports if r[0] == name and r[1] <= demo.as_of]  # type: ignore[operator]
        assert len(each.history) == len(mine)


def test_counts_are_the_rows_in_force(demo: OpenVersion) -> None:
    found = progress(demo, demo.as_of)
    with demo.connection.cursor() as cursor:
        bodies = cursor.execute(
            "select kind, count(*) from cooperation_bodies where founded_on <= ? and "
            "(dissolved_on is null or dissolved_on > ?) group by kind",
            [demo.as_of, demo.as_of],
        ).fetchall()
    counted = {
        each.deliverable.counted_kind: each.value
        for each in found.values()
        if each.deliverable.counted_from == "cooperation_bodies"
    }
    assert {kind: n for kind, n in counted.items() if n} == dict(bodies)


def test_years_begin_where_the_last_ended(demo: OpenVersion) -> None:
    found = progress(demo, demo.as_of)
    for name, counts in by_year(demo, demo.as_of).items():
        assert counts[0].year == demo.plan.period_start.year
        assert counts[-1].last == demo.as_of
        assert counts[-1].value == found[name].value
        for before, after in pairwise(counts):
            if after.begun is not None and after.ended is not None:
                assert before.value is not None
                assert after.value == before.value + after.begun - after.ended


def test_the_districts_add_up_to_the_city(demo: OpenVersion) -> None:
    things = counted_things(demo)
    districts = [*demo.districts, "未填区县"]
    parts = [within(demo, things, Scope(district=(name,)), demo.as_of) for name in districts]
    assert sum(map(len, parts)) == len(things)
    assert within(demo, things, Scope(), demo.as_of) == things


def test_a_scope_leaves_reported_values_out(demo: OpenVersion) -> None:
    inside = by_year(demo, demo.as_of, Scope(authority=("市属",)))
    reported = [d.id for d in demo.plan.deliverables if d.kind == "count" and not d.counted_from]
    assert reported
    assert all(year.value is None for name in reported for year in inside[name])


def test_before_the_period_there_are_no_years(demo: OpenVersion) -> None:
    assert all(not each for each in by_year(demo, date(2019, 1, 1)).values())
