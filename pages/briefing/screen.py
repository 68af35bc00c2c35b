"""A slide as markup of 1920 × 1080: HTML and SVG, no chart library, so that keys need no server.

Sizes are pixels of that frame; no text is smaller than 24. What is too long for its place is cut
with an ellipsis and can be read in full by pointing at it, in the notes and in the downloads.
"""

from __future__ import annotations

from html import escape
from typing import Any

from pages.briefing import fitting
from pages.briefing.pack import (
    WORD_COLOURS,
    Bars,
    Figure,
    Lines,
    Map,
    Pack,
    Scatter,
    Slide,
    Table,
)
from pages.parts import theme
from pages.parts.block import render
from queries.status import number

WIDTH, HEIGHT = 1920, 1080
SIDE, TOP, FOOT = 72, 72, 62
INSIDE = WIDTH - 2 * SIDE
GAP = 44
TEXT = 24
TITLE = 48
GRID = "#D7DDE4"


def em(text: str) -> float:
    """How wide a text is, in multiples of its size: a Chinese character is one."""
    return sum(1.0 if ord(each) > 0x2E7F or each in "—…“”●◐◆◔▲■○" else 0.56 for each in text)


def cut(text: str, width: float, size: float = TEXT) -> str:
    """The text, or as much of it as fits with an ellipsis."""
    return fitting.cut(text, width, size, em)


