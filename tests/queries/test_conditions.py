"""School conditions: the indicator's own schools, and shortfalls in the threshold's unit."""

from __future__ import annotations

import math
from datetime import date

import pytest

from data import reference
from queries.conditions import Cell, School, conditions
from queries.evaluate import Scope, evaluate
from queries.run import OpenVersion
from tests.queries.conftest import random_version
from tests.queries.random_workbook import AS_OF

INDICATOR = "secondary_conditions_met"


@pytest.fixture(scope="module", params=[5, 17])
def version(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> OpenVersion:
    return random_version(request.param, tmp_path_factory)


@pytest.mark.parametrize(
    "scope",
    [
        Scope(),
        Scope(level=("中职",)),
        Scope(level=("高职",)),
        Scope(district=("金水区",)),
        Scope(outside=True),
    ],
    ids=str,
)
def test_schools_are_those_of_the_indicator(version: OpenVersion, scope: Scope) -> None:
    for day in AS_OF:
        found = conditions(version, day, scope)
        (result,) = evaluate(version, day, scope, None, [INDICATOR])
        if result.denominator is None:
            continue
        assert len(found.schools) == result.denominator, day
        assert found.met == (result.numerator or 0), day


def test_the_demonstration_has_every_case(demo: OpenVersion) -> None:
    found = conditions(demo, demo.as_of)
    assert found.without_record > 0
    assert found.disagreeing > 0
    assert len(found.items) == 9
    (result,) = evaluate(demo, None, None, None, [INDICATOR])
    assert (found.met, len(found.schools)) == (result.numerator, result.denominator)


def computed(record: dict[str, float], formula: str) -> float | None:
    """A threshold's formula by hand: a column, a quotient, or equipment in yuan per student."""
    if formula == "equipment*10000/students":
        return record["equipment"] * 10000 / record["students"] if record["students"] else None
    top, _, under = formula.partition("/")
    if not under:
        return record[top]
    return record[top] / record[under] if record[under] else None


def test_every_cell_is_the_record_against_its_threshold(demo: OpenVersion) -> None:
    thresholds = reference.school_conditions()
    with demo.connection.cursor() as cursor:
        cursor.execute("select * from conditions")
        names = [each[0] for each in cursor.description or ()]
        records = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    latest: dict[str, dict[str, float]] = {}
    for record in sorted(records, key=lambda r: r["year"]):
        if date(record["year"], 12, 31) <= demo.as_of:
            latest[record["institution_id"]] = record
    found = conditions(demo, demo.as_of)
    failing = dict.fromkeys((item.name for item in found.items), 0)
    for school in found.schools:
        record_ = latest.get(school.institution_id)
        mine = thresholds[thresholds["school_type"] == school.school_type]
        assert set(school.cells) == (set(mine["item"]) if record_ else set())
        for _, line in mine.iterrows():
            if record_ is None:
                continue
            cell = school.cells[line["item"]]
            value = computed(record_, line["computed_from"])
            assert (cell.threshold, cell.unit) == (line["threshold"], line["unit"])
            assert value is not None
            assert math.isclose(cell.value or 0.0, value)
            short = line["threshold"] - value
            short = max(short if line["comparison"] == "at_least" else -short, 0.0)
            assert math.isclose(cell.shortfall or 0.0, short, abs_tol=1e-9)
            assert cell.met == (short == 0)
            failing[line["item"]] += short > 0
    assert failing == {item.name: found.failing(item.name) for item in found.items}
    assert sum(failing.values()) > 0


def school(verdict: str, computed_: bool | None, met: bool) -> School:
    return School("S", "校", "区", "普通", False, 2000, verdict, computed_, met, {})


@pytest.mark.parametrize(
    ("verdict", "computed_", "met", "disagrees"),
    [
        ("达标", True, True, False),
        ("达标", False, True, True),
        ("基本达标", False, True, True),
        ("未达标", True, False, True),
        ("未达标", False, False, False),
        ("", False, False, False),
        ("", True, True, False),
        ("达标", None, True, False),
    ],
)
def test_a_disagreement_needs_both_verdicts(
    verdict: str, computed_: bool | None, met: bool, disagrees: bool
) -> None:
    assert school(verdict, computed_, met).disagrees == disagrees


def test_shortfall_and_severity() -> None:
    low = Cell("面积", "at_least", 40.0, "平方米", 30.0, False)
    assert (low.shortfall, low.severity) == (10.0, 0.25)
    high = Cell("生师比", "at_most", 20.0, "学生/教师", 26.0, False)
    assert (high.shortfall, high.severity) == (6.0, 0.3)
    met = Cell("面积", "at_least", 40.0, "平方米", 50.0, True)
    assert met.shortfall == 0.0
    unknown = Cell("生师比", "at_most", 20.0, "学生/教师", None, None)
    assert unknown.shortfall is None
    assert unknown.severity is None
