"""A form over the page: one row added, changed, finished or removed; checked, shown, then kept.

The row, and the sheet it stands in, are remembered as they were when the form was opened. What is
kept is put onto the newest version: where somebody else was first, the editor is shown what they
did and decides; nothing is overwritten unseen.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from data import edits, export, scratch, trial, versions
from data.amend import amend
from data.contract import BY_TABLE, Sheet
from data.difference import identity
from data.difference import table as difference
from data.edits import Edit, Merge, Row
from data.load import Unwritable
from data.trial import Outcome
from data.versions import Busy, DamagedVersion, NoVersion, OldSchema, Version
from pages.parts import clock, desk, front, sign_on
from pages.parts.block import block, render
from pages.parts.edit_fields import EMPTY, FINISHED_BY, Fields
from pages.parts.editing import DONE, DRAFT, EDIT
from pages.parts.view import View, follow

TABLES = (*FINISHED_BY, "deliverable_updates")
ACTION = "在线修改数据"
FORM, SURE, PREVIEW, CLASH = "form", "sure", "preview", "clash"
MOST_LISTED = 20
# Versions made meanwhile that are named one by one.
MOST_NAMED = 5
LONGEST_LOGGED = 2_000
_ROW = re.compile(r"与第 \d+ 行")
_numbers = count()


@dataclass
class Tried:
    """An edit tried out on a version. base: what CURRENT held then; folder: gone with the session;
    cells: (header, before, after) in words; since: what others did since the form was opened."""

    folder: tempfile.TemporaryDirectory[str]
    base: str | None
    newest: Version
    outcome: Outcome
    cells: list[tuple[str, str, str]] = field(default_factory=list)
    moved: list[dict[str, Any]] = field(default_factory=list)
    days: tuple[str, str] = ("", "")
    since: dict[str, Any] | None = None


@dataclass
class Draft:
    """A form that is open. asked: by the address; version, opened: the version's id and the
    sheet's rows it was opened on; number: changes with every set of fields, for their keys."""

    asked: str
    fields: Fields
    version: str
    opened: pd.DataFrame
    edit: Edit
    row: Row
    stage: str = FORM
    faults: dict[str, list[str]] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    message: str = ""
    tried: Tried | None = None
    clash: Merge | None = None
    newest: Version | None = None
    number: int = field(default_factory=lambda: next(_numbers))

    @property
    def sheet(self) -> Sheet:
        return self.edit.sheet

    def back(self) -> None:
        """To the fields again, with what was typed."""
        self.stage, self.tried, self.number = FORM, None, next(_numbers)
        if self.edit.after is None:
            self.edit = Edit(self.sheet, self.edit.before, self.row)
        self.row = self.edit.after or self.row

    def ask(self) -> None:
        """Whether the row is really to go."""
        self.stage, self.message = SURE, ""

    def say(self, message: str) -> None:
        """Back to the fields, with what went wrong."""
        self.back()
        self.message = message


def show(view: View, asked: str) -> None:
    """The form that the address asks for."""
    who = sign_on.user()
    if not who.may("editor"):
        text = f"您的角色是{sign_on.ROLES[who.role]}，可以查看；修改数据需要编辑者。"
        block(render("note", text=text), key="edit-viewer")
        return
    draft: Draft | None = st.session_state.get(DRAFT)
    if draft is None or draft.asked != asked:
        draft = _open(view, asked)
    if draft is None:
        text = "链接所指的行已不在您所看的数据中：可能已被他人修改或删除，请从列表重新选择。"
        follow(block(render("edit_gone", text=text), key="edit-gone"))
        return
    st.session_state[DRAFT] = draft
    title = f"{'新增' if draft.edit.before is None else '修改'}：{draft.sheet.title}"
    st.dialog(title, width="large", dismissible=False)(_draw)(view, draft)


