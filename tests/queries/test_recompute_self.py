"""The recomputation itself, against numbers worked out by hand from the definitions.

From the issue date to the deadline are 804 days; 2024-11-24 is the middle, day 402.
"""

from __future__ import annotations

import random
from typing import Any

import pandas as pd
import pytest

from tests.queries.random_workbook import OPTIONAL_SHEETS, seeded, workbook
from tests.queries.recompute import TARGETS, Part, Recomputation, quarter_ends

MIDDLE = "2024-11-24"
Row = dict[str, Any]


def school(code: str, level: str = "高职", **cells: Any) -> Row:
    return {"院校代码": code, "院校名称": f"示例{code}", "层次": level, **cells}


def point(code: str, at: str, opened: str = "2015-09-01", **cells: Any) -> Row:
    return {
        "专业点编号": code,
        "院校代码": at,
        "专业代码": "410101",
        "层次": "高职",
        "设置日期": opened,
        **cells,
    }


def honour(kind: str, subject: str, title: str, awarded: str, **cells: Any) -> Row:
    return {
        "对象类型": kind,
        "对象编号": subject,
        "认定名称": title,
        "认定日期": awarded,
        **cells,
    }


def recompute(**sheets: list[Row]) -> Recomputation:
    return Recomputation({title: pd.DataFrame(rows) for title, rows in sheets.items()})


def future_points(*opened: str, **cells: Any) -> list[Row]:
    return [
        point(f"F{number}", "a", day, 类别="未来", **cells) for number, day in enumerate(opened)
    ]


def test_straight_line_by_hand() -> None:
    """10 at issue, 25 at the middle of a way to 70: a quarter done where half is asked."""
    opened = ["2020"] * 10 + ["2024-03-31"] * 5 + ["2024-06-30"] * 5 + ["2024-09-30"] * 5
    seen = recompute(院校=[school("a")], 专业点=future_points(*opened)).assess(
        "points_future", MIDDLE
    )
    assert seen["actual"] == 25
    assert seen["numerator"] is None
    assert seen["denominator"] is None
    assert seen["baseline"] == 10
    assert seen["progress"] == 0.25
    assert seen["schedule"] == 40
    assert seen["pace"] == 0.5
    assert seen["lag_days"] == 402 - 201
    assert seen["required_per_quarter"] == pytest.approx(45 * 91.3125 / 402)
    assert seen["status"] == "far_behind"
    # Quarter-ends on days 73, 164, 255, 347 (mean 209.75) with 10, 15, 20, 25 (mean 17.5).
    assert seen["forecast"] == pytest.approx(17.5 + 2282.5 / 41678.75 * 594.25)
    # Residual sum of squares 37.5 / 41678.75; t(2) at 0.9 is 1.8856 in the tables.
    half = 1.885618 * (37.5 / 41678.75 / 2) ** 0.5 * (1.25 + 594.25**2 / 41678.75) ** 0.5
    assert seen["low"] == pytest.approx(50.0436 - half, abs=1e-4)
    assert seen["high"] == pytest.approx(50.0436 + half, abs=1e-4)


def test_quarter_ends_include_the_day_itself() -> None:
    ends = [end.date().isoformat() for end in quarter_ends(pd.Timestamp("2025-03-31"), 4)]
    assert ends == ["2024-06-30", "2024-09-30", "2024-12-31", "2025-03-31"]
    assert quarter_ends(pd.Timestamp("2025-03-30"), 1) == [pd.Timestamp("2024-12-31")]


