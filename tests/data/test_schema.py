"""The schema agrees with the contract, and is a second line of defence behind the checks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from data.contract import DATE_ORDER, SHEETS, TITLES, Sheet
from data.load import load_workbook
from tests.data.small_book import valid, write_folder

SCHEMA = Path(__file__).parents[2] / "data" / "schema.sql"
TYPES = {
    "date": "DATE",
    "date_or_year": "DATE",
    "year": "INTEGER",
    "count": "BIGINT",
    "number": "DOUBLE",
    "amount": "DOUBLE",
    "share": "DOUBLE",
    "longitude": "DOUBLE",
    "latitude": "DOUBLE",
    "flag": "BOOLEAN",
}
REFERENCED = {
    "institution": "institutions",
    "point": "specialty_points",
    "group": "specialty_groups",
    "enterprise": "enterprises",
    "district": "districts",
    "industry": "industries",
}


@pytest.fixture(scope="module")
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as connection:
        connection.execute(SCHEMA.read_text("utf-8"))
        yield connection


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A loaded database that may be written to, each test in a transaction of its own."""
    folder = tmp_path_factory.mktemp("schema")
    database = folder / "a.duckdb"
    load_workbook(write_folder(valid(), folder / "book"), database)
    with duckdb.connect(str(database)) as connection:
        yield connection


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.table)
def test_tables_have_the_contracts_columns(sheet: Sheet, empty: duckdb.DuckDBPyConnection) -> None:
    found = empty.execute(
        "select column_name, data_type, is_nullable, comment from duckdb_columns()"
        " where table_name = ? order by column_index",
        [sheet.table],
    ).fetchall()
    needed = {c.name for c in sheet.columns if c.required} | set(sheet.key)
    needed |= {"school_type"} & {c.name for c in sheet.columns}  # empty is 普通
    assert [(name, kind, not null) for name, kind, null, _ in found] == [
        (c.name, TYPES.get(c.kind, "VARCHAR"), c.name in needed) for c in sheet.columns
    ]
    for column, (*_, comment) in zip(sheet.columns, found, strict=True):
        assert comment.split("：")[0] == column.header


def test_every_table_and_column_has_a_comment(empty: duckdb.DuckDBPyConnection) -> None:
    bare = empty.execute(
        "select table_name from duckdb_tables() where comment is null union all"
        " select table_name || '.' || column_name from duckdb_columns()"
        " where comment is null and not internal"
    ).fetchall()
    assert bare == []


def test_tables_stand_in_the_contracts_order(empty: duckdb.DuckDBPyConnection) -> None:
    text = SCHEMA.read_text("utf-8")
    places = [text.index(f"create table {sheet.table} (") for sheet in SHEETS]
    assert places == sorted(places)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.table)
def test_keys_and_references(sheet: Sheet, empty: duckdb.DuckDBPyConnection) -> None:
    constraints = empty.execute(
        "select constraint_type, constraint_column_names, referenced_table"
        " from duckdb_constraints() where table_name = ?",
        [sheet.table],
    ).fetchall()
    keys = [tuple(columns) for kind, columns, _ in constraints if kind == "PRIMARY KEY"]
    assert keys == ([sheet.key] if sheet.key else [])
    expected = {(c.name, REFERENCED[c.refers]) for c in sheet.columns if c.refers in REFERENCED}
    found = {(columns[0], table) for kind, columns, table in constraints if kind == "FOREIGN KEY"}
    assert found == expected


