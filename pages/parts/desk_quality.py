"""数据管理, 质量报告: what to mend first; completeness, age, rows not used, years missing and
outliers, remarks, places; the trend over versions.

All of the data at its own date: the global filters do not apply, and what is shown is kept by
version alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from data import versions
from data.contract import BY_TABLE
from data.plan import Plan
from data.versions import Version
from data.workbook import Progress, silent
from pages.parts import clock, download, figures
from pages.parts.block import block, render
from pages.parts.view import View, follow
from queries import quality
from queries.evaluate import Scope
from queries.quality import Age, Glance, Report, SheetFill, Years
from queries.run import OpenVersion
from queries.status import number
from queries.usable import BEYOND, UNUSABLE, Use

# Of lists that the workbook holds whole.
MOST_ROWS = 20
MOST_CELLS = 8
MOST_SCHOOLS = 30
MOST_VERSIONS = 12
# A wait that a reader notices: from then on it is said how far it is.
NOTICED_SECONDS = 0.3
TITLE = "数据质量报告"


def show(view: View) -> None:
    """The view."""
    whole = replace(view, as_of=view.version.as_of, scope=Scope())
    with st.spinner("正在统计数据质量…"):
        html = _html(view.version)
    follow(block(html, key="desk-quality"))
    _trend(whole)
    download.button(
        whole,
        "下载质量报告全部清单（.xlsx）",
        lambda: workbook(whole),
        download.name(whole, TITLE, "xlsx"),
        key="desk-quality-file",
    )


@figures.kept(3)
def report(version: OpenVersion) -> Report:
    """The report of a version, worked out once."""
    return quality.report(version)


@figures.kept(3)
def _html(version: OpenVersion) -> str:
    found = report(version)
    view = View(version, version.as_of, Scope())
    rules = version.plan.quality
    return render(
        "desk_quality",
        title=quality.verdict(found),
        source=view.source,
        todo=found.todo,
        filled=_filled(found),
        ages=_ages(found),
        outliers=_outliers(view, found),
        remarks=_remarks(found),
        places=_places(view, found),
        years=[
            _years(view, found.years, "年度数据", "专业点"),
            _years(view, found.condition_years, "办学条件", "学校"),
        ],
        uses=_uses(view, found),
        rules=rules,
        most=MOST_ROWS,
    )


def _percent(share: float | None) -> str:
    """A share that is short of 100 does not look like 100."""
    return number(share, "%", 100)


# ---------------------------------------------------------------- sections


def _filled(found: Report) -> dict[str, Any]:
    with_rows = [each for each in found.sheets if each.rows]
    partly = [each for each in with_rows if (each.share or 0) < 100]
    empty = found.empty
    words = [
        f"{len(with_rows)} 张表有数据，应填的格填了 {_percent(quality.share_filled(with_rows))}"
    ]
    if empty:
        words.append(f"{len(empty)} 张为空")
    worst = min(partly, key=lambda each: each.share or 0, default=None)
    if worst:
        words.append(f"最不全的是“{worst.title}”（{_percent(worst.share)}）")
    return {
        "title": "填写情况：" + "，".join(words),
        "rows": [_sheet(found, each) for each in found.sheets],
    }


def _sheet(found: Report, sheet: SheetFill) -> dict[str, Any]:
    wanted = [each for each in sheet.columns if not each.says]
    columns = [
        {
            "header": each.header,
            "filled": each.filled,
            "share": _percent(each.filled / sheet.rows * 100) if each.filled else "无数据",
            "width": each.filled / sheet.rows * 100 if sheet.rows else 0,
            "kind": "必填" if each.required else "空有含义" if each.says else "选填",
        }
        for each in sheet.columns
    ]
    short = [
        f"{each['header']} {each['share']}"
        for each, column in zip(columns, sheet.columns, strict=True)
        if not column.says and column.filled < sheet.rows
    ]
    return {
        "title": sheet.title,
        "rows": f"{sheet.rows:,}" if sheet.rows else "无数据",
        "empty": not sheet.rows,
        "share": _percent(sheet.share),
        "width": sheet.share or 0,
        "columns": columns,
        "short": short,
        "wanted": len(wanted),
        "brings": _brings(found, sheet) if not sheet.rows else "",
    }


def _brings(found: Report, sheet: SheetFill) -> str:
    names = found.lost.get(sheet.table, [])
    text = f"填报后可得：{BY_TABLE[sheet.table].brings}"
    if names:
        text += f"；{len(names)} 项指标因此无数据：{'、'.join(names)}"
    return text


def _ages(found: Report) -> dict[str, Any]:
    stale = found.stale
    if stale:
        worst = stale[0]
        title = f"更新情况：{len(stale)} 张表久未更新，最久的是“{worst.title}”（{_since(worst)}）"
    elif found.ages:
        title = "更新情况：没有久未更新的表"
    else:
        title = "更新情况：没有有数据的表"
    return {
        "title": title,
        "rows": [
            {
                "title": each.title,
                "latest": _latest(each),
                "days": "—" if each.days is None else f"{each.days:,} 天",
                "limit": f"{each.limit} 天" if each.limit else "—",
                "stale": each.stale,
                "fine": not each.stale and each.limit > 0 and each.days is not None,
                "state": _state(each),
                "width": min(each.over, 2) * 50 if each.over > 0 else 0,
            }
            for each in found.ages
        ],
    }


def _latest(age: Age) -> str:
    if age.year is not None:
        return f"{age.year} 年"
    return "—" if age.latest is None else age.latest.isoformat()


def _since(age: Age) -> str:
    return f"最近到 {_latest(age)}，已 {age.days} 天"


def _state(age: Age) -> str:
    if age.stale:
        return "■ 久未更新"
    if not age.dated:
        return "○ 没有可看新旧的日期"
    if age.days is None:
        return "○ 没有已到的日期"
    return "● 正常" if age.limit else "○ 不评判"


def _outliers(view: View, found: Report) -> dict[str, Any]:
    frame = found.outliers
    title = (
        f"离群值：{len(frame)} 个数值明显偏离同类，以“{frame['sheet'].iloc[0]}”的"
        f"{frame['words'].iloc[0]}偏离最大"
        if len(frame)
        else "离群值：没有发现明显偏离同类的数值"
    )
    return {
        "title": title,
        "judged": f"{found.judged:,}",
        "count": len(frame),
        "rows": [_outlier(view, row) for row in _rows(frame)],
    }


def _outlier(view: View, row: Any) -> dict[str, Any]:
    return {
        "sheet": row.sheet,
        "words": row.words,
        "key": row.key,
        "institution": row.institution,
        "link": _institution(view, row.institution_id),
        "year": "" if row.year is None else int(row.year),
        "value": number(_shown(row.value, row.unit), row.unit),
        "before": ""
        if row.before != row.before
        else number(_shown(row.before, row.unit), row.unit),
        "usual": f"{number(_shown(row.low, row.unit))}"
        f"—{number(_shown(row.high, row.unit), row.unit)}",
        "times": f"{abs(row.times):.1f} 倍",
    }


def _shown(value: float, unit: str) -> float:
    """Whole people and large numbers, else one decimal."""
    return round(float(value), 0 if unit == "人" or abs(value) >= 100 else 1)


def _institution(view: View, code: Any) -> dict[str, str] | None:
    return view.link("institution", {"id": code}) if isinstance(code, str) and code else None


def _remarks(found: Report) -> dict[str, Any]:
    count = sum(len(each.cells) for each in found.remarks)
    return {
        "title": f"载入提醒：{count} 条，分 {len(found.remarks)} 类"
        if count
        else "载入提醒：载入时没有提醒",
        "rows": [
            {
                "sheet": each.sheet,
                "text": each.cells[0][2] if len(each.cells) == 1 else each.kind,
                "count": len(each.cells),
                "cells": "、".join(cell or "整表" for cell, _, _ in each.cells[:MOST_CELLS]),
                "more": max(len(each.cells) - MOST_CELLS, 0),
            }
            for each in found.remarks
        ],
    }


def _places(view: View, found: Report) -> dict[str, Any]:
    frame = found.places
    districts = int(frame["district"].isna().sum())
    nowhere = int((frame["longitude"].isna() | frame["latitude"].isna()).sum())
    return {
        "title": f"院校位置：{districts} 所没有区县，{nowhere} 所没有坐标"
        if len(frame)
        else "院校位置：每所院校都有区县和坐标",
        "count": len(frame),
        "rows": [
            {
                "name": row.institution,
                "link": _institution(view, row.institution_id),
                "level": row.level_today,
                "district": row.district if isinstance(row.district, str) else "",
                "lacks": _lacks(row),
                "outside": row.outside,
            }
            for row in _rows(frame)
        ],
    }


def _lacks(row: Any) -> str:
    lacking = [] if isinstance(row.district, str) else ["区县"]
    gone = [
        word
        for word, value in (("经度", row.longitude), ("纬度", row.latitude))
        if value is None or value != value
    ]
    return "、".join([*lacking, *(["坐标"] if len(gone) == 2 else gone)])


def _years(view: View, years: Years, sheet: str, subject: str) -> dict[str, Any]:
    due, missing = years.due, years.missing
    if not len(due):
        title = f"“{sheet}”缺年：无数据"
        return {"title": title, "sheet": sheet, "years": [], "rows": [], "count": 0}
    per_year = due.groupby("year")["has_row"].agg(["size", "sum"])
    schools = years.by_institution()
    where = f"，涉及 {len(schools)} 所院校" if len(missing) else ""
    apart = int(missing["outside"].sum())
    points = due["specialty"].notna().any()
    return {
        "title": f"“{sheet}”缺年：应有 {len(due):,} 个{subject}年度，缺 {len(missing):,} 个{where}"
        + (f"（其中技工院校 {apart} 个）" if apart else ""),
        "years": [
            (int(year), f"{int(size):,}", f"{int(has):,}", int(size - has))
            for year, size, has in per_year.itertuples(name=None)
        ],
        "schools": [
            {
                "name": name,
                "link": _institution(view, code),
                "cells": [_cell(cells.get(year)) for year in years.years],
                "gone": sum(gone for gone, _ in cells.values()),
                "outside": outside,
            }
            for code, name, outside, cells in schools[:MOST_SCHOOLS]
        ],
        "more": max(len(schools) - MOST_SCHOOLS, 0),
        "count": len(missing),
        "points": points,
        "rows": [
            {
                "name": row.institution,
                "link": _institution(view, row.institution_id),
                "point": f"{row.subject_id} {row.specialty}" if points else "",
                "year": int(row.year),
            }
            for row in _rows(missing)
        ],
    }


def _rows(frame: pd.DataFrame) -> Iterable[Any]:
    """As many rows of a list as the page shows."""
    return frame.head(MOST_ROWS).itertuples()


def _cell(counts: tuple[int, int] | None) -> tuple[str, str]:
    """(style, text) of an institution's year."""
    if counts is None:
        return "none", "—"
    gone, due = counts
    if not gone:
        return "whole", "✓"
    return ("all" if gone == due else "some"), f"缺 {gone}/{due}"


