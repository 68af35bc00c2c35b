"""Text cut to a width, whatever measures it: the screen and PowerPoint have faces of their own."""

from __future__ import annotations

from collections.abc import Callable


def cut(text: str, width: float, size: float, em: Callable[[str], float]) -> str:
    """The text, or as much of it as fits with an ellipsis; em: how wide a text is, in sizes."""
    if em(text) * size <= width:
        return text
    found = ""
    for each in text:
        if (em(found + each) + 1) * size > width:
            break
        found += each
    return f"{found}…"
