"""What one cell says: text, numbers, dates and choices as clerks and spreadsheets write them.

Every function takes a cell as the reader gives it (None, text, number, date, …) and returns the
plain value, None for an empty cell, or a Fault that says what was expected. Nothing here does I/O.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from data.contract import FIRST_YEAR, LAST_YEAR, Column

LONGEST_SHOWN = 60
DAY = "YYYY-MM-DD"

# Excel counts days from here; its day 60 (29 February 1900) never was.
# It knows no earlier dates as dates, and counts the first two months of 1900 in its own way.
FIRST_EXCEL_YEAR = 1901
EXCEL_EPOCH, MAC_EPOCH = date(1899, 12, 30), date(1904, 1, 1)
# A number in a date column is a bare year up to here, a day count from there to the year 2100.
LAST_BARE_YEAR, LAST_SERIAL = 2100, 73_415
FIRST_BARE_YEAR = 1900
# Doubles hold whole numbers exactly up to here; larger figures are typing errors.
LARGEST_COUNT = 2**53
# What a spreadsheet's cell may hold.
LONGEST_TEXT = 32_767
# Excel keeps 15 digits of a number; the rest of a longer code is lost.
EXACT_DIGITS = 10**15


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell that does not hold what its column asks for; text is what it shows."""

    text: str
    expected: str


@dataclass(frozen=True, slots=True)
class Uncalculated:
    """A formula cell saved without its result."""


def _translation() -> dict[int, str]:
    """Full-width digits and letters to half-width, odd spaces to a space, invisible ones away."""
    table = {code: chr(code - 0xFEE0) for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B))}
    table |= {code: chr(code - 0xFEE0) for code in range(0xFF41, 0xFF5B)}
    spaces = (0x09, 0x0B, 0x0C, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)
    table |= dict.fromkeys(spaces, " ")
    table |= dict.fromkeys((0x0D, 0x85, 0x2028, 0x2029), "\n")
    gone = (*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0))
    invisible = (0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070))
    table |= dict.fromkeys((*gone, *invisible, 0xFEFF, 0xFFF9, 0xFFFA, 0xFFFB), "")
    return table


_TEXT = _translation()
_WIDTH = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
# Punctuation that numbers and dates may be written with, to its half-width form.
_MARKS = str.maketrans("，．－—–／％＋：〇", ",.---/%+:0")
_ERROR = re.compile(r"#(REF|VALUE|DIV/0|NAME|NUM|NULL|SPILL|CALC|N/A|GETTING_DATA|FIELD)[!?]?")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_GROUPED = re.compile(r"[+-]?\d{1,3}([, ]\d{3})+(\.\d+)?")
_DATE = re.compile(
    r"(\d{4}) ?[-/.年] ?(\d{1,2}) ?[-/.月] ?(\d{1,2}) ?日?"
    r"(?:[T ] ?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\.0+)?")
_YEAR = re.compile(r"(\d{4})(?:\.0+)? ?年?度?")
_CODE = re.compile(r"(\d{6})[Kk]")
_WHOLE = re.compile(r"(\d+)\.0+")

Value = Any
Reader = Callable[[Any], Value]


def tidy(text: str) -> str:
    """The text without surrounding and invisible characters, digits and letters half-width."""
    text = _without_returns(text)
    if text.isascii() and text.isprintable():
        return text.strip()
    text = _without_returns(text.translate(_TEXT)).strip()
    return re.sub(r"\s*\n\s*", "\n", text) if "\n" in text else text


def _without_returns(text: str) -> str:
    """Without ``_x000D_``, which is how Excel writes a carriage return inside a cell; in pieces
    put together by what is taken out, too: what was read once reads as itself."""
    while "_x000D_" in text:
        text = text.replace("_x000D_", "")
    return text


def key(text: str) -> str:
    """What names are compared by: brackets, quotes and letters of either width, no spaces."""
    folded = unicodedata.normalize("NFKC", text)
    folded = folded.replace("“", '"').replace("”", '"').replace("‘", "'").replace("’", "'")
    return "".join(folded.split())


def fold(text: str) -> str:
    """What two ids share that only differ in case, width or spaces, and that readers and
    spreadsheets take for one."""
    return "".join(text.translate(_WIDTH).casefold().split())


