"""What depends only on the data version and the plan, computed once when a version is made."""

from __future__ import annotations

import json

import duckdb

from data.reference import boundaries
from queries import sql

# Tolerance of the display outline in degrees, about 100 m: invisible at the size of a screen.
SIMPLIFIED = 0.001


def derive(connection: duckdb.DuckDBPyConnection, *, shapes: bool = True) -> None:
    """Fill the derived tables of a database whose contract, reference and plan tables are full.

    Tables already there are replaced, so that deriving twice gives the same. shapes: also the
    district outlines, which no plan changes.
    """
    for table, select in sql.derived():
        connection.execute(f"create or replace table {table} as\n{select}")
    if shapes:
        _draw(connection)


def _draw(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep the finished outlines, because reading them with geopandas costs half a second."""
    frame = boundaries()
    frame = frame.assign(geometry=frame.geometry.simplify(SIMPLIFIED, preserve_topology=True))
    # Clockwise outer rings: the map library fills the outside of others.
    frame = frame.assign(geometry=frame.geometry.orient_polygons(exterior_cw=True))
    features = json.loads(frame[["adcode", "geometry"]].to_json())["features"]
    rows = [
        (
            feature["properties"]["adcode"],
            json.dumps(_rounded(feature["geometry"]), separators=(",", ":")),
        )
        for feature in features
    ]
    connection.execute(sql.text("district_shapes_table"))
    connection.executemany("insert into district_shapes values (?, ?)", rows)


def _rounded(geometry: dict[str, object]) -> dict[str, object]:
    """Coordinates to four decimals, about ten metres."""

    def shorten(value: object) -> object:
        if isinstance(value, list):
            return [shorten(each) for each in value]
        return round(value, 4) if isinstance(value, float) else value

    return {"type": geometry["type"], "coordinates": shorten(geometry["coordinates"])}
