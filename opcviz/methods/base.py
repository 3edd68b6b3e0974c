"""What an unlearning method is: a frozen config with one verb, found through a registry.

A method joins by one file: a dataclass, a decorator that says what it is, and either `unlearn`
(anything) or `objective` (the loss of one joint batch; the loop is inherited).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..common.config import Config, ConfigError, setting
from ..common.progress import Progress
from ..data import POLICIES, Images, Split
from ..models import Classifier
from ..training import Feed, Objective, Outcome, Training, Watch, train
from .saliency import only_inside, saliency, top_share

__all__ = [
    "Info",
    "Iterative",
    "Method",
    "NotDefined",
    "Task",
    "create",
    "get_method",
    "list_methods",
    "register",
]


class NotDefined(ConfigError):
    """The method has no answer to this kind of task; the message says why."""


@dataclass(frozen=True)
class Info:
    """What is declared of a method.

    Attributes:
        name: its word in commands, files and links.
        title: its name on screen.
        paper: where it comes from.
        family: reference, contraction, relabelling, ascent, fine-tuning, ...
        needs: what it must be given, of `forget`, `retain`, `original`.
        summary: its objective in one line.
    """

    name: str
    title: str
    paper: str
    family: str
    needs: frozenset[str]
    summary: str


@dataclass(frozen=True, eq=False)
class Task:
    """Everything a method may use.

    Attributes:
        images: the data set, on the device.
        split: which of it to forget.
        original: the trained model θo; a method copies it and never changes it.
        fresh: makes a newly initialised model.
        training: how the original was trained.
        seed: of everything random.
        progress: told each step, asked whether to stop.
        watch: looks at the model between epochs, or None.
        work: folder for a resume file, or None.
    """

    images: Images
    split: Split
    original: Classifier | None
    fresh: Callable[[], Classifier]
    training: Training
    seed: int = 0
    progress: Progress = field(default_factory=Progress)
    watch: Watch | None = None
    work: Path | None = None

    def copy_of_original(self) -> Classifier:
        """θo as the starting point of unlearning, free to change.

        Raises:
            ConfigError: when there is no original to start from.
        """
        if self.original is None:
            raise ConfigError("this method starts from the original model, and there is none")
        return copy.deepcopy(self.original)

    def train(
        self,
        model: Classifier,
        parts: str,
        spec: Training,
        objective: Objective,
        *,
        frozen: Iterable[str] = (),
        constrain: Callable[[Classifier], None] | None = None,
        forget_epochs: int | None = None,
        phase: int = 0,
    ) -> Outcome:
        """Run the one training loop.

        Args:
            model: changed in place.
            parts: the data of an epoch: all | retain | forget | joint | sequence, see `Feed`.
            spec: optimiser, schedule, epochs.
            objective: (model, batch) -> scalar.
            frozen: names of parameters that stay as they are; a batch norm all of whose parameters
                are frozen keeps its statistics too.
            constrain: called after each step.
            forget_epochs: with `sequence`, how many epochs have forget batches.
            phase: number of the phase, for methods that train more than once.
        """
        none = self.split.retain_train[:0]
        retain = {"forget": none}.get(parts, self.split.retain_train)
        forget = {"retain": none}.get(parts, self.split.forget_train)
        if parts == "all":
            retain = torch.arange(len(self.images.y_train), device=none.device)
            forget = none
        order = "sequence" if parts == "sequence" else "joint"
        policy = spec.augment if spec.augment != "same" else self.training.augment
        feed = Feed(self.images, retain, forget, spec.batch_size, policy, order, forget_epochs)
        still = set(frozen)
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(name not in still)
        with self._salient(model, spec, constrain) as (constrain, spent):
            outcome = train(
                model,
                feed,
                objective,
                spec,
                seed=self.seed + 101 * phase,
                progress=self.progress,
                watch=self.watch,
                constrain=constrain,
                work=self.work / f"phase{phase}" if self.work else None,
                continued=phase > 0,
            )
        model.requires_grad_(True)
        return replace(outcome, gradients=outcome.gradients + spent)

    @contextmanager
    def _salient(
        self, model: Classifier, spec: Training, constrain: Callable[[Classifier], None] | None
    ) -> Iterator[tuple[Callable[[Classifier], None] | None, int]]:
        """What to call after a step, and gradients spent to know it: SalUn's mask, if asked for."""
        share = getattr(spec, "saliency", 1.0)
        if share == 1:
            yield constrain, 0
            return
        original = self.copy_of_original().requires_grad_(True)
        forget = self.split.forget_train
        mask = top_share(saliency(original, self.images, forget, progress=self.progress), share)
        with only_inside(model, mask) as restore:

            def after(model: Classifier) -> None:
                if constrain:
                    constrain(model)
                restore(model)

            yield after, len(forget)


