"""Yearly figures: intake and outcomes of points, conditions of schools, lists, grades, demand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt

from data.demonstration.course import Row, Setting, chance, pick
from data.demonstration.points import Catalogue, Point, Points
from data.demonstration.schools import School

Numbers = npt.NDArray[np.float64]
Labels = npt.NDArray[np.str_]

GRADES = (("优秀", 90), ("良好", 78), ("合格", 62), ("不合格", 0))
EVALUATED_A_YEAR = 320
FORECAST_YEARS = 3
DEMAND_SOURCES = ("示例行业协会调查", "示例人才中心统计", "示例企业用工调查")
# Per level: specialties on the list of the oversupplied, of those wanted, and recommended besides.
LIST_SIZES = {"中职": (10, 14, 30), "高职": (14, 20, 45), "职业本科": (2, 8, 15)}

# Years before the first reported one, for those who are students or graduates in it.
LEAD = 4


class Lists:
    """The provincial lists by year: what is offered too often, what is wanted."""

    def __init__(self, setting: Setting, catalogue: Catalogue, points: Points) -> None:
        rng = setting.rng("lists")
        self.rows: list[Row] = []
        self.oversupplied: set[tuple[int, str, str]] = set()
        for year in setting.years:
            day = date(year, 1, 1)
            offered = Counter(
                (p.level, p.specialty.code)
                for p in points.all
                if p.in_force(day) and p.specialty.class_name and p.specialty.track is None
            )
            ranked = sorted(offered, key=lambda key: (-offered[key], key))
            for level, (many, wanted, guided) in LIST_SIZES.items():
                over = [code for at, code in ranked if at == level][:many]
                self.oversupplied |= {(year, level, code) for code in over}
                useful = [
                    s.code
                    for s in catalogue.by_level[level]
                    if s.named and not s.controlled and s.code not in over
                ]
                newest = [
                    s.code
                    for s in catalogue.by_level[level]
                    if s.code in useful and s.track in ("未来", "新兴")
                ]
                short = rng.choice(newest, min(wanted, len(newest)), replace=False)
                guide = {*short, *rng.choice(useful, min(guided, len(useful)), replace=False)}
                self._add("布点多规模大", year, level, over)
                self._add("急需紧缺", year, level, sorted(map(str, short)))
                self._add("指导性目录", year, level, sorted(map(str, guide)))

    def _add(self, title: str, year: int, level: str, codes: Sequence[str]) -> None:
        self.rows += [
            {"清单": title, "年度": year, "层次": level, "专业代码": code} for code in codes
        ]


@dataclass
class Figures:
    """Rows of 年度数据, with students by (institution, year) and graduates by (industry, year)."""

    rows: list[Row] = field(default_factory=list)
    students: dict[tuple[str, int], float] = field(default_factory=lambda: defaultdict(float))
    graduates: dict[tuple[str, int], float] = field(default_factory=lambda: defaultdict(float))


def make_figures(setting: Setting, points: Points, lists: Lists) -> Figures:
    """Intake, students, graduates and outcomes of every point and year it has any of."""
    rng = setting.rng("years")
    years = np.arange(setting.years[0] - LEAD, setting.years[-1] + 1)
    autumns = [date(int(year), 9, 1) for year in years]
    level = np.array([p.level for p in points.all])
    quality = _quality(points.all, years, lists)
    intake = _intake(rng, points.all, years, lists, quality)
    _steer_enrolment(setting, years, level, intake)
    columns = intake | _outcomes(rng, level, intake["报到人数"], quality)
    satisfaction = np.clip(88.5 + 4.2 * quality + rng.normal(0, 1.8, quality.shape), 45, 99.5)
    luck = rng.random(quality.shape)
    figures = Figures()
    for i, point in enumerate(points.all):
        ends = [day for day in (point.closed, point.school.closed) if day]
        for j in range(LEAD, len(years)):
            day, year = autumns[j], int(years[j])
            if point.opened > day or any(end <= day for end in ends):
                continue
            row: Row = {"专业点编号": point.id, "年度": year}
            row |= {header: int(column[i, j]) for header, column in columns.items()}
            if not row["招生计划"] and not row["在校生"]:
                continue
            figures.students[point.school.id, year] += row["在校生"]
            figures.graduates[point.industry, year] += row["毕业生"]
            row["满意度"] = round(float(satisfaction[i, j]), 1)
            # What is not known stays empty.
            if luck[i, j] < 0.006:
                row["对口就业人数"] = None
            elif luck[i, j] > 0.99:
                row["满意度"] = None
            figures.rows.append(row)
    _make_mistakes(setting, rng, points, figures)
    return figures


def _quality(points: Sequence[Point], years: npt.NDArray[np.int_], lists: Lists) -> Numbers:
    """Quality by point and year: worse while oversupplied, better in a track; shape (n, k)."""
    over = [
        [(int(y), p.level, p.specialty.code) in lists.oversupplied for y in years] for p in points
    ]
    own = np.array([p.quality + (0.3 if p.track else 0.0) for p in points])
    return np.asarray(own[:, None] - 0.8 * np.array(over, float), np.float64)


def _intake(
    rng: np.random.Generator,
    points: Sequence[Point],
    years: npt.NDArray[np.int_],
    lists: Lists,
    quality: Numbers,
) -> dict[str, Numbers]:
    """招生计划 to 报到人数 by point and year: 0 while suspended, half from the reduction on."""
    n, k = quality.shape
    autumns = [date(int(year), 9, 1) for year in years]
    level = np.array([p.level for p in points])
    base = np.select([level == "中职", level == "高职"], [55.0, 72.0], 110.0)
    base = base * np.exp(rng.normal(0.0, 0.35, n))
    listed = {(at, code) for _, at, code in lists.oversupplied}
    growth = np.array([_growth(p, (p.level, p.specialty.code) in listed) for p in points])
    age = years[None, :] - years[LEAD]
    planned = base[:, None] * growth[:, None] ** age * np.exp(rng.normal(0, 0.05, (n, k)))
    halved = [[bool(p.reduced) and day >= (p.reduced or day) for day in autumns] for p in points]
    planned = np.where(halved, planned / 2, planned)
    active = np.array([[p.in_force(day) for day in autumns] for p in points])
    planned = np.where(active, np.maximum(np.round(planned / 5) * 5, 20), 0)
    applied = np.round(planned * np.exp(0.40 + 0.28 * quality + rng.normal(0, 0.15, (n, k))))
    admitted = np.round(np.minimum(planned, applied * 0.88 + planned * 0.12))
    came = np.clip(0.94 + 0.015 * quality + rng.normal(0, 0.02, (n, k)), 0.7, 0.995)
    return {
        "招生计划": planned,
        "报考人数": applied,
        "录取人数": admitted,
        "报到人数": np.round(admitted * came),
    }


def _growth(point: Point, oversupplied: bool) -> float:
    """Factor by which a point's plan changes each year."""
    if point.track in ("新兴", "未来"):
        return 1.06
    if point.track:
        return 1.01
    return 0.92 if oversupplied else 0.985


