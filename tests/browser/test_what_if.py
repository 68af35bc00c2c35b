"""What an analyst does in 情景推演: moves a lever, keeps the scenario, opens, deletes, undoes."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Server, Visitor

pytestmark = pytest.mark.browser

NAME = "<i>加快</i>新兴"
TOPS = "(rows) => rows.map((row) => row.getBoundingClientRect().top)"


def test_a_move_is_seen_without_a_reload_and_what_is_kept_can_be_opened_and_brought_back(
    visit: Callable[..., Visitor], server: Server
) -> None:
    visitor = visit(server)
    page = visitor.goto("/what-if")
    page.evaluate("window.here = true")
    rows = page.locator("a.wi")
    expect(rows).to_have_count(26)
    expect(rows.last).to_be_in_viewport()
    places = rows.evaluate_all(TOPS)
    row, finding = page.locator("#wi-points_emerging"), page.locator("h1").first
    before = row.locator(".figure b").inner_text()
    slider = page.locator('[data-lever="rate:新兴"] input[type=range]')
    visitor.settle()
    steps = page.evaluate("history.length")
    for _ in range(3):
        slider.press("ArrowRight")
    expect(row.locator(".figure b")).not_to_have_text(before)
    expect(finding).to_contain_text("按此情景")
    expect(page).to_have_url(re.compile(r"levers=.*%3A15%7D"))
    visitor.settle()
    assert page.evaluate("history.length") == steps + 1, "Back leads through every move"
    after = row.locator(".figure b").inner_text()
    assert rows.evaluate_all(TOPS) == places, "the picture jumps"

    page.get_by_text("保存情景").click()
    page.get_by_label("名称").fill(NAME)
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_role("button", name=f"打开{NAME}")).to_be_visible()
    visitor.settle()
    page.get_by_role("button", name=f"打开{NAME}").click()
    expect(page).to_have_url(re.compile(r"saved=\d"))
    expect(row.locator(".figure b")).to_have_text(after)
    visitor.settle()

    page.get_by_text("保存的情景").click()
    page.get_by_role("button", name=f"删除{NAME}").click()
    page.get_by_role("button", name="撤销删除").click()
    expect(page.get_by_role("button", name=f"打开{NAME}")).to_be_visible()
    assert page.evaluate("window.here") is True
    link = page.get_by_role("link", name=NAME).get_attribute("href")
    visitor.settle()
    # The link stands for the scenario in a browser that knows nothing of this one.
    assert link
    other = visit(server)
    shown = other.goto(link.removeprefix("."))
    expect(shown.locator("#wi-points_emerging .figure b")).to_have_text(after)
    other.settle()
