"""Probes: how much of the forgotten classes can be learnt anew from one block's features?

Recovery maps back to what the original model computed; a probe asks for less. It learns the classes
from labelled features alone and answers on samples it has not seen, so a high figure says that the
classes are still told apart there, by whatever rule:

* `linear`: multinomial logistic regression,
* `knn`: the majority among the nearest neighbours,
* `mean`: the class whose mean lies nearest,
* `mlp`: a net with one hidden layer.

All four see features standardised by what they learn from, in each fold of a cross-validation.
Features of pictures that the *model* never saw (the test set) tell what a representation can do;
on its training pictures a probe also profits from what the model memorised.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ..common.config import Config, setting
from ..common.progress import Progress

__all__ = ["PROBES", "Folds", "Probing", "probe"]

RESOLUTION = 1e-6
"""Relative differences below this are rounding of float32 passes through a net, not signal."""


@dataclass(frozen=True)
class Probing(Config):
    """Learns the classes anew from the features, at every block."""

    folds: int = setting(5, "parts of the cross-validation", low=2, high=20)
    inverse_penalty: float = setting(
        1.0, "linear: weight of the data against ‖W‖²/2", low=1e-6, high=1e6, log=True
    )
    neighbours: int = setting(5, "k-NN: how many neighbours vote", low=1, high=500)
    hidden: int = setting(64, "MLP: hidden units", low=1, high=4096)
    steps: int = setting(200, "MLP: training steps", low=1, high=100_000)
    batch_size: int = setting(128, "MLP: samples a step", low=1, high=8192, advanced=True)
    lr: float = setting(0.01, "MLP: peak learning rate (Adam, cosine)", low=1e-6, high=1, log=True)
    limit: int = setting(
        4000, "most samples; more are thinned out at random", low=20, high=1_000_000, advanced=True
    )


@dataclass(frozen=True, eq=False)
class Folds:
    """One sample set as every fold of a cross-validation sees it.

    Attributes:
        z: (K, n, d) float64, standardised by each fold's learning part; dimensions that do not
            vary there are 0.
        y: (n,) int64 in 0..C−1.
        learn: (K, n) bool, what each fold learns from; the rest it is scored on.
        classes: C.
    """

    z: Tensor
    y: Tensor
    learn: Tensor
    classes: int

    @classmethod
    def standardised(cls, x: Tensor, y: Tensor, learn: Tensor, classes: int) -> Folds:
        """Bring features (n, d) to mean 0 and deviation 1 on each fold's learning part."""
        share = learn.to(x) / learn.sum(1, keepdim=True)
        mean = share @ x
        centred = x - mean[:, None]
        deviation = (share[:, None] @ centred.square()).squeeze(1).sqrt()
        still = deviation <= RESOLUTION * mean.abs()
        scale = torch.where(still, 0, 1 / deviation.masked_fill(still, 1))
        return cls(centred * scale[:, None], y, learn, classes)

    @property
    def one_hot(self) -> Tensor:
        """(n, C) labels, in the type of `z`."""
        return F.one_hot(self.y, self.classes).to(self.z)


@torch.enable_grad()
def answer_linear(folds: Folds, config: Probing, seed: int, progress: Progress) -> Tensor:
    """Multinomial logistic regression: min Σ CE(W z + b, y) + ‖W‖² / 2c, by L-BFGS."""
    answers = [
        _logistic_regression(z, folds, learn, config.inverse_penalty, progress)
        for z, learn in zip(folds.z, folds.learn, strict=True)
    ]
    return torch.stack(answers)


def _logistic_regression(
    z: Tensor, folds: Folds, learn: Tensor, inverse_penalty: float, progress: Progress
) -> Tensor:
    """Answers (n,) on all of z (n, d) of a fit to what `learn` marks."""
    weight = z.new_zeros(folds.classes, z.shape[1], requires_grad=True)
    bias = z.new_zeros(folds.classes, requires_grad=True)
    known, truth = z[learn], folds.y[learn]
    search = torch.optim.LBFGS(
        [weight, bias],
        max_iter=300,
        tolerance_grad=1e-6,
        tolerance_change=1e-10,
        line_search_fn="strong_wolfe",
    )

    def objective() -> Tensor:
        progress.check()
        search.zero_grad()
        penalty = weight.square().sum() / (2 * inverse_penalty * len(known))
        loss = F.cross_entropy(F.linear(known, weight, bias), truth) + penalty
        loss.backward()
        return loss

    search.step(objective)
    return F.linear(z, weight, bias).argmax(1)


