"""The meeting's papers: one model, three files, read back and compared with the indicators."""

from __future__ import annotations

import io
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import docx
import openpyxl
import pytest
from pptx import Presentation
from pptx.oxml.ns import qn

from data.load import load_workbook
from data.plan import PLANS, load_plan
from pages.briefing import __main__ as briefing
from pages.briefing import files, screen, slideshow
from pages.briefing.official import clean
from pages.briefing.pack import DEFAULT, KINDS, Bars, Cell, Lines, Map, Pack, Table, Wishes
from pages.briefing.slides import pack
from pages.parts.view import View
from queries.evaluate import Scope, evaluate
from queries.evidence import evidence
from queries.run import OpenVersion, open_file

HOSTILE = [
    '=HYPERLINK("x")',
    "<b>甲</b>&amp;",
    "“引号”\"双\"'单'",
    "🏫😀院校",
    "超长名称" * 15,
    "+1",
    "@a",
]


@pytest.fixture(scope="module")
def version(demo_warehouse: Path) -> OpenVersion:
    return open_file(next((demo_warehouse / "versions").glob("*.duckdb")))


@pytest.fixture(scope="module")
def view(version: OpenVersion) -> View:
    return View(version, version.as_of, Scope())


@pytest.fixture(scope="module")
def made(view: View) -> Pack:
    return pack(view, Wishes(comments={"map": HOSTILE[0], "board": HOSTILE[1]}))


@pytest.fixture(scope="module")
def show(view: View, made: Pack) -> Any:
    return Presentation(io.BytesIO(files.WRITERS["pptx"](view, made)))


def shapes(show: Any) -> Iterator[tuple[int, Any]]:
    for place, slide in enumerate(show.slides):
        for shape in slide.shapes:
            yield place, shape


def texts(slide: Any) -> str:
    """Every text on the slide itself, tables and charts among them."""
    found = [node.text or "" for node in slide._element.iter(qn("a:t"))]
    return "\n".join(found)


def test_charts_hold_the_numbers_of_the_indicators(show: Any, view: View) -> None:
    results = {r.indicator.short: r for r in evaluate(view.version, view.as_of)}
    seen = set()
    for _, shape in shapes(show):
        if not shape.has_chart:
            continue
        plot = shape.chart.plots[0]
        series = {each.name: list(each.values) for each in plot.series}
        if list(series) != ["现状值", "目标值"]:
            continue
        for place, category in enumerate(plot.categories):
            result = results[str(category).split(" ", 1)[1]]
            seen.add(result.id)
            assert series["现状值"][place] == result.actual
            assert series["目标值"][place] == result.target
    assert seen == {each.id for each in view.version.plan.indicators}


def test_status_chart_adds_up(made: Pack, view: View) -> None:
    chart = made.slides[0].figures[0]
    assert isinstance(chart, Bars)
    assert sum(v or 0 for s in chart.series for v in s.values) == len(view.version.plan.indicators)


def test_lines_end_at_the_value_of_the_day(made: Pack, view: View) -> None:
    lines = next(f for s in made.slides for f in s.figures if isinstance(f, Lines))
    results = {r.indicator.short: r for r in evaluate(view.version, view.as_of)}
    assert lines.days[-1] == view.as_of
    for series in lines.series:
        result = results[series.name]
        assert series.values[-1] == pytest.approx(result.actual / result.target * 100)  # type: ignore[operator]


def test_every_slide_says_where_it_comes_from(show: Any, made: Pack) -> None:
    assert len(show.slides) == len(DEFAULT)
    for place, slide in enumerate(show.slides):
        said = texts(slide)
        for part in (made.heading, made.source, made.version, f"{place + 1} / {len(DEFAULT)}"):
            assert part in said
        assert made.mark
        assert made.mark in [s.text_frame.text for s in slide.shapes if s.has_text_frame]
        assert slide.shapes.title.text_frame.text == made.slides[place].title
        assert made.source in slide.notes_slide.notes_text_frame.text


