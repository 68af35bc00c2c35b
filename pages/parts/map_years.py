"""The same map at each year's end: small outlines, all in one scale."""

from __future__ import annotations

from typing import Any

from data.contract import NO_DISTRICT
from pages.parts import district_map, figures
from pages.parts.block import block, render
from pages.parts.map import MISSING, colours, range_words, say
from pages.parts.map_state import Shown, narrowed, topics, view_at
from pages.parts.view import View, follow
from queries import classes, places
from queries.places import CHANGE, VALUE


def years(view: View, shown: Shown) -> None:
    """The same map at each year's end, all in one scale."""
    follow(block(_years(view, shown), key="years"))


@figures.kept(100)
def _years(view: View, shown: Shown) -> str:
    topic = topics(view.version)[shown.topic]
    days = places.year_ends(view.version, view.as_of)
    issued_on = view.version.plan.issued_on
    found = places.by_place(view.version, topic, [issued_on, *days], view.scope)
    baseline, moments = found[0], found[1:]
    names = places.place_names(view.version)
    values = [
        [amount.shown(shown.form, before) for amount, before in zip(each, baseline, strict=True)]
        for each in moments
    ]
    drawn = [kind != NO_DISTRICT for _, kind in names]
    pooled = [v for each in values for v, on in zip(each, drawn, strict=True) if on]
    graded = classes.classify(pooled, shown.classes, signed=shown.form == CHANGE)
    steps = colours(graded)
    outlined = district_map.outlines(view.version)
    maps: list[dict[str, Any]] = []
    for day, each in zip(days, values, strict=True):
        painted = {
            name: MISSING if value is None or graded is None else steps[graded.index(value)]
            for (name, _), value in zip(names, each, strict=True)
        }
        of = dict(zip((name for name, _ in names), each, strict=True))
        maps.append(
            {
                "day": "所看日期" if day == view.as_of else f"{day.year} 年末",
                "date": day.isoformat(),
                # The chosen ones last, so that no neighbour covers their outline.
                "shapes": sorted(
                    (
                        {
                            "index": index,
                            "name": shape["name"],
                            "fill": painted[shape["name"]],
                            "on": shape["name"] in shown.areas,
                            "figure": say(of[shape["name"]], topic, shown.form),
                        }
                        for index, shape in enumerate(outlined["shapes"])
                    ),
                    key=lambda shape: bool(shape["on"]),
                ),
                "zones": [
                    {
                        **zone,
                        "fill": painted[zone["name"]],
                        "on": zone["name"] in shown.areas,
                        "figure": say(of[zone["name"]], topic, shown.form),
                    }
                    for zone in outlined["zones"]
                ],
                **view_at(view, shown, day),
            }
        )
    totals = places.total(view.version, topic, [issued_on, *days], narrowed(view, shown).scope)
    for drawn_map, amount in zip(maps, totals[1:], strict=True):
        drawn_map["total"] = say(amount.shown(shown.form, totals[0]), topic, shown.form)
    headers = ("区县", *(each["day"] for each in maps))
    return render(
        "map_years",
        title=f"{topic.name}{'' if shown.form == VALUE else places.FORMS[shown.form]}逐年变化",
        subtitle=f"各图同一分级（{classes.METHODS[shown.classes]}），"
        f"单位：{topic.unit_of(shown.form)} · {view.source}",
        where="、".join(shown.areas) or "全市",
        width=round(district_map.WIDTH),
        height=outlined["height"],
        paths=[shape["path"] for shape in outlined["shapes"]],
        maps=maps,
        classes=[
            {"fill": fill, "text": range_words(topic, shown, graded, index)}
            for index, fill in enumerate(steps)
        ]
        if graded
        else [],
        data_columns=headers,
        data_rows=[
            [name, *(say(each[index], topic, shown.form) for each in values)]
            for index, (name, _) in enumerate(names)
        ],
    )
