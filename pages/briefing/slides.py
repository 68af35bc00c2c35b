"""The slides of a meeting, computed from one data version: a finding, a figure, its definition.

Every number comes from ``queries``; what is written here is which of them a meeting needs, and the
sentence they make. A slide without data says which sheet brings it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property

import pandas as pd

from data.contract import BY_TABLE, LEVELS, NO_DISTRICT
from data.plan import Indicator, Section
from pages.briefing.pack import (
    COLOURS,
    Area,
    Bars,
    Cell,
    Dot,
    Fact,
    Facts,
    Lines,
    Map,
    Pack,
    Scatter,
    Series,
    Sheet,
    Slide,
    Table,
    Wishes,
    usual_title,
)
from pages.parts import district_map, theme
from pages.parts.block import MARKS
from pages.parts.map import colours, ink
from pages.parts.view import View
from queries import (
    accountability,
    actions,
    alignment,
    classes,
    deliverables,
    early_warning,
    projects,
    summary,
)
from queries.accountability import CLOSED, OVERDUE, Decision, Duties
from queries.deliverables import DONE, NOT_BEGUN, UNDER_WAY, Progress
from queries.evaluate import Result, evaluate, trend
from queries.projects import Coverage, Project
from queries.run import fetch
from queries.schedule import quarter_ends
from queries.status import BEHIND, WORDS, number

TARGET = "#111A24"
MISSING = "#D5DAE0"
# How many rows a table can hold and still be read at eight metres.
MOST_ROWS = 8
LEVEL_COLOURS = ("#1F4E8C", "#4C9BD6", "#8A94A0")
MOST_WORST = 5
GRADES = (
    ("red", "■ 红", "#C8402F"),
    ("yellow", "▲ 黄", "#E0A100"),
    ("green", "● 绿", "#1B7F5C"),
    ("grey", "○ 数据不足", "#8A94A0"),
)
STATES = (
    (DONE, "#1B7F5C"),
    (UNDER_WAY, "#4C9BD6"),
    (NOT_BEGUN, "#8A94A0"),
    (OVERDUE, "#C8402F"),
    (deliverables.NO_DATA, "#D5DAE0"),
)


class Known:
    """What several slides look at, each computed when first asked for."""

    def __init__(self, view: View) -> None:
        self.view, self.version, self.day = view, view.version, view.as_of
        self.plan, self.scope = view.version.plan, view.scope

    @cached_property
    def results(self) -> list[Result]:
        return evaluate(self.version, self.day, self.scope)

    @cached_property
    def worst(self) -> list[Result]:
        return summary.worst(self.results, MOST_WORST)

    @cached_property
    def promises(self) -> dict[str, Progress]:
        return deliverables.progress(self.version, self.day)

    @cached_property
    def duties(self) -> Duties:
        return accountability.duties(
            self.version, self.day, self.results, self.promises, self.scope
        )

    @cached_property
    def pool(self) -> list[Project]:
        return projects.pool(self.version, self.scope, self.day)

    @cached_property
    def coverage(self) -> list[Coverage]:
        return projects.coverage(self.plan, self.results, self.pool, self.day)

    @cached_property
    def warned(self) -> pd.DataFrame:
        """Every point and year of the scope, technician institutions left out."""
        frame = early_warning.judged(self.version, self.day)
        inside = {
            each.institution_id
            for each in self.version.institutions
            if not each.outside and self.scope.lets_in(each)
        }
        kept = frame["institution_id"].isin(inside)
        if self.scope.level:
            kept &= frame["level"].isin(self.scope.level)
        return frame[kept]

    def parts(self, indicator: Indicator) -> list[Result]:
        """One indicator by district."""
        return evaluate(self.version, self.day, self.scope, "district", [indicator.id])

    def lacks(self, *tables: str) -> str:
        """Which of the sheets are empty, in a sentence; empty text when none is."""
        empty = [t for t in tables if t not in self.version.filled]
        if not empty:
            return ""
        return _blank(*empty)


def _blank(*tables: str) -> str:
    return f"{'、'.join(f'“{BY_TABLE[t].title}”表' for t in tables)}为空，填报后即可显示。"


def pack(view: View, wishes: Wishes) -> Pack:
    """The slides wished for, as one pack."""
    known = Known(view)
    return assemble(view, wishes, [slide(known, kind) for kind in wishes.kinds])


def assemble(view: View, wishes: Wishes, slides: Iterable[Slide]) -> Pack:
    """Slides computed already, with the meeting's own words."""
    return Pack(
        wishes.title or usual_title(view),
        wishes.held_on,
        view.as_of,
        view.source,
        view.version.path.stem,
        view.scope.words,
        view.mark,
        tuple(replace(each, comment=wishes.comments.get(each.kind, "")) for each in slides),
    )


def slide(known: Known, kind: str) -> Slide:
    """One slide."""
    return _BUILDERS[kind](known, kind)


def tones(status: str) -> str:
    """A status as it stands in a table: shape and word."""
    return f"{MARKS[status]} {WORDS[status]}"


def _source(known: Known) -> str:
    return known.view.source


def _define(indicators: Iterable[Indicator]) -> tuple[str, ...]:
    return tuple(f"{each.name}（{each.unit}）：{each.definition}" for each in indicators)


def _no_data(kind: str, title: str, empty: str, known: Known) -> Slide:
    return Slide(kind, title, "无数据", empty=empty, notes=(_source(known),))


