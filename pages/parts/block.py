"""Own markup on a page: a Jinja template, escaped, with clickable places.

``st.html`` would reload the document on a link and drops inline SVG; a component does neither.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from pages.parts.view import AUTHORITY, DISTRICT, LEVEL
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
    environment.globals.update(words=WORDS, marks=MARKS)
    return environment


def render(template: str, **values: Any) -> str:
    """The template filled; every value is escaped."""
    return _environment().get_template(f"{template}.html").render(**values)


def block(html: str, key: str) -> str | None:
    """Show rendered markup; returns the ``data-go`` of the place just clicked, else None.

    What a place may say: ``page?id=x``, ``?name=value`` (this page), ``~district=x`` (global).
    """
    result = _block(data={"html": html}, key=key, on_go_change=lambda: _heard(key))
    clicked: str | None = result.go
    return clicked


def _heard(key: str) -> None:
    """Set a global filter for ``~name=value``: possible only before its widget is drawn again.

    An empty value clears the filter. Everything else is left to ``follow``.
    """
    clicked = st.session_state[key].go
    if not clicked or not clicked.startswith("~"):
        return
    name, _, value = clicked[1:].partition("=")
    if name in (AUTHORITY, LEVEL, DISTRICT):
        st.session_state[name] = [value] if value else []
