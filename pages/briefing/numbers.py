"""The pack as a .xlsx: a sheet per slide's numbers, then the rows behind them.

No text of a user can run as a formula or a link, and every sheet names its data, day and mark.
"""

from __future__ import annotations

import io
import re
from typing import Any

import xlsxwriter

from pages.briefing.pack import Pack, Sheet
from pages.briefing.slides import Known, decision_sheet, numbers, overdue_sheet
from pages.parts.download import write
from pages.parts.view import View
from queries.evidence import COLUMNS, evidence

EVIDENCE = dict(
    zip(
        COLUMNS,
        ("类别", "编号", "院校代码", "院校", "区县", "层次", "起始", "终止", "计入"),
        strict=True,
    )
)
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
TOP = 5
WIDEST = 30


def xlsx(view: View, pack: Pack) -> bytes:
    """The workbook."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": pack.title[:255], "subject": pack.foot[:255]})
        writer = _Writer(book, pack)
        writer.contents()
        for place, slide in enumerate(pack.slides, 1):
            first = Sheet("", ("说明",), ((slide.empty or slide.measure,),))
            for part, sheet in enumerate(slide.numbers or (first,)):
                tail = f"·{sheet.name}" if part else ""
                writer.sheet(f"{place:02d} {slide.name}{tail}", slide.title, slide.comment, sheet)
        for sheet in _evidence(view):
            writer.sheet(f"明细 {sheet.name}", f"明细：{sheet.name}", "", sheet)
    return buffer.getvalue()


def _evidence(view: View) -> list[Sheet]:
    """All indicators; everything overdue; decisions; the rows that each indicator counts."""
    known = Known(view)
    found = [numbers(known.results, "全部指标"), overdue_sheet(known), decision_sheet(known)]
    for each in known.results:
        frame = evidence(view.version, each.indicator, view.as_of, view.scope)
        rows = frame[list(COLUMNS)].astype(object).where(frame[list(COLUMNS)].notna(), None)
        found.append(
            Sheet(
                each.indicator.short,
                tuple(EVIDENCE.values()),
                tuple(tuple(row) for row in rows.itertuples(index=False)),
            )
        )
    return [sheet for sheet in found if sheet.rows]


class _Writer:
    def __init__(self, book: Any, pack: Pack) -> None:
        self.book, self.pack = book, pack
        self.names: set[str] = set()
        self.bold = book.add_format({"bold": True, "font_size": 14})
        self.head = book.add_format(
            {"bold": True, "bg_color": "#E8F0F9", "border": 1, "text_wrap": True}
        )
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self.number = book.add_format({"num_format": "#,##0.00##"})
        self.text = book.add_format({"text_wrap": True, "valign": "top"})
        self.whole = book.add_format({"num_format": "#,##0"})

    def contents(self) -> None:
        """The first sheet: what the meeting is, and what each slide says."""
        rows = tuple(
            (place, slide.name, slide.title, slide.comment)
            for place, slide in enumerate(self.pack.slides, 1)
        )
        self.sheet(
            "目录",
            self.pack.title,
            self.pack.heading,
            Sheet("", ("页", "名称", "结论", "批注"), rows),
        )

    def sheet(self, name: str, title: str, comment: str, content: Sheet) -> None:
        """One sheet: title, source, comment, frozen headers, rows."""
        sheet = self.book.add_worksheet(self._name(name))
        mark = f"（{self.pack.mark}）" if self.pack.mark else ""
        sheet.write_string(0, 0, f"{title}{mark}", self.bold)
        sheet.write_string(1, 0, self.pack.foot)
        sheet.write_string(2, 0, comment)
        widths = [len(each) * 2 + 2 for each in content.headers]
        for column, header in enumerate(content.headers):
            sheet.write_string(TOP - 1, column, header, self.head)
        for index, row in enumerate(content.rows):
            for column, value in enumerate(row):
                write(
                    sheet,
                    TOP + index,
                    column,
                    value,
                    self.day,
                    self._format(value, content.headers[column]),
                )
                widths[column] = max(widths[column], min(len(str(value or "")) * 2, WIDEST))
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(TOP, 0)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(TOP - 1)
        sheet.set_header(f"&R{self.pack.mark}")
        sheet.set_footer(f"&L{self.pack.mark}&C&P / &N&R数据截至 {self.pack.as_of}")

    def _format(self, value: Any, header: str) -> Any:
        if isinstance(value, str):
            return self.text
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if header == "年度":
            return None
        return self.whole if float(value).is_integer() else self.number

    def _name(self, name: str) -> str:
        """A sheet's name as Excel allows it, unlike any other's."""
        bare = _FORBIDDEN.sub(" ", name).strip("'")[:31] or "表"
        found, again = bare, 2
        while found.lower() in self.names:
            tail = f" {again}"
            found, again = bare[: 31 - len(tail)] + tail, again + 1
        self.names.add(found.lower())
        return found
