"""The one plotly template, registered once; no chart sets fonts, margins or colours of its own."""

from __future__ import annotations

from typing import Any

ACCENT = "#1F4E8C"
INK, SOFT, LINE = "#1B2733", "#5A6673", "#E3E8EE"
FONTS = '"Microsoft YaHei", "PingFang SC", "Noto Sans CJK SC", "Source Han Sans SC", sans-serif'
SEQUENCE = ("#E4EDF7", "#BCD3EA", "#8DB4DA", "#5A90C5", "#2F6BAA", "#1F4E8C")
CONFIG: dict[str, Any] = {"displayModeBar": False, "locale": "zh-CN", "responsive": True}


def layout(**more: Any) -> dict[str, Any]:
    """A figure's layout in the app's template, as plain data: cheaper than plotly's objects."""
    axis = {
        "gridcolor": LINE,
        "linecolor": LINE,
        "zeroline": False,
        "tickfont": {"size": 12, "color": SOFT},
        "automargin": True,
    }
    template = {
        "layout": {
            "font": {"family": FONTS, "size": 13, "color": INK},
            "paper_bgcolor": "#fff",
            "plot_bgcolor": "#fff",
            "margin": {"l": 8, "r": 8, "t": 12, "b": 8},
            "colorway": [ACCENT, "#4C9BD6", "#1B7F5C", "#E0A100", "#7A6BB0", "#8A94A0"],
            "hoverlabel": {"font": {"family": FONTS, "size": 13}},
            "hovermode": "x unified",
            "separators": ".,",
            "showlegend": False,
            "xaxis": axis,
            "yaxis": {**axis, "rangemode": "tozero", "tickformat": ",~f"},
        }
    }
    return {"template": template, "dragmode": False, **more}
