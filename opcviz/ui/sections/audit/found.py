"""What was recognised, as it stands in the three steps."""

from __future__ import annotations

import re

import streamlit as st

from ....audit.page_job import FileFound, FirstLook
from ...reading import audit_form as forms

__all__ = ["classes_of", "data_found", "model_found", "plain", "warnings"]

SHOWN = 4  # keys and classes that are named one by one
MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>~$:])")


def plain(text: str) -> str:
    """Words that somebody brought, for Markdown."""
    return MARKDOWN.sub(r"\\\1", text)


def model_found(found: FirstLook, role: str, number: int = 0) -> None:
    """What was recognised of one file of weights.

    Args:
        found: of all that was given.
        role, number: which file, see `FirstLook.file`.
    """
    about = found.file(role, number)
    if about is None:
        return
    if about.fault:
        st.error(plain(about.fault))
    else:
        st.markdown(f":green[:material/check_circle:] {plain(_size(about))}")
    for text in about.notes:
        st.caption(plain(text))
    _keys(about)
    if role == "original" and found.accuracy is not None:
        _accuracy(found)


def _size(about: FileFound) -> str:
    numbers = f"{about.numbers:,} numbers in {about.tensors:,} tensors"
    return f"{about.format}, {numbers}" if about.format else numbers


def _keys(about: FileFound) -> None:
    """Which tensors keep it from the architecture, each with what is wrong."""
    parts = (
        ("missing", about.missing, "which the architecture has and the file has not"),
        ("unexpected", about.unexpected, "which the file has and the architecture has not"),
        ("of another shape", about.misshaped, "in the file than in the architecture"),
    )
    for word, keys, why in parts:
        if not keys:
            continue
        count = f"{len(keys)} tensor{'s' if len(keys) > 1 else ''} {word}, {why}"
        with st.expander(count):
            st.code("\n".join(keys), language=None)


def _accuracy(found: FirstLook) -> None:
    floor = "" if found.floor is None else f"; always the same answer: {found.floor:.0f} %"
    sure = not found.warnings
    icon = ":green[:material/check_circle:]" if sure else ":orange[:material/warning:]"
    st.markdown(
        f"{icon} Right on **{found.accuracy:.1f} %** of its own training pictures "
        f"({found.tested:,} of them{floor})"
    )


def data_found(found: FirstLook) -> None:
    """The data as they were read."""
    if not found.data:
        return
    st.markdown(f":green[:material/check_circle:] {plain(found.data)}")
    if found.classes:
        st.caption(f"Classes: {plain(classes_of(found.classes))}")


def classes_of(names: tuple[str, ...], most: int = 12) -> str:
    """Numbers and names of classes, as many as fit in a line."""
    named = [
        f"{number}" if name == str(number) else f"{number} {name}"
        for number, name in enumerate(names)
    ]
    more = f" … and {len(named) - most} more" if len(named) > most else ""
    return ", ".join(named[:most]) + more


def warnings(found: FirstLook) -> None:
    """What looks wrong although it can be used, and the button that mends what can be."""
    for text in found.warnings:
        st.warning(plain(text), icon=":material/warning:")
    better: dict[str, str] = {}
    if found.better_mean and found.better_std:
        numbers = {"mean": found.better_mean, "std": found.better_std}
        better |= {name: ", ".join(f"{v:.4g}" for v in each) for name, each in numbers.items()}
    if found.better_architecture:
        better["architecture"] = found.better_architecture
    if better:
        st.button(
            "Prepare pictures as suits the original best",
            icon=":material/auto_fix_high:",
            key="audit.better",
            help="; ".join(f"{name}: {value}" for name, value in better.items()),
            on_click=lambda: forms.put(**better),
        )
