"""An edit touches its own row alone, and what somebody else did meanwhile is never lost."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from data.contract import BY_TITLE, Sheet
from data.difference import identity
from data.edits import CHANGED, REMOVED, Edit, Merge, find, merge, name, refs, settle

KEYED, LOOSE = BY_TITLE["督导整改"], BY_TITLE["联席会议"]
D = date.fromisoformat
# Few values, so that rows alike in part or in all are common.
CELLS = {
    "编号": st.sampled_from(["R1", "R2", "R3", "R4", "R5"]),
    "会议编号": st.sampled_from(["M1", "M2"]),
}
texts = st.sampled_from(["甲", "乙"])
days = st.sampled_from([D("2024-03-01"), D("2024-06-01")])


def row(sheet: Sheet) -> Any:
    cells = {}
    for column in sheet.columns:
        cell = CELLS.get(column.header, days if column.kind == "date" else texts)
        cells[column.header] = cell if column.required else st.none() | cell
    return st.fixed_dictionaries(cells)


def frame(sheet: Sheet, rows: Any) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(sheet.by_header), dtype=object)


def sheets() -> st.SearchStrategy[tuple[Sheet, list[dict[str, Any]]]]:
    keyed = st.lists(row(KEYED), max_size=5, unique_by=lambda each: each["编号"])
    loose = st.lists(row(LOOSE), max_size=5)
    return st.tuples(st.just(KEYED), keyed) | st.tuples(st.just(LOOSE), loose)


@st.composite
def stories(draw: Any) -> tuple[Edit, pd.DataFrame, pd.DataFrame]:
    """(an edit, the sheet when it was opened, the sheet after others have been at it)"""
    sheet, opened = draw(sheets())
    newest = [dict(each) for each in opened]
    for _ in range(draw(st.integers(0, 3))):
        what = draw(st.sampled_from(["add", "change", "remove"]))
        if what == "add" or not newest:
            newest.append(draw(row(sheet)))
        elif what == "change":
            place = draw(st.integers(0, len(newest) - 1))
            header = draw(st.sampled_from(list(sheet.by_header)))
            newest[place] |= {header: draw(row(sheet))[header]}
        else:
            del newest[draw(st.integers(0, len(newest) - 1))]
    if sheet is KEYED:
        assume(len({each["编号"] for each in newest}) == len(newest))
    before = draw(st.sampled_from(opened)) if opened and draw(st.booleans()) else None
    after = None if before and draw(st.booleans()) else draw(row(sheet))
    return Edit(sheet, before, after), frame(sheet, opened), frame(sheet, newest)


def at(found: Merge) -> Any:
    assert found.place is not None
    return found.rows.iloc[found.place].to_dict()


def bag(rows: pd.DataFrame) -> Counter[tuple[Any, ...]]:
    return Counter(rows.itertuples(index=False, name=None))


def cells(edit: Edit, one: Any) -> Counter[tuple[Any, ...]]:
    return Counter([] if one is None else [tuple(one[each] for each in edit.sheet.by_header)])


@settings(deadline=None)
@given(stories())
def test_no_row_but_the_edited_one_changes(story: Any) -> None:
    edit, opened, newest = story
    found = merge(edit, opened, newest)
    if found.clash:
        assert found.rows is newest
        assert not bag(newest) & cells(edit, edit.before)
        if found.clash == CHANGED:
            assert cells(edit, found.now) <= bag(newest)
            assert not cells(edit, found.now) <= bag(opened)
        else:
            names = identity(edit.sheet)
            alike = [r for r in newest.to_dict("records") if _same(r, edit.before, names)]
            assert bag(frame(edit.sheet, alike)) <= bag(opened)
        return
    assert bag(found.rows) == bag(newest) - cells(edit, edit.before) + cells(edit, edit.after)
    if edit.after is not None:
        assert cells(edit, at(found)) == cells(edit, edit.after)


def _same(one: Any, other: Any, names: list[str]) -> bool:
    return all(one[each] == other[each] for each in names)


@settings(deadline=None)
@given(stories())
def test_settling_keeps_what_the_other_did_where_this_editor_did_nothing(story: Any) -> None:
    edit, opened, newest = story
    found = merge(edit, opened, newest)
    settled = settle(edit, found)
    if not found.clash:
        assert settled is edit
        return
    now: Any = found.now
    if settled is None:
        assert edit.after is None or cells(edit, now | _own(edit)) == cells(edit, now)
        return
    done = merge(settled, newest, newest)
    assert not done.clash
    assert bag(newest) - cells(edit, found.now) <= bag(done.rows)
    if edit.after is not None:
        result = at(done)
        untouched = set(edit.sheet.by_header) - set(edit.changed)
        base: Any = edit.after if found.clash == REMOVED else now
        assert {each: result[each] for each in untouched} == {
            each: base[each] for each in untouched
        }
        assert {each: result[each] for each in edit.changed} == _own(edit)


def _own(edit: Edit) -> dict[str, Any]:
    return {each: edit.after[each] for each in edit.changed} if edit.after else {}


@settings(deadline=None)
@given(sheets())
def test_every_row_has_a_name_of_its_own(found: Any) -> None:
    sheet, rows = found
    whole = frame(sheet, rows)
    named = refs(whole[identity(sheet)].itertuples(index=False, name=None))
    assert len(set(named)) == len(rows)
    for ref, each in zip(named, rows, strict=True):
        assert find(sheet, whole, ref) == each
    assert find(sheet, whole, "nothing") is None


@pytest.mark.parametrize("sheet", [KEYED, LOOSE])
def test_names_outlive_other_cells(sheet: Sheet) -> None:
    one = dict.fromkeys(sheet.by_header) | {"编号": "R1", "会议编号": "M1"}
    one = {each: one[each] for each in sheet.by_header}
    (first,) = refs([[one[each] for each in identity(sheet)]])
    last = list(sheet.by_header)[-1]
    changed = frame(sheet, [one | {last: D("2024-01-01")}])
    assert find(sheet, changed, first) is not None
    assert name(sheet, one).startswith(("R1", "M1"))
