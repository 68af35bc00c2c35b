"""What to do about a point: persistence and action, by hand, by invariants, and recomputed."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queries import early_warning as warning
from queries.run import OpenVersion
from tests.queries.conftest import random_version
from tests.queries.point_years import GREY_ROW, RED_ROW, RULES, YELLOW_ROW, frame, verdicts


def of_one_point(*rows: dict[str, Any]) -> pd.DataFrame:
    return verdicts(frame(*({"point_id": "P", **row} for row in rows)))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, warning.KEEP),
        ({"shortage": True}, warning.EXPAND),
        ({"oversupplied": True}, warning.KEEP),
        ({"oversupplied": True, "shortage": True}, warning.EXPAND),
        ({"evaluation": "不合格"}, warning.KEEP),
        (YELLOW_ROW, warning.RECTIFY),
        ({**YELLOW_ROW, "shortage": True}, warning.RECTIFY),
        ({**YELLOW_ROW, "oversupplied": True}, warning.REDUCE),
        (RED_ROW, warning.REDUCE),
        ({**RED_ROW, "oversupplied": True, "evaluation": "不合格"}, warning.REDUCE),
        (GREY_ROW, warning.KEEP),
        ({**GREY_ROW, "shortage": True, "oversupplied": True}, warning.KEEP),
        # The list of the year is not known: no reason to act on it.
        ({"shortage": None, "oversupplied": None}, warning.KEEP),
        ({**YELLOW_ROW, "oversupplied": None}, warning.RECTIFY),
    ],
)
def test_a_single_year(row: dict[str, Any], expected: str) -> None:
    assert list(verdicts(frame(row))["action"]) == [expected]


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ({}, warning.SUSPEND),
        ({"oversupplied": True}, warning.CLOSE),
        ({"evaluation": "不合格"}, warning.CLOSE),
        ({"evaluation": "优秀"}, warning.SUSPEND),
        ({"shortage": True}, warning.SUSPEND),
    ],
)
def test_a_second_red_year(last: dict[str, Any], expected: str) -> None:
    found = of_one_point({"year": 2023, **RED_ROW}, {"year": 2024, **RED_ROW, **last})
    assert list(found["action"]) == [warning.REDUCE, expected]
    assert list(found["persistent"]) == [False, True]
    assert list(found["red_years"]) == [1, 2]


@pytest.mark.parametrize(
    "between",
    [[], [{"year": 2023}], [{"year": 2023, **GREY_ROW}], [{"year": 2023, **YELLOW_ROW}]],
    ids=["missing", "green", "grey", "yellow"],
)
def test_years_must_follow_each_other(between: list[dict[str, Any]]) -> None:
    found = of_one_point({"year": 2022, **RED_ROW}, *between, {"year": 2024, **RED_ROW})
    assert found["action"].iloc[-1] == warning.REDUCE
    assert not found["persistent"].any()


def test_runs_are_of_one_point_and_count_on() -> None:
    points = frame(
        {"point_id": "A", "year": 2023, **RED_ROW},
        {"point_id": "B", "year": 2024, **RED_ROW},
        {"point_id": "C", "year": 2022, **RED_ROW},
        {"point_id": "C", "year": 2023, **RED_ROW},
        {"point_id": "C", "year": 2024, **RED_ROW},
    )
    assert list(verdicts(points)["red_years"]) == [1, 1, 1, 2, 3]
    three = msgspec.structs.replace(RULES, persistent_years=3)
    assert list(verdicts(points, three)["persistent"]) == [False] * 4 + [True]
    one = msgspec.structs.replace(RULES, persistent_years=1)
    assert verdicts(points, one)["persistent"].all()
    assert "连续 3 年红" in warning.rule_words(three)


def test_the_reason_is_the_rule_that_decided() -> None:
    points = frame(
        {"point_id": "P", "year": 2022},
        {"point_id": "P", "year": 2023, **RED_ROW},
        {"point_id": "P", "year": 2024, **RED_ROW, "oversupplied": True},
    )
    assert list(verdicts(points)["reason"]) == [
        "其余情形",
        "当年为红",
        "连续 2 年红，且在“布点多规模大”清单",
    ]


def test_nothing_in_nothing_out() -> None:
    assert verdicts(frame({}).iloc[0:0]).empty


# ---------------------------------------------------------------- invariants

GRADES = {warning.GREY: 0, warning.GREEN: 1, warning.YELLOW: 2, warning.RED: 3}
value = st.one_of(st.none(), st.integers(0, 130))


@st.composite
def point_years(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A few points over a few years, each pair once, with anything that may be missing missing."""
    pairs = draw(
        st.lists(
            st.tuples(st.sampled_from("ABC"), st.integers(2020, 2024)), unique=True, max_size=9
        )
    )
    found = []
    for point, year in pairs:
        graduates = draw(st.integers(0, 50))
        employed = draw(st.integers(0, graduates))
        found.append(
            {
                "point_id": point,
                "year": year,
                "planned": draw(st.sampled_from([0, 10, 100])),
                "applied": draw(value),
                "registered": draw(value),
                "graduates": draw(st.sampled_from([graduates, None])),
                "employed": employed,
                "further_study": draw(st.integers(0, graduates - employed)),
                "matched": draw(st.one_of(st.none(), st.integers(0, employed))),
                "satisfaction": draw(st.one_of(st.none(), st.floats(0, 100))),
                "oversupplied": draw(st.sampled_from([True, False, None])),
                "shortage": draw(st.sampled_from([True, False, None])),
                "evaluation": draw(st.sampled_from([None, "优秀", "良好", "合格", "不合格"])),
            }
        )
    return found


