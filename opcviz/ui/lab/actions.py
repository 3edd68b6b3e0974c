"""What the lab page does: start a run, find it again, hand its model over."""

from __future__ import annotations

import streamlit as st

from ...common.config import ConfigError
from ...common.plugins import sources
from ...engine import DEFAULT_RUNNER, UnknownRun
from ...study import Job, ModelResult, Plan, StoreError, StudyResult, in_steps, open_study
from ...study.spec import model_place
from ..reading import access, state
from ..reading import store_reader as library
from ..reading.asking import queue
from ..reading.followed import LAB
from ..sections.sentences import headline
from . import drawing, live
from .costs import attack_seconds, not_yet_quick

__all__ = [
    "current_run",
    "finished_model",
    "replay",
    "start",
    "wake_engine",
    "what_will_run",
]

ROW = "lab.row"
"""What the session keeps runs under that were started in turn, from the one that is followed on."""
OPENS = {
    "classification": ("See it side by side", "Side by side", "pages/side_by_side.py"),
    "generation": ("See what it draws", "Generators", "pages/generators.py"),
}
"""By task, what leads from a finished model to the page that puts it beside others."""


def wake_engine() -> None:
    """See that the engine program is there: it takes seconds to start, choosing takes longer."""
    library.engine().ensure()


def what_will_run(study: StudyResult, plan: Plan, device: str) -> str:
    """What Start does, and what is there already.

    Args:
        study: the study shown.
        plan: what is asked.
        device: where.
    """
    where = library.store()
    names = [
        m.info.title
        for m in plan.methods
        if not where.latest(model_place(plan.study, m, plan.seeds[0]), "model")
    ]
    attacks = f"{plan.study.evidence.suite} attacks"
    seconds = attack_seconds(study, plan.study) if study.place == plan.study.place else None
    if seconds is not None:
        attacks += f" (about {seconds:.0f} s a model)"
    said = f"Will train: {', '.join(names)}; then {attacks}. Device: {device}."
    if not names:
        said = (
            "This model is already in the study. Start trains it again live and checks that the "
            f"result is identical; then {attacks}, as far as they were not made yet."
        )
    if first := not_yet_quick(study, plan):
        count = f"{len(first)} reference model" + ("s" if len(first) > 1 else "")
        said += (
            f" The first time, {count} of this study will be attacked in the same way: each takes "
            "about as long as the new model."
        )
    return said


def start(plan: Plan, device: str, *, in_turn: bool = False) -> None:
    """Queue a run and follow it; one that waits or runs already is followed instead.

    Args:
        plan: what is asked.
        device: where.
        in_turn: of requests in a row queue a run for each, and follow them one after the other.
    """
    plans = in_steps(plan)[: len(plan.study.steps)] if in_turn else (plan,)
    row = [run for each in plans if (run := _queued(each, device))]
    st.session_state[ROW] = row
    if row:
        LAB.show(row[0])


def _queued(plan: Plan, device: str) -> str | None:
    method = plan.methods[-1].info.title
    title = plan.study.title or plan.study.place
    files = tuple(sources())
    if plan.study.evidence.suite == "full":
        title += " · full attacks"
    job = Job(plan.to_dict(), device=device, again=True, plugin_files=files).to_dict()
    return queue(job, f"{method} · {title} · seed {plan.seeds[0]}")


def _next_in_row(run: str) -> str:
    """Of runs that were started in turn the next, once one has ended; it can be looked at again."""
    row: list[str] = st.session_state.get(ROW, [])
    if run not in row or library.engine().status(run).active:
        return run
    st.session_state[ROW] = row = row[row.index(run) + 1 :]
    return row[0] if row else run


def current_run() -> str | None:
    """The run to show: the address's, this session's, or whichever is active now."""
    asked = LAB.id
    runs = library.engine()
    if asked:
        try:
            if runs.status(asked).runner != DEFAULT_RUNNER:
                asked = None  # of another page
        except UnknownRun:
            st.info("There is no run in this store by the name in the address.")
            LAB.show(None)
            asked = None
    if not asked:
        here = (run for run in runs.list() if run.active and run.runner == DEFAULT_RUNNER)
        asked = next((run.id for run in here if access.is_mine(run)), None)
    if asked:
        asked = _next_in_row(asked)
        LAB.show(asked)
    return asked


def _model_of(run: str) -> tuple[StudyResult, ModelResult] | None:
    """The finished model of a run, with its study."""
    try:
        record = library.engine().status(run)
    except UnknownRun:
        return None
    if record.status != "finished":
        return None
    try:
        plan = Plan.from_dict(record.job["plan"])
        study = open_study(library.store(), plan.study.place)
    except (ConfigError, KeyError, StoreError):  # `live.follow` says what cannot be read
        return None
    place = model_place(plan.study, plan.methods[-1], plan.seeds[0])
    model = study.model(place.rpartition("/")[2])
    return None if model is None else (study, model.in_suite(plan.study.evidence.suite))


def finished_model(run: str) -> None:
    """What the finished model says, and the way to see it beside the others."""
    found = _model_of(run)
    if found is None:
        return
    study, model = found
    label, name, page = OPENS[study.study.task]
    if study.study.task == "generation":
        st.markdown(f"**{model.title}**: {drawing.headline(study, model)}")
    else:
        st.markdown(f"**{model.title}**: {headline(model.method.info.name, model.results)}")
    verdict = study.verdict(model)
    by = f"{model.suite} attacks" + (f", seed {model.seed}" if model.seed else "")
    words = "No verdict" if verdict.words == "none" else verdict.words.capitalize()
    st.markdown(f"**{words}** by {by}. {verdict.why}")
    for note in verdict.notes:
        st.caption(note)
    if st.button(
        label,
        icon=":material/view_column:",
        key=f"lab.open.{run}",
        help=f"Opens {name} on this study with this model beside the original and retrained "
        f"model of its seed ({model.seed}), in place of the models shown there before.",
    ):
        state.update(study=study.place, models=_beside(study, model))
        st.switch_page(page)


def _beside(study: StudyResult, model: ModelResult) -> tuple[str, ...]:
    """The model with the references of its seed and one or two others of that seed."""
    first = [m for key in library.choices()[study.place].shown if (m := study.model(key))]
    methods = [m.method for m in first]
    others = [
        m.key
        for m in study.models
        if m.seed == model.seed and m.method in methods and m.key != model.key
    ]
    return (*others[: state.MAX_MODELS - 1], model.key)


def replay(study: StudyResult, run: str | None) -> None:
    """Pick a model of the study (or the run's) and any of its epochs."""
    found = _model_of(run) if run else None
    if found is not None:
        study = found[0]
    titles = library.labels(study)
    keys = list(titles)
    first = library.choices()[study.place].shown
    chosen = found[1].key if found else next((k for k in first if k.startswith("opc-")), keys[-1])
    key = st.selectbox(
        "Model",
        keys,
        index=keys.index(chosen),
        format_func=lambda key: titles[key],
        key=f"lab.replay.{study.place}.{chosen}",
        label_visibility="collapsed",
    )
    model = study.model(key)
    if model is not None:
        live.replay(study, model)
