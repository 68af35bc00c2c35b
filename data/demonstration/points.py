"""Specialty points: what is offered, opened, put into tracks, reduced and closed."""

from __future__ import annotations

import math
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from data import reference
from data.demonstration.course import Batch, Row, Setting, between, pick, workday
from data.demonstration.schools import School

Numbers = npt.NDArray[np.float64]

# New points a year, those that leave a year, and all retired between issue and data date, as
# shares of the points in force at the start of the period.
OPENED_BEFORE_ISSUE = 0.024
OPENED_AFTER_ISSUE = 0.054
LEFT_A_YEAR_BEFORE_ISSUE = 0.016
RETIRED_AFTER_ISSUE = 0.070

CATEGORY_WEIGHTS: dict[str, float] = {
    "装备制造大类": 20,
    "电子与信息大类": 20,
    "医药卫生大类": 12,
    "财经商贸大类": 11,
    "交通运输大类": 6,
    "文化艺术大类": 5,
    "土木建筑大类": 5,
    "教育与体育大类": 3,
    "旅游大类": 3,
    "能源动力与材料大类": 4,
    "食品药品与粮食大类": 3,
    "公共管理与服务大类": 3,
    "生物与化工大类": 2,
    "农林牧渔大类": 1.5,
    "资源环境与安全大类": 1.2,
    "轻工纺织大类": 1.2,
    "新闻传播大类": 1.2,
    "水利大类": 0.6,
    "公安与司法大类": 0.4,
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TRACK_CLASSES: dict[str, frozenset[str]] = {
    "新兴": _words(
        "电子信息类 计算机类 通信类 集成电路类 自动化类 新能源发电工程类 生物技术类 "
        "药品与医疗器械类 航空装备类 轨道装备类"
    ),
    "传统优势": _words(
        "机械设计制造类 机电设备类 汽车制造类 食品类 粮食类 纺织服装类 轻化工类 化工技术类 农业类 "
        "有色金属材料类 黑色金属材料类 非金属材料类 建筑材料类"
    ),
    "特色": _words(
        "铁道运输类 城市轨道交通类 航空运输类 道路运输类 旅游类 餐饮类 艺术设计类 表演艺术类 "
        "民族文化艺术类 文化服务类 中医药类 物流类 体育类"
    ),
}
EMERGING_INDUSTRIES = _words("新能源")
FUTURE_INDUSTRIES = _words("人工智能")
FUTURE_WORDS = _words("大数据 云计算 区块链 虚拟现实 量子 智能控制 智能产品")
BACKBONE_CLASSES = _words(
    "物流类 金融类 经济贸易类 工商管理类 电子商务类 财务会计类 统计类 机电设备类 计算机类"
)
TRACK_INDICATORS = (
    ("未来", "points_future"),
    ("新兴", "points_emerging"),
    ("传统优势", "points_traditional"),
    ("特色", "points_distinctive"),
)
# Trades of technician schools outside the national catalogue: code, name, industry.
TRADES: tuple[tuple[str, str, str], ...] = (
    ("0106-4", "数控加工", "先进制造"),
    ("0113-4", "焊接加工", "先进制造"),
    ("0203-4", "电气自动化设备安装与维修", "先进制造"),
    ("0210-4", "工业机器人应用与维护", "先进制造"),
    ("0301-4", "计算机网络应用", "现代信息技术"),
    ("0308-4", "多媒体制作", "现代信息技术"),
    ("0401-4", "汽车驾驶", "交通运输（智慧出行）"),
    ("0403-4", "汽车维修", "交通运输（智慧出行）"),
    ("0412-4", "新能源汽车检测与维修", "新能源"),
    ("0501-4", "烹饪", "文旅文创"),
    ("0601-4", "电子商务", "商务与服务贸易"),
    ("0602-4", "现代物流", "现代物流"),
    ("1301-4", "幼儿教育", "教育体育"),
    ("1302-4", "护理", "健康养老"),
)


@dataclass(frozen=True)
class Specialty:
    """A specialty of the catalogue with its industry. named: one the plan's share counts."""

    level: str
    code: str
    name: str
    class_name: str
    category: str
    industry: str
    named: bool
    controlled: bool

    @property
    def written(self) -> str:
        """The code as a workbook has it, with K where the state controls it."""
        return self.code + ("K" if self.controlled else "")

    @property
    def track(self) -> str | None:
        """The track its points would be put into."""
        if self.industry in FUTURE_INDUSTRIES or any(word in self.name for word in FUTURE_WORDS):
            return "未来"
        if self.industry in EMERGING_INDUSTRIES:
            return "新兴"
        return next((t for t, classes in TRACK_CLASSES.items() if self.class_name in classes), None)


@dataclass(eq=False)
class Point:
    """One specialty point in the making. quality: standard normal, what its figures follow."""

    school: School
    specialty: Specialty
    opened: date
    quality: float
    id: str = ""
    track: str | None = None
    track_since: date | None = None
    track_until: date | None = None
    backbone: bool = False
    own_industry: str | None = None
    reduced: date | None = None
    suspended: date | None = None
    resumed: date | None = None
    closed: date | None = None

    @property
    def level(self) -> str:
        return self.specialty.level

    @property
    def industry(self) -> str:
        return self.own_industry or self.specialty.industry

    @property
    def steady(self) -> bool:
        """Nothing ever ends it, so titles and tracks on it count without exception."""
        ended = self.suspended or self.closed or self.school.closed
        return ended is None and not self.school.technician

    @property
    def tracked_from(self) -> date:
        return self.track_since or self.opened

    def in_force(self, day: date) -> bool:
        """In force on the day, its institution too."""
        there = self.opened <= day and (self.closed is None or self.closed > day)
        paused = (
            self.suspended is not None
            and self.suspended <= day
            and (self.resumed is None or self.resumed > day)
        )
        return there and not paused and self.school.in_force(day)

    def on_track(self, day: date) -> bool:
        """Whether its track counts on the day."""
        return self.tracked_from <= day and (self.track_until is None or self.track_until > day)

    def row(self) -> Row:
        return {
            "专业点编号": self.id,
            "院校代码": self.school.id,
            "专业代码": self.specialty.written,
            "专业名称": self.specialty.name,
            "层次": self.level,
            "类别": self.track,
            "纳入日期": self.track_since,
            "退出日期": self.track_until,
            "骨干": "是" if self.backbone else "否",
            "产业": self.own_industry,
            "学制": "四年" if self.level == "职业本科" else "三年",
            "校区": "东校区" if zlib.crc32(self.id.encode()) % 7 == 0 else "主校区",
            "设置日期": self.opened,
            "压缩日期": self.reduced,
            "停招日期": self.suspended,
            "恢复招生日期": self.resumed,
            "撤销日期": self.closed,
        }


class Catalogue:
    """The national catalogue by level, and how often each specialty is chosen."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.named = frozenset(setting.counts("industry_share", "industry"))
        self.industries: list[str] = reference.industries()["name"].tolist()
        self.by_level: dict[str, list[Specialty]] = defaultdict(list)
        for r in reference.industry_of_specialties().to_dict("records"):
            self.by_level[r["level"]].append(
                Specialty(
                    level=r["level"],
                    code=r["code"],
                    name=r["name"],
                    class_name=r["class_name"],
                    category=r["category_name"],
                    industry=r["industry"],
                    named=r["industry"] in self.named,
                    controlled=bool(r["state_controlled"]),
                )
            )

    @cached_property
    def _popularity(self) -> dict[str, Numbers]:
        """How often each specialty of a level is chosen, before an institution's own leaning."""
        rng = self.setting.rng("popularity")
        found: dict[str, Numbers] = {}
        for level, specialties in sorted(self.by_level.items()):
            luck = np.exp(rng.normal(0, 0.9, len(specialties)))
            in_category = Counter(s.category for s in specialties)
            weights = [
                CATEGORY_WEIGHTS.get(s.category, 1.0)
                / in_category[s.category]
                * (0.3 if s.controlled else 1.0)
                for s in specialties
            ]
            rare = [1.2 if s.track == "未来" else 0.0 for s in specialties]
            found[level] = np.maximum(np.array(weights) * luck, rare)
        return found

    def leaning(self, school: School, level: str) -> Numbers:
        """Weights of the level's specialties at one institution."""
        factor = 40.0 if school.school_type == "艺术体育" else 4.0
        strong = school.strong_in
        boost = [factor if s.category in strong else 1.0 for s in self.by_level[level]]
        return np.asarray(self._popularity[level] * np.array(boost), np.float64)


class Points:
    """All specialty points; made in one go, then kept."""

    def __init__(self, setting: Setting, catalogue: Catalogue, schools: Sequence[School]) -> None:
        self.setting = setting
        self.catalogue = catalogue
        self.schools = schools
        self.all: list[Point] = []
        self._used: set[tuple[str, str, str]] = set()
        self._make()
        self._give_tracks()
        self._steer_industry_share()
        self._number()
        self.steady: dict[str, list[Point]] = defaultdict(list)
        for point in self.all:
            if point.steady:
                self.steady[point.school.id].append(point)

    # ------------------------------------------------------------ opening

    def _make(self) -> None:
        rng = self.setting.rng("points")
        for school in self.schools:
            if school.technician:
                self._offer_trades(rng, school)
            elif school.level != "普通本科":
                self._offer(rng, school, "中职" if school.level == "中职" else "高职", school.size)
        self._open_bachelor_points(rng)
        self.first_cohort = sum(p.in_force(self.setting.before) for p in self.all)
        self._retire(rng)
        self._open_every_autumn(rng)

    def _offer(self, rng: np.random.Generator, school: School, level: str, number: int) -> None:
        """So many specialties that an institution has always had."""
        specialties = self.catalogue.by_level[level]
        weights = self.catalogue.leaning(school, level)
        p = weights / weights.sum()
        for index in rng.choice(len(specialties), number, replace=False, p=p):
            self._add(rng, school, specialties[int(index)], self._long_ago(rng, school))

    def _offer_trades(self, rng: np.random.Generator, school: School) -> None:
        """Half of a technician school's points are trades outside the catalogue."""
        trades = rng.choice(len(TRADES), max(school.size // 2, 1), replace=False)
        for index in trades:
            code, name, industry = TRADES[int(index)]
            named = industry in self.catalogue.named
            trade = Specialty("中职", code, name, "", "", industry, named, False)
            point = self._add(rng, school, trade, self._long_ago(rng, school))
            point.own_industry = industry
        self._offer(rng, school, "中职", max(school.size - len(trades), 1))

    def _long_ago(self, rng: np.random.Generator, school: School) -> date:
        """A 1 September before the period, or the founding of a younger institution."""
        first = max(school.founded.year if school.founded else 1990, 1998)
        last = max(self.setting.before.year, first)
        year = last - int(min(rng.gamma(2.0, 4.0), last - first))
        return max(date(year, 9, 1), school.founded or date.min)

    def _add(
        self, rng: np.random.Generator, school: School, specialty: Specialty, opened: date
    ) -> Point:
        quality = float(0.45 * school.effect + 0.89 * rng.normal())
        point = Point(school, specialty, opened, quality)
        self._used.add((school.id, specialty.level, specialty.code))
        self.all.append(point)
        return point

    def _open(
        self,
        rng: np.random.Generator,
        school: School,
        level: str,
        day: date,
        weight: Callable[[Specialty], float],
    ) -> None:
        """Open a specialty the institution does not have, if any, by its leaning times weight."""
        specialty = self._draw(rng, school, level, weight)
        if specialty is not None:
            self._add(rng, school, specialty, day)

    def _draw(
        self,
        rng: np.random.Generator,
        school: School,
        level: str,
        weight: Callable[[Specialty], float],
    ) -> Specialty | None:
        specialties = self.catalogue.by_level[level]
        weights = self.catalogue.leaning(school, level) * np.array(
            [0.0 if (school.id, level, s.code) in self._used else weight(s) for s in specialties]
        )
        if not weights.any():
            return None
        return specialties[int(rng.choice(len(specialties), p=weights / weights.sum()))]

    def _open_bachelor_points(self, rng: np.random.Generator) -> None:
        """职业本科 points, opened in Septembers so that their number keeps to its course."""
        anchors = [(day, round(value)) for day, value in self.setting.anchors("bachelor_points")]
        before = self.setting.before
        openings = [date(before.year - int(rng.integers(4)), 9, 1) for _ in range(anchors[0][1])]
        for (start, low), (end, high) in pairwise(anchors):
            autumns = [date(year, 9, 1) for year in range(start.year, end.year + 1)]
            autumns = [day for day in autumns if start < day <= end]
            if autumns and high > low:
                weights = np.linspace(1.0, 1.3, len(autumns))
                numbers = rng.multinomial(high - low, weights / weights.sum())
                for day, number in zip(autumns, numbers, strict=True):
                    openings += [day] * int(number)
        hosts = [s for s in self.schools if s.level == "普通本科"]
        for day in openings:
            raised = [s for s in self.schools if s.bachelor_since and s.bachelor_since <= day]
            school = pick(rng, raised if raised and rng.random() < 0.75 else hosts)
            self._open(rng, school, "职业本科", day, lambda s: 1.0 + s.named)

    def _open_every_autumn(self, rng: np.random.Generator) -> None:
        """New points every September, mostly for new industries; more of them after the issue."""
        schools = [
            s
            for s in self.schools
            if s.level != "普通本科" and not s.technician and s.closed is None
        ]
        sizes = np.array([s.size for s in schools], float) ** 0.8
        gone = [p for p in self.all if p.closed and p.closed < self.setting.issued]
        autumns = [date(year, 9, 1) for year in self.setting.years]
        autumns = [day for day in autumns if day <= self.setting.today]
        for day in autumns:
            rate = OPENED_AFTER_ISSUE if day > self.setting.issued else OPENED_BEFORE_ISSUE
            number = round(rate * self.first_cohort)
            for index in rng.choice(len(schools), number, p=sizes / sizes.sum()):
                school = schools[int(index)]
                if school.in_force(day):
                    level = "中职" if school.level == "中职" else "高职"
                    self._open(rng, school, level, day, _newness)
        # A point closed once may be opened anew later.
        for point in gone[:2]:
            self._add(rng, point.school, point.specialty, autumns[-1])

    # ------------------------------------------------------------ closing

    def _retire(self, rng: np.random.Generator) -> None:
        """Close, suspend and reduce, before and after the issue; the weak first."""
        setting = self.setting
        able = [
            p
            for p in self.all
            if p.level != "职业本科" and not p.school.closed and not p.school.technician
        ]
        weights = np.array(
            [math.exp(-1.3 * p.quality) * (0.12 if p.specialty.named else 1.0) for p in able]
        )
        years = (setting.issued - setting.before).days / 365.25
        early = round(LEFT_A_YEAR_BEFORE_ISSUE * years * self.first_cohort)
        late = round(RETIRED_AFTER_ISSUE * self.first_cohort)
        chosen = rng.choice(len(able), early + late, replace=False, p=weights / weights.sum())
        for order, index in enumerate(chosen):
            point = able[int(index)]
            span = (
                (setting.before, setting.issued)
                if order < early
                else (
                    setting.issued,
                    setting.today,
                )
            )
            self._end(rng, point, max(span[0], point.opened), span[1])
        # Decided already, not yet in effect at the data date.
        left = [able[int(i)] for i in np.argsort(-weights)]
        for point in [p for p in left if p.closed is None and p.suspended is None][:4]:
            point.closed = setting.deadline

    def _end(self, rng: np.random.Generator, point: Point, after: date, to: date) -> None:
        """Mostly before a school year: of a few drawn days one from March to August, if any."""
        days = [between(rng, after, to) for _ in range(3)]
        day = next((d for d in days if 3 <= d.month <= 8), days[0])
        fate = rng.random()
        if fate < 0.46:
            point.closed = day
        elif fate < 0.72:
            point.suspended = day
            if rng.random() < 0.2:
                resumed = date(day.year + 1, 9, 1)
                point.resumed = resumed if resumed <= self.setting.today else None
            elif to == self.setting.issued and rng.random() < 0.3:
                point.closed = workday(day + timedelta(days=500))
        else:
            point.reduced = day

    # ------------------------------------------------------------ tracks

    def _give_tracks(self) -> None:
        """Put points into tracks in batches, new ones first; a few leave again."""
        for track, indicator in TRACK_INDICATORS:
            if self.setting.indicator(indicator) is None:
                continue
            rng = self.setting.rng(f"track {track}")
            able = [p for p in self.all if p.steady and p.specialty.track == track]
            able.sort(key=lambda p: -p.quality - 0.7 * float(rng.normal()))
            number, batches = self.setting.batches(indicator, autumn=1.7)
            for point in [p for p in able if p.opened <= self.setting.before][:number]:
                point.track = track
            for batch in batches:
                _include(track, able, batch)
            leaving = [p for p in able if p.track and p.tracked_from <= self.setting.issued]
            days = self.setting.exit_days(indicator, batches)
            for point, day in zip(leaving[::-1], days, strict=False):
                point.track_until = day
        # A technician school's point in a track stands outside the plan's count.
        outside = [p for p in self.all if p.school.technician and p.specialty.track]
        for point in outside[:4]:
            point.track = point.specialty.track
            point.track_since = self.setting.issued + timedelta(days=120)

    def _steer_industry_share(self) -> None:
        """Swap specialties of points without a track until the share keeps to its course.

        Points in force all along move both dates' shares alike; points opened after the issue
        move the later one only.
        """
        setting = self.setting
        anchors = dict(setting.anchors("industry_share"))
        if not anchors[setting.issued]:
            return
        rng = setting.rng("industry share")
        plain = [p for p in self.all if p.steady and p.track is None and p.level != "职业本科"]
        old = [p for p in plain if p.opened <= setting.before and not p.reduced]
        new = [p for p in plain if setting.issued < p.opened <= setting.today]
        for day, pool in ((setting.issued, old), (setting.today, new)):
            there = [p for p in self.all if not p.school.technician and p.in_force(day)]
            named = sum(p.specialty.named for p in there)
            missing = round(anchors[day] / 100 * len(there)) - named
            candidates = [p for p in pool if p.specialty.named == (missing < 0)]
            for index in rng.permutation(len(candidates))[: abs(missing)]:
                self._swap(rng, candidates[int(index)], named=missing > 0)

    def _swap(self, rng: np.random.Generator, point: Point, named: bool) -> None:
        """Another specialty of the same institution and level, inside or outside the named ones."""
        other = self._draw(rng, point.school, point.level, lambda s: float(s.named == named))
        if other is not None:
            self._used.discard((point.school.id, point.level, point.specialty.code))
            self._used.add((point.school.id, point.level, other.code))
            point.specialty = other

    def _number(self) -> None:
        """Order and number the points; backbone marks and the odd industry given by hand."""
        rng = self.setting.rng("numbers")
        order = {school.id: index for index, school in enumerate(self.schools)}
        self.all.sort(key=lambda p: (order[p.school.id], p.level, p.opened, p.specialty.code))
        for index, point in enumerate(self.all):
            point.id = f"P{index + 1:05d}"
            if point.specialty.class_name in BACKBONE_CLASSES and point.steady:
                point.backbone = bool(rng.random() < 0.45)
            elif point.own_industry is None and rng.random() < 0.012:
                # Inside or outside the named ones as before, so that the share stands.
                named = self.catalogue.named
                point.own_industry = pick(
                    rng,
                    [
                        i
                        for i in self.catalogue.industries
                        if (i in named) == point.specialty.named and i != point.industry
                    ],
                )


def _newness(specialty: Specialty) -> float:
    """How much a specialty is wanted when something new is opened."""
    wanted = {"未来": 3.0, "新兴": 3.0, "传统优势": 1.0, "特色": 0.8}.get(
        specialty.track or "", 0.4
    )
    return wanted * (1.5 if specialty.named else 0.1)


def _include(track: str, order: Sequence[Point], batch: Batch) -> None:
    """Put a batch into the track: up to seven in ten newly opened, counted from their opening."""
    free = [p for p in order if p.track is None]
    fresh = [p for p in free if batch.since < p.opened <= batch.day]
    fresh = fresh[: math.ceil(batch.number * 0.7)]
    old = [p for p in free if p.opened <= batch.since][: batch.number - len(fresh)]
    for point in fresh:
        point.track = track
    for point in old:
        point.track, point.track_since = track, batch.day
