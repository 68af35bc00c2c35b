"""Rounds of collection: what is kept of them, by whom it is seen, and that a backup has it."""

from __future__ import annotations

import json
import os
import sqlite3
import time
import zipfile
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from data import backup, notes, restore, rounds, versions
from data.load import load_workbook
from data.rounds import ERRORS, MERGED, MISSING, READY, Round, standings
from data.workbook import Problem
from tests.data.small_book import minimal, write_folder

TODAY = date(2026, 12, 1)
ASKED = {"S1": "甲校", "S2": "乙校", "S3": "丙校", "S4": "丁校"}
FAULT = Problem("专业点", 2, 3, "专业代码", "9", "不在目录中")


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "warehouse"
    monkeypatch.setenv(versions.WAREHOUSE_DIR, str(folder))
    return folder


def begun(due_on: date = TODAY) -> Round:
    return rounds.begin("一轮", "20260101T000000000Z-0123456789ab", due_on, ASKED, "张三")


def sent(found: Round, code: str, folder: Path, *problems: Problem, text: str = "") -> str:
    file = folder / "a.xlsx"
    file.write_bytes(f"{code}{text}".encode())
    sha256 = rounds.keep_file(found.id, file, file if problems else None)
    rounds.add_return(found.id, code, f"{code}.xlsx", sha256, problems, "李四")
    return sha256


def test_how_everyone_stands(warehouse: Path, tmp_path: Path) -> None:
    assert rounds.rounds() == []
    found = begun()
    sent(found, "S1", tmp_path, FAULT)
    sent(found, "S2", tmp_path)
    sent(found, "S3", tmp_path)
    (_, _, third) = rounds.returns(found.id)
    rounds.set_merged([third], "v2", "王五", {})
    for day, late in ((TODAY, False), (TODAY + timedelta(days=1), True)):
        lines = standings(found, rounds.returns(found.id), day)
        assert [(each.institution, each.state, each.overdue) for each in lines] == [
            ("S1", ERRORS, late),
            ("S4", MISSING, late),
            ("S2", READY, False),
            ("S3", MERGED, False),
        ]
    assert [each.before for each in lines] == [*[found.base_version] * 3, "v2"]
    # The latest counts, also after a merge.
    sent(found, "S1", tmp_path, text="2")
    sent(found, "S3", tmp_path, FAULT, text="2")
    states = {e.institution: e for e in standings(found, rounds.returns(found.id), TODAY)}
    assert (states["S1"].state, states["S1"].earlier) == (READY, 1)
    assert (states["S3"].state, states["S3"].before) == (ERRORS, "v2")
    assert states["S3"].last is not None
    assert states["S3"].last.problems == (FAULT,)
    assert [r.id for r in rounds.still_latest(rounds.returns(found.id))] == [2, 4, 5]
    kinds = [each.kind for each in notes.log()]
    assert kinds == ["return", "return", "merge", "return", "return", "return", "split"]


def test_what_cannot_be_begun(warehouse: Path) -> None:
    begun()
    for name, asked, words in (
        ("", ASKED, "要有名称"),
        ("长" * 61, ASKED, "最多"),
        ("\u200b 一 轮", ASKED, "已有名为"),
        ("二轮", {}, "没有选择院校"),
    ):
        with pytest.raises(notes.Refused, match=words):
            rounds.begin(name, "v", TODAY, asked, "张三")
    assert len(rounds.rounds()) == 1


def test_nobody_outside_the_round_has_a_return(warehouse: Path, tmp_path: Path) -> None:
    """Held by the store itself."""
    found = begun()
    with closing(sqlite3.connect(notes.path())) as connection:
        connection.execute("pragma foreign_keys = on")
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(
                "insert into returns (round, institution_id, file, sha256, errors, problems,"
                " returned_by, returned_at) values (?, 'S9', 'a', 'b', 0, '[]', 'x', 'y')",
                [found.id],
            )


