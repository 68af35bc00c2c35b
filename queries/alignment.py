"""The alignment map of industries and specialties (产教对接谱系图), as flows that add up.

A specialty point flows from its industry through its specialty class to its level, its track or its
institution. The points in force are those that ``industry_share`` counts, so totals agree with
``queries.evaluate``; students and graduates are those of the latest year with data, of points in
force or not, as the district map counts them. A point without an industry flows from 未填产业.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from data.contract import NO_DISTRICT
from queries.composition import NO_TRACK, NOT_IN_CATALOGUE, named_industries
from queries.evaluate import Scope
from queries.inside import inside
from queries.run import OpenVersion, run

NO_INDUSTRY = "未填产业"
POINTS, STUDENTS, GRADUATES = "points", "students", "graduates"
# What the width of a flow can mean: its words and its unit.
WIDTHS: dict[str, tuple[str, str]] = {
    POINTS: ("在办专业点", "个"),
    STUDENTS: ("在校生", "人"),
    GRADUATES: ("毕业生", "人"),
}
INDUSTRY, CLASS, END = "industry", "specialty_class", "end"
COLUMNS = (INDUSTRY, CLASS, END)
# Where the flows can end: a column of the points.
ENDS: dict[str, str] = {"level": "层次", "track": "类别", "institution": "院校"}
# The node that the small ones of a column are put together in; no name is empty.
OTHERS = ""


@dataclass(frozen=True, eq=False)
class Offer:
    """The specialty points of a scope on a day.

    points: one row a point, columns of alignment_points.sql, empty places filled with the words of
    a screen; ``students`` and ``graduates`` nan where not known. years: the year of the students
    and of the graduates, None without any. named: the industries that the plan names.
    """

    points: pd.DataFrame
    years: dict[str, int | None]
    named: tuple[str, ...]

    def of(self, width: str, chain: str = "") -> pd.DataFrame:
        """The points that a width counts, with what each adds in ``value`` (nan: not known).

        chain: one industry alone.
        """
        found = self.points
        if width == POINTS:
            found = found[found["in_force"]].assign(value=1.0)
        else:
            kept = found["in_force"] | (found[width].fillna(0.0) > 0)
            found = found[kept].assign(value=found.loc[kept, width])
        return found[found[INDUSTRY] == chain] if chain else found

    def industries(self, width: str) -> list[str]:
        """The named ones that have any point in the plan's order, then the others, largest first,
        those without an industry last."""
        sums = self.of(width).groupby(INDUSTRY)["value"].sum()
        others = sorted(
            (name for name in sums.index if name not in self.named),
            key=lambda name: (name == NO_INDUSTRY, -sums[name], name),
        )
        return [*(name for name in self.named if name in sums.index), *others]


def offer(version: OpenVersion, as_of: date, scope: Scope | None = None) -> Offer:
    """The points in force on the day, and those with students or graduates in the latest year."""
    parameters = inside(version, Scope() if scope is None else scope)
    frame = run("alignment_points", version, day=as_of, **parameters)
    years: dict[str, int | None] = {}
    for width in (STUDENTS, GRADUATES):
        known = frame[f"{width}_year"].dropna()
        years[width] = int(known.iloc[0]) if len(known) else None
    filled = frame.drop(columns=["students_year", "graduates_year"]).assign(
        industry=frame["industry"].fillna(NO_INDUSTRY),
        specialty_class=frame["specialty_class"].fillna(NOT_IN_CATALOGUE),
        track=frame["track"].fillna(NO_TRACK),
        district=frame["district"].fillna(NO_DISTRICT),
        in_force=frame["in_force"].astype(bool),
        students=frame["students"].astype("Float64").astype(float),
        graduates=frame["graduates"].astype("Float64").astype(float),
    )
    return Offer(filled, years, named_industries(version))


@dataclass(frozen=True)
class Flow:
    """What goes from an industry through a class to an end. names: one per column of COLUMNS.

    value: the sum of what is known; points: how many; unknown: how many of them add nothing because
    their figure is not known.
    """

    names: tuple[str, str, str]
    value: float
    points: int
    unknown: int = 0


def flows(points: pd.DataFrame, end: str) -> list[Flow]:
    """Every flow of ``Offer.of``, the largest first; equal ones by name. end: a key of ENDS."""
    if points.empty:
        return []
    summed = (
        points.assign(unknown=points["value"].isna())
        .groupby([INDUSTRY, CLASS, end], sort=True)
        .agg(value=("value", "sum"), points=("value", "size"), unknown=("unknown", "sum"))
    )
    found = [
        Flow(tuple(names), float(value), int(count), int(unknown))
        for names, value, count, unknown in summed.itertuples(name=None)
    ]
    return sorted(found, key=lambda flow: (-flow.value, flow.names))


@dataclass(frozen=True)
class Picture:
    """Flows with the small nodes of each column put together.

    flows: summed again, names OTHERS where a node was put away. nodes: per column, key and value,
    in the order to draw. put_away: per column, the names in its OTHERS node.
    """

    flows: tuple[Flow, ...]
    nodes: tuple[tuple[tuple[str, float], ...], ...]
    put_away: tuple[frozenset[str], ...]

    @property
    def total(self) -> float:
        return sum(flow.value for flow in self.flows)

    @property
    def points(self) -> int:
        return sum(flow.points for flow in self.flows)

    @property
    def unknown(self) -> int:
        return sum(flow.unknown for flow in self.flows)

    def bands(self, column: int) -> dict[tuple[str, str], float]:
        """What flows from the nodes of a column to those of the next, by their keys."""
        found: dict[tuple[str, str], float] = {}
        for flow in self.flows:
            pair = flow.names[column], flow.names[column + 1]
            found[pair] = found.get(pair, 0.0) + flow.value
        return found


def picture(
    found: Sequence[Flow],
    most: Mapping[str, int],
    *,
    opened: Collection[str] = (),
    always: Collection[str] = (),
    order: Mapping[str, Sequence[str]] | None = None,
) -> Picture:
    """The flows as they are drawn.

    most: how many nodes of a column stand by themselves, by column; a column in ``opened`` shows
    all. always: industries that never are put away. order: names of a column in the order to draw;
    the rest follow by size. A node is not put away alone: a name takes no more room than 其他.
    """
    put_away = tuple(
        frozenset() if name in opened else _small(found, at, most[name], always)
        for at, name in enumerate(COLUMNS)
    )
    merged: dict[tuple[str, str, str], Flow] = {}
    for flow in found:
        a, b, c = (OTHERS if n in away else n for n, away in zip(flow.names, put_away, strict=True))
        old = merged.get((a, b, c), Flow((a, b, c), 0.0, 0))
        merged[a, b, c] = Flow(
            (a, b, c),
            old.value + flow.value,
            old.points + flow.points,
            old.unknown + flow.unknown,
        )
    shown = tuple(sorted(merged.values(), key=lambda flow: (-flow.value, flow.names)))
    first = _ordered(_sums(shown, 0), (order or {}).get(INDUSTRY, ()))
    middle = _beside(shown, [key for key, _ in first])
    last = _ordered(_sums(shown, 2), (order or {}).get(END, ()))
    return Picture(shown, (first, middle, last), put_away)


def _sums(found: Sequence[Flow], column: int) -> dict[str, float]:
    sums: dict[str, float] = {}
    for flow in found:
        sums[flow.names[column]] = sums.get(flow.names[column], 0.0) + flow.value
    return sums


def _small(
    found: Sequence[Flow], column: int, most: int, always: Collection[str]
) -> frozenset[str]:
    """The names beyond the ``most`` largest of a column; equal ones by name."""
    sums = _sums(found, column)
    ranked = sorted(sums, key=lambda name: (-sums[name], name))
    kept = [name for name in ranked if name in always] if column == 0 else []
    rest = [name for name in ranked if name not in kept]
    away = rest[max(most - len(kept), 0) :]
    return frozenset(away) if len(away) > 1 else frozenset()


def _ordered(sums: dict[str, float], order: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """By the order given, then by size; 其他 last."""
    place = {name: at for at, name in enumerate(order)}
    keys = sorted(
        sums, key=lambda key: (key == OTHERS, place.get(key, len(place)), -sums[key], key)
    )
    return tuple((key, sums[key]) for key in keys)


def _beside(found: Sequence[Flow], first: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """Classes in the order of the industry that most of each comes from, so that bands cross
    little."""
    sums = _sums(found, 1)
    from_: dict[str, dict[str, float]] = {}
    for flow in found:
        parts = from_.setdefault(flow.names[1], {})
        parts[flow.names[0]] = parts.get(flow.names[0], 0.0) + flow.value
    place = {name: at for at, name in enumerate(first)}
    home = {
        key: min(place[name] for name, value in parts.items() if value == max(parts.values()))
        for key, parts in from_.items()
    }
    keys = sorted(sums, key=lambda key: (key == OTHERS, home[key], -sums[key], key))
    return tuple((key, sums[key]) for key in keys)


def picked(points: pd.DataFrame, shown: Picture, end: str, pick: Mapping[str, str]) -> pd.DataFrame:
    """The points of ``Offer.of`` behind a node or a band.

    pick: the key of a node by column; columns left out are free.
    """
    found = points
    for at, (column, name) in enumerate(zip(COLUMNS, (INDUSTRY, CLASS, end), strict=True)):
        if column in pick:
            key = pick[column]
            away = shown.put_away[at]
            found = found[found[name].isin(away) if key == OTHERS else found[name] == key]
    return found


# ---------------------------------------------------------------- the provincial lists

OVERSUPPLIED, SHORTAGE = "布点多规模大", "急需紧缺"


def listed(version: OpenVersion, as_of: date, scope: Scope | None = None) -> pd.DataFrame:
    """Every specialty on the two lists by year and level, with what the scope offers of it.

    Columns of listed_specialties.sql; ``registered`` nan where no point reports any. An edition
    stands beside the points in force at the end of its year, that of the day's year beside those
    of the day.
    """
    frame = run(
        "listed_specialties",
        version,
        day=as_of,
        **inside(version, Scope() if scope is None else scope),
    )
    return frame.assign(
        registered=frame["registered"].astype("Float64").astype(float),
        specialty=frame["specialty"].fillna(frame["specialty_code"]),
        class_name=frame["class_name"].fillna(NOT_IN_CATALOGUE),
    )
