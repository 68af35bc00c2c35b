"""The reference facts agree with the official totals, with one another and with the map."""

from __future__ import annotations

import re

import pytest

from data import reference
from data.contract import LEVELS, SCHOOL_TYPES

DISTRICTS = {
    "410102": "中原区",
    "410103": "二七区",
    "410104": "管城回族区",
    "410105": "金水区",
    "410106": "上街区",
    "410108": "惠济区",
    "410122": "中牟县",
    "410181": "巩义市",
    "410182": "荥阳市",
    "410183": "新密市",
    "410184": "新郑市",
    "410185": "登封市",
}
ZONES = {"郑东新区", "郑州经开区", "郑州高新区", "郑州航空港区"}


def test_official_totals_of_the_2021_catalogue() -> None:
    catalogue = reference.specialties()
    edition = catalogue[catalogue["edition"] == "2021"]
    assert edition["level"].value_counts().to_dict() == {"中职": 358, "高职": 744, "职业本科": 247}
    assert edition["class_name"].nunique() == 97
    assert edition["category_name"].nunique() == 19


def test_the_whole_catalogue() -> None:
    catalogue = reference.specialties()
    assert len(catalogue) == 1490
    assert set(catalogue["level"]) == set(LEVELS)
    assert not catalogue.duplicated("code").any()
    assert not catalogue.duplicated(["level", "name"]).any()
    assert catalogue["code"].str.fullmatch(r"\d{6}").all()
    assert (catalogue["class_code"] == catalogue["code"].str[:4]).all()
    assert (catalogue["category_code"] == catalogue["code"].str[:2]).all()
    # The first digit tells the level.
    first = {"中职": set("67"), "高职": set("45"), "职业本科": set("23")}
    for level, digits in first.items():
        assert set(catalogue.loc[catalogue["level"] == level, "code"].str[0]) == digits
    assert catalogue["state_controlled"].dtype == bool
    assert 0 < catalogue["state_controlled"].sum() < 100
    assert not (catalogue.drop(columns="state_controlled") == "").any(axis=None)


@pytest.mark.parametrize(
    ("code", "name", "level", "class_name"),
    [
        ("710212", "人工智能技术与应用", "中职", "计算机类"),
        ("510203", "软件技术", "高职", "计算机类"),
        ("460702", "新能源汽车技术", "高职", "汽车制造类"),
        ("520201", "护理", "高职", "护理类"),
        ("310209", "人工智能工程技术", "职业本科", "计算机类"),
    ],
)
def test_known_specialties(code: str, name: str, level: str, class_name: str) -> None:
    catalogue = reference.specialties().set_index("code")
    found = catalogue.loc[code]
    assert (found["name"], found["level"], found["class_name"]) == (name, level, class_name)


def test_industries() -> None:
    industries = reference.industries()
    assert len(industries) == 24
    assert industries["id"].is_unique
    assert industries["name"].is_unique
    assert industries["named_in_policy"].sum() == 8


def test_every_class_has_one_industry() -> None:
    mapping, catalogue = reference.specialty_industry(), reference.specialties()
    defaults = mapping[mapping["specialty_code"] == ""]
    assert defaults["class_name"].is_unique
    assert set(defaults["class_name"]) == set(catalogue["class_name"])
    assert set(mapping["industry"]) <= set(reference.industries()["name"])


def test_exceptions_belong_to_the_class_they_name() -> None:
    mapping = reference.specialty_industry()
    exceptions = mapping[mapping["specialty_code"] != ""].set_index("specialty_code")
    assert exceptions.index.is_unique
    classes = reference.specialties().set_index("code")["class_name"]
    assert (classes.loc[exceptions.index] == exceptions["class_name"]).all()


def test_every_specialty_gets_exactly_one_industry() -> None:
    found = reference.industry_of_specialties()
    assert len(found) == 1490
    assert found["industry"].notna().all()
    by_code = found.set_index("code")["industry"]
    assert by_code["460702"] == "新能源"  # an exception
    assert by_code["460701"] == "先进制造"  # its class's default


