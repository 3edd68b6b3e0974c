"""What the row of gradient inversion says below each model, on numbers made up here."""

from __future__ import annotations

from dataclasses import replace

import known_results
import pytest

from opcviz.common.records import Undefined
from opcviz.results import BlockInversion
from opcviz.ui.sections.inversion_row import scores


def found(**changes):
    """A shipped summary in which every figure differs."""
    shipped = known_results.record("inversion", "rl")
    assert shipped.random_gradient is not None
    told = {
        "psnr": 21.0,
        "ssim": 0.22,
        "class_mean": replace(shipped.class_mean, psnr=13.0, ssim=0.14),
        "random_gradient": replace(shipped.random_gradient, psnr=15.0, ssim=0.16, cost=0.17),
        "gradient_norm": 0.81,
        "body_gradient_norm": 0.19,
        "masked": None,
        "surrogate": None,
        "activations": (),
    }
    each = replace(shipped.per_picture, settled=(True,) * 3, cost=(0.1,) * 3)
    return replace(shipped, per_picture=each, **{**told, **changes})


def test_each_figure_stands_in_its_own_sentence():
    assert scores(found()) == [
        "in the end PSNR **21.0 dB**, SSIM **0.22**",
        "class mean 13.0 dB",
        "the same search in a random gradient 15.0 dB",
        "gradient norm 0.81, of which in the body 0.19",
    ]


def test_what_was_not_measured_has_no_line():
    bare = found(random_gradient=None, gradient_norm=None, class_mean=None)
    assert scores(bare) == ["in the end PSNR **21.0 dB**, SSIM **0.22**", "class mean –"]
    assert scores(found(psnr=None, reason="no gradient reaches the body"))[0] == (
        "no score: no gradient reaches the body"
    )


def test_a_slope_for_dead_units_is_named_with_what_it_rebuilds():
    shipped = known_results.record("inversion", "opc").surrogate
    bent = replace(shipped, slope=0.3, psnr=17.0, ssim=0.18, cost=0.4, body_gradient_norm=0.5)
    assert scores(found(surrogate=bent, masked=True))[-2:] == [
        "**gradient masked**: the pictures are rebuilt all the same",
        "with slope 0.3 for dead units 17.0 dB",
    ]
    for nothing in (replace(bent, psnr=None), Undefined("not asked for"), None):
        assert not any("slope" in line for line in scores(found(surrogate=nothing)))


def test_each_block_has_its_own_figure():
    blocks = (("stem", 31.0), ("features", 7.0), ("stage2", None))
    made = tuple(BlockInversion(name, psnr, (), 0, None) for name, psnr in blocks)
    assert scores(found(activations=made))[-1] == (
        "from activations: stem 31.0 dB, features 7.0 dB, stage2 –"
    )


@pytest.mark.parametrize(
    ("settled", "cost", "says"),
    [
        ((True, False, False, True), (0.1,) * 4, "2 of 4 searches stopped short"),
        # the second was not searched at all
        ((True, False, False, True), (0.1, None, 0.3, 0.4), "1 of 3 searches stopped short"),
        ((True, False, True, True), (0.1, None, 0.3, 0.4), None),
    ],
)
def test_searches_that_stopped_short_are_counted_among_those_made(settled, cost, says):
    about = found()
    about = replace(about, per_picture=replace(about.per_picture, settled=settled, cost=cost))
    said = [line for line in scores(about) if "stopped short" in line]
    assert [line.partition(":")[0] for line in said] == ([says] if says else [])
