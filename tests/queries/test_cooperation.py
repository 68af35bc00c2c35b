"""校企合作: counts recomputed from the sheets' own tables, in plain pandas."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import duckdb
import pandas as pd
import pytest

from queries import cooperation, deliverables
from queries.evaluate import Scope
from queries.run import OpenVersion

SCOPES = (Scope(), Scope(authority=("市属",)), Scope(level=("高职",)))
FAR = date(9999, 12, 31)


@pytest.fixture(scope="module")
def version(demo: OpenVersion) -> OpenVersion:
    return demo


def table(version: OpenVersion, name: str) -> Any:
    with duckdb.connect(str(version.path), read_only=True) as connection:
        return connection.execute(f"select * from {name}").df()


def level(row: Any, day: date) -> str:
    if pd.isna(row["bachelor_since"]):
        return str(row["level"])
    return "职业本科" if row["bachelor_since"].date() <= day else "高职"


def in_force(version: OpenVersion, scope: Scope, day: date) -> Any:
    """The partnerships in force on a day inside a scope, the long way."""
    schools = table(version, "institutions").set_index("institution_id")
    keep = []
    for each in table(version, "partnerships").itertuples():
        school = schools.loc[each.institution_id]
        ended = FAR if pd.isna(each.ended_on) else each.ended_on.date()
        born = date.min if pd.isna(school["founded_on"]) else school["founded_on"].date()
        gone = FAR if pd.isna(school["closed_on"]) else school["closed_on"].date()
        keep.append(
            max(each.started_on.date(), born) <= day < min(ended, gone)
            and (not scope.authority or school["authority"] in scope.authority)
            and (not scope.level or level(school, day) in scope.level)
        )
    return table(version, "partnerships")[keep]


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_partnerships_in_force_as_the_sheets_say(version: OpenVersion, scope: Scope) -> None:
    for day in (version.as_of, version.plan.issued_on, version.plan.period_start):
        found = [p for p in cooperation.partnerships(version, scope, day) if p.on(day)]
        truth = in_force(version, scope, day)
        got = sorted((p.institution.institution_id, p.enterprise.id, p.form) for p in found)
        columns = ["institution_id", "enterprise_id", "form"]
        assert got == sorted(truth[columns].itertuples(index=False, name=None))


def test_the_matrix_adds_up_to_the_pairs(version: OpenVersion) -> None:
    day = version.as_of
    spans = cooperation.partnerships(version, Scope(), day)
    found = cooperation.matrix(version, spans, day)
    truth = in_force(version, Scope(), day)
    pairs = truth.drop_duplicates(["institution_id", "enterprise_id"])
    firms = table(version, "enterprises").set_index("enterprise_id")["industry"]
    by_industry = pairs["enterprise_id"].map(firms).value_counts()
    assert found.counts == by_industry.to_dict()
    assert found.total == len(pairs)
    assert found.institutions == pairs["institution_id"].nunique()
    for group in found.groups:
        assert group.total == sum(row.total for row in group.rows)
        assert [row.total for row in group.rows] == sorted(
            (row.total for row in group.rows), reverse=True
        )
    assert sum(group.total for group in found.groups) == found.total


def test_years_balance_begun_less_ended(version: OpenVersion) -> None:
    day = version.as_of
    spans = cooperation.partnerships(version, Scope(), day)
    for counts in cooperation.by_year(spans, cooperation.years(version, day), day).values():
        for before, after in pairwise(counts):
            change = (after.begun or 0) - (after.ended or 0)
            assert after.value == (before.value or 0.0) + change


@pytest.mark.parametrize("scope", [*SCOPES, Scope(district=("金水区",))], ids=str)
def test_bodies_are_those_that_deliverables_count(demo: OpenVersion, scope: Scope) -> None:
    found = cooperation.bodies_by_year(
        demo, cooperation.bodies(demo, scope, demo.as_of), demo.as_of
    )
    counted = deliverables.by_year(demo, demo.as_of, scope)
    kinds = [d for d in demo.plan.deliverables if d.counted_from == "cooperation_bodies"]
    assert list(found) == [each.counted_kind for each in kinds]
    for each in kinds:
        assert found[each.counted_kind] == counted[each.id]


def test_who_has_none(version: OpenVersion) -> None:
    day = version.as_of
    spans = cooperation.partnerships(version, Scope(), day)
    bodies = cooperation.bodies(version, Scope(), day)
    found = {
        a.institution.institution_id
        for a in cooperation.alone(version, Scope(), day, spans, bodies)
    }
    busy = set(in_force(version, Scope(), day)["institution_id"])
    held = table(version, "cooperation_bodies")
    held = held[
        (held["founded_on"].dt.date <= day)
        & ~(held["dissolved_on"].notna() & (held["dissolved_on"] <= pd.Timestamp(day)))
    ]
    busy |= set(held["lead_institution_id"].dropna())
    schools = table(version, "institutions")
    members = set("、".join(held["members"].dropna()).replace("，", "、").split("、"))
    busy |= set(schools[schools["name"].isin(members)]["institution_id"])
    there = schools[
        (schools["founded_on"].isna() | (schools["founded_on"] <= pd.Timestamp(day)))
        & (schools["closed_on"].isna() | (schools["closed_on"] > pd.Timestamp(day)))
    ]
    assert found == set(there["institution_id"]) - busy


def test_a_day_before_everything_counts_nothing(demo: OpenVersion) -> None:
    day = date(1950, 1, 1)
    spans = cooperation.partnerships(demo, Scope(), day)
    assert cooperation.matrix(demo, spans, day).total == 0
    assert cooperation.by_year(spans, cooperation.years(demo, day), day) == {}
