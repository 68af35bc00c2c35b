"""The verdict, the worst and the changes, on results made by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from data.plan import load_plan
from queries import summary
from queries.evaluate import Result
from queries.forecast import Forecast
from queries.status import WORDS, Verdict

PLAN = load_plan()
DAY = date(2020, 6, 30)
DEADLINE = PLAN.deadline


def result(status: str, *, name: int = 1, pace: float | None = 0.5, **more: object) -> Result:
    """A result with the status, of the plan's indicator of that number."""
    made = Result(
        indicator=PLAN.indicators[name],
        as_of=DAY,
        group=None,
        actual=50.0,
        numerator=None,
        denominator=None,
        baseline=10.0,
        target=100.0,
        progress=0.4,
        schedule=70.0,
        pace=pace,
        lag_days=30.0,
        forecast=60.0,
        band=Forecast(60.0, 55.0, 65.0, 0.1),
        required_per_quarter=10.0,
        at_deadline=None,
        verdict=Verdict(status, "规则", "理由"),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def test_the_verdict_counts_every_indicator_once() -> None:
    statuses = ["achieved", "nearly_achieved", "on_track", "in_progress", "accepted", "lagging"]
    found = summary.verdict([result(s) for s in statuses], DAY, DEADLINE)
    assert "6 项指标中 2 项已达成或基本达成、3 项按序推进" in found.text
    assert found.alarm == "1 项滞后"
    assert f"距收官 {(DEADLINE - DAY).days} 天" in found.text


def test_without_anything_behind_nothing_is_alarming() -> None:
    found = summary.verdict([result("achieved"), result("on_track")], DAY, DEADLINE)
    assert found.alarm == ""
    assert "没有滞后" in found.text


def test_from_the_deadline_on_it_is_the_final_evaluation() -> None:
    statuses = ["achieved", "achieved", "nearly_achieved", "achieved_late", "missed", "monitored"]
    found = summary.verdict([result(s) for s in statuses], DEADLINE, DEADLINE)
    assert found.text == (
        "收官评估：6 项指标中按期达成 2 项、基本达成 1 项、逾期达成 1 项、监测 1 项，未达成 1 项"
    )


def test_under_filters_no_status_is_named() -> None:
    text = summary.verdict([result("not_assessed")], DAY, DEADLINE, "市属").text
    assert text == "市属对 1 项指标的贡献（不评定状态）"
    assert not [word for word in WORDS.values() if word in text and word != "不评定"]


def test_the_worst_come_first_and_only_those_behind() -> None:
    given = [
        result("lagging", name=1, pace=0.7),
        result("far_behind", name=2, pace=0.5),
        result("on_track", name=3, pace=1.0),
        result("far_behind", name=4, pace=0.1),
        result("lagging", name=5, pace=None, progress=0.2),
    ]
    found = [PLAN.indicators.index(each.indicator) for each in summary.worst(given)]
    assert found == [4, 2, 5, 1]
    assert len(summary.worst([result("lagging")] * 9)) == 5


def test_the_reason_says_gap_and_where_it_is_heading() -> None:
    met = summary.reached_on(result("lagging"))
    assert met is not None
    assert (met - DEADLINE).days == 400  # 40 short at 0.1 a day
    text = summary.reason(result("lagging"), DEADLINE)
    assert text == f"尚差 50 个，按当前进度 {met.year} 年 {met.month} 月达到"


@pytest.mark.parametrize("slope", [0.0, -0.2])
def test_a_line_that_does_not_rise_never_meets_the_target(slope: float) -> None:
    flat = result("lagging", band=Forecast(60.0, 55.0, 65.0, slope))
    assert summary.reached_on(flat) is None
    assert "无法达到" in summary.reason(flat, DEADLINE)


def test_departments_add_up_over_their_indicators() -> None:
    given = [result("lagging", name=1), result("achieved", name=2)]
    found = dict(summary.departments(given))
    for each in given:
        for name in each.indicator.departments:
            assert found[name][each.status] >= 1
    total = sum(sum(tally.values()) for tally in found.values())
    assert total == sum(len(each.indicator.departments) for each in given)


@pytest.mark.parametrize(
    ("before", "after", "improved"),
    [
        ("far_behind", "lagging", True),
        ("on_track", "lagging", False),
        ("monitored", "lagging", None),
        ("no_data", "on_track", None),
        ("missed", "achieved_late", True),
    ],
)
def test_a_change_is_better_or_worse(before: str, after: str, improved: bool | None) -> None:
    (change,) = summary.changes([result(before)], [result(after)])
    assert change.improved is improved


def test_an_unchanged_status_is_no_change() -> None:
    assert summary.changes([result("lagging")], [result("lagging", actual=60.0)]) == []
