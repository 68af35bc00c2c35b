"""How sure a scenario is and which lever moves what: the last section of 情景推演.

Shown when asked for (``?risk=1``), because a page that nobody asked to draw ten thousand times
should not. ``?indicator=``, ``?seed=`` and ``?trend=0`` hold what is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import streamlit as st

from data.plan import Indicator
from pages.parts import download, figures
from pages.parts.block import block, render
from pages.parts.view import View, follow, whole
from queries.evaluate import trend
from queries.levers import Lever
from queries.scenario import Prepared, Scenario
from queries.schedule import quarter_ends_after
from queries.sensitivity import Reach, Steps, steps, tornado
from queries.simulation import LARGEST_SEED, QUANTILES, Simulated, simulate
from queries.status import number

DEFAULT_SEED = 1
# From a share of the draws on: the word and the style of its status colour.
LIKELY = (
    (0.8, "很可能", "achieved", "●"),
    (0.5, "较可能", "on_track", "◐"),
    (0.2, "不大可能", "lagging", "▲"),
    (0.0, "很难", "far_behind", "■"),
)
MOST_BARS = 12
WIDTH, HEIGHT = 640, 250
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 14, 24


def show(view: View, ready: Prepared, given: Scenario) -> None:
    """The section, or the button that asks for it."""
    if st.query_params.get("risk") != "1":
        follow(block(render("what_if_risk_closed"), key="risk"))
        return
    seed, with_trend = _seed(st.query_params.get("seed", "")), st.query_params.get("trend") != "0"
    indicator = _chosen(ready, st.query_params.get("indicator", ""))
    follow(block(markup(view, ready, given, seed, with_trend, indicator), key="risk"))
    download.button(
        view,
        "下载达成可能性和敏感性（.xlsx）",
        lambda: workbook(view, ready, given, seed, with_trend),
        download.name(view, "情景推演_可能性", "xlsx"),
        key="risk-file",
    )


def _seed(text: str) -> int:
    """The seed of the address, the default for anything else."""
    found = whole(text, 0, LARGEST_SEED)
    return DEFAULT_SEED if found is None else found


def _chosen(ready: Prepared, asked: str) -> Indicator:
    """The indicator asked for, else the one whose target is the least likely of those not reached
    (the first with a pace), else the first."""
    found = {each.id: each for each in ready.indicators}
    if asked in found:
        return found[asked]
    behind = next(iter(ready.paces), "")
    return found.get(behind, ready.indicators[0])


@figures.kept(60)
def drawn(view: View, _ready: Prepared, given: Scenario, seed: int, with_trend: bool) -> Simulated:
    """The draws of a scenario. _ready belongs to the view and is no key of what is kept."""
    return simulate(_ready, given, seed, view.version.plan.simulation, with_trend)


@figures.kept(60)
def stepped(view: View, _ready: Prepared, given: Scenario) -> Steps:
    """One step of every lever."""
    del view
    return steps(_ready, given)


@figures.kept(100)
def markup(
    view: View,
    _ready: Prepared,
    given: Scenario,
    seed: int,
    with_trend: bool,
    indicator: Indicator,
) -> str:
    """The section as HTML."""
    ready = _ready
    found = drawn(view, ready, given, seed, with_trend)
    rules = view.version.plan.simulation
    return render(
        "what_if_risk",
        source=view.source,
        seed=seed,
        next_seed=(seed + 1) % (LARGEST_SEED + 1),
        with_trend=with_trend,
        draws=f"{found.draws:,}",
        projects=found.projects,
        rules=rules,
        moved=len(given.levers),
        title=_title(found),
        chances=[_chance(ready, found, place, indicator) for place in _with_target(ready)],
        fan=_fan(view, ready, found, indicator),
        tornado=_tornado(ready, given, indicator),
        heat=_heat(ready, stepped(view, ready, given), indicator),
    )


# ---------------------------------------------------------------- likely or not


def _with_target(ready: Prepared) -> list[int]:
    return [n for n, each in enumerate(ready.results) if each.target is not None]


def word(share: float) -> tuple[str, str, str]:
    """(word, style, mark) of a share of draws."""
    return next((w, style, mark) for least, w, style, mark in LIKELY if share >= least)


def percent(share: float) -> str:
    """A share of draws in words: never 0 % or 100 % unless all or none of the draws are."""
    if 0 < share < 0.005:
        return "不到 1%"
    if 0.995 <= share < 1:
        return "超过 99%"
    return f"{share:.0%}"


def _title(found: Simulated) -> str:
    """How many targets are likely and how many hardly."""
    shares = [each.reached for each in found.chances if each.reached is not None]
    if not shares:
        return "各项目标的达成可能性：无数据"
    likely = sum(share >= LIKELY[0][0] for share in shares)
    hardly = sum(share < LIKELY[2][0] for share in shares)
    return f"{len(shares)} 项目标中 {likely} 项很可能达成，{hardly} 项很难"


def _chance(ready: Prepared, found: Simulated, place: int, chosen: Indicator) -> dict[str, Any]:
    indicator, chance = ready.indicators[place], found.chances[place]
    row: dict[str, Any] = {
        "name": indicator.short,
        "go": f"?indicator={indicator.id}",
        "on": indicator.id == chosen.id,
        "absent": chance.absent,
    }
    if chance.reached is None:
        return row | {"share": None, "absent": chance.absent or "无数据"}
    what, style, mark = word(chance.reached)
    nearly = chance.nearly if indicator.comparison == "about" else None
    return row | {
        "share": percent(chance.reached),
        "width": round(chance.reached * 100, 1),
        "nearly": None if nearly is None else percent(nearly),
        "nearly_width": None if nearly is None else round(nearly * 100, 1),
        "word": what,
        "style": style,
        "mark": mark,
        "mean": number(chance.mean, indicator.unit),
        "target": number(ready.results[place].target, indicator.unit),
    }


# ---------------------------------------------------------------- the fan


def _fan(view: View, ready: Prepared, found: Simulated, indicator: Indicator) -> dict[str, Any]:
    """History at quarter-ends, the quantiles ahead and the target, as points of an SVG."""
    place = ready.indicators.index(indicator)
    result, unit = ready.results[place], indicator.unit
    last = int(ready.at[place]) + 1
    quantiles = found.quantiles[:, :last, place]
    base: dict[str, Any] = {"name": indicator.name, "unit": unit, "absent": ready.absent[place]}
    if ready.absent[place] or result.actual is None:
        return base | {"title": f"{indicator.short}：无数据"}
    past = [*quarter_ends_after(view.version.plan.issued_on, view.as_of)]
    days = sorted({view.version.plan.issued_on, *past, view.as_of})
    known = [
        (day, value)
        for day, value in zip(days, trend(view.version, indicator, days), strict=True)
        if value is not None and day <= view.as_of
    ]
    ahead = list(ready.days[:last])
    axes = _Axes(
        known[0][0] if known else view.as_of,
        ahead[-1],
        [*(v for _, v in known), *quantiles.ravel().tolist(), result.target],
        ceiling=100.0 if unit == "%" else None,
    )
    now = (view.as_of, result.actual)
    bands = [
        _area(axes, now, ahead, quantiles[QUANTILES.index(low)], quantiles[QUANTILES.index(high)])
        for low, high in ((0.1, 0.9), (0.25, 0.75))
    ]
    middle = quantiles[QUANTILES.index(0.5)]
    low, high = (float(quantiles[QUANTILES.index(each), -1]) for each in (0.1, 0.9))
    chance = found.chances[place]
    said = "" if chance.reached is None else f"达成可能性 {percent(chance.reached)}，"
    return base | {
        "title": f"{indicator.short}：{said}八成可能落在 {number(low)} 至 {number(high, unit)}",
        "past": axes.line(known),
        "dots": [axes.point(*each) for each in known],
        "bands": bands,
        "middle": axes.line([now, *zip(ahead, middle.tolist(), strict=True)]),
        "target": None if result.target is None else axes.y(result.target),
        "target_words": "" if result.target is None else f"目标值 {number(result.target, unit)}",
        "now": axes.x(view.as_of),
        "ticks": axes.ticks(unit),
        "dates": axes.dates([known[0][0] if known else view.as_of, view.as_of, ahead[-1]]),
        "rows": [
            [day.isoformat(), *(number(float(v), unit) for v in quantiles[:, n])]
            for n, day in enumerate(ahead)
        ],
        "columns": ["日期", *(f"{each:.0%} 分位" for each in QUANTILES)],
    }


class _Axes:
    """From days and values to places in the picture; values start at zero."""

    def __init__(
        self, first: date, last: date, values: Sequence[float | None], ceiling: float | None
    ) -> None:
        self.first, self.days = first, max((last - first).days, 1)
        most = max((v for v in values if v is not None), default=1.0) or 1.0
        self.step = _round_step(most / 4)
        top = self.step * np.ceil(most / self.step)
        self.top = float(min(top, ceiling) if ceiling and top > ceiling else top)

    def x(self, day: date) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (day - self.first).days / self.days, 1)

    def y(self, value: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / self.top), 1)

    def point(self, day: date, value: float) -> tuple[float, float]:
        return self.x(day), self.y(value)

    def line(self, points: Sequence[tuple[date, float]]) -> str:
        return " ".join(f"{self.x(day)},{self.y(value)}" for day, value in points)

    def ticks(self, unit: str) -> list[tuple[float, str]]:
        count = int(self.top / self.step + 1e-9)
        values = [self.step * n for n in range(count + 1)]
        return [(self.y(v), number(v, "%") if unit == "%" else number(v)) for v in values]

    def dates(self, days: Sequence[date]) -> list[tuple[float, str, str]]:
        """(place, text, anchor) of the first and last day and, where there is room, of today."""
        found = []
        for n, day in enumerate(days):
            x = self.x(day)
            if n == 1 and (x - LEFT < 90 or WIDTH - RIGHT - x < 90):
                continue
            found.append((x, day.isoformat(), ("start", "middle", "end")[n]))
        return found


def _round_step(size: float) -> float:
    """A step of 1, 2 or 5 times a power of ten, at least the size."""
    power = 10.0 ** np.floor(np.log10(size)) if size > 0 else 1.0
    return float(next(power * each for each in (1, 2, 5, 10) if power * each >= size * (1 - 1e-9)))


def _area(axes: _Axes, now: tuple[date, float], ahead: Sequence[date], low: Any, high: Any) -> str:
    up = [now, *zip(ahead, high.tolist(), strict=True)]
    down = [*zip(ahead, low.tolist(), strict=True)][::-1]
    return axes.line([*up, *down])


# ---------------------------------------------------------------- which lever


def _tornado(ready: Prepared, given: Scenario, indicator: Indicator) -> dict[str, Any]:
    """The levers of one indicator as bars between low and high."""
    found = tornado(ready, given, indicator.id)
    unit = indicator.unit
    if not found:
        return {"title": f"没有杠杆能在期限前改变“{indicator.short}”", "rows": [], "more": 0}
    shown = found[:MOST_BARS]
    least = min(min(r.at_low, r.at_high, r.now) for r in shown)
    most = max(max(r.at_low, r.at_high, r.now) for r in shown)
    target = ready.results[ready.indicators.index(indicator)].target
    if target is not None and least <= target <= most + (most - least):
        most = max(most, target)
    span = (most - least) or 1.0

    def at(value: float) -> float:
        return round((value - least) / span * 100, 2)

    first = found[0]
    best = max(first.at_low, first.at_high)
    title = (
        f"对“{indicator.short}”影响最大的是“{first.lever.name}”，"
        f"{'最多到' if best > first.now else '最低到'} "
        f"{number(best if best > first.now else min(first.at_low, first.at_high), unit)}"
    )
    return {
        "title": title,
        "now": at(first.now),
        "now_words": number(first.now, unit),
        "target": None if target is None or not least <= target <= most else at(target),
        "rows": [_bar(each, at, unit) for each in shown],
        "more": len(found) - len(shown),
    }


def _bar(reach: Reach, at: Any, unit: str) -> dict[str, Any]:
    lever = reach.lever
    left, right = sorted((reach.at_low, reach.at_high))
    return {
        "name": lever.name,
        "left": at(left),
        "width": round(at(right) - at(left), 2),
        "low": number(reach.at_low, unit),
        "high": number(reach.at_high, unit),
        "range": f"{setting(lever, lever.low)} → {setting(lever, lever.high)}",
    }


def setting(lever: Lever, value: float) -> str:
    """A lever's value with its unit."""
    return number(value, lever.unit)


