"""专业体系完善: the tasks of §4.2, the ladder between the levels, the schools' conditions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from data.contract import BY_TABLE, LEVELS
from pages.parts import actions, download, figures
from pages.parts.block import render
from pages.parts.view import View
from queries.conditions import Cell, Conditions, Item, School, conditions
from queries.ladder import BACHELOR, KINDS, ORDINARY, OUTSIDE, Ladder, ladder
from queries.status import number

ACTION = "4.2"
# What the table of schools can be narrowed to: its name in the address, and on screen.
SHOWN = {"": "全部", "failed": "未达标", "disagree": "结论不一致", "missing": "没有记录"}
# Shortfall as a share of the threshold: the darker shades begin here (for display alone).
SHADES = (0.10, 0.30)
MOST_ENDS = 8


@figures.kept(80)
def markup(view: View, kind: str, shown: str, item: str, editor: bool) -> str:
    """The page as HTML. kind: pathways of that kind alone; shown, item: which schools;
    editor: with the ways to the forms."""
    action = actions.action_section(view, ACTION)
    made, held = _ladder(view), _conditions(view)
    return render(
        "system",
        **actions.head(view, action),
        facts=_facts(view, made, held),
        cards=actions.cards(view, action, "system" if editor else ""),
        goals=actions.goal_card(view, action),
        goal_texts=actions.goal_texts(view, action),
        ring=actions.ring(view),
        note=actions.promises_note(view),
        source=view.source,
        ladder=_steps(view, made, kind if kind in KINDS else ""),
        schools=_schools(view, held, shown if shown in SHOWN else "", item),
        beside=_beside(view),
    )


@figures.kept(60)
def _ladder(view: View) -> Ladder:
    return ladder(view.version, view.as_of, view.scope)


@figures.kept(60)
def _conditions(view: View) -> Conditions:
    return conditions(view.version, view.as_of, view.scope)


def _facts(view: View, made: Ladder, held: Conditions) -> list[dict[str, str]]:
    """The figures a leader asks for first."""
    found = [
        {
            "k": f"{rung.level}专业点",
            "v": number(rung.points, "个"),
            "small": f"{rung.level}院校 {rung.institutions:,} 所",
        }
        for rung in made.rungs
    ]
    found.append(
        {
            "k": "贯通培养",
            "v": number(len(made.pathways), "项") if made.pathways or _filled(view) else "无数据",
            "small": f"其中通向本科 {_upward(made):,} 项" if made.pathways else "没有在册项目",
        }
    )
    failed = len(held.schools) - held.met
    found.append(
        {
            "k": "办学条件达标中职学校",
            "v": f"{held.met:,} / {len(held.schools):,} 所" if held.schools else "无数据",
            "small": f"未达标 {failed:,} 所，其中没有记录 {held.without_record:,} 所",
        }
    )
    found.append(actions.problems_fact(view, ACTION))
    return found


def _upward(made: Ladder) -> int:
    """Pathways of the kinds that lead to a bachelor's degree."""
    return sum(len(made.of(kind)) for kind in KINDS if KINDS[kind][1] == BACHELOR)


def _filled(view: View) -> bool:
    """Whether there are pathways at all, on any day and for any filter."""
    return "pathways" in view.version.filled


# ---------------------------------------------------------------- the ladder

# Places of the three rungs in the drawing: left, top.
WIDTH, HEIGHT, BOX_WIDTH, BOX_HEIGHT = 1000.0, 262.0, 218.0, 74.0
PLACES = ((6.0, 180.0), (372.0, 118.0), (776.0, 24.0))
# Under the third, other universities: the bands upward end at a bracket beside both.
OUTER_TOP, OUTER_HEIGHT = 112.0, 54.0
WIDEST, THINNEST = 34.0, 2.0
COLOURS = dict(zip(KINDS, ("#8DB4DA", "#1F4E8C", "#4C9BD6", "#7A6BB0"), strict=True))