def answer_knn(folds: Folds, config: Probing, seed: int, progress: Progress) -> Tensor:
    """Majority vote of the k nearest; of equal votes the lower class wins.

    All that lie as near as the k-th vote too: in a point where many samples fell together, each
    would otherwise be named by an accident of sorting.
    """
    answers = folds.y.new_zeros(folds.learn.shape)
    for z, learn, found in zip(folds.z, folds.learn, answers, strict=True):
        known, votes = z[learn], folds.one_hot[learn]
        unseen = ~learn
        squares = torch.cdist(z[unseen], known).square()
        reach = squares.topk(min(config.neighbours, len(known)), largest=False).values[:, -1:]
        near = squares <= reach + z.shape[1] * RESOLUTION**2
        found[unseen] = (near.to(votes) @ votes).argmax(1)
        progress.check()
    return answers


def answer_mean(folds: Folds, config: Probing, seed: int, progress: Progress) -> Tensor:
    """The class of the nearest mean; of equally near ones the lower class."""
    mine = folds.one_hot * folds.learn[..., None]  # (K, n, C)
    means = mine.mT @ folds.z / mine.sum(1)[..., None]
    progress.check()
    return torch.cdist(folds.z, means).argmin(-1)


@torch.enable_grad()
def answer_mlp(folds: Folds, config: Probing, seed: int, progress: Progress) -> Tensor:
    """ReLU net z -> hidden -> classes, cross-entropy on batches drawn with replacement, Adam."""
    generator = torch.Generator().manual_seed(seed)
    z = folds.z.float()
    count, _, width = z.shape

    def weights(inputs: int, outputs: int) -> Tensor:
        drawn = torch.randn(count, inputs, outputs, generator=generator) * (2 / inputs) ** 0.5
        return drawn.to(z.device).requires_grad_()

    first, second = weights(width, config.hidden), weights(config.hidden, folds.classes)
    shift = z.new_zeros(count, 1, config.hidden, requires_grad=True)
    bias = z.new_zeros(count, 1, folds.classes, requires_grad=True)

    def logits(inputs: Tensor) -> Tensor:
        return torch.baddbmm(bias, torch.baddbmm(shift, inputs, first).relu(), second)

    optimizer = torch.optim.AdamW([first, second, shift, bias], config.lr, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, config.steps)
    known = [fold.nonzero().flatten() for fold in folds.learn.cpu()]
    row = torch.arange(count, device=z.device)[:, None]
    for _ in range(config.steps):
        progress.check()
        drawn = [
            ids[torch.randint(len(ids), (config.batch_size,), generator=generator)] for ids in known
        ]
        at = torch.stack(drawn).to(z.device)
        loss = F.cross_entropy(logits(z[row, at]).flatten(0, 1), folds.y[at].flatten())
        optimizer.zero_grad()
        (count * loss).backward()  # the sum over folds: each learns as if it were alone
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        return logits(z).argmax(-1)


PROBES: dict[str, Callable[[Folds, Probing, int, Progress], Tensor]] = {
    "linear": answer_linear,
    "knn": answer_knn,
    "mean": answer_mean,
    "mlp": answer_mlp,
}
"""Name to what gives (K, n) answers, of which only those of unseen samples mean anything."""


