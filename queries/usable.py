"""The rows each indicator looks at on a day: used, beyond its definition, or unusable and why.

Every indicator has a subject, the rows of one sheet. Each row is put into the first class that
holds, so that used, beyond and unusable add up to all rows of the sheet. *Beyond* says nothing
against the data: closed, another level, not yet awarded. *Unusable* is what a clerk can mend. A row
used is one that ``queries/indicators`` counts on the day (a row unusable may stand in a denominator
all the same, which its reason says). Uses beside the indicators stand at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.contract import BY_TABLE, LEVELS, in_words
from data.plan import Indicator, Plan
from queries.early_warning import graded
from queries.run import OpenVersion, run

Mask = npt.NDArray[np.bool_]
USED, BEYOND, UNUSABLE = "计入", "不在范围", "用不上"
TECHNICIAN = "技工院校，另行列出"
EARLY_WARNING, WHAT_IF, DEMAND = "监测预警的等级", "情景推演的项目", "产教对接的需求"


@dataclass(frozen=True)
class Reason:
    """Why rows are not used; kind: BEYOND or UNUSABLE. count: rows."""

    words: str
    kind: str
    count: int


@dataclass(frozen=True)
class Use:
    """What a use makes of a sheet's rows. id: the indicator's, empty for other uses.

    unusable: the rows to mend (key, institution_id, institution, reason), one each. lost: it has no
    data at all, because a sheet or column that it needs is empty.
    """

    id: str
    name: str
    table: str
    total: int
    used: int
    reasons: tuple[Reason, ...]
    unusable: pd.DataFrame
    lost: bool = False

    @property
    def sheet(self) -> str:
        return BY_TABLE[self.table].title

    def count(self, kind: str) -> int:
        """Rows not used for reasons of a kind."""
        return sum(each.count for each in self.reasons if each.kind == kind)


# (the rows it holds for, in words, kind); the first that holds decides.
Rule = tuple[Mask, str, str]


def _use(
    id_: str,
    name: str,
    table: str,
    frame: pd.DataFrame,
    rules: Sequence[Rule],
    lost: bool = False,
) -> Use:
    """Put every row into the first class that holds, else into the used ones."""
    left = np.ones(len(frame), bool)
    reasons: list[Reason] = []
    parts: list[pd.DataFrame] = []
    for mask, words, kind in rules:
        here = left & mask
        left &= ~mask
        if not here.any():
            continue
        reasons.append(Reason(words, kind, int(here.sum())))
        if kind == UNUSABLE:
            rows = frame.loc[here, ["key", "institution_id", "institution"]]
            parts.append(rows.assign(reason=words))
    columns = ["key", "institution_id", "institution", "reason"]
    unusable = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return Use(id_, name, table, len(frame), int(left.sum()), tuple(reasons), unusable, lost)


@dataclass(frozen=True, eq=False)
class _Sheets:
    """The sheets' rows on a day, each with a key to name it by."""

    plan: Plan
    day: date
    filled: frozenset[str]
    points: pd.DataFrame
    titles: pd.DataFrame
    institutions: pd.DataFrame
    years: pd.DataFrame


def uses(version: OpenVersion) -> list[Use]:
    """Every indicator in the plan's order, then the other uses, at the data's own date."""
    day = version.as_of
    points = run("quality_points", version, as_of=day)
    titles = run("quality_titles", version, as_of=day)
    institutions = run("quality_institutions", version, as_of=day)
    years = run("quality_point_years", version)
    sheets = _Sheets(
        version.plan,
        day,
        version.filled,
        points.assign(key=points["point_id"] + " " + points["specialty"].fillna("")),
        titles.assign(key=titles["title"] + "：" + titles["subject_id"] + " " + titles["subject"]),
        institutions.assign(key=institutions["institution"]),
        years.assign(
            key=years["point_id"]
            + " "
            + years["specialty"].fillna("")
            + " "
            + years["year"].astype(str)
        ),
    )
    found = [_of_indicator(sheets, each) for each in version.plan.indicators]
    return [*found, _early_warning(version, sheets), _projects(version), _demand(version)]


