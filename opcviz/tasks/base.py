"""The protocol of a task: everything that training and unlearning must know about it.

A task joins by one class:

    @register_task("regression")
    class Regression(Task):
        def build(self, architecture, data, seed): ...
        def losses(self, model, x, y):
            return (model(x) - y).square()
        def observe(self, model, data, *, progress=None): ...

With that alone, every method whose objective is "the task's loss on retain or forget data" works:
fine-tuning, gradient ascent, NegGrad+, NGD, ℓ1, SSD, Fisher, IU, CF-k, EU-k, a saliency mask.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, TypeVar

import torch
from torch import Tensor, nn

from ..common.plugins import loader
from ..common.progress import Progress
from ..common.records import Record, Undefined
from ..common.registry import Registry
from ..data import Data
from ..models import Architecture
from ..training import Batch

__all__ = ["Task", "get_task", "list_tasks", "register_task"]


class Task(ABC):
    """What a model is asked to do, and how well it does it.

    Attributes:
        name: its word in studies and commands; given by `register_task`.
        scored: kinds of artefact that `gap` reads; a sweep makes them of every model.
        half: whether weights are stored in half precision. Everything that is made of a model is
            made of the stored one, so that no figure is of other weights.
    """

    name: ClassVar[str]
    scored: ClassVar[tuple[str, ...]] = ()
    half: ClassVar[bool] = False

    def networks(self) -> Sequence[str] | None:
        """Names of architectures that `build` knows; others are refused before data are read.

        None, as here, where any name is left to `build`.
        """
        return None

    @abstractmethod
    def build(self, architecture: Architecture, data: Data, seed: int) -> nn.Module:
        """A freshly initialised model on the device of `data`, the same for the same seed.

        Args:
            architecture: which network.
            data: gives the shapes of samples and targets.
            seed: of the initial weights; torch's global generator is left as it was.

        Raises:
            ConfigError: if the network is unknown or does not fit the data.
        """

    @abstractmethod
    def losses(self, model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        """Loss of each sample, (B,), differentiable in the model's parameters.

        Per-sample gradients are taken through it with `torch.func`, so it reads the weights from
        `model` alone and does nothing in place.

        Args:
            model: as `build` makes it.
            x: (B, *shape) samples, as `Data.batch` gives them.
            y: (B, ...) their targets.
        """

    @abstractmethod
    def observe(self, model: nn.Module, data: Data, *, progress: Progress | None = None) -> object:
        """What the model computes on the train and the test set, for attacks and measures.

        In eval mode and fp32; the model is left as it was. The result has `train` and `test`.

        Raises:
            Cancelled: from `progress`.
        """

    def loss(self, model: nn.Module, batch: Batch) -> Tensor:
        """Mean loss over a batch, a scalar: the plain objective."""
        return self.losses(model, batch.x, batch.y).mean()

    def part_losses(self, model: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Mean loss over the retain and over the forget part of a batch, two scalars.

        Both parts pass the model together, so that batch norm sees one population. A part without
        samples has loss 0, with a gradient of 0.
        """
        each = self.losses(model, batch.x, batch.y)
        retain, forget = (
            each[part].mean() if bool(part.any()) else each.sum() * 0
            for part in (batch.retain, batch.forget)
        )
        return retain, forget

    def model_targets(self, model: nn.Module, x: Tensor, y: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Targets as the model itself would draw them, with their probabilities.

        The Fisher information is the expected squared gradient over such draws.

        Args:
            model: in eval mode.
            x: (B, *shape) samples.
            y: (B, ...) the data's own targets.

        Returns:
            Pairs (targets (B, ...), probabilities (B,)) whose probabilities add up to 1 for each
            sample; as many pairs for every batch. Here the data's own targets with certainty, so
            that the Fisher information is the empirical one: for tasks whose answers cannot be
            enumerated.
        """
        return [(y, torch.ones(len(x), device=x.device, dtype=x.dtype))]

    def live(self, model: nn.Module, x: Tensor, y: Tensor, forget: Tensor) -> dict[str, float]:
        """Numbers for the curves during training, named `forget_…` and `retain_…`.

        Here the mean loss of either part, NaN for one without samples.

        Args:
            model: in eval mode.
            x: (N, *shape) samples, as `Data.batch` gives them.
            y: (N, ...) their targets.
            forget: (N,) bool, true for forget data.
        """
        with torch.no_grad():
            each = self.losses(model, x, y).float()
        return {
            "forget_loss": each[forget].mean().item(),
            "retain_loss": each[~forget].mean().item(),
        }

    def gap(
        self, model: Mapping[str, Record | Undefined], retrained: Mapping[str, Record | Undefined]
    ) -> float | Undefined:
        """How far a model is from the retrained one: a sweep takes the setting with the least.

        Both were trained and measured on a validation split. No attack should take part, so that
        the choice of settings does not sway what is measured with them.

        Args:
            model: the record of each kind in `scored`, or why there is none.
            retrained: the same of the retrained model.

        Returns:
            The gap, 0 or more, or why there is none. Here always the latter: what is near is for
            each task to say, and a sweep asks only tasks that name kinds in `scored`.
        """
        return Undefined(f"the task '{self.name}' does not say what is near the retrained model")

    def final_layer(self, model: nn.Module) -> nn.Linear | None:
        """The linear layer that makes the answers (row c that of class c, if there are classes).

        None where there is no such layer.
        """
        return None


TaskT = TypeVar("TaskT", bound=Task)

_TASKS: Registry[Task] = Registry("task")


def register_task(name: str) -> Callable[[type[TaskT]], type[TaskT]]:
    """Class decorator that makes a task known.

    Raises:
        ConfigError: when the name is taken.
    """

    def enter(cls: type[TaskT]) -> type[TaskT]:
        cls.name = name
        _TASKS.add(name, cls())
        return cls

    return enter


def list_tasks() -> list[str]:
    """Names of all tasks, classification first."""
    return list(_TASKS)


def get_task(name: str) -> Task:
    """The task behind a name.

    Raises:
        ConfigError: for an unknown name; the known ones are listed.
    """
    return _TASKS.get(name)


def check_own(task: Task) -> None:
    """What must hold of a task that a user brought.

    Raises:
        TypeError: when it is no Task.
    """
    if not isinstance(task, Task):
        raise TypeError(f"{type(task).__name__} is no Task: derive it from opcviz.tasks.Task")


loader.serve(_TASKS, check_own)
