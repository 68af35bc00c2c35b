"""专业结构优化: the tasks of §4.1, how the points came to be that many, what they consist of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import streamlit as st

from data.contract import NO_DISTRICT
from pages.parts import actions, download, figures
from pages.parts.block import render
from pages.parts.view import View
from queries import summary
from queries.composition import (
    NO_TRACK,
    WAYS,
    Composition,
    Count,
    Kind,
    NamedPoint,
    Waterfall,
    composition,
    named_points,
    waterfall,
)
from queries.inside import inside
from queries.run import fetch
from queries.status import number

ACTION = "4.1"
WAY_COLOURS = dict(
    zip((name for name, _, _ in WAYS), ("#2F6BAA", "#8DB4DA", "#E09A8C", "#A83224"), strict=True)
)
POINT_HEADERS = (
    "专业点编号",
    "院校",
    "区县",
    "层次",
    "专业代码",
    "专业名称",
    "专业类",
    "专业大类",
    "产业",
    "类别",
    "设置日期",
)


@figures.kept(60)
def markup(view: View, industry: str, editor: bool) -> str:
    """The page as HTML; category and class are those of one ``industry`` when it is chosen;
    editor: with the ways to the forms."""
    action = actions.action_section(view, ACTION)
    made = _composition(view)
    flow = _waterfall(view)
    chosen = industry if industry in made.industries() else ""
    return render(
        "structure",
        **actions.head(view, action),
        facts=_facts(view, made, flow),
        cards=actions.cards(view, action, "structure" if editor else ""),
        goals=actions.goal_card(view, action),
        goal_texts=actions.goal_texts(view, action),
        ring=actions.ring(view),
        note=actions.promises_note(view),
        issued=view.version.plan.issued_on.isoformat(),
        source=view.source,
        empty=not made.total(),
        before_issue=view.as_of <= view.version.plan.issued_on,
        flow=_flow(flow),
        matrix=_matrix(view, made, chosen),
        categories=_categories(made, chosen),
        named=[_named(view, task.section) for task in actions.of(view, ACTION)],
    )


@figures.kept(60)
def _composition(view: View) -> Composition:
    return composition(view.version, view.as_of, view.scope)


@figures.kept(60)
def _waterfall(view: View) -> Waterfall:
    return waterfall(view.version, view.as_of, view.scope)


def change(count: int) -> str:
    """A change with its sign; 持平 where there is none."""
    return f"{count:+,d}".replace("-", "−") if count else "持平"


def _facts(view: View, made: Composition, flow: Waterfall) -> list[dict[str, str]]:
    """The figures a leader asks for first."""
    total = made.total()
    named = made.total(lambda kind: kind.industry in made.named)
    opened, resumed, suspended, closed = (flow.total(kinds) for _, _, kinds in WAYS)
    share = number(named.now / total.now * 100, "%") if total.now else "无数据"
    before = number(named.baseline / total.baseline * 100, "%") if total.baseline else "无数据"
    return [
        {
            "k": "在办专业点",
            "v": number(total.now, "个"),
            "small": f"印发时 {number(total.baseline)}，{change(total.change)}",
        },
        {
            "k": f"其中 {len(made.named)} 个重点产业",
            "v": share,
            "small": f"{number(named.now, '个')}，印发时 {before}",
        },
        {
            "k": "印发后增设、恢复招生",
            "v": number(opened + resumed, "个"),
            "small": f"增设 {opened:,}，恢复招生 {resumed:,}",
        },
        {
            "k": "印发后停招、撤销",
            "v": number(suspended + closed, "个"),
            "small": f"停招 {suspended:,}，撤销 {closed:,}；另压缩 {flow.reduced:,}",
        },
        actions.problems_fact(view, ACTION),
    ]


def _section(view: View) -> Any:
    return actions.action_section(view, ACTION)


# ---------------------------------------------------------------- the waterfall

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 1080.0, 250.0, 96.0, 104.0, 22.0, 54.0
# Above this many quarters only the years are written under the bars.
MOST_LABELS = 14


def _flow(flow: Waterfall) -> dict[str, Any]:
    """The waterfall as rectangles: the change since the baseline, from zero, quarter by quarter."""
    if not flow.periods:
        return {"bars": []}
    level, low, high = 0, 0, 0
    for period in flow.periods:
        for _, sign, kinds in WAYS:
            level += sign * period.count(kinds)
            low, high = min(low, level), max(high, level)
    scale = (HEIGHT - TOP - BOTTOM) / max(high - low, 1)
    slot = (WIDTH - LEFT - RIGHT) / len(flow.periods)
    bar = min(slot * 0.86 / len(WAYS), 26.0)

    def y(value: int) -> float:
        return round(TOP + (high - value) * scale, 1)

    bars: list[dict[str, Any]] = []
    marks: list[dict[str, Any]] = []
    steps: list[str] = [f"M{LEFT - 40},{y(0)}"]
    level = 0
    for index, period in enumerate(flow.periods):
        start = LEFT + index * slot + (slot - bar * len(WAYS)) / 2
        for place, (name, sign, kinds) in enumerate(WAYS):
            count = period.count(kinds)
            x = round(start + place * bar, 1)
            after = level + sign * count
            if count:
                top = min(y(level), y(after))
                bars.append(
                    {
                        "x": x,
                        "y": top,
                        "width": round(bar - 2, 1),
                        "height": round(max(abs(y(level) - y(after)), 1.0), 1),
                        "fill": WAY_COLOURS[name],
                        "text": change(sign * count) if bar >= 15 else "",
                        "tx": round(x + bar / 2 - 1, 1),
                        "ty": top - 4 if sign > 0 else top + abs(y(level) - y(after)) + 12,
                        "title": f"{period.name}{name} {count:,} 个",
                    }
                )
            level = after
            steps.append(f"V{y(level)}H{round(x + bar, 1)}")
        marks.append(_mark(index, period.last.year, period.last.month, LEFT, slot, flow))
    steps.append(f"H{WIDTH - RIGHT + 40}")
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "bars": bars,
        "steps": "".join(steps),
        "marks": marks,
        "zero": y(0),
        "end": y(level),
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "baseline": number(flow.baseline),
        "now": number(flow.now),
        "change": change(flow.now - flow.baseline),
        "legend": list(WAY_COLOURS.items()),
        "title": _flow_title(flow),
        "sum": _sum(flow),
        "beside": _beside(flow),
        "columns": (
            "季度",
            "期初",
            "增设",
            "其中随院校成立",
            "恢复招生",
            "停招",
            "撤销",
            "其中随院校撤并",
            "期末",
            "压缩",
            "停招后办理撤销",
        ),
        "rows": [*map(list, flow_rows(flow))],
    }


def _mark(
    index: int, year: int, month: int, left: float, slot: float, flow: Waterfall
) -> dict[str, Any]:
    """What stands under a quarter's bars: its quarter, and its year where the year begins."""
    first = index == 0 or month == 3
    quarter = f"{'一二三四'[(month - 1) // 3]}季度" if len(flow.periods) <= MOST_LABELS else ""
    return {
        "x": round(left + (index + 0.5) * slot, 1),
        "quarter": quarter,
        "year": f"{year} 年" if first else "",
    }


