"""One school, one workbook: a merge touches an institution's own rows and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import difference, export
from data.contract import BY_TITLE
from data.load import load_workbook
from data.school_books import OWN_SHEETS, City, city, conflicts, header_of, merge
from tests.data.small_book import valid, write_folder


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> City:
    """The small book, in which every sheet has a row."""
    folder = tmp_path_factory.mktemp("small")
    load_workbook(write_folder(valid(), folder / "book"), folder / "a.duckdb")
    return city(export.frames(folder / "a.duckdb"))


def rows(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(frame.itertuples(index=False, name=None))


def returned(found: City, code: str) -> dict[str, pd.DataFrame]:
    """What an institution returns that changed nothing."""
    return {
        title: frame.set_axis(range(2, len(frame) + 2)) for title, frame in found.own(code).items()
    }


def test_every_row_has_the_owner_its_references_say(small: City) -> None:
    counted = {
        code: {title: len(frame) for title, frame in small.own(code).items() if len(frame)}
        for code in small.names
    }
    assert counted["S1"] == {
        "院校": 1,
        "专业点": 2,
        "专业群": 1,
        "专业群成员": 2,
        "认定": 2,
        "年度数据": 2,
        "主导产业": 1,
        "校企合作": 1,
        "合作载体": 1,
        "专业评估": 1,
        "项目库": 1,
    }
    assert counted["S2"] == {
        "院校": 1,
        "专业点": 1,
        "专业群": 1,
        "专业群成员": 1,
        "认定": 3,
        "年度数据": 1,
        "办学条件": 1,
        "贯通培养": 1,
    }
    assert counted["S4"] == {"院校": 1, "专业点": 1}
    assert not any(map(len, small.own("nobody").values()))


def test_of_the_demonstration_every_owned_row_is_somebodys(demo_warehouse: Path) -> None:
    """Recomputed with pandas alone; a body that no institution leads is the city's."""
    frames = export.frames(next((demo_warehouse / "versions").glob("*.duckdb")))
    found = city(frames)
    points = frames["专业点"].set_index("专业点编号")["院校代码"]
    years = frames["年度数据"]["专业点编号"].map(points)
    assert found.owners["年度数据"] == list(years)
    groups = frames["专业群"].set_index("专业群编号")["院校代码"]
    named = frames["认定"]
    expected = [
        {"专业点": points, "专业群": groups}.get(kind, {}).get(subject, subject)
        for kind, subject in zip(named["对象类型"], named["对象编号"], strict=True)
    ]
    assert found.owners["认定"] == expected
    for sheet in OWN_SHEETS:
        nobody = [code for code in found.owners[sheet.title] if code is None]
        assert not nobody or header_of(sheet) == "牵头院校代码"
        mine = sum(len(found.own(code)[sheet.title]) for code in found.names)
        assert mine + len(nobody) == len(frames[sheet.title])


def test_returned_unchanged_nothing_changes(demo_warehouse: Path) -> None:
    found = city(export.frames(next((demo_warehouse / "versions").glob("*.duckdb"))))
    merged = merge(found, {code: returned(found, code) for code in found.names})
    assert merged.frames == {}


# Rows as hostile as they come: others' numbers, none at all, any text.
_word = st.sampled_from(["S1", "S2", "S3", "P1", "P3", "P9", "G1", "G2", "B1", "E1", "新", None])


@st.composite
def any_return(draw: st.DrawFn) -> dict[str, pd.DataFrame]:
    given: dict[str, pd.DataFrame] = {}
    for sheet in draw(st.lists(st.sampled_from(OWN_SHEETS), unique=True)):
        width = len(sheet.columns)
        cells = draw(st.lists(st.tuples(*[_word] * width), max_size=4))
        frame = pd.DataFrame(cells, columns=[c.header for c in sheet.columns], dtype=object)
        given[sheet.title] = frame.set_axis(range(2, len(frame) + 2))
    return given


