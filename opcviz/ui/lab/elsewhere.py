"""Runs that stand in the lab's queue and are shown on pages of their own."""

from __future__ import annotations

import streamlit as st

from ...audit.page_job import CHECKER
from ...audit.page_job import RUNNER as AUDITOR
from ...common.config import ConfigError
from ...engine import Run
from ...study.bench_job import RUNNER, BenchJob
from ..reading import state
from ..reading.bench import options_of
from ..reading.followed import AUDIT

__all__ = ["listed", "show"]

BENCH_PAGE = "pages/inversion_bench.py"
AUDIT_PAGE = "pages/audit.py"


def listed(run: Run) -> bool:
    """Whether a run stands in the list of runs: a first look of the audit is over in a moment."""
    return run.runner != CHECKER


def show(run: Run) -> None:
    """Go to a run's own page, with all that it asks chosen there; nothing for a run of the lab.

    Args:
        run: of any kind.
    """
    if run.runner == AUDITOR:
        AUDIT.show(run.id)
        st.switch_page(AUDIT_PAGE)
    if run.runner != RUNNER:
        return
    try:
        job = BenchJob.from_dict(run.job)
    except ConfigError as error:
        st.error(f"This run cannot be shown: {error}.")
        st.stop()
    state.update(study=job.study, models=job.models)
    state.choose(**options_of(job))
    st.switch_page(BENCH_PAGE)
