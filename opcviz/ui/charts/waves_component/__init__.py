"""Seismograms: records at chosen conditions, sections, and maps of how far models are off.

Streamlit components (version 2: no iframe, no build step, nothing from the network). All records
are in the browser, so an epicentre that is chosen shows its records at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from ..shared import MOUNT, script
from .payload import Errors, Place, Trace, errors_payload, records_payload, section_payload

__all__ = ["Errors", "Place", "Trace", "error_maps", "record_board", "section_plots"]
__all__ += ["errors_payload", "records_payload", "section_payload"]

_HERE = Path(__file__).parent


def _component(name: str) -> Any:
    return st.components.v2.component(
        f"opcviz_{name}",
        html=f'<div class="{name}" data-testid="{name.replace("_", "-")}" data-updates="0"></div>',
        css=script(_HERE / "waves.css"),
        js=script(MOUNT, _HERE / "common.js", _HERE / f"{name}.js"),
    )


_records, _sections, _errors = map(_component, ("wave_records", "wave_sections", "wave_errors"))


def record_board(data: dict[str, Any], *, key: str, height: int) -> None:
    """A map of epicentres, and the records of the one that is chosen.

    Args:
        data: see `payload.records_payload`.
        key: names the component on its page.
        height: pixels that are kept for it until it is drawn.
    """
    _keep(key, height)
    _records(key=key, data=data)


def section_plots(data: dict[str, Any], *, key: str, height: int) -> None:
    """Records over distance and time, a plot a model.

    Args:
        data: see `payload.section_payload`.
        key, height: see `record_board`.
    """
    _keep(key, height)
    _sections(key=key, data={**data, "height": height})


def error_maps(data: dict[str, Any], *, key: str, height: int) -> None:
    """How far each model is off, by epicentre.

    Args:
        data: see `payload.errors_payload`.
        key, height: see `record_board`.
    """
    _keep(key, height)
    _errors(key=key, data=data)


def _keep(key: str, height: int) -> None:
    place = f".stApp .st-key-{key.replace('.', '-')}:not(:has([data-drawn]))"
    st.html(f"<style>{place} {{ min-height: {height}px }}</style>")
