"""What the library's functions refuse, and what they say: argument, value, what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import opcviz
from opcviz.data import DataError, DataIdentity, Split, identify
from opcviz.models import Architecture

SMALL = Architecture(width=0.1)


@pytest.fixture(scope="module")
def lab() -> SimpleNamespace:
    """A model of the digits, and the same digits but for their last few."""
    data = opcviz.load_data("digits", device="cpu")
    train, test = (data.x_train, data.y_train), (data.x_test, data.y_test)
    fewer = opcviz.data_from_arrays(*(t[:-7] for t in train), *test, name="fewer", device="cpu")
    return SimpleNamespace(
        data=data,
        split=opcviz.split(data, "classes:0,1,2"),
        original=opcviz.train(data, SMALL, epochs=1, progress=False),
        fewer=fewer,
        of_fewer=opcviz.split(fewer, "classes:0,1,2"),
    )


Call = Callable[[SimpleNamespace, dict[str, Any]], Any]
EXAMINING: dict[str, Call] = {
    "recover": lambda lab, more: opcviz.recover(
        **{"model": lab.original, "data": lab.data, "split": lab.split, "original": lab.original}
        | more
    ),
    "invert": lambda lab, more: opcviz.invert(
        **{"model": lab.original, "data": lab.data, "split": lab.split, "iterations": 2} | more
    ),
    "relearn": lambda lab, more: opcviz.relearn(
        **{"model": lab.original, "data": lab.data, "split": lab.split, "original": lab.original}
        | more
    ),
    "membership": lambda lab, more: opcviz.membership(
        **{"model": lab.original, "data": lab.data, "split": lab.split} | more
    ),
    "measure": lambda lab, more: opcviz.measure(
        **{"model": lab.original, "data": lab.data, "split": lab.split, "original": lab.original}
        | more
    ),
    "judge": lambda lab, more: opcviz.judge(
        **{"model": lab.original, "data": lab.data, "split": lab.split, "original": lab.original}
        | {"retrained": lab.original}
        | more
    ),
    "unlearn": lambda lab, more: opcviz.unlearn(
        **{"original": lab.original, "data": lab.data, "split": lab.split, "method": "ft"} | more
    ),
}


# ---- data sets that do not belong together ----------------------------------------------------


@pytest.mark.parametrize("name", EXAMINING)
def test_a_split_of_another_data_set_is_refused(name: str, lab: SimpleNamespace) -> None:
    with pytest.raises(DataError, match=r"split: was made of 'fewer' .*, and data is 'digits' "):
        EXAMINING[name](lab, {"split": lab.of_fewer})


@pytest.mark.parametrize("name", EXAMINING)
def test_a_model_of_another_data_set_is_refused(name: str, lab: SimpleNamespace) -> None:
    argument = "original" if name == "unlearn" else "model"
    told = rf"{argument}: was trained on 'digits' .*, and data is 'fewer' .*{argument}\.network"
    with pytest.raises(DataError, match=told):
        EXAMINING[name](lab, {"data": lab.fewer, "split": lab.of_fewer})


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("recover", "original"),
        ("invert", "original"),
        ("relearn", "original"),
        ("measure", "original"),
        ("measure", "retrained"),
        ("judge", "original"),
        ("judge", "retrained"),
    ],
)
def test_so_is_a_reference_of_another_data_set(
    name: str, argument: str, lab: SimpleNamespace
) -> None:
    stranger = opcviz.wrap(lab.original.network.net, lab.fewer)
    with pytest.raises(DataError, match=f"{argument}: was trained on 'fewer' .* is 'digits'"):
        EXAMINING[name](lab, {argument: stranger})


@pytest.mark.slow
def test_the_same_content_is_the_same_data_set(lab: SimpleNamespace) -> None:
    again = opcviz.load_data("digits", device="cpu")
    assert again is not lab.data
    copied = replace(again, name="copied")
    for data in (again, copied):
        opcviz.membership(lab.original, data, lab.split, progress=False)
    unlearned = opcviz.unlearn(lab.original, again, lab.split, "ft", epochs=1, progress=False)
    assert unlearned.trained_on == identify(lab.data) == identify(copied)
    assert lab.split.of == lab.split.to("cpu").of == identify(again)
    assert DataIdentity("digits", (1, 8, 8), "0" * 12) != identify(again)


def test_a_split_of_unknown_origin_must_cover_the_data(lab: SimpleNamespace) -> None:
    nameless = replace(lab.split, of=None)
    opcviz.membership(lab.original, lab.data, nameless, progress=False)
    holes = replace(nameless, retain_train=nameless.retain_train[1:])
    with pytest.raises(DataError, match="of 1436 train and 360 test samples, and digits has 1437"):
        opcviz.membership(lab.original, lab.data, holes, progress=False)


def test_other_data_are_observed_where_their_shape_is_the_models(lab: SimpleNamespace) -> None:
    seen = opcviz.observe(lab.original, lab.fewer, progress=False)
    assert len(seen.train) == len(lab.fewer.y_train)
    x, y = np.zeros((4, 3, 6, 6)), np.array([0, 1, 0, 1])
    other = opcviz.data_from_arrays(x, y, x, y, device="cpu")
    told = r"'arrays' \(samples of 3×6×6, .* trained on 'digits' \(samples of 1×8×8"
    with pytest.raises(DataError, match=told):
        opcviz.observe(lab.original, other)


# ---- seeds ------------------------------------------------------------------------------------

SEEDED: dict[str, Call] = {
    **EXAMINING,
    "train": lambda lab, more: opcviz.train(lab.data, SMALL, **more),
    "wrap": lambda lab, more: opcviz.wrap(lab.original.network.net, lab.data, **more),
    "split": lambda lab, more: opcviz.split(lab.data, "random:10%", **more),
}
RANGE = "seed: wants a whole number from 0 to 4294967295, got "


@pytest.mark.parametrize("name", SEEDED)
@pytest.mark.parametrize(
    ("seed", "error", "told"),
    [
        ("a", TypeError, r"'a' \(str\)"),
        (True, TypeError, r"True \(bool\)"),
        (1.0, TypeError, r"1.0 \(float\)"),
        (torch.tensor(0.5), TypeError, r"tensor\(0.5000\) \(Tensor\)"),
        (-1, ValueError, "-1"),
        (2**70, ValueError, str(2**70)),
    ],
)
def test_a_seed_that_no_generator_takes_is_refused(
    name: str, seed: object, error: type[Exception], told: str, lab: SimpleNamespace
) -> None:
    with pytest.raises(error, match=f"^{RANGE}{told}$"):
        SEEDED[name](lab, {"seed": seed})


@pytest.mark.slow
@pytest.mark.parametrize("seed", [np.int64(3), torch.tensor(3), 2**32 - 1])
def test_any_whole_number_is_a_seed(seed: Any, lab: SimpleNamespace) -> None:
    one = opcviz.split(lab.data, "random:10%", seed=seed)
    other = opcviz.split(lab.data, "random:10%", seed=int(seed))
    assert torch.equal(one.forget_train, other.forget_train)
    model = opcviz.wrap(lab.original.network.net, lab.data, seed=seed)
    assert type(model.seed) is int
    found = EXAMINING["invert"](lab, {"seed": seed, "pictures": 1, "progress": False})
    assert found.pictures.shape == (1, 1, 8, 8)


# ---- types and names --------------------------------------------------------------------------


def flat(outputs: int = 10) -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(64, outputs))


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda lab: opcviz.wrap(5, lab.data), TypeError, r"net: wants .*Module, got 5 \(int\)"),
        (lambda lab: opcviz.wrap(nn.Linear, lab.data), TypeError, "net: wants .*, got <class"),
        (lambda lab: opcviz.wrap(flat(), 5), TypeError, r"data: wants .* got 5 \(int\)"),
        (lambda lab: opcviz.wrap(flat(), lab.data, mean="a"), TypeError, "mean: .*, got 'a'"),
        (
            lambda lab: opcviz.wrap(flat(), lab.data, std=torch.ones(3)),
            ValueError,
            r"std: has shape \(3,\); wants \(1,\), one number for each channel of digits",
        ),
        (lambda lab: opcviz.wrap(flat(), lab.data, fresh=5), TypeError, "fresh: wants .* got 5"),
        (lambda lab: opcviz.train(lab.data, 5), TypeError, "architecture: wants .* got 5"),
        (
            lambda lab: opcviz.train(lab.data, lambda: 5),
            TypeError,
            r"architecture: wants .* return a network, .* got 5",
        ),
        (lambda lab: opcviz.train([1], SMALL), TypeError, r"data: wants .* got \[1\] \(list\)"),
        (lambda lab: EXAMINING["invert"](lab, {"pictures": 0}), ValueError, "pictures: .*1 up.* 0"),
        (
            lambda lab: EXAMINING["invert"](lab, {"pictures": "8"}),
            TypeError,
            "pictures: .* got '8'",
        ),
        (
            lambda lab: EXAMINING["recover"](lab, {"model": lab.original.network}),
            TypeError,
            "model: wants a Model .*, got a Classifier",
        ),
        (lambda lab: EXAMINING["recover"](lab, {"original": None}), TypeError, "original: .*None"),
        (
            lambda lab: EXAMINING["membership"](lab, {"split": "classes:0"}),
            TypeError,
            r"split: wants .*split\(data, \.\.\.\).*, got 'classes:0' \(str\)",
        ),
        (lambda lab: EXAMINING["unlearn"](lab, {"method": 5}), TypeError, "method: .*, got 5"),
        (
            lambda lab: EXAMINING["unlearn"](lab, {"method": "opx"}),
            ValueError,
            "no method is called 'opx'; there are: original, ",
        ),
        (
            lambda lab: EXAMINING["measure"](lab, {"kind": "margins"}),
            ValueError,
            "no kind of artefact is called 'margins'; there are: ",
        ),
        (lambda lab: opcviz.observe(flat(), lab.data), TypeError, "model: .*, got a Sequential"),
        (lambda lab: opcviz.split(5, "classes:0"), TypeError, "data: wants .*, got 5"),
        (lambda lab: opcviz.load_data(5), ValueError, "name: wants str, got 5"),
        (
            lambda lab: opcviz.data_from_arrays([], [], [], [], class_names="ab"),
            TypeError,
            "class_names: wants a list of names or None, got 'ab'",
        ),
    ],
)
def test_an_argument_of_another_kind_is_named(
    call: Callable[[SimpleNamespace], Any],
    error: type[Exception],
    told: str,
    lab: SimpleNamespace,
) -> None:
    with pytest.raises(error, match=told):
        call(lab)


def test_a_long_value_is_cut_short(lab: SimpleNamespace) -> None:
    with pytest.raises(TypeError) as caught:
        EXAMINING["membership"](lab, {"split": Split.__name__ * 100})
    assert len(str(caught.value)) < 130
