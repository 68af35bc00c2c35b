"""The quality report of a version at the data's own date: what a clerk should mend, and what first.

Completeness per sheet and column, age per sheet, places not given, years missing, remarks of the
load; ``queries.outliers`` and ``queries.usable`` add values far out and rows the indicators could
not use. ``glance`` gives the four numbers of one version that a trend over versions is made of.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from data import versions
from data.contract import SHEETS, Column, Sheet, in_words
from data.plan import Plan, QualityRules
from queries import sql, usable
from queries.outliers import outliers
from queries.run import OpenVersion, closed_after, run
from queries.usable import UNUSABLE, Use

# Columns whose emptiness says something and that no note of the contract says so of: a point has
# one track or none, the catalogue gives the industry, the thresholds stand in for a verdict, and
# only what is counted has a value.
EMPTY_SAYS = frozenset(
    {
        ("specialty_points", "track"),
        ("specialty_points", "industry"),
        ("conditions", "verdict"),
        ("conditions", "document"),
        ("deliverable_updates", "value"),
        ("rectifications", "institution_id"),
        ("target_allocations", "scope"),
    }
)
# Days that are planned, not past: that one has come is no news.
PLANNED = frozenset({"planned_on", "due_on", "expires_on"})
_DATES = ("date", "date_or_year")


def empty_says(table: str, column: Column) -> bool:
    """Whether an empty cell has a meaning of its own, so that it does not lack anything."""
    optional = not column.required
    return optional and (
        column.kind in _DATES or column.note.startswith("空") or (table, column.name) in EMPTY_SAYS
    )


# ---------------------------------------------------------------- completeness


@dataclass(frozen=True)
class ColumnFill:
    """A column: how many of the sheet's rows hold a value. says: an empty cell has a meaning."""

    header: str
    filled: int
    required: bool
    says: bool


@dataclass(frozen=True)
class SheetFill:
    """A sheet: its rows, and per column how many are filled."""

    table: str
    title: str
    rows: int
    columns: tuple[ColumnFill, ...]

    @property
    def cells(self) -> tuple[int, int]:
        """(filled, all) cells of the columns that ought to be filled."""
        wanted = [each for each in self.columns if not each.says]
        return sum(each.filled for each in wanted), self.rows * len(wanted)

    @property
    def share(self) -> float | None:
        """Filled cells among those that ought to be, in percent; None for an empty sheet."""
        filled, cells = self.cells
        return filled / cells * 100 if cells else None


def completeness(version: OpenVersion) -> list[SheetFill]:
    """Every sheet in the contract's order."""
    found = []
    for sheet in SHEETS:
        names, counts = _one_row(version, "quality_columns", {"table": sheet.table})
        filled = dict(zip(names, counts, strict=True))
        columns = tuple(
            ColumnFill(
                each.header, int(filled[each.name]), each.required, empty_says(sheet.table, each)
            )
            for each in sheet.columns
        )
        found.append(SheetFill(sheet.table, sheet.title, int(filled["row_count"]), columns))
    return found


def _one_row(
    version: OpenVersion, name: str, put_in: dict[str, str], **parameters: Any
) -> tuple[list[str], tuple[Any, ...]]:
    """The names and values of a query about a table of the contract, put in by its name."""
    text = sql.text(name)
    for place, word in put_in.items():
        text = text.replace(f"{{{place}}}", word)
    with closing(version.connection.cursor()) as cursor:
        cursor.execute(text, parameters or None)
        row = cursor.fetchone()
        assert row is not None
        return [column[0] for column in cursor.description], row


def share_filled(sheets: Sequence[SheetFill]) -> float | None:
    """Filled cells among those that ought to be, over all sheets with rows, in percent."""
    filled = sum(each.cells[0] for each in sheets)
    cells = sum(each.cells[1] for each in sheets)
    return filled / cells * 100 if cells else None


# ---------------------------------------------------------------- age


@dataclass(frozen=True)
class Age:
    """How old a sheet's news is. latest: its latest day not after the data's date, None without.

    year: the latest year, of a sheet by years; its day is that year's end. days: from then to the
    data's date. limit: days from which it is out of date, 0 where it may rest; dated: whether the
    sheet has a date or year at all.
    """

    title: str
    latest: date | None
    year: int | None
    days: int | None
    limit: int
    dated: bool

    @property
    def stale(self) -> bool:
        return self.days is not None and 0 < self.limit < self.days

    @property
    def over(self) -> float:
        """Age as a multiple of the limit, to sort by; below zero where nothing can be said."""
        if self.days is None:
            return -2.0
        return self.days / self.limit if self.limit else -1.0


def ages(version: OpenVersion, rules: QualityRules, filled: Collection[str]) -> list[Age]:
    """Every sheet with rows (``filled``: their tables) but 说明, the most out of date first."""
    day = version.as_of
    found = []
    for sheet in SHEETS:
        if sheet.table not in filled or sheet.table == "dataset":
            continue
        latest, year, dated = _latest(version, sheet, day)
        days = None if latest is None else (day - latest).days
        found.append(Age(sheet.title, latest, year, days, rules.days(sheet.table), dated))
    return sorted(found, key=lambda each: -each.over)


