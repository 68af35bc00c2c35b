"""The district map in a real browser: every district can be clicked, and what follows is right."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Page, ViewportSize, expect

from queries.evaluate import Scope, evaluate
from queries.run import OpenVersion, fetch, open_current
from queries.status import number
from tests.browser.conftest import Server, Visitor

pytestmark = pytest.mark.browser

TOPIC = "points_emerging"
# The spot of an outline that is farthest from its edges, in the window's pixels.
SPOT = """(index) => {
  const path = document.querySelectorAll('.choroplethlayer path')[index];
  const box = path.getBBox(), matrix = path.getScreenCTM(), svg = path.ownerSVGElement;
  const at = (x, y) => { const p = svg.createSVGPoint(); p.x = x; p.y = y; return p; };
  const around = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => n * Math.PI / 4);
  let best = null, most = 0;
  for (let i = 1; i < 20; i++) for (let j = 1; j < 20; j++) {
    const x = box.x + box.width * i / 20, y = box.y + box.height * j / 20;
    let free = 0;
    for (const r of [1, 2, 4, 6, 8, 12, 16]) {
      const ring = around.map((a) => at(x + r * Math.cos(a), y + r * Math.sin(a)));
      if (!ring.every((p) => path.isPointInFill(p))) break;
      free = r;
    }
    if (free > most) { most = free; const p = at(x, y).matrixTransform(matrix); best = [p.x, p.y]; }
  }
  return best;
}"""


@pytest.fixture
def version(server: Server) -> Iterator[OpenVersion]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_DIR", str(server.warehouse))
        yield open_current()


def districts(version: OpenVersion) -> list[str]:
    """The districts in the order of the map's outlines."""
    return [name for name, _, kind, *_ in fetch("district_list", version) if kind == "区县"]


def click(page: Page, index: int) -> None:
    """Click the outline where nothing else is near."""
    expect(page.locator(".choroplethlayer path")).to_have_count(12)
    # Away first: a pointer that rests where it will click again does not hover anew.
    page.mouse.move(2, 2)
    x, y = page.evaluate(SPOT, index)
    page.mouse.move(x, y)
    page.mouse.click(x, y)


def figure(version: OpenVersion, name: str) -> str:
    scope = Scope(district=(name,)) if name else None
    (part,) = evaluate(version, None, scope, None, [TOPIC])
    return number(part.actual, part.indicator.unit)


