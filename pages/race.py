"""Race: two to four methods unlearn the same data side by side, replayed or live."""

import streamlit as st

from opcviz.engine import EngineError
from opcviz.ui.lab import actions as lab
from opcviz.ui.lab import race
from opcviz.ui.lab.race_choice import FEWEST, choose, part_shown
from opcviz.ui.lab.race_status import ready, say
from opcviz.ui.sections.page_header import head

study, view = head("Race", pick_models=False, slim=True)
try:
    lab.wake_engine()
except EngineError as error:
    st.error(f"Nothing can be run; stored models can be replayed. {error}")

picker, button = st.columns([4, 1], vertical_alignment="bottom")
with picker:
    names = choose(study, view.option("race"))
with button:
    pressed = st.button(
        "Run",
        type="primary",
        icon=":material/sports_score:",
        key="race.start",
        width="stretch",
        disabled=len(names) < FEWEST,
    )
# no callback: its arguments would be those drawn before
if pressed:
    race.start(study, names)
record = race.current(study, view.option("race").split(",") if view.option("race") else ())
part = part_shown(len(names))
if record is None:
    ready()
if record is None or not race.follow(record, study, part):
    race.replay(study, (race.raced(record) if record else ()) or names, view.models, part)
    if record is not None:
        say(record)
