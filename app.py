"""The laboratory's entry: page settings and navigation, nothing else.

`streamlit run` imports this file once for the server, and runs it as a script for every visitor.
"""

import streamlit as st

from opcviz.resources import icon

PAGE = {"page_icon": str(icon()), "layout": "wide"}

if __name__ != "__main__":
    from starlette.middleware import Middleware
    from streamlit.runtime.pages_manager import PagesManager

    from opcviz.ui.document import Document

    # Until `st.navigation` was called once, Streamlit takes a folder `pages/` for its older kind of
    # multipage app: the first visitor would see a sidebar come and go.
    PagesManager.uses_pages_directory = False
    app = st.App(__file__, middleware=[Middleware(Document)])
else:
    from opcviz.ui.ahead import visited
    from opcviz.ui.reading import held
    from opcviz.ui.sections.login import gate

    st.set_page_config(page_title="opcviz", **PAGE)  # first: a page's own icon is from a network
    pages = [
        st.Page("pages/first_sight.py", title="Start", icon=":material/play_circle:", default=True),
        st.Page("pages/side_by_side.py", title="Side by side", icon=":material/view_column:"),
        st.Page("pages/feature_space.py", title="Feature space", icon=":material/scatter_plot:"),
        st.Page("pages/race.py", title="Race", icon=":material/flag:"),
        st.Page("pages/inversion_bench.py", title="Inversion", icon=":material/image_search:"),
        st.Page("pages/scoreboard.py", title="Scoreboard", icon=":material/leaderboard:"),
        st.Page("pages/instruments.py", title="Instruments", icon=":material/monitoring:"),
        st.Page("pages/generators.py", title="Generators", icon=":material/draw:"),
        st.Page("pages/sequence.py", title="Requests", icon=":material/low_priority:"),
        st.Page("pages/clients.py", title="Clients", icon=":material/hub:"),
        st.Page("pages/lab.py", title="Lab", icon=":material/science:"),
        st.Page("pages/audit.py", title="Audit", icon=":material/fact_check:"),
        st.Page("pages/learn.py", title="Learn", icon=":material/school:"),
    ]
    page = st.navigation(pages, position="top")
    st.set_page_config(page_title=f"{page.title} · opcviz", **PAGE)
    gate()
    held.begin()
    with visited():
        page.run()