def _heat(ready: Prepared, found: Steps, chosen: Indicator) -> dict[str, Any]:
    """Levers by indicators, one step each; only what moves at all has a row or a column."""
    moves = np.nan_to_num(found.change) != 0
    rows = [n for n in range(len(found.levers)) if moves[n].any()]
    columns = [n for n in range(len(ready.indicators)) if moves[:, n].any()]
    most = [float(np.nanmax(np.abs(found.change[:, n]))) or 1.0 for n in columns]
    gaps = [ready.results[n].gap or 0.0 for n in columns]
    cells = []
    for row in rows:
        lever, step = found.levers[row], found.steps[row]
        cells.append(
            {
                "name": lever.name,
                "step": signed(step, lever.unit),
                "cells": [
                    _cell(float(found.change[row, n]), most[k], gaps[k], ready.indicators[n])
                    for k, n in enumerate(columns)
                ],
            }
        )
    strongest = max(
        (
            (float(found.change[row, n]) / (ready.results[n].gap or 0.0), row, n)
            for row in rows
            for n in columns
            if ready.results[n].gap and not np.isnan(found.change[row, n])
        ),
        default=None,
    )
    title = "走一步，各项指标变多少"
    if strongest is not None and strongest[0] > 0:
        share, row, n = strongest
        title = (
            f"“{found.levers[row].name}”走一步，"
            f"补上“{ready.indicators[n].short}”差距的 {share:.0%}，为各项之最"
        )
    return {
        "title": title,
        "columns": [
            {
                "name": ready.indicators[n].short,
                "go": f"?indicator={ready.indicators[n].id}",
                "on": ready.indicators[n].id == chosen.id,
            }
            for n in columns
        ],
        "rows": cells,
        "idle": len(found.levers) - len(rows),
    }


