"""项目资金: the pool by stage and level, money by year, completions, coverage, support ranking."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from data.contract import BY_TABLE
from pages.parts import download, figures, sign_on
from pages.parts.block import block, render
from pages.parts.view import View, follow, whole
from queries import projects, summary
from queries.evaluate import Result, Scope
from queries.projects import Coverage, Funds, Money, Project, Support
from queries.status import number

PARTS = {"results": "专业建设成果", "quality": "人才培养质量", "service": "服务发展能力"}
UNIT = "万元"
MOST_SLIPPED, MOST_RANKED = 12, 20


@figures.kept(60)
def _pool(view: View) -> list[Project]:
    return projects.pool(view.version, view.scope, view.as_of)


@figures.kept(60)
def _support(view: View) -> list[Support]:
    return projects.support(view.version, view.scope, view.as_of)


def _city(view: View) -> list[Result]:
    """The city's own results: a gap is the city's whatever the filters."""
    return figures.results(replace(view, scope=Scope()))


def _covered(view: View) -> list[Coverage]:
    return projects.coverage(view.version.plan, _city(view), _pool(view), view.as_of)


def _money(found: Money) -> str:
    """The sum, and how many are not filled in."""
    text = number(found.amount, UNIT)
    return f"{text}（另有 {found.unknown} 个未填）" if found.unknown and found.amount else text


@figures.kept(60)
def markup(view: View) -> str:
    """The page as HTML, without the ranking."""
    if "projects" not in view.version.filled:
        sheet = BY_TABLE["projects"].title
        return render(
            "empty",
            title="没有项目库数据",
            text=f"“{sheet}”表为空；填报项目、级别、阶段、资金和计划完成日期后，这里显示项目库与资金。",
        )
    plan, found, day = view.version.plan, _pool(view), view.as_of
    late = projects.slipped(found, day)
    open_late = [each for each in late if not each.finished(day)]
    live = projects.funds(plan, found)
    covered = _covered(view)
    short = [each for each in covered if each.enough is False]
    gaps = [each for each in covered if each.share is not None]
    years = projects.by_year(plan, found)
    return render(
        "projects",
        title=_title(live, short, gaps),
        subtitle=f"项目库与资金（§5.3） · {view.source}",
        scope=view.scope.words if view.scope else "",
        facts=_facts(view, found, late, live),
        pool=_table(view, found),
        money=_years(view, found, live),
        years_title=_years_title(years),
        calendar=_calendar(view, found),
        late=_late(view, late),
        more=max(len(late) - MOST_SLIPPED, 0),
        late_title=_late_title(open_late, len(late)),
        covered=[_coverage(view, each) for each in covered],
        covered_title=f"{len(gaps)} 项有缺口的指标中，{len(short)} 项在库项目全部建成也补不齐"
        if gaps
        else "没有尚差的指标",
        budget_note=plan.budget.provenance,
        source=view.source,
    )


def _facts(
    view: View, found: list[Project], late: list[Project], live: Funds
) -> list[dict[str, str]]:
    open_late = sum(not each.finished(view.as_of) for each in late)
    return [
        {
            "k": "在库项目",
            "v": number(live.count, "个"),
            "small": f"另有终止 {len(found) - live.count} 个",
        },
        _fact("上级资金", live.superior, "国家级、省级项目"),
        _fact("应配套", live.owed, _ratios(view)),
        _fact("已安排配套", live.given, "上述项目已填市级资金"),
        _fact("建设引领资金", live.seed, "市级项目已填市级资金"),
        {
            "k": "超期未完成",
            "v": number(open_late, "个"),
            "small": f"另有逾期完成 {len(late) - open_late} 个",
        },
    ]


def _fact(key: str, money: Money, small: str) -> dict[str, str]:
    return {"k": key, "v": number(money.amount, UNIT), "small": _unknown(money, small)}


def _unknown(money: Money, otherwise: str) -> str:
    return f"{otherwise}，{money.unknown} 个未填" if money.unknown else otherwise


def _ratios(view: View) -> str:
    return "、".join(f"{each.rank} 1:{each.ratio:g}" for each in view.version.plan.matching)


def _title(live: Funds, short: list[Coverage], gaps: list[Coverage]) -> str:
    start = f"{live.count} 个在库项目需市级资金 {number(live.city, UNIT)}"
    if not gaps:
        return f"{start}，各项指标没有缺口"
    return (
        f"{start}；全部建成仍补不齐 {len(short)} 项指标"
        if short
        else f"{start}；全部建成可补齐缺口"
    )


def _table(view: View, found: list[Project]) -> dict[str, Any]:
    """Stages by levels: number, and the city's money below it."""
    plan = view.version.plan

    def cell(chosen: list[Project]) -> dict[str, str]:
        stopped = bool(chosen) and all(each.stopped for each in chosen)
        money = "—" if stopped or not chosen else number(projects.funds(plan, chosen).city)
        return {"n": number(len(chosen)), "money": money}

    rows = []
    for stage in projects.ORDER:
        mine = [each for each in found if each.stage == stage]
        cells = [cell([each for each in mine if each.rank == rank]) for rank in projects.RANKS]
        rows.append({"name": stage, "cells": [*cells, cell(mine)]})
    cells = [cell([each for each in found if each.rank == rank]) for rank in projects.RANKS]
    rows.append({"name": "合计", "cells": [*cells, cell(found)]})
    ready, running = (sum(e.stage == stage for e in found) for stage in ("成熟", "在建"))
    return {
        "title": f"{len(found)} 个项目：成熟待建 {ready} 个，在建 {running} 个",
        "ranks": [*projects.RANKS, "合计"],
        "rows": rows,
    }