def _flow_title(flow: Waterfall) -> str:
    up = flow.total([k for _, sign, kinds in WAYS if sign > 0 for k in kinds])
    down = flow.total([k for _, sign, kinds in WAYS if sign < 0 for k in kinds])
    more = flow.now - flow.baseline
    word = f"净增 {more:,} 个" if more > 0 else f"净减 {-more:,} 个" if more < 0 else "总数持平"
    return f"印发以来进 {up:,} 个、出 {down:,} 个，在办专业点{word}"


def _sum(flow: Waterfall) -> str:
    """The sum itself, so that anyone can add it up."""
    parts = [f"基期 {flow.baseline:,}"]
    for name, sign, kinds in WAYS:
        parts.append(f"{'+' if sign > 0 else '−'} {name} {flow.total(kinds):,}")
    return " ".join(parts) + f" ＝ 现在 {flow.now:,}"


def _beside(flow: Waterfall) -> str:
    """What the sum holds and what stands beside it."""
    parts = []
    if founded := flow.total(("founded",)):
        parts.append(f"增设含随院校成立 {founded:,} 个")
    if dissolved := flow.total(("dissolved",)):
        parts.append(f"撤销含随院校撤并 {dissolved:,} 个")
    parts.append(f"压缩 {flow.reduced:,} 个，仍在办，不计入增减")
    if flow.closed_later:
        parts.append(f"{flow.closed_later:,} 个在停招或撤并之后才办理撤销，不重复减")
    return "；".join(parts) + "。"


