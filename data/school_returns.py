"""Checks the workbooks that institutions return, each against its own rows and the city's data.

``python -m data.school_returns FOLDER`` does it in a process of its own, one after another, and
leaves a result for each; ``check_files`` runs that under the limits of ``data.trial`` and goes on
with the next when one workbook made it end.

A workbook is checked as if its rows already stood in the city's data, so that every error names a
cell of the workbook that came back, also one that only the city's data shows: a row of another
institution, a number another institution uses.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from data import command, export, versions
from data.checks import EMPTY, Checked, check
from data.contract import (
    BASE_ITEM,
    BY_TABLE,
    BY_TITLE,
    CODE_ITEM,
    ROUND_ITEM,
    ROUND_NAME_ITEM,
    Column,
    Sheet,
)
from data.plan import Plan, PlanError, load_plan
from data.school_books import (
    GROUPS,
    INSTITUTIONS,
    LIST_SHEETS,
    NUMBERED,
    OWN_SHEETS,
    OWNED,
    POINTS,
    City,
    city,
)
from data.trial import MOST_MEMORY, Overrun, Wanted, limit_memory, mark, supervised, tell, unpack
from data.values import key, read_column, read_text, show
from data.workbook import (
    EMPTY_SHEET,
    NO_ROWS,
    NO_SHEET,
    Book,
    Problem,
    Progress,
    RawSheet,
    Unreadable,
    read,
    silent,
)

# A workbook of one institution takes a quarter of a second, and Python two to start.
MOST_SECONDS = 60.0
MOST_FILES = 1000
BOOKS = Wanted(".xlsx", MOST_FILES, "各院校返回的工作簿（.xlsx）")
# Characters of a round's name that a message repeats.
LONGEST_ROUND = 40
BATCH, LISTED = "batch.json", "listed.json"
# Row numbers from here on are the city's: no sheet of a workbook has as many.
CITY_ROWS = 10_000_000
DATASET, ENTERPRISES = BY_TABLE["dataset"], BY_TABLE["enterprises"]
RECOGNITIONS, PARTNERSHIPS = BY_TABLE["recognitions"], BY_TABLE["partnerships"]
_AS_WHOLE = "本表只能填报本校数据"


@dataclass(frozen=True)
class Asked:
    """What a round asks for. base: the id of the version its workbooks were made from;
    institutions: code -> name."""

    number: int
    name: str
    base: str
    institutions: Mapping[str, str]


@dataclass(frozen=True)
class Stamp:
    """What a returned workbook says it is, else empty; name: the round's."""

    round: str = ""
    institution: str = ""
    base: str = ""
    name: str = ""


@dataclass(frozen=True)
class Returned:
    """A returned workbook, checked.

    name: of the file; path: where it lies; refused: why it is nobody's return (unreadable, of
    another round), else institution is whose it is. rows: sheet title -> its rows with the
    contract's headers, indexed by row number, empty unless there is no problem; columns: sheet
    title -> header -> the column's number in the workbook.
    """

    name: str
    path: Path
    refused: str = ""
    institution: str = ""
    problems: tuple[Problem, ...] = ()
    rows: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    columns: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


# ---------------------------------------------------------------- whose it is


def stamp(book: Book) -> Stamp:
    """What the 说明 sheet says of round, institution and version."""
    raw = book.sheets.get(DATASET.title)
    if raw is None or not (raw.has("item") and raw.has("value")):
        return Stamp()
    found = {
        key(item): show(value)
        for item, value in zip(
            (show(cell) for cell in raw.cells["item"]),
            (read_text(cell, code=True) for cell in raw.cells["value"]),
            strict=True,
        )
    }
    items = (ROUND_ITEM, CODE_ITEM, BASE_ITEM, ROUND_NAME_ITEM)
    return Stamp(*(found.get(item, "") for item in items))


def why_refused(found: Stamp, asked: Asked) -> str:
    """Why a workbook is no return of a round; empty when it is."""
    if not (found.round and found.institution and found.base):
        return (
            "“说明”表中没有轮次编号、院校代码和原数据版本：不是本系统发出的填报表，或“说明”被改动"
        )
    if (found.round, found.base) != (str(asked.number), asked.base):
        name = f"“{found.name[:LONGEST_ROUND]}”（轮次编号 {found.round}）"
        return f"这是另一轮{name}的填报表，不属于“{asked.name}”，请在那一轮收表"
    if found.institution not in asked.institutions:
        return f"院校代码“{found.institution}”不在“{asked.name}”的填报院校之中，没有收下"
    return ""


