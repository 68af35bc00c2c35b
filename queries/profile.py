"""One institution at a date, and several beside the median of their level.

Everything is read from the dated rows; nothing here is typed in. A level filter means the points'
level wherever points are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any

import pandas as pd

from data.contract import TRACKS
from data.plan import Indicator
from queries import early_warning, places
from queries.evaluate import Scope, has_data
from queries.institutions import by_institution, level_on
from queries.run import OpenVersion, fetch, run
from queries.schedule import filled

# The table a rule about a number of groups or industries needs -> the number it is about.
RULED = {"specialty_groups": "key_groups", "leading_industries": "leading_industries"}
RULED_WORDS = {"key_groups": "重点打造专业群", "leading_industries": "主导产业"}
# Years without a movement that are still listed.
LONGEST_GAP = 100
OPENED, REDUCED, SUSPENDED, RESUMED, CLOSED = "开设", "压缩", "停招", "恢复招生", "撤销"


@dataclass(frozen=True)
class Point:
    """A specialty point as it is on the day; ``state`` in words."""

    id: str
    specialty: str
    code: str
    level: str
    track: str | None
    backbone: bool
    industry: str | None
    class_name: str | None
    opened_on: date
    state: str
    in_force: bool
    dates: tuple[tuple[str, date], ...]


@dataclass(frozen=True)
class Condition:
    """One threshold: value, whether it is met, and what is short in the threshold's unit."""

    item: str
    unit: str
    comparison: str
    threshold: float
    value: float | None
    met: bool | None

    @property
    def short(self) -> float | None:
        """How far the value is on the wrong side of the threshold; 0 when met."""
        if self.value is None:
            return None
        away = self.threshold - self.value
        return max(away if self.comparison == "at_least" else -away, 0.0)


@dataclass(frozen=True)
class Conditions:
    """An institution's latest conditions record. computed: whether every threshold is met, None
    where its school type has none; met: the provincial verdict where there is one, else computed.
    """

    year: int
    verdict: str | None
    computed: bool | None
    met: bool
    items: tuple[Condition, ...]

    @property
    def disagree(self) -> bool:
        """Whether the provincial verdict and the computed one differ."""
        return self.verdict is not None and self.computed is not None and self.met != self.computed


@dataclass(frozen=True)
class Rule:
    """A rule on how many an institution may have, from the plan's minimum to its maximum.

    fits is None where the rule does not ask this institution, or where data is missing.
    """

    indicator: Indicator
    what: str
    number: int | None
    low: int
    high: int
    applies: bool

    @property
    def fits(self) -> bool | None:
        if not self.applies or self.number is None:
            return None
        return self.low <= self.number <= self.high

    @property
    def words(self) -> str:
        """The verdict in words."""
        if self.number is None:
            return "无数据"
        if not self.applies:
            return "该层次不作要求"
        if self.fits:
            return "符合"
        return "不足" if self.number < self.low else "超出"


def points(version: OpenVersion, institution: str, day: date, levels: Sequence[str]) -> list[Point]:
    """The points opened by the day, in force or not, of the levels (all when empty)."""
    found = []
    rows = fetch("institution_points", version, institution=institution, as_of=day)
    for code, name, specialty_code, level, track, backbone, industry, class_name, *rest in rows:
        *dates, in_force = rest
        if levels and level not in levels:
            continue
        words = (OPENED, REDUCED, SUSPENDED, RESUMED, CLOSED)
        happened = tuple(
            (word, on)
            for word, on in zip(words, dates, strict=True)
            if on is not None and on <= day
        )
        found.append(
            Point(
                code,
                name or specialty_code,
                specialty_code,
                level,
                track,
                bool(backbone),
                industry,
                class_name,
                dates[0],
                _state(dict(happened), in_force),
                in_force,
                happened,
            )
        )
    return found


def _state(happened: dict[str, date], in_force: bool) -> str:
    """What a point is, from what happened to it by the day."""
    if CLOSED in happened:
        return CLOSED
    if SUSPENDED in happened and RESUMED not in happened:
        return SUSPENDED
    if not in_force:
        return "院校已不在办"
    return "压缩招生" if REDUCED in happened else "在办"


