"""What a section says where its numbers are not there."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence

import streamlit as st

from ...common.records import Undefined

__all__ = ["lacking", "not_measured", "plain", "unknown_words"]

MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>~$:])")


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
    """Name the models that a chart leaves out, and why, each reason once; nothing where all are in.

    Args:
        stored: by model what would be drawn, `Undefined` where there is none.
    """
    named: dict[str, list[str]] = {}
    for name, why in stored.items():
        if isinstance(why, Undefined):  # a reason may begin with the model that it is of
            named.setdefault(why.reason.removeprefix(f"{name} has "), []).append(name)
    if told := [f"{', '.join(names)} ({reason})" for reason, names in named.items()]:
        st.caption(f"Not drawn: {'; '.join(told)}.")


def plain(text: str) -> str:
    """Text as it is, where Markdown is drawn: a link's words are no markup."""
    return MARKDOWN.sub(r"\\\1", text)


def unknown_words(name: str, what: str, words: Sequence[str], known: Container[str]) -> None:
    """Name what the address asks for and there is not; nothing where there is all of it.

    Args:
        name: of the choice, as the address has it.
        what: a word of it stands for, after "no".
        words: that the address names.
        known: those that there are.
    """
    if unknown := [word for word in words if word not in known]:
        listed = ", ".join(f"'{word[:40]}'" for word in unknown)
        st.info(plain(f"{name}: there is no {what} {listed}; left out."))
