"""The player: models from their first to their last epoch side by side, on one clock.

A Streamlit component (version 2: no iframe, no build step, nothing from the network). All epochs
are sent once; playing and scrubbing ask the server for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from ..maps_component import Samples
from ..shared import MOUNT, script
from .payload import Bar, Film, Line, Rebuilt, build_payload

__all__ = ["ALONE", "PARTS", "Bar", "Film", "Line", "Rebuilt", "player"]

PARTS = ("maps", "figures", "curves", "pictures")
"""What is drawn of each model, as many of it as four models leave room for."""

ALONE = "film"
"""The part that is maps and nothing else, as large as a screen has room for."""

_HERE = Path(__file__).parent
_MARKS = _HERE.with_name("maps_component") / "marks.js"  # the same marks as on the maps
_HTML = '<section class="player" data-testid="player" aria-label="Unlearning, played"></section>'
_JS = (MOUNT, _MARKS, *(_HERE / name for name in ("stage.js", "below.js", "place.js", "player.js")))
_mount = st.components.v2.component(
    "opcviz_player",
    html=_HTML,
    css=script(_HERE / "player.css"),
    js=script(*_JS),
)


def player(
    films: Sequence[Film],
    samples: Samples,
    *,
    key: str,
    live: bool = False,
    autoplay: bool = False,
    note: str = "",
    end_note: str = "",
    height: int | None = None,
    under: int = 60,
    part: str = "",
    explain: str = "",
) -> None:
    """Play two to four models side by side.

    All run on one clock, the fraction of the run that is done; every panel names its own epoch.
    Lengths mean the same in all panels and at all epochs, where that leaves something to see.

    Args:
        films: one a model.
        samples: the probe set, the same for all.
        key: names the component on its page.
        live: the newest epoch alone is shown, and glides to the next when it comes.
        autoplay: play once at first sight, unless the reader wants no motion.
        note: what the numbers are while it plays.
        end_note: what they are at the end.
        height: of each map, pixels; None: the player is as high as the window leaves it, words
            stand beside the maps, and these take what is over.
        under: pixels of what the page has below a player that fills the window.
        part: one of `PARTS`, or `ALONE`, for a screen that has room for one; all without it. The
            clock goes on when it changes.
        explain: how to read all of it; what stands there already stays, and the player may then
            be higher than a low window.

    Raises:
        ValueError: when there is no film, or one does not match the samples.
    """
    if not films:
        raise ValueError("player: nothing to play; pass at least one film")
    data = build_payload(
        films,
        samples,
        live=live,
        autoplay=autoplay,
        note=note,
        endNote=end_note or note,
        height=height,
        under=under,
        part=part,
        explain=explain,
    )
    # in a list: the values of a bare dictionary are compared with every kind of table there is,
    # for which the first visitor would wait while pandas is imported
    _mount(key=key, data=[data])
