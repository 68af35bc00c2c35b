"""Data whose every text is hostile, on every page: shown as text, and text in every file taken."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from data import difference, export, versions
from data.load import load_workbook
from pages.briefing.duties import packed
from pages.parts import accountability, download
from pages.parts.menu import FILES
from pages.parts.verbatim import verbatim
from pages.parts.view import View
from queries.evaluate import Scope
from queries.run import open_current
from tests.data.hostile_book import HOST, MARK, TEXTS
from tests.pages.conftest import Shown

# As an id each has lost its spaces.
IDS = tuple("".join(text.split()) for text in TEXTS)
# What would be seen to have been read as something else than text.
TELLING = {*TEXTS, *IDS} - {"-1+1", "W" * 180, "长" * 300}
ID = IDS[1]

SCREENS: list[tuple[str, dict[str, str]]] = [
    ("overview.py", {}),
    ("indicator.py", {"id": "points_emerging"}),
    ("indicator.py", {"id": "points_emerging", "institution": ID}),
    ("indicator.py", {"id": "points_emerging", "area": "中原区"}),
    ("structure.py", {"industry": "先进制造"}),
    ("system.py", {}),
    ("system.py", {"show": "failed", "kind": "中本3+4"}),
    ("mechanisms.py", {}),
    ("map.py", {}),
    ("map.py", {"area": "中原区", "dots": "students"}),
    ("alignment.py", {}),
    ("alignment.py", {"view": "supply"}),
    ("alignment.py", {"view": "supply", "of": "specialty", "item": "710201"}),
    ("alignment.py", {"view": "precheck", "institution": ID, "code": "710202"}),
    ("cooperation.py", {}),
    ("cooperation.py", {"school": ID}),
    ("cooperation.py", {"enterprise": ID}),
    ("warning.py", {"show": "heat"}),
    ("warning.py", {"show": "list", "grade": "all"}),
    ("warning.py", {"show": "list", "point": ID, "search": TEXTS[0]}),
    ("warning.py", {"show": "changes"}),
    ("warning.py", {"show": "effects"}),
    ("warning.py", {"show": "evaluations"}),
    ("warning.py", {"show": "enrolment"}),
    ("institution.py", {}),
    ("institution.py", {"id": ID}),
    ("institution.py", {"id": ID, "with": IDS[2]}),
    ("what_if.py", {}),
    ("what_if.py", {"part": "solve"}),
    ("what_if.py", {"part": "risk", "risk": "1"}),
    ("what_if.py", {"part": "saved"}),
    ("projects.py", {}),
    ("accountability.py", {}),
    ("accountability.py", {"who": TEXTS[1], "task": "4.3.2"}),
    ("accountability.py", {"department": TEXTS[1]}),
    ("meeting.py", {"title": TEXTS[7]}),
    ("desk.py", {}),
    ("desk.py", {"view": "versions"}),
    ("desk.py", {"view": "log"}),
    ("definitions.py", {}),
]
# Widgets that show these as they stand.
PLAIN = {
    ("selectbox", "options"),
    ("selectbox", "raw_value"),
    ("multiselect", "options"),
    ("multiselect", "raw_values"),
    ("text_input", "default"),
    ("text_input", "value"),
}
_files_seen: set[str] = set()


class Markup(HTMLParser):
    """What a block's markup says, and what in it is none of the page's own."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.strange: list[Any] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = tag not in {"script", "iframe", "object", "embed", "form", "base", "meta", "link"}
        for name, value in attrs:
            address = value or ""
            if name in {"href", "src", "action", "xlink:href"}:
                own &= address.startswith(("./", "?", "#", "data:image/"))
            own &= MARK not in name and not name.startswith("on")
        if not own:
            self.strange.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def strings(message: Any) -> Iterator[tuple[str, str]]:
    """(field, text) of every text in a message of Streamlit's."""
    for field, value in message.ListFields():
        several = hasattr(value, "__len__") and not isinstance(value, str | bytes)
        for each in value if several else [value]:
            if isinstance(each, str):
                yield field.name, each
            elif hasattr(each, "ListFields"):
                yield from strings(each)


def looked_through(shown: Shown) -> str:
    """Everything a reader sees as text; fails on what is not text."""
    words: list[str] = []
    for root in (shown.app.main, shown.app.sidebar):
        for element in root:
            proto = getattr(element, "proto", None)
            if proto is None:
                continue
            if element.type == "bidi_component":
                words += _blocks(json.loads(proto.json))
                continue
            for field, text in strings(proto):
                if (element.type, field) in PLAIN:
                    words.append(text)
                elif element.type == "plotly_chart" and field == "spec":
                    loose = [
                        each
                        for each in _labels(json.loads(text))
                        if re.search(r"<(?!/?(b|extra)>|br>)", each)
                    ]
                    assert not loose
                    words.append(text)
                elif field != "id":
                    assert not any(each in text for each in TELLING), (element.type, field, text)
    return "".join(words)


