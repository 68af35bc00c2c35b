"""Everything that is wrong with a workbook, at once, and what is merely odd about it.

Three passes. Cells: each column is read by ``data/values.py`` and a pandera schema made from the
contract reports what is missing, unreadable or out of range. References: what a cell names is
looked up in the workbook or the reference tables. Rules: the sheets, staged in DuckDB, are asked
by the queries of ``data/rules`` for the rows that offend.

One fault is reported once: a cell already at fault is not reported by a later pass, and nothing is
looked up in a sheet that is itself missing.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import pyarrow as arrow

from data import reference
from data.contract import (
    BY_TITLE,
    DATA_NATURES,
    DATASET_ITEMS,
    DATE_ORDER,
    DEFAULT_SCHOOL_TYPE,
    FIRST_DATE,
    FIRST_YEAR,
    LAST_DATE,
    LAST_YEAR,
    ROUND_ITEM,
    SHEETS,
    TITLES,
    Column,
    Sheet,
)
from data.plan import Plan
from data.values import (
    EXACT_DIGITS,
    LARGEST_COUNT,
    YEAR_EXPECTED,
    Fault,
    fold,
    key,
    one_of,
    read_column,
    read_date,
    show,
    without_k,
)
from data.workbook import Book, Problem, Progress, RawSheet, silent

if TYPE_CHECKING:
    import pandera.pandas as pandera

RULES = Path(__file__).parent / "rules"
EMPTY = "不能为空"
DATA_DATE, NATURE = "数据截止日", "数据性质"

# Dates on which something happened, which the data can only know after the fact.
EVENTS: tuple[tuple[str, str], ...] = (
    ("institutions", "founded_on"),
    ("specialty_points", "opened_on"),
    ("specialty_points", "track_since"),
    ("specialty_groups", "formed_on"),
    ("recognitions", "awarded_on"),
    ("recognitions", "accepted_on"),
    ("cooperation_bodies", "founded_on"),
    ("partnerships", "started_on"),
    ("pathways", "started_on"),
    ("projects", "completed_on"),
    ("deliverable_updates", "reported_on"),
    ("interim_targets", "approved_on"),
    ("rectifications", "found_on"),
    ("rectifications", "closed_on"),
    ("meetings", "held_on"),
    ("meetings", "closed_on"),
)

# Columns that tell rows apart where the contract asks for no key; the last is named.
LIKENESS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("group_members", ("group_id", "point_id")),
    ("leading_industries", ("institution_id", "since", "industry")),
    ("talent_demand", ("year", "industry", "specialty_code", "source", "is_forecast", "demand")),
    ("partnerships", ("institution_id", "form", "started_on", "enterprise_id")),
    ("evaluations", ("point_id", "year")),
    ("provincial_lists", ("list", "year", "level", "specialty_code")),
    ("deliverable_updates", ("deliverable", "reported_on")),
    ("target_allocations", ("indicator", "scope_kind", "scope", "due_on")),
    ("interim_targets", ("indicator", "approved_on")),
    ("meetings", ("held_on", "topic", "decision")),
)

# Coordinates in China are often on GCJ-02, half a kilometre off WGS 84, and the boundaries are
# simplified to a few hundred metres; farther out it is a wrong point or a wrong district.
DISTRICT_TOLERANCE_KM = 1.0

# An unreadable school type must not be taken for an ordinary one.
UNREADABLE_TYPE = "？"

_TYPES = {
    "date": arrow.date32(),
    "date_or_year": arrow.date32(),
    "flag": arrow.bool_(),
} | dict.fromkeys(
    ("year", "count", "number", "amount", "share", "longitude", "latitude"), arrow.float64()
)
_NUMERIC = frozenset(k for k, v in _TYPES.items() if v == arrow.float64())
_SPECIALTY_CODES = ("specialty_code", "from_specialty_code", "to_specialty_code")

# Whether a sheet's key is an error when repeated is the contract's; group_members is a plain list
# of pairs, where saying a thing twice says nothing new.
_HARMLESS_REPEATS = ("group_members",)


@dataclass
class Checked:
    """A workbook that was checked. frames: table -> DataFrame of the contract's columns, indexed
    by row number; staged: the same as tables in DuckDB, ready to be filled in if problems is empty.
    """

    book: Book
    frames: dict[str, pd.DataFrame]
    problems: list[Problem]
    warnings: list[Problem]
    staged: duckdb.DuckDBPyConnection
    remark: Callable[[Sheet, int, str | None, str], None]

    def compare_with_baselines(self) -> None:
        """Add what is odd about the targets given the indicators' values at issue.

        Those need the derived tables: ``staged`` must see the filled database as ``target``.
        """
        for query in _rules("baselines"):
            for title, row, name, expected in self.staged.execute(query).fetchall():
                self.remark(BY_TITLE[title], int(row), name, expected)
        self.warnings[:] = _in_order(self.warnings)


def check(
    book: Book, plan: Plan, progress: Progress | None = None, *, errors_only: bool = False
) -> Checked:
    """Check a workbook against the contract, the reference tables and a plan.

    errors_only: what is merely odd is not looked for, in two thirds of the time.
    """
    return _Checks(book, plan, progress or silent, errors_only).run()


class _Checks:
    """One run over one workbook."""

    def __init__(self, book: Book, plan: Plan, note: Progress, errors_only: bool) -> None:
        self.book, self.plan, self.note = book, plan, note
        self.errors_only = errors_only
        self.problems: list[Problem] = list(book.problems)
        self.warnings: list[Problem] = list(book.notes)
        self.at_fault: set[tuple[str, int, str]] = set()
        self.row_places: dict[str, dict[int, int]] = {}
        self.frames: dict[str, pd.DataFrame] = {}

    def run(self) -> Checked:
        for index, sheet in enumerate(SHEETS):
            self.note(0.5 * index / len(SHEETS), f"正在检查 {sheet.title}")
            self.frames[sheet.table] = self.read_cells(sheet)
        self.check_dataset()
        self.note(0.5, "正在核对引用")
        self.resolve()
        self.note(0.6, "正在核对规则")
        staged = self.stage()
        self.apply_rules(staged)
        if not self.errors_only:
            self.check_places()
        self.warnings = _in_order(self.warnings)
        return Checked(
            self.book,
            self.frames,
            _in_order(self.problems),
            self.warnings,
            staged,
            self.remark,
        )

    # ------------------------------------------------------------ reporting

    def raw(self, sheet: Sheet) -> RawSheet | None:
        return self.book.sheets.get(sheet.title)

    def problem(self, sheet: Sheet, row: int, name: str | None, expected: str) -> Problem:
        """A problem of a cell, named by its column; of the row when the column is absent."""
        raw = self.raw(sheet)
        if name is None or raw is None or not raw.has(name):
            header = sheet.by_name[name].header if name else ""
            return Problem(sheet.title, row, 1, header, "", expected)
        return Problem(
            sheet.title,
            row,
            raw.positions[name] + 1,
            sheet.by_name[name].header,
            self.shown(sheet, row, name),
            expected,
        )

    def shown(self, sheet: Sheet, row: int, name: str) -> str:
        """What the cell shows."""
        raw = self.raw(sheet)
        if raw is None:
            return ""
        place = self.places(sheet.title)[row]
        return show(raw.cells[name][place])

    def places(self, title: str) -> dict[int, int]:
        """Row number -> its place in the sheet's columns."""
        if title not in self.row_places:
            numbers = self.book.sheets[title].numbers
            self.row_places[title] = {number: place for place, number in enumerate(numbers)}
        return self.row_places[title]

    def complain(self, sheet: Sheet, row: int, name: str, expected: str) -> None:
        """Report an error, unless the cell is at fault already."""
        if (sheet.table, row, name) not in self.at_fault:
            self.at_fault.add((sheet.table, row, name))
            self.problems.append(self.problem(sheet, row, name, expected))

    def remark(self, sheet: Sheet, row: int, name: str | None, expected: str) -> None:
        """Report something odd, unless the cell is at fault."""
        if name is None or (sheet.table, row, name) not in self.at_fault:
            self.warnings.append(self.problem(sheet, row, name, expected))

    # ------------------------------------------------------------ cells

    def read_cells(self, sheet: Sheet) -> pd.DataFrame:
        """The sheet read and checked cell by cell; absent columns are empty."""
        raw = self.raw(sheet)
        if raw is None:
            return _empty_frame(sheet)
        columns = {}
        for column in sheet.columns:
            if raw.has(column.name):
                values = read_column(raw.cells[column.name], column, mac=raw.mac)
                if column.name in _SPECIALTY_CODES:
                    values = [without_k(v) if isinstance(v, str) else v for v in values]
            else:
                values = [None] * len(raw.numbers)
            columns[column.name] = _series(values, column, raw.numbers)
        frame = pd.DataFrame(columns, index=pd.Index(raw.numbers, name="row"))
        present = [c.name for c in sheet.columns if raw.has(c.name)]
        if present:
            frame = frame[frame[present].notna().any(axis=1)]
        if len(frame):
            self.report_cells(sheet, frame, present)
        return frame

    def report_cells(self, sheet: Sheet, frame: pd.DataFrame, present: list[str]) -> None:
        """What pandera finds, as problems."""
        import pandera.errors

        try:
            _schema(sheet, tuple(present)).validate(frame, lazy=True)
        except pandera.errors.SchemaErrors as errors:
            for case in errors.failure_cases.itertuples(index=False):
                row, name = int(case.index), str(case.column)
                expected = EMPTY if case.check == "not_nullable" else str(case.check)
                value: Any = frame.at[row, name]
                if isinstance(value, Fault):
                    expected = value.expected
                self.complain(sheet, row, name, expected)
        raw = self.raw(sheet)
        for column in sheet.columns:
            if raw is not None and column.is_code and raw.has(column.name):
                for number, cell in zip(raw.numbers, raw.cells[column.name], strict=True):
                    if type(cell) is float and cell >= EXACT_DIGITS:
                        expected = "超过 15 位的代码存为数字，末位可能已失真；应存为文本"
                        self.remark(sheet, number, column.name, expected)

    def check_dataset(self) -> None:
        """The 说明 sheet: its required items, and a date and a nature that can be read."""
        sheet = next(s for s in SHEETS if s.table == "dataset")
        raw = self.raw(sheet)
        frame = self.frames["dataset"]
        if raw is None or not raw.complete or not raw.has("value"):
            if raw is not None and raw.complete and raw.numbers:
                self.problems.append(Problem(sheet.title, 1, 1, "", "", "缺少必填的列“值”"))
            return
        known = {key(item): item for item, _ in DATASET_ITEMS}
        required = {item for item, needed in DATASET_ITEMS if needed}
        rows: dict[str, list[tuple[int, str | None]]] = {}
        for row, item, value in frame.itertuples(name=None):
            if not isinstance(item, str):
                continue
            name = known.get(key(item).rstrip("*:"), item)
            if name == ROUND_ITEM:
                expected = "表示这是只含一所院校的填报表，请在“一校一表”中上传"
                self.complain(sheet, row, "item", expected)
            elif name not in known.values():
                listed = "、".join(known.values())
                self.remark(sheet, row, "item", f"不是约定的项，照录；约定的项为{listed}")
            faulty = isinstance(value, Fault)
            rows.setdefault(name, []).append((row, None if faulty else self.item(name, row, value)))
        for item, needed in DATASET_ITEMS:
            if needed and item not in rows:
                self.problems.append(Problem(sheet.title, 1, 1, "", "", f"缺少必填的项“{item}”"))
        kept: dict[int, tuple[str, str | None]] = {}
        for item, given in rows.items():
            first, value = given[0]
            for row, other in given[1:]:
                if other == value:
                    self.remark(sheet, row, "item", f"与第 {first} 行重复")
                elif item in required:
                    expected = f"与第 {first} 行的“{item}”不一致，只能有一个"
                    self.complain(sheet, row, "value", expected)
                else:
                    self.remark(sheet, row, "item", f"与第 {first} 行重复，两处内容合并")
            texts = dict.fromkeys(text for _, text in given if text)
            kept[first] = (item, value if item in required else "；".join(texts) or None)
        self.frames["dataset"] = pd.DataFrame.from_dict(
            kept, orient="index", columns=["item", "value"], dtype=object
        )

    def item(self, name: str, row: int, value: str | None) -> str | None:
        """A value of the 说明 sheet as it is stored; what is wrong with it is reported."""
        sheet = next(s for s in SHEETS if s.table == "dataset")
        raw = self.book.sheets[sheet.title]

        def wrong(expected: str) -> None:
            self.at_fault.add((sheet.table, row, "value"))
            shown = self.shown(sheet, row, "value")
            column = raw.positions["value"] + 1
            self.problems.append(Problem(sheet.title, row, column, name, shown, expected))

        if value is None:
            if name in {item for item, needed in DATASET_ITEMS if needed}:
                wrong(EMPTY)
            return None
        if name == DATA_DATE:
            found = read_date(raw.cells["value"][self.places(sheet.title)[row]], mac=raw.mac)
            if not isinstance(found, date):
                wrong(found.expected)
            elif FIRST_DATE <= found <= LAST_DATE:
                return found.isoformat()
            else:
                wrong(f"应在 {FIRST_DATE} 至 {LAST_DATE} 之间")
            return None
        if name == NATURE and value not in DATA_NATURES:
            wrong(one_of(DATA_NATURES))
            return None
        return value

    # ------------------------------------------------------------ references

    def resolve(self) -> None:
        """Replace what cells name by the code or name it is known by; report what is unknown."""
        terms = self.terms()
        for sheet in SHEETS:
            frame = self.frames[sheet.table]
            for column in sheet.columns:
                if column.refers and len(frame):
                    known = terms[column.refers]
                    frame[column.name] = self.look_up(sheet, column, frame[column.name], known)
        self.resolve_subjects(terms)
        self.resolve_scopes(terms)
        ends = self.frames["pathways"]["to_institution"]
        known = terms["institution"]
        named = [known.find(value) or value for value in ends]
        self.frames["pathways"]["to_institution"] = pd.Series(named, ends.index, dtype=object)

    def terms(self) -> dict[str, _Terms]:
        """What may be named, by kind."""
        frames, plan = self.frames, self.plan
        institutions = frames["institutions"]
        names: dict[str, str] = {}
        for code, name in zip(institutions["institution_id"], institutions["name"], strict=True):
            if isinstance(name, str) and isinstance(code, str):
                names.setdefault(key(name), code)
        codes = {code: code for code in institutions["institution_id"] if isinstance(code, str)}
        places = reference.districts()
        districts = {key(k): v for k, v in reference.district_aliases().items()}
        districts |= {key(k): v for k, v in zip(places["adcode"], places["name"], strict=True)}
        districts |= {key(name): name for name in places["name"]}
        trades = reference.industries()
        industries = {key(k): v for k, v in zip(trades["id"], trades["name"], strict=True)}
        industries |= {key(name): name for name in trades["name"]}
        indicators = {key(n): i.id for i in plan.indicators for n in (i.name, i.id)}
        deliverables = {key(n): d.id for d in plan.deliverables for n in (d.name, d.id)}

        def ids(table: str, name: str) -> frozenset[str]:
            return frozenset(v for v in frames[table][name] if isinstance(v, str))

        def listed(table: str, name: str) -> dict[str, str]:
            return {key(v): v for v in frames[table][name] if isinstance(v, str)}

        return {
            "institution": _Terms(
                {key(code): code for code in codes}
                | {k: v for k, v in names.items() if k not in codes},
                "不在“院校”表中，应填院校代码或全称",
                self.usable("institutions"),
                ids("institutions", "institution_id"),
            ),
            "point": _Terms(
                listed("specialty_points", "point_id"),
                "不在“专业点”表的专业点编号中",
                self.usable("specialty_points"),
                ids("specialty_points", "point_id"),
            ),
            "group": _Terms(
                listed("specialty_groups", "group_id"),
                "不在“专业群”表的专业群编号中",
                self.usable("specialty_groups"),
                ids("specialty_groups", "group_id"),
            ),
            "enterprise": _Terms(
                listed("enterprises", "enterprise_id"),
                "不在“企业”表的企业编号中",
                self.usable("enterprises"),
                ids("enterprises", "enterprise_id"),
            ),
            "district": _Terms(
                districts, f"不是区县或开发区的名称或区划代码，{one_of(list(places['name']))}"
            ),
            "industry": _Terms(industries, f"不在产业之列，{one_of(list(trades['name']))}"),
            "indicator": _Terms(indicators, "不是方案中指标的编号或名称"),
            "deliverable": _Terms(deliverables, "不是方案中任务事项的编号或名称"),
            "item": _Terms(deliverables | indicators, "不是方案中指标或任务事项的编号或名称"),
            "body_kind": _Terms(
                {key(kind): kind for kind in plan.body_kinds}, one_of(plan.body_kinds)
            ),
        }

    def usable(self, table: str) -> bool:
        """Whether a sheet can be looked things up in; an absent optional one can: it is empty."""
        sheet = next(s for s in SHEETS if s.table == table)
        raw = self.raw(sheet)
        if raw is None:
            return not sheet.required and not self.misnamed
        columns = ("institution_id", "name") if table == "institutions" else sheet.key
        return raw.complete or (bool(raw.numbers) and all(raw.has(name) for name in columns))

    @property
    def misnamed(self) -> bool:
        """Whether there is an unknown sheet that may be the one that is missing."""
        known = {sheet.title for sheet in SHEETS}
        return any(problem.sheet not in known for problem in self.book.problems)

    def look_up(
        self, sheet: Sheet, column: Column, given: pd.Series[Any], known: _Terms
    ) -> pd.Series[Any]:
        """A column with what it names in place of how it is named; None where unknown."""
        # Not Series.map: it would make NaN of None and text of objects.
        resolved = pd.Series([known.find(value) for value in given], given.index, dtype=object)
        if known.usable:
            for row in given.index[given.notna() & resolved.isna()]:
                self.complain(sheet, int(row), column.name, known.expected)
        return resolved

    def resolve_subjects(self, terms: Mapping[str, _Terms]) -> None:
        """The subjects of recognitions, each in the sheet of its kind."""
        sheet = next(s for s in SHEETS if s.table == "recognitions")
        frame = self.frames["recognitions"]
        kinds = {"专业点": terms["point"], "专业群": terms["group"], "院校": terms["institution"]}
        every = _Terms(
            {k: v for each in kinds.values() for k, v in each.known.items()},
            "不在“专业点”“专业群”“院校”表中",
            all(each.usable for each in kinds.values()),
        )
        subjects: list[str | None] = []
        for row, kind, subject in zip(
            frame.index, frame["subject_kind"], frame["subject_id"], strict=True
        ):
            if not isinstance(subject, str):
                subjects.append(None)
                continue
            # An unreadable kind leaves open where to look.
            known = kinds[kind] if isinstance(kind, str) else every
            found = known.find(subject)
            if found is None and known.usable:
                self.complain(sheet, int(row), "subject_id", known.expected)
            subjects.append(found if isinstance(kind, str) else None)
        frame["subject_id"] = pd.Series(subjects, frame.index, dtype=object)

    def resolve_scopes(self, terms: Mapping[str, _Terms]) -> None:
        """The ranges of target allocations: a district, an institution, or nothing for the city."""
        sheet = next(s for s in SHEETS if s.table == "target_allocations")
        frame = self.frames["target_allocations"]
        kinds = {"区县": terms["district"], "院校": terms["institution"]}
        scopes = []
        for row, kind, scope in zip(frame.index, frame["scope_kind"], frame["scope"], strict=True):
            found = None
            if kind == "全市":
                if scope is not None:
                    self.complain(sheet, int(row), "scope", "应为空：范围类型为全市")
            elif isinstance(kind, str) and scope is None:
                self.complain(sheet, int(row), "scope", f"不能为空：应填{kind}")
            elif isinstance(kind, str) and isinstance(scope, str):
                found = kinds[kind].find(scope)
                if found is None and kinds[kind].usable:
                    self.complain(sheet, int(row), "scope", kinds[kind].expected)
            scopes.append(found)
        frame["scope"] = pd.Series(scopes, frame.index, dtype=object)

    # ------------------------------------------------------------ rules

    def stage(self) -> duckdb.DuckDBPyConnection:
        """The sheets and what the rules compare them with, as tables in memory."""
        # What does not fit into memory goes where temporary files belong, not into this folder.
        spill = str(Path(tempfile.gettempdir()) / "duckdb")
        connection = duckdb.connect(":memory:", config={"temp_directory": spill})
        connection.execute("set enable_progress_bar = false")
        self.fill_in()
        for sheet in SHEETS:
            _put(connection, sheet.table, _as_arrow(sheet, self.frames[sheet.table]))
        catalogue = reference.specialties()
        names = {*self.frames["institutions"]["name"], *catalogue["name"]}
        names |= {*self.frames["specialty_points"]["specialty_name"]}
        keys = {name: key(name) for name in names if isinstance(name, str)}
        _put(
            connection,
            "name_keys",
            arrow.table({"name": list(keys), "name_key": list(keys.values())}),
        )
        ids = {each for sheet in _with_id() for each in self.frames[sheet.table][sheet.key[0]]}
        folded = {each: fold(each) for each in ids if isinstance(each, str)}
        _put(
            connection,
            "id_keys",
            arrow.table({"id": list(folded), "id_key": list(folded.values())}),
        )
        _put(connection, "given_specialties", catalogue)
        for table, query in _STAGED:
            connection.execute(f"create or replace table {table} as {query}")
        for table in ("institutions", "specialty_points", "specialty_groups"):
            connection.execute(_FIRST.format(table=table, key=_of(table).key[0]))
        plan = self.plan
        titles = [
            (title, kind, level)
            for title, (kinds, levels) in TITLES.items()
            for kind in kinds
            for level in levels
        ]
        targets = [
            (i.id, i.measure, i.target, i.unit, i.deadline, plan.issued_on) for i in plan.indicators
        ]
        known = {name for d in plan.departments for name in (d.name, d.successor) if name}
        dataset = self.frames["dataset"]
        day = dict(zip(dataset["item"], dataset["value"], strict=True))
        for table, rows in (
            ("titles (title varchar, subject_kind varchar, institution_level varchar)", titles),
            (
                "plan_targets (indicator varchar, measure varchar, target double, unit varchar,"
                " deadline date, issued_on date)",
                targets,
            ),
            ("departments (name varchar)", [(name,) for name in sorted(known)]),
            ("data_date (value date)", [(day[DATA_DATE],)] if day.get(DATA_DATE) else []),
        ):
            connection.execute(f"create table {table}")
            if rows:
                marks = ", ".join("?" for _ in rows[0])
                name = table.split(" ", 1)[0]
                connection.executemany(f"insert into {name} values ({marks})", rows)
        return connection

    def fill_in(self) -> None:
        """What an empty cell stands for."""
        kinds = self.frames["institutions"]["school_type"]
        self.frames["institutions"]["school_type"] = pd.Series(
            [UNREADABLE_TYPE if type(v) is Fault else v or DEFAULT_SCHOOL_TYPE for v in kinds],
            kinds.index,
            dtype=object,
        )

    def apply_rules(self, staged: duckdb.DuckDBPyConnection) -> None:
        errors = [*_key_rules(), *_date_rules(), *_rules("errors")]
        warnings = [] if self.errors_only else [*_rules("warnings"), *_general_warnings()]
        for index, query in enumerate(errors):
            self.note(0.6 + 0.2 * index / len(errors), "正在核对规则")
            for sheet, row, name, expected in self.offenders(staged, query):
                self.complain(sheet, row, name or sheet.columns[0].name, expected)
        for index, query in enumerate(warnings):
            self.note(0.8 + 0.15 * index / len(warnings), "正在查找异常值")
            for sheet, row, name, expected in self.offenders(staged, query):
                self.remark(sheet, row, name, expected)

    def offenders(
        self, staged: duckdb.DuckDBPyConnection, query: str
    ) -> Iterator[tuple[Sheet, int, str | None, str]]:
        """The rows a rule returns, without those whose cause is another cell at fault."""
        by_title = {sheet.title: sheet for sheet in SHEETS}
        for title, row, name, expected, *needs in staged.execute(query).fetchall():
            sheet = by_title[title]
            if not (needs and (sheet.table, row, needs[0]) in self.at_fault):
                yield sheet, int(row), name, expected

    # ------------------------------------------------------------ places

    def check_places(self) -> None:
        """Coordinates that lie outside their district, or the city, by more than the tolerance."""
        for table in ("institutions", "enterprises"):
            sheet = next(s for s in SHEETS if s.table == table)
            frame = self.frames[table]
            rows = [
                (int(row), longitude, latitude, district if isinstance(district, str) else None)
                for row, longitude, latitude, district in zip(
                    frame.index,
                    frame["longitude"],
                    frame["latitude"],
                    frame["district"],
                    strict=True,
                )
                if _in_range(longitude, 180) and _in_range(latitude, 90)
            ]
            for row, expected in _outside(rows):
                self.remark(sheet, row, "longitude", expected)


