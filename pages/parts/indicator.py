"""One indicator: what it is, how far it is, where, whose, and the rows behind it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from data.plan import Indicator
from pages.parts import charts, district_map, download, editing, figures, needs, theme
from pages.parts.block import block, render
from pages.parts.bullets import bullet
from pages.parts.verbatim import verbatim
from pages.parts.view import View, follow, places
from queries import summary
from queries.accountability import IN_FORCE, interim_identity, interim_state
from queries.composition import newly_opened
from queries.evaluate import Result, Scope, city_line, evaluate, outlook
from queries.evidence import evidence
from queries.run import run
from queries.status import NO_DATA, NOT_ASSESSED, number

HEADERS = {
    "subject_kind": "对象",
    "subject_id": "编号",
    "subject": "名称",
    "institution": "院校",
    "district": "区县",
    "level": "层次",
    "track": "类别",
    "industry": "产业",
    "since": "计入起",
    "until": "计入止",
    "counted": "计入",
    "weight": "数量",
}


def choose(view: View) -> Indicator:
    """The indicator of the address; the picker writes the address."""
    plan = view.version.plan
    ids = [each.id for each in plan.indicators]
    asked = st.query_params.get("id", ids[0])
    names = {each.id: f"{each.goal} · {each.name}" for each in plan.indicators}
    if asked not in names:
        block(render("note", text=f"没有编号为“{asked[:40]}”的指标，下面是第一项。"), key="unknown")
        asked = ids[0]
    # The key holds the id, so that an address opened from elsewhere resets the picker.
    picked = st.selectbox(
        "指标",
        ids,
        index=ids.index(asked),
        format_func=names.__getitem__,
        key=f"pick-{asked}",
        label_visibility="collapsed",
    )
    if picked != asked:
        st.query_params["id"] = picked
        for name in ("area", "institution"):
            if name in st.query_params:
                del st.query_params[name]
        st.rerun()
    return next(each for each in plan.indicators if each.id == picked)


def narrowing(view: View) -> tuple[str, str]:
    """The place and the institution of the address; what the data does not know is none, and said.

    Returns (name, id), empty where nothing is chosen.
    """
    known = {
        "area": ("区县", places(view.version)),
        "institution": ("院校", [each.institution_id for each in view.version.institutions]),
    }
    found = []
    for name, (word, values) in known.items():
        asked = st.query_params.get(name, "")
        if asked and asked not in values:
            text = f"数据中没有{word}“{asked[:40]}”，已忽略。"
            block(render("note", text=text), key=f"unknown-{name}")
        found.append(asked if asked in values else "")
    area, school = found
    return area, school


def head(view: View, result: Result) -> None:
    """Title with the finding, the figures and the policy's sentence."""
    follow(block(_head(view, result.indicator), key="head"))


@figures.kept(200)
def _head(view: View, indicator: Indicator) -> str:
    result = figures.result(view, indicator)
    return render(
        "indicator_head",
        home={"go": "overview", "href": view.address("overview")},
        goal=indicator.goal,
        title=summary.gap_words(result),
        subtitle=f"{indicator.name}，单位：{indicator.unit} · {view.source}",
        b=bullet(view, result),
        facts=facts(view, result),
        quote=indicator.quote,
        sections="、§".join(indicator.sections),
        departments="、".join(indicator.departments),
        deadline=indicator.deadline.isoformat(),
    )


def facts(view: View, result: Result) -> list[dict[str, str]]:
    """The figures under the title, only those that are defined."""
    unit = result.indicator.unit
    found: list[tuple[str, str, str]] = [
        ("现状值", number(result.actual, unit, result.target), _shares(result))
    ]
    if result.target is not None:
        found.append(("目标值", number(result.target, unit), ""))
    if result.gap is not None:
        found.append(("尚差", number(result.gap, summary.points(unit)), ""))
    if result.at_deadline is not None:
        found.append(("期限时的值", number(result.at_deadline, unit), ""))
    found.append(("基期值", number(result.baseline, unit), str(view.version.plan.issued_on)))
    if result.schedule is not None:
        found.append(("序时应达", number(result.schedule, unit), ""))
    if result.pace is not None:
        found.append(("进度比", f"{result.pace:.2f}", ""))
    if result.lag_days is not None:
        word = "落后" if result.lag_days > 0 else "领先"
        found.append((f"{word}序时", f"{abs(result.lag_days):,.0f} 天", ""))
    if result.forecast is not None and not result.at_deadline:
        band = result.band
        small = (
            f"{number(band.low, unit)} — {number(band.high, unit)}"
            if band and band.high > band.low
            else ""
        )
        found.append(("按当前进度到期限", number(result.forecast, unit), small))
    if result.required_per_quarter is not None and result.gap:
        found.append(("今后每季需", number(result.required_per_quarter, summary.points(unit)), ""))
    found += _more(view, result)
    return [{"k": k, "v": v, "small": small} for k, v, small in found]


