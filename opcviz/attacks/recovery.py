"""Recovery attacks: is the forgotten knowledge one affine map away? (OPC, arXiv 2507.07754)

Both attacks are closed-form and train nothing. With F the unlearned model's features of a fit set,
F_o and Z_o the original model's features and logits on it, and g_o the original head:

* FM, feature mapping:  W, b = argmin ‖F·W + b − F_o‖² + ρ‖W‖²;  answer g_o(f·W + b).
* HR, head recovery:    V, c = argmin ‖F·V + c − T‖² + ρ‖V‖²;    answer f·V + c,
  with T = Z_o, or one-hot labels for an attacker who has no original model.

Ridge regression is linear in its targets and its intercept is free, so mapping to F_o and applying
g_o is the same as mapping to g_o(F_o). FM therefore costs C target columns instead of d, and where
Z_o = g_o(F_o) the closed forms of FM and HR are the same attack: they differ on one-hot targets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..config import Config, ConfigError, setting
from ..progress import Progress
from .least_squares import Gram
from .live import LiveRecovery
from .scoring import chunks, hits_by_class, nothing, percent, predict

if TYPE_CHECKING:
    from ..data import Split
    from ..observe import Observation, Views

__all__ = ["ATTACKS", "FIT_SETS", "LiveRecovery", "Recovery", "ThreatModel", "recover"]

ATTACKS = ("fm", "hr")
FIT_SETS = {  # name to the parts of the data it is made of
    "all": ("retain_train", "forget_train"),
    "retain": ("retain_train",),
    "heldout": ("retain_test", "forget_test"),
    "heldout_retain": ("retain_test",),
}
PARTS = ("retain_train", "forget_train", "retain_test", "forget_test")


@dataclass(frozen=True)
class Recovery(Config):
    """Settings of the FM and HR attacks."""

    ridge: float = setting(0.0, "penalty ρ of the figure reported (0: least squares)", low=0)
    ridges: tuple[float, ...] = setting(
        (0.0, *(10.0**k for k in range(-5, 6))), "penalties of the sweep", low=0, advanced=True
    )
    hr_targets: str = setting(
        "logits",
        "what HR fits: the original logits, or labels (needs no original model)",
        choices=("logits", "labels"),
        advanced=True,
    )

    def __post_init__(self) -> None:
        """Check the fields, and that there is something to sweep."""
        super().__post_init__()
        if not self.ridges:
            raise ConfigError("Recovery.ridges: wants at least one penalty")


@dataclass(frozen=True, eq=False)
class ThreatModel:
    """All that the attacker sees of the n samples he fits on; never the samples he is scored on.

    Attributes:
        unlearned: (n, d) features of the unlearned model.
        features: (n, d_o) features of the original model (FM), or None.
        logits: (n, C) logits of the original model, or one-hot labels (HR).
        head: weight (C, d_o) and bias (C,) of the original head (FM), or None.
    """

    unlearned: Tensor
    features: Tensor | None
    logits: Tensor
    head: tuple[Tensor, Tensor] | None

    def targets(self) -> Tensor:
        """(n, A·C) float64: what each attack fits, side by side; FM first if it is possible."""
        logits = self.logits.detach().to("cpu", torch.float64)
        if self.head is None or self.features is None:
            return logits
        weight, bias = (t.detach().to("cpu", torch.float64) for t in self.head)
        return torch.cat([self.features.detach().to(weight) @ weight.T + bias, logits], 1)


@torch.no_grad()
def recover(
    original: Views,
    unlearned: Views,
    head: tuple[Tensor, Tensor] | None,
    split: Split,
    config: Recovery | None = None,
    *,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Run FM and HR from every fit set and score them on the forget part of the train set.

    Args:
        original, unlearned: what the two models computed on the same train and test data. Their
            features may differ in width, so any block's features can stand in for the unlearned.
        head: weight (C, d_o) and bias (C,) of the original head; None leaves FM out.
        split: which samples are forgotten.
        config: ridges and HR's targets.
        progress: asked between steps whether to stop.

    Returns:
        JSON-ready: `ridge`, `constant_predictor` (percent that one constant answer scores on the
        forget set), `before` (the unlearned model as it stands), and under `fm` and `hr` one entry
        for each fit set with `forget_accuracy`, `balanced_accuracy` (mean recall over the classes
        of the forget set), `recall` by class, `constant_predictor`, `retain_accuracy` (percent),
        `samples` and `rank` of the fit, and the `sweep` over ridges. What cannot be computed is
        None with a `reason`. A `note` marks fits with too few samples to mean anything at ridge 0.

    Raises:
        ValueError: where the two models' observations do not belong together, or the original
            model's are not finite.
        Cancelled: from `progress`.
    """
    config = config or Recovery()
    progress = progress or Progress()
    _check(original, unlearned, head)
    labels = unlearned.train.labels.cpu()[split.forget_train.cpu()]
    result = _blank(labels, unlearned, split, config)
    reason = _hopeless(unlearned, labels)
    reasons = dict.fromkeys(FIT_SETS, reason) if reason else _missing(split)
    attacks = ATTACKS if head is not None else ("hr",)
    if head is None:
        result["fm"] = {name: _undefined(result, "FM needs the original head") for name in FIT_SETS}

    used = {part for name in FIT_SETS if not reasons.get(name) for part in FIT_SETS[name]}
    parts = {}
    for part in (p for p in PARTS if p in used):
        parts[part] = _moments(original, unlearned, head, part, split, config, progress)
    fits: dict[str, tuple[Tensor, Tensor, int]] = {}
    for name, members in FIT_SETS.items():
        if reasons.get(name):
            for attack in attacks:
                result[attack][name] = _undefined(result, reasons[name])
            continue
        gram = sum((parts[m] for m in members[1:]), parts[members[0]])
        fits[name] = gram.solve_many((config.ridge, *config.ridges))
        for attack in attacks:
            result[attack][name] = {"samples": gram.count, "rank": fits[name][2]}
            if gram.count <= gram.inputs + 1:
                result[attack][name]["note"] = (
                    f"{gram.count} samples for {gram.inputs} features: at ridge 0 the fit "
                    "interpolates whatever it is given"
                )
        progress.check()
    if fits:
        _score(result, fits, attacks, unlearned.train, split, config, progress)
    return result


