"""进展总览: verdict, counts, every indicator as a bullet bar, the worst and their owners."""

import streamlit as st

from pages.parts import overview
from pages.parts.block import block
from pages.parts.view import follow, view

shown = view()
chosen, owner = overview.known(
    shown, st.query_params.get("status", ""), st.query_params.get("department", "")
)
follow(block(overview.markup(shown, chosen, owner), key="overview"))
overview.downloads(shown)
