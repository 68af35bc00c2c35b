"""Two clerks at the same rectification: the second is shown what the first did, then decides."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import PAGE_MILLISECONDS, Server, Visitor


def test_two_clerks_edit_one_rectification(
    visit: Callable[..., Visitor],
    serve: Callable[..., AbstractContextManager[Server]],
    demo_warehouse: Path,
    tmp_path: Path,
) -> None:
    warehouse = Path(shutil.copytree(demo_warehouse, tmp_path / "data"))
    pointer = warehouse / "CURRENT"
    first = pointer.read_text()
    with serve(warehouse) as server:
        one = visit(server)
        two = visit(server, viewport=ViewportSize(width=390, height=844))
        for visitor in (one, two):
            page = visitor.goto("/accountability")
            page.locator(".edit a", has_text="编辑").first.click()
            expect(page.get_by_role("dialog")).to_be_visible()
            visitor.settle()
            page.get_by_label("问题 *").fill(f"改：{page.viewport_size}")

        # Back and 取消 are without the form, and nothing is kept of it.
        two.page.go_back()
        expect(two.page.get_by_role("dialog")).to_have_count(0)
        two.page.locator(".edit a", has_text="完成").first.click()
        two.page.get_by_role("button", name="取消").click()
        expect(two.page.get_by_role("dialog")).to_have_count(0)
        two.page.locator(".edit a", has_text="编辑").first.click()
        two.settle()
        two.page.get_by_label("问题 *").fill("乙<b>改的</b>")

        save(one.page, "确认保存")
        second = pointer.read_text()
        assert second != first

        two.page.get_by_role("button", name="检查并预览").click()
        expect(two.page.get_by_text("这一行在您打开之后已被他人修改")).to_be_visible()
        expect(two.page.get_by_role("cell", name="乙<b>改的</b>").first).to_be_visible()
        assert pointer.read_text() == second
        two.page.get_by_role("button", name="采用我的修改，再预览").click()
        confirm(two.page, "确认保存")
        assert pointer.read_text() not in (first, second)
        expect(two.page.get_by_role("cell", name="乙<b>改的</b>").first).to_be_visible()

        # The first goes on with what they saved, and is told that there is more.
        one.page.locator("a[data-go^='?who']").first.click()
        expect(one.page.get_by_text("数据已更新")).to_be_visible()
        one.page.get_by_role("button", name="刷新").click()
        expect(one.page.get_by_role("cell", name="乙<b>改的</b>").first).to_be_visible()


def save(page: Page, words: str) -> None:
    page.get_by_role("button", name="检查并预览").click()
    confirm(page, words)


def confirm(page: Page, words: str) -> None:
    # A check is a process of its own, and the machine may be busy.
    expect(page.get_by_text("尚未保存，数据没有改变")).to_be_visible(timeout=PAGE_MILLISECONDS)
    page.get_by_role("button", name=words).click()
    expect(page.get_by_text("已保存为版本")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
