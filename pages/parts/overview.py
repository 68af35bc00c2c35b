"""The overview's content: results turned into what the template shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pages.parts import district_map, download, figures
from pages.parts.block import render
from pages.parts.bullets import bullet
from pages.parts.view import View
from queries import summary
from queries.evaluate import Result
from queries.status import BEHIND, WORDS, number


def known(view: View, status: str, department: str) -> tuple[str, str]:
    """What the address asks for, empty where there is no such status or department."""
    owners = {name for each in view.version.plan.indicators for name in each.departments}
    return status if status in WORDS else "", department if department in owners else ""


@figures.kept(200)
def markup(view: View, chosen: str, owner: str) -> str:
    """The overview as HTML; the status ``chosen`` or the department ``owner`` stands out."""
    return render("overview", **content(view, figures.results(view), chosen, owner))


def content(view: View, results: Sequence[Result], chosen: str, owner: str) -> dict[str, Any]:
    """The values of the overview's template."""
    plan = view.version.plan
    tally = summary.counts(results)
    worst = summary.worst(results)
    since_quarter = _since_quarter(view, results)
    behind = sum(tally.get(name, 0) for name in BEHIND)
    return {
        "verdict": summary.verdict(results, view.as_of, plan.deadline, view.scope.words),
        "subtitle": " · ".join([view.source, *(each["title"] for each in since_quarter)]),
        "chips": [
            {
                "status": name,
                "count": count,
                "pressed": name == chosen,
                "go": "?status=" if name == chosen else f"?status={name}",
                "title": "再点一次显示全部" if name == chosen else f"只看{WORDS[name]}的指标",
            }
            for name, count in tally.items()
        ],
        "columns": _columns(view, results, chosen, owner),
        "worst_title": _worst_title(view, len(worst), behind),
        "worst_empty": "筛选范围内只看贡献，不评定状态。"
        if view.scope
        else "没有滞后或未达成的指标。",
        "worst": [
            {
                "short": each.indicator.short,
                "status": each.status,
                "why": summary.reason(each, plan.deadline),
                "who": _owners(view, each),
                "title": _full(view, each),
                "go": f"indicator?id={each.id}",
                "href": view.address("indicator", {"id": each.id}),
            }
            for each in worst
        ],
        "departments": []
        if view.scope
        else [
            {
                "name": name,
                "cells": list(cells.items()),
                "pressed": name == owner,
                "go": f"?department={'' if name == owner else name}",
            }
            for name, cells in summary.departments(results)
        ],
        "changes": [*since_quarter, *_since_version(view, results)],
        "ring": "期限时的值"
        if view.after_deadline
        else f"按当前进度到期限时（细线为 {plan.status.forecast_band:.0%} 预测区间）",
        "data_columns": list(table_columns()),
        "data_rows": [list(row) for row in table(results)],
    }


def _columns(
    view: View, results: Sequence[Result], chosen: str, owner: str
) -> list[list[dict[str, Any]]]:
    """Goals in two columns of nearly the same number of rows, in the plan's order."""
    goals: dict[str, list[Any]] = {}
    for each in results:
        faded = bool(chosen) and each.status != chosen
        faded = faded or (bool(owner) and owner not in each.indicator.departments)
        goals.setdefault(each.indicator.goal, []).append(bullet(view, each, faded))
    blocks = [{"title": title, "rows": rows} for title, rows in goals.items()]
    sizes = [len(each["rows"]) + 1 for each in blocks]
    total = sum(sizes)
    cut = min(range(1, len(blocks) + 1), key=lambda n: abs(2 * sum(sizes[:n]) - total))
    return [blocks[:cut], blocks[cut:]] if blocks[cut:] else [blocks]


def _worst_title(view: View, shown: int, behind: int) -> str:
    word = "未达成" if view.after_deadline else "滞后"
    return f"最需要关注的 {shown} 项（共 {behind} 项{word}）" if shown else "最需要关注的指标"


