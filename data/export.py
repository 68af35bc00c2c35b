"""A data version as the workbook it could have been loaded from.

``python -m data.export FILE.xlsx [--version ID | --database FILE]`` writes it in the form of the
template, so that a clerk edits and returns it. Loading it again gives the same tables: references
stand as codes and names, a point's name as its code's where none was given.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

import duckdb
import pandas as pd

from data import command, versions
from data.contract import SHEETS, Sheet
from data.template import write_workbook


def frames(path: Path, titles: Collection[str] | None = None) -> dict[str, pd.DataFrame]:
    """Sheet title -> DataFrame with the contract's headers, of a database file.

    titles: these sheets alone. Cells are text, int, float, ``date`` or None, rows in the order
    they were loaded in. Raises data.versions' DamagedVersion or OldSchema.
    """
    versions.check(path)
    with closing(duckdb.connect(str(path), read_only=True)) as connection:
        connection.execute("set enable_progress_bar = false")
        return {
            sheet.title: _frame(connection, sheet)
            for sheet in SHEETS
            if titles is None or sheet.title in titles
        }


def _frame(connection: duckdb.DuckDBPyConnection, sheet: Sheet) -> pd.DataFrame:
    columns = ", ".join(column.name for column in sheet.columns)
    rows = connection.execute(f"select {columns} from {sheet.table} order by rowid").fetchall()
    flags = [column.kind == "flag" for column in sheet.columns]
    if any(flags):
        rows = [
            tuple(
                cell if not flag or cell is None else ("是" if cell else "否")
                for cell, flag in zip(row, flags, strict=True)
            )
            for row in rows
        ]
    headers = [column.header for column in sheet.columns]
    return pd.DataFrame(rows, columns=headers, dtype=object)


def write(database: Path, file: Path) -> dict[str, int]:
    """Write a database file as a workbook; rows per sheet. Raises OSError and as ``frames``."""
    found = frames(database)
    write_workbook(found, file)
    return {title: len(frame) for title, frame in found.items()}


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = command.Parser("data.export", "把数据版本导出为工作簿，可修改后再导入")
    parser.add_argument("file", type=Path, metavar="FILE.xlsx", help="写到哪里")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--version", metavar="ID", help="数据版本，默认为当前版本")
    which.add_argument("--database", type=Path, metavar="FILE", help="改为导出这个数据库文件")
    options = parser.parse_args(arguments)
    try:
        database = options.database or _version(options.version).path
        rows = write(database, options.file)
    except (versions.NoVersion, versions.DamagedVersion, versions.OldSchema) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"无法写入 {options.file}：{error.strerror or error}", file=sys.stderr)
        return 2
    print(f"已写入 {options.file}：{len(rows)} 张表，{sum(rows.values()):,} 行")
    if options.database is None:
        command.record("export", database.stem, {"file": options.file.name})
    return 0


def _version(version: str | None) -> versions.Version:
    if version is None:
        return versions.current()
    found = next((each for each in versions.list_versions() if each.id == version), None)
    if found is None:
        raise versions.NoVersion(f"没有编号为“{version}”的数据版本")
    return found


if __name__ == "__main__":
    command.run(main)
