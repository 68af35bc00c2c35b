"""校企合作: enterprises on the map, institution × industry, partnerships, bodies, who has none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from data.contract import BY_TABLE
from pages.parts import district_map, download, figures, theme
from pages.parts.block import block, render
from pages.parts.view import DISTRICT, View
from queries import cooperation
from queries.cooperation import (
    GROUPS,
    NO_SIZE,
    SIZES,
    Alone,
    Body,
    Enterprise,
    Group,
    Matrix,
    Partnership,
    Row,
)
from queries.deliverables import YearCount
from queries.evaluate import Scope
from queries.institutions import level_on
from queries.run import fetch
from queries.status import number

PAGE, KEY = "cooperation", "cooperation"
# What the address holds beside the global filters.
INDUSTRY, SIZE, SCHOOL, GROUP, ENTERPRISE, OPEN = (
    "industry",
    "size",
    "school",
    "group",
    "enterprise",
    "open",
)
STATE = (INDUSTRY, SIZE, SCHOOL, GROUP, ENTERPRISE, OPEN)
# A screenful: institutions of a level before it is unfolded, industries, forms, links in the list.
MOST_SCHOOLS, MOST_UNFOLDED, MOST_INDUSTRIES, MOST_FORMS, MOST_LINKS = 6, 200, 20, 12, 40
SIZE_COLOURS = dict(
    zip((*SIZES, NO_SIZE), ("#1F4E8C", "#5A90C5", "#BCD3EA", "#D9A441", "#8A94A0"), strict=True)
)
DOTS = dict(zip((*SIZES, NO_SIZE), (9.0, 6.5, 4.5, 3.5, 3.5), strict=True))
SPOT = dict(
    zip((*SIZES, NO_SIZE), ("#7A1F3D", "#B3475F", "#D9772B", "#E0A100", "#8A94A0"), strict=True)
)


@dataclass(frozen=True)
class Shown:
    """What is chosen on the page; empty text where nothing is."""

    industry: str = ""
    size: str = ""
    school: str = ""
    group: str = ""
    enterprise: str = ""
    open: str = ""

    @property
    def links(self) -> bool:
        """Whether links are asked for one by one."""
        return bool(self.school or self.group or self.enterprise or self.industry)


def heard(view: View) -> str | None:
    """Draw the page; where the click that started this run leads."""
    return block(_markup(view, asked(view)), key=KEY)


def asked(view: View) -> Shown:
    """What the address asks for, without what the data does not hold."""
    wanted = {name: st.query_params.get(name, "") for name in STATE}
    firms = _enterprises(view)
    industries = {each.industry for each in firms.values()}
    known = {
        INDUSTRY: industries,
        SIZE: {each.size for each in firms.values()},
        SCHOOL: {each.institution_id for each in view.version.institutions},
        GROUP: set(GROUPS),
        ENTERPRISE: firms.keys(),
        OPEN: set(GROUPS),
    }
    return Shown(**{name: value for name, value in wanted.items() if value in known[name]})


# ---------------------------------------------------------------- what is counted, kept


@figures.kept(20)
def _enterprises(view: View) -> dict[str, Enterprise]:
    return cooperation.enterprises(view.version)


@figures.kept(40)
def _partnerships(view: View) -> list[Partnership]:
    return cooperation.partnerships(view.version, view.scope, view.as_of)


@figures.kept(40)
def _bodies(view: View) -> list[Body]:
    return cooperation.bodies(view.version, view.scope, view.as_of)


@figures.kept(40)
def _alone(view: View) -> list[Alone]:
    everywhere = replace(view, scope=Scope())
    return cooperation.alone(
        view.version, view.scope, view.as_of, _partnerships(view), _bodies(everywhere)
    )


@figures.kept(40)
def _matrix(view: View) -> Matrix:
    return cooperation.matrix(view.version, _partnerships(view), view.as_of)


def _now(view: View) -> list[Partnership]:
    return [each for each in _partnerships(view) if each.on(view.as_of)]


def _filled(view: View, table: str) -> bool:
    return table in view.version.filled


def _sheet(table: str) -> str:
    return f"“{BY_TABLE[table].title}”表"


# ---------------------------------------------------------------- the page


@figures.kept(60)
def _markup(view: View, shown: Shown) -> str:
    return render(
        "cooperation",
        title=finding(view),
        subtitle=_subtitle(view),
        facts=_facts(view),
        source=view.source,
        map=_map(view, shown) if _filled(view, "enterprises") else None,
        industries=_industries(view, shown) if _filled(view, "enterprises") else None,
        matrix=_grid(view, shown) if _filled(view, "partnerships") else None,
        links=_links(view, shown) if shown.links and _filled(view, "partnerships") else None,
        forms=_forms(view) if _filled(view, "partnerships") else None,
        bodies=_kinds(view) if _filled(view, "cooperation_bodies") else None,
        alone=_none(view),
        sheets={table: BY_TABLE[table].title for table in TABLES},
    )


TABLES = ("enterprises", "partnerships", "cooperation_bodies")


def finding(view: View) -> str:
    """The page in a sentence."""
    where = view.scope.words
    parts = []
    if _filled(view, "partnerships"):
        now = _now(view)
        firms = len({each.enterprise.id for each in now})
        schools = len({each.institution.institution_id for each in now})
        parts.append(
            f"{where and f'{where}：'}{number(schools)} 所院校与 {number(firms)} 家企业"
            f"在期合作 {number(len(now))} 项"
        )
    if _filled(view, "cooperation_bodies"):
        held = sum(each.on(view.as_of) for each in _bodies(view))
        parts.append(f"{'' if parts or not where else f'{where}：'}产教融合载体 {number(held)} 个")
    if not parts:
        return "校企合作：无数据"
    lone = len(_alone(view))
    parts.append(f"{number(lone)} 所院校{_lacks(view)}" if lone else _nobody_lacks(view))
    return "，".join(parts)


def _nobody_lacks(view: View) -> str:
    what = [
        word
        for table, word in (("partnerships", "合作"), ("cooperation_bodies", "载体"))
        if _filled(view, table)
    ]
    return f"在办院校都有{'或'.join(what)}"


def _lacks(view: View) -> str:
    """What an institution on the list of those with none has none of, as far as is known."""
    if not _filled(view, "cooperation_bodies"):
        return "尚无在期合作"
    if not _filled(view, "partnerships"):
        return "尚无载体"
    return "两者皆无"


def _subtitle(view: View) -> str:
    words = "合作和载体按院校的主管、层次和区县"
    if view.scope.district:
        words += "，企业按企业所在区县"
    return f"{words} · {view.source}" if view.scope else view.source


def _facts(view: View) -> list[dict[str, str]]:
    """The figures under the title."""
    found = []
    if _filled(view, "enterprises"):
        firms = _here(view)
        busy = _partnered(view)
        large = sum(each.size == SIZES[0] for each in firms)
        with_links = sum(each.id in busy for each in firms)
        small = f"大型 {number(large)} 家"
        if _filled(view, "partnerships"):
            small += f"，有在期合作 {number(with_links)} 家"
        found.append({"k": "企业", "v": number(len(firms), "家"), "small": small})
    if _filled(view, "partnerships"):
        pairs = _matrix(view)
        this_year = [y for ys in _by_form(view).values() for y in ys if y.year == view.as_of.year]
        begun = sum(y.begun or 0 for y in this_year)
        ended = sum(y.ended or 0 for y in this_year)
        found += [
            {
                "k": "在期合作",
                "v": number(len(_now(view)), "项"),
                "small": f"{view.as_of.year} 年新增 {begun}，终止 {ended}",
            },
            {
                "k": "合作关系",
                "v": number(pairs.total, "对"),
                "small": "一所院校与一家企业计 1 对",
            },
        ]
    if _filled(view, "cooperation_bodies"):
        held = [each for each in _bodies(view) if each.on(view.as_of)]
        ranks = Counter(each.rank for each in held)
        small = "，".join(f"{r} {ranks[r]}" for r in cooperation.RANKS if ranks[r])
        found.append({"k": "载体在册", "v": number(len(held), "个"), "small": small or "—"})
    if _filled(view, "partnerships") or _filled(view, "cooperation_bodies"):
        total = cooperation.in_force(view.version, view.scope, view.as_of)
        found.append(
            {
                "k": "无合作院校",
                "v": number(len(_alone(view)), "所"),
                "small": f"在办院校 {number(total)} 所",
            }
        )
    return found


def _link(view: View, shown: Shown, **changes: str) -> dict[str, str]:
    """The two ways to this page with other choices; empty takes one out."""
    state = {name: getattr(replace(shown, **changes), name) for name in STATE}
    return {
        "href": view.address(PAGE, {name: value for name, value in state.items() if value}),
        "go": f"?{urlencode(changes)}",
    }


def _place_link(view: View, shown: Shown, name: str) -> dict[str, str]:
    """Choose a district for every page, or give the choice up."""
    value = "" if view.scope.district == (name,) else name
    scope = replace(view.scope, district=(value,) if value else ())
    state = {each: getattr(shown, each) for each in STATE if getattr(shown, each)}
    return {
        "href": replace(view, scope=scope).address(PAGE, state),
        "go": f"~{urlencode({DISTRICT: value})}",
    }


# ---------------------------------------------------------------- enterprises


def _here(view: View) -> list[Enterprise]:
    """The enterprises of the district filter."""
    wanted = view.scope.district
    return [e for e in _enterprises(view).values() if not wanted or e.district in wanted]


@figures.kept(40)
def _partnered(view: View) -> set[str]:
    """The enterprises with a partnership in force with an institution of the filters."""
    return {each.enterprise.id for each in _now(view)}


def _map(view: View, shown: Shown) -> dict[str, Any]:
    """Enterprises by district as fills and bars, each one as a dot by size."""
    chosen = [
        each
        for each in _enterprises(view).values()
        if (not shown.industry or each.industry == shown.industry)
        and (not shown.size or each.size == shown.size)
    ]
    tally = Counter(each.district for each in chosen)
    names = [name for name, *_ in fetch("district_list", view.version)]
    fills = dict(zip(names, district_map.colours([float(tally[n]) for n in names]), strict=True))
    drawn = district_map.outlines(view.version)

    def place(name: str) -> dict[str, Any]:
        fill = fills[name]
        return {
            "name": name,
            "short": district_map.short(name),
            "figure": number(tally[name], "家"),
            "fill": fill,
            "ink": "#fff" if fill in theme.SEQUENCE[3:] else "#1B2733",
            "on": name in view.scope.district,
            **_place_link(view, shown, name),
        }

    most = max(tally.values(), default=0) or 1
    dots, missing = _dots(chosen, drawn)
    what = "".join([shown.industry, shown.size])
    order = sorted(names, key=lambda n: -tally[n])
    return {
        "title": _map_title(tally, names, what),
        "subtitle": f"{what}企业数，单位：家，按企业所在区县",
        "width": district_map.WIDTH,
        "height": drawn["height"],
        "shapes": sorted(
            ({**s, **place(s["name"])} for s in drawn["shapes"]), key=lambda s: bool(s["on"])
        ),
        "zones": [{**z, **place(z["name"])} for z in drawn["zones"]],
        "dots": dots,
        "missing": missing,
        "ranks": [{**place(n), "width": round(tally[n] / most * 100, 1)} for n in order],
        "sizes": _size_choices(view, shown),
        "whole": _link(view, shown, industry="", size="") if what else None,
    }


def _map_title(tally: Counter[str], names: Sequence[str], what: str) -> str:
    total = sum(tally.values())
    if not total:
        return f"没有符合所选条件的{what}企业"
    first, count = tally.most_common(1)[0]
    none = [name for name in names if not tally[name]]
    title = f"{what}企业 {number(total)} 家，{district_map.short(first)}最多（{number(count)} 家）"
    if none:
        few = "、".join(district_map.short(name) for name in none[:2])
        title += f"，{few}{f'等 {len(none)} 处' if len(none) > 2 else ''}尚无"
    return title


def _dots(
    chosen: Sequence[Enterprise], drawn: dict[str, Any]
) -> tuple[list[dict[str, Any]], list[str]]:
    """One path a size, a spot an enterprise: two thousand of them weigh 25 kB. And how many could
    not be drawn, in words."""
    paths: dict[str, list[str]] = {}
    unplaced = outside = 0
    for each in chosen:
        if each.longitude is None or each.latitude is None:
            unplaced += 1
            continue
        x, y = drawn["frame"].place(each.longitude, each.latitude)
        if not (0 <= x <= district_map.WIDTH and 0 <= y <= drawn["height"]):
            outside += 1
            continue
        paths.setdefault(each.size, []).append(f"M{x},{y}h0")
    words = [f"{unplaced} 家未填坐标，未画点"] if unplaced else []
    words += [f"{outside} 家坐标在图外，未画点"] if outside else []
    dots = [
        {"path": "".join(paths[size]), "width": DOTS[size], "colour": SPOT[size]}
        for size in reversed((*SIZES, NO_SIZE))
        if size in paths
    ]
    return dots, words


def _size_choices(view: View, shown: Shown) -> list[dict[str, Any]]:
    tally = Counter(
        each.size for each in _here(view) if not shown.industry or each.industry == shown.industry
    )
    return [
        {
            "name": size,
            "count": number(tally[size]),
            "colour": SPOT[size],
            "on": size == shown.size,
            **_link(view, shown, size="" if size == shown.size else size),
        }
        for size in (*SIZES, NO_SIZE)
        if tally[size] or size == shown.size
    ]


def _industries(view: View, shown: Shown) -> dict[str, Any]:
    """Enterprises by industry and size, and how many work with an institution."""
    firms = _here(view)
    busy = _partnered(view)
    known = _filled(view, "partnerships")
    by_industry: dict[str, Counter[str]] = {}
    linked: Counter[str] = Counter()
    for each in firms:
        by_industry.setdefault(each.industry, Counter())[each.size] += 1
        linked[each.industry] += each.id in busy
    order = sorted(by_industry, key=lambda name: (-by_industry[name].total(), name))
    most = max((each.total() for each in by_industry.values()), default=0) or 1

    def row(name: str, sizes: Counter[str], with_links: int, link: dict[str, str]) -> Any:
        total = sizes.total()
        return {
            "name": name,
            "bars": [
                {
                    "colour": SIZE_COLOURS[size],
                    "width": round(sizes[size] / most * 100, 1),
                    "title": f"{name} {size} {sizes[size]} 家",
                }
                for size in SIZE_COLOURS
                if sizes[size]
            ],
            "cells": [number(sizes[size]) if sizes[size] else "·" for size in sizes_there],
            "total": number(total),
            "linked": number(with_links) if known else "—",
            "share": number(with_links / total * 100, "%") if known and total else "—",
            "on": name == shown.industry,
            **link,
        }

    whole: Counter[str] = Counter()
    for sizes in by_industry.values():
        whole.update(sizes)
    sizes_there = [size for size in SIZE_COLOURS if whole[size]]
    rows = [
        row(
            name,
            by_industry[name],
            linked[name],
            _link(view, shown, industry="" if name == shown.industry else name),
        )
        for name in order
    ]
    return {
        "title": _industry_title(by_industry, order, linked, known),
        "rows": rows,
        "sum": row("合计", whole, sum(linked.values()), {"href": "", "go": ""}),
        "sizes": [(size, SIZE_COLOURS[size]) for size in sizes_there],
    }


def _industry_title(
    found: dict[str, Counter[str]], order: Sequence[str], linked: Counter[str], known: bool
) -> str:
    if not order:
        return "所选范围内没有企业"
    total = sum(each.total() for each in found.values())
    first = found[order[0]].total()
    title = f"{order[0]}企业最多（{number(first)} 家，占 {number(first / total * 100, '%')}）"
    if known:
        least = min(order, key=lambda name: linked[name] / found[name].total())
        share = linked[least] / found[least].total() * 100
        title += f"，{least}企业有合作的占比最低（{number(share, '%')}）"
    return title


# ---------------------------------------------------------------- institution × industry


def _grid(view: View, shown: Shown) -> dict[str, Any]:
    """The matrix: levels with their institutions, industries as columns, pairs in the cells."""
    found = _matrix(view)
    columns = found.industries[:MOST_INDUSTRIES]
    folded = found.industries[MOST_INDUSTRIES:]
    most = max((n for g in found.groups for r in g.rows for n in r.counts.values()), default=1)

    def cells(counts: dict[str, int], chosen: dict[str, str], shade: bool) -> list[dict[str, Any]]:
        made = []
        for name in columns:
            value = counts.get(name, 0)
            on = shown.industry == name and all(getattr(shown, k) == v for k, v in chosen.items())
            blank = {SCHOOL: "", GROUP: "", ENTERPRISE: ""}
            to = {**blank, INDUSTRY: ""} if on else {**blank, **chosen, INDUSTRY: name}
            step = 1 + min(int(value / most * 3.999), 3) if value and shade else 0
            made.append(
                {
                    "value": number(value) if value else "·",
                    "style": f"c{step}" + (" on" if on and chosen else ""),
                    **(_link(view, shown, **to) if value else {"href": "", "go": ""}),
                }
            )
        if folded:
            rest = sum(counts.get(name, 0) for name in folded)
            made.append(
                {"value": number(rest) if rest else "·", "style": "c0", "href": "", "go": ""}
            )
        return made

    def line(row: Row) -> dict[str, Any]:
        code = row.institution.institution_id
        on = shown.school == code and not shown.industry
        to = {SCHOOL: "" if on else code, GROUP: "", ENTERPRISE: "", INDUSTRY: ""}
        return {
            "name": row.institution.name,
            "total": number(row.total),
            "on": shown.school == code,
            "cells": cells(row.counts, {SCHOOL: code}, True),
            **_link(view, shown, **to),
        }

    def part(group: Group) -> dict[str, Any]:
        unfolded = shown.open == group.name
        most_rows = MOST_UNFOLDED if unfolded else MOST_SCHOOLS
        rest = group.rows[most_rows:]
        on = shown.group == group.name and not shown.industry
        to = {GROUP: "" if on else group.name, SCHOOL: "", ENTERPRISE: "", INDUSTRY: ""}
        return {
            "name": group.name,
            "schools": len(group.rows),
            "total": number(group.total),
            "on": shown.group == group.name,
            "cells": cells(group.counts, {GROUP: group.name}, False),
            # The chosen one is in view, however far down it stands.
            "rows": [
                line(row)
                for place, row in enumerate(group.rows)
                if place < most_rows or row.institution.institution_id == shown.school
            ],
            "within": shown.group == group.name and not shown.school,
            "rest": f"其余 {len(rest)} 所，共 {number(sum(r.total for r in rest))} 对"
            if rest
            else "",
            "fold": "收起" if unfolded and len(group.rows) > MOST_SCHOOLS else "",
            "link": _link(view, shown, **to),
            "unfold": _link(view, shown, open="" if unfolded else group.name),
        }

    return {
        "title": _grid_title(found),
        "industries": [
            {
                "name": name,
                "on": shown.industry == name,
                **_link(
                    view,
                    shown,
                    industry="" if shown.industry == name else name,
                    school="",
                    group="",
                    enterprise="",
                ),
            }
            for name in columns
        ],
        "folded": f"其余 {len(folded)} 类" if folded else "",
        "groups": [part(group) for group in found.groups],
        "sum": cells(found.counts, {}, False),
        "total": number(found.total),
        "width": len(columns) + bool(folded) + 2,
    }


def _grid_title(found: Matrix) -> str:
    if not found.total:
        return "所选日期和范围内没有在期合作"
    first = found.industries[0]
    rows = sorted((row for group in found.groups for row in group.rows), key=lambda r: -r.total)
    top = rows[: max(len(rows) // 10, 1)]
    share = sum(row.total for row in top) / found.total * 100
    return (
        f"{number(found.institutions)} 所院校结成 {number(found.total)} 对合作关系，"
        f"{first}最多（{number(found.counts[first])} 对），"
        f"合作最多的 {number(len(top))} 所占 {number(share, '%')}"
    )


def chosen_pairs(view: View, shown: Shown) -> list[tuple[Partnership, ...]]:
    """The pairs of what is chosen, each with its partnerships in force."""
    levels = level_on(view.version, view.as_of)
    found = []
    for (code, firm), mine in cooperation.pairs(_partnerships(view), view.as_of).items():
        first = mine[0]
        if (
            (not shown.school or code == shown.school)
            and (not shown.enterprise or firm == shown.enterprise)
            and (not shown.industry or first.enterprise.industry == shown.industry)
            and (not shown.size or first.enterprise.size == shown.size)
            and (not shown.group or cooperation.group_of(first.institution, levels) == shown.group)
        ):
            found.append(mine)
    sizes = [*SIZES, NO_SIZE]
    found.sort(
        key=lambda mine: (
            sizes.index(mine[0].enterprise.size),
            -len(mine),
            mine[0].enterprise.name,
            mine[0].institution.name,
        )
    )
    return found


def _links(view: View, shown: Shown) -> dict[str, Any]:
    """The links of what is chosen, the largest enterprises first."""
    found = chosen_pairs(view, shown)
    firms = {mine[0].enterprise.id for mine in found}
    schools = {mine[0].institution.institution_id for mine in found}
    rest = len(found) - MOST_LINKS
    return {
        "title": f"{_chosen_words(view, shown)}：{number(len(schools))} 所院校、"
        f"{number(len(firms))} 家企业、{number(len(found))} 对合作关系",
        "rows": [
            {
                "enterprise": mine[0].enterprise.name,
                "firm": _link(
                    view,
                    shown,
                    enterprise=mine[0].enterprise.id,
                    school="",
                    group="",
                    industry="",
                    size="",
                ),
                "industry": mine[0].enterprise.industry,
                "size": mine[0].enterprise.size,
                "district": mine[0].enterprise.district,
                "institution": mine[0].institution.name,
                "school": view.link("institution", {"id": mine[0].institution.institution_id}),
                "forms": "、".join(f"{p.form}（{p.started_on:%Y-%m} 起）" for p in mine),
            }
            for mine in found[:MOST_LINKS]
        ],
        "rest": f"其余 {number(rest)} 对见下载的“合作关系”" if rest > 0 else "",
        # Under the row that was clicked, where there is one.
        "within": bool(found and (shown.school or shown.group)),
        "none": _link(view, shown, **dict.fromkeys((SCHOOL, GROUP, ENTERPRISE, INDUSTRY), "")),
    }


def _chosen_words(view: View, shown: Shown) -> str:
    names = {each.institution_id: each.name for each in view.version.institutions}
    firm = _enterprises(view)[shown.enterprise].name if shown.enterprise else ""
    parts = (names.get(shown.school, ""), shown.group, firm, shown.industry, shown.size)
    return " · ".join(part for part in parts if part) or "全部"


# ---------------------------------------------------------------- partnerships by form, bodies


@figures.kept(40)
def _by_form(view: View) -> dict[str, list[YearCount]]:
    wanted = cooperation.years(view.version, view.as_of)
    return cooperation.by_year(_partnerships(view), wanted, view.as_of)


def _columns(view: View) -> list[tuple[str, str]]:
    now = view.as_of
    whole = (now.month, now.day) == (12, 31)
    return [
        (str(year), "年末" if year < now.year or whole else f"{now.month:02d}-{now.day:02d}")
        for year in cooperation.years(view.version, now)
    ]


def _cells(counts: Sequence[YearCount]) -> list[dict[str, str]]:
    return [
        {
            "value": number(each.value),
            "moves": " ".join(
                f"{sign}{count}" for sign, count in (("+", each.begun), ("−", each.ended)) if count
            ),
        }
        for each in counts
    ]


def _added(rows: Iterable[Sequence[YearCount]], wanted: range, view: View) -> list[YearCount]:
    """Years added up over several kinds."""
    found = list(rows)
    return [
        YearCount(
            year,
            view.as_of,
            sum(row[place].value or 0.0 for row in found),
            sum(row[place].begun or 0 for row in found),
            sum(row[place].ended or 0 for row in found),
        )
        for place, year in enumerate(wanted)
    ]


def _forms(view: View) -> dict[str, Any]:
    """Partnerships by form and year; many forms fold into one row."""
    found = _by_form(view)
    wanted = cooperation.years(view.version, view.as_of)
    names = list(found)
    whole = _added(found.values(), wanted, view)
    rows = [{"name": name, "cells": _cells(found[name])} for name in names[:MOST_FORMS]]
    folded = names[MOST_FORMS:]
    if folded:
        rest = _added((found[name] for name in folded), wanted, view)
        rows.append({"name": f"其他 {len(folded)} 种形式", "cells": _cells(rest)})
    return {
        "title": _forms_title(found, whole),
        "columns": _columns(view),
        "rows": rows,
        "sum": _cells(whole),
    }


def _forms_title(found: dict[str, list[YearCount]], whole: Sequence[YearCount]) -> str:
    if not whole or not whole[-1].value:
        return "所选日期和范围内没有在期合作"
    first = next(iter(found))
    now = whole[-1]
    share = (found[first][-1].value or 0.0) / (now.value or 1.0) * 100
    title = f"在期合作 {number(now.value)} 项，{first}最多（占 {number(share, '%')}）"
    if len(whole) > 1:
        change = (now.value or 0.0) - (whole[-2].value or 0.0)
        word = "增加" if change > 0 else "减少"
        title += f"，较上年末{word} {number(abs(change))} 项" if change else "，与上年末持平"
    return title


def _kinds(view: View) -> dict[str, Any]:
    """Bodies by kind, level and year; the counts of the deliverables."""
    found = _bodies(view)
    held = [each for each in found if each.on(view.as_of)]
    ranks = Counter((each.thing.kind, each.rank) for each in held)
    there = [
        rank
        for rank in (*cooperation.RANKS, cooperation.NO_RANK)
        if rank in cooperation.RANKS or any(each.rank == rank for each in held)
    ]
    years = cooperation.bodies_by_year(view.version, found, view.as_of)
    sections = {d.counted_kind: d.section for d in view.version.plan.deliverables if d.counted_kind}
    whole = _added(years.values(), cooperation.years(view.version, view.as_of), view)

    def cells(kind: str | None) -> list[str]:
        counts = [
            sum(n for (k, r), n in ranks.items() if r == rank and kind in (None, k))
            for rank in there
        ]
        return [number(n) if n else "·" for n in counts]

    return {
        "title": _kinds_title(held, years),
        "ranks": there,
        "columns": _columns(view),
        "rows": [
            {
                "name": kind,
                "section": f"§{sections[kind]}" if kind in sections else "方案未列",
                "ranks": cells(kind),
                "cells": _cells(counts),
            }
            for kind, counts in years.items()
        ],
        "sum": {"ranks": cells(None), "cells": _cells(whole)},
    }


def _kinds_title(held: Sequence[Body], years: dict[str, list[YearCount]]) -> str:
    tally = Counter(each.thing.kind for each in held)
    if not tally:
        return "所选日期和范围内没有在册载体"
    first, most = tally.most_common(1)[0]
    none = [kind for kind in years if not tally[kind]]
    title = f"{len(years)} 类载体在册 {number(len(held))} 个，{first}最多（{most} 个）"
    if none:
        few = "、".join(none[:2])
        title += f"，{few}{f'等 {len(none)} 类' if len(none) > 2 else ''}尚无"
    return title


# ---------------------------------------------------------------- who has none


def _none(view: View) -> dict[str, Any] | None:
    """The institutions with neither partnership nor body, by level; None where nothing is known."""
    known = [t for t in ("partnerships", "cooperation_bodies") if _filled(view, t)]
    if not known:
        return None
    found = _alone(view)
    total = cooperation.in_force(view.version, view.scope, view.as_of)
    groups = []
    for name in GROUPS:
        mine = [each for each in found if each.group == name]
        if mine:
            groups.append(
                {
                    "name": name,
                    "count": len(mine),
                    "rows": [
                        {
                            "name": each.institution.name,
                            "district": each.institution.district,
                            "ever": each.ever,
                            **view.link("institution", {"id": each.institution.institution_id}),
                        }
                        for each in mine
                    ],
                }
            )
    lacks = "既无在期合作也无载体" if len(known) > 1 else _lacks(view)
    lacking = [_sheet(t) for t in ("partnerships", "cooperation_bodies") if t not in known]
    return {
        "title": f"在办 {number(total)} 所院校中，{number(len(found))} 所{lacks}"
        if found
        else _nobody_lacks(view),
        "groups": groups,
        "note": f"{'、'.join(lacking)}为空，这里只看另一类。" if lacking else "",
    }


# ---------------------------------------------------------------- downloads

ENTERPRISE_HEADERS = (
    "企业编号",
    "企业名称",
    "产业",
    "规模",
    "区县",
    "经度",
    "纬度",
    "合作院校数",
    "在期合作项数",
)
LINK_HEADERS = (
    "院校代码",
    "院校名称",
    "层次",
    "院校区县",
    "企业编号",
    "企业名称",
    "产业",
    "规模",
    "企业区县",
    "合作形式",
    "在期项数",
    "最早起始",
)
PARTNERSHIP_HEADERS = (
    "院校代码",
    "院校名称",
    "企业编号",
    "企业名称",
    "产业",
    "合作形式",
    "起始日期",
    "终止日期",
    "在期",
)
BODY_HEADERS = (
    "载体编号",
    "类型",
    "名称",
    "级别",
    "牵头院校",
    "成员",
    "产业",
    "区县",
    "成立日期",
    "撤销日期",
    "在册",
)
ALONE_HEADERS = ("院校代码", "院校名称", "层次", "区县", "主管", "曾有合作")


def downloads(view: View) -> None:
    """Every list of the page as a workbook."""
    shown = asked(view)
    wanted: list[tuple[str, Sequence[str], Any]] = []
    if _filled(view, "enterprises"):
        wanted.append(("企业", ENTERPRISE_HEADERS, _enterprise_rows))
    if _filled(view, "partnerships"):
        wanted += [
            ("院校产业矩阵", (), _matrix_rows),
            ("合作关系", LINK_HEADERS, _link_rows),
            ("校企合作", PARTNERSHIP_HEADERS, _partnership_rows),
        ]
    if _filled(view, "cooperation_bodies"):
        wanted.append(("合作载体", BODY_HEADERS, _body_rows))
    if _filled(view, "partnerships") or _filled(view, "cooperation_bodies"):
        wanted.append(("无合作院校", ALONE_HEADERS, _alone_rows))
    with st.container(horizontal=True, key="cooperation-files"):
        for title, headers, rows in wanted:
            download.button(
                view,
                f"下载{title}（.xlsx）",
                partial(_file, view, shown, title, headers, rows),
                download.name(view, title, "xlsx"),
            )


def _file(
    view: View,
    shown: Shown,
    title: str,
    headers: Sequence[str],
    rows: Callable[[View, Shown], list[tuple[Any, ...]]],
) -> bytes:
    return download.workbook(view, title, headers or _matrix_headers(view), rows(view, shown))


def _enterprise_rows(view: View, shown: Shown) -> list[tuple[Any, ...]]:
    now = _now(view)
    items = Counter(each.enterprise.id for each in now)
    schools = Counter(firm for _, firm in cooperation.pairs(now, view.as_of))
    known = _filled(view, "partnerships")
    return [
        (
            each.id,
            each.name,
            each.industry,
            each.size,
            each.district,
            each.longitude,
            each.latitude,
            schools[each.id] if known else None,
            items[each.id] if known else None,
        )
        for each in _here(view)
        if (not shown.industry or each.industry == shown.industry)
        and (not shown.size or each.size == shown.size)
    ]


def _matrix_headers(view: View) -> tuple[str, ...]:
    return ("层次", "院校代码", "院校名称", "合计", *_matrix(view).industries)


def _matrix_rows(view: View, _: Shown) -> list[tuple[Any, ...]]:
    found = _matrix(view)
    rows: list[tuple[Any, ...]] = []
    for group in found.groups:
        rows += [
            (
                group.name,
                row.institution.institution_id,
                row.institution.name,
                row.total,
                *(row.counts.get(name, 0) for name in found.industries),
            )
            for row in group.rows
        ]
        rows.append(
            (
                f"{group.name}小计",
                None,
                None,
                group.total,
                *(group.counts.get(n, 0) for n in found.industries),
            )
        )
    rows.append(("合计", None, None, found.total, *found.counts.values()))
    return rows


def _link_rows(view: View, shown: Shown) -> list[tuple[Any, ...]]:
    levels = level_on(view.version, view.as_of)
    return [
        (
            mine[0].institution.institution_id,
            mine[0].institution.name,
            cooperation.group_of(mine[0].institution, levels),
            mine[0].institution.district,
            mine[0].enterprise.id,
            mine[0].enterprise.name,
            mine[0].enterprise.industry,
            mine[0].enterprise.size,
            mine[0].enterprise.district,
            "、".join(each.form for each in mine),
            len(mine),
            min(each.started_on for each in mine),
        )
        for mine in chosen_pairs(view, shown)
    ]


def _partnership_rows(view: View, _: Shown) -> list[tuple[Any, ...]]:
    return [
        (
            each.institution.institution_id,
            each.institution.name,
            each.enterprise.id,
            each.enterprise.name,
            each.enterprise.industry,
            each.form,
            each.started_on,
            each.ended_on,
            each.on(view.as_of),
        )
        for each in _partnerships(view)
    ]


def _body_rows(view: View, _: Shown) -> list[tuple[Any, ...]]:
    ends = {code: dissolved for code, *_, dissolved in fetch("cooperation_bodies", view.version)}
    return [
        (
            each.thing.thing_id,
            each.thing.kind,
            each.name,
            each.rank,
            each.lead.name if each.lead else None,
            each.members,
            each.industry,
            each.thing.district,
            each.thing.since,
            ends[each.thing.thing_id],
            each.on(view.as_of),
        )
        for each in _bodies(view)
    ]


def _alone_rows(view: View, _: Shown) -> list[tuple[Any, ...]]:
    return [
        (
            each.institution.institution_id,
            each.institution.name,
            each.group,
            each.institution.district,
            each.institution.authority or None,
            each.ever,
        )
        for each in _alone(view)
    ]
