"""The laboratory's entry: page settings and navigation, nothing else."""

import streamlit as st

from opcviz.resources import icon
from opcviz.ui.sections.login import gate

PAGE = {"page_icon": str(icon()), "layout": "wide"}
st.set_page_config(page_title="opcviz", **PAGE)  # first: a page's own icon comes from a network
page = st.navigation(
    [
        st.Page("pages/first_sight.py", title="Start", icon=":material/play_circle:", default=True),
        st.Page("pages/side_by_side.py", title="Side by side", icon=":material/view_column:"),
        st.Page("pages/feature_space.py", title="Feature space", icon=":material/scatter_plot:"),
        st.Page("pages/race.py", title="Race", icon=":material/flag:"),
        st.Page("pages/inversion_bench.py", title="Inversion", icon=":material/image_search:"),
        st.Page("pages/scoreboard.py", title="Scoreboard", icon=":material/leaderboard:"),
        st.Page("pages/instruments.py", title="Instruments", icon=":material/monitoring:"),
        st.Page("pages/lab.py", title="Unlearning lab", icon=":material/science:"),
        st.Page("pages/audit.py", title="Audit", icon=":material/fact_check:"),
        st.Page("pages/learn.py", title="Learn", icon=":material/school:"),
    ],
    position="top",
)
st.set_page_config(page_title=f"{page.title} · opcviz", **PAGE)
gate()
page.run()
