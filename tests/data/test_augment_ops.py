"""Each operation against torchvision's, and whole mixed batches against one picture at a time."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from later import Later

from opcviz.data.augmentation.operations import GEOMETRIC, OPS, apply_ops_, warp

transforms, TF = Later("torchvision.transforms"), Later("torchvision.transforms.functional")
SHAPES = [(3, 32, 32), (1, 32, 32), (3, 24, 17), (1, 8, 8)]
PICTURES = 48


def shear(x, degrees, mode):
    return TF.affine(x, 0, [0, 0], 1, degrees, mode, center=[0, 0])


# (picture, magnitude, interpolation) -> picture, as torchvision's automatic augmentations call it
ORACLE = {
    "identity": lambda x, m, mode: x,
    "rotate": lambda x, m, mode: TF.rotate(x, m, mode),
    "shear_x": lambda x, m, mode: shear(x, [math.degrees(math.atan(m)), 0], mode),
    "shear_y": lambda x, m, mode: shear(x, [0, math.degrees(math.atan(m))], mode),
    "translate_x": lambda x, m, mode: TF.affine(x, 0, [int(m), 0], 1, [0, 0], mode),
    "translate_y": lambda x, m, mode: TF.affine(x, 0, [0, int(m)], 1, [0, 0], mode),
    "brightness": lambda x, m, mode: TF.adjust_brightness(x, 1 + m),
    "color": lambda x, m, mode: TF.adjust_saturation(x, 1 + m),
    "contrast": lambda x, m, mode: TF.adjust_contrast(x, 1 + m),
    "sharpness": lambda x, m, mode: TF.adjust_sharpness(x, 1 + m),
    "posterize": lambda x, m, mode: TF.posterize(x, int(m)),
    "solarize": lambda x, m, mode: TF.solarize(x, m),
    "autocontrast": lambda x, m, mode: TF.autocontrast(x),
    "equalize": lambda x, m, mode: TF.equalize(x),
    "invert": lambda x, m, mode: TF.invert(x),
}


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def pictures(shape, count=PICTURES):
    """uint8: a third of full range, a third of low contrast, a third nearly of one colour."""
    x = torch.randint(0, 256, (count, *shape), generator=seeded(1), dtype=torch.uint8)
    x[::3] = x[::3] // 4 + 90
    x[1::3] = x[1::3] // 128 * 60
    x[1] = 7
    return x


def magnitudes(name, count=PICTURES):
    """From one end of TrivialAugment's range, the widest, to the other."""
    if name == "posterize":
        return torch.arange(count) % 7 + 2.0
    if name == "solarize":
        return torch.linspace(255, 0, count)
    reach = {"rotate": 135.0, "translate_x": 32.0, "translate_y": 32.0}.get(name, 0.99)
    drawn = torch.rand(count, generator=seeded(2)) * 2 * reach - reach
    return drawn.trunc() if name.startswith("translate") else drawn


def all_by(name, x, magnitude, mode="nearest"):
    op = torch.full((len(x),), OPS.index(name))
    return apply_ops_(x.clone(), op, magnitude, mode)


def oracle(name, x, magnitude, mode="nearest"):
    function, mode = ORACLE[name], transforms.InterpolationMode(mode)
    return torch.stack([function(a, float(m), mode) for a, m in zip(x, magnitude, strict=True)])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "name",
    ["identity", "translate_x", "translate_y", "posterize", "solarize", "equalize", "invert"],
)
def test_equals_torchvision_on_grey_levels(name, shape):
    x, magnitude = pictures(shape), magnitudes(name)
    ours = all_by(name, x.float() / 255, magnitude) * 255
    assert torch.equal(ours.round(), oracle(name, x, magnitude).float())
    torch.testing.assert_close(ours, ours.round(), atol=1e-3, rtol=0)  # levels stay levels


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["brightness", "color", "contrast", "sharpness", "autocontrast"])
def test_equals_torchvision_on_floats_and_nearly_on_its_truncated_levels(name, shape):
    x, magnitude = pictures(shape), magnitudes(name)
    ours = all_by(name, x.float() / 255, magnitude)
    theirs = oracle(name, x.float() / 255, magnitude)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)
    # on uint8, torchvision cuts the fraction off the blend and off what it blends with
    assert (ours * 255 - oracle(name, x, magnitude).float()).abs().max() <= 2


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", GEOMETRIC)
def test_geometry_equals_torchvision(name, shape):
    x, magnitude = pictures(shape).float() / 255, magnitudes(name)
    ours = all_by(name, x, magnitude, "bilinear")
    torch.testing.assert_close(ours, oracle(name, x, magnitude, "bilinear"), atol=1e-4, rtol=0)
    # Reading nearest, only a pixel within 1e-3 of half-way between two may choose the other one:
    # 0.1 % of the pixels an axis. A grid half a pixel off would change half of them.
    differs = (all_by(name, x, magnitude) - oracle(name, x, magnitude)).abs() > 1e-6
    assert differs.float().mean() < 0.004


