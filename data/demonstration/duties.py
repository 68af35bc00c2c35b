"""Money, duty and meetings: projects, deliverables, allocations, interim targets, inspections."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import numpy as np

from data.demonstration.course import (
    COURSES,
    YEAR,
    Row,
    Setting,
    between,
    chance,
    month_end,
    pick,
    quarter_ends,
    workday,
)
from data.demonstration.points import Point, Points
from data.demonstration.schools import School
from data.plan import Deliverable, Indicator

PROJECTS = 300
RECTIFICATIONS = 64
# Interim targets: fraction of the target, days from approval to the data date (negative: the
# approval lies that many days after the issue), days it holds (None: to the deadline).
INTERIM_INDICATOR = "bachelor_enrolment_ratio"
INTERIM_TARGETS: tuple[tuple[float, int, int | None], ...] = (
    (0.33, -150, 200),
    (0.60, 195, None),
)
# City-wide allocations: share of the time from issue to deadline, share of the way to the target.
ALLOCATED: dict[str, tuple[tuple[float, float], ...]] = {
    "points_traditional": ((0.25, 0.26), (0.55, 0.56), (1.0, 1.0)),
    "points_emerging": ((0.2, 0.12), (0.4, 0.36), (0.6, 0.6), (0.8, 0.8), (1.0, 1.0)),
    "demo_emerging": ((0.25, 0.2), (0.5, 0.45), (0.75, 0.75), (1.0, 1.0)),
    "secondary_conditions_met": ((0.1, 0.15), (0.54, 0.58), (1.0, 1.0)),
    "bachelor_points": ((0.4, 0.4), (0.86, 0.86), (1.0, 1.0)),
}
ALLOCATED_TO_DISTRICTS = ("points_emerging", "points_traditional", "demo_traditional")
ALLOCATED_TO_INSTITUTIONS = ("points_emerging", "bachelor_points")

# Project stages: weight, success probability in percent.
STAGES: dict[str, tuple[float, tuple[int, int]]] = {
    "在建": (0.36, (55, 96)),
    "验收": (0.20, (100, 101)),
    "储备": (0.22, (25, 55)),
    "成熟": (0.18, (50, 80)),
    "终止": (0.04, (0, 1)),
}
SUPERIOR_FUNDS = {"国家级": (300, 900), "省级": (60, 220)}
PROBLEMS = ("推进缓慢，未按节点完成", "佐证材料不全", "台账与现场不一致", "责任分工不明确")
DECISIONS = (
    "形成工作方案报联席会议",
    "开展专项调度并通报进展",
    "汇总院校台账并核验佐证",
    "研究资金配套并提出分配建议",
    "组织现场督导并反馈问题",
)

# Date, state, value and note of one report on a deliverable.
Report = tuple[date, str, float | None, str]


# ---------------------------------------------------------------- projects


def make_projects(setting: Setting, schools: Sequence[School]) -> list[Row]:
    """As many for every indicator, in all stages."""
    rng = setting.rng("projects")
    rows: list[Row] = []
    share = PROJECTS / max(len(setting.plan.indicators), 1)
    for index, indicator in enumerate(setting.plan.indicators):
        able = _able(indicator, schools)
        for number in range(round(share * (index + 1)) - len(rows)):
            # Every stage occurs for every indicator; the rest falls by chance.
            stages = list(STAGES)
            weights = [weight for weight, _ in STAGES.values()]
            stage = stages[number] if number < len(stages) else chance(rng, stages, weights)
            school = pick(rng, able)
            row = _project(setting, rng, indicator, school, stage)
            row["项目编号"] = f"XM{len(rows) + 1:03d}"
            row["项目名称"] = f"{school.name}{indicator.short}建设项目{number + 1:02d}"
            rows.append(row)
    return rows


def _able(item: Indicator | Deliverable, schools: Sequence[School]) -> list[School]:
    """Institutions of the level that an indicator or deliverable is about."""
    levels: tuple[str, ...] = ("高职", "职业本科")
    if "bachelor" in item.id:
        levels = ("职业本科", "普通本科")
    elif "secondary" in item.id:
        levels = ("中职",)
    return [s for s in schools if s.level in levels and s.closed is None]


def _project(
    setting: Setting, rng: np.random.Generator, indicator: Indicator, school: School, stage: str
) -> Row:
    rank = _rank(rng, indicator)
    superior = float(rng.integers(*SUPERIOR_FUNDS[rank])) if rank in SUPERIOR_FUNDS else 0.0
    paid = {"验收": 1.0, "在建": pick(rng, (0.5, 0.8, 1.0)), "终止": 0.3}.get(stage, 0.0)
    seed = 0.0 if rank in SUPERIOR_FUNDS else float(rng.integers(15, 90))
    contribution = float(pick(rng, (1, 1, 1, 2)))
    if indicator.unit == "%":
        contribution = round((indicator.target or 100) * float(rng.uniform(0.002, 0.009)), 2)
    planned, completed = _project_dates(setting, rng, stage)
    return {
        "院校代码": school.id,
        "指标": indicator.id,
        "贡献": contribution,
        "级别": rank,
        "阶段": stage,
        "上级资金": superior,
        "市级资金": round(superior * setting.plan.matching_ratio(rank) * paid + seed, 1),
        "成功概率": int(rng.integers(*STAGES[stage][1])),
        "计划完成日期": planned,
        "实际完成日期": completed,
    }


def _rank(rng: np.random.Generator, indicator: Indicator) -> str:
    if "national" in indicator.id:
        return chance(rng, ("国家级", "省级"), (0.8, 0.2))
    provincial = 0.65 if "省级" in indicator.name else 0.2
    return chance(rng, ("省级", "市级"), (provincial, 1 - provincial))


def _project_dates(
    setting: Setting, rng: np.random.Generator, stage: str
) -> tuple[date, date | None]:
    """(planned, completed); some under way are overdue at the data date."""
    if stage == "验收":
        done = between(rng, setting.issued, setting.today)
        return workday(done + timedelta(days=int(rng.integers(-120, 60)))), done
    if stage == "在建":
        return between(rng, setting.today - YEAR / 3, setting.deadline + YEAR), None
    if stage == "终止":
        return between(rng, setting.issued + YEAR / 2, setting.deadline), None
    return between(rng, setting.today + YEAR / 6, setting.deadline + 2 * YEAR), None


# ---------------------------------------------------------------- deliverables


def make_updates(
    setting: Setting, schools: Sequence[School], bodies: Sequence[Row], pathways: Sequence[Row]
) -> list[Row]:
    """A history of reports on every deliverable: done in time and late, under way, not begun."""
    tables = {"cooperation_bodies": bodies, "pathways": pathways}
    turns: Counter[str] = Counter()
    rows: list[Row] = []
    for deliverable in setting.plan.deliverables:
        rng = setting.rng(f"deliverable {deliverable.id}")
        turn = turns[deliverable.kind]
        turns[deliverable.kind] += 1
        if deliverable.kind == "once":
            reports = _once(setting, rng, turn)
        elif deliverable.kind == "yearly":
            reports = _yearly(setting, deliverable, owed=turn % 2 == 1)
        elif deliverable.kind == "ongoing":
            reports = _ongoing(setting, rng, turn)
        elif deliverable.counted_from in tables:
            reports = _counted(setting, rng, deliverable, tables[deliverable.counted_from])
        else:
            reports = _growing(setting, rng, deliverable, schools)
        for day, state, value, note in reports:
            lead = rng.random() < 0.7
            rows.append(
                {
                    "事项": deliverable.id,
                    "日期": day,
                    "状态": state,
                    "数值": value,
                    "说明": f"{note}（示例）",
                    "责任单位": deliverable.departments[0]
                    if lead
                    else pick(rng, deliverable.departments),
                    "佐证": f"示例材料{len(rows) + 1:04d}" if state == "已完成" else None,
                }
            )
    return rows


def _report_days(setting: Setting, rng: np.random.Generator, step: int = 1) -> list[date]:
    """A day in the weeks after every quarter-end since the issue."""
    ends = quarter_ends(setting.issued, setting.today - timedelta(days=30))
    return [workday(day + timedelta(days=int(rng.integers(4, 20)))) for day in ends[::step]]


def _once(setting: Setting, rng: np.random.Generator, turn: int) -> Iterator[Report]:
    days = _report_days(setting, rng)
    fate = ("done", "going", "done", "idle", "done", "late")[turn % 6]
    done = {"done": 0.45, "late": 0.9}.get(fate, 2.0) * len(days)
    begun = {"idle": 2.0, "going": 0.5, "late": 0.4}.get(fate, 0.1) * len(days)
    for number, day in enumerate(days):
        if number >= done:
            yield day, "已完成", None, "已建成并通过验收，投入使用"
            return
        if number >= begun:
            yield day, "推进中", None, f"已完成方案论证，第 {number + 1} 次调度"
        elif number % 2 == 0:
            yield day, "未启动", None, "尚在前期调研，未明确承办单位"


def _yearly(setting: Setting, deliverable: Deliverable, owed: bool) -> Iterator[Report]:
    """Begun and finished for each year; owed: the last due one has not been finished."""
    dues = [day for day in deliverable.due_dates(setting.issued) if day <= setting.today]
    for due in dues:
        start = max(workday(due - timedelta(days=70)), setting.issued + timedelta(days=1))
        yield start, "推进中", None, f"{due.year} 年度工作启动"
        if owed and due == dues[-1]:
            late = min(due + timedelta(days=120), setting.today)
            yield workday(late), "推进中", None, f"{due.year} 年度尚未发布，正在会签"
        else:
            done = max(due - timedelta(days=12), start)
            yield workday(done), "已完成", None, f"{due.year} 年度已发布"
    year = setting.today.year
    yield workday(setting.today - timedelta(days=60)), "推进中", None, f"{year} 年度工作启动"


def _ongoing(setting: Setting, rng: np.random.Generator, turn: int) -> Iterator[Report]:
    days = _report_days(setting, rng, 1 + turn % 2)
    idle, settled = turn % 9 == 4, turn % 5 == 0
    for number, day in enumerate(days):
        if idle:
            if number >= len(days) - 2:
                yield day, "未启动", None, "责任分工尚未落实"
        elif settled and number == len(days) - 1:
            yield day, "已完成", None, "制度已印发，转入常态化实施"
        else:
            yield day, "推进中", None, f"第 {number + 1} 次调度，按计划推进"


def _counted(
    setting: Setting, rng: np.random.Generator, deliverable: Deliverable, table: Sequence[Row]
) -> Iterator[Report]:
    """What the table holds of the kind on the day of the report."""
    mine = [row for row in table if row["类型"] == deliverable.counted_kind]
    for day in _report_days(setting, rng, 2):
        value = 0
        for row in mine:
            start = row.get("成立日期") or row["起始日期"]
            end = row.get("撤销日期") or row.get("终止日期")
            value += start <= day and (end is None or end > day)
        state = "推进中" if value else "未启动"
        yield day, state, float(value), "按台账统计" if value else "尚未落实"


def _growing(
    setting: Setting, rng: np.random.Generator, deliverable: Deliverable, schools: Sequence[School]
) -> Iterator[Report]:
    """A number that grows and is not there yet."""
    days = _report_days(setting, rng, 2)
    most = deliverable.target or float(rng.integers(8, 30))
    if deliverable.per_institution:
        most = float(sum(s.level != "普通本科" and s.closed is None for s in schools))
    value = 0.0
    for number, day in enumerate(days, start=1):
        part = min(0.9, number / len(days) * float(rng.uniform(0.8, 1.0)))
        value = max(value, float(math.floor(most * part)))
        state = "推进中" if value else "未启动"
        yield day, state, value, "按填报统计" if value else "尚未落实"


# ---------------------------------------------------------------- targets


def make_allocations(setting: Setting, points: Points, titles: Sequence[Row]) -> list[Row]:
    """Decomposed targets: the city's by date, and parts of it for districts and institutions."""
    rows: list[Row] = []
    span = setting.deadline - setting.issued

    def add(indicator: Indicator, time: float, kind: str, scope: str | None, value: float) -> None:
        due = setting.deadline if time == 1.0 else month_end(setting.issued + span * time)
        written = round(value, 1) if indicator.unit == "%" else round(value)
        rows.append(
            {
                "指标": indicator.id,
                "截止日期": due,
                "范围类型": kind,
                "范围": scope,
                "目标值": written,
            }
        )

    for name, steps in ALLOCATED.items():
        indicator = setting.indicator(name)
        if indicator is not None and indicator.target is not None:
            base = COURSES[name].issue * indicator.target
            for time, way in steps:
                add(indicator, time, "全市", None, base + (indicator.target - base) * way)
    for name in ALLOCATED_TO_DISTRICTS:
        indicator = setting.indicator(name)
        if indicator is not None and indicator.target is not None:
            here = counted_points(indicator, points, titles, setting.today)
            districts = Counter(p.school.district for p in here if p.school.district)
            shares = _shares(setting.rng(f"districts {name}"), districts, indicator.target)
            for district, value in shares.items():
                add(indicator, 1.0, "区县", district, value)
    for name in ALLOCATED_TO_INSTITUTIONS:
        indicator = setting.indicator(name)
        if indicator is not None and indicator.target is not None:
            here = counted_points(indicator, points, titles, setting.today)
            schools = Counter(p.school.id for p in here)
            shares = _shares(setting.rng(f"institutions {name}"), schools, indicator.target)
            for school, value in list(shares.items())[:8]:
                add(indicator, 0.55, "院校", school, math.ceil(value * 0.7))
                add(indicator, 1.0, "院校", school, value)
    return rows


