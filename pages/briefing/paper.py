"""The pack as a .docx in the look of an official paper, in the order of the policy."""

from __future__ import annotations

from itertools import count
from typing import Any

from pptx.chart.chart import Chart as OfficeChart

from pages.briefing import charts
from pages.briefing.official import Document
from pages.briefing.pack import KINDS, Bars, Lines, Map, Pack, Scatter, Sheet, Slide, Table
from pages.briefing.words import day_words
from pages.parts.view import View
from queries.status import number

NUMERALS = "一二三四五六七八九十"
SIZE = 9.0
# Kinds whose indicators stand as a table of their own below the chart.
_LISTED = ("指标",)
COLUMNS = ("指标", "状态", "现状值", "目标值", "评定依据")


def docx(view: View, pack: Pack) -> bytes:
    """The briefing; slides in the policy's order whatever their order on the screen."""
    paper = Document(pack.foot, pack.mark)
    paper.title(pack.title)
    when = f"{day_words(pack.held_on)}召开的联席会议，" if pack.held_on else ""
    paper.paragraph(
        f"{when}现将《{view.version.plan.title}》截至{day_words(pack.as_of)}的进展情况报告如下"
        f"{f'（{pack.mark}）' if pack.mark else ''}。"
    )
    order = list(KINDS)
    for place, slide in enumerate(sorted(pack.slides, key=lambda s: order.index(s.kind))):
        paper.heading(f"{numeral(place + 1)}、{slide.name}")
        _section(paper, slide)
    paper.heading(f"{numeral(len(pack.slides) + 1)}、数据来源与口径")
    paper.paragraph(f"{pack.source}。版本 {pack.version}。", align="left")
    known: dict[str, str] = {}
    for slide in pack.slides:
        for text in slide.definitions:
            known.setdefault(text, slide.name)
    paper.table(
        ("部分", "口径与说明"), [(name, text) for text, name in known.items()], [1.4, 6], SIZE
    )
    return paper.bytes()


def numeral(place: int) -> str:
    """一, 二 … 十, 十一 … as official papers number."""
    if place <= 10:
        return NUMERALS[place - 1]
    tens, ones = divmod(place, 10)
    return f"{NUMERALS[tens - 1] if tens > 1 else ''}十{NUMERALS[ones - 1] if ones else ''}"


def _section(paper: Document, slide: Slide) -> None:
    paper.paragraph(f"{slide.title}。")
    if slide.head:
        facts = "，".join(f"{f.label} {f.value.lstrip('●◐◆◔▲■○ ')}" for f in slide.head.facts)
        paper.paragraph(f"其中：{facts}。")
    if slide.empty:
        paper.paragraph(slide.empty)
    if slide.comment:
        paper.paragraph(f"批注：{slide.comment}")
    places = count(1)
    tables = [f for f in slide.figures if isinstance(f, Table)]
    for figure in slide.figures:
        if isinstance(figure, Table):
            continue
        if isinstance(figure, Map):
            paper.heading(f"（{numeral(next(places))}）{figure.title}", 2)
            _map_table(paper, figure)
            continue
        if isinstance(figure, Bars) and any(isinstance(f, Map) for f in slide.figures):
            # The map's own table says the same.
            continue
        paper.heading(f"（{numeral(next(places))}）{figure.title}", 2)
        _chart(paper, figure)
    for table in _joined(tables):
        paper.table(
            table.headers, [[c.text for c in row] for row in table.rows], table.widths, SIZE
        )
    if slide.kind.startswith("action"):
        for sheet in slide.numbers:
            if sheet.name in _LISTED and sheet.rows:
                _indicators(paper, sheet)


def _joined(tables: list[Table]) -> list[Table]:
    """Tables that a slide sets side by side are one on paper."""
    if len(tables) > 1 and all(t.headers == tables[0].headers for t in tables):
        rows = tuple(row for t in tables for row in t.rows)
        return [Table(tables[0].headers, rows, tables[0].widths)]
    return tables


def _indicators(paper: Document, sheet: Sheet) -> None:
    """The indicators of an action with the reason for each status."""
    place = {name: sheet.headers.index(name) for name in (*COLUMNS, "单位")}

    def said(row: tuple[Any, ...], name: str) -> str:
        value = row[place[name]]
        if name == "目标值" and value is None:
            return "监测"
        if name in ("现状值", "目标值"):
            bound = row[place["目标值"]] if name == "现状值" else None
            return number(value, row[place["单位"]], bound)
        return str(value)

    rows = [[said(row, name) for name in COLUMNS] for row in sheet.rows]
    paper.table(COLUMNS, rows, [2.6, 1.2, 1.1, 1.1, 3.6], SIZE)


def _map_table(paper: Document, figure: Map) -> None:
    """The districts as a table, most first: a picture would not be editable."""
    ranked = sorted(figure.areas, key=lambda a: (a.value is None, -(a.value or 0.0)))
    half = (len(ranked) + 1) // 2
    rows = []
    for place in range(half):
        left = ranked[place]
        right = ranked[place + half] if place + half < len(ranked) else None
        rows.append(
            (left.name, left.figure, right.name if right else "", right.figure if right else "")
        )
    paper.table(("区县", "现状值", "区县", "现状值"), rows, [2, 1.4, 2, 1.4], 10.5)


def _chart(paper: Document, figure: Bars | Lines | Scatter) -> None:
    space = charts.space(figure)
    charts.style(OfficeChart(space, None), figure, SIZE)
    rows = len(figure.categories) if isinstance(figure, Bars) and figure.horizontal else 0
    each = 7 if isinstance(figure, Bars) and figure.stacked else 10
    height = min(max(62.0, 24.0 + rows * each), 190.0)
    paper.chart(space, charts.book(figure), height, figure.title)