def _open(view: View, asked: str) -> Draft | None:
    """A form as it opens; None for a row that is not there."""
    table, _, rest = asked.partition(".")
    what, _, more = rest.partition(".")
    if table not in TABLES:
        return None
    sheet = BY_TABLE[table]
    rows = export.frames(view.version.path, [sheet.title])[sheet.title]
    fields = Fields(view, sheet, rows)
    day = min(clock.today(), view.version.as_of)
    if what == "new":
        about = more.removesuffix(".done")
        row = fields.empty(about, more.endswith(".done"), day)
        return Draft(asked, fields, view.version.path.stem, rows, Edit(sheet, None, row), row)
    found = edits.find(sheet, rows, what)
    if found is None:
        return None
    row = dict(found)
    if more == "done" and table in FINISHED_BY:
        row[sheet.by_name[FINISHED_BY[table]].header] = day
    return Draft(asked, fields, view.version.path.stem, rows, Edit(sheet, found, row), row)


def _draw(view: View, draft: Draft) -> None:
    if draft.stage == PREVIEW and draft.tried is not None:
        _preview(view, draft, draft.tried)
    elif draft.stage == CLASH and draft.clash is not None:
        _clashed(view, draft, draft.clash)
    elif draft.stage == SURE:
        _sure(view, draft)
    else:
        _fields(view, draft)


# ---------------------------------------------------------------- the fields


def _fields(view: View, draft: Draft) -> None:
    known = sum(map(len, draft.faults.values()))
    follow(
        block(
            render(
                "edit_head",
                text=_opening(draft),
                earlier=_earlier(draft),
                message=draft.message,
                count=known + len(draft.others),
                others=draft.others[:MOST_LISTED],
                more=max(len(draft.others) - MOST_LISTED, 0),
            ),
            key="edit-head",
        )
    )
    with st.form(f"edit-form-{draft.number}", enter_to_submit=False, border=False):
        typed = draft.fields.draw(draft.row, f"edit-{draft.number}", draft.faults, _fault)
        pressed = st.form_submit_button("检查并预览", type="primary", key="edit-check")
    with st.container(horizontal=True, key="edit-others"):
        _way_out("取消", "edit-cancel")
        if draft.edit.before is not None:
            st.button("删除这一行", icon=":material/delete:", key="edit-remove", on_click=draft.ask)
    if pressed:
        draft.row = typed
        draft.edit = Edit(draft.sheet, draft.edit.before, typed)
        if not draft.edit.changed:
            draft.say("没有修改：各项与打开时相同。")
        else:
            _check(view, draft)
        st.rerun()


def _fault(header: str, words: list[str]) -> None:
    if words:
        block(render("edit_fault", words=words), key=f"edit-fault-{header}")


def _opening(draft: Draft) -> str:
    start = "填写后先检查和预览，确认后才保存；保存即形成一个新的数据版本。带 * 的必填。"
    if draft.edit.before is None:
        return start
    return f"{edits.name(draft.sheet, _named(draft, draft.edit.before))}。{start}"


def _named(draft: Draft, row: Row) -> Row:
    return {header: draft.fields.words(header, cell) for header, cell in row.items()}


def _earlier(draft: Draft) -> list[dict[str, str]]:
    """The reports there are on a deliverable, to be edited in their turn."""
    if draft.sheet.table != "deliverable_updates" or draft.edit.before is not None:
        return []
    sheet, rows = draft.sheet, draft.opened
    about = draft.row[sheet.by_name["deliverable"].header]
    names = edits.refs(rows[identity(sheet)].itertuples(index=False, name=None))
    found = []
    for ref, row in zip(names, rows.itertuples(index=False, name=None), strict=True):
        cells = dict(zip(sheet.by_name, row, strict=True))
        if cells["deliverable"] == about:
            parts = (cells["reported_on"], cells["state"], cells["note"])
            text = " · ".join(str(each) for each in parts if each)
            found.append({"text": text, "go": f"?{EDIT}={sheet.table}.{ref}"})
    return found[::-1]


