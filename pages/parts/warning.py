"""监测预警: the head, the settings, and the section that is asked for."""

from __future__ import annotations

from typing import Any

import streamlit as st

from data.contract import BY_TABLE
from data.plan import Signal, WarningRules
from pages.parts import (
    sign_on,
    warning_effects,
    warning_enrolment,
    warning_list,
    warning_point,
    warning_views,
)
from pages.parts.block import block, render
from pages.parts.view import View, follow
from pages.parts.warning_board import Looked, look, standing, within
from pages.parts.warning_state import (
    ALL,
    CHANGES,
    EFFECTS,
    ENROLMENT,
    EVALUATIONS,
    HEAT,
    LIST,
    SECTIONS,
    STATES,
    TECHNICIAN,
    TRIED,
    WHOLE,
    asked,
    expand,
    limits,
    link,
    to_list,
    written,
)
from queries import warning_board
from queries.early_warning import (
    ACTION_RULES,
    ACTIONS,
    CLOSE,
    COLOURS,
    IN_FORCE,
    RED,
    REDUCE,
    SUSPEND,
    WORDS,
    rule_words,
)
from queries.status import number

# The gravest first, as a reader asks for them.
GRADES = tuple(reversed(COLOURS))


def page(view: View) -> None:
    """The whole page; without yearly data a page that says which sheet brings it."""
    if "point_years" not in view.version.filled:
        sheet = BY_TABLE["point_years"].title
        block(
            render(
                "empty",
                title="没有年度数据，无法监测预警",
                text=f"五项信号来自“{sheet}”表（招生计划、报考、报到、毕业生、就业、升学、对口、满意度），"
                "填报后即可显示；清单来自“省级清单”表，等级来自“专业评估”表。",
            ),
            key="warning-empty",
        )
        return
    body(view)


@st.fragment
def body(view: View) -> None:
    """All that follows the settings: moving one runs this alone."""
    sign_on.check()
    wanted = asked(view)
    looked = look(view, wanted)
    follow(expand(block(head(looked), key="warning-head")))
    settings(looked)
    follow(block(controls(looked), key="warning-controls"))
    if wanted.get("point"):
        warning_point.card(looked)
    if looked.year is None or not len(looked.board.rows):
        block(nothing(looked), key="warning-nothing")
        if wanted.section != ENROLMENT or looked.year is None:
            return
    shown = {
        HEAT: warning_views.heat,
        LIST: warning_list.listing,
        CHANGES: warning_views.changes,
        EFFECTS: warning_effects.effects,
        EVALUATIONS: warning_list.evaluations,
        ENROLMENT: warning_enrolment.enrolment,
    }
    shown[wanted.section](looked)


def nothing(looked: Looked) -> str:
    """Why there is no point to show, and what to do."""
    state = looked.asked.state
    if looked.year is None:
        text = (
            "所选日期和范围内没有“年度数据”。可放宽上方筛选，或换一个日期；"
            "某年的数据自当年 12 月 31 日起计入。"
        )
    else:
        words = "" if state == ALL else f"“{state}”的"
        text = f"{looked.year} 年有年度数据的专业点里没有{words}专业点，可改看其他年度或状态。"
    return render("empty", title="没有可以监测的专业点", text=text)


def finding(looked: Looked) -> tuple[str, str, str]:
    """The page in a sentence: before, what alarms, after."""
    if looked.year is None or not len(looked.board.rows):
        return "监测预警：所选范围内没有年度数据", "", ""
    shown = looked.board
    total = len(shown.rows)
    red = int(shown.grades()[COLOURS.index(RED)])
    who = "技工院校" if looked.asked.get("kind") == TECHNICIAN else ""
    state = "有数据" if looked.asked.state == ALL else looked.asked.state
    before = f"{looked.year} 年{who}{state}的 {total:,} 个专业点中，"
    if not red:
        return before + "没有红色预警", "", ""
    lasting = int(shown.persistent.sum())
    years = looked.asked.rules.persistent_years
    alarm = f"{red:,} 个为红"
    if years > 1:
        alarm += f"、其中 {lasting:,} 个连续 {years} 年以上" if lasting else ""
    counts = dict(zip(ACTIONS, shown.actions().tolist(), strict=True))
    parts = [f"{each} {counts[each]:,}" for each in (CLOSE, SUSPEND, REDUCE) if counts[each]]
    return before, alarm, f"；建议{'、'.join(parts)}" if parts else ""


