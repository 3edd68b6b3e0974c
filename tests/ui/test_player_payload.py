"""What the player is sent: frames, one clock, one scale, figures of the epoch."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from opcviz.ui.charts.bands import Band
from opcviz.ui.charts.maps_component import Samples
from opcviz.ui.charts.player_component import Bar, Film, Rebuilt
from opcviz.ui.charts.player_component.payload import build_payload

SAMPLES = Samples(np.arange(5), np.array([0, 0, 1, 1, 2]), np.array([1, 1, 0, 0, 0], bool), "abc")


def film(epochs: int = 3, size: float = 1.0, **about: Any) -> Film:
    points = np.random.default_rng(0).normal(size=(epochs, 5, 2)).astype(np.float32) * size
    return Film("one", points, last=epochs - 1, **about)


def places(sent: dict[str, Any]) -> np.ndarray:
    """Coordinates as the browser reads them."""
    raw = np.frombuffer(base64.b64decode(sent["xy"]), "<u2").astype(float)
    low, high = sent["range"]
    found = low + (high - low) * raw / 65_534
    found[raw == 65_535] = np.nan
    return found.reshape(len(sent["at"]), -1, 2)


def test_points_come_back_as_they_were_and_no_place_stays_none():
    made = film()
    made.points[1, 2] = np.nan
    (sent,) = build_payload([made], SAMPLES)["films"]
    assert sent["at"] == [0, 1, 2]
    np.testing.assert_allclose(places(sent), made.points, atol=1e-4)


def test_a_long_run_is_thinned_and_keeps_its_ends():
    (sent,) = build_payload([film(200)], SAMPLES)["films"]
    assert len(sent["at"]) == 41
    assert (sent["at"][0], sent["at"][-1]) == (0, 199)
    assert set(np.diff(sent["at"])) <= {4, 5, 6}


def test_bars_have_the_figures_of_the_epochs_that_are_sent():
    bar = Bar("b", [float(e) for e in range(200)], final=7.0, band=Band(1, 2, 3))
    (sent,) = build_payload([film(200, bars=(bar,))], SAMPLES)["films"]
    assert sent["bars"][0]["values"] == sent["at"]
    assert sent["bars"][0]["final"] == 7.0
    assert sent["bars"][0]["band"] == [1, 2]
    short = Bar("b", [1.0, float("nan")])  # the history ends before the film, or has no figure
    (sent,) = build_payload([film(bars=(short,))], SAMPLES)["films"]
    assert sent["bars"][0]["values"] == [1.0, None, None]


def test_a_live_film_is_its_newest_epoch():
    (sent,) = build_payload([film(4)], SAMPLES, live=True)["films"]
    assert sent["at"] == [3]
    np.testing.assert_allclose(places(sent)[0], film(4).points[3], atol=1e-4)


def test_films_of_a_size_share_a_scale_and_others_have_their_own():
    near = build_payload([film(), film(size=2)], SAMPLES)
    assert near["shared"]
    assert near["films"][0]["extent"] == near["films"][1]["extent"]
    far = build_payload([film(), film(size=50)], SAMPLES)
    assert not far["shared"]
    assert far["films"][0]["extent"] != far["films"][1]["extent"]


def test_the_frame_holds_both_ends_and_the_origin_whatever_flies_off_between():
    points = np.full((200, 5, 2), (3, 4), np.float32)
    points[0], points[-1], points[100] = [1, 9], [8, 2], [500, 500]
    (sent,) = build_payload([Film("one", points, last=199)], SAMPLES)["films"]
    room = 0.1  # of the frame, on the side where points fly off
    assert sent["extent"] == pytest.approx([0, 8 * (1 + room), 0, 9 * (1 + room)])


def test_nothing_is_cut_at_the_edge_where_a_little_room_holds_it():
    """A few points of a few epochs, within a tenth of the frame beyond where all others lie."""
    points = np.full((200, 5, 2), (3, 4), np.float32)
    points[0], points[-1] = [0, 0], [8, 9]
    points[90:93, 2] = [(8.5, 9.5), (4, 9.8), (-0.6, -0.8)]
    left, right, low, high = build_payload([Film("one", points, last=199)], SAMPLES)["films"][0][
        "extent"
    ]
    assert left <= points[..., 0].min()
    assert right >= points[..., 0].max()
    assert low <= points[..., 1].min()
    assert high >= points[..., 1].max()


def test_reconstructions_are_one_sheet_with_their_scores():
    made = Rebuilt(
        np.zeros((2, 1, 4, 4), np.uint8),
        np.zeros((3, 2, 1, 4, 4), np.uint8),
        np.array([[1, 2], [3, np.nan], [np.nan, np.nan]], np.float32),
    )
    (sent,) = build_payload([film(rebuilt=made)], SAMPLES)["films"]
    assert sent["rebuilt"]["psnr"] == [[1, 2], [3, None], [None, None]]
    assert sent["rebuilt"]["sheet"].startswith("data:image/png;base64,")


def test_every_epoch_shows_its_own_reconstructions():
    """The sheet as the browser cuts it: a row an epoch, a column a picture."""
    pictures = np.random.default_rng(0).integers(0, 256, (200, 2, 3, 4, 5)).astype(np.uint8)
    psnr = np.arange(400, dtype=np.float32).reshape(200, 2)
    made = Rebuilt(pictures[0], pictures, psnr)
    (film_sent,) = build_payload([film(200, rebuilt=made)], SAMPLES)["films"]
    sent, at = film_sent["rebuilt"], film_sent["at"]
    png = base64.b64decode(sent["sheet"].partition(",")[2])
    sheet = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    cells = sheet.reshape(len(at), 4, 2, 5, 3).transpose(0, 2, 4, 1, 3)
    np.testing.assert_array_equal(cells, pictures[at])
    assert sent["psnr"] == psnr[at].tolist()


def test_a_model_without_a_film_says_why():
    (sent,) = build_payload([Film("one", reason="diverged at step 3")], SAMPLES)["films"]
    assert (sent["reason"], sent["xy"], sent["at"]) == ("diverged at step 3", "", [])


@pytest.mark.parametrize(
    "make",
    [
        lambda: Film("one"),
        lambda: Film("one", np.zeros((3, 5))),
        lambda: Film("one", np.zeros((3, 5, 2)), groups=np.zeros((2, 5), np.int16)),
        lambda: build_payload([Film("one", np.zeros((3, 4, 2)))], SAMPLES),
    ],
)
def test_what_does_not_fit_together_is_refused(make):
    with pytest.raises(ValueError, match="one"):
        make()