def _owners(view: View, result: Result) -> str:
    """Who answers for it, and which districts have least, in one line."""
    first, *others = result.indicator.departments
    who = f"{first}等 {len(others) + 1} 家" if others else first
    least = district_map.least(figures.parts(view, result.indicator, "district"))
    return f"{who} · {least}" if least else who


def _full(view: View, result: Result) -> str:
    """What a pointer resting on it reads: everything the two lines had to leave out."""
    parts = [summary.reason(result, view.version.plan.deadline), result.verdict.reason]
    if result.required_per_quarter:
        parts.append(
            f"每季需 {number(result.required_per_quarter, summary.points(result.indicator.unit))}"
        )
    parts.append("责任单位：" + "、".join(result.indicator.departments))
    return "；".join(parts)


def _since_quarter(view: View, results: Sequence[Result]) -> list[dict[str, Any]]:
    """Indicators whose status moved since the last quarter-end; empty where none compares."""
    quarter = figures.previous_quarter(view)
    if view.scope or quarter <= view.version.plan.issued_on:
        return []
    moved = summary.changes(figures.at(view, quarter), results)
    return [_moved(view, f"与 {quarter} 相比", moved)]


def _since_version(view: View, results: Sequence[Result]) -> list[dict[str, Any]]:
    """Indicators whose status moved since the last version; empty where there is none."""
    earlier = None if view.scope else figures.earlier_version(view)
    if earlier is None:
        return []
    moved = summary.changes(figures.results(earlier), results)
    return [_moved(view, f"与上一数据版本（{earlier.version.name}）相比", moved)]


def _moved(view: View, title: str, moved: Sequence[summary.Change]) -> dict[str, Any]:
    arrows = {True: "↑ 好转", False: "↓ 下滑", None: "— 变化"}
    order = {False: 0, True: 1, None: 2}
    return {
        "title": f"{title}：{summary.moved(moved)}",
        "empty": "状态没有变化。",
        "rows": [
            {
                "arrow": arrows[each.improved],
                "name": each.after.indicator.short,
                "before": each.before.status,
                "after": each.after.status,
                "figures": f"{number(each.before.actual, each.after.indicator.unit)} → "
                f"{number(each.after.actual, each.after.indicator.unit, each.after.target)}",
                "go": f"indicator?id={each.after.id}",
                "href": view.address("indicator", {"id": each.after.id}),
            }
            for each in sorted(moved, key=lambda change: order[change.improved])
        ],
    }


def table_columns() -> tuple[str, ...]:
    """The headers of ``table``."""
    return (
        "指标",
        "状态",
        "现状值",
        "目标值",
        "尚差",
        "基期值",
        "序时应达",
        "进度比",
        "落后天数",
        "按当前进度",
        "每季需",
        "责任单位",
    )


def table(results: Sequence[Result]) -> list[tuple[str, ...]]:
    """The overview as a table of words, one row per indicator."""
    return [
        (
            each.indicator.name,
            WORDS[each.status],
            number(each.actual, each.indicator.unit, each.target),
            _or_dash(each.target, each.indicator.unit),
            _or_dash(each.gap, summary.points(each.indicator.unit)),
            number(each.baseline, each.indicator.unit),
            _or_dash(each.schedule, each.indicator.unit),
            "—" if each.pace is None else f"{each.pace:.2f}",
            "—" if each.lag_days is None else f"{each.lag_days:,.0f}",
            _or_dash(each.forecast, each.indicator.unit),
            _or_dash(each.required_per_quarter, summary.points(each.indicator.unit)),
            "、".join(each.indicator.departments),
        )
        for each in results
    ]


def _or_dash(value: float | None, unit: str) -> str:
    return "—" if value is None else number(value, unit)


def downloads(view: View) -> None:
    """The 26 rows as a workbook, full precision, with source and mark."""
    download.button(
        view,
        "下载全部指标（.xlsx）",
        lambda: download.indicators(view, figures.results(view)),
        download.name(view, "全部指标", "xlsx"),
    )
