"""院校画像: one institution on one sheet of paper, or two to four side by side."""

import streamlit as st

from pages.parts import comparison, institution, institution_choice
from pages.parts.view import view

shown = view()
with st.container(horizontal=True, key="chooser"):
    chosen = institution_choice.choose(shown)
    others = institution_choice.choose_others(shown, chosen)
if chosen is None:
    institution_choice.directory(shown)
elif others:
    comparison.comparison(shown, (chosen, *others))
else:
    institution.portrait(shown, chosen)
