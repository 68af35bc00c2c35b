"""Restore the warehouse from a backup of ``python -m data.backup``.

Everything in the archive is read, hashed and opened in a folder of its own before anything in the
warehouse changes. Then the versions and the returned workbooks take their places, the notes go into
notes.sqlite in one transaction, and last the pointer moves. Cut off before that, the warehouse is
in use as it was; cut off in between, a second restore completes the first. Versions that the
warehouse has and the archive has not are kept, and so are the former notes, under another name.

Names in an archive are only used as paths when they are exactly a version's or a returned
workbook's; what is neither nor notes.sqlite is refused.
"""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from stat import S_ISLNK, S_ISREG
from typing import Any

from data import backup, command, notes, rounds, versions

RESTORING = ".restoring-"
_DEFLATED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


class Refused(Exception):  # noqa: N818
    """The archive is damaged or not ours; nothing changed. The message says why, in Chinese."""


class Unwritable(Exception):  # noqa: N818
    """The warehouse cannot be written or the archive not read; the message says why."""


@dataclass(frozen=True)
class Restored:
    """What a restore did. kept: versions the warehouse had and the archive has not; notes: whether
    the archive has notes; former_notes: where the notes that were there are kept."""

    current: str
    versions: int
    kept: list[str]
    notes: bool
    former_notes: Path | None
    made_at: str


@dataclass(frozen=True)
class _Listed:
    """A file that the manifest lists."""

    info: zipfile.ZipInfo
    size: int
    sha256: str


@dataclass(frozen=True)
class _Archive:
    """What an archive says of itself, checked: version id → file; the notes, if any; the returned
    workbooks, by name within the warehouse."""

    current: str
    made_at: str
    versions: dict[str, _Listed]
    notes: _Listed | None
    returns: dict[str, _Listed]


