"""Data whose every text is hostile, in a browser: nothing runs, loads or overflows."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Dialog

from pages.parts.menu import FILES
from tests.browser.conftest import Server, Visitor
from tests.data.hostile_book import MARK, TEXTS

pytestmark = pytest.mark.browser
ID = "".join(TEXTS[1].split())
# The views of the pages that show what their first ones do not.
FURTHER = (
    ("indicator", {"id": "points_emerging", "institution": "".join(TEXTS[7].split())}),
    ("institution", {"id": ID, "with": "".join(TEXTS[2].split())}),
)
# Elements and attributes made of text, in the page and in the shadow of every component.
LOOSE = """(mark) => {
  const found = [];
  const look = (root) => {
    for (const each of root.querySelectorAll("*")) {
      const names = [...each.attributes].map((a) => a.name);
      const address = each.getAttribute("href") || each.getAttribute("src") || "";
      if (names.some((n) => n.includes(mark)) || /^(https?:|javascript:)/.test(address)
          && !address.startsWith(location.origin)) found.push(each.outerHTML.slice(0, 200));
      if (each.shadowRoot) look(each.shadowRoot);
    }
  };
  look(document);
  if (window[mark] !== undefined) found.push("ran");
  return found;
}"""
# Text that was read as something else than text by an element of Streamlit's.
READ = """() => [...document.querySelectorAll(
  '[data-testid="stMain"] :is(.katex, [data-testid="stMarkdownContainer"] :is(a, img, del, h1))'
)].map((each) => each.outerHTML.slice(0, 200))"""
TOO_WIDE = """() => {
  const main = document.querySelector('[data-testid="stMain"]');
  return Math.max(main.scrollWidth - main.clientWidth,
    document.documentElement.scrollWidth - document.documentElement.clientWidth);
}"""


def test_every_page_shows_text_as_text(
    visit: Callable[..., Visitor],
    serve: Callable[..., AbstractContextManager[Server]],
    hostile_warehouse: Path,
    tmp_path: Path,
) -> None:
    warehouse = Path(shutil.copytree(hostile_warehouse, tmp_path / "data"))
    dialogs: list[str] = []

    def heard(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    with serve(warehouse) as server:
        visitor = visit(server)
        visitor.page.on("dialog", heard)
        for address, query in (*((each, {}) for each in FILES), *FURTHER):
            where = f"/{address}?{urlencode(query)}"
            visitor.page.set_viewport_size({"width": 1366, "height": 768})
            page = visitor.goto(where)
            assert page.evaluate(LOOSE, MARK) == [], where
            assert page.evaluate(READ) == [], where
            assert page.evaluate(TOO_WIDE) <= 0, where
            page.set_viewport_size({"width": 390, "height": 844})
            page.wait_for_function(f"() => ({TOO_WIDE})() <= 0", timeout=10_000)
        assert dialogs == []
        assert "Traceback" not in server.said()
        visitor.check()
        # An open page would ask a server that is gone.
        visitor.page.close()
