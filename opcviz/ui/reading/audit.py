"""What the page of the audit asks, and what is known of the answer: no model is run here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import Any

import streamlit as st

from ...audit.page_job import CHECKER, REPORT, RUNNER, FirstLook, Given, PageJob
from ...audit.records import Report
from ...common.config import ConfigError
from ...data import DataError, DataSpec, Scenario, at_hand, list_datasets
from ...engine import Engine, Run, UnknownRun
from ...study import Artefact, Store, StoreError, StudyResult, open_study, shipped_root
from ...study.artefact import digest_of
from . import access, state
from . import store_reader as library

__all__ = [
    "BAND",
    "EXAMPLE",
    "FOLDER",
    "FORGET_BY",
    "Asked",
    "Audited",
    "Form",
    "asked",
    "audited",
    "check_of",
    "checked",
    "current_run",
    "earlier",
    "example",
    "form",
    "kept_file",
    "labels_of",
    "leave",
    "newest",
    "own_file",
    "past_seconds",
    "put",
    "show",
]

EXAMPLE = "digits"
"""The shipped study whose models the example takes for somebody's."""
FORGET_BY = {
    "classes": "Whole classes",
    "list": "A list of files or numbers",
    "text": "Another choice",
}
"""Ways to say what should be forgotten."""
FOLDER = "folder"
"""The data set that is a folder of pictures, which can be named and not uploaded."""
_FORM, _RUN, _SEEN = "audit.form", "audit.run", "audit.seen"


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
    numbers: dict[str, tuple[float, ...]] = {}
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
        data_name=own[0].name if data and own_file(chosen.data) and own else "",
        forget=forget,
        forget_list=next(iter(chosen.files("list")), None) if chosen.forget_by == "list" else None,
        architecture=chosen.architecture.strip(),
        **numbers,
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
        return tuple(float(word) for word in words.replace(",", " ").split())
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
        path = chosen.folder.strip()
        if not path:
            return None, ["The folder with your pictures is missing: name it in step 2."]
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


# ---- runs ---------------------------------------------------------------------------------------


def check_of(engine: Engine, job: PageJob) -> Run | None:
    """The newest run that says, or will say, what was recognised of this very job."""
    return newest(engine, CHECKER, job.alone())


def newest(engine: Engine, runner: str, job: PageJob) -> Run | None:
    """The newest run of a job by this runner, whatever became of it."""
    wanted = job.to_dict()
    return next((r for r in engine.list() if r.runner == runner and r.job == wanted), None)


def past_seconds(engine: Engine, job: PageJob) -> float | None:
    """The median of what past audits of such data with this suite took; None without any."""
    took = []
    for run in engine.list():
        if run.runner == RUNNER and run.status == "finished" and run.seconds is not None:
            like = (run.job.get("data"), run.job.get("suite", "quick"), run.job.get("retrain", 0))
            if like == (job.data, job.suite, job.retrain):
                took.append(run.seconds)
    return median(took) if took else None


def checked(run: Run | None) -> FirstLook | None:
    """What a check found; None before it has ended, or where it failed."""
    if run is None or run.status != "finished":
        return None
    try:
        return FirstLook.from_dict(dict(run.result or {}))
    except ValueError:  # of another version
        return None


def current_run(engine: Engine) -> tuple[Run | None, str]:
    """The audit to show, and why the address names none that can be shown.

    That of the address, or the one that this session followed last.
    """
    mine = st.session_state.get(_RUN)
    named = st.query_params.get("run")
    # an address that this session left may come back after a newer choice, as in `state`
    if named in st.session_state.get(_SEEN, ()) and named != mine and not state.went_back():
        named = mine
    wanted = named or mine
    if not wanted:
        return None, ""
    try:
        run = engine.status(wanted)
    except UnknownRun:
        show(None)
        return None, f"There is no audit '{wanted}' in this store."
    if run.runner != RUNNER:
        show(None)
        return None, f"The run '{wanted}' is no audit; the lab shows it."
    show(run.id)
    return run, ""


def show(run: str | None) -> None:
    """Follow a run in this session and in the address; None: none."""
    before = st.session_state.get(_RUN)
    st.session_state[_SEEN] = {*st.session_state.get(_SEEN, ()), *filter(None, (before, run))}
    st.session_state[_RUN] = run
    if run is None:
        st.query_params.pop("run", None)
    elif st.query_params.get("run") != run:
        st.query_params["run"] = run


def earlier(engine: Engine) -> list[Run]:
    """Audits to show again, the newest first.

    Those of this session; where the server is the visitor's own machine, of everybody.
    """
    mine, all_of_them = st.session_state.get(_SEEN, ()), access.may_name_paths()
    return [r for r in engine.list() if r.runner == RUNNER and (all_of_them or r.id in mine)]


def leave() -> None:
    """Back to the three steps, with what was chosen."""
    show(None)


# ---- what came of it ----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Audited:
    """A finished audit.

    Attributes:
        study: in the store.
        kept: its report's artefact.
        report: as it is handed on.
        models: keys of the original, the retrained and the audited model, as far as there are any.
    """

    study: StudyResult
    kept: Artefact
    report: Report
    models: tuple[str, ...]


def audited(run: Run) -> Audited:
    """What a finished run left in the store.

    Raises:
        StoreError: when it is not there, or damaged; the message says what to do.
    """
    place, name = (str((run.result or {}).get(word, "")) for word in ("study", REPORT))
    study = library.study_of(place)
    kept = next((a for a in study.store.answers(place, REPORT) if a.folder.name == name), None)
    if kept is None:
        raise StoreError(f"the report of {place} is gone or damaged; run the audit again")
    try:
        report = Report.from_json(kept_file(kept, "report.json"))
    except ConfigError as error:
        raise StoreError(f"{error}; run the audit again") from error
    return Audited(study, kept, report, _beside(study, report.model))


def _beside(study: StudyResult, key: str) -> tuple[str, ...]:
    """The audited model after the references of its seed."""
    model = study.model(key)
    if model is None:
        raise StoreError(f"study '{study.place}' has no model '{key}'; run the audit again")
    same = [m for m in study.models if m.seed == model.seed and m.key != key]
    named = {m.method.info.name: m.key for m in same}
    return (*(named[name] for name in ("original", "retrain") if name in named), key)


def kept_file(kept: Artefact, name: str) -> bytes:
    """A file of an artefact, as it was written.

    Raises:
        StoreError: when it is missing, or is not what was written.
    """
    path = kept.path(name)
    try:
        about = path.stat()
        return _read(str(path), about.st_mtime_ns, str(kept.files[name]["sha256"]))
    except (OSError, KeyError) as error:
        raise StoreError(f"{path} is missing; run the audit again") from error


@lru_cache(maxsize=8)
def _read(path: str, changed: int, sha256: str) -> bytes:
    if digest_of(Path(path)) != sha256:
        raise StoreError(f"{path} is damaged; run the audit again")
    return Path(path).read_bytes()


# ---- the example --------------------------------------------------------------------------------


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
        many = there if role == "retrained" else there[:1]
        found[role] = tuple(Given(f"{method}-{m.seed}.safetensors", str(path)) for m, path in many)
    if not found["original"] or not found["unlearned"]:
        return "The example needs the weights of the shipped study of digits, which are not here."
    return Form(
        given=found,
        data=study.study.data.name,
        forget_by="classes",
        classes=",".join(study.study.forget.classes),
    )


def labels_of(report: Report, roles: Sequence[str]) -> dict[str, str]:
    """What the person called the files of these roles, by role."""
    return {each.role: each.name for each in report.inputs if each.role in roles}
