"""Pins, and pruning that never removes what is needed, whatever happens in the middle of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import notes, retention, rounds, versions
from data.load import load_workbook
from data.versions import Busy, NoVersion
from tests.data.small_book import minimal, write_folder
from tests.data.test_kill import kill_where_it_stops
from tests.data.test_notes import draft
from tests.data.test_versions import spoil

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with four versions, the newest in use."""
    folder = tmp_path_factory.mktemp("made")
    book = write_folder(minimal(), folder / "book")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(versions.WAREHOUSE_DIR, str(folder / "warehouse"))
        first = load_workbook(book).version.path
        for _ in range(3):
            versions.seal(Path(shutil.copyfile(first, versions.draft_path())))
    return folder / "warehouse"


@pytest.fixture
def four(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A copy of it; the ids, newest first."""
    monkeypatch.setenv(versions.WAREHOUSE_DIR, str(shutil.copytree(made, tmp_path / "warehouse")))
    return left()


def left() -> list[str]:
    """The ids that are there, newest first."""
    return [path.stem for path in versions.files()]


# ---------------------------------------------------------------- what stays


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_there_is_what_is_needed_stays(data: st.DataObject) -> None:
    """Any versions, pins, version in use (whole or damaged) and n."""
    days = st.integers(1, 28).map(lambda day: f"202601{day:02d}T000000000Z-{day:012x}")
    ids = sorted(data.draw(st.sets(days, min_size=1, max_size=8)), reverse=True)
    pinned = data.draw(st.sets(st.sampled_from(ids)))
    current = data.draw(st.sampled_from(ids))
    keep = data.draw(st.integers(0, 5))
    broken = data.draw(st.booleans()) and len(ids) > 1
    with pytest.MonkeyPatch.context() as patch, _folder() as warehouse:
        patch.setenv(versions.WAREHOUSE_DIR, str(warehouse))
        (warehouse / "versions").mkdir()
        for each in ids:
            (warehouse / "versions" / f"{each}.duckdb").write_bytes(b"x")
        versions.point_at(current)
        for each in sorted(pinned):
            notes.pin_version(each, "张三", pinned=True)

        def check(path: Path) -> dict[str, str]:
            if not path.exists():
                raise NoVersion(path.name)
            if broken and path.stem == current:
                raise versions.DamagedVersion(path.name)
            return {}

        patch.setattr(versions, "check", check)
        standing_in = versions.current().id
        needed = pinned | {current, standing_in}
        shown = retention.preview(keep)
        assert left() == ids
        done = retention.prune(keep, "李四")
        after = left()
        assert needed <= set(after)
        others = [each for each in ids if each not in needed]
        assert [each for each in after if each not in needed] == others[:keep]
        assert versions.current().id == standing_in
        assert done.removed == shown.going
        assert [each.id for each in done.removed] == others[keep:]
        assert set(shown.staying) == set(after)
        assert done.bytes == len(others[keep:])
        assert retention.prune(keep, "李四").removed == ()


@contextmanager
def _folder() -> Iterator[Path]:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def test_pinned_noted_and_in_the_log(four: list[str]) -> None:
    oldest = four[-1]
    assert retention.pin(oldest[:18], "张三") == oldest
    assert retention.note(oldest, " 上会用 ", "李四") == oldest
    mark = notes.marks()[oldest]
    assert (mark.pinned, mark.note, mark.changed_by) == (True, "上会用", "李四")
    version = next(each for each in versions.list_versions() if each.id == oldest)
    assert retention.noted(version, mark) == "上会用"
    assert retention.noted(version, None) == version.meta.get("note", "")
    assert version.fault == ""
    done = retention.prune(0, "王五")
    assert left() == [four[0], oldest]
    assert {each.id for each in done.removed} == set(four[1:3])
    retention.pin(oldest, "张三", pinned=False)
    # A note may be taken back too.
    retention.note(oldest, "", "李四")
    assert notes.marks()[oldest].note == ""
    lines = [(each.kind, each.who, each.subject) for each in reversed(notes.log())]
    assert lines == [
        ("pin", "张三", oldest),
        ("version_note", "李四", oldest),
        ("prune", "王五", ""),
        ("unpin", "张三", oldest),
        ("version_note", "李四", oldest),
    ]
    entry = next(each for each in notes.log() if each.kind == "prune")
    assert entry.detail == {"keep": 0, "bytes": done.bytes, "versions": "、".join(four[1:3])}
    with pytest.raises(notes.Refused, match="最多 500 字"):
        retention.note(oldest, "长" * 501, "李四")
    with pytest.raises(NoVersion):
        retention.pin(four[1], "张三")


def test_only_what_was_shown_goes_and_scenarios_are_named(four: list[str]) -> None:
    notes.save_scenario(draft(version_id=four[2], name="上会方案"), "张三")
    found = retention.preview(0)
    assert [each.id for each in found.going] == four[1:]
    assert [each.scenarios for each in found.going] == [(), ("上会方案",), ()]
    assert found.bytes == sum(path.stat().st_size for path in versions.files()[1:])
    assert found.staying == {four[0]: retention.CURRENT}
    # Since then another was pinned, and another load came: neither goes.
    retention.pin(four[3], "张三")
    done = retention.prune(0, "李四", shown=four[2:])
    assert [each.id for each in done.removed] == [four[2]]
    assert left() == [four[0], four[1], four[3]]
    assert notes.scenarios()[0].version_id == four[2]


def test_what_institutions_still_fill_in_stays(four: list[str]) -> None:
    asked = {"S1": "示例职业学院", "S2": "示例中等专业学校"}
    found = rounds.begin("秋季填报", four[3], date(2026, 12, 1), asked, "张三")
    assert retention.preview(0).staying == {
        four[0]: retention.CURRENT,
        four[3]: "填报“秋季填报”以它为底",
    }

    def back(institution: str, merged: str) -> None:
        sent = rounds.add_return(found.id, institution, "a.xlsx", "0" * 64, [], "李四")
        rounds.set_merged([sent], merged, "张三", {})

    back("S1", four[2])
    assert set(retention.preview(0).staying) == {four[0], four[3]}
    # Once every institution's rows are in, nothing is compared with it any more.
    back("S2", four[2])
    assert set(retention.preview(0).staying) == {four[0]}
    retention.prune(0, "王五")
    assert left() == [four[0]]


def test_the_stand_in_of_a_damaged_version_stays(four: list[str]) -> None:
    spoil(versions.files()[0], 5000)
    assert versions.current().id == four[1]
    found = retention.preview(0)
    assert found.staying == {four[0]: retention.CURRENT, four[1]: retention.STAND_IN}
    retention.prune(0, "张三")
    assert left() == four[:2]
    assert versions.current().id == four[1]


# ---------------------------------------------------------------- when it cannot be told


def test_nothing_goes_when_every_version_is_damaged(four: list[str]) -> None:
    for path in versions.files():
        spoil(path, 5000)
    with pytest.raises(retention.Unprunable, match="没有可用的当前版本"):
        retention.prune(0, "张三")
    assert left() == four


def test_nothing_goes_when_pins_cannot_be_read_or_the_log_not_written(
    four: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_: object, **__: object) -> NoReturn:
        raise notes.NoAccess("只读")

    with monkeypatch.context() as patch:
        patch.setattr(notes, "record", closed)
        with pytest.raises(notes.NoAccess):
            retention.prune(0, "张三")
    notes.path().write_bytes(b"no database" * 100)
    with pytest.raises(notes.Damaged):
        retention.prune(0, "张三")
    assert left() == four


def test_nothing_goes_while_another_load_runs(
    four: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = versions.locked
    monkeypatch.setattr(versions, "locked", lambda: original(wait=0.05))
    with original(), pytest.raises(Busy):
        retention.prune(0, "张三")
    assert left() == four


def test_a_file_in_use_is_left_and_said(four: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, where what somebody reads cannot be removed."""
    original = Path.unlink

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path.stem == four[2]:
            raise PermissionError(13, "in use")
        original(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    done = retention.prune(0, "张三")
    assert left() == [four[0], four[2]]
    assert "正在使用" in done.left[four[2]]
    assert (versions.files()[1].stat().st_mode & 0o777) == 0o444
    assert [(each.kind, each.refused) for each in notes.log()] == [
        ("prune", True),
        ("prune", False),
    ]


def test_what_was_removed_meanwhile_is_not_switched_to(
    four: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = versions.locked

    @contextmanager
    def late() -> Iterator[None]:
        with original():
            versions.files()[-1].unlink()
            yield

    monkeypatch.setattr(versions, "locked", late)
    with pytest.raises(NoVersion):
        versions.use(four[-1])
    assert versions.current().id == four[0]
    assert versions.current().notice == ""


# ---------------------------------------------------------------- cut off

STOPPING = """
import signal, sys
from pathlib import Path
from data import versions

left, when = int(sys.argv[1]), sys.argv[2]
original = Path.unlink

def stopping(path, missing_ok=False):
    global left
    if path.suffix != ".duckdb":
        return original(path, missing_ok=missing_ok)
    left -= 1
    if left or when == "after":
        original(path, missing_ok=missing_ok)
    if not left:
        print("here", flush=True)
        signal.pause()

Path.unlink = stopping
versions.main(["prune", "--keep", "0"])
"""


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize(("count", "when"), [(1, "before"), (2, "before"), (2, "after")])
def test_killed_in_the_middle_it_leaves_a_whole_warehouse(
    count: int, when: str, four: list[str]
) -> None:
    kill_where_it_stops(STOPPING, str(count), when)
    gone = count - (when == "before")
    assert left() == four[: 4 - gone]
    assert versions.current().id == four[0]
    assert versions.current().notice == ""
    assert [each.fault for each in versions.list_versions()] == [""] * (4 - gone)
    assert notes.log()[0].detail["versions"] == "、".join(four[1:])
    retention.prune(0, "张三")
    assert left() == four[:1]


# ---------------------------------------------------------------- the command


def test_the_command(four: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert versions.main(["pin", four[3]]) == 0
    assert versions.main(["pin", "1999"]) == 1
    capsys.readouterr()
    assert versions.main(["prune", "--keep", "1", "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines()[0].startswith(f"{four[2]}  ")
    assert left() == four
    assert versions.main(["prune", "--keep", "1"]) == 0
    assert "已清理 1 个版本" in capsys.readouterr().out
    assert left() == [four[0], four[1], four[3]]
    assert versions.main(["list"]) == 0
    assert capsys.readouterr().out.splitlines()[2].endswith("已固定")
    assert versions.main(["unpin", four[3]]) == 0
    refused = [each.refused for each in notes.log()]
    assert refused == [False, False, True, False]
    spoil(versions.files()[0], 5000)
    for path in versions.files()[1:]:
        spoil(path, 5000)
    assert versions.main(["prune", "--keep", "0"]) == 1
    assert notes.log()[0].refused


@pytest.mark.parametrize(
    "arguments",
    [
        *(["prune"], ["prune", "--keep", "-1"], ["prune", "x", "--keep", "1"], ["pin"]),
        *(["list", "--keep", "1"], ["use", "x", "--dry-run"], ["prune", "--keep", "x"]),
    ],
)
def test_arguments_that_make_no_sense(arguments: list[str], four: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        versions.main(arguments)
    assert caught.value.code == 2
    assert left() == four
