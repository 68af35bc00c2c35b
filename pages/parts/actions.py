"""What the three action pages share: a card per task, and the words above them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from data.contract import BY_TABLE
from data.plan import Section
from pages.parts import editing, figures
from pages.parts.bullets import Bullet, bullet
from pages.parts.view import View
from queries import summary
from queries.actions import (
    Rectification,
    Task,
    goal_results,
    tasks,
)
from queries.composition import newly_opened
from queries.deliverables import DONE, NO_DATA, STATES, UNDER_WAY, Progress, Update, Year, progress
from queries.evaluate import Result, Scope
from queries.projects import COMING, FINISHED, STAGES, STOPPED, Project
from queries.status import BEHIND, number

KINDS = {"once": "建成一次", "yearly": "每年一次", "ongoing": "持续推进", "count": "计数"}


@figures.kept(60)
def of(view: View, action: str) -> list[Task]:
    """The tasks of an action under a view."""
    known = promised(replace(view, scope=Scope()))
    return tasks(view.version, action, figures.results(view), view.as_of, view.scope, known)


@figures.kept(30)
def promised(view: View) -> dict[str, Progress]:
    """Every deliverable on the view's day, whatever its filters: promises are the city's."""
    return progress(view.version, view.as_of)


def action_section(view: View, number_: str) -> Section:
    """The action itself; a plan without it has no page to show."""
    found = view.version.plan.section(number_)
    if found is None:
        raise LookupError(f"方案文件没有 {number_} 条")
    return found


def results_of(view: View, action: Section) -> list[Result]:
    """The results of an action in the plan's order: its tasks', and its goals' own."""
    ids = {r.id for task in of(view, action.id) for r in task.indicators}
    ids |= {r.id for r in goal_results(view.version.plan, action, figures.results(view))}
    return [r for r in figures.results(view) if r.id in ids]


def head(view: View, action: Section) -> dict[str, Any]:
    """Title, subtitle and the figures under them, of an action with indicators."""
    found = results_of(view, action)
    plan = view.version.plan
    return {
        "verdict": summary.verdict(found, view.as_of, plan.deadline, view.scope.words),
        "subtitle": f"{action.title}（§{action.id}） · {view.source}",
    }


def goal_texts(view: View, action: Section) -> tuple[Section, ...]:
    """The goals shown with an action."""
    return tuple(each for each in view.version.plan.goals if each.id in action.goals)


def ring(view: View) -> str:
    """What the ring on a bar is."""
    if view.after_deadline:
        return "期限时的值"
    return f"按当前进度到期限时（细线为 {view.version.plan.status.forecast_band:.0%} 预测区间）"


def problems_fact(view: View, action: str) -> dict[str, str]:
    """The open rectifications of an action as one of the figures under its title."""
    if "rectifications" not in view.version.filled:
        sheet = BY_TABLE["rectifications"].title
        return {"k": "未完成整改", "v": "无数据", "small": f"“{sheet}”表为空"}
    found = [r for task in of(view, action) for r in task.rectifications]
    late = sum(r.overdue(view.as_of) for r in found)
    small = f"逾期 {late} 项" if late else "没有逾期"
    return {"k": "未完成整改", "v": number(len(found), "项"), "small": small}


def promises_note(view: View) -> str:
    """Said once where deliverables are shown under filters."""
    return "任务事项是全市的承诺，状态按全市评定，不随筛选变化。" if view.scope else ""


def cards(view: View, action: Section, forms: str) -> list[dict[str, Any]]:
    """One card per task, as the template shows it; forms: the page, where the reader may report."""
    return [_card(view, task, forms) for task in of(view, action.id)]


def goal_card(view: View, action: Section) -> list[dict[str, Any]]:
    """The rows of the indicators that only a goal of the action has."""
    found = goal_results(view.version.plan, action, figures.results(view))
    return [_indicator(view, each, (), 0.0) for each in found]


def _card(view: View, task: Task, forms: str) -> dict[str, Any]:
    section = task.section
    first, *others = view.version.plan.departments_of(section)
    return {
        "id": section.id,
        "title": section.title,
        "text": section.text,
        # The policy says 牵头 of some tasks only; the first of a list is the first responsible.
        "leads": "牵头" in section.duty,
        "first": first,
        "others": "、".join(others),
        "duty": section.duty,
        "tally": _tally(task),
        "indicators": [
            _indicator(view, each, task.feeding(each.id), task.coming(each.id))
            for each in task.indicators
        ],
        "promises": [promise(view, each, forms) for each in task.deliverables],
        "axis": axis(view),
        "projects": _projects(view, task),
        "problems": _problems(view, task),
    }


