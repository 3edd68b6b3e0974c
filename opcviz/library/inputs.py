"""Data sets and what is to be forgotten of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..common.devices import pick_device
from ..data import DataError, DataSpec, Images, Scenario, Split, assemble, identify, load
from ..data.arrays import as_labels, as_pictures
from .checks import check_data, check_seed, shown

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["data_from_arrays", "load_data", "prepare", "split"]


def load_data(
    name: str = "digits", *, download: bool = False, device: str = "auto", **settings: object
) -> Images:
    """A data set by name, whole in memory.

    Args:
        name: `digits` (always there), `mnist`, `fashion_mnist`, `cifar10`, `cifar100`, `svhn`, or
            `folder` and `arrays` with a `path`.
        download: fetch a missing public set; without it the network is not used.
        device: `auto` (a GPU where there is one), `cpu`, `cuda:1`, `mps`. Models live where their
            data are.
        **settings: `path`, `size`, `holdout`, see `opcviz.data.DataSpec`.

    Raises:
        ConfigError: for an unknown name or setting; the known ones are listed.
        DataError: if the data are missing (with how to get them), unusable, or not of classes.

    Example:
        >>> opcviz.load_data("digits")
        Images(digits: 1437 train, 360 test, 1×8×8, 10 classes)
    """
    data = load(DataSpec.from_dict({"name": name, **settings}), download=download)
    if not isinstance(data, Images):
        raise DataError(
            f"the targets of {name} are not classes, which the attacks here need; run it as a "
            "study with a task of its own"
        )
    return data.to(pick_device(device))


def data_from_arrays(
    x_train: ArrayLike,
    y_train: ArrayLike,
    x_test: ArrayLike,
    y_test: ArrayLike,
    *,
    class_names: Sequence[str] | None = None,
    name: str = "arrays",
    device: str = "auto",
) -> Images:
    """A data set from your own NumPy arrays or torch tensors.

    Args:
        x_train, x_test: pictures as bytes, (N, H, W), (N, H, W, C) or (N, C, H, W) with C of 1 or
            3; or floats (N, C, ...), channels first, which are taken as they are: pictures on the
            scale your network wants, signals (N, C, T), rows of a table (N, C). Gradient inversion
            wants pictures in [0, 1].
        y_train, y_test: (N,) whole numbers from 0 to classes − 1.
        class_names: in label order; None calls them "0", "1", ...
        name: how it is called in messages. Settings tuned for a data set go by its name.
        device: see `load_data`.

    Raises:
        DataError: for shapes, types or labels that do not fit; the message says which and where.
        TypeError: for class names that are no list.

    Example:
        >>> import numpy as np
        >>> x, y = np.random.default_rng(0).random((60, 3, 8, 8)), np.arange(60) % 3
        >>> opcviz.data_from_arrays(x, y, x[:30], y[:30])
        Images(arrays: 60 train, 30 test, 3×8×8, 3 classes)
    """
    if class_names is not None:
        if isinstance(class_names, str) or not isinstance(class_names, Iterable):
            raise TypeError(f"class_names: wants a list of names or None, got {shown(class_names)}")
        class_names = tuple(class_names)
    train, test = (
        (_samples(x, f"x_{part}"), as_labels(_array(y), f"y_{part}"))
        for part, x, y in (("train", x_train, y_train), ("test", x_test, y_test))
    )
    return assemble(name, train, test, class_names).to(pick_device(device))


def prepare(data: Images, forget: str, *, seed: int = 0) -> Images:
    """A copy of a data set with a flaw planted in its train set, to be forgotten.

    Whether it was forgotten can be checked, because nothing else teaches it: split, train and
    unlearn on the copy, and ask `measure(..., "ground_truth")`. The data given are not changed, nor
    is the test set.

    Args:
        data: the data set.
        forget: `"confusion:3,5:50%"` swaps the labels of a share of two classes' samples;
            `"trigger:0:10%"` puts a patch on a share of the other classes' pictures and labels them
            0. Of any other scenario the data are given back as they are.
        seed: of the draw; one in the text (`"trigger:0:10%@7"`) is taken instead.

    Raises:
        ConfigError: for no such form.
        DataError: for a class that the data set does not have, samples that are no pictures, or
            data in which something else is planted already.
        TypeError, ValueError: for something else than data, or a seed outside 0 to 2³²−1.

    Example:
        >>> confused = opcviz.prepare(data, "confusion:3,5:50%")
        >>> planted = opcviz.split(confused, "confusion:3,5:50%").forget_train
        >>> bool((confused.y_train[planted] == data.y_train[planted]).any())
        False
    """
    check_data(data)
    return Scenario.parse(forget).prepare(data, check_seed(seed))


def split(data: Images, forget: str | ArrayLike, *, seed: int = 0) -> Split:
    """Cut a data set into what is to be forgotten and what is to be kept.

    Args:
        data: the data set.
        forget: `"classes:0,1,2"` (numbers or names), `"random:10%"` (drawn per class),
            `"indices:FILE"`, `"subclass:3:1/4"` (the largest of four clusters in class 3),
            `"memorised:5%"`, or the positions of samples in the train set. What
            `"confusion:3,5:50%"` and `"trigger:0:10%"` forget is planted by `prepare`: give the
            data that it gives.
        seed: of a draw; one in the text (`"random:10%@7"`) is taken instead.

    Returns:
        `forget_train`, `retain_train`, `forget_test`, `retain_test`: positions in the train and
        the test set; and the forgotten `classes`, if whole classes are.

    Raises:
        ConfigError: for another form than these.
        DataError: for a class or a position that the data set does not have, or when nothing would
            be forgotten or nothing kept.
        TypeError, ValueError: for something else than data, or a seed outside 0 to 2³²−1.

    Example:
        >>> split = opcviz.split(data, "classes:0,1,2")
        >>> len(split.forget_train), len(split.retain_train)
        (430, 1007)
        >>> opcviz.split(data, [3, 14, 15]).forget_train.tolist()
        [3, 14, 15]
    """
    check_data(data)
    seed = check_seed(seed)
    if isinstance(forget, str):
        parts = Scenario.parse(forget).split(data, seed)
    else:
        parts = _of_samples(data, _array(forget))
    return replace(parts, of=identify(data))


def _of_samples(data: Images, ids: np.ndarray[Any, Any]) -> Split:
    total = len(data.y_train)
    if ids.ndim != 1 or ids.dtype.kind not in "iu":
        raise DataError(
            f"forget has type {ids.dtype} and shape {ids.shape}; wants positions in the train set, "
            "whole numbers of shape (K,) (a mask converts with numpy.flatnonzero)"
        )
    gone = np.zeros(total, bool)
    if len(wrong := ids[(ids < 0) | (ids >= total)]):
        raise DataError(
            f"forget holds {wrong[0]}, and the {total} train samples of {data.name} are numbered "
            f"0 to {total - 1}"
        )
    gone[ids] = True
    if gone.all() or not gone.any():
        part = "retain" if gone.all() else "forget"
        raise DataError(f"{len(ids)} positions leave no {part} data of {total} train samples")
    places = [np.flatnonzero(gone), np.flatnonzero(~gone), ids[:0], np.arange(len(data.y_test))]
    forget, retain, none, rest = (
        torch.from_numpy(part.astype(np.int64)).to(data.device) for part in places
    )
    return Split(forget, retain, none, rest)


def _array(values: ArrayLike) -> np.ndarray[Any, Any]:
    """NumPy's view of an array, a list, or a tensor on any device."""
    detach = getattr(values, "detach", None)
    return np.asarray(detach().cpu() if detach else values)


def _samples(values: ArrayLike, where: str) -> np.ndarray[Any, Any]:
    """Bytes as pictures (N, C, H, W), floats as float32 in the shape they have."""
    x = _array(values)
    return x.astype(np.float32) if x.dtype.kind == "f" else as_pictures(x, where)
