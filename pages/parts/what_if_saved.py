"""Saved scenarios: keep one, list, load, rename, delete with undo, compare, files in and out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from data import notes
from pages.parts import clock, download, sign_on, what_if_overwrite
from pages.parts import what_if_picture as picture
from pages.parts.block import block, render
from pages.parts.verbatim import verbatim
from pages.parts.view import View, follow, whole
from pages.parts.what_if_board import Board, fitted, ready, saved_value
from queries import scenario as what_if
from queries.scenario import MOST_BYTES, Outcome, Prepared, Scenario, ScenarioError
from queries.status import WORDS, number

MOST_COMPARED = 4
MOST_RESTORED = 30
# Of what the notes count by.
LARGEST_NUMBER = 2**63 - 1
_SAID = "what-if-saved-said"
_DELETED = "what-if-deleted"
# The scenario whose name and note are edited, as it was when the form was opened.
_RENAMED = "what-if-renamed"


@dataclass(frozen=True)
class Column:
    """A scenario in a comparison; said: what a reader must know of how it was recomputed."""

    name: str
    about: str
    outcome: Outcome
    said: tuple[str, ...]


# ---------------------------------------------------------------- keeping


def keep(view: View, at: Board) -> None:
    """The button that keeps what is worked on, under a name or in the scenario it came from."""
    with st.popover("保存情景", icon=":material/save:", type="tertiary"):
        if at.origin is not None:
            _keep_over(view, at, at.origin)
        with st.form("what-if-keep", clear_on_submit=False, border=False):
            name = st.text_input("名称", max_chars=notes.LONGEST_NAME, key="what-if-keep-name")
            note = st.text_area(
                "说明（可不填）", max_chars=notes.LONGEST_NOTE, height=90, key="what-if-keep-note"
            )
            asked = st.form_submit_button("保存", type="primary")
        if asked:
            try:
                found = notes.save_scenario(
                    draft(view, at.scenario, name, note),
                    sign_on.require("editor", "保存情景").name,
                )
            except (notes.Refused, notes.Unavailable) as error:
                st.error(verbatim(error))
                return
            at.load(at.scenario, kept=found)
            say(f"已保存情景“{found.name}”，点名称即可打开，复制其链接可分享。")
            follow(f"?part=saved&saved={found.id}&levers=")


def _keep_over(view: View, at: Board, origin: notes.Scenario) -> None:
    who = f"（{origin.changed_by} 保存于 {clock.moment(origin.changed_at)}）"
    if what_if_overwrite.edited(view, at, origin) == origin:
        st.caption(verbatim(f"与已保存的“{origin.name}”相同{who}"))
        return
    st.caption(verbatim(f"由“{origin.name}”调整而来{who}"))
    if st.button("保存到原情景", key="what-if-keep-over"):
        try:
            what_if_overwrite.over(view, at, origin)
        except (notes.Refused, notes.Unavailable) as error:
            st.error(verbatim(error))


def draft(view: View, given: Scenario, name: str, note: str) -> notes.Draft:
    """What is kept of a scenario on the view's data."""
    return notes.Draft(name=name, note=note, **what_if_overwrite.content(view, given))


def say(text: str) -> None:
    """Have the next run of the page say it, once."""
    st.session_state[_SAID] = text


# ---------------------------------------------------------------- the list


def show(view: View, at: Board) -> None:
    """The part of the page with what is kept."""
    said = st.session_state.pop(_SAID, "")
    prepared = ready(view)
    try:
        listed = notes.scenarios()
        gone = notes.scenarios(deleted=True, limit=MOST_RESTORED)
    except notes.Unavailable as error:
        block(render("empty", title="保存的情景暂时无法读取", text=str(error)), key="what-if-saved")
        _upload(at, prepared)
        return
    acted = block(_list(view, prepared, listed, gone, said), key="what-if-saved")
    if acted:
        _act(at, prepared, acted)
    _edit(prepared)
    _upload(at, prepared)
    if listed:
        _compare(view, at, prepared, listed)


def _list(
    view: View,
    prepared: Prepared,
    listed: Sequence[notes.Scenario],
    gone: Sequence[notes.Scenario],
    said: str,
) -> str:
    rows = []
    for each in listed:
        other = each.version_id != prepared.version_id
        rows.append(
            {
                "id": each.id,
                "name": each.name,
                "revision": each.revision,
                "note": each.note,
                "who": each.changed_by,
                "when": clock.moment(each.changed_at),
                "version": each.version_id,
                "as_of": each.as_of.isoformat(),
                "other": other,
                "href": view.address("what-if", {"saved": str(each.id)}),
            }
        )
    deleted = st.session_state.get(_DELETED)
    return render(
        "what_if_saved",
        rows=rows,
        said=said,
        deleted=deleted,
        gone=[
            {
                "id": each.id,
                "name": each.name,
                "who": each.changed_by,
                "when": clock.moment(each.deleted_at or each.changed_at),
            }
            for each in gone
        ],
        others=sum(row["other"] for row in rows),
    )


