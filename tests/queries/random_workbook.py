"""Small, nasty, valid workbooks: everything the contract accepts and a clerk would rarely type.

``workbook(pick)`` builds one; ``pick(options)`` chooses one of a sequence, so that the same recipe
serves a seeded generator (``seeded``) and a hypothesis strategy (``workbooks``). The first option
is the plainest one, for shrinking. Dates crowd around the plan's issue date, its deadline and the
quarter-ends, and are often equal; subjects of different kinds share an id.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pandas as pd
from hypothesis import strategies as st

Option = TypeVar("Option")
Row = dict[str, Any]


class Pick(Protocol):
    """Chooses one of a non-empty sequence."""

    def __call__(self, options: Sequence[Option], /) -> Option: ...


DAYS = tuple(
    date.fromisoformat(day)
    for day in (
        "2023-10-19",
        "2015-09-01",
        "2020-12-31",
        "2021-01-01",
        "2023-09-30",
        "2023-10-18",
        "2023-10-20",
        "2023-12-31",
        "2024-06-29",
        "2024-06-30",
        "2024-07-01",
        "2024-12-31",
        "2025-03-31",
        "2025-06-30",
        "2025-09-30",
        "2025-10-01",
        "2025-12-30",
        "2025-12-31",
        "2026-01-01",
        "2026-06-30",
    )
)
AS_OF = (
    date(2023, 10, 19),
    date(2024, 6, 30),
    date(2025, 3, 15),
    date(2025, 9, 30),
    date(2025, 12, 31),
    date(2026, 3, 31),
    date(2023, 6, 1),
    date(2020, 12, 31),
    date(2023, 10, 20),
    date(2025, 12, 30),
    date(2026, 1, 1),
    date(2027, 7, 1),
)

RAISED = (None, None, None, date(2021, 1, 1), date(2020, 12, 31), *DAYS[-9:])

DISTRICTS: tuple[str | None, ...] = ("金水区", None, "410184", "中牟县", "郑东新区", "410171")
# Per level: an ordinary class, one of the eight industries, exceptions, a state-controlled code.
CODES: dict[str, tuple[str, ...]] = {
    "中职": ("610101", "660108", "710106", "790301", "670204"),
    "高职": ("410101", "430605", "460304", "520101K", "520101", "490202"),
    "职业本科": ("210101", "260101", "310209", "330703"),
}
INDUSTRIES: tuple[str | None, ...] = (None, None, None, "人工智能", "现代物流")
LEADING = ("先进制造", "新能源", "现代物流", "现代食品")

POINT_TITLES = ("省级示范性专业点", "省级示范性品牌专业点", "省级升级改造示范性骨干专业点")
SECONDARY_GROUP_TITLES = ("省级优质中职专业群", "省级高水平中职专业群")
COLLEGE_GROUP_TITLES = ("省级高水平高职专业群", "国家双高专业群")
SECONDARY_SCHOOL_TITLES = ("省级高水平中职学校",)
COLLEGE_SCHOOL_TITLES = ("省级高水平高职学校", "国家双高学校")

# Indicators that may be given targets on the way or for a part: id, Chinese name.
COUNTS: tuple[tuple[str, str], ...] = (
    ("points_traditional", "传统优势专业点"),
    ("points_emerging", "新兴专业点"),
    ("points_future", "未来专业点"),
    ("points_distinctive", "特色专业点"),
    ("quality_groups_secondary", "省级优质中职专业(群)（建成）"),
    ("highlevel_groups_college", "省级高水平高职专业(群)（建成）"),
    ("demo_traditional", "省级示范性传统优势专业点"),
    ("demo_emerging", "省级示范性新兴专业点"),
    ("demo_future", "省级示范性未来专业点"),
    ("demo_distinctive", "省级示范性特色专业点"),
    ("brand_points", "省级示范性品牌专业点"),
    ("demo_backbone", "省级升级改造示范性骨干专业点"),
    ("highlevel_schools_secondary", "省级高水平中职学校"),
    ("highlevel_groups_secondary", "省级高水平中职专业(群)（支持建设）"),
    ("national_double_high_colleges", "国家“双高计划”高职学校"),
    ("national_double_high_groups", "国家“双高计划”专业(群)"),
    ("highlevel_colleges_provincial", "省级高水平高职学校"),
    ("highlevel_groups_provincial", "省级高水平高职专业(群)（支持建设）"),
    ("new_bachelor_schools", "新增职业本科学校"),
    ("bachelor_points", "职业本科专业点"),
)
SHARES: tuple[tuple[str, str], ...] = (
    ("industry_share", "重点产业相关专业点占比"),
    ("key_groups_per_institution", "重点打造1—3个专业(群)的院校占比"),
    ("bachelor_enrolment_ratio", "职业本科招生规模占高职招生规模比例"),
    ("leading_industries_per_college", "聚焦服务2—3个主导行业产业的高职院校占比"),
    ("secondary_conditions_met", "办学条件达标中职学校占比"),
)

GOOD_SCHOOL: Row = {
    "在校生": 1200,
    "校园占地面积": 40000,
    "校舍建筑面积": 24000,
    "专任教师": 60,
    "仪器设备总值": 300,
    "纸质图书": 36000,
}
# One threshold missed by a hair, or a school without pupils.
SPOILT_SCHOOLS: tuple[Row, ...] = (
    {},
    {"校园占地面积": 39999},
    {"在校生": 1213},
    {"在校生": 1199, "仪器设备总值": 299.75},
    {"专任教师": 59},
    {"纸质图书": 35999},
    {"校舍建筑面积": 23999.5},
    {"在校生": 0},
)

HEADERS: dict[str, tuple[str, ...]] = {
    "院校": (
        "院校代码",
        "院校名称",
        "层次",
        "主管",
        "学校类型",
        "区县",
        "成立日期",
        "升格职业本科日期",
        "撤并日期",
    ),
    "专业点": (
        "专业点编号",
        "院校代码",
        "专业代码",
        "专业名称",
        "层次",
        "类别",
        "纳入日期",
        "退出日期",
        "产业",
        "设置日期",
        "压缩日期",
        "停招日期",
        "恢复招生日期",
        "撤销日期",
    ),
    "专业群": ("专业群编号", "院校代码", "专业群名称", "重点打造", "组建日期", "撤销日期"),
    "专业群成员": ("专业群编号", "专业点编号"),
    "认定": ("对象类型", "对象编号", "认定名称", "认定日期", "验收日期", "撤销日期"),
    "年度数据": ("专业点编号", "年度", "招生计划", "报到人数"),
    "办学条件": ("院校代码", "年度", *GOOD_SCHOOL, "省级验收结论"),
    "主导产业": ("院校代码", "产业", "起始日期", "终止日期"),
    "目标分解": ("指标", "截止日期", "范围类型", "范围", "目标值"),
    "批准调整": ("指标", "阶段性目标值", "批准日期", "截止日期", "理由", "批准单位"),
    "说明": ("项", "值"),
}
OPTIONAL_SHEETS = ("专业群", "认定", "年度数据", "办学条件", "主导产业", "目标分解", "批准调整")
OPTIONAL_COLUMNS: dict[str, tuple[str, ...]] = {
    "院校": ("主管", "学校类型", "区县", "成立日期", "升格职业本科日期", "撤并日期"),
    "专业点": (
        "类别",
        "纳入日期",
        "退出日期",
        "产业",
        "压缩日期",
        "停招日期",
        "恢复招生日期",
        "撤销日期",
    ),
    "认定": ("验收日期", "撤销日期"),
    "年度数据": ("报到人数",),
}


class _Builder:
    """One workbook in the making; rows keyed by sheet."""

    def __init__(self, pick: Pick, size: int) -> None:
        self.pick, self.size = pick, size
        self.rows: dict[str, list[Row]] = {sheet: [] for sheet in HEADERS}
        self.schools: list[Row] = []
        self.chosen: list[tuple[str, str]] = []
        self.homes: dict[tuple[str, str], Row] = {}

    def how_many(self, most: int) -> int:
        """How many rows: up to ``most`` in a small workbook, at least half as many in larger."""
        return self.pick(range(most * (self.size - 1) // 2, most * self.size + 1))

    def maybe(self, first: date, empty: int = 2) -> date | None:
        """None (the likelier the larger ``empty``: that many of four) or a day from first on."""
        if self.pick(range(4)) < empty:
            return None
        return self.pick([day for day in DAYS if day >= first] or [first])

    def school_name(self, school: Row) -> str:
        return str(self.pick([school["院校代码"], school["院校名称"]]))

    # ------------------------------------------------------------ sheets

    def add_schools(self) -> None:
        for index in range(1 + self.how_many(7)):
            level = self.pick(["中职", "高职", "高职", "中职", "职业本科", "普通本科"])
            founded = self.maybe(DAYS[1], empty=3)
            raisable = level in ("高职", "职业本科") or self.pick(range(10)) == 9
            school: Row = {
                "院校代码": f"00{index}",
                "院校名称": f"示例{index + 1}校",
                "层次": level,
                "主管": self.pick(["市属", "省属", None, "区县属"]),
                "学校类型": self.pick(
                    [None, "普通", None, "艺术体育", None, "技工学校", "高级技工学校"]
                ),
                "区县": self.pick(DISTRICTS),
                "成立日期": founded,
                "升格职业本科日期": self.pick(RAISED) if raisable else None,
                "撤并日期": self.maybe(founded or DAYS[1], empty=3),
            }
            self.schools.append(school)
            self.rows["院校"].append(school)
            self.homes["院校", school["院校代码"]] = school

    def add_points(self) -> None:
        free_from: dict[tuple[str, str, str], date | None] = {}
        with_tracks = self.pick(range(12)) != 11
        for index in range(1 + self.how_many(13)):
            school = self.pick(self.schools)
            technician = school["学校类型"] in ("技工学校", "高级技工学校")
            natural = "职业本科" if school["层次"] == "普通本科" else str(school["层次"])
            level: str = self.pick([natural, natural, natural, "高职", "职业本科", "中职"])
            code = self.pick(CODES[level])
            invented = technician and self.pick([False, True])
            key = (school["院校代码"], level, code.removesuffix("K"))
            first = free_from.get(key, DAYS[1])
            if invented:
                code, first = f"T{index:03d}", DAYS[1]
            elif first is None:  # the point before it is never closed
                continue
            opened = self.pick([day for day in DAYS if day >= first] or [first])
            closed = self.maybe(opened, empty=3)
            if not invented:
                free_from[key] = closed
            suspended = self.maybe(opened, empty=3)
            track_since = self.maybe(DAYS[1], empty=3)
            point: Row = {
                "专业点编号": f"P{index}",
                "院校代码": self.school_name(school),
                "专业代码": code,
                "专业名称": "示例技工专业" if invented else None,
                "层次": level,
                "类别": (
                    self.pick(["传统优势", "新兴", "未来", "特色", None]) if with_tracks else None
                ),
                "纳入日期": track_since,
                "退出日期": self.maybe(track_since or DAYS[1], empty=3),
                "产业": "先进制造" if invented else self.pick(INDUSTRIES),
                "设置日期": opened,
                "压缩日期": self.maybe(opened, empty=3),
                "停招日期": suspended,
                "恢复招生日期": self.maybe(suspended) if suspended else None,
                "撤销日期": closed,
            }
            if opened == date(2015, 9, 1):
                point["设置日期"] = self.pick([opened, 2015])
            self.rows["专业点"].append(point)
            self.homes["专业点", point["专业点编号"]] = school

    def add_groups(self) -> None:
        for index in range(self.how_many(8)):
            school = self.pick(self.schools[: 3 * self.size])
            formed = self.pick(DAYS)
            group: Row = {
                "专业群编号": f"P{index}" if index % 2 == 0 else f"G{index}",
                "院校代码": self.school_name(school),
                "专业群名称": f"示例群{index}",
                "重点打造": self.pick(["是", "是", "否"]),
                "组建日期": formed,
                "撤销日期": self.maybe(formed, empty=3),
            }
            self.rows["专业群"].append(group)
            self.homes["专业群", group["专业群编号"]] = school
            for (kind, point), home in self.homes.items():
                if kind == "专业点" and home is school and self.pick([False, True]):
                    self.rows["专业群成员"].append(
                        {"专业群编号": group["专业群编号"], "专业点编号": point}
                    )

    def titles_for(self, kind: str, school: Row) -> tuple[str, ...]:
        level = school["层次"]
        titles: tuple[str, ...] = POINT_TITLES if kind == "专业点" else ()
        if level == "中职" and school["升格职业本科日期"] is None:
            titles += SECONDARY_SCHOOL_TITLES if kind == "院校" else SECONDARY_GROUP_TITLES
        elif level in ("高职", "职业本科"):
            titles += COLLEGE_SCHOOL_TITLES if kind == "院校" else COLLEGE_GROUP_TITLES
        return titles

    def add_recognitions(self) -> None:
        # A subject may hold a title again from the day on which it lost it.
        free_from: dict[tuple[str, str, str], date | None] = {}
        subjects = [s for s, home in self.homes.items() if self.titles_for(s[0], home)]
        for _ in range(self.how_many(20) if subjects else 0):
            kind, subject = self.pick(subjects)
            school = self.homes[kind, subject]
            title = self.pick(self.titles_for(kind, school))
            first = free_from.get((kind, subject, title), DAYS[1])
            if first is None:
                continue
            awarded = self.pick([day for day in DAYS if day >= first] or [first])
            revoked = self.maybe(awarded, empty=3)
            free_from[kind, subject, title] = revoked
            self.rows["认定"].append(
                {
                    "对象类型": kind,
                    "对象编号": self.school_name(school) if kind == "院校" else subject,
                    "认定名称": title,
                    "认定日期": awarded,
                    "验收日期": self.maybe(awarded),
                    "撤销日期": revoked,
                }
            )

    def add_years(self) -> None:
        for point in self.rows["专业点"]:
            if point["层次"] == "中职" and self.pick([False, False, True]):
                continue
            for year in (2022, 2023, 2024, 2025, 2026):
                registered = self.pick([3, "no row", None, 0, 40, 1000])
                if registered != "no row":
                    self.rows["年度数据"].append(
                        {
                            "专业点编号": point["专业点编号"],
                            "年度": year,
                            "招生计划": 50,
                            "报到人数": registered,
                        }
                    )

    def add_conditions(self) -> None:
        for school in self.schools:
            if school["层次"] != "中职" and self.pick([False, True]):
                continue
            for year in (2022, 2023, 2024, 2025):
                if self.pick([True, False]):
                    record = GOOD_SCHOOL | self.pick(SPOILT_SCHOOLS)
                    record["院校代码"] = self.school_name(school)
                    record["年度"] = year
                    record["省级验收结论"] = self.pick([None, None, "达标", "基本达标", "未达标"])
                    self.rows["办学条件"].append(record)

    def add_leading_industries(self) -> None:
        for school in self.schools:
            for _ in range(self.pick(range(5))):
                since = self.pick(DAYS)
                self.rows["主导产业"].append(
                    {
                        "院校代码": self.school_name(school),
                        "产业": self.pick(LEADING),
                        "起始日期": since,
                        "终止日期": self.maybe(since, empty=3),
                    }
                )

    def some_indicator(self) -> tuple[str, str, tuple[float, ...]]:
        """Id, how the sheet names it, and values within its reach; few different ones."""
        while len(self.chosen) < 3:
            self.chosen.append(self.pick([*COUNTS, *SHARES]))
        indicator = self.pick([*self.chosen, *COUNTS[:4]])
        reachable = (0, 25, 50, 100) if indicator in SHARES else (1, 2, 3, 10, 0)
        return indicator[0], self.pick(indicator), reachable

    def add_allocations(self) -> None:
        taken: set[tuple[object, ...]] = set()
        for _ in range(self.how_many(14)):
            indicator, named, reachable = self.some_indicator()
            kind = self.pick(["全市", "区县", "院校"])
            school = self.pick(self.schools)
            scope: str | None = None
            if kind == "区县":
                scope = school["区县"] or self.pick([name for name in DISTRICTS if name])
            elif kind == "院校":
                scope = self.school_name(school)
            due = self.pick([day for day in DAYS if day.year >= 2023])
            key = (indicator, kind, school["院校代码"] if kind == "院校" else scope, due)
            if key in taken:
                continue
            taken.add(key)
            self.rows["目标分解"].append(
                {
                    "指标": named,
                    "截止日期": due,
                    "范围类型": kind,
                    "范围": scope,
                    "目标值": self.pick(reachable),
                }
            )

    def add_interim_targets(self) -> None:
        for _ in range(self.how_many(6)):
            _, named, reachable = self.some_indicator()
            approved = self.pick([day for day in DAYS if day.year >= 2023])
            self.rows["批准调整"].append(
                {
                    "指标": named,
                    "阶段性目标值": self.pick(reachable),
                    "批准日期": approved,
                    "截止日期": self.maybe(approved, empty=0),
                    "理由": "示例理由",
                    "批准单位": "市政府",
                }
            )

    def build(self) -> dict[str, pd.DataFrame]:
        kept = {sheet: self.pick([*["full"] * 10, "empty", "absent"]) for sheet in OPTIONAL_SHEETS}
        steps: dict[str, Callable[[], None]] = {
            "院校": self.add_schools,
            "专业点": self.add_points,
            "专业群": self.add_groups,
            "认定": self.add_recognitions,
            "年度数据": self.add_years,
            "办学条件": self.add_conditions,
            "主导产业": self.add_leading_industries,
            "目标分解": self.add_allocations,
            "批准调整": self.add_interim_targets,
        }
        for sheet, step in steps.items():
            if kept.get(sheet, "full") == "full":
                step()
        self.rows["说明"] = [
            {"项": "数据集名称", "值": "示例"},
            {"项": "数据截止日", "值": self.pick(AS_OF).isoformat()},
            {"项": "数据性质", "值": "演示"},
        ]
        return {
            sheet: self._frame(sheet) for sheet in HEADERS if kept.get(sheet, "full") != "absent"
        }

    def _frame(self, sheet: str) -> pd.DataFrame:
        """The sheet's rows; optional columns nobody filled are at times not there at all."""
        frame = pd.DataFrame(self.rows[sheet], columns=list(HEADERS[sheet]), dtype="object")
        for header in OPTIONAL_COLUMNS.get(sheet, ()):
            if bool(frame[header].isna().all()) and self.pick([False, True]):
                frame = frame.drop(columns=header)
        return frame


def workbook(pick: Pick, size: int = 1) -> dict[str, pd.DataFrame]:
    """One valid workbook: sheet title -> DataFrame of objects (text, int, date, None).

    size: 1 for up to 8 institutions and 14 points, larger for about as many times more.
    """
    return _Builder(pick, size).build()


def seeded(seed: int, size: int = 1) -> dict[str, pd.DataFrame]:
    """The same workbook for the same seed and size."""
    return workbook(random.Random(seed).choice, size)


@st.composite
def workbooks(draw: st.DrawFn) -> dict[str, pd.DataFrame]:
    """Hypothesis strategy over the same workbooks."""

    def pick(options: Sequence[Option], /) -> Option:
        return draw(st.sampled_from(options))

    return workbook(pick)


def write_folder(frames: Mapping[str, pd.DataFrame], folder: Path) -> Path:
    """Write the workbook as a folder of UTF-8 CSV files named as the sheets."""
    folder.mkdir(parents=True, exist_ok=True)
    for sheet, frame in frames.items():
        frame.to_csv(folder / f"{sheet}.csv", index=False, encoding="utf-8-sig")
    return folder
