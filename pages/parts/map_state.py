"""What the address asks the map for, and the links that change it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import urlencode

import streamlit as st

from pages.parts.block import block, render
from pages.parts.view import AS_OF, DISTRICT, View, follow
from queries import classes, places
from queries.places import VALUE, Topic
from queries.run import OpenVersion

POINTS, STUDENTS, NONE = "points", "students", "none"
DOTS = {POINTS: "按专业点", STUDENTS: "按在校生", NONE: "不显示"}


class Shown(NamedTuple):
    """What the address asks the map for; ``areas``: chosen places, by filter or on this page."""

    topic: str
    form: str
    classes: str
    dots: str
    areas: tuple[str, ...]
    follows: bool


DEFAULTS = {"form": VALUE, "classes": classes.EQUAL, "dots": POINTS, "follow": ""}


def asked(view: View) -> Shown:
    """The state of the address, nonsense replaced by the defaults.

    Under a district filter that is what is chosen, and a click on the map changes it; without one
    a click chooses on this page alone, unless the reader has asked it to set the filter.
    """
    parameters = st.query_params
    known = topics(view.version)
    topic = known.get(parameters.get("id", "")) or next(iter(known.values()))
    form = parameters.get("form", VALUE)
    method = parameters.get("classes", classes.EQUAL)
    dots = parameters.get("dots", POINTS)
    area = parameters.get("area", "")
    names = [name for name, _ in places.place_names(view.version)]
    return Shown(
        topic.id,
        form if form in topic.forms else VALUE,
        method if method in classes.METHODS else classes.EQUAL,
        dots if dots in DOTS else POINTS,
        view.scope.district or ((area,) if area in names else ()),
        parameters.get("follow") == "1",
    )


@st.cache_resource(
    max_entries=4, show_spinner=False, hash_funcs={OpenVersion: lambda version: version.key}
)
def topics(version: OpenVersion) -> dict[str, Topic]:
    """What the map can show, by id."""
    return {each.id: each for each in places.topics(version.plan)}


def choose(view: View) -> None:
    """The picker of the topic; it writes the address."""
    found = topics(view.version)
    ids = list(found)
    wanted = st.query_params.get("id", "")
    if wanted and wanted not in found:
        block(
            render("note", text=f"没有编号为“{wanted[:40]}”的内容，下面是第一项。"), key="unknown"
        )
    current = wanted if wanted in found else ids[0]
    names = {
        each.id: f"{each.indicator.goal if each.indicator else '数量'} · {each.name}"
        for each in found.values()
    }
    picked = st.selectbox(
        "地图内容",
        ids,
        index=ids.index(current),
        format_func=names.__getitem__,
        key=f"pick-{current}",
        label_visibility="collapsed",
        width=300,
    )
    if picked != current:
        st.query_params["id"] = picked
        if "form" in st.query_params:
            del st.query_params["form"]
        st.rerun()


def state(shown: Shown, **changed: str) -> dict[str, str]:
    """The page's own address state with something changed, defaults left out."""
    found = {
        "id": shown.topic,
        "form": shown.form,
        "classes": shown.classes,
        "dots": shown.dots,
        "follow": "1" if shown.follows else "",
        **changed,
    }
    return {name: value for name, value in found.items() if value and value != DEFAULTS.get(name)}


def place_link(view: View, shown: Shown, name: str) -> dict[str, str]:
    """The two ways to choose a place, or to give up the choice when it is the one chosen."""
    value = "" if shown.areas == (name,) else name
    if shown.follows or view.scope.district:
        scope = replace(view.scope, district=(value,) if value else ())
        href = replace(view, scope=scope).address("map", state(shown))
        return {"href": href, "go": f"~{urlencode({DISTRICT: value})}?area="}
    extra = {"area": value} if value else {}
    return {
        "href": view.address("map", {**state(shown), **extra}),
        "go": f"?{urlencode({'area': value})}",
    }


def option(view: View, shown: Shown, name: str, value: str, text: str, on: bool) -> dict[str, Any]:
    """One choice of a control, as a link."""
    area = {"area": shown.areas[0]} if shown.areas and not view.scope.district else {}
    written = "" if value == DEFAULTS[name] else value
    return {
        "text": text,
        "on": on,
        "href": view.address("map", {**state(shown, **{name: value}), **area}),
        "go": f"?{urlencode({name: written})}",
    }


def controls(view: View, shown: Shown) -> None:
    """Form, classes and circles."""
    topic = topics(view.version)[shown.topic]
    groups = [
        (
            "显示",
            [
                option(view, shown, "form", form, places.FORMS[form], form == shown.form)
                for form in topic.forms
            ],
        ),
        (
            "分级",
            [
                option(view, shown, "classes", method, text, method == shown.classes)
                for method, text in classes.METHODS.items()
            ],
        ),
        (
            "院校",
            [
                option(view, shown, "dots", dots, text, dots == shown.dots)
                for dots, text in DOTS.items()
            ],
        ),
    ]
    follow(block(render("map_controls", groups=groups), key="controls"))


def follow_options(view: View, shown: Shown) -> list[dict[str, Any]]:
    """This page alone, or the filter of all pages too; the second takes the chosen place along."""
    filtering = shown.follows or bool(view.scope.district)
    alone = option(view, shown, "follow", "", "只看本页", not filtering)
    both = option(view, shown, "follow", "1", "同时筛选各页", filtering)
    if filtering and view.scope.district:
        # Giving the filter up keeps what was chosen, on this page.
        area = view.scope.district[0]
        everywhere = replace(view, scope=replace(view.scope, district=()))
        alone["href"] = everywhere.address("map", {**state(shown, follow=""), "area": area})
        alone["go"] = f"~{urlencode({DISTRICT: ''})}?{urlencode({'follow': '', 'area': area})}"
    elif shown.areas and not filtering:
        narrowed = replace(view, scope=replace(view.scope, district=shown.areas))
        both["href"] = narrowed.address("map", state(shown, follow="1"))
        both["go"] = f"~{urlencode({DISTRICT: shown.areas[0]})}?follow=1&area="
    return [alone, both]


def view_at(view: View, shown: Shown, day: date) -> dict[str, str]:
    """The two ways to this page on another day."""
    area = {"area": shown.areas[0]} if shown.areas and not view.scope.district else {}
    return {
        "href": replace(view, as_of=day).address("map", {**state(shown), **area}),
        "go": f"~{AS_OF}={day.isoformat()}",
    }


def area_of(shown: Shown) -> dict[str, str]:
    """The one place chosen, as other pages' address takes it."""
    return {"area": shown.areas[0]} if len(shown.areas) == 1 else {}


def narrowed(view: View, shown: Shown) -> View:
    """The view of what is chosen, for figures of the place alone."""
    if not shown.areas:
        return view
    return replace(view, scope=replace(view.scope, district=shown.areas))
