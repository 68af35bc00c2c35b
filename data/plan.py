"""The plan as a file: indicators, targets, sentences, departments and thresholds, read from TOML.

A plan file says everything that is particular to one city and one period, so that code knows
none of it. ``load_plan`` reads and checks it; every fault is a PlanError that names the key.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from data.contract import BY_TABLE, EVALUATION_GRADES, TECHNICIAN_TYPES

PLANS = Path(__file__).parent / "plans"
PLAN_FILE = "PLAN_FILE"


class PlanError(Exception):
    """A plan file that cannot be used; the message names file, key and fault, in Chinese."""


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A piece of a plan file; a key it does not know is an error."""


class Department(_Part, frozen=True, kw_only=True):
    """A department as the policy names it; successor: its present-day name, empty if unchanged
    or not known (note says which)."""

    name: str
    successor: str = ""
    note: str = ""


class NamedSpecialty(_Part, frozen=True, kw_only=True):
    """A specialty that the policy names: as it writes it, and its name in the national catalogue
    where that differs (empty if it does not)."""

    name: str
    catalogue: str = ""

    @property
    def specialty(self) -> str:
        """The catalogue's name, under which specialty points are found."""
        return self.catalogue or self.name


class Section(_Part, frozen=True, kw_only=True):
    """A numbered piece of the policy text: a principle, goal, action, task or safeguard.

    text: verbatim, without the departments in brackets; empty where the policy gives only a title.
    duty: the words that follow the departments (按职责分工负责, 牵头负责), empty if none.
    goals: of an action, the goals whose own indicators are shown with it (our grouping, not the
    policy's). specialties: those the text names.
    """

    id: str
    kind: Literal["principle", "chapter", "goal", "action", "task", "safeguard"]
    title: str
    parent: str = ""
    text: str = ""
    departments: tuple[str, ...] = ()
    duty: str = ""
    goals: tuple[str, ...] = ()
    specialties: tuple[NamedSpecialty, ...] = ()


class Indicator(_Part, frozen=True, kw_only=True):
    """What is counted, against which target, by when, and who answers for it.

    target: in ``unit``; None when only monitored. tolerance: share of the target that may be
    missing where the policy says 左右 or 基本. basis: whether the level filter means the point's
    level or the institution's. needs: tables, or table.column, without which the value is null.
    counts: role -> items, what ``queries/indicators/<id>.sql`` reads from plan_items.
    newly_opened: the policy's verb is 增设, so that what was opened after the issue stands apart.
    """

    id: str
    sections: tuple[str, ...]
    name: str
    short: str
    name_en: str
    measure: Literal["count", "share", "coverage", "ratio"]
    comparison: Literal["at_least", "about", "monitor"]
    method: Literal["linear", "milestone", "monitor"]
    target: float | None = None
    tolerance: float = 0.0
    unit: str
    deadline: date
    quote: str
    departments: tuple[str, ...]
    goal: str
    definition: str
    basis: Literal["point", "institution"]
    needs: tuple[str, ...] = ()
    counts: dict[str, tuple[str, ...]] = {}
    provenance: str = ""
    newly_opened: bool = False


class Deliverable(_Part, frozen=True, kw_only=True):
    """A promised result without a numeric target of its own.

    kind: once (a thing to have by the due date), yearly (again every year), ongoing (work that
    goes on to the due date), count (things to be counted). target: the number of a count where
    the policy gives one. counted_from, counted_kind: the table and the kind in it that a count is
    taken from; empty: from the values reported in 任务进展. due_provenance: where the date is from.
    """

    id: str
    section: str
    name: str
    quote: str
    kind: Literal["once", "yearly", "ongoing", "count"]
    departments: tuple[str, ...]
    due: date
    due_provenance: str
    target: float | None = None
    per_institution: bool = False
    counted_from: str = ""
    counted_kind: str = ""

    @property
    def sections(self) -> tuple[str, ...]:
        return (self.section,)

    def due_dates(self, issued_on: date) -> tuple[date, ...]:
        """When it is due: the day and month of ``due`` each year after issue if yearly."""
        if self.kind != "yearly":
            return (self.due,)
        # 29 February has no anniversary in other years; a plan is due at a month's end anyway.
        day = 28 if (self.due.month, self.due.day) == (2, 29) else self.due.day
        days = (date(y, self.due.month, day) for y in range(issued_on.year, self.due.year))
        return (*(d for d in days if d > issued_on), self.due)


