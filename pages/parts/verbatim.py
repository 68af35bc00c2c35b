"""Text of the data for those of Streamlit's elements that read Markdown: shown as it stands."""

from __future__ import annotations

import re

# What Markdown and Streamlit's directives (:red[…], :material/…:, $…$) are made of.
_SIGNS = re.compile(r"[\\`*_{}\[\]()#+\-.!|$~:<>&=]")
# An address is made a link even where every sign of it is escaped: an invisible joint breaks it.
_LINKS = re.compile(r"(?i)(?<=http)(?=s?:)|(?<=https)(?=:)|(?<=www)(?=\.)|(?<=\w)(?=@)")
_JOINT = "\u2060"


def verbatim(text: object) -> str:
    """The text on one line, none of it Markdown, a directive, a formula or a link."""
    line = " ".join(str(text).split())
    return _SIGNS.sub(r"\\\g<0>", _LINKS.sub(_JOINT, line))
