"""Tries an uploaded workbook out in a process of its own, before anything changes.

``python -m data.trial FILE FOLDER`` checks FILE (.xlsx, or a .zip of CSV files) and fills a
database in FOLDER with it; ``try_out`` runs that under a limit of time and memory and kills it at
the limit. ``adopt`` makes the database tried the current version, unless another one became
current in the meantime.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import duckdb

from data import command, difference, notes, versions
from data.load import Rejected, Unwritable, load_workbook
from data.plan import PlanError
from data.values import show
from data.versions import Version
from data.workbook import (
    MEGABYTE,
    MOST_RATIO,
    MOST_UNPACKED,
    RATIO_MATTERS_FROM,
    Problem,
    Progress,
    Unreadable,
    decode,
    silent,
)

ROOT = Path(__file__).resolve().parents[1]
SUFFIXES = (".xlsx", ".zip")
DATABASE, MARKED, RESULT, SAID = "trial.duckdb", "marked.xlsx", "result.json", "said.txt"
# 200,000 point-years take half a minute; address space, of which libraries reserve 1.5 GB.
MOST_SECONDS = 300.0
MOST_MEMORY = 4 * 1024 * MEGABYTE
MOST_CSV_FILES = 100
# Rows and cells of a difference that are kept to be looked at; all of them are counted.
MOST_SHOWN = 200
LONGEST_NAME = 60
LONGEST_NOTE = notes.LONGEST_VERSION_NOTE


class Overrun(Exception):  # noqa: N818
    """The process was ended at its limit, or ended of itself; the message says so, in Chinese."""


class Moved(Exception):  # noqa: N818
    """Another version became current since the preview; nothing changed."""


@dataclass(frozen=True)
class Shift:
    """What a sheet gains, loses and changes. added, removed: rows as text, at most MOST_SHOWN;
    changed: (row, column, before, after), at most MOST_SHOWN; counts: rows added, removed,
    changed, and cells changed."""

    sheet: str
    headers: list[str]
    added: list[list[str]]
    removed: list[list[str]]
    changed: list[list[str]]
    counts: list[int]


@dataclass(frozen=True)
class Outcome:
    """What came of it. unreadable: why the file could not be read; problems, warnings: in the
    contract's order; rows: sheet title -> rows, empty unless it is clean."""

    unreadable: str = ""
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    shifts: list[Shift] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether it can be loaded."""
        return not self.unreadable and not self.problems


# ---------------------------------------------------------------- the caller's side


def safe_name(name: str) -> str:
    """A file's own name without what could lead elsewhere; ``upload`` where nothing is left."""
    last = re.split(r"[/\\]", name)[-1]
    suffix = Path(last).suffix.lower()
    stem = re.sub(r"[^\w（）()《》【】\-. ]", "_", Path(last).stem).strip(". ")[:LONGEST_NAME]
    return f"{stem or 'upload'}{suffix}"


def try_out(
    file: Path,
    folder: Path,
    against: Path | None = None,
    progress: Progress | None = None,
    *,
    seconds: float = MOST_SECONDS,
    memory: int = MOST_MEMORY,
) -> Outcome:
    """Check and load a file in another process, into ``folder`` alone.

    against: the database it is compared with; memory: bytes. Raises Overrun; whatever ends this
    call ends the process too.
    """
    call = ["-m", "data.trial", str(file), str(folder), "--memory", str(memory)]
    if against is not None:
        call += ["--against", str(against)]
    supervised(call, folder, progress or silent, seconds)
    return _outcome(folder, memory)


def supervised(
    call: Sequence[str],
    folder: Path,
    note: Progress,
    seconds: float,
    done: Callable[[], object] = lambda: None,
) -> str:
    """Run Python with some arguments in another process that reports by ``tell``; the last line of
    what it said against itself, empty when it ended well.

    seconds: the limit, which begins anew whenever what ``done`` returns changes. Raises Overrun;
    whatever ends this call ends the process too.
    """
    said = folder / SAID
    with said.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, *call],
            cwd=ROOT,
            env=os.environ | {"PYTHONUTF8": "1"},
            stdout=subprocess.PIPE,
            stderr=errors,
            encoding="utf-8",
        )
    heard: list[str] = []
    listener = threading.Thread(target=_listen, args=(process, heard), daemon=True)
    listener.start()
    end, before = time.monotonic() + seconds, done()
    try:
        while process.poll() is None:
            if done() != before:
                end, before = time.monotonic() + seconds, done()
            if time.monotonic() > end:
                raise Overrun(
                    f"检查超过 {seconds:g} 秒的时间上限，已中止；数据没有改变。请核对文件后重试，"
                    "或由管理员在服务器上用 python -m data.load 载入"
                )
            if heard:
                share, words = json.loads(heard[-1])
                note(min(max(float(share), 0.0), 1.0), str(words))
            try:
                process.wait(0.2)
            except subprocess.TimeoutExpired:
                continue
    finally:
        if process.poll() is None:
            process.kill()
        code = process.wait()
        listener.join()
    lines = said.read_text("utf-8", "replace").split("\n") if code else []
    return next((line for line in reversed(lines) if line.strip()), "中断" if code else "")