def signed(value: float, unit: str) -> str:
    """A change with its sign and unit; shares change by percentage points."""
    unit = "个百分点" if unit == "%" else unit
    return ("+" if value > 0 else "−") + number(abs(value), unit)


def _cell(change: float, most: float, gap: float, indicator: Indicator) -> dict[str, Any]:
    if np.isnan(change):
        return {"words": "无数据", "shade": 0, "title": "无数据"}
    if change == 0:
        return {"words": "", "shade": 0, "title": f"{indicator.short}：不变"}
    words = f"{'+' if change > 0 else '−'}{abs(change):.2g}"
    title = f"{indicator.name}：{signed(change, indicator.unit)}"
    if gap:
        title += f"，为差距的 {change / gap:.1%}"
    # Five shades, each way.
    return {
        "words": words,
        "shade": int(np.sign(change)) * max(1, round(abs(change) / most * 5)),
        "title": title,
    }


# ---------------------------------------------------------------- to take away

HEADERS = (
    "指标",
    "目标值",
    "情景预测均值",
    "达成可能性",
    "基本达成可能性",
    *(f"{each:.0%} 分位" for each in QUANTILES),
    "说明",
)


def workbook(view: View, ready: Prepared, given: Scenario, seed: int, with_trend: bool) -> bytes:
    """One row an indicator: its chance and quantiles on the target day."""
    found = drawn(view, ready, given, seed, with_trend)
    at = ready.at_target(found.quantiles)
    note = f"抽样 {found.draws} 次，种子 {seed}，{'计入' if with_trend else '不计'}趋势误差"
    return download.workbook(
        view,
        "达成可能性",
        HEADERS,
        [
            (
                chance.indicator if indicator is None else indicator.name,
                result.target,
                chance.mean,
                chance.reached,
                chance.nearly,
                *(None if np.isnan(v) else float(v) for v in at[:, n]),
                chance.absent or note,
            )
            for n, (indicator, result, chance) in enumerate(
                zip(ready.indicators, ready.results, found.chances, strict=True)
            )
        ],
    )