def show(cell: Any) -> str:
    """A cell as a person sees it, on one line and not longer than LONGEST_SHOWN characters."""
    if cell is None:
        return ""
    if isinstance(cell, Fault):
        return cell.text
    if isinstance(cell, Uncalculated):
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        text = _digits(cell)
    elif isinstance(cell, datetime):
        text = cell.date().isoformat() if not cell.time() else cell.isoformat(" ")
    else:
        text = str(cell)
    text = " ".join(tidy(text).split())
    text = "".join(c if c.isprintable() else " " for c in text)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def _digits(number: float) -> str:
    """A number without the .0 a spreadsheet adds and without an exponent."""
    if number == number and abs(number) < 1e300 and number == int(number):
        return str(int(number))
    return repr(number)


def is_blank(cell: Any) -> bool:
    """Whether nothing can be seen in the cell."""
    return cell is None or (isinstance(cell, str) and not tidy(cell))


def _plain(cell: Any) -> Any:
    """The cell with text tidied, None when blank, a Fault when it holds a spreadsheet error."""
    if isinstance(cell, str):
        text = tidy(cell)
        if not text:
            return None
        if text[0] == "#" and _ERROR.fullmatch(text):
            return Fault(text, "是公式错误，应改为有效的值")
        return text
    if isinstance(cell, Uncalculated):
        return Fault("", "是没有计算结果的公式，请用 Excel 打开并保存后再导入")
    return cell


def read_text(cell: Any, *, code: bool = False, one_line: bool = False) -> Value:
    """Text, no longer than a spreadsheet's cell. code: a number that Excel made of a code becomes
    the code again, K of a specialty code goes. one_line: a line break inside a name is only a break
    of the cell's display."""
    cell = _plain(cell)
    if cell is None or isinstance(cell, Fault):
        return cell
    if not isinstance(cell, str):
        if isinstance(cell, bool | float | int):
            return show(cell)
        return cell.date().isoformat() if isinstance(cell, datetime) else str(cell)
    if len(cell) > LONGEST_TEXT:
        return Fault(show(cell), f"长达 {len(cell):,} 字，最多 {LONGEST_TEXT:,} 字")
    if code:
        text = _without_returns("".join(cell.split()))
        whole = _WHOLE.fullmatch(text)
        return whole[1] if whole else text or None
    return (_without_returns(cell.replace("\n", "")) or None) if one_line else cell


def without_k(code: str) -> str:
    """A specialty code without the trailing K of a state-controlled specialty."""
    found = _CODE.fullmatch(code)
    return found[1] if found else code


def read_number(cell: Any, *, expected: str = "应为数字", percent: bool = False) -> Value:
    """A float no larger than LARGEST_COUNT. Accepts thousands separators and, with percent, a
    trailing %."""
    if type(cell) is float:
        return _in_bounds(cell, expected)
    cell = _plain(cell)
    if cell is None or isinstance(cell, Fault):
        return cell
    if isinstance(cell, int) and not isinstance(cell, bool):
        return _in_bounds(cell, expected)
    if not isinstance(cell, str):
        return Fault(show(cell), expected)
    text = cell.translate(_MARKS)
    if percent and text.endswith("%"):
        text = text[:-1].rstrip()
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "").replace(" ", "")
    elif not _NUMBER.fullmatch(text):
        return Fault(show(cell), expected)
    number = float(text)
    return _in_bounds(number, expected)


def _in_bounds(number: float, expected: str) -> Value:
    """The number as a float; larger ones would overflow in sums and products."""
    if number != number:
        return Fault(show(number), expected)
    if abs(number) > LARGEST_COUNT:
        return Fault(show(number), f"过大（上限约 9007 万亿），{expected}")
    return float(number)


def read_year(cell: Any) -> Value:
    """A year as a float (whole or not: the range check decides); accepts 2024年 and 2024年度."""
    plain = _plain(cell)
    if isinstance(plain, str):
        found = _YEAR.fullmatch(plain)
        if found:
            return float(found[1])
    return read_number(cell, expected=YEAR_EXPECTED)


