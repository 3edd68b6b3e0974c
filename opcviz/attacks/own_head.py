"""A model's own last layer behind a body that was never told to forget.

Who changes what a body computes of the forgotten pictures, and leaves the last layer as it was,
leaves in it the directions in which the forgotten classes lay. The attacker maps raw pixels to the
model's last features, by an affine map fitted on retained pictures alone, so that it does to
forgotten pictures what a body would that saw no reason to treat them otherwise. Behind it the
model's own last layer answers, among the forgotten classes: by the greatest logit, or by the
greatest less the class's mean over the pictures asked, as in `masked`.

Budget: the unlearned model, unlabelled retained pictures, the forgotten test pictures without
labels, and which classes were forgotten; one fit. Neither the original nor a label is needed.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from ..data import Images, Split, as_float
from ..results import Attempt
from .masked import masked
from .strongest.maps import Lesson, fit_map
from .strongest.projection import Projection
from .strongest.settings import Strongest

__all__ = ["own_head"]

NAMES = {"masked_greatest": "own_head", "masked_greatest_centred": "own_head_centred"}
RIDGE = 1.0
"""Relative to the pixels' variance: a map that has to reach beyond what it was fitted on is to be a
smooth one."""
WIDTH = 512  # wider samples are projected at random to so many numbers
BATCH = 4096


@torch.no_grad()
def own_head(
    features: Tensor, head: tuple[Tensor, Tensor], data: Images, split: Split
) -> tuple[Attempt, ...]:
    """Let a model's last layer answer for a map from the pixels of the forgotten test pictures.

    Args:
        features: (N, d) of all training pictures: what the last layer sees of them.
        head: its weight (C, d) and bias (C,).
        data: the pictures.
        split: which classes are forgotten.

    Returns:
        An attempt by either rule; none where nothing is retained, where features of retained
        pictures or the last layer are not finite, or where there are no masked answers, see
        `masked`.
    """
    split, labels = split.to("cpu"), data.y_test.cpu()
    rows, asked = split.retain_train, split.forget_test
    if not len(rows) or not all(part.isfinite().all() for part in (features[rows], *head)):
        return ()
    shape = data.x_train[0].numel()
    narrow = Projection(shape, WIDTH, 0, torch.device("cpu")) if shape > WIDTH else None
    seen = _numbers(data.x_train, rows, narrow)
    lesson = Lesson.of_original(features.cpu()[rows], head)
    fitted = fit_map("affine", seen, lesson, Strongest(ridge=RIDGE))
    logits = torch.zeros(len(labels), len(head[1]), dtype=torch.float64)
    logits[asked] = fitted(_numbers(data.x_test, asked, narrow))
    return tuple(
        replace(told, attacker=NAMES[told.attacker], holds="retain", settings=f"ridge {RIDGE:g}")
        for told in masked(logits, labels, split).attempts()
        if told.attacker in NAMES
    )


def _numbers(samples: Tensor, rows: Tensor, narrow: Projection | None) -> Tensor:
    """(n, P) float32 on the CPU: the numbers of some samples, projected where they are many."""
    parts = (
        as_float(samples[part.to(samples.device)]).flatten(1).cpu() for part in rows.split(BATCH)
    )
    return torch.cat([part if narrow is None else narrow(part) for part in parts])
