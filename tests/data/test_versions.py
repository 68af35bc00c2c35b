"""Versions: sealed, listed, switched; damage is seen and survived."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from data import versions
from data.load import load_workbook
from data.versions import Busy, DamagedVersion, NoVersion, OldSchema, Version
from tests.data.small_book import minimal, spoilt, write_folder

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(minimal(), tmp_path_factory.mktemp("book") / "book")


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "warehouse"
    monkeypatch.setenv(versions.WAREHOUSE_DIR, str(folder))
    return folder


@pytest.fixture(scope="module")
def loaded_twice(tmp_path_factory: pytest.TempPathFactory, book: Path) -> Path:
    """A warehouse that nobody writes to."""
    folder = tmp_path_factory.mktemp("twice") / "warehouse"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(versions.WAREHOUSE_DIR, str(folder))
        load_workbook(book)
        load_workbook(book)
    return folder


@pytest.fixture
def two(warehouse: Path, loaded_twice: Path) -> tuple[Version, Version]:
    """(older, newer, which is current)."""
    shutil.copytree(loaded_twice, warehouse)
    newer, older = versions.list_versions()
    return older, newer


def spoil(path: Path, place: int) -> None:
    """Change one byte of a sealed file."""
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(content)
    path.chmod(0o444)


def test_the_same_content_twice_is_two_versions(two: tuple[Version, Version]) -> None:
    older, newer = two
    assert older.id < newer.id
    assert [version.id for version in versions.list_versions()] == [newer.id, older.id]
    assert versions.current() == newer
    assert versions.current().notice == versions.pointer_note() == ""


def test_a_version_is_sealed(two: tuple[Version, Version], warehouse: Path) -> None:
    newer = two[1]
    assert newer.path.stat().st_mode & 0o777 == 0o444
    assert newer.path.parent == warehouse / "versions"
    assert (warehouse / "CURRENT").read_text() == f"{newer.id}\n"
    names = {path.name for path in (warehouse / "versions").iterdir()}
    assert names == {version.path.name for version in two}
    assert newer.made_at is not None
    assert abs(datetime.now(UTC) - newer.made_at) < timedelta(minutes=5)
    assert newer.rows["专业点"] == 1


def test_ids_sort_by_age_under_any_clock(
    two: tuple[Version, Version], warehouse: Path, book: Path
) -> None:
    """A clock set back must not make an old version the newest."""
    ahead = two[1].path.with_name(f"29991231T235959999Z-{two[1].id[-12:]}.duckdb")
    two[1].path.rename(ahead)
    assert load_workbook(book).version.id > ahead.stem


def test_switching_back_and_forth(two: tuple[Version, Version]) -> None:
    older, newer = two
    assert versions.use(older.id) == older
    assert versions.current() == older
    versions.use(newer.id[:19])
    assert versions.current() == newer


@pytest.mark.parametrize("name", ["", "19990101T000000000Z-000000000000", "2"])
def test_switching_to_what_is_not_there_or_ambiguous(
    name: str, two: tuple[Version, Version]
) -> None:
    with pytest.raises(NoVersion):
        versions.use(name)
    assert versions.current() == two[1]


def test_no_version_yet(warehouse: Path) -> None:
    with pytest.raises(NoVersion, match="还没有数据"):
        versions.current()
    assert versions.list_versions() == []
    assert versions.pointer_note() == ""
    assert not warehouse.exists()


@pytest.mark.parametrize("pointer", ["", "x", "../../etc/passwd", "\x00\xff", None])
def test_a_damaged_pointer_gives_the_newest_version_and_says_so(
    pointer: str | None, two: tuple[Version, Version], warehouse: Path
) -> None:
    path = warehouse / "CURRENT"
    if pointer is None:
        path.unlink()
    else:
        path.write_bytes(pointer.encode("latin-1"))
    found = versions.current()
    assert found.id == two[1].id
    assert found.notice.startswith("当前版本的指针丢失或损坏，现改用最近一个完好的版本")
    assert versions.pointer_note() == found.notice


@pytest.mark.parametrize("damage", ["cut", "head", "middle", "end", "gone", "empty"])
def test_a_damaged_file_gives_the_newest_whole_version_and_says_so(
    damage: str, two: tuple[Version, Version]
) -> None:
    older, newer = two
    size = newer.path.stat().st_size
    newer.path.chmod(0o644)
    match damage:
        case "cut":
            os.truncate(newer.path, size // 2)
        case "empty":
            os.truncate(newer.path, 0)
        case "gone":
            newer.path.unlink()
        case _:
            spoil(newer.path, {"head": 10, "middle": size // 2, "end": size - 1}[damage])
    found = versions.current()
    assert found.id == older.id
    words = "的文件丢失" if damage == "gone" else "的文件已损坏"
    assert f"当前版本 {newer.id} {words}" in found.notice
    listed = {version.id: version.fault for version in versions.list_versions()}
    assert listed[older.id] == ""
    if damage != "gone":
        assert "已损坏" in listed[newer.id]
        with pytest.raises(DamagedVersion):
            versions.use(newer.id)


def test_every_version_damaged(two: tuple[Version, Version]) -> None:
    for version in two:
        spoil(version.path, 5000)
    with pytest.raises(DamagedVersion, match="没有其他完好的版本"):
        versions.current()


def test_a_load_mends_a_damaged_warehouse(
    two: tuple[Version, Version], warehouse: Path, book: Path
) -> None:
    for version in two:
        spoil(version.path, 5000)
    (warehouse / "CURRENT").write_text("nonsense")
    loaded = load_workbook(book).version
    assert versions.current() == loaded


def another_release(path: Path, schema: str) -> Path:
    """A copy as another release would have made it, under its own hash."""
    path.chmod(0o644)
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute("update meta set value = ? where key = 'schema_version'", [schema])
        connection.execute("checkpoint")
    return path.rename(path.with_name(f"{path.stem[:19]}-{versions._hash(path)}.duckdb"))


@pytest.mark.parametrize(("schema", "age"), [("0", "较早"), ("99", "较新"), ("", "较早")])
def test_a_version_of_another_release(schema: str, age: str, warehouse: Path, book: Path) -> None:
    path = another_release(load_workbook(book).version.path, schema)
    (warehouse / "CURRENT").write_text(path.stem)
    with pytest.raises(OldSchema, match=f"由{age}的程序版本载入"):
        versions.current()
    with pytest.raises(OldSchema):
        versions.use(path.stem)
    assert "重新载入" in versions.list_versions()[0].fault


def test_files_that_are_no_version_are_passed_over(
    two: tuple[Version, Version], warehouse: Path
) -> None:
    for name in ("copy.duckdb", ".loading-1.duckdb", "20250101T000000000Z-xyz.duckdb"):
        (warehouse / "versions" / name).write_bytes(b"x")
    assert len(versions.list_versions()) == 2


# ---------------------------------------------------------------- any database file


def test_files_that_are_no_database(tmp_path: Path, book: Path) -> None:
    with pytest.raises(NoVersion, match="找不到数据库文件"):
        versions.check(tmp_path / "none.duckdb")
    path = tmp_path / "a.duckdb"
    path.write_bytes(os.urandom(5000))
    with pytest.raises(DamagedVersion, match="已损坏"):
        versions.check(path)
    with pytest.raises(DamagedVersion):
        versions.check(tmp_path)
    other = tmp_path / "other.duckdb"
    with closing(duckdb.connect(str(other))) as connection:
        connection.execute("create table t (a integer)")
    with pytest.raises(DamagedVersion, match="不是由本系统载入"):
        versions.check(other)


def test_damage_inside_a_database_file_is_seen(tmp_path: Path, book: Path) -> None:
    path = tmp_path / "a.duckdb"
    load_workbook(book, path)
    whole = path.read_bytes()
    seen = 0
    for place in range(12_288, len(whole), len(whole) // 40):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        try:
            versions.check(path)
        except DamagedVersion:
            seen += 1
    # Bytes that no table uses may change unseen; a block that one uses may not.
    assert seen > 20


def test_a_file_that_is_mended_is_looked_at_again(tmp_path: Path, book: Path) -> None:
    path = tmp_path / "a.duckdb"
    path.write_bytes(b"x" * 100)
    with pytest.raises(DamagedVersion):
        versions.check(path)
    path.unlink()
    load_workbook(book, path)
    assert versions.check(path)["nature"] == "样例"


# ---------------------------------------------------------------- two at once


def test_a_second_load_waits_for_the_first(two: tuple[Version, Version], book: Path) -> None:
    told: list[str] = []
    waiting = threading.Event()

    def note(_: float, words: str) -> None:
        told.append(words)
        if words.startswith("另一项导入正在进行"):
            waiting.set()

    with versions.locked():
        second = threading.Thread(target=load_workbook, args=(book,), kwargs={"progress": note})
        second.start()
        assert waiting.wait(60)
        assert versions.current() == two[1]
    second.join(60)
    assert versions.current().id > two[1].id


def test_a_second_load_is_refused_when_the_first_takes_too_long(warehouse: Path) -> None:
    with versions.locked():
        start = time.monotonic()
        with pytest.raises(Busy, match="另一项导入"), versions.locked(wait=0.2):
            pass
        assert time.monotonic() - start < 10


def test_loads_at_once_from_outside(warehouse: Path, book: Path) -> None:
    """Several processes: each ends well or is refused, and what is there is whole."""
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "data.load", str(book)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        for _ in range(3)
    ]
    for process in running:
        said, complained = process.communicate(timeout=300)
        assert process.returncode == 0, said + complained
        assert complained in ("", "另一项导入正在进行，等待其完成\n")
    found = versions.list_versions()
    assert len(found) == 3
    assert [version.fault for version in found] == ["", "", ""]
    assert versions.current().id == found[0].id


def test_loads_at_once_into_one_file(tmp_path: Path, book: Path) -> None:
    path = tmp_path / "a.duckdb"
    other = write_folder(spoilt(minimal(), {"院校!B2": "又一学院"}), tmp_path / "other")
    threads = [
        threading.Thread(target=load_workbook, args=(source, path)) for source in (book, other) * 2
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    with closing(duckdb.connect(str(path), read_only=True)) as connection:
        (name,) = connection.execute("select name from institutions").fetchone() or ("",)
    assert name in ("示例学院", "又一学院")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.duckdb", "other"]


# ---------------------------------------------------------------- the command


def test_the_command_lists_and_switches(
    two: tuple[Version, Version], capsys: pytest.CaptureFixture[str]
) -> None:
    older, newer = two
    assert versions.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"* {newer.id}  示例数据（数据截止 2025-09-30，样例）  载入于 ")
    assert lines[1].startswith(f"  {older.id}  ")
    assert versions.main(["use", older.id]) == 0
    assert f"已切换到 {older.id}" in capsys.readouterr().out
    assert versions.main(["list"]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith(f"* {older.id}")
    spoil(newer.path, 5000)
    assert versions.main(["use", newer.id]) == 1
    assert "已损坏" in capsys.readouterr().err
    assert versions.main(["use", "1999"]) == 1
    assert "没有版本“1999”" in capsys.readouterr().err
    assert versions.main(["list"]) == 0
    assert f"{newer.id}  不可用：" in capsys.readouterr().out


def test_the_command_without_versions(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert versions.main(["list"]) == 0
    assert "还没有数据版本" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["use"], ["list", "x"], ["drop", "x"], ["--no"]])
def test_arguments_that_make_no_sense(
    arguments: list[str], warehouse: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        versions.main(arguments)
    assert caught.value.code == 2
    assert "参数有误" in capsys.readouterr().err
