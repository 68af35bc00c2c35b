"""The pack as a .pptx: native charts, tables and shapes, each of which can be edited.

A city's own template (PPTX_TEMPLATE, or an argument) brings master, theme and size; what is written
on the slides stays the same. Every slide carries its source, version, page and mark itself.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Emu, Inches, Pt

from pages.briefing import charts, fitting
from pages.briefing.official import clean
from pages.briefing.pack import (
    WORD_COLOURS,
    Bars,
    Facts,
    Figure,
    Lines,
    Map,
    Pack,
    Scatter,
    Slide,
    Table,
    template_path,
)
from queries.status import number

INK, SOFT, DEEP = "1B2733", "5A6673", "12385F"
# A slide as measured here, in points of a page 960 × 540; another size is scaled to.
WIDE, HIGH, SIDE = 960.0, 540.0, 34.0
INSIDE = WIDE - 2 * SIDE
SMALLEST = 8.0
_FULL = frozenset("—…“”●◐◆◔▲■○")
EDGE = "D7DDE4"


def em(text: str) -> float:
    """How wide a text is at most, in multiples of its size: a machine without the face named here
    takes a wider one for Latin letters and figures."""
    return sum(1.0 if ord(each) > 0x2E7F or each in _FULL else 0.63 for each in text)


def cut(text: str, width: float, size: float) -> str:
    """The text, or as much of it as fits with an ellipsis."""
    return fitting.cut(text, width, size, em)


class TemplateError(Exception):
    """A template that cannot be used; the message says why, in Chinese."""


def pptx(pack: Pack, template: Path | None = None) -> bytes:
    """The pack as a .pptx; raises TemplateError."""
    path = template_path(template)
    try:
        show = Presentation(None if path is None else str(path))
    except Exception as error:
        raise TemplateError(f"演示文稿模板 {path} 无法读取，应为 .pptx 文件") from error
    if path is None:
        show.slide_width, show.slide_height = Inches(13.333), Inches(7.5)
        _theme_faces(show)
    for slide_id in list(show.slides._sldIdLst):
        # A template may bring sample slides.
        show.part.drop_rel(slide_id.rId)
        show.slides._sldIdLst.remove(slide_id)
    writer = _Writer(show, pack)
    for index in range(len(pack.slides)):
        writer.slide(index)
    properties = show.core_properties
    properties.title, properties.subject = clean(pack.title)[:255], clean(pack.foot)[:255]
    properties.author = properties.keywords = properties.comments = ""
    properties.language = "zh-CN"
    buffer = io.BytesIO()
    show.save(buffer)
    return buffer.getvalue()


def _theme_faces(show: Any) -> None:
    """The default template's theme names no Chinese face."""
    for relation in show.slide_master.part.rels.values():
        if relation.reltype.endswith("/theme"):
            part = relation.target_part
            part._blob = part.blob.replace(
                b'<a:ea typeface=""/>', f'<a:ea typeface="{charts.FACE}"/>'.encode()
            )


