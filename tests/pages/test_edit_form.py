"""Forms over the pages: add, change, finish and remove a row; faults; roles; two at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from data import edits, export, notes, trial, versions
from data.contract import BY_TABLE
from data.difference import identity
from pages.parts import sign_on
from tests.data.small_book import D
from tests.pages.conftest import Shown


class Editor:
    """Somebody with a page of their own."""

    def __init__(self, shown: Shown) -> None:
        self.app = shown.app

    def run(self) -> Editor:
        self.app.run()
        assert not self.app.exception, [each.value for each in self.app.exception]
        return self

    def open(self, table: str, row: str = "new") -> Editor:
        self.app.query_params["edit"] = f"{table}.{row}"
        return self.run()

    def press(self, key: str) -> Editor:
        self.app.button(key=f"edit-{key}").click()
        return self.run()

    def tick(self) -> Editor:
        for each in self.app.checkbox:
            each.check()
        return self.run()

    def fill(self, **cells: Any) -> Editor:
        kinds = (self.app.text_input, self.app.text_area, self.app.date_input, self.app.selectbox)
        fields = {each.key: each for kind in kinds for each in kind}
        for name, value in cells.items():
            key = next(key for key in fields if key and key.endswith(f"-{name}"))
            fields[key].set_value(value)
        return self

    def check(self) -> Editor:
        return self.press("check")

    def says(self, key: str) -> str:
        """The markup of a block in the form, empty without."""
        for part in self.app._tree.children.values():
            for each in part:
                if each.type == "bidi_component" and getattr(each, "key", None) == f"edit-{key}":
                    markup: str = json.loads(each.proto.json)["html"]
                    return markup
        return ""


@pytest.fixture(autouse=True)
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trial without a process of its own: what is tested here stands outside it."""

    def try_out(file: Path, folder: Path, against: Path | None = None, *_: Any, **__: Any) -> Any:
        trial._work(file, folder, against)
        return trial._outcome(folder, 0)

    monkeypatch.setattr(trial, "try_out", try_out)
    monkeypatch.setattr(trial, "tell", lambda *_: None)


def rows(table: str) -> list[dict[str, Any]]:
    title = BY_TABLE[table].title
    frame = export.frames(versions.current().path, [title])[title]
    names = list(BY_TABLE[table].by_name)
    return [dict(zip(names, row, strict=True)) for row in frame.itertuples(index=False, name=None)]


def ref(table: str, place: int = 0) -> str:
    sheet = BY_TABLE[table]
    frame = export.frames(versions.current().path, [sheet.title])[sheet.title]
    return edits.refs(frame[identity(sheet)].itertuples(index=False, name=None))[place]


def everything() -> dict[str, Any]:
    frames = export.frames(versions.current().path)
    return {title: frame.to_dict("records") for title, frame in frames.items()}


PAGE = "accountability.py"
NEW: dict[str, tuple[str, dict[str, Any], str]] = {
    "rectifications": (
        PAGE,
        {
            "item": "points_emerging",
            "department": "市教育局",
            "problem": "<b>=1+1",
            "due_on": D("2025-12-01"),
        },
        "closed_on",
    ),
    "meetings": (
        PAGE,
        {"meeting_id": "M2", "topic": "主题", "decision": '“甲”,"乙"', "department": "市财政局"},
        "closed_on",
    ),
    "deliverable_updates": (
        PAGE,
        {"state": "推进中", "value": "1,200.5", "note": "第一行\n第二行"},
        "",
    ),
    "interim_targets": (
        "indicator.py",
        {
            "interim_target": "1",
            "expires_on": D("2025-12-31"),
            "reason": "理由",
            "approver": "市政府",
        },
        "expires_on",
    ),
}


