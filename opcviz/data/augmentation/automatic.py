"""RandAugment, AutoAugment, TrivialAugment, AugMix and random erasing on whole batches.

An automatic augmentation draws stages: for each picture of the batch one operation and its
magnitude. `apply_ops_` carries a stage out. Operations, ranges and defaults are torchvision's
(`torchvision.transforms.v2`), which is what the augmentation study of unlearning compares
(Falcao & Cordeiro, "Data augmentation improves machine unlearning", arXiv 2508.18502).

All random numbers come from one generator and are read on the CPU, so a CPU generator gives the
same pictures everywhere, and a generator on a GPU makes the host wait for each draw.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from .operations import GEOMETRIC, LEVELS, OPS, apply_ops_

__all__ = [
    "AUTOAUGMENT_CIFAR10",
    "DRAWS",
    "augmix",
    "augmix_draw",
    "autoaugment_draw",
    "erase",
    "erase_draw",
    "randaugment_draw",
    "staged",
    "trivialaugment_draw",
]

Stage = tuple[Tensor, Tensor]  # operation (B,) int64 and magnitude (B,) float32, on the CPU
Size = tuple[int, int]  # height, width

_BLENDS = ("brightness", "color", "contrast", "sharpness")
_EITHER_SIGN = torch.tensor([name in GEOMETRIC + _BLENDS for name in OPS])
_ALL_BUT_INVERT = torch.tensor([i for i, name in enumerate(OPS) if name != "invert"])
_MIXED = torch.tensor([i for i, name in enumerate(OPS) if name not in ("identity", "invert")])

# Cubuk et al., "AutoAugment: learning augmentation policies from data", CVPR 2019, table 7: the 25
# sub-policies found on reduced CIFAR-10. Each is two times (operation, probability, level 0..9);
# the level of an operation that has no magnitude is written 0.
AUTOAUGMENT_CIFAR10 = (
    (("invert", 0.1, 0), ("contrast", 0.2, 6)),
    (("rotate", 0.7, 2), ("translate_x", 0.3, 9)),
    (("sharpness", 0.8, 1), ("sharpness", 0.9, 3)),
    (("shear_y", 0.5, 8), ("translate_y", 0.7, 9)),
    (("autocontrast", 0.5, 0), ("equalize", 0.9, 0)),
    (("shear_y", 0.2, 7), ("posterize", 0.3, 7)),
    (("color", 0.4, 3), ("brightness", 0.6, 7)),
    (("sharpness", 0.3, 9), ("brightness", 0.7, 9)),
    (("equalize", 0.6, 0), ("equalize", 0.5, 0)),
    (("contrast", 0.6, 7), ("sharpness", 0.6, 5)),
    (("color", 0.7, 7), ("translate_x", 0.5, 8)),
    (("equalize", 0.3, 0), ("autocontrast", 0.4, 0)),
    (("translate_y", 0.4, 3), ("sharpness", 0.2, 6)),
    (("brightness", 0.9, 6), ("color", 0.2, 8)),
    (("solarize", 0.5, 2), ("invert", 0.0, 0)),
    (("equalize", 0.2, 0), ("autocontrast", 0.6, 0)),
    (("equalize", 0.2, 0), ("equalize", 0.6, 0)),
    (("color", 0.9, 9), ("equalize", 0.6, 0)),
    (("autocontrast", 0.8, 0), ("solarize", 0.2, 8)),
    (("brightness", 0.1, 3), ("color", 0.7, 0)),
    (("solarize", 0.4, 5), ("autocontrast", 0.9, 0)),
    (("translate_y", 0.9, 9), ("translate_y", 0.7, 9)),
    (("autocontrast", 0.9, 0), ("solarize", 0.8, 3)),
    (("equalize", 0.8, 0), ("invert", 0.1, 0)),
    (("translate_y", 0.7, 9), ("autocontrast", 0.9, 0)),
)
_SUB_OPS = torch.tensor([[OPS.index(op) for op, _, _ in sub] for sub in AUTOAUGMENT_CIFAR10])
_SUB_CHANCE = torch.tensor([[chance for _, chance, _ in sub] for sub in AUTOAUGMENT_CIFAR10])
_SUB_LEVEL = torch.tensor([[level for _, _, level in sub] for sub in AUTOAUGMENT_CIFAR10])


# ---- drawing -------------------------------------------------------------------------------------


def _integers(high: int, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.randint(high, shape, generator=generator, device=generator.device).cpu()


def _uniform(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=generator, device=generator.device).cpu()


def _dirichlet(batch: int, parts: int, generator: torch.Generator) -> Tensor:
    """(batch, parts): weights that sum to 1, all as likely (Dirichlet with α = 1)."""
    waits = -torch.log1p(-_uniform((batch, parts), generator)).clamp(max=-1e-30)
    return waits / waits.sum(1, keepdim=True)


@cache
def _table(
    bins: int,
    shift: tuple[float, float],
    shear: float = 0.3,
    rotate: float = 30.0,
    factor: float = 0.9,
    bits: tuple[int, int] = (8, 4),
) -> Tensor:
    """(len(OPS), bins): magnitudes from weak to strong, see `apply_ops_` for their units.

    The tables are kept (there are a few) and only read.

    Args:
        bins: number of strengths.
        shift: furthest translation in pixels, (down, right); cut to whole pixels.
        shear, rotate, factor: the strongest of each kind.
        bits: what posterize keeps at its weakest, and how many fewer at its strongest.
    """
    values = dict.fromkeys(OPS, torch.zeros(bins))
    values["rotate"] = torch.linspace(0, rotate, bins)
    values["translate_y"] = torch.linspace(0, shift[0], bins).trunc()
    values["translate_x"] = torch.linspace(0, shift[1], bins).trunc()
    values["solarize"] = torch.linspace(LEVELS, 0, bins)
    values["posterize"] = bits[0] - (torch.arange(bins) / ((bins - 1) / bits[1])).round()
    values |= dict.fromkeys(("shear_x", "shear_y"), torch.linspace(0, shear, bins))
    values |= dict.fromkeys(_BLENDS, torch.linspace(0, factor, bins))
    return torch.stack([values[name] for name in OPS])


def _stage(op: Tensor, magnitude: Tensor, generator: torch.Generator) -> Stage:
    """Give magnitudes that can go both ways a random sign."""
    sign = 2 * _integers(2, tuple(op.shape), generator) - 1
    return op, torch.where(_EITHER_SIGN[op], sign * magnitude, magnitude)


def _where_drawn(happens: Tensor, stage: Stage) -> Stage:
    """The stage for the pictures where it happens, "identity" for the others."""
    op, magnitude = stage
    return torch.where(happens, op, 0), torch.where(happens, magnitude, 0)


def _size(x: Tensor) -> Size:
    return x.shape[2], x.shape[3]


def randaugment_draw(
    batch: int, size: Size, generator: torch.Generator, count: int = 2, level: int = 9
) -> list[Stage]:
    """RandAugment (Cubuk et al. 2020, arXiv 1909.13719): `count` operations at one strength.

    14 operations (no invert), each as likely; level 9 of 0..30.
    """
    table = _table(31, shift=(150 / 331 * size[0], 150 / 331 * size[1]))
    stages = []
    for _ in range(count):
        op = _ALL_BUT_INVERT[_integers(len(_ALL_BUT_INVERT), (batch,), generator)]
        stages.append(_stage(op, table[op, level], generator))
    return stages


def autoaugment_draw(batch: int, size: Size, generator: torch.Generator) -> list[Stage]:
    """AutoAugment (Cubuk et al. 2019, arXiv 1805.09501): one of 25 sub-policies, two operations.

    Each operation of the sub-policy is applied with its own probability.
    """
    table = _table(10, shift=(150 / 331 * size[0], 150 / 331 * size[1]))
    chosen = _integers(len(AUTOAUGMENT_CIFAR10), (batch,), generator)
    stages = []
    for turn in (0, 1):
        op, level = _SUB_OPS[chosen, turn], _SUB_LEVEL[chosen, turn]
        happens = _uniform((batch,), generator) < _SUB_CHANCE[chosen, turn]
        stages.append(_where_drawn(happens, _stage(op, table[op, level], generator)))
    return stages


def trivialaugment_draw(batch: int, size: Size, generator: torch.Generator) -> list[Stage]:
    """TrivialAugment, wide (Müller & Hutter 2021, arXiv 2103.10158): one operation, any strength.

    14 operations (no invert), 31 strengths, each as likely. Translations reach 32 pixels, but no
    further than the picture is wide: beyond it, every smaller picture would be black.
    """
    shift = (min(32, size[0]), min(32, size[1]))
    table = _table(31, shift, shear=0.99, rotate=135.0, factor=0.99, bits=(8, 6))
    op = _ALL_BUT_INVERT[_integers(len(_ALL_BUT_INVERT), (batch,), generator)]
    return [_stage(op, table[op, _integers(31, (batch,), generator)], generator)]


def augmix_draw(
    batch: int, size: Size, generator: torch.Generator, width: int = 3, severity: int = 3
) -> tuple[list[Stage], Tensor]:
    """AugMix (Hendrycks et al. 2020, arXiv 1912.02781): chains of operations and their weights.

    13 operations (neither identity nor invert), the `severity` weakest of 10 strengths, chains
    of one to three operations.

    Returns:
        Three stages for `width` · `batch` pictures, chain by chain (a chain that has ended
        continues with "identity"), and (batch, 1 + width) weights of the picture itself and of
        its chains, which sum to 1.
    """
    table = _table(10, shift=(size[0] / 3, size[1] / 3), bits=(4, 4))
    depth = 1 + _integers(3, (width * batch,), generator)
    stages = []
    for turn in range(3):
        op = _MIXED[_integers(len(_MIXED), (width * batch,), generator)]
        drawn = _stage(op, table[op, _integers(severity, op.shape, generator)], generator)
        stages.append(_where_drawn(turn < depth, drawn))
    itself = _uniform((batch, 1), generator)  # Beta(1, 1)
    chains = _dirichlet(batch, width, generator) * (1 - itself)
    return stages, torch.cat([itself, chains], dim=1)


def erase_draw(
    batch: int, size: Size, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Random erasing (Zhong et al. 2020, arXiv 1708.04896): a rectangle for half the pictures.

    Area 2 to 33 % of the picture, height over width 0.3 to 3.3 (evenly on the log scale). Of ten
    proposals the first that is smaller than the picture in both directions is taken.

    Returns:
        top, left, height, width: each (batch,) int64; height and width 0 where nothing is erased.
    """
    area = size[0] * size[1] * (0.02 + (0.33 - 0.02) * _uniform((batch, 10), generator))
    slack = math.log(3.3) - math.log(0.3)
    ratio = torch.exp(math.log(0.3) + slack * _uniform((batch, 10), generator))
    sides = torch.stack([(area * ratio).sqrt(), (area / ratio).sqrt()], dim=2).round().long()
    limits = torch.tensor(size)
    fits = (sides < limits).all(2)  # (batch, 10)
    first = fits.to(torch.uint8).argmax(1)  # 0 when none fits
    sides = sides[torch.arange(batch), first]
    happens = (_uniform((batch,), generator) < 0.5) & fits.any(1)
    sides = torch.where(happens[:, None], sides, 0)
    room = limits - sides
    # the smaller of the two: u below 1 times (room + 1) can round up to room + 1
    corner = (_uniform((batch, 2), generator) * (room + 1)).long().minimum(room)
    (top, left), (height, width) = corner.unbind(1), sides.unbind(1)
    return top, left, height, width


