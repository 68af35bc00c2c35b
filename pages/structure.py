"""专业结构优化: the tasks of the first action, the points' movements, composition and names."""

import streamlit as st

from pages.parts import editing, structure
from pages.parts.block import block
from pages.parts.view import follow, view

shown = view()
editing.form(shown)
industry = st.query_params.get("industry", "")
page = structure.markup(shown, industry, editing.offered())
follow(block(page, key="structure"))
structure.downloads(shown)