def _steps(view: View, made: Ladder, chosen: str) -> dict[str, Any]:
    """The ladder as boxes and bands; a band is as wide as it has pathways."""
    rungs = {rung.level: rung for rung in made.rungs}
    boxes = []
    for level, (x, y) in zip(LEVELS, PLACES, strict=True):
        rung = rungs.get(level)
        words = f"{rung.institutions:,} 所院校、{rung.points:,} 个专业点" if rung else "不在筛选内"
        boxes.append({"x": x, "y": y, "level": level, "words": words, "into": _into(made, level)})
    most = max((len(made.of(kind)) for kind in KINDS), default=0) or 1
    pressed = [each for each in made.pathways if not chosen or each.kind == chosen]
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "box_width": BOX_WIDTH,
        "box_height": BOX_HEIGHT,
        "outer_height": OUTER_HEIGHT,
        "boxes": boxes,
        "bands": [_band(view, made, kind, most, chosen) for kind in KINDS],
        "outer": {"x": PLACES[2][0], "y": OUTER_TOP, "words": _others(made)},
        "title": _ladder_title(made),
        "sheet": BY_TABLE["pathways"].title,
        "empty": not made.pathways,
        "any": _filled(view),
        "chosen": chosen,
        "count": len(pressed),
        "pairs": len({(p.from_institution, p.to_institution) for p in pressed}),
        "from": _most(Counter(p.from_institution for p in pressed)),
        "to": _most(
            Counter(
                p.to_institution + (f"（{OUTSIDE}）" if p.to_level == OUTSIDE else "")
                for p in pressed
            )
        ),
        "rows": [
            {
                "kind": p.kind,
                "from": p.from_institution,
                "from_link": view.link("institution", {"id": p.from_institution_id}),
                "from_specialty": p.from_specialty,
                "to": p.to_institution,
                "to_link": view.link("institution", {"id": p.to_institution_id})
                if p.to_institution_id
                else None,
                "to_level": p.to_level,
                "to_specialty": p.to_specialty or "未定",
                "started": p.started_on.isoformat(),
            }
            for p in pressed
        ],
    }


def _band(view: View, made: Ladder, kind: str, most: int, chosen: str) -> dict[str, Any]:
    """One kind of pathway: a curve from rung to rung, its label, and where a click leads."""
    count = len(made.of(kind))
    (ax, ay), (bx, by), (cx, cy) = PLACES
    half = BOX_HEIGHT / 2
    curves = {
        "中高职贯通": (ax + BOX_WIDTH, ay + half, bx, by + half + 6, 298.0, 214.0),
        "中本3+4": (ax + BOX_WIDTH / 2, ay, cx - 14, cy + 20, 330.0, 70.0),
        "高本3+2": (bx + BOX_WIDTH, by + 18, cx - 14, cy + 70, 680.0, 92.0),
        "高本2+2": (bx + BOX_WIDTH, by + 54, cx - 14, cy + 116, 690.0, 190.0),
    }
    x0, y0, x1, y1, tx, ty = curves[kind]
    middle = (x0 + x1) / 2
    first = (x0, y1) if kind == "中本3+4" else (middle, y0)
    on = kind == chosen
    link = view.link("system", {} if on else {"kind": kind})
    return {
        "kind": kind,
        "count": count,
        "path": f"M{x0},{y0}C{first[0]},{first[1]} {middle},{y1} {x1},{y1}",
        "stroke": round(max(count / most * WIDEST, THINNEST), 1) if count else 1.0,
        "dash": "" if count else "3 4",
        "colour": COLOURS[kind],
        "x": tx,
        "y": ty,
        "text": f"{kind} {count:,} 项",
        "go": f"?kind={'' if on else kind}",
        "href": link["href"],
        "off": bool(chosen) and not on,
    }


def _into(made: Ladder, level: str) -> str:
    """How many pathways lead to institutions of a level."""
    count = made.ends(list(KINDS)).get(level, 0)
    return f"接收贯通 {count:,} 项" if count else ""


def _others(made: Ladder) -> str:
    """How many pathways lead to ordinary universities and out of the city."""
    ends = made.ends(list(KINDS))
    return "、".join(
        f"{level} {ends[level]:,} 项" for level in (ORDINARY, OUTSIDE) if level in ends
    )


