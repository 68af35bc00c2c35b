"""Reads a workbook or a folder of CSV files as sheets of raw cells with their addresses.

What cannot be read at all raises Unreadable. What can be read but is not laid out as the contract
says is a Problem: an unknown sheet or column, a missing one, a header twice. Cells are not
interpreted here; ``data/values.py`` does that.

Spreadsheet errors (#REF!, #N/A) and formulas without a result come out of python-calamine as empty
cells, and it ignores percent formats. So the sheets' XML is searched for them first; it is parsed
only where the search finds something, which keeps 200,000 rows to a second.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
import os
import posixpath
import re
import sys
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree import ElementTree
from xml.parsers import expat

import numpy as np

from data.contract import BY_TITLE, INSTRUCTION_SHEET, OPTIONS_SHEET, SHEETS, Column, Sheet
from data.values import Uncalculated, is_blank, key, show

# A year-book of a city is below 10 MB; 200,000 point-years are 12 MB packed and 110 MB unpacked.
MEGABYTE = 1024 * 1024
MOST_PACKED = 128 * MEGABYTE
MOST_UNPACKED = 512 * MEGABYTE
# Deflate reaches 1000:1 on nothing but repetition; real sheets stay below 60:1.
MOST_RATIO, RATIO_MATTERS_FROM = 200, 64 * MEGABYTE
MOST_PARTS = 10_000
# Excel's own limit.
MOST_ROWS = 1_048_576
# A list that is read beside the pages, not in a process of its own: 500 lines are 30 kB.
MOST_OF_LIST, MOST_OF_LIST_UNPACKED = 5 * MEGABYTE, 10 * MEGABYTE
# A stray cell far from the rest makes calamine fill the whole rectangle up to it.
MOST_CELLS = 30_000_000
# Rows below the first in which a misplaced header is looked for.
HEADER_SEARCH = 10

# What is said of a sheet that must be filled; of a single institution's form less is asked.
NO_ROWS, NO_SHEET = "没有数据，至少应填一行", "缺少这张必需的工作表"
EMPTY_SHEET = "工作表是空的，应有表头和数据"

NOT_DATA = (INSTRUCTION_SHEET, OPTIONS_SHEET)
# What a workbook may hold beside cells that leads out of it or runs: start of a part's name -> what
# it is and how to be rid of it. Never followed here; the figures it brought cannot be checked.
_LEADING_OUT = {
    "xl/externallinks/": "含有指向其他文件的外部链接，请在 Excel 的“数据—编辑链接”中断开链接",
    "xl/connections.xml": "含有外部数据连接，请在 Excel 的“数据—查询和连接”中删除",
    "xl/querytables/": "含有外部数据连接，请在 Excel 的“数据—查询和连接”中删除",
    "xl/embeddings/": "含有嵌入的对象，请删除",
    "xl/activex/": "含有控件，请删除",
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CHUNK = MEGABYTE
# A part's root element, with its attributes, stands within this many bytes.
_HEAD = 4096

Progress = Callable[[float, str], None]


def silent(_share: float, _words: str) -> None:
    """Progress that nobody watches."""


class Unreadable(Exception):  # noqa: N818
    """A file that cannot be read at all; the message says why and what to do, in Chinese."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend or to know: where it is, what stands there and what is expected.

    row and column count from 1; row 0 means the sheet as a whole.
    """

    sheet: str
    row: int
    column: int
    header: str
    value: str
    expected: str

    @property
    def cell(self) -> str:
        """The address as a spreadsheet shows it, e.g. C17; empty for the whole sheet."""
        return f"{letters(self.column)}{self.row}" if self.row else ""

    @property
    def message(self) -> str:
        """What is wrong, without the place."""
        value = f"“{self.value}”" if self.value else ""
        return f"{self.header}{value}{self.expected}"

    @property
    def line(self) -> str:
        """The whole problem on one line: 专业点!C17：专业代码“999999”不在高职目录中."""
        place = f"{self.sheet}!{self.cell}" if self.row else self.sheet
        return f"{place}：{self.message}"

    @property
    def order(self) -> tuple[int, str, int, int, str]:
        """Contract order of sheets (unknown ones last), then row, then column."""
        return (_ORDER.get(self.sheet, len(_ORDER)), self.sheet, self.row, self.column, self.header)


_ORDER = {sheet.title: index for index, sheet in enumerate(SHEETS)}


@dataclass
class RawSheet:
    """A sheet's cells, column by column.

    positions: column name -> its position (from 0). numbers: the row number of each row.
    cells: column name -> raw cells, as long as numbers. complete: no required column is missing.
    """

    sheet: Sheet
    positions: dict[str, int] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    cells: dict[str, list[Any]] = field(default_factory=dict)
    complete: bool = True
    mac: bool = False

    def has(self, name: str) -> bool:
        return name in self.positions


@dataclass
class Book:
    """What was read. sheets: title -> RawSheet, absent sheets left out; sha256 of the content."""

    name: str
    sha256: str
    sheets: dict[str, RawSheet] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)


def letters(column: int) -> str:
    """A column number (from 1) as letters: 1 -> A, 27 -> AA."""
    text = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text or "A"


def read(path: Path, progress: Progress | None = None) -> Book:
    """Read a workbook or a folder of CSV files; raises Unreadable. progress: share (0–1), words."""
    note = progress or silent
    try:
        if path.is_dir():
            return _read_folder(path, note)
        if not path.exists():
            raise Unreadable(f"找不到文件：{path}")
        if not path.is_file():
            raise Unreadable(f"“{path.name}”不是普通文件")
        if path.stat().st_size > MOST_PACKED:
            raise Unreadable(
                f"“{path.name}”超过 {MOST_PACKED // MEGABYTE} MB，请核对是否选错文件，或分开填报"
            )
        content = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"“{path}”无法读取：{error.strerror or error}") from error
    except MemoryError as error:
        raise Unreadable(f"“{path.name}”过大，内存不足") from error
    return _read_workbook(path.name, content, note)


# ---------------------------------------------------------------- layout


def _lay_out(book: Book, sheet: Sheet, rows: Sequence[Sequence[Any]], *, mac: bool = False) -> None:
    """Turn a known sheet's rows (the first is the header) into columns, noting what is amiss."""
    title = sheet.title
    raw = RawSheet(sheet, mac=mac)
    book.sheets[title] = raw
    filled = [index for index, row in enumerate(rows) if _filled(row)]
    if not filled:
        if sheet.required:
            raw.complete = False
            book.problems.append(Problem(title, 1, 1, "", "", EMPTY_SHEET))
        return
    header = rows[0] if filled[0] == 0 else ()
    known = {_header_key(c.header): c for c in sheet.columns}
    if not any(_header_key(show(cell)) in known for cell in header):
        misplaced = _find_header(rows, known)
        if misplaced:
            raw.complete = False
            header_at = f"第 {misplaced} 行的表头"
            expected = "应在第 1 行，请删去上面的行"
            book.problems.append(Problem(title, misplaced, 1, header_at, "", expected))
            return
    has_rows = filled[-1] > 0
    _read_header(book, raw, header, known)
    missing = [c.header for c in sheet.columns if c.required and not raw.has(c.name)]
    if missing:
        raw.complete = not has_rows and not sheet.required
        for each in missing:
            problem = Problem(title, 1, 1, "", "", f"缺少必填的列“{each}”")
            (book.notes if raw.complete else book.problems).append(problem)
    if not has_rows and sheet.required:
        raw.complete = False
        book.problems.append(Problem(title, 2, 1, "", "", NO_ROWS))
    data = [index for index in filled if index > 0]
    raw.numbers = [index + 1 for index in data]
    kept = [rows[index] for index in data]
    for name, position in raw.positions.items():
        raw.cells[name] = [row[position] if position < len(row) else None for row in kept]
    _note_loose_cells(book, raw, header, rows, data)


