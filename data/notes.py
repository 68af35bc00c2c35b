"""What people write, apart from the data versions: saved scenarios, what is said of a version after
it was made, and who did what when.

One SQLite file, ``notes.sqlite``, in the warehouse. The first write makes it; reading where there
is none finds nothing and makes none. Each call opens the file, does one short transaction and
closes it, so threads and processes share nothing but the file.

The file keeps SQLite's rollback journal. Write-ahead logging needs memory shared by all that have
the file open, so it fails on a network folder, it cannot be read in a read-only folder, and the
latest writes lie in a second file that a copy of the warehouse may miss. What it would give,
reading while another writes, is not missed where a write takes milliseconds: who comes second
waits, at most LONGEST_WAIT_SECONDS. A process killed in the middle of a write leaves
``notes.sqlite-journal`` beside the file, from which the next to open it restores the state before.

Names, notes and details are text from people. They are kept as text, within bounds and without
control characters; whoever shows them escapes them.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from data import values, versions

FILE = "notes.sqlite"
MIGRATIONS = Path(__file__).parent / "migrations"
# Tells our file from any other SQLite file; the digits mean nothing.
APPLICATION_ID = 0x56504E31
LONGEST_WAIT_SECONDS = 5.0

LONGEST_NAME, LONGEST_NOTE, LONGEST_ID = 60, 2_000, 200
LONGEST_VERSION_NOTE = 500
# Every project of a city's pool set one by one is under 20 kB.
LARGEST_CONTENT_BYTES = 200_000
LARGEST_DETAIL_BYTES = 20_000
MOST_SCENARIOS = 2_000
# Entries an export holds in memory at a time.
EXPORT_STEP = 1_000
# The lines in which those are looked for who are offered to choose from: 10 ms.
PEOPLE_OF_LINES = 20_000
NOBODY = "不明"

DAMAGED = f"{FILE} 已损坏，请从备份恢复，或将它移出数据仓库文件夹"

_KIND = re.compile(r"[a-z_]{1,40}")


class Unavailable(Exception):  # noqa: N818
    """The store cannot be used now; the app goes on without it. The message says why."""


class Busy(Unavailable):
    """Another program held the file for too long; nothing was written."""


class NoAccess(Unavailable):
    """The folder or file is read-only or closed to us, or the disk full; nothing was written."""


class Damaged(Unavailable):
    """The file cannot be read or is not ours; it is left as it is."""


class NewerStore(Unavailable):
    """The file was made by a later release of the program; it is left as it is."""


class Refused(Exception):  # noqa: N818
    """What was asked cannot be done; nothing was written. The message says why, in Chinese."""


class Gone(Refused):
    """The scenario was deleted, or never was."""


class NameTaken(Refused):
    """Another scenario has the name. found: that one."""

    def __init__(self, found: Scenario) -> None:
        super().__init__(f"已有名为“{found.name}”的情景（{found.made_by} 保存），请换一个名称")
        self.found = found


class Changed(Refused):
    """Somebody changed the scenario since it was read. found: as it now is."""

    def __init__(self, found: Scenario) -> None:
        super().__init__(
            f"“{found.name}”已由 {found.changed_by} 修改，您的修改没有保存。请看过现在的内容后再改"
        )
        self.found = found


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a person saves. version_id, as_of, plan_id: the data, day and plan it was worked out
    on; content: the levers, a JSON object."""

    name: str
    note: str = ""
    version_id: str
    as_of: date
    plan_id: str
    content: str


@dataclass(frozen=True, kw_only=True)
class Scenario(Draft):
    """A saved scenario. revision: rises with each change; deleted_at: None unless deleted."""

    id: int
    revision: int
    made_by: str
    made_at: datetime
    changed_by: str
    changed_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What was said of a data version after it was made. note: None while the one it was loaded
    with stands."""

    version_id: str
    pinned: bool
    note: str | None
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A line of the log. kind: what was done, a key such as ``import``; subject: to what, mostly an
    id; refused: whether it was turned down; detail: what else there is to say."""

    id: int
    at: datetime
    who: str
    kind: str
    subject: str
    refused: bool
    detail: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class LogFilter:
    """Which lines of the log; what is left out does not restrict. since, until: with time zone,
    until exclusive; text: anywhere in who, subject or detail."""

    kinds: Sequence[str] = ()
    who: str = ""
    subject: str = ""
    refused: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


def path() -> Path:
    """Where the store is, or will be."""
    return versions.warehouse_dir() / FILE


