"""Loads a workbook: read it, check it, fill a new database, derive, seal it, switch to it.

``python -m data.load WORKBOOK_OR_FOLDER [--database FILE]``. A workbook with any error loads
nothing. The new database is built beside its place and put there by one rename, so that whatever
happens in between, the one before stays whole.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as arrow

from data import command, reference, versions
from data.checks import Checked, check
from data.contract import SHEETS
from data.plan import Plan, PlanError, item_rows, load_plan
from data.versions import Busy, Version
from data.workbook import Problem, Progress, Unreadable, read, silent
from queries.derive import derive

SCHEMA = Path(__file__).parent / "schema.sql"
WARNINGS_SHOWN = 20
# Two cores and 2 GB are what a bureau's machine has; the rest is for Python and the frames.
DATABASE_MEMORY = "800MB"


class Rejected(Exception):  # noqa: N818
    """A workbook with errors; ``errors`` holds every one, in the contract's order."""

    def __init__(self, errors: list[Problem]) -> None:
        super().__init__(f"工作簿有 {len(errors)} 处错误，没有导入")
        self.errors = errors

    @property
    def lines(self) -> list[str]:
        """One line an error: sheet, cell, value, what is expected."""
        return [error.line for error in self.errors]


class Unwritable(Exception):  # noqa: N818
    """The place for the database cannot be written; the message says why."""


@dataclass(frozen=True)
class LoadResult:
    """What was loaded. rows: sheet title -> rows; warnings in the contract's order."""

    version: Version
    rows: dict[str, int]
    warnings: list[Problem]


def load_workbook(
    path: Path,
    database: Path | None = None,
    progress: Progress | None = None,
    plan: Plan | None = None,
    who: str = "",
) -> LoadResult:
    """Load a workbook or a folder of CSV files as a new version, or into one database file.

    progress is called with a share (0–1) and what is being done; who: as the version names them.
    Raises Unreadable, Rejected,
    Unwritable, data.versions.Busy (another load is running) or PlanError; then nothing changed.
    """
    note = progress or silent
    path = Path(path)
    if database is not None:
        database = _target(Path(database), path)
    plan = plan or load_plan()
    checked = examine(path, plan, lambda share, words: note(share * 0.7, words))
    if checked.problems:
        raise Rejected(checked.problems)

    def later(share: float, words: str) -> None:
        note(0.7 + share * 0.3, words)

    with closing(checked.staged):
        try:
            if database is not None:
                return _replace_file(checked, plan, database, later, who)
            return _add_version(checked, plan, later, who)
        except OSError as error:
            where = database or versions.warehouse_dir()
            raise Unwritable(f"无法写入 {where}：{error.strerror or error}") from error
        except (duckdb.IOException, duckdb.TransactionException) as error:
            # A commit that finds the disk full is a transaction that failed, to DuckDB.
            where = database or versions.warehouse_dir()
            reason = str(error).splitlines()[0]
            raise Unwritable(f"无法写入 {where}（磁盘已满或没有权限）：{reason}") from error


def examine(path: Path, plan: Plan | None = None, progress: Progress | None = None) -> Checked:
    """Read and check a workbook without loading it: its errors and warnings. Raises Unreadable."""
    note = progress or silent
    book = read(path, lambda share, words: note(share * 0.5, words))
    return check(book, plan or load_plan(), lambda share, words: note(0.5 + share * 0.5, words))


# ---------------------------------------------------------------- where to


def _add_version(checked: Checked, plan: Plan, note: Progress, who: str) -> LoadResult:
    """A new version in the warehouse, made current; one load at a time."""

    def waiting() -> None:
        note(0.0, "另一项导入正在进行，等待其完成")

    with versions.locked(on_wait=waiting):
        versions.remove_leftovers()
        with versions.removed_after(versions.draft_path()) as draft:
            rows = _build(draft, checked, plan, note, who)
            note(0.95, "正在封存版本")
            version = versions.seal(draft)
    note(1.0, "导入完成")
    return LoadResult(version, rows, checked.warnings)


def _target(database: Path, source: Path) -> Path:
    """The file to replace, refused when it is something else than a database."""
    database = Path(os.path.realpath(database))
    if database.is_dir():
        raise Unwritable(f"“{database}”是文件夹，--database 后应为数据库文件")
    if not database.parent.is_dir():
        raise Unwritable(f"没有文件夹“{database.parent}”")
    if database == Path(os.path.realpath(source)):
        raise Unwritable("--database 不能是工作簿本身")
    try:
        with database.open("rb") as stream:
            head = stream.read(12)
    except FileNotFoundError:
        return database
    except OSError as error:
        raise Unwritable(f"无法读取 {database}：{error.strerror or error}") from error
    if head and head[8:12] != b"DUCK":
        raise Unwritable(f"“{database}”不是 DuckDB 数据库，为免误删未作替换")
    return database


