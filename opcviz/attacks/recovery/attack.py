"""Recovery attacks: is the forgotten knowledge one affine map away? (OPC, arXiv 2507.07754)

Both attacks are closed-form and train nothing. With F the unlearned model's features of a fit set,
F_o and Z_o the original model's features and logits on it, and g_o the original head:

* FM, feature mapping:  W, b = argmin ‖F·W + b − F_o‖² + ρ‖W‖²;  answer g_o(f·W + b).
* HR, head recovery:    V, c = argmin ‖F·V + c − T‖² + ρ‖V‖²;    answer f·V + c,
  with T = Z_o, or one-hot labels for an attacker who has no original model.

The ridge ρ is relative to the size of the features: ρ stands for ρ·trace(S)/d, with S the moments
of F about its mean, so that scaling the features changes nothing.

Ridge regression is linear in its targets, so mapping to F_o and applying g_o is the same as mapping
to g_o(F_o): FM costs C target columns instead of d. Where Z_o = g_o(F_o) and the intercept is free,
the closed forms of FM and HR are the same attack. The attacker who differs is HR on labels, so it
is always computed too (`hr_labels`). Without intercepts (linear maps) FM keeps the original head's
bias and HR has none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ...common.parts import PARTS, Side, side_of
from ...common.progress import Progress
from ...common.records import Undefined, guard
from ...common.statistics import LEVEL, rate_interval
from ...data import Split
from ...results import (
    ATTACKS,
    FIT_SETS,
    BeforeAttack,
    ConfidenceInterval,
    FitResult,
    Flips,
    RecoveryResult,
    RidgeSweep,
    SizeSweep,
)
from ...tasks.classification import ModelOutputs
from .least_squares import StreamedLeastSquares
from .problem import RecoveryProblem, ThreatModel
from .scoring import MapScores, confusion, flips, hits_by_class, predict, scores_of
from .settings import Recovery
from .sizes import size_sweep
from .unseen import unseen_scores

__all__ = ["ThreatModel", "recover"]


@torch.no_grad()
def recover(
    original: ModelOutputs,
    unlearned: ModelOutputs,
    head: tuple[Tensor, Tensor] | None,
    split: Split,
    config: Recovery | None = None,
    *,
    progress: Progress | None = None,
    seed: int = 0,
) -> RecoveryResult:
    """Run FM and HR from every fit set and score them on the forget part of the train set.

    And, under `unseen`, on forgotten samples that the map was fitted without.

    Args:
        original, unlearned: what the two models computed on the same train and test data. Their
            features may differ in width, so any block's features can stand in for the unlearned.
        head: weight (C, d_o) and bias (C,) of the original head; None leaves FM out.
        split: which samples are forgotten.
        config: ridges, HR's targets, intercept, and the sizes of the size sweep (none: no sweep).
        progress: asked between steps whether to stop.
        seed: of the size sweep's draws.

    Raises:
        ValueError: where the two models' observations do not belong together, or the original
            model's are not finite.
        Cancelled: from `progress`.
    """
    config, progress = config or Recovery(), progress or Progress()
    problem = RecoveryProblem(original, unlearned, head, split, config, progress)
    _check(original, unlearned)
    labels = problem.forgotten
    constant = 100 * labels.bincount().max().item() / len(labels) if len(labels) else None
    why = _nothing_to_recover(unlearned, labels)
    reasons = dict.fromkeys(FIT_SETS, why) if why else _missing_fit_sets(split)
    fits = _fit(problem, [name for name in FIT_SETS if name not in reasons])
    answers = _answers(problem)
    scored = _score(problem, fits, constant, answers) if fits else {}
    unseen = unseen_scores(problem, {name: (f.weight, f.bias) for name, f in fits.items()}, seed)

    def entry(attack: str, name: str) -> FitResult:
        if attack == "hr_labels" and config.hr_targets == "labels":
            attack = "hr"
        if attack == "fm" and head is None:
            return FitResult.undefined("FM needs the original head", constant)
        if name in reasons:
            return FitResult.undefined(reasons[name].reason, constant)
        return replace(scored[attack, name], unseen=unseen[attack, name])

    sizes: SizeSweep | Undefined | None = None
    if config.sizes:
        sizes = why or reasons.get("heldout") or size_sweep(problem, seed)
    fm, hr, hr_labels = ({name: entry(attack, name) for name in FIT_SETS} for attack in ATTACKS)
    return RecoveryResult(
        fm=fm,
        hr=hr,
        hr_labels=hr_labels,
        ridge=config.ridge,
        hr_targets=config.hr_targets,
        intercept=config.intercept,
        level=LEVEL,
        resamples=0,
        constant_predictor=constant,
        before=_before(answers, labels),
        sizes=sizes,
    )


@dataclass(frozen=True, eq=False)
class _Fit:
    """All attacks' maps from one fit set: (attacks, 1 + ridges, d, C), and what they rest on."""

    weight: Tensor
    bias: Tensor
    rank: int
    samples: int
    note: str | None


def _fit(problem: RecoveryProblem, names: list[str]) -> dict[str, _Fit]:
    """Fit every attack on each fit set; every part of the data is seen once."""
    used = {part for name in names for part in FIT_SETS[name].parts}
    parts = {
        part: problem.moments(side_of(part), problem.split.part(part))
        for part in PARTS
        if part in used
    }
    fits = {}
    for name in names:
        moments = problem.accumulator()
        for part in FIT_SETS[name].parts:
            moments = moments + parts[part]
        weight, bias, rank = problem.solve(moments)
        fits[name] = _Fit(weight, bias, rank, int(moments.count), _note(moments, problem))
        problem.progress.check()
    return fits


