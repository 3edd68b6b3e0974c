"""Charts and pictures of a report for data unlike digits: many classes, large pictures, gaps."""

from __future__ import annotations

import base64
import io

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from opcviz.audit import charts
from opcviz.audit.exhibit import Table, dotted
from opcviz.audit.records import Figure, Range
from opcviz.audit.seen import MOST_SIDE, png


def opened(address: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2])))


def test_a_small_picture_is_enlarged_without_blur_and_a_large_one_reduced() -> None:
    small = np.array([[[0, 255], [255, 0]]], np.uint8)
    seen = np.asarray(opened(png(small)))
    assert seen.shape == (64, 64)
    assert set(np.unique(seen)) == {0, 255}
    assert (seen[:32, :32] == 0).all()
    large = np.zeros((3, 400, 300), np.uint8)
    assert opened(png(large)).size == (MOST_SIDE * 3 // 4, MOST_SIDE)
    for wrong in (np.zeros((2, 4, 4), np.uint8), np.zeros((1, 4, 4)), np.zeros((4, 4), np.uint8)):
        with pytest.raises(ValueError, match="1 or 3 channels of bytes"):
            png(wrong)


def figures(count: int) -> list[Figure]:
    long = "a map of an attacker whose name goes on and on, from pictures of everything "
    return [
        Figure("own", f"{long}{i}", "%", float(i), retrained=Range(1.0, 2.0, 3) if i % 2 else None)
        for i in range(count)
    ]


def test_many_figures_go_over_several_charts_that_fit_on_a_page() -> None:
    shown = list(dotted(figures(60), "Title", "text", "percent"))
    assert [len(each.table.rows) for each in shown] == [14, 14, 14, 14, 4]
    drawn = [go.Figure(each.chart) for each in shown]
    assert max(each.layout.height for each in drawn) < 264 / 25.4 * 96 - 80  # mm of A4; a heading
    found = [x for each in drawn for x in each.data[-1].x]
    assert found == [float(i) for i in range(60)]
    assert list(dotted([], "Title", "text", "percent")) == []


@pytest.mark.parametrize("classes", [3, 100])
def test_a_map_shows_every_sample_and_names_no_more_classes_than_fit(classes: int) -> None:
    labels = np.arange(400) % classes
    forget = np.arange(400) % 4 == 0
    points = np.random.default_rng(0).normal(size=(400, 2)).astype(np.float32)
    panels = {"original": points, "audited": -points}
    names = [f"class {i}" for i in range(classes)]
    figure = go.Figure(charts.scatters(panels, labels, forget, names, np.arange(400) + 1000))
    assert sum(len(trace.x) for trace in figure.data) == 800
    listed = [trace for trace in figure.data if trace.showlegend]
    assert len(listed) == (3 if classes == 3 else 0)
    assert sorted(int(text) for t in figure.data[: len(figure.data) // 2] for text in t.text) == [
        *range(1000, 1400)
    ]


def test_columns_of_numbers_are_known_from_columns_of_words() -> None:
    table = Table(("a", "b", "c", "d"), (("x", "1.0", "2 to 3", "–"), ("4", "–", "−1.5", "none")))
    assert table.numeric == (False, True, True, False)
    assert Table(("a", "b"), ()).numeric == (True, True)
