"""Where the red points stand (institution × class), and how grades moved between years."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus, urlencode

import numpy as np
from markupsafe import Markup, escape

from pages.parts.block import BAND_MARKS, block, render
from pages.parts.view import follow
from pages.parts.warning_board import Looked, categories, label, labels
from pages.parts.warning_state import ALL, CELL, NONE, expand, link, to_list
from queries import warning_board
from queries.early_warning import COLOURS, GREEN, GREY, RED, WORDS, YELLOW
from queries.status import number
from queries.warning_board import ABSENT, Heat

# How many institutions the heat table shows before it is asked for all.
FIRST_ROWS = 25
LEFT, TOTALS, ROW, WIDTH = 186.0, 84.0, 17.0, 1080.0
NARROWEST, WIDEST = 11.5, 64.0
# From this width on a cell has room for a number beside its mark.
WIDE_ENOUGH = 24.0
# Stands for an institution in a link that is made once for all of them.
ANY = "\0"
_GREY, _GREEN, _YELLOW, _RED = range(4)


def heat(looked: Looked) -> None:
    """The heat table; a click on a cell opens its points."""
    follow(expand(block(_heat(looked), key="warning-heat")))


def _heat(looked: Looked) -> str:
    """Institutions by class, or by category; the most red first."""
    view, wanted, shown = looked.view, looked.asked, looked.board
    category = wanted.get("category")
    wide = wanted.get("columns") == "category" and not category
    kind = "category_code" if wide else "class_code"
    chosen = looked.known.is_("category_code", category)[shown.rows] if category else None
    found = warning_board.heat(shown, kind, chosen)
    total = len(found.institutions)
    most = total if wanted.get("rows") == ALL else FIRST_ROWS
    narrowed = found.columns[found.tally[:most].sum(axis=(0, 2)) > 0]
    picture = _picture(looked, found, kind, most, narrowed)
    sums = found.sums()
    with_red = int((sums[:, _RED] > 0).sum())
    return render(
        "warning_heat",
        title=_heat_title(looked, found, with_red),
        source=looked.source,
        picture=picture,
        shown=min(most, total),
        total=total,
        all=link(view, wanted, {"rows": "" if most >= total and total > FIRST_ROWS else ALL}),
        everything=most >= total,
        foldable=total > FIRST_ROWS,
        forms=[
            {
                "text": text,
                "on": on,
                **link(view, wanted, {"columns": value, "category": ""}),
            }
            for text, value, on in (
                ("按专业类", "", not wide and not category),
                ("按专业大类", "category", wide),
            )
        ],
        category=label(view, "category_code", category) if category else "",
        no_category=link(view, wanted, {"category": ""}),
        rows=[
            {
                "name": line["name"],
                "cells": [int(sums[at, code]) for code in (_RED, _YELLOW, _GREEN, _GREY)],
                "total": line["total"],
                **line["link"],
            }
            for at, line in enumerate(picture["lines"])
        ],
        sum=[int(sums[:, code].sum()) for code in (_RED, _YELLOW, _GREEN, _GREY)],
        sum_total=int(sums.sum()),
        rest=[int(sums[most:, code].sum()) for code in (_RED, _YELLOW, _GREEN, _GREY)],
        rest_total=int(sums[most:].sum()),
        heads=[WORDS[name] for name in (RED, YELLOW, GREEN, GREY)],
    )


def _heat_title(looked: Looked, found: Heat, with_red: int) -> str:
    if not with_red:
        return f"{len(found.institutions)} 所院校都没有红色预警"
    first = label(
        looked.view,
        "institution_id",
        looked.known.names["institution_id"][found.institutions[0]],
    )
    most = int(found.sums()[0, _RED])
    red = found.tally[:, :, _RED].sum(axis=0)
    worst = int(np.argmax(red))
    return (
        f"红色预警分布在 {with_red} 所院校，{first}最多（{most} 个）；"
        f"{_column(looked, found.columns[worst])}红点最多（{int(red[worst])} 个）"
    )


def _column(looked: Looked, place: Any) -> str:
    """The name of a column of the heat table, class or category."""
    wide = looked.asked.get("columns") == "category" and not looked.asked.get("category")
    kind = "category_code" if wide else "class_code"
    return label(looked.view, kind, looked.known.names[kind][int(place)])


def _picture(
    looked: Looked, found: Heat, kind: str, most: int, columns: warning_board.Index
) -> dict[str, Any]:
    """Marks on a grid: the gravest grade of a cell, red and yellow with how many.

    Cells are thousands: what they repeat is quoted and escaped once a column and once a row, and
    ``cells`` is finished markup.
    """
    names = looked.known.names
    wide = kind == "category_code"
    step = min(max((WIDTH - LEFT - TOTALS) / max(len(columns), 1), NARROWEST), WIDEST)
    parameter = "category" if wide else "class"
    codes = [names[kind][int(each)] for each in columns]
    known = labels(looked.view, kind)
    titles = [known.get(code, code) for code in codes]
    schools = labels(looked.view, "institution_id")
    homes = categories(looked.view)
    short = [_short(text) for text in titles]
    ends = [
        (escape(text), escape(quote_plus(f"|{code}|{parameter}")))
        for code, text in zip(codes, titles, strict=True)
    ]
    door = to_list(looked.view, looked.asked, institution=ANY)
    top = max((len(text) for text in short), default=0) * 11.5 + 10
    places = [round(LEFT + at * step, 1) for at in range(len(columns))]
    where = np.searchsorted(found.columns, columns)
    tallies = found.tally[:most][:, where]
    held = tallies.sum(axis=2) > 0
    sums = found.sums()[:most].tolist()
    cells: list[str] = []
    lines = []
    for at, place in enumerate(found.institutions[:most]):
        y = round(top + at * ROW, 1)
        code = names["institution_id"][int(place)]
        quoted = quote_plus(code)
        name = schools.get(code, code)
        lines.append(
            {
                "name": name,
                "y": round(y + 12.5, 1),
                "red": sums[at][_RED],
                "yellow": sums[at][_YELLOW],
                "total": sum(sums[at]),
                "link": {way: text.replace(quote_plus(ANY), quoted) for way, text in door.items()},
            }
        )
        start, safe = f"?{CELL}={escape(quoted)}", escape(name)
        here = held[at].nonzero()[0]
        for column, tally in zip(here.tolist(), tallies[at, here].tolist(), strict=True):
            text, end = ends[column]
            words = f"{safe} · {text}"
            cells.append(_cell(places[column], y, step, tally, words, f"{start}{end}"))
    right = LEFT + len(columns) * step
    rows = len(lines)
    return {
        "width": round(right + TOTALS),
        "height": round(top + rows * ROW + 6),
        "step": round(step, 1),
        "top": top,
        "right": right,
        "row": ROW,
        "cells": Markup("".join(cells)),
        "lines": lines,
        "heads": [
            {
                "x": round(left + step / 2 - 0.5, 1),
                "text": text,
                "full": full,
                "go": f"?{urlencode({'category': code, 'columns': ''})}"
                if wide
                else f"?{urlencode({'category': homes.get(code, '')})}",
            }
            for left, code, text, full in zip(places, codes, short, titles, strict=True)
        ],
        "borders": []
        if wide
        else [
            left
            for left, before, code in zip(places[1:], codes, codes[1:], strict=False)
            if homes.get(before, "") != homes.get(code, "")
        ],
    }


def _cell(left: float, top: float, step: float, tally: list[int], text: str, go: str) -> str:
    """A cell in SVG: its gravest grade, and all of them in words. text, go: escaped."""
    worst = max(code for code, count in enumerate(tally) if count)
    words = "".join(
        f"，{WORDS[COLOURS[code]]} {tally[code]}"
        for code in (_RED, _YELLOW, _GREEN, _GREY)
        if tally[code]
    )
    middle, base = f"{left + step / 2:.1f}", f"{top + (12 if worst >= _YELLOW else 11):g}"
    kind = ("q", "g", "y", "rn")[worst]
    if worst == _RED:
        mark, shape = (
            f"{tally[_RED]}",
            (
                f'<rect class="r" x="{left + 0.5:.1f}" y="{top + 1.5:g}" '
                f'width="{step - 1:.1f}" height="13" rx="1"/>'
            ),
        )
    else:
        mark, shape = BAND_MARKS[COLOURS[worst]], ""
        if worst == _YELLOW and step > WIDE_ENOUGH:
            mark += f"{tally[_YELLOW]}"
    return (
        f'<g data-go="{go}"><rect class="bg" x="{left:g}" y="{top:g}" width="{step:.1f}" '
        f'height="16"/>{shape}<text class="{kind}" x="{middle}" y="{base}">{mark}</text>'
        f"<title>{text}：{sum(tally)} 个{words}</title></g>"
    )


def _short(name: str) -> str:
    """A class's name as a heading: without its last word, cut where it is long."""
    text = name.removesuffix("大类").removesuffix("类")
    return text if len(text) <= 9 else f"{text[:8]}…"