def _replace_file(
    checked: Checked, plan: Plan, database: Path, note: Progress, who: str
) -> LoadResult:
    """One database file, replaced by a rename; two loads at once each put a whole one there."""
    with _draft_beside(database) as draft:
        rows = _build(draft, checked, plan, note, who)
        note(0.95, "正在写入文件")
        versions.sync_file(draft)
        # A journal beside the old file would be replayed into the new one.
        database.with_name(database.name + ".wal").unlink(missing_ok=True)
        draft.replace(database)
        versions.sync_folder(database.parent)
    note(1.0, "导入完成")
    meta = versions.check(database)
    return LoadResult(Version(database.stem, database, meta), rows, checked.warnings)


@contextmanager
def _draft_beside(database: Path) -> Iterator[Path]:
    """A place for a draft in a hidden folder beside the file, locked so that another load removes
    it only when this process is gone."""
    prefix = f".{database.name}.loading-"
    for left in database.parent.glob(f"{prefix}*"):
        with versions.folder_lock(left) as free:
            if free:
                versions.remove(left)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=database.parent))
    try:
        with versions.folder_lock(folder):
            yield folder / "draft.duckdb"
    finally:
        versions.remove(folder)


# ---------------------------------------------------------------- filling


def _build(draft: Path, checked: Checked, plan: Plan, note: Progress, who: str) -> dict[str, int]:
    """Fill a new database file with a checked workbook and derive; sheet title -> rows."""
    note(0.0, "正在写入数据库")
    with _opened(draft) as connection:
        connection.execute(SCHEMA.read_text(encoding="utf-8"))
        _fill_reference(connection)
        _fill_plan(connection, plan)
    staged = checked.staged
    staged.execute(f"attach '{_quoted(draft)}' as target")
    try:
        rows = {}
        for index, sheet in enumerate(SHEETS):
            note(0.05 + 0.35 * index / len(SHEETS), f"正在写入 {sheet.title}")
            columns = ", ".join(column.name for column in sheet.columns)
            staged.execute(
                f"insert into target.{sheet.table} ({columns}) {_filling(sheet.table, columns)}"
            )
            count = staged.execute(f"select count(*) from target.{sheet.table}").fetchone()
            assert count is not None
            rows[sheet.title] = int(count[0])
        staged.execute("checkpoint target")
    finally:
        staged.execute("detach target")
    note(0.4, "正在计算派生数据")
    with _opened(draft) as connection:
        derive(connection)
        connection.execute("checkpoint")
    staged.execute(f"attach '{_quoted(draft)}' as target")
    try:
        checked.compare_with_baselines()
        _fill_meta(staged, checked, plan, rows, who)
        staged.execute("checkpoint target")
    finally:
        staged.execute("detach target")
    return rows


@contextmanager
def _opened(draft: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": DATABASE_MEMORY,
        "temp_directory": f"{draft}.tmp",
        # Most tables are small: blocks of 16 kB instead of 256 kB make a version a tenth as large.
        "default_block_size": "16384",
    }
    with closing(duckdb.connect(str(draft), config=settings)) as connection:
        connection.execute("set enable_progress_bar = false")
        yield connection


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _filling(table: str, columns: str) -> str:
    """The select that fills a table from its staged sheet, in the sheet's order."""
    if table == "specialty_points":
        # A point without a name has that of its code.
        return f"""
            select {columns.replace("specialty_name", "coalesce(p.specialty_name, s.name)")}
            from (select p.* exclude (name_key) from specialty_points as p) as p
            left join (select level as catalogue_level, code, name from specialties) as s
                on p.level = s.catalogue_level and p.specialty_code = s.code
            order by p.row
        """
    if table == "group_members":
        return f"select {columns} from group_members group by {columns} order by min(row)"
    return f"select {columns} from {table} order by row"


def _fill_reference(connection: duckdb.DuckDBPyConnection) -> None:
    """The shipped facts, so that a database file can be understood without this program."""
    for table, frame in (
        ("specialties", reference.specialties()),
        ("industries", reference.industries()),
        ("specialty_industry", reference.specialty_industry()),
        ("districts", reference.districts()),
        ("school_thresholds", reference.school_conditions()),
    ):
        wanted = connection.execute(
            "select column_name from duckdb_columns() where table_name = ? order by column_index",
            [table],
        ).fetchall()
        columns = [name for (name,) in wanted]
        connection.register("facts", arrow.Table.from_pandas(frame[columns], preserve_index=False))
        connection.execute(f"insert into {table} select {', '.join(columns)} from facts")
        connection.unregister("facts")
    connection.execute(
        "update specialty_industry set specialty_code = null where specialty_code = ''"
    )


