"""The laboratory's entry: page settings and navigation, nothing else."""

from pathlib import Path

import streamlit as st

ICON = Path(__file__).parent / "opcviz" / "ui" / "icon.png"
st.set_page_config(page_title="opcviz", page_icon=str(ICON), layout="wide")
st.navigation(
    [
        st.Page(
            "pages/side_by_side.py",
            title="Side by side",
            icon=":material/view_column:",
            default=True,
        ),
        st.Page("pages/instruments.py", title="Instruments", icon=":material/monitoring:"),
        st.Page("pages/lab.py", title="Unlearning lab", icon=":material/science:"),
    ],
    position="top",
).run()