# ---------------------------------------------------------------- scenarios

_SCENARIOS = """
select * from scenarios
where (deleted_at is not null) = :deleted and id < :before
order by id desc
limit :limit
"""
_SCENARIO = "select * from scenarios where id = :id"
_NAMESAKE = """
select * from scenarios
where name_key = :name_key and deleted_at is null and id <> :id
"""
_SAVED = "select count(*) from scenarios where deleted_at is null"
_INSERT_SCENARIO = """
insert into scenarios (
    revision, name, name_key, note, version_id, as_of, plan_id, content,
    made_by, made_at, changed_by, changed_at
) values (
    1, :name, :name_key, :note, :version_id, :as_of, :plan_id, :content, :who, :now, :who, :now
)
"""
_UPDATE_SCENARIO = """
update scenarios
set
    revision = revision + 1, name = :name, name_key = :name_key, note = :note,
    version_id = :version_id, as_of = :as_of, plan_id = :plan_id, content = :content,
    changed_by = :who, changed_at = :now, deleted_at = :deleted_at
where id = :id
"""
_PURGE = "delete from scenarios where deleted_at < :before"

# Larger than any id.
_ALL = 2**63 - 1


def scenarios(
    *, deleted: bool = False, limit: int = MOST_SCENARIOS, before: int = _ALL
) -> list[Scenario]:
    """Saved scenarios, the newest first (by when first saved), ids below ``before`` only.

    deleted: those that can still be restored instead. Raises Unavailable.
    """
    with reading() as connection:
        if connection is None:
            return []
        rows = connection.execute(
            _SCENARIOS, {"deleted": deleted, "before": before, "limit": limit}
        )
        return [_scenario(row) for row in rows]


def load_scenario(number: int) -> Scenario:
    """The scenario of that id. Raises Gone, Unavailable."""
    with reading() as connection:
        if connection is None:
            raise Gone(f"没有编号为 {number} 的情景")
        return _kept(connection, number)


def save_scenario(draft: Draft, who: str) -> Scenario:
    """Keep a new scenario.

    Names are unique among all that are not deleted, whoever saved them, whatever their case, width
    and spaces: they are told apart in lists and comparisons by name. Raises NameTaken, Refused
    (empty or too long, not a JSON object, too many), Unavailable.
    """
    given = _checked(draft)
    with writing() as connection:
        if connection.execute(_SAVED).fetchone()[0] >= MOST_SCENARIOS:
            raise Refused(f"已保存 {MOST_SCENARIOS} 个情景，请先删除不再需要的")
        _free(connection, given["name_key"])
        who, now = person(who), _now()
        number = connection.execute(
            _INSERT_SCENARIO, given | {"who": who, "now": utc(now)}
        ).lastrowid
        assert number is not None
        found = _kept(connection, number)
        _log_scenario(connection, "scenario_save", found, who, now)
    return found


def edit_scenario(edited: Scenario, who: str) -> Scenario:
    """Keep a scenario as edited: ``edit_scenario(replace(seen, name="新名称"), who)``.

    Raises Changed when it is no longer as it was when ``seen`` was read, Gone, NameTaken, Refused,
    Unavailable.
    """
    given = _checked(edited)
    with writing() as connection:
        _unchanged(connection, edited)
        _free(connection, given["name_key"], edited.id)
        return _update(connection, "scenario_edit", given | {"id": edited.id}, who)


def delete_scenario(seen: Scenario, who: str) -> Scenario:
    """Delete a scenario, so that restore_scenario can bring it back.

    Raises Changed, Gone, Unavailable.
    """
    with writing() as connection:
        _unchanged(connection, seen)
        given = dict(_row(connection, seen.id)) | {"deleted_at": utc(_now())}
        return _update(connection, "scenario_delete", given, who)


def restore_scenario(number: int, who: str, name: str = "") -> Scenario:
    """Bring a deleted scenario back, under a new name if one is given.

    Raises NameTaken when another has taken its name since, Gone when it was purged, Unavailable.
    """
    with writing() as connection:
        row = _row(connection, number)
        if row is None:
            raise Gone(f"情景 {number} 已彻底清除，无法恢复")
        if row["deleted_at"] is None:
            return _scenario(row)
        given = dict(row) | {"deleted_at": None}
        if name:
            given |= _named(name)
        _free(connection, given["name_key"], number)
        return _update(connection, "scenario_restore", given, who)


