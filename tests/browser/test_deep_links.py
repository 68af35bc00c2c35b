"""An address is the whole place: on a fresh server, after Back, after a reload, from a click."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from data.plan import load_plan
from tests.browser.conftest import Server, Visitor

pytestmark = pytest.mark.browser

PLACE = "/indicator?id=points_emerging&as_of=2025-03-31&level=%E4%B8%AD%E8%81%8C"
INDICATOR = load_plan().indicator("points_emerging")


def parameters(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def expect_place(page: Page) -> None:
    """The indicator, the day and the level of PLACE are what the page shows, and in the address."""
    assert INDICATOR is not None
    expect(page.get_by_text(INDICATOR.quote[:12]).first).to_be_visible()
    expect(page.get_by_text("数据截至 2025-03-31").first).to_be_visible()
    expect(page.get_by_text("范围：中职").first).to_be_visible()
    assert urlsplit(page.url).path == "/indicator"
    assert parameters(page) == {
        "id": ["points_emerging"],
        "as_of": ["2025-03-31"],
        "level": ["中职"],
    }


def test_first_visit_to_a_fresh_server(
    visit: Callable[..., Visitor],
    serve: Callable[..., AbstractContextManager[Server]],
    demo_warehouse: Path,
    tmp_path: Path,
) -> None:
    warehouse = Path(shutil.copytree(demo_warehouse, tmp_path / "data"))
    with serve(warehouse) as fresh:
        page = visit(fresh).goto(PLACE)
        expect_place(page)
        expect(page.get_by_test_id("stSidebarNavLink").first).to_be_visible()
        expect(page.get_by_text("演示数据").first).to_be_visible()


def test_reload_keeps_the_place(visitor: Visitor) -> None:
    page = visitor.goto(PLACE)
    expect_place(page)
    page.reload(wait_until="commit")
    visitor.settle()
    expect_place(page)


def test_each_click_is_one_step_of_back(visitor: Visitor) -> None:
    """Overview → narrowed by status → indicator → by the crumb to the overview, and back again."""
    page = visitor.goto("/overview?as_of=2025-03-31")
    heading = page.locator("h1").first
    steps = [(page.url, heading.inner_text())]

    def click(place: str, address: str) -> None:
        page.locator(place).first.click()
        expect(page).to_have_url(re.compile(address))
        visitor.settle()
        steps.append((page.url, heading.inner_text()))

    click("[data-go*='status=']", r"/\?as_of=2025-03-31&status=[a-z_]+$")
    click("[data-go*='id=points_emerging']", r"/indicator\?id=points_emerging&as_of=2025-03-31$")
    click("[data-go^='overview']", r"/\?as_of=2025-03-31$")
    for url, title in reversed(steps[:-1]):
        page.go_back()
        expect(page).to_have_url(url)
        expect(heading).to_have_text(title)
    for url, title in steps[1:]:
        page.go_forward()
        expect(page).to_have_url(url)
        expect(heading).to_have_text(title)


def test_a_filter_is_one_step_of_back(visitor: Visitor) -> None:
    page = visitor.goto("/indicator?id=points_emerging")
    page.get_by_role("combobox", name="层次").click()
    page.get_by_role("option", name="中职").click()
    page.keyboard.press("Escape")
    expect(page.get_by_text("范围：中职").first).to_be_visible()
    assert parameters(page) == {"id": ["points_emerging"], "level": ["中职"]}
    page.go_back()
    expect(page.get_by_text("范围：中职")).to_have_count(0)
    assert parameters(page) == {"id": ["points_emerging"]}
    assert urlsplit(page.url).path == "/indicator"


def test_filters_follow_the_visitor_through_the_navigation(visitor: Visitor) -> None:
    page = visitor.goto("/overview?as_of=2025-03-31&level=%E4%B8%AD%E8%81%8C")
    expect(page.get_by_text("范围：中职").first).to_be_visible()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="指标详情").click()
    expect(page).to_have_url(re.compile(r"/indicator"))
    visitor.settle()
    expect(page.get_by_text("范围：中职").first).to_be_visible()
    expect(page.get_by_text("数据截至 2025-03-31").first).to_be_visible()
    found = parameters(page)
    assert found["level"] == ["中职"]
    assert found["as_of"] == ["2025-03-31"]


@pytest.mark.parametrize(
    "query",
    [
        "as_of=yesterday",
        "as_of=2025-02-30",
        "level=nonsense",
        "authority=%3Cscript%3E",
        "id=nothing",
    ],
)
def test_nonsense_in_the_address_is_survived(visitor: Visitor, query: str) -> None:
    page = visitor.goto(f"/indicator?{query}")
    expect(page.locator("h1").first).to_be_visible()
    expect(page.get_by_text("错误编号")).to_have_count(0)


def test_the_calendar_is_chinese_in_an_english_browser(
    visit: Callable[..., Visitor], server: Server
) -> None:
    visitor = visit(server, locale="en-US")
    page = visitor.goto("/definitions")
    visitor.settle()
    page.get_by_test_id("stDateInput").get_by_role("button").first.click()
    calendar = page.get_by_role("application")
    expect(calendar).to_be_visible()
    assert not re.search("[A-Za-z]", calendar.inner_text())
    assert "月" in calendar.inner_text()
