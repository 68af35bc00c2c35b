"""Every figure about an indicator at a date, computed here and nowhere else.

``evaluate`` turns the dated rows of a version into one ``Result`` per indicator, or per indicator
and part of the city. Formulas: indicators.md, "Progress and status at D".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from data.contract import NO_DISTRICT
from data.plan import Indicator
from queries import rows as dated
from queries.forecast import Forecast, project
from queries.rows import Rows
from queries.run import Institution, OpenVersion
from queries.schedule import Line, lag_days, line, quarter_ends
from queries.status import Facts, Verdict, judge, not_assessed

BREAKDOWNS = {"district": "区县", "institution": "院校", "level": "层次"}


@dataclass(frozen=True)
class Scope:
    """A part of the city by filters; empty means no filter. Values are as on screen."""

    authority: tuple[str, ...] = ()
    level: tuple[str, ...] = ()
    district: tuple[str, ...] = ()
    institution: tuple[str, ...] = ()
    outside: bool = False

    def __bool__(self) -> bool:
        return bool(self.authority or self.level or self.district or self.institution)

    def lets_in(self, institution: Institution) -> bool:
        """Whether authority, district and institution let it through.

        Not the level, which is a row's and a day's, nor whether technician institutions are meant.
        """
        return (
            (not self.authority or institution.authority in self.authority)
            and (not self.district or institution.district in self.district)
            and (not self.institution or institution.institution_id in self.institution)
        )

    @property
    def part(self) -> tuple[str, str] | None:
        """(范围类型, 范围) when the scope is exactly one district or one institution."""
        if self.authority or self.level or self.outside:
            return None
        if len(self.institution) == 1 and not self.district:
            return ("院校", self.institution[0])
        if len(self.district) == 1 and not self.institution:
            return ("区县", self.district[0])
        return None

    @property
    def words(self) -> str:
        """The filters in words, empty without any."""
        parts = [*self.district, *self.authority, *self.level]
        if self.institution:
            parts.append(f"{len(self.institution)} 所院校")
        return "、".join(parts)


@dataclass(frozen=True)
class Result:
    """One indicator at a date, for the city or a part of it.

    Values are in the indicator's unit (percent for shares), paces are ratios, lags days; None where
    not defined. ``forecast`` is the value expected at the deadline. group and group_id: the part's
    name and what identifies it (an institution's code; else the name).
    """

    indicator: Indicator
    as_of: date
    group: str | None
    actual: float | None
    numerator: float | None
    denominator: float | None
    baseline: float | None
    target: float | None
    progress: float | None
    schedule: float | None
    pace: float | None
    lag_days: float | None
    forecast: float | None
    band: Forecast | None
    required_per_quarter: float | None
    at_deadline: float | None
    verdict: Verdict
    group_id: str | None = None

    @property
    def id(self) -> str:
        return self.indicator.id

    @property
    def status(self) -> str:
        return self.verdict.status

    @property
    def gap(self) -> float | None:
        """Target minus actual, 0 when reached (尚差)."""
        if self.target is None or self.actual is None:
            return None
        return max(self.target - self.actual, 0.0)


@dataclass(frozen=True)
class _Series:
    """Values of one indicator in one part on the days that matter."""

    actual: float | None
    numerator: float
    denominator: float | None
    baseline: float | None
    quarters: tuple[float | None, ...]
    at_deadline: float | None


def chosen_rows(version: OpenVersion, indicator: Indicator, scope: Scope) -> Rows:
    """The rows of an indicator inside a scope; technician institutions only if asked for."""
    return rows_inside(version, version.rows[indicator.id], scope)


def rows_inside(version: OpenVersion, found: Rows, scope: Scope) -> Rows:
    """The rows inside a scope; technician institutions only if asked for."""
    mask = found.outside if scope.outside else ~found.outside
    if scope.level:
        allowed = [code for code, level in enumerate(version.levels) if level in scope.level]
        mask = mask & np.isin(found.level, allowed)
    if scope.authority or scope.district or scope.institution:
        allowed = [code for code, each in enumerate(version.institutions) if scope.lets_in(each)]
        mask = mask & np.isin(found.institution, allowed)
    return found.where(mask)


def has_data(version: OpenVersion, indicator: Indicator) -> bool:
    """Whether the workbook holds what the indicator needs at all; without it the value is None."""
    return all(need in version.filled for need in indicator.needs)


def evaluate(
    version: OpenVersion,
    as_of: date | None = None,
    scope: Scope | None = None,
    by: str | None = None,
    indicators: Iterable[str] | None = None,
    instead: Mapping[str, Rows] | None = None,
) -> list[Result]:
    """One Result per indicator in the plan's order, or per indicator and group with ``by``.

    as_of: the data's own date when None. by: district, institution or level; groups without any
    row are listed too, rows without a district form the group 未填区县. indicators: ids to keep.
    instead: rows to count in place of the version's own, by indicator.
    """
    day = as_of or version.as_of
    scope = Scope() if scope is None else scope
    wanted = None if indicators is None else set(indicators)
    found: list[Result] = []
    for indicator in version.plan.indicators:
        if wanted is not None and indicator.id not in wanted:
            continue
        counted = (instead or {}).get(indicator.id, version.rows[indicator.id])
        rows = rows_inside(version, counted, scope)
        if by is None:
            series = _series(version, indicator, rows, day)
            found.append(_result(version, indicator, day, series, scope, scope.part, None))
            continue
        part, names, labels = _parts(version, rows, by, scope)
        for index, series in enumerate(_series_by(version, indicator, rows, day, part, len(names))):
            piece = None if scope or by == "level" else (BREAKDOWNS[by], names[index])
            part_of = _result(version, indicator, day, series, scope, piece, labels[index])
            found.append(replace(part_of, group_id=names[index]))
    return found


def _days(version: OpenVersion, indicator: Indicator, day: date) -> list[date]:
    quarters = quarter_ends(day, version.plan.status.forecast_points)
    return [day, version.plan.issued_on, indicator.deadline, *quarters]


def _series(version: OpenVersion, indicator: Indicator, rows: Rows, day: date) -> _Series:
    days = dated.ordinals(_days(version, indicator, day))
    numerator, denominator = dated.numerator_and_denominator(rows, indicator.measure, days)
    return _pick(numerator, denominator, has_data(version, indicator))


def _series_by(
    version: OpenVersion,
    indicator: Indicator,
    rows: Rows,
    day: date,
    part: npt.NDArray[np.int32],
    parts: int,
) -> list[_Series]:
    days = dated.ordinals(_days(version, indicator, day))
    numerator, denominator = dated.numerator_and_denominator_by(
        rows, indicator.measure, days, part, parts
    )
    known = has_data(version, indicator)
    return [
        _pick(numerator[:, i], None if denominator is None else denominator[:, i], known)
        for i in range(parts)
    ]


def _pick(numerator: dated.Numbers, denominator: dated.Numbers | None, known: bool) -> _Series:
    values = [
        dated.value(n, None if denominator is None else denominator[i]) if known else None
        for i, n in enumerate(numerator)
    ]
    return _Series(
        actual=values[0],
        numerator=float(numerator[0]),
        denominator=None if denominator is None else float(denominator[0]),
        baseline=values[1],
        quarters=tuple(values[3:]),
        at_deadline=values[2],
    )


def _parts(
    version: OpenVersion, rows: Rows, by: str, scope: Scope
) -> tuple[npt.NDArray[np.int32], list[str], list[str]]:
    """(part code per row, identifying name per part, label per part)."""
    if by == "level":
        levels = [each for each in version.levels if not scope.level or each in scope.level]
        lookup = np.array(
            [levels.index(each) if each in levels else -1 for each in version.levels], np.int32
        )
        return lookup[rows.level], levels, levels
    inside = [
        each
        for each in version.institutions
        if each.outside == scope.outside and scope.lets_in(each)
    ]
    if by == "institution":
        names = [each.institution_id for each in inside]
        labels = [each.name for each in inside]
        codes = {name: code for code, name in enumerate(names)}
        lookup = np.array(
            [codes.get(each.institution_id, -1) for each in version.institutions], np.int32
        )
        return lookup[rows.institution], names, labels
    names = [each for each in version.districts if not scope.district or each in scope.district]
    if any(each.district == NO_DISTRICT for each in inside):
        names.append(NO_DISTRICT)
    codes = {name: code for code, name in enumerate(names)}
    lookup = np.array([codes.get(each.district, -1) for each in version.institutions], np.int32)
    return lookup[rows.institution], names, names


def _result(
    version: OpenVersion,
    indicator: Indicator,
    day: date,
    series: _Series,
    scope: Scope,
    part: tuple[str, str] | None,
    group: str | None,
) -> Result:
    forecast = _forecast(version, indicator, day, series)
    whole = not scope and not scope.outside and group is None
    target, steps = _target(version, indicator, whole, part)
    path = _path(version, indicator, series.baseline, target, steps)
    pace = _pace(path, series.actual, day)
    if whole or target is not None:
        verdict = _assess(version, indicator, day, series, target, pace, whole)
    else:
        verdict = not_assessed(group or scope.words or "这一部分")
    shared = series.denominator is not None
    return Result(
        indicator=indicator,
        as_of=day,
        group=group,
        actual=series.actual,
        numerator=series.numerator if shared and has_data(version, indicator) else None,
        denominator=series.denominator if has_data(version, indicator) else None,
        baseline=series.baseline,
        target=target,
        progress=_progress(series, target),
        schedule=None if path is None else path.at(day),
        pace=pace,
        lag_days=None
        if path is None or series.actual is None
        else lag_days(path, series.actual, day),
        forecast=None if forecast is None else forecast.value,
        band=forecast,
        required_per_quarter=_required(version, indicator, series.actual, target, day),
        at_deadline=series.at_deadline if day >= indicator.deadline else None,
        verdict=verdict,
    )


def _target(
    version: OpenVersion, indicator: Indicator, whole: bool, part: tuple[str, str] | None
) -> tuple[float | None, list[tuple[date, float]]]:
    """The target and the dated values on the way to it.

    The city's target is the plan's. A part has one only where the workbook allocates it: its last
    dated value by the deadline. An indicator that is only monitored has none anywhere.
    """
    if indicator.target is None:
        return None, []
    scope_kind, scope = ("全市", "") if whole else (part or ("", ""))
    steps = [
        (each.due_on, each.target)
        for each in version.steps
        if each.indicator == indicator.id
        and each.scope_kind == scope_kind
        and (whole or each.scope == scope)
        and version.plan.issued_on < each.due_on <= indicator.deadline
    ]
    if whole:
        return indicator.target, steps
    if part is None or not steps:
        return None, []
    on_day = dict(steps)
    return on_day[max(on_day)], steps


def _forecast(
    version: OpenVersion, indicator: Indicator, day: date, series: _Series
) -> Forecast | None:
    if day >= indicator.deadline:
        value = series.at_deadline
        return None if value is None else Forecast(value, value, value)
    status = version.plan.status
    return project(
        quarter_ends(day, status.forecast_points),
        series.quarters,
        indicator.deadline,
        band=status.forecast_band,
        percentage=indicator.unit == "%",
    )


def _pace(path: Line | None, actual: float | None, day: date) -> float | None:
    """Gain since the baseline over the gain scheduled; None at issue, where none is scheduled."""
    if path is None or actual is None:
        return None
    scheduled = path.at(day) - path.baseline
    # Adding zero turns a negative zero into a plain one.
    return (actual - path.baseline) / scheduled + 0.0 if scheduled else None


def _assess(
    version: OpenVersion,
    indicator: Indicator,
    day: date,
    series: _Series,
    target: float | None,
    pace: float | None,
    whole: bool,
) -> Verdict:
    """The rules on the numbers; approved interim targets are the city's alone."""
    rules = version.plan.status
    return judge(
        Facts(
            day=day,
            deadline=indicator.deadline,
            unit=indicator.unit,
            comparison=indicator.comparison,
            method=indicator.method,
            tolerance=indicator.tolerance,
            actual=series.actual,
            at_stake=series.actual if day < indicator.deadline else series.at_deadline,
            baseline=series.baseline,
            target=target,
            pace=pace,
            interims=version.interims.get(indicator.id, ()) if whole else (),
            on_track=rules.on_track,
            lagging=rules.lagging,
        )
    )


def _path(
    version: OpenVersion,
    indicator: Indicator,
    baseline: float | None,
    target: float | None,
    steps: list[tuple[date, float]],
) -> Line | None:
    """The line to follow; None without a baseline or where the baseline already fulfils."""
    if target is None or baseline is None or baseline >= target:
        return None
    return line(version.plan.issued_on, indicator.deadline, baseline, target, steps)


def _progress(series: _Series, target: float | None) -> float | None:
    if target is None or series.actual is None or series.baseline is None:
        return None
    if series.baseline >= target:
        if series.actual >= target:
            return 1.0
        return series.actual / target if target else None
    return (series.actual - series.baseline) / (target - series.baseline)


def _required(
    version: OpenVersion,
    indicator: Indicator,
    actual: float | None,
    target: float | None,
    day: date,
) -> float | None:
    """What each remaining quarter would have to add; 0 when reached, None from the deadline on."""
    if target is None or actual is None or day >= indicator.deadline:
        return None
    if actual >= target:
        return 0.0
    quarters = (indicator.deadline - day).days / version.plan.status.quarter_days
    return (target - actual) / quarters


def trend(
    version: OpenVersion,
    indicator: Indicator,
    days: Sequence[date],
    scope: Scope | None = None,
) -> list[float | None]:
    """The indicator's value on each day."""
    rows = chosen_rows(version, indicator, Scope() if scope is None else scope)
    numerator, denominator = dated.numerator_and_denominator(
        rows, indicator.measure, dated.ordinals(days)
    )
    if not has_data(version, indicator):
        return [None] * len(days)
    return [
        dated.value(n, None if denominator is None else denominator[i])
        for i, n in enumerate(numerator)
    ]


def status_since(version: OpenVersion, indicator: Indicator, as_of: date) -> date | None:
    """The first day of the unbroken run of days on which the city's status has been today's.

    Looks back to the plan's issue at most; None before it.
    """
    issued_on = version.plan.issued_on
    if as_of < issued_on:
        return None
    days = [issued_on + timedelta(days=n) for n in range((as_of - issued_on).days + 1)]
    values = trend(version, indicator, days)
    at_deadline = trend(version, indicator, [indicator.deadline])[0]
    target, steps = _target(version, indicator, True, None)
    baseline = values[0]
    path = _path(version, indicator, baseline, target, steps)

    def status(index: int) -> str:
        actual = values[index]
        series = _Series(actual, 0.0, None, baseline, (), at_deadline)
        pace = _pace(path, actual, days[index])
        return _assess(version, indicator, days[index], series, target, pace, True).status

    held = len(days) - 1
    today = status(held)
    while held > 0 and status(held - 1) == today:
        held -= 1
    return days[held]


def outlook(
    version: OpenVersion,
    indicator: Indicator,
    as_of: date,
    days: Sequence[date],
    scope: Scope | None = None,
) -> list[Forecast]:
    """The forecast line with its band on each day; empty from the deadline on or without a line.

    On the deadline it is the Result's forecast.
    """
    if as_of >= indicator.deadline:
        return []
    rules = version.plan.status
    quarters = quarter_ends(as_of, rules.forecast_points)
    values = trend(version, indicator, quarters, scope)
    found = [
        project(quarters, values, day, band=rules.forecast_band, percentage=indicator.unit == "%")
        for day in days
    ]
    return [each for each in found if each is not None]


def city_line(version: OpenVersion, indicator: Indicator, baseline: float | None) -> Line | None:
    """The line the city is expected to follow; None without one."""
    target, steps = _target(version, indicator, True, None)
    return _path(version, indicator, baseline, target, steps)
