"""会议汇报: the address chooses the slides, and a newer version waits until asked."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.load import load_workbook
from pages.briefing.pack import DEFAULT, KINDS
from pages.parts.meeting import FROZEN, _moved
from tests.pages.conftest import ENTRY, ROOT, Shown

Show = Callable[..., object]


def markup(shown: object) -> str:
    for element in shown.app.main:  # type: ignore[attr-defined]
        if element.type == "bidi_component" and getattr(element, "key", None) == "slides":
            found: str = json.loads(element.proto.json)["html"]
            return found
    raise AssertionError("no slides")


def kinds(shown: object) -> list[str]:
    return [part.partition('"')[0] for part in markup(shown).split('data-kind="')[1:]]


def test_all_slides_in_their_usual_order(show: Show) -> None:
    shown = show("meeting.py")
    assert kinds(shown) == list(DEFAULT)
    assert markup(shown).count("演示数据</b>") == len(DEFAULT)


def test_the_address_chooses_and_orders(show: Show) -> None:
    shown = show("meeting.py", slides="map,verdict,nope,map", title="第九次会议", on="2025-10-08")
    assert kinds(shown) == ["map", "verdict"]
    found = markup(shown)
    for kind, name in KINDS.items():
        assert (f"＋ {name}" in found) == (kind not in ("map", "verdict"))
    assert "slides=verdict,map" in found
    assert shown.app.text_input[0].value == "第九次会议"  # type: ignore[attr-defined]


def test_a_comment_stands_on_its_slide(show: Show) -> None:
    shown = show("meeting.py", slides="map,verdict")
    app = shown.app  # type: ignore[attr-defined]
    app.text_input(key="comment-map").set_value("请各区县 <b>对照</b>").run()
    assert not app.exception
    parts = markup(shown).split('data-kind="')
    assert "批注：请各区县 &lt;b&gt;对照&lt;/b&gt;" in parts[1]
    assert "批注" not in parts[2]


def test_moving_keeps_every_slide() -> None:
    assert _moved(("a", "b", "c"), 0, 1) == ("b", "a", "c")
    assert _moved(("a", "b", "c"), 0, -1) == ("a", "b", "c")
    assert _moved(("a", "b", "c"), 2, 1) == ("a", "b", "c")


def test_a_newer_version_changes_nothing_until_asked(
    show: Show, demo_warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = Path(shutil.copytree(demo_warehouse, tmp_path / "warehouse"))
    old = next((warehouse / "versions").glob("*.duckdb"))
    monkeypatch.setenv("WAREHOUSE_DIR", str(warehouse))
    app = AppTest.from_file(str(ENTRY), default_timeout=120)
    app.switch_page("meeting.py")
    app.query_params["slides"] = "verdict"
    app.run()
    before = markup(Shown(app))
    assert old.stem in before
    new = load_workbook(ROOT / "tests" / "fixtures" / "public-2025").version.path
    assert new.parent == old.parent
    app.run()
    assert not app.exception
    assert markup(Shown(app)) == before
    app.button(key="updated-take").click().run()
    assert not app.exception
    assert markup(Shown(app)) == before
    assert "数据已有新版本" in Shown(app).text("newer-note")
    app.button(key="newer-take").click().run()
    assert not app.exception
    assert app.session_state[FROZEN][0].stem == new.stem
    assert new.stem in markup(Shown(app))