def _at(row: Sequence[Any], position: int) -> Any:
    return row[position] if position < len(row) else None


def _filled(row: Sequence[Any]) -> bool:
    """Whether anything can be seen in the row."""
    # A cell of the first column mostly decides.
    return any(not is_blank(cell) for cell in row if cell is not None and cell != "")


def _header_key(text: str) -> str:
    return key(text).rstrip("*")


def _find_header(rows: Sequence[Sequence[Any]], known: dict[str, Column]) -> int:
    """The number of the row that looks like the header, 0 if none does."""
    for index, row in enumerate(rows[:HEADER_SEARCH]):
        if sum(_header_key(show(cell)) in known for cell in row) >= 2:
            return index + 1
    return 0


def _read_header(
    book: Book, raw: RawSheet, header: Sequence[Any], known: dict[str, Column]
) -> None:
    """Fill raw.positions from the header row; a column may stand anywhere."""
    title = raw.sheet.title
    for position, cell in enumerate(header):
        if is_blank(cell) and not isinstance(cell, Uncalculated):
            continue
        shown = show(cell)
        column = known.get(_header_key(shown))
        if column is None:
            close = difflib.get_close_matches(shown, list(raw.sheet.by_header), 1, 0.5)
            hint = f"（是否应为“{close[0]}”）" if close else ""
            expected = f"不在本表的列之中{hint}，应为{'、'.join(raw.sheet.by_header)}"
            book.problems.append(Problem(title, 1, position + 1, "列名", shown, expected))
        elif column.name in raw.positions:
            first = f"{letters(raw.positions[column.name] + 1)}1"
            expected = f"与 {first} 重复，每列只能出现一次"
            book.problems.append(Problem(title, 1, position + 1, "列名", shown, expected))
        else:
            raw.positions[column.name] = position


