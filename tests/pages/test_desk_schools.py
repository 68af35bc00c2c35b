"""数据管理, 一校一表: sent out, returned, looked at, merged; roles at each action."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qs

import openpyxl
import pytest

from data import export, notes, rounds, school_forms, school_merge, versions
from data.load import load_workbook
from data.rounds import Round, Standing
from data.school_forms import Order
from data.school_merge import Prepared
from data.trial import Outcome
from data.workbook import Problem
from pages.parts import desk_schools, sign_on
from pages.parts.desk_schools import Line
from tests.data.small_book import spoilt, valid, write_xlsx
from tests.pages.conftest import Shown

PAGE = "desk.py"
PAST = date(2020, 1, 31)


def press(shown: Shown, key: str) -> Shown:
    shown.app.button(key=key).click().run()
    assert not shown.app.exception
    return shown


def sent_out() -> dict[str, bytes]:
    """Code -> the workbook that was made for it."""
    with zipfile.ZipFile(rounds.forms(1)) as archive:
        return {name.split("_")[0]: archive.read(name) for name in archive.namelist()}


def filled(form: bytes, cells: Mapping[str, object]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(form))
    for place, value in cells.items():
        sheet, cell = place.split("!")
        book[sheet][cell] = value
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def upload(shown: Shown, files: Mapping[str, bytes]) -> Shown:
    shown.app.file_uploader[0].set_value([(n, c, "") for n, c in files.items()]).run()
    return press(shown, "schools-take")


def overdue_round() -> Round:
    """S1 and S2 have not returned, S3 with errors, long ago."""
    base = versions.current().id
    asked = {"S1": "示例职业学院（东区）", "S2": "示例中等专业学校", "S3": "<b>技师"}
    found = rounds.begin("旧的一轮", base, PAST, asked, "张三")
    fault = Problem("专业点", 2, 3, "专业代码", "<script>", "不在目录中")
    rounds.add_return(found.id, "S3", "返回.xlsx", "0" * 64, [fault], "李四")
    return found


def test_no_round_yet(show: Callable[..., Shown]) -> None:
    shown = show(PAGE, view="schools")
    assert "还没有填报轮次" in shown.text("schools-none")
    assert "156 所院校" in " ".join(each.value for each in shown.app.caption)
    shown.app.selectbox(key="schools-how").select("按主管").run()
    shown.app.multiselect(key="schools-主管").select("省属").run()
    assert not shown.app.exception
    assert "156 所院校" not in " ".join(each.value for each in shown.app.caption)


def test_sent_returned_and_merged(own: Path, show: Callable[..., Shown]) -> None:
    first = versions.current()
    before = export.frames(first.path)
    shown = show(PAGE, view="schools")
    shown.app.text_input(key="schools-name").set_value("秋季填报")
    press(shown, "schools-split")
    assert "4 所院校中 0 所已返回无误，0 所有错误，4 所未返回" in shown.text("schools-board")
    forms = sent_out()
    assert set(forms) == {"S1", "S2", "S3", "S4"}

    # One good, one bad, one that is none; the second of an institution replaces the first.
    good = filled(forms["S1"], {"院校!M2": "李老师", "年度数据!C2": 61})
    bad = filled(forms["S2"], {"专业点!C2": "<i>9", "年度数据!A2": "P1"})
    files = {"a.xlsx": forms["S1"], "b.xlsx": good, "c.xlsx": bad, "d<b>.xlsx": b"PK"}
    upload(shown, files)
    text = shown.text("schools-returned")
    assert "这次上传 4 个：2 个无误，1 个有错误，1 个没有收下" in text
    assert "替换" in text
    assert "d<b>.xlsx" in text
    assert "d<b>" not in shown.html("schools-returned")
    text = shown.text("schools-board")
    assert "4 所院校中 1 所已返回无误，1 所有错误，2 所未返回" in text
    assert text.index("示例中等专业学校") < text.index("示例技师学院") < text.index("示例职业学院")
    assert versions.current().id == first.id
    shown.app.query_params["school"] = "S2"
    shown.app.run()
    text = shown.text("schools-one")
    assert "2 处错误" not in text
    assert "该行属于“示例职业学院（东区）”，本表只能填报本校数据" in text
    assert "<i>9" not in shown.html("schools-one")
    assert "贵校返回的“秋季填报”填报表有 2 处错误" in shown.app.code[0].value
    shown.app.query_params["state"] = "missing"
    shown.app.run()
    assert "示例中等专业学校" not in shown.text("schools-board")
    shown.app.query_params["state"] = ""

    # What was changed meanwhile is shown, and nothing is merged before it has been seen.
    own_rows = {"院校!M2": "同时改的", "院校!M3": "别校的"}
    second = load_workbook(write_xlsx(spoilt(valid(), own_rows), own / "二.xlsx")).version
    press(shown, "schools-merge")
    text = shown.text("schools-preview")
    assert "预览并入 1 所院校：2 张表有变化" in text
    assert "当前数据中有 1 处也改过" in text
    assert "同时改的" in text
    assert shown.app.button(key="schools-confirm").disabled
    for each in shown.app.checkbox:
        each.check()
    shown.app.run()
    press(shown, "schools-confirm")
    third = versions.current()
    assert third.id not in (first.id, second.id)
    assert third.meta["loaded_by"] == "本机用户"
    after = export.frames(third.path)
    assert after["院校"]["联系人"].tolist()[:2] == ["李老师", "别校的"]
    assert after["年度数据"]["招生计划"].tolist() == [61, *before["年度数据"]["招生计划"][1:]]
    now = export.frames(second.path)
    for title, frame in now.items():
        if title not in ("院校", "年度数据"):
            assert frame.equals(after[title])
    assert "已并入 1 所" in shown.text("schools-board")
    assert not any(each.key == "schools-merge" for each in shown.app.button)
    kinds = [(each.kind, each.refused) for each in notes.log()][:6]
    assert kinds[0] == ("merge", False)
    assert ("return", True) in kinds
    # After going back the board does not go on as if the data had it.
    assert "schools-rolled-back" not in shown.blocks()
    versions.use(second.id)
    shown = show(PAGE, view="schools")
    assert "不含 1 所院校已并入的数据" in shown.text("schools-rolled-back")


def returned(cells: Mapping[str, object], folder: Path) -> None:
    """S1 has returned its workbook, in the one round there is."""
    if not rounds.rounds():
        version = versions.current()
        found = rounds.begin("一轮", version.id, date(2100, 1, 1), {"S1": "示例"}, "张三")
        order = Order(found.id, found.name, version.id, found.due_on, ("S1",))
        rounds.folder(found.id).mkdir(parents=True)
        school_forms.write(order, version.path, rounds.forms(found.id))
    file = folder / "返回.xlsx"
    file.write_bytes(filled(sent_out()["S1"], cells))
    rounds.add_return(1, "S1", file.name, rounds.keep_file(1, file), [], "李四")


def test_what_happens_between_preview_and_merge(
    own: Path, show: Callable[..., Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A role taken away, another version, another return: nothing is merged."""
    rows = {"院校": 1}

    def prepared(*given: Any) -> Prepared:
        _, ready, current, *_ = given
        merged = tuple(each.last for each in ready)
        return Prepared(Outcome(rows=dict(rows)), merged, database=current)

    monkeypatch.setattr(school_merge, "prepare", prepared)
    returned({"院校!M2": "李老师"}, own)
    shown = press(show(PAGE, view="schools"), "schools-merge")
    before = versions.pointed_at()

    def refuse(wanted: str, action: str = "", given: object = None) -> NoReturn:
        del given
        raise sign_on.NotAllowed(f"{action}需要{wanted}")

    with monkeypatch.context() as patch:
        # The screen still offers what a person may no longer do.
        patch.setattr(sign_on, "require", refuse)
        for key, action in (
            ("schools-confirm", "并入返回的填报表"),
            ("schools-merge", "预览并入"),
            ("schools-split", "拆分填报表"),
        ):
            press(shown, key)
            assert f"{action}需要editor" in [each.value for each in shown.app.error]
        upload(shown, {"a.xlsx": b"PK"})
        assert "收下返回的填报表需要editor" in [each.value for each in shown.app.error]
    assert versions.pointed_at() == before
    assert (len(rounds.rounds()), len(rounds.returns(1))) == (1, 1)

    between = load_workbook(own / "一.xlsx").version.id
    press(shown, "schools-confirm")
    assert "已被他人更新" in shown.text("schools-moved")
    press(shown, "schools-merge")
    returned({}, own)
    press(shown, "schools-confirm")
    assert "有院校重新返回" in shown.text("schools-moved")
    assert versions.current().id == between
    # Unchanged there is nothing to load; it counts as merged all the same.
    rows.clear()
    press(shown, "schools-merge")
    assert "两者的数据完全相同" in shown.text("schools-preview")
    later = load_workbook(own / "一.xlsx").version.id
    press(shown, "schools-confirm")
    assert "已被他人更新" in shown.text("schools-moved")
    assert rounds.returns(1)[-1].merged_version == ""
    press(shown, "schools-merge")
    press(shown, "schools-confirm")
    assert versions.current().id == later
    assert rounds.returns(1)[-1].merged_version == later
    assert "已并入 1 所" in shown.text("schools-board")


