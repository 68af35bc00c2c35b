"""The list of points with its filters and its workbook, and the evaluation grades beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from data.contract import BY_TABLE, EVALUATION_GRADES, NO_DISTRICT
from pages.parts import download
from pages.parts.block import block, render
from pages.parts.view import View, follow
from pages.parts.warning_board import Looked, label, labels, searched
from pages.parts.warning_state import ALL, NONE, TRIED, Asked, link, to_list
from queries import early_warning
from queries.early_warning import (
    ACTION_RULES,
    ACTIONS,
    COLOURS,
    EXCELLENT,
    FAILED,
    GREEN,
    RED,
    SIGNALS,
    WORDS,
    Mask,
)
from queries.status import number
from queries.warning_board import ACTION_OF_RULE, Index

PER_PAGE = 50
# Filters drawn as pickers: the address's name, the kind, what stands for all.
PICKERS: tuple[tuple[str, str, str], ...] = (
    ("institution", "institution_id", "全部院校"),
    ("industry", "industry", "全部产业"),
    ("track", "track", "全部类别"),
    ("category", "category_code", "全部大类"),
    ("class", "class_code", "全部专业类"),
    ("evaluation", "evaluation", "全部评估等级"),
)
GRADES = tuple(reversed(COLOURS))


def selected(looked: Looked, asked: Asked | None = None) -> Index:
    """The rows that the list's filters let through, the gravest first.

    Red ones when no grade is asked for. The grade NONE: the rows of the year before, of points
    without a row of the year.
    """
    wanted = looked.asked if asked is None else asked
    shown = looked.board
    grade = wanted.get("grade", RED)
    rows = shown.gone if grade == NONE else shown.rows
    keep = np.ones(len(rows), np.bool_)
    grades = looked.found.grade[rows]
    before = wanted.get("before")
    if grade == NONE:
        keep &= grades == COLOURS.index(before) if before in COLOURS else True
    else:
        if grade != ALL:
            keep &= grades == COLOURS.index(grade)
        if before:
            keep &= shown.before == (len(COLOURS) if before == NONE else COLOURS.index(before))
    if wanted.get("action"):
        actions = ACTION_OF_RULE[looked.found.rule[rows]]
        keep &= actions == ACTIONS.index(wanted.get("action"))
    if wanted.get("persistent"):
        keep &= looked.found.persistent[rows]
    for name, kind, _ in PICKERS:
        if wanted.get(name):
            keep &= looked.known.is_(kind, wanted.get(name))[rows]
    if wanted.get("search").strip():
        keep &= _search(looked, rows, wanted.get("search"))
    return ordered(looked, rows[keep])


def _search(looked: Looked, rows: Index, text: str) -> Mask:
    texts = searched(looked.view)
    words = text.lower().split()
    found = [all(word in texts[row] for word in words) for row in rows.tolist()]
    return np.array(found, np.bool_)


def ordered(looked: Looked, rows: Index) -> Index:
    """The gravest action first, then the longest red, then by institution and number."""
    found = looked.found
    order = np.lexsort(
        (
            looked.known.points.frame["point_id"].astype(object).to_numpy()[rows],
            looked.known.codes["institution_id"][rows],
            -found.red_years[rows],
            -found.grade[rows].astype(np.int64),
            ACTION_OF_RULE[found.rule[rows]],
        )
    )
    return rows[order]


def listing(looked: Looked) -> None:
    """Filters, the list by pages, and all of it as a workbook."""
    wanted = looked.asked
    rows = selected(looked)
    _filters(looked)
    follow(block(_list(looked, rows), key="warning-list"))
    title = f"{looked.year}年监测预警名单"
    if wanted.tried:
        title += f"（{TRIED}）"
    _download(
        looked,
        f"下载这 {len(rows):,} 个专业点（.xlsx，全部列）",
        title,
        rows,
        "warning-download",
    )


def _download(looked: Looked, words: str, title: str, rows: Index, key: str) -> None:
    view = looked.view
    download.button(
        view,
        words,
        lambda: workbook(looked, title, rows),
        download.name(view, title, "xlsx"),
        key=key,
    )


def workbook(looked: Looked, title: str, rows: Index) -> bytes:
    """The rows with all columns; the headings of the signals say the thresholds in force."""
    return download.workbook(looked.view, title, *table(looked, rows))


def table(looked: Looked, rows: Index) -> tuple[list[str], list[list[Any]]]:
    """Headers and rows of points and years, every column there is."""
    rules = looked.asked.rules
    provenance = TRIED if looked.asked.tried else rules.provenance
    signals = early_warning.known_signals(rules)
    headers = [
        *("专业点编号", "年度", "院校代码", "院校", "区县", "层次", "专业代码", "专业", "专业类"),
        *("专业大类", "产业", "类别", "状态"),
        *("招生计划", "报考人数", "报到人数", "在校生", "毕业生", "就业人数", "升学人数"),
        "对口就业人数",
    ]
    for each in signals:
        headers += [f"{each.name}（%，黄<{each.yellow:g}，红<{each.red:g}）", f"{each.name}等级"]
    headers += ["布点多规模大清单", "急需紧缺清单", "专业评估", "上年等级", "等级", "连续红年"]
    headers += ["建议", "依据", "界线来源"]
    found = looked.found
    words = early_warning.rule_words(rules)
    frame = looked.known.points.frame.iloc[rows]
    columns = ["point_id", "year", "institution_id", "institution", "district", "level"]
    columns += ["specialty_code", "specialty", "class_name", "category_name", "industry"]
    columns += ["track", "state", "planned", "applied", "registered", "enrolled", "graduates"]
    columns += ["employed", "further_study", "matched"]
    plain = frame[columns].astype(object).where(frame[columns].notna(), None).to_numpy()
    lists = frame[["oversupplied", "shortage", "evaluation"]].astype(object)
    marks = lists.where(lists.notna(), None).to_numpy()
    values = looked.known.points.values
    places = [SIGNALS.index(each.id) for each in signals]
    before = looked.known.points.before
    lines = []
    for line, (row, mine) in enumerate(zip(rows.tolist(), plain.tolist(), strict=True)):
        mine[4] = mine[4] or NO_DISTRICT
        for place, column in enumerate(places):
            value = values[row, column]
            band = int(found.bands[row, place])
            mine += [
                None if np.isnan(value) else float(value),
                WORDS[COLOURS[band]] if band else None,
            ]
        rule = int(found.rule[row])
        earlier = before[row]
        over, short, evaluation = marks[line]
        lines.append(
            [
                *mine,
                None if over is None else bool(over),
                None if short is None else bool(short),
                evaluation,
                WORDS[COLOURS[found.grade[earlier]]] if earlier >= 0 else None,
                WORDS[COLOURS[found.grade[row]]],
                int(found.red_years[row]),
                ACTION_RULES[rule].action,
                words[rule],
                provenance,
            ]
        )
    return headers, lines


# ---------------------------------------------------------------- the filters


def _filters(looked: Looked) -> None:
    """Grade and action as links, the rest as pickers; all of them write the address."""
    view, wanted = looked.view, looked.asked
    grade = wanted.get("grade", RED)
    groups = [
        (
            "等级",
            [
                {"text": text, "on": value == grade, **link(view, wanted, _changed("grade", value))}
                for value, text in ((ALL, "全部"), *((each, WORDS[each]) for each in GRADES))
            ],
        ),
        (
            "建议",
            [
                {
                    "text": text,
                    "on": value == wanted.get("action"),
                    # An action is asked for whatever the grade.
                    **link(view, wanted, {**_changed("action", value), "grade": ALL}),
                }
                for value, text in (("", "全部"), *((each, each) for each in ACTIONS))
            ],
        ),
    ]
    follow(block(render("map_controls", groups=groups), key="warning-filters"))
    with st.container(horizontal=True, key="warning-pickers"):
        for name, kind, everything in PICKERS:
            _picker(looked, name, kind, everything)
        _searcher(wanted)


def _changed(name: str, value: str) -> dict[str, str]:
    return {name: "" if (name, value) == ("grade", RED) else value, "page": ""}


def _picker(looked: Looked, name: str, kind: str, everything: str) -> None:
    key = f"warning-pick-{name}"
    codes = np.unique(looked.known.codes[kind][looked.board.rows])
    options = [looked.known.names[kind][int(code)] for code in codes]
    names = labels(looked.view, kind)
    current = looked.asked.get(name) or None
    if current and current not in options:
        options.append(current)
    st.session_state[key] = current
    st.selectbox(
        everything,
        options,
        index=None,
        key=key,
        format_func=lambda code: names.get(code, code),
        placeholder=everything,
        label_visibility="collapsed",
        on_change=lambda: put(name, st.session_state[key] or ""),
        width=168,
    )


def _searcher(wanted: Asked) -> None:
    key = "warning-search"
    st.session_state[key] = wanted.get("search")
    st.text_input(
        "搜索",
        key=key,
        placeholder="搜索专业、代码、院校",
        label_visibility="collapsed",
        on_change=lambda: put("search", st.session_state[key].strip()),
        width=200,
        max_chars=60,
    )


def put(name: str, value: str) -> None:
    """Write a filter into the address; the list starts at its first page."""
    for gone in ("page", name):
        if gone in st.query_params:
            del st.query_params[gone]
    if value:
        st.query_params[name] = value


# ---------------------------------------------------------------- the list


def _list(looked: Looked, rows: Index) -> str:
    view, wanted = looked.view, looked.asked
    pages = max(-(-len(rows) // PER_PAGE), 1)
    page = min(wanted.page, pages)
    shown = rows[(page - 1) * PER_PAGE : page * PER_PAGE]
    return render(
        "warning_list",
        title=_title(looked, rows),
        source=looked.source,
        heads=[each.name for each in early_warning.known_signals(wanted.rules)],
        rows=lines(looked, shown),
        count=len(rows),
        page=page,
        pages=pages,
        first=(page - 1) * PER_PAGE + 1,
        earlier=link(view, wanted, {"page": str(page - 1) if page > 2 else ""}),
        later=link(view, wanted, {"page": str(page + 1)}),
        clear=to_list(view, wanted),
    )


def _title(looked: Looked, rows: Index) -> str:
    wanted = looked.asked
    grade = wanted.get("grade", RED)
    words = [] if grade in (ALL, NONE) else [f"等级为{WORDS[grade]}"]
    if grade == NONE:
        words = [f"{looked.year} 年没有年度数据、上年有"]
    before = wanted.get("before")
    if before:
        words.append("上年无数据" if before == NONE else f"上年为{WORDS[before]}")
    if wanted.get("persistent"):
        words.append(f"连续 {wanted.rules.persistent_years} 年以上红")
    if wanted.get("action"):
        words.append(f"建议{wanted.get('action')}")
    for name, kind, _ in PICKERS:
        if wanted.get(name):
            words.append(label(looked.view, kind, wanted.get(name)))
    if wanted.get("search"):
        words.append(f"含“{wanted.get('search')}”")
    institutions = len(np.unique(looked.known.codes["institution_id"][rows]))
    return (
        f"{looked.year} 年{'、'.join(words) or '全部'}的专业点 {len(rows):,} 个，"
        f"分布在 {institutions:,} 所院校"
    )


def lines(looked: Looked, rows: Index) -> list[dict[str, Any]]:
    """Points and years as the list shows them."""
    view, wanted, found = looked.view, looked.asked, looked.found
    words = early_warning.rule_words(wanted.rules)
    signals = early_warning.known_signals(wanted.rules)
    places = [SIGNALS.index(each.id) for each in signals]
    values = looked.known.points.values
    columns = ["point_id", "year", "institution_id", "institution", "level", "specialty_code"]
    columns += ["specialty", "state", "oversupplied", "shortage", "evaluation"]
    frame = looked.known.points.frame[columns].iloc[rows].astype(object)
    plain = frame.where(frame.notna(), None).to_numpy().tolist()
    lines_ = []
    for row, mine in zip(rows.tolist(), plain, strict=True):
        point, year, code, institution, level, specialty_code, specialty, state, *rest = mine
        over, short, evaluation = rest
        grade = COLOURS[found.grade[row]]
        rule = int(found.rule[row])
        beside = [
            *(["布点多规模大"] if over else []),
            *(["急需紧缺"] if short else []),
            *([f"评估{evaluation}"] if evaluation else []),
            *([state] if state != early_warning.IN_FORCE else []),
        ]
        lines_.append(
            {
                "point": point,
                "year": year,
                "specialty": specialty,
                "code": specialty_code,
                "institution": institution,
                "portrait": view.link("institution", {"id": code}),
                "level": level,
                "signals": [
                    {
                        "text": "—" if np.isnan(values[row, place]) else number(values[row, place]),
                        "band": COLOURS[band] if (band := int(found.bands[row, at])) else "",
                    }
                    for at, place in enumerate(places)
                ],
                "band": grade,
                "grade": WORDS[grade],
                "red_years": int(found.red_years[row]),
                "beside": "、".join(beside),
                "action": ACTION_RULES[rule].action,
                "why": words[rule],
                **link(view, wanted, {"point": point}),
            }
        )
    return lines_


# ---------------------------------------------------------------- beside the evaluation


def evaluations(looked: Looked) -> None:
    """The year's evaluation grades against the early warning, and where they disagree."""
    follow(block(_evaluations(looked), key="warning-evaluations"))
    rows = disagreeing(looked)
    if len(rows):
        title = f"{looked.year}年预警与评估不一致"
        if looked.asked.tried:
            title += f"（{TRIED}）"
        _download(
            looked,
            f"下载不一致的 {len(rows):,} 个专业点（.xlsx）",
            title,
            rows,
            "warning-evaluated",
        )


