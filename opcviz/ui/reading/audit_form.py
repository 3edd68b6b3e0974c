"""What a visitor chose on the page of the audit, and the job that it comes to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from ...audit.page_job import Given, PageJob
from ...common.config import ConfigError
from ...data import DataError, DataSpec, Scenario, at_hand, list_datasets
from ...study import Store, StoreError, open_study, shipped_root

__all__ = [
    "BAND",
    "EXAMPLE",
    "EXAMPLE_PICTURES",
    "FOLDER",
    "FORGET_BY",
    "Asked",
    "Form",
    "asked",
    "example",
    "form",
    "own_file",
    "put",
    "refused",
]

EXAMPLE = "digits"
"""The shipped study whose models the example takes for somebody's."""
EXAMPLE_PICTURES = 1797
"""Pictures of its data, train and test."""
FORGET_BY = {
    "classes": "Whole classes",
    "list": "A list of files or numbers",
    "text": "Another choice",
}
"""Ways to say what should be forgotten."""
FOLDER = "folder"
"""The data set that is a folder of pictures, which can be named and not uploaded."""
_FORM = "audit.form"


@dataclass(frozen=True)
class Form:
    """What a visitor chose so far; it lasts as long as the session.

    Attributes:
        given: files by role: `original`, `unlearned`, `retrained`, `data`, `list`.
        by_path: whether files are named by their path on this machine.
        data: the data set's name; empty where none was chosen.
        folder: path of a folder of pictures, where `data` is one.
        forget_by: a key of `FORGET_BY`.
        classes, text: what should be forgotten, as it was typed.
        architecture: where the person named one.
        mean, std: of the input normalisation, as they were typed.
        suite, seed, retrain, device: how it runs, see `PageJob`.
    """

    given: Mapping[str, tuple[Given, ...]] = field(default_factory=dict)
    by_path: bool = False
    data: str = ""
    folder: str = ""
    forget_by: str = "classes"
    classes: str = ""
    text: str = ""
    architecture: str = ""
    mean: str = ""
    std: str = ""
    suite: str = "quick"
    seed: int = 0
    retrain: bool = False
    device: str = "auto"

    def files(self, role: str) -> tuple[Given, ...]:
        """The files of a role, in the order in which they came."""
        return self.given.get(role, ())


BAND = 3
"""Models that are trained for a band."""


def form() -> Form:
    """What this visitor chose so far."""
    found: Form = st.session_state.get(_FORM) or Form()
    return found


def put(**changes: Any) -> None:
    """Change what is chosen, from a callback or a page."""
    st.session_state[_FORM] = replace(form(), **changes)


@dataclass(frozen=True)
class Asked:
    """What the choices come to.

    Attributes:
        job: what would be run.
        problems: why it cannot be run, with the step of each.
    """

    job: PageJob
    problems: tuple[tuple[int, str], ...] = ()


def asked(chosen: Form) -> Asked:
    """The audit that a form describes; what was typed is read, no file is."""
    problems: list[tuple[int, str]] = []
    given = {role: chosen.files(role) for role in ("original", "unlearned", "retrained")}
    numbers: dict[str, tuple[float, ...]] = {"mean": (), "std": ()}
    for name, words in (("mean", chosen.mean), ("std", chosen.std)):
        try:
            numbers[name] = _numbers(words)
        except ValueError as error:
            problems.append((1, str(error)))
    data, wrong = _data(chosen)
    problems += [(2, each) for each in wrong]
    forget, wrong = _forget(chosen)
    problems += [(2, each) for each in wrong]
    own = chosen.files("data")
    job = PageJob(
        original=next(iter(given["original"]), None),
        unlearned=next(iter(given["unlearned"]), None),
        retrained=given["retrained"],
        data=data,
        data_name=own[0].name if own and data and data.get("path") == own[0].path else "",
        forget=forget,
        forget_list=next(iter(chosen.files("list")), None) if chosen.forget_by == "list" else None,
        architecture=chosen.architecture.strip(),
        mean=numbers["mean"],
        std=numbers["std"],
        suite=chosen.suite,
        seed=chosen.seed,
        retrain=BAND if chosen.retrain and not given["retrained"] else 0,
        device=chosen.device,
    )
    said = {text for _, text in problems}
    step = {True: 1, False: 2}
    lacking = [(step["step 2" not in each], each) for each in job.problems()]
    refused = {number for number, _ in problems}
    # a choice that was made and refused is not also called missing
    problems += [p for p in lacking if p[1] not in said and not (p[0] == 2 and 2 in refused)]
    return Asked(job, tuple(problems))


