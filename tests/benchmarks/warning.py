"""What a move of a threshold costs the server on 监测预警: the whole fragment that answers it.

``python -m tests.benchmarks.warning [MOVES]`` prints the median milliseconds of each section with
the data of WAREHOUSE_DIR (the city's: ``python -m tests.benchmarks.city``); elapsed, and of this
thread alone, which other work on the machine does not change. Aim: a median below 30 ms.
"""

from __future__ import annotations

import statistics
import sys
import time

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from data.plan import load_plan
from pages.parts import warning
from pages.parts.view import View
from pages.parts.warning_state import PAGE, SECTIONS, written
from tests.browser.conftest import ROOT

# Beside every section as it opens, the largest heat table.
ADDRESSES = [*({"show": name} for name in SECTIONS), {"show": "heat", "rows": "all"}]

body = warning.body
elapsed: list[float] = []
worked: list[float] = []


def timed(view: View) -> None:
    """The fragment, timed."""
    start, thread = time.perf_counter(), time.thread_time()
    body(view)
    elapsed.append(1000 * (time.perf_counter() - start))
    worked.append(1000 * (time.thread_time() - thread))


def main() -> None:
    moves = int(sys.argv[1]) if len(sys.argv) > 1 else 25
    signal = load_plan().warning.signals[0]
    warning.body = timed
    for address in ADDRESSES:
        test = AppTest.from_file(str(ROOT / "pages" / "_front.py"), default_timeout=120)
        test.switch_page(f"{PAGE}.py")
        test._page_hash = calc_hash(PAGE)
        for name, value in address.items():
            test.query_params[name] = value
        test.run()
        elapsed.clear()
        worked.clear()
        for turn in range(moves):
            test.query_params[signal.id] = written(signal.yellow - turn % 9, signal.red - turn % 9)
            test.run()
        words = "&".join(f"{name}={value}" for name, value in address.items())
        print(
            f"{words}: {statistics.median(elapsed):.1f} ms, "
            f"of this thread {statistics.median(worked):.1f} ms",
            flush=True,
        )


if __name__ == "__main__":
    main()
