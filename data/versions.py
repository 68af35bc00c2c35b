"""Data versions: sealed database files, the pointer to the current one, and how to switch.

The warehouse is one folder::

    versions/<utc time>-<hash>.duckdb   sealed, read-only, never changed
    CURRENT                             the id of the version in use, switched by one rename
    load.lock                           held while a version is being made
    notes.sqlite                        what people write, see data/notes.py
    returns/<round>/                    what institutions returned, see data/rounds.py

The hash in a version's name is that of its bytes, so damage shows. Whatever happens in the middle
of a load, CURRENT names a whole version: the file is on the disk before the pointer moves. Anything
else in ``versions`` is left over from a load that was cut off, and the next load removes it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from data import command

# Raised whenever schema.sql or a derived table changes so that older files cannot be read.
SCHEMA_VERSION = 1

WAREHOUSE_DIR = "WAREHOUSE_DIR"
POINTER, LOCK, FOLDER = "CURRENT", "load.lock", "versions"
LOADING = ".loading-"

_ID = re.compile(r"(\d{8}T\d{9}Z)-([0-9a-f]{12})")
_TIME = "%Y%m%dT%H%M%S"
_HASH_LENGTH = 12
# A load holds the lock for the seconds it takes to write and derive, at most a minute.
LONGEST_WAIT_SECONDS = 120.0

RELOAD = "请用 python -m data.load 重新载入工作簿"


class NoVersion(Exception):  # noqa: N818
    """There is no data yet; the message says what to do, in Chinese."""


class DamagedVersion(Exception):  # noqa: N818
    """A database file that cannot be read; the message says which and what to do."""


class OldSchema(Exception):  # noqa: N818
    """A database made by another release of the program; the message says what to do."""


class Busy(Exception):  # noqa: N818
    """Another load holds the warehouse and did not finish in time; the message says so."""


@dataclass(frozen=True)
class Version:
    """A data version. meta: what its table meta holds, empty when ``fault`` says why it cannot be
    used. notice: what a reader must be told, e.g. that it stands in for a damaged one."""

    id: str
    path: Path
    meta: dict[str, str] = field(default_factory=dict)
    fault: str = ""
    notice: str = ""

    @property
    def made_at(self) -> datetime | None:
        """When it was made (UTC), from its id."""
        found = _ID.fullmatch(self.id)
        if not found:
            return None
        seconds, thousandths = found[1][:15], found[1][15:18]
        made = datetime.strptime(seconds, _TIME).replace(tzinfo=UTC)
        return made + timedelta(milliseconds=int(thousandths))

    @property
    def rows(self) -> dict[str, int]:
        """Rows per sheet title, as loaded."""
        return dict(json.loads(self.meta.get("rows", "{}")))


def warehouse_dir() -> Path:
    """The folder with all versions: WAREHOUSE_DIR, else ``data/warehouse``."""
    named = os.environ.get(WAREHOUSE_DIR)
    return Path(named) if named else Path(__file__).parent / "warehouse"


# ---------------------------------------------------------------- reading


def check(path: Path) -> dict[str, str]:
    """What a database file's table meta holds.

    Raises NoVersion when there is no such file, DamagedVersion when it cannot be read whole, and
    OldSchema when it was made by another release. Whole files are read once, then remembered.
    """
    path = Path(path)
    try:
        stat = path.stat()
    except FileNotFoundError:
        raise NoVersion(f"找不到数据库文件：{path}") from None
    except OSError as error:
        raise DamagedVersion(f"数据库文件 {path} 无法读取：{error.strerror or error}") from error
    stamp = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)
    with _checked_lock:
        known = _checked.get(path)
    if known is None or known[0] != stamp:
        known = (stamp, _inspect(path))
        with _checked_lock:
            _checked[path] = known
    found = known[1]
    if isinstance(found, Exception):
        raise found
    return dict(found)


_checked: dict[Path, tuple[tuple[int, ...], dict[str, str] | Exception]] = {}
_checked_lock = threading.Lock()


def _inspect(path: Path) -> dict[str, str] | Exception:
    """A file's meta, or the exception it deserves."""
    named = _ID.fullmatch(path.stem)
    damaged = DamagedVersion(f"数据库文件 {path.name} 已损坏。{RELOAD}，或换用其他版本")
    try:
        if named and _hash(path) != named[2]:
            return damaged
        with closing(duckdb.connect(str(path), read_only=True)) as connection:
            connection.execute("set enable_progress_bar = false")
            meta = dict(connection.execute("select key, value from meta").fetchall())
            if meta.get("schema_version") == str(SCHEMA_VERSION) and not named:
                _read_through(connection)
    except duckdb.CatalogException:
        return DamagedVersion(f"{path.name} 不是由本系统载入的数据库。{RELOAD}")
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            return DamagedVersion(f"数据库文件 {path.name} 正被另一个程序占用，请稍后再试")
        if "version" in str(error).lower():
            return OldSchema(f"数据库文件 {path.name} 由其他版本的 DuckDB 写成。{RELOAD}")
        return damaged
    except (duckdb.Error, OSError):
        return damaged
    version = meta.get("schema_version", "")
    if version != str(SCHEMA_VERSION):
        age = "较新" if version.isdecimal() and int(version) > SCHEMA_VERSION else "较早"
        return OldSchema(
            f"{path.name} 由{age}的程序版本载入（结构版本 {version or '不明'}，"
            f"本程序为 {SCHEMA_VERSION}）。{RELOAD}"
        )
    return {key: value for key, value in meta.items() if value is not None}


