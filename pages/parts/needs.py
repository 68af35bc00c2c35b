"""What an indicator needs from the workbook, in the words of the sheets."""

from __future__ import annotations

from collections.abc import Collection

from data.contract import in_words
from data.plan import Indicator, Plan


def lacking(filled: Collection[str], indicator: Indicator) -> list[str]:
    """What the indicator needs and the data does not hold, in words."""
    return [in_words(need) for need in indicator.needs if need not in filled]


def lacking_anywhere(filled: Collection[str], plan: Plan) -> tuple[list[str], int]:
    """(what is missing in words, number of indicators that have no data for it)."""
    found: dict[str, None] = {}
    without = 0
    for each in plan.indicators:
        missing = lacking(filled, each)
        found.update(dict.fromkeys(missing))
        without += bool(missing)
    return list(found), without
