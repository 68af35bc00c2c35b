"""A workbook that can be loaded, every text of it hostile to something that it passes through.

Each text of ``TEXTS`` stands once in every column of free text, ids among them: an institution, a
point, a group, an enterprise and so on for each. What markup in them would make carries the mark
``pwned``, so that a reader of the page finds it wherever it got loose.
"""
# ruff: noqa: RUF005 -- a long row is broken in two rather than into seventeen lines

from __future__ import annotations

from datetime import date
from typing import Any

from data.contract import SHEETS
from tests.data.small_book import Rows, SmallBook, valid

MARK = "pwned"
HOST = "evil.example"
TEXTS = (
    # Without spaces, which an id loses.
    "<script/data-pwned>window.pwned=1</script>",
    "<img/data-pwned/src=x/onerror=window.pwned=1>",
    '"><svg/data-pwned/onload="window.pwned=1">',
    "'data-pwned='1'onmouseover='window.pwned=1",
    '"data-pwned="1"onfocus="window.pwned=1"autofocus="',
    "</textarea></style></template><b/data-pwned>甲</b>",
    f'<a/data-pwned/href="https://{HOST}/">甲</a>',
    f"**粗** [链](javascript:window.pwned=1) ![图](https://{HOST}/x.png) `码` ~~删~~",
    "$\\frac{1}{2}$ $$x^2$$ :material/delete: :red[红] :small[小] :streamlit:",
    "{{7*7}}{% raw %}${7*7}#{7*7}%{customdata}%s%(x)s{0}",
    f'=HYPERLINK("https://{HOST}/","点")',
    "+cmd|' /C calc'!A0",
    "-1+1",
    "@SUM(1)",
    f"https://{HOST}/?a=1&b=2#c",
    "&lt;b/data-pwned&gt;&amp;&#60;",
    "'; drop table institutions; --",
    "../../..\\con:*?|<>",
    "עברית العربية 👩‍👩‍👧 𠮷 ﷽",
    "W" * 180,
    "长" * 300,
)


_YEARS = (2022, 2023, 2024, 2025)
_D = date.fromisoformat


def hostile() -> SmallBook:
    """The small book with a row more of everything for each text."""
    book = valid()
    for number, text in enumerate(TEXTS):
        for title, cells in _rows(text, number).items():
            book[title] += cells
    book["说明"][1][1] = TEXTS[0]
    book["说明"] += [["填报单位", TEXTS[1]], ["联系人", TEXTS[7]], ["备注", TEXTS[10]]]
    book["说明"] += [[text, text] for text in TEXTS]
    return book


def _rows(text: str, number: int) -> dict[str, Rows]:
    """The rows of one text, each a whole line of its sheet."""
    secondary = number % 2 == 0
    level = "中职" if secondary else "高职"
    code = "710201" if secondary else "510201"
    group_title = "省级优质中职专业群" if secondary else "国家双高专业群"
    place = 34.70 + number / 500
    # The earliest and the latest days there are, in one row of three.
    own, end = ("1001-01-02", "9999-12-31") if number % 3 == 2 else (_D("2020-09-01"), None)
    rows: dict[str, list[list[Any]]] = {
        "院校": [
            [text, text, level, "市属", "公办", "普通", "中原区", 113.5, place]
            + [own, None, end, text],
            # A technician institution, whose specialties may be called anything.
            [f"{text}T", f"{text}T", "中职", "市属", "公办", "技工学校", None, None, None]
            + [None, None, None, text],
        ],
        "专业点": [
            [text, text, code, None, level, "新兴", own, end, "是", None, text, text]
            + [own, None, None, None, end],
            [f"{text}T", f"{text}T", f"{text}T", f"{text}T", "中职", None, None, None, None]
            + ["先进制造", text, text, own, None, None, None, None],
        ],
        "专业群": [[text, text, text, "是", own, end]],
        "专业群成员": [[text, text]],
        "认定": [
            ["专业点", text, "省级示范性专业点", own, end, end, text, text],
            ["专业群", text, group_title, own, None, end, text, text],
        ],
        "年度数据": [
            [text, year, 60, 20 + number, 30, 25 + number, 100, 50, 20 + number, 5, 10, 60.0]
            for year in _YEARS
        ],
        "办学条件": [[text, 2024, 1500, 60000, 40000, 90, 60, 800, 50000, "未达标", text]],
        "主导产业": [[text, "先进制造", own, end]],
        "人才需求": [[2025, "先进制造", code, 300 + number, text, "否"]],
        "企业": [[text, text, "先进制造", "中原区", "大型", 113.5, place]],
        "校企合作": [[text, text, text, own, end]],
        "合作载体": [[text, "产业学院", text, "市级", text, text, "先进制造", "中原区", own, end]],
        "贯通培养": [[text, "中本3+4", text, "710201", text, None, own, end]],
        "专业评估": [[text, 2024, "不合格", 40]],
        "省级清单": [["急需紧缺", 2000 + number, level, code]],
        "项目库": [
            [text, text, text, "新兴专业点", 1, "省级", "在建", 100, 50, 80]
            + [end or _D("2025-12-01"), None]
        ],
        "任务进展": [["产业学院", date(2024, 7, 1 + number), "推进中", 3, text, text, text]],
        "目标分解": [["points_emerging", _D("2025-12-31"), "院校", text, 5]],
        "批准调整": [
            ["points_future", 50, date(2025, 1, 2 + number), _D("2025-12-31"), text, text]
        ],
        "督导整改": [
            [text, _D("2024-03-01"), "新兴专业点", text, text, text]
            + [end or _D("2024-06-01"), None]
        ],
        "联席会议": [[text, _D("2024-03-01"), text, text, text, end or _D("2024-05-01"), end]],
    }
    return rows


def text_columns() -> dict[str, list[str]]:
    """Sheet title → headers of its columns of free text, which the tests expect to be filled."""
    return {
        sheet.title: [
            each.header for each in sheet.columns if each.kind == "text" and not each.refers
        ]
        for sheet in SHEETS
    }
