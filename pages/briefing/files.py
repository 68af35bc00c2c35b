"""The pack as files, by their suffix."""

from __future__ import annotations

from collections.abc import Callable

from pages.briefing.pack import Pack
from pages.parts.view import View


def pptx(view: View, pack: Pack) -> bytes:
    """The slides."""
    del view
    from pages.briefing import slideshow

    return slideshow.pptx(pack)


def docx(view: View, pack: Pack) -> bytes:
    """The briefing as an official paper."""
    from pages.briefing import paper

    return paper.docx(view, pack)


def xlsx(view: View, pack: Pack) -> bytes:
    """The numbers of every slide, and the rows behind them."""
    from pages.briefing import numbers

    return numbers.xlsx(view, pack)


WRITERS: dict[str, Callable[[View, Pack], bytes]] = {"pptx": pptx, "docx": docx, "xlsx": xlsx}
