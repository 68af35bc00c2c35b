"""责任督导: departments by tasks, deliverables, rectifications, decisions, and papers to send."""

import streamlit as st

from pages.parts import accountability, editing
from pages.parts.block import block
from pages.parts.view import follow, view

shown = view()
address = st.query_params
editing.form(shown)
follow(block(accountability.page(shown, address), key="accountability"))
accountability.downloads(shown, address.get("department", ""))
