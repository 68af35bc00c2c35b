"""What would happen if: a small value of levers in, every indicator at the deadline out.

A forecast under a scenario is the base line at a date plus what the levers add by then, held within
what the indicator can be (never below 0, a share never above 100). The base line is the one of
``queries.forecast``. For a share of n in d the base line is that of the share, s; d follows the
least-squares line of its own values, so that n = s × d, and levers add to n and d:

    (n + Δn) / (d + Δd) = s + (Δn − s × Δd) / (d + Δd)

which without any lever is s itself, to the last bit. ``prepared`` does what depends on the data and
the day alone; ``outcome`` is a few array sums. Nothing here keeps state.

From the deadline on the question is what would still be reached late: the base line goes on to the
plan's horizon, and the status there is that of a value after the deadline.

``python -m queries.scenario [FILE.json]`` prints it, ``--levers`` what can be moved.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from math import isfinite
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from data import command
from data.contract import FIRST_DATE, LAST_DATE, SHEETS
from data.plan import Indicator
from queries import output, status
from queries import rows as dated
from queries.evaluate import Result, Scope, chosen_rows, evaluate, has_data, trend
from queries.forecast import Fit, fit
from queries.levers import FAMILIES, Effects, Ground, Lever, Levers, Numbers, derive
from queries.run import OpenVersion
from queries.schedule import quarter_ends, quarter_ends_after
from queries.status import WORDS, Facts, Verdict, judge, number

MOST_LEVERS = 5000
MOST_BYTES = 1_000_000
_CITY = Scope()


class ScenarioError(output.RequestError):
    """A scenario that cannot be read or does not fit the data; a line a fault, in Chinese."""


# ---------------------------------------------------------------- the value


@dataclass(frozen=True)
class Scenario:
    """Levers moved away from today, and what they were worked out on. Without any it is the base.

    levers: (id, value) in the order of ids. version: id of the data version, empty if not said;
    as_of: None if not said.
    """

    levers: tuple[tuple[str, float], ...] = ()
    version: str = ""
    as_of: date | None = None

    @property
    def values(self) -> dict[str, float]:
        return dict(self.levers)

    def moved(self, lever: str, value: float | None) -> Scenario:
        """The scenario with a lever at a value, or left alone with None."""
        values = self.values
        values.pop(lever, None)
        if value is not None:
            values[lever] = float(value)
        return replace(self, levers=tuple(sorted(values.items())))


BASE = Scenario()


def scenario(levers: Mapping[str, float], version: str = "", as_of: date | None = None) -> Scenario:
    """A scenario of these levers."""
    return Scenario(tuple(sorted((k, float(v)) for k, v in levers.items())), version, as_of)


def as_object(given: Scenario) -> dict[str, Any]:
    """What its JSON holds; ``{}`` for the base on no particular data."""
    found: dict[str, Any] = {}
    if given.levers:
        found["levers"] = {
            name: int(value) if value.is_integer() else value for name, value in given.levers
        }
    if given.version:
        found["data_version"] = given.version
    if given.as_of is not None:
        found["as_of"] = given.as_of.isoformat()
    return found


def to_json(given: Scenario) -> str:
    """Its JSON, small enough to read and to keep in an address; ``from_json`` gives it back."""
    return json.dumps(as_object(given), ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Scenario:
    """The scenario of a JSON text. Raises ScenarioError for what is not one; whether its levers
    exist and are within range is for ``check`` to say."""
    try:
        found = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_once)
    except RecursionError:
        raise ScenarioError('情景文件嵌套过深，应为 {"levers": {…}}') from None
    except json.JSONDecodeError as error:
        raise ScenarioError(
            f"情景文件不是有效的 JSON：第 {error.lineno} 行第 {error.colno} 列写法有误"
        ) from None
    except ValueError:
        raise ScenarioError("情景文件中有位数过多的数，应为有限的数") from None
    return from_object(found)


def _no_constant(name: str) -> float:
    raise ScenarioError(f"情景文件中的 {name} 不是数，应填有限的数")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ScenarioError(f"情景文件中的“{key}”写了两次")
        found[key] = value
    return found


def from_object(found: Any) -> Scenario:
    """As ``from_json``, of what JSON holds."""
    if not isinstance(found, dict):
        raise ScenarioError('情景应为 JSON 对象，如 {"levers": {"projects": 100}}')
    faults = [
        f"情景中的“{key}”不认识，可用：levers、data_version、as_of"
        for key in found
        if key not in ("levers", "data_version", "as_of")
    ]
    levers = found.get("levers", {})
    if not isinstance(levers, dict):
        faults.append("情景中的 levers 应为“杠杆编号: 数值”的对象")
        levers = {}
    if len(levers) > MOST_LEVERS:
        raise ScenarioError(f"情景中的杠杆有 {len(levers)} 个，最多 {MOST_LEVERS} 个")
    values: dict[str, float] = {}
    for name, value in levers.items():
        number_, fault = _number(name, value)
        values[name] = number_
        faults += [fault] if fault else []
    version = found.get("data_version", "")
    if not isinstance(version, str):
        faults.append(f"情景中的 data_version 为 {_shown(version)}，应为文字")
    as_of = None
    if "as_of" in found:
        as_of = _date(found["as_of"])
        if as_of is None:
            faults.append(f"情景中的 as_of 为 {_shown(found['as_of'])}，应为 YYYY-MM-DD 的日期")
    if faults:
        raise ScenarioError("\n".join(faults))
    return scenario(values, version, as_of)


def _date(value: Any) -> date | None:
    try:
        found = date.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if FIRST_DATE <= found <= LAST_DATE else None


def _number(name: str, value: Any) -> tuple[float, str]:
    if any("\ud800" <= c <= "\udfff" for c in name):
        # Half a character, as JSON can write it, fits no message and no file.
        return 0.0, f"杠杆“{name.encode('ascii', 'replace').decode()}”的编号不是完整的文字"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0, f"杠杆“{name}”的值为 {_shown(value)}，应为数"
    try:
        found = float(value)
    except OverflowError:
        found = float("inf")
    if not isfinite(found):
        return 0.0, f"杠杆“{name}”的值不是有限的数，应为有限的数"
    return found, ""


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else text[:40] + "…"


# ---------------------------------------------------------------- what depends on the data alone


@dataclass(frozen=True)
class Pace:
    """What an indicator not reached needs a quarter, beside the best quarter so far.

    required: per quarter from the day to the deadline (after it, to the horizon), in its unit.
    best: the largest rise between quarter-ends in a row since the issue, with the quarter's end;
    None without two of them.
    """

    indicator: str
    required: float
    best: float | None
    best_on: date | None

    @property
    def times(self) -> float | None:
        """The required pace as a multiple of the best quarter; None where there was no rise."""
        return None if self.best is None or self.best <= 0 else self.required / self.best


@dataclass(frozen=True, eq=False)
class Prepared:
    """A version on a day, ready for any number of scenarios.

    days: the quarter-ends ahead and every target day, ascending. at: the place in it of each
    indicator's target day (its deadline, or the horizon where ``late``). line, denominator: as in
    Ground. percentage: held at 100; shared: levers add to numerator and denominator. absent: why
    an indicator has no base line, empty text if it has.
    """

    ground: Ground
    late: npt.NDArray[np.bool_]
    percentage: npt.NDArray[np.bool_]
    shared: npt.NDArray[np.bool_]
    absent: tuple[str, ...]
    levers: Levers
    paces: MappingProxyType[str, Pace]

    @property
    def version(self) -> OpenVersion:
        return self.ground.version

    @property
    def version_id(self) -> str:
        """What a scenario names the data by."""
        return data_id(self.version)

    @property
    def day(self) -> date:
        return self.ground.day

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        return self.ground.plan.indicators

    @property
    def results(self) -> tuple[Result, ...]:
        """Every indicator on the day."""
        return self.ground.results

    @property
    def days(self) -> tuple[date, ...]:
        return self.ground.days

    @property
    def at(self) -> npt.NDArray[np.int64]:
        return self.ground.at

    @property
    def line(self) -> Numbers:
        return self.ground.line

    @property
    def denominator(self) -> Numbers:
        return self.ground.denominator

    @property
    def effects(self) -> Effects:
        return self.levers.effects

    def at_target(self, found: Numbers) -> Numbers:
        """Of an array (…, days, indicators): each indicator on its target day, (…, indicators)."""
        return found[..., self.at, np.arange(len(self.at))]


def data_id(version: OpenVersion) -> str:
    """The name of a data version that survives copying its file."""
    return version.path.stem


def prepared(version: OpenVersion, as_of: date | None = None) -> Prepared:
    """What every scenario on a day needs; about half a second for a city's data."""
    plan = version.plan
    day = as_of or version.as_of
    results = tuple(evaluate(version, day))
    horizon = _quarter_after(day, plan.scenario.late_quarters)
    late = np.array([day >= each.deadline for each in plan.indicators], np.bool_)
    targets = [
        horizon if past else each.deadline for past, each in zip(late, plan.indicators, strict=True)
    ]
    ahead = quarter_ends_after(max(day, plan.issued_on), max(targets))
    days = tuple(sorted({*ahead, *targets}))
    at = np.array([days.index(each) for each in targets], np.int64)
    quarters = quarter_ends(day, plan.status.forecast_points)
    line = np.full((len(days), len(targets)), np.nan)
    denominator = np.full(line.shape, np.nan)
    absent = []
    for place, (indicator, result) in enumerate(zip(plan.indicators, results, strict=True)):
        found = fit(quarters, trend(version, indicator, quarters))
        absent.append(_absence(version, indicator, result, found))
        if found is not None:
            line[:, place] = [found.at(each) for each in days]
        if indicator.measure != "count":
            denominator[:, place] = _base(version, indicator, result, quarters, days)
    ground = Ground(version, day, results, days, at, line, denominator)
    return Prepared(
        ground,
        late,
        np.array([each.unit == "%" for each in plan.indicators], np.bool_),
        np.array([each.measure != "count" for each in plan.indicators], np.bool_),
        tuple(absent),
        derive(ground),
        MappingProxyType(_paces(ground, late, targets)),
    )


