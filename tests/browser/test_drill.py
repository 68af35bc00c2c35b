"""From the city to the row in three clicks, and back; a link shows elsewhere what it shows here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Page, expect

from queries.evaluate import Scope, evaluate
from queries.run import OpenVersion, open_current
from queries.status import number
from tests.browser.conftest import Server, Visitor

pytestmark = pytest.mark.browser

TOPIC = "points_emerging"
FILTERS = {"as_of": "2025-03-31", "level": "高职"}


@pytest.fixture
def version(server: Server) -> Iterator[OpenVersion]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_DIR", str(server.warehouse))
        yield open_current()


def parameters(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def words(page: Page) -> str:
    """What the page says, without white space."""
    return re.sub(r"\s+", " ", page.get_by_test_id("stMain").inner_text())


def test_city_to_row_in_three_clicks_and_back(
    visitor: Visitor, visit: Callable[..., Visitor], server: Server, version: OpenVersion
) -> None:
    page = visitor.goto(f"/map?{urlencode({'id': TOPIC, **FILTERS})}")
    places = [page.locator("h1").first.inner_text()]

    # One: the first district of the league.
    page.locator(".league tr td.key a").first.click()
    expect(page.locator("h1").first).not_to_have_text(places[0])
    visitor.settle()
    district = parameters(page)["area"][0]
    places.append(page.locator("h1").first.inner_text())

    # Two: its first institution.
    page.locator(".tall a[data-go^='institution?']").first.click()
    expect(page).to_have_url(re.compile(r"/institution\?"))
    visitor.settle()
    code = parameters(page)["id"][0]
    school = next(i for i in version.institutions if i.institution_id == code)
    assert school.district == district
    expect(page.locator("h1").first).to_contain_text(school.name)
    places.append(page.locator("h1").first.inner_text())

    # Three: its rows of the indicator.
    page.locator(f"a[data-go^='indicator?id={TOPIC}&']").click()
    expect(page).to_have_url(re.compile(r"/indicator\?"))
    visitor.settle()
    scope = Scope(level=("高职",), institution=(code,))
    day = version.as_of.fromisoformat(FILTERS["as_of"])
    (part,) = evaluate(version, day, scope, None, [TOPIC])
    expect(
        page.get_by_text(f"逐条依据：{school.name}计入 {number(part.actual)} 行")
    ).to_be_visible()
    for name, value in FILTERS.items():
        assert parameters(page)[name] == [value]

    # The same link in another browser shows the same.
    there = visit(server)
    other = there.goto(page.url.removeprefix(server.url))
    expect(other.get_by_text(f"逐条依据：{school.name}计入").first).to_be_visible()
    there.settle()
    assert words(other) == words(page)

    for expected in reversed(places):
        page.go_back()
        expect(page.locator("h1").first).to_have_text(expected)
    assert "area" not in parameters(page)


def test_links_are_addresses(
    visitor: Visitor, visit: Callable[..., Visitor], server: Server
) -> None:
    page = visitor.goto(f"/map?{urlencode({'id': TOPIC, 'area': '新密市', **FILTERS})}")
    link = page.locator(".tall a[data-go^='institution?']").first
    address = link.get_attribute("href")
    assert address
    link.click()
    expect(page).to_have_url(re.compile(r"/institution\?"))
    visitor.settle()
    there = visit(server)
    other = there.goto(address.removeprefix("."))
    expect(other.locator("h1").first).to_have_text(page.locator("h1").first.inner_text())
    assert parameters(other) == parameters(page)


def test_institution_back_to_its_district(visitor: Visitor, version: OpenVersion) -> None:
    school = next(i for i in version.institutions if i.district == "新郑市")
    page = visitor.goto(f"/institution?{urlencode({'id': school.institution_id})}")
    page.locator(".sheet > .sub a[data-go^='map?']").click()
    expect(page).to_have_url(re.compile(r"/map\?"))
    visitor.settle()
    assert parameters(page)["area"] == ["新郑市"]
    expect(page.locator("h1").first).to_contain_text("新郑市：")
    expect(page.get_by_role("link", name=school.name).first).to_be_visible()


def test_indicator_leads_to_institution_and_map(visitor: Visitor) -> None:
    page = visitor.goto(f"/indicator?id={TOPIC}")
    page.get_by_role("link", name="在区县地图上看").click()
    expect(page).to_have_url(re.compile(r"/map\?"))
    visitor.settle()
    assert parameters(page)["id"] == [TOPIC]
    page.go_back()
    expect(page).to_have_url(re.compile(r"/indicator\?"))
    visitor.settle()
    link = page.locator(".tall a[data-go^='institution?']").first
    name = link.inner_text()
    link.click()
    expect(page.locator("h1").first).to_contain_text(name)


def test_a_row_leads_to_its_institution(visitor: Visitor) -> None:
    page = visitor.goto(f"/indicator?{urlencode({'id': TOPIC, 'area': '新密市'})}")
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    table = page.get_by_test_id("stDataFrame").last
    # The grid is a canvas: its accessible table says what stands where.
    expect(table.locator("th", has_text="院校")).to_be_attached()
    visitor.settle()
    heads = table.locator("th").all_inner_texts()
    column = heads.index("院校")
    cells = table.locator("tbody tr").first.locator("td")
    name = cells.nth(column).inner_text()
    table.locator("canvas").first.click(position={"x": 20, "y": 52}, force=True)
    for place in range(column):
        # A key that comes before the last one was heard is lost.
        expect(cells.nth(place)).to_have_attribute("aria-selected", "true")
        visitor.settle()
        assert "/indicator" in page.url
        page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"/institution\?"), timeout=20_000)
    expect(page.locator("h1").first).to_contain_text(name)


def test_an_empty_filter_is_a_page_of_its_own(visitor: Visitor, version: OpenVersion) -> None:
    school = next(i for i in version.institutions if i.authority == "省属" and not i.outside)
    place = {"id": school.institution_id, "authority": "区县属"}
    page = visitor.goto(f"/institution?{urlencode(place)}")
    expect(page.get_by_text("不在筛选范围内")).to_be_visible()
    page.get_by_role("link", name="清除筛选").click()
    expect(page.locator("h1").first).to_contain_text(f"{school.name}：")
    visitor.settle()
    assert "authority" not in parameters(page)


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page[^s]", pdf))


def test_a_portrait_prints_on_one_page(visitor: Visitor, version: OpenVersion) -> None:
    """The fullest institutions of each level, and a comparison of four."""
    from queries.institutions import schools

    found = sorted(schools(version, version.as_of, Scope()), key=lambda each: -each.points)
    codes = [
        next(each.id for each in found if each.level == level)
        for level in ("中职", "高职", "职业本科", "普通本科")
    ]
    addresses = [urlencode({"id": code}) for code in codes]
    addresses.append(urlencode({"id": codes[0], "with": codes[1:]}, doseq=True))
    for address in addresses:
        page = visitor.goto(f"/institution?{address}")
        expect(page.locator("h1").first).to_be_visible()
        pdf = page.pdf(prefer_css_page_size=True, print_background=True)
        assert pages_of(pdf) == 1, address
