"""What was brought, looked at before anything is attacked: is it what it is said to be?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..common.config import IntakeError
from ..common.parts import PARTS
from ..common.records import Record
from ..common.statistics import difference, wilson
from ..verdict import Verdict
from .exposure import Exposure, exposure, saw

if TYPE_CHECKING:
    from torch import nn

    from .case import Case

__all__ = [
    "Accuracy",
    "Checked",
    "CheckedModel",
    "doubted",
    "look",
    "missing_of",
    "refuse_swapped",
    "suspicions",
]

LOOKED_AT = 200  # samples of each part of the data, evenly spread
SWAPPED = 2.0  # points by which the unlearned model answers more forget data than the original
SEEN = 5.0  # percent of forgotten classes: a model that never saw them has no use for their names
TIMES_CHANCE = 2.0  # what a trained model answers at least of its own train data
KIN = 0.15
"""Cosine of two networks' weights, beyond which both began at the same. Shipped digits: at most
0.03 between trainings from different random weights, at least 0.21 between what any method
unlearned and its original (`opc_deep_retain_like`), 0.5 where some layers began anew from one seed
(`eu_k` and the retrained model), at least 0.9 between a retrained model and where it began."""


@dataclass(frozen=True)
class Accuracy:
    """What a model answers right, percent by part of the data, and of how many samples.

    Attributes:
        percent, counts: by part.
        exposed: how well a retrained model knows forgotten samples, where that can be asked.
    """

    percent: Mapping[str, float]
    counts: Mapping[str, int]
    exposed: Exposure | None = None


@dataclass(frozen=True)
class CheckedModel(Record):
    """One model that was brought.

    Attributes:
        role: `original`, `unlearned` or `retrained`.
        name: of its file, without its folder.
        architecture: name of the network that the weights fit.
        title: of the network, for people.
        sha256, bytes, format: of the file.
        accuracy: percent by part of the data that is not empty, of some hundred samples each.
    """

    role: str
    name: str
    architecture: str
    title: str
    sha256: str
    bytes: int
    format: str
    accuracy: Mapping[str, float]


@dataclass(frozen=True)
class Checked(Record):
    """What a first look at everything that was brought says; no attack was made.

    Attributes:
        models: in the order original, unlearned, retrained.
        data: name of the data set.
        sizes: samples by part of the data.
        forgotten: names of the forgotten classes; empty where samples are forgotten.
        warnings: what looks wrong and the likely cause, a sentence each.
        missing: what is not there and what its absence leaves open, a sentence each.
        study: place of the study that the audit is, or will be, kept in.
        open: how many answers are still to be made.
        picture_seconds: that one picture takes through the model under audit, as measured.
        lasts: how long both suites of attacks take, in words; empty where that is not known.
    """

    models: tuple[CheckedModel, ...]
    data: str
    sizes: Mapping[str, int]
    forgotten: tuple[str, ...]
    warnings: tuple[str, ...]
    missing: tuple[str, ...]
    study: str
    open: int = 0
    picture_seconds: float = 0.0
    lasts: str = ""


def look(case: Case) -> list[Accuracy]:
    """What each model answers right of some samples of every part, in the order of the models.

    A large network is asked in bf16: nothing is decided here but whether to go on.
    """
    import torch

    from ..models import as_body_head
    from ..tasks.classification import answers

    data, found = case.data, []
    for each in case.models:
        percent: dict[str, float] = {}
        counts: dict[str, int] = {}
        for part in PARTS:
            ids = case.split.part(part)
            if not len(ids):
                continue
            at = torch.linspace(0, len(ids) - 1, min(LOOKED_AT, len(ids)), device=ids.device)
            rows = ids[at.round().long()]
            x, y = (data.x_train, data.y_train) if "train" in part else (data.x_test, data.y_test)
            told = answers(as_body_head(each.model), x[rows]).argmax(1)
            percent[part] = 100 * (told == y[rows]).double().mean().item()
            counts[part] = len(rows)
        exposed = exposure(case, each) if each.role == "retrained" else None
        found.append(Accuracy(percent, counts, exposed))
    return found


def suspicions(case: Case, accuracies: Sequence[Accuracy]) -> tuple[str, ...]:
    """What looks wrong with the models that were brought, a sentence each.

    Args:
        case: what was brought.
        accuracies: of its models, in their order.
    """
    known = list(zip(case.models, accuracies, strict=True))
    return (
        *_alike(case),
        *_swapped(case, accuracies),
        *_untrained(case, accuracies),
        *(
            said
            for each, right in known
            if each.role == "retrained" and case.split.classes
            for said in _not_retrained(case.called(each), right)
        ),
        *saw([(case.called(each), right.exposed) for each, right in known if right.exposed]),
    )


def refuse_swapped(case: Case, accuracies: Sequence[Accuracy]) -> None:
    """See that the original and the unlearned model stand where they belong.

    Args:
        case: what was brought.
        accuracies: of its models, in their order.

    Raises:
        IntakeError: where the unlearned one knows more of what should be gone.
    """
    for said in _swapped(case, accuracies):
        raise IntakeError(
            f"{said} Exchange the two; or, if they are what you say, set as_given = true "
            "(on the command line --set as_given=true), and this stands in the report as a warning."
        )


def doubted(case: Case, verdict: Verdict) -> tuple[str, ...]:
    """Retrained models that know more than the others, by the names that they were brought under.

    Args:
        case: what was brought.
        verdict: on its unlearned model.
    """
    names = {
        f"seed {seed}": case.called(each)
        for seed, each in zip(case.band, case.of("retrained"), strict=False)
    }
    return tuple(
        f"The retrained model ({name}) knows more than {each.beside}: {each.check.says}. It seems "
        "to have been trained on the forgotten data; the verdict is the worse of those with it and "
        "without it."
        for each in verdict.doubted
        if each.beside and (name := names.get(each.who.rpartition(", ")[2]))
    )


def _alike(case: Case) -> Iterator[str]:
    """Models that were given twice, in whatever files, or were made from one another."""
    for n, each in enumerate(case.models):
        for other in case.models[:n]:
            both = (
                f"The {each.role} model ({case.called(each)}) and the {other.role} model "
                f"({case.called(other)}) "
            )
            if _same_weights(each.model, other.model):
                yield f"{both}have the same weights: one of the two is probably the wrong one."
            elif "retrained" in (each.role, other.role):
                near = _cosine(each.model, other.model)
                if near > KIN:
                    yield (
                        f"{both}are akin in their weights (cosine {near:.3f}; of trainings from "
                        "different random weights about 0). Unless both started from the same "
                        "weights, pretrained or random ones of one seed, one was made from the "
                        "other, and the retrained one is no measure of what a model knows that "
                        "never saw the forgotten data."
                    )


def _cosine(one: nn.Module, other: nn.Module) -> float:
    """Of the weights that mix numbers; gains and running statistics are alike in all networks."""
    pairs = [
        (a.detach().double().flatten(), b.detach().double().flatten())
        for a, b in zip(one.parameters(), other.parameters(), strict=True)
        if a.dim() > 1 and a.shape == b.shape
    ]
    inner = sum(float(a @ b) for a, b in pairs)
    lengths = sum(float(a @ a) for a, _ in pairs) * sum(float(b @ b) for _, b in pairs)
    return inner / math.sqrt(lengths) if lengths else 0.0


def _same_weights(one: nn.Module, other: nn.Module) -> bool:
    a, b = one.state_dict(), other.state_dict()
    return a.keys() == b.keys() and all(
        a[key].shape == b[key].shape and bool((a[key] == b[key]).all()) for key in a
    )


def _swapped(case: Case, accuracies: Sequence[Accuracy]) -> Iterator[str]:
    """Whether the unlearned model knows more of the forget data than the original."""
    part = "forget_train"
    by_role = {each.role: right for each, right in zip(case.models, accuracies, strict=True)}
    original, unlearned = by_role.get("original"), by_role.get("unlearned")
    if not (original and unlearned and part in original.percent):
        return
    first, second = original.percent[part], unlearned.percent[part]
    intervals = wilson(second, unlearned.counts[part]), wilson(first, original.counts[part])
    certain = difference(second, first, *intervals)
    if second - first > SWAPPED and certain and certain[0] > 0:
        yield (
            f"The model given as unlearned answers {second:.1f} % of the forget data right, the "
            f"one given as original {first:.1f} %: the two look swapped."
        )


def _untrained(case: Case, accuracies: Sequence[Accuracy]) -> Iterator[str]:
    """Models that answer their own train data no better than chance, and the likely cause.

    All models of an audit are prepared in one way. So where another one answers well it is not the
    preparation that fails, and where none does it probably is.
    """
    chance = 100 / case.data.classes
    line = min(TIMES_CHANCE * chance, (100 + chance) / 2)
    kept = [
        (each, right.percent["retain_train"])
        for each, right in zip(case.models, accuracies, strict=True)
        if "retain_train" in right.percent
    ]
    works = next(((each, percent) for each, percent in kept if percent >= line), None)
    for n, (each, percent) in enumerate(kept):
        if percent >= line or (case.looked_at and n == 0 and not works):
            continue  # of the first one the notes say it, and what would be right
        told = (
            f"The {each.role} model ({case.called(each)}) answers {percent:.1f} % of the retained "
            f"train data right, and guessing {chance:.1f} %"
        )
        if works:
            other, well = works
            yield (
                f"{told}; the {other.role} model ({case.called(other)}), prepared in the same way, "
                f"{well:.1f} %. So it is untrained or destroyed, or it alone was trained with "
                "another normalisation, order of channels or order of classes."
            )
        else:
            yield (
                f"{told}: the normalisation (--mean, --std), the order of channels or classes, or "
                "the data set is probably not the one that it was trained with, for no other model "
                "answers them either."
                if kept[1:]
                else f"{told}: it is untrained, or the normalisation (--mean, --std), the order of "
                "channels or classes, or the data set is not the one that it was trained with."
            )


def _not_retrained(name: str, right: Accuracy) -> Iterator[str]:
    """Whether a model answers whole classes that it is said to have never seen."""
    part = "forget_test" if "forget_test" in right.percent else "forget_train"
    if part in right.percent and wilson(right.percent[part], right.counts[part])[0] > SEEN:
        yield (
            f"The retrained model ({name}) answers {right.percent[part]:.1f} % of the forgotten "
            "classes right: it seems to have been trained on them, and is no measure then."
        )


def missing_of(case: Case) -> tuple[str, ...]:
    """What was not given, and what that leaves open, a sentence each."""
    found = []
    if case.original is None:
        found.append(
            "There is no original model: how much of what it knew is left cannot be said, nor "
            "that all is gone; attacks that start from it are not made."
        )
    if not case.band:
        found.append(
            "There is no retrained model: how much of what is found any model gives away cannot "
            "be said, and so there is no verdict; --retrain 3 trains three."
        )
    elif len(case.band) < 3:
        found.append(
            f"There {'is one retrained model' if len(case.band) == 1 else 'are two retrained'}"
            f"{'' if len(case.band) == 1 else ' models'}: how far retraining itself varies is "
            "hardly known; three make a band."
        )
    return tuple(found)
