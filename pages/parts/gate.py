"""What sign-on needs of the server: nobody from outside without it, no files without a role, and
the way back after signing in."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import anyio.to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.auth_util import get_cookie_with_chunks, get_origin_from_redirect_uri
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value

from data.notes import NOBODY
from pages.parts import sign_on

RETURN_TO = "return_to"
# Longer than anyone takes to sign in.
RETURN_SECONDS = 900
LONGEST_RETURN = 2_000
METRICS, UPLOADS, FILES = "/_stcore/metrics", "/_stcore/upload_file/", "/media/"


class OnlyThisMachine:
    """Without sign-on, turns away what came in on an address that other machines can reach, however
    the server was started; health stays, for the office's monitoring.

    The name asked for must be this machine's too, and a page that asks must be one of ours: a
    strange site would otherwise be served as the local administrator.
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
    headers = Headers(scope=scope)
    host, origin = headers.get("host", ""), headers.get("origin")
    try:
        name = urlsplit(f"//{host}").hostname
        ours = origin is None or urlsplit(origin).netloc == host
    except ValueError:
        return False
    return ours and sign_on.this_machine(address) and bool(name and _named_here(name))


def _named_here(name: str) -> bool:
    return name.endswith(".localhost") or sign_on.this_machine(name)


class OnlyWithRole:
    """Where people sign on, hands files out and takes uploads only with a role: the addresses of
    files are long, but stand in browsers' histories and proxies' logs. What is no download (the
    icon) is for everyone, as the page that asks them to sign in. How busy the server is, is for
    administrators alone."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = _path(scope) if scope["type"] == "http" else ""
        if path.startswith((FILES, UPLOADS)):
            needed = "viewer"
        elif path == METRICS:
            needed = "administrator"
        else:
            await self.app(scope, receive, send)
            return
        allowed = await anyio.to_thread.run_sync(_may, HTTPConnection(scope), needed)
        if allowed or path.startswith(FILES):
            await self.app(scope, receive, FileSender(send, allowed))
        else:
            await CLOSED(scope, receive, send)


CLOSED = PlainTextResponse("请先登录", status_code=403)


class FileSender:
    """Passes a response on, but a download only to who may have it, and so that nothing on the way
    keeps it."""

    def __init__(self, send: Send, allowed: bool) -> None:
        self.send, self.allowed = send, allowed
        self.dropping = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            if headers.get("content-disposition", "").startswith("attachment"):
                headers["cache-control"] = "private, no-store"
                self.dropping = not self.allowed
                if self.dropping:
                    await self._turn_away()
        if not self.dropping:
            await self.send(message)

    async def _turn_away(self) -> None:
        start = {"type": "http.response.start", "status": CLOSED.status_code}
        await self.send(start | {"headers": list(CLOSED.raw_headers)})
        await self.send({"type": "http.response.body", "body": CLOSED.body})


def _may(request: HTTPConnection, needed: str) -> bool:
    """Whether a request comes from a person with the role."""
    try:
        # First the settings: without them the cookie cannot be read.
        given = identity(request) if sign_on.configured() and sign_on.settings() else {}
        return sign_on.user(given).may(needed)
    except (sign_on.NotAllowed, sign_on.SettingsError):
        return False


def identity(request: HTTPConnection) -> dict[str, Any]:
    """What the signed cookie of a request says of who sends it; nothing when it is none of ours."""

    def signed(name: str) -> bytes | None:
        value = request.cookies.get(name, "").encode("latin-1", "replace")
        return decode_signed_value(get_cookie_secret(), name, value) if value else None

    found = get_cookie_with_chunks(signed, sign_on.COOKIE)
    claims = json.loads(found) if found else {}
    return claims if claims.get("origin") == get_origin_from_redirect_uri() else {}


class WayBack:
    """After signing in a visitor lands on the address they wanted; Streamlit knows only the home
    page. Where they were is in the request for signing in (its referrer), and is kept in a cookie
    of a few minutes: a path on this server and nothing else."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = _path(scope) if scope["type"] == "http" else ""
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
            if sign_on.home().startswith("https://"):
                headers.raw[:] = map(_secure, headers.raw)

        await self.app(scope, receive, _sender(send, change))
        if asked and not signed_in:
            reason = request.query_params.get("error", "")[:60] or "登录凭证无效"
            await anyio.to_thread.run_sync(sign_on.refused, "sign_in", NOBODY, {"reason": reason})


def _secure(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """A cookie that a browser sends on https alone; Streamlit does not ask for that."""
    name, value = header
    cookie = name == b"set-cookie" and b"; secure" not in value.lower()
    return (name, value + b"; Secure") if cookie else header


def _path(scope: Scope) -> str:
    base = "/" + str(config.get_option("server.baseUrlPath") or "").strip("/")
    path: str = scope["path"]
    return path.removeprefix(base.rstrip("/"))


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
