"""What sign-on needs of the server: nobody from outside without it, and the way back after it."""

from __future__ import annotations

from collections.abc import Callable
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import anyio.to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from data.notes import NOBODY
from pages.parts import sign_on

RETURN_TO = "return_to"
# Longer than anyone takes to sign in.
RETURN_SECONDS = 900
LONGEST_RETURN = 2_000


class OnlyThisMachine:
    """Without sign-on, turns away what came in on an address that other machines can reach, however
    the server was started; health stays, for the office's monitoring.

    The name asked for must be this machine's too: a strange site whose name leads here would
    otherwise be served as the local administrator.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] == "lifespan"
            or scope["path"] == "/health"
            or sign_on.read_only()
            or sign_on.configured()
            or _is_local(scope)
        ):
            await self.app(scope, receive, send)
            return
        text = "尚未配置登录认证，只能在本机打开（http://localhost）。"
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        await PlainTextResponse(text, status_code=403)(scope, receive, send)


def _is_local(scope: Scope) -> bool:
    address, *_ = scope.get("server") or ("", None)
    name = urlsplit(f"//{Headers(scope=scope).get('host', '')}").hostname
    return sign_on.this_machine(address) and bool(name and _named_here(name))


def _named_here(name: str) -> bool:
    return name.endswith(".localhost") or sign_on.this_machine(name)


class WayBack:
    """After signing in a visitor lands on the address they wanted; Streamlit knows only the home
    page. Where they were is in the request for signing in (its referrer), and is kept in a cookie
    of a few minutes: a path on this server and nothing else."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = ""
        if scope["type"] == "http":
            base = "/" + str(config.get_option("server.baseUrlPath") or "").strip("/")
            path = scope["path"].removeprefix(base.rstrip("/"))
        if path == "/auth/login":
            await self.app(scope, receive, _sender(send, _leaving(HTTPConnection(scope))))
        elif path == "/oauth2callback":
            await self._back(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _back(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = HTTPConnection(scope)
        asked = {"code", "error"} & set(request.query_params)
        signed_in = False

        def change(headers: MutableHeaders) -> None:
            nonlocal signed_in
            signed_in = any(
                value.startswith(f"{sign_on.COOKIE}=")
                and not value.startswith(f'{sign_on.COOKIE}=""')
                for value in headers.getlist("set-cookie")
            )
            place = safe_place(unquote(request.cookies.get(RETURN_TO, "")))
            if asked and "location" in headers:
                home = headers["location"]
                headers["location"] = place or home
                if not signed_in:
                    mark = "&" if "?" in headers["location"] else "?"
                    headers["location"] += f"{mark}sign_in=failed"
            headers.append("set-cookie", _cookie("", 0))

        await self.app(scope, receive, _sender(send, change))
        if asked and not signed_in:
            reason = request.query_params.get("error", "")[:60] or "登录凭证无效"
            await anyio.to_thread.run_sync(sign_on.refused, "sign_in", NOBODY, {"reason": reason})


def _sender(send: Send, change: Callable[[MutableHeaders], None]) -> Send:
    async def changed(message: Message) -> None:
        if message["type"] == "http.response.start":
            change(MutableHeaders(raw=message["headers"]))
        await send(message)

    return changed


def _leaving(request: HTTPConnection) -> Callable[[MutableHeaders], None]:
    came = urlsplit(request.headers.get("referer", ""))
    query = urlencode(
        [pair for pair in parse_qsl(came.query, keep_blank_values=True) if pair[0] != "sign_in"]
    )
    place = ""
    if came.netloc == request.headers.get("host"):
        place = safe_place(f"{came.path}?{query}" if query else came.path)

    def change(headers: MutableHeaders) -> None:
        headers.append("set-cookie", _cookie(place, RETURN_SECONDS if place else 0))

    return change


def safe_place(place: str) -> str:
    """The place when it is a path of this server, else nothing: it becomes a redirect."""
    plain = place.isascii() and place.isprintable() and "\\" not in place
    parts = urlsplit(place) if plain and len(place) <= LONGEST_RETURN else None
    ours = parts is not None and not parts.scheme and not parts.netloc
    return place if ours and place.startswith("/") and not place.startswith("//") else ""


def _cookie(value: str, seconds: int) -> str:
    cookie = SimpleCookie({RETURN_TO: quote(value, safe="")})
    kept = cookie[RETURN_TO]
    kept["httponly"], kept["samesite"], kept["path"], kept["max-age"] = True, "Lax", "/", seconds
    return cookie.output(header="").strip()