def _of_indicator(sheets: _Sheets, indicator: Indicator) -> Use:
    counts = indicator.counts
    if counts.get("title") or counts.get("accepted_title"):
        table, frame = "recognitions", sheets.titles
        rules = _title_rules(sheets, frame, indicator)
    elif "numerator_level" in counts:
        table, frame = "point_years", sheets.years
        rules = _registration_rules(sheets, frame, indicator)
    elif indicator.basis == "point":
        table, frame = "specialty_points", sheets.points
        rules = _point_rules(sheets, frame, indicator)
    else:
        table, frame = "institutions", sheets.institutions
        rules = _institution_rules(sheets, frame, indicator)
    lost = bool(_lost(sheets, indicator, frame))
    return _use(indicator.id, indicator.name, table, frame, rules, lost)


def _lost(sheets: _Sheets, indicator: Indicator, frame: pd.DataFrame) -> list[Rule]:
    """For all rows, when what the indicator needs is empty: then it has no data at all."""
    lacking = [in_words(need) for need in indicator.needs if need not in sheets.filled]
    if not lacking:
        return []
    return [(np.ones(len(frame), bool), f"{'、'.join(lacking)}为空，该指标无数据", UNUSABLE)]


# ---------------------------------------------------------------- days


def _by(frame: pd.DataFrame, column: str, day: date) -> Mask:
    """Whether the column has a day not after ``day``."""
    return _days(frame, column) <= np.datetime64(day)


def _after(frame: pd.DataFrame, column: str, day: date) -> Mask:
    return _days(frame, column) > np.datetime64(day)


def _days(frame: pd.DataFrame, column: str) -> npt.NDArray[np.datetime64]:
    """A column of days; nothing compares with an empty one. 9999 lies beyond nanoseconds."""
    return frame[column].to_numpy().astype("datetime64[D]")


def _mask(values: pd.Series) -> Mask:
    return values.to_numpy(bool)


def _outside(frame: pd.DataFrame) -> Rule:
    return _mask(frame["outside"]), TECHNICIAN, BEYOND


# ---------------------------------------------------------------- points


def _point_rules(sheets: _Sheets, points: pd.DataFrame, indicator: Indicator) -> list[Rule]:
    day = sheets.day
    if not indicator.counts:
        return _retired_rules(sheets, points)
    rules = [_outside(points), *_not_in_force(points, day)]
    levels = indicator.counts.get("level", ())
    if levels:
        rules.append((~_mask(points["level"].isin(levels)), "其他层次", BEYOND))
    rules += _lost(sheets, indicator, points)
    tracks = indicator.counts.get("track", ())
    if tracks:
        rules += _track_rules(points, tracks, day)
    if "industry" in indicator.counts:
        words = "专业代码没有对应的产业，只计入分母"
        rules.append((_mask(points["industry"].isna()), words, UNUSABLE))
    return rules


def _not_in_force(points: pd.DataFrame, day: date) -> list[Rule]:
    standing = ~_mask(points["in_force"])
    suspended = _by(points, "suspended_on", day) & ~_by(points, "resumed_on", day)
    return [
        (standing & _after(points, "opened_on", day), "尚未到设置日期", BEYOND),
        (standing & _by(points, "closed_on", day), "已撤销", BEYOND),
        (standing & suspended, "已停招", BEYOND),
        (standing, "院校当日不在办", BEYOND),
    ]


def _track_rules(rows: pd.DataFrame, tracks: Sequence[str], day: date) -> list[Rule]:
    return [
        (_mask(rows["track"].isna()), "没有填类别（允许没有类别）", BEYOND),
        (~_mask(rows["track"].isin(tracks)), "属于其他类别", BEYOND),
        (_after(rows, "track_since", day), "尚未纳入该类别", BEYOND),
        (_by(rows, "track_until", day), "已退出该类别", BEYOND),
    ]


