"""What pages with forms need while none is open: the marks beside rows, and the door to the form.

The address says which form is open: ``?edit=<table>.<row>`` for a row (its short name of
``data.edits.refs``), ``.done`` behind it to finish it, ``?edit=<table>.new.<about>`` for a new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from data.edits import refs
from pages.parts import sign_on
from pages.parts.verbatim import verbatim
from pages.parts.view import View

EDIT = "edit"
# What the last form did, for the page that shows next; the form that is open.
DONE, DRAFT = "edit-done", "edit-draft"
Link = dict[str, str]


def offered() -> bool:
    """Whether the person may edit, so that rows carry their marks."""
    return sign_on.user().may("editor")


def add(view: View, page: str, table: str, about: str = "", **own: str) -> Link:
    """The way to an empty form; about: the indicator or deliverable the row will be of; own: what
    else the page's address holds."""
    return _link(view, page, ".".join(filter(None, (table, "new", about))), own)


def report(view: View, page: str, deliverable: str) -> dict[str, Link]:
    """The ways to a new report on a deliverable, and to one that says it is done."""
    table = "deliverable_updates"
    return {
        "edit": add(view, page, table, deliverable),
        "finish": add(view, page, table, f"{deliverable}.done"),
    }


def marks(
    view: View, page: str, table: str, identities: Iterable[Sequence[Any]], **own: str
) -> list[dict[str, Link]]:
    """The ways to the forms of rows: ``edit``, and ``finish`` with its date filled in."""
    return [
        {
            "edit": _link(view, page, f"{table}.{ref}", own),
            "finish": _link(view, page, f"{table}.{ref}.done", own),
        }
        for ref in refs(identities)
    ]


def _link(view: View, page: str, asked: str, own: Mapping[str, str]) -> Link:
    return {"go": f"?{EDIT}={asked}", "href": view.address(page, {**own, EDIT: asked})}


def form(view: View) -> None:
    """What the last form did, and the form the address asks for."""
    done = st.session_state.pop(DONE, None)
    if done:
        st.success(verbatim(done), icon=":material/check:")
    if EDIT in st.query_params:
        from pages.parts import edit_form

        edit_form.show(view, st.query_params[EDIT])
    else:
        st.session_state.pop(DRAFT, None)
