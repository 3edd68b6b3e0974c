"""The little apps for the browser's tests, all on one server: the address names the one meant."""

import runpy
from pathlib import Path

import streamlit as st

runpy.run_path(str(Path(__file__).with_name(st.query_params["app"] + "_app.py")))
