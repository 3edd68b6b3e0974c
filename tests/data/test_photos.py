"""Patches of photographs: what they look like, and that no test pixel was trained on."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_sample_images

from opcviz.data import DataError, photo_patches
from opcviz.data import photographs as photos

SHAPES = st.tuples(st.integers(1, 4), st.integers(1, 40), st.integers(1, 40))


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(SHAPES, st.integers(8, 33), st.integers(0, 2**31))
def test_they_have_the_shape_asked_for(shape, count, seed):
    images = photo_patches(shape, count=count, seed=seed)
    assert images.shape == shape
    assert images.x_train.dtype == images.x_test.dtype == torch.uint8
    assert (len(images.x_train), len(images.x_test)) == (count, count // 4)
    sizes = images.y_train.bincount(minlength=2).tolist()
    assert sizes == [(count + 1) // 2, count // 2]
    assert images.class_names == ("china", "flower")


def test_one_seed_gives_one_data_set():
    first, again, other = (photo_patches((3, 8, 8), 16, seed) for seed in (0, 0, 1))
    assert torch.equal(first.x_train, again.x_train)
    assert torch.equal(first.x_test, again.x_test)
    assert not torch.equal(first.x_train, other.x_train)


def coordinates() -> list[torch.Tensor]:
    """In place of the photographs: each pixel says where it is (column ÷ 4, row ÷ 2) and whose."""
    height, width = 427, 640
    column = torch.arange(width).div(4).expand(height, width)
    row = torch.arange(height)[:, None].div(2).expand(height, width)
    return [torch.stack([column, row, torch.full_like(row, 200.0 * i)]) for i in range(2)]


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(st.integers(1, 24), st.integers(1, 24), st.integers(0, 1000))
def test_train_and_test_patches_share_no_pixel(height, width, seed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(photos, "_photographs", lambda: (("china", "flower"), coordinates()))
        images = photo_patches((3, height, width), count=40, seed=seed)
    cut = 480 / 4  # three quarters of 640 columns
    assert images.x_train[:, 0].max() <= cut
    assert images.x_test[:, 0].min() >= cut
    for x, y in ((images.x_train, images.y_train), (images.x_test, images.y_test)):
        assert torch.equal(x[:, 2], (200 * y)[:, None, None].expand(x[:, 2].shape).byte())


def test_they_are_cuts_of_the_photographs():
    """A patch at its own scale has the mean colour of some window of its photograph."""
    images = photo_patches((3, 1, 1), count=64)
    source = load_sample_images().images
    for label, name in enumerate(images.class_names):
        mine = images.x_train[images.y_train == label].flatten(1).double()
        whole = torch.tensor(source[label]).double()[:, :480].mean((0, 1))
        assert (mine.mean(0) - whole).abs().max() < 45, name
    assert abs(float(images.x_train.double().mean()) - np.mean(source)) < 30


def test_grey_is_the_luma_in_every_channel():
    colour = photo_patches((3, 8, 8), 16).x_train.double()
    grey = photo_patches((2, 8, 8), 16).x_train.double()
    luma = (colour * torch.tensor([0.299, 0.587, 0.114]).double()[:, None, None]).sum(1)
    assert torch.equal(grey[:, 0], grey[:, 1])
    assert (grey[:, 0] - luma).abs().max() <= 1  # rounded before or after


@pytest.mark.parametrize("shape", [(1, 8), (0, 8, 8), (1, 0, 8)])
def test_a_shape_without_pixels_is_refused(shape):
    with pytest.raises(DataError, match=r"cannot be made: \(C, H, W\)"):
        photo_patches(shape)


def test_too_few_are_refused():
    with pytest.raises(DataError, match="7 patches are too few"):
        photo_patches((1, 8, 8), count=7)
