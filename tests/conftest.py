"""The demonstration data, made once for all tests and all workers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from tests.data.hostile_book import hostile
from tests.data.small_book import write_xlsx

ROOT = Path(__file__).resolve().parents[1]
SEED = 1


def command(*arguments: str, **environment: str) -> None:
    """Run ``python -m …`` in the root of the tree; its output is shown when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        said = done.stdout + done.stderr
        pytest.fail(f"python -m {' '.join(arguments)}: {done.returncode}\n{said}", pytrace=False)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A folder by its name, the same for all xdist workers of this session."""
    base = tmp_path_factory.getbasetemp()
    common = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def folder(name: str) -> Path:
        path = common / "shared" / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    return folder


def once(folder: Path, make: Callable[[], None]) -> None:
    """Make something in a folder unless another worker has; a failed attempt is tried again."""
    with FileLock(folder / "lock"):
        if not (folder / "made").exists():
            make()
            (folder / "made").touch()


@pytest.fixture(scope="session")
def demo_workbook(shared: Callable[[str], Path]) -> Path:
    """The demonstration workbook, written by its own command."""
    folder = shared("workbook")
    path = folder / "demo.xlsx"
    once(folder, lambda: command("data.demo", str(path), "--seed", str(SEED)))
    return path


@pytest.fixture(scope="session")
def demo_warehouse(shared: Callable[[str], Path], demo_workbook: Path) -> Path:
    """A warehouse with the demonstration data loaded; treat it as read-only, or copy it."""
    folder = shared("warehouse")
    warehouse = folder / "data"
    once(folder, lambda: command("data.load", str(demo_workbook), WAREHOUSE_DIR=str(warehouse)))
    return warehouse


@pytest.fixture(scope="session")
def hostile_warehouse(shared: Callable[[str], Path]) -> Path:
    """A warehouse whose every text is hostile (``tests.data.hostile_book``); read-only."""
    folder = shared("hostile")
    warehouse = folder / "data"

    def load() -> None:
        book = write_xlsx(hostile(), folder / "book.xlsx")
        command("data.load", str(book), WAREHOUSE_DIR=str(warehouse))

    once(folder, load)
    return warehouse