@settings(max_examples=60, deadline=None)
@given(point_years(), st.randoms(use_true_random=False))
def test_the_suggestions_do_not_depend_on_the_order_of_the_rows(
    found: list[dict[str, Any]], shuffler: Any
) -> None:
    if not found:
        return
    mixed = list(found)
    shuffler.shuffle(mixed)
    keys = ["point_id", "year"]
    columns = [*keys, "grade", "red_years", "persistent", "action", "reason"]
    one, other = (
        verdicts(frame(*each))[columns].sort_values(keys, ignore_index=True)
        for each in (found, mixed)
    )
    pd.testing.assert_frame_equal(one, other)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.just(np.nan), st.floats(0, 150)), min_size=5, max_size=5),
    st.integers(0, 4),
    st.floats(0, 150),
)
def test_worsening_a_signal_never_improves_a_grade(
    found: list[float], place: int, drop: float
) -> None:
    worse = list(found)
    worse[place] = worse[place] - drop

    def grade(values: list[float]) -> str:
        row = pd.DataFrame([values], columns=list(warning.SIGNALS))
        return str(warning.grades(row, RULES).iloc[0])

    assert GRADES[grade(worse)] >= GRADES[grade(found)]


@settings(max_examples=60, deadline=None)
@given(point_years(), st.integers(0, 8), st.sampled_from(["applied", "registered", "satisfaction"]))
def test_worsening_a_signal_never_makes_an_action_milder(
    found: list[dict[str, Any]], place: int, column: str
) -> None:
    if not found:
        return
    worse = [dict(row) for row in found]
    row = worse[place % len(worse)]
    row[column] = None if row[column] is None else row[column] * 0.5 // 1
    # ACTIONS lists the gravest first; expanding is the mildest.
    severity = {action: -at for at, action in enumerate(warning.ACTIONS)}
    before, after = (verdicts(frame(*rows))["action"].map(severity) for rows in (found, worse))
    assert (after >= before).all()


@settings(max_examples=60, deadline=None)
@given(point_years(), st.integers(0, 4), st.integers(0, 60))
def test_a_stricter_threshold_never_improves_a_grade(
    found: list[dict[str, Any]], place: int, more: int
) -> None:
    if not found:
        return
    signals = tuple(
        msgspec.structs.replace(each, yellow=each.yellow + more, red=each.red + more)
        if index == place
        else each
        for index, each in enumerate(RULES.signals)
    )
    strict = msgspec.structs.replace(RULES, signals=signals)
    before = verdicts(frame(*found))["grade"].map(GRADES)
    after = verdicts(frame(*found), strict)["grade"].map(GRADES)
    assert (after >= before).all()


# ---------------------------------------------------------------- recomputed from warning_rules.md


POINTS = "specialty_points"