def composition(found: Sequence[Point]) -> dict[str, list[tuple[str, int]]]:
    """The points in force by track, level and industry, most first; each adds up to all."""
    active = [each for each in found if each.in_force]
    tracks = Counter(each.track or "未列入四类" for each in active)
    return {
        "类别": [(track, tracks[track]) for track in (*TRACKS, "未列入四类") if tracks[track]],
        "层次": _sorted(Counter(each.level for each in active)),
        "产业": _sorted(Counter(each.industry or "未对应产业" for each in active)),
    }


def _sorted(tally: Counter[str]) -> list[tuple[str, int]]:
    return sorted(tally.items(), key=lambda each: (-each[1], each[0]))


def movements(found: Sequence[Point], day: date) -> list[tuple[int, dict[str, int]]]:
    """Openings, suspensions, resumptions and closings per year up to the day, without gaps of up to
    a century."""
    tally: dict[int, Counter[str]] = {}
    for point in found:
        for word, on in point.dates:
            tally.setdefault(on.year, Counter())[word] += 1
    if not tally:
        return []
    years = filled([*tally, day.year], LONGEST_GAP)
    return [(year, dict(tally.get(year, {}))) for year in years if year <= day.year]


def conditions(version: OpenVersion, institution: str, day: date) -> Conditions | None:
    """The latest record by the day (a year counts from its 31 December); None without one."""
    rows = fetch("institution_conditions", version, institution=institution, as_of=day)
    if not rows:
        return None
    year, verdict, computed, met, *_ = rows[0]
    items = tuple(
        Condition(item, unit, comparison, threshold, value, item_met)
        for *_, item, comparison, threshold, unit, value, item_met in rows
        if item is not None
    )
    return Conditions(year, verdict, computed, met, items)


def rules(version: OpenVersion, institution: str, day: date) -> list[Rule]:
    """The plan's rules on how many key groups or leading industries each institution has."""
    numbers = {
        "key_groups": sum(
            bool(is_key)
            for _, _, is_key, *_ in fetch(
                "institution_groups", version, institution=institution, as_of=day
            )
        ),
        "leading_industries": len(
            fetch("institution_industries", version, institution=institution, as_of=day)
        ),
    }
    level = level_on(version, day).get(institution)
    found = []
    for indicator in version.plan.indicators:
        what = ruled(indicator)
        if what is None:
            continue
        (low,), (high,) = indicator.counts["minimum"], indicator.counts["maximum"]
        asked = indicator.counts.get("level", ())
        known = has_data(version, indicator)
        found.append(
            Rule(
                indicator,
                RULED_WORDS[what],
                numbers[what] if known else None,
                int(low),
                int(high),
                level is not None and (not asked or level in asked),
            )
        )
    return found


def ruled(indicator: Indicator) -> str | None:
    """The number that an indicator bounds from below and above, None if it bounds none."""
    if not {"minimum", "maximum"} <= indicator.counts.keys():
        return None
    return next((RULED[need] for need in indicator.needs if need in RULED), None)


def asks_conditions(version: OpenVersion, level: str | None) -> bool:
    """Whether the plan judges schools of this level by their conditions."""
    return any(
        "conditions" in each.needs and level in each.counts.get("level", (level,))
        for each in version.plan.indicators
    )


