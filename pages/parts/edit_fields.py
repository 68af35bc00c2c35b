"""The fields of a form: one for every column of a sheet, as its kind in the contract asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd
import streamlit as st

from data.contract import FIRST_DATE, LAST_DATE, Column, Sheet
from data.edits import Row
from data.values import is_blank, show
from pages.parts.view import View
from queries.deliverables import DONE

EMPTY = "（空）"
# Longer than most cells; what is already longer stays as long as it is.
LONGEST_TEXT = 2000
# The column whose date says that a row is finished.
FINISHED_BY = {
    "rectifications": "closed_on",
    "meetings": "closed_on",
    "interim_targets": "expires_on",
}
_WRITTEN = {"problem", "decision", "note", "reason"}
_TODAY = {
    "rectifications": "found_on",
    "meetings": "held_on",
    "deliverable_updates": "reported_on",
    "interim_targets": "approved_on",
}


class Fields:
    """The fields of a sheet on a view's version: what may be chosen, and how a cell is called."""

    def __init__(self, view: View, sheet: Sheet, rows: pd.DataFrame) -> None:
        self.version, self.sheet = view.version, sheet
        self.rows = rows

    @cached_property
    def options(self) -> dict[str, dict[str, str]]:
        """Header -> what may be chosen -> how it is called, of the columns with a list."""
        plan = self.version.plan
        indicators = {each.id: each.name for each in plan.indicators}
        deliverables = {each.id: each.name for each in plan.deliverables}
        known: dict[str, dict[str, str]] = {
            "institution": {
                each.institution_id: f"{each.name}（{each.institution_id}）"
                for each in self.version.institutions
            },
            "indicator": indicators,
            "deliverable": deliverables,
            "item": {key: f"指标：{name}" for key, name in indicators.items()}
            | {key: f"事项：{name}" for key, name in deliverables.items()},
        }
        found = {}
        for column in self.sheet.columns:
            if column.choices:
                found[column.header] = {each: each for each in column.choices}
            elif column.refers:
                found[column.header] = known[column.refers]
            elif column.name == "department":
                used = [each for each in self.rows[column.header] if each]
                names = [each.name for each in plan.departments]
                found[column.header] = {each: each for each in dict.fromkeys([*names, *used])}
        return found

    def words(self, header: str, cell: Any) -> str:
        """A cell as a reader knows it."""
        if is_blank(cell):
            return EMPTY
        text = _text(cell)
        return self.options.get(header, {}).get(text, text)

    def empty(self, about: str, done: bool, day: date) -> Row:
        """A new row with what can be told beforehand."""
        row: Row = dict.fromkeys(self.sheet.by_header)
        table, by_name = self.sheet.table, self.sheet.by_name
        row[by_name[_TODAY[table]].header] = day
        for column in self.sheet.columns:
            if about and about in self.options.get(column.header, {}) and column.refers:
                row[column.header] = about
        promised = {each.id: each for each in self.version.plan.deliverables}
        if table == "deliverable_updates" and about in promised:
            row[by_name["department"].header] = promised[about].departments[0]
            row[by_name["state"].header] = DONE if done else None
        if table == "rectifications":
            number = by_name["rectification_id"].header
            row[number] = following(self.rows[number])
        return row

    def draw(
        self, row: Mapping[str, Any], key: str, faults: Mapping[str, list[str]], say: Any
    ) -> Row:
        """The fields with a row's cells in them; the cells as they are in the fields now.

        A cell that nobody touched comes back as it was. say: shows what is wrong, under its field.
        """
        typed: Row = {}
        short = [c for c in self.sheet.columns if not self._long(c, row.get(c.header))]
        for first in range(0, len(short), 2):
            for place, column in zip(st.columns(2), short[first : first + 2], strict=False):
                with place:
                    typed[column.header] = self._field(column, row.get(column.header), key)
                    say(column.header, faults.get(column.header, []))
        for column in self.sheet.columns:
            if column not in short:
                typed[column.header] = self._field(column, row.get(column.header), key)
                say(column.header, faults.get(column.header, []))
        return {header: typed[header] for header in self.sheet.by_header}

    def _long(self, column: Column, cell: Any) -> bool:
        return column.name in _WRITTEN or (isinstance(cell, str) and "\n" in cell)

    def _field(self, column: Column, cell: Any, key: str) -> Any:
        label = f"{column.header} *" if column.required else column.header
        key = f"{key}-{column.name}"
        if column.header in self.options:
            return self._chosen(column, cell, label, key)
        if column.kind == "date" and (
            cell is None or (isinstance(cell, date) and FIRST_DATE <= cell <= LAST_DATE)
        ):
            # A field that begins with a date offers no way to empty it; one that is set to it does.
            st.session_state.setdefault(key, cell)
            return st.date_input(
                label,
                value=None,
                min_value=FIRST_DATE,
                max_value=LAST_DATE,
                format="YYYY-MM-DD",
                key=key,
                help=column.note or None,
            )
        text = "" if cell is None else _text(cell)
        most = max(LONGEST_TEXT, len(text))
        if self._long(column, cell):
            given = st.text_area(
                label, value=text, max_chars=most, key=key, height=90, help=column.note or None
            )
        else:
            given = st.text_input(
                label, value=text, max_chars=most, key=key, help=column.note or None
            )
        return cell if given == text else given if not is_blank(given) else None

    def _chosen(self, column: Column, cell: Any, label: str, key: str) -> Any:
        names = self.options[column.header]
        text = "" if cell is None else _text(cell)
        optional = [] if column.required else [""]
        listed = [*optional, *names]
        if text and text not in listed:
            listed.append(text)
        given = st.selectbox(
            label,
            listed,
            index=listed.index(text) if text in listed else None,
            format_func=lambda each: names.get(each, each) if each else EMPTY,
            placeholder="请选择，或输入" if column.name == "department" else "请选择",
            accept_new_options=column.name == "department",
            key=key,
            help=column.note or None,
        )
        return cell if (given or "") == text else given or None


def _text(cell: Any) -> str:
    """A cell as text that reads back as the same cell."""
    if isinstance(cell, str):
        return cell
    return cell.isoformat() if isinstance(cell, date) else show(cell)


def following(names: Iterable[Any]) -> str | None:
    """The number after the last of a list, in its form (ZG-009 → ZG-010); None without any."""
    taken = {str(each) for each in names if each}
    found = [re.fullmatch(r"(.*?)(\d{1,9})", each) for each in taken]
    numbered = [(each[1], int(each[2]), len(each[2])) for each in found if each]
    if not numbered:
        return None
    stem, number, width = max(numbered, key=lambda each: (each[1], each[0]))
    while f"{stem}{number:0{width}}" in taken:
        number += 1
    return f"{stem}{number:0{width}}"