def _in_range(value: Any, bound: float) -> bool:
    return isinstance(value, float) and not math.isnan(value) and abs(value) <= bound


def _outside(
    rows: list[tuple[int, float, float, str | None]],
) -> Iterator[tuple[int, str]]:
    """(row, what is odd) for points too far from their district; zones have no boundary, so for
    them and for points without a district the whole city counts."""
    if not rows:
        return
    import shapely
    from shapely.affinity import scale

    boundaries = reference.boundaries()
    middle = math.radians(float(boundaries.geometry.union_all().centroid.y))
    # Degrees to kilometres on the spot: 0.1 % off within a city.
    east, north = 111.320 * math.cos(middle), 110.574

    def plane(shape: Any) -> Any:
        return scale(shape, east, north, origin=(0, 0))

    shapes = {
        name: plane(shape)
        for name, shape in zip(boundaries["name"], boundaries.geometry, strict=True)
    }
    city = shapely.union_all(list(shapes.values()))
    for row, longitude, latitude, district in rows:
        point = shapely.Point(longitude * east, latitude * north)
        away = point.distance(shapes.get(district or "", city))
        if away > DISTRICT_TOLERANCE_KM:
            area = f"“{district}”" if district in shapes else "本市"
            yield row, f"所示位置在{area}之外约 {away:.0f} 公里，请核对经纬度和区县"


