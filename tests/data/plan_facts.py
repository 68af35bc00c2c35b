"""The plan's facts, typed by hand from the policy text and not made from the plan file.

The text itself lies in ``tests/fixtures/implementation-opinions-2023.zh.md``.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

ISSUED_ON = date(2023, 10, 19)
DEADLINE = date(2025, 12, 31)
PERIOD_START = date(2021, 1, 1)

# Number -> (title, the departments in the brackets at the section's end, the words after them).
TASKS: dict[str, tuple[str, str, str]] = {
    "4.1.1": ("提质传统专业", "市教育局、市工信局、市人社局", "按职责分工负责"),
    "4.1.2": ("扩容新兴专业", "市教育局、市工信局、市人社局、市大数据局", "按职责分工负责"),
    "4.1.3": ("培育未来专业", "市教育局、市工信局、市人社局、市大数据局", "按职责分工负责"),
    "4.1.4": (
        "赋能特色专业",
        "市教育局、市人社局、市交通运输局、市商务局、市文化广电旅游局、市卫健委",
        "按职责分工负责",
    ),
    "4.1.5": ("升级骨干专业", "市教育局、市商务局、市金融局", "按职责分工负责"),
    "4.2.1": (
        "中等职业教育专业强基计划",
        "市教育局、市发展改革委、市财政局、市资源规划局",
        "按职责分工负责",
    ),
    "4.2.2": ("高等职业教育专业培优计划", "市教育局、市发展改革委、市财政局", "按职责分工负责"),
    "4.2.3": ("职业本科专业扩充计划", "市教育局、市委编办、市财政局、市人社局", "按职责分工负责"),
    "4.3.1": (
        "产教对话机制",
        "市教育局、市发展改革委、市工信局、市科技局、市财政局、市人社局、"
        "各产业集聚区管委会、产业园区管委会",
        "按职责分工负责",
    ),
    "4.3.2": (
        "协同引领机制",
        "市教育局、市发展改革委、市科技局、市财政局、市人社局",
        "按职责分工负责",
    ),
    "4.3.3": ("一体化推进机制", "市教育局", "牵头负责"),
    "4.3.4": ("质量评价机制", "市教育局", "牵头负责"),
    "4.3.5": (
        "数据驱动机制",
        "市教育局、市工信局、市财政局、市人社局、市大数据局",
        "按职责分工负责",
    ),
}
# Task -> the specialties it names, as the policy writes them.
SPECIALTIES = {
    "4.1.2": "光电显示技术、智能网联汽车技术、新能源汽车技术、人工智能技术应用、软件技术、"
    "大数据技术、现代移动通信技术",
    "4.1.4": "铁道车辆技术、智能交通技术、通用航空航务技术、宝(玉)石鉴定与加工、"
    "陶瓷制造技术与工艺、中药材生产与加工",
}
ACTIONS = {"4.1": "专业结构优化行动", "4.2": "专业体系完善行动", "4.3": "调整机制健全行动"}
GOALS = {
    "3.1": "专业对接更加紧密",
    "3.2": "专业结构更加优化",
    "3.3": "专业优势更加突出",
    "3.4": "专业体系更加完善",
}
SAFEGUARDS = {
    "5.1": "加强组织领导",
    "5.2": "坚持深化改革",
    "5.3": "加大支持力度",
    "5.4": "强化工作督导",
}


class IndicatorFact(NamedTuple):
    """departments: the number of the task whose list it is, or 3 for a goal (市教育局)."""

    sections: str
    measure: str
    words: str
    target: float | None
    tolerance: float
    unit: str
    quote: str
    departments: str
    counts: dict[str, str]
    needs: str
    basis: str


# words: 左右 and 基本 allow a tolerance, 一次 is reached all at once, 监测 has no number, and an
# empty one means not less than.
_POINT, _INSTITUTION = "point", "institution"
INDICATORS: dict[str, IndicatorFact] = {
    "industry_share": IndicatorFact(
        "3.1", "share", "", 70, 0, "%",
        "先进制造、新能源、新材料、现代信息技术、生物技术、人工智能、健康养老、家政服务等产业"
        "相关专业点占70%以上",
        "3",
        {
            "industry": "先进制造 新能源 新材料 现代信息技术 生物技术 人工智能 健康养老 家政服务"
        },
        "", _POINT,
    ),
    "points_traditional": IndicatorFact(
        "3.2 4.1.1", "count", "左右", 230, 0.05, "个",
        "重点建设230个左右传统优势专业点", "4.1.1",
        {"track": "传统优势"}, "specialty_points.track", _POINT,
    ),
    "points_emerging": IndicatorFact(
        "3.2 4.1.2", "count", "左右", 260, 0.05, "个",
        "重点增设260个左右新兴专业点", "4.1.2",
        {"track": "新兴"}, "specialty_points.track", _POINT,
    ),
    "points_future": IndicatorFact(
        "3.2 4.1.3", "count", "左右", 70, 0.05, "个",
        "重点培育70个左右未来专业点", "4.1.3",
        {"track": "未来"}, "specialty_points.track", _POINT,
    ),
    "points_distinctive": IndicatorFact(
        "3.2 4.1.4", "count", "左右", 100, 0.05, "个",
        "重点建设100个左右特色专业点", "4.1.4",
        {"track": "特色"}, "specialty_points.track", _POINT,
    ),
    "key_groups_per_institution": IndicatorFact(
        "3.3", "coverage", "", 100, 0, "%",
        "推动每所职业院校重点打造1—3个具有行业特色和区域优势的专业(群)", "3",
        {"level": "中职 高职 职业本科", "minimum": "1", "maximum": "3"},
        "specialty_groups", _INSTITUTION,
    ),
    "quality_groups_secondary": IndicatorFact(
        "3.3", "count", "左右", 30, 0.05, "个",
        "重点建成省级优质中职专业(群)30个左右", "3",
        {
            "level": "中职",
            "title": "省级优质中职专业群",
            "accepted_title": "省级高水平中职专业群",
        },
        "recognitions", _INSTITUTION,
    ),
    "highlevel_groups_college": IndicatorFact(
        "3.3", "count", "左右", 15, 0.05, "个",
        "重点建成省级优质中职专业(群)30个左右、高水平高职专业(群)15个左右", "3",
        {"accepted_title": "省级高水平高职专业群"}, "recognitions", _INSTITUTION,
    ),
    "bachelor_enrolment_ratio": IndicatorFact(
        "3.4", "ratio", "", 10, 0, "%",
        "职业本科教育招生规模不低于高职教育招生规模的10%", "3",
        {"numerator_level": "职业本科", "denominator_level": "高职"}, "point_years", _POINT,
    ),
    "demo_traditional": IndicatorFact(
        "4.1.1", "count", "", 70, 0, "个",
        "打造70个省级示范性传统优势专业点", "4.1.1",
        {"track": "传统优势", "title": "省级示范性专业点"},
        "recognitions specialty_points.track", _POINT,
    ),
    "demo_emerging": IndicatorFact(
        "4.1.2", "count", "左右", 100, 0.05, "个",
        "打造100个左右省级示范性新兴专业点", "4.1.2",
        {"track": "新兴", "title": "省级示范性专业点"},
        "recognitions specialty_points.track", _POINT,
    ),
    "demo_future": IndicatorFact(
        "4.1.3", "count", "", 20, 0, "个",
        "打造20个省级示范性未来专业点", "4.1.3",
        {"track": "未来", "title": "省级示范性专业点"},
        "recognitions specialty_points.track", _POINT,
    ),
    "demo_distinctive": IndicatorFact(
        "4.1.4", "count", "", 30, 0, "个",
        "打造30个省级示范性特色专业点", "4.1.4",
        {"track": "特色", "title": "省级示范性专业点"},
        "recognitions specialty_points.track", _POINT,
    ),
    "brand_points": IndicatorFact(
        "4.1.4", "count", "", 15, 0, "个",
        "15个省级示范性品牌专业点", "4.1.4",
        {"title": "省级示范性品牌专业点"}, "recognitions", _POINT,
    ),
    "leading_industries_per_college": IndicatorFact(
        "4.1.4", "coverage", "", 100, 0, "%",
        "推动每所高职院校聚焦服务2—3个主导行业产业", "4.1.4",
        {"level": "高职", "minimum": "2", "maximum": "3"}, "leading_industries", _INSTITUTION,
    ),
    "demo_backbone": IndicatorFact(
        "4.1.5", "count", "", 70, 0, "个",
        "重点打造70个省级升级改造示范性骨干专业点", "4.1.5",
        {"title": "省级升级改造示范性骨干专业点"}, "recognitions", _POINT,
    ),
    "points_retired": IndicatorFact(
        "3.2 4.1.5", "count", "监测", None, 0, "个",
        "裁撤、压缩一批现有专业点；淘汰一批布点过多、供给过剩、就业率低的专业", "4.1.5",
        {}, "", _POINT,
    ),
    "highlevel_schools_secondary": IndicatorFact(
        "4.2.1", "count", "左右", 25, 0.05, "所",
        "优先支持建设25所左右省级高水平中职学校", "4.2.1",
        {"title": "省级高水平中职学校"}, "recognitions", _INSTITUTION,
    ),
    "highlevel_groups_secondary": IndicatorFact(
        "4.2.1", "count", "左右", 35, 0.05, "个",
        "35个左右高水平专业(群)", "4.2.1",
        {"title": "省级高水平中职专业群"}, "recognitions", _INSTITUTION,
    ),
    "secondary_conditions_met": IndicatorFact(
        "4.2.1", "share", "基本", 100, 0.10, "%",
        "到2025年，全市中职学校办学条件基本达到国家标准", "4.2.1",
        {"level": "中职", "verdict_met": "达标 基本达标"}, "conditions", _INSTITUTION,
    ),
    "national_double_high_colleges": IndicatorFact(
        "4.2.2", "count", "一次", 1, 0, "所",
        "力争“十四五”期间，我市入选国家“双高计划”高等职业学校1所以上", "4.2.2",
        {"title": "国家双高学校"}, "recognitions", _INSTITUTION,
    ),
    "national_double_high_groups": IndicatorFact(
        "4.2.2", "count", "", 5, 0, "个",
        "高水平专业(群)达5个以上", "4.2.2",
        {"title": "国家双高专业群"}, "recognitions", _INSTITUTION,
    ),
    "highlevel_colleges_provincial": IndicatorFact(
        "4.2.2", "count", "左右", 15, 0.05, "所",
        "重点支持建设15所左右省级高水平高等职业学校", "4.2.2",
        {"title": "省级高水平高职学校"}, "recognitions", _INSTITUTION,
    ),
    "highlevel_groups_provincial": IndicatorFact(
        "4.2.2", "count", "左右", 25, 0.05, "个",
        "25个左右省级高水平专业(群)", "4.2.2",
        {"title": "省级高水平高职专业群"}, "recognitions", _INSTITUTION,
    ),
    "new_bachelor_schools": IndicatorFact(
        "4.2.3", "count", "一次", 1, 0, "所",
        "力争“十四五”期间，我市新增职业本科学校1所", "4.2.3",
        {}, "", _INSTITUTION,
    ),
    "bachelor_points": IndicatorFact(
        "4.2.3", "count", "", 100, 0, "个",
        "专业点达到100个", "4.2.3",
        {"level": "职业本科"}, "", _POINT,
    ),
}  # fmt: skip


class DeliverableFact(NamedTuple):
    """departments: empty for the list of the section's task, else the departments themselves."""

    section: str
    kind: str
    name: str
    quote: str
    departments: str = ""