def test_quarter_turns_are_exact():
    x = pictures((3, 8, 8), 4).float()
    turned = all_by("rotate", x, torch.tensor([0.0, 90.0, 180.0, -90.0]))
    for turns, before, after in zip((0, 1, 2, 3), x, turned, strict=True):
        assert torch.equal(after, before.rot90(turns, (1, 2)))


def test_what_lies_half_way_is_decided_alike_at_any_precision():
    """Shears with source columns at n + ½: float32 and float64 err to different sides of it."""
    x = pictures((1, 32, 32), 40).double()
    matrix = torch.eye(2, 3, dtype=torch.float64).repeat(40, 1, 1)
    matrix[:, 0, 1] = torch.arange(40) / 20 - 1
    matrix[:, 0, 2] = matrix[:, 0, 1] * 16
    fine = warp(x, matrix)
    assert torch.equal(warp(x.float(), matrix.float()), fine.float())
    # the case is real: without help the two precisions do differ here
    still = 1e-3 * torch.tensor([[[0, 0, 1], [0, 0, 1]]])
    assert not torch.equal(warp(x.float(), matrix.float() - still), warp(x, matrix - still).float())


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_mixed_batch_is_each_picture_alone(shape, mode):
    count = 4 * len(OPS)
    x = pictures(shape, count).float() / 255
    op = torch.arange(count)[torch.randperm(count, generator=seeded())] % len(OPS)
    magnitude = torch.stack([magnitudes(OPS[i])[row % PICTURES] for row, i in enumerate(op)])
    together = x.clone()
    assert apply_ops_(together, op, magnitude, mode) is together
    for row in range(count):
        one = slice(row, row + 1)
        alone = apply_ops_(x[one].clone(), op[one], magnitude[one], mode)
        torch.testing.assert_close(together[one], alone, atol=1e-6, rtol=0)


def test_an_empty_batch():
    x = torch.zeros(0, 3, 8, 8)
    none = torch.zeros(0, dtype=torch.int64)
    assert apply_ops_(x, none, none.float()).shape == (0, 3, 8, 8)


@pytest.mark.parametrize("name", ["color", "autocontrast", "equalize", "contrast", "sharpness"])
def test_what_has_nothing_to_work_on_stays(name):
    """A grey picture has no colour; one flat picture no contrast, no edge and no order."""
    x = torch.full((5, 1, 32, 32), 0.4)
    out = all_by(name, x, torch.linspace(-0.9, 0.9, 5))
    torch.testing.assert_close(out, x, atol=1e-6, rtol=0)
    if name == "color":
        grey = pictures((1, 32, 32), 5).float() / 255
        assert torch.equal(all_by(name, grey, torch.linspace(-0.9, 0.9, 5)), grey)


def test_small_pictures_that_an_operation_leaves_alone():
    tiny = pictures((3, 2, 9), 5).float() / 255  # no inner pixel to sharpen
    assert torch.equal(all_by("sharpness", tiny, torch.full((5,), 0.9)), tiny)
    eight = pictures((3, 8, 8), 5).float() / 255  # 64 pixels: less than one a level
    assert torch.equal(all_by("equalize", eight, torch.zeros(5)), eight)


@settings(deadline=None, max_examples=60)
@given(
    name=st.sampled_from(OPS),
    side=st.sampled_from([(1, 1), (3, 3), (8, 8), (5, 19)]),
    channels=st.sampled_from([1, 3]),
    seed=st.integers(0, 999),
)
def test_pictures_stay_pictures(name, side, channels, seed):
    x = torch.rand(7, channels, *side, generator=seeded(seed))
    out = all_by(name, x, magnitudes(name, 7))
    assert out.shape == x.shape
    assert out.isfinite().all()
    assert out.min() >= 0
    assert out.max() <= 1
