"""What is taken from a page: the one button for it, and workbooks at full precision with source and
mark on the sheet, text as text.

Every file leaves through ``button``: who takes it is looked at anew when it is made, and the log
names it. It is made at the click and not before.
"""

from __future__ import annotations

import asyncio
import io
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, Literal

import streamlit as st
import xlsxwriter
from pandas import NA
from streamlit import runtime
from streamlit.proto.ForwardMsg_pb2 import BackendOperationResponse, DeferredFileResponsePayload
from streamlit.runtime.media_file_storage import MediaFileStorageError

from data import notes, versions
from data.values import FIRST_EXCEL_YEAR, LONGEST_TEXT
from pages.parts import sign_on
from pages.parts.view import View, page
from queries.evaluate import Result
from queries.status import WORDS

OFFICE = "application/vnd.openxmlformats-officedocument"
MIME = {
    "xlsx": f"{OFFICE}.spreadsheetml.sheet",
    "docx": f"{OFFICE}.wordprocessingml.document",
    "pptx": f"{OFFICE}.presentationml.presentation",
    "zip": "application/zip",
    "json": "application/json",
    "geojson": "application/geo+json",
    "duckdb": "application/octet-stream",
}
# What a person is told as it is; anything else gets a number.
_SAID = (
    sign_on.SettingsError,
    notes.Refused,
    notes.Unavailable,
    versions.NoVersion,
    versions.DamagedVersion,
    versions.OldSchema,
)


def button(
    view: View,
    label: str,
    make: Callable[[], bytes],
    file: str,
    *,
    subject: Callable[[], str] | None = None,
    detail: Mapping[str, Any] | None = None,
    key: str | None = None,
    kind: Literal["primary", "secondary", "tertiary"] = "tertiary",
    disabled: bool = False,
) -> None:
    """A button that makes a file at the click and records who took it.

    make: runs outside the page, where no Streamlit command works; file: its whole name, see
    ``name``. What the log has beside page and file is the view's version, day and filters, unless
    ``subject`` (asked after ``make``) or ``detail`` say otherwise.
    """
    if detail is None:
        detail = _seen(view)
    st.download_button(
        label,
        data=partial(
            take,
            make,
            sign_on.claims_here(),
            subject or (lambda: view.version.path.stem),
            {"page": page(), "file": file, **detail},
        ),
        file_name=file,
        mime=MIME[file.rpartition(".")[2]],
        on_click="ignore",
        type=kind,
        icon=":material/download:",
        key=key,
        disabled=disabled,
    )


def take(
    make: Callable[[], bytes],
    claims: Mapping[str, Any],
    subject: Callable[[], str],
    detail: Mapping[str, Any],
) -> bytes:
    """Make the file for the person of these claims, and record it. Raises NotAllowed."""
    who = sign_on.require("viewer", f"下载“{detail['file']}”", claims)
    content = make()
    record(who.name, subject(), detail)
    return content


def saved(view: View, file: str) -> None:
    """Record a picture that the reader's own browser has made of what it was shown."""
    who = sign_on.user().name
    record(who, view.version.path.stem, {"page": page(), "file": file, **_seen(view)})


def _seen(view: View) -> dict[str, str]:
    return {"as_of": view.as_of.isoformat(), "filters": view.scope.words}


def record(who: str, subject: str, detail: Mapping[str, Any]) -> None:
    """A line of the log; that it cannot be written holds no file up."""
    try:
        notes.record("export", who, subject, detail)
    except notes.Unavailable as error:
        logging.getLogger("app").warning("下载未能记入日志：%s", error)


async def answer(_: Any, request: Any, session_id: str) -> BackendOperationResponse:
    """Streamlit's answer to such a click, with the reason in Chinese where there is no file."""
    del session_id
    made = runtime.get_instance().media_file_mgr.execute_deferred
    try:
        url = await asyncio.to_thread(made, request.deferred_file.file_id)
    except MediaFileStorageError as error:
        return BackendOperationResponse(request_id=request.request_id, error_msg=why(error))
    return BackendOperationResponse(
        request_id=request.request_id, deferred_file=DeferredFileResponsePayload(url=url)
    )


