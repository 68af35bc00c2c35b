"""The server: ``streamlit run app.py``. Compression, headers, health and error numbers; no pages.

The first script is ``pages/_front.py`` for every address, so that a deep link on a fresh server
gets the same sign-on, data version and filters as the home page.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import logging
import mimetypes
import os
import re
import secrets
import socket
import sys
import tomllib
from asyncio import base_events
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from threading import Thread

import anyio.to_thread
import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config, file_util, net_util
from streamlit.runtime.backend_operation_handler import DeferredFileHandler

from data import scratch
from pages.parts import download, sign_on
from pages.parts.gate import OnlyThisMachine, OnlyWithRole, WayBack
from pages.parts.menu import MENU
from pages.parts.verbatim import verbatim

SETTINGS = Path(__file__).parent / ".streamlit"
STATIC = Path(file_util.get_static_dir())
HOME = next(address for group in MENU.values() for address, _, _ in group)
TITLE = "职业教育专业建设进展"

# The theme that start.js gives to Streamlit's frontend: its field, our setting.
FIRST_PAINT = {
    "bodyFont": "font",
    "headingFont": "headingFont",
    "primaryColor": "primaryColor",
    "backgroundColor": "backgroundColor",
    "secondaryBackgroundColor": "secondaryBackgroundColor",
    "textColor": "textColor",
}


@cache
def start_script() -> str:
    """The one inline script of the page shell."""
    theme = {field: config.get_option(f"theme.{name}") for field, name in FIRST_PAINT.items()}
    text = json.dumps(theme, ensure_ascii=True).replace("<", "\\u003c")
    return (SETTINGS / "start.js").read_text(encoding="utf-8").replace("THEME", text, 1)


@cache
def content_security_policy() -> str:
    """Everything from this server alone.

    Streamlit needs inline styles (emotion writes them), blob: scripts (components.v2) and workers,
    data: images and fonts, and data: fetches (the empty base map that keeps plotly from asking a
    public host). No other inline script, and no eval.
    """
    digest = base64.b64encode(hashlib.sha256(start_script().encode()).digest()).decode()
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' blob: 'sha256-{digest}'",
            "worker-src 'self' blob:",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' data: blob:",
            "frame-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    )


SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
}

# What is taken out of Streamlit's index.html, from one text to the next: licence, font preload,
# notes for agents, its inline script.
SHELL_CUTS = (
    ("<!--\n Copyright", "-->"),
    ('<link\n      rel="preload"', "/>"),
    ("<!--\n      Machine-readable", 'openapi.json" />'),
    ("<!-- initialize", "</script>"),
)
# The parts of Streamlit's frontend that every page has: the browser learns of them from the shell
# instead of from the first message, and reads them while it waits for the connection.
EARLY_PARTS = ("Html", "BidiComponent", "DateInput", "Multiselect", "DownloadButton")
IMPORTED = re.compile(r"(?:from|import)\s*[\"'`]\./([^\"'`]+\.js)[\"'`]")
NOSCRIPT = "<p>本系统需要在浏览器中启用 JavaScript。</p>"


def edited_shell(html: str) -> str:
    """Streamlit's index.html in Chinese, with our start script in place of its own."""
    head = f"<title>{TITLE}</title>\n    <script>{start_script()}</script>"
    # Without the language a browser offers to translate the page.
    html = html.replace('<html lang="en">', '<html lang="zh-CN">', 1)
    html = html.replace("<title>Streamlit</title>", head, 1)
    for start, end in SHELL_CUTS:
        head, found, rest = html.partition(start)
        if found:
            html = head + rest.partition(end)[2]
    html = html.replace("</head>", f"{early_parts(html)}</head>", 1)
    head, found, rest = html.partition("<noscript>")
    if found:
        html = f"{head}{found}{NOSCRIPT}</noscript>{rest.partition('</noscript>')[2]}"
    return html


