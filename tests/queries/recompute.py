"""A second computation of the 26 indicators, in plain pandas, straight from the workbook's sheets.

It shares nothing with the queries it checks: it reads the definitions as they are written, keeps
its own table of targets, and takes from ``data/reference`` only the facts (specialty classes,
industries, school thresholds). ``Recomputation(frames).assess(...)`` gives rows shaped like the
JSON objects of ``python -m queries.indicators``.

Readings chosen where the definitions leave room, each the most literal one:

- A baseline "fulfils the target" when it is >= the target; the tolerance of `about` plays no part.
- The track column empty in every row of the sheet makes demo_* null as well as points_*. Rows of
  technician institutions count as rows of the workbook here: a sheet is empty only without rows.
- Latest year of the ratio: the latest year in which any 高职 or 职业本科 point outside technician
  institutions has a 报到人数, looked for city-wide even under a filter or breakdown. A year without
  a number reported is not reported. The institution need not be in force.
- Point indicators (for the level filter) are those whose subjects are points only: industry_share,
  points_*, demo_*, brand_points, demo_backbone, bachelor_points and the enrolment ratio. Titles of
  groups go by the institution's level at the date, also when a single point holds the title.
- A past value under a level filter or breakdown takes the level at that past date.
- The 全市 line runs through dated values with issue < due < deadline and always ends at
  (deadline, plan target). A part's line runs from (issue, its baseline) through its dated values
  with issue < due <= deadline; the last value is its target and holds to the deadline.
- Under a filter there is no target for the part, even if its district has one: an allocation is
  for the whole district or institution. Filters and breakdowns have a forecast all the same, and
  no progress, schedule, pace, lag or required rate without a target. Interim targets are city-wide.
- Before the issue date elapsed is 0: schedule is the baseline, so pace is null and, the plan not
  having begun, the status that of the issue date (on_track). Pace is null too where a broken line
  stands at the baseline later on; the schedule asks for nothing there, so it is on_track as well.
- Schedule, pace and lag are null without a baseline, also after the deadline. The schedule does
  not depend on the actual. required_per_quarter is null from the deadline on, reached or not.
- Lag on a line that stands at the actual more than once: the crossing nearest to D. Days may be
  fractions. At or below the baseline and at or above the target go before the line.
- The band is clamped like the forecast; from the deadline on it is the value at the deadline, as
  is the forecast, unclamped. A ratio is a percentage, so its forecast is at most 100.
- An interim target is a row like any other: in force from approved_on until before expires_on.
- A threshold that cannot be computed (no students) is not met.
- Technician institutions are no group of a breakdown; a target given to one is nowhere assessed.
- points_retired takes each date by itself: reduced after the issue date counts though the point
  had been closed before.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

REFERENCE = Path(__file__).resolve().parents[2] / "data" / "reference"

ISSUED = pd.Timestamp(2023, 10, 19)
DEADLINE = pd.Timestamp(2025, 12, 31)
PERIOD_START = pd.Timestamp(2021, 1, 1)
QUARTER_DAYS = 91.3125
ON_TRACK, LAGGING = 0.95, 0.60
NO_DISTRICT = "未填区县"
TECHNICIAN = ("技工学校", "高级技工学校")
EIGHT = (
    "先进制造",
    "新能源",
    "新材料",
    "现代信息技术",
    "生物技术",
    "人工智能",
    "健康养老",
    "家政服务",
)


@dataclass(frozen=True)
class Target:
    """One indicator as the policy has it. level: whose level a filter means."""

    name: str
    measure: str
    comparison: str
    method: str
    target: float | None
    tolerance: float
    level: str

    @property
    def percent(self) -> bool:
        return self.measure != "count"


TARGETS: dict[str, Target] = {
    "industry_share": Target(
        "重点产业相关专业点占比", "share", "at_least", "linear", 70, 0, "point"
    ),
    "points_traditional": Target("传统优势专业点", "count", "about", "linear", 230, 0.05, "point"),
    "points_emerging": Target("新兴专业点", "count", "about", "linear", 260, 0.05, "point"),
    "points_future": Target("未来专业点", "count", "about", "linear", 70, 0.05, "point"),
    "points_distinctive": Target("特色专业点", "count", "about", "linear", 100, 0.05, "point"),
    "key_groups_per_institution": Target(
        "重点打造1—3个专业(群)的院校占比", "share", "at_least", "linear", 100, 0, "institution"
    ),
    "quality_groups_secondary": Target(
        "省级优质中职专业(群)（建成）", "count", "about", "linear", 30, 0.05, "institution"
    ),
    "highlevel_groups_college": Target(
        "省级高水平高职专业(群)（建成）", "count", "about", "linear", 15, 0.05, "institution"
    ),
    "bachelor_enrolment_ratio": Target(
        "职业本科招生规模占高职招生规模比例", "ratio", "at_least", "linear", 10, 0, "point"
    ),
    "demo_traditional": Target(
        "省级示范性传统优势专业点", "count", "at_least", "linear", 70, 0, "point"
    ),
    "demo_emerging": Target("省级示范性新兴专业点", "count", "about", "linear", 100, 0.05, "point"),
    "demo_future": Target("省级示范性未来专业点", "count", "at_least", "linear", 20, 0, "point"),
    "demo_distinctive": Target(
        "省级示范性特色专业点", "count", "at_least", "linear", 30, 0, "point"
    ),
    "brand_points": Target("省级示范性品牌专业点", "count", "at_least", "linear", 15, 0, "point"),
    "leading_industries_per_college": Target(
        "聚焦服务2—3个主导行业产业的高职院校占比",
        "share",
        "at_least",
        "linear",
        100,
        0,
        "institution",
    ),
    "demo_backbone": Target(
        "省级升级改造示范性骨干专业点", "count", "at_least", "linear", 70, 0, "point"
    ),
    "points_retired": Target("裁撤、压缩专业点", "count", "monitor", "monitor", None, 0, "point"),
    "highlevel_schools_secondary": Target(
        "省级高水平中职学校", "count", "about", "linear", 25, 0.05, "institution"
    ),
    "highlevel_groups_secondary": Target(
        "省级高水平中职专业(群)（支持建设）", "count", "about", "linear", 35, 0.05, "institution"
    ),
    "secondary_conditions_met": Target(
        "办学条件达标中职学校占比", "share", "about", "linear", 100, 0.10, "institution"
    ),
    "national_double_high_colleges": Target(
        "国家“双高计划”高职学校", "count", "at_least", "milestone", 1, 0, "institution"
    ),
    "national_double_high_groups": Target(
        "国家“双高计划”专业(群)", "count", "at_least", "linear", 5, 0, "institution"
    ),
    "highlevel_colleges_provincial": Target(
        "省级高水平高职学校", "count", "about", "linear", 15, 0.05, "institution"
    ),
    "highlevel_groups_provincial": Target(
        "省级高水平高职专业(群)（支持建设）", "count", "about", "linear", 25, 0.05, "institution"
    ),
    "new_bachelor_schools": Target(
        "新增职业本科学校", "count", "at_least", "milestone", 1, 0, "institution"
    ),
    "bachelor_points": Target("职业本科专业点", "count", "at_least", "linear", 100, 0, "point"),
}

TRACKS = {"traditional": "传统优势", "emerging": "新兴", "future": "未来", "distinctive": "特色"}
POINT_TITLES = {
    "brand_points": "省级示范性品牌专业点",
    "demo_backbone": "省级升级改造示范性骨干专业点",
}
GROUP_TITLES = {
    "highlevel_groups_secondary": "省级高水平中职专业群",
    "highlevel_groups_provincial": "省级高水平高职专业群",
    "national_double_high_groups": "国家双高专业群",
}
SCHOOL_TITLES = {
    "highlevel_schools_secondary": "省级高水平中职学校",
    "national_double_high_colleges": "国家双高学校",
    "highlevel_colleges_provincial": "省级高水平高职学校",
}

Record = Mapping[str, float]
CONDITION_FORMULAS: dict[str, Callable[[Record], float]] = {
    "校园占地面积": lambda r: r["campus"],
    "生均用地面积": lambda r: r["campus"] / r["students"],
    "校舍建筑面积": lambda r: r["building"],
    "生均校舍建筑面积": lambda r: r["building"] / r["students"],
    "专任教师数": lambda r: r["teachers"],
    "生师比": lambda r: r["students"] / r["teachers"],
    "仪器设备总值": lambda r: r["equipment"],
    "生均仪器设备值": lambda r: r["equipment"] * 10000 / r["students"],
    "生均纸质图书": lambda r: r["books"] / r["students"],
}

Frames = Mapping[str, pd.DataFrame]
Number = tuple[float | None, float | None, float | None]


# ---------------------------------------------------------------- reading the sheets


def text(cell: object) -> str | None:
    """A cell as text; None for an empty one. Whole numbers lose their decimal point."""
    if cell is None or cell is pd.NaT or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, float | np.floating) and float(cell).is_integer():
        return str(int(cell))
    return str(cell).strip() or None


def day(cell: object) -> pd.Timestamp | None:
    """A cell as a day; a bare year is its 1 September."""
    if isinstance(cell, date) and not pd.isna(cell):
        return pd.Timestamp(cell).normalize()
    written = text(cell)
    if written is None:
        return None
    if len(written) == 4:
        return pd.Timestamp(int(written), 9, 1)
    return pd.Timestamp(written).normalize()


def number(cell: object) -> float | None:
    written = text(cell)
    return None if written is None else float(written)


def read_folder(folder: Path) -> dict[str, pd.DataFrame]:
    """The frames of a workbook kept as a folder of CSV files (UTF-8, with or without BOM)."""
    return {
        path.stem: pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        for path in sorted(folder.glob("*.csv"))
    }


@cache
def reference(name: str) -> tuple[dict[str, str], ...]:
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8-sig", newline="") as lines:
        return tuple(csv.DictReader(lines))


@cache
def district_names() -> dict[str, str]:
    """Code of a district or development zone -> its name."""
    shapes = json.loads((REFERENCE / "districts.geojson").read_text(encoding="utf-8"))
    districts = [shape["properties"] for shape in shapes["features"]]
    return {row["adcode"]: row["name"] for row in [*districts, *reference("development_zones")]}


@cache
def industry_of(level: str, code: str) -> str | None:
    """Specialty exception before class default; None outside the catalogue."""
    found = [
        row for row in reference("specialties") if (row["level"], row["code"]) == (level, code)
    ]
    if not found:
        return None
    mapping = reference("specialty_industry")
    exception = [row["industry"] for row in mapping if row["specialty_code"] == code]
    default = [
        row["industry"]
        for row in mapping
        if not row["specialty_code"] and row["class_name"] == found[0]["class_name"]
    ]
    return (exception + default + [""])[0] or None


def conditions_fulfilled(school_type: str, record: Record) -> bool:
    """Every national threshold of the type; False when there are none or one has no value."""
    thresholds = [
        row for row in reference("school_conditions") if row["school_type"] == school_type
    ]
    for row in thresholds:
        try:
            reached = CONDITION_FORMULAS[row["item"]](record)
        except ZeroDivisionError:
            return False
        limit = float(row["threshold"])
        if not (reached >= limit if row["comparison"] == "at_least" else reached <= limit):
            return False
    return bool(thresholds)


def in_force(start: pd.Series, end: pd.Series, on: pd.Timestamp) -> pd.Series:
    """Started on or before the day (or always), and not ended by it."""
    return (start.isna() | (start <= on)) & (end.isna() | (end > on))


@dataclass(frozen=True)
class Part:
    """What of the city is looked at: filters (None: all) and one group of a breakdown."""

    authority: tuple[str, ...] | None = None
    level: tuple[str, ...] | None = None
    by: str | None = None
    group: str | None = None

    @property
    def is_city(self) -> bool:
        return self.authority is None and self.level is None and self.by is None


CITY = Part()


class Recomputation:
    """The workbook's rows, and what they say at any day.

    frames: sheet title -> DataFrame with the contract's Chinese headers; absent sheets and
    columns are allowed. Cells may be text, numbers, dates, None or NaN.
    """

    def __init__(self, frames: Frames) -> None:
        self.frames = frames
        self._read_institutions()
        self._read_points()
        self._read_others()
        self._at: dict[tuple[str, pd.Timestamp], pd.DataFrame] = {}
        self._rows: dict[tuple[str, pd.Timestamp], pd.DataFrame] = {}
        self._numbers: dict[tuple[object, ...], dict[str, Number]] = {}

    # ------------------------------------------------------------ sheets

    def _column(self, sheet: str, header: str, read: Callable[[object], object]) -> pd.Series:
        frame = self.frames.get(sheet)
        dtype = "datetime64[ns]" if read is day else "float64" if read is number else "object"
        if frame is None:
            return pd.Series([], dtype=dtype)
        if header not in frame.columns:
            return pd.Series([None] * len(frame), dtype=dtype)
        return pd.Series([read(cell) for cell in frame[header]], dtype=dtype)

    def _table(self, sheet: str, columns: Mapping[str, tuple[str, object]]) -> pd.DataFrame:
        return pd.DataFrame(
            {name: self._column(sheet, header, read) for name, (header, read) in columns.items()}  # type: ignore[arg-type]
        )

    def _institution(self, cell: object) -> str | None:
        written = text(cell)
        return None if written is None else self._by_name.get(written, written)

    def _read_institutions(self) -> None:
        table = self._table(
            "院校",
            {
                "id": ("院校代码", text),
                "name": ("院校名称", text),
                "level": ("层次", text),
                "authority": ("主管", text),
                "school_type": ("学校类型", text),
                "district": ("区县", text),
                "founded": ("成立日期", day),
                "bachelor_since": ("升格职业本科日期", day),
                "closed": ("撤并日期", day),
            },
        )
        table["school_type"] = table["school_type"].fillna("普通")
        table["district"] = [
            NO_DISTRICT if pd.isna(cell) else district_names().get(cell, cell)
            for cell in table["district"]
        ]
        table["outside"] = table["school_type"].isin(TECHNICIAN)
        self._by_name: dict[str, str] = dict(zip(table["name"], table["id"], strict=True))
        self.institutions = table.set_index("id", drop=False)

    def _read_points(self) -> None:
        table = self._table(
            "专业点",
            {
                "id": ("专业点编号", text),
                "institution": ("院校代码", self._institution),
                "code": ("专业代码", text),
                "level": ("层次", text),
                "track": ("类别", text),
                "track_since": ("纳入日期", day),
                "track_until": ("退出日期", day),
                "industry": ("产业", text),
                "opened": ("设置日期", day),
                "reduced": ("压缩日期", day),
                "suspended": ("停招日期", day),
                "resumed": ("恢复招生日期", day),
                "closed": ("撤销日期", day),
            },
        )
        self.has_tracks = bool(table["track"].notna().any())
        table["code"] = [
            None if pd.isna(code) else code.removesuffix("K") for code in table["code"]
        ]
        table["industry"] = [
            industry_of(level, code) if pd.isna(override) else override
            for override, level, code in zip(
                table["industry"], table["level"], table["code"], strict=True
            )
        ]
        table["track_since"] = table["track_since"].fillna(table["opened"])
        outside = table["institution"].map(self.institutions["outside"]).astype(bool)
        self.points = table[~outside].set_index("id", drop=False)

    def _read_others(self) -> None:
        groups = self._table(
            "专业群",
            {
                "id": ("专业群编号", text),
                "institution": ("院校代码", self._institution),
                "key": ("重点打造", text),
                "formed": ("组建日期", day),
                "dissolved": ("撤销日期", day),
            },
        )
        self.has = {
            sheet: sheet in self.frames and len(self.frames[sheet]) > 0
            for sheet in ("认定", "专业群", "主导产业", "办学条件", "年度数据")
        }
        outside = groups["institution"].map(self.institutions["outside"]).astype(bool)
        self.groups = groups[~outside].set_index("id", drop=False)
        self.recognitions = self._table(
            "认定",
            {
                "kind": ("对象类型", text),
                "subject": ("对象编号", text),
                "title": ("认定名称", text),
                "awarded": ("认定日期", day),
                "accepted": ("验收日期", day),
                "revoked": ("撤销日期", day),
            },
        )
        schools = self.recognitions["kind"] == "院校"
        self.recognitions["subject"] = [
            self._institution(subject) if school else subject
            for school, subject in zip(schools, self.recognitions["subject"], strict=True)
        ]
        self.years = self._table(
            "年度数据",
            {
                "point": ("专业点编号", text),
                "year": ("年度", number),
                "registered": ("报到人数", number),
            },
        )
        self.conditions = self._table(
            "办学条件",
            {
                "institution": ("院校代码", self._institution),
                "year": ("年度", number),
                "students": ("在校生", number),
                "campus": ("校园占地面积", number),
                "building": ("校舍建筑面积", number),
                "teachers": ("专任教师", number),
                "equipment": ("仪器设备总值", number),
                "books": ("纸质图书", number),
                "verdict": ("省级验收结论", text),
            },
        )
        self.leading = self._table(
            "主导产业",
            {
                "institution": ("院校代码", self._institution),
                "industry": ("产业", text),
                "since": ("起始日期", day),
                "until": ("终止日期", day),
            },
        )
        self.allocations = self._table(
            "目标分解",
            {
                "indicator": ("指标", text),
                "due": ("截止日期", day),
                "kind": ("范围类型", text),
                "scope": ("范围", text),
                "target": ("目标值", number),
            },
        )
        self.interim = self._table(
            "批准调整",
            {
                "indicator": ("指标", text),
                "target": ("阶段性目标值", number),
                "approved": ("批准日期", day),
                "expires": ("截止日期", day),
            },
        )
        ids = {target.name: indicator for indicator, target in TARGETS.items()}
        for table in (self.allocations, self.interim):
            table["indicator"] = [ids.get(cell, cell) for cell in table["indicator"]]
        self.dated: dict[tuple[str, str, str | None], list[tuple[float, float]]] = {}
        for row in self.allocations.sort_values("due").to_dict("records"):
            scope = None if row["kind"] == "全市" else str(row["scope"])
            if row["kind"] == "院校":
                scope = self._institution(scope)
            elif row["kind"] == "区县":
                scope = district_names().get(str(scope), scope)
            key = (row["indicator"], row["kind"], scope)
            self.dated.setdefault(key, []).append((_days(row["due"]), float(row["target"])))

    # ------------------------------------------------------------ what is in force

    def _once(self, what: str, on: pd.Timestamp, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        if (what, on) not in self._at:
            self._at[what, on] = make()
        return self._at[what, on]

    def institutions_at(self, on: pd.Timestamp) -> pd.DataFrame:
        """Institutions in force that the indicators count, with their level on that day."""
        return self._once("schools", on, lambda: self._institutions_at(on))

    def _institutions_at(self, on: pd.Timestamp) -> pd.DataFrame:
        table = self.institutions[~self.institutions["outside"]].copy()
        table["level"] = self.levels_at(on).loc[table.index]
        return table[in_force(table["founded"], table["closed"], on)]

    def levels_at(self, on: pd.Timestamp) -> pd.Series:
        since = self.institutions["bachelor_since"]
        raised = pd.Series(np.where(since <= on, "职业本科", "高职"), index=since.index)
        return self.institutions["level"].where(since.isna(), raised)

    def points_at(self, on: pd.Timestamp) -> pd.DataFrame:
        return self._once("points", on, lambda: self._points_at(on))

    def _points_at(self, on: pd.Timestamp) -> pd.DataFrame:
        table = self.points
        suspended = (table["suspended"] <= on) & (table["resumed"].isna() | (table["resumed"] > on))
        there = table["institution"].isin(self.institutions_at(on).index)
        return table[in_force(table["opened"], table["closed"], on) & ~suspended & there]

    def groups_at(self, on: pd.Timestamp) -> pd.DataFrame:
        return self._once("groups", on, lambda: self._groups_at(on))

    def _groups_at(self, on: pd.Timestamp) -> pd.DataFrame:
        there = self.groups["institution"].isin(self.institutions_at(on).index)
        return self.groups[in_force(self.groups["formed"], self.groups["dissolved"], on) & there]

    def holders_at(
        self, on: pd.Timestamp, title: str, kinds: Sequence[str], *, accepted: bool = False
    ) -> pd.DataFrame:
        """kind, subject, institution of those in force that hold the title; each subject once."""
        table = self.recognitions
        mask = (table["title"] == title) & in_force(table["awarded"], table["revoked"], on)
        if accepted:
            mask &= table["accepted"] <= on
        held = table[mask & table["kind"].isin(kinds)]
        homes = {
            "专业点": self.points_at(on)["institution"],
            "专业群": self.groups_at(on)["institution"],
            "院校": self.institutions_at(on)["id"],
        }
        found = [
            (kind, subject, homes[kind][subject])
            for kind, subject in sorted(set(zip(held["kind"], held["subject"], strict=True)))
            if subject in homes[kind].index
        ]
        return pd.DataFrame(found, columns=["kind", "subject", "institution"], dtype="object")

    # ------------------------------------------------------------ the indicators' rows

    def rows(self, indicator: str, on: pd.Timestamp) -> pd.DataFrame | None:
        """One row per subject counted, or None when the workbook cannot tell.

        Columns kind, subject, institution, level (whose: see Target), weight (1, or students),
        counted (False: in the denominator only).
        """
        if not self.available(indicator):
            return None
        if (indicator, on) not in self._rows:
            self._rows[indicator, on] = self._count(indicator, on)
        return self._rows[indicator, on]

    def available(self, indicator: str) -> bool:
        if indicator.startswith("demo_") and indicator != "demo_backbone":
            return self.has_tracks and self.has["认定"]
        if indicator.removeprefix("points_") in TRACKS:
            return self.has_tracks
        if indicator in {
            *POINT_TITLES,
            *GROUP_TITLES,
            *SCHOOL_TITLES,
            "quality_groups_secondary",
            "highlevel_groups_college",
        }:
            return self.has["认定"]
        sheet = {
            "key_groups_per_institution": "专业群",
            "leading_industries_per_college": "主导产业",
            "secondary_conditions_met": "办学条件",
            "bachelor_enrolment_ratio": "年度数据",
        }.get(indicator)
        return sheet is None or self.has[sheet]

    def _point_rows(self, points: pd.DataFrame, counted: pd.Series | bool = True) -> pd.DataFrame:
        rows = pd.DataFrame({"subject": points["id"], "institution": points["institution"]})
        rows["kind"], rows["level"], rows["weight"] = "专业点", points["level"], 1.0
        rows["counted"] = counted
        return rows.reset_index(drop=True)

    def _school_rows(self, schools: pd.DataFrame, counted: pd.Series | bool = True) -> pd.DataFrame:
        rows = pd.DataFrame({"subject": schools["id"], "institution": schools["id"]})
        rows["kind"], rows["level"], rows["weight"] = "院校", schools["level"], 1.0
        rows["counted"] = counted
        return rows.reset_index(drop=True)

    def _holder_rows(self, holders: pd.DataFrame, on: pd.Timestamp) -> pd.DataFrame:
        rows = holders.copy()
        rows["level"] = rows["institution"].map(self.levels_at(on))
        rows["weight"], rows["counted"] = 1.0, True
        return rows

    def _count(self, indicator: str, on: pd.Timestamp) -> pd.DataFrame:
        if indicator == "industry_share":
            points = self.points_at(on)
            return self._point_rows(points, points["industry"].isin(EIGHT))
        if indicator == "bachelor_points":
            points = self.points_at(on)
            return self._point_rows(points[points["level"] == "职业本科"])
        if indicator == "points_retired":
            return self._retired(on)
        if indicator == "bachelor_enrolment_ratio":
            return self._enrolment(on)
        family, _, word = indicator.partition("_")
        if word in TRACKS:
            points = self.points_at(on)
            points = points[
                (points["track"] == TRACKS[word])
                & in_force(points["track_since"], points["track_until"], on)
            ]
            if family == "demo":
                holders = self.holders_at(on, "省级示范性专业点", ["专业点"])
                points = points[points["id"].isin(holders["subject"])]
            return self._point_rows(points)
        if indicator in POINT_TITLES:
            holders = self.holders_at(on, POINT_TITLES[indicator], ["专业点"])
            return self._point_rows(self.points.loc[list(holders["subject"])])
        if indicator in GROUP_TITLES:
            holders = self.holders_at(on, GROUP_TITLES[indicator], ["专业群", "专业点"])
            return self._holder_rows(holders, on)
        if indicator == "highlevel_groups_college":
            holders = self.holders_at(
                on, "省级高水平高职专业群", ["专业群", "专业点"], accepted=True
            )
            return self._holder_rows(holders, on)
        if indicator == "quality_groups_secondary":
            quality = self.holders_at(on, "省级优质中职专业群", ["专业群", "专业点"])
            highlevel = self.holders_at(
                on, "省级高水平中职专业群", ["专业群", "专业点"], accepted=True
            )
            holders = pd.concat([quality, highlevel]).drop_duplicates()
            rows = self._holder_rows(holders.reset_index(drop=True), on)
            return rows[rows["level"] == "中职"]
        if indicator in SCHOOL_TITLES:
            holders = self.holders_at(on, SCHOOL_TITLES[indicator], ["院校"])
            return self._holder_rows(holders, on)
        schools = self.institutions_at(on)
        if indicator == "key_groups_per_institution":
            schools = schools[schools["level"].isin(["中职", "高职", "职业本科"])]
            groups = self.groups_at(on)
            keys = groups[groups["key"] == "是"].groupby("institution").size()
            return self._school_rows(schools, self._per_school(schools, keys).between(1, 3))
        if indicator == "leading_industries_per_college":
            schools = schools[schools["level"] == "高职"]
            current = self.leading[in_force(self.leading["since"], self.leading["until"], on)]
            different = current.groupby("institution")["industry"].nunique()
            return self._school_rows(schools, self._per_school(schools, different).between(2, 3))
        if indicator == "secondary_conditions_met":
            schools = schools[schools["level"] == "中职"]
            met = [self._conditions_met(school, on) for school in schools["id"]]
            return self._school_rows(schools, pd.Series(met, index=schools.index, dtype=bool))
        if indicator == "new_bachelor_schools":
            since = schools["bachelor_since"]
            return self._school_rows(schools[(since >= PERIOD_START) & (since <= on)])
        raise KeyError(indicator)

    @staticmethod
    def _per_school(schools: pd.DataFrame, counts: pd.Series) -> pd.Series:
        return schools["id"].map(counts).astype(float).fillna(0)

    def _retired(self, on: pd.Timestamp) -> pd.DataFrame:
        points = self.points[self.points["opened"] <= ISSUED]
        gone = pd.Series(False, index=points.index)
        for column in ("closed", "suspended", "reduced"):
            gone |= (points[column] > ISSUED) & (points[column] <= on)
        return self._point_rows(points[gone])

    def _enrolment(self, on: pd.Timestamp) -> pd.DataFrame:
        years = self.years[self.years["registered"].notna()].copy()
        years["level"] = years["point"].map(self.points["level"])  # null: technician institutions
        ends = [pd.Timestamp(int(year), 12, 31) for year in years["year"]]
        past = pd.Series([end <= on for end in ends], index=years.index, dtype=bool)
        years = years[past & years["level"].isin(["高职", "职业本科"])]
        latest = years[years["year"] == years["year"].max()]
        points = self.points.loc[list(latest["point"])]
        rows = self._point_rows(points, points["level"] == "职业本科")
        rows["weight"] = latest["registered"].to_numpy()
        return rows

    def _conditions_met(self, school: str, on: pd.Timestamp) -> bool:
        records = self.conditions[self.conditions["institution"] == school]
        ended = [pd.Timestamp(int(year), 12, 31) <= on for year in records["year"]]
        past: list[dict[str, Any]] = records[ended].to_dict("records")  # type: ignore[assignment]
        if not past:
            return False
        latest = max(past, key=lambda record: float(record["year"]))
        if not pd.isna(latest["verdict"]):
            return latest["verdict"] in ("达标", "基本达标")
        return conditions_fulfilled(str(self.institutions.at[school, "school_type"]), latest)

    # ------------------------------------------------------------ values

    def value(self, indicator: str, on: object, part: Part = CITY) -> Number:
        """(actual, numerator, denominator): percent for shares, null parts for counts."""
        groups = self.values(indicator, _stamp(on), part.authority, part.level, part.by)
        if groups is None:
            return (None, None, None)
        empty: Number = (
            (0.0, None, None) if TARGETS[indicator].measure == "count" else (None, 0.0, 0.0)
        )
        return groups.get(part.group or "", empty)

    def values(
        self,
        indicator: str,
        on: pd.Timestamp,
        authority: tuple[str, ...] | None = None,
        level: tuple[str, ...] | None = None,
        by: str | None = None,
    ) -> dict[str, Number] | None:
        """Group ('' without a breakdown) -> value; groups without a row are left out."""
        rows = self.rows(indicator, on)
        if rows is None:
            return None
        key = (indicator, on, authority, level, by)
        if key not in self._numbers:
            if authority is not None:
                owner = rows["institution"].map(self.institutions["authority"])
                rows = rows[owner.isin(authority)]
            if level is not None:
                rows = rows[rows["level"].isin(level)]
            labels: pd.Series | None = {
                None: None,
                "district": rows["institution"].map(self.institutions["district"]),
                "level": rows["level"],
                "institution": rows["institution"],
            }[by]
            measure = TARGETS[indicator].measure
            self._numbers[key] = (
                {"": _number(measure, rows)}
                if labels is None
                else {str(label): _number(measure, some) for label, some in rows.groupby(labels)}
            )
        return self._numbers[key]

    def groups_of(self, by: str) -> list[str]:
        """Every group a breakdown must have, if it has anything to show ('': no breakdown)."""
        if not by:
            return []
        if by == "level":
            return ["中职", "高职", "职业本科", "普通本科"]
        inside = self.institutions[~self.institutions["outside"]]
        return sorted(set(inside["district" if by == "district" else "id"]))

    def evidence(self, indicator: str, on: object) -> set[tuple[str, str, bool]]:
        """(kind, subject, counted) of the rows behind the city's value; empty when unknown."""
        rows = self.rows(indicator, _stamp(on))
        if rows is None:
            return set()
        return set(zip(rows["kind"], rows["subject"], map(bool, rows["counted"]), strict=True))

    # ------------------------------------------------------------ targets and verdict

    def line(self, indicator: str, part: Part) -> tuple[float | None, list[tuple[float, float]]]:
        """The part's target (None: not assessed) and the dated values of its schedule.

        The values are (days since issue, value), without the baseline at the start.
        """
        target, end = TARGETS[indicator].target, _days(DEADLINE)
        if target is None:
            return None, []
        if part.is_city:
            dated = self.dated.get((indicator, "全市", None), [])
            return target, [*((x, y) for x, y in dated if 0 < x < end), (end, float(target))]
        kind = {"district": "区县", "institution": "院校"}.get(part.by or "")
        if kind is None or part.authority is not None or part.level is not None:
            return None, []
        dated = self.dated.get((indicator, kind, part.group), [])
        dated = [(x, y) for x, y in dated if 0 < x <= end]
        if not dated:
            return None, []
        last_day, last = dated[-1]
        return last, dated if last_day == end else [*dated, (end, last)]

    def assess(self, indicator: str, on: object, part: Part = CITY) -> dict[str, object]:
        """Everything the command line says of one indicator (and group) but the reason."""
        today = _stamp(on)
        target, dated = self.line(indicator, part)
        actual, numerator, denominator = self.value(indicator, today, part)
        baseline = self.value(indicator, ISSUED, part)[0]
        final = self.value(indicator, DEADLINE, part)[0] if today >= DEADLINE else actual
        progress = schedule = pace = lag = required = None
        fulfilled = baseline is not None and target is not None and baseline >= target
        if actual is not None and target is not None:
            left = (DEADLINE - today).days / QUARTER_DAYS
            if left > 0:
                required = max(target - actual, 0.0) / left
        if baseline is not None and target is not None:
            if fulfilled:
                if actual is not None:
                    progress = 1.0 if actual >= target else actual / target
            else:
                knots = [(0.0, baseline), *dated]
                schedule = _line_at(knots, _days(today))
                if actual is not None:
                    progress = (actual - baseline) / (target - baseline)
                    lag = _lag(knots, _days(today), actual)
                    if schedule != baseline:
                        pace = (actual - baseline) / (schedule - baseline)
        forecast, low, high = self.forecast(indicator, today, part)
        status = "not_assessed"
        if part.is_city or target is not None:
            status = self.verdict(
                indicator, today, target, actual, final, baseline, pace, interim=part.is_city
            )
        return {
            "id": indicator,
            "name": TARGETS[indicator].name,
            "as_of": today.date().isoformat(),
            "group": part.group,
            "actual": actual,
            "numerator": numerator,
            "denominator": denominator,
            "baseline": baseline,
            "target": target,
            "progress": progress,
            "schedule": schedule,
            "pace": pace,
            "lag_days": lag,
            "forecast": forecast,
            "low": low,
            "high": high,
            "required_per_quarter": required,
            "status": status,
        }

    def verdict(
        self,
        indicator: str,
        today: pd.Timestamp,
        target: float | None,
        actual: float | None,
        final: float | None,
        baseline: float | None,
        pace: float | None,
        *,
        interim: bool,
    ) -> str:
        """The first rule that holds."""
        rules = TARGETS[indicator]
        before = today < DEADLINE
        if actual is None:
            return "no_data"
        if target is None:
            return "monitored"
        if final is not None and final >= target:
            return "achieved"
        if (
            rules.comparison == "about"
            and final is not None
            and final >= (1 - rules.tolerance) * target
        ):
            return "nearly_achieved"
        if not before and actual >= target:
            return "achieved_late"
        if interim and final is not None:
            own = self.interim[
                (self.interim["indicator"] == indicator)
                & in_force(self.interim["approved"], self.interim["expires"], today)
            ]
            if (own["target"] <= final).any():
                return "accepted"
        if not before:
            return "missed"
        if baseline is not None and baseline >= target:
            return "lagging"
        if rules.method == "milestone" or baseline is None:
            return "in_progress"
        if pace is None or pace >= ON_TRACK:
            return "on_track"
        return "lagging" if pace >= LAGGING else "far_behind"

    def forecast(
        self, indicator: str, today: pd.Timestamp, part: Part = CITY
    ) -> tuple[float | None, float | None, float | None]:
        """The line through the last four quarter-ends, read at the deadline, and its 80 % band."""
        if today >= DEADLINE:
            final = self.value(indicator, DEADLINE, part)[0]
            return final, final, final
        ends = quarter_ends(today, 4)
        values = [self.value(indicator, end, part)[0] for end in ends]
        known = [value for value in values if value is not None]
        if len(known) < 4:
            return None, None, None
        x = np.array([_days(end) for end in ends])
        y = np.array(known)
        spread = ((x - x.mean()) ** 2).sum()
        slope = ((x - x.mean()) * (y - y.mean())).sum() / spread
        at = _days(DEADLINE)
        middle = y.mean() + slope * (at - x.mean())
        residuals = y - (y.mean() + slope * (x - x.mean()))
        error = math.sqrt((residuals**2).sum() / 2) * math.sqrt(
            1 + 1 / 4 + (at - x.mean()) ** 2 / spread
        )
        # Student's t with two degrees of freedom at 0.9: p / sqrt((1 - p**2) / 2) with p = 0.8.
        half = 0.8 / math.sqrt((1 - 0.8**2) / 2) * error
        highest = 100.0 if TARGETS[indicator].percent else math.inf
        clamp = [float(min(max(v, 0.0), highest)) for v in (middle, middle - half, middle + half)]
        return clamp[0], clamp[1], clamp[2]


