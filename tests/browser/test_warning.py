"""监测预警 in a browser: try a threshold, back to the plan's, from the heat to a point's years."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser


def test_try_a_threshold_and_go_from_the_heat_to_a_point(visitor: Visitor) -> None:
    page = visitor.goto("/warning")
    heading = page.locator("h1").first
    said = heading.inner_text()

    page.get_by_text("规则与界线").click()
    thumb = page.get_by_role("slider", name=re.compile("满意度")).last
    thumb.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("试算设置，非方案设置").first).to_be_visible()
    expect(page).to_have_url(re.compile("satisfaction="))
    visitor.settle()
    page.get_by_text("恢复方案设置").first.click()
    expect(heading).to_have_text(said)
    expect(page).not_to_have_url(re.compile("satisfaction="))
    visitor.settle()

    page.locator(".heat g[data-go]").first.click()
    listed = page.get_by_role("heading", name=re.compile(r"专业点 \d+ 个"))
    expect(listed).to_be_visible()
    visitor.settle()
    page.locator(".points tbody a.link").first.click()
    expect(page.locator(".signals").first).to_be_visible()
    visitor.settle()
    page.go_back()
    expect(listed).to_be_visible()
    expect(page.locator(".signals")).to_have_count(0)