def flow_rows(flow: Waterfall) -> list[tuple[str | int, ...]]:
    """The waterfall as a table, one row per quarter."""
    counts = [kinds for _, _, kinds in WAYS]
    return [
        (
            each.name,
            each.start,
            each.count(counts[0]),
            each.count(("founded",)),
            each.count(counts[1]),
            each.count(counts[2]),
            each.count(counts[3]),
            each.count(("dissolved",)),
            each.end,
            each.reduced,
            each.closed_later,
        )
        for each in flow.periods
    ]


# ---------------------------------------------------------------- composition


def _matrix(view: View, made: Composition, chosen: str) -> dict[str, Any]:
    """Industry by track; sums below add up to the points in force."""
    total = made.total()
    industries = made.by(lambda kind: kind.industry)
    widest = max((c.now for c in industries.values()), default=0) or 1
    tracks = made.tracks
    cells = made.by(lambda kind: f"{kind.industry}\n{kind.track}")

    def row(name: str, counts: list[Count], sum_: Count, share: bool = False) -> dict[str, Any]:
        return {
            "name": name,
            "now": number(sum_.now),
            "change": change(sum_.change),
            "up": _direction(sum_.change),
            "width": round(sum_.now / widest * 96, 1),
            "tick": round(sum_.baseline / widest * 96, 1),
            "cells": [_cell(count) for count in counts],
            "share": number(sum_.now / total.now * 100, "%") if share and total.now else "",
        }

    def line(industry: str) -> dict[str, Any]:
        found = row(
            industry,
            [cells.get(f"{industry}\n{track}", Count()) for track in tracks],
            industries.get(industry, Count()),
        )
        on = industry == chosen
        return found | {
            "go": f"?industry={'' if on else industry}",
            "href": view.address("structure", {} if on else {"industry": industry}),
            "on": on,
        }

    def part(name: str, keep: Callable[[Kind], bool], share: bool) -> dict[str, Any]:
        by_track = made.by(lambda kind: kind.track, keep)
        counts = [by_track.get(track, Count()) for track in tracks]
        return row(name, counts, made.total(keep), share)

    named = made.named
    others = [name for name in made.industries() if name not in named]
    plan = view.version.plan
    links = {
        indicator.counts["track"][0]: view.link("indicator", {"id": indicator.id})
        for indicator in plan.indicators
        if "track" in indicator.counts and "title" not in indicator.counts
    }
    return {
        "title": _matrix_title(made),
        "known": "specialty_points.track" in view.version.filled,
        "tracks": [{"name": track, "link": links.get(track)} for track in tracks],
        "named": [line(name) for name in named],
        "named_sum": part(f"{len(named)} 个重点产业小计", lambda k: k.industry in named, True),
        "others": [line(name) for name in others],
        "others_sum": part("其他产业小计", lambda k: k.industry not in named, True),
        "sum": part("合计", lambda _: True, False),
        "share_link": next(
            (
                view.link("indicator", {"id": i.id})
                for i in plan.indicators
                if "industry" in i.counts
            ),
            None,
        ),
    }


def _direction(step: int) -> str:
    return "up" if step > 0 else "down" if step < 0 else ""


def _cell(count: Count) -> dict[str, str]:
    """A number with its change; empty where there was and is nothing."""
    if not count:
        return {"now": "·", "change": "", "up": "", "style": "zero"}
    return {
        "now": number(count.now),
        "change": change(count.change) if count.change else "",
        "up": _direction(count.change),
        "style": "" if count.now else "zero",
    }


def _matrix_title(made: Composition) -> str:
    """What grew most and what shrank most."""
    moved = {
        name: count.change
        for name, count in made.by(lambda kind: kind.industry).items()
        if count.change
    }
    if not moved:
        return "各产业的专业点数与基期持平"
    most, least = max(moved, key=moved.__getitem__), min(moved, key=moved.__getitem__)
    parts = []
    if moved[most] > 0:
        parts.append(f"{most}增加最多（{change(moved[most])}）")
    if moved[least] < 0:
        parts.append(f"{least}减少最多（{change(moved[least])}）")
    return "，".join(parts)