def restore(file: Path) -> Restored:
    """Make the warehouse what it was when the backup was made.

    Raises Refused, Unwritable, data.versions.Busy (a load is running) or data.notes.Unavailable
    (somebody holds the notes); the version in use is then the one that was.
    """
    file = Path(file)
    try:
        with zipfile.ZipFile(file) as opened:
            found = _read_manifest(opened)
            with _draft_folder(found) as folder:
                _unpack(opened, found, folder)
                with versions.locked():
                    return _switch(found, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise Refused(f"{file} 不是备份文件，或已损坏；没有恢复任何数据") from error
    except OSError as error:
        if error.errno == errno.EINVAL and not error.filename:
            # Its directory points outside the file.
            raise Refused(f"{file} 不是备份文件，或已损坏；没有恢复任何数据") from error
        where = error.filename or file
        raise Unwritable(f"无法读写 {where}：{error.strerror or error}") from error


# ---------------------------------------------------------------- the archive


def _read_manifest(opened: zipfile.ZipFile) -> _Archive:
    """What the archive holds. Raises Refused unless that is exactly what a backup holds."""
    infos = {info.filename: info for info in opened.infolist()}
    if len(infos) != len(opened.infolist()):
        raise Refused("备份中有重名的文件，不是本系统的备份；没有恢复任何数据")
    manifest = _manifest(opened, infos)
    listed = {
        name: _listed(name, entry, infos.get(name)) for name, entry in manifest["files"].items()
    }
    strange = sorted(infos.keys() - listed.keys() - {backup.MANIFEST})
    if strange:
        raise Refused(f"备份中有清单没有列出的文件“{strange[0][:80]}”；没有恢复任何数据")
    kept_notes = listed.pop(notes.FILE, None)
    returned = {name: listed.pop(name) for name in list(listed) if rounds.is_file(name) is not None}
    for name, each in returned.items():
        if rounds.is_file(name) not in ("", each.sha256):
            raise Refused(f"备份中的“{name}”与其名称不符；没有恢复任何数据")
    found = {_version_id(name): each for name, each in listed.items()}
    current = manifest["current"]
    if current not in found and (current or found):
        raise Refused("备份的清单没有指明可用的当前版本；没有恢复任何数据")
    return _Archive(current, str(manifest.get("made_at", "")), found, kept_notes, returned)


def _manifest(opened: zipfile.ZipFile, infos: dict[str, zipfile.ZipInfo]) -> dict[str, Any]:
    info = infos.get(backup.MANIFEST)
    if info is None or info.file_size > backup.LARGEST_MANIFEST_BYTES or info.flag_bits & 1:
        raise Refused("这不是本系统的备份（没有清单）；没有恢复任何数据")
    try:
        found = json.loads(opened.read(info))
    except (ValueError, RecursionError, NotImplementedError):
        raise Refused("备份的清单已损坏；没有恢复任何数据") from None
    if not isinstance(found, dict) or found.get("format") != backup.FORMAT:
        raise Refused("这不是本系统的备份；没有恢复任何数据")
    if found.get("format_version") != backup.FORMAT_VERSION:
        raise Refused("备份由其他版本的程序写成，本程序不能恢复；没有恢复任何数据")
    if not isinstance(found.get("files"), dict) or not isinstance(found.get("current"), str):
        raise Refused("备份的清单已损坏；没有恢复任何数据")
    return found


def _listed(name: str, entry: Any, info: zipfile.ZipInfo | None) -> _Listed:
    """One file of the manifest, as the archive's own directory has it too."""
    if info is None:
        raise Refused(f"备份缺少文件“{name[:80]}”；没有恢复任何数据")
    mode = info.external_attr >> 16
    size, digest = (entry.get("size"), entry.get("sha256")) if isinstance(entry, dict) else (0, 0)
    ordinary = not S_ISLNK(mode) and (not mode >> 12 or S_ISREG(mode)) and not info.is_dir()
    if not ordinary or info.flag_bits & 1 or info.compress_type not in _DEFLATED:
        raise Refused(f"备份中的“{name[:80]}”不是普通文件；没有恢复任何数据")
    if not isinstance(digest, str) or not isinstance(size, int) or size != info.file_size:
        raise Refused(f"备份中的“{name[:80]}”与清单不符；没有恢复任何数据")
    return _Listed(info, size, digest)


def _version_id(name: str) -> str:
    path = PurePosixPath(name)
    if name != f"{versions.FOLDER}/{path.stem}.duckdb" or not versions.is_id(path.stem):
        raise Refused(f"备份中有不该有的文件“{name[:80]}”；没有恢复任何数据")
    return path.stem


# ---------------------------------------------------------------- unpacking and checking


@contextmanager
def _draft_folder(found: _Archive) -> Iterator[Path]:
    """A folder in the warehouse, so that renaming out of it is one step, with room for the files;
    what a restore that was killed left there is removed."""
    home = versions.warehouse_dir()
    home.mkdir(parents=True, exist_ok=True)
    for left in home.glob(f"{RESTORING}*"):
        with versions.folder_lock(left) as free:
            if free:
                versions.remove(left)
    listed = [*found.versions.values(), *found.returns.values()]
    listed += [found.notes] if found.notes else []
    needed, free_bytes = sum(each.size for each in listed), shutil.disk_usage(home).free
    if needed > free_bytes:
        raise Unwritable(f"磁盘空间不足：恢复需要 {needed:,} 字节，{home} 只剩 {free_bytes:,} 字节")
    folder = Path(tempfile.mkdtemp(prefix=RESTORING, dir=home))
    try:
        with versions.folder_lock(folder):
            yield folder
    finally:
        versions.remove(folder)


def _unpack(opened: zipfile.ZipFile, found: _Archive, folder: Path) -> None:
    """Every file in the folder under its plain name, its hash and its content checked."""
    for name, each in found.versions.items():
        if not versions.is_whole(name, each.sha256):
            raise Refused(f"备份中的版本 {name} 与其编号不符；没有恢复任何数据")
        path = folder / f"{name}.duckdb"
        _copy(opened, each, path)
        path.chmod(0o444)
        try:
            versions.check(path)
        except versions.OldSchema:
            # The app says so when it opens one; it is as good as it was.
            continue
        except versions.DamagedVersion as error:
            raise Refused(f"备份中的版本 {name} 无法打开；没有恢复任何数据") from error
    for place, each in enumerate(found.returns.values()):
        _copy(opened, each, folder / _unpacked_return(place))
    if found.notes:
        path = folder / notes.FILE
        _copy(opened, found.notes, path)
        try:
            notes.check_file(path)
        except notes.Unavailable as error:
            raise Refused(f"备份中的情景和日志不能用：{error}；没有恢复任何数据") from error


def _unpacked_return(place: int) -> str:
    return f"return-{place}.xlsx"


def _copy(opened: zipfile.ZipFile, listed: _Listed, path: Path) -> None:
    digest, size = hashlib.sha256(), 0
    try:
        with opened.open(listed.info) as source, path.open("xb") as target:
            while block := source.read(backup.STEP_BYTES):
                size += len(block)
                if size > listed.size:
                    break
                digest.update(block)
                target.write(block)
    except (RuntimeError, NotImplementedError) as error:
        raise zipfile.BadZipFile(str(error)) from error
    if size != listed.size or digest.hexdigest() != listed.sha256:
        raise Refused(f"备份中的“{listed.info.filename}”已损坏；没有恢复任何数据")
    versions.sync_file(path)


# ---------------------------------------------------------------- switching


def _switch(found: _Archive, folder: Path) -> Restored:
    """Put what was unpacked in place, the pointer last; with the warehouse's lock held."""
    places = versions.warehouse_dir() / versions.FOLDER
    had = {path.stem for path in versions.files()}
    for name in found.versions:
        # Also over a file of that name: it has the same bytes, or is damaged.
        (folder / f"{name}.duckdb").replace(places / f"{name}.duckdb")
    versions.sync_folder(places)
    for place, name in enumerate(found.returns):
        target = versions.warehouse_dir() / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (folder / _unpacked_return(place)).replace(target)
        versions.sync_folder(target.parent)
    former = None
    if found.notes:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        former = notes.replace_with(folder / notes.FILE, f"notes-before-restore-{stamp}.sqlite")
    if found.current:
        versions.point_at(found.current)
    return Restored(
        found.current,
        len(found.versions),
        sorted(had - found.versions.keys(), reverse=True),
        found.notes is not None,
        former,
        found.made_at,
    )


# ---------------------------------------------------------------- command


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code: 1 when the archive is refused, 2 when disk or lock is
    in the way."""
    parser = command.Parser(
        "data.restore", "从备份恢复数据仓库：先校验备份中的每个文件，全部完好才切换"
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="python -m data.backup 写出的文件")
    options = parser.parse_args(arguments)
    try:
        done = restore(options.file)
    except (Refused, Unwritable, versions.Busy, notes.Unavailable) as error:
        print(error, file=sys.stderr)
        detail = {"file": options.file.name, "reason": str(error)}
        command.record("restore", "", detail, refused=True)
        return 1 if isinstance(error, Refused) else 2
    made = done.made_at[:19].replace("T", " ")
    print(f"已恢复 {made} UTC 的备份：{done.versions} 个版本，当前版本 {done.current or '无'}")
    if done.kept:
        print(f"原有的 {len(done.kept)} 个版本不在备份中，仍然保留")
    if done.former_notes:
        print(f"原有的情景和日志另存为 {done.former_notes.name}")
    elif not done.notes and notes.path().exists():
        print("备份中没有情景和日志，原有的保持不变")
    command.record("restore", done.current, {"file": options.file.name})
    return 0


if __name__ == "__main__":
    command.run(main)
