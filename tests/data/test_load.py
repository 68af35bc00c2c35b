"""Loading: what ends up in the database, what the command says, and what a refusal leaves alone."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data import versions
from data.contract import SHEETS
from data.load import LoadResult, Rejected, Unwritable, load_workbook, main
from data.plan import PLAN_FILE
from tests.data.small_book import (
    D,
    minimal,
    spoilt,
    valid,
    write_folder,
    write_xlsx,
)

ROOT = Path(__file__).parents[2]
BROKEN = ROOT / "tests" / "fixtures" / "broken"
PUBLIC = ROOT / "tests" / "fixtures" / "public-2025"


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "warehouse"
    monkeypatch.setenv(versions.WAREHOUSE_DIR, str(folder))
    return folder


def rows(database: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(duckdb.connect(str(database), read_only=True)) as connection:
        return connection.execute(query).fetchall()


def state(folder: Path) -> dict[str, str]:
    """Every file below a folder with a digest of its bytes."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small valid workbook in a database file."""
    folder = tmp_path_factory.mktemp("loaded")
    database = folder / "small.duckdb"
    load_workbook(write_xlsx(valid(), folder / "book.xlsx"), database)
    return database


# ---------------------------------------------------------------- what is in the database


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.table)
def test_every_sheet_fills_its_table(sheet: Any, loaded: Path) -> None:
    count = rows(loaded, f"select count(*) from {sheet.table}")[0][0]
    assert count == len(valid()[sheet.title]) - 1
    # The order of the workbook is kept.
    column = sheet.columns[0].name
    stored = [str(value) for (value,) in rows(loaded, f"select {column} from {sheet.table}")]
    if not sheet.columns[0].refers:
        assert stored == [str(row[0]) for row in valid()[sheet.title][1:]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            "select institution_id, school_type, district from institutions order by 1",
            [
                ("S1", "普通", "中原区"),
                ("S2", "普通", "金水区"),
                ("S3", "技工学校", "郑东新区"),
                ("S4", "普通", None),
            ],
        ),
        (
            "select point_id, institution_id, specialty_code, specialty_name, industry"
            " from specialty_points order by 1",
            [
                ("P1", "S1", "510201", "计算机应用技术", None),
                ("P2", "S1", "510202", "计算机网络技术", "人工智能"),
                ("P3", "S2", "710201", "计算机应用", None),
                ("P4", "S3", "T001", "示例技工专业", "先进制造"),
                ("P5", "S4", "310201", "计算机应用工程", None),
            ],
        ),
        (
            "select opened_on, is_backbone from specialty_points"
            " where point_id < 'P4' order by point_id",
            [(D("2015-09-01"), True), (D("2016-09-01"), False), (D("2018-09-01"), None)],
        ),
        (
            "select subject_kind, subject_id from recognitions where subject_kind = '院校'",
            [("院校", "S2")],
        ),
        ("select indicator from projects", [("points_emerging",)]),
        ("select deliverable from deliverable_updates", [("industry_college",)]),
        (
            "select scope_kind, scope from target_allocations order by rowid",
            [("全市", None), ("区县", "中原区"), ("院校", "S1")],
        ),
        ("select item from rectifications", [("points_emerging",)]),
        ("select to_institution, to_specialty_code from pathways", [("外地示例大学", "080901")]),
        ("select value from dataset where item = '数据截止日'", [("2025-09-30",)]),
        ("select planned, satisfaction from point_years where year = 2023", [(60, 88.5)]),
        ("select count(*) from specialties", [(1490,)]),
        ("select count(*) from districts", [(16,)]),
        (
            "select name, value from plan_dates order by 1",
            [
                ("deadline", date(2025, 12, 31)),
                ("issued_on", date(2023, 10, 19)),
                ("period_start", date(2021, 1, 1)),
            ],
        ),
        (
            "select item from plan_items where role = 'outside_school_type' order by 1",
            [("技工学校",), ("高级技工学校",)],
        ),
        ("select count(*) from load_warnings", [(4,)]),
        (
            "select cell, value, message from load_warnings where sheet = '院校' and cell = 'G5'",
            [("G5", "", "区县为空，按“未填区县”统计")],
        ),
        ("select count(*) > 0 from indicator_rows", [(True,)]),
    ],
)
def test_names_are_resolved_and_gaps_filled(
    query: str, expected: list[tuple[Any, ...]], loaded: Path
) -> None:
    assert rows(loaded, query) == expected


