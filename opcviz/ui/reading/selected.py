"""What is known of the selected samples, model by model: answers, attacks, neighbours."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...common.records import known
from ...common.statistics import Interval, rate_interval
from ...results import SamplesResult
from ...study import ModelResult, StudyResult
from ..charts.maps_component import Samples, Selection
from .store_reader import Column, arrays_of

__all__ = [
    "Chosen",
    "Known",
    "Rate",
    "filtered",
    "known_of",
    "positions",
    "sorted_by",
]

Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Rate:
    """How many of the samples that it can be said of.

    Attributes:
        hits, count: of the samples.
    """

    hits: int
    count: int

    @property
    def percent(self) -> float:
        """Of the samples, 0 to 100."""
        return 100 * self.hits / self.count

    @property
    def interval(self) -> Interval:
        """Wilson's, 95 %."""
        return rate_interval(self.hits, self.count)

    @classmethod
    def of(cls, flags: Flags | None, where: NDArray[np.int64]) -> Rate | None:
        """At some positions; None where nothing is known, or there is no position."""
        if flags is None or not len(where):
            return None
        return cls(int(flags[where].sum()), len(where))


@dataclass(frozen=True, eq=False)
class Known:
    """What one model is known to do with each of the N samples; None where it was not measured.

    Attributes:
        key, label: of the model.
        probabilities: (N, C), its answers.
        restored: (N,) class that FM fitted on retained data alone gets, by fit set `retain`, and
            fitted on everything, by `all`; negative where there is none.
        groups: (N,) number of the group of coincident samples it lies in, −1 alone.
        neighbours: (N, K) positions of the nearest in the model's own feature space.
        distances: (N, K) to these, in median class radii.
        member: (N,) membership score; NaN where there is none.
        member_limit: the score that one in twenty unseen samples reaches.
    """

    key: str
    label: str
    probabilities: NDArray[np.float64] | None
    restored: dict[str, NDArray[np.int64]]
    groups: NDArray[np.int64] | None
    neighbours: NDArray[np.int64] | None
    distances: NDArray[np.float64] | None
    member: NDArray[np.float64] | None
    member_limit: float | None

    @cached_property
    def answer(self) -> NDArray[np.int64] | None:
        """(N,) the class it answers."""
        return None if self.probabilities is None else self.probabilities.argmax(1)

    @cached_property
    def share(self) -> Numbers | None:
        """(N,) what it gives to that answer, percent."""
        if self.probabilities is None:
            return None
        share: Numbers = 100 * self.probabilities.max(1)
        return share

    @cached_property
    def accused(self) -> Flags | None:
        """(N,) whether membership inference takes it for training data, at 5 % false alarms."""
        if self.member is None or self.member_limit is None or np.isnan(self.member).all():
            return None
        flags: Flags = np.nan_to_num(self.member, nan=-np.inf) > self.member_limit
        return flags

    def right(self, labels: NDArray[np.int64]) -> Flags | None:
        """(N,) whether it answers the true class."""
        return None if self.answer is None else self.answer == labels

    def comes_back(self, labels: NDArray[np.int64], fit: str = "retain") -> Flags | None:
        """(N,) whether the attacker who fits on a set gets the true class."""
        found = self.restored.get(fit)
        return None if found is None or (found < 0).all() else found == labels

    def changed(self, original: Known | None) -> Flags | None:
        """(N,) whether it answers another class than the original."""
        if original is None or original.answer is None or self.answer is None:
            return None
        flags: Flags = self.answer != original.answer
        return flags

    def moved(self, original: Known | None) -> Numbers | None:
        """(N,) percent of a sample's nearest neighbours in the original that it has lost here."""
        if original is None or original.neighbours is None or self.neighbours is None:
            return None
        if self.neighbours.shape != original.neighbours.shape or not self.neighbours.size:
            return None
        pairs = self.neighbours[:, :, None] == original.neighbours[:, None, :]
        lost: Numbers = 100 * (1 - pairs.any(2).mean(1))
        return lost


def known_of(model: ModelResult, label: str, count: int) -> Known:
    """What is stored of a model, as far as it is about this many samples."""

    def fit(kind: str, file: str) -> dict[str, np.ndarray]:
        arrays = arrays_of(model, kind, file)
        return {name: a for name, a in arrays.items() if len(a) == count}

    maps, samples = fit("maps", "maps.npz"), fit("samples", "samples.npz")
    about = model.results.get(SamplesResult)
    limit = known(about.member_limit) if isinstance(about, SamplesResult) else None

    def take(name: str, kind: type) -> np.ndarray | None:
        return samples[name].astype(kind) if name in samples else None

    restored = {"retain": take("restored", np.int64), "all": take("restored_all", np.int64)}
    return Known(
        model.key,
        label,
        maps["probabilities"].astype(float) if "probabilities" in maps else None,
        {name: found for name, found in restored.items() if found is not None},
        take("groups", np.int64),
        take("neighbours", np.int64),
        take("distances", float),
        take("member", float),
        limit,
    )


