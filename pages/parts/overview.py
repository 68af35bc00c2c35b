"""The overview's content: results turned into what the template shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.parts import download, figures
from pages.parts.block import render
from pages.parts.bullets import bullet
from pages.parts.view import View
from queries import summary
from queries.evaluate import Result
from queries.status import BEHIND, WORDS, number


@figures.kept(200)
def markup(view: View, chosen: str) -> str:
    """The overview as HTML; ``chosen`` is the status that stands out, or empty."""
    return render("overview", **content(view, figures.results(view), chosen))


def content(view: View, results: Sequence[Result], chosen: str) -> dict[str, Any]:
    """The values of the overview's template."""
    plan = view.version.plan
    tally = summary.counts(results)
    worst = summary.worst(results)
    statuses = list(tally)
    behind = sum(tally.get(name, 0) for name in BEHIND)
    return {
        "verdict": summary.verdict(results, view.as_of, plan.deadline, view.scope.words),
        "subtitle": subtitle(view, results),
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
        "columns": _columns(view, results, chosen),
        "worst_title": f"最需要关注的 {len(worst)} 项（共 {behind} 项滞后）"
        if worst and not view.after_deadline
        else "未达成的指标"
        if view.after_deadline
        else "最需要关注的指标",
        "worst_empty": "筛选范围内只看贡献，不评定状态。" if view.scope else "没有滞后的指标。",
        "worst": [
            {
                "short": each.indicator.short,
                "status": each.status,
                "why": summary.reason(each, plan.deadline),
                "who": "、".join(each.indicator.departments),
                "go": f"indicator?id={each.id}",
                "href": view.address("indicator", {"id": each.id}),
            }
            for each in worst
        ],
        "departments": []
        if view.scope
        else [
            {"name": name, "cells": [cells.get(s, 0) for s in statuses]}
            for name, cells in summary.departments(results)
        ],
        "statuses": statuses,
        "band": f"{plan.status.forecast_band:.0%}",
        "data_columns": list(table_columns()),
        "data_rows": [list(row) for row in table(results)],
    }


def subtitle(view: View, results: Sequence[Result]) -> str:
    """Measure, as-of date, source, and what changed since the last quarter-end."""
    quarter = figures.previous_quarter(view)
    parts = [view.source]
    if not view.scope and quarter > view.version.plan.issued_on:
        found = summary.changes(figures.at(view, quarter), results)
        better = sum(each.improved is True for each in found)
        worse = sum(each.improved is False for each in found)
        parts.append(f"与 {quarter} 相比：{better} 项好转、{worse} 项下滑")
    return " · ".join(parts)


def _columns(view: View, results: Sequence[Result], chosen: str) -> list[list[dict[str, Any]]]:
    """Goals in two columns of nearly the same number of rows, in the plan's order."""
    goals: dict[str, list[Any]] = {}
    for each in results:
        faded = bool(chosen) and each.status != chosen
        goals.setdefault(each.indicator.goal, []).append(bullet(view, each, faded))
    blocks = [{"title": title, "rows": rows} for title, rows in goals.items()]
    sizes = [len(each["rows"]) + 1 for each in blocks]
    total = sum(sizes)
    cut = min(range(1, len(blocks) + 1), key=lambda n: abs(2 * sum(sizes[:n]) - total))
    return [blocks[:cut], blocks[cut:]] if blocks[cut:] else [blocks]


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
            _or_dash(each.gap, each.indicator.unit),
            number(each.baseline, each.indicator.unit),
            _or_dash(each.schedule, each.indicator.unit),
            "—" if each.pace is None else f"{each.pace:.2f}",
            "—" if each.lag_days is None else f"{each.lag_days:,.0f}",
            _or_dash(each.forecast, each.indicator.unit),
            _or_dash(each.required_per_quarter, each.indicator.unit),
            "、".join(each.indicator.departments),
        )
        for each in results
    ]


def _or_dash(value: float | None, unit: str) -> str:
    return "—" if value is None else number(value, unit)


def downloads(view: View) -> None:
    """The 26 rows as a workbook, full precision, with source and mark."""
    st.download_button(
        "下载全部指标（.xlsx）",
        data=lambda: download.indicators(view, figures.results(view)),
        file_name=download.name(view, "全部指标", "xlsx"),
        mime=download.XLSX,
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
    )
