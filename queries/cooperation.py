"""Who works with whom: enterprises, their partnerships with institutions, cooperation bodies.

A partnership is in force while its dates and its institution are; under filters it is where its
institution is. An enterprise has no dates and lies in a district of its own. A *pair* is an
institution and an enterprise with at least one partnership in force: pairs add up the same way by
institution, level and industry. Technician institutions are let through beside the others, as a
group of their own. Bodies are those that ``queries.deliverables`` counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from data.contract import INSTITUTION_LEVELS
from data.values import key
from queries.deliverables import Thing, YearCount, counted_things, within, year_count
from queries.evaluate import Scope
from queries.inside import Inside, levels_on
from queries.institutions import level_on
from queries.run import Institution, OpenVersion, fetch

SIZES = ("大型", "中型", "小型", "微型")
NO_SIZE = "未填规模"
RANKS = ("国家级", "省级", "市级")
NO_RANK = "未填级别"
TECHNICIAN = "技工院校"
GROUPS = (*INSTITUTION_LEVELS, TECHNICIAN)
BODIES = "cooperation_bodies"


@dataclass(frozen=True)
class Enterprise:
    """An enterprise; size is NO_SIZE and the coordinates are None where not given."""

    id: str
    name: str
    industry: str
    district: str
    size: str
    longitude: float | None
    latitude: float | None


@dataclass(frozen=True)
class Partnership:
    """A partnership in force on the days since <= day < until; started_on and ended_on are its own
    dates, whatever became of its institution."""

    enterprise: Enterprise
    institution: Institution
    form: str
    started_on: date
    ended_on: date | None
    since: date
    until: date

    def on(self, day: date) -> bool:
        return self.since <= day < self.until


@dataclass(frozen=True)
class Body:
    """A cooperation body with what counts of it (``thing``)."""

    thing: Thing
    name: str
    rank: str
    lead: Institution | None
    members: str
    industry: str

    def on(self, day: date) -> bool:
        return self.thing.on(day)


def enterprises(version: OpenVersion) -> dict[str, Enterprise]:
    """Every enterprise by id."""
    return {
        code: Enterprise(code, name, industry, district, size or NO_SIZE, longitude, latitude)
        for code, name, industry, district, size, longitude, latitude in fetch(
            "enterprises", version
        )
    }


def partnerships(version: OpenVersion, scope: Scope, day: date) -> list[Partnership]:
    """Every partnership, in force or not, of the institutions that a scope lets in on the day."""
    known = enterprises(version)
    schools = {each.institution_id: each for each in version.institutions}
    inside = Inside(version, scope, day)
    let_in = {
        code for code, each in schools.items() if not scope or inside.holds(code, each.district)
    }
    return [
        Partnership(known[enterprise], schools[institution], *rest)
        for enterprise, institution, *rest in fetch("partnerships", version)
        if institution in let_in
    ]


def bodies(version: OpenVersion, scope: Scope, day: date) -> list[Body]:
    """Every cooperation body of a scope, in force or not: the very things deliverables count."""
    told = {code: rest for code, *rest in fetch("cooperation_bodies", version)}
    schools = {each.institution_id: each for each in version.institutions}
    found = []
    things = [each for each in counted_things(version) if each.source == BODIES]
    for thing in within(version, things, scope, day):
        _, name, rank, lead, members, industry, *_ = told[thing.thing_id]
        found.append(
            Body(thing, name, rank or NO_RANK, schools.get(lead), members or "", industry or "")
        )
    return found


def years(version: OpenVersion, as_of: date) -> range:
    """The years of the counts: from the plan's period to the day, as deliverables count them."""
    return range(version.plan.period_start.year, as_of.year + 1)


def by_year(
    spans: Iterable[Partnership], wanted: Sequence[int], as_of: date
) -> dict[str, list[YearCount]]:
    """Partnerships by form and year, the form with most in force on the day first."""
    if not wanted:
        return {}
    things: dict[str, list[Thing]] = {}
    for each in spans:
        things.setdefault(each.form, []).append(
            Thing(
                "partnerships",
                each.form,
                each.enterprise.id,
                each.institution.institution_id,
                each.institution.district,
                each.since,
                each.until,
            )
        )
    found = {
        form: [year_count(year, as_of, mine) for year in wanted] for form, mine in things.items()
    }
    return dict(sorted(found.items(), key=lambda item: (-(item[1][-1].value or 0), item[0])))


def kinds(version: OpenVersion, found: Iterable[Body]) -> list[str]:
    """The plan's kinds of body in its order, then any other kind of the data."""
    return list(dict.fromkeys([*version.plan.body_kinds, *(each.thing.kind for each in found)]))


