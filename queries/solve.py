"""The smallest set of actions that reaches all, or the chosen, targets: a mixed-integer programme.

Actions are what a decision can be taken on: projects of the pool to carry out, points to open by
kind and industry, closable points to close, schools and institutions to bring up; each is a lever
of ``queries.scenario`` and comes on top of the base line exactly as it does there. A project counts
with its expected contribution, contribution x probability. What is promised is not the solver's
arithmetic but ``scenario.outcome`` of the scenario found.

With x the actions, on each indicator's target day, for a count and for a share s of d:

    line + n.x >= T          100 n.x - T d.x >= (T - s) d        (and d + d.x > 0)

Three aims, one after another, each kept while the next is sought: the least sum of relative
shortfalls (nil when all can be reached), the fewest actions (a point opened is one), the least
cost; then red points are closed before others and points opened sooner rather than later. Targets
that the base line reaches and that were not asked for are not lost. After the deadline the target
day is the horizon: reaching late.

HiGHS through highspy, in one thread: deterministic, with the incumbent and the proven bound at a
time limit, and it can be stopped in the middle (scipy's milp cannot).

``python -m queries.solve`` prints it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from math import isfinite
from threading import Event
from typing import Any

import numpy as np
import numpy.typing as npt

from data import command
from data.contract import NO_DISTRICT
from data.plan import SolveRules
from queries import output, scenario, status
from queries.institutions import level_on
from queries.scenario import Expected, Outcome, Prepared, Scenario
from queries.status import number

Numbers = npt.NDArray[np.float64]

# Kinds of actions -> words.
KINDS = {
    "project": "实施项目",
    "open": "增设专业点",
    "close": "裁撤专业点",
    "group": "调整重点专业群",
    "industry": "调整主导产业",
    "school": "补齐办学条件",
}
# Limits, by the names they have in Limits -> words.
LIMITS = {
    "projects_per_institution": "每所院校最多实施项目",
    "projects_per_district": "每个区县最多实施项目",
    "closures_per_institution": "每所院校最多裁撤专业点",
    "closures_per_district": "每个区县最多裁撤专业点",
    "openings_per_industry": "每季度一个产业一类专业点最多增设",
    "openings_per_institution": "每季度平均每所院校最多增设专业点",
    "openings_per_district": "每季度平均每个区县最多增设专业点",
}
BUDGET = "budget"
KEPT = "kept"
CONSTRAINTS = {**LIMITS, BUDGET: "市级资金预算", KEPT: "不使其他已达成的指标退回"}


class SolveError(output.RequestError):
    """A request that cannot be worked on; a line a fault, in Chinese."""


class Stopped(Exception):  # noqa: N818
    """The solve was told to stop: there is no answer."""


# ---------------------------------------------------------------- what is asked


@dataclass(frozen=True)
class Limits:
    """The most there may be of each, None: no limit.

    Openings have no institution: theirs are by quarter, of each kind and industry, and in total as
    an average over the institutions in force and over the districts that have any.
    """

    projects_per_institution: int | None = None
    projects_per_district: int | None = None
    closures_per_institution: int | None = None
    closures_per_district: int | None = None
    openings_per_industry: int | None = None
    openings_per_institution: int | None = None
    openings_per_district: int | None = None

    @classmethod
    def of(cls, rules: SolveRules) -> Limits:
        """Those of a plan."""
        return cls(**{each.name: getattr(rules, each.name) for each in fields(cls)})


@dataclass(frozen=True)
class Request:
    """What to solve. targets: indicator ids, None for all that have a target; budget in 万元, None
    for no limit; limits None for the plan's; nearly: 基本达成 (within the tolerance of 左右)
    suffices, else the target value itself is asked for; time_limit in seconds, None for the
    plan's."""

    targets: tuple[str, ...] | None = None
    budget: float | None = None
    limits: Limits | None = None
    nearly: bool = False
    time_limit: float | None = None


# ---------------------------------------------------------------- what comes out


@dataclass(frozen=True)
class Progress:
    """Where a solve stands: step of steps, in words; seconds since the start."""

    step: int
    steps: int
    words: str
    seconds: float


@dataclass(frozen=True)
class Serves:
    """What one action adds to a target, in its unit (percentage points for a share); below 0 it
    costs that target."""

    indicator: str
    name: str
    unit: str
    amount: float


@dataclass(frozen=True)
class Action:
    """One action: the lever and how many of it. cost in 万元 for all of them, None: the plan has no
    unit cost. institution and district: empty for openings. serves: the targets it was taken for,
    the most relative to the target first."""

    lever: str
    kind: str
    name: str
    count: int
    institution: str
    district: str
    cost: float | None
    serves: tuple[Serves, ...]
    reason: str


@dataclass(frozen=True)
class Spent:
    """Actions of a kind: how many and what they cost in 万元, None where no unit cost is known."""

    kind: str
    words: str
    count: int
    cost: float | None


@dataclass(frozen=True)
class Aim:
    """A target that was asked for. threshold: the value it takes to count as reached; expected: as
    ``queries.scenario`` has it under the scenario found."""

    expected: Expected
    threshold: float
    reached: bool

    @property
    def id(self) -> str:
        return self.expected.id

    @property
    def shortfall(self) -> float:
        """How far below the threshold, in the indicator's unit; 0 where reached."""
        value = self.expected.value
        return 0.0 if self.reached else max(self.threshold - (value or 0.0), 0.0)


@dataclass(frozen=True)
class Relief:
    """A limit, and the value a target missed would come to with that limit alone lifted; no more
    than its threshold."""

    limit: str
    words: str
    value: float


