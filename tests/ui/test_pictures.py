import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from opcviz.ui.charts.pictures import picture_strip, to_rgb


def decode(url: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))))


def test_pixels_survive_the_way_to_the_page(tmp_path):
    pictures = np.random.default_rng(0).integers(0, 256, (3, 3, 8, 8), np.uint8)
    page = picture_strip(pictures, ["a", "b", "c"], scale=5)
    urls = re.findall(r'src="([^"]+)"', page)
    assert len(urls) == 3
    for url, picture in zip(urls, pictures, strict=True):
        assert np.array_equal(decode(url), picture.transpose(1, 2, 0))
    assert page.count('width="40" height="40"') == 3
    assert page.count("image-rendering:pixelated") == 3


def test_floats_become_bytes_and_grey_becomes_rgb():
    got = to_rgb(np.array([[[0.0, 1.0], [0.5, np.nan]], [[-1, 2], [np.inf, 1 / 255]]]))
    assert got.shape == (2, 2, 2, 3)
    assert got[..., 0].tolist() == [[[0, 255], [128, 0]], [[0, 255], [255, 1]]]
    assert (got == got[..., :1]).all()


@pytest.mark.parametrize("shape", [(8, 8), (1, 2, 8, 8), (1, 4, 8, 8), (1, 1, 1, 8, 8)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="pictures are"):
        to_rgb(np.zeros(shape, np.uint8))


def test_other_types_are_refused():
    with pytest.raises(ValueError, match="int64"):
        to_rgb(np.zeros((1, 8, 8), np.int64))


def test_alt_texts_and_escaping():
    page = picture_strip(
        np.zeros((2, 8, 8), np.uint8), ["<b>", "9 dB"], alts=['"x"', ""], label="r"
    )
    assert 'alt="&quot;x&quot;"' in page
    assert 'alt="picture 2 of 2"' in page
    assert "<b>" not in page
    assert 'aria-label="r"' in page


def test_as_many_captions_as_pictures():
    with pytest.raises(ValueError, match="2 pictures but 1 captions"):
        picture_strip(np.zeros((2, 8, 8), np.uint8), ["a"])
