"""An unlearning request: the model, data and settings a method works on, and its training loop."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic

import torch
from torch import Tensor

from ..common.config import ConfigError
from ..common.progress import Progress
from ..data import Data, Split
from ..tasks import Task
from ..training import (
    Batches,
    EpochCallback,
    ModelT,
    Objective,
    Outcome,
    RoundLog,
    Training,
    train,
    train_rounds,
)
from .saliency import freeze_outside, saliency, top_fraction_mask

__all__ = ["Request"]


@dataclass(frozen=True, eq=False)
class Request(Generic[ModelT]):
    """What is asked of a method, and everything it may use to answer.

    Attributes:
        task: what the models do; gives the loss.
        data: the data set, on the device.
        split: which of it to forget.
        original: the trained model θo; a method copies it and never changes it.
        fresh: makes a newly initialised model.
        training: how the original was trained.
        seed: of everything random.
        progress: gets events, cancels the work.
        watch: looks at the model between epochs, or None.
        resume_dir: folder for a resume file, or None.
        statistics: what the method itself had stored of all data, by name, before the first of
            several requests, where that stands for the retain data; see `Method.before`.
        log: reads what a server kept of the original's rounds, where clients hold the data.
    """

    task: Task
    data: Data
    split: Split
    original: ModelT | None
    fresh: Callable[[], ModelT]
    training: Training
    seed: int = 0
    progress: Progress = field(default_factory=Progress)
    watch: EpochCallback[ModelT] | None = None
    resume_dir: Path | None = None
    statistics: Mapping[str, Tensor] | None = None
    log: Callable[[], Mapping[str, Tensor]] | None = None

    def copy_of_original(self) -> ModelT:
        """θo as the starting point of unlearning, free to change.

        Raises:
            ConfigError: when there is no original to start from.
        """
        if self.original is None:
            raise ConfigError("this method starts from the original model, and there is none")
        return copy.deepcopy(self.original)

    def train(
        self,
        model: ModelT,
        parts: str,
        spec: Training,
        objective: Objective[ModelT] | None = None,
        *,
        frozen: Iterable[str] = (),
        constrain: Callable[[ModelT], None] | None = None,
        forget_epochs: int | None = None,
        phase: int = 0,
    ) -> Outcome:
        """Run the one training loop.

        Args:
            model: changed in place.
            parts: the data of an epoch: all | retain | forget | joint | sequence, see `Batches`.
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
            # in the data set's order, and without what is gone since an earlier request
            retain, forget = torch.cat([retain, forget]).sort().values, none
        spec = self._paced(spec)
        order = "sequence" if parts == "sequence" else "joint"
        policy = spec.augment if spec.augment != "same" else self.training.augment
        batches = Batches(self.data, retain, forget, spec.batch_size, policy, order, forget_epochs)
        _freeze(model, frozen)
        with self._salient(model, spec, constrain) as (constrain, spent):
            outcome = train(
                model,
                batches,
                objective or self.task.loss,
                spec,
                seed=self.seed + 101 * phase,
                progress=self.progress,
                watch=self.watch,
                constrain=constrain,
                resume_dir=self.resume_dir / f"phase{phase}" if self.resume_dir else None,
                continued=phase > 0,
            )
        model.requires_grad_(True)
        return replace(outcome, gradients=outcome.gradients + spent)

    def train_clients(
        self,
        model: ModelT,
        ids: Tensor,
        spec: Training,
        objective: Objective[ModelT] | None = None,
        *,
        frozen: Iterable[str] = (),
        phase: int = 0,
        keep: bool = False,
    ) -> Outcome:
        """Let the clients who hold these train samples train in rounds, each on its own.

        Args:
            model: changed in place.
            ids: positions in the train set.
            spec: optimiser and schedule; its epochs are rounds.
            objective: (model, batch) -> scalar, of retain data; None for the task's own loss.
            frozen: names of parameters that stay as they are.
            phase: see `train`.
            keep: whether the outcome has what a server keeps of the rounds.

        Raises:
            DataError: when the data lie in one place.
        """
        clients = self.split.held
        spec = self._paced(spec)
        policy = spec.augment if spec.augment != "same" else self.training.augment
        shards = {
            client: Batches(self.data, part, part[:0], spec.batch_size, policy)
            for client, part in clients.shards(ids).items()
        }
        _freeze(model, frozen)
        outcome = train_rounds(
            model,
            shards,
            objective or self.task.loss,
            spec,
            local_epochs=clients.local_epochs,
            leaver=clients.leaver,
            seed=self.seed + 101 * phase,
            progress=self.progress,
            watch=self.watch,
            resume_dir=self.resume_dir / f"phase{phase}" if self.resume_dir else None,
            continued=phase > 0,
            log=RoundLog(clients.count) if keep else None,
        )
        model.requires_grad_(True)
        return outcome

    def _paced(self, spec: Training) -> Training:
        """Settings whose number format and order in memory are the study's where they say auto."""
        told = {
            name: getattr(self.training, name)
            for name in ("precision", "memory_format")
            if getattr(spec, name) == "auto" != getattr(self.training, name)
        }
        return spec.replace(**told) if told else spec

    @contextmanager
    def _salient(
        self, model: ModelT, spec: Training, constrain: Callable[[ModelT], None] | None
    ) -> Iterator[tuple[Callable[[ModelT], None] | None, int]]:
        """What to call after a step, and gradients spent to know it: SalUn's mask, if asked for."""
        share = getattr(spec, "saliency", 1.0)
        if share == 1:
            yield constrain, 0
            return
        original = self.copy_of_original().requires_grad_(True)
        forget = self.split.forget_train
        scores = saliency(self.task, original, self.data, forget, progress=self.progress)
        mask = top_fraction_mask(scores, share)
        keep = getattr(spec, "masked_norms", "frozen") == "frozen"
        with freeze_outside(model, mask, statistics=keep) as restore:

            def after(model: ModelT) -> None:
                if constrain:
                    constrain(model)
                restore(model)

            yield after, len(forget)


def _freeze(model: ModelT, frozen: Iterable[str]) -> None:
    """Let all parameters move but those of these names."""
    still = set(frozen)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name not in still)
