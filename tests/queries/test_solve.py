"""The fewest actions: against enumeration, within its limits, honest about what cannot be."""

from __future__ import annotations

import csv
import io
import itertools
import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Event, Timer
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from data.load import load_workbook
from queries import scenario as what_if
from queries import solve as solving
from queries.levers import Levers, Projects
from queries.run import OpenVersion, open_file
from queries.scenario import Prepared, prepared
from queries.solve import (
    BUDGET,
    KEPT,
    Limits,
    Progress,
    Request,
    Solution,
    SolveError,
    Stopped,
    _Clock,
    _model,
    _Solver,
    as_object,
    solve,
)
from queries.status import ACHIEVED, NEARLY_ACHIEVED, REACHED
from tests.queries.conftest import random_version

SAMPLE = Path(__file__).parents[1] / "fixtures" / "public-2025"
Numbers = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def ready(demo: OpenVersion) -> Prepared:
    return prepared(demo)


@pytest.fixture(scope="module")
def earlier(demo: OpenVersion) -> Prepared:
    return prepared(demo, date(2024, 11, 15))


@pytest.fixture(scope="module")
def late(demo: OpenVersion) -> Prepared:
    return prepared(demo, date(2026, 3, 31))


def aims(found: Solution) -> dict[str, bool]:
    return {each.id: each.reached for each in found.aims}


# ---------------------------------------------------------------- against enumeration


def small(ready: Prepared, seed: int) -> tuple[Prepared, tuple[str, ...]]:
    """The version with a handful of its actions and base lines a little below three targets."""
    rng = np.random.default_rng(seed)
    levers = ready.levers
    places = {each.id: place for place, each in enumerate(ready.indicators)}
    names = [
        "industry_share",
        *rng.choice(
            ["points_emerging", "bachelor_points", "highlevel_groups_secondary"], 1, replace=False
        ),
        *rng.choice(["brand_points", "key_groups_per_institution", "demo_backbone"], 1),
    ]
    chosen = [places[name] for name in names]

    def useful(row: int) -> bool:
        top = ready.effects.numerator[row][ready.at[chosen], chosen]
        bottom = ready.effects.denominator[row][ready.at[chosen], chosen]
        return bool((top != 0).any() or (bottom != 0).any())

    def some(of: tuple[Any, ...], many: int) -> list[Any]:
        fit = [each for each in of if useful(each.row)]
        picked = rng.permutation(len(fit))[:many]
        return [fit[n] for n in sorted(picked)]

    plan = ready.ground.plan
    costs = replace_struct(plan.scenario, open_cost=float(rng.integers(1, 5)), close_cost=3.0)
    pool = levers.projects
    projects = [pool.each.index(each) for each in some(pool.each, 2)]
    harmful = [p for p in levers.points if ready.effects.numerator[p.row, :, chosen[1]].any()]
    closable = tuple(
        {p.id: p for p in [*some(levers.points, 3), *harmful[: rng.integers(2)]]}.values()
    )
    fewer = Levers(
        levers.all,
        levers.effects,
        Projects(
            tuple(pool.each[n] for n in projects),
            pool.rows[projects],
            pool.indicator[projects],
            pool.amount[projects],
            pool.probability[projects],
            pool.start[:, projects],
            pool.year[:, projects],
        ),
        closable,
        tuple(replace(each, cost=costs.open_cost) for each in some(levers.openings, 3)),
        tuple(some(levers.bringings, 2)),
        levers.missing,
    )
    line = ready.line.copy()
    for place in chosen:
        target = ready.results[place].target or 0.0
        at = ready.at[place]
        scale = 100 / ready.denominator[at, place] if ready.shared[place] else 1.0
        line[:, place] = target - scale * rng.choice([0.25, 0.7, 1.0, 1.6, 2.5])
    ground = replace(ready.ground, line=line)
    changed = replace(ground.version, plan=replace_struct(plan, scenario=costs))
    return replace(ready, ground=replace(ground, version=changed), levers=fewer), tuple(names)