def _check(original: Views, unlearned: Views, head: tuple[Tensor, Tensor] | None) -> None:
    for part in ("train", "test"):
        a, b = getattr(original, part), getattr(unlearned, part)
        if len(a.features) != len(b.features) or not torch.equal(a.labels.cpu(), b.labels.cpu()):
            raise ValueError(
                f"recovery: the original and the unlearned model were not observed on the same "
                f"{part} samples ({len(a.features)} and {len(b.features)})"
            )
        if not (_finite(a.features) and _finite(a.logits)):
            raise ValueError(f"recovery: the original model is not finite on the {part} set")
    if head is not None:
        weight, bias = head
        wanted = (original.train.logits.shape[1], original.train.features.shape[1])
        if tuple(weight.shape) != wanted or tuple(bias.shape) != wanted[:1]:
            raise ValueError(
                f"recovery: the original head has weight {tuple(weight.shape)} and bias "
                f"{tuple(bias.shape)}; its features and logits want {wanted} and {wanted[:1]}"
            )


def _finite(values: Tensor) -> bool:
    """Whether all values are finite; their sum tells, mostly, without a mask as large as they."""
    return bool(values.sum().isfinite()) or bool(values.isfinite().all())


def _hopeless(unlearned: Views, labels: Tensor) -> str | None:
    """Why nothing at all can be recovered, if so; a diverged method is a result, not an error."""
    if not len(labels):
        return "the forget set is empty"
    if not all(_finite(v.features) for v in (unlearned.train, unlearned.test)):
        return "the unlearned model's features are not finite: it diverged"
    return None


def _missing(split: Split) -> dict[str, str]:
    """Fit sets that this split does not define, with the reason."""
    reasons = {
        name: "there are no such samples"
        for name, parts in FIT_SETS.items()
        if not sum(len(getattr(split, part)) for part in parts)
    }
    if not split.classes:
        reasons["heldout_retain"] = (
            "samples were forgotten, not classes: no test data belongs to the forgotten"
        )
    return reasons


