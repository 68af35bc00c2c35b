"""What the suggestions would change: points, students, and every indicator before and after."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pages.parts import download, figures
from pages.parts.block import block, render
from pages.parts.view import View, follow
from pages.parts.warning_board import Looked, everywhere
from pages.parts.warning_state import TECHNICIAN, TICKED, TRIED, link, to_list
from queries import suggestions
from queries.early_warning import ACTIONS, REDUCE
from queries.evaluate import Result
from queries.places import signed
from queries.status import WORDS, number
from queries.suggestions import Alternatives
from queries.summary import points as points_unit

NUMBERS = {"planned": "招生计划", "registered": "报到人数", "enrolled": "在校生"}


@figures.kept(4)
def _alternatives(view: View) -> Alternatives:
    return suggestions.alternatives(view.version, view.as_of)


def effects(looked: Looked) -> None:
    """The kinds of suggestions, each to be ticked, and what follows from those ticked."""
    pairs = outcome(looked)
    follow(block(_effects(looked, pairs), key="warning-effects"))
    title = f"建议影响{f'（{TRIED}）' if looked.asked.tried else ''}"
    download.button(
        looked.view,
        "下载指标前后对照（.xlsx）",
        lambda: download.workbook(looked.view, title, *table(pairs)),
        download.name(looked.view, title, "xlsx"),
        key="warning-effects-download",
    )


def meant(looked: Looked, action: str) -> list[str]:
    """The points in force that an action is suggested for."""
    shown = looked.board
    rows = shown.rows[shown.in_force & (shown.action == ACTIONS.index(action))]
    points = looked.known.points.frame["point_id"].astype(object).to_numpy()
    return [str(each) for each in points[rows]]


def outcome(looked: Looked) -> list[tuple[Result, Result]]:
    """Every indicator as it is and with the ticked suggestions carried out on the day."""
    ticked = looked.asked.ticked
    closed = [p for action in ticked if action != REDUCE for p in meant(looked, action)]
    reduced = meant(looked, REDUCE) if REDUCE in ticked else []
    before = figures.results(looked.view)
    after = suggestions.outcome(
        _alternatives(everywhere(looked.view)), closed, reduced, looked.view.scope
    )
    return list(zip(before, after, strict=True))


def table(pairs: list[tuple[Result, Result]]) -> tuple[list[str], list[list[Any]]]:
    """Headers and one row per indicator, before and after."""
    headers = ["指标", "单位", "现状值", "落实后", "变化", "现状态", "落实后状态", "目标值"]
    return headers, [
        [
            before.indicator.name,
            before.indicator.unit,
            before.actual,
            after.actual,
            None if before.actual is None or after.actual is None else after.actual - before.actual,
            WORDS[before.status],
            WORDS[after.status],
            before.target,
        ]
        for before, after in pairs
    ]


def _kinds(looked: Looked) -> list[dict[str, Any]]:
    view, wanted, shown = looked.view, looked.asked, looked.board
    frame = looked.known.points.frame
    found = []
    for action in ACTIONS:
        rows = shown.rows[shown.in_force & (shown.action == ACTIONS.index(action))]
        on = action in wanted.ticked
        left = [e for e in TICKED if (e in wanted.ticked) != (e == action)]
        found.append(
            {
                "action": action,
                "tickable": action in TICKED,
                "on": on,
                "points": len(rows),
                "sums": [_sum(frame[name].iloc[rows]) for name in NUMBERS],
                "tick": link(view, wanted, {"do": ",".join(left) or "none"}),
                "list": to_list(view, wanted, action=action),
            }
        )
    return found


def _sum(column: pd.Series) -> float | None:
    values = column.to_numpy(np.float64, na_value=np.nan)
    known = values[~np.isnan(values)]
    return float(known.sum()) if len(known) or not len(values) else None


def _effects(looked: Looked, pairs: list[tuple[Result, Result]]) -> str:
    kinds = _kinds(looked)
    on = [each for each in kinds if each["on"]]
    changed = [p for p in pairs if p[0].actual != p[1].actual or p[0].status != p[1].status]
    turned = [p for p in changed if p[0].status != p[1].status]
    ending = sum(each["points"] for each in on if each["action"] != REDUCE)
    shrinking = sum(each["points"] for each in on if each["action"] == REDUCE)
    return render(
        "warning_effects",
        title=f"所选建议全部落实，在办专业点减少 {ending:,} 个，另压缩 {shrinking:,} 个；"
        f"{len(changed)} 项指标变动、{len(turned)} 项改变状态",
        source=looked.source,
        technician=looked.asked.get("kind") == TECHNICIAN,
        year=looked.year,
        numbers=list(NUMBERS.values()),
        kinds=kinds,
        sum_points=sum(each["points"] for each in on),
        sums=[
            sum(each["sums"][at] or 0 for each in on) if on else 0.0 for at in range(len(NUMBERS))
        ],
        changed=[_pair(looked.view, *each) for each in changed],
        same=[_pair(looked.view, *each) for each in pairs if each not in changed],
    )


def _pair(view: View, before: Result, after: Result) -> dict[str, Any]:
    unit = before.indicator.unit
    known = before.actual is not None and after.actual is not None
    change = (after.actual or 0.0) - (before.actual or 0.0)
    return {
        "name": before.indicator.name,
        "before": number(before.actual, unit, before.target),
        "after": number(after.actual, unit, after.target),
        "change": signed(change, points_unit(unit)) if known and change else "不变",
        "status": before.status,
        "word": WORDS[before.status],
        "then": after.status,
        "then_word": WORDS[after.status],
        **view.link("indicator", {"id": before.id}),
    }