# ---- several side by side -----------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One number of a comparison: its name, unit, and its value per institution.

    counted: a missing institution has none of it, rather than no data.
    """

    name: str
    unit: str
    values: dict[str, float]
    counted: bool
    known: bool = True

    def of(self, institution: str) -> float | None:
        if not self.known:
            return None
        return self.values.get(institution, 0.0 if self.counted else None)


def lines(version: OpenVersion, day: date, scope: Scope, yearly: pd.DataFrame) -> list[Line]:
    """Every number that institutions are compared by.

    scope: only its level and ``outside`` matter here. yearly: ``early_warning.totals`` by
    institution and year.
    """
    part = Scope(level=scope.level, outside=scope.outside)
    found = []
    for topic in places.COUNTS:
        if topic.id == places.INSTITUTIONS:
            continue
        amounts = by_institution(version, topic, [day], part)[0]
        values = {
            each.institution_id: amount.numerator
            for each, amount in zip(version.institutions, amounts, strict=True)
        }
        found.append(Line(topic.name, topic.unit, values, True, places.known(version, topic)))
    numbers: dict[str, dict[str, float]] = {}
    for institution, name, value in fetch(
        "institution_numbers", version, as_of=day, levels=list(scope.level)
    ):
        numbers.setdefault(name, {})[institution] = float(value)
    for name, words, table, unit in (
        ("key_groups", "重点打造专业群", "specialty_groups", "个"),
        ("leading_industries", "主导产业", "leading_industries", "个"),
        ("titles", "认定", "recognitions", "项"),
    ):
        found.append(Line(words, unit, numbers.get(name, {}), True, table in version.filled))
    found += _signal_lines(version, yearly)
    for topic in places.topics(version.plan):
        # Whether a school meets a rule is no number to take a median of.
        if topic.indicator is None or (topic.basis == "institution" and topic.measure != "count"):
            continue
        amounts = by_institution(version, topic, [day], part)[0]
        counted = topic.measure == "count"
        values = {
            each.institution_id: amount.value
            for each, amount in zip(version.institutions, amounts, strict=True)
            if amount.value is not None
        }
        if values and any(values.values()):
            found.append(Line(topic.indicator.short, topic.unit, values, counted))
    return found


def _signal_lines(version: OpenVersion, yearly: pd.DataFrame) -> list[Line]:
    """The signals of the latest year with data, and the share of red points in it."""
    if yearly.empty:
        return []
    year = int(yearly.index.get_level_values("year").max())
    latest = yearly.xs(year, level="year")
    found = []
    for signal in version.plan.warning.signals:
        if signal.id not in latest:
            continue
        known = latest[signal.id].dropna()
        values = {str(code): float(value) for code, value in known.items()}
        found.append(Line(f"{signal.name}（{year}）", "%", values, False))
    red = latest[early_warning.RED] / latest["points"] * 100
    values = {str(code): float(value) for code, value in red.items()}
    found.append(Line(f"红色专业点占比（{year}）", "%", values, False))
    return found


def medians(line: Line, peers: dict[str, list[str]]) -> dict[str, float | None]:
    """Level -> the median of its institutions' values; those without data left out."""
    found: dict[str, float | None] = {}
    for level, institutions in peers.items():
        values = [v for v in map(line.of, institutions) if v is not None]
        found[level] = median(values) if values else None
    return found


def peers(version: OpenVersion, day: date, outside: bool = False) -> dict[str, list[str]]:
    """Level -> the institutions in force on the day that stand inside (or outside) the plan."""
    levels = level_on(version, day)
    found: dict[str, list[str]] = {}
    for each in version.institutions:
        level = levels.get(each.institution_id)
        if level is not None and each.outside == outside:
            found.setdefault(level, []).append(each.institution_id)
    return found


def yearly_signals(version: OpenVersion, day: date, scope: Scope) -> pd.DataFrame:
    """``early_warning.totals`` by institution and year, of the points of the scope's levels."""
    frame = run("early_warning", version, as_of=day)
    if scope.level:
        frame = frame[frame["level"].isin(scope.level)]
    return early_warning.totals(frame, ["institution_id", "year"], version.plan.warning)


def facts(version: OpenVersion, institution: str) -> dict[str, Any]:
    """What the institution's own sheet says: longitude, latitude, ownership, school_type,
    founded_on, bachelor_since, closed_on."""
    names = (
        "longitude",
        "latitude",
        "ownership",
        "school_type",
        "founded_on",
        "bachelor_since",
        "closed_on",
    )
    for code, *values in fetch("institution_cards", version):
        if code == institution:
            return dict(zip(names, values, strict=True))
    raise KeyError(institution)
