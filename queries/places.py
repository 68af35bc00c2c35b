"""What the map shows of each district, development zone and 未填区县, at any date.

A topic is an indicator or one of a few plain counts. Each place has the numerator and denominator
of its own rows, so that the places add up to the city under the same filters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from data.contract import NO_DISTRICT
from data.plan import Indicator, Plan
from queries import rows as dated
from queries.evaluate import Scope, chosen_rows, has_data, rows_inside
from queries.rows import Rows
from queries.run import OpenVersion, fetch
from queries.status import number

VALUE, DENSITY, CHANGE = "value", "density", "change"
FORMS = {VALUE: "数值", DENSITY: "校均", CHANGE: "较基期变化"}
ZONE = "开发区"
MOST_YEARS = 6


@dataclass(frozen=True)
class Topic:
    """What is counted by place; ``indicator`` is None for the plain counts.

    basis: whose level the level filter means, and which institutions a density divides by. needs:
    tables, or table.column, without which there is no value.
    """

    id: str
    name: str
    unit: str
    measure: str
    basis: str
    definition: str
    needs: tuple[str, ...] = ()
    indicator: Indicator | None = None

    @property
    def forms(self) -> tuple[str, ...]:
        """How it may be shown: a share has no density, nor has the number of institutions."""
        dense = self.measure == "count" and self.id != INSTITUTIONS
        return (VALUE, DENSITY, CHANGE) if dense else (VALUE, CHANGE)

    def unit_of(self, form: str) -> str:
        """The unit of a form: a share changes by percentage points."""
        if form == DENSITY:
            return f"{self.unit}/所"
        return "个百分点" if form == CHANGE and self.unit == "%" else self.unit


# The hyphen keeps these apart from indicators, whose ids have none.
INSTITUTIONS, POINTS, GROUPS, STUDENTS, ENTRANTS = (
    f"count-{what}" for what in ("institutions", "points", "groups", "students", "entrants")
)
_LATEST = "最近一个有数据的年度（其 12 月 31 日不晚于所看日期）各专业点"
COUNTS = (
    Topic(INSTITUTIONS, "院校", "所", "count", "institution", "在所看日期在办的院校"),
    Topic(POINTS, "专业点", "个", "count", "point", "在所看日期在办的专业点，其院校也在办"),
    Topic(
        GROUPS,
        "专业群",
        "个",
        "count",
        "institution",
        "在所看日期在办的专业群，其院校也在办",
        ("specialty_groups",),
    ),
    Topic(
        STUDENTS,
        "在校生",
        "人",
        "count",
        "point",
        f"{_LATEST}在校生之和",
        ("point_years.enrolled",),
    ),
    Topic(
        ENTRANTS,
        "报到新生",
        "人",
        "count",
        "point",
        f"{_LATEST}报到人数之和",
        ("point_years.registered",),
    ),
)


def topics(plan: Plan) -> tuple[Topic, ...]:
    """The indicators in the plan's order, then the plain counts."""
    return (
        *(
            Topic(
                each.id,
                each.name,
                each.unit,
                each.measure,
                each.basis,
                each.definition,
                each.needs,
                each,
            )
            for each in plan.indicators
        ),
        *COUNTS,
    )


@dataclass(frozen=True)
class Amount:
    """A topic's value on a day in one place, with what it was made of.

    institutions: how many the density divides by.
    """

    value: float | None
    numerator: float
    denominator: float | None
    institutions: int

    def shown(self, form: str, baseline: Amount) -> float | None:
        """The value, its quotient per institution, or its change since the baseline."""
        if form == DENSITY:
            return None if self.value is None or not self.institutions else self.density
        if form == CHANGE:
            if self.value is None or baseline.value is None:
                return None
            return self.value - baseline.value
        return self.value

    @property
    def density(self) -> float:
        return self.numerator / self.institutions


@dataclass(frozen=True)
class Place:
    """One place in the league: what it has now, what it had at the baseline, in one form.

    rank, rank_then: 1 is most, equal values share a rank; None without a value and for 未填区县,
    which is no place. rank_then is by the same form at the baseline; a change has none.
    """

    name: str
    kind: str
    now: Amount
    then: Amount
    shown: float | None
    shown_then: float | None
    rank: int | None = None
    rank_then: int | None = None

    @property
    def change(self) -> float | None:
        """What was gained since the baseline, in the form shown."""
        if self.shown is None or self.shown_then is None:
            return None
        return self.shown - self.shown_then

    @property
    def climbed(self) -> int | None:
        """Ranks gained since the baseline; negative when it fell back."""
        if self.rank is None or self.rank_then is None:
            return None
        return self.rank_then - self.rank


