"""What is taken from a page: by whom it may be, when it is made, what the log has of it."""

from __future__ import annotations

import ast
import asyncio
import io
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
import streamlit as st
from streamlit import runtime
from streamlit.runtime.media_file_storage import MediaFileStorageError

from data import notes, versions
from pages.parts import download, sign_on
from tests.pages.conftest import ROOT, Shown

PAGES = ROOT / "pages"


def test_every_file_leaves_through_one_button() -> None:
    users = [
        path.name
        for path in PAGES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute | ast.ImportFrom) and "download_button" in ast.dump(node)
    ]
    assert users == ["download.py"]


@pytest.fixture
def own(demo_warehouse: Path, tmp_path: Path, show: object, monkeypatch: pytest.MonkeyPatch) -> str:
    """A warehouse of the test's own, with the demonstration data; its version."""
    del show
    monkeypatch.setenv("WAREHOUSE_DIR", str(shutil.copytree(demo_warehouse, tmp_path / "data")))
    (tmp_path / "data" / notes.FILE).unlink(missing_ok=True)
    return versions.current().id


@pytest.fixture
def buttons(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was asked of Streamlit's button, as it is."""
    asked: list[dict[str, Any]] = []

    def keep(label: str, **given: Any) -> None:
        asked.append({"label": label, **given})

    monkeypatch.setattr(st, "download_button", keep)
    return asked


@pytest.mark.parametrize(
    ("page", "title", "address"),
    [
        ("overview.py", "进展总览", {}),
        ("projects.py", "项目资金", {}),
        ("desk.py", "数据管理", {"view": "versions"}),
        ("desk.py", "数据管理", {"view": "log"}),
    ],
)
def test_a_file_is_made_at_the_click_and_recorded(
    page: str,
    title: str,
    address: dict[str, str],
    own: str,
    show: Callable[..., Shown],
    buttons: list[dict[str, Any]],
) -> None:
    show(page, level="高职", as_of="2025-06-30", **address)
    assert buttons
    assert notes.log_count() == 0
    for number, each in enumerate(buttons, 1):
        assert each["on_click"] == "ignore"
        content = each["data"]()
        assert notes.log_count() == number
        entry = notes.log()[0]
        assert (entry.kind, entry.who, entry.refused) == ("export", "本机用户", False)
        assert entry.detail["page"] == title
        assert entry.detail["file"] == each["file_name"]
        if each["file_name"].endswith(".xlsx"):
            openpyxl.load_workbook(io.BytesIO(content), read_only=True)
        if page != "desk.py":
            assert entry.subject == own
            assert entry.detail["as_of"] == "2025-06-30"
            assert entry.detail["filters"] == "高职"


def taken(claims: dict[str, Any]) -> bytes:
    return download.take(lambda: b"x", claims, lambda: "v", {"file": "表.xlsx"})


def test_who_takes_it_is_looked_at_anew(own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page was drawn for somebody who may have lost the role, or left, since."""
    del own
    roles: dict[str, Any] = {"viewer": ["li@city.example"]}
    monkeypatch.setattr(sign_on, "configured", lambda: True)
    monkeypatch.setattr(sign_on, "settings", lambda: sign_on.read_roles(roles))
    claims = {
        "is_logged_in": True,
        "email": "li@city.example",
        "sub": "download",
        "exp": time.time() + 60,
    }
    assert taken(claims) == b"x"
    assert [each.kind for each in notes.log()] == ["export", "sign_in"]
    for broken in ({}, claims | {"exp": time.time() - 1}):
        with pytest.raises(sign_on.NotAllowed):
            taken(broken)
        assert notes.log()[0].refused
    roles["viewer"] = ["wang@city.example"]
    with pytest.raises(sign_on.NotAllowed, match="还没有角色"):
        taken(claims)
    entry = notes.log()[0]
    assert (entry.who, entry.refused) == ("li@city.example", True)
    assert entry.detail["action"] == "下载“表.xlsx”"


def test_a_log_that_cannot_be_written_holds_nothing_up(
    own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    del own
    monkeypatch.setattr(notes, "record", _unavailable)
    assert taken({}) == b"x"


def _unavailable(*_: object, **__: object) -> None:
    raise notes.Busy("正在使用")


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (sign_on.NotAllowed("登录已过期，请重新登录"), "登录已过期，请重新登录"),
        (versions.NoVersion("没有版本"), "没有版本"),
        (None, "页面已更新，请再点一次"),
        (KeyError("secret"), "文件没有生成，错误编号 E-"),
    ],
)
def test_why_there_is_no_file_is_said(
    cause: Exception | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def execute(_: str) -> str:
        raise MediaFileStorageError("failed") from cause

    manager = SimpleNamespace(execute_deferred=execute)
    monkeypatch.setattr(runtime, "get_instance", lambda: SimpleNamespace(media_file_mgr=manager))
    request = SimpleNamespace(request_id="1", deferred_file=SimpleNamespace(file_id="2"))
    # A thread of its own: the browser tests of the same process keep a loop running in this one.
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(asyncio.run, download.answer(None, request, "3")).result()
    assert answer.error_msg.startswith(said)
    assert "secret" not in answer.error_msg