def _close() -> None:
    """Without the form."""
    st.session_state.pop(DRAFT, None)
    st.query_params.pop(EDIT, None)


def _way_out(words: str, key: str) -> None:
    """A button that closes the form. The whole page runs again, not the form alone."""
    if st.button(words, key=key):
        _close()
        st.rerun()


def _sure(view: View, draft: Draft) -> None:
    before = draft.edit.before or {}
    cells = [(header, draft.fields.words(header, cell), "") for header, cell in before.items()]
    text = "将从数据中删除这一行；以前的版本仍保留它。"
    block(render("edit_cells", title="删除这一行？", text=text, cells=cells), key="edit-sure")
    with st.container(horizontal=True, key="edit-sure-buttons"):
        pressed = st.button("删除并预览", type="primary", key="edit-remove-yes")
        st.button("不删除", key="edit-remove-no", on_click=draft.back)
    if pressed:
        draft.edit = Edit(draft.sheet, draft.edit.before, None)
        _check(view, draft)
        st.rerun()


# ---------------------------------------------------------------- trying it out


def _check(view: View, draft: Draft) -> None:
    """Try the edit out on the newest version; what comes of it is the draft's next stage."""
    draft.faults, draft.others, draft.message, draft.clash = {}, [], "", None
    try:
        sign_on.require("editor", ACTION)
        with desk.checking() as note:
            base = versions.pointed_at()
            newest = versions.current()
            title = draft.sheet.title
            rows = export.frames(newest.path, [title])[title]
            merged = edits.merge(draft.edit, draft.opened, rows)
            if merged.clash:
                draft.clash, draft.newest, draft.stage = merged, newest, CLASH
                return
            folder = scratch.folder("edit-")
            place = Path(folder.name)
            outcome = amend(newest.path, {title: merged.rows}, place, f"表单修改：{title}", note)
            tried = Tried(folder, base, newest, outcome)
            if not outcome.clean:
                _sort_out(draft, outcome, merged)
                return
            loaded = export.frames(place / trial.DATABASE, [title])[title]
            tried.cells = _cells(draft, rows, loaded, merged)
            tried.moved, tried.days = desk.moved(
                newest.path, place / trial.DATABASE, view.version.plan, view.as_of
            )
            tried.since = _since(draft, newest, rows)
        if draft.edit.before is not None and not tried.cells:
            draft.say("没有修改：保存后的内容与现在相同。")
            return
        draft.tried, draft.stage = tried, PREVIEW
    except (
        sign_on.NotAllowed, trial.Overrun, NoVersion, DamagedVersion, OldSchema
    ) as error:  # fmt: skip
        draft.say(str(error))
    except OSError as error:
        draft.say(f"没有检查：临时文件夹无法写入（{error.strerror or error}）；数据没有改变。")


def _sort_out(draft: Draft, outcome: Outcome, merged: Merge) -> None:
    """What is wrong, by field; what is wrong elsewhere, in lines."""
    removing = draft.edit.after is None
    draft.back()
    if outcome.unreadable:
        draft.message = outcome.unreadable
        return
    here = 0 if merged.place is None else merged.place + 2
    for each in outcome.problems:
        own = each.sheet == draft.sheet.title and not removing
        if own and (each.row == here or f"与第 {here} 行" in each.expected):
            words = (
                f"{f'“{each.value}”' if each.value else ''}{_ROW.sub('与另一行', each.expected)}"
            )
            draft.faults.setdefault(each.header, []).append(words)
        else:
            draft.others.append(each.line)


