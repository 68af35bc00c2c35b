"""What one cell says, however it is written."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.contract import BY_TABLE, Column
from data.values import (
    LARGEST_COUNT,
    LONGEST_SHOWN,
    Fault,
    Uncalculated,
    key,
    read_column,
    read_date,
    read_number,
    read_text,
    read_year,
    reader,
    show,
    tidy,
    without_k,
)

FULL_WIDTH = {chr(code - 0xFEE0): chr(code) for code in range(0xFF01, 0xFF5F)}
BLANKS = ["", " ", "\u3000", "\xa0", "\t", "\u200b", "\ufeff"]


def widened(text: str) -> str:
    """Letters and digits full-width, as an input method left on writes them."""
    return "".join(FULL_WIDTH[c] if c.isalnum() and c in FULL_WIDTH else c for c in text)


days = st.dates(date(1900, 3, 1), date(2100, 12, 31))
padding = st.sampled_from(BLANKS)


@given(days, padding, padding)
def test_a_day_survives_every_way_of_writing_it(day: date, before: str, after: str) -> None:
    written = [
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}年{day.month:02}月{day.day:02}",
        f"{day:%Y%m%d}",
        f"{day.isoformat()} 00:00:00",
        f"{day.isoformat()}T08:30",
    ]
    for text in written:
        assert read_date(before + text + after) == day
        assert read_date(widened(text)) == day
        assert read_date(text, bare_year=True) == day


@given(st.dates(date(1905, 10, 2), date(2100, 12, 31)))
def test_a_day_survives_as_a_number_of_days(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    for cell in (serial, float(serial), serial + 0.75, str(serial), f"{serial}.0"):
        assert read_date(cell) == day
    mac = (day - date(1904, 1, 1)).days
    if mac > 2100:
        assert read_date(mac, mac=True) == day
    assert read_date(datetime.combine(day, time(23, 59))) == day


@pytest.mark.parametrize(
    "cell", [2015, 2015.0, "2015", "２０１５", "2015年", "2015.0", " 2015 ", date(1905, 7, 7)]
)
def test_a_bare_year_means_september_where_one_is_asked_for(cell: Any) -> None:
    assert read_date(cell, bare_year=True) == date(2015, 9, 1)


def test_a_year_typed_into_a_date_cell_of_a_mac_workbook() -> None:
    typed = date(1904, 1, 1) + timedelta(days=2015)
    assert read_date(typed, bare_year=True, mac=True) == date(2015, 9, 1)


@pytest.mark.parametrize(
    "cell",
    [
        "2024-02-30",
        "2024-13-01",
        "24-01-05",
        "01/05/2024",
        "2024-01",
        "5",
        "-1",
        "999999",
        "明天",
        "2015",
        "0999-01-01",
        "#REF!",
        "#DIV/0!",
        2015,
        73_416,
        1e300,
        float("inf"),
        True,
        time(0, 0),
        timedelta(days=3),
        Uncalculated(),
    ],
)
def test_what_is_no_date(cell: Any) -> None:
    assert isinstance(read_date(cell), Fault)


@given(st.integers(-(10**12), 10**12), padding, padding)
def test_a_whole_number_survives(number: int, before: str, after: str) -> None:
    for text in (str(number), f"{number:,}", f"{number:,}".replace(",", " "), f"{number}.00"):
        assert read_number(before + text + after) == number
        assert read_number(widened(text)) == number


@given(st.floats(min_value=-LARGEST_COUNT, max_value=LARGEST_COUNT))
def test_a_number_survives(number: float) -> None:
    assert read_number(number) == number
    assert read_number(repr(number)) == number


@pytest.mark.parametrize(
    "cell",
    [
        *("1 2", "1,23", "12,34,567", "1_000", "nan", "inf", "0x10", "约5", "1e999", True, "5人"),
        *(math.nan, math.inf, -math.inf, 1e300, -1e16, "1e16", "9" * 400, 10**400),
    ],
)
def test_what_is_no_number(cell: Any) -> None:
    assert isinstance(read_number(cell), Fault)


def test_a_percentage_may_carry_its_sign_where_one_is_asked_for() -> None:
    assert read_number("85.5%", percent=True) == 85.5
    assert read_number("８５％", percent=True) == 85
    assert isinstance(read_number("85%"), Fault)


@pytest.mark.parametrize("cell", [2024, 2024.0, "2024", "2024年", "2024 年度", "２０２４"])
def test_years(cell: Any) -> None:
    assert read_year(cell) == 2024


@given(st.from_regex(r"[A-Z]{0,3}[0-9]{1,12}", fullmatch=True), padding, padding)
def test_a_code_survives(code: str, before: str, after: str) -> None:
    assert read_text(before + code + after, code=True) == code
    assert read_text(widened(code), code=True) == code
    if code.isdecimal() and code == str(int(code)):
        assert read_text(float(code), code=True) == code
        assert read_text(int(code), code=True) == code
        assert read_text(f"{code}.0", code=True) == code


@pytest.mark.parametrize(
    ("given_code", "code"),
    [("610101K", "610101"), ("610101k", "610101"), ("610101", "610101"), ("T01K", "T01K")],
)
def test_the_k_of_a_state_controlled_specialty(given_code: str, code: str) -> None:
    assert without_k(given_code) == code


@pytest.mark.parametrize("blank", [None, *BLANKS, " \u3000\t", "_x000D_"])
def test_nothing_to_see_is_nothing(blank: str | None) -> None:
    for sheet in BY_TABLE.values():
        for column in sheet.columns:
            assert reader(column)(blank) is None


@given(st.text())
def test_tidying_twice_changes_nothing(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)


def test_chinese_punctuation_stays() -> None:
    assert tidy("示例学院（东区）：一、二。“三”") == "示例学院（东区）：一、二。“三”"
    assert tidy("Ａ１　号楼") == "A1 号楼"


def test_names_compare_by_either_width() -> None:
    assert key("示例学院（东区） ") == key("示例学院(东 区)")
    assert key("中本３＋４") == key("中本3+4")
    assert key("国家“双高计划”学校") == key('国家"双高计划"学校')


def test_a_break_inside_a_name_is_only_a_break_of_the_cell() -> None:
    name = BY_TABLE["institutions"].by_name["name"]
    assert reader(name)("郑州示例\n职业学院") == "郑州示例职业学院"
    decision = BY_TABLE["meetings"].by_name["decision"]
    assert reader(decision)("一、甲。 \r\n 二、乙。") == "一、甲。\n二、乙。"


@given(st.one_of(st.text(), st.floats(), st.integers(), st.booleans(), st.none(), st.dates()))
def test_no_cell_breaks_a_reader(cell: Any) -> None:
    for column in (
        Column("文字", "name"),
        Column("代码", "specialty_code"),
        Column("日期", "a", "date"),
        Column("日期或年份", "b", "date_or_year"),
        Column("年度", "c", "year"),
        Column("人数", "d", "count"),
        Column("占比", "e", "share"),
        Column("是否", "f", "flag"),
        Column("层次", "g", "choice", choices=("中职", "高职")),
    ):
        reader(column)(cell)
    shown = show(cell)
    assert len(shown) <= LONGEST_SHOWN
    assert "\n" not in shown
    assert shown.isprintable()


def test_equal_texts_are_read_once_and_alike() -> None:
    column = Column("日期", "a", "date")
    assert read_column(["2024-01-05", None, "", "2024-01-05", 1.5, True], column) == [
        date(2024, 1, 5),
        None,
        None,
        date(2024, 1, 5),
        Fault("1.5", "不是日期，应为 YYYY-MM-DD"),
        Fault("TRUE", "不是日期，应为 YYYY-MM-DD"),
    ]
