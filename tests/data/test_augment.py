import numpy as np
import pytest
import torch

from opcviz.common.config import ConfigError
from opcviz.data import POLICIES, POLICY_NAMES, augment
from opcviz.data import policy as register


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def batch(shape, dtype=torch.uint8):
    x = torch.randint(1, 256, shape, generator=seeded(1), dtype=torch.uint8)
    return x if dtype == torch.uint8 else x.to(dtype) / 255


def every_crop(picture, flip):
    """All results one picture can have: pad by H//8, W//8 zeros, cut H × W, maybe mirror."""
    picture = np.asarray(picture)
    _, h, w = picture.shape
    py, px = h // 8, w // 8
    padded = np.pad(picture, ((0, 0), (py, py), (px, px)))
    for top in range(2 * py + 1):
        for left in range(2 * px + 1):
            cut = padded[:, top : top + h, left : left + w]
            yield (top, left, False), cut
            if flip:
                yield (top, left, True), cut[:, :, ::-1]


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", [(40, 1, 8, 8), (10, 3, 16, 8), (4, 3, 32, 32)])
@pytest.mark.parametrize("name", ["crop", "crop_flip"])
def test_each_picture_is_one_of_its_crops(name, shape, dtype):
    x = batch(shape, dtype)
    out = augment(x, name, seeded())
    assert out.shape == x.shape
    assert out.dtype == dtype
    for before, after in zip(x.float(), out.float(), strict=True):
        crops = every_crop(before, name == "crop_flip")
        assert any(np.array_equal(crop, after) for _, crop in crops)


@pytest.mark.parametrize("name", ["crop", "crop_flip"])
def test_every_crop_is_as_likely(name):
    picture = batch((1, 1, 8, 8))[0]
    out = augment(picture.expand(6000, -1, -1, -1), name, seeded())
    table = {crop.tobytes(): key for key, crop in every_crop(picture, name == "crop_flip")}
    assert len(table) == {"crop": 9, "crop_flip": 18}[name]
    keys = [table[row.numpy().tobytes()] for row in out]
    counts = np.array([keys.count(key) for key in table.values()])
    expected = 6000 / len(table)
    # chi-squared with 8 or 17 degrees of freedom: 99.99 % points 31.8 and 46.4
    assert ((counts - expected) ** 2 / expected).sum() < {"crop": 31.8, "crop_flip": 46.4}[name]


def test_same_generator_state_same_pictures():
    x = batch((16, 3, 32, 32))
    a, b, c = (augment(x, "crop_flip", seeded(s)) for s in (5, 5, 6))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)


def test_source_is_not_changed_and_global_randomness_not_used():
    x = batch((16, 3, 32, 32))
    kept, state = x.clone(), torch.get_rng_state()
    augment(x, "crop_flip", seeded())
    assert torch.equal(x, kept)
    assert torch.equal(torch.get_rng_state(), state)


def test_none_returns_the_batch_and_draws_nothing():
    x, generator = batch((4, 1, 8, 8)), seeded()
    assert augment(x, "none", generator) is x
    assert torch.equal(generator.get_state(), seeded().get_state())


def test_below_eight_pixels_there_is_no_room_to_crop():
    x = batch((6, 1, 7, 7))
    assert torch.equal(augment(x, "crop", seeded()), x)


def test_memory_layout_does_not_matter():
    x = batch((8, 3, 32, 32))
    last = x.contiguous(memory_format=torch.channels_last)
    assert torch.equal(augment(x, "crop_flip", seeded()), augment(last, "crop_flip", seeded()))


def test_a_policy_joins_by_name(monkeypatch):
    monkeypatch.setitem(POLICIES, "invert", None)  # removed again after the test

    @register("invert")
    def invert(x, generator):
        return 255 - x

    x = batch((2, 1, 8, 8))
    assert torch.equal(augment(x, "invert", seeded()), 255 - x)


def test_refused():
    with pytest.raises(ConfigError, match="'spin' is unknown; there are none, crop, crop_flip"):
        augment(batch((2, 1, 8, 8)), "spin", seeded())
    with pytest.raises(ValueError, match="wants a batch"):
        augment(batch((2, 1, 8, 8))[0], "crop", seeded())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cpu_generator_gives_the_same_pictures_on_the_gpu():
    x = batch((16, 3, 32, 32))
    on_gpu = augment(x.cuda(), "crop_flip", seeded()).cpu()
    assert torch.equal(on_gpu, augment(x, "crop_flip", seeded()))


def test_settings_offer_the_policies_that_there_are():
    assert tuple(POLICIES) == POLICY_NAMES