def _listen(process: subprocess.Popen[str], heard: list[str]) -> None:
    """The last whole line of the process."""
    assert process.stdout is not None
    for line in process.stdout:
        heard[:] = [line]


def _outcome(folder: Path, memory: int) -> Outcome:
    try:
        found = json.loads((folder / RESULT).read_text("utf-8"))
    except (OSError, ValueError):
        raise Overrun(
            f"检查中断，可能超过 {memory // MEGABYTE} MB 的内存上限；数据没有改变。"
            "请核对是否选错文件，或分开填报"
        ) from None
    return Outcome(
        found["unreadable"],
        [Problem(*each) for each in found["problems"]],
        [Problem(*each) for each in found["warnings"]],
        found["rows"],
        [Shift(**each) for each in found["shifts"]],
    )


def adopt(database: Path, base: str | None, who: str, note: str = "") -> Version:
    """Make a database that was tried out the current version.

    base: what CURRENT held (``data.versions.pointed_at``) when it was tried. Raises Moved,
    data.versions.Busy, Unwritable; then nothing changed.
    """
    try:
        with versions.locked():
            if versions.pointed_at() != base:
                raise Moved("预览之后，当前数据已被他人更新或切换；没有载入。请重新比较后再确认")
            versions.remove_leftovers()
            with versions.removed_after(versions.draft_path()) as draft:
                shutil.copyfile(database, draft)
                with closing(duckdb.connect(str(draft))) as connection:
                    connection.executemany(
                        "insert into meta values (?, ?)",
                        [("loaded_by", who), ("note", note.strip()[:LONGEST_NOTE])],
                    )
                    connection.execute("checkpoint")
                return versions.seal(draft)
    except (OSError, duckdb.IOException) as error:
        reason = str(error).splitlines()[0]
        raise Unwritable(f"无法写入数据仓库（磁盘已满或没有权限）：{reason}") from error


# ---------------------------------------------------------------- a .zip of CSV files


@dataclass(frozen=True)
class Wanted:
    """What an archive is unpacked for: files with a suffix, at most so many, and what they are."""

    suffix: str
    most: int
    words: str


CSV = Wanted(".csv", MOST_CSV_FILES, "每张工作表一个 CSV 文件，如 院校.csv、专业点.csv")


def unpack(file: Path, folder: Path, wanted: Wanted = CSV) -> None:
    """The files wanted of a .zip into a folder, one level deep; raises Unreadable before writing
    any when a name or a size is not what an honest archive has."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = _members(archive, wanted)
            folder.mkdir()
            for name, member in members.items():
                with archive.open(member) as source, (folder / name).open("xb") as target:
                    shutil.copyfileobj(source, target, MEGABYTE)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise Unreadable(f"“{file.name}”不是完好的 .zip，请重新压缩后上传") from error
    except OSError as error:
        raise Unreadable(f"“{file.name}”无法解压：{error.strerror or error}") from error


def _members(archive: zipfile.ZipFile, wanted: Wanted) -> dict[str, zipfile.ZipInfo]:
    """File name -> member, all checked."""
    found: dict[str, zipfile.ZipInfo] = {}
    size = 0
    if len(archive.infolist()) > 10 * wanted.most:
        raise Unreadable(f"压缩包中的文件过多，应为{wanted.words}")
    for each in archive.infolist():
        name = _readable(each)
        if _leads_elsewhere(name) or each.external_attr >> 28 == 0xA:
            raise Unreadable(f"压缩包中有不安全的文件名“{show(name)}”，没有解压")
        last = PurePosixPath(name).name
        if (
            each.is_dir()
            or "__MACOSX" in name
            or last.startswith(".")
            or PurePosixPath(last).suffix.lower() != wanted.suffix
        ):
            continue
        if each.flag_bits & 1:
            raise Unreadable("压缩包设有密码，请去掉密码后上传")
        if last.casefold() in map(str.casefold, found):
            raise Unreadable(f"压缩包中有两个名为“{show(last)}”的文件")
        size += each.file_size
        packed = max(each.compress_size, 1)
        if each.file_size > RATIO_MATTERS_FROM and each.file_size / packed > MOST_RATIO:
            raise Unreadable(f"压缩包中的“{show(last)}”压缩比异常，没有解压")
        found[last] = each
    if size > MOST_UNPACKED:
        raise Unreadable(f"压缩包解压后超过 {MOST_UNPACKED // MEGABYTE} MB，没有解压")
    if len(found) > wanted.most:
        raise Unreadable(f"压缩包中的文件过多，应为{wanted.words}")
    if not found:
        raise Unreadable(f"压缩包中没有 {wanted.suffix[1:].upper()} 文件：应为{wanted.words}")
    return found


def _readable(member: zipfile.ZipInfo) -> str:
    """The name; archives made by a Chinese Windows do not say how theirs are written."""
    if member.flag_bits & 0x800:
        return member.orig_filename
    raw = member.orig_filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.orig_filename


def _leads_elsewhere(name: str) -> bool:
    return (
        name.startswith("/")
        or "\\" in name
        or ":" in name
        or any(ord(letter) < 32 for letter in name)
        or ".." in PurePosixPath(name).parts
    )


# ---------------------------------------------------------------- faults marked in the workbook


def mark(source: Path, problems: Iterable[Problem], target: Path) -> None:
    """The workbook (or folder of CSV files) with every faulty cell red and with a comment."""
    from openpyxl import Workbook, load_workbook
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    red = PatternFill("solid", start_color="FFC7CE", end_color="FFC7CE")
    if source.is_dir():
        book = Workbook()
        book.remove(book.worksheets[0])
        for file in sorted(source.glob("*.csv")):
            _copy_text(book.create_sheet(file.stem[:31]), file)
    else:
        book = load_workbook(source)
    titles = {title.strip(): title for title in book.sheetnames}
    notes: dict[tuple[str, int, int], list[str]] = {}
    for each in problems:
        if each.sheet in titles:
            place = (titles[each.sheet], max(each.row, 1), max(each.column, 1))
            notes.setdefault(place, []).append(each.message)
    for (title, row, column), words in notes.items():
        cell = book[title].cell(row, column)
        cell.fill = red
        if hasattr(cell, "hyperlink"):
            cell.comment = Comment("\n".join(words)[:2000], "数据检查", width=320, height=90)
    book.save(target)


def _copy_text(sheet: Any, file: Path) -> None:
    """A CSV file's cells as text: never a formula."""
    import csv
    import io

    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    text = decode(file.name, file.read_bytes())
    for row, cells in enumerate(csv.reader(io.StringIO(text, newline="")), 1):
        for column, value in enumerate(cells, 1):
            if value:
                cell = sheet.cell(row, column)
                cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)[:32_767]
                cell.data_type = "s"