BAD = [
    "insert into institutions (institution_id, name, level, school_type) values"
    " ('S1', '又一', '高职', '普通')",
    "insert into institutions (institution_id, name, level, school_type) values"
    " ('S9', '示例中等专业学校', '高职', '普通')",
    "insert into institutions (institution_id, name, level, school_type) values"
    " ('S9', '又一', '大专', '普通')",
    "insert into institutions (institution_id, name, level, school_type) values"
    " ('S9', null, '高职', '普通')",
    "update institutions set longitude = 181 where institution_id = 'S4'",
    "update institutions set district = '纽约' where institution_id = 'S4'",
    "update institutions set closed_on = date '1990-01-01' where institution_id = 'S4'",
    "insert into specialty_points (point_id, institution_id, specialty_code, level, opened_on)"
    " values ('P9', 'S9', '510201', '高职', date '2020-09-01')",
    "insert into specialty_points (point_id, institution_id, specialty_code, level, opened_on)"
    " values ('P9', 'S1', '510203', '普通本科', date '2020-09-01')",
    "insert into specialty_points (point_id, institution_id, specialty_code, level, opened_on,"
    " resumed_on) values ('P9', 'S1', '510203', '高职', date '2020-09-01', date '2021-09-01')",
    "insert into specialty_points (point_id, institution_id, specialty_code, level, opened_on,"
    " industry) values ('P9', 'S1', '510203', '高职', date '2020-09-01', '炼丹')",
    "insert into group_members values ('G1', 'P1')",
    "insert into group_members values ('G1', 'P9')",
    "insert into recognitions (subject_kind, subject_id, title, awarded_on)"
    " values ('专业点', 'P1', '好专业', date '2020-09-01')",
    "insert into point_years (point_id, year, planned) values ('P1', 2024, 1)",
    "insert into point_years (point_id, year, planned) values ('P1', 1999, 1)",
    "insert into point_years (point_id, year, planned) values ('P1', 2020, -1)",
    "insert into point_years (point_id, year, planned, graduates, employed, further_study)"
    " values ('P1', 2020, 1, 10, 8, 3)",
    "insert into point_years (point_id, year, planned, employed, matched)"
    " values ('P1', 2020, 1, 10, 11)",
    "insert into point_years (point_id, year, planned, satisfaction) values ('P1', 2020, 1, 101)",
    "insert into target_allocations values ('x', date '2025-12-31', '全市', '中原区', 1)",
    "insert into target_allocations values ('x', date '2025-12-31', '区县', null, 1)",
    "insert into interim_targets values"
    " ('x', 1, date '2025-12-31', date '2025-01-01', '理由', '市政府')",
    "insert into partnerships values ('E9', 'S1', '订单培养', date '2021-09-01', null)",
    "insert into meta values ('schema_version', '0')",
]


@pytest.mark.parametrize("statement", BAD)
def test_bad_rows_are_refused(statement: str, filled: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(duckdb.ConstraintException):
        filled.execute(statement)


def test_the_statements_refused_differ_from_good_ones(
    filled: duckdb.DuckDBPyConnection,
) -> None:
    """What is refused is refused for its fault: the same without it is taken."""
    filled.begin()
    for statement in (
        "insert into institutions (institution_id, name, level, school_type) values"
        " ('S9', '又一', '高职', '普通')",
        "insert into specialty_points (point_id, institution_id, specialty_code, level, opened_on)"
        " values ('P9', 'S1', '510203', '高职', date '2020-09-01')",
        "insert into point_years (point_id, year, planned, graduates, employed, further_study,"
        " matched, satisfaction) values ('P1', 2020, 1, 10, 8, 2, 8, 100)",
        "insert into target_allocations values ('x', date '2025-12-31', '全市', null, 1)",
    ):
        filled.execute(statement)
    filled.rollback()


@pytest.mark.parametrize(("table", "earlier", "later"), DATE_ORDER)
def test_dates_in_order_are_a_constraint(
    table: str, earlier: str, later: str, empty: duckdb.DuckDBPyConnection
) -> None:
    found = empty.execute(
        "select expression from duckdb_constraints()"
        " where table_name = ? and constraint_type = 'CHECK'",
        [table],
    ).fetchall()
    assert f"({earlier} <= {later})" in {text.replace('"', "") for (text,) in found}


def test_the_titles_are_the_contracts(empty: duckdb.DuckDBPyConnection) -> None:
    (found,) = empty.execute(
        "select expression from duckdb_constraints()"
        " where table_name = 'recognitions' and expression like '%省级%'"
    ).fetchall()
    assert all(f"'{title}'" in found[0] for title in TITLES)
