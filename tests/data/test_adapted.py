"""Pictures brought to another data set's shape."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from opcviz.data import DataError, Images, adapted, as_float


def pictures(channels: int, side: int) -> Images:
    rng = np.random.default_rng(channels)
    x = torch.tensor(rng.integers(0, 256, (6, channels, side, side)).astype(np.uint8))
    y = torch.tensor([0, 1, 0, 1, 0, 1])
    return Images("some", x, y, x.flip(0), y, ("a", "b"))


def test_colour_becomes_luma_and_grey_is_repeated() -> None:
    colour = pictures(3, 8)
    grey = adapted(colour, (1, 8, 8))
    for one, other in zip(colour.x_train, grey.x_train, strict=True):
        wanted = np.asarray(Image.fromarray(one.permute(1, 2, 0).numpy()).convert("L"))
        assert np.abs(wanted.astype(int) - other[0].numpy()).max() <= 1
    assert torch.equal(grey.y_train, colour.y_train)
    again = adapted(grey, (3, 8, 8))
    assert torch.equal(again.x_test, grey.x_test.expand(-1, 3, -1, -1))


def test_pictures_are_scaled_as_pillow_scales_them() -> None:
    large = pictures(1, 28)
    small = adapted(large, (1, 8, 6))
    for part in ("x_train", "x_test"):
        for one, other in zip(getattr(large, part), getattr(small, part), strict=True):
            whole = Image.fromarray(one[0].numpy())
            wanted = np.asarray(whole.resize((6, 8), Image.Resampling.BILINEAR))
            assert np.abs(wanted.astype(int) - other[0].numpy()).max() <= 1


def test_what_has_the_shape_stays_as_it_is() -> None:
    images = pictures(1, 8)
    assert adapted(images, (1, 8, 8)) is images


def test_what_is_no_picture_is_refused() -> None:
    images = pictures(1, 8)
    with pytest.raises(DataError, match="only grey ones and coloured ones"):
        adapted(images, (2, 8, 8))
    with pytest.raises(DataError, match=r"to \(1, 64\)"):
        adapted(images, (1, 64))
    floats = replace(images, x_train=as_float(images.x_train), x_test=as_float(images.x_test))
    with pytest.raises(DataError, match="of bytes"):
        adapted(floats, (1, 8, 8))