NUMBER_HEADERS = (
    "编号",
    "指标",
    "单位",
    "状态",
    "现状值",
    "基期值",
    "目标值",
    "尚差",
    "完成比例",
    "序时应达",
    "进度比",
    "按当前进度",
    "责任单位",
    "评定依据",
)


def numbers(results: Sequence[Result], name: str = "指标") -> Sheet:
    """Indicators at full precision."""
    return Sheet(
        name,
        NUMBER_HEADERS,
        tuple(
            (
                each.id,
                each.indicator.name,
                each.indicator.unit,
                WORDS[each.status],
                each.actual,
                each.baseline,
                each.target,
                each.gap,
                each.progress,
                each.schedule,
                each.pace,
                each.forecast,
                "、".join(each.indicator.departments),
                each.verdict.reason,
            )
            for each in results
        ),
    )


# ---------------------------------------------------------------- indicators


def _verdict(known: Known, kind: str) -> Slide:
    results = known.results
    tally = summary.counts(results)
    goals: dict[str, list[Result]] = {}
    for each in results:
        goals.setdefault(each.indicator.goal, []).append(each)
    series = tuple(
        Series(
            tones(status),
            tuple(float(sum(r.status == status for r in mine)) for mine in goals.values()),
            (COLOURS[status],),
        )
        for status in tally
    )
    return Slide(
        kind,
        summary.verdict(results, known.day, known.plan.deadline, known.scope.words).text,
        f"按状态计的指标数，单位：项；共 {len(results)} 项，期限 {known.plan.deadline}",
        (Bars("各目标组的指标，按状态", tuple(goals), series, "项", stacked=True),),
        Facts(
            tuple(
                Fact(WORDS[status], f"{MARKS[status]} {count}", status)
                for status, count in tally.items()
            )
        ),
        notes=(_source(known), *_names(results)),
        definitions=(
            f"状态界线：进度比不低于 {known.plan.status.on_track:.2f} 为进度正常，"
            f"不低于 {known.plan.status.lagging:.2f} 为略有滞后，以下为严重滞后"
            f"（{known.plan.status.provenance}）。",
        ),
        numbers=(numbers(results),),
    )


def _names(results: Sequence[Result]) -> tuple[str, ...]:
    return tuple(f"{r.indicator.name}：{r.verdict.word}，{r.verdict.reason}" for r in results)


def _board(known: Known, kind: str) -> Slide:
    results = known.results
    late = known.view.after_deadline
    half = (len(results) + 1) // 2
    tables = tuple(
        Table(
            ("指标", "现状值", "目标值", "期限时" if late else "预测值", "状态"),
            tuple(_board_row(each) for each in part),
            (4.0, 1.7, 1.7, 1.7, 2.3),
            0.5,
        )
        for part in (results[:half], results[half:])
        if part
    )
    return Slide(
        kind,
        _board_title(known),
        "期限时：期限当日的值；各带单位" if late else "预测值：按当前进度到期限时的值；各带单位",
        tables,
        notes=(_source(known),),
        definitions=_define(r.indicator for r in results),
        numbers=(numbers(results),),
    )


def _board_row(each: Result) -> tuple[Cell, ...]:
    unit = each.indicator.unit
    return (
        Cell(each.indicator.short),
        Cell(number(each.actual, unit, each.target)),
        Cell("监测" if each.target is None else number(each.target, unit)),
        Cell("—" if each.forecast is None else number(each.forecast, unit, each.target)),
        Cell(tones(each.status), each.status),
    )


def _board_title(known: Known) -> str:
    results = known.results
    if known.scope:
        return f"{known.scope.words}对 {len(results)} 项指标的贡献"
    behind = [r for r in results if r.status in BEHIND]
    if not behind:
        return f"{len(results)} 项指标没有滞后"
    goals: dict[str, int] = {}
    for each in behind:
        goals[each.indicator.goal] = goals.get(each.indicator.goal, 0) + 1
    most = max(goals.values())
    first = [f"“{name}”" for name, count in goals.items() if count == most]
    word = "未达成" if known.view.after_deadline else "滞后"
    if len(first) > 2:
        return f"{len(behind)} 项{word}，分布在 {len(goals)} 组指标中"
    apiece = "各 " if len(first) > 1 else ""
    return f"{len(behind)} 项{word}中，{'、'.join(first)}最多（{apiece}{most} 项）"


def _action(known: Known, kind: str) -> Slide:
    place = int(kind.rpartition("-")[2]) - 1
    if place >= len(known.plan.actions):
        return _no_data(kind, "方案没有这项行动", "方案文件中没有列出这项行动。", known)
    action = known.plan.actions[place]
    tasks = actions.tasks(
        known.version, action.id, known.results, known.day, known.scope, known.promises
    )
    ids = {r.id for task in tasks for r in task.indicators}
    ids |= {r.id for r in actions.goal_results(known.plan, action, known.results)}
    results = [r for r in known.results if r.id in ids]
    promised = [each for task in tasks for each in task.deliverables]
    if not results:
        return _promises_slide(known, kind, action, tasks, promised)
    return Slide(
        kind,
        f"{action.title}：{_verdict_words(known, results)}",
        "现状值与目标值，条色为状态；任务事项按状态计，单位：项",
        (*_charts(results),),
        _promise_facts(known, promised),
        notes=(_source(known), *_names(results)),
        definitions=_define(r.indicator for r in results),
        label=action.title,
        numbers=(numbers(results), _promise_sheet(promised)),
    )