def _retired_rules(sheets: _Sheets, points: pd.DataFrame) -> list[Rule]:
    day, issued_on = sheets.day, sheets.plan.issued_on
    ended = np.zeros(len(points), bool)
    for column in ("closed_on", "suspended_on", "reduced_on"):
        ended |= _after(points, column, issued_on) & _by(points, column, day)
    return [
        _outside(points),
        (_after(points, "opened_on", issued_on), "方案印发之后设置", BEYOND),
        (~ended, "印发之后没有裁撤、停招或压缩", BEYOND),
    ]


# ---------------------------------------------------------------- recognitions


def _title_rules(sheets: _Sheets, titles: pd.DataFrame, indicator: Indicator) -> list[Rule]:
    day, counts = sheets.day, indicator.counts
    accepted = counts.get("accepted_title", ())
    wanted = (*counts.get("title", ()), *accepted)
    rules: list[Rule] = [
        (~_mask(titles["title"].isin(wanted)), "其他认定", BEYOND),
        _outside(titles),
        (_after(titles, "awarded_on", day), "尚未到认定日期", BEYOND),
        (_by(titles, "revoked_on", day), "认定已撤销", BEYOND),
        (~_mask(titles["in_force"]), "对象当日不在办（专业点、专业群或院校）", BEYOND),
    ]
    levels = counts.get("level", ())
    if levels:
        rules.append((~_mask(titles["institution_level"].isin(levels)), "院校为其他层次", BEYOND))
    if accepted:
        waiting = _mask(titles["title"].isin(accepted)) & ~_by(titles, "accepted_on", day)
        rules.append((waiting, "尚未验收（没有已到的验收日期）", BEYOND))
    rules += _lost(sheets, indicator, titles)
    tracks = counts.get("track", ())
    if tracks:
        words = "认定的专业点没有填类别，不计入任何类别"
        rules.append((_mask(titles["track"].isna()), words, UNUSABLE))
        rules += _track_rules(titles, tracks, day)[1:]
    return rules


# ---------------------------------------------------------------- institutions


def _institution_rules(
    sheets: _Sheets, institutions: pd.DataFrame, indicator: Indicator
) -> list[Rule]:
    day, counts = sheets.day, indicator.counts
    closed = _mask(institutions["level"].isna())
    rules = [_outside(institutions), (closed, "院校当日不在办", BEYOND)]
    levels = counts.get("level", ())
    if levels:
        rules.append((~_mask(institutions["level"].isin(levels)), "其他层次", BEYOND))
    rules += _lost(sheets, indicator, institutions)
    if "verdict_met" in counts:
        return [*rules, *_condition_rules(institutions)]
    for table, column in (
        ("specialty_groups", "group_count"),
        ("leading_industries", "industry_count"),
    ):
        if table in indicator.needs:
            words = f"“{BY_TABLE[table].title}”表中没有该校，按 0 个计"
            rules.append((_mask(institutions[column] == 0), words, UNUSABLE))
    if not counts:
        rules += _raised_rules(sheets, institutions, day)
    return rules


def _condition_rules(institutions: pd.DataFrame) -> list[Rule]:
    unjudged = _mask(institutions["verdict"].isna())
    items = institutions["items"].fillna(0)
    return [
        (_mask(institutions["record_year"].isna()), "没有办学条件记录，按未达标计", UNUSABLE),
        (
            unjudged & _mask(items == 0),
            "没有省级验收结论，该学校类型也没有标准，按未达标计",
            UNUSABLE,
        ),
        (
            unjudged & _mask(institutions["unknown_items"].fillna(0) > 0),
            "没有省级验收结论，且有项目算不出（如在校生为 0），按未达标计",
            UNUSABLE,
        ),
    ]


def _raised_rules(sheets: _Sheets, institutions: pd.DataFrame, day: date) -> list[Rule]:
    never = _mask(institutions["bachelor_since"].isna())
    bachelor = _mask(institutions["level_today"] == LEVELS[-1])
    before = ~_after(institutions, "bachelor_since", sheets.plan.period_start)
    start = _days(institutions, "bachelor_since") == np.datetime64(sheets.plan.period_start)
    return [
        (never & bachelor, "层次为职业本科而没有升格日期，无法判断是否新增", UNUSABLE),
        (never, "没有升格为职业本科", BEYOND),
        (before & ~start, "在计划期之前升格", BEYOND),
        (_after(institutions, "bachelor_since", day), "尚未到升格日期", BEYOND),
    ]