class StatusRules(_Part, frozen=True, kw_only=True):
    """Bands of pace (a ratio), and what a forecast is made from.

    forecast_points: number of quarter-ends; forecast_band: coverage of the prediction interval;
    quarter_days: days in a quarter.
    """

    on_track: float
    lagging: float
    forecast_points: int
    forecast_band: float
    quarter_days: float
    provenance: str


class Signal(_Part, frozen=True, kw_only=True):
    """One early-warning signal, in percent; a value below ``yellow`` or ``red`` raises it."""

    id: str
    name: str
    formula: str
    yellow: float
    red: float


class WarningRules(_Part, frozen=True, kw_only=True):
    """Thresholds of the early warning and how signals make a grade.

    red_from_yellow: this many yellow signals make red; minimum_signals: fewer computable signals
    give no grade; persistent_years: this many red years in a row are persistent.
    """

    signals: tuple[Signal, ...]
    red_from_yellow: int
    minimum_signals: int
    persistent_years: int
    provenance: str

    def signal(self, name: str) -> Signal | None:
        return next((each for each in self.signals if name in (each.id, each.name)), None)


class YearBudget(_Part, frozen=True, kw_only=True):
    """City money of a year, in 万元."""

    year: int
    amount: float


class Budget(_Part, frozen=True, kw_only=True):
    """City money a year, in 万元; seed_share: the share of it meant for 建设引领资金."""

    years: tuple[YearBudget, ...]
    seed_share: float
    provenance: str

    def amount(self, year: int) -> float | None:
        """The city money of a year in 万元, None for a year without a budget."""
        return next((each.amount for each in self.years if each.year == year), None)


class MatchingRatio(_Part, frozen=True, kw_only=True):
    """City money owed for one unit of superior money to a project of this rank (级别)."""

    rank: str
    ratio: float
    provenance: str


class SupportWeights(_Part, frozen=True, kw_only=True):
    """Weights of the differentiated support (§5.3): results, quality of training, service."""

    results: float
    quality: float
    service: float
    provenance: str


class EnrolmentRules(_Part, frozen=True, kw_only=True):
    """A suggested enrolment plan: the year's plan times one plus what speaks for or against it.

    floor, cap: bounds, as multiples of the year's plan; step in students. grades: early-warning
    grade (red, yellow, green, grey) -> what it adds; evaluations: grade of the year's 专业评估 ->
    what it adds; what is not named adds nothing. completion: times the plan completion rate less
    one; gap: times the demand gap as a share of the demand.
    """

    floor: float
    cap: float
    step: int
    provenance: str
    grades: dict[str, float] = {}
    evaluations: dict[str, float] = {}
    completion: float = 0.0
    gap: float = 0.0


class ScenarioRules(_Part, frozen=True, kw_only=True):
    """Settings of the what-if that the policy does not give.

    late_quarters: after the deadline, how many quarter-ends ahead what was missed may be reached.
    costs in 万元, one each: a point opened, a point closed, a school brought up to conditions, an
    institution brought to the number of key groups asked for; None: not known, not counted.
    """

    late_quarters: int = 4
    open_cost: float | None = None
    close_cost: float | None = None
    school_cost: float | None = None
    group_cost: float | None = None
    provenance: str = "本系统默认，可调整"


class SimulationRules(_Part, frozen=True, kw_only=True):
    """Settings of the what-if's draws that the policy does not give.

    slip_share: the share of projects that slip, 0 to 1; slip_months: by how many months on average
    those do, at least 1.
    """

    draws: int = 10_000
    slip_share: float = 0.0
    slip_months: float = 1.0
    provenance: str = "本系统默认，可调整"