def _act(at: Board, prepared: Prepared, acted: str) -> None:
    """A click in the list. Raises nothing: what cannot be done is said."""
    verb, _, rest = acted.partition(":")
    identity, _, revision = rest.partition(":")
    number_ = whole(identity, 0, LARGEST_NUMBER)
    if number_ is None:
        # Not from this list: a browser may send anything.
        return
    try:
        if verb == "load":
            kept = notes.load_scenario(number_)
            found, said = fitted(prepared, saved_value(kept))
            at.load(found, *said, kept=kept)
            at.address = ("", identity)
            follow(f"?part=&levers=&saved={number_}")
        elif verb == "delete":
            kept = notes.load_scenario(number_)
            if str(kept.revision) != revision:
                raise notes.Changed(kept)
            notes.delete_scenario(kept, sign_on.require("editor", "删除情景").name)
            st.session_state[_DELETED] = {"id": kept.id, "name": kept.name}
            say(f"已删除“{kept.name}”。")
        elif verb == "restore":
            who = sign_on.require("editor", "恢复情景").name
            back = notes.restore_scenario(number_, who)
            st.session_state.pop(_DELETED, None)
            say(f"已恢复“{back.name}”。")
        elif verb == "rename":
            st.session_state[_RENAMED] = notes.load_scenario(number_)
    except (notes.Refused, notes.Unavailable, ScenarioError) as error:
        say(str(error))
    st.rerun()


def _edit(prepared: Prepared) -> None:
    """The form for the name and note of the scenario to be renamed."""
    kept: notes.Scenario | None = st.session_state.get(_RENAMED)
    if kept is None:
        return
    with st.form(f"what-if-rename-{kept.id}"):
        name = st.text_input(
            "名称", kept.name, max_chars=notes.LONGEST_NAME, key=f"what-if-name-{kept.id}"
        )
        note = st.text_area(
            "说明",
            kept.note,
            max_chars=notes.LONGEST_NOTE,
            height=90,
            key=f"what-if-note-{kept.id}",
        )
        with st.container(horizontal=True):
            done = st.form_submit_button("保存修改", type="primary")
            stop = st.form_submit_button("取消")
    if stop:
        del st.session_state[_RENAMED]
        st.rerun()
    if done:
        try:
            who = sign_on.require("editor", "修改情景").name
            notes.edit_scenario(replace(kept, name=name, note=note), who)
        except notes.Changed as error:
            # Who has seen what was changed may save over it.
            st.session_state[_RENAMED] = error.found
            rows = what_if_overwrite.differences(prepared, kept, error.found)
            told = "；".join(f"{r['what']} {r['before']} → {r['now']}" for r in rows)
            st.error(verbatim(f"{error}。改动：{told or '没有不同'}"))
            return
        except notes.Gone as error:
            del st.session_state[_RENAMED]
            say(str(error))
            st.rerun()
        except (notes.Refused, notes.Unavailable) as error:
            st.error(verbatim(error))
            return
        del st.session_state[_RENAMED]
        say("已保存修改。")
        st.rerun()


# ---------------------------------------------------------------- files


def as_file(prepared: Prepared, given: Scenario) -> bytes:
    """The scenario with its data version and day, as ``python -m queries.scenario`` reads it."""
    complete = replace(given, version=prepared.version_id, as_of=prepared.day)
    return what_if.to_json(complete).encode("utf-8")


