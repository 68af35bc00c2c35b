"""指标口径: every definition, source sentence, status rule and threshold in force."""

import streamlit as st

from pages.parts import definitions
from pages.parts.block import block
from pages.parts.view import follow, view

shown = view()
follow(block(definitions.markup(shown, st.query_params.get("id", "")), key="definitions"))