def why(error: MediaFileStorageError) -> str:
    """Why there is no file, for the person; the traceback of what was not foreseen is logged."""
    cause = error.__cause__
    if isinstance(cause, _SAID):
        return str(cause)
    if cause is None:
        # The page was drawn anew since.
        return "页面已更新，请再点一次"
    number = f"E-{secrets.token_hex(3).upper()}"
    logging.getLogger("app").error("错误编号 %s：%s", number, cause, exc_info=cause)
    return f"文件没有生成，错误编号 {number}；请刷新页面重试，仍不行时请告诉系统管理员"


def name(view: View, title: str, suffix: str) -> str:
    """A file name with what it holds, its date and its mark."""
    mark = f"_{view.mark}" if view.mark else ""
    return f"{title}_{view.as_of:%Y%m%d}{mark}.{suffix}"


def workbook(
    view: View, title: str, headers: Sequence[str], rows: Iterable[Sequence[Any]]
) -> bytes:
    """One sheet: title, source line, frozen headers, rows. Text cells can never run as formulas."""
    return book(view, [(title, headers, rows)], f"{view.source} · 版本 {view.version.id}")


def book(
    view: View,
    sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Any]]]],
    source: str,
) -> bytes:
    """The same of several sheets, each a title, headers and rows; source: the line under each
    title."""
    buffer = io.BytesIO()
    # Row by row through a temporary file: 200,000 rows would else take 0.7 GB while it is made.
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as file:
        bold = file.add_format({"bold": True, "font_size": 14})
        head = file.add_format({"bold": True, "bg_color": "#E8F0F9", "border": 1})
        day = file.add_format({"num_format": "yyyy-mm-dd"})
        for title, headers, rows in sheets:
            sheet = file.add_worksheet(title[:31])
            sheet.write_string(0, 0, f"{title}{f'（{view.mark}）' if view.mark else ''}", bold)
            sheet.write_string(1, 0, source)
            widths = [len(each) * 2 + 2 for each in headers]
            for column, header in enumerate(headers):
                sheet.write_string(3, column, header, head)
            for index, row in enumerate(rows):
                for column, value in enumerate(row):
                    if absent(value):
                        continue
                    write(sheet, index + 4, column, value, day)
                    widths[column] = max(widths[column], min(len(str(value)) * 2, 48))
            for column, width in enumerate(widths):
                sheet.set_column(column, column, width)
            sheet.freeze_panes(4, 0)
            sheet.set_landscape()
            sheet.set_paper(9)
            sheet.fit_to_pages(1, 0)
            sheet.repeat_rows(3)
            sheet.set_footer(f"&L{view.mark}&C&P / &N&R数据截至 {view.as_of}")
    return buffer.getvalue()


def write(sheet: Any, row: int, column: int, value: Any, day: Any, form: Any = None) -> None:
    """One cell, text as text. day: the format of dates; form: of anything else."""
    if absent(value):
        return
    if isinstance(value, bool):
        sheet.write_string(row, column, "是" if value else "否")
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value, form)
    elif isinstance(value, datetime | date) and value.year < FIRST_EXCEL_YEAR:
        sheet.write_string(row, column, f"{value:%Y-%m-%d}")
    elif isinstance(value, datetime | date):
        sheet.write_datetime(row, column, value, day)
    else:
        # A longer text would be left out without a word.
        sheet.write_string(row, column, str(value)[:LONGEST_TEXT], form)


def absent(value: Any) -> bool:
    """Whether there is nothing to write; of pandas' NA nothing can be asked."""
    return value is None or value is NA or value != value


def indicators(view: View, results: Sequence[Result]) -> bytes:
    """All indicators of a view as a workbook."""
    headers = (
        "编号",
        "指标",
        "单位",
        "状态",
        "现状值",
        "分子",
        "分母",
        "基期值",
        "目标值",
        "完成比例",
        "序时应达",
        "进度比",
        "落后天数",
        "按当前进度",
        "每季需",
        "责任单位",
        "评定依据",
    )
    rows = (
        (
            each.id,
            each.indicator.name,
            each.indicator.unit,
            WORDS[each.status],
            each.actual,
            each.numerator,
            each.denominator,
            each.baseline,
            each.target,
            each.progress,
            each.schedule,
            each.pace,
            each.lag_days,
            each.forecast,
            each.required_per_quarter,
            "、".join(each.indicator.departments),
            each.verdict.reason,
        )
        for each in results
    )
    return workbook(view, "全部指标", headers, rows)
