"""情景推演: the levers beside what they do to every indicator, and the page's other parts.

A move of a lever runs the fragment ``_screen`` alone: state in, one outcome, one picture.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

import streamlit as st

from pages.parts import (
    download,
    figures,
    sign_on,
    what_if_levers,
    what_if_overwrite,
    what_if_risk,
    what_if_saved,
    what_if_solve,
)
from pages.parts import what_if_picture as picture
from pages.parts.block import block, clicked, render, sent
from pages.parts.view import View, follow
from pages.parts.what_if_board import (
    LEVERS,
    SAVED,
    Board,
    board,
    city,
    fitted,
    follow_address,
    moved,
    ready,
    write_address,
)
from queries import scenario as what_if
from queries.scenario import BASE, PRESETS, Outcome

PARTS = {
    "": "调整杠杆",
    "solve": "反向求解",
    "risk": "敏感性与可能性",
    "saved": "保存的情景",
}


def show(filtered: View) -> None:
    """The page."""
    view = city(filtered)
    at = board()
    if at.prepared_for == view.key:
        prepared = ready(view)
    else:
        with st.spinner("正在由数据推导可以调整的杠杆…"):
            prepared = ready(view)
        at.prepared_for = view.key
    # Streamlit forgets the state of what another page does not show.
    returned = what_if_levers.KEY not in st.session_state
    follow_address(at, prepared, returned and not st.query_params.get("part"))
    part = st.query_params.get("part", "")
    part = part if part in PARTS else ""
    _parts(view, at, part)
    if filtered.scope:
        block(
            render("note", text="情景推演按全市计算，不受主管、层次、区县筛选影响。"),
            key="what-if-city",
        )
    if part == "saved":
        what_if_saved.show(view, at)
        return
    if part == "solve":
        what_if_solve.show(view, at)
        return
    if part == "risk":
        what_if_risk.show(view, prepared, at.scenario)
        return
    _screen(view)
    _files(view)
    follow(block(_pace(view), key="what-if-pace"))


def _parts(view: View, at: Board, part: str) -> None:
    worked_on = {
        name: value for name, value in zip((LEVERS, SAVED), at.address, strict=True) if value
    }
    options = []
    for name, text in PARTS.items():
        # The draws are made when asked for; who opens that part has asked.
        asked = {"part": name} | ({"risk": "1"} if name == "risk" else {})
        options.append(
            {
                "text": text,
                "on": name == part,
                "href": view.address("what-if", worked_on | (asked if name else {})),
                "go": "?" + urlencode(asked),
            }
        )
    follow(block(render("map_controls", groups=[("", options)]), key="what-if-parts"))


# ---------------------------------------------------------------- levers and picture


@st.fragment
def _screen(view: View) -> None:
    sign_on.check()
    at = board()
    if at.best:
        at.best = False
        follow(
            f"?part=solve&{what_if_solve.LOAD}=1&{what_if_solve.ASK}={quote(what_if_solve.best(view))}"
        )
    found = outcome(view)
    shown = picture.values(view, ready(view), found)
    head = {name: shown.pop(name) for name in ("title", "sub")}
    block(render("what_if_head", **head, name=at.name, said=at.said), key="what-if-head")
    with st.container(key="what-if-screen"):
        left, right = st.columns([0.36, 0.64], gap="small")
    with left:
        what_if_levers.panel(
            view,
            at,
            heard=lambda: _heard(view),
            sought=_sought,
            asked=lambda: _asked(view),
        )
    with right:
        follow(block(render("what_if", **shown), key="what-if"))
    if at.settled:
        write_address(at)


def outcome(view: View) -> Outcome:
    """What comes of the session's scenario."""
    return what_if.outcome(ready(view), board().scenario)


def _heard(view: View) -> None:
    move = sent(what_if_levers.KEY, "move")
    if isinstance(move, dict):
        moved(board(), ready(view), move)


def _sought() -> None:
    board().sought = (clicked(sent(what_if_levers.KEY, "seek")) or "")[:80]


def _asked(view: View) -> None:
    press(view, clicked(sent(what_if_levers.KEY, "act")) or "")


def press(view: View, act: str) -> None:
    """A button of the panel: undo, reset or a preset."""
    at = board()
    if act == "undo":
        at.undo()
        # What is gone back to may be of other data.
        at.scenario, at.said = fitted(ready(view), at.scenario)
    elif act == "reset":
        at.load(BASE)
    elif act == f"preset:{what_if_levers.BEST}":
        # The answer is loaded when it is there; meanwhile its progress is shown.
        at.best = True
    else:
        for each in PRESETS:
            if act == f"preset:{each.id}":
                at.load(each.on(ready(view)))


@figures.kept(4)
def _pace(view: View) -> str:
    return render("what_if_pace", **picture.pace(view, ready(view)))


# ---------------------------------------------------------------- files


def _files(view: View) -> None:
    # What a file holds is made when it is asked for, from what is then worked on.
    at, prepared = board(), ready(view)
    what_if_overwrite.changed(view, at)
    with st.container(horizontal=True, key="what-if-files"):
        what_if_saved.keep(view, at)
        download.button(
            view,
            "下载推演结果（.xlsx）",
            lambda: picture.workbook(view, prepared, what_if.outcome(prepared, at.scenario)),
            download.name(view, "情景推演", "xlsx"),
            key="what-if-xlsx",
        )
        download.button(
            view,
            "下载情景（.json）",
            lambda: what_if_saved.as_file(prepared, at.scenario),
            download.name(view, "情景", "json"),
            key="what-if-json",
        )
