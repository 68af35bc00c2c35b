"""The districts as a plotly choropleth that asks no host for a base map.

Colours, words and numbers come in; nothing is computed here. The first of every point's custom
data is the code of its place, so that a click on an institution also means its district.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pages.parts import theme

# An empty base map inside the address: without it plotly asks a public host for one. What plotly
# appends to the address falls behind the #.
_EMPTY = {
    "type": "Topology",
    "arcs": [],
    "objects": {
        name: {"type": "GeometryCollection", "geometries": []}
        for name in ("coastlines", "land", "ocean", "lakes", "rivers", "countries", "subunits")
    },
}
CONFIG: dict[str, Any] = {
    **theme.CONFIG,
    "topojsonURL": f"data:application/json,{json.dumps(_EMPTY, separators=(',', ':'))}#",
    "scrollZoom": False,
    "doubleClick": False,
}
HEIGHT = 372
MARGIN = 0.03
# A level differs by shape as well as by colour.
LEVEL_COLOURS = {
    "中职": "#D9772B",
    "高职": "#7A3E9D",
    "职业本科": "#B3124F",
    "普通本科": "#3D4B57",
}
LEVEL_SYMBOLS = {
    "中职": "circle",
    "高职": "diamond",
    "职业本科": "star",
    "普通本科": "triangle-up",
}
LEVEL_MARKS = {"中职": "●", "高职": "◆", "职业本科": "★", "普通本科": "▲"}


@dataclass(frozen=True)
class Area:
    """A district or zone as drawn: colour and words; districts have an outline, zones a spot."""

    code: str
    name: str
    short: str
    fill: str
    ink: str
    words: str
    longitude: float
    latitude: float
    chosen: bool
    geometry: dict[str, Any] | None = None


@dataclass(frozen=True)
class Dot:
    """An institution as drawn: ``place`` is the code of its district, empty for 未填区县."""

    place: str
    id: str
    level: str
    longitude: float
    latitude: float
    size: float
    words: str
    faded: bool


def frame(areas: Sequence[Area]) -> tuple[list[float], list[float]]:
    """The longitudes and latitudes that hold every outline, with a margin."""
    found = [corner for area in areas for corner in corners(area.geometry)]
    return _widened([x for x, _ in found]), _widened([y for _, y in found])


def within(areas: Sequence[Area], longitude: float, latitude: float) -> bool:
    """Whether a place lies in the frame: a mistyped coordinate may not."""
    (west, east), (south, north) = frame(areas)
    return west <= longitude <= east and south <= latitude <= north


def _widened(values: Sequence[float]) -> list[float]:
    margin = (max(values) - min(values)) * MARGIN or MARGIN
    return [min(values) - margin, max(values) + margin]


def corners(geometry: dict[str, Any] | None) -> list[tuple[float, float]]:
    """The corners of a polygon or multipolygon."""
    if geometry is None:
        return []
    coordinates = geometry["coordinates"]
    polygons = [coordinates] if geometry["type"] == "Polygon" else coordinates
    return [(x, y) for polygon in polygons for ring in polygon for x, y, *_ in ring]


def figure(areas: Sequence[Area], dots: Sequence[Dot]) -> dict[str, Any]:
    """The map: outlines by colour, names, zones as squares, institutions as circles by level."""
    outlined = [each for each in areas if each.geometry is not None]
    spots = [each for each in areas if each.geometry is None]
    longitudes, latitudes = frame(areas)
    traces = [_outlines(outlined)]
    chosen = [each for each in outlined if each.chosen]
    if chosen:
        traces.append(_edge(chosen))
    traces += _circles(dots)
    if spots:
        traces.append(_squares(spots))
    traces.append(_names(outlined))
    return {
        "data": traces,
        "layout": theme.layout(
            height=HEIGHT,
            margin={"l": 0, "r": 0, "t": 0, "b": 0},
            hovermode="closest",
            # Only what lies under the pointer: a near institution must not take a district's click.
            hoverdistance=2,
            clickmode="event+select",
            geo={
                "projection": {"type": "mercator"},
                "lonaxis": {"range": longitudes},
                "lataxis": {"range": latitudes},
                "visible": False,
                "bgcolor": "rgba(0,0,0,0)",
            },
        )
        # Neither panning nor zooming: the frame is fixed and a finger scrolls the page.
        | {"dragmode": "zoom"},
    }


def _outlines(areas: Sequence[Area]) -> dict[str, Any]:
    fills = sorted({each.fill for each in areas})
    top = max(len(fills) - 1, 1)
    return {
        "type": "choropleth",
        "geojson": _collection(tuple((each.code, json.dumps(each.geometry)) for each in areas)),
        "locations": [each.code for each in areas],
        "z": [fills.index(each.fill) for each in areas],
        "zmin": 0,
        "zmax": top,
        "colorscale": [[index / top, fill] for index, fill in enumerate(fills)]
        if len(fills) > 1
        else [[0, fills[0]], [1, fills[0]]],
        "showscale": False,
        "marker": {"line": {"color": "#fff", "width": 1.2}},
        "customdata": [[each.code, each.name] for each in areas],
        "hovertemplate": "%{text}<extra></extra>",
        "text": [each.words for each in areas],
        # The same with and without: what is chosen shows by its edge, and colours keep their
        # meaning.
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
    }


@cache
def _collection(shapes: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "id": code, "properties": {}, "geometry": json.loads(geometry)}
            for code, geometry in shapes
        ],
    }


def _edge(areas: Sequence[Area]) -> dict[str, Any]:
    """A dark line round what is chosen, drawn over its neighbours."""
    longitudes: list[float | None] = []
    latitudes: list[float | None] = []
    for area in areas:
        geometry = area.geometry or {"type": "MultiPolygon", "coordinates": []}
        whole = geometry["type"] == "Polygon"
        for polygon in [geometry["coordinates"]] if whole else geometry["coordinates"]:
            for ring in polygon:
                longitudes += [*(point[0] for point in ring), None]
                latitudes += [*(point[1] for point in ring), None]
    return {
        "type": "scattergeo",
        "mode": "lines",
        "lon": longitudes,
        "lat": latitudes,
        "line": {"color": "#111A24", "width": 2.6},
        "hoverinfo": "skip",
    }


def _names(areas: Sequence[Area]) -> dict[str, Any]:
    return {
        "type": "scattergeo",
        "mode": "text",
        "lon": [each.longitude for each in areas],
        "lat": [each.latitude for each in areas],
        "text": [each.short for each in areas],
        "textfont": {
            "color": [each.ink for each in areas],
            "size": 13,
            # A halo in the other shade, so that a name can be read over circles as well.
            "shadow": [_halo(each.ink) for each in areas],
        },
        "customdata": [[each.code, each.name] for each in areas],
        "hoverinfo": "skip",
    }


def _halo(ink: str) -> str:
    shade = "#1B2733" if ink == "#FFFFFF" else "#FFFFFF"
    return ", ".join(f"{x}px {y}px 2px {shade}" for x in (-1, 1) for y in (-1, 1))


def _squares(areas: Sequence[Area]) -> dict[str, Any]:
    return {
        "type": "scattergeo",
        "mode": "markers",
        "lon": [each.longitude for each in areas],
        "lat": [each.latitude for each in areas],
        "marker": {
            "symbol": "square",
            "size": 11,
            "opacity": 1,
            "color": [each.fill for each in areas],
            "line": {
                "color": "#111A24",
                "width": [3 if each.chosen else 1.2 for each in areas],
            },
        },
        "customdata": [[each.code, each.name] for each in areas],
        "text": [each.words for each in areas],
        "hovertemplate": "%{text}<extra></extra>",
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
    }


def _circles(dots: Sequence[Dot]) -> list[dict[str, Any]]:
    """One trace a level, the largest circles first so that small ones stay in reach."""
    traces = []
    for level in sorted({each.level for each in dots}, key=list(LEVEL_COLOURS).index):
        here = sorted((each for each in dots if each.level == level), key=lambda each: -each.size)
        traces.append(
            {
                "type": "scattergeo",
                "mode": "markers",
                "name": level,
                "lon": [each.longitude for each in here],
                "lat": [each.latitude for each in here],
                "marker": {
                    "size": [each.size for each in here],
                    "color": LEVEL_COLOURS[level],
                    "symbol": LEVEL_SYMBOLS[level],
                    "opacity": [0.25 if each.faded else 0.85 for each in here],
                    "line": {"color": "#fff", "width": 1},
                },
                "customdata": [[each.place, each.id] for each in here],
                "text": [each.words for each in here],
                "hovertemplate": "%{text}<extra></extra>",
                "selected": {"marker": {}},
                "unselected": {"marker": {"opacity": 0.85}},
            }
        )
    return traces


def clicked(state: Any) -> str | None:
    """The code of the place clicked, from a chart's selection; None when nothing is."""
    points = state.selection.points if state else []
    for point in points:
        data = point.get("customdata")
        if data:
            return str(data[0])
    return None