class SolveRules(_Part, frozen=True, kw_only=True):
    """What the search for the smallest set of actions may use at most; None: no limit.

    Openings have no institution: theirs are a quarter, of a kind in an industry, and in total on
    average of the institutions and of the districts. time_limit in seconds.
    """

    projects_per_institution: int | None = None
    projects_per_district: int | None = None
    closures_per_institution: int | None = None
    closures_per_district: int | None = None
    openings_per_industry: int | None = None
    openings_per_institution: int | None = None
    openings_per_district: int | None = None
    time_limit: float = 10.0
    provenance: str = "本系统默认，可调整"


class PrecheckRules(_Part, frozen=True, kw_only=True):
    """Lines of the pre-check of a new specialty, as ratios.

    most_share, many_share: institutions that offer it already, of those with points of its level.
    surplus, shortfall: the gap as a share of the demand. red_here, red_elsewhere: red points of
    the class. least_students: students per point of the institution.
    """

    most_share: float = 0.5
    many_share: float = 0.25
    surplus: float = 0.1
    shortfall: float = 0.1
    red_here: float = 0.5
    red_elsewhere: float = 0.3
    least_students: float = 100
    provenance: str = "本系统默认，可调整"


class QualityRules(_Part, frozen=True, kw_only=True):
    """Lines of the quality report.

    stale_days: table -> days after which a sheet without anything newer is out of date, 0 for one
    that may rest; other_days for the tables not named; a year counts from its end. outlier_spread:
    how many times the scale of its like a value may lie from their median; outlier_group: rows that
    a group must have to be judged; least_students: fewer are too few for a percentage, and a change
    by fewer is none to speak of.
    """

    stale_days: dict[str, int] = {}
    other_days: int = 400
    outlier_spread: float = 6.0
    outlier_group: int = 20
    least_students: int = 30
    provenance: str = "本系统默认，可调整"

    def days(self, table: str) -> int:
        """Days after which the sheet of a table is out of date; 0: never."""
        return self.stale_days.get(table, self.other_days)


class Definition(_Part, frozen=True, kw_only=True):
    """A term that the definitions of several indicators use."""

    term: str
    text: str


class _PlanFile(_Part, frozen=True, kw_only=True):
    """What stands in a plan file."""

    id: str
    title: str
    short_title: str
    city: str
    source: str = ""
    issued_on: date
    deadline: date
    deadline_note: str = ""
    period_start: date
    period_name: str = ""
    default_department: str
    include_technician: bool = False
    departments: tuple[Department, ...]
    sections: tuple[Section, ...]
    goal_groups: tuple[str, ...]
    definitions: tuple[Definition, ...] = ()
    indicators: tuple[Indicator, ...]
    deliverables: tuple[Deliverable, ...]
    status: StatusRules
    warning: WarningRules
    budget: Budget
    matching: tuple[MatchingRatio, ...]
    support: SupportWeights
    enrolment: EnrolmentRules
    scenario: ScenarioRules = ScenarioRules()
    simulation: SimulationRules = SimulationRules()
    solve: SolveRules = SolveRules()
    precheck: PrecheckRules = PrecheckRules()
    quality: QualityRules = QualityRules()


