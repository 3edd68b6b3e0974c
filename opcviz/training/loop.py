"""The one training loop: the original, the retrained and every iterative method run it.

A method supplies an objective over one joint batch; the loop supplies order, schedule, precision,
progress, cancelling, divergence detection and resuming. Everything random in an epoch comes from
(seed, epoch), so a run resumed at an epoch's end continues bit for bit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn
from typing_extensions import TypeVar

from ..common.devices import Pace, synchronize
from ..common.progress import Progress, Step
from ..data import Data
from ..results import Exchange
from .average import Average
from .batches import Batch, Batches
from .callbacks import EpochCallback
from .resume import ResumeFile
from .settings import Training
from .updates import SGD, Updates

__all__ = [
    "Batch",
    "Batches",
    "ModelT",
    "Objective",
    "Optimizer",
    "Outcome",
    "learning_rate",
    "make_optimizer",
    "pace",
    "train",
]

# A run whose loss exceeds this multiple of its first loss has diverged. The limit is relative since
# objectives differ in scale: OPC with λ = 1000 starts at 10⁴ and falls. A first loss below 1 counts
# as 1 (nat): one that starts near 0, such as −CE on memorised data, may grow by any factor without
# harm, and the limit is then a value that no cross-entropy reaches.
DIVERGENCE_FACTOR = 1e4


ModelT = TypeVar("ModelT", bound=nn.Module, default=nn.Module)
"""The class of models that a method works on; modules of any class where it is not given."""
Objective = Callable[[ModelT, Batch], Tensor]
Optimizer = torch.optim.Optimizer | Updates


@dataclass(frozen=True)
class Outcome:
    """How a run of the loop ended.

    Attributes:
        status: `finished` or `diverged`.
        step: the last step taken, or the one at which the loss was not finite or
            `DIVERGENCE_FACTOR` times as large as the first one.
        gradients: sample gradients evaluated (samples times passes), the unit of compute budgets.
        seconds: wall-clock time of the steps themselves, watching not counted.
        precision: number format of the forward passes, see `opcviz.common.devices.Pace`.
        exchanges: what clients and a server sent each other, round by round; nothing where the
            data lie in one place.
        kept: what a server keeps of the rounds, see `opcviz.training.rounds.RoundLog`.
    """

    status: str = "finished"
    step: int = 0
    gradients: int = 0
    seconds: float = 0.0
    precision: str = "fp32"
    exchanges: tuple[Exchange, ...] = ()
    kept: Mapping[str, Tensor] = field(default_factory=dict, compare=False)

    @property
    def reason(self) -> str:
        """One sentence on a run without a model, empty for a finished one."""
        return f"diverged at step {self.step}" if self.status == "diverged" else ""

    def then(self, after: Outcome) -> Outcome:
        """This run and the one that went on from it, as one."""
        return Outcome(
            after.status,
            self.step + after.step,
            self.gradients + after.gradients,
            self.seconds + after.seconds,
            after.precision,
            self.exchanges + after.exchanges,
        )


def learning_rate(spec: Training, step: int, steps: int) -> float:
    """Rate at a step: linear warm-up, then the schedule over all `steps`."""
    warm = spec.warmup * steps
    if step < warm:
        return spec.lr * (step + 1) / (warm + 1)
    done = step / steps
    if spec.schedule == "cosine":
        return spec.lr * 0.5 * (1 + math.cos(math.pi * done))
    if spec.schedule == "step":
        return spec.lr * 0.1 ** sum(done >= milestone for milestone in spec.milestones)
    return spec.lr


def pace(spec: Training, model: nn.Module, data: Data) -> Pace:
    """In which number format and order of memory a training computes."""
    positions = max(math.prod(data.shape[1:]), getattr(model, "resize", 0) ** 2)
    return Pace.of(spec.precision, spec.memory_format, data.device, model, positions)


def make_optimizer(spec: Training, parameters: Iterable[nn.Parameter]) -> Optimizer:
    """The optimiser that `spec` names, over the parameters that may move."""
    moving = [p for p in parameters if p.requires_grad]
    if spec.optimizer == "sgd":
        return SGD(moving, spec.lr, spec.momentum, spec.weight_decay)
    kind = torch.optim.Adam if spec.optimizer == "adam" else torch.optim.AdamW
    return kind(moving, spec.lr, weight_decay=spec.weight_decay)


def train(
    model: ModelT,
    batches: Batches,
    objective: Objective[ModelT],
    spec: Training,
    *,
    seed: int = 0,
    progress: Progress | None = None,
    watch: EpochCallback[ModelT] | None = None,
    constrain: Callable[[ModelT], None] | None = None,
    optimizer: Optimizer | None = None,
    resume_dir: Path | None = None,
    continued: bool = False,
    span: range | None = None,
) -> Outcome:
    """Minimise an objective in place.

    Args:
        model: changed in place, left in eval mode; parameters without `requires_grad` stay.
        batches: where batches come from.
        objective: (model, batch) -> scalar.
        spec: optimiser, schedule, epochs.
        seed: of order and augmentation.
        progress: gets events, cancels the work.
        watch: called with the model between epochs.
        constrain: called after each step, to undo what a method forbids.
        optimizer: of the caller's own, over the model's parameters; by default the one that `spec`
            names. A group's `rate`, if it has one, multiplies the learning rate.
        resume_dir: folder for the resume file; a run found there continues after its last saved
            epoch.
        continued: a later phase of a method that trains more than once: `watch` has seen the start.
        span: these epochs alone, as a client makes them in a round: the learning rate, the order
            and the augmentation are those of the same epochs of the whole.

    Returns:
        The outcome; the model holds its last weights or, with `spec.ema`, their average. On
        divergence these are unusable.

    Raises:
        Cancelled: when asked to stop; the resume file stays.
        TypeError: when the objective returns anything but a tensor of one number.
    """
    progress = progress or Progress()
    device, how = batches.data.device, pace(spec, model, batches.data)
    model.to(memory_format=how.memory_format)
    update = optimizer or make_optimizer(spec, model.parameters())
    average = Average(model, spec.ema)
    resume_file = ResumeFile(resume_dir, model, update, watch, average)
    start, steps_done, gradients, seconds, first_loss = resume_file.load()
    if span is not None:
        start, steps_done = span.start, sum(map(batches.steps, range(span.start)))
    total = sum(map(batches.steps, range(spec.epochs)))
    tally = _Tally(steps_done, gradients, seconds, first_loss, total)
    if watch and start == 0 and not continued:
        _call_in_eval_mode(watch, model, 0)

    def step(batch: Batch) -> Tensor:
        for group in update.param_groups:
            group["lr"] = learning_rate(spec, tally.step, tally.total) * group.get("rate", 1.0)
        with how.autocast():
            loss = _scalar(objective(model, batch), objective)
        update.zero_grad(set_to_none=True)
        loss.backward()
        if spec.clip:
            nn.utils.clip_grad_norm_(model.parameters(), spec.clip)
        update.step()
        if constrain:
            constrain(model)
        average.update()
        return loss.detach()

    for epoch in range(start, spec.epochs if span is None else span.stop):
        torch.manual_seed(_epoch_seed(seed, epoch))  # dropout draws from the global generator
        generator = torch.Generator().manual_seed(_epoch_seed(seed, epoch))
        _train_mode(model)
        with tally.timed(device):
            sound = _one_epoch(batches.epoch(epoch, generator), step, tally, progress, device)
        if not sound:
            break
        if watch:
            with average.shown():
                _call_in_eval_mode(watch, model, epoch + 1)
        resume_file.save(epoch + 1, tally.step, tally.gradients, tally.seconds, tally.first)
    model.eval()
    average.take()
    resume_file.clear()
    # the last update, or a batch norm's statistics, may overflow where no loss has seen it
    finite = all(bool(value.isfinite().all()) for value in model.state_dict().values())
    status = "finished" if tally.sound and finite else "diverged"
    return Outcome(status, tally.step, tally.gradients, tally.seconds, how.precision)


@dataclass
class _Tally:
    """Steps, gradients and seconds so far, and |loss| at the first step (0 before it)."""

    step: int
    gradients: int
    seconds: float
    first: float
    total: int
    sound: bool = True

    @contextmanager
    def timed(self, device: torch.device) -> Iterator[None]:
        began = time.perf_counter()
        yield
        synchronize(device)
        self.seconds += time.perf_counter() - began


def _one_epoch(
    batches: Iterable[Batch],
    take_step: Callable[[Batch], Tensor],
    tally: _Tally,
    progress: Progress,
    device: torch.device,
) -> bool:
    """Step through an epoch; False as soon as the loss diverges, `tally.step` being that step."""
    every = 1 if device.type == "cpu" else 16  # reading a loss off a GPU waits for it
    pending: list[Tensor] = []

    def settle() -> bool:
        if pending and not tally.first:
            tally.first = abs(pending[0].item())
        bad = _first_diverged(pending, DIVERGENCE_FACTOR * max(1.0, tally.first))
        if bad is not None:
            tally.step += 1 + bad - len(pending)
            tally.sound = False
        elif pending:
            progress(Step(tally.step, tally.total, pending[-1].item()))
        pending.clear()
        return tally.sound

    for batch in batches:
        pending.append(take_step(batch))
        tally.step += 1
        tally.gradients += len(batch.index)
        if len(pending) == every and not settle():
            return False
    return settle()  # the rest of the epoch, before anything is saved


def _scalar(loss: object, objective: Callable[..., Tensor]) -> Tensor:
    """The loss of one step.

    Raises:
        TypeError: when it is no tensor of one number; the message says where the objective stands.
    """
    if isinstance(loss, Tensor) and loss.numel() == 1:
        return loss
    given = f"a tensor of shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else repr(loss)
    code = getattr(objective, "__code__", None)
    where = f" ({code.co_filename}, line {code.co_firstlineno})" if code else ""
    raise TypeError(f"the objective{where} returned {given[:80]}, not a tensor of one number")


def _train_mode(model: nn.Module) -> None:
    """Train mode, except where every weight of a module is frozen: its statistics stay too."""
    model.train()
    for module in model.modules():
        own = list(module.parameters(recurse=False))
        if own and not any(p.requires_grad for p in own):
            module.eval()


def _call_in_eval_mode(watch: EpochCallback[ModelT], model: ModelT, epoch: int) -> None:
    model.eval()
    with torch.no_grad():
        watch(model, epoch)


def _epoch_seed(seed: int, epoch: int) -> int:
    return (seed * 1_000_003 + epoch * 7_919 + 1) % 2**31


def _first_diverged(losses: list[Tensor], limit: float) -> int | None:
    """Index of the first loss that is not finite or beyond ±limit."""
    if not losses:
        return None
    values = torch.stack(losses).float()
    bad = ~values.isfinite() | (values.abs() > limit)
    return int(bad.nonzero()[0]) if bool(bad.any()) else None
