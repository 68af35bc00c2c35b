"""What one session works on in 情景推演: its scenario, the moves that can be undone, its address.

The address rules: a link reproduces what it was copied from. ``levers`` holds the moved levers as
JSON, ``saved`` the number of a saved scenario. A scenario too long for an address is worked on all
the same, and the page says to save it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from data import notes
from pages.parts import figures
from pages.parts.view import View
from queries import scenario as what_if
from queries.evaluate import Scope
from queries.scenario import BASE, Prepared, Scenario, ScenarioError

LEVERS, SAVED = "levers", "saved"
# Proxies and chat programs cut addresses somewhat beyond; a Chinese letter takes nine of them.
LONGEST_ADDRESS = 1_800
MOST_UNDONE = 100
_KEY = "what-if-board"
Address = tuple[str, str]


@dataclass
class Board:
    """A session's scenario. address: (levers, saved) as last read or written; grip: the drag that
    moved it last, so that undo takes a whole drag back; pinned: single levers to keep in view;
    said: what a reader must know about how the scenario came to be; name, saved: of a saved
    scenario and its number, until it is moved; origin: the saved scenario
    opened last, as it then was; best: 最优方案 was asked for;
    settled: no lever is on the move, so that the address may be written;
    prepared_for: the data the session has seen made ready."""

    scenario: Scenario = BASE
    past: list[Scenario] = field(default_factory=list)
    address: Address = ("", "")
    grip: int = 0
    seen: float = 0
    sought: str = ""
    pinned: dict[str, None] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    name: str = ""
    saved: str = ""
    origin: notes.Scenario | None = None
    best: bool = False
    settled: bool = True
    prepared_for: object = None

    def put(self, given: Scenario, grip: int = 0) -> None:
        """Work on another scenario; moves of one drag are undone together."""
        if given.levers == self.scenario.levers:
            return
        if not grip or grip != self.grip:
            self.past = [*self.past[-MOST_UNDONE + 1 :], self.scenario]
        self.grip = grip
        self.scenario = given

    def load(self, given: Scenario, *said: str, kept: notes.Scenario | None = None) -> None:
        """Work on a whole scenario: a preset, a saved one (kept), a file, what the solver found."""
        self.put(given)
        self.settled = True
        self.pinned = {}
        self.said = said
        self.name, self.saved = ("", "") if kept is None else (kept.name, str(kept.id))
        self.origin = kept or self.origin

    def undo(self) -> None:
        """Back to before the last move."""
        if self.past:
            self.scenario = self.past.pop()
            self.grip = 0
            self.settled = True
            self.said, self.name, self.saved = (), "", ""

    def written(self) -> Address:
        """What the address should say; nothing for a scenario too long for one."""
        if self.saved:
            return "", self.saved
        if not self.scenario.levers:
            return "", ""
        text = what_if.to_json(replace(self.scenario, version="", as_of=None))
        levers = text.removeprefix('{"levers":').removesuffix("}")
        return (levers if _length(levers) <= LONGEST_ADDRESS else ""), ""

    @property
    def too_long(self) -> bool:
        """Whether no address holds it."""
        return bool(self.scenario.levers) and self.written() == ("", "")


def _length(text: str) -> int:
    return sum(1 if c.isascii() and c.isalnum() else 3 * len(c.encode()) for c in text)


def board() -> Board:
    """This session's."""
    found: Board = st.session_state.setdefault(_KEY, Board())
    return found


def city(view: View) -> View:
    """The view without filters: a what-if is about the whole city."""
    return replace(view, scope=Scope())


@figures.kept(4)
def ready(view: View) -> Prepared:
    """What every scenario needs, once per version and day."""
    return what_if.prepared(view.version, view.as_of)