def _blocks(data: dict[str, Any]) -> list[str]:
    found = Markup()
    for name in ("html", "tools", "shared", "single"):
        found.feed(data.get(name) or "")
    assert not found.strange, found.strange[:3]
    return found.words


def _labels(value: Any, name: str = "") -> Iterator[str]:
    """The texts that plotly reads its own markup in."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _labels(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from _labels(each, name)
    elif isinstance(value, str) and name in {"text", "name", "hovertemplate", "hovertext"}:
        yield value


@pytest.fixture
def look(
    hostile_warehouse: Path, show: Callable[..., Shown], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Shown]:
    monkeypatch.setenv("WAREHOUSE_DIR", str(hostile_warehouse))
    return show


@pytest.mark.parametrize(
    ("page", "address"), SCREENS, ids=[f"{p} {' '.join(a)}" for p, a in SCREENS]
)
def test_text_is_text_on_the_page_and_in_its_files(
    page: str,
    address: dict[str, str],
    look: Callable[..., Shown],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: dict[str, Callable[[], bytes]] = {}

    def button(_view: Any, label: str, make: Callable[[], bytes], file: str, **_: Any) -> None:
        assert not any(each in label for each in TELLING)
        made[file] = make

    monkeypatch.setattr(download, "button", button)
    shown = look(page, **address)
    assert any(each in looked_through(shown) for each in TELLING)
    for file, make in made.items():
        # A hundred letters are as one: see below.
        if file not in _files_seen and not file.endswith(".zip"):
            _files_seen.add(file)
            check_file(file, make())


def test_every_page_of_the_menu_is_looked_at() -> None:
    assert {page for page, _ in SCREENS} == set(FILES.values())


# ---------------------------------------------------------------- files


def check_file(name: str, content: bytes) -> None:
    """Nothing in the file leads out of it or is worked out; its markup is whole."""
    suffix = name.rpartition(".")[2]
    if suffix in {"json", "geojson"}:
        json.loads(content)
    elif suffix in {"xlsx", "docx", "pptx", "zip"}:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for part in archive.namelist():
                _check_part(f"{name}/{part}", archive.read(part))


def _check_part(name: str, content: bytes) -> None:
    if name.endswith((".xlsx", ".docx", ".pptx")):
        check_file(name, content)
    if not name.endswith((".xml", ".rels")):
        return
    ElementTree.fromstring(content)
    assert b'TargetMode="External"' not in content, name
    if "/worksheets/" in name:
        assert not re.search(rb"<f[ >]", content), name


@pytest.mark.parametrize("kind", ["院校提醒函", "目标责任表"])
def test_letters_hold_text_and_lie_under_safe_names(
    kind: str, hostile_warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_DIR", str(hostile_warehouse))
    version = open_current()
    view = View(version, version.as_of, Scope())
    ((name, content),) = accountability.letters(view, kind, TEXTS[2])
    assert TEXTS[2] in name
    check_file("letter.docx", content)
    names = zipfile.ZipFile(io.BytesIO(packed([(each, b"") for each in TEXTS]))).namelist()
    assert len(names) == len(TEXTS)
    assert not [each for each in names if re.search(r"[/\\:*?<>|]", each) or len(each) > 100]


def test_what_is_exported_loads_again_as_the_same(
    hostile_warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_DIR", str(hostile_warehouse))
    first = versions.current().path
    export.write(first, tmp_path / "book.xlsx")
    load_workbook(tmp_path / "book.xlsx", tmp_path / "again.duckdb")
    assert [
        each.sheet.title for each in difference.compare(first, tmp_path / "again.duckdb") if each
    ] == []


@pytest.mark.parametrize("text", [*TEXTS, f"见 www.{HOST} 或 a@{HOST}", "1. 甲\n\n    乙"])
def test_verbatim_leaves_no_sign_to_markdown(text: str) -> None:
    found = verbatim(text)
    assert "\n" not in found
    bare = re.sub(r"\\(.)", r"\1", found).replace("\u2060", "")
    assert bare == " ".join(text.split())
    assert not re.search(r"(?<!\\)[\\`*_\[\]<$:!&](?!.)", re.sub(r"\\.", "", found))
