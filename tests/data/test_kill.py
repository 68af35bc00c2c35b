"""``kill -9`` at any moment of a load: the last good version opens, and the next load cleans up.

The load runs in a process of its own that stops at a chosen step, says so and waits; then it is
killed. The steps are those after which the disk looks different.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from data import versions
from data.load import load_workbook
from tests.data.small_book import minimal, spoilt, valid, write_folder

ROOT = Path(__file__).parents[2]

# Stops when the named function is called for the n-th time, before or after it has done its work.
STOPPING_LOAD = """
import importlib, signal, sys
from pathlib import Path

place, count, when, *arguments = sys.argv[1:]
module, _, name = place.rpartition(".")
holder = Path if module == "Path" else importlib.import_module(module)
original = getattr(holder, name)
left = int(count)

def stopping(*given, **named):
    global left
    left -= 1
    if left or when == "after":
        found = original(*given, **named)
    if not left:
        print("here", flush=True)
        signal.pause()
    return found

import data.load
setattr(holder, name, stopping)
data.load.main(arguments)
"""

# In the warehouse: the draft, its schema, its rows, its derived tables, its bytes on the disk, its
# place, the pointer's draft, the pointer. A load renames twice: the version, then the pointer.
WAREHOUSE_STEPS = [
    ("data.load.examine", 1, "after"),
    ("data.load._fill_reference", 1, "after"),
    ("data.load._fill_meta", 1, "after"),
    ("data.load.derive", 1, "before"),
    ("data.load.derive", 1, "after"),
    ("data.versions.sync_file", 1, "before"),
    ("Path.chmod", 1, "after"),
    ("Path.replace", 1, "before"),
    ("Path.replace", 1, "after"),
    ("data.versions.point_at", 1, "before"),
    ("Path.replace", 2, "before"),
    ("Path.replace", 2, "after"),
]
FILE_STEPS = [
    ("data.load.examine", 1, "after"),
    ("data.load._fill_reference", 1, "after"),
    ("data.load.derive", 1, "before"),
    ("data.load.derive", 1, "after"),
    ("Path.replace", 1, "before"),
    ("Path.replace", 1, "after"),
]


def kill_at(step: tuple[str, int, str], *arguments: str) -> None:
    """Run a load up to a step and kill it there."""
    place, count, when = step
    kill_where_it_stops(STOPPING_LOAD, place, str(count), when, *arguments)


def kill_where_it_stops(script: str, *arguments: str, **environment: str) -> None:
    """Run a script until it says that it is there, and kill it."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "here\n", "the step was never reached"
        process.send_signal(signal.SIGKILL)
        process.wait()


def institutions(path: Path) -> list[str]:
    with closing(duckdb.connect(str(path), read_only=True)) as connection:
        return [name for (name,) in connection.execute("select name from institutions").fetchall()]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(the workbook loaded before, the one whose load is killed)."""
    folder = tmp_path_factory.mktemp("books")
    second = spoilt(minimal(), {"院校!B2": "新学院"})
    return write_folder(valid(), folder / "first"), write_folder(second, folder / "second")


@pytest.fixture(scope="module")
def loaded_before(
    books: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """(a warehouse, a database file), each with the first workbook, to be copied."""
    folder = tmp_path_factory.mktemp("before")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(versions.WAREHOUSE_DIR, str(folder / "warehouse"))
        load_workbook(books[0])
    load_workbook(books[0], folder / "a.duckdb")
    return folder / "warehouse", folder / "a.duckdb"


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("step", WAREHOUSE_STEPS, ids=lambda step: " ".join(map(str, step)))
def test_killed_while_a_version_is_made(
    step: tuple[str, int, str],
    books: tuple[Path, Path],
    loaded_before: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    second = books[1]
    warehouse = shutil.copytree(loaded_before[0], tmp_path / "warehouse")
    monkeypatch.setenv(versions.WAREHOUSE_DIR, str(warehouse))
    before = versions.current()
    kill_at(step, str(second))

    found = versions.current()
    assert found.notice == ""
    switched = step == WAREHOUSE_STEPS[-1]
    assert (found.id != before.id) == switched
    assert institutions(found.path)[0] == ("新学院" if switched else "示例职业学院（东区）")
    assert [version.fault for version in versions.list_versions()] in ([""], ["", ""])

    after = load_workbook(second).version
    assert versions.current() == after
    assert institutions(after.path) == ["新学院"]
    whole = {f"{version.id}.duckdb" for version in versions.list_versions()}
    assert {path.name for path in (warehouse / "versions").iterdir()} == whole
    assert {path.name for path in warehouse.iterdir()} <= {"CURRENT", "versions", "load.lock"}


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_killed_in_the_very_first_load(
    books: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(versions.WAREHOUSE_DIR, str(tmp_path / "warehouse"))
    kill_at(("data.load.derive", 1, "after"), str(books[1]))
    with pytest.raises(versions.NoVersion):
        versions.current()
    kill_at(("Path.replace", 1, "after"), str(books[1]))
    # The version is whole; only the pointer was never set.
    assert "指针丢失" in versions.current().notice
    assert institutions(versions.current().path) == ["新学院"]


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("step", FILE_STEPS, ids=lambda step: " ".join(map(str, step)))
def test_killed_while_a_database_file_is_made(
    step: tuple[str, int, str],
    books: tuple[Path, Path],
    loaded_before: tuple[Path, Path],
    tmp_path: Path,
) -> None:
    second = books[1]
    database = tmp_path / "a.duckdb"
    shutil.copy(loaded_before[1], database)
    before = hashlib.sha256(database.read_bytes()).hexdigest()
    kill_at(step, str(second), "--database", str(database))

    same = hashlib.sha256(database.read_bytes()).hexdigest() == before
    assert same == (step != FILE_STEPS[-1])
    versions.check(database)
    load_workbook(second, database)
    assert institutions(database) == ["新学院"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.duckdb"]
