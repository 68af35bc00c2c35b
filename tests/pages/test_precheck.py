"""新增专业预审 on the page: what the address asks for, a list uploaded, the unknown told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from data import applications
from pages.parts import precheck as shown_by
from queries import precheck
from queries.precheck import Application
from queries.run import open_current
from tests.data.test_applications import book
from tests.pages.conftest import Shown

PAGE = "alignment.py"


def test_without_a_choice_it_says_what_to_do(show: Callable[..., Shown]) -> None:
    text = show(PAGE, view="precheck").text("precheck-start")
    assert "选一所院校和一个专业，或上传清单" in text
    assert "演示数据" in text
    assert "本系统默认，可调整" in text


def test_the_address_is_a_check(show: Callable[..., Shown]) -> None:
    shown = show(
        PAGE, view="precheck", institution="GZ003", code="460701", **{"for": "高职"}, track="新兴"
    )
    text = shown.text("precheck")
    version = open_current()
    known = precheck.known(version, version.as_of)
    found = precheck.check(known, [Application("GZ003", "460701", "高职", "新兴")])[0]
    assert f"建议{found.recommendation}：{found.fired[0].words}" in text
    for each in found.fired:
        assert each.words in text
    assert f"{found.facts.able} 所院校中 {found.facts.offering} 所已开设" in text
    assert "新兴专业点" in text
    assert "演示数据" in text
    assert any(go.startswith("institution?id=GZ003") for go in shown.goes("precheck"))


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ({"institution": "<b>x</b>"}, "没有代码为“<b>x</b>”的院校"),
        ({"code": "000000"}, "没有代码为“000000”的国家专业目录中的专业"),
    ],
)
def test_what_the_data_does_not_know_is_said(
    show: Callable[..., Shown], address: dict[str, str], words: str
) -> None:
    shown = show(PAGE, view="precheck", **address)
    assert any(words in shown.text(key) for key in shown.blocks() if key.startswith("unknown"))
    assert "<b>x</b>" not in "".join(shown.html(key) for key in shown.blocks())


def test_a_level_that_is_not_the_codes(show: Callable[..., Shown]) -> None:
    shown = show(PAGE, view="precheck", institution="GZ003", code="460701K", **{"for": "中职"})
    assert "属于高职" in shown.text("unknown-level")


def test_an_uploaded_list_is_checked_line_by_line(show: Callable[..., Shown]) -> None:
    shown = show(PAGE, view="precheck")
    content = book(["GZ003", "460701", "高职", "新兴"], ["GZ003", "x"], ["=HYPERLINK(1)", "460701"])
    shown.app.file_uploader[0].upload("清单.xlsx", content, "application/octet-stream").run()
    assert not shown.app.exception
    text = shown.text("precheck-lines")
    assert "预审 1 个专业" in text
    assert "2 处有误" in text
    assert "B3" in text
    assert "A4" in text
    assert "建议支持" in shown.text("precheck-sheets")


def test_the_template_has_the_columns_it_reads() -> None:
    lines, problems = applications.read("模板.xlsx", shown_by.template(), {}, {})
    assert lines == []
    # Nothing but that it is still empty.
    assert [each.expected for each in problems] == ["没有数据，至少应填一行"]


def test_a_hostile_list_is_refused_and_the_page_stands(show: Callable[..., Shown]) -> None:
    """It is read in the server itself, within a tight limit."""
    shown = show(PAGE, view="precheck")
    for content, words in (
        (b"PK" + bytes(6 * 1024 * 1024), "超过 5 MB"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "旧版 Excel 格式"),
        (b"PK\x03\x04", "已损坏"),
        (b"a,b", "不是 .xlsx 工作簿"),
    ):
        shown.app.file_uploader[0].upload("<i>清单.xlsx", content, "application/zip").run()
        assert not shown.app.exception
        assert words in shown.text("precheck-unreadable")
        assert "<i>" not in shown.html("precheck-unreadable")
