"""专业体系完善: the tasks of the second action, the ladder of levels, the schools' conditions."""

import streamlit as st

from pages.parts import system
from pages.parts.block import block
from pages.parts.view import follow, view

shown = view()
asked = st.query_params
page = system.markup(shown, asked.get("kind", ""), asked.get("show", ""), asked.get("item", ""))
follow(block(page, key="system"))
system.downloads(shown)