def _verdict_words(known: Known, results: Sequence[Result]) -> str:
    text = summary.verdict(results, known.day, known.plan.deadline, known.scope.words).text
    return text.partition("，距收官")[0]


def _charts(results: Sequence[Result]) -> list[Bars]:
    """Bars of one unit each: what has different units shares no axis."""
    units: dict[str, list[Result]] = {}
    for each in results:
        units.setdefault(each.indicator.unit, []).append(each)
    groups = sorted(units.items(), key=lambda pair: -len(pair[1]))
    if len(groups) > 2:
        # All that is counted one by one has an axis in common; only percentages stand apart.
        shares = units.pop("%", [])
        counted = [r for r in results if r.indicator.unit != "%"]
        groups = [(" / ".join(units), counted)] + ([("%", shares)] if shares else [])
    total = sum(len(mine) + 2 for _, mine in groups)
    return [
        Bars(
            f"{'占比' if unit == '%' else '数量'}（{unit}）",
            tuple(f"{MARKS[r.status]} {r.indicator.short}" for r in mine),
            (
                Series(
                    "现状值", tuple(r.actual for r in mine), tuple(COLOURS[r.status] for r in mine)
                ),
                Series("目标值", tuple(r.target for r in mine), ("#B9C2CC",)),
            ),
            unit if "/" not in unit else "",
            share=0.38 + 0.24 * ((len(mine) + 2) / total) if len(groups) > 1 else 1.0,
        )
        for unit, mine in groups
    ]


def _promise_facts(known: Known, promised: Sequence[Progress]) -> Facts | None:
    if not promised:
        return None
    if all(each.state == deliverables.NO_DATA for each in promised):
        return Facts((Fact("任务事项", f"{len(promised)} 项，无数据", "no_data"),))
    late = sum(each.overdue for each in promised)
    counts = deliverables.tally(promised)
    whole = "全市" if known.scope else ""
    facts = [Fact(f"{whole}任务事项", f"{len(promised)} 项")]
    facts += [Fact(state, f"{count}") for state, count in counts.items() if count]
    facts.append(Fact(OVERDUE, f"■ {late}" if late else "0", "far_behind" if late else ""))
    return Facts(tuple(facts))


def _promise_sheet(promised: Sequence[Progress], name: str = "任务事项") -> Sheet:
    return Sheet(
        name,
        ("编号", "任务事项", "条目", "状态", "期限", "数量", "应达", "责任单位", "依据"),
        tuple(
            (
                p.deliverable.id,
                p.deliverable.name,
                p.deliverable.section,
                p.word,
                p.due,
                p.value,
                p.target,
                "、".join(p.deliverable.departments),
                p.reason,
            )
            for p in promised
        ),
    )


def _promises_slide(
    known: Known,
    kind: str,
    action: Section,
    tasks: Sequence[actions.Task],
    promised: Sequence[Progress],
) -> Slide:
    """An action that has no indicators: its promises by task."""
    if not promised:
        return _no_data(
            kind, f"{action.title}：方案没有列出指标和任务事项", "方案文件中没有列出。", known
        )
    if all(each.state == deliverables.NO_DATA for each in promised):
        sheet = BY_TABLE["deliverable_updates"].title
        return _no_data(
            kind,
            f"{action.title}：{len(promised)} 项任务事项无数据",
            f"“{sheet}”表为空，填报后即可显示。",
            known,
        )
    owed = [task for task in tasks if task.deliverables]
    series = tuple(
        Series(
            state,
            tuple(float(sum(_state(p) == state for p in t.deliverables)) for t in owed),
            (colour,),
        )
        for state, colour in STATES
    )
    urgent = deliverables.worrying(promised)[:MOST_ROWS]
    figures: list[Bars | Table] = [
        Bars(
            "各任务的事项，按状态（单位：项）",
            tuple(task.section.title for task in owed),
            tuple(each for each in series if any(each.values)),
            "项",
            stacked=True,
            share=0.45 if urgent else 1.0,
        )
    ]
    if urgent:
        figures.append(
            Table(
                ("需要关注的事项", "状态", "期限", "第一责任单位"),
                tuple(
                    (
                        Cell(p.deliverable.name),
                        Cell(p.word, "far_behind" if p.overdue else "no_data"),
                        Cell(str(p.due)),
                        Cell(p.deliverable.departments[0]),
                    )
                    for p in urgent
                ),
                (3.2, 2.1, 2.1, 2.2),
                0.55,
            )
        )
    return Slide(
        kind,
        f"{action.title}：{deliverables.verdict(promised).text}",
        "任务事项按状态计，逾期单列；任务事项按全市评定",
        tuple(figures),
        notes=(_source(known), *(f"{p.deliverable.name}：{p.reason}" for p in promised)),
        label=action.title,
        numbers=(_promise_sheet(promised),),
    )


def _state(each: Progress) -> str:
    return OVERDUE if each.overdue else each.state


# ---------------------------------------------------------------- map


def _mapped(known: Known) -> tuple[Indicator, list[Result]] | None:
    """The worst indicator that any district has something of, else the first that has."""
    order = [r.indicator for r in known.worst]
    order += [each for each in known.plan.indicators if each not in order]
    for each in order:
        found = known.parts(each)
        if any(part.actual for part in found):
            return each, found
    return None


