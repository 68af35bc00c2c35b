"""The papers of supervision: task table, a department's brief, reminder letters, target sheets.

Each takes what ``queries.accountability`` found and returns the bytes of a file.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date

from pages.briefing.official import Document, clean
from pages.briefing.words import brief_words, count, day_words, item_name, over, with_successor
from pages.parts.view import View
from queries.accountability import Decision, Duties, Rectification, allocated
from queries.deliverables import Progress
from queries.evaluate import Result
from queries.projects import Project
from queries.status import WORDS, number
from queries.summary import points

TASK_HEADERS = (
    "任务",
    "目标",
    "序时进度",
    "责任单位",
    "完成时限",
    "进展",
    "存在问题",
    "下步措施",
)
_NOT_A_NAME = re.compile(r'[\\/:*?"<>|\s]+')


def source_line(view: View) -> str:
    """What stands at the foot of every page."""
    return f"{view.source} · 版本 {view.version.id}"


def _paper(view: View, *, landscape: bool = False, compact: bool = False) -> Document:
    return Document(source_line(view), view.mark, landscape=landscape, compact=compact)


# ---------------------------------------------------------------- 任务分解表


def task_rows(duties: Duties) -> list[tuple[str, ...]]:
    """One row per indicator and deliverable, in the order of the plan's sections.

    Next steps are those on record: open rectifications and decisions that name the task; the pace
    a quarter would need. Nothing on record stays empty.
    """
    now = duties.open_()
    found: list[tuple[str, ...]] = []
    for section in duties.plan.sections:
        title = f"§{section.id} {section.title}"
        for result in now.results:
            own = [s for s in now.sections_of(result.id) if s == section.id]
            first = own or ([section.id] if result.indicator.sections[0] == section.id else [])
            if not first or (not own and now.sections_of(result.id) != ("other",)):
                continue
            found.append(_indicator_row(now, title, section.id, result))
        found += [
            _promise_row(now, title, section.id, each)
            for each in now.promises
            if each.deliverable.section == section.id
        ]
    return found


def _open(duties: Duties, item: str, section: str) -> tuple[str, str]:
    """(problems found, what was ordered) on an item."""
    problems = [r for r in duties.rectifications if item_name(duties.plan, r.item) == item]
    orders = [d for d in duties.decisions if duties.decided(d) == section]
    said = "；".join(f"{r.problem}（{r.department}）" for r in problems)
    steps = [f"{r.due_on} 前完成整改 {r.id}" for r in problems]
    steps += [f"落实会议议定事项：{d.text}（{d.department}）" for d in orders]
    return said, "；".join(steps)


def _indicator_row(duties: Duties, title: str, section: str, each: Result) -> tuple[str, ...]:
    indicator = each.indicator
    problems, steps = _open(duties, indicator.name, section)
    gap = f"尚差 {number(each.gap, points(indicator.unit))}" if each.gap else ""
    need = (
        f"每季需增 {number(each.required_per_quarter, points(indicator.unit))}"
        if each.required_per_quarter
        else ""
    )
    pace = [
        "" if each.schedule is None else f"应达 {number(each.schedule, indicator.unit)}",
        "" if each.pace is None else f"进度比 {each.pace:.2f}",
    ]
    aim = "监测" if indicator.target is None else f"目标值 {number(each.target, indicator.unit)}"
    return (
        title,
        f"{indicator.name}：{aim}",
        "，".join(filter(None, pace)) or "不按序时评定",
        "、".join(with_successor(duties.plan, name) for name in indicator.departments),
        str(indicator.deadline),
        f"{number(each.actual, indicator.unit, each.target)}，{WORDS[each.status]}",
        "；".join(filter(None, (gap, problems))),
        "；".join(filter(None, (need, steps))),
    )


def _promise_row(duties: Duties, title: str, section: str, each: Progress) -> tuple[str, ...]:
    own = each.deliverable
    problems, steps = _open(duties, own.name, section)
    note = each.last.note if each.last else ""
    return (
        title,
        own.name,
        f"{each.due} 前{'完成本年度' if own.kind == 'yearly' else '完成'}",
        "、".join(with_successor(duties.plan, name) for name in own.departments),
        str(own.due),
        "；".join(filter(None, (each.word, note))),
        "；".join(filter(None, (each.reason if each.overdue else "", problems))),
        steps,
    )


def task_table(view: View, duties: Duties) -> bytes:
    """任务分解表 as a .docx on A4 turned sideways."""
    paper = _paper(view, landscape=True)
    paper.title(f"{view.version.plan.short_title}任务分解表")
    paper.table(TASK_HEADERS, task_rows(duties), [1.3, 2, 1.2, 1.8, 1, 1.7, 2, 2], 9)
    return paper.bytes()


# ---------------------------------------------------------------- lists that several papers use


def _results_table(paper: Document, found: Sequence[Result]) -> None:
    paper.table(
        ("指标", "现状值", "目标值", "尚差", "状态"),
        [
            (
                each.indicator.name,
                number(each.actual, each.indicator.unit, each.target),
                "—" if each.target is None else number(each.target, each.indicator.unit),
                "—" if each.target is None else number(each.gap, points(each.indicator.unit)),
                WORDS[each.status],
            )
            for each in found
        ],
        [4, 1.4, 1.4, 1.4, 1.3],
    )


def _promises_table(paper: Document, found: Sequence[Progress]) -> None:
    paper.table(
        ("任务事项", "状态", "期限", "依据"),
        [(p.deliverable.name, p.word, p.due, p.reason) for p in found],
        [3.2, 1.5, 1.3, 3],
    )


def _rectifications_table(paper: Document, found: Sequence[Rectification], day: date) -> None:
    paper.table(
        ("编号", "问题", "院校", "责任单位", "整改期限", "情况"),
        [
            (
                r.id,
                r.problem,
                r.institution or "未指明",
                r.department,
                r.due_on,
                over(r.days_over(day)),
            )
            for r in found
        ],
        [1, 3.4, 2.2, 1.3, 1.4, 1.4],
    )


def _decisions_table(paper: Document, found: Sequence[Decision], day: date) -> None:
    paper.table(
        ("会议日期", "议定事项", "办结期限", "情况"),
        [(d.held_on, d.text, d.due_on or "未定", over(d.days_over(day))) for d in found],
        [1.4, 4.4, 1.4, 1.5],
    )


def _lists(
    paper: Document, owed: Duties, titles: Sequence[str], whole: Duties | None = None
) -> None:
    """The four lists that are not empty, numbered as official papers are.

    whole: what owed was shortened from, so that the headings say how many there are in all.
    """
    everything = whole or owed
    lengths = (
        len(everything.results),
        len(everything.promises),
        len(everything.rectifications),
        len(everything.decisions),
    )
    numerals = iter("一二三四")
    writers: tuple[tuple[Sequence[object], Callable[[], None]], ...] = (
        (owed.results, lambda: _results_table(paper, owed.results)),
        (owed.promises, lambda: _promises_table(paper, owed.promises)),
        (
            owed.rectifications,
            lambda: _rectifications_table(paper, owed.rectifications, owed.day),
        ),
        (owed.decisions, lambda: _decisions_table(paper, owed.decisions, owed.day)),
    )
    for title, total, (found, write) in zip(titles, lengths, writers, strict=True):
        if found:
            listed = f"，列出 {len(found)} 项" if len(found) < total else ""
            paper.heading(f"{next(numerals)}、{title}（{total} 项{listed}）")
            write()


# ---------------------------------------------------------------- letters, briefs, target sheets


def letter(view: View, duties: Duties, department: str) -> bytes:
    """督办提醒函 to a department: what is behind, overdue and due within thirty days."""
    owed = duties.of(department).pressing()
    paper = _paper(view)
    paper.title("督办提醒函")
    paper.paragraph(f"{with_successor(duties.plan, department)}：", indent=False)
    paper.paragraph(
        f"根据《{view.version.plan.title}》和联席会议有关要求，截至{day_words(view.as_of)}，"
        f"你单位负责的事项中有 {count(owed)} 项进度滞后、逾期或将在 30 日内到期。"
        "请对照下列事项抓紧推进，并及时报送办理情况。"
        if not owed.empty
        else f"截至{day_words(view.as_of)}，你单位没有进度滞后、逾期或将在 30 日内到期的事项。"
    )
    _lists(
        paper,
        owed,
        (
            "进度滞后的指标",
            "逾期或即将到期的任务事项",
            "逾期或即将到期的整改",
            "逾期或即将到期的议定事项",
        ),
    )
    _sign(paper, view)
    return paper.bytes()


def school_letter(
    view: View, duties: Duties, name: str, results: Sequence[Result], projects: Sequence[Project]
) -> bytes:
    """督办提醒函 to an institution: rectifications, projects and allocated targets that press."""
    owed = duties.pressing()
    behind = tuple(r for r in allocated(results) if r.status in ("lagging", "far_behind", "missed"))
    paper = _paper(view)
    paper.title("督办提醒函")
    paper.paragraph(f"{name}：", indent=False)
    count = len(owed.rectifications) + len(behind) + len(projects)
    paper.paragraph(
        f"截至{day_words(view.as_of)}，你校有 {count} 项整改、目标或项目进度滞后、逾期或将在 "
        "30 日内到期，请抓紧推进，并及时报送办理情况。"
        if count
        else f"截至{day_words(view.as_of)}，你校没有逾期或将在 30 日内到期的事项。"
    )
    numerals = iter("一二三")
    if owed.rectifications:
        paper.heading(f"{next(numerals)}、整改事项（{len(owed.rectifications)} 项）")
        _rectifications_table(paper, owed.rectifications, view.as_of)
    if behind:
        paper.heading(f"{next(numerals)}、进度滞后的分解目标（{len(behind)} 项）")
        _results_table(paper, behind)
    if projects:
        paper.heading(f"{next(numerals)}、超期或即将到期的项目（{len(projects)} 个）")
        _projects_table(paper, projects, view.as_of)
    _sign(paper, view)
    return paper.bytes()


def _projects_table(paper: Document, found: Sequence[Project], day: date) -> None:
    paper.table(
        ("项目", "级别", "阶段", "计划完成", "情况"),
        [
            (
                p.name,
                p.rank,
                p.stage,
                p.planned_on,
                _project_words(p, day),
            )
            for p in found
        ],
        [4, 1, 1, 1.4, 1.4],
    )  # fmt: skip


def _project_words(project: Project, day: date) -> str:
    if project.stopped:
        return "已终止"
    return "已完成" if project.finished(day) else over((day - project.planned_on).days)


def target_sheet(
    view: View, duties: Duties, name: str, results: Sequence[Result], projects: Sequence[Project]
) -> bytes:
    """目标责任书 of an institution: allocated targets, contributions, projects, rectifications."""
    paper = _paper(view)
    paper.title(f"{name}目标责任表")
    own = allocated(results)
    paper.heading(f"一、分解目标（{len(own)} 项）")
    if own:
        _results_table(paper, own)
    else:
        paper.paragraph("“目标分解”表没有给该校单独的目标。")
    given = [r for r in results if r not in own and r.indicator.measure == "count" and r.actual]
    paper.heading(f"二、对全市指标的贡献（{len(given)} 项）")
    if given:
        paper.table(
            ("指标", "该校计入", "全市目标值"),
            [
                (
                    r.indicator.name,
                    number(r.actual, r.indicator.unit),
                    "监测" if r.indicator.target is None
                    else number(r.indicator.target, r.indicator.unit),
                )
                for r in given
            ],
            [4, 1.4, 1.4],
        )  # fmt: skip
    else:
        paper.paragraph("没有计入数量类指标的项目。")
    live = [p for p in projects if p.coming(view.as_of)]
    paper.heading(f"三、在库项目（{len(live)} 个）")
    if live:
        _projects_table(paper, live, view.as_of)
    else:
        paper.paragraph("没有在库项目。")
    open_ = duties.open_().rectifications
    paper.heading(f"四、未完成整改（{len(open_)} 项）")
    if open_:
        _rectifications_table(paper, open_, view.as_of)
    else:
        paper.paragraph("没有未完成的整改。")
    _sign(paper, view)
    return paper.bytes()


def brief(view: View, duties: Duties, department: str) -> bytes:
    """A department's brief, set small so that it keeps to one page of A4 where it can."""
    own, owed = duties.of(department).open_(), duties.of(department).pressing()
    paper = _paper(view, compact=True)
    paper.title(f"{with_successor(duties.plan, department)}工作简报")
    paper.paragraph(brief_words(own, owed, department))
    _lists(
        paper,
        own.shortened(6) if count(own) > 28 else own,
        ("负责的指标", "负责的任务事项", "未完成的整改", "未办结的议定事项"),
        own,
    )
    return paper.bytes()


def _sign(paper: Document, view: View) -> None:
    paper.paragraph("（发函单位署名）", align="right", indent=False)
    paper.paragraph(day_words(view.as_of), align="right", indent=False)


def packed(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Files as a .zip; names made safe for Windows, and kept apart where they would be equal."""
    buffer = io.BytesIO()
    taken: dict[str, int] = {}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            safe = file_name(name)
            taken[safe] = taken.get(safe, 0) + 1
            tail = f"_{taken[safe]}" if taken[safe] > 1 else ""
            archive.writestr(f"{safe}{tail}.docx", content)
    return buffer.getvalue()


def file_name(name: str) -> str:
    """A name that any system can store."""
    return _NOT_A_NAME.sub("_", clean(name)).strip("._")[:80] or "未命名"