# ---------------------------------------------------------------- checking one


class Checker:
    """Checks returned workbooks against one version of the city's data."""

    def __init__(self, now: City, plan: Plan) -> None:
        self.now, self.plan = now, plan

    def check(self, book: Book, code: str) -> tuple[list[Problem], dict[str, pd.DataFrame]]:
        """(problems in the contract's order, rows of each sheet that came back)."""
        found = _Return(self, book, code)
        problems = found.run()
        return problems, {} if problems else found.rows()

    @cached_property
    def numbers(self) -> dict[str, dict[str, str | None]]:
        """Title of a numbered sheet -> number -> the institution that has it."""
        return {
            sheet.title: dict(
                zip(
                    self.now.frames[sheet.title][sheet.by_name[sheet.key[0]].header],
                    self.now.owners[sheet.title],
                    strict=True,
                )
            )
            for sheet in NUMBERED
        }

    @cached_property
    def alike(self) -> dict[str, dict[str, str | None]]:
        """The same by what numbers are compared by when they are looked up."""
        return {
            title: {key(number): code for number, code in found.items()}
            for title, found in self.numbers.items()
        }

    @cached_property
    def enterprises(self) -> dict[str, list[int]]:
        """What an enterprise's number is compared by -> the places of those alike."""
        found: dict[str, list[int]] = {}
        for place, number in enumerate(self.now.frames[ENTERPRISES.title]["企业编号"]):
            found.setdefault(key(number), []).append(place)
        return found

    @cached_property
    def school_names(self) -> dict[str, str]:
        """What an institution's name is compared by -> its code."""
        return {key(name): code for code, name in self.now.names.items()}

    def holder(self, sheet: Sheet, number: str) -> tuple[bool, str | None]:
        """Whether a number is in the city's data, and whose it is."""
        exact, alike = self.numbers[sheet.title], self.alike[sheet.title]
        if number in exact:
            return True, exact[number]
        return key(number) in alike, alike.get(key(number))

    def holder_words(self, code: str | None) -> str:
        """Whose a row is, in words."""
        return "由市级登记" if code is None else f"属于“{self.now.name(code)}”"