# ---------------------------------------------------------------- between years


def changes(looked: Looked) -> None:
    """The moves between years."""
    follow(block(_changes(looked), key="warning-changes"))


def _changes(looked: Looked) -> str:
    """The grades of the year before against this year's, and all years."""
    view, wanted, shown = looked.view, looked.asked, looked.board
    cells = shown.transitions()
    # The gravest first, without a row of the year last.
    order = (_RED, _YELLOW, _GREEN, _GREY, ABSENT)
    words = {code: WORDS[COLOURS[code]] for code in (_RED, _YELLOW, _GREEN, _GREY)}

    def door(before: int, now: int) -> dict[str, str]:
        old = NONE if before == ABSENT else COLOURS[before]
        return to_list(view, wanted, before=old, grade=NONE if now == ABSENT else COLOURS[now])

    rows = [
        {
            "word": words.get(before, "上年无数据"),
            "band": "" if before == ABSENT else COLOURS[before],
            "cells": [
                {
                    "count": int(cells[before, now]),
                    "kind": _direction(before, now),
                    **door(before, now),
                }
                for now in order
            ],
            "sum": int(cells[before].sum()),
        }
        for before in order
        if cells[before].any() or before != ABSENT
    ]
    tallies = warning_board.by_year(looked.known, looked.found, looked.chosen)
    return render(
        "warning_changes",
        title=_changes_title(looked, cells),
        year=looked.year,
        source=looked.source,
        heads=[
            {
                "word": words.get(now, "本年无数据"),
                "band": "" if now == ABSENT else COLOURS[now],
            }
            for now in order
        ],
        rows=rows,
        sums=[int(cells[:, now].sum()) for now in order],
        total=int(cells.sum()),
        years_title=_years_title(tallies),
        years=[
            {
                "year": year,
                "on": year == looked.year,
                "total": number(int(tally.sum())),
                "parts": [
                    (COLOURS[code], round(int(tally[code]) / max(int(tally.sum()), 1) * 100, 2))
                    for code in (_RED, _YELLOW, _GREEN, _GREY)
                ],
                "words": [
                    (COLOURS[code], WORDS[COLOURS[code]], int(tally[code]))
                    for code in (_RED, _YELLOW, _GREEN, _GREY)
                ],
                **link(view, wanted, {"year": "" if year == looked.years[-1] else str(year)}),
            }
            for year, tally in sorted(tallies.items(), reverse=True)
        ],
    )


