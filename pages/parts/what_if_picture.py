"""What comes of a scenario, as the page and its workbook show it: finding, bars, money, places."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pages.parts import download
from pages.parts.view import View
from queries import summary
from queries.scenario import Expected, Outcome, Pace, Prepared
from queries.status import ACHIEVED, ACHIEVED_LATE, NEARLY_ACHIEVED, NO_DATA, RANK, WORDS, number

# How far the bars reach beyond the target, so that their scale stays while a slider moves.
ROOM = 1.3


def values(view: View, prepared: Prepared, found: Outcome) -> dict[str, Any]:
    """What the template needs, words and positions in percent."""
    return {
        "title": finding(found),
        "sub": _sub(view, found),
        "counts": _counts(found),
        "money": _money(found),
        "touched": _touched(found),
        "rows": [_row(view, each) for each in found.indicators],
        "moved": moved(prepared, found),
        "source": view.source,
    }


def moved(prepared: Prepared, found: Outcome) -> list[str]:
    """The moved levers in words, for paper, on which there are no sliders."""
    rows = []
    for name, value in found.scenario.levers:
        lever = prepared.levers.all[name]
        rows.append(f"{lever.name} {number(lever.today)} → {number(value, lever.unit)}")
    return rows


def reached(counts: dict[str, int]) -> int:
    """Indicators reached in time or late, nearly reached ones apart."""
    return counts.get(ACHIEVED, 0) + counts.get(ACHIEVED_LATE, 0)


def finding(found: Outcome) -> str:
    """The heading: how many would be reached, and how that differs from the present pace."""
    before, after = reached(found.base_counts), reached(found.counts)
    nearly = found.counts.get(NEARLY_ACHIEVED, 0)
    late = found.counts.get(ACHIEVED_LATE, 0)
    when = f"到 {found.days[-1]} " if found.late else "期限时"
    said = f"{when}达成 {after} 项" + (f"（其中逾期 {late} 项）" if late else "")
    said += f"、基本达成 {nearly} 项" if nearly else ""
    if not found.scenario.levers:
        return f"按现有速度，{said}"
    if after == before:
        nearly_before = found.base_counts.get(NEARLY_ACHIEVED, 0)
        if nearly != nearly_before:
            return f"按此情景，{said}，达成项数与现有速度相同"
        return f"按此情景，{said}，与现有速度相同"
    more = f"{'多' if after > before else '少'} {abs(after - before)} 项"
    return f"按此情景，{said}，达成比现有速度{more}"


def _sub(view: View, found: Outcome) -> str:
    deadline = view.version.plan.deadline
    if found.late:
        ahead = f"方案期限 {deadline} 已过，推演至 {found.days[-1]} 能否逾期达成"
    else:
        ahead = f"推演至各指标期限（{deadline}）"
    changed = sum(each.status != each.base_status for each in found.indicators)
    words = f"{changed} 项状态有变化" if found.scenario.levers else "尚未调整杠杆"
    absent = found.counts.get(NO_DATA, 0)
    whole = f"共 {len(found.indicators)} 项指标" + (f"（{absent} 项无数据）" if absent else "")
    return f"{ahead}；{whole}，{words}；按全市计算"


def _counts(found: Outcome) -> list[dict[str, Any]]:
    before, after = found.base_counts, found.counts
    return [
        {"status": name, "before": before.get(name, 0), "after": after.get(name, 0)}
        for name in WORDS
        if name in before or name in after
    ]


def _money(found: Outcome) -> dict[str, Any]:
    cost = found.cost
    parts = [
        ("市级配套", cost.matching),
        ("引领资金", cost.seed),
        ("增设专业点", cost.opening),
        ("裁撤专业点", cost.closing),
        ("院校补齐", cost.bringing),
    ]
    return {
        "total": number(cost.total, "万元"),
        "parts": "、".join(f"{name} {number(value)}" for name, value in parts if value)
        or "没有需要市级资金的调整",
        "arranged": number(cost.arranged) if cost.arranged else "",
        "missing": "、".join(cost.not_counted),
        "years": [
            {
                "year": each.year,
                "cost": number(each.cost),
                "budget": None if each.budget is None else number(each.budget),
                "over": number(each.over) if each.over else "",
                "part": _part(each.cost, each.budget),
            }
            for each in cost.by_year
        ],
        "over": number(sum(each.over for each in cost.by_year)),
    }


def _part(cost: float, budget: float | None) -> float:
    if not budget:
        return 100.0 if cost else 0.0
    return round(min(cost / budget * 100, 100.0), 1)


def _touched(found: Outcome) -> list[tuple[str, str]]:
    touched = found.touched
    students = f"{number(touched.students)} 人"
    if touched.unreported:
        students += f"（{number(touched.unreported)} 个点未填在校生）"
    return [
        ("增设专业点", f"{number(touched.opened)} 个"),
        ("裁撤专业点", f"{number(touched.closed)} 个"),
        ("涉及在校生", students),
        ("实施项目", f"{number(touched.projects)} 个"),
        ("补齐院校", f"{number(touched.institutions)} 所次"),
    ]


def _row(view: View, each: Expected) -> dict[str, Any]:
    indicator, target = each.indicator, each.result.target
    unit = indicator.unit
    today = each.result.actual or 0.0
    highest = max(target or 0.0, each.base or 0.0, today) * (1.04 if unit == "%" else ROOM) or 1.0
    top = max(highest, 100.0) if unit == "%" and not target else highest

    def place(value: float | None) -> float:
        return 0.0 if value is None else round(min(value / top, 1.0) * 100, 1)

    short = "" if unit == "%" else unit
    base, value = (number(v, "%" if unit == "%" else "", target) for v in (each.base, each.value))
    aim = number(target, unit) if target is not None else "无目标值"
    better = RANK.get(each.status, -1) - RANK.get(each.base_status, -1)
    comparable = each.status in RANK and each.base_status in RANK
    return {
        "id": each.id,
        "name": indicator.name,
        "short": indicator.short,
        "base": place(each.base),
        "value": place(each.value),
        "target": None if target is None else place(target),
        "beyond": each.value is not None and each.value > top,
        "base_figure": base,
        "figure": value,
        "same": base == value,
        "aim": aim if target is not None else "",
        "unit": short,
        "base_status": each.base_status,
        "status": each.status,
        "turn": "" if not comparable or not better else ("up" if better > 0 else "down"),
        "change": _signed(each.change, unit),
        "alt": f"{indicator.name}：现有速度 {base}{short}，情景 {value}{short}，目标 {aim}，"
        f"{WORDS[each.base_status]}"
        + (f"变为{WORDS[each.status]}" if each.status != each.base_status else ""),
        "reason": each.absent or each.verdict.reason,
        **view.link("indicator", {"id": each.id}),
    }


def _signed(change: float | None, unit: str) -> str:
    if change is None:
        return "—"
    if abs(change) < 0.05:
        return "0"
    text = number(abs(change), summary.points(unit))
    return f"{'+' if change > 0 else '−'}{text}"


# ---------------------------------------------------------------- required pace


def pace(view: View, prepared: Prepared) -> dict[str, Any]:
    """What a quarter from now needs of every indicator not reached, beside its best so far."""
    results = {each.id: each for each in prepared.results}
    found = sorted(
        prepared.paces.values(),
        key=lambda each: (each.times is not None, -(each.times or 0.0)),
    )
    rows: list[dict[str, Any]] = []
    for each in found:
        result = results[each.indicator]
        unit = summary.points(result.indicator.unit)
        rows.append(
            {
                "name": result.indicator.name,
                "status": result.status,
                "actual": number(result.actual, result.indicator.unit, result.target),
                "target": number(result.target, result.indicator.unit),
                "gap": number(result.gap, unit),
                "required": number(each.required, unit),
                "best": "—" if each.best is None else number(each.best, unit),
                "best_on": "" if each.best_on is None else quarter(each.best_on),
                "times": "" if each.times is None else number(each.times, "倍"),
                "part": 100.0 if each.times is None else round(min(each.times, 4) / 4 * 100, 1),
                "harder": each.times is None or each.times > 1,
                "word": pace_word(each),
                **view.link("indicator", {"id": each.indicator}),
            }
        )
    harder = sum(row["harder"] for row in rows)
    until = prepared.days[-1]
    if not rows:
        title = "有目标值的指标均已达成"
    elif harder:
        title = f"未达成的 {len(rows)} 项指标中，{harder} 项所需速度超过印发以来最好的一个季度"
    else:
        title = f"未达成的 {len(rows)} 项指标所需速度，都曾在某一季度做到过"
    return {
        "title": title,
        "rows": rows,
        "until": until.isoformat(),
        "late": bool(prepared.late.all()),
        "source": view.source,
    }


def pace_word(each: Pace) -> str:
    """What the required pace asks for, in words."""
    if each.best is None:
        return "印发以来不足两个季度末"
    if each.times is None:
        return "印发以来没有增长的季度"
    if each.times > 1:
        return f"是最好季度的 {number(each.times, '倍')}"
    return "曾有季度达到"


def quarter(day: Any) -> str:
    """The year and the quarter of a day, short."""
    return f"{day.year} 年 {(day.month + 2) // 3} 季度"


# ---------------------------------------------------------------- workbook

HEADERS = (
    "编号",
    "指标",
    "单位",
    "判定日",
    "现状值",
    "目标值",
    "现有速度预测",
    "情景预测",
    "变化",
    "现有速度状态",
    "情景状态",
    "每季需",
    "最好季度",
    "评定依据",
)


def workbook(view: View, prepared: Prepared, found: Outcome) -> bytes:
    """Every indicator under the scenario, then its levers, money and places, on one sheet."""
    rows: list[tuple[Any, ...]] = []
    for each in found.indicators:
        needed = prepared.paces.get(each.id)
        rows.append(
            (
                each.id,
                each.indicator.name,
                each.indicator.unit,
                each.on,
                each.result.actual,
                each.result.target,
                each.base,
                each.value,
                each.change,
                WORDS[each.base_status],
                WORDS[each.status],
                None if needed is None else needed.required,
                None if needed is None else needed.best,
                each.absent or each.verdict.reason,
            )
        )
    rows += [(), ("杠杆编号", "杠杆", "单位", "", "现值", "情景值")]
    for name, value in found.scenario.levers:
        lever = prepared.levers.all[name]
        rows.append((name, lever.name, lever.unit, None, lever.today, value))
    cost = found.cost
    rows += [(), ("", "市级资金", "万元")]
    rows += [
        ("", label, "万元", None, amount)
        for label, amount in (
            ("合计", cost.total),
            ("市级配套", cost.matching),
            ("引领资金", cost.seed),
            ("增设专业点", cost.opening),
            ("裁撤专业点", cost.closing),
            ("院校补齐", cost.bringing),
            ("其中已安排", cost.arranged),
        )
    ]
    rows += [("", f"{each.year} 年", "万元", None, each.cost) for each in cost.by_year]
    if cost.not_counted:
        rows.append(("", "未计入费用：" + "、".join(cost.not_counted)))
    rows += [(), *(("", label, "", None, text) for label, text in _touched(found))]
    return download.workbook(view, "情景推演", HEADERS, rows)


def status_line(found: Outcome) -> str:
    """Counts by status in words: 已达成 9、未达成 14."""
    tally = Counter(found.counts)
    return "、".join(f"{WORDS[name]} {tally[name]}" for name in WORDS if tally[name])