def purge_scenarios(before: datetime, who: str) -> int:
    """Remove for good what was deleted before a moment (with time zone); how many.

    Raises Unavailable.
    """
    if not path().exists():
        return 0
    with writing() as connection:
        count = connection.execute(_PURGE, {"before": utc(before)}).rowcount
        if count:
            add_entry(connection, "scenario_purge", person(who), _now(), "", {"count": count})
    return count


def _checked(draft: Draft) -> dict[str, Any]:
    """A draft as parameters of the statements. Raises Refused."""
    note = clean(draft.note)
    if len(note) > LONGEST_NOTE:
        raise Refused(f"说明有 {len(note)} 字，最多 {LONGEST_NOTE} 字")
    ids = {"version_id": clean(draft.version_id), "plan_id": clean(draft.plan_id)}
    if max(map(len, ids.values())) > LONGEST_ID:
        raise Refused(f"数据版本或方案的编号超过 {LONGEST_ID} 字")
    given = _named(draft.name) | ids | {"note": note, "as_of": draft.as_of.isoformat()}
    return given | {"content": _levers(draft.content), "deleted_at": None}


def _named(name: str) -> dict[str, str]:
    name = " ".join(clean(name).split())
    name_key = values.key(name).casefold()
    if not name_key:
        raise Refused("情景要有名称")
    if len(name) > LONGEST_NAME:
        raise Refused(f"名称有 {len(name)} 字，最多 {LONGEST_NAME} 字")
    return {"name": name, "name_key": name_key}


def _levers(content: str) -> str:
    """The content, when it is a JSON object within bounds. Raises Refused."""
    try:
        size = len(content.encode("utf-8"))
        if size <= LARGEST_CONTENT_BYTES and isinstance(
            json.loads(content, parse_constant=_no_number), dict
        ):
            return content
    except (ValueError, RecursionError):
        raise Refused("情景内容不是有效的 JSON") from None
    if size > LARGEST_CONTENT_BYTES:
        raise Refused(f"情景内容有 {size} 字节，最多 {LARGEST_CONTENT_BYTES} 字节")
    raise Refused("情景内容应为 JSON 对象")


def _no_number(name: str) -> None:
    # Python's reader takes NaN and Infinity, which JSON does not have.
    raise ValueError(name)


def _scenario(row: sqlite3.Row) -> Scenario:
    kept = {field.name: row[field.name] for field in fields(Scenario)}
    try:
        kept["as_of"] = date.fromisoformat(kept["as_of"])
        for name in ("made_at", "changed_at", "deleted_at"):
            kept[name] = kept[name] and datetime.fromisoformat(kept[name])
    except (TypeError, ValueError) as error:
        raise Damaged(DAMAGED) from error
    return Scenario(**kept)


def _row(connection: sqlite3.Connection, number: int) -> Any:
    """A row, or None. A number from an address may be any; SQLite's have 64 bits."""
    return connection.execute(_SCENARIO, {"id": min(max(number, 0), _ALL)}).fetchone()


def _kept(connection: sqlite3.Connection, number: int) -> Scenario:
    row = _row(connection, number)
    if row is None:
        raise Gone(f"没有编号为 {number} 的情景")
    found = _scenario(row)
    if found.deleted_at is not None:
        raise Gone(f"“{found.name}”已由 {found.changed_by} 删除")
    return found


def _unchanged(connection: sqlite3.Connection, seen: Scenario) -> None:
    found = _kept(connection, seen.id)
    if found.revision != seen.revision:
        raise Changed(found)


def _free(connection: sqlite3.Connection, name_key: str, number: int = 0) -> None:
    row = connection.execute(_NAMESAKE, {"name_key": name_key, "id": number}).fetchone()
    if row is not None:
        raise NameTaken(_scenario(row))


def _update(connection: sqlite3.Connection, kind: str, given: dict[str, Any], who: str) -> Scenario:
    who, now = person(who), _now()
    given |= {"who": who, "now": utc(now)}
    connection.execute(_UPDATE_SCENARIO, given)
    found = _scenario(_row(connection, given["id"]))
    _log_scenario(connection, kind, found, who, now)
    return found


def _log_scenario(
    connection: sqlite3.Connection, kind: str, found: Scenario, who: str, now: datetime
) -> None:
    """In the transaction of the change itself: neither is there without the other."""
    add_entry(connection, kind, who, now, str(found.id), {"name": found.name, "note": found.note})


# ---------------------------------------------------------------- marks of data versions

