"""Workbooks taken from a page: full precision, source and mark on the sheet, text stays text."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import xlsxwriter

from pages.parts.view import View
from queries.evaluate import Result
from queries.status import WORDS

# Excel knows no earlier dates as dates.
FIRST_EXCEL_YEAR = 1901
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def name(view: View, title: str, suffix: str) -> str:
    """A file name with what it holds, its date and its mark."""
    mark = f"_{view.mark}" if view.mark else ""
    return f"{title}_{view.as_of:%Y%m%d}{mark}.{suffix}"


def workbook(
    view: View, title: str, headers: Sequence[str], rows: Iterable[Sequence[Any]]
) -> bytes:
    """One sheet: title, source line, frozen headers, rows. Text cells can never run as formulas."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet(title[:31])
        bold = book.add_format({"bold": True, "font_size": 14})
        head = book.add_format({"bold": True, "bg_color": "#E8F0F9", "border": 1})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_string(0, 0, f"{title}{f'（{view.mark}）' if view.mark else ''}", bold)
        sheet.write_string(1, 0, f"{view.source} · 版本 {view.version.id}")
        widths = [len(each) * 2 + 2 for each in headers]
        for column, header in enumerate(headers):
            sheet.write_string(3, column, header, head)
        for index, row in enumerate(rows):
            for column, value in enumerate(row):
                write(sheet, index + 4, column, value, day)
                widths[column] = max(widths[column], min(len(str(value or "")) * 2, 48))
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
    if value is None or value != value:
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
        sheet.write_string(row, column, str(value), form)


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
