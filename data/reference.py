"""The reference facts that ship with the code: catalogue, industries, districts, conditions.

Every function reads a file of ``data/reference`` (its source stands in ``sources.toml`` there) and
returns a fresh DataFrame that the caller may change. Codes are text.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    import geopandas as gpd

REFERENCE = Path(__file__).parent / "reference"

DISTRICT = "区县"
ZONE = "开发区"
YES = "是"


def _table(name: str) -> pd.DataFrame:
    """A CSV of the reference folder, every column text, empty cells as empty text."""
    return pd.read_csv(REFERENCE / name, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def specialties() -> pd.DataFrame:
    """The catalogue: level, code, name, class_code, class_name, category_code, category_name,
    edition, state_controlled (bool). Codes are six digits without the trailing K."""
    frame = _table("specialties.csv")
    frame["state_controlled"] = frame["state_controlled"] == YES
    return frame


def industries() -> pd.DataFrame:
    """The industries: id, name, named_in_policy (bool: in the policy's own list), sector."""
    frame = _table("industries.csv").rename(columns={"named_in_3_1": "named_in_policy"})
    frame["named_in_policy"] = frame["named_in_policy"] == YES
    return frame


def specialty_industry() -> pd.DataFrame:
    """class_name, specialty_code, industry, reason: a class's default where specialty_code is
    empty, else the exception for one specialty."""
    return _table("specialty_industry.csv")


def industry_of_specialties() -> pd.DataFrame:
    """The catalogue with one more column, industry: the specialty's exception, else the class's
    default."""
    mapping = specialty_industry()
    default = mapping["specialty_code"] == ""
    by_class = mapping[default].set_index("class_name")["industry"]
    by_code = mapping[~default].set_index("specialty_code")["industry"]
    frame = specialties()
    frame["industry"] = frame["code"].map(by_code).fillna(frame["class_name"].map(by_class))
    return frame


def school_conditions() -> pd.DataFrame:
    """National thresholds: school_type, item, comparison (at_least, at_most), threshold (float),
    unit, computed_from (the columns of conditions it is computed from)."""
    frame = _table("school_conditions.csv")
    frame["threshold"] = frame["threshold"].astype(float)
    return frame


def districts() -> pd.DataFrame:
    """Districts, then development zones: name, adcode, kind (区县, 开发区), longitude, latitude
    (WGS 84; of a district a point inside it, of a zone roughly its centre), area_km2 (of the
    boundary; NaN for zones, which have none)."""
    rows: list[dict[str, Any]] = []
    for feature in _features():
        properties = feature["properties"]
        longitude, latitude = properties["label_point"]
        rows.append(
            {
                "name": properties["name"],
                "adcode": properties["adcode"],
                "kind": DISTRICT,
                "longitude": float(longitude),
                "latitude": float(latitude),
                "area_km2": float(properties["area_km2"]),
            }
        )
    zones = _table("development_zones.csv")[["name", "adcode", "longitude", "latitude"]]
    for column in ("longitude", "latitude"):
        zones[column] = zones[column].astype(float)
    zones.insert(2, "kind", ZONE)
    zones["area_km2"] = float("nan")
    return pd.concat([pd.DataFrame(rows), zones], ignore_index=True)


def district_aliases() -> dict[str, str]:
    """Other ways of writing a district or zone -> its name in ``districts()``."""
    frame = _table("district_aliases.csv")
    return dict(zip(frame["alias"], frame["name"], strict=True))


def published_areas() -> pd.DataFrame:
    """Published areas of the districts: adcode, name, area_km2 (float), source."""
    frame = _table("district_areas.csv")
    frame["area_km2"] = frame["area_km2"].astype(float)
    return frame


def boundaries() -> gpd.GeoDataFrame:
    """The districts' boundaries: adcode, name, area_km2, geometry (EPSG:4326, rings clockwise).

    Importing geopandas costs half a second: call it once, when a version is made.
    """
    import geopandas as gpd

    frame = gpd.GeoDataFrame.from_features(_features(), crs="EPSG:4326")
    return frame[["adcode", "name", "area_km2", "geometry"]]


def _features() -> list[dict[str, Any]]:
    text = (REFERENCE / "districts.geojson").read_text(encoding="utf-8")
    features: list[dict[str, Any]] = json.loads(text)["features"]
    return features


def sources() -> dict[str, dict[str, str]]:
    """file -> title, source and trust of every reference file."""
    text = (REFERENCE / "sources.toml").read_text(encoding="utf-8")
    return {each["file"]: each for each in tomllib.loads(text)["files"]}