@pytest.mark.parametrize(
    ("cells", "on", "counts"),
    [
        ({"设置日期": "2024-09-01"}, "2024-08-31", False),
        ({"设置日期": "2024-09-01"}, "2024-09-01", True),
        ({"设置日期": 2024}, "2024-08-31", False),
        ({"设置日期": "2024"}, "2024-09-01", True),
        ({"撤销日期": "2024-09-01"}, "2024-08-31", True),
        ({"撤销日期": "2024-09-01"}, "2024-09-01", False),
        ({"停招日期": "2024-09-01"}, "2024-08-31", True),
        ({"停招日期": "2024-09-01"}, "2024-09-01", False),
        ({"停招日期": "2024-09-01", "恢复招生日期": "2025-09-01"}, "2025-08-31", False),
        ({"停招日期": "2024-09-01", "恢复招生日期": "2025-09-01"}, "2025-09-01", True),
        ({"停招日期": "2024-09-01", "恢复招生日期": "2024-09-01"}, "2024-09-01", True),
        ({"压缩日期": "2024-09-01"}, "2024-09-01", True),
        ({"院校代码": "closed"}, "2023-12-31", True),
        ({"院校代码": "closed"}, "2024-01-01", False),
        ({"院校代码": "示例young"}, "2023-12-31", False),
        ({"院校代码": "示例young"}, "2024-01-01", True),
        ({"院校代码": "technician"}, "2024-09-01", False),
    ],
)
def test_point_in_force(cells: Row, on: str, counts: bool) -> None:
    seen = recompute(
        院校=[
            school("a"),
            school("closed", 撤并日期="2024-01-01"),
            school("young", 成立日期="2024-01-01"),
            school("technician", 学校类型="技工学校"),
        ],
        专业点=[point("P", "a") | {"层次": "职业本科", "专业代码": "210101"} | cells],
    )
    assert seen.value("bachelor_points", on)[0] == int(counts)


def test_tracks_count_from_since_until() -> None:
    points = [
        point("1", "a", "2020", 类别="新兴"),
        point("2", "a", "2020", 类别="新兴", 纳入日期="2024-01-01", 退出日期="2025-01-01"),
        point("3", "a", "2020", 类别="新兴", 退出日期="2024-01-01"),
        point("4", "a", "2020", 类别="特色"),
        point("5", "a", "2020"),
    ]
    seen = recompute(院校=[school("a")], 专业点=points)
    assert seen.evidence("points_emerging", "2023-12-31") == {
        ("专业点", "1", True),
        ("专业点", "3", True),
    }
    assert seen.value("points_emerging", "2024-01-01") == (2, None, None)
    assert seen.value("points_emerging", "2025-01-01")[0] == 1
    assert seen.value("points_future", "2025-01-01")[0] == 0


def test_industry_of_a_point() -> None:
    points = [
        point("agriculture", "a"),
        point("override", "a", 产业="新能源"),
        point("exception", "b") | {"层次": "中职", "专业代码": "790301"},
        point("class", "b") | {"层次": "中职", "专业代码": "660108"},
        point("away", "b", 产业="现代物流") | {"层次": "中职", "专业代码": "660108"},
        point("state", "a") | {"专业代码": "520101K"},
    ]
    seen = recompute(院校=[school("a"), school("b", "中职")], 专业点=points)
    assert seen.value("industry_share", MIDDLE) == pytest.approx((400 / 6, 4, 6))
    counted = {subject for _, subject, yes in seen.evidence("industry_share", MIDDLE) if yes}
    assert counted == {"override", "exception", "class", "state"}
    by_level = Part(by="level", group="中职")
    assert seen.value("industry_share", MIDDLE, by_level) == pytest.approx((200 / 3, 2, 3))
    assert seen.value("industry_share", "2010-01-01") == (None, 0, 0)


def test_key_groups_one_to_three() -> None:
    def group(number: int, at: str, key: str = "是", **cells: Any) -> Row:
        return {
            "专业群编号": f"G{at}{number}",
            "院校代码": at,
            "专业群名称": "群",
            "重点打造": key,
            "组建日期": "2022-01-01",
            **cells,
        }

    groups = [
        group(1, "one"),
        group(2, "one", key="否"),
        *(group(n, "three") for n in range(3)),
        *(group(n, "four") for n in range(4)),
        group(1, "gone", 撤销日期="2024-01-01"),
    ]
    schools = [
        school("one", "中职"),
        school("three", "职业本科"),
        school("four"),
        school("gone"),
        school("none"),
        school("technician", "中职", 学校类型="高级技工学校"),
        school("university", "普通本科"),
    ]
    seen = recompute(院校=schools, 专业点=[point("P", "one")], 专业群=groups)
    assert seen.value("key_groups_per_institution", "2023-12-31") == (60, 3, 5)
    assert seen.value("key_groups_per_institution", "2024-01-01") == (40, 2, 5)
    assert ("院校", "none", False) in seen.evidence("key_groups_per_institution", "2024-01-01")


