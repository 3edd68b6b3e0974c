"""What FM answers on chosen samples, each by a map that was fitted without it."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ...common.progress import Progress
from ...data import Split
from ...tasks.classification import Observation
from .least_squares import StreamedLeastSquares
from .scoring import chunks
from .settings import Recovery
from .unseen import FOLDS

__all__ = ["NO_ANSWER", "Restored", "restored_answers"]

NO_ANSWER = -1
"""Where too few samples are left to fit a map on."""


class Restored(NamedTuple):
    """Answers (n,) int64 on the CPU, `NO_ANSWER` where there is none.

    Attributes:
        retain: of the map fitted on retained data alone.
        everything: of the map fitted on retained and forgotten data.
    """

    retain: Tensor
    everything: Tensor

    @classmethod
    def nothing(cls, count: int) -> Restored:
        """No answer to any of so many samples."""
        return cls(*(torch.full((count,), NO_ANSWER) for _ in range(2)))


@torch.no_grad()
def restored_answers(
    original: Observation,
    unlearned: Observation,
    head: tuple[Tensor, Tensor],
    split: Split,
    rows: Tensor,
    config: Recovery | None = None,
    *,
    progress: Progress | None = None,
    seed: int = 0,
) -> Restored:
    """Cross-fit FM on the train set, and keep what it answers on some of its samples.

    Retained and forgotten data are cut into `FOLDS` parts each; a sample is answered by the maps
    that were fitted without its part.

    Args:
        original, unlearned: what both models computed on the train set.
        head: weight (C, d_o) and bias (C,) of the original head.
        split: which samples are forgotten.
        rows: (n,) positions in the train set to be answered.
        config: ridge and intercept.
        progress: asked between steps whether to stop.
        seed: of the parts.

    Raises:
        ValueError: for features that are not finite.
        Cancelled: from `progress`.
    """
    config, progress = config or Recovery(), progress or Progress()
    weight, bias = (t.detach().to("cpu", torch.float64) for t in head)
    width = unlearned.features.shape[1]

    def moments(part: Tensor) -> StreamedLeastSquares:
        known = StreamedLeastSquares(width, len(bias))
        for some in chunks(part):
            known.add(
                unlearned.features[some], original.features[some].to("cpu", weight.dtype) @ weight.T
            )
            progress.check()
        return known

    def answers(known: StreamedLeastSquares, asked: Tensor) -> Tensor:
        if not known.count or not len(asked):
            return torch.full((len(asked),), NO_ANSWER)
        ridge = config.ridge * known.scale(intercept=config.intercept)
        fitted = known.solve(ridge, intercept=config.intercept)
        return (fitted(unlearned.features[asked].cpu()) + bias).argmax(1)

    folds = [_parts(each.cpu(), seed) for each in (split.retain_train, split.forget_train)]
    retain, forget = ([moments(part) for part in parts] for parts in folds)
    of = torch.full((len(unlearned.features),), -1)
    for fold in range(FOLDS):
        for parts in folds:
            of[parts[fold]] = fold
    asked = rows.cpu()
    gone = torch.isin(asked, split.forget_train.cpu())
    found = Restored.nothing(len(asked))
    found.retain[gone] = answers(_sum(retain), asked[gone])
    for fold in range(FOLDS):
        here = of[asked] == fold
        kept = _sum(retain[:fold] + retain[fold + 1 :])
        found.retain[here & ~gone] = answers(kept, asked[here & ~gone])
        both = kept + _sum(forget[:fold] + forget[fold + 1 :])
        found.everything[here] = answers(both, asked[here])
        progress.check()
    return found


def _parts(rows: Tensor, seed: int) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(seed)
    return rows[torch.randperm(len(rows), generator=generator)].tensor_split(FOLDS)


def _sum(parts: list[StreamedLeastSquares]) -> StreamedLeastSquares:
    first, *others = parts
    for each in others:
        first = first + each
    return first
