"""Institutions at a date: which are in force, where, at which level, and how large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from queries import places
from queries.evaluate import Scope, rows_inside
from queries.places import Amount, Topic
from queries.run import Institution, OpenVersion, fetch


@dataclass(frozen=True)
class School:
    """An institution in force on a day. points and students are those inside the scope; students
    is None without any year of data. longitude and latitude are None where not given."""

    institution: Institution
    level: str
    longitude: float | None
    latitude: float | None
    points: int
    students: float | None

    @property
    def id(self) -> str:
        return self.institution.institution_id

    @property
    def name(self) -> str:
        return self.institution.name

    @property
    def district(self) -> str:
        return self.institution.district


def by_institution(
    version: OpenVersion, topic: Topic, days: Sequence[date], scope: Scope
) -> list[list[Amount]]:
    """A topic per day and institution, in the order of the version's institutions."""
    each = np.arange(len(version.institutions), dtype=np.int32)
    return places.amounts(version, topic, days, scope, each, len(each))


def level_on(version: OpenVersion, day: date) -> dict[str, str]:
    """Institution in force on the day -> its level then, technician institutions among them."""
    rows = version.counts["institutions"]
    active = rows.on(day)
    found = {}
    for index, code in zip(rows.institution[active], rows.level[active], strict=True):
        institution = version.institutions[index]
        # A level no indicator knows is never one that an institution rises to or from.
        level = version.levels[code] if code >= 0 else institution.level_today
        found[institution.institution_id] = level
    return found


def schools(version: OpenVersion, day: date, scope: Scope) -> list[School]:
    """The institutions in force inside a scope, in the order of their ids.

    Under a level filter: those of the level, and those that run points of it.
    """
    levels = level_on(version, day)
    topic = {each.id: each for each in places.COUNTS}
    points = by_institution(version, topic[places.POINTS], [day], scope)[0]
    students = by_institution(version, topic[places.STUDENTS], [day], scope)[0]
    own = rows_inside(version, version.counts["institutions"], scope)
    inside = set(own.institution[own.on(day)].tolist())
    where = {code: place for code, *place in fetch("institution_cards", version)}
    found = []
    for index, institution in enumerate(version.institutions):
        code = institution.institution_id
        if code not in levels or not (index in inside or points[index].numerator):
            continue
        longitude, latitude, *_ = where[code]
        placed = longitude is not None and latitude is not None
        found.append(
            School(
                institution,
                levels[code],
                longitude if placed else None,
                latitude if placed else None,
                int(points[index].numerator),
                None if students[index].value is None else students[index].numerator,
            )
        )
    return found
