"""Where the SQL lives: one query a file, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
INDICATOR_FOLDER = HERE / "indicators"
DERIVED_FOLDER = HERE / "derived"


@cache
def text(name: str) -> str:
    """The text of ``queries/<name>.sql``; FileNotFoundError names a query that does not exist."""
    return (HERE / f"{name}.sql").read_text(encoding="utf-8")


@cache
def indicator_ids() -> tuple[str, ...]:
    """The indicators that have a query, in alphabetical order."""
    return tuple(sorted(path.stem for path in INDICATOR_FOLDER.glob("*.sql")))


def rows_counted() -> str:
    """The union of all indicator queries, each row with the id of its indicator first."""
    parts = (
        f"select '{name}' as indicator, r.* from (\n{text(f'indicators/{name}')}\n) as r"
        for name in indicator_ids()
    )
    return "\nunion all\n".join(parts)


def derived() -> list[tuple[str, str]]:
    """(table, select) in the order in which they build on each other."""
    built = []
    for path in sorted(DERIVED_FOLDER.glob("*.sql")):
        table = path.stem.split("_", 1)[1]
        select = text(f"derived/{path.stem}").replace("{rows}", rows_counted())
        built.append((table, select))
    return built
