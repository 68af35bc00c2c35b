"""Places: they add up to the city, agree with ``evaluate``, and rank by what is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from data.contract import NO_DISTRICT
from data.plan import load_plan
from queries import places
from queries.evaluate import Scope, evaluate
from queries.institutions import by_institution, level_on, schools
from queries.places import CHANGE, DENSITY, VALUE, Amount, Place, Topic
from queries.run import OpenVersion, open_current

TOPICS = {each.id: each for each in places.topics(load_plan())}
SCOPES = {
    "city": Scope(),
    "authority": Scope(authority=("市属",)),
    "level": Scope(level=("高职",)),
    "both": Scope(authority=("省属",), level=("高职", "职业本科")),
    "nothing": Scope(authority=("区县属",), level=("职业本科",)),
}
DAYS = (date(2023, 10, 19), date(2024, 6, 30))


@pytest.fixture(scope="module")
def version(demo_warehouse: Path) -> Iterator[OpenVersion]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_DIR", str(demo_warehouse))
        yield open_current()


@pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES)
@pytest.mark.parametrize("topic", TOPICS.values(), ids=TOPICS)
def test_places_add_up_and_agree_with_evaluate(
    version: OpenVersion, topic: Topic, scope: Scope
) -> None:
    days = [version.as_of, *DAYS]
    by_place = places.by_place(version, topic, days, scope)
    whole = places.total(version, topic, days, scope)
    for day, amounts, total in zip(days, by_place, whole, strict=True):
        assert sum(each.numerator for each in amounts) == pytest.approx(total.numerator)
        assert sum(each.institutions for each in amounts) == total.institutions
        if topic.measure != "count":
            parts = sum(each.denominator or 0 for each in amounts)
            assert parts == pytest.approx(total.denominator)
        if topic.indicator is None:
            continue
        (result,) = evaluate(version, day, scope, None, [topic.id])
        assert total.value == result.actual
        groups = {r.group: r.actual for r in evaluate(version, day, scope, "district", [topic.id])}
        names = [name for name, _ in places.place_names(version)]
        found = dict(zip(names, (each.value for each in amounts), strict=True))
        # evaluate lists 未填区县 only where an institution of the scope names none.
        assert {name: found[name] for name in groups if name} == groups


def test_a_district_filter_does_not_empty_the_other_places(version: OpenVersion) -> None:
    topic = TOPICS[places.POINTS]
    everywhere = places.by_place(version, topic, [version.as_of], Scope())
    filtered = places.by_place(version, topic, [version.as_of], Scope(district=("金水区",)))
    assert filtered == everywhere
    (total,) = places.total(version, topic, [version.as_of], Scope(district=("金水区",)))
    names = [name for name, _ in places.place_names(version)]
    assert total == everywhere[0][names.index("金水区")]


def test_rows_without_a_district_are_a_place_without_a_rank(version: OpenVersion) -> None:
    league = places.league(version, TOPICS[places.POINTS], VALUE, version.as_of, Scope())
    (missing,) = [each for each in league if each.name == NO_DISTRICT]
    assert missing.now.numerator > 0
    assert missing.rank is None
    assert places.ranked(league)[-1] is missing


@pytest.mark.parametrize("form", [VALUE, DENSITY, CHANGE])
def test_the_league_shows_its_form(version: OpenVersion, form: str) -> None:
    topic = TOPICS["points_emerging"]
    day = version.as_of
    now, then = places.by_place(version, topic, [day, version.plan.issued_on], Scope())
    league = places.league(version, topic, form, day, Scope())
    for place, here, before in zip(league, now, then, strict=True):
        if form == VALUE:
            assert place.shown == here.value
            assert place.change == here.value - before.value  # type: ignore[operator]
        elif form == CHANGE:
            assert place.shown == here.value - before.value  # type: ignore[operator]
            assert place.climbed is None
        elif here.institutions:
            assert place.shown == pytest.approx(here.numerator / here.institutions)
        else:
            assert place.shown is None
    ranked = [each for each in places.ranked(league) if each.rank is not None]
    shown = [each.shown for each in ranked]
    assert shown == sorted(shown, reverse=True)  # type: ignore[type-var]
    for each in ranked:
        assert each.rank == 1 + sum((v or 0) > (each.shown or 0) for v in shown)


def test_a_share_has_no_density() -> None:
    assert DENSITY not in TOPICS["industry_share"].forms
    assert DENSITY not in TOPICS[places.INSTITUTIONS].forms
    assert DENSITY in TOPICS["points_emerging"].forms
    assert TOPICS["industry_share"].unit_of(CHANGE) == "个百分点"
    assert TOPICS["points_emerging"].unit_of(DENSITY) == "个/所"


def test_density_divides_by_schools_with_points_of_the_level(version: OpenVersion) -> None:
    scope = Scope(level=("职业本科",))
    (total,) = places.total(version, TOPICS[places.POINTS], [version.as_of], scope)
    running = [s for s in schools(version, version.as_of, scope) if s.points]
    assert total.institutions == len(running)
    assert sum(s.points for s in running) == total.numerator


def test_technician_schools_stand_beside(version: OpenVersion) -> None:
    topic = TOPICS[places.INSTITUTIONS]
    (inside,) = places.total(version, topic, [version.as_of], Scope())
    (beside,) = places.total(version, topic, [version.as_of], Scope(outside=True))
    assert beside.numerator > 0
    assert inside.numerator + beside.numerator == len(level_on(version, version.as_of))


@pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES)
def test_schools_add_up_to_the_counts(version: OpenVersion, scope: Scope) -> None:
    found = schools(version, version.as_of, scope)
    (points,) = places.total(version, TOPICS[places.POINTS], [version.as_of], scope)
    (own,) = places.total(version, TOPICS[places.INSTITUTIONS], [version.as_of], scope)
    assert sum(each.points for each in found) == points.numerator
    if not scope.level:
        assert len(found) == own.numerator
    assert all((each.longitude is None) == (each.latitude is None) for each in found)


def test_institutions_add_up_to_the_places(version: OpenVersion) -> None:
    topic = TOPICS["points_retired"]
    (each,) = by_institution(version, topic, [version.as_of], Scope())
    (total,) = places.total(version, topic, [version.as_of], Scope())
    assert sum(amount.numerator for amount in each) == total.numerator


def test_level_on_follows_the_promotion(version: OpenVersion) -> None:
    risen = [i for i in version.institutions if i.level_today == "职业本科"]
    before = level_on(version, version.plan.period_start)
    now = level_on(version, version.as_of)
    assert risen
    for each in risen:
        assert now[each.institution_id] == "职业本科"
    assert any(before.get(each.institution_id) == "高职" for each in risen)


def test_years_end_at_the_day(version: OpenVersion) -> None:
    days = places.year_ends(version, date(2025, 9, 30))
    assert [d.isoformat() for d in days] == [
        "2021-12-31",
        "2022-12-31",
        "2023-12-31",
        "2024-12-31",
        "2025-09-30",
    ]
    assert len(places.year_ends(version, date(2099, 1, 1))) == places.MOST_YEARS
    assert places.year_ends(version, date(2010, 5, 1)) == [date(2010, 5, 1)]


# ---- words --------------------------------------------------------------------------------------

COUNT = Topic("x", "新兴专业点", "个", "count", "point", "")
SHARE = replace(COUNT, name="占比", unit="%", measure="share")


def place(name: str, now: float | None, then: float | None = 0.0, rank: int | None = 1) -> Place:
    return Place(
        name,
        "区县",
        Amount(now, now or 0, None, 1),
        Amount(then, then or 0, None, 1),
        now,
        then,
        rank,
    )


def test_the_finding_names_the_first_and_the_last() -> None:
    found = [place("甲", 9.0), place("乙", 3.0, rank=2), place("丙", 0.0, rank=3)]
    assert places.finding(found, COUNT, VALUE) == "新兴专业点：甲最多（9 个），丙尚无"
    assert places.finding(found[:2], SHARE, VALUE) == "占比：甲最高（9.0%），乙最低（3.0%）"
    assert places.finding([place("甲", None, rank=None)], COUNT, VALUE).endswith("各区县均无数据")
    assert "均为 2 个" in places.finding([place("甲", 2.0), place("乙", 2.0)], COUNT, VALUE)
    assert "均无变化" in places.finding([place("甲", 0.0), place("乙", 0.0)], COUNT, CHANGE)


@pytest.mark.parametrize(
    ("change", "words"), [(3.0, "增加 3 个"), (-2.0, "减少 2 个"), (0.0, "持平"), (0.001, "持平")]
)
def test_a_change_in_words(change: float, words: str) -> None:
    assert places.change_words(change, "个") == words


@pytest.mark.parametrize(
    ("value", "text"),
    [(3.0, "+3 个"), (-3.0, "-3 个"), (0.0, "0 个"), (0.01, "0.0 个"), (None, "无数据")],
)
def test_signs(value: float | None, text: str) -> None:
    assert places.signed(value, "个") == text
