"""Own markup on a page: a Jinja template, escaped, with clickable places.

``st.html`` would reload the document on a link and drops inline SVG; a component does neither.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import streamlit as st
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from pages.parts.view import AS_OF, allowed, day_of, view
from queries.status import WORDS, number

HERE = Path(__file__).parent
# Shapes that differ beside colour and word, so that colour never stands alone.
MARKS: dict[str, str] = {
    "achieved": "●",
    "nearly_achieved": "◐",
    "achieved_late": "◆",
    "on_track": "◐",
    "accepted": "◆",
    "in_progress": "◔",
    "lagging": "▲",
    "far_behind": "■",
    "missed": "■",
    "monitored": "○",
    "not_assessed": "○",
    "no_data": "○",
}
# The same for the colours of queries.early_warning; a signal without a value has none.
BAND_MARKS: dict[str, str] = {"red": "■", "yellow": "▲", "green": "●", "grey": "○", "": ""}

_block = st.components.v2.component(
    "block",
    html='<div class="block"></div>',
    css=(HERE / "block.css").read_text(encoding="utf-8"),
    js=(HERE / "block.js").read_text(encoding="utf-8"),
)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["number"] = number
    environment.globals.update(words=WORDS, marks=MARKS, band_marks=BAND_MARKS)
    return environment


def render(template: str, **values: Any) -> str:
    """The template filled; every value is escaped."""
    return _environment().get_template(f"{template}.html").render(**values)


def block(html: str, key: str) -> str | None:
    """Show rendered markup; returns the ``data-go`` of the place just clicked, else None.

    What a place may say: ``page?id=x``, ``?name=value`` (this page), ``~district=x`` (global), and
    ``~district=x?name=value`` (both).
    """
    while "__" in key:
        # Streamlit refuses its own separator, and a key may hold words of an address.
        key = key.replace("__", "_")
    return clicked(_block(data={"html": html}, key=key, on_go_change=lambda: _heard(key)).go)


def clicked(value: object) -> str | None:
    """What a click sent: text or nothing, though a browser may send anything."""
    if not isinstance(value, str):
        return None
    # Halves of a character can be sent as JSON, and nothing can be done with them.
    return value if value.isascii() or not any("\ud800" <= c <= "\udfff" for c in value) else None


def _heard(key: str) -> None:
    """What a click means for the global filters; the rest of it is left to ``follow``."""
    set_filters(clicked(sent(key, "go")))


def sent(key: str, name: str) -> object:
    """What a component has just sent under a name. A browser may say that one was clicked which
    has not sent anything."""
    return getattr(st.session_state.get(key), name, None)


def set_filters(target: str | None) -> None:
    """Set the global filters of ``~name=value``: possible only before their widgets are drawn, so
    in a callback.

    An empty value clears a filter; several are joined by ``&``. What no filter can hold is
    ignored.
    """
    if not target or not target.startswith("~"):
        return
    options = allowed(view().version)
    asked = target[1:].partition("?")[0]
    for name, value in parse_qsl(asked, keep_blank_values=True):
        if name == AS_OF:
            day = day_of(value)
            if day is not None:
                st.session_state[name] = day
        elif not value and name in options:
            st.session_state[name] = []
        elif value in options.get(name, ()):
            st.session_state[name] = [value]
