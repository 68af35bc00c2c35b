"""数据管理, 数据版本: noted on, pinned, pruned, compared whole; who looks at what went is told."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import openpyxl
import pytest
import streamlit as st

from data import difference, notes, retention, versions
from data.load import load_workbook
from data.plan import load_plan
from pages.parts import desk_difference, sign_on
from tests.data.small_book import spoilt, valid, write_folder
from tests.pages.conftest import Shown
from tests.pages.test_desk import press

PAGE = "desk.py"
RENAMED = "<i>新名"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with three versions, of which the newest has 300 institutions more."""
    folder = tmp_path_factory.mktemp("made")
    renamed = spoilt(valid(), {"院校!B2": RENAMED})
    larger = spoilt(valid(), {"院校!B2": RENAMED})
    larger["院校"] += [[f"X{n}", f"学校{n}", "中职", *larger["院校"][2][3:]] for n in range(300)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(versions.WAREHOUSE_DIR, str(folder / "data"))
        for name, book in (("a", valid()), ("b", renamed), ("c", larger)):
            load_workbook(write_folder(book, folder / name))
    return folder / "data"


@pytest.fixture
def three(made: Path, tmp_path: Path, show: object, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A copy of it; the ids, newest first."""
    del show
    monkeypatch.setenv("WAREHOUSE_DIR", str(shutil.copytree(made, tmp_path / "data")))
    return [path.stem for path in versions.files()]


def test_noted_pinned_and_pruned(three: list[str], show: Callable[..., Shown]) -> None:
    newest, middle, oldest = three
    shown = show(PAGE, view="versions")
    shown.app.selectbox(key="desk-marked-version").set_value(oldest).run()
    shown.app.text_input(key=f"desk-version-note-{oldest}").set_value("<b>上会用").run()
    press(shown, "desk-note-save")
    assert "<b>上会用" in shown.text("desk-versions")
    assert "<b>上会用" not in shown.html("desk-versions")
    shown.app.selectbox(key="desk-marked-version").set_value(oldest).run()
    press(shown, "desk-pin")
    assert "（1 个已固定）" in shown.text("desk-versions")
    assert "◆ 固定" in shown.text("desk-versions")

    shown.app.number_input(key="desk-keep").set_value(0).run()
    shown.app.toggle(key="desk-prune-preview").set_value(True).run()
    text = shown.text("desk-prune-shown")
    assert "将清理 1 个版本，释放" in text
    assert text.index(middle) < text.index(newest) < text.index("已固定") < text.index(oldest)
    # Asked twice, and not before.
    assert shown.app.button(key="desk-prune").disabled
    assert len(versions.files()) == 3
    shown.app.checkbox(key=f"desk-prune-sure-{middle}-1").check().run()
    press(shown, "desk-prune")
    assert [path.stem for path in versions.files()] == [newest, oldest]
    assert next(each.value for each in shown.app.success).startswith("已清理 1 个版本")
    kinds = [(each.kind, each.who) for each in reversed(notes.log())]
    assert kinds == [(kind, "本机用户") for kind in ("version_note", "pin", "prune")]
    shown.app.query_params["view"] = "log"
    shown.app.run()
    assert "清理版本" in shown.text("desk-log")
    assert middle in shown.text("desk-log")


def test_roles_are_checked_at_the_action(
    three: list[str], show: Callable[..., Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = show(PAGE, view="versions")
    shown.app.number_input(key="desk-keep").set_value(0).run()
    shown.app.toggle(key="desk-prune-preview").set_value(True).run()
    shown.app.checkbox(key=f"desk-prune-sure-{three[1]}-2").check().run()

    def refuse(wanted: str, action: str = "", given: object = None) -> NoReturn:
        raise sign_on.NotAllowed(f"{action}需要{wanted}")

    monkeypatch.setattr(sign_on, "require", refuse)
    for key, action in (
        ("desk-note-save", "修改版本说明"),
        ("desk-pin", "固定数据版本"),
        ("desk-prune", "清理数据版本"),
    ):
        press(shown, key)
        assert [each.value for each in shown.app.error] == [f"{action}需要administrator"]
    assert len(versions.files()) == 3
    assert notes.marks() == {}


def test_others_are_not_offered_it(
    three: list[str], show: Callable[..., Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    del three
    monkeypatch.setenv("READ_ONLY", "1")
    shown = show(PAGE, view="versions")
    assert "需要管理员" in shown.text("desk-no-roll-back")
    assert {each.key for each in shown.app.button} == set()


def test_the_marks_cannot_be_read(three: list[str], show: Callable[..., Shown]) -> None:
    notes.path().write_bytes(b"no database" * 100)
    shown = show(PAGE, view="versions")
    assert "暂时无法读取" in shown.text("desk-no-marks")
    shown.app.toggle(key="desk-prune-preview").set_value(True).run()
    assert "无法清理" in shown.text("desk-no-prune")
    assert len(versions.files()) == len(three)


def test_who_looks_at_a_version_that_went_is_told(
    three: list[str], show: Callable[..., Shown]
) -> None:
    versions.use(three[1])
    shown = show("meeting.py")
    versions.use(three[0])
    shown.app.run()
    assert shown.app.session_state["view"].version.path.stem == three[1]
    assert "updated-gone" not in shown.blocks()
    retention.prune(0, "张三")
    shown.app.run()
    assert not shown.app.exception
    assert "已被清理，各页现在改用当前版本" in shown.text("updated-gone")
    assert "已被清理" in shown.text("newer-gone")
    assert shown.app.session_state["view"].version.path.stem == three[0]
    shown.app.run()
    assert "updated-gone" not in shown.blocks()


def test_a_link_naming_a_version_that_went(three: list[str], show: Callable[..., Shown]) -> None:
    gone = "20200101T000000000Z-0123456789ab"
    shown = show(PAGE, view="versions", older=gone, newer=three[0])
    assert f"链接中的版本“{gone}”不在了" in shown.text(f"desk-gone-{gone}")
    assert three[1] in shown.text("desk-difference-shown")
    retention.prune(0, "张三")
    shown = show(PAGE, view="versions", older=three[2], newer=three[0])
    assert f"链接中的版本“{three[2]}”不在了" in shown.text(f"desk-gone-{three[2]}")
    assert "desk-difference-shown" not in shown.blocks()


# ---------------------------------------------------------------- the whole difference


def cells(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    """Sheet title -> its headers and rows."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {
        sheet.title: [
            tuple(v.date() if isinstance(v, datetime) else v for v in row)
            for row in sheet.iter_rows(min_row=4, values_only=True)
        ]
        for sheet in book
    }


def test_the_workbook_has_what_the_page_cuts(
    three: list[str], show: Callable[..., Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr(
        st, "download_button", lambda _, **given: asked.update({given["key"]: given})
    )
    shown = show(PAGE, view="versions", older=three[2], newer=three[0])
    assert "每类只列前 200 条，完整差异见下载的工作簿" in shown.text("desk-difference-shown")
    given = asked["desk-difference-file"]
    found = cells(given["data"]())
    entry = notes.log()[0]
    assert (entry.kind, entry.subject, entry.detail["from"]) == ("export", three[0], three[2])
    assert entry.detail["file"] == given["file_name"]

    files = {path.stem: path for path in versions.files()}
    tables = [e for e in difference.compare(files[three[2]], files[three[0]]) if e]
    assert [row[0] for row in found["变化汇总"][1:]] == [each.sheet.title for each in tables]
    school = next(each for each in tables if each.sheet.title == "院校")
    assert found["变化汇总"][1] == ("院校", 300, 0, 1, 1)
    assert found["院校"][0] == ("变化", *school.added.columns)
    rows = [("新增", *row) for row in school.added.itertuples(index=False, name=None)]
    assert found["院校"][1:] == rows
    assert found["修改的单元格"][1:] == [
        ("院校", "S1", "院校名称", "示例职业学院（东区）", RENAMED)
    ]
    assert len(found["指标前后"]) == 1 + len(load_plan().indicators)


def test_the_other_way_round_and_from_nothing(three: list[str]) -> None:
    files = {path.stem: path for path in versions.files()}
    back = cells(desk_difference.workbook(files[three[0]], files[three[1]], load_plan()))
    assert {row[0] for row in back["院校"][1:]} == {"删除"}
    assert len(back["院校"]) == 301
    first = cells(desk_difference.workbook(None, files[three[1]], load_plan()))
    assert len(first["院校"]) == len(valid()["院校"])
    assert {row[2] for row in first["指标前后"][1:]} == {None}
    same = cells(desk_difference.workbook(files[three[1]], files[three[1]], load_plan()))
    assert set(same) == {"变化汇总", "指标前后", "修改的单元格"}
    assert len(same["变化汇总"]) == len(same["修改的单元格"]) == 1