def read_date(cell: Any, *, bare_year: bool = False, mac: bool = False) -> Value:
    """A date. bare_year: a year alone means its 1 September. mac: day numbers count from 1904.

    Accepts dates, ISO text with or without a time, 2024/1/5, 2024.1.5, 2024年1月5日, 20240105 and
    Excel's day numbers. A year typed into a cell formatted as a date comes as a day of 1905.
    """
    expected = f"不是日期，应为 {DAY}" + (" 或四位年份" if bare_year else "")
    cell = _plain(cell)
    if cell is None or isinstance(cell, Fault):
        return cell
    if isinstance(cell, datetime):
        cell = cell.date()
    if isinstance(cell, date):
        if bare_year:
            serial = (cell - (MAC_EPOCH if mac else EXCEL_EPOCH)).days
            if FIRST_BARE_YEAR <= serial <= LAST_BARE_YEAR:
                return date(serial, 9, 1)
        return cell
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        return Fault(show(cell), expected)
    shown = show(cell)
    text = cell.translate(_MARKS) if isinstance(cell, str) else shown
    found = _DATE.fullmatch(text) or _COMPACT.fullmatch(text)
    if found:
        return _day(*found.groups()) or Fault(shown, expected)
    year = _YEAR.fullmatch(text)
    if year and FIRST_BARE_YEAR <= int(year[1]) <= LAST_BARE_YEAR:
        return date(int(year[1]), 9, 1) if bare_year else Fault(shown, expected)
    if _NUMBER.fullmatch(text) and LAST_BARE_YEAR < float(text) < LAST_SERIAL + 1:
        return (MAC_EPOCH if mac else EXCEL_EPOCH) + timedelta(days=int(float(text)))
    return Fault(shown, expected)


def _day(year: str, month: str, day: str) -> date | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    # Queries use 1000-01-01 for "always".
    return found if found.year > 1000 else None


def read_choice(cell: Any, *, choices: dict[str, Value], expected: str) -> Value:
    """One of the choices, by what ``key`` leaves of its name."""
    cell = _plain(cell)
    if cell is None or isinstance(cell, Fault):
        return cell
    text = show(cell) if not isinstance(cell, str) else cell
    found = choices.get(key(text))
    return Fault(show(cell), expected) if found is None else found


YEAR_EXPECTED = f"应为 {FIRST_YEAR}—{LAST_YEAR} 的整数年份"
FLAGS = {"是": True, "否": False}
_LONG_NAMES = ("name", "specialty_name")


def one_of(choices: Sequence[str]) -> str:
    """How a list of choices is asked for."""
    return f"应为{'、'.join(choices)}" + ("之一" if len(choices) > 1 else "")


def reader(column: Column, *, mac: bool = False) -> Reader:
    """The function that reads the cells of a column."""
    match column.kind:
        case "date" | "date_or_year":
            return partial(read_date, bare_year=column.kind == "date_or_year", mac=mac)
        case "year":
            return read_year
        case "count":
            return partial(read_number, expected="应为不小于 0 的整数")
        case "amount":
            return partial(read_number, expected="应为不小于 0 的数")
        case "share":
            return partial(read_number, expected="应为 0—100 的百分数", percent=True)
        case "longitude":
            return partial(read_number, expected="应为 -180—180 的经度")
        case "latitude":
            return partial(read_number, expected="应为 -90—90 的纬度")
        case "number":
            return read_number
        case "flag":
            return partial(read_choice, choices=FLAGS, expected="应为是或否")
        case "choice":
            choices = {key(each): each for each in column.choices}
            return partial(read_choice, choices=choices, expected=one_of(column.choices))
        case _:
            return partial(read_text, code=column.is_code, one_line=column.name in _LONG_NAMES)


def read_column(cells: Sequence[Any], column: Column, *, mac: bool = False) -> list[Value]:
    """A column's cells read; equal texts are read once."""
    read = reader(column, mac=mac)
    known: dict[str, Value] = {}
    found: list[Value] = []
    for cell in cells:
        if cell is None or cell == "":
            found.append(None)
        elif type(cell) is str:
            if cell not in known:
                known[cell] = read(cell)
            found.append(known[cell])
        else:
            found.append(read(cell))
    return found