def _uses(view: View, found: Report) -> dict[str, Any]:
    count = found.unusable
    affected = [each for each in found.uses if each.count(UNUSABLE)]
    mendable = [each for each in affected if not each.lost]
    worst = max(mendable, key=lambda each: each.count(UNUSABLE), default=None)
    lost = sum(each.lost for each in found.uses)
    rows = quality.unusable_rows(found.uses)
    return {
        "title": (
            f"用不上的行：{count:,} 行缺少内容，影响 {len(mendable)} 项，最多的是{worst.name}"
            if worst
            else "用不上的行：没有因缺少内容而用不上的行"
        )
        + (f"；另有 {lost} 项指标因所需的表或列为空而无数据" if lost else ""),
        "rows": [_use(view, each) for each in affected],
        "all": [_use(view, each) for each in found.uses],
        "count": len(rows),
        "list": rows[:MOST_ROWS],
    }


def _use(view: View, use: Use) -> dict[str, Any]:
    def words(kind: str) -> str:
        listed = sorted((each for each in use.reasons if each.kind == kind), key=lambda r: -r.count)
        return "；".join(f"{each.words} {each.count:,}" for each in listed)

    return {
        "name": use.name,
        "link": view.link("indicator", {"id": use.id}) if use.id else None,
        "sheet": use.sheet,
        "total": f"{use.total:,}" if use.total else "无数据",
        "used": f"{use.used:,}" if use.total else "",
        "beyond": f"{use.count(BEYOND):,}" if use.total else "",
        "unusable": use.count(UNUSABLE),
        "why": words(UNUSABLE),
        "out": words(BEYOND),
    }


