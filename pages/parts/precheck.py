"""新增专业预审: one institution and one specialty, or a list of them, one A4 page each."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import streamlit as st
import xlsxwriter

from data import applications
from data.contract import LEVELS, TRACKS
from data.values import without_k
from data.workbook import MEGABYTE, MOST_OF_LIST, Unreadable
from pages.parts import download, figures, institution_choice
from pages.parts.block import block, render
from pages.parts.view import View, follow
from queries import early_warning
from queries import precheck as rules
from queries.precheck import Application, Check, Known, Specialty
from queries.status import number

PAGE, VIEW = "alignment", "precheck"
SCHOOL, CODE, TRACK = "institution", "code", "track"
NO_TRACK = "不列入四类"
# Sheets shown at once without being asked for.
MOST_SHEETS = 30
STYLES = {rules.SUPPORT: "s0", rules.CAUTION: "s1", rules.AGAINST: "s2"}
MARKS = {rules.SUPPORT: "●", rules.CAUTION: "▲", rules.AGAINST: "■"}


@figures.kept(6)
def known(view: View) -> Known:
    """What every check looks up: of the whole city, whatever the filters."""
    return rules.known(view.version, view.as_of)


@figures.kept(100)
def _checked(view: View, wanted: tuple[Application, ...]) -> list[Check]:
    return rules.check(known(view), wanted)


@figures.kept(6)
def _specialties(view: View) -> dict[str, Specialty]:
    return rules.catalogue(view.version)


def precheck(view: View) -> None:
    """The view: pickers, a list to upload, and the sheets."""
    wanted = _choose(view)
    if wanted is not None:
        found = _checked(view, (wanted,))
        follow(block(_sheets(view, found, alone=True), key="precheck"))
        _download(view, found)
    _list(view, alone=wanted is None)


def _choose(view: View) -> Application | None:
    """The institution, specialty and track of the address; the pickers write the address."""
    everyone = institution_choice.known(view)
    catalogue = _specialties(view)
    asked = st.query_params.get(SCHOOL, ""), without_k(st.query_params.get(CODE, "").strip())
    school = asked[0] if asked[0] in everyone else None
    code = asked[1] if asked[1] in catalogue else None
    track = st.query_params.get(TRACK, "")
    track = track if track in TRACKS else ""
    level = st.query_params.get("for", "")
    for value, found, words in (
        (asked[0], school, "院校"),
        (asked[1], code, "国家专业目录中的专业"),
    ):
        if value and found is None:
            text = f"没有代码为“{value[:40]}”的{words}，请重新选择。"
            block(render("note", text=text), key=f"unknown-{words}")
    if code and level and level != catalogue[code].level:
        text = (
            f"专业代码 {code} 不是{level[:10]}的代码，属于{catalogue[code].level}，已按后者预审。"
        )
        block(render("note", text=text), key="unknown-level")
    labels = institution_choice.labels(view)
    with st.container(horizontal=True, key="precheck-pickers"):
        picked = _pick("院校", list(labels), school, labels.__getitem__, "输入名称查找院校", 330)
        chosen = _pick(
            "专业",
            _codes(view, school),
            code,
            lambda c: f"{c} {catalogue[c].name}（{catalogue[c].level}）",
            "输入代码或名称查找专业",
            380,
        )
        kind = _pick("类别", ["", *TRACKS], track, lambda t: t or NO_TRACK, NO_TRACK, 150)
    now = {SCHOOL: picked or "", CODE: chosen or "", TRACK: kind or ""}
    if now != {SCHOOL: school or "", CODE: code or "", TRACK: track}:
        for name, value in now.items():
            if value:
                st.query_params[name] = value
            elif name in st.query_params:
                del st.query_params[name]
        if chosen:
            st.query_params["for"] = catalogue[chosen].level
        st.rerun()
    if school is None or code is None:
        return None
    return Application(school, code, catalogue[code].level, track)


def _codes(view: View, school: str | None) -> list[str]:
    """The catalogue, the institution's own level first."""
    catalogue = _specialties(view)
    level = institution_choice.levels(view).get(school or "")
    order = [level, *LEVELS] if level in LEVELS else list(LEVELS)
    return sorted(catalogue, key=lambda c: (order.index(catalogue[c].level), c))


