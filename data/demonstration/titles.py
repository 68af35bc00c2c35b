"""Specialty groups and recognitions, awarded so that every count keeps to its course."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from data.demonstration.course import YEAR, Batch, Row, Setting, between, pick, workday
from data.demonstration.points import Point, Points
from data.demonstration.schools import School, counted_since

KEY_GROUPS = "key_groups_per_institution"
DEMONSTRATED = (
    ("传统优势", "demo_traditional"),
    ("新兴", "demo_emerging"),
    ("未来", "demo_future"),
    ("特色", "demo_distinctive"),
)
SCHOOL_TITLES = (
    ("highlevel_schools_secondary", ("中职",)),
    ("highlevel_colleges_provincial", ("高职", "职业本科")),
    ("national_double_high_colleges", ("高职",)),
)


@dataclass(eq=False)
class Group:
    """One specialty group in the making."""

    id: str
    school: School
    key: bool
    formed: date
    members: list[Point]
    dissolved: date | None = None

    def row(self) -> Row:
        core = self.members[0].specialty.name if self.members else "综合"
        return {
            "专业群编号": self.id,
            "院校代码": self.school.id,
            "专业群名称": f"{core}专业群",
            "重点打造": "是" if self.key else "否",
            "组建日期": self.formed,
            "撤销日期": self.dissolved,
        }


Subject = Point | Group | School


def make_groups(setting: Setting, schools: Sequence[School], points: Points) -> list[Group]:
    """Groups of every institution; key groups so that the share of institutions is on course.

    An institution is not counted yet while it has no key group, or one more than it may have.
    """
    rng = setting.rng("groups")
    groups: list[Group] = []
    most = int((*setting.counts(KEY_GROUPS, "maximum"), "3")[0])
    levels = setting.counts(KEY_GROUPS, "level")
    able = [s for s in schools if s.level in levels and not s.technician]
    since = counted_since(setting, rng, KEY_GROUPS, able)

    def add(school: School, key: bool, day: date) -> None:
        members = _members(rng, [p for p in points.steady[school.id] if p.opened <= day])
        groups.append(Group(f"Q{len(groups) + 1:04d}", school, key, day, members))

    for school in schools:
        if school.level == "普通本科":
            continue
        for _ in range(int(rng.integers(1, 3 if school.level == "中职" else 5))):
            add(school, False, _long_ago(setting, rng, school))
        day = since.get(school.id)
        if school.technician:
            day = setting.before if rng.random() < 0.6 else None
        if day is None and rng.random() < 0.7:
            continue
        if day is None or (day > setting.issued and rng.random() < 0.15):
            for _ in range(most + 1):
                add(school, True, _long_ago(setting, rng, school))
            groups[-1].dissolved = day
            continue
        first = _long_ago(setting, rng, school) if day <= setting.before else day
        add(school, True, first)
        for _ in range(int(rng.integers(most))):
            if first < setting.today:
                add(school, True, between(rng, first, setting.today))
    return groups


def _long_ago(setting: Setting, rng: np.random.Generator, school: School) -> date:
    first = max(setting.before - 7 * YEAR, school.founded or date.min)
    return between(rng, first, max(setting.before, first + timedelta(days=60)))


def _members(rng: np.random.Generator, points: Sequence[Point]) -> list[Point]:
    """A core point and two to four more, of its own category where there are any."""
    if not points:
        return []
    core = pick(rng, points)
    others = [p for p in points if p is not core]
    others.sort(key=lambda p: (p.specialty.category != core.specialty.category, p.id))
    return [core, *others[: int(rng.integers(2, 5))]]


class Titles:
    """All recognitions; ``rows`` are those of the sheet."""

    def __init__(
        self, setting: Setting, schools: Sequence[School], points: Points, groups: Sequence[Group]
    ) -> None:
        self.setting = setting
        self.rows: list[Row] = []
        self._holders: dict[str, list[Subject]] = defaultdict(list)
        self._award_points(points)
        self._award_groups(groups)
        self._award_schools(schools)
        self.rows.sort(key=lambda r: (r["认定日期"], r["认定名称"], r["对象编号"]))
        for number, row in enumerate(self.rows, start=1):
            announced = row["认定日期"] > setting.today
            row["文号"] = None if announced else f"示教职〔{row['认定日期'].year}〕{number}号"
            row["佐证"] = "已公示，待发文" if announced else f"示例佐证材料{number:04d}"

    def title(self, indicator: str) -> str | None:
        """The title an indicator counts, if the plan has it."""
        counts = self.setting.counts
        titles = counts(indicator, "title") or counts(indicator, "accepted_title")
        return titles[0] if titles else None

    def holders(self, indicator: str) -> list[Subject]:
        return self._holders[self.title(indicator) or ""]

    def _award(self, title: str, subject: Subject, day: date) -> Row:
        kind = {Point: "专业点", Group: "专业群", School: "院校"}[type(subject)]
        row: Row = {
            "对象类型": kind,
            "对象编号": subject.id,
            "认定名称": title,
            "认定日期": day,
            "验收日期": None,
            "撤销日期": None,
        }
        self.rows.append(row)
        self._holders[title].append(subject)
        return row

    def _award_course(
        self,
        indicator: str,
        order: Sequence[Subject],
        ready: Callable[[Subject], date],
        accept: Callable[[Batch], int] = lambda _: 0,
    ) -> list[Row]:
        """Award the indicator's title along its course, in this order, to subjects that are ready.

        accept: how many of a batch are reached in another way.
        """
        title = self.title(indicator)
        if title is None:
            return []
        setting = self.setting
        rng = setting.rng(f"title {indicator}")
        taken = set(map(id, self._holders[title]))
        queue = [s for s in order if id(s) not in taken]
        number, batches = setting.batches(indicator)
        rows: list[Row] = []

        def award(day: date, number: int) -> None:
            for subject in [s for s in queue if ready(s) <= day][:number]:
                queue.remove(subject)
                rows.append(self._award(title, subject, day))

        for _ in range(number):
            award(between(rng, setting.before - 2 * YEAR, setting.before), 1)
        for batch in batches:
            award(batch.day, batch.number - accept(batch))
        lost = [r for r in rows if r["认定日期"] <= setting.issued][::-1]
        for row, day in zip(lost, setting.exit_days(indicator, batches), strict=False):
            row["撤销日期"] = day
        return rows

    # ------------------------------------------------------------ points

    def _award_points(self, points: Points) -> None:
        rng = self.setting.rng("point titles")

        def merit(point: Point) -> float:
            return -point.quality - float(rng.normal())

        for track, indicator in DEMONSTRATED:
            able = [p for p in points.all if p.track == track and p.steady and not p.track_until]
            able.sort(key=merit)
            rows = self._award_course(indicator, able, _tracked_from)
            for row in rows:
                if row["认定日期"] < self.setting.issued and rng.random() < 0.5:
                    row["验收日期"] = workday(row["认定日期"] + timedelta(days=600))
        self._award_course("brand_points", self.holders("demo_distinctive"), _always)
        backbone = [p for p in points.all if p.backbone and p.opened <= self.setting.before]
        backbone.sort(key=merit)
        self._award_course("demo_backbone", backbone, _always)
        # A title at a technician school stands outside the plan's count.
        title = self.title("demo_traditional")
        for point in [p for p in points.all if p.school.technician and p.track][:1]:
            if title:
                self._award(title, point, workday(self.setting.issued + timedelta(days=300)))

    # ------------------------------------------------------------ groups

    def _award_groups(self, groups: Sequence[Group]) -> None:
        rng = self.setting.rng("group titles")
        secondary = self._queue(rng, groups, ("中职",))
        college = self._queue(rng, groups, ("高职", "职业本科"))
        high = self._award_course("highlevel_groups_secondary", secondary, _formed)
        self._award_quality_groups(secondary, high)
        provincial = self._award_course("highlevel_groups_provincial", college, _formed)
        if self.title("highlevel_groups_college"):
            number, batches = self.setting.batches("highlevel_groups_college")
            days = [self.setting.before] * number
            for day in days + [b.day for b in batches for _ in range(b.number)]:
                _accept(provincial, day)
        best = self.holders("highlevel_groups_provincial")
        self._award_course("national_double_high_groups", best[::2] + best[1::2], _formed)

    def _queue(
        self, rng: np.random.Generator, groups: Sequence[Group], levels: Sequence[str]
    ) -> list[Subject]:
        """Groups that last, in order of merit, and here and there a single point instead."""
        able = [
            g
            for g in groups
            if g.school.level in levels
            and not (g.school.technician or g.school.closed or g.dissolved)
            and g.formed <= self.setting.issued
        ]
        able.sort(key=lambda g: -g.school.effect - float(rng.normal()))
        found: list[Subject] = []
        for index, group in enumerate(able):
            single = group.members[0] if group.members and index % 9 == 8 else None
            found.append(single if single and single not in found else group)
        return found

    def _award_quality_groups(self, order: Sequence[Subject], high: Sequence[Row]) -> None:
        """One in four becomes 建成 by the acceptance of a high-level group, the rest by title."""
        turn = 0

        def accept(batch: Batch) -> int:
            nonlocal turn
            accepted = 0
            for _ in range(batch.number):
                turn += 1
                if turn % 4 == 0:
                    accepted += _accept(high, batch.day)
            return accepted

        taken = {r["对象编号"] for r in high}
        able = [s for s in order if s.id not in taken]
        self._award_course("quality_groups_secondary", able, _formed, accept)
        # Both titles at once: counted once.
        title = self.title("quality_groups_secondary")
        known = [r for r in high if r["验收日期"] and r["验收日期"] < self.setting.today]
        for row in known[:2]:
            subject = next(s for s in order if s.id == row["对象编号"])
            if title:
                self._award(title, subject, workday(row["验收日期"] + timedelta(days=30)))

    # ------------------------------------------------------------ institutions

    def _award_schools(self, schools: Sequence[School]) -> None:
        rng = self.setting.rng("school titles")
        for indicator, levels in SCHOOL_TITLES:
            able = [
                s for s in schools if s.level in levels and s.closed is None and not s.technician
            ]
            able.sort(key=lambda s: -s.effect - 0.6 * float(rng.normal()))
            self._award_course(indicator, able, _founded)


def _accept(rows: Sequence[Row], day: date) -> bool:
    """Accept the holder waiting longest; False when none is there to be accepted on the day."""
    waiting = [r for r in rows if r["验收日期"] is None and r["撤销日期"] is None]
    first = min(waiting, key=lambda r: r["认定日期"], default=None)
    if first is None or first["认定日期"] > day:
        return False
    first["验收日期"] = day
    return True


def _tracked_from(subject: Subject) -> date:
    return subject.tracked_from if isinstance(subject, Point) else date.max


def _formed(subject: Subject) -> date:
    return subject.formed if isinstance(subject, Group) else date.min


def _founded(subject: Subject) -> date:
    return (subject.founded if isinstance(subject, School) else None) or date.min


def _always(_: Subject) -> date:
    return date.min