# ---------------------------------------------------------------- over versions


@figures.kept(200)
def _glance(path: str, name: str, fingerprint: str, _plan: Plan) -> Glance:
    """The numbers of a sealed version, which never change."""
    del name, fingerprint
    return quality.glance(Path(path), _plan)


def trend(plan: Plan, progress: Progress = silent) -> list[tuple[Version, Glance]]:
    """The last whole versions, oldest first, each looked at once in the life of the server.

    progress is called before each, with a share and words, once it takes long enough to notice.
    """
    start = time.monotonic()
    whole = (each for each in versions.newest_first() if not each.fault)
    found: list[tuple[Version, Glance]] = []
    for index, each in enumerate(islice(whole, MOST_VERSIONS)):
        if time.monotonic() - start > NOTICED_SECONDS:
            progress(index / MOST_VERSIONS, f"正在统计各版本的质量：{each.id}")
        found.append((each, _glance(str(each.path), each.id, plan.fingerprint, plan)))
    return found[::-1]


def _lines(glances: Sequence[Glance]) -> list[tuple[str, str, list[float | None]]]:
    """(title, unit, values) of each line of the trend."""
    return [
        ("填写率", "%", [each.filled for each in glances]),
        ("载入提醒", "条", [float(each.remarks) for each in glances]),
        ("缺专业点年度", "个", [each.missing for each in glances]),
        ("空表和久未更新的表", "张", [float(each.empty + each.stale) for each in glances]),
    ]


