"""Institutions: kinds, names, places, and what happens to them in the period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from data import reference
from data.contract import DEFAULT_SCHOOL_TYPE, TECHNICIAN_TYPES
from data.demonstration.course import Row, Setting, between, chance, workday

COLLEGES = 45
UNIVERSITIES = 3
# Secondary schools by school type: (name, number, points an average one offers).
SECONDARY: dict[str, tuple[str, int, int]] = {
    "普通": ("示例中等专业学校", 88, 10),
    "艺术体育": ("示例艺术体育学校", 9, 6),
    "技工学校": ("示例技工学校", 8, 7),
    "高级技工学校": ("示例高级技工学校", 5, 11),
}
# Kinds of college: the end of the name, and the categories it is strong in.
PROFILES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("职业技术学院", ()),
    ("机电职业学院", ("装备制造大类", "能源动力与材料大类")),
    ("信息工程职业学院", ("电子与信息大类",)),
    ("卫生健康职业学院", ("医药卫生大类", "食品药品与粮食大类")),
    ("财经贸易职业学院", ("财经商贸大类", "公共管理与服务大类")),
    ("交通职业学院", ("交通运输大类", "装备制造大类")),
    ("建筑职业学院", ("土木建筑大类", "资源环境与安全大类", "水利大类")),
    ("艺术职业学院", ("文化艺术大类", "新闻传播大类", "旅游大类")),
    ("农业食品职业学院", ("农林牧渔大类", "食品药品与粮食大类", "生物与化工大类")),
)
PROFILE_CYCLE = (0, 1, 2, 0, 3, 1, 4, 2, 5, 0, 6, 1, 7, 2, 0, 3, 8, 4, 2, 0, 5, 1)
ART_CATEGORIES = ("文化艺术大类", "教育与体育大类", "旅游大类")

_DIGITS = "零一二三四五六七八九"


@dataclass(eq=False)
class School:
    """One institution in the making.

    level: today's; size: points it offers at the start; effect: standard normal, what its quality
    and its titles follow.
    """

    id: str
    name: str
    level: str
    authority: str
    ownership: str
    school_type: str
    profile: int
    size: int
    effect: float
    founded: date | None
    district: str | None = None
    longitude: float | None = None
    latitude: float | None = None
    bachelor_since: date | None = None
    closed: date | None = None

    @property
    def technician(self) -> bool:
        return self.school_type in TECHNICIAN_TYPES

    @property
    def strong_in(self) -> tuple[str, ...]:
        """The categories its points lean to."""
        return ART_CATEGORIES if self.school_type == "艺术体育" else PROFILES[self.profile][1]

    def in_force(self, day: date) -> bool:
        return (self.founded is None or self.founded <= day) and (
            self.closed is None or self.closed > day
        )

    def level_on(self, day: date) -> str:
        if self.bachelor_since is None:
            return self.level
        return "职业本科" if self.bachelor_since <= day else "高职"

    def row(self) -> Row:
        return {
            "院校代码": self.id,
            "院校名称": self.name,
            "层次": self.level,
            "主管": self.authority,
            "性质": self.ownership,
            "学校类型": self.school_type,
            "区县": self.district,
            "经度": self.longitude,
            "纬度": self.latitude,
            "成立日期": self.founded,
            "升格职业本科日期": self.bachelor_since,
            "撤并日期": self.closed,
            "联系人": f"示例联系人{self.id}",
        }


def _numeral(number: int) -> str:
    """A number from 1 to 99 in Chinese."""
    tens, ones = divmod(number, 10)
    if not tens:
        return _DIGITS[ones]
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")


def make_schools(setting: Setting, places: Places) -> list[School]:
    """Colleges, universities with 职业本科 points, secondary and technician schools."""
    rng = setting.rng("schools")
    schools = [_college(rng, index) for index in range(COLLEGES)]
    schools += [_university(rng, index) for index in range(UNIVERSITIES)]
    for school_type in SECONDARY:
        for index in range(SECONDARY[school_type][1]):
            schools.append(_secondary(rng, school_type, index, len(schools) + 1))
    _change(setting, schools)
    _place(rng, places, schools)
    return schools


def _college(rng: np.random.Generator, index: int) -> School:
    profile = PROFILE_CYCLE[index % len(PROFILE_CYCLE)]
    private = index % 4 == 3
    provincial = private or index % 3 == 0
    return School(
        id=f"GZ{index + 1:03d}",
        name=f"示例第{_numeral(index + 1)}{PROFILES[profile][0]}",
        level="高职",
        authority="省属" if provincial else chance(rng, ("省属", "市属"), (1, 1)),
        ownership="民办" if private else "行业企业办" if index % 11 == 6 else "公办",
        school_type=DEFAULT_SCHOOL_TYPE,
        profile=profile,
        size=int(np.clip(rng.normal(36, 9), 16, 58)),
        effect=float(rng.normal()),
        founded=date(int(rng.integers(1952, 2012)), 9, 1),
    )


def _university(rng: np.random.Generator, index: int) -> School:
    return School(
        id=f"BK{index + 1:03d}",
        name=f"示例第{_numeral(index + 1)}应用型本科学院",
        level="普通本科",
        authority="省属",
        ownership="公办",
        school_type=DEFAULT_SCHOOL_TYPE,
        profile=index,
        size=0,
        effect=float(rng.normal()),
        founded=date(1956 + 9 * index, 9, 1),
    )


def _secondary(rng: np.random.Generator, school_type: str, index: int, serial: int) -> School:
    stem, _, points = SECONDARY[school_type]
    return School(
        id=f"ZZ{serial - COLLEGES - UNIVERSITIES:03d}",
        name=f"{stem}{index + 1:02d}",
        level="中职",
        authority=chance(rng, ("省属", "市属", "区县属"), (0.12, 0.38, 0.5)),
        ownership="民办" if rng.random() < 0.22 else "公办",
        school_type=school_type,
        profile=int(rng.integers(len(PROFILES))),
        size=int(np.clip(rng.normal(points, 3), 3, 20)),
        effect=float(rng.normal()),
        founded=None if index % 13 == 5 else date(int(rng.integers(1958, 2014)), 9, 1),
    )


def _ordinary_secondary(schools: Sequence[School]) -> list[School]:
    return [s for s in schools if s.level == "中职" and s.school_type == DEFAULT_SCHOOL_TYPE]


def _change(setting: Setting, schools: Sequence[School]) -> None:
    """The college raised to 职业本科, schools merged away, schools founded in the period."""
    raised = round(setting.target("new_bachelor_schools"))
    span = setting.today - setting.issued
    colleges = [s for s in schools if s.level == "高职"]
    public = [s for s in colleges if s.ownership == "公办"]
    for index, school in enumerate(public[:raised]):
        school.bachelor_since = workday(setting.issued + span * (0.32 + 0.1 * index))
        school.level = "职业本科"
        school.name = school.name.replace("职业技术学院", "职业技术大学")
        school.size = max(school.size, 40)
    secondary = _ordinary_secondary(schools)
    secondary[40].closed = setting.before + timedelta(days=577)
    secondary[63].closed = setting.issued + timedelta(days=286)
    secondary[-1].founded = date(setting.issued.year, 9, 1)
    private = [s for s in colleges if s.ownership == "民办"][-1]
    private.founded = date(setting.plan.period_start.year + 1, 5, 20)
    for school in (secondary[-1], private):
        school.size = min(school.size, 12)


def _place(rng: np.random.Generator, places: Places, schools: Sequence[School]) -> None:
    secondary = [s for s in schools if s.level == "中职"]
    for part in ([s for s in schools if s.level != "中职"], secondary):
        for school, district in zip(part, places.draw(rng, len(part)), strict=True):
            school.district = district
    # Every district has a secondary school of its own.
    taken = {s.district for s in secondary if not s.technician}
    spare = iter(_ordinary_secondary(schools))
    for name in places.names:
        if name not in taken:
            next(spare).district = name
    spots = places.spots(rng, [str(s.district) for s in schools])
    for school, (longitude, latitude) in zip(schools, spots, strict=True):
        school.longitude, school.latitude = longitude, latitude
    # What a clerk forgets: three without a district, one misplaced by a quarter of a degree.
    plain = [
        s for s in schools if s.school_type == DEFAULT_SCHOOL_TYPE and s.bachelor_since is None
    ]
    for school in (plain[17], plain[70], plain[95]):
        school.district = school.longitude = school.latitude = None
    misplaced = plain[80]
    misplaced.latitude = round((misplaced.latitude or 0.0) + 0.25, 6)


class Places:
    """Districts and zones, and places inside them."""

    def __init__(self, setting: Setting) -> None:
        table = reference.districts()
        self.names: list[str] = [str(name) for name in table["name"]]
        longitude = table["longitude"].to_numpy(float)
        latitude = table["latitude"].to_numpy(float)
        self.centres = dict(zip(self.names, zip(longitude, latitude, strict=True), strict=True))
        shapes = reference.boundaries()
        self.shapes: dict[str, Any] = dict(zip(shapes["name"], shapes.geometry, strict=True))
        # The nearer to the middle, the more institutions; some districts have more than others.
        distance = np.hypot(longitude - np.median(longitude), latitude - np.median(latitude))
        pull = setting.rng("districts").gamma(12.0, 1 / 12, len(table))
        weights = (np.exp(-distance / 0.18) + 0.15) * pull
        self.weights = weights / weights.sum()

    def draw(self, rng: np.random.Generator, number: int) -> list[str]:
        """So many districts in random order, each as often as its weight asks for."""
        marks = (np.arange(number) + rng.random()) / number
        drawn = np.searchsorted(np.cumsum(self.weights), rng.permutation(marks))
        return [self.names[min(int(i), len(self.names) - 1)] for i in drawn]

    def spots(
        self, rng: np.random.Generator, districts: Sequence[str]
    ) -> list[tuple[float, float]]:
        """(longitude, latitude) in each district, or near the point of one without boundary."""
        wanted: dict[str, list[int]] = defaultdict(list)
        for index, district in enumerate(districts):
            wanted[district].append(index)
        found: list[tuple[float, float]] = [(0.0, 0.0)] * len(districts)
        for district, indices in sorted(wanted.items()):
            for index, (x, y) in zip(indices, self._cloud(rng, district), strict=False):
                found[index] = (round(float(x), 6), round(float(y), 6))
        return found

    def _cloud(self, rng: np.random.Generator, district: str) -> Any:
        """Some thousand places, shape (n, 2), towards the middle and clear of the border."""
        import shapely

        x, y = self.centres[district]
        shape = self.shapes.get(district)
        if shape is None:
            cloud = np.column_stack([rng.normal(x, 0.012, 4096), rng.normal(y, 0.01, 4096)])
            return cloud[np.hypot(cloud[:, 0] - x, cloud[:, 1] - y) < 0.03]
        inner = shape.buffer(-0.01)
        west, south, east, north = inner.bounds
        cloud = np.column_stack(
            [rng.normal(x, (east - west) / 5, 4096), rng.normal(y, (north - south) / 5, 4096)]
        )
        return cloud[shapely.contains_xy(inner, cloud[:, 0], cloud[:, 1])]


def counted_since(
    setting: Setting, rng: np.random.Generator, indicator: str, schools: Sequence[School]
) -> dict[str, date]:
    """From when each school is counted, so that a share of schools keeps to its course.

    Schools that close are never counted and one that changes level always, so as not to disturb
    it; schools founded in the period come last. A school that is never counted is left out.
    """
    found = {s.id: setting.before for s in schools if s.bachelor_since}
    able = [s for s in schools if s.id not in found and s.closed is None]
    young = [s for s in able if s.founded and s.founded > setting.before]
    able = [s for s in able if s not in young]
    queue = iter([*(able[int(i)] for i in rng.permutation(len(able))), *young])
    wanted = setting.counts(indicator, "level")

    def missing(day: date, share: float) -> int:
        there = [s for s in schools if s.in_force(day) and s.level_on(day) in wanted]
        counted = sum(found.get(s.id, date.max) <= day for s in there)
        return max(round(share / 100 * len(there)) - counted, 0)

    anchors = setting.anchors(indicator)
    for _ in range(missing(*anchors[0])):
        found[next(queue).id] = setting.before
    for (start, _), (end, share) in pairwise(anchors):
        for day in sorted(between(rng, start, end) for _ in range(missing(end, share))):
            school = next(queue, None)
            if school is not None:
                found[school.id] = day
    return found
