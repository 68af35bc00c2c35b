"""How far a promised result is: 未启动, 推进中 or 已完成, and whether it is overdue.

A deliverable has no numeric target of its own. Its state is computed from the reports on it
(任务进展) and, for things that can be counted, from the tables that hold them. ``assess`` is pure;
``progress`` feeds it from a data version. Rules per kind, D being the as-of day and only reports
dated up to D counting:

- once (a thing to have): the last report's state. Overdue: D after the due date and not 已完成.
- ongoing (work that goes on): the last report's state; work under way on its due date has kept the
  promise, so that it is overdue only when D is after the due date and it has not begun.
- yearly: every due date on its own, see ``years``; 已完成 when all are. Overdue: a due date before
  D whose year is not finished.
- count: with a number to reach, 已完成 exactly when the count reaches it, whatever is reported.
  Without one (the policy says 一批), 已完成 when there are some and it is reported so. Else 推进中
  when there are some or it is reported under way. Where nothing at all can be counted, the last
  report's state. Overdue: D after the due date and the number not reached, or nothing counted.

The count is what the table holds in force on D; where the deliverable has no table, or the table is
empty, the last reported value. Where the data holds no reports at all, on any deliverable, what
nothing else tells is 无数据: neither 未启动 nor overdue.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from data.contract import LEVELS, NO_DISTRICT
from data.plan import Deliverable
from queries.evaluate import Scope
from queries.inside import Inside
from queries.run import OpenVersion, fetch
from queries.status import number
from queries.summary import Sentence

NOT_BEGUN, UNDER_WAY, DONE = "未启动", "推进中", "已完成"
NO_DATA = "无数据"
STATES = (NOT_BEGUN, UNDER_WAY, DONE)


@dataclass(frozen=True)
class Update:
    """One report on a deliverable (a row of 任务进展)."""

    reported_on: date
    state: str
    value: float | None = None
    note: str = ""
    department: str = ""
    evidence: str = ""


@dataclass(frozen=True)
class Year:
    """One due date of a yearly deliverable. begun: its year has come; last: the last report on it.

    done_on: the day of the report that finished it.
    """

    due: date
    state: str
    overdue: bool
    begun: bool
    done_on: date | None
    last: Update | None

    @property
    def late(self) -> bool:
        """Finished after its due date."""
        return self.done_on is not None and self.done_on > self.due


@dataclass(frozen=True)
class Progress:
    """Where a deliverable stands on a day. reason: how its state came about, in Chinese.

    value: what is counted, None where nothing can be; counted: from a table (else as reported).
    target: the number to reach, None without one. due: the next due date, the last when all have
    passed. done_on: the first of the reports since which it has been reported finished.
    """

    deliverable: Deliverable
    state: str
    overdue: bool
    reason: str
    due: date
    done_on: date | None = None
    value: float | None = None
    counted: bool = False
    target: float | None = None
    history: tuple[Update, ...] = ()
    years: tuple[Year, ...] = ()

    @property
    def last(self) -> Update | None:
        return self.history[-1] if self.history else None

    @property
    def late(self) -> bool:
        """Finished after the due date."""
        return self.state == DONE and self.done_on is not None and self.done_on > self.due

    @property
    def word(self) -> str:
        """The state as it stands on a screen."""
        if self.overdue:
            return f"{self.state}（逾期）"
        return f"{self.state}（逾期完成）" if self.late else self.state


def assess(
    deliverable: Deliverable,
    updates: Sequence[Update],
    as_of: date,
    issued_on: date,
    counted: float | None = None,
    institutions: int = 0,
    known: bool = True,
) -> Progress:
    """The state of a deliverable. updates: its reports in order, later ones may be among them.

    counted: what its table holds on the day, None where it has none or the table is empty.
    institutions: how many are in force, for a deliverable owed by each. known: whether the data
    holds any reports at all.
    """
    if not known and counted is None:
        return _unknown(deliverable, as_of, issued_on)
    history = tuple(sorted((u for u in updates if u.reported_on <= as_of), key=_day))
    if deliverable.kind == "yearly":
        return _yearly(deliverable, history, as_of, issued_on)
    if deliverable.kind == "count":
        return _count(deliverable, history, as_of, counted, institutions)
    state = history[-1].state if history else NOT_BEGUN
    passed = as_of > deliverable.due
    ongoing = deliverable.kind == "ongoing"
    overdue = passed and (state == NOT_BEGUN if ongoing else state != DONE)
    return Progress(
        deliverable,
        state,
        overdue,
        _reported_reason(history) + (f"，期限 {deliverable.due} 已过" if overdue else ""),
        deliverable.due,
        _done_on(history),
        history=history,
    )


def _unknown(deliverable: Deliverable, as_of: date, issued_on: date) -> Progress:
    """Nothing was reported on any deliverable, so that silence says nothing."""
    dues = deliverable.due_dates(issued_on)
    starts = (issued_on, *(day + timedelta(days=1) for day in dues))
    yearly = deliverable.kind == "yearly"
    years_ = tuple(
        Year(due, NO_DATA, False, start <= as_of, None, None)
        for start, due in zip(starts, dues, strict=False)
    )
    return Progress(
        deliverable,
        NO_DATA,
        False,
        "数据中没有任何进展填报",
        next((day for day in dues if day >= as_of), dues[-1]),
        years=years_ if yearly else (),
    )


def _day(update: Update) -> date:
    return update.reported_on


def _reported_reason(history: Sequence[Update]) -> str:
    if not history:
        return "没有进展填报，按未启动计"
    return f"按 {history[-1].reported_on} 的填报：{history[-1].state}"


def _done_on(history: Sequence[Update]) -> date | None:
    """The first of the unbroken run of 已完成 at the end."""
    found = None
    for update in reversed(history):
        if update.state != DONE:
            break
        found = update.reported_on
    return found


def _count(
    deliverable: Deliverable,
    history: tuple[Update, ...],
    as_of: date,
    counted: float | None,
    institutions: int,
) -> Progress:
    reported = next((u.value for u in reversed(history) if u.value is not None), None)
    value = reported if counted is None else counted
    target = float(institutions) if deliverable.per_institution else deliverable.target
    said = history[-1].state if history else NOT_BEGUN
    source = "台账在册" if counted is not None else "填报数值"
    if value is None:
        state, reason = said, _reported_reason(history)
    else:
        reached = value >= target if target else said == DONE and value > 0
        begun = value > 0 or said != NOT_BEGUN
        state = DONE if reached else UNDER_WAY if begun else NOT_BEGUN
        aim = f"应达 {number(target)}" if target else "政策未给数字"
        reason = f"{source} {number(value)}，{aim}"
        if said == DONE and not reached:
            reason += "；填报为已完成，与数值不符"
    passed = as_of > deliverable.due
    overdue = passed and state != DONE and (bool(target) or not value)
    return Progress(
        deliverable,
        state,
        overdue,
        reason + (f"，期限 {deliverable.due} 已过" if overdue else ""),
        deliverable.due,
        _done_on(history) if state == DONE else None,
        value,
        counted is not None,
        target,
        history,
    )


# ---------------------------------------------------------------- every year again


def _yearly(
    deliverable: Deliverable, history: tuple[Update, ...], as_of: date, issued_on: date
) -> Progress:
    found = years(deliverable, history, as_of, issued_on)
    missing = [each for each in found if each.overdue]
    ahead = [each.due for each in found if each.due >= as_of]
    if all(each.state == DONE for each in found):
        state = DONE
    else:
        state = NOT_BEGUN if all(u.state == NOT_BEGUN for u in history) else UNDER_WAY
    done = [each for each in found if each.state == DONE]
    reason = f"应完成 {sum(e.due < as_of for e in found)} 个年度，已完成 {len(done)} 个年度"
    if missing:
        reason += f"，{'、'.join(str(each.due.year) for each in missing)} 年度缺"
    return Progress(
        deliverable,
        state,
        bool(missing),
        reason,
        ahead[0] if ahead else found[-1].due,
        max((e.done_on for e in done if e.done_on), default=None) if state == DONE else None,
        history=history,
        years=found,
    )


def years(
    deliverable: Deliverable, history: Sequence[Update], as_of: date, issued_on: date
) -> tuple[Year, ...]:
    """The due dates of a yearly deliverable, each with the reports on its year.

    A report is on the year its note writes (“2000 年度”), else on the due date next after it; one
    after the last due date is on that. A year once reported finished stays so.
    """
    dues = deliverable.due_dates(issued_on)
    reports: dict[date, list[Update]] = {due: [] for due in dues}
    for update in history:
        reports[_about(update, dues)].append(update)
    found = []
    for number_, due in enumerate(dues):
        start = dues[number_ - 1] + timedelta(days=1) if number_ else issued_on
        done_on = next((u.reported_on for u in reports[due] if u.state == DONE), None)
        last = reports[due][-1] if reports[due] else None
        state = DONE if done_on else (last.state if last else NOT_BEGUN)
        overdue = state != DONE and due < as_of
        found.append(Year(due, state, overdue, start <= as_of, done_on, last))
    return tuple(found)


def _about(update: Update, dues: Sequence[date]) -> date:
    """Which due date a report is about."""
    written = {int(year) for year in re.findall(r"(?<!\d)(\d{4})\s*年度", update.note)}
    named = [due for due in dues if due.year in written]
    if len(named) == 1:
        return named[0]
    return next((due for due in dues if due >= update.reported_on), dues[-1])


# ---------------------------------------------------------------- from a data version


@dataclass(frozen=True)
class Thing:
    """Something a deliverable counts, in force on the days since <= day < until."""

    source: str
    kind: str
    thing_id: str
    institution_id: str
    district: str
    since: date
    until: date

    def on(self, day: date) -> bool:
        return self.since <= day < self.until


@dataclass(frozen=True)
class YearCount:
    """A year of a count: how many at its last day (or the as-of day), begun and ended in it.

    begun and ended are None for reported values, which do not say.
    """

    year: int
    last: date
    value: float | None
    begun: int | None
    ended: int | None


def progress(version: OpenVersion, as_of: date) -> dict[str, Progress]:
    """Every deliverable of the plan by id, for the city: deliverables are the city's promises."""
    plan = version.plan
    reports = updates(version, as_of)
    things = counted_things(version)
    filled = {each.source for each in things}
    known = "deliverable_updates" in version.filled
    levels = dict(fetch("institutions_on", version, day=as_of))
    outside = {each.institution_id for each in version.institutions if each.outside}
    owing = sum(level in LEVELS for code, level in levels.items() if code not in outside)
    found = {}
    for each in plan.deliverables:
        counted = None
        if each.counted_from in filled:
            counted = float(sum(t.on(as_of) for t in things if _counts(each, t)))
        found[each.id] = assess(
            each, reports.get(each.id, ()), as_of, plan.issued_on, counted, owing, known
        )
    return found


