"""Charts as plotly figures in plain data; each takes numbers computed elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from pages.parts import theme
from queries.evaluate import Result
from queries.forecast import Forecast
from queries.schedule import Line


def trend(
    result: Result,
    days: Sequence[date],
    values: Sequence[float | None],
    line: Line | None,
    ahead: Sequence[tuple[date, Forecast]],
    issued_on: date,
) -> dict[str, Any]:
    """Actual over time with target line, schedule, and forecast with its band."""
    unit = result.indicator.unit
    hover = f"%{{y:,.1f}}{'%' if unit == '%' else ' ' + unit}"
    traces: list[dict[str, Any]] = []
    if ahead:
        x = [day for day, _ in ahead]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "showlegend": False,
                "x": [*x, *reversed(x)],
                "y": [*(f.high for _, f in ahead), *(f.low for _, f in reversed(ahead))],
                "fill": "toself",
                "fillcolor": "rgba(76,155,214,.18)",
                "line": {"width": 0},
                "hoverinfo": "skip",
            }
        )
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": "按当前进度",
                "x": x,
                "y": [f.value for _, f in ahead],
                "line": {"color": "#4C9BD6", "dash": "dot", "width": 2},
                "hovertemplate": hover,
            }
        )
    if line is not None:
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": "序时进度",
                "x": [day for day, _ in line.points],
                "y": [value for _, value in line.points],
                "line": {"color": "#8A94A0", "dash": "dash", "width": 1.5},
                "hovertemplate": hover,
            }
        )
    traces.append(
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": "现状值",
            "x": list(days),
            "y": list(values),
            "line": {
                "color": theme.ACCENT,
                "width": 2.5,
                "shape": "hv" if unit != "%" else "linear",
            },
            "marker": {"size": 4},
            "hovertemplate": hover,
        }
    )
    last = ahead[-1][0] if ahead else max(days[-1], result.indicator.deadline)
    shapes: list[dict[str, Any]] = [_upright(issued_on), _upright(result.indicator.deadline)]
    labels = [_label(issued_on, "方案印发"), _label(result.indicator.deadline, "期限")]
    if result.target is not None:
        shapes.append(
            {
                "type": "line",
                "xref": "x",
                "x0": days[0],
                "x1": last,
                "y0": result.target,
                "y1": result.target,
                "line": {"color": "#111A24", "width": 1.5},
            }
        )
        labels.append(
            {
                "x": days[0],
                "y": result.target,
                "text": "目标值",
                "showarrow": False,
                "xanchor": "left",
                "yanchor": "bottom",
            }
        )
    return {
        "data": traces,
        "layout": theme.layout(
            shapes=shapes,
            annotations=labels,
            height=330,
            xaxis={"type": "date", "tickformat": "%Y-%m", "hoverformat": "%Y-%m-%d"},
            yaxis=_upward(unit, [*values, result.target]),
            showlegend=True,
            legend={"orientation": "h", "y": 1.12, "x": 0, "yanchor": "bottom"},
        ),
    }


def _upward(unit: str, values: Sequence[float | None]) -> dict[str, Any]:
    """The value axis; a few things are counted in whole ones."""
    axis: dict[str, Any] = {"ticksuffix": "%" if unit == "%" else "", "rangemode": "tozero"}
    if unit != "%" and max((v for v in values if v is not None), default=0.0) <= 6:
        axis["dtick"] = 1
    return axis


def _upright(day: date) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": day,
        "x1": day,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": "#C4CCD4", "width": 1, "dash": "dot"},
    }


def _label(day: date, text: str) -> dict[str, Any]:
    return {
        "x": day,
        "yref": "paper",
        "y": 1,
        "yanchor": "bottom",
        "xanchor": "right",
        "text": text,
        "showarrow": False,
        "font": {"size": 11, "color": theme.SOFT},
    }