def _pick(
    title: str, options: list[str], now: str | None, words: Any, placeholder: str, width: int
) -> str | None:
    # The key holds the value, so that an address opened from elsewhere resets the picker.
    found: str | None = st.selectbox(
        title,
        options,
        index=options.index(now) if now in options else None,
        format_func=words,
        placeholder=placeholder,
        key=f"precheck-{title}-{now}",
        label_visibility="collapsed",
        width=width,
    )
    return found


# ---------------------------------------------------------------- a list


def _list(view: View, *, alone: bool) -> None:
    """A list to upload, its faults, and a line and a sheet for every specialty."""
    if alone:
        follow(
            block(
                render("precheck_start", source=view.source, provenance=_provenance(view)),
                key="precheck-start",
            )
        )
    with st.container(horizontal=True, vertical_alignment="bottom", key="precheck-list"):
        file = st.file_uploader(
            "批量预审：上传清单（.xlsx）",
            type=["xlsx"],
            key="precheck-file",
            max_upload_size=MOST_OF_LIST // MEGABYTE,
        )
        download.button(
            view,
            "下载清单模板（.xlsx）",
            template,
            "新增专业预审_模板.xlsx",
            subject=str,
            detail={},
        )
    if file is None:
        return
    names = {each.institution_id: each.name for each in view.version.institutions}
    levels = {code: each.level for code, each in _specialties(view).items()}
    try:
        lines, problems = applications.read(file.name, file.getvalue(), names, levels)
    except Unreadable as error:
        block(render("empty", title="清单无法读取", text=str(error)), key="precheck-unreadable")
        return
    wanted = tuple(
        Application(each.institution_id, each.code, each.level, each.track) for each in lines
    )
    found = _checked(view, wanted)
    shown = len(found) <= MOST_SHEETS or st.toggle("显示全部单页，供打印", key="precheck-all")
    follow(
        block(
            render(
                "precheck_list",
                title=_list_title(found, len(problems)),
                source=view.source,
                problems=[each.line for each in problems],
                rows=[
                    {
                        "row": line.row,
                        "institution": check.institution.name,
                        "specialty": f"{check.specialty.code} {check.specialty.name}",
                        "level": check.specialty.level,
                        "recommendation": check.recommendation,
                        "style": STYLES[check.recommendation],
                        "mark": MARKS[check.recommendation],
                        "why": check.fired[0].words,
                        **_link(view, check),
                    }
                    for line, check in zip(lines, found, strict=True)
                ],
            ),
            key="precheck-lines",
        )
    )
    if found:
        _download(view, found)
        if shown:
            follow(block(_sheets(view, found, alone=False), key="precheck-sheets"))


def _list_title(found: Sequence[Check], faults: int) -> str:
    tally = {
        word: sum(each.recommendation == word for each in found)
        for word in (rules.SUPPORT, rules.CAUTION, rules.AGAINST)
    }
    title = f"预审 {len(found)} 个专业：" + "，".join(f"{w} {n} 个" for w, n in tally.items())
    if not found:
        title = "清单中没有可以预审的行"
    return f"{title}；{faults} 处有误，未预审" if faults else title


def _link(view: View, check: Check) -> dict[str, str]:
    each = check.application
    state = {VIEW_KEY: VIEW, SCHOOL: each.institution_id, CODE: each.code, "for": each.level}
    return view.link(PAGE, state | ({TRACK: each.track} if each.track else {}))


VIEW_KEY = "view"


