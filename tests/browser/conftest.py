"""A real server and a real Chromium; a request to any other host or an error fails the test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

ROOT = Path(__file__).resolve().parents[2]
DESKTOP = ViewportSize(width=1366, height=768)
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No other host has an address: what would be asked of it fails, and is seen to fail.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
START_SECONDS = 60
PAGE_MILLISECONDS = 45_000
# A busy machine may take longer than Playwright's five seconds over a page's first run.
expect.set_options(timeout=20_000)

# Connected, the run over for 200 ms without a break, and nothing left from the run before it.
IDLE = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  const idle = app
    && app.dataset.testScriptState === 'notRunning'
    && app.dataset.testConnectionState === 'CONNECTED'
    && document.querySelector('[data-testid="stMain"] [data-testid^="stElementContainer"]')
    && !document.querySelector('[data-testid="stSkeleton"], [data-stale="true"]');
  const now = performance.now();
  if (!idle) { window.idleSince = undefined; return false; }
  window.idleSince ??= now;
  return now - window.idleSince > 200;
}"""


@dataclass
class Server:
    """A running app: its address and what it has written so far."""

    url: str
    warehouse: Path
    log: Path
    outbound: Path
    process: subprocess.Popen[bytes]
    ended: bool = False

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def said(self) -> str:
        """Everything the server has written to its log."""
        return self.log.read_text(encoding="utf-8")

    def asked(self) -> list[str]:
        """Hosts other than this machine that the server has tried to reach."""
        return self.outbound.read_text().splitlines() if self.outbound.exists() else []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    warehouse: Path,
    folder: Path,
    root: Path = ROOT,
    health: str = "/health",
    **environment: str,
) -> Iterator[Server]:
    """The app of a source tree on a free port with that warehouse; stopped at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    outbound = folder / "outbound.log"
    settings = {
        "WAREHOUSE_DIR": str(warehouse),
        "OUTBOUND_LOG": str(outbound),
        "PYTHONPATH": str(Path(__file__).parent / "outbound"),
        "PYTHONUTF8": "1",
    }
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
            cwd=root,
            env=os.environ | settings | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(f"http://127.0.0.1:{port}", warehouse, log, outbound, process)
    try:
        wait_healthy(server, health)
        yield server
    finally:
        server.ended = True
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until(true: Callable[..., object], *given: object) -> None:
    """Wait for what another process is about to do, without a pause that could miss it."""
    end = time.monotonic() + START_SECONDS
    while not true(*given):
        assert time.monotonic() < end, "it never came"


def wait_healthy(server: Server, health: str) -> None:
    """Until its health address answers; a server that has ended says why."""
    end = time.monotonic() + START_SECONDS
    while server.process.poll() is None and time.monotonic() < end:
        try:
            with urlopen(f"{server.url}{health}", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{server.said()}", pytrace=False)


@dataclass
class Visitor:
    """A person with a browser of their own at one server."""

    server: Server
    context: BrowserContext
    page: Page = field(init=False)
    requests: list[str] = field(init=False, default_factory=list)
    errors: list[str] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.page = self.context.new_page()
        self.page.set_default_timeout(PAGE_MILLISECONDS)
        self.context.on("request", lambda request: self.requests.append(request.url))
        self.context.on("console", lambda message: self._heard(message.type, message.text))
        self.context.on("weberror", lambda error: self.errors.append(str(error.error)))
        self.page.on("websocket", lambda channel: self.requests.append(channel.url))

    def _heard(self, kind: str, text: str) -> None:
        # A page still open when its server is stopped looks for it, and rightly finds none.
        if kind == "error" and not (self.server.ended and "ERR_CONNECTION" in text):
            self.errors.append(text)

    def goto(self, path: str) -> Page:
        """Open an address of the server, and wait until the page has been drawn."""
        self.page.goto(self.server.url + path, wait_until="commit")
        return self.settle()

    def settle(self) -> Page:
        """Wait until the app has nothing left to do. After a click, expect its outcome first."""
        self.page.wait_for_function(IDLE, polling=50)
        return self.page

    def strangers(self) -> list[str]:
        """Requests to any host but the server's own."""
        urls = [url for url in self.requests if not url.startswith(("data:", "blob:", "about:"))]
        return [url for url in urls if urlsplit(url).netloc != self.server.host]

    def check(self) -> None:
        """Fail on what should not have happened during the visit."""
        assert not self.strangers(), f"requests to other hosts: {self.strangers()}"
        assert not self.errors, (
            f"errors in the browser: {self.errors}\n{self.server.said()[-3000:]}"
        )
        assert not self.server.asked(), f"the server asked: {self.server.asked()}"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of this machine, or Playwright's own when there is none."""
    program = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=CHROMIUM_ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def warehouse(demo_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This worker's own copy of the demonstration warehouse: the app may write to it."""
    return Path(shutil.copytree(demo_warehouse, tmp_path_factory.mktemp("warehouse") / "data"))


@pytest.fixture(scope="session")
def server(warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all browser tests of a worker."""
    with running(warehouse, tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture
def serve(tmp_path: Path) -> Callable[..., AbstractContextManager[Server]]:
    """A server of its own for a test: ``with serve(warehouse) as server``."""

    def start(
        warehouse: Path, root: Path = ROOT, **environment: str
    ) -> AbstractContextManager[Server]:
        return running(warehouse, tmp_path / f"server-{free_port()}", root, **environment)

    return start


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Visitors to any server: ``visit(server)``, ``visit(server, viewport=…)``."""
    visitors: list[Visitor] = []

    def come(server: Server, viewport: ViewportSize = DESKTOP, **options: object) -> Visitor:
        given = {"locale": "zh-CN", **options}
        context = browser.new_context(viewport=viewport, **given)  # type: ignore[arg-type]
        visitors.append(Visitor(server, context))
        return visitors[-1]

    yield come
    for visitor in visitors:
        visitor.context.close()
    for visitor in visitors:
        visitor.check()


@pytest.fixture
def visitor(visit: Callable[..., Visitor], server: Server) -> Visitor:
    """A visitor to the worker's server."""
    return visit(server)


@pytest.fixture
def page(visitor: Visitor) -> Page:
    """The visitor's page, for tests that need nothing else."""
    return visitor.page
