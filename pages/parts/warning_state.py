"""What the address asks the early-warning page for, and the links that change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
import streamlit as st

from data.plan import Signal, WarningRules
from pages.parts.view import View, whole
from queries import early_warning
from queries.early_warning import ACTIONS, COLOURS, IN_FORCE

PAGE = "warning"
HEAT, LIST, CHANGES, EFFECTS, EVALUATIONS, ENROLMENT = (
    "heat",
    "list",
    "changes",
    "effects",
    "evaluations",
    "enrolment",
)
SECTIONS: dict[str, str] = {
    HEAT: "院校 × 专业类",
    LIST: "专业点名单",
    CHANGES: "年度变动",
    EFFECTS: "建议的影响",
    EVALUATIONS: "与专业评估对照",
    ENROLMENT: "招生计划建议",
}
ALL, NONE = "all", "none"
# Which points are looked at, by their state on the day.
STATES = (IN_FORCE, "已停招", "已撤销", "院校不在办", "尚未开设", ALL)
INSIDE, TECHNICIAN = "", "technician"
# Filters of the list alone; each a name of the address.
FILTERS = (
    "grade",
    "action",
    "before",
    "evaluation",
    "institution",
    "class",
    "category",
    "industry",
    "track",
    "search",
    "persistent",
)
# A cell of the heat table is short for these filters; there are thousands of cells.
CELL = "cell"
# The whole-number settings and what they may be.
WHOLE: dict[str, tuple[str, int, int]] = {
    "red_from_yellow": ("几项为黄算红", 1, 5),
    "minimum_signals": ("至少几项可算才评定", 1, 5),
    "persistent_years": ("连续几年红算持续", 1, 5),
}
TICKED = (early_warning.CLOSE, early_warning.SUSPEND, early_warning.REDUCE)
TRIED = "试算设置，非方案设置"


@dataclass(frozen=True)
class Asked:
    """The address in order: what it says that can be used, and what it says that cannot.

    rules: the plan's, or those tried. words: the usable parameters as they stand in the address,
    which every link of the page carries on.
    """

    words: Mapping[str, str]
    rules: WarningRules
    tried: bool
    ignored: tuple[str, ...] = ()

    def get(self, name: str, default: str = "") -> str:
        return self.words.get(name, default)

    @property
    def section(self) -> str:
        return self.get("show", HEAT)

    @property
    def state(self) -> str:
        return self.get("state", IN_FORCE)

    @property
    def ticked(self) -> tuple[str, ...]:
        """The kinds of suggestions that are carried out on trial."""
        if "do" not in self.words:
            return TICKED
        return tuple(each for each in TICKED if each in self.words["do"].split(","))

    @property
    def page(self) -> int:
        return int(self.get("page", "1"))


def limits(signal: Signal) -> float:
    """How far the slider of a signal goes, in percent."""
    return 100.0 if signal.yellow < 100 else max(200.0, signal.yellow)


def bounds(text: str, signal: Signal) -> tuple[float, float] | None:
    """(yellow, red) as the address writes them, "90,50"; None for what cannot be meant."""
    yellow, _, red = text.partition(",")
    try:
        found = float(yellow), float(red)
    except ValueError:
        return None
    high, low = found
    return found if 0 <= low <= high <= limits(signal) else None


def written(yellow: float, red: float) -> str:
    """Bounds as ``bounds`` reads them."""
    return f"{yellow:g},{red:g}"


def read(parameters: Mapping[str, str], plan: WarningRules) -> Asked:
    """The address of the page in order, under the plan's rules or those it tries.

    A setting equal to the plan's is none: the page is then the plan's.
    """
    kept: dict[str, str] = {}
    ignored: list[str] = []
    signals: list[Signal] = []
    changes: dict[str, Any] = {}
    for signal in plan.signals:
        text = parameters.get(signal.id, "")
        found = bounds(text, signal) if text else None
        if text and found is None:
            ignored.append(f"{signal.name} {text}")
        if found is None or found == (signal.yellow, signal.red):
            signals.append(signal)
            continue
        kept[signal.id] = text
        signals.append(msgspec.structs.replace(signal, yellow=found[0], red=found[1]))
    for name, (label, low, high) in WHOLE.items():
        text = parameters.get(name, "")
        if not text:
            continue
        count = whole(text, low, high)
        if count is None:
            ignored.append(f"{label} {text}")
        elif count != getattr(plan, name):
            kept[name] = text
            changes[name] = count
    tried = bool(kept)
    rules = msgspec.structs.replace(plan, signals=tuple(signals), **changes) if tried else plan
    for name, allowed in _ALLOWED.items():
        text = parameters.get(name, "")
        if not text:
            continue
        if allowed is None or text in allowed:
            kept[name] = text
        else:
            ignored.append(text)
    for name, longest in (("year", 4), ("page", 4)):
        text = parameters.get(name, "")
        if text.isdecimal() and text.isascii() and len(text) <= longest and int(text) > 0:
            kept[name] = text
        elif text:
            ignored.append(text)
    if "do" in parameters:
        kept["do"] = ",".join(each for each in TICKED if each in parameters["do"].split(","))
    return Asked(kept, rules, tried, tuple(each[:30] for each in ignored))


# What a parameter may say; None: anything, looked up in the data later.
_ALLOWED: dict[str, tuple[str, ...] | None] = {
    "show": tuple(SECTIONS),
    "state": STATES,
    "kind": (TECHNICIAN,),
    "columns": ("category",),
    "rows": (ALL,),
    "grade": (*COLOURS, ALL, NONE),
    "before": (*COLOURS, NONE),
    "action": ACTIONS,
    "persistent": ("1",),
    "evaluation": None,
    "institution": None,
    "class": None,
    "category": None,
    "industry": None,
    "track": None,
    "search": None,
    "point": None,
}


def asked(view: View) -> Asked:
    """What the address asks for."""
    return read(dict(st.query_params), view.version.plan.warning)


def link(view: View, found: Asked, changes: Mapping[str, str]) -> dict[str, str]:
    """The two ways to this page with something changed; an empty value takes it out."""
    words = {**found.words, **changes}
    kept = {name: value for name, value in words.items() if value}
    return {"href": view.address(PAGE, kept), "go": f"?{urlencode(changes)}"}


def to_list(view: View, found: Asked, **filters: str) -> dict[str, str]:
    """The two ways to the list of what is counted; a filter ends in _ where Python has its name."""
    wanted = {name.rstrip("_"): value for name, value in filters.items()}
    blank = {**dict.fromkeys(FILTERS, ""), "page": "", "point": ""}
    return link(view, found, {**blank, "show": LIST, "grade": ALL, **wanted})


def expand(target: str | None) -> str | None:
    """A click on a cell of the heat table, ``?cell=institution.column.kind``, in full."""
    if not target or not target.startswith(f"?{CELL}="):
        return target
    parts = dict(parse_qsl(target[1:])).get(CELL, "").rsplit("|", 2)
    if len(parts) != 3 or parts[2] not in FILTERS:
        # Not from this table: a browser may send anything.
        return None
    institution, column, kind = parts
    wanted = {
        **dict.fromkeys(FILTERS, ""),
        "page": "",
        "point": "",
        "show": LIST,
        "grade": ALL,
        "institution": institution,
        kind: column,
    }
    return f"?{urlencode(wanted)}"