def replace_struct(given: Any, **changes: Any) -> Any:
    import msgspec

    return msgspec.structs.replace(given, **changes)


def enumerated(
    it: Prepared, names: tuple[str, ...], limits: Limits, budget: float | None
) -> tuple[float, int, float]:
    """(relative shortfall, actions, cost) of the best of all combinations, worked out plainly."""
    levers = it.levers
    closing = it.ground.plan.scenario.close_cost or 0.0
    opening = it.ground.plan.scenario.open_cost or 0.0
    things: list[tuple[int, int, float, str, str, str]] = []
    most = limits.openings_per_industry
    assert most is not None
    things += [(p.row, 1, p.cost, "p", p.institution_id, p.district) for p in levers.projects.each]
    things += [(o.row, most, opening, "o", "", "") for o in levers.openings]
    things += [(c.row, 1, closing, "c", c.institution_id, c.district) for c in levers.points]
    things += [(b.row, 1, b.cost or 0.0, "b", "", "") for b in levers.bringings]
    rows = [each[0] for each in things]
    combos = np.array(list(itertools.product(*(range(each[1] + 1) for each in things))), float)
    fits = np.ones(len(combos), bool)
    cost = combos @ np.array([each[2] for each in things])
    if budget is not None:
        fits &= cost <= budget + 1e-9
    for kind, part, limit in (
        ("p", 4, limits.projects_per_institution),
        ("p", 5, limits.projects_per_district),
        ("c", 4, limits.closures_per_institution),
        ("c", 5, limits.closures_per_district),
    ):
        for group in {each[part] for each in things if each[3] == kind and limit is not None}:
            mine = [n for n, each in enumerate(things) if each[3] == kind and each[part] == group]
            fits &= combos[:, mine].sum(1) <= limit
    lacking = np.zeros(len(combos))
    for place, (indicator, result) in enumerate(zip(it.indicators, it.results, strict=True)):
        at, target = it.at[place], result.target
        line, base = it.line[at, place], it.denominator[at, place]
        if target is None or np.isnan(line):
            continue
        top = combos @ it.effects.numerator[rows, at, place]
        bottom = combos @ it.effects.denominator[rows, at, place]
        value = np.round(line + top, 9)
        unit = 1.0
        missing = target - line - top
        if it.shared[place]:
            value = np.minimum(np.round(100 * (line / 100 * base + top) / (base + bottom), 9), 100)
            missing = (target - line) * base - (100 * top - target * bottom)
            unit = base
        if indicator.id in names:
            lacking += np.where(value >= target, 0, np.maximum(missing / (unit * target), 0))
        else:
            nearly = (1 - indicator.tolerance) * target if indicator.comparison == "about" else None
            for bound in (target, nearly):
                if bound is not None and min(line, 100 if it.shared[place] else line) >= bound:
                    fits &= value >= bound
                    break
    least = min(lacking[fits])
    fits &= lacking <= least + 1e-9
    count = combos.sum(1)
    fewest = min(count[fits])
    fits &= count == fewest
    return float(least), int(fewest), float(min(cost[fits]))


@pytest.mark.parametrize("seed", range(24))
def test_enumeration_of_all_combinations_agrees(ready: Prepared, seed: int) -> None:
    it, names = small(ready, seed)
    rng = np.random.default_rng(1000 + seed)
    some, none = (None, 1), (None, 1, 0)
    limits = Limits(
        projects_per_institution=some[rng.integers(2)],
        projects_per_district=some[rng.integers(2)],
        closures_per_institution=none[rng.integers(3)],
        closures_per_district=some[rng.integers(2)],
        openings_per_industry=int(rng.integers(1, 3)),
    )
    budget = None if seed % 3 == 0 else float(rng.integers(0, 40) * 5)
    found = solve(it, Request(names, budget, limits))
    least, fewest, cost = enumerated(it, names, limits, budget)
    assert found.optimal
    assert found.shortfall_proof.value == pytest.approx(least, abs=1e-8)
    assert found.feasible == (least < 1e-9)
    assert found.count == fewest
    assert found.cost == pytest.approx(cost)
    assert len(found.conflicts) == sum(not reached for reached in aims(found).values())


