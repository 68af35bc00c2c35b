"""What depends only on the data version and the plan, computed once when a version is made."""

from __future__ import annotations

import duckdb

from queries import sql


def derive(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the derived tables of a database whose contract, reference and plan tables are full.

    Tables already there are replaced, so that deriving twice gives the same.
    """
    for table, select in sql.derived():
        connection.execute(f"create or replace table {table} as\n{select}")
