"""What right answers are worth: the agreement that luck would bring, against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from opcviz.artefacts.classification.verdict import _luck


@pytest.mark.parametrize("seed", range(5))
def test_expected_agreement_is_that_of_cohens_kappa(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, answers = rng.integers(0, 3, 200), rng.choice(5, 200, p=[0.5, 0.1, 0.1, 0.2, 0.1])
    answers = np.where(rng.random(200) < 0.3, truth, answers)
    confusion: dict[str, dict[str, int]] = {}
    for true, answer in zip(truth.astype(str), answers.astype(str), strict=True):
        row = confusion.setdefault(true, {})
        row[answer] = row.get(answer, 0) + 1
    expected = _luck(confusion) / 100
    right = (truth == answers).mean()
    assert (right - expected) / (1 - expected) == pytest.approx(cohen_kappa_score(truth, answers))


def test_without_answers_there_is_no_luck() -> None:
    assert _luck(None) == _luck({}) == 0.0
