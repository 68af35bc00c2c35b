"""Charts of the pack as native Office charts, editable where they stand: for .pptx and .docx.

python-pptx writes the chart and the workbook inside it; names stay text there too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, TypeAlias

import xlsxwriter
from lxml import etree
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.chart.xlsx import CategoryWorkbookWriter, XyWorkbookWriter
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION
from pptx.oxml import parse_xml
from pptx.oxml.ns import qn
from pptx.util import Pt

from pages.briefing.official import clean
from pages.briefing.pack import Bars, Lines, Scatter

Chart: TypeAlias = Bars | Lines | Scatter
FACE = "Microsoft YaHei"


class _TextStaysText:
    """The workbook inside a chart: a name that begins with = is no formula."""

    @contextmanager
    def _open_worksheet(self, file: IO[bytes]) -> Iterator[tuple[Any, Any]]:
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(file, options) as book:
            yield book, book.add_worksheet()


class _CategoryBook(_TextStaysText, CategoryWorkbookWriter):
    pass


class _XyBook(_TextStaysText, XyWorkbookWriter):
    pass


class _Categories(CategoryChartData):
    @property
    def _workbook_writer(self) -> _CategoryBook:
        made: _CategoryBook = _CategoryBook(self)  # type: ignore[no-untyped-call]
        return made


class _Points(XyChartData):
    @property
    def _workbook_writer(self) -> _XyBook:
        made: _XyBook = _XyBook(self)  # type: ignore[no-untyped-call]
        return made


def kind(figure: Chart) -> XL_CHART_TYPE:
    """Which chart of Office it is."""
    if isinstance(figure, Scatter):
        return XL_CHART_TYPE.XY_SCATTER
    if isinstance(figure, Lines):
        return XL_CHART_TYPE.LINE_MARKERS
    if figure.horizontal:
        stacked = figure.stacked
        return XL_CHART_TYPE.BAR_STACKED if stacked else XL_CHART_TYPE.BAR_CLUSTERED
    return XL_CHART_TYPE.COLUMN_STACKED if figure.stacked else XL_CHART_TYPE.COLUMN_CLUSTERED


def data(figure: Chart) -> Any:
    """Its numbers at full precision."""
    if isinstance(figure, Scatter):
        points: Any = _Points()  # type: ignore[no-untyped-call]
        for named, name in ((False, "其他"), (True, "需要关注")):
            series = points.add_series(name)
            for dot in figure.dots:
                if dot.named == named:
                    series.add_data_point(dot.x, dot.y)
        return points
    found: Any = _Categories(number_format="General")  # type: ignore[no-untyped-call]
    if isinstance(figure, Lines):
        found.categories = [f"{day:%Y-%m}" for day in figure.days]
        extra = [] if figure.level is None else [("目标值", [figure.level] * len(figure.days))]
    else:
        found.categories = [clean(each) for each in figure.categories]
        extra = []
    for name, values in [(clean(s.name), list(s.values)) for s in figure.series] + extra:
        found.add_series(name, values)
    return found


def space(figure: Chart) -> Any:
    """The chart's own XML before it is styled, for a document that python-pptx knows nothing of."""
    return parse_xml(data(figure).xml_bytes(kind(figure)))


def book(figure: Chart) -> bytes:
    """The workbook inside the chart."""
    found: bytes = data(figure)._workbook_writer.xlsx_blob
    return found


def style(chart: Any, figure: Chart, size: float) -> None:
    """Faces, colours, axes from zero, labels; size of the letters in points."""
    chart.font.size = Pt(size)
    chart.font.name = FACE
    chart.has_title = False
    several = isinstance(figure, Scatter) or len(figure.series) > 1
    chart.has_legend = several
    if several:
        chart.legend.position = XL_LEGEND_POSITION.TOP
        chart.legend.include_in_layout = False
    if isinstance(figure, Scatter):
        _style_scatter(chart, figure)
    else:
        _style_axes(chart, figure)
        for place, series in enumerate(chart.plots[0].series):
            _style_series(series, figure, place, size)
        if isinstance(figure, Bars):
            chart.plots[0].gap_width = 45
            chart.plots[0].overlap = 100 if figure.stacked else 0
    faces(chart._chartSpace)


def _style_axes(chart: Any, figure: Bars | Lines) -> None:
    axis = chart.value_axis
    axis.minimum_scale = 0
    axis.has_major_gridlines = isinstance(figure, Lines)
    axis.visible = isinstance(figure, Lines)
    if isinstance(figure, Lines):
        axis.major_gridlines.format.line.color.rgb = RGBColor(0xD7, 0xDD, 0xE4)
        axis.format.line.fill.background()
    names = chart.category_axis
    names.format.line.color.rgb = RGBColor(0xC6, 0xD0, 0xDA)
    if isinstance(figure, Bars) and figure.horizontal:
        # The first name at the top, as on the screen.
        names.reverse_order = True


