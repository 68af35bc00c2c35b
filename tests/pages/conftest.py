"""Pages run without a browser: the entry script as a visitor's session would run it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from data.load import load_workbook
from pages.parts.menu import FILES
from tests.data.small_book import valid, write_xlsx

ROOT = Path(__file__).resolve().parents[2]
ENTRY = ROOT / "pages" / "_front.py"
ADDRESSES = {file: address for address, file in FILES.items()}


class _Text(HTMLParser):
    """What a reader sees of markup, and where its places lead."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.goes: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        self.goes += [value or "" for name, value in attrs if name == "data-go"]

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append(data.strip())


class Shown:
    """A page after its run."""

    def __init__(self, app: AppTest) -> None:
        self.app = app

    def html(self, key: str) -> str:
        """The markup of the block with that key."""
        for element in self.app.main:
            if element.type == "bidi_component" and getattr(element, "key", None) == key:
                markup: str = json.loads(element.proto.json)["html"]
                return markup
        raise AssertionError(f"no block {key}")

    def blocks(self) -> list[str]:
        """The keys of the blocks on the page."""
        return [str(e.key) for e in self.app.main if e.type == "bidi_component"]

    def text(self, key: str) -> str:
        """What a reader sees of the block, words joined by single spaces."""
        return " ".join(self._parsed(key).words)

    def goes(self, key: str) -> list[str]:
        """Where the block's clickable places lead."""
        return self._parsed(key).goes

    def _parsed(self, key: str) -> _Text:
        parser = _Text()
        parser.feed(self.html(key))
        return parser


@pytest.fixture
def show(demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Shown]:
    """``show("indicator.py", id="…")``: a page with its address, after its first run."""
    monkeypatch.setenv("WAREHOUSE_DIR", str(demo_warehouse))

    def run(page: str = "overview.py", /, **address: str | list[str]) -> Shown:
        app = AppTest.from_file(str(ENTRY), default_timeout=120)
        for name, value in address.items():
            app.query_params[name] = value
        if page != "overview.py":
            app.switch_page(page)
            # Before the first run AppTest takes a page's address for its file's name.
            app._page_hash = calc_hash(ADDRESSES[page])
            for name, value in address.items():
                app.query_params[name] = value
        app.run()
        assert not app.exception, [each.value for each in app.exception]
        return Shown(app)

    return run


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the small book and a warehouse that it is the one version of; to be copied."""
    folder = tmp_path_factory.mktemp("small")
    book = write_xlsx(valid(), folder / "一.xlsx")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_DIR", str(folder / "data"))
        load_workbook(book)
    return folder


@pytest.fixture
def own(small: Path, tmp_path: Path, show: object, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A warehouse of the test's own, with the small book as its one version."""
    del show
    shutil.copytree(small, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("WAREHOUSE_DIR", str(tmp_path / "data"))
    return tmp_path