class _Return:
    """One workbook that came back."""

    def __init__(self, checker: Checker, book: Book, code: str) -> None:
        self.checker, self.book, self.code = checker, book, code
        self.now = checker.now
        self.problems: list[Problem] = []
        self.carried = [sheet for sheet in OWN_SHEETS if self._carried(sheet)]
        self.checked: Checked | None = None

    def _carried(self, sheet: Sheet) -> bool:
        """Whether the sheet came back: one without any header leaves the rows as they are."""
        raw = self.book.sheets.get(sheet.title)
        return raw is not None and bool(raw.positions)

    def run(self) -> list[Problem]:
        self._layout()
        self._missing_columns()
        self._own_line()
        self._numbers_of_others()
        together = Book(self.book.name, self.book.sha256, self._together())
        self.checked = check(together, self.checker.plan, errors_only=True)
        with closing(self.checked.staged):
            self.problems += [self._told(each) for each in self.checked.problems if self._own(each)]
        self._rows_of_others()
        return self._in_order()

    def _in_order(self) -> list[Problem]:
        """One problem a cell, the first that was found, in the contract's order."""
        first: dict[tuple[Any, ...], Problem] = {}
        for each in self.problems:
            place = (each.sheet, each.row, each.column) if each.row > 1 else astuple(each)
            first.setdefault(place, each)
        return sorted(first.values(), key=lambda each: each.order)

    def _complain(self, sheet: Sheet, row: int, name: str, expected: str) -> None:
        raw = self.book.sheets[sheet.title]
        shown = ""
        if raw.has(name) and row in raw.numbers:
            shown = show(raw.cells[name][raw.numbers.index(row)])
        column = raw.positions.get(name, 0) + 1
        self.problems.append(
            Problem(sheet.title, row, column, sheet.by_name[name].header, shown, expected)
        )

    # ------------------------------------------------------------ as laid out

    def _layout(self) -> None:
        """What the reader found amiss, where it matters here; sheets that are the city's."""
        own = {sheet.title for sheet in OWN_SHEETS}
        for each in self.book.problems:
            looked_up = each.sheet in BY_TITLE and each.sheet not in own
            enough = each.expected in (NO_ROWS, NO_SHEET, EMPTY_SHEET)
            if not looked_up and not (enough and each.sheet != INSTITUTIONS.title):
                self.problems.append(each)
        for sheet in self.carried:
            raw = self.book.sheets[sheet.title]
            raw.complete = all(raw.has(c.name) for c in sheet.columns if c.required)
        for title, raw in self.book.sheets.items():
            if title in own or not raw.numbers or title == DATASET.title:
                continue
            if raw.sheet in LIST_SHEETS:
                self._list_additions(raw)
            else:
                expected = "由市级填报，不属于本校的填报表，请删去这张工作表"
                self.problems.append(Problem(title, 1, 1, "工作表", title, expected))

    def _list_additions(self, raw: RawSheet) -> None:
        """Rows added to a list that is only given to look things up."""
        name = raw.sheet.key[0]
        if not raw.has(name):
            return
        for row, number in zip(raw.numbers, _texts(raw, name), strict=True):
            if number is not None and key(number) not in self.checker.enterprises:
                expected = "由市级登记，填报表不能增补，请先报市级"
                self._complain(raw.sheet, row, name, expected)

    def _missing_columns(self) -> None:
        """A column that was taken out would take its values with it."""
        own = self.now.own(self.code)
        for sheet in self.carried:
            raw = self.book.sheets[sheet.title]
            for column in sheet.columns:
                filled = int(own[sheet.title][column.header].notna().sum())
                if not raw.has(column.name) and not column.required and filled:
                    expected = (
                        f"缺少列“{column.header}”，而系统中本校有 {filled} 行填有该列；请补上该列"
                    )
                    self.problems.append(Problem(sheet.title, 1, 1, "", "", expected))

    def _own_line(self) -> None:
        """The 院校 sheet has the one line of this institution; others are reported and left out."""
        raw = self.book.sheets.get(INSTITUTIONS.title)
        if raw is None or not raw.has("institution_id"):
            return
        codes = _texts(raw, "institution_id")
        for row, found in zip(raw.numbers, codes, strict=True):
            if found is not None and found != self.code:
                known = found in self.now.names
                whose = f"该行属于“{self.now.name(found)}”，" if known else ""
                expected = f"{whose}{_AS_WHOLE}：院校代码应为 {self.code}"
                self._complain(INSTITUTIONS, row, "institution_id", expected)
        if self.code not in codes:
            expected = f"缺少本校（{self.code}）的一行：不能删去，也不能改院校代码"
            self.problems.append(Problem(INSTITUTIONS.title, 1, 1, "院校代码", "", expected))
        if raw.has("name"):
            for row, code, name in zip(raw.numbers, codes, _texts(raw, "name"), strict=True):
                other = None if name is None else self.checker.school_names.get(key(name))
                if code == self.code and other not in (None, self.code):
                    expected = f"与院校 {other} 的名称相同，应为唯一"
                    self._complain(INSTITUTIONS, row, "name", expected)

    def _numbers_of_others(self) -> None:
        """Numbers that another institution's rows have."""
        for sheet in NUMBERED:
            raw = self.book.sheets.get(sheet.title)
            name = sheet.key[0]
            if raw is None or not raw.has(name):
                continue
            known = self.checker.numbers[sheet.title]
            for row, number in zip(raw.numbers, _texts(raw, name), strict=True):
                if number in known and known[number] != self.code:
                    whose = self.checker.holder_words(known[number])
                    self._complain(sheet, row, name, f"该行{whose}，{_AS_WHOLE}；新增的请另编编号")

    # ------------------------------------------------------------ with the city's data

    def _together(self) -> dict[str, RawSheet]:
        """The workbook's own sheets, and of the city's what they are checked against."""
        own = self.now.own(self.code)
        sheets = {DATASET.title: _raw(DATASET, self.now.frames[DATASET.title])}
        for sheet in OWN_SHEETS:
            if sheet in self.carried:
                sheets[sheet.title] = self.book.sheets[sheet.title]
            else:
                sheets[sheet.title] = _raw(sheet, own[sheet.title])
        sheets[INSTITUTIONS.title] = self._institutions(sheets[INSTITUTIONS.title])
        asked = sheets[PARTNERSHIPS.title]
        places: set[int] = set()
        if asked.has("enterprise_id"):
            numbers = {each for each in _texts(asked, "enterprise_id") if each is not None}
            places = {p for each in numbers for p in self.checker.enterprises.get(key(each), ())}
        listed = self.now.frames[ENTERPRISES.title].iloc[sorted(places)]
        # Where an enterprise lies is not the institution's to mend.
        sheets[ENTERPRISES.title] = _raw(ENTERPRISES, listed.assign(经度=None, 纬度=None))
        return sheets

    def _institutions(self, own: RawSheet) -> RawSheet:
        """The institution's own line after those of all others, of which names and codes matter."""
        kept = []
        if own.has("institution_id"):
            codes = _texts(own, "institution_id")
            kept = [place for place, code in enumerate(codes) if code == self.code]
        others = self.now.frames[INSTITUTIONS.title]
        if kept:
            # Without its line, which is reported, that of the city's data stands in for it.
            others = others[others["院校代码"] != self.code]
        made = RawSheet(INSTITUTIONS, dict(own.positions), complete=own.complete, mac=own.mac)
        made.numbers = [CITY_ROWS + n for n in range(len(others))]
        made.numbers += [own.numbers[place] for place in kept]
        for column in INSTITUTIONS.columns:
            known = column.name in ("institution_id", "name", "level")
            cells = list(others[column.header]) if known else [None] * len(others)
            mine = own.cells[column.name] if own.has(column.name) else None
            cells += [None if mine is None else mine[place] for place in kept]
            made.positions.setdefault(column.name, len(INSTITUTIONS.columns))
            made.cells[column.name] = cells
        return made

    def _own(self, problem: Problem) -> bool:
        """Whether a problem is of the institution's rows."""
        sheet = BY_TITLE.get(problem.sheet)
        if sheet is None or sheet.table not in OWNED:
            return False
        if problem.row < CITY_ROWS:
            raw = self.book.sheets.get(sheet.title)
            # A required column that is missing has been reported as such.
            absent = problem.expected == EMPTY and problem.header in sheet.by_header
            return not (absent and raw and not raw.has(sheet.by_header[problem.header].name))
        return sheet not in self.carried

    def _told(self, problem: Problem) -> Problem:
        """A problem in the words of the one workbook."""
        sheet = BY_TITLE[problem.sheet]
        if problem.row >= CITY_ROWS:
            expected = f"系统中本校的这一行因此有误：{problem.message}；请一并返回这张工作表"
            return Problem(sheet.title, 0, 0, "", "", expected)
        if sheet.by_header.get(problem.header) != sheet.by_name[OWNED[sheet.table]]:
            return problem
        whose = self._whose(sheet, problem)
        return problem if whose is None else replace(problem, expected=whose)

    def _whose(self, sheet: Sheet, problem: Problem) -> str | None:
        """Of a row that names another institution's point or group, whose it is."""
        raw = self.book.sheets[sheet.title]
        place = raw.numbers.index(problem.row)
        refers = sheet.by_name[OWNED[sheet.table]].refers
        target = {"point": POINTS, "group": GROUPS}.get(refers)
        if sheet is RECOGNITIONS and raw.has("subject_kind"):
            kind = read_text(raw.cells["subject_kind"][place])
            target = {"专业点": POINTS, "专业群": GROUPS}.get(str(kind))
        if target is None:
            return None
        number = read_text(raw.cells[OWNED[sheet.table]][place], code=True)
        known, code = (
            self.checker.holder(target, number) if isinstance(number, str) else (False, "")
        )
        if not known or code == self.code:
            return None
        return f"该行{self.checker.holder_words(code)}，{_AS_WHOLE}"

    def _rows_of_others(self) -> None:
        """Rows that name another institution, or none."""
        assert self.checked is not None
        for sheet in self.carried:
            name = OWNED[sheet.table]
            if sheet is INSTITUTIONS:
                continue
            column = sheet.by_name[name]
            frame = self.checked.frames[sheet.table]
            if sheet is RECOGNITIONS:
                frame = frame[frame["subject_kind"] == "院校"]
            elif column.refers != "institution":
                continue
            for row, found in frame[name].items():
                if isinstance(found, str) and found != self.code:
                    expected = f"该行属于“{self.now.name(found)}”，{_AS_WHOLE}"
                    self._complain(sheet, int(str(row)), name, expected)
                elif not isinstance(found, str) and not column.required:
                    self._complain(sheet, int(str(row)), name, f"{EMPTY}：{_AS_WHOLE}")

    # ------------------------------------------------------------ its rows

    def rows(self) -> dict[str, pd.DataFrame]:
        """Sheet title -> rows as ``data.export.frames`` would give them, indexed by row number."""
        assert self.checked is not None
        found = {}
        for sheet in self.carried:
            frame = self.checked.frames[sheet.table]
            frame = frame[frame.index < CITY_ROWS]
            cells = {
                column.header: [_cell(value, column) for value in frame[column.name]]
                for column in sheet.columns
            }
            found[sheet.title] = pd.DataFrame(cells, index=frame.index, dtype=object)
        return found