@dataclass(frozen=True)
class Conflict:
    """Why a target is not reached. value: the nearest. available: with every action there is and no
    limit at all. alone: reachable within the limits were it the only target. reliefs: the limits
    that hold it back. reason: all of it in words."""

    indicator: str
    name: str
    unit: str
    threshold: float
    value: float
    available: float
    alone: bool
    reliefs: tuple[Relief, ...]
    reason: str


@dataclass(frozen=True)
class Unsolvable:
    """An indicator that cannot be worked towards, and why."""

    indicator: str
    name: str
    reason: str


@dataclass(frozen=True)
class Proof:
    """One aim of the solve: what was found and the bound proven for it (equal when optimal)."""

    value: float
    bound: float
    proven: bool

    @property
    def gap(self) -> float:
        """Relative: 0 when proven, at most 1."""
        if self.proven or self.value <= 0:
            return 0.0
        return min(max((self.value - max(self.bound, 0.0)) / self.value, 0.0), 1.0)


@dataclass(frozen=True, eq=False)
class Solution:
    """What was found. scenario and outcome: what the actions are and do, to load and to show.

    feasible: every aim is reached. conflicts: one for each that is not. unsolvable: asked for but
    without a base line. shortfall (sum of relative shortfalls), actions and cost: what is proven of
    each. explained: the search for what holds targets back ran to its end.
    """

    request: Request
    limits: Limits
    scenario: Scenario
    outcome: Outcome
    actions: tuple[Action, ...]
    spent: tuple[Spent, ...]
    aims: tuple[Aim, ...]
    conflicts: tuple[Conflict, ...]
    unsolvable: tuple[Unsolvable, ...]
    shortfall_proof: Proof
    actions_proof: Proof
    cost_proof: Proof
    explained: bool
    seconds: float

    @property
    def feasible(self) -> bool:
        return all(each.reached for each in self.aims)

    @property
    def optimal(self) -> bool:
        """Proven: no smaller shortfall, with it no fewer actions, with them no lower cost."""
        return self.shortfall_proof.proven and self.actions_proof.proven and self.cost_proof.proven

    @property
    def count(self) -> int:
        """Actions, a point opened being one."""
        return sum(each.count for each in self.actions)

    @property
    def cost(self) -> float:
        """City money in 万元."""
        return self.outcome.cost.total

    @property
    def finding(self) -> str:
        """The answer in one sentence."""
        late = "（逾期）" if self.outcome.late else ""
        reached = sum(each.reached for each in self.aims)
        if not self.aims:
            return "没有可求解的目标"
        what = f"{self.count} 项举措、{number(self.cost)} 万元"
        if not self.feasible:
            head = f"{len(self.aims)} 项目标不能全部达到{late}，最多兼顾："
            if not self.actions:
                few = f"{len(self.aims)} 项目标中 {len(self.conflicts)} 项达不到{late}"
                return f"{few}，限制内没有能缩小差距的举措"
            return f"{head}{what}可达到 {reached} 项，{len(self.conflicts)} 项达不到"
        if not self.actions:
            return f"{reached} 项目标按现有速度均可达到{late}，无需另加举措"
        return f"{what}可使 {reached} 项目标全部达到{late}"

    @property
    def proof(self) -> str:
        """In words whether it is proven best, else by how much it could be better at most."""
        if self.optimal:
            return "已证明最优：缺口、举措数、费用依次最小"
        parts = []
        for words, each in (
            ("缺口", self.shortfall_proof),
            ("举措数", self.actions_proof),
            ("费用", self.cost_proof),
        ):
            parts.append(f"{words}{'已证明最小' if each.proven else f'差距不超过 {each.gap:.1%}'}")
        return f"已到时限，为目前找到的最好方案：{'，'.join(parts)}"


# ---------------------------------------------------------------- the actions there are


@dataclass(frozen=True)
class _Possible:
    """One lever that may be part of it; most: of its range."""

    lever: str
    row: int
    kind: str
    name: str
    most: int
    cost: float | None
    institution_id: str = ""
    institution: str = ""
    district: str = ""
    start: int = -1
    industry: str = ""
    dislike: int = 0
    order: tuple[Any, ...] = ()
    about: str = ""


def _possible(ready: Prepared) -> list[_Possible]:
    levers = ready.levers
    close_cost = ready.ground.plan.scenario.close_cost
    found = []
    for project in levers.projects.each:
        name = f"project:{project.project_id}"
        found.append(
            _Possible(
                name,
                project.row,
                "project",
                project.name,
                1,
                project.cost,
                project.institution_id or "",
                project.institution or "",
                project.district,
                about=f"{project.stage}，计划 {project.planned_on} 完成，"
                f"成功概率 {project.chance:.0%}，按期望贡献计",
            )
        )
    for opening in levers.openings:
        day = ready.days[opening.start]
        found.append(
            _Possible(
                opening.id,
                opening.row,
                "open",
                f"{opening.kind}·{opening.industry}",
                int(levers.all[opening.id].high),
                opening.cost,
                start=opening.start,
                dislike=opening.start,
                industry=f"{opening.kind}:{opening.industry}",
                order=(-opening.today, opening.id),
                about=f"现有 {opening.today} 个，{day} 前设置",
            )
        )
    for point in levers.points:
        students = "未报" if point.students is None else f"{point.students} 人"
        found.append(
            _Possible(
                f"close:{point.id}",
                point.row,
                "close",
                f"{point.institution}·{point.specialty}",
                1,
                close_cost,
                point.institution_id,
                point.institution,
                point.district,
                dislike=0 if point.red else 1,
                order=(point.students is None, point.students or 0, point.id),
                about=f"{'红牌' if point.red else '布点多规模大'}，在校生{students}",
            )
        )
    for each in levers.bringings:
        lacking = ""
        if each.school is not None:
            words = "、".join(cell.item for cell in each.school.failed)
            lacking = f"未达标：{words}" if words else "办学条件未达标"
        elif each.size is not None:
            lacking = f"现有 {each.size} 个"
        found.append(
            _Possible(
                each.id,
                each.row,
                each.id.partition(":")[0],
                each.institution,
                1,
                each.cost,
                each.institution_id,
                each.institution,
                each.district,
                about=lacking,
            )
        )
    return sorted(found, key=lambda one: (list(KINDS).index(one.kind), one.order, one.lever))


