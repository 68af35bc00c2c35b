"""The districts as a small outline map and as ranked bars: light markup, no chart library.

A sketch for display. Development zones have no boundary and stand as squares; rows without a
district stand among the bars, so that the parts add up to the city.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from math import cos, radians
from typing import Any

import streamlit as st

from data.contract import NO_DISTRICT
from data.plan import Indicator
from pages.parts import figures, theme
from pages.parts.block import render
from pages.parts.view import View
from queries.evaluate import Result
from queries.run import OpenVersion, fetch
from queries.status import WORDS, number

WIDTH, MARGIN = 520.0, 8.0


class Frame:
    """Longitude and latitude to the drawing's units, equirectangular at the mean latitude."""

    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        self.west, self.north = min(xs), max(ys)
        self.squeeze = cos(radians((min(ys) + max(ys)) / 2))
        self.scale = (WIDTH - 2 * MARGIN) / ((max(xs) - self.west) * self.squeeze)
        self.height = (self.north - min(ys)) * self.scale + 2 * MARGIN

    def place(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Where a point stands on the drawing."""
        x = (longitude - self.west) * self.squeeze * self.scale + MARGIN
        return round(x, 1), round((self.north - latitude) * self.scale + MARGIN, 1)


def rings_of(geometry: dict[str, Any]) -> list[list[list[float]]]:
    """The outlines of a polygon or multipolygon."""
    coordinates = geometry["coordinates"]
    if geometry["type"] == "Polygon":
        return list(coordinates)
    return [ring for polygon in coordinates for ring in polygon]


@st.cache_resource(
    max_entries=4, show_spinner=False, hash_funcs={OpenVersion: lambda version: version.id}
)
def outlines(version: OpenVersion) -> dict[str, Any]:
    """Every district as an SVG path with its label's place, and every zone as a point; ``frame``
    places further points on the drawing."""
    found = [
        (name, rings_of(json.loads(geometry)), longitude, latitude)
        for _, name, geometry, longitude, latitude in fetch("district_shapes", version)
    ]
    frame = Frame([(p[0], p[1]) for _, rings, _, _ in found for ring in rings for p in ring])
    shapes = []
    for name, rings, longitude, latitude in found:
        steps = []
        for ring in rings:
            places = [frame.place(p[0], p[1]) for p in ring]
            steps.append("M" + "L".join(f"{x},{y}" for x, y in places) + "Z")
        x, y = frame.place(longitude, latitude)
        shapes.append({"name": name, "path": "".join(steps), "x": x, "y": y})
    zones = []
    for name, _, kind, longitude, latitude, _ in fetch("district_list", version):
        if kind != "区县" and longitude is not None:
            x, y = frame.place(longitude, latitude)
            zones.append({"name": name, "x": x, "y": y})
    return {"shapes": shapes, "zones": zones, "height": round(frame.height), "frame": frame}


def short(name: str) -> str:
    """A district's name as it fits on the map: without its kind where two characters remain."""
    bare = re.sub(r"(.族)?(自治)?[区县市]$", "", name)
    return bare if len(bare) >= 2 else name


def colours(values: Sequence[float | None]) -> list[str]:
    """A fill per value in equal intervals from the smallest to the largest; grey where missing."""
    known = [v for v in values if v is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    steps = len(theme.SEQUENCE)
    found = []
    for value in values:
        if value is None:
            found.append("#D5DAE0")
            continue
        part = (value - low) / (high - low) if high > low else 0.5
        found.append(theme.SEQUENCE[min(int(part * steps), steps - 1)])
    return found


def markup(view: View, results: Sequence[Result], chosen: str) -> str:
    """Map and ranking of one indicator's districts; ``results`` are its parts by district."""
    indicator = results[0].indicator
    unit = indicator.unit
    by_name = {each.group or "": each for each in results}
    fills = dict(zip(by_name, colours([r.actual for r in by_name.values()]), strict=True))
    drawn = outlines(view.version)

    def place(name: str) -> dict[str, Any]:
        part = by_name.get(name)
        value = part.actual if part else None
        pressed = name == chosen
        parameters = {"id": indicator.id} | ({} if pressed else {"area": name})
        fill = fills.get(name, "#D5DAE0")
        return {
            "name": name,
            "short": short(name),
            "figure": number(value, unit),
            "fill": fill,
            "ink": "#fff" if fill in theme.SEQUENCE[3:] else "#1B2733",
            "on": pressed,
            "go": f"?area={'' if pressed else name}&institution=",
            "href": view.address("indicator", parameters),
        }

    order = sorted(by_name, key=lambda n: (by_name[n].actual is None, -(by_name[n].actual or 0.0)))
    most = max((r.actual for r in results if r.actual is not None), default=0.0) or 1.0
    ranks = [
        {**place(name), "width": round((by_name[name].actual or 0.0) / most * 100, 1)}
        for name in order
    ]
    title = finding(results)
    return render(
        "district_rank",
        title=title,
        subtitle=f"{indicator.name}，单位：{unit} · {view.source}",
        map={
            "width": WIDTH,
            "height": drawn["height"],
            "alt": title,
            # The chosen one last, so that no neighbour covers its outline.
            "shapes": sorted(
                ({**s, **place(s["name"])} for s in drawn["shapes"]), key=lambda s: bool(s["on"])
            ),
            "zones": [{**z, **place(z["name"])} for z in drawn["zones"]],
        },
        ranks=ranks,
        footnote="示意图，仅供展示；方块为开发区。颜色越深数值越大，灰色为无数据；点区县可只看该区县。",
        data_columns=("区县", "现状值", "分子", "分母", "基期值", "目标值", "状态"),
        data_rows=[_row(by_name[name]) for name in order],
    )


def _row(part: Result) -> tuple[str, ...]:
    unit = part.indicator.unit
    return (
        part.group or "",
        number(part.actual, unit),
        "—" if part.numerator is None else number(part.numerator),
        "—" if part.denominator is None else number(part.denominator),
        number(part.baseline, unit),
        "—" if part.target is None else number(part.target, unit),
        WORDS[part.status],
    )


def finding(results: Sequence[Result]) -> str:
    """The districts' picture in a sentence: who leads and who has nothing yet."""
    named = [r for r in results if r.group != NO_DISTRICT and r.actual is not None]
    if not named:
        return "各区县均无数据"
    if not any(r.actual for r in named):
        return f"有数据的 {len(named)} 个区县均为 {number(0.0, named[0].indicator.unit)}"
    unit = named[0].indicator.unit
    ranked = sorted(named, key=lambda r: -(r.actual or 0.0))
    most, fewest = ranked[0].actual, ranked[-1].actual
    if most == fewest:
        same = number(most, unit)
        if len(named) == 1:
            return f"{short(named[0].group or '')}：{same}"
        return f"有数据的 {len(named)} 个区县均为 {same}"
    words = f"{_together(ranked, most)}居首（{number(most, unit)}）"
    if unit == "%":
        return f"{words}，{_together(ranked, fewest)}最低（{number(fewest, unit)}）"
    if not fewest:
        return f"{words}，{_together(ranked, fewest)}尚无"
    return f"{words}，{_together(ranked, fewest)}最少（{number(fewest, unit)}）"


def _together(ranked: Sequence[Result], value: float | None) -> str:
    """The districts that share a value, at most three by name."""
    names = [short(r.group or "") for r in ranked if r.actual == value]
    more = f"等 {len(names)} 处" if len(names) > 3 else ""
    return "、".join(names[:3]) + more


def least(results: Sequence[Result]) -> str:
    """The districts with least of it, in a few words; empty without any value."""
    named = [r for r in results if r.group != NO_DISTRICT and r.actual is not None]
    if not named:
        return ""
    none = [r for r in named if not r.actual]
    if none and named[0].indicator.unit != "%":
        first = "、".join(short(r.group or "") for r in none[:2])
        return f"{first}{f'等 {len(none)} 处' if len(none) > 2 else ''}尚无"
    low = sorted(named, key=lambda r: r.actual or 0.0)[:2]
    return f"{'、'.join(short(r.group or '') for r in low)}最低"


@figures.kept(200)
def for_view(view: View, indicator: Indicator, chosen: str) -> str:
    """The markup of an indicator's districts under a view."""
    return markup(view, figures.parts(view, indicator, "district"), chosen)
