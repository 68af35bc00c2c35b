"""The demonstration year-book: a made-up city the size of the real one, every sheet filled.

``build`` makes the frames, ``write`` the workbook; the same seed gives the same content. Nothing
in it is true except the catalogue, the districts and the plan's own words; every institution,
enterprise and cooperation body is plainly named 示例…. The figures keep to the courses of
``data.demonstration.course``, so that the statuses a reader should learn to tell apart all occur,
whatever the seed. All dates derive from the plan's.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from data import command
from data.contract import BY_TITLE, SHEETS
from data.demonstration import duties, figures, partners
from data.demonstration.course import Row, Setting
from data.demonstration.points import Catalogue, Points
from data.demonstration.schools import Places, make_schools
from data.demonstration.titles import Titles, make_groups
from data.plan import Plan, PlanError, load_plan
from data.template import write_workbook

DEFAULT_SEED = 1


def build(seed: int = DEFAULT_SEED, plan: Plan | None = None) -> dict[str, pd.DataFrame]:
    """The demonstration workbook: sheet title -> DataFrame with the contract's Chinese headers.

    Cells are text, int, float, ``date`` or None; every sheet has all its columns. The same seed
    and plan give the same frames. plan: that of ``load_plan`` when None, which raises PlanError.
    """
    setting = Setting(seed, plan or load_plan())
    catalogue = Catalogue(setting)
    places = Places(setting)
    schools = make_schools(setting, places)
    points = Points(setting, catalogue, schools)
    groups = make_groups(setting, schools, points)
    titles = Titles(setting, schools, points, groups)
    lists = figures.Lists(setting, catalogue, points)
    yearly = figures.make_figures(setting, points, lists)
    enterprises = partners.make_enterprises(setting, catalogue, places)
    bodies = partners.make_bodies(setting, catalogue, schools, enterprises)
    pathways = partners.make_pathways(setting, schools, points)
    rows: dict[str, list[Row]] = {
        "院校": [school.row() for school in schools],
        "专业点": [point.row() for point in points.all],
        "专业群": [group.row() for group in groups],
        "专业群成员": [
            {"专业群编号": group.id, "专业点编号": point.id}
            for group in groups
            for point in group.members
        ],
        "认定": titles.rows,
        "年度数据": yearly.rows,
        "办学条件": figures.make_conditions(setting, schools, yearly),
        "主导产业": partners.make_leading_industries(setting, schools, points),
        "人才需求": figures.make_demand(setting, catalogue, yearly),
        "企业": enterprises,
        "校企合作": partners.make_partnerships(setting, schools, points, enterprises),
        "合作载体": bodies,
        "贯通培养": pathways,
        "专业评估": figures.make_evaluations(setting, points),
        "省级清单": lists.rows,
        "项目库": duties.make_projects(setting, schools),
        "任务进展": duties.make_updates(setting, schools, bodies, pathways),
        "目标分解": duties.make_allocations(setting, points, titles.rows),
        "批准调整": duties.make_interim_targets(setting),
        "督导整改": duties.make_rectifications(setting, schools),
        "联席会议": duties.make_meetings(setting),
        "说明": _dataset(setting),
    }
    return {sheet.title: _frame(sheet.title, rows[sheet.title]) for sheet in SHEETS}


def _dataset(setting: Setting) -> list[Row]:
    items = {
        "数据集名称": "示例年册（虚构数据）",
        "数据截止日": setting.today,
        "数据性质": "演示",
        "填报单位": "示例单位",
        "联系人": "示例联系人",
        "备注": f"由程序生成，种子 {setting.seed}；院校、企业和全部数字均为虚构，仅供演示",
    }
    return [{"项": item, "值": value} for item, value in items.items()]


def _frame(title: str, rows: Sequence[Row]) -> pd.DataFrame:
    headers = [column.header for column in BY_TITLE[title].columns]
    cells = [[row[header] for header in headers] for row in rows]
    return pd.DataFrame(cells, columns=headers, dtype="object")


def write(path: Path, seed: int = DEFAULT_SEED) -> dict[str, pd.DataFrame]:
    """Write the demonstration workbook; returns its frames. Raises OSError and PlanError."""
    plan = load_plan()
    frames = build(seed, plan)
    write_workbook(frames, path, plan)
    return frames


def main(arguments: Sequence[str] | None = None) -> int:
    """The command ``python -m data.demo``; returns its exit code."""
    parser = command.Parser(
        "data.demo", "生成演示工作簿：院校、企业和数字全部虚构；同一种子，内容相同。"
    )
    parser.add_argument("file", metavar="FILE.xlsx", type=Path, help="要写出的工作簿")
    parser.add_argument(
        "--seed", metavar="N", type=int, default=DEFAULT_SEED, help=f"随机种子，默认 {DEFAULT_SEED}"
    )
    chosen = parser.parse_args(arguments)
    path: Path = chosen.file
    fault = _fault(path, chosen.seed)
    if fault:
        print(fault, file=sys.stderr)
        return 2
    try:
        frames = write(path, chosen.seed)
    except PlanError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"无法写出 {path}：{error.strerror or error}", file=sys.stderr)
        return 2
    rows = sum(len(frame) for frame in frames.values())
    print(f"已生成演示工作簿 {path}：{len(frames)} 张表，{rows:,} 行（种子 {chosen.seed}）")
    return 0


def _fault(path: Path, seed: int) -> str:
    """What is wrong with the arguments, in Chinese; empty if nothing is."""
    if path.suffix.lower() != ".xlsx":
        return f"文件名应以 .xlsx 结尾：{path}"
    if not path.parent.is_dir():
        return f"文件夹不存在：{path.parent}"
    return f"种子应为不小于 0 的整数：{seed}" if seed < 0 else ""


if __name__ == "__main__":
    command.run(main)
