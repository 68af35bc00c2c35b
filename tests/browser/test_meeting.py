"""The presentation, which needs no server once it has begun; and every page on paper."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, ViewportSize, expect
from playwright.sync_api import TimeoutError as TooLate

from pages.briefing.pack import DEFAULT
from pages.parts.menu import MENU
from tests.browser.conftest import Server, Visitor

# The smallest letters of the slide on show, in pixels of the screen, and what lies outside it.
LOOK = """stage => {
  const scale = stage.getBoundingClientRect().width / 1920;
  const texts = [...stage.querySelectorAll('*')].filter(each => each.tagName !== 'title'
    && [...each.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()));
  const sizes = texts.map(each => parseFloat(getComputedStyle(each).fontSize) * scale);
  const out = texts.filter(each => {
    const box = each.getBoundingClientRect();
    return box.right > innerWidth + 1 || box.left < -1 || box.bottom > innerHeight + 1;
  });
  return [Math.min(...sizes), out.map(each => each.textContent)];
}"""
# What sticks out of the paper's width, wherever it is.
OUTSIDE = """() => {
  const found = [];
  const look = root => root.querySelectorAll('*').forEach(each => {
    if (each.shadowRoot) look(each.shadowRoot);
    const style = getComputedStyle(each);
    const box = each.getBoundingClientRect();
    if (!box.width || !box.height || style.visibility === 'hidden') return;
    // Plotly's invisible handles, and slides drawn small by a transform.
    if (each.closest('.draglayer, .frame')) return;
    if (box.right > innerWidth + 2 && each.textContent.trim())
      found.push(`${each.tagName}.${each.className} ${each.textContent.trim().slice(0, 20)}`);
  });
  look(document);
  return found;
}"""
# The width of A4 between the margins of page.css.
PAPER = ViewportSize(width=703, height=1000)


def number(page: Page) -> str:
    return page.locator("dialog .stage footer b").inner_text()


def test_presentation(visit: object, server: Server) -> None:
    visitor: Visitor = visit(server, viewport={"width": 1920, "height": 1080})  # type: ignore[operator]
    page = visitor.goto("/meeting")
    expect(page.locator(".frame")).to_have_count(len(DEFAULT))
    page.locator(".start").click()
    stage = page.locator("dialog .stage")
    expect(stage).to_be_visible()
    # What is on show needs no server any more.
    visitor.context.set_offline(True)
    titles = set()
    for place in range(len(DEFAULT)):
        assert number(page) == f"{place + 1} / {len(DEFAULT)}"
        smallest, outside = stage.evaluate(LOOK)
        assert smallest >= 24
        assert not outside
        assert "演示数据" in stage.inner_text()
        titles.add(stage.locator("h1").inner_text())
        page.keyboard.press("ArrowRight")
    assert len(titles) == len(DEFAULT)
    assert number(page) == f"{len(DEFAULT)} / {len(DEFAULT)}"
    page.keyboard.press("ArrowLeft")
    assert number(page) == f"{len(DEFAULT) - 1} / {len(DEFAULT)}"
    page.keyboard.press("Home")
    page.mouse.click(1500, 600)
    assert number(page) == f"2 / {len(DEFAULT)}"
    page.keyboard.press("Escape")
    expect(stage).to_be_hidden()
    visitor.context.set_offline(False)
    visitor.settle()


def test_every_page_prints(visitor: Visitor) -> None:
    page = visitor.goto("/")
    sidebar = page.locator("[data-testid=stSidebar]")
    expect(sidebar).to_be_visible()
    page.emulate_media(media="print")
    expect(sidebar).to_be_hidden()
    page.set_viewport_size(PAPER)
    for address, _, title in (each for group in MENU.values() for each in group):
        visitor.goto(f"/{address}")
        expect(page.locator(".bar-top").get_by_text("数据截至")).to_be_visible()
        expect(page.locator("h1").first).to_be_visible()
        try:
            page.wait_for_function(f"() => ({OUTSIDE})().length === 0", timeout=5000)
        except TooLate:
            pytest.fail(f"{title}: {page.evaluate(OUTSIDE)[:5]}")
    made = page.pdf(format="A4")
    assert made.startswith(b"%PDF")
    assert re.search(rb"/Type\s*/Page\b", made)
