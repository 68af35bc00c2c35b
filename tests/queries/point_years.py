"""Points and years made by hand, and what the early warning makes of them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from data.plan import WarningRules, load_plan
from queries import early_warning as warning

RULES = load_plan().warning
COUNTS = ("planned", "applied", "registered", "graduates", "employed", "further_study", "matched")
GOOD: dict[str, Any] = {
    "planned": 100,
    "applied": 150,
    "registered": 95,
    "graduates": 80,
    "employed": 60,
    "further_study": 16,
    "matched": 45,
    "satisfaction": 90.0,
    "oversupplied": False,
    "shortage": False,
    "evaluation": None,
}
# What makes a GOOD row a row of another grade.
RED_ROW: dict[str, Any] = {"applied": 10}
YELLOW_ROW: dict[str, Any] = {"applied": 90}
GREY_ROW: dict[str, Any] = {"applied": None, "satisfaction": None, "matched": None}


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    """Points and years in the order given; what a row does not say is GOOD."""
    found = pd.DataFrame(
        [
            {"point_id": f"P{i}", "school": "S", "year": 2024, **GOOD, **row}
            for i, row in enumerate(rows)
        ]
    )
    whole = dict.fromkeys(COUNTS, "Int64")
    return found.astype({**whole, "satisfaction": "Float64", "evaluation": object})


def verdicts(points: pd.DataFrame, rules: WarningRules = RULES) -> pd.DataFrame:
    """The points judged, with the words of ``early_warning.judged``."""
    ready = warning.prepared(points)
    return warning.in_words(ready, warning.judge(ready, rules), rules)
