"""The row of mean pictures, against those that are stored."""

import numpy as np

from opcviz.study import Store, open_study, shipped_root
from opcviz.study.bench_job import MEANS
from opcviz.ui.sections.inversion_row import mean_track


def test_below_each_picture_stands_the_mean_of_its_own_class():
    study = open_study(Store(shipped_root()), "digits")
    means = study.store.latest(study.place, MEANS).arrays("means.npz")
    labels = [7, 0, 9, 0, 3]
    wanted = np.stack([means["pictures"][means["classes"].tolist().index(c)] for c in labels])
    true = np.random.default_rng(0).integers(0, 256, wanted.shape).astype(np.uint8)
    track = mean_track(study, labels, true)
    np.testing.assert_array_equal(track.frames, wanted[None])
    error = ((wanted.astype(float) - true) ** 2).mean((1, 2, 3))
    np.testing.assert_allclose(track.psnr, [10 * np.log10(255**2 / error)], rtol=1e-5)
