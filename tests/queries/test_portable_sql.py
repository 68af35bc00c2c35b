"""queries/derived and queries/indicators keep to SQL that another engine reads too."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import exp

from data.plan import load_plan
from queries import sql

FILES = [f"indicators/{name}" for name in sql.indicator_ids()] + [
    f"derived/{path.stem}" for path in sorted(sql.DERIVED_FOLDER.glob("*.sql"))
]
# What SQLGlot passes through untranslated or translates wrongly (measured).
FORBIDDEN = ("asof join", "quantile_cont", "list(")


@pytest.mark.parametrize("name", FILES)
def test_it_transpiles_to_spark_and_parses_there(name: str) -> None:
    text = sql.text(name).replace("{rows}", "select * from rows_of_an_indicator")
    (translated,) = sqlglot.transpile(text, read="duckdb", write="spark")
    assert isinstance(sqlglot.parse_one(translated, read="spark"), exp.Query)
    assert not [word for word in FORBIDDEN if word in text.lower()]


@pytest.mark.parametrize("name", FILES)
def test_it_opens_with_its_grain(name: str) -> None:
    assert sql.text(name).startswith("-- One row per ")


def test_every_indicator_of_the_plan_has_a_query_and_no_other() -> None:
    assert set(sql.indicator_ids()) == {each.id for each in load_plan().indicators}