def test_group_titles_count_a_subject_once() -> None:
    group = {"专业群名称": "群", "重点打造": "否", "组建日期": "2022-01-01"}
    seen = recompute(
        院校=[school("z", "中职"), school("g", "高职", 区县="金水区")],
        专业点=[point("X", "z") | {"层次": "中职", "专业代码": "610101"}],
        专业群=[
            {"专业群编号": "X", "院校代码": "z", **group},
            {"专业群编号": "Y", "院校代码": "g", **group, "撤销日期": "2025-01-01"},
        ],
        认定=[
            honour("专业群", "X", "省级优质中职专业群", "2023-01-01"),
            honour("专业群", "X", "省级高水平中职专业群", "2023-01-01", 验收日期="2024-01-01"),
            honour("专业点", "X", "省级高水平中职专业群", "2023-01-01", 验收日期="2024-01-01"),
            honour("专业群", "Y", "省级高水平高职专业群", "2023-01-01", 验收日期="2024-06-30"),
            honour("专业群", "Y", "国家双高专业群", "2019-01-01", 撤销日期="2024-06-30"),
        ],
    )
    assert seen.value("quality_groups_secondary", "2023-12-31")[0] == 1
    assert seen.value("quality_groups_secondary", "2024-01-01")[0] == 2
    assert seen.value("highlevel_groups_secondary", "2023-01-01")[0] == 2
    assert seen.value("highlevel_groups_college", "2024-06-29")[0] == 0
    assert seen.value("highlevel_groups_college", "2024-06-30")[0] == 1
    assert seen.value("highlevel_groups_provincial", "2024-12-31")[0] == 1
    assert seen.value("highlevel_groups_provincial", "2025-01-01")[0] == 0
    assert seen.value("national_double_high_groups", "2021-12-31")[0] == 0  # not formed yet
    assert seen.value("national_double_high_groups", "2024-06-29")[0] == 1
    assert seen.value("national_double_high_groups", "2024-06-30")[0] == 0
    here = Part(by="district", group="金水区")
    assert seen.value("highlevel_groups_provincial", "2024-12-31", here)[0] == 1
    other = Part(by="district", group="未填区县")
    assert seen.value("highlevel_groups_provincial", "2024-12-31", other)[0] == 0
    assert seen.value("quality_groups_secondary", "2024-12-31", other)[0] == 2


def test_enrolment_ratio_takes_the_latest_year_reported() -> None:
    def year(of: str, when: int, registered: int | None) -> Row:
        return {"专业点编号": of, "年度": when, "招生计划": 1, "报到人数": registered}

    bachelor = {"层次": "职业本科", "专业代码": "210101"}
    seen = recompute(
        院校=[school("a", 主管="市属"), school("b", "职业本科"), school("t", 学校类型="技工学校")],
        专业点=[
            point("college", "a"),
            point("closed", "a", 撤销日期="2021-01-01") | {"专业代码": "430605"},
            point("bachelor", "b") | bachelor,
            point("technician", "t"),
            point("secondary", "a") | {"层次": "中职", "专业代码": "610101"},
        ],
        年度数据=[
            year("college", 2023, 100),
            year("closed", 2023, 100),
            year("bachelor", 2023, 10),
            year("bachelor", 2024, 30),
            year("college", 2024, None),
            year("technician", 2025, 500),
            year("secondary", 2025, 500),
        ],
    )
    assert seen.value("bachelor_enrolment_ratio", "2023-12-30") == (None, 0, 0)
    assert seen.value("bachelor_enrolment_ratio", "2023-12-31") == (5, 10, 200)
    assert seen.value("bachelor_enrolment_ratio", "2024-12-31") == (None, 30, 0)
    assert seen.value("bachelor_enrolment_ratio", "2026-12-31") == (None, 30, 0)
    city = Part(authority=("市属",))
    assert seen.value("bachelor_enrolment_ratio", "2024-06-30", city) == (0, 0, 200)
    assert seen.value("bachelor_enrolment_ratio", "2025-06-30", city) == (None, 0, 0)
    # Null at the issue date: no line to follow, and the verdict says that work goes on.
    at_middle = seen.assess("bachelor_enrolment_ratio", MIDDLE)
    assert (at_middle["baseline"], at_middle["schedule"], at_middle["progress"]) == (None,) * 3
    assert at_middle["required_per_quarter"] == pytest.approx(5 * 91.3125 / 402)
    assert at_middle["status"] == "in_progress"
    assert seen.assess("bachelor_enrolment_ratio", "2025-01-01")["status"] == "no_data"


