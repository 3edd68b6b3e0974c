"""What a recovery attack is given: its settings, its threat model, and the moments it fits."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...common.parts import Side
from ...common.progress import Progress
from ...data import Split
from ...results import ATTACKS
from ...tasks.classification import ModelOutputs
from .least_squares import StreamedLeastSquares
from .scoring import chunks
from .settings import Recovery

__all__ = ["RecoveryProblem", "ThreatModel"]


@dataclass(frozen=True, eq=False)
class ThreatModel:
    """All that the attackers see of the n samples they fit on; never those they are scored on.

    FM sees the original features and head, HR the original logits, HR on labels neither.

    Attributes:
        unlearned: (n, d) features of the unlearned model.
        features: (n, d_o) features of the original model (FM), or None.
        logits: (n, C) logits of the original model, or one-hot labels (HR).
        head: weight (C, d_o) and bias (C,) of the original head (FM), or None.
        labels: (n, C) one-hot labels, for HR on labels beside HR on logits, or None.
    """

    unlearned: Tensor
    features: Tensor | None
    logits: Tensor
    head: tuple[Tensor, Tensor] | None
    labels: Tensor | None = None

    def targets(self) -> Tensor:
        """(n, A·C) float64: what each attack fits, side by side, in the order of `ATTACKS`.

        FM's are g_o(F_o) without the head's bias: a linear map has no bias to put it in, so it is
        added to the answers instead.
        """
        columns = [self.logits.detach().to("cpu", torch.float64)]
        if self.head is not None and self.features is not None:
            weight = self.head[0].detach().to("cpu", torch.float64)
            columns.insert(0, self.features.detach().to(weight) @ weight.T)
        if self.labels is not None:
            columns.append(self.labels.detach().to("cpu", torch.float64))
        return torch.cat(columns, 1)


@dataclass(frozen=True, eq=False)
class RecoveryProblem:
    """Two models' views of one data set, and how the one is to be attacked with the other's help.

    Attributes:
        original, unlearned: observations of the train and test set.
        head: weight (C, d_o) and bias (C,) of the original head; None leaves FM out.
        split: which samples are forgotten.
        config: settings.
        progress: asked between steps whether to stop.
    """

    original: ModelOutputs
    unlearned: ModelOutputs
    head: tuple[Tensor, Tensor] | None
    split: Split
    config: Recovery
    progress: Progress

    @property
    def attacks(self) -> tuple[str, ...]:
        """Those that are fitted: HR on labels once only, FM where there is a head."""
        wanted = ATTACKS if self.head is not None else ATTACKS[1:]
        return wanted if self.config.hr_targets == "logits" else wanted[:-1]

    @property
    def classes(self) -> int:
        """C."""
        return self.original.train.logits.shape[1]

    @property
    def forgotten(self) -> Tensor:
        """(|D_f|,) labels of the forget part of the train set, on the CPU."""
        return self.unlearned.train.labels.cpu()[self.split.forget_train.cpu()]

    def accumulator(self) -> StreamedLeastSquares:
        """An accumulator that has seen nothing yet."""
        inputs = self.unlearned.train.features.shape[1]
        return StreamedLeastSquares(inputs, len(self.attacks) * self.classes)

    def moments(
        self, side: Side, index: Tensor, known: StreamedLeastSquares | None = None
    ) -> StreamedLeastSquares:
        """Take in samples of the train or test set, all attacks' targets at once."""
        known = known or self.accumulator()
        theirs, ours = self.original.side(side), self.unlearned.side(side)
        for rows in chunks(index):
            logits, labels = theirs.logits[rows], None
            one_hot = torch.nn.functional.one_hot(theirs.labels[rows], self.classes)
            if self.config.hr_targets == "labels":
                logits = one_hot
            else:
                labels = one_hot
            features = ours.features[rows]
            seen = ThreatModel(features, theirs.features[rows], logits, self.head, labels)
            known.add(seen.unlearned, seen.targets())
            self.progress.check()
        return known

    def solve(self, moments: StreamedLeastSquares) -> tuple[Tensor, Tensor, int]:
        """Every attack's map at the default ridge and at those of the sweep.

        Returns:
            Weights (attacks, 1 + ridges, d, C), biases (attacks, 1 + ridges, C), the rank.
        """
        intercept = self.config.intercept
        scale = moments.scale(intercept=intercept)
        ridges = [scale * ridge for ridge in (self.config.ridge, *self.config.ridges)]
        weights, biases, rank = moments.solve_many(ridges, intercept=intercept)
        if self.head is not None:
            biases[:, : self.classes] += self.head[1].detach().to(biases)
        apart = (len(self.attacks), self.classes)
        weights, biases = weights.unflatten(-1, apart), biases.unflatten(-1, apart)
        return weights.permute(2, 0, 1, 3), biases.transpose(0, 1), rank