class Plan(_PlanFile, frozen=True, kw_only=True):
    """A plan read from a file. fingerprint: sha256 of the file's text."""

    fingerprint: str

    def indicator(self, id_or_name: str) -> Indicator | None:
        """The indicator with this id or Chinese name, None if there is none."""
        return next((i for i in self.indicators if id_or_name in (i.id, i.name)), None)

    def deliverable(self, id_or_name: str) -> Deliverable | None:
        """The deliverable with this id or Chinese name, None if there is none."""
        return next((d for d in self.deliverables if id_or_name in (d.id, d.name)), None)

    def section(self, number: str) -> Section | None:
        """The section with this number, None if there is none."""
        return next((s for s in self.sections if s.id == number), None)

    def departments_of(self, section: Section) -> tuple[str, ...]:
        """Who answers for a section: the departments it names, else the plan's default one."""
        return section.departments or (self.default_department,)

    def _sections_of(self, kind: str) -> tuple[Section, ...]:
        return tuple(s for s in self.sections if s.kind == kind)

    @property
    def actions(self) -> tuple[Section, ...]:
        return self._sections_of("action")

    @property
    def tasks(self) -> tuple[Section, ...]:
        return self._sections_of("task")

    @property
    def goals(self) -> tuple[Section, ...]:
        return self._sections_of("goal")

    @property
    def safeguards(self) -> tuple[Section, ...]:
        return self._sections_of("safeguard")

    def tasks_of(self, action: str) -> tuple[Section, ...]:
        """The tasks of an action by its number, in the plan's order."""
        return tuple(s for s in self.tasks if s.parent == action)

    @property
    def body_kinds(self) -> tuple[str, ...]:
        """The kinds of cooperation body (合作载体.类型) the plan knows, in its order."""
        return tuple(
            d.counted_kind for d in self.deliverables if d.counted_from == "cooperation_bodies"
        )

    def matching_ratio(self, rank: str) -> float:
        """City money owed per unit of superior money for a project of this rank; 0 if none."""
        return next((m.ratio for m in self.matching if m.rank == rank), 0.0)

    @property
    def rows_fingerprint(self) -> str:
        """sha256 of what the indicator rows depend on: two plans that agree in it count alike."""
        items, dates = item_rows(self)
        rows = {"items": sorted(items), "dates": [(name, day.isoformat()) for name, day in dates]}
        return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()


def item_rows(plan: Plan) -> tuple[list[tuple[str, str, str]], list[tuple[str, date]]]:
    """The rows of the tables plan_items (indicator, role, item) and plan_dates (name, value)."""
    items = [
        (indicator.id, role, item)
        for indicator in plan.indicators
        for role, role_items in indicator.counts.items()
        for item in role_items
    ]
    if not plan.include_technician:
        items += [("*", "outside_school_type", each) for each in TECHNICIAN_TYPES]
    dates = [
        ("issued_on", plan.issued_on),
        ("deadline", plan.deadline),
        ("period_start", plan.period_start),
    ]
    return items, dates


def load_plan(path: Path | None = None) -> Plan:
    """Read and check a plan file; raises PlanError.

    path None: the file named by the environment variable PLAN_FILE, else the plan in
    ``data/plans`` with the latest issue date (the last by file name among equals).
    """
    if path is not None:
        return _load(Path(path))
    named = os.environ.get(PLAN_FILE)
    if named:
        return _load(Path(named))
    plans = [_load(each) for each in sorted(PLANS.glob("*.toml"))]
    if not plans:
        raise PlanError(f"没有方案文件：{PLANS} 下没有 .toml，环境变量 {PLAN_FILE} 也未设置")
    return max(enumerate(plans), key=lambda each: (each[1].issued_on, each[0]))[1]


def _load(path: Path) -> Plan:
    try:
        path = path.resolve()
        stat = path.stat()
        return _read(path, (stat.st_mtime_ns, stat.st_size))
    except OSError as error:
        raise PlanError(f"方案文件 {path} 无法读取：{error.strerror or error}") from error