def test_files_are_kept_whole(warehouse: Path, tmp_path: Path) -> None:
    found = begun()
    rounds.folder(found.id).mkdir(parents=True)
    # Drafts: of a process that was killed, and of one that is at work.
    for name, age in ((".a.xlsx.1-1", 9999), (".b.xlsx.2-2", 0)):
        (rounds.folder(found.id) / name).touch()
        then = time.time() - age
        os.utime(rounds.folder(found.id) / name, (then, then))
    sha256 = sent(found, "S1", tmp_path, FAULT)
    assert sent(found, "S1", tmp_path, FAULT) == sha256
    names = {each.name for each in rounds.folder(found.id).iterdir()}
    assert names == {f"{sha256}.xlsx", f"{sha256}-marked.xlsx", ".b.xlsx.2-2"}
    with pytest.raises(FileNotFoundError):
        rounds.keep_file(found.id, tmp_path / "none.xlsx")
    assert {each.name for each in rounds.folder(found.id).iterdir()} == names


@pytest.mark.parametrize(
    "name",
    [
        "returns/1/../../x.xlsx",
        f"returns/0/{'a' * 64}.xlsx",
        f"returns/1/{'A' * 64}.xlsx",
        f"returns/1/{'a' * 64}.xlsm",
        f"returns/1/{'a' * 64}-marked.xlsx/x",
        f"returns/{'1' * 40}/{'a' * 64}.xlsx",
        "returns/1/forms.zip",
    ],
)
def test_other_names_are_no_returns(name: str) -> None:
    assert rounds.is_file(name) is None


@pytest.fixture
def kept(warehouse: Path, tmp_path: Path) -> Path:
    """A backup of a warehouse with a round and two returns."""
    load_workbook(write_folder(minimal(), tmp_path / "book"))
    found = begun()
    sent(found, "S1", tmp_path, FAULT)
    sent(found, "S2", tmp_path)
    (rounds.folder(found.id) / "forms.zip").write_bytes(b"can be made again")
    (rounds.folder(found.id) / f"{'0' * 64}.xlsx").write_bytes(b"nobody names it")
    backup.back_up(tmp_path / "b.zip")
    return tmp_path / "b.zip"


def test_a_backup_has_the_returns(
    kept: Path, warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rounds.rounds(), rounds.returns(1)
    files = [rounds.kept_file(1, each.sha256).read_bytes() for each in before[1]]
    monkeypatch.setenv(versions.WAREHOUSE_DIR, str(tmp_path / "elsewhere"))
    restore.restore(kept)
    assert (rounds.rounds(), rounds.returns(1)) == before
    assert [rounds.kept_file(1, each.sha256).read_bytes() for each in before[1]] == files
    assert rounds.marked_file(1, before[1][0].sha256).exists()
    assert len(list(rounds.folder(1).iterdir())) == 3
    # And it can be backed up again.
    again = backup.back_up(tmp_path / "c.zip")
    assert (again.returns, again.lost) == (3, ())


def test_a_lost_return_is_said(
    kept: Path, warehouse: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = rounds.returns(1)
    rounds.kept_file(1, first.sha256).unlink()
    rounds.kept_file(1, second.sha256).write_bytes(b"damaged")
    assert backup.main([str(tmp_path / "c.zip")]) == 0
    said = capsys.readouterr().err
    assert first.sha256 in said
    assert second.sha256 in said
    restore.restore(tmp_path / "c.zip")


@pytest.mark.parametrize("fault", ["other bytes", "other name", "outside"])
def test_a_bad_return_in_a_backup_changes_nothing(fault: str, kept: Path, warehouse: Path) -> None:
    with zipfile.ZipFile(kept) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = next(each for each in members if each.startswith("returns/") and "marked" not in each)
    manifest = json.loads(members["manifest.json"])
    content = members.pop(name)
    if fault == "other bytes":
        members[name] = b"x" * len(content)
    else:
        other = "returns/../x.xlsx" if fault == "outside" else f"returns/1/{'b' * 64}.xlsx"
        members[other] = content
        manifest["files"][other] = manifest["files"].pop(name)
    members["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(kept, "w") as archive:
        for each, data in members.items():
            archive.writestr(each, data)
    before = {path: path.read_bytes() for path in warehouse.rglob("*") if path.is_file()}
    with pytest.raises(restore.Refused):
        restore.restore(kept)
    assert {path: path.read_bytes() for path in warehouse.rglob("*") if path.is_file()} == before