@pytest.mark.parametrize("table", NEW)
def test_add_finish_and_remove(own: Path, show: Callable[..., Shown], table: str) -> None:
    page, cells, finished = NEW[table]
    about = {"interim_targets": ".points_emerging", "deliverable_updates": ".industry_college"}
    before, first = everything(), versions.current()
    one = Editor(show(page, id="points_emerging") if page == "indicator.py" else show(page))
    plan = one.app.session_state["view"].version.plan
    about["deliverable_updates"] = f".{plan.deliverables[0].id}"
    one.open(table, f"new{about.get(table, '')}").fill(**cells).check()
    assert "新增 1 行" in one.says("preview")
    assert "<b>=1+1" not in one.says("preview")
    assert ("项指标的数值或状态变化" in one.says("preview")) == (table == "interim_targets")
    assert versions.current().id == first.id
    one.tick().press("confirm")
    assert "edit" not in one.app.query_params
    assert "已保存为版本" in one.app.success[0].value
    second = versions.current()
    assert second.meta["source_name"] == f"表单修改：{BY_TABLE[table].title}"
    assert second.meta["loaded_by"] == "本机用户"
    assert len(rows(table)) == len(before[BY_TABLE[table].title]) + 1
    kept = {"1": 1.0, "1,200.5": 1200.5}
    new = rows(table)[-1]
    assert {name: new[name] for name in cells} == {n: kept.get(v, v) for n, v in cells.items()}
    entry = notes.log()[0]
    assert (entry.kind, entry.who, entry.subject) == ("edit", "本机用户", second.id)
    assert entry.detail["sheet"] == BY_TABLE[table].title
    # Said in the words of the form, as the version's note says it.
    assert entry.detail["row"] in second.meta["note"]
    assert one.app.session_state["view"].version.path.stem == second.id

    if finished:
        one.open(table, f"{ref(table, -1)}.done").check().tick().press("confirm")
        assert rows(table)[-1] == new | {finished: D("2025-09-30")}
        assert "2025-09-30" in notes.log()[0].detail["after"]
        # What is finished can be put right.
        ways = Shown(one.app).goes("accountability" if page == PAGE else "status")
        assert f"?edit={table}.{ref(table, -1)}" in ways
    else:
        one.open(table, ref(table, -1)).fill(note="改", state="已完成").check().tick().press(
            "confirm"
        )
        assert rows(table)[-1] == new | {"note": "改", "state": "已完成"}

        # To finish a deliverable is to report that it is done.
        done = one.open(table, f"new{about[table]}.done").app.session_state["edit-draft"].row
        assert (done["状态"], done["日期"]) == ("已完成", D("2025-09-30"))
        assert "2 次填报" in one.says("head") or "1 次填报" in one.says("head")

    one.open(table, ref(table, -1)).press("remove")
    assert "删除这一行？" in one.says("sure")
    one.press("remove-no").press("remove").press("remove-yes")
    assert "删除 1 行" in one.says("preview")
    assert len(rows(table)) == len(before[BY_TABLE[table].title]) + 1
    one.press("confirm")
    assert everything() == before
    assert own.exists()


def test_faults_stand_at_their_fields(own: Path, show: Callable[..., Shown]) -> None:
    first = versions.pointed_at()
    one = Editor(show(PAGE)).open("rectifications", "new")
    one.fill(rectification_id="R1", problem="<i>问题", due_on=D("2025-01-01")).check()
    assert "有 4 处错误" in one.says("head")
    assert "与另一行重复，应为唯一" in one.says("fault-编号")
    assert "早于" in one.says("fault-整改期限")
    assert "不能为空" in one.says("fault-责任单位")
    assert "不能为空" in one.says("fault-指标或事项")
    assert not one.says("fault-问题")
    area = next(each for each in one.app.text_area if str(each.key).endswith("-problem"))
    assert area.value == "<i>问题"
    assert versions.pointed_at() == first
    one.press("cancel")
    assert "edit" not in one.app.query_params
    assert not one.says("head")
    one.open("rectifications", ref("rectifications")).check()
    assert "没有修改" in one.says("head")
    assert own.exists()


def test_only_warnings_of_the_edit_are_to_be_acknowledged(
    own: Path, show: Callable[..., Shown]
) -> None:
    one = Editor(show(PAGE)).open("rectifications", ref("rectifications"))
    one.fill(closed_on=D("2025-12-01")).check()
    assert "带来提醒 1 条" in one.says("preview")
    assert "晚于数据截止日" in one.says("preview")
    assert one.app.button(key="edit-confirm").disabled
    one.tick()
    assert not one.app.button(key="edit-confirm").disabled
    one.press("back")
    assert "2025-12-01" in [str(each.value) for each in one.app.date_input]
    assert own.exists()