def _years(view: View, found: list[Project], live: Funds) -> list[dict[str, str]]:
    years = projects.by_year(view.version.plan, found)
    rows = [_year(str(each.year), each.funds, each.budget, each.seed_budget) for each in years]
    budgets = [each.budget for each in years if each.budget is not None]
    seeds = [each.seed_budget for each in years if each.seed_budget is not None]
    rows.append(
        _year("合计", live, sum(budgets) if budgets else None, sum(seeds) if seeds else None)
    )
    return rows


def _year(name: str, funds: Funds, budget: float | None, seed: float | None) -> dict[str, str]:
    city = funds.city
    balance = None if budget is None or city is None else budget - city
    return {
        "name": name,
        "count": number(funds.count),
        "superior": _money(funds.superior).replace(f" {UNIT}", ""),
        "owed": _money(funds.owed).replace(f" {UNIT}", ""),
        "given": _money(funds.given).replace(f" {UNIT}", ""),
        "seed": _money(funds.seed).replace(f" {UNIT}", ""),
        "seed_budget": "—" if seed is None else number(seed),
        "city": number(city),
        "budget": "未列" if budget is None else number(budget),
        "balance": "—" if balance is None else number(balance),
        "over": "over" if balance is not None and balance < 0 else "",
        "word": "" if balance is None else ("■ 超预算" if balance < 0 else "● 预算内"),
    }


def _years_title(years: list[projects.YearFunds]) -> str:
    over = [
        f"{each.year} 年超 {number((each.funds.city or 0) - each.budget, UNIT)}"
        for each in years
        if each.budget is not None and each.funds.city is not None and each.funds.city > each.budget
    ]
    bare = [str(each.year) for each in years if each.budget is None and each.funds.count]
    parts = [f"市级资金需求{'、'.join(over)}" if over else "列有预算的年度，市级资金需求均在预算内"]
    parts += [f"{'、'.join(bare)} 年没有预算"] if bare else []
    return "；".join(parts)


def _calendar(view: View, found: list[Project]) -> dict[str, Any]:
    quarters = projects.calendar(found, view.as_of)
    most = max((each.total for each in quarters), default=0) or 1
    soon = sum(each.to_come for each in quarters if each.year == view.as_of.year)
    return {
        "title": f"{view.as_of.year} 年内还有 {soon} 个项目计划完成",
        "quarters": [
            {
                "name": f"{each.year % 100:02d}Q{each.quarter}",
                "parts": [
                    ("q-done", each.in_time), ("q-late", each.late),
                    ("q-come", each.to_come), ("q-over", each.overdue),
                ],
                "unit": 90 / most,
                "total": each.total,
                "alt": f"{each.year} 年第 {each.quarter} 季度计划完成 {each.total} 个："
                f"按期 {each.in_time}，逾期完成 {each.late}，"
                f"未到期 {each.to_come}，超期未完成 {each.overdue}",
                "cells": (each.in_time, each.late, each.to_come, each.overdue),
            }
            for each in quarters
        ],
    }  # fmt: skip


