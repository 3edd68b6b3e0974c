"""An auxiliary data set: patches of the two photographs that come with scikit-learn.

An attacker may go on training a model on data that have nothing to do with what it forgot. These
photographs are always there, with no download. As scikit-learn's `datasets/images/README.txt`
states, both are under the Creative Commons Attribution 2.0 licence
(https://creativecommons.org/licenses/by/2.0/):

* `china.jpg`, a Chinese temple: some rights reserved by danielbuechele,
  https://www.flickr.com/photos/danielbuechele/6061409035/
* `flower.jpg`, a dahlia: https://www.flickr.com/photos/vultilion/6056698931/. The file's line of
  attribution names danielbuechele here too; the address is vultilion's.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from .base import DataError
from .images import Images

__all__ = ["photo_patches"]

TRAIN_SHARE = 0.75  # of each photograph's width, from the left; test patches come from the rest
MIN_PATCH_SHARE = 0.25  # least side of a patch, as a share of the largest that fits
LUMA_WEIGHTS = (0.299, 0.587, 0.114)  # luma of ITU-R BT.601


def photo_patches(shape: tuple[int, ...], count: int = 600, seed: int = 0) -> Images:
    """Patches of two photographs as a data set of two classes, named after them.

    Every patch is cut at a random place with a random side (log-uniform over a factor of four, the
    same for train and test) and scaled with antialiasing. Train patches lie in the left three
    quarters of a photograph and test patches in the last: no pixel is in both.

    Args:
        shape: (C, H, W) of the pictures wanted. Three channels are in colour; any other number
            holds the grey picture in each.
        count: train patches, as many of either class (one more of the first if odd); a quarter as
            many are there to test on.
        seed: of the places and sides.

    Raises:
        DataError: for fewer than eight patches, or a shape without pixels.
    """
    if count < 8:
        raise DataError(f"photographs: {count} patches are too few, at least 8 are needed")
    if len(shape) != 3 or min(shape) < 1:
        raise DataError(f"photographs: pictures of shape {tuple(shape)} cannot be made: (C, H, W)")
    channels, height, width = shape
    names, photos = _photographs()
    photos = [_channels(photo, channels) for photo in photos]
    generator = torch.Generator().manual_seed(seed)

    def patches(part: str, number: int) -> tuple[Tensor, Tensor]:
        labels = torch.arange(number) % len(photos)
        drawn = [_patch(photos[label], part, height, width, generator) for label in labels.tolist()]
        return torch.stack(drawn), labels

    train, test = patches("train", count), patches("test", count // 4)
    return Images("photographs", *train, *test, class_names=names)


def regions(width: int) -> dict[str, tuple[int, int]]:
    """First column and the one after the last, by part of the data set."""
    cut = round(TRAIN_SHARE * width)
    return {"train": (0, cut), "test": (cut, width)}


def _photographs() -> tuple[tuple[str, ...], list[Tensor]]:
    """Names and pixels, (3, height, width) float32 in 0..255."""
    from sklearn.datasets import load_sample_images

    source = load_sample_images()
    names = tuple(path.replace("\\", "/").rpartition("/")[2] for path in source.filenames)
    photos = [torch.tensor(image).permute(2, 0, 1).float() for image in source.images]
    return tuple(name.removesuffix(".jpg") for name in names), photos


def _channels(photo: Tensor, channels: int) -> Tensor:
    if channels == 3:
        return photo
    grey = (photo * torch.tensor(LUMA_WEIGHTS)[:, None, None]).sum(0, keepdim=True)
    return grey.expand(channels, -1, -1)


def _patch(photo: Tensor, part: str, height: int, width: int, generator: torch.Generator) -> Tensor:
    """One patch, (C, height, width) uint8."""
    _, tall, wide = photo.shape
    narrow = min(last - first for first, last in regions(wide).values())
    largest = min(tall / height, narrow / width)  # photograph pixels to one of the patch
    draw = torch.rand(3, generator=generator).tolist()
    scale = largest * MIN_PATCH_SHARE ** draw[0]
    rows, columns = max(1, int(scale * height)), max(1, int(scale * width))
    first, last = regions(wide)[part]
    top = int(draw[1] * (tall - rows + 1))
    left = first + int(draw[2] * (last - first - columns + 1))
    cut = photo[None, :, top : top + rows, left : left + columns]
    scaled = interpolate(cut, (height, width), mode="bilinear", antialias=True)[0]
    return scaled.round().clamp(0, 255).byte()
