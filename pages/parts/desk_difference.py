"""The whole difference of two database files as a workbook: the page shows the beginning of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from data import difference
from data.difference import TableDifference
from data.plan import Plan
from data.trial import say
from pages.parts import download
from pages.parts.view import View
from queries.evaluate import Result, Scope, evaluate
from queries.run import OpenVersion, open_file
from queries.status import WORDS

SUMMARY, INDICATORS, CELLS = "变化汇总", "指标前后", "修改的单元格"
Sheet = tuple[str, Sequence[str], Iterator[tuple[Any, ...]]]


def workbook(old: Path | None, new: Path, plan: Plan) -> bytes:
    """Every row added and removed, every cell changed, every indicator before and after, each file
    at its own date. old: None for an empty start. Raises as ``data.difference.compare``."""
    after = open_file(new, plan)
    before = None if old is None else open_file(old, plan)
    found = [each for each in difference.compare(old, new) if each]
    was = [] if before is None else evaluate(before, before.as_of)
    sheets: list[Sheet] = [
        (SUMMARY, ("工作表", "新增行", "删除行", "修改行", "修改的单元格"), _summary(found)),
        (
            INDICATORS,
            ("指标", "单位", "前", "后", "差", "原状态", "现状态", "变化"),
            _indicators(was, evaluate(after, after.as_of)),
        ),
        (CELLS, ("工作表", "行", "列", "原值", "新值"), _cells(found)),
    ]
    sheets += [
        (each.sheet.title, ("变化", *map(str, each.added.columns)), _rows(each))
        for each in found
        if len(each.added) or len(each.removed)
    ]
    source = f"从 {_named(before)} 到 {_named(after)}；指标按各自的数据截止日计算"
    return download.book(View(after, after.as_of, Scope()), sheets, source)


def _named(version: OpenVersion | None) -> str:
    if version is None:
        return "（无数据）"
    mark = View(version, version.as_of, Scope()).mark
    details = "，".join(filter(None, (f"数据截止 {version.as_of}", mark)))
    return f"{version.name}（{details}，{version.path.stem}）"


def _summary(found: list[TableDifference]) -> Iterator[tuple[Any, ...]]:
    for each in found:
        counts = len(each.added), len(each.removed), each.changed_rows, len(each.changed)
        yield each.sheet.title, *counts


def _indicators(before: list[Result], after: list[Result]) -> Iterator[tuple[Any, ...]]:
    old = {each.id: each for each in before}
    for new in after:
        was = old.get(new.id)
        actual = None if was is None else was.actual
        change = None if actual is None or new.actual is None else new.actual - actual
        if was is None or was.status != new.status:
            words = "状态改变"
        else:
            words = "不变" if actual == new.actual else "数值变化"
        yield (
            new.indicator.name,
            new.indicator.unit,
            actual,
            new.actual,
            change,
            "" if was is None else WORDS[was.status],
            WORDS[new.status],
            words,
        )


def _cells(found: list[TableDifference]) -> Iterator[tuple[Any, ...]]:
    for table in found:
        for each in table.changed:
            key = "，".join(say(value) for _, value in each.key)
            yield table.sheet.title, key, each.header, each.before, each.after


def _rows(found: TableDifference) -> Iterator[tuple[Any, ...]]:
    for words, frame in (("新增", found.added), ("删除", found.removed)):
        for row in frame.itertuples(index=False, name=None):
            yield words, *row
