"""One school, one workbook (一校一表): which rows are an institution's own, and putting them back.

The city's data is taken apart by institution, each fills in its own rows, and what comes back
takes the place of these rows and of nothing else. Everything here is a function of frames as
``data.export.frames`` gives them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pandas as pd

from data import difference
from data.contract import BY_TABLE, SHEETS, Sheet
from data.difference import TableDifference

# table -> the column by which a row is an institution's own: it names the institution itself, or
# its point, group or (``subject_id``) whatever 对象类型 says. Of what several institutions share it
# is the one that leads or begins. All other sheets are filled in by the city: they speak of the
# whole city, or of what it decides about an institution (targets, rectifications).
OWNED: dict[str, str] = {
    "institutions": "institution_id",
    "specialty_points": "institution_id",
    "specialty_groups": "institution_id",
    "group_members": "group_id",
    "recognitions": "subject_id",
    "point_years": "point_id",
    "conditions": "institution_id",
    "leading_industries": "institution_id",
    "partnerships": "institution_id",
    "cooperation_bodies": "lead_institution_id",
    "pathways": "from_institution_id",
    "evaluations": "point_id",
    "projects": "institution_id",
}
# The city's, but a row of an institution's must name one: given to look up, never taken back.
LISTED: dict[str, tuple[str, ...]] = {"enterprises": ("enterprise_id", "name")}

OWN_SHEETS: tuple[Sheet, ...] = tuple(sheet for sheet in SHEETS if sheet.table in OWNED)
LIST_SHEETS: tuple[Sheet, ...] = tuple(BY_TABLE[table] for table in LISTED)
# Those whose rows have a number that is unique in the whole city.
NUMBERED: tuple[Sheet, ...] = tuple(
    sheet for sheet in OWN_SHEETS if len(sheet.key) == 1 and sheet.table != "institutions"
)
INSTITUTIONS, POINTS, GROUPS = (
    BY_TABLE[table] for table in ("institutions", "specialty_points", "specialty_groups")
)

Frames = Mapping[str, pd.DataFrame]
Row = tuple[Any, ...]


def header_of(sheet: Sheet) -> str:
    """The header of the column by which a sheet's rows are an institution's own."""
    return sheet.by_name[OWNED[sheet.table]].header


@dataclass(frozen=True)
class City:
    """A version's data with the owner of every row.

    owners: sheet title -> the institution's code of each row, None for a row that is nobody's;
    places: institution's code -> sheet title -> the places of its rows; names: code -> name.
    """

    frames: Frames
    owners: Mapping[str, list[str | None]]
    places: Mapping[str, Mapping[str, list[int]]]
    names: Mapping[str, str]

    def own(self, code: str) -> dict[str, pd.DataFrame]:
        """Sheet title -> the rows of one institution, in their order; unknown codes have none."""
        places = self.places.get(code, {})
        return {
            sheet.title: self.frames[sheet.title].iloc[places.get(sheet.title, [])]
            for sheet in OWN_SHEETS
        }

    def name(self, code: str | None) -> str:
        """An institution as a clerk knows it."""
        return "全市" if code is None else self.names.get(code, code)


def city(frames: Frames) -> City:
    """The owner of every row of a version."""
    schools = frames[INSTITUTIONS.title]
    names = dict(zip(schools["院校代码"], schools["院校名称"], strict=True))
    known: dict[str, dict[str, str]] = {
        "院校": {code: code for code in names},
        "专业点": _pairs(frames[POINTS.title], "专业点编号"),
        "专业群": _pairs(frames[GROUPS.title], "专业群编号"),
    }
    by_reference = {"institution": "院校", "point": "专业点", "group": "专业群"}
    owners: dict[str, list[str | None]] = {}
    places: dict[str, dict[str, list[int]]] = {code: {} for code in names}
    for sheet in OWN_SHEETS:
        frame = frames[sheet.title]
        cells = list(frame[header_of(sheet)])
        if sheet.table == "recognitions":
            kinds = list(frame["对象类型"])
        else:
            refers = sheet.by_name[OWNED[sheet.table]].refers
            kinds = [by_reference.get(refers, "院校")] * len(cells)
        found = [known[kind].get(cell) for kind, cell in zip(kinds, cells, strict=True)]
        owners[sheet.title] = found
        for place, code in enumerate(found):
            if code is not None:
                places[code].setdefault(sheet.title, []).append(place)
    return City(frames, owners, places, names)


def _pairs(frame: pd.DataFrame, number: str) -> dict[str, str]:
    return dict(zip(frame[number], frame["院校代码"], strict=True))


# ---------------------------------------------------------------- putting back


@dataclass(frozen=True)
class Merged:
    """The sheets that are not as they were. frames: title -> all rows of the sheet; sources: title
    -> for each row the institution and the row number of its returned workbook, None for a row that
    is as it was."""

    frames: dict[str, pd.DataFrame]
    sources: dict[str, list[tuple[str, int] | None]]


def merge(now: City, returned: Mapping[str, Frames]) -> Merged:
    """The current data with the rows of some institutions replaced by what they returned.

    returned: institution's code -> sheet title -> its rows with the contract's headers, indexed by
    row number; a sheet that is not there leaves the rows as they are. Rows of others keep their
    cells and their order; a returned row takes the place of a row of the same institution.
    """
    frames: dict[str, pd.DataFrame] = {}
    sources: dict[str, list[tuple[str, int] | None]] = {}
    for sheet in OWN_SHEETS:
        given = {code: each[sheet.title] for code, each in returned.items() if sheet.title in each}
        before = now.frames[sheet.title]
        rows, places = _replaced(before, now.owners[sheet.title], given)
        if rows != list(before.itertuples(index=False, name=None)):
            frames[sheet.title] = pd.DataFrame(rows, columns=list(before.columns), dtype=object)
            sources[sheet.title] = places
    return Merged(frames, sources)


def _replaced(
    before: pd.DataFrame, owners: list[str | None], given: Frames
) -> tuple[list[Row], list[tuple[str, int] | None]]:
    """All rows of a sheet, and where the replaced ones come from."""
    headers = list(before.columns)
    waiting = {code: _numbered(code, frame[headers]) for code, frame in given.items()}
    last = {code: place for place, code in enumerate(owners) if code in waiting}
    rows: list[Row] = []
    sources: list[tuple[str, int] | None] = []

    def take(code: str, most: int | None) -> None:
        for row, source in islice(waiting[code], most):
            rows.append(row)
            sources.append(source)

    for place, (code, row) in enumerate(
        zip(owners, before.itertuples(index=False, name=None), strict=True)
    ):
        if code is None or code not in waiting:
            rows.append(row)
            sources.append(None)
        else:
            # The last of its rows is followed by what there is more of now.
            take(code, None if last[code] == place else 1)
    for code in waiting:
        take(code, None)
    return rows, sources


def _numbered(code: str, frame: pd.DataFrame) -> Iterator[tuple[Row, tuple[str, int]]]:
    rows = frame.itertuples(index=False, name=None)
    for number, row in zip(frame.index, rows, strict=True):
        yield row, (code, int(number))


# ---------------------------------------------------------------- changed since


@dataclass(frozen=True)
class Conflict:
    """A row of an institution's that was changed in the current data after its workbook was made,
    and that the returned workbook would change again. column: empty for the row as a whole; base,
    now, returned: what stands there, as cells, or None."""

    institution: str
    sheet: str
    row: Row
    column: str
    base: Any
    now: Any
    returned: Any

    @property
    def untouched(self) -> bool:
        """Whether the institution left it as it was sent out: only the data was changed since."""
        return bool(self.returned == self.base)


PRESENT, ABSENT = "有此行", "无此行"


def conflicts(base: City, now: City, returned: Mapping[str, Frames]) -> Iterator[Conflict]:
    """What putting the returned rows back would silently undo; base: the version the workbooks were
    made from."""
    for code, sheets in returned.items():
        before, current = base.own(code), now.own(code)
        for sheet in OWN_SHEETS:
            if sheet.title not in sheets:
                continue
            since = difference.table(sheet, before[sheet.title], current[sheet.title])
            if since:
                again = difference.table(sheet, current[sheet.title], sheets[sheet.title])
                yield from _met(code, sheet, since, again)


def _met(
    code: str, sheet: Sheet, since: TableDifference, again: TableDifference
) -> Iterator[Conflict]:
    """The rows that both differences touch."""
    added, removed = _keys(sheet, since.added), _keys(sheet, since.removed)
    now_added, now_removed = _keys(sheet, again.added), _keys(sheet, again.removed)
    changed = {(_key(each), each.header): each for each in since.changed}
    changed_again = {(_key(each), each.header): each for each in again.changed}
    for key in sorted(added & now_removed, key=str):
        yield Conflict(code, sheet.title, key, "", ABSENT, PRESENT, ABSENT)
    for key in sorted(removed & now_added, key=str):
        yield Conflict(code, sheet.title, key, "", PRESENT, ABSENT, PRESENT)
    for (key, header), each in changed.items():
        if key in now_removed:
            yield Conflict(code, sheet.title, key, header, each.before, each.after, ABSENT)
        elif (key, header) in changed_again:
            after = changed_again[key, header].after
            yield Conflict(code, sheet.title, key, header, each.before, each.after, after)
    for (key, header), each in changed_again.items():
        if key in added:
            yield Conflict(code, sheet.title, key, header, ABSENT, each.before, each.after)


def _key(change: difference.Change) -> Row:
    return tuple(value for _, value in change.key)


def _keys(sheet: Sheet, frame: pd.DataFrame) -> set[Row]:
    return set(frame[difference.identity(sheet)].itertuples(index=False, name=None))
