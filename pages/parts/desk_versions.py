"""数据管理, 数据版本: list, compare, go back, download."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from data import retention, versions
from data.notes import Mark
from data.versions import Busy, DamagedVersion, NoVersion, OldSchema, Version
from pages.parts import clock, desk, desk_difference, desk_retention, download, front, sign_on
from pages.parts.block import block, render
from pages.parts.desk_upload import workbook
from pages.parts.verbatim import verbatim
from pages.parts.view import View


def show(view: View) -> None:
    """The view."""
    done = st.session_state.pop(desk.DONE, None)
    if done:
        st.success(verbatim(done))
    found = versions.list_versions()
    try:
        current = versions.current().id
    except (NoVersion, DamagedVersion, OldSchema):
        current = view.version.path.stem
    marks = desk_retention.marks()
    pinned = sum(marks[each.id].pinned for each in found if each.id in marks)
    block(
        render(
            "desk_versions",
            title=f"{len(found)} 个数据版本"
            f"{f'（{pinned} 个已固定）' if pinned else ''}，当前用 {current}",
            rows=[_row(each, current, marks.get(each.id)) for each in found],
        ),
        key="desk-versions",
    )
    usable = {each.id: each for each in found if not each.fault}
    if not usable:
        return
    _download(view, usable)
    if sign_on.user().may("administrator"):
        _roll_back(usable, current)
        desk_retention.show(found, marks)
    else:
        text = "切换、固定和清理数据版本，以及修改版本说明，需要管理员。"
        block(render("note", text=text), key="desk-no-roll-back")
    _compare(view, usable, current)


def _row(version: Version, current: str, mark: Mark | None) -> dict[str, Any]:
    meta = version.meta
    return {
        "id": version.id,
        "current": version.id == current,
        "at": clock.moment(version.made_at),
        "who": meta.get("loaded_by", "") or "命令行",
        "file": meta.get("source_name", ""),
        "hash": meta.get("source_sha256", "")[:12],
        "rows": f"{sum(version.rows.values()):,}",
        "data_date": meta.get("data_date", ""),
        "note": retention.noted(version, mark),
        "pinned": mark is not None and mark.pinned,
        "fault": version.fault,
    }


def _download(view: View, usable: dict[str, Version]) -> None:
    def taken(version: Version, form: str) -> bytes:
        if not version.path.exists():
            raise NoVersion(f"版本 {version.id} 不在了，可能已被清理；请刷新页面")
        return workbook(version.path) if form == "xlsx" else version.path.read_bytes()

    with st.container(horizontal=True, vertical_alignment="bottom", key="desk-take"):
        chosen = st.selectbox(
            "下载版本",
            list(usable),
            index=_place(usable, view.version.path.stem),
            format_func=lambda name: desk.label(usable[name]),
            key=f"desk-taken-{view.version.path.stem}",
            width=420,
        )
        version = usable[chosen]
        for form, words in (("xlsx", "工作簿（.xlsx）"), ("duckdb", "数据库（.duckdb）")):
            download.button(
                view,
                words,
                partial(taken, version, form),
                f"数据版本_{version.id}.{form}",
                subject=partial(str, version.id),
                detail={},
                key=f"desk-take-{form}",
                kind="secondary",
            )


def _place(usable: dict[str, Version], name: str) -> int:
    return list(usable).index(name) if name in usable else 0


def _roll_back(usable: dict[str, Version], current: str) -> None:
    others = [name for name in usable if name != current]
    if not others:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="desk-roll-back"):
        chosen = st.selectbox(
            "切换到版本（所有人将看到它）",
            others,
            format_func=lambda name: desk.label(usable[name]),
            key=f"desk-target-{current}",
            width=420,
        )
        sure = st.checkbox("确认切换", key=f"desk-sure-{current}")
        pressed = st.button("切换", key="desk-use", disabled=not sure)
    if not pressed or not sure:
        return
    try:
        who = sign_on.require("administrator", "切换数据版本")
        version = versions.use(chosen)
    except sign_on.NotAllowed as error:
        desk.refuse(error)
    except (NoVersion, DamagedVersion, OldSchema, Busy) as error:
        block(render("empty", title="没有切换", text=str(error)), key="desk-not-switched")
    except OSError as error:
        text = f"无法写入数据仓库：{error.strerror or error}"
        block(render("empty", title="没有切换", text=text), key="desk-not-switched")
    else:
        missed = desk.record("rollback", who.name, version.id, {"from": current})
        front.use_newest()
        st.session_state[desk.DONE] = f"已切换到版本 {version.id}{missed}"
        st.rerun()


def _compare(view: View, usable: dict[str, Version], current: str) -> None:
    gone = [each for each in map(st.query_params.get, ("older", "newer")) if each]
    for name in dict.fromkeys(gone):
        if name not in usable:
            text = f"链接中的版本“{name[:40]}”不在了，可能已被清理，不能比较。"
            block(render("note", text=text), key=f"desk-gone-{name[:40]}")
    if len(usable) < 2:
        return
    others = [name for name in usable if name != current]
    earlier = next((name for name in others if name < current), others[0])
    with st.container(horizontal=True, vertical_alignment="bottom", key="desk-compare"):
        old, new = (
            st.selectbox(
                words,
                list(usable),
                index=_place(usable, _asked(key, usable, usual)),
                format_func=lambda name: desk.label(usable[name]),
                key=f"desk-{key}-{current}",
                width=420,
            )
            for key, words, usual in (("older", "比较：从", earlier), ("newer", "到", current))
        )
        wanted = st.toggle("显示差异", key="desk-difference", value="older" in st.query_params)
    if not wanted:
        return
    st.query_params["older"], st.query_params["newer"] = old, new
    shifts = desk.differences(old, new)
    moved, (before, after) = desk.moved(usable[old].path, usable[new].path, view.version.plan)
    download.button(
        view,
        "下载完整差异（.xlsx）",
        lambda: desk_difference.workbook(usable[old].path, usable[new].path, view.version.plan),
        f"数据版本差异_{old}_{new}.xlsx",
        subject=lambda: new,
        detail={"from": old},
        key="desk-difference-file",
        kind="secondary",
    )
    block(
        render(
            "desk_preview",
            whole=True,
            title=f"从 {old} 到 {new}：{desk.summary(shifts, moved)}",
            subtitle="指标按各版本自己的数据截止日计算",
            shifts=desk.shifts(shifts),
            moved=moved,
            before=f"前（{before}）",
            after=f"后（{after}）",
            warnings=[],
            count=0,
            more=0,
        ),
        key="desk-difference-shown",
    )


def _asked(key: str, usable: dict[str, Version], usual: str) -> str:
    name = st.query_params.get(key, "")
    return name if name in usable else usual