def head(looked: Looked) -> str:
    """The finding, the counts as doors to their lists, the settings in force."""
    view, wanted = looked.view, looked.asked
    rules = wanted.rules
    before, alarm, after = finding(looked)
    empty = looked.year is None
    shown = looked.board
    grades = shown.grades()
    actions = dict(zip(ACTIONS, shown.actions().tolist(), strict=True))
    ignored = list(wanted.ignored)
    year = wanted.get("year")
    if year and looked.year is not None and int(year) != looked.year:
        ignored.append(f"{year} 年")
    return render(
        "warning_head",
        before=before,
        alarm=alarm,
        after=after,
        source=looked.source,
        tried=TRIED if wanted.tried else "",
        back=link(view, wanted, back_to_plan(rules)),
        ignored=ignored,
        grades=[]
        if empty
        else [
            {
                "band": name,
                "word": WORDS[name],
                "count": number(int(grades[COLOURS.index(name)])),
                **to_list(view, wanted, grade=name),
            }
            for name in GRADES
        ],
        lasting={}
        if empty
        else {
            "count": number(int(shown.persistent.sum())),
            "years": rules.persistent_years,
            **to_list(view, wanted, persistent="1"),
        },
        actions=[]
        if empty
        else [
            {"word": name, "count": number(actions[name]), **to_list(view, wanted, action=name)}
            for name in ACTIONS
        ],
        bounds=bounds_words(rules),
        provenance=rules.provenance,
        beside=[] if empty else beside(looked),
    )


def back_to_plan(rules: WarningRules) -> dict[str, str]:
    """The changes of the address that bring the plan's settings back."""
    return {**{each.id: "" for each in rules.signals}, **dict.fromkeys(WHOLE, ""), "page": ""}


def bounds_words(rules: WarningRules) -> str:
    """The thresholds and the making of a grade in a line."""
    parts = [f"{each.name} 黄 < {each.yellow:g}、红 < {each.red:g}" for each in rules.signals]
    return (
        "；".join(parts)
        + f"。任一项红或 {rules.red_from_yellow} 项及以上为黄判红，有黄判黄，其余判绿；"
        f"可算信号不足 {rules.minimum_signals} 项不评定；连续 {rules.persistent_years} 年红为持续"
    )


def beside(looked: Looked) -> list[dict[str, Any]]:
    """What the counts leave out, each with the way to it where there is one."""
    view, wanted = looked.view, looked.asked
    found: list[dict[str, Any]] = []
    if wanted.get("kind") == TECHNICIAN:
        found.append(
            {
                "text": "只看技工院校，不计入方案各项指标",
                **link(view, wanted, {"kind": "", "page": ""}),
            }
            | {"more": "回到方案口径"}
        )
        return found
    frame = looked.known.points.frame
    known = set(frame["point_id"].to_numpy(object)[looked.known.year == looked.year])
    lacking = len(standing(view) - known)
    if lacking:
        found.append({"text": f"另有 {lacking:,} 个在办专业点没有 {looked.year} 年数据，未列入"})
    away = warning_board.board(looked.known, looked.found, within(view, True), looked.year or 0)
    if len(away.rows):
        red = int(away.grades()[COLOURS.index(RED)])
        found.append(
            {
                "text": f"技工院校 {len(away.rows):,} 个专业点另列（红 {red:,} 个），未列入",
                "more": "查看",
                **link(view, wanted, {"kind": TECHNICIAN, "state": ALL, "page": ""}),
            }
        )
    if looked.earlier and wanted.state == IN_FORCE:
        found.append({"text": "状态为所看日期的状态，不是当年的状态"})
    return found


