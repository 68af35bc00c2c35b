"""Reverse: ask for the smallest set of actions that reaches chosen targets, and load it.

A run is a thread of its own, kept per data and request, so that the page stays alive meanwhile,
everybody who asks the same sees one answer, and an address asks for it again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import fields
from threading import BoundedSemaphore, Event, Lock, Thread
from typing import Any

import streamlit as st

from pages.parts import download, figures, sign_on
from pages.parts.block import block, render
from pages.parts.view import View, follow
from pages.parts.what_if_board import Board, ready
from queries import scenario as what_if
from queries import summary
from queries.scenario import Prepared
from queries.solve import (
    LIMITS,
    Limits,
    Progress,
    Request,
    Solution,
    SolveError,
    Stopped,
    check,
    solve,
)
from queries.status import REACHED, number

ASK, LOAD = "ask", "load"
STOP, AGAIN = "stop", "again"
# The request that this session has cancelled.
_CANCELLED = "what-if-solve-cancelled"
# Each uses a core while it runs.
MOST_AT_ONCE = 2
POLL_SECONDS = 0.5
LONGEST_SECONDS = 60.0

_turn = BoundedSemaphore(MOST_AT_ONCE)


class Run:
    """A solve under way, done or stopped. progress: where it stands, None while it waits for its
    turn; solution or fault once done."""

    def __init__(self, prepared: Prepared, request: Request) -> None:
        self.prepared, self.request = prepared, request
        self._lock = Lock()
        self._begin()

    def _begin(self) -> None:
        self.progress: Progress | None = None
        self.solution: Solution | None = None
        self.fault = ""
        self.began = time.monotonic()
        self._stop, self._done = Event(), Event()
        Thread(target=self._work, daemon=True).start()

    def stop(self) -> None:
        """Have it end without an answer."""
        self._stop.set()

    def again(self) -> None:
        """Begin anew what was stopped; anything else goes on, or stays what it is."""
        with self._lock:
            if self.stopped:
                self._begin()

    @property
    def stopped(self) -> bool:
        return self.done and self.solution is None and not self.fault

    def _work(self) -> None:
        try:
            self._wait_for_turn()
            try:
                self.solution = solve(self.prepared, self.request, self._told, self._stop)
            finally:
                _turn.release()
        except Stopped:
            pass
        except SolveError as error:
            self.fault = str(error)
        except Exception:
            self.fault = "求解出错，请减少目标或放宽限制后再试"
            raise
        finally:
            self._done.set()

    def _wait_for_turn(self) -> None:
        while not _turn.acquire(timeout=POLL_SECONDS):
            if self._stop.is_set():
                raise Stopped

    def _told(self, progress: Progress) -> None:
        self.progress = progress

    @property
    def done(self) -> bool:
        return self._done.is_set()

    def wait(self, seconds: float) -> bool:
        """Whether it is done within so many seconds."""
        return self._done.wait(seconds)


@figures.kept(20)
def run(view: View, asked: str) -> Run:
    """The run of a request, begun by whoever asks first."""
    return Run(ready(view), request_of(asked))


# ---------------------------------------------------------------- the request in the address


def default_targets(prepared: Prepared) -> tuple[str, ...]:
    """The indicators with a target that the base line does not reach."""
    base = what_if.outcome(prepared)
    return tuple(
        each.id
        for each in base.indicators
        if each.result.target is not None and each.base is not None
        if each.base_status not in REACHED
    )


def best(view: View) -> str:
    """The request behind 最优方案: every target the base line misses, within the plan's limits."""
    return as_text({"targets": list(default_targets(ready(view)))})


def request_of(asked: str) -> Request:
    """The request of an address. Raises SolveError for what is not one."""
    try:
        found = json.loads(asked)
    except (ValueError, RecursionError):
        raise SolveError("链接中的求解要求无法读取") from None
    if not isinstance(found, dict) or set(found) - {
        "targets",
        "budget",
        "limits",
        "nearly",
        "time_limit",
    }:
        raise SolveError("链接中的求解要求无法读取")
    targets, limits = found.get("targets"), found.get("limits")
    budget, seconds = found.get("budget"), found.get("time_limit")
    if targets is not None and not (
        isinstance(targets, list) and all(isinstance(each, str) for each in targets)
    ):
        raise SolveError("求解目标应为指标编号")
    for value in (budget, seconds):
        if value is not None and not _is_number(value):
            raise SolveError("预算和时限应为数")
    return Request(
        None if targets is None else tuple(targets),
        None if budget is None else float(budget),
        None if limits is None else _limits(limits),
        found.get("nearly") is True,
        None if seconds is None else min(max(float(seconds), 1.0), LONGEST_SECONDS),
    )


