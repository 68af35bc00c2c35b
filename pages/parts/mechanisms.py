"""调整机制健全: every promise of §4.3, counts by kind and year, what is owed every year."""

from __future__ import annotations

from typing import Any

from data.contract import BY_TABLE
from pages.parts import actions, download, figures
from pages.parts.block import render
from pages.parts.view import View
from queries.deliverables import (
    DONE,
    NO_DATA,
    Progress,
    YearCount,
    by_year,
    tally,
    verdict,
    worrying,
)
from queries.run import fetch
from queries.status import number

ACTION = "4.3"
MOST_WORRYING = 6
SOURCES = {"cooperation_bodies": "载体", "pathways": "贯通培养"}


@figures.kept(60)
def markup(view: View, editor: bool) -> str:
    """The page as HTML; editor: with the ways to the forms."""
    action = actions.action_section(view, ACTION)
    found = promises(view)
    sentence = verdict(found)
    return render(
        "mechanisms",
        verdict=sentence,
        subtitle=f"{action.title}（§{action.id}） · {view.source}",
        facts=_facts(view, found),
        worrying=_worrying(view, found),
        yearly=[_yearly(view, each) for each in found if each.years],
        counts=_counts(view, found),
        cards=actions.cards(view, action, "mechanisms" if editor else ""),
        note=actions.promises_note(view),
        source=view.source,
        sheet=BY_TABLE["deliverable_updates"].title,
        reported="deliverable_updates" in view.version.filled,
    )


def promises(view: View) -> list[Progress]:
    """The deliverables of the action, in the plan's order."""
    return [each for task in actions.of(view, ACTION) for each in task.deliverables]


def _facts(view: View, found: list[Progress]) -> list[dict[str, str]]:
    counts = tally(found)
    late = sum(each.overdue for each in found)
    facts = [
        {
            "k": "任务事项",
            "v": number(len(found), "项"),
            "small": " · ".join(f"{state} {n}" for state, n in counts.items()),
        },
        {"k": "逾期", "v": number(late, "项"), "small": "期限已过而未完成"},
    ]
    years = _by_year(view)
    for source, word in SOURCES.items():
        kinds = [e for e in found if e.deliverable.counted_from == source]
        held = [years[e.deliverable.id][-1].value for e in kinds if years[e.deliverable.id]]
        known = [value for value in held if value is not None]
        facts.append(
            {
                "k": f"{word}在册",
                "v": number(sum(known), "个" if source != "pathways" else "项")
                if known
                else "无数据",
                "small": f"{len(kinds)} 类",
            }
        )
    for each in found:
        if each.years:
            owed = [year for year in each.years if year.due < view.as_of]
            done = sum(year.state == DONE for year in owed)
            said = each.state != NO_DATA
            facts.append(
                {
                    "k": each.deliverable.name,
                    "v": f"{done} / {len(owed)} 年" if said else NO_DATA,
                    "small": "到期年度中已完成" if owed else "尚无到期年度",
                }
            )
    facts.append(actions.problems_fact(view, ACTION))
    return facts


def _worrying(view: View, found: list[Progress]) -> dict[str, Any]:
    """The promises that need attention first."""
    chosen = worrying(found)
    rows = [
        actions.promise(view, each)
        | {
            "section": each.deliverable.section,
            "who": each.deliverable.departments[0],
            "why": each.reason,
        }
        for each in chosen[:MOST_WORRYING]
    ]
    late = sum(each.overdue for each in chosen)
    idle = len(chosen) - late
    parts = [f"逾期 {late} 项"] if late else []
    parts += [f"未启动 {idle} 项"] if idle else []
    title = f"需要关注：{'、'.join(parts)}" if chosen else "没有逾期或未启动的事项"
    more = f"其余 {len(chosen) - MOST_WORRYING} 项见下" if len(chosen) > MOST_WORRYING else ""
    return {"title": title, "rows": rows, "more": more}


def _yearly(view: View, each: Progress) -> dict[str, Any]:
    """What is owed every year: each year published, under way or missing, and the data behind."""
    shown = actions.promise(view, each)
    missing = [str(year.due.year) for year in each.years if year.overdue]
    done = sum(year.state == DONE for year in each.years)
    title = f"{each.deliverable.name}：{done} 个年度已完成"
    if each.state == NO_DATA:
        title = f"{each.deliverable.name}：{NO_DATA}"
    if missing:
        title += f"，{'、'.join(missing)} 年度缺"
    return {"title": title, "quote": each.deliverable.quote, "years": shown["years"]}