def test_school_conditions() -> None:
    conditions = reference.school_conditions()
    assert set(conditions["school_type"]) <= set(SCHOOL_TYPES)
    assert not conditions.duplicated(["school_type", "item"]).any()
    assert set(conditions["comparison"]) == {"at_least", "at_most"}
    ordinary = conditions[conditions["school_type"] == "普通"].set_index("item")["threshold"]
    assert ordinary.to_dict() == {
        "校园占地面积": 40000,
        "生均用地面积": 33,
        "校舍建筑面积": 24000,
        "生均校舍建筑面积": 20,
        "专任教师数": 60,
        "生师比": 20,
        "仪器设备总值": 300,
        "生均仪器设备值": 2500,
        "生均纸质图书": 30,
    }


def test_districts_and_development_zones() -> None:
    districts = reference.districts()
    by_kind = districts.groupby("kind", sort=False)
    assert by_kind.size().to_dict() == {"区县": 12, "开发区": 4}
    kept = districts[districts["kind"] == "区县"]
    assert dict(zip(kept["adcode"], kept["name"], strict=True)) == DISTRICTS
    assert kept["area_km2"].notna().all()
    zones = districts[districts["kind"] == "开发区"]
    assert set(zones["name"]) == ZONES
    assert zones["area_km2"].isna().all()
    assert districts["adcode"].is_unique
    assert districts["name"].is_unique


def test_areas_within_8_percent_of_the_published() -> None:
    boundaries = reference.boundaries().set_index("adcode")
    published = reference.published_areas().set_index("adcode")
    assert dict(published["name"]) == DISTRICTS
    # Albers equal-area for Asia; the file's own figure must be the polygon's.
    measured = boundaries.to_crs("ESRI:102025").area / 1e6
    assert (measured / boundaries["area_km2"] - 1).abs().max() < 0.005
    off = (measured / published["area_km2"] - 1).abs()
    assert off.max() < 0.08, off.to_dict()
    assert 0.98 < measured.sum() / published["area_km2"].sum() < 1.02


def test_boundaries_are_valid_clockwise_and_do_not_overlap() -> None:
    boundaries = reference.boundaries()
    assert list(boundaries["name"]) == list(DISTRICTS.values())
    assert boundaries.geometry.is_valid.all()
    for geometry in boundaries.geometry:
        for part in getattr(geometry, "geoms", [geometry]):
            # plotly fills the outside of a ring that runs anticlockwise.
            assert not part.exterior.is_ccw
    union = boundaries.to_crs("ESRI:102025").union_all().area
    assert abs(boundaries.to_crs("ESRI:102025").area.sum() / union - 1) < 0.001


def test_every_label_lies_inside() -> None:
    import geopandas as gpd

    boundaries = reference.boundaries().set_index("name")
    districts = reference.districts().set_index("name")
    points = gpd.GeoSeries(
        gpd.points_from_xy(districts["longitude"], districts["latitude"]), districts.index
    )
    for name in DISTRICTS.values():
        assert boundaries.geometry[name].contains(points[name]), name
    city = boundaries.union_all()
    for name in ZONES:
        assert city.contains(points[name]), name


def test_aliases_lead_to_one_canonical_name() -> None:
    aliases, names = reference.district_aliases(), set(reference.districts()["name"])
    assert set(aliases.values()) == names
    assert not set(aliases) & names
    assert len(aliases) == len(reference._table("district_aliases.csv"))
    assert aliases["航空港区"] == aliases["郑州航空港经济综合实验区"] == "郑州航空港区"
    assert aliases["郑州高新技术产业开发区"] == "郑州高新区"
    assert aliases["郑州经济技术开发区"] == "郑州经开区"
    assert (aliases["新郑"], aliases["中牟"]) == ("新郑市", "中牟县")


def test_every_file_states_its_source() -> None:
    sources = reference.sources()
    files = {path.name for path in reference.REFERENCE.iterdir()} - {"sources.toml", "README.md"}
    assert set(sources) == files
    readme = (reference.REFERENCE / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| (\S+\.\w+) \|", readme, re.MULTILINE)) == files
    assert all(each["source"] and each["trust"] for each in sources.values())
    assert (reference.published_areas()["source"] != "").all()


def test_what_a_caller_changes_stays_with_it() -> None:
    frame = reference.industries()
    frame.loc[0, "name"] = ""
    assert reference.industries().loc[0, "name"] == "先进制造"