def test_what_comes_back_during_a_preview_stays_the_latest(
    own: Path, show: Callable[..., Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The preview refuses the workbook before it; the board goes by the one that came since."""
    fault = Problem("专业点", 2, 3, "专业代码", "9", "不在目录中")

    def prepared(*given: Any) -> Prepared:
        _, ready, current, *_ = given
        returned({}, own)
        return Prepared(Outcome(), refused=((ready[0].last, (fault,)),), database=current)

    monkeypatch.setattr(school_merge, "prepare", prepared)
    returned({"院校!M2": "李老师"}, own)
    press(show(PAGE, view="schools"), "schools-merge")
    assert [each.errors for each in rounds.returns(1)] == [0, 0]


def test_overdue_comes_first_and_is_reminded(own: Path, show: Callable[..., Shown]) -> None:
    overdue_round()
    shown = show(PAGE, view="schools")
    text = shown.text("schools-board")
    assert "3 所院校中 0 所已返回无误，1 所有错误，2 所未返回；逾期 3 所" in text
    assert text.index("<b>技师") < text.index("示例职业学院") < text.index("示例中等专业学校")
    assert "<b>" not in shown.html("schools-board")
    words = shown.app.code[0].value
    assert "返回期限为 2020 年 1 月 31 日" in words
    assert "1. 示例职业学院（东区），联系人 张三" in words
    assert "<b>技师（1 处错误）" in words
    shown.app.query_params["state"] = "errors"
    shown.app.run()
    assert "示例职业学院" not in shown.text("schools-board")
    shown = show(PAGE, view="schools", district="中原区")
    assert "1 所院校中" in shown.text("schools-board")
    assert "示例职业学院" in shown.text("schools-board")


def test_a_deadline_is_moved(own: Path, show: Callable[..., Shown]) -> None:
    late = overdue_round()
    shown = show(PAGE, view="schools")
    later = date.today() + timedelta(days=30)
    shown.app.date_input(key=f"schools-due-1-{PAST}").set_value(later)
    press(shown, "schools-due-save")
    assert "逾期 0" in shown.text("schools-board")
    assert f"{later.month} 月 {later.day} 日" in shown.app.code[0].value
    (moved,) = rounds.rounds()
    assert (moved.due_on, moved.asked) == (later, late.asked)
    entry = notes.log(notes.LogFilter(kinds=["deadline"]))[0]
    assert entry.detail == {"name": "旧的一轮", "due": later.isoformat(), "was": "2020-01-31"}


@pytest.mark.parametrize("code", ["A&B=1", "A+B", "甲#1", "50%25"])
def test_any_code_of_an_institution_can_be_opened(code: str) -> None:
    standing = Standing(code, "示例", None, 0, "", late=False)
    way = desk_schools.row(Line(standing, None, ""))["go"]
    assert parse_qs(way[1:]) == {"school": [code]}


def test_a_viewer_sees_the_board_alone(
    own: Path, show: Callable[..., Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    overdue_round()
    monkeypatch.setenv("READ_ONLY", "1")
    shown = show(PAGE, view="schools", school="S3")
    assert "逾期 3 所" in shown.text("schools-board")
    assert "需要编辑者" in shown.text("schools-viewer")
    assert "schools-one" not in shown.blocks()
    assert not shown.app.file_uploader
    assert not shown.app.button
    assert not shown.app.code
    assert not shown.app.expander