@dataclass
class _Terms:
    """What may be named: key of a name -> what it stands for.

    expected: what is said of anything else. usable: whether the list is known at all. exact: what
    is named to the letter comes first, since two ids may differ in width alone (A① and A1).
    """

    known: dict[str, str]
    expected: str
    usable: bool = True
    exact: frozenset[str] = frozenset()
    _found: dict[str, str | None] = field(default_factory=dict, repr=False)

    def find(self, value: Any) -> str | None:
        if not isinstance(value, str):
            return None
        if value in self.exact:
            return value
        if value not in self._found:
            self._found[value] = self.known.get(key(value))
        return self._found[value]


# ---------------------------------------------------------------- frames


def _series(values: list[Any], column: Column, numbers: list[int]) -> pd.Series[Any]:
    """Numbers as floats, NaN when empty; everything else, and numbers with faults, as objects."""
    index = pd.Index(numbers, name="row")
    if column.kind in _NUMERIC and not any(type(v) is Fault for v in values):
        return pd.Series(values, index, dtype="float64")
    return pd.Series(values, index, dtype=object)


def _empty_frame(sheet: Sheet) -> pd.DataFrame:
    return pd.DataFrame({c.name: _series([], c, []) for c in sheet.columns})


def _as_arrow(sheet: Sheet, frame: pd.DataFrame) -> arrow.Table:
    """The frame with its row numbers, unreadable cells null, in the types of the columns."""
    table = {"row": arrow.array(frame.index.to_numpy(), arrow.int64())}
    for column in sheet.columns:
        kind = _TYPES.get(column.kind, arrow.string())
        values = frame[column.name]
        if values.dtype == "float64":
            table[column.name] = arrow.array(values.to_numpy(), kind, from_pandas=True)
        else:
            cells = [None if type(v) is Fault or v != v else v for v in values]
            table[column.name] = arrow.array(cells, kind)
    return arrow.table(table)


