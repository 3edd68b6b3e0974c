"""PSNR and SSIM against scikit-image; the class-mean picture as a baseline."""

import math

import pytest
import torch
from json_form import as_json

from opcviz.attacks.inversion.scores import class_mean_scores, psnr, ssim

class_mean_scores = as_json(class_mean_scores)


@pytest.mark.parametrize("shape", [(3, 1, 8, 8), (2, 3, 32, 32), (2, 1, 5, 6)])
def test_scores_are_scikit_images(shape):
    metrics = pytest.importorskip("skimage.metrics")
    a, b = torch.rand(2, *shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    side = min(7, min(shape[2:]) // 2 * 2 - 1 if min(shape[2:]) % 2 == 0 else min(shape[2:]))
    for i in range(shape[0]):
        found, true = a[i].numpy(), b[i].numpy()
        wanted = metrics.peak_signal_noise_ratio(true, found, data_range=1)
        assert psnr(a, b)[i].item() == pytest.approx(wanted)
        wanted = metrics.structural_similarity(
            true, found, data_range=1, win_size=side, channel_axis=0
        )
        assert ssim(a, b)[i].item() == pytest.approx(wanted)


def test_scores_at_the_edges():
    x = torch.rand(2, 1, 8, 8)
    assert (psnr(x, x) == 100).all()
    torch.testing.assert_close(ssim(x, x), torch.ones(2))
    assert ssim(x[..., :2], x[..., :2]).isnan().all()


def test_class_means():
    x = torch.tensor([0, 100, 255, 255], dtype=torch.uint8).view(4, 1, 1, 1).expand(4, 1, 4, 4)
    y = torch.tensor([0, 0, 1, 1])
    pictures, labels = torch.full((2, 1, 4, 4), 50 / 255), torch.tensor([0, 1])
    scores = class_mean_scores(x, y, pictures, labels)
    assert scores["per_picture"]["psnr"][0] == 100
    assert scores["per_picture"]["psnr"][1] == pytest.approx(-20 * math.log10(205 / 255), rel=1e-5)
    with pytest.raises(ValueError, match="class 2"):
        class_mean_scores(x, y, pictures, labels + 1)
