"""The lab's question: data, forget scenario, architecture, method, and their settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from ...artefacts import kinds
from ...common.access import also
from ...common.config import Config, ConfigError
from ...data import DataError, DatasetInfo, DataSpec, Scenario, at_hand, list_datasets
from ...methods import (
    MARKS,
    MethodSettings,
    known_methods,
    method_settings,
    settings_class,
    tuned_settings,
)
from ...models import Architecture, list_architectures
from ...study import Plan, Study, StudyResult
from ...study.paths import check_paths, chosen_before
from ...training import Training
from ..charts.theme import projected
from ..reading import access
from ..reading import store_reader as library
from ..sections.glossary import help_of
from .controls import controls
from .costs import attack_seconds
from .own import own_files

__all__ = ["Asked", "choose", "in_turn", "pick"]

AUTO = "auto takes the first there is of CUDA, MPS and CPU."
FETCH = (
    "python -c \"from opcviz.data import DataSpec, load; load(DataSpec('{name}'), download=True)\""
)
DEVICES = ("auto", "cpu", "cuda", "mps")


FIRST = {"classification": "opc", "generation": "rl_diffusion"}
"""By task, the method that is offered at first."""


def pick(study: StudyResult) -> str:
    """The method to run, by name, with what it does and where it comes from.

    Args:
        study: the study shown, whose task says which methods there are.
    """
    task = study.study.task
    forgets = study.study.forget.forgets
    classes = {cls.info.name: cls for cls in known_methods(task, forgets)}
    first = "fed_pga" if forgets == "clients" else FIRST[task]
    name = st.selectbox(
        "Method",
        list(classes),
        index=list(classes).index(first),
        format_func=lambda n: f"{classes[n].info.title} · {classes[n].info.family}",
        key="lab.method" if task == "classification" else f"lab.method.{task}",
        persist_state="session",
    )
    info = classes[name].info
    st.caption(f"{info.summary}  \n{info.paper}")
    mark = info.fidelity.mark
    st.caption(" ".join([f"**{mark.capitalize()}**: {MARKS[mark]}.", *info.fidelity.deviations]))
    return name


@dataclass(frozen=True)
class Asked:
    """What the form says.

    Attributes:
        plan: what to run; None while something cannot be used.
        device: where.
        why: why there is no plan.
    """

    plan: Plan | None
    device: str
    why: str = ""


def in_turn(study: StudyResult) -> bool:
    """Whether a run is wanted for each of several requests in a row, one after the other.

    Args:
        study: the study shown, which may be one of them.
    """
    count = len(study.study.steps)
    return count > 1 and st.toggle(
        f"All {count} requests in turn",
        key="lab.in_turn",
        help="A run for each request, from the first to that of this study; each is shown when the "
        "one before it has ended. Without it the method makes what it lacks of earlier requests "
        "unseen, and shows the last.",
    )


def choose(study: StudyResult, method: str) -> Asked:
    """Draw a method's settings and all else that can be chosen, starting from the study shown."""
    settings = _settings(method, study)
    own_files()
    with st.expander("Study: data, what to forget, network"):
        asked, wrong = _study(study.study, library.samples(study)[1].class_names)
    one, two = st.columns(2)
    seed = one.number_input("Seed", 0, 10_000, 0, key="lab.seed", help=help_of("seed"))
    device = two.selectbox(
        "Device",
        DEVICES,
        key="lab.device",
        help=f"{AUTO}  \n{help_of('GPU')}",
    )
    if settings is None:
        title = settings_class(method).info.title
        return Asked(None, device, f"a setting of {title} cannot be used; below it says which.")
    if asked is None:
        return Asked(None, device, wrong)
    asked = _with_attacks(study, asked)
    references = (method_settings("original"), method_settings("retrain"))
    others = () if settings in references else (settings,)
    return Asked(Plan(asked, (*references, *others), (int(seed),)), device)


def _settings(name: str, shown: StudyResult) -> MethodSettings | None:
    study = shown.study
    cls, dataset = settings_class(name), study.data.name
    tuned: Mapping[str, Any] = tuned_settings(name, dataset, study.forget.forgets)
    told = f"tuned for {dataset}"
    if study.task != "classification":  # tuned were classifiers
        tuned, told = _as_stored(name, shown), "as in this study"
    source = "paper"
    if tuned:
        source = st.segmented_control(
            "Start from",
            [told, "paper"],
            default=told,
            required=True,
            key=f"lab.source.{name}.{dataset}.{study.task}",
            persist_state="session",
            help="The literature's values are for CIFAR-10 and large networks; small data wants "
            "others.",
        )
    paper = cls().to_dict()
    values = controls(
        cls,
        key=f"lab.{name}.{source}",
        defaults={} if source == "paper" else tuned,
        literature=paper,
        columns=4 if projected() else 2,
    )
    return values if isinstance(values, cls) else None


def _as_stored(name: str, study: StudyResult) -> Mapping[str, Any]:
    """The settings of the study's own model of a method that differ from the method's; or none."""
    found = next((m.method.to_dict() for m in study.models if m.method.info.name == name), {})
    usual = settings_class(name)().to_dict()
    return {key: value for key, value in found.items() if usual.get(key) != value}


