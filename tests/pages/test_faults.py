"""The folder fails under a running app: pages say so, fall back, or say nothing was saved."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from data import notes, trial, versions
from data.load import load_workbook
from data.trial import Outcome
from pages.parts import desk
from tests.data.small_book import spoilt, valid, write_xlsx
from tests.pages.conftest import Shown

DATA = "desk.py"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a warehouse of two versions."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(versions.WAREHOUSE_DIR, str(folder / "data"))
        load_workbook(write_xlsx(valid(), folder / "first.xlsx"))
        second = write_xlsx(spoilt(valid(), {"院校!B2": "新学院"}), folder / "second.xlsx")
        load_workbook(second)
    return folder


@pytest.fixture
def two(made: Path, tmp_path: Path, show: object, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A warehouse with two versions, and their ids; an upload is the first of them again."""
    del show
    monkeypatch.setenv(
        versions.WAREHOUSE_DIR, str(shutil.copytree(made / "data", tmp_path / "data"))
    )
    monkeypatch.setattr(notes, "LONGEST_WAIT_SECONDS", 0.0)
    first = versions.files()[-1].name

    def tried(_: Path, folder: Path, *__: object, **___: object) -> Outcome:
        shutil.copyfile(made / "data" / versions.FOLDER / first, folder / trial.DATABASE)
        return Outcome(rows={"院校": 1})

    monkeypatch.setattr(trial, "try_out", tried)
    return [path.stem for path in versions.files()][::-1]


def file_of(version: str) -> Path:
    return versions.warehouse_dir() / versions.FOLDER / f"{version}.duckdb"


def again(shown: Shown) -> Shown:
    shown.app.run()
    assert not shown.app.exception
    return shown


def noted(shown: Shown) -> str:
    return " ".join(shown.text(key) for key in shown.blocks() if key.startswith("note-"))


def cut(path: Path) -> None:
    path.chmod(0o644)
    with path.open("r+b") as stream:
        stream.truncate(5_000)


def spoil(path: Path) -> None:
    path.chmod(0o644)
    with path.open("r+b") as stream:
        stream.seek(20_000)
        stream.write(b"\xff" * 5_000)


@pytest.mark.parametrize(
    ("damage", "said"), [(cut, "已损坏"), (spoil, "已损坏"), (Path.unlink, "丢失")]
)
def test_the_version_in_use_is_damaged_under_a_reader(
    damage: Callable[[Path], None], said: str, two: list[str], show: Callable[..., Shown]
) -> None:
    shown = show("institution.py")
    damage(file_of(two[1]))
    notice = noted(again(shown))
    assert f"当前版本 {two[1]} 的文件{said}" in notice
    assert f"现改用最近一个完好的版本 {two[0]}" in notice
    assert shown.app.session_state["view"].version.path.stem == two[0]
    for page in (DATA, "overview.py"):
        assert f"改用最近一个完好的版本 {two[0]}" in noted(show(page))
    if damage is cut:
        for view in desk.VIEWS:
            show(DATA, view=view)
        assert "已损坏" in show(DATA, view="versions").text("desk-versions")
    cut(file_of(two[0]))
    assert "数据文件损坏" in again(shown).text("stopped")
    assert "python -m data.load" in shown.text("stopped")


def test_the_pointer_is_damaged_under_a_reader(two: list[str], show: Callable[..., Shown]) -> None:
    shown = show("definitions.py")
    pointer = versions.warehouse_dir() / versions.POINTER
    for left in (b"", b"\xff\x00", b"no-such-version\n", None):
        pointer.unlink()
        if left is not None:
            pointer.write_bytes(left)
        assert "指针丢失或损坏" in noted(again(shown))
        assert f"版本 {two[1]}" in noted(shown)
        versions.use(two[1])
        assert "指针" not in noted(again(shown))


def test_pages_are_read_while_the_notes_are_locked(
    two: list[str], show: Callable[..., Shown]
) -> None:
    """What needs them says so; nothing is said to be saved."""
    notes.record("test", "张三")
    with closing(sqlite3.connect(notes.path(), isolation_level=None)) as other:
        other.execute("begin exclusive")
        for page in ("overview.py", "accountability.py", "meeting.py"):
            show(page)
        for view in desk.VIEWS:
            show(DATA, view=view)
        assert "暂时无法读取" in show("what_if.py", part="saved").text("what-if-saved")
        log = show(DATA, view="log").text("desk-no-log")
        assert "日志暂时无法读取" in log
        assert "另一个程序正在使用" in log

        shown = show("what_if.py")
        shown.app.text_input(key="what-if-keep-name").set_value("情景一")
        next(each for each in shown.app.button if each.label == "保存").click().run()
        assert not shown.app.exception
        (said,) = [each.value for each in shown.app.error]
        assert "没有保存" in said

        shown = confirm(show(DATA), two)
        (done,) = [each.value for each in shown.app.success]
        assert "已载入为版本" in done
        assert "但未能记入日志" in done
        other.execute("rollback")
    assert notes.log_count() == 1
    assert len(versions.files()) == 3


def confirm(shown: Shown, two: list[str]) -> Shown:
    """Upload the book and confirm it."""
    shown.app.file_uploader[0].upload("book.xlsx", b"book", "application/zip").run()
    assert not shown.app.exception
    assert two[1] in shown.text("desk-preview")
    shown.app.button(key="desk-confirm").click().run()
    assert not shown.app.exception
    return shown


@pytest.fixture
def closed(two: list[str], tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Makes the warehouse's disk read-only, also for root; the books stay beside it."""
    place = tmp_path / "data"
    kept = Path(shutil.move(place, tmp_path / "kept"))
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "tmpfs", str(place)]
    made = subprocess.run(mount, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"a read-only disk needs root and mount: {made.stderr.strip()}")
    try:
        shutil.copytree(kept, place, dirs_exist_ok=True)
        assert two

        def close() -> None:
            subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)

        yield close
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False, capture_output=True)


@pytest.mark.skipif(sys.platform != "linux", reason="mount")
def test_the_folder_becomes_read_only_under_a_clerk(
    closed: Callable[[], None], two: list[str], show: Callable[..., Shown]
) -> None:
    shown = show(DATA)
    notes.record("test", "张三")
    closed()
    confirm(shown, two)
    assert "无法写入数据仓库（磁盘已满或没有权限）" in shown.text("desk-unwritten")
    assert not shown.app.success

    shown = show(DATA, view="versions")
    shown.app.checkbox(key=f"desk-sure-{two[1]}").check().run()
    shown.app.button(key="desk-use").click().run()
    assert not shown.app.exception
    assert "无法写入数据仓库" in shown.text("desk-not-switched")

    shown = show("what_if.py")
    shown.app.text_input(key="what-if-keep-name").set_value("情景一")
    next(each for each in shown.app.button if each.label == "保存").click().run()
    (said,) = [each.value for each in shown.app.error]
    assert "没有保存" in said
    assert "只读" in said

    assert "符合条件的 1 条" in show(DATA, view="log").text("desk-log")
    assert versions.current().id == two[1]
    assert len(versions.files()) == 2
