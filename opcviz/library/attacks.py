"""Attacks on a model in hand: each asks the one question of its room in `opcviz.attacks`."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..attacks import inversion as inverting
from ..attacks.membership import Membership
from ..attacks.membership import membership as test_membership
from ..attacks.recovery import Recovery
from ..attacks.recovery import recover as run_recovery
from ..attacks.relearning import Relearning
from ..attacks.relearning import relearn as run_relearning
from ..common.json_types import Json
from ..common.progress import Progress
from ..common.records import Record, Undefined
from ..data import Images, Split, photo_patches, probe_set
from ..measures import accuracy_report
from ..results import InversionSummary, MembershipResult, RecoveryResult, RelearningResult
from .checks import check_seed, whole_number
from .model import Model, examining
from .models import observe

__all__ = ["Inverted", "invert", "membership", "recover", "relearn"]


def recover(
    model: Model,
    data: Images,
    split: Split,
    *,
    original: Model,
    seed: int = 0,
    progress: bool | Progress = True,
    **settings: object,
) -> RecoveryResult:
    """Recovery attacks: does one affine map of the features bring the answers back?

    FM maps the model's features to the original's and applies the original head; HR maps them to
    the original's logits (`hr`) or to labels (`hr_labels`). Closed forms; no weight is trained.

    Args:
        model: the model under attack.
        data: the data set.
        split: what was to be forgotten.
        original: the model before unlearning, which this attacker has.
        seed: of the draws of the attacker's samples.
        progress: a progress bar; False for none.
        **settings: `ridge`, `ridges` and the rest of `opcviz.attacks.recovery.Recovery`.

    Returns:
        `fm`, `hr` and `hr_labels`, each by fit set (`all`, `retain`, `heldout`, ...) the
        `forget_accuracy` in percent with its interval, beside `before` and `constant_predictor`,
        what one constant answer scores; `to_dict()` is JSON-ready.

    Raises:
        ConfigError: for an unknown setting.
        DataError: for a split or a model of another data set.
        TypeError, ValueError: for an argument of another type, or a seed outside 0 to 2³²−1.

    Example:
        >>> result = opcviz.recover(unlearned, data, split, original=original, progress=False)
        >>> attacked = result.fm["all"].forget_accuracy
        >>> result.constant_predictor < 35 and 0 <= attacked <= 100
        True
    """
    seed, config = check_seed(seed), Recovery.from_dict(settings)
    models = {"model": model, "original": original}
    with examining("recovering from", data, split, progress, **models) as told:
        return run_recovery(
            observe(original, data, progress=told),
            observe(model, data, progress=told),
            original.network.head_weights,
            split,
            config,
            progress=told,
            seed=seed,
        )


@dataclass(frozen=True, eq=False, repr=False)
class Inverted(Record):
    """What gradient inversion found of some pictures.

    Attributes:
        positions: (P,) of the attacked pictures in the train set.
        pictures: (P, C, H, W) in [0, 1], the true ones.
        reconstructions: (P, C, H, W) in [0, 1]; NaN where no gradient reaches the body.
        summary: means over the pictures and each picture's figures: `psnr` (dB), `ssim`,
            `body_gradient_norm`, `per_picture`, `surrogate`, `activations`, `masked`, and the two
            baselines `random_gradient` and `class_mean`.
    """

    positions: Tensor
    pictures: Tensor
    reconstructions: Tensor
    summary: InversionSummary

    def __repr__(self) -> str:
        told, baseline = self.summary.psnr, self.summary.class_mean
        guess = baseline.psnr if baseline else None
        found = self.summary.reason if told is None else f"PSNR {told:.1f} dB"
        beside = "" if guess is None else f"; class mean {guess:.1f} dB"
        return f"Inverted({len(self.pictures)} pictures: {found}{beside})"

    def _written(self) -> Json:
        return {**self.summary.to_dict(), "positions": self.positions.tolist()}


def invert(
    model: Model,
    data: Images,
    split: Split,
    *,
    original: Model | None = None,
    pictures: int = 8,
    seed: int = 0,
    progress: bool | Progress = True,
    **settings: object,
) -> Inverted:
    """Inversion: search for forget pictures from their gradients, and from every block.

    A score says that a gradient is alive in the model, not that the picture was remembered: read it
    beside the retrained model's. Where no gradient reaches the body there is none, and `masked`
    says whether the picture is rebuilt all the same.

    Args:
        model: the model under attack.
        data: a data set of pictures in [0, 1].
        split: what was to be forgotten.
        original: the model before unlearning; wanted for `target="difference"`.
        pictures: how many forget pictures, spread over their classes.
        seed: of the choice of pictures and the searches' starts.
        progress: a progress bar; False for none.
        **settings: `iterations`, `restarts`, `tv` and the rest of
            `opcviz.attacks.inversion.Inversion`.

    Raises:
        ConfigError: for an unknown setting.
        DataError: for a split or a model of another data set.
        ValueError: for data that are no pictures in [0, 1], settings that do not fit together, no
            pictures, a seed outside 0 to 2³²−1, or no original where one is wanted.
        TypeError: for an argument of another type.

    Example:
        >>> opcviz.invert(original, data, split, pictures=2, iterations=5, progress=False)
        Inverted(2 pictures: PSNR ... dB; class mean ... dB)
    """
    seed, config = check_seed(seed), inverting.Inversion.from_dict(settings)
    count = whole_number("pictures", pictures, 1)
    models = {"model": model} if original is None else {"model": model, "original": original}
    with examining("inverting", data, split, progress, **models) as told:
        ids = _spread(split, data, count, seed)
        true, labels = data.batch(ids), data.y_train[ids]
        found, records = inverting.examine(
            [model.network],
            true,
            labels,
            config,
            class_mean=inverting.class_mean_scores(data.x_train, data.y_train, true, labels),
            forgotten=len(split.forget_train),
            originals=None if original is None else [original.network],
            seed=seed,
            progress=told,
        )
    return Inverted(ids.cpu(), true.cpu(), found.reconstructions[0], records[0])


def relearn(
    model: Model,
    data: Images,
    split: Split,
    *,
    original: Model,
    seed: int = 0,
    progress: bool | Progress = True,
    **settings: object,
) -> RelearningResult:
    """Relearning: how fast do the forgotten data come back when training goes on?

    Args:
        model: the model under attack; it is copied.
        data: the data set.
        split: what was to be forgotten.
        original: the model before unlearning, whose accuracy curves are measured against.
        seed: of the samples given, scored, and their order: the same for models to be compared.
        progress: a progress bar; False for none.
        **settings: `steps`, `lr`, `shots`, `other` and the rest of
            `opcviz.attacks.relearning.Relearning`. Samples that are no pictures have no `other`.

    Returns:
        `variants`: by what the attacker trains on (`retain`, `shots_1`, ..., `other`) the accuracy
        after each look, in percent; `to_dict()` is JSON-ready.

    Raises:
        ConfigError: for an unknown setting.
        DataError: for a split or a model of another data set.
        TypeError, ValueError: for an argument of another type, or a seed outside 0 to 2³²−1.

    Example:
        >>> result = opcviz.relearn(unlearned, data, split, original=original, steps=2,
        ...                         shots=[1], other="none", progress=False)
        >>> list(result.variants)
        ['retain', 'shots_1']
    """
    seed, config = check_seed(seed), Relearning.from_dict(settings)
    models = {"model": model, "original": original}
    with examining("relearning from", data, split, progress, **models) as told:
        outputs = observe(original, data, progress=told)
        before = accuracy_report(outputs, split, data.class_names).forget_train
        if isinstance(before, Undefined):
            raise ValueError(f"relearning: the original's forget accuracy: {before.reason}")
        return run_relearning(
            model.network,
            data,
            split,
            config,
            original_accuracy=before,
            other=_photographs(data) if config.other == "photos" else None,
            seed=seed,
            progress=told,
        )


def membership(
    model: Model,
    data: Images,
    split: Split,
    *,
    seed: int = 0,
    progress: bool | Progress = True,
    **settings: object,
) -> MembershipResult:
    """Membership inference: can it be told that the forget samples were trained on?

    Args:
        model: the model under attack; nothing else is needed.
        data: the data set.
        split: what was to be forgotten.
        seed: of the draw that the support vector machines learn from.
        progress: a progress bar; False for none.
        **settings: of `opcviz.attacks.membership.Membership`.

    Returns:
        `thresholds` with the ROC of five scores and `svc`, the share of forget samples taken for
        members; `to_dict()` is JSON-ready.

    Raises:
        ConfigError: for an unknown setting.
        DataError: for a split or a model of another data set.
        TypeError, ValueError: for an argument of another type, or a seed outside 0 to 2³²−1.

    Example:
        >>> result = opcviz.membership(unlearned, data, split, progress=False)
        >>> 0 <= result.thresholds.loss.auc <= 1
        True
    """
    seed, config = check_seed(seed), Membership.from_dict(settings)
    with examining("testing", data, split, progress, model=model) as told:
        outputs = observe(model, data, progress=told)
        return test_membership(outputs, split, config, seed=seed, progress=told)


def _photographs(data: Images) -> Images | None:
    """Other data of the same shape; none where samples are no pictures."""
    if len(data.shape) != 3:
        return None
    channels, height, width = data.shape
    return photo_patches((channels, height, width))


def _spread(split: Split, data: Images, count: int, seed: int) -> Tensor:
    """Positions of so many forget samples, classes taking turns."""
    forget = split.forget_train
    probe = probe_set(data, split, len(data.y_train), seed)
    chosen = probe[torch.isin(probe, forget)]
    at = torch.linspace(0, len(chosen) - 1, min(count, len(chosen)), device=chosen.device)
    return chosen[at.round().long()]
