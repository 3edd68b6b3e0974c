"""Runs of which it cannot be read what they were asked: they are named, and harm no other."""

from __future__ import annotations

import streamlit as st

from ...common.config import ConfigError
from ...engine import Run
from ...study import Plan
from ..reading import access
from ..reading import store_reader as library
from ..sections.steering import steer

__all__ = ["plan_of", "say"]


def plan_of(record: Run) -> Plan | None:
    """What a run was asked; None of a file that is not loaded here, or of a damaged record."""
    try:
        return Plan.from_dict(record.job["plan"])
    except (ConfigError, KeyError):
        return None


def say(record: Run) -> None:
    """What is known of such a run, in sentences, and how to be rid of it.

    Args:
        record: of which `plan_of` is None.
    """
    if not record.damaged:
        st.error(
            f"Run {record.id} ({record.status}) cannot be shown: what it was asked cannot be read "
            "here. A method or data set of your own may not be loaded."
        )
        steer(record, "live")
        return
    told = (
        f"Run {record.id} cannot be shown: {record.cause}. No other run is affected, and what it "
        "stored is kept."
    )
    if access.may_name_paths():
        folder = library.engine().runs.path(record.id)
        told += f" Remove its folder `{folder}` to be rid of it."
    st.error(told)
