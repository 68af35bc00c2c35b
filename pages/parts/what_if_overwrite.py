"""Saving over the scenario that one works on, or being shown what another changed in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from data import notes
from pages.parts import sign_on
from pages.parts.block import block, render
from pages.parts.verbatim import verbatim
from pages.parts.view import View
from pages.parts.what_if_board import Board, fitted, ready, saved_value
from queries import scenario as what_if
from queries.scenario import Prepared, Scenario
from queries.status import number

# The scenario as another person has left it, while this one decides what to do.
_CHANGED = "what-if-changed-meanwhile"
MOST_LISTED = 40


def edited(view: View, at: Board, seen: notes.Scenario) -> notes.Scenario:
    """The scenario with what is worked on in place of its levers, its name and note as seen."""
    return replace(seen, **content(view, at.scenario))


def content(view: View, given: Scenario) -> dict[str, Any]:
    """What is kept of a scenario on the view's data, beside its name and note."""
    return {
        "version_id": what_if.data_id(view.version),
        "as_of": view.as_of,
        "plan_id": view.version.plan.id,
        "content": what_if.to_json(replace(given, version="", as_of=None)),
    }


def over(view: View, at: Board, seen: notes.Scenario) -> None:
    """Save over it; what another person changed since it was seen is shown instead. Raises Refused,
    Unavailable."""
    who = sign_on.require("editor", "保存到原情景").name
    try:
        kept = notes.edit_scenario(edited(view, at, seen), who)
    except notes.Changed as error:
        st.session_state[_CHANGED] = error.found
    else:
        st.session_state.pop(_CHANGED, None)
        at.load(at.scenario, f"已保存到原情景“{kept.name}”。", kept=kept)
    st.rerun()


def changed(view: View, at: Board) -> None:
    """What another person changed in the scenario meanwhile, if anything, and what can be done."""
    found: notes.Scenario | None = st.session_state.get(_CHANGED)
    if found is None or at.origin is None or at.origin.id != found.id:
        return
    prepared = ready(view)
    clicked = block(
        render(
            "what_if_changed",
            who=found.changed_by,
            name=found.name,
            rows=differences(prepared, at.origin, found, at)[:MOST_LISTED],
        ),
        key="what-if-changed",
    )
    if not clicked:
        return
    try:
        if clicked == "mine":
            over(view, at, found)
        elif clicked == "theirs":
            given, said = fitted(prepared, saved_value(found))
            at.load(given, *said, kept=found)
    except (notes.Refused, notes.Unavailable, what_if.ScenarioError) as error:
        st.error(verbatim(error))
        return
    del st.session_state[_CHANGED]
    st.rerun()


def differences(
    prepared: Prepared, seen: notes.Scenario, found: notes.Scenario, at: Board | None = None
) -> list[dict[str, Any]]:
    """Name, note and levers that differ: as seen, as they are now, and as worked on.

    theirs: another person changed it. Without a board only what they changed is listed.
    """
    before, now = saved_value(seen).values, saved_value(found).values
    mine = now if at is None else at.scenario.values
    rows = [
        {"what": what, "before": old, "now": new, "mine": new, "theirs": True}
        for what, old, new in (("名称", seen.name, found.name), ("说明", seen.note, found.note))
        if old != new
    ]
    for lever in {**before, **now, **mine}:
        values = [each.get(lever) for each in (before, now, mine)]
        if len(set(values)) > 1:
            rows.append(
                {
                    "what": _lever(prepared, lever),
                    **dict(
                        zip(
                            ("before", "now", "mine"),
                            (_value(prepared, lever, each) for each in values),
                            strict=True,
                        )
                    ),
                    "theirs": values[0] != values[1],
                }
            )
    # What another person changed first.
    return sorted(rows, key=lambda row: not row["theirs"])


def _lever(prepared: Prepared, name: str) -> str:
    found = what_if.lever(prepared, name)
    return name[:60] if found is None else found.name


def _value(prepared: Prepared, name: str, value: float | None) -> str:
    if value is None:
        return "未调整"
    found = what_if.lever(prepared, name)
    return number(value, "" if found is None else found.unit)