def _late_title(open_late: list[Project], total: int) -> str:
    if not total:
        return "没有超期项目"
    return f"{len(open_late)} 个项目超过计划日期仍未完成，{total - len(open_late)} 个逾期完成"


def _late(view: View, late: list[Project]) -> list[dict[str, Any]]:
    plan = view.version.plan
    rows = []
    for each in late[:MOST_SLIPPED]:
        indicator = plan.indicator(each.indicator)
        rows.append(
            {
                "name": each.name,
                "institution": each.institution,
                "link": view.link("institution", {"id": each.institution_id}),
                "indicator": indicator.short if indicator else each.indicator,
                "planned": each.planned_on,
                "done": each.finished(view.as_of),
                "days": each.days_late(view.as_of),
            }
        )
    return rows


def _coverage(view: View, each: Coverage) -> dict[str, Any]:
    indicator = each.result.indicator
    unit = summary.points(indicator.unit)
    word, mark, style = "无缺口", "●", "achieved"
    if each.enough is not None:
        word, mark, style = ("够", "●", "achieved") if each.enough else ("不够", "■", "missed")
        if each.enough and each.expected < (each.result.gap or 0):
            word, mark, style = "全部建成才够", "▲", "lagging"
    elif each.result.gap is None:
        word, mark, style = ("监测" if each.result.actual is not None else "无数据"), "○", "no_data"
    return {
        "name": indicator.short,
        "link": view.link("indicator", {"id": indicator.id}),
        "gap": "—" if indicator.target is None else number(each.result.gap, unit),
        "count": each.projects,
        "all": number(each.everything, unit),
        "expected": number(each.expected, unit)
        + (f"（{each.unsaid} 个无概率）" if each.unsaid else ""),
        "share": "—" if each.share is None else f"{each.share:.0%}",
        "cost": "无数据" if each.cost is None else f"{number(each.cost)} 万元/{unit}",
        "word": word,
        "mark": mark,
        "style": style,
    }


# ---------------------------------------------------------------- support ranking


def weights(view: View) -> dict[str, float]:
    """The weights in force: the plan's, or those of the address (percent)."""
    found = projects.weights_of(view.version.plan.support)
    for name in found:
        text = st.query_params.get(f"w_{name}", "")
        percent = whole(text, 0, 100)
        if percent is not None:
            found[name] = percent / 100
    return found


@st.fragment
def ranking(view: View) -> None:
    """The ranking with its sliders: moving one runs this alone."""
    sign_on.check()
    now = weights(view)
    st.subheader("差异化支持排名：调整权重试算", anchor=False)
    columns = st.columns(3)
    for column, (name, word) in zip(columns, PARTS.items(), strict=True):
        with column:
            chosen = st.slider(
                f"{word}（%）", 0, 100, round(now[name] * 100), 5, key=f"slider-{name}"
            )
        now[name] = chosen / 100
        own = round(getattr(view.version.plan.support, name) * 100)
        if chosen != own:
            st.query_params[f"w_{name}"] = str(chosen)
        elif f"w_{name}" in st.query_params:
            del st.query_params[f"w_{name}"]
    follow(block(_ranking(view, now), key="support"))
    download.button(
        view,
        "下载差异化支持排名（.xlsx）",
        lambda: download.workbook(view, "差异化支持排名", RANK_HEADERS, _rank_rows(view, now)),
        download.name(view, "差异化支持排名", "xlsx"),
    )


def _ranking(view: View, now: Mapping[str, float]) -> str:
    found = projects.ranked(_support(view), now)
    first = [each for place, each in found if place == 1]
    scored = sum(place > 0 for place, _ in found)
    shares = {name: now[name] / sum(now.values()) if sum(now.values()) else 0.0 for name in now}
    lead = f"按当前权重，{first[0].name}得分最高" if first else "各院校均无数据可排"
    return render(
        "support",
        title=lead + ("" if len(found) == scored else f"；{len(found) - scored} 所无数据不排名"),
        parts=[(PARTS[name], f"{share:.0%}") for name, share in shares.items()],
        rows=[
            {
                "place": place or "—",
                "name": each.name,
                "link": view.link("institution", {"id": each.institution_id}),
                "level": each.level,
                "score": number(each.score(now)),
                "bars": [
                    {
                        "text": number(getattr(each, name)),
                        "width": round((getattr(each, name) or 0) * 0.9, 1),
                    }
                    for name in PARTS
                ],
                "raw": f"认定 {number(each.titles, '项')}，合作 {number(each.cooperations, '项')}",
            }
            for place, each in found[:MOST_RANKED]
        ],
        total=len(found),
        provenance=view.version.plan.support.provenance,
        source=view.source,
    )