def early_parts(html: str) -> str:
    """Links for EARLY_PARTS and what they import, as far as the shell does not name them yet."""
    wanted = [name for name in bundle() if name.removeprefix("js/").split(".")[0] in EARLY_PARTS]
    found: dict[str, None] = {}
    while wanted:
        name = wanted.pop()
        if name in found or name not in bundle():
            continue
        found[name] = None
        script = bundle()[name].read_text(encoding="utf-8")
        wanted += [f"js/{each}" for each in IMPORTED.findall(script)]
    return "".join(
        f'<link rel="modulepreload" crossorigin href="./static/{name}" />'
        for name in sorted(found)
        if f"./static/{name}" not in html
    )


@cache
def shell() -> bytes:
    """The page shell as it is sent: 4 kB, and 1.4 kB compressed."""
    return edited_shell((STATIC / "index.html").read_text(encoding="utf-8")).encode()


@cache
def shell_gzipped() -> bytes:
    """The page shell compressed."""
    return gzip.compress(shell(), 9)


@cache
def bundle() -> dict[str, Path]:
    """Streamlit's compressible assets by their path below ``/static/``: about 350 files, 23 MB."""
    root = STATIC / "static"
    return {
        path.relative_to(root).as_posix(): path
        for path in root.rglob("*")
        if path.suffix in {".js", ".css", ".svg", ".json"}
    }


@cache
def phrases() -> dict[str, dict[str, str]]:
    """Chunk of Streamlit's frontend → its English words a reader meets → what they are here."""
    text = (SETTINGS / "phrases.toml").read_text(encoding="utf-8")
    found: dict[str, dict[str, str]] = tomllib.loads(text)
    return found


def plain(name: str) -> bytes:
    """One asset, its words in Chinese."""
    path = bundle()[name]
    words = phrases().get(path.name.split(".")[0], {}) if path.suffix == ".js" else {}
    if not words:
        return path.read_bytes()
    script = path.read_text(encoding="utf-8")
    for english, chinese in words.items():
        script = script.replace(f"`{english}`", f"`{chinese}`")
    return script.encode()


@cache
def gzipped(name: str) -> bytes:
    """One asset compressed, kept for the life of the server (all of them: 7 MB, 0.9 s of CPU)."""
    return gzip.compress(plain(name), 9)


class CompressedBundle:
    """Serves Streamlit's own JavaScript and page shell, compressed and in Chinese.

    Streamlit sends its bundle as it lies on the disk, because compressing it at every request
    would cost more than it saves; here each file is compressed once. Only gzip: browsers offer
    br and zstd on https alone. Websockets, ranges and downloads pass through untouched.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        base = "/" + str(config.get_option("server.baseUrlPath") or "").strip("/")
        path = scope["path"].removeprefix(base.rstrip("/"))
        accepted = "gzip" in headers.get("accept-encoding", "")
        if path.startswith("/static/"):
            name = path.removeprefix("/static/")
            if "range" not in headers and name in bundle():
                body = await anyio.to_thread.run_sync(gzipped if accepted else plain, name)
                await asset(name, body, headers, accepted)(scope, receive, send)
                return
        elif not path.startswith(("/_stcore/", "/media/", "/component/", "/health")):
            send = ShellSender(send, accepted)
        await self.app(scope, receive, send)


def asset(name: str, body: bytes, headers: Headers, compressed: bool) -> Response:
    """One asset as a response. Its name carries its hash, so a browser need never ask again."""
    etag = f'"{name.rsplit("/", 1)[-1]}{"-gz" if compressed else ""}"'
    fixed = {
        "cache-control": "public, immutable, max-age=31536000",
        "vary": "accept-encoding",
        "etag": etag,
    }
    if headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=fixed)
    if compressed:
        fixed["content-encoding"] = "gzip"
    # Some Windows registries call .js text/plain, which nosniff would refuse.
    script = name.endswith(".js")
    kind = "text/javascript" if script else mimetypes.guess_type(name)[0]
    return Response(body, headers=fixed, media_type=kind or "application/octet-stream")


class ShellSender:
    """Replaces the body of Streamlit's index.html, whatever address it was sent for, by ours."""

    def __init__(self, send: Send, accepted: bool) -> None:
        self.send, self.accepted = send, accepted
        self.replacing = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            self.replacing = message["status"] == 200 and headers.get(
                "content-type", ""
            ).startswith("text/html")
            if self.replacing:
                body = shell_gzipped() if self.accepted else shell()
                headers["content-length"] = str(len(body))
                headers["cache-control"] = "no-cache"
                headers["vary"] = "accept-encoding"
                if self.accepted:
                    headers["content-encoding"] = "gzip"
                for name in ("etag", "last-modified", "accept-ranges"):
                    del headers[name]
                await self.send(message)
                await self.send({"type": "http.response.body", "body": body})
                return
        elif self.replacing:
            return
        await self.send(message)