def _note_loose_cells(
    book: Book, raw: RawSheet, header: Sequence[Any], rows: Sequence[Sequence[Any]], data: list[int]
) -> None:
    """One problem for each column that holds something but has no header."""
    width = max((len(rows[index]) for index in data), default=0)
    for position in range(width):
        if not is_blank(_at(header, position)) or isinstance(_at(header, position), Uncalculated):
            continue
        for index in data:
            cell = _at(rows[index], position)
            if cell is not None and cell != "" and not is_blank(cell):
                expected = f"为空，但该列第 {index + 1} 行填有“{show(cell)}”；应补列名或删去内容"
                book.problems.append(
                    Problem(raw.sheet.title, 1, position + 1, "列名", "", expected)
                )
                break


def _known_title(name: str) -> str | None:
    """The contract's sheet of this name, tolerant of spaces; empty text for sheets without data."""
    found = key(name)
    if found in BY_TITLE:
        return found
    return "" if found in NOT_DATA else None


def _unknown_sheet(book: Book, name: str) -> None:
    shown = show(name)
    close = difflib.get_close_matches(shown, list(BY_TITLE), 1, 0.5)
    hint = f"（是否应为“{close[0]}”）" if close else ""
    expected = f"不在约定之列{hint}，应为{'、'.join(BY_TITLE)}"
    book.problems.append(Problem(shown or "（无名）", 1, 1, "工作表", shown, expected))


def _note_missing_sheets(book: Book) -> None:
    for sheet in SHEETS:
        if sheet.required and sheet.title not in book.sheets:
            book.problems.append(Problem(sheet.title, 1, 1, "", "", NO_SHEET))


# ---------------------------------------------------------------- CSV folders


def _read_folder(folder: Path, note: Progress) -> Book:
    """A folder of CSV files named as the sheets; hidden files are passed over."""
    files = sorted(
        each
        for each in folder.iterdir()
        if not each.name.startswith((".", "~$")) and each.is_file()
    )
    tables = [each for each in files if each.suffix.lower() == ".csv"]
    if not any(_known_title(each.stem) for each in tables):
        raise Unreadable(
            f"文件夹“{folder.name}”中没有可用的表：应有以工作表名称命名的 CSV 文件，"
            "如 院校.csv、专业点.csv、说明.csv"
        )
    if sum(each.stat().st_size for each in tables) > MOST_UNPACKED:
        raise Unreadable(f"文件夹“{folder.name}”的 CSV 文件合计超过 {MOST_UNPACKED // MEGABYTE} MB")
    digest = hashlib.sha256()
    book = Book(folder.resolve().name, "")
    for each in files:
        if each not in tables and _known_title(each.stem):
            expected = "不是 CSV 文件，没有读取"
            book.notes.append(Problem(each.stem, 0, 0, "文件", each.name, expected))
    for index, each in enumerate(tables):
        note(index / len(tables), f"正在读取 {each.stem}")
        content = each.read_bytes()
        digest.update(each.stem.encode() + b"\0" + len(content).to_bytes(8, "big") + content)
        title = _known_title(each.stem)
        if title is None:
            _unknown_sheet(book, each.stem)
        elif title in book.sheets:
            expected = f"与另一个名为“{title}”的文件重复"
            book.problems.append(Problem(title, 1, 1, "文件", each.name, expected))
        elif title:
            _lay_out(book, BY_TITLE[title], _csv_rows(each.name, content))
    book.sha256 = digest.hexdigest()
    _note_missing_sheets(book)
    note(1.0, "读取完毕")
    return book


