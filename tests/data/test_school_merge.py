"""What several institutions returned, put into the data as it is now, as one version."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from data import difference, export, rounds, school_forms, school_merge, trial, versions
from data.load import load_workbook
from data.rounds import Round, Standing, standings
from data.school_forms import Order
from data.school_merge import Prepared
from data.workbook import silent
from tests.data.small_book import D, spoilt, valid, write_folder

NAMES = {"S1": "示例职业学院（东区）", "S2": "示例中等专业学校"}
NEW: dict[str, object] = {
    f"专业点!{c}4": v for c, v in zip("ABCEM", ["P20", "S1", "510205", "高职", 2020], strict=True)
}


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Round:
    """A round of two institutions, in a warehouse of its own."""
    monkeypatch.setenv(versions.WAREHOUSE_DIR, str(tmp_path / "warehouse"))
    base = load_workbook(write_folder(valid(), tmp_path / "book")).version
    found = rounds.begin("一轮/补报：2026?", base.id, date(2100, 1, 1), NAMES, "张三")
    order = Order(found.id, found.name, base.id, found.due_on, tuple(NAMES))
    rounds.folder(found.id).mkdir(parents=True)
    school_forms.write(order, base.path, rounds.forms(found.id))
    return found


def returned(found: Round, code: str, cells: Mapping[str, object], folder: Path) -> None:
    name = school_forms.file_names(NAMES)[code]
    form = school_forms.taken_out(rounds.forms(found.id), name)
    book = openpyxl.load_workbook(io.BytesIO(form))
    for place, value in cells.items():
        sheet, cell = place.split("!")
        book[sheet][cell] = value
    book.save(folder / "a.xlsx")
    rounds.add_return(
        found.id, code, name, rounds.keep_file(found.id, folder / "a.xlsx"), [], "李四"
    )


def ready(found: Round) -> list[Standing]:
    lines = standings(found, rounds.returns(found.id), date(2026, 1, 1))
    return [each for each in lines if each.state == rounds.READY]


def prepared(found: Round, folder: Path) -> Prepared:
    folder.mkdir()
    return school_merge.prepare(found, ready(found), versions.current().path, folder, silent)


def test_two_that_do_not_go_together(begun: Round, tmp_path: Path) -> None:
    """Each is good by itself; the later is told by its own cell, and the other is merged."""
    theirs = {"专业点!A3": "P20", "专业点!B3": "S2", "专业点!C3": "710202", "专业点!E3": "中职"}
    returned(begun, "S1", NEW, tmp_path)
    returned(begun, "S2", {**theirs, "专业点!M3": 2020}, tmp_path)
    found = prepared(begun, tmp_path / "work")
    assert found.outcome.clean
    assert [each.institution for each in found.merged] == ["S1"]
    ((refused, problems),) = found.refused
    assert refused.institution == "S2"
    assert [each.line for each in problems] == [
        "专业点!A3：专业点编号“P20”与“示例职业学院（东区）”返回的第 4 行重复，应为唯一"
    ]
    made = trial.adopt(found.database, versions.pointed_at(), "王五")
    before = versions.warehouse_dir() / "versions" / f"{begun.base_version}.duckdb"
    shifts = [each for each in difference.compare(before, made.path) if each]
    assert made.meta["source_name"].startswith("一校一表：一轮／补报：2026？")
    assert [each.sheet.title for each in shifts] == ["专业点"]
    assert list(shifts[0].added["专业点编号"]) == ["P20"]
    assert not len(shifts[0].removed)
    assert not shifts[0].changed


def test_checked_anew_against_the_data_as_it_is(begun: Round, tmp_path: Path) -> None:
    """The number is taken meanwhile, and the version that was sent out is gone."""
    returned(begun, "S1", NEW, tmp_path)
    returned(begun, "S2", {"院校!M2": "李老师"}, tmp_path)
    taken = ["P20", "S3", "T002", "另一技工专业", "中职", *[None] * 4, "先进制造", None, None]
    book = valid()
    book["专业点"].append([*taken, D("2020-09-01"), *[None] * 4])
    load_workbook(write_folder(spoilt(book, {}), tmp_path / "later"))
    (versions.warehouse_dir() / "versions" / f"{begun.base_version}.duckdb").unlink()
    found = prepared(begun, tmp_path / "work")
    ((refused, problems),) = found.refused
    assert refused.institution == "S1"
    assert "专业点!A4：专业点编号“P20”该行属于“示例技师学院”" in problems[0].line
    assert [each.institution for each in found.merged] == ["S2"]
    assert found.unknown == ("S2",)
    assert export.frames(found.database)["院校"]["联系人"][1] == "李老师"


def test_a_damaged_file_and_one_merged_before(begun: Round, tmp_path: Path) -> None:
    """What an institution changed itself the first time is no conflict the second time."""
    returned(begun, "S1", {"院校!M2": "李老师"}, tmp_path)
    returned(begun, "S2", {}, tmp_path)
    first, damaged = rounds.returns(begun.id)
    rounds.kept_file(begun.id, damaged.sha256).write_bytes(b"PK")
    book = write_folder(spoilt(valid(), {"院校!M2": "李老师"}), tmp_path / "merged")
    rounds.set_merged([first], load_workbook(book).version.id, "王五", {})
    returned(begun, "S1", {"院校!M2": "赵老师"}, tmp_path)
    found = prepared(begun, tmp_path / "work")
    assert [each.institution for each, _ in found.refused] == ["S2"]
    assert [each.institution for each in found.merged] == ["S1"]
    assert (found.conflicts, found.unknown) == ((), ())
