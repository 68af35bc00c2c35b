"""What no page would send, sent by a program of its own: it harms nobody and reaches nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets import Origin, Subprotocol
from websockets.sync.client import ClientConnection, connect

from tests.browser.conftest import Server

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
    ("warning", ""),
    ("what-if", ""),
    ("what-if", "part=saved"),
)


class Session:
    """A visitor without a browser."""

    def __init__(self, channel: ClientConnection) -> None:
        self.channel = channel

    def run(self, page: str, query: str, *states: WidgetState) -> list[tuple[str, Any]]:
        """The elements of a whole run of the page, (kind, element)."""
        message = BackMsg()
        message.rerun_script.page_name = page
        message.rerun_script.query_string = query
        message.rerun_script.widget_states.widgets.extend(states)
        self.channel.send(message.SerializeToString())
        found = []
        while True:
            answer = ForwardMsg.FromString(self.channel.recv(timeout=60))
            if answer.WhichOneof("type") == "delta":
                if answer.delta.WhichOneof("type") == "new_element":
                    element = answer.delta.new_element
                    kind = element.WhichOneof("type")
                    found.append((kind, getattr(element, kind)))
            elif answer.WhichOneof("type") == "script_finished":
                # A rerun that the page asked for itself comes as a run of its own.
                if answer.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    return found
                found.clear()


@contextmanager
def session(server: Server) -> Iterator[Session]:
    with connect(
        server.url.replace("http", "ws", 1) + "/_stcore/stream",
        subprotocols=[Subprotocol("streamlit")],
        origin=Origin(server.url),
        max_size=None,
    ) as channel:
        yield Session(channel)


def failures(elements: list[tuple[str, Any]]) -> list[str]:
    """What the page says has gone wrong."""
    return [
        str(element)
        for kind, element in elements
        if kind == "exception" or (kind == "alert" and "错误编号" in element.body)
    ]


@pytest.mark.parametrize(("page", "query"), PAGES, ids=[f"{p} {q}" for p, q in PAGES])
def test_components_that_send_what_no_page_offers(page: str, query: str, server: Server) -> None:
    pointer = (server.warehouse / "CURRENT").read_bytes()
    with session(server) as visitor:
        first = visitor.run(page, query)
        components = [e.id for kind, e in first if kind == "bidi_component"]
        assert components
        for sent in GOES:
            events = [{"event": name, "value": sent} for name in ("go", "act", "seek")]
            states = [
                WidgetState(
                    id=f"$$STREAMLIT_INTERNAL_KEY_{each}__events",
                    json_trigger_value=json.dumps(events),
                )
                for each in components
            ]
            assert not failures(visitor.run(page, query, *states)), sent
        for state in STATES:
            states = [WidgetState(id=each, json_value=json.dumps(state)) for each in components]
            assert not failures(visitor.run(page, query, *states)), state
    assert (server.warehouse / "CURRENT").read_bytes() == pointer


def test_filters_that_hold_what_they_do_not_offer(server: Server) -> None:
    """Another day than the calendar has, a district of nowhere: the page is of what there is."""
    with session(server) as visitor:
        first = visitor.run("definitions", "")
        ids = {
            kind: [e.id for k, e in first if k == kind] for kind in ("date_input", "multiselect")
        }
        for day in ("9999-12-31", "0001-01-01"):
            state = WidgetState(id=ids["date_input"][0])
            state.string_array_value.data.append(day)
            found = visitor.run("definitions", "", state)
            assert not failures(found)
            assert day not in "".join(str(e) for k, e in found if k == "bidi_component")
        for each in ids["multiselect"]:
            state = WidgetState(id=each)
            state.string_array_value.data.append("'; drop table institutions; --")
            found = visitor.run("definitions", "", state)
            assert not failures(found)
            assert "drop table" not in "".join(str(e) for k, e in found if k == "bidi_component")


def test_a_value_of_the_wrong_kind_is_a_number_to_its_sender_alone(server: Server) -> None:
    with session(server) as stranger, session(server) as visitor:
        first = stranger.run("definitions", "")
        states = [WidgetState(id=e.id, bool_value=True) for k, e in first if k == "multiselect"]
        (said,) = failures(stranger.run("definitions", "", *states))
        assert "Traceback" not in said
        assert "TypeError" not in said
        assert not failures(visitor.run("definitions", ""))


def test_nobody_changes_the_version_by_saying_that_a_button_was_pressed(server: Server) -> None:
    """Buttons that are not there, or not enabled, among every kind of widget."""
    pointer = (server.warehouse / "CURRENT").read_bytes()
    with session(server) as visitor:
        first = visitor.run("data", "view=versions")
        known = [e.id for _, e in first if getattr(e, "id", "").startswith("$$ID")]
        made_up = [f"$$ID-{'0' * 32}-{key}" for key in ("desk-use", "desk-confirm", "updated-take")]
        states = [WidgetState(id=each, trigger_value=True) for each in made_up]
        assert not failures(visitor.run("data", "view=versions", *states))
        visitor.run("data", "view=upload", *(WidgetState(id=e, trigger_value=True) for e in known))
    assert (server.warehouse / "CURRENT").read_bytes() == pointer
