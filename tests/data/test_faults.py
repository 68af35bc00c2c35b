"""Faults of the machine under a load: a kill at any moment, a full disk, a read-only folder, a
clock going back. What was there opens as before."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data import load, notes, trial, versions
from data.load import Unwritable, load_workbook
from tests.data.small_book import minimal, write_folder

ROOT = Path(__file__).parents[2]
KILLS = 50

KILLER = """
import os, random, shutil, signal, sys
from pathlib import Path

def killer(left, lines_of=None):
    def step(frame, event, argument):
        nonlocal left
        if lines_of and frame.f_code.co_filename != lines_of:
            return None
        left -= event == "line" or not lines_of
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return step
    return step

def at_the_switch(line):
    # From when the version has its name: its file moves into place, then the pointer.
    whole = versions._hash

    def named(path):
        versions._hash = whole
        found = whole(path)
        step = killer(line, versions.__file__)
        sys._getframe(1).f_trace = step
        sys.settrace(step)
        return found

    versions._hash = named

def told(seed, status):
    found = versions.current()
    faults = [each.fault for each in versions.list_versions() if each.fault]
    killed = "killed" if os.WIFSIGNALED(status) else "finished"
    print(seed, killed, found.notice or "-", len(faults), flush=True)
"""

# Loads in children of one process, each killed by itself after so many steps of the interpreter;
# half of them at the switch, one before each of its lines.
KILLED_LOADS = f"""{KILLER}
from data import load, versions

book, count, longest = sys.argv[1], *map(int, sys.argv[2:])

finished = versions.current().path
for seed in range(count):
    child = os.fork()
    if not child:
        try:
            if seed % 2:
                with versions.locked():
                    draft = Path(shutil.copy(finished, versions.draft_path()))
                    draft.chmod(0o644)
                    at_the_switch(seed // 2 + 1)
                    versions.seal(draft)
            else:
                sys.settrace(killer(random.Random(seed).randrange(1, longest)))
                load.load_workbook(Path(book))
        finally:
            os._exit(0)
    told(seed, os.waitpid(child, 0)[1])
"""

# The same for what a click on 确认载入 does: half of the kills at the switch, the log's line last.
KILLED_CONFIRMS = f"""{KILLER}
from data import notes, trial, versions
from pages.parts import desk_upload

database, count, longest = sys.argv[1], *map(int, sys.argv[2:])

for seed in range(count):
    child = os.fork()
    if not child:
        try:
            if seed % 2:
                at_the_switch(seed // 2 + 1)
            else:
                sys.settrace(killer(random.Random(seed).randrange(1, longest)))
            version = trial.adopt(Path(database), versions.pointed_at(), "张三")
            notes.record("import", "张三", version.id)
        finally:
            os._exit(0)
    told(seed, os.waitpid(child, 0)[1])
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(minimal(), tmp_path_factory.mktemp("book") / "book")


@pytest.fixture(scope="module")
def before(book: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("before") / "warehouse"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(versions.WAREHOUSE_DIR, str(folder))
        load_workbook(book)
    return folder


@pytest.fixture
def warehouse(before: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = Path(shutil.copytree(before, tmp_path / "warehouse"))
    monkeypatch.setenv(versions.WAREHOUSE_DIR, str(folder))
    return folder


def kill_fifty_times(script: str, file: Path, last: int) -> None:
    """Run a script that does its work KILLS times on a file, killed at steps up to the last."""
    done = subprocess.run(
        [sys.executable, "-c", script, str(file), str(KILLS), str(last)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    assert len(lines) == KILLS, done.stderr
    assert sum(line[1] == "killed" for line in lines) >= KILLS * 0.6
    assert {(line[2], line[3]) for line in lines} == {("-", "0")}


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_killed_fifty_times_the_last_good_version_opens(warehouse: Path, book: Path) -> None:
    kill_fifty_times(KILLED_LOADS, book, 8000)
    load_workbook(book)
    whole = {path.name for path in versions.files()}
    assert {path.name for path in (warehouse / "versions").iterdir()} == whole


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_killed_fifty_times_while_an_upload_is_confirmed(
    warehouse: Path, book: Path, tmp_path: Path
) -> None:
    database = tmp_path / "trial.duckdb"
    load_workbook(book, database)
    kill_fifty_times(KILLED_CONFIRMS, database, 4700)
    there = {path.stem for path in versions.files()}
    # What the log says was done was done; its own file is whole.
    assert {each.subject for each in notes.log()} <= there
    assert len(there) > 5
    version = trial.adopt(database, versions.pointed_at(), "张三")
    assert versions.current() == version
    whole = {path.name for path in versions.files()}
    assert {path.name for path in (warehouse / "versions").iterdir()} == whole


@pytest.fixture
def small_disk(before: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The warehouse on a disk with little room left."""
    place = tmp_path / "disk"
    place.mkdir()
    size = sum(path.stat().st_size for path in before.rglob("*") if path.is_file())
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size + 150_000}", "tmpfs", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"a small disk needs root and mount: {made.stderr.strip()}")
    try:
        shutil.copytree(before, place / "warehouse")
        monkeypatch.setenv(versions.WAREHOUSE_DIR, str(place / "warehouse"))
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False, capture_output=True)


@pytest.mark.skipif(sys.platform != "linux", reason="tmpfs")
def test_a_full_disk(small_disk: Path, book: Path) -> None:
    found = versions.current()
    with pytest.raises(Unwritable, match="无法写入"):
        load_workbook(book)
    with pytest.raises(Unwritable, match="磁盘已满"):
        trial.adopt(found.path, found.id, "王五")
    assert versions.current() == found
    assert [path.name for path in found.path.parent.iterdir()] == [found.path.name]
    (small_disk / "filling").write_bytes(bytes(shutil.disk_usage(small_disk).free))
    with pytest.raises(notes.NoAccess, match="无法写入"):
        notes.record("test", "王五", "x" * 100, {"text": "x" * 15_000})
    assert versions.current() == found


@pytest.mark.skipif(os.name == "nt", reason="modes of folders")
def test_a_read_only_folder(warehouse: Path, book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may write anywhere, so there the system's answer is put in its place."""
    found = versions.current()
    if os.geteuid():
        (warehouse / "versions").chmod(0o555)
    else:

        def closed(*_: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(load, "_build", closed)
    try:
        with pytest.raises(Unwritable, match="无法写入"):
            load_workbook(book)
    finally:
        (warehouse / "versions").chmod(0o755)
    assert versions.current() == found
    assert [path.stem for path in versions.files()] == [found.id]


def test_a_clock_going_back_makes_later_versions_all_the_same(
    warehouse: Path, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Back(datetime):
        @classmethod
        def now(cls, _tz: object = None) -> Back:
            return cls(2001, 1, 1, tzinfo=UTC)

    monkeypatch.setattr(versions, "datetime", Back)
    first = versions.current()
    second = load_workbook(book).version
    third = load_workbook(book).version
    assert first.id < second.id < third.id
    assert versions.current() == third
    assert [each.id for each in versions.list_versions()] == [third.id, second.id, first.id]


def test_two_processes_see_each_others_switch(warehouse: Path, book: Path) -> None:
    """The app asks for the current version at each run: so does a second process."""
    other = [sys.executable, "-c", "from data import versions; print(versions.current().id)"]

    def seen() -> str:
        return subprocess.run(
            other, cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()

    first = versions.current().id
    second = load_workbook(book).version.id
    assert seen() == second
    versions.use(first)
    assert seen() == first == versions.current().id