def place_names(version: OpenVersion) -> list[tuple[str, str]]:
    """(name, kind) of districts, development zones, and 未填区县 where a school names none."""
    found = [(name, kind) for name, _, kind, *_ in fetch("district_list", version)]
    if any(each.district == NO_DISTRICT for each in version.institutions):
        found.append((NO_DISTRICT, NO_DISTRICT))
    return found


def topic_rows(version: OpenVersion, topic: Topic, scope: Scope) -> Rows:
    """The dated rows of a topic inside a scope."""
    if topic.indicator is not None:
        return chosen_rows(version, topic.indicator, scope)
    return rows_inside(version, version.counts.get(topic.id.removeprefix("count-"), _NONE), scope)


_NONE = Rows(
    np.empty(0, np.int64),
    np.empty(0, np.int64),
    np.empty(0, bool),
    np.empty(0),
    np.empty(0, np.int32),
    np.empty(0, np.int32),
    np.empty(0, bool),
)


def known(version: OpenVersion, topic: Topic) -> bool:
    """Whether the workbook holds what the topic needs at all."""
    if topic.indicator is not None:
        return has_data(version, topic.indicator)
    # Points and institutions are required sheets: none in force is zero, not missing.
    return not topic.needs or topic.id.removeprefix("count-") in version.counts


def amounts(
    version: OpenVersion,
    topic: Topic,
    days: Sequence[date],
    scope: Scope,
    part: npt.NDArray[np.int32],
    parts: int,
) -> list[list[Amount]]:
    """The topic per day and part; ``part`` is the code of each of the version's institutions."""
    rows = topic_rows(version, topic, scope)
    ordinals = dated.ordinals(days)
    numerator, denominator = dated.numerator_and_denominator_by(
        rows, topic.measure, ordinals, part[rows.institution], parts
    )
    schools = _schools(version, topic, ordinals, scope, part, parts)
    filled = known(version, topic)
    return [
        [
            Amount(
                dated.value(n, None if denominator is None else denominator[i, p])
                if filled
                else None,
                float(n),
                None if denominator is None else float(denominator[i, p]),
                int(schools[i, p]),
            )
            for p, n in enumerate(numerator[i])
        ]
        for i in range(len(days))
    ]


def _schools(
    version: OpenVersion,
    topic: Topic,
    days: dated.Days,
    scope: Scope,
    part: npt.NDArray[np.int32],
    parts: int,
) -> npt.NDArray[np.int64]:
    """Institutions a density divides by, per day and part.

    Those in force; for what points add up to, those that run a point in force, because a level
    filter then means the points' level.
    """
    name = "points" if topic.basis == "point" else "institutions"
    rows = rows_inside(version, version.counts.get(name, _NONE), scope)
    found = np.zeros((len(days), parts), np.int64)
    for index, day in enumerate(days):
        active = np.unique(rows.institution[(rows.since <= day) & (rows.until > day)])
        found[index] = np.bincount(part[active], minlength=parts)
    return found


def part_codes(version: OpenVersion, names: Sequence[str]) -> npt.NDArray[np.int32]:
    """The place of each of the version's institutions as an index into ``names``."""
    codes = {name: code for code, name in enumerate(names)}
    return np.array([codes[each.district] for each in version.institutions], np.int32)


def by_place(
    version: OpenVersion, topic: Topic, days: Sequence[date], scope: Scope
) -> list[list[Amount]]:
    """The topic per day and place of ``place_names``; a district filter does not apply: a map
    compares a district with the others."""
    names = [name for name, _ in place_names(version)]
    everywhere = replace(scope, district=())
    return amounts(version, topic, days, everywhere, part_codes(version, names), len(names))


def total(version: OpenVersion, topic: Topic, days: Sequence[date], scope: Scope) -> list[Amount]:
    """The topic per day for all the scope together."""
    one = np.zeros(len(version.institutions), np.int32)
    return [day[0] for day in amounts(version, topic, days, scope, one, 1)]