def bodies_by_year(
    version: OpenVersion, found: Sequence[Body], as_of: date
) -> dict[str, list[YearCount]]:
    """Bodies by kind and year."""
    return {
        kind: [
            year_count(year, as_of, [each.thing for each in found if each.thing.kind == kind])
            for year in years(version, as_of)
        ]
        for kind in kinds(version, found)
    }


def group_of(institution: Institution, levels: dict[str, str]) -> str:
    """Its level on the day; technician institutions are a group of their own."""
    if institution.outside:
        return TECHNICIAN
    return levels.get(institution.institution_id, institution.level_today)


# ---------------------------------------------------------------- institution × industry


@dataclass(frozen=True)
class Row:
    """An institution's pairs by industry."""

    institution: Institution
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class Group:
    """The institutions of a level with pairs, most first; counts: all their pairs by industry."""

    name: str
    rows: tuple[Row, ...]
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class Matrix:
    """Pairs of institution and enterprise by level, institution and industry (most first)."""

    industries: tuple[str, ...]
    groups: tuple[Group, ...]
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def institutions(self) -> int:
        return sum(len(each.rows) for each in self.groups)


def pairs(
    spans: Iterable[Partnership], day: date
) -> dict[tuple[str, str], tuple[Partnership, ...]]:
    """(institution id, enterprise id) -> its partnerships in force on the day."""
    found: dict[tuple[str, str], list[Partnership]] = {}
    for each in spans:
        if each.on(day):
            pair = (each.institution.institution_id, each.enterprise.id)
            found.setdefault(pair, []).append(each)
    return {pair: tuple(mine) for pair, mine in found.items()}


def matrix(version: OpenVersion, spans: Iterable[Partnership], day: date) -> Matrix:
    """Pairs on a day by level, institution and industry of the enterprise."""
    levels = levels_on(version, day)
    schools: dict[str, Institution] = {}
    cells: dict[str, Counter[str]] = {}
    for (code, _), mine in pairs(spans, day).items():
        schools[code] = mine[0].institution
        cells.setdefault(code, Counter())[mine[0].enterprise.industry] += 1
    whole = _summed(cells.values())
    groups = []
    for name in GROUPS:
        rows = [
            Row(school, dict(cells[code]))
            for code, school in schools.items()
            if group_of(school, levels) == name
        ]
        if rows:
            rows.sort(key=lambda row: (-row.total, row.institution.name))
            groups.append(Group(name, tuple(rows), _summed(row.counts for row in rows)))
    return Matrix(tuple(whole), tuple(groups), whole)


def _summed(parts: Iterable[dict[str, int]]) -> dict[str, int]:
    """The sum of counts, most first."""
    total: Counter[str] = Counter()
    for each in parts:
        total.update(each)
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))


# ---------------------------------------------------------------- who has none


@dataclass(frozen=True)
class Alone:
    """An institution in force on the day with neither partnership nor body; ever: it had one."""

    institution: Institution
    group: str
    ever: bool


_NAMES = re.compile(r"[、,，;；/|\n]+")


def with_body(version: OpenVersion, found: Iterable[Body], day: date) -> set[str]:
    """The institutions that lead a body in force on the day, or are named among its members."""
    by_name = {key(each.name): each.institution_id for each in version.institutions}
    held = set()
    for each in found:
        if each.on(day):
            if each.lead is not None:
                held.add(each.lead.institution_id)
            names = (key(name) for name in _NAMES.split(each.members))
            held |= {by_name[name] for name in names if name in by_name}
    return held


def alone(
    version: OpenVersion,
    scope: Scope,
    day: date,
    spans: Sequence[Partnership],
    everybody: Sequence[Body],
) -> list[Alone]:
    """The institutions of a scope in force on the day with no partnership and no body in force.

    everybody: the bodies of the whole city, because a member may be led from outside the scope.
    """
    inside = Inside(version, scope, day)
    held = {each.institution.institution_id for each in spans if each.on(day)}
    held |= with_body(version, everybody, day)
    before = {each.institution.institution_id for each in spans if each.since <= day}
    levels = level_on(version, day)
    found = [
        Alone(each, group_of(each, levels), each.institution_id in before)
        for each in version.institutions
        if each.institution_id in levels
        and each.institution_id not in held
        and (not scope or inside.holds(each.institution_id, each.district))
    ]
    return sorted(found, key=lambda a: (GROUPS.index(a.group), a.institution.name))


def in_force(version: OpenVersion, scope: Scope, day: date) -> int:
    """How many institutions of a scope are in force on the day, technician ones too."""
    inside = Inside(version, scope, day)
    levels = level_on(version, day)
    return sum(
        each.institution_id in levels
        and (not scope or inside.holds(each.institution_id, each.district))
        for each in version.institutions
    )