_MARKS = "select * from version_marks"
_SET_PINNED = """
insert into version_marks (version_id, pinned, note, changed_by, changed_at)
values (:id, :pinned, null, :who, :now)
on conflict (version_id) do update
set pinned = :pinned, changed_by = :who, changed_at = :now
"""
_SET_NOTE = """
insert into version_marks (version_id, pinned, note, changed_by, changed_at)
values (:id, 0, :note, :who, :now)
on conflict (version_id) do update
set note = :note, changed_by = :who, changed_at = :now
"""


def marks() -> dict[str, Mark]:
    """Version id -> its mark, of those that have one. Raises Unavailable."""
    with reading() as connection:
        if connection is None:
            return {}
        rows = connection.execute(_MARKS).fetchall()
    try:
        found = (
            dict(row)
            | {"pinned": bool(row["pinned"])}
            | {"changed_at": datetime.fromisoformat(row["changed_at"])}
            for row in rows
        )
        return {each["version_id"]: Mark(**each) for each in found}
    except (TypeError, ValueError) as error:
        raise Damaged(DAMAGED) from error


def pin_version(version_id: str, who: str, *, pinned: bool) -> None:
    """Keep a version from being pruned, or no longer. Raises Unavailable."""
    with writing() as connection:
        who, now = person(who), _now()
        given = {"id": version_id, "pinned": pinned, "who": who, "now": utc(now)}
        connection.execute(_SET_PINNED, given)
        add_entry(connection, "pin" if pinned else "unpin", who, now, version_id, {})


def note_version(version_id: str, note: str, who: str) -> None:
    """Put a note in the place of the one a version was loaded with. Raises Refused, Unavailable."""
    note = clean(note).strip()
    if len(note) > LONGEST_VERSION_NOTE:
        raise Refused(f"说明有 {len(note)} 字，最多 {LONGEST_VERSION_NOTE} 字")
    with writing() as connection:
        who, now = person(who), _now()
        given = {"id": version_id, "note": note, "who": who, "now": utc(now)}
        connection.execute(_SET_NOTE, given)
        add_entry(connection, "version_note", who, now, version_id, {"note": note})


# ---------------------------------------------------------------- log

_INSERT_ENTRY = """
insert into log (at, who, kind, subject, refused, detail)
values (:at, :who, :kind, :subject, :refused, :detail)
"""
_WANTED = """
from log
where
    id < :before
    and id > :after
    and (:kinds is null or kind in (select value from json_each(:kinds)))
    and (:who is null or who = :who)
    and (:subject is null or subject = :subject)
    and (:refused is null or refused = :refused)
    and (:since is null or at >= :since)
    and (:until is null or at < :until)
    and (:text is null or instr(who || char(10) || subject || char(10) || detail, :text) > 0)
"""
_ENTRIES = f"select * {_WANTED} order by id desc limit :limit"
_PEOPLE = """
select who from (select id, who from log order by id desc limit :limit)
group by who
order by max(id) desc
"""
_COUNT = f"select count(*) {_WANTED}"


def record(
    kind: str,
    who: str,
    subject: str = "",
    detail: Mapping[str, Any] | None = None,
    *,
    refused: bool = False,
) -> None:
    """Add a line to the log; nothing ever changes or removes one.

    What is too long is cut rather than lost. Raises ValueError for a kind that is not a key
    (small letters and underscores), Unavailable.
    """
    if not _KIND.fullmatch(kind):
        raise ValueError(f"not a kind: {kind!r}")
    with writing() as connection:
        add_entry(connection, kind, person(who), _now(), subject, detail or {}, refused=refused)


def log(
    wanted: LogFilter | None = None, *, limit: int = 100, before: int = _ALL, after: int = 0
) -> list[Entry]:
    """Lines of the log, the newest first, ids between ``after`` and ``before`` only.

    Raises Unavailable.
    """
    with reading() as connection:
        if connection is None:
            return []
        parameters = _parameters(wanted) | {"before": before, "after": after, "limit": limit}
        return [_entry(row) for row in connection.execute(_ENTRIES, parameters)]


def log_count(wanted: LogFilter | None = None) -> int:
    """How many lines there are. Raises Unavailable."""
    with reading() as connection:
        if connection is None:
            return 0
        (count,) = connection.execute(
            _COUNT, _parameters(wanted) | {"before": _ALL, "after": 0}
        ).fetchone()
        return int(count)


