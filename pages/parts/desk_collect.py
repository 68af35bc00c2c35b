"""数据管理, 一校一表: making the workbooks of a round, and taking in those that come back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from data import notes, rounds, school_forms, school_returns, scratch, trial, versions
from data.contract import AUTHORITIES
from data.rounds import Return, Round
from data.school_forms import Order
from data.school_returns import Asked, Returned
from data.versions import DamagedVersion, NoVersion, OldSchema
from pages.parts import clock, desk, download, sign_on
from pages.parts.block import block, render
from pages.parts.view import View, follow
from queries.run import Institution, OpenVersion, fetch, open_file

DAYS_TO_RETURN = 14
_RESULTS, _TURN = "desk-returned", "desk-returned-turn"


# ---------------------------------------------------------------- sending out


def new_round(view: View, *, expanded: bool) -> None:
    """The form that begins a round."""
    with st.expander("新建一轮填报：按院校拆分当前数据", expanded=expanded):
        try:
            newest = open_file(versions.current().path, view.version.plan)
        except (NoVersion, DamagedVersion, OldSchema) as error:
            block(render("empty", title="没有可拆分的数据", text=str(error)), key="schools-no-data")
            return
        there = in_force(newest)
        with st.container(horizontal=True, vertical_alignment="bottom", key="schools-new"):
            name = st.text_input(
                "轮次名称",
                max_chars=notes.LONGEST_NAME,
                placeholder=f"如 {clock.today().year} 年秋季填报",
                key="schools-name",
                width=260,
            )
            due = st.date_input(
                "返回期限",
                value=clock.today() + timedelta(days=DAYS_TO_RETURN),
                min_value=clock.today(),
                format="YYYY-MM-DD",
                key="schools-due",
                width=150,
            )
            asked = _asked(newest, there)
        st.caption(
            f"将为 {len(asked)} 所院校各生成一本填报表，"
            f"填有该校在版本 {newest.path.stem} 中的数据；"
            "已撤并的院校不在内。"
        )
        if st.button("生成填报表（.zip）", type="primary", key="schools-split", disabled=not asked):
            _begin(name, due, newest, asked)


def in_force(version: OpenVersion) -> list[Institution]:
    """The institutions that are there on the data's own day, in the order of their codes."""
    closed = {
        code
        for code, _, day in fetch("institution_contacts", version)
        if day is not None and day <= version.as_of
    }
    return [each for each in version.institutions if each.institution_id not in closed]


def _asked(version: OpenVersion, there: Sequence[Institution]) -> dict[str, str]:
    """Which institutions are asked: code -> name."""
    how = st.selectbox(
        "院校", ("全部院校", "按区县", "按主管", "逐所选择"), key="schools-how", width=130
    )
    chosen = list(there)
    if how == "按区县":
        present = {each.district for each in there}
        options = [each for each in version.districts if each in present]
        options += sorted(present - set(options))
        picked = _several("区县", options)
        chosen = [each for each in there if each.district in picked]
    elif how == "按主管":
        picked = _several("主管", list(AUTHORITIES))
        chosen = [each for each in there if each.authority in picked]
    elif how == "逐所选择":
        names = {each.institution_id: each.name for each in there}
        picked = _several("院校名称", list(names), names.__getitem__)
        chosen = [each for each in there if each.institution_id in picked]
    return {each.institution_id: each.name for each in chosen}


def _several(label: str, options: list[str], words: Callable[[str], str] = str) -> list[str]:
    return st.multiselect(
        label, options, format_func=words, placeholder="请选择", key=f"schools-{label}", width=360
    )


def _begin(name: str, due: date, newest: OpenVersion, asked: Mapping[str, str]) -> None:
    try:
        who = sign_on.require("editor", "拆分填报表")
        found = rounds.begin(name, newest.path.stem, due, asked, who.name)
        _make(found, newest.path)
    except sign_on.NotAllowed as error:
        desk.refuse(error)
    except (notes.Refused, notes.Unavailable) as error:
        block(render("empty", title="没有生成", text=str(error)), key="schools-not-made")
    except (trial.Overrun, OSError) as error:
        text = f"{error}。轮次已建立，可在上方“重新生成填报表”。"
        block(render("empty", title="填报表没有生成", text=text), key="schools-not-made")
    else:
        st.query_params["round"] = str(found.id)
        st.query_params.pop("state", None)
        st.query_params.pop("school", None)
        st.session_state[desk.DONE] = f"已生成 {len(asked)} 所院校的填报表，请下载后分发"
        st.rerun()


def _make(found: Round, database: Path) -> None:
    order = Order(found.id, found.name, found.base_version, found.due_on, tuple(found.asked))
    with desk.checking() as note:
        school_forms.make(order, database, rounds.forms(found.id), note)


def forms(view: View, found: Round) -> None:
    """The workbooks that were sent out: to take, or to make again where they are not kept."""
    file = rounds.forms(found.id)
    if file.exists():
        download.button(
            view,
            f"下载 {len(found.asked)} 所院校的填报表（.zip）",
            file.read_bytes,
            f"{school_forms.plain_name(found.name)}_填报表.zip",
            key="schools-forms",
            kind="secondary",
        )
        return
    database = versions.warehouse_dir() / versions.FOLDER / f"{found.base_version}.duckdb"
    if not database.exists():
        text = f"这一轮的填报表没有保存，取数的版本 {found.base_version} 也已清理，不能重新生成。"
        block(render("note", text=text), key="schools-no-forms")
    elif st.button("重新生成填报表（.zip）", key="schools-again"):
        try:
            sign_on.require("editor", "重新生成填报表")
            _make(found, database)
        except sign_on.NotAllowed as error:
            desk.refuse(error)
        except (trial.Overrun, OSError) as error:
            block(render("empty", title="没有生成", text=str(error)), key="schools-not-made")
        else:
            st.rerun()


