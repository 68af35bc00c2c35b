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
            if (technician or each.outside == scope.outside)
            and (not scope.authority or each.authority in scope.authority)
            and (not scope.district or each.district in scope.district)
            and (not scope.institution or each.institution_id in scope.institution)
        ],
        "levels": list(scope.level or version.levels),
    }


def levels_on(version: OpenVersion, day: date) -> dict[str, str]:
    """The level of every institution on a day, in force or not."""
    return dict(fetch("levels_on", version, day=day))