def _tally(task: Task) -> str:
    """What the card holds in a few words: how many behind, how many overdue."""
    parts = []
    if task.indicators:
        behind = sum(r.status in BEHIND for r in task.indicators)
        parts.append(f"{len(task.indicators)} 项指标" + (f"，{behind} 项滞后" if behind else ""))
    if task.deliverables:
        late = sum(p.overdue for p in task.deliverables)
        parts.append(f"{len(task.deliverables)} 项事项" + (f"，{late} 项逾期" if late else ""))
    return " · ".join(parts)


# ---------------------------------------------------------------- indicators


def _indicator(
    view: View, result: Result, projects: Sequence[Project], coming: float
) -> dict[str, Any]:
    indicator = result.indicator
    unit = summary.points(indicator.unit)
    shown: Bullet = bullet(view, result)
    meta = []
    if result.pace is not None:
        meta.append(f"进度比 {result.pace:.2f}")
    if result.required_per_quarter:
        meta.append(f"每季需 {number(result.required_per_quarter, unit)}")
    plus = []
    if result.gap:
        plus.append(f"尚差 {number(result.gap, unit)}")
    under_way = [p for p in projects if p.stage in COMING]
    if under_way:
        plus.append(f"在库项目 {len(under_way)} 个，全部建成可增 {number(coming, unit)}")
    return {
        "b": shown,
        "meta": meta,
        "plus": "；".join(plus),
        "apart": _newly_opened(view, result) if indicator.newly_opened else None,
    }


def _newly_opened(view: View, result: Result) -> dict[str, str] | None:
    """增设: the points opened after the issue, with a gap of their own beside the total's."""
    indicator = result.indicator
    if result.actual is None:
        return None
    opened = float(newly_opened(view.version, indicator, view.as_of, view.scope))
    gap = None if result.target is None else max(result.target - opened, 0.0)
    if gap is None:
        words = ""
    elif gap:
        words = f"只计增设，距目标值 {number(result.target)} 尚差 {number(gap, indicator.unit)}"
    else:
        words = f"只计增设也已达到目标值 {number(result.target)}"
    return {
        "opened": number(opened, indicator.unit),
        "before": number(result.actual - opened, indicator.unit),
        "words": words,
    }


# ---------------------------------------------------------------- deliverables


def span(view: View) -> tuple[date, date]:
    """The first and last day of the timelines: from the issue to past the deadline and the day."""
    plan = view.version.plan
    last = max(plan.deadline, view.as_of, *(d.due for d in plan.deliverables))
    return plan.issued_on, last + timedelta(days=20)


def _place(view: View, day: date) -> float:
    first, last = span(view)
    part = (day - first).days / (last - first).days
    return round(min(max(part, 0.0), 1.0) * 98 + 1, 2)


def axis(view: View) -> list[tuple[float, str]]:
    """(place in percent, year) of every New Year on the timelines, and where they begin."""
    first, last = span(view)
    years = [date(year, 1, 1) for year in range(first.year + 1, last.year + 1)]
    return [(_place(view, day), str(day.year)) for day in years]


def promise(view: View, each: Progress, forms: str = "") -> dict[str, Any]:
    """A deliverable as a row: state, timeline, last update; forms: the page, where the reader may
    report on it."""
    deliverable = each.deliverable
    dues = deliverable.due_dates(view.version.plan.issued_on)
    return {
        "id": deliverable.id,
        "name": deliverable.name,
        "quote": deliverable.quote,
        "kind": KINDS[deliverable.kind],
        "word": each.word,
        "style": state_style(each.state, each.overdue, each.late),
        "mark": state_mark(each.state, each.overdue, each.late),
        "reason": each.reason,
        "figure": _figure(view, each),
        "last": _last(view, each),
        "note": each.last.note if each.last else "",
        "dots": [_dot(view, update) for update in each.history],
        "dues": [(_place(view, day), day.isoformat()) for day in dues],
        "years": [_year(year) for year in each.years],
        "now": _place(view, view.as_of),
        "ticks": [place for place, _ in axis(view)],
        "alt": _alt(each, dues),
        "due": each.due.isoformat(),
        "provenance": deliverable.due_provenance,
        "report": editing.report(view, forms, deliverable.id) if forms else None,
    }


def _figure(view: View, each: Progress) -> str:
    """What is counted, of the whole city even under filters."""
    if each.value is None:
        return ""
    aim = f" / {number(each.target)}" if each.target else ""
    whole = "全市 " if view.scope else ""
    return f"{whole}{number(each.value)}{aim} {'在册' if each.counted else '填报'}"


