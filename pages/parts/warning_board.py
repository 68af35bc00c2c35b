"""The points of the page: kept per data version and day, judged anew under every setting."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from pages.parts import figures
from pages.parts.view import View
from pages.parts.warning_state import ALL, TECHNICIAN, TRIED, Asked
from queries import early_warning, warning_board
from queries.early_warning import Judgement, Mask
from queries.evaluate import Scope
from queries.inside import inside
from queries.run import fetch, run
from queries.warning_board import Board, Known


@dataclass(frozen=True, eq=False)
class Looked:
    """A run of the page: what is asked, and the judged points it is asked of.

    chosen: the rows inside the filters and of the state that is looked at, of all years. whole: the
    rows inside the filters whatever their state. year: the one looked at; None without any data.
    """

    view: View
    asked: Asked
    known: Known
    found: Judgement
    whole: Mask
    chosen: Mask
    years: list[int]
    year: int | None

    @cached_property
    def board(self) -> Board:
        return warning_board.board(self.known, self.found, self.chosen, self.year or 0)

    @property
    def source(self) -> str:
        """The view's source line with the mark of tried settings."""
        return f"{self.view.source} · {TRIED}" if self.asked.tried else self.view.source

    @property
    def earlier(self) -> bool:
        """Whether a year before the last with data is looked at."""
        return bool(self.years) and self.year != self.years[-1]


def everywhere(view: View) -> View:
    """The view without its filters."""
    return replace(view, scope=Scope())


def known(view: View) -> Known:
    """Every point and year up to the view's day, whatever its filters."""
    return _known(everywhere(view))


@figures.kept(6)
def _known(view: View) -> Known:
    frame = run("early_warning", view.version, as_of=view.as_of)
    # Python's own texts: every run looks them up one by one.
    texts = [name for name, kind in frame.dtypes.items() if kind == "str"]
    frame = frame.astype(dict.fromkeys(texts, object))
    return warning_board.known(early_warning.prepared(frame))


@figures.kept(60)
def within(view: View, technician: bool) -> Mask:
    """The rows inside the view's filters; of technician institutions alone, or of all others."""
    found = known(view)
    scope = replace(view.scope, outside=technician)
    wanted = inside(view.version, scope)
    mask = _any_of(found, "institution_id", wanted["institutions"])
    return mask & (_any_of(found, "level", wanted["levels"]))


def _any_of(found: Known, kind: str, names: list[str]) -> Mask:
    wanted = set(names)
    lookup = np.array([name in wanted for name in found.names[kind]], np.bool_)
    if not len(lookup):
        return np.zeros(0, np.bool_)
    chosen: Mask = lookup[found.codes[kind]]
    return chosen


def look(view: View, asked: Asked) -> Looked:
    """Judge the points under the settings asked for, and choose those looked at."""
    found = known(view)
    judged = early_warning.judge(found.points, asked.rules)
    whole = within(view, asked.get("kind") == TECHNICIAN)
    chosen = whole if asked.state == ALL else whole & found.is_("state", asked.state)
    years = warning_board.years(found, whole)
    wanted = int(asked.get("year", "0"))
    year = wanted if wanted in years else years[-1] if years else None
    return Looked(view, asked, found, judged, whole, chosen, years, year)


@figures.kept(60)
def standing(view: View) -> frozenset[str]:
    """The points in force on the day inside the filters, with data or without."""
    rows = fetch("points_on", view.version, day=view.as_of, **inside(view.version, view.scope))
    return frozenset(code for code, *_ in rows)


@figures.kept(6)
def _labels(view: View) -> dict[str, dict[str, str]]:
    frame = known(view).points.frame
    found = {}
    for code, name in (
        ("institution_id", "institution"),
        ("class_code", "class_name"),
        ("category_code", "category_name"),
    ):
        pairs = frame[[code, name]].dropna().drop_duplicates(code)
        found[code] = dict(zip(pairs[code], pairs[name], strict=True))
    return found


def label(view: View, kind: str, code: str) -> str:
    """The name of an institution, class or category by its code; other kinds are names."""
    return labels(view, kind).get(code, code)


def labels(view: View, kind: str) -> dict[str, str]:
    """Code -> name of the institutions, classes or categories; ask once for many."""
    return _labels(everywhere(view)).get(kind, {})


@figures.kept(6)
def _categories(view: View) -> dict[str, str]:
    frame = known(view).points.frame
    pairs = frame[["class_code", "category_code"]].dropna().drop_duplicates("class_code")
    return dict(zip(pairs["class_code"], pairs["category_code"], strict=True))


def categories(view: View) -> dict[str, str]:
    """Class -> its category, by code; what stands in none is left out."""
    return _categories(everywhere(view))


@figures.kept(6)
def _searched(view: View) -> list[str]:
    frame = known(view).points.frame
    columns = ("point_id", "specialty", "specialty_code", "institution", "class_name")
    parts = [frame[name].fillna("").astype(str).tolist() for name in columns]
    return ["\n".join(row).lower() for row in zip(*parts, strict=True)]


def searched(view: View) -> list[str]:
    """What a search looks into, one text a row of the frame."""
    return _searched(everywhere(view))
