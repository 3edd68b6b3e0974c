"""DiMRA on records: training on with what was retained, and a look now and then."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from ...common.progress import Progress
from ...data import Data, Split
from ...models.waveforms import WaveformGenerator
from ..generation.regrowing import trained_on
from ..relearning.attack import BatchesBetweenEvaluations
from .settings import WaveformDimra

__all__ = ["train_on_retained"]


class _Watch:
    """Looks between epochs of `train`, which are the ways from one look to the next."""

    def __init__(self, look: Callable[[WaveformGenerator], None]) -> None:
        self._look = look

    def __call__(self, model: WaveformGenerator, epoch: int) -> None:
        self._look(model)

    def state(self) -> dict[str, Tensor]:
        """Nothing: an attack is not resumed."""
        return {}

    def load(self, state: dict[str, Tensor]) -> None:
        """Nothing."""


def train_on_retained(
    model: WaveformGenerator,
    data: Data,
    split: Split,
    look: Callable[[WaveformGenerator], None],
    config: WaveformDimra,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> str:
    """Train a copy of a model on the retained records by the task's own loss.

    Args:
        model: the unlearned model; it is copied.
        data, split: whose retained train records the attacker has.
        look: called with the copy in eval mode, before the first step and at each look.
        config: rate and steps.
        seed: of order and noise; two models attacked with one seed get the same.
        progress: asked whether to stop.

    Returns:
        Why it broke off, or nothing.

    Raises:
        Cancelled: from `progress`.
    """
    steps = [0, *config.looks]
    none = split.forget_train[:0]
    batches = BatchesBetweenEvaluations(
        data, split.retain_train, none, config.batch_size, steps, seed
    )
    _, reason = trained_on(
        model, batches, _Watch(look), "waveforms", len(config.looks), config.lr, seed, progress
    )
    return reason
