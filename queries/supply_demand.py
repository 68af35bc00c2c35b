"""Supply of graduates against demand for people, by industry and specialty, by year.

Demand (talent_demand.sql): every row counts once. A row without a specialty code is what its
industry wants besides the specialties that have rows of their own, so an industry's demand is the
sum of its rows and a specialty's the sum of its own. What several sources say of the same is
averaged, and actual rows replace the forecasts of their industry and year.

Supply: the graduates of the points of the plan's institutions (technician ones stand apart), in
force today or not, further study included. For years to come: those who registered as many years
before as study takes (the point's 学制, else ``USUAL_YEARS`` of its level), times the ratio of
graduates to the same points' intake that many years earlier, over all years where both are known
and per level. Nobody who has not come yet is supposed to graduate: without the intake of that year
there is no forecast.

Gap = demand − supply, a shortage when positive; its share = gap / demand. Both are None where
either side is not known; the share also where the demand is zero.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from queries.run import OpenVersion, fetch, run

NO_INDUSTRY = "未填产业"
USUAL_YEARS = {"中职": 3, "高职": 3, "职业本科": 4}
BY_INDUSTRY, BY_SPECIALTY = "industry", "specialty"
# Growth looks back this far, or to the first year that is known.
GROWTH_YEARS = 3
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2}


def study_years(duration: object, level: str) -> int:
    """Years of study from a point's 学制 ("三年", "3年", "2.5", "三年制"); the level's usual number
    where it says none between 1 and 9. Half a year counts as a whole one."""
    text = str(duration or "")
    if found := re.search(r"\d+(?:\.\d+)?", text):
        years = math.ceil(float(found[0]))
    else:
        years = next((_DIGITS[each] for each in text if each in _DIGITS), 0)
        years += "半" in text
    return years if 1 <= years <= 9 else USUAL_YEARS.get(level, 3)


@dataclass(frozen=True)
class Supply:
    """What a year brings to an industry or a specialty: graduates, None where not known.

    institutions: how many have any; largest: the one with most (the first by name among equals)
    and its share of all, None without graduates. unknown: points whose number is not known.
    """

    graduates: float | None
    forecast: bool
    institutions: int = 0
    largest: str = ""
    largest_share: float | None = None
    unknown: int = 0


@dataclass(frozen=True)
class Demand:
    """What a year asks for, None where no row says. sources: how many were averaged at most."""

    people: float | None
    forecast: bool = False
    sources: int = 0


@dataclass(frozen=True)
class Balance:
    """One industry or specialty in one year."""

    year: int
    supply: Supply
    demand: Demand

    @property
    def gap(self) -> float | None:
        """Demand less graduates: positive for a shortage; None unless both are known."""
        if self.supply.graduates is None or self.demand.people is None:
            return None
        return self.demand.people - self.supply.graduates

    @property
    def gap_share(self) -> float | None:
        """The gap as a share of the demand, at most 1; None without a gap or without demand."""
        if self.gap is None or not self.demand.people:
            return None
        return self.gap / self.demand.people


@dataclass(frozen=True)
class Item:
    """An industry or a specialty through the years. key: the industry's name, or the code.

    level: of a specialty, else empty. named: whether the plan names the industry.
    """

    key: str
    name: str
    level: str
    years: dict[int, Balance]

    def change(self, year: int) -> float | None:
        """The gap's change from the year before, None unless both gaps are known."""
        now, before = self.years.get(year), self.years.get(year - 1)
        if now is None or before is None or now.gap is None or before.gap is None:
            return None
        return now.gap - before.gap


@dataclass(frozen=True)
class Growth:
    """Average yearly growth of an item from one year to another, as ratios (0.05 is 5 %)."""

    item: Item
    demand: float
    supply: float


