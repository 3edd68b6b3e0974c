"""Does a brought model answer its own data? If not: which usual preparation makes it?

Weights do not say how pictures were normalised, in which order their channels and classes were, or
where the network has a max-pool. A wrong guess makes a good model look as if it had forgotten
everything, so the usual ways are tried before anything is audited.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..common.config import ConfigError
from ..common.untrusted import IntakeError
from ..data import Images
from ..models import BlockNet
from .findings import Sanity, Trial
from .recognise import Candidate, brought
from .weights import Weights

__all__ = ["sanity"]

SCREENED = 48
"""Samples on which every preparation is tried; the best of them then on all."""
SAMPLES = 192
MAX_CANDIDATES = 8
CLEAR = 5.0
"""Percentage points by which another preparation must be better to be spoken of."""
RENUMBERED = 10.0
"""As `CLEAR`, for renumbered classes: the best of all renumberings is always a little better."""
GOOD = 90.0

Numbers = tuple[float, ...]
ANY = {
    "pictures from 0 to 1, as they are": (0.0, 1.0),
    "pictures from −1 to 1": (0.5, 0.5),
    "pictures from 0 to 255": (0.0, 1 / 255),
}
USUAL: dict[int, dict[str, tuple[Numbers, Numbers]]] = {
    1: {
        "MNIST's normalisation": ((0.1307,), (0.3081,)),
        "Fashion-MNIST's normalisation": ((0.2860,), (0.3530,)),
    },
    3: {
        "CIFAR-10's normalisation": ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
        "CIFAR-10's normalisation, older deviations": (
            (0.4914, 0.4822, 0.4465),
            (0.2023, 0.1994, 0.2010),
        ),
        "CIFAR-100's normalisation": ((0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)),
        "ImageNet's normalisation": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        "SVHN's normalisation": ((0.4377, 0.4438, 0.4728), (0.1980, 0.2010, 0.1970)),
    },
}


@dataclass(frozen=True)
class _Way:
    """One way to prepare pictures for one reading of the weights."""

    candidate: int
    preparation: str
    mean: Numbers
    std: Numbers
    reversed_channels: bool = False


def sanity(
    candidates: Sequence[Candidate],
    weights: Weights,
    data: Images,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    samples: int = SAMPLES,
) -> Sanity:
    """How well the original answers train samples of its own data, and how it would do so better.

    Args:
        candidates: of `recognise`; those that fit are compared.
        weights: the original's.
        data: what it is said to have learnt.
        mean, std: as the person gave them; without them the weights' own, else none.
        samples: to look at, drawn from the train set with a fixed seed.

    Raises:
        IntakeError: if no candidate fits, or the network takes none of the pictures.
    """
    look = _Look(candidates, weights, data, min(samples, len(data.y_train)))
    expected = _expected(look, mean, std)
    told = mean is not None or look.candidates[expected.candidate].mean is not None
    tried = {way: look.accuracy(way, SCREENED) for way in _readings(look, expected, told)}
    best = max(tried, key=lambda way: tried[way])
    if not (told and tried[best] >= GOOD):
        for way in _preparations(best, data):
            tried.setdefault(way, look.accuracy(way, SCREENED))
    # `sorted` keeps the order of equals, in which what was expected comes first
    finalists = [expected, *sorted(tried, key=lambda way: -tried[way])[:3]]
    full = {way: look.accuracy(way, look.count) for way in dict.fromkeys(finalists)}
    matches = {way: look.matched(way) for way in full}
    # renumbered classes explain more than another preparation that happens to hit a few
    score = {way: max(full[way], matches[way][0] - RENUMBERED) for way in full}
    best = max(score, key=lambda way: score[way])
    if score[best] < score[expected] + CLEAR:
        best = expected
    rest = {way: value for way, value in tried.items() if way not in full}
    trials = [look.trial(way, value, look.count) for way, value in full.items()]
    trials += [look.trial(way, value, min(SCREENED, look.count)) for way, value in rest.items()]
    matched, labels = matches[best]
    found = Sanity(
        chance=look.chance,
        expected=look.trial(expected, full[expected], look.count),
        best=look.trial(best, full[best], look.count),
        trials=tuple(sorted(trials, key=lambda each: (-each.accuracy, -each.samples))),
        matched=matched,
        labels=labels if matched >= full[best] + RENUMBERED else None,
        warnings=(),
    )
    return Sanity(**{**vars(found), "warnings": tuple(_warnings(found, data))})


class _Look:
    """A fixed draw of samples, and the models they are shown to."""

    def __init__(
        self, candidates: Sequence[Candidate], weights: Weights, data: Images, count: int
    ) -> None:
        order = np.random.default_rng(0).permutation(len(data.y_train))[:count]
        ids = torch.from_numpy(order).to(data.device)
        self.x, self.y = data.batch(ids), data.y_train[ids]
        self.count, self.classes = count, data.classes
        self.chance = 100 * float(self.y.bincount(minlength=data.classes).max()) / count
        self.answers: dict[tuple[_Way, int], Tensor] = {}
        self.candidates: list[Candidate] = []
        self.models: list[BlockNet] = []
        channels = data.shape[0]
        problem: Exception | None = None
        for each in [each for each in candidates if each.fits][:MAX_CANDIDATES]:
            try:  # normalised here, way by way
                model = brought(each, weights, data, (0.0,) * channels, (1.0,) * channels)
            except ConfigError as error:
                problem = error
                continue
            self.candidates.append(each)
            self.models.append(model)
        if not self.models:
            raise IntakeError(
                f"the weights are of no network that takes these pictures: {problem}"
                if problem
                else "no architecture fits the weights; name one, or export the model"
            )

    @torch.no_grad()
    def predicted(self, way: _Way, count: int) -> Tensor:
        """The class of each of the first samples, -1 where the answer is no number."""
        if (way, count) not in self.answers:
            centre, scale = (
                torch.tensor(each, device=self.x.device).view(1, -1, 1, 1)
                for each in (way.mean, way.std)
            )
            rows = []
            for x in self.x[:count].split(64):
                x = (x - centre) / scale
                logits = self.models[way.candidate](x.flip(1) if way.reversed_channels else x)
                known = logits.isfinite().all(1)
                rows.append(torch.where(known, logits.argmax(1), -1))
            self.answers[way, count] = torch.cat(rows)
        return self.answers[way, count]

    def accuracy(self, way: _Way, count: int) -> float:
        """Percent right of the first samples."""
        right = self.predicted(way, min(count, self.count)) == self.y[:count]
        return 100 * float(right.double().mean())

    def matched(self, way: _Way) -> tuple[float, tuple[int, ...]]:
        """Percent right under renumbering, and the class that each output then means.

        Either half of the samples is judged by the renumbering that suits the other half best:
        judged on the same samples, many classes would always seem to be renumbered.
        """
        answers, truth = self.predicted(way, self.count).cpu(), self.y.cpu()
        right = 0
        for fold in (0, 1):
            meant = self._renumbering(answers[fold::2], truth[fold::2])
            known = answers[1 - fold :: 2] >= 0
            right += int((meant[answers[1 - fold :: 2]] == truth[1 - fold :: 2])[known].sum())
        return 100 * right / self.count, tuple(self._renumbering(answers, truth).tolist())

    def _renumbering(self, answers: Tensor, truth: Tensor) -> Tensor:
        """(C,) the class that each output means if most answers are to be right."""
        from scipy.optimize import linear_sum_assignment

        table = torch.zeros(self.classes, self.classes)
        known = answers >= 0
        ones = torch.ones(int(known.sum()))
        table.index_put_((answers[known], truth[known]), ones, accumulate=True)
        return torch.from_numpy(linear_sum_assignment(table.numpy(), maximize=True)[1])

    def trial(self, way: _Way, accuracy: float, samples: int) -> Trial:
        name = self.candidates[way.candidate].architecture.name
        about = (way.preparation, way.mean, way.std, way.reversed_channels)
        return Trial(name, *about, accuracy=accuracy, samples=samples)


def _expected(look: _Look, mean: Sequence[float] | None, std: Sequence[float] | None) -> _Way:
    """What would be done without this look."""
    if (mean is None) != (std is None):
        raise IntakeError("mean and std: one is given without the other; give both, or neither")
    channels, own = look.x.shape[1], look.candidates[0]
    if mean is not None and std is not None:
        if not len(mean) == len(std) == channels or not all(each > 0 for each in std):
            raise IntakeError(
                f"mean and std: want {channels} numbers each, one a channel, those of std above 0"
            )
        return _Way(0, "the normalisation given", tuple(mean), tuple(std))
    if own.mean is not None and own.std is not None:
        return _Way(0, "the normalisation inside the weights", own.mean, own.std)
    return _Way(0, next(iter(ANY)), (0.0,) * channels, (1.0,) * channels)


def _readings(look: _Look, expected: _Way, told: bool) -> Iterator[_Way]:
    """Every architecture that fits, prepared as expected, or in the commonest way if none was told.

    An unnormalised picture may leave the right network as lost as a wrong one.
    """
    standard = ((0.5,) * len(expected.mean), (0.25,) * len(expected.mean))
    for place in range(len(look.candidates)):
        yield _Way(place, expected.preparation, expected.mean, expected.std)
        if not told:
            yield _Way(place, "numbers of about unit deviation", *standard)


def _preparations(best: _Way, data: Images) -> Iterator[_Way]:
    """The usual normalisations for one reading of the weights, and other orders of colours."""
    channels = data.shape[0]
    mean, std = (tuple(each.tolist()) for each in data.mean_std())
    ways = {name: ((m,) * channels, (s,) * channels) for name, (m, s) in ANY.items()}
    ways |= {**USUAL.get(channels, {}), "the statistics of these data": (mean, std)}
    for reverse in (False, True) if channels == 3 else (False,):
        yield _Way(best.candidate, best.preparation, best.mean, best.std, reverse)
        for name, (centre, scale) in ways.items():
            yield _Way(best.candidate, name, centre, scale, reverse)


def _warnings(found: Sanity, data: Images) -> Iterator[str]:
    expected, best = found.expected, found.best
    if best != expected:
        changes = []
        if best.architecture != expected.architecture:
            changes.append(f"as {best.architecture}")
        if (best.mean, best.std) != (expected.mean, expected.std):
            changes.append(
                f"with {best.preparation} (mean {_numbers(best.mean)}; std {_numbers(best.std)})"
            )
        if best.reversed_channels:
            changes.append("with blue, green, red in place of red, green, blue")
        yield (
            f"The original answers {expected.accuracy:.0f} % of its train samples rightly as it "
            f"stands ({expected.architecture}, {expected.preparation}) and {best.accuracy:.0f} % "
            f"{' and '.join(changes)}: that is how it was probably trained."
        )
    if found.labels is not None:
        names = data.class_names
        swaps = [f"{i} is '{names[c]}'" for i, c in enumerate(found.labels) if i != c][:5]
        yield (
            f"Its answers are right for {best.accuracy:.0f} % of the samples, and for "
            f"{found.matched:.0f} % if its classes are renumbered: its classes are in another "
            f"order than those of the data (output {'; '.join(swaps)} …)."
        )
    error = 100 * math.sqrt(0.25 / best.samples)
    if best.accuracy <= found.chance + error and found.labels is None:
        yield (
            f"Under all that was tried it is right for {best.accuracy:.0f} % of the samples, no "
            f"better than naming the most frequent class ({found.chance:.0f} %): the weights are "
            "probably of other data, of an untrained network, or of another architecture."
        )


def _numbers(values: Numbers) -> str:
    return ", ".join(f"{each:.4g}" for each in values)
