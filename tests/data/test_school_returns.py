"""Returned workbooks: each error named by the cell of the workbook that came back."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import export, school_forms, school_returns, trial, versions
from data.load import examine, load_workbook
from data.plan import load_plan
from data.school_books import OWN_SHEETS, City, city, merge
from data.school_forms import Order
from data.school_returns import Asked, Checker, Returned, check_files, stamp
from data.template import write_workbook
from data.trial import Overrun
from data.workbook import read
from tests.data.small_book import D, valid, write_folder

ORDER = Order(7, "秋季填报", "20260101T000000000Z-0123456789ab", date(2026, 12, 1), ("S1", "S2"))
ASKED = Asked(7, "秋季填报", ORDER.base, {"S1": "示例职业学院（东区）", "S2": "示例中等专业学校"})
Edit = Callable[[openpyxl.Workbook], object]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    load_workbook(write_folder(valid(), folder / "book"), folder / "a.duckdb")
    return folder / "a.duckdb"


@pytest.fixture(scope="module")
def small(database: Path) -> City:
    return city(export.frames(database))


@pytest.fixture(scope="module")
def forms(small: City, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Institution -> its workbook as sent out."""
    folder = tmp_path_factory.mktemp("forms")
    for code in ("S1", "S2"):
        frames, form = (
            school_forms.frames(ORDER, small, code),
            school_forms.form(ORDER, small, code),
        )
        write_workbook(frames, folder / f"{code}.xlsx", None, form)
    return {code: folder / f"{code}.xlsx" for code in ("S1", "S2")}


@pytest.fixture(scope="module")
def checker(small: City) -> Checker:
    return Checker(small, load_plan())


def spoilt(form: Path, target: Path, edit: Edit) -> Path:
    book = openpyxl.load_workbook(form)
    edit(book)
    book.save(target)
    return target


def put(**cells: Any) -> Edit:
    """``put(专业点_C2="999999")``."""

    def edit(book: openpyxl.Workbook) -> None:
        for place, value in cells.items():
            sheet, _, cell = place.rpartition("_")
            book[sheet][cell] = value

    return edit


def added(sheet: str, *cells: Any) -> Edit:
    """Cells in the first row below those there are."""

    def edit(book: openpyxl.Workbook) -> None:
        page = book[sheet]
        row = 2
        while any(cell.value is not None for cell in page[row]):
            row += 1
        for column, value in enumerate(cells, start=1):
            page.cell(row, column).value = value

    return edit


def both(*edits: Edit) -> Edit:
    def edit(book: openpyxl.Workbook) -> None:
        for each in edits:
            each(book)

    return edit


def renamed_header(book: openpyxl.Workbook) -> None:
    book["专业点"]["F1"] = "赛道"


