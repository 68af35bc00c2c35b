"""Rounds of collection (一校一表): which institutions are asked, what came back, what was merged.

What is known of them is in the notes store (``data/notes.py``), the files beside it in the
warehouse::

    returns/<round>/<sha256>.xlsx          a workbook as it came back
    returns/<round>/<sha256>-marked.xlsx   the same with its faults marked
    returns/<round>/forms.zip              the workbooks that were sent out; can be made again

A file is there before a row names it, so that whatever is cut off leaves at most a file that
nobody names.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from data import notes, values, versions
from data.notes import LONGEST_ID, LONGEST_NAME, Damaged, Refused
from data.workbook import Problem

FOLDER, FORMS = "returns", "forms.zip"
# Errors of a return that are kept to be shown; all of them are counted, and marked in the file.
MOST_KEPT = 500
LEFT_SECONDS = 3600.0
_FILE = re.compile(r"returns/([1-9]\d{0,17})/([0-9a-f]{64})(-marked)?\.xlsx")

# How an institution stands in a round, the worst first.
ERRORS, MISSING, READY, MERGED = "errors", "missing", "ready", "merged"


@dataclass(frozen=True, kw_only=True)
class Round:
    """A round of collection. base_version: the id of the version its workbooks were made from;
    due_on: the last day they may come back; asked: institution's code -> name then."""

    id: int
    name: str
    base_version: str
    due_on: date
    made_by: str
    made_at: datetime
    asked: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Return:
    """A workbook that came back. errors: how many; problems: the first MOST_KEPT of them;
    merged_version: the version that has its rows, empty until then."""

    id: int
    round: int
    institution: str
    file: str
    sha256: str
    errors: int
    problems: tuple[Problem, ...]
    returned_by: str
    returned_at: datetime
    merged_version: str
    merged_by: str
    merged_at: datetime | None


@dataclass(frozen=True)
class Standing:
    """An institution in a round. last: its latest return; earlier: how many it sent before;
    before: the version its rows were last merged into, the round's own while there is none."""

    institution: str
    name: str
    last: Return | None
    earlier: int
    before: str
    late: bool

    @property
    def state(self) -> str:
        """ERRORS, MISSING, READY or MERGED."""
        if self.last is None:
            return MISSING
        if self.last.errors:
            return ERRORS
        return MERGED if self.last.merged_version else READY

    @property
    def overdue(self) -> bool:
        """Whether the deadline has passed and nothing that can be used came back."""
        return self.late and self.state in (ERRORS, MISSING)


def standings(found: Round, returns: Iterable[Return], today: date) -> list[Standing]:
    """Every institution asked, the worst first: overdue before others, then by state and code."""
    sent: dict[str, list[Return]] = {code: [] for code in found.asked}
    for each in sorted(returns, key=lambda each: each.id):
        sent.setdefault(each.institution, []).append(each)
    rows = []
    for code, name in found.asked.items():
        mine = sent[code]
        merged = [each.merged_version for each in mine if each.merged_version]
        rows.append(
            Standing(
                code,
                name,
                mine[-1] if mine else None,
                max(len(mine) - 1, 0),
                max(merged, default=found.base_version),
                today > found.due_on,
            )
        )
    order = (ERRORS, MISSING, READY, MERGED)
    return sorted(
        rows, key=lambda each: (not each.overdue, order.index(each.state), each.institution)
    )


# ---------------------------------------------------------------- the store

_ROUNDS = "select * from rounds order by id desc"
_ASKED = "select round, institution_id, name from round_institutions order by rowid"
_INSERT_ROUND = """
insert into rounds (name, name_key, base_version, due_on, made_by, made_at)
values (:name, :name_key, :base_version, :due_on, :who, :now)
"""
_INSERT_ASKED = "insert into round_institutions (round, institution_id, name) values (?, ?, ?)"
_MOVE_DEADLINE = "update rounds set due_on = :due_on where id = :id"
_RETURNS = "select * from returns where round = :round order by id"
_INSERT_RETURN = """
insert into returns (
    round, institution_id, file, sha256, errors, problems, returned_by, returned_at
) values (:round, :institution, :file, :sha256, :errors, :problems, :who, :now)
"""
_MERGED = """
update returns set merged_version = :version, merged_by = :who, merged_at = :now
where id = :id
"""
_FILES = "select distinct round, sha256 from returns order by round, sha256"


