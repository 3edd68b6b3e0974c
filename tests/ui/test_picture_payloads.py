"""What the browser is sent of searched pictures and of pictures to choose from."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from opcviz.ui.charts.inversion_component.payload import Track, build_payload
from opcviz.ui.charts.picker_component.payload import Shelf
from opcviz.ui.charts.picker_component.payload import build_payload as shelves_payload

TRUE = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 1, 3, 4)
FRAMES = np.stack([TRUE, TRUE + 1, TRUE + 2])


def test_rows_of_several_steps_share_one_slider():
    scores = np.array([[1.234, np.nan], [2.0, 3.0], [4.0, np.inf]])
    one = Track("One", FRAMES, (1, 5, 9), scores, scores, ("", "why"), color="#123456")
    two = Track("Two", FRAMES[:2], (1, 7))
    sent = build_payload(TRUE, ["a", "b"], [one, two, Track("Mean", TRUE[None])], at=5)
    assert sent["steps"] == [1, 5, 7, 9]
    assert (sent["at"], sent["count"], sent["shape"]) == (5, 2, [1, 3, 4])
    assert base64.b64decode(sent["targets"]) == TRUE.tobytes()
    first, second, mean = sent["tracks"]
    assert base64.b64decode(first["frames"]) == FRAMES.tobytes()
    assert first["psnr"] == [[1.23, None], [2.0, 3.0], [4.0, None]]
    assert first["reasons"] == ["", "why"]
    assert second["psnr"] == mean["steps"] == []


@pytest.mark.parametrize(
    ("track", "said"),
    [
        (Track("X", FRAMES.astype(float)), "wanted uint8"),
        (Track("X", FRAMES[:, :1]), "wanted uint8"),
        (Track("X", FRAMES, (1, 2)), "3 frames but 2 steps"),
        (Track("X", FRAMES, (1, 2, 3), np.zeros((2, 2))), r"psnr is \(2, 2\)"),
    ],
)
def test_what_does_not_fit_is_refused(track, said):
    with pytest.raises(ValueError, match=said):
        build_payload(TRUE, ["a", "b"], [track])
    with pytest.raises(ValueError, match="2 targets but 1 captions"):
        build_payload(TRUE, ["a"], [])


def test_shelves():
    sent = shelves_payload([Shelf("3", [7, 9], [True, False], TRUE, 4)], (9,), height=100, seq=2)
    (shelf,) = sent["shelves"]
    assert (shelf["ids"], shelf["forget"], shelf["more"]) == ([7, 9], [True, False], 4)
    assert base64.b64decode(shelf["pictures"]) == TRUE.tobytes()
    assert sent["chosen"] == [9]
    assert shelves_payload([], (), height=1, seq=0)["shelves"] == []
    with pytest.raises(ValueError, match="1 ids"):
        shelves_payload([Shelf("3", [7], [True, False], TRUE)], (), height=1, seq=0)