def _cells(
    draft: Draft, rows: pd.DataFrame, loaded: pd.DataFrame, merged: Merge
) -> list[tuple[str, str, str]]:
    """(header, before, after) of the cells that differ, as they were loaded, in words.

    Raises trial.Overrun should any other row have come out differently.
    """
    kept = edits.merge(Edit(draft.sheet, draft.edit.before, None), rows, rows).rows
    rest = loaded if merged.place is None else loaded.drop(index=merged.place)
    if not rest.reset_index(drop=True).equals(kept if draft.edit.before else rows):
        raise trial.Overrun("检查中断：其他行与当前数据不一致；数据没有改变，请告知系统管理员")
    after: Row | None = None
    if merged.place is not None:
        after = dict(zip(rows.columns, loaded.iloc[merged.place], strict=True))
    change = Edit(draft.sheet, draft.edit.before, after)
    words = draft.fields.words
    before = draft.edit.before or {}
    return [
        (header, words(header, before.get(header)), words(header, (after or {}).get(header)))
        for header in change.changed
    ]


def _since(draft: Draft, newest: Version, rows: pd.DataFrame) -> dict[str, Any] | None:
    """What others did since the form was opened; None when nothing."""
    if newest.id == draft.version:
        return None
    between = [each for each in versions.files() if draft.version < each.stem <= newest.id]
    made = []
    for path in between[:MOST_NAMED] or [newest.path]:
        try:
            version = Version(path.stem, path, versions.check(path))
        except (NoVersion, DamagedVersion, OldSchema):
            continue
        meta = version.meta
        made.append(
            {
                "at": clock.moment(version.made_at),
                "who": meta.get("loaded_by", "") or "命令行",
                "what": meta.get("source_name", ""),
                "note": meta.get("note", ""),
            }
        )
    try:
        shifts = desk.differences(draft.version, newest.id)
    except (NoVersion, DamagedVersion, OldSchema):
        # The version it was opened on was pruned: this sheet alone can still be compared.
        found = difference(draft.sheet, draft.opened, rows)
        shifts = [trial.shift(found)] if found else []
    return {
        "made": made,
        "rolled_back": not between,
        "shifts": [_in_words(draft, each) for each in desk.shifts(shifts)],
    }


def _in_words(draft: Draft, shift: dict[str, Any]) -> dict[str, Any]:
    """A difference with the names of what its cells refer to, where the form knows them."""
    if shift["sheet"] != draft.sheet.title:
        return shift
    words = draft.fields.words

    def named(row: list[str]) -> list[str]:
        pairs = zip(shift["headers"], row, strict=True)
        return [words(header, cell) for header, cell in pairs if cell]

    changed = [
        [key, header, words(header, a), words(header, b)] for key, header, a, b in shift["changed"]
    ]
    rows = {side: [named(row) for row in shift[side]] for side in ("added", "removed")}
    return {**shift, "changed": changed, **rows}


# ---------------------------------------------------------------- preview and confirm


def _preview(view: View, draft: Draft, tried: Tried) -> None:
    warnings = [each.message for each in tried.outcome.warnings]
    block(
        render(
            "edit_preview",
            title=_what(draft),
            message=draft.message,
            adding=draft.edit.before is None,
            removing=draft.edit.after is None,
            cells=tried.cells,
            since=tried.since,
            moved=tried.moved,
            before=f"现在（{tried.days[0]}）",
            after=f"保存后（{tried.days[1]}）",
            warnings=warnings[:MOST_LISTED],
            count=len(warnings),
            base=tried.newest.id,
        ),
        key="edit-preview",
    )
    turn = f"{draft.number}-{tried.base}"
    ready = True
    if tried.since is not None:
        words = "已了解他人的更新，仍在最新数据上保存我的修改"
        ready = st.checkbox(words, key=f"edit-since-{turn}")
    if warnings:
        words = f"已阅 {len(warnings)} 条提醒，仍要保存"
        ready = st.checkbox(words, key=f"edit-seen-{turn}") and ready
    removing = draft.edit.after is None
    with st.container(horizontal=True, key="edit-confirm-buttons"):
        pressed = st.button(
            "确认删除" if removing else "确认保存",
            type="primary",
            key="edit-confirm",
            disabled=not ready,
        )
        st.button("返回修改", key="edit-back", on_click=draft.back)
        _way_out("取消", "edit-cancel")
    if pressed and ready:
        _keep(view, draft, tried)
        st.rerun()


