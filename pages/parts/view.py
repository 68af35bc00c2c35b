"""What the person looks at: the data version, the day and the filters, the same for every page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

import streamlit as st

from data.contract import (
    AUTHORITIES,
    FIRST_DATE,
    LAST_DATE,
    LEVELS,
    NO_DISTRICT,
    OFFICIAL_NATURE,
)
from queries.evaluate import Scope
from queries.run import OpenVersion

_KEY, _PAGE = "view", "page"
# Keys of the global filters, which are also their names in the address bar.
AS_OF, AUTHORITY, LEVEL, DISTRICT = "as_of", "authority", "level", "district"


@dataclass(frozen=True)
class View:
    """A version seen at a day through the global filters."""

    version: OpenVersion
    as_of: date
    scope: Scope

    @property
    def key(self) -> tuple[str, date, Scope]:
        """What finished figures are cached under."""
        return self.version.key, self.as_of, self.scope

    @property
    def after_deadline(self) -> bool:
        return self.as_of >= self.version.plan.deadline

    @property
    def mark(self) -> str:
        """演示数据 or 样例数据, empty for official data."""
        nature = self.version.nature
        return "" if nature == OFFICIAL_NATURE else f"{nature}数据"

    @property
    def source(self) -> str:
        """Data name, as-of date, filters and mark, as every chart and export carries them."""
        parts = [f"来源：{self.version.name}", f"数据截至 {self.as_of}"]
        if self.scope:
            parts.append(f"范围：{self.scope.words}")
        if self.mark:
            parts.append(self.mark)
        return " · ".join(parts)

    def address(self, page: str, parameters: Mapping[str, str] | None = None) -> str:
        """A link that shows the page as this person would see it, relative to any page."""
        found: list[tuple[str, str]] = list((parameters or {}).items())
        if self.as_of != self.version.as_of:
            found.append((AS_OF, self.as_of.isoformat()))
        found += [(AUTHORITY, each) for each in self.scope.authority]
        found += [(LEVEL, each) for each in self.scope.level]
        found += [(DISTRICT, each) for each in self.scope.district]
        return f"./{page}?{urlencode(found)}" if found else f"./{page}"

    def link(self, page: str, parameters: Mapping[str, str] | None = None) -> dict[str, str]:
        """The two ways to a page: ``href`` for a tab of its own, ``go`` for this session."""
        query = urlencode(parameters or {})
        return {"href": self.address(page, parameters), "go": f"{page}?{query}" if query else page}


def places(version: OpenVersion) -> list[str]:
    """The districts, the development zones, and 未填区县 where an institution names none."""
    missing = any(each.district == NO_DISTRICT for each in version.institutions)
    return [*version.districts, *([NO_DISTRICT] if missing else [])]


def allowed(version: OpenVersion) -> dict[str, Sequence[str]]:
    """Global filter of several values -> the values that it may hold."""
    return {AUTHORITY: AUTHORITIES, LEVEL: LEVELS, DISTRICT: places(version)}


def day_of(text: str) -> date | None:
    """A day as an address writes it; None for what is no day that may be looked at."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if FIRST_DATE <= found <= LAST_DATE else None


def whole(text: str, low: int, high: int) -> int | None:
    """A whole number as an address writes it; None for anything else."""
    # Python refuses to read numbers of thousands of digits.
    plain = text.isascii() and text.isdecimal() and len(text) <= len(str(high))
    return int(text) if plain and low <= int(text) <= high else None


def put(view: View, title: str) -> None:
    """Remember the view and the page's title of this run; ``_front`` does, before any page runs."""
    st.session_state[_KEY], st.session_state[_PAGE] = view, title


def view() -> View:
    """The view of this run."""
    found: View = st.session_state[_KEY]
    return found


def page() -> str:
    """The title of the page of this run."""
    found: str = st.session_state.get(_PAGE, "")
    return found


def follow(target: str | None) -> None:
    """Go where a click points: ``page?name=value``, or ``?name=value`` to stay on the page.

    An empty value takes the parameter out of the address. ``~district=value`` has already set the
    global filter (``pages.parts.block``); what follows it after a ``?`` is this page's. Parameters
    come from markup made on the server; unknown pages are ignored.
    """
    if target and target.startswith("~"):
        _, asked, query = target.partition("?")
        target = asked + query
    if not target:
        return
    from urllib.parse import parse_qsl

    from pages.parts.menu import FILES

    page, _, query = target.partition("?")
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    if page:
        if page in FILES:
            st.switch_page(FILES[page], query_params=parameters)
        return
    for name, value in parameters.items():
        if value:
            st.query_params[name] = value
        elif name in st.query_params:
            del st.query_params[name]
    st.rerun()