def rounds() -> list[Round]:
    """All rounds, the newest first. Raises data.notes.Unavailable."""
    with notes.reading() as connection:
        if connection is None:
            return []
        asked: dict[int, dict[str, str]] = {}
        for number, code, name in connection.execute(_ASKED):
            asked.setdefault(number, {})[code] = name
        return [_round(row, asked.get(row["id"], {})) for row in connection.execute(_ROUNDS)]


def awaited() -> dict[str, str]:
    """Version id -> the name of a round in which it is what workbooks still to be merged are
    compared with. Raises data.notes.Unavailable."""
    found: dict[str, str] = {}
    for each in rounds():
        for standing in standings(each, returns(each.id), each.due_on):
            if standing.state != MERGED:
                found[standing.before] = each.name
    return found


def begin(name: str, base_version: str, due_on: date, asked: Mapping[str, str], who: str) -> Round:
    """Keep a new round. Raises Refused (no name, or one that another round has; nobody asked),
    data.notes.Unavailable."""
    name = " ".join(notes.clean(name).split())
    if not name or len(name) > LONGEST_NAME:
        raise Refused(f"轮次要有名称，最多 {LONGEST_NAME} 字")
    if not asked:
        raise Refused("没有选择院校")
    name_key = values.key(name).casefold()
    who, now = notes.person(who), notes.utc(datetime.now(UTC))
    given = {"name": name, "name_key": name_key, "base_version": base_version}
    given |= {"due_on": due_on.isoformat(), "who": who, "now": now}
    with notes.writing() as connection:
        taken = "select 1 from rounds where name_key = ?"
        if connection.execute(taken, [name_key]).fetchone():
            raise Refused(f"已有名为“{name}”的填报轮次，请换一个名称")
        number = connection.execute(_INSERT_ROUND, given).lastrowid
        assert number is not None
        connection.executemany(
            _INSERT_ASKED, [(number, code, asked_name) for code, asked_name in asked.items()]
        )
        detail = {"name": name, "count": len(asked), "due": due_on.isoformat()}
        detail["from"] = base_version
        notes.add_entry(connection, "split", who, datetime.fromisoformat(now), str(number), detail)
        row = connection.execute("select * from rounds where id = ?", [number]).fetchone()
        return _round(row, dict(asked))


def move_deadline(found: Round, due_on: date, who: str) -> None:
    """Give a round another last day. Raises data.notes.Unavailable."""
    detail = {"name": found.name, "due": due_on.isoformat(), "was": found.due_on.isoformat()}
    with notes.writing() as connection:
        connection.execute(_MOVE_DEADLINE, {"id": found.id, "due_on": due_on.isoformat()})
        now = datetime.now(UTC)
        notes.add_entry(connection, "deadline", notes.person(who), now, str(found.id), detail)


def returns(number: int) -> list[Return]:
    """All returns of a round, the earliest first. Raises data.notes.Unavailable."""
    with notes.reading() as connection:
        if connection is None:
            return []
        return [_return(row) for row in connection.execute(_RETURNS, {"round": number})]


def add_return(
    number: int, institution: str, file: str, sha256: str, problems: Sequence[Problem], who: str
) -> Return:
    """Keep that a workbook came back, whose file is kept already (``keep_file``).

    Raises data.notes.Unavailable.
    """
    now = datetime.now(UTC)
    who, name = notes.person(who), notes.clean(file)[:LONGEST_ID]
    kept = json.dumps([astuple(each) for each in problems[:MOST_KEPT]], ensure_ascii=False)
    given = {"round": number, "institution": institution, "file": name, "sha256": sha256}
    given |= {"errors": len(problems), "problems": kept, "who": who, "now": notes.utc(now)}
    detail = {"name": institution, "file": name, "sha256": sha256, "errors": len(problems)}
    with notes.writing() as connection:
        kept_as = connection.execute(_INSERT_RETURN, given).lastrowid
        notes.add_entry(connection, "return", who, now, str(number), detail)
        row = connection.execute("select * from returns where id = ?", [kept_as]).fetchone()
        return _return(row)