def _blank(labels: Tensor, unlearned: Views, split: Split, config: Recovery) -> dict[str, Any]:
    """The result before any attack: the baselines, and the unlearned model as it stands."""
    result: dict[str, Any] = {attack: {} for attack in ATTACKS}
    result |= {"ridge": config.ridge, "hr_targets": config.hr_targets}
    result |= {"constant_predictor": None, "before": nothing("the forget set is empty")}
    if len(labels):
        share = labels.bincount().max().item() / len(labels)
        result["constant_predictor"] = 100 * share
        logits = unlearned.train.logits.cpu()[split.forget_train.cpu()]
        if logits.isfinite().all():
            scores = percent(hits_by_class(logits[:, None].argmax(-1), labels), labels)
            result["before"] = {name: values[0] for name, values in scores.items()}
        else:
            result["before"] = nothing("the unlearned model's logits are not finite: it diverged")
    return result


def _undefined(result: dict[str, Any], reason: str) -> dict[str, Any]:
    constant = {"constant_predictor": result["constant_predictor"]}
    return {**nothing(reason), **constant, "retain_accuracy": None, "recall": None, "sweep": None}


def _moments(
    original: Views,
    unlearned: Views,
    head: tuple[Tensor, Tensor] | None,
    part: str,
    split: Split,
    config: Recovery,
    progress: Progress,
) -> Gram:
    """One part of the data, seen through the threat model: targets of all attacks at once."""
    side = part.rpartition("_")[2]
    theirs, ours = getattr(original, side), getattr(unlearned, side)
    attacks = 1 if head is None else len(ATTACKS)
    gram = Gram(ours.features.shape[1], attacks * theirs.logits.shape[1])
    for rows in chunks(getattr(split, part)):
        logits = theirs.logits[rows]
        if config.hr_targets == "labels":
            logits = torch.nn.functional.one_hot(theirs.labels[rows], logits.shape[1])
        seen = ThreatModel(ours.features[rows], theirs.features[rows], logits, head)
        gram.add(seen.unlearned, seen.targets())
        progress.check()
    return gram


def _score(
    result: dict[str, Any],
    fits: dict[str, tuple[Tensor, Tensor, int]],
    attacks: tuple[str, ...],
    train: Observation,
    split: Split,
    config: Recovery,
    progress: Progress,
) -> None:
    """Fill in every fitted entry: the default ridge (solution 0) in full, the rest as a sweep."""
    weight = torch.stack([w for w, _, _ in fits.values()])  # (fit sets, ridges, d, attacks·C)
    bias = torch.stack([b for _, b, _ in fits.values()])
    weight = weight.unflatten(-1, (len(attacks), -1)).permute(2, 0, 3, 1, 4)
    bias = bias.unflatten(-1, (len(attacks), -1)).transpose(1, 2)  # (fit sets, attacks, ridges, C)

    labels = train.labels.cpu()[split.forget_train.cpu()]
    answers = predict(
        train.features, split.forget_train, weight.flatten(1, 3), bias.flatten(0, 2), progress
    )
    scores = percent(hits_by_class(answers, labels), labels)
    retained = train.labels.cpu()[split.retain_train.cpu()]
    answers = predict(
        train.features,
        split.retain_train,
        weight[:, :, :, 0].flatten(1, 2),
        bias[:, :, 0].flatten(0, 1),
        progress,
    )
    kept = 100 * (answers == retained[:, None]).double().mean(0) if len(retained) else None

    ridges = 1 + len(config.ridges)
    for i, (name, attack) in enumerate((n, a) for n in fits for a in attacks):
        at = i * ridges
        sweep = {
            k: scores[k][at + 1 : at + ridges] for k in ("forget_accuracy", "balanced_accuracy")
        }
        result[attack][name] |= {
            **{key: values[at] for key, values in scores.items()},
            "constant_predictor": result["constant_predictor"],
            "retain_accuracy": None if kept is None else kept[i].item(),
            "sweep": {"ridge": list(config.ridges), **sweep},
        }
        if kept is None:
            result[attack][name]["reason"] = "nothing is retained, so there is no retain accuracy"