# ---------------------------------------------------------------- the programme


@dataclass(frozen=True)
class _Goal:
    """A row of the programme: an indicator (by place) to bring to its threshold, or, where it was
    not asked for, to keep there. settled: the status at a deadline past stays, whatever is done."""

    place: int
    threshold: float
    asked: bool
    settled: bool = False


@dataclass(frozen=True)
class _Column:
    """Actions that are alike in everything the programme sees."""

    members: tuple[_Possible, ...]

    @property
    def first(self) -> _Possible:
        return self.members[0]


@dataclass(frozen=True, eq=False)
class _Model:
    """goals x columns. gain: what one action adds to each goal's row; need: what the row lacks;
    per_mille: how much of the row is a thousandth of its target; base, taken: for shares, what is
    counted in and what one action adds to it."""

    goals: tuple[_Goal, ...]
    columns: tuple[_Column, ...]
    gain: Numbers
    need: Numbers
    per_mille: Numbers
    base: Numbers
    taken: Numbers
    limits: Limits
    budget: float | None
    institutions: int
    districts: int

    @cached_property
    def cost(self) -> Numbers:
        return np.array([each.first.cost or 0.0 for each in self.columns])

    @cached_property
    def dislike(self) -> Numbers:
        return np.array([float(each.first.dislike) for each in self.columns])

    def most(self, lifted: Iterable[str] = ()) -> Numbers:
        """Upper bounds of the columns."""
        cap = None if "openings_per_industry" in lifted else self.limits.openings_per_industry
        return np.array(
            [
                sum(
                    each.most if cap is None or each.kind != "open" else min(each.most, cap)
                    for each in column.members
                )
                for column in self.columns
            ],
            np.float64,
        )

    def limit_rows(self, lifted: Iterable[str] = ()) -> list[tuple[list[int], float]]:
        """(columns, the most of them together) of every limit that is not lifted."""
        found: dict[tuple[str, str], tuple[list[int], float]] = {}

        def put(limit: str, group: str, column: int, times: int = 1) -> None:
            most = getattr(self.limits, limit)
            if most is None or limit in lifted or not group or not times:
                return
            found.setdefault((limit, group), ([], float(most * times)))[0].append(column)

        for place, column in enumerate(self.columns):
            each = column.first
            district = "" if each.district == NO_DISTRICT else each.district
            if each.kind == "project":
                put("projects_per_institution", each.institution_id, place)
                put("projects_per_district", district, place)
            elif each.kind == "close":
                put("closures_per_institution", each.institution_id, place)
                put("closures_per_district", district, place)
            elif each.kind == "open":
                put("openings_per_institution", str(each.start), place, self.institutions)
                put("openings_per_district", str(each.start), place, self.districts)
        most_of = self.most(lifted)
        return [(of, most) for of, most in found.values() if most_of[of].sum() > most]


# Rows are scaled so that the solver's tolerance (1e-6) is far below what a value is rounded to.
_COUNT_SCALE = 1000.0


def _model(
    ready: Prepared,
    goals: Sequence[_Goal],
    limits: Limits,
    budget: float | None,
    margin: dict[int, float],
) -> _Model:
    possible = _possible(ready)
    rows = [each.row for each in possible]
    places = [each.place for each in goals]
    at = ready.at[places]
    top = ready.effects.numerator[rows][:, at, places].T if rows else np.zeros((len(goals), 0))
    bottom = ready.effects.denominator[rows][:, at, places].T if rows else np.zeros(top.shape)
    line, base = ready.line[at, places], ready.denominator[at, places]
    shared = ready.shared[places]
    wanted = np.array([each.threshold for each in goals], np.float64)
    # A share of nothing known cannot be moved.
    known = ~(shared & ~(base > 0))
    base = np.where(known, base, 1.0)
    gain = np.where(shared[:, None], 100 * top - wanted[:, None] * bottom, top * _COUNT_SCALE)
    gain = gain * known[:, None]
    need = np.where(shared, (wanted - line) * base, (wanted - line) * _COUNT_SCALE)
    need = need + np.array([margin.get(each, 0.0) for each in places])
    unit = np.where(shared, base, _COUNT_SCALE)
    per_mille = np.maximum(np.abs(wanted), 1e-3) * unit / 1000
    active = need > 0
    helps = np.zeros(gain.shape[1], np.bool_)
    # What helps may harm another goal, and what helps that one is then wanted too.
    while True:
        helps = (gain[active] > 0).any(axis=0)
        harmed = (gain[:, helps] < 0).any(axis=1) | active
        if (harmed == active).all():
            break
        active = harmed
    alike: dict[tuple[Any, ...], list[int]] = {}
    for n in np.flatnonzero(helps):
        each = possible[n]
        key = (each.kind, each.institution_id, each.start, each.cost, each.dislike)
        alike.setdefault((*key, gain[:, n].tobytes(), bottom[:, n].tobytes()), []).append(int(n))
    firsts = [of[0] for of in alike.values()]
    kept = [int(n) for n in np.flatnonzero(active)]
    in_force = level_on(ready.version, ready.day)
    institutions = [
        each
        for each in ready.version.institutions
        if each.institution_id in in_force and not each.outside
    ]
    return _Model(
        tuple(goals[n] for n in kept),
        tuple(_Column(tuple(possible[n] for n in of)) for of in alike.values()),
        gain[kept][:, firsts],
        need[kept],
        per_mille[kept],
        np.where(shared, base, np.nan)[kept],
        bottom[kept][:, firsts],
        limits,
        budget,
        len(institutions),
        len({each.district for each in institutions} - {NO_DISTRICT}),
    )


