"""Does a brought model answer its own data? If not: which usual preparation makes it?

Weights do not say how pictures were normalised, in which order their channels and classes were, or
where the network has a max-pool. A wrong guess makes a good model look as if it had forgotten
everything, so the usual ways are tried before anything is audited.

Unless the first way is right for so many samples that no other could be better by `CLEAR`, all
usual ones are tried. Another one is spoken of only where it is better by that much and, on the same
samples, by more than chance; and it is called the likely one only where it makes the model answer
as trained models do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from ..common.config import ConfigError
from ..common.statistics import paired_difference, wilson
from ..common.untrusted import IntakeError
from ..data import Images
from ..models import BlockNet
from .advice import advice
from .findings import Sanity, Trial
from .preparations import AS_THEY_ARE, Way, preparations
from .recognise import Candidate, brought
from .weights import Weights

__all__ = ["sanity"]

SCREENED = 128
"""Samples on which every preparation is tried; the best of them then on all."""
SAMPLES = 512
"""So many that 95 % of an accuracy is less than 4.5 points to either side."""
FINALISTS = 3
READINGS = 3
"""Architectures for which every preparation is tried, where the samples do not tell them apart."""
MAX_CANDIDATES = 8
CLEAR = 5.0
"""Percentage points by which another preparation must be better to be spoken of."""
RENUMBERED = 10.0
"""As `CLEAR`, for renumbered classes: the best of all renumberings is always a little better."""


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
    tried: dict[Way, float] = {}
    if look.accuracy(expected, look.count) <= 100 - CLEAR:
        tried = {way: look.accuracy(way, SCREENED) for way in _readings(look, expected, told)}
        for reading in _likely(look, tried):
            for way in preparations(reading, data):
                tried.setdefault(way, look.accuracy(way, SCREENED))
    # `sorted` keeps the order of equals, in which what was expected comes first
    finalists = [expected, *sorted(tried, key=lambda way: -tried[way])[:FINALISTS]]
    full = {way: look.accuracy(way, look.count) for way in dict.fromkeys(finalists)}
    matches = {way: look.matched(way) for way in full}
    # renumbered classes explain more than another preparation that happens to hit a few
    score = {way: max(full[way], matches[way][0] - RENUMBERED) for way in full}
    best = max(score, key=lambda way: score[way])
    if score[best] < score[expected] + CLEAR or not look.better(best, expected, matches):
        best = expected
    rest = {way: value for way, value in tried.items() if way not in full}
    trials = [look.trial(way, value, look.count) for way, value in full.items()]
    trials += [look.trial(way, value, min(SCREENED, look.count)) for way, value in rest.items()]
    matched, labels = matches[best]
    renumbered = matched >= full[best] + RENUMBERED and (
        wilson(matched, look.count)[0] > wilson(full[best], look.count)[1]
    )
    found = Sanity(
        chance=look.chance,
        expected=look.trial(expected, full[expected], look.count),
        best=look.trial(best, full[best], look.count),
        trials=tuple(sorted(trials, key=lambda each: (-each.accuracy, -each.samples))),
        matched=matched,
        labels=labels if renumbered else None,
        warnings=(),
    )
    return Sanity(**{**vars(found), "warnings": tuple(advice(found, data))})


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
        self.answers: dict[tuple[Way, int], Tensor] = {}
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
    def predicted(self, way: Way, count: int) -> Tensor:
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

    def accuracy(self, way: Way, count: int) -> float:
        """Percent right of the first samples."""
        right = self.predicted(way, min(count, self.count)) == self.y[:count]
        return 100 * float(right.double().mean())

    def better(
        self, way: Way, other: Way, matches: Mapping[Way, tuple[float, tuple[int, ...]]]
    ) -> bool:
        """Whether one way is right on more of the same samples than another, beyond chance.

        Of ways whose classes must be renumbered the renumbered answers are compared.
        """
        right, theirs = (
            self.predicted(each, self.count).cpu() == self.y.cpu() for each in (way, other)
        )
        if matches[way][0] - RENUMBERED > 100 * float(right.double().mean()):
            first, second = (wilson(matches[each][0], self.count) for each in (way, other))
            return first[0] > second[1]
        counts = [int((a & b).sum()) for a in (right, ~right) for b in (theirs, ~theirs)]
        both, first_alone, second_alone, neither = counts
        return paired_difference(both, first_alone, second_alone, neither)[0] > 0

    def matched(self, way: Way) -> tuple[float, tuple[int, ...]]:
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

    def trial(self, way: Way, accuracy: float, samples: int) -> Trial:
        name = self.candidates[way.candidate].architecture.name
        about = (way.preparation, way.mean, way.std, way.reversed_channels)
        return Trial(name, *about, accuracy=accuracy, samples=samples)


def _expected(look: _Look, mean: Sequence[float] | None, std: Sequence[float] | None) -> Way:
    """What would be done without this look."""
    if (mean is None) != (std is None):
        raise IntakeError("mean and std: one is given without the other; give both, or neither")
    channels, own = look.x.shape[1], look.candidates[0]
    if mean is not None and std is not None:
        if not len(mean) == len(std) == channels or not all(each > 0 for each in std):
            raise IntakeError(
                f"mean and std: want {channels} numbers each, one a channel, those of std above 0"
            )
        return Way(0, "the normalisation given", tuple(mean), tuple(std))
    if own.mean is not None and own.std is not None:
        return Way(0, "the normalisation that came with the weights", own.mean, own.std)
    return Way(0, AS_THEY_ARE, (0.0,) * channels, (1.0,) * channels)


def _readings(look: _Look, expected: Way, told: bool) -> Iterator[Way]:
    """Every architecture that fits, prepared as expected, or in the commonest way if none was told.

    An unnormalised picture may leave the right network as lost as a wrong one.
    """
    standard = ((0.5,) * len(expected.mean), (0.25,) * len(expected.mean))
    for place in range(len(look.candidates)):
        yield Way(place, expected.preparation, expected.mean, expected.std)
        if not told:
            yield Way(place, "numbers of about unit deviation", *standard)


def _likely(look: _Look, tried: Mapping[Way, float]) -> list[Way]:
    """The readings that may be the right one: the best, and those of other architectures whose
    accuracy on the few samples could be as good."""
    count = min(SCREENED, look.count)
    ordered = sorted(tried, key=lambda way: -tried[way])
    least = wilson(tried[ordered[0]], count)[0]
    found: dict[int, Way] = {}
    for way in ordered:
        if wilson(tried[way], count)[1] >= least:
            found.setdefault(way.candidate, way)
    return list(found.values())[:READINGS]
