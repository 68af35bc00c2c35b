"""Hostile cells: refused in plain words, or kept as the text they are; nothing is run or lost."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from data.load import Rejected, load_workbook
from tests.data.small_book import errors, spoilt, valid, write_folder

TEXTS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "**粗体** [链接](javascript:alert(1)) $x^2$ :red[红]",
    "=HYPERLINK(1)",
    "x'; drop table institutions; --",
    "{{ 7 * 7 }}{% raw %}",
]


@pytest.mark.parametrize("text", TEXTS)
def test_text_is_kept_as_text(text: str, tmp_path: Path) -> None:
    book = write_folder(spoilt(valid(), {"企业!B2": text}), tmp_path / "book")
    load_workbook(book, tmp_path / "a.duckdb")
    with closing(duckdb.connect(str(tmp_path / "a.duckdb"), read_only=True)) as connection:
        assert (text,) in connection.execute("select name from enterprises").fetchall()


@pytest.mark.parametrize("year", [0, 9999, -1, "inf", "nan", "1e400"])
def test_years_that_cannot_be(year: object, tmp_path: Path) -> None:
    found = errors(write_folder(spoilt(valid(), {"年度数据!B2": year}), tmp_path / "book"))
    assert found[0].startswith("年度数据!B2：年度")
    assert "应为 2000—2100 的整数年份" in found[0]


def test_a_cell_of_a_megabyte_is_named_on_a_short_line(tmp_path: Path) -> None:
    book = write_folder(spoilt(valid(), {"院校!D2": "长" * 350_000}), tmp_path / "book")
    with pytest.raises(Rejected) as caught:
        load_workbook(book, tmp_path / "a.duckdb")
    assert max(map(len, caught.value.lines)) < 300
    assert not (tmp_path / "a.duckdb").exists()
