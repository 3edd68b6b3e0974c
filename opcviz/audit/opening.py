"""From what a spec names to a case: every file is checked and read before anything is kept."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from torch import Tensor, nn

from ..common.config import ConfigError
from ..common.progress import Message, Progress
from ..common.untrusted import IntakeError
from ..data import Data, DataSpec, Images, Scenario, Split, load
from ..data.indices import indices_digest
from ..intake.lists import listed_ids
from ..intake.recognise import Candidate, as_candidate, brought, recognise
from ..intake.sanity import sanity
from ..intake.weights import read_weights
from ..models import Architecture, build_classifier
from .budget import bounded
from .case import Case, Opened, content_hash, evidence_of, make_study
from .records import Input
from .spec import AuditSpec

__all__ = ["LISTS", "open_case"]

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
    for role, path in spec.models:
        progress(Message(f"Reading the {role} model."))
        known = opened[0].architecture if opened else None
        opened.append(_open(role, _home(path), spec, data, known))
    asked, less = spec.evidence, ""
    if spec.bounded and spec.suite == "full":
        asked, less = bounded(asked, opened[0].model, data)
    band = len(spec.retrained) or spec.retrain
    study = make_study(
        opened,
        loaded,
        spec=spec.data,
        forget=forget,
        training=spec.training,
        evidence=evidence_of(asked, spec.suite, spec.without, band, spec.seed),
        seed=spec.seed,
        title=spec.name,
    )
    if chosen is not None:
        digest = forget.digest
        study = study.replace(forget=forget.replace(path=f"{lists / digest}.txt", digest=digest))
    inputs = (
        *(each.input for each in opened),
        _data_input(spec.data, loaded),
        _forget_input(spec.forget, chosen),
    )
    return Case(
        study=study,
        data=data,
        split=split.to(device),
        models=tuple(opened),
        fresh=_Fresh(study.architecture, data, opened[0].model),
        inputs=inputs,
        seed=spec.seed,
        retrain=spec.retrain,
        without=frozenset(spec.without),
        notes=tuple(dict.fromkeys([*(n for each in opened for n in each.notes), *_said(less)])),
        forget_ids=chosen,
        looked_at=True,
    )


def _said(sentence: str) -> tuple[str, ...]:
    return (sentence,) if sentence else ()


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
    role: str, path: Path, spec: AuditSpec, data: Images, known: Architecture | None
) -> Opened:
    """One model that was brought.

    Args:
        role, path: which.
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
        raise IntakeError(_misfit(role, path.name, found, spec.architecture))
    if known is not None:
        fitting = [each for each in fitting if each.architecture == known] or fitting
    normalised = (list(spec.mean), list(spec.std)) if spec.mean else (None, None)
    chosen, notes = fitting[0], [f"{path.name}: {note}." for note in weights.notes]
    if known is None:  # the first one tells how all of them are to be read
        looked = sanity(fitting, weights, data, *normalised)
        best = looked.best.architecture
        chosen = next((each for each in fitting if each.architecture.name == best), chosen)
        notes += [each.replace("The original", f"The {role} model", 1) for each in looked.warnings]
    if known is None and fitting[1:]:
        others = ", ".join(each.title for each in fitting if each is not chosen)
        notes.append(
            f"{path.name}: the weights fit {len(fitting)} networks. They are taken as "
            f"{chosen.title}, which answers most train data right, and not as {others}; "
            "--architecture names another."
        )
    model = brought(chosen, weights, data, *normalised)
    size = path.stat().st_size
    return Opened(
        role,
        path.name,
        model,
        chosen.architecture,
        chosen.title,
        weights.sha256,
        size,
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


def _data_input(spec: DataSpec, data: Data) -> Input:
    size = sum(t.numel() * t.element_size() for t in (data.x_train, data.x_test))
    name = Path(spec.path).name if spec.path else spec.name
    return Input("data", name, content_hash(data), size, f"data set '{spec.name}', its contents")


def _forget_input(forget: Scenario, ids: Tensor | None) -> Input:
    if ids is not None:
        path = Path(forget.path)
        content = path.expanduser().read_bytes()
        name, told = path.name, f"list of {len(ids)} samples"
    else:
        content, name, told = str(forget).encode(), str(forget), "scenario"
    return Input("forget", name, hashlib.sha256(content).hexdigest(), len(content), told)