def parameters(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_every_district_sets_the_filter_and_everything_follows(
    visitor: Visitor, version: OpenVersion
) -> None:
    page = visitor.goto(f"/map?id={TOPIC}&follow=1&dots=none")
    names = districts(version)
    assert len(names) == 12
    for index, name in enumerate(names):
        click(page, index)
        expect(page.locator("h1").first).to_contain_text(f"{name}：")
        visitor.settle()
        assert parameters(page)["district"] == [name]
        expect(page.get_by_text(f"范围：{name}").first).to_be_visible()
        expect(page.locator("h1").first).to_contain_text(f" {figure(version, name)}，")
        expect(page.locator(".fact .v").first).to_have_text(figure(version, name))
        expect(page.locator(".league tr.on td.key")).to_have_text(name)
        expect(page.get_by_role("heading", name=f"{name}的各项指标")).to_be_visible()
    # The same one again gives it up.
    click(page, 11)
    expect(page.locator("h1").first).not_to_contain_text(f"{names[11]}：")
    visitor.settle()
    assert "district" not in parameters(page)
    expect(page.locator(".fact .v").first).to_have_text(figure(version, ""))


def test_without_asking_the_filter_stays_and_back_undoes(
    visitor: Visitor, version: OpenVersion
) -> None:
    page = visitor.goto(f"/map?id={TOPIC}&dots=none")
    names = districts(version)
    for index in (9, 3):
        click(page, index)
        expect(page.locator("h1").first).to_contain_text(f"{names[index]}：")
        visitor.settle()
        assert parameters(page)["area"] == [names[index]]
        assert "district" not in parameters(page)
    page.go_back()
    expect(page.locator("h1").first).to_contain_text(f"{names[9]}：")
    assert parameters(page)["area"] == [names[9]]


def test_the_choice_becomes_the_filter_of_every_page(
    visitor: Visitor, version: OpenVersion
) -> None:
    page = visitor.goto(f"/map?{urlencode({'id': TOPIC, 'area': '新密市'})}")
    page.get_by_text("同时筛选各页").click()
    expect(page.get_by_text("范围：新密市").first).to_be_visible()
    visitor.settle()
    found = parameters(page)
    assert (found["district"], found["follow"]) == (["新密市"], ["1"])
    assert "area" not in found
    page.get_by_test_id("stSidebarNavLink").filter(has_text="指标口径").click()
    expect(page).to_have_url(re.compile("/definitions"))
    visitor.settle()
    expect(page.get_by_text("范围：新密市").first).to_be_visible()
    page.go_back()
    expect(page.locator("h1").first).to_contain_text("新密市：")
    page.get_by_text("只看本页").click()
    expect(page.get_by_text("范围：新密市")).to_have_count(0)
    visitor.settle()
    assert parameters(page)["area"] == ["新密市"]
    expect(page.locator("h1").first).to_contain_text("新密市：")


def test_an_institution_means_its_district(visitor: Visitor, version: OpenVersion) -> None:
    page = visitor.goto(f"/map?id={TOPIC}")
    expect(page.locator(".choroplethlayer path")).to_have_count(12)
    visitor.settle()
    # A circle far from the others, so that the pointer is on it alone.
    x, y = page.evaluate("""() => {
      const found = [...document.querySelectorAll('.scattergeo .point')].map((path) => {
        const b = path.getBoundingClientRect();
        return [b.x + b.width / 2, b.y + b.height / 2];
      });
      const away = (p) => Math.min(...found.filter((q) => q !== p)
        .map((q) => Math.hypot(p[0] - q[0], p[1] - q[1])));
      return found.sort((p, q) => away(q) - away(p))[0];
    }""")
    page.mouse.move(2, 2)
    page.mouse.move(x, y)
    words = page.locator(".hoverlayer .hovertext").text_content() or ""
    school = next(i for i in version.institutions if i.name in words)
    page.mouse.click(x, y)
    expect(page.locator("h1").first).to_contain_text(f"{school.district}：")


def test_the_map_neither_moves_nor_zooms(visitor: Visitor) -> None:
    page = visitor.goto(f"/map?id={TOPIC}&dots=none")
    first = page.locator(".choroplethlayer path").first
    expect(first).to_be_attached()
    before = first.get_attribute("d")
    x, y = page.evaluate(SPOT, 6)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 90, y + 40, steps=5)
    page.mouse.up()
    page.mouse.dblclick(x, y)
    visitor.settle()
    assert first.get_attribute("d") == before


def test_years_turn_the_day_back(visitor: Visitor) -> None:
    page = visitor.goto(f"/map?id={TOPIC}")
    page.locator("a.small", has_text="2023 年末").click()
    expect(page.get_by_text("所看日期 2023-12-31").first).to_be_visible()
    visitor.settle()
    assert parameters(page)["as_of"] == ["2023-12-31"]


@pytest.mark.parametrize("topic", ["industry_share", "count-students"])
def test_downloads(visitor: Visitor, version: OpenVersion, topic: str) -> None:
    page = visitor.goto(f"/map?{urlencode({'id': topic, 'area': '金水区', 'form': 'change'})}")
    with page.expect_download() as download:
        page.get_by_role("button", name="下载图片").click()
    assert re.fullmatch(r"区县地图_.+_\d{8}_演示数据\.png", download.value.suggested_filename)
    picture = Image.open(io.BytesIO(download.value.path().read_bytes()))
    assert picture.format == "PNG"
    assert picture.width == 2400
    colours = {c: n for n, c in picture.convert("RGB").getcolors(1 << 24) or []}
    # White paper, ink, at least two classes of districts.
    assert colours[(255, 255, 255)] > picture.width * picture.height * 0.3
    assert sum(n > 20_000 for n in colours.values()) >= 3
    visitor.settle()

    with page.expect_download() as file:
        page.get_by_text("下载 GeoJSON").click()
    assert file.value.suggested_filename.endswith("_演示数据.geojson")
    found = json.loads(file.value.path().read_text("utf-8"))
    names = {each["properties"]["name"] for each in found["features"]}
    assert set(version.districts) <= names


@pytest.mark.parametrize("width", [390, 1920])
def test_other_screens(visit: Callable[..., Visitor], server: Server, width: int) -> None:
    visitor = visit(server, ViewportSize(width=width, height=900))
    page = visitor.goto(f"/map?id={TOPIC}&dots=none")
    click(page, 6)
    expect(page.locator("h1").first).to_contain_text("中牟县：")
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0
