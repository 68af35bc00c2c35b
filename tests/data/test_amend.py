"""A version made of another one and some changed rows: everything else comes through as it was."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import export, trial, versions
from data.amend import amend, brought, write_sheets
from data.contract import BY_TITLE
from data.load import load_workbook
from data.values import Fault, read_column, read_text
from data.workbook import Problem, read
from tests.data.small_book import valid, write_folder, write_xlsx

D = date.fromisoformat
HOSTILE = [
    "=1+1",
    "+86 371",
    "@SUM(A1)",
    "nan",
    "NULL",
    "007",
    "1e5",
    "3.0",
    "TRUE",
    "他说\"好\"，'行'",
    "甲,乙;丙\t丁",
    "第一行\n第二行\n=第三行",
    "<script>alert(1)</script>",
    "'); drop table meetings; --",
    "\\N",
    '""',
    ",",
    "２０２５年Ａ组（①）",
    "a_x00\u200b0D_b",
    "a_x000D_b",
    "𠮷🙂é",
]


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WAREHOUSE_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def apart(tmp_path: Path, name: str = "apart") -> Path:
    folder = tmp_path / name
    folder.mkdir()
    return folder


def same(first: Path, second: Path, *, but: str = "") -> None:
    old, new = export.frames(first), export.frames(second)
    for title, frame in old.items():
        if title != but:
            pd.testing.assert_frame_equal(frame, new[title])


def test_the_demonstration_comes_through(demo_warehouse: Path, tmp_path: Path) -> None:
    base = next((demo_warehouse / "versions").glob("*.duckdb"))
    heard: list[float] = []
    outcome = amend(base, {}, apart(tmp_path), "无修改", lambda share, _: heard.append(share))
    assert outcome.clean
    assert outcome.shifts == []
    same(base, tmp_path / "apart" / trial.DATABASE)
    assert heard == sorted(heard)
    assert len(heard) > 2


def test_hostile_text_comes_through_and_the_source_is_named(
    warehouse: Path, tmp_path: Path
) -> None:
    book = valid()
    number = len(HOSTILE)
    book["督导整改"][1:] = [
        [f"00{n}", D("2024-05-01"), "指标", None, text, text, D("2024-08-01"), None]
        for n, text in enumerate(HOSTILE)
    ]
    item = valid()["督导整改"][1][2]
    for row in book["督导整改"][1:]:
        row[2] = item
    first = load_workbook(write_folder(book, tmp_path / "a")).version
    rows = export.frames(first.path)["督导整改"]
    assert len(rows) == number
    assert list(rows["编号"])[:2] == ["000", "001"]
    changed = rows.copy()
    changed.loc[0, "完成日期"] = "2024年7月1日"
    outcome = amend(first.path, {"督导整改": changed}, apart(tmp_path), "表单修改：督导整改")
    assert outcome.clean
    assert [(each.sheet, each.changed) for each in outcome.shifts] == [
        ("督导整改", [["000", "完成日期", "", "2024-07-01"]])
    ]
    pointed = versions.pointed_at()
    second = trial.adopt(tmp_path / "apart" / trial.DATABASE, pointed, "张三")
    assert second.meta["source_name"] == "表单修改：督导整改"
    assert versions.current().id == second.id
    same(first.path, second.path, but="督导整改")
    found = export.frames(second.path)["督导整改"]
    assert list(found["问题"]) == list(rows["问题"])
    assert found.loc[0, "完成日期"] == D("2024-07-01")
    with pytest.raises(trial.Moved):
        trial.adopt(tmp_path / "apart" / trial.DATABASE, pointed, "李四")
    assert warehouse.exists()


def test_what_is_wrong_is_said_of_its_row(warehouse: Path, tmp_path: Path) -> None:
    first = load_workbook(write_xlsx(valid(), tmp_path / "a.xlsx")).version
    rows = export.frames(first.path)["督导整改"]
    added = dict.fromkeys(rows.columns) | {"编号": "新", "发现日期": "2024-13-01"}
    rows = pd.concat([rows, pd.DataFrame([added], dtype=object)], ignore_index=True)
    outcome = amend(first.path, {"督导整改": rows}, apart(tmp_path), "表单修改：督导整改")
    assert not outcome.clean
    assert {each.row for each in outcome.problems} == {len(rows) + 1}
    assert {"发现日期", "问题", "责任单位"} < {each.header for each in outcome.problems}
    assert warehouse.exists()


def test_other_sheets_than_the_contract_asks_for_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="督导整改"):
        write_sheets({"督导整改": pd.DataFrame({"编号": ["1"]})}, tmp_path / "a.zip")
    with pytest.raises(ValueError, match="无此表"):
        write_sheets({"无此表": pd.DataFrame({"编号": ["1"]})}, tmp_path / "a.zip")


def test_an_untouched_sheet_that_comes_out_differently_is_refused(
    demo_warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = next((demo_warehouse / "versions").glob("*.duckdb"))
    shift = trial.Shift("院校", [], [], [], [["1", "院校名称", "甲", "乙"]], [0, 0, 1, 1])
    monkeypatch.setattr(trial, "try_out", lambda *_, **__: trial.Outcome(shifts=[shift]))
    assert amend(base, {}, tmp_path, "无修改").unreadable.startswith("“院校”表没有修改")
    rows = export.frames(base, ["院校"])
    assert list(rows) == ["院校"]
    assert amend(base, rows, tmp_path, "有修改").clean


def test_only_warnings_beyond_those_before_count() -> None:
    def warning(row: int, value: str, other: int) -> Problem:
        return Problem("联席会议", row, 4, "议定事项", value, f"与第 {other} 行重复，请核对")

    before = [("联席会议", "议定事项“甲”与第 2 行重复，请核对")]
    found = [warning(9, "甲", 5), warning(10, "甲", 5), warning(11, "乙", 6)]
    assert brought(found, before) == found[1:]
    assert brought(found[:1], before) == []


MEETINGS = BY_TITLE["联席会议"]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.lists(
    st.sampled_from([*HOSTILE, "_x000D_", "_x00", "0D_", "\u200b", " ", "\n", "\r\n", "１", ".0"]),
    max_size=5,
).map("".join)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(texts, texts, texts), min_size=1, max_size=6))
def test_what_was_read_once_reads_as_itself(given_: list[tuple[str, str, str]]) -> None:
    names = ("meeting_id", "topic", "decision")
    rows: list[list[Any]] = []
    for texts_ in given_:
        cells = {
            name: read_text(text, code=MEETINGS.by_name[name].is_code)
            for name, text in zip(names, texts_, strict=True)
        }
        if not any(value is None or isinstance(value, Fault) for value in cells.values()):
            cells |= {"held_on": D("2024-05-01"), "department": "教育局"}
            rows.append([cells.get(column.name) for column in MEETINGS.columns])
    frame = pd.DataFrame(rows, columns=list(MEETINGS.by_header), dtype=object)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.zip"
        write_sheets({"联席会议": frame}, file)
        trial.unpack(file, Path(folder) / "a")
        raw = read(Path(folder) / "a").sheets["联席会议"]
    for column in MEETINGS.columns if rows else ():
        assert read_column(raw.cells[column.name], column) == list(frame[column.header])
