"""Everything of a model that an attacker may start from, narrow enough to fit maps on.

From input to output: the pixels themselves (the floor: what no network is needed for), every
block's output averaged over positions and unpooled, the features that the head sees, the logits.
What is wider than asked for is projected at random while the data pass: distances survive, see
`Projection`. Principal components would not do: they keep what varies most, and a contracted model
hides what it forgot where almost nothing varies.

One pass over the data serves all who ask, see `observe_together`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ...common.progress import Progress
from ...data import Data, as_float
from ...models import Activations, BlockNet
from ...results import PIXELS
from ...tasks.classification import ModelOutputs, Observation, passes, pooled, room_of
from ...training import Training, pace
from .projection import Projection, columns, size_of
from .settings import Sight

__all__ = ["Seen", "View", "observe_together", "observe_views"]

BATCH = 1024  # samples a batch, where the outputs of all blocks are small
ACTIVE = 2**26  # bytes of block outputs held at once: nets with larger ones get fewer samples
HELD = 2**29  # bytes of views in memory; more lie in a file that is mapped
DRAWN = 2**30  # bytes of projections held at once; for more the data pass once more


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
class Seen:
    """What a model computes on all samples.

    Attributes:
        outputs: features and logits, on the data's device.
        blocks: the same with every block's pooled output as the features; empty unless asked for.
        views: what each sight asked for, from input to output.
    """

    outputs: ModelOutputs
    blocks: dict[str, ModelOutputs]
    views: dict[Sight, tuple[View, ...]]


@dataclass(frozen=True)
class _Lens:
    """A place of a model, how wide it is, and whether it is a block, whatever it is called."""

    place: str
    view: str
    width: int
    block: bool = False

    def look(self, x: Tensor, seen: Activations) -> Tensor:
        """(B, ...) samples and what the model computes on them to (B, width)."""
        if not self.block:
            own = {PIXELS: x, "features": seen.features, "logits": seen.logits}
            return own[self.place].flatten(1)
        block = seen.blocks[self.place]
        return pooled(block) if self.view == "pooled" else block.flatten(1)


@dataclass(frozen=True)
class _Column:
    """What is kept of a lens: all of it, or a projection of a seed to fewer numbers."""

    lens: _Lens
    narrow: int
    seed: int = 0

    @classmethod
    def of(cls, lens: _Lens, sight: Sight) -> _Column:
        """As a sight wants it."""
        wide = lens.width > sight.width
        return cls(lens, sight.width, sight.seed) if wide else cls.whole(lens)

    @classmethod
    def whole(cls, lens: _Lens) -> _Column:
        """All of it."""
        return cls(lens, lens.width)

    @property
    def drawn(self) -> int:
        """Bytes of the projection."""
        narrows = self.narrow < self.lens.width
        return size_of(self.lens.width, self.narrow) if narrows else 0

    def projection(self, device: torch.device) -> Projection | None:
        """The same for every model; None where nothing is to be narrowed."""
        if not self.drawn:
            return None
        return Projection(self.lens.width, self.narrow, self.seed, device)


def observe_views(
    model: BlockNet,
    data: Data,
    *,
    width: int = 512,
    seed: int = 0,
    blocks: str = "all",
    progress: Progress | None = None,
) -> Iterator[View]:
    """The views of a model from input to output, in eval mode and fp32.

    Args:
        model: the model.
        data: the data set.
        width, seed, blocks: see `Sight`.
        progress: asked between batches whether to stop.

    Raises:
        Cancelled: from `progress`.
    """
    sight = Sight(width, seed, blocks)
    yield from observe_together(model, data, [sight], progress=progress).views[sight]


def observe_together(
    model: BlockNet,
    data: Data,
    sights: Iterable[Sight] = (),
    *,
    blocks: bool = False,
    progress: Progress | None = None,
) -> Seen:
    """All that several kinds of evidence ask of a model, from one pass over the data.

    In eval mode and fp32: a collapsed feature is smaller than bf16 resolves. Further passes are
    made only where the projections of the views would not fit into memory together.

    Args:
        model: the model.
        data: the data set.
        sights: views that are asked for.
        blocks: whether every block's pooled output is.
        progress: asked between batches whether to stop.

    Raises:
        Cancelled: from `progress`.
    """
    lenses, pooled_blocks, active = _lenses(model, data)
    _arrange(model, data)
    asked = {s: [_Column.of(lens, s) for lens in lenses if _wanted(lens, s, model)] for s in sights}
    own = [_Column.whole(lens) for lens in lenses[-2:]]
    means = [_Column.whole(lens) for lens in pooled_blocks] if blocks else []
    more = {c: None for each in asked.values() for c in each if c not in (*own, *means)}
    samples = len(data.x_train) + len(data.x_test)
    spilled = 4 * samples * sum(column.narrow for column in more) > HELD
    batch = BATCH
    while batch > 1 and batch * active > ACTIVE:
        batch //= 2

    found: dict[_Column, tuple[Tensor, Tensor]] = {}
    for kept, further in _passes([*own, *means], list(more)):
        look = _Looking(model, kept, further, data.device)
        room = room_of(len(kept), spilled=spilled)
        train = passes(model, data.x_train, look, batch, progress, room)
        test = passes(model, data.x_test, look, batch, progress, room)
        found |= dict(zip([*kept, *further], zip(train, test, strict=True), strict=True))

    features, logits = own[0], found[own[1]]

    def outputs(column: _Column) -> ModelOutputs:
        (train, test), labels = found[column], (data.y_train, data.y_test)
        return ModelOutputs(
            Observation(train, logits[0], labels[0]), Observation(test, logits[1], labels[1])
        )

    def view(column: _Column) -> View:
        train, test = (values.cpu() for values in found[column])
        return View(column.lens.place, column.lens.view, column.lens.width, train, test)

    return Seen(
        outputs(features),
        {column.lens.place: outputs(column) for column in means},
        {sight: tuple(map(view, columns)) for sight, columns in asked.items()},
    )


def _arrange(model: BlockNet, data: Data) -> None:
    """Channels last for large nets on a CPU: a sixth less work, and the same up to rounding."""
    wanted = pace(Training(), model, data).memory_format
    if data.device.type != "cpu" or wanted == torch.contiguous_format:
        return
    model.to(memory_format=wanted)
    try:
        _lenses(model, data)
    except RuntimeError:  # its layers read tensors in their own order
        model.to(memory_format=torch.contiguous_format)


class _Looking:
    """Called with a batch, what each column shows of it: some on the device, some on the CPU."""

    def __init__(
        self, model: BlockNet, kept: list[_Column], further: list[_Column], device: torch.device
    ) -> None:
        self.model, self.kept, self.count = model, kept, len(further)
        self.further: dict[_Lens, list[tuple[int, Projection | None]]] = {}
        for at, column in enumerate(further):
            self.further.setdefault(column.lens, []).append((at, column.projection(device)))

    def __call__(self, x: Tensor) -> tuple[Tensor, ...]:
        seen = self.model.activations(x)
        own = (column.lens.look(x, seen) for column in self.kept)
        shown = [x] * self.count
        for lens, wanted in self.further.items():
            values = lens.look(x, seen).float()
            turned = columns(values) if any(by and by.sparse for _, by in wanted) else values
            for at, by in wanted:
                if by is not None and by.sparse:
                    shown[at] = by.of_columns(turned).cpu()
                else:
                    shown[at] = (values if by is None else by(values)).cpu()
        return (*own, *shown)


def _passes(
    kept: list[_Column], more: list[_Column]
) -> Iterator[tuple[list[_Column], list[_Column]]]:
    """What each pass over the data takes in: mostly there is one."""
    group: list[_Column] = []
    held = 0
    for column in more:
        if held and held + column.drawn > DRAWN:
            yield kept, group
            kept, group, held = [], [], 0
        group.append(column)
        held += column.drawn
    yield kept, group


def _lenses(model: BlockNet, data: Data) -> tuple[list[_Lens], list[_Lens], int]:
    """All views there are, each once, and every block's mean: found by looking at two samples.

    Returns:
        Both, from input to output (at last features and logits), and the bytes of all blocks'
        outputs a sample.
    """
    x = as_float(data.x_train[:2])
    training = model.training
    model.eval()
    with torch.no_grad():
        seen = model.activations(x)
    model.train(training)
    found = [_Lens(PIXELS, "whole", x[0].numel())]
    means = []
    for name in model.block_names:
        block = seen.blocks[name]
        means.append(_Lens(name, "pooled", block.shape[1], block=True))
        if block.dim() > 2:
            found.append(_Lens(name, "unpooled", block[0].numel(), block=True))
        if pooled(block).shape != seen.features.flatten(1).shape or not torch.allclose(
            pooled(block), seen.features.flatten(1)
        ):  # else it is what the head sees, which comes as the features
            found.append(means[-1])
    found.append(_Lens("features", "pooled", seen.features[0].numel()))
    found.append(_Lens("logits", "whole", seen.logits.shape[1]))
    return found, means, 4 * sum(block[0].numel() for block in seen.blocks.values())


def _wanted(lens: _Lens, sight: Sight, model: BlockNet) -> bool:
    if not lens.block:
        return lens.place != PIXELS or sight.pixels
    last = lens.place == model.block_names[-1]
    return sight.blocks == "all" or (sight.blocks == "last" and last)