def deadline(found: Round) -> None:
    """Another last day for the round: the board and the reminders go by it from then on."""
    with st.popover("改返回期限", key=f"schools-deadline-{found.id}"):
        due = st.date_input(
            "返回期限",
            value=found.due_on,
            min_value=min(clock.today(), found.due_on),
            format="YYYY-MM-DD",
            key=f"schools-due-{found.id}-{found.due_on}",
        )
        if not st.button("保存期限", key="schools-due-save") or due is None:
            return
        try:
            who = sign_on.require("editor", "改返回期限")
            rounds.move_deadline(found, due, who.name)
        except sign_on.NotAllowed as error:
            desk.refuse(error)
        except notes.Unavailable as error:
            block(render("empty", title="没有保存", text=str(error)), key="schools-due-not-kept")
        else:
            st.session_state[desk.DONE] = f"返回期限已改为 {due}；已发出的填报表中仍是原来的日期"
            st.rerun()


# ---------------------------------------------------------------- taking in


def upload(found: Round, returns: Sequence[Return]) -> None:
    """Many files at once; each is tried out apart, and taken in or refused by itself."""
    turn = st.session_state.get(_TURN, 0)
    files = st.file_uploader(
        "收表：上传各校返回的填报表，可一次多个（.xlsx，或装有多个 .xlsx 的 .zip）",
        type=["xlsx", "zip"],
        accept_multiple_files=True,
        key=f"schools-files-{turn}",
    )
    if files and st.button(f"检查并收下 {len(files)} 个文件", type="primary", key="schools-take"):
        try:
            results = _take_in(files, found, returns)
        except sign_on.NotAllowed as error:
            desk.refuse(error)
        except (trial.Overrun, NoVersion, DamagedVersion, OldSchema, OSError) as error:
            who = sign_on.user().name
            desk.record("return", who, str(found.id), {"reason": str(error)}, refused=True)
            block(render("empty", title="没有收完", text=str(error)), key="schools-overrun")
        else:
            st.session_state[_RESULTS] = (found.id, results)
            st.session_state[_TURN] = turn + 1
            st.rerun()
    number, results = st.session_state.get(_RESULTS, (0, []))
    if number == found.id and results:
        _results(results)


def _take_in(
    files: Sequence[UploadedFile], found: Round, returns: Sequence[Return]
) -> list[dict[str, Any]]:
    """Check the files and keep each that is a return of the round; a line for each."""
    who = sign_on.require("editor", "收下返回的填报表")
    asked = Asked(found.id, found.name, found.base_version, found.asked)
    latest = {each.institution: each for each in returns}
    rows: list[dict[str, Any]] = []
    with (
        scratch.folder("returns-") as name,
        desk.checking() as note,
    ):
        folder = Path(name)
        given = []
        for place, file in enumerate(files):
            path = folder / f"upload-{place}" / trial.safe_name(file.name)
            path.parent.mkdir()
            path.write_bytes(file.getvalue())
            given.append((file.name, path))

        def keep(returned: Returned) -> None:
            marked = school_returns.marked(folder, len(rows))
            rows.append(_kept(returned, marked, found, latest, who.name))

        school_returns.check_files(
            given,
            asked,
            versions.current().path,
            folder,
            note,
            keep,
            seconds=school_returns.MOST_SECONDS,
            memory=trial.MOST_MEMORY,
        )
    return rows


def _kept(
    returned: Returned, marked: Path, found: Round, latest: dict[str, Return], who: str
) -> dict[str, Any]:
    """Keep a return; what became of it."""
    row = {"file": returned.name, "school": "", "go": "", "note": returned.refused}
    if returned.refused:
        detail = {"file": returned.name, "reason": returned.refused}
        desk.record("return", who, str(found.id), detail, refused=True)
        return row | {"style": "far_behind", "words": "没有收下"}
    code, problems = returned.institution, returned.problems
    row |= {"school": found.asked[code], "go": f"?{urlencode({'school': code})}"}
    try:
        sha256 = rounds.keep_file(found.id, returned.path, marked)
        kept = rounds.add_return(found.id, code, returned.name, sha256, problems, who)
    except (OSError, notes.Unavailable) as error:
        return row | {"style": "far_behind", "words": "没有收下", "note": f"未能保存：{error}"}
    before = latest.get(code)
    latest[code] = kept
    words = []
    if problems:
        words.append("；".join(each.line for each in problems[:2]))
    if before is not None:
        merged = "（已并入）" if before.merged_version else ""
        at = clock.moment(before.returned_at)
        words.append(f"替换 {at} 返回的“{before.file}”{merged}")
    row["note"] = "。".join(words)
    if problems:
        return row | {"style": "lagging", "words": f"{len(problems)} 处错误"}
    return row | {"style": "achieved", "words": "无误"}


def _results(rows: Sequence[Mapping[str, Any]]) -> None:
    words = [each["words"] for each in rows]
    good, refused = words.count("无误"), words.count("没有收下")
    bad = len(words) - good - refused
    follow(
        block(
            render(
                "desk_returned",
                title=f"这次上传 {len(rows)} 个："
                f"{good} 个无误，{bad} 个有错误，{refused} 个没有收下",
                rows=rows,
            ),
            key="schools-returned",
        )
    )