def test_leading_industries_are_distinct() -> None:
    def leads(at: str, industry: str, **cells: Any) -> Row:
        return {"院校代码": at, "产业": industry, "起始日期": "2022-01-01", **cells}

    seen = recompute(
        院校=[
            school("a"),
            school("b"),
            school("c", "职业本科", 升格职业本科日期="2024-06-01"),
            school("d", "中职"),
        ],
        专业点=[point("P", "a")],
        主导产业=[
            leads("a", "新能源"),
            leads("a", "新能源"),
            leads("b", "新能源"),
            leads("b", "新能源", 起始日期="2023-01-01"),
            leads("b", "新材料", 终止日期="2024-07-01"),
            *(leads("c", industry) for industry in ("新能源", "新材料", "先进制造")),
        ],
    )
    assert seen.value("leading_industries_per_college", "2024-05-31") == pytest.approx(
        (200 / 3, 2, 3)
    )
    assert seen.value("leading_industries_per_college", "2024-06-01") == (50, 1, 2)
    assert seen.value("leading_industries_per_college", "2024-07-01") == (0, 0, 2)
    assert seen.value("new_bachelor_schools", "2024-05-31")[0] == 0
    assert seen.value("new_bachelor_schools", "2024-06-01")[0] == 1


def test_conditions_take_the_latest_record() -> None:
    good = {
        "在校生": 1200,
        "校园占地面积": 40000,
        "校舍建筑面积": 24000,
        "专任教师": 60,
        "仪器设备总值": 300,
        "纸质图书": 36000,
    }

    def record(at: str, year: int, **cells: Any) -> Row:
        return {"院校代码": at, "年度": year, **good, **cells}

    seen = recompute(
        院校=[
            *(school(code, "中职") for code in ("good", "bad", "verdict", "none")),
            school("arts", "中职", 学校类型="艺术体育"),
            school("arts2", "中职", 学校类型="艺术体育"),
            school("technician", "中职", 学校类型="技工学校"),
            school("college"),
        ],
        专业点=[point("P", "college")],
        办学条件=[
            record("good", 2022, 在校生=1213),  # 32.98 square metres each
            record("good", 2023),
            record("bad", 2023, 专任教师=59),
            record("verdict", 2023, 在校生=5000, 省级验收结论="基本达标"),
            record("verdict", 2024, 省级验收结论="未达标"),
            record("arts", 2023),
            record("arts2", 2023, 省级验收结论="达标"),
            record("technician", 2023),
        ],
    )
    assert seen.value("secondary_conditions_met", "2022-12-30") == (0, 0, 6)
    assert seen.value("secondary_conditions_met", "2022-12-31") == (0, 0, 6)
    assert seen.value("secondary_conditions_met", "2023-12-31") == (50, 3, 6)
    assert seen.value("secondary_conditions_met", "2024-12-30") == (50, 3, 6)
    assert seen.value("secondary_conditions_met", "2024-12-31") == pytest.approx((200 / 6, 2, 6))


def test_points_retired_by_hand() -> None:
    seen = recompute(
        院校=[school("a", 撤并日期="2024-01-01"), school("t", 学校类型="技工学校")],
        专业点=[
            point("closed", "a", 撤销日期="2024-06-30"),
            point("twice", "a", 压缩日期="2024-06-30", 停招日期="2024-07-01"),
            point("resumed", "a", 停招日期="2024-06-30", 恢复招生日期="2024-07-01"),
            point("on the day", "a", 撤销日期="2023-10-19"),
            point("too young", "a", "2023-10-20", 撤销日期="2024-06-30"),
            point("just old enough", "a", "2023-10-19", 压缩日期="2023-10-20"),
            point("technician", "t", 撤销日期="2024-06-30"),
        ],
    )
    assert seen.value("points_retired", "2023-10-19")[0] == 0
    assert seen.value("points_retired", "2024-06-29")[0] == 1
    assert seen.value("points_retired", "2024-07-31")[0] == 4
    assert seen.assess("points_retired", MIDDLE)["status"] == "monitored"
    assert seen.assess("points_retired", MIDDLE)["schedule"] is None