def test_what_the_version_says_of_itself(loaded: Path) -> None:
    meta = versions.check(loaded)
    assert meta["schema_version"] == str(versions.SCHEMA_VERSION)
    assert meta["source_name"] == "book.xlsx"
    assert (
        meta["source_sha256"]
        == hashlib.sha256(loaded.with_name("book.xlsx").read_bytes()).hexdigest()
    )
    assert meta["dataset_name"] == "示例数据"
    assert (meta["data_date"], meta["nature"], meta["warnings"]) == ("2025-09-30", "样例", "4")
    assert {"plan_id", "plan_fingerprint", "rows_fingerprint", "loaded_at"} <= set(meta)


def test_a_member_listed_twice_is_stored_once(tmp_path: Path) -> None:
    book = spoilt(valid(), {"专业群成员!A5": "G1", "专业群成员!B5": "P1"})
    result = load_workbook(write_folder(book, tmp_path / "book"), tmp_path / "a.duckdb")
    assert result.rows["专业群成员"] == 3


def test_csv_and_xlsx_fill_alike(loaded: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a.duckdb"
    load_workbook(write_folder(valid(), tmp_path / "book", "gb18030"), folder)
    for sheet in SHEETS:
        query = f"select * from {sheet.table}"
        assert rows(folder, query) == rows(loaded, query)


def test_the_public_sample(tmp_path: Path) -> None:
    result = load_workbook(PUBLIC, tmp_path / "public.duckdb")
    assert result.version.meta["nature"] == "样例"
    kept = {title: count for title, count in result.rows.items() if count}
    assert kept == {"院校": 44, "专业点": 125, "专业群": 3, "认定": 3, "合作载体": 3, "说明": 5}
    held = rows(
        result.version.path,
        "select count(distinct subject_id) from recognitions where title = '国家双高专业群'",
    )
    assert held == [(3,)]
    by_class = rows(
        result.version.path,
        "select s.class_name, count(*) from specialty_points p"
        " join specialties s on s.level = p.level and s.code = p.specialty_code"
        " group by all order by 2 desc, 1 limit 3",
    )
    assert by_class == public_classes()


def public_classes() -> list[tuple[str, int]]:
    """The three largest classes, counted from the files alone."""
    import csv
    from collections import Counter

    with (ROOT / "data/reference/specialties.csv").open(encoding="utf-8-sig") as stream:
        names = {(r["level"], r["code"]): r["class_name"] for r in csv.DictReader(stream)}
    with (PUBLIC / "专业点.csv").open(encoding="utf-8-sig") as stream:
        counted = Counter(names[r["层次"], r["专业代码"]] for r in csv.DictReader(stream))
    return sorted(counted.items(), key=lambda each: (-each[1], each[0]))[:3]


# ---------------------------------------------------------------- the command


@pytest.mark.parametrize(
    "path", sorted(p for p in BROKEN.iterdir() if p.suffix != ".txt"), ids=lambda p: p.name
)
def test_broken_workbooks(path: Path, warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expected = (
        path / "expected.txt" if path.is_dir() else path.with_name(f"{path.name}.expected.txt")
    )
    code, lines = expected.read_text("utf-8").split("\n", 1)
    assert main([str(path)]) == int(code)
    captured = capsys.readouterr()
    assert captured.err == lines
    assert captured.out == ""
    assert not warehouse.exists()


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "data.load", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_the_command_from_outside(tmp_path: Path) -> None:
    """Exit codes and streams as a script sees them, in a locale that knows no Chinese."""
    good = write_folder(valid(), tmp_path / "好 数据")
    database = tmp_path / "出.duckdb"
    done = command(str(good), "--database", str(database), LC_ALL="C")
    assert (done.returncode, done.stderr) == (0, "")
    assert "  专业点：5 行\n" in done.stdout
    assert "院校!H3 等 3 处：经度与纬度为空，地图上不显示该校" in done.stdout
    assert all(f"  {sheet.title}：" in done.stdout for sheet in SHEETS)
    assert rows(database, "select count(*) from institutions") == [(4,)]
    bad = write_folder(spoilt(valid(), {"专业点!C2": "999999"}), tmp_path / "坏数据")
    done = command(str(bad), "--database", str(database))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "专业点!C2：专业代码“999999”不在高职目录中\n"
    done = command(str(tmp_path / "没有.xlsx"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"找不到文件：{tmp_path / '没有.xlsx'}\n"
    done = command("--help")
    assert done.returncode == 0
    assert "用法：" in done.stdout
    assert "usage" not in done.stdout
    done = command()
    assert done.returncode == 2
    assert "参数有误：缺少参数 WORKBOOK_OR_FOLDER" in done.stderr


def test_a_plan_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(PLAN_FILE, str(tmp_path / "none.toml"))
    book = write_folder(minimal(), tmp_path / "book")
    assert main([str(book), "--database", str(tmp_path / "a.duckdb")]) == 2
    assert "方案文件" in capsys.readouterr().err


def test_progress_runs_from_nothing_to_all(tmp_path: Path) -> None:
    seen: list[tuple[float, str]] = []
    book = write_folder(valid(), tmp_path / "book")
    load_workbook(book, tmp_path / "a.duckdb", lambda share, words: seen.append((share, words)))
    shares = [share for share, _ in seen]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == 1
    assert all(words for _, words in seen)


# ---------------------------------------------------------------- what a refusal leaves alone


def test_a_rejected_workbook_changes_no_byte(warehouse: Path, tmp_path: Path) -> None:
    good = write_folder(valid(), tmp_path / "good")
    bad = write_folder(spoilt(valid(), {"专业点!C2": "999999"}), tmp_path / "bad")
    load_workbook(good)
    database = tmp_path / "single" / "a.duckdb"
    database.parent.mkdir()
    load_workbook(good, database)
    before = state(warehouse), state(database.parent)
    for target in (None, database):
        with pytest.raises(Rejected) as caught:
            load_workbook(bad, target)
        assert caught.value.lines == ["专业点!C2：专业代码“999999”不在高职目录中"]
    assert (state(warehouse), state(database.parent)) == before


def test_a_failure_while_deriving_changes_no_byte(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = write_folder(valid(), tmp_path / "good")
    database = tmp_path / "single" / "a.duckdb"
    database.parent.mkdir()
    load_workbook(good)
    load_workbook(good, database)
    before = state(warehouse), state(database.parent)

    def fail(_: object) -> None:
        raise RuntimeError("derive")

    monkeypatch.setattr("data.load.derive", fail)
    for target in (None, database):
        with pytest.raises(RuntimeError):
            load_workbook(good, target)
    assert (state(warehouse), state(database.parent)) == before


def test_a_database_file_is_replaced_whole(tmp_path: Path) -> None:
    database = tmp_path / "a.duckdb"
    load_workbook(write_folder(valid(), tmp_path / "first"), database)
    load_workbook(write_folder(minimal(), tmp_path / "second"), database)
    assert rows(database, "select institution_id from institutions") == [("S1",)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.duckdb", "first", "second"]
    assert database.stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_the_journal_of_the_file_before_is_not_replayed(tmp_path: Path) -> None:
    database = tmp_path / "a.duckdb"
    journal = tmp_path / "a.duckdb.wal"
    journal.write_bytes(b"left by another program")
    load_workbook(write_folder(minimal(), tmp_path / "book"), database)
    assert not journal.exists()
    assert rows(database, "select count(*) from institutions") == [(1,)]


def load_into(target: Path, tmp_path: Path) -> LoadResult:
    return load_workbook(write_xlsx(minimal(), tmp_path / "book.xlsx"), target)


def test_targets_that_are_no_database_are_not_replaced(tmp_path: Path) -> None:
    letter = tmp_path / "letter.docx"
    letter.write_bytes(b"a letter that took an afternoon")
    for target, words in (
        (letter, "不是 DuckDB 数据库"),
        (tmp_path, "是文件夹"),
        (tmp_path / "none" / "a.duckdb", "没有文件夹"),
        (tmp_path / "book.xlsx", "不能是工作簿本身"),
    ):
        with pytest.raises(Unwritable, match=words):
            load_into(target, tmp_path)
    assert letter.read_bytes() == b"a letter that took an afternoon"
    empty = tmp_path / "empty.duckdb"
    empty.touch()
    assert load_into(empty, tmp_path).rows["院校"] == 1


def test_drafts_of_dead_loads_are_removed_and_living_ones_kept(tmp_path: Path) -> None:
    dead = tmp_path / ".a.duckdb.loading-dead"
    living = tmp_path / ".a.duckdb.loading-living"
    for folder in (dead, living):
        folder.mkdir()
        (folder / "draft.duckdb").write_bytes(b"half")
    with versions.folder_lock(living) as free:
        assert free
        load_into(tmp_path / "a.duckdb", tmp_path)
        assert living.is_dir()
    assert not dead.exists()