class SecureHeaders:
    """Adds the security headers to every response that has not set its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("content-security-policy", content_security_policy())
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


def number_error(error: Exception) -> bool:
    """Show a number instead of a traceback; Streamlit has just written the traceback to the log."""
    if isinstance(error, sign_on.NotAllowed):
        st.error(verbatim(error), icon=":material/lock:")
        return True
    number = f"E-{secrets.token_hex(3).upper()}"
    logging.getLogger("app").error("错误编号 %s：%s: %s", number, type(error).__name__, error)
    st.error(
        f"这一部分没能显示，错误编号 **{number}**。"
        "请刷新页面重试；仍不行时，请把编号告诉系统管理员。",
        icon=":material/error:",
    )
    return True


async def health(_: Request) -> Response:
    """For the office's monitoring: answers while the server accepts work; opens no data."""
    return JSONResponse({"status": "ok"}, headers={"cache-control": "no-store"})


async def home(request: Request) -> Response:
    """The first page's own address: Streamlit knows that page only as the root."""
    query = request.url.query
    return RedirectResponse(f"./?{query}" if query else "./", headers={"cache-control": "no-cache"})


def warm() -> None:
    """Clean up after a killed server; then compress the bundle before anyone asks, so that the
    first visitor does not wait for it."""
    scratch.remove_leftovers()
    for name in sorted(bundle(), key=lambda name: bundle()[name].stat().st_size):
        gzipped(name)


@asynccontextmanager
async def started(_: st.App) -> AsyncIterator[None]:
    """Warm up beside the first visitors, and say where the server is."""
    Thread(target=warm, name="warm", daemon=True).start()
    address = f"http://localhost:{config.get_option('server.port')}"
    print(f"已启动：{address}（按 Ctrl+C 停止）", flush=True)
    yield


# Here and not when the server starts: Streamlit reads the secrets before that, and hangs where it
# may not read them.
refusal = sign_on.why_not_start(config.get_option("server.address"))
if refusal:
    print(refusal, file=sys.stderr, flush=True)
    # Not an exception, which the server would print as a traceback.
    os._exit(2)

# Before it refuses a websocket from a strange origin Streamlit asks two public hosts for this
# machine's own addresses. Give it the answers, so that it never asks.
net_util._internal_ip = net_util._external_ip = "127.0.0.1"


# A file that could not be made: Streamlit says so in English, and not why.
DeferredFileHandler.handle = download.answer  # type: ignore[method-assign, assignment]


def set_nodelay(connection: socket.socket) -> None:
    """Send small answers at once (TCP_NODELAY), on every connection of the server.

    asyncio does so only for sockets that name their protocol, and Streamlit's listening socket does
    not: each answer would wait 40 ms for the reader's delayed acknowledgement (uvicorn issue 3149).
    """
    if connection.family in {socket.AF_INET, socket.AF_INET6}:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


base_events._set_nodelay = set_nodelay  # type: ignore[attr-defined]

app = st.App(
    "pages/_front.py",
    lifespan=started,
    routes=[Route("/health", health), Route(f"/{HOME}", home)],
    middleware=[
        Middleware(SecureHeaders),
        Middleware(OnlyThisMachine),
        Middleware(OnlyWithRole),
        Middleware(WayBack),
        Middleware(CompressedBundle),
    ],
    on_script_error=number_error,
)