def title_size(text: str) -> tuple[int, int]:
    """(size, lines) of a slide's title: smaller where it would need a third line."""
    width = INSIDE
    for size in (TITLE, 44, 40):
        if em(text) * size <= width * 0.98:
            return size, 1
    for size in (TITLE, 42, 36):
        lines = -(-em(text) * size // (width * 0.96))
        if lines <= 2:
            return size, int(max(lines, 1))
    return 36, 2


def body_height(slide: Slide) -> float:
    """What the title, facts, comment and foot leave for the figures."""
    size, lines = title_size(slide.title)
    used = TOP + size * 1.3 * lines + 40 + 26
    used += 128 if slide.head else 0
    used += 66 if slide.comment else 0
    return HEIGHT - used - FOOT - 18


def markup(pack: Pack, index: int) -> str:
    """One slide of the pack."""
    slide = pack.slides[index]
    height = body_height(slide)
    free = INSIDE - GAP * max(len(slide.figures) - 1, 0)
    total = sum(each.share for each in slide.figures) or 1.0
    return render(
        "slide",
        slide=slide,
        size=title_size(slide.title)[0],
        tones=WORD_COLOURS,
        heading=pack.heading,
        mark=pack.mark,
        foot=pack.foot,
        page=f"{index + 1} / {len(pack.slides)}",
        height=round(height),
        figures=[
            _placed(each, round(free * each.share / total), round(height)) for each in slide.figures
        ],
    )


def _placed(figure: Figure, width: int, height: int) -> dict[str, Any]:
    if isinstance(figure, Table):
        rows = len(figure.rows) + 1
        room = height / rows
        total = sum(figure.widths)
        size, lines = _fitting(figure, width, room)
        return {
            "table": figure,
            "width": width,
            "size": size,
            "lines": min(lines, 4),
            "shares": [f"{w / total:.2%}" for w in figure.widths],
            # Rows share the height, but few rows do not spread over all of it.
            "row": int(min(room - 1, 132)),
        }
    drawings = {Bars: _bars, Lines: _lines, Scatter: _scatter, Map: _map}
    draw: Any = drawings[type(figure)]
    return {"svg": draw(figure, width, height), "width": width}


def _fitting(table: Table, width: float, room: float) -> tuple[int, int]:
    """(size, lines a cell may have): the largest at which every text fits its cell."""
    total = sum(table.widths)
    for size in (30, 27, TEXT):
        lines = max(1, int((room - 8) // (size * 1.25)))
        if all(
            # A word that does not break at the line's end costs up to a character.
            -(-em(cell.text) * size // max(width * w / total - 16 - size * (lines > 1), size))
            <= lines
            for row in table.rows
            for cell, w in zip(row, table.widths, strict=True)
        ):
            return size, lines
    return TEXT, max(1, int((room - 8) // (TEXT * 1.25)))


# ---------------------------------------------------------------- charts


def _text(
    x: float,
    y: float,
    text: str,
    anchor: str = "start",
    colour: str = theme.INK,
    bold: bool = False,
    full: str = "",
    halo: str = "",
) -> str:
    weight = ' font-weight="700"' if bold else ""
    tip = f"<title>{escape(full)}</title>" if full else ""
    # A rim that keeps a text apart from what it lies on.
    rim = f' stroke="{halo}" stroke-width="5" paint-order="stroke"' if halo else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{weight}{rim} '
        f'dominant-baseline="central">{escape(text)}{tip}</text>'
    )


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{max(height, 0):.1f}" '
        f'fill="{colour}"/>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 2) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        f'stroke-width="{width}"/>'
    )


def _svg(width: int, height: int, title: str, pieces: list[str]) -> str:
    return (
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(title)}" font-size="{TEXT}">'
        f"{_text(0, 18, cut(title, width, 25), colour=theme.SOFT, bold=True)}"
        f"{''.join(pieces)}</svg>"
    )


def _legend(names: list[tuple[str, str]], width: float, y: float) -> tuple[list[str], float]:
    """Swatches with names, in as many lines as they need; (pieces, y below them)."""
    pieces, x = [], 0.0
    for whole, colour in names:
        name = cut(whole, width - 40)
        need = 30 + em(name) * TEXT + 28
        if x and x + need > width:
            x, y = 0.0, y + 34
        pieces += [_box(x, y - 10, 20, 20, colour), _text(x + 30, y, name)]
        x += need
    return pieces, y + 30


def _bars(figure: Bars, width: int, height: int) -> str:
    names = tuple(each.name for each in figure.series)
    bullet = names == ("现状值", "目标值") and figure.horizontal and not figure.stacked
    pieces: list[str] = []
    top = 46.0
    if bullet:
        pieces += [_line(6, top, 6, top + 24, "#111A24", 4), _text(18, top + 12, "黑线为目标值")]
        top += 42
    elif len(figure.series) > 1:
        found, top = _legend([(s.name, s.colour(0)) for s in figure.series], width, top + 8)
        pieces += found
    draw = _across if figure.horizontal else _upright
    return _svg(width, height, figure.title, pieces + draw(figure, width, height, top, bullet))


def _most(figure: Bars) -> float:
    if figure.stacked:
        sums = [
            sum(s.values[i] or 0.0 for s in figure.series) for i in range(len(figure.categories))
        ]
        return max(sums, default=0.0) or 1.0
    return max((v for s in figure.series for v in s.values if v is not None), default=0.0) or 1.0


def _across(figure: Bars, width: int, height: int, top: float, bullet: bool) -> list[str]:
    """Horizontal bars: names on the left, numbers at their ends."""
    count = len(figure.categories) or 1
    row = min((height - top) / count, 84 if count > 5 else 130)
    names = min(max((em(c) for c in figure.categories), default=1) * TEXT + 16, width * 0.42)
    most = _most(figure)
    said = [_said(figure, i, bullet) for i in range(count)] if figure.categories else []
    ends = 0.0 if figure.stacked else max((em(t) for t in said), default=0) * TEXT + 18
    room = width - names - ends
    pieces = []
    for index, category in enumerate(figure.categories):
        y = top + row * (index + 0.5)
        pieces.append(_text(0, y, cut(category, names - 12), full=category))
        thick = min(row * 0.62, 40 if count > 5 else 60)
        if figure.stacked:
            x = names
            for each in figure.series:
                value = each.values[index] or 0.0
                wide = value / most * room
                pieces.append(_box(x, y - thick / 2, wide, thick, each.colour(index)))
                if wide > em(number(value)) * TEXT + 6:
                    pieces.append(
                        _text(x + wide / 2, y, number(value), "middle", _on(each.colour(index)))
                    )
                x += wide
            continue
        first = figure.series[0]
        if not bullet and len(figure.series) > 1:
            thin = thick / len(figure.series)
            for place, each in enumerate(figure.series):
                value = each.values[index] or 0.0
                at = y - thick / 2 + place * thin
                pieces.append(_box(names, at, value / most * room, thin - 1, each.colour(index)))
        else:
            value = first.values[index] or 0.0
            pieces.append(
                _box(names, y - thick / 2, value / most * room, thick, first.colour(index))
            )
        if bullet:
            target = figure.series[1].values[index]
            if target is not None:
                x = names + target / most * room
                pieces.append(_line(x, y - row * 0.42, x, y + row * 0.42, "#111A24", 4))
            pieces.append(_text(width, y, said[index], "end"))
        else:
            end = max((s.values[index] or 0.0) for s in figure.series) / most * room
            pieces.append(_text(names + end + 10, y, said[index]))
    return pieces


def _said(figure: Bars, index: int, bullet: bool) -> str:
    """The numbers at the end of a row."""
    if figure.stacked:
        return ""
    values = [s.values[index] for s in figure.series]
    if bullet:
        aim = "监测" if values[1] is None else number(values[1])
        return f"{number(values[0], '', values[1])} / {aim}"
    return " / ".join(number(v) for v in values)


def _on(fill: str) -> str:
    """Dark or white, whichever can be read on the fill."""
    from pages.parts.map import ink

    return ink(fill)


def _upright(figure: Bars, width: int, height: int, top: float, bullet: bool) -> list[str]:
    """Columns: names below, numbers above or inside."""
    del bullet
    count = len(figure.categories) or 1
    step = width / count
    base, most = height - 44.0, _most(figure)
    room = base - top - 36
    pieces, labels = [_line(0, base, width, base, GRID)], []
    # Where columns are narrow, not every name has room.
    every = max(1, int(-(-max((em(c) for c in figure.categories), default=1) * TEXT // step)))
    for index, category in enumerate(figure.categories):
        middle = step * (index + 0.5)
        if index % every == 0:
            pieces.append(_text(middle, base + 26, cut(category, step * every), "middle"))
        thick = min(step * (0.72 if figure.stacked else 0.9), 150)
        if figure.stacked:
            y = base
            for each in figure.series:
                value = each.values[index] or 0.0
                tall = value / most * room
                y -= tall
                colour = each.colour(index)
                pieces.append(_box(middle - thick / 2, y, thick, tall, colour))
                if tall > TEXT + 4 and thick > em(number(value)) * TEXT:
                    pieces.append(_text(middle, y + tall / 2, number(value), "middle", _on(colour)))
            whole = sum(s.values[index] or 0.0 for s in figure.series)
            pieces.append(_text(middle, y - 18, number(whole), "middle", bold=True))
            continue
        thin = thick / len(figure.series)
        for place, each in enumerate(figure.series):
            value_or_none = each.values[index]
            x = middle - thick / 2 + place * thin
            tall = (value_or_none or 0.0) / most * room
            pieces.append(_box(x, base - tall, thin - 3, tall, each.colour(index)))
            said = "无数据" if value_or_none is None else f"{value_or_none:,.0f}"
            wide = em(said) * TEXT
            # Numbers of neighbours stand at two heights where they would touch.
            lift = 16 + (26 if wide > thin and place % 2 else 0)
            labels.append(_text(x + thin / 2, base - tall - lift, said, "middle", halo="#fff"))
    return pieces + labels


def _lines(figure: Lines, width: int, height: int) -> str:
    known = [v for s in figure.series for v in s.values if v is not None]
    if figure.level is not None:
        known.append(figure.level)
    most = max(known, default=1.0) * 1.06 or 1.0
    pieces, top = _legend([(s.name, s.colour(0)) for s in figure.series], width, 52)
    left, right, base = 64.0, width - 78.0, height - 46.0
    first, last = figure.days[0].toordinal(), figure.days[-1].toordinal()

    def place(day: int, value: float) -> tuple[float, float]:
        part = (day - first) / (last - first) if last > first else 1.0
        return left + part * (right - left), base - value / most * (base - top)

    step = next(s for s in (5, 10, 20, 25, 50, 100, 200, 500, 10**9) if most / s <= 6)
    for tick in range(0, int(most) + 1, step):
        y = place(first, tick)[1]
        pieces += [_line(left, y, right, y, GRID, 1), _text(left - 8, y, f"{tick}", "end")]
    if figure.level is not None:
        y = place(first, figure.level)[1]
        pieces.append(_line(left, y, right, y, "#111A24", 3))
    taken: list[float] = []
    for each in figure.series:
        points = [
            place(day.toordinal(), value)
            for day, value in zip(figure.days, each.values, strict=True)
            if value is not None
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        pieces.append(
            f'<polyline points="{path}" fill="none" stroke="{each.colour(0)}" stroke-width="5"/>'
        )
        if points and each.values[-1] is not None:
            y = points[-1][1]
            while any(abs(y - other) < TEXT for other in taken):
                y += TEXT / 4
            taken.append(y)
            pieces.append(_text(right + 8, y, f"{each.values[-1]:.0f}%", colour=each.colour(0)))
    for index in (0, len(figure.days) - 1):
        day = figure.days[index]
        x = place(day.toordinal(), 0)[0]
        pieces.append(_text(x, base + 26, f"{day:%Y-%m}", "start" if index == 0 else "middle"))
    return _svg(width, height, figure.title, pieces)


def _scatter(figure: Scatter, width: int, height: int) -> str:
    left, right, top, base = 96.0, width - 30.0, 52.0, height - 84.0

    def bounds(values: list[float]) -> tuple[float, float]:
        low, high = min(values, default=0.0), max(values, default=100.0)
        pad = (high - low) * 0.08 or 5.0
        return low - pad, high + pad

    xs = [d.x for d in figure.dots] + ([figure.x_level] if figure.x_level is not None else [])
    ys = [d.y for d in figure.dots] + ([figure.y_level] if figure.y_level is not None else [])
    (x0, x1), (y0, y1) = bounds(xs), bounds(ys)

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            left + (x - x0) / (x1 - x0) * (right - left),
            base - (y - y0) / (y1 - y0) * (base - top),
        )

    pieces = [_line(left, base, right, base, GRID), _line(left, top, left, base, GRID)]
    pieces += [
        _text(place(value, y0)[0], base + 24, f"{value:.0f}", "middle")
        for value in (x0, (x0 + x1) / 2, x1)
    ]
    pieces += [
        _text(left - 10, place(x0, value)[1], f"{value:.0f}", "end")
        for value in (y0, (y0 + y1) / 2, y1)
    ]
    if figure.x_level is not None:
        x = place(figure.x_level, y0)[0]
        pieces.append(_line(x, top, x, base, "#E0A100", 3))
    if figure.y_level is not None:
        y = place(x0, figure.y_level)[1]
        pieces.append(_line(left, y, right, y, "#E0A100", 3))
    taken: list[tuple[float, float]] = []
    for dot in sorted(figure.dots, key=lambda d: d.named):
        x, y = place(dot.x, dot.y)
        colour = "#C8402F" if dot.named else theme.ACCENT
        pieces.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{11 if dot.named else 8}" fill="{colour}" '
            f'fill-opacity="0.75"><title>{escape(dot.name)}</title></circle>'
        )
        if dot.named:
            after = x < (left + right) / 2
            at = y
            while any(abs(at - b) < TEXT + 2 and abs(x - a) < 260 for a, b in taken):
                at += TEXT + 2
            taken.append((x, at))
            name = cut(dot.name, 240)
            pieces.append(
                _text(
                    x + (18 if after else -18), at, name, "start" if after else "end", halo="#fff"
                )
            )
    pieces.append(_text((left + right) / 2, base + 58, figure.x_title, "middle", theme.SOFT))
    pieces.append(_text(left + 8, top + 6, f"↑ {figure.y_title}", "start", theme.SOFT))
    return _svg(width, height, figure.title, pieces)


def _map(figure: Map, width: int, height: int) -> str:
    pieces, below = _legend([(words, colour) for colour, words in figure.legend], width, 56)
    scale = min(width, (height - below) / figure.height)
    left = (width - scale) / 2

    def at(place: tuple[float, float]) -> tuple[float, float]:
        return left + place[0] * scale, below + place[1] * scale

    for area in figure.areas:
        tip = f"<title>{escape(area.name)}：{escape(area.figure)}</title>"
        if area.rings:
            steps = "".join(
                "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in map(at, ring)) + "Z"
                for ring in area.rings
            )
            pieces.append(
                f'<path d="{steps}" fill="{area.fill}" fill-rule="evenodd" stroke="#fff" '
                f'stroke-width="2">{tip}</path>'
            )
        else:
            x, y = at(area.place)
            pieces.append(
                f'<rect x="{x - 11:.1f}" y="{y - 11:.1f}" width="22" height="22" '
                f'fill="{area.fill}" stroke="#111A24" stroke-width="2">{tip}</rect>'
            )
    for area in figure.areas:
        if area.rings:
            x, y = at(area.place)
            said = "无数据" if area.value is None else number(area.value)
            pieces += [
                _text(x, y - 14, area.short, "middle", area.ink, halo=area.fill),
                _text(x, y + 14, said, "middle", area.ink, bold=True, halo=area.fill),
            ]
    return _svg(width, height, figure.title, pieces)
