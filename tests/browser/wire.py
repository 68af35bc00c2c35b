"""A visitor without a browser: Streamlit's own messages over a websocket, and plain requests.

It sees every byte the server sends, sends what no browser would, and costs little: for what a
stranger may try, and for servers that are killed.
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileUploaderState, UploadedFileInfo
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

SECONDS = 60.0
XSRF = "_streamlit_xsrf"
ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass
class Wire:
    """One session with a server at ``url``. cookies: sent with everything; xsrf: whether with the
    token of the server's own pages."""

    url: str
    cookies: dict[str, str] = field(default_factory=dict)
    xsrf: bool = True
    session: str = ""
    heard: bytes = b""
    parts: dict[str, Any] = field(default_factory=dict)
    _states: dict[str, WidgetState] = field(default_factory=dict)
    _page: str = ""
    _query: str = ""

    def __enter__(self) -> Self:
        self.http = httpx.Client(base_url=self.url, timeout=SECONDS, trust_env=False)
        token = self.http.get("/_stcore/health").cookies[XSRF]
        for name, value in self.cookies.items():
            self.http.cookies.set(name, value)
        self.http.headers["x-xsrftoken"] = token if self.xsrf else ""
        self._stack = ExitStack()
        opening = connect(
            f"ws{self.url.removeprefix('http')}/_stcore/stream",
            origin=Origin(self.url),
            subprotocols=[Subprotocol("streamlit"), Subprotocol(token)] if self.xsrf else None,
            additional_headers={
                "Cookie": "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
            },
            max_size=None,
            proxy=None,
            open_timeout=SECONDS,
        )
        self.channel: ClientConnection = self._stack.enter_context(opening)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()
        self._stack.__exit__(kind, error, trace)

    def visit(self, page: str, query: str = "") -> str:
        """Open a page by its address; what was on screen, as text."""
        self._page, self._query = page, query
        self._states.clear()
        return self.run()

    def run(self, *states: WidgetState) -> str:
        """Run the page again with what a visitor did; what was on screen, as text."""
        self.ask(*states)
        return self.listen()

    def ask(self, *states: WidgetState) -> None:
        """As ``run``, without waiting for what comes of it."""
        message = BackMsg()
        message.rerun_script.page_name = self._page
        message.rerun_script.query_string = self._query
        for each in states:
            self._states[each.id] = each
        message.rerun_script.widget_states.widgets.extend(self._states.values())
        for each in states:
            if each.trigger_value:
                del self._states[each.id]
        self.channel.send(message.SerializeToString())

    def listen(self) -> str:
        """Everything up to the end of the run, as text."""
        self.heard, self.parts = b"", {}
        while True:
            message = self._hear()
            if message.HasField("new_session"):
                self.session = message.new_session.initialize.session_id
            if message.HasField("delta") and message.delta.HasField("new_element"):
                element = message.delta.new_element
                kind = element.WhichOneof("type")
                part = getattr(element, str(kind))
                self.parts[getattr(part, "label", "") or f"{kind}-{len(self.parts)}"] = part
            # A page that starts itself over is not done with its first run.
            if message.HasField("script_finished") and (
                message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
            ):
                return self.text

    def _hear(self) -> ForwardMsg:
        received = self.channel.recv(timeout=SECONDS)
        assert isinstance(received, bytes)
        self.heard += received
        message = ForwardMsg()
        message.ParseFromString(received)
        return message

    @property
    def text(self) -> str:
        """What was heard in the last run, with JSON's escapes of other scripts undone."""
        plain = self.heard.decode("utf-8", "replace")
        return ESCAPED.sub(lambda found: chr(int(found[1], 16)), plain)

    def click(self, label: str) -> WidgetState:
        """A click on a button."""
        return WidgetState(id=self.parts[label].id, trigger_value=True)

    def tick(self, label: str) -> WidgetState:
        """A box ticked."""
        found = next(each for name, each in self.parts.items() if label in name)
        return WidgetState(id=found.id, bool_value=True)

    def put(self, name: str, content: bytes) -> httpx.Response:
        """Send a file to where the page's uploader would, without telling the page of it."""
        self.upload_urls = self._upload_urls(name)
        return self.http.put(self.upload_urls.upload_url, files={"file": (name, content)})

    def upload(self, name: str, content: bytes) -> WidgetState:
        """A file uploaded to the page's one uploader."""
        answer = self.put(name, content)
        assert answer.status_code == 204, answer.text
        info = UploadedFileInfo(
            name=name,
            size=len(content),
            file_id=self.upload_urls.file_id,
            file_urls=self.upload_urls,
        )
        uploader = next(each for each in self.parts.values() if hasattr(each, "multiple_files"))
        state = FileUploaderState(uploaded_file_info=[info])
        return WidgetState(id=uploader.id, file_uploader_state_value=state)

    def _upload_urls(self, name: str) -> Any:
        message = BackMsg()
        message.file_urls_request.request_id = name
        message.file_urls_request.file_names.append(name)
        message.file_urls_request.session_id = self.session
        self.channel.send(message.SerializeToString())
        while True:
            found = self._hear()
            if found.HasField("file_urls_response"):
                return found.file_urls_response.file_urls[0]

    def address_of(self, label: str) -> str:
        """Have a download made; its address."""
        message = BackMsg()
        message.backend_operation_request.request_id = label
        message.backend_operation_request.session_id = self.session
        message.backend_operation_request.deferred_file.file_id = self.parts[label].deferred_file_id
        self.channel.send(message.SerializeToString())
        while True:
            found = self._hear()
            if found.HasField("backend_operation_response"):
                return str(found.backend_operation_response.deferred_file.url)