def _shares(result: Result) -> str:
    if result.numerator is None or result.denominator is None:
        return ""
    return f"{number(result.numerator)} / {number(result.denominator)}"


def _more(view: View, result: Result) -> list[tuple[str, str, str]]:
    """Points opened since the plan's issue (增设), and technician institutions beside the total."""
    indicator = result.indicator
    found = []
    tracks = indicator.counts.get("track")
    if tracks and "title" not in indicator.counts and result.actual is not None:
        opened = newly_opened(view.version, indicator, view.as_of, view.scope)
        found.append(("其中印发后增设", number(float(opened), indicator.unit), ""))
    if not view.version.plan.include_technician and not view.scope:
        (beside,) = evaluate(view.version, view.as_of, Scope(outside=True), None, [indicator.id])
        if beside.actual and beside.status != NO_DATA:
            found.append(("另有技工院校", number(beside.actual, indicator.unit), "不计入"))
    return found


def chart(view: View, result: Result) -> None:
    """The trend with target, schedule and forecast, and its table."""
    figure, table = _chart(view, result.indicator)
    if table["现状值"].isna().all():
        title = f"{result.indicator.short}：没有可画的走势"
        block(render("empty", title=title, text=missing(view, result.indicator)), key="notrend")
        return
    st.plotly_chart(
        figure,
        theme=None,
        config=theme.CONFIG,
        key="trend",
        alt=f"{summary.gap_words(result)}。{result.verdict.reason}",
    )
    with st.popover("查看数据", type="tertiary"):
        st.dataframe(table, hide_index=True, height=320)


@figures.kept(100)
def _chart(view: View, indicator: Indicator) -> tuple[dict[str, Any], pd.DataFrame]:
    result = figures.result(view, indicator)
    days, values = figures.history(view, indicator)
    line = None if view.scope else city_line(view.version, indicator, result.baseline)
    ahead_days = figures.month_ends(view.as_of, indicator.deadline)
    if indicator.deadline > view.as_of:
        ahead_days = sorted({view.as_of, *ahead_days, indicator.deadline})
    forecasts = outlook(view.version, indicator, view.as_of, ahead_days, view.scope)
    ahead = list(zip(ahead_days, forecasts, strict=True)) if forecasts else []
    figure = charts.trend(result, days, values, line, ahead, view.version.plan.issued_on)
    rows: list[dict[str, Any]] = [
        {"日期": day, "现状值": value, "序时应达": None if line is None else line.at(day)}
        for day, value in zip(days, values, strict=True)
    ]
    rows += [
        {"日期": day, "按当前进度": each.value, "区间下限": each.low, "区间上限": each.high}
        for day, each in ahead
    ]
    return figure, pd.DataFrame(rows)


def status(view: View, result: Result) -> None:
    """How the status was computed: the numbers, the rule that fired, since when."""
    follow(block(_status(view, result.indicator, editing.offered()), key="status"))


@figures.kept(200)
def _status(view: View, indicator: Indicator, editor: bool) -> str:
    result = figures.result(view, indicator)
    unit = indicator.unit
    plan = view.version.plan
    numbers = [("现状值", number(result.actual, unit, result.target), f"{view.as_of} 计入的行")]
    numbers.append(("基期值", number(result.baseline, unit), f"方案印发日 {plan.issued_on}"))
    if result.target is not None:
        about = (
            f"“左右”，容差 {indicator.tolerance:.0%}"
            if indicator.comparison == "about"
            else "不低于"
        )
        numbers.append(("目标值", number(result.target, unit), about))
    if result.schedule is not None:
        numbers.append(
            (
                "序时应达",
                number(result.schedule, unit),
                "基期值到目标值的直线（有目标分解时为折线）",
            )
        )
    if result.pace is not None:
        numbers.append(
            (
                "进度比",
                f"{result.pace:.2f}",
                "（现状值 − 基期值）÷（序时应达 − 基期值）；"
                f"≥ {plan.status.on_track:.2f} 进度正常，≥ {plan.status.lagging:.2f} 略有滞后",
            )
        )
    held = None
    if result.status != NOT_ASSESSED:
        held = figures.since(view, indicator)
    return render(
        "indicator_status",
        status=result.status,
        reason=result.verdict.reason,
        rule=result.verdict.rule,
        since=held.isoformat() if held else "",
        numbers=numbers,
        definition=indicator.definition,
        interims=_interims(view, indicator, editor),
        add=editing.add(view, "indicator", "interim_targets", indicator.id, id=indicator.id)
        if editor and result.target is not None
        else None,
        more={
            "go": f"definitions?id={indicator.id}",
            "href": view.address("definitions", {"id": indicator.id}),
        },
    )