def _texts(raw: RawSheet, name: str) -> list[str | None]:
    """A column's cells as the contract reads them; None for those that are empty or no text."""
    column = raw.sheet.by_name[name]
    found = read_column(raw.cells[name], column, mac=raw.mac)
    return [each if isinstance(each, str) else None for each in found]


def _raw(sheet: Sheet, frame: pd.DataFrame) -> RawSheet:
    """Rows of the city's data as a sheet that was read."""
    return RawSheet(
        sheet,
        {column.name: place for place, column in enumerate(sheet.columns)},
        [CITY_ROWS + place for place in range(len(frame))],
        {column.name: list(frame[column.header]) for column in sheet.columns},
    )


def _cell(value: Any, column: Column) -> Any:
    """A checked value as it comes out of the database."""
    if value is None or value != value:
        return None
    if isinstance(value, bool):
        return "是" if value else "否"
    if column.kind in ("count", "year"):
        return int(value)
    return value


# ---------------------------------------------------------------- the caller's side


def check_files(
    files: Sequence[tuple[str, Path]],
    asked: Asked,
    against: Path,
    folder: Path,
    progress: Progress | None = None,
    each: Callable[[Returned], None] = lambda _: None,
    *,
    seconds: float = MOST_SECONDS,
    memory: int = MOST_MEMORY,
) -> list[Returned]:
    """Check .xlsx files, and .zip archives of them, in another process; in the order given.

    files: (name, path); against: the current version's file; each: called as soon as a workbook is
    done with. A workbook at which the process ends or reaches its limit (``seconds`` for each) is
    refused, and the rest go on. Raises Overrun when not even the list of files could be made.
    """
    batch = {
        "files": [[name, str(path)] for name, path in files],
        "asked": vars(asked) | {"institutions": dict(asked.institutions)},
        "against": str(against),
    }
    (folder / BATCH).write_text(json.dumps(batch, ensure_ascii=False), encoding="utf-8")
    done: list[Returned] = []

    def collect() -> int:
        while (file := _result(folder, len(done))).exists():
            done.append(_returned(file))
            each(done[-1])
        return len(done)

    while True:
        call = ["-m", "data.school_returns", str(folder), "--memory", str(memory)]
        why = f"检查中断，可能超过 {memory // 1024**2} MB 的内存上限"
        try:
            supervised(
                [*call, "--skip", str(len(done))], folder, progress or silent, seconds, collect
            )
        except Overrun:
            why = f"检查超过 {seconds:g} 秒的时间上限，已中止"
        collect()
        if not (folder / LISTED).exists():
            raise Overrun(f"{why}；没有收下任何文件。请核对文件后分批上传")
        listed = json.loads((folder / LISTED).read_text("utf-8"))
        if len(done) >= len(listed):
            return done
        name, path, _ = listed[len(done)]
        _keep(folder, len(done), Returned(name, Path(path), f"{why}，没有收下"))
        collect()
        if len(done) >= len(listed):
            return done


