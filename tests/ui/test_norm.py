"""The answers whose norm is dragged in the tour."""

import numpy as np
import pytest

from opcviz.ui.charts.norm_component import Answer, norm_dragger
from opcviz.ui.sections.tour.norm import clearest


def test_the_clearest_answer_is_right_and_has_no_probability_of_nothing():
    shares = np.array([[0.9, 0.1, 0.0], [0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.5, 0.3, 0.2]])
    labels, part = np.array([0, 0, 1, 1]), np.array([True, True, True, True])
    assert clearest(shares, labels, part) == 1  # the last is wrong, the first stored a zero
    assert clearest(shares, labels, part & (labels == 1)) == 2
    assert clearest(shares, labels, np.array([True, False, False, True])) is None
    assert clearest(shares[:0], labels[:0], part[:0]) is None


def test_an_answer_has_one_logit_a_class():
    with pytest.raises(ValueError, match="2 logits for 3 classes"):
        norm_dragger([Answer("a picture", "", [0.0, 1.0])], ["a", "b", "c"], key="norm")