def test_what_the_workbook_cannot_tell_is_null() -> None:
    seen = recompute(
        院校=[school("a"), school("z", "中职")],
        专业点=[point("P", "a")],
        认定=[],
        年度数据=[],
        专业群=[],
    )
    known = {i for i in TARGETS if seen.value(i, MIDDLE)[0] is not None}
    assert known == {"industry_share", "points_retired", "new_bachelor_schools", "bachelor_points"}
    with_titles = recompute(
        院校=[school("a")],
        专业点=[point("P", "a")],
        认定=[honour("专业点", "P", "省级示范性品牌专业点", "2023-01-01")],
    )
    assert with_titles.value("brand_points", MIDDLE)[0] == 1
    assert with_titles.value("highlevel_schools_secondary", MIDDLE)[0] == 0
    assert with_titles.value("demo_future", MIDDLE)[0] is None  # no track anywhere


def allocated(due: str, target: float, kind: str = "全市", scope: str | None = None) -> Row:
    return {
        "指标": "未来专业点",
        "截止日期": due,
        "范围类型": kind,
        "范围": scope,
        "目标值": target,
    }


def test_broken_line_of_the_city() -> None:
    """From 10 at issue through 20 at the middle to 70: day 201 asks for 15, day 603 for 45."""
    seen = recompute(
        院校=[school("a")],
        专业点=future_points(*["2020"] * 10, *["2023-11-01"] * 5),
        目标分解=[
            allocated(MIDDLE, 20),
            allocated("2025-12-31", 99),
            allocated("2023-10-19", 5),
        ],
    )
    quarter = seen.assess("points_future", "2024-05-07")
    assert (quarter["schedule"], quarter["pace"], quarter["lag_days"]) == (15, 1, 0)
    assert quarter["status"] == "on_track"
    late = seen.assess("points_future", "2025-06-13")
    assert (late["schedule"], late["lag_days"]) == (45, 402)
    assert late["pace"] == pytest.approx(5 / 35)
    after = seen.assess("points_future", "2026-03-31")
    assert (after["target"], after["schedule"]) == (70, 70)
    assert (after["status"], after["forecast"], after["required_per_quarter"]) == (
        "missed",
        15,
        None,
    )


def test_parts_are_assessed_only_with_a_target_of_their_own() -> None:
    seen = recompute(
        院校=[school("a", 区县="410105", 主管="市属"), school("b", 区县="中牟县")],
        专业点=[
            *future_points(*["2020"] * 4, *["2024-01-01"] * 3),
            point("other", "b", 类别="未来"),
        ],
        目标分解=[
            allocated(MIDDLE, 10, "区县", "金水区"),
            allocated("2026-06-30", 50, "区县", "金水区"),
            allocated("2025-12-31", 4, "院校", "示例a"),
        ],
    )
    district = seen.assess("points_future", "2024-05-07", Part(by="district", group="金水区"))
    assert (district["actual"], district["baseline"], district["target"]) == (7, 4, 10)
    assert (district["schedule"], district["pace"], district["status"]) == (7, 1, "on_track")
    later = seen.assess("points_future", "2025-06-13", Part(by="district", group="金水区"))
    assert (later["schedule"], later["pace"], later["status"]) == (10, 0.5, "far_behind")
    own = seen.assess("points_future", MIDDLE, Part(by="institution", group="a"))
    assert (own["target"], own["schedule"], own["progress"]) == (4, None, 1)
    assert own["status"] == "achieved"
    for part in (
        Part(by="district", group="中牟县"),
        Part(by="level", group="高职"),
        Part(authority=("市属",)),
        Part(authority=("市属",), by="district", group="金水区"),
    ):
        contribution = seen.assess("points_future", MIDDLE, part)
        assert contribution["status"] == "not_assessed"
        assert contribution["target"] is None
    total = sum(
        seen.value("points_future", MIDDLE, Part(by="district", group=group))[0] or 0
        for group in seen.groups_of("district")
    )
    assert total == seen.value("points_future", MIDDLE)[0] == 8


