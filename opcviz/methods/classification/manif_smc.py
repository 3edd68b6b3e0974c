"""ManiF-SMC: each forgotten sample moves to the manifold of its retained neighbours, label-free."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from ...common.config import ConfigError, setting
from ...models import Classifier
from ...tasks.classification import observe
from ...training import Batch, Objective, Outcome
from ..base import Iterative, Request, register
from .bezier import BezierPath, features_at

__all__ = ["ManiFSMC"]


@register(
    "manif_smc",
    title="ManiF-SMC",
    paper="arXiv 2605.22871",
    family="contraction",
    needs="forget retain original",
    summary="triplet loss: to the retained neighbours' centroid, from the own class's; no labels",
    fidelity="ours",
    deviations=(
        "Only a description of the method is public: the margin's formula, the path's loss, the "
        "number of path fits and the joint pass with the neighbours are decided here.",
    ),
)
@dataclass(frozen=True)
class ManiFSMC(Iterative[Classifier]):
    """Manifold forgetting with self mode connectivity, from its description.

        loss = mean over x_f of max(0, ‖f(x_f) − p‖ − ‖f(x_f) − n‖ + m)

    p is the centroid of the k retained samples nearest to x_f by the cosine of original features,
    n the centroid of all training samples that the original gives the same class as x_f (its
    answer, not the label), both in original features. The margin m = ‖q − n‖ is how far the
    neighbours' centroid q lies from n at the middle of a Bézier path from the current θu (t = 0)
    to θo (t = 1). Its control point is trained to keep the neighbours' original features.

    Decided here: the formula of m (zero loss where x_f has reached its neighbours); the path's
    loss, ‖f_θ(t) − f_o‖ on neighbours; a new path four times an epoch, since at the start both ends
    are one; the neighbours pass the body together with x_f, so that batch norm sees them, and
    `hold` times their mean distance to their original features is added, 0 as described.
    """

    epochs: int = 1
    lr: float = 5e-4
    batch_size: int = 16
    optimizer: str = "adam"
    weight_decay: float = 0.0
    neighbours: int = setting(5, "k, retained neighbours of each sample", low=1, high=1000)
    hold: float = setting(0.0, "weight of keeping the neighbours' features", low=0, high=100)
    paths: int = setting(4, "path fits an epoch", low=1, high=100, advanced=True)
    path_steps: int = setting(20, "steps of a path fit", low=1, high=10_000, advanced=True)

    parts = "forget"
    tasks = frozenset({"classification"})
    exact = "neighbours and centroids, of features; the training follows the precision"

    def objective(self, request: Request[Classifier], model: Classifier) -> Objective[Classifier]:
        """The triplet loss; neighbours and centroids are looked up once, in original features.

        Raises:
            ConfigError: when there are fewer retained samples than neighbours.
        """
        data, forget, retain = request.data, request.split.forget_train, request.split.retain_train
        if len(retain) < self.neighbours:
            raise ConfigError(
                f"ManiFSMC.neighbours: {self.neighbours} are wanted, {len(retain)} are retained"
            )
        seen = observe(request.copy_of_original(), data.x_train, data.y_train)
        features, answers = seen.features, seen.logits.argmax(1)
        near = retain[nearest_by_cosine(features[forget], features[retain], self.neighbours)]
        centroids = torch.stack([features[answers == a].mean(0) for a in answers[forget]])
        goals = features[near].mean(1)
        row = torch.full((len(answers),), -1, device=forget.device)
        row[forget] = torch.arange(len(forget), device=forget.device)
        margins: dict[int, Tensor] = {}

        def loss(model: Classifier, batch: Batch) -> Tensor:
            number = int(batch.epochs_done * self.paths + 1e-6)
            if number not in margins:
                margins.clear()
                middle = self.middle(request, model, near, features, number)
                margins[number] = (middle.mean(1) - centroids).norm(dim=1)
            at = row[batch.index]
            close = near[at].flatten()
            x = torch.cat([batch.x, data.batch(close)])
            found = model.features(x)[0].float()
            now, kept = found[: len(at)], found[len(at) :]
            to, away = (now - goals[at]).norm(dim=1), (now - centroids[at]).norm(dim=1)
            stay = (kept - features[close]).norm(dim=1).mean()
            total: Tensor = F.relu(to - away + margins[number][at]).mean() + self.hold * stay
            return total

        return loss

    def middle(
        self,
        request: Request[Classifier],
        model: Classifier,
        near: Tensor,
        features: Tensor,
        number: int,
    ) -> Tensor:
        """Neighbours' features (n, k, d) at t = 0.5 of a path fitted between now and θo."""
        path, run = BezierPath(model, request.copy_of_original()), features_at(model)
        generator = torch.Generator().manual_seed(request.seed * 1_000_003 + number)
        pool: Tensor = near.unique()
        data = request.data

        def loss(state: dict[str, Tensor]) -> Tensor:
            drawn = torch.randint(len(pool), (self.batch_size,), generator=generator)
            ids = pool[drawn.to(pool.device)]
            distance: Tensor = (run(state, data.batch(ids)) - features[ids]).norm(dim=1)
            return distance.mean()

        path.fit(loss, self.path_steps, self.lr, generator, request.progress)
        with torch.no_grad():
            state = path.at(0.5)
            found = torch.cat([run(state, data.batch(ids)) for ids in pool.split(256)])
        return found[torch.searchsorted(pool, near)]

    def unlearn(self, request: Request[Classifier]) -> tuple[Classifier, Outcome]:
        """As every iterative method; neighbours' and paths' gradients are counted too."""
        model, outcome = super().unlearn(request)
        spent = outcome.gradients * (1 + self.neighbours)
        spent += self.epochs * self.paths * self.path_steps * self.batch_size
        return model, replace(outcome, gradients=spent)


def nearest_by_cosine(of: Tensor, among: Tensor, k: int, batch: int = 1024) -> Tensor:
    """(n, k) rows of `among` (m, d) with the greatest cosine to each row of `of` (n, d)."""
    among = F.normalize(among, dim=1)
    return torch.cat([(F.normalize(p, dim=1) @ among.T).topk(k).indices for p in of.split(batch)])
