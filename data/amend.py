"""Makes a new version out of the current one with some of its rows changed, through every check.

The one way to edit without a workbook: the forms on the pages and the returned workbooks of single
institutions hand over whole sheets, the rest comes out of the database, and what results is tried
out as an upload is (``data.trial``). ``data.trial.adopt`` then publishes it, or raises Moved.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd

from data import export, trial
from data.contract import BY_TITLE
from data.trial import Outcome
from data.workbook import Problem, Progress, silent

# What taking out the sheets is of the whole.
OUTPUT_SHARE = 0.05
# Another row, as a message names it.
_ROW = re.compile(r"第 \d+ 行")
# What no file may be called, as the same in full width: a name may hold what people typed.
_FULL_WIDTH = str.maketrans('/\\:*?"<>|', "／＼：＊？＂＜＞｜")


def amend(
    base: Path,
    replaced: Mapping[str, pd.DataFrame],
    folder: Path,
    name: str,
    progress: Progress | None = None,
) -> Outcome:
    """Try out ``base`` with some sheets replaced, in ``folder`` alone (``trial.DATABASE`` there).

    replaced: sheet title -> all rows it is to have, with the contract's headers; cells as
    ``data.export.frames`` gives them, or text as typed. Row numbers of the problems found in a
    replaced sheet are its places + 2; of the warnings only those that ``base`` does not have.
    name: where the version says it comes from, such as ``表单修改：督导整改``. Raises
    data.versions' DamagedVersion or OldSchema, trial.Overrun.
    """
    note = progress or silent
    note(0.0, "正在取出当前数据")
    sheets = export.frames(base) | dict(replaced)
    # The reader names a folder of CSV files, and so the version, by the archive it came in.
    file = folder / f"{name[: trial.LONGEST_NAME].translate(_FULL_WIDTH)}.zip"
    write_sheets(sheets, file)

    def later(share: float, words: str) -> None:
        note(OUTPUT_SHARE + share * (1 - OUTPUT_SHARE), words)

    outcome = trial.try_out(
        file, folder, base, later, seconds=trial.MOST_SECONDS, memory=trial.MOST_MEMORY
    )
    touched = [each.sheet for each in outcome.shifts if each.sheet not in replaced]
    if touched:
        return Outcome(
            f"“{'”“'.join(touched)}”表没有修改，却与当前数据不同，没有继续；"
            "请到数据管理页用工作簿修改，并告知系统管理员"
        )
    return replace(outcome, warnings=brought(outcome.warnings, _warnings(base)))


def brought(found: list[Problem], before: list[tuple[str, str]]) -> list[Problem]:
    """The warnings beyond those there were before, as (sheet, message): each counts as often as it
    was given, wherever its row has moved to."""
    left = Counter((sheet, _ROW.sub("", message)) for sheet, message in before)
    new = []
    for each in found:
        known = (each.sheet, _ROW.sub("", each.message))
        if left[known]:
            left[known] -= 1
        else:
            new.append(each)
    return new


def _warnings(base: Path) -> list[tuple[str, str]]:
    with closing(duckdb.connect(str(base), read_only=True)) as connection:
        return connection.execute("select sheet, message from load_warnings").fetchall()


def write_sheets(sheets: Mapping[str, pd.DataFrame], file: Path) -> None:
    """Write frames as an archive of CSV files that reads back to the same cells.

    Raises ValueError for a sheet or a header that is not the contract's, OSError.
    """
    # Stored as it is: packing would take longer than all the rest.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for title, frame in sheets.items():
            headers = list(BY_TITLE[title].by_header) if title in BY_TITLE else []
            if list(frame.columns) != headers:
                raise ValueError(f"not the sheet “{title}” of the contract: {list(frame.columns)}")
            text = io.StringIO(newline="")
            writer = csv.writer(text)
            writer.writerow(headers)
            cells = frame.astype(object).where(frame.notna(), None)
            writer.writerows(cells.itertuples(index=False, name=None))
            archive.writestr(f"{title}.csv", text.getvalue().encode("utf-8"))
