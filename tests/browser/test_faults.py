"""The app itself under faults: killed at any moment of an upload, and two of it on one folder."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil
import pytest
from websockets.exceptions import ConnectionClosed

from data import notes, versions
from data.load import load_workbook
from tests.browser.conftest import ROOT, START_SECONDS, free_port, until
from tests.browser.wire import Wire
from tests.data.small_book import spoilt, valid, write_xlsx

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(sys.platform == "win32", reason="signals, fork"),
]
KILLS = 4

# Servers as ``streamlit run app.py`` makes them, each a child of a process that has done the
# imports. A file named after a folder of what is ready takes that as what came of its trial.
NURSERY = """
import os, shutil, signal, sys
from pathlib import Path
import duckdb, openpyxl, pandas
import streamlit.web.bootstrap
from streamlit.web import cli
from data import trial
from pages.parts import definitions, desk, desk_log, desk_upload, desk_versions, front, sign_on

try_out, ready = trial.try_out, Path(sys.argv[1])

def tried(file, folder, *given, **named):
    database = ready / f"{file.stem}.duckdb"
    if not database.exists():
        return try_out(file, folder, *given, **named)
    shutil.copy(database, folder / trial.DATABASE)
    return trial.Outcome(rows={"院校": 1})

trial.try_out = tried
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for line in sys.stdin:
    port, warehouse = line.rstrip().split("\\t")
    child = os.fork()
    if not child:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(2, 1)
        os.environ["WAREHOUSE_DIR"] = warehouse
        cli.main(["run", "app.py", "--server.port", port])
    print(child, flush=True)