def _map(known: Known, kind: str) -> Slide:
    found = _mapped(known)
    if found is None:
        return _no_data(kind, "各区县均无数据", "没有任何指标在区县有数值。", known)
    indicator, parts = found
    unit = indicator.unit
    by_name = {p.group or "": p for p in parts}
    graded = classes.classify([p.actual for n, p in by_name.items() if n != NO_DISTRICT])
    steps = colours(graded)

    def fill(part: Result | None) -> str:
        if part is None or part.actual is None or graded is None:
            return MISSING
        return steps[graded.index(part.actual)]

    areas, height = _areas(known, by_name, unit, fill)
    legend = []
    if graded is not None:
        for index, colour in enumerate(steps):
            low, high = graded.bounds(index)
            words = number(high, unit) if low == high else f"{number(low)}–{number(high, unit)}"
            legend.append((colour, words))
    legend.append((MISSING, "无数据"))
    ranked = sorted(by_name, key=lambda n: (by_name[n].actual is None, -(by_name[n].actual or 0)))
    return Slide(
        kind,
        f"{indicator.short}：{district_map.finding(parts)}",
        f"{indicator.name}，单位：{unit}；示意图，仅供展示，方块为开发区",
        (
            Map("各区县（市）和开发区", areas, height, tuple(legend), 0.64),
            Bars(
                f"各地现状值（{unit}）",
                tuple(ranked),
                (Series("现状值", tuple(by_name[n].actual for n in ranked), (theme.ACCENT,)),),
                unit,
                share=0.36,
            ),
        ),
        notes=(_source(known),),
        definitions=_define([indicator]),
        numbers=(
            Sheet(
                "区县",
                ("区县", "现状值", "分子", "分母", "基期值", "目标值", "状态"),
                tuple(
                    (
                        name,
                        by_name[name].actual,
                        by_name[name].numerator,
                        by_name[name].denominator,
                        by_name[name].baseline,
                        by_name[name].target,
                        WORDS[by_name[name].status],
                    )
                    for name in ranked
                ),
            ),
        ),
    )


def _alignment(known: Known, kind: str) -> Slide:
    """The alignment map as a table of its largest flows, beside the industries by level."""
    offer = alignment.offer(known.version, known.day, known.scope)
    points = offer.of(alignment.POINTS)
    if points.empty:
        text = known.lacks("specialty_points") or f"截至 {known.day} 所选范围内没有在办专业点。"
        return _no_data(kind, "产教对接无数据", text, known)
    flows = alignment.flows(points, "level")
    industries = offer.industries(alignment.POINTS)
    tally = points.groupby([alignment.INDUSTRY, "level"]).size()
    sums = points.groupby(alignment.INDUSTRY).size()
    named = int(sums.reindex(offer.named).fillna(0).sum())
    most = max(industries, key=lambda name: (name != alignment.NO_INDUSTRY, sums[name]))
    shown = industries[:MOST_ROWS]
    return Slide(
        kind,
        f"{len(offer.named)} 个重点产业占在办专业点的 {number(100 * named / len(points), '%')}，"
        f"{most}最多（{number(int(sums[most]), '个')}）",
        f"产业 → 专业类 → 层次，单位：个；列最大的 {min(len(flows), MOST_ROWS)} 条流向，"
        f"共 {len(flows)} 条",
        (
            Table(
                ("产业", "专业类", "层次", "专业点", "占比"),
                tuple(
                    (
                        *(Cell(name) for name in flow.names),
                        Cell(number(flow.points)),
                        Cell(number(100 * flow.points / len(points), "%")),
                    )
                    for flow in flows[:MOST_ROWS]
                ),
                (2.2, 2.6, 1.5, 1.2, 1.1),
                0.56,
            ),
            Bars(
                "各产业在办专业点（个，按层次）",
                tuple(shown),
                tuple(
                    Series(
                        level,
                        tuple(float(tally.get((name, level), 0)) for name in shown),
                        (colour,),
                    )
                    for level, colour in zip(LEVELS, LEVEL_COLOURS, strict=True)
                ),
                "个",
                stacked=True,
                share=0.44,
            ),
        ),
        notes=(_source(known),),
        definitions=("在办专业点按专业的产业、专业类和层次合计；未填产业的单列，都计入总数。",),
        numbers=(
            Sheet(
                "产教对接",
                ("产业", "专业类", "层次", "专业点", "占比（%）"),
                tuple((*f.names, f.points, 100 * f.points / len(points)) for f in flows),
            ),
        ),
    )


def _areas(
    known: Known,
    by_name: dict[str, Result],
    unit: str,
    fill: Callable[[Result | None], str],
) -> tuple[tuple[Area, ...], float]:
    shapes = [
        (name, district_map.rings_of(json.loads(geometry)), x, y)
        for _, name, geometry, x, y in fetch("district_shapes", known.version)
    ]
    if not shapes:
        return (), 0.6
    frame = district_map.Frame([(p[0], p[1]) for _, rs, _, _ in shapes for r in rs for p in r])
    width = district_map.WIDTH

    def place(x: float, y: float) -> tuple[float, float]:
        across, down = frame.place(x, y)
        return across / width, down / width

    def area(
        name: str, rings: tuple[tuple[tuple[float, float], ...], ...], x: float, y: float
    ) -> Area:
        part = by_name.get(name)
        value = part.actual if part else None
        shade = fill(part)
        return Area(
            name,
            district_map.short(name),
            rings,
            place(x, y),
            value,
            number(value, unit),
            shade,
            ink(shade),
        )

    found = [
        area(name, tuple(tuple(place(p[0], p[1]) for p in ring) for ring in rings), x, y)
        for name, rings, x, y in shapes
    ]
    found += [
        area(name, (), x, y)
        for name, _, kind, x, y, _ in fetch("district_list", known.version)
        if kind != "区县" and x is not None
    ]
    return tuple(found), frame.height / width