def _ladder_title(made: Ladder) -> str:
    if not made.pathways:
        return "贯通培养：没有在册项目"
    starts = len({p.from_institution_id for p in made.pathways})
    return f"{starts} 所院校的 {len(made.pathways)} 项贯通培养在册，其中 {_upward(made)} 项通向本科"


def _most(found: Counter[str]) -> list[dict[str, Any]]:
    """The institutions with most pathways, as bars; the rest in one row."""
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    widest = ranked[0][1] if ranked else 1
    rows = [
        {"name": name, "count": count, "width": round(count / widest * 98, 1)}
        for name, count in ranked[:MOST_ENDS]
    ]
    rest = ranked[MOST_ENDS:]
    if rest:
        rows.append(
            {"name": f"其余 {len(rest)} 所", "count": sum(n for _, n in rest), "width": 0.0}
        )
    return rows


# ---------------------------------------------------------------- conditions


def _schools(view: View, held: Conditions, shown: str, item: str) -> dict[str, Any]:
    """The heat table: schools by thresholds."""
    names = [each.name for each in held.items]
    item = item if item in names else ""
    kept = [each for each in held.schools if _keeps(each, shown, item)]
    if item:
        kept.sort(key=lambda each: -(each.cells[item].severity or 0.0))
    counts = {name: sum(_keeps(each, name, "") for each in held.schools) for name in SHOWN}
    link = next(
        (i for i in view.version.plan.indicators if "verdict_met" in i.counts),
        None,
    )
    return {
        "title": _conditions_title(held),
        "any": bool(held.schools),
        "filled": "conditions" in view.version.filled,
        "link": view.link("indicator", {"id": link.id}) if link else None,
        "chips": [
            {
                "name": word,
                "count": counts[name],
                "pressed": name == shown,
                "go": f"?show={'' if name == shown else name}",
            }
            for name, word in SHOWN.items()
            if name in ("", shown) or counts[name]
        ],
        "heads": [_head(held, each, item) for each in held.items],
        "rows": [_school(view, each, held.items) for each in kept],
        "count": len(kept),
        "item": item,
    }


def _keeps(school: School, shown: str, item: str) -> bool:
    if item and (item not in school.cells or school.cells[item].met is not False):
        return False
    if shown == "failed":
        return not school.met
    if shown == "disagree":
        return school.disagrees
    if shown == "missing":
        return school.year is None
    return True


def _conditions_title(held: Conditions) -> str:
    if not held.schools:
        return "办学条件：没有中职学校"
    worst = max(held.items, key=lambda each: held.failing(each.name), default=None)
    failed = len(held.schools) - held.met
    title = f"{len(held.schools)} 所中职学校中 {held.met} 所达标、{failed} 所未达标"
    if worst and held.failing(worst.name):
        title += f"，{worst.name}未达最多（{held.failing(worst.name)} 所）"
    return title


def _head(held: Conditions, each: Item, chosen: str) -> dict[str, Any]:
    on = each.name == chosen
    return {
        "name": each.name,
        "unit": each.unit,
        "failing": held.failing(each.name),
        "judged": held.judged(each.name),
        "on": on,
        "go": f"?item={'' if on else each.name}",
    }


def _school(view: View, school: School, items: tuple[Item, ...]) -> dict[str, Any]:
    computed = {True: "达标", False: f"未达 {len(school.failed)} 项", None: "—"}[school.computed]
    if school.year is None:
        counted = "没有记录"
    elif not school.verdict and school.computed is None:
        counted = "无标准无结论"
    else:
        counted = "达标" if school.met else "未达标"
    return {
        "name": school.name,
        "link": view.link("institution", {"id": school.institution_id}),
        "district": school.district,
        "type": "" if school.school_type == "普通" else school.school_type,
        "year": str(school.year or "—"),
        "verdict": school.verdict or "—",
        "computed": computed,
        "counted": counted,
        "met": school.met,
        "disagrees": school.disagrees,
        "cells": [cell_shown(school.cells.get(each.name)) for each in items],
    }


