"""数据管理, 下载与上传: template, upload, faults or preview, confirm."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from data import export, scratch, trial, versions
from data.load import Unwritable
from data.template import write_template
from data.trial import Outcome
from data.versions import Busy, DamagedVersion, NoVersion, OldSchema
from data.workbook import Problem, Progress
from pages.parts import desk, desk_difference, download, front, sign_on
from pages.parts.block import block, render
from pages.parts.verbatim import verbatim
from pages.parts.view import View, follow

ORDERS: dict[str, tuple[str, Callable[[Problem], Any]]] = {
    "place": ("工作表", lambda each: each.order),
    "cell": ("单元格", lambda each: (each.column, each.row, each.order)),
    "header": ("列", lambda each: (each.header, each.order)),
    "value": ("填写的值", lambda each: (each.value, each.order)),
    "expected": ("问题", lambda each: (each.expected, each.order)),
}
_TRIED, _TURN = "desk-tried", "desk-turn"


@dataclass
class Tried:
    """An upload that was tried out. base: what CURRENT held then; folder: gone with the session;
    against: what it was compared with; stale: that is no longer the current version; since: what
    CURRENT held when it was first looked at, should somebody have loaded other data meanwhile."""

    id: str
    name: str
    folder: tempfile.TemporaryDirectory[str]
    base: str | None
    outcome: Outcome
    against: Path | None = None
    moved: list[dict[str, Any]] = field(default_factory=list)
    days: tuple[str, str] = ("", "")
    stale: bool = False
    since: str | None = None

    @property
    def path(self) -> Path:
        return Path(self.folder.name)

    def content(self) -> bytes:
        """The file as it was uploaded. Raises OSError."""
        return (self.path / trial.safe_name(self.name)).read_bytes()


def show(view: View) -> None:
    """The view."""
    done = st.session_state.pop(desk.DONE, None)
    if done:
        st.success(verbatim(done))
    who = sign_on.user()
    _templates(view)
    if not who.may("editor"):
        text = f"您的角色是{sign_on.ROLES[who.role]}，可以下载；上传数据需要编辑者。"
        block(render("note", text=text), key="desk-viewer")
        return
    file = st.file_uploader(
        "上传填好的工作簿（.xlsx，或每表一个 CSV 的 .zip）；先检查和预览，确认后才载入",
        type=[suffix[1:] for suffix in trial.SUFFIXES],
        key=f"desk-file-{st.session_state.get(_TURN, 0)}",
        on_change=_let_go,
    )
    # Kept for who looked at another view or page meanwhile: only the widget forgets its file.
    tried: Tried | None = st.session_state.get(_TRIED)
    if file is None:
        if tried is None:
            return
        text = f"您此前上传的“{tried.name}”还没有载入，检查结果如下。"
        block(render("note", text=text), key="desk-kept")
        st.button("放弃这份文件", key="desk-drop", on_click=_let_go)
        number, name, content = tried.id, tried.name, tried.content
    else:
        number, name, content = file.file_id, file.name, file.getvalue
    if tried is None or tried.stale or tried.id != number:
        earlier = tried if tried is not None and tried.id == number else None
        try:
            tried = _try_out(view, number, name, content)
        except sign_on.NotAllowed as error:
            desk.refuse(error)
            return
        except trial.Overrun as error:
            desk.record("import", who.name, name, {"reason": str(error)}, refused=True)
            block(render("empty", title="检查没有完成", text=str(error)), key="desk-overrun")
            st.button("重新检查", key="desk-again")
            return
        if earlier is not None and tried.base != (earlier.since or earlier.base):
            tried.since = earlier.since or earlier.base
        st.session_state[_TRIED] = tried
    if tried.outcome.unreadable:
        block(
            render("empty", title="文件无法读取", text=tried.outcome.unreadable),
            key="desk-unreadable",
        )
    elif tried.outcome.problems:
        _faults(view, tried)
    else:
        _preview(view, tried)


def _let_go() -> None:
    st.session_state.pop(_TRIED, None)


def _templates(view: View) -> None:
    def filled() -> bytes:
        # Not what this session still looks at: who edits that would undo what others loaded since.
        return workbook(versions.current().path)

    with st.container(horizontal=True, key="desk-templates"):
        download.button(
            view,
            "下载空白模板（.xlsx）",
            empty_template,
            "数据模板.xlsx",
            subject=str,
            detail={},
            key="desk-empty",
            kind="secondary",
        )
        download.button(
            view,
            "下载填有当前数据的模板（.xlsx）",
            filled,
            download.name(view, "当前数据", "xlsx"),
            subject=lambda: versions.current().id,
            detail={},
            key="desk-filled",
            kind="secondary",
        )


def empty_template() -> bytes:
    """The empty form."""
    with scratch.folder("download-") as folder:
        path = Path(folder) / "template.xlsx"
        write_template(path)
        return path.read_bytes()


def workbook(database: Path) -> bytes:
    """A database file as the workbook that can be loaded again."""
    with scratch.folder("download-") as folder:
        path = Path(folder) / "data.xlsx"
        export.write(database, path)
        return path.read_bytes()


# ---------------------------------------------------------------- trying out


def _try_out(view: View, number: str, name: str, content: Callable[[], bytes]) -> Tried:
    """Check it in another process, with progress. Raises NotAllowed, Overrun."""
    who = sign_on.require("editor", "上传并检查数据")
    with desk.checking() as note:
        tried = _tried(view, number, name, content, note)
    if not tried.outcome.clean:
        detail = {"errors": len(tried.outcome.problems), "reason": tried.outcome.unreadable}
        desk.record("import", who.name, name, detail, refused=True)
    return tried


def _tried(
    view: View, number: str, name: str, content: Callable[[], bytes], note: Progress
) -> Tried:
    try:
        folder = scratch.folder("upload-")
        path = Path(folder.name)
        file = path / trial.safe_name(name)
        file.write_bytes(content())
    except OSError as error:
        reason = error.strerror or error
        raise trial.Overrun(f"临时文件夹无法写入（{reason}）；数据没有改变") from error
    base = versions.pointed_at()
    try:
        against = versions.current().path
    except (NoVersion, DamagedVersion, OldSchema):
        against = None
    outcome = trial.try_out(
        file, path, against, note, seconds=trial.MOST_SECONDS, memory=trial.MOST_MEMORY
    )
    tried = Tried(number, name, folder, base, outcome, against)
    if outcome.clean:
        tried.moved, tried.days = desk.moved(against, path / trial.DATABASE, view.version.plan)
    return tried


# ---------------------------------------------------------------- faults


def _faults(view: View, tried: Tried) -> None:
    problems = tried.outcome.problems
    asked = st.query_params.get("sort", "place")
    back = asked.startswith("-")
    order = asked.removeprefix("-")
    order = order if order in ORDERS else "place"
    ordered = sorted(problems, key=ORDERS[order][1], reverse=back)
    heads = [
        {
            "words": words,
            "mark": ("▼" if back else "▲") if key == order else "",
            "go": f"?sort={'-' if key == order and not back else ''}{key}",
        }
        for key, (words, _) in ORDERS.items()
    ]
    sheets = len({each.sheet for each in problems})
    follow(
        block(
            render(
                "desk_faults",
                title=f"“{tried.name}”有 {len(problems)} 处错误，分布在 {sheets} 张表，没有载入",
                subtitle="改正全部错误后重新上传；点列名可排序",
                heads=heads,
                rows=ordered[: desk.MOST_LISTED],
                more=max(len(ordered) - desk.MOST_LISTED, 0),
            ),
            key="desk-faults",
        )
    )
    stem = Path(trial.safe_name(tried.name)).stem
    with st.container(horizontal=True, key="desk-fault-files"):
        download.button(
            view,
            "下载错误清单（.xlsx）",
            lambda: download.workbook(
                view,
                "错误清单",
                ("工作表", "单元格", "列", "填写的值", "问题"),
                ((e.sheet, e.cell, e.header, e.value, e.expected) for e in problems),
            ),
            f"{stem}_错误清单.xlsx",
            subject=lambda: tried.name,
            detail={},
            key="desk-list",
            kind="secondary",
        )
        marked = tried.path / trial.MARKED
        if marked.exists():
            download.button(
                view,
                "下载标出错误的工作簿（.xlsx）",
                marked.read_bytes,
                f"{stem}_标出错误.xlsx",
                subject=lambda: tried.name,
                detail={},
                key="desk-marked",
                kind="secondary",
            )


# ---------------------------------------------------------------- preview and confirm


def _preview(view: View, tried: Tried) -> None:
    outcome = tried.outcome
    block(
        desk.preview(f"“{tried.name}”", "载入", tried.base, outcome, tried.moved, tried.days),
        key="desk-preview",
    )
    if outcome.shifts:
        download.button(
            view,
            "下载完整差异（.xlsx）",
            partial(
                desk_difference.workbook,
                tried.against,
                tried.path / trial.DATABASE,
                view.version.plan,
            ),
            f"{Path(trial.safe_name(tried.name)).stem}_载入前后差异.xlsx",
            subject=lambda: tried.name,
            detail={"from": tried.base or ""},
            key="desk-preview-file",
            kind="secondary",
        )
    note = st.text_input(
        "说明（选填，记入版本）", max_chars=trial.LONGEST_NOTE, key=f"desk-note-{tried.id}"
    )
    # Of this very comparison: what was agreed to before does not hold for another.
    turn = f"{tried.id}-{tried.base}"
    seen = True
    if tried.since:
        text = (
            f"您上次预览之后，当前数据已由 {tried.since} 变为 {tried.base}。"
            "这份文件若不含他人的更新，载入会把它们改回：请核对以上差异，或重新下载填有当前数据的模板再改。"
        )
        block(render("note", text=text), key="desk-since-note")
        seen &= st.checkbox("已核对他人的更新，仍要载入", key=f"desk-since-{turn}")
    if outcome.warnings:
        words = f"已阅 {len(outcome.warnings)} 条提醒，仍要载入"
        seen &= st.checkbox(words, key=f"desk-seen-{turn}")
    if not st.button("确认载入", type="primary", key="desk-confirm", disabled=not seen):
        return
    if not seen:
        return
    try:
        who = sign_on.require("editor", "载入数据")
        version = trial.adopt(tried.path / trial.DATABASE, tried.base, who.name, note)
    except sign_on.NotAllowed as error:
        desk.refuse(error)
    except trial.Moved as error:
        desk.record("import", who.name, tried.name, {"reason": str(error)}, refused=True)
        block(render("empty", title="没有载入", text=str(error)), key="desk-moved")
        tried.stale = True
        st.button("重新比较", key="desk-compare-again")
    except (Busy, Unwritable) as error:
        block(render("empty", title="没有载入", text=str(error)), key="desk-unwritten")
    else:
        detail = {
            "file": tried.name,
            "sha256": version.meta.get("source_sha256", ""),
            "rows": sum(outcome.rows.values()),
            "warnings": len(outcome.warnings),
            "note": note,
            "from": tried.base or "",
        }
        missed = desk.record("import", who.name, version.id, detail)
        st.session_state.pop(_TRIED, None)
        front.use_newest()
        st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
        st.session_state[desk.DONE] = f"已载入为版本 {version.id}，各页现在使用它{missed}"
        st.rerun()
