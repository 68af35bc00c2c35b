"""A version as a workbook, loaded again, is the same version; what differs is told cell by cell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import difference, export
from data.contract import BY_TITLE, SHEETS
from data.load import load_workbook
from tests.data.small_book import D, minimal, spoilt, valid, write_xlsx


def loaded(book: Any, folder: Path, name: str = "a") -> Path:
    database = folder / f"{name}.duckdb"
    load_workbook(write_xlsx(book, folder / f"{name}.xlsx"), database)
    return database


@pytest.mark.parametrize("book", [valid, minimal])
def test_load_export_load_is_the_same(book: Callable[[], Any], tmp_path: Path) -> None:
    first = loaded(book(), tmp_path)
    export.write(first, tmp_path / "again.xlsx")
    load_workbook(tmp_path / "again.xlsx", tmp_path / "b.duckdb")
    for title, frame in export.frames(first).items():
        pd.testing.assert_frame_equal(frame, export.frames(tmp_path / "b.duckdb")[title])
    assert not any(difference.compare(first, tmp_path / "b.duckdb"))


def test_the_demonstration_round_trip(demo_warehouse: Path, tmp_path: Path) -> None:
    first = next((demo_warehouse / "versions").glob("*.duckdb"))
    export.write(first, tmp_path / "again.xlsx")
    load_workbook(tmp_path / "again.xlsx", tmp_path / "b.duckdb")
    found = difference.compare(first, tmp_path / "b.duckdb")
    assert [(each.sheet.title, each.changed[:3]) for each in found if each] == []


def test_changes_are_told_by_key_and_cell(tmp_path: Path) -> None:
    old = loaded(valid(), tmp_path)
    book = spoilt(valid(), {"院校!B2": "改名学院", "院校!G2": "金水区", "专业评估!D2": 90})
    del book["专业群成员"][1]
    book["专业评估"].append(["P2", 2024, "优秀", None])
    new = loaded(book, tmp_path, "b")
    found = {each.sheet.title: each for each in difference.compare(old, new) if each}
    assert set(found) == {"院校", "专业群成员", "专业评估"}
    schools = found["院校"]
    assert schools.changed_rows == 1
    assert [(c.key, c.header, c.before, c.after) for c in schools.changed] == [
        ((("院校代码", "S1"),), "院校名称", "示例职业学院（东区）", "改名学院"),
        ((("院校代码", "S1"),), "区县", "中原区", "金水区"),
    ]
    assert len(found["专业群成员"].removed) == 1
    graded = found["专业评估"]
    assert list(graded.added["专业点编号"]) == ["P2"]
    assert [(c.header, c.before, c.after) for c in graded.changed] == [("得分", 86.5, 90.0)]


def test_against_nothing_everything_is_added(tmp_path: Path) -> None:
    found = difference.compare(None, loaded(minimal(), tmp_path))
    assert {each.sheet.title: len(each.added) for each in found if each} == {
        "院校": 1,
        "专业点": 1,
        "说明": 3,
    }


SHEET = BY_TITLE["校企合作"]
cell = st.sampled_from(["E1", "E2", "E3"])
row = st.tuples(cell, st.sampled_from(["S1", "S2"]), st.just("订单培养"), st.just(D("2024-01-01")))
rows = st.lists(
    st.tuples(row, st.sampled_from([None, D("2025-01-01"), D("2026-01-01")])), max_size=8
)


def frame(found: list[tuple[tuple[Any, ...], Any]]) -> pd.DataFrame:
    headers = [column.header for column in SHEET.columns]
    return pd.DataFrame([(*r, end) for r, end in found], columns=headers, dtype=object)


@settings(max_examples=100, deadline=None)
@given(old=rows, new=rows)
def test_the_difference_applied_to_the_old_gives_the_new(old: Any, new: Any) -> None:
    before, after = frame(old), frame(new)
    found = difference.table(SHEET, before, after)
    removed = list(found.removed.itertuples(index=False, name=None))
    kept = list(before.itertuples(index=False, name=None))
    for each in removed:
        # The last of alike rows goes: they are matched in their order.
        kept.reverse()
        kept.remove(each)
        kept.reverse()
    result = [dict(zip(before.columns, each, strict=True)) for each in kept]
    done: set[int] = set()
    for change in found.changed:
        place = next(
            n
            for n, each in enumerate(result)
            if n not in done
            and all(each[h] == v for h, v in change.key)
            and each[change.header] == change.before
        )
        result[place][change.header] = change.after
        done.add(place)
    result += [
        dict(zip(before.columns, each, strict=True))
        for each in found.added.itertuples(index=False, name=None)
    ]
    expected = after.to_dict("records")
    order = lambda each: tuple(str(v) for v in each.values())  # noqa: E731
    assert sorted(result, key=order) == sorted(expected, key=order)


def test_the_same_is_no_difference() -> None:
    for sheet in SHEETS:
        empty = pd.DataFrame(columns=[c.header for c in sheet.columns], dtype=object)
        assert not difference.table(sheet, empty, empty)
        assert difference.identity(sheet)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = loaded(valid(), tmp_path)
    assert export.main([str(tmp_path / "out.xlsx"), "--database", str(database)]) == 0
    assert "22 张表" in capsys.readouterr().out
    assert export.main([str(tmp_path / "x.xlsx"), "--database", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.strip()
    assert export.main([str(tmp_path / "no" / "x.xlsx"), "--database", str(database)]) == 2
    assert "无法写入" in capsys.readouterr().err
