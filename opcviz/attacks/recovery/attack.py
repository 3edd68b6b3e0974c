"""Recovery attacks: is the forgotten knowledge one affine map away? (OPC, arXiv 2507.07754)

Both attacks are closed-form and train nothing. With F the unlearned model's features of a fit set,
F_o and Z_o the original model's features and logits on it, and g_o the original head:

* FM, feature mapping:  W, b = argmin ‖F·W + b − F_o‖² + ρ‖W‖²;  answer g_o(f·W + b).
* HR, head recovery:    V, c = argmin ‖F·V + c − T‖² + ρ‖V‖²;    answer f·V + c,
  with T = Z_o, or one-hot labels for an attacker who has no original model.

Ridge regression is linear in its targets, so mapping to F_o and applying g_o is the same as mapping
to g_o(F_o): FM costs C target columns instead of d. Where Z_o = g_o(F_o) and the intercept is free,
the closed forms of FM and HR are the same attack. The attacker who differs is HR on labels, so it
is always computed too (`hr_labels`). Without intercepts (linear maps) FM keeps the original head's
bias and HR has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ...common.progress import Progress
from ...common.statistics import LEVEL, accuracy_interval
from .least_squares import Gram
from .live import LiveRecovery
from .problem import Case, ThreatModel
from .scoring import confusion, flips, hits_by_class, nothing, percent, predict
from .settings import ATTACKS, FIT_SETS, Recovery
from .sizes import size_sweep

if TYPE_CHECKING:
    from ...data import Split
    from ...tasks.classification import ModelOutputs

__all__ = ["LiveRecovery", "ThreatModel", "recover"]

PARTS = ("retain_train", "forget_train", "retain_test", "forget_test")


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
) -> dict[str, Any]:
    """Run FM and HR from every fit set and score them on the forget part of the train set.

    Args:
        original, unlearned: what the two models computed on the same train and test data. Their
            features may differ in width, so any block's features can stand in for the unlearned.
        head: weight (C, d_o) and bias (C,) of the original head; None leaves FM out.
        split: which samples are forgotten.
        config: ridges, HR's targets, intercept, and the sizes of the size sweep (none: no sweep).
        progress: asked between steps whether to stop.
        seed: of the size sweep's draws.

    Returns:
        JSON-ready:

        * `ridge`, `hr_targets`, `intercept`, `level` (of the intervals, percent), `resamples` (0:
          the intervals are Wilson's, in closed form);
        * `constant_predictor`: percent that one constant answer scores on the forget set;
        * `before`: the unlearned model as it stands, with `forget_accuracy`, its `interval`,
          `balanced_accuracy`, `recall` and `confusion`;
        * under `fm`, `hr` and `hr_labels` one entry for each fit set with `forget_accuracy`, its
          `interval` (`low`, `high`, `method`; see `statistics`), `balanced_accuracy` (mean recall
          over the classes of the forget set), `recall` by class, `constant_predictor`,
          `retain_accuracy` (percent), `samples` and `rank` of the fit, and the `sweep` over
          ridges. Fit set `all` also has `confusion` (forget samples by true class, then answer)
          and `flips` (how many and which positions of D_f turn right; see `scoring.flips`);
        * `sizes`: see `recovery_sizes.size_sweep`; None where it was not asked for.

        What cannot be computed is None with a `reason`. A `note` marks fits with too few samples
        to mean anything at ridge 0.

    Raises:
        ValueError: where the two models' observations do not belong together, or the original
            model's are not finite.
        Cancelled: from `progress`.
    """
    case = Case(original, unlearned, head, split, config or Recovery(), progress or Progress())
    _check(original, unlearned)
    labels = case.forgotten
    stands = _stands(case)
    result = _blank(case, labels, stands)
    reason = _hopeless(unlearned, labels)
    reasons = dict.fromkeys(FIT_SETS, reason) if reason else _missing(split)
    if head is None:
        result["fm"] = {name: _undefined(result, "FM needs the original head") for name in FIT_SETS}
    grams = _grams(case, [name for name in FIT_SETS if not reasons.get(name)])
    fits: dict[str, tuple[Tensor, Tensor]] = {}
    for name in FIT_SETS:
        for attack in case.attacks:
            if name in reasons:
                result[attack][name] = _undefined(result, reasons[name])
            else:
                result[attack][name] = {"samples": grams[name].count} | _note(grams[name], case)
        if name not in reasons:
            *fits[name], rank = case.solve(grams[name])
            for attack in case.attacks:
                result[attack][name]["rank"] = rank
        case.progress.check()
    if fits:
        _score(result, fits, case, stands)
    if case.config.sizes:
        hopeless = reason or reasons.get("heldout")
        result["sizes"] = {"reason": hopeless} if hopeless else size_sweep(case, seed)
    if case.config.hr_targets == "labels":
        result["hr_labels"] = result["hr"]
    return result


def _grams(case: Case, names: list[str]) -> dict[str, Gram]:
    """The moments of each fit set, every part of the data seen once."""
    used = {part for name in names for part in FIT_SETS[name]}
    parts = {
        part: case.moments(part.rpartition("_")[2], getattr(case.split, part))
        for part in PARTS
        if part in used
    }
    return {name: sum((parts[p] for p in FIT_SETS[name]), case.gram()) for name in names}


def _note(gram: Gram, case: Case) -> dict[str, str]:
    if gram.count > gram.inputs + case.config.intercept:
        return {}
    told = f"{gram.count} samples for {gram.inputs} features"
    return {"note": f"{told}: at ridge 0 the fit interpolates whatever it is given"}


def _check(original: ModelOutputs, unlearned: ModelOutputs) -> None:
    for part in ("train", "test"):
        a, b = getattr(original, part), getattr(unlearned, part)
        if len(a.features) != len(b.features) or not torch.equal(a.labels.cpu(), b.labels.cpu()):
            raise ValueError(
                f"recovery: the original and the unlearned model were not observed on the same "
                f"{part} samples ({len(a.features)} and {len(b.features)})"
            )
        if not (_finite(a.features) and _finite(a.logits)):
            raise ValueError(f"recovery: the original model is not finite on the {part} set")


def _finite(values: Tensor) -> bool:
    """Whether all values are finite; their sum tells, mostly, without a mask as large as they."""
    return bool(values.sum().isfinite()) or bool(values.isfinite().all())


def _hopeless(unlearned: ModelOutputs, labels: Tensor) -> str | None:
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


def _stands(case: Case) -> Tensor | None:
    """(|D_f|,) what the unlearned model itself answers; None where its logits are not finite."""
    logits = case.unlearned.train.logits.cpu()[case.split.forget_train.cpu()]
    return logits.argmax(1) if logits.isfinite().all() else None


def _blank(case: Case, labels: Tensor, stands: Tensor | None) -> dict[str, Any]:
    """The result before any attack: the baselines, and the unlearned model as it stands."""
    config = case.config
    result: dict[str, Any] = {attack: {} for attack in ATTACKS}
    result |= {"ridge": config.ridge, "hr_targets": config.hr_targets}
    result |= {"intercept": config.intercept, "level": LEVEL, "resamples": 0}
    result |= {"constant_predictor": None, "sizes": None}
    result["before"] = nothing("the forget set is empty")
    if not len(labels):
        return result
    result["constant_predictor"] = 100 * labels.bincount().max().item() / len(labels)
    if stands is None:
        result["before"] = nothing("the unlearned model's logits are not finite: it diverged")
        return result
    hits = hits_by_class(stands[:, None], labels)
    result["before"] = {name: values[0] for name, values in percent(hits, labels).items()}
    result["before"] |= {
        "interval": accuracy_interval(int(hits.sum()), len(labels)),
        "confusion": confusion(stands, labels),
    }
    return result


def _undefined(result: dict[str, Any], reason: str) -> dict[str, Any]:
    constant = {"constant_predictor": result["constant_predictor"]}
    return {**nothing(reason), **constant, "retain_accuracy": None, "recall": None, "sweep": None}


def _score(
    result: dict[str, Any],
    fits: dict[str, tuple[Tensor, Tensor]],
    case: Case,
    stands: Tensor | None,
) -> None:
    """Fill in every fitted entry: the default ridge (map 0) in full, the rest as a sweep."""
    weight, bias = (torch.stack(part) for part in zip(*fits.values(), strict=True))
    weight = weight.permute(3, 0, 1, 2, 4)  # (d, fit sets, attacks, ridges, C)
    train, split, labels = case.unlearned.train, case.split, case.forgotten
    answers = predict(
        train.features,
        split.forget_train,
        weight.flatten(1, 3),
        bias.flatten(0, 2),
        case.progress,
    )
    hits = hits_by_class(answers, labels)
    scores = percent(hits, labels)
    kept = _retained(case, weight[:, :, :, 0], bias[:, :, 0])

    ridges = 1 + len(case.config.ridges)
    for i, (name, attack) in enumerate((n, a) for n in fits for a in case.attacks):
        at = i * ridges
        entry = result[attack][name]
        sweep = {
            k: scores[k][at + 1 : at + ridges] for k in ("forget_accuracy", "balanced_accuracy")
        }
        entry |= {
            **{key: values[at] for key, values in scores.items()},
            "interval": accuracy_interval(int(hits[:, at].sum()), len(labels)),
            "constant_predictor": result["constant_predictor"],
            "retain_accuracy": None if kept is None else kept[i],
            "sweep": {"ridge": list(case.config.ridges), **sweep},
        }
        if kept is None:
            entry["reason"] = "nothing is retained, so there is no retain accuracy"
        if name == "all":
            entry["confusion"] = confusion(answers[:, at], labels)
            entry["flips"] = (
                {"recovered": None, "lost": None, "positions": None}
                | {"reason": result["before"]["reason"]}
                if stands is None
                else flips(stands, answers[:, at], labels)
            )


def _retained(case: Case, weight: Tensor, bias: Tensor) -> list[float] | None:
    """Percent of the retain train samples that each fit set's and attack's map answers right."""
    train, rows = case.unlearned.train, case.split.retain_train
    labels = train.labels.cpu()[rows.cpu()]
    if not len(labels):
        return None
    maps = weight.flatten(1, 2), bias.flatten(0, 1)
    answers = predict(train.features, rows, *maps, case.progress)
    return (100 * (answers == labels[:, None]).double().mean(0)).tolist()
