"""A small valid workbook with every sheet filled, and ways to spoil and write it."""
# ruff: noqa: RUF005 -- a long row is broken in two rather than into seventeen lines

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from copy import deepcopy
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from data.load import examine

Rows = list[list[Any]]
SmallBook = dict[str, Rows]

D = date.fromisoformat

_VALID: SmallBook = {
    "院校": [
        [
            "院校代码",
            "院校名称",
            "层次",
            "主管",
            "性质",
            "学校类型",
            "区县",
            "经度",
            "纬度",
            "成立日期",
            "升格职业本科日期",
            "撤并日期",
            "联系人",
        ],
        ["S1", "示例职业学院（东区）", "高职", "市属", "公办", "普通", "中原区", 113.55, 34.77]
        + [D("2000-09-01"), None, None, "张三"],
        ["S2", "示例中等专业学校", "中职", "区县属", "民办", None, "410105", None, None]
        + [None, None, None, None],
        ["S3", "示例技师学院", "中职", "市属", "公办", "技工学校", "郑东新区", None, None]
        + [None, None, None, None],
        ["S4", "示例职业技术大学", "职业本科", "省属", "公办", "普通", None, None, None]
        + [D("1999-09-01"), D("2023-06-01"), None, None],
    ],
    "专业点": [
        [
            "专业点编号",
            "院校代码",
            "专业代码",
            "专业名称",
            "层次",
            "类别",
            "纳入日期",
            "退出日期",
            "骨干",
            "产业",
            "学制",
            "校区",
            "设置日期",
            "压缩日期",
            "停招日期",
            "恢复招生日期",
            "撤销日期",
        ],
        ["P1", "S1", "510201", "计算机应用技术", "高职", "新兴", D("2024-01-01"), None, "是", None]
        + ["3年", "主校区", D("2015-09-01"), None, None, None, None],
        ["P2", "S1", "510202", None, "高职", None, None, None, "否", "人工智能"]
        + [None, None, 2016, D("2024-09-01"), D("2024-09-01"), D("2025-09-01"), None],
        ["P3", "示例中等专业学校", "710201K", None, "中职", "特色", None, None, None, None]
        + [None, None, D("2018-09-01"), None, None, None, None],
        ["P4", "S3", "T001", "示例技工专业", "中职", None, None, None, None, "先进制造"]
        + [None, None, D("2018-09-01"), None, None, None, None],
        ["P5", "S4", "310201", None, "职业本科", None, None, None, None, None]
        + [None, None, D("2023-09-01"), None, None, None, None],
    ],
    "专业群": [
        ["专业群编号", "院校代码", "专业群名称", "重点打造", "组建日期", "撤销日期"],
        ["G1", "S1", "示例专业群", "是", D("2020-01-01"), None],
        ["G2", "S2", "示例中职专业群", "否", D("2020-01-01"), D("2024-01-01")],
    ],
    "专业群成员": [["专业群编号", "专业点编号"], ["G1", "P1"], ["G1", "P2"], ["G2", "P3"]],
    "认定": [
        ["对象类型", "对象编号", "认定名称", "认定日期", "验收日期", "撤销日期", "文号", "佐证"],
        ["专业点", "P1", "省级示范性专业点", D("2024-05-01"), None, None, "示例〔2024〕1号", None],
        ["专业群", "G1", "国家双高专业群", D("2019-12-01"), D("2023-12-01"), None, None, None],
        ["院校", "示例中等专业学校", "省级高水平中职学校", D("2022-01-01"), None, None, None, None],
        ["专业群", "G2", "省级优质中职专业群", D("2021-01-01"), None, D("2022-01-01"), None, None],
        ["专业群", "G2", "省级优质中职专业群", D("2022-01-01"), None, None, None, None],
    ],
    "年度数据": [
        [
            "专业点编号",
            "年度",
            "招生计划",
            "报考人数",
            "录取人数",
            "报到人数",
            "在校生",
            "毕业生",
            "就业人数",
            "升学人数",
            "对口就业人数",
            "满意度",
        ],
        ["P1", 2023, 60, 90, 60, 58, 170, 50, 30, 15, 20, 88.5],
        ["P1", 2024, 60, 95, 60, 59, 172, 52, 40, 12, 30, 90],
        ["P3", 2024, 40, None, None, None, None, None, None, None, None, None],
    ],
    "办学条件": [
        [
            "院校代码",
            "年度",
            "在校生",
            "校园占地面积",
            "校舍建筑面积",
            "专任教师",
            "双师型教师占比",
            "仪器设备总值",
            "纸质图书",
            "省级验收结论",
            "文号",
        ],
        ["S2", 2024, 1500, 60000, 40000, 90, 60, 800, 50000, "达标", None],
    ],
    "主导产业": [
        ["院校代码", "产业", "起始日期", "终止日期"],
        ["S1", "先进制造", D("2022-01-01"), None],
    ],
    "人才需求": [
        ["年度", "产业", "专业代码", "需求人数", "来源", "预测"],
        [2024, "先进制造", "510201", 300, "示例调研", "否"],
    ],
    "企业": [
        ["企业编号", "企业名称", "产业", "区县", "规模", "经度", "纬度"],
        ["E1", "示例制造公司", "先进制造", "中原区", "大型", 113.55, 34.77],
    ],
    "校企合作": [
        ["企业编号", "院校代码", "合作形式", "起始日期", "终止日期"],
        ["E1", "S1", "订单培养", D("2021-09-01"), None],
    ],
    "合作载体": [
        [
            "载体编号",
            "类型",
            "名称",
            "级别",
            "牵头院校代码",
            "成员",
            "产业",
            "区县",
            "成立日期",
            "撤销日期",
        ],
        ["B1", "产业学院", "示例产业学院", "市级", "S1", "若干", "先进制造", "中原区"]
        + [D("2022-06-01"), None],
    ],
    "贯通培养": [
        [
            "编号",
            "类型",
            "起点院校代码",
            "起点专业代码",
            "终点院校",
            "终点专业代码",
            "起始日期",
            "终止日期",
        ],
        ["W1", "中本3+4", "S2", "710201", "外地示例大学", "080901", D("2021-09-01"), None],
    ],
    "专业评估": [["专业点编号", "年度", "等级", "得分"], ["P1", 2024, "良好", 86.5]],
    "省级清单": [["清单", "年度", "层次", "专业代码"], ["急需紧缺", 2024, "高职", "510201"]],
    "项目库": [
        [
            "项目编号",
            "项目名称",
            "院校代码",
            "指标",
            "贡献",
            "级别",
            "阶段",
            "上级资金",
            "市级资金",
            "成功概率",
            "计划完成日期",
            "实际完成日期",
        ],
        [
            "X1",
            "示例项目",
            "S1",
            "新兴专业点",
            1,
            "省级",
            "在建",
            100,
            50,
            80,
            D("2025-12-01"),
            None,
        ],
    ],
    "任务进展": [
        ["事项", "日期", "状态", "数值", "说明", "责任单位", "佐证"],
        ["产业学院", D("2024-06-01"), "推进中", 3, "进展顺利", "市教育局、市财政局", None],
    ],
    "目标分解": [
        ["指标", "截止日期", "范围类型", "范围", "目标值"],
        ["points_emerging", D("2024-12-31"), "全市", None, 200],
        ["points_emerging", D("2025-12-31"), "区县", "中原区", 20],
        ["points_emerging", D("2025-12-31"), "院校", "S1", 5],
    ],
    "批准调整": [
        ["指标", "阶段性目标值", "批准日期", "截止日期", "理由", "批准单位"],
        ["points_future", 50, D("2025-01-01"), D("2025-12-31"), "示例理由", "市政府"],
    ],
    "督导整改": [
        ["编号", "发现日期", "指标或事项", "院校代码", "责任单位", "问题", "整改期限", "完成日期"],
        ["R1", D("2024-03-01"), "新兴专业点", "S1", "市教育局", "示例问题", D("2024-06-01"), None],
    ],
    "联席会议": [
        ["会议编号", "日期", "主题", "议定事项", "责任单位", "办结期限", "办结日期"],
        ["M1", D("2024-03-01"), "示例", "事项一", "市教育局", None, None],
        ["M1", D("2024-03-01"), "示例", "事项二", "市教育局", D("2024-05-01"), D("2024-04-01")],
    ],
    "说明": [
        ["项", "值"],
        ["数据集名称", "示例数据"],
        ["数据截止日", "2025-09-30"],
        ["数据性质", "样例"],
    ],
}


