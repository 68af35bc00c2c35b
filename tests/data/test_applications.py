"""The list of specialties applied for: every fault by its cell, the good lines all the same."""

from __future__ import annotations

import io
from typing import Any

import pytest
import xlsxwriter

from data import applications
from data.workbook import Unreadable

SCHOOLS = {"S1": "示例职业学院（东区）", "S2": "示例中专"}
LEVELS = {"510201": "高职", "710201": "中职"}
HEADERS = ["院校代码/名称", "专业代码", "层次", "类别"]


def book(*rows: list[Any], headers: list[str] = HEADERS, sheet: str = "清单") -> bytes:
    """An .xlsx of these rows."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as made:
        page = made.add_worksheet(sheet)
        for row, cells in enumerate([headers, *rows]):
            for column, value in enumerate(cells):
                page.write(row, column, value)
    return buffer.getvalue()


def read(*rows: list[Any], **options: Any) -> tuple[list[Any], list[str]]:
    lines, problems = applications.read("清单.xlsx", book(*rows, **options), SCHOOLS, LEVELS)
    return lines, [each.line for each in problems]


def test_codes_and_names_with_k_and_width() -> None:
    lines, problems = read(
        ["S1", "510201K", None, "新兴"],
        [" 示例职业学院(东区) ", "７１０２０１", "中职"],
        ["S2", 510201, "高职"],
    )
    assert problems == []
    assert [(each.row, each.institution_id, each.code, each.level) for each in lines] == [
        (2, "S1", "510201", "高职"),
        (3, "S1", "710201", "中职"),
        (4, "S2", "510201", "高职"),
    ]
    assert lines[0].track == "新兴"


@pytest.mark.parametrize(
    ("row", "cell", "words"),
    [
        (["S9", "510201"], "A3", "院校代码或全称"),
        (["S1", "999999"], "B3", "国家专业目录"),
        (["S1", "510201", "中职"], "B3", "属于高职"),
        (["S1", "710201", "高等"], "C3", "中职"),
        (["S1", "710201", None, "别的"], "D3", "新兴"),
        ([None, "510201"], "A3", "必须填写"),
        (["S1", None], "B3", "必须填写"),
        (["S2", "510201"], "B3", "与第 2 行重复"),
        (["=1+1", "<script>"], "A3", "院校代码或全称"),
    ],
)
def test_a_fault_names_cell_value_and_what_is_expected(
    row: list[Any], cell: str, words: str
) -> None:
    lines, problems = read(["S2", "510201"], row)
    assert [each.row for each in lines] == [2]
    assert any(cell in each and words in each for each in problems), problems


def test_an_empty_list_and_one_too_long() -> None:
    assert read()[0] == []
    schools = {f"S{n}": f"示例{n}" for n in range(600)}
    rows = [[code, "510201"] for code in schools]
    lines, problems = applications.read("清单.xlsx", book(*rows), schools, LEVELS)
    assert len(lines) == applications.MOST_LINES
    assert any(str(applications.MOST_LINES) in each.line for each in problems)


def test_a_missing_or_unknown_column_is_told() -> None:
    _, problems = read(["S1"], headers=["院校代码/名称"])
    assert any("专业代码" in each for each in problems)
    _, problems = read(["S1", "510201", "x"], headers=["院校代码/名称", "专业代码", "备注"])
    assert any("备注" in each for each in problems)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0" + b"\0" * 600, b"a,b"])
def test_what_is_no_workbook_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable):
        applications.read("清单.xlsx", content, SCHOOLS, LEVELS)