def _quarter_after(day: date, count: int) -> date:
    """The count-th quarter-end after the day."""
    last = date(day.year + count // 4 + 1, 12, 31)
    return quarter_ends_after(day, last)[count - 1]


def _absence(version: OpenVersion, indicator: Indicator, result: Result, found: Fit | None) -> str:
    if found is not None:
        return ""
    if not has_data(version, indicator):
        titles = {each.table: each.title for each in SHEETS}
        needed = [need.partition(".")[0] for need in indicator.needs if need not in version.filled]
        words = "、".join(dict.fromkeys(f"“{titles.get(each, each)}”" for each in needed))
        return f"无数据：请填写{words}"
    if result.actual is None:
        return "无数据：现状值无法计算"
    points = version.plan.status.forecast_points
    return f"近 {points} 个季度末中有的无数据，不作预测"


def _base(
    version: OpenVersion,
    indicator: Indicator,
    result: Result,
    quarters: tuple[date, ...],
    days: tuple[date, ...],
) -> list[float]:
    """What a share is of on the days ahead: its own line; today's where that is nil."""
    rows = chosen_rows(version, indicator, _CITY)
    _, found = dated.numerator_and_denominator(rows, indicator.measure, dated.ordinals(quarters))
    own = None if found is None else fit(quarters, [float(each) for each in found])
    today = result.denominator or 0.0
    values = [today if own is None else own.at(each) for each in days]
    return [each if each > 0 else today for each in values]


def _paces(ground: Ground, late: npt.NDArray[np.bool_], targets: list[date]) -> dict[str, Pace]:
    plan, day = ground.plan, ground.day
    ends = quarter_ends_after(plan.issued_on, day)
    found = {}
    for place, result in enumerate(ground.results):
        if not result.gap or result.target is None or result.status in status.REACHED:
            continue
        quarters = (targets[place] - day).days / plan.status.quarter_days
        values = trend(ground.version, result.indicator, ends) if ends else []
        rises = [
            (after - before, when)
            for before, after, when in zip(values, values[1:], ends[1:], strict=False)
            if before is not None and after is not None
        ]
        best, best_on = max(rises, key=lambda each: each[0], default=(None, None))
        required = result.required_per_quarter
        if required is None or late[place]:
            required = result.gap / quarters
        found[result.id] = Pace(result.id, required, best, best_on)
    return found


# ---------------------------------------------------------------- checking


def lever(ready: Prepared, name: str) -> Lever | None:
    """The lever of that id."""
    return ready.levers.all.get(name)


def check(ready: Prepared, given: Scenario) -> None:
    """Raises ScenarioError naming every lever that does not exist or is out of range."""
    faults = []
    for name, value in given.levers:
        found = lever(ready, name)
        if found is None:
            faults.append(
                f"杠杆“{name}”（值 {value:g}）在这份数据中不存在，"
                "可用的见 python -m queries.scenario --levers"
            )
        elif not isfinite(value) or not found.low <= value <= found.high:
            faults.append(
                f"杠杆“{name}”（{found.name}）的值 {value:g} 超出范围，"
                f"应为 {found.low:g} 至 {found.high:g}（{found.unit}）"
            )
    if faults:
        raise ScenarioError("\n".join(faults))


def kept(ready: Prepared, given: Scenario) -> tuple[Scenario, tuple[str, ...]]:
    """A scenario of other data on these: the levers that still exist, within today's range, and the
    ids of those left out or moved."""
    values: dict[str, float] = {}
    changed = []
    for name, value in given.levers:
        found = lever(ready, name)
        if found is None or not isfinite(value):
            changed.append(name)
            continue
        values[name] = min(max(value, found.low), found.high)
        if values[name] != value:
            changed.append(name)
    return scenario(values, ready.version_id, ready.day), tuple(changed)


# ---------------------------------------------------------------- what comes out


@dataclass(frozen=True)
class Expected:
    """An indicator under a scenario beside the base; values in its unit, None where not defined.

    on: the day judged, its deadline, or the horizon where ``late``. base_path and path: the values
    on the days ahead up to it. absent: why there is no value, in words.
    """

    result: Result
    on: date
    late: bool
    base: float | None
    value: float | None
    base_verdict: Verdict
    verdict: Verdict
    base_path: tuple[float | None, ...]
    path: tuple[float | None, ...]
    absent: str

    @property
    def id(self) -> str:
        return self.result.id

    @property
    def indicator(self) -> Indicator:
        return self.result.indicator

    @property
    def change(self) -> float | None:
        if self.base is None or self.value is None:
            return None
        return self.value - self.base

    @property
    def base_status(self) -> str:
        return self.base_verdict.status

    @property
    def status(self) -> str:
        return self.verdict.status


@dataclass(frozen=True)
class YearCost:
    """City money of a year in 万元; budget None: the plan names none."""

    year: int
    cost: float
    budget: float | None

    @property
    def over(self) -> float:
        """How much it is beyond the budget; a year without one has nothing to exceed."""
        return 0.0 if self.budget is None else max(self.cost - self.budget, 0.0)


@dataclass(frozen=True)
class Cost:
    """City money of a scenario in 万元: matching owed for superior money, seed funds, and by the
    plan's unit costs points opened and closed and institutions brought up. arranged: city money
    already named for the matched projects, part of matching. not_counted: what has no unit cost."""

    matching: float
    seed: float
    opening: float
    closing: float
    bringing: float
    arranged: float
    by_year: tuple[YearCost, ...]
    not_counted: tuple[str, ...]

    @property
    def total(self) -> float:
        return self.matching + self.seed + self.opening + self.closing + self.bringing


@dataclass(frozen=True)
class Touched:
    """What a scenario touches by the last day ahead, as expected numbers: points opened and closed,
    students of those closed (unreported: closed points that report none), projects, institutions
    brought up."""

    opened: float
    closed: float
    students: float
    unreported: float
    projects: float
    institutions: float

    @property
    def points(self) -> float:
        return self.opened + self.closed


@dataclass(frozen=True)
class Outcome:
    """What comes of a scenario."""

    scenario: Scenario
    day: date
    days: tuple[date, ...]
    indicators: tuple[Expected, ...]
    cost: Cost
    touched: Touched

    @property
    def late(self) -> bool:
        """Whether the question is what would be reached late, for every indicator."""
        return all(each.late for each in self.indicators)

    @property
    def base_counts(self) -> dict[str, int]:
        return _counts(each.base_status for each in self.indicators)

    @property
    def counts(self) -> dict[str, int]:
        """Indicators per status, in screen order."""
        return _counts(each.status for each in self.indicators)


def _counts(found: Iterable[str]) -> dict[str, int]:
    tally = Counter(found)
    return {name: tally[name] for name in WORDS if tally[name]}


@dataclass(frozen=True, eq=False)
class Carried:
    """How far each row of Effects is carried out, and the projects' own terms.

    weights: shape (rows,), projects included: how much of each project is undertaken. probability,
    slip: shape (projects,). ratio: rank -> city money per unit of superior money. budget: by year.
    """

    weights: Numbers
    probability: Numbers
    slip: npt.NDArray[np.int64]
    ratio: dict[str, float]
    budget: dict[int, float]


def carried(ready: Prepared, given: Scenario) -> Carried:
    """What the levers mean for the single rows; the more particular lever overrides."""
    pool = ready.levers.projects
    plan = ready.ground.plan
    weights = np.zeros(len(ready.effects.ids))
    certain = np.zeros(len(weights), np.bool_)
    ratio = {each.rank: each.ratio for each in plan.matching}
    budget = {each.year: each.amount for each in plan.budget.years if each.year >= ready.day.year}
    slip = np.zeros(len(pool.each), np.int64)
    added = 0.0
    moved = [(lever(ready, name), value) for name, value in given.levers]
    known = [(found, value) for found, value in moved if found is not None]
    for found, value in sorted(known, key=lambda each: _ORDER[each[0].family]):
        part = found.id.partition(":")[2]
        if found.adds:
            weights[list(found.rows)] += (value - found.today) / found.scale
        elif found.rows:
            rows = list(found.rows)
            weights[rows] = value / found.scale
            certain[rows] = found.family == "recognise"
        elif found.family == "success":
            added = value / 100
        elif found.family == "slip":
            slip[:] = round(value)
        elif found.family == "slip_stage":
            slip[[n for n, p in enumerate(pool.each) if p.stage == part]] = round(value)
        elif found.family == "slip_project":
            slip[[n for n, p in enumerate(pool.each) if p.project_id == part]] = round(value)
        elif found.family == "matching":
            ratio[part] = value
        elif found.family == "budget":
            budget[int(part)] = value
    chance = np.clip(pool.probability + added, 0.0, 1.0)
    if len(pool.rows):
        chance = np.where(certain[pool.rows], 1.0, chance)
    return Carried(weights, chance, slip, ratio, budget)


_ORDER = {family: place for place, family in enumerate(FAMILIES)}


def added(ready: Prepared, done: Carried) -> tuple[Numbers, Numbers]:
    """What it all adds to numerator and denominator, shapes (days, indicators)."""
    pool = ready.levers.projects
    weights = done.weights.copy()
    weights[pool.rows] = 0.0
    used = np.flatnonzero(weights)
    top = np.tensordot(weights[used], ready.effects.numerator[used], 1)
    bottom = np.tensordot(weights[used], ready.effects.denominator[used], 1)
    mine = done.weights[pool.rows] * done.probability
    active = np.flatnonzero(mine)
    if len(active):
        start = pool.start[done.slip[active], active]
        counts = np.arange(len(ready.days))[None, :] >= start[:, None]
        gives = pool.amount[active] * mine[active, None] * counts
        np.add.at(top.T, pool.indicator[active], gives)
    return top, bottom


def forecasts(ready: Prepared, top: Numbers, bottom: Numbers) -> Numbers:
    """Values on the days ahead from what is added, shapes (…, days, indicators); nan where there is
    no base line or nothing is left of what a share is of."""
    line = ready.line
    with np.errstate(invalid="ignore", divide="ignore"):
        base = ready.denominator + bottom
        share = line + 100 * (top - line / 100 * bottom) / base
        share = np.where((top == 0) & (bottom == 0), line, np.where(base > 0, share, np.nan))
        found = np.where(ready.shared, share, line + top)
        # A sum of levers that comes to a target must not miss it by a rounding error.
        moved = (top != 0) | (bottom != 0)
        found = np.maximum(np.where(moved, np.round(found, 9), found), 0.0)
        return np.where(ready.percentage, np.minimum(found, 100.0), found)


def outcome(ready: Prepared, given: Scenario = BASE) -> Outcome:
    """Every indicator, the cost and what is touched. Raises ScenarioError as ``check``."""
    check(ready, given)
    done = carried(ready, given)
    nothing = np.zeros(ready.line.shape)
    base = forecasts(ready, nothing, nothing)
    found = base if not given.levers else forecasts(ready, *added(ready, done))
    indicators = tuple(
        _expected(ready, place, base[:, place], found[:, place])
        for place in range(len(ready.indicators))
    )
    return Outcome(
        given, ready.day, ready.days, indicators, _cost(ready, done), _touched(ready, done)
    )


def _expected(ready: Prepared, place: int, base: Numbers, found: Numbers) -> Expected:
    last = int(ready.at[place]) + 1
    before, after = ([_known(each) for each in path[:last]] for path in (base, found))
    absent = ready.absent[place]
    if not absent and after[-1] is None:
        absent = "分母为零：没有剩下可计的对象"
    result = ready.results[place]
    same = before[-1] == after[-1]
    base_verdict = _judged(ready, place, before[-1])
    return Expected(
        result,
        ready.days[last - 1],
        bool(ready.late[place]),
        before[-1],
        after[-1],
        base_verdict,
        base_verdict if same else _judged(ready, place, after[-1]),
        tuple(before),
        tuple(after),
        absent,
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _judged(ready: Prepared, place: int, value: float | None) -> Verdict:
    """The status on the target day of a value there; after the deadline its own value stays."""
    indicator, result = ready.indicators[place], ready.results[place]
    rules = ready.ground.plan.status
    found = judge(
        Facts(
            day=ready.days[int(ready.at[place])],
            deadline=indicator.deadline,
            unit=indicator.unit,
            comparison=indicator.comparison,
            method=indicator.method,
            tolerance=indicator.tolerance,
            actual=value,
            at_stake=result.at_deadline if ready.late[place] else value,
            baseline=result.baseline,
            target=result.target,
            pace=None,
            interims=ready.version.interims.get(indicator.id, ()),
            on_track=rules.on_track,
            lagging=rules.lagging,
        )
    )
    # The rules speak of a day that has come; this one has not.
    if ready.late[place]:
        return replace(found, reason=found.reason.replace("期限后达到", "期限后预计达到"))
    on = indicator.deadline
    reason = found.reason.replace(f"{on} 的值", f"{on} 的预测值")
    return replace(found, reason=reason.replace(f"，期限 {on} 已到", ""))


def _cost(ready: Prepared, done: Carried) -> Cost:
    levers = ready.levers
    years: defaultdict[int, float] = defaultdict(float)
    matching = seed = arranged = 0.0
    pool = levers.projects
    undertaken = done.weights[pool.rows]
    for n in np.flatnonzero(undertaken):
        project, part = pool.each[n], float(undertaken[n])
        owed = project.superior * done.ratio.get(project.rank, 0.0) * part
        matching += owed
        seed += project.seed * part
        arranged += project.arranged * part
        years[int(pool.year[done.slip[n], n])] += owed + project.seed * part
    rules = ready.ground.plan.scenario
    lacking = []
    opening = closing = bringing = 0.0
    first = ready.days[0].year
    opened = _opened(ready, done)
    if any(opened.values()):
        if rules.open_cost is None:
            lacking.append("增设专业点")
        else:
            opening = sum(opened.values()) * rules.open_cost
            for year, count in opened.items():
                years[year] += count * rules.open_cost
    closed = sum(float(done.weights[each.row]) for each in levers.points)
    if closed:
        if rules.close_cost is None:
            lacking.append("裁撤专业点")
        else:
            closing = closed * rules.close_cost
            years[first] += closing
    for each in levers.bringings:
        part = float(done.weights[each.row])
        if part and each.cost is None:
            lacking.append("补齐办学条件" if each.school else "重点专业群调整")
        elif part and each.cost:
            bringing += part * each.cost
            start = min(each.start, len(ready.days) - 1)
            years[ready.days[start].year] += part * each.cost
    listed = sorted({*(year for year, cost in years.items() if cost), *done.budget})
    return Cost(
        matching,
        seed,
        opening,
        closing,
        bringing,
        arranged,
        tuple(YearCost(year, float(years[year]), done.budget.get(year)) for year in listed),
        tuple(dict.fromkeys(lacking)),
    )


def _opened(ready: Prepared, done: Carried) -> dict[int, float]:
    """Points opened beyond the base line by year; a slower pace than today's opens none."""
    found: defaultdict[int, float] = defaultdict(float)
    for each in ready.levers.openings:
        if count := float(done.weights[each.row]):
            found[ready.days[each.start].year] += count
    before = ready.day
    quarter = ready.ground.plan.status.quarter_days
    place = ready.effects.place
    rates = [each for each in ready.levers.all.values() if each.family == "rate"]
    pace = sum(max(float(done.weights[place[each.id]]), 0.0) for each in rates)
    if pace:
        for day in ready.days:
            found[day.year] += pace * (day - before).days / quarter
            before = day
    return dict(found)


def _touched(ready: Prepared, done: Carried) -> Touched:
    closed = [(each, float(done.weights[each.row])) for each in ready.levers.points]
    return Touched(
        opened=sum(_opened(ready, done).values()),
        closed=sum(part for _, part in closed),
        students=sum(part * each.students for each, part in closed if each.students is not None),
        unreported=sum(part for each, part in closed if each.students is None),
        projects=float(done.weights[ready.levers.projects.rows].sum()),
        institutions=sum(float(done.weights[each.row]) for each in ready.levers.bringings),
    )


# ---------------------------------------------------------------- presets


@dataclass(frozen=True)
class Preset:
    """A scenario under a name that leaders ask for."""

    id: str
    name: str
    levers: tuple[tuple[str, float], ...]

    def on(self, ready: Prepared) -> Scenario:
        """The preset on this data; levers that it does not have are left out."""
        found = {name: value for name, value in self.levers if lever(ready, name) is not None}
        return scenario(found, ready.version_id, ready.day)


# 最优方案 is what ``queries.solve`` finds.
PRESETS = (
    Preset("base", "按现有速度", ()),
    Preset("pool", "项目库全部按期", (("projects", 100.0),)),
    Preset("red", "只裁撤红牌点", (("closures:red", 100.0),)),
)


# ---------------------------------------------------------------- the command

COLUMNS = (
    "id",
    "name",
    "as_of",
    "on",
    "late",
    "unit",
    "actual",
    "target",
    "at_deadline",
    "base_forecast",
    "scenario_forecast",
    "change",
    "base_status",
    "scenario_status",
    "required_per_quarter",
    "best_quarter",
    "base_reason",
    "reason",
)
TABLE_COLUMNS = (
    "id",
    "name",
    "actual",
    "target",
    "base_forecast",
    "scenario_forecast",
    "base_status",
    "scenario_status",
)
LEVER_COLUMNS = ("id", "name", "group", "unit", "today", "low", "high", "step", "provenance")
LEVER_TABLE_COLUMNS = ("id", "name", "unit", "today", "low", "high", "step")


def as_row(ready: Prepared, each: Expected) -> dict[str, Any]:
    """An indicator as the command prints it: full precision, None where not defined."""
    pace = ready.paces.get(each.id)
    return {
        "id": each.id,
        "name": each.indicator.name,
        "as_of": ready.day.isoformat(),
        "on": each.on.isoformat(),
        "late": each.late,
        "unit": each.indicator.unit,
        "actual": each.result.actual,
        "target": each.result.target,
        "at_deadline": each.result.at_deadline,
        "base_forecast": each.base,
        "scenario_forecast": each.value,
        "change": each.change,
        "base_status": each.base_status,
        "scenario_status": each.status,
        "required_per_quarter": None if pace is None else pace.required,
        "best_quarter": None if pace is None else pace.best,
        "base_reason": each.base_verdict.reason if each.base is not None else each.absent,
        "reason": each.verdict.reason if each.value is not None else each.absent,
    }


def _read(path: Path | None) -> Scenario:
    if path is None:
        return BASE
    if not path.is_file():
        raise ScenarioError(f"找不到情景文件：{path}")
    if path.stat().st_size > MOST_BYTES:
        raise ScenarioError(f"情景文件 {path} 超过 1 MB")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioError(
            f"情景文件 {path} 不是 UTF-8 文本（第 {error.start + 1} 字节）"
        ) from None
    return from_json(text)


def _summary(found: Outcome) -> str:
    cost, touched = found.cost, found.touched
    parts = [
        f"市级费用 {number(cost.total)} 万元（配套 {number(cost.matching)}，"
        f"引领资金 {number(cost.seed)}，增设与裁撤 {number(cost.opening + cost.closing)}，"
        f"院校补齐 {number(cost.bringing)}）",
        f"增设 {number(touched.opened)} 个、裁撤 {number(touched.closed)} 个专业点，"
        f"涉及在校生 {number(touched.students)} 人",
    ]
    if cost.not_counted:
        parts.append(f"未计入费用：{'、'.join(cost.not_counted)}")
    if found.late:
        parts.append(f"期限已过，预测至 {found.days[-1]}，看能否逾期达成")
    return "；".join(parts)


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = output.parser("queries.scenario", "推演：调整杠杆后各项指标到期限的预测值与状态")
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE.json", help="情景文件；不写即按现有速度"
    )
    parser.add_argument("--levers", action="store_true", help="列出全部杠杆、单位、现值和范围")
    options: argparse.Namespace = parser.parse_args(arguments)
    with output.errors():
        given = _read(options.file)
        version = output.version(options)
        ready = prepared(version, options.as_of or given.as_of)
        if options.levers:
            rows = [
                {name: getattr(each, name) for name in LEVER_COLUMNS}
                for each in ready.levers.all.values()
            ]
            shown = LEVER_TABLE_COLUMNS if options.format == "table" else LEVER_COLUMNS
            output.write(rows, shown, options.format)
            return 0
        found = outcome(ready, given)
        if given.version and given.version != ready.version_id:
            print(
                f"情景原基于数据版本 {given.version}，已按当前数据 {ready.version_id} 重新计算",
                file=sys.stderr,
            )
        columns = TABLE_COLUMNS if options.format == "table" else COLUMNS
        output.write([as_row(ready, each) for each in found.indicators], columns, options.format)
        print(_summary(found), file=sys.stdout if options.format == "table" else sys.stderr)
    return 0


if __name__ == "__main__":
    command.run(main)
