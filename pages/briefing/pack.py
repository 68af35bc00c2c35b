"""The meeting pack: one view model that the screen, .pptx, .docx and .xlsx are all drawn from.

Plain values, computed once from one data version at one day under one set of filters
(``pages.briefing.slides``). Nothing here knows how a slide is drawn.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pages.briefing.words import day_words
from pages.parts.view import View

# What an address or a command calls a slide -> its name on screen, in the usual order.
KINDS: dict[str, str] = {
    "verdict": "总体判断",
    "board": "指标状态板",
    "action-1": "行动一",
    "action-2": "行动二",
    "action-3": "行动三",
    "map": "区县地图",
    "alignment": "产教对接",
    "worst": "最需要关注",
    "warning": "监测预警",
    "money": "项目与资金",
    "duties": "责任单位与逾期",
    "decisions": "上次议定事项",
    "asks": "提请研究事项",
}
# Shown when asked for only; the others make the usual meeting.
ON_REQUEST = ("alignment",)
DEFAULT = tuple(kind for kind in KINDS if kind not in ON_REQUEST)
# The environment variable that names a city's own slide template.
TEMPLATE = "PPTX_TEMPLATE"
# Full colours of shapes and bars, by status (visual language).
COLOURS: dict[str, str] = {
    "achieved": "#1B7F5C",
    "nearly_achieved": "#4C9BD6",
    "achieved_late": "#7A6BB0",
    "on_track": "#4C9BD6",
    "accepted": "#7A6BB0",
    "in_progress": "#4C9BD6",
    "lagging": "#E0A100",
    "far_behind": "#C8402F",
    "missed": "#C8402F",
    "monitored": "#8A94A0",
    "not_assessed": "#8A94A0",
    "no_data": "#8A94A0",
}
# Darker shades, in which words can be read.
WORD_COLOURS: dict[str, str] = {
    "achieved": "#14634A",
    "nearly_achieved": "#1D6FA8",
    "achieved_late": "#5C4E92",
    "on_track": "#1D6FA8",
    "accepted": "#5C4E92",
    "in_progress": "#1D6FA8",
    "lagging": "#8A6100",
    "far_behind": "#A83224",
    "missed": "#A83224",
    "monitored": "#5A6673",
    "not_assessed": "#5A6673",
    "no_data": "#5A6673",
}


@dataclass(frozen=True)
class Cell:
    """A table's cell; tone: a status that gives its colour, empty for none."""

    text: str
    tone: str = ""


@dataclass(frozen=True)
class Table:
    """widths: shares of the table's width. share: its share of the slide's width."""

    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[float, ...]
    share: float = 1.0


@dataclass(frozen=True)
class Fact:
    """A number that stands out, with what it counts."""

    label: str
    value: str
    tone: str = ""


@dataclass(frozen=True)
class Facts:
    """Numbers in a row, above the figures."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Series:
    """One series of a chart; colours: one for all its points, or one per point."""

    name: str
    values: tuple[float | None, ...]
    colours: tuple[str, ...]

    def colour(self, index: int) -> str:
        return self.colours[index % len(self.colours)]


@dataclass(frozen=True)
class Bars:
    """Bars from zero: horizontal or upright, beside each other or stacked."""

    title: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str
    horizontal: bool = True
    stacked: bool = False
    share: float = 1.0


@dataclass(frozen=True)
class Lines:
    """Lines over days, values in one unit. level: a line to compare with, None without one."""

    title: str
    days: tuple[date, ...]
    series: tuple[Series, ...]
    unit: str
    level: float | None = None
    share: float = 1.0


@dataclass(frozen=True)
class Dot:
    """A point of a scatter; named: its name stands beside it."""

    name: str
    x: float
    y: float
    named: bool = False


@dataclass(frozen=True)
class Scatter:
    """Two quantities; the levels part it into quadrants."""

    title: str
    dots: tuple[Dot, ...]
    x_title: str
    y_title: str
    x_level: float | None = None
    y_level: float | None = None
    share: float = 1.0


@dataclass(frozen=True)
class Area:
    """A district: its outline as rings of places, or a zone without one. Places run from 0 to 1
    across the map's width, downwards by the same measure."""

    name: str
    short: str
    rings: tuple[tuple[tuple[float, float], ...], ...]
    place: tuple[float, float]
    value: float | None
    figure: str
    fill: str
    ink: str


@dataclass(frozen=True)
class Map:
    """height: of the map, its width being 1. legend: (colour, words) per class."""

    title: str
    areas: tuple[Area, ...]
    height: float
    legend: tuple[tuple[str, str], ...]
    share: float = 1.0


Figure = Table | Bars | Lines | Scatter | Map


@dataclass(frozen=True)
class Sheet:
    """Numbers at full precision, for a workbook."""

    name: str
    headers: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Slide:
    """One message. title: the finding; measure: what is measured and in which unit; figures from
    left to right; head: facts above them; empty: what is missing, where there is nothing to draw;
    notes: where it comes from and how each figure came about; definitions: what it means; numbers:
    what the figures are made of; label: what a table of contents calls it, empty for the usual."""

    kind: str
    title: str
    measure: str
    figures: tuple[Figure, ...] = ()
    head: Facts | None = None
    empty: str = ""
    notes: tuple[str, ...] = ()
    definitions: tuple[str, ...] = ()
    numbers: tuple[Sheet, ...] = ()
    comment: str = ""
    label: str = ""

    @property
    def name(self) -> str:
        return self.label or KINDS[self.kind]


@dataclass(frozen=True)
class Pack:
    """A meeting's slides, all from one data version. source: data name, as-of date, filters and
    mark, as they stand on every slide; version: its identifier."""

    title: str
    held_on: date | None
    as_of: date
    source: str
    version: str
    filters: str
    mark: str
    slides: tuple[Slide, ...]

    @property
    def heading(self) -> str:
        """The meeting's title and date, as they stand at the head of every slide."""
        return f"{self.title} · {day_words(self.held_on)}" if self.held_on else self.title

    @property
    def foot(self) -> str:
        """What stands at the foot of every slide and page."""
        return f"{self.source} · 版本 {self.version}"


@dataclass(frozen=True)
class Wishes:
    """What a presenter chose. comments: by kind of slide. title: empty for the usual one."""

    kinds: tuple[str, ...] = DEFAULT
    title: str = ""
    held_on: date | None = None
    comments: Mapping[str, str] = field(default_factory=dict)


def usual_title(view: View) -> str:
    """The meeting's title when nobody gave one."""
    return f"{view.version.plan.short_title}联席会议汇报"


def known_kinds(asked: Sequence[str]) -> tuple[str, ...]:
    """The slides asked for that there are, each once, in the order asked."""
    return tuple(dict.fromkeys(kind for kind in asked if kind in KINDS))


def template_path(given: Path | None = None) -> Path | None:
    """The template asked for, else the one that the environment names, else none."""
    named = os.environ.get(TEMPLATE)
    return given or (Path(named) if named else None)
