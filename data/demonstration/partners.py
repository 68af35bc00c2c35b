"""Industry and education: leading industries, enterprises, partnerships, bodies, pathways."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from data.demonstration.course import YEAR, Row, Setting, between, chance, pick, workday
from data.demonstration.points import Catalogue, Point, Points
from data.demonstration.schools import Places, School, counted_since

ENTERPRISES = 500
PARTNERSHIPS = 2000
LEADING = "leading_industries_per_college"
FORMS = (
    "订单培养",
    "现代学徒制",
    "共建实训基地",
    "岗位实习",
    "课程共同开发",
    "师资互聘",
    "技术研发与服务",
)
SIZES = ("大型", "中型", "小型", "微型")
RANKS = ("国家级", "省级", "市级")
# Kinds of pathway: the level it starts from, the level it leads to, how many.
PATHWAYS = {
    "中本3+4": ("中职", "职业本科", 24),
    "高本3+2": ("高职", "职业本科", 38),
    "高本2+2": ("高职", "职业本科", 16),
    "中高职贯通": ("中职", "高职", 110),
}


def make_leading_industries(
    setting: Setting, schools: Sequence[School], points: Points
) -> list[Row]:
    """What each college leads in, by what it offers most; too few or one too many until the day
    from which it is counted."""
    rng = setting.rng("leading")
    least = int((*setting.counts(LEADING, "minimum"), "2")[0])
    most = int((*setting.counts(LEADING, "maximum"), "3")[0])
    colleges = [s for s in schools if s.level == "高职" or s.bachelor_since]
    since = counted_since(setting, rng, LEADING, colleges)
    rows: list[Row] = []
    for school in colleges:
        offered = Counter(p.industry for p in points.steady[school.id])
        ranked = sorted(offered, key=lambda name: (-offered[name], name))
        old = not school.founded or school.founded < setting.before
        first = between(rng, setting.before - 5 * YEAR, setting.before) if old else school.founded
        day = since.get(school.id)
        spans: list[tuple[str, date | None, date | None]]
        if day is not None and day <= setting.before:
            spans = [(name, first, None) for name in ranked[: int(rng.integers(least, most + 1))]]
        elif day is not None and rng.random() < 0.25:
            spans = [(name, first, None) for name in ranked[:most]]
            spans.append((ranked[most], first, day))
        else:
            spans = [(name, first, None) for name in ranked[: least - 1]]
            if day is not None:
                spans.append((ranked[least - 1], day, None))
        for name, start, end in spans:
            rows.append({"院校代码": school.id, "产业": name, "起始日期": start, "终止日期": end})
    return rows


def make_enterprises(setting: Setting, catalogue: Catalogue, places: Places) -> list[Row]:
    """Enterprises of all industries, twice as many in the named ones."""
    rng = setting.rng("enterprises")
    weights = [2.0 if name in catalogue.named else 1.0 for name in catalogue.industries]
    districts = places.draw(rng, ENTERPRISES)
    spots = places.spots(rng, districts)
    return [
        {
            "企业编号": f"QY{number:04d}",
            "企业名称": f"示例企业{number:03d}",
            "产业": chance(rng, catalogue.industries, weights),
            "区县": district,
            "规模": chance(rng, SIZES, (0.12, 0.3, 0.42, 0.16)),
            "经度": longitude,
            "纬度": latitude,
        }
        for number, (district, (longitude, latitude)) in enumerate(
            zip(districts, spots, strict=True), start=1
        )
    ]


def make_partnerships(
    setting: Setting, schools: Sequence[School], points: Points, enterprises: Sequence[Row]
) -> list[Row]:
    """Mostly within the institution's own industries; a few institutions have none."""
    rng = setting.rng("partnerships")
    able = [s for s in schools if s.closed is None and rng.random() > 0.07]
    sizes = np.array([max(s.size, 5) for s in able], float)
    everyone = [str(row["企业编号"]) for row in enterprises]
    by_industry: dict[str, list[str]] = defaultdict(list)
    for row in enterprises:
        by_industry[row["产业"]].append(row["企业编号"])
    offered: dict[str, list[str]] = defaultdict(list)
    for point in points.all:
        offered[point.school.id].append(point.industry)
    found: dict[tuple[str, str, str], Row] = {}
    for index in rng.choice(len(able), PARTNERSHIPS, p=sizes / sizes.sum()):
        school = able[int(index)]
        industry = pick(rng, offered[school.id] or list(by_industry))
        enterprise = pick(rng, by_industry[industry] or everyone)
        form = pick(rng, FORMS)
        first = max(school.founded or date.min, setting.before - 3 * YEAR)
        start = between(rng, first, setting.today)
        end = workday(start + timedelta(days=int(rng.integers(400, 1100))))
        over = rng.random() < 0.28 and end <= setting.today
        found.setdefault(
            (enterprise, school.id, form),
            {
                "企业编号": enterprise,
                "院校代码": school.id,
                "合作形式": form,
                "起始日期": start,
                "终止日期": end if over else None,
            },
        )
    return sorted(found.values(), key=lambda r: (r["起始日期"], r["企业编号"], r["院校代码"]))


