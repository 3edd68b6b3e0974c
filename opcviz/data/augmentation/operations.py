"""The operations of automatic augmentation, each on a batch with one magnitude per picture.

What an operation does follows torchvision's `transforms.functional`, which follows PIL. Pictures
are floating, (B, C, H, W) in [0, 1] with one or three channels; nothing here is random. Operations
that are defined on grey levels (posterize, solarize, equalize) see the nearest of the 256 levels.

The arithmetic is element-wise on purpose: matrix products and convolutions may run in TF32 on a
GPU, and the same picture should come out of every device.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["GEOMETRIC", "OPS", "apply_ops_", "warp"]

GEOMETRIC = ("rotate", "shear_x", "shear_y", "translate_x", "translate_y")
OPS = (
    "identity",
    *GEOMETRIC,  # next to each other: `apply_ops_` runs them as one resampling
    "brightness",
    "color",
    "contrast",
    "sharpness",
    "posterize",
    "solarize",
    "autocontrast",
    "equalize",
    "invert",
)
LEVELS = 255


def apply_ops_(x: Tensor, op: Tensor, magnitude: Tensor, mode: str = "nearest") -> Tensor:
    """Change each picture, in place, by one operation: those that drew the same one together.

    Args:
        x: (B, C, H, W) floating in [0, 1], C is 1 or 3; overwritten.
        op: (B,) int64 on the CPU, positions in `OPS`.
        magnitude: (B,) float32 on the CPU. Degrees counter-clockwise for rotate, the tangent of
            the angle for shear, whole pixels to the right or down for translate, the factor less
            one for brightness, color, contrast and sharpness, bits for posterize, a grey level
            (0..255) for solarize; without meaning for the rest.
        mode: how geometric operations read between pixels, "nearest" or "bilinear". What comes
            from outside the picture is black.

    Returns:
        `x` itself.
    """
    op, order = op.sort(stable=True)
    magnitude = magnitude[order]
    rows = order.to(x.device, non_blocking=True)
    strength = magnitude.to(x.device, non_blocking=True).view(-1, 1, 1, 1)
    ends = op.bincount(minlength=len(OPS)).cumsum(0).tolist()
    drew = slice(ends[0], ends[len(GEOMETRIC)])
    if drew.start < drew.stop:
        matrix = _matrices(op[drew], magnitude[drew], *x.shape[2:]).to(x.device)
        x[rows[drew]] = warp(x[rows[drew]], matrix, mode)
    for name, end in zip(OPS[1 + len(GEOMETRIC) :], ends[1 + len(GEOMETRIC) :], strict=True):
        drew = slice(drew.stop, end)
        if drew.start < drew.stop:
            x[rows[drew]] = _PIXEL_OPS[name](x[rows[drew]], strength[drew])
    return x


# ---- geometry ------------------------------------------------------------------------------------


def warp(x: Tensor, matrix: Tensor, mode: str = "nearest") -> Tensor:
    """Resample each picture by its own affine map, black outside.

    Args:
        x: (B, C, H, W) floating.
        matrix: (B, 2, 3); (column, row) in the result to (column, row) in the source, in pixels
            from the picture's centre.
        mode: "nearest" or "bilinear".
    """
    height, width = x.shape[2:]
    col = torch.arange(width, device=x.device, dtype=matrix.dtype) - (width - 1) / 2
    row = (torch.arange(height, device=x.device, dtype=matrix.dtype) - (height - 1) / 2)[:, None]
    source = matrix[..., 0, None, None] * col + matrix[..., 1, None, None] * row
    source = source + matrix[..., 2, None, None]  # (B, 2, H, W)
    if mode == "nearest":
        # A position half-way between two pixels would go either way by rounding error, another
        # way on another device. A thousandth of a pixel, far above that error, decides.
        source = source + 1e-3
    grid = torch.stack([source[:, 0] * (2 / width), source[:, 1] * (2 / height)], dim=3)
    return F.grid_sample(x, grid, mode=mode, padding_mode="zeros", align_corners=False)


def _matrices(op: Tensor, magnitude: Tensor, height: int, width: int) -> Tensor:
    """(B, 2, 3): the maps of geometric operations, see `warp`.

    Rotation turns around the centre; a shear holds the top row (x) or the left column (y) still.
    Each picture has one operation, so the magnitudes of all others are zero and the maps add up.
    """

    def of(name: str) -> Tensor:
        return torch.where(op == OPS.index(name), magnitude, 0.0)

    angle, shear_x, shear_y = of("rotate").deg2rad(), of("shear_x"), of("shear_y")
    cos, sin = angle.cos(), angle.sin()
    col = torch.stack([cos, shear_x - sin, shear_x * (height / 2) - of("translate_x")], dim=1)
    row = torch.stack([shear_y + sin, cos, shear_y * (width / 2) - of("translate_y")], dim=1)
    return torch.stack([col, row], dim=1)


# ---- pixels: (b, C, H, W) and magnitudes (b, 1, 1, 1) --------------------------------------------


def _blend(x: Tensor, other: Tensor, magnitude: Tensor) -> Tensor:
    """Away from (magnitude > 0) or towards (-1 reaches it) another picture."""
    return torch.lerp(other, x, 1 + magnitude).clamp_(0, 1)


def _grey(x: Tensor) -> Tensor:
    """(b, 1, H, W): luma, the weights of ITU-R BT.601 as torchvision rounds them."""
    if x.shape[1] == 1:
        return x
    red, green, blue = x[:, :1], x[:, 1:2], x[:, 2:]
    return 0.2989 * red + 0.587 * green + 0.114 * blue


def _levels(x: Tensor) -> Tensor:
    return (x * LEVELS).round_()


def _brightness(x: Tensor, magnitude: Tensor) -> Tensor:
    return (x * (1 + magnitude)).clamp_(0, 1)


def _color(x: Tensor, magnitude: Tensor) -> Tensor:
    """Saturation; a grey picture has none and stays as it is."""
    return x if x.shape[1] == 1 else _blend(x, _grey(x).expand_as(x), magnitude)


def _contrast(x: Tensor, magnitude: Tensor) -> Tensor:
    return _blend(x, _grey(x).mean(dim=(1, 2, 3), keepdim=True).expand_as(x), magnitude)


def _sharpness(x: Tensor, magnitude: Tensor) -> Tensor:
    """Against a 3 × 3 blur (centre 5, others 1, sum 13); the frame of one pixel stays."""
    if min(x.shape[2:]) <= 2:
        return x
    rows = x[:, :, :-2] + x[:, :, 1:-1] + x[:, :, 2:]
    box = rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:]
    blurred = x.clone()
    blurred[:, :, 1:-1, 1:-1].mul_(4).add_(box).div_(13)
    return _blend(x, blurred, magnitude)


def _posterize(x: Tensor, bits: Tensor) -> Tensor:
    """Keep the highest bits of each grey level."""
    kept = -torch.bitwise_left_shift(torch.ones_like(bits, dtype=torch.int16), 8 - bits.short())
    return (_levels(x).short() & kept).to(x.dtype).div_(LEVELS)


def _solarize(x: Tensor, threshold: Tensor) -> Tensor:
    """Invert what is at least as bright as the threshold."""
    return torch.where(_levels(x) >= threshold, 1 - x, x)


def _autocontrast(x: Tensor, _: Tensor) -> Tensor:
    """Stretch each channel to [0, 1]; a channel of one value stays."""
    low, high = x.amin((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)
    flat = high == low
    span = torch.where(flat, 1.0, high - low)
    return ((x - torch.where(flat, 0.0, low)) / span).clamp_(0, 1)


def _equalize(x: Tensor, _: Tensor) -> Tensor:
    """Spread each channel's grey levels evenly, by PIL's integer rule.

    A channel with fewer than 255 pixels below its brightest level stays (so every picture of
    8 × 8 pixels): its steps would be shorter than one level.
    """
    levels = _levels(x).long().flatten(2).flatten(0, 1)  # (b·C, H·W)
    counts = levels.new_zeros(len(levels), LEVELS + 1)
    counts.scatter_add_(1, levels, torch.ones_like(levels))
    darker = counts.cumsum(1) - counts  # pixels below each level
    step = darker.gather(1, levels.amax(1, keepdim=True)) // LEVELS
    table = ((darker + step // 2) // step.clamp(min=1)).clamp_(0, LEVELS)
    even = table.gather(1, levels).to(x.dtype) / LEVELS
    return torch.where(step.view(*x.shape[:2], 1, 1) == 0, x, even.view_as(x))


def _invert(x: Tensor, _: Tensor) -> Tensor:
    return 1 - x


_PIXEL_OPS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "brightness": _brightness,
    "color": _color,
    "contrast": _contrast,
    "sharpness": _sharpness,
    "posterize": _posterize,
    "solarize": _solarize,
    "autocontrast": _autocontrast,
    "equalize": _equalize,
    "invert": _invert,
}