# ---- carrying out --------------------------------------------------------------------------------

Draw = Callable[[int, Size, torch.Generator], list[Stage]]
DRAWS: dict[str, Draw] = {
    "randaugment": randaugment_draw,
    "autoaugment": autoaugment_draw,
    "trivialaugment": trivialaugment_draw,
}


def staged(draw: Draw) -> Callable[[Tensor, torch.Generator], Tensor]:
    """The policy (batch, generator) -> batch that carries out drawn stages, reading nearest."""

    def policy(x: Tensor, generator: torch.Generator) -> Tensor:
        pictures = _as_float(x)
        for op, magnitude in draw(len(x), _size(x), generator):
            apply_ops_(pictures, op, magnitude)
        return _as(x.dtype, pictures)

    return policy


def augmix(x: Tensor, generator: torch.Generator) -> Tensor:
    """AugMix's picture: a random mixture of each picture and three chains, reading bilinearly.

    The consistency loss of the paper is a training objective and not part of this.
    """
    stages, weights = augmix_draw(len(x), _size(x), generator)
    pictures = _as_float(x)
    chains = pictures.repeat(weights.shape[1] - 1, 1, 1, 1)
    for op, magnitude in stages:
        apply_ops_(chains, op, magnitude, mode="bilinear")
    weights = weights.T.to(x.device)[:, :, None, None, None]  # (4, B, 1, 1, 1)
    pictures.mul_(weights[0])
    for chain, weight in zip(chains.chunk(len(weights) - 1), weights[1:], strict=True):
        pictures.addcmul_(chain, weight)
    return _as(x.dtype, pictures.clamp_(0, 1))


