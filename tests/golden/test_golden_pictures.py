"""What is drawn of a model (maps, probe set, reconstructions) against its weights and the data."""

from __future__ import annotations

import numpy as np
import pytest
from formulas import aligned, softmax, spread
from whose import Known

models = pytest.mark.parametrize("model", ["original", "retrain", "rl", "opc"])


def test_the_probe_set(known: Known) -> None:
    kept = known.probe
    x, y = known.pictures("train")
    assert np.array_equal(kept["pictures"], (255 * x[kept["ids"]]).round().byte().numpy())
    assert kept["labels"].tolist() == y[kept["ids"]].tolist()
    assert kept["forget"].tolist() == np.isin(kept["ids"], known.rows["forget_train"]).tolist()
    about = known.result.probe()[1]
    assert about.sizes == {part: len(rows) for part, rows in known.rows.items()}
    assert about.forget_classes == known.forgotten


@models
def test_the_map_is_of_its_own_model(known: Known, model: str) -> None:
    """PCA's distances are those of the features' two strongest directions."""
    key, ids = known.key(model), known.probe["ids"]
    points = known.arrays(key, "maps", "maps.npz")["pca"].astype(float)
    features = known.seen(model).features[ids]
    u, s, _ = np.linalg.svd(features, full_matrices=False)
    flat = u[:, :2] * s[:2]
    np.testing.assert_allclose(points @ points.T, flat @ flat.T, atol=2e-3 * s[0] ** 2 / len(ids))
    forget = known.probe["forget"]
    drawn = spread(points[forget]) / spread(points[~forget])
    told = known.json(key, "maps")["maps"]["pca"]["radius_ratio"]
    assert told == pytest.approx(drawn, rel=1e-3)


@models
def test_every_map_is_turned_to_the_originals(known: Known, model: str) -> None:
    mine = known.arrays(known.key(model), "maps", "maps.npz")
    theirs = known.arrays(known.key("original"), "maps", "maps.npz")
    for kind in known.settings["maps"]:
        points, reference = mine[kind].astype(float), theirs[kind].astype(float)
        if kind != "pca":
            points, reference = points - points.mean(0), reference - reference.mean(0)
        assert aligned(points, reference) == pytest.approx(1, abs=1e-3), kind


@models
def test_the_answers_kept_with_the_map(known: Known, model: str) -> None:
    kept = known.arrays(known.key(model), "maps", "maps.npz")["probabilities"]
    wanted = softmax(known.seen(model).logits[known.probe["ids"]])
    np.testing.assert_allclose(kept.astype(float), wanted, atol=1e-3)


@models
def test_inversion_attacks_this_model_on_forget_pictures(known: Known, model: str) -> None:
    key = known.key(model)
    told, arrays = known.told[key]["inversion"], known.arrays(key, "inversion", "inversion.npz")
    ids, (x, y) = arrays["ids"], known.pictures("train")
    assert np.isin(ids, known.rows["forget_train"]).all()
    assert np.isin(ids, known.probe["ids"]).all()
    assert len(ids) == known.settings["pictures"]
    assert np.array_equal(arrays["pictures"], (255 * x[ids]).round().byte().numpy())
    each = told["per_picture"]
    assert each["label"] == y[ids].tolist()
    norms = known.gradient_norms(model, ids)
    assert each["gradient_norm"] == pytest.approx(norms, rel=5e-2, abs=1e-5)
    assert told["gradient_norm"] == pytest.approx(np.mean(norms), rel=1e-2)


@models
def test_the_scores_are_those_of_the_reconstructions(known: Known, model: str) -> None:
    key = known.key(model)
    told, arrays = known.told[key]["inversion"], known.arrays(key, "inversion", "inversion.npz")
    true, found = arrays["pictures"] / 255, arrays["reconstructions"] / 255
    root = np.sqrt(((true - found) ** 2).mean((1, 2, 3)))
    for reason, decibels, off in zip(
        told["per_picture"]["reason"], told["per_picture"]["psnr"], root, strict=True
    ):
        if reason is None:
            assert 10 ** (-decibels / 20) == pytest.approx(off, abs=1 / 255)  # kept as bytes
    x, y = (part.numpy() for part in known.pictures("train"))
    means = np.stack([x[y == label].mean(0) for label in y[arrays["ids"]]])
    baseline = -10 * np.log10(((means - true) ** 2).mean((1, 2, 3)))
    assert told["class_mean"]["psnr"] == pytest.approx(baseline.mean(), abs=0.01)


@models
def test_features_kept_for_others(fresh: Known, model: str) -> None:
    from safetensors.numpy import load_file

    kept = load_file(fresh.kept(model, "features") / "features.safetensors")
    for side in ("train", "test"):
        seen = fresh.seen(model, side)
        for name in ("features", "logits", "labels"):
            np.testing.assert_allclose(
                kept[f"{side}.{name}"], getattr(seen, name), rtol=1e-3, atol=1e-4
            )