def _put(
    connection: duckdb.DuckDBPyConnection, name: str, rows: arrow.Table | pd.DataFrame
) -> None:
    """Make a table of an arrow table or a frame."""
    connection.register("incoming", rows)
    connection.execute(f"create table {name} as select * from incoming")
    connection.unregister("incoming")


# Names compare by their keys.
_STAGED = (
    (
        "specialties",
        "select s.*, k.name_key from given_specialties as s inner join name_keys as k using (name)",
    ),
    (
        "specialty_points",
        "select p.*, k.name_key from specialty_points as p"
        " left join name_keys as k on p.specialty_name = k.name",
    ),
    (
        "institutions",
        "select i.*, k.name_key from institutions as i left join name_keys as k using (name)",
    ),
)

# What references are followed to: of rows with the same key, a fault of its own, the first.
_FIRST = """
create view first_{table} as
select * from {table}
qualify row_number() over (partition by {key} order by row) = 1
"""


# ---------------------------------------------------------------- pandera


def _known_only(
    holds: Callable[[pd.Series[Any]], pd.Series[bool]],
) -> Callable[[pd.Series[Any]], pd.Series[bool]]:
    """A check over the cells that could be read; the others fail ``readable`` alone."""

    def run(cells: pd.Series[Any]) -> pd.Series[bool]:
        if cells.dtype != object:
            return holds(cells)
        known = ~cells.map(lambda cell: type(cell) is Fault)
        passed = pd.Series(True, cells.index)
        passed[known] = holds(cells[known].astype("float64"))
        return passed

    return run