def updates(version: OpenVersion, as_of: date) -> dict[str, tuple[Update, ...]]:
    """The reports up to the day by deliverable, oldest first."""
    found: dict[str, list[Update]] = {}
    for deliverable, reported_on, state, value, *texts in fetch(
        "deliverable_updates", version, as_of=as_of
    ):
        words = (text or "" for text in texts)
        found.setdefault(deliverable, []).append(Update(reported_on, state, value, *words))
    return {name: tuple(each) for name, each in found.items()}


def counted_things(version: OpenVersion) -> list[Thing]:
    """Every body and pathway of the version, of technician institutions too."""
    return [
        Thing(source, kind, name, institution_id or "", district or NO_DISTRICT, since, until)
        for source, kind, name, institution_id, district, since, until in fetch(
            "counted_things", version
        )
    ]


def _counts(deliverable: Deliverable, thing: Thing) -> bool:
    return (deliverable.counted_from, deliverable.counted_kind) == (thing.source, thing.kind)


def within(version: OpenVersion, things: Sequence[Thing], scope: Scope, day: date) -> list[Thing]:
    """The things of a scope: by the authority and level (on the day) of the institution whose they
    are, by their own district where they have one, else that institution's."""
    if not scope:
        return list(things)
    inside = Inside(version, scope, day)
    return [each for each in things if inside.holds(each.institution_id, each.district)]


