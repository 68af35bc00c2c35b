"""责任督导 and 项目资金 in a browser: a cell opens, a brief opens, a slider keeps the address."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser


def test_a_cell_opens_and_a_department_has_a_brief(visitor: Visitor) -> None:
    page = visitor.goto("/accountability")
    page.locator(".duties td a.leads").first.click()
    expect(page.locator("#chosen")).to_be_visible()
    expect(page).to_have_url(re.compile("who="))
    page.locator(".duties th a").first.click()
    expect(page.locator("h1").first).to_be_visible()
    expect(page.locator("h1").first).to_contain_text("工作简报")
    expect(page).to_have_url(re.compile("department="))
    visitor.settle()
    with page.expect_download() as got:
        page.get_by_text("下载工作简报（.docx）").click()
    assert got.value.suggested_filename.endswith(".docx")
    visitor.check()


def test_a_slider_stands_in_the_address(visitor: Visitor) -> None:
    page = visitor.goto("/projects")
    expect(page.locator("h1").first).to_contain_text("在库项目需市级资金")
    page.get_by_role("slider").first.press("ArrowRight")
    expect(page).to_have_url(re.compile("w_results=45"))
    visitor.settle()
    visitor.check()
