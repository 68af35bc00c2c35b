"""The levers of 情景推演 as one panel: a slider and a number for each, grouped by action.

One component and not a widget each: a move reaches the server as it is made, the single levers
(a point, a project, an institution) by the hundred cost nothing until they are sought, and nothing
on the page moves.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts import figures
from pages.parts.block import render
from pages.parts.view import View
from pages.parts.what_if_board import Board, ready
from queries.levers import POOL, Lever
from queries.scenario import PRESETS, Prepared
from queries.status import number

HERE = Path(__file__).parent
KEY = "what-if-levers"
BEST = "best"
MOST_FOUND = 40

_panel = st.components.v2.component(
    "what_if_levers",
    html='<div class="block levers"><div class="tools"></div><div class="list">'
    '<div class="shared"></div><label class="seek"><span>单项杠杆</span>'
    '<input type="search" placeholder="按院校、专业、项目、产业查找" aria-label="查找单项杠杆" '
    'autocomplete="off"></label>'
    '<div class="single"></div></div></div>',
    css=(HERE / "block.css").read_text(encoding="utf-8")
    + (HERE / "what_if_levers.css").read_text(encoding="utf-8"),
    js=(HERE / "what_if_levers.js").read_text(encoding="utf-8"),
)


def panel(
    view: View, at: Board, heard: Callable[[], None], sought: Callable[[], None], asked: Any
) -> None:
    """Show the panel; the callbacks find what was said under ``KEY`` in the session's state."""
    prepared = ready(view)
    _panel(
        data={
            "tools": _tools(at, list(_groups(view))),
            "shared": _shared(view),
            "single": _single(prepared, at),
            "values": dict(at.scenario.levers),
            "seen": at.seen,
        },
        key=KEY,
        default={"move": None},
        on_move_change=heard,
        on_seek_change=sought,
        on_act_change=asked,
    )


def _tools(at: Board, groups: list[str]) -> str:
    presets = [(f"preset:{each.id}", each.name) for each in PRESETS]
    return render(
        "what_if_tools",
        presets=[*presets, (f"preset:{BEST}", "最优方案")],
        groups=groups,
        moved=len(at.scenario.levers),
        too_long=at.too_long,
        undo=bool(at.past),
    )


@figures.kept(4)
def _groups(view: View) -> dict[str, list[dict[str, Any]]]:
    """The levers that move many things together, by action."""
    levers = ready(view).levers
    # The actions in the plan's order; the money at the end.
    groups: dict[str, list[dict[str, Any]]] = {each.title: [] for each in view.version.plan.actions}
    for each in levers.all.values():
        if not each.single:
            groups.setdefault(each.group, []).append(row(each))
    return _last(groups, POOL)


@figures.kept(4)
def _shared(view: View) -> str:
    levers = ready(view).levers
    missing = list(dict.fromkeys(levers.missing.values()))
    return render("what_if_groups", groups=_groups(view), missing=missing)


def _last(groups: dict[str, list[dict[str, Any]]], name: str) -> dict[str, list[dict[str, Any]]]:
    order = sorted(groups, key=lambda each: each == name)
    return {each: groups[each] for each in order if groups[each]}


def _single(prepared: Prepared, at: Board) -> str:
    """The single levers sought, then those moved."""
    everything = prepared.levers.all
    words = at.sought.casefold().split()
    found = []
    if words:
        found = [
            each
            for each in everything.values()
            if each.single and all(w in f"{each.name} {each.id}".casefold() for w in words)
        ]
    listed = dict.fromkeys(each.id for each in found[:MOST_FOUND])
    held = dict.fromkeys(
        name for name, _ in at.scenario.levers if name in everything and everything[name].single
    )
    touched = {name: None for name in at.pinned if name in everything} | held
    rest = [name for name in touched if name not in listed]
    listed |= dict.fromkeys(rest[:MOST_FOUND])
    return render(
        "what_if_single",
        rows=[row(everything[name]) for name in listed],
        sought=at.sought,
        found=len(found),
        most=MOST_FOUND,
        unlisted=max(len(rest) - MOST_FOUND, 0),
        all=sum(each.single for each in everything.values()),
    )


def row(lever: Lever) -> dict[str, Any]:
    """A lever as the panel shows it."""
    return {
        "id": lever.id,
        "name": lever.name,
        "unit": lever.unit,
        "today": lever.today,
        "now": number(lever.today),
        "low": lever.low,
        "high": lever.high,
        "step": lever.step,
        "provenance": lever.provenance,
    }
