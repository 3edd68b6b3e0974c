"""The laboratory's entry: page settings and navigation, nothing else."""

import streamlit as st

from opcviz.resources import icon

st.set_page_config(page_title="opcviz", page_icon=str(icon()), layout="wide")
st.navigation(
    [
        st.Page(
            "pages/side_by_side.py",
            title="Side by side",
            icon=":material/view_column:",
            default=True,
        ),
        st.Page("pages/feature_space.py", title="Feature space", icon=":material/scatter_plot:"),
        st.Page("pages/instruments.py", title="Instruments", icon=":material/monitoring:"),
        st.Page("pages/lab.py", title="Unlearning lab", icon=":material/science:"),
    ],
    position="top",
).run()
