"""Imported by Python itself in a server under test: writes down whom the process talks to.

The server must not ask any other host; an audit hook sees every attempt, even one that a closed
network would have failed silently.
"""

import os
import sys
from typing import Any

OWN = ("127.", "::1", "localhost", "0.0.0.0", "::")


def note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in {"socket.connect", "socket.sendto"} and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    if not name.startswith(OWN):
        with open(os.environ["OUTBOUND_LOG"], "a", encoding="utf-8") as log:  # noqa: PTH123
            log.write(f"{event} {name}\n")


if "OUTBOUND_LOG" in os.environ:
    sys.addaudithook(note)