def _note(moments: StreamedLeastSquares, problem: RecoveryProblem) -> str | None:
    if moments.count > moments.inputs + problem.config.intercept:
        return None
    size = f"{moments.count} samples for {moments.inputs} features"
    return f"{size}: at ridge 0 the fit interpolates whatever it is given"


def _check(original: ModelOutputs, unlearned: ModelOutputs) -> None:
    sides: tuple[Side, ...] = ("train", "test")
    for side in sides:
        a, b = original.side(side), unlearned.side(side)
        if len(a.features) != len(b.features) or not torch.equal(a.labels.cpu(), b.labels.cpu()):
            raise ValueError(
                f"recovery: the original and the unlearned model were not observed on the same "
                f"{side} samples ({len(a.features)} and {len(b.features)})"
            )
        if not (_finite(a.features) and _finite(a.logits)):
            raise ValueError(f"recovery: the original model is not finite on the {side} set")


def _finite(values: Tensor) -> bool:
    """Whether all values are finite; their sum tells, mostly, without a mask as large as they."""
    return bool(values.sum().isfinite()) or bool(values.isfinite().all())


def _nothing_to_recover(unlearned: ModelOutputs, labels: Tensor) -> Undefined | None:
    """Why no attack can be made, if so; a diverged method is a result, not an error."""
    finite = all(_finite(seen.features) for seen in (unlearned.train, unlearned.test))
    return guard(
        (not len(labels), "the forget set is empty"),
        (not finite, "the unlearned model's features are not finite: it diverged"),
    )


def _missing_fit_sets(split: Split) -> dict[str, Undefined]:
    """Fit sets that this split does not define, with the reason."""
    reasons = {
        name: Undefined("there are no such samples")
        for name, fit in FIT_SETS.items()
        if not sum(len(split.part(part)) for part in fit.parts)
    }
    if not split.classes:
        reasons["heldout_retain"] = Undefined(
            "samples were forgotten, not classes: no test data belongs to the forgotten"
        )
    return reasons


def _answers(problem: RecoveryProblem) -> Tensor | Undefined:
    """(|D_f|,) what the unlearned model itself answers on the forget set."""
    logits = problem.unlearned.train.logits.cpu()[problem.split.forget_train.cpu()]
    why = guard(
        (not len(logits), "the forget set is empty"),
        (
            not logits.isfinite().all(),
            "the unlearned model's logits are not finite: it diverged",
        ),
    )
    return why or logits.argmax(1)


def _before(answers: Tensor | Undefined, labels: Tensor) -> BeforeAttack:
    """The unlearned model as it stands."""
    if isinstance(answers, Undefined):
        return BeforeAttack(answers, answers)
    (score,) = scores_of(hits_by_class(answers[:, None], labels), labels)
    return BeforeAttack(
        forget_accuracy=score.accuracy,
        balanced_accuracy=score.balanced,
        recall=score.recall,
        interval=_interval(score, labels),
        confusion=confusion(answers, labels),
    )


def _interval(score: MapScores, labels: Tensor) -> ConfidenceInterval:
    return ConfidenceInterval(*rate_interval(score.hits, len(labels)), "wilson")


def _score(
    problem: RecoveryProblem,
    fits: dict[str, _Fit],
    constant: float | None,
    before: Tensor | Undefined,
) -> dict[tuple[str, str], FitResult]:
    """Every attack and fit set: the default ridge (map 0) in full, the rest as a sweep."""
    weight = torch.stack([fit.weight for fit in fits.values()]).permute(3, 0, 1, 2, 4)
    bias = torch.stack([fit.bias for fit in fits.values()])  # (fit sets, attacks, ridges, C)
    labels = problem.forgotten
    answers = predict(
        problem.unlearned.train.features,
        problem.split.forget_train,
        weight.flatten(1, 3),
        bias.flatten(0, 2),
        problem.progress,
    )
    scores = scores_of(hits_by_class(answers, labels), labels)
    kept = _retained(problem, weight[:, :, :, 0], bias[:, :, 0])

    ridges = 1 + len(problem.config.ridges)
    found = {}
    for i, (name, attack) in enumerate((n, a) for n in fits for a in problem.attacks):
        score, *swept = scores[i * ridges : (i + 1) * ridges]
        answer = answers[:, i * ridges]
        found[attack, name] = FitResult(
            forget_accuracy=score.accuracy,
            balanced_accuracy=score.balanced,
            recall=score.recall,
            retain_accuracy=kept if isinstance(kept, Undefined) else kept[i],
            constant_predictor=constant,
            sweep=RidgeSweep(
                problem.config.ridges,
                tuple(each.accuracy for each in swept),
                tuple(each.balanced for each in swept),
            ),
            samples=fits[name].samples,
            rank=fits[name].rank,
            interval=_interval(score, labels),
            confusion=confusion(answer, labels) if name == "all" else None,
            flips=_flips(before, answer, labels) if name == "all" else None,
            note=fits[name].note,
        )
    return found


def _flips(before: Tensor | Undefined, after: Tensor, labels: Tensor) -> Flips:
    if isinstance(before, Undefined):
        return Flips(before, before, before)
    return flips(before, after, labels)


def _retained(problem: RecoveryProblem, weight: Tensor, bias: Tensor) -> list[float] | Undefined:
    """Percent of the retain train samples that each fit set's and attack's map answers right."""
    train, rows = problem.unlearned.train, problem.split.retain_train
    labels = train.labels.cpu()[rows.cpu()]
    if not len(labels):
        return Undefined("nothing is retained, so there is no retain accuracy")
    maps = weight.flatten(1, 2), bias.flatten(0, 1)
    answers = predict(train.features, rows, *maps, problem.progress)
    shares: list[float] = (100 * (answers == labels[:, None]).double().mean(0)).tolist()
    return shares