def _interims(view: View, indicator: Indicator, editor: bool) -> list[dict[str, Any]]:
    """The approved interim targets, each with the ways to its form for those who may edit."""
    found = view.version.interims.get(indicator.id, ())
    names = editing.marks(
        view,
        "indicator",
        "interim_targets",
        (interim_identity(indicator.id, each) for each in found),
        id=indicator.id,
    )
    rows = []
    for each, ways in zip(found, names, strict=True):
        state = interim_state(each, view.as_of)
        live = state == IN_FORCE
        rows.append(
            {
                "target": number(each.target, indicator.unit),
                "approved": each.approved_on,
                "expires": each.expires_on,
                "why": f"{each.approver}：{each.reason}",
                "state": state,
                "style": "accepted" if live else "no_data",
                "mark": "◆" if live else "○",
                "marks": (ways if live else ways | {"finish": None}) if editor else None,
            }
        )
    return rows


def districts(view: View, indicator: Indicator, area: str) -> None:
    """Map and ranking; a click keeps the page on that district."""
    follow(block(district_map.for_view(view, indicator, area), key="districts"))


def rows(view: View, indicator: Indicator, area: str, school: str = "") -> None:
    """Institutions and evidence rows of the chosen institution, district or the city."""
    chosen = next((i for i in view.version.institutions if i.institution_id == school), None)
    narrowed = view
    where = view.scope.words or "全市"
    if chosen is not None:
        scope = Scope(level=view.scope.level, institution=(school,), outside=chosen.outside)
        narrowed = replace(view, scope=scope)
        where = chosen.name
    elif area:
        narrowed = replace(view, scope=replace(view.scope, district=(area,)))
        where = narrowed.scope.words
    left, right = st.columns([2, 3], gap="small")
    with left:
        markup = _schools(view, narrowed, indicator, where, area, school if chosen else "")
        follow(block(markup, key="institutions"))
    with right:
        found = _rows(narrowed, indicator)
        counted = int(found["计入"].eq("是").sum()) if len(found) else 0
        st.markdown(f"**逐条依据：{verbatim(where)}计入 {counted:,} 行**" + _base(found, counted))
        if found.empty:
            block(render("empty", title="没有逐条依据", text=missing(view, indicator)), key="norow")
            return
        st.dataframe(
            found,
            hide_index=True,
            height=330,
            key="rows",
            alt=f"{indicator.name}逐条依据",
            on_select=lambda: _clicked(view, found),
            selection_mode="single-cell",
        )
        st.caption("点一行的院校看画像，点区县只看该区县。")
        download.button(
            view,
            "下载逐条依据（.xlsx）",
            lambda: download.workbook(
                view,
                "逐条依据",
                list(found.columns),
                found.astype(object).itertuples(index=False, name=None),
            ),
            download.name(view, f"{indicator.name}_逐条依据", "xlsx"),
        )


def _clicked(view: View, found: pd.DataFrame) -> None:
    """Remember where the cell just clicked leads; ``heard`` says it at the next run's start."""
    for index, column in _cells():
        if index not in range(len(found)) or column not in found:
            continue
        value = str(found.iloc[index][column])
        if column == HEADERS["institution"]:
            codes = [i.institution_id for i in view.version.institutions if i.name == value]
            if codes:
                st.session_state["rows-go"] = f"institution?{urlencode({'id': codes[0]})}"
        elif column == HEADERS["district"]:
            st.session_state["rows-go"] = f"?institution=&{urlencode({'area': value})}"


