"""A city larger than the demonstration's, for measuring: its workbook with more institutions.

``python -m tests.benchmarks.city FILE.xlsx [INSTITUTIONS]`` writes it; 210 institutions are more
than 200 after those closed or outside the plan are taken away from the count in force.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from data.demo import build
from data.template import write_workbook

INSTITUTIONS = 220
ENTERPRISES = 2000
# The sheets in which an institution's copy stands too, and what identifies a row there.
COPIED = {
    "院校": ("院校代码", "院校名称"),
    "专业点": ("专业点编号", "院校代码"),
    "年度数据": ("专业点编号",),
    "办学条件": ("院校代码",),
    "主导产业": ("院校代码",),
    "校企合作": ("院校代码",),
}


def workbook(institutions: int = INSTITUTIONS) -> dict[str, pd.DataFrame]:
    """The demonstration's sheets with the smallest schools copied until there are that many."""
    frames = build()
    points = frames["专业点"]
    sizes = points["院校代码"].value_counts().sort_values(kind="stable")
    schools = [code for code in sizes.index if sizes[code] >= 5]
    missing = institutions - len(frames["院校"])
    chosen = set(schools[: max(missing, 0)])
    theirs = set(points.loc[points["院校代码"].isin(chosen), "专业点编号"])
    for title, names in COPIED.items():
        sheet = frames[title]
        key, known = ("专业点编号", theirs) if names[0] == "专业点编号" else ("院校代码", chosen)
        copies = sheet[sheet[key].isin(known)].copy()
        for name in names:
            copies[name] = copies[name].map(lambda each: f"{each}-2")
        frames[title] = pd.concat([sheet, copies], ignore_index=True)
    return with_enterprises(frames)


def with_enterprises(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The sheets with every enterprise and what it does copied until there are ENTERPRISES."""
    for turn in range(2, ENTERPRISES // len(frames["企业"]) + 1):
        for title, names in (("企业", ("企业编号", "企业名称")), ("校企合作", ("企业编号",))):
            sheet = frames[title]
            copies = sheet[~sheet["企业编号"].str.contains("-")].copy()
            for name in names:
                copies[name] = copies[name].map(lambda each, turn=turn: f"{each}-{turn}")
            frames[title] = pd.concat([sheet, copies], ignore_index=True)
    return frames


def main() -> None:
    """Write the workbook and say how large it is."""
    path = Path(sys.argv[1])
    frames = workbook(int(sys.argv[2]) if len(sys.argv) > 2 else INSTITUTIONS)
    write_workbook(frames, path)
    print(f"{len(frames['院校'])} institutions, {len(frames['专业点'])} points")


if __name__ == "__main__":
    main()
