"""What no page would send, sent by a program of its own: it harms nobody and reaches nothing."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.browser.conftest import Server
from tests.browser.wire import Wire

pytestmark = pytest.mark.browser
GOES: tuple[Any, ...] = (
    "https://evil.example/",
    "javascript:alert(1)",
    "//evil.example",
    "~district=不存在&level=x&as_of=9999-99-99&authority=%27%3B--",
    "?id=\ud800",
    "?cell=a",
    "?cell=a|b|nothing",
    "load:9e9",
    "delete:1:x",
    "restore:-1",
    "rename:99999999999999999999999",
    "no-page?x=1",
    5,
    True,
    {"a": 1},
    ["x"],
    float("inf"),
)
STATES: tuple[Any, ...] = (
    {"move": {"levers": {"x": float("inf")}, "grip": float("nan"), "n": float("inf")}},
    {"move": {"levers": [1, 2], "grip": "x"}},
    {"move": {"levers": {"\ud800": 1}}},
    {"move": [1]},
    5,
)
PAGES = (
    ("map", ""),
    ("what-if", ""),
    ("what-if", "part=saved"),
)


def failures(wire: Wire) -> list[str]:
    """What the last run says has gone wrong."""
    return re.findall(r"错误编号|Traceback|[A-Z]\w+(?:Error|Exception)\b", wire.text)


def ids(wire: Wire, *kinds: str) -> list[str]:
    """The ids of what the last run drew of these kinds."""
    return [part.id for name, part in wire.parts.items() if type(part).__name__ in kinds]


def texts(wire: Wire) -> str:
    """What the page's own markup says."""
    return "".join(str(p.json) for p in wire.parts.values() if type(p).__name__ == "BidiComponent")


@pytest.mark.parametrize(("page", "query"), PAGES, ids=[f"{p} {q}" for p, q in PAGES])
def test_components_that_send_what_no_page_offers(page: str, query: str, server: Server) -> None:
    pointer = (server.warehouse / "CURRENT").read_bytes()
    with Wire(server.url) as wire:
        wire.visit(page, query)
        components = ids(wire, "BidiComponent")
        assert components
        for sent in GOES:
            events = json.dumps([{"event": name, "value": sent} for name in ("go", "act", "seek")])
            triggers = [f"$$STREAMLIT_INTERNAL_KEY_{each}__events" for each in components]
            wire.run(*(WidgetState(id=each, json_trigger_value=events) for each in triggers))
            assert not failures(wire), sent
        wire.visit(page, query)
        for state in STATES:
            wire.run(*(WidgetState(id=each, json_value=json.dumps(state)) for each in components))
            assert not failures(wire), state
    assert (server.warehouse / "CURRENT").read_bytes() == pointer


def test_filters_that_hold_what_they_do_not_offer(server: Server) -> None:
    """Another day than the calendar has, a district of nowhere: the page is of what there is."""
    with Wire(server.url) as wire:
        wire.visit("definitions")
        (calendar,), lists = ids(wire, "DateInput"), ids(wire, "MultiSelect")
        assert len(lists) == 3
        tried = [(calendar, "9999-12-31"), (calendar, "0001-01-01")]
        for each, value in tried + [(each, "'; drop table institutions; --") for each in lists]:
            state = WidgetState(id=each)
            state.string_array_value.data.append(value)
            wire.run(state)
            assert not failures(wire)
            assert value not in texts(wire)
            wire.visit("definitions")


def test_a_value_of_the_wrong_kind_is_a_number_to_its_sender_alone(server: Server) -> None:
    with Wire(server.url) as stranger, Wire(server.url) as visitor:
        stranger.visit("definitions")
        lists = ids(stranger, "MultiSelect")
        stranger.run(*(WidgetState(id=each, bool_value=True) for each in lists))
        assert set(failures(stranger)) == {"错误编号"}
        visitor.visit("definitions")
        assert not failures(visitor)


def test_nobody_changes_the_version_by_saying_that_a_button_was_pressed(server: Server) -> None:
    """Buttons that are not there."""
    pointer = (server.warehouse / "CURRENT").read_bytes()
    with Wire(server.url) as wire:
        for view in ("versions", "upload"):
            wire.visit("data", f"view={view}")
            made_up = ("desk-use", "desk-confirm", "desk-again", "updated-take")
            states = [f"$$ID-{'0' * 32}-{key}" for key in made_up]
            wire.run(*(WidgetState(id=each, trigger_value=True) for each in states))
            assert not failures(wire)
    assert (server.warehouse / "CURRENT").read_bytes() == pointer


def test_a_file_beyond_the_limit_is_refused_by_the_server(server: Server) -> None:
    """Whatever the page in front of it says."""
    with Wire(server.url) as wire:
        wire.visit("data")
        answer = wire.put("book.xlsx", bytes(51 * 1024 * 1024))
        assert answer.status_code == 413
