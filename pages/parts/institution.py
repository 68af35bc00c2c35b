"""One institution on one sheet of paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from data.contract import BY_TABLE, DEFAULT_SCHOOL_TYPE, NO_DISTRICT
from pages.parts import choropleth, district_map, download, figures, needs
from pages.parts.block import BAND_MARKS, block, render
from pages.parts.institution_choice import inside, known, level_words, levels
from pages.parts.view import View, follow
from queries import early_warning, places, profile
from queries.evaluate import Result, Scope
from queries.profile import Conditions, Point, Rule
from queries.run import Institution, fetch
from queries.status import number

YEARS_OF_SIGNALS, YEARS_OF_CHANGES = 5, 10
# How many lines of a list go on paper; the rest is on the screen.
ON_PAPER = 7
# Stands for "always" in the derived tables.
_ALWAYS = date(1000, 1, 1)


def portrait(view: View, code: str) -> None:
    """One institution on one page; outside the filters a page that says so."""
    follow(block(_portrait(view, code), key="portrait"))
    if code not in inside(view):
        return
    headers, rows = point_table(view, code)
    name = known(view)[code].name
    download.button(
        view,
        "下载专业点明细（.xlsx）",
        lambda: download.workbook(view, "专业点明细", headers, rows),
        download.name(view, f"{name}_专业点明细", "xlsx"),
    )


def alone(view: View, code: str) -> View:
    """The view of one institution: its own place, with the filters' levels."""
    scope = Scope(level=view.scope.level, institution=(code,), outside=known(view)[code].outside)
    return replace(view, scope=scope)


@figures.kept(20)
def yearly(view: View) -> pd.DataFrame:
    """The signals of every institution and year under the filters' levels."""
    return profile.yearly_signals(view.version, view.as_of, view.scope)


@figures.kept(100)
def points(view: View, code: str) -> list[Point]:
    """The institution's points of the filters' levels."""
    return profile.points(view.version, code, view.as_of, view.scope.level)


@figures.kept(100)
def _portrait(view: View, code: str) -> str:
    institution = known(view)[code]
    if code not in inside(view):
        return _outside_filters(view, institution)
    version, day = view.version, view.as_of
    found = points(view, code)
    rules = profile.rules(version, code, day)
    signals = _signals(view, code)
    groups = fetch("institution_groups", version, institution=code, as_of=day)
    titles = [
        row
        for row in fetch("institution_titles", version, institution=code, as_of=day)
        if not view.scope.level or row[5] is None or row[5] in view.scope.level
    ]
    return render(
        "institution",
        title=f"{institution.name}：{_finding(found, rules, signals)}",
        subtitle=view.source,
        card=_card(view, institution),
        map=_spot(view, institution),
        parts=_composition(view, found),
        active=sum(each.in_force for each in found),
        changes=_changes(found, day),
        rules=[_rule(view, each) for each in rules],
        industries=[
            name
            for name, _ in fetch("institution_industries", version, institution=code, as_of=day)
        ],
        groups=[
            {
                "name": name,
                "key": bool(is_key),
                "since": formed.isoformat(),
                "points": members,
                "extra": index >= ON_PAPER,
            }
            for index, (_, name, is_key, formed, members) in enumerate(groups)
        ],
        groups_missing=_missing(view, "specialty_groups"),
        titles=[
            {
                "kind": kind,
                "subject": "本校" if kind == "院校" else subject,
                "title": title,
                "since": "" if since <= _ALWAYS else since.isoformat(),
                "accepted": accepted,
                "extra": index >= ON_PAPER,
            }
            for index, (kind, _, subject, title, since, _, accepted) in enumerate(titles)
        ],
        titles_missing=_missing(view, "recognitions"),
        paper=ON_PAPER,
        conditions=_conditions(view, institution),
        signals=signals,
        projects=_projects(view, code),
        indicators=_indicators(view, code),
        outside=institution.outside,
        level_filter="、".join(view.scope.level),
        headers=point_table(view, code)[0],
        rows=[["" if v is None else str(v) for v in row] for row in point_table(view, code)[1]],
    )


