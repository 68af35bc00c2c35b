"""供需对照: graduates against demand by industry or specialty, and the two provincial lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import streamlit as st

from data.contract import LEVELS
from pages.parts import download, figures
from pages.parts.block import block, render
from pages.parts.linking import linked
from pages.parts.view import View, follow
from queries.alignment import OVERSUPPLIED, SHORTAGE, listed
from queries.composition import named_industries
from queries.status import number
from queries.supply_demand import (
    BY_INDUSTRY,
    BY_SPECIALTY,
    GROWTH_YEARS,
    USUAL_YEARS,
    Balance,
    Growth,
    Item,
    Outlook,
    outlook,
)

KINDS = {BY_INDUSTRY: "产业", BY_SPECIALTY: "专业"}
COLUMNS = {
    "name": "",
    "supply": "毕业生",
    "demand": "需求",
    "gap": "缺口",
    "share": "缺口占需求",
    "schools": "培养院校",
    "largest": "最大一所占比",
    "change": "缺口较上年",
}
MOST_ITEMS, MOST_RANKED = 200, 10


@dataclass(frozen=True)
class State:
    """What the address says of this view."""

    of: str = BY_INDUSTRY
    year: int = 0
    chain: str = ""
    sort: str = "-gap"
    item: str = ""
    edition: int = 0

    @staticmethod
    def read(asked: Mapping[str, str]) -> State:
        sort = asked.get("sort", "")
        return State(
            asked["of"] if asked.get("of") in KINDS else BY_INDUSTRY,
            _year(asked.get("year", "")),
            asked.get("chain", ""),
            sort if sort.removeprefix("-") in COLUMNS else "-gap",
            asked.get("item", ""),
            _year(asked.get("edition", "")),
        )

    def parameters(self) -> dict[str, str]:
        found = {
            "view": "supply",
            "of": self.of if self.of != BY_INDUSTRY else "",
            "year": str(self.year or ""),
            "chain": self.chain,
            "sort": self.sort if self.sort != "-gap" else "",
            "item": self.item,
            "edition": str(self.edition or ""),
        }
        return {name: value for name, value in found.items() if value}


def _year(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) == 4 else 0


def show(view: View) -> None:
    """The view and its workbooks."""
    state = State.read(st.query_params.to_dict())
    follow(block(markup(view, state), key="supply"))
    with st.container(horizontal=True):
        if known(view, state.of, state.chain).items:
            _button(view, "供需对照", lambda: balance_rows(view, state))
        if not lists(view).empty:
            _button(view, "省级清单与布点", lambda: list_rows(view))


def _button(view: View, title: str, rows: Any) -> None:
    download.button(
        view,
        f"下载{title}（.xlsx）",
        lambda: download.workbook(view, title, *rows()),
        download.name(view, title, "xlsx"),
    )


@figures.kept(60)
def known(view: View, of: str, chain: str) -> Outlook:
    """Supply against demand; of the whole city, whatever the filters."""
    return outlook(view.version, view.as_of, of, chain)


@figures.kept(60)
def lists(view: View) -> pd.DataFrame:
    """The two lists with what is offered inside the filters."""
    return listed(view.version, view.as_of, view.scope)


@figures.kept(120)
def markup(view: View, state: State) -> str:
    """The view as HTML."""
    found = known(view, state.of, state.chain)
    year = state.year if state.year in found.years else found.latest_known() or found.last
    go = linked(view, state.parameters())

    def link(**changes: Any) -> dict[str, str]:
        return go(replace(state, **changes).parameters())

    values: dict[str, Any] = {
        "title": _title(found, state, year),
        "source": view.source,
        "groups": _controls(found, state, year, link),
        "chains": _chains(view, state, link) if state.of == BY_SPECIALTY else [],
        "filtered": view.scope.words,
        "notes": _notes(found, year),
        "rules": _rules(found),
        "year": year,
        "kind": KINDS[state.of],
        "lists": _lists(view, state, link),
    }
    if year is None or not found.items:
        return render("supply", **values, body=None)
    named = named_industries(view.version)
    return render(
        "supply",
        **values,
        body={
            "words": _year_words(found, year),
            "table": _table(found, state, year, named, link),
            "quadrants": _quadrants(found, year, link),
            "rankings": [_ranking(found, year, link, shortage=s) for s in (True, False)],
            "detail": _detail(found, state, link),
        },
    )


def _item_name(item: Item) -> str:
    return f"{item.name}（{item.level}）" if item.level else item.name


def _title(found: Outlook, state: State, year: int | None) -> str:
    kind = KINDS[state.of]
    where = f"{state.chain}：" if state.chain else ""
    if year is None or not found.items:
        return f"{where}供需对照：没有毕业生和人才需求数据"
    short, over = found.ranked(year, shortage=True), found.ranked(year, shortage=False)
    if not short and not over:
        if all(i.years[year].gap is None for i in found.items):
            return f"{where}{year} 年无法比较供需：毕业生或人才需求无数据"
        return f"{where}{year} 年各{kind}毕业生与需求持平"
    text = f"{where}{year} 年 {len(short)} 个{kind}毕业生少于需求、{len(over)} 个多于需求"
    if short:
        item = short[0][1]
        text += f"，缺口最大的是{item.name}（{number(item.years[year].gap, '人')}）"
    return text


def _year_words(found: Outlook, year: int) -> str:
    supply = "预测" if found.last is None or year > found.last else "实际"
    known_demand = [i.years[year].demand for i in found.items]
    kinds = {d.forecast for d in known_demand if d.people is not None}
    demand = "无数据" if not kinds else "、".join("预测" if k else "实际" for k in sorted(kinds))
    return f"{year} 年：毕业生为{supply}，需求为{demand}"


def _notes(found: Outlook, year: int | None) -> list[str]:
    if year is None:
        return []
    notes = []
    missing = sum(i.years[year].demand.people is None for i in found.items)
    if missing:
        notes.append(f"{missing:,} 项当年需求无数据，不作比较，不按零计")
    unknown = sum(i.years[year].supply.unknown for i in found.items)
    if unknown:
        notes.append(f"{unknown:,} 个专业点当年人数无数据，未计入毕业生")
    if found.outside.get(year):
        notes.append(f"另有技工院校毕业生 {number(found.outside[year], '人')}，单列，不计入")
    return notes


def _rules(found: Outlook) -> list[str]:
    """The formulas in words."""
    usual = "、".join(f"{level} {years} 年" for level, years in USUAL_YEARS.items())
    ratios = "、".join(
        f"{level} {number(found.passing[level] * 100, '%')}"
        for level in LEVELS
        if level in found.passing
    )
    return [
        "缺口 = 需求 − 毕业生（正数为不足，负数为富余）；缺口占需求 = 缺口 ÷ 需求；"
        "需求为零时不计算占比。",
        "需求：“人才需求”表每行只计一次。填了专业代码的行是该专业的需求，没有填的行是该产业"
        "其余未分专业的需求，产业的需求为各行之和；同一年度、产业、专业有几个来源的取平均，不相加；"
        "有实际数的产业和年度不再计预测数。",
        "供给：在统计范围内全部专业点当年的毕业生（含升学），专业点以后停招、撤销的也计入；技工院校单列。",
        "供给预测：以入学人数推算，毕业生 = 按学制年数以前的报到人数 × 毕业与入学之比。"
        f"学制取“专业点”表，未填的按{usual}；比值按层次取全部可比年度合计，没有可比年度的层次取各层次合计"
        + (f"，现为{ratios}" if ratios else "，现无可比年度")
        + "。当年新生尚未登记的年度不预测。",
        f"增长：从 {GROWTH_YEARS} 年前（数据不足时从有数据的第一年）到所选年度的年均增长率，"
        "起点为零的不计算。",
        "培养院校为当年有毕业生的院校数；最大一所占比为毕业生最多的院校占该项毕业生的比重，反映集中程度。",
    ]


def _controls(found: Outlook, state: State, year: int | None, link: Any) -> Any:
    kinds = [
        {"text": f"按{words}", "on": kind == state.of, **link(of=kind, item="", chain="")}
        for kind, words in KINDS.items()
    ]
    years = [
        {
            "text": f"{each}{'（预测）' if found.last is None or each > found.last else ''}",
            "on": each == year,
            **link(year=each),
        }
        for each in found.years
    ]
    return [("对照", kinds), ("年度", years)]


def _chains(view: View, state: State, link: Any) -> list[dict[str, Any]]:
    named = named_industries(view.version)
    names = [item.key for item in known(view, BY_INDUSTRY, "").items]
    ordered = [*(n for n in named if n in names), *(n for n in names if n not in named)]
    found = [{"text": "全部产业", "on": not state.chain, **link(chain="", item="")}]
    for name in ordered:
        text = f"★ {name}" if name in named else name
        found.append({"text": text, "on": name == state.chain, **link(chain=name, item="")})
    return found


# ---------------------------------------------------------------- the table


def _sort_value(item: Item, year: int, by: str) -> float | None:
    balance = item.years[year]
    return {
        "supply": balance.supply.graduates,
        "demand": balance.demand.people,
        "gap": balance.gap,
        "share": balance.gap_share,
        "schools": float(balance.supply.institutions),
        "largest": balance.supply.largest_share,
        "change": item.change(year),
    }.get(by)


def in_order(items: Sequence[Item], year: int, sort: str) -> list[Item]:
    """The items as the address sorts them; those without the value last, equal ones by key."""
    by, down = sort.removeprefix("-"), sort.startswith("-")
    if by == "name":
        return sorted(items, key=lambda item: item.name, reverse=down)

    def order(item: Item) -> tuple[bool, float, str]:
        value = _sort_value(item, year, by)
        return value is None, (-value if down else value) if value is not None else 0.0, item.key

    return sorted(items, key=order)


def _percent(share: float | None) -> str:
    return "无数据" if share is None else number(share * 100, "%").replace("-", "−")


def signed(value: float | None) -> str:
    """A number with its sign; 无数据 where there is none."""
    return "无数据" if value is None else f"{value:+,.0f}".replace("-", "−")


def _cells(item: Item, balance: Balance, year: int) -> list[dict[str, str]]:
    supply, demand = balance.supply, balance.demand
    share = _percent(balance.gap_share)
    if balance.gap is not None and not demand.people:
        share = "—"
    return [
        {"text": number(supply.graduates), "title": ""},
        {
            "text": number(None if demand.people is None else round(demand.people)),
            "title": f"{demand.sources} 个来源取平均" if demand.sources > 1 else "",
        },
        {"text": signed(balance.gap), "title": ""},
        {"text": share, "title": "需求为零，不计算占比" if share == "—" else ""},
        {"text": number(supply.institutions, "所"), "title": ""}
        if supply.graduates is not None
        else {"text": "无数据", "title": ""},
        {
            "text": "—" if supply.largest_share is None else _percent(supply.largest_share),
            "title": supply.largest,
        },
        {"text": signed(item.change(year)), "title": ""},
    ]


def _table(
    found: Outlook, state: State, year: int, named: tuple[str, ...], link: Any
) -> dict[str, Any]:
    items = list(found.items)
    hidden = 0
    if state.of == BY_SPECIALTY:
        items = [i for i in items if i.years[year].demand.people is not None]
        hidden = len(found.items) - len(items)
    by, down = state.sort.removeprefix("-"), state.sort.startswith("-")
    heads = []
    for name, words in COLUMNS.items():
        on = name == by
        wanted = name if (on and down) or (name == "name" and not on) else f"-{name}"
        heads.append(
            {
                "text": words or KINDS[state.of],
                "arrow": ("▼" if down else "▲") if on else "",
                "sorted": ("descending" if down else "ascending") if on else "none",
                **link(sort=wanted),
            }
        )
    rows = [
        {
            "name": f"{'★ ' if item.key in named else ''}{_item_name(item)}",
            "cells": _cells(item, item.years[year], year),
            "kind": _kind(item.years[year].gap),
            "spark": _spark(item, found, year),
            "on": item.key == state.item,
            **link(item="" if item.key == state.item else item.key),
        }
        for item in in_order(items, year, state.sort)
    ]
    return {
        "heads": heads,
        "rows": rows[:MOST_ITEMS],
        "more": max(len(rows) - MOST_ITEMS, 0),
        "hidden": hidden,
    }


def _kind(gap: float | None) -> str:
    return "" if not gap else "short" if gap > 0 else "over"


SPARK_WIDTH, SPARK_HEIGHT = 74.0, 18.0


def _spark(item: Item, found: Outlook, year: int) -> dict[str, Any]:
    """The gap through the years as a line with zero; empty with fewer than two known years."""
    known_gaps = [(y, item.years[y].gap) for y in found.years]
    points = [(y, gap) for y, gap in known_gaps if gap is not None]
    if len(points) < 2:
        return {"path": ""}
    low, high = min(0.0, *(g for _, g in points)), max(0.0, *(g for _, g in points))
    first, last = found.years[0], found.years[-1]

    def x(at: int) -> float:
        return round(2 + (at - first) / max(last - first, 1) * (SPARK_WIDTH - 4), 1)

    def y(gap: float) -> float:
        return round(2 + (high - gap) / ((high - low) or 1) * (SPARK_HEIGHT - 4), 1)

    here = next((g for at, g in points if at == year), None)
    return {
        "path": "M" + "L".join(f"{x(at)},{y(gap)}" for at, gap in points),
        "zero": y(0.0),
        "dot": None if here is None else (x(year), y(here)),
        "title": "，".join(f"{at} 年 {signed(gap)}" for at, gap in points),
    }


# ---------------------------------------------------------------- quadrants and rankings

CHART_WIDTH, CHART_HEIGHT, EDGE = 440.0, 380.0, 24.0
LABEL_HEIGHT, CHARACTER, DOT = 14.0, 11.5, 5.5
# (demand grows, supply grows) -> what the quadrant is called.
QUADRANTS = {
    (True, True): "供需同增",
    (True, False): "需求增、供给减（缺口趋大）",
    (False, True): "需求减、供给增（富余趋大）",
    (False, False): "供需同减",
}


def _quadrants(found: Outlook, year: int, link: Any) -> dict[str, Any]:
    start, grown = found.grown(year)
    if start is None:
        return {"dots": []}
    wide = max(0.01, *(abs(g.demand) for g in grown)) * 1.12
    tall = max(0.01, *(abs(g.supply) for g in grown)) * 1.12

    def x(growth: Growth) -> float:
        return round(CHART_WIDTH / 2 + growth.demand / wide * (CHART_WIDTH / 2 - EDGE), 1)

    def y(growth: Growth) -> float:
        return round(CHART_HEIGHT / 2 - growth.supply / tall * (CHART_HEIGHT / 2 - EDGE), 1)

    grown = sorted(grown, key=lambda g: (-abs(g.item.years[year].gap or 0.0), g.item.key))
    # No label on a dot either.
    taken = [(x(g) - DOT, y(g) - DOT, x(g) + DOT, y(g) + DOT) for g in grown]
    dots = []
    for each in grown:
        at = (x(each), y(each))
        dots.append(
            {
                "x": at[0],
                "y": at[1],
                "label": _label(each.item.name, at, taken),
                "kind": _kind(each.item.years[year].gap),
                "title": f"{_item_name(each.item)}：需求年均 {_percent(each.demand)}，"
                f"供给年均 {_percent(each.supply)}，{year} 年缺口 "
                f"{signed(each.item.years[year].gap)} 人",
                **link(item=each.item.key),
            }
        )
    table = [
        (
            _item_name(g.item),
            _percent(g.demand),
            _percent(g.supply),
            QUADRANTS[g.demand >= 0, g.supply >= 0],
            signed(g.item.years[year].gap),
        )
        for g in grown
    ]
    worse = [g.item.name for g in grown if g.demand >= 0 > g.supply]
    return {
        "start": start,
        "width": CHART_WIDTH,
        "height": CHART_HEIGHT,
        "dots": dots,
        "rows": table,
        "corners": QUADRANTS,
        "left_out": len(found.items) - len(grown),
        "title": f"{len(worse)} 个需求增而供给减"
        + (f"：{'、'.join(worse[:3])}" if worse else "")
        + (f"等 {len(worse)} 个" if len(worse) > 3 else ""),
        "wide": _percent(wide / 1.12),
        "tall": _percent(tall / 1.12),
    }


def _label(
    name: str, at: tuple[float, float], taken: list[tuple[float, float, float, float]]
) -> dict[str, Any] | None:
    """Beside its dot where no label and no edge is in the way; else none: the title names it."""
    length = len(name) * CHARACTER
    for anchor, left in (("start", at[0] + 8), ("end", at[0] - 8 - length)):
        box = (left, at[1] - LABEL_HEIGHT / 2, left + length, at[1] + LABEL_HEIGHT / 2)
        free = all(
            box[2] < other[0] or other[2] < box[0] or box[3] < other[1] or other[3] < box[1]
            for other in taken
        )
        if free and box[0] > 2 and box[2] < CHART_WIDTH - 2:
            taken.append(box)
            return {
                "text": name,
                "x": round(at[0] + (8 if anchor == "start" else -8), 1),
                "anchor": anchor,
            }
    return None


def _ranking(found: Outlook, year: int, link: Any, *, shortage: bool) -> dict[str, Any]:
    ranked = found.ranked(year, shortage=shortage)
    widest = abs(ranked[0][1].years[year].gap or 0.0) if ranked else 1.0
    word = "毕业生少于需求" if shortage else "毕业生多于需求"
    return {
        "kind": "short" if shortage else "over",
        "title": f"{word}的 {len(ranked)} 个"
        + (f"，列前 {MOST_RANKED} 位" if len(ranked) > MOST_RANKED else ""),
        "rows": [
            {
                "rank": rank,
                "name": _item_name(item),
                "gap": number(abs(item.years[year].gap or 0.0), "人"),
                "share": _percent(item.years[year].gap_share).removeprefix("−")
                if item.years[year].gap_share is not None
                else "—",
                "width": round(abs(item.years[year].gap or 0.0) / widest * 100, 1),
                **link(item=item.key),
            }
            for rank, item in ranked[:MOST_RANKED]
        ],
    }


def _detail(found: Outlook, state: State, link: Any) -> dict[str, Any] | None:
    """The chosen item year by year."""
    item = next((each for each in found.items if each.key == state.item), None)
    if item is None:
        return None
    return {
        "title": f"{_item_name(item)}：逐年供需",
        "close": link(item=""),
        "heads": ["年度", *list(COLUMNS.values())[1:], "毕业生最多的院校"],
        "rows": [
            {
                "year": f"{year} 年",
                "kinds": (
                    "预测" if balance.supply.forecast else "",
                    "预测" if balance.demand.forecast else "",
                ),
                "cells": _cells(item, balance, year),
                "largest": balance.supply.largest or "—",
            }
            for year, balance in item.years.items()
        ],
    }


# ---------------------------------------------------------------- the provincial lists


def _lists(view: View, state: State, link: Any) -> dict[str, Any]:
    found = lists(view)
    if found.empty:
        return {"years": []}
    years = sorted({int(year) for year in found["year"]})
    edition = state.edition if state.edition in years else years[-1]
    here = found[found["year"] == edition]
    short = here[(here["list"] == SHORTAGE) & (here["points"] == 0)]
    over = here[here["list"] == OVERSUPPLIED].sort_values(
        ["points", "specialty_code"], ascending=[False, True], kind="stable"
    )
    wanted = int((here["list"] == SHORTAGE).sum())
    figures_year = here["figures_year"].dropna()
    return {
        "years": [{"text": str(y), "on": y == edition, **link(edition=y)} for y in years],
        "edition": edition,
        "at": min(view.as_of.isoformat(), f"{edition}-12-31"),
        "figures_year": int(figures_year.iloc[0]) if len(figures_year) else None,
        "short_title": f"急需紧缺清单 {wanted} 个专业中 {len(short)} 个无人开设"
        if wanted
        else f"{edition} 年没有急需紧缺清单",
        "short": [
            (level, [_listed(row) for row in part.itertuples(index=False)], len(part))
            for level in LEVELS
            if len(part := short[short["level"] == level])
        ],
        "over_title": f"布点多规模大清单 {len(over)} 个专业有"
        f" {int(over['points'].sum()):,} 个专业点"
        + (
            f"、{figures_year.iloc[0]:.0f} 年新生 {number(over['registered'].sum(), '人')}"
            if len(figures_year) and over["registered"].notna().any()
            else ""
        )
        if len(over)
        else f"{edition} 年没有布点多规模大清单",
        "over": [
            (level, [_listed(row) for row in part.itertuples(index=False)], len(part))
            for level in LEVELS
            if len(part := over[over["level"] == level])
        ],
        "history": _history(found, years),
    }


def _listed(row: Any) -> dict[str, Any]:
    registered = None if row.registered != row.registered else row.registered
    return {
        "code": row.specialty_code,
        "name": row.specialty,
        "class_name": row.class_name,
        "points": f"{row.points:,}",
        "institutions": f"{row.institutions:,}",
        "registered": number(registered),
        "technician": row.technician_points,
    }


def _history(found: pd.DataFrame, years: Sequence[int]) -> list[tuple[str, ...]]:
    """Year and level: how many are on either list, how many of them nobody offers, and so on."""
    rows: list[tuple[str, ...]] = []
    for year in reversed(years):
        for level in LEVELS:
            part = found[(found["year"] == year) & (found["level"] == level)]
            if part.empty:
                continue
            short = part[part["list"] == SHORTAGE]
            over = part[part["list"] == OVERSUPPLIED]
            heads = over["registered"].sum() if over["registered"].notna().any() else None
            rows.append(
                (
                    f"{year} 年",
                    level,
                    f"{len(short)}",
                    f"{int((short['points'] == 0).sum())}",
                    f"{len(over)}",
                    f"{int(over['points'].sum()):,}",
                    number(heads) if len(over) else "—",
                )
            )
    return rows


# ---------------------------------------------------------------- workbooks


def balance_rows(view: View, state: State) -> tuple[list[str], list[tuple[Any, ...]]]:
    """(headers, rows): every item and year."""
    headers = [
        *(("产业",) if state.of == BY_INDUSTRY else ("专业代码", "专业", "层次")),
        "年度",
        "毕业生",
        "毕业生为预测",
        "需求",
        "需求为预测",
        "需求来源数",
        "缺口",
        "缺口占需求（%）",
        "培养院校",
        "最大一所",
        "最大一所占比（%）",
        "人数无数据的专业点",
    ]
    rows: list[tuple[Any, ...]] = []
    for item in known(view, state.of, state.chain).items:
        first = (item.key,) if state.of == BY_INDUSTRY else (item.key, item.name, item.level)
        for year, each in item.years.items():
            supply, demand = each.supply, each.demand
            known_supply = supply.graduates is not None
            rows.append(
                (
                    *first,
                    year,
                    supply.graduates,
                    supply.forecast if known_supply else None,
                    demand.people,
                    demand.forecast if demand.people is not None else None,
                    demand.sources or None,
                    each.gap,
                    None if each.gap_share is None else each.gap_share * 100,
                    supply.institutions if known_supply else None,
                    supply.largest or None,
                    None if supply.largest_share is None else supply.largest_share * 100,
                    supply.unknown,
                )
            )
    return headers, rows


def list_rows(view: View) -> tuple[list[str], list[tuple[Any, ...]]]:
    """(headers, rows): every specialty on the two lists, by year."""
    headers = [
        "清单",
        "年度",
        "层次",
        "专业代码",
        "专业",
        "专业类",
        "专业点",
        "院校",
        "另有技工院校专业点",
        "报到人数",
        "报到人数年度",
    ]
    return headers, [
        (
            row.list,
            row.year,
            row.level,
            row.specialty_code,
            row.specialty,
            row.class_name,
            row.points,
            row.institutions,
            row.technician_points,
            row.registered,
            row.figures_year,
        )
        for row in lists(view).itertuples(index=False)
    ]
