"""The page's own PSNR and SSIM against those of the attacks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from opcviz.attacks.inversion import scores
from opcviz.ui.reading.likeness import flat_pictures, psnr, ssim


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 12, 9), (1, 4, 4)])
def test_they_are_those_of_the_attacks(shape):
    rng = np.random.default_rng(0)
    found = rng.random((5, *shape), np.float32)
    true = rng.integers(0, 256, (5, *shape), np.uint8)
    wanted = torch.from_numpy(found), torch.from_numpy(true / 255).float()
    assert psnr(found, true) == pytest.approx(scores.psnr(*wanted).numpy(), rel=1e-5)
    assert ssim(found, true) == pytest.approx(scores.ssim(*wanted).numpy(), abs=1e-5)


def test_they_broadcast_over_frames():
    rng = np.random.default_rng(1)
    frames, true = rng.random((3, 2, 1, 8, 8)), rng.random((2, 1, 8, 8))
    assert psnr(frames, true).shape == ssim(frames, true).shape == (3, 2)
    assert psnr(frames, true)[2, 1] == pytest.approx(psnr(frames[2, 1], true[1]))


def test_a_copy_and_a_picture_too_small_for_structure():
    true = np.arange(8, dtype=np.uint8).reshape(2, 1, 2, 2)
    assert psnr(true, true).tolist() == [100, 100]
    assert np.isnan(ssim(true, true)).all()


def test_the_flat_picture_is_the_closest_of_one_colour():
    true = np.random.default_rng(2).integers(0, 256, (2, 3, 6, 6), np.uint8)
    flat = flat_pictures(true)
    assert (flat == flat[..., :1, :1]).all()
    best = psnr(flat, true)
    for change in (-2, 2):
        assert (psnr((flat.astype(int) + change).clip(0, 255).astype(np.uint8), true) < best).all()


def test_the_flat_picture_has_a_colour_of_its_own():
    """Channels, and pictures, that differ much: a grey of all of them would be far from each."""
    true = np.zeros((2, 3, 4, 4), np.uint8)
    true[0] += np.array([10, 90, 200], np.uint8)[:, None, None]
    true[1] += np.array([250, 30, 60], np.uint8)[:, None, None]
    true[:, :, 0] += 4  # a quarter of each picture is a little lighter
    assert flat_pictures(true)[:, :, 0, 0].tolist() == [[11, 91, 201], [251, 31, 61]]