@dataclass(frozen=True, eq=False)
class _Found:
    x: Numbers
    value: float
    bound: float
    proven: bool


@dataclass
class _Clock:
    until: float
    began: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        return self.until - time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


@dataclass
class _Solver:
    """Solves of one model within one time, until it is told to stop."""

    model: _Model
    clock: _Clock
    stop: Event

    def least(
        self,
        objective: Numbers,
        start: Numbers,
        *,
        floors: Numbers | None = None,
        goals: npt.NDArray[np.bool_] | None = None,
        lifted: Iterable[str] = (),
        at_most: Sequence[tuple[Numbers, float]] = (),
        nodes: int | None = None,
    ) -> _Found:
        """The least objective over the columns, or, without floors, the least sum of shortfalls of
        the goals asked for (then the objective is not used).

        start: a solution to fall back on when time is up. floors: what each goal's row must come
        to. goals: the rows that stand at all. at_most: further rows and their most. Raises Stopped.
        """
        if self.stop.is_set():
            raise Stopped
        model, lifted = self.model, tuple(lifted)
        stands = np.ones(len(model.goals), np.bool_) if goals is None else goals
        asked = np.array([each.asked for each in model.goals], np.bool_)
        if KEPT in lifted:
            stands = stands & asked
        elastic = floors is None
        columns = len(model.columns)
        slacks = np.flatnonzero(stands & asked & elastic)
        width = columns + len(slacks)
        parts: list[tuple[Numbers, float, float]] = []
        for n in np.flatnonzero(stands):
            row = np.zeros(width)
            row[:columns] = model.gain[n]
            parts.append((row, float(model.need[n] if floors is None else floors[n]), np.inf))
        for place, n in enumerate(slacks):
            where = int(np.flatnonzero(np.flatnonzero(stands) == n)[0])
            parts[where][0][columns + place] = model.per_mille[n]
        for n in np.flatnonzero(stands & (model.taken < 0).any(axis=1)):
            # Something must be left of what a share is of.
            row = np.zeros(width)
            row[:columns] = model.taken[n]
            parts.append((row, min(1.0, model.base[n]) - model.base[n], np.inf))
        for of, most in model.limit_rows(lifted):
            row = np.zeros(width)
            row[of] = 1.0
            parts.append((row, -np.inf, most))
        if model.budget is not None and BUDGET not in lifted:
            parts.append((np.r_[model.cost, np.zeros(len(slacks))], -np.inf, model.budget))
        for given, most in at_most:
            parts.append((np.r_[given, np.zeros(len(slacks))], -np.inf, most))
        aim = np.r_[np.zeros(columns), np.ones(len(slacks))] if elastic else objective
        fallback = self.shortfall(start, stands) if elastic else float(objective @ start)
        if not width or not parts or not aim.any():
            return _Found(start, fallback, fallback, True)
        if self.clock.left <= 0:
            return _Found(start, fallback, 0.0, fallback <= 0)
        found, bound, proven = self._highs(
            aim,
            np.r_[model.most(lifted), np.full(len(slacks), np.inf)],
            np.arange(width) < columns,
            parts,
            nodes,
        )
        if found is None:
            return _Found(start, fallback, bound, False)
        x = np.round(found[:columns])
        value = self.shortfall(x, stands) if elastic else float(aim @ x)
        if value > fallback:
            x, value = start, fallback
        return _Found(x, value, min(bound, value), proven)

    def _highs(
        self,
        aim: Numbers,
        most: Numbers,
        whole: npt.NDArray[np.bool_],
        rows: Sequence[tuple[Numbers, float, float]],
        nodes: int | None,
    ) -> tuple[Numbers | None, float, bool]:
        """The least aim within 0 and most, whole numbers where said, each row between its two
        bounds: (the best found or None, the proven bound, whether it is proven least).

        Raises Stopped.
        """
        # Imported here: only those who ask for a solve wait for it.
        import highspy

        matrix = np.array([row for row, *_ in rows])
        held = matrix != 0
        programme = highspy.HighsLp()
        programme.num_row_, programme.num_col_ = matrix.shape
        programme.col_cost_ = aim
        programme.col_lower_, programme.col_upper_ = np.zeros(len(aim)), most
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        programme.integrality_ = [kinds[each] for each in whole.tolist()]
        programme.row_lower_ = np.array([low for _, low, _ in rows])
        programme.row_upper_ = np.array([high for *_, high in rows])
        programme.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        programme.a_matrix_.start_ = np.r_[0, np.cumsum(held.sum(axis=1))]
        programme.a_matrix_.index_ = held.nonzero()[1]
        programme.a_matrix_.value_ = matrix[held]

        class Silent(highspy.Highs):
            """Silent before it is made: setting up callbacks already prints a greeting."""

            def enableCallbacks(self) -> None:  # noqa: N802
                self.setOptionValue("output_flag", False)
                super().enableCallbacks()  # type: ignore[no-untyped-call]

        highs = Silent()  # type: ignore[no-untyped-call]
        options = {
            "threads": 1,
            "time_limit": max(self.clock.left, 0.01),
            "mip_rel_gap": 0.0,
        }
        if nodes is not None:
            options["mip_max_nodes"] = nodes
        for name, value in options.items():
            highs.setOptionValue(name, value)
        highs.passModel(programme)

        def look_up(event: Any) -> None:
            if self.stop.is_set():
                event.interrupt()

        highs.cbMipInterrupt.subscribe(look_up)
        highs.cbSimplexInterrupt.subscribe(look_up)
        highs.run()
        if self.stop.is_set():
            raise Stopped
        told = highs.getInfo()
        bound = told.mip_dual_bound if isfinite(told.mip_dual_bound) else 0.0
        if told.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None, bound, False
        solution = np.array(highs.getSolution().col_value)
        return solution, bound, highs.getModelStatus() == highspy.HighsModelStatus.kOptimal

    def shortfall(self, x: Numbers, stands: npt.NDArray[np.bool_] | None = None) -> float:
        """Sum of shortfalls of what was asked for, in thousandths of the targets."""
        model = self.model
        asked = np.array([each.asked for each in model.goals], np.bool_)
        if stands is not None:
            asked = asked & stands
        return float((np.maximum(self.lacking(x), 0.0) / model.per_mille)[asked].sum())

    def lacking(self, x: Numbers) -> Numbers:
        """What each goal's row lacks, nothing where it is a rounding error."""
        found = self.model.need - self.model.gain @ x
        return np.where(found > 1e-6, found, np.minimum(found, 0.0))


