"""Backup and restore: the same again elsewhere, whatever was running; a bad file loses nothing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from data import backup, notes, restore, retention, versions
from data.load import load_workbook
from data.notes import LogFilter
from tests.data.small_book import minimal, spoilt, write_folder
from tests.data.test_kill import STOPPING_LOAD, kill_where_it_stops
from tests.data.test_notes import draft

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with two versions, the older in use, a scenario and a line in the log."""
    folder = tmp_path_factory.mktemp("original")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(versions.WAREHOUSE_DIR, str(folder / "warehouse"))
        older = load_workbook(write_folder(minimal(), folder / "a")).version
        load_workbook(write_folder(spoilt(minimal(), {"院校!B2": "新学院"}), folder / "b"))
        versions.use(older.id)
        notes.save_scenario(draft(), "张三")
        retention.pin(older.id, "张三")
    return folder / "warehouse"


@pytest.fixture(scope="module")
def kept(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its backup."""
    file = tmp_path_factory.mktemp("backup") / "备份.zip"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(versions.WAREHOUSE_DIR, str(original))
        assert backup.main([str(file)]) == 0
    return file


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "elsewhere"
    monkeypatch.setenv(versions.WAREHOUSE_DIR, str(folder))
    return folder


def state(warehouse: Path) -> dict[str, Any]:
    """What opening the warehouse finds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(versions.WAREHOUSE_DIR, str(warehouse))
        return {
            "current": versions.current().id,
            "notice": versions.current().notice,
            "versions": {each.id: each.meta for each in versions.list_versions()},
            "bytes": {each.name: each.read_bytes() for each in versions.files()},
            "scenarios": notes.scenarios(),
            "marks": notes.marks(),
        }


def edited(kept: Path, target: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """A copy of a backup with other members."""
    with zipfile.ZipFile(kept) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target


def test_restored_elsewhere_it_opens_the_same(
    original: Path, kept: Path, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert restore.main([str(kept)]) == 0
    assert "2 个版本" in capsys.readouterr().out
    assert state(elsewhere) == state(original)
    lines = [(each.kind, each.who) for each in notes.log()]
    assert lines[-1] == ("scenario_save", "张三")
    assert lines[0][0] == "restore"
    assert {each.name for each in elsewhere.iterdir()} <= {
        *("CURRENT", "versions", "load.lock", "notes.sqlite")
    }
    assert not os.access(versions.current().path, os.W_OK) or os.geteuid() == 0
    # And it can be loaded into, switched and backed up again.
    assert backup.main([str(elsewhere.parent / "again.zip")]) == 0


def test_both_are_commands(kept: Path, elsewhere: Path) -> None:
    environment = os.environ | {"PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "data.restore", str(kept)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    done = subprocess.run(
        [sys.executable, "-m", "data.backup", str(elsewhere)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 2
    assert "文件夹" in done.stderr


def test_what_was_there_is_kept(kept: Path, elsewhere: Path, tmp_path: Path) -> None:
    """Over another warehouse: its version stays in the list, its notes beside the new ones."""
    other = load_workbook(write_folder(minimal(), tmp_path / "book")).version
    notes.save_scenario(draft("只在这里"), "李四")
    done = restore.restore(kept)
    assert done.kept == [other.id]
    assert other.id in {each.id for each in versions.list_versions()}
    assert versions.current().id == done.current != other.id
    assert [each.name for each in notes.scenarios()] == ["只裁撤红牌点"]
    assert done.former_notes
    with closing(sqlite3.connect(done.former_notes)) as connection:
        assert connection.execute("select name from scenarios").fetchall() == [("只在这里",)]


def test_over_damage_it_repairs(original: Path, kept: Path, elsewhere: Path) -> None:
    shutil.copytree(original, elsewhere)
    for path in versions.files():
        path.chmod(0o644)
        path.write_bytes(b"damaged")
    (elsewhere / "CURRENT").write_text("?")
    (elsewhere / "notes.sqlite").write_bytes(b"not a database, for as long as it takes" * 200)
    restore.restore(kept)
    found, wanted = state(elsewhere), state(original)
    assert found == wanted


def test_while_the_app_writes(original: Path, elsewhere: Path, tmp_path: Path) -> None:
    """Versions switched and notes written all the while: each backup is one moment, and whole."""
    shutil.copytree(original, elsewhere)
    names = [path.stem for path in versions.files()]
    stop = threading.Event()

    def busy() -> None:
        number = 0
        while not stop.is_set():
            versions.use(names[number % 2])
            notes.record("test", "王五", str(number))
            number += 1

    worker = threading.Thread(target=busy)
    worker.start()
    try:
        files = [tmp_path / f"{n}.zip" for n in range(3)]
        for file in files:
            backup.back_up(file)
    finally:
        stop.set()
        worker.join()
    for file in files:
        versions.remove(elsewhere)
        done = restore.restore(file)
        assert versions.current().id == done.current
        lines = [int(each.subject) for each in notes.log(LogFilter(kinds=["test"]), limit=9999)]
        assert lines == list(range(len(lines)))[::-1]


def test_a_damaged_version_is_left_out_and_said(
    original: Path, elsewhere: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(original, elsewhere)
    newest = versions.files()[0]
    newest.chmod(0o644)
    newest.write_bytes(newest.read_bytes()[:-100])
    assert backup.main([str(tmp_path / "b.zip")]) == 0
    assert f"版本 {newest.stem} 的文件已损坏" in capsys.readouterr().err
    versions.remove(elsewhere)
    restore.restore(tmp_path / "b.zip")
    assert newest.stem not in {each.id for each in versions.list_versions()}


def test_where_a_backup_may_not_go(
    original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: Path
) -> None:
    monkeypatch.setenv(versions.WAREHOUSE_DIR, str(original))
    report = tmp_path / "报送.xlsx"
    report.write_bytes(b"PK not a backup")
    for target, words in (
        (report, "为免误删"),
        (original / "b.zip", "不能放在数据仓库"),
        (tmp_path / "no" / "b.zip", "没有这个文件夹"),
    ):
        with pytest.raises(backup.Unbacked, match=words):
            backup.back_up(target)
    assert report.read_bytes() == b"PK not a backup"
    earlier = Path(shutil.copy(kept, tmp_path / "b.zip"))
    backup.back_up(earlier)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.zip", "报送.xlsx"]
    monkeypatch.setenv(versions.WAREHOUSE_DIR, str(tmp_path / "nothing"))
    with pytest.raises(backup.Unbacked, match="没有可备份的数据"):
        backup.back_up(tmp_path / "c.zip")


# ---------------------------------------------------------------- refused


def manifest(members: dict[str, bytes]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(members["manifest.json"])
    return found


def put(members: dict[str, bytes], changed: dict[str, Any]) -> None:
    members["manifest.json"] = json.dumps(changed).encode()


def damaged_version(members: dict[str, bytes]) -> None:
    name = max(members)
    members[name] = members[name][:-1] + bytes([members[name][-1] ^ 1])


def damaged_with_its_hash(members: dict[str, bytes]) -> None:
    """Consistent with the manifest, not with the version's own name."""
    damaged_version(members)
    found, name = manifest(members), max(members)
    found["files"][name]["sha256"] = hashlib.sha256(members[name]).hexdigest()
    put(members, found)


def renamed(to: str) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        found, name = manifest(members), max(members)
        members[to] = members.pop(name)
        found["files"][to] = found["files"].pop(name)
        put(members, found)

    return change


def missing(members: dict[str, bytes]) -> None:
    members.pop(max(members))


def added(members: dict[str, bytes]) -> None:
    members["../../evil.py"] = b"print()"


def other_pointer(members: dict[str, bytes]) -> None:
    put(members, manifest(members) | {"current": "../../etc/passwd"})


def later_format(members: dict[str, bytes]) -> None:
    put(members, manifest(members) | {"format_version": 2})


def foreign(members: dict[str, bytes]) -> None:
    put(members, {"format": "another", "files": {}, "current": ""})


def no_manifest(members: dict[str, bytes]) -> None:
    members.pop("manifest.json")


def other_notes(members: dict[str, bytes]) -> None:
    content = b"SQLite format 3\0" + bytes(4080)
    found = manifest(members)
    members["notes.sqlite"] = content
    found["files"]["notes.sqlite"] = {
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    put(members, found)


@pytest.mark.parametrize(
    "change",
    [
        damaged_version,
        damaged_with_its_hash,
        renamed("../CURRENT"),
        renamed("/tmp/evil.duckdb"),
        renamed("versions/../../evil.duckdb"),
        renamed("versions\\..\\evil.duckdb"),
        renamed("versions/evil.duckdb"),
        missing,
        added,
        other_pointer,
        later_format,
        foreign,
        no_manifest,
        other_notes,
    ],
)
def test_a_bad_archive_changes_nothing(
    change: Callable[[dict[str, bytes]], None],
    original: Path,
    kept: Path,
    elsewhere: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(original, elsewhere)
    logged = notes.log()

    def kept_bytes() -> dict[Path, bytes]:
        found = (each for each in elsewhere.rglob("*") if each.is_file())
        return {path: path.read_bytes() for path in found if path.name != notes.FILE}

    before, scenarios = kept_bytes(), notes.scenarios()
    assert restore.main([str(edited(kept, tmp_path / "bad.zip", change))]) == 1
    assert "没有恢复任何数据" in capsys.readouterr().err
    assert (kept_bytes(), notes.scenarios()) == (before, scenarios)
    refused, *others = notes.log()
    assert (refused.kind, refused.refused, others) == ("restore", True, logged)
    assert {path.name for path in tmp_path.iterdir()} == {"bad.zip", "elsewhere"}


def test_a_link_in_the_archive_is_refused(
    original: Path, kept: Path, elsewhere: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.zip"
    with zipfile.ZipFile(kept) as archive, zipfile.ZipFile(bad, "w") as copy:
        for name in archive.namelist():
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o120777 if name == "notes.sqlite" else 0o100644) << 16
            copy.writestr(info, archive.read(name))
    with pytest.raises(restore.Refused, match="不是普通文件"):
        restore.restore(bad)


def test_cut_short_or_random_it_is_refused(kept: Path, elsewhere: Path, tmp_path: Path) -> None:
    whole = kept.read_bytes()
    for content in (b"", b"PK", os.urandom(5000), whole[: len(whole) // 2], whole[1000:]):
        (tmp_path / "bad.zip").write_bytes(content)
        with pytest.raises(restore.Refused, match="没有恢复任何数据"):
            restore.restore(tmp_path / "bad.zip")
    with pytest.raises(restore.Unwritable):
        restore.restore(tmp_path / "none.zip")


def test_without_room_nothing_is_unpacked(
    kept: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil.disk_usage("/")._replace(free=100)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(restore.Unwritable, match="磁盘空间不足"):
        restore.restore(kept)
    assert list(elsewhere.iterdir()) == []


# ---------------------------------------------------------------- killed


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize(
    ("step", "moved"),
    [
        ("data.restore._unpack after", False),
        ("Path.replace after", False),
        ("data.notes.replace_with after", False),
        ("data.versions.point_at before", False),
        ("data.versions.point_at after", True),
    ],
)
def test_killed_in_the_middle(
    step: str, moved: bool, original: Path, kept: Path, elsewhere: Path, tmp_path: Path
) -> None:
    """The version in use opens as before until the last step; a second restore completes it."""
    before = load_workbook(write_folder(minimal(), tmp_path / "book")).version
    place, when = step.split()
    script = STOPPING_LOAD.replace("data.load", "data.restore")
    kill_where_it_stops(script, place, "1", when, str(kept))
    found = versions.current()
    assert (found.id != before.id, found.notice) == (moved, "")
    notes.scenarios()

    restore.restore(kept)
    assert not list(elsewhere.glob(".restoring-*"))
    assert versions.current().id == state(original)["current"]
    assert notes.scenarios() == state(original)["scenarios"]


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_backup_killed_in_the_middle_leaves_no_half_of_one(
    original: Path, kept: Path, tmp_path: Path
) -> None:
    target = Path(shutil.copy(kept, tmp_path / "b.zip"))
    script = STOPPING_LOAD.replace("data.load", "data.backup")
    step = ("data.backup._read_back", "1", "before")
    there = {versions.WAREHOUSE_DIR: str(original)}
    kill_where_it_stops(script, *step, str(target), **there)
    assert target.read_bytes() == kept.read_bytes()