def decode(name: str, content: bytes) -> str:
    """The text of a CSV file in UTF-8, with or without BOM, or GB18030; raises Unreadable."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable(f"“{name}”是 UTF-16 编码，请另存为“CSV UTF-8（逗号分隔）”")
    if b"\0" in content:
        raise Unreadable(f"“{name}”不是文本文件，应为 CSV")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        broken = error
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError as error:
        raise Unreadable(f"“{name}”的编码无法识别，请另存为“CSV UTF-8（逗号分隔）”") from error
    # A damaged UTF-8 file may decode as GB18030 too, into nonsense.
    title = key(Path(name).stem)
    headers = BY_TITLE[title].by_header if title in BY_TITLE else {}
    readable = content.decode("utf-8", errors="ignore")
    if any(h in readable for h in headers) and not any(h in text for h in headers):
        raise Unreadable(
            f"“{name}”的 UTF-8 编码在第 {broken.start + 1} 字节处损坏，请重新另存为 CSV"
        )
    # So does Big5, and what else is not checked against anything.
    if headers and not any(h in text for h in headers):
        raise Unreadable(
            f"“{name}”中没有认得出的列名，编码可能不是 UTF-8 或 GB18030；"
            "请另存为“CSV UTF-8（逗号分隔）”"
        )
    return text


def _csv_rows(name: str, content: bytes) -> list[list[str]]:
    text = decode(name, content)
    rows: list[list[str]] = []
    # A cell may hold as much as Excel allows (32,767 characters), in more bytes.
    csv.field_size_limit(MEGABYTE)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            rows.append(row)
            if len(rows) > MOST_ROWS:
                raise Unreadable(f"“{name}”超过 {MOST_ROWS} 行")
    except csv.Error as error:
        raise Unreadable(
            f"“{name}”第 {reader.line_num} 行附近的引号不成对，或单元格过长，无法按 CSV 读取"
        ) from error
    return rows


# ---------------------------------------------------------------- .xlsx


def _read_workbook(name: str, content: bytes, note: Progress) -> Book:
    _refuse_other_formats(name, content)
    book = Book(name, hashlib.sha256(content).hexdigest())
    with _unpacked(name, content) as package:
        _read_sheets(book, package, content, note)
    _note_missing_sheets(book)
    note(1.0, "读取完毕")
    return book


def read_list(name: str, content: bytes, sheet: Sheet) -> Book:
    """Read a workbook's first sheet as the one given, whatever it is called: a list that is no
    part of the contract. Raises Unreadable. Columns of shares are read as they stand."""
    if len(content) > MOST_OF_LIST:
        raise Unreadable(f"“{name}”超过 {MOST_OF_LIST // MEGABYTE} MB，请核对是否选错文件")
    _refuse_other_formats(name, content)
    book = Book(name, hashlib.sha256(content).hexdigest())
    with _unpacked(name, content, MOST_OF_LIST_UNPACKED) as package:
        parts, mac = package.sheet_parts()
        with _Calamine(name, content) as workbook:
            first = next(iter(workbook.sheet_names), "")
            if parts.get(first, "") not in package.parts:
                raise Unreadable(f"“{name}”中没有工作表")
            scan = _scan(package, parts[first], frozenset(), first)
            if scan.area > MOST_CELLS:
                raise Unreadable(f"“{name}”的内容远离数据区，请删去多余的行列后重新保存")
            _lay_out(book, sheet, _mend(_rows(name, workbook, first), scan, sheet.title), mac=mac)
    return book


@contextmanager
def _unpacked(name: str, content: bytes, most_unpacked: int = MOST_UNPACKED) -> Iterator[_Package]:
    """The parts of a workbook; what is wrong with them is Unreadable."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield _Package(name, archive, most_unpacked)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise Unreadable(f"“{name}”已损坏，无法解压：请用 Excel 打开并重新保存") from error
    except (ElementTree.ParseError, expat.ExpatError, KeyError, ValueError) as error:
        raise Unreadable(f"“{name}”的内部结构已损坏：请用 Excel 打开并重新保存") from error
    except MemoryError as error:
        raise Unreadable(f"“{name}”过大，内存不足") from error