# ---------------------------------------------------------------- solving


def solve(
    ready: Prepared,
    request: Request | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Event | None = None,
) -> Solution:
    """The smallest set of actions; when there is none, the nearest, and what stands in the way.

    progress is called at every step, from the calling thread. stop, set by another thread, ends the
    solve within a tenth of a second. Raises SolveError for an unknown target, a target without a
    number and numbers out of range; Stopped.
    """
    request = request or Request()
    rules = ready.ground.plan.solve
    limits = Limits.of(rules) if request.limits is None else request.limits
    check(ready, request)
    seconds = rules.time_limit if request.time_limit is None else request.time_limit
    clock = _Clock(time.monotonic() + seconds)

    def tell(step: int, words: str) -> None:
        if progress is not None:
            progress(Progress(step, 5, words, clock.seconds))

    tell(1, "正在列出可用的举措")
    base = scenario.outcome(ready)
    goals, unsolvable = _goals(request, base)
    margin: dict[int, float] = {}
    budget = request.budget
    for _ in range(4):
        open_goals = [each for each in goals if not each.settled]
        model = _model(ready, open_goals, limits, budget, margin)
        solver = _Solver(model, clock, stop or Event())
        nothing = np.zeros(len(model.columns))
        tell(2, f"正在从 {len(model.columns)} 类举措中求最小缺口")
        nearest = solver.least(nothing, nothing)
        floors = model.need - np.maximum(solver.lacking(nearest.x), 0.0)
        tell(3, "正在求最少举措")
        ones = np.ones(len(model.columns))
        fewest = solver.least(ones, nearest.x, floors=floors)
        tell(4, "正在求最低费用")
        at_most = [(ones, fewest.value + 0.5)]
        cheapest = solver.least(model.cost, fewest.x, floors=floors, at_most=at_most)
        at_most.append((model.cost, cheapest.value + 1e-7))
        gentlest = solver.least(
            model.dislike, cheapest.x, floors=floors, at_most=at_most, nodes=1000
        )
        taken = _taken(model, gentlest.x)
        found = scenario.scenario(
            {each.lever: count for each, count in taken}, ready.version_id, ready.day
        )
        outcome = scenario.outcome(ready, found)
        # What the solver takes for reached within its tolerance must be so in the scenario too.
        lacking = solver.lacking(gentlest.x)
        missed = [
            goal.place
            for goal, lacks in zip(model.goals, lacking, strict=True)
            if lacks <= 0 and not _reached(goal, outcome.indicators[goal.place])
        ]
        over = budget is not None and outcome.cost.total > (request.budget or 0.0)
        if not missed and not over:
            break
        margin.update({place: margin.get(place, 0.0) + 4e-6 for place in missed})
        if over and budget is not None:
            budget = max(budget - 4e-6, 0.0)
    aims = tuple(
        Aim(
            outcome.indicators[goal.place],
            goal.threshold,
            _reached(goal, outcome.indicators[goal.place]),
        )
        for goal in goals
        if goal.asked
    )
    tell(5, "正在查明受何限制" if not all(each.reached for each in aims) else "已得到方案")
    conflicts, explained = _conflicts(ready, solver, gentlest.x, aims)
    actions = _actions(ready, aims, taken)
    return Solution(
        request,
        limits,
        found,
        outcome,
        actions,
        _spent(actions),
        aims,
        conflicts,
        unsolvable,
        Proof(nearest.value / 1000, nearest.bound / 1000, nearest.proven),
        Proof(fewest.value, float(np.ceil(fewest.bound - 1e-6)), fewest.proven),
        Proof(cheapest.value, cheapest.bound, cheapest.proven),
        explained,
        clock.seconds,
    )


def check(ready: Prepared, request: Request) -> None:
    """Raises SolveError naming every fault of a request."""
    known = {each.id: each for each in ready.results}
    faults = []
    for name in request.targets or ():
        if name not in known:
            faults.append(f"指标“{name}”不存在，可用：{'、'.join(known)}")
        elif known[name].target is None:
            faults.append(f"指标“{name}”（{known[name].indicator.name}）没有数字目标，只作监测")
    if request.targets is not None and not request.targets:
        faults.append("没有选目标；不选即求全部目标")
    if request.budget is not None and not 0 <= request.budget < float("inf"):
        faults.append(f"预算为 {request.budget:g} 万元，应为不小于 0 的数")
    if request.time_limit is not None and not 0 <= request.time_limit <= MOST_SECONDS:
        faults.append(f"时限为 {request.time_limit:g} 秒，应为 0 至 {MOST_SECONDS} 秒")
    for name, words in LIMITS.items():
        most = None if request.limits is None else getattr(request.limits, name)
        if most is not None and most < 0:
            faults.append(f"“{words}”为 {most}，应为不小于 0 的整数")
    if faults:
        raise SolveError("\n".join(faults))