def cell_shown(cell: Cell | None) -> dict[str, str]:
    """A cell's text, shade and what a pointer reads; no threshold for its type: a dash."""
    if cell is None:
        return {"text": "—", "style": "", "title": "没有记录，或该类学校无此标准"}
    bound = (
        f"标准{'不低于' if cell.comparison == 'at_least' else '不高于'} {number(cell.threshold)}"
    )
    if cell.value is None or cell.met is None or cell.shortfall is None:
        return {"text": "?", "style": "q", "title": f"{cell.item}：无法计算；{bound} {cell.unit}"}
    title = f"{cell.item}：现为 {amount(cell.value)}，{bound} {cell.unit}"
    if cell.met:
        return {"text": "✓", "style": "ok", "title": title}
    word = "差" if cell.comparison == "at_least" else "超"
    short = amount(cell.shortfall)
    severity = cell.severity or 0.0
    shade = 1 + sum(severity >= limit for limit in SHADES)
    return {
        "text": f"{word} {short}",
        "style": f"h{shade}",
        "title": f"{title}，{word} {short} {cell.unit}",
    }


def amount(value: float) -> str:
    """A measured value at a sensible length; what is not nothing never shows as 0."""
    if value and abs(value) < 0.05:
        return "不足 0.1"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}".removesuffix(".0")


def _beside(view: View) -> dict[str, Any] | None:
    """Technician schools against the thresholds of their own types: beside the total."""
    if view.version.plan.include_technician:
        return None
    found = conditions(view.version, view.as_of, replace(view.scope, outside=True))
    if not found.schools:
        return None
    return {
        "count": len(found.schools),
        "met": found.met,
        "heads": [_head(found, each, "") for each in found.items],
        "rows": [_school(view, each, found.items) for each in found.schools],
    }


# ---------------------------------------------------------------- downloads


def downloads(view: View) -> None:
    """The conditions and the pathways as workbooks."""
    with st.container(horizontal=True):
        _download(view, "中职办学条件", condition_headers(view), condition_rows)
        _download(view, "贯通培养", PATHWAY_HEADERS, pathway_rows)


def _download(
    view: View,
    title: str,
    headers: Sequence[str],
    rows: Callable[[View], Iterable[Sequence[Any]]],
) -> None:
    """A button; the workbook is made when it is pressed."""
    download.button(
        view,
        f"下载{title}（.xlsx）",
        lambda: download.workbook(view, title, headers, rows(view)),
        download.name(view, title, "xlsx"),
    )


def condition_headers(view: View) -> list[str]:
    """The headers of ``condition_rows``: two columns per threshold."""
    heads = ["院校", "区县", "学校类型", "年度", "省级验收结论", "按标准计算", "计入", "不一致"]
    for each in _conditions(view).items:
        heads += [f"{each.name}（{each.unit}）", f"{each.name}·差额"]
    return heads


def condition_rows(view: View) -> list[list[Any]]:
    """One row per school: verdicts, and value and shortfall per threshold, full precision."""
    held = _conditions(view)
    rows = []
    for each in held.schools:
        computed = {True: "达标", False: "未达标", None: None}[each.computed]
        row: list[Any] = [
            each.name,
            each.district,
            each.school_type,
            each.year,
            each.verdict or None,
            computed,
            "达标" if each.met else "未达标",
            each.disagrees,
        ]
        for item in held.items:
            cell = each.cells.get(item.name)
            row += [cell.value, cell.shortfall] if cell else [None, None]
        rows.append(row)
    return rows


PATHWAY_HEADERS = (
    "编号",
    "类型",
    "起点院校",
    "起点专业",
    "终点院校",
    "终点层次",
    "终点专业",
    "起始日期",
)


def pathway_rows(view: View) -> list[tuple[Any, ...]]:
    """One row per pathway in force."""
    return [
        (
            each.pathway_id,
            each.kind,
            each.from_institution,
            each.from_specialty,
            each.to_institution,
            each.to_level,
            each.to_specialty or None,
            each.started_on,
        )
        for each in _ladder(view).pathways
    ]
