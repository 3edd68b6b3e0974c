"""The run that a page shows: the address names it, and the session where the address does not."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from . import state

__all__ = ["AUDIT", "LAB", "RACE", "Followed"]


@dataclass(frozen=True)
class Followed:
    """The run that a visitor follows on one page.

    Attributes:
        page: its name; each page of a session follows a run of its own.
    """

    page: str

    @property
    def id(self) -> str | None:
        """The run asked for: the address's, or the one that this session followed last.

        An address that the session has left may come back after a newer choice, as in `state`; that
        one is not meant, unless the visitor went back to it.
        """
        mine: str | None = st.session_state.get(self._run)
        named = st.query_params.get("run")
        left = named != mine and named in self.seen
        return mine if left and not state.went_back() else named or mine

    @property
    def seen(self) -> frozenset[str]:
        """All runs that this session has followed here."""
        seen: frozenset[str] = st.session_state.get(self._seen, frozenset())
        return seen

    def show(self, run: str | None) -> None:
        """Follow a run in this session and in the address; None: none."""
        before: str | None = st.session_state.get(self._run)
        st.session_state[self._seen] = self.seen | {*filter(None, (before, run))}
        st.session_state[self._run] = run
        if run is None:
            st.query_params.pop("run", None)
        elif st.query_params.get("run") != run:
            st.query_params["run"] = run

    @property
    def _run(self) -> str:
        return f"{self.page}.run"

    @property
    def _seen(self) -> str:
        return f"{self.page}.seen"


AUDIT, LAB, RACE = Followed("audit"), Followed("lab"), Followed("race")
