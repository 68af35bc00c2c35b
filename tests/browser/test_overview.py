"""What a leader does: reads one screen, presses a status, goes from the city to the rows."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Server, Visitor

pytestmark = pytest.mark.browser

ROWS = "a.row"


def test_one_screen_holds_the_verdict_every_indicator_the_worst_and_the_owners(
    visitor: Visitor,
) -> None:
    page = visitor.goto("/")
    expect(page.locator("h1").first).to_be_in_viewport()
    expect(page.locator(ROWS)).to_have_count(26)
    for row in page.locator(ROWS).all():
        expect(row).to_be_in_viewport()
    expect(page.locator(".worst li")).to_have_count(5)
    expect(page.locator(".worst li").last).to_be_in_viewport()
    expect(page.locator(".owner").first).to_be_in_viewport()
    expect(page.get_by_text("演示数据").first).to_be_in_viewport()


def test_the_overview_needs_no_chart_library(visit: Callable[..., Visitor], server: Server) -> None:
    visitor = visit(server)
    page = visitor.goto("/")
    expect(page.locator(ROWS)).to_have_count(26)
    visitor.settle()
    assert not [url for url in visitor.requests if "plotly" in url.lower()]


def test_a_status_filters_and_a_second_press_shows_all_again(visitor: Visitor) -> None:
    page = visitor.goto("/")
    chip = page.locator(".chip").filter(has_text="严重滞后")
    count = int(chip.locator("b").inner_text())
    chip.click()
    expect(page).to_have_url(re.compile(r"status=far_behind"))
    expect(page.locator(f"{ROWS}:not(.faded)")).to_have_count(count)
    page.locator(".chip").filter(has_text="严重滞后").click()
    expect(page).not_to_have_url(re.compile("status="))
    expect(page.locator(f"{ROWS}.faded")).to_have_count(0)


def test_a_department_shows_its_indicators(visitor: Visitor) -> None:
    page = visitor.goto("/")
    owner = page.locator(".owner").nth(1)
    tally = [int(text) for text in re.findall(r"\d+", owner.locator(".tally").inner_text())]
    owner.click()
    expect(page).to_have_url(re.compile("department="))
    expect(page.locator(f"{ROWS}:not(.faded)")).to_have_count(sum(tally))


def test_three_clicks_from_the_city_to_the_rows_and_the_link_can_be_sent(
    visitor: Visitor, visit: Callable[..., Visitor], server: Server
) -> None:
    page = visitor.goto("/?as_of=2025-06-30")
    page.locator(ROWS).filter(has_text="新兴专业点").first.click()
    expect(page).to_have_url(re.compile(r"/indicator\?.*id=points_emerging"))
    visitor.settle()
    place = page.locator(".rank").filter(has_text="金水区")
    figure = re.sub(r"\D", "", place.locator(".n").inner_text())
    place.click()
    expect(page).to_have_url(re.compile("area="))
    rows = page.get_by_text(re.compile("逐条依据：金水区计入"))
    expect(rows).to_contain_text(f"计入 {figure} 行")

    elsewhere = visit(server).goto(page.url.removeprefix(server.url))
    expect(elsewhere.get_by_text(re.compile("逐条依据：金水区计入"))).to_contain_text(
        f"计入 {figure} 行"
    )


def test_a_row_opens_with_the_keyboard(visitor: Visitor) -> None:
    page = visitor.goto("/")
    page.locator(ROWS).first.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/indicator\?.*id=industry_share"))


def test_a_download_carries_name_date_and_mark(visitor: Visitor) -> None:
    page = visitor.goto("/")
    with page.expect_download() as waiting:
        page.get_by_role("button", name=re.compile("下载全部指标")).click()
    assert re.fullmatch(r"全部指标_\d{8}_演示数据\.xlsx", waiting.value.suggested_filename)
