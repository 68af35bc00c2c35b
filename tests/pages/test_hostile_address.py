"""Addresses that no page wrote: SQL, junk, numbers of thousands of digits, for every parameter."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.plan import load_plan
from pages.parts import alignment, supply, warning_state
from pages.parts.menu import FILES
from pages.parts.view import day_of, whole
from pages.parts.what_if_board import from_object_text
from pages.parts.what_if_solve import request_of
from queries.scenario import ScenarioError
from queries.solve import SolveError
from tests.pages.conftest import ROOT, Shown

VALUES: tuple[str | list[str], ...] = (
    "'; drop table institutions; -- \x00<img/data-pwned>",
    "9" * 4_500,
    "__class__",
    ["-1", "-1"],
    "[" * 3_000,
    '{"targets":[1,{"a":2}],"budget":"x","points_emerging":1e999}',
    "１２",
    "",
    "长" * 1_000,
    "NaN,inf",
)
# The parameters that choose what is shown, without which the others would not be read.
SCREENS: list[tuple[str, dict[str, str]]] = [
    *((file, {}) for file in FILES.values()),
    ("alignment.py", {"view": "supply"}),
    ("alignment.py", {"view": "precheck"}),
    *(("warning.py", {"show": each}) for each in ("list", "enrolment")),
    ("institution.py", {"id": "S1"}),
    *(("what_if.py", {"part": each, "risk": "1"}) for each in ("solve", "risk", "saved")),
    *(("desk.py", {"view": each}) for each in ("versions", "log")),
]


NAMES = (  # noqa: SIM905 -- nobody reads a column of ninety names
    "as_of authority level district sign_in error status department id area institution "
    "industry kind show item form classes dots follow view width by chain open sort of year "
    "edition code track for category class size school group enterprise grade action before "
    "evaluation search persistent point rows columns state do page cell red_from_yellow "
    "minimum_signals persistent_years application_rate plan_completion_rate placement_rate "
    "matched_rate satisfaction with levers saved part risk seed trend indicator ask load "
    "compare w_gap w_past w_role who task slides title on older newer text first last refused "
    "version round "
).split()


def test_every_parameter_that_a_page_reads_is_tried() -> None:
    read = re.compile(r"(?:query_params|asked|parameters)\.(?:get|get_all|pop)\(\"(\w+)\"")
    found = {
        name
        for path in (ROOT / "pages").glob("**/*.py")
        for name in read.findall(path.read_text(encoding="utf-8"))
    }
    assert found - {*NAMES} == set()
    assert len(found) > 20


@pytest.mark.parametrize(
    ("page", "kept", "shift"),
    [(page, kept, place) for place, (page, kept) in enumerate(SCREENS)],
    ids=[f"{page} {' '.join(kept.values())}" for page, kept in SCREENS],
)
def test_a_page_stands_whatever_its_address_says(
    page: str,
    kept: dict[str, str],
    shift: int,
    show: Callable[..., Shown],
    hostile_warehouse: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WAREHOUSE_DIR", str(hostile_warehouse))
    address = dict(zip(NAMES, islice(cycle(VALUES), shift, None), strict=False))
    shown = show(page, **{**address, **kept})
    assert "line" in shown.blocks()
    assert any("已忽略" in shown.text(each) for each in shown.blocks() if each.startswith("note"))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    [each for each in VALUES if isinstance(each, str)]
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), texts, max_size=30))
def test_what_reads_an_address_reads_any(address: dict[str, str]) -> None:
    assert warning_state.read(address, load_plan().warning).page >= 1
    assert supply.State.read(address).parameters() is not None
    assert alignment.State.read(address).parameters() is not None


@settings(max_examples=100, deadline=None)
@given(texts)
def test_what_reads_a_value_says_no_in_its_own_words(text: str) -> None:
    found = whole(text, 0, 100)
    assert found is None or 0 <= found <= 100
    assert day_of(text) is None or day_of(text).year >= 1900  # type: ignore[union-attr]
    for read, refusal in ((from_object_text, ScenarioError), (request_of, SolveError)):
        with suppress(refusal):  # anything else is a failure
            read(text)