def _what(draft: Draft) -> str:
    """What the edit does, in a sentence."""
    name = _row_name(draft)
    if draft.edit.before is None:
        return f"新增 1 行：{name}"
    if draft.edit.after is None:
        return f"删除 1 行：{name}"
    return f"修改 1 行：{name}的{'、'.join(draft.edit.changed)}"


def _row_name(draft: Draft) -> str:
    """The row, with the names of what its cells refer to."""
    row = draft.edit.before or draft.edit.after or {}
    return edits.name(draft.sheet, _named(draft, row))


def _keep(view: View, draft: Draft, tried: Tried) -> None:
    """Publish what was shown, unless somebody else was first: then it is looked at anew."""
    what = _what(draft)
    try:
        who = sign_on.require("editor", ACTION)
        database = Path(tried.folder.name) / trial.DATABASE
        version = trial.adopt(database, tried.base, who.name, what)
    except trial.Moved:
        desk.record("edit", who.name, what, {"reason": "他人先行更新了数据"}, refused=True)
        _check(view, draft)
        draft.message = draft.message or "您预览之后，他人又更新了数据，尚未保存；请再看一遍。"
        return
    except (sign_on.NotAllowed, Busy, Unwritable) as error:
        draft.say(f"没有保存：{error}")
        return
    missed = desk.record("edit", who.name, version.id, _logged(draft, tried))
    _close()
    front.use_newest()
    st.session_state[DONE] = f"已保存为版本 {version.id}，各页现在使用它{missed}"


def _logged(draft: Draft, tried: Tried) -> dict[str, str]:
    def text(place: int) -> str:
        cells = [f"{cell[0]}＝{cell[place]}" for cell in tried.cells if cell[place] != EMPTY]
        return "；".join(cells)[:LONGEST_LOGGED]

    return {
        "sheet": draft.sheet.title,
        "row": _row_name(draft)[:LONGEST_LOGGED],
        "before": text(1),
        "after": text(2),
        "from": tried.base or "",
    }


# ---------------------------------------------------------------- somebody else was first


def _clashed(view: View, draft: Draft, clash: Merge) -> None:
    assert draft.newest is not None
    settled = edits.settle(draft.edit, clash)
    before, after, now = draft.edit.before or {}, draft.edit.after or {}, clash.now or {}
    outcome = (settled.after or {}) if settled else now
    words = draft.fields.words
    lines = [
        {
            "header": header,
            "opened": words(header, before.get(header)),
            "now": words(header, now.get(header)) if clash.now else "（已删除）",
            "own": words(header, after.get(header)) if draft.edit.after else "（删除）",
            "result": words(header, outcome.get(header)) if outcome else "（删除）",
            "both": len({str(r.get(header)) for r in (before, now, after)}) == 3,
        }
        for header in draft.sheet.by_header
        if len({str(r.get(header)) for r in (before, now, after)}) > 1
    ]
    rows = export.frames(draft.newest.path, [draft.sheet.title])[draft.sheet.title]
    since = _since(draft, draft.newest, rows)
    block(
        render(
            "edit_clash",
            removed=clash.now is None,
            since=since or {"made": [], "rolled_back": False, "shifts": []},
            lines=lines,
            nothing=settled is None,
            removing=draft.edit.after is None,
        ),
        key="edit-clash",
    )
    with st.container(horizontal=True, key="edit-clash-buttons"):
        pressed = settled is not None and st.button(
            "采用我的修改，再预览", type="primary", key="edit-take"
        )
        _way_out("放弃我的修改", "edit-drop")
    if pressed and settled is not None:
        draft.edit = settled
        draft.row = settled.after or draft.row
        draft.opened, draft.version, draft.number = rows, draft.newest.id, next(_numbers)
        _check(view, draft)
        st.rerun()
