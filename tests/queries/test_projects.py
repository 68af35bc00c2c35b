"""The project pool against a recomputation in plain pandas, and its edge cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from queries import projects
from queries.evaluate import Scope, evaluate
from queries.projects import Money, Project, Support
from queries.run import OpenVersion

DAY = date(2024, 6, 30)


@pytest.fixture(scope="module")
def frame(demo: OpenVersion) -> pd.DataFrame:
    found = demo.connection.cursor().execute("select * from projects").df()
    return found.assign(
        planned=pd.to_datetime(found["planned_on"]), done=pd.to_datetime(found["completed_on"])
    )


def a_project(**changes: object) -> Project:
    base = Project(
        "P", "项目", "bachelor_points", "A", "校", "区", 2.0, "省级", "在建",
        100.0, 40.0, 50.0, DAY, None,
    )  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type]


def test_money_by_year_agrees_with_pandas(demo: OpenVersion, frame: pd.DataFrame) -> None:
    plan = demo.plan
    found = projects.by_year(plan, projects.pool(demo, Scope(), demo.as_of))
    live = frame[frame["stage"] != "终止"]
    ratio = live["rank"].map({m.rank: m.ratio for m in plan.matching}).fillna(0.0)
    owed = (live["superior_funds"] * ratio).groupby(live["planned"].dt.year).sum()
    seed = live[ratio == 0].groupby(live["planned"].dt.year)["city_funds"].sum()
    given = live[ratio > 0].groupby(live["planned"].dt.year)["city_funds"].sum()
    for each in found:
        assert each.funds.owed.amount == pytest.approx(owed.get(each.year, 0.0))
        assert each.funds.seed.amount == pytest.approx(seed.get(each.year, 0.0))
        assert each.funds.given.amount == pytest.approx(given.get(each.year, 0.0))
        assert each.budget == plan.budget.amount(each.year)
    whole = projects.funds(plan, projects.pool(demo, Scope(), demo.as_of))
    assert whole.city == pytest.approx(sum(each.funds.city or 0 for each in found))
    assert whole.count == len(live)


def test_slipped_and_calendar_agree_with_pandas(demo: OpenVersion, frame: pd.DataFrame) -> None:
    day = demo.as_of
    pool = projects.pool(demo, Scope(), day)
    now = pd.Timestamp(day)
    finished = (frame["stage"] == "验收") & (frame["done"].isna() | (frame["done"] <= now))
    live = frame["stage"] != "终止"
    overdue = live & ~finished & (frame["planned"] < now)
    late = live & finished & (frame["done"] > frame["planned"])
    days = pd.concat(
        [
            (now - frame.loc[overdue, "planned"]).dt.days,
            (frame.loc[late, "done"] - frame.loc[late, "planned"]).dt.days,
        ]
    )
    found = projects.slipped(pool, day)
    assert sorted(each.days_late(day) for each in found) == sorted(days)
    quarters = projects.calendar(pool, day)
    assert sum(each.total for each in quarters) == live.sum()
    assert sum(each.overdue for each in quarters) == overdue.sum()
    assert sum(each.late for each in quarters) == late.sum()


def test_coverage_agrees_with_pandas(demo: OpenVersion, frame: pd.DataFrame) -> None:
    day = demo.as_of
    pool = projects.pool(demo, Scope(), day)
    coming = frame[frame["stage"].isin(["储备", "成熟", "在建"])]
    adds = coming.groupby("indicator")["contribution"].sum()
    likely = (coming["contribution"] * coming["success_probability"] / 100).groupby(
        coming["indicator"]
    )
    for each in projects.coverage(demo.plan, evaluate(demo), pool, day):
        name = each.result.id
        assert each.everything == pytest.approx(adds.get(name, 0.0))
        assert each.expected == pytest.approx(likely.sum().get(name, 0.0))
        if each.result.gap:
            assert each.enough == (adds.get(name, 0.0) >= each.result.gap)
        else:
            assert each.share is None


def test_filters_part_the_pool(demo: OpenVersion) -> None:
    whole = projects.pool(demo, Scope(), demo.as_of)
    parts = [
        each
        for authority in ("省属", "市属", "区县属")
        for each in projects.pool(demo, Scope(authority=(authority,)), demo.as_of)
    ]
    assert sorted(each.project_id for each in parts) == sorted(each.project_id for each in whole)


def test_missing_money_is_unknown_not_zero(demo: OpenVersion) -> None:
    plan = demo.plan
    bare = a_project(superior_funds=None, city_funds=None)
    assert projects.owed(plan, bare) is None
    assert projects.cost(plan, bare) is None
    found = projects.funds(plan, [bare])
    assert (found.superior.amount, found.owed.amount, found.given.amount) == (None, None, None)
    assert found.owed.unknown == 1
    mixed = projects.funds(plan, [bare, a_project()])
    assert (mixed.owed.amount, mixed.owed.unknown) == (100.0 * plan.matching_ratio("省级"), 1)
    assert Money.of([]) == Money(0.0, 0)
    own = a_project(rank="市级", superior_funds=None, city_funds=None)
    assert projects.funds(plan, [own]).seed.amount is None


def test_stopped_projects_owe_add_and_slip_nothing(demo: OpenVersion) -> None:
    stopped = a_project(stage="终止", planned_on=date(2024, 1, 1))
    assert projects.owed(demo.plan, stopped) == 0
    assert stopped.days_late(DAY) == 0
    assert not stopped.coming(DAY)
    assert projects.funds(demo.plan, [stopped]).count == 0
    assert projects.calendar([stopped], DAY) == []


@pytest.mark.parametrize(
    ("changes", "late"),
    [
        ({}, 0),
        ({"planned_on": date(2024, 6, 29)}, 1),
        ({"stage": "验收", "completed_on": DAY}, 0),
        ({"stage": "验收", "completed_on": date(2024, 7, 9)}, 0),
        ({"stage": "验收", "planned_on": date(2024, 6, 20), "completed_on": DAY}, 10),
        ({"stage": "验收", "planned_on": date(2024, 1, 1)}, 0),
        # On the day it was not yet finished, whatever the data says today.
        (
            {
                "stage": "验收",
                "planned_on": date(2024, 6, 20),
                "completed_on": date(2024, 7, 9),
            },
            10,
        ),
    ],
)
def test_days_late_at_the_edges(changes: dict[str, object], late: int) -> None:
    assert a_project(**changes).days_late(DAY) == late


def test_unsaid_probability_is_left_out_and_counted(demo: OpenVersion) -> None:
    results = evaluate(demo, None, None, None, ["bachelor_points"])
    pool = [a_project(), a_project(probability=None)]
    (found,) = projects.coverage(demo.plan, results, pool, DAY)
    assert (found.everything, found.expected, found.unsaid) == (4.0, 1.0, 1)


def test_no_pool_at_all(demo: OpenVersion) -> None:
    assert projects.slipped([], DAY) == []
    assert projects.calendar([], DAY) == []
    assert all(
        each.everything == 0 for each in projects.coverage(demo.plan, evaluate(demo), [], DAY)
    )


def a_school(code: str, *parts: float | None) -> Support:
    return Support(code, code, "高职", "区", 1, 80.0, 1, *parts)


def test_scores_are_weighted_means() -> None:
    school = a_school("A", 100.0, 50.0, 0.0)
    assert school.score({"results": 0.4, "quality": 0.3, "service": 0.3}) == pytest.approx(55)
    assert school.score({"results": 2, "quality": 2, "service": 0}) == pytest.approx(75)
    assert school.score({"results": 0, "quality": 0, "service": 0}) is None
    unknown = a_school("B", 100.0, None, 0.0)
    assert unknown.score({"results": 1, "quality": 1, "service": 0}) is None
    assert unknown.score({"results": 1, "quality": 0, "service": 0}) == 100


def test_ranking_shares_places_and_puts_the_unknown_last() -> None:
    weights = {"results": 1.0, "quality": 0.0, "service": 0.0}
    found = projects.ranked(
        [a_school("A", None, 1, 1), a_school("B", 5, 1, 1), a_school("C", 9, 1, 1),
         a_school("D", 5, 1, 1), a_school("E", 1, 1, 1)],
        weights,
    )  # fmt: skip
    assert [(place, each.institution_id) for place, each in found] == [
        (1, "C"), (2, "B"), (2, "D"), (4, "E"), (0, "A"),
    ]  # fmt: skip


def test_parts_of_the_score_agree_with_pandas(demo: OpenVersion) -> None:
    cursor = demo.derived.cursor()
    day = pd.Timestamp(demo.as_of)
    links = cursor.execute("select * from partnerships").df()
    started, ended = pd.to_datetime(links["started_on"]), pd.to_datetime(links["ended_on"])
    running = links[(started <= day) & (ended.isna() | (ended > day))]
    bodies = cursor.execute("select * from cooperation_bodies").df()
    founded, gone = pd.to_datetime(bodies["founded_on"]), pd.to_datetime(bodies["dissolved_on"])
    led = bodies[(founded <= day) & (gone.isna() | (gone > day))]
    total = (
        running["institution_id"].value_counts().add(
            led["lead_institution_id"].value_counts(), fill_value=0
        )
    )  # fmt: skip
    found = projects.support(demo, Scope(), demo.as_of)
    most = max(each.cooperations or 0 for each in found)
    for each in found:
        assert each.cooperations == total.get(each.institution_id, 0)
        assert each.service == pytest.approx((each.cooperations or 0) / most * 100)
        assert each.results is not None
        assert 0 <= each.results <= 100
    part = projects.support(demo, Scope(level=("高职",)), demo.as_of)
    whole = {each.institution_id: each for each in found}
    assert part
    assert all(each == whole[each.institution_id] for each in part)
