"""How long a large workbook takes to load, and how much memory: seconds and peak megabytes.

``python tests/benchmarks/large_load.py [POINT_YEARS]`` writes a workbook of that many rows of
年度数据 (200,000 by default) and the points they belong to, and loads it with the command.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import pandas as pd
import psutil

from data import reference
from data.template import write_workbook

YEARS = range(2016, 2026)
SCHOOLS = 160


def workbook(point_years: int, seed: int = 1) -> dict[str, pd.DataFrame]:
    """Sheets with that many point-years over ten years, at 160 institutions."""
    chance = random.Random(seed)
    districts = list(reference.districts()["name"])
    catalogue = {
        level: list(group["code"]) for level, group in reference.specialties().groupby("level")
    }
    levels = {f"{1000 + i}": ("中职" if i % 3 else "高职") for i in range(SCHOOLS)}
    schools = pd.DataFrame(
        {
            "院校代码": list(levels),
            "院校名称": [f"示例第{i}学校" for i in range(SCHOOLS)],
            "层次": list(levels.values()),
            "主管": "市属",
            "区县": [chance.choice(districts) for _ in levels],
        },
        dtype=object,
    )
    points: list[tuple[str, str, str, str]] = []
    place = 0
    while len(points) < point_years // len(YEARS):
        for school, level in levels.items():
            codes = catalogue[level]
            if place < len(codes):
                points.append((f"{school}-{codes[place]}", school, codes[place], level))
        place += 1
    points = points[: point_years // len(YEARS)]
    headers = ["专业点编号", "院校代码", "专业代码", "层次"]
    sheet = pd.DataFrame(points, columns=headers, dtype=object)
    sheet["类别"] = [chance.choice(["新兴", "传统优势", None]) for _ in points]
    sheet["设置日期"] = [date(chance.randint(2000, 2015), 9, 1) for _ in points]
    rows = []
    for name, *_ in points:
        for year in YEARS:
            planned = chance.randint(30, 80)
            graduates = chance.randint(20, 80)
            employed = chance.randint(0, graduates)
            rows.append(
                {
                    "专业点编号": name,
                    "年度": year,
                    "招生计划": planned,
                    "报考人数": chance.randint(20, 120),
                    "录取人数": planned,
                    "报到人数": planned - chance.randint(0, 10),
                    "在校生": 3 * planned,
                    "毕业生": graduates,
                    "就业人数": employed,
                    "升学人数": graduates - employed,
                    "对口就业人数": employed // 2,
                    "满意度": round(chance.uniform(60, 100), 1),
                }
            )
    dataset = pd.DataFrame(
        {
            "项": ["数据集名称", "数据截止日", "数据性质"],
            "值": ["大数据量测试", "2025-09-30", "演示"],
        },
        dtype=object,
    )
    return {"院校": schools, "专业点": sheet, "年度数据": pd.DataFrame(rows), "说明": dataset}


def measure(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """(seconds, peak megabytes) of a command that must succeed."""
    start = time.perf_counter()
    process = subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.DEVNULL)
    peak = 0
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            peak = max(peak, watched.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(0.02)
    if process.wait():
        raise SystemExit(f"{' '.join(command)}: {process.returncode}")
    return time.perf_counter() - start, peak / 1e6


def main() -> None:
    point_years = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        frames = workbook(point_years)
        write_workbook(frames, folder / "large.xlsx")
        (folder / "csv").mkdir()
        for title, frame in frames.items():
            frame.to_csv(folder / "csv" / f"{title}.csv", index=False)
        for source in ("large.xlsx", "csv"):
            seconds, peak = measure(
                [sys.executable, "-m", "data.load", str(folder / source)],
                {"WAREHOUSE_DIR": str(folder / "warehouse")},
            )
            files = list((folder / "warehouse" / "versions").glob("*.duckdb"))
            size = max(each.stat().st_size for each in files) / 1e6
            print(
                f"{source}: {point_years:,} point-years in {seconds:.1f} s, "
                f"peak {peak:.0f} MB, version {size:.0f} MB"
            )


if __name__ == "__main__":
    main()