def _outside_filters(view: View, institution: Institution) -> str:
    everywhere = replace(view, scope=Scope())
    return render(
        "institution_outside",
        title=institution.name,
        text=f"这所院校不在当前筛选（{view.scope.words}）之内，清除筛选即可查看。",
        href=everywhere.address("institution", {"id": institution.institution_id}),
        go="~district=&authority=&level=",
    )


def _missing(view: View, table: str) -> str:
    """What is said where there is nothing: an empty sheet, or none of it at this institution."""
    if table not in view.version.filled:
        return f"“{BY_TABLE[table].title}”表为空，填报后即可显示。"
    return "所看日期没有。"


def _finding(found: Sequence[Point], rules: Sequence[Rule], signals: dict[str, Any]) -> str:
    """The institution in a sentence."""
    active = [each for each in found if each.in_force]
    parts = [f"在办专业点 {number(float(len(active)))} 个"]
    for rule in rules:
        if rule.applies and rule.number is not None:
            span = "" if rule.fits else f" {rule.low}—{rule.high} 个的要求"
            parts.append(f"{rule.what} {rule.number} 个（{rule.words}{span}）")
    if signals["years"]:
        last = signals["years"][-1]
        red = signals["tally"][0]["cells"][-1]
        if red:
            parts.append(f"{last} 年红色预警 {red} 个")
    return "；".join(parts)


def _card(view: View, institution: Institution) -> dict[str, Any]:
    """The lines of its own sheet, and the way to its district on the map."""
    own = profile.facts(view.version, institution.institution_id)
    words = [level_words(view, institution), institution.authority, own["ownership"]]
    if own["school_type"] and own["school_type"] != DEFAULT_SCHOOL_TYPE:
        words.append(own["school_type"])
    for name, text in (
        ("founded_on", "成立于"),
        ("bachelor_since", "升格职业本科"),
        ("closed_on", "撤并于"),
    ):
        if own[name] is not None:
            words.append(f"{text} {own[name].isoformat()}")
    return {
        "code": institution.institution_id,
        "words": " · ".join(word for word in words if word),
        "district": institution.district,
        "outside": institution.outside,
        "map": view.link("map", {"id": places.POINTS, "area": institution.district}),
    }


def _spot(view: View, institution: Institution) -> dict[str, Any]:
    """The outlines with its district and, where coordinates are given, its place."""
    own = profile.facts(view.version, institution.institution_id)
    drawn = district_map.outlines(view.version)
    x = y = None
    if own["longitude"] is not None and own["latitude"] is not None:
        x, y = drawn["frame"].place(own["longitude"], own["latitude"])
        if not (0 <= x <= district_map.WIDTH and 0 <= y <= drawn["height"]):
            x = y = None
    note = "" if x is not None else "坐标未填或在图外，只标所在区县"
    if institution.district == NO_DISTRICT:
        note = "未填区县" if x is None else "未填区县，按坐标标出"
    level = levels(view).get(institution.institution_id, institution.level_today)
    return {
        "width": round(district_map.WIDTH),
        "height": drawn["height"],
        "shapes": [
            {**shape, "on": shape["name"] == institution.district} for shape in drawn["shapes"]
        ],
        "zones": [{**zone, "on": zone["name"] == institution.district} for zone in drawn["zones"]],
        "x": x,
        "y": y,
        "colour": choropleth.LEVEL_COLOURS[level],
        "note": note,
        "alt": f"{institution.name}在{institution.district}",
    }


def _composition(view: View, found: Sequence[Point]) -> list[dict[str, Any]]:
    """Bars by track, level and industry; each group adds up to the points in force."""
    parts = profile.composition(found)
    if "specialty_points.track" not in view.version.filled:
        parts["类别"] = []
    total = max((count for rows in parts.values() for _, count in rows), default=1)
    return [
        {
            "title": title,
            "empty": "“专业点”表的“类别”列为空"
            if title == "类别" and not rows and found
            else "没有",
            "rows": [
                {
                    "name": name,
                    "count": count,
                    "width": round(count / total * 100, 1),
                    "extra": index >= ON_PAPER,
                }
                for index, (name, count) in enumerate(rows)
            ],
        }
        for title, rows in parts.items()
    ]


