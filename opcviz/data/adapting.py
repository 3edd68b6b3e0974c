"""Pictures of one data set in the form of another's: as many channels, the same size.

What a network trained on one set shows of another can only be asked of pictures that it takes.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from .base import CHUNK, DataError
from .images import Images
from .photographs import LUMA_WEIGHTS

__all__ = ["adapted"]


def adapted(images: Images, shape: tuple[int, ...]) -> Images:
    """The same pictures as bytes of another shape; those that have it stay as they are.

    They are scaled with antialiasing, without regard to their proportions. Three channels are
    colour and one is grey: colour becomes luma, grey is repeated; other numbers of channels are
    not turned into each other.

    Args:
        images: pictures of bytes.
        shape: (C, H, W) of the pictures wanted.

    Raises:
        DataError: for samples that are no pictures of bytes, for another shape that is none of
            pictures, and for channels that cannot be had.
    """
    if images.shape == tuple(shape) and images.x_train.dtype == torch.uint8:
        return images
    if images.x_train.dtype != torch.uint8 or len(shape) != 3:
        raise DataError(
            f"{images.name}: samples of shape {images.shape} ({images.x_train.dtype}) cannot be "
            f"brought to {tuple(shape)}; only pictures (C, H, W) of bytes can, to such a shape"
        )
    channels = (images.shape[0], shape[0])
    if channels[0] != channels[1] and set(channels) != {1, 3}:
        raise DataError(
            f"{images.name}: pictures of {channels[0]} channels cannot be brought to "
            f"{channels[1]}; only grey ones and coloured ones can"
        )
    train, test = _scaled(images.x_train, shape), _scaled(images.x_test, shape)
    return replace(images, x_train=train, x_test=test, planted=None)


def _scaled(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """(N, C, H, W) uint8 to (N, *shape) uint8."""
    made = torch.empty(len(x), *shape, dtype=torch.uint8, device=x.device)
    for start in range(0, len(x), CHUNK):
        part = x[start : start + CHUNK].float()
        if part.shape[1] > shape[0]:
            part = (part * part.new_tensor(LUMA_WEIGHTS)[:, None, None]).sum(1, keepdim=True)
        if part.shape[2:] != shape[1:]:
            part = interpolate(part, shape[1:], mode="bilinear", antialias=True)
        part = part.round().clamp(0, 255).byte()
        made[start : start + CHUNK] = part.expand(-1, shape[0], -1, -1)
    return made
