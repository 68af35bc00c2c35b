"""Next year's enrolment plan as a suggestion, per level, with its formula and reasons."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from data.contract import LEVELS
from data.plan import EnrolmentRules
from pages.parts import download, figures
from pages.parts.block import block, render
from pages.parts.view import View, follow
from pages.parts.warning_board import Looked, everywhere, known, within
from pages.parts.warning_state import TECHNICIAN, TRIED, link
from queries import early_warning
from queries.early_warning import ACTIONS, COLOURS, WORDS
from queries.enrolment import Suggestion, suggest
from queries.status import number
from queries.supply_demand import gap_shares
from queries.warning_board import ACTION_OF_RULE

MOST = 10
COMPLETION = "plan_completion_rate"
COLUMNS = [
    "point_id",
    "institution_id",
    "institution",
    "level",
    "specialty_code",
    "specialty",
    "industry",
    "state",
    "planned",
    "registered",
    "evaluation",
]


@figures.kept(8)
def _gaps(view: View, year: int | None) -> pd.Series:
    """The demand gap of every point of the frame, as a share of the demand; of the last year that
    is known when year is None."""
    rows = known(view).points.frame[["specialty_code", "industry"]]
    return gap_shares(view.version, view.as_of, rows, year)


@figures.kept(8)
def _levels(
    view: View, technician: bool, year: int, gap_year: int | None
) -> dict[str, pd.DataFrame]:
    """Level -> its points with data of the year, of any state: all that no threshold changes."""
    found = known(view)
    rows = np.flatnonzero(within(view, technician) & (found.year == year))
    frame = found.points.frame[COLUMNS].iloc[rows].copy()
    frame[COMPLETION] = found.points.values[rows, early_warning.SIGNALS.index(COMPLETION)]
    frame["gap"] = _gaps(everywhere(view), gap_year).iloc[rows]
    frame["row"] = rows
    frame = frame.sort_values("point_id", kind="stable")
    return {
        name: frame[frame["level"] == name] for name in LEVELS if (frame["level"] == name).any()
    }


def suggested(looked: Looked) -> dict[str, Suggestion]:
    """Level -> its suggestion, of all points with data of the year inside the filters, of any
    state: what points no longer in force had goes to the others."""
    technician = looked.asked.get("kind") == TECHNICIAN
    # Of the last year with data the gap is the last that is known.
    gap_year = looked.year if looked.earlier else None
    rules = looked.view.version.plan.enrolment
    grades, actions = np.array(COLOURS, object), np.array(ACTIONS, object)
    found = {}
    for name, points in _levels(looked.view, technician, looked.year or 0, gap_year).items():
        rows = points["row"].to_numpy(np.int64)
        judged = points.assign(
            grade=grades[looked.found.grade[rows]],
            action=actions[ACTION_OF_RULE[looked.found.rule[rows]]],
        )
        found[name] = suggest(judged, rules, gap=points["gap"])
    return found


def enrolment(looked: Looked) -> None:
    """Totals per level, the largest rises and cuts, and all points as a workbook."""
    found = suggested(looked)
    follow(block(_enrolment(looked, found), key="warning-enrolment"))
    title = f"{(looked.year or 0) + 1}年招生计划建议{f'（{TRIED}）' if looked.asked.tried else ''}"
    download.button(
        looked.view,
        "下载招生计划建议（.xlsx，逐点附理由）",
        lambda: download.workbook(
            looked.view, title, *table(found, looked.view.version.plan.enrolment)
        ),
        download.name(looked.view, title, "xlsx"),
        key="warning-enrolment-download",
    )


def percent(part: float) -> str:
    """A part of the factor with its sign."""
    return f"{part * 100:+.1f}%".replace("-", "−")


def reason(row: Any, rules: EnrolmentRules) -> str:
    """Why a point gets what it gets, in words."""
    if row.stopped:
        return f"{row.stopped}，不再安排；原计划转给其他专业点"
    parts = [f"预警{WORDS[row.grade]} {percent(row.grade_part)}"]
    if isinstance(row.evaluation, str):
        parts.append(f"评估{row.evaluation} {percent(row.evaluation_part)}")
    rate = row.plan_completion_rate
    parts.append(
        "计划完成率不可算，不作调整"
        if np.isnan(rate)
        else f"计划完成率 {number(float(rate), '%')} {percent(row.completion_part)}"
    )
    parts.append(
        "需求缺口无数据，不作调整"
        if np.isnan(row.gap)
        else f"缺口占需求 {number(float(row.gap) * 100, '%')} {percent(row.gap_part)}"
    )
    text = "；".join(parts) + f"；系数 {row.factor:.3f}，再按总数统一缩放"
    if row.planned and row.suggested == row.highest:
        text += f"，到上限（{rules.cap:g} 倍）"
    elif row.planned and row.suggested == row.lowest:
        text += f"，到下限（{rules.floor:g} 倍）"
    return text


def table(found: dict[str, Suggestion], rules: EnrolmentRules) -> tuple[list[str], list[list[Any]]]:
    """Headers and one row per point."""
    headers = [
        "专业点编号",
        "院校",
        "层次",
        "专业代码",
        "专业",
        "产业",
        "状态",
        "预警等级",
        "专业评估",
    ]
    headers += ["预警建议", "本年计划", "报到人数", "计划完成率（%）", "缺口占需求（%）"]
    headers += ["系数", "下限", "上限"]
    headers += ["建议计划", "增减", "理由", "参数来源"]
    lines = []
    for each in found.values():
        rows: Any = each.points.itertuples(index=False)
        for row in rows:
            registered = None if pd.isna(row.registered) else int(row.registered)
            lines.append(
                [
                    row.point_id,
                    row.institution,
                    row.level,
                    row.specialty_code,
                    row.specialty,
                    row.industry if isinstance(row.industry, str) else None,
                    row.state,
                    WORDS[row.grade],
                    row.evaluation if isinstance(row.evaluation, str) else None,
                    row.action,
                    int(row.planned),
                    registered,
                    float(row.plan_completion_rate),
                    float(row.gap) * 100,
                    float(row.factor),
                    int(row.lowest),
                    int(row.highest),
                    int(row.suggested),
                    int(row.suggested - row.planned),
                    reason(row, rules),
                    rules.provenance,
                ]
            )
    return headers, lines


def _enrolment(looked: Looked, found: dict[str, Suggestion]) -> str:
    rules = looked.view.version.plan.enrolment
    widest = max((e.asked for e in found.values()), default=0) or 1
    levels: list[dict[str, Any]] = []
    for name, each in found.items():
        step = (each.points["suggested"] - each.points["planned"]).to_numpy(np.int64)
        stopped = (each.points["stopped"] != "").to_numpy(np.bool_)
        levels.append(
            {
                "level": name,
                "points": len(step),
                "asked": each.asked,
                "total": each.total,
                "possible": each.possible,
                "up": int((step > 0).sum()),
                "down": int(((step < 0) & ~stopped).sum()),
                "same": int(((step == 0) & ~stopped).sum()),
                "stopped": int(stopped.sum()),
                "freed": int(each.points["planned"].to_numpy(np.int64)[stopped].sum()),
                "width": round(each.total / widest * 100, 1),
            }
        )
    total = sum(each["total"] for each in levels)
    moved = sum(each["freed"] for each in levels)
    return render(
        "warning_enrolment",
        title=f"{(looked.year or 0) + 1} 年招生计划建议共 {total:,} 人，"
        f"停办专业点腾出的 {moved:,} 人转给其他专业点",
        source=looked.source,
        year=looked.year,
        rules=rules,
        grades="、".join(
            f"{WORDS[name]} {percent(part)}" for name, part in rules.grades.items() if name in WORDS
        ),
        evaluations="、".join(f"{n} {percent(p)}" for n, p in rules.evaluations.items()),
        levels=levels,
        sums={
            name: sum(each[name] for each in levels)
            for name in ("points", "asked", "total", "up", "down", "same", "stopped", "freed")
        },
        rises=_largest(looked, found, rules, 1),
        cuts=_largest(looked, found, rules, -1),
    )


def _largest(
    looked: Looked, found: dict[str, Suggestion], rules: EnrolmentRules, sign: int
) -> list[dict[str, Any]]:
    """The points whose plan grows (or, with sign -1, shrinks) most; ties by number."""
    candidates: list[tuple[int, str, SimpleNamespace]] = []
    for each in found.values():
        columns = {str(name): each.points[name].to_numpy() for name in each.points}
        step = (columns["suggested"] - columns["planned"]) * sign
        # A level's rows stand in the order of their numbers.
        for at in np.argsort(-step, kind="stable")[:MOST].tolist():
            if step[at] > 0:
                row = SimpleNamespace(**{name: column[at] for name, column in columns.items()})
                candidates.append((-int(step[at]), row.point_id, row))
    candidates.sort(key=lambda each: each[:2])
    return [
        {
            "specialty": row.specialty,
            "institution": row.institution,
            "level": row.level,
            "planned": int(row.planned),
            "suggested": int(row.suggested),
            "step": f"{int(row.suggested - row.planned):+,}".replace("-", "−"),
            "why": reason(row, rules),
            **link(looked.view, looked.asked, {"point": row.point_id}),
        }
        for _, _, row in candidates[:MOST]
    ]