def test_every_run_names_its_east_asian_face(view: View, made: Pack) -> None:
    runs = 0
    with zipfile.ZipFile(io.BytesIO(files.WRITERS["pptx"](view, made))) as packed:
        for name in packed.namelist():
            if not name.startswith(("ppt/slides/", "ppt/notesSlides/", "ppt/charts/chart")):
                continue
            if not name.endswith(".xml"):
                continue
            tree = ElementTree.fromstring(packed.read(name))
            for run in tree.iter(qn("a:r")):
                properties = run.find(qn("a:rPr"))
                assert properties is not None, name
                assert properties.find(qn("a:ea")) is not None, name
                runs += 1
            if "charts" in name:
                found = list(tree.iter(qn("a:defRPr")))
                assert found
                assert all(each.find(qn("a:ea")) is not None for each in found)
    assert runs > 100


def test_the_map_is_shapes_that_can_be_edited(show: Any, made: Pack) -> None:
    place = next(i for i, s in enumerate(made.slides) if s.kind == "map")
    figure = made.slides[place].figures[0]
    assert isinstance(figure, Map)
    freeforms = [
        s
        for s in show.slides[place].shapes
        if s._element.find(f".//{qn('a:custGeom')}") is not None
    ]
    assert [s.name for s in freeforms] == [f"{a.name}：{a.figure}" for a in figure.areas if a.rings]
    assert not any(shape.shape_type == 13 for _, shape in shapes(show))


def inside(show: Any) -> None:
    for place, shape in shapes(show):
        what = (place, shape.name)
        assert shape.left >= 0, what
        assert shape.top >= 0, what
        assert shape.left + shape.width <= show.slide_width, what
        assert shape.top + shape.height <= show.slide_height, what
        if shape.has_table:
            tall = sum(row.height for row in shape.table.rows)
            assert shape.top + tall <= show.slide_height, what


def hostile(made: Pack) -> Pack:
    """The pack with the first column of every table and every category replaced."""

    def figure(each: Any) -> Any:
        if isinstance(each, Table):
            rows = tuple(
                (Cell(HOSTILE[i % len(HOSTILE)]), *row[1:]) for i, row in enumerate(each.rows)
            )
            return replace(each, rows=rows)
        if isinstance(each, Bars):
            names = [HOSTILE[i % len(HOSTILE)] for i in range(len(each.categories))]
            return replace(each, categories=tuple(names))
        return each

    slides = tuple(
        replace(
            slide,
            figures=tuple(figure(f) for f in slide.figures),
            comment=HOSTILE[i % len(HOSTILE)],
            title=f"{HOSTILE[4]}{HOSTILE[i % len(HOSTILE)]}",
            numbers=tuple(
                replace(s, rows=tuple((*row[:-1], HOSTILE[i % 7]) for row in s.rows))
                for s in slide.numbers
            ),
        )
        for i, slide in enumerate(made.slides)
    )
    return replace(made, slides=slides, title=HOSTILE[0])


