"""Attacks on a model in hand: each asks the one question of its room in `opcviz.attacks`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..attacks import inversion as inverting
from ..attacks.membership import Membership
from ..attacks.membership import membership as test_membership
from ..attacks.recovery import Recovery
from ..attacks.recovery import recover as run_recovery
from ..attacks.relearning import Relearning
from ..attacks.relearning import relearn as run_relearning
from ..common.progress import Progress
from ..common.records import Undefined
from ..data import Images, Split, photo_patches, probe_set
from ..measures import accuracy_report
from .models import Model, observe, working

__all__ = ["Inverted", "invert", "membership", "recover", "relearn"]


def recover(
    model: Model,
    data: Images,
    split: Split,
    *,
    original: Model,
    seed: int = 0,
    progress: bool | Progress = True,
    **settings: Any,
) -> Any:
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
        As `opcviz.attacks.recovery.recover`: under `fm`, `hr` and `hr_labels` by fit set (`all`,
        `retain`, `heldout`, ...) the `forget_accuracy` in percent with its interval, beside
        `before` and `constant_predictor`, what one constant answer scores.

    Raises:
        ConfigError: for an unknown setting.

    Example:
        >>> result = opcviz.recover(unlearned, data, split, original=original, progress=False)
        >>> attacked = result["fm"]["all"]["forget_accuracy"]
        >>> result["constant_predictor"] < 35 and 0 <= attacked <= 100
        True
    """
    config, head = Recovery.from_dict(settings), original.network.head
    with working(f"recovering from {model.title}", model.network, data, progress) as told:
        return run_recovery(
            observe(original, data, progress=told),
            observe(model, data, progress=told),
            (head.weight.detach(), head.bias.detach()),
            split,
            config,
            progress=told,
            seed=seed,
        ).to_dict()


@dataclass(frozen=True, eq=False, repr=False)
class Inverted:
    """What gradient inversion found of some pictures.

    Attributes:
        positions: (P,) of the attacked pictures in the train set.
        pictures: (P, C, H, W) in [0, 1], the true ones.
        reconstructions: (P, C, H, W) in [0, 1]; NaN where no gradient reaches the body.
        summary: an `InversionSummary`, JSON-ready: `psnr` (dB), `ssim`, `body_gradient_norm`,
            `per_picture`, `surrogate`, `activations`, `masked`, and the two baselines
            `random_gradient` and `class_mean`.
    """

    positions: Tensor
    pictures: Tensor
    reconstructions: Tensor
    summary: dict[str, Any]

    def __repr__(self) -> str:
        told, guess = self.summary["psnr"], self.summary["class_mean"]["psnr"]
        found = self.summary["reason"] if told is None else f"PSNR {told:.1f} dB"
        return f"Inverted({len(self.pictures)} pictures: {found}; class mean {guess:.1f} dB)"

    def to_dict(self) -> dict[str, Any]:
        """The numbers, JSON-ready."""
        return {**self.summary, "positions": self.positions.tolist()}


def invert(
    model: Model,
    data: Images,
    split: Split,
    *,
    original: Model | None = None,
    pictures: int = 8,
    seed: int = 0,
    progress: bool | Progress = True,
    **settings: Any,
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
        ValueError: for data that are no pictures in [0, 1], settings that do not fit together, or
            no original where one is wanted.

    Example:
        >>> opcviz.invert(original, data, split, pictures=2, iterations=5, progress=False)
        Inverted(2 pictures: PSNR ... dB; class mean ... dB)
    """
    config = inverting.Inversion.from_dict(settings)
    ids = _spread(split, data, pictures, seed)
    true, labels = data.batch(ids), data.y_train[ids]
    with working(f"inverting {model.title}", model.network, data, progress) as told:
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
    return Inverted(ids.cpu(), true.cpu(), found.reconstructions[0], records[0].to_dict())


def relearn(
    model: Model,
    data: Images,
    split: Split,
    *,
    original: Model,
    seed: int = 0,
    progress: bool | Progress = True,
    **settings: Any,
) -> Any:
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
        As `opcviz.attacks.relearning.relearn`: under `variants` by what the attacker trains on
        (`retain`, `shots_1`, ..., `other`) the accuracy after each look, in percent.

    Raises:
        ConfigError: for an unknown setting.

    Example:
        >>> result = opcviz.relearn(unlearned, data, split, original=original, steps=2,
        ...                         shots=[1], other="none", progress=False)
        >>> list(result["variants"])
        ['retain', 'shots_1']
    """
    config = Relearning.from_dict(settings)
    with working(f"relearning from {model.title}", model.network, data, progress) as told:
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
        ).to_dict()


def membership(
    model: Model,
    data: Images,
    split: Split,
    *,
    seed: int = 0,
    progress: bool | Progress = True,
    **settings: Any,
) -> Any:
    """Membership inference: can it be told that the forget samples were trained on?

    Args:
        model: the model under attack; nothing else is needed.
        data: the data set.
        split: what was to be forgotten.
        seed: of the draw that the support vector machines learn from.
        progress: a progress bar; False for none.
        **settings: of `opcviz.attacks.membership.Membership`.

    Returns:
        As `opcviz.attacks.membership.membership`: `thresholds` with the ROC of five scores and
        `svc`, the share of forget samples taken for members.

    Raises:
        ConfigError: for an unknown setting.

    Example:
        >>> result = opcviz.membership(unlearned, data, split, progress=False)
        >>> 0 <= result["thresholds"]["loss"]["auc"] <= 1
        True
    """
    config = Membership.from_dict(settings)
    with working(f"testing {model.title}", model.network, data, progress) as told:
        outputs = observe(model, data, progress=told)
        return test_membership(outputs, split, config, seed=seed, progress=told).to_dict()


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