def set_merged(merged: Sequence[Return], version: str, who: str, detail: Mapping[str, Any]) -> None:
    """Keep that the rows of some returns are in a version now, and say so in the log.

    Raises data.notes.Unavailable.
    """
    now = datetime.now(UTC)
    who = notes.person(who)
    with notes.writing() as connection:
        for each in merged:
            given = {"id": each.id, "version": version, "who": who, "now": notes.utc(now)}
            connection.execute(_MERGED, given)
        codes = [each.institution for each in merged]
        notes.add_entry(
            connection,
            "merge",
            who,
            now,
            version,
            {"count": len(codes), "name": "、".join(codes), **detail},
        )


def still_latest(wanted: Sequence[Return]) -> list[Return]:
    """Those that no later return of the same institution has replaced, and that are not merged.

    Raises data.notes.Unavailable.
    """
    if not wanted:
        return []
    found = {each.id: each for each in returns(wanted[0].round)}
    latest = {each.institution: each.id for each in found.values()}
    return [
        each
        for each in wanted
        if latest.get(each.institution) == each.id and not found[each.id].merged_version
    ]


def _round(row: sqlite3.Row, asked: Mapping[str, str]) -> Round:
    try:
        return Round(
            id=row["id"],
            name=row["name"],
            base_version=row["base_version"],
            due_on=date.fromisoformat(row["due_on"]),
            made_by=row["made_by"],
            made_at=datetime.fromisoformat(row["made_at"]),
            asked=asked,
        )
    except (TypeError, ValueError) as error:
        raise Damaged(notes.DAMAGED) from error


def _return(row: sqlite3.Row) -> Return:
    try:
        return Return(
            id=row["id"],
            round=row["round"],
            institution=row["institution_id"],
            file=row["file"],
            sha256=row["sha256"],
            errors=row["errors"],
            problems=tuple(Problem(*each) for each in json.loads(row["problems"])),
            returned_by=row["returned_by"],
            returned_at=datetime.fromisoformat(row["returned_at"]),
            merged_version=row["merged_version"] or "",
            merged_by=row["merged_by"] or "",
            merged_at=row["merged_at"] and datetime.fromisoformat(row["merged_at"]),
        )
    except (TypeError, ValueError) as error:
        raise Damaged(notes.DAMAGED) from error


# ---------------------------------------------------------------- the files


def folder(number: int) -> Path:
    """Where the files of a round are."""
    return versions.warehouse_dir() / FOLDER / str(number)


def forms(number: int) -> Path:
    """The workbooks that were sent out in a round; it may have to be made again."""
    return folder(number) / FORMS


def kept_file(number: int, sha256: str) -> Path:
    """Where a return of that hash lies."""
    return folder(number) / f"{sha256}.xlsx"


def marked_file(number: int, sha256: str) -> Path:
    """Where it lies with its faults marked; there is none without faults."""
    return folder(number) / f"{sha256}-marked.xlsx"


def keep_file(number: int, file: Path, marked: Path | None = None) -> str:
    """Keep a workbook in the warehouse, whole or not at all; its hash. marked: the same with its
    faults marked. Raises OSError."""
    place = folder(number)
    place.mkdir(parents=True, exist_ok=True)
    for left in place.glob(".*.xlsx.*"):
        # Of a process that was ended while it wrote.
        with suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > LEFT_SECONDS:
                left.unlink()
    with file.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    if marked is not None and marked.exists():
        _copy(marked, marked_file(number, sha256))
    _copy(file, kept_file(number, sha256))
    versions.sync_folder(place)
    return sha256


def _copy(source: Path, target: Path) -> None:
    draft = target.with_name(f".{target.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        shutil.copyfile(source, draft)
        versions.sync_file(draft)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def is_file(name: str) -> str | None:
    """The hash that a return's name in an archive claims, empty for a marked one, which has none;
    None for any other name."""
    found = _FILE.fullmatch(name)
    if found is None:
        return None
    return "" if found[3] else found[2]


def files_of(store: Path) -> Iterator[str]:
    """The names, within the warehouse, of the files that a copy of the notes store speaks of."""
    with closing(sqlite3.connect(store)) as connection:
        if not connection.execute("select 1 from sqlite_master where name = 'returns'").fetchone():
            return
        for number, sha256 in connection.execute(_FILES):
            names = (f"{FOLDER}/{number}/{sha256}{ending}.xlsx" for ending in ("", "-marked"))
            yield from (name for name in names if is_file(name) is not None)
