"""监测预警 on workbooks of a few points: closed, of one year, graded twice, without any figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from html import escape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.load import load_workbook
from queries import early_warning as warning
from queries.run import open_current
from tests.data.small_book import SmallBook, minimal, valid, write_xlsx
from tests.pages.conftest import ENTRY, Shown

# 计划, 报考, 录取, 报到, 在校生, 毕业生, 就业, 升学, 对口, 满意度
GOOD = (60, 90, 60, 58, 170, 50, 30, 15, 25, 88.5)
BAD = (60, 10, 10, 10, 30, 50, 10, 5, 2, 50.0)


def book(*years: tuple[str, int, tuple[float, ...]]) -> SmallBook:
    """The valid workbook with these rows of 年度数据; P2 is closed in 2025."""
    found = valid()
    found["年度数据"] = [found["年度数据"][0], *([point, y, *row] for point, y, row in years)]
    found["专业点"][2][-2:] = [date(2025, 1, 1), date(2025, 3, 1)]
    return found


@pytest.fixture
def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Shown]:
    """The page on a workbook of one's own."""
    monkeypatch.setenv("WAREHOUSE_DIR", str(tmp_path / "warehouse"))

    def run(given: SmallBook, **address: str) -> Shown:
        if not (tmp_path / "warehouse").exists():
            load_workbook(write_xlsx(given, tmp_path / "book.xlsx"))
        app = AppTest.from_file(str(ENTRY), default_timeout=60)
        app.switch_page("warning.py")
        for name, value in address.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, [each.value for each in app.exception]
        return Shown(app)

    return run


def test_a_closed_point_and_one_of_a_single_year(look: Callable[..., Shown]) -> None:
    given = book(("P1", 2024, BAD), ("P2", 2023, BAD), ("P2", 2024, BAD), ("P3", 2024, GOOD))
    text = look(given).text("warning-head")
    # P2 is closed: its two red years count for nobody now. P1 has one red year, so it is reduced.
    assert "2024 年在办的 2 个专业点中" in text
    assert "红 1 " in text
    assert "连续 2 年红 0" in text
    assert "压缩 1 " in text
    closed = look(given, show="list", state="已撤销", grade="all").text("warning-list")
    assert "P2" in closed or "510202" in closed
    found = warning.judged(open_current()).set_index(["point_id", "year"])
    assert found.loc[("P2", 2024), "red_years"] == 2
    assert found.loc[("P1", 2024), "red_years"] == 1
    assert found.loc[("P1", 2024), "action"] == warning.REDUCE


def test_two_evaluations_of_a_year_are_one_row_with_the_worst(look: Callable[..., Shown]) -> None:
    given = book(("P1", 2023, BAD), ("P1", 2024, BAD), ("P3", 2024, GOOD))
    given["专业评估"] += [["P1", 2024, "不合格", 40], ["P1", 2024, "优秀", 95]]
    text = look(given, show="evaluations").text("warning-evaluations")
    found = warning.judged(open_current())
    assert len(found) == 3
    assert list(found.loc[found["point_id"] == "P1", "evaluation"])[-1] == "不合格"
    assert "合计" in text
    assert found.loc[found["point_id"] == "P1", "action"].iloc[-1] == warning.CLOSE


@pytest.mark.parametrize("section", ["heat", "list", "changes", "effects", "enrolment"])
def test_without_figures_the_page_names_the_sheet(look: Callable[..., Shown], section: str) -> None:
    shown = look(minimal(), show=section)
    assert "“年度数据”" in shown.text("warning-empty")


def test_names_in_the_heat_table_are_text(look: Callable[..., Shown]) -> None:
    given = book(("P1", 2024, BAD), ("P3", 2024, GOOD))
    given["院校"][1][1] = hostile = "<b>示例</b>&"
    given["认定"] = given["认定"][:1]
    markup = look(given).html("warning-heat")
    assert "<b>" not in markup
    assert f"<title>{escape(hostile)}" in markup
    # Two classes, each with one institution: two cells.
    assert markup.count('class="bg"') == 2