# ---------------------------------------------------------------- the worst, with causes


def _worst(known: Known, kind: str) -> Slide:
    if known.scope:
        return _no_data(
            kind, "筛选范围内只看贡献，不评定状态", "去掉筛选后显示最需要关注的指标。", known
        )
    worst = known.worst
    behind = sum(r.status in BEHIND for r in known.results)
    if not worst:
        return _no_data(kind, "没有滞后或未达成的指标", "所有指标均未滞后。", known)
    return Slide(
        kind,
        _worst_title(known, worst, behind),
        "尚差与走向；折线为现状值占目标值的比例（%），目标值为 100%",
        (
            Table(
                ("指标", "现状值 / 目标值", "差距与原因", "责任单位"),
                tuple(_worst_row(known, each) for each in worst),
                (2.5, 2.0, 4.3, 1.9),
                0.66,
            ),
            _worst_lines(known, worst),
        ),
        notes=(_source(known), *_names(worst)),
        definitions=_define(r.indicator for r in worst),
        numbers=(numbers(worst), _worst_sheet(known, worst)),
    )


def _worst_title(known: Known, worst: Sequence[Result], behind: int) -> str:
    if known.view.after_deadline:
        return f"{behind} 项未达成，差距最大的是{worst[0].indicator.short}"
    never = sum(
        r.target is not None and r.forecast is not None and r.forecast < r.target for r in worst
    )
    first = f"{behind} 项滞后，最需要关注的 {len(worst)} 项中"
    if never == len(worst):
        return f"{behind} 项滞后，最需要关注的 {never} 项按当前进度到期限都达不到目标"
    return f"{first} {never} 项按当前进度到期限达不到目标" if never else f"{first}均可赶上"


def _worst_row(known: Known, each: Result) -> tuple[Cell, ...]:
    unit = each.indicator.unit
    return (
        Cell(f"{MARKS[each.status]} {each.indicator.short}", each.status),
        Cell(f"{number(each.actual, unit, each.target)} / {number(each.target, unit)}"),
        Cell("；".join(_causes(known, each))),
        Cell(_owners(each)),
    )


def _causes(known: Known, each: Result) -> list[str]:
    """Gap and course; the districts with least; problems found and not yet put right."""
    found = [summary.reason(each, known.plan.deadline)]
    least = district_map.least(known.parts(each.indicator))
    found += [least] if least else []
    open_ = [
        r
        for r in known.duties.rectifications
        if r.item in (each.id, each.indicator.name) and r.closed_on is None
    ]
    if open_:
        found.append(f"未完成整改 {len(open_)} 项，如“{open_[0].problem}”")
    return found


def _owners(each: Result) -> str:
    first, *others = each.indicator.departments
    return f"{first}等 {len(others) + 1} 家" if others else first


def _worst_lines(known: Known, worst: Sequence[Result]) -> Lines:
    ends = quarter_ends(known.day, 8)
    days = sorted({*(d for d in ends if d >= known.plan.issued_on), known.day})
    palette = (theme.ACCENT, "#C8402F", "#1B7F5C", "#E0A100", "#7A6BB0")
    series = []
    for index, each in enumerate(worst):
        values = trend(known.version, each.indicator, days, known.scope)
        target = each.target or 0.0
        series.append(
            Series(
                each.indicator.short,
                tuple(None if v is None or not target else v / target * 100 for v in values),
                (palette[index],),
            )
        )
    return Lines("占目标值的比例（%）", tuple(days), tuple(series), "%", 100.0, 0.34)


def _worst_sheet(known: Known, worst: Sequence[Result]) -> Sheet:
    lines = _worst_lines(known, worst)
    return Sheet(
        "走势（占目标值%）",
        ("日期", *(each.indicator.name for each in worst)),
        tuple(
            (day, *(each.values[index] for each in lines.series))
            for index, day in enumerate(lines.days)
        ),
    )


# ---------------------------------------------------------------- early warning


