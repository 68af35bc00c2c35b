"""专业体系完善: the tasks of the second action, the ladder of levels, the schools' conditions."""

import streamlit as st

from pages.parts import editing, system
from pages.parts.block import block
from pages.parts.view import follow, view

shown = view()
asked = st.query_params
editing.form(shown)
kind, schools, item = (asked.get(name, "") for name in ("kind", "show", "item"))
page = system.markup(shown, kind, schools, item, editing.offered())
follow(block(page, key="system"))
system.downloads(shown)
