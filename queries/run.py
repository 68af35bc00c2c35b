"""The one place that opens DuckDB for reading.

A version never changes, so what is read from it once stays true: its connection, its rows and its
small tables are kept per file. Every query runs on a cursor of its own, because one DuckDB
connection shared by threads gives wrong results.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from data.contract import NO_DISTRICT
from data.plan import Plan, load_plan
from data.plan import item_rows as plan_item_rows
from data.versions import check, current
from queries import sql
from queries.derive import derive
from queries.rows import Rows
from queries.status import Interim

MOST_OPEN = 3


@dataclass(frozen=True)
class Institution:
    """An institution as filters and breakdowns see it; ``district`` is never empty."""

    institution_id: str
    name: str
    district: str
    authority: str
    level_today: str
    outside: bool


@dataclass(frozen=True)
class Step:
    """One dated value of a 目标分解."""

    indicator: str
    scope_kind: str
    scope: str
    due_on: date
    target: float


@dataclass(frozen=True, eq=False)
class OpenVersion:
    """A data version open for reading under one plan."""

    id: str
    path: Path
    plan: Plan
    connection: duckdb.DuckDBPyConnection
    derived: duckdb.DuckDBPyConnection
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def key(self) -> str:
        """What finished figures are cached under: the version and the plan read with it."""
        return f"{self.id}:{self.plan.fingerprint[:12]}"

    @cached_property
    def dataset(self) -> dict[str, str]:
        """The 说明 sheet as a dictionary."""
        return {item: value for item, value in fetch("dataset", self) if value}

    @property
    def name(self) -> str:
        return self.dataset.get("数据集名称", "未命名数据")

    @property
    def nature(self) -> str:
        return self.dataset.get("数据性质", "")

    @cached_property
    def as_of(self) -> date:
        """The data's own date (数据截止日)."""
        return date.fromisoformat(self.dataset["数据截止日"][:10])

    @cached_property
    def institutions(self) -> tuple[Institution, ...]:
        return tuple(
            Institution(code, name, district or NO_DISTRICT, authority or "", level, outside)
            for code, name, district, authority, level, outside in fetch("institution_list", self)
        )

    @cached_property
    def institution_codes(self) -> dict[str, int]:
        return {each.institution_id: code for code, each in enumerate(self.institutions)}

    @cached_property
    def districts(self) -> tuple[str, ...]:
        """Districts, then development zones, in the reference's order."""
        return tuple(name for name, *_ in fetch("district_list", self))

    @cached_property
    def levels(self) -> tuple[str, ...]:
        """The levels that occur among the rows, in the contract's order first."""
        return tuple(level for (level,) in fetch("levels", self))

    @cached_property
    def rows(self) -> dict[str, Rows]:
        """The dated rows of every indicator, by id."""
        frame = run("indicator_rows", self)
        columns = self.columns(frame)
        names = frame["indicator"].to_numpy(object)
        return {each.id: columns.where(names == each.id) for each in self.plan.indicators}

    @cached_property
    def counts(self) -> dict[str, Rows]:
        """The dated rows of what is counted beside the indicators (place_counts.sql), by name."""
        frame = run("place_counts", self)
        columns = self.columns(frame)
        names = frame["what"].to_numpy(object)
        return {name: columns.where(names == name) for name in sorted(set(names))}

    def columns(self, frame: pd.DataFrame) -> Rows:
        """A frame of dated rows as arrays; a level that no indicator row has is coded -1."""
        codes = {level: code for code, level in enumerate(self.levels)}
        institution = frame["institution_id"].map(self.institution_codes)
        return Rows(
            frame["since"].to_numpy(np.int64),
            frame["until"].to_numpy(np.int64),
            frame["counted"].to_numpy(bool),
            frame["weight"].to_numpy(np.float64),
            institution.to_numpy().astype(np.int32),
            frame["level"].map(codes).fillna(-1).to_numpy().astype(np.int32),
            frame["outside"].to_numpy(bool),
        )

    @cached_property
    def filled(self) -> frozenset[str]:
        """The tables, and the columns written table.column, that hold any value."""
        return frozenset(name for name, filled in fetch("filled", self) if filled)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        return tuple(
            Step(indicator, scope_kind, scope or "", due_on, float(target))
            for indicator, scope_kind, scope, due_on, target in fetch("target_steps", self)
        )

    @cached_property
    def interims(self) -> dict[str, tuple[Interim, ...]]:
        found: dict[str, list[Interim]] = {}
        for indicator, target, *rest in fetch("interim_targets", self):
            found.setdefault(indicator, []).append(Interim(float(target), *rest))
        return {name: tuple(each) for name, each in found.items()}