def _refuse_other_formats(name: str, content: bytes) -> None:
    """Say what a file is when it is not a plain .xlsx."""
    if not content:
        raise Unreadable(f"“{name}”是空文件")
    if content.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise Unreadable(f"“{name}”设有打开密码，请取消密码后再导入")
        raise Unreadable(f"“{name}”是旧版 Excel 格式（.xls），请另存为 .xlsx 工作簿")
    if not content.startswith(b"PK"):
        raise Unreadable(
            f"“{name}”不是 .xlsx 工作簿，请用 Excel 另存为 .xlsx；CSV 文件请放进一个 .zip 或文件夹"
        )


class _Package:
    """The parts of an .xlsx file, checked before anything is unpacked."""

    def __init__(
        self, name: str, archive: zipfile.ZipFile, most_unpacked: int = MOST_UNPACKED
    ) -> None:
        self.name = name
        self.archive = archive
        parts = archive.infolist()
        names = [part.filename for part in parts]
        self.parts = set(names)
        if len(parts) > MOST_PARTS or len(self.parts) != len(names):
            raise Unreadable(f"“{name}”的内部结构异常，拒绝读取")
        if any(part.flag_bits & 1 for part in parts):
            raise Unreadable(f"“{name}”设有密码，请取消密码后再导入")
        lower = {each.lower() for each in names}
        if any(each.endswith("vbaproject.bin") or "/macrosheets/" in each for each in lower):
            raise Unreadable(f"“{name}”含有宏，请另存为不带宏的 .xlsx 工作簿")
        if "xl/workbook.bin" in lower:
            raise Unreadable(f"“{name}”是 .xlsb 格式，请另存为 .xlsx 工作簿")
        if "mimetype" in lower or "xl/workbook.xml" not in self.parts:
            raise Unreadable(f"“{name}”不是 .xlsx 工作簿，请用 Excel 另存为 .xlsx")
        for start, words in _LEADING_OUT.items():
            if any(each.startswith(start) for each in lower):
                raise Unreadable(f"“{name}”{words}后重新保存")
        unpacked = [part for part in parts if part.filename.lower().endswith((".xml", ".rels"))]
        if sum(part.file_size for part in unpacked) > most_unpacked or any(
            part.file_size > RATIO_MATTERS_FROM
            and part.file_size > MOST_RATIO * max(part.compress_size, 1)
            for part in parts
        ):
            raise Unreadable(
                f"“{name}”解压后过大（上限 {most_unpacked // MEGABYTE} MB），拒绝读取；"
                "请删去空白行列的格式后重新保存"
            )

        self.check_counts(parts)
        # However its parts are named, a macro is declared as one.
        if b"vbaProject" in self.archive.read("[Content_Types].xml"):
            raise Unreadable(f"“{name}”含有宏，请另存为不带宏的 .xlsx 工作簿")

    def check_counts(self, parts: list[zipfile.ZipInfo]) -> None:
        """Refuse a list of texts that announces more than it can hold: the reading core would set
        aside memory for all it is told. An entry takes at least the five bytes of <si/>."""
        for part in parts:
            if "sharedstrings" not in part.filename.lower():
                continue
            with self.archive.open(part) as stream:
                head = stream.read(_HEAD)
            root = re.search(rb"<(?:\w+:)?sst[^>]*>", head)
            announced = re.findall(rb"uniqueCount\s*=\s*[\"']\s*(\d+)", root[0] if root else b"")
            if (
                not root
                or b"<!DOCTYPE" in head
                or any(5 * int(number) > part.file_size for number in announced)
            ):
                raise Unreadable(f"“{self.name}”的内部结构异常，拒绝读取")

    def tree(self, part: str) -> ElementTree.Element:
        """A small part as a tree. A document type may define entities that grow without end; no
        spreadsheet program writes one."""
        content = self.archive.read(part)
        # In UTF-16, which no program writes, these words would not be found.
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content or b"\0" in content:
            raise Unreadable(f"“{self.name}”的内部结构异常，拒绝读取")
        return ElementTree.fromstring(content)

    def open(self, part: str) -> BinaryIO:
        return self.archive.open(part)  # type: ignore[return-value]

    def sheet_parts(self) -> tuple[dict[str, str], bool]:
        """(sheet name -> part, whether days count from 1904)."""
        workbook = self.tree("xl/workbook.xml")
        targets = {}
        for each in self.tree("xl/_rels/workbook.xml.rels"):
            target = each.get("Target", "")
            whole = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            targets[each.get("Id", "")] = posixpath.normpath(whole)
        sheets = {}
        mac = False
        for element in workbook.iter():
            tag = _local(element.tag)
            if tag == "workbookPr":
                mac = element.get("date1904", "0") in ("1", "true")
            elif tag == "sheet":
                link = next((v for k, v in element.attrib.items() if _local(k) == "id"), "")
                sheets[element.get("name", "")] = targets.get(link, "")
        return sheets, mac

    def percent_styles(self) -> frozenset[str]:
        """The cell styles that show a fraction as a percentage."""
        if "xl/styles.xml" not in self.parts:
            return frozenset()
        styles = self.tree("xl/styles.xml")
        formats = {"9", "10"}
        for element in styles.iter():
            if _local(element.tag) == "numFmt":
                shown = re.sub(r'"[^"]*"|\\.', "", element.get("formatCode", ""))
                if "%" in shown:
                    formats.add(element.get("numFmtId", ""))
        found = set()
        for element in styles.iter():
            if _local(element.tag) == "cellXfs":
                for index, style in enumerate(element):
                    if style.get("numFmtId") in formats:
                        found.add(str(index))
        return frozenset(found)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _read_sheets(book: Book, package: _Package, content: bytes, note: Progress) -> None:
    parts, mac = package.sheet_parts()
    percent = package.percent_styles()
    with _Calamine(book.name, content) as workbook:
        names = list(workbook.sheet_names)
        for index, name in enumerate(names):
            note(index / len(names), f"正在读取 {show(name)}")
            title = _known_title(name)
            if title is None:
                _unknown_sheet(book, name)
                continue
            if not title:
                continue
            if title in book.sheets:
                expected = f"与另一张名为“{title}”的工作表重复"
                book.problems.append(Problem(title, 1, 1, "工作表", show(name), expected))
                continue
            part = parts.get(name, "")
            if part not in package.parts:
                raise Unreadable(f"“{book.name}”中的工作表“{title}”缺失，文件已损坏")
            shares = any(c.kind == "share" for c in BY_TITLE[title].columns)
            scan = _scan(package, part, percent if shares else frozenset(), title)
            if scan.area > MOST_CELLS:
                place = f"最远的内容在 {letters(scan.columns)}{scan.rows}"
                expected = f"{place}，远离数据区，本表未读取；应删去该处内容"
                book.problems.append(Problem(title, scan.rows, scan.columns, "", "", expected))
                book.sheets[title] = RawSheet(BY_TITLE[title], complete=False)
                continue
            rows = _rows(book.name, workbook, name)
            _lay_out(book, BY_TITLE[title], _mend(rows, scan, title), mac=mac)
            _note_merged(book, title, scan.merged)


