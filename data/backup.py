"""Back up the whole warehouse into one file, while the app runs.

The file is a .zip::

    versions/<id>.duckdb   every whole version, as it lies in the warehouse
    notes.sqlite           one moment of what people wrote, if they wrote anything
    returns/<round>/…      the workbooks that institutions returned, as far as the notes name them
    manifest.json          what the above are, with sizes and hashes, and which version is in use

Versions never change once made, the pointer is read once, and the notes are copied by SQLite's own
backup, so nothing has to stop. The file appears under its name only when it is whole and has been
read back.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from data import command, notes, rounds, versions

FORMAT, FORMAT_VERSION = "vocational-plan-backup", 1
MANIFEST = "manifest.json"
# A year of daily versions is 100 kB.
LARGEST_MANIFEST_BYTES = 8_000_000
STEP_BYTES = 1 << 20


class Unbacked(Exception):  # noqa: N818
    """There is no backup; the message says why, in Chinese."""


@dataclass(frozen=True)
class Backup:
    """A backup as made. left_out: the versions it lacks because their files are damaged; returns:
    how many returned workbooks it has; lost: the names of those whose files are damaged or gone."""

    path: Path
    current: str
    versions: int
    notes: bool
    left_out: list[str]
    returns: int = 0
    lost: tuple[str, ...] = ()


def back_up(file: Path) -> Backup:
    """Write a backup of the warehouse to a file; an earlier backup there is replaced.

    Raises Unbacked, or data.notes.Unavailable when the notes cannot be read; then no file is
    written or changed.
    """
    file = Path(os.path.realpath(file))
    _check_target(file)
    current = _current()
    try:
        with _draft_beside(file) as draft:
            made = _write(draft, file, current)
            draft.replace(file)
            versions.sync_folder(file.parent)
    except OSError as error:
        raise Unbacked(f"无法写入 {file}：{error.strerror or error}") from error
    return made


def is_backup(file: Path) -> bool:
    """Whether a file says that it is a backup of this system; it may still be damaged."""
    try:
        with zipfile.ZipFile(file) as archive, archive.open(MANIFEST) as stream:
            found = json.loads(stream.read(LARGEST_MANIFEST_BYTES))
    except (OSError, ValueError, KeyError, RuntimeError, NotImplementedError, zipfile.BadZipFile):
        return False
    return isinstance(found, dict) and found.get("format") == FORMAT


def _check_target(file: Path) -> None:
    if file.is_dir() or not file.parent.is_dir():
        raise Unbacked(f"无法写入 {file}：没有这个文件夹，或它是文件夹")
    if file.is_relative_to(os.path.realpath(versions.warehouse_dir())):
        raise Unbacked("备份不能放在数据仓库文件夹里：仓库丢失时备份也会丢失")
    if file.exists() and file.stat().st_size and not is_backup(file):
        raise Unbacked(f"{file} 已经存在，且不是本系统的备份，为免误删未作替换")


def _current() -> str:
    """The id of the version in use; empty when there is no version."""
    try:
        return versions.current().id
    except versions.NoVersion:
        if not notes.path().exists():
            raise Unbacked(f"{versions.warehouse_dir()} 中没有可备份的数据") from None
        return ""
    except versions.OldSchema:
        # Another release's data is worth keeping all the same.
        return versions.pointed_at() or ""
    except versions.DamagedVersion as error:
        raise Unbacked(str(error)) from error


def _write(draft: Path, file: Path, current: str) -> Backup:
    entries: dict[str, dict[str, Any]] = {}
    left_out = []
    lost: list[str] = []
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in versions.files():
            name = f"{versions.FOLDER}/{path.name}"
            try:
                stream = path.open("rb")
            except FileNotFoundError:
                # Pruned since the folder was listed.
                if path.stem == current:
                    raise Unbacked("备份时当前版本被切换并清理，请再备份一次") from None
                continue
            with stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
                if not versions.is_whole(path.stem, digest):
                    left_out.append(path.stem)
                    continue
                stream.seek(0)
                entries[name] = _add(archive, name, stream)
            if entries[name]["sha256"] != digest:
                raise Unbacked(f"备份时版本 {path.stem} 的文件读出了不同的内容，请检查磁盘")
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / notes.FILE
            with_notes = notes.copy_to(copy)
            if with_notes:
                with copy.open("rb") as stream:
                    entries[notes.FILE] = _add(archive, notes.FILE, stream)
                lost = _add_returns(archive, copy, entries)
        if current and f"{versions.FOLDER}/{current}.duckdb" not in entries:
            raise Unbacked(f"当前版本 {current} 的文件丢失或已损坏，没有备份")
        manifest = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "current": current,
            "left_out": left_out,
            "files": entries,
        }
        archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
    versions.sync_file(draft)
    _read_back(draft, entries)
    returned = sum(name.startswith(f"{rounds.FOLDER}/") for name in entries)
    count = len(entries) - with_notes - returned
    return Backup(file, current, count, with_notes, left_out, returned, tuple(lost))


def _add_returns(
    archive: zipfile.ZipFile, store: Path, entries: dict[str, dict[str, Any]]
) -> list[str]:
    """Put the returned workbooks that the notes name into the archive; those that are damaged or
    gone. A marked one can be made again, so nobody need know that it is not there."""
    lost = []
    for name in rounds.files_of(store):
        claimed = rounds.is_file(name)
        path = versions.warehouse_dir() / name
        try:
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
                if claimed and digest != claimed:
                    lost.append(name)
                    continue
                stream.seek(0)
                entries[name] = _add(archive, name, stream)
        except FileNotFoundError:
            lost += [name] if claimed else []
    return lost


def _add(archive: zipfile.ZipFile, name: str, stream: IO[bytes]) -> dict[str, Any]:
    """Put a stream into the archive; its size and hash, of the very bytes that went in."""
    digest, size = hashlib.sha256(), 0
    info = zipfile.ZipInfo(name, datetime.now(UTC).timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    with archive.open(info, "w", force_zip64=True) as target:
        while block := stream.read(STEP_BYTES):
            digest.update(block)
            size += len(block)
            target.write(block)
    return {"size": size, "sha256": digest.hexdigest()}


def _read_back(draft: Path, entries: dict[str, dict[str, Any]]) -> None:
    """Read what was written: a backup that cannot be read is none."""
    with zipfile.ZipFile(draft) as archive:
        for name, entry in entries.items():
            with archive.open(name) as stream:
                # zipfile.ZipExtFile is what file_digest can read, though its type does not say so.
                digest = hashlib.file_digest(stream, "sha256")  # type: ignore[arg-type]
            if digest.hexdigest() != entry["sha256"]:
                raise Unbacked(f"写入后读回 {name} 与原文件不一致，请检查磁盘")


@contextmanager
def _draft_beside(file: Path) -> Iterator[Path]:
    """Where the backup is written before it has its name; gone in any case at the end."""
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".part", dir=file.parent)
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


# ---------------------------------------------------------------- command


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = command.Parser(
        "data.backup", "把整个数据仓库（全部版本、情景和日志）备份成一个文件；应用可以照常运行"
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="备份文件，如 备份.zip")
    options = parser.parse_args(arguments)
    try:
        made = back_up(options.file)
    except (Unbacked, notes.Unavailable) as error:
        print(error, file=sys.stderr)
        detail = {"file": options.file.name, "reason": str(error)}
        command.record("backup", "", detail, refused=True)
        return 2
    for name in made.left_out:
        print(f"版本 {name} 的文件已损坏，没有收入备份", file=sys.stderr)
    for name in made.lost:
        print(f"返回的填报表 {name} 已损坏或丢失，没有收入备份", file=sys.stderr)
    size = made.path.stat().st_size
    print(
        f"已备份：{made.path}（{size:,} 字节，{made.versions} 个版本，"
        f"{'含' if made.notes else '没有'}情景和日志，"
        f"返回的填报表文件 {made.returns} 个，当前版本 {made.current or '无'}）"
    )
    command.record("backup", made.current, {"file": made.path.name, "bytes": size})
    return 0


if __name__ == "__main__":
    command.run(main)
