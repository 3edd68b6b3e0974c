"""What every function of the library asks of its arguments before it works."""

from __future__ import annotations

import operator
from typing import SupportsIndex, TypeVar

from torch import nn

from ..data import DataError, DataIdentity, Images, Split, identify

__all__ = [
    "MAX_SEED",
    "check_data",
    "check_same_data",
    "check_seed",
    "check_split",
    "instance",
    "whole_number",
]

MAX_SEED = 2**32 - 1  # NumPy's and scikit-learn's generators take no greater one

T = TypeVar("T")


def whole_number(name: str, value: object, low: int, high: int | None = None) -> int:
    """The value as an int.

    Args:
        name: of the argument.
        value: what was given.
        low, high: the closed range; no `high`: no upper limit.

    Raises:
        TypeError: when it is no whole number; True is none, NumPy's integers are.
        ValueError: when it lies outside the range.
    """
    wanted = f"a whole number from {low}" + (" up" if high is None else f" to {high}")
    try:
        if isinstance(value, bool) or not isinstance(value, SupportsIndex):
            raise TypeError
        number = operator.index(value)  # a tensor may still hold something else
    except TypeError:
        raise TypeError(f"{name}: wants {wanted}, got {shown(value)}") from None
    if number < low or (high is not None and number > high):
        raise ValueError(f"{name}: wants {wanted}, got {number}")
    return number


def check_seed(seed: object) -> int:
    """A seed as an int.

    Raises:
        TypeError, ValueError: when no generator takes it.
    """
    return whole_number("seed", seed, 0, MAX_SEED)


def instance(name: str, value: object, cls: type[T], how: str) -> T:
    """The value, when it is of the class.

    Args:
        name: of the argument.
        value: what was given.
        cls: what it must be.
        how: how one comes by such an object, for the message.

    Raises:
        TypeError: when it is something else.
    """
    if not isinstance(value, cls):
        raise TypeError(f"{name}: wants {how}, got {shown(value)}")
    return value


def check_data(data: Images) -> None:
    """That it is a data set.

    Raises:
        TypeError: when it is something else.
    """
    instance("data", data, Images, "a data set that load_data() or data_from_arrays() gives")


def check_split(data: Images, split: Split) -> None:
    """That a split is one of these data.

    Raises:
        TypeError: when either is something else.
        DataError: when the split was made of another data set.
    """
    check_data(data)
    instance("split", split, Split, "what split(data, ...) gives")
    if split.of is not None:
        if split.of != identify(data):
            raise DataError(
                f"split: was made of {split.of}, and data is {identify(data)}; make one of these "
                "data with split(data, ...)"
            )
        return
    train = len(split.forget_train) + len(split.retain_train)
    test = len(split.forget_test) + len(split.retain_test)
    if (train, test) != (len(data.y_train), len(data.y_test)):
        raise DataError(
            f"split: is of {train} train and {test} test samples, and {data.name} has "
            f"{len(data.y_train)} and {len(data.y_test)}; make one of these data with "
            "split(data, ...)"
        )


def check_same_data(name: str, of: DataIdentity, data: Images) -> None:
    """That a model was made of these data.

    Args:
        name: of the argument that the model is.
        of: the data that it was made of.
        data: the data given with it.

    Raises:
        DataError: naming both data sets.
    """
    if of != identify(data):
        raise DataError(
            f"{name}: was trained on {of}, and data is {identify(data)}; give the model's own data "
            f"set, or wrap({name}.network.net, data, ...) to treat it as one of these data"
        )


def shown(value: object) -> str:
    """A value as messages show it: short, with its type."""
    if isinstance(value, nn.Module):
        return f"a {type(value).__name__}"
    text = repr(value)
    text = text if len(text) <= 60 else f"{text[:57]}..."
    return f"{text} ({type(value).__name__})"
