"""An upload tried out apart: limits, archives with tricks, marked faults, and its adoption."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pytest

from data import trial, versions
from data.load import load_workbook
from data.workbook import Problem, Unreadable
from tests.data.small_book import minimal, spoilt, valid, write_folder, write_xlsx


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WAREHOUSE_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def apart(tmp_path: Path) -> Path:
    folder = tmp_path / "apart"
    folder.mkdir()
    return folder


def test_preview_then_adopt(warehouse: Path, tmp_path: Path) -> None:
    first = load_workbook(write_xlsx(valid(), tmp_path / "a.xlsx")).version
    edited = write_xlsx(spoilt(valid(), {"院校!B2": "=1+1 学院"}), tmp_path / "b.xlsx")
    folder = apart(tmp_path)
    base = versions.pointed_at()
    outcome = trial.try_out(edited, folder, first.path)
    assert outcome.clean
    assert [each.sheet for each in outcome.shifts] == ["院校"]
    assert outcome.shifts[0].changed == [["S1", "院校名称", "示例职业学院（东区）", "=1+1 学院"]]
    assert outcome.shifts[0].counts == [0, 0, 1, 1]
    assert versions.current().id == first.id
    second = trial.adopt(folder / trial.DATABASE, base, "张三", "更正校名")
    assert versions.current().id == second.id
    assert second.meta["loaded_by"] == "张三"
    assert second.meta["note"] == "更正校名"
    assert second.meta["source_name"] == "b.xlsx"
    with pytest.raises(trial.Moved):
        trial.adopt(folder / trial.DATABASE, base, "李四")
    assert versions.current().id == second.id
    assert len(versions.files()) == 2
    assert warehouse.exists()


@pytest.mark.parametrize(
    ("limits", "words"),
    [({"seconds": 0.0}, "时间上限"), ({"memory": 300 * 1024 * 1024}, "内存上限")],
)
def test_a_limit_ends_it(tmp_path: Path, limits: dict[str, float], words: str) -> None:
    file = write_xlsx(minimal(), tmp_path / "a.xlsx")
    with pytest.raises(trial.Overrun, match=words):
        trial.try_out(file, apart(tmp_path), **limits)  # type: ignore[arg-type]


def test_faults_are_listed_and_marked(tmp_path: Path) -> None:
    file = write_xlsx(spoilt(valid(), {"专业点!C2": "<b>9"}), tmp_path / "a.xlsx")
    folder = apart(tmp_path)
    found = trial.try_out(file, folder)
    assert [each.cell for each in found.problems] == ["C2"]
    assert not (folder / trial.DATABASE).exists()
    cell = openpyxl.load_workbook(folder / trial.MARKED)["专业点"]["C2"]
    assert cell.value == "<b>9"
    assert cell.fill.start_color.rgb == "00FFC7CE"
    assert "<b>9" in cell.comment.text


def packed(tmp_path: Path, names: dict[str, str]) -> Path:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in names.items():
            archive.writestr(name, text)
    return path


@pytest.mark.parametrize(
    "name", ["../院校.csv", "/院校.csv", "a/../../院校.csv", "C:院校.csv", "a\\..\\院校.csv"]
)
def test_archives_that_lead_elsewhere(tmp_path: Path, name: str) -> None:
    file = packed(tmp_path, {"专业点.csv": "x", name: "x"})
    with pytest.raises(Unreadable, match="不安全的文件名"):
        trial.unpack(file, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.zip"]


def test_archives_that_swell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "MOST_UNPACKED", 1000)
    with pytest.raises(Unreadable, match="解压后超过"):
        trial.unpack(packed(tmp_path, {"院校.csv": "x" * 2000}), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_archive_of_csv(tmp_path: Path) -> None:
    source = write_folder(spoilt(valid(), {"院校!C2": "=HYPERLINK(1)"}), tmp_path / "csv")
    with zipfile.ZipFile(tmp_path / "年报.zip", "w") as archive:
        for each in source.iterdir():
            archive.write(each, f"年报/{each.name}")
    folder = apart(tmp_path)
    found = trial.try_out(tmp_path / "年报.zip", folder)
    assert [(each.sheet, each.cell) for each in found.problems] == [("院校", "C2")]
    cell = openpyxl.load_workbook(folder / trial.MARKED)["院校"]["C2"]
    assert (cell.value, cell.data_type) == ("=HYPERLINK(1)", "s")


def test_what_is_no_workbook(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"no archive")
    assert "不是完好的 .zip" in trial.try_out(tmp_path / "a.zip", apart(tmp_path)).unreadable


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/年报.xlsx", "年报.xlsx"),
        ("C:\\x\\年报.XLSX", "年报.xlsx"),
        ("..xlsx", "xlsx"),
        ("<b>\x00.xlsx", "_b__.xlsx"),
        (".zip", "zip"),
    ],
)
def test_names(name: str, safe: str) -> None:
    found = trial.safe_name(name)
    assert found == safe or found.endswith((".xlsx", ".zip"))
    assert "/" not in found
    assert "\\" not in found
    assert not found.startswith(".")


def test_a_problem_of_an_unknown_sheet_marks_nothing(tmp_path: Path) -> None:
    file = write_xlsx(minimal(), tmp_path / "a.xlsx")
    trial.mark(file, [Problem("没有", 1, 1, "列", "", "错")], tmp_path / "b.xlsx")
    assert (tmp_path / "b.xlsx").exists()
