"""A race: several methods unlearn the same data side by side, replayed or live."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from ...common.config import ConfigError
from ...common.plugins import sources
from ...engine import Run, UnknownRun
from ...methods import known_methods, method_settings
from ...study import Job, Plan, StudyResult
from ..charts.maps_component import Samples
from ..charts.palette import method_colour
from ..charts.player_component import Film, player
from ..reading import state
from ..reading import store_reader as library
from ..reading.asking import queue, see_to_it
from ..reading.followed import RACE
from ..reading.references import References
from ..sections.bars_explained import bars_explained
from ..sections.decisive import Decisive
from ..sections.films import Levels, film, levels, lines, measured, rebuilt_of, watched
from ..sections.follower import doing
from . import live, unreadable
from .race_choice import stored_model
from .race_status import STEADY, ended, messages, status
from .race_tail import RaceTail, Runner

__all__ = ["current", "follow", "raced", "replay", "start"]

MAP_HEIGHT = 230
LIVE_NOTE = "Measured on training pictures after every epoch."


# ---- replay -------------------------------------------------------------------------------------


def replay(
    study: StudyResult, names: Sequence[str], asked: Sequence[str] = (), part: str = ""
) -> None:
    """The stored epochs of the chosen methods, on one clock.

    Args:
        study: on the page.
        names: of the methods.
        asked: keys of the models that other pages show: of a method among them that seed plays.
        part: of the player, see there.
    """
    samples, _ = library.samples(study)
    beside = levels(References.of(study))
    models = {name: stored_model(study, name, asked) for name in names}
    columns = {
        column.model.key: column
        for column in library.columns(study, tuple(m.key for m in models.values() if m))
    }
    titles = {cls.info.name: cls.info.title for cls in known_methods()}
    films = []
    for name, model in models.items():
        if model is None:
            missing = "No model of this method in this study yet. Press Run to train it now."
            films.append(Film(titles[name], reason=missing, color=method_colour(name)))
            continue
        made = film(
            columns[model.key],
            samples,
            beside,
            title=model.title,
            color=method_colour(name),
            decisive=Decisive.of(columns[model.key].verdict),
        )
        films.append(made)
    attackers = {measured(m.training.history) for m in models.values() if m}
    who = f" The moving attacker holds {' or '.join(sorted(attackers))}." if attackers else ""
    seeds = sorted({m.seed for m in models.values() if m})
    shown = f" Seed {' and '.join(map(str, seeds))}." if seeds else ""
    player(
        films,
        samples,
        key="race.player",
        note=LIVE_NOTE + who + shown,
        end_note="At the end: the stored evidence, on pictures that the attack was not fitted on."
        + shown,
        height=MAP_HEIGHT,
        part=part,
    )
    if state.option("explain") == "on":
        bars_explained(films)


# ---- live ---------------------------------------------------------------------------------------


def start(study: StudyResult, names: Sequence[str]) -> None:
    """Queue a race and follow it; one that waits or runs already is followed instead."""
    about = study.study.data.name, study.study.forget.forgets
    stored = {name: stored_model(study, name) for name in names}
    methods = [
        model.method if model else method_settings(name, {}, dataset=about[0], scenario=about[1])
        for name, model in stored.items()
    ]
    seed = min((m.seed for m in stored.values() if m), default=0)
    asked = study.study.replace(evidence=study.study.evidence.in_suite("quick"))
    references = (method_settings("original"), method_settings("retrain"))
    plan = Plan(asked, (*references, *methods), (seed,))
    there = all(model is not None and model.seed == seed for model in stored.values())
    job = Job(
        plan.to_dict(),
        kinds=("model",) if there else (),  # what is attacked already need not be again
        together=True,
        plugin_files=tuple(sources()),
    ).to_dict()
    titles = ", ".join(method.info.title for method in methods)
    if run := queue(job, f"Race: {titles} · seed {seed}"):
        RACE.show(run)


def current(study: StudyResult, wanted: Sequence[str] = ()) -> Run | None:
    """The race of a study to show: the address's, this session's, or whichever runs now.

    Args:
        study: the study shown; a race of another one has other samples, classes and bands.
        wanted: the methods that the address asks for, by name; a race that has ended and was one of
            others is left.
    """
    engine = library.engine()
    asked, record = RACE.id, None
    if asked:
        try:
            record = engine.status(asked)
        except UnknownRun:
            st.info("There is no run in this store by the name in the address.")
    if record is not None and _is_race(record) and not _is_of(record, study):
        st.info("That race is one of another study: choose it above to watch it.")
        record = None
    elif record is not None and not record.active and wanted and {*wanted} != {*raced(record)}:
        record = None
    if record is None or not _is_race(record):
        RACE.show(None)
        races = (run for run in engine.list() if run.active and _is_race(run))
        races = (run for run in races if unreadable.plan_of(run))  # others are not looked for
        record = next((run for run in races if _is_of(run, study)), None)
    if record is not None:
        RACE.show(record.id)
    return record


def _is_race(run: Run) -> bool:
    return bool(run.job.get("together"))


def _is_of(run: Run, study: StudyResult) -> bool:
    """Whether a race is one of a study; of a plan that cannot be read here it is not known."""
    plan = unreadable.plan_of(run)
    return plan is None or plan.study.place == study.place  # `follow` says what cannot be read


def raced(record: Run) -> tuple[str, ...]:
    """The methods of a race, by name; none where its plan cannot be read here."""
    plan = unreadable.plan_of(record)
    if plan is None:
        return ()
    return tuple(m.info.name for m in plan.methods if m.info.family != "reference")


def follow(record: Run, study: StudyResult, part: str = "") -> bool:
    """Show a race; while it goes on the view renews itself.

    Args:
        record: of the race.
        study: on the page.
        part: of the player, see there.

    Returns:
        Whether it takes the place of the replay.
    """
    try:
        plan = Plan.from_dict(record.job["plan"])
    except ConfigError as error:
        st.warning(f"This race cannot be read here. {error}")
        return False
    except KeyError:
        unreadable.say(record)
        return False
    tail = _tail(record, plan)
    tail.poll(library.engine().runs, record)
    st.html(f"<style>{STEADY}</style>")
    if not (record.active or tail.behind):
        ended(record, tail)
        return False
    samples, _ = library.samples(study)
    beside = levels(References.of(study))
    with st.container(key="race-view"):
        st.fragment(_follow, run_every=live.POLL)(record.id, tail, samples, beside, part)
    return True


def _tail(record: Run, plan: Plan) -> RaceTail:
    tails: dict[str, RaceTail] = st.session_state.setdefault("race.tails", {})
    titles = [m.info.title for m in plan.methods if m.info.family != "reference"]
    return tails.setdefault(record.id, RaceTail(record.id, titles))


def _follow(run: str, tail: RaceTail, samples: Samples, beside: Levels, part: str) -> None:
    engine = library.engine()
    try:
        record = engine.status(run)
    except UnknownRun:  # with its store: the page says so
        st.rerun()
    tail.poll(engine.runs, record)
    if record.active:
        see_to_it()
    status(tail.done, _saying(record, tail), record)
    films = [_live_film(runner, tail, samples, beside) for runner in tail.runners.values()]
    player(
        films,
        samples,
        key="race.player",
        live=True,
        note=LIVE_NOTE,
        height=MAP_HEIGHT,
        part=part,
    )
    messages(tail)  # below: a warning that comes pushes no map
    if not record.active and not tail.behind:
        st.rerun()  # the whole page: what was made joins the study, and can be replayed


def _live_film(runner: Runner, tail: RaceTail, samples: Samples, beside: Levels) -> Film:
    """What a method has done so far."""
    names = {cls.info.title: cls.info.name for cls in known_methods()}
    color = method_colour(names.get(runner.title, runner.title))
    points, count = runner.points(len(samples.ids)), len(samples.ids)
    return Film(
        runner.title,
        points,
        reason="" if points is not None else _waits(runner, tail),
        chips=html.escape(runner.ended),
        last=runner.last,
        groups=runner.groups(count),
        bars=watched(runner.values, beside),
        lines=lines(runner.values, color),
        drawn_on="training pictures",
        color=color,
        rebuilt=rebuilt_of(runner.rebuilt(), samples),
        **beside.chart(runner.values),
    )


def _waits(runner: Runner, tail: RaceTail) -> str:
    """Why nothing is seen of a method yet."""
    if runner.ended:
        return f"Ended before its first epoch: {runner.ended}."
    if tail.now.get("model") == runner.title:
        return f"Its first epoch is under way{_step(tail)}."
    if tail.now:
        return f"Waits for its turn: now {_now(tail)}."
    return "Waits for the engine to begin."


def _now(tail: RaceTail) -> str:
    return f"{doing(tail.now['name'])} {tail.now['model']}{_step(tail)}"


def _step(tail: RaceTail) -> str:
    return f", step {tail.step['step']:,} of {tail.step['steps']:,}" if tail.step else ""


def _saying(record: Run, tail: RaceTail) -> str:
    engine = library.engine()
    if record.cancelling:
        return "Stopping …"
    if record.status == "queued":
        ahead = engine.position(record.id)
        health = engine.health()
        ready = health is not None and health["state"] == "ready"
        waits = "next" if not ahead else f"{ahead} before it"
        return f"Queued, {waits}." + ("" if ready else " The engine is starting.")
    if tail.over and tail.stage and tail.stage["name"] != "model":
        return f"The race is over. Now {doing(tail.stage['name'])} {tail.stage['model']}."
    if not any(runner.epochs for runner in tail.runners.values()):
        if not tail.now:
            return "Starting: the data and the models that the race begins from are read."
        before = "" if tail.now["model"] in tail.runners else "Before the race: "
        told = f"{before}{_now(tail)}"
        return f"{told[0].upper()}{told[1:]}."
    return " · ".join(map(_stands, tail.runners.values()))


def _stands(runner: Runner) -> str:
    """How far a method is."""
    if runner.ended:
        return f"{runner.title}: {runner.ended}"
    at = f"epoch {runner.epochs[-1]['epoch']} of {runner.last}" if runner.epochs else "to begin"
    return f"{runner.title} {at}"