def _data_years(view: View) -> list[str]:
    """The years for which the workbook itself holds forecasts, and the provincial guide."""
    words = {"talent_demand": "需求预测", "provincial_lists": "指导性目录"}
    found: dict[str, list[str]] = {}
    for source, year, _ in fetch("forecast_years", view.version):
        found.setdefault(source, []).append(str(year))
    return [
        f"“{BY_TABLE[source].title}”表有 {'、'.join(found[source])} 年的{word}"
        if source in found
        else f"“{BY_TABLE[source].title}”表没有{word}"
        for source, word in words.items()
    ]


@figures.kept(60)
def _by_year(view: View) -> dict[str, list[YearCount]]:
    return by_year(view.version, view.as_of, view.scope)


def _counts(view: View, found: list[Progress]) -> dict[str, Any]:
    """The counts of the action's deliverables by kind and year."""
    years = _by_year(view)
    rows = [
        _count(each, years[each.deliverable.id])
        for each in found
        if each.deliverable.kind == "count"
    ]
    last = [each.year for each in next(iter(years.values()), [])]
    now = view.as_of
    whole = (now.month, now.day) == (12, 31)
    columns = [
        (str(year), "年末" if year < now.year or whole else f"{now.month:02d}-{now.day:02d}")
        for year in last
    ]
    return {
        "title": _counts_title(found, years),
        "columns": columns,
        "rows": rows,
        "data": _data_years(view),
    }


def _count(each: Progress, years: list[YearCount]) -> dict[str, Any]:
    top = max((y.value or 0.0 for y in years), default=0.0) or 1.0
    deliverable = each.deliverable
    return {
        "name": deliverable.name,
        "id": deliverable.id,
        "source": "台账" if deliverable.counted_from and _known(years) else "填报",
        "aim": number(each.target) if each.target else "",
        "bars": [round((y.value or 0.0) / top * 20, 1) for y in years],
        "cells": [
            {"value": "—" if y.value is None else number(y.value), "moves": _moves(y)}
            for y in years
        ],
    }


def _known(years: list[YearCount]) -> bool:
    return any(y.begun is not None for y in years)


def _moves(year: YearCount) -> str:
    """What began and ended in the year."""
    parts = [f"+{year.begun}"] if year.begun else []
    parts += [f"−{year.ended}"] if year.ended else []
    return " ".join(parts)


def _counts_title(found: list[Progress], years: dict[str, list[YearCount]]) -> str:
    """How many bodies there are, and which kinds there are none of."""
    bodies = [e for e in found if e.deliverable.counted_from == "cooperation_bodies"]
    known = [(e, years[e.deliverable.id][-1].value) for e in bodies if years[e.deliverable.id]]
    if not any(value is not None for _, value in known):
        return "各类计数：台账无数据"
    total = sum(value or 0.0 for _, value in known)
    none = [e.deliverable.name for e, value in known if not value]
    title = f"{len(known)} 类产教融合载体在册 {number(total, '个')}"
    return title + (f"，{_some(none)}尚无" if none else "")


def _some(names: list[str]) -> str:
    """A few names, and how many there are."""
    return "、".join(names[:2]) + (f"等 {len(names)} 类" if len(names) > 2 else "")


# ---------------------------------------------------------------- downloads

HEADERS = (
    "条目",
    "事项",
    "政策原文",
    "类型",
    "状态",
    "逾期",
    "依据",
    "期限",
    "计数",
    "应达",
    "最近更新",
    "说明",
    "填报单位",
    "责任单位",
)


def downloads(view: View) -> None:
    """The deliverables as a workbook."""
    download.button(
        view,
        "下载任务事项（.xlsx）",
        lambda: download.workbook(view, "任务事项", HEADERS, rows(promises(view))),
        download.name(view, "任务事项", "xlsx"),
    )


def rows(found: list[Progress]) -> list[tuple[Any, ...]]:
    """One row per deliverable."""
    return [
        (
            f"§{each.deliverable.section}",
            each.deliverable.name,
            each.deliverable.quote,
            actions.KINDS[each.deliverable.kind],
            each.state,
            each.overdue,
            each.reason,
            each.due,
            each.value,
            each.target,
            each.last.reported_on if each.last else None,
            each.last.note if each.last else None,
            each.last.department if each.last else None,
            "、".join(each.deliverable.departments),
        )
        for each in found
    ]