def test_the_small_cases_are_of_both_kinds(ready: Prepared) -> None:
    kinds = Counter(
        enumerated(*small(ready, seed), Limits(openings_per_industry=2), None)[0] < 1e-9
        for seed in range(12)
    )
    assert min(kinds[True], kinds[False]) >= 3


# ---------------------------------------------------------------- what is promised


def test_reaches_what_was_asked_for_and_loses_nothing(ready: Prepared) -> None:
    names = ("points_emerging", "bachelor_points", "key_groups_per_institution")
    found = solve(ready, Request(names))
    assert found.feasible
    assert found.optimal
    assert aims(found) == dict.fromkeys(names, True)
    assert {each.expected.status for each in found.aims} == {ACHIEVED}
    base = what_if.outcome(ready)
    for before, after in zip(base.indicators, found.outcome.indicators, strict=True):
        assert before.base_status not in REACHED or after.status in REACHED
    assert found.outcome == what_if.outcome(ready, found.scenario)
    assert found.cost == pytest.approx(sum(each.cost or 0 for each in found.spent))
    assert found.count == sum(each.count for each in found.spent)


def test_one_action_fewer_would_not_do(ready: Prepared) -> None:
    found = solve(ready, Request(("points_emerging",)))
    assert found.feasible
    for name, value in found.scenario.levers:
        less = found.scenario.moved(name, value - 1)
        after = {each.id: each.status for each in what_if.outcome(ready, less).indicators}
        assert after["points_emerging"] != ACHIEVED


def test_what_actions_serve_adds_up_to_the_change(earlier: Prepared) -> None:
    found = solve(earlier, Request(("industry_share", "points_emerging", "brand_points")))
    assert found.actions
    for aim in found.aims:
        added = sum(
            one.amount for each in found.actions for one in each.serves if one.indicator == aim.id
        )
        assert aim.expected.change == pytest.approx(added)
    assert all(each.serves and each.reason for each in found.actions)


def test_nothing_to_do_for_what_is_reached_anyway(ready: Prepared) -> None:
    found = solve(ready, Request(("points_future",)))
    assert (found.feasible, found.count, found.cost) == (True, 0, 0)
    assert found.scenario.levers == ()
    assert "无需另加举措" in found.finding


def test_nearly_achieved_suffices_only_when_asked(ready: Prepared) -> None:
    name = "points_distinctive"
    base = {each.id: each.base_status for each in what_if.outcome(ready).indicators}
    assert base[name] == NEARLY_ACHIEVED
    assert solve(ready, Request((name,), nearly=True)).count == 0
    strictly = solve(ready, Request((name,)))
    assert strictly.count > 0
    assert strictly.aims[0].expected.status == ACHIEVED


# ---------------------------------------------------------------- limits and budget


def test_limits_and_budget_are_kept(earlier: Prepared) -> None:
    limits = Limits(1, 4, 1, 3, 2, 1, 5)
    found = solve(earlier, Request(None, 900.0, limits))
    assert found.cost <= 900.0
    assert found.actions
    levers = earlier.levers
    projects = {f"project:{each.project_id}": each for each in levers.projects.each}
    points = {f"close:{each.id}": each for each in levers.points}
    openings = {each.id: each for each in levers.openings}
    counts: Counter[tuple[str, Any]] = Counter()
    for name, value in found.scenario.levers:
        if thing := projects.get(name) or points.get(name):
            kind = name.partition(":")[0]
            counts[f"{kind} at", thing.institution_id] += 1
            counts[f"{kind} in", thing.district] += 1
        elif opening := openings.get(name):
            counts["open", name] += int(value)
            counts["quarter", opening.start] += int(value)
    most = {"project at": 1, "project in": 4, "close at": 1, "close in": 3, "open": 2}
    quarter = 5 * len({each.district for each in earlier.version.institutions})
    for (kind, _), count in counts.items():
        assert count <= most.get(kind, quarter)


