"""Reading: traps of .xlsx and CSV, and files that are no workbook."""

from __future__ import annotations

import io
import os
import random
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from data import workbook
from data.load import examine
from data.workbook import Unreadable, read
from tests.data.small_book import (
    D,
    SmallBook,
    errors,
    minimal,
    spoilt,
    valid,
    warnings,
    write_folder,
    write_xlsx,
)

SHEET = "xl/worksheets/sheet2.xml"  # 专业点 in both small books


def rezipped(path: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """The .xlsx with its parts changed; a part changed to None goes."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            changed = change(name, content)
            if changed is not None:
                archive.writestr(name, changed)
    return path


def in_part(path: Path, part: str, old: bytes, new: bytes) -> Path:
    """The .xlsx with one piece of one part replaced."""

    def change(name: str, content: bytes) -> bytes:
        if name != part:
            return content
        assert old in content
        return content.replace(old, new, 1)

    return rezipped(path, change)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write_xlsx(minimal(), tmp_path / "small.xlsx")


def staged(path: Path, table: str, columns: str) -> list[tuple[Any, ...]]:
    """What the staged sheet holds; the workbook must be without errors."""
    checked = examine(path)
    assert [each.line for each in checked.problems] == []
    found = checked.staged.execute(f"select row, {columns} from {table} order by row").fetchall()
    checked.staged.close()
    return found


# ---------------------------------------------------------------- addresses


def test_addresses_count_blank_rows_and_columns(tmp_path: Path) -> None:
    book = minimal()
    points = book["专业点"]
    point = ["P2", "S1", "999999", "高职", D("2015-09-01")]
    points += [[], [], [None] * 5, ["  "], point, []]
    book["专业点"] = [[None, None, *row] for row in points]
    for path in (write_xlsx(book, tmp_path / "book.xlsx"), write_folder(book, tmp_path / "book")):
        assert errors(path) == ["专业点!E7：专业代码“999999”不在高职目录中"]
        assert read(path).sheets["专业点"].numbers[:1] == [2]


def test_a_blank_line_of_a_csv_file_counts_as_a_row(tmp_path: Path) -> None:
    folder = write_folder(minimal(), tmp_path / "book")
    with (folder / "专业点.csv").open("a", encoding="utf-8") as stream:
        stream.write('\r\n"P2\n（二）",S1,999999,高职,2015\r\n')
    assert errors(folder) == ["专业点!C4：专业代码“999999”不在高职目录中"]


def test_columns_may_stand_in_any_order_under_untidy_headers(tmp_path: Path) -> None:
    book = valid()
    for sheet, rows in book.items():
        order = list(range(len(rows[0])))
        random.Random(sheet).shuffle(order)
        book[sheet] = [[row[place] for place in order] for row in rows]
    book["专业点"][0] = [f" {header}\u3000" for header in book["专业点"][0]]
    book["院校"][0] = [header.replace("代码", "代 码") + "＊" for header in book["院校"][0]]
    shuffled = {f"{sheet} ": rows for sheet, rows in book.items()}
    usual = write_folder(valid(), tmp_path / "usual")
    for path in (write_xlsx(shuffled, tmp_path / "b.xlsx"), write_folder(shuffled, tmp_path / "b")):
        assert errors(path) == []
        columns = "point_id, specialty_code, opened_on, industry"
        assert staged(path, "specialty_points", columns) == staged(
            usual, "specialty_points", columns
        )


# ---------------------------------------------------------------- cells of .xlsx


def test_error_cells_are_named_wherever_they_stand(tmp_path: Path) -> None:
    book = spoilt(
        minimal(),
        {
            "专业点!C2": ("=1/0", "#DIV/0!"),
            "专业点!A4": ("=NA()", "#N/A"),  # alone in its row, below the last
            "院校!C2": "#REF!",  # the text of one, pasted as a value
        },
    )
    assert errors(write_xlsx(book, tmp_path / "book.xlsx")) == [
        "院校!C2：层次“#REF!”是公式错误，应改为有效的值",
        "专业点!C2：专业代码“#DIV/0!”是公式错误，应改为有效的值",
        "专业点!A4：专业点编号“#N/A”是公式错误，应改为有效的值",
        "专业点!B4：院校代码不能为空",
        "专业点!C4：专业代码不能为空",
        "专业点!D4：层次不能为空",
        "专业点!E4：设置日期不能为空",
    ]


def test_an_error_cell_in_a_column_nobody_needs_is_named_too(tmp_path: Path) -> None:
    book = spoilt(valid(), {"年度数据!L4": ("=1/0", "#DIV/0!")})
    assert errors(write_xlsx(book, tmp_path / "book.xlsx")) == [
        "年度数据!L4：满意度“#DIV/0!”是公式错误，应改为有效的值"
    ]


def test_formulas_count_by_their_results(tmp_path: Path) -> None:
    book = spoilt(minimal(), {"专业点!C2": ("=510200+1", 510201), "院校!B2": ('="示例"', "示例")})
    path = write_xlsx(book, tmp_path / "book.xlsx")
    assert staged(path, "specialty_points", "specialty_code") == [(2, "510201")]


def test_formulas_without_results_are_not_taken_for_empty(tmp_path: Path) -> None:
    path = write_xlsx(minimal() | {"专业群": valid()["专业群"][:2]}, tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(path)
    book["专业群"]["F2"] = "=E2+365"  # openpyxl writes the formula alone
    book.save(path)
    assert errors(path) == [
        "专业群!F2：撤销日期是没有计算结果的公式，请用 Excel 打开并保存后再导入"
    ]


def test_a_formula_that_gives_empty_text_is_empty(tmp_path: Path) -> None:
    book = {**minimal(), "专业点": spoilt(valid(), {"专业点!D3": ('=""', "x")})["专业点"][:3]}
    book["院校"] = valid()["院校"]
    path = write_xlsx(book, tmp_path / "book.xlsx")
    in_part(path, SHEET, b"<v>x</v>", b"<v></v>")  # as Excel writes it, with t="str"
    assert errors(path) == []


def test_cells_shown_as_percentages_count_as_shown(tmp_path: Path) -> None:
    book = valid()
    path = tmp_path / "book.xlsx"
    written = xlsxwriter.Workbook(str(path))
    styles = [written.add_format({"num_format": each}) for each in ("0%", "0.0%", "0.00", '0"%"')]
    for title, rows in book.items():
        page = written.add_worksheet(title)
        for number, row in enumerate(rows):
            page.write_row(number, 0, [str(c) if isinstance(c, date) else c for c in row])
    page = written.get_worksheet_by_name("年度数据")
    for line, value in enumerate((0.885, 0.07, 88.5)):
        page.write_number(line + 1, 11, value, styles[line])
    page = written.get_worksheet_by_name("办学条件")
    page.write_number(1, 6, 62.5, styles[3])  # the sign is only text here
    page.write_number(1, 4, 0.5, styles[0])  # not a column of shares
    written.close()
    assert staged(path, "point_years", "satisfaction") == [(2, 88.5), (3, 7.0), (4, 88.5)]
    assert staged(path, "conditions", "dual_share, building_m2") == [(2, 62.5, 0.5)]


def test_dates_of_every_kind(tmp_path: Path) -> None:
    kinds = ["2024/1/5", "2024.1.5", "2024年1月5日", "２０２４－０１－０５", "20240105"]
    cells: list[Any] = [*kinds, 45296, "45296", D("2024-01-05"), datetime(2024, 1, 5, 12)]
    book = minimal()
    book["专业群"] = [["专业群编号", "院校代码", "专业群名称", "重点打造", "组建日期"]]
    for number, cell in enumerate(cells):
        book["专业群"].append([f"G{number}", "S1", "群", "是", cell])
    path = write_xlsx(book, tmp_path / "book.xlsx")
    found = staged(path, "specialty_groups", "formed_on")
    assert [day for _, day in found] == [D("2024-01-05")] * len(cells)


@pytest.mark.parametrize("shown", ['yyyy"年"m"月"d"日";@', "[$-804]yyyy年mm月dd日", "m/d/yy", "0"])
def test_dates_in_formats_of_the_country(shown: str, tmp_path: Path) -> None:
    path = write_xlsx(minimal(), tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(path)
    book["专业点"]["E2"] = 42248
    book["专业点"]["E2"].number_format = shown
    book.save(path)
    assert staged(path, "specialty_points", "opened_on") == [(2, D("2015-09-01"))]


def test_a_bare_year_in_a_cell_formatted_as_a_date(tmp_path: Path) -> None:
    path = write_xlsx(minimal(), tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(path)
    book["专业点"]["E2"] = 2015
    book["专业点"]["E2"].number_format = "yyyy-mm-dd"
    book.save(path)
    assert staged(path, "specialty_points", "opened_on") == [(2, D("2015-09-01"))]


def test_workbooks_that_count_days_from_1904(tmp_path: Path) -> None:
    book = minimal()
    book["专业点"].append(["P2", "S1", "510202", "高职", 40786])
    book["专业点"].append(["P3", "S1", "510203", "高职", 2015])
    path = write_xlsx(book, tmp_path / "book.xlsx", date_1904=True)
    days = [day for _, day in staged(path, "specialty_points", "opened_on")]
    assert days == [D("2015-09-01")] * 3


def test_codes_that_excel_made_numbers_of(tmp_path: Path) -> None:
    book = spoilt(minimal(), {"院校!A2": 4141010824, "专业点!B2": 4141010824, "专业点!C2": 510201})
    path = write_xlsx(book, tmp_path / "book.xlsx")
    columns = "institution_id, specialty_code"
    assert staged(path, "specialty_points", columns) == [(2, "4141010824", "510201")]
    folder = spoilt(book, {"专业点!B2": "4141010824.0", "专业点!C2": "510201.0"})
    path = write_folder(folder, tmp_path / "book")
    assert staged(path, "specialty_points", columns) == [(2, "4141010824", "510201")]


def test_codes_too_long_for_a_number_are_pointed_out(tmp_path: Path) -> None:
    book = spoilt(minimal(), {"院校!A2": 123456789012345677, "专业点!B2": "示例学院"})
    assert (
        "院校!A2：院校代码“123456789012345696”超过 15 位的代码存为数字，末位可能已失真；应存为文本"
        in warnings(write_xlsx(book, tmp_path / "book.xlsx"))
    )


def test_numbers_as_text_and_full_width(tmp_path: Path) -> None:
    book = spoilt(
        valid(),
        {"年度数据!C2": "６０", "年度数据!D2": " 1,090 ", "年度数据!E2": "60.0"}
        | {"专业点!C2": "５１０２０１ ", "专业点!A2": "Ｐ１", "专业点!E2": "高 职"},
    )
    for path in (write_xlsx(book, tmp_path / "b.xlsx"), write_folder(book, tmp_path / "b")):
        assert staged(path, "point_years", "planned, applied, admitted")[0] == (2, 60, 1090, 60)


def test_markup_with_a_prefix_and_cells_without_addresses(small: Path) -> None:
    """Other programs write the same workbook in other words."""

    def rewrite(name: str, content: bytes) -> bytes:
        if name != SHEET:
            return content
        content = content.replace(b'<c r="A2" t="s"', b'<c r="A2" t="s" ')
        return content.replace(
            b"</sheetData>", b'<row r="3"><c r="A3" t="e"><v>#REF!</v></c></row></sheetData>'
        )

    assert "专业点!A3：专业点编号“#REF!”是公式错误，应改为有效的值" in errors(
        rezipped(small, rewrite)
    )


# ---------------------------------------------------------------- sheets


def test_sheets_of_the_template_without_data_are_passed_over(tmp_path: Path) -> None:
    book: SmallBook = {"填表说明": [["任何内容"]], **minimal(), "选项": [["列表"], ["一"]]}
    assert errors(write_xlsx(book, tmp_path / "book.xlsx")) == []


def test_unknown_sheets_even_hidden_or_blank(small: Path) -> None:
    book = openpyxl.load_workbook(small)
    book.create_sheet("Sheet1")
    book.create_sheet("专业点位").sheet_state = "hidden"
    book.save(small)
    found = errors(small)
    assert [line.split("，")[0] for line in found] == [
        "Sheet1!A1：工作表“Sheet1”不在约定之列",
        "专业点位!A1：工作表“专业点位”不在约定之列（是否应为“专业点”）",
    ]


def test_a_stray_cell_far_away_is_named_and_costs_nothing(small: Path) -> None:
    book = openpyxl.load_workbook(small)
    book["专业点"]["XFD1048576"] = "x"
    book.save(small)
    assert errors(small) == [
        "专业点!XFD1048576：最远的内容在 XFD1048576，远离数据区，本表未读取；应删去该处内容"
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'r="E2"', b'r="E19999999999999999999"'),
        (b'r="E2"', b'r="XFE2"'),
        (b'r="E2"', b'r="E1"'),
    ],
)
def test_addresses_that_cannot_be_are_refused(old: bytes, new: bytes, small: Path) -> None:
    """The reading core would ask for terabytes of memory and take the process with it."""
    assert "内部结构异常" in unreadable(in_part(small, SHEET, old, new))


def test_formats_far_away_are_no_content(small: Path) -> None:
    book = openpyxl.load_workbook(small)
    book["专业点"]["XFD1048576"].number_format = "0.00"
    book.save(small)
    assert errors(small) == []


# ---------------------------------------------------------------- CSV


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_of_csv(encoding: str, tmp_path: Path) -> None:
    book = spoilt(
        valid(), {"联席会议!D2": "含生僻字：𠮷、㐂", "专业群!C2": "“引号”，逗号,与\n换行"}
    )
    path = write_folder(book, tmp_path / "book", encoding)
    assert staged(path, "meetings", "decision")[0] == (2, "含生僻字：𠮷、㐂")
    assert staged(path, "specialty_groups", "name")[0] == (2, "“引号”，逗号,与换行")


def test_a_folder_may_mix_encodings(tmp_path: Path) -> None:
    folder = write_folder(minimal(), tmp_path / "book", "gb18030")
    write_folder({"说明": minimal()["说明"]}, folder, "utf-8-sig")
    assert errors(folder) == []


def test_other_files_of_a_folder(tmp_path: Path) -> None:
    folder = write_folder(minimal(), tmp_path / "book")
    (folder / "._院校.csv").write_bytes(b"\0\1")
    (folder / "SOURCE.md").write_text("来源")
    (folder / "认定.xlsx").write_bytes(b"PK")
    (folder / "专业群.CSV").write_text("专业群编号,院校代码,专业群名称,重点打造,组建日期\n")
    assert warnings(folder)[-1] == "认定：文件“认定.xlsx”不是 CSV 文件，没有读取"
    (folder / "名单.csv").write_text("a,b\n")
    assert errors(folder)[0].startswith("名单!A1：工作表“名单”不在约定之列")


def test_rows_shorter_and_longer_than_the_header(tmp_path: Path) -> None:
    folder = write_folder(minimal(), tmp_path / "book")
    with (folder / "专业点.csv").open("a", encoding="utf-8") as stream:
        stream.write("P2,S1\r\nP3,S1,510203,高职,2015,,多余\r\n")
    assert errors(folder) == [
        "专业点!G1：列名为空，但该列第 4 行填有“多余”；应补列名或删去内容",
        "专业点!C3：专业代码不能为空",
        "专业点!D3：层次不能为空",
        "专业点!E3：设置日期不能为空",
    ]


# ---------------------------------------------------------------- no workbook at all


def unreadable(path: Path) -> str:
    with pytest.raises(Unreadable) as caught:
        read(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "是空文件"),
        ("院校代码,院校名称".encode(), "CSV 文件请放进一个 .zip 或文件夹"),
        (os.urandom(5000), "不是 .xlsx 工作簿"),
        (workbook._OLE + b"\0" * 2000, "旧版 Excel 格式（.xls）"),
        (workbook._OLE + "EncryptedPackage".encode("utf-16-le"), "设有打开密码"),
        (b"PK\3\4" + os.urandom(500), "无法解压"),
    ],
)
def test_files_of_another_kind(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(content)
    assert words in unreadable(path)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("xl/vbaProject.bin", "含有宏"),
        ("xl/workbook.bin", ".xlsb"),
        ("mimetype", "不是 .xlsx 工作簿"),
    ],
)
def test_packages_of_another_kind(part: str, words: str, small: Path) -> None:
    with zipfile.ZipFile(small, "a") as archive:
        archive.writestr(part, b"x")
    assert words in unreadable(small)


def test_a_package_that_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    assert "不是 .xlsx 工作簿" in unreadable(path)


def test_a_workbook_cut_off_anywhere(small: Path) -> None:
    whole = small.read_bytes()
    for length in range(4, len(whole), 397):
        small.write_bytes(whole[:length])
        assert "损坏" in unreadable(small)


def test_damaged_bytes_never_break_the_reader(small: Path) -> None:
    whole = small.read_bytes()
    chance = random.Random(1)
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(3):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        small.write_bytes(damaged)
        with suppress(Unreadable):  # anything else is a failure
            read(small)


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/_rels/workbook.xml.rels"])
def test_parts_that_are_missing_or_no_markup(part: str, small: Path) -> None:
    whole = small.read_bytes()
    rezipped(small, lambda name, content: None if name == part else content)
    assert "“small.xlsx”" in unreadable(small)
    small.write_bytes(whole)
    rezipped(small, lambda name, content: content[:200] if name == part else content)
    assert "损坏" in unreadable(small)


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", SHEET, "xl/styles.xml", "xl/sharedStrings.xml"]
)
def test_entities_are_refused(part: str, small: Path) -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    in_part(small, part, b"?>\n", b"?>\n" + bomb)
    assert "拒绝读取" in unreadable(small)


def test_texts_that_announce_more_than_they_can_hold_are_refused(small: Path) -> None:
    part, count = "xl/sharedStrings.xml", b'uniqueCount="18"'
    in_part(small, part, count, b'uniqueCount="999999999999999"')
    assert "拒绝读取" in unreadable(small)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(small: Path) -> None:
    with zipfile.ZipFile(small, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/bomb.xml", b" " * (workbook.RATIO_MATTERS_FROM + 1))
    assert "解压后过大" in unreadable(small)


def test_a_zip_that_understates_its_sizes_is_refused(small: Path) -> None:
    """The directory claims a small sheet; what unpacks is checked against it."""
    content = bytearray(small.read_bytes())
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        size = archive.getinfo(SHEET).file_size
    place = content.rfind(SHEET.encode()) - 46  # the entry of the central directory
    assert content[place : place + 4] == b"PK\1\2"
    content[place + 24 : place + 28] = (size // 2).to_bytes(4, "little")
    small.write_bytes(content)
    assert "损坏" in unreadable(small)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("院校代码,院校名称,层次\n".encode("utf-16"), "UTF-16"),
        (b"\0\1\2\3", "不是文本文件"),
        (b"\xff\xfa\x80,\x80\xff\n", "编码无法识别"),
        ('院校代码,"院校名称\n'.encode(), "引号不成对"),
    ],
)
def test_csv_that_cannot_be_read(content: bytes, words: str, tmp_path: Path) -> None:
    folder = write_folder(minimal(), tmp_path / "book")
    (folder / "院校.csv").write_bytes(content)
    assert words in unreadable(folder)


def test_damaged_utf8_is_not_taken_for_gb18030(tmp_path: Path) -> None:
    folder = write_folder(minimal(), tmp_path / "book")
    path = folder / "院校.csv"
    content = path.read_bytes()
    path.write_bytes(content.replace("示例".encode(), b"\xe7\xa4\xba\xe4", 1))
    found = unreadable(folder)
    assert "UTF-8 编码在第" in found or "编码无法识别" in found


@pytest.mark.parametrize("name", ["nothing.xlsx", "sub/nothing"])
def test_paths_that_lead_nowhere(name: str, tmp_path: Path) -> None:
    assert "找不到文件" in unreadable(tmp_path / name)


def test_devices_and_empty_folders(tmp_path: Path) -> None:
    assert "没有可用的表" in unreadable(tmp_path)
    assert "不是普通文件" in unreadable(Path("/dev/zero"))


def test_the_public_sample_reads_as_it_stands() -> None:
    folder = Path(__file__).parents[1] / "fixtures" / "public-2025"
    assert len(staged(folder, "institutions", "name")) == 44
    assert len(staged(folder, "specialty_points", "specialty_code")) == 125
