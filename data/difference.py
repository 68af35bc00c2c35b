"""What changed between two database files, row by row and cell by cell.

Rows are matched by their sheet's key; where the contract names none, by what is required of a row
and is no amount (a recognition by its subject, title and day). Rows that are alike in that are
matched in their order.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from data import versions
from data.contract import SHEETS, Sheet
from data.export import frames

_AMOUNTS = ("count", "number", "amount", "share", "longitude", "latitude")


@dataclass(frozen=True)
class Change:
    """One cell: the row's key as (header, value) pairs, the column, and its value on both sides."""

    key: tuple[tuple[str, Any], ...]
    header: str
    before: Any
    after: Any


@dataclass(frozen=True, eq=False)
class TableDifference:
    """What changed in one sheet. added, removed: whole rows with the contract's headers; changed:
    the cells that differ, of ``changed_rows`` rows."""

    sheet: Sheet
    added: pd.DataFrame
    removed: pd.DataFrame
    changed: tuple[Change, ...]
    changed_rows: int

    def __bool__(self) -> bool:
        return bool(len(self.added) or len(self.removed) or self.changed)


def compare(old: Path | None, new: Path) -> list[TableDifference]:
    """Every sheet, in the contract's order; old is None for an empty start. Raises as
    ``data.export.frames``."""
    titles = [sheet.title for sheet in SHEETS] if old is None else _differing(old, new)
    after = frames(new, titles)
    before = {} if old is None else frames(old, titles)
    found = []
    for sheet in SHEETS:
        empty = pd.DataFrame(columns=list(sheet.by_header), dtype=object)
        rows = (each.get(sheet.title, empty) for each in (before, after))
        found.append(table(sheet, *rows))
    return found


def _differing(old: Path, new: Path) -> list[str]:
    """The sheets that do not hold the same rows, whatever their order: most need no closer look."""
    for path in (old, new):
        versions.check(path)
    with closing(duckdb.connect()) as connection:
        connection.execute("set enable_progress_bar = false")
        for name, path in (("before", old), ("after", new)):
            place = str(path).replace("'", "''")
            connection.execute(f"attach '{place}' as {name} (read_only)")
        return [each.title for each in SHEETS if connection.execute(_unlike(each)).fetchall()]


def _unlike(sheet: Sheet) -> str:
    """A query for a row that one side holds more often."""
    columns = ", ".join(column.name for column in sheet.columns)
    before, after = (f"select {columns} from {side}.{sheet.table}" for side in ("before", "after"))
    return f"({before} except all {after}) union all ({after} except all {before}) limit 1"


def identity(sheet: Sheet) -> list[str]:
    """The headers that say which row it is."""
    if sheet.key:
        return [sheet.by_name[name].header for name in sheet.key]
    return [
        column.header for column in sheet.columns if column.required and column.kind not in _AMOUNTS
    ]


def table(sheet: Sheet, before: pd.DataFrame, after: pd.DataFrame) -> TableDifference:
    """What changed between two frames of a sheet with all its headers."""
    names = identity(sheet)
    old, new = _by_identity(before, names), _by_identity(after, names)
    gone = [row for key, row in old.items() if key not in new]
    come = [row for key, row in new.items() if key not in old]
    changed: list[Change] = []
    rows = 0
    headers = list(before.columns)
    for key, row in new.items():
        if key not in old:
            continue
        found = list(_cells(headers, names, old[key], row))
        changed += found
        rows += bool(found)
    return TableDifference(
        sheet,
        pd.DataFrame(come, columns=headers, dtype=object),
        pd.DataFrame(gone, columns=headers, dtype=object),
        tuple(changed),
        rows,
    )


def _by_identity(frame: pd.DataFrame, names: list[str]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """(identity, how many alike stand above) -> the row."""
    seen: dict[tuple[Any, ...], int] = {}
    found = {}
    places = [list(frame.columns).index(name) for name in names]
    for row in frame.itertuples(index=False, name=None):
        key = tuple(row[place] for place in places)
        turn = seen[key] = seen.get(key, -1) + 1
        found[*key, turn] = row
    return found


def _cells(
    headers: list[str], names: list[str], before: tuple[Any, ...], after: tuple[Any, ...]
) -> Iterator[Change]:
    if before == after:
        return
    key = tuple((header, after[headers.index(header)]) for header in names)
    for header, old, new in zip(headers, before, after, strict=True):
        if old != new:
            yield Change(key, header, old, new)
