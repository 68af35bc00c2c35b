"""Finished figures, kept per data version, plan, day and filters.

``cache_resource`` holds the objects themselves (nothing is pickled), so they must not be changed.
"""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st

from data.plan import Indicator
from pages.parts.view import View
from queries.evaluate import Result, Scope, evaluate, status_since, trend
from queries.run import OpenVersion
from queries.schedule import quarter_ends

Key = tuple[str, date, Scope]


@st.cache_resource(max_entries=200, show_spinner=False)
def _results(key: Key, by: str | None, indicator: str | None, _version: OpenVersion) -> list[Result]:
    _, as_of, scope = key
    return evaluate(_version, as_of, scope, by, [indicator] if indicator else None)


def results(view: View) -> list[Result]:
    """Every indicator at the view's day and filters."""
    return _results(view.key, None, None, view.version)


def result(view: View, indicator: Indicator) -> Result:
    """One indicator at the view's day and filters."""
    return next(each for each in results(view) if each.id == indicator.id)


def parts(view: View, indicator: Indicator, by: str) -> list[Result]:
    """One indicator per district, institution or level."""
    return _results(view.key, by, indicator.id, view.version)


def at(view: View, day: date) -> list[Result]:
    """Every indicator at another day, same filters."""
    version, _, scope = view.key
    return _results((version, day, scope), None, None, view.version)


@st.cache_resource(max_entries=200, show_spinner=False)
def _since(key: tuple[str, date], indicator: str, _version: OpenVersion) -> date | None:
    found = _version.plan.indicator(indicator)
    return status_since(_version, found, key[1]) if found else None


def since(view: View, indicator: Indicator) -> date | None:
    """Since when the city's status has been what it is."""
    return _since(view.key[:2], indicator.id, view.version)


@st.cache_resource(max_entries=200, show_spinner=False)
def _trend(
    key: Key, indicator: str, days: tuple[date, ...], _version: OpenVersion
) -> list[float | None]:
    found = _version.plan.indicator(indicator)
    return trend(_version, found, days, key[2]) if found else []


def history(view: View, indicator: Indicator) -> tuple[list[date], list[float | None]]:
    """The indicator's month-ends from a year before issue to the day, and the day itself."""
    start = view.version.plan.issued_on - timedelta(days=366)
    days = month_ends(start, view.as_of)
    if view.version.plan.issued_on <= view.as_of:
        days.append(view.version.plan.issued_on)
    days = sorted({*days, view.as_of})
    return days, _trend(view.key, indicator.id, tuple(days), view.version)


def month_ends(first: date, last: date) -> list[date]:
    """The ends of the months from first to last."""
    found = []
    year, month = first.year, first.month
    while True:
        end = date(year + (month == 12), month % 12 + 1, 1) - timedelta(days=1)
        if end > last:
            return found
        found.append(end)
        year, month = end.year + (month == 12), month % 12 + 1


def previous_quarter(view: View) -> date:
    """The last quarter-end before the view's day."""
    return quarter_ends(view.as_of - timedelta(days=1), 1)[0]
