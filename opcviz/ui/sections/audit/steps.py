"""The three steps: the models, the data and what should be forgotten, the run."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ....audit.page_job import RUNNER, FirstLook, PageJob
from ....data import DatasetInfo, at_hand, list_datasets
from ....engine import EngineError, Run
from ...reading import access
from ...reading import audit as reading
from ...reading import audit_form as forms
from ...reading import store_reader as library
from ...reading.audit_form import BAND, FOLDER, FORGET_BY, Asked
from ...reading.followed import AUDIT
from ..glossary import help_of
from . import found as said
from .bound import bound
from .cost import SUITES, cost
from .files import clear, endings, files
from .look import LOOKING

__all__ = ["data_step", "models_step", "run_step"]

WEIGHTS = ("safetensors", "pt", "pth", "bin", "pt2", "zip", "json")
OWN_DATA = ("npz", "parquet")
LISTS = ("csv", "txt", "npy")
DEVICES = ("auto", "cpu", "cuda", "mps")
CARDS = {
    "original": (
        "The original",
        "Before unlearning, trained on all the data. Without it what compares with it stays open.",
    ),
    "unlearned": (
        "The unlearned model",
        "The one under audit, which should have forgotten. All attacks are made on this one.",
    ),
    "retrained": (
        "Retrained ones, if you have any",
        "Trained without what is forgotten: the measure of memory. Better three than one.",
    ),
}
NO_BAND = (
    "There is no retrained model, so there will be no verdict on what is gone: bring some in "
    f"step 1, or switch on ‘Train {BAND} models’ above."
)
SUITE_HELP = (
    "Quick: for a first look. One attack that gets through is enough to say that something is "
    "hidden; that nothing is left, only the full attacks can say."
)


def models_step(look: FirstLook, looking: bool) -> None:
    """Step 1: weights of the original, the unlearned and the retrained models.

    Args:
        look: what was recognised so far.
        looking: whether more is on its way.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header("1 · The models", anchor=False, help=WEIGHTS_HELP, width="stretch")
        if access.may_name_paths():
            st.toggle(
                "Name files on this machine",
                **bound("by_path"),
                help="Write where a file lies instead of uploading it: the server is your machine.",
                width="content",
            )
    if not forms.form().by_path:
        endings(WEIGHTS)
    for place, role in zip(st.columns(3), CARDS, strict=True):
        with place.container(border=True, height="stretch"):
            name, why = CARDS[role]
            st.markdown(f"**{name}**")
            st.caption(why)
            many = role == "retrained"
            files(role, WEIGHTS, many=many, folders=True, label=f"Weights: {name}")
            _found_of(role, look, looking)
    _by_hand(look)


WEIGHTS_HELP = (
    "Weights as others publish them: .safetensors, a state dict of PyTorch (.pt, .pth) or an "
    "exported program (.pt2). Of a folder of Hugging Face give config.json and the weights "
    "together (and preprocessor_config.json), or the folder as .zip. Files are read as numbers "
    "alone; nothing in them is run."
)


def _found_of(role: str, look: FirstLook, looking: bool) -> None:
    for number, _ in enumerate(forms.form().files(role)):
        if look.file(role, number) is not None:
            said.model_found(look, role, number)
        elif looking:
            st.caption(LOOKING)


def _by_hand(look: FirstLook) -> None:
    """What was recognised of all models together, and the way to say otherwise."""
    fitting = [choice for choice in look.choices if choice.fits]
    if fitting:
        named = " or ".join(f"**{said.plain(choice.title)}**" for choice in fitting[:3])
        normal = f" Prepared with {said.plain(look.normalisation)}." if look.normalisation else ""
        st.markdown(f":green[:material/check_circle:] Recognised as {named}.{normal}")
    with st.expander("Say it yourself: architecture and normalisation"):
        one, two, three = st.columns([1.4, 1, 1])
        one.text_input(
            "Architecture",
            **bound("architecture"),
            placeholder="recognised from names and shapes",
            help="A name as in resnet18, torchvision:resnet50 or small:vgg16_bn; empty: recognised "
            "from the names and shapes of the tensors."
            + "".join(f"  \n`{each.name}`: {said.plain(each.title)}" for each in look.choices),
        )
        two.text_input(
            "Mean of the pictures, by channel",
            **bound("mean"),
            placeholder="0.49, 0.48, 0.45",
            help="Of pixels from 0 to 1. Empty: as the weights say, else none.",
        )
        three.text_input(
            "Standard deviation, by channel",
            **bound("std"),
            placeholder="0.25, 0.24, 0.26",
            help="Of pixels from 0 to 1. Empty: as the weights say, else none.",
        )


def data_step(look: FirstLook, looking: bool) -> None:
    """Step 2: the data, and what should be forgotten.

    Args:
        look: what was recognised so far.
        looking: whether more is on its way.
    """
    st.header("2 · The data, and what should be forgotten", anchor=False)
    left, right = st.columns(2)
    with left.container(border=True, height="stretch"):
        _data()
        if looking and forms.form().data:
            st.caption(LOOKING)
        said.data_found(look)
        _wrong(look.of_step(2) if not look.data else [])
    with right.container(border=True, height="stretch"):
        _forget(look)
        if look.forget:
            st.markdown(f":green[:material/check_circle:] {said.plain(look.forget)}")
        # what is forgotten is looked at after the data, and only where these could be read
        _wrong([*forms.refused(forms.form()), *(look.of_step(2) if look.data else [])])


def _wrong(problems: list[str]) -> None:
    """What is wrong with what was given in a card, in the card; beside Start it stands again."""
    for text in problems:
        st.error(said.plain(text))