def _numbers(words: str) -> tuple[float, ...]:
    """As in `0.49, 0.48, 0.45`.

    Raises:
        ValueError: for anything else; the message is a sentence.
    """
    try:
        found = tuple(float(word) for word in words.replace(",", " ").split())
        if not all(map(math.isfinite, found)):
            raise ValueError("no number")
        return found
    except ValueError:
        raise ValueError(
            f"'{words[:40]}' is no list of numbers; write one a channel, as in 0.49, 0.48, 0.45."
        ) from None


def _data(chosen: Form) -> tuple[dict[str, Any] | None, list[str]]:
    if not chosen.data:
        return None, []
    path = ""
    if own_file(chosen.data):
        files = chosen.files("data")
        if not files:
            return None, ["The file with your data is missing: give it in step 2."]
        path = files[0].path
    elif chosen.data == FOLDER:
        given = chosen.files("data")
        path = given[0].path if given else chosen.folder.strip()
        if not path:
            return None, ["The folder with your pictures is missing: give it in step 2."]
    try:
        if not at_hand(chosen.data):
            return None, [f"{chosen.data} is not on this machine."]
        return DataSpec(chosen.data, path).to_dict(), []
    except (ConfigError, DataError) as error:
        return None, [f"These data cannot be used. {error}."]


def own_file(name: str) -> bool:
    """Whether a data set is a file that the person has."""
    needs = {info.name: info.needs for info in list_datasets()}
    return needs.get(name) == "path" and name != FOLDER


def refused(chosen: Form) -> list[str]:
    """Why what was typed cannot be forgotten, in sentences; nothing where nothing was typed."""
    return _forget(chosen)[1]


def _forget(chosen: Form) -> tuple[str, list[str]]:
    if chosen.forget_by == "list":
        return "", []
    typed = chosen.classes.strip() if chosen.forget_by == "classes" else chosen.text.strip()
    if not typed:
        return "", []
    text = f"classes:{typed}" if chosen.forget_by == "classes" else typed
    try:
        if Scenario.parse(text).kind == "indices":
            return "", ["A list of samples is given as a file: choose 'A list' above."]
    except ConfigError as error:
        return "", [f"This cannot be forgotten. {error}."]
    return text, []


OF_EXAMPLE = 3  # retrained models of the example: the fewest whose spread says much


def example() -> Form | str:
    """The shipped digits models, as if somebody had brought them; or why there is no example."""
    where = Store(shipped_root())
    try:
        study = open_study(where, EXAMPLE)
    except StoreError:
        return "The example needs the shipped study of digits, which is not here."
    found: dict[str, tuple[Given, ...]] = {}
    for role, method in (
        ("original", "original"),
        ("unlearned", "delete"),
        ("retrained", "retrain"),
    ):
        models = sorted(
            (m for m in study.models if m.method.info.name == method), key=lambda m: m.seed
        )
        files = [
            (m, kept.path("weights.safetensors")) for m in models if (kept := m.artefact("model"))
        ]
        there = [(m, path) for m, path in files if path.is_file()]
        many = there[: OF_EXAMPLE if role == "retrained" else 1]
        found[role] = tuple(Given(f"{method}-{m.seed}.safetensors", str(path)) for m, path in many)
    if not found["original"] or not found["unlearned"]:
        return "The example needs the weights of the shipped study of digits, which are not here."
    return Form(
        given=found,
        data=study.study.data.name,
        forget_by="classes",
        classes=",".join(study.study.forget.classes),
    )