@lru_cache(maxsize=16)
def _read(path: Path, _stamp: tuple[int, int]) -> Plan:
    """The plan in a file; the stamp (time and size) makes a changed file a new cache entry."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PlanError(
            f"方案文件 {path.name} 不是 UTF-8 文本（第 {error.start + 1} 字节）"
        ) from error
    return parse_plan(text, path.name)


def parse_plan(text: str, name: str = "方案文件") -> Plan:
    """The plan in a TOML text; ``name`` stands in the message of a PlanError."""
    text = text.replace("\r\n", "\n")
    try:
        raw = msgspec.toml.decode(text)
    except msgspec.DecodeError as error:
        raise PlanError(f"方案文件 {name} 不是有效的 TOML：{_toml_fault(str(error))}") from error
    try:
        found = msgspec.convert(raw, _PlanFile, builtin_types=(datetime, date, time), str_keys=True)
    except msgspec.ValidationError as error:
        raise PlanError(f"方案文件 {name}：{_fault(str(error), raw)}") from error
    values = {field: getattr(found, field) for field in found.__struct_fields__}
    fingerprint = hashlib.sha256(text.encode()).hexdigest()
    plan = Plan(**values, fingerprint=fingerprint)
    faults = list(_faults(plan))
    if faults:
        raise PlanError("\n".join(f"方案文件 {name}：{fault}" for fault in faults))
    return plan


# What the TOML reader says -> what it means; anything else is a fault of spelling.
_TOML_FAULTS = {
    "Cannot overwrite a value": "同一个键写了两次",
    "Cannot declare": "同一个表写了两次",
    "Cannot mutate": "同一个表写了两次",
    "Expected '='": "键后面缺少等号",
    "Invalid value": "值的写法有误，文字要加引号",
    "Unterminated string": "引号没有配对",
    "Unclosed array": "方括号没有配对",
    "Expected newline": "一行里有多余的内容",
    "Illegal character": "有不允许的字符，或引号没有配对",
}


def _toml_fault(message: str) -> str:
    """The TOML reader's message with its place, in Chinese."""
    reason = next((text for start, text in _TOML_FAULTS.items() if start in message), "写法有误")
    place = re.search(r"\(at line (\d+), column (\d+)\)", message)
    return f"第 {place[1]} 行第 {place[2]} 列{reason}" if place else f"文件末尾{reason}"


_TYPES = {
    "str": "文字",
    "int": "整数",
    "float": "数字",
    "bool": " true 或 false",
    "date": "日期（如 2000-01-31，不加引号）",
    "datetime": "日期时间",
    "time": "时间",
    "array": "列表",
    "object": "表",
    "null": "空",
}


def _fault(message: str, raw: Any) -> str:
    """A message of msgspec in Chinese, with the key it is about and the id of its item."""
    body, _, path = message.partition(" - at `$")
    path = path.rstrip("`")
    if unknown := re.search(r"unknown field `(.+?)`", body):
        return f"键 {_join(path, unknown[1], raw)} 不认识，请核对拼写"
    if missing := re.search(r"missing required field `(.+?)`", body):
        return f"缺少键 {_join(path, missing[1], raw)}"
    where = _key(path, raw)
    if enum := re.search(r"Invalid enum value (.+)", body):
        return f"键 {where} 的值 {enum[1]} 不在可选范围内"
    if types := re.search(r"Expected `(.+?)`, got `(.+?)`", body):
        expected = " 或 ".join(_TYPES.get(t, t) for t in types[1].split(" | ") if t != "null")
        return f"键 {where} 应为{expected}，现为{_TYPES.get(types[2], types[2])}"
    return f"键 {where} 有误：{body}"


def _join(path: str, field: str, raw: Any) -> str:
    key = _key(path, raw)
    return f"{key}.{field}" if key else field


def _key(path: str, raw: Any) -> str:
    """A msgspec path without its leading dot; items of a list are named by their id or name."""
    value, words = raw, ""
    for field, index in re.findall(r"\.?([^.\[\]]+)|\[(\d+|\.\.\.)\]", path):
        if index == "...":
            return f"{words}.…"
        try:
            value = value[int(index)] if index else value[field]
        except (KeyError, IndexError, TypeError):
            value = None
        if field:
            words += f".{field}" if words else field
            continue
        words += f"[{index}]"
        label = _label(value)
        words += f"（{label}）" if label else ""
    return words