def _categories(made: Composition, chosen: str) -> dict[str, Any]:
    """Categories with their classes; of one industry when it is chosen."""

    def keep(kind: Kind) -> bool:
        return not chosen or kind.industry == chosen

    whole = made.by(lambda kind: kind.category, keep)
    widest = max((max(c.now, c.baseline) for c in whole.values()), default=0) or 1
    classes = made.by(lambda kind: f"{kind.category}\n{kind.specialty_class}", keep)

    def row(name: str, count: Count) -> dict[str, Any]:
        return {
            "name": name,
            "now": number(count.now),
            "change": change(count.change),
            "up": _direction(count.change),
            "width": round(count.now / widest * 98, 1),
            "tick": round(count.baseline / widest * 98, 1),
        }

    rows = []
    for category, count in whole.items():
        within = {
            name.partition("\n")[2]: each
            for name, each in classes.items()
            if name.partition("\n")[0] == category
        }
        rows.append(row(category, count) | {"classes": [row(*item) for item in within.items()]})
    total = made.total(keep)
    return {
        "title": f"{chosen}：{len(rows)} 个专业大类、{len(classes)} 个专业类"
        if chosen
        else f"{len(rows)} 个专业大类、{len(classes)} 个专业类",
        "chosen": chosen,
        "rows": rows,
        "sum": row("合计", total),
    }


# ---------------------------------------------------------------- what the plan names


def _named(view: View, section: Any) -> dict[str, Any] | None:
    """The specialties a task names with their points; None where it names none."""
    if not section.specialties:
        return None
    found = named_points(view.version, section.specialties, view.as_of, view.scope)
    widest = max(map(len, found.values()), default=0) or 1
    catalogue = {each.name: each.catalogue for each in section.specialties}
    none = [name for name, points in found.items() if not points]
    total = sum(map(len, found.values()))
    title = f"点名的 {len(found)} 个专业共有 {total} 个专业点"
    if len(none) == len(found):
        title = f"点名的 {len(found)} 个专业均无布点"
    elif none:
        more = f"等 {len(none)} 个" if len(none) > 2 else ""
        title += f"，{'、'.join(none[:2])}{more}尚无布点"
    return {
        "id": section.id,
        "task": section.title,
        "title": title,
        "rows": [
            {
                "name": name,
                "catalogue": catalogue[name],
                "count": len(points),
                "width": round(len(points) / widest * 98, 1),
                "levels": " ".join(
                    f"{level} {n}" for level, n in Counter(p.level for p in points).items()
                ),
                "where": _where(points),
                "points": [
                    {
                        "institution": p.institution,
                        "link": view.link("institution", {"id": p.institution_id}),
                        "district": p.district,
                        "level": p.level,
                        "track": p.track,
                        "opened": p.opened_on.isoformat(),
                        "new": p.opened_on > view.version.plan.issued_on,
                    }
                    for p in points
                ],
            }
            for name, points in found.items()
        ],
    }


def _where(points: list[NamedPoint]) -> str:
    """The districts with how many each, the most first; 未填区县 last."""
    tally = Counter(p.district for p in points)
    order = sorted(tally, key=lambda name: (name == NO_DISTRICT, -tally[name], name))
    return "、".join(f"{name} {tally[name]}" for name in order)


# ---------------------------------------------------------------- downloads


def downloads(view: View) -> None:
    """The points in force, and the movements by quarter, as workbooks."""
    with st.container(horizontal=True):
        download.button(
            view,
            "下载在办专业点清单（.xlsx）",
            lambda: download.workbook(view, "在办专业点", POINT_HEADERS, _points(view)),
            download.name(view, "在办专业点", "xlsx"),
        )
        flow = _waterfall(view)
        if flow.periods:
            download.button(
                view,
                "下载专业点增减（.xlsx）",
                lambda: download.workbook(
                    view, "专业点增减", _flow(flow)["columns"], flow_rows(flow)
                ),
                download.name(view, "专业点增减", "xlsx"),
            )


def _points(view: View) -> list[tuple[Any, ...]]:
    rows = fetch("points_on", view.version, day=view.as_of, **inside(view.version, view.scope))
    return [
        (code, institution, district or NO_DISTRICT, *known, track or NO_TRACK, opened)
        for code, institution, district, *known, track, opened in rows
    ]


def finding(view: View) -> str:
    """The page's title as words, for tests and for the slides."""
    found = actions.results_of(view, _section(view))
    return summary.verdict(found, view.as_of, view.version.plan.deadline, view.scope.words).text
