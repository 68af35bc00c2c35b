"""The workbook contract as data: every sheet, its table and its columns, in the contract's order.

The reader, the checks, the template, the demonstration data and the export all read this one
description, so that they cannot disagree about a header or a type. Nothing here does I/O.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

LEVELS = ("中职", "高职", "职业本科")
INSTITUTION_LEVELS = (*LEVELS, "普通本科")
AUTHORITIES = ("省属", "市属", "区县属")
SCHOOL_TYPES = ("普通", "艺术体育", "技工学校", "高级技工学校")
TECHNICIAN_TYPES = ("技工学校", "高级技工学校")
DEFAULT_SCHOOL_TYPE = "普通"
# The best first.
EVALUATION_GRADES = ("优秀", "良好", "合格", "不合格")
TRACKS = ("传统优势", "新兴", "未来", "特色")
SUBJECT_KINDS = ("专业点", "专业群", "院校")
SCOPE_KINDS = ("全市", "区县", "院校")
DATA_NATURES = ("正式", "演示", "样例")
OFFICIAL_NATURE, SAMPLE_NATURE = "正式", "样例"
NO_DISTRICT = "未填区县"

# Titles each kind of subject may hold, and the institution levels it may stand at.
TITLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "省级示范性专业点": (("专业点",), INSTITUTION_LEVELS),
    "省级示范性品牌专业点": (("专业点",), INSTITUTION_LEVELS),
    "省级升级改造示范性骨干专业点": (("专业点",), INSTITUTION_LEVELS),
    "省级优质中职专业群": (("专业群", "专业点"), ("中职",)),
    "省级高水平中职专业群": (("专业群", "专业点"), ("中职",)),
    "省级高水平高职专业群": (("专业群", "专业点"), ("高职", "职业本科")),
    "国家双高专业群": (("专业群", "专业点"), ("高职", "职业本科")),
    "省级高水平中职学校": (("院校",), ("中职",)),
    "省级高水平高职学校": (("院校",), ("高职", "职业本科")),
    "国家双高学校": (("院校",), ("高职", "职业本科")),
}

# Dates outside this span are accepted but pointed out; Excel itself starts in 1900.
FIRST_DATE, LAST_DATE = date(1900, 1, 1), date(2100, 12, 31)
FIRST_YEAR, LAST_YEAR = 2000, 2100


@dataclass(frozen=True)
class Column:
    """One column of a sheet.

    kind: text, date, date_or_year, year, count (whole, >= 0), number, amount (>= 0), share
    (0-100), longitude, latitude, flag (是/否) or choice (one of ``choices``).
    refers: what the text must resolve to: institution, point, group, enterprise, district,
    industry, indicator, deliverable, item (an indicator or a deliverable), body_kind, or empty.
    """

    header: str
    name: str
    kind: str = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    refers: str = ""
    note: str = ""

    @property
    def is_code(self) -> bool:
        """Whether the text is a code, which Excel may have turned into a number."""
        return self.name.endswith(("_id", "_code")) or self.name in ("to_institution", "scope")


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name in the workbook, its table, its columns and the key that is unique."""

    title: str
    table: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    required: bool = False
    brings: str = ""
    by_header: dict[str, Column] = field(init=False, repr=False, compare=False)
    by_name: dict[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_header", {c.header: c for c in self.columns})
        object.__setattr__(self, "by_name", {c.name: c for c in self.columns})


def _c(
    header: str,
    name: str,
    kind: str = "text",
    *,
    choices: tuple[str, ...] = (),
    refers: str = "",
    note: str = "",
) -> Column:
    """A column; a trailing ``*`` on the header marks it required, as in the contract."""
    required = header.endswith("*")
    if choices:
        kind = "choice"
    return Column(header.rstrip("*"), name, kind, required, choices, refers, note)


_INSTITUTION = "填院校代码，也可填院校全称"
_OPEN_END = "空 = 至今有效"

SHEETS: tuple[Sheet, ...] = (
    Sheet(
        "院校",
        "institutions",
        (
            _c("院校代码*", "institution_id", note="全表唯一"),
            _c("院校名称*", "name", note="全称，全表唯一"),
            _c("层次*", "level", choices=INSTITUTION_LEVELS, note="当前层次"),
            _c("主管", "authority", choices=AUTHORITIES),
            _c("性质", "ownership", choices=("公办", "民办", "行业企业办", "中外合作")),
            _c("学校类型", "school_type", choices=SCHOOL_TYPES, note="空 = 普通"),
            _c("区县", "district", refers="district", note="区县或开发区的名称或区划代码"),
            _c("经度", "longitude", "longitude"),
            _c("纬度", "latitude", "latitude"),
            _c("成立日期", "founded_on", "date", note="空 = 一直存在"),
            _c("升格职业本科日期", "bachelor_since", "date"),
            _c("撤并日期", "closed_on", "date", note=_OPEN_END),
            _c("联系人", "contact"),
        ),
        key=("institution_id",),
        required=True,
        brings="院校名单、区县分布和院校画像",
    ),
    Sheet(
        "专业点",
        "specialty_points",
        (
            _c("专业点编号*", "point_id", note="全表唯一"),
            _c("院校代码*", "institution_id", refers="institution", note=_INSTITUTION),
            _c("专业代码*", "specialty_code", note="该层次目录内的六位代码，可带 K"),
            _c("专业名称", "specialty_name", note="填写时须与代码一致"),
            _c("层次*", "level", choices=LEVELS),
            _c("类别", "track", choices=TRACKS),
            _c("纳入日期", "track_since", "date", note="空 = 自设置日期起"),
            _c("退出日期", "track_until", "date", note=_OPEN_END),
            _c("骨干", "is_backbone", "flag"),
            _c("产业", "industry", refers="industry", note="填写时替代目录默认的产业"),
            _c("学制", "duration"),
            _c("校区", "campus"),
            _c("设置日期*", "opened_on", "date_or_year", note="只填年份按当年 9 月 1 日"),
            _c("压缩日期", "reduced_on", "date"),
            _c("停招日期", "suspended_on", "date"),
            _c("恢复招生日期", "resumed_on", "date"),
            _c("撤销日期", "closed_on", "date", note=_OPEN_END),
        ),
        key=("point_id",),
        required=True,
        brings="全部专业点类指标",
    ),
    Sheet(
        "专业群",
        "specialty_groups",
        (
            _c("专业群编号*", "group_id", note="全表唯一"),
            _c("院校代码*", "institution_id", refers="institution", note=_INSTITUTION),
            _c("专业群名称*", "name"),
            _c("重点打造*", "is_key", "flag"),
            _c("组建日期*", "formed_on", "date"),
            _c("撤销日期", "dissolved_on", "date", note=_OPEN_END),
        ),
        key=("group_id",),
        brings="重点打造专业（群）",
    ),
    Sheet(
        "专业群成员",
        "group_members",
        (
            _c("专业群编号*", "group_id", refers="group"),
            _c("专业点编号*", "point_id", refers="point", note="须与专业群同属一所院校"),
        ),
        key=("group_id", "point_id"),
        brings="专业群的组成",
    ),
    Sheet(
        "认定",
        "recognitions",
        (
            _c("对象类型*", "subject_kind", choices=SUBJECT_KINDS),
            _c("对象编号*", "subject_id", note="专业点、专业群的编号，或院校代码"),
            _c("认定名称*", "title", choices=tuple(TITLES)),
            _c("认定日期*", "awarded_on", "date", note="立项或认定"),
            _c("验收日期", "accepted_on", "date", note="验收通过"),
            _c("撤销日期", "revoked_on", "date", note=_OPEN_END),
            _c("文号", "document"),
            _c("佐证", "evidence"),
        ),
        brings="示范性专业点、高水平与双高建设类指标",
    ),
    Sheet(
        "年度数据",
        "point_years",
        (
            _c("专业点编号*", "point_id", refers="point"),
            _c("年度*", "year", "year"),
            _c("招生计划*", "planned", "count"),
            _c("报考人数", "applied", "count", note="第一志愿"),
            _c("录取人数", "admitted", "count"),
            _c("报到人数", "registered", "count", note="新生，不含专升本和五年制转段"),
            _c("在校生", "enrolled", "count"),
            _c("毕业生", "graduates", "count"),
            _c("就业人数", "employed", "count"),
            _c("升学人数", "further_study", "count"),
            _c("对口就业人数", "matched", "count"),
            _c("满意度", "satisfaction", "share"),
        ),
        key=("point_id", "year"),
        brings="招生规模比例与监测预警",
    ),
    Sheet(
        "办学条件",
        "conditions",
        (
            _c("院校代码*", "institution_id", refers="institution", note=_INSTITUTION),
            _c("年度*", "year", "year"),
            _c("在校生*", "students", "amount"),
            _c("校园占地面积*", "campus_m2", "amount", note="平方米"),
            _c("校舍建筑面积*", "building_m2", "amount", note="平方米"),
            _c("专任教师*", "teachers", "amount"),
            _c("双师型教师占比", "dual_share", "share"),
            _c("仪器设备总值*", "equipment", "amount", note="万元"),
            _c("纸质图书*", "books", "amount", note="册"),
            _c("省级验收结论", "verdict", choices=("达标", "基本达标", "未达标")),
            _c("文号", "document"),
        ),
        key=("institution_id", "year"),
        brings="中职办学条件达标情况",
    ),
    Sheet(
        "主导产业",
        "leading_industries",
        (
            _c("院校代码*", "institution_id", refers="institution", note=_INSTITUTION),
            _c("产业*", "industry", refers="industry"),
            _c("起始日期*", "since", "date"),
            _c("终止日期", "until", "date", note=_OPEN_END),
        ),
        brings="高职院校聚焦主导产业情况",
    ),
    Sheet(
        "人才需求",
        "talent_demand",
        (
            _c("年度*", "year", "year"),
            _c("产业*", "industry", refers="industry"),
            _c("专业代码", "specialty_code", note="空 = 该产业其余未分专业的需求"),
            _c("需求人数*", "demand", "amount"),
            _c("来源*", "source"),
            _c("预测", "is_forecast", "flag"),
        ),
        brings="产教对接的需求一侧",
    ),
    Sheet(
        "企业",
        "enterprises",
        (
            _c("企业编号*", "enterprise_id", note="全表唯一"),
            _c("企业名称*", "name"),
            _c("产业*", "industry", refers="industry"),
            _c("区县*", "district", refers="district"),
            _c("规模", "size", choices=("大型", "中型", "小型", "微型")),
            _c("经度", "longitude", "longitude"),
            _c("纬度", "latitude", "latitude"),
        ),
        key=("enterprise_id",),
        brings="校企合作的企业一侧",
    ),
    Sheet(
        "校企合作",
        "partnerships",
        (
            _c("企业编号*", "enterprise_id", refers="enterprise"),
            _c("院校代码*", "institution_id", refers="institution", note=_INSTITUTION),
            _c("合作形式*", "form"),
            _c("起始日期*", "started_on", "date"),
            _c("终止日期", "ended_on", "date", note=_OPEN_END),
        ),
        brings="校企合作关系",
    ),
    Sheet(
        "合作载体",
        "cooperation_bodies",
        (
            _c("载体编号*", "body_id", note="全表唯一"),
            _c("类型*", "kind", refers="body_kind", note="市域产教联合体、产业学院等"),
            _c("名称*", "name"),
            _c("级别", "rank", choices=("国家级", "省级", "市级")),
            _c("牵头院校代码", "lead_institution_id", refers="institution", note=_INSTITUTION),
            _c("成员", "members"),
            _c("产业", "industry", refers="industry"),
            _c("区县", "district", refers="district"),
            _c("成立日期*", "founded_on", "date"),
            _c("撤销日期", "dissolved_on", "date", note=_OPEN_END),
        ),
        key=("body_id",),
        brings="产教融合载体",
    ),
    Sheet(
        "贯通培养",
        "pathways",
        (
            _c("编号*", "pathway_id", note="全表唯一"),
            _c("类型*", "kind", choices=("中本3+4", "高本3+2", "高本2+2", "中高职贯通")),
            _c("起点院校代码*", "from_institution_id", refers="institution", note=_INSTITUTION),
            _c("起点专业代码*", "from_specialty_code"),
            _c("终点院校*", "to_institution", note="院校代码或名称，可为市外院校"),
            _c("终点专业代码", "to_specialty_code"),
            _c("起始日期*", "started_on", "date"),
            _c("终止日期", "ended_on", "date", note=_OPEN_END),
        ),
        key=("pathway_id",),
        brings="中高本贯通",
    ),
    Sheet(
        "专业评估",
        "evaluations",
        (
            _c("专业点编号*", "point_id", refers="point"),
            _c("年度*", "year", "year"),
            _c("等级*", "grade", choices=EVALUATION_GRADES),
            _c("得分", "score", "number"),
        ),
        brings="专业评估等级",
    ),
    Sheet(
        "省级清单",
        "provincial_lists",
        (
            _c("清单*", "list", choices=("布点多规模大", "急需紧缺", "指导性目录")),
            _c("年度*", "year", "year"),
            _c("层次*", "level", choices=LEVELS),
            _c("专业代码*", "specialty_code"),
        ),
        brings="布点过多与急需紧缺专业",
    ),
    Sheet(
        "项目库",
        "projects",
        (
            _c("项目编号*", "project_id", note="全表唯一"),
            _c("项目名称*", "name"),
            _c("院校代码*", "institution_id", refers="institution", note=_INSTITUTION),
            _c("指标*", "indicator", refers="indicator", note="项目推动的指标，编号或名称"),
            _c("贡献*", "contribution", "amount", note="建成后为指标增加多少"),
            _c("级别*", "rank", choices=("国家级", "省级", "市级")),
            _c("阶段*", "stage", choices=("储备", "成熟", "在建", "验收", "终止")),
            _c("上级资金", "superior_funds", "amount", note="万元"),
            _c("市级资金", "city_funds", "amount", note="万元"),
            _c("成功概率", "success_probability", "share"),
            _c("计划完成日期*", "planned_on", "date"),
            _c("实际完成日期", "completed_on", "date"),
        ),
        key=("project_id",),
        brings="项目库与资金",
    ),
    Sheet(
        "任务进展",
        "deliverable_updates",
        (
            _c("事项*", "deliverable", refers="deliverable", note="任务事项的编号或名称"),
            _c("日期*", "reported_on", "date"),
            _c("状态*", "state", choices=("未启动", "推进中", "已完成")),
            _c("数值", "value", "number"),
            _c("说明", "note"),
            _c("责任单位", "department"),
            _c("佐证", "evidence"),
        ),
        brings="任务事项进展",
    ),
    Sheet(
        "目标分解",
        "target_allocations",
        (
            _c("指标*", "indicator", refers="indicator", note="编号或名称"),
            _c("截止日期*", "due_on", "date"),
            _c("范围类型*", "scope_kind", choices=SCOPE_KINDS),
            _c("范围", "scope", note="区县或院校；全市留空"),
            _c("目标值*", "target", "amount"),
        ),
        brings="区县、院校和分年度目标",
    ),
    Sheet(
        "批准调整",
        "interim_targets",
        (
            _c("指标*", "indicator", refers="indicator", note="编号或名称"),
            _c("阶段性目标值*", "interim_target", "amount"),
            _c("批准日期*", "approved_on", "date"),
            _c("截止日期*", "expires_on", "date"),
            _c("理由*", "reason"),
            _c("批准单位*", "approver"),
        ),
        brings="经批准的阶段性目标",
    ),
    Sheet(
        "督导整改",
        "rectifications",
        (
            _c("编号*", "rectification_id", note="全表唯一"),
            _c("发现日期*", "found_on", "date"),
            _c("指标或事项*", "item", refers="item", note="指标或任务事项的编号或名称"),
            _c("院校代码", "institution_id", refers="institution", note=_INSTITUTION),
            _c("责任单位*", "department"),
            _c("问题*", "problem"),
            _c("整改期限*", "due_on", "date"),
            _c("完成日期", "closed_on", "date"),
        ),
        key=("rectification_id",),
        brings="督导整改台账",
    ),
    Sheet(
        "联席会议",
        "meetings",
        (
            _c("会议编号*", "meeting_id"),
            _c("日期*", "held_on", "date"),
            _c("主题*", "topic"),
            _c("议定事项*", "decision"),
            _c("责任单位*", "department"),
            _c("办结期限", "due_on", "date"),
            _c("办结日期", "closed_on", "date"),
        ),
        brings="联席会议议定事项",
    ),
    Sheet(
        "说明",
        "dataset",
        (
            _c("项*", "item"),
            _c("值", "value"),
        ),
        key=("item",),
        required=True,
        brings="数据名称、数据截止日和数据性质",
    ),
)

# Sheets of the template that carry no data: instructions, and the lists behind the drop-downs.
INSTRUCTION_SHEET, OPTIONS_SHEET = "填表说明", "选项"

BY_TITLE = {sheet.title: sheet for sheet in SHEETS}
BY_TABLE = {sheet.table: sheet for sheet in SHEETS}


def in_words(need: str) -> str:
    """A table, or table.column, as the sheet or column a clerk knows."""
    table, _, column = need.partition(".")
    sheet = BY_TABLE[table]
    if not column:
        return f"“{sheet.title}”表"
    return f"“{sheet.title}”表的“{sheet.by_name[column].header}”列"


# Items of the 说明 sheet: name, required.
DATASET_ITEMS: tuple[tuple[str, bool], ...] = (
    ("数据集名称", True),
    ("数据截止日", True),
    ("数据性质", True),
    ("填报单位", False),
    ("联系人", False),
    ("备注", False),
)

# What the 说明 sheet of a single institution's workbook says besides (data/school_forms.py).
ROUND_ITEM, ROUND_NAME_ITEM = "轮次编号", "填报轮次"
CODE_ITEM, NAME_ITEM, BASE_ITEM = "院校代码", "院校名称", "原数据版本"

# Pairs (table, earlier, later): the later must not precede the earlier; the later cell is named.
DATE_ORDER: tuple[tuple[str, str, str], ...] = (
    ("institutions", "founded_on", "closed_on"),
    ("specialty_points", "opened_on", "reduced_on"),
    ("specialty_points", "opened_on", "suspended_on"),
    ("specialty_points", "opened_on", "resumed_on"),
    ("specialty_points", "opened_on", "closed_on"),
    ("specialty_points", "suspended_on", "resumed_on"),
    ("specialty_points", "track_since", "track_until"),
    ("specialty_groups", "formed_on", "dissolved_on"),
    ("recognitions", "awarded_on", "accepted_on"),
    ("recognitions", "awarded_on", "revoked_on"),
    ("leading_industries", "since", "until"),
    ("partnerships", "started_on", "ended_on"),
    ("cooperation_bodies", "founded_on", "dissolved_on"),
    ("pathways", "started_on", "ended_on"),
    ("interim_targets", "approved_on", "expires_on"),
    ("rectifications", "found_on", "due_on"),
    ("rectifications", "found_on", "closed_on"),
    ("meetings", "held_on", "due_on"),
    ("meetings", "held_on", "closed_on"),
)