def test_the_defaults_are_the_plan_s(ready: Prepared) -> None:
    rules = ready.ground.plan.solve
    assert solve(ready, Request(("points_future",))).limits == Limits.of(rules)
    assert rules.provenance == "本系统默认，可调整"


@pytest.mark.parametrize(
    ("request_", "limit"),
    [
        (Request(("points_emerging",), 100.0), BUDGET),
        (
            Request(("points_emerging",), limits=Limits(openings_per_industry=1)),
            "openings_per_industry",
        ),
        (
            Request(("points_emerging",), limits=Limits(openings_per_district=2)),
            "openings_per_district",
        ),
        (
            Request(("brand_points",), limits=Limits(projects_per_district=0)),
            "projects_per_district",
        ),
    ],
)
def test_what_cannot_be_names_the_limit(ready: Prepared, request_: Request, limit: str) -> None:
    found = solve(ready, request_)
    assert not found.feasible
    assert found.explained
    (conflict,) = found.conflicts
    assert [each.limit for each in conflict.reliefs] == [limit]
    assert conflict.reliefs[0].words in conflict.reason
    assert conflict.value == found.aims[0].expected.value
    assert conflict.value < conflict.reliefs[0].value <= conflict.threshold
    assert not conflict.alone


def test_targets_that_fight_over_the_budget_are_told_apart(ready: Prepared) -> None:
    names = ("points_emerging", "bachelor_points")
    found = solve(ready, Request(names, 1000.0))
    assert found.conflicts
    for each in found.conflicts:
        assert each.alone
        assert [one.limit for one in each.reliefs] == [BUDGET]
        assert "单独求它可以达到" in each.reason


def test_several_limits_at_once(ready: Prepared) -> None:
    limits = Limits(projects_per_district=0, openings_per_industry=1, openings_per_district=0)
    (conflict,) = solve(ready, Request(("points_emerging",), 0.0, limits)).conflicts
    assert conflict.reliefs == ()
    assert "须同时放宽" in conflict.reason
    assert conflict.available > conflict.threshold


def test_nothing_in_the_data_helps(ready: Prepared) -> None:
    (conflict,) = solve(ready, Request(("demo_emerging",))).conflicts
    assert "没有能提高它的举措" in conflict.reason
    assert conflict.value == conflict.available


def test_no_budget_at_all(ready: Prepared) -> None:
    found = solve(ready, Request(("points_emerging", "points_future"), 0.0))
    assert found.finding == "2 项目标中 1 项达不到，限制内没有能缩小差距的举措"


def test_assumptions_are_no_actions(ready: Prepared) -> None:
    (conflict,) = solve(ready, Request(("bachelor_enrolment_ratio",))).conflicts
    assert conflict.available < conflict.threshold
    assert "职业本科招生年增长" in conflict.reason


def test_a_target_not_asked_for_may_stand_in_the_way(ready: Prepared) -> None:
    """Closing a point that carries a title would lose a target just reached."""
    place = next(
        n for n, each in enumerate(ready.indicators) if each.id == "highlevel_groups_secondary"
    )
    at = ready.at[place]
    titled = [p for p in ready.levers.points if ready.effects.numerator[p.row, at, place] < 0]
    share = next(n for n, each in enumerate(ready.indicators) if each.id == "industry_share")
    line = ready.line.copy()
    line[:, place] = ready.results[place].target or 0
    line[:, share] = 70 - 0.5 * 100 / ready.denominator[at, share]
    levers = replace(ready.levers, points=tuple(titled), openings=(), bringings=())
    it = replace(ready, ground=replace(ready.ground, line=line), levers=levers)
    nothing = Limits(projects_per_district=0)
    (conflict,) = solve(it, Request(("industry_share",), limits=nothing)).conflicts
    assert KEPT in [each.limit for each in conflict.reliefs]