def _read_through(connection: duckdb.DuckDBPyConnection) -> None:
    """Read every block, each of which carries a checksum: damage raises."""
    tables = connection.execute("select table_name from duckdb_tables()").fetchall()
    for (table,) in tables:
        connection.execute(f'select bit_xor(hash(t)) from "{table}" as t').fetchall()


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:_HASH_LENGTH]


def is_id(name: str) -> bool:
    """Whether a name is one that a version can have."""
    return _ID.fullmatch(name) is not None


def is_whole(name: str, sha256: str) -> bool:
    """Whether a file with that hash (64 digits) is the version of that id."""
    found = _ID.fullmatch(name)
    return found is not None and found[2] == sha256[:_HASH_LENGTH]


def list_versions() -> list[Version]:
    """Every version, newest first; one that cannot be used says so in ``fault``."""
    return list(newest_first())


def newest_first() -> Iterator[Version]:
    """As ``list_versions``, looked at one by one: who wants a few need not wait for all."""
    return (_look_at(path) for path in files())


def earlier_than(name: str) -> Iterator[Version]:
    """The versions made before the one of that id, newest first, looked at one by one.

    Looking at a file reads it whole once: who wants only the nearest need not wait for the rest.
    """
    return (_look_at(path) for path in files() if path.stem < name)


def files() -> list[Path]:
    """The version files, newest first."""
    folder = warehouse_dir() / FOLDER
    found = [each for each in folder.glob("*.duckdb") if is_id(each.stem)]
    return sorted(found, key=lambda each: each.stem, reverse=True)


def _look_at(path: Path) -> Version:
    try:
        return Version(path.stem, path, check(path))
    except (NoVersion, DamagedVersion, OldSchema) as error:
        return Version(path.stem, path, fault=str(error))


def pointed_at() -> str | None:
    """The id in CURRENT as it stands, None when there is none."""
    try:
        return (warehouse_dir() / POINTER).read_text("utf-8", errors="replace").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return ""


def current() -> Version:
    """The version in use.

    When the pointer or its file is damaged, the newest whole version stands in and ``notice`` says
    so. Raises NoVersion when there is none at all, OldSchema when the version pointed at (or every
    version) was made by another release, DamagedVersion when every version is damaged.
    """
    pointed = pointed_at()
    found = files()
    if pointed is None and not found:
        raise NoVersion("还没有数据。请用 python -m data.load 载入工作簿")
    why = "当前版本的指针丢失或损坏"
    if pointed and _ID.fullmatch(pointed):
        path = warehouse_dir() / FOLDER / f"{pointed}.duckdb"
        try:
            return Version(pointed, path, check(path))
        except NoVersion:
            why = f"当前版本 {pointed} 的文件丢失"
        except DamagedVersion:
            why = f"当前版本 {pointed} 的文件已损坏"
    old: OldSchema | None = None
    for path in found:
        try:
            meta = check(path)
        except OldSchema as error:
            old = old or error
        except (NoVersion, DamagedVersion):
            continue
        else:
            made = meta.get("loaded_at", "")[:16].replace("T", " ")
            notice = f"{why}，现改用最近一个完好的版本 {path.stem}（{made} UTC 载入）"
            return Version(path.stem, path, meta, notice=notice)
    if old is not None:
        raise old
    raise DamagedVersion(f"{why}，也没有其他完好的版本。{RELOAD}")


def pointer_note() -> str:
    """What a reader must be told about the version in use; empty when all is well."""
    try:
        return current().notice
    except (NoVersion, DamagedVersion, OldSchema):
        return ""


# ---------------------------------------------------------------- switching and sealing


