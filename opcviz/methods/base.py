"""What an unlearning method is: a frozen config with one verb, found through a registry.

A method joins by one file: a dataclass, a decorator that says what it is, and either `unlearn`
(anything) or `objective` (the loss of one joint batch; the loop is inherited).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..config import Config, ConfigError, setting
from ..data import POLICIES, Images, Split
from ..models import Classifier
from ..progress import Progress
from ..training import Feed, Objective, Outcome, Training, Watch, train

__all__ = [
    "Info",
    "Iterative",
    "Method",
    "Task",
    "create",
    "get_method",
    "list_methods",
    "method_name",
    "register",
]


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

    def train(self, model: Classifier, parts: str, spec: Training, objective: Objective) -> Outcome:
        """Run the one training loop on `parts`: all, retain, forget or joint."""
        none = self.split.retain_train[:0]
        retain = {"forget": none}.get(parts, self.split.retain_train)
        forget = {"retain": none}.get(parts, self.split.forget_train)
        if parts == "all":
            retain = torch.arange(len(self.images.y_train), device=none.device)
            forget = none
        feed = Feed(self.images, retain, forget, spec.batch_size, spec.augment)
        return train(
            model,
            feed,
            objective,
            spec,
            seed=self.seed,
            progress=self.progress,
            watch=self.watch,
            work=self.work,
        )


@dataclass(frozen=True)
class Method(Config):
    """Base of all methods. `tuned` holds settings that suit a data set better than the paper's."""

    info: ClassVar[Info]
    tuned: ClassVar[dict[str, dict[str, Any]]] = {}

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

    parts: ClassVar[str] = "joint"

    def objective(self, task: Task, model: Classifier) -> Objective:
        """The loss of one batch, as a function; whatever must be prepared is prepared here."""
        raise NotImplementedError

    def unlearn(self, task: Task) -> tuple[Classifier, Outcome]:
        """Copy the original and minimise `objective` over `parts` of the data."""
        model = task.copy_of_original()
        same = self.augment == "same"
        recipe = self.replace(augment=task.training.augment) if same else self
        return model, task.train(model, self.parts, recipe, self.objective(task, model))


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
    if name not in _REGISTRY:
        raise ConfigError(f"no method is called '{name}'; there are: {', '.join(_REGISTRY)}")
    return _REGISTRY[name]


def create(name: str, *, dataset: str = "", **settings: Any) -> Method:
    """A method by name, with the settings tuned for `dataset` (if any) under those given."""
    cls = get_method(name)
    return cls.from_dict({**cls.tuned.get(dataset, {}), **settings})


def method_name(method: Method) -> str:
    """The registered name of a method instance."""
    return method.info.name


def cross_entropy_on(logits: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    """Mean cross-entropy over the masked part of a batch; 0 where the part is empty."""
    if not bool(mask.any()):
        return logits.sum() * 0
    return torch.nn.functional.cross_entropy(logits[mask], y[mask])