@pytest.mark.parametrize(
    ("opened", "closed", "on", "status"),
    [
        (["2020"] * 70, "", "2025-01-01", "achieved"),
        (["2020"] * 67, "", "2025-01-01", "nearly_achieved"),
        (["2020"] * 66 + ["2026-01-01"] * 4, "", "2026-01-01", "achieved_late"),
        (["2020"] * 66 + ["2026-01-01"] * 3, "", "2026-01-01", "missed"),
        (["2020"] * 60 + ["2024-09-01"] * 10, "2026-01-01", "2026-03-31", "achieved"),
        (["2020"] * 70, "2024-06-30", "2024-06-30", "lagging"),
        (["2020"] * 10 + ["2024-01-01"] * 18, "", MIDDLE, "lagging"),
        (["2020"] * 10 + ["2024-01-01"] * 17, "", MIDDLE, "far_behind"),
        (["2020"] * 10 + ["2024-01-01"] * 29, "", MIDDLE, "on_track"),
        (["2020"] * 10 + ["2024-01-01"] * 28, "", MIDDLE, "lagging"),
        (["2020"] * 10, "", "2023-10-19", "on_track"),
    ],
)
def test_first_rule_that_holds(opened: list[str], closed: str, on: str, status: str) -> None:
    """Of 70 points aimed at; ``closed`` is when the first five close again."""
    points = future_points(*opened)
    for row in points[:5]:
        row["撤销日期"] = closed or None
    seen = recompute(院校=[school("a")], 专业点=points)
    assert seen.assess("points_future", on)["status"] == status


def test_interim_target_lapses_by_itself() -> None:
    seen = recompute(
        院校=[school("a")],
        专业点=future_points("2020", "2020"),
        批准调整=[
            {
                "指标": "points_future",
                "阶段性目标值": 2,
                "批准日期": "2024-06-30",
                "截止日期": "2025-06-30",
            }
        ],
    )
    days = ("2024-06-29", "2024-06-30", "2025-06-29", "2025-06-30")
    verdicts = [seen.assess("points_future", day)["status"] for day in days]
    assert verdicts == ["far_behind", "accepted", "accepted", "far_behind"]
    district = seen.assess("points_future", MIDDLE, Part(by="district", group="未填区县"))
    assert district["status"] == "not_assessed"


def test_fulfilled_baseline_has_no_line() -> None:
    points = future_points(*["2020"] * 80)
    for row in points[:24]:
        row["撤销日期"] = "2024-06-30"
    seen = recompute(院校=[school("a")], 专业点=points)
    before = seen.assess("points_future", "2024-06-29")
    assert (before["progress"], before["schedule"], before["pace"]) == (1, None, None)
    assert (before["lag_days"], before["required_per_quarter"]) == (None, 0)
    after = seen.assess("points_future", MIDDLE)
    assert (after["progress"], after["status"]) == (0.8, "lagging")


def test_ahead_and_below() -> None:
    ahead = recompute(院校=[school("a")], 专业点=future_points(*["2020"] * 10, *["2024"] * 45))
    # 55 stands on the line at day 603, 201 days after the middle.
    assert ahead.assess("points_future", MIDDLE)["lag_days"] == -201
    fallen = future_points(*["2020"] * 10)
    fallen[0]["撤销日期"] = "2024-01-01"
    below = recompute(院校=[school("a")], 专业点=fallen).assess("points_future", MIDDLE)
    assert (below["lag_days"], below["progress"]) == (402, pytest.approx(-1 / 60))
    reached = recompute(院校=[school("a")], 专业点=future_points(*["2024"] * 70))
    assert reached.assess("points_future", MIDDLE)["lag_days"] == -402
    assert reached.assess("points_future", "2026-01-10")["lag_days"] == 10


def test_generator_is_seeded_and_covers_the_sheets() -> None:
    first, again = seeded(3), workbook(random.Random(3).choice)
    assert first.keys() == again.keys()
    assert all(first[sheet].equals(again[sheet]) for sheet in first)
    filled = {sheet for seed in range(20) for sheet, rows in seeded(seed).items() if len(rows)}
    assert filled >= set(OPTIONAL_SHEETS)