def _trend(view: View) -> None:
    bar = st.empty()

    def say(share: float, words: str) -> None:
        bar.progress(share, text=words)

    found = trend(view.version.plan, say)
    bar.empty()
    if not found:
        return
    glances = [each for _, each in found]
    lines = [
        {
            "title": words,
            "now": _percent(values[-1]) if unit == "%" else number(values[-1], unit),
            "first": _percent(values[0]) if unit == "%" else number(values[0], unit),
            "points": polyline(values),
        }
        for words, unit, values in _lines(glances)
    ]
    many = len(found) > 1
    title = "各版本走势：只有一个完好的版本，尚无走势"
    if many:
        title = f"各版本走势：最近 {len(found)} 个版本，" + "，".join(map(_course, lines[:3]))
    block(
        render(
            "desk_quality_trend",
            title=title,
            source=view.source,
            lines=lines if many else [],
            rows=[_version(version, glance) for version, glance in reversed(found)],
            current=view.version.path.stem,
        ),
        key="desk-quality-trend",
    )


def _course(line: dict[str, str]) -> str:
    if line["first"] == line["now"]:
        return f"{line['title']}仍为 {line['now']}"
    return f"{line['title']}由 {line['first']} 到 {line['now']}"


def _version(version: Version, glance: Glance) -> dict[str, Any]:
    return {
        "id": version.id,
        "at": clock.moment(version.made_at),
        "file": version.meta.get("source_name", ""),
        "date": glance.data_date.isoformat(),
        "filled": _percent(glance.filled),
        "remarks": glance.remarks,
        "missing": "无数据" if glance.missing is None else glance.missing,
        "stale": glance.stale,
        "empty": glance.empty,
    }


