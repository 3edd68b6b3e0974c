"""Start: did the network really forget? Two films of the study's own models, and its answer."""

from functools import partial

import streamlit as st

from opcviz.ui.reading import store_reader as library
from opcviz.ui.reading.contrast import pair_of
from opcviz.ui.reading.references import References
from opcviz.ui.sections import first_films, first_sight
from opcviz.ui.sections.page_header import head
from opcviz.ui.sections.page_rows import Row, show_rows
from opcviz.ui.sections.presentation import presenting

study, view = head(
    "Did the network really forget?",
    pick_models=False,
    slim=True,
)
pair = pair_of(study, library.choices()[study.place].shown)
if not pair.keys:
    st.info(
        "Nothing of this study can be played: no epochs of its models were kept. Run a method in "
        "the *Lab*, or choose another study; *Side by side* shows what is known."
    )
    first_sight.exits(study, pair)
    st.stop()
shown = sorted(library.columns(study, pair.keys), key=lambda c: pair.keys.index(c.model.key))
beside = References.of(study)
explain = view.option("explain") == "on"
play = partial(first_films.films, study, shown, beside, pair)
go_on = partial(first_sight.exits, study, pair)


def ask() -> None:
    """The question; a hall sees below it where to go, for which no screen of its own is needed."""
    first_sight.question(study, shown, beside)
    if presenting():
        go_on()


show_rows(
    [
        Row("question", ask),
        Row(
            "films",
            lambda: play(explain=explain),
            slides=(
                lambda: play(explain=True, part=first_films.FILM),
                lambda: play(explain=True, part=first_films.FIGURES),
            ),
        ),
        *([] if presenting() else [Row("exits", go_on)]),
    ]
)