def _result(folder: Path, place: int) -> Path:
    return folder / f"result-{place}.json"


def marked(folder: Path, place: int) -> Path:
    """The workbook with its faults marked, of the return at a place of the list; it may not be
    there."""
    return folder / f"marked-{place}.xlsx"


def _keep(folder: Path, place: int, found: Returned) -> None:
    rows = {
        title: [list(map(int, frame.index)), frame.to_numpy().tolist()]
        for title, frame in found.rows.items()
    }
    kept = {
        "name": found.name,
        "path": str(found.path),
        "refused": found.refused,
        "institution": found.institution,
        "problems": [astuple(each) for each in found.problems],
        "rows": rows,
        "columns": found.columns,
    }
    versions.replace_text(_result(folder, place), json.dumps(kept, ensure_ascii=False, default=str))


def _returned(file: Path) -> Returned:
    kept = json.loads(file.read_text("utf-8"))
    rows = {
        title: _frame(BY_TITLE[title], numbers, cells)
        for title, (numbers, cells) in kept["rows"].items()
    }
    return Returned(
        kept["name"],
        Path(kept["path"]),
        kept["refused"],
        kept["institution"],
        tuple(Problem(*each) for each in kept["problems"]),
        rows,
        kept["columns"],
    )


def _frame(sheet: Sheet, numbers: list[int], cells: list[list[Any]]) -> pd.DataFrame:
    """Rows out of JSON, which has no dates."""
    headers = [column.header for column in sheet.columns]
    frame = pd.DataFrame(cells, columns=headers, index=pd.Index(numbers), dtype=object)
    for column in sheet.columns:
        if column.kind in ("date", "date_or_year"):
            days = [
                None if each is None else date.fromisoformat(each) for each in frame[column.header]
            ]
            frame[column.header] = pd.Series(days, index=frame.index, dtype=object)
    return frame


