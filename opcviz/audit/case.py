"""Everything that an audit works on, in memory: models, data, what to forget, the study."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from ..artefacts import Evidence
from ..attacks.membership import ReferenceAttack
from ..common.config import ConfigError, fingerprint
from ..data import Data, DataSpec, Scenario, Split
from ..data.base import CHUNK
from ..models import Architecture
from ..study import Study
from ..training import Training
from .records import Input

__all__ = [
    "Case",
    "Opened",
    "content_hash",
    "evidence_of",
    "in_order",
    "make_study",
    "weights_hash",
]


@dataclass(frozen=True, eq=False)
class Opened:
    """One model that was brought, ready to be examined.

    Attributes:
        role: `original`, `unlearned` or `retrained`.
        name: what its owner calls it; a file name without its folder.
        model: the network with its normalisation, in eval mode, on the device of the data.
        architecture: which network it is.
        title: the same for people.
        sha256, bytes, format: of what was brought.
        notes: what was done to make it fit, a sentence each.
    """

    role: str
    name: str
    model: nn.Module
    architecture: Architecture
    title: str
    sha256: str
    bytes: int
    format: str
    notes: tuple[str, ...] = ()

    @property
    def input(self) -> Input:
        """As the report names it."""
        return Input(self.role, self.name, self.sha256, self.bytes, self.format)


@dataclass(frozen=True, eq=False)
class Case:
    """Everything that an audit works on.

    Attributes:
        study: the question, as it is kept in the store.
        data: the data set with what is planted in it, on the device.
        split: its parts.
        models: those that were brought: the original first (if there is one), then the unlearned,
            then retrained ones.
        fresh: from a seed to a newly initialised network of the same kind.
        inputs: what was brought, for the report.
        seed: of everything random, and the first of the band's.
        retrain: how many models to train for the band.
        without: names of attacks to leave out.
        notes: what whoever reads the figures must know of the inputs.
        forget_ids: the train samples to forget, where a list named them.
        looked_at: whether `intake.sanity` had a look at the first model, of which `notes` tell.
    """

    study: Study
    data: Data
    split: Split
    models: tuple[Opened, ...]
    fresh: Callable[[int], nn.Module]
    inputs: tuple[Input, ...]
    seed: int = 0
    retrain: int = 0
    without: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    forget_ids: Tensor | None = None
    looked_at: bool = False

    def of(self, role: str) -> tuple[Opened, ...]:
        """The models of a role."""
        return tuple(each for each in self.models if each.role == role)

    def called(self, each: Opened) -> str:
        """The name of one of the models; where another of its role bears it, with its hash."""
        same = sum(each.name == other.name for other in self.of(each.role))
        return f"{each.name} of SHA-256 {each.sha256[:8]}…" if same > 1 else each.name

    @property
    def original(self) -> Opened | None:
        """The model before unlearning, where it was given."""
        return next(iter(self.of("original")), None)

    @property
    def unlearned(self) -> Opened:
        """The model under audit."""
        return self.of("unlearned")[0]

    @property
    def band(self) -> tuple[int, ...]:
        """Seeds of the retrained models, brought or to be trained."""
        count = len(self.of("retrained")) or self.retrain
        return tuple(range(self.seed, self.seed + count))

    @property
    def seeds(self) -> tuple[int, ...]:
        """All seeds of the study: the first one is that of the model under audit."""
        return self.band or (self.seed,)


def in_order(models: Sequence[Opened]) -> list[Opened]:
    """Models as an audit takes them: the retrained ones by a hash of their weights.

    So nothing depends on the order in which they were named.

    Args:
        models: the others first, then the retrained ones.

    Raises:
        ConfigError: for a retrained model that was given twice, or that is the original.
    """
    first = [each for each in models if each.role != "retrained"]
    if len(first) == len(models):
        return first
    known = {
        weights_hash(each.model.state_dict()): each for each in first if each.role == "original"
    }
    rest: dict[str, Opened] = {}
    for each in models:
        if each.role != "retrained":
            continue
        digest = weights_hash(each.model.state_dict())
        if same := known.get(digest):
            raise ConfigError(
                f"the retrained model {each.name} has the same weights as the {same.role} model "
                f"{same.name}: it was trained on the forgotten data; give one that was not"
            )
        if same := rest.get(digest):
            raise ConfigError(
                f"the retrained models {same.name} and {each.name} have the same weights: give "
                "each once, since copies would make retrained models look more alike than they are"
            )
        rest[digest] = each
    return [*first, *(rest[digest] for digest in sorted(rest))]


def make_study(
    models: Sequence[Opened],
    data: Data,
    *,
    spec: DataSpec,
    forget: Scenario,
    training: Training,
    evidence: Evidence,
    seed: int,
    title: str,
) -> Study:
    """The study that an audit is kept as; everything that was brought is in its name.

    Raises:
        ConfigError: for models of different networks.
    """
    first, *others = models
    for other in others:
        if other.architecture != first.architecture:
            raise ConfigError(
                f"{other.name}: is a {other.title}, and {first.name} is a {first.title}; an audit "
                "compares models of one architecture"
            )
    asked = {
        "models": [[each.role, each.sha256] for each in models],
        "normalised": [weights_hash(_buffers(each.model)) for each in models],
        "data": content_hash(data),
        "seed": seed,
    }
    audited = next(each for each in models if each.role == "unlearned")
    return Study(
        name=f"audit-{fingerprint(asked)[:8]}",
        title=title or f"Audit of {_plain(audited)}",
        data=spec,
        forget=forget,
        architecture=first.architecture,
        training=training,
        evidence=evidence,
    )


def _plain(model: Opened) -> str:
    return "".join(c for c in model.name if c.isprintable())[:80]


def _buffers(model: nn.Module) -> dict[str, Tensor]:
    """What samples are normalised with."""
    return {n: b for n, b in model.named_buffers(recurse=False) if n in ("mean", "std")}


def evidence_of(
    evidence: Evidence, suite: str, without: Sequence[str], band: int, seed: int
) -> Evidence:
    """How an audit measures: its suite, and the membership attack that one original allows.

    Args:
        evidence: the settings.
        suite: full or quick.
        without: attacks that are left out.
        band: how many retrained models there are.
        seed: the first of theirs.
    """
    kept = [name for name in evidence.instruments or () if name not in without]
    attack = evidence.settings(ReferenceAttack).replace(
        variant="offline", seeds=list(range(seed, seed + band))
    )
    asked = evidence.in_suite("full").replace(instruments=kept, reference=attack)
    if suite == "quick":  # somebody waits: one kind of map, which is drawn at once
        asked = asked.replace(maps=("pca",))
    return asked.in_suite(suite)


def weights_hash(tensors: dict[str, Tensor]) -> str:
    """SHA-256, 64 hex digits, over names, shapes and values."""
    sha = hashlib.sha256()
    for name in sorted(tensors):
        value = tensors[name].detach().cpu().contiguous()
        sha.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        sha.update(value.numpy().tobytes())
    return sha.hexdigest()


def content_hash(data: Data) -> str:
    """SHA-256, 64 hex digits, over all samples, targets and class names."""
    sha = hashlib.sha256(repr(data.class_names).encode())
    for tensor in (data.x_train, data.y_train, data.x_test, data.y_test):
        sha.update(f"{tensor.dtype} {tuple(tensor.shape)}".encode())
        for chunk in tensor.split(CHUNK):
            sha.update(chunk.cpu().contiguous().numpy())
    return sha.hexdigest()