def fitted(prepared: Prepared, given: Scenario) -> tuple[Scenario, tuple[str, ...]]:
    """A scenario on these data, and what a reader must know of what changed."""
    found, changed = what_if.kept(prepared, given)
    said = []
    if given.version and given.version != prepared.version_id:
        said.append(
            f"情景原基于数据版本 {given.version}，已按当前版本 {prepared.version_id} 重新计算。"
        )
    if given.as_of is not None and given.as_of != prepared.day:
        said.append(f"情景原截至 {given.as_of}，已按 {prepared.day} 重新计算。")
    if changed:
        gone = [name for name in changed if what_if.lever(prepared, name) is None]
        moved = [name for name in changed if name not in gone]
        if gone:
            said.append(f"当前数据中已没有的杠杆，已略去：{_listed(gone)}。")
        if moved:
            said.append(f"超出当前范围的杠杆，已收到范围内：{_listed(moved)}。")
    return found, tuple(said)


def _listed(names: list[str]) -> str:
    shown = "、".join(name[:40] for name in names[:8])
    return f"{shown} 等 {len(names)} 项" if len(names) > 8 else shown


def follow_address(at: Board, prepared: Prepared, returned: bool) -> None:
    """Take over what the address asks for when it is not what was last written there.

    returned: from another page. The sidebar's link then has no scenario in it, which does not mean
    that what was worked on should go.
    """
    asked = st.query_params.get(LEVERS, ""), st.query_params.get(SAVED, "")
    if returned and asked == ("", ""):
        write_address(at)
    elif asked != at.address:
        at.address = asked
        try:
            given, kept = _asked(*asked)
            found, said = fitted(prepared, given)
            at.load(found, *said, kept=kept)
        except (ScenarioError, notes.Refused, notes.Unavailable) as error:
            at.load(BASE, f"链接中的情景无法读取，已按现有速度显示：{error}")
    if at.scenario.levers and (at.scenario.version, at.scenario.as_of) != (
        prepared.version_id,
        prepared.day,
    ):
        # The data or the day changed under the scenario.
        at.scenario, at.said = fitted(prepared, at.scenario)


def _asked(levers: str, saved: str) -> tuple[Scenario, notes.Scenario | None]:
    """What an address asks for, and the saved scenario it is.

    Raises ScenarioError, Refused, Unavailable.
    """
    if saved:
        if not (saved.isascii() and saved.isdigit() and len(saved) < 19):
            raise ScenarioError(f"没有编号为“{saved[:20]}”的情景")
        kept = notes.load_scenario(int(saved))
        return saved_value(kept), kept
    return (from_object_text(levers) if levers else BASE), None


def from_object_text(levers: str) -> Scenario:
    """The scenario of an address's levers. Raises ScenarioError."""
    try:
        json.loads(levers)
    except (ValueError, RecursionError):
        raise ScenarioError("不是有效的写法") from None
    return what_if.from_json(f'{{"levers":{levers}}}')


def saved_value(kept: notes.Scenario) -> Scenario:
    """A saved scenario with what it was worked out on. Raises ScenarioError."""
    given = what_if.from_json(kept.content)
    return replace(given, version=kept.version_id, as_of=kept.as_of)


def write_address(at: Board) -> None:
    """Let the address say what is worked on."""
    wanted = at.written()
    if wanted == at.address and wanted == (
        st.query_params.get(LEVERS, ""),
        st.query_params.get(SAVED, ""),
    ):
        return
    at.address = wanted
    for name, value in zip((LEVERS, SAVED), wanted, strict=True):
        if value:
            if st.query_params.get(name) != value:
                st.query_params[name] = value
        elif name in st.query_params:
            del st.query_params[name]


def moved(at: Board, prepared: Prepared, sent: Mapping[str, Any]) -> None:
    """What the levers panel sends: every moved lever. What is not one is left out: the panel is
    ours, but a browser may send anything."""
    try:
        given = what_if.from_object({"levers": sent.get("levers", {})})
    except ScenarioError:
        return
    found, _ = what_if.kept(prepared, given)
    grip, number = sent.get("grip"), sent.get("n")
    at.seen = number if isinstance(number, int | float) else 0
    at.put(found, int(grip) if isinstance(grip, int | float) and math.isfinite(grip) else 0)
    at.settled = sent.get("settled") is True
    # What was said stays: a line less would move the lever under the pointer.
    at.name, at.saved = "", ""
    at.pinned |= dict.fromkeys(name for name, _ in found.levers if prepared.levers.all[name].single)