def _label(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    return str(value.get("id") or value.get("name") or "")


def _faults(plan: Plan) -> Iterable[str]:
    """What is wrong with a plan whose keys and types are right, one message a fault."""
    if plan.deadline <= plan.issued_on:
        yield f"键 deadline（{plan.deadline}）不晚于印发日期 issued_on（{plan.issued_on}）"
    if plan.period_start > plan.deadline:
        yield f"键 period_start（{plan.period_start}）晚于 deadline（{plan.deadline}）"
    yield from _repeated("departments", "name", [d.name for d in plan.departments])
    yield from _repeated("sections", "id", [s.id for s in plan.sections])
    yield from _repeated("goal_groups", "", plan.goal_groups)
    yield from _repeated("definitions", "term", [d.term for d in plan.definitions])
    yield from _repeated("warning.signals", "id", [s.id for s in plan.warning.signals])
    yield from _repeated("budget.years", "year", [str(y.year) for y in plan.budget.years])
    yield from _repeated("matching", "rank", [m.rank for m in plan.matching])
    # A workbook may name either an indicator or a deliverable in one column, by id or name.
    items: list[Indicator | Deliverable] = [*plan.indicators, *plan.deliverables]
    yield from _repeated("indicators、deliverables", "id", [i.id for i in items])
    yield from _repeated("indicators、deliverables", "name", [i.name for i in items])
    known = {d.name for d in plan.departments}
    numbers = {s.id for s in plan.sections}
    if plan.default_department not in known:
        yield f"键 default_department 的“{plan.default_department}”不在 departments 中"
    for section in plan.sections:
        where = f"sections（{section.id}）"
        yield from _unknown(where, section.departments, known)
        if section.parent and section.parent not in numbers:
            yield f"键 {where}.parent 的“{section.parent}”不在 sections 中"
        yield from _section_faults(plan, section, where)
    for indicator in plan.indicators:
        yield from _indicator_faults(plan, indicator, known, numbers)
    for deliverable in plan.deliverables:
        yield from _deliverable_faults(plan, deliverable, known, numbers)
    yield from _rule_faults(plan)


def _section_faults(plan: Plan, section: Section, where: str) -> Iterable[str]:
    goals = {each.id for each in plan.goals}
    for number in section.goals:
        if number not in goals:
            yield f"键 {where}.goals 的“{number}”不是 kind 为 goal 的条目"
    yield from _repeated(f"{where}.specialties", "name", [s.name for s in section.specialties])
    for each in section.specialties:
        if each.name not in section.text:
            yield f"键 {where}.specialties 的“{each.name}”不在该条目的 text 中"


def _indicator_faults(
    plan: Plan, indicator: Indicator, known: set[str], numbers: set[str]
) -> Iterable[str]:
    where = f"indicators（{indicator.id}）"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", indicator.id):
        yield f"键 {where}.id 只能用小写字母、数字和下划线"
    monitored = indicator.comparison == "monitor"
    if monitored != (indicator.method == "monitor"):
        yield f"键 {where}.method 与 comparison 不一致：只作监测的指标两处都写 monitor"
    if monitored and indicator.target is not None:
        yield f"键 {where}.target 多余：只作监测的指标没有目标值"
    if not monitored and indicator.target is None:
        yield f"缺少键 {where}.target：不是只作监测的指标必须有目标值"
    if indicator.target is not None and not 0 < indicator.target < float("inf"):
        yield f"键 {where}.target 应为大于 0 的数，现为 {indicator.target:g}"
    yield from _share(f"{where}.tolerance", indicator.tolerance)
    if indicator.tolerance and indicator.comparison != "about":
        yield f"键 {where}.tolerance 只用于 comparison 为 about 的指标"
    if indicator.deadline <= plan.issued_on:
        yield f"键 {where}.deadline（{indicator.deadline}）不晚于印发日期（{plan.issued_on}）"
    if indicator.goal not in plan.goal_groups:
        yield f"键 {where}.goal 的“{indicator.goal}”不在 goal_groups 中"
    if not indicator.departments:
        yield f"键 {where}.departments 为空：至少要有一个责任单位"
    yield from _unknown(where, indicator.departments, known)
    for number in indicator.sections:
        if number not in numbers:
            yield f"键 {where}.sections 的“{number}”不在 sections 中"
    low, high = (indicator.counts.get(role, ()) for role in ("minimum", "maximum"))
    for role, bound in (("minimum", low), ("maximum", high)):
        if role in indicator.counts and not (len(bound) == 1 and bound[0].isdecimal()):
            yield f'键 {where}.counts.{role} 应为一个写成文字的整数，如 ["1"]'
            return
    if low and high and int(low[0]) > int(high[0]):
        yield f"键 {where}.counts.minimum 大于 maximum"


def _deliverable_faults(
    plan: Plan, deliverable: Deliverable, known: set[str], numbers: set[str]
) -> Iterable[str]:
    where = f"deliverables（{deliverable.id}）"
    if deliverable.section not in numbers:
        yield f"键 {where}.section 的“{deliverable.section}”不在 sections 中"
    if not deliverable.departments:
        yield f"键 {where}.departments 为空：至少要有一个责任单位"
    yield from _unknown(where, deliverable.departments, known)
    if deliverable.due <= plan.issued_on:
        yield f"键 {where}.due（{deliverable.due}）不晚于印发日期（{plan.issued_on}）"
    if bool(deliverable.counted_from) != bool(deliverable.counted_kind):
        yield f"键 {where}.counted_from 与 counted_kind 须同时填写"
    if deliverable.counted_from and deliverable.kind != "count":
        yield f"键 {where}.counted_from 只用于 kind 为 count 的事项"


def _rule_faults(plan: Plan) -> Iterable[str]:
    status = plan.status
    yield from _share("status.on_track", status.on_track)
    yield from _share("status.lagging", status.lagging)
    if status.lagging > status.on_track:
        yield f"键 status.lagging（{status.lagging:g}）大于 status.on_track（{status.on_track:g}）"
    if status.forecast_points < 3:
        yield "键 status.forecast_points 至少为 3：少于三点没有预测区间"
    if not 0 < status.forecast_band < 1:
        yield f"键 status.forecast_band 应在 0 与 1 之间，现为 {status.forecast_band:g}"
    if not 0 < status.quarter_days < 366:
        yield f"键 status.quarter_days 应为一个季度的天数，现为 {status.quarter_days:g}"
    for signal in plan.warning.signals:
        if signal.red > signal.yellow:
            yield f"键 warning.signals（{signal.id}）.red 大于 yellow"
    for field in ("red_from_yellow", "minimum_signals", "persistent_years"):
        if getattr(plan.warning, field) < 1:
            yield f"键 warning.{field} 至少为 1"
    yield from _share("budget.seed_share", plan.budget.seed_share)
    for year in plan.budget.years:
        if year.amount < 0:
            yield f"键 budget.years（{year.year}）.amount 不能为负"
    for matching in plan.matching:
        if matching.ratio < 0:
            yield f"键 matching（{matching.rank}）.ratio 不能为负"
    weights = (plan.support.results, plan.support.quality, plan.support.service)
    if min(weights) < 0 or abs(sum(weights) - 1) > 1e-9:
        yield f"键 support 的三项权重须不为负且合计为 1，现合计 {sum(weights):g}"
    yield from _precheck_faults(plan.precheck)
    yield from _quality_faults(plan.quality)
    if not 0 <= plan.enrolment.floor <= 1 <= plan.enrolment.cap:
        yield "键 enrolment.floor 应在 0 与 1 之间，enrolment.cap 不小于 1"
    if plan.enrolment.step < 1:
        yield "键 enrolment.step 至少为 1"
    yield from _enrolment_faults(plan.enrolment)
    yield from _scenario_faults(plan.scenario)
    yield from _simulation_faults(plan.simulation)
    yield from _solve_faults(plan.solve)


def _quality_faults(rules: QualityRules) -> Iterable[str]:
    for table, days in (*rules.stale_days.items(), ("", rules.other_days)):
        key = f"quality.stale_days.{table}" if table else "quality.other_days"
        if table and table not in BY_TABLE:
            yield f"键 {key} 不是数据表，可用：{'、'.join(BY_TABLE)}"
        if days < 0:
            yield f"键 {key} 应为不小于 0 的天数，现为 {days}"
    if not rules.outlier_spread > 0:
        yield f"键 quality.outlier_spread 应大于 0，现为 {rules.outlier_spread:g}"
    if rules.outlier_group < 3:
        yield f"键 quality.outlier_group 至少为 3，现为 {rules.outlier_group}"
    if rules.least_students < 0:
        yield f"键 quality.least_students 不能为负，现为 {rules.least_students}"


def _precheck_faults(rules: PrecheckRules) -> Iterable[str]:
    for key in ("most_share", "many_share", "surplus", "shortfall", "red_here", "red_elsewhere"):
        yield from _share(f"precheck.{key}", getattr(rules, key))
    if rules.many_share > rules.most_share:
        yield "键 precheck.many_share 大于 precheck.most_share"
    if rules.least_students < 0:
        yield "键 precheck.least_students 不能为负"


def _simulation_faults(rules: SimulationRules) -> Iterable[str]:
    if not 100 <= rules.draws <= 100_000:
        yield f"键 simulation.draws 应为 100 至 100000 的整数，现为 {rules.draws}"
    if not 0 <= rules.slip_share <= 1:
        yield f"键 simulation.slip_share 应为 0 至 1 的数，现为 {rules.slip_share:g}"
    if not 1 <= rules.slip_months <= 24:
        yield f"键 simulation.slip_months 应为 1 至 24 的数，现为 {rules.slip_months:g}"


def _solve_faults(rules: SolveRules) -> Iterable[str]:
    for key in SolveRules.__struct_fields__:
        most = getattr(rules, key)
        if isinstance(most, int) and most < 0:
            yield f"键 solve.{key} 应为不小于 0 的整数，现为 {most}"
    if not 0 < rules.time_limit <= 600:
        yield f"键 solve.time_limit 应为 0 至 600 秒，现为 {rules.time_limit:g}"


def _scenario_faults(rules: ScenarioRules) -> Iterable[str]:
    if rules.late_quarters < 1:
        yield "键 scenario.late_quarters 至少为 1"
    for key in ("open_cost", "close_cost", "school_cost", "group_cost"):
        cost = getattr(rules, key)
        if cost is not None and not 0 <= cost < float("inf"):
            yield f"键 scenario.{key} 应为不小于 0 的数，现为 {cost:g}"


def _enrolment_faults(rules: EnrolmentRules) -> Iterable[str]:
    """A worse grade must not add more, and no point's plan may become negative."""
    for key, order, others, found in (
        ("grades", ("green", "yellow", "red"), ("grey",), rules.grades),
        ("evaluations", EVALUATION_GRADES, (), rules.evaluations),
    ):
        for name in found:
            if name not in (*order, *others):
                yield f"键 enrolment.{key}.{name} 不认识，可用：{'、'.join((*order, *others))}"
        steps = [found.get(each, 0.0) for each in order]
        if steps != sorted(steps, reverse=True):
            yield f"键 enrolment.{key} 中，较差等级的加减不能大于较好等级的（{'、'.join(order)}）"
    for key in ("completion", "gap"):
        yield from _share(f"enrolment.{key}", getattr(rules, key))
    added = (rules.grades.values(), rules.evaluations.values())
    least = 1 + sum(min([0.0, *each]) for each in added) - rules.completion - rules.gap
    if least <= 0:
        yield f"键 enrolment 的各项加减合起来可使系数降到 {least:g}，系数须大于 0"


def _repeated(key: str, field: str, values: Sequence[str]) -> Iterable[str]:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            yield f"键 {key}{'.' if field else ''}{field} 重复：“{value}”"
        seen.add(value)


def _unknown(where: str, departments: Sequence[str], known: set[str]) -> Iterable[str]:
    for department in departments:
        if department not in known:
            yield f"键 {where}.departments 的“{department}”不在 departments 中"


def _share(key: str, value: float) -> Iterable[str]:
    if not 0 <= value <= 1:
        yield f"键 {key} 应在 0 与 1 之间，现为 {value:g}"
