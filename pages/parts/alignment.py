"""产教对接: the views of the page, and the first of them, the alignment map (谱系图)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from data.contract import LEVELS, TRACKS
from pages.parts import download, figures, supply
from pages.parts.block import block, render
from pages.parts.linking import PAGE, linked
from pages.parts.sankey import Band, lay_out, ribbon
from pages.parts.view import View, follow
from queries.alignment import (
    CLASS,
    COLUMNS,
    END,
    ENDS,
    INDUSTRY,
    NO_INDUSTRY,
    OTHERS,
    POINTS,
    WIDTHS,
    Offer,
    Picture,
    flows,
    offer,
    picked,
    picture,
)
from queries.composition import NO_TRACK, NOT_IN_CATALOGUE
from queries.status import number

# How many nodes of a column stand by themselves: a projector shows them readably.
MOST = {INDUSTRY: 14, CLASS: 22, END: 14}
MOST_ROWS = 200
# In the address: the node that small ones are put together in.
_OTHERS_KEY = "*"
_PICKS = {INDUSTRY: "industry", CLASS: "class", END: "end"}
_ORDERS = {
    "level": (*LEVELS,),
    "track": (*TRACKS, NO_TRACK),
    "institution": (),
}

WIDTH, BAR = 720.0, 11.0
LEFT, MIDDLE, RIGHT = 154.0, 334.0, 532.0
SPAN, PITCH = 400.0, 17.5
LONGEST = 11


@dataclass(frozen=True)
class State:
    """What the address says of this view; every part has a default that is not written."""

    width: str = POINTS
    by: str = "level"
    chain: str = ""
    opened: tuple[str, ...] = ()
    sort: str = "-value"
    picks: tuple[tuple[str, str], ...] = ()

    @staticmethod
    def read(asked: Mapping[str, str]) -> State:
        """From the address; what is not known is ignored."""
        width, by = asked.get("width", ""), asked.get("by", "")
        sort = asked.get("sort", "")
        columns = asked.get("open", "").split(",")
        return State(
            width if width in WIDTHS else State.width,
            by if by in ENDS else State.by,
            asked.get("chain", ""),
            tuple(each for each in COLUMNS if _PICKS[each] in columns),
            sort if sort.removeprefix("-") in (*_PICKS.values(), "value") else State.sort,
            tuple(
                (column, OTHERS if asked[name] == _OTHERS_KEY else asked[name])
                for column, name in _PICKS.items()
                if asked.get(name)
            ),
        )

    def parameters(self) -> dict[str, str]:
        """As the address has it."""
        found = {
            "width": self.width if self.width != State.width else "",
            "by": self.by if self.by != State.by else "",
            "chain": self.chain,
            "open": ",".join(_PICKS[each] for each in self.opened),
            "sort": self.sort if self.sort != State.sort else "",
            **{_PICKS[column]: key or _OTHERS_KEY for column, key in self.picks},
        }
        return {name: value for name, value in found.items() if value}

    def picking(self, **keys: str) -> State:
        """With these nodes picked and no others; nothing where they are picked already."""
        wanted = tuple((column, keys[column]) for column in COLUMNS if column in keys)
        return replace(self, picks=() if wanted == self.picks else wanted)


Link = Callable[[State], dict[str, str]]


# ---------------------------------------------------------------- the views of the page


def show(view: View) -> None:
    """The view that the address names, under the switch between all of them."""
    asked = st.query_params.get("view", "")
    _, body = VIEWS.get(asked, VIEWS[""])
    follow(block(_switch(view, asked if asked in VIEWS else ""), key="alignment-views"))
    body(view)


@figures.kept(60)
def _switch(view: View, asked: str) -> str:
    options = [
        {
            "text": title,
            "on": name == asked,
            "href": view.address(PAGE, {"view": name} if name else {}),
            "go": f"{PAGE}?{urlencode({'view': name})}" if name else PAGE,
        }
        for name, (title, _) in VIEWS.items()
    ]
    return render("map_controls", groups=[("", options)])


def alignment_map(view: View) -> None:
    """The picture with its table, the rows of what is picked, and the workbooks."""
    state = State.read(st.query_params.to_dict())
    follow(block(markup(view, state), key=PAGE))
    if not _points(view, state).empty:
        _downloads(view, state)


# ---------------------------------------------------------------- numbers


@figures.kept(60)
def offered(view: View) -> Offer:
    """The points behind the picture."""
    return offer(view.version, view.as_of, view.scope)


def _chain(view: View, state: State) -> str:
    """The industry looked at alone; an unknown one is none."""
    return state.chain if state.chain in offered(view).industries(state.width) else ""


@figures.kept(60)
def _points(view: View, state: State) -> pd.DataFrame:
    return offered(view).of(state.width, _chain(view, state))


@figures.kept(60)
def _picture(view: View, state: State) -> Picture:
    found = offered(view)
    orders = {INDUSTRY: found.industries(state.width), END: _ORDERS[state.by]}
    return picture(
        flows(_points(view, state), state.by),
        MOST,
        opened=state.opened,
        always=found.named,
        order=orders,
    )


# ---------------------------------------------------------------- the picture


@figures.kept(120)
def markup(view: View, state: State) -> str:
    """The view as HTML."""
    shown = _picture(view, state)
    found = offered(view)
    chain = _chain(view, state)
    go = linked(view, state.parameters())

    def link(new: State) -> dict[str, str]:
        return go(new.parameters())

    year = found.years.get(state.width)
    unit = WIDTHS[state.width][1]
    measure = _measure(state.width, year)
    points = _points(view, state)
    values: dict[str, Any] = {
        "groups": _controls(view, state, link),
        "chains": _chains(view, state, link),
        "source": view.source,
        "measure": measure,
        "unit": unit,
        "notes": _notes(state, shown, points),
        "empty": _empty(state, year) if shown.total == 0 else None,
        "title": _title(view, state, shown, chain),
    }
    if values["empty"]:
        return render("alignment", **values)
    return render(
        "alignment",
        **values,
        drawn=_drawn(state, shown, found.named, unit, link),
        table=_table(state, shown, found.named, unit, link),
        rows=_rows(view, state, shown, points, link),
        ends=ENDS[state.by],
        total=number(shown.total, unit),
    )


def _measure(width: str, year: int | None) -> str:
    return WIDTHS[width][0] if width == POINTS else f"{year} 年{WIDTHS[width][0]}"


def _title(view: View, state: State, shown: Picture, chain: str) -> str:
    """The finding."""
    unit = WIDTHS[state.width][1]
    found = offered(view)
    measure = _measure(state.width, found.years.get(state.width))
    if not shown.total:
        return f"产教对接：所选范围内没有{WIDTHS[state.width][0]}数据"
    if chain:
        classes = [(name, value) for name, value in shown.nodes[1] if name != OTHERS and value]
        text = f"{chain}：{measure} {number(shown.total, unit)}"
        if classes:
            name, value = max(classes, key=lambda each: each[1])
            text += f"，{name}最多，占 {number(value / shown.total * 100, '%')}"
        return text
    named = sum(value for name, value in shown.nodes[0] if name in found.named)
    most, value = max(shown.nodes[0], key=lambda each: (each[0] != OTHERS, each[1]))
    return (
        f"{len(found.named)} 个重点产业占{measure}的 {number(named / shown.total * 100, '%')}，"
        f"{most}最多（{number(value, unit)}）"
    )


def _notes(state: State, shown: Picture, points: pd.DataFrame) -> list[str]:
    """What a reader must know of the numbers."""
    found = []
    without = points[points[INDUSTRY] == NO_INDUSTRY]
    if len(without):
        found.append(f"其中{NO_INDUSTRY}的专业点 {len(without):,} 个，单列，不舍去")
    if state.width == POINTS:
        return found
    gone = int((~points["in_force"]).sum())
    if gone:
        found.append(f"含已停招、撤销而当年仍有学生的专业点 {gone:,} 个")
    if shown.unknown:
        found.append(f"另有 {shown.unknown:,} 个在办专业点当年无数据，未计入")
    return found


def _empty(state: State, year: int | None) -> dict[str, str]:
    if state.width != POINTS and year is None:
        column = WIDTHS[state.width][0]
        return {
            "title": f"没有{column}数据",
            "text": f"所看日期以前的“年度数据”表没有“{column}”，填报后即可显示；"
            "年度数据自当年 12 月 31 日起计入。",
        }
    return {
        "title": "所选日期和范围内没有专业点",
        "text": "专业点来自“专业点”表，产业按“产业”列或专业目录对应。可放宽筛选，或换一个日期。",
    }


def _controls(view: View, state: State, link: Link) -> list[tuple[str, list[dict[str, Any]]]]:
    years = offered(view).years
    widths = [
        {
            "text": words if name == POINTS or years[name] is None else f"{words}（{years[name]}）",
            "on": name == state.width,
            **link(replace(state, width=name, picks=())),
        }
        for name, (words, _) in WIDTHS.items()
    ]
    ends = [
        {
            "text": words,
            "on": name == state.by,
            **link(replace(state, by=name, picks=(), opened=())),
        }
        for name, words in ENDS.items()
    ]
    return [("宽度", widths), ("流向", ends)]


def _chains(view: View, state: State, link: Link) -> list[dict[str, Any]]:
    """All industries, or one at a time."""
    found = offered(view)
    chosen = _chain(view, state)

    def option(text: str, name: str) -> dict[str, Any]:
        wanted = replace(state, chain=name, picks=(), opened=())
        return {"text": text, "on": name == chosen, **link(wanted)}

    names = found.industries(state.width)
    marked = [(f"★ {name}" if name in found.named else name, name) for name in names]
    return [option("全部产业", ""), *(option(text, name) for text, name in marked)]


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _words(shown: Picture, column: int, key: str) -> str:
    return key or f"其他（{len(shown.put_away[column])} 项）"


def _drawn(
    state: State, shown: Picture, named: tuple[str, ...], unit: str, link: Link
) -> dict[str, Any]:
    """The picture as shapes."""
    made = lay_out(shown.nodes, [shown.bands(0), shown.bands(1)], span=SPAN, pitch=PITCH, space=5.0)
    picks = dict(state.picks)
    places = (LEFT, MIDDLE, RIGHT)
    special = _mostly_named(shown, named)

    def part(value: float) -> str:
        return f"{number(value, unit)}，占 {number(value / shown.total * 100, '%')}"

    def band(each: Band) -> dict[str, Any]:
        left, right = COLUMNS[each.column], COLUMNS[each.column + 1]
        ends = {left: each.left, right: each.right}
        names = [_words(shown, each.column + at, key) for at, key in enumerate(ends.values())]
        return {
            "path": ribbon(each, places[each.column] + BAR, places[each.column + 1]),
            "title": f"{names[0]} → {names[1]}：{part(each.value)}",
            "kind": "named"
            if (each.left in named if each.column == 0 else each.left in special)
            else "",
            "on": bool(picks) and all(ends.get(c, key) == key for c, key in picks.items()),
            **link(state.picking(**ends)),
        }

    nodes = []
    for at, column in enumerate(made.nodes):
        for node in column:
            away = node.key == OTHERS
            wanted = (
                replace(state, opened=(*state.opened, COLUMNS[at]), picks=())
                if away
                else state.picking(**{COLUMNS[at]: node.key})
            )
            words = _words(shown, at, node.key)
            star = "★ " if at == 0 and node.key in named else ""
            nodes.append(
                {
                    "x": places[at],
                    "y": round(node.y, 1),
                    "height": round(max(node.height, 1.0), 1),
                    "tx": places[at] - 6 if at == 0 else places[at] + BAR + 6,
                    "ty": round(node.middle + 4, 1),
                    "end": at == 0,
                    "text": f"{star}{_short(words)}",
                    "value": number(node.value),
                    "title": f"{words}：{part(node.value)}"
                    + ("；点击展开" if away else "；点击看明细"),
                    "kind": "named" if at == 0 and node.key in named else "away" if away else "",
                    "on": picks.get(COLUMNS[at]) == node.key,
                    **link(wanted),
                }
            )
    return {
        "width": WIDTH,
        "height": round(made.height + 24, 1),
        "bar": BAR,
        "bands": [band(each) for each in made.bands],
        "nodes": nodes,
        "heads": [
            (LEFT + BAR, "end", "产业"),
            (MIDDLE, "start", "专业类"),
            (RIGHT, "start", ENDS[state.by]),
        ],
        "close": link(replace(state, opened=(), picks=())) if state.opened else None,
        "alt": "；".join(
            f"{_words(shown, 0, key)} {number(value, unit)}" for key, value in shown.nodes[0]
        ),
    }


def _mostly_named(shown: Picture, named: tuple[str, ...]) -> frozenset[str]:
    """Classes of which more than half comes from industries that the plan names."""
    whole: dict[str, float] = {}
    part: dict[str, float] = {}
    for (industry, name), value in shown.bands(0).items():
        whole[name] = whole.get(name, 0.0) + value
        part[name] = part.get(name, 0.0) + (value if industry in named else 0.0)
    return frozenset(name for name, value in whole.items() if part[name] * 2 > value)


# ---------------------------------------------------------------- the table beside it


def _table(
    state: State, shown: Picture, named: tuple[str, ...], unit: str, link: Link
) -> dict[str, Any]:
    """The flows of the picture, sorted as the address says; their sum is the total."""
    by = state.sort.removeprefix("-")
    down = state.sort.startswith("-")
    place = [{key: at for at, (key, _) in enumerate(nodes)} for nodes in shown.nodes]
    columns = list(_PICKS.values())

    def order(flow: Any) -> Any:
        spots = tuple(place[at][name] for at, name in enumerate(flow.names))
        if by == "value":
            return (-flow.value if down else flow.value, spots)
        first = columns.index(by)
        return ((-1 if down else 1) * spots[first], -flow.value, spots)

    heads = []
    for name, words in zip(
        (*columns, "value"), ("产业", "专业类", ENDS[state.by], unit), strict=True
    ):
        on = name == by
        wanted = f"-{name}" if (name == "value") != (on and down == (name == "value")) else name
        heads.append(
            {
                "text": words,
                "arrow": ("▼" if down else "▲") if on else "",
                "sorted": ("descending" if down else "ascending") if on else "none",
                "n": name == "value",
                **link(replace(state, sort=wanted)),
            }
        )
    picks = dict(state.picks)
    rows = []
    for flow in sorted(shown.flows, key=order):
        ends = dict(zip(COLUMNS, flow.names, strict=True))
        rows.append(
            {
                "cells": [
                    ("★ " if at == 0 and key in named else "") + _words(shown, at, key)
                    for at, key in enumerate(flow.names)
                ],
                "value": number(flow.value),
                "share": number(flow.value / shown.total * 100, "%"),
                "on": bool(picks) and all(ends[c] == key for c, key in picks.items()),
                **link(state.picking(**ends)),
            }
        )
    return {"heads": heads, "rows": rows}


# ---------------------------------------------------------------- the rows behind it

ROW_HEADERS = (
    "专业点编号",
    "院校",
    "区县",
    "层次",
    "专业代码",
    "专业",
    "专业类",
    "产业",
    "类别",
    "状态",
    "设置日期",
    "在校生",
    "毕业生",
)


def _chosen(view: View, state: State) -> pd.DataFrame:
    return picked(_points(view, state), _picture(view, state), state.by, dict(state.picks))


def _path(shown: Picture, state: State) -> str:
    return " → ".join(_words(shown, COLUMNS.index(column), key) for column, key in state.picks)


def _rows(
    view: View, state: State, shown: Picture, points: pd.DataFrame, link: Link
) -> dict[str, Any] | None:
    """The points of what is picked; None where nothing is."""
    if not state.picks:
        return None
    found = picked(points, shown, state.by, dict(state.picks))
    unit = WIDTHS[state.width][1]
    path = _path(shown, state)
    title = f"{path}：{len(found):,} 个专业点"
    if state.width != POINTS:
        title += f"，{WIDTHS[state.width][0]} {number(found['value'].sum(), unit)}"
    industries = [key for column, key in state.picks if column == INDUSTRY and key != OTHERS]
    alone = industries and not state.chain
    return {
        "title": title,
        "deselect": link(replace(state, picks=())),
        "alone": link(State(state.width, state.by, industries[0])) if alone else None,
        "industry": industries[0] if alone else "",
        "more": max(len(found) - MOST_ROWS, 0),
        "most": MOST_ROWS,
        "headers": [h for h in ROW_HEADERS if h not in ("专业点编号", "专业代码")],
        "years": offered(view).years,
        "rows": [
            {
                "institution": row.institution,
                "link": view.link("institution", {"id": row.institution_id}),
                "cells": [
                    row.district,
                    row.level,
                    row.specialty,
                    row.specialty_class,
                    row.industry,
                    row.track,
                    "在办" if row.in_force else "不在办",
                    str(row.opened_on)[:10],
                ],
                "numbers": [_known(row.students), _known(row.graduates)],
            }
            for row in _records(found.head(MOST_ROWS))
        ],
    }


def _records(points: pd.DataFrame) -> list[Any]:
    return list(points.itertuples(index=False))


def _known(value: float) -> str:
    return number(None if value != value else value)


def _downloads(view: View, state: State) -> None:
    """The whole picture, nothing put away, and the points of what is picked."""
    with st.container(horizontal=True):
        download.button(
            view,
            "下载谱系图数据（.xlsx）",
            lambda: download.workbook(view, "产教对接谱系图", *flow_rows(view, state)),
            download.name(view, "产教对接谱系图", "xlsx"),
        )
        download.button(
            view,
            "下载所选专业点清单（.xlsx）" if state.picks else "下载全部专业点清单（.xlsx）",
            lambda: download.workbook(view, "产教对接专业点", ROW_HEADERS, point_rows(view, state)),
            download.name(view, "产教对接专业点", "xlsx"),
        )


def flow_rows(view: View, state: State) -> tuple[list[str], list[tuple[Any, ...]]]:
    """(headers, rows) of every flow."""
    measure = _measure(state.width, offered(view).years.get(state.width))
    unit = WIDTHS[state.width][1]
    headers = ["产业", "专业类", ENDS[state.by], f"{measure}（{unit}）", "专业点数", "其中无数据"]
    found = flows(_points(view, state), state.by)
    return headers, [(*f.names, f.value, f.points, f.unknown) for f in found]


def point_rows(view: View, state: State) -> list[tuple[Any, ...]]:
    """The points of what is picked, of everything when nothing is."""
    return [
        (
            row.point_id,
            row.institution,
            row.district,
            row.level,
            row.specialty_code,
            row.specialty,
            "" if row.specialty_class == NOT_IN_CATALOGUE else row.specialty_class,
            row.industry,
            row.track,
            "在办" if row.in_force else "不在办",
            row.opened_on,
            row.students,
            row.graduates,
        )
        for row in _records(_chosen(view, state))
    ]


# Address → the words of the switch and what it shows, in the order of the switch.
def precheck(view: View) -> None:
    """The pre-check of a new specialty; what it needs is imported when it is asked for."""
    from pages.parts.precheck import precheck as show_precheck

    show_precheck(view)


VIEWS: dict[str, tuple[str, Callable[[View], None]]] = {
    "": ("谱系图", alignment_map),
    "supply": ("供需对照", supply.show),
    "precheck": ("新增专业预审", precheck),
}
