"""The indicators against a second computation, on demonstration, real and random workbooks.

``recompute.py`` was written from the definitions and not from the queries; the two meet here only,
in the rows of ``python -m queries.indicators`` and ``python -m queries.evidence``.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data import demo
from data import load as loading
from queries import evidence as evidence_command
from queries.evaluate import Scope, evaluate
from queries.indicators import __main__ as indicators_command
from queries.indicators.__main__ import as_object
from queries.run import open_file
from tests.conftest import SEED
from tests.queries.random_workbook import AS_OF, seeded, workbooks, write_folder
from tests.queries.recompute import (
    CITY,
    LAGGING,
    ON_TRACK,
    TARGETS,
    Part,
    Recomputation,
    district_names,
)
from tests.queries.recompute import read_folder as read_frames

PUBLIC = Path(__file__).resolve().parents[1] / "fixtures" / "public-2025"

NUMBERS = (
    "actual",
    "numerator",
    "denominator",
    "baseline",
    "target",
    "progress",
    "schedule",
    "pace",
    "lag_days",
    "forecast",
    "required_per_quarter",
)

DATES = ("2023-10-19", "2024-06-30", "2025-03-15", "2025-09-30", "2025-12-31", "2026-03-31")
EARLY_DATES = ("2022-12-31", "2023-06-01", "2023-10-20")

Object = dict[str, Any]


# ---------------------------------------------------------------- the commands


def run(command: Any, arguments: list[str]) -> tuple[object, str, str]:
    """Exit code, output and errors of a command, without the second a process costs."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code: object = command.main(arguments)
        except SystemExit as stop:
            code = stop.code
    return code, out.getvalue(), err.getvalue()


def answer(command: Any, arguments: Sequence[str]) -> list[Object]:
    """What a command prints as JSON; its own message when it fails."""
    code, out, err = run(command, [*arguments, "--format", "json"])
    assert code == 0, err
    objects: list[Object] = json.loads(out)
    return objects


def load(source: Path, database: Path) -> Path:
    code, _, err = run(loading, [str(source), "--database", str(database)])
    assert code == 0, f"a valid workbook was refused:\n{err}"
    return database


def indicator_rows(database: Path, on: str, part: Part = CITY) -> list[Object]:
    arguments = ["--as-of", on, "--database", str(database)]
    if part.by:
        arguments += ["--by", part.by]
    if part.authority is not None:
        arguments += ["--authority", ",".join(part.authority)]
    if part.level is not None:
        arguments += ["--level", ",".join(part.level)]
    return answer(indicators_command, arguments)


# ---------------------------------------------------------------- the comparison


def same(mine: Any, theirs: Any) -> bool:
    if mine is None or theirs is None:
        return mine is theirs
    return math.isclose(mine, theirs, rel_tol=1e-7, abs_tol=1e-7)