def _steer_enrolment(
    setting: Setting, years: npt.NDArray[np.int_], level: Labels, intake: dict[str, Numbers]
) -> None:
    """Scale the 职业本科 intake so that its ratio to the 高职 intake keeps to the course.

    The ratio at a date is that of the latest year whose 31 December has come.
    """
    known = setting.yearly("bachelor_enrolment_ratio")
    if not any(known.values()):
        return
    last = np.array(sorted(known))
    values = np.array([known[int(year)] for year in last])
    bachelor, college = level == "职业本科", level == "高职"
    registered = intake["报到人数"]
    for j, year in enumerate(years):
        present = registered[bachelor, j].sum()
        if not present:
            continue
        wanted = np.interp(float(year), last, values) / 100 * registered[college, j].sum()
        registered[bachelor, j] = np.round(registered[bachelor, j] * (wanted / present))
        # The largest point takes what rounding leaves over.
        largest = np.flatnonzero(bachelor)[np.argmax(registered[bachelor, j])]
        registered[largest, j] += round(wanted) - registered[bachelor, j].sum()
        intake["录取人数"][bachelor, j] = np.ceil(registered[bachelor, j] * 1.04)
        intake["招生计划"][bachelor, j] = np.ceil(registered[bachelor, j] * 1.06 / 5) * 5
        intake["报考人数"][bachelor, j] = np.ceil(registered[bachelor, j] * 1.9)