def _with_attacks(study: StudyResult, asked: Study) -> Study:
    """The study with the suite and the optional kinds of artefact that are chosen."""
    full = asked.replace(evidence=asked.evidence.in_suite("full"))
    known = attack_seconds(study, full) if asked.place == study.place else None
    in_full = st.toggle(
        f"Full attacks{'' if known is None else f' (about {known:.0f} s)'}",
        key="lab.full",
        persist_state="session",
        help="Off: quick ones, in seconds. They can show that something is hidden; that nothing is "
        "left, or to be seen, only the full attacks can say. The time is what they took a model of "
        "this study, wherever it was made.",
    )
    asked = asked.replace(evidence=asked.evidence.in_suite("full" if in_full else "quick"))
    evidence = asked.evidence
    optional = {
        kind.name: kind
        for kind in kinds(asked.task)
        if kind.optional and not evidence.leaves_out(kind)
    }
    chosen = st.multiselect(
        "Attacks and measures",
        list(optional),
        default=[name for name in evidence.chosen if name in optional],
        format_func=lambda name: optional[name].title,
        key=f"lab.attacks.{asked.place}.{evidence.suite}",
        persist_state="session",
        help="Beside the evidence that every verdict needs:  \n"
        + "  \n".join(f"{kind.title}: {kind.summary}." for kind in optional.values()),
    )
    if set(chosen) == set(evidence.chosen):
        return asked  # in the study's own order: the same question
    left_out = [name for name in evidence.instruments or () if name not in evidence.chosen]
    return asked.replace(evidence=evidence.replace(instruments=(*chosen, *left_out)))


def _study(current: Study, class_names: Sequence[str]) -> tuple[Study | None, str]:
    """The question itself, or why it cannot be asked.

    Unchanged, the run joins the study shown, of the classes given.
    """
    sets = {info.name: info for info in list_datasets()}
    if current.task != "classification":  # its networks are made for the pictures they draw
        sets = {current.data.name: sets[current.data.name]}
    key = f"lab.study.{current.place}"
    names = [
        name
        for name, info in sets.items()
        if info.needs != "path" or access.may_name_paths() or name == current.data.name
    ]
    data_name = st.selectbox(
        "Data set",
        names,
        index=names.index(current.data.name),
        format_func=lambda n: (
            f"{n}: {sets[n].description}{'' if at_hand(n) else ' · not here yet'}"
        ),
        key=f"{key}.data",
    )
    path = ""
    if sets[data_name].needs == "path":
        path = current.data.path
        if access.may_name_paths():
            path = st.text_input("Its folder or file", path, key=f"{key}.path")
    elif not at_hand(data_name):
        st.warning(f"{data_name} is not on this machine. Fetch it once on the command line:")
        st.code(FETCH.format(name=data_name), language="bash")
        return None, f"{data_name} is not on this machine; under *Study* is the command."
    forget = st.text_input(
        "Forget",
        str(current.forget),
        key=f"{key}.forget",
        help="classes:0,1,2 (numbers or names), random:10% (random:10%@7 with a seed), "
        "subclass:3:1/4 (the largest of four clusters in class 3), memorised:5%"
        + (", indices:FILE (.npy, .txt, .csv)" if access.may_name_paths() else "")
        + ". Planted, so that forgetting can be checked: confusion:3,5:50% "
        "(swapped labels), trigger:0:10% (a patch labelled 0)",
    )
    networks = list_architectures() if current.task == "classification" else []
    if current.architecture.name not in networks:  # one that was brought, say
        networks.append(current.architecture.name)
    network = st.selectbox(
        "Architecture",
        networks,
        index=networks.index(current.architecture.name),
        key=f"{key}.network",
    )
    st.markdown("**Training of the original and the retrained model**")
    training = controls(
        Training,
        key=f"{key}.training",
        defaults=current.training.to_dict(),
        columns=4 if projected() else 2,
    )
    if training is None:
        return None, "a setting of the training cannot be used; under *Study* it says which."
    said = "This study cannot be used"
    try:
        asked = _same_or_new(current, data_name, path, forget, network, training)
        with also(chosen_before(library.store(), asked)):
            check_paths(asked, None)
        said = "This cannot be forgotten"
        if asked.data == current.data:
            asked.forget.check(class_names, data_name)
    except (ConfigError, DataError) as error:
        st.error(f"{said}. {error}.")
        return None, f"{said[:1].lower()}{said[1:]}: {error}."
    return asked, ""


def _described(info: DatasetInfo) -> str:
    return f"{info.name}: {info.description}{'' if at_hand(info.name) else ' · not here yet'}"


def _same_or_new(
    current: Study, data_name: str, path: str, forget: str, network: str, training: Config
) -> Study:
    """The study shown where nothing was changed, else a new one.

    Raises:
        ConfigError, DataError: for what cannot be.
    """
    values: dict[str, Any] = {
        "data": DataSpec(data_name, path)
        if (data_name, path) != (current.data.name, current.data.path)
        else current.data,
        "forget": Scenario.parse(forget).pinned()
        if forget != str(current.forget)
        else current.forget,
        "architecture": current.architecture
        if network == current.architecture.name
        else Architecture(network),
        "training": training,
    }
    asked = current.replace(**values)
    if asked.place == current.place:
        return current
    return asked.replace(name=data_name, title=f"{data_name}: forget {forget}, {network}")