@contextmanager
def locked(
    wait: float = LONGEST_WAIT_SECONDS, on_wait: Callable[[], None] | None = None
) -> Iterator[None]:
    """Hold the warehouse alone; the system lets go of the lock when the process dies.

    on_wait is called once if it is held by another; raises Busy after ``wait`` seconds.
    """
    folder = warehouse_dir()
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if on_wait:
                on_wait()
            lock.acquire(timeout=wait)
    except Timeout:
        raise Busy(f"另一项导入已进行超过 {wait:.0f} 秒，请稍后再试；数据没有改变") from None
    try:
        yield
    finally:
        lock.release()


def use(name: str) -> Version:
    """Switch to a version by its id or an unambiguous beginning of it.

    Raises NoVersion for an unknown id, DamagedVersion or OldSchema for one that cannot be used,
    Busy while another process is loading.
    """
    find(name)
    with locked():
        # Only now: it may have been removed while this waited.
        path = find(name)
        version = Version(path.stem, path, check(path))
        point_at(version.id)
    return version


def find(name: str) -> Path:
    """A version's file by its id or an unambiguous beginning of it. Raises NoVersion."""
    found = [path for path in files() if path.stem.startswith(name)] if name else []
    exact = [path for path in found if path.stem == name]
    if not found:
        raise NoVersion(f"没有版本“{name}”。用 python -m data.versions list 查看全部版本")
    if len(found) > 1 and not exact:
        raise NoVersion(f"“{name}”对应 {len(found)} 个版本，请写全编号")
    return (exact or found)[0]


def point_at(name: str) -> None:
    """Move the pointer; only with the lock held and the version in its place."""
    folder = warehouse_dir()
    replace_text(folder / POINTER, name + "\n")


def replace_text(path: Path, text: str) -> None:
    """Write a small file in one step that cannot be seen half done, and that outlives a crash."""
    draft = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    with draft.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Have the disk keep a file's bytes before its name is relied on."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Have the disk keep a folder's names; systems that cannot do it do not need it."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def draft_path() -> Path:
    """Where a new version is built before it is sealed."""
    folder = warehouse_dir() / FOLDER
    return folder / f"{LOADING}{os.getpid()}-{threading.get_ident()}.duckdb"


def seal(draft: Path) -> Version:
    """Make a finished draft the current version: hashed, read-only, on the disk, pointed at."""
    folder = draft.parent
    sync_file(draft)
    name = f"{_next_time()}-{_hash(draft)}"
    draft.chmod(0o444)
    path = folder / f"{name}.duckdb"
    draft.replace(path)
    sync_folder(folder)
    point_at(name)
    return Version(name, path, check(path))


def _next_time() -> str:
    """Now, and later than every version there is, so that ids sort by age under any clock."""
    now = datetime.now(UTC)
    stamp = f"{now.strftime(_TIME)}{now.microsecond // 1000:03d}Z"
    found = files()
    if not found or stamp > found[0].stem[:19]:
        return stamp
    newest = Version(found[0].stem, found[0]).made_at
    assert newest is not None
    after = newest + timedelta(milliseconds=1)
    return f"{after.strftime(_TIME)}{after.microsecond // 1000:03d}Z"


def remove_leftovers() -> None:
    """Remove what loads that were cut off left behind; only with the lock held."""
    home = warehouse_dir()
    for each in (*(home / FOLDER).glob(f"{LOADING}*"), *home.glob(f".{POINTER}.*")):
        remove(each)


