"""The mean pictures that are kept beside a study, against numpy's."""

import numpy as np

from opcviz.study import Store
from opcviz.study.bench_job import MEANS
from opcviz.study.means import keep_means


def test_every_class_is_kept_with_its_own_mean(tmp_path, tiny_images):
    store = Store(tmp_path)
    keep_means(store, "tiny", tiny_images, "digest")
    arrays = store.latest("tiny", MEANS).arrays("means.npz")
    pictures, labels = tiny_images.x_train.numpy(), tiny_images.y_train.numpy()
    assert arrays["classes"].tolist() == np.unique(labels).tolist()
    scale = 1 if pictures.dtype == np.uint8 else 255
    for label, kept in zip(arrays["classes"], arrays["pictures"], strict=True):
        mean = scale * pictures[labels == label].astype(float).mean(0)
        np.testing.assert_allclose(kept, mean, atol=0.51)  # rounded to bytes