@torch.no_grad()
def probe(
    features: Tensor,
    labels: Tensor,
    forget: Sequence[int] | Tensor,
    config: Probing | None = None,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Cross-validate all probes on the features of one block.

    Probes learn all classes. Where classes were forgotten, give the test set. Where samples were
    forgotten, the test set has none of them: give the train set with a mask. The figure then says
    whether the probe names forgotten samples as well as others, and the retrained model's own
    figure is what it should be.

    Args:
        features: (n, d).
        labels: (n,) int64, the true classes.
        forget: the forgotten classes, or an (n,) bool mask of the forgotten samples.
        config: settings.
        seed: of folds, thinning and the MLP.
        progress: asked all along whether to stop.

    Returns:
        JSON-ready: for each of `linear`, `knn`, `mean` and `mlp` a dict with `forget_accuracy` and
        `retain_accuracy` (percent, mean of the recalls of the classes present on either side) and
        `forget_recall` by class; the same under `majority` for the constant answer that most
        samples have; `constant_predictor`, the best `forget_accuracy` of any constant answer;
        `chance` (100 / classes); `samples`, `folds`. Features that do not vary get the figures of
        the constant answer, with a `note`. What cannot be computed is None with a `reason`.

    Raises:
        ValueError: for shapes or types that do not fit together.
        Cancelled: from `progress`.
    """
    config, progress = config or Probing(), progress or Progress()
    gone = _forgotten(features, labels, forget)
    present, y = labels.unique(return_inverse=True)
    x, y, gone = _thin(features, y, gone, config.limit, seed)
    names, classes = present.tolist(), len(present)
    result: dict[str, Any] = {"samples": len(y), "folds": None}
    result |= {"chance": 100 / classes if classes else None, "constant_predictor": None}
    if gone.any():
        result["constant_predictor"] = 100 / len(y[gone].unique())
    least = int(y.bincount(minlength=classes).min()) if classes else 0
    reason = _undefined(features, classes, least)
    if reason:
        return result | {name: _nothing(reason) for name in (*PROBES, "majority")}
    result["folds"] = min(config.folds, least)
    notes = []
    if least < config.folds:
        notes.append(f"only {least} folds: the smallest class has no more samples")
    most = torch.full_like(y, int(y.bincount().argmax()))
    result["majority"] = _scores(most, y, gone, names)
    folds = Folds.standardised(x, y, _stratified(y, result["folds"], seed).to(x.device), classes)
    if not folds.z.any():
        notes.append("the features do not vary: any probe gives one constant answer")
        result |= {name: dict(result["majority"]) for name in PROBES}
    else:
        for name, answer in PROBES.items():
            answers = answer(folds, config, seed, progress)
            unseen = answers.masked_fill(folds.learn, 0).sum(0)  # each sample, by its own fold
            result[name] = _scores(unseen, y, gone, names)
            progress.check()
    return result | ({"note": "; ".join(notes)} if notes else {})


def _forgotten(features: Tensor, labels: Tensor, forget: Sequence[int] | Tensor) -> Tensor:
    """(n,) bool: which samples count as forgotten."""
    if features.dim() != 2 or labels.shape != features.shape[:1] or labels.dtype != torch.int64:
        raise ValueError(
            "probe wants (n, d) features with (n,) int64 labels, got "
            f"{tuple(features.shape)} with {labels.dtype} {tuple(labels.shape)}"
        )
    if not isinstance(forget, Tensor):
        wanted = torch.tensor(list(forget), dtype=torch.int64, device=labels.device)
        return torch.isin(labels, wanted)
    if forget.dtype != torch.bool or forget.shape != labels.shape:
        raise ValueError(
            f"probe wants forgotten classes or a bool mask of shape ({len(labels)},), got "
            f"{forget.dtype} {tuple(forget.shape)}"
        )
    return forget.to(labels.device)


def _thin(
    features: Tensor, y: Tensor, gone: Tensor, limit: int, seed: int
) -> tuple[Tensor, Tensor, Tensor]:
    """At most `limit` samples, in their order; features in float64, all where the features are."""
    rows = torch.arange(len(y))
    if len(rows) > limit:
        drawn = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))
        rows = drawn[:limit].sort().values
    rows = rows.to(features.device)
    y, gone = y.to(features.device), gone.to(features.device)
    return features[rows].double(), y[rows], gone[rows]


def _undefined(features: Tensor, classes: int, least: int) -> str | None:
    if not features.isfinite().all():
        return "the features are not finite: the model diverged"
    if classes < 2:
        return f"{classes} classes among the samples; a probe tells at least two apart"
    if least < 2:
        return "a class has fewer than two samples: nothing is left to score it on"
    return None


def _stratified(y: Tensor, count: int, seed: int) -> Tensor:
    """(count, n) bool: the learning parts of scikit-learn's stratified folds."""
    from sklearn.model_selection import StratifiedKFold

    learn = torch.ones(count, len(y), dtype=torch.bool)
    labels = y.cpu().numpy()
    folds = StratifiedKFold(count, shuffle=True, random_state=seed).split(labels, labels)
    for k, (_, unseen) in enumerate(folds):
        learn[k, torch.from_numpy(unseen)] = False
    return learn


def _nothing(reason: str) -> dict[str, Any]:
    return {
        "forget_accuracy": None,
        "retain_accuracy": None,
        "forget_recall": None,
        "reason": reason,
    }


def _scores(answers: Tensor, y: Tensor, gone: Tensor, names: list[int]) -> dict[str, Any]:
    """Mean recall on either side, and recall by class on the forgotten one; in percent."""
    scores: dict[str, Any] = {}
    for side, mask in (("forget", gone), ("retain", ~gone)):
        recall = {
            str(names[c]): 100 * (answers[mask & (y == c)] == c).double().mean().item()
            for c in y[mask].unique().tolist()
        }
        scores[f"{side}_accuracy"] = sum(recall.values()) / len(recall) if recall else None
        if side == "forget":
            scores["forget_recall"] = recall or None
        if not recall:
            scores["reason"] = f"none of these samples is {side} data"
    return scores