def _readable(cells: pd.Series[Any]) -> pd.Series[bool]:
    if cells.dtype != object:
        return pd.Series(True, cells.index)
    return ~cells.map(lambda cell: type(cell) is Fault)


def _between(low: float, high: float) -> Callable[[pd.Series[Any]], pd.Series[bool]]:
    return _known_only(lambda cells: cells.between(low, high))


def _whole(low: float, high: float) -> Callable[[pd.Series[Any]], pd.Series[bool]]:
    return _known_only(lambda cells: cells.between(low, high) & (cells % 1 == 0))


_RANGES: dict[str, tuple[Callable[[pd.Series[Any]], pd.Series[bool]], str]] = {
    "year": (_whole(FIRST_YEAR, LAST_YEAR), YEAR_EXPECTED),
    "count": (_whole(0, LARGEST_COUNT), "应为不小于 0 的整数"),
    "amount": (_between(0, math.inf), "应为不小于 0 的数"),
    "share": (_between(0, 100), "应为 0—100 的百分数"),
    "longitude": (_between(-180, 180), "应为 -180—180 的经度"),
    "latitude": (_between(-90, 90), "应为 -90—90 的纬度"),
}


@cache
def _schema(sheet: Sheet, present: tuple[str, ...]) -> pandera.DataFrameSchema:
    """The contract of a sheet's cells: required, readable, in range."""
    # A second to import, and only a load needs it.
    import pandera.pandas as pandera

    columns = {}
    for name in present:
        column = sheet.by_name[name]
        checks = [pandera.Check(_readable, error="无法识别")]
        if column.kind in _RANGES:
            holds, expected = _RANGES[column.kind]
            checks.append(pandera.Check(holds, error=expected))
        columns[name] = pandera.Column(checks=checks, nullable=not column.required)
    return pandera.DataFrameSchema(columns)