def disagreeing(looked: Looked) -> Index:
    """优秀 but red, 不合格 but green."""
    shown = looked.board
    grade = shown.grade
    evaluation = looked.known
    good = evaluation.is_("evaluation", EXCELLENT)[shown.rows] & (grade == COLOURS.index(RED))
    bad = evaluation.is_("evaluation", FAILED)[shown.rows] & (grade == COLOURS.index(GREEN))
    return ordered(looked, shown.rows[good | bad])


def _evaluations(looked: Looked) -> str:
    view, wanted, shown = looked.view, looked.asked, looked.board
    tally = shown.evaluated()
    order = (3, 2, 1, 0)
    names = [each for each in (*EVALUATION_GRADES, "未评估") if each in tally]
    names += [each for each in tally if each not in names]
    rows = disagreeing(looked)
    good = int(tally.get(EXCELLENT, np.zeros(4, np.int64))[COLOURS.index(RED)])
    bad = int(tally.get(FAILED, np.zeros(4, np.int64))[COLOURS.index(GREEN)])
    rated = sum(int(each.sum()) for name, each in tally.items() if name != "未评估")
    if not rated:
        sheet = BY_TABLE["evaluations"].title
        title = f"{looked.year} 年没有专业评估等级，由“{sheet}”表填报"
    elif good or bad:
        title = (
            f"{looked.year} 年预警与评估不一致 {good + bad} 个："
            f"评估优秀而为红 {good} 个，评估不合格而为绿 {bad} 个"
        )
    else:
        title = f"{looked.year} 年已评估的 {rated:,} 个专业点，预警与评估没有相反的"
    return render(
        "warning_evaluations",
        title=title,
        source=looked.source,
        heads=[{"word": WORDS[COLOURS[code]], "band": COLOURS[code]} for code in order],
        rows=[
            {
                "name": name,
                "cells": [
                    {
                        "count": int(tally[name][code]),
                        "odd": (name, COLOURS[code]) in ((EXCELLENT, RED), (FAILED, GREEN)),
                        **to_list(view, wanted, evaluation=name, grade=COLOURS[code]),
                    }
                    for code in order
                ],
                "sum": int(tally[name].sum()),
            }
            for name in names
            if tally[name].any()
        ],
        sums=[int(sum(each[code] for each in tally.values())) for code in order],
        total=len(shown.rows),
        signals=[each.name for each in early_warning.known_signals(wanted.rules)],
        odd=lines(looked, rows),
    )


def lookup_point(view: View, looked: Looked, point: str) -> Index:
    """The rows of a point by year, whatever the filters."""
    del view
    frame = looked.known.points.frame
    rows = np.flatnonzero((frame["point_id"] == point).to_numpy(np.bool_, na_value=False))
    found: Index = rows[np.argsort(looked.known.year[rows])]
    return found