def recomputed(version: OpenVersion) -> pd.DataFrame:
    """point_id, year, grade, persistent, action: row by row from the sheets, in plain Python."""

    def sheet(columns: str, table: str) -> list[Any]:
        return version.derived.cursor().execute(f"select {columns} from {table}").fetchall()

    kind = {p: (level, code) for p, level, code in sheet("point_id, level, specialty_code", POINTS)}
    passed = {(p, year): grade for p, year, grade in sheet("point_id, year, grade", "evaluations")}
    editions: dict[tuple[str, str], dict[int, set[str]]] = {}
    for name, year, level, code in sheet("list, year, level, specialty_code", "provincial_lists"):
        editions.setdefault((name, level), {}).setdefault(year, set()).add(code)

    def on(name: str, point: str, year: int) -> bool:
        level, code = kind[point]
        held = editions.get((name, level), {})
        reigning = [each for each in held if each <= year]
        return bool(reigning) and code in held[max(reigning)]

    def rate(top: int | None, base: int | None) -> float | None:
        return None if top is None or not base else top / base * 100

    found: dict[tuple[str, int], str] = {}
    limits = {each.id: (each.yellow, each.red) for each in RULES.signals}
    numbers = (
        "planned, applied, registered, graduates, employed, further_study, matched, satisfaction"
    )
    for point, year, planned, applied, registered, out, employed, study, matched, liked in sheet(
        f"point_id, year, {numbers}", "point_years"
    ):
        placed = None if employed is None or study is None else employed + study
        signals = {
            "application_rate": rate(applied, planned),
            "plan_completion_rate": rate(registered, planned),
            "placement_rate": rate(placed, out),
            "matched_rate": rate(matched, employed),
            "satisfaction": liked,
        }
        known = {name: each for name, each in signals.items() if each is not None}
        red = sum(each < limits[name][1] for name, each in known.items())
        yellow = sum(limits[name][1] <= each < limits[name][0] for name, each in known.items())
        if len(known) < 3:
            found[point, year] = warning.GREY
        elif red or yellow >= 3:
            found[point, year] = warning.RED
        else:
            found[point, year] = warning.YELLOW if yellow else warning.GREEN

    lines = []
    for (point, year), grade in found.items():
        persistent = grade == warning.RED and found.get((point, year - 1)) == warning.RED
        over, wanted = on("布点多规模大", point, year), on("急需紧缺", point, year)
        if persistent and (over or passed.get((point, year)) == "不合格"):
            action = "撤销"
        elif persistent:
            action = "停招"
        elif grade == warning.RED or (grade == warning.YELLOW and over):
            action = "压缩"
        elif grade == warning.YELLOW:
            action = "整改"
        else:
            action = "扩容" if grade == warning.GREEN and wanted else "保持"
        lines.append((point, year, grade, persistent, action))
    return pd.DataFrame(lines, columns=["point_id", "year", "grade", "persistent", "action"])


def same_as_recomputed(version: OpenVersion) -> None:
    mine = recomputed(version)
    found = warning.judged(version, date(2100, 12, 31))
    found = found[list(mine.columns)].sort_values(["point_id", "year"], ignore_index=True)
    mine = mine.sort_values(["point_id", "year"], ignore_index=True)
    pd.testing.assert_frame_equal(found, mine, check_dtype=False)


def test_the_demonstration_recomputed(demo: OpenVersion) -> None:
    same_as_recomputed(demo)


@pytest.mark.parametrize("seed", [3, 4])
def test_random_data_recomputed(seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    same_as_recomputed(random_version(seed, tmp_path_factory))


def test_a_year_counts_from_its_last_day_and_states_are_the_days(demo: OpenVersion) -> None:
    found = warning.judged(demo)
    assert found["year"].max() == demo.as_of.year - 1
    in_force = {
        point
        for (point,) in demo.derived.cursor()
        .execute(
            "select point_id from point_spells where since <= $day and until > $day",
            {"day": demo.as_of},
        )
        .fetchall()
    }
    standing = found.loc[found["state"] == warning.IN_FORCE, "point_id"]
    assert set(standing) == in_force & set(found["point_id"])
    latest = warning.latest_in_force(found)
    assert set(latest["state"]) == {warning.IN_FORCE}
    assert not latest["outside"].any()
    assert latest["point_id"].is_unique