# Fault -> (what was done to the workbook of S1, the errors, each as sheet, cell and a part of it).
BROKEN: dict[str, tuple[Edit, list[str]]] = {
    "another institution's line": (
        added("院校", "S2", "示例中等专业学校", "中职"),
        ["院校!A3：院校代码“S2”该行属于“示例中等专业学校”，本表只能填报本校数据"],
    ),
    "a line of nobody": (
        added("院校", "S9", "新校", "高职"),
        ["院校!A3：院校代码“S9”本表只能填报本校数据"],
    ),
    "own code changed": (
        put(院校_A2="S1X"),
        ["院校!A1：院校代码缺少本校（S1）", "院校!A2：院校代码“S1X”"],
    ),
    "named as another": (
        put(院校_B2="示例技师学院"),
        ["院校!B2：院校名称“示例技师学院”与院校 S3 的名称相同"],
    ),
    "a point given to another": (
        put(专业点_B2="S2"),
        [
            "专业点!B2：院校代码“S2”该行属于“示例中等专业学校”，本表只能填报本校数据",
            "专业群成员!B2：专业点编号“P1”属于 示例中等专业学校",
        ],
    ),
    "a point given to another by name": (
        put(专业点_B3="示例中等专业学校"),
        [
            "专业点!B3：院校代码“示例中等专业学校”该行属于“示例中等专业学校”",
            "专业群成员!B3：专业点编号“P2”属于 示例中等专业学校",
        ],
    ),
    "another's number": (
        added("专业点", "P3", "S1", "510205", None, "高职", *[None] * 7, D("2020-09-01")),
        [
            "专业点!A4：专业点编号“P3”该行属于“示例中等专业学校”，本表只能填报本校数据；新增的请另编编号"
        ],
    ),
    "a year of another's point": (
        added("年度数据", "P3", 2023, 40),
        ["年度数据!A4：专业点编号“P3”该行属于“示例中等专业学校”，本表只能填报本校数据"],
    ),
    "a year of another's point in other letters": (
        added("年度数据", "Ｐ３", 2023, 40),
        ["年度数据!A4：专业点编号“P3”该行属于“示例中等专业学校”"],
    ),
    "a year of an unknown point": (
        added("年度数据", "P99", 2023, 40),
        ["年度数据!A4：专业点编号“P99”不在“专业点”表的专业点编号中"],
    ),
    "a member of another's group": (
        added("专业群成员", "G2", "P1"),
        ["专业群成员!A4：专业群编号“G2”该行属于“示例中等专业学校”"],
    ),
    "another's point as member": (
        added("专业群成员", "G1", "P3"),
        ["专业群成员!B4：专业点编号“P3”不在“专业点”表的专业点编号中"],
    ),
    "another's title": (
        added("认定", "院校", "S2", "省级高水平中职学校", D("2023-01-01")),
        ["认定!B4：对象编号“S2”该行属于“示例中等专业学校”，本表只能填报本校数据"],
    ),
    "a title of another's group": (
        added("认定", "专业群", "G2", "省级优质中职专业群", D("2023-01-01")),
        ["认定!B4：对象编号“G2”该行属于“示例中等专业学校”"],
    ),
    "another's partnership": (
        added("校企合作", "E1", "S4", "订单培养", D("2023-01-01")),
        ["校企合作!B3：院校代码“S4”该行属于“示例职业技术大学”"],
    ),
    "an unknown enterprise": (
        added("校企合作", "E7", "S1", "订单培养", D("2023-01-01")),
        ["校企合作!A3：企业编号“E7”不在“企业”表的企业编号中"],
    ),
    "an enterprise added": (
        put(企业_A3="E7", 企业_B3="新企业"),
        ["企业!A3：企业编号“E7”由市级登记，填报表不能增补"],
    ),
    "a body that nobody leads": (
        put(合作载体_E2=None),
        ["合作载体!E2：牵头院校代码不能为空：本表只能填报本校数据"],
    ),
    "own point taken away, its rows kept": (
        lambda book: book["专业点"].delete_rows(3),
        ["专业群成员!B3：专业点编号“P2”不在“专业点”表的专业点编号中"],
    ),
    "own number twice": (
        added("专业点", "P1", "S1", "510205", None, "高职", *[None] * 7, D("2020-09-01")),
        ["专业点!A4：专业点编号“P1”与第 2 行重复，应为唯一"],
    ),
    "a column taken away": (
        lambda book: book["年度数据"].delete_cols(12),
        ["年度数据!A1：缺少列“满意度”，而系统中本校有 2 行填有该列；请补上该列"],
    ),
    "a column renamed": (
        renamed_header,
        ["专业点!A1：缺少列“类别”", "专业点!F1：列名“赛道”不在本表的列之中"],
    ),
    "a sheet of the city's": (
        both(
            lambda book: book.create_sheet("督导整改").append(["编号", "发现日期"]),
            lambda book: book["督导整改"].append(["R9", D("2024-01-01")]),
        ),
        ["督导整改!A1：工作表“督导整改”由市级填报"],
    ),
    "an unknown sheet": (
        lambda book: book.create_sheet("备忘"),
        ["备忘!A1：工作表“备忘”不在约定之列"],
    ),
    "a sheet left out on which another rests": (
        both(
            lambda book: book.remove(book["专业群成员"]),
            lambda book: book["专业群"].delete_rows(2),
        ),
        ["专业群成员：系统中本校的这一行因此有误", "认定!B3：对象编号“G1”"],
    ),
    "a wrong cell": (put(年度数据_C2="许多"), ["年度数据!C2：招生计划“许多”应为不小于 0 的整数"]),
    "leavers over graduates": (put(年度数据_I2=45), ["年度数据!I2：就业人数“45”"]),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_an_error_names_the_cell_that_came_back(
    fault: str, forms: dict[str, Path], checker: Checker, tmp_path: Path
) -> None:
    edit, expected = BROKEN[fault]
    book = read(spoilt(forms["S1"], tmp_path / "a.xlsx", edit))
    problems, rows = checker.check(book, "S1")
    lines = [each.line for each in problems]
    assert len(lines) == len(expected), lines
    for line, beginning in zip(lines, expected, strict=True):
        assert line.startswith(beginning), lines
    assert rows == {}


def test_unchanged_it_comes_back_as_it_went(
    forms: dict[str, Path], checker: Checker, small: City
) -> None:
    sent = {}
    for code, form in forms.items():
        book = read(form)
        assert stamp(book).institution == code
        problems, sent[code] = checker.check(book, code)
        assert problems == []
        for title, frame in small.own(code).items():
            pd.testing.assert_frame_equal(
                sent[code][title].reset_index(drop=True), frame.reset_index(drop=True)
            )
    assert merge(small, sent).frames == {}


def test_the_demonstration_split_and_returned_is_unchanged(
    demo_warehouse: Path, tmp_path: Path
) -> None:
    """Workbooks of some of the largest and the oddest, together all sheets, through files."""
    found = city(export.frames(next((demo_warehouse / "versions").glob("*.duckdb"))))
    size = {code: sum(map(len, found.places[code].values())) for code in found.names}
    codes = sorted(size, key=lambda code: -size[code])[::60]
    leading = [code for code in found.owners["合作载体"] if code is not None]
    order = Order(1, "一轮", "x", date(2026, 1, 1), (*codes, leading[0]))
    checker = Checker(found, load_plan())
    sent = {}
    for code in order.institutions:
        path = tmp_path / "a.xlsx"
        frames = school_forms.frames(order, found, code)
        write_workbook(frames, path, checker.plan, school_forms.form(order, found, code))
        problems, sent[code] = checker.check(read(path), code)
        assert [each.line for each in problems] == []
    filled = {title for each in sent.values() for title, frame in each.items() if len(frame)}
    assert filled == set(found.owners)
    assert merge(found, sent).frames == {}


def test_what_is_new_is_taken_as_the_contract_reads_it(
    forms: dict[str, Path], checker: Checker, small: City, tmp_path: Path
) -> None:
    edit = both(added("专业点", "P20", "示例职业学院（东区）", "510205K", None, "高职", "新兴"))
    path = spoilt(forms["S1"], tmp_path / "a.xlsx", both(edit, put(专业点_M4="2020年")))
    problems, rows = checker.check(read(path), "S1")
    assert [each.line for each in problems] == []
    merged = merge(small, {"S1": rows})
    assert set(merged.frames) == {"专业点"}
    new = merged.frames["专业点"].iloc[2]
    assert [new["专业点编号"], new["院校代码"], new["专业代码"]] == ["P20", "S1", "510205"]
    assert new["设置日期"] == date(2020, 9, 1)
    assert merged.sources["专业点"] == [("S1", 2), ("S1", 3), ("S1", 4), None, None, None]


IDS = ["S1", "S2", "Ｓ２", "P1", "P3", "p3", "P①", "G1", "G2", "E1", "B1", "W1", "X1"]
TEXTS = ["示例中等专业学校", "专业群", "院校", "", "=1+1", "'; drop table institutions"]
CELLS = st.sampled_from([*IDS, *TEXTS, None, 2024.0])
EDITS = st.lists(
    st.tuples(st.sampled_from(OWN_SHEETS), st.integers(0, 3), st.integers(0, 99), CELLS),
    min_size=1,
    max_size=3,
)


@settings(max_examples=12, deadline=None)
@given(edits=EDITS)
def test_whatever_passes_is_of_the_institution_alone(
    edits: list[Any], forms: dict[str, Path], checker: Checker, small: City
) -> None:
    """Cells overwritten, rows added: what the checks let through has no other owner afterwards."""
    book = read(forms["S1"])
    for sheet, place, column, value in edits:
        raw = book.sheets[sheet.title]
        name = sheet.columns[column % len(sheet.columns)].name
        if place < len(raw.numbers):
            raw.cells[name][place] = value
            continue
        # A further row like the last one, but for the one cell.
        for other, cells in raw.cells.items():
            cells.append(value if other == name else cells[-1] if cells else None)
        raw.numbers.append(raw.numbers[-1] + 1 if raw.numbers else 2)
    problems, rows = checker.check(book, "S1")
    if problems:
        assert rows == {}
        return
    merged = merge(small, {"S1": rows})
    after = city({**small.frames, **merged.frames})
    for code in ("S2", "S3", "S4"):
        for title, frame in small.own(code).items():
            assert rows_of(after.own(code)[title]) == rows_of(frame)
    for title, sources in merged.sources.items():
        owners = zip(after.owners[title], sources, strict=True)
        assert all(owner == "S1" for owner, source in owners if source is not None)


def rows_of(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(frame.itertuples(index=False, name=None))


def test_a_single_workbook_is_not_taken_for_the_whole_city(
    forms: dict[str, Path],
) -> None:
    checked = examine(forms["S1"])
    checked.staged.close()
    assert any("请在“一校一表”中上传" in each.line for each in checked.problems)


def test_an_empty_sheet_and_one_left_out(
    forms: dict[str, Path], checker: Checker, tmp_path: Path
) -> None:
    """Emptied it says that there is nothing; left out it says nothing."""
    edit = both(
        lambda book: book["校企合作"].delete_rows(2),
        lambda book: book.remove(book["主导产业"]),
    )
    problems, rows = checker.check(read(spoilt(forms["S1"], tmp_path / "a.xlsx", edit)), "S1")
    assert problems == []
    assert len(rows["校企合作"]) == 0
    assert "主导产业" not in rows


# ---------------------------------------------------------------- files and processes


def by_name(found: list[Returned]) -> dict[str, Returned]:
    return {each.name: each for each in found}


def test_many_files_each_by_itself(forms: dict[str, Path], database: Path, tmp_path: Path) -> None:
    """One bad file does not stop the rest; a file is known by what it says, not by its name."""
    up = tmp_path / "up"
    up.mkdir()
    (up / "junk.xlsx").write_bytes(b"PK\3\4 nothing")
    spoilt(forms["S1"], up / "bad.xlsx", put(专业点_C2="999999"))
    spoilt(forms["S1"], up / "round.xlsx", put(说明_B3="8"))
    spoilt(forms["S1"], up / "school.xlsx", put(说明_B4="S9"))
    spoilt(forms["S1"], up / "plain.xlsx", lambda book: book["说明"].delete_rows(2, 6))
    with zipfile.ZipFile(up / "many.zip", "w") as archive:
        archive.write(forms["S2"], "各校/改了名字.xlsx")
        archive.writestr("各校/说明.txt", "没有用")
    with zipfile.ZipFile(up / "away.zip", "w") as archive:
        archive.writestr("../../x.xlsx", b"")
    folder = tmp_path / "work"
    folder.mkdir()
    heard: list[str] = []
    found = check_files(
        [(each.name, each) for each in sorted(up.iterdir())],
        ASKED,
        database,
        folder,
        each=lambda one: heard.append(one.name),
    )
    names = by_name(found)
    assert heard == [each.name for each in found]
    assert len(found) == 7
    assert "无法解压" in names["junk.xlsx"].refused
    assert "不安全的文件名" in names["away.zip"].refused
    assert "另一轮“秋季填报”（轮次编号 8）" in names["round.xlsx"].refused
    assert "不在“秋季填报”的填报院校之中" in names["school.xlsx"].refused
    assert "不是本系统发出的填报表" in names["plain.xlsx"].refused
    good, bad = names["改了名字.xlsx"], names["bad.xlsx"]
    assert (good.institution, good.refused, good.problems) == ("S2", "", ())
    assert [each.cell for each in bad.problems] == ["C2"]
    marked = openpyxl.load_workbook(school_returns.marked(folder, found.index(bad)))
    assert "不在高职目录中" in marked["专业点"]["C2"].comment.text
    assert not (tmp_path / "x.xlsx").exists()


def test_one_that_ends_the_process_is_refused_and_the_rest_go_on(
    forms: dict[str, Path], database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process is replaced by one that dies at the second file."""
    dies = (
        "import os, sys; from data import school_returns as r\n"
        "check = r._checked\n"
        "r._checked = lambda c, a, name, p: os._exit(9) if name == 'b' else check(c, a, name, p)\n"
        "sys.exit(r.main(sys.argv[1:]))"
    )
    supervised = trial.supervised

    def other(call: list[str], *rest: Any) -> str:
        return supervised(["-c", dies, *call[2:]], *rest)

    monkeypatch.setattr(school_returns, "supervised", other)
    files = [("a", forms["S1"]), ("b", forms["S2"]), ("c", forms["S2"])]
    names = by_name(check_files(files, ASKED, database, tmp_path))
    assert [names[name].institution for name in "abc"] == ["S1", "", "S2"]
    assert "检查中断" in names["b"].refused


def test_at_the_limit_of_time(forms: dict[str, Path], database: Path, tmp_path: Path) -> None:
    with pytest.raises(Overrun, match="时间上限"):
        check_files([("a", forms["S1"])], ASKED, database, tmp_path, seconds=0.0)


def test_the_forms_are_made_apart(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[float] = []
    file = tmp_path / "round" / "forms.zip"
    # What a process that was killed has left there.
    (file.parent / ".forms.zip.killed").mkdir(parents=True)
    school_forms.make(ORDER, database, file, lambda share, _: heard.append(share))
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == ["S1_示例职业学院（东区）.xlsx", "S2_示例中等专业学校.xlsx"]
    assert [each.name for each in file.parent.iterdir()] == ["forms.zip"]
    with pytest.raises(Overrun, match="没有生成"):
        school_forms.make(ORDER, tmp_path / "none.duckdb", file)
    assert zipfile.is_zipfile(file)


def test_file_names_are_safe_and_told_apart() -> None:
    found = school_forms.file_names({"A/1": "../x", "A_1": ".._x", "a_1": ".._X", "B": "校" * 200})
    assert list(found.values())[:3] == ["A_1_.._x.xlsx", "A_1_.._x_2.xlsx", "a_1_.._X_3.xlsx"]
    assert all("/" not in name and len(name) < 100 for name in found.values())


def test_the_form_says_what_is_not_to_be_filled(forms: dict[str, Path], small: City) -> None:
    book = openpyxl.load_workbook(forms["S1"])
    assert set(book.sheetnames) == {"填表说明", *small.owners, "企业", "说明", "选项"}
    assert book["企业"].protection.sheet
    assert book["说明"].protection.sheet
    assert not book["专业点"].protection.sheet
    assert [cell.value for cell in book["企业"][1]] == ["企业编号", "企业名称"]
    assert book["专业点"].data_validations.dataValidation
    assert "示例职业学院（东区）" in book["填表说明"]["A1"].value
    assert "S2" not in {cell.value for row in book["专业点"].rows for cell in row}


def test_commands_that_cannot_be_served(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(versions.WAREHOUSE_DIR, str(tmp_path))
    monkeypatch.setattr(school_returns, "limit_memory", lambda _: None)
    (tmp_path / "order.json").write_text("[]")
    assert school_forms.main([str(tmp_path / "order.json"), str(tmp_path / "a.zip")]) == 2
    assert school_forms.main([str(tmp_path / "no.json"), str(tmp_path / "a.zip")]) == 2
    assert school_returns.main([str(tmp_path)]) == 2
    assert "无法读" in capsys.readouterr().err
    shutil.rmtree(tmp_path)
