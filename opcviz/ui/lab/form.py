"""The lab's question: data, forget scenario, architecture, method, and their settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from ...artefacts import kinds
from ...common.config import Config, ConfigError
from ...common.plugins import add_source
from ...data import DataError, DataSpec, Scenario, list_datasets
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
from ...study.own import declare_own
from ...training import Training
from ..reading import store_reader as library
from .controls import controls

__all__ = ["choose", "pick"]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
DEVICES = ("auto", "cpu", "cuda", "mps")


def pick() -> str:
    """The method to run, by name, with what it does and where it comes from."""
    classes = {cls.info.name: cls for cls in known_methods()}
    name = st.selectbox(
        "Method",
        list(classes),
        index=list(classes).index("opc"),
        format_func=lambda n: f"{classes[n].info.title} · {classes[n].info.family}",
        key="lab.method",
        persist_state="session",
    )
    info = classes[name].info
    st.caption(f"{info.summary}  \n{info.paper}")
    mark = info.fidelity.mark
    st.caption(" ".join([f"**{mark.capitalize()}**: {MARKS[mark]}.", *info.fidelity.deviations]))
    return name


def choose(study: StudyResult, method: str) -> tuple[Plan, str] | None:
    """Draw a method's settings and all else that can be chosen, starting from the study shown.

    Returns:
        What to run and on which device; None while something cannot be used (said on screen).
    """
    settings = _settings(method, study.study)
    _own_files()
    with st.expander("Study: data, what to forget, network"):
        asked = _study(study.study, library.samples(study)[1].class_names)
    one, two = st.columns(2)
    seed = one.number_input(
        "Seed", 0, 10_000, 0, key="lab.seed", help="Of initial weights and the order of data."
    )
    device = two.selectbox("Device", DEVICES, key="lab.device", help="auto: CUDA, MPS, then CPU.")
    if settings is None or asked is None:
        return None
    asked = _with_attacks(asked)
    references = (method_settings("original"), method_settings("retrain"))
    others = () if settings in references else (settings,)
    return Plan(asked, (*references, *others), (int(seed),)), device


def _settings(name: str, study: Study) -> MethodSettings | None:
    cls, dataset = settings_class(name), study.data.name
    tuned = tuned_settings(name, dataset, study.forget.forgets)
    source = "paper"
    if tuned:
        source = st.segmented_control(
            "Start from",
            [f"tuned for {dataset}", "paper"],
            default=f"tuned for {dataset}",
            required=True,
            key=f"lab.source.{name}.{dataset}",
            persist_state="session",
            help="The literature's values are for CIFAR-10 and ResNet-18; small data wants others.",
        )
    paper = cls().to_dict()
    values = controls(
        cls,
        key=f"lab.{name}.{source}",
        defaults={} if source == "paper" else tuned,
        literature=paper,
        columns=2,
    )
    return values if isinstance(values, cls) else None


def _with_attacks(asked: Study) -> Study:
    """The study with the optional kinds of artefact that are chosen, at first its own."""
    optional = {kind.name: kind for kind in kinds(asked.task) if kind.optional}
    chosen = st.multiselect(
        "Attacks and measures",
        list(optional),
        default=[name for name in asked.evidence.chosen if name in optional],
        format_func=lambda name: optional[name].title,
        key=f"lab.attacks.{asked.place}",
        persist_state="session",
        help="Beside the evidence that every verdict needs:  \n"
        + "  \n".join(f"{kind.title}: {kind.summary}." for kind in optional.values()),
    )
    if set(chosen) == set(asked.evidence.chosen):
        return asked  # in the study's own order: the same question
    return asked.replace(evidence=asked.evidence.replace(instruments=tuple(chosen)))


def _own_files() -> None:
    """Where methods and attacks of one's own come from, and what was refused."""
    for refused in declare_own():
        st.warning(f"A file was refused. {refused}.")
    with st.expander("A method or an attack of your own"):
        st.markdown(
            "One Python file with one decorated class. Name it (or its folder) in the environment "
            "variable `OPCVIZ_PLUGINS`, or here; a method joins the list above, with controls, an "
            "attack the attacks and measures below."
        )
        if st.get_option("server.address") not in LOOPBACK:
            st.caption("Not here: this server answers other machines, and a file is a program.")
            return
        path = st.text_input("File or folder", key="lab.own", placeholder="/path/to/my_attack.py")
        if st.button("Load", key="lab.own.load", disabled=not path):
            add_source(path)
            st.rerun()


def _study(current: Study, class_names: Sequence[str]) -> Study | None:
    """The question itself; unchanged, the run joins the study shown, of the classes given."""
    sets = {info.name: info for info in list_datasets()}
    key = f"lab.study.{current.place}"
    names = list(sets)
    data_name = st.selectbox(
        "Data set",
        names,
        index=names.index(current.data.name),
        format_func=lambda n: f"{n}: {sets[n].description}",
        key=f"{key}.data",
    )
    path = ""
    if sets[data_name].needs == "path":
        path = st.text_input("Its folder or file", current.data.path, key=f"{key}.path")
    elif sets[data_name].needs == "download":
        st.caption("Fetched once on the command line: `python -m opcviz run … --download`.")
    forget = st.text_input(
        "Forget",
        str(current.forget),
        key=f"{key}.forget",
        help="classes:0,1,2 (numbers or names), random:10% (random:10%@7 with a seed), "
        "subclass:3:1/4 (the largest of four clusters in class 3), memorised:5%, indices:FILE "
        "(.npy, .txt, .csv). Planted, so that forgetting can be checked: confusion:3,5:50% "
        "(swapped labels), trigger:0:10% (a patch labelled 0)",
    )
    networks = list_architectures()
    network = st.selectbox(
        "Architecture",
        networks,
        index=networks.index(current.architecture.name),
        key=f"{key}.network",
    )
    st.markdown("**Training of the original and the retrained model**")
    training = controls(
        Training, key=f"{key}.training", defaults=current.training.to_dict(), columns=2
    )
    if training is None:
        return None
    asked = _same_or_new(current, data_name, path, forget, network, training)
    if asked is not None and asked.data == current.data:
        try:
            asked.forget.check(class_names, data_name)
        except DataError as error:
            st.error(f"This cannot be forgotten. {error}.")
            return None
    return asked


def _same_or_new(
    current: Study, data_name: str, path: str, forget: str, network: str, training: Config
) -> Study | None:
    try:
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
    except (ConfigError, DataError) as error:
        st.error(f"This study cannot be used. {error}.")
        return None