def _latest(version: OpenVersion, sheet: Sheet, day: date) -> tuple[date | None, int | None, bool]:
    if any(each.kind == "year" for each in sheet.columns):
        _, (year,) = _one_row(version, "quality_latest_year", {"table": sheet.table}, as_of=day)
        if year is None:
            return None, None, True
        return min(date(int(year), 12, 31), day), int(year), True
    columns = [c.name for c in sheet.columns if c.kind in _DATES and c.name not in PLANNED]
    if not columns:
        return None, None, False
    put_in = {"table": sheet.table, "columns": ", ".join(columns)}
    _, (latest,) = _one_row(version, "quality_latest_day", put_in, as_of=day)
    return latest, None, True


# ---------------------------------------------------------------- years missing


@dataclass(frozen=True, eq=False)
class Years:
    """Years without a row, of points or of schools. due: one row per subject and year that ought to
    have a row (``quality_years.sql``)."""

    due: pd.DataFrame

    @property
    def missing(self) -> pd.DataFrame:
        return self.due[~self.due["has_row"].to_numpy(bool)]

    @property
    def years(self) -> list[int]:
        return sorted(int(each) for each in self.due["year"].unique())

    def by_institution(self) -> list[tuple[str, str, bool, dict[int, tuple[int, int]]]]:
        """(id, name, outside, year -> (missing, due)), those with a year missing alone, the most
        missing first."""
        frame = self.due.assign(gone=~self.due["has_row"].to_numpy(bool))
        keys = ["institution_id", "institution", "outside"]
        sums = frame.groupby([*keys, "year"])["gone"].agg(["sum", "size"])
        found: dict[tuple[str, str, bool], dict[int, tuple[int, int]]] = {}
        for (code, name, outside, year), gone, due in sums.itertuples(name=None):
            found.setdefault((code, name, bool(outside)), {})[int(year)] = (int(gone), int(due))
        rows = [
            (*key, years) for key, years in found.items() if any(gone for gone, _ in years.values())
        ]
        return sorted(rows, key=lambda row: (-sum(gone for gone, _ in row[3].values()), row[1]))


def years_due(version: OpenVersion) -> tuple[Years, Years]:
    """The years of the points' 年度数据 and of the schools' 办学条件."""
    found = run("quality_years", version, as_of=version.as_of)
    kinds = (found["kind"] == kind for kind in ("年度数据", "办学条件"))
    points, schools = (Years(found[kind.to_numpy(bool)]) for kind in kinds)
    return points, schools


# ---------------------------------------------------------------- remarks of the load


@dataclass(frozen=True)
class Remarks:
    """Remarks of the load of one kind on one sheet, the cells in the sheet's order."""

    sheet: str
    kind: str
    cells: tuple[tuple[str, str, str], ...]


_NUMBER = re.compile(r"\d[\d,.\-—]*")


def kind_of(message: str, value: str) -> str:
    """A remark without the cell's value and other numbers, so that like ones are one kind."""
    return _NUMBER.sub("…", message.replace(f"“{value}”", "", 1) if value else message)


def remarks(version: OpenVersion) -> list[Remarks]:
    """The remarks of the load by sheet and kind, the most frequent first; cells: (cell, value,
    message)."""
    found: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    rows = run("quality_warnings", version)
    for sheet, cell, value, message in rows.itertuples(index=False, name=None):
        shown = value if isinstance(value, str) else ""
        found.setdefault((sheet, kind_of(message, shown)), []).append((cell, shown, message))
    groups = [Remarks(sheet, kind, tuple(cells)) for (sheet, kind), cells in found.items()]
    return sorted(groups, key=lambda each: -len(each.cells))


# ---------------------------------------------------------------- the report


@dataclass(frozen=True)
class Todo:
    """Something to mend. section: where the page shows it; detail: what most of it is."""

    words: str
    section: str
    detail: str = ""


@dataclass(frozen=True, eq=False)
class Report:
    """Everything about a version. places: institutions without district or coordinates."""

    as_of: date
    sheets: list[SheetFill]
    ages: list[Age]
    outliers: pd.DataFrame
    judged: int
    remarks: list[Remarks]
    places: pd.DataFrame
    years: Years
    condition_years: Years
    uses: list[Use]
    lost: dict[str, list[str]]

    @property
    def empty(self) -> list[SheetFill]:
        return [each for each in self.sheets if not each.rows]

    @property
    def stale(self) -> list[Age]:
        return [each for each in self.ages if each.stale]

    @property
    def unusable(self) -> int:
        """Rows that some use could not use, each once however many could not; those of indicators
        without any data are not counted, for it is not the row that lacks something."""
        frames = [each.unusable.assign(table=each.table) for each in self.uses if not each.lost]
        return len(pd.concat(frames)[["table", "key"]].drop_duplicates())

    @property
    def todo(self) -> list[Todo]:
        """What to mend, what costs the indicators most first."""
        return _todo(self)


