"""数据管理, 操作日志: filters, pages, download."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import streamlit as st

from data import notes
from data.contract import FIRST_DATE, LAST_DATE
from data.notes import Entry, LogFilter
from pages.parts import clock, download
from pages.parts.block import block, render
from pages.parts.sign_on import ROLES
from pages.parts.view import View, follow

ON_A_PAGE = 50
LONGEST_WORDS = 100
PARAMETERS = ("kind", "text", "who", "first", "last", "refused")
_SEEN = "desk-log-seen"
# Details that are roles.
_ROLES = ("role", "needs")
KINDS = {
    "import": "导入",
    "export": "导出",
    "edit": "在线修改",
    "rollback": "切换版本",
    "pin": "固定版本",
    "unpin": "取消固定",
    "version_note": "版本说明",
    "prune": "清理版本",
    "split": "拆分填报表",
    "deadline": "改返回期限",
    "return": "收填报表",
    "merge": "并入填报表",
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
    "round": "轮次",
    "due": "期限",
    "was": "原为",
}


def show(view: View) -> None:
    """The view."""
    try:
        asked = _filters()
    except notes.Unavailable as error:
        block(render("empty", title="日志暂时无法读取", text=str(error)), key="desk-no-log")
        return
    wanted = asked.wanted
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
        subject=lambda: "操作日志",
        detail={"filters": asked.words},
        key="desk-log-file",
        kind="secondary",
    )


@dataclass(frozen=True)
class Asked:
    """The filters as the address has them."""

    kinds: tuple[str, ...] = ()
    text: str = ""
    who: str = ""
    first: date | None = None
    last: date | None = None
    refused: bool = False

    @property
    def wanted(self) -> LogFilter:
        """The lines that are meant; days are the city's."""
        return LogFilter(
            kinds=self.kinds,
            who=self.who,
            refused=True if self.refused else None,
            since=_start(self.first),
            until=_start(self.last, 1),
            text=self.text,
        )

    @property
    def words(self) -> str:
        """In words, for the log's own line of an export."""
        parts = [KINDS[each] for each in self.kinds]
        parts += [self.who, f"含“{self.text}”" if self.text else ""]
        parts += [f"自 {self.first}" if self.first else "", f"至 {self.last}" if self.last else ""]
        return "，".join(filter(None, [*parts, "被拒绝的" if self.refused else ""]))

    @property
    def address(self) -> dict[str, list[str]]:
        """Its parameters in the address."""
        days = {"first": self.first, "last": self.last}
        return {
            "kind": list(self.kinds),
            "text": [self.text] if self.text else [],
            "who": [self.who] if self.who else [],
            **{name: [day.isoformat()] if day else [] for name, day in days.items()},
            "refused": ["1"] if self.refused else [],
        }


def read_address(given: Mapping[str, Sequence[str]]) -> tuple[Asked, list[str]]:
    """The filters of an address, and what in it is none: that is left out and said.

    given: all values by parameter.
    """
    ignored = [each for each in given.get("kind", ()) if each not in KINDS]
    days: dict[str, date] = {}
    for name in ("first", "last"):
        for text in given.get(name, ())[:1]:
            try:
                day = date.fromisoformat(text)
            except ValueError:
                ignored.append(text)
                continue
            if FIRST_DATE <= day <= LAST_DATE:
                days[name] = day
            else:
                ignored.append(text)
    first = {name: next(iter(given.get(name, ())), "") for name in ("text", "who", "refused")}
    kinds = tuple(each for each in KINDS if each in given.get("kind", ()))
    asked = Asked(
        kinds,
        first["text"][:LONGEST_WORDS],
        first["who"][: notes.LONGEST_ID],
        days.get("first"),
        days.get("last"),
        first["refused"] == "1",
    )
    return asked, ignored


def _filters() -> Asked:
    """What the widgets say, which is what the address says: each follows the other's change."""
    asked, ignored = read_address({name: st.query_params.get_all(name) for name in PARAMETERS})
    if st.session_state.get(_SEEN) != asked or "desk-who" not in st.session_state:
        # Come by a link, or by Back.
        for name, value in vars(asked).items():
            st.session_state[f"desk-{name}"] = list(value) if name == "kinds" else value
        st.session_state["desk-who"] = asked.who or None
    for text in ignored:
        words = f"链接中的“{text[:20]}”不是可用的事项或日期，已忽略。"
        block(render("note", text=words), key=f"desk-ignored-{text[:20]}")
    people = notes.people()
    with st.container(horizontal=True, vertical_alignment="bottom", key="desk-log-filters"):
        kinds = st.multiselect(
            "事项",
            list(KINDS),
            format_func=KINDS.__getitem__,
            placeholder="全部事项",
            key="desk-kinds",
            width=220,
        )
        text = st.text_input("包含文字", key="desk-text", width=150, max_chars=LONGEST_WORDS)
        who = st.selectbox(
            "人",
            people if not asked.who or asked.who in people else [asked.who, *people],
            index=None,
            placeholder="全部",
            accept_new_options=True,
            key="desk-who",
            width=200,
        )
        first, last = _day("从", "desk-first"), _day("到", "desk-last")
        refused = st.toggle("只看被拒绝的", key="desk-refused")
    found = Asked(
        tuple(each for each in KINDS if each in kinds), text, who or "", first, last, refused
    )
    if found != asked:
        for name, values in found.address.items():
            if values:
                st.query_params[name] = values
            elif name in st.query_params:
                del st.query_params[name]
        # Of the lines that were meant before.
        st.query_params.pop("before", None)
    st.session_state[_SEEN] = found
    return found


def _day(label: str, key: str) -> date | None:
    return st.date_input(
        label,
        value=None,
        min_value=FIRST_DATE,
        max_value=LAST_DATE,
        format="YYYY-MM-DD",
        key=key,
        width=165,
    )


def _start(day: date | None, later: int = 0) -> datetime | None:
    """The first moment of the day so many days later; None without a day."""
    try:
        if day is None:
            return None
        begun = datetime.combine(day, time(), clock.HERE) + timedelta(days=later)
        return begun.astimezone(UTC)
    except OverflowError:
        # The first and the last days there are bound nothing.
        return None


def _row(entry: Entry) -> dict[str, Any]:
    detail = "；".join(
        f"{DETAILS.get(name, name)} {ROLES.get(value, value) if name in _ROLES else value}"
        for name, value in entry.detail.items()
        if value != ""
    )
    return {
        "at": f"{clock.here(entry.at):%Y-%m-%d %H:%M:%S}",
        "who": entry.who,
        "kind": KINDS.get(entry.kind, entry.kind),
        "subject": f"轮次 {entry.subject}" if _is_round(entry) else entry.subject,
        "result": "拒绝" if entry.refused else "完成",
        "detail": detail,
    }


def _is_round(entry: Entry) -> bool:
    """Whether what was done was done to a round of one workbook a school, known by its number."""
    return entry.kind in ("split", "deadline", "return") and entry.subject.isdecimal()