def controls(looked: Looked) -> str:
    """Section, year and state as links."""
    view, wanted = looked.view, looked.asked
    states = {
        name: int(looked.known.is_("state", name)[looked.whole].sum()) for name in STATES[:-1]
    }
    shown_states = [s for s in STATES if s in (IN_FORCE, ALL, wanted.state) or states.get(s)]
    groups = [
        (
            "内容",
            [
                {
                    "text": text,
                    "on": name == wanted.section,
                    **link(view, wanted, {"show": "" if name == HEAT else name, "page": ""}),
                }
                for name, text in SECTIONS.items()
            ],
        ),
        (
            "年度",
            [
                {
                    "text": str(year),
                    "on": year == looked.year,
                    **link(
                        view,
                        wanted,
                        {"year": "" if year == looked.years[-1] else str(year), "page": ""},
                    ),
                }
                for year in looked.years
            ],
        ),
        (
            "状态",
            [
                {
                    "text": "全部" if name == ALL else name,
                    "on": name == wanted.state,
                    **link(view, wanted, {"state": "" if name == IN_FORCE else name, "page": ""}),
                }
                for name in shown_states
            ],
        ),
    ]
    return render("map_controls", groups=groups)


# ---------------------------------------------------------------- the settings


def settings(looked: Looked) -> None:
    """The rules in words, and sliders that try others; they write the address, which rules."""
    plan = looked.view.version.plan.warning
    rules = looked.asked.rules
    with st.expander(f"规则与界线（{plan.provenance}）：拖动即可试算，不改动方案文件"):
        with st.container(horizontal=True, key="warning-settings"):
            for mine, other in zip(plan.signals, rules.signals, strict=True):
                _bounds(mine, other)
            for name, (label, low, high) in WHOLE.items():
                _whole(plan, name, label, low, high, getattr(rules, name))
        follow(block(_rules(looked, plan, rules), key="warning-rules"))


def _bounds(plan: Signal, tried: Signal) -> None:
    """A slider with two handles: below the lower red, below the upper yellow."""
    key = f"warning-{plan.id}"
    st.session_state[key] = (float(tried.red), float(tried.yellow))

    def moved() -> None:
        red, yellow = st.session_state[key]
        same = (yellow, red) == (plan.yellow, plan.red)
        _put(plan.id, "" if same else written(yellow, red))

    st.slider(
        f"{plan.name}（%）：红 < {tried.red:g}，黄 < {tried.yellow:g}",
        0.0,
        limits(plan),
        step=1.0,
        format="%g",
        key=key,
        on_change=moved,
        width=250,
    )


def _whole(plan: WarningRules, name: str, label: str, low: int, high: int, tried: int) -> None:
    key = f"warning-{name}"
    st.session_state[key] = tried

    def moved() -> None:
        value = st.session_state[key]
        _put(name, "" if value == getattr(plan, name) else str(value))

    st.slider(label, low, high, step=1, key=key, on_change=moved, width=160)


def _put(name: str, text: str) -> None:
    """Write a setting into the address; a list then starts at its first page."""
    if text:
        st.query_params[name] = text
    for gone in ("page", *(() if text else (name,))):
        if gone in st.query_params:
            del st.query_params[gone]


def _rules(looked: Looked, plan: WarningRules, rules: WarningRules) -> str:
    """Formulas, thresholds of the plan and those tried, the making of grades and actions."""
    return render(
        "warning_rules",
        tried=looked.asked.tried,
        back=link(looked.view, looked.asked, back_to_plan(rules)),
        provenance=plan.provenance,
        signals=[
            {
                "name": mine.name,
                "formula": mine.formula,
                "yellow": f"{mine.yellow:g}",
                "red": f"{mine.red:g}",
                "tried": ""
                if (mine.yellow, mine.red) == (other.yellow, other.red)
                else f"黄 < {other.yellow:g}，红 < {other.red:g}",
            }
            for mine, other in zip(plan.signals, rules.signals, strict=True)
        ],
        whole=[
            {"label": label, "plan": getattr(plan, name), "tried": getattr(rules, name)}
            for name, (label, _, _) in WHOLE.items()
        ],
        actions=[
            {"words": words, "action": each.action}
            for each, words in zip(ACTION_RULES, rule_words(rules), strict=True)
        ],
    )