@dataclass(frozen=True)
class Outlook:
    """Supply against demand of everything of one kind.

    items: those with demand or supply in any year, by key. years: from the first to the last with
    anything, rising. last: the last year with actual graduates, None without any. passing: per
    level, graduates per student registered as many years before; empty where not known.
    outside: graduates of technician institutions by year, which are in no item.
    """

    items: tuple[Item, ...]
    years: tuple[int, ...]
    last: int | None
    passing: dict[str, float]
    outside: dict[int, float] = field(default_factory=dict)

    def latest_known(self) -> int | None:
        """The last year with actual graduates in which any gap is known; else the last year with
        one; None without any."""
        known = [
            year for year in self.years if any(i.years[year].gap is not None for i in self.items)
        ]
        actual = [year for year in known if self.last is not None and year <= self.last]
        return max(actual or known, default=None)

    def ranked(self, year: int, *, shortage: bool) -> list[tuple[int, Item]]:
        """(rank, item) of the shortages of a year, or of the surpluses, the largest first; equal
        gaps share a rank."""
        sign = 1 if shortage else -1
        gaps = [(i, i.years[year].gap) for i in self.items if year in i.years]
        found = [(item, sign * gap) for item, gap in gaps if gap is not None and sign * gap > 0]
        found.sort(key=lambda pair: (-pair[1], pair[0].key))
        sizes = [size for _, size in found]
        return [(sizes.index(size) + 1, item) for item, size in found]

    def grown(self, year: int) -> tuple[int | None, list[Growth]]:
        """The year growth is measured from, and every item whose growth up to ``year`` is known.

        From GROWTH_YEARS before, or the first year after that in which any item has both sides; an
        item with nothing to grow from has no growth.
        """
        for start in range(year - GROWTH_YEARS, year):
            found = [each for item in self.items if (each := _growth(item, start, year))]
            if found:
                return start, found
        return None, []


def _growth(item: Item, start: int, year: int) -> Growth | None:
    a, b = item.years.get(start), item.years.get(year)
    if a is None or b is None:
        return None
    demand = _rate(a.demand.people, b.demand.people, year - start)
    supply = _rate(a.supply.graduates, b.supply.graduates, year - start)
    return None if demand is None or supply is None else Growth(item, demand, supply)


def _rate(before: float | None, now: float | None, years: int) -> float | None:
    if not before or now is None:
        return None
    return float((now / before) ** (1 / years) - 1)


def outlook(version: OpenVersion, as_of: date, by: str = BY_INDUSTRY, chain: str = "") -> Outlook:
    """Supply against demand by BY_INDUSTRY or BY_SPECIALTY, for the whole city: the demand has no
    district, level or authority. chain: one industry alone.

    A point without an industry supplies 未填产业, for which nobody can state a demand.
    """
    wanted = run("talent_demand", version, this_year=as_of.year)
    came = _came(run("talent_supply", version, as_of=as_of))
    outside = came[came["outside"]].groupby("year")["graduates"].sum(min_count=1).dropna()
    came = came[~came["outside"]]
    passing = passing_ratios(came)
    supplied = pd.concat(
        [came.assign(forecast=False)[_COLUMNS], _expected(came, passing)], ignore_index=True
    )
    known_years = set(supplied["year"]) | set(wanted["year"])
    years = tuple(range(int(min(known_years)), int(max(known_years)) + 1)) if known_years else ()
    reach = _Reach.of(came)
    if chain:
        wanted = wanted[wanted["industry"] == chain]
        came = came[came["industry"] == chain]
        supplied = supplied[supplied["industry"] == chain]
    key = "industry" if by == BY_INDUSTRY else "specialty_code"
    demands = _demands(wanted[wanted[key].notna()], key)
    supplies = _supplies(supplied, key)
    shortest = came.groupby(key)["length"].min()
    names = _names(version, came) if by == BY_SPECIALTY else {}
    items = []
    for each in sorted({name for name, _ in demands} | {name for name, _ in supplies}):
        name, level = names.get(each, (each, ""))
        balances = {
            year: Balance(
                year,
                reach.cut(year, int(shortest.get(each, reach.usual)), supplies.get((each, year))),
                demands.get((each, year), Demand(None)),
            )
            for year in years
        }
        items.append(Item(each, name, level, balances))
    return Outlook(
        tuple(items),
        years,
        reach.last,
        passing,
        {int(y): float(n) for y, n in zip(outside.index, outside, strict=True)},
    )


