"""The first start: no data yet, so the demonstration year-book is made and loaded, in the open.

One build at a time in the whole server: every visitor watches the same one.
"""

from __future__ import annotations

import logging
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from pages.parts.block import block, render

# Who loads it, as the version and the log name them.
FIRST_START = "系统（首次启动）"


@dataclass
class _Build:
    """The state of the one build; written by its thread, read by every visitor."""

    share: float = 0.0
    step: str = "准备"
    error: str = ""
    thread: threading.Thread | None = field(default=None, repr=False)

    def note(self, share: float, step: str) -> None:
        self.share, self.step = share, step

    def work(self) -> None:
        from data import notes
        from data.demo import write
        from data.load import entry, load_workbook

        try:
            self.note(0.02, "正在生成演示数据")
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "演示数据.xlsx"
                write(path)
                made = load_workbook(
                    path,
                    progress=lambda share, step: self.note(0.4 + share * 0.6, step),
                    who=FIRST_START,
                )
            try:
                notes.record("import", FIRST_START, made.version.id, entry(made, None))
            except notes.Unavailable as error:
                logging.getLogger("app").warning("未能记入日志：%s", error)
        except Exception as error:  # shown to the visitor: a thread has nobody else to tell
            self.error = f"{type(error).__name__}：{error}"


_lock = threading.Lock()


@st.cache_resource(show_spinner=False)
def _only() -> _Build:
    return _Build()


def _running() -> _Build:
    """The build, started if it is not running."""
    build = _only()
    with _lock:
        if build.thread is None:
            build.thread = threading.Thread(target=build.work, daemon=True)
            build.thread.start()
    return build


def build() -> None:
    """Show the build's progress until the data is there, then run the page again."""
    _running()
    block(
        render(
            "empty",
            title="首次启动：正在准备演示数据",
            text="还没有数据版本。系统正在生成并校验一套演示数据，约需半分钟；完成后自动进入。",
        ),
        key="first",
    )
    _watch()


@st.fragment(run_every=0.5)
def _watch() -> None:
    state = _only()
    if state.error:
        block(
            render(
                "empty",
                title="演示数据未能建立",
                text=f"{state.error}。请重新启动，或用 python -m data.load 载入工作簿。",
            ),
            key="failed",
        )
        return
    st.progress(min(max(state.share, 0.0), 1.0), text=state.step)
    if state.thread is not None and not state.thread.is_alive():
        state.thread = None
        st.rerun(scope="app")