MOST_SECONDS = 600


def _goals(request: Request, base: Outcome) -> tuple[list[_Goal], tuple[Unsolvable, ...]]:
    goals, unsolvable = [], []
    for place, each in enumerate(base.indicators):
        target = each.result.target
        if target is None:
            continue
        asked = request.targets is None or each.id in request.targets
        if each.value is None:
            if asked:
                unsolvable.append(Unsolvable(each.id, each.indicator.name, each.absent))
            continue
        about = each.indicator.comparison == "about"
        nearly = (1 - each.indicator.tolerance) * target
        on_time = each.base_status in (status.ACHIEVED, status.NEARLY_ACHIEVED)
        if each.late and on_time:
            if asked:
                goals.append(_Goal(place, target, asked, settled=True))
        elif asked:
            accepts = request.nearly and about and not each.late
            goals.append(_Goal(place, nearly if accepts else target, asked))
        elif each.base_status in status.REACHED:
            goals.append(_Goal(place, target if each.value >= target else nearly, asked))
    return goals, tuple(unsolvable)


def _reached(goal: _Goal, expected: Expected) -> bool:
    return goal.settled or (expected.value is not None and expected.value >= goal.threshold)


def _taken(model: _Model, x: Numbers, lifted: Iterable[str] = ()) -> list[tuple[_Possible, int]]:
    """The single levers: of those alike the ones listed first; openings evenly over industries."""
    cap = None if "openings_per_industry" in lifted else model.limits.openings_per_industry
    found = []
    for column, many in zip(model.columns, x, strict=True):
        left = round(many)
        most = [
            each.most if cap is None or each.kind != "open" else min(each.most, cap)
            for each in column.members
        ]
        counts = [0] * len(most)
        while left > 0:
            for n, room in enumerate(most):
                if left and counts[n] < room:
                    counts[n] += 1
                    left -= 1
        found += [
            (each, count) for each, count in zip(column.members, counts, strict=True) if count
        ]
    order = list(KINDS)
    return sorted(found, key=lambda one: (order.index(one[0].kind), one[0].order, one[0].lever))


def _actions(
    ready: Prepared, aims: Sequence[Aim], taken: Sequence[tuple[_Possible, int]]
) -> tuple[Action, ...]:
    places = {each.id: place for place, each in enumerate(ready.indicators)}
    rows = [each.row for each, _ in taken]
    counts = np.array([count for _, count in taken], np.float64)
    served: list[list[Serves]] = [[] for _ in taken]
    thresholds = {each.id: each.threshold for each in aims}
    for aim in aims:
        indicator = aim.expected.indicator
        place = places[aim.id]
        at = ready.at[place]
        amount = ready.effects.numerator[rows, at, place] * counts if rows else counts
        if ready.shared[place] and rows:
            bottom = ready.effects.denominator[rows, at, place] * counts
            line = ready.line[at, place]
            left = ready.denominator[at, place] + bottom.sum()
            amount = (100 * amount - line * bottom) / left if left > 0 else 0 * amount
        wanted = aim.expected.base is not None and aim.expected.base < aim.threshold
        for n, each in enumerate(amount):
            if each < 0 or (each > 0 and wanted):
                served[n].append(Serves(aim.id, indicator.name, indicator.unit, float(each)))
    found = []
    for (each, count), serves in zip(taken, served, strict=True):
        serves.sort(key=lambda one: (-one.amount / (thresholds[one.indicator] or 1), one.indicator))
        words = [f"{one.name} {_signed(one.amount, one.unit)}" for one in serves]
        found.append(
            Action(
                each.lever,
                each.kind,
                each.name,
                count,
                each.institution,
                each.district,
                None if each.cost is None else each.cost * count,
                tuple(serves),
                "；".join(part for part in ("，".join(words), each.about) if part),
            )
        )
    return tuple(found)


def _signed(amount: float, unit: str) -> str:
    small = 0 < abs(amount) < 0.05
    text = f"{amount:+.2g}" if small else f"{amount:+.2f}".rstrip("0").rstrip(".")
    return f"{text} {'个百分点' if unit == '%' else unit}"


def _spent(actions: Sequence[Action]) -> tuple[Spent, ...]:
    found = []
    for kind, words in KINDS.items():
        mine = [each for each in actions if each.kind == kind]
        costs = [each.cost for each in mine if each.cost is not None]
        if mine:
            found.append(
                Spent(kind, words, sum(each.count for each in mine), sum(costs) if costs else None)
            )
    return tuple(found)


# ---------------------------------------------------------------- what stands in the way