_COLUMNS = ["year", "industry", "specialty_code", "institution", "graduates", "forecast"]


def _came(rows: pd.DataFrame) -> pd.DataFrame:
    """talent_supply.sql with ``length`` of study, numbers as floats, and a row without numbers for
    each year that a point leaves out between two others."""
    kinds = rows[["duration", "level"]].drop_duplicates()
    length = [study_years(d, lv) for d, lv in kinds.itertuples(index=False, name=None)]
    found = rows.merge(kinds.assign(length=length), on=["duration", "level"], how="left")
    before = found.groupby("point_id")["year"].shift().fillna(found["year"] - 1).astype(int)
    left_out = found["year"] - before > 1
    lost = [
        row | {"year": year, "registered": None, "graduates": None}
        for row, first in zip(
            found[left_out].to_dict("records"), before[left_out].tolist(), strict=True
        )
        for year in range(first + 1, row["year"])
    ]
    if lost:
        found = pd.concat([found, pd.DataFrame(lost)], ignore_index=True)
    return found.assign(
        industry=found["industry"].fillna(NO_INDUSTRY),
        outside=found["outside"].astype(bool),
        registered=found["registered"].astype("Float64").astype(float),
        graduates=found["graduates"].astype("Float64").astype(float),
    )


@dataclass(frozen=True)
class _Reach:
    """How far supply is known. actual: years with anyone's graduates; intake: the last year with
    anyone's new students, None without any; usual: the shortest study there is."""

    actual: frozenset[int]
    intake: int | None
    usual: int

    @staticmethod
    def of(rows: pd.DataFrame) -> _Reach:
        actual = frozenset(int(year) for year in rows.loc[rows["graduates"].notna(), "year"])
        intake = rows.loc[rows["registered"].notna(), "year"].max()
        shortest = rows["length"].min()
        return _Reach(
            actual,
            None if pd.isna(intake) else int(intake),
            0 if pd.isna(shortest) else int(shortest),
        )

    @property
    def last(self) -> int | None:
        return max(self.actual, default=None)

    def cut(self, year: int, length: int, found: Supply | None) -> Supply:
        """The supply of a year, or not known. length: the shortest study of the item's points;
        where it has none it brings nobody, as far as anything is known."""
        if self.last is None or year <= self.last:
            nobody = Supply(0.0 if year in self.actual else None, forecast=False)
            return found or nobody
        if self.intake is None or year > self.intake + length:
            return Supply(None, forecast=True)
        return found or Supply(0.0, forecast=True)


def passing_ratios(rows: pd.DataFrame) -> dict[str, float]:
    """Graduates per student registered as many years before as study takes, by level; of all
    levels together where a level has no such year, and empty when none has.

    rows: talent_supply.sql with ``length``.
    """
    left = rows[["point_id", "year", "graduates"]]
    came = rows.assign(year=rows["year"] + rows["length"])
    both = came[["point_id", "year", "level", "registered"]].merge(left, on=["point_id", "year"])
    both = both.dropna()
    whole = both[["registered", "graduates"]].sum()
    if not whole["registered"]:
        return {}
    summed = both.groupby("level")[["registered", "graduates"]].sum()
    found = dict.fromkeys(rows["level"], float(whole["graduates"] / whole["registered"]))
    for level, registered, graduates in summed.itertuples(name=None):
        if registered > 0:
            found[str(level)] = float(graduates / registered)
    return found


def _expected(rows: pd.DataFrame, passing: dict[str, float]) -> pd.DataFrame:
    """One row per point and year after the last with graduates in which students registered by now
    will graduate; nan where their number is not known, also of a point whose intake of that year
    lies before the first year with data."""
    last = rows.loc[rows["graduates"].notna(), "year"].max()
    if not passing or pd.isna(last):
        return rows.iloc[:0].assign(forecast=True)[_COLUMNS]
    ahead = rows.assign(
        year=rows["year"] + rows["length"],
        graduates=rows["registered"] * rows["level"].map(passing),
    )
    first = int(rows["year"].min())
    lost = [
        rows[(rows["year"] == first) & (rows["length"] == length)].assign(
            year=year, graduates=float("nan")
        )
        for length in sorted(set(rows["length"]))
        for year in range(int(last) + 1, first + int(length))
    ]
    found = pd.concat([ahead[ahead["year"] > last], *lost], ignore_index=True)
    expected: pd.DataFrame = found.assign(forecast=True)[_COLUMNS]
    return expected


