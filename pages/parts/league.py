"""The districts' league, and what lies in the places chosen on the map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from data.contract import NO_DISTRICT
from pages.parts import figures
from pages.parts.block import block, render
from pages.parts.map import here, league, say
from pages.parts.map_state import Shown, area_of, narrowed, place_link, topics
from pages.parts.view import View, follow
from queries import places
from queries.evaluate import Result
from queries.institutions import by_institution, level_on
from queries.places import CHANGE, Place, Topic
from queries.status import NOT_ASSESSED, WORDS, number


def table(view: View, shown: Shown) -> None:
    """The league: rank, value, change since the baseline, ranks gained."""
    follow(block(_table(view, shown), key="league"))


@figures.kept(200)
def _table(view: View, shown: Shown) -> str:
    topic = topics(view.version)[shown.topic]
    found = places.ranked(league(view, shown.topic, shown.form))
    most = max((abs(each.shown) for each in found if each.shown is not None), default=0.0) or 1.0
    changing = shown.form == CHANGE
    step = places.change_unit(topic, shown.form)
    return render(
        "league",
        title="区县和开发区排名",
        headers=("位次", "区县", places.FORMS[shown.form], *_last_headers(changing)),
        note=_tie_note(view, topic, found, changing),
        rows=[
            {
                "name": each.name,
                "zone": each.kind == places.ZONE,
                "rank": each.rank or "—",
                "figure": say(each.shown, topic, shown.form).removesuffix(
                    topic.unit_of(shown.form)
                ),
                "width": round(abs(each.shown or 0.0) / most * 100, 1),
                "loss": (each.shown or 0.0) < 0,
                "cells": _cells(each, topic, changing, step),
                "on": each.name in shown.areas,
                **place_link(view, shown, each.name),
            }
            for each in found
        ],
    )


def _last_headers(changing: bool) -> tuple[str, str]:
    return ("基期值", "现状值") if changing else ("较基期", "位次变化")


def _cells(place: Place, topic: Topic, changing: bool, step: str) -> list[dict[str, str]]:
    if changing:
        return [
            {"text": number(place.then.value, topic.unit).removesuffix(topic.unit), "kind": ""},
            {"text": number(place.now.value, topic.unit).removesuffix(topic.unit), "kind": ""},
        ]
    change = "—" if place.change is None else places.signed(place.change, step).removesuffix(step)
    if place.climbed is None:
        climbed, kind = "—", ""
    elif place.climbed:
        up = place.climbed > 0
        climbed, kind = f"{'▲' if up else '▼'}{abs(place.climbed)}", "up" if up else "down"
    else:
        climbed, kind = "=", ""
    return [{"text": change, "kind": ""}, {"text": climbed, "kind": kind}]


def _tie_note(view: View, topic: Topic, found: Sequence[Place], changing: bool) -> str:
    """What the columns mean, and that the rows add up."""
    parts = [f"基期为方案印发日 {view.version.plan.issued_on}", "数值相同位次相同"]
    if any(each.kind == NO_DISTRICT for each in found):
        parts.append("未填区县不参加排名，计入合计")
    if topic.measure == "count" and not changing:
        total = sum(each.now.numerator for each in found)
        parts.append(f"合计 {number(total, topic.unit)}")
    return "；".join(parts)


def inside(view: View, shown: Shown) -> None:
    """The institutions and the indicators of the chosen places, or of the city."""
    follow(block(_inside(view, shown), key="inside"))


@figures.kept(100)
def _inside(view: View, shown: Shown) -> str:
    topic = topics(view.version)[shown.topic]
    rows = _school_rows(view, shown, topic)
    where = "、".join(shown.areas) or "全市"
    return render(
        "map_inside",
        where=where,
        topic=topic.name,
        shared=topic.measure != "count",
        schools=rows,
        indicators=_indicator_rows(view, shown),
        compared=bool(shown.areas),
        twice=topic.id in (places.POINTS, places.STUDENTS),
        allocated=any(row["target"] for row in _indicator_rows(view, shown)),
    )


def _school_rows(view: View, shown: Shown, topic: Topic) -> list[dict[str, Any]]:
    """Institutions with what they count of the topic, most first.

    One that is no longer in force may still count (a retired point, last year's students).
    """
    scope = narrowed(view, shown).scope
    amounts = by_institution(view.version, topic, [view.as_of], scope)[0]
    levels = level_on(view.version, view.as_of)
    held = {each.id: each for each in here(view, shown.areas)}
    rows: list[dict[str, Any]] = []
    for institution, amount in zip(view.version.institutions, amounts, strict=True):
        code = institution.institution_id
        school = held.get(code)
        if school is None and not amount.numerator and not amount.denominator:
            continue
        target = {"id": topic.id, "institution": code}
        rows.append(
            {
                "name": institution.name,
                "district": institution.district,
                "level": levels.get(code, "已撤并"),
                "points": school.points if school else 0,
                "students": "—"
                if school is None or school.students is None
                else number(school.students),
                "figure": _counted(amount.numerator, amount.denominator, topic),
                "order": (-amount.numerator, -(amount.denominator or 0.0)),
                "rows": view.link("indicator", target)
                if topic.indicator and (amount.numerator or amount.denominator)
                else None,
                **view.link("institution", {"id": code}),
            }
        )
    rows.sort(key=lambda row: (row["order"], -row["points"], row["name"]))
    return rows


def _counted(numerator: float, denominator: float | None, topic: Topic) -> str:
    """What an institution adds to a topic: a number, for shares its numerator and denominator."""
    if denominator is None:
        return number(numerator)
    if topic.measure == "share" or topic.measure == "ratio":
        return f"{number(numerator)} / {number(denominator)}"
    return ("是" if numerator else "否") if denominator else "—"


def _indicator_rows(view: View, shown: Shown) -> list[dict[str, Any]]:
    """Every indicator in the chosen places beside the city under the same other filters."""
    part = figures.results(narrowed(view, shown))
    everywhere = replace(view, scope=replace(view.scope, district=()))
    whole = {each.id: each for each in figures.results(everywhere)}
    return [_indicator_row(view, shown, each, whole[each.id]) for each in part]


def _indicator_row(view: View, shown: Shown, part: Result, city: Result) -> dict[str, Any]:
    unit = part.indicator.unit
    counted = part.denominator is None and part.actual is not None and bool(city.actual)
    share = (part.actual or 0.0) / (city.actual or 1.0) * 100 if counted else None
    change = None if part.actual is None or part.baseline is None else part.actual - part.baseline
    step = "个百分点" if unit == "%" else unit
    assessed = bool(shown.areas) and part.status != NOT_ASSESSED
    return {
        "name": part.indicator.short,
        "full": part.indicator.name,
        "value": number(part.actual, unit, part.target),
        "city": number(city.actual, unit),
        "share": "—" if share is None else number(share, "%"),
        "change": "—" if change is None else places.signed(change, step).removesuffix(step),
        "status": part.status,
        "word": WORDS[part.status],
        "target": number(part.target, unit) if assessed and part.target is not None else "",
        "on": part.id == shown.topic,
        **view.link("indicator", {"id": part.id, **area_of(shown)}),
    }