def _limits(found: Any) -> Limits:
    names = {each.name for each in fields(Limits)}
    if not isinstance(found, dict) or set(found) - names:
        raise SolveError("求解限制的名称不认识")
    for value in found.values():
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise SolveError("求解限制应为整数")
    return Limits(**found)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12


def as_text(request: Mapping[str, Any]) -> str:
    """A request as an address holds it: the same for the same request."""
    given = {name: value for name, value in request.items() if value is not None}
    return json.dumps(given, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


# ---------------------------------------------------------------- the part of the page


def show(view: View, at: Board) -> None:
    """The question, the run, the answer."""
    prepared = ready(view)
    asked = st.query_params.get(ASK, "")
    given = Request()
    if asked:
        try:
            given = request_of(asked)
            check(prepared, given)
        except SolveError as error:
            block(
                render("what_if_faults", name="求解要求", lines=str(error).split("\n"), count=1),
                key="what-if-solve-fault",
            )
            asked, given = "", Request()
    if not asked:
        block(
            render("what_if_solve_head", targets=len(default_targets(prepared))),
            key="what-if-solve-head",
        )
    else:
        _answer(view, at, asked)
    _form(prepared, given, asked)


def _answer(view: View, at: Board, asked: str) -> None:
    if st.session_state.get(_CANCELLED) == asked:
        if block(render("what_if_cancelled"), key="what-if-cancelled") == AGAIN:
            del st.session_state[_CANCELLED]
            st.rerun()
        return
    found = run(view, asked)
    # Somebody else may have cancelled what this reader asks for too.
    found.again()
    if not found.done:
        _waiting(view, asked)
        return
    if found.solution is None:
        block(
            render("what_if_faults", name="求解要求", lines=found.fault.split("\n"), count=1),
            key="what-if-solve-fault",
        )
        return
    if st.query_params.get(LOAD) == "1":
        _load(at, found.solution)
    clicked = block(_markup(view, asked), key="what-if-solve")
    if clicked == LOAD:
        _load(at, found.solution)
    follow(clicked)
    solution = found.solution
    download.button(
        view,
        "下载方案（.xlsx）",
        lambda: workbook(view, solution),
        download.name(view, "最优方案", "xlsx"),
        key="what-if-solve-file",
    )


@st.fragment(run_every=POLL_SECONDS)
def _waiting(view: View, asked: str) -> None:
    sign_on.check()
    found = run(view, asked)
    progress = found.progress
    limit = request_of(asked).time_limit or view.version.plan.solve.time_limit
    clicked = block(
        render(
            "what_if_waiting",
            words="正在等待前面的求解" if progress is None else progress.words,
            step=0 if progress is None else progress.step,
            steps=5 if progress is None else progress.steps,
            limit=number(limit),
            seconds=number(int(time.monotonic() - found.began)),
        ),
        key="what-if-waiting",
    )
    if clicked == STOP:
        found.stop()
        st.session_state[_CANCELLED] = asked
    if clicked == STOP or found.done:
        st.rerun()


def _load(at: Board, found: Solution) -> None:
    """Work on what was found, beside the levers."""
    at.load(found.scenario, f"已载入求解方案：{found.finding}。{found.proof}。")
    levers, _ = at.address = at.written()
    for name in (ASK, LOAD, "part", "saved", "levers"):
        st.query_params.pop(name, None)
    if levers:
        st.query_params["levers"] = levers
    st.rerun()


def _form(prepared: Prepared, given: Request, asked: str) -> None:
    rules = prepared.ground.plan.solve
    names = {each.id: each.indicator.name for each in prepared.results if each.target is not None}
    limits = given.limits or Limits.of(rules)
    with st.form("what-if-ask"):
        targets = st.multiselect(
            "要达到的指标（默认为按现有速度达不到的全部指标）",
            list(names),
            default=[
                each
                for each in (default_targets(prepared) if given.targets is None else given.targets)
                if each in names
            ],
            format_func=lambda each: names[each],
            placeholder="选择指标",
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            budget = st.number_input(
                "市级资金上限（万元，空为不限）",
                min_value=0.0,
                max_value=1e9,
                value=given.budget,
                step=100.0,
                format="%.0f",
                placeholder="不限",
                width=230,
            )
            seconds = st.number_input(
                "求解时限（秒）",
                min_value=1,
                max_value=int(LONGEST_SECONDS),
                value=int(given.time_limit or rules.time_limit),
                width=150,
            )
            nearly = st.checkbox("达到“左右”的允许范围即可", value=given.nearly)
        with st.expander(f"院校、区县和产业的限制（{rules.provenance}）"):
            columns = st.columns(3)
            chosen = {
                name: columns[place % 3].number_input(
                    words,
                    min_value=0,
                    max_value=100_000,
                    value=getattr(limits, name),
                    step=1,
                    placeholder="不限",
                )
                for place, (name, words) in enumerate(LIMITS.items())
            }
        sent = st.form_submit_button("重新求解" if asked else "求解", type="primary")
    if not sent:
        return
    st.query_params[ASK] = as_text(
        {
            "targets": targets,
            "budget": budget,
            "limits": chosen,
            "nearly": nearly or None,
            "time_limit": seconds,
        }
    )
    st.query_params.pop(LOAD, None)
    st.session_state.pop(_CANCELLED, None)
    st.rerun()


@figures.kept(20)
def _markup(view: View, asked: str) -> str:
    found = run(view, asked).solution
    assert found is not None
    return markup(view, found)


def markup(view: View, found: Solution) -> str:
    """The answer."""
    levers = ready(view).levers.all
    return render(
        "what_if_solve",
        title=found.finding,
        proof=found.proof,
        optimal=found.optimal,
        seconds=number(round(found.seconds, 1)),
        can_load=bool(found.actions),
        spent=[
            {
                "words": each.words,
                "count": each.count,
                "cost": "未定单位成本" if each.cost is None else number(each.cost, "万元"),
            }
            for each in found.spent
        ],
        total=number(found.cost, "万元"),
        years=[
            {
                "year": each.year,
                "cost": number(each.cost),
                "budget": None if each.budget is None else number(each.budget),
                "over": number(each.over) if each.over else "",
            }
            for each in found.outcome.cost.by_year
        ],
        missing="、".join(found.outcome.cost.not_counted),
        aims=[
            {
                "name": each.expected.indicator.name,
                "base": number(each.expected.base, each.expected.indicator.unit),
                "value": number(each.expected.value, each.expected.indicator.unit, each.threshold),
                "threshold": number(each.threshold, each.expected.indicator.unit),
                "reached": each.reached,
                "status": each.expected.status,
                **view.link("indicator", {"id": each.id}),
            }
            for each in found.aims
        ],
        conflicts=found.conflicts,
        unsolvable=found.unsolvable,
        explained=found.explained,
        actions=[
            {
                "what": levers[each.lever].name if each.lever in levers else each.name,
                "count": each.count,
                "district": each.district,
                "cost": "—" if each.cost is None else number(each.cost),
                "reason": each.reason,
            }
            for each in found.actions
        ],
        source=view.source,
    )


HEADERS = ("杠杆编号", "类别", "举措", "数量", "院校", "区县", "费用（万元）", "贡献", "理由")


def workbook(view: View, found: Solution) -> bytes:
    """The actions, then the targets and what stands in the way, on one sheet."""
    rows: list[tuple[Any, ...]] = [
        (
            each.lever,
            each.kind,
            each.name,
            each.count,
            each.institution,
            each.district,
            each.cost,
            "；".join(
                f"{one.name} {one.amount:+.2f} {summary.points(one.unit)}" for one in each.serves
            ),
            each.reason,
        )
        for each in found.actions
    ]
    rows += [(), ("", "", found.finding), ("", "", found.proof)]
    rows += [(each.indicator, "冲突", each.reason) for each in found.conflicts]
    return download.workbook(view, "最优方案", HEADERS, rows)
