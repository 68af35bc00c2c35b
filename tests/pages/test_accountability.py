"""责任督导: the matrix, a cell, a department's brief, and the papers to send."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx
import pytest
from openpyxl import load_workbook as read_workbook

from data.load import load_workbook
from pages.briefing import duties as papers
from pages.parts import accountability as page
from pages.parts.menu import FILES
from pages.parts.view import View
from queries import accountability
from queries.deliverables import progress
from queries.evaluate import Scope, evaluate
from queries.run import OpenVersion, open_current
from tests.pages.conftest import Shown

PUBLIC = Path(__file__).resolve().parents[1] / "fixtures" / "public-2025"
PAGE, KEY = "accountability.py", "accountability"


@pytest.fixture
def version(demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> OpenVersion:
    monkeypatch.setenv("WAREHOUSE_DIR", str(demo_warehouse))
    return open_current()


@pytest.fixture
def view(version: OpenVersion) -> View:
    return View(version, version.as_of, Scope())


@pytest.fixture
def duties(version: OpenVersion) -> accountability.Duties:
    day = version.as_of
    return accountability.duties(version, day, evaluate(version), progress(version, day))


def words(content: bytes) -> str:
    """Everything a document says."""
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for t in document.tables for row in t.rows for cell in row.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


def test_every_cell_says_its_status_in_words(
    show: Callable[..., Shown], duties: accountability.Duties
) -> None:
    markup = show(PAGE).html(KEY)
    rows = accountability.matrix(duties)
    assert markup.count('aria-label="市') >= sum(len(c) for n, c in rows.items() if n[0] == "市")
    for name, cells in rows.items():
        for column, cell in cells.items():
            section = duties.plan.section(column)
            place = section.title if section else "目标、总述等条目"
            _, word, count = cell.worst
            role = "第一责任" if cell.leads else "配合"
            if cell.total:
                said = f'"{name} {place}：{role}，{word} {count} 项，共 {cell.total} 项"'
                assert said in markup


@pytest.mark.parametrize("who", ["市教育局", "市科技局"])
def test_a_cell_opens_what_is_behind_it(
    show: Callable[..., Shown], duties: accountability.Duties, who: str
) -> None:
    for task, cell in list(accountability.matrix(duties)[who].items())[:3]:
        text = show(PAGE, who=who, task=task).text(KEY)
        assert f"指标滞后 {cell.behind} 项，逾期 {cell.late} 项" in text
        for result in cell.results:
            assert result.indicator.name in text
        for paper in cell.rectifications:
            assert paper.problem in text
        for decision in cell.decisions:
            assert decision.text in text


def test_the_page_says_what_is_overdue(
    show: Callable[..., Shown], duties: accountability.Duties
) -> None:
    text = show(PAGE).text(KEY)
    late = sum(p.overdue for p in duties.promises)
    problems = sum(r.state(duties.day) == accountability.OVERDUE for r in duties.rectifications)
    undone = sum(d.state(duties.day) == accountability.OVERDUE for d in duties.decisions)
    assert f"逾期：任务事项 {late} 项、整改 {problems} 项、议定事项 {undone} 项" in text
    done = sum(d.closed_on is not None for d in duties.decisions)
    assert f"{done} / {len(duties.decisions)}" in text
    assert "无数据" not in text.split("责任单位")[0]
    for decision in duties.decisions:
        assert decision.text in text


def test_places_lead_on_and_unknown_ones_do_no_harm(show: Callable[..., Shown]) -> None:
    for place in show(PAGE, who="没有", task="9.9").goes(KEY):
        assert place.partition("?")[0] in FILES or place.startswith("?")
    assert "没有这个责任单位" in show(PAGE, department="<b>x</b>").text(KEY)


def test_a_department_has_a_brief(
    show: Callable[..., Shown], duties: accountability.Duties
) -> None:
    own = duties.of("市财政局").open_()
    text = show(PAGE, department="市财政局").text(KEY)
    for words_ in (
        f"负责的指标（{len(own.results)} 项）",
        f"负责的任务事项（{len(own.promises)} 项）",
        f"未完成的整改（{len(own.rectifications)} 项）",
        f"未办结的议定事项（{len(own.decisions)} 项）",
    ):
        assert words_ in text


def test_filters_leave_the_citys_promises_alone(show: Callable[..., Shown]) -> None:
    whole, part = show(PAGE).text(KEY), show(PAGE, level="高职").text(KEY)
    assert "不随筛选变化" in part
    assert "不随筛选变化" not in whole
    assert whole.split("项任务事项：")[1][:20] == part.split("项任务事项：")[1][:20]


def test_empty_sheets_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, show: Callable[..., Shown]
) -> None:
    monkeypatch.setenv("WAREHOUSE_DIR", str(tmp_path))
    load_workbook(PUBLIC)
    text = show(PAGE).text(KEY)
    for sheet in ("任务进展", "督导整改", "联席会议"):
        assert sheet in text
    assert "整改：无数据" in text
    assert "议定事项：无数据" in text
    assert "没有经批准的阶段性目标" in text
    assert "任务事项、整改、议定事项无数据" in text


def test_a_letter_lists_what_presses(view: View, duties: accountability.Duties) -> None:
    owed = duties.of("市教育局").pressing()
    text = words(papers.letter(view, duties, "市教育局"))
    for result in owed.results:
        assert result.indicator.name in text
    for each in owed.rectifications:
        assert each.problem in text
    calm = replace(duties, results=(), promises=(), rectifications=(), decisions=())
    assert "没有进度滞后" in words(papers.letter(view, calm, "市教育局"))


def test_letters_come_all_at_once(view: View, duties: accountability.Duties) -> None:
    found = page.letters(view, "单位提醒函")
    with zipfile.ZipFile(io.BytesIO(papers.packed(found))) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == sum(
            not duties.of(name).pressing().empty for name in duties.departments
        )
    school = page.letters(view, "目标责任表", "示例第一职业技术大学")
    assert len(school) == 1
    assert "目标责任表" in words(school[0][1])


def test_names_in_an_archive_are_safe_and_apart() -> None:
    packed = papers.packed([("a/b:c", b"1"), ("a\\b*c", b"2"), ("😀=<x>", b"3")])
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.namelist() == ["a_b_c.docx", "a_b_c_2.docx", "😀=_x.docx"]


def test_the_task_table_is_the_same_in_both_files(
    view: View, duties: accountability.Duties
) -> None:
    rows = papers.task_rows(duties)
    names = [row[1].split("：")[0] for row in rows]
    assert {i.name for i in view.version.plan.indicators} <= set(names)
    assert {d.name for d in view.version.plan.deliverables} <= set(names)
    document = docx.Document(io.BytesIO(papers.task_table(view, duties)))
    assert [c.text for c in document.tables[0].rows[0].cells] == list(papers.TASK_HEADERS)
    assert len(document.tables[0].rows) == len(rows) + 1
    sheet = read_workbook(io.BytesIO(page.task_workbook(view))).active
    assert sheet is not None
    assert sheet.max_row == len(rows) + 4


def test_hostile_text_and_a_successor_reach_the_paper(
    view: View, duties: accountability.Duties
) -> None:
    first = duties.decisions[0]
    nasty = '=1+1<b>"😀\x07' + "名" * 60
    changed = replace(first, text=nasty, department="市教育局", due_on=view.as_of, closed_on=None)
    plan: Any = duties.plan
    renamed = type(plan)(
        **{
            field: getattr(plan, field)
            for field in plan.__struct_fields__
            if field != "departments"
        },
        departments=tuple(
            type(d)(name=d.name, successor="新局" if d.name == "市教育局" else "", note=d.note)
            for d in plan.departments
        ),
    )
    text = words(
        papers.letter(view, replace(duties, plan=renamed, decisions=(changed,)), "市教育局")
    )
    assert nasty.replace("\x07", " ") in text
    assert "市教育局（现新局）：" in text