def original_of(study: StudyResult, model: ModelResult, count: int) -> Known | None:
    """The original of the model's seed, which it is compared with; None for the original."""
    if model.method.info.name == "original":
        return None
    same = (m for m in study.models if m.method.info.name == "original" and m.seed == model.seed)
    found = next(same, None)
    return None if found is None else known_of(found, "Original", count)


@dataclass(frozen=True, eq=False)
class Chosen:
    """The probe set, the models shown, and which samples are selected.

    Attributes:
        samples: the probe set.
        models: what is known of each model shown, in order.
        originals: of each the original of its seed, None for an original.
        where: positions of the selected samples; all where nothing is selected.
        some: whether anything is selected.
    """

    samples: Samples
    models: Sequence[Known]
    originals: Sequence[Known | None]
    where: NDArray[np.int64]
    some: bool

    @classmethod
    def of(
        cls, study: StudyResult, samples: Samples, shown: Sequence[Column], selection: Selection
    ) -> Chosen:
        """What is selected of a study, on the models shown."""
        count = len(samples.ids)
        where = positions(samples, selection)
        return cls(
            samples,
            [known_of(column.model, column.label, count) for column in shown],
            [original_of(study, column.model, count) for column in shown],
            np.arange(count) if where is None else where,
            where is not None,
        )

    @property
    def forgotten(self) -> NDArray[np.int64]:
        """Positions of the selected samples that are to be forgotten."""
        return self.where[self.samples.forget[self.where]]

    def flags(self, name: str) -> list[Flags]:
        """(N,) of each model of which it is known: `changed`, `restored` or `member`."""
        labels = self.samples.labels
        found = []
        for model, original in zip(self.models, self.originals, strict=True):
            if original is None:  # of the original none of this is news
                continue
            asked = {
                "changed": model.changed(original),
                "restored": model.comes_back(labels),
                "member": model.accused,
            }[name]
            if asked is not None:
                found.append(asked)
        return found

    def moved(self) -> Numbers | None:
        """(N,) percent of neighbours lost, the mean over the models of which it is known."""
        pairs = zip(self.models, self.originals, strict=True)
        each = [lost for m, o in pairs if (lost := m.moved(o)) is not None]
        if not each:
            return None
        mean: Numbers = np.mean(each, 0)
        return mean


def positions(samples: Samples, selection: Selection) -> NDArray[np.int64] | None:
    """Where the selected set and classes lie in the probe set; None where neither is chosen."""
    if not selection.samples and not selection.classes:
        return None
    inside = np.isin(samples.ids, selection.samples) | np.isin(samples.labels, selection.classes)
    found: NDArray[np.int64] = np.flatnonzero(inside)
    return found


def filtered(chosen: Chosen, only: Collection[str]) -> NDArray[np.int64]:
    """The selected samples that pass.

    Args:
        chosen: what is selected.
        only: of `forgotten` and `kept` either lets a sample through; `changed` (another answer
            than the original's), `restored` (its class, by whoever holds retained data alone) and
            `member` (taken for training data) each ask that of a model shown.
    """
    where = chosen.where
    forget = chosen.samples.forget[where]
    if parts := {"forgotten", "kept"} & set(only):
        where = where[(forget & ("forgotten" in parts)) | (~forget & ("kept" in parts))]
    for name in ("changed", "restored", "member"):
        if name in only:
            flags = chosen.flags(name)
            where = where[np.any([f[where] for f in flags], axis=0)] if flags else where[:0]
    return where


def sorted_by(chosen: Chosen, where: NDArray[np.int64], by: str) -> NDArray[np.int64]:
    """Positions in another order.

    Args:
        chosen: what is selected.
        where: positions.
        by: `probe` (as they are), `class`, `moved` (most neighbours lost first) or `confidence`
            (least sure answer of a model shown first).
    """
    if by == "class":
        return where[np.argsort(chosen.samples.labels[where], kind="stable")]
    if by == "moved" and (moved := chosen.moved()) is not None:
        return where[np.argsort(-moved[where], kind="stable")]
    shares = [m.share[where] for m in chosen.models if m.share is not None]
    if by == "confidence" and shares:
        return where[np.argsort(np.min(shares, 0), kind="stable")]
    return where