_open: OrderedDict[tuple[Path, str, int], OpenVersion] = OrderedDict()
_open_lock = threading.Lock()


def open_file(path: Path, plan: Plan | None = None) -> OpenVersion:
    """Open a database file; raises data.versions' DamagedVersion or OldSchema with what to do.

    Kept open by path and plan; the least recently used of more than a few is let go.
    """
    plan = plan or load_plan()
    path = path.resolve()
    stamp = path.stat().st_mtime_ns if path.exists() else 0
    key = (path, plan.fingerprint, stamp)
    with _open_lock:
        if key in _open:
            _open.move_to_end(key)
            return _open[key]
        meta = check(path)
        _let_go_of(path, stamp)
        connection = _connect(path)
        derived = connection
        if meta.get("rows_fingerprint") != plan.rows_fingerprint:
            derived = _derive_anew(path, plan)
        opened = OpenVersion(f"{path.stem}@{stamp:x}", path, plan, connection, derived)
        _open[key] = opened
        while len(_open) > MOST_OPEN:
            _open.popitem(last=False)
        return opened


def _let_go_of(path: Path, stamp: int) -> None:
    """Close what is open of an older file of that name: one replaced by ``--database``.

    DuckDB would show the old content to new connections of this process too.
    """
    for key in [key for key in _open if key[0] == path and key[2] != stamp]:
        old = _open.pop(key)
        old.connection.close()
        if old.derived is not old.connection:
            old.derived.close()


def open_current(plan: Plan | None = None) -> OpenVersion:
    """Open the warehouse's current version; raises data.versions.NoVersion when there is none."""
    return open_file(current().path, plan)


@contextmanager
def closed_after(path: Path, plan: Plan) -> Iterator[OpenVersion]:
    """A version for one look at it: beside those kept open, and with the derived tables that its
    file holds, whatever plan it was made with. Raises as ``open_file``."""
    check(path)
    with closing(_connect(path)) as connection:
        yield OpenVersion(path.stem, path, plan, connection, connection)


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(path), read_only=True)
    connection.execute("set enable_progress_bar = false")
    return connection


# Table -> the query that gives its rows instead, with its parameters.
Instead = Mapping[str, tuple[str, Mapping[str, Any]]]


def _derive_anew(
    path: Path, plan: Plan, instead: Instead | None = None
) -> duckdb.DuckDBPyConnection:
    """The derived tables under another plan than the version was made with, in memory."""
    instead = instead or {}
    connection = duckdb.connect(":memory:")
    connection.execute("set enable_progress_bar = false")
    connection.execute(sql.text("attach").replace("{path}", str(path).replace("'", "''")))
    names = connection.execute(sql.text("stored_tables")).fetchall()
    made_here = {"plan_items", "plan_dates", *(table for table, _ in sql.derived())}
    for (table,) in names:
        if table in instead:
            query, parameters = instead[table]
            connection.execute(f'create table "{table}" as\n{sql.text(query)}', dict(parameters))
        elif table not in made_here:
            connection.execute(f'create view "{table}" as select * from stored."{table}"')
    items, dates = plan_item_rows(plan)
    connection.execute(sql.text("plan_tables"))
    connection.executemany("insert into plan_items values (?, ?, ?)", items)
    connection.executemany("insert into plan_dates values (?, ?)", dates)
    derive(connection, shapes=False)
    return connection


def rows_with(version: OpenVersion, points: str, **parameters: Any) -> pd.DataFrame:
    """``indicator_rows`` as they would be with the specialty points of ``queries/<points>.sql``,
    which reads the version's own from ``stored.specialty_points``. Takes about 0.1 s."""
    return rows_instead(version, {"specialty_points": (points, parameters)})


def rows_instead(version: OpenVersion, instead: Instead) -> pd.DataFrame:
    """``indicator_rows`` as they would be with other rows in some tables; the queries read the
    version's own from ``stored.<table>``. Takes about 0.1 s."""
    connection = _derive_anew(version.path, version.plan, instead)
    with closing(connection):
        return connection.execute(sql.text("indicator_rows")).df()


def run(name: str, version: OpenVersion, **parameters: Any) -> pd.DataFrame:
    """The result of ``queries/<name>.sql`` with its ``$parameters`` as a DataFrame.

    Read-only to the caller: results are shared through caches and must not be changed.
    """
    with closing(version.derived.cursor()) as cursor:
        return cursor.execute(sql.text(name), parameters or None).df()


def fetch(name: str, version: OpenVersion, **parameters: Any) -> list[tuple[Any, ...]]:
    """As ``run``, as plain tuples: for small results, where a DataFrame costs more."""
    with closing(version.derived.cursor()) as cursor:
        return cursor.execute(sql.text(name), parameters or None).fetchall()
