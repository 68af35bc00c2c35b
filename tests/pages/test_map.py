"""区县地图: what it shows agrees with ``evaluate`` under every filter, and every place leads on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from data.contract import NO_DISTRICT
from data.plan import load_plan
from pages.parts import map as district_map
from pages.parts import map_files, map_state
from pages.parts.map_state import Shown as Asked
from pages.parts.view import View
from queries import places
from queries.evaluate import Scope, evaluate
from queries.run import fetch, open_current
from queries.status import number
from tests.pages.conftest import Shown

TOPICS = [each.id for each in places.topics(load_plan())]
SCOPES: dict[str, dict[str, Any]] = {
    "city": {},
    "market": {"authority": ["市属"]},
    "college": {"level": ["高职"]},
    "district": {"district": ["金水区"]},
    "early": {"as_of": "2024-06-30"},
}


def chart(shown: Shown) -> dict[str, Any]:
    """The figure of the map as it is sent to the browser."""
    (element,) = [each for each in shown.app.main if each.type == "plotly_chart"]
    figure: dict[str, Any] = json.loads(element.proto.spec)
    return figure


def outlines(shown: Shown) -> dict[str, Any]:
    (found,) = [each for each in chart(shown)["data"] if each["type"] == "choropleth"]
    return dict(found)


def league(shown: Shown) -> dict[str, str]:
    """District -> the figure in the league."""
    rows = re.findall(
        r'data-go="[^"]*">([^<]+)</a></td>.*?<b>([^<]*)</b>', shown.html("league"), re.DOTALL
    )
    return {name: figure.strip() for name, figure in rows}


@pytest.mark.parametrize("form", places.FORMS)
@pytest.mark.parametrize("topic", [TOPICS[0], "points_retired", places.STUDENTS])
def test_forms(show: Callable[..., Shown], topic: str, form: str) -> None:
    check_topic(show, topic, form)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic(show: Callable[..., Shown], topic: str) -> None:
    check_topic(show, topic, places.CHANGE)


def check_topic(show: Callable[..., Shown], topic: str, form: str) -> None:
    """The page names the topic, and every place stands in the league and on the map."""
    shown = show("map.py", id=topic, form=form)
    assert next(each.name for each in places.topics(load_plan()) if each.id == topic) in (
        shown.text("head")
    )
    names = [name for name, _ in places.place_names(open_current())]
    assert sorted(league(shown)) == sorted(names)
    assert len(outlines(shown)["locations"]) == 12


@pytest.mark.parametrize("address", SCOPES.values(), ids=SCOPES)
@pytest.mark.parametrize("topic", ["points_emerging", "industry_share"])
def test_the_league_agrees_with_evaluate(
    show: Callable[..., Shown], topic: str, address: dict[str, Any]
) -> None:
    shown = show("map.py", id=topic, **address)
    version = open_current()
    day = None if "as_of" not in address else version.plan.issued_on.fromisoformat(address["as_of"])
    scope = Scope(tuple(address.get("authority", ())), tuple(address.get("level", ())))
    parts = evaluate(version, day, scope, "district", [topic])
    unit = parts[0].indicator.unit
    expected = {p.group: number(p.actual, unit).removesuffix(unit).strip() for p in parts}
    figures = league(shown)
    assert {name: figures[str(name)] for name in expected} == expected

    whole = Scope(scope.authority, scope.level, tuple(address.get("district", ())))
    (total,) = evaluate(version, day, whole, None, [topic])
    assert number(total.actual, unit) in shown.text("head")


def test_a_chosen_place_is_what_everything_is_about(show: Callable[..., Shown]) -> None:
    shown = show("map.py", id="points_emerging", area="新密市")
    version = open_current()
    (part,) = evaluate(version, None, Scope(district=("新密市",)), None, ["points_emerging"])
    assert f"新密市：新兴专业点 {number(part.actual, '个')}，" in shown.text("head")
    assert "新密市：" in shown.text("inside")
    assert "新密市的各项指标" in shown.text("inside")
    schools = {i.name for i in version.institutions if i.district == "新密市" and not i.outside}
    listed = set(re.findall(r"data-go=\"institution\?id=[^\"]*\">([^<]+)<", shown.html("inside")))
    assert listed <= schools
    assert f"新密市 {number(part.actual, '个')}" in shown.text("years")
    edges = [each for each in chart(shown)["data"] if each.get("mode") == "lines"]
    assert len(edges) == 1


def test_the_schools_of_a_place_add_up(show: Callable[..., Shown]) -> None:
    shown = show("map.py", id="points_emerging", area=NO_DISTRICT)
    (part,) = evaluate(
        open_current(), None, Scope(district=(NO_DISTRICT,)), None, ["points_emerging"]
    )
    rows = re.findall(r"<tr><td><a.*?</tr>", shown.html("inside").split("各项指标")[0], re.DOTALL)
    figures = [int(re.sub(r"<[^>]+>", " ", row).split()[-1]) for row in rows]
    assert sum(figures) == part.actual
    # Not on the map, but never dropped.
    assert f"未填区县（{len(rows)} 所" in shown.text("legend")


def test_a_click_chooses_on_this_page_or_sets_the_filter(show: Callable[..., Shown]) -> None:
    here = parse_qs(urlsplit("?" + show("map.py").goes("league")[0].partition("?")[2]).query)
    assert list(here) == ["area"]
    follows = show("map.py", follow="1").goes("league")
    assert all(go.startswith("~district=") for go in follows)
    filtered = show("map.py", district=["金水区"]).goes("league")
    assert all(go.startswith("~district=") for go in filtered)
    assert "~district=?area=" in filtered


def test_the_map_asks_no_host(show: Callable[..., Shown]) -> None:
    shown = show("map.py")
    (element,) = [each for each in shown.app.main if each.type == "plotly_chart"]
    config = json.loads(element.proto.config)
    assert config["topojsonURL"].startswith("data:application/json,")
    assert config["topojsonURL"].endswith("#")
    geo = chart(shown)["layout"]["geo"]
    assert "fitbounds" not in geo
    corners = [
        corner
        for feature in outlines(shown)["geojson"]["features"]
        for corner in feature["geometry"]["coordinates"][0]
    ]
    west, east = geo["lonaxis"]["range"]
    south, north = geo["lataxis"]["range"]
    assert all(west < x < east and south < y < north for x, y in corners)


def test_rings_run_clockwise_on_the_map_and_the_other_way_in_the_file(
    show: Callable[..., Shown],
) -> None:
    def area(ring: list[list[float]]) -> float:
        pairs = pairwise(ring)
        return sum((x2 - x1) * (y2 + y1) for (x1, y1), (x2, y2) in pairs)

    for feature in outlines(show("map.py"))["geojson"]["features"]:
        assert area(feature["geometry"]["coordinates"][0]) > 0
    for feature in geojson()["features"]:
        if feature["geometry"] and feature["geometry"]["type"] == "Polygon":
            assert area(feature["geometry"]["coordinates"][0]) < 0


def test_each_point_of_the_map_begins_with_its_place(show: Callable[..., Shown]) -> None:
    shown = show("map.py")
    version = open_current()
    codes = {name: code for name, code, *_ in fetch("district_list", version)}
    names = {i.institution_id: i.district for i in version.institutions}
    circles = [each for each in chart(shown)["data"] if each.get("name")]
    assert circles
    for trace in circles:
        for code, institution in trace["customdata"]:
            assert code == codes.get(names[institution], "")
    for index, code in enumerate(outlines(shown)["locations"]):
        assert outlines(shown)["customdata"][index][0] == code


@pytest.mark.parametrize("method", ["equal", "quantile", "natural"])
def test_classes_count_every_place(show: Callable[..., Shown], method: str) -> None:
    shown = show("map.py", id="points_emerging", classes=method)
    counts = re.findall(r"（(\d+) 处）", shown.text("legend"))
    assert sum(map(int, counts)) == 16


@pytest.mark.parametrize(
    "address",
    [
        {"id": "nonsense"},
        {"id": "<script>alert(1)</script>"},
        {"form": "density", "id": "industry_share"},
        {"classes": "x", "dots": "x", "form": "x"},
        {"area": "火星"},
    ],
)
def test_nonsense_falls_back(show: Callable[..., Shown], address: dict[str, str]) -> None:
    shown = show("map.py", **address)
    assert "<script" not in "".join(shown.html(key) for key in shown.blocks())
    assert "全市" in shown.text("head")


def test_filters_that_leave_nothing(show: Callable[..., Shown]) -> None:
    shown = show("map.py", id="bachelor_points", authority=["区县属"], level=["职业本科"])
    assert "这里没有符合筛选的院校" in shown.text("inside")
    assert "均为 0 个" in shown.text("head")


@pytest.mark.parametrize("day", ["2010-01-01", "2023-10-19", "2025-12-31", "2031-06-30"])
def test_any_day_can_be_looked_at(show: Callable[..., Shown], day: str) -> None:
    shown = show("map.py", id="points_emerging", as_of=day, form="change")
    assert len(league(shown)) == 17


def test_the_picker_writes_the_address(show: Callable[..., Shown]) -> None:
    shown = show("map.py", id="points_emerging", form="density", area="金水区")
    shown.app.selectbox[0].select("industry_share").run()
    assert not shown.app.exception
    assert shown.app.query_params["id"] == "industry_share"
    assert "form" not in shown.app.query_params
    assert shown.app.query_params["area"] == "金水区"


# ---- files --------------------------------------------------------------------------------------

ASKED = Asked("points_emerging", "value", "natural", "points", (), False)


def geojson() -> dict[str, Any]:
    version = open_current()
    return map_files.geojson(View(version, version.as_of, Scope()), ASKED)


def test_geojson_holds_every_place_with_its_value(show: Callable[..., Shown]) -> None:
    show("map.py")
    version = open_current()
    found = geojson()
    by_name = {each["properties"]["name"]: each for each in found["features"]}
    parts = evaluate(version, None, Scope(), "district", ["points_emerging"])
    assert {p.group: by_name[str(p.group)]["properties"]["value"] for p in parts} == {
        p.group: p.actual for p in parts
    }
    kinds = [each["geometry"] and each["geometry"]["type"] for each in found["features"]]
    assert kinds.count("Polygon") + kinds.count("MultiPolygon") == 12
    assert by_name[NO_DISTRICT]["geometry"] is None
    assert found["mark"] == "演示数据"
    assert "示意图" in found["notice"]
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_the_picture_says_whose_figures_it_shows(show: Callable[..., Shown]) -> None:
    shown = show("map.py", id="points_emerging", area="新密市")
    text = shown.text("sheet")
    for words in ("新密市", "新兴专业点", "数据截至", "演示数据", "示意图", "未填区县", "郑东新区"):
        assert words in text
    sheet = shown.html("sheet")
    assert 'data-png="区县地图_新兴专业点_' in sheet
    assert "http" not in sheet.replace("http://www.w3.org/2000/svg", "")


def test_lines_of_a_title_are_even() -> None:
    assert map_files.wrapped("短", 36) == ["短"]
    lines = map_files.wrapped("长" * 40, 36)
    assert [len(each) for each in lines] == [20, 20]
    assert "".join(map_files.wrapped("混排 abc" * 20, 36)) == "混排 abc" * 20


@pytest.mark.parametrize("fill", ["#E4EDF7", "#1F4E8C", "#9A4A0B", "#E8A867", "#D5DAE0"])
def test_names_can_be_read_on_their_fill(fill: str) -> None:
    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(fill), luminance(district_map.ink(fill))), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_a_state_is_an_address_without_defaults() -> None:
    assert map_state.state(ASKED) == {"id": "points_emerging", "classes": "natural"}
