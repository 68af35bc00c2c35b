"""The form: complete, marked, with drop-downs that load; filled, it is a workbook."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from openpyxl.workbook import Workbook

from data import reference
from data.contract import (
    BY_TITLE,
    DATASET_ITEMS,
    INSTRUCTION_SHEET,
    OPTIONS_SHEET,
    SHEETS,
    Column,
    Sheet,
)
from data.load import load_workbook
from data.plan import load_plan
from data.template import main, write_template, write_workbook
from tests.data.small_book import errors, valid, warnings, write_folder


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "表.xlsx"
    write_template(file)
    return file


@pytest.fixture(scope="module")
def form(path: Path) -> Workbook:
    return openpyxl.load_workbook(path)


def frames() -> dict[str, pd.DataFrame]:
    """The small valid workbook as DataFrames."""
    return {
        title: pd.DataFrame(rows[1:], columns=rows[0], dtype=object)
        for title, rows in valid().items()
    }


def drop_downs(form: Workbook, sheet: Sheet, column: Column) -> list[str]:
    """What the drop-down of a column offers, empty without one."""
    page = form[sheet.title]
    letter = page.cell(1, 1 + [c.name for c in sheet.columns].index(column.name)).column_letter
    for rule in page.data_validations.dataValidation:
        if rule.type == "list" and f"{letter}2" in rule.sqref:
            place = rule.formula1.split("!")[1].replace("$", "")
            return [str(cell.value) for (cell,) in form[OPTIONS_SHEET][place]]
    return []


def test_every_sheet_stands_in_the_contracts_order(form: Workbook) -> None:
    titles = [sheet.title for sheet in SHEETS]
    assert form.sheetnames == [INSTRUCTION_SHEET, *titles, OPTIONS_SHEET]
    assert form[OPTIONS_SHEET].sheet_state == "hidden"


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.title)
def test_headers_comments_and_marks(sheet: Sheet, form: Workbook) -> None:
    page = form[sheet.title]
    headers = page[1]
    assert [cell.value for cell in headers] == [c.header for c in sheet.columns]
    for cell, column in zip(headers, sheet.columns, strict=True):
        needed = "必填" if column.required else "可不填"
        assert cell.comment.text.startswith(f"{column.header}（{needed}）")
        assert column.note in cell.comment.text
    fills = {
        required: {
            cell.fill.start_color.rgb
            for cell, column in zip(headers, sheet.columns, strict=True)
            if column.required == required
        }
        for required in (True, False)
    }
    assert not fills[True] & fills[False]
    assert str(page.freeze_panes).endswith("2")


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.title)
def test_drop_downs_offer_what_a_load_accepts(sheet: Sheet, form: Workbook) -> None:
    plan = load_plan()
    indicators = [each.name for each in plan.indicators]
    deliverables = [each.name for each in plan.deliverables]
    offered = {
        "district": list(reference.districts()["name"]),
        "industry": list(reference.industries()["name"]),
        "indicator": indicators,
        "deliverable": deliverables,
        "item": indicators + deliverables,
        "body_kind": list(plan.body_kinds),
    }
    for column in sheet.columns:
        expected = list(column.choices) or offered.get(column.refers, [])
        if column.kind == "flag":
            expected = ["是", "否"]
        assert drop_downs(form, sheet, column) == expected, column.header


def test_code_columns_are_text(form: Workbook) -> None:
    for sheet in SHEETS:
        for place, column in enumerate(sheet.columns, start=1):
            if column.is_code:
                # Neighbours with the same width and format are written as one.
                dimensions = form[sheet.title].column_dimensions.values()
                (style,) = [each for each in dimensions if each.min <= place <= each.max]
                assert style.number_format == "@", column.header


def test_the_instructions_name_every_column(form: Workbook) -> None:
    page = form[INSTRUCTION_SHEET]
    named = {(row[0].value, row[1].value) for row in page.iter_rows()}
    for sheet in SHEETS:
        assert {(sheet.title, column.header) for column in sheet.columns} <= named


def test_loading_it_empty_says_what_to_fill_in(path: Path) -> None:
    assert errors(path) == [
        "院校!A2：没有数据，至少应填一行",
        "专业点!A2：没有数据，至少应填一行",
        "说明!B2：数据集名称不能为空",
        "说明!B3：数据截止日不能为空",
        "说明!B4：数据性质不能为空",
    ]


def test_filling_it_by_hand_and_loading_it(path: Path, tmp_path: Path) -> None:
    """As a clerk does: into the cells of the form, a bare year for a date among them."""
    form = openpyxl.load_workbook(path)
    for title, rows in valid().items():
        page = form[title]
        for number, row in enumerate(rows[1:], start=2):
            for place, value in enumerate(row, start=1):
                page.cell(number, place, value)
    filled = tmp_path / "filled.xlsx"
    form.save(filled)
    assert errors(filled) == []
    result = load_workbook(filled, tmp_path / "a.duckdb")
    expected = {title: len(rows) - 1 for title, rows in valid().items()}
    assert result.rows == expected | {"说明": len(DATASET_ITEMS)}


def test_filling_it_by_program_and_loading_it(tmp_path: Path) -> None:
    filled = tmp_path / "filled.xlsx"
    write_workbook(frames(), filled)
    usual = write_folder(valid(), tmp_path / "usual")
    assert warnings(filled) == warnings(usual)
    kept = openpyxl.load_workbook(filled)["专业点"]
    assert kept["M2"].value.date() == date(2015, 9, 1)
    assert kept["M3"].value == 2016
    assert kept["C2"].value == "510201"


def test_text_stays_text(tmp_path: Path) -> None:
    """Nothing that a sheet says is run as a formula or opened as a link."""
    sheets = frames()
    wicked = ["=1+1", "+1", "-1", "@SUM(A1)", "http://example.invalid", "007", "{=1}"]
    sheets["联席会议"] = pd.concat([sheets["联席会议"].head(1)] * len(wicked), ignore_index=True)
    sheets["联席会议"]["议定事项"] = wicked
    path = tmp_path / "book.xlsx"
    write_workbook(sheets, path)
    page = openpyxl.load_workbook(path)["联席会议"]
    for row, text in enumerate(wicked, start=2):
        assert (page.cell(row, 4).value, page.cell(row, 4).data_type) == (text, "s")
        assert page.cell(row, 4).hyperlink is None


def test_the_same_content_is_the_same_file(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(frames(), tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


@pytest.mark.parametrize(
    ("title", "header", "words"),
    [("专业", "院校代码", "未知的工作表：专业"), ("院校", "颜色", "“院校”中未知的列：颜色")],
)
def test_what_the_contract_does_not_know_is_not_written(
    title: str, header: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "book.xlsx"
    with pytest.raises(ValueError, match=words):
        write_workbook({title: pd.DataFrame({header: ["x"]})}, path)
    assert list(tmp_path.iterdir()) == []


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "空表.xlsx"
    assert main([str(path)]) == 0
    assert capsys.readouterr().out == f"已写出空白工作簿：{path}\n"
    assert set(BY_TITLE) < set(openpyxl.load_workbook(path, read_only=True).sheetnames)
    mask = os.umask(0)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask
    for bad in (tmp_path / "表.csv", tmp_path / "无" / "表.xlsx", tmp_path):
        assert main([str(bad)]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert str(bad) in captured.err
    assert [each.name for each in tmp_path.iterdir()] == ["空表.xlsx"]
