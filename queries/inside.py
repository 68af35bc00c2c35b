"""A scope as parameters of a query: which institutions and which levels it lets through."""

from __future__ import annotations

from datetime import date

from queries.evaluate import Scope
from queries.run import OpenVersion, fetch

Parameters = dict[str, list[str]]


def inside(version: OpenVersion, scope: Scope, *, technician: bool = False) -> Parameters:
    """``$institutions`` (ids) and ``$levels`` of a query; all levels when the scope names none.

    Technician institutions are let through as the indicators do: only those with
    ``scope.outside``, else none. technician: let them through beside the others, for what is not
    an indicator (bodies, pathways, projects), so that the parts add up to the whole.
    """
    return {
        "institutions": [
            each.institution_id
            for each in version.institutions
            if (technician or each.outside == scope.outside) and scope.lets_in(each)
        ],
        "levels": list(scope.level or version.levels),
    }


def levels_on(version: OpenVersion, day: date) -> dict[str, str]:
    """The level of every institution on a day, in force or not."""
    return dict(fetch("levels_on", version, day=day))


class Inside:
    """Whether something that belongs to an institution lies in a scope on a day.

    Authority and level are the institution's, the district is the thing's own. Without an
    institution it lies in no scope of authority, level or institution.
    """

    def __init__(self, version: OpenVersion, scope: Scope, day: date) -> None:
        self.scope = scope
        self._authority = {each.institution_id: each.authority for each in version.institutions}
        self._level = levels_on(version, day) if scope.level else {}

    def holds(self, institution_id: str, district: str) -> bool:
        """institution_id and district: empty where the thing has none."""
        scope = self.scope
        return (
            (not scope.authority or self._authority.get(institution_id) in scope.authority)
            and (not scope.level or self._level.get(institution_id) in scope.level)
            and (not scope.district or district in scope.district)
            and (not scope.institution or institution_id in scope.institution)
        )