def _conflicts(
    ready: Prepared, solver: _Solver, x: Numbers, aims: Sequence[Aim]
) -> tuple[tuple[Conflict, ...], bool]:
    """One for every aim missed; whether the search ran to its end."""
    missed = [each for each in aims if not each.reached]
    if not missed:
        return (), True
    model = solver.model
    ids = [ready.indicators[goal.place].id for goal in model.goals]
    nothing = np.zeros(len(model.columns))
    proven = True
    lifting: dict[str, tuple[Numbers, Numbers]] = {}
    beyond = {}
    for each in missed:
        if each.id not in ids:
            # The line is there, but held at the most the indicator can be.
            beyond[each.id] = (each.expected.value or 0.0, False)
            continue
        goal = ids.index(each.id)
        everything = np.where(model.gain[goal] > 0, model.most(CONSTRAINTS), 0.0)
        value = _value(ready, model, everything, goal, tuple(CONSTRAINTS))
        beyond[each.id] = (value, bool(solver.lacking(everything)[goal] <= 0))
    if any(beyond[each.id][0] > (each.expected.value or 0.0) for each in missed):
        for limit in _in_force(model):
            found = solver.least(nothing, x, lifted=(limit,))
            proven &= found.proven
            lifting[limit] = (found.x, solver.lacking(found.x))
    now = solver.lacking(x)
    conflicts = []
    for each in missed:
        available, enough = beyond[each.id]
        if each.id not in ids:
            conflicts.append(_conflict(each, available, False, False, (), model, ""))
            continue
        goal = ids.index(each.id)
        alone = False
        if enough:
            only = np.array([name == each.id for name in ids], np.bool_)
            single = solver.least(nothing, nothing, goals=only)
            alone = bool(solver.lacking(single.x)[goal] <= 0)
            proven &= alone or single.proven
        reliefs = tuple(
            Relief(
                limit,
                CONSTRAINTS[limit],
                # What lies beyond was not sought.
                min(_value(ready, model, lifted, goal, (limit,)), each.threshold),
            )
            for limit, (lifted, lacking) in lifting.items()
            if lacking[goal] < now[goal] - 1e-3 * model.per_mille[goal]
        )
        conflicts.append(
            _conflict(each, available, enough, alone, reliefs, model, _beside(ready, each))
        )
    return tuple(conflicts), proven


def _in_force(model: _Model) -> list[str]:
    """The constraints that can hold anything back."""
    found = [name for name in LIMITS if getattr(model.limits, name) is not None]
    if model.budget is not None:
        found.append(BUDGET)
    if any(not each.asked for each in model.goals):
        found.append(KEPT)
    return found


def _value(
    ready: Prepared, model: _Model, x: Numbers, goal: int, lifted: Iterable[str] = ()
) -> float:
    """The goal's indicator on its target day with so many of each column."""
    taken = _taken(model, x, lifted)
    given = scenario.scenario({each.lever: float(count) for each, count in taken})
    found = scenario.forecasts(ready, *scenario.added(ready, scenario.carried(ready, given)))
    place = model.goals[goal].place
    value = float(ready.at_target(found)[place])
    # Nothing left of what a share is of: every one of it would be counted.
    return 100.0 if np.isnan(value) else value


def _conflict(
    aim: Aim,
    available: float,
    enough: bool,
    alone: bool,
    reliefs: tuple[Relief, ...],
    model: _Model,
    beside: str,
) -> Conflict:
    indicator = aim.expected.indicator
    value = aim.expected.value or 0.0
    unit, wanted = indicator.unit, aim.threshold

    def shown(amount: float) -> str:
        return number(amount, unit, wanted)

    def carried(to: float) -> str:
        if shown(to) == shown(value):
            return f"再增 {_signed(to - value, unit).removeprefix('+')}"
        return f"到 {shown(to)}"

    limits = "、".join(
        f"“{each.words}”{_most(model, each.limit)}（单独放宽可{carried(each.value)}）"
        for each in reliefs
    )
    words = "目标" if wanted == aim.expected.result.target else "基本达成线"
    parts = [f"最近可到 {shown(value)}，{words} {number(wanted, unit)}"]
    if not enough and available <= (aim.expected.base or 0.0):
        parts.append(f"数据中没有能提高它的举措{beside}")
    elif not enough:
        parts.append(f"不设任何限制、把能提高它的举措全部用上，也只能到 {shown(available)}{beside}")
    elif alone:
        parts.append("单独求它可以达到，与其他目标争用名额或资金，或此消彼长")
    else:
        parts.append("在现有限制内，单独求它也达不到")
    if limits:
        parts.append(f"受限于{limits}")
    elif enough and not alone:
        parts.append("单独放宽任何一项限制都不够，须同时放宽几项")
    return Conflict(
        aim.id, indicator.name, unit, wanted, value, available, alone, reliefs, "；".join(parts)
    )


def _beside(ready: Prepared, aim: Aim) -> str:
    """What could move it too, but is an assumption of the what-if and no action."""
    place = next(n for n, each in enumerate(ready.indicators) if each.id == aim.id)
    at = ready.at[place]
    names = [
        each.name
        for each in ready.levers.all.values()
        if each.family in ("growth", "recognise")
        and any(ready.effects.numerator[row, at, place] > 0 for row in each.rows)
    ]
    return f"（“{'”“'.join(names)}”另在情景推演中假设，不作举措）" if names else ""


def _most(model: _Model, limit: str) -> str:
    if limit == KEPT:
        return ""
    if limit == BUDGET:
        return f" {number(model.budget)} 万元"
    return f" {getattr(model.limits, limit)} 个"


# ---------------------------------------------------------------- the command

ACTION_COLUMNS = (
    "lever", "kind", "name", "count", "institution", "district", "cost", "reason",
)  # fmt: skip
ACTION_TABLE_COLUMNS = ("kind", "name", "count", "cost", "reason")
TARGET_TABLE_COLUMNS = ("id", "name", "target", "base", "value", "status", "reached")


def _action_row(each: Action) -> dict[str, Any]:
    return {
        "lever": each.lever,
        "kind": KINDS[each.kind],
        "name": each.name,
        "count": each.count,
        "institution": each.institution,
        "district": each.district,
        "cost": each.cost,
        "reason": each.reason,
    }


def _target_row(each: Aim) -> dict[str, Any]:
    expected = each.expected
    return {
        "id": each.id,
        "name": expected.indicator.name,
        "unit": expected.indicator.unit,
        "on": expected.on.isoformat(),
        "late": expected.late,
        "target": expected.result.target,
        "threshold": each.threshold,
        "base": expected.base,
        "value": expected.value,
        "base_status": expected.base_status,
        "status": expected.status,
        "reached": each.reached,
        "shortfall": each.shortfall,
    }