def _supplies(rows: pd.DataFrame, key: str) -> dict[tuple[str, int], Supply]:
    """Supply by key and year, as far as it is reported; None where nothing is."""
    if rows.empty:
        return {}
    tally = (
        rows.assign(unknown=rows["graduates"].isna())
        .groupby([key, "year", "institution"], sort=True)
        .agg(
            graduates=("graduates", "sum"),
            unknown=("unknown", "sum"),
            points=("unknown", "size"),
            forecast=("forecast", "max"),
        )
        .reset_index()
    )
    tally = tally.sort_values(
        [key, "year", "graduates", "institution"], ascending=[True, True, False, True]
    ).assign(having=tally["graduates"] > 0)
    summed = tally.groupby([key, "year"], sort=False).agg(
        total=("graduates", "sum"),
        most=("graduates", "first"),
        largest=("institution", "first"),
        having=("having", "sum"),
        unknown=("unknown", "sum"),
        points=("points", "sum"),
        forecast=("forecast", "max"),
    )
    found: dict[tuple[str, int], Supply] = {}
    for (name, year), total, most, largest, having, unknown, points, forecast in summed.itertuples(
        name=None
    ):
        if unknown == points:
            supply = Supply(None, bool(forecast), unknown=int(unknown))
        else:
            supply = Supply(
                float(round(total)) if forecast else float(total),
                bool(forecast),
                int(having),
                str(largest) if most > 0 else "",
                float(most / total) if total > 0 else None,
                int(unknown),
            )
        found[str(name), int(year)] = supply
    return found


def _demands(rows: pd.DataFrame, key: str) -> dict[tuple[str, int], Demand]:
    """Demand by key and year."""
    summed = rows.groupby([key, "year"]).agg(
        people=("demand", "sum"), forecast=("is_forecast", "max"), sources=("sources", "max")
    )
    return {
        (str(name), int(year)): Demand(float(people), bool(forecast), int(sources))
        for (name, year), people, forecast, sources in summed.itertuples(name=None)
    }


def _names(version: OpenVersion, rows: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """(name, level) of every code: the catalogue's, else what the points call it."""
    found: dict[str, tuple[str, str]] = {}
    own = rows[["specialty_code", "specialty", "level"]].drop_duplicates("specialty_code")
    for code, name, level in own.itertuples(index=False, name=None):
        found[code] = (name or code, level)
    for level, code, name in fetch("specialty_names", version):
        found[code] = (name, level)
    return found


def gap_shares(
    version: OpenVersion, as_of: date, rows: pd.DataFrame, year: int | None = None
) -> pd.Series:
    """The one demand gap of specialty points, for enrolment plans and pre-checks: by row label, as
    a share of the demand, at most 1 (below −1 where graduates are more than twice the demand).

    rows: with ``specialty_code`` and ``industry``. That of the specialty where its demand is
    stated, else that of its industry; nan where neither is known. year: None for the last one with
    actual graduates and any known gap, for industries and specialties alike.
    """
    industries = outlook(version, as_of, BY_INDUSTRY)
    specialties = outlook(version, as_of, BY_SPECIALTY)
    at = industries.latest_known() if year is None else year

    def shares(known: Outlook) -> dict[str, float]:
        return {
            item.key: share
            for item in known.items
            if at in item.years and (share := item.years[at].gap_share) is not None
        }

    own = rows["specialty_code"].map(shares(specialties))
    whole = rows["industry"].map(shares(industries))
    return own.astype(float).fillna(whole.astype(float)).rename("gap")
