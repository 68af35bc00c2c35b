"""数据管理: the head of the page, its views, and what they share."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import streamlit as st

from data import difference, notes, trial, versions
from data.load import summarise
from data.plan import Plan
from data.trial import MOST_SHOWN, Outcome, Shift
from data.versions import Version
from data.workbook import Progress
from pages.parts import clock, figures, sign_on
from pages.parts.block import block, render
from pages.parts.verbatim import verbatim
from pages.parts.view import View, follow
from queries.evaluate import Result, evaluate
from queries.run import open_file
from queries.status import number

VIEWS = {
    "upload": "下载与上传",
    "schools": "一校一表",
    "versions": "数据版本",
    "quality": "质量报告",
    "log": "操作日志",
}
# What the next run says was done.
DONE = "desk-done"
# Lines of a list that are shown on the page.
MOST_LISTED = 300
# Decimals of two values that only these tell apart.
MOST_DECIMALS = 6
# One check at a time in the whole server: each may need most of a small machine's memory.
_one = threading.Lock()


def head(view: View) -> str:
    """The page's head; which of VIEWS the address asks for."""
    asked = st.query_params.get("view", "upload")
    chosen = asked if asked in VIEWS else "upload"
    count = len(versions.files())
    go = block(
        render(
            "desk_head",
            title=f"数据管理：正在看“{view.version.name}”，共 {count} 个数据版本",
            subtitle=f"{view.source} · 版本 {view.version.path.stem}",
            views=[(key, word, key == chosen) for key, word in VIEWS.items()],
        ),
        key="desk-head",
    )
    follow(go)
    return chosen


def record(
    kind: str, who: str, subject: str, detail: Mapping[str, Any], *, refused: bool = False
) -> str:
    """A line of the log; what cannot be recorded holds nothing up, and is said.

    Returns what to add to a message that stands after the run is done over; mostly nothing.
    """
    try:
        notes.record(kind, who, subject, detail, refused=refused)
    except notes.Unavailable as error:
        logging.getLogger("app").warning("未能记入日志：%s", error)
        st.warning(f"未能记入日志：{verbatim(error)}")
        return f"；但未能记入日志：{error}"
    return ""


def refuse(error: sign_on.NotAllowed) -> None:
    """Say that a role does not suffice."""
    st.error(verbatim(error), icon=":material/lock:")


def label(version: Version) -> str:
    """A version as lists to choose from name it."""
    file = version.meta.get("source_name", "")
    return f"{clock.moment(version.made_at)} {file}（{version.id[-12:]}）"


def shifts(found: list[Shift]) -> list[dict[str, Any]]:
    """The differences of tables for the template; says what was cut."""
    rows = []
    for each in found:
        added, removed, changed, cells = each.counts
        words = [f"新增 {added} 行", f"删除 {removed} 行", f"修改 {changed} 行（{cells} 格）"]
        cut = max(added, removed, cells) > MOST_SHOWN
        rows.append({**vars(each), "words": "，".join(words), "most": MOST_SHOWN if cut else 0})
    return rows


@contextmanager
def checking() -> Iterator[Progress]:
    """Progress on the page, for the one check that may run in the server at a time."""
    bar = st.progress(0.0, text="准备检查")
    while not _one.acquire(timeout=0.5):
        bar.progress(0.0, text="另一份数据正在检查，请稍候")

    def note(share: float, words: str) -> None:
        # A sheet may be called anything.
        bar.progress(share, text=verbatim(words))

    try:
        yield note
    finally:
        _one.release()
        bar.empty()


@figures.kept(4)
def differences(old: str, new: str) -> list[Shift]:
    """What changed from one version to another, by their ids. Raises data.versions' NoVersion,
    DamagedVersion or OldSchema."""
    folder = versions.warehouse_dir() / versions.FOLDER
    found = difference.compare(folder / f"{old}.duckdb", folder / f"{new}.duckdb")
    return [trial.shift(each) for each in found if each]


def moved(
    old: Path | None, new: Path, plan: Plan, day: date | None = None
) -> tuple[list[dict[str, Any]], tuple[str, str]]:
    """The indicators that differ between two database files (``movements``), and the two days they
    are of: ``day``, else each file's own."""
    after = open_file(new, plan)
    before = None if old is None else open_file(old, plan)
    was = [] if before is None else evaluate(before, day or before.as_of)
    found = movements(was, evaluate(after, day or after.as_of))
    days = ("" if before is None else str(day or before.as_of), str(day or after.as_of))
    return found, days


def movements(before: list[Result], after: list[Result]) -> list[dict[str, Any]]:
    """The indicators whose value or status differs, those with another status first."""
    old = {each.id: each for each in before}
    found = []
    for new in after:
        was = old.get(new.id)
        if was is not None and (was.actual, was.status) == (new.actual, new.status):
            continue
        before_text, after_text = apart(
            was.actual if was is not None else None, new.actual, new.indicator.unit
        )
        found.append(
            {
                "name": new.indicator.name,
                "unit": new.indicator.unit,
                "before": "—" if was is None else before_text,
                "after": after_text,
                "was": None if was is None else was.status,
                "now": new.status,
                "turned": was is None or was.status != new.status,
            }
        )
    return sorted(found, key=lambda each: not each["turned"])


def apart(before: float | None, after: float | None, unit: str) -> tuple[str, str]:
    """Two numbers in words, with as many decimals (six at most) as tell them apart."""
    words = number(before, unit), number(after, unit)
    if before is None or after is None or before == after:
        return words
    decimals = 1
    while words[0] == words[1] and decimals < MOST_DECIMALS:
        decimals += 1
        gap = "" if unit in ("", "%") else " "
        words = f"{before:,.{decimals}f}{gap}{unit}", f"{after:,.{decimals}f}{gap}{unit}"
    return words


def preview(
    what: str,
    done: str,
    base: str | None,
    outcome: Outcome,
    moved: list[dict[str, Any]],
    days: tuple[str, str],
) -> str:
    """What would change: markup. what: is looked at; done: is not yet, such as ``载入``; base: the
    version it is compared with."""
    warnings = summarise(outcome.warnings)
    return render(
        "desk_preview",
        whole=True,
        title=f"预览{what}：{summary(outcome.shifts, moved)}",
        subtitle=f"尚未{done}，数据没有改变 · 与当前版本 {base or '（无）'} 比较",
        shifts=shifts(outcome.shifts),
        moved=moved,
        before=f"当前（{days[0]}）",
        after=f"{done}后（{days[1]}）",
        warnings=warnings[:MOST_LISTED],
        count=len(outcome.warnings),
        more=max(len(warnings) - MOST_LISTED, 0),
    )


def summary(found: list[Shift], moved: list[dict[str, Any]]) -> str:
    """What changes, in a sentence."""
    if not found:
        return "两者的数据完全相同"
    added, removed, changed = (sum(each.counts[n] for each in found) for n in range(3))
    turned = sum(each["turned"] for each in moved)
    return (
        f"{len(found)} 张表有变化：新增 {added} 行、删除 {removed} 行、修改 {changed} 行；"
        f"{len(moved)} 项指标的数值变化，其中 {turned} 项状态改变"
    )
