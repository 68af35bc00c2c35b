"""A result as a bullet row: percentages of a common scale, its figures in words, its links."""

from __future__ import annotations

from dataclasses import dataclass

from pages.parts.view import View
from queries.evaluate import Result
from queries.status import NOT_ASSESSED, WORDS, number


@dataclass(frozen=True)
class Bullet:
    """What a bullet row shows; positions are percent of the bar's width, which starts at zero."""

    id: str
    name: str
    short: str
    status: str
    figure: str
    target_figure: str
    at_deadline: str
    actual: float
    baseline: float | None
    target: float | None
    forecast: float | None
    low: float | None
    width: float | None
    alt: str
    go: str
    href: str
    faded: bool


def bullet(view: View, result: Result, faded: bool = False) -> Bullet:
    """The bullet row of a result."""
    unit = result.indicator.unit
    band = result.band
    values = (result.actual, result.baseline, result.target, band.high if band else None)
    # A little room on the right, so that a mark at the largest value is still whole.
    top = max((v for v in values if v is not None), default=0.0) * 1.04 or 1.0

    def place(value: float | None) -> float | None:
        return None if value is None else round(value / top * 100, 2)

    alt = [f"现状值 {number(result.actual, unit, result.target)}"]
    if result.target is not None:
        alt.append(f"目标值 {number(result.target, unit)}")
    if result.baseline is not None:
        alt.append(f"基期值 {number(result.baseline, unit)}")
    if result.at_deadline is not None:
        alt.append(f"期限时 {number(result.at_deadline, unit, result.target)}")
    elif result.forecast is not None:
        alt.append(f"按当前进度到期限时 {number(result.forecast, unit)}")
    if result.status != NOT_ASSESSED:
        alt.append(WORDS[result.status])
    low, high = (place(band.low), place(band.high)) if band else (None, None)
    target = number(result.target, unit) if result.target is not None else ""
    go = {"id": result.id}
    return Bullet(
        id=result.id,
        name=result.indicator.name,
        short=result.indicator.short,
        status=result.status,
        figure=number(result.actual, unit if unit == "%" or not target else "", result.target),
        target_figure=target,
        at_deadline=_changed_since_deadline(result),
        actual=place(result.actual) or 0.0,
        baseline=place(result.baseline),
        target=place(result.target),
        forecast=place(result.forecast),
        low=low,
        width=None if low is None or high is None else round(high - low, 2),
        alt="，".join(alt),
        go=f"indicator?id={result.id}",
        href=view.address("indicator", go),
        faded=faded,
    )


def _changed_since_deadline(result: Result) -> str:
    """The value at the deadline where today's differs from it, else empty."""
    if result.at_deadline is None or result.at_deadline == result.actual:
        return ""
    return number(result.at_deadline, result.indicator.unit, result.target)