def _shares(rng: np.random.Generator, counts: Counter[str], target: float) -> dict[str, float]:
    """Targets in proportion to today's counts, largest first, some harder than others."""
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    total = sum(counts.values())
    return {
        name: float(max(1, round(counts[name] / total * target * float(rng.uniform(0.8, 1.15)))))
        for name in ranked
    }


def counted_points(
    indicator: Indicator, points: Points, titles: Sequence[Row], day: date
) -> list[Point]:
    """The points that an indicator of tracks, titles or levels counts on the day."""
    tracks, levels = indicator.counts.get("track"), indicator.counts.get("level")
    wanted = indicator.counts.get("title")
    holding = {
        r["对象编号"]
        for r in titles
        if wanted
        and r["认定名称"] in wanted
        and r["认定日期"] <= day
        and (r["撤销日期"] is None or r["撤销日期"] > day)
    }
    return [
        p
        for p in points.all
        if p.in_force(day)
        and not p.school.technician
        and (not wanted or p.id in holding)
        and (not levels or p.level in levels)
        and (not tracks or (p.track in tracks and p.on_track(day)))
    ]


def make_interim_targets(setting: Setting) -> list[Row]:
    """One that has lapsed and one in force at the data date, for the same indicator."""
    target = setting.target(INTERIM_INDICATOR)
    rows: list[Row] = []
    for fraction, days, holds in INTERIM_TARGETS if target else ():
        approved = workday((setting.issued if days < 0 else setting.today) - timedelta(days=days))
        expires = setting.deadline if holds is None else approved + timedelta(days=holds)
        rows.append(
            {
                "指标": INTERIM_INDICATOR,
                "阶段性目标值": round(fraction * target, 1),
                "批准日期": approved,
                "截止日期": expires,
                "理由": "新设学校首届学生入学晚于预期，经研究分步达到（示例）",
                "批准单位": setting.plan.default_department,
            }
        )
    return rows


