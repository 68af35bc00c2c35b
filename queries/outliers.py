"""Values far from those of their like: a robust rule, the same for every column it looks at.

Of a value its logarithm is taken (of a percentage itself), of a change the logarithm of this year's
number over last year's, each plus one. Within a group of like values it is far out when it lies
more than ``spread`` times the scale from the median; the scale is 1.4826 times the median absolute
deviation (which is the standard deviation of a normal sample), and never less than a floor, because
where most values are alike the deviation of the others is no measure. Groups that are too small are
not judged, nor changes that a date of the point (压缩, 停招, 恢复, 撤销) explains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.contract import BY_TABLE
from data.plan import QualityRules
from queries.run import OpenVersion, run

Numbers = npt.NDArray[np.float64]
NORMAL = 1.4826
LOG_FLOOR = 0.1
SHARE_FLOOR = 2.0


@dataclass(frozen=True)
class Measure:
    """What is looked at: a number of a row, or made from two of its numbers.

    kind: a change from the year before, a value, or a percentage. group: the columns whose values
    make rows alike. base: the number it is a percentage or a multiple of, which must not be small.
    """

    table: str
    words: str
    unit: str
    kind: Literal["change", "value", "share"]
    column: str
    group: tuple[str, ...]
    base: str = ""
    factor: float = 1.0


_POINT = ("level", "year", "age")
_SCHOOL = ("level_today", "school_type")
_RANK = ("rank",)


def _header(table: str, column: str) -> str:
    return BY_TABLE[table].by_name[column].header


MEASURES: tuple[Measure, ...] = (
    *(
        Measure("point_years", _header("point_years", column), "人", "change", column, _POINT)
        for column in ("planned", "applied", "admitted", "registered", "enrolled", "graduates")
    ),
    Measure("point_years", "报到率", "%", "share", "registered", _POINT, "admitted", 100),
    Measure("point_years", "毕业去向落实率", "%", "share", "placed", _POINT, "graduates", 100),
    Measure("point_years", "对口率", "%", "share", "matched", _POINT, "employed", 100),
    Measure("point_years", "满意度", "%", "share", "satisfaction", _POINT),
    Measure("conditions", "在校生", "人", "change", "students", ("level_today", "year")),
    Measure("conditions", "仪器设备总值", "万元", "change", "equipment", ("level_today", "year")),
    Measure("conditions", "生均占地面积", "平方米", "value", "campus_m2", _SCHOOL, "students"),
    Measure("conditions", "生均校舍面积", "平方米", "value", "building_m2", _SCHOOL, "students"),
    Measure("conditions", "生均设备值", "元", "value", "equipment", _SCHOOL, "students", 10000),
    Measure("conditions", "生均图书", "册", "value", "books", _SCHOOL, "students"),
    Measure("conditions", "生师比", "", "value", "students", _SCHOOL, "teachers"),
    Measure("conditions", "双师型教师占比", "%", "share", "dual_share", _SCHOOL),
    Measure("projects", "上级资金", "万元", "value", "superior_funds", _RANK),
    Measure("projects", "市级资金", "万元", "value", "city_funds", _RANK),
    Measure("talent_demand", "需求人数", "人", "change", "demand", ("year", "is_forecast")),
)

COLUMNS = (
    "sheet",
    "words",
    "unit",
    "key",
    "institution_id",
    "institution",
    "year",
    "value",
    "before",
    "low",
    "high",
    "times",
)


def outliers(version: OpenVersion, rules: QualityRules) -> tuple[pd.DataFrame, int]:
    """The values far out, the farthest first, and how many values were judged.

    Columns as COLUMNS: ``low`` and ``high`` bound what is usual there, in the value's unit;
    ``times`` is the distance in multiples of the scale; ``before`` is the year before's.
    """
    frames = rows_looked_at(version)
    found, judged = [], 0
    for measure in MEASURES:
        frame = frames[measure.table]
        if len(frame):
            far, looked_at = far_out(frame, measure, rules)
            found.append(far)
            judged += looked_at
    if not found:
        return pd.DataFrame(columns=list(COLUMNS)), 0
    together = pd.concat(found, ignore_index=True)
    order = together["times"].abs().sort_values(ascending=False, kind="stable").index
    return together.loc[order].reset_index(drop=True), judged


def rows_looked_at(version: OpenVersion) -> dict[str, pd.DataFrame]:
    """The rows of each table that measures look at, each with a key, institution and year."""
    points = run("quality_point_years", version)
    points = points.assign(
        key=points["point_id"] + " " + points["specialty"].fillna(""),
        placed=points["employed"] + points["further_study"].fillna(0),
    )
    conditions = run("quality_conditions", version)
    conditions = conditions.assign(key=conditions["institution"])
    projects = run("project_pool", version)
    projects = projects.assign(key=projects["project_id"] + " " + projects["name"], year=None)
    demand = run("quality_demand", version, as_of=version.as_of)
    parts = [demand["industry"], demand["specialty_code"].fillna("未分专业"), demand["source"]]
    demand = demand.assign(
        key=parts[0] + " " + parts[1] + " " + parts[2], institution_id="", institution=""
    )
    return {
        "point_years": points,
        "conditions": conditions,
        "projects": projects,
        "talent_demand": demand,
    }


def far_out(frame: pd.DataFrame, measure: Measure, rules: QualityRules) -> tuple[pd.DataFrame, int]:
    """The rows of one measure that are far out, and how many were judged."""
    value, before, usable = _values(frame, measure, rules.least_students)
    position = _position(value, before, measure)
    usable &= np.isfinite(position)
    chosen = frame.loc[usable]
    position, value, before = position[usable], value[usable], before[usable]
    middle, scale, size = spread(position, chosen, measure.group)
    scale = np.maximum(scale, SHARE_FLOOR if measure.kind == "share" else LOG_FLOOR)
    times = (position - middle) / scale
    judged = size >= rules.outlier_group
    far = judged & (np.abs(times) > rules.outlier_spread)
    if measure.kind == "change" and measure.unit == "人":
        far &= np.abs(value - before) >= rules.least_students
    reach = rules.outlier_spread * scale
    rows = chosen.loc[far]
    return (
        pd.DataFrame(
            {
                "sheet": BY_TABLE[measure.table].title,
                "words": measure.words,
                "unit": measure.unit,
                "key": rows["key"].to_numpy(object),
                "institution_id": rows["institution_id"].to_numpy(object),
                "institution": rows["institution"].to_numpy(object),
                "year": rows["year"].to_numpy(object),
                "value": value[far],
                "before": before[far],
                "low": _back((middle - reach)[far], before[far], measure),
                "high": _back((middle + reach)[far], before[far], measure),
                "times": times[far],
            },
            columns=list(COLUMNS),
        ),
        int(judged.sum()),
    )


def _number(frame: pd.DataFrame, column: str) -> Numbers:
    return frame[column].to_numpy(np.float64, na_value=np.nan)


def _values(
    frame: pd.DataFrame, measure: Measure, least: float
) -> tuple[Numbers, Numbers, npt.NDArray[np.bool_]]:
    """The value of each row, that of the year before (nan but for a change), and whether the rule
    can look at it: percentages of a few people are left out."""
    value = _number(frame, measure.column)
    before = np.full(len(frame), np.nan)
    usable = np.isfinite(value)
    if measure.kind == "change":
        before = _number(frame, f"{measure.column}_before")
        if "explained" in frame:
            usable &= ~frame["explained"].to_numpy(bool)
    elif measure.base:
        base = _number(frame, measure.base)
        usable &= base >= (least if measure.kind == "share" else 1)
        value = np.divide(
            value * measure.factor, base, out=np.full(len(frame), np.nan), where=base > 0
        )
    return value, before, usable


def _position(value: Numbers, before: Numbers, measure: Measure) -> Numbers:
    """Where a value lies on the scale on which like values are spread evenly."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure.kind == "change":
            return np.log((value + 1) / (before + 1))
        return value if measure.kind == "share" else np.log(value)


def _back(position: Numbers, before: Numbers, measure: Measure) -> Numbers:
    """A position as a value again."""
    if measure.kind == "change":
        return np.maximum(np.exp(position) * (before + 1) - 1, 0)
    return np.clip(position, 0, 100) if measure.kind == "share" else np.exp(position)


def spread(
    position: Numbers, frame: pd.DataFrame, group: Sequence[str]
) -> tuple[Numbers, Numbers, Numbers]:
    """The median, the scale and the size of each row's group."""
    keys = frame.groupby(list(group), sort=False, dropna=False).ngroup().to_numpy()
    series = pd.Series(position)
    middle = series.groupby(keys).transform("median").to_numpy()
    distance = pd.Series(np.abs(position - middle))
    scale = distance.groupby(keys).transform("median").to_numpy() * NORMAL
    size = series.groupby(keys).transform("size").to_numpy(np.float64)
    return middle, scale, size
