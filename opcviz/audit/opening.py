"""From what a spec names to a case: every file is checked and read before anything is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from ..common.config import ConfigError
from ..common.progress import Message, Progress
from ..common.untrusted import IntakeError
from ..data import Data, DataSpec, Images, Scenario, Split, load
from ..data.indices import indices_digest
from ..intake.described import outputs_in_order
from ..intake.lists import listed_ids
from ..intake.recognise import Candidate, as_candidate, brought, recognise, trainable_twin
from ..intake.sanity import sanity
from ..intake.weights import read_weights
from ..models import Architecture, build_classifier
from .budget import bounded
from .case import Case, Opened, content_hash, evidence_of, in_order, make_study
from .records import Input
from .spec import AuditSpec

__all__ = ["LISTS", "open_case"]

TRAINING_ANEW = frozenset({"shadows"})
"""Attacks that train networks from the start."""

LISTS = "lists"
"""Folder of a store for the lists of samples to forget, by their fingerprints."""


def open_case(
    spec: AuditSpec,
    device: torch.device,
    progress: Progress | None = None,
    *,
    data_root: Path | None = None,
    lists: Path = Path("lists"),
) -> Case:
    """Read everything that a spec names; nothing is written.

    Args:
        spec: the audit.
        device: where tensors live.
        progress: told what is read, asked whether to stop.
        data_root: where data sets lie, see `opcviz.data.load`.
        lists: the folder in which the study will find the list of what to forget.

    Raises:
        ConfigError: for a file or a setting that cannot be used.
        DataError: for data, or a forget list, that cannot be used.
    """
    progress = progress or Progress()
    progress(Message("Reading the data."))
    loaded = load(spec.data, root=data_root)
    forget, chosen = _scenario(spec.forget, spec.data, loaded, data_root)
    data = forget.prepare(loaded)
    if not isinstance(data, Images):
        raise ConfigError(f"{spec.data.name}: its targets are not classes, which the attacks need")
    split = forget.split(data) if chosen is None else _of_ids(chosen, data)
    data = data.to(device)
    opened: list[Opened] = []
    for (role, path), name in zip(spec.models, spec.names, strict=False):
        progress(Message(f"Reading the {role} model."))
        known = opened[0].architecture if opened else None
        opened.append(_open(role, _home(path), name, spec, data, known))
    brought_as = [
        each.input for each in opened
    ]  # in the order of the command, as `verify` reads it
    opened = in_order(opened)
    trained = spec.retrain if opened[0].architecture.can_be_trained else 0
    asked, less = spec.evidence, tuple[str, ...]()
    if spec.bounded and spec.suite == "full":
        asked, less = bounded(asked, opened[0].model, data)
    study = make_study(
        opened,
        loaded,
        spec=spec.data,
        forget=forget,
        training=spec.training,
        evidence=evidence_of(
            asked,
            spec.suite,
            spec.without,
            len(spec.retrained) or trained,
            spec.seed,
        ),
        seed=spec.seed,
        title=spec.name,
    )
    if chosen is not None:
        digest = forget.digest
        study = study.replace(forget=forget.replace(path=f"{lists / digest}.txt", digest=digest))
    notes = [*(note for each in opened for note in each.notes), *less]
    without = frozenset(spec.without)
    if not study.architecture.can_be_trained:
        notes += _untrainable(opened[0], spec.retrain)
        without |= TRAINING_ANEW
    inputs = (
        *brought_as,
        _data_input(spec.data, spec.names[-2], loaded),
        _forget_input(spec.forget, spec.names[-1], chosen),
    )
    return Case(
        study=study,
        data=data,
        split=split.to(device),
        models=tuple(opened),
        fresh=_Fresh(study.architecture, data, opened[0].model),
        inputs=inputs,
        seed=spec.seed,
        retrain=trained,
        without=without,
        notes=tuple(dict.fromkeys(notes)),
        forget_ids=chosen,
        looked_at=True,
    )


def _untrainable(first: Opened, retrain: int) -> Iterator[str]:
    """What is left out of an audit whose networks cannot be made anew, a sentence each."""
    yield (
        f"{first.name}: an exported program has no weights to begin with and its layers are those "
        "of evaluation. Attacks that train models anew (shadow models) are left out; relearning "
        "goes on from the given weights with normalisation and dropout as in evaluation, so it may "
        "find less than on the network itself."
    )
    if retrain:
        yield (
            f"No retrained models were trained, though {retrain} were asked for: an exported "
            "program cannot be trained from the start. Bring retrained models exported in the "
            "same way, or give state dicts of a known architecture."
        )


class _Fresh:
    """New networks of the architecture that was brought, normalised as that model was."""

    def __init__(self, architecture: Architecture, data: Data, like: nn.Module) -> None:
        self.architecture, self.data = architecture, data
        self.statistics = {n: b.clone() for n, b in like.named_buffers(recurse=False)}

    def __call__(self, seed: int) -> nn.Module:
        made = build_classifier(self.architecture, self.data, seed)
        for name, value in self.statistics.items():
            made.get_buffer(name).copy_(value)
        return made


def _home(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise IntakeError(f"{path[:200]}: {error}; write the path out") from error


def _scenario(
    forget: Scenario, spec: DataSpec, data: Data, root: Path | None
) -> tuple[Scenario, Tensor | None]:
    """The scenario with what it forgets fixed; of a list the ids it names."""
    if forget.kind != "indices":
        return forget, None
    ids = listed_ids(forget.path, spec, root)
    if ids[-1] >= len(data.y_train):
        raise ConfigError(
            f"{Path(forget.path).name}: id {ids[-1]} is outside the train set, whose "
            f"{len(data.y_train)} samples are numbered 0 to {len(data.y_train) - 1}"
        )
    return forget.replace(digest=indices_digest(ids)), torch.from_numpy(ids)


def _of_ids(ids: Tensor, data: Data) -> Split:
    gone = torch.zeros(len(data.y_train), dtype=torch.bool)
    gone[ids] = True
    if bool(gone.all()):
        raise ConfigError("the list forgets every train sample; leave some to retain")
    rest = torch.arange(len(data.y_test))
    return Split(gone.nonzero().flatten(), (~gone).nonzero().flatten(), rest[:0], rest)


def _open(
    role: str, path: Path, name: str, spec: AuditSpec, data: Images, known: Architecture | None
) -> Opened:
    """One model that was brought.

    Args:
        role, path: which.
        name: what its owner calls it.
        spec: what is said of all of them.
        data: what it must take.
        known: the architecture of those before it.
    """
    weights, shape = read_weights(path), data.shape
    if len(shape) != 3:
        raise IntakeError(f"{data.name}: its samples are no pictures; an audit wants pictures")
    channels, height, width = shape
    asked = (channels, height, width), data.classes
    if spec.architecture:
        found: tuple[Candidate, ...] = (as_candidate(spec.architecture, weights, *asked),)
    else:
        found = recognise(weights, *asked)
    fitting = [each for each in found if each.fits]
    if not fitting:
        raise IntakeError(_misfit(role, name, found, spec.architecture))
    if known is not None:
        fitting = [each for each in fitting if each.architecture == known] or fitting
    normalised = (list(spec.mean), list(spec.std)) if spec.mean else (None, None)
    chosen, notes = fitting[0], [f"{name}: {note}." for note in weights.notes]
    if known is None:  # the first one tells how all of them are to be read
        looked = sanity(fitting, weights, data, *normalised)
        best = looked.best.architecture
        chosen = next((each for each in fitting if each.architecture.name == best), chosen)
        notes += [each.replace("The original", f"The {role} model", 1) for each in looked.warnings]
        if not chosen.architecture.can_be_trained and not spec.architecture:
            # one with a normalisation inside, too, takes no other beside it
            alike = [each for each in fitting if not (spec.mean and each.mean)]
            chosen = trainable_twin(chosen, alike, weights, data) or chosen
            fitting = [chosen]
    if known is None and fitting[1:]:
        others = ", ".join(each.title for each in fitting if each is not chosen)
        notes.append(
            f"{name}: the weights fit {len(fitting)} networks. They are taken as "
            f"{chosen.title}, which answers most train data right, and not as {others}; "
            "--architecture names another."
        )
    model = brought(chosen, weights, data, *normalised)
    told = weights.described
    order = outputs_in_order(told.labels, data.class_names) if told else None
    if order is not None and order != tuple(range(data.classes)):
        notes.append(
            f"{name}: its outputs are in another order than the classes of the data; they "
            "were put in order by their names."
        )
    return Opened(
        role,
        name,
        model,
        chosen.architecture,
        chosen.title,
        weights.sha256,
        weights.bytes,
        weights.format,
        tuple(notes),
    )


def _misfit(role: str, name: str, found: tuple[Candidate, ...], asked: str) -> str:
    """What does not fit, and what to do."""
    if not found:
        return (
            f"{name} ({role}): the weights fit no network that is known here; name one with "
            "--architecture, or export the model with torch.export"
        )
    nearest = found[0]
    told = "does not fit" if asked else "fits no known network; the nearest is"
    return f"{name} ({role}): {told} {nearest.title}: {nearest.explain()}"


def _data_input(spec: DataSpec, name: str, data: Data) -> Input:
    size = sum(t.numel() * t.element_size() for t in (data.x_train, data.x_test))
    told = f"data set '{spec.name}', its contents"
    return Input("data", name or spec.name, content_hash(data), size, told)


def _forget_input(forget: Scenario, name: str, ids: Tensor | None) -> Input:
    if ids is not None:
        content = Path(forget.path).expanduser().read_bytes()
        told = f"list of {len(ids)} samples"
    else:
        content, name, told = str(forget).encode(), str(forget), "scenario"
    return Input("forget", name, hashlib.sha256(content).hexdigest(), len(content), told)