@settings(max_examples=40, deadline=None)
@given(sent=st.dictionaries(st.sampled_from(["S1", "S2", "S9"]), any_return(), max_size=3))
def test_a_merge_touches_own_rows_alone(small: City, sent: dict[str, Any]) -> None:
    merged = merge(small, sent)
    assert set(merged.frames) <= {sheet.title for sheet in OWN_SHEETS}
    for sheet in OWN_SHEETS:
        before, owners = rows(small.frames[sheet.title]), small.owners[sheet.title]
        after = rows(merged.frames.get(sheet.title, small.frames[sheet.title]))
        senders = [code for code in sent if sheet.title in sent[code]]
        if sheet.title not in merged.frames:
            sources = [
                None if code not in senders else (code, 0) for code in small.owners[sheet.title]
            ]
        else:
            sources = list(merged.sources[sheet.title])
        others = [row for row, code in zip(before, owners, strict=True) if code not in senders]
        assert [r for r, s in zip(after, sources, strict=True) if s is None] == others
        for code in senders:
            mine = [
                r for r, s in zip(after, sources, strict=True) if s is not None and s[0] == code
            ]
            assert mine == rows(sent[code][sheet.title])


def edited(frames: dict[str, pd.DataFrame], title: str, header: str, value: Any) -> None:
    frames[title] = frames[title].copy()
    frames[title].iloc[0, list(frames[title].columns).index(header)] = value


def changed(found: City, title: str, key: str, header: str, value: Any) -> City:
    """The city with one cell changed."""
    frame = found.frames[title].copy()
    place = next(n for n, row in enumerate(rows(frame)) if key in row)
    frame.iloc[place, list(frame.columns).index(header)] = value
    return city({**found.frames, title: frame})


def without(found: City, title: str, key: str) -> City:
    frame = found.frames[title]
    kept = [key not in row for row in rows(frame)]
    return city({**found.frames, title: frame[kept].reset_index(drop=True)})


def test_what_changed_since_is_a_conflict(small: City) -> None:
    sent = {"S1": returned(small, "S1")}
    edited(sent["S1"], "院校", "联系人", "李四")
    # Another cell of the row, another institution: no conflict, but the first is put back.
    now = changed(small, "院校", "S1", "性质", "民办")
    now = changed(now, "院校", "S2", "联系人", "王五")
    found = [
        (c.sheet, c.row, c.column, c.base, c.now, c.returned) for c in conflicts(small, now, sent)
    ]
    assert found == [("院校", ("S1",), "性质", "公办", "民办", "公办")]
    assert [each.untouched for each in conflicts(small, now, sent)] == [True]
    both = changed(small, "院校", "S1", "联系人", "王五")
    assert [each.untouched for each in conflicts(small, both, sent)] == [False]
    # What the institution returns too is none.
    now = changed(small, "院校", "S1", "联系人", "李四")
    assert list(conflicts(small, now, sent)) == []
    # Rows that came or went.
    now = without(small, "专业评估", "P1")
    (met,) = conflicts(small, now, sent)
    assert (met.sheet, met.column) == ("专业评估", "")
    assert (met.base, met.now, met.returned) == ("有此行", "无此行", "有此行")
    assert list(conflicts(now, small, sent)) == []
    del sent["S1"]["院校"]
    assert list(conflicts(small, changed(small, "院校", "S1", "性质", "民办"), sent)) == []


def test_a_row_added_since_is_not_lost_unseen(small: City) -> None:
    base = without(small, "年度数据", 2024)  # type: ignore[arg-type]
    sent = {"S1": returned(base, "S1")}
    found = list(conflicts(base, small, sent))
    assert [(c.sheet, c.row, c.now, c.returned) for c in found] == [
        ("年度数据", ("P1", 2024), "有此行", "无此行")
    ]


@pytest.mark.parametrize("title", [sheet.title for sheet in OWN_SHEETS])
def test_own_rows_replaced_the_difference_is_what_was_returned(small: City, title: str) -> None:
    sheet = BY_TITLE[title]
    code = next(each for each in small.owners[title] if each is not None)
    sent = {code: {title: returned(small, code)[title].iloc[:0]}}
    merged = merge(small, sent)
    found = difference.table(sheet, small.frames[title], merged.frames[title])
    assert len(found.removed) == len(small.own(code)[title])
    assert not len(found.added)
    assert set(merged.frames) == {title}