def test_indicators_without_a_base_line_are_listed(tmp_path: Path) -> None:
    it = prepared(open_file(load_workbook(SAMPLE, tmp_path / "sample.duckdb").version.path))
    found = solve(it)
    known = {each.id for each in what_if.outcome(it).indicators if each.base is not None}
    assert found.unsolvable
    assert all(each.indicator not in known and each.reason for each in found.unsolvable)
    assert {each.id for each in found.aims} <= known


# ---------------------------------------------------------------- time, lateness, sameness


def test_out_of_time_says_so(ready: Prepared) -> None:
    found = solve(ready, Request(time_limit=0))
    assert not found.optimal
    assert found.shortfall_proof.gap == 1
    assert not found.explained
    assert "已到时限" in found.proof
    assert found.count == 0


def test_stopped_early_it_gives_the_best_so_far_and_its_gap(
    earlier: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock stands still for no test: a solver that stops at half of the actions instead."""
    complete = _Solver._highs

    def stopped(self: _Solver, aim: Numbers, most: Numbers, *given: Any) -> Any:
        best, _, _ = complete(self, aim, most, *given)
        found, _, _ = complete(self, aim, np.floor(most / 2), *given)
        assert best is not None
        return found, 0.9 * float(aim @ best), False

    monkeypatch.setattr(_Solver, "_highs", stopped)
    request = Request(None, 700.0)
    found = solve(earlier, request)
    monkeypatch.undo()
    best = solve(earlier, request)
    assert best.optimal
    assert not found.optimal
    assert found.actions
    assert found.cost <= 700
    assert "差距不超过" in found.proof
    proof = found.shortfall_proof
    assert 0 <= proof.bound <= best.shortfall_proof.value + 1e-9 <= proof.value + 2e-9
    assert 0 <= proof.gap <= 1


def test_nasty_workbooks_are_answered(tmp_path_factory: pytest.TempPathFactory) -> None:
    version = random_version(2, tmp_path_factory)
    for day in (date(2023, 10, 19), date(2026, 1, 1)):
        it = prepared(version, day)
        found = solve(it, Request(budget=500.0))
        assert found.optimal
        assert found.outcome == what_if.outcome(it, found.scenario)
        assert len(found.conflicts) == sum(not each.reached for each in found.aims)
        assert json.dumps(as_object(it, found), allow_nan=False)


def test_progress_is_told_step_by_step(ready: Prepared) -> None:
    steps: list[Progress] = []
    solve(ready, Request(("points_emerging",)), steps.append)
    assert [each.step for each in steps] == [1, 2, 3, 4, 5]
    assert all(each.words for each in steps)


def test_told_to_stop_it_ends_between_steps(ready: Prepared) -> None:
    stop = Event()
    steps: list[int] = []

    def told(progress: Progress) -> None:
        steps.append(progress.step)
        if progress.step == 3:
            stop.set()

    with pytest.raises(Stopped):
        solve(ready, Request(), told, stop)
    assert steps == [1, 2, 3]


def test_told_to_stop_it_ends_in_the_middle_of_a_step(ready: Prepared) -> None:
    """A knapsack of forty rows that takes the solver minutes."""
    stop = Event()
    draw = np.random.default_rng(1)
    weights = draw.integers(1, 60, (40, 200)).astype(np.float64)
    rows = [(row, -np.inf, row.sum() // 2) for row in weights]
    aim = -draw.integers(1, 60, 200).astype(np.float64)
    model = _model(ready, (), Limits(), None, {})
    solver = _Solver(model, _Clock(time.monotonic() + 60), stop)
    ones = np.ones(200)
    Timer(0.2, stop.set).start()
    with pytest.raises(Stopped):
        solver._highs(aim, ones, ones > 0, rows, None)


def test_after_the_deadline_it_works_towards_reaching_late(late: Prepared) -> None:
    found = solve(late, Request(("bachelor_points", "points_traditional")))
    assert found.feasible
    assert "逾期" in found.finding
    assert {each.expected.status for each in found.aims} <= set(REACHED)
    assert found.aims[0].expected.on > late.ground.plan.deadline


def test_the_same_twice(earlier: Prepared) -> None:
    request = Request(None, 5000.0)
    once, again = (as_object(earlier, solve(earlier, request)) for _ in range(2))
    assert once == again


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request(("nothing",)), "指标“nothing”不存在"),
        (Request(("points_retired",)), "没有数字目标"),
        (Request(()), "没有选目标"),
        (Request(budget=-1.0), "预算为 -1 万元"),
        (Request(budget=float("nan")), "预算为 nan 万元"),
        (Request(time_limit=-1.0), "时限"),
        (Request(limits=Limits(closures_per_district=-1)), "每个区县最多裁撤专业点"),
    ],
)
def test_requests_that_make_no_sense(ready: Prepared, request_: Request, message: str) -> None:
    with pytest.raises(SolveError, match=message):
        solve(ready, request_)


# ---------------------------------------------------------------- the command


def test_what_is_promised_is_what_the_scenario_command_prints(
    demo: OpenVersion, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = ["--database", str(demo.path), "--format", "json"]
    asked = [
        "--as-of",
        "2024-11-15",
        "--targets",
        "industry_share，brand_points",
        "--budget",
        "2e3",
    ]
    assert solving.main([*database, *asked]) == 0
    promised = json.loads(capsys.readouterr().out)
    assert promised["actions"]
    file = tmp_path / "best.json"
    file.write_text(json.dumps(promised["scenario"]), encoding="utf-8")
    assert what_if.main([str(file), *database]) == 0
    printed = {each["id"]: each for each in json.loads(capsys.readouterr().out)}
    assert [each["id"] for each in promised["targets"]] == ["industry_share", "brand_points"]
    for each in promised["targets"]:
        assert each["value"] == printed[each["id"]]["scenario_forecast"]
        assert each["base"] == printed[each["id"]]["base_forecast"]
        assert each["status"] == printed[each["id"]]["scenario_status"]


def test_standard_output_is_the_answer_alone(demo: OpenVersion) -> None:
    """With this budget HiGHS itself prints lines from its C++."""
    asked = ["--database", str(demo.path), "--budget", "1500", "--format", "json"]
    found = subprocess.run(
        [sys.executable, "-m", "queries.solve", *asked],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert json.loads(found.stdout)["budget"] == 1500
    assert found.stderr == ""


def test_formats(demo: OpenVersion, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--database", str(demo.path), "--targets", "points_emerging,demo_emerging"]
    assert solving.main([*asked, "--limit", "openings_per_industry=none"]) == 0
    table = capsys.readouterr().out
    for words in ("不能全部达到", "增设专业点", "达不到：省级示范性新兴专业点", "情景（存为文件"):
        assert words in table
    assert solving.main([*asked, "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {each["kind"] for each in rows} == {"增设专业点"}
    assert sum(int(each["count"]) for each in rows) == 36


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--targets", "nothing"], "指标“nothing”不存在"),
        (["--targets", "，"], "不能为空"),
        (["--budget", "-5"], "应为不小于 0 的数"),
        (["--budget", "many"], "“many”不是数"),
        (["--limit", "colour=1"], "“colour”不是限制"),
        (["--limit", "closures_per_district=x"], "应写作"),
    ],
)
def test_mistakes_are_told_in_chinese(
    demo: OpenVersion,
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as left:
        solving.main(["--database", str(demo.path), *arguments])
    assert left.value.code == 2
    assert message in capsys.readouterr().err
