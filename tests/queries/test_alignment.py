"""The alignment map: its totals are the indicators' and the map's, its parts the rows behind."""

from __future__ import annotations

from datetime import date

import duckdb
import pandas as pd
import pytest

from queries import alignment as made
from queries import places
from queries.evaluate import Scope, evaluate
from queries.run import OpenVersion
from tests.queries.conftest import random_version

LIMITS = {made.INDUSTRY: 10, made.CLASS: 12, made.END: 9}
SCOPES = (
    Scope(),
    Scope(level=("高职",)),
    Scope(district=("金水区",)),
    Scope(authority=("市属", "区县属")),
)


@pytest.mark.parametrize("scope", SCOPES, ids=str)
@pytest.mark.parametrize("day", [date(2025, 9, 30), date(2024, 5, 1)])
def test_points_are_those_of_the_indicator(demo: OpenVersion, day: date, scope: Scope) -> None:
    found = made.offer(demo, day, scope)
    (share,) = evaluate(demo, day, scope, None, ["industry_share"])
    for end in made.ENDS:
        shown = made.picture(made.flows(found.of(made.POINTS), end), LIMITS, always=found.named)
        assert shown.total == share.denominator
        named = sum(value for name, value in shown.nodes[0] if name in found.named)
        assert named == share.numerator
    parts = [
        sum(flow.value for flow in made.flows(found.of(made.POINTS, name), "level"))
        for name in found.industries(made.POINTS)
    ]
    assert sum(parts) == share.denominator


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_students_are_those_of_the_district_map(demo: OpenVersion, scope: Scope) -> None:
    found = made.offer(demo, demo.as_of, scope)
    topic = next(t for t in places.topics(demo.plan) if t.id == places.STUDENTS)
    (amount,) = places.total(demo, topic, [demo.as_of], scope)
    shown = made.flows(found.of(made.STUDENTS), "institution")
    assert sum(flow.value for flow in shown) == amount.numerator


def test_graduates_recomputed_in_plain_pandas(demo: OpenVersion) -> None:
    with duckdb.connect(str(demo.path), read_only=True) as connection:
        years = connection.sql("select * from point_years").df()
        facts = connection.sql("select * from point_facts").df()
        schools = connection.sql("select * from institutions").df()
    inside = schools[~schools["school_type"].isin(["技工学校", "高级技工学校"])]
    facts = facts[facts["institution_id"].isin(inside["institution_id"])]
    years = years[years["point_id"].isin(facts["point_id"])]
    # The data ends in September: its last whole year is the one before.
    year = demo.as_of.year - 1
    joined = years[years["year"] == year].merge(facts, on="point_id")
    expected = (
        joined[joined["graduates"] > 0]
        .fillna({"industry": made.NO_INDUSTRY})
        .groupby(["industry", "level"])["graduates"]
        .sum()
    )
    found = made.offer(demo, demo.as_of)
    assert found.years[made.GRADUATES] == year
    sums: dict[tuple[str, str], float] = {}
    for flow in made.flows(found.of(made.GRADUATES), "level"):
        key = flow.names[0], flow.names[2]
        sums[key] = sums.get(key, 0.0) + flow.value
    assert {key: value for key, value in sums.items() if value} == expected.to_dict()


@pytest.mark.parametrize("end", made.ENDS)
def test_the_rows_behind_every_node_and_band_are_as_many_as_it_says(
    demo: OpenVersion, end: str
) -> None:
    found = made.offer(demo, demo.as_of)
    points = found.of(made.POINTS)
    shown = made.picture(made.flows(points, end), LIMITS, always=found.named)
    for at, column in enumerate(made.COLUMNS):
        for key, value in shown.nodes[at]:
            assert len(made.picked(points, shown, end, {column: key})) == value
    for (left, right), value in shown.bands(0).items():
        pick = {made.INDUSTRY: left, made.CLASS: right}
        assert len(made.picked(points, shown, end, pick)) == value


@pytest.mark.parametrize("seed", [3, 29])
def test_random_books_keep_every_point(seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Points without an industry or a class stand under words of their own."""
    version = random_version(seed, tmp_path_factory)
    for day in (version.as_of, date(2024, 1, 1), date(2020, 1, 1)):
        found = made.offer(version, day)
        (share,) = evaluate(version, day, None, None, ["industry_share"])
        shown = made.flows(found.of(made.POINTS), "track")
        assert sum(flow.points for flow in shown) == (share.denominator or 0)
        assert all(all(flow.names) for flow in shown)


def test_ties_fall_by_name() -> None:
    flows = [made.Flow((name, "类", "中职"), 5.0, 5) for name in "丁丙乙甲"]
    limits = {made.INDUSTRY: 2, made.CLASS: 9, made.END: 9}
    first = made.picture(flows, limits)
    assert made.picture(flows[::-1], limits) == first
    assert first.put_away[0] == frozenset(sorted("甲乙丙丁")[2:])


def test_lists_recomputed_in_plain_pandas(demo: OpenVersion) -> None:
    """Points in force at the end of the list's year, and who registered with them."""
    found = made.listed(demo, demo.as_of)
    with duckdb.connect(str(demo.path), read_only=True) as connection:
        spells = connection.sql("select * from point_spells").df()
        facts = connection.sql("select * from point_facts").df()
        years = connection.sql("select * from point_years").df()
        outside = connection.sql("select institution_id from institution_facts where outside").df()[
            "institution_id"
        ]
    spells = spells[~spells["institution_id"].isin(outside)]
    assert set(found["list"]) == {made.OVERSUPPLIED, made.SHORTAGE}
    for year in (2022, 2025):
        day = min(pd.Timestamp(year, 12, 31), pd.Timestamp(demo.as_of))
        figures = year if day == pd.Timestamp(year, 12, 31) else year - 1
        active = spells[
            (spells["since"].astype(str) <= str(day.date()))
            & (spells["until"].astype(str) > str(day.date()))
        ]["point_id"].unique()
        here = facts[facts["point_id"].isin(active)].merge(
            years.loc[years["year"] == figures, ["point_id", "registered"]], "left", "point_id"
        )
        by = here.groupby(["level", "specialty_code"]).agg(
            points=("point_id", "size"), registered=("registered", "sum")
        )
        part = found[found["year"] == year]
        assert len(part)
        assert set(part["figures_year"]) == {figures}
        columns = ("level", "specialty_code", "points", "registered")
        for level, code, points, registered in part[list(columns)].to_numpy().tolist():
            key = level, code
            expected = by.loc[key] if key in by.index else None
            assert points == (0 if expected is None else expected["points"]), key
            if expected is not None and not pd.isna(registered):
                assert registered == expected["registered"], key


def test_a_list_follows_the_level_and_no_later_edition_shows(demo: OpenVersion) -> None:
    found = made.listed(demo, date(2023, 6, 30), Scope(level=("中职",)))
    assert set(found["level"]) == {"中职"}
    assert found["year"].max() == 2023
    assert set(found.loc[found["year"] == 2023, "figures_year"]) == {2022}
