"""A portrait's numbers against the tables themselves, and medians by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from statistics import median

import pandas as pd
import pytest

from data.contract import TRACKS
from queries import places, profile
from queries.evaluate import Scope, evaluate
from queries.evidence import evidence
from queries.profile import Condition, Conditions, Line
from queries.run import OpenVersion, open_current, run

DAYS = (date(2023, 10, 19), date(2025, 9, 30))


@pytest.fixture(scope="module")
def version(demo_warehouse: Path) -> Iterator[OpenVersion]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_DIR", str(demo_warehouse))
        yield open_current()


@pytest.fixture(scope="module")
def codes(version: OpenVersion) -> list[str]:
    """Every tenth institution, and the one that rose to another level."""
    risen = [i.institution_id for i in version.institutions if i.level_today == "职业本科"]
    return [*(i.institution_id for i in version.institutions[::10]), *risen]


@pytest.mark.parametrize("day", DAYS)
def test_points_make_up_the_count(version: OpenVersion, codes: list[str], day: date) -> None:
    topic = {each.id: each for each in places.COUNTS}[places.POINTS]
    outside = {i.institution_id: i.outside for i in version.institutions}
    for code in codes:
        found = profile.points(version, code, day, ())
        active = [each for each in found if each.in_force]
        scope = Scope(institution=(code,), outside=outside[code])
        (total,) = places.total(version, topic, [day], scope)
        assert len(active) == total.numerator
        assert len({each.id for each in found}) == len(found)
        for title, rows in profile.composition(found).items():
            assert sum(count for _, count in rows) == len(active), title
        for track in TRACKS:
            held = [r for r in evaluate(version, day, scope) if r.indicator.counts.get("track")]
            for result in held:
                if result.indicator.counts["track"] == (track,) and "title" not in (
                    result.indicator.counts
                ):
                    assert sum(each.track == track for each in active) == result.actual


def test_states_say_what_happened(version: OpenVersion) -> None:
    tally: Counter[str] = Counter()
    for institution in version.institutions:
        for each in profile.points(version, institution.institution_id, version.as_of, ()):
            tally[each.state] += 1
            assert each.in_force == (each.state in ("在办", "压缩招生"))
            assert all(on <= version.as_of for _, on in each.dates)
            assert each.dates[0] == (profile.OPENED, each.opened_on)
    assert {"在办", "停招", "撤销", "压缩招生"} <= set(tally)


def test_levels_narrow_the_points(version: OpenVersion) -> None:
    code = next(i.institution_id for i in version.institutions if i.level_today == "职业本科")
    everything = profile.points(version, code, version.as_of, ())
    bachelor = profile.points(version, code, version.as_of, ("职业本科",))
    assert {each.level for each in bachelor} == {"职业本科"}
    assert 0 < len(bachelor) < len(everything)


def test_movements_have_no_gaps_and_lose_nothing(version: OpenVersion, codes: list[str]) -> None:
    for code in codes:
        found = profile.points(version, code, version.as_of, ())
        moved = profile.movements(found, version.as_of)
        years = [year for year, _ in moved]
        assert years == list(range(years[0], version.as_of.year + 1))
        assert sum(each.get(profile.OPENED, 0) for _, each in moved) == len(found)
    assert profile.movements([], version.as_of) == []


def test_rules_agree_with_their_indicators(version: OpenVersion) -> None:
    for institution in version.institutions:
        code = institution.institution_id
        scope = Scope(institution=(code,), outside=institution.outside)
        results = {r.id: r for r in evaluate(version, version.as_of, scope)}
        for rule in profile.rules(version, code, version.as_of):
            result = results[rule.indicator.id]
            assert rule.applies == bool(result.denominator)
            if rule.applies:
                assert rule.fits == bool(result.numerator)
                assert (rule.words == "符合") == rule.fits


def test_conditions_agree_with_their_indicator(version: OpenVersion) -> None:
    asked = next(i for i in version.plan.indicators if "conditions" in i.needs)
    seen = set()
    for institution in version.institutions:
        code = institution.institution_id
        scope = Scope(institution=(code,), outside=institution.outside)
        (result,) = evaluate(version, version.as_of, scope, None, [asked.id])
        found = profile.conditions(version, code, version.as_of)
        if result.denominator:
            assert bool(result.numerator) == (found is not None and found.met)
        if found:
            assert found.year < version.as_of.year
            seen.add((found.verdict, found.computed))
            if found.computed is not None and found.items:
                assert found.computed == all(each.met for each in found.items)
    assert len(seen) > 2


@pytest.mark.parametrize(
    ("comparison", "value", "short"),
    [
        ("at_least", 55.0, 5.0),
        ("at_least", 60.0, 0.0),
        ("at_most", 65.0, 5.0),
        ("at_most", 10.0, 0.0),
        ("at_least", None, None),
    ],
)
def test_what_is_short(comparison: str, value: float | None, short: float | None) -> None:
    assert Condition("x", "人", comparison, 60.0, value, None).short == short


@pytest.mark.parametrize(
    ("verdict", "computed", "met", "disagree"),
    [
        ("达标", True, True, False),
        ("达标", False, True, True),
        ("未达标", True, False, True),
        (None, False, False, False),
        ("达标", None, True, False),
    ],
)
def test_disagreement(
    verdict: str | None, computed: bool | None, met: bool, disagree: bool
) -> None:
    assert Conditions(2024, verdict, computed, met, ()).disagree is disagree


def test_lines_hold_every_institution_and_medians_are_of_the_level(version: OpenVersion) -> None:
    yearly = profile.yearly_signals(version, version.as_of, Scope())
    lines = profile.lines(version, version.as_of, Scope(), yearly)
    names = [each.name for each in lines]
    assert len(set(names)) == len(names)
    peers = profile.peers(version, version.as_of)
    outside = {i.institution_id for i in version.institutions if i.outside}
    assert not outside & {code for each in peers.values() for code in each}
    line = lines[0]
    (points,) = [each for each in places.COUNTS if each.id == places.POINTS]
    (total,) = places.total(version, points, [version.as_of], Scope())
    assert sum(line.values.values()) == total.numerator
    held = [line.of(code) or 0.0 for code in peers["中职"]]
    assert profile.medians(line, peers)["中职"] == median(held)


def test_medians_by_hand() -> None:
    peers = {"中职": ["a", "b", "c"], "高职": ["d"]}
    counted = Line("专业点", "个", {"a": 4.0, "b": 8.0}, True)
    assert profile.medians(counted, peers) == {"中职": 4.0, "高职": 0.0}
    rate = Line("报考率", "%", {"a": 4.0, "b": 8.0}, False)
    assert profile.medians(rate, peers) == {"中职": 6.0, "高职": None}
    unknown = Line("认定", "项", {}, True, known=False)
    assert profile.medians(unknown, peers) == {"中职": None, "高职": None}


def test_signals_of_the_year_in_progress_are_not_yet_there(version: OpenVersion) -> None:
    yearly = profile.yearly_signals(version, date(2025, 9, 30), Scope())
    assert yearly.index.get_level_values("year").max() == 2024
    later = profile.yearly_signals(version, date(2025, 12, 31), Scope())
    assert later.index.get_level_values("year").max() == 2025
    frame = run("early_warning", version, as_of=date(2024, 12, 31))
    assert isinstance(yearly, pd.DataFrame)
    assert yearly["points"].sum() == len(frame)


def test_evidence_of_nothing_keeps_its_columns(version: OpenVersion) -> None:
    indicator = version.plan.indicators[0]
    scope = Scope(institution=("nobody",))
    found = evidence(version, indicator, date(1950, 1, 1), scope)
    assert found.empty
    assert {"institution_id", "district", "counted", "weight"} <= set(found.columns)