def _changes(found: Sequence[Point], day: date) -> dict[str, Any]:
    """Openings above the line, closings below, for the last years."""
    everything = profile.movements(found, day)
    years = everything[-YEARS_OF_CHANGES:]
    up = [moved.get(profile.OPENED, 0) + moved.get(profile.RESUMED, 0) for _, moved in years]
    down = [moved.get(profile.CLOSED, 0) + moved.get(profile.SUSPENDED, 0) for _, moved in years]
    most = max([*up, *down, 1])
    earlier = everything[:-YEARS_OF_CHANGES]
    return {
        "bars": [
            {
                "year": year,
                "up": rise,
                "down": fall,
                "rise": round(rise / most * 100, 1),
                "fall": round(fall / most * 100, 1),
                "title": f"{year} 年："
                + ("、".join(f"{w} {n} 个" for w, n in moved.items()) or "无"),
            }
            for (year, moved), rise, fall in zip(years, up, down, strict=True)
        ],
        "earlier": sum(moved.get(profile.OPENED, 0) for _, moved in earlier),
        "before": years[0][0] if earlier else None,
    }


def _moved(year: int, moved: dict[str, int]) -> str:
    words = "、".join(f"{word} {count} 个" for word, count in moved.items())
    return f"{year} 年：{words or '无'}"


def _rule(view: View, rule: Rule) -> dict[str, Any]:
    return {
        "what": rule.what,
        "number": "无数据" if rule.number is None else f"{rule.number} 个",
        "span": f"{rule.low}—{rule.high} 个",
        "words": rule.words,
        "fits": rule.fits,
        **view.link("indicator", {"id": rule.indicator.id}),
    }


def _conditions(view: View, institution: Institution) -> dict[str, Any]:
    """The latest record against each threshold, with the provincial verdict beside."""
    code = institution.institution_id
    sheet = BY_TABLE["conditions"].title
    level = levels(view).get(code, institution.level_today)
    found = profile.conditions(view.version, code, view.as_of)
    if found is None:
        if "conditions" not in view.version.filled:
            text = f"“{sheet}”表为空，填报后即可显示。"
        elif profile.asks_conditions(view.version, level):
            text = f"“{sheet}”表没有它到所看日期的记录，按未达标计。"
        else:
            text = "办学条件标准针对中职学校，该层次不作评定。"
        return {"year": None, "text": text, "thresholds": [], "summary": "", "disagree": False}
    return {
        "year": found.year,
        "text": "" if found.items else "它的学校类型没有可对照的标准。",
        "summary": _verdict_words(found),
        "disagree": found.disagree,
        "thresholds": [
            {
                "item": each.item,
                "value": number(each.value, each.unit),
                "bound": f"{'≥' if each.comparison == 'at_least' else '≤'} "
                f"{number(each.threshold)}",
                "met": each.met,
                "short": "" if not each.short else number(each.short, each.unit),
            }
            for each in found.items
        ],
    }


def _verdict_words(found: Conditions) -> str:
    """The provincial verdict beside the computed one."""
    computed = {True: "逐项测算达标", False: "逐项测算未达标", None: "无法测算"}[found.computed]
    missed = sum(each.met is False for each in found.items)
    if missed:
        computed += f"（{missed} 项未达）"
    verdict = f"省级验收：{found.verdict}" if found.verdict else "尚无省级验收结论"
    return f"{found.year} 年 · {verdict} · {computed}"


