"""Results about models that draw: what comes when they are asked, and what attacks bring back.

A picture is *judged* to be of a class when the judge's most probable answer is that class; it is
*genuine* when it also lies inside the manifold of that class's real pictures. The first alone is
wrong of models that leave noise: a judge that must choose calls pure noise a digit, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..common.records import Percent, Record, Share, Undefined

__all__ = [
    "AddressResult",
    "AddressSearch",
    "AddressStart",
    "Dose",
    "DoseResult",
    "DrawnPictures",
    "GenerationResult",
    "HeldOutLoss",
    "JudgeReport",
    "MatchedDose",
    "PictureQuality",
    "RegenerationResult",
    "Regrowth",
    "RelearnedPictures",
    "RelearnedShots",
    "ReopenedResult",
]


@dataclass(frozen=True)
class DrawnPictures(Record):
    """What the judge says of pictures that a model drew.

    Attributes:
        judged: percent that are judged to be of a forgotten class: of the one asked for, where one
            was asked for, else of any.
        genuine: percent that are judged so and lie inside that class's manifold.
        none: percent that the judge takes for no class at all.
        inside: percent that are genuine pictures of whichever class they are judged to be.
        entropy: of the judge's probabilities in nats, the mean over pictures.
        shares: percent by class label that the judge takes them for; what is missing is `none`.
        pictures: how many were drawn.
    """

    judged: Percent
    genuine: Percent
    none: Percent
    inside: Percent
    entropy: float
    shares: Mapping[str, Percent]
    pictures: int


@dataclass(frozen=True)
class PictureQuality(Record):
    """How good the pictures of the retained classes are, against real ones of these classes.

    Attributes:
        accuracy: percent that are judged to be of the class asked for.
        recall_by_class: the same by class label.
        frechet: Fréchet distance of the judge's features, between drawn and real train pictures.
        frechet_unseen: the same of real test pictures. The judge's features have no unit: this says
            how large a distance is.
        precision: share of drawn pictures inside the manifold of the real ones.
        recall: share of real pictures inside the manifold of the drawn ones.
        nearest: mean distance from a drawn picture to the nearest train picture, pixels in [-1, 1].
        nearest_unseen: the same from a real test picture: far above `nearest` speaks of copies.
        pictures: how many were drawn.
    """

    accuracy: Percent
    recall_by_class: Mapping[str, Percent]
    frechet: float
    frechet_unseen: float | Undefined
    precision: Share
    recall: Share
    nearest: float
    nearest_unseen: float | Undefined
    pictures: int


@dataclass(frozen=True)
class HeldOutLoss(Record):
    """Denoising loss of the forgotten classes' test pictures, at fixed times and noise.

    Attributes:
        own: under their own class's address.
        null: under the null address.
        pictures: how many there are.
    """

    own: float
    null: float
    pictures: int


@dataclass(frozen=True)
class JudgeReport(Record):
    """How far the judge can be trusted.

    Attributes:
        accuracy: percent of real test pictures that it answers right.
        genuine: percent of them that count as genuine pictures of their class, by class label.
        fooled: percent of pictures that show nothing which count as genuine, by what they are
            (`gaussian`, `uniform`, `grey`, `black`), of the class with the most.
        seed: of its training.
    """

    accuracy: Percent
    genuine: Mapping[str, Percent]
    fooled: Mapping[str, Percent]
    seed: int


@dataclass(frozen=True)
class GenerationResult(Record):
    """What a model draws.

    Attributes:
        asked: pictures asked for the forgotten classes.
        unconditional: pictures drawn without a condition.
        retained: of the pictures asked for every other class.
        diversity: mean distance between two of the asked pictures, pixels in [-1, 1].
        held_out: denoising loss of real pictures of the forgotten classes.
        judge: how far the judge can be trusted; the same for all models of a study.
        untrained: whether the forgotten classes' addresses were never trained (the retrained
            model's): what they draw is then nobody's answer, and what comes without a condition
            says more.
        steps: of the sampler.
        guidance: weight of the guidance under which was drawn what was asked for.
    """

    asked: DrawnPictures
    unconditional: DrawnPictures
    retained: PictureQuality
    diversity: float
    held_out: HeldOutLoss | Undefined
    judge: JudgeReport
    untrained: bool
    steps: int
    guidance: float


@dataclass(frozen=True)
class Regrowth(Record):
    """What a model draws after some steps of an attack.

    Attributes:
        steps: of the attack; 0 before it.
        judged, genuine: percent of the pictures asked for the forgotten classes.
    """

    steps: int
    judged: Percent
    genuine: Percent


@dataclass(frozen=True)
class RegenerationResult(Record):
    """The DiMRA curve: fine-tuning on data without the concept.

    Attributes:
        curve: by steps of the attack.
        pictures: drawn at each point.
        reason: why the curve is not whole, if it is not.
    """

    curve: tuple[Regrowth, ...]
    pictures: int
    reason: str | None = None

    @property
    def worst(self) -> Regrowth:
        """The point with the most genuine pictures."""
        return max(self.curve, key=lambda point: (point.genuine, point.judged))


@dataclass(frozen=True)
class Dose(Record):
    """One row of the dose map.

    Attributes:
        unlearned: steps of unlearning.
        curve: by steps of the attack that follows; the first point is before it.
    """

    unlearned: int
    curve: tuple[Regrowth, ...]


@dataclass(frozen=True)
class MatchedDose(Record):
    """The attack on the method when it is stopped as soon as it looks forgotten.

    Attributes:
        unlearned: steps after which the class was first seen no more.
        judged: percent asked at that moment.
        curve: by steps of the attack.
    """

    unlearned: int
    judged: Percent
    curve: tuple[Regrowth, ...]


@dataclass(frozen=True)
class DoseResult(Record):
    """Unlearning steps against attack steps.

    Attributes:
        rows: by steps of unlearning.
        matched: the method stopped when it first looks forgotten, or why it never does.
        lr: rate of the unlearning, the same for all methods and all the time.
        pictures: drawn at each point.
    """

    rows: tuple[Dose, ...]
    matched: MatchedDose | Undefined
    lr: float
    pictures: int


@dataclass(frozen=True)
class AddressStart(Record):
    """One start of the search for an address.

    Attributes:
        name: `mean` of the retained addresses, the forgotten class's `own`, or `null`.
        losses: denoising loss at the steps of `AddressSearch.looks`.
    """

    name: str
    losses: tuple[float, ...]


@dataclass(frozen=True)
class AddressSearch(Record):
    """Concept inversion: a condition vector that draws the forgotten class.

    Attributes:
        judged, genuine: percent of the pictures drawn under the address that was kept.
        loss: of that address, on the attacker's pictures.
        best: name of the start that led to it.
        looks: steps at which it was looked at, from 0.
        course: what the best start's address draws at each look.
        starts: all starts.
        given: pictures of the forgotten class that the attacker has.
        pictures: drawn under the address that was kept; fewer are drawn at each look.
        kept: the look whose address was kept, where it was chosen by what it draws; None where
            the least loss at the end chose it.
        chosen: percent genuine of the pictures that it was chosen by, of other noise.
    """

    judged: Percent
    genuine: Percent
    loss: float
    best: str
    looks: tuple[int, ...]
    course: tuple[Regrowth, ...]
    starts: tuple[AddressStart, ...]
    given: int
    pictures: int
    kept: int | None = None
    chosen: Percent | None = None


@dataclass(frozen=True)
class AddressResult(Record):
    """Concept inversion, quick and strong.

    Attributes:
        quick: from one start; the least loss counts.
        strong: from three starts, with more steps; what draws most counts.
    """

    quick: AddressSearch
    strong: AddressSearch


@dataclass(frozen=True)
class ReopenedResult(Record):
    """Concept inversion in what DiMRA left.

    Attributes:
        steps: of DiMRA.
        strong: the search, as of `AddressResult`.
    """

    steps: int
    strong: AddressSearch


@dataclass(frozen=True)
class RelearnedShots(Record):
    """Training on a few pictures of the forgotten classes.

    Attributes:
        given: pictures of each forgotten class that the attacker has.
        curve: by steps of training; at each the better of two starts.
        starts: which that is, at each: from the class's `own` address or the `null` one.
    """

    given: int
    curve: tuple[Regrowth, ...]
    starts: tuple[str, ...] = ()


@dataclass(frozen=True)
class RelearnedPictures(Record):
    """Few-shot relearning.

    Attributes:
        shots: by number of pictures given.
        pictures: drawn at each point.
    """

    shots: tuple[RelearnedShots, ...]
    pictures: int
