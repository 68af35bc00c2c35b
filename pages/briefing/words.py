"""Words that the papers of supervision and the screen share."""

from __future__ import annotations

from datetime import date

from data.plan import Plan
from queries.accountability import OVERDUE, Duties


def day_words(day: date) -> str:
    """A date as official papers write it."""
    return f"{day.year}年{day.month}月{day.day}日"


def with_successor(plan: Plan, name: str) -> str:
    """The policy's name, with the present-day one beside it where the plan gives one."""
    found = next((each.successor for each in plan.departments if each.name == name), "")
    return f"{name}（现{found}）" if found else name


def item_name(plan: Plan, item: str) -> str:
    """The name of an indicator or deliverable, or what was written."""
    found = plan.indicator(item) or plan.deliverable(item)
    return found.name if found else item


def over(days: int | None) -> str:
    """How far a day stands from its due date, in words."""
    if days is None:
        return "未定期限"
    if days > 0:
        return f"逾期 {days} 天"
    return "今日到期" if days == 0 else f"还有 {-days} 天"


def brief_words(own: Duties, owed: Duties, department: str) -> str:
    """The brief in a sentence."""
    leads = sum(own.leads(r, department) for r in own.results)
    late = sum(r.state(own.day) == OVERDUE for r in own.rectifications)
    undone = sum(d.state(own.day) == OVERDUE for d in own.decisions)
    return (
        f"截至{day_words(own.day)}，负责指标 {len(own.results)} 项（其中第一责任 {leads} 项），"
        f"滞后 {len(owed.results)} 项；任务事项 {len(own.promises)} 项，"
        f"逾期 {sum(p.overdue for p in own.promises)} 项；未完成整改 {len(own.rectifications)} 项，"
        f"逾期 {late} 项；未办结议定事项 {len(own.decisions)} 项，逾期 {undone} 项。"
    )


def count(owed: Duties) -> int:
    """Everything in it together."""
    return sum(map(len, (owed.results, owed.promises, owed.rectifications, owed.decisions)))
