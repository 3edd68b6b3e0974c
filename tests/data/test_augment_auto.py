"""The automatic policies: what is drawn, how often and how strong, and the pictures they make."""

import math

import pytest
import torch
from later import Later

from opcviz.data import POLICIES, augment
from opcviz.data.augmentation.automatic import (
    AUTOAUGMENT_CIFAR10,
    DRAWS,
    augmix,
    augmix_draw,
    autoaugment_draw,
    erase,
    erase_draw,
    randaugment_draw,
    staged,
    trivialaugment_draw,
)
from opcviz.data.augmentation.operations import OPS, apply_ops_

transforms, v2 = Later("torchvision.transforms"), Later("torchvision.transforms.v2")
STUDY = ["randaugment", "autoaugment", "trivialaugment", "random_erasing", "augmix"]
EVERY = [*STUDY, *(f"crop_{name}" for name in STUDY)]
SIGNED = {
    *("rotate", "shear_x", "shear_y", "translate_x", "translate_y"),
    *("brightness", "color", "contrast", "sharpness"),
}
DRAWN = 30_000


def seeded(seed=0, device="cpu"):
    return torch.Generator(device).manual_seed(seed)


def batch(shape, dtype=torch.uint8):
    x = torch.randint(0, 256, shape, generator=seeded(1), dtype=torch.uint8)
    return x if dtype == torch.uint8 else x.to(dtype) / 255


def torchvision_name(op):
    """ "shear_x" -> "ShearX"."""
    return {"autocontrast": "AutoContrast"}.get(op, "".join(w.title() for w in op.split("_")))


def ranges(space):
    """torchvision's table as ours: op -> (magnitudes, either sign)."""
    names = {torchvision_name(op): op for op in OPS}
    return {names[name]: entry for name, entry in space.items()}


def check_magnitudes(op, magnitude, space, strengths):
    """Every operation drew all of these strengths and no other, with both signs if it has two."""
    assert {OPS[i] for i in op.unique()} == set(space)
    for name, (values, signed) in space.items():
        found = magnitude[op == OPS.index(name)]
        values = values[strengths] if values.dim() else values.view(1)
        if name.startswith("translate"):
            values = values.trunc()  # torchvision does so when it applies them
        expected = {float(v) for v in values.float()}
        if signed:
            assert name in SIGNED
            expected |= {-v for v in expected}
            positive = (found[found != 0] > 0).float()
            assert abs(positive.mean() - 0.5) < 5 * 0.5 / math.sqrt(len(positive))
        assert {float(v) for v in found.unique()} == expected


def check_uniform(index, kinds):
    """All of `kinds` values are as likely: chi-squared within 6 standard deviations of its mean."""
    counts = index.bincount(minlength=kinds).double()
    assert len(counts) == kinds
    expected = len(index) / kinds
    chi2 = float(((counts - expected) ** 2 / expected).sum())
    assert chi2 < (kinds - 1) + 6 * math.sqrt(2 * (kinds - 1))


@pytest.mark.parametrize("size", [(32, 32), (24, 17)])
def test_randaugment_draws_torchvisions_space(size):
    stages = randaugment_draw(DRAWN, size, seeded())
    space = ranges(transforms.RandAugment()._augmentation_space(31, size))
    assert len(stages) == 2
    for op, magnitude in stages:
        check_magnitudes(op, magnitude, space, slice(9, 10))
        check_uniform(op, len(space))  # invert, the one it leaves out, is the last of OPS
    (a, _), (b, _) = stages
    check_uniform(a * len(space) + b, len(space) ** 2)  # the two are independent


def test_trivialaugment_draws_torchvisions_space():
    [(op, magnitude)] = trivialaugment_draw(DRAWN, (32, 32), seeded())
    space = ranges(transforms.TrivialAugmentWide()._augmentation_space(31))
    check_magnitudes(op, magnitude, space, slice(None))
    check_uniform(op, len(space))
    degrees = magnitude[op == OPS.index("rotate")].abs()
    check_uniform((degrees / 4.5).round().long(), 31)


def test_trivialaugment_translates_no_further_than_the_picture():
    [(op, magnitude)] = trivialaugment_draw(DRAWN, (8, 20), seeded())
    assert magnitude[op == OPS.index("translate_y")].abs().max() == 8
    assert magnitude[op == OPS.index("translate_x")].abs().max() == 20


