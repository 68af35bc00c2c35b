"""Hostile workbooks and cells: refused in plain words, or kept as the text they are; nothing runs
and nothing is lost."""

from __future__ import annotations

import resource
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from data import applications, workbook
from data.load import Rejected, load_workbook
from data.workbook import MEGABYTE, Unreadable, read
from tests.data.hostile_book import hostile, text_columns
from tests.data.small_book import (
    D,
    errors,
    minimal,
    spoilt,
    valid,
    warnings,
    write_folder,
    write_xlsx,
)

SHEET = "xl/worksheets/sheet2.xml"  # 专业点 in the small books
TEN_MILLION = 10_000_000


def test_every_text_is_kept_as_text(tmp_path: Path) -> None:
    """Through a workbook and through CSV: no formula, markup or SQL in any column does anything."""
    book = hostile()
    xlsx = write_xlsx(book, tmp_path / "book.xlsx")
    for place, source in enumerate((xlsx, write_folder(book, tmp_path / "book"))):
        database = tmp_path / f"{place}.duckdb"
        load_workbook(source, database)
        with closing(duckdb.connect(str(database), read_only=True)) as connection:
            for title, headers in text_columns().items():
                for header in headers:
                    _same_texts(connection, book[title], title, header)


def _same_texts(connection: Any, rows: list[list[Any]], title: str, header: str) -> None:
    from data.contract import BY_TITLE

    sheet = BY_TITLE[title]
    column = sheet.by_header[header]
    place = rows[0].index(header)
    given = {str(row[place]) for row in rows[1:] if len(row) > place and row[place] is not None}
    found = {
        value
        for (value,) in connection.execute(
            f"select distinct {column.name} from {sheet.table} where {column.name} is not null"
        ).fetchall()
    }

    def bare(text: str) -> str:
        # Spaces inside ids and invisible joiners go; K of a code too; a name stands for its id.
        return "".join(text.replace("\u200d", "").removesuffix("K").split())

    lost = {bare(each) for each in given} - {bare(each) for each in found}
    assert lost <= {"示例中等专业学校"}, (title, header, lost)


def swollen(path: Path, row: bytes, count: int, dimension: bytes = b"") -> Path:
    """The small workbook with rows written as a stream after those of 专业点."""
    small = write_xlsx(minimal(), path.with_name("small.xlsx"))
    with zipfile.ZipFile(small) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    head, end, tail = parts.pop(SHEET).partition(b"</sheetData>")
    if dimension:
        start, _, rest = head.partition(b'<dimension ref="')
        head = start + b'<dimension ref="' + dimension + b'"' + rest.partition(b'"')[2]
    block = row * 100_000
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        with archive.open(SHEET, "w", force_zip64=True) as stream:
            stream.write(head)
            for _ in range(count // 100_000):
                stream.write(block)
            stream.write(end + tail)
    return path


@pytest.mark.parametrize(
    ("row", "dimension"),
    [
        (b"<row><c><v>1</v></c></row>", b""),
        (b"<row><c><v>1</v></c></row>", b"A1:A10000000"),
        (b'<row><c t="s"><v>0</v></c></row>', b"A1:E2"),
        (b"<row/>", b"A1:E2"),
    ],
    ids=["undeclared", "declared", "shared texts under a false extent", "empty rows"],
)
def test_ten_million_rows_are_refused_without_reading_them(
    row: bytes, dimension: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = swollen(tmp_path / "book.xlsx", row, TEN_MILLION, dimension)
    pieces = []
    chunks = workbook._chunks

    def counted(*arguments: Any) -> Any:
        for each in chunks(*arguments):
            pieces.append(len(each))
            yield each

    monkeypatch.setattr(workbook, "_chunks", counted)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Unreadable, match="“专业点”超过 1,048,576 行（Excel 的上限），拒绝读取"):
        read(path)
    assert sum(pieces) < (workbook.MOST_ROWS + 100_000) * len(row) + 3 * MEGABYTE
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024  # in kB


def test_a_list_is_read_within_a_tight_limit(tmp_path: Path) -> None:
    """It is read beside the pages, not in a process of its own."""
    path = swollen(tmp_path / "book.xlsx", b"<row><c><v>1</v></c></row>", 500_000)
    with pytest.raises(Unreadable, match="解压后过大（上限 10 MB）"):
        applications.read("清单.xlsx", path.read_bytes(), {}, {})
    with pytest.raises(Unreadable, match="超过 5 MB"):
        applications.read("清单.xlsx", b"PK" + bytes(6 * MEGABYTE), {}, {})


# ---------------------------------------------------------------- what leads out of a workbook


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("xl/externalLinks/externalLink1.xml", "外部链接"),
        ("xl/connections.xml", "外部数据连接"),
        ("xl/queryTables/queryTable1.xml", "外部数据连接"),
        ("xl/embeddings/oleObject1.bin", "嵌入的对象"),
        ("xl/activeX/activeX1.xml", "控件"),
        ("xl/macrosheets/sheet1.xml", "含有宏"),
        ("XL/VbaProject.BIN", "含有宏"),
    ],
)
def test_what_leads_out_of_a_workbook_is_refused(part: str, words: str, tmp_path: Path) -> None:
    path = write_xlsx(minimal(), tmp_path / "book.xlsx")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(part, b"<x/>")
    with pytest.raises(Unreadable, match=words):
        read(path)


