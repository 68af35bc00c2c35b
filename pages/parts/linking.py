"""Links of 产教对接 to itself: a whole address for another tab, what changes for a click."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from pages.parts.view import View

PAGE = "alignment"


def linked(view: View, old: Mapping[str, str]) -> Callable[[Mapping[str, str]], dict[str, str]]:
    """Links from the page's old parameters to new ones."""

    def link(new: Mapping[str, str]) -> dict[str, str]:
        changed = {
            name: new.get(name, "")
            for name in {**old, **new}
            if old.get(name, "") != new.get(name, "")
        }
        return {"href": view.address(PAGE, new), "go": f"?{urlencode(changed)}"}

    return link