def _outcomes(
    rng: np.random.Generator, level: Labels, registered: Numbers, quality: Numbers
) -> dict[str, Numbers]:
    """在校生 to 对口就业人数: three years of study, four of a 职业本科 point."""
    n, k = registered.shape
    length = np.where(level == "职业本科", 4, 3)[:, None]
    enrolled, graduates = np.zeros((n, k)), np.zeros((n, k))
    for back in range(5):
        earlier = np.zeros((n, k))
        earlier[:, back:] = registered[:, : k - back]
        enrolled += np.where(back < length, earlier * (1 - 0.02 * back), 0)
        graduates += np.where(back == length, np.floor(earlier * 0.95), 0)
    noise = rng.normal(0, 1, (3, n, k))
    placed = np.floor(graduates * np.clip(0.935 + 0.05 * quality + 0.02 * noise[0], 0.45, 0.995))
    onward = np.select([level == "中职", level == "高职"], [0.52, 0.2], 0.12)[:, None]
    further = np.floor(placed * np.clip(onward + 0.05 * noise[1], 0.02, 0.8))
    fitting = np.clip(0.74 + 0.075 * quality + 0.05 * noise[2], 0.2, 0.98)
    return {
        "在校生": np.round(enrolled),
        "毕业生": graduates,
        "就业人数": placed - further,
        "升学人数": further,
        "对口就业人数": np.floor((placed - further) * fitting),
    }