def _signals(view: View, code: str) -> dict[str, Any]:
    """Five signals by year: the rates of all its points together, and how many points are red."""
    rules = view.version.plan.warning
    everything = yearly(view)
    if not everything.empty and code in everything.index.get_level_values("institution_id"):
        own = everything.xs(code, level="institution_id").sort_index()[-YEARS_OF_SIGNALS:]
    else:
        own = everything.iloc[0:0]
    years = [int(year) for year in own.index] if len(own) else []
    rows = [
        {
            "name": signal.name,
            "title": signal.formula,
            "bounds": f"黄 < {signal.yellow:g}，红 < {signal.red:g}",
            "cells": [
                {
                    "text": "—" if pd.isna(value) else number(float(value)),
                    "band": band,
                    "mark": BAND_MARKS[band],
                }
                for value, band in zip(own[signal.id], own[f"{signal.id}.band"], strict=True)
            ],
        }
        for signal in rules.signals
        if signal.id in own
    ]
    tally = [
        {
            "name": words,
            "mark": BAND_MARKS[colour],
            "band": colour,
            "cells": [int(each) for each in own[colour]],
        }
        for colour, words in early_warning.WORDS.items()
        if years
    ]
    return {
        "years": years,
        "rows": rows,
        "tally": tally,
        "note": f"各率 %：先加总各专业点人数再算；满意度为各专业点平均。界线{rules.provenance}。",
        "empty": _missing(view, "point_years")
        if "point_years" not in view.version.filled
        else "“年度数据”表没有它到所看日期的记录。",
    }


def _projects(view: View, code: str) -> dict[str, Any]:
    rows = fetch("institution_projects", view.version, institution=code)
    plan = view.version.plan
    found = []
    for index, row in enumerate(rows):
        _, name, indicator_id, contribution, rank, stage, above, city, planned, done = row
        indicator = plan.indicator(indicator_id)
        money = [
            f"{words} {number(amount)} 万元"
            for words, amount in (("上级", above), ("市级", city))
            if amount
        ]
        found.append(
            {
                "name": name,
                "rank": rank,
                "stage": stage,
                "money": "，".join(money) or "—",
                "when": f"{done.isoformat()} 完成" if done else f"计划 {planned.isoformat()}",
                "gain": f"+{number(contribution, '' if indicator is None else indicator.unit)}",
                "indicator": indicator.short if indicator else indicator_id,
                "extra": index >= ON_PAPER,
                **view.link("indicator", {"id": indicator_id}),
            }
        )
    running = sum(each["stage"] in ("在建", "成熟", "储备") for each in found)
    return {
        "rows": found,
        "title": f"项目 {len(found)} 个，其中在库在建 {running} 个" if found else "项目",
    }


def _indicators(view: View, code: str) -> list[dict[str, Any]]:
    """What it adds to every indicator, and its share of the city's count."""
    own = figures.results(alone(view, code))
    city = figures.results(replace(view, scope=Scope(level=view.scope.level)))
    outside = known(view)[code].outside
    return [
        _indicator(view, code, part, whole, outside) for part, whole in zip(own, city, strict=True)
    ]


def _indicator(view: View, code: str, part: Result, whole: Result, outside: bool) -> dict[str, Any]:
    indicator = part.indicator
    share = "—"
    value = number(part.actual, indicator.unit)
    if indicator.measure == "count":
        if part.actual is not None and whole.actual and not outside:
            share = number(part.actual / whole.actual * 100, "%")
    elif part.actual is None:
        # Nothing of it to divide by, unless the data lacks what every institution would need.
        value = value if needs.lacking(view.version.filled, indicator) else "—"
    elif indicator.measure == "coverage" or part.denominator == 1:
        value = "计入" if part.numerator else "未计入"
        if whole.numerator and part.numerator and not outside:
            share = number(1 / whole.numerator * 100, "%")
    elif whole.numerator and part.numerator is not None and not outside:
        share = number(part.numerator / whole.numerator * 100, "%")
    allocated = part.target is not None
    return {
        "name": indicator.short,
        "full": indicator.name,
        "value": value,
        "share": share,
        "target": number(part.target, indicator.unit) if allocated else "",
        "none": not part.actual,
        **view.link("indicator", {"id": indicator.id, "institution": code}),
    }


def point_table(view: View, code: str) -> tuple[list[str], list[list[Any]]]:
    """Headers and rows of the points, in force or not."""
    headers = ["编号", "专业", "代码", "层次", "类别", "产业", "专业类", "状态", "设置日期", "变动"]
    rows: list[list[Any]] = [
        [
            each.id,
            each.specialty,
            each.code,
            each.level,
            each.track,
            each.industry,
            each.class_name,
            each.state,
            each.opened_on,
            "；".join(f"{on.isoformat()} {word}" for word, on in each.dates[1:]),
        ]
        for each in points(view, code)
    ]
    return headers, rows
