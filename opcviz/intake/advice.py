"""What a look at a brought model comes to, in sentences, with the options that mend it."""

from __future__ import annotations

from collections.abc import Iterator

from ..common.statistics import wilson
from ..data import Images
from .findings import Sanity, Trial
from .preparations import Numbers

__all__ = ["advice"]

GOOD = 90.0
"""Percent of its train samples from which a model is said to have been trained in that way."""


def advice(found: Sanity, data: Images) -> Iterator[str]:
    """What looks wrong, the likely cause and what to do, a sentence or two each."""
    expected, best = found.expected, found.best
    low, high = wilson(best.accuracy, best.samples)
    fits = best.accuracy >= GOOD or (found.labels is not None and found.matched >= GOOD)
    if best != expected:
        yield (
            f"The original answers {expected.accuracy:.0f} % of {best.samples} of its train "
            f"samples rightly as it stands ({expected.architecture}, {expected.preparation}) and "
            f"{best.accuracy:.0f} % {' and '.join(_changes(expected, best))}: "
            + (
                "that is how it was probably trained."
                if fits
                else "that is better, and yet not what trained models answer of their own data; "
                "whether it was trained so cannot be told."
            )
            + _what_to_pass(expected, best)
        )
    if found.labels is not None:
        names = data.class_names
        swaps = [f"{i} is '{names[c]}'" for i, c in enumerate(found.labels) if i != c][:5]
        yield (
            f"Its answers are right for {best.accuracy:.0f} % of the samples, and for "
            f"{found.matched:.0f} % if its classes are renumbered: its classes are in another "
            f"order than those of the data (output {'; '.join(swaps)} …). No option renumbers "
            "them: give the data with their classes in its order."
        )
    elif low <= found.chance:
        yield (
            f"Under all that was tried it is right for {best.accuracy:.0f} % of the samples "
            f"(95 %: {low:.0f} to {high:.0f}), no better than naming the most frequent class "
            f"({found.chance:.0f} %): the weights are probably of other data, of an untrained "
            "network, or of another architecture."
        )
    elif best == expected and high < (100 + found.chance) / 2:
        yield (
            f"The original answers {best.accuracy:.0f} % of {best.samples} of its train samples "
            "rightly, and under nothing else that was tried clearly more; naming the most "
            f"frequent class gets {found.chance:.0f} %. It learnt little, or its pictures were "
            "prepared in a way that was not tried: --mean and --std name another."
        )


def _changes(expected: Trial, best: Trial) -> Iterator[str]:
    """In what the better way differs, in words."""
    if best.architecture != expected.architecture:
        yield f"as {best.architecture}"
    if (best.mean, best.std) != (expected.mean, expected.std):
        yield f"with {best.preparation}"
    if best.reversed_channels:
        yield "with blue, green, red in place of red, green, blue"


def _what_to_pass(expected: Trial, best: Trial) -> str:
    """The options that prepare the pictures so, as a command takes them."""
    options = []
    if best.architecture != expected.architecture:
        options.append(f"--architecture {best.architecture}")
    if (best.mean, best.std) != (expected.mean, expected.std):
        options.append(f"--mean {_numbers(best.mean)} --std {_numbers(best.std)}")
    told = f" Pass {' '.join(options)}." if options else ""
    if best.reversed_channels:
        told += (
            " No option turns colours round: give the pictures with their channels in its order."
        )
    return told


def _numbers(values: Numbers) -> str:
    """As the options take them, to the last digit."""
    return ",".join(repr(each).removesuffix(".0") for each in values)
