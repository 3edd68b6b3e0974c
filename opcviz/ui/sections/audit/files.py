"""Where files come from: uploaded into the visitor's area, or named where they lie."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

import streamlit as st

from ....audit.page_job import Given
from ....common.config import ConfigError
from ...reading import access
from ...reading import audit_form as forms
from ...reading.held import hold
from ...reading.uploads import of_folder

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

__all__ = ["clear", "endings", "files"]

_ROUND = "audit.round"  # counts uploads by role: a new key empties that role's uploader
_TAKEN = "audit.taken"  # ids of the uploads that were taken
_REFUSED = "audit.refused"  # by role, why an upload was refused


def files(
    role: str, kinds: Sequence[str], *, many: bool = False, folders: bool = False, label: str
) -> None:
    """The way to give files of one role, with those given so far below it.

    Args:
        role: see `forms.Form.given`.
        kinds: endings that can be chosen, without the dot.
        many: whether there may be several.
        folders: whether one of them may be a model's folder, its files given together.
        label: of the field, for those who do not see the page.
    """
    chosen = forms.form()
    if chosen.by_path and access.may_name_paths():
        _paths(role, many, label, folders)
        return
    given = chosen.files(role)
    if many or not given:
        key = f"audit.up.{role}.{st.session_state.get(_ROUND, {}).get(role, 0)}"
        st.file_uploader(
            label,
            list(kinds),
            accept_multiple_files=many or folders,
            key=key,
            label_visibility="collapsed",
            on_change=_take,
            args=(role, key, many, folders),
        )
    if refused := st.session_state.get(_REFUSED, {}).get(role):
        st.error(refused)
    for number, each in enumerate(given):
        name, button = st.columns([5, 1.4], vertical_alignment="center")
        name.markdown(f":material/draft: `{_short(each.name)}`", help=each.name)
        button.button(
            "Remove",
            key=f"audit.drop.{role}.{number}",
            on_click=_drop,
            args=(role, number),
            type="tertiary",
        )


def endings(kinds: Sequence[str]) -> None:
    """Say what an uploader takes; its own line of it is cut where there is little room.

    Args:
        kinds: endings that can be chosen, without the dot.
    """
    *first, last = (f".{kind}" for kind in kinds)
    named = f"{', '.join(first)} or {last}" if first else last
    most = st.get_option("server.maxUploadSize")
    st.caption(f"Files that end in {named}; up to {most} megabytes each.")


def _short(name: str, most: int = 34) -> str:
    """A name as it can stand in a line of code."""
    plain = "".join(c if c.isprintable() and c != "`" else "?" for c in name)
    return plain if len(plain) <= most else f"{plain[: most - 13]}…{plain[-12:]}"


def _paths(role: str, many: bool, label: str, folders: bool) -> None:
    key = f"audit.path.{role}"
    now = forms.form().files(role)
    hold(key, "\n".join(each.path for each in now if not each.held))
    field = st.text_area if many else st.text_input
    field(
        label,
        key=key,
        placeholder="/path/to/file" + " or folder" * folders + ", one a line" * many,
        label_visibility="collapsed",
        on_change=_name,
        args=(role, key),
    )


def _name(role: str, key: str) -> None:
    if not access.may_name_paths():  # a request that no page of this server sends
        return
    lines = [line.strip() for line in st.session_state[key].splitlines()]
    _set(role, tuple(Given(PurePath(line).name or line, line) for line in lines if line))


def _take(role: str, key: str, many: bool, folders: bool) -> None:
    """Move what was uploaded into the visitor's area, so that nothing of it stays in memory."""
    sent = st.session_state.get(key)
    uploads = [] if sent is None else sent if isinstance(sent, list) else [sent]
    refused = {k: v for k, v in st.session_state.get(_REFUSED, {}).items() if k != role}
    taken = []
    known = st.session_state.setdefault(_TAKEN, set())
    new = [each for each in uploads if each.file_id not in known]  # one may be reported twice
    for name, group in _groups(new, folders, many):
        try:
            path = access.keep(group[0]) if len(group) == 1 else access.keep_model(group)
            taken.append(Given(name, str(path), held=True))
            known.update(each.file_id for each in group)
        except ConfigError as error:
            refused[role] = f"{name}: {error}"
    st.session_state[_REFUSED] = refused
    rounds = st.session_state.get(_ROUND, {})
    st.session_state[_ROUND] = {**rounds, role: rounds.get(role, 0) + 1}
    if taken or not uploads:
        _set(role, (*forms.form().files(role), *taken) if many else tuple(taken[:1]))


def _groups(
    uploads: Sequence[UploadedFile], folders: bool, many: bool
) -> list[tuple[str, list[UploadedFile]]]:
    """What belongs together, with a name: all files where one marks a model's folder, or where
    only one can be given; else each by itself."""
    if not uploads:
        return []
    marked = folders and any(of_folder(each.name) for each in uploads)
    if not marked and (many or len(uploads) == 1):
        return [(each.name, [each]) for each in uploads]
    weights = next((u.name for u in uploads if not u.name.lower().endswith(".json")), "config.json")
    return [(f"{PurePath(weights).name} and its folder", list(uploads))]


def _drop(role: str, number: int) -> None:
    given = forms.form().files(role)
    if number < len(given) and given[number].held:
        access.drop(given[number].path)
    _set(role, given[:number] + given[number + 1 :])


def _set(role: str, given: tuple[Given, ...]) -> None:
    forms.put(given={**forms.form().given, role: given})


def clear() -> None:
    """Forget what was chosen, and remove what was uploaded."""
    for given in forms.form().given.values():
        for each in given:
            if each.held:
                access.drop(each.path)
    st.session_state.pop(_REFUSED, None)
    forms.put(**vars(forms.Form()))
