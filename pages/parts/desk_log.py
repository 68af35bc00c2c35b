"""数据管理, 操作日志: filters, pages, download."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import streamlit as st

from data import notes
from data.notes import Entry, LogFilter
from pages.parts import download
from pages.parts.block import block, render
from pages.parts.view import View, follow

ON_A_PAGE = 50
KINDS = {
    "import": "导入",
    "export": "导出",
    "edit": "在线修改",
    "rollback": "切换版本",
    "pin": "固定版本",
    "unpin": "取消固定",
    "version_note": "版本说明",
    "prune": "清理版本",
    "sign_in": "登录",
    "sign_out": "退出",
    "action": "操作",
    "restore": "恢复备份",
    "backup": "备份",
    "scenario_save": "保存情景",
    "scenario_edit": "修改情景",
    "scenario_delete": "删除情景",
    "scenario_restore": "恢复情景",
    "scenario_purge": "清除情景",
}
DETAILS = {
    "file": "文件",
    "sha256": "哈希",
    "rows": "行数",
    "warnings": "提醒",
    "note": "说明",
    "sheet": "工作表",
    "row": "行",
    "before": "原为",
    "after": "改为",
    "from": "原版本",
    "page": "页面",
    "keep": "保留个数",
    "bytes": "字节",
    "versions": "版本",
    "as_of": "数据截至",
    "filters": "范围",
    "errors": "错误数",
    "reason": "原因",
    "role": "角色",
    "needs": "需要",
    "action": "操作",
    "name": "名称",
    "count": "个数",
    "text": "内容",
}


def show(view: View) -> None:
    """The view."""
    wanted = _filters()
    before = st.query_params.get("before", "")
    at = int(before) if before.isdecimal() and len(before) < 18 else None
    try:
        count = notes.log_count(wanted)
        limits = {} if at is None else {"before": at}
        entries = notes.log(wanted, limit=ON_A_PAGE + 1, **limits)
    except notes.Unavailable as error:
        block(render("empty", title="日志暂时无法读取", text=str(error)), key="desk-no-log")
        return
    shown = entries[:ON_A_PAGE]
    follow(
        block(
            render(
                "desk_log",
                title=f"操作日志：符合条件的 {count} 条，最近的在前",
                rows=[_row(each) for each in shown],
                older=f"?before={shown[-1].id}" if len(entries) > ON_A_PAGE else "",
                newest="?before=" if at is not None else "",
            ),
            key="desk-log",
        )
    )
    download.button(
        view,
        "下载符合条件的日志（.xlsx）",
        lambda: download.workbook(
            view,
            "操作日志",
            ("时间", "人", "事项", "对象", "结果", "详情"),
            (tuple(_row(each).values()) for each in notes.log_export(wanted)),
        ),
        download.name(view, "操作日志", "xlsx"),
        key="desk-log-file",
        kind="secondary",
    )


def _filters() -> LogFilter:
    with st.container(horizontal=True, vertical_alignment="bottom", key="desk-log-filters"):
        kinds = st.multiselect(
            "事项",
            list(KINDS),
            format_func=KINDS.__getitem__,
            placeholder="全部事项",
            key="desk-kinds",
            width=260,
        )
        text = st.text_input("包含文字", key="desk-text", width=200, max_chars=100)
        who = st.text_input("人（全名）", key="desk-who", width=180, max_chars=100)
        first = st.date_input("从", value=None, format="YYYY-MM-DD", key="desk-first", width=130)
        last = st.date_input("到", value=None, format="YYYY-MM-DD", key="desk-last", width=130)
        refused = st.toggle("只看被拒绝的", key="desk-refused")
    return LogFilter(
        kinds=kinds,
        who=who,
        refused=True if refused else None,
        since=_start(first),
        until=None if last is None else _start(last + timedelta(days=1)),
        text=text,
    )


def _start(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time()).astimezone()


def _row(entry: Entry) -> dict[str, Any]:
    detail = "；".join(
        f"{DETAILS.get(name, name)} {value}" for name, value in entry.detail.items() if value != ""
    )
    return {
        "at": f"{entry.at.astimezone():%Y-%m-%d %H:%M:%S}",
        "who": entry.who,
        "kind": KINDS.get(entry.kind, entry.kind),
        "subject": entry.subject,
        "result": "拒绝" if entry.refused else "完成",
        "detail": detail,
    }
