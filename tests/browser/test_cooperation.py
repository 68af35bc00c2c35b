"""校企合作 in a browser: a cell of the matrix leads to enterprises, a district filters, Back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser


def test_a_cell_its_enterprises_a_district_and_back(visitor: Visitor) -> None:
    page = visitor.goto("/cooperation")
    heading = page.locator("h1").first
    city = heading.inner_text()
    cell = page.locator("table.pairs td a[data-go*='&industry=%']").first
    pairs = cell.inner_text()
    cell.click()
    listed = page.locator(".within")
    expect(listed.locator("h2, b, h3").first).to_contain_text(pairs)
    expect(page).to_have_url(re.compile("industry="))
    visitor.settle()
    page.go_back()
    expect(listed).to_have_count(0)
    visitor.settle()

    page.locator("[data-go^='~district=']").first.dispatch_event("click")
    expect(page).to_have_url(re.compile("district="))
    expect(heading).not_to_have_text(city)
    visitor.settle()
    page.go_back()
    expect(heading).to_have_text(city)