def _warning(known: Known, kind: str) -> Slide:
    empty = known.lacks("point_years")
    if empty or known.warned.empty:
        text = empty or "筛选范围内没有年度数据。"
        return _no_data(kind, "监测预警无数据", text, known)
    rules = known.plan.warning
    frame = known.warned
    by_year = early_warning.totals(frame, ["year"], rules).sort_index()
    latest = early_warning.latest_in_force(frame)
    tally = {action: int((latest["action"] == action).sum()) for action in early_warning.ACTIONS}
    red, yellow = (int((latest["grade"] == colour).sum()) for colour in ("red", "yellow"))
    gone = tally[early_warning.CLOSE] + tally[early_warning.SUSPEND]
    year = int(frame["year"].max())
    return Slide(
        kind,
        f"{year} 年 {red} 个专业点为红、{yellow} 个为黄，建议撤销或停招 {gone} 个",
        "左：各年专业点按预警等级（单位：个）；右：各专业类的报考率与对口率（%）",
        (
            Bars(
                "各年专业点，按预警等级（个）",
                tuple(f"{y} 年" for y in by_year.index),
                tuple(
                    Series(f"{word}", tuple(float(v) for v in by_year[grade]), (colour,))
                    for grade, word, colour in GRADES
                    if by_year[grade].any()
                ),
                "个",
                horizontal=False,
                stacked=True,
                share=0.46,
            ),
            _warning_scatter(known, latest),
        ),
        Facts(
            tuple(Fact(f"建议{action}", f"{count:,}") for action, count in tally.items() if count)
        ),
        notes=(_source(known),),
        definitions=(
            *(
                f"{s.name}：{s.formula}，低于 {s.yellow:g} 为黄、低于 {s.red:g} 为红"
                for s in rules.signals
            ),
            f"阈值：{rules.provenance}。建议措施供研究，不代替决定。",
        ),
        numbers=(
            Sheet(
                "各年等级",
                ("年度", "专业点", *(word for _, word, _ in GRADES)),
                tuple(
                    (int(str(y)), int(row["points"]), *(int(row[g]) for g, _, _ in GRADES))
                    for y, row in by_year.iterrows()
                ),
            ),
            Sheet("建议措施", ("建议", "专业点"), tuple(tally.items())),
        ),
    )


def _warning_scatter(known: Known, latest: pd.DataFrame) -> Scatter:
    rules = known.plan.warning
    x, y = "application_rate", "matched_rate"
    found = early_warning.totals(latest, ["class_name"], rules).dropna(subset=[x, y])
    worst = set(found[y].nsmallest(3).index)
    signals = {each.id: each for each in rules.signals}
    return Scatter(
        "各专业类：报考率与对口率（线为黄色阈值）",
        tuple(
            Dot(str(name), float(row[x]), float(row[y]), name in worst)
            for name, row in found.iterrows()
        ),
        "报考率（%）",
        "对口率（%）",
        signals[x].yellow if x in signals else None,
        signals[y].yellow if y in signals else None,
        0.54,
    )


# ---------------------------------------------------------------- projects and money


def _money(known: Known, kind: str) -> Slide:
    empty = known.lacks("projects")
    if empty or not known.pool:
        return _no_data(kind, "项目库无数据", empty or "筛选范围内没有项目。", known)
    years = projects.by_year(known.plan, known.pool)
    total = projects.funds(known.plan, known.pool)
    short = [c for c in known.coverage if c.share is not None and not c.enough]
    late = [p for p in projects.slipped(known.pool, known.day) if not p.finished(known.day)]
    gaps = sum(c.share is not None for c in known.coverage)
    asked = tuple(f"{each.year} 年" for each in years)
    bars = [
        ("需要（配套＋引领）", tuple(y.funds.city for y in years), theme.ACCENT),
        ("预算", tuple(y.budget for y in years), "#B9C2CC"),
    ]
    facts = [
        Fact("在库项目", f"{total.count} 个"),
        Fact("应配套资金", number(total.owed.amount, "万元")),
        Fact("建设引领资金", number(total.seed.amount, "万元")),
        Fact("超期未完成", f"■ {len(late)} 个" if late else "0 个", "far_behind" if late else ""),
    ]
    if not gaps:
        title = f"项目库 {total.count} 个项目，有目标的指标均无差距"
        if known.scope:
            title = f"{known.scope.words}：项目库 {total.count} 个项目，超期未完成 {len(late)} 个"
    elif short:
        title = f"{gaps} 项有差距的指标中，{len(short)} 项即使在库项目全部建成也补不足"
    else:
        title = f"在库项目全部建成可补足 {gaps} 项指标的差距，超期未完成 {len(late)} 个"
    listed = sorted(
        (c for c in known.coverage if c.share is not None), key=lambda c: c.share or 0.0
    )[:MOST_ROWS]
    figures: list[Bars | Table] = [
        Bars(
            "市级资金需求与预算，按计划完成年（万元）",
            asked,
            tuple(Series(name, values, (colour,)) for name, values, colour in bars),
            "万元",
            horizontal=False,
            share=0.45,
        )
    ]
    if listed:
        figures.append(
            Table(
                ("有差距的指标", "尚差", "在库可增", "覆盖"),
                tuple(_cover_row(each) for each in listed),
                (3.0, 2.0, 2.0, 2.0),
                0.55,
            )
        )
    return Slide(
        kind,
        title,
        "资金单位：万元，按计划完成年；覆盖为在库项目全部建成可增与尚差之比",
        tuple(figures),
        Facts(tuple(facts)),
        notes=(_source(known),),
        definitions=(
            *(
                f"{m.rank}：每 1 元上级资金市级配套 {m.ratio:g} 元（{m.provenance}）"
                for m in known.plan.matching
            ),
            f"预算：{known.plan.budget.provenance}",
            f"未填资金的项目 {total.unknown} 个，不计入合计。",
        ),
        numbers=(
            Sheet(
                "资金按年",
                ("年度", "项目", "应配套（万元）", "建设引领资金（万元）", "预算（万元）"),
                tuple(
                    (y.year, y.funds.count, y.funds.owed.amount, y.funds.seed.amount, y.budget)
                    for y in years
                ),
            ),
            Sheet(
                "覆盖",
                ("指标", "单位", "尚差", "在库项目", "全部建成可增", "按成功概率可增", "覆盖"),
                tuple(
                    (
                        c.result.indicator.name,
                        c.result.indicator.unit,
                        c.result.gap,
                        c.projects,
                        c.everything,
                        c.expected,
                        c.share,
                    )
                    for c in known.coverage
                ),
            ),
        ),
    )


