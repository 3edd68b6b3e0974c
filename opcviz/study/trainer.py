"""Trains one model of a study and stores it: weights, history, trajectory."""

from __future__ import annotations

import shutil
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor, nn

from ..artefacts import MODEL
from ..artefacts.monitor import Monitor, MonitorSetup, make_monitor
from ..common.config import fingerprint
from ..common.memory import PeakMemory
from ..common.progress import Message
from ..methods import Method, NotDefined, Request
from ..methods.declaration import IterativeSettings
from ..models import save_weights
from ..models.checkpoint import read_tensors
from ..tasks import Task
from ..training import Outcome
from .asking import asked, without_curves
from .failures import OwnMethodFailed, is_own, unlearn_own
from .store import write_arrays, write_json

if TYPE_CHECKING:
    from .work import StudyWork

__all__ = [
    "ROUNDS",
    "WEIGHTS",
    "keep_model",
    "stored_file",
    "train_again",
    "train_and_store",
    "trained",
]

WEIGHTS = "weights.safetensors"  # of a model's artefact
ROUNDS = "rounds.safetensors"  # of an original's, where clients hold the data: what a server kept
WATCHED = 2  # raised when what a monitor remembers changes
RETRAINED_SEED_OFFSET = 10_007  # the retrained model never knew the original's initial weights


def train_and_store(runner: StudyWork, method: Method, seed: int) -> None:
    """Train a model and keep it; a refusal or a divergence is kept as the result it is.

    Raises:
        OwnMethodFailed: when a user's own method raised an error; that is kept, too.
        Cancelled: when asked to stop; the resume file stays.
        StoreError: when the original, from which it starts, has no weights.
    """
    if method.info.name == runner.original.info.name and runner.before is not None:
        _take_over(runner, runner.before, method, seed)
        return
    evidence = runner.study.evidence
    question = runner.question(MODEL, method, seed)
    # the resume file holds what was watched
    watched = [evidence.probe, evidence.live, WATCHED]
    run = [runner.place(method, seed), question, watched]
    resume_dir = runner.store.root / "work" / fingerprint(run)
    memory = PeakMemory(runner.device)
    try:
        model, outcome, watch = trained(runner, method, seed, resume_dir)
    except NotDefined as error:
        with _writing(runner, method, seed) as folder:
            write_json(folder / "result.json", {"status": "refused", "reason": str(error)})
        _tell_no_model(runner, method, str(error))
        return
    except OwnMethodFailed as error:
        with _writing(runner, method, seed) as folder:
            write_json(folder / "result.json", {"status": "failed", "reason": str(error)})
        raise
    keep_model(runner, method, seed, model, outcome, watch, memory.megabytes)
    shutil.rmtree(resume_dir, ignore_errors=True)  # the run has its result
    if outcome.reason:
        _tell_no_model(runner, method, outcome.reason)


def _take_over(runner: StudyWork, before: StudyWork, method: Method, seed: int) -> None:
    """Keep the original of the request before as this one's: no request changes how it is made."""
    before.progress = without_curves(runner.progress)
    made = before.make(MODEL, method, seed).json()
    status, step = made["status"], made["steps"]
    outcome = Outcome(status, step, made["gradients"], made["seconds"], made["precision"])
    watch = make_monitor(_seen_by(runner, None, 1))
    model = runner.build(seed) if outcome.reason else before.load_model(method, seed)
    watch(model, 0)
    keep_model(runner, method, seed, model, outcome, watch, made["peak_memory_mb"])
    if outcome.reason:
        _tell_no_model(runner, method, outcome.reason)


def _seen_by(runner: StudyWork, original: nn.Module | None, epochs: int) -> MonitorSetup:
    """What a monitor of the study's models is given."""
    return MonitorSetup(
        task=runner.task,
        data=runner.data,
        split=runner.split,
        live=runner.live,
        probe=runner.probe,
        original=original,
        progress=runner.progress,
        epochs=epochs,
    )


