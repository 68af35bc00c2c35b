"""What can be taken from the map: a picture, made by the reader's own browser in the reader's own
fonts, and GeoJSON. Neither asks another host, and the server needs no browser and no font."""

from __future__ import annotations

import json
from math import ceil
from typing import Any

import streamlit as st

from data.contract import NO_DISTRICT
from pages.parts import choropleth, district_map, download, figures
from pages.parts import map as drawn_map
from pages.parts.block import block, render
from pages.parts.map_state import NONE, STUDENTS, Shown, narrowed, topics
from pages.parts.view import View
from queries import places
from queries.institutions import School
from queries.places import VALUE, Place

NOTICE = "示意图，仅供展示，界线不作划界依据"
# The sheet's drawing units; the browser makes twice as many pixels of them.
SHEET_WIDTH, EDGE, LINE_HEIGHT = 1200, 40, 34


def downloads(view: View, shown: Shown) -> None:
    """The buttons under the map."""
    topic = topics(view.version)[shown.topic]
    title = f"区县地图_{topic.name}{'' if shown.form == VALUE else places.FORMS[shown.form]}"
    with st.container(horizontal=True, vertical_alignment="center", key="map-files"):
        with st.container(width="content"):
            picture = download.name(view, title, "png")
            if block(sheet(view, shown, picture), key="sheet"):
                download.saved(view, picture)
        download.button(
            view,
            "下载 GeoJSON",
            lambda: json.dumps(geojson(view, shown), ensure_ascii=False).encode(),
            download.name(view, title, "geojson"),
        )


def geojson(view: View, shown: Shown) -> dict[str, Any]:
    """Districts as polygons, zones and institutions as points; 未填区县 without geometry.

    Coordinates are WGS 84; values at full precision, null where there is no data.
    """
    topic = topics(view.version)[shown.topic]
    found = {each.name: each for each in drawn_map.league(view, shown.topic, shown.form)}
    painted = drawn_map.fills(list(found.values()), shown)
    features = []
    for area in drawn_map.areas(view, shown):
        point = {"type": "Point", "coordinates": [area.longitude, area.latitude]}
        properties = {"code": area.code, **_properties(found[area.name])}
        properties["fill"] = painted[area.name]
        shape = point if area.geometry is None else _anticlockwise(area.geometry)
        features.append(_feature(shape, properties, area.code))
    if NO_DISTRICT in found:
        features.append(_feature(None, _properties(found[NO_DISTRICT]), NO_DISTRICT))
    features += [_school(each) for each in drawn_map.here(narrowed(view, shown), shown.areas)]
    return {
        "type": "FeatureCollection",
        "name": topic.name,
        "topic": topic.id,
        "form": places.FORMS[shown.form],
        "unit": topic.unit_of(shown.form),
        "as_of": view.as_of.isoformat(),
        "baseline_on": view.version.plan.issued_on.isoformat(),
        "source": view.source,
        "mark": view.mark,
        "version": view.version.id,
        "notice": NOTICE,
        "features": features,
    }


def _anticlockwise(geometry: dict[str, Any]) -> dict[str, Any]:
    """Rings as RFC 7946 wants them; the drawing's run the other way."""

    def turned(polygon: list[Any]) -> list[Any]:
        return [ring[::-1] for ring in polygon]

    coordinates = geometry["coordinates"]
    whole = geometry["type"] == "Polygon"
    found = turned(coordinates) if whole else [turned(each) for each in coordinates]
    return {"type": geometry["type"], "coordinates": found}


def _feature(
    geometry: dict[str, Any] | None, properties: dict[str, Any], code: str
) -> dict[str, Any]:
    return {"type": "Feature", "id": code, "geometry": geometry, "properties": properties}


def _properties(place: Place) -> dict[str, Any]:
    return {
        "name": place.name,
        "kind": place.kind,
        "value": place.shown,
        "numerator": place.now.numerator,
        "denominator": place.now.denominator,
        "baseline": place.then.value,
        "rank": place.rank,
        "institutions": place.now.institutions,
    }


def _school(school: School) -> dict[str, Any]:
    geometry = None
    if school.longitude is not None and school.latitude is not None:
        geometry = {"type": "Point", "coordinates": [school.longitude, school.latitude]}
    properties = {
        "name": school.name,
        "kind": "院校",
        "district": school.district,
        "level": school.level,
        "points": school.points,
        "students": school.students,
    }
    return _feature(geometry, properties, school.id)