@dataclass(frozen=True)
class Method(Config):
    """Base of all methods.

    `tuned` holds settings that suit a data set better than the paper's; `scenarios` what a method
    can forget, whole `classes` or any `samples`, and `limits` why not both.
    """

    info: ClassVar[Info]
    tuned: ClassVar[dict[str, dict[str, Any]]] = {}
    scenarios: ClassVar[frozenset[str]] = frozenset({"classes", "samples"})
    limits: ClassVar[str] = ""

    def check(self, task: Task) -> None:
        """Refuse a task that the method is not defined for.

        Raises:
            NotDefined: saying what it can forget, and why no more.
        """
        kind = "classes" if task.split.classes else "samples"
        if kind not in self.scenarios:
            raise NotDefined(
                f"method '{self.info.name}' cannot forget {kind}, only "
                f"{', '.join(sorted(self.scenarios))}: {self.limits}"
            )

    def unlearn(self, task: Task) -> tuple[Classifier, Outcome]:
        """Make a model that answers the task; the original is left as it was.

        Raises:
            Cancelled: when asked to stop.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Iterative(Training, Method):
    """A method that minimises an objective over batches, starting from the original."""

    augment: str = setting(
        "same",
        "how pictures are varied; same: as in the study's training",
        choices=("same", *POLICIES),
    )
    saliency: float = setting(
        1.0,
        "share of weights that may move, the most salient ones (SalUn's mask); 1: all",
        low=0.001,
        high=1.0,
        advanced=True,
    )

    parts: ClassVar[str] = "joint"

    def objective(self, task: Task, model: Classifier) -> Objective:
        """The loss of one batch, as a function; whatever must be prepared is prepared here."""
        raise NotImplementedError

    def unlearn(self, task: Task) -> tuple[Classifier, Outcome]:
        """Copy the original and minimise `objective` over `parts` of the data."""
        self.check(task)
        model = task.copy_of_original()
        objective = self.objective(task, model)
        return model, task.train(model, self.parts, self, objective, frozen=self.frozen(model))

    def frozen(self, model: Classifier) -> Iterable[str]:
        """Names of the parameters that stay as they are; none, unless a method says so."""
        return ()


_REGISTRY: dict[str, type[Method]] = {}


def register(
    name: str, *, title: str, paper: str, family: str, needs: str, summary: str
) -> Callable[[type[Method]], type[Method]]:
    """Class decorator that makes a method known; `needs` is words of forget, retain, original.

    Raises:
        ConfigError: when the name is taken or a need is not one of the three.
    """
    wanted = frozenset(needs.split())
    if unknown := wanted - {"forget", "retain", "original"}:
        raise ConfigError(f"method '{name}' needs {', '.join(sorted(unknown))}: there is no such")

    def enter(cls: type[Method]) -> type[Method]:
        if name in _REGISTRY:
            raise ConfigError(f"a method named '{name}' exists already: {_REGISTRY[name]}")
        cls.info = Info(name, title, paper, family, wanted, summary)
        _REGISTRY[name] = cls
        return cls

    return enter


def list_methods() -> list[type[Method]]:
    """All registered methods: the references first, then as they were registered."""
    return sorted(_REGISTRY.values(), key=lambda cls: cls.info.family != "reference")


def get_method(name: str) -> type[Method]:
    """The class behind a name.

    Raises:
        ConfigError: for an unknown name; the known ones are listed.
    """
    if not isinstance(name, str) or name not in _REGISTRY:
        raise ConfigError(f"no method is called '{name}'; there are: {', '.join(_REGISTRY)}")
    return _REGISTRY[name]


def create(name: str, *, dataset: str = "", **settings: Any) -> Method:
    """A method by name, with the settings tuned for `dataset` (if any) under those given."""
    cls = get_method(name)
    return cls.from_dict({**cls.tuned.get(dataset, {}), **settings})


def cross_entropy_on(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    """Mean cross-entropy over the masked part of a batch; 0 where the part is empty."""
    if not bool(mask.any()):
        return logits.sum() * 0
    return torch.nn.functional.cross_entropy(logits[mask], y[mask])