def keep_model(
    runner: StudyWork,
    method: Method,
    seed: int,
    model: nn.Module,
    outcome: Outcome | None,
    watch: Monitor,
    peak: float | None = None,
) -> None:
    """Store a model with what was seen of it.

    Args:
        runner: of the study.
        method, seed: which model.
        model: it.
        outcome: of its training; None of one that was brought: nobody here knows how it was made.
        watch: what saw it.
        peak: memory in MB.
    """
    question = runner.question(MODEL, method, seed)
    brought = outcome is None
    outcome = outcome or Outcome()
    with _writing(runner, method, seed) as folder:
        if outcome.status == "finished":
            weights = _as_stored(runner.task, model.state_dict())
            save_weights(folder / WEIGHTS, weights, question)
        if outcome.kept:
            save_weights(folder / ROUNDS, dict(outcome.kept), question)
        ids = runner.probe.cpu().numpy()
        write_arrays(folder / "trajectory.npz", {"ids": ids, **watch.trajectory()})
        result = {
            "status": outcome.status,
            "reason": outcome.reason or None,
            "seconds": None if brought else round(outcome.seconds, 3),
            "gradients": None if brought else outcome.gradients,
            "steps": None if brought else outcome.step,
            "precision": None if brought else outcome.precision,
            "peak_memory_mb": None if peak is None else round(peak, 1),
            "device": runner.device.type,
            "history": watch.history(),
        }
        if outcome.exchanges:
            result["exchanges"] = [each.to_dict() for each in outcome.exchanges]
        write_json(folder / "result.json", result, compact=True)


def stored_file(runner: StudyWork, method: Method, seed: int, name: str) -> Path:
    """A file of a model's answer, as its weights; it is trained anew where that was not shipped."""
    if name not in runner.make(MODEL, method, seed).files:
        runner.store.discard(
            runner.place(method, seed), MODEL, runner.question(MODEL, method, seed)
        )
        train_and_store(runner, method, seed)
    return runner.make(MODEL, method, seed).path(name)


def _as_stored(task: Task, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights as the task stores them: integers stay, and so does what half precision cannot hold.

    A model that is read again is in fp32 all the same.
    """
    if not task.half:
        return weights
    halved = {name: value.half() for name, value in weights.items() if value.is_floating_point()}
    return weights | {name: value for name, value in halved.items() if bool(value.isfinite().all())}


def _tell_no_model(runner: StudyWork, method: Method, reason: str) -> None:
    runner.progress(Message(f"{method.info.title}: no model, {reason}.", "warning"))


def _writing(runner: StudyWork, method: Method, seed: int) -> AbstractContextManager[Path]:
    """A folder to fill with the model; an earlier failure of a user's own method gives way."""
    if is_own(method) and runner.find(MODEL, method, seed) is None:
        place, question = runner.place(method, seed), runner.question(MODEL, method, seed)
        runner.store.discard(place, MODEL, question)
    return runner.writing(MODEL, method, seed)


def train_again(runner: StudyWork, method: Method, seed: int) -> None:
    """Train a stored model once more, to be watched, and report whether it is the same.

    The stored model stays.
    """
    model, outcome, _ = trained(runner, method, seed, None)
    stored = runner.make(MODEL, method, seed).json()
    if stored["status"] != outcome.status:
        text = f"Trained again: {outcome.status}, the stored run {stored['status']}."
    elif outcome.status != "finished":
        _tell_no_model(runner, method, outcome.reason)
        return
    else:
        then = runner.subject(method, seed).network.state_dict()
        now = _as_stored(runner.task, model.state_dict())
        apart = max((now[k].double() - then[k].double()).abs().max().item() for k in then)
        text = (
            "Trained again: every weight equals the stored model's, bit for bit."
            if apart == 0
            else f"Trained again: weights differ from the stored model's by up to {apart:.2g}, "
            "as on other hardware or library versions. The stored model was kept."
        )
    runner.progress(Message(text))


def trained(
    runner: StudyWork, method: Method, seed: int, resume_dir: Path | None
) -> tuple[nn.Module, Outcome, Monitor]:
    """Train a model under the eyes of its monitor; nothing is stored but what a resume needs.

    Args:
        runner: of the study.
        method, seed: which model.
        resume_dir: where the training is kept until it ends; None keeps nothing.

    Raises:
        NotDefined: when the method refuses the study.
        OwnMethodFailed: when a user's own method raised an error.
        Cancelled: when asked to stop.
    """
    study = runner.study
    is_original = method.info.name == "original"
    given = asked(runner, method, seed)
    epochs = (method if isinstance(method, IterativeSettings) else study.training).epochs
    watch = make_monitor(_seen_by(runner, given.original, epochs))
    start = seed if is_original else seed + RETRAINED_SEED_OFFSET
    request = Request(
        task=runner.task,
        data=runner.data,
        split=given.split,
        original=given.start,
        fresh=lambda: runner.build(start),
        training=study.training,
        seed=seed,
        progress=runner.progress,
        watch=watch,
        resume_dir=resume_dir,
        statistics=given.statistics,
        log=lambda: read_tensors(stored_file(runner, runner.original, seed, ROUNDS))[0],
    )
    model, outcome = unlearn_own(method, request) if is_own(method) else method.unlearn(request)
    if not watch.seen:  # a method without a loop: before and after is all there is to see
        if given.start is not None:
            watch(given.start, 0)
        watch(model, 1)
    return model, outcome, watch
