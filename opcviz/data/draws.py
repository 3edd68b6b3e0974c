"""Which samples of a train set are chosen, by chance or by what they look like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .base import Data, DataError, as_float

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FOLDS", "cluster", "draw", "memorised"]

FOLDS = 5  # each sample is judged by a model fitted on the others' folds
WIDTH = 64  # principal components that those models see


def draw(y: NDArray[np.int64], fraction: float, seed: int) -> NDArray[np.int64]:
    """Ids of a random `fraction`, with every class (of `y`) represented in its proportion."""
    share = np.bincount(y) * fraction
    quota = np.floor(share).astype(int)
    left = int(np.floor(fraction * len(y) + 0.5)) - quota.sum()
    quota[np.argsort(quota - share, kind="stable")[: max(0, left)]] += 1
    random = np.random.RandomState(seed)
    drawn = [random.permutation(np.flatnonzero(y == c))[:n] for c, n in enumerate(quota)]
    return np.sort(np.concatenate(drawn))


def cluster(data: Data, label: int, which: int, clusters: int, seed: int) -> NDArray[np.int64]:
    """Train ids of one k-means cluster inside a class, on pixels (Lloyd's algorithm, 10 starts).

    Args:
        data: the data set.
        label: the class.
        which: 1 for its largest cluster, `clusters` for its smallest.
        clusters: how many there are.
        seed: of the starts.

    Raises:
        DataError: when the class has fewer samples than clusters.
    """
    from sklearn.cluster import KMeans

    ids = np.flatnonzero(data.y_train.cpu().numpy() == label)
    if len(ids) < clusters:
        raise DataError(
            f"class '{data.class_names[label]}' of {data.name} has {len(ids)} train samples, too "
            f"few for {clusters} clusters"
        )
    found = KMeans(clusters, n_init=10, random_state=seed).fit(_flat(data)[ids]).labels_
    by_size = np.argsort(-np.bincount(found, minlength=clusters), kind="stable")
    chosen: NDArray[np.int64] = ids[found == by_size[which - 1]]
    return chosen


def memorised(data: Data, fraction: float, seed: int) -> NDArray[np.int64]:
    """Train ids of the `fraction` that a model most likely knows by heart alone.

    Memorisation is how much likelier a sample's label becomes by having seen it (Feldman and Zhang,
    2020, arXiv 2008.03703). A network that fits its train set gives every label it saw nearly 1, so
    that what differs is the confidence without the sample. This cheap stand-in measures that by
    cross-fitted multinomial logistic regressions on the leading principal components, not by
    retrained networks: those of lowest confidence in their own label are chosen.

    Args:
        data: the data set; its targets are classes.
        fraction: of the train set, between 0 and 1.
        seed: of the folds.

    Raises:
        DataError: for targets that are no classes, or a class of fewer samples than folds.
    """
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if not data.class_names:
        raise DataError(
            f"the targets of {data.name} are not classes, so that no classifier can say which "
            "samples are memorised; forget random:10% or indices:FILE"
        )
    y = data.y_train.cpu().numpy()
    least = int(np.bincount(y).min())
    if least < FOLDS:
        raise DataError(
            f"memorised samples are found with {FOLDS} folds, and a class of {data.name} has "
            f"{least} train samples"
        )
    x = _flat(data)
    if x.shape[1] > WIDTH:
        x = PCA(WIDTH, svd_solver="randomized", random_state=seed).fit_transform(x)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    confidence = cross_val_predict(model, x, y, cv=folds, method="predict_proba")
    mine = confidence[np.arange(len(y)), y]
    count = int(np.floor(fraction * len(y) + 0.5))
    return np.sort(np.argsort(mine, kind="stable")[:count])


def _flat(data: Data) -> NDArray[np.float32]:
    """(N, d): the train samples as a network takes them, one row each."""
    flat: NDArray[np.float32] = as_float(data.x_train).flatten(1).cpu().numpy()
    return flat
