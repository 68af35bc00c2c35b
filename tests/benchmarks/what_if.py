"""How long from a slider's move to the new picture, in a browser with the city-sized data.

``python -m tests.benchmarks.what_if [MOVES]`` writes a workbook of more than 200 institutions,
loads it, serves it, moves sliders and prints the median, the slowest tenth and the worst, from the
input event to the frame that shows the new values. Aim: a median below 300 ms on two cores.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import (
    CHROMIUM_ARGUMENTS,
    CHROMIUM_NAMES,
    DESKTOP,
    IDLE,
    ROOT,
    running,
)

MOVED = ("rate:新兴", "closures:red", "projects", "growth:职业本科")

# Moves the slider as a key press would and waits for the frame after the picture has changed. The
# blocks live in shadow roots.
MEASURE = """([lever, value]) => new Promise((done, fail) => {
  const find = (root, selector) => {
    const here = root.querySelector(selector);
    if (here) return here;
    for (const each of root.querySelectorAll('*')) {
      const found = each.shadowRoot && find(each.shadowRoot, selector);
      if (found) return found;
    }
    return null;
  };
  const slide = find(document, `[data-lever="${lever}"] input[type=range]`);
  const picture = find(document, '.wi-rows').closest('.block');
  const before = picture.innerHTML, start = performance.now();
  const watch = new MutationObserver(() => {
    if (picture.innerHTML === before) return;
    watch.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
  });
  watch.observe(picture, { childList: true, subtree: true });
  setTimeout(() => fail(new Error(`${lever} changed nothing`)), 10000);
  slide.value = value;
  slide.dispatchEvent(new Event('input', { bubbles: true }));
  slide.dispatchEvent(new Event('change', { bubbles: true }));
})"""


def measure(page: Page, moves: int) -> list[float]:
    """Milliseconds of each move; the first of every lever only warm."""
    found = []
    for n in range(moves + len(MOVED)):
        lever = MOVED[n % len(MOVED)]
        turn = n // len(MOVED) % 8
        value = 5 + 10 * turn if lever in ("closures:red", "projects") else 2 + turn
        found.append(page.evaluate(MEASURE, [lever, value]))
        page.wait_for_function(IDLE, polling=50)
    return found[len(MOVED) :]


def main() -> None:
    moves = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    program = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        warehouse, workbook = folder / "warehouse", folder / "city.xlsx"
        environment = os.environ | {"WAREHOUSE_DIR": str(warehouse)}
        for arguments in (["tests.benchmarks.city", str(workbook)], ["data.load", str(workbook)]):
            subprocess.run(
                [sys.executable, "-m", *arguments], cwd=ROOT, env=environment, check=True
            )
        with running(warehouse, folder / "server") as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=program, args=list(CHROMIUM_ARGUMENTS)
            )
            page = browser.new_page(viewport=DESKTOP, locale="zh-CN")
            page.goto(f"{server.url}/what-if")
            page.locator(".wi").first.wait_for()
            page.wait_for_function(IDLE, polling=50)
            found = sorted(measure(page, moves))
            browser.close()
    print(
        f"{moves} moves: median {statistics.median(found):.0f} ms, "
        f"slowest tenth from {found[int(moves * 0.9)]:.0f} ms, worst {found[-1]:.0f} ms"
    )


if __name__ == "__main__":
    main()
