"""One specialty point through the years: five signals against their thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np

from pages.parts.block import block, render
from pages.parts.view import follow
from pages.parts.warning_board import Looked
from pages.parts.warning_list import lines, lookup_point
from pages.parts.warning_state import limits, link
from queries import early_warning
from queries.early_warning import COLOURS, SIGNALS
from queries.status import number
from queries.warning_board import Index

WIDE, HIGH, LEFT, RIGHT, TOP, BOTTOM = 220.0, 92.0, 6.0, 34.0, 10.0, 18.0


def card(looked: Looked) -> None:
    """The history of the point asked for; one that is not known is said so."""
    view, wanted = looked.view, looked.asked
    point = wanted.get("point")
    rows = lookup_point(view, looked, point)
    close = link(view, wanted, {"point": ""})
    if not len(rows):
        block(
            render("note", text=f"没有编号为“{point[:40]}”、且有年度数据的专业点。"),
            key="warning-no-point",
        )
        return
    years = lines(looked, rows)
    frame = looked.known.points.frame
    last = frame.iloc[int(rows[-1])]
    track = last["track"] if isinstance(last["track"], str) else ""
    markup = render(
        "warning_point",
        head=years[-1],
        words=" · ".join(
            each
            for each in (
                point,
                years[-1]["level"],
                last["class_name"] if isinstance(last["class_name"], str) else "",
                last["industry"] if isinstance(last["industry"], str) else "",
                track,
                last["state"],
            )
            if each
        ),
        years=list(reversed(years)),
        heads=[each.name for each in early_warning.known_signals(wanted.rules)],
        charts=charts(looked, rows),
        close=close,
        source=looked.source,
        single=len(rows) == 1,
    )
    follow(block(markup, key="warning-point"))


def charts(looked: Looked, rows: Index) -> list[dict[str, Any]]:
    """A small line per signal with its two thresholds; gaps stay gaps."""
    years = looked.known.year[rows]
    span = list(range(int(years[0]), int(years[-1]) + 1))
    step = (WIDE - LEFT - RIGHT) / max(len(span) - 1, 1)
    found = []
    for place, signal in enumerate(early_warning.known_signals(looked.asked.rules)):
        values = looked.known.points.values[rows, SIGNALS.index(signal.id)]
        top = max([limits(signal), *values[~np.isnan(values)].tolist()])

        def y(value: float, top: float = top) -> float:
            return round(TOP + (1 - value / top) * (HIGH - TOP - BOTTOM), 1)

        dots = []
        path, pen = "", "M"
        at = {int(year): value for year, value in zip(years, values, strict=True)}
        bands = {
            int(year): COLOURS[looked.found.bands[row, place]]
            for year, row in zip(years, rows, strict=True)
        }
        for index, year in enumerate(span):
            value = at.get(year, np.nan)
            if np.isnan(value):
                pen = "M"
                continue
            x = round(LEFT + index * step, 1)
            path += f"{pen}{x},{y(float(value))}"
            pen = "L"
            dots.append(
                {
                    "x": x,
                    "y": y(float(value)),
                    "band": bands[year],
                    "year": year,
                    "value": number(float(value)),
                }
            )
        found.append(
            {
                "name": signal.name,
                "yellow": y(signal.yellow),
                "red": y(signal.red),
                "yellow_text": f"{signal.yellow:g}",
                "red_text": f"{signal.red:g}",
                "path": path,
                "dots": dots,
                "first": span[0],
                "last": span[-1],
                "alt": f"{signal.name}："
                + ("、".join(f"{d['year']} 年 {d['value']}" for d in dots) or "无数据"),
            }
        )
    return found
