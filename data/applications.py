"""The list of specialties applied for (新增专业预审), an .xlsx of one sheet, read like a workbook.

Nothing of it enters the database. Faults name cell, value and what is expected.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from data.contract import LEVELS, TRACKS, Column, Sheet
from data.values import Fault, key, read_column, show, without_k
from data.workbook import Problem, RawSheet, read_list

MOST_LINES = 500
SHEET = Sheet(
    "新增专业预审",
    "applications",
    (
        Column("院校代码/名称", "institution_id", required=True, note="院校代码，也可填院校全称"),
        Column("专业代码", "specialty_code", required=True, note="目录内的六位代码，可带 K"),
        Column("层次", "level", "choice", choices=LEVELS, note="空 = 按专业代码"),
        Column("类别", "track", "choice", choices=TRACKS, note="空 = 不列入四类"),
    ),
    required=True,
)


@dataclass(frozen=True)
class Line:
    """A line that can be checked; row counts from 1 as a spreadsheet shows it."""

    row: int
    institution_id: str
    code: str
    level: str
    track: str


def read(
    name: str,
    content: bytes,
    institutions: Mapping[str, str],
    levels: Mapping[str, str],
) -> tuple[list[Line], list[Problem]]:
    """The lines without a fault, and every fault; raises data.workbook.Unreadable.

    institutions: id -> name. levels: code of the catalogue -> its level.
    """
    book = read_list(name, content, SHEET)
    raw = book.sheets.get(SHEET.title)
    if raw is None or not raw.complete:
        return [], book.problems
    problems = list(book.problems)
    columns = {
        each.name: read_column(raw.cells[each.name], each, mac=raw.mac)
        if raw.has(each.name)
        else [None] * len(raw.numbers)
        for each in SHEET.columns
    }
    by_name = {key(title): code for code, title in institutions.items()}
    seen: dict[tuple[str, str], int] = {}
    lines: list[Line] = []
    for place, row in enumerate(raw.numbers):
        if place >= MOST_LINES:
            problems.append(Problem(SHEET.title, row, 1, "", "", f"一次最多 {MOST_LINES} 行"))
            break
        values = {column: columns[column][place] for column in columns}
        faults = _faults(raw, row, values, institutions.keys(), by_name, levels)
        if faults:
            problems += faults
            continue
        # Both are there: an empty one is a fault.
        institution = _resolved(str(values["institution_id"]), institutions.keys(), by_name)
        code = without_k(str(values["specialty_code"]))
        if (institution, code) in seen:
            words = f"与第 {seen[institution, code]} 行重复"
            problems.append(_problem(raw, row, "specialty_code", values["specialty_code"], words))
            continue
        seen[institution, code] = row
        lines.append(Line(row, institution, code, levels[code], values["track"] or ""))
    return lines, problems


def _resolved(text: str, known: Collection[str], by_name: Mapping[str, str]) -> str:
    return text if text in known else by_name.get(key(text), "")


def _faults(
    raw: RawSheet,
    row: int,
    values: Mapping[str, Any],
    known: Collection[str],
    by_name: Mapping[str, str],
    levels: Mapping[str, str],
) -> list[Problem]:
    found = [
        _problem(raw, row, name, value.text, value.expected)
        for name, value in values.items()
        if isinstance(value, Fault)
    ]
    found += [
        _problem(raw, row, name, "", "为空，必须填写")
        for name in ("institution_id", "specialty_code")
        if values[name] is None
    ]
    if found:
        return found
    if not _resolved(values["institution_id"], known, by_name):
        words = "不在数据的“院校”表中，应填院校代码或全称"
        found.append(_problem(raw, row, "institution_id", values["institution_id"], words))
    code = without_k(values["specialty_code"])
    if code not in levels:
        words = "不在国家专业目录中，应为目录内的六位代码"
        found.append(_problem(raw, row, "specialty_code", values["specialty_code"], words))
    elif values["level"] and values["level"] != levels[code]:
        words = f"不是{values['level']}专业的代码，该代码属于{levels[code]}"
        found.append(_problem(raw, row, "specialty_code", values["specialty_code"], words))
    return found


def _problem(raw: RawSheet, row: int, name: str, value: Any, words: str) -> Problem:
    header = SHEET.by_name[name].header
    return Problem(SHEET.title, row, raw.positions.get(name, 0) + 1, header, show(value), words)