def _cover_row(each: Coverage) -> tuple[Cell, ...]:
    unit = summary.points(each.result.indicator.unit)
    return (
        Cell(each.result.indicator.short),
        Cell(number(each.result.gap, unit)),
        Cell(number(each.everything, unit)),
        Cell(
            f"{'● 够' if each.enough else '■ 不够'} {each.share:.0%}"
            if each.share is not None
            else "—",
            "achieved" if each.enough else "far_behind",
        ),
    )


# ---------------------------------------------------------------- who owes what


def _duties(known: Known, kind: str) -> Slide:
    rows = []
    for name in known.duties.departments:
        mine = known.duties.of(name).open_()
        urgent = [sum(p.overdue for p in mine.promises)]
        urgent += [
            sum(e.state(known.day) == OVERDUE for e in papers)
            for papers in (mine.rectifications, mine.decisions)
        ]
        behind = sum(r.status in BEHIND for r in mine.results)
        owed = (
            len(mine.results),
            behind,
            len(mine.promises),
            urgent[0],
            len(mine.rectifications),
            urgent[1],
            len(mine.decisions),
            urgent[2],
        )
        if any(owed):
            rows.append((name, *owed))
    rows.sort(key=lambda r: (-(r[4] + r[6] + r[8]), -r[2]))
    now = known.duties.open_()
    late = (
        sum(p.overdue for p in now.promises),
        sum(r.state(known.day) == OVERDUE for r in now.rectifications),
        sum(d.state(known.day) == OVERDUE for d in now.decisions),
    )
    blank = known.lacks("deliverable_updates", "rectifications")
    headers = ("指标", "滞后", "事项", "逾期", "整改", "逾期", "议定", "逾期")
    words = f"任务事项 {late[0]}、整改 {late[1]}、议定事项 {late[2]}"
    first = f"，{rows[0][0]}最多" if rows and sum(late) else ""
    return Slide(
        kind,
        f"逾期 {sum(late)} 项：{words}{first}" if sum(late) else "没有逾期的事项、整改和议定事项",
        "各责任单位负责的指标和任务事项、未完成的整改、未办结的议定事项，单位：项"
        + (f"（{blank.rstrip('。')}）" if blank else ""),
        (
            Table(
                ("责任单位", *headers),
                tuple(
                    (Cell(r[0]), *(_count(n, i % 2 == 1) for i, n in enumerate(r[1:])))
                    for r in rows[:10]
                ),
                (2.6, *(1.0 for _ in headers)),
            ),
        ),
        notes=(_source(known),),
        definitions=(
            "一项指标或事项由几家单位负责，在每家名下各计一次；标题中的合计不重复计。",
            "期限当日不算逾期。",
        ),
        numbers=(
            Sheet(
                "责任单位",
                (
                    "责任单位",
                    "指标",
                    "滞后指标",
                    "任务事项",
                    "逾期事项",
                    "未完成整改",
                    "逾期整改",
                    "未办结议定",
                    "逾期议定",
                ),
                tuple(rows),
            ),
            overdue_sheet(known),
        ),
    )


def _count(count: int, late: bool) -> Cell:
    if late and count:
        return Cell(f"■ {count}", "far_behind")
    return Cell(str(count))


def overdue_sheet(known: Known) -> Sheet:
    """Everything overdue, one row each."""
    now = known.duties.open_()
    rows: list[tuple[object, ...]] = [
        ("任务事项", p.deliverable.name, p.deliverable.departments[0], p.due, None)
        for p in now.promises
        if p.overdue
    ]
    rows += [
        ("整改", r.problem, r.department, r.due_on, r.days_over(known.day))
        for r in now.rectifications
        if r.state(known.day) == OVERDUE
    ]
    rows += [
        ("议定事项", d.text, d.department, d.due_on, d.days_over(known.day))
        for d in now.decisions
        if d.state(known.day) == OVERDUE
    ]
    return Sheet("逾期清单", ("类别", "内容", "责任单位", "期限", "逾期天数"), tuple(rows))


def _decisions(known: Known, kind: str) -> Slide:
    found = known.duties.decisions
    if not found:
        ever = accountability.decisions(known.version, date.max)
        text = f"截至 {known.day} 没有召开过联席会议。" if ever else _blank("meetings")
        return _no_data(kind, "上次会议议定事项无数据", text, known)
    last = max(d.held_on for d in found)
    mine = [d for d in found if d.held_on == last]
    older = [d for d in found if d.held_on < last and d.closed_on is None]
    states = [d.state(known.day) for d in mine]
    done, late = states.count(CLOSED), states.count(OVERDUE)
    old_late = sum(d.state(known.day) == OVERDUE for d in older)
    return Slide(
        kind,
        f"上次会议（{last}）议定 {len(mine)} 项：办结 {done} 项，逾期 {late} 项"
        + (f"；此前会议还有 {len(older)} 项未办结" if older else ""),
        f"议题：{'、'.join(dict.fromkeys(d.topic for d in mine))}",
        (
            Table(
                ("议定事项", "责任单位", "办结期限", "情况"),
                tuple(_decision_row(known, d) for d in [*mine, *_latest(older)][:MOST_ROWS]),
                (5.2, 1.8, 1.7, 2.0),
            ),
        ),
        Facts(
            (
                Fact("上次议定", f"{len(mine)} 项"),
                Fact("已办结", f"{done} 项"),
                Fact("逾期", f"■ {late} 项" if late else "0 项", "far_behind" if late else ""),
                Fact("此前未办结", f"{len(older)} 项"),
                Fact(
                    "其中逾期",
                    f"■ {old_late} 项" if old_late else "0 项",
                    "far_behind" if old_late else "",
                ),
            )
        ),
        notes=(_source(known),),
        definitions=("先列上次会议的全部议定事项，再列此前会议未办结的（期限早的在前）。",),
        numbers=(decision_sheet(known),),
    )


