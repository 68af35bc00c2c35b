"""The map itself, and the words round it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from math import sqrt
from typing import Any

import streamlit as st

from data.contract import INSTITUTION_LEVELS, NO_DISTRICT, in_words
from pages.parts import choropleth, district_map, figures, theme
from pages.parts.block import block, render, set_filters
from pages.parts.choropleth import Area, Dot
from pages.parts.map_state import (
    NONE,
    STUDENTS,
    Shown,
    area_of,
    follow_options,
    narrowed,
    place_link,
    topics,
)
from pages.parts.view import View, follow
from queries import classes, places
from queries.classes import Classes
from queries.evaluate import Scope
from queries.institutions import School, schools
from queries.places import CHANGE, VALUE, Place, Topic
from queries.run import fetch
from queries.status import number

CHART = "map"
MISSING = "#D5DAE0"
NO_CHANGE = "#EEF1F4"
LOSSES = ("#9A4A0B", "#E8A867")
SMALLEST, LARGEST = 4.0, 17.0


@figures.kept(200)
def league(view: View, topic: str, form: str) -> list[Place]:
    """Every place under the view's filters but the district's."""
    return places.league(view.version, topics(view.version)[topic], form, view.as_of, view.scope)


@figures.kept(100)
def here(view: View, areas: tuple[str, ...]) -> list[School]:
    """The institutions in force inside the filters and the chosen places."""
    scope = replace(view.scope, district=areas or view.scope.district)
    return schools(view.version, view.as_of, scope)


def classed(found: Sequence[Place], shown: Shown) -> Classes | None:
    """The classes of what is drawn: 未填区县 has no place on the map."""
    values = [each.shown for each in found if each.kind != NO_DISTRICT]
    return classes.classify(values, shown.classes, signed=shown.form == CHANGE)


def colours(found: Classes | None) -> list[str]:
    """A fill per class: light to dark blue, losses in browns, no change nearly white."""
    if found is None:
        return []
    rises = found.signs.count(1)
    falls = found.signs.count(-1)
    blues = list(theme.SEQUENCE)
    steps = [round(i * (len(blues) - 1) / max(rises - 1, 1)) for i in range(rises)]
    if rises == 1:
        steps = [3]
    fills = [LOSSES[len(LOSSES) - falls + i] for i in range(falls)]
    fills += [NO_CHANGE] * found.signs.count(0)
    return fills + [blues[step] for step in steps]


def ink(fill: str) -> str:
    """Dark or white, whichever can be read on the fill (WCAG's relative luminance)."""
    channels = [int(fill[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#FFFFFF" if luminance < 0.22 else "#1B2733"


def fills(found: Sequence[Place], shown: Shown) -> dict[str, str]:
    """The fill of every place by name; grey without a value."""
    graded = classed(found, shown)
    steps = colours(graded)
    return {
        each.name: MISSING
        if each.shown is None or graded is None
        else steps[graded.index(each.shown)]
        for each in found
        if each.kind != NO_DISTRICT
    }


def say(value: float | None, topic: Topic, form: str) -> str:
    """A value of a form in words, changes with their sign."""
    unit = topic.unit_of(form)
    return places.signed(value, unit) if form == CHANGE else number(value, unit)


@figures.kept(100)
def areas(view: View, shown: Shown) -> list[Area]:
    """The districts and zones as drawn, in the reference's order."""
    topic = topics(view.version)[shown.topic]
    found = {each.name: each for each in league(view, shown.topic, shown.form)}
    painted = fills(list(found.values()), shown)
    shapes = {
        name: json.loads(geometry)
        for _, name, geometry, *_ in fetch("district_shapes", view.version)
    }
    drawn = []
    for name, code, _, longitude, latitude, _ in fetch("district_list", view.version):
        value = say(found[name].shown, topic, shown.form)
        rank = f"<br>第 {found[name].rank} 位" if found[name].rank else ""
        drawn.append(
            Area(
                code,
                name,
                district_map.short(name),
                painted[name],
                ink(painted[name]),
                f"<b>{escape(name)}</b><br>{escape(topic.name)}：{value}{rank}",
                longitude,
                latitude,
                name in shown.areas,
                shapes.get(name),
            )
        )
    return drawn


@figures.kept(100)
def _figure(view: View, shown: Shown) -> dict[str, Any]:
    drawn = areas(view, shown)
    codes = {each.name: each.code for each in drawn}
    return choropleth.figure(drawn, dots(view, shown, codes))


def placed(view: View, shown: Shown) -> list[School]:
    """The institutions that can be drawn: with coordinates inside the map's frame."""
    everywhere = replace(view, scope=replace(view.scope, district=()))
    drawn = areas(view, shown)
    return [
        each
        for each in here(everywhere, ())
        if each.longitude is not None
        and each.latitude is not None
        and choropleth.within(drawn, each.longitude, each.latitude)
    ]


def dots(view: View, shown: Shown, codes: dict[str, str]) -> list[Dot]:
    """The institutions as drawn; those outside a chosen place are faded."""
    if shown.dots == NONE:
        return []
    found = placed(view, shown)
    most = max((_weight(each, shown.dots) for each in found), default=0.0) or 1.0
    return [
        Dot(
            codes.get(each.district, ""),
            each.id,
            each.level,
            each.longitude or 0.0,
            each.latitude or 0.0,
            round(SMALLEST + (LARGEST - SMALLEST) * sqrt(_weight(each, shown.dots) / most), 1),
            f"<b>{escape(each.name)}</b><br>{each.level} · {escape(each.district)}<br>"
            f"专业点 {each.points} 个"
            + ("" if each.students is None else f"，在校生 {number(each.students)} 人"),
            bool(shown.areas) and each.district not in shown.areas,
        )
        for each in found
    ]


def _weight(school: School, dots: str) -> float:
    return float(school.students or 0.0) if dots == STUDENTS else float(school.points)


def heard() -> str | None:
    """Where the click that started this run leads, the filter already set by ``_clicked``."""
    found: str | None = st.session_state.pop("map-go", None)
    return found


def chart(view: View, shown: Shown) -> None:
    """The map; a click on a district, a zone or an institution chooses the place."""
    topic = topics(view.version)[shown.topic]
    found = league(view, shown.topic, shown.form)
    names = {code: name for name, code, *_ in fetch("district_list", view.version)}

    def clicked() -> None:
        # In a callback, because the filter's widget must not have been drawn yet.
        code = choropleth.clicked(st.session_state.get(CHART))
        if code is None:
            return
        go = place_link(view, shown, names.get(code, NO_DISTRICT))["go"]
        set_filters(go)
        st.session_state["map-go"] = go

    st.plotly_chart(
        _figure(view, shown),
        theme=None,
        config=choropleth.CONFIG,
        key=CHART,
        on_select=clicked,
        selection_mode="points",
        alt=places.finding(found, topic, shown.form),
    )


def head(view: View, shown: Shown) -> None:
    """The finding, the measure, and the figures of what is chosen."""
    follow(block(_head(view, shown), key="head"))


def _missing(view: View, topic: Topic) -> str:
    """Which sheet would bring the topic, empty when it is there."""
    if places.known(view.version, topic):
        return ""
    lacking = [in_words(each) for each in topic.needs if each not in view.version.filled]
    return f"数据中{'、'.join(lacking)}为空；填报后即有数值。"


def _chosen(found: Sequence[Place], shown: Shown) -> Place | None:
    """The one place chosen, None for none or several."""
    if len(shown.areas) != 1:
        return None
    return next((each for each in found if each.name == shown.areas[0]), None)


def headline(view: View, shown: Shown) -> str:
    """The finding: of the place chosen, else of the league."""
    topic = topics(view.version)[shown.topic]
    found = league(view, shown.topic, shown.form)
    place = _chosen(found, shown)
    if place:
        return places.standing(place, topic, shown.form, found)
    return places.finding(found, topic, shown.form)


@figures.kept(200)
def _head(view: View, shown: Shown) -> str:
    topic = topics(view.version)[shown.topic]
    found = league(view, shown.topic, shown.form)
    title = headline(view, shown)
    what = f"{topic.name}{'' if shown.form == VALUE else places.FORMS[shown.form]}"
    per = "（÷ 在办院校）" if topic.basis == "institution" else "（÷ 有在办专业点的院校）"
    measure = f"{what}{per if shown.form == places.DENSITY else ''}"
    return render(
        "map_head",
        title=title,
        subtitle=f"{measure}，单位：{topic.unit_of(shown.form)} · {view.source}",
        facts=_facts(view, shown, topic, found),
        where="、".join(shown.areas) or "全市",
        clear=place_link(view, shown, shown.areas[0]) if len(shown.areas) == 1 else None,
        more=view.link("indicator", {"id": topic.id, **area_of(shown)})
        if topic.indicator
        else None,
        definition=topic.definition,
        missing=_missing(view, topic),
    )


def _facts(view: View, shown: Shown, topic: Topic, found: Sequence[Place]) -> list[dict[str, str]]:
    """The topic for the city or the chosen places, and how many institutions stand behind it."""
    scope = narrowed(view, shown).scope
    issued_on = view.version.plan.issued_on
    now, then = places.total(view.version, topic, [view.as_of, issued_on], scope)
    unit = topic.unit
    parts = [("现状值", number(now.value, unit), _fraction(now.numerator, now.denominator))]
    parts.append(("基期值", number(then.value, unit), str(issued_on)))
    change = now.shown(CHANGE, then)
    parts.append(("较基期", places.signed(change, topic.unit_of(CHANGE)), ""))
    if places.DENSITY in topic.forms:
        small = f"{number(float(now.institutions))} 所"
        parts.append(
            ("校均", number(now.shown(places.DENSITY, then), topic.unit_of(places.DENSITY)), small)
        )
    place = _chosen(found, shown)
    if place and place.rank:
        of = sum(each.rank is not None for each in found)
        parts.append(("位次", f"第 {place.rank} 位", f"共 {of} 处{_climbed(place)}"))
    inside = here(view, shown.areas)
    points = sum(each.points for each in inside)
    parts.append(("在办院校", f"{len(inside)} 所", f"专业点 {number(float(points))} 个"))
    beside = _beside(view, shown, topic)
    if beside:
        parts.append(("另有技工院校", beside, "不计入"))
    return [{"k": k, "v": v, "small": small} for k, v, small in parts]


def _fraction(numerator: float, denominator: float | None) -> str:
    return "" if denominator is None else f"{number(numerator)} / {number(denominator)}"


def _climbed(place: Place) -> str:
    if not place.climbed:
        return "" if place.climbed is None else "，与基期相同"
    return f"，较基期{'升' if place.climbed > 0 else '降'} {abs(place.climbed)} 位"


def _beside(view: View, shown: Shown, topic: Topic) -> str:
    """What the technician institutions would add, empty where they are counted or have none."""
    scope: Scope = replace(narrowed(view, shown).scope, outside=True)
    if not any(each.outside for each in view.version.institutions):
        return ""
    (amount,) = places.total(view.version, topic, [view.as_of], scope)
    return number(amount.value, topic.unit) if amount.value else ""


def legend(view: View, shown: Shown) -> None:
    """Zones and 未填区县 beside the map, the classes in words, the circles, the notice."""
    follow(block(_legend(view, shown), key="legend"))


@figures.kept(200)
def _legend(view: View, shown: Shown) -> str:
    topic = topics(view.version)[shown.topic]
    found = league(view, shown.topic, shown.form)
    painted = fills(found, shown)
    graded = classed(found, shown)
    everywhere = replace(view, scope=replace(view.scope, district=()))
    inside = here(everywhere, ())
    drawn = [] if shown.dots == NONE else placed(view, shown)
    return render(
        "map_legend",
        zones=[
            {
                "name": each.name,
                "fill": painted.get(each.name, "none"),
                "figure": say(each.shown, topic, shown.form),
                "on": each.name in shown.areas,
                **place_link(view, shown, each.name),
            }
            for each in found
            if each.kind == places.ZONE
        ],
        missing=_unplaced(view, shown, topic, found),
        classes=ranges(topic, shown, found, graded),
        levels=[
            {
                "name": level,
                "colour": choropleth.LEVEL_COLOURS[level],
                "mark": choropleth.LEVEL_MARKS[level],
                "count": sum(each.level == level for each in drawn),
            }
            for level in INSTITUTION_LEVELS
            if any(each.level == level for each in drawn)
        ],
        follow=follow_options(view, shown),
        size="大小按在校生" if shown.dots == STUDENTS else "大小按专业点",
        unplaced=sum(each.longitude is None for each in inside) if drawn else 0,
        outside=sum(each.longitude is not None for each in inside) - len(drawn) if drawn else 0,
    )


def ranges(
    topic: Topic, shown: Shown, found: Sequence[Place], graded: Classes | None
) -> list[dict[str, Any]]:
    """Each class in words: its range and how many places fall in it."""
    values = [each.shown for each in found if each.kind != NO_DISTRICT]
    rows = []
    for index, fill in enumerate(colours(graded)):
        if graded is None:
            break
        count = sum(v is not None and graded.index(v) == index for v in values)
        text = range_words(topic, shown, graded, index)
        rows.append({"fill": fill, "text": text, "count": count})
    unknown = values.count(None)
    if unknown:
        rows.append({"fill": MISSING, "text": "无数据", "count": unknown})
    return rows


def range_words(topic: Topic, shown: Shown, graded: Classes, index: int) -> str:
    """A class in words: its lowest and highest value with the unit."""
    low, high = graded.bounds(index)
    if graded.signs[index] == 0:
        return "无变化"
    unit = topic.unit_of(shown.form)
    if low == high:
        return say(high, topic, shown.form)
    first = say(low, topic, shown.form).removesuffix(unit).strip()
    return f"{first} — {say(high, topic, shown.form)}"


def _unplaced(
    view: View, shown: Shown, topic: Topic, found: Sequence[Place]
) -> dict[str, Any] | None:
    """未填区县: how many institutions and what they hold; None where every school names one."""
    place = next((each for each in found if each.kind == NO_DISTRICT), None)
    if place is None:
        return None
    held = here(view, (NO_DISTRICT,))
    return {
        "figure": say(place.shown, topic, shown.form),
        "schools": len(held),
        "on": NO_DISTRICT in shown.areas,
        **place_link(view, shown, NO_DISTRICT),
    }
