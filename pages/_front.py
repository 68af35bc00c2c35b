"""The entry of every run: page settings, sign-on, data version, filters, navigation, page."""

import streamlit as st

from pages.parts import front, sign_on
from pages.parts.menu import MENU
from pages.parts.view import put

plan = front.plan()
st.set_page_config(
    page_title=plan.short_title,
    page_icon=str(front.ICON),
    layout="wide",
    initial_sidebar_state=216,
)
front.style()
admitted = sign_on.admitted()
if admitted:
    front.name_plate(plan)
page = st.navigation(
    {
        group: [
            st.Page(file, title=title, url_path=address, default=address == "overview")
            for address, file, title in pages
        ]
        for group, pages in MENU.items()
    },
    expanded=True,
    position="sidebar" if admitted else "hidden",
)
sign_on.name_plate(sign_on.enter(plan.short_title))
put(front.filters(front.version(plan)), page.title)
page.run()