def polyline(values: Sequence[float | None], width: int = 160, height: int = 34) -> str:
    """The points of a small line over the values, which are evenly apart; missing ones are left
    out. A level line runs in the middle."""
    known = [each for each in values if each is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    step = width / max(len(values) - 1, 1)
    drop = height / (high - low) if high > low else 0.0
    top = height / 2 if high == low else 0.0
    return " ".join(
        f"{index * step:.1f},{top + (high - value) * drop:.1f}"
        for index, value in enumerate(values)
        if value is not None
    )


# ---------------------------------------------------------------- workbook


Part = tuple[str, Sequence[str], Iterable[Sequence[Any]]]


def workbook(view: View) -> bytes:
    """Every list of the report whole, one sheet a section."""
    return download.book(view, _sheets(view), f"{view.source} · 版本 {view.version.path.stem}")


def _sheets(view: View) -> list[Part]:
    found = report(view.version)
    far = found.outliers
    return [
        (
            "结论",
            ("次序", "应补的内容"),
            [(i + 1, each.words) for i, each in enumerate(found.todo)],
        ),
        (
            "填写情况",
            ("表", "列", "要求", "行数", "已填", "填写率（%）"),
            [
                (
                    sheet.title,
                    each.header,
                    "必填" if each.required else "空有含义" if each.says else "选填",
                    sheet.rows or None,
                    each.filled if sheet.rows else None,
                    each.filled / sheet.rows * 100 if sheet.rows else None,
                )
                for sheet in found.sheets
                for each in sheet.columns
            ],
        ),
        (
            "更新情况",
            ("表", "最近到", "距数据截止日（天）", "界限（天）", "状态"),
            [
                (each.title, _latest(each), each.days, each.limit or None, _state(each))
                for each in found.ages
            ],
        ),
        (
            "离群值",
            (
                *("表", "项目", "单位", "对象", "院校", "年度", "数值", "上年"),
                *("通常不低于", "通常不高于", "偏离倍数"),
            ),
            far[
                [
                    *("sheet", "words", "unit", "key", "institution", "year", "value", "before"),
                    *("low", "high", "times"),
                ]
            ].itertuples(index=False, name=None),
        ),
        (
            "载入提醒",
            ("表", "单元格", "原值", "提醒"),
            [
                (each.sheet, cell, value, message)
                for each in found.remarks
                for cell, value, message in each.cells
            ],
        ),
        (
            "院校位置",
            ("院校代码", "院校", "层次", "区县", "缺少", "技工院校"),
            [
                (
                    row.institution_id,
                    row.institution,
                    row.level_today,
                    row.district if isinstance(row.district, str) else None,
                    _lacks(row),
                    bool(row.outside),
                )
                for row in found.places.itertuples()
            ],
        ),
        (
            "年度数据缺年",
            ("院校", "专业点编号", "专业", "年度", "技工院校"),
            found.years.missing[
                ["institution", "subject_id", "specialty", "year", "outside"]
            ].itertuples(index=False, name=None),
        ),
        (
            "办学条件缺年",
            ("院校代码", "院校", "年度", "技工院校"),
            found.condition_years.missing[
                ["institution_id", "institution", "year", "outside"]
            ].itertuples(index=False, name=None),
        ),
        (
            "指标用行",
            ("指标或用途", "表", "总行数", "计入", "未计入的原因", "类别", "行数"),
            [
                (use.name, use.sheet, use.total, use.used, words, kind, count)
                for use in found.uses
                for words, kind, count in _reasons(use)
            ],
        ),
        (
            "用不上的行",
            ("指标或用途", "表", "行", "院校", "原因"),
            quality.unusable_rows(found.uses),
        ),
        (
            "各版本",
            (
                *("版本", "载入时间", "文件", "数据截止", "填写率（%）", "载入提醒"),
                *("缺年（专业点年度）", "久未更新的表", "空表"),
            ),
            [
                (
                    version.id,
                    clock.moment(version.made_at),
                    version.meta.get("source_name", ""),
                    glance.data_date,
                    glance.filled,
                    glance.remarks,
                    glance.missing,
                    glance.stale,
                    glance.empty,
                )
                for version, glance in reversed(trend(view.version.plan))
            ],
        ),
    ]


def _reasons(use: Use) -> list[tuple[str | None, str | None, int | None]]:
    return [(each.words, each.kind, each.count) for each in use.reasons] or [(None, None, None)]