def read_file(content: bytes, prepared: Prepared) -> tuple[Scenario, tuple[str, ...]]:
    """The scenario of an uploaded file on these data, and what changed. Raises ScenarioError.

    A file of these data must be right to the letter; one of other data is fitted, which is said.
    """
    if len(content) > MOST_BYTES:
        raise ScenarioError("情景文件超过 1 MB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioError(f"情景文件不是 UTF-8 文本（第 {error.start + 1} 字节）") from None
    given = what_if.from_json(text)
    if given.version in ("", prepared.version_id):
        what_if.check(prepared, given)
    return fitted(prepared, given)


def _upload(at: Board, prepared: Prepared) -> None:
    turn = st.session_state.setdefault("what-if-upload-turn", 0)
    with st.expander("从文件载入情景（.json）"):
        given = st.file_uploader(
            "情景文件",
            type=["json"],
            key=f"what-if-upload-{turn}",
            max_upload_size=1,
            label_visibility="collapsed",
        )
        if given is None:
            return
        try:
            found, said = read_file(given.getvalue(), prepared)
        except ScenarioError as error:
            lines = str(error).splitlines()
            block(
                render("what_if_faults", name=given.name, lines=lines[:20], count=len(lines)),
                key="what-if-faults",
            )
            return
    at.load(found, f"已从文件“{given.name[:80]}”载入情景。", *said)
    at.address = at.written()
    st.session_state["what-if-upload-turn"] = turn + 1
    levers, _ = at.address
    for name, value in (("levers", levers), ("saved", ""), ("part", "")):
        if value:
            st.query_params[name] = value
        elif name in st.query_params:
            del st.query_params[name]
    st.rerun()


# ---------------------------------------------------------------- comparing


def _compare(view: View, at: Board, prepared: Prepared, listed: Sequence[notes.Scenario]) -> None:
    """Two to four side by side: the base, what is worked on, and saved ones."""
    names = {"now": "正在调整的情景"} | {str(each.id): each.name for each in listed}
    asked = [each for each in st.query_params.get("compare", "").split(",") if each in names]
    chosen = st.multiselect(
        "并列比较（选择二至四个）",
        list(names),
        default=asked[:MOST_COMPARED],
        format_func=lambda each: names[each],
        max_selections=MOST_COMPARED,
        placeholder="选择情景",
        key="what-if-compare",
    )
    text = ",".join(chosen)
    if text != st.query_params.get("compare", ""):
        if text:
            st.query_params["compare"] = text
        else:
            st.query_params.pop("compare", None)
    if len(chosen) < 2:
        return
    kept = {str(each.id): each for each in listed}
    try:
        columns = [column(prepared, at, kept.get(each)) for each in chosen]
    except ScenarioError as error:
        block(render("note", text=str(error)), key="what-if-compare-fault")
        return
    follow(block(comparison(view, columns), key="what-if-compared"))
    download.button(
        view,
        "下载比较（.xlsx）",
        lambda: compared_file(view, columns),
        download.name(view, "情景比较", "xlsx"),
        key="what-if-compare-file",
    )


def column(prepared: Prepared, at: Board, kept: notes.Scenario | None) -> Column:
    """A saved scenario, or what is worked on, recomputed on these data. Raises ScenarioError."""
    if kept is None:
        return Column("正在调整的情景", "", what_if.outcome(prepared, at.scenario), ())
    found, said = fitted(prepared, saved_value(kept))
    return Column(kept.name, kept.note, what_if.outcome(prepared, found), said)


def comparison(view: View, columns: Sequence[Column]) -> str:
    """The table of a comparison."""
    first = columns[0].outcome
    rows = []
    for place, each in enumerate(first.indicators):
        cells = [c.outcome.indicators[place] for c in columns]
        unit = each.indicator.unit
        rows.append(
            {
                "name": each.indicator.name,
                "target": number(each.result.target, unit) if each.result.target else "—",
                "base": number(each.base, unit, each.result.target),
                "cells": [
                    {"figure": number(c.value, unit, c.result.target), "status": c.status}
                    for c in cells
                ],
                "differs": len({c.status for c in cells}) > 1,
                **view.link("indicator", {"id": each.id}),
            }
        )
    best = max(columns, key=lambda c: (picture.reached(c.outcome.counts), -c.outcome.cost.total))
    return render(
        "what_if_compare",
        title=f"“{best.name}”达成最多：{picture.reached(best.outcome.counts)} 项，"
        f"市级资金 {number(best.outcome.cost.total, '万元')}",
        columns=[
            {
                "name": c.name,
                "about": c.about,
                "said": c.said,
                "reached": picture.reached(c.outcome.counts),
                "cost": number(c.outcome.cost.total, "万元"),
                "missing": "、".join(c.outcome.cost.not_counted),
                "touched": f"增设 {number(c.outcome.touched.opened)} 个、"
                f"裁撤 {number(c.outcome.touched.closed)} 个",
                "students": number(c.outcome.touched.students, "人"),
                "moved": len(c.outcome.scenario.levers),
            }
            for c in columns
        ],
        rows=rows,
        source=view.source,
    )


def compared_file(view: View, columns: Sequence[Column]) -> bytes:
    """The comparison as a workbook."""
    headers = ["编号", "指标", "单位", "目标值", "现有速度"]
    for c in columns:
        headers += [c.name, f"{c.name}·状态"]
    rows: list[list[Any]] = []
    for place, each in enumerate(columns[0].outcome.indicators):
        row: list[Any] = [
            each.id,
            each.indicator.name,
            each.indicator.unit,
            each.result.target,
            each.base,
        ]
        for c in columns:
            cell = c.outcome.indicators[place]
            row += [cell.value, WORDS[cell.status]]
        rows.append(row)
    money: list[Any] = ["", "市级资金", "万元", None, None]
    for c in columns:
        money += [c.outcome.cost.total, ""]
    return download.workbook(view, "情景比较", headers, [*rows, money])
