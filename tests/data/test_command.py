"""What the commands leave in the log, and that the log fails none of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from data import backup, command, export, load, notes, restore, versions
from tests.data.small_book import minimal, spoilt, write_folder


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(versions.WAREHOUSE_DIR, str(tmp_path / "warehouse"))
    monkeypatch.setenv("LOGNAME", "li")
    return tmp_path


def logged() -> list[tuple[str, str, str, bool]]:
    """The new lines, oldest first: kind, who, subject, refused."""
    return [(each.kind, each.who, each.subject, each.refused) for each in reversed(notes.log())]


def test_every_command_stands_in_the_log(warehouse: Path) -> None:
    good = write_folder(minimal(), warehouse / "好")
    bad = write_folder(spoilt(minimal(), {"专业点!C2": "9"}), warehouse / "坏")
    # Nothing is refused yet where there is nothing yet.
    assert load.main([str(bad)]) == 1
    assert not (warehouse / "warehouse").exists()
    assert load.main([str(good)]) == 0
    first = versions.current()
    assert first.meta["loaded_by"] == "命令行（li）"
    assert load.main([str(good)]) == 0
    second = versions.current().id
    assert load.main([str(bad)]) == 1
    assert load.main([str(warehouse / "none.xlsx")]) == 2
    assert versions.main(["use", first.id]) == 0
    assert versions.main(["use", "1999"]) == 1
    assert export.main([str(warehouse / "out.xlsx")]) == 0
    assert export.main([str(warehouse / "out.xlsx"), "--version", second]) == 0
    assert backup.main([str(warehouse / "b.zip")]) == 0
    assert backup.main([str(warehouse / "no" / "b.zip")]) == 2
    assert restore.main([str(good)]) == 2
    assert restore.main([str(warehouse / "out.xlsx")]) == 1
    who = "命令行（li）"
    assert logged() == [
        ("import", who, first.id, False),
        ("import", who, second, False),
        ("import", who, "坏", True),
        ("import", who, "none.xlsx", True),
        ("rollback", who, first.id, False),
        ("rollback", who, "1999", True),
        ("export", who, first.id, False),
        ("export", who, second, False),
        ("backup", who, first.id, False),
        ("backup", who, "", True),
        ("restore", who, "", True),
        ("restore", who, "", True),
    ]
    details = [each.detail for each in reversed(notes.log())]
    assert details[0]["rows"] == sum(first.rows.values())
    assert details[1]["from"] == first.id
    assert details[2]["errors"] == 1
    assert details[4]["from"] == second


def test_another_database_file_is_not_logged(warehouse: Path) -> None:
    good = write_folder(minimal(), warehouse / "好")
    bad = write_folder(spoilt(minimal(), {"专业点!C2": "9"}), warehouse / "坏")
    database = ["--database", str(warehouse / "a.duckdb")]
    assert load.main([str(good), *database]) == 0
    assert load.main([str(bad), *database]) == 1
    assert export.main([str(warehouse / "out.xlsx"), *database]) == 0
    assert notes.log() == []
    assert not (warehouse / "warehouse").exists()


def test_the_log_fails_no_command(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write_folder(minimal(), warehouse / "好")
    (warehouse / "warehouse").mkdir()
    notes.path().write_bytes(b"no database" * 100)
    assert load.main([str(good)]) == 0
    assert capsys.readouterr().err == f"未能记入日志：{notes.DAMAGED}\n"
    assert versions.current().notice == ""


def test_who_has_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr("getpass.getuser", unknown)
    assert command.who() == "命令行"
