"""What a section says where its numbers are not there."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ...common.records import Undefined

__all__ = ["lacking", "not_measured"]


def not_measured(title: str, kind: str) -> None:
    """A line in place of a chart.

    Args:
        title: of what is not there, as the section names it.
        kind: the kind of artefact that holds it.
    """
    st.caption(
        f"{title} was not measured for these models: run the study again with `{kind}` among its "
        "instruments."
    )


def lacking(stored: Mapping[str, object]) -> None:
    """Name the models that a chart leaves out, and why; nothing where all are in it.

    Args:
        stored: by model what would be drawn, `Undefined` where there is none.
    """
    told = [f"{name} ({why.reason})" for name, why in stored.items() if isinstance(why, Undefined)]
    if told:
        st.caption(f"Not drawn: {'; '.join(told)}.")