# ---------------------------------------------------------------- rules


@cache
def _text(name: str) -> str:
    return (RULES / f"{name}.sql").read_text(encoding="utf-8")


@cache
def _rules(folder: str) -> tuple[str, ...]:
    return tuple(_text(f"{folder}/{path.stem}") for path in sorted((RULES / folder).glob("*.sql")))


def _of(table: str) -> Sheet:
    return next(sheet for sheet in SHEETS if sheet.table == table)


def _repeated(table: str, columns: Iterable[str], name: str, expected: str, needed: str) -> str:
    return _text("repeated").format(
        title=_of(table).title,
        table=table,
        columns=", ".join(columns),
        name=name,
        expected=expected,
        filled=needed,
    )


def _key_rules() -> Iterator[str]:
    """Rows that repeat a key of the contract, also in other letters, and institutions that repeat a
    name."""
    for sheet in SHEETS:
        if not sheet.key or sheet.table in (*_HARMLESS_REPEATS, "dataset"):
            continue
        filled = " and ".join(f"{name} is not null" for name in sheet.key)
        expected = "，应为唯一"
        if len(sheet.key) > 1:
            headers = "、".join(sheet.by_name[name].header for name in sheet.key)
            expected = f"：{headers}相同的只能有一行"
        yield _repeated(sheet.table, sheet.key, sheet.key[-1], expected, filled)
    yield _repeated("institutions", ("name_key",), "name", "，应为唯一", "name_key is not null")
    for sheet in _with_id():
        place = {"title": sheet.title, "table": sheet.table, "name": sheet.key[0]}
        yield _text("near_repeated").format(**place)