def test_a_macro_under_another_name_is_refused(tmp_path: Path) -> None:
    path = write_xlsx(minimal(), tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(path)
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    kinds = parts["[Content_Types].xml"]
    kind = b'<Override PartName="/xl/a.bin" ContentType="application/vnd.ms-office.vbaProject"/>'
    parts["[Content_Types].xml"] = kinds.replace(b"</Types>", kind + b"</Types>")
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**parts, "xl/a.bin": b"x"}.items():
            archive.writestr(name, content)
    with pytest.raises(Unreadable, match="含有宏"):
        read(path)


def test_links_hidden_sheets_and_formats_alone_do_no_harm(tmp_path: Path) -> None:
    path = write_xlsx(minimal(), tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(path)
    book["院校"]["B2"].hyperlink = "https://evil.example/"
    book["专业点"].sheet_state = "hidden"
    book.create_sheet("认定")["C3"].number_format = "0.00"
    book.save(path)
    assert errors(path) == []


def test_merged_cells_are_pointed_out(tmp_path: Path) -> None:
    path = write_xlsx(minimal(), tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(path)
    book["院校"].append(["S2", "示例学校", "中职"])
    book["院校"]["D1"] = "主管"
    book["院校"]["D2"] = "市属"
    book["院校"].merge_cells("D2:D3")
    book.save(path)
    assert any("“D2:D3”是合并单元格" in each for each in warnings(path))


@pytest.mark.parametrize("part", ["xl/workbook.xml", SHEET])
def test_markup_in_utf_16_is_refused(part: str, tmp_path: Path) -> None:
    """What is searched for in it could not be found."""
    path = write_xlsx(minimal(), tmp_path / "book.xlsx")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    bomb = '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    text = parts[part].decode("utf-8").replace("UTF-8", "UTF-16", 1).replace("?>", f"?>{bomb}", 1)
    parts[part] = text.encode("utf-16")
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(Unreadable, match="内部结构异常"):
        read(path)


# ---------------------------------------------------------------- cells


YEARS = (0, 9999, -1, "inf", "nan", "1e400", 2024.5)
DAYS = ("0000-01-01", "0001-01-01", "10000-01-01", "2024-02-30", "-1", "1e9")
NUMBERS = ("NaN", "inf", "-inf", "1e308", "1e999", "-1", "9" * 400)


def test_years_and_days_that_cannot_be(tmp_path: Path) -> None:
    book = valid()
    book["年度数据"] += [["P1", year, 60] for year in YEARS]
    book["贯通培养"] += [
        [f"W{place}X", "中本3+4", "S2", "710201", "外地示例大学", None, day]
        for place, day in enumerate(DAYS)
    ]
    found = errors(write_folder(book, tmp_path / "book"))
    assert [line for line in found if "应为 2000—2100 的整数年份" in line] == found[: len(YEARS)]
    assert found[len(YEARS) :] == [
        f"贯通培养!G{place + 3}：起始日期“{day}”不是日期，应为 YYYY-MM-DD"
        for place, day in enumerate(DAYS)
    ]


def test_numbers_that_overflow_are_refused(tmp_path: Path) -> None:
    """As the cell of a workbook says it, not as a program would write it."""
    book, as_text = valid(), valid()
    for place, number in enumerate(NUMBERS):
        row = [f"X{place}X", "示例", "S1", "新兴专业点", 1, "省级", "储备"]
        book["项目库"].append([*row, 1000.125 + place, None, None, D("2025-12-01")])
        as_text["项目库"].append([*row, number, None, None, D("2025-12-01")])
    path = write_xlsx(book, tmp_path / "book.xlsx")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    (part,) = [name for name, content in parts.items() if b"1000.125" in content]
    for place, number in enumerate(NUMBERS):
        parts[part] = parts[part].replace(f"{1000.125 + place}".encode(), number.encode())
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    for source in (path, write_folder(as_text, tmp_path / "book")):
        found = errors(source)
        assert [line.partition("“")[0] for line in found] == [
            f"项目库!H{place + 3}：上级资金" for place in range(len(NUMBERS))
        ]
        assert all(line.endswith("应为不小于 0 的数") for line in found)


def test_a_cell_of_a_megabyte_is_named_on_a_short_line(tmp_path: Path) -> None:
    cells = ("院校!B3", "院校!D2", "任务进展!E2")
    book = write_folder(spoilt(valid(), dict.fromkeys(cells, "长" * 350_000)), tmp_path / "book")
    with pytest.raises(Rejected) as caught:
        load_workbook(book, tmp_path / "a.duckdb")
    assert {cell for cell in cells for line in caught.value.lines if line.startswith(cell)} == {
        *cells
    }
    assert max(map(len, caught.value.lines)) < 300
    assert not (tmp_path / "a.duckdb").exists()


def test_ids_that_look_alike(tmp_path: Path) -> None:
    """Each is an error that names its own cell and the row of the first."""
    same = ("P1 ", "Ｐ１", "P\u200b1", "P 1")
    book = minimal()
    for place, name in enumerate(("P(1)", *same, "p1", "p（1）")):
        book["专业点"].append([name, "S1", f"{510202 + place}", "高职", D("2016-09-01")])
    found = errors(write_xlsx(book, tmp_path / "book.xlsx"))
    assert [line.partition("：")[0] for line in found] == [f"专业点!A{row}" for row in range(4, 10)]
    assert all("与第 2 行重复" in line for line in found[:4])
    assert "与第 2 行的“P1”只有大小写或全半角之分" in found[4]
    assert "与第 3 行的“P(1)”只有大小写或全半角之分" in found[5]


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("utf-16", "UTF-16"),
        ("utf-16-le", "不是文本文件"),
        ("utf-32", "UTF-16|不是文本文件"),
        ("big5", "没有认得出的列名"),
    ],
)
def test_files_in_another_encoding(encoding: str, words: str, tmp_path: Path) -> None:
    folder = write_folder(minimal(), tmp_path / "book")
    text = "院校代碼,院校名稱,層次\r\nS1,示範學院,高職\r\n"
    (folder / "院校.csv").write_bytes(text.encode(encoding))
    with pytest.raises(Unreadable, match=words):
        read(folder)