def test_hostile_and_long_names_survive_and_fit(view: View, made: Pack) -> None:
    nasty = hostile(made)
    show = Presentation(io.BytesIO(files.WRITERS["pptx"](view, nasty)))
    inside(show)
    said = "\n".join(texts(slide) for slide in show.slides)
    notes = "\n".join(slide.notes_slide.notes_text_frame.text for slide in show.slides)
    for name in HOSTILE:
        assert name in said + notes
    for _, shape in shapes(show):
        if shape.has_chart:
            for name in shape.chart.plots[0].categories:
                assert not str(name).startswith("=") or name in HOSTILE
            book = openpyxl.load_workbook(
                io.BytesIO(shape.chart.part.chart_workbook.xlsx_part.blob)
            )
            assert all(cell.data_type != "f" for row in book.active.iter_rows() for cell in row)
    paper = docx.Document(io.BytesIO(files.WRITERS["docx"](view, nasty)))
    read = "\n".join(p.text for p in paper.paragraphs)
    read += "\n".join(c.text for t in paper.tables for c in t._cells)
    book = openpyxl.load_workbook(io.BytesIO(files.WRITERS["xlsx"](view, nasty)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    for name in HOSTILE:
        assert clean(name) in read
        assert any(name in str(cell.value) for cell in cells)
    for place in range(len(nasty.slides)):
        markup = screen.markup(nasty, place)
        assert "<b>甲" not in markup


def test_long_indicator_names_fit(tmp_path: Path, demo_warehouse: Path) -> None:
    plan = load_plan()
    text = next(
        p for p in PLANS.glob("*.toml") if tomllib.loads(p.read_text("utf-8"))["id"] == plan.id
    )
    body = text.read_text("utf-8")
    for each in plan.indicators:
        body = body.replace(
            f'short = "{each.short}"', f'short = "{each.short + "很长的名称" * 10}"'
        )
    path = tmp_path / "long.toml"
    path.write_text(body, "utf-8")
    file = next((demo_warehouse / "versions").glob("*.duckdb"))
    version = open_file(file, load_plan(path))
    view = View(version, version.as_of, Scope())
    found = pack(view, Wishes())
    inside(Presentation(io.BytesIO(files.WRITERS["pptx"](view, found))))
    board = next(s for s in found.slides if s.kind == "board")
    assert sum(len(f.rows) for f in board.figures if isinstance(f, Table)) == len(plan.indicators)


def test_everything_fits_with_the_demonstration_data(show: Any) -> None:
    inside(show)


def test_workbook_has_a_sheet_per_slide_and_the_rows_behind(view: View, made: Pack) -> None:
    book = openpyxl.load_workbook(io.BytesIO(files.WRITERS["xlsx"](view, made)))
    names = book.sheetnames
    for place, slide in enumerate(made.slides, 1):
        assert any(name.startswith(f"{place:02d} {slide.name}"[:31]) for name in names)
    assert any(name.startswith("明细") for name in names)
    results = {r.id: r for r in evaluate(view.version, view.as_of)}
    sheet = book[next(name for name in names if name.startswith("明细 全部指标"))]
    head = [cell.value for cell in sheet[5]]
    for row in sheet.iter_rows(min_row=6, values_only=True):
        said = dict(zip(head, row, strict=True))
        assert said["现状值"] == results[str(said["编号"])].actual
    for result in results.values():
        rows = evidence(view.version, result.indicator, view.as_of, view.scope)
        name = f"明细 {result.indicator.short}"
        assert (name in names) == bool(len(rows))
        assert name not in names or book[name].max_row == 5 + len(rows)
    for sheet in book:
        assert sheet.freeze_panes == "A6"
        assert made.mark in str(sheet["A1"].value)
        assert made.version in str(sheet["A2"].value)
        assert made.mark in sheet.oddFooter.left.text


def test_paper_follows_the_policy_and_holds_native_charts(view: View, made: Pack) -> None:
    turned = replace(made, slides=tuple(reversed(made.slides)))
    content = files.WRITERS["docx"](view, turned)
    paper = docx.Document(io.BytesIO(content))
    heads = [p.text for p in paper.paragraphs if p.style and p.style.name == "Heading 1"]
    assert [h.partition("、")[2] for h in heads[:-1]] == [s.name for s in made.slides]
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        charts = [n for n in packed.namelist() if n.startswith("word/charts/")]
        assert len(charts) >= 6
        for name in packed.namelist():
            if name.endswith((".xml", ".rels")):
                ElementTree.fromstring(packed.read(name))
        assert not [n for n in packed.namelist() if n.startswith("word/media/")]
    assert made.mark in paper.sections[0].header.paragraphs[0].text


def test_without_data_a_slide_says_so(tmp_path: Path) -> None:
    source = Path(__file__).parents[1] / "fixtures" / "public-2025"
    loaded = load_workbook(source, database=tmp_path / "small.duckdb")
    version = open_file(loaded.version.path)
    view = View(version, version.as_of, Scope())
    found = pack(view, Wishes())
    for kind in ("money", "decisions", "warning"):
        slide = next(s for s in found.slides if s.kind == kind)
        assert slide.empty
        assert "表为空" in slide.empty
    show = Presentation(io.BytesIO(files.WRITERS["pptx"](view, found)))
    for place, slide in enumerate(found.slides):
        if slide.empty:
            assert slide.empty in texts(show.slides[place])
            assert slide.empty in screen.markup(found, place)
    inside(show)
    for form in ("docx", "xlsx"):
        assert files.WRITERS[form](view, found)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("day", [date(2020, 1, 1), date(2031, 1, 1)])
def test_any_day_and_part_makes_slides(version: OpenVersion, kind: str, day: date) -> None:
    for scope in (Scope(), Scope(level=("中职",)), Scope(district=(version.districts[0],))):
        found = pack(View(version, day, scope), Wishes((kind,)))
        assert found.slides[0].title
        assert screen.markup(found, 0)


def test_the_alignment_slide_is_on_request_and_adds_up(view: View) -> None:
    assert "alignment" not in DEFAULT
    found = pack(view, Wishes(("alignment",)))
    (slide,) = found.slides
    result = next(r for r in evaluate(view.version, view.as_of) if r.id == "industry_share")
    (sheet,) = slide.numbers
    assert sum(row[3] for row in sheet.rows) == result.denominator
    (bars,) = (f for f in slide.figures if isinstance(f, Bars))
    for place, industry in enumerate(bars.categories):
        drawn = sum(series.values[place] or 0 for series in bars.series)
        assert drawn == sum(row[3] for row in sheet.rows if row[0] == industry)
    inside(Presentation(io.BytesIO(files.WRITERS["pptx"](view, found))))
    for form in ("docx", "xlsx"):
        assert files.WRITERS[form](view, found)


def test_a_template_brings_its_size(view: View, made: Pack, tmp_path: Path) -> None:
    own = Presentation()
    own.slide_master.name = "市模板"
    sample = own.slides.add_slide(own.slide_layouts[0])
    sample.shapes.title.text = "样张"
    path = tmp_path / "city.pptx"
    own.save(str(path))
    show = Presentation(io.BytesIO(slideshow.pptx(made, path)))
    assert show.slide_width == own.slide_width
    assert len(show.slides) == len(made.slides)
    assert show.slide_master.name == "市模板"
    inside(show)


def test_command_makes_each_file(
    demo_warehouse: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = next((demo_warehouse / "versions").glob("*.duckdb"))
    for form in ("pptx", "docx", "xlsx"):
        out = tmp_path / f"月报.{form}"
        code = briefing.main(
            [str(out), "--database", str(file), "--slides", "verdict,asks", "--as-of", "2024-12-31"]
        )
        assert code == 0
        assert zipfile.is_zipfile(out)
        assert "2 页，数据截至 2024-12-31" in capsys.readouterr().out
    assert sorted(p.name for p in tmp_path.iterdir()) == ["月报.docx", "月报.pptx", "月报.xlsx"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["a.pdf"], "后缀应为"),
        (["a.pptx", "--slides", "verdict,nope"], "“nope”不可选"),
        (["no/such/folder/a.pptx", "--slides", "asks"], "没有文件夹"),
        (["a.pptx", "--slides", "asks", "--template", "README.md"], "无法读取"),
        (["a.pptx", "--database", "none.duckdb"], "找不到数据库文件"),
    ],
)
def test_command_says_what_is_wrong(
    demo_warehouse: Path,
    arguments: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = next((demo_warehouse / "versions").glob("*.duckdb"))
    given = arguments if "--database" in arguments else [*arguments, "--database", str(file)]
    with pytest.raises(SystemExit) as stopped:
        briefing.main(given)
    assert stopped.value.code == 2
    assert words in capsys.readouterr().err
