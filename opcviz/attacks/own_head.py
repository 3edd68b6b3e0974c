"""A model's own last layer behind a body that was never told to forget.

Who changes what a body computes of the forgotten pictures, and leaves the last layer as it was,
leaves in it the directions in which the forgotten classes lay. The attacker maps raw pixels to the
model's last features, by a map fitted on retained pictures alone, so that it does to forgotten
pictures what a body would that saw no reason to treat them otherwise. Behind it the model's own
last layer answers, among the forgotten classes: by the greatest logit, or by the greatest less the
class's mean over the pictures asked, as in `masked`, or by the greatest of the standardised ones:
less the class's mean, over its deviation. Of the last there is an answer behind an affine map and
one behind an RBF map.

To a model that never saw the forgotten classes their names mean nothing: its rows for them began
alike and were all driven away from the same pictures, so that any order of the names is as likely
as the true one. Standardised logits weigh these rows alike, and what they would get under every
order says how much luck there is in one; see `opcviz.verdict.spread`. Logits as they are do not:
whichever row is the longest answers all pictures, and then most orders give a third.

Budget: the unlearned model, unlabelled retained pictures, the forgotten test pictures without
labels, and which classes were forgotten; a fit a map. Neither the original nor a label is needed.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import torch
from torch import Tensor

from ..data import Images, Split, as_float
from ..results import Attempt
from .masked import masked, told_by
from .strongest.maps import Lesson, Map, fit_map
from .strongest.projection import Projection
from .strongest.settings import Strongest

__all__ = ["RIDGE", "own_head"]

NAMES = {"masked_greatest": "own_head", "masked_greatest_centred": "own_head_centred"}
RIDGE = 1.0
"""Relative to the pixels' variance: a map that has to reach beyond what it was fitted on is to be a
smooth one."""
WIDTH = 512  # wider samples are projected at random to so many numbers
BATCH = 4096
ALL = 4  # forgotten classes whose names are tried in every order
ORDERS = 24  # of more: as many orders, drawn
RESOLUTION = 1e-9  # a logit that varies less than this part of the greatest is the same for all


@torch.no_grad()
def own_head(
    features: Tensor, head: tuple[Tensor, Tensor], data: Images, split: Split
) -> tuple[Attempt, ...]:
    """Let a model's last layer answer for maps from the pixels of the forgotten test pictures.

    Args:
        features: (N, d) of all training pictures: what the last layer sees of them.
        head: its weight (C, d) and bias (C,).
        data: the pictures.
        split: which classes are forgotten.

    Returns:
        An attempt by every rule; none where nothing is retained, where features of retained
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
    config = Strongest(ridge=RIDGE)

    def logits(by: Map) -> Tensor:
        found = torch.zeros(len(labels), len(head[1]), dtype=torch.float64)
        found[asked] = by(_numbers(data.x_test, asked, narrow))
        return found

    affine = logits(fit_map("affine", seen, lesson, config))
    rules = [each for each in masked(affine, labels, split).attempts() if each.attacker in NAMES]
    if not rules:
        return ()
    curved = logits(fit_map("rbf", seen, lesson, config))
    flat, bent = f"ridge {RIDGE:g}", f"ridge {config.kernel_ridge:g}"
    return (
        *(_held(each, NAMES[each.attacker], flat) for each in rules),
        _held(_standardised(affine, labels, split), "own_head_standardised", flat),
        _held(_standardised(curved, labels, split), "own_head_rbf", bent),
    )


def _held(attempt: Attempt, attacker: str, settings: str) -> Attempt:
    return replace(attempt, attacker=attacker, holds="retain", settings=settings)


def _standardised(logits: Tensor, labels: Tensor, split: Split) -> Attempt:
    """The greatest logit less its class's mean over the pictures asked, over its deviation."""
    classes = labels.new_tensor(split.classes)
    asked, truth = logits[split.forget_test][:, classes], labels[split.forget_test]
    centred, size = asked - asked.mean(0), asked.std(0, correction=0)
    varies = size > RESOLUTION * asked.abs().amax(0)
    told = (centred / size.where(varies, 1)).where(varies, 0).argmax(1)
    orders = [classes[order][told] for order in _orders(len(classes))]
    return told_by("masked_greatest", orders[0], truth, orders)


def _orders(count: int) -> list[Tensor]:
    """Orders of so many names, the one that they have first."""
    if count <= ALL:
        return [torch.tensor(order) for order in permutations(range(count))]
    drawn = torch.Generator().manual_seed(0)
    others = (torch.randperm(count, generator=drawn) for _ in range(ORDERS - 1))
    return [torch.arange(count), *others]


def _numbers(samples: Tensor, rows: Tensor, narrow: Projection | None) -> Tensor:
    """(n, P) float32 on the CPU: the numbers of some samples, projected where they are many."""
    parts = (
        as_float(samples[part.to(samples.device)]).flatten(1).cpu() for part in rows.split(BATCH)
    )
    return torch.cat([part if narrow is None else narrow(part) for part in parts])
