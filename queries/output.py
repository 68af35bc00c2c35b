"""What the commands of this room share: arguments, plain values and the three output formats."""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from data.command import Parser
from data.contract import FIRST_DATE, LAST_DATE
from data.plan import PlanError
from data.versions import DamagedVersion, NoVersion, OldSchema
from queries.run import OpenVersion, open_current, open_file

FORMATS = ("table", "json", "csv")


def harmless(value: Any) -> Any:
    """A cell of a CSV file as it is, a text that a spreadsheet would work out behind an
    apostrophe."""
    risky = isinstance(value, str) and len(value) > 1 and value[0] in "=+-@\t\r"
    return f"'{value}" if risky else value


class RequestError(Exception):
    """A request that cannot be answered; the message says why, in Chinese."""


def day(text: str) -> date:
    """A date argument, YYYY-MM-DD, within the dates a workbook may hold."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}”不是 YYYY-MM-DD 的日期") from None
    if not FIRST_DATE <= found <= LAST_DATE:
        raise argparse.ArgumentTypeError(f"“{text}”应在 {FIRST_DATE} 至 {LAST_DATE} 之间")
    return found


def several(text: str) -> tuple[str, ...]:
    """A comma-separated argument; Chinese commas are accepted too."""
    for separator in ("，", "、"):
        text = text.replace(separator, ",")
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    if not found:
        raise argparse.ArgumentTypeError("不能为空；不筛选就不要写这一项")
    return found


def parser(module: str, description: str) -> Parser:
    """A parser with the arguments every command of this room has."""
    made = Parser(module, description)
    made.add_argument(
        "--as-of", type=day, metavar="DATE", help="数据截至日，YYYY-MM-DD；默认为数据自己的截止日"
    )
    made.add_argument(
        "--format", choices=FORMATS, default="table", help="输出格式；默认 table（表格）"
    )
    made.add_argument(
        "--database", type=Path, metavar="FILE", help="数据库文件；默认为当前数据版本"
    )
    return made


def version(options: argparse.Namespace) -> OpenVersion:
    """The version the options name."""
    if options.database is not None:
        if not options.database.is_file():
            raise RequestError(f"找不到数据库文件：{options.database}")
        return open_file(options.database)
    return open_current()


@contextmanager
def errors() -> Iterator[None]:
    """Turns what is known to go wrong into Chinese on standard error and exit code 2."""
    try:
        yield
    except BrokenPipeError:
        raise
    except (RequestError, PlanError, NoVersion, DamagedVersion, OldSchema) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except (duckdb.Error, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        print(f"数据库无法读取：{reason}", file=sys.stderr)
        sys.exit(2)


def plain(value: Any) -> Any:
    """A value as JSON holds it: dates as ISO text, missing as None, numbers unrounded."""
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


def write(rows: Sequence[dict[str, Any]], columns: Sequence[str], form: str) -> None:
    """Rows to standard output as json, csv or an aligned table."""
    if form == "json":
        json.dump(list(rows), sys.stdout, ensure_ascii=False, indent=1, allow_nan=False)
        sys.stdout.write("\n")
        return
    if form == "csv":
        writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: harmless(value) for name, value in row.items()} for row in rows)
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        numeric = any(isinstance(row[name], int | float) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(row[name])) for name in columns))
    console = Console()
    width = None if console.is_terminal else 240
    Console(width=width, highlight=False).print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return str(value)