def remove(path: Path) -> None:
    """Remove a file, or a folder with what is in it."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def folder_lock(folder: Path) -> Iterator[bool]:
    """Try to hold a folder; whether it was free. It is free again when its holder is gone."""
    if sys.platform == "win32":
        # There, files in use cannot be removed anyway.
        yield True
        return
    import fcntl

    try:
        handle = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(handle)


@contextmanager
def removed_after(draft: Path) -> Iterator[Path]:
    """The draft, gone with everything DuckDB put beside it unless it was sealed."""
    try:
        yield draft
    finally:
        for each in draft.parent.glob(f"{draft.name}*"):
            remove(each)


# ---------------------------------------------------------------- command


def main(arguments: list[str] | None = None) -> int:
    """``python -m data.versions [list | use ID | pin ID | unpin ID | prune --keep N]``; its exit
    code."""
    parser = command.Parser(
        "data.versions", "列出数据版本（最近的在前）、切换、固定，或清理不再需要的"
    )
    parser.add_argument(
        "action",
        nargs="?",
        choices=tuple(_ACTIONS),
        default="list",
        metavar="|".join(_ACTIONS),
        help="，".join(f"{name} {words}" for name, words in _ACTIONS.items()),
    )
    parser.add_argument("id", nargs="?", metavar="ID", help="版本编号，可只写开头几位")
    parser.add_argument(
        "--keep",
        type=int,
        metavar="N",
        help="清理时除当前版本和已固定的以外，还保留最近的几个",
    )
    parser.add_argument("--dry-run", action="store_true", help="只列出会清理什么，不删除")
    options = parser.parse_args(arguments)
    named = options.action in ("use", "pin", "unpin")
    if bool(options.id) != named:
        parser.error(f"{options.action} 后面{'要有版本编号' if named else '不需要编号'}")
    if (options.keep is not None) != (options.action == "prune") or (options.keep or 0) < 0:
        parser.error("清理要写明 --keep N，N 不小于 0；其他操作没有 --keep")
    if options.dry_run and options.action != "prune":
        parser.error("--dry-run 只用于 prune")
    if options.action == "list":
        return _print_list()
    if options.action == "use":
        return _use(options.id)
    if options.action == "prune":
        return _prune(options.keep, dry=options.dry_run)
    return _pin(options.id, pinned=options.action == "pin")


_ACTIONS = {
    "list": "列出（默认）",
    "use": "切换",
    "pin": "固定（不会被清理）",
    "unpin": "取消固定",
    "prune": "清理旧版本",
}


def _use(name: str) -> int:
    before = pointed_at()
    try:
        version = use(name)
    except (NoVersion, DamagedVersion, OldSchema, Busy) as error:
        print(error, file=sys.stderr)
        command.record("rollback", name, {"reason": str(error)}, refused=True)
        return 1
    print(f"已切换到 {_describe(version)}")
    command.record("rollback", version.id, {"from": before or ""})
    return 0


def _pin(name: str, *, pinned: bool) -> int:
    # Built on this module, as are the notes.
    from data import notes, retention

    try:
        found = retention.pin(name, command.who(), pinned=pinned)
    except (NoVersion, Busy, notes.Unavailable) as error:
        print(error, file=sys.stderr)
        command.record("pin" if pinned else "unpin", name, {"reason": str(error)}, refused=True)
        return 1
    print(f"{'已固定' if pinned else '已取消固定'} {found}")
    return 0


def _prune(keep: int, *, dry: bool) -> int:
    from data import notes, retention

    try:
        if dry:
            found = retention.preview(keep)
            going, left, size = found.going, {}, found.bytes
        else:
            done = retention.prune(keep, command.who())
            going, left, size = done.removed, done.left, done.bytes
    except (retention.Unprunable, Busy, notes.Unavailable, OSError) as error:
        print(error, file=sys.stderr)
        if not dry:
            command.record("prune", "", {"keep": keep, "reason": str(error)}, refused=True)
        return 1
    for each in going:
        named = f"  情景：{'、'.join(each.scenarios)}" if each.scenarios else ""
        print(f"{each.id}  {each.bytes:,} 字节{named}")
    for name, reason in left.items():
        print(f"{name}：{reason}", file=sys.stderr)
    print(f"{'将清理' if dry else '已清理'} {len(going)} 个版本，{size:,} 字节")
    return 1 if left else 0


def _print_list() -> int:
    from data import notes, retention

    versions = list_versions()
    if not versions:
        print("还没有数据版本。请用 python -m data.load 载入工作簿")
        return 0
    in_use = ""
    try:
        found = current()
        in_use = found.id
        if found.notice:
            print(found.notice, file=sys.stderr)
    except (NoVersion, DamagedVersion, OldSchema) as error:
        print(error, file=sys.stderr)
    marks = {}
    try:
        marks = notes.marks()
    except notes.Unavailable as error:
        print(error, file=sys.stderr)
    for version in versions:
        mark = marks.get(version.id)
        line = f"{'*' if version.id == in_use else ' '} {_describe(version)}"
        noted = retention.noted(version, mark)
        print(f"{line}{'  已固定' if mark and mark.pinned else ''}{f'  {noted}' if noted else ''}")
    print("* 为当前版本")
    return 0


def _describe(version: Version) -> str:
    if version.fault:
        return f"{version.id}  不可用：{version.fault}"
    meta = version.meta
    return (
        f"{version.id}  {meta.get('dataset_name', '')}"
        f"（数据截止 {meta.get('data_date', '')}，{meta.get('nature', '')}）"
        f"  载入于 {meta.get('loaded_at', '')[:19].replace('T', ' ')} UTC"
        f"  提醒 {meta.get('warnings', '0')} 条"
    )


if __name__ == "__main__":
    # Under its own name: else the modules built on it would know other exceptions than this one.
    from data import versions  # noqa: PLW0406

    command.run(versions.main)