# ---------------------------------------------------------------- the process


def _listed(folder: Path, files: list[list[str]]) -> list[list[str]]:
    """(name, path, why refused) of every workbook, archives unpacked; made once."""
    kept = folder / LISTED
    if kept.exists():
        found: list[list[str]] = json.loads(kept.read_text("utf-8"))
        return found
    found = []
    for place, (name, path) in enumerate(files):
        if Path(path).suffix.lower() != ".zip":
            found.append([name, path, ""])
            continue
        inside = folder / f"unpacked-{place}"
        try:
            unpack(Path(path), inside, BOOKS)
        except Unreadable as error:
            found.append([name, path, str(error)])
        else:
            found += [[each.name, str(each), ""] for each in sorted(inside.iterdir())]
    if len(found) > MOST_FILES:
        found = [["", "", f"一次最多收 {MOST_FILES} 个工作簿，这次有 {len(found)} 个，没有收下"]]
    versions.replace_text(kept, json.dumps(found, ensure_ascii=False))
    return found


def _work(folder: Path, skip: int) -> None:
    batch = json.loads((folder / BATCH).read_text("utf-8"))
    asked = Asked(**batch["asked"])
    listed = _listed(folder, batch["files"])
    checker = Checker(city(export.frames(Path(batch["against"]))), load_plan())
    for place, (name, path, why) in enumerate(listed):
        if place < skip:
            continue
        tell(
            place / len(listed), f"正在检查 {show(name)}（第 {place + 1} 个，共 {len(listed)} 个）"
        )
        found = (
            Returned(name, Path(path), why) if why else _checked(checker, asked, name, Path(path))
        )
        if found.problems:
            # Marking opens the file once more: what was found must not be lost with it.
            draft = folder / f"marking-{place}.xlsx"
            try:
                mark(Path(path), found.problems, draft)
                draft.replace(marked(folder, place))
            except Exception as error:
                # openpyxl raises whatever it meets; the list of faults is there all the same.
                print(f"未能标注 {place}：{type(error).__name__}", file=sys.stderr)
        _keep(folder, place, found)


def _checked(checker: Checker, asked: Asked, name: str, path: Path) -> Returned:
    try:
        book = read(path)
    except Unreadable as error:
        return Returned(name, path, str(error))
    found = stamp(book)
    refused = why_refused(found, asked)
    if refused:
        return Returned(name, path, refused)
    if found.institution not in checker.now.names:
        return Returned(name, path, f"当前数据中已没有院校 {found.institution}，没有收下")
    problems, rows = checker.check(book, found.institution)
    columns = {
        title: {sheet.by_name[name].header: place + 1 for name, place in raw.positions.items()}
        for title, raw in book.sheets.items()
        if (sheet := raw.sheet)
    }
    return Returned(name, path, "", found.institution, tuple(problems), rows, columns)


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = command.Parser("data.school_returns", "逐个检查各院校返回的填报表，不改变任何数据")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="由数据管理页准备的文件夹")
    parser.add_argument("--skip", type=int, default=0, metavar="N", help="跳过前 N 个")
    parser.add_argument("--memory", type=int, default=MOST_MEMORY, help="内存上限（字节）")
    options = parser.parse_args(arguments)
    limit_memory(options.memory)
    try:
        _work(options.folder, options.skip)
    except (versions.NoVersion, versions.DamagedVersion, versions.OldSchema, PlanError) as error:
        print(error, file=sys.stderr)
        return 2
    except (OSError, KeyError, ValueError) as error:
        print(f"无法读懂 {options.folder}：{type(error).__name__}", file=sys.stderr)
        return 2
    except MemoryError:
        return 1
    return 0


if __name__ == "__main__":
    command.run(main)
