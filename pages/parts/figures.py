"""Finished figures, kept per data version, plan, day and filters.

``cache_resource`` holds the objects themselves (nothing is pickled), so they must not be changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import ParamSpec, TypeVar

import streamlit as st

from data import versions
from data.plan import Indicator
from pages.parts.view import View
from queries.evaluate import Result, evaluate, status_since, trend
from queries.run import OpenVersion, open_file
from queries.schedule import quarter_ends

P = ParamSpec("P")
R = TypeVar("R")


def kept(most: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep a function's results; a View or a version among its arguments counts by its key."""
    return st.cache_resource(
        max_entries=most,
        show_spinner=False,
        # Text: Streamlit takes other values apart at every look-up, at twenty times the cost.
        hash_funcs={
            View: lambda view: repr(view.key),
            OpenVersion: lambda version: version.key,
            Indicator: lambda indicator: indicator.id,
        },
    )


@kept(200)
def _results(view: View, by: str | None, indicator: Indicator | None) -> list[Result]:
    only = None if indicator is None else [indicator.id]
    return evaluate(view.version, view.as_of, view.scope, by, only)


def results(view: View) -> list[Result]:
    """Every indicator at the view's day and filters."""
    return _results(view, None, None)


def result(view: View, indicator: Indicator) -> Result:
    """One indicator at the view's day and filters."""
    return next(each for each in results(view) if each.id == indicator.id)


def parts(view: View, indicator: Indicator, by: str) -> list[Result]:
    """One indicator per district, institution or level."""
    return _results(view, by, indicator)


def at(view: View, day: date) -> list[Result]:
    """Every indicator at another day, same filters."""
    return _results(replace(view, as_of=day), None, None)


def earlier_version(view: View) -> View | None:
    """The version before the one looked at, seen in the same way; None where there is none.

    One that cannot be used is passed over: what changed since is a service, not a promise.
    """
    usable = (old for old in versions.earlier_than(view.version.path.stem) if not old.fault)
    older = next(usable, None)
    if older is None:
        return None
    return replace(view, version=open_file(older.path, view.version.plan))


@kept(200)
def since(view: View, indicator: Indicator) -> date | None:
    """Since when the city's status has been what it is."""
    return status_since(view.version, indicator, view.as_of)


@kept(200)
def history(view: View, indicator: Indicator) -> tuple[list[date], list[float | None]]:
    """The indicator's month-ends from a year before issue to the day, issue and the day itself."""
    issued_on = view.version.plan.issued_on
    days = {*month_ends(issued_on - timedelta(days=366), view.as_of), view.as_of}
    if issued_on <= view.as_of:
        days.add(issued_on)
    ordered = sorted(days)
    return ordered, trend(view.version, indicator, ordered, view.scope)


def month_ends(first: date, last: date) -> list[date]:
    """The ends of the months from first to last."""
    found: list[date] = []
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
