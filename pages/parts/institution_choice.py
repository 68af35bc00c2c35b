"""Choosing institutions: the pickers, which can be searched, and the list of all."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from pages.parts import figures
from pages.parts.block import block, render
from pages.parts.view import View, follow
from queries.evaluate import Scope
from queries.institutions import School, level_on, schools
from queries.run import Institution, OpenVersion
from queries.status import number

WITH = "with"
MOST_OTHERS = 3


def known(view: View) -> dict[str, Institution]:
    """Every institution of the data by id."""
    return _by_id(view.version)


@st.cache_resource(
    max_entries=4, show_spinner=False, hash_funcs={OpenVersion: lambda version: version.key}
)
def _by_id(version: OpenVersion) -> dict[str, Institution]:
    return {each.institution_id: each for each in version.institutions}


@figures.kept(100)
def inside(view: View) -> dict[str, School | None]:
    """The institutions of the filters by id; None for those not in force on the day.

    Technician institutions among them, since they have a portrait too.
    """
    scope = view.scope
    found: dict[str, School | None] = {}
    for outside in (False, True):
        part = replace(scope, outside=outside)
        found |= {each.id: each for each in schools(view.version, view.as_of, part)}
    levels = level_on(view.version, view.as_of)
    for each in view.version.institutions:
        if (
            each.institution_id not in levels
            and scope.lets_in(each)
            and (not scope.level or each.level_today in scope.level)
        ):
            found[each.institution_id] = None
    return found


@figures.kept(50)
def labels(view: View) -> dict[str, str]:
    """Every institution as pickers show it, by name: name, level on the day, district."""
    return {
        each.institution_id: f"{each.name}（{level_words(view, each)} · {each.district}）"
        for each in sorted(view.version.institutions, key=lambda each: each.name)
    }


@figures.kept(50)
def choices(view: View) -> list[str]:
    """The institutions of the filters, by name."""
    held = inside(view)
    return [code for code in labels(view) if code in held]


@figures.kept(20)
def levels(view: View) -> dict[str, str]:
    """Institution in force on the day -> its level then."""
    return level_on(view.version, view.as_of)


def level_words(view: View, institution: Institution) -> str:
    """Its level on the day; what else must be known of it to read its figures."""
    words = levels(view).get(institution.institution_id, "不在办")
    return f"{words}，技工院校" if institution.outside else words


def choose(view: View) -> str | None:
    """The institution of the address; the picker, which can be searched, writes the address."""
    everyone = known(view)
    wanted = st.query_params.get("id", "")
    current = wanted if wanted in everyone else None
    if wanted and current is None:
        block(
            render("note", text=f"没有代码为“{wanted[:40]}”的院校，请在下面选择。"), key="unknown"
        )
    codes = choices(view)
    if current is not None and current not in codes:
        codes = [current, *codes]
    # The key holds the id, so that an address opened from elsewhere resets the picker.
    picked = st.selectbox(
        "院校",
        codes,
        index=None if current is None else codes.index(current),
        format_func=labels(view).__getitem__,
        placeholder="输入名称查找院校",
        key=f"pick-{current}",
        label_visibility="collapsed",
        width=420,
    )
    if picked != current:
        _go_to(picked)
    return current


def _go_to(picked: str | None) -> None:
    if picked is None:
        del st.query_params["id"]
    else:
        st.query_params["id"] = picked
    if WITH in st.query_params:
        del st.query_params[WITH]
    st.rerun()


def choose_others(view: View, chosen: str | None) -> tuple[str, ...]:
    """The institutions to compare with, at most three; the picker writes the address."""
    if chosen is None:
        return ()
    everyone = known(view)
    asked = dict.fromkeys(st.query_params.get_all(WITH))
    current = [code for code in asked if code in everyone and code != chosen][:MOST_OTHERS]
    held = {*inside(view), *current} - {chosen}
    codes = [code for code in labels(view) if code in held]
    picked = st.multiselect(
        "并排比较",
        codes,
        default=current,
        format_func=labels(view).__getitem__,
        placeholder="并排比较：再选一至三所",
        max_selections=MOST_OTHERS,
        key=f"with-{chosen}-{'-'.join(current)}",
        label_visibility="collapsed",
        width="stretch",
    )
    if picked != current:
        if picked:
            st.query_params[WITH] = picked
        else:
            del st.query_params[WITH]
        st.rerun()
    return tuple(current)


def directory(view: View) -> None:
    """Every institution of the filters, to choose from."""
    follow(block(_directory(view), key="directory"))


def _size(school: School | None) -> int:
    """Most points first."""
    return 0 if school is None else -school.points


@figures.kept(50)
def _directory(view: View) -> str:
    everyone = known(view)
    found = inside(view)
    order = sorted(found, key=lambda code: (_size(found[code]), everyone[code].name))
    rows = [
        {
            "name": everyone[code].name,
            "level": level_words(view, everyone[code]),
            "district": everyone[code].district,
            "authority": everyone[code].authority or "—",
            "points": "—" if school is None else number(float(school.points)),
            "students": "—"
            if school is None or school.students is None
            else number(school.students),
            **view.link("institution", {"id": code}),
        }
        for code, school in ((code, found[code]) for code in order)
    ]
    running = sum(school is not None and not everyone[c].outside for c, school in found.items())
    return render(
        "institution_list",
        title=f"选一所院校看画像：{view.scope.words or '全市'}在办院校 {running} 所",
        subtitle=view.source,
        rows=rows,
        clear="~district=&authority=&level=",
        href=replace(view, scope=Scope()).address("institution"),
    )