def _last(view: View, each: Progress) -> str:
    if each.last is None:
        return "没有进展填报"
    days = (view.as_of - each.last.reported_on).days
    who = f" · {each.last.department}" if each.last.department else ""
    return f"{each.last.reported_on}（{days} 天前）{who}"


def _dot(view: View, update: Update) -> dict[str, Any]:
    parts = [str(update.reported_on), update.state]
    parts += [number(update.value)] if update.value is not None else []
    parts += [each for each in (update.note, update.department, update.evidence) if each]
    return {
        "place": _place(view, update.reported_on),
        "style": f"d{STATES.index(update.state)}",
        "title": " · ".join(parts),
    }


def _year(year: Year) -> dict[str, str]:
    """One year of a yearly promise: published, missing, under way or not yet due."""
    if year.state == DONE:
        words = f"{year.done_on} 完成" + ("（逾期）" if year.late else "")
    elif year.state == NO_DATA:
        words = f"{NO_DATA}（期限 {year.due}）"
    elif year.overdue:
        words = f"缺（期限 {year.due}）"
    elif year.begun:
        words = f"{year.state}（期限 {year.due}）"
    else:
        words = f"未到（期限 {year.due}）"
    return {
        "name": f"{year.due.year} 年度",
        "words": words,
        "style": state_style(year.state, year.overdue, year.late),
        "mark": state_mark(year.state, year.overdue, year.late),
    }


def _alt(each: Progress, dues: Sequence[date]) -> str:
    reports = "；".join(f"{u.reported_on} {u.state}" for u in each.history) or "没有填报"
    return f"{each.deliverable.name}：{reports}。期限 {'、'.join(map(str, dues))}"


def state_style(state: str, overdue: bool, late: bool) -> str:
    """The class of a state's colour; overdue and late ones stand out."""
    if overdue:
        return "over"
    if late:
        return "late2"
    return f"n{STATES.index(state)}" if state in STATES else "n0"


def state_mark(state: str, overdue: bool, late: bool) -> str:
    """The shape of a state, so that colour never stands alone."""
    if overdue:
        return "■"
    if late:
        return "◆"
    return {DONE: "●", UNDER_WAY: "◔"}.get(state, "○")


# ---------------------------------------------------------------- projects and rectifications


def _empty(table: str, view: View) -> str:
    """That a sheet is missing, when it is: then there is nothing to say about what it holds."""
    return "" if table in view.version.filled else f"“{BY_TABLE[table].title}”表为空，无数据"


def _projects(view: View, task: Task) -> dict[str, Any]:
    tally = Counter(p.stage for p in task.projects)
    late = sum(p.overdue(view.as_of) for p in task.projects)
    names = {r.id: r.indicator for r in task.indicators}
    order = (*COMING, FINISHED, STOPPED)
    return {
        "count": len(task.projects),
        "none": _empty("projects", view) or "项目库中没有支撑这些指标的项目",
        "stages": " · ".join(f"{stage} {tally[stage]}" for stage in STAGES if tally[stage]),
        "late": late,
        "rows": [
            {
                "name": p.name,
                "institution": p.institution,
                "link": view.link("institution", {"id": p.institution_id}),
                "indicator": names[p.indicator].short,
                "rank": p.rank,
                "stage": p.stage,
                "adds": number(p.contribution, summary.points(names[p.indicator].unit)),
                "planned": p.planned_on.isoformat(),
                "late": p.overdue(view.as_of),
                "done": p.completed_on.isoformat() if p.completed_on else "",
            }
            for p in sorted(task.projects, key=lambda p: (order.index(p.stage), p.planned_on))
        ],
    }


def _problems(view: View, task: Task) -> dict[str, Any]:
    late = sum(r.overdue(view.as_of) for r in task.rectifications)
    return {
        "count": len(task.rectifications),
        "none": _empty("rectifications", view) or "没有未完成的整改",
        "late": late,
        "unplaced": task.unplaced,
        "rows": [_problem(view, r) for r in task.rectifications],
    }


def _problem(view: View, each: Rectification) -> dict[str, Any]:
    plan = view.version.plan
    item = plan.indicator(each.item) or plan.deliverable(each.item)
    days = (view.as_of - each.due_on).days
    return {
        "id": each.rectification_id,
        "problem": each.problem,
        "item": item.name if item else each.item,
        "institution": each.institution or "未指明院校",
        "department": each.department,
        "found": each.found_on.isoformat(),
        "due": each.due_on.isoformat(),
        "late": each.overdue(view.as_of),
        "days": f"逾期 {days} 天" if days > 0 else f"还有 {-days} 天",
    }
