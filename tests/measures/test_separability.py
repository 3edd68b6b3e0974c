"""Separability: against scikit-learn, against known answers, and what has none."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from json_form import as_json
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from opcviz.common.progress import Cancelled, Progress
from opcviz.measures import separability

separability = as_json(separability)


def gaussian(count: int, width: int, shift: float, seed: int) -> torch.Tensor:
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed)) + shift


def test_it_is_scikit_learns_cross_validated_auc() -> None:
    forget, retain = gaussian(60, 5, 0.5, 0) * 3, gaussian(90, 5, 0, 1)
    x = torch.cat([forget, retain]).double().numpy()
    y = np.r_[np.ones(60), np.zeros(90)]
    folds = StratifiedKFold(5, shuffle=True, random_state=3)
    expected = {
        name: cross_val_score(
            make_pipeline(StandardScaler(), judge), x, y, scoring="roc_auc", cv=folds
        ).mean()
        for name, judge in (
            ("linear", LogisticRegression(max_iter=1000, class_weight="balanced")),
            ("knn", KNeighborsClassifier(15)),
        )
    }
    found = separability(forget, retain, seed=3)
    assert found["samples"] == [60, 90]
    assert "reason" not in found
    assert found["linear"] == pytest.approx(expected["linear"], abs=1e-9)
    assert found["knn"] == pytest.approx(expected["knn"], abs=1e-9)


def test_apart_is_one() -> None:
    found = separability(gaussian(40, 3, 20, 0), gaussian(60, 3, 0, 1))
    assert (found["linear"], found["knn"]) == (1.0, 1.0)


def test_a_shifted_gaussian_has_the_auc_of_theory() -> None:
    """AUC of N(δ, 1) against N(0, 1) is Φ(δ/√2); a line cannot do better."""
    delta = 1.0
    forget, retain = gaussian(2000, 1, delta, 0), gaussian(2000, 1, 0, 1)
    theory = torch.special.ndtr(torch.tensor(delta / 2**0.5)).item()
    assert separability(forget, retain)["linear"] == pytest.approx(theory, abs=0.02)


def test_alike_is_a_half_and_so_is_one_point() -> None:
    alike = separability(gaussian(400, 4, 0, 0), gaussian(400, 4, 0, 1))
    assert alike["linear"] == pytest.approx(0.5, abs=0.07)
    assert alike["knn"] == pytest.approx(0.5, abs=0.07)
    point = separability(torch.zeros(30, 4), torch.zeros(40, 4))
    assert (point["linear"], point["knn"]) == (0.5, 0.5)


def test_a_ring_around_is_seen_by_neighbours_alone() -> None:
    angle = torch.linspace(0, 6.28, 300)
    ring = 6 * torch.stack([angle.cos(), angle.sin()], 1)
    found = separability(ring, gaussian(300, 2, 0, 0))
    assert found["knn"] > 0.99
    assert found["linear"] < 0.6


def test_scale_does_not_matter() -> None:
    forget, retain = gaussian(50, 3, 0.7, 0), gaussian(50, 3, 0, 1)
    small = separability(forget.double() * 1e-18, retain.double() * 1e-18)
    assert small["linear"] == pytest.approx(separability(forget, retain)["linear"], abs=1e-6)


def test_nobody_is_judged_by_what_judged_him() -> None:
    """Random labels of many dimensions: in-sample a line separates them, out of sample nothing."""
    forget, retain = gaussian(40, 200, 0, 0), gaussian(40, 200, 0, 1)
    x, y = torch.cat([forget, retain]).numpy(), np.r_[np.ones(40), np.zeros(40)]
    inside = LogisticRegression(max_iter=1000).fit(x, y).decision_function(x)
    assert roc_auc_score(y, inside) == 1
    assert abs(separability(forget, retain)["linear"] - 0.5) < 0.2


def test_what_has_no_answer_says_why() -> None:
    few = separability(gaussian(4, 3, 0, 0), gaussian(50, 3, 0, 1))
    assert (few["linear"], few["knn"]) == (None, None)
    assert "4 forget samples are too few" in few["reason"]["linear"]
    wild = gaussian(20, 3, 0, 0)
    wild[3, 1] = float("nan")
    assert "diverged" in separability(gaussian(20, 3, 0, 1), wild)["reason"]["knn"]
    lonely = separability(gaussian(6, 3, 5, 0), gaussian(6, 3, 0, 1))
    assert lonely["knn"] is None
    assert lonely["linear"] is not None
    assert "fewer than 15 neighbours" in lonely["reason"]["knn"]
    assert "linear" not in lonely["reason"]
    with pytest.raises(ValueError, match="separability wants"):
        separability(torch.zeros(20, 3), torch.zeros(20, 4))


def test_large_parts_are_thinned_by_the_seed() -> None:
    forget, retain = gaussian(500, 2, 0.5, 0), gaussian(90, 2, 0, 1)
    found = [separability(forget, retain, limit=100, seed=s) for s in (0, 0, 1)]
    assert found[0]["samples"] == [100, 90]
    assert found[0] == found[1] != found[2]


def test_it_stops_when_asked() -> None:
    with pytest.raises(Cancelled):
        separability(
            gaussian(20, 2, 0, 0), gaussian(20, 2, 0, 1), progress=Progress(stop=lambda: True)
        )