"""


class Nursery:
    """Starts servers on warehouses."""

    def __init__(self, folder: Path) -> None:
        self.ready, self.temporary = folder / "ready", folder / "temporary"
        self.ready.mkdir()
        self.temporary.mkdir()
        self.log = folder / "server.log"
        self._children: list[int] = []
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", NURSERY, str(self.ready)],
                cwd=ROOT,
                env=os.environ | {"TMPDIR": str(self.temporary), "HOME": str(folder)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def start(self, warehouse: Path) -> tuple[int, str]:
        """A server that answers: (process id, address)."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        port = free_port()
        print(port, warehouse, sep="\t", file=self._process.stdin, flush=True)
        child = int(self._process.stdout.readline())
        self._children.append(child)
        url = f"http://localhost:{port}"
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            with suppress(URLError, OSError), urlopen(f"{url}/health", timeout=5):
                return child, url
        pytest.fail(f"the server did not start:\n{self.log.read_text()}", pytrace=False)

    def kill(self, child: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        self._children.remove(child)

    def close(self) -> None:
        for child in list(self._children):
            self.kill(child)
        self._process.communicate()


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    opened = Nursery(tmp_path_factory.mktemp("nursery"))
    yield opened
    opened.close()


@pytest.fixture
def warehouse(nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A warehouse with one small version; ``new.xlsx`` and ``other.xlsx`` are ready to upload."""
    monkeypatch.setenv(versions.WAREHOUSE_DIR, str(tmp_path / "data"))
    load_workbook(write_xlsx(valid(), tmp_path / "old.xlsx"))
    for name in ("new", "other"):
        if not (nursery.ready / f"{name}.duckdb").exists():
            book = write_xlsx(spoilt(valid(), {"院校!B2": name}), tmp_path / f"{name}.xlsx")
            load_workbook(book, nursery.ready / f"{name}.duckdb")
    return tmp_path / "data"


def to_confirm(wire: Wire, name: str) -> None:
    """From the data page to the preview of an upload."""
    wire.visit("data")
    assert "确认载入" in wire.run(wire.upload(name, b"ready"))


def test_killed_while_a_file_is_checked_or_confirmed(
    nursery: Nursery, warehouse: Path, tmp_path: Path
) -> None:
    """Whatever the moment, what opens is whole: the version before, or the new one."""
    chance = random.Random(7)
    folder = warehouse / "versions"
    for kill in range(KILLS):
        child, url = nursery.start(warehouse)
        before = versions.current()
        with Wire(url) as wire:
            if kill:
                to_confirm(wire, "new.xlsx")
                # What first differs: the draft of the new version, or, at the switch, its place.
                looked = there_are if kill % 2 else partial(listed, folder)
                there = looked()
                wire.ask(wire.click("确认载入"))
                until(lambda looked, there: looked() != there, looked, there)
            else:
                # In earnest: the trial runs in a process of its own.
                wire.visit("data")
                wire.ask(wire.upload("book.xlsx", (tmp_path / "old.xlsx").read_bytes()))
                until(lambda: list(nursery.temporary.glob("*/upload-*/said.txt")))
            moment = time.perf_counter() + chance.random() * (0.002 if kill % 2 else 0.06)
            until(lambda moment: time.perf_counter() > moment, moment)
            nursery.kill(child)
            with suppress(ConnectionClosed):
                while wire.channel.recv(timeout=START_SECONDS):
                    pass
        found = versions.current()
        assert found.notice == ""
        assert found.id >= before.id
        assert not [each.fault for each in versions.list_versions() if each.fault]
        assert all(each.subject in {"", *map(str, there_are())} for each in notes.log())

    child, url = nursery.start(warehouse)
    with Wire(url) as wire:
        to_confirm(wire, "new.xlsx")
        assert "已载入为版本" in wire.run(wire.click("确认载入"))
    assert {path.stem for path in folder.iterdir()} == there_are()
    # One folder for files in passing, of the one server that lives.
    until(lambda: len(list(nursery.temporary.glob("vocational-plan-*"))) == 1)
    nursery.kill(child)
    assert "Traceback" not in nursery.log.read_text()


def test_others_are_served_while_a_check_runs_and_is_killed(
    nursery: Nursery, warehouse: Path, tmp_path: Path
) -> None:
    """As the system ends a process that takes too much memory; it stands still until then."""
    child, url = nursery.start(warehouse)
    before = versions.current().id
    content = (tmp_path / "old.xlsx").read_bytes()

    def checks() -> list[psutil.Process]:
        running = psutil.Process(child).children(recursive=True)
        return [each for each in running if "data.trial" in each.cmdline()]

    with Wire(url) as clerk, Wire(url) as other:
        clerk.visit("data")
        clerk.ask(clerk.upload("book.xlsx", content))
        until(checks)
        (check,) = checks()
        check.suspend()
        assert "指标的口径" in other.visit("definitions")
        assert "错误编号" not in other.text
        assert check.is_running()
        check.kill()
        said = clerk.listen()
        assert "检查没有完成" in said
        assert "数据没有改变" in said
    assert versions.current().id == before
    assert notes.log()[0].refused
    nursery.kill(child)


def listed(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def there_are() -> set[str]:
    return {path.stem for path in versions.files()}


def test_two_apps_on_one_folder(nursery: Nursery, warehouse: Path) -> None:
    """Each sees the other's new version, nobody's numbers change under their eyes, and of two who
    confirm on one preview the second is told."""
    first = versions.current().id
    (one, here), (two, there) = nursery.start(warehouse), nursery.start(warehouse)
    with Wire(here) as a, Wire(there) as b, Wire(there) as reader:
        assert first in reader.visit("data")
        to_confirm(a, "new.xlsx")
        to_confirm(b, "other.xlsx")
        a.ask(a.click("确认载入"))
        b.ask(b.click("确认载入"))
        said = [a.listen(), b.listen()]
        winner, loser = (a, b) if "已载入为版本" in said[0] else (b, a)
        assert ["已载入为版本" in each for each in said].count(True) == 1
        assert ["已被他人更新或切换；没有载入" in each for each in said].count(True) == 1
        assert len(there_are()) == 2
        second = versions.current().id

        # One reads on while the others upload.
        seen = reader.run()
        assert "数据已更新" in seen
        assert f"版本 {first}" in seen
        assert f"版本 {second}" in reader.run(reader.click("刷新"))

        # The loser compares again, on what the winner loaded.
        assert f"与当前版本 {second} 比较" in loser.run(loser.click("重新比较"))
        loser.run(loser.tick("已核对他人的更新，仍要载入"))
        assert "已载入为版本" in loser.run(loser.click("确认载入"))
        third = versions.current().id
        assert third != second

        # Rolled back in one, seen in the other.
        winner.visit("data", "view=versions")
        winner.run(winner.tick("确认切换"))
        assert "已切换到版本" in winner.run(winner.click("切换"))
        assert versions.current().id < third
        assert "数据已更新" in loser.run()
    for child in (one, two):
        nursery.kill(child)
    kinds = [(each.kind, each.refused) for each in notes.log()]
    assert kinds.count(("import", False)) == 2
    assert kinds.count(("import", True)) == 1
    assert kinds.count(("rollback", False)) == 1