def league(version: OpenVersion, topic: Topic, form: str, as_of: date, scope: Scope) -> list[Place]:
    """Every place with its rank, in the order of ``place_names``."""
    now, then = by_place(version, topic, [as_of, version.plan.issued_on], scope)
    found = []
    for (name, kind), here, before in zip(place_names(version), now, then, strict=True):
        shown = here.shown(form, before)
        shown_then = None if form == CHANGE else before.shown(form, before)
        found.append(Place(name, kind, here, before, shown, shown_then))
    ranks = _ranks([None if p.kind == NO_DISTRICT else p.shown for p in found])
    ranks_then = _ranks([None if p.kind == NO_DISTRICT else p.shown_then for p in found])
    return [
        replace(place, rank=rank, rank_then=rank_then)
        for place, rank, rank_then in zip(found, ranks, ranks_then, strict=True)
    ]


def _ranks(values: Sequence[float | None]) -> list[int | None]:
    """1 for the most; equal values share the better rank; None where there is no value."""
    held = sorted((v for v in values if v is not None), reverse=True)
    return [None if v is None else held.index(v) + 1 for v in values]


def year_ends(version: OpenVersion, as_of: date) -> list[date]:
    """The days of the small multiples: each 31 December since the start of the plan's period, or
    since the year before its issue if that is earlier, and the day itself; the last MOST_YEARS."""
    plan = version.plan
    first = min(plan.period_start.year, plan.issued_on.year - 1)
    ends = [date(year, 12, 31) for year in range(first, as_of.year)]
    return [*ends, as_of][-MOST_YEARS:]


def ranked(places: Sequence[Place]) -> list[Place]:
    """The places from the first rank to the last, then those without one."""
    return sorted(places, key=lambda each: (each.rank is None, each.rank or 0))


def finding(places: Sequence[Place], topic: Topic, form: str) -> str:
    """The league in a sentence: who leads, and who has least or nothing."""
    order = [each for each in ranked(places) if each.rank is not None]
    if not order:
        return f"{topic.name}：各区县均无数据"
    unit = topic.unit_of(form)
    say = signed if form == CHANGE else number
    name = f"{topic.name}{'' if form == VALUE else FORMS[form]}"
    first, last = order[0].shown, order[-1].shown
    if first == last:
        same = "均无变化" if form == CHANGE and not first else f"均为 {say(first, unit)}"
        return f"{name}：有数据的 {len(order)} 处{same}"
    leaders = [each.name for each in order if each.rank == 1]
    lead = f"{'、'.join(leaders[:3])}{f'等 {len(leaders)} 处' if len(leaders) > 3 else ''}"
    words = f"{name}：{lead}最{_most(topic, form)}（{say(first, unit)}）"
    least = [each.name for each in order if each.shown == last]
    who = f"{'、'.join(least[:3])}{f'等 {len(least)} 处' if len(least) > 3 else ''}"
    if last == 0 and form == VALUE and topic.unit != "%":
        return f"{words}，{who}尚无"
    return f"{words}，{who}最{_least(topic, form)}（{say(last, unit)}）"


def _most(topic: Topic, form: str) -> str:
    return "高" if topic.unit == "%" and form != CHANGE else "多"


def _least(topic: Topic, form: str) -> str:
    return "低" if topic.unit == "%" and form != CHANGE else "少"


def standing(place: Place, topic: Topic, form: str, places: Sequence[Place]) -> str:
    """One place in a sentence: what it has, where it stands, what it gained."""
    unit = topic.unit_of(form)
    say = signed if form == CHANGE else number
    name = f"{topic.name}{'' if form == VALUE else FORMS[form]}"
    words = f"{place.name}：{name} {say(place.shown, unit)}"
    if place.rank is not None:
        of = sum(each.rank is not None for each in places)
        words += f"，{of} 个区县和开发区中居第 {place.rank} 位"
    if form != CHANGE and place.change is not None:
        words += f"，较基期{change_words(place.change, change_unit(topic, form))}"
    return words


def change_unit(topic: Topic, form: str) -> str:
    """The unit in which the form shown changes."""
    return topic.unit_of(DENSITY if form == DENSITY else CHANGE)


def change_words(change: float, unit: str) -> str:
    """A change in words: 增加 3 个, 减少 1.2 个百分点, 持平."""
    text = number(abs(change), unit)
    return f"{'增加' if change > 0 else '减少'} {text}" if _nonzero(text) else "持平"


def signed(value: float | None, unit: str = "") -> str:
    """A number with its sign, as changes are shown."""
    text = number(value, unit)
    return f"+{text}" if value is not None and value > 0 and _nonzero(text) else text


def _nonzero(text: str) -> bool:
    """Whether a rounded number still shows something other than zero."""
    return any(digit in text for digit in "123456789")