_BUREAU = "市教育局"
_JOINT = "市教育局、市直各有关部门"
_MONEY = "市财政局、市教育局"
_POOL = "市教育局、市财政局"
DELIVERABLES: dict[str, DeliverableFact] = {
    "talent_data_platform": DeliverableFact(
        "2.4", "once", "产业人才数据平台", "建立产业人才数据平台", _BUREAU
    ),
    "list_oversupplied": DeliverableFact(
        "4", "ongoing", "《河南省职业教育布点多规模大专业清单》落实",
        "贯彻落实《河南省职业教育布点多规模大专业清单》", _BUREAU,
    ),
    "list_shortage": DeliverableFact(
        "4", "ongoing", "《河南省职业教育急需紧缺专业清单》落实",
        "《河南省职业教育急需紧缺专业清单》要求", _BUREAU,
    ),
    "teaching_standards": DeliverableFact(
        "4.1.5", "ongoing", "专业教学标准落实与数字化改造", "推进专业升级与数字化改造"
    ),
    "pathway_specialties": DeliverableFact(
        "4.2.1", "count", "贯通性强的中职专业遴选布局", "遴选布局一批贯通性强的中职专业"
    ),
    "double_high_policy": DeliverableFact(
        "4.2.2", "once", "支持国家、省“双高计划”建设专项政策",
        "制定实施支持国家、省“双高计划”建设专项政策",
    ),
    "bachelor_support": DeliverableFact(
        "4.2.3", "ongoing", "本科层次职业教育试点学校专业建设支持",
        "支持本科层次职业教育试点学校强化专业建设",
    ),
    "platform_cooperation": DeliverableFact(
        "4.3.1", "once", "市级产教融合校企合作信息服务平台",
        "建立市级产教融合校企合作信息服务平台",
    ),
    "talent_forecast": DeliverableFact(
        "4.3.1", "yearly", "行业人才需求预测信息发布", "每年发布行业人才需求预测信息"
    ),
    "alignment_map": DeliverableFact(
        "4.3.1", "once", "职业教育产教对接谱系图", "落实职业教育产教对接谱系图"
    ),
    "annual_guide": DeliverableFact(
        "4.3.1", "yearly", "按全省专业设置指导性目录引导调整",
        "每年按照全省职业教育专业设置指导性目录，引导职业院校调整优化专业结构",
    ),
    "park_research": DeliverableFact(
        "4.3.1", "ongoing", "面向产业集聚区、产业园区的专业技术科研创新",
        "支持职业院校面向产业集聚区、产业园区开展专业技术科研创新",
    ),
    "consortium": DeliverableFact("4.3.2", "count", "市域产教联合体", "市域产教联合体"),
    "community": DeliverableFact("4.3.2", "count", "行业产教融合共同体", "行业产教融合共同体"),
    "alliance": DeliverableFact("4.3.2", "count", "专业联盟", "专业联盟"),
    "research_institute": DeliverableFact("4.3.2", "count", "产业发展研究院", "产业发展研究院"),
    "innovation_platform": DeliverableFact(
        "4.3.2", "count", "技术技能创新平台", "技术技能创新平台"
    ),
    "transfer_agency": DeliverableFact(
        "4.3.2", "count", "专业化技术转移机构", "专业化技术转移机构"
    ),
    "incubator": DeliverableFact("4.3.2", "count", "科技企业孵化器", "科技企业孵化器"),
    "industry_college": DeliverableFact("4.3.2", "count", "产业学院", "产业学院"),
    "rd_centre": DeliverableFact("4.3.2", "count", "产业研发中心", "产业研发中心"),
    "training_base": DeliverableFact("4.3.2", "count", "生产性实训基地", "生产性实训基地"),
    "sector_college": DeliverableFact("2.4", "count", "特色行业学院", "特色行业学院", _BUREAU),
    "integrated_layout": DeliverableFact(
        "4.3.3", "ongoing", "中高本专业布局一体化规划", "一体化规划中高本专业布局"
    ),
    "vocational_exam": DeliverableFact(
        "4.3.3", "ongoing", "“职教高考”制度与考招办法",
        "落实“职教高考”制度和“文化素质+职业技能”考招办法",
    ),
    "skills_exam_base": DeliverableFact(
        "4.3.3", "count", "省级实践技能考试基地", "支持建设一批省级实践技能考试基地"
    ),
    "pathway_3_4": DeliverableFact(
        "4.3.3", "count", "中职—本科“3+4”贯通培养", "支持探索中职—本科“3+4”"
    ),
    "pathway_3_2": DeliverableFact(
        "4.3.3", "count", "高职—本科“3+2”贯通培养", "高职—本科“3+2”"
    ),
    "pathway_2_2": DeliverableFact(
        "4.3.3", "count", "高职—本科“2+2”贯通培养", "“2+2”等贯通培养模式"
    ),
    "evaluation_system": DeliverableFact(
        "4.3.4", "once", "专业质量评价体系",
        "建立主体自治、行业参与、政府监管、社会监督的专业质量评价体系",
    ),
    "municipal_evaluation": DeliverableFact(
        "4.3.4", "ongoing", "市级专业评估", "分批、分类开展市级专业评估"
    ),
    "evaluation_use": DeliverableFact(
        "4.3.4", "ongoing", "评估结果用于招生计划核定、重大项目安排",
        "将评估结果作为招生计划核定、重大项目安排的重要参考",
    ),
    "teaching_diagnosis": DeliverableFact(
        "4.3.4", "ongoing", "专业教学诊改", "指导职业院校持续开展专业教学诊改工作"
    ),
    "early_warning": DeliverableFact(
        "4.3.4", "ongoing", "专业设置监测预警", "加强专业设置监测预警"
    ),
    "enterprise_database": DeliverableFact(
        "4.3.5", "once", "产业—企业数据库", "建设产业—企业数据库"
    ),
    "demand_survey_platform": DeliverableFact(
        "4.3.5", "once", "产业需求调研数字化平台", "建立产业需求调研数字化平台"
    ),
    "employment_collection": DeliverableFact(
        "4.3.5", "ongoing", "职业院校毕业生就业数据采集", "开展职业院校毕业生就业数据采集"
    ),
    "platform_integration": DeliverableFact(
        "4.3.5", "count", "四大平台基础数据打通（4个）",
        "逐步打通教育、科技、人才、产业四大平台基础数据",
    ),
    "sharing_mechanism": DeliverableFact(
        "4.3.5", "once", "数据共享互通机制",
        "统采共用、分采统用、全面汇聚、循环迭代的数据共享互通机制",
    ),
    "joint_meeting": DeliverableFact(
        "5.1", "ongoing", "职业教育工作部门联席会议制度",
        "建立完善职业教育工作部门联席会议制度", _JOINT,
    ),
    "supporting_policies": DeliverableFact(
        "5.1", "ongoing", "配套政策", "制定出台配套政策", _JOINT
    ),
    "technician_measures": DeliverableFact(
        "5.1", "once", "技工院校有关措施", "由市人社部门根据相关政策制定有关措施", "市人社局"
    ),
    "institution_plans": DeliverableFact(
        "5.2", "count", "院校调整优化方案（每校一份）", "科学制定符合实际的调整优化方案",
        "职业院校、市教育局",
    ),
    "project_pool": DeliverableFact("5.3", "ongoing", "项目库", "建立完善项目库", _POOL),
    "mature_project_funds": DeliverableFact(
        "5.3", "ongoing", "成熟建设项目资金支持",
        "对于成熟建设项目，市财政给予一定资金支持，分期分批组织实施", _MONEY,
    ),
    "diversified_funding": DeliverableFact(
        "5.3", "ongoing", "多元化投入体系", "构建多元化投入体系", _MONEY
    ),
    "matching_funds": DeliverableFact(
        "5.3", "ongoing", "国家级、省级建设项目市财政配套",
        "对于国家级、省级建设项目有资金支持的，市财政参照上级标准给予配套", _MONEY,
    ),
    "seed_funds": DeliverableFact(
        "5.3", "ongoing", "市本级创建和培育项目建设引领资金",
        "对市本级创建和培育项目，设立建设引领资金", _MONEY,
    ),
    "differentiated_support": DeliverableFact(
        "5.3", "ongoing", "差异化倾斜支持", "采取差异化支持策略", _MONEY
    ),
    "accountability": DeliverableFact(
        "5.4", "once", "工作目标责任制", "建立完善工作目标责任制", _BUREAU
    ),
    "inspection": DeliverableFact(
        "5.4", "ongoing", "专题调研和专项督导", "定期组织开展专题调研和专项督导", _BUREAU
    ),
    "rectification": DeliverableFact(
        "5.4", "ongoing", "监督检查和反馈整改机制", "形成常态监督检查和反馈整改机制", _BUREAU
    ),
    "reporting": DeliverableFact(
        "5.4", "ongoing", "评估、总结与报告", "适时评估、及时总结、定期报告", _BUREAU
    ),
}  # fmt: skip

# What warning practice and the status rules set where the policy is silent.
SIGNALS: dict[str, tuple[str, float, float]] = {
    "application_rate": ("报考率", 100, 60),
    "plan_completion_rate": ("计划完成率", 80, 60),
    "placement_rate": ("毕业去向落实率", 85, 70),
    "matched_rate": ("对口率", 60, 40),
    "satisfaction": ("满意度", 80, 70),
}
