"""数据管理, 操作日志: a link reproduces what is looked at, and what is looked at is the link."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from hypothesis import given
from hypothesis import strategies as some

from data import notes
from pages.parts import clock, desk_log
from pages.parts.desk_log import KINDS, Asked, read_address
from tests.pages.conftest import ROOT, Shown
from tests.pages.test_download import own

__all__ = ["own"]
PAGE = "desk.py"

days = some.none() | some.dates(date(2000, 1, 1), date(2090, 1, 1))
words = some.text(min_size=0, max_size=30)


@given(
    some.builds(
        Asked,
        kinds=some.sets(some.sampled_from(list(KINDS))).map(
            lambda chosen: tuple(each for each in KINDS if each in chosen)
        ),
        text=words,
        who=words,
        first=days,
        last=days,
        refused=some.booleans(),
    )
)
def test_the_address_says_what_is_asked(asked: Asked) -> None:
    assert read_address(asked.address) == (asked, [])


@pytest.mark.parametrize(
    ("address", "ignored"),
    [
        ({"kind": ["import", "drop table log"]}, ["drop table log"]),
        ({"first": ["2025-13-01"], "last": ["9999-01-01"]}, ["2025-13-01", "9999-01-01"]),
        ({"refused": ["yes"], "text": ["x" * 500]}, []),
    ],
)
def test_what_is_no_filter_is_said(address: dict[str, list[str]], ignored: list[str]) -> None:
    asked, found = read_address(address)
    assert found == ignored
    assert asked.first is asked.last is None
    assert not asked.refused
    assert len(asked.text) <= desk_log.LONGEST_WORDS


def filled() -> None:
    for number in range(60):
        who = f"李{number % 3}"
        notes.record("import", who, f"v{number}", {"errors": 1}, refused=number % 2 == 1)
    notes.record("prune", "<b>王", "", {"keep": 3})


def parameters(shown: Shown) -> dict[str, Any]:
    return {
        name: [values] if isinstance(values, str) else list(values)
        for name, values in shown.app.query_params.items()
        if name in desk_log.PARAMETERS
    }


def test_a_link_reproduces_it(own: str, show: Callable[..., Shown]) -> None:
    del own
    filled()
    today = clock.today().isoformat()
    link = {"kind": ["import", "export"], "who": "李1", "refused": "1", "first": today}
    shown = show(PAGE, view="log", text="v", **link)
    assert "符合条件的 10 条" in shown.text("desk-log")
    assert shown.app.multiselect(key="desk-kinds").value == ["import", "export"]
    assert shown.app.selectbox(key="desk-who").value == "李1"
    assert shown.app.selectbox(key="desk-who").options == ["<b>王", "李2", "李1", "李0"]
    assert parameters(shown) == {
        **{name: [value] for name, value in link.items() if isinstance(value, str)},
        "kind": ["import", "export"],
        "text": ["v"],
    }
    # By Back to another address the widgets follow.
    for name in ("kind", "who", "text", "first"):
        del shown.app.query_params[name]
    shown.app.query_params["kind"] = "prune"
    del shown.app.query_params["refused"]
    shown.app.run()
    assert "符合条件的 1 条" in shown.text("desk-log")
    assert "<b>王" not in shown.html("desk-log")
    assert shown.app.selectbox(key="desk-who").value is None


def test_a_filter_is_in_the_address_and_begins_at_the_latest(
    own: str, show: Callable[..., Shown]
) -> None:
    del own
    filled()
    shown = show(PAGE, view="log", before="20")
    assert "v58" not in shown.text("desk-log")
    shown.app.selectbox(key="desk-who").set_value("李1").run()
    assert "v58" in shown.text("desk-log")
    assert parameters(shown) == {"who": ["李1"]}
    assert "before" not in shown.app.query_params
    shown.app.toggle(key="desk-refused").set_value(True).run()
    assert parameters(shown) == {"who": ["李1"], "refused": ["1"]}
    assert "符合条件的 10 条" in shown.text("desk-log")
    # One who does not stand in the list can be asked for.
    shown = show(PAGE, view="log", who="没有这个人", kind="nothing")
    assert shown.app.selectbox(key="desk-who").value == "没有这个人"
    assert "没有符合条件的记录" in shown.text("desk-log")
    assert "“nothing”不是可用的事项或日期" in shown.text("desk-ignored-nothing")


def test_what_is_recorded_has_a_name(own: str, show: Callable[..., Shown]) -> None:
    del own
    wanted = re.compile(r'(?:record|add_entry|_log\w*)\(\s*(?:connection,\s*)?"([a-z_]+)"')
    sources = [path for room in ("data", "pages") for path in (ROOT / room).rglob("*.py")]
    kinds = {kind for path in sources for kind in wanted.findall(path.read_text("utf-8"))}
    assert {"import", "export", "prune", "scenario_save", "sign_in"} <= kinds
    assert kinds <= KINDS.keys()
    notes.record("action", "李", "", {"action": "清理", "needs": "administrator"}, refused=True)
    notes.record("return", "李", "17", {"file": "某校.xlsx"})
    notes.record("deadline", "李", "18", {"name": "一轮"})
    shown = show(PAGE, view="log").text("desk-log")
    assert "操作 清理；需要 管理员" in shown
    assert "轮次 17" in shown
    assert "轮次 18" in shown


def test_taking_the_log_stands_in_it(
    own: str, show: Callable[..., Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    del own
    filled()
    asked: list[Any] = []
    monkeypatch.setattr(st, "download_button", lambda _, **given: asked.append(given["data"]))
    show(PAGE, view="log", who="李2", kind="import", refused="1")
    asked[0]()
    entry = notes.log()[0]
    assert (entry.kind, entry.subject) == ("export", "操作日志")
    assert entry.detail["filters"] == "导入，李2，被拒绝的"


def test_people_are_those_of_the_latest_lines(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del own
    assert notes.people() == []
    filled()
    assert notes.people() == ["<b>王", "李2", "李1", "李0"]
    monkeypatch.setattr(notes, "PEOPLE_OF_LINES", 2)
    assert notes.people() == ["<b>王", "李2"]
