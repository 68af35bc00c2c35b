"""Every page works with no other host: the visitor fails on any request elsewhere, or any error."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import ViewportSize, expect

from pages.parts.menu import MENU
from tests.browser.conftest import Server, Visitor

pytestmark = pytest.mark.browser

PAGES = [(address, title) for group in MENU.values() for address, _, title in group]
HOME = PAGES[0][0]  # its address is also the root
SIZES = {
    "office": ViewportSize(width=1366, height=768),
    "phone": ViewportSize(width=390, height=844),
}
# Without an error number, a traceback or a stopped run.
BROKEN = "[data-testid='stException'], [data-testid='stAlert']:has-text('错误编号')"


def read(visitor: Visitor) -> None:
    """Scroll to the end as a reader does, so that what is drawn late is drawn."""
    visitor.page.get_by_test_id("stMain").hover(position={"x": 100, "y": 300})
    for _ in range(6):
        visitor.page.mouse.wheel(0, 700)
        visitor.settle()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("address", [address for address, _ in PAGES])
def test_page(visit: Callable[..., Visitor], server: Server, address: str, size: str) -> None:
    visitor = visit(server, SIZES[size])
    page = visitor.goto(f"/{address}")
    expect(page.locator("h1").first).to_be_visible()
    read(visitor)
    expect(page.locator(BROKEN)).to_have_count(0)
    expect(page.get_by_text("演示数据").first).to_be_attached()
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, "the page is wider than the screen"


def test_navigation_leads_to_every_page(visitor: Visitor) -> None:
    page = visitor.goto("/")
    links = page.get_by_test_id("stSidebarNavLink")
    expect(links).to_have_count(len(PAGES))
    # The other pages first: a click on the page one is on changes nothing.
    for address, title in PAGES[1:] + PAGES[:1]:
        links.filter(has_text=title).click()
        expect(page).to_have_url(re.compile(rf"/{'' if address == HOME else address}(\?|$)"))
        visitor.settle()
        expect(page.locator("h1").first).to_be_visible()
        expect(page.locator(BROKEN)).to_have_count(0)


def test_home_is_the_first_page(visitor: Visitor) -> None:
    page = visitor.goto("/")
    expect(page.locator("h1").first).to_be_visible()
    assert page.title()


def test_the_harness_sees_a_stranger(visit: Callable[..., Visitor], server: Server) -> None:
    visitor = visit(server)
    page = visitor.goto("/")
    # Without the policy the request would go out; the policy reports it as an error as well.
    with page.expect_event("console"):
        page.evaluate("new Image().src = 'http://stranger.invalid/a.png'")
    with pytest.raises(AssertionError, match="stranger"):
        visitor.check()
    visitor.requests.clear()
    visitor.errors.clear()
