"""Everything that inversion asks of a model: one record of what its gradients and blocks show.

Each part has an attacker of its own:

* **the gradient** (target B; `invert`). Somebody evaluates the loss of the forget picture at the
  unlearned weights, so he holds the picture: this is a probe of the network by an auditor, not an
  attack by an eavesdropper who lacks the picture. A high score says that a gradient is alive there.
  It does not say that the picture was remembered: a retrained model, which never saw it, scores as
  high as the original.
* **a slope for dead units** (`surrogate`). The same auditor, with ReLU's derivative replaced in
  backward. Run only where a gradient does not reach the body.
* **a block's activations** (`activations`). The auditor reads what a block computes of the picture.
* **the weight difference** (target A). The one attacker who need not hold the picture: he holds
  the weights before and after. After one step on one picture the difference is its gradient; of
  several samples and many steps it is a mixture, and no score of one picture would mean anything.

Which gradient the inversion in the paper on one-point contraction uses is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from ...common.progress import Progress
from ...common.records import Undefined
from ...results import (
    BlockInversion,
    ClassMeanScores,
    DifferenceScores,
    InversionSummary,
    PictureScores,
    SurrogateScores,
)
from .activations import invert_activations
from .attack import invert, invert_beside
from .copies import flushed_denormals, frozen_copy
from .masked import masked
from .result import NO_BODY_GRADIENT, InversionResult, counted
from .scores import mean, plain, psnr
from .settings import Inversion
from .surrogate import SurrogateSlope

__all__ = ["MARGIN", "examine"]

MARGIN = 6.0
"""Decibels above the class-mean picture from which a picture counts as rebuilt: half its error."""


def examine(
    models: Sequence[nn.Module],
    pictures: Tensor,
    labels: Tensor,
    config: Inversion,
    *,
    class_mean: ClassMeanScores,
    forgotten: int,
    originals: Sequence[nn.Module] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[InversionResult, list[InversionSummary]]:
    """Attack each model with each picture in every way that the settings ask for.

    Args:
        models, pictures, labels, config, originals, seed, progress: as `invert` takes them.
        class_mean: the baseline, of these pictures; rebuilt is what comes `MARGIN` closer.
        forgotten: how many samples were to be forgotten.

    Returns:
        What the search in the gradient found, and a record a model of the whole.

    Raises:
        ValueError, Cancelled: as `invert`.
    """
    quiet = _quiet(progress or Progress())
    if config.target == "gradient":
        relus = _relus_of_masked(models, pictures, labels, config)
        found, bent = invert_beside(
            models, list(relus), pictures, labels, config, seed=seed, progress=progress
        )
        surrogates = _surrogates(config, found, bent, relus)
    else:
        found = invert(
            models, pictures, labels, config, originals=originals, seed=seed, progress=progress
        )
        surrogates = [Undefined("not asked for")] * len(models)
    records = []
    for m, about in enumerate(found.summary()):
        original = None if originals is None else originals[m]
        blocks = _blocks(models[m], pictures, config, class_mean, quiet)
        records.append(
            _judged(
                replace(
                    about,
                    class_mean=class_mean,
                    surrogate=surrogates[m],
                    activations=tuple(blocks),
                    difference=_difference(
                        models[m], original, pictures, labels, config, forgotten, seed, quiet
                    ),
                )
            )
        )
    return found, records


def _quiet(progress: Progress) -> Progress:
    """Asks whether to stop and tells nothing: the steps of the first search are the ones shown."""

    def stop() -> bool:
        progress.check()
        return False

    return Progress(stop=stop)


def _relus_of_masked(
    models: Sequence[nn.Module], pictures: Tensor, labels: Tensor, config: Inversion
) -> dict[int, int]:
    """Positions of the models that a slope is tried on, with the ReLUs that each calls: some
    picture leaves no gradient in the body, and there is a ReLU that may be why."""
    if not config.surrogate:
        return {}
    silent = masked(models, pictures, labels, config)
    relus = {m: _relus(model, pictures[:1]) for m, model in enumerate(models) if silent[m]}
    return {m: count for m, count in relus.items() if count}


def _surrogates(
    config: Inversion,
    found: InversionResult,
    bent: InversionResult | None,
    relus: dict[int, int],
) -> list[SurrogateScores | Undefined]:
    """What the search with a slope for units that are off found, or why there was none."""
    scores: list[SurrogateScores | Undefined] = []
    for reasons in found.reasons:
        if not config.surrogate:
            why = "not asked for"
        elif NO_BODY_GRADIENT not in reasons:
            why = "a gradient reaches the body without it"
        else:
            why = "the network calls no ReLU, so no unit is off"
        scores.append(Undefined(why))
    if bent is None:
        return scores
    for at, (m, count) in enumerate(relus.items()):
        scores[m] = SurrogateScores(
            slope=config.surrogate,
            units=f"every unit with an input of at most 0, in all {count} ReLU layers, "
            "backward only",
            psnr=mean(bent.psnr[at]),
            ssim=mean(bent.ssim[at]),
            cost=mean(bent.cost[at]),
            body_gradient_norm=mean(bent.body_gradient_norm[at]),
            per_picture=PictureScores(plain(bent.psnr[at]), plain(bent.ssim[at])),
            reason=counted(bent.reasons[at]),
        )
    return scores


@torch.no_grad()
def _relus(model: nn.Module, picture: Tensor) -> int:
    """How often a forward pass calls ReLU."""
    model = frozen_copy(model)
    with SurrogateSlope(0.0) as watch:
        model(picture.to(next(model.parameters())))
    calls: int = watch.met
    return calls


def _blocks(
    model: nn.Module,
    pictures: Tensor,
    config: Inversion,
    class_mean: ClassMeanScores,
    progress: Progress,
) -> list[BlockInversion]:
    """What each block gives away, from input to head."""
    if not config.activations:
        return []
    true = pictures.detach().cpu()
    with flushed_denormals():
        found = invert_activations(
            frozen_copy(model), pictures, max(1, config.iterations // 5), progress=progress
        )
    records = []
    for each in found:
        void = torch.tensor([bool(why) for why in each.reasons])
        values = torch.where(void, torch.nan, psnr(each.pictures, true))
        scores = plain(values)
        near = _rebuilt(scores, class_mean)
        records.append(
            BlockInversion(each.block, mean(values), scores, sum(near), counted(each.reasons))
        )
    return records


def _difference(
    model: nn.Module,
    original: nn.Module | None,
    pictures: Tensor,
    labels: Tensor,
    config: Inversion,
    forgotten: int,
    seed: int,
    progress: Progress,
) -> DifferenceScores | Undefined:
    """Target A, where one sample was forgotten; and why it can tell nothing, else."""
    if forgotten != 1:
        return Undefined(
            f"{forgotten} samples were forgotten: the weight difference mixes them over many "
            "steps, so this attack cannot tell whether one picture is still there"
        )
    if original is None:
        return Undefined("the model before unlearning was not given")
    if len(pictures) != 1 or config.batch != 1:
        return Undefined("it is about the one forgotten picture, and others were attacked")
    asked = config.replace(target="difference", decoys=0, frames=0)
    found = invert(
        [model], pictures, labels, asked, originals=[original], seed=seed, progress=progress
    )
    return DifferenceScores(
        psnr=mean(found.psnr[0]),
        ssim=mean(found.ssim[0]),
        cost=mean(found.cost[0]),
        body_gradient_norm=mean(found.body_gradient_norm[0]),
        reason=found.reasons[0][0] or None,
    )


def _rebuilt(scores: Sequence[float | None], class_mean: ClassMeanScores) -> list[bool]:
    """Whether each picture was found closer than the class-mean picture by the margin."""
    guesses = class_mean.per_picture.psnr
    return [
        score is not None and guess is not None and score >= guess + MARGIN
        for score, guess in zip(scores, guesses, strict=True)
    ]


def _judged(about: InversionSummary) -> InversionSummary:
    """With `masked` and `rebuilt_by`: what rebuilds pictures that leave no gradient in the body."""
    silent = [reason == NO_BODY_GRADIENT for reason in about.per_picture.reason]
    blocks = {block.block: block.per_picture for block in about.activations}
    if not blocks or about.class_mean is None:
        return about
    ways = dict(blocks)
    if isinstance(about.surrogate, SurrogateScores):
        ways = {"surrogate": about.surrogate.per_picture.psnr, **blocks}
    by = tuple(
        name
        for name, scores in ways.items()
        if any(s and r for s, r in zip(silent, _rebuilt(scores, about.class_mean), strict=True))
    )
    # the surrogate alone proves nothing: see `surrogate`
    return replace(about, masked=not blocks.keys().isdisjoint(by), rebuilt_by=by)
