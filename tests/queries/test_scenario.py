"""Scenarios: the base to the last bit, what always holds, JSON, lateness, data not there."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.load import load_workbook
from data.plan import ScenarioRules
from queries import scenario as what_if
from queries.evaluate import evaluate
from queries.run import OpenVersion, open_file
from queries.scenario import (
    BASE,
    PRESETS,
    Outcome,
    Prepared,
    Scenario,
    ScenarioError,
    added,
    carried,
    check,
    forecasts,
    from_json,
    kept,
    outcome,
    prepared,
    scenario,
    to_json,
)
from queries.status import ACHIEVED, ACHIEVED_LATE, MISSED, NO_DATA, REACHED
from tests.queries.conftest import random_version

SAMPLE = Path(__file__).parents[1] / "fixtures" / "public-2025"


@pytest.fixture(scope="module")
def ready(demo: OpenVersion) -> Prepared:
    return prepared(demo)


@pytest.fixture(scope="module")
def earlier(demo: OpenVersion) -> Prepared:
    """With several quarters ahead."""
    return prepared(demo, date(2024, 5, 15))


@pytest.fixture(scope="module")
def late(demo: OpenVersion) -> Prepared:
    return prepared(demo, date(2026, 3, 31))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    file = tmp_path_factory.mktemp("sample") / "sample.duckdb"
    return prepared(open_file(load_workbook(SAMPLE, file).version.path))


def values(found: Outcome) -> dict[str, float | None]:
    return {each.id: each.value for each in found.indicators}


# ---------------------------------------------------------------- the base


@pytest.mark.parametrize("name", ["ready", "earlier", "sample"])
def test_the_empty_scenario_is_the_forecast_to_the_last_bit(
    name: str, request: pytest.FixtureRequest
) -> None:
    it: Prepared = request.getfixturevalue(name)
    expected = {each.id: each.forecast for each in evaluate(it.version, it.day)}
    found = outcome(it)
    assert values(found) == expected
    assert {each.id: each.base for each in found.indicators} == expected
    assert found.base_counts == found.counts
    assert (found.cost.total, found.touched.points) == (0, 0)


@pytest.mark.parametrize("seed", range(3))
def test_the_base_of_nasty_workbooks(seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    version = random_version(seed, tmp_path_factory)
    for day in (date(2023, 10, 19), date(2025, 3, 15), date(2026, 1, 1)):
        it = prepared(version, day)
        everything = scenario({name: each.high for name, each in it.levers.all.items()})
        for found in (outcome(it), outcome(it, everything)):
            for each in found.indicators:
                assert each.value is None or each.value >= 0
                assert each.value is not None or each.absent
        if day < version.plan.deadline:
            assert values(outcome(it)) == {r.id: r.forecast for r in evaluate(version, day)}


def test_a_lever_left_at_today_changes_nothing(ready: Prepared) -> None:
    still = scenario({name: each.today for name, each in ready.levers.all.items()})
    assert values(outcome(ready, still)) == values(outcome(ready))


def test_today_lies_within_every_range(ready: Prepared, earlier: Prepared, late: Prepared) -> None:
    for it in (ready, earlier, late):
        for each in it.levers.all.values():
            assert each.low <= each.today <= each.high, each.id
            assert each.step > 0
            assert each.name
            assert each.unit
            assert each.provenance
            assert each.group


# ---------------------------------------------------------------- what always holds


@st.composite
def scenarios(draw: st.DrawFn, it: Prepared) -> Scenario:
    names = draw(st.lists(st.sampled_from(list(it.levers.all)), max_size=12, unique=True))
    found = {}
    for name in names:
        each = it.levers.all[name]
        found[name] = draw(st.floats(each.low, each.high, allow_nan=False))
    return scenario(found)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_values_stay_possible(ready: Prepared, earlier: Prepared, data: st.DataObject) -> None:
    it = data.draw(st.sampled_from([ready, earlier]))
    tried = data.draw(scenarios(it))
    found = outcome(it, tried)
    for each in found.indicators:
        for value in each.path:
            assert value is not None
            assert np.isfinite(value)
            assert value >= 0
            if each.indicator.unit == "%":
                assert value <= 100
        assert each.path[-1] == each.value
    cost = found.cost
    assert cost.total >= 0
    assert sum(each.cost for each in cost.by_year) == pytest.approx(cost.total)
    assert from_json(to_json(tried)) == tried
    assert outcome(it, from_json(to_json(tried))) == found


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_opening_never_lowers_a_count_and_closing_never_raises_one(
    earlier: Prepared, data: st.DataObject
) -> None:
    base = data.draw(scenarios(earlier))
    up = ("open", "rate")
    names = [n for n, each in earlier.levers.all.items() if each.family in (*up, "close")]
    name = data.draw(st.sampled_from(names))
    each = earlier.levers.all[name]
    low = base.values.get(name, each.today)
    high = data.draw(st.floats(low, each.high))
    before, after = (values(outcome(earlier, base.moved(name, v))) for v in (low, high))
    for indicator in earlier.indicators:
        old, new = before[indicator.id], after[indicator.id]
        assert old is not None
        assert new is not None
        if indicator.measure != "count":
            continue
        # Closing is what points_retired counts.
        if each.family in up or indicator.method == "monitor":
            assert new >= old - 1e-9
        else:
            assert new <= old + 1e-9


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_a_combination_adds_up(earlier: Prepared, data: st.DataObject) -> None:
    """For counts, of levers that carry out different things; before anything is clamped."""
    linear = [
        each
        for each in earlier.levers.all.values()
        if each.rows and each.family not in ("projects_stage", "recognise")
    ]
    chosen = data.draw(st.lists(st.sampled_from(linear), min_size=2, max_size=6, unique=True))
    seen: set[int] = set()
    parts = []
    for each in chosen:
        if seen.isdisjoint(each.rows):
            seen.update(each.rows)
            parts.append(scenario({each.id: data.draw(st.floats(each.low, each.high))}))
    whole = scenario({k: v for part in parts for k, v in part.levers})
    tops, bottoms = zip(*(added(earlier, carried(earlier, p)) for p in parts), strict=True)
    top, bottom = added(earlier, carried(earlier, whole))
    assert np.allclose(sum(tops), top)
    assert np.allclose(sum(bottoms), bottom)
    base = values(outcome(earlier))
    together, single = (
        values(outcome(earlier, whole)),
        [values(outcome(earlier, part)) for part in parts],
    )
    for indicator in earlier.indicators:
        old, new = base[indicator.id], together[indicator.id]
        each_alone = [one[indicator.id] for one in single]
        if indicator.measure == "count" and old is not None and new is not None:
            changes = [0.0 if one is None else one - old for one in each_alone]
            if min([new, *(one for one in each_alone if one is not None)]) > 0:
                assert new - old == pytest.approx(sum(changes), abs=1e-6)


def test_arrays_of_draws_agree_with_one_at_a_time(earlier: Prepared) -> None:
    tried = [scenario({"open:新兴:新能源": n, "closures:red": 10 * n}) for n in range(4)]
    pieces = [added(earlier, carried(earlier, each)) for each in tried]
    top, bottom = (np.array(part) for part in zip(*pieces, strict=True))
    many = earlier.at_target(forecasts(earlier, top, bottom))
    for place, each in enumerate(tried):
        assert many[place].tolist() == list(values(outcome(earlier, each)).values())


# ---------------------------------------------------------------- overriding, cost, presets


def test_the_particular_lever_overrides_the_general(ready: Prepared) -> None:
    first = ready.levers.projects.each[0]
    whole = outcome(ready, scenario({"projects": 100}))
    without = outcome(ready, scenario({"projects": 100, f"project:{first.project_id}": 0}))
    assert whole.touched.projects - without.touched.projects == pytest.approx(1)
    assert whole.cost.total - without.cost.total == pytest.approx(first.cost)
    stage = outcome(ready, scenario({"projects": 0, f"projects:{first.stage}": 100}))
    alike = [p for p in ready.levers.projects.each if p.stage == first.stage]
    assert stage.touched.projects == pytest.approx(len(alike))


def test_matching_and_budget_only_cost(ready: Prepared) -> None:
    plain = outcome(ready, scenario({"projects": 100}))
    dearer = outcome(
        ready, scenario({"projects": 100, "matching:省级": 2, f"budget:{ready.day.year}": 0})
    )
    assert values(dearer) == values(plain)
    provincial = [p for p in ready.levers.projects.each if p.rank == "省级"]
    assert dearer.cost.matching - plain.cost.matching == pytest.approx(
        sum(p.superior for p in provincial)
    )
    this_year = next(y for y in dearer.cost.by_year if y.year == ready.day.year)
    assert this_year.over == this_year.cost > 0


def test_what_the_plan_gives_no_unit_cost_for_is_said(ready: Prepared) -> None:
    plan = ready.ground.plan
    free = {name: getattr(plan, name) for name in plan.__struct_fields__}
    free["scenario"] = ScenarioRules()
    ground = replace(ready.ground, version=replace(ready.version, plan=type(plan)(**free)))
    tried = scenario({"open:新兴:新能源": 3, "closures:red": 100})
    found = outcome(replace(ready, ground=ground), tried).cost
    assert (found.opening, found.closing) == (0, 0)
    assert found.not_counted == ("增设专业点", "裁撤专业点")


def test_slipping_only_delays(earlier: Prepared) -> None:
    early, later = (
        outcome(earlier, scenario({"projects": 100, "slip": months})) for months in (0, 6)
    )
    for before, after in zip(early.indicators, later.indicators, strict=True):
        assert after.value is not None
        assert before.value is not None
        assert after.value <= before.value + 1e-9
    assert early.cost.total == pytest.approx(later.cost.total)
    assert values(early) != values(later)


def test_success_moves_every_project(ready: Prepared) -> None:
    never = outcome(ready, scenario({"projects": 100, "success": -100}))
    assert values(never) == values(outcome(ready))


def test_presets_run_on_any_data(ready: Prepared, sample: Prepared) -> None:
    for it in (ready, sample):
        for preset in PRESETS:
            outcome(it, preset.on(it))
    red = next(each for each in PRESETS if each.id == "red")
    assert outcome(ready, red.on(ready)).touched.closed == sum(p.red for p in ready.levers.points)
    assert outcome(sample, red.on(sample)).scenario.levers == ()


# ---------------------------------------------------------------- status, pace, lateness


def test_the_status_is_that_of_the_forecast_on_the_deadline(ready: Prepared) -> None:
    found = {each.id: each for each in outcome(ready, scenario({"groups": 26})).indicators}
    groups = found["key_groups_per_institution"]
    assert (groups.base_status, groups.status) == (MISSED, ACHIEVED)
    assert groups.on == ready.version.plan.deadline
    assert "预测值" in groups.verdict.reason
    assert "已到" not in groups.base_verdict.reason


def test_the_pace_that_would_be_needed(ready: Prepared) -> None:
    results = {each.id: each for each in ready.results}
    assert set(ready.paces) == {
        each.id for each in ready.results if each.gap and each.status not in REACHED
    }
    emerging = ready.paces["points_emerging"]
    assert emerging.required == results["points_emerging"].required_per_quarter
    assert (emerging.best, emerging.best_on) == (23.0, date(2025, 9, 30))
    assert emerging.times == pytest.approx(emerging.required / 23)


def test_after_the_deadline_it_asks_what_is_reached_late(late: Prepared) -> None:
    found = outcome(late)
    assert found.late
    assert late.days[-1] == date(2027, 3, 31)
    status = {each.id: each for each in found.indicators}
    emerging = status["points_emerging"]
    assert emerging.base_status == ACHIEVED_LATE
    assert emerging.result.at_deadline is not None
    assert emerging.result.target is not None
    assert emerging.result.at_deadline < emerging.result.target <= (emerging.base or 0)
    assert status["bachelor_points"].base_status == MISSED
    opened = scenario({"open:职业本科:现代信息技术": 40})
    after = {each.id: each.status for each in outcome(late, opened).indicators}
    assert after["bachelor_points"] == ACHIEVED_LATE
    pace = late.paces["bachelor_points"]
    days = (date(2027, 3, 31) - late.day).days
    assert pace.required == pytest.approx((100 - 64) / (days / 91.3125))


# ---------------------------------------------------------------- data that is not there


def test_data_without_sheets_says_what_is_missing(sample: Prepared) -> None:
    found = {each.id: each for each in outcome(sample).indicators}
    assert found["points_emerging"].status == NO_DATA
    assert "专业点" in found["points_emerging"].absent
    assert "办学条件" in found["secondary_conditions_met"].absent
    assert found["points_emerging"].value is None
    assert {"projects", "closures", "schools", "tracks"} <= set(sample.levers.missing)
    assert "projects" not in sample.levers.all


def test_a_scenario_of_other_data_keeps_what_still_exists(ready: Prepared) -> None:
    tried = scenario({"close:nowhere": 1, "projects": 100, "schools": 10_000}, "old")
    found, changed = kept(ready, tried)
    assert changed == ("close:nowhere", "schools")
    assert found.values == {"projects": 100, "schools": ready.levers.all["schools"].high}
    assert found.version == ready.version_id
    check(ready, found)


# ---------------------------------------------------------------- JSON and the command

BROKEN = {
    "[]": "JSON 对象",
    "{": "第 1 行",
    '{"levers": []}': "levers",
    '{"lever": {}}': "“lever”不认识",
    '{"levers": {"projects": NaN}}': "NaN",
    '{"levers": {"projects": 1e999}}': "“projects”的值不是有限的数",
    '{"levers": {"projects": true}}': "“projects”的值为 true，应为数",
    '{"levers": {"projects": "5"}}': '“projects”的值为 "5"，应为数',
    '{"levers": {"projects": null}}': "“projects”的值为 null，应为数",
    '{"levers": {"slip": 1, "slip": 2}}': "“slip”写了两次",
    '{"as_of": "yesterday"}': "YYYY-MM-DD",
    '{"as_of": 20250930}': "YYYY-MM-DD",
    '{"data_version": 7}': "应为文字",
    "[" * 100_000: "嵌套",
    '{"levers": {"projects": ' + "9" * 5000 + "}}": "情景文件",
}


@pytest.mark.parametrize("text", BROKEN, ids=lambda text: text[:40])
def test_what_is_not_a_scenario(text: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        from_json(text)
    assert BROKEN[text] in str(caught.value)


def test_every_lever_that_does_not_fit_is_named(ready: Prepared) -> None:
    with pytest.raises(ScenarioError) as caught:
        outcome(ready, scenario({"projects": 101, "开新点": 3, "closures:red": -1}))
    text = str(caught.value)
    assert "“projects”（实施项目库全部项目）的值 101 超出范围，应为 0 至 100（%）" in text
    assert "“closures:red”" in text
    assert "“开新点”（值 3）在这份数据中不存在" in text


def test_a_scenario_is_plain() -> None:
    assert from_json("{}") == BASE == Scenario()
    assert to_json(BASE) == "{}"
    whole = scenario({"open:新兴:新能源": 3, "success": -2.5}, "v1", date(2025, 9, 30))
    assert to_json(whole) == (
        '{"levers":{"open:新兴:新能源":3,"success":-2.5},"data_version":"v1","as_of":"2025-09-30"}'
    )
    assert from_json(to_json(whole)) == whole
    assert hash(whole) == hash(from_json(to_json(whole)))
    assert whole.moved("success", None).values == {"open:新兴:新能源": 3}


def run(
    capsys: pytest.CaptureFixture[str], version: OpenVersion, *arguments: str
) -> tuple[list[dict[str, Any]], str]:
    where = ("--database", str(version.path), "--format", "json")
    assert what_if.main([*arguments, *where]) == 0
    said = capsys.readouterr()
    return json.loads(said.out), said.err


def test_the_command(demo: OpenVersion, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    base, _ = run(capsys, demo)
    assert [each["id"] for each in base] == [each.id for each in demo.plan.indicators]
    assert all(tuple(each) == what_if.COLUMNS for each in base)
    file = tmp_path / "it.json"
    file.write_text("\ufeff{}", encoding="utf-8")
    assert run(capsys, demo, str(file))[0] == base
    file.write_text('{"levers": {"projects": 100}, "data_version": "old"}', encoding="utf-8")
    moved, said = run(capsys, demo, str(file))
    assert moved != base
    assert "old" in said
    assert [each["base_forecast"] for each in moved] == [each["base_forecast"] for each in base]
    file.write_text('{"as_of": "2024-05-15"}', encoding="utf-8")
    assert {each["as_of"] for each in run(capsys, demo, str(file))[0]} == {"2024-05-15"}
    newer, _ = run(capsys, demo, str(file), "--as-of", "2025-06-30")
    assert {each["as_of"] for each in newer} == {"2025-06-30"}
    levers, _ = run(capsys, demo, "--levers")
    assert all(tuple(each) == what_if.LEVER_COLUMNS for each in levers)
    assert len({each["id"] for each in levers}) == len(levers) > 100


def test_the_command_refuses_in_chinese(
    demo: OpenVersion, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "it.json"
    for content, words in (
        (b'{"levers": {"projects": 101}}', "超出范围"),
        (b"\xff\xfe", "UTF-8"),
        (None, "找不到"),
    ):
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(SystemExit) as caught:
            what_if.main([str(file), "--database", str(demo.path)])
        assert caught.value.code == 2
        said = capsys.readouterr()
        assert words in said.err
        assert said.out == ""


def test_half_a_character_is_no_lever() -> None:
    with pytest.raises(ScenarioError, match="不是完整的文字") as caught:
        from_json('{"levers":{"\\ud800":1}}')
    assert str(caught.value).encode()