def _fill_plan(connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """The plan's lists and dates, through which the indicator queries see it."""
    items, dates = item_rows(plan)
    if items:
        connection.executemany("insert into plan_items values (?, ?, ?)", items)
    connection.executemany("insert into plan_dates values (?, ?)", dates)


def _fill_meta(
    connection: duckdb.DuckDBPyConnection,
    checked: Checked,
    plan: Plan,
    rows: dict[str, int],
    who: str,
) -> None:
    """Where the version comes from, and what was odd about it."""
    dataset = dict(connection.execute("select item, value from dataset").fetchall())
    meta = {
        "schema_version": str(versions.SCHEMA_VERSION),
        "plan_id": plan.id,
        "plan_title": plan.title,
        "plan_fingerprint": plan.fingerprint,
        "rows_fingerprint": plan.rows_fingerprint,
        "source_name": checked.book.name,
        "source_sha256": checked.book.sha256,
        "loaded_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "warnings": str(len(checked.warnings)),
        "rows": json.dumps(rows, ensure_ascii=False),
        "dataset_name": dataset.get("数据集名称") or "",
        "data_date": dataset.get("数据截止日") or "",
        "nature": dataset.get("数据性质") or "",
    }
    if who:
        meta["loaded_by"] = who
    connection.executemany("insert into target.meta values (?, ?)", list(meta.items()))
    if checked.warnings:
        found = checked.warnings
        table = arrow.table(
            {
                "sheet": [each.sheet for each in found],
                "cell": [each.cell for each in found],
                "value": [each.value for each in found],
                "message": [each.message for each in found],
            }
        )
        connection.register("found", table)
        connection.execute("insert into target.load_warnings select * from found")
        connection.unregister("found")


# ---------------------------------------------------------------- command


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = command.Parser(
        "data.load", "检查一个工作簿（.xlsx 或 CSV 文件夹）并导入；有任何错误则不导入"
    )
    parser.add_argument("workbook", type=Path, metavar="WORKBOOK_OR_FOLDER", help="工作簿或文件夹")
    parser.add_argument(
        "--database",
        type=Path,
        metavar="FILE",
        help="填入（整个替换）这一个数据库文件；默认在数据仓库中新建版本并切换到它",
    )
    options = parser.parse_args(arguments)
    name, logged = options.workbook.name, options.database is None
    before = versions.pointed_at() if logged else None
    try:
        with _progress_bar() as note:
            result = load_workbook(options.workbook, options.database, note, who=command.who())
    except Rejected as error:
        sys.stderr.write("".join(f"{line}\n" for line in error.lines))
        if logged:
            command.record("import", name, {"errors": len(error.errors)}, refused=True)
        return 1
    except (Unreadable, Unwritable, Busy, PlanError) as error:
        print(error, file=sys.stderr)
        if logged:
            command.record("import", name, {"reason": str(error)}, refused=True)
        return 2
    _print_summary(result, options.database)
    if logged:
        command.record("import", result.version.id, entry(result, before))
    return 0


def entry(result: LoadResult, before: str | None) -> dict[str, Any]:
    """What the log says of a load. before: the id in use until then."""
    return {
        "file": result.version.meta.get("source_name", ""),
        "sha256": result.version.meta.get("source_sha256", ""),
        "rows": sum(result.rows.values()),
        "warnings": len(result.warnings),
        "from": before or "",
    }


def summarise(warnings: list[Problem]) -> list[str]:
    """One line for all warnings that say the same of one column: the first cell and how many."""
    groups: dict[tuple[str, str, str], list[Problem]] = {}
    for each in warnings:
        groups.setdefault((each.sheet, each.header, each.expected), []).append(each)
    lines = []
    for (sheet, header, expected), found in groups.items():
        first = found[0]
        if len(found) == 1:
            lines.append(first.line)
        else:
            lines.append(f"{sheet}!{first.cell} 等 {len(found)} 处：{header}{expected}")
    return lines


@contextmanager
def _progress_bar() -> Iterator[Progress]:
    """A bar on standard error when it is a terminal; otherwise only that it has to wait."""
    if not sys.stderr.isatty():

        def say(_share: float, words: str) -> None:
            if words.startswith("另一项导入"):
                print(words, file=sys.stderr, flush=True)

        yield say
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.TaskProgressColumn(),
    )
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("正在读取", total=1.0)
        yield lambda share, words: bar.update(task, completed=share, description=words)


def _print_summary(result: LoadResult, database: Path | None) -> None:
    meta = result.version.meta
    print(
        f"已导入：{meta.get('dataset_name', '')}"
        f"（数据截止 {meta.get('data_date', '')}，{meta.get('nature', '')}）"
    )
    for title, rows in result.rows.items():
        print(f"  {title}：{rows} 行")
    if result.warnings:
        print(f"提醒 {len(result.warnings)} 条（不影响导入，全部存于数据库的 load_warnings 表）：")
        groups = summarise(result.warnings)
        for line in groups[:WARNINGS_SHOWN]:
            print(f"  {line}")
        if len(groups) > WARNINGS_SHOWN:
            print(f"  ……另有 {len(groups) - WARNINGS_SHOWN} 类")
    if database is not None:
        print(f"数据库：{database}")
    else:
        print(f"版本：{result.version.id}")


if __name__ == "__main__":
    command.run(main)
