"""会议汇报: what the presenter chooses, the slides small, the downloads, one frozen version."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from data.contract import FIRST_DATE, LAST_DATE
from data.versions import DamagedVersion, NoVersion, OldSchema
from pages.briefing import pack as model
from pages.briefing.pack import DEFAULT, KINDS, Pack, Slide, Wishes
from pages.parts import download, figures
from pages.parts.block import block, clicked, render
from pages.parts.view import View, day_of
from queries.run import open_file

HERE = Path(__file__).parent
FROZEN, COMMENTS = "meeting-frozen", "meeting-comments"
_slides = st.components.v2.component(
    "slides",
    html='<div class="slides"><div class="page"></div>'
    '<dialog aria-label="放映"><div class="stage"></div>'
    '<p class="live" aria-live="polite"></p></dialog></div>',
    css=(HERE / "slides.css").read_text(encoding="utf-8"),
    js=(HERE / "slides.js").read_text(encoding="utf-8"),
)


def frozen(view: View) -> View:
    """The view under the version with which this person began; a newer one is offered, not taken.

    The day stays too, unless the reader has chosen one.
    """
    kept: tuple[Path, date] | None = st.session_state.get(FROZEN)
    if kept is None or kept[0] == view.version.path:
        st.session_state[FROZEN] = (view.version.path, view.as_of)
        return view
    path, day = kept
    try:
        older = open_file(path, view.version.plan)
    except (NoVersion, DamagedVersion, OldSchema, OSError):
        st.session_state[FROZEN] = (view.version.path, view.as_of)
        text = "打开本页时所用的数据版本已被清理或无法读取，现改用当前版本，请重新核对各页数字。"
        block(render("note", text=text), key="newer-gone")
        return view
    with st.container(horizontal=True, vertical_alignment="center", key="newer"):
        block(
            render(
                "note",
                text=f"数据已有新版本（{view.version.name}，数据截至 {view.version.as_of}）。"
                f"本页仍用打开时的版本（{older.name}，数据截至 {day}），各页数字不变。",
            ),
            key="newer-note",
        )
        if st.button("改用新版本", key="newer-take"):
            st.session_state[FROZEN] = (view.version.path, view.as_of)
            st.rerun()
    return replace(
        view, version=older, as_of=day if view.as_of == view.version.as_of else view.as_of
    )


def settings(view: View) -> Wishes:
    """The title and date of the meeting, a comment per slide; what is short is in the address."""
    asked = st.query_params.get("slides", "")
    kinds = model.known_kinds(asked.split(",")) or DEFAULT
    block(
        render(
            "page_head",
            title="会议汇报：一个数据版本，同一组数字用于放映和各种文件",
            subtitle=f"{view.source} · 版本 {view.version.path.stem}",
        ),
        key="meeting-head",
    )
    with st.container(horizontal=True, vertical_alignment="bottom", key="meeting-settings"):
        title = st.text_input(
            "会议名称",
            value=st.query_params.get("title", ""),
            placeholder=model.usual_title(view),
            max_chars=80,
            width=420,
        )
        day = st.date_input(
            "会议日期",
            value=day_of(st.query_params.get("on", "")),
            min_value=FIRST_DATE,
            max_value=LAST_DATE,
            format="YYYY-MM-DD",
            width=160,
        )
    _remember("title", title.strip())
    _remember("on", day.isoformat() if day else "")
    with st.expander("每页批注", key="meeting-comments-box"):
        comments = {
            kind: st.text_input(
                KINDS[kind],
                value=st.session_state.get(COMMENTS, {}).get(kind, ""),
                max_chars=120,
                key=f"comment-{kind}",
            ).strip()
            for kind in kinds
        }
    st.session_state[COMMENTS] = st.session_state.get(COMMENTS, {}) | comments
    return Wishes(kinds, title.strip(), day, {k: v for k, v in comments.items() if v})


def _remember(name: str, value: str) -> None:
    """Keep a setting in the address, so that a link shows the same."""
    if value and st.query_params.get(name) != value:
        st.query_params[name] = value
    elif not value and name in st.query_params:
        del st.query_params[name]


@figures.kept(60)
def _slide(view: View, kind: str) -> Slide:
    return _known(view, kind)


def _known(view: View, kind: str) -> Slide:
    from pages.briefing import slides

    return slides.slide(_looked_at(view), kind)


@figures.kept(4)
def _looked_at(view: View) -> Any:
    from pages.briefing.slides import Known

    return Known(view)


def pack(view: View, wishes: Wishes) -> Pack:
    """The pack; each slide is computed once per version, day and filters."""
    from pages.briefing.slides import assemble

    return assemble(view, wishes, [_slide(view, kind) for kind in wishes.kinds])


def slides(view: View, wishes: Wishes) -> str | None:
    """The thumbnails and the presentation; returns what was clicked."""
    from pages.briefing.screen import markup

    made = pack(view, wishes)
    kinds = wishes.kinds
    shown = [
        {
            "html": markup(made, index),
            "title": each.title,
            "name": each.name,
            "earlier": _order(_moved(kinds, index, -1)),
            "later": _order(_moved(kinds, index, 1)),
            "without": _order(tuple(k for k in kinds if k != each.kind)),
        }
        for index, each in enumerate(made.slides)
    ]
    html = render(
        "meeting",
        slides=shown,
        stamp=f"数据截至 {made.as_of}，版本 {made.version}",
        absent=[
            {"name": name, "go": _order((*kinds, kind))}
            for kind, name in KINDS.items()
            if kind not in kinds
        ],
        changed=kinds != DEFAULT,
    )
    return clicked(_slides(data={"html": html}, key="slides", on_go_change=lambda: None).go)


def _moved(kinds: tuple[str, ...], index: int, by: int) -> tuple[str, ...]:
    order = list(kinds)
    to = min(max(index + by, 0), len(order) - 1)
    order.insert(to, order.pop(index))
    return tuple(order)


def _order(kinds: tuple[str, ...]) -> str:
    """A click that shows these slides; the usual ones need no address."""
    return "?" + urlencode({"slides": "" if kinds == DEFAULT else ",".join(kinds)}, safe=",")


def _broken_template() -> str:
    """Why the city's template cannot be used; empty when it can, or when there is none."""
    path = model.template_path()
    if path is None or zipfile.is_zipfile(path):
        return ""
    return f"演示文稿模板 {path} 无法读取，应为 .pptx 文件；请检查环境变量 {model.TEMPLATE}。"


def downloads(view: View, wishes: Wishes) -> None:
    """The three files, each made when it is asked for, from the same pack as the screen."""

    broken = _broken_template()
    if broken:
        block(render("note", text=broken), key="template-note")

    def made(form: str) -> Callable[[], bytes]:
        def make() -> bytes:
            from pages.briefing.files import WRITERS

            return WRITERS[form](view, pack(view, wishes))

        return make

    title = wishes.title or model.usual_title(view)
    with st.container(horizontal=True, key="meeting-files"):
        for form, label in (
            ("pptx", "演示文稿（.pptx）"),
            ("docx", "汇报材料（.docx）"),
            ("xlsx", "数据与明细（.xlsx）"),
        ):
            download.button(
                view,
                label,
                made(form),
                download.name(view, title[:60], form),
                key=f"download-{form}",
                kind="secondary",
                disabled=form == "pptx" and bool(broken),
            )