def report(version: OpenVersion) -> Report:
    """The whole report, at the data's own date and without filters: about a second."""
    day, rules = version.as_of, version.plan.quality
    sheets = completeness(version)
    far, judged = outliers(version, rules)
    institutions = run("quality_institutions", version, as_of=day)
    nowhere = institutions["longitude"].isna() | institutions["latitude"].isna()
    places = institutions[institutions["district"].isna() | nowhere]
    return Report(
        day,
        sheets,
        ages(version, rules, {each.table for each in sheets if each.rows}),
        far,
        judged,
        remarks(version),
        places,
        *years_due(version),
        usable.uses(version),
        _lost(version),
    )


def _lost(version: OpenVersion) -> dict[str, list[str]]:
    """Table or table.column that holds nothing -> the indicators without data for it."""
    found: dict[str, list[str]] = {}
    for each in version.plan.indicators:
        for need in each.needs:
            if need not in version.filled:
                found.setdefault(need, []).append(each.name)
    return found


def _todo(found: Report) -> list[Todo]:
    todo = [
        Todo(f"{in_words(need)}为空，{len(names)} 项指标因此无数据", "filled")
        for need, names in sorted(found.lost.items(), key=lambda each: -len(each[1]))
    ]
    points, schools = len(found.years.missing), len(found.condition_years.missing)
    rows = found.unusable
    lacking = (
        (points, Todo(f"“年度数据”缺 {points:,} 个专业点年度", "years")),
        (schools, Todo(f"“办学条件”缺 {schools:,} 个学校年度", "years")),
        (rows, Todo(f"{rows:,} 行数据缺少内容，指标用不上", "uses", _mostly(found.uses))),
    )
    most_first = sorted(lacking, key=lambda each: -each[0])
    todo += [each for count, each in most_first if count]
    for age in found.stale:
        when = f"{age.year} 年" if age.year else f"{age.latest}"
        todo.append(Todo(f"“{age.title}”表最近到 {when}，已 {age.days} 天没有更新", "ages"))
    nameless = int(found.places["district"].isna().sum())
    if nameless:
        todo.append(Todo(f"{nameless} 所院校没有填区县，分不到区县统计", "places"))
    lost = {need.partition(".")[0] for need in found.lost}
    rest = [f"“{each.title}”" for each in found.empty if each.table not in lost]
    if rest:
        todo.append(Todo(f"{'、'.join(rest)}表为空", "filled"))
    if len(found.outliers):
        todo.append(Todo(f"{len(found.outliers)} 个数值明显偏离同类，请核对", "outliers"))
    if found.remarks:
        count = sum(len(each.cells) for each in found.remarks)
        todo.append(Todo(f"载入时的 {count} 条提醒，请逐条核对", "remarks"))
    return todo


def _mostly(uses: Sequence[Use]) -> str:
    """The reason for which most rows of one use cannot be used."""
    reasons = [
        (reason.count, use.name, reason.words)
        for use in uses
        for reason in use.reasons
        if reason.kind == UNUSABLE and not use.lost
    ]
    if not reasons:
        return ""
    _, name, words = max(reasons)
    return f"最多的是{name}：{words}"


def verdict(found: Report) -> str:
    """The report in a sentence: what is empty, out of date and unusable, and what to mend first."""
    parts = []
    for count, words in (
        (len(found.empty), "张为空"),
        (len(found.stale), "张久未更新"),
    ):
        if count:
            parts.append(f"{count} {words}")
    head = f"{len(found.sheets)} 张表中 " + "、".join(parts)
    if not parts:
        head = f"{len(found.sheets)} 张表都有数据，没有久未更新的"
    todo = found.todo
    if not todo:
        return f"{head}；没有发现需要补的"
    return f"{head}；最该先补的是：{todo[0].words}"


# ---------------------------------------------------------------- over versions


@dataclass(frozen=True)
class Glance:
    """A version in numbers. filled: in percent; remarks: of its load; missing: point-years without
    a row, None where there are no years; stale, empty: sheets."""

    data_date: date
    filled: float | None
    remarks: int
    missing: int | None
    stale: int
    empty: int


def glance(path: Path, plan: Plan) -> Glance:
    """The four numbers of a version, each at its own date; the file is not kept open.

    Raises as ``data.versions.check``. About 0.1 s.
    """
    meta = versions.check(path)
    with closed_after(path, plan) as version:
        sheets = completeness(version)
        known = {each.table for each in sheets if each.rows}
        years, _ = years_due(version)
        return Glance(
            version.as_of,
            share_filled(sheets),
            int(meta.get("warnings", "0")),
            len(years.missing) if len(years.due) else None,
            sum(each.stale for each in ages(version, plan.quality, known)),
            len(sheets) - len(known),
        )


def unusable_rows(found: Sequence[Use]) -> list[tuple[str, str, str, str, str]]:
    """(use, sheet, key, institution, reason) of every row to mend."""
    return [
        (use.name, use.sheet, str(row.key), str(row.institution), str(row.reason))
        for use in found
        if use.count(UNUSABLE)
        for row in use.unusable.itertuples()
    ]