def valid() -> SmallBook:
    """A fresh copy to spoil."""
    return deepcopy(_VALID)


def minimal() -> SmallBook:
    """The required sheets with their required columns alone, one row each."""
    return {
        "院校": [["院校代码", "院校名称", "层次"], ["S1", "示例学院", "高职"]],
        "专业点": [
            ["专业点编号", "院校代码", "专业代码", "层次", "设置日期"],
            ["P1", "S1", "510201", "高职", D("2015-09-01")],
        ],
        "说明": [
            ["项", "值"],
            ["数据集名称", "示例数据"],
            ["数据截止日", D("2025-09-30")],
            ["数据性质", "样例"],
        ],
    }


def spoilt(book: SmallBook, edits: Mapping[str, Any]) -> SmallBook:
    """The book with cells replaced, e.g. {"专业点!C2": "999999"}; rows and columns may be new."""
    for address, value in edits.items():
        sheet, letters, row = re.fullmatch(r"(.+)!([A-Z]+)(\d+)", address).groups()  # type: ignore[union-attr]
        rows = book[sheet]
        column = 0
        for letter in letters:
            column = column * 26 + ord(letter) - 64
        while len(rows) < int(row):
            rows.append([])
        cells = rows[int(row) - 1]
        cells.extend([None] * (column - len(cells)))
        cells[column - 1] = value
    return book


def write_folder(book: SmallBook, folder: Path, encoding: str = "utf-8") -> Path:
    """As a folder of CSV files."""
    folder.mkdir(parents=True, exist_ok=True)
    for sheet, rows in book.items():
        with (folder / f"{sheet}.csv").open("w", encoding=encoding, newline="") as stream:
            csv.writer(stream).writerows(rows)
    return folder


def write_xlsx(book: SmallBook, path: Path, **options: Any) -> Path:
    """As an .xlsx: numbers as numbers, dates as dates, ("=…", result) as a formula."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, **options}
    workbook = xlsxwriter.Workbook(str(path), options)
    dated = workbook.add_format({"num_format": "yyyy-mm-dd"})
    for title, rows in book.items():
        page = workbook.add_worksheet(title)
        for row, cells in enumerate(rows):
            for column, value in enumerate(cells):
                match value:
                    case None:
                        pass
                    case (str() as formula, result):
                        page.write_formula(row, column, formula, None, result)
                    case datetime() | date():
                        page.write_datetime(row, column, value, dated)
                    case _:
                        page.write(row, column, value)
    workbook.close()
    return path


def errors(path: Path) -> list[str]:
    """The lines a load would refuse the workbook with."""
    checked = examine(path)
    checked.staged.close()
    return [each.line for each in checked.problems]


def warnings(path: Path) -> list[str]:
    """The lines a load would remark; the workbook must have no errors."""
    checked = examine(path)
    checked.staged.close()
    assert [each.line for each in checked.problems] == []
    return [each.line for each in checked.warnings]