def people() -> list[str]:
    """Who stands in the log, the latest first, as far as its latest lines go. Raises
    Unavailable."""
    with reading() as connection:
        if connection is None:
            return []
        return [who for (who,) in connection.execute(_PEOPLE, {"limit": PEOPLE_OF_LINES})]


def log_export(wanted: LogFilter | None = None, *, after: int = 0) -> Iterator[Entry]:
    """Every line wanted, the newest first, read in steps so that nobody waits for the whole;
    ids above ``after`` only.

    Raises Unavailable.
    """
    before = _ALL
    while entries := log(wanted, limit=EXPORT_STEP, before=before, after=after):
        yield from entries
        before = entries[-1].id


def _parameters(wanted: LogFilter | None) -> dict[str, Any]:
    wanted = wanted or LogFilter()
    return {
        "kinds": json.dumps(list(wanted.kinds)) if wanted.kinds else None,
        "who": clean(wanted.who) or None,
        "subject": clean(wanted.subject) or None,
        "refused": wanted.refused,
        "since": wanted.since and utc(wanted.since),
        "until": wanted.until and utc(wanted.until),
        "text": clean(wanted.text) or None,
    }


def add_entry(
    connection: sqlite3.Connection,
    kind: str,
    who: str,
    now: datetime,
    subject: str,
    detail: Mapping[str, Any],
    *,
    refused: bool = False,
) -> None:
    """A line of the log in the transaction of what it tells of."""
    connection.execute(
        _INSERT_ENTRY,
        {
            "at": utc(now),
            "who": who,
            "kind": kind,
            "subject": clean(subject)[:LONGEST_ID],
            "refused": refused,
            "detail": _detail(detail),
        },
    )


