"""The document about earthquakes says what the shipped study says."""

from __future__ import annotations

import numpy as np

from benchmarks.earthquakes import DOCS, Found, _edge, rewritten
from opcviz.study import Store, shipped_root


def test_the_document_is_that_of_the_shipped_study() -> None:
    text = DOCS.read_text("utf-8")
    assert rewritten(text, Found.read([Store(shipped_root())]), several=False) == text, (
        "`python -m benchmarks.earthquakes` is due"
    )


def test_the_edge_is_the_nearest_place_outside_that_is_still_in_the_area() -> None:
    asked = np.array([[32.0, 10.0, 5, 4, 0, 0], [55.0, 29.0, 5, 4, 0, 0], [58.0, 5.0, 5, 4, 0, 0]])
    moved = _edge(asked, ((0, 30.0, 60.0), (1, 0.0, 30.0)))
    assert moved[:, :2].tolist() == [[29.9, 10.0], [55.0, 30.1], [58.0, 30.1]]
    assert (moved[:, 2:] == asked[:, 2:]).all()
