"""Everything of a model that an attacker may start from, narrow enough to fit maps on.

From input to output: the pixels themselves (the floor: what no network is needed for), every
block's output averaged over positions and unpooled, the features that the head sees, the logits.
What is wider than asked for is projected at random while the data pass (Gaussian, as in
Johnson & Lindenstrauss 1984): distances survive. Principal components would not do: they keep what
varies most, and a contracted model hides what it forgot where almost nothing varies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ...common.progress import Progress
from ...data import Images, as_float
from ...models import Activations, BlockNet
from ...results import PIXELS
from ...tasks.classification import passes, pooled

__all__ = ["View", "observe_views"]

BATCH = 256  # samples a pass: unpooled outputs of all blocks are held at once
HELD = 2**28  # bytes of views held at once; more are made in further passes

Look = Callable[[Tensor, Activations], Tensor]


@dataclass(frozen=True, eq=False)
class View:
    """One place of a model, as numbers for each sample.

    Attributes:
        place: `pixels`, a block's name, `features` or `logits`.
        view: `pooled`, `unpooled`, or `whole` for pixels and logits; see `Attempt`.
        width: numbers a sample before the projection.
        train, test: (N, k) float32 on the CPU, k no more than asked for.
    """

    place: str
    view: str
    width: int
    train: Tensor
    test: Tensor


@dataclass(frozen=True, eq=False)
class _Lens:
    """What makes a view: (B, ...) samples and activations to (B, width)."""

    place: str
    view: str
    width: int
    look: Look


def observe_views(
    model: BlockNet,
    data: Images,
    *,
    width: int = 512,
    seed: int = 0,
    quick: bool = False,
    progress: Progress | None = None,
) -> Iterator[View]:
    """The views of a model from input to output, in eval mode and fp32.

    They are made in as many passes over the data as memory asks for, and given one by one: whoever
    lets go of a view before asking for the next holds some hundred megabytes at most.

    Args:
        model: the model.
        data: the data set.
        width: what is wider is projected to so many numbers.
        seed: of the projections: with the same seed every model is projected alike.
        quick: leave out all blocks but the last.
        progress: asked between batches whether to stop.

    Raises:
        Cancelled: from `progress`.
    """
    samples = len(data.x_train) + len(data.x_test)
    group: list[_Lens] = []
    held = 0
    for lens in _lenses(model, data, quick):
        size = 4 * samples * min(lens.width, width)
        if group and held + size > HELD:
            yield from _observed(model, data, group, width, seed, progress)
            group, held = [], 0
        group.append(lens)
        held += size
    yield from _observed(model, data, group, width, seed, progress)


def _lenses(model: BlockNet, data: Images, quick: bool) -> list[_Lens]:
    """All views there are, each once: found by looking at two samples."""
    x = as_float(data.x_train[:2])
    training = model.training
    model.eval()
    with torch.no_grad():
        seen = model.activations(x)
    model.train(training)
    found = [_Lens(PIXELS, "whole", x[0].numel(), lambda x, _: x.flatten(1))]
    names = model.block_names
    for name in names[-1:] if quick else names:
        block = seen.blocks[name]
        if block.dim() > 2:
            found.append(_Lens(name, "unpooled", block[0].numel(), _unpooled(name)))
        if pooled(block).shape != seen.features.flatten(1).shape or not torch.allclose(
            pooled(block), seen.features.flatten(1)
        ):  # else it is what the head sees, which comes as the features
            found.append(_Lens(name, "pooled", block.shape[1], _pooled(name)))
    found.append(
        _Lens("features", "pooled", seen.features[0].numel(), lambda _, a: a.features.flatten(1))
    )
    return [*found, _Lens("logits", "whole", model.head.out_features, lambda _, a: a.logits)]


def _unpooled(name: str) -> Look:
    return lambda _, activations: activations.blocks[name].flatten(1)


def _pooled(name: str) -> Look:
    return lambda _, activations: pooled(activations.blocks[name])


def _observed(
    model: BlockNet,
    data: Images,
    group: list[_Lens],
    width: int,
    seed: int,
    progress: Progress | None,
) -> Iterator[View]:
    maps = [_projection(lens.width, width, seed, data.device) for lens in group]

    def look(x: Tensor) -> tuple[Tensor, ...]:
        activations = model.activations(x)
        seen = (lens.look(x, activations).float() for lens in group)
        return tuple(s if p is None else s @ p for s, p in zip(seen, maps, strict=True))

    train, test = (
        [values.cpu() for values in passes(model, x, look, BATCH, progress)]
        for x in (data.x_train, data.x_test)
    )
    for lens in group:
        yield View(lens.place, lens.view, lens.width, train.pop(0), test.pop(0))


def _projection(width: int, narrow: int, seed: int, device: torch.device) -> Tensor | None:
    """(width, narrow), the same for every model; None where nothing is to be narrowed."""
    if width <= narrow:
        return None
    generator = torch.Generator().manual_seed(seed)
    drawn: Tensor = torch.randn(width, narrow, generator=generator) / narrow**0.5
    return drawn.to(device)
