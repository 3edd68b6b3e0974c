"""Where training starts, and that what is seen live ends as what is stored."""

from __future__ import annotations

import numpy as np
import pytest
from whose import CONTRACTING, FRESH, SHALLOW, Known

LIVE = {
    "forget_accuracy": ("accuracy", "forget_train"),
    "retain_accuracy": ("accuracy", "retain_train"),
    "fm_accuracy": ("recovery", "fm", "all", "forget_accuracy"),
    "norm_ratio": ("collapse", "norm_ratio"),
}
EPOCHS = {
    "original": FRESH["training"]["epochs"],
    "retrain": FRESH["training"]["epochs"],
    "rl": SHALLOW["epochs"],
    "opc": CONTRACTING["epochs"],
}


def products(known: Known, method: str, epoch: int, seed: int = 0) -> np.ndarray:
    """Inner products of the probe set's map coordinates then: no turn of the map changes them."""
    kept = known.arrays(known.key(method, seed), "model", "trajectory.npz")
    points = kept["points"][epoch].astype(float)
    return points @ points.T


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """Relative distance, 0 where both are the same."""
    return float(np.linalg.norm(one - other) / np.linalg.norm(other))


def test_the_retrained_model_starts_from_other_weights(known: Known) -> None:
    assert apart(products(known, "retrain", 0), products(known, "original", 0)) > 0.05


@pytest.mark.parametrize("method", ["rl", "opc"])
def test_unlearning_starts_from_the_original_of_its_seed(known: Known, method: str) -> None:
    assert apart(products(known, method, 0), products(known, "original", -1)) < 1e-5


def test_a_second_seed_starts_elsewhere_and_unlearns_its_own_original(fresh: Known) -> None:
    assert apart(products(fresh, "rl", 0, 1), products(fresh, "original", -1, 1)) < 1e-5
    for method in ("original", "retrain"):
        assert apart(products(fresh, method, 0), products(fresh, method, 0, 1)) > 0.05


@pytest.mark.parametrize("method", ["original", "retrain", "rl", "opc"])
def test_the_last_epoch_kept_is_the_model(known: Known, method: str) -> None:
    """The map is the uncentred PCA of the probe set's features."""
    kept = known.arrays(known.key(method), "model", "trajectory.npz")
    assert np.array_equal(kept["ids"], known.probe["ids"])
    u, s, _ = np.linalg.svd(known.seen(method).features[known.probe["ids"]], full_matrices=False)
    flat = u[:, :2] * s[:2]
    assert apart(products(known, method, -1), flat @ flat.T) < 1e-3


@pytest.mark.parametrize("name", [name for name in LIVE if name != "norm_ratio"])
@pytest.mark.parametrize("method", ["original", "retrain", "rl", "opc"])
def test_the_live_curves_end_at_the_evidence(fresh: Known, method: str, name: str) -> None:
    """All of the train set is watched here, so both see the same samples."""
    last, told = live(fresh, method, name)
    if method == "original" and name == "fm_accuracy":
        assert last is None  # the original has no model before it
    else:
        assert last == pytest.approx(told, abs=5.1e-4)  # stored to three decimals


@pytest.mark.parametrize("method", ["original", "retrain", "rl", "opc"])
def test_the_live_norm_ratio_ends_at_the_evidence(fresh: Known, method: str) -> None:
    last, told = live(fresh, method, "norm_ratio")
    assert method != "opc" or told < 1e-3  # a contracted set's ratio keeps its digits as well
    assert last == pytest.approx(told, rel=1e-3)


def live(known: Known, method: str, name: str) -> tuple[float | None, float]:
    """The last live number, and the stored one."""
    key = known.key(method)
    history = known.json(key, "model")["history"]
    assert history[-1]["epoch"] == len(history) - 1 == EPOCHS[method]
    told = known.told[key]
    for step in LIVE[name]:
        told = told[step]
    return history[-1][name], told


@pytest.mark.parametrize("method", ["original", "retrain", "rl"])
def test_what_is_told_while_training_is_what_is_kept(fresh: Known, method: str) -> None:
    """Events (the live view) and the stored history (the replay) are the same numbers."""
    told = fresh.events[fresh.key(method)]
    kept = fresh.json(fresh.key(method), "model")["history"]
    assert [{"epoch": e.epoch, **e.values} for e in told] == kept
