"""What each page costs, beside an empty Streamlit page on the same machine. ``make bench``,
or ``python -m tests.benchmarks.pages overview --rounds 9``.

Nothing passes or fails here: a machine's milliseconds say little, the ratios in one run say more.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console
from rich.table import Table

from pages.parts.menu import MENU
from tests.browser.conftest import (
    CHROMIUM_ARGUMENTS,
    CHROMIUM_NAMES,
    DESKTOP,
    ROOT,
    Server,
    free_port,
    running,
)

EMPTY = 'import streamlit as st\n\nst.title("空")\n'
EMPTY_APP = 'import streamlit as st\n\napp = st.App("pages/_front.py")\n'
READABLE = "[data-testid='stMain'] h1"
LATENCY_SECONDS = 0.005
PATIENCE_MS = 60_000


@dataclass
class Cost:
    """What one page costs a first visitor (seconds, bytes, requests) and the server (seconds)."""

    first: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    script: list[float] = field(default_factory=list)
    size: int = 0
    requests: int = 0
    plotly: bool = False


def visit(browser: Browser, url: str, cost: Cost) -> None:
    """Open a page with an empty cache, and once more with a warm one."""
    context = browser.new_context(viewport=DESKTOP, locale="zh-CN")
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[int] = []
    names: list[str] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    session.on("Network.requestWillBeSent", lambda event: names.append(event["request"]["url"]))

    cost.first.append(readable(page, url))
    page.wait_for_load_state("networkidle")
    cost.size, cost.requests = sum(sizes), len(names)
    cost.plotly = any("PlotlyChart" in name for name in names)
    cost.again.append(readable(page, url))
    context.close()


def readable(page: Page, url: str) -> float:
    """Seconds from asking for an address until its heading can be read."""
    start = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.wait_for_selector(READABLE, timeout=PATIENCE_MS)
    return time.perf_counter() - start


class Line:
    """An office's line in front of a server: all connections share its bandwidth (bits a second).

    A proxy and not the browser's own throttling, which now and then stalls for ever when sixty
    requests wait, and leaves websockets out.
    """

    def __init__(self, url: str, rate: float) -> None:
        self.target = urlsplit(url)
        self.rate = rate
        self.port = free_port()
        self.free = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass bytes on, none earlier than the line could have brought them."""
        loop = asyncio.get_running_loop()
        with suppress(OSError):
            while data := await reader.read(16_384):
                self.free = max(loop.time(), self.free) + len(data) * 8 / self.rate
                await asyncio.sleep(self.free - loop.time() + LATENCY_SECONDS)
                writer.write(data)
                await writer.drain()
        writer.close()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of the browser, joined to one of the server."""
        back, forth = await asyncio.open_connection(self.target.hostname, self.target.port)
        await asyncio.gather(self.carry(reader, forth), self.carry(back, writer))

    async def serve(self) -> None:
        async with await asyncio.start_server(self.answer, "127.0.0.1", self.port) as server:
            await server.serve_forever()


def through(url: str, mbps: float) -> str:
    """The address of a server at the end of a line of so many Mbit/s; 0 for no line between."""
    if not mbps:
        return url
    line = Line(url, mbps * 1_000_000)
    Thread(target=lambda: asyncio.run(line.serve()), daemon=True).start()
    return line.url


def script_seconds(root: Path, warehouse: Path, pages: list[str], rounds: int) -> list[list[float]]:
    """Seconds of a warm run of the script per page, in a process of its own without a browser."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.pages", "--script", str(rounds), *pages],
        cwd=root,
        env=os.environ | {"WAREHOUSE_DIR": str(warehouse), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return [[float(each) for each in line.split()] for line in done.stdout.splitlines()]


def time_scripts(rounds: int, pages: list[str]) -> None:
    """Print the seconds of each warm run, a line per page (the child of ``script_seconds``)."""
    from streamlit.testing.v1 import AppTest

    for page in pages:
        test = AppTest.from_file(str(Path("pages/_front.py").resolve()), default_timeout=120)
        test.run()
        if page:
            test.switch_page(page).run()
        seconds = []
        for _ in range(rounds):
            start = time.perf_counter()
            test.run()
            seconds.append(time.perf_counter() - start)
        print(*seconds)


@contextmanager
def servers(folder: Path) -> Iterator[tuple[Server, Server]]:
    """The app with data of a large city, and an empty page as Streamlit serves it."""
    warehouse = folder / "warehouse"
    workbook = folder / "city.xlsx"
    environment = os.environ | {"WAREHOUSE_DIR": str(warehouse)}
    for arguments in (["tests.benchmarks.city", str(workbook)], ["data.load", str(workbook)]):
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        print(f"python -m {arguments[0]}: {time.perf_counter() - start:.1f} s")
    empty = folder / "empty"
    (empty / "pages").mkdir(parents=True)
    (empty / "pages" / "_front.py").write_text(EMPTY, "utf-8")
    (empty / "app.py").write_text(EMPTY_APP, "utf-8")
    shutil.copytree(ROOT / ".streamlit", empty / ".streamlit")
    with (
        running(warehouse, folder / "app") as app,
        running(empty, folder / "bare", empty, "/_stcore/health") as bare,
    ):
        yield app, bare


def report(costs: dict[str, Cost], mbps: float, base: str) -> None:
    """A table of medians, each with its ratio to the empty page."""
    line = f"{mbps:g} Mbit/s" if mbps else "unthrottled"
    table = Table(title=f"pages beside an empty one ({line})")
    for name in ("page", "first load s", "again s", "kB", "requests", "plotly.js", "script ms"):
        table.add_column(name, justify="left" if name == "page" else "right")
    zero = costs[base]
    for name, cost in costs.items():
        table.add_row(
            name,
            ratio(statistics.median(cost.first), statistics.median(zero.first), "{:.2f}"),
            ratio(statistics.median(cost.again), statistics.median(zero.again), "{:.2f}"),
            ratio(cost.size / 1000, zero.size / 1000, "{:.0f}"),
            ratio(cost.requests, zero.requests, "{:.0f}"),
            "yes" if cost.plotly else "no",
            ratio(
                1000 * statistics.median(cost.script),
                1000 * statistics.median(zero.script),
                "{:.0f}",
            ),
        )
    Console(width=110).print(table)


def ratio(value: float, base: float, form: str) -> str:
    """A value and how many times the empty page's it is."""
    return f"{form.format(value)} ({value / base:.2f}×)" if base else form.format(value)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mbps", type=float, default=10, help="0: as fast as the machine")
    parser.add_argument("--script", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("pages", nargs="*", help="addresses; all pages when empty")
    options = parser.parse_args()
    if options.script:
        time_scripts(options.script, options.pages)
        return
    files = {address: file for group in MENU.values() for address, file, _ in group}
    chosen = options.pages or list(files)
    program = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    with tempfile.TemporaryDirectory() as name, servers(Path(name)) as (app, bare):
        costs = {"(empty)": Cost()} | {address: Cost() for address in chosen}
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=program, args=list(CHROMIUM_ARGUMENTS)
            )
            # Round by round, so that a busy minute falls on all pages alike; the first only warms.
            empty, full = through(bare.url, options.mbps), through(app.url, options.mbps)
            for turn in range(options.rounds + 1):
                for address, cost in costs.items():
                    found = cost if turn else Cost()
                    url = empty if address == "(empty)" else f"{full}/{address}"
                    visit(browser, url, found)
            browser.close()
        costs["(empty)"].script = script_seconds(
            bare.warehouse, bare.warehouse, [""], options.rounds
        )[0]
        timed = script_seconds(
            ROOT, app.warehouse, [files[address] for address in chosen], options.rounds
        )
        for address, seconds in zip(chosen, timed, strict=True):
            costs[address].script = seconds
        report(costs, options.mbps, "(empty)")


if __name__ == "__main__":
    main()