def quarter_ends(today: pd.Timestamp, how_many: int) -> list[pd.Timestamp]:
    """The last quarter-ends on or before the day, oldest first."""
    every = [
        pd.Timestamp(year, month, last)
        for year in range(today.year - how_many, today.year + 1)
        for month, last in ((3, 31), (6, 30), (9, 30), (12, 31))
    ]
    return [end for end in every if end <= today][-how_many:]


def _stamp(on: object) -> pd.Timestamp:
    stamp = day(on)
    if stamp is None:
        raise ValueError(on)
    return stamp


def _days(on: pd.Timestamp) -> float:
    return float((on - ISSUED).days)


def _number(measure: str, rows: pd.DataFrame) -> Number:
    weight, yes = rows["weight"].to_numpy(float), rows["counted"].to_numpy(bool)
    counted = float(weight[yes].sum())
    if measure == "count":
        return counted, None, None
    below = float(weight.sum()) - (counted if measure == "ratio" else 0.0)
    return (counted / below * 100 if below else None), counted, below


def _line_at(knots: Sequence[tuple[float, float]], at: float) -> float:
    """The broken line's value; level before its first and after its last day."""
    if at <= knots[0][0]:
        return knots[0][1]
    for (x0, y0), (x1, y1) in pairwise(knots):
        if at == x1:
            return y1
        if at < x1:
            return y0 + (y1 - y0) * (at - x0) / (x1 - x0)
    return knots[-1][1]


def _lag(knots: Sequence[tuple[float, float]], at: float, actual: float) -> float:
    """Days from the nearest day on which the line stands at the actual until now."""
    if actual <= knots[0][1]:
        return at - knots[0][0]
    if actual >= knots[-1][1]:
        return at - knots[-1][0]
    crossings = []
    for (x0, y0), (x1, y1) in pairwise(knots):
        if y0 == y1 == actual:
            crossings.append(min(max(at, x0), x1))
        elif y0 != y1 and min(y0, y1) <= actual <= max(y0, y1):
            crossings.append(x0 + (actual - y0) / (y1 - y0) * (x1 - x0))
    return at - min(crossings, key=lambda crossing: abs(at - crossing))