def _note_merged(book: Book, title: str, ranges: Sequence[str]) -> None:
    """One remark for each range of merged cells below the header: all but one of them are empty."""
    for each in ranges:
        ends = [_ADDRESS.fullmatch(place) for place in each.split(":")]
        if len(ends) == 2 and ends[0] and ends[1] and int(ends[1][2]) > 1:
            row, column = int(ends[0][2]), _number(ends[0][1])
            expected = "是合并单元格，只有左上角一格有内容，其余按空白读取；应取消合并、逐格填写"
            book.notes.append(Problem(title, row, column, "", each, expected))


class _Calamine:
    """A python-calamine workbook; what it raises, even a panic of its core, is Unreadable."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name, self.content = name, content

    def __enter__(self) -> Any:
        from python_calamine import CalamineWorkbook

        self.workbook = _guard(
            self.name, lambda: CalamineWorkbook.from_filelike(io.BytesIO(self.content))
        )
        return self.workbook

    def __exit__(self, *_: object) -> None:
        self.workbook.close()


def _guard(name: str, action: Callable[[], Any]) -> Any:
    from python_calamine import CalamineError, PasswordError

    try:
        with _quiet():
            return action()
    except PasswordError as error:
        raise Unreadable(f"“{name}”设有打开密码，请取消密码后再导入") from error
    except (CalamineError, OSError, ValueError, OverflowError) as error:
        raise Unreadable(f"“{name}”的内部结构已损坏：请用 Excel 打开并重新保存") from error
    except BaseException as error:
        # A panic of the Rust core derives from BaseException and is named so.
        if type(error).__name__ != "PanicException":
            raise
        raise Unreadable(f"“{name}”的内部结构已损坏：请用 Excel 打开并重新保存") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the Rust core says of a panic off standard error, where only our words belong.

    Only in the main thread, that is in a command: in a server the others' words would go too.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _rows(name: str, workbook: Any, sheet: str) -> list[list[Any]]:
    rows: list[list[Any]] = _guard(
        name, lambda: workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    )
    return rows


# ---------------------------------------------------------------- what calamine does not tell


@dataclass
class _Scan:
    """Cells of a sheet that need mending; (row, column) from 0 -> what stands there.

    merged: ranges such as B2:B4. rows, columns: the extent of the cells with content, 0 when not
    measured.
    """

    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    uncalculated: set[tuple[int, int]] = field(default_factory=set)
    percents: set[tuple[int, int]] = field(default_factory=set)
    merged: list[str] = field(default_factory=list)
    rows: int = 0
    columns: int = 0

    @property
    def area(self) -> int:
        return self.rows * self.columns


# Each starts with a literal, which the search finds without stepping through the text: error cells,
# formulas, elements with a namespace prefix, a document type, and merged cells.
_SUSPECTS = tuple(
    re.compile(pattern)
    for pattern in (
        rb"t=[\"']e[\"']",
        rb"<f[\s>/]",
        rb":c[\s>/]",
        rb"<!DOCTYPE",
        rb"<mergeCell[\s>]",
    )
)
# A cell in the usual words; any other wording leaves the groups empty.
_CELL = re.compile(rb"<c[\s>/](?:r=\"[A-Z](\d{1,7})\")?")
_ADDRESS = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_ROW_WITH_PREFIX = re.compile(rb":row[\s>/]")
_LAST_COLUMN = 16_384


def _scan(package: _Package, part: str, percent: frozenset[str], title: str) -> _Scan:
    """Look through a sheet's XML for error cells, formulas without result, percentages, merged
    cells, cells beyond column Z and cells out of order; parse it only if there may be any.

    calamine takes the first and last cells for the sheet's extent: addresses that are far off or
    run backwards make it ask for more memory than there is, which nobody can catch. A sheet of more
    rows than there can be is refused once so many are seen, whatever extent it declares.
    """
    suspects = _SUSPECTS
    if percent:
        styles = "|".join(sorted(percent)).encode()
        suspects = (*_SUSPECTS, re.compile(rb"s=[\"'](" + styles + rb")[\"']"))
    last = rows = 0
    parse = False
    for chunk in _chunks(package, part):
        rows += chunk.count(b"<row")
        if b":row" in chunk:
            rows += len(_ROW_WITH_PREFIX.findall(chunk))
        if rows > MOST_ROWS or last > MOST_ROWS:
            raise _too_many_rows(package.name, title)
        if parse:
            continue
        found = _CELL.findall(chunk)
        parse = not all(found) or any(each.search(chunk) for each in suspects)
        if not parse:
            numbers = np.array([last, *map(int, found)])
            parse = bool(np.any(numbers[1:] < numbers[:-1]))
            last = int(numbers[-1])
    if last > MOST_ROWS:
        raise _too_many_rows(package.name, title)
    return _parse_sheet(package, part, percent) if parse else _Scan()


def _too_many_rows(name: str, title: str) -> Unreadable:
    return Unreadable(
        f"“{name}”的工作表“{title}”超过 {MOST_ROWS:,} 行（Excel 的上限），拒绝读取；"
        "请核对是否选错文件，或删去多余的行"
    )


def _chunks(package: _Package, part: str) -> Iterator[bytes]:
    """A part in pieces, each cut before a tag."""
    rest = b""
    with package.open(part) as stream:
        while piece := stream.read(_CHUNK):
            if b"\0" in piece:
                raise Unreadable(f"“{package.name}”的内部结构异常，拒绝读取")
            chunk = rest + piece
            cut = chunk.rfind(b"<")
            if cut > 0:
                yield chunk[:cut]
                rest = chunk[cut:]
            else:
                rest = chunk
    yield rest


def _parse_sheet(package: _Package, part: str, percent: frozenset[str]) -> _Scan:
    """Look at every cell of a sheet."""
    events = _CellEvents(package.name, percent)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = events.start
    parser.EndElementHandler = events.end
    parser.CharacterDataHandler = events.data
    parser.StartDoctypeDeclHandler = events.refuse
    with package.open(part) as stream:
        parser.ParseFile(stream)
    return events.scan


class _CellEvents:
    """Follows the cells of a sheet's XML: place, type, style, whether a formula, and value."""

    def __init__(self, name: str, percent: frozenset[str]) -> None:
        self.name, self.percent = name, percent
        self.scan = _Scan()
        self.row = self.column = -1
        self.kind = self.style = ""
        self.has_formula = self.holding = False
        self.text: list[str] = []

    def refuse(self, *_: object) -> None:
        raise Unreadable(f"“{self.name}”的内部结构异常，拒绝读取")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        match tag.rpartition(":")[2]:
            case "row":
                number = attributes.get("r", str(self.row + 2))
                before, self.column = self.row, -1
                self.row = int(number) - 1 if number.isdecimal() else -1
                if not before < self.row < MOST_ROWS:
                    self.refuse()
            case "c":
                address = attributes.get("r", f"{letters(self.column + 2)}{self.row + 1}")
                found = _ADDRESS.fullmatch(address)
                column = _number(found[1]) if found else _LAST_COLUMN + 1
                if not found or int(found[2]) != self.row + 1 or column > _LAST_COLUMN:
                    self.refuse()
                self.column = column - 1
                self.kind, self.style = attributes.get("t", "n"), attributes.get("s", "")
                self.has_formula = False
                self.text.clear()
            case "f":
                self.has_formula = True
            case "mergeCell":
                self.scan.merged.append(attributes.get("ref", ""))
            case "v" | "t":
                self.holding = True

    def data(self, piece: str) -> None:
        if self.holding:
            self.text.append(piece)

    def end(self, tag: str) -> None:
        match tag.rpartition(":")[2]:
            case "v" | "t":
                self.holding = False
            case "c":
                self.keep("".join(self.text).strip())

    def keep(self, value: str) -> None:
        """Note the cell just read, if it needs mending."""
        scan, place = self.scan, (self.row, self.column)
        if value or self.has_formula:
            scan.rows = max(scan.rows, self.row + 1)
            scan.columns = max(scan.columns, self.column + 1)
        if self.kind == "e":
            scan.errors[place] = value or "#N/A"
        elif self.has_formula and not value and self.kind != "str":
            scan.uncalculated.add(place)
        elif value and self.kind == "n" and self.style in self.percent:
            scan.percents.add(place)


def _number(column: str) -> int:
    """A column's letters as its number from 1."""
    number = 0
    for letter in column:
        number = number * 26 + ord(letter) - 64
    return number


def _mend(rows: list[list[Any]], scan: _Scan, title: str) -> list[list[Any]]:
    """Put into the rows what calamine left out."""

    def put(place: tuple[int, int], value: Any) -> None:
        row, column = place
        while len(rows) <= row:
            rows.append([])
        rows[row].extend([None] * (column + 1 - len(rows[row])))
        rows[row][column] = value

    for place, text in scan.errors.items():
        put(place, text)
    for place in scan.uncalculated:
        put(place, Uncalculated())
    if scan.percents and rows:
        by_header = {_header_key(c.header): c for c in BY_TITLE[title].columns}
        shares = {
            position
            for position, cell in enumerate(rows[0])
            if (column := by_header.get(_header_key(show(cell)))) and column.kind == "share"
        }
        for row, position in scan.percents:
            if position in shares and row < len(rows) and position < len(rows[row]):
                cell = rows[row][position]
                if type(cell) is float:
                    # 0.07 * 100 is 7.000000000000001: twelve digits are what the format shows.
                    rows[row][position] = float(f"{cell * 100:.12g}")
    return rows
