"""数据管理: nothing uploaded, faults, preview, confirmed; versions and the log; roles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from data import notes, trial, versions
from data.load import load_workbook
from data.trial import Outcome
from pages.parts import desk, sign_on
from tests.data.small_book import spoilt, valid, write_xlsx
from tests.pages.conftest import Shown

PAGE = "desk.py"


def upload(shown: Shown, file: Path) -> Shown:
    shown.app.file_uploader[0].upload(file.name, file.read_bytes(), "application/zip").run()
    assert not shown.app.exception
    return shown


def press(shown: Shown, key: str) -> Shown:
    shown.app.button(key=key).click().run()
    assert not shown.app.exception
    return shown


def test_nothing_uploaded(show: Callable[..., Shown]) -> None:
    shown = show(PAGE)
    assert "数据管理" in shown.text("desk-head")
    assert "演示数据" in shown.text("desk-head")
    assert len(shown.app.file_uploader) == 1


def test_faults_preview_confirm_and_back(own: Path, show: Callable[..., Shown]) -> None:
    first = versions.current().id
    bad = {"专业点!C2": "<script>9", "院校!C3": "大专"}
    shown = upload(show(PAGE), write_xlsx(spoilt(valid(), bad), own / "坏.xlsx"))
    text = shown.text("desk-faults")
    assert "有 2 处错误，分布在 2 张表" in text
    assert "<script>9" in text
    assert "<script>9" not in shown.html("desk-faults")
    assert text.index("大专") < text.index("<script>9")
    shown.app.query_params["sort"] = "-place"
    shown.app.run()
    text = shown.text("desk-faults")
    assert text.index("<script>9") < text.index("大专")
    assert versions.current().id == first

    edited = write_xlsx(spoilt(valid(), {"院校!B2": "<i>新名"}), own / "好.xlsx")
    upload(shown, edited)
    text = shown.text("desk-preview")
    assert "下载完整差异（.xlsx）" in [
        getattr(each, "label", "") for each in shown.app.get("download_button")
    ]
    assert "1 张表有变化：新增 0 行、删除 0 行、修改 1 行" in text
    assert "<i>新名" in text
    assert "<i>新名" not in shown.html("desk-preview")
    assert versions.current().id == first
    # A look at another view loses nothing.
    shown.app.query_params["view"] = "log"
    shown.app.run()
    assert "desk-preview" not in shown.blocks()
    shown.app.query_params["view"] = "upload"
    shown.app.run()
    assert "“好.xlsx”还没有载入" in shown.text("desk-kept")
    press(shown, "desk-drop")
    assert "desk-preview" not in shown.blocks()
    upload(shown, edited)
    assert "desk-kept" not in shown.blocks()
    shown.app.query_params["view"] = "versions"
    shown.app.run()
    shown.app.query_params["view"] = "upload"
    shown.app.run()
    for each in shown.app.checkbox:
        each.check()
    shown.app.run()
    press(shown, "desk-confirm")
    assert "desk-kept" not in shown.blocks()
    second = versions.current().id
    assert second != first
    assert versions.current().meta["loaded_by"] == "本机用户"

    shown.app.query_params["view"] = "versions"
    shown.app.run()
    assert "2 个数据版本" in shown.text("desk-versions")
    shown.app.toggle(key="desk-difference").set_value(True).run()
    assert "<i>新名" in shown.text("desk-difference-shown")
    shown.app.checkbox(key=f"desk-sure-{second}").check().run()
    press(shown, "desk-use")
    assert versions.current().id == first
    kinds = [(each.kind, each.refused) for each in notes.log()]
    assert kinds == [("rollback", False), ("import", False), ("import", True)]

    shown.app.query_params["view"] = "log"
    shown.app.run()
    assert "符合条件的 3 条" in shown.text("desk-log")
    shown.app.toggle(key="desk-refused").set_value(True).run()
    assert "符合条件的 1 条" in shown.text("desk-log")


def test_another_version_since_the_preview(
    own: Path, show: Callable[..., Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    def tried(file: Path, folder: Path, *_: object, **__: object) -> Outcome:
        return Outcome(rows=load_workbook(file, folder / "trial.duckdb").rows)

    monkeypatch.setattr(trial, "try_out", tried)
    shown = upload(show(PAGE), own / "一.xlsx")
    between = load_workbook(own / "一.xlsx").version.id
    press(shown, "desk-confirm")
    assert "已被他人更新" in shown.text("desk-moved")
    assert versions.current().id == between
    assert notes.log()[0].refused
    # Compared again, also by who looked at another view and so has no file in the widget.
    for place in ("versions", "upload"):
        shown.app.query_params["view"] = place
        shown.app.run()
    assert "desk-kept" in shown.blocks()
    assert f"与当前版本 {between} 比较" in shown.text("desk-preview")
    # Compared anew, what others loaded is to be looked at before it can be undone.
    assert between in shown.text("desk-since-note")
    assert shown.app.button(key="desk-confirm").disabled
    for each in shown.app.checkbox:
        each.check()
    shown.app.run()
    press(shown, "desk-confirm")
    assert versions.current().id != between


def test_the_limit_is_said(
    own: Path, show: Callable[..., Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "MOST_SECONDS", 0.0)
    shown = upload(show(PAGE), own / "一.xlsx")
    assert "时间上限" in shown.text("desk-overrun")
    assert notes.log()[0].refused


def test_roles_are_checked_at_the_action(
    own: Path, show: Callable[..., Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The screen still offers what a person may no longer do."""
    monkeypatch.setattr(trial, "try_out", lambda *_, **__: pytest.fail("ran"))
    shown = show(PAGE)

    def refuse(wanted: str, action: str = "", given: object = None) -> NoReturn:
        del given
        raise sign_on.NotAllowed(f"{action}需要{wanted}")

    monkeypatch.setattr(sign_on, "require", refuse)
    upload(shown, own / "一.xlsx")
    assert [each.value for each in shown.app.error] == ["上传并检查数据需要editor"]
    load_workbook(own / "一.xlsx")
    before = versions.pointed_at()
    shown.app.query_params["view"] = "versions"
    shown.app.run()
    shown.app.checkbox(key=f"desk-sure-{before}").check().run()
    press(shown, "desk-use")
    assert [each.value for each in shown.app.error] == ["切换数据版本需要administrator"]
    assert versions.pointed_at() == before