# ---------------------------------------------------------------- registrations


def _registration_rules(sheets: _Sheets, years: pd.DataFrame, indicator: Indicator) -> list[Rule]:
    counts = indicator.counts
    levels = (*counts["numerator_level"], *counts["denominator_level"])
    ended = years["year"].map(lambda year: date(int(year), 12, 31) <= sheets.day).to_numpy(bool)
    ours = ~_mask(years["outside"]) & _mask(years["level"].isin(levels))
    known = _mask(years["registered"].notna())
    usable = years["year"].to_numpy()[ended & ours & known]
    latest = int(usable.max()) if len(usable) else 0
    return [
        _outside(years),
        (~_mask(years["level"].isin(levels)), "其他层次", BEYOND),
        (~ended, "年度尚未结束，自当年 12 月 31 日起计", BEYOND),
        (_mask(years["year"] < latest), f"早于最近一个有数据的年度（{latest}）", BEYOND),
        (~known, "没有填报到人数，不计入比例", UNUSABLE),
    ]


# ---------------------------------------------------------------- other uses


def _early_warning(version: OpenVersion, sheets: _Sheets) -> Use:
    frame = run("early_warning", version, as_of=version.as_of)
    table = "point_years"
    if not len(frame):
        return _use("", EARLY_WARNING, table, sheets.years, [_to_come(sheets)])
    grades = graded(frame, version.plan.warning)["grade"]
    known = pd.Series(
        grades.to_numpy(), index=pd.MultiIndex.from_frame(frame[["point_id", "year"]])
    )
    keys = pd.MultiIndex.from_frame(sheets.years[["point_id", "year"]])
    grade = known.reindex(keys).to_numpy(object)
    least = version.plan.warning.minimum_signals
    rules: list[Rule] = [
        _to_come(sheets),
        (
            grade == "grey",
            f"可算的信号不足 {least} 个（缺录取、报到、毕业、就业等），无等级",
            UNUSABLE,
        ),
    ]
    return _use("", EARLY_WARNING, table, sheets.years, rules)


def _to_come(sheets: _Sheets) -> Rule:
    ended = sheets.years["year"].map(lambda year: date(int(year), 12, 31) <= sheets.day)
    return ~ended.to_numpy(bool), "年度尚未结束，自当年 12 月 31 日起计", BEYOND


def _projects(version: OpenVersion) -> Use:
    frame = run("project_pool", version)
    outside = {each.institution_id for each in version.institutions if each.outside}
    frame = frame.assign(key=frame["project_id"] + " " + frame["name"])
    rules: list[Rule] = [
        (_mask(frame["institution_id"].isin(list(outside))), TECHNICIAN, BEYOND),
        (_mask(frame["stage"] == "终止"), "已终止", BEYOND),
        (_by(frame, "completed_on", version.as_of), "已完成", BEYOND),
        (_mask(frame["success_probability"].isna()), "没有填成功概率，按 100% 计", UNUSABLE),
    ]
    return _use("", WHAT_IF, "projects", frame, rules)


def _demand(version: OpenVersion) -> Use:
    frame = run("quality_demand", version, as_of=version.as_of)
    key = frame["year"].astype(str) + " " + frame["industry"] + " " + frame["source"]
    frame = frame.assign(key=key, institution_id="", institution="")
    rules: list[Rule] = [
        (_mask(frame["to_come"]), "年度尚未开始而不是预测，尚不计", BEYOND),
        (_mask(frame["settled"]), "该产业该年已有实际数，预测不再计", BEYOND),
        # Empty means what the industry wants besides: nothing to mend.
        (
            _mask(frame["specialty_code"].isna()),
            "没有填专业代码（允许不分专业），只计入产业，不能与专业对接",
            BEYOND,
        ),
    ]
    return _use("", DEMAND, "talent_demand", frame, rules)
