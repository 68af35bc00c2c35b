"""The workbook as a form: every sheet with headers, drop-downs, comments and instructions.

``python -m data.template FILE.xlsx`` writes an empty one; ``write_workbook`` a filled one.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from data import command, reference
from data.contract import (
    BY_TITLE,
    DATA_NATURES,
    DATASET_ITEMS,
    FIRST_DATE,
    FIRST_YEAR,
    INSTRUCTION_SHEET,
    LAST_DATE,
    LAST_YEAR,
    OPTIONS_SHEET,
    SHEETS,
    Column,
    Sheet,
)
from data.plan import Plan, PlanError, load_plan
from data.values import FIRST_EXCEL_YEAR

# How far down a form's formats and drop-downs reach.
LAST_ROW = 5_000
FONT = "宋体"
# Wide enough for its header, at most this many Chinese characters.
WIDEST = 24
# Chinese characters that fit on a line of the instructions.
RULE_WIDTH = 58

_KINDS = {
    "text": "文本",
    "date": "日期，如 2024-09-01",
    "date_or_year": "日期，如 2024-09-01，也可只填年份",
    "year": f"年份，{FIRST_YEAR}—{LAST_YEAR} 的整数",
    "count": "不小于 0 的整数；不掌握则留空，不要填 0",
    "number": "数字",
    "amount": "不小于 0 的数",
    "share": "0—100 的百分数，如 85.5 表示 85.5%",
    "longitude": "经度，WGS 84，如 113.62",
    "latitude": "纬度，WGS 84，如 34.75",
    "flag": "是或否",
    "choice": "从下拉列表中选择",
}
# A year typed into a date column shows as a year, a date as a date.
_FORMATS = {
    "text": "@",
    "date": "yyyy-mm-dd",
    "date_or_year": "[<=2100]0;yyyy-mm-dd",
    "year": "0",
    "count": "0",
    "choice": "@",
    "flag": "@",
}
_RULES = (
    "一张工作表对应一类数据，表头在第 1 行；请勿改动工作表名称和列名，列的先后不限。",
    "深色表头的列为必填；浅色表头的列可以不填，也可以整列删去。",
    "院校、专业点、说明三张表必须填写；其余各表没有数据可以空着或删去，相应页面会提示缺什么。",
    "日期填 YYYY-MM-DD 或 Excel 日期；截止、撤销一类日期空着表示至今有效。",
    "百分数填 0—100 的数，不填小数；金额单位为万元；不掌握的数留空，不要填 0。",
    "要求填院校代码处，也可以填院校全称；指标、事项可以填名称，也可以填编号。",
    "同一院校、专业代码、层次同时只能有一个专业点；不同学制、方向、校区不另立专业点。",
    "代码列已设为文本格式，粘贴时请选“只保留文本”，以免前面的 0 丢失。",
    "导入时逐格检查，全部错误一次列出，指明工作表和单元格；有任何错误则整本不导入。",
)


@dataclass(frozen=True)
class Form:
    """Which sheets a workbook asks for, in their order, and what it says of itself.

    listed: titles of sheets that are given to look things up in; they are protected and have only
    the columns that were handed over. heading: empty for the plan's title.
    """

    sheets: tuple[Sheet, ...] = SHEETS
    listed: frozenset[str] = frozenset()
    heading: str = ""
    rules: tuple[str, ...] = _RULES


WHOLE = Form()


def write_template(path: Path, plan: Plan | None = None) -> None:
    """Write an empty form; the 说明 sheet already names its items. Raises OSError."""
    items = [item for item, _ in DATASET_ITEMS]
    dataset = pd.DataFrame({"项": items, "值": [None] * len(items)}, dtype=object)
    write_workbook({"说明": dataset}, path, plan)


def write_workbook(
    frames: Mapping[str, pd.DataFrame],
    path: Path,
    plan: Plan | None = None,
    form: Form = WHOLE,
) -> None:
    """Write sheets as a workbook in the form of the template.

    frames: sheet title -> DataFrame with the contract's headers (any order, columns may be
    missing); sheets not given are written empty. Text is written as text, never as a formula or a
    link. The file appears whole or not at all. Raises ValueError for a sheet or header the contract
    does not know, OSError when the file cannot be written.
    """
    for title, frame in frames.items():
        if title not in BY_TITLE:
            raise ValueError(f"未知的工作表：{title}")
        unknown = [header for header in frame.columns if header not in BY_TITLE[title].by_header]
        if unknown:
            raise ValueError(f"工作表“{title}”中未知的列：{'、'.join(map(str, unknown))}")
    plan = plan or load_plan()
    path = Path(path)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".xlsx", dir=path.parent)
    os.close(handle)
    draft = Path(name)
    try:
        _Writer(draft, plan, form).write(frames)
        # mkstemp makes private files; a form is as readable as any other new file.
        mask = os.umask(0)
        os.umask(mask)
        draft.chmod(0o666 & ~mask)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


class _Writer:
    """One workbook being written."""

    def __init__(self, path: Path, plan: Plan, form: Form) -> None:
        self.plan, self.form = plan, form
        self.book = xlsxwriter.Workbook(
            str(path),
            {
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "default_date_format": "yyyy-mm-dd",
                "remove_timezone": True,
                # A single institution's is small, and there are hundreds: no file for each part.
                "in_memory": form is not WHOLE,
            },
        )
        # The same content gives the same file: the date of creation is not content.
        self.book.set_properties({"created": datetime(2000, 1, 1)})
        self.lists: dict[str, str] = {}
        self.formats: dict[tuple[Any, ...], Format] = {}

    def write(self, frames: Mapping[str, pd.DataFrame]) -> None:
        self.write_instructions(self.book.add_worksheet(INSTRUCTION_SHEET))
        sheets = {sheet.title: self.book.add_worksheet(sheet.title) for sheet in self.form.sheets}
        options = self.book.add_worksheet(OPTIONS_SHEET)
        options.hide()
        self.write_options(options)
        for sheet in self.form.sheets:
            self.write_sheet(sheets[sheet.title], sheet, frames.get(sheet.title))
        self.book.close()

    def format(self, **properties: Any) -> Format:
        """A cell format, one for each set of properties."""
        key = tuple(sorted(properties.items()))
        if key not in self.formats:
            made = {"font_name": FONT, "font_size": 11, **properties}
            self.formats[key] = self.book.add_format(made)
        return self.formats[key]

    # ------------------------------------------------------------ lists

    def choices(self, column: Column) -> Sequence[str]:
        """What may be chosen in a column, empty when it is free."""
        if column.choices:
            return column.choices
        if column.kind == "flag":
            return ("是", "否")
        plan = self.plan
        match column.refers:
            case "district":
                return _districts()
            case "industry":
                return _industries()
            case "indicator":
                return [i.name for i in plan.indicators]
            case "deliverable":
                return [d.name for d in plan.deliverables]
            case "item":
                return [i.name for i in plan.indicators] + [d.name for d in plan.deliverables]
            case "body_kind":
                return plan.body_kinds
        return ()

    def list_name(self, column: Column) -> str:
        """Columns with the same choices share one list."""
        return column.refers or "、".join(column.choices) or column.kind

    def write_options(self, page: Worksheet) -> None:
        """The hidden sheet with the lists that the drop-downs point to."""
        place = 0
        for column in (c for sheet in self.form.sheets for c in sheet.columns):
            name, choices = self.list_name(column), self.choices(column)
            if not choices or name in self.lists:
                continue
            page.write_string(0, place, column.header, self.format(bold=True))
            for row, choice in enumerate(choices, start=1):
                page.write_string(row, place, choice, self.format())
            letter = xlsxwriter.utility.xl_col_to_name(place)
            self.lists[name] = f"='{OPTIONS_SHEET}'!${letter}$2:${letter}${len(choices) + 1}"
            place += 1

    # ------------------------------------------------------------ sheets

    def write_sheet(self, page: Worksheet, sheet: Sheet, frame: pd.DataFrame | None) -> None:
        """Header, formats, drop-downs and comments of a sheet, and its rows if any."""
        rows = 0 if frame is None else len(frame)
        last = max(LAST_ROW, rows + 1000)
        listed = sheet.title in self.form.listed
        columns = sheet.columns
        if listed and frame is not None:
            columns = tuple(column for column in columns if column.header in frame.columns)
        page.freeze_panes(1, 2 if len(columns) > 4 else 0)
        page.set_row(0, 24)
        for place, column in enumerate(columns):
            page.set_column(place, place, _width(column), self.cell_format(column))
            header = self.format(
                bold=True,
                bg_color="#1F4E79" if column.required else "#DDEBF7",
                font_color="#FFFFFF" if column.required else "#1F4E79",
                border=1,
                border_color="#9DB2C7",
                valign="vcenter",
                text_wrap=True,
            )
            page.write_string(0, place, column.header, header)
            if not listed:
                page.write_comment(
                    0, place, comment(column), {"x_scale": 2, "y_scale": 1.2, "author": ""}
                )
            rule = self.validation(column)
            if rule and not listed:
                page.data_validation(1, place, last, place, rule)
            if frame is not None and column.header in frame.columns:
                self.write_cells(page, place, column, frame[column.header])
        if listed:
            page.protect("", {"autofilter": True, "format_columns": True})
        elif sheet.table == "dataset" and frame is not None:
            self.mark_nature(page, frame)
        if rows:
            page.autofilter(0, 0, rows, len(columns) - 1)

    def cell_format(self, column: Column) -> Format:
        return self.format(num_format=_FORMATS.get(column.kind, "General"))

    def mark_nature(self, page: Worksheet, frame: pd.DataFrame) -> None:
        """The drop-down of 数据性质, which has a row of its own."""
        for row, item in enumerate(frame["项"], start=1):
            if item == "数据性质":
                page.data_validation(
                    row, 1, row, 1, {"validate": "list", "source": list(DATA_NATURES)}
                )

    def validation(self, column: Column) -> dict[str, Any] | None:
        """What Excel lets into a cell; loading checks everything again."""
        name = self.list_name(column)
        if name in self.lists:
            strict = bool(column.choices) or column.kind == "flag"
            # An id or a code may stand for a name: say so, but let it in.
            return {
                "validate": "list",
                "source": self.lists[name],
                "error_type": "stop" if strict else "warning",
                "error_title": "不在列表中",
                "error_message": f"“{column.header}”请从下拉列表中选择。",
            }
        low_high: dict[str, tuple[str, float, float]] = {
            "year": ("integer", FIRST_YEAR, LAST_YEAR),
            "count": ("integer", 0, 10_000_000),
            "amount": ("decimal", 0, 1e12),
            "share": ("decimal", 0, 100),
            "longitude": ("decimal", -180, 180),
            "latitude": ("decimal", -90, 90),
        }
        if column.kind in low_high:
            kind, low, high = low_high[column.kind]
            return {
                "validate": kind,
                "criteria": "between",
                "minimum": low,
                "maximum": high,
                "error_title": column.header,
                "error_message": f"应为{_KINDS[column.kind]}。",
            }
        if column.kind == "date":
            return {
                "validate": "date",
                "criteria": "between",
                "minimum": FIRST_DATE,
                "maximum": LAST_DATE,
                "error_type": "warning",
                "error_title": column.header,
                "error_message": f"应为{_KINDS['date']}。",
            }
        return None

    def write_cells(
        self, page: Worksheet, place: int, column: Column, cells: pd.Series[Any]
    ) -> None:
        """A column's values: text as text, dates as dates, numbers as numbers, missing as empty."""
        shape = self.cell_format(column)
        # Not the column's own format where a year may stand: other programs see no date in it.
        day = self.format(num_format=_FORMATS["date"])
        for row, value in enumerate(cells.tolist(), start=1):
            if value is None or value is pd.NaT or value != value:
                continue
            if isinstance(value, bool):
                page.write_string(row, place, "是" if value else "否", shape)
            elif isinstance(value, str):
                if value:
                    page.write_string(row, place, value, shape)
            elif isinstance(value, date) and value.year < FIRST_EXCEL_YEAR:
                # No day that Excel can count; as text it is read again as the same.
                page.write_string(row, place, _plain_day(value).isoformat())
            elif isinstance(value, date):
                page.write_datetime(row, place, _plain_day(value), day)
            else:
                page.write_number(row, place, value, shape)

    # ------------------------------------------------------------ instructions

    def write_instructions(self, page: Worksheet) -> None:
        """What to fill in and how, and every column once more in one table."""
        page.hide_gridlines(2)
        page.set_column(0, 0, 16, self.format())
        page.set_column(1, 1, 20, self.format())
        page.set_column(2, 2, 8, self.format())
        page.set_column(3, 3, 80, self.format(text_wrap=True))
        title = self.format(bold=True, font_size=14)
        heading = self.form.heading or self.plan.short_title
        page.write_string(0, 0, f"填表说明：{heading}", title)
        row = 2
        for number, rule in enumerate(self.form.rules, start=1):
            page.merge_range(row, 0, row, 3, f"{number}. {rule}", self.format(text_wrap=True))
            if len(rule) > RULE_WIDTH:
                # Merged cells do not grow with their text.
                page.set_row(row, 15 * (1 + len(rule) // RULE_WIDTH))
            row += 1
        row += 1
        for place, header in enumerate(("工作表", "列", "必填", "填什么")):
            page.write_string(row, place, header, self.format(bold=True, bg_color="#DDEBF7"))
        for sheet in self.form.sheets:
            if sheet.title in self.form.listed:
                continue
            for column in sheet.columns:
                row += 1
                page.write_string(row, 0, sheet.title, self.format())
                page.write_string(row, 1, column.header, self.format())
                page.write_string(row, 2, "必填" if column.required else "", self.format())
                page.write_string(row, 3, meaning(column), self.format(text_wrap=True))


@cache
def _districts() -> tuple[str, ...]:
    return tuple(reference.districts()["name"])


@cache
def _industries() -> tuple[str, ...]:
    return tuple(reference.industries()["name"])


def meaning(column: Column) -> str:
    """What to put into a column, in words."""
    parts = [_KINDS[column.kind]]
    if column.choices:
        parts = [f"从 {'、'.join(column.choices)} 中选择"]
    elif column.refers in ("district", "industry", "indicator", "deliverable", "item", "body_kind"):
        parts = ["从下拉列表中选择"]
    if column.note:
        parts.append(column.note)
    return "；".join(parts)


def comment(column: Column) -> str:
    """The comment on a column's header."""
    needed = "必填" if column.required else "可不填"
    return f"{column.header}（{needed}）\n{meaning(column)}"


def _plain_day(value: date) -> date:
    """A date without the time that pandas adds."""
    return value.date() if isinstance(value, datetime) else value


def _width(column: Column) -> float:
    wide = {"name": 28, "decision": 40, "problem": 40, "reason": 40, "value": 40}.get(column.name)
    return wide or min(max(2 * len(column.header) + 4, 12), WIDEST)


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = command.Parser("data.template", "写出一个空白工作簿：含下拉列表、批注和填表说明")
    parser.add_argument("file", type=Path, metavar="FILE.xlsx", help="要写出的文件")
    options = parser.parse_args(arguments)
    path: Path = options.file
    if path.suffix.lower() != ".xlsx":
        print(f"文件名应以 .xlsx 结尾：{path}", file=sys.stderr)
        return 2
    if path.is_dir() or not path.parent.is_dir():
        print(f"无法写入 {path}：没有这个文件夹，或它是文件夹", file=sys.stderr)
        return 2
    try:
        write_template(path)
    except PlanError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"无法写入 {path}：{error.strerror or error}", file=sys.stderr)
        return 2
    print(f"已写出空白工作簿：{path}")
    return 0


if __name__ == "__main__":
    command.run(main)
