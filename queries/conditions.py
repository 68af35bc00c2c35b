"""School conditions: every secondary school against every threshold of its type, on a day.

A school's verdict is the province's where its latest record has one, else computed from the
thresholds; both are kept, so that a disagreement shows. The schools met are the numerator of
``secondary_conditions_met``, all of them its denominator.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from data.contract import NO_DISTRICT
from queries.evaluate import Scope
from queries.inside import inside
from queries.run import OpenVersion, fetch


@dataclass(frozen=True)
class Item:
    """A condition with its unit; comparison: at_least or at_most."""

    name: str
    unit: str
    comparison: str


@dataclass(frozen=True)
class Cell:
    """A school's value of an item against its threshold, in the item's unit.

    value and met are None where the value cannot be computed (no students, no teachers).
    """

    item: str
    comparison: str
    threshold: float
    unit: str
    value: float | None
    met: bool | None

    @property
    def shortfall(self) -> float | None:
        """How much is missing (at_least) or too much (at_most); 0 when met, None if unknown."""
        if self.value is None or self.met is None:
            return None
        if self.met:
            return 0.0
        return abs(self.threshold - self.value)

    @property
    def severity(self) -> float | None:
        """The shortfall as a share of the threshold, 0 to 1 and above; None if unknown."""
        short = self.shortfall
        if short is None:
            return None
        return short / self.threshold if self.threshold else 0.0


@dataclass(frozen=True)
class School:
    """A secondary school in force. year None: no record yet.

    computed: whether every threshold of its type is met; None without a record or thresholds.
    met: how it counts in the indicator, the provincial verdict before the computed one.
    """

    institution_id: str
    name: str
    district: str
    school_type: str
    outside: bool
    year: int | None
    verdict: str
    computed: bool | None
    met: bool
    cells: dict[str, Cell]

    @property
    def failed(self) -> list[Cell]:
        """The thresholds not met."""
        return [cell for cell in self.cells.values() if cell.met is False]

    @property
    def disagrees(self) -> bool:
        """Whether the province says otherwise than the thresholds."""
        return bool(self.verdict) and self.computed is not None and self.met != self.computed


@dataclass(frozen=True)
class Conditions:
    """The schools of a scope, those not met first, those that fail most before others."""

    items: tuple[Item, ...]
    schools: tuple[School, ...]

    @property
    def met(self) -> int:
        return sum(each.met for each in self.schools)

    @property
    def without_record(self) -> int:
        return sum(each.year is None for each in self.schools)

    @property
    def disagreeing(self) -> int:
        return sum(each.disagrees for each in self.schools)

    def failing(self, item: str) -> int:
        """How many schools are below (or above) the threshold of an item."""
        return sum(each.cells[item].met is False for each in self.schools if item in each.cells)

    def judged(self, item: str) -> int:
        """How many schools have a threshold and a value for the item."""
        return sum(each.cells[item].met is not None for each in self.schools if item in each.cells)


def conditions(version: OpenVersion, as_of: date, scope: Scope | None = None) -> Conditions:
    """Every secondary school of the scope in force on the day; ``scope.outside`` gives the
    technician schools instead, which have thresholds of their own."""
    cells: dict[str, dict[str, Cell]] = {}
    for code, item, comparison, threshold, unit, value, met in fetch(
        "condition_cells", version, day=as_of
    ):
        cells.setdefault(code, {})[item] = Cell(item, comparison, threshold, unit, value, met)
    schools = [
        School(
            code,
            name,
            district or NO_DISTRICT,
            school_type,
            outside,
            year,
            verdict or "",
            computed if cells.get(code) else None,
            met,
            cells.get(code, {}),
        )
        for code, name, district, school_type, outside, year, verdict, computed, met in fetch(
            "school_conditions",
            version,
            day=as_of,
            **inside(version, Scope() if scope is None else scope),
        )
    ]
    schools.sort(key=lambda s: (s.met, s.year is not None, -len(s.failed), s.district, s.name))
    items = tuple(Item(*row) for row in fetch("condition_items", version))
    present = {item for school in schools for item in school.cells}
    return Conditions(
        tuple(item for item in items if not schools or not present or item.name in present),
        tuple(schools),
    )