def _latest(found: Sequence[Decision]) -> list[Decision]:
    return sorted(found, key=lambda d: (d.due_on is None, d.due_on or d.held_on))


def _decision_row(known: Known, each: Decision) -> tuple[Cell, ...]:
    state = each.state(known.day)
    tone = {CLOSED: "achieved", OVERDUE: "far_behind", accountability.SOON: "lagging"}
    days = each.days_over(known.day)
    more = f" {days} 天" if state == OVERDUE and days else ""
    mark = MARKS[tone.get(state, "in_progress")]
    return (
        Cell(each.text),
        Cell(each.department),
        Cell("未定" if each.due_on is None else str(each.due_on)),
        Cell(f"{mark} {state}{more}", tone.get(state, "in_progress")),
    )


def decision_sheet(known: Known) -> Sheet:
    """Every decision of every meeting."""
    return Sheet(
        "议定事项",
        ("会议", "日期", "主题", "议定事项", "责任单位", "办结期限", "办结日期", "情况"),
        tuple(
            (
                d.meeting,
                d.held_on,
                d.topic,
                d.text,
                d.department,
                d.due_on,
                d.closed_on,
                d.state(known.day),
            )
            for d in known.duties.decisions
        ),
    )


def _asks(known: Known, kind: str) -> Slide:
    """What the figures give cause to decide; the presenter's comment adds to it."""
    asks: list[tuple[str, str, str]] = []
    if not known.scope:
        asks += [
            (
                f"研究{each.indicator.short}的补差措施，明确到院校和时限",
                summary.reason(each, known.plan.deadline),
                each.indicator.departments[0],
            )
            for each in known.worst[:3]
        ]
    sheet = overdue_sheet(known)
    if sheet.rows:
        who: dict[str, int] = {}
        for row in sheet.rows:
            who[str(row[2])] = who.get(str(row[2]), 0) + 1
        first = max(who, key=lambda name: who[name])
        asks.append(
            (
                "逾期事项逐项说明原因，定出新的办结时限",
                f"逾期 {len(sheet.rows)} 项，{first} {who[first]} 项最多",
                "、".join(sorted(who, key=lambda n: -who[n])[:3]),
            )
        )
    asks += _ask_points(known) + _ask_projects(known)
    if not asks:
        return _no_data(kind, "本次会议没有由数据提出的研究事项", "可在批注中填写。", known)
    return Slide(
        kind,
        f"提请本次会议研究 {len(asks)} 项",
        "由数据列出的建议议题，供会议取舍",
        (
            Table(
                ("", "建议研究的事项", "依据", "责任单位"),
                tuple(
                    (Cell(str(i)), *(Cell(text) for text in ask)) for i, ask in enumerate(asks, 1)
                ),
                (0.5, 4.6, 3.8, 2.2),
            ),
        ),
        notes=(_source(known),),
        definitions=("议题按差距、逾期、预警和项目覆盖情况由系统列出。",),
        numbers=(Sheet("研究事项", ("事项", "依据", "责任单位"), tuple(asks)),),
    )


def _ask_points(known: Known) -> list[tuple[str, str, str]]:
    if known.lacks("point_years") or known.warned.empty:
        return []
    latest = early_warning.latest_in_force(known.warned)
    gone = int(latest["action"].isin([early_warning.CLOSE, early_warning.SUSPEND]).sum())
    if not gone:
        return []
    least = known.plan.warning.persistent_years
    return [
        (
            f"审议建议撤销或停招的 {gone} 个专业点",
            f"连续 {least} 年预警为红",
            known.plan.default_department,
        )
    ]


def _ask_projects(known: Known) -> list[tuple[str, str, str]]:
    if known.lacks("projects"):
        return []
    short = [c for c in known.coverage if c.share is not None and not c.enough]
    if not short:
        return []
    names = "、".join(c.result.indicator.short for c in short[:2])
    return [
        (
            "增补项目，补足在库项目覆盖不了的差距",
            f"{names}等 {len(short)} 项即使在库项目全部建成也不够"
            if len(short) > 2
            else f"{names}即使在库项目全部建成也不够",
            known.plan.default_department,
        )
    ]


_BUILDERS: dict[str, Callable[[Known, str], Slide]] = {
    "verdict": _verdict,
    "board": _board,
    "action-1": _action,
    "action-2": _action,
    "action-3": _action,
    "map": _map,
    "alignment": _alignment,
    "worst": _worst,
    "warning": _warning,
    "money": _money,
    "duties": _duties,
    "decisions": _decisions,
    "asks": _asks,
}
