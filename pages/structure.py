"""专业结构优化: the tasks of the first action, the points' movements, composition and names."""

import streamlit as st

from pages.parts import structure
from pages.parts.block import block
from pages.parts.view import follow, view

shown = view()
follow(block(structure.markup(shown, st.query_params.get("industry", "")), key="structure"))
structure.downloads(shown)