def _style_series(series: Any, figure: Bars | Lines, place: int, size: float) -> None:
    own = figure.series[place] if place < len(figure.series) else None
    if isinstance(figure, Lines):
        colour = own.colour(0) if own else "#111A24"
        series.smooth = False
        series.format.line.color.rgb = RGBColor.from_string(colour[1:])
        series.format.line.width = Pt(2.25)
        series.marker.size = 5
        series.marker.format.fill.solid()
        series.marker.format.fill.fore_color.rgb = RGBColor.from_string(colour[1:])
        series.marker.format.line.color.rgb = RGBColor.from_string(colour[1:])
        return
    if own is None:
        return
    # Where points differ in colour, the legend shows a colour that is none of theirs.
    _paint(series.format, own.colour(0) if len(own.colours) == 1 else "#1F4E8C")
    if len(own.colours) > 1:
        for index in range(len(own.values)):
            _paint(series.points[index].format, own.colour(index))
    labels = series.data_labels
    labels.show_value = True
    # A zero says nothing where bars are stacked.
    labels.number_format = "#,##0.##;-#,##0.##;;" if figure.stacked else "#,##0.##"
    labels.number_format_is_linked = False
    labels.font.size = Pt(max(size - 1, 8))
    labels.font.name = FACE
    if figure.stacked:
        from pages.parts.map import ink

        labels.position = XL_LABEL_POSITION.CENTER
        labels.font.color.rgb = RGBColor.from_string(ink(own.colour(0))[1:])
    else:
        labels.position = XL_LABEL_POSITION.OUTSIDE_END


def _paint(form: Any, colour: str) -> None:
    form.fill.solid()
    form.fill.fore_color.rgb = RGBColor.from_string(colour[1:])


def _style_scatter(chart: Any, figure: Scatter) -> None:
    for axis, title, values in (
        (chart.category_axis, figure.x_title, [dot.x for dot in figure.dots]),
        (chart.value_axis, figure.y_title, [dot.y for dot in figure.dots]),
    ):
        if values:
            axis.minimum_scale = min(values) // 10 * 10
            axis.maximum_scale = -(-max(values) // 10) * 10
        axis.has_title = True
        axis.axis_title.text_frame.text = title
        axis.has_major_gridlines = False
        axis.tick_labels.number_format = "0"
        axis.tick_labels.number_format_is_linked = False
    named = [[dot for dot in figure.dots if dot.named == flag] for flag in (False, True)]
    for series, dots, colour in zip(
        chart.plots[0].series, named, ("#1F4E8C", "#C8402F"), strict=True
    ):
        series.format.line.fill.background()
        series.marker.size = 7
        _paint(series.marker.format, colour)
        series.marker.format.line.fill.background()
        if dots and dots[0].named:
            for index, dot in enumerate(dots):
                label = series.points[index].data_label
                label.has_text_frame = True
                label.text_frame.text = clean(dot.name)
                label.position = XL_LABEL_POSITION.RIGHT


def faces(element: Any) -> None:
    """Name the East-Asian face beside the Latin one everywhere in an XML tree."""
    for tag in ("a:r", "a:fld"):
        for run in element.iter(qn(tag)):
            if run.find(qn("a:rPr")) is None:
                run.insert(0, run.makeelement(qn("a:rPr"), {}))
    for tag in ("a:rPr", "a:defRPr", "a:endParaRPr"):
        for properties in element.iter(qn(tag)):
            for name in ("a:latin", "a:ea"):
                found = properties.find(qn(name))
                if found is None:
                    found = etree.SubElement(properties, qn(name))
                    _in_order(properties, found)
                found.set("typeface", FACE)


# What may stand before a:latin and a:ea in a:rPr, and what must come after (DrawingML's sequence).
_AFTER = tuple(map(qn, ("a:cs", "a:sym", "a:hlinkClick", "a:hlinkMouseOver", "a:rtl", "a:extLst")))


def _in_order(properties: Any, found: Any) -> None:
    """Put a face where the schema wants it."""
    properties.remove(found)
    at = len(properties)
    for index, each in enumerate(properties):
        later = each.tag in _AFTER or (found.tag == qn("a:latin") and each.tag == qn("a:ea"))
        if later:
            at = index
            break
    properties.insert(at, found)