def erase(x: Tensor, generator: torch.Generator) -> Tensor:
    """Blacken the rectangles of `erase_draw`; any number of channels."""
    drawn = erase_draw(len(x), _size(x), generator)
    top, left, tall, wide = (part.to(x.device, non_blocking=True)[:, None] for part in drawn)
    row = torch.arange(x.shape[2], device=x.device)
    col = torch.arange(x.shape[3], device=x.device)
    rows = (row >= top) & (row < top + tall)  # (B, H)
    cols = (col >= left) & (col < left + wide)  # (B, W)
    return x.masked_fill((rows[:, :, None] & cols[:, None, :])[:, None], 0)


def _as_float(x: Tensor) -> Tensor:
    """A float32 copy in [0, 1], to be overwritten."""
    if x.shape[1] not in (1, 3):
        raise ValueError(
            f"automatic augmentation wants grey (1) or RGB (3) pictures, got {x.shape[1]} channels;"
            " random_erasing and crop_flip take any number"
        )
    pictures = x.to(torch.float32, copy=True)
    return pictures.div_(LEVELS) if x.dtype == torch.uint8 else pictures


def _as(dtype: torch.dtype, pictures: Tensor) -> Tensor:
    return (pictures * LEVELS).round_().to(dtype) if dtype == torch.uint8 else pictures.to(dtype)