def differences(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    """Every key in which the two rows disagree, with both values."""
    found = []
    for key in (*NUMBERS, *(("low", "high") if "low" in theirs else ())):
        if same(mine[key], theirs[key]):
            continue
        # Without a value its two parts may be shown as nothing or as null.
        nothing = {mine[key] or None, theirs[key] or None} == {None}
        if key in ("numerator", "denominator") and mine["actual"] is None and nothing:
            continue
        found.append(f"{key}: {mine[key]} (recomputed) != {theirs[key]}")
    # Exactly at a limit the last bit of a pace decides; either verdict is right there.
    at_limit = any(same(mine["pace"], limit) for limit in (ON_TRACK, LAGGING))
    if mine["status"] != theirs["status"] and not at_limit:
        found.append(f"status: {mine['status']} (recomputed) != {theirs['status']}")
    return found


def check_part(seen: Recomputation, database: Path, on: str, part: Part = CITY) -> list[str]:
    """Compare one call of the command, indicator by indicator and group by group."""
    rows = indicator_rows(database, on, part)
    if part.by is None:
        assert [row["id"] for row in rows] == list(TARGETS), "not in the plan's order"
    labels: dict[str | None, str] = {}
    if part.by == "institution":  # a group may be called by its code or by its name
        labels = dict(zip(seen.institutions["name"], seen.institutions["id"], strict=True))
    theirs: dict[tuple[str, str | None], Object] = {}
    for row in rows:
        assert row["as_of"] == on
        assert row["name"] == TARGETS[row["id"]].name
        group = row.get("group") if part.by else None
        key = (row["id"], labels.get(group, group))
        assert key not in theirs, f"{key} twice"
        theirs[key] = row
    problems = []
    # Groups without anything to count may be left out or listed, as districts are.
    groups = {group for _, group in theirs} | {*(seen.groups_of(part.by) if part.by else [])}
    assert groups <= {None, *seen.groups_of(part.by or ""), *district_names().values()}
    for indicator in TARGETS:
        for group in sorted(groups, key=str):
            mine = seen.assess(indicator, on, Part(part.authority, part.level, part.by, group))
            where = f"{on} {indicator} {part.authority or ''} {part.level or ''} {group or ''}"
            found = theirs.get((indicator, group))
            if found is not None:
                problems += [f"{where} {difference}" for difference in differences(mine, found)]
            elif mine["actual"] or mine["baseline"] or mine["denominator"] or mine["target"]:
                problems.append(f"{where} is missing: {mine}")
    return problems


def check_evidence(seen: Recomputation, database: Path, on: str) -> list[str]:
    problems = []
    for indicator in TARGETS:
        rows = answer(evidence_command, [indicator, "--as-of", on, "--database", str(database)])
        theirs = [(row["subject_kind"], row["subject_id"], row["counted"]) for row in rows]
        mine = seen.evidence(indicator, on)
        if len(set(theirs)) != len(theirs):
            problems.append(f"{on} {indicator}: a subject twice in the evidence")
        if mine != set(theirs):
            problems.append(
                f"{on} {indicator}: only recomputed {sorted(mine - set(theirs))}, "
                f"only in the evidence {sorted(set(theirs) - mine)}"
            )
        schools = seen.institutions
        for row in rows:
            home = schools.loc[row["institution_id"]]
            if row["institution"] != home["name"]:
                problems.append(f"{on} {indicator}: {row} is not at {home['name']}")
            if (row["district"] or "未填区县") != home["district"]:
                problems.append(f"{on} {indicator}: {row} is not in {home['district']}")
    return problems


def check_pages(seen: Recomputation, database: Path, on: str) -> list[str]:
    """What only the pages show: forecast bands, and a filter to one district or institution."""
    version = open_file(database)
    day = date.fromisoformat(on)
    districts, schools = seen.groups_of("district")[:2], seen.groups_of("institution")[:2]
    pairs = [
        (CITY, Scope()),
        *((Part(by="district", group=name), Scope(district=(name,))) for name in districts),
        *((Part(by="institution", group=code), Scope(institution=(code,))) for code in schools),
    ]
    problems = []
    for part, scope in pairs:
        for result in evaluate(version, day, scope):
            low, high = (result.band.low, result.band.high) if result.band else (None, None)
            shown = as_object(result) | {"low": low, "high": high}
            mine = seen.assess(result.id, on, part)
            problems += [
                f"{on} {result.id} {scope.words} {difference}"
                for difference in differences(mine, shown)
            ]
    return problems


def nothing_differs(problems: Sequence[str]) -> None:
    assert not problems, f"{len(problems)} differences\n" + "\n".join(problems[:40])


# ---------------------------------------------------------------- demonstration data


@pytest.fixture(scope="module")
def demo_database(demo_warehouse: Path) -> Path:
    (database,) = (demo_warehouse / "versions").glob("*.duckdb")
    return database


@pytest.fixture(scope="module")
def demo_seen() -> Recomputation:
    return Recomputation(demo.build(SEED))


@pytest.mark.parametrize("on", [*DATES, *EARLY_DATES])
def test_demonstration_city(demo_seen: Recomputation, demo_database: Path, on: str) -> None:
    nothing_differs(check_part(demo_seen, demo_database, on))


@pytest.mark.parametrize("by", ["district", "institution", "level"])
@pytest.mark.parametrize("on", ["2025-09-30", "2026-03-31"])
def test_demonstration_breakdowns(
    demo_seen: Recomputation, demo_database: Path, on: str, by: str
) -> None:
    nothing_differs(check_part(demo_seen, demo_database, on, Part(by=by)))


@pytest.mark.parametrize(
    "part",
    [
        Part(authority=("市属",)),
        Part(authority=("省属", "区县属"), level=("高职",)),
        Part(level=("中职",)),
        Part(level=("职业本科", "高职")),
        Part(authority=("市属",), by="district"),
        Part(level=("高职",), by="institution"),
    ],
)
def test_demonstration_filters(demo_seen: Recomputation, demo_database: Path, part: Part) -> None:
    nothing_differs(check_part(demo_seen, demo_database, "2025-09-30", part))


@pytest.mark.parametrize("on", ["2023-10-19", "2025-09-30", "2026-03-31"])
def test_demonstration_evidence(demo_seen: Recomputation, demo_database: Path, on: str) -> None:
    nothing_differs(check_evidence(demo_seen, demo_database, on))


@pytest.mark.parametrize("on", ["2023-10-19", "2025-09-30", "2026-03-31"])
def test_demonstration_pages(demo_seen: Recomputation, demo_database: Path, on: str) -> None:
    nothing_differs(check_pages(demo_seen, demo_database, on))


# ---------------------------------------------------------------- real, incomplete data


def test_public_sample(tmp_path: Path) -> None:
    seen = Recomputation(read_frames(PUBLIC))
    database = load(PUBLIC, tmp_path / "public.duckdb")
    problems = []
    for on in ("2023-10-19", "2025-09-30", "2026-03-31"):
        problems += check_part(seen, database, on)
        problems += check_part(seen, database, on, Part(by="institution"))
        problems += check_evidence(seen, database, on)
    nothing_differs(problems)


# ---------------------------------------------------------------- random workbooks


def check_workbook(
    frames: Mapping[str, pd.DataFrame], days: Sequence[date], parts: Sequence[Part]
) -> None:
    """Write, load and compare one workbook: the city and its evidence, then parts in turn."""
    seen = Recomputation(frames)
    with TemporaryDirectory() as folder:
        source = write_folder(frames, Path(folder) / "workbook")
        database = load(source, Path(folder) / "workbook.duckdb")
        problems: list[str] = []
        for day, part in zip(days, parts, strict=True):
            on = day.isoformat()
            problems += check_part(seen, database, on)
            problems += check_part(seen, database, on, part)
            problems += check_evidence(seen, database, on)
            problems += check_pages(seen, database, on)
    nothing_differs(problems)


def some_parts() -> Iterator[Part]:
    """Breakdowns and filters, in turn."""
    for authority, level in (
        (None, None),
        (("市属",), None),
        (None, ("高职", "职业本科")),
        (("省属", "区县属"), ("中职",)),
    ):
        for by in ("district", "institution", "level", None):
            if by or authority or level:
                yield Part(authority, level, by)


PARTS = tuple(some_parts())


@settings(
    max_examples=12,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    workbooks(),
    st.lists(st.sampled_from(AS_OF), min_size=2, max_size=2, unique=True),
    st.lists(st.sampled_from(PARTS), min_size=2, max_size=2, unique=True),
)
def test_random_workbooks(
    frames: dict[str, pd.DataFrame], days: list[date], parts: list[Part]
) -> None:
    check_workbook(frames, days, parts)


@pytest.mark.parametrize("seed", range(6))
def test_larger_workbooks(seed: int) -> None:
    """Larger and wilder than hypothesis likes to draw; the same every time."""
    days = [AS_OF[(3 * seed + step) % len(AS_OF)] for step in range(4)]
    parts = [PARTS[(4 * seed + step) % len(PARTS)] for step in range(4)]
    check_workbook(seeded(seed, size=4), days, parts)