def _detail(detail: Mapping[str, Any]) -> str:
    """The detail as JSON; one that is none, or is too long, as the beginning of its text."""
    try:
        text = json.dumps(detail, ensure_ascii=False, allow_nan=False)
        if len(text.encode("utf-8")) <= LARGEST_DETAIL_BYTES:
            return text
    except (TypeError, ValueError, RecursionError):
        text = str(detail)
    # Four bytes at most a character, and two for each that JSON escapes.
    return json.dumps({"text": clean(text)[: LARGEST_DETAIL_BYTES // 5]}, ensure_ascii=False)


def _entry(row: sqlite3.Row) -> Entry:
    kept = dict(row) | {"refused": bool(row["refused"])}
    try:
        kept["at"] = datetime.fromisoformat(kept["at"])
        kept["detail"] = json.loads(kept["detail"])
    except (TypeError, ValueError) as error:
        raise Damaged(DAMAGED) from error
    return Entry(**kept)


# ---------------------------------------------------------------- text and time


def clean(text: str) -> str:
    """Text without control and invisible characters and halves of a surrogate pair."""
    return values.tidy(text.encode("utf-8", "ignore").decode("utf-8"))


def person(who: str) -> str:
    """A person's name within bounds."""
    return " ".join(clean(who).split())[:LONGEST_ID] or NOBODY


def _now() -> datetime:
    return datetime.now(UTC)


def utc(moment: datetime) -> str:
    """A moment as it is kept, so that text sorts as time."""
    if moment.tzinfo is None:
        raise ValueError(f"no time zone: {moment}")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


# ---------------------------------------------------------------- the file


@contextmanager
def reading() -> Iterator[sqlite3.Connection | None]:
    """A connection that sees one state of the store; None when nothing was ever written."""
    file = path()
    with _explained("无法读取"):
        if not file.exists():
            yield None
            return
        # "rw" without "c" makes no file. It is not "ro": what a killed process left unfinished is
        # undone by the first to open it. On a read-only file SQLite itself turns it into "ro".
        with closing(_open(file, "rw")) as connection:
            version = _version(connection)
            if 0 < version < len(_migrations()):
                connection.execute("begin immediate")
                _migrate(connection)
                connection.execute("commit")
            if version:
                connection.execute("begin")
            yield connection if version else None


@contextmanager
def writing() -> Iterator[sqlite3.Connection]:
    """A connection that alone may write; all or nothing is kept when the block ends."""
    file = path()
    with _explained("无法写入，没有保存"):
        file.parent.mkdir(parents=True, exist_ok=True)
        with closing(_open(file, "rwc")) as connection:
            # At once, not at the first change: two that have both read could not both go on.
            connection.execute("begin immediate")
            _migrate(connection)
            yield connection
            connection.execute("commit")


def _open(file: Path, mode: str) -> sqlite3.Connection:
    """A connection in which every transaction is begun by us."""
    name = quote(file.absolute().as_posix())
    # A path on a network drive begins with two slashes; what follows "file://" must be empty.
    connection = sqlite3.connect(
        f"file://{'' if name.startswith('/') else '/'}{name}?mode={mode}",
        uri=True,
        timeout=LONGEST_WAIT_SECONDS,
        isolation_level=None,
    )
    connection.row_factory = sqlite3.Row
    # Also the folder's entry reaches the disk before a write is called done.
    connection.execute("pragma synchronous = extra")
    connection.execute("pragma trusted_schema = off")
    return connection


# ---------------------------------------------------------------- copies of the whole


def copy_to(target: Path) -> bool:
    """Copy the store as it is at one moment into a new file; False when there is none.

    Raises Unavailable, also when the copy is not whole.
    """
    with reading() as connection:
        if connection is None:
            return False
        with closing(sqlite3.connect(target)) as copy:
            connection.backup(copy)
    check_file(target)
    return True


def check_file(file: Path) -> None:
    """Read a copy of the store whole. Raises Damaged, NewerStore, Unavailable."""
    with _explained("无法读取"), closing(_open(file, "ro")) as connection:
        if not _version(connection):
            raise Damaged(DAMAGED)
        (verdict,) = connection.execute("pragma integrity_check(1)").fetchone()
        if verdict != "ok":
            raise Damaged(DAMAGED)


def replace_with(source: Path, former: str) -> Path | None:
    """Make the store what a copy of it is, in one transaction, so that who has it open sees the one
    or the other. former: the name that what was there is kept under, beside it; its path, or None
    when there was nothing. Raises Unavailable.
    """
    file = path()
    kept = file.with_name(former)
    with _explained("无法写入，没有恢复"):
        try:
            there = copy_to(kept)
        except (Damaged, NewerStore):
            # Nobody can be writing what nobody can open.
            file.replace(kept)
            there = True
        with closing(_open(source, "ro")) as restored, closing(_open(file, "rwc")) as connection:
            # The backup below would wait for a lock without end.
            connection.execute("begin immediate")
            connection.execute("rollback")
            restored.backup(connection)
    if not there:
        kept.unlink(missing_ok=True)
    return kept if there else None


@cache
def _migrations() -> tuple[str, ...]:
    """The scripts that lead from nothing to the newest schema; the n-th makes user_version n."""
    return tuple(each.read_text("utf-8") for each in sorted(MIGRATIONS.glob("*.sql")))


def _version(connection: sqlite3.Connection) -> int:
    """The number of migrations the file has seen. Raises Damaged, NewerStore."""
    (version,) = connection.execute("pragma user_version").fetchone()
    (application,) = connection.execute("pragma application_id").fetchone()
    if version or application:
        ours = application == APPLICATION_ID
    else:
        ours = not connection.execute("select 1 from sqlite_master limit 1").fetchone()
    if not ours:
        raise Damaged(f"{FILE} 不是由本系统写成的文件，请将它移出数据仓库文件夹")
    if version > len(_migrations()):
        raise NewerStore(f"{FILE} 由较新的程序版本写成，请更新程序后再用")
    return int(version)


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring the file up to the newest schema, within the transaction that has begun."""
    version = _version(connection)
    for script in _migrations()[version:]:
        statement = ""
        # Not executescript, which commits what has begun.
        for line in script.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                connection.execute(statement)
                statement = ""
    if version < len(_migrations()):
        connection.execute(f"pragma application_id = {APPLICATION_ID}")
        connection.execute(f"pragma user_version = {len(_migrations())}")


_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_CLOSED = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN}
_DISK = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}


@contextmanager
def _explained(failed: str) -> Iterator[None]:
    """Raise what went wrong with the file as Unavailable, in Chinese. failed: what did not work."""
    try:
        yield
    except OSError as error:
        raise NoAccess(f"{FILE} {failed}：{error.strerror or error}") from error
    except sqlite3.Error as error:
        # The lowest byte is the kind of error, the others its details.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if code in _LOCKED:
            raise Busy(f"{FILE} {failed}：另一个程序正在使用，请稍后再试") from error
        if code in _CLOSED:
            raise NoAccess(f"{FILE} {failed}：文件或文件夹只读，或没有权限") from error
        if code in _DISK:
            raise NoAccess(f"{FILE} {failed}：磁盘已满或有故障") from error
        raise Damaged(DAMAGED) from error