def as_object(ready: Prepared, found: Solution) -> dict[str, Any]:
    """A solution as the command prints it; the same for the same data and request."""
    cost = found.outcome.cost
    return {
        "finding": found.finding,
        "data_version": ready.version_id,
        "as_of": ready.day.isoformat(),
        "late": found.outcome.late,
        "feasible": found.feasible,
        "optimal": found.optimal,
        "proof": {
            "words": found.proof,
            **{
                name: {"value": each.value, "bound": each.bound, "gap": each.gap}
                for name, each in (
                    ("shortfall", found.shortfall_proof),
                    ("actions", found.actions_proof),
                    ("cost", found.cost_proof),
                )
            },
        },
        "count": found.count,
        "cost": {
            "total": cost.total,
            "matching": cost.matching,
            "seed": cost.seed,
            "opening": cost.opening,
            "closing": cost.closing,
            "bringing": cost.bringing,
            "not_counted": list(cost.not_counted),
        },
        "budget": found.request.budget,
        "limits": {name: getattr(found.limits, name) for name in LIMITS},
        "limits_provenance": ready.ground.plan.solve.provenance,
        "actions": [
            {
                **_action_row(each),
                "serves": [
                    {"indicator": one.indicator, "name": one.name, "amount": one.amount}
                    for one in each.serves
                ],
            }
            for each in found.actions
        ],
        "targets": [_target_row(each) for each in found.aims],
        "conflicts": [
            {
                "indicator": each.indicator,
                "name": each.name,
                "threshold": each.threshold,
                "value": each.value,
                "available": each.available,
                "alone": each.alone,
                "limits": [
                    {"limit": one.limit, "name": one.words, "value": one.value}
                    for one in each.reliefs
                ],
                "reason": each.reason,
            }
            for each in found.conflicts
        ],
        "unsolvable": [
            {"indicator": each.indicator, "name": each.name, "reason": each.reason}
            for each in found.unsolvable
        ],
        "scenario": scenario.as_object(found.scenario),
    }


def _limit(text: str) -> tuple[str, int | None]:
    name, _, value = text.partition("=")
    if name not in LIMITS:
        raise argparse.ArgumentTypeError(f"“{name}”不是限制，可用：{'、'.join(LIMITS)}")
    if value == "none":
        return name, None
    try:
        return name, int(value)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"“{text}”应写作 名称=整数，不限写作 {name}=none"
        ) from None


def _amount(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}”不是数") from None
    if not 0 <= found < float("inf"):
        raise argparse.ArgumentTypeError(f"“{text}”应为不小于 0 的数")
    return found


def _limits(found: Solution) -> str:
    given = {name: getattr(found.limits, name) for name in LIMITS}
    parts = [f"{LIMITS[name]} {most} 个" for name, most in given.items() if most is not None]
    if found.request.budget is not None:
        parts.append(f"{CONSTRAINTS[BUDGET]} {number(found.request.budget)} 万元")
    return "，".join(parts) or "未设"


def _print(found: Solution, provenance: str) -> None:
    print(found.finding)
    print(found.proof)
    if found.actions:
        rows = [_action_row(each) for each in found.actions]
        output.write(rows, ACTION_TABLE_COLUMNS, "table")
    for spent in found.spent:
        cost = "未给单价" if spent.cost is None else f"{number(spent.cost)} 万元"
        print(f"{spent.words} {spent.count} 项，{cost}")
    rows = [{**_target_row(each), "status": each.expected.verdict.word} for each in found.aims]
    if rows:
        output.write(rows, TARGET_TABLE_COLUMNS, "table")
    if found.outcome.cost.not_counted:
        print(f"未给单价、未计入费用：{'、'.join(found.outcome.cost.not_counted)}")
    print(f"项目按期望贡献（贡献 × 成功概率）计；限制（{provenance}）：{_limits(found)}")
    for each in found.conflicts:
        print(f"达不到：{each.name}——{each.reason}")
    if not found.explained:
        print("已到时限，受何限制未及全部查明")
    for lacking in found.unsolvable:
        print(f"不能求解：{lacking.name}——{lacking.reason}")
    print(f"情景（存为文件交 python -m queries.scenario）：{scenario.to_json(found.scenario)}")


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = output.parser("queries.solve", "反推：求达到目标所需的最少举措")
    parser.add_argument(
        "--targets", type=output.several, metavar="ID,…", help="目标指标编号；默认为全部有目标的"
    )
    parser.add_argument("--budget", type=_amount, metavar="万元", help="市级资金上限；默认不限")
    parser.add_argument(
        "--nearly", action="store_true", help="“左右”类指标基本达成即可；默认须达到目标值"
    )
    parser.add_argument(
        "--limit",
        type=_limit,
        action="append",
        default=[],
        metavar="NAME=N",
        help=f"另设一项限制，可多次写，不限为 none；可用：{'、'.join(LIMITS)}",
    )
    parser.add_argument("--time-limit", type=_amount, metavar="秒", help="时限；默认为计划文件所设")
    options: argparse.Namespace = parser.parse_args(arguments)
    with output.errors():
        version = output.version(options)
        ready = scenario.prepared(version, options.as_of)
        limits = replace(Limits.of(ready.ground.plan.solve), **dict(options.limit))
        request = Request(
            options.targets, options.budget, limits, options.nearly, options.time_limit
        )
        found = solve(ready, request)
        if options.format == "json":
            json.dump(as_object(ready, found), sys.stdout, ensure_ascii=False, indent=1)
            sys.stdout.write("\n")
        elif options.format == "csv":
            output.write([_action_row(each) for each in found.actions], ACTION_COLUMNS, "csv")
        else:
            _print(found, ready.ground.plan.solve.provenance)
    return 0


if __name__ == "__main__":
    command.run(main)
