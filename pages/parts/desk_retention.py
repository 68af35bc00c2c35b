"""数据管理, 数据版本: what an administrator notes on a version, pins, and removes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from data import notes, retention
from data.notes import Mark
from data.retention import Pruned, Selection, Unprunable
from data.versions import Busy, NoVersion, Version
from pages.parts import clock, desk, sign_on
from pages.parts.block import block, render

USUAL_KEEP, MOST_KEEP = 10, 1_000
_MEGABYTE = 1_000_000


def marks() -> dict[str, Mark]:
    """Pins and notes by version id; says when they cannot be read."""
    try:
        return notes.marks()
    except notes.Unavailable as error:
        text = f"版本的固定状态和说明暂时无法读取：{error}"
        block(render("note", text=text), key="desk-no-marks")
        return {}


def show(found: list[Version], marked: dict[str, Mark]) -> None:
    """The controls. found: every version, newest first."""
    _mark({each.id: each for each in found}, marked)
    _prune({each.id: each for each in found})


def _mark(known: dict[str, Version], marked: dict[str, Mark]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="desk-mark"):
        chosen = st.selectbox(
            "标注版本",
            list(known),
            format_func=lambda name: desk.label(known[name]),
            key="desk-marked-version",
            width=420,
        )
        mark = marked.get(chosen)
        pinned = mark is not None and mark.pinned
        text = st.text_input(
            "说明（改后保存；数据文件不变）",
            value=retention.noted(known[chosen], mark),
            max_chars=notes.LONGEST_VERSION_NOTE,
            key=f"desk-version-note-{chosen}",
            width=300,
        )
        if st.button("保存说明", key="desk-note-save"):
            _done(
                "version_note",
                "修改版本说明",
                lambda who: f"已保存说明：{retention.note(chosen, text, who)}",
                chosen,
            )
        if st.button("取消固定" if pinned else "固定（不会被清理）", key="desk-pin"):
            _done(
                "unpin" if pinned else "pin",
                "取消固定数据版本" if pinned else "固定数据版本",
                lambda who: (
                    f"{'已取消固定' if pinned else '已固定'}："
                    f"{retention.pin(chosen, who, pinned=not pinned)}"
                ),
                chosen,
            )


def _prune(known: dict[str, Version]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="desk-prune-choice"):
        keep = st.number_input(
            "清理旧版本：除当前和已固定的以外，保留最近几个",
            min_value=0,
            max_value=MOST_KEEP,
            value=USUAL_KEEP,
            key="desk-keep",
            width=420,
        )
        wanted = st.toggle("预览清理", key="desk-prune-preview")
    if not wanted:
        return
    try:
        found = retention.preview(int(keep))
    except (Unprunable, notes.Unavailable, OSError) as error:
        block(render("empty", title="无法清理", text=str(error)), key="desk-no-prune")
        return
    block(render("desk_prune", **_preview(found, known)), key="desk-prune-shown")
    if not found.going:
        return
    shown = [each.id for each in found.going]
    # Of this very list: what a person has agreed to does not hold for another.
    sure = st.checkbox(
        f"确认删除以上 {len(shown)} 个版本，删除后无法恢复",
        key=f"desk-prune-sure-{shown[0]}-{len(shown)}",
    )
    if st.button("清理", key="desk-prune", disabled=not sure) and sure:
        _done(
            "prune",
            "清理数据版本",
            lambda who: _said(retention.prune(int(keep), who, shown)),
            "",
        )


def _preview(found: Selection, known: dict[str, Version]) -> dict[str, Any]:
    if found.going:
        title = f"将清理 {len(found.going)} 个版本，释放 {_size(found.bytes)}"
    else:
        title = "没有可清理的版本"

    def named(name: str) -> dict[str, str]:
        version = known.get(name)
        return {
            "id": name,
            "at": "" if version is None else clock.moment(version.made_at),
            "file": "" if version is None else version.meta.get("source_name", ""),
        }

    return {
        "title": f"{title}；保留 {len(found.staying)} 个",
        "going": [
            {**named(each.id), "size": _size(each.bytes), "scenarios": "、".join(each.scenarios)}
            for each in found.going
        ],
        "staying": [{**named(name), "why": why} for name, why in found.staying.items()],
    }


def _size(count: int) -> str:
    return f"{count / _MEGABYTE:,.1f} MB"


def _said(done: Pruned) -> str:
    left = "".join(f"；{name} {why}" for name, why in done.left.items())
    return f"已清理 {len(done.removed)} 个版本，释放 {_size(done.bytes)}{left}"


def _done(kind: str, action: str, act: Callable[[str], str], subject: str) -> None:
    """Do it for whoever may, and start the page over with what was done."""
    try:
        words = act(sign_on.require("administrator", action).name)
    except sign_on.NotAllowed as error:
        desk.refuse(error)
    except (Unprunable, NoVersion, Busy, notes.Unavailable, notes.Refused, OSError) as error:
        block(render("empty", title="没有完成", text=str(error)), key="desk-not-done")
        desk.record(kind, sign_on.user().name, subject, {"reason": str(error)}, refused=True)
    else:
        st.session_state[desk.DONE] = words
        st.rerun()
