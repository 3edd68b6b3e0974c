"""Unlearning lab: choose, start, watch it happen; replay any epoch of what was made."""

import streamlit as st

from opcviz.engine import EngineError
from opcviz.ui.lab import actions as lab
from opcviz.ui.lab import form as labform
from opcviz.ui.lab import live, presets
from opcviz.ui.lab.queue import queue
from opcviz.ui.sections.page_header import head
from opcviz.ui.sections.presentation import part_of, presenting, turn

study, view = head("Unlearning lab", pick_models=False, tasks=("classification", "generation"))
try:
    lab.wake_engine()
except EngineError as error:
    st.error(f"Nothing can be run. {error}")

part = part_of(("form", "run", "replay", "runs"))  # a hall sees one of them
if part:
    form = watched = st.container(key=f"lab-hall-{part}")
else:
    form, watched = st.columns([1, 2.1], gap="large")
with form.container(key="lab-form"):  # unseen in a hall it keeps what was chosen
    method = labform.pick(study)
    top = st.container()  # Start stays in sight of the live view, above the settings
    # a hall reads no settings, until somebody asks for them
    if part == "form" and not st.toggle("Settings", key="lab.unfolded"):
        st.html("<style>.st-key-lab-settings {display: none}</style>")
    with st.container(key="lab-settings"):
        asked = labform.choose(study, method)
    with top:
        pressed = st.button(
            "Start",
            type="primary",
            icon=":material/play_arrow:",
            disabled=asked.plan is None,
            help=None if asked.plan else f"Cannot start: {asked.why}",
            width="stretch",
            key="lab.start",
        )
        if asked.plan is None:
            st.caption(f"**Cannot start**: {asked.why}")
        else:
            st.caption(lab.what_will_run(study, asked.plan, asked.device))
        in_turn = labform.in_turn(study)
    # no callback: its arguments would be those drawn before
    if pressed and asked.plan is not None:
        lab.start(asked.plan, asked.device, in_turn=in_turn)
        if presenting():
            turn(1)  # where the run is seen
            st.rerun()
with watched:
    run = lab.current_run()
    if part in ("", "run"):
        if run is None:
            st.info(
                "Nothing runs in this tab. Choose a method and press Start; finished models replay "
                "below, and finished runs are listed there."
            )
        else:
            live.follow(run)
            lab.finished_model(run)
    if part in ("", "replay"):
        st.header("Replay", anchor=False, help="The probe set was recorded after every epoch.")
        lab.replay(study, run)
    if part in ("", "runs"):
        st.header("Runs", anchor=False, help="One queue for everyone who opens this app.")
        queue()
        presets.show()
