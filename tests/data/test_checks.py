"""Every rule of the contract: what is typed into a valid workbook, and the exact lines it earns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data.checks import RULES
from data.contract import BY_TITLE
from data.workbook import Unreadable
from tests.data.small_book import (
    D,
    SmallBook,
    errors,
    minimal,
    spoilt,
    valid,
    warnings,
    write_folder,
    write_xlsx,
)

TITLES = (
    "省级示范性专业点、省级示范性品牌专业点、省级升级改造示范性骨干专业点、省级优质中职专业群、"
    "省级高水平中职专业群、省级高水平高职专业群、国家双高专业群、省级高水平中职学校、"
    "省级高水平高职学校、国家双高学校"
)
NO_SCHOOL = "不在“院校”表中，应填院校代码或全称"
NO_POINT = "不在“专业点”表的专业点编号中"
NO_GROUP = "不在“专业群”表的专业群编号中"

Case = tuple[str, dict[str, Any], list[str]]

FAULTS: list[Case] = [
    (
        "required cells empty, even when a space is typed",
        {"院校!B4": None, "专业群!C2": " 　", "年度数据!C2": "", "人才需求!E2": "\u200b"},
        [
            "院校!B4：院校名称不能为空",
            "专业群!C2：专业群名称不能为空",
            "年度数据!C2：招生计划不能为空",
            "人才需求!E2：来源不能为空",
        ],
    ),
    (
        "numbers out of range",
        {
            "院校!H2": 200,
            "院校!I2": -91.5,
            "年度数据!C3": -1,
            "年度数据!L2": 101,
            "年度数据!B4": 1999,
            "办学条件!H2": -5,
            "项目库!J2": 100.5,
        },
        [
            "院校!H2：经度“200”应为 -180—180 的经度",
            "院校!I2：纬度“-91.5”应为 -90—90 的纬度",
            "年度数据!L2：满意度“101”应为 0—100 的百分数",
            "年度数据!C3：招生计划“-1”应为不小于 0 的整数",
            "年度数据!B4：年度“1999”应为 2000—2100 的整数年份",
            "办学条件!H2：仪器设备总值“-5”应为不小于 0 的数",
            "项目库!J2：成功概率“100.5”应为 0—100 的百分数",
        ],
    ),
    (
        "parts of a student and of a year",
        {"年度数据!F2": 58.5, "年度数据!B2": 2022.5, "年度数据!D2": 1e17},
        [
            "年度数据!B2：年度“2022.5”应为 2000—2100 的整数年份",
            "年度数据!D2：报考人数“100000000000000000”"
            "过大（上限约 9007 万亿），应为不小于 0 的整数",
            "年度数据!F2：报到人数“58.5”应为不小于 0 的整数",
        ],
    ),
    (
        "words for numbers",
        {"年度数据!F2": "约60", "办学条件!H2": "8百", "专业评估!D2": "nan", "目标分解!E2": "1e999"},
        [
            "年度数据!F2：报到人数“约60”应为不小于 0 的整数",
            "办学条件!H2：仪器设备总值“8百”应为不小于 0 的数",
            "专业评估!D2：得分“nan”应为数字",
            "目标分解!E2：目标值“1e999”过大（上限约 9007 万亿），应为不小于 0 的数",
        ],
    ),
    (
        "words for dates, dates that never were, and a bare year where a day is asked for",
        {"专业点!M2": "2015-02-29", "专业群!E2": "去年", "院校!J2": 2000, "认定!D2": "24/1/5"},
        [
            "院校!J2：成立日期“2000”不是日期，应为 YYYY-MM-DD",
            "专业点!M2：设置日期“2015-02-29”不是日期，应为 YYYY-MM-DD 或四位年份",
            "专业群!E2：组建日期“去年”不是日期，应为 YYYY-MM-DD",
            "认定!D2：认定日期“24/1/5”不是日期，应为 YYYY-MM-DD",
        ],
    ),
    (
        "choices that are not there",
        {"院校!D2": "市管", "专业点!I2": "Y", "认定!C2": "示范点", "说明!B4": "测试"},
        [
            "院校!D2：主管“市管”应为省属、市属、区县属之一",
            "专业点!I2：骨干“Y”应为是或否",
            f"认定!C2：认定名称“示范点”应为{TITLES}之一",
            "说明!B4：数据性质“测试”应为正式、演示、样例之一",
        ],
    ),
    (
        "a code that no catalogue has",
        {"专业点!C2": "999999"},
        ["专业点!C2：专业代码“999999”不在高职目录中"],
    ),
    (
        "a code of another level",
        {"专业点!C2": "710201"},
        ["专业点!C2：专业代码“710201”不在高职目录中（见于中职目录）"],
    ),
    (
        "two faults in one row are two lines",
        {"专业点!C2": "999999", "专业点!E2": "大专", "专业点!F2": "其他"},
        [
            "专业点!C2：专业代码“999999”不在专业目录中",
            "专业点!E2：层次“大专”应为中职、高职、职业本科之一",
            "专业点!F2：类别“其他”应为传统优势、新兴、未来、特色之一",
        ],
    ),
    (
        "a name of another specialty",
        {"专业点!D2": "护理"},
        ["专业点!D2：专业名称“护理”与专业代码 510201 不一致，目录名称为“计算机应用技术”"],
    ),
    (
        "a technician's own code without name and industry",
        {"专业点!D5": None, "专业点!J5": None},
        [
            "专业点!D5：专业名称不能为空：技工院校的目录外专业须填写专业名称",
            "专业点!J5：产业不能为空：技工院校的目录外专业须填写产业",
        ],
    ),
    (
        "an own code at a school that is no technician institution",
        {"院校!F4": "普通"},
        ["专业点!C5：专业代码“T001”不在中职目录中"],
    ),
    (
        "a school type that cannot be read says nothing about the school's own codes",
        {"院校!F4": "技校"},
        ["院校!F4：学校类型“技校”应为普通、艺术体育、技工学校、高级技工学校之一"],
    ),
    (
        "ends before starts, the later cell named",
        {
            "院校!L2": D("1999-01-01"),
            "专业点!H2": D("2023-12-31"),
            "专业点!Q2": D("2010-01-01"),
            "专业群!F2": D("2019-01-01"),
            "认定!E3": D("2019-01-01"),
            "认定!F3": D("2018-01-01"),
            "主导产业!D2": D("2020-01-01"),
            "校企合作!E2": "2021-08-31",
            "合作载体!J2": "2022年5月31日",
            "贯通培养!H2": "2021/8/31",
            "批准调整!D2": D("2024-12-31"),
            "督导整改!G2": D("2024-02-29"),
            "督导整改!H2": D("2024-02-29"),
            "联席会议!G3": D("2024-02-29"),
        },
        [
            "院校!L2：撤并日期“1999-01-01”早于成立日期 2000-09-01",
            "专业点!H2：退出日期“2023-12-31”早于纳入日期 2024-01-01",
            "专业点!Q2：撤销日期“2010-01-01”早于设置日期 2015-09-01",
            "专业群!F2：撤销日期“2019-01-01”早于组建日期 2020-01-01",
            "认定!E3：验收日期“2019-01-01”早于认定日期 2019-12-01",
            "认定!F3：撤销日期“2018-01-01”早于认定日期 2019-12-01",
            "主导产业!D2：终止日期“2020-01-01”早于起始日期 2022-01-01",
            "校企合作!E2：终止日期“2021-08-31”早于起始日期 2021-09-01",
            "合作载体!J2：撤销日期“2022年5月31日”早于成立日期 2022-06-01",
            "贯通培养!H2：终止日期“2021/8/31”早于起始日期 2021-09-01",
            "批准调整!D2：截止日期“2024-12-31”早于批准日期 2025-01-01",
            "督导整改!G2：整改期限“2024-02-29”早于发现日期 2024-03-01",
            "督导整改!H2：完成日期“2024-02-29”早于发现日期 2024-03-01",
            "联席会议!G3：办结日期“2024-02-29”早于日期 2024-03-01",
        ],
    ),
    (
        "reduced, suspended and resumed before opened: one line a cell",
        {"专业点!N3": "2015-01-01", "专业点!O3": "2015-01-01", "专业点!P3": "2014-01-01"},
        [
            "专业点!N3：压缩日期“2015-01-01”早于设置日期 2016-09-01",
            "专业点!O3：停招日期“2015-01-01”早于设置日期 2016-09-01",
            "专业点!P3：恢复招生日期“2014-01-01”早于设置日期 2016-09-01",
        ],
    ),
    (
        "resumed without having been suspended",
        {"专业点!P2": D("2020-01-01")},
        ["专业点!P2：恢复招生日期“2020-01-01”没有对应的停招日期"],
    ),
    (
        "resumed, and the day of the suspension cannot be read: not also without suspension",
        {"专业点!O3": "不详"},
        ["专业点!O3：停招日期“不详”不是日期，应为 YYYY-MM-DD"],
    ),
    (
        "ids and years twice",
        {"院校!A5": "S3", "专业点!A3": "P1", "年度数据!B3": 2023, "企业!A3": "E1"}
        | dict(zip(("企业!B3", "企业!C3", "企业!D3"), ("又一公司", "化工", "金水区"), strict=True))
        | {"专业群成员!B3": None, "专业点!B6": "S1"},
        [
            "院校!A5：院校代码“S3”与第 4 行重复，应为唯一",
            "专业点!A3：专业点编号“P1”与第 2 行重复，应为唯一",
            "专业群成员!B3：专业点编号不能为空",
            "年度数据!B3：年度“2023”与第 2 行重复：专业点编号、年度相同的只能有一行",
            "企业!A3：企业编号“E1”与第 2 行重复，应为唯一",
        ],
    ),
    (
        "one name for two institutions, brackets of another width",
        {"院校!B5": "示例职业学院(东区)"},
        ["院校!B5：院校名称“示例职业学院(东区)”与第 2 行重复，应为唯一"],
    ),
    (
        "the same year twice for one institution, by code and by name",
        dict(
            zip(
                (f"办学条件!{letter}3" for letter in "ABCDEFGHI"),
                ("示例中等专业学校", 2024, 1, 1, 1, 1, 1, 1, 1),
                strict=True,
            )
        ),
        ["办学条件!B3：年度“2024”与第 2 行重复：院校代码、年度相同的只能有一行"],
    ),
    (
        "names that lead nowhere",
        {
            "专业点!B2": "S9",
            "专业群成员!A2": "G9",
            "专业群成员!B3": "P9",
            "认定!B2": "P9",
            "认定!B3": "G9",
            "认定!B4": "无此校",
            "年度数据!A4": "P9",
            "校企合作!A2": "E9",
            "合作载体!E2": "S9",
            "项目库!D2": "幸福感",
            "任务进展!A2": "无",
            "目标分解!D4": "S9",
            "督导整改!C2": "无",
        },
        [
            f"专业点!B2：院校代码“S9”{NO_SCHOOL}",
            f"专业群成员!A2：专业群编号“G9”{NO_GROUP}",
            f"专业群成员!B3：专业点编号“P9”{NO_POINT}",
            f"认定!B2：对象编号“P9”{NO_POINT}",
            f"认定!B3：对象编号“G9”{NO_GROUP}",
            f"认定!B4：对象编号“无此校”{NO_SCHOOL}",
            f"年度数据!A4：专业点编号“P9”{NO_POINT}",
            "校企合作!A2：企业编号“E9”不在“企业”表的企业编号中",
            f"合作载体!E2：牵头院校代码“S9”{NO_SCHOOL}",
            "项目库!D2：指标“幸福感”不是方案中指标的编号或名称",
            "任务进展!A2：事项“无”不是方案中任务事项的编号或名称",
            f"目标分解!D4：范围“S9”{NO_SCHOOL}",
            "督导整改!C2：指标或事项“无”不是方案中指标或任务事项的编号或名称",
        ],
    ),
    (
        "a range for the city, none for a part of it",
        {"目标分解!D2": "中原区", "目标分解!D3": None, "目标分解!D4": None},
        [
            "目标分解!D2：范围“中原区”应为空：范围类型为全市",
            "目标分解!D3：范围不能为空：应填区县",
            "目标分解!D4：范围不能为空：应填院校",
        ],
    ),
    (
        "a second point in force at once; length and campus make no other point",
        dict(
            zip(
                (f"专业点!{letter}7" for letter in "ABCEKLM"),
                ("P6", "示例职业学院（东区）", "510201K", "高职", "2年", "西校区", 2020),
                strict=True,
            )
        ),
        [
            "专业点!C7：专业代码“510201K”与第 2 行同时在招："
            "同一院校、专业代码、层次同时只能有一个专业点"
        ],
    ),
    (
        "a title for another kind of subject",
        {"认定!C2": "国家双高学校", "认定!C4": "国家双高专业群"},
        [
            "认定!C2：认定名称“国家双高学校”不能授予专业点，应授予院校",
            "认定!C4：认定名称“国家双高专业群”不能授予院校，应授予专业点或专业群",
        ],
    ),
    (
        "titles for another level of institution",
        {"认定!C3": "省级优质中职专业群", "认定!C4": "省级高水平高职学校"},
        [
            "认定!C3：认定名称“省级优质中职专业群”与院校层次不符：所属院校为高职，应为中职",
            "认定!C4：认定名称“省级高水平高职学校”与院校层次不符："
            "所属院校为中职，应为职业本科或高职",
        ],
    ),
    (
        "a title twice at a time",
        {"认定!F5": D("2022-01-02")},
        ["认定!C6：认定名称“省级优质中职专业群”与第 5 行重复：同一对象同时只能持有一次同一认定"],
    ),
    (
        "a member from another institution",
        {"专业群成员!B3": "P3"},
        [
            "专业群成员!B3：专业点编号“P3”属于 示例中等专业学校，"
            "专业群属于 示例职业学院（东区），应为同一院校"
        ],
    ),
    (
        "more leave than graduate, the larger cell named",
        {"年度数据!I2": 45, "年度数据!I3": None, "年度数据!J3": 53},
        [
            "年度数据!I2：就业人数“45”与升学人数 15 之和大于毕业生 50",
            "年度数据!J3：升学人数“53”大于毕业生 52",
        ],
    ),
    (
        "more work in their field than work",
        {"年度数据!K2": 31},
        ["年度数据!K2：对口就业人数“31”大于就业人数 30"],
    ),
    (
        "codes elsewhere than at a point",
        {"人才需求!C2": "999999", "贯通培养!D2": "000001", "省级清单!D2": "710201"},
        [
            "人才需求!C2：专业代码“999999”不在专业目录中",
            "贯通培养!D2：起点专业代码“000001”不在专业目录中",
            "省级清单!D2：专业代码“710201”不在高职目录中",
        ],
    ),
    (
        "the items of 说明",
        {"说明!B2": None, "说明!B3": "上月底", "说明!A4": None, "说明!B4": None},
        [
            "说明!A1：缺少必填的项“数据性质”",
            "说明!B2：数据集名称不能为空",
            "说明!B3：数据截止日“上月底”不是日期，应为 YYYY-MM-DD",
        ],
    ),
    (
        "a data date beyond reason",
        {"说明!B3": "2205-09-30"},
        ["说明!B3：数据截止日“2205-09-30”应在 1900-01-01 至 2100-12-31 之间"],
    ),
    (
        "two data dates",
        {"说明!A5": "数据截止日", "说明!B5": "2024-12-31"},
        ["说明!B5：值“2024-12-31”与第 3 行的“数据截止日”不一致，只能有一个"],
    ),
    (
        "columns unknown, named twice, without a name, and missing",
        {
            "院校!B1": "学校名称",
            "专业群!F1": "组建日期",
            "专业群成员!C3": "备注",
            "主导产业!E1": "备注",
        },
        [
            "院校!A1：缺少必填的列“院校名称”",
            "院校!B1：列名“学校名称”不在本表的列之中（是否应为“院校名称”），"
            f"应为{'、'.join(BY_TITLE['院校'].by_header)}",
            "专业群!F1：列名“组建日期”与 E1 重复，每列只能出现一次",
            "专业群成员!C1：列名为空，但该列第 3 行填有“备注”；应补列名或删去内容",
            "主导产业!E1：列名“备注”不在本表的列之中，应为院校代码、产业、起始日期、终止日期",
        ],
    ),
]


@pytest.mark.parametrize(
    ("edits", "lines"), [case[1:] for case in FAULTS], ids=[c[0] for c in FAULTS]
)
def test_faults_earn_exactly_these_lines(
    edits: dict[str, Any], lines: list[str], tmp_path: Path
) -> None:
    assert errors(write_xlsx(spoilt(valid(), edits), tmp_path / "book.xlsx")) == lines


def test_every_fault_of_a_workbook_is_reported_at_once(tmp_path: Path) -> None:
    """Faults that touch different rows, together in one workbook, each earn their own lines."""
    cases = {
        "a title twice at a time",
        "numbers out of range",
        "more work in their field than work",
        "codes elsewhere than at a point",
        "a name of another specialty",
    }
    book = valid()
    lines: list[str] = []
    for name, edits, expected in FAULTS:
        if name in cases:
            spoilt(book, edits)
            lines += expected
    found = errors(write_folder(book, tmp_path / "book"))
    assert sorted(found) == sorted(lines)
    order = {title: place for place, title in enumerate(BY_TITLE)}
    places = [order[line.split("!")[0]] for line in found]
    assert places == sorted(places)


# What the contract does not forbid.
LAWFUL: list[tuple[str, dict[str, Any]]] = [
    ("start and end on one day", {"专业点!Q2": D("2015-09-01"), "专业群!F2": D("2020-01-01")}),
    ("a member listed twice", {"专业群成员!A5": "G1", "专业群成员!B5": "P1"}),
    ("a title again from the day it was lost", {"认定!F5": D("2022-01-01")}),
    (
        "a new point from the day the old one closed",
        {"专业点!Q2": D("2020-09-01"), "专业点!A7": "P6", "专业点!B7": "S1", "专业点!C7": 510201}
        | {"专业点!E7": "高职", "专业点!M7": D("2020-09-01")},
    ),
    (
        "a point beside a suspended one: in force is what counts",
        {"专业点!O2": D("2020-09-01"), "专业点!A7": "P6", "专业点!B7": "S1", "专业点!C7": 510201}
        | {"专业点!E7": "高职", "专业点!M7": D("2020-09-01")},
    ),
    (
        "a title of a raised institution's earlier level",
        {
            "认定!A7": "院校",
            "认定!B7": "S4",
            "认定!C7": "省级高水平高职学校",
            "认定!D7": "2020-01-01",
        },
    ),
    ("a point of another level than its institution", {"专业点!E5": "高职"}),
    ("dates outside the subject's own", {"认定!D2": D("2010-01-01")}),
    (
        "the far end of a pathway outside every list",
        {"贯通培养!E2": "外国大学", "贯通培养!F2": "X"},
    ),
    (
        "an institution by its name in brackets of another width",
        {"专业群!B2": "示例职业学院(东区)"},
    ),
    ("a district by its adcode, as a number", {"院校!G3": 410105.0}),
    ("an indicator by its id, a deliverable by its id", {"项目库!D2": "points_emerging"}),
    (
        "a 中职 title for a 中职 point offered by a college",
        {f"专业点!{c}7": v for c, v in zip("ABCE", ("P6", "S1", "710202", "中职"), strict=True)}
        | {"专业点!M7": 2020, "认定!A7": "专业点", "认定!B7": "P6", "认定!D7": "2024-05-01"}
        | {"认定!C7": "省级优质中职专业群"},
    ),
    (
        "a title awarded and revoked on one day, amid the years it is held",
        {f"认定!{c}7": v for c, v in zip("ABC", ("专业群", "G1", "国家双高专业群"), strict=True)}
        | {"认定!D7": D("2021-01-01"), "认定!F7": D("2021-01-01")},
    ),
    ("an item twice alike", {"说明!A5": "数据性质", "说明!B5": "样例"}),
    ("items of one's own", {"说明!A5": "填报人", "说明!B5": "张三"}),
    ("dates long ago and far ahead", {"院校!J2": "1898-09-01", "项目库!K2": "2150-01-01"}),
    (
        "one target twice",
        {
            f"目标分解!{c}5": v
            for c, v in zip("ABCE", ("points_emerging", D("2024-12-31"), "全市", 200), strict=True)
        },
    ),
]


@pytest.mark.parametrize("edits", [case[1] for case in LAWFUL], ids=[case[0] for case in LAWFUL])
def test_what_the_contract_does_not_forbid_is_no_error(
    edits: dict[str, Any], tmp_path: Path
) -> None:
    assert errors(write_xlsx(spoilt(valid(), edits), tmp_path / "book.xlsx")) == []


ODDITIES: list[Case] = [
    (
        "places",
        {"院校!G3": None, "院校!H3": 113.6, "院校!H2": 116.4, "院校!I2": 39.9, "企业!G2": None},
        [
            "院校!H2：经度“116.4”所示位置在“中原区”之外约 615 公里，请核对经纬度和区县",
            "院校!G3：区县为空，按“未填区县”统计",
            "院校!I3：纬度为空，经纬度只填了一个，地图上不显示该校",
            "企业!G2：纬度为空，经纬度只填了一个，地图上不显示该企业",
        ],
    ),
    (
        "numbers of students",
        {"年度数据!F2": 121, "年度数据!G3": 1720, "年度数据!C4": 2001},
        [
            "年度数据!F2：报到人数“121”超过招生计划 60 的两倍，请核对",
            "年度数据!F2：报到人数“121”大于录取人数 60，请核对",
            "年度数据!G3：在校生“1720”与上一年的 170 相差五倍以上，请核对",
            "年度数据!C4：招生计划“2001”超过 2000，单个专业点的计划少有如此之多，请核对",
        ],
    ),
    (
        "percentages typed as fractions",
        {"年度数据!L2": 0.88, "年度数据!L3": 0.9},
        ["年度数据!L2：满意度“0.88”及该列其余各值都不大于 1，疑似按小数填写；应为 0—100 的百分数"],
    ),
    (
        "years missing and to come",
        {"年度数据!B3": 2026},
        [
            "年度数据!B3：年度“2026”之前缺少 2024—2025 年的数据",
            "年度数据!B3：年度“2026”晚于数据截止日所在的年份，请核对",
        ],
    ),
    (
        "units",
        {"办学条件!D2": 90, "办学条件!H2": 8_000_000},
        [
            "办学条件!D2：校园占地面积“90”不足 2000 平方米，疑似以亩为单位，应为平方米",
            "办学条件!E2：校舍建筑面积“40000”大于校园占地面积的三倍，请核对单位",
            "办学条件!H2：仪器设备总值“8000000”合生均 50 万元以上，疑似以元为单位，应为万元",
        ],
    ),
    (
        "dates to come and unlikely",
        {
            "专业点!M2": D("2026-09-01"),
            "专业点!F2": None,
            "专业点!G2": None,
            "院校!J2": "1898-09-01",
        },
        [
            "院校!J2：成立日期“1898-09-01”早于 1900-01-01 或晚于 2100-12-31，请核对",
            "专业点!M2：设置日期“2026-09-01”晚于数据截止日 2025-09-30，到该日才计入",
        ],
    ),
    (
        "rows twice in sheets without a key",
        {"专业群成员!A5": "G1", "专业群成员!B5": "P1"}
        | {
            f"主导产业!{c}3": v
            for c, v in zip("ABC", ("S1", "先进制造", "2022-01-01"), strict=True)
        },
        [
            "专业群成员!B5：专业点编号“P1”与第 2 行重复，请核对",
            "主导产业!B3：产业“先进制造”与第 2 行重复，请核对",
        ],
    ),
    (
        "targets unlike the plan's",
        {"目标分解!B2": D("2025-12-31"), "目标分解!B3": D("2026-01-01"), "批准调整!B2": 71},
        [
            "目标分解!E2：目标值“200”与方案的目标值 260 不同，全市目标以方案为准",
            "目标分解!B3：截止日期“2026-01-01”不在方案印发之后、"
            "指标截止日期 2025-12-31 之前，不起作用",
            "批准调整!B2：阶段性目标值“71”高于方案的目标值 70，请核对",
        ],
    ),
    (
        "departments",
        {"任务进展!F2": "市教育局、市卫生局", "联席会议!E2": "示例中等专业学校"},
        ["任务进展!F2：责任单位“市教育局、市卫生局”中的“市卫生局”不在方案的责任单位之列"],
    ),
    (
        "points",
        {
            "专业点!D2": "计算机应用技术（大数据方向）",
            "专业点!F4": None,
            "专业点!G4": D("2024-01-01"),
        }
        | {"专业点!E6": "高职", "专业点!C6": "510203", "专业点!B5": "S3", "专业点!E5": "高职"},
        [
            "专业点!D2：专业名称“计算机应用技术（大数据方向）”带有方向，"
            "专业按目录名称“计算机应用技术”统计",
            "专业点!G4：纳入日期“2024-01-01”没有对应的类别，不计入任何类别",
            "专业点!E5：层次“高职”高于所属院校的层次（中职），请核对",
        ],
    ),
    (
        "a raised institution of another level, before it was founded",
        {"院校!K2": D("1999-09-01"), "院校!K3": D("2024-01-01")},
        [
            "院校!K2：升格职业本科日期“1999-09-01”早于成立日期，请核对",
            "院校!K3：升格职业本科日期“2024-01-01”与层次“中职”不一致，"
            "自该日起按职业本科、此前按高职统计",
        ],
    ),
    (
        "说明",
        {"说明!A5": "填报人", "说明!B5": "张三", "说明!A6": "备注", "说明!B6": "一"}
        | {"说明!A7": "备注", "说明!B7": "二"},
        [
            "说明!A5：项“填报人”不是约定的项，照录；"
            "约定的项为数据集名称、数据截止日、数据性质、填报单位、联系人、备注",
            "说明!A7：项“备注”与第 6 行重复，两处内容合并",
        ],
    ),
]


@pytest.mark.parametrize(
    ("edits", "lines"), [c[1:] for c in ODDITIES], ids=[c[0] for c in ODDITIES]
)
def test_oddities_are_remarked_and_loaded(
    edits: dict[str, Any], lines: list[str], tmp_path: Path
) -> None:
    usual = warnings(write_folder(valid(), tmp_path / "usual"))
    found = warnings(write_xlsx(spoilt(valid(), edits), tmp_path / "book.xlsx"))
    assert [line for line in found if line not in usual] == lines


def test_a_valid_workbook_has_no_errors(tmp_path: Path) -> None:
    assert errors(write_xlsx(valid(), tmp_path / "book.xlsx")) == []
    assert errors(write_folder(minimal(), tmp_path / "book")) == []


# ---------------------------------------------------------------- no avalanche


def test_a_sheet_misnamed_is_one_fault_not_one_a_reference(tmp_path: Path) -> None:
    book = valid()
    book["专业群表"] = book.pop("专业群")
    assert errors(write_folder(book, tmp_path / "book")) == [
        f"专业群表!A1：工作表“专业群表”不在约定之列（是否应为“专业群”），应为{'、'.join(BY_TITLE)}"
    ]


def test_a_missing_required_sheet_is_one_fault(tmp_path: Path) -> None:
    book = valid()
    del book["专业点"]
    assert errors(write_folder(book, tmp_path / "book")) == ["专业点!A1：缺少这张必需的工作表"]


def test_a_missing_optional_sheet_leaves_its_references_unresolved(tmp_path: Path) -> None:
    book = valid()
    del book["企业"]
    assert errors(write_folder(book, tmp_path / "book")) == [
        "校企合作!A2：企业编号“E1”不在“企业”表的企业编号中"
    ]


def test_an_unknown_institution_is_not_repeated_by_what_belongs_to_it(tmp_path: Path) -> None:
    book = spoilt(valid(), {"专业点!B2": "S9"})
    assert errors(write_folder(book, tmp_path / "book")) == [f"专业点!B2：院校代码“S9”{NO_SCHOOL}"]


def test_a_header_below_a_title_is_one_fault(tmp_path: Path) -> None:
    book = valid()
    book["专业群"].insert(0, ["2025 年专业群一览"])
    assert errors(write_folder(book, tmp_path / "book")) == [
        "专业群!A2：第 2 行的表头应在第 1 行，请删去上面的行"
    ]


@pytest.mark.parametrize("rows", [0, 1])
def test_required_sheets_must_have_rows(rows: int, tmp_path: Path) -> None:
    book: SmallBook = {sheet: cells[:rows] for sheet, cells in minimal().items()}
    where = "2：没有数据，至少应填一行" if rows else "1：工作表是空的，应有表头和数据"
    assert errors(write_xlsx(book, tmp_path / "book.xlsx")) == [
        f"{sheet}!A{where}" for sheet in ("院校", "专业点", "说明")
    ]


def test_optional_sheets_may_be_blank_or_without_rows(tmp_path: Path) -> None:
    book = minimal() | {"认定": [], "专业群": [["专业群编号"]]}
    assert errors(write_xlsx(book, tmp_path / "book.xlsx")) == []


# ---------------------------------------------------------------- the rules as files


@pytest.mark.parametrize("path", sorted(RULES.rglob("*.sql")), ids=lambda path: path.stem)
def test_a_rule_opens_with_its_grain(path: Path) -> None:
    assert path.read_text("utf-8").startswith("-- One row per ")


def test_long_and_odd_values_stay_on_one_short_line(tmp_path: Path) -> None:
    book = spoilt(valid(), {"专业群!D2": "是\n否\x07" + "长" * 100})
    (line,) = errors(write_folder(book, tmp_path / "book"))
    assert line == f"专业群!D2：重点打造“是 否{'长' * 56}…”应为是或否"


def test_nothing_readable_is_no_workbook(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="没有可用的表"):
        errors(write_folder({"Sheet1": [["a"]]}, tmp_path / "book"))
