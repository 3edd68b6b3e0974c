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
from torch import nn

from ..common.config import Config, ConfigError, setting
from ..common.plugins import loader
from ..common.progress import Progress
from ..common.registry import Registry
from ..data import POLICIES, Data, Split
from ..tasks import Task
from ..training import Feed, Objective, Outcome, Training, Watch, train
from .saliency import only_inside, saliency, top_share
from .tuning import tuned_settings

__all__ = [
    "Info",
    "Iterative",
    "Method",
    "NotDefined",
    "Request",
    "create",
    "get_method",
    "list_methods",
    "register",
]


class NotDefined(ConfigError):
    """The method has no answer to this kind of request; the message says why."""


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
class Request:
    """What is asked of a method, and everything it may use to answer.

    Attributes:
        task: what the models do; gives the loss.
        data: the data set, on the device.
        split: which of it to forget.
        original: the trained model θo; a method copies it and never changes it.
        fresh: makes a newly initialised model.
        training: how the original was trained.
        seed: of everything random.
        progress: told each step, asked whether to stop.
        watch: looks at the model between epochs, or None.
        work: folder for a resume file, or None.
    """

    task: Task
    data: Data
    split: Split
    original: nn.Module | None
    fresh: Callable[[], nn.Module]
    training: Training
    seed: int = 0
    progress: Progress = field(default_factory=Progress)
    watch: Watch | None = None
    work: Path | None = None

    def copy_of_original(self) -> nn.Module:
        """θo as the starting point of unlearning, free to change.

        Raises:
            ConfigError: when there is no original to start from.
        """
        if self.original is None:
            raise ConfigError("this method starts from the original model, and there is none")
        return copy.deepcopy(self.original)

    def train(
        self,
        model: nn.Module,
        parts: str,
        spec: Training,
        objective: Objective | None = None,
        *,
        frozen: Iterable[str] = (),
        constrain: Callable[[nn.Module], None] | None = None,
        forget_epochs: int | None = None,
        phase: int = 0,
    ) -> Outcome:
        """Run the one training loop.

        Args:
            model: changed in place.
            parts: the data of an epoch: all | retain | forget | joint | sequence, see `Feed`.
            spec: optimiser, schedule, epochs.
            objective: (model, batch) -> scalar; None for the task's own loss.
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
            retain = torch.arange(len(self.data.y_train), device=none.device)
            forget = none
        order = "sequence" if parts == "sequence" else "joint"
        policy = spec.augment if spec.augment != "same" else self.training.augment
        feed = Feed(self.data, retain, forget, spec.batch_size, policy, order, forget_epochs)
        still = set(frozen)
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(name not in still)
        with self._salient(model, spec, constrain) as (constrain, spent):
            outcome = train(
                model,
                feed,
                objective or self.task.loss,
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
        self, model: nn.Module, spec: Training, constrain: Callable[[nn.Module], None] | None
    ) -> Iterator[tuple[Callable[[nn.Module], None] | None, int]]:
        """What to call after a step, and gradients spent to know it: SalUn's mask, if asked for."""
        share = getattr(spec, "saliency", 1.0)
        if share == 1:
            yield constrain, 0
            return
        original = self.copy_of_original().requires_grad_(True)
        forget = self.split.forget_train
        scores = saliency(self.task, original, self.data, forget, progress=self.progress)
        mask = top_share(scores, share)
        with only_inside(model, mask) as restore:

            def after(model: nn.Module) -> None:
                if constrain:
                    constrain(model)
                restore(model)

            yield after, len(forget)


@dataclass(frozen=True)
class Method(Config):
    """Base of all methods.

    `tasks` names the tasks it is defined for, None for any; `scenarios` what it can forget, whole
    `classes` or any `samples`, and `limits` why not both.
    """

    info: ClassVar[Info]
    tasks: ClassVar[frozenset[str] | None] = None
    scenarios: ClassVar[frozenset[str]] = frozenset({"classes", "samples"})
    limits: ClassVar[str] = ""

    def check(self, request: Request) -> None:
        """Refuse a request that the method is not defined for.

        Raises:
            NotDefined: saying what it can do, and why no more.
        """
        if self.tasks is not None and request.task.name not in self.tasks:
            raise NotDefined(
                f"method '{self.info.name}' is not defined for {request.task.name}, only for "
                f"{', '.join(sorted(self.tasks))}: {self.info.summary}"
            )
        if request.split.forgets not in self.scenarios:
            raise NotDefined(
                f"method '{self.info.name}' cannot forget {request.split.forgets}, only "
                f"{', '.join(sorted(self.scenarios))}: {self.limits}"
            )

    def unlearn(self, request: Request) -> tuple[nn.Module, Outcome]:
        """Make a model that answers the request; the original is left as it was.

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

    def objective(self, request: Request, model: nn.Module) -> Objective:
        """The loss of one batch, as a function; whatever must be prepared is prepared here."""
        raise NotImplementedError

    def unlearn(self, request: Request) -> tuple[nn.Module, Outcome]:
        """Copy the original and minimise `objective` over `parts` of the data."""
        self.check(request)
        model = request.copy_of_original()
        objective, frozen = self.objective(request, model), self.frozen(request, model)
        return model, request.train(model, self.parts, self, objective, frozen=frozen)

    def frozen(self, request: Request, model: nn.Module) -> Iterable[str]:
        """Names of the parameters that stay as they are; none, unless a method says so."""
        return ()


_METHODS: Registry[type[Method]] = Registry("method")


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
        _METHODS.add(name, cls)
        cls.info = Info(name, title, paper, family, wanted, summary)
        return cls

    return enter


def list_methods() -> list[type[Method]]:
    """All registered methods: the references first, then as they were registered."""
    return sorted(_METHODS.values(), key=lambda cls: cls.info.family != "reference")


def get_method(name: str) -> type[Method]:
    """The class behind a name.

    Raises:
        ConfigError: for an unknown name; the known ones are listed.
    """
    return _METHODS.get(name)


def create(name: str, *, dataset: str = "", scenario: str = "classes", **settings: Any) -> Method:
    """A method by name, with the settings given over those tuned, if any, over its own.

    Args:
        name: of the method.
        dataset: name of the data set that settings are tuned for; empty for the paper's settings.
        scenario: what is forgotten of it, `classes` or `samples`, see `Scenario.forgets`.
        settings: by name.

    Raises:
        ConfigError: for an unknown method or setting, or a value that does not fit.
    """
    return get_method(name).from_dict({**tuned_settings(name, dataset, scenario), **settings})


def check_own(cls: type) -> None:
    """What must hold of a method that a user brought: a Method with usable defaults.

    Raises:
        TypeError: saying what is missing.
        ConfigError: for a default that does not fit.
    """
    if not (isinstance(cls, type) and issubclass(cls, Method)):
        raise TypeError(f"{cls.__name__} is no Method: derive it from Method or Iterative")
    if "__dataclass_fields__" not in cls.__dict__:
        raise TypeError(f"{cls.__name__} is no dataclass: put @dataclass(frozen=True) above it")
    cls()


loader.serve(_METHODS, check_own)