class _Writer:
    def __init__(self, show: Any, pack: Pack) -> None:
        self.show, self.pack = show, pack
        self.scale = min(show.slide_width / WIDE, show.slide_height / HIGH)
        self.left = (show.slide_width - WIDE * self.scale) / 2
        self.top = (show.slide_height - HIGH * self.scale) / 2
        # Letters keep their size on the default slide and shrink with a smaller one.
        self.letters = self.scale / Pt(1)
        self.layout = self._title_only()

    def _title_only(self) -> Any:
        """The layout with a title and least besides."""
        layouts = [
            (len(each.placeholders), index, each)
            for index, each in enumerate(self.show.slide_layouts)
            if any(p.placeholder_format.type in (1, 3) for p in each.placeholders)
        ]
        if not layouts:
            return self.show.slide_layouts[len(self.show.slide_layouts) - 1]
        return min(layouts, key=lambda each: each[:2])[2]

    # ------------------------------------------------------------ a slide

    def slide(self, index: int) -> None:
        content = self.pack.slides[index]
        page = self.show.slides.add_slide(self.layout)
        for each in list(page.placeholders):
            if each != page.shapes.title:
                each._element.getparent().remove(each._element)
        self._box(page, SIDE, 12, INSIDE - 108, 18, self.pack.heading, 11, SOFT, one_line=True)
        size = _size(content.title, INSIDE, 26, 20, 1)
        if em(content.title) * size > INSIDE * 0.97:
            size = _size(content.title, INSIDE, 26, 18, 2)
        title = page.shapes.title
        if title is None:
            title = page.shapes.add_textbox(0, 0, 1, 1)
        title_high = 38.0 if em(content.title) * size <= INSIDE * 0.97 else 62.0
        self._at(title, SIDE, 32, INSIDE, title_high)
        self._write(title.text_frame, content.title, size, DEEP, bold=True)
        title.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
        if self.pack.mark:
            self._stamp(page)
        y = 32 + title_high
        self._box(page, SIDE, y, INSIDE, 20, content.measure, 12, SOFT)
        y += 26
        if content.head:
            self._facts(page, content.head, y)
            y += 58
        bottom = HIGH - 34
        if content.comment:
            bottom -= 30
            self._box(
                page, SIDE, bottom, INSIDE, 26, f"批注：{content.comment}", 13, INK, fill="EEF4FB"
            )
            bottom -= 4
        if content.empty:
            self._empty(page, content, y, bottom)
        free = INSIDE - 18 * max(len(content.figures) - 1, 0)
        shares = sum(f.share for f in content.figures) or 1.0
        x = SIDE
        for figure in content.figures:
            width = free * figure.share / shares
            self._figure(page, figure, x, y, width, bottom - y - 4)
            x += width + 18
        self._foot(page, index)
        self._notes(page, content)
        charts.faces(page._element)
        for effect in page._element.iter(qn("a:effectRef")):
            # The theme's shadow, which LibreOffice draws even where a shape has none.
            effect.set("idx", "0")

    def _stamp(self, page: Any) -> None:
        shape = page.shapes.add_shape(MSO_SHAPE.ROUNDED_RECTANGLE, 0, 0, 1, 1)
        self._at(shape, WIDE - SIDE - 84, 9, 84, 23)
        shape.fill.solid()
        shape.fill.fore_color.rgb = RGBColor.from_string("FFF3CF")
        shape.line.color.rgb = RGBColor.from_string("E6C664")
        shape.shadow.inherit = False
        shape.name = "数据标记"
        self._write(shape.text_frame, self.pack.mark, 13, "6B4B00", bold=True, align="centre")

    def _facts(self, page: Any, head: Facts, y: float) -> None:
        gap = 8.0
        width = (INSIDE - gap * (len(head.facts) - 1)) / max(len(head.facts), 1)
        for place, fact in enumerate(head.facts):
            shape = page.shapes.add_shape(MSO_SHAPE.ROUNDED_RECTANGLE, 0, 0, 1, 1)
            self._at(shape, SIDE + place * (width + gap), y, width, 50)
            shape.fill.background()
            shape.shadow.inherit = False
            shape.line.color.rgb = RGBColor.from_string(EDGE)
            frame = shape.text_frame
            colour = WORD_COLOURS.get(fact.tone, f"#{INK}")[1:]
            value_size = min(20.0, width * 0.9 / max(em(fact.value), 1))
            self._write(frame, fact.value, value_size, colour, bold=True, align="centre")
            label = frame.add_paragraph()
            label.alignment = PP_ALIGN.CENTER
            self._run(label, fact.label, min(12.0, width * 0.9 / max(em(fact.label), 1)), SOFT)
            frame.vertical_anchor = MSO_ANCHOR.MIDDLE

    def _empty(self, page: Any, content: Slide, y: float, bottom: float) -> None:
        shape = page.shapes.add_shape(MSO_SHAPE.ROUNDED_RECTANGLE, 0, 0, 1, 1)
        self._at(shape, SIDE + 130, y + (bottom - y) / 2 - 60, INSIDE - 260, 110)
        shape.fill.background()
        shape.shadow.inherit = False
        shape.line.color.rgb = RGBColor.from_string("C6D0DA")
        self._write(shape.text_frame, "无数据可显示", 22, INK, bold=True, align="centre")
        words = shape.text_frame.add_paragraph()
        words.alignment = PP_ALIGN.CENTER
        self._run(words, content.empty, 16, SOFT)

    def _foot(self, page: Any, index: int) -> None:
        size = _size(self.pack.foot, INSIDE - 70, 11, SMALLEST, 1)
        self._box(page, SIDE, HIGH - 28, INSIDE - 66, 20, self.pack.foot, size, SOFT, one_line=True)
        self._box(
            page,
            WIDE - SIDE - 64,
            HIGH - 28,
            64,
            20,
            f"{index + 1} / {len(self.pack.slides)}",
            11,
            INK,
            bold=True,
            align="right",
        )

    def _notes(self, page: Any, content: Slide) -> None:
        lines = [content.title, content.measure, *content.notes, *content.definitions]
        lines += [
            f"版本 {self.pack.version}",
            f"批注：{content.comment}" if content.comment else "",
        ]
        # What a table had to cut can be read here in full.
        full = [
            "；".join(cell.text for cell in row)
            for figure in content.figures
            if isinstance(figure, Table)
            for row in figure.rows
        ]
        text = "\n".join(clean(each) for each in (*lines, *full) if each)
        notes = page.notes_slide.notes_text_frame
        if notes is not None:
            notes.text = text
        charts.faces(page.notes_slide._element)

    # ------------------------------------------------------------ figures

    def _figure(
        self, page: Any, figure: Figure, x: float, y: float, width: float, height: float
    ) -> None:
        if isinstance(figure, Table):
            self._table(page, figure, x, y, width, height)
        elif isinstance(figure, Map):
            self._map(page, figure, x, y, width, height)
        elif isinstance(figure, Bars | Lines | Scatter):
            self._box(page, x, y, width, 18, figure.title, 12, SOFT, bold=True)
            rows = len(figure.categories) if isinstance(figure, Bars) else 0
            size = 12.0 if rows <= 10 else 10.5 if rows <= 18 else 9.0
            if isinstance(figure, Bars) and any(em(c) > 14 for c in figure.categories):
                size = min(size, 9.0)
            placed = page.shapes.add_chart(
                charts.kind(figure),
                *self._frame(x, y + 20, width, height - 20),
                charts.data(figure),
            )
            placed.name = clean(figure.title)
            charts.style(placed.chart, figure, size * self.letters)

    def _table(
        self, page: Any, table: Table, x: float, y: float, width: float, height: float
    ) -> None:
        rows = len(table.rows) + 1
        total = sum(table.widths)
        widths = [width * share / total for share in table.widths]
        size, tall = _table_size(table, widths, height)
        shape = page.shapes.add_table(
            rows, len(table.headers), *self._frame(x, y, width, sum(tall))
        )
        native = shape.table
        style = shape._element.graphic.graphicData.tbl.find(qn("a:tblPr")).find(
            qn("a:tableStyleId")
        )
        # “No style, no grid”: lines and colours are set here.
        style.text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"
        native.horz_banding = False
        for place, each in enumerate(widths):
            native.columns[place].width = Emu(int(each * self.scale))
        for place, each in enumerate(tall):
            native.rows[place].height = Emu(int(each * self.scale))
        for place, header in enumerate(table.headers):
            self._cell(native.cell(0, place), header, size, SOFT, bold=True, fill="EEF4FB")
        for down, row in enumerate(table.rows, 1):
            lines = int((tall[down] - 4) // (size * 1.2))
            for place, cell in enumerate(row):
                colour = WORD_COLOURS.get(cell.tone, f"#{INK}")[1:]
                text = cut(cell.text, max(lines, 1) * (widths[place] - 8) * 0.94, size)
                self._cell(native.cell(down, place), text, size, colour, bold=bool(cell.tone))

    def _cell(
        self, cell: Any, text: str, size: float, colour: str, bold: bool = False, fill: str = ""
    ) -> None:
        cell.margin_left = cell.margin_right = Emu(int(4 * self.scale))
        cell.margin_top = cell.margin_bottom = Emu(int(1.5 * self.scale))
        cell.vertical_anchor = MSO_ANCHOR.MIDDLE
        if fill:
            cell.fill.solid()
            cell.fill.fore_color.rgb = RGBColor.from_string(fill)
        else:
            cell.fill.background()
        _underline(cell)
        self._write(cell.text_frame, text, size, colour, bold=bold)

    def _map(self, page: Any, figure: Map, x: float, y: float, width: float, height: float) -> None:
        left = x
        for colour, words in figure.legend:
            swatch = page.shapes.add_shape(MSO_SHAPE.RECTANGLE, *self._frame(left, y + 4, 12, 12))
            self._fill(swatch, colour, "#C6D0DA")
            wide = em(words) * 11 + 14
            self._box(page, left + 14, y, wide, 20, words, 11, INK, one_line=True)
            left += wide + 18
        scale = min(width, (height - 26) / figure.height)
        left, top = x + (width - scale) / 2, y + 24

        def at(place: tuple[float, float]) -> tuple[float, float]:
            return (
                self.left + (left + place[0] * scale) * self.scale,
                self.top + (top + place[1] * scale) * self.scale,
            )

        for area in figure.areas:
            if area.rings:
                shape = _outline(page, [[at(p) for p in ring] for ring in area.rings])
            else:
                across, down = at(area.place)
                side = 9 * self.scale
                shape = page.shapes.add_shape(
                    MSO_SHAPE.RECTANGLE,
                    *(Emu(int(v)) for v in (across - side / 2, down - side / 2, side, side)),
                )
            self._fill(shape, area.fill, "#FFFFFF" if area.rings else "#111A24")
            shape.name = clean(f"{area.name}：{area.figure}")
        for area in figure.areas:
            if area.rings:
                said = "无数据" if area.value is None else number(area.value)
                place = (left + area.place[0] * scale, top + area.place[1] * scale)
                self._box(
                    page,
                    place[0] - 30,
                    place[1] - 15,
                    60,
                    30,
                    f"{area.short}\n{said}",
                    10,
                    area.ink[1:],
                    align="centre",
                )

    # ------------------------------------------------------------ pieces

    def _frame(self, x: float, y: float, width: float, height: float) -> list[Emu]:
        return [
            Emu(int(self.left + x * self.scale)),
            Emu(int(self.top + y * self.scale)),
            Emu(int(width * self.scale)),
            Emu(int(max(height, 1) * self.scale)),
        ]

    def _at(self, shape: Any, x: float, y: float, width: float, height: float) -> None:
        shape.left, shape.top, shape.width, shape.height = self._frame(x, y, width, height)

    @staticmethod
    def _fill(shape: Any, colour: str, edge: str) -> None:
        shape.fill.solid()
        shape.fill.fore_color.rgb = RGBColor.from_string(colour[1:])
        shape.line.color.rgb = RGBColor.from_string(edge[1:])
        shape.line.width = Pt(0.75)
        shape.shadow.inherit = False

    def _box(
        self,
        page: Any,
        x: float,
        y: float,
        width: float,
        height: float,
        text: str,
        size: float,
        colour: str,
        *,
        bold: bool = False,
        align: str = "left",
        fill: str = "",
        one_line: bool = False,
    ) -> None:
        box = page.shapes.add_textbox(*self._frame(x, y, width, height))
        if fill:
            box.fill.solid()
            box.fill.fore_color.rgb = RGBColor.from_string(fill)
        lines = text.split("\n")
        rows = 1 if one_line else max(1, int(height // (size * 1.2)) // len(lines))
        self._write(
            box.text_frame,
            "\n".join(cut(line, rows * width * 0.98, size) for line in lines),
            size,
            colour,
            bold=bold,
            align=align,
        )

    def _write(
        self,
        frame: Any,
        text: str,
        size: float,
        colour: str,
        *,
        bold: bool = False,
        align: str = "left",
    ) -> None:
        frame.word_wrap = True
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        for place, line in enumerate(text.split("\n")):
            paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
            paragraph.alignment = {
                "left": PP_ALIGN.LEFT,
                "centre": PP_ALIGN.CENTER,
                "right": PP_ALIGN.RIGHT,
            }[align]
            self._run(paragraph, line, size, colour, bold)

    def _run(self, paragraph: Any, text: str, size: float, colour: str, bold: bool = False) -> None:
        run = paragraph.add_run()
        run.text = clean(text)
        run.font.size = Pt(round(size * self.letters, 1))
        run.font.bold = bold
        run.font.color.rgb = RGBColor.from_string(colour)


def _underline(cell: Any) -> None:
    """A thin line below a cell; before its fill, as the schema wants."""
    line = parse_xml(
        f'<a:lnB {nsdecls("a")} w="6350"><a:solidFill><a:srgbClr val="{EDGE}"/></a:solidFill>'
        "</a:lnB>"
    )
    cell._tc.get_or_add_tcPr().insert(0, line)


def _outline(page: Any, rings: list[list[tuple[float, float]]]) -> Any:
    """A district as a freeform, its rings as contours of one shape."""
    builder = None
    for ring in rings:
        points = [(int(x), int(y)) for x, y in ring]
        if builder is None:
            builder = page.shapes.build_freeform(*points[0], scale=1.0)
        else:
            builder.move_to(*points[0])
        builder.add_line_segments(points[1:], close=True)
    if builder is None:
        raise ValueError("a district without an outline")
    return builder.convert_to_shape()


def _size(text: str, width: float, most: float, least: float, lines: int) -> float:
    """The largest size, between two, at which a text keeps to its lines."""
    size = most
    while size > least and em(text) * size > width * lines * 0.95:
        size -= 0.5
    return size


def _table_size(table: Table, widths: list[float], height: float) -> tuple[float, list[float]]:
    """(size of the letters, height of every row) so that the table ends above the foot.

    Rows of one height where a little smaller letters allow it, else each as high as it needs.
    """
    uneven: tuple[float, list[float]] | None = None
    size = 14.0
    while size >= SMALLEST:
        head, *body = _row_heights(table, widths, size)
        if uneven is None and head + sum(body) <= height:
            uneven = size, [head, *body]
        even = max(body, default=0.0)
        if head + even * len(body) <= height and (uneven is None or size >= uneven[0] * 0.8):
            more = min((height - head - even * len(body)) / (len(body) + 1), 12.0)
            return size, [head + more] + [even + more] * len(body)
        size -= 0.5
    if uneven is not None:
        return uneven
    # Longer than the slide even so: the rest is in the notes and in the workbook.
    share = height / (len(table.rows) + 1)
    return SMALLEST, [min(share, SMALLEST * 1.3 + 6)] + [share] * len(table.rows)


def _row_heights(table: Table, widths: list[float], size: float) -> list[float]:
    """How high the head and every row must be at a size of letters."""
    found = []
    for row in [table.headers, *([cell.text for cell in row] for row in table.rows)]:
        # 0.94: a line is never quite full, since words do not break anywhere.
        lines = max(
            -(-em(text) * size // max((width - 8) * 0.94, size))
            for text, width in zip(row, widths, strict=True)
        )
        found.append(max(lines, 1) * size * 1.2 + 6)
    return found