def test_a_viewer_cannot_upload(
    own: Path, show: Callable[..., Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READ_ONLY", "1")
    shown = show(PAGE)
    assert not shown.app.file_uploader
    assert "需要编辑者" in shown.text("desk-viewer")


def test_others_choose_when_to_see_new_data(own: Path, show: Callable[..., Shown]) -> None:
    shown = show("definitions.py")
    assert "updated-note" not in shown.blocks()
    first = versions.current().id
    second = load_workbook(own / "一.xlsx").version
    shown.app.run()
    assert "数据已更新" in shown.text("updated-note")
    assert shown.app.session_state["view"].version.path.stem == first
    shown.app.button(key="updated-take").click().run()
    assert not shown.app.exception
    assert "updated-note" not in shown.blocks()
    assert shown.app.session_state["view"].version.path.stem == second.id
    # What a session began with may be gone: it goes on with what there is.
    shown.app.session_state["version-held"] = own / "gone.duckdb"
    shown.app.run()
    assert "updated-note" not in shown.blocks()
    assert "已被清理" in shown.text("updated-gone")


def test_numbers_that_look_alike_are_told_apart() -> None:
    """A change is never shown as from one number to the same."""
    assert desk.apart(66.51, 66.53, "%") == ("66.51%", "66.53%")
    assert desk.apart(66.4, 66.5, "%") == ("66.4%", "66.5%")
    assert desk.apart(1.02, 1.0204, "个") == ("1.0200 个", "1.0204 个")
    assert desk.apart(64, 64, "个") == ("64 个", "64 个")
    assert desk.apart(None, 2, "个") == ("无数据", "2 个")
