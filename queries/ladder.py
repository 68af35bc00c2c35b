"""The ladder 中职 → 高职 → 本科: what stands on each rung and which pathways lead up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from data.contract import INSTITUTION_LEVELS, LEVELS
from queries.composition import composition
from queries.evaluate import Scope
from queries.inside import inside, levels_on
from queries.run import OpenVersion, fetch

SECONDARY, COLLEGE, BACHELOR = LEVELS
ORDINARY = INSTITUTION_LEVELS[-1]
OUTSIDE = "市外院校"
# The kinds of pathway (the contract's choices) and the rungs each leads from and to.
KINDS: dict[str, tuple[str, str]] = {
    "中高职贯通": (SECONDARY, COLLEGE),
    "中本3+4": (SECONDARY, BACHELOR),
    "高本3+2": (COLLEGE, BACHELOR),
    "高本2+2": (COLLEGE, BACHELOR),
}


@dataclass(frozen=True)
class Pathway:
    """A pathway in force. to_institution_id empty and to_level 市外院校 when it leads outside."""

    pathway_id: str
    kind: str
    from_institution_id: str
    from_institution: str
    from_specialty: str
    to_institution_id: str
    to_institution: str
    to_level: str
    to_specialty: str
    started_on: date


@dataclass(frozen=True)
class Rung:
    """A level: institutions in force at it on the day, and points in force of it."""

    level: str
    institutions: int
    points: int


@dataclass(frozen=True)
class Ladder:
    """Rungs of the three vocational levels, and the pathways between them."""

    rungs: tuple[Rung, ...]
    pathways: tuple[Pathway, ...]

    def of(self, kind: str) -> list[Pathway]:
        return [each for each in self.pathways if each.kind == kind]

    def ends(self, kinds: Sequence[str]) -> dict[str, int]:
        """Where the pathways of some kinds lead, by level of the institution, most first."""
        found = Counter(each.to_level for each in self.pathways if each.kind in kinds)
        return dict(found.most_common())


def ladder(version: OpenVersion, as_of: date, scope: Scope | None = None) -> Ladder:
    """The rungs inside the scope, and the pathways that start from its institutions.

    Pathways of technician institutions are among them, as in the counts of the deliverables.
    """
    scope = Scope() if scope is None else scope
    points = composition(version, as_of, scope).by(lambda kind: kind.level)
    there = inside(version, scope)
    levels = dict(fetch("institutions_on", version, day=as_of))
    held = Counter(levels[code] for code in there["institutions"] if code in levels)
    rungs = tuple(
        Rung(level, held[level], points[level].now if level in points else 0)
        for level in LEVELS
        if not scope.level or level in scope.level
    )
    starting = inside(version, scope, technician=True)["institutions"]
    if scope.level:
        at = levels_on(version, as_of)
        starting = [code for code in starting if at.get(code) in scope.level]
    pathways = []
    for row in fetch("pathways_on", version, day=as_of, institutions=starting):
        values = list(row)
        values[5], values[7], values[8] = row[5] or "", row[7] or OUTSIDE, row[8] or ""
        pathways.append(Pathway(*values))
    return Ladder(rungs, tuple(pathways))