def test_a_viewer_is_refused(
    own: Path, show: Callable[..., Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, row = versions.pointed_at(), ref("rectifications")
    one = Editor(show(PAGE)).open("rectifications", row)
    one.fill(problem="改").check()
    assert "修改 1 行" in one.says("preview")
    # The form stands ready on the screen and in the session; the role is gone.
    with monkeypatch.context() as patch:
        patch.setattr(sign_on, "require", _refuse)
        one.press("confirm")
        assert "没有保存：在线修改数据需要editor" in one.says("head")
        one.check()
        assert "在线修改数据需要editor" in one.says("head")
    monkeypatch.setenv("READ_ONLY", "1")
    one.app.session_state["edit-draft"].stage = "preview"
    one.run()
    assert "修改数据需要编辑者" in one.says("viewer")
    assert not [each for each in one.app.button if str(each.key).startswith("edit-")]
    shown = show(PAGE)
    assert not [each for each in shown.goes("accountability") if "edit=" in each]
    assert versions.pointed_at() == first
    assert own.exists()


def _refuse(wanted: str, action: str = "") -> NoReturn:
    raise sign_on.NotAllowed(f"{action}需要{wanted}")


def test_two_editors_of_one_row(own: Path, show: Callable[..., Shown]) -> None:
    row = ref("rectifications")
    one, two = (Editor(show(PAGE)).open("rectifications", row) for _ in range(2))
    two.fill(problem="乙改的", due_on=D("2024-07-01")).check().tick().press("confirm")
    one.fill(problem="甲改的", department="市财政局").check()
    told = one.says("clash")
    assert "已被他人修改" in told
    assert all(each in told for each in ("示例问题", "乙改的", "甲改的", "本机用户", "都改了"))
    assert rows("rectifications")[0]["problem"] == "乙改的"
    one.press("take")
    assert rows("rectifications")[0]["problem"] == "乙改的"
    assert "修改 1 行" in one.says("preview")
    one.tick().press("confirm")
    found = rows("rectifications")[0]
    assert (found["problem"], found["department"]) == ("甲改的", "市财政局")
    assert found["due_on"] == D("2024-07-01")
    assert len(versions.files()) == 3

    # Removed by the other: shown, and dropped without a trace.
    one.open("rectifications", row)
    # Their page still shows the version before, where the row is another: first the newest.
    two.run().app.button(key="updated-take").click()
    two.run().open("rectifications", row).press("remove").press("remove-yes")
    two.tick().press("confirm")
    assert not rows("rectifications")
    one.fill(problem="又改").check()
    assert "已被删除" in one.says("clash")
    pointed = versions.pointed_at()
    one.press("drop")
    assert versions.pointed_at() == pointed
    assert "edit" not in one.app.query_params
    assert own.exists()


def test_two_editors_of_two_rows(own: Path, show: Callable[..., Shown]) -> None:
    row = ref("meetings", 1)
    one, two = (Editor(show(PAGE)).open("meetings", row) for _ in range(2))
    two.open("meetings", ref("meetings", 0)).fill(topic="乙改的").check().tick().press("confirm")
    one.fill(topic="甲改的").check()
    told = one.says("preview")
    assert "您的修改将加在最新数据上" in told
    assert "表单修改：联席会议" in told
    assert one.app.button(key="edit-confirm").disabled
    # Again somebody is first, between the preview and the confirmation.
    pointed = versions.pointed_at()
    two.open("rectifications", ref("rectifications")).fill(problem="乙又改").check()
    one.tick()
    two.tick().press("confirm")
    between = versions.pointed_at()
    assert between != pointed
    one.press("confirm")
    assert versions.pointed_at() == between
    assert "他人又更新了数据，尚未保存" in one.says("preview")
    assert notes.log()[0].refused
    assert one.app.button(key="edit-confirm").disabled
    one.tick().press("confirm")
    assert [each["topic"] for each in rows("meetings")] == ["乙改的", "甲改的"]
    assert rows("rectifications")[0]["problem"] == "乙又改"
    assert own.exists()


def test_a_link_to_a_row_that_is_gone(own: Path, show: Callable[..., Shown]) -> None:
    for asked in ("rectifications.0123456789ab", "institutions.new", "<b>"):
        one = Editor(show(PAGE, edit=asked))
        assert "已不在您所看的数据中" in one.says("gone")
    assert own.exists()


def test_reports_are_entered_where_deliverables_are_shown(
    own: Path, show: Callable[..., Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    for page in ("structure", "system", "mechanisms"):
        way = next(each for each in show(f"{page}.py").goes(page) if "edit=" in each)
        one = Editor(show(f"{page}.py", edit=way.removeprefix("?edit=")))
        assert one.app.session_state["edit-draft"].sheet.title == "任务进展"
    monkeypatch.setenv("READ_ONLY", "1")
    assert not [each for each in show("mechanisms.py").goes("mechanisms") if "edit=" in each]
    assert own.exists()
