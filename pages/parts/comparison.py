"""Two to four institutions side by side, against the median of their level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pages.parts import figures
from pages.parts.block import block, render
from pages.parts.institution import yearly
from pages.parts.institution_choice import known, level_words, levels
from pages.parts.view import View, follow
from queries import profile
from queries.profile import Line
from queries.status import number


def comparison(view: View, codes: tuple[str, ...]) -> None:
    """Two to four institutions against the median of their level."""
    follow(block(_comparison(view, codes), key="comparison"))


@figures.kept(20)
def _lines(view: View) -> list[Line]:
    return profile.lines(view.version, view.as_of, view.scope, yearly(view))


@figures.kept(50)
def _comparison(view: View, codes: tuple[str, ...]) -> str:
    everyone = known(view)
    peers = profile.peers(view.version, view.as_of)
    own = {code: levels(view).get(code, everyone[code].level_today) for code in codes}
    shown_levels = list(dict.fromkeys(own.values()))
    rows = []
    above = dict.fromkeys(codes, 0)
    for line in _lines(view):
        values = {code: line.of(code) for code in codes}
        if not any(values.values()):
            continue
        middles = profile.medians(line, peers)
        cells = []
        for code in codes:
            value, middle = values[code], middles.get(own[code])
            side = _side(value, middle)
            above[code] += side == "up"
            cells.append({"text": number(value, line.unit), "side": side})
        rows.append(
            {
                "name": line.name,
                "cells": cells,
                "medians": [number(middles.get(level), line.unit) for level in shown_levels],
            }
        )
    checks = _checks(view, codes)
    names = [everyone[code].name for code in codes]
    return render(
        "institution_compare",
        title=_comparison_title(names, [above[code] for code in codes], len(rows)),
        subtitle=f"与同层次在办院校的中位数相比 · {view.source}",
        heads=[
            {
                "name": everyone[code].name,
                "words": f"{level_words(view, everyone[code])} · {everyone[code].district}",
                **view.link("institution", {"id": code}),
            }
            for code in codes
        ],
        levels=[f"{level}中位数（{len(peers.get(level, []))} 所）" for level in shown_levels],
        rows=rows,
        checks=checks,
    )


def _side(value: float | None, middle: float | None) -> str:
    if value is None or middle is None or value == middle:
        return ""
    return "up" if value > middle else "down"


def _comparison_title(names: Sequence[str], above: Sequence[int], lines: int) -> str:
    """Who stands above the median most often."""
    most = max(above)
    if not lines:
        return f"{'、'.join(names)}：所看日期没有可比较的数据"
    leaders = [name for name, count in zip(names, above, strict=True) if count == most]
    return f"{lines} 项数值中，{'、'.join(leaders)}有 {most} 项高于同层次中位数，为最多"


def _checks(view: View, codes: Sequence[str]) -> list[dict[str, Any]]:
    """The rules and the school conditions of each, in words."""
    found: list[dict[str, Any]] = []
    by_school = {code: profile.rules(view.version, code, view.as_of) for code in codes}
    for index, rule in enumerate(by_school[codes[0]]):
        cells = []
        for code in codes:
            own = by_school[code][index]
            number_words = "" if own.number is None else f"{own.number} 个，"
            cells.append({"text": f"{number_words}{own.words}", "fits": own.fits})
        found.append({"name": f"{rule.what} {rule.low}—{rule.high} 个", "cells": cells})
    cells = []
    for code in codes:
        record = profile.conditions(view.version, code, view.as_of)
        asked = profile.asks_conditions(view.version, levels(view).get(code))
        if record is None:
            cells.append(
                {"text": "无记录，按未达标计" if asked else "该层次不作评定", "fits": None}
            )
        else:
            missed = sum(each.met is False for each in record.items)
            words = "达标" if record.met else "未达标"
            detail = f"，{missed} 项未达" if missed else ""
            cells.append({"text": f"{record.year} 年{words}{detail}", "fits": record.met})
    found.append({"name": "办学条件", "cells": cells})
    return found
