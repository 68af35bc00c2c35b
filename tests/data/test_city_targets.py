"""A target allocated to the city below the indicator's value at issue is remarked at the load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from data.load import load_workbook
from tests.data.small_book import D, spoilt, valid, write_xlsx

# P3 is 特色 since 2018: the indicator stood at 1 when the plan was issued.
LOW = ("points_distinctive", D("2024-12-31"), "全市", None, 0)
# Of four points (P4 is a technician institution's) one, P2, is in a named industry.
SHARE = ("industry_share", D("2024-12-31"), "全市", None, 1)


def edits(*cells: Any) -> dict[str, Any]:
    return {f"目标分解!{letter}2": value for letter, value in zip("ABCDE", cells, strict=True)}


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (LOW, "目标值“0”低于该指标印发日 2023-10-19 的基期值 1，"),
        (SHARE, "目标值“1”低于该指标印发日 2023-10-19 的基期值 25，"),
        ((*LOW[:4], 1), ""),
        ((LOW[0], D("2023-10-19"), *LOW[2:]), ""),
        ((LOW[0], D("2025-12-31"), *LOW[2:]), ""),
        ((*LOW[:2], "院校", "S2", 0), ""),
    ],
    ids=["a count", "a share", "at the baseline", "at issue", "at the deadline", "a school's"],
)
def test_below_the_baseline(cells: tuple[Any, ...], said: str, tmp_path: Path) -> None:
    other = dict.fromkeys(("专业点!J2", "专业点!J4", "专业点!J6"), "现代物流")
    file = write_xlsx(spoilt(valid(), edits(*cells) | other), tmp_path / "book.xlsx")
    found = load_workbook(file, tmp_path / "data.duckdb")
    lines = [each.line for each in found.warnings if "基期值" in each.line]
    assert len(lines) == bool(said)
    assert all(line.startswith(f"目标分解!E2：{said}") for line in lines)
    with duckdb.connect(str(tmp_path / "data.duckdb"), read_only=True) as connection:
        stored = connection.execute("select sheet, cell from load_warnings").fetchall()
        assert connection.execute("select value from meta where key = 'warnings'").fetchall() == [
            (str(len(found.warnings)),)
        ]
    assert stored == [(each.sheet, each.cell) for each in found.warnings]
