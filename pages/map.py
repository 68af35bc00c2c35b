"""区县地图: any indicator or count over the districts, zones and institutions; one click drills."""

import streamlit as st

from pages.parts import league, map_files, map_state, map_years
from pages.parts import map as district_map
from pages.parts.view import follow, view

shown = view()
follow(district_map.heard())
with st.container(horizontal=True, vertical_alignment="center", key="map-controls"):
    map_state.choose(shown)
    wanted = map_state.asked(shown)
    with st.container(width="stretch"):
        map_state.controls(shown, wanted)
district_map.head(shown, wanted)
left, right = st.columns([3, 2], gap="small")
with left:
    district_map.chart(shown, wanted)
    district_map.legend(shown, wanted)
with right:
    league.table(shown, wanted)
league.inside(shown, wanted)
map_years.years(shown, wanted)
map_files.downloads(shown, wanted)