# ---------------------------------------------------------------- the process


def limit_memory(memory: int) -> None:
    """Let the system refuse more memory than that; Windows has no such limit."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def tell(share: float, words: str) -> None:
    """Report progress to ``supervised``."""
    print(json.dumps([share, words], ensure_ascii=False), flush=True)


def _work(file: Path, folder: Path, against: Path | None) -> None:
    result = folder / RESULT
    source = file
    try:
        if file.suffix.lower() == ".zip":
            source = folder / file.stem
            unpack(file, source)
        loaded = load_workbook(
            source, folder / DATABASE, lambda share, words: tell(share * 0.9, words)
        )
    except (Unreadable, Unwritable, PlanError) as error:
        _keep(result, Outcome(unreadable=str(error)))
        return
    except Rejected as error:
        # First what must not be lost should marking fail.
        _keep(result, Outcome(problems=error.errors))
        tell(0.95, "正在标注错误单元格")
        mark(source, error.errors, folder / MARKED)
        return
    tell(0.92, "正在与当前数据比较")
    found = difference.compare(against, folder / DATABASE)
    shifts = [shift(each) for each in found if each]
    _keep(result, Outcome("", [], loaded.warnings, loaded.rows, shifts))
    tell(1.0, "检查完毕")


def shift(found: difference.TableDifference) -> Shift:
    """A difference as text, cut to what can be looked at."""

    def rows(frame: Any) -> list[list[str]]:
        return [list(map(say, row)) for row in frame.head(MOST_SHOWN).itertuples(index=False)]

    changed = [
        [
            "，".join(say(value) for _, value in each.key),
            each.header,
            say(each.before),
            say(each.after),
        ]
        for each in found.changed[:MOST_SHOWN]
    ]
    counts = [len(found.added), len(found.removed), found.changed_rows, len(found.changed)]
    headers = [str(each) for each in found.added.columns]
    return Shift(
        found.sheet.title, headers, rows(found.added), rows(found.removed), changed, counts
    )


def say(value: Any) -> str:
    """A cell as text; an empty one as nothing."""
    if value is None or value != value:
        return ""
    return f"{value:g}" if isinstance(value, float) and abs(value) < 1e6 else str(value)


def _keep(path: Path, outcome: Outcome) -> None:
    kept = {
        "unreadable": outcome.unreadable,
        "problems": [astuple(each) for each in outcome.problems],
        "warnings": [astuple(each) for each in outcome.warnings],
        "rows": outcome.rows,
        "shifts": [vars(each) for each in outcome.shifts],
    }
    versions.replace_text(path, json.dumps(kept, ensure_ascii=False))


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = command.Parser("data.trial", "在文件夹中试载一个工作簿，不改变任何数据")
    parser.add_argument("file", type=Path, metavar="FILE", help="工作簿 .xlsx 或 CSV 的 .zip")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="放结果的文件夹")
    parser.add_argument("--against", type=Path, metavar="FILE", help="与这个数据库文件比较")
    parser.add_argument("--memory", type=int, default=MOST_MEMORY, help="内存上限（字节）")
    options = parser.parse_args(arguments)
    limit_memory(options.memory)
    try:
        _work(options.file, options.folder, options.against)
    except MemoryError:
        return 1
    return 0


if __name__ == "__main__":
    command.run(main)
