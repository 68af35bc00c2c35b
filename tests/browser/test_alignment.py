"""产教对接 in a browser: a band leads to its rows, a chain stands alone, Back goes back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser


def test_a_band_its_rows_a_chain_and_back(visitor: Visitor) -> None:
    page = visitor.goto("/alignment")
    heading = page.locator("h1").first
    expect(page.locator(".sankey .band").first).to_be_attached()
    city = heading.inner_text()

    band = page.locator(".sankey .band").first
    words = band.get_attribute("aria-label") or ""
    found = re.match(r"(.+)：([\d,]+) 个", words)
    assert found
    # By the keyboard, as someone without a mouse would.
    band.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#rows h2")).to_have_text(f"{found[1]}：{found[2]} 个专业点")
    expect(page).to_have_url(re.compile("industry=.*class="))
    visitor.settle()

    chain = page.locator(".chains a").filter(has_text="新能源")
    chain.click()
    expect(heading).to_contain_text("新能源：")
    expect(page).to_have_url(re.compile("chain="))
    visitor.settle()
    page.locator(".sankey .node").first.click()
    expect(page.locator("#rows h2")).to_contain_text("新能源：")
    visitor.settle()

    page.locator("#rows tbody a").first.click()
    expect(page).to_have_url(re.compile(r"/institution\?"))
    visitor.settle()
    page.go_back()
    expect(page.locator("#rows h2")).to_contain_text("新能源：")
    page.go_back()
    expect(page.locator("#rows h2")).to_have_count(0)
    page.go_back()
    expect(page.locator("#rows h2")).to_have_text(f"{found[1]}：{found[2]} 个专业点")
    page.go_back()
    expect(heading).to_have_text(city)


def test_supply_and_demand_need_no_chart_library(visitor: Visitor) -> None:
    page = visitor.goto("/alignment?view=supply")
    expect(page.locator(".quads circle").first).to_be_visible()
    dot = page.locator(".quads a").first
    name = (dot.get_attribute("aria-label") or "").partition("：")[0]
    dot.click()
    expect(page.get_by_role("heading", name=f"{name}：逐年供需")).to_be_visible()
    visitor.settle()
    assert not [url for url in visitor.requests if "plotly" in url.lower()]


def test_a_pre_check_is_chosen_sent_and_printed_on_one_page(visitor: Visitor) -> None:
    page = visitor.goto("/alignment?view=precheck")
    for label, typed in (("院校", "第三信息工程"), ("专业", "460701")):
        box = page.get_by_role("combobox", name=label).last
        box.click()
        box.fill(typed)
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("institution=" if label == "院校" else "code="))
        visitor.settle()
    title = page.locator(".pre h1")
    expect(title).to_contain_text("汽车制造与试验技术")
    words = title.inner_text()
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) == 1

    page.reload()
    expect(title).to_have_text(words)
    visitor.settle()
