"""One row added, changed or removed by hand, put onto whatever its sheet has become since.

Two people may have the same sheet open. An edit carries its row as it was when opened; where the
row still stands so it is replaced, and nothing else is touched. Where somebody else changed or
removed it in the meantime, that is a clash for the editor to settle: nothing is overwritten unseen.
Pure functions; rows are dictionaries with the contract's headers, cells as in ``data.export``.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from data.contract import Sheet
from data.difference import identity

Row = dict[str, Any]
CHANGED, REMOVED = "changed", "removed"


@dataclass(frozen=True)
class Edit:
    """before: the row as it was when opened, None for a new one; after: as it is to be, None to
    remove it."""

    sheet: Sheet
    before: Row | None
    after: Row | None

    @property
    def changed(self) -> list[str]:
        """The headers whose cells differ; all that hold something, of a row added or removed."""
        before, after = self.before or {}, self.after or {}
        headers = list(self.sheet.by_header)
        return [each for each in headers if before.get(each) != after.get(each)]


@dataclass(frozen=True, eq=False)
class Merge:
    """An edit on the newest rows. rows: all rows with the edit, or the newest untouched under a
    clash; place: where the edited row stands in them, None when removed; clash: empty, CHANGED or
    REMOVED; now: the row as somebody else left it, under CHANGED."""

    rows: pd.DataFrame
    place: int | None = None
    clash: str = ""
    now: Row | None = None


def name(sheet: Sheet, row: Mapping[str, Any]) -> str:
    """A row's key, or of a sheet without one the two cells that tell most, in words."""
    headers = identity(sheet)[:2]
    if sheet.table == "meetings":
        headers = [sheet.by_name[each].header for each in ("meeting_id", "decision")]
    return "，".join(str(row.get(each) or "（空）") for each in headers)


def merge(edit: Edit, opened: pd.DataFrame, newest: pd.DataFrame) -> Merge:
    """Put an edit onto the newest rows of its sheet.

    opened, newest: the sheet's rows when the editor opened it and now, all headers. No row but the
    edited one differs between ``newest`` and what comes out.
    """
    headers = list(newest.columns)
    rows = _rows(newest)
    if edit.before is None:
        if edit.after is None:
            return Merge(newest)
        rows.append(_tuple(edit.after, headers))
        return Merge(_frame(rows, headers), len(rows) - 1)
    before = _tuple(edit.before, headers)
    if before not in rows:
        now = _elsewhere(edit, opened, rows, headers)
        if now is None:
            return Merge(newest, clash=REMOVED)
        return Merge(newest, clash=CHANGED, now=now)
    place = rows.index(before)
    if edit.after is None:
        del rows[place]
        return Merge(_frame(rows, headers))
    rows[place] = _tuple(edit.after, headers)
    return Merge(_frame(rows, headers), place)


def _elsewhere(
    edit: Edit, opened: pd.DataFrame, rows: list[tuple[Any, ...]], headers: list[str]
) -> Row | None:
    """What the edited row has become: one of the same identity that was not there before."""
    assert edit.before is not None
    names = identity(edit.sheet)
    wanted = [edit.before[each] for each in names]
    come = Counter(rows) - Counter(_rows(opened))
    for each in rows:
        row = dict(zip(headers, each, strict=True))
        if each in come and [row[header] for header in names] == wanted:
            return row
    return None


def settle(edit: Edit, found: Merge) -> Edit | None:
    """The edit taken over onto what somebody else left: their cells, except those that this editor
    changed; a row that is gone is added again. None when nothing is left to do."""
    if found.clash == REMOVED:
        return None if edit.after is None else Edit(edit.sheet, None, edit.after)
    if not found.clash or found.now is None:
        return edit
    if edit.after is None:
        return Edit(edit.sheet, found.now, None)
    assert edit.before is not None
    own = {each: edit.after[each] for each in edit.changed}
    settled = Edit(edit.sheet, found.now, found.now | own)
    return settled if settled.changed else None


# ---------------------------------------------------------------- rows by a short name


def refs(identities: Iterable[Sequence[Any]]) -> list[str]:
    """A short name for every row of a sheet, of what identifies it and, of rows alike in that,
    its turn: for addresses, which outlive a version."""
    seen: Counter[str] = Counter()
    found = []
    for each in identities:
        text = "\x1f".join(map(_text, each))
        seen[text] += 1
        digest = hashlib.blake2b(f"{text}\x1f{seen[text]}".encode(), digest_size=6)
        found.append(digest.hexdigest())
    return found


def find(sheet: Sheet, rows: pd.DataFrame, ref: str) -> Row | None:
    """The row of that short name."""
    named = refs(rows[identity(sheet)].itertuples(index=False, name=None))
    if ref not in named:
        return None
    return dict(zip(rows.columns, _rows(rows)[named.index(ref)], strict=True))


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    return cell.isoformat()[:10] if isinstance(cell, date) else str(cell)


def _rows(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(frame.itertuples(index=False, name=None))


def _tuple(row: Mapping[str, Any], headers: list[str]) -> tuple[Any, ...]:
    return tuple(row.get(header) for header in headers)


def _frame(rows: list[tuple[Any, ...]], headers: list[str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=headers, dtype=object)
