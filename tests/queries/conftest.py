"""Versions that several tests of this room look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.load import load_workbook
from queries.run import OpenVersion, open_file
from tests.queries.random_workbook import seeded, write_folder


@pytest.fixture(scope="session")
def demo(demo_warehouse: Path) -> OpenVersion:
    """The demonstration data."""
    return open_file(next((demo_warehouse / "versions").glob("*.duckdb")))


def random_version(seed: int, factory: pytest.TempPathFactory) -> OpenVersion:
    """A random workbook, small and nasty, loaded; the same for the same seed."""
    folder = factory.mktemp("random")
    source = write_folder(seeded(seed, size=6), folder / "book")
    loaded = load_workbook(source, database=folder / "random.duckdb")
    return open_file(loaded.version.path)