def _with_id() -> list[Sheet]:
    """The sheets whose rows are known by one id."""
    return [each for each in SHEETS if len(each.key) == 1 and each.table != "dataset"]


def _date_rules() -> Iterator[str]:
    """Rows whose dates are out of order; one complaint a cell, the first of DATE_ORDER."""
    for table, earlier, later in DATE_ORDER:
        sheet = _of(table)
        yield _text("date_order").format(
            title=sheet.title,
            table=table,
            earlier=earlier,
            later=later,
            header=sheet.by_name[earlier].header,
        )


def _general_warnings() -> Iterator[str]:
    """Warnings that go by kind of column rather than by sheet."""
    for sheet in SHEETS:
        for column in sheet.columns:
            place = {"title": sheet.title, "table": sheet.table, "name": column.name}
            if column.kind in ("date", "date_or_year"):
                yield _text("day_unlikely").format(**place, first=FIRST_DATE, last=LAST_DATE)
            elif column.kind == "share":
                yield _text("share_as_fraction").format(**place)
    for table, name in EVENTS:
        yield _text("day_to_come").format(title=_of(table).title, table=table, name=name)
    for table, columns in LIKENESS:
        needed = " and ".join(
            f"{name} is not null" for name in columns if _of(table).by_name[name].required
        )
        yield _repeated(table, columns, columns[-1], "，请核对", needed or "true")


def _in_order(problems: list[Problem]) -> list[Problem]:
    """Without repetition, in contract order of sheets, then by row and column."""
    return sorted(dict.fromkeys(problems), key=lambda each: each.order)