# ---------------------------------------------------------------- inspections and meetings


def make_rectifications(setting: Setting, schools: Sequence[School]) -> list[Row]:
    """Open, overdue and closed ones."""
    rng = setting.rng("rectifications")
    items: list[Indicator | Deliverable] = [*setting.plan.indicators, *setting.plan.deliverables]
    first = setting.issued + timedelta(days=60)
    days = sorted(between(rng, first, setting.today) for _ in range(RECTIFICATIONS))
    rows: list[Row] = []
    for number, day in enumerate(days, start=1):
        item = pick(rng, items)
        able = _able(item, schools)
        due = workday(day + timedelta(days=int(rng.integers(30, 120))))
        closed = max(workday(due + timedelta(days=int(rng.integers(-25, 30)))), day)
        still_open = closed > setting.today or number % 7 == 3
        rows.append(
            {
                "编号": f"ZG{number:03d}",
                "发现日期": day,
                "指标或事项": item.id,
                "院校代码": pick(rng, able).id if rng.random() < 0.55 else None,
                "责任单位": pick(rng, item.departments),
                "问题": f"{item.name}：{pick(rng, PROBLEMS)}（示例）",
                "整改期限": due,
                "完成日期": None if still_open else closed,
            }
        )
    return rows


def make_meetings(setting: Setting) -> list[Row]:
    """A joint meeting every quarter with a few decisions, some of them still owed."""
    rng = setting.rng("meetings")
    sections = setting.plan.tasks or setting.plan.sections
    rows: list[Row] = []
    for number, end in enumerate(quarter_ends(setting.issued, setting.today)):
        day = workday(end - timedelta(days=int(rng.integers(3, 25))))
        topics = [sections[(number * 2 + i) % len(sections)] for i in range(2)]
        words = [topic.title.rstrip("。") for topic in topics]
        actions = rng.permutation(len(DECISIONS))
        for decision in range(int(rng.integers(3, 6))):
            departments = topics[decision % 2].departments or (setting.plan.default_department,)
            due = workday(day + timedelta(days=int(rng.integers(40, 170))))
            closed = workday(due + timedelta(days=int(rng.integers(-30, 25))))
            still_open = closed > setting.today or rng.random() < 0.15
            rows.append(
                {
                    "会议编号": f"HY{number + 1:02d}",
                    "日期": day,
                    "主题": f"{'、'.join(words)}推进情况",
                    "议定事项": f"{words[decision % 2]}：{DECISIONS[actions[decision]]}（示例）",
                    "责任单位": pick(rng, departments),
                    "办结期限": due,
                    "办结日期": None if still_open else closed,
                }
            )
    return rows
