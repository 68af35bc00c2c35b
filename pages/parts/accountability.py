"""责任督导: the matrix, what is behind a cell, timelines, rectifications, decisions, papers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import streamlit as st

from data.contract import BY_TABLE
from pages.parts import actions, download, editing, figures
from pages.parts.block import MARKS, render
from pages.parts.view import View
from queries import accountability, projects
from queries.accountability import (
    CLOSED,
    ELSEWHERE,
    OPEN,
    OVERDUE,
    SOON,
    UNDATED,
    Cell,
    Decision,
    Duties,
    Rectification,
    Tally,
    matrix,
    tallies,
)
from queries.evaluate import Result, Scope
from queries.projects import Project
from queries.status import WORDS, number
from queries.summary import points, reason

MARK_OF = {OVERDUE: "■", SOON: "▲", OPEN: "◔", CLOSED: "●", UNDATED: "○"}
STYLE_OF = {
    OVERDUE: "missed",
    SOON: "lagging",
    OPEN: "in_progress",
    CLOSED: "achieved",
    UNDATED: "no_data",
}
SHEETS = ("deliverable_updates", "rectifications", "meetings")


def _whole(view: View) -> View:
    return replace(view, scope=Scope())


@figures.kept(60)
def duties(view: View) -> Duties:
    """What everybody owes: the city's indicators, promises and decisions; the rectifications of
    the institutions in the filters."""
    promised = actions.promised(_whole(view))
    return accountability.duties(
        view.version, view.as_of, figures.results(_whole(view)), promised, view.scope
    )


def page(view: View, address: Mapping[str, str]) -> str:
    """The page as HTML: the whole, with the cell or the department of the address opened."""
    department = address.get("department", "")
    if department:
        return _brief(view, department, editing.offered())
    return _page(view, address.get("who", ""), address.get("task", ""), editing.offered())


@figures.kept(120)
def _page(view: View, who: str, task: str, editor: bool) -> str:
    found = duties(view)
    marks = _Marks(view, found, editor)
    rows = matrix(found)
    cell = rows.get(who, {}).get(task)
    filled = view.version.filled
    return render(
        "accountability",
        title=_title(view, found),
        subtitle=f"责任督导（§5.4） · {view.source}",
        facts=_facts(view, found),
        missing=[BY_TABLE[t].title for t in SHEETS if t not in filled],
        scope=view.scope.words if view.scope else "",
        columns=[
            ("其他", ELSEWHERE, "目标、总述等条目"),
            *((c.id, c.id, c.title) for c in found.columns),
        ],
        rows=[_matrix_row(view, found, name, cells, who, task) for name, cells in rows.items()],
        matrix_title=_matrix_title(found, rows),
        chosen=_chosen(view, found, cell, marks) if cell else None,
        promises=_promises(view, found.promises, marks),
        promises_title=_promises_title(found),
        marks_of_years=actions.axis(view),
        problems=_problems(view, found, marks),
        decided=_decided(view, found, marks),
        interims=_interims(view, found, marks),
        add=marks.add,
        source=view.source,
    )  # fmt: skip


class _Marks:
    """The ways to the forms, for those who may edit; None and nothing for others."""

    def __init__(self, view: View, found: Duties, offered: bool) -> None:
        self.view, self.offered = view, offered
        self.add: dict[str, editing.Link] = {}
        self.known: dict[Any, dict[str, editing.Link]] = {}
        if not offered:
            return
        tables = (*SHEETS, "interim_targets")
        self.add = {table: editing.add(view, "accountability", table) for table in tables}
        self._note("rectifications", [(r, (r.id,)) for r in found.rectifications])
        self._note(
            "meetings",
            [(d, (d.meeting, d.held_on, d.topic, d.text, d.department)) for d in found.decisions],
        )
        self._note(
            "interim_targets",
            [
                ((name, each), accountability.interim_identity(name, each))
                for name, approved in view.version.interims.items()
                for each in approved
            ],
        )

    def _note(self, table: str, rows: list[tuple[Any, tuple[Any, ...]]]) -> None:
        names = editing.marks(self.view, "accountability", table, (name for _, name in rows))
        self.known |= dict(zip((row for row, _ in rows), names, strict=True))

    def of(self, row: Any, unfinished: bool) -> dict[str, Any] | None:
        """``edit``, and ``finish`` when there is something to finish."""
        found = self.known.get(row)
        if found is None:
            return None
        return {"edit": found["edit"], "finish": found["finish"] if unfinished else None}


def _title(view: View, found: Duties) -> str:
    filled = view.version.filled
    late = sum(p.overdue for p in found.promises)
    problems = sum(r.state(found.day) == OVERDUE for r in found.rectifications)
    undone = sum(d.state(found.day) == OVERDUE for d in found.decisions)
    counts = {
        "deliverable_updates": ("任务事项", late),
        "rectifications": ("整改", problems),
        "meetings": ("议定事项", undone),
    }
    known = [pair for table, pair in counts.items() if table in filled]
    unknown = [word for table, (word, _) in counts.items() if table not in filled]
    if any(n for _, n in known):
        said = f"逾期：{'、'.join(f'{word} {n} 项' for word, n in known)}"
    else:
        said = f"没有逾期的{'、'.join(word for word, _ in known)}" if known else "逾期事项"
    return f"{said}；{'、'.join(unknown)}无数据" if unknown else said


def _facts(view: View, found: Duties) -> list[dict[str, str]]:
    whole = accountability.tally("", "", found.rectifications, found.day)
    done = sum(d.closed_on is not None for d in found.decisions)
    undone = sum(d.state(found.day) == OVERDUE for d in found.decisions)
    late = sum(p.overdue for p in found.promises)

    def fact(table: str, key: str, value: str, small: str) -> dict[str, str]:
        if table in view.version.filled:
            return {"k": key, "v": value, "small": small}
        return {"k": key, "v": "无数据", "small": f"“{BY_TABLE[table].title}”表为空"}

    closed = f"已完成 {whole.closed} 项，其中逾期完成 {whole.closed_late} 项"
    return [
        fact(
            "rectifications", "未完成整改", number(whole.open, "项"), f"30 日内到期 {whole.soon} 项"
        ),
        fact("rectifications", "逾期整改", number(whole.overdue, "项"), f"最长 {whole.longest} 天"),
        fact("rectifications", "整改用时中位数", number(whole.days, "天"), closed),
        fact(
            "meetings",
            "已办结议定事项",
            f"{done} / {len(found.decisions)}",
            f"逾期未办结 {undone} 项",
        ),
        fact(
            "deliverable_updates",
            "逾期任务事项",
            number(late, "项"),
            f"共 {len(found.promises)} 项",
        ),
    ]


def _matrix_title(found: Duties, rows: Mapping[str, Mapping[str, Cell]]) -> str:
    late = {
        name: sum(p.overdue for p in own.promises)
        + sum(r.state(found.day) == OVERDUE for r in own.rectifications)
        + sum(d.state(found.day) == OVERDUE for d in own.decisions)
        for name in rows
        for own in [found.of(name)]
    }
    most = max(late, key=lambda name: late[name], default="")
    if not most or not late[most]:
        return "各责任单位均无逾期事项"
    return (
        f"{sum(n > 0 for n in late.values())} 个责任单位有逾期事项，{most}最多（{late[most]} 项）"
    )


def _matrix_row(
    view: View, found: Duties, name: str, cells: Mapping[str, Cell], who: str, task: str
) -> dict[str, Any]:
    shown: list[dict[str, Any] | None] = []
    for column in (ELSEWHERE, *(c.id for c in found.columns)):
        cell = cells.get(column)
        if cell is None:
            shown.append(None)
            continue
        status, word, count = cell.worst
        shown.append(
            {
                "leads": cell.leads,
                "style": status,
                "mark": MARKS[status],
                "word": word if cell.total else "无在办",
                "count": count,
                "total": cell.total,
                "on": (name, column) == (who, task),
                **view.link("accountability", {"who": name, "task": column}),
                "go": f"?who={name}&task={column}",
            }
        )
    plan = next((d for d in found.plan.departments if d.name == name), None)
    return {
        "name": name,
        "successor": plan.successor if plan else "",
        "note": plan.note if plan else "方案未列的单位，见数据",
        "go": f"?department={name}&who=&task=",
        "href": view.address("accountability", {"department": name}),
        "cells": shown,
    }


def _result_rows(view: View, found: Sequence[Result]) -> list[dict[str, Any]]:
    return [
        {
            "name": r.indicator.name,
            "link": view.link("indicator", {"id": r.id}),
            "style": r.status,
            "mark": MARKS[r.status],
            "word": WORDS[r.status],
            "actual": number(r.actual, r.indicator.unit, r.target),
            "target": "—" if r.target is None else number(r.target, r.indicator.unit),
            "gap": "—" if r.target is None else number(r.gap, points(r.indicator.unit)),
            "why": reason(r, view.version.plan.deadline) if r.gap else r.verdict.reason,
        }
        for r in found
    ]


def _promises(view: View, found: Sequence[Any], marks: _Marks) -> list[dict[str, Any]]:
    """The deliverables on the timeline, overdue first, then by due date."""
    order = sorted(found, key=lambda p: (not p.overdue, p.state == "已完成", p.due))
    return [
        actions.promise(view, p, "accountability" if marks.offered else "")
        | {"who": p.deliverable.departments[0], "section": p.deliverable.section}
        for p in order
    ]


def _promises_title(found: Duties) -> str:
    late = [p for p in found.promises if p.overdue]
    done = sum(p.state == "已完成" for p in found.promises)
    start = f"{len(found.promises)} 项任务事项：{done} 项已完成"
    return f"{start}，{len(late)} 项逾期（{late[0].deliverable.name}等）" if late else start


def _problem(view: View, each: Rectification, marks: _Marks) -> dict[str, Any]:
    from pages.briefing.words import item_name, over

    state = each.state(view.as_of)
    return {
        "id": each.id,
        "marks": marks.of(each, each.closed_on is None),
        "problem": each.problem,
        "item": item_name(view.version.plan, each.item),
        "institution": each.institution or "未指明院校",
        "link": view.link("institution", {"id": each.institution_id})
        if each.institution_id
        else None,
        "department": each.department,
        "found": each.found_on,
        "due": each.due_on,
        "style": STYLE_OF[state],
        "mark": MARK_OF[state],
        "word": over(each.days_over(view.as_of)) if state != CLOSED else f"{each.closed_on} 完成",
    }


def _decision(view: View, each: Decision, marks: _Marks) -> dict[str, Any]:
    from pages.briefing.words import over

    state = each.state(view.as_of)
    word = over(each.days_over(view.as_of))
    if state == CLOSED:
        word = f"{each.closed_on} 办结" + ("（逾期）" if each.late else "")
    return {
        "marks": marks.of(each, each.closed_on is None),
        "held": each.held_on,
        "topic": each.topic,
        "text": each.text,
        "department": each.department,
        "due": each.due_on or "未定",
        "style": STYLE_OF[state] if not each.late else "achieved_late",
        "mark": MARK_OF[state] if not each.late else "◆",
        "word": word,
    }


def _tally(view: View, each: Tally, institution: bool) -> dict[str, Any]:
    linked = institution and each.id
    return {
        "name": each.name,
        "link": view.link("institution", {"id": each.id}) if linked else None,
        "open": each.open,
        "soon": each.soon,
        "overdue": each.overdue,
        "longest": f"{each.longest} 天" if each.overdue else "—",
        "closed": f"{each.closed}（逾期 {each.closed_late}）" if each.closed_late else each.closed,
        "days": number(each.days, "天") if each.closed else "无",
    }


def _problems(view: View, found: Duties, marks: _Marks) -> dict[str, Any]:
    now = found.open_().rectifications
    late = sum(r.state(found.day) == OVERDUE for r in now)
    soon = sum(r.state(found.day) == SOON for r in now)
    title = f"{len(now)} 项整改未完成：逾期 {late} 项，30 日内到期 {soon} 项"
    known = "rectifications" in view.version.filled
    return {
        "title": title if known else "整改：无数据",
        "known": known,
        "rows": [_problem(view, r, marks) for r in now],
        # Who may edit can put right what was closed by mistake.
        "closed": [
            _problem(view, r, marks)
            for r in found.rectifications
            if marks.offered and r.closed_on is not None
        ],
        "departments": [
            _tally(view, t, False) for t in tallies(found.rectifications, found.day, "department")
        ],
        "institutions": [
            _tally(view, t, True) for t in tallies(found.rectifications, found.day, "institution")
        ],
    }


def _decided(view: View, found: Duties, marks: _Marks) -> dict[str, Any]:
    late = sum(d.state(found.day) == OVERDUE for d in found.decisions)
    done = sum(d.closed_on is not None for d in found.decisions)
    title = f"{len(found.decisions)} 项议定事项：已办结 {done} 项，逾期未办结 {late} 项"
    known = "meetings" in view.version.filled
    return {
        "title": title if known else "议定事项：无数据",
        "known": known,
        "rows": [_decision(view, d, marks) for d in reversed(found.decisions)],
    }


def _interims(view: View, found: Duties, marks: _Marks) -> dict[str, Any]:
    rows = []
    for result in found.results:
        for each in view.version.interims.get(result.id, ()):
            state = accountability.interim_state(each, view.as_of)
            met = result.actual is not None and result.actual >= each.target
            left = (each.expires_on - view.as_of).days
            live_ = state == accountability.IN_FORCE
            rows.append(
                {
                    "name": result.indicator.name,
                    "marks": marks.of((result.id, each), live_),
                    "link": view.link("indicator", {"id": result.id}),
                    "target": number(each.target, result.indicator.unit),
                    "actual": number(result.actual, result.indicator.unit, each.target),
                    "met": "达到" if met else "无数据" if result.actual is None else "未达到",
                    "approved": each.approved_on,
                    "expires": each.expires_on,
                    "state": state
                    + (f"，还有 {left} 天" if state == accountability.IN_FORCE else ""),
                    "style": "accepted" if live_ else "no_data",
                    "mark": "◆" if live_ else "○",
                    "why": f"{each.approver}：{each.reason}",
                }
            )
    live = sum(row["style"] == "accepted" for row in rows)
    title = f"{len(rows)} 项经批准的阶段性目标，{live} 项有效" if rows else "没有经批准的阶段性目标"
    return {"title": title, "rows": rows}


def _chosen(view: View, found: Duties, cell: Cell, marks: _Marks) -> dict[str, Any]:
    section = found.plan.section(cell.column)
    place = f"§{section.id} {section.title}" if section else "其他条目"
    unplaced = [
        d
        for d in found.open_().of(cell.department).decisions
        if found.decided(d) == ELSEWHERE and cell.column != ELSEWHERE
    ]
    role = "第一责任单位" if cell.leads else "责任单位"
    if cell.leads and section and "牵头" in section.duty:
        role = "牵头单位"
    return {
        "title": f"{cell.department} × {place}：指标滞后 {cell.behind} 项，逾期 {cell.late} 项",
        "role": role,
        "results": _result_rows(view, cell.results),
        "promises": _promises(view, cell.promises, marks),
        "problems": [_problem(view, r, marks) for r in cell.rectifications],
        "decisions": [_decision(view, d, marks) for d in cell.decisions],
        "unplaced": len(unplaced),
    }


# ---------------------------------------------------------------- a department's brief


@figures.kept(60)
def _brief(view: View, department: str, editor: bool) -> str:
    from pages.briefing.words import brief_words, with_successor

    found = duties(view)
    marks = _Marks(view, found, editor)
    if department not in found.departments:
        return render(
            "empty",
            title="没有这个责任单位",
            text=f"方案和数据中没有“{department[:40]}”，请从矩阵中选择。",
        )
    own = found.of(department).open_()
    return render(
        "department",
        title=f"{with_successor(found.plan, department)}工作简报",
        words=brief_words(own, own.pressing(), department),
        subtitle=view.source,
        back=view.link("accountability"),
        results=_result_rows(view, own.results),
        promises=_promises(view, own.promises, marks),
        problems=[_problem(view, r, marks) for r in own.rectifications],
        decisions=[_decision(view, d, marks) for d in own.decisions],
    )


# ---------------------------------------------------------------- papers


def _school_parts(view: View) -> dict[str, tuple[str, Duties, list[Result], list[Project]]]:
    """Institution -> its name, rectifications, results and projects, for those inside the filters
    that have any."""
    whole = duties(view)
    pool = projects.pool(view.version, view.scope, view.as_of)
    found = {}
    inside = {each.institution_id for each in view.version.institutions if view.scope.lets_in(each)}
    by_school: dict[str, list[Result]] = {}
    for indicator in view.version.plan.indicators:
        for result in figures.parts(_whole(view), indicator, "institution"):
            by_school.setdefault(result.group_id or "", []).append(result)
    for each in view.version.institutions:
        code = each.institution_id
        if code not in inside:
            continue
        own = replace(
            whole,
            results=(),
            promises=(),
            decisions=(),
            rectifications=tuple(r for r in whole.rectifications if r.institution_id == code),
        )
        mine = [p for p in pool if p.institution_id == code]
        found[code] = (each.name, own, by_school.get(code, []), mine)
    return found


def _pressing(view: View, found: Sequence[Project]) -> list[Project]:
    """The projects still to come that are overdue or planned within thirty days."""
    limit = view.as_of + timedelta(days=accountability.SOON_DAYS)
    return [p for p in found if p.coming(view.as_of) and p.planned_on <= limit]


def letters(view: View, kind: str, only: str = "") -> list[tuple[str, bytes]]:
    """(name, .docx) of the papers of a kind: 单位提醒函, 院校提醒函 or 院校目标责任表.

    only: one department or institution (its name); without it letters go to those alone to whom
    there is something to say, and target sheets to every institution with a target, project or
    open rectification.
    """
    from pages.briefing import duties as papers

    whole = duties(view)
    found = []
    if kind == "单位提醒函":
        return [
            (f"督办提醒函_{name}", papers.letter(view, whole, name))
            for name in ([only] if only else whole.departments)
            if only or not whole.of(name).pressing().empty
        ]
    for name, own, results, mine in _school_parts(view).values():
        if only and name != only:
            continue
        press = _pressing(view, mine)
        targets = accountability.allocated(results)
        behind = [r for r in targets if r.status in ("lagging", "far_behind", "missed")]
        if kind == "院校提醒函":
            if only or press or behind or own.pressing().rectifications:
                content = papers.school_letter(view, own, name, results, press)
                found.append((f"督办提醒函_{name}", content))
        elif only or targets or mine or own.open_().rectifications:
            content = papers.target_sheet(view, own, name, results, mine)
            found.append((f"目标责任表_{name}", content))
    return found


def downloads(view: View, department: str) -> None:
    """The papers: the whole's, and of the one chosen."""
    whole = duties(view)
    if department in whole.departments:
        with st.container(horizontal=True):
            _button(
                "下载工作简报（.docx）",
                lambda: _one(view, "brief", department),
                f"{department}工作简报",
                "docx",
                view,
            )
            _button(
                "下载督办提醒函（.docx）",
                lambda: _one(view, "单位提醒函", department),
                f"督办提醒函_{department}",
                "docx",
                view,
            )
        return
    with st.container(horizontal=True):
        for label, make, title, suffix in (
            ("任务分解表", lambda: task_workbook(view), "任务分解表", "xlsx"),
            ("任务分解表", lambda: _one(view, "table", ""), "任务分解表", "docx"),
            ("全部单位提醒函", lambda: _all(view, "单位提醒函"), "督办提醒函_各单位", "zip"),
            ("全部院校提醒函", lambda: _all(view, "院校提醒函"), "督办提醒函_各院校", "zip"),
            ("全部院校目标责任表", lambda: _all(view, "目标责任表"), "目标责任表_各院校", "zip"),
        ):
            _button(f"下载{label}（.{suffix}）", make, title, suffix, view)
    names = [each.name for each in view.version.institutions if view.scope.lets_in(each)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        school = st.selectbox(
            "院校", names, index=None, placeholder="选择一所院校，单独下载", key="school", width=320
        )
        if school:
            for kind, title in (("院校提醒函", "督办提醒函"), ("目标责任表", "目标责任表")):
                _button(
                    f"下载{title}（.docx）",
                    lambda kind=kind: _one(view, kind, school),  # type: ignore[misc]
                    f"{title}_{school}",
                    "docx",
                    view,
                )


def _one(view: View, kind: str, name: str) -> bytes:
    from pages.briefing import duties as papers

    if kind == "brief":
        return papers.brief(view, duties(view), name)
    if kind == "table":
        return papers.task_table(view, duties(view))
    return letters(view, kind, name)[0][1]


def _all(view: View, kind: str) -> bytes:
    from pages.briefing.duties import packed

    return packed(letters(view, kind))


def task_workbook(view: View) -> bytes:
    """任务分解表 as a workbook."""
    from pages.briefing.duties import TASK_HEADERS, task_rows

    return download.workbook(view, "任务分解表", TASK_HEADERS, task_rows(duties(view)))


def _button(label: str, make: Callable[[], bytes], title: str, suffix: str, view: View) -> None:
    download.button(view, label, make, download.name(view, title, suffix))
