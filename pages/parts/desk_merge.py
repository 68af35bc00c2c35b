"""数据管理, 一校一表: the merge of what came back, seen before it is done."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from data import notes, rounds, school_forms, school_merge, scratch, trial, versions
from data.load import Unwritable
from data.rounds import READY, Round, Standing
from data.school_merge import Prepared
from data.versions import Busy, DamagedVersion, NoVersion, OldSchema
from pages.parts import desk, desk_difference, download, front, sign_on
from pages.parts.block import block, render
from pages.parts.view import View

_TRIED = "desk-merge"


@dataclass
class Tried:
    """A merge that was tried out. base: what CURRENT held then; against: the file of the version it
    is compared with; folder: gone with the session."""

    round: int
    folder: tempfile.TemporaryDirectory[str]
    base: str | None
    against: Path
    prepared: Prepared
    moved: list[dict[str, Any]]
    days: tuple[str, str]


def show(view: View, found: Round, standings: Sequence[Standing]) -> None:
    """The button, the preview, the confirmation."""
    ready = [each for each in standings if each.state == READY]
    tried: Tried | None = st.session_state.get(_TRIED)
    if tried is not None and tried.round != found.id:
        tried = None
    if ready and st.button(
        f"预览并入：{len(ready)} 所已返回无误的院校", key="schools-merge", type="secondary"
    ):
        try:
            tried = _try_out(view, found, ready)
        except sign_on.NotAllowed as error:
            desk.refuse(error)
            return
        except (
            trial.Overrun,
            NoVersion,
            DamagedVersion,
            OldSchema,
            notes.Unavailable,
            OSError,
        ) as error:
            block(render("empty", title="没有完成", text=str(error)), key="schools-not-merged")
            return
        st.session_state[_TRIED] = tried
        # The board above has to say what was refused.
        st.rerun()
    if tried is not None:
        _preview(view, found, tried)


def _try_out(view: View, found: Round, ready: Sequence[Standing]) -> Tried:
    who = sign_on.require("editor", "预览并入")
    folder = scratch.folder("merge-")
    base, current = versions.pointed_at(), versions.current().path
    with desk.checking() as note:
        prepared = school_merge.prepare(found, ready, current, Path(folder.name), note)
    tried = Tried(found.id, folder, base, current, prepared, [], ("", ""))
    wanted = rounds.still_latest([each for each, _ in prepared.refused])
    for each, problems in prepared.refused:
        # The board must not go on calling it good; what came back meanwhile stays the latest.
        if each in wanted:
            rounds.add_return(
                found.id, each.institution, each.file, each.sha256, problems, who.name
            )
    if prepared.outcome.clean and prepared.outcome.rows:
        tried.moved, tried.days = desk.moved(current, prepared.database, view.version.plan)
    return tried


def _preview(view: View, found: Round, tried: Tried) -> None:
    prepared, outcome = tried.prepared, tried.prepared.outcome
    number = len(prepared.merged)
    names = prepared.names
    if not outcome.clean:
        text = outcome.unreadable or "；".join(each.line for each in outcome.problems[:5])
        block(render("empty", title="不能并入", text=text), key="schools-unmergeable")
        return
    block(
        desk.preview(f"并入 {number} 所院校", "并入", tried.base, outcome, tried.moved, tried.days)
        + render(
            "desk_conflicts",
            refused=[
                (names.get(each.institution, each.institution), problems[:20])
                for each, problems in prepared.refused
            ],
            unknown=[names.get(code, code) for code in prepared.unknown],
            conflicts=[
                {
                    "school": names.get(each.institution, each.institution),
                    "sheet": each.sheet,
                    "row": "，".join(map(trial.say, each.row)),
                    "column": each.column,
                    "base": trial.say(each.base),
                    "now": trial.say(each.now),
                    "returned": trial.say(each.returned),
                    "untouched": each.untouched,
                }
                for each in prepared.conflicts[: desk.MOST_LISTED]
            ],
            count=len(prepared.conflicts),
            untouched=sum(each.untouched for each in prepared.conflicts),
            more=max(len(prepared.conflicts) - desk.MOST_LISTED, 0),
        ),
        key="schools-preview",
    )
    if outcome.shifts:
        download.button(
            view,
            "下载完整差异（.xlsx）",
            partial(desk_difference.workbook, tried.against, prepared.database, view.version.plan),
            f"{school_forms.plain_name(found.name)}_并入前后差异.xlsx",
            subject=lambda: found.name,
            detail={"from": tried.base or ""},
            key="schools-whole",
            kind="secondary",
        )
    if number:
        _confirm(found, tried)


def _confirm(found: Round, tried: Tried) -> None:
    prepared, outcome = tried.prepared, tried.prepared.outcome
    key = Path(tried.folder.name).name
    note = st.text_input(
        "说明（选填，记入版本）", max_chars=trial.LONGEST_NOTE, key=f"schools-note-{key}"
    )
    seen = True
    if outcome.warnings:
        words = f"已阅 {len(outcome.warnings)} 条提醒，仍要并入"
        seen &= st.checkbox(words, key=f"schools-seen-{key}")
    if prepared.conflicts or prepared.unknown:
        count = len(prepared.conflicts)
        words = f"已阅 {count} 处此后的改动，以返回的为准" if count else "已知无法核对，仍要并入"
        seen &= st.checkbox(words, key=f"schools-over-{key}")
    with st.container(horizontal=True, key="schools-merge-buttons"):
        pressed = st.button("确认并入", type="primary", key="schools-confirm", disabled=not seen)
        if st.button("放弃", key="schools-drop"):
            st.session_state.pop(_TRIED, None)
            st.rerun()
    if pressed and seen:
        _adopt(found, tried, note)


def _unchanged(tried: Tried) -> None:
    """Raises Moved when an institution has sent another workbook since the preview, or when nothing
    was to be loaded and the data is another now; else ``trial.adopt`` looks for that itself."""
    merged = tried.prepared.merged
    if len(rounds.still_latest(merged)) != len(merged):
        raise trial.Moved("预览之后，有院校重新返回了填报表；没有并入。请重新预览")
    if not tried.prepared.outcome.rows and versions.pointed_at() != tried.base:
        raise trial.Moved("预览之后，当前数据已被他人更新或切换；没有并入。请重新预览")


def _adopt(found: Round, tried: Tried, note: str) -> None:
    merged = tried.prepared.merged
    detail: dict[str, Any] = {"round": found.name, "note": note, "from": tried.base or ""}
    try:
        who = sign_on.require("editor", "并入返回的填报表")
        _unchanged(tried)
        if tried.prepared.outcome.rows:
            version = trial.adopt(tried.prepared.database, tried.base, who.name, note).id
            detail["warnings"] = len(tried.prepared.outcome.warnings)
        else:
            # Nothing differs: the data has it all.
            version = tried.against.stem
    except sign_on.NotAllowed as error:
        desk.refuse(error)
    except trial.Moved as error:
        desk.record("merge", sign_on.user().name, found.name, {"reason": str(error)}, refused=True)
        block(render("empty", title="没有并入", text=str(error)), key="schools-moved")
        st.session_state.pop(_TRIED, None)
    except (Busy, Unwritable, notes.Unavailable) as error:
        block(render("empty", title="没有并入", text=str(error)), key="schools-unwritten")
    else:
        st.session_state.pop(_TRIED, None)
        words = f"已并入 {len(merged)} 所院校，各页现在使用版本 {version}"
        if not tried.prepared.outcome.rows:
            words = f"{len(merged)} 所院校返回的内容与当前数据相同，没有新版本"
        try:
            rounds.set_merged(merged, version, who.name, detail)
        except notes.Unavailable as error:
            words += f"；但未能记下已并入：{error}"
        front.use_newest()
        st.session_state[desk.DONE] = words
        st.rerun()
