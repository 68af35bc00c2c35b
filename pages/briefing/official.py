"""A Word document in the look of Chinese official documents (GB/T 9704-2012): the shared writer.

A4, margins 37/35/28/26 mm, body 仿宋 16 pt on lines of 28 pt, headings in 黑体 and 楷体, a centred
title of 22 pt in 小标宋, page numbers “— 1 —” outside. Every run names its East-Asian face, because
Word takes a Latin one's stand-in otherwise. What comes in is text and stays text.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK, WD_LINE_SPACING
from docx.opc.packuri import PackURI
from docx.opc.part import Part, XmlPart
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from lxml import etree

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SONG, FANG_SONG, HEI, KAI = "宋体", "仿宋_GB2312", "黑体", "楷体_GB2312"
TITLE_FACE = "方正小标宋简体"
LATIN = "Times New Roman"
# Face -> what a machine without it should use.
STAND_INS = {FANG_SONG: "仿宋", KAI: "楷体", TITLE_FACE: "宋体"}
BODY, TITLE, NUMBER, SMALL = 16.0, 22.0, 14.0, 9.0
LINE = 28.0
WIDTH_MM, HEIGHT_MM = 210, 297
TOP, BOTTOM, LEFT, RIGHT = 37, 35, 28, 26
ALIGN = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "centre": WD_ALIGN_PARAGRAPH.CENTER,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
    "both": WD_ALIGN_PARAGRAPH.JUSTIFY,
}
_CHART = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_CHART_BOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CHART_SPACE = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_WP = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
# What XML 1.0 cannot hold; such a character leaves a blank.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def clean(text: Any) -> str:
    """Text that a document can hold: as it is, but for characters that XML forbids."""
    return _FORBIDDEN.sub(" ", "" if text is None else str(text))


class Document:
    """One document, written from top to bottom; ``bytes()`` is the .docx.

    source: what stands small at the foot of every page (data name, as-of date, filters, version).
    mark: 演示数据 or the like, at the head of every page; empty for official data. landscape: for a
    wide table. compact: text of 12 pt and narrower margins, for what must fit on one page.
    """

    def __init__(
        self, source: str, mark: str = "", *, landscape: bool = False, compact: bool = False
    ) -> None:
        self._compact = compact
        self._size, self._line = (11.0, 17.0) if compact else (BODY, LINE)
        self._document: Any = docx.Document()
        self._styles()
        section = self._document.sections[0]
        section.page_width, section.page_height = Mm(WIDTH_MM), Mm(HEIGHT_MM)
        margins = (TOP, BOTTOM, LEFT, RIGHT)
        if compact:
            margins = (22, 22, 22, 20)
        section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = (
            Mm(each) for each in margins
        )
        if landscape:
            section.orientation = WD_ORIENT.LANDSCAPE
            section.page_width, section.page_height = Mm(HEIGHT_MM), Mm(WIDTH_MM)
            # The page turned: what was its top is now its left.
            section.left_margin, section.right_margin = Mm(25), Mm(25)
            section.top_margin, section.bottom_margin = Mm(LEFT), Mm(RIGHT)
        section.header_distance, section.footer_distance = Mm(12), Mm(10 if compact else 15)
        self._width = section.page_width - section.left_margin - section.right_margin
        self._document.settings.odd_and_even_pages_header_footer = True
        for header, footer, side in (
            (section.header, section.footer, "right"),
            (section.even_page_header, section.even_page_footer, "left"),
        ):
            if mark:
                self._run(self._align(header.paragraphs[0], "right"), mark, HEI, 12)
            self._page_number(self._align(footer.paragraphs[0], side))
            self._run(self._align(footer.add_paragraph(), "left"), source, SONG, SMALL)

    # ------------------------------------------------------------ what a writer calls

    def title(self, text: str) -> None:
        """The document's title, centred."""
        paragraph = self._paragraph("centre", 18.0 if self._compact else TITLE + 10)
        paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.AT_LEAST
        paragraph.paragraph_format.space_after = Pt(4 if self._compact else 14)
        self._run(paragraph, text, TITLE_FACE, 16 if self._compact else TITLE)
        self._document.core_properties.title = clean(text)[:255]

    def heading(self, text: str, level: int = 1) -> None:
        """A heading of level 1 (黑体), 2 (楷体) or 3 (仿宋, bold)."""
        paragraph = self._document.add_paragraph(style=f"Heading {level}")
        self._space(paragraph, self._line)
        paragraph.paragraph_format.first_line_indent = Pt(2 * self._size)
        paragraph.paragraph_format.keep_with_next = True
        face = {1: HEI, 2: KAI}.get(level, FANG_SONG)
        run = self._run(paragraph, text, face, self._size + (1 if self._compact else 0))
        run.bold = level > 2

    def paragraph(
        self, text: str, *, align: str = "both", indent: bool = True, bold: bool = False
    ) -> None:
        """A paragraph, its first line set in by two characters unless told not to."""
        paragraph = self._paragraph(align, self._line)
        if indent:
            paragraph.paragraph_format.first_line_indent = Pt(2 * self._size)
        self._run(paragraph, text, FANG_SONG, self._size).bold = bold

    def table(
        self,
        headers: Sequence[str],
        rows: Iterable[Sequence[Any]],
        widths: Sequence[float] | None = None,
        size: float | None = None,
    ) -> None:
        """A ruled table; its head is repeated on every page. widths: shares of the page's width."""
        size = size or (9.0 if self._compact else 10.5)
        shares = widths or [1.0] * len(headers)
        columns = [int(self._width * share / sum(shares)) for share in shares]
        table = self._document.add_table(rows=0, cols=len(headers), style="Table Grid")
        table.autofit = False
        for index, column in enumerate(columns):
            table.columns[index].width = column
        self._row(table, headers, columns, size, HEI)
        head = table.rows[0]._tr.get_or_add_trPr()
        head.append(OxmlElement("w:tblHeader"))
        for row in rows:
            self._row(table, row, columns, size, FANG_SONG)
        # A paragraph after it, so that two tables do not grow together.
        self._space(self._document.add_paragraph(), 6.0)

    def page_break(self) -> None:
        """What follows starts on a new page."""
        self._document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)

    def picture(self, png: bytes, width_mm: float | None = None) -> None:
        """A picture, as wide as the text unless told."""
        paragraph = self._document.add_paragraph()
        self._align(paragraph, "centre")
        width = self._width if width_mm is None else Mm(width_mm)
        paragraph.add_run().add_picture(io.BytesIO(png), width=width)

    def chart(self, space: Any, workbook: bytes, height_mm: float, name: str) -> None:
        """A native chart as wide as the text: its XML (c:chartSpace) and the workbook inside it."""
        package = self._document.part.package
        number = 1 + sum("/charts/" in str(p.partname) for p in package.iter_parts())
        book = Part(
            PackURI(f"/word/embeddings/Chart_{number}.xlsx"), _CHART_BOOK, workbook, package
        )
        data = space.find(f"{{{_CHART_SPACE}}}externalData")
        drawn = XmlPart(PackURI(f"/word/charts/chart{number}.xml"), _CHART, space, package)
        relation = drawn.relate_to(book, f"{_RELATIONS}/package")
        if data is None:
            data = etree.SubElement(space, f"{{{_CHART_SPACE}}}externalData")
        data.set(qn("r:id"), relation)
        own = self._document.part.relate_to(drawn, f"{_RELATIONS}/chart")
        paragraph = self._document.add_paragraph()
        self._align(paragraph, "centre")
        inline = (
            f'<w:drawing xmlns:w="{_W}" xmlns:wp="{_WP}" xmlns:a="{_A}" xmlns:r="{_RELATIONS}">'
            f'<wp:inline distT="0" distB="0" distL="0" distR="0">'
            f'<wp:extent cx="{int(self._width)}" cy="{int(Mm(height_mm))}"/>'
            f'<wp:docPr id="{1000 + number}" name={quoteattr(clean(name))}/>'
            f'<wp:cNvGraphicFramePr/><a:graphic><a:graphicData uri="{_CHART_SPACE}">'
            f'<c:chart xmlns:c="{_CHART_SPACE}" r:id="{own}"/></a:graphicData></a:graphic>'
            "</wp:inline></w:drawing>"
        )
        paragraph.add_run()._r.append(etree.fromstring(inline))

    def bytes(self) -> bytes:
        """The document as a .docx."""
        buffer = io.BytesIO()
        self._document.save(buffer)
        return buffer.getvalue()

    # ------------------------------------------------------------ how it is done

    def _styles(self) -> None:
        for name, face in (
            ("Normal", FANG_SONG),
            ("Heading 1", HEI),
            ("Heading 2", KAI),
            ("Heading 3", FANG_SONG),
        ):
            style = self._document.styles[name]
            _face(style.element.get_or_add_rPr(), face)
            style.font.size = Pt(self._size)
            style.font.bold = False
            style.font.color.rgb = RGBColor(0, 0, 0)
        language = OxmlElement("w:lang")
        language.set(qn("w:val"), "en-US")
        language.set(qn("w:eastAsia"), "zh-CN")
        normal = self._document.styles["Normal"].element.get_or_add_rPr()
        normal.append(language)
        properties = self._document.core_properties
        properties.author = properties.comments = properties.keywords = ""
        properties.language = "zh-CN"
        for part in self._document.part.package.iter_parts():
            if str(part.partname) == "/word/fontTable.xml":
                fonts = "".join(
                    f'<w:font w:name="{face}"><w:altName w:val="{other}"/></w:font>'
                    for face, other in STAND_INS.items()
                )
                part._blob = part.blob.replace(b"</w:fonts>", f"{fonts}</w:fonts>".encode())

    def _paragraph(self, align: str, line: float) -> Any:
        paragraph = self._document.add_paragraph()
        self._space(paragraph, line)
        return self._align(paragraph, align)

    @staticmethod
    def _align(paragraph: Any, align: str) -> Any:
        paragraph.alignment = ALIGN[align]
        return paragraph

    @staticmethod
    def _space(paragraph: Any, line: float) -> None:
        shape = paragraph.paragraph_format
        shape.space_before = shape.space_after = Pt(0)
        shape.line_spacing_rule = WD_LINE_SPACING.EXACTLY
        shape.line_spacing = Pt(line)

    @staticmethod
    def _run(paragraph: Any, text: Any, face: str, size: float) -> Any:
        run = paragraph.add_run(clean(text))
        _face(run._r.get_or_add_rPr(), face)
        run.font.size = Pt(size)
        return run

    def _row(
        self, table: Any, values: Sequence[Any], columns: Sequence[int], size: float, face: str
    ) -> None:
        row = table.add_row()
        whole = OxmlElement("w:cantSplit")
        row._tr.get_or_add_trPr().append(whole)
        for cell, value, width in zip(row.cells, values, columns, strict=True):
            cell.width = width
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(0)
            self._run(paragraph, value, face, size)

    def _page_number(self, paragraph: Any) -> None:
        self._run(paragraph, "— ", SONG, NUMBER)
        run = self._run(paragraph, "", SONG, NUMBER)
        for kind in ("begin", "", "end"):
            if kind:
                piece = OxmlElement("w:fldChar")
                piece.set(qn("w:fldCharType"), kind)
            else:
                piece = OxmlElement("w:instrText")
                piece.set(qn("xml:space"), "preserve")
                piece.text = "PAGE"
            run._r.append(piece)
        self._run(paragraph, " —", SONG, NUMBER)


def _face(properties: Any, face: str) -> None:
    """The face of a run or style for every kind of character; a theme's face would go before it."""
    fonts = properties.get_or_add_rFonts()
    for name in list(fonts.attrib):
        del fonts.attrib[name]
    for name, value in (("ascii", LATIN), ("hAnsi", LATIN), ("cs", LATIN), ("eastAsia", face)):
        fonts.set(qn(f"w:{name}"), value)