def make_bodies(
    setting: Setting,
    catalogue: Catalogue,
    schools: Sequence[School],
    enterprises: Sequence[Row],
) -> list[Row]:
    """Cooperation bodies of every kind the plan knows."""
    rng = setting.rng("bodies")
    leads = [s for s in schools if s.level != "中职" and s.closed is None]
    rows: list[Row] = []
    for kind in setting.plan.body_kinds:
        for number in range(1, int(rng.integers(5, 16))):
            lead = pick(rng, leads)
            industry = pick(rng, catalogue.industries)
            partners = rng.choice(len(enterprises), 3, replace=False)
            names = [str(enterprises[int(i)]["企业名称"]) for i in partners]
            start = between(rng, setting.before, setting.today)
            over = start < setting.issued and rng.random() < 0.08
            rows.append(
                {
                    "载体编号": f"ZT{len(rows) + 1:03d}",
                    "类型": kind,
                    "名称": f"示例{industry}{kind}{number:02d}",
                    "级别": chance(rng, RANKS, (0.07, 0.38, 0.55)),
                    "牵头院校代码": None if rng.random() < 0.1 else lead.id,
                    "成员": "、".join([lead.name, *names]),
                    "产业": industry,
                    "区县": lead.district,
                    "成立日期": start,
                    "撤销日期": workday(setting.issued + timedelta(days=400)) if over else None,
                }
            )
    return rows


def make_pathways(setting: Setting, schools: Sequence[School], points: Points) -> list[Row]:
    """Pathways of every kind, some to universities outside the city."""
    rng = setting.rng("pathways")
    by_level: dict[str, list[Point]] = defaultdict(list)
    for point in points.all:
        if point.steady:
            by_level[point.level].append(point)
    universities = [s for s in schools if s.level in ("普通本科", "职业本科")]
    autumns = [date(year, 9, 1) for year in setting.years]
    autumns = [day for day in autumns if day <= setting.today]
    rows: list[Row] = []
    for kind, (start_level, end_level, number) in PATHWAYS.items():
        for _ in range(number):
            start = pick(rng, by_level[start_level])
            ends = by_level[end_level]
            end = pick(rng, [p for p in ends if p.industry == start.industry] or ends or [None])
            luck = rng.random()
            to, code = f"示例市外本科院校{int(rng.integers(1, 9)):02d}", None
            if end is not None and (end_level == "高职" or luck > 0.5):
                to, code = end.school.id, end.specialty.written
            elif luck > 0.3 and universities:
                to = pick(rng, universities).id
            day = max(pick(rng, autumns), start.opened)
            over = rng.random() < 0.06 and day < setting.issued
            rows.append(
                {
                    "编号": f"GT{len(rows) + 1:03d}",
                    "类型": kind,
                    "起点院校代码": start.school.id,
                    "起点专业代码": start.specialty.written,
                    "终点院校": to,
                    "终点专业代码": code,
                    "起始日期": day,
                    "终止日期": date(setting.today.year, 8, 31) if over else None,
                }
            )
    return rows
