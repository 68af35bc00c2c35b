"""Writes one workbook for each institution, filled with its own rows, into one .zip.

``python -m data.school_forms ORDER.json FILE.zip`` does it in a process of its own, so that the app
keeps serving; ``make`` runs that. The 说明 sheet says which round and institution a workbook is
for, so that it is known again whatever its file is called.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from data import command, export, scratch, versions
from data.contract import (
    BASE_ITEM,
    BY_TITLE,
    CODE_ITEM,
    DATASET_ITEMS,
    NAME_ITEM,
    ROUND_ITEM,
    ROUND_NAME_ITEM,
)
from data.plan import PlanError, load_plan
from data.school_books import LIST_SHEETS, LISTED, OWN_SHEETS, City, city
from data.template import Form, write_workbook
from data.trial import Overrun, supervised, tell
from data.workbook import Progress, silent

# A workbook takes a twentieth of a second; a thousand of them on a slow machine.
MOST_SECONDS = 600.0
LONGEST_NAME = 80
DATASET = BY_TITLE["说明"]
ORDER = "order.json"


@dataclass(frozen=True)
class Order:
    """What workbooks are made for. base: the id of the version they are filled from."""

    number: int
    name: str
    base: str
    due_on: date
    institutions: tuple[str, ...]


def make(order: Order, database: Path, file: Path, progress: Progress | None = None) -> None:
    """Write the .zip, in another process; it appears whole or not at all.

    database: the version's file. Raises data.trial.Overrun, whose message says what went wrong.
    """
    with scratch.folder("forms-") as folder:
        written = Path(folder) / ORDER
        asked = vars(order) | {"due_on": order.due_on.isoformat(), "database": str(database)}
        written.write_text(json.dumps(asked, ensure_ascii=False), encoding="utf-8")
        file.parent.mkdir(parents=True, exist_ok=True)
        call = ["-m", "data.school_forms", str(written), str(file)]
        said = supervised(call, Path(folder), progress or silent, MOST_SECONDS)
        if said:
            raise Overrun(f"填报表没有生成：{said}")


def write(order: Order, database: Path, file: Path, progress: Progress | None = None) -> list[str]:
    """Write the .zip; its file names in the order of the institutions. Raises OSError and as
    ``data.export.frames``."""
    note = progress or silent
    note(0.0, "正在取出数据")
    found = city(export.frames(database))
    plan = load_plan()
    names = file_names({code: found.name(code) for code in order.institutions})
    prefix = f".{file.name}."
    for left in file.parent.glob(f"{prefix}*"):
        with versions.folder_lock(left) as free:
            if free:
                versions.remove(left)
    with (
        tempfile.TemporaryDirectory(prefix=prefix, dir=file.parent) as folder,
        versions.folder_lock(Path(folder)),
    ):
        draft, book = Path(folder) / file.name, Path(folder) / "book.xlsx"
        # Workbooks are packed already.
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as archive:
            for place, code in enumerate(order.institutions):
                note(place / len(order.institutions), f"正在生成 {names[code]}")
                write_workbook(frames(order, found, code), book, plan, form(order, found, code))
                archive.write(book, names[code])
        versions.sync_file(draft)
        draft.replace(file)
    note(1.0, "生成完毕")
    return list(names.values())


def frames(order: Order, found: City, code: str) -> dict[str, pd.DataFrame]:
    """Sheet title -> what stands in an institution's workbook."""
    given = found.own(code)
    for sheet in LIST_SHEETS:
        headers = [sheet.by_name[name].header for name in LISTED[sheet.table]]
        given[sheet.title] = found.frames[sheet.title][headers]
    stamp = {
        ROUND_NAME_ITEM: order.name,
        ROUND_ITEM: str(order.number),
        CODE_ITEM: code,
        NAME_ITEM: found.name(code),
        BASE_ITEM: order.base,
        "返回期限": order.due_on.isoformat(),
    }
    dataset = found.frames[DATASET.title]
    items = dict(zip(dataset["项"], dataset["值"], strict=True))
    needed = {item: items.get(item) for item, required in DATASET_ITEMS if required}
    given[DATASET.title] = pd.DataFrame(
        list((stamp | needed).items()), columns=["项", "值"], dtype=object
    )
    return given


def form(order: Order, found: City, code: str) -> Form:
    """The workbook of one institution: its sheets, and the rules for filling them in."""
    lists = "、".join(sheet.title for sheet in LIST_SHEETS)
    return Form(
        (*OWN_SHEETS, *LIST_SHEETS, DATASET),
        frozenset({DATASET.title, *(sheet.title for sheet in LIST_SHEETS)}),
        f"{found.name(code)}（{code}） · {order.name}",
        (
            f"本表只填 {found.name(code)} 自己的数据，已填入系统现有内容：请核对、修改、增补，"
            f"于 {order.due_on} 前返回。文件可以改名。",
            "返回后各工作表以本表为准，整表替换本校原有的行：已有的行请勿删去，终止的填撤销或"
            "终止日期；确需删除的可以删去，并入前会逐行列出。",
            f"“{DATASET.title}”用于识别轮次和院校，“{lists}”供查编号，都不能修改；"
            "缺少的企业请先报市级增补。",
            "新增的专业点、专业群、载体、项目等编号不得与其他院校重复，建议以院校代码开头。",
            "请勿改动工作表名称和列名；深色表头的列为必填。",
            "日期填 YYYY-MM-DD 或 Excel 日期；截止、撤销一类日期空着表示至今有效。",
            "百分数填 0—100 的数，不填小数；金额单位为万元；不掌握的数留空，不要填 0。",
            "代码列已设为文本格式，粘贴时请选“只保留文本”，以免前面的 0 丢失。",
        ),
    )


def file_names(names: Mapping[str, str]) -> dict[str, str]:
    """``代码_名称.xlsx`` for each code: no sign that any system forbids, no two that differ in
    case alone."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for code, name in names.items():
        stem = plain_name(f"{code}_{name}")
        chosen, turn = f"{stem}.xlsx", 1
        while chosen.casefold() in taken:
            turn += 1
            chosen = f"{stem}_{turn}.xlsx"
        taken.add(chosen.casefold())
        found[code] = chosen
    return found


def plain_name(text: str) -> str:
    """A text as the stem of a file's name."""
    plain = re.sub(r"[^\w（）()《》【】\-. ]", "_", text)[:LONGEST_NAME].strip(". ")
    return plain or "_"


def taken_out(file: Path, name: str) -> bytes:
    """One workbook of a .zip that ``write`` made. Raises OSError, KeyError, BadZipFile."""
    with zipfile.ZipFile(file) as archive:
        return archive.read(name)


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = command.Parser("data.school_forms", "按院校拆分数据，写出一校一表的填报表 .zip")
    parser.add_argument("order", type=Path, metavar="ORDER.json", help="轮次、版本和院校")
    parser.add_argument("file", type=Path, metavar="FILE.zip", help="写到哪里")
    options = parser.parse_args(arguments)
    try:
        asked = json.loads(options.order.read_text("utf-8"))
        database = Path(asked.pop("database"))
        order = Order(
            **asked
            | {
                "due_on": date.fromisoformat(asked["due_on"]),
                "institutions": tuple(asked["institutions"]),
            }
        )
        write(order, database, options.file, tell)
    except (versions.NoVersion, versions.DamagedVersion, versions.OldSchema, PlanError) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"无法读写 {error.filename}：{error.strerror or error}", file=sys.stderr)
        return 2
    except (ValueError, KeyError, TypeError):
        print(f"无法读懂 {options.order}：应由数据管理页写出", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    command.run(main)