def _direction(before: int, now: int) -> str:
    if ABSENT in (before, now) or _GREY in (before, now):
        return ""
    return "worse" if now > before else "better" if now < before else "even"


def _changes_title(looked: Looked, cells: warning_board.Index) -> str:
    graded = cells[1:ABSENT, 1:ABSENT]
    worse, better = int(np.triu(graded, 1).sum()), int(np.tril(graded, -1).sum())
    if not cells[:ABSENT].any():
        return f"{looked.year} 年之前没有可以比较的年度"
    newly = int(cells[1:_RED, _RED].sum())
    out = int(cells[_RED, 1:_RED].sum())
    return f"比上年下滑 {worse:,} 个、好转 {better:,} 个；新转红 {newly:,} 个，由红转出 {out:,} 个"


def _years_title(tallies: dict[int, warning_board.Index]) -> str:
    if len(tallies) < 2:
        return "只有一个年度的数据"
    first, last = min(tallies), max(tallies)
    was, is_ = (int(tallies[each][_RED]) for each in (first, last))
    if was == is_:
        return f"红色专业点 {first} 年和 {last} 年同为 {is_:,} 个"
    word = "增至" if is_ > was else "减至"
    return f"红色专业点由 {first} 年的 {was:,} 个{word} {last} 年的 {is_:,} 个"