def _make_mistakes(
    setting: Setting, rng: np.random.Generator, points: Points, figures: Figures
) -> None:
    """A few years left out and a nought too many: warnings, and worth showing."""
    reported = Counter(row["专业点编号"] for row in figures.rows)
    whole = [p.id for p in points.all if p.steady and reported[p.id] == len(setting.years)]
    chosen = [whole[int(i)] for i in rng.choice(len(whole), 5, replace=False)]
    middle = setting.years[len(setting.years) // 2]
    kept = []
    for row in figures.rows:
        place = chosen.index(row["专业点编号"]) if row["专业点编号"] in chosen else None
        if row["年度"] == middle and place is not None:
            if place < 3:
                continue
            row["在校生"] *= 10
        kept.append(row)
    figures.rows = kept


# ---------------------------------------------------------------- conditions of schools


def make_conditions(setting: Setting, schools: Sequence[School], figures: Figures) -> list[Row]:
    """A record per secondary school and year, as many met as the course says; one has none."""
    rng = setting.rng("conditions")
    secondary = [s for s in schools if s.level == "中职"]
    counted = [s for s in secondary if not s.technician]
    able = [s for s in counted if s.closed is None]
    missing = able[7]
    order = [able[int(i)] for i in rng.permutation(len(able)) if able[int(i)] is not missing]
    known = setting.yearly("secondary_conditions_met")
    last = sorted(known)
    # The first in order reaches the standard first, and falls short once again.
    relapse = (order[0].id, setting.years[len(setting.years) // 2])
    met_from: dict[str, int] = {}
    for year in setting.years:
        day = date(year, 12, 31)
        share = float(np.interp(year, last, [known[y] for y in last]))
        wanted = round(share / 100 * sum(s.in_force(day) for s in counted))
        met = len(met_from) - (relapse[1] == year)
        ready = [s for s in order if s.id not in met_from and s.in_force(day)]
        met_from |= {s.id: year for s in ready[: max(wanted - met, 0)]}
    rows: list[Row] = []
    for school in secondary:
        if school is missing:
            continue
        first = met_from.get(school.id, setting.years[-1] + 1)
        if school.technician:
            first = pick(rng, setting.years)
        years = {
            year: first <= year and (school.id, year) != relapse
            for year in setting.years
            if school.in_force(date(year, 12, 31))
        }
        rows += _conditions_of(rng, school, years, figures)
    return rows


def _conditions_of(
    rng: np.random.Generator, school: School, met: dict[int, bool], figures: Figures
) -> list[Row]:
    """The records of one school, ample where met (by year) and short of one or two items else."""
    students = {year: max(figures.students[school.id, year], 60.0) for year in met}
    most, least = max(students.values(), default=0.0), min(students.values(), default=0.0)
    ample = {
        "校园占地面积": max(68000.0, 33 * most) * float(rng.uniform(1.03, 1.6)),
        "校舍建筑面积": max(24500.0, 20 * most) * float(rng.uniform(1.03, 1.4)),
        "专任教师": max(62.0, most / 20) * float(rng.uniform(1.04, 1.4)),
        "仪器设备总值": max(310.0, most * 0.25) * float(rng.uniform(1.1, 2.2)),
        "纸质图书": 30 * most * float(rng.uniform(1.05, 1.6)),
    }
    scarce = {
        "校园占地面积": 30000.0,
        "校舍建筑面积": 18000.0,
        "专任教师": 60.0,
        "仪器设备总值": 300.0,
        "纸质图书": 30 * least,
    }
    short = rng.choice(list(ample), int(rng.integers(1, 3)), replace=False)
    judged = float(rng.random())
    rows: list[Row] = []
    for year, reached in met.items():
        row: Row = {"院校代码": school.id, "年度": year, "在校生": int(students[year])}
        for item, enough in ample.items():
            too_little = scarce[item] * float(rng.uniform(0.72, 0.95))
            row[item] = round(too_little if not reached and item in short else enough)
        row["双师型教师占比"] = round(float(np.clip(rng.normal(48, 10), 15, 85)), 1)
        verdict = None
        if school.school_type == "艺术体育" or judged < 0.25:
            verdict = "达标" if reached else "未达标"
        elif reached and judged < 0.32:
            # Judged well enough by the province though short of a few teachers.
            row["专任教师"] = 58
            verdict = "基本达标"
        row["省级验收结论"] = verdict
        row["文号"] = f"示教验〔{year}〕{int(rng.integers(1, 90))}号" if verdict else None
        rows.append(row)
    return rows


# ---------------------------------------------------------------- grades and demand


def make_evaluations(setting: Setting, points: Points) -> list[Row]:
    """Grades of a sample of points every year since the issue; the better the point, the better."""
    rng = setting.rng("evaluations")
    rows: list[Row] = []
    for year in range(setting.issued.year, setting.today.year + 1):
        day = date(year, 3, 1)
        able = [p for p in points.all if p.in_force(day) and not p.school.technician]
        number = min(EVALUATED_A_YEAR, len(able))
        for index in sorted(rng.choice(len(able), number, replace=False)):
            point = able[int(index)]
            score = float(np.clip(79 + 7 * point.quality + rng.normal(0, 4), 40, 99))
            grade = next(word for word, least in GRADES if score >= least)
            rows.append(
                {"专业点编号": point.id, "年度": year, "等级": grade, "得分": round(score, 1)}
            )
    return rows


def make_demand(setting: Setting, catalogue: Catalogue, figures: Figures) -> list[Row]:
    """Demand by industry and year: a few of its specialties, and a row without code for the rest.

    More than there are graduates in the named industries, fewer in many others.
    """
    rng = setting.rng("demand")
    first, last = setting.years[0], setting.years[-1]
    codes: dict[str, list[str]] = defaultdict(list)
    for level in ("中职", "高职"):
        for specialty in catalogue.by_level[level]:
            codes[specialty.industry].append(specialty.code)
    rows: list[Row] = []
    for industry in catalogue.industries:
        known = codes[industry]
        picked = sorted(map(str, rng.choice(known, min(3, len(known)), replace=False)))
        named = industry in catalogue.named
        ratio = float(rng.uniform(1.1, 1.9) if named else rng.uniform(0.6, 1.2))
        source = chance(rng, DEMAND_SOURCES, (1, 1, 1))
        parts = rng.dirichlet(np.full(len(picked) + 1, 4.0))
        for year in range(first, last + FORECAST_YEARS + 1):
            supply = max(figures.graduates[industry, min(year, last)], 150.0)
            growth = (1.04 if named else 0.99) ** (year - first)
            total = supply * ratio * growth * float(rng.uniform(0.95, 1.05))
            for code, part in zip([*picked, None], parts, strict=True):
                rows.append(
                    {
                        "年度": year,
                        "产业": industry,
                        "专业代码": code,
                        "需求人数": int(round(total * float(part), -1)),
                        "来源": source,
                        "预测": "是" if year > last else "否",
                    }
                )
    return rows