def _cells() -> list[tuple[int, str]]:
    """The cells chosen in the table; a browser may send anything."""
    chosen = getattr(st.session_state.get("rows"), "selection", None)
    cells: list[tuple[int, str]] = getattr(chosen, "cells", None) or []
    return [each for each in cells if isinstance(each, tuple | list) and len(each) == 2]


def heard() -> str | None:
    """Where the click on a row that started this run leads."""
    found: str | None = st.session_state.pop("rows-go", None)
    return found


def _base(found: pd.DataFrame, counted: int) -> str:
    rest = len(found) - counted
    return f"，另有 {rest:,} 行只在分母" if rest else ""


def missing(view: View, indicator: Indicator) -> str:
    """What would bring data: the sheets the indicator needs that are empty."""
    lacking = needs.lacking(view.version.filled, indicator)
    if lacking:
        return f"数据中{'、'.join(lacking)}为空；填报后即有数值。"
    return "在所选日期和范围内没有符合口径的行，可放宽筛选或换一个日期。"


@figures.kept(100)
def _rows(view: View, indicator: Indicator) -> pd.DataFrame:
    found = evidence(view.version, indicator, view.as_of, view.scope)
    names = run("subjects", view.version)
    found = found.merge(names, on=["subject_kind", "subject_id"], how="left")
    found["counted"] = found["counted"].map({True: "是", False: "只在分母"})
    for name, missing in (("since", "一直"), ("until", "至今")):
        days = pd.to_datetime(found[name])
        found[name] = days.dt.strftime("%Y-%m-%d").where(days.notna(), missing)
    kept = [name for name in HEADERS if name in found]
    if indicator.measure != "ratio":
        kept.remove("weight")
    for name in ("track", "industry"):
        if found[name].isna().all():
            kept.remove(name)
    return found[kept].rename(columns=HEADERS)


@figures.kept(100)
def _schools(
    view: View, narrowed: View, indicator: Indicator, where: str, area: str, school: str
) -> str:
    """The institutions that count, each with the ways to its portrait, district and rows."""
    results = figures.parts(narrowed, indicator, "institution")
    info = {each.name: each for each in view.version.institutions}
    shown = [r for r in results if r.actual is not None and (r.actual or r.denominator)]
    shown.sort(key=lambda r: (-(r.actual or 0.0), -(r.denominator or 0.0)))
    shared = indicator.unit == "%"
    rows = []
    for each in shown:
        own = info[each.group or ""]
        code = own.institution_id
        rows.append(
            {
                "name": own.name,
                "district": own.district,
                "level": own.level_today,
                "figures": [
                    number(each.actual, "%"),
                    number(each.numerator),
                    number(each.denominator),
                ]
                if shared
                else [number(each.actual), number(each.baseline)],
                "school": view.link("institution", {"id": code}),
                "area": _stay(view, indicator, area=own.district),
                "rows": _stay(view, indicator, institution="" if code == school else code),
                "on": code == school,
            }
        )
    return render(
        "indicator_schools",
        title=f"{where}：{len(rows)} 所院校有计入",
        headers=("占比", "分子", "分母") if shared else ("数量", "基期值"),
        rows=rows,
        crumbs=_crumbs(view, indicator, area, school),
        empty=missing(view, indicator),
    )


def _stay(view: View, indicator: Indicator, **places: str) -> dict[str, str]:
    """The two ways to this page narrowed to one district or one institution."""
    wanted = {"area": "", "institution": "", **places}
    held = {name: value for name, value in wanted.items() if value}
    return {
        "href": view.address("indicator", {"id": indicator.id, **held}),
        "go": f"?{urlencode(wanted)}",
    }


def _crumbs(view: View, indicator: Indicator, area: str, school: str) -> list[dict[str, str]]:
    """Ways out of a narrowed list: to the place itself, and back to everything."""
    if school:
        own = next(i for i in view.version.institutions if i.institution_id == school)
        return [
            {"text": "全部院校", **_stay(view, indicator)},
            {"text": own.district, **_stay(view, indicator, area=own.district)},
            {"text": f"{own.name}画像", **view.link("institution", {"id": school})},
        ]
    if area:
        at = {"id": indicator.id, "area": area}
        return [
            {"text": "全部区县", **_stay(view, indicator)},
            {"text": f"在区县地图上看{area}", **view.link("map", at)},
        ]
    return [{"text": "在区县地图上看", **view.link("map", {"id": indicator.id})}]
