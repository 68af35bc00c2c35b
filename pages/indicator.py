"""指标详情: one indicator from its sentence in the policy to the rows counted."""

import streamlit as st

from pages.parts import editing, figures, indicator
from pages.parts.view import follow, view

shown = view()
follow(indicator.heard())
chosen = indicator.choose(shown)
result = figures.result(shown, chosen)
area, school = indicator.narrowing(shown)

editing.form(shown)
indicator.head(shown, result)
left, right = st.columns([3, 2], gap="small")
with left:
    indicator.chart(shown, result)
with right:
    indicator.status(shown, result)
indicator.districts(shown, chosen, area)
indicator.rows(shown, chosen, area, school)
