"""Runs before every page: the data version, the global filters and the line at the top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import NoReturn

import streamlit as st

from data.contract import (
    AUTHORITIES,
    FIRST_DATE,
    LAST_DATE,
    LEVELS,
    SAMPLE_NATURE,
)
from data.plan import Plan, PlanError, load_plan
from data.versions import (
    DamagedVersion,
    NoVersion,
    OldSchema,
    current,
    pointed_at,
    pointer_note,
)
from pages.parts import first_start, needs, sign_on, theme
from pages.parts.block import block, render
from pages.parts.view import AS_OF, AUTHORITY, DISTRICT, LEVEL, View, allowed, day_of, places
from queries.evaluate import Scope
from queries.run import OpenVersion, open_file

FILTERS = (AS_OF, AUTHORITY, LEVEL, DISTRICT)
HELD = "version-held"
# How often somebody who only looks learns of newer data: reading the pointer takes microseconds.
LOOKED_EVERY = "20s"
HERE = Path(__file__).parent
ICON = HERE / "icon.png"


def style() -> None:
    """The page's own style sheet: density and paper."""
    st.html(HERE / "page.css")


def name_plate(plan_: Plan) -> None:
    """The app's name above the navigation, in the reader's own fonts; a click goes home."""
    title = plan_.short_title.removeprefix(plan_.city)
    width = max(13 * len(title), 60)
    face = f'font-family="{escape(theme.FONTS)}"'
    st.logo(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="32">'
        f'<text x="0" y="11" font-size="11" fill="{theme.SOFT}" {face}>{escape(plan_.city)}</text>'
        f'<text x="0" y="28" font-size="13" font-weight="700" fill="{theme.ACCENT}" {face}>'
        f"{escape(title)}</text></svg>",
        size="large",
        icon_image=str(ICON),
    )


def plan() -> Plan:
    """The plan file; a broken one stops the run with what is wrong in it."""
    try:
        return load_plan()
    except PlanError as error:
        stop("方案文件无法读取", str(error))


def version(plan_: Plan) -> OpenVersion:
    """The version this session began with; without any the demonstration data is built first.

    When another one has become current a quiet note offers it: no number changes under a reader's
    eyes.
    """
    try:
        newest = current()
        return _held(newest.path, plan_) or open_file(newest.path, plan_)
    except NoVersion:
        first_start.build()
        st.stop()
    except OldSchema as error:
        stop("数据库的结构版本不符", str(error))
    except DamagedVersion as error:
        stop("数据文件损坏", str(error))


def _held(newest: Path, plan_: Plan) -> OpenVersion | None:
    """The version this session began with; None when it is the newest, or gone, which is said."""
    kept: Path = st.session_state.setdefault(HELD, newest)
    found = None
    if kept != newest:
        try:
            found = open_file(kept, plan_)
        except (NoVersion, DamagedVersion, OldSchema) as error:
            st.session_state[HELD] = newest
            why = "已被清理" if isinstance(error, NoVersion) else "已无法读取"
            text = f"您打开时所看的数据版本{why}，各页现在改用当前版本，请重新核对此前看过的数字。"
            block(render("note", text=text), key="updated-gone")
    _offer_newest()
    return found


@st.fragment(run_every=LOOKED_EVERY)
def _offer_newest() -> None:
    """Say that another version has become current, also to who only looks; theirs to take."""
    sign_on.check()
    kept: Path | None = st.session_state.get(HELD)
    if kept is None or not superseded(kept):
        return
    with st.container(horizontal=True, vertical_alignment="center", key="updated"):
        block(
            render("note", text="数据已更新；您看到的仍是打开时的版本，刷新后各页改用新数据。"),
            key="updated-note",
        )
        if st.button("刷新", key="updated-take"):
            use_newest()
            st.rerun()


def superseded(kept: Path) -> bool:
    """Whether another version than that file has become current."""
    if pointed_at() == kept.stem:
        return False
    try:
        return current().path != kept
    except (NoVersion, DamagedVersion, OldSchema):
        return False


def use_newest() -> None:
    """Let this session go on with the current version from its next run."""
    st.session_state.pop(HELD, None)


def stop(title: str, text: str) -> NoReturn:
    """A page that says what is wrong and what to do, instead of the page asked for."""
    block(render("empty", title=title, text=text), key="stopped")
    st.stop()


def filters(version_: OpenVersion) -> View:
    """The slim bar: name, date and mark on the left; day, authority and level on the right."""
    # Read before the widgets, which take what they do not know out of the address.
    ignored = unknown(version_, {name: st.query_params.get_all(name) for name in FILTERS})
    with st.container(horizontal=True, vertical_alignment="center", key="top"):
        line = st.container(width="stretch")
        with st.container(horizontal=True, width="content", key="filters"):
            day = st.date_input(
                "数据截至日",
                value=version_.as_of,
                min_value=FIRST_DATE,
                max_value=LAST_DATE,
                format="YYYY-MM-DD",
                key=AS_OF,
                bind="query-params",
                label_visibility="collapsed",
                required=True,
                width=136,
            )
            scope = Scope(
                authority=_several("主管", AUTHORITY, AUTHORITIES),
                level=_several("层次", LEVEL, LEVELS),
                district=_several("区县", DISTRICT, places(version_)),
            )
    # A browser may send another day than its calendar offers.
    day = day if day and FIRST_DATE <= day <= LAST_DATE else version_.as_of
    found = View(version_, day, scope)
    with line:
        block(
            render(
                "top",
                name=version_.name,
                data_date=version_.as_of.isoformat(),
                as_of=found.as_of.isoformat(),
                filters=found.scope.words,
                mark=found.mark,
            ),
            key="line",
        )
    for index, note in enumerate([*ignored, *notes(found)]):
        block(render("note", text=note), key=f"note-{index}-{note[:12]}")
    return found


def _several(label: str, key: str, options: Sequence[str]) -> tuple[str, ...]:
    """A filter of several values, bound to the address under its key; none chosen means all."""
    chosen = st.multiselect(
        label,
        options,
        key=key,
        bind="query-params",
        placeholder=f"全部{label}",
        label_visibility="collapsed",
        width=150,
    )
    return tuple(each for each in chosen if each in options)


def unknown(version_: OpenVersion, asked: Mapping[str, Sequence[str]]) -> list[str]:
    """What the address asks for and nothing here knows: a mistyped link must not pass for the city.

    asked: the values in the address by filter.
    """
    known = allowed(version_)
    wrong = [v for name, options in known.items() for v in asked[name] if v not in options]
    wrong += [text for text in asked[AS_OF] if day_of(text) is None]
    return [f"链接中的“{value[:20]}”不是可用的日期、主管、层次或区县，已忽略。" for value in wrong]


def notes(view: View) -> list[str]:
    """What a reader must know before believing the figures below."""
    found = []
    damaged = pointer_note()
    if damaged:
        found.append(damaged)
    lacking, without = needs.lacking_anywhere(view.version.filled, view.version.plan)
    if view.version.nature == SAMPLE_NATURE:
        found.append("样例数据不完整：数值只含已收录的行，0 表示样例中没有收录，不代表实际为零。")
    if lacking:
        found.append(
            f"数据中{'、'.join(lacking)}为空，{without} 项指标因此无数据；填报后即可计算。"
        )
    if view.as_of > view.version.as_of:
        found.append(
            f"所看日期晚于数据截止日 {view.version.as_of}："
            "其后的数值只含数据中已登记的日期，不代表实际。"
        )
    if view.as_of < view.version.plan.issued_on:
        found.append(f"所看日期早于方案印发日 {view.version.plan.issued_on}，尚无进度可评。")
    return found