@figures.kept(50)
def sheet(view: View, shown: Shown, name: str) -> str:
    """The button and, inert beside it, the sheet that becomes the picture: whole SVG."""
    topic = topics(view.version)[shown.topic]
    found = drawn_map.league(view, shown.topic, shown.form)
    by_name = {each.name: each for each in found}
    areas = drawn_map.areas(view, shown)
    outlined = district_map.outlines(view.version)
    fills = {each.name: each for each in areas}
    scale = (SHEET_WIDTH - 2 * EDGE) / district_map.WIDTH
    place = outlined["frame"].place
    title = wrapped(drawn_map.headline(view, shown), 36)
    top = EDGE + 44 * len(title) + 40
    bottom = top + outlined["height"] * scale + 20
    zones = [each for each in areas if each.geometry is None]
    lines = _legend_lines(view, shown)
    return render(
        "map_sheet",
        name=name,
        width=SHEET_WIDTH,
        height=round(bottom + (len(lines) + len(zones) // 4 + 2) * LINE_HEIGHT + 60),
        edge=EDGE,
        top=top,
        bottom=round(bottom),
        scale=round(scale, 4),
        line=LINE_HEIGHT,
        title=title,
        subtitle=f"{topic.name}，{places.FORMS[shown.form]}，单位：{topic.unit_of(shown.form)}",
        source=view.source,
        notice=NOTICE,
        mark=view.mark,
        shapes=[
            {**shape, "fill": fills[shape["name"]].fill, "on": shape["name"] in shown.areas}
            for shape in outlined["shapes"]
        ],
        labels=[
            {
                "x": round(shape["x"] * scale, 1),
                "y": round(shape["y"] * scale, 1),
                "ink": fills[shape["name"]].ink,
                "text": fills[shape["name"]].short,
                "figure": drawn_map.say(by_name[shape["name"]].shown, topic, shown.form),
            }
            for shape in outlined["shapes"]
        ],
        dots=[
            {
                "at": [round(v * scale, 1) for v in place(dot.longitude, dot.latitude)],
                "r": dot.size,
                "size": round(dot.size * 2.2, 1),
                "mark": choropleth.LEVEL_MARKS[dot.level],
                "colour": choropleth.LEVEL_COLOURS[dot.level],
                "opacity": 0.25 if dot.faded else 0.85,
            }
            for dot in drawn_map.dots(view, shown, {})
        ],
        zones=[
            {
                "name": each.name,
                "fill": each.fill,
                "at": [round(v * scale, 1) for v in place(each.longitude, each.latitude)],
                "figure": drawn_map.say(by_name[each.name].shown, topic, shown.form),
            }
            for each in zones
        ],
        classes=drawn_map.ranges(topic, shown, found, drawn_map.classed(found, shown)),
        lines=lines,
    )


def _legend_lines(view: View, shown: Shown) -> list[str]:
    """What the picture says in words under the colours."""
    topic = topics(view.version)[shown.topic]
    found = drawn_map.league(view, shown.topic, shown.form)
    lines = []
    missing = next((each for each in found if each.kind == NO_DISTRICT), None)
    if missing:
        schools = len(drawn_map.here(view, (NO_DISTRICT,)))
        figure = drawn_map.say(missing.shown, topic, shown.form)
        lines.append(f"未填区县 {schools} 所院校，{figure}，图上无处可画，计入合计")
    if shown.dots != NONE:
        size = "在校生" if shown.dots == STUDENTS else "专业点"
        levels = sorted(
            {each.level for each in drawn_map.placed(view, shown)},
            key=list(choropleth.LEVEL_MARKS).index,
        )
        marks = "、".join(f"{choropleth.LEVEL_MARKS[level]} {level}" for level in levels)
        lines.append(f"院校：{marks}；大小按{size}")
    return lines


def wrapped(text: str, most: float) -> list[str]:
    """A text in lines of about the same length, at most so many wide characters each: SVG does
    not break lines itself."""
    widths = [0.55 if character.isascii() else 1.0 for character in text]
    even = sum(widths) / max(ceil(sum(widths) / most), 1)
    lines = [""]
    filled = 0.0
    for character, width in zip(text, widths, strict=True):
        if filled >= even * len(lines):
            lines.append("")
        lines[-1] += character
        filled += width
    return lines