def template() -> bytes:
    """An empty list: the headers, text format so that codes keep their zeros, drop-downs."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet(applications.SHEET.title)
        text = book.add_format({"num_format": "@"})
        head = book.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1})
        for place, column in enumerate(applications.SHEET.columns):
            sheet.set_column(place, place, 28 if place == 0 else 14, text)
            sheet.write_string(0, place, column.header, head)
            sheet.write_comment(0, place, column.note)
            if column.choices:
                sheet.data_validation(
                    1,
                    place,
                    applications.MOST_LINES,
                    place,
                    {"validate": "list", "source": list(column.choices)},
                )
        sheet.freeze_panes(1, 0)
    return buffer.getvalue()


# ---------------------------------------------------------------- the sheets


def _provenance(view: View) -> str:
    return view.version.plan.precheck.provenance


def _sheets(view: View, found: Sequence[Check], *, alone: bool) -> str:
    return render(
        "precheck",
        checks=[sheet(view, each) for each in found],
        source=view.source,
        provenance=_provenance(view),
        alone=alone,
    )


def sheet(view: View, check: Check) -> dict[str, Any]:
    """One pre-check as the template shows it."""
    specialty, facts = check.specialty, check.facts
    track = f"，拟列入{check.application.track}" if check.application.track else ""
    gap = check.gap
    return {
        "title": f"{check.recommendation}：{check.institution.name}增设"
        f"{specialty.name}（{specialty.level} {specialty.code}{track}）",
        "recommendation": check.recommendation,
        "style": STYLES[check.recommendation],
        "mark": MARKS[check.recommendation],
        "why": check.fired[0].words,
        "fired": [
            {
                "style": STYLES[each.recommendation],
                "mark": MARKS[each.recommendation],
                "word": each.recommendation,
                "words": each.words,
                "decides": each.decides,
            }
            for each in check.fired
        ],
        "class": f"{specialty.category_name} · {specialty.class_name}",
        "industry": specialty.industry or "未对应产业",
        "here": "本校已开设"
        if facts.offered_here
        else f"本校曾开设，{facts.ended_here}"
        if facts.ended_here
        else "本校未开设",
        "offering": f"全市开办{facts.level}专业的 {facts.able} 所院校中 {facts.offering} 所已开设",
        "names": "、".join(check.offered[:8])
        + (f"等 {len(check.offered)} 所" if len(check.offered) > 8 else ""),
        "lists": [(name, _list_words(check, name)) for name in rules.LISTS],
        "years": [
            {
                "year": each.year,
                "kind": "预测" if each.supply.forecast or each.demand.forecast else "实际",
                "supply": number(each.supply.graduates, "人"),
                "demand": number(each.demand.people, "人"),
                "gap": number(each.gap, "人"),
                "share": number(None if each.gap_share is None else each.gap_share * 100, "%"),
            }
            for each in check.years
        ],
        "gap": f"{check.gap_of} {gap.year} 年需求 {number(gap.demand.people, '人')}，"
        f"供给 {number(gap.supply.graduates, '人')}，缺口 {number(gap.gap, '人')}"
        if gap
        else "供需缺口无数据（来自“人才需求”表和“年度数据”表）",
        "quality": [
            {
                "year": each.year,
                "here": [each.here.get(c, 0) for c in _COLOURS],
                "elsewhere": [each.elsewhere.get(c, 0) for c in _COLOURS],
            }
            for each in check.quality
        ],
        "colours": [early_warning.WORDS[c] for c in _COLOURS],
        "size": _size(check),
        "conditions": _conditions(check),
        "effects": [
            {
                "name": before.indicator.name,
                "before": number(before.actual, before.indicator.unit, before.target),
                "after": number(after.actual, after.indicator.unit, after.target),
                "change": _change(before.actual, after.actual, before.indicator.unit),
                "status": rules.status_words(before)
                + (f" → {rules.status_words(after)}" if before.status != after.status else ""),
            }
            for before, after in check.effects
        ],
        "unchanged": len(view.version.plan.indicators) - len(check.effects),
        "portrait": view.link("institution", {"id": check.institution.institution_id}),
    }


_COLOURS = (early_warning.RED, early_warning.YELLOW, early_warning.GREEN, early_warning.GREY)


def _change(before: float | None, after: float | None, unit: str) -> str:
    if before is None or after is None:
        return "—"
    step = "个百分点" if unit == "%" else unit
    return f"{after - before:+.3f} {step}" if unit == "%" else f"{after - before:+g} {step}"


def _list_words(check: Check, name: str) -> str:
    years = check.lists[name]
    known_ = {
        rules.OVERSUPPLIED: check.facts.oversupplied,
        rules.SHORTAGE: check.facts.shortage,
        rules.GUIDE: check.facts.guide,
    }[name]
    if known_ is None:
        return "无数据（“省级清单”表）"
    listed = f"{'、'.join(map(str, years))} 年在列" if years else "未列入"
    return f"{listed}；最近一版{'在列' if known_ else '不在列'}"


def _size(check: Check) -> str:
    size = check.size
    if size is None:
        return "院校在所看日期不在办"
    each = check.facts.students_per_point
    students = number(size.students, "人")
    mean = f"，每个专业点 {number(each, '人')}" if each is not None else ""
    return f"{size.level}，在办专业点 {size.points} 个，在校生 {students}{mean}"


def _conditions(check: Check) -> str:
    found = check.conditions
    if found is None:
        return "办学条件无数据（“办学条件”表）"
    if not found.items:
        return f"{found.year} 年有办学条件记录，该类院校没有国家标准可比"
    failed = [each.item for each in found.items if each.met is False]
    verdict = "达标" if found.met else "未达标"
    said = f"，省级验收 {found.verdict}" if found.verdict else ""
    return f"{found.year} 年办学条件{verdict}{said}" + (
        f"；低于标准：{'、'.join(failed)}" if failed else ""
    )


# ---------------------------------------------------------------- the workbook

HEADERS = (
    "院校代码",
    "院校名称",
    "专业代码",
    "专业名称",
    "层次",
    "类别",
    "产业",
    "建议",
    "依据",
    "其他符合的规则",
    "本校已开设",
    "全市已开设院校",
    "开办该层次院校",
    *rules.LISTS,
    "缺口年度",
    "需求",
    "供给",
    "缺口",
    "缺口占需求",
    "本校同类红",
    "本校同类已评",
    "他校同类红",
    "他校同类已评",
    "办学条件",
    "规模",
    "指标变化",
)


def rows(found: Sequence[Check]) -> list[tuple[Any, ...]]:
    """One row per pre-check."""
    return [
        (
            each.institution.institution_id,
            each.institution.name,
            each.specialty.code,
            each.specialty.name,
            each.specialty.level,
            each.application.track or None,
            each.specialty.industry or None,
            each.recommendation,
            each.fired[0].words,
            "；".join(f"{f.recommendation}：{f.words}" for f in each.fired[1:]),
            each.facts.offered_here,
            each.facts.offering,
            each.facts.able,
            *(_list_words(each, name) for name in rules.LISTS),
            each.gap.year if each.gap else None,
            each.gap.demand.people if each.gap else None,
            each.gap.supply.graduates if each.gap else None,
            each.gap.gap if each.gap else None,
            each.gap.gap_share if each.gap else None,
            each.facts.red_here,
            each.facts.graded_here,
            each.facts.red_elsewhere,
            each.facts.graded_elsewhere,
            _conditions(each),
            _size(each),
            "；".join(
                f"{b.indicator.name} {_change(b.actual, a.actual, b.indicator.unit)}"
                for b, a in each.effects
            ),
        )
        for each in found
    ]


def _download(view: View, found: Sequence[Check]) -> None:
    download.button(
        view,
        "下载预审结果（.xlsx）",
        lambda: download.workbook(view, "新增专业预审", HEADERS, rows(found)),
        download.name(view, "新增专业预审", "xlsx"),
        key=f"precheck-download-{len(found)}",
    )
