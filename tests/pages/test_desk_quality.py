"""数据管理, 质量报告: the sections, no filters, the workbook, several versions, hardly any data."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from data import versions
from data.load import load_workbook
from pages.parts import desk_quality
from pages.parts.desk_quality import polyline
from pages.parts.view import View
from queries import quality
from queries.evaluate import Scope
from queries.run import open_current
from tests.data.small_book import spoilt, valid, write_xlsx
from tests.pages.conftest import Shown

PAGE = "desk.py"
PUBLIC = Path(__file__).parents[1] / "fixtures" / "public-2025"


def test_what_to_mend_and_every_section(show: Callable[..., Shown]) -> None:
    shown = show(PAGE, view="quality")
    text = shown.text("desk-quality")
    version = open_current()
    found = quality.report(version)
    assert quality.verdict(found) in text
    assert all(each.words in text for each in found.todo)
    for words in (
        "填写情况：22 张表有数据",
        "更新情况：没有久未更新的表",
        f"用不上的行：{found.unusable} 行",
        f"缺 {len(found.years.missing)} 个",
        f"离群值：{len(found.outliers)} 个数值",
        f"载入提醒：{version.connection.sql('from load_warnings').shape[0]} 条",
        "本系统默认，可调整",
        "演示数据",
        "页顶的筛选和日期在这里不起作用",
    ):
        assert words in text, words
    assert any(go.startswith("institution?id=") for go in shown.goes("desk-quality"))
    assert any(go.startswith("indicator?id=") for go in shown.goes("desk-quality"))
    assert "只有一个完好的版本" in shown.text("desk-quality-trend")


def test_filters_do_not_apply(show: Callable[..., Shown]) -> None:
    whole = show(PAGE, view="quality")
    part = show(PAGE, view="quality", level="中职", as_of="2024-06-30")
    assert part.html("desk-quality") == whole.html("desk-quality")
    assert part.html("desk-quality-trend") == whole.html("desk-quality-trend")


def test_the_workbook_holds_every_list_whole(demo_warehouse: Path, show: object) -> None:
    version = open_current()
    found = quality.report(version)
    view = View(version, version.as_of, Scope())
    content = desk_quality.workbook(view)
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    rows = {sheet.title: list(sheet.values) for sheet in book}
    assert all(view.source in str(sheet[1][0]) for sheet in rows.values())
    assert all("演示数据" in str(sheet[0][0]) for sheet in rows.values())
    assert len(rows["离群值"]) - 4 == len(found.outliers)
    assert len(rows["载入提醒"]) - 4 == sum(len(each.cells) for each in found.remarks)
    assert len(rows["年度数据缺年"]) - 4 == len(found.years.missing)
    assert len(rows["办学条件缺年"]) - 4 == len(found.condition_years.missing)
    assert len(rows["用不上的行"]) - 4 == len(quality.unusable_rows(found.uses))
    assert len(rows["填写情况"]) - 4 == sum(len(each.columns) for each in found.sheets)
    assert len(rows["院校位置"]) - 4 == len(found.places)


@pytest.fixture
def own(tmp_path: Path, show: object, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A warehouse of the test's own, empty."""
    del show
    monkeypatch.setenv("WAREHOUSE_DIR", str(tmp_path / "data"))
    return tmp_path


def test_text_is_text_and_versions_are_compared(own: Path, show: Callable[..., Shown]) -> None:
    hostile = {"院校!B4": "<b>校{x}", "院校!G4": None, "院校!B5": "{{ 7 * 7 }} 校"}
    load_workbook(write_xlsx(valid(), own / "一.xlsx"))
    damaged = load_workbook(write_xlsx(valid(), own / "二.xlsx")).version.path
    load_workbook(write_xlsx(spoilt(valid(), hostile), own / "<i>三.xlsx"))
    damaged.chmod(0o644)
    damaged.write_bytes(damaged.read_bytes()[:-4096])
    shown = show(PAGE, view="quality")
    assert "<b>校{x}" in shown.text("desk-quality")
    assert "{{ 7 * 7 }} 校" in shown.text("desk-quality")
    assert "<b>校" not in shown.html("desk-quality")
    trend = shown.text("desk-quality-trend")
    assert "最近 2 个版本" in trend
    assert "<i>三.xlsx" in trend
    assert "二.xlsx" not in trend
    assert "● 正在看" in trend


def test_a_version_is_looked_at_once(
    own: Path, show: Callable[..., Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_workbook(write_xlsx(valid(), own / "一.xlsx")).version
    with versions.locked():
        shutil.copyfile(first.path, versions.draft_path())
        versions.draft_path().chmod(0o644)
        versions.seal(versions.draft_path())
    looked: list[str] = []
    real = quality.glance

    def glance(path: Path, plan: object) -> quality.Glance:
        looked.append(path.stem)
        return real(path, plan)  # type: ignore[arg-type]

    monkeypatch.setattr(quality, "glance", glance)
    assert "最近 2 个版本" in show(PAGE, view="quality").text("desk-quality-trend")
    show(PAGE, view="quality")
    assert sorted(looked) == sorted(each.stem for each in versions.files())


def test_hardly_any_data(own: Path, show: Callable[..., Shown]) -> None:
    load_workbook(PUBLIC)
    shown = show(PAGE, view="quality")
    text = shown.text("desk-quality")
    assert "张为空" in text
    assert "无数据" in text
    assert "填报后可得：" in text
    assert "“年度数据”缺年：无数据" in text
    assert not re.search(r"(?<![\d.])0(\.0)?%", text)
    assert "样例数据" in text


def test_a_small_line() -> None:
    assert polyline([1, None, 3], 100, 10) == "0.0,10.0 100.0,0.0"
    assert polyline([2, 2], 100, 10) == "0.0,5.0 100.0,5.0"
    assert polyline([None]) == ""
