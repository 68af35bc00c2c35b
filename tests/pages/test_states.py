"""What a person sees when there is no good data: a page that says so and what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from data import versions

ENTRY = Path(__file__).resolve().parents[2] / "pages" / "_front.py"


@pytest.fixture
def warehouse(demo_warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A warehouse of one's own, to be damaged."""
    folder = Path(shutil.copytree(demo_warehouse, tmp_path / "data"))
    monkeypatch.setenv("WAREHOUSE_DIR", str(folder))
    return folder


def _file(folder: Path) -> Path:
    return next((folder / "versions").glob("*.duckdb"))


def _stopped() -> str:
    """What the page says instead of its content."""
    app = AppTest.from_file(str(ENTRY), default_timeout=120).run()
    assert not app.exception
    keys = [each.key for each in app.main if each.type == "bidi_component"]
    assert "overview" not in keys
    found = next(each for each in app.main if getattr(each, "key", "") == "stopped")
    markup: str = found.proto.json
    return markup


def _says(markup: str, *words: str) -> None:
    text = markup.encode().decode("unicode_escape")
    for word in words:
        assert word in text


def test_a_damaged_file_says_so_and_what_to_do(warehouse: Path) -> None:
    path = _file(warehouse)
    path.chmod(0o644)
    with path.open("r+b") as stream:
        stream.seek(path.stat().st_size // 2)
        stream.write(b"\0damage\0" * 512)
    _says(_stopped(), "数据文件损坏", "python -m data.load")


def test_an_older_schema_says_so_and_what_to_do(warehouse: Path) -> None:
    draft = versions.draft_path()
    shutil.copy(_file(warehouse), draft)
    draft.chmod(0o644)
    with duckdb.connect(str(draft)) as connection:
        connection.execute("update meta set value = '0' where key = 'schema_version'")
    with pytest.raises(versions.OldSchema):
        versions.seal(draft)
    _says(_stopped(), "结构版本", "python -m data.load")


def test_a_broken_plan_file_names_the_key(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "plan.toml"
    path.write_text('id = "x"\n', encoding="utf-8")
    monkeypatch.setenv("PLAN_FILE", str(path))
    _says(_stopped(), "方案文件", "plan.toml")


def test_a_lost_pointer_falls_back_and_says_so(warehouse: Path) -> None:
    (warehouse / "CURRENT").write_text("nonsense", encoding="utf-8")
    app = AppTest.from_file(str(ENTRY), default_timeout=120).run()
    assert not app.exception
    keys = [str(each.key) for each in app.main if each.type == "bidi_component"]
    assert "overview" in keys
    assert any("指针" in key for key in keys if key.startswith("note"))