def _data() -> None:
    sets = {info.name: info for info in list_datasets()}
    offered = ["", *sets]
    chosen = forms.form()
    if chosen.data not in offered:
        forms.put(data="")
    st.selectbox(
        "The data that the models were trained and tested on",
        offered,
        format_func=lambda name: _described(sets[name]) if name else "Choose",
        **bound("data"),
    )
    chosen = forms.form()
    if not chosen.data:
        return
    if not at_hand(chosen.data):
        st.warning(
            f"{chosen.data} is not on this machine: bring it as a file of your own, or fetch it "
            "as the Lab says."
        )
    elif chosen.data == FOLDER:
        st.caption("train/ and test/, each with a folder a class: as one .zip.")
        files("data", ("zip",), label="Your pictures")
        if access.may_name_paths() and not chosen.by_path and not chosen.files("data"):
            st.text_input(
                "Or the folder on this machine",
                **bound("folder"),
                placeholder="/path/to/pictures",
            )
    elif forms.own_file(chosen.data):
        if not chosen.by_path:
            endings(OWN_DATA)
        files("data", OWN_DATA, label="Your data")


def _described(info: DatasetInfo) -> str:
    missing = "" if at_hand(info.name) else " · not on this machine"
    return f"{info.name}: {info.description}{missing}"


def _forget(look: FirstLook) -> None:
    st.segmented_control(
        "What should be forgotten",
        list(FORGET_BY),
        format_func=lambda name: FORGET_BY[name],
        required=True,
        **bound("forget_by"),
    )
    ways: dict[str, Callable[[FirstLook], None]] = {
        "classes": _classes,
        "list": _list,
        "text": _text,
    }
    ways[forms.form().forget_by](look)


def _classes(look: FirstLook) -> None:
    known = f" There are: {said.plain(said.classes_of(look.classes))}." if look.classes else ""
    st.text_input(
        "Classes, by number or name",
        **bound("classes"),
        placeholder="0,1,2",
        help=f"With commas between them.{known}",
    )


def _list(look: FirstLook) -> None:
    st.caption("Names of picture files, or numbers of training pictures from 0 on, one a line.")
    endings(LISTS)
    files("list", LISTS, label="List of what should be forgotten")


def _text(look: FirstLook) -> None:
    st.text_input(
        "In one line",
        **bound("text"),
        placeholder="random:10%",
        help="random:10% (random:10%@7 with a seed), subclass:3:1/4 (the largest of four clusters "
        "in class 3), memorised:5%.",
    )


def run_step(asked: Asked, look: FirstLook, looking: Run | None) -> None:
    """Step 3: how hard it is attacked, and Start.

    Args:
        asked: what the choices come to.
        look: what was recognised.
        looking: the run that looks, if any.
    """
    st.header("3 · Run", anchor=False)
    with st.container(border=True):
        one, two, three, four = st.columns([1.2, 1.9, 0.8, 0.9], vertical_alignment="bottom")
        one.segmented_control(
            "Attacks",
            list(SUITES),
            format_func=lambda name: SUITES[name],
            required=True,
            help=SUITE_HELP,
            **bound("suite"),
        )
        given = bool(asked.job.retrained)
        two.toggle(
            f"Train {BAND} models without the forgotten data",
            disabled=given,
            help="You brought retrained models: they are the measure."
            if given
            else "The measure of what memory is: models of the same architecture that never saw "
            "what is forgotten. Without them most questions stay open. It takes as long as "
            f"training the original {BAND} times.",
            **bound("retrain"),
        )
        three.number_input("Seed", 0, 10_000, help=help_of("seed"), **bound("seed"))
        four.selectbox("Device", DEVICES, help=help_of("GPU"), **bound("device"))
        _start(asked, look, looking)


def _start(asked: Asked, look: FirstLook, looking: Run | None) -> None:
    why = _why_not(asked, look, looking)
    button, told = st.columns([1, 3], vertical_alignment="center")
    pressed = button.button(
        "Start the audit",
        type="primary",
        icon=":material/play_arrow:",
        key="audit.go",
        disabled=bool(why),
        width="stretch",
    )
    if why:
        told.caption("**Cannot start.** " + "  \n".join(said.plain(each) for each in why))
    else:
        told.caption(cost(asked.job, look))
    if asked.job.unlearned and not (asked.job.retrained or asked.job.retrain):
        st.info(NO_BAND, icon=":material/info:")
    if pressed and not why:
        begin(asked.job)


def _why_not(asked: Asked, look: FirstLook, looking: Run | None) -> list[str]:
    """Why the audit cannot begin, in sentences."""
    problems = [text for _, text in asked.problems]
    problems += [each.fault for each in look.files if each.fault]
    problems += [each.says for each in look.problems if each.says not in problems]
    if not problems and looking is not None and looking.status != "finished":
        problems.append(
            "What you gave is still being looked at."
            if looking.active
            else "What you gave could not be looked at; above it says why."
        )
    return problems


def begin(job: PageJob) -> None:
    """Queue an audit and follow it; the same one that waits or runs already is followed."""
    engine = library.engine()
    run = reading.newest(engine, RUNNER, job)
    try:
        if run is None or not (run.active or run.status == "finished"):
            id = engine.submit(job.to_dict(), f"Audit · {job.title}", runner=RUNNER)
        else:
            id = run.id
    except EngineError as error:
        st.error(f"The audit cannot be run. {error}")
        return
    AUDIT.show(id)
    st.rerun()


def start_over() -> None:
    """A callback: nothing chosen, nothing kept."""
    clear()
    reading.leave()
