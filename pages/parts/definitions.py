"""The plan file as a page: what each indicator means and every threshold in force."""

from __future__ import annotations

from typing import Any

from data.contract import in_words
from data.plan import Indicator
from pages.parts import figures
from pages.parts.block import render
from pages.parts.view import View
from queries.status import RULES, WORDS, number

MEASURES = {"count": "数量", "share": "占比", "coverage": "覆盖面", "ratio": "比例"}
METHODS = {"linear": "序时进度", "milestone": "一次性达成", "monitor": "只作监测"}


@figures.kept(100)
def markup(view: View, chosen: str) -> str:
    """The page as HTML; ``chosen`` is the indicator that stands open."""
    plan = view.version.plan
    goals: dict[str, list[dict[str, Any]]] = {}
    for each in plan.indicators:
        goals.setdefault(each.goal, []).append(_entry(view, each, each.id == chosen))
    return render(
        "definitions",
        plan=plan,
        title=f"{len(plan.indicators)} 项指标的口径与评定规则",
        subtitle=f"{plan.title}（{plan.issued_on} 印发，期限 {plan.deadline}） · {view.source}",
        goals=[{"title": title, "rows": rows} for title, rows in goals.items()],
        rules=[(WORDS[rule.status], rule.status, rule.text) for rule in RULES],
        thresholds=_thresholds(view),
        signals=plan.warning.signals,
        warning=plan.warning,
    )


def _entry(view: View, each: Indicator, opened: bool) -> dict[str, Any]:
    return {
        "id": each.id,
        "name": each.name,
        "open": opened,
        "definition": each.definition,
        "quote": each.quote,
        "sections": "、§".join(each.sections),
        "departments": "、".join(each.departments),
        "target": _target(each),
        "tolerance": f"{each.tolerance:.0%}" if each.comparison == "about" else "—",
        "method": METHODS[each.method],
        "measure": MEASURES[each.measure],
        "deadline": each.deadline.isoformat(),
        "needs": "、".join(map(in_words, each.needs)) or "“院校”表、“专业点”表",
        "provenance": each.provenance,
        "go": f"indicator?id={each.id}",
        "href": view.address("indicator", {"id": each.id}),
    }


def _target(indicator: Indicator) -> str:
    if indicator.target is None:
        return "只作监测，无数字目标"
    figure = number(indicator.target, indicator.unit)
    return f"{figure}左右" if indicator.comparison == "about" else f"不低于 {figure}"


def _thresholds(view: View) -> list[tuple[str, str, str]]:
    """(threshold, value, provenance) of everything the status rules use."""
    rules = view.version.plan.status
    return [
        ("进度正常", f"进度比 ≥ {rules.on_track:.2f}", rules.provenance),
        ("略有滞后", f"进度比 ≥ {rules.lagging:.2f}", rules.provenance),
        ("预测取点", f"最近 {rules.forecast_points} 个季末", rules.provenance),
        ("预测区间", f"{rules.forecast_band:.0%}", rules.provenance),
        ("一季", f"{rules.quarter_days} 天", rules.provenance),
    ]