def by_year(
    version: OpenVersion, as_of: date, scope: Scope | None = None
) -> dict[str, list[YearCount]]:
    """Every count deliverable by year, from the plan's period to the as-of day.

    Counts are those inside the scope; a reported value is the city's and is left out of a scope.
    """
    plan = version.plan
    inside = Scope() if scope is None else scope
    reports = {} if inside else updates(version, as_of)
    everything = counted_things(version)
    filled = {each.source for each in everything}
    things = within(version, everything, inside, as_of)
    found = {}
    for each in plan.deliverables:
        if each.kind != "count":
            continue
        mine = [t for t in things if _counts(each, t)]
        history = reports.get(each.id, ())
        found[each.id] = [
            year_count(year, as_of, mine if each.counted_from in filled else None, history)
            for year in range(plan.period_start.year, as_of.year + 1)
        ]
    return found


def year_count(
    year: int, as_of: date, things: Sequence[Thing] | None, history: Sequence[Update] = ()
) -> YearCount:
    """A year of a count of things; of the reported values where there are none to count (None)."""
    first, last = date(year, 1, 1), min(date(year, 12, 31), as_of)
    if things is None:
        values = [u.value for u in history if u.reported_on <= last and u.value is not None]
        return YearCount(year, last, values[-1] if values else None, None, None)
    return YearCount(
        year,
        last,
        float(sum(each.on(last) for each in things)),
        sum(first <= each.since <= last and each.since < each.until for each in things),
        sum(first <= each.until <= last and each.since < each.until for each in things),
    )


# ---------------------------------------------------------------- in a sentence


def tally(found: Sequence[Progress]) -> dict[str, int]:
    """How many deliverables are in each state, all three states, and 无数据 where it occurs;
    overdue ones are among them."""
    counts = {state: sum(each.state == state for each in found) for state in (*STATES, NO_DATA)}
    if not counts[NO_DATA]:
        del counts[NO_DATA]
    return counts


def verdict(found: Sequence[Progress]) -> Sentence:
    """One sentence on some deliverables; what is overdue stands out."""
    counts = tally(found)
    late = sum(each.overdue for each in found)
    parts = [f"{counts[DONE]} 项已完成", f"{counts[UNDER_WAY]} 项推进中"]
    parts += [f"{counts[NOT_BEGUN]} 项未启动"] if counts[NOT_BEGUN] else []
    parts += [f"{counts[NO_DATA]} 项无数据"] if NO_DATA in counts else []
    start = f"{len(found)} 项任务事项中 {'、'.join(parts)}"
    return Sentence(start + "，", f"{late} 项逾期", "") if late else Sentence(start, "", "")


def worrying(found: Sequence[Progress]) -> list[Progress]:
    """What needs attention first: overdue, then not begun, then reported on longest ago."""
    chosen = [each for each in found if each.overdue or each.state == NOT_BEGUN]
    return sorted(
        chosen,
        key=lambda each: (
            not each.overdue,
            each.state != NOT_BEGUN,
            each.last.reported_on if each.last else date.min,
        ),
    )