RANK_HEADERS = (
    "位次", "院校代码", "院校", "层次", "区县", "得分", "成果分", "质量分", "服务分",
    "认定数", "三率均值", "合作数", "成果权重", "质量权重", "服务权重",
)  # fmt: skip


def _rank_rows(view: View, now: Mapping[str, float]) -> list[tuple[Any, ...]]:
    return [
        (
            place or None, each.institution_id, each.name, each.level, each.district,
            each.score(now), each.results, each.quality, each.service,
            each.titles, each.rates, each.cooperations, *now.values(),
        )
        for place, each in projects.ranked(_support(view), now)
    ]  # fmt: skip


# ---------------------------------------------------------------- downloads

POOL_HEADERS = (
    "项目编号", "项目", "指标", "院校代码", "院校", "区县", "级别", "阶段", "贡献", "成功概率",
    "上级资金（万元）", "应配套（万元）", "市级资金（万元）", "计划完成日期",
    "实际完成日期", "超期天数",
)  # fmt: skip
COVER_HEADERS = (
    "编号", "指标", "单位", "尚差", "在库项目", "全部建成可增", "期望可增", "未填概率", "覆盖率",
    "单位成本（万元）",
)  # fmt: skip
YEAR_HEADERS = (
    "计划完成年度", "项目", "上级资金（万元）", "应配套（万元）", "已安排配套（万元）",
    "建设引领资金（万元）",
    "未填数", "市级需求（万元）", "预算（万元）", "引领资金预算（万元）",
)  # fmt: skip


def pool_rows(view: View) -> list[tuple[Any, ...]]:
    """One row per project."""
    plan = view.version.plan
    names = {each.id: each.name for each in plan.indicators}
    return [
        (
            each.project_id, each.name, names.get(each.indicator, each.indicator),
            each.institution_id, each.institution, each.district, each.rank, each.stage,
            each.contribution, each.probability, each.superior_funds, projects.owed(plan, each),
            each.city_funds, each.planned_on, each.completed_on, each.days_late(view.as_of),
        )
        for each in _pool(view)
    ]  # fmt: skip


def cover_rows(view: View) -> list[tuple[Any, ...]]:
    """One row per indicator."""
    return [
        (
            each.result.id, each.result.indicator.name, each.result.indicator.unit,
            each.result.gap, each.projects, each.everything, each.expected, each.unsaid,
            each.share, each.cost,
        )
        for each in _covered(view)
    ]  # fmt: skip


def year_rows(view: View) -> list[tuple[Any, ...]]:
    """One row per year of planned completion."""
    return [
        (
            each.year, each.funds.count, each.funds.superior.amount, each.funds.owed.amount,
            each.funds.given.amount, each.funds.seed.amount, each.funds.unknown,
            each.funds.city, each.budget, each.seed_budget,
        )
        for each in projects.by_year(view.version.plan, _pool(view))
    ]  # fmt: skip


def _workbook(
    view: View, title: str, headers: Sequence[str], rows: Callable[[View], list[tuple[Any, ...]]]
) -> bytes:
    return download.workbook(view, title, headers, rows(view))


def downloads(view: View) -> None:
    """The pool, the coverage and the money as workbooks."""
    if "projects" not in view.version.filled:
        return
    with st.container(horizontal=True):
        for title, headers, rows in (
            ("项目库", POOL_HEADERS, pool_rows),
            ("项目资金分年度", YEAR_HEADERS, year_rows),
            ("项目对指标缺口的覆盖", COVER_HEADERS, cover_rows),
        ):
            download.button(
                view,
                f"下载{title}（.xlsx）",
                partial(_workbook, view, title, headers, rows),
                download.name(view, title, "xlsx"),
            )