def test_augmix_draws_torchvisions_space():
    stages, weights = augmix_draw(DRAWN // 3, (32, 32), seeded())
    space = ranges(transforms.AugMix()._augmentation_space(10, (32, 32)))
    lasting = torch.ones(DRAWN // 3 * 3, dtype=torch.bool)
    for turn, (op, magnitude) in enumerate(stages):
        going = op != 0
        assert not (going & ~lasting).any()  # a chain that has ended does not start again
        share = 1 - turn / 3  # depth is 1, 2 or 3
        assert abs(going.float().mean() - share) < 0.02
        assert (magnitude[~going] == 0).all()
        check_magnitudes(op[going], magnitude[going], space, slice(0, 3))
        lasting = going
    assert weights.shape == (DRAWN // 3, 4)
    assert weights.min() >= 0
    torch.testing.assert_close(weights.sum(1), torch.ones(len(weights)))
    # Beta(1, 1) for the picture: mean 1/2, variance 1/12. Dirichlet(1, 1, 1) times the rest:
    # mean 1/6, second moment E[(1 - m)²] E[w²] = 1/3 · 1/6
    torch.testing.assert_close(weights.mean(0), torch.tensor([3, 1, 1, 1]) / 6, atol=0.01, rtol=0)
    square = torch.tensor([1 / 3, 1 / 18, 1 / 18, 1 / 18])
    torch.testing.assert_close((weights**2).mean(0), square, atol=0.01, rtol=0)


def test_the_autoaugment_policy_is_the_published_one():
    theirs = transforms.AutoAugment(transforms.AutoAugmentPolicy.CIFAR10).policies
    ours = [
        tuple((torchvision_name(op), chance, level) for op, chance, level in sub)
        for sub in AUTOAUGMENT_CIFAR10
    ]
    assert ours == [tuple((op, chance, level or 0) for op, chance, level in sub) for sub in theirs]


def test_autoaugment_draws_each_operation_with_its_probability():
    space = ranges(transforms.AutoAugment()._augmentation_space(10, (32, 32)))
    for turn, (op, magnitude) in enumerate(autoaugment_draw(DRAWN, (32, 32), seeded())):
        expected = torch.zeros(len(OPS))
        allowed = {name: {0.0} for name in OPS}
        for sub in AUTOAUGMENT_CIFAR10:
            name, chance, level = sub[turn]
            expected[OPS.index(name)] += chance / 25
            values, signed = space[name]
            value = float(values[level]) if values.dim() else 0.0
            value = math.trunc(value) if name.startswith("translate") else value
            allowed[name] |= {value, -value} if signed else {value}
        expected[0] = 1 - expected.sum()
        found = op.bincount(minlength=len(OPS)) / DRAWN
        torch.testing.assert_close(found, expected, atol=5 * 0.5 / math.sqrt(DRAWN), rtol=0)
        assert ((found > 0) == (expected > 0)).all()
        for i, m in {(int(i), float(m)) for i, m in zip(op, magnitude, strict=True)}:
            assert m in allowed[OPS[i]]


@pytest.mark.parametrize("name", DRAWS)
def test_a_policy_is_its_stages_one_after_the_other(name):
    x = batch((40, 3, 32, 32), torch.float32)
    expected = x.clone()
    for op, magnitude in DRAWS[name](40, (32, 32), seeded(3)):
        apply_ops_(expected, op, magnitude)
    assert torch.equal(staged(DRAWS[name])(x, seeded(3)), expected)
    assert not torch.equal(expected, x)


def test_augmix_is_the_weighted_sum_of_its_chains():
    x = batch((20, 3, 32, 32), torch.float32)
    stages, weights = augmix_draw(20, (32, 32), seeded(3))
    mixed = x * weights[:, 0].view(-1, 1, 1, 1)
    for chain in range(3):
        part = x.clone()
        for op, magnitude in stages:
            rows = slice(20 * chain, 20 * (chain + 1))
            apply_ops_(part, op[rows], magnitude[rows], "bilinear")
        mixed += part * weights[:, 1 + chain].view(-1, 1, 1, 1)
    torch.testing.assert_close(augmix(x, seeded(3)), mixed, atol=1e-5, rtol=0)


def test_erased_is_one_rectangle():
    x = batch((200, 3, 32, 32)).clamp(min=1)
    out = erase(x, seeded(4))
    for before, after, (top, left, tall, wide) in zip(
        x, out, torch.stack(erase_draw(200, (32, 32), seeded(4)), dim=1), strict=True
    ):
        expected = before.clone()
        expected[:, top : top + tall, left : left + wide] = 0
        assert torch.equal(after, expected)


@pytest.mark.parametrize("size", [(32, 32), (8, 8), (16, 40)])
def test_rectangles_lie_inside_with_area_and_shape_in_range(size):
    top, left, tall, wide = erase_draw(DRAWN, size, seeded())
    erased = tall > 0
    assert torch.equal(erased, wide > 0)
    assert abs(erased.float().mean() - 0.5) < 5 * 0.5 / math.sqrt(DRAWN)
    top, left, tall, wide = (part[erased].double() for part in (top, left, tall, wide))
    assert (tall < size[0]).all()
    assert (wide < size[1]).all()
    assert (top >= 0).all()
    assert (left >= 0).all()
    assert (top + tall).max() == size[0]  # every place is possible, the last one too
    assert (left + wide).max() == size[1]
    assert top.min() == 0
    assert left.min() == 0
    # both sides are rounded to whole pixels, so the ranges hold for some point within ± ½
    area = size[0] * size[1]
    assert ((tall + 0.5) * (wide + 0.5) >= 0.02 * area).all()
    assert ((tall - 0.5) * (wide - 0.5) <= 0.33 * area).all()
    assert ((tall + 0.5) / (wide - 0.5).clamp(min=1e-9) >= 0.3).all()
    assert ((tall - 0.5) / (wide + 0.5) <= 3.3).all()


def test_area_and_shape_of_rectangles_reach_both_ends_of_their_range():
    _, _, tall, wide = erase_draw(DRAWN, (512, 512), seeded())
    tall, wide = (part[tall > 0].double() for part in (tall, wide))
    share, ratio = tall * wide / 512**2, tall / wide
    assert share.min() < 0.021
    assert share.max() > 0.328
    assert ratio.min() < 0.305
    assert ratio.max() > 3.25


def test_erased_share_is_distributed_as_torchvisions():
    torch.manual_seed(0)
    theirs, white = v2.RandomErasing(p=1.0), torch.ones(1, 16, 16)
    shares = torch.stack([(theirs(white) == 0).float().mean() for _ in range(1500)])
    _, _, tall, wide = erase_draw(DRAWN, (16, 16), seeded())
    ours = (tall * wide)[tall > 0] / 256
    points = torch.linspace(0.02, 0.33, 40)
    gap = (shares[:, None] <= points).float().mean(0) - (ours[:, None] <= points).float().mean(0)
    # Kolmogorov-Smirnov: 99.99 % point 2.23 · sqrt(1/n + 1/m)
    assert gap.abs().max() < 2.23 * math.sqrt(1 / len(shares) + 1 / len(ours))


# ---- as policies ---------------------------------------------------------------------------------


def test_all_are_registered():
    assert list(POLICIES)[:3] == ["none", "crop", "crop_flip"]
    assert set(EVERY) <= set(POLICIES)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("shape", [(24, 3, 32, 32), (24, 1, 8, 8), (24, 3, 16, 9), (0, 3, 32, 32)])
@pytest.mark.parametrize("name", EVERY)
def test_shape_type_and_range_are_kept(name, shape, dtype):
    x = batch(shape, dtype)
    kept, state = x.clone(), torch.get_rng_state()
    out = augment(x, name, seeded())
    assert out.shape == x.shape
    assert out.dtype == dtype
    assert torch.equal(x, kept)
    assert torch.equal(torch.get_rng_state(), state)
    if len(x):
        assert not torch.equal(out, x)
        assert out.min() >= 0
        assert out.max() <= (255 if dtype == torch.uint8 else 1)


@pytest.mark.parametrize("name", EVERY)
def test_same_generator_state_same_pictures(name):
    x = batch((32, 3, 32, 32))
    a, b, c = (augment(x, name, seeded(seed)) for seed in (5, 5, 6))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)


@pytest.mark.parametrize("name", EVERY)
def test_grey_levels_and_floats_see_the_same(name):
    x = batch((32, 3, 32, 32))
    levels = augment(x, name, seeded())
    floats = augment(x.float() / 255, name, seeded())
    assert torch.equal(levels, (floats * 255).round().to(torch.uint8))


@pytest.mark.parametrize("name", STUDY)
@pytest.mark.parametrize(("prefix", "first"), [("", "crop_flip"), ("crop_", "crop")])
def test_the_default_comes_first(name, prefix, first):
    x, generator = batch((32, 3, 32, 32), torch.float32), seeded()
    second = {"random_erasing": erase, "augmix": augmix}.get(name)
    second = second or staged(DRAWS[name])
    expected = second(augment(x, first, generator), generator)
    assert torch.equal(augment(x, prefix + name, seeded()), expected)


@pytest.mark.parametrize("name", ["randaugment", "autoaugment", "trivialaugment", "augmix"])
def test_channels_that_are_no_colours_are_refused(name):
    with pytest.raises(ValueError, match=r"grey \(1\) or RGB \(3\) pictures, got 4"):
        augment(batch((2, 4, 8, 8)), name, seeded())


def test_erasing_takes_any_channels():
    assert augment(batch((2, 4, 8, 8)), "random_erasing", seeded()).shape == (2, 4, 8, 8)


def test_whole_numbers_other_than_grey_levels_are_refused():
    with pytest.raises(ValueError, match=r"uint8 pictures or floating ones .* torch.int64"):
        augment(batch((2, 1, 8, 8)).long(), "crop", seeded())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", EVERY)
def test_cpu_generator_gives_the_same_pictures_on_the_gpu(name):
    x = batch((256, 3, 32, 32), torch.float32)
    on_gpu = augment(x.cuda(), name, seeded())
    assert on_gpu.is_cuda
    # a computed value that lies on the edge of a grey level may fall to its other side
    differs = (on_gpu.cpu() - augment(x, name, seeded())).abs() > 1e-4
    assert differs.float().mean() < 1e-3
    there = augment(x.cuda(), name, seeded(device="cuda"))  # a generator on the GPU works too
    assert torch.equal(there, augment(x.cuda(), name, seeded(device="cuda")))
