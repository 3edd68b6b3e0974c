"""Models made by hand, of which we know what their verdict must be.

Pictures are vectors: the first half of their dimensions tells the retained classes apart, the
second half, u, the forgotten ones. The original's features are a rotation of all of them. The
retrained model sees |u| under noise instead of u: nothing in the retained data ties the two, so
only an attacker with labelled forget data gets something from it, as from a real retrained model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from opcviz.attacks.recovery import Recovery, recover
from opcviz.data import Split
from opcviz.measures import accuracy_report, collapse, separability
from opcviz.tasks.classification import ModelOutputs, Observation

HALF = 8  # dimensions that tell the retained (forgotten) classes apart
KEPT = 4  # retained classes
PER_CLASS = {"train": 80, "test": 40}


@dataclass(frozen=True, eq=False)
class Made:
    """A model: what it computes, on the train and on the test set.

    `stage` is what its last layer is given, where that differs from the features it makes of it.
    """

    features: dict[str, Tensor]
    logits: dict[str, Tensor]
    stage: dict[str, Tensor] | None = None


class World:
    """One data set with one scenario, and the models that answer it.

    Args:
        forgotten: how many classes are forgotten; 0 forgets a fifth of the train samples.
        seed: of everything random.
        noise: how hard |u| is to see for the retrained model.
    """

    def __init__(self, forgotten: int = 3, seed: int = 0, noise: float = 2.0) -> None:
        self.rng = torch.Generator().manual_seed(seed)
        self.forgotten, self.classes = forgotten, forgotten + KEPT
        spread = 3.0 if forgotten else 1.4  # forgotten samples want classes that overlap
        means = torch.zeros(self.classes, 2 * HALF)
        for c in range(self.classes):
            at = HALF + c if c < forgotten else c - forgotten
            means[c, at] = 2 * spread
        self.y = {
            side: torch.arange(self.classes).repeat_interleave(n) for side, n in PER_CLASS.items()
        }
        self.x = {side: means[y] + self.normal(len(y), 2 * HALF) for side, y in self.y.items()}
        self.noise = noise
        self.split = self._split()
        self.original = self._original()
        self.retrained = self._retrained()
        self.evidence_of_original = self.evidence(self.original)
        self.evidence_of_retrained = self.evidence(self.retrained)

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self.rng)

    def rotation(self, width: int) -> Tensor:
        return torch.linalg.qr(self.normal(width, width))[0]

    def _split(self) -> Split:
        if self.forgotten:
            gone = {side: y < self.forgotten for side, y in self.y.items()}
        else:
            gone = {"train": torch.arange(len(self.y["train"])) % 5 == 0}
            gone["test"] = torch.zeros(len(self.y["test"]), dtype=torch.bool)
        parts = {
            f"{name}_{side}": (gone[side] == (name == "forget")).nonzero().flatten()
            for name in ("forget", "retain")
            for side in ("train", "test")
        }
        return Split(**parts, classes=tuple(range(self.forgotten)))

    def gone(self, side: str) -> Tensor:
        """Which samples are forgotten: of the train set, and their classes in the test set."""
        mask = torch.zeros(len(self.y[side]), dtype=torch.bool)
        mask[getattr(self.split, f"forget_{side}")] = True
        return mask

    def head(self, features: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Least squares on one-hot labels: weight (C, d) and bias (C,)."""
        ones = torch.cat([features, torch.ones(len(features), 1)], 1).double()
        targets = torch.nn.functional.one_hot(y, self.classes).double()
        found = (10 * torch.linalg.lstsq(ones, targets).solution).float()
        return found[:-1].T, found[-1]

    def _memory(self, seen: Tensor) -> dict[str, Tensor]:
        """Under noise, a trace of the label that training leaves on the samples it saw alone."""
        if self.forgotten:
            return {side: torch.zeros(len(y), 0) for side, y in self.y.items()}
        noise = {side: 0.25 * self.normal(len(y), self.classes) for side, y in self.y.items()}
        trace = torch.nn.functional.one_hot(self.y["train"], self.classes) * seen[:, None]
        return {**noise, "train": trace + noise["train"]}

    def _body(self, pictures: dict[str, Tensor], memory: dict[str, Tensor], learnt: Tensor) -> Made:
        """A rotated body, and a head that reads the pictures and the memory side by side."""
        weight, bias = self.head(pictures["train"][learnt], self.y["train"][learnt])
        weight = torch.cat([weight, 10 * torch.eye(self.classes)[:, : memory["train"].shape[1]]], 1)
        turn = self.rotation(weight.shape[1])
        weight = weight @ turn
        features = {s: torch.cat([pictures[s], memory[s]], 1) @ turn for s in pictures}
        logits = {side: f @ weight.T + bias for side, f in features.items()}
        made = Made(features, logits)
        if not hasattr(self, "original_head"):
            self.original_head = (weight, bias)
        return made

    def _original(self) -> Made:
        learnt = torch.ones(len(self.y["train"]), dtype=torch.bool)
        return self._body(self.x, self._memory(learnt), learnt)

    def _retrained(self) -> Made:
        learnt = ~self.gone("train")
        pictures = {}
        for side, x in self.x.items():
            other = x[:, HALF:].abs() + self.noise * self.normal(len(x), HALF)
            pictures[side] = torch.cat([x[:, :HALF], other], 1)
        return self.kept(self._body(pictures, self._memory(learnt), learnt))

    def another_retrained(self) -> Made:
        """Retrained from another seed: other noise, other features."""
        return self._retrained()

    def kept(self, made: Made) -> Made:
        """The same with the answers of forgotten classes shut off."""
        logits = {side: z.clone() for side, z in made.logits.items()}
        for z in logits.values():
            z[:, : self.forgotten] = -50.0
        return replace(made, logits=logits)

    # ---- unlearned models -----------------------------------------------------------------

    def identity(self) -> Made:
        return self.original

    def head_edit(self) -> Made:
        """The original's features; classes shut off, or the answers a retrained model gives."""
        if self.forgotten:
            return self.kept(self.original)
        return Made(self.original.features, self.retrained.logits)

    def rotated_head(self) -> Made:
        weight, bias = self.original_head
        turn = self.rotation(weight.shape[1])
        logits = {s: f @ turn @ weight.T + bias for s, f in self.original.features.items()}
        return Made(self.original.features, logits)

    def retrain(self) -> Made:
        return self.another_retrained()

    def permuted_labels(self) -> Made:
        """The original, with the answers of the forgotten classes handed round among them."""
        logits = {side: z.clone() for side, z in self.original.logits.items()}
        turned = [*range(1, self.forgotten), 0]
        for z in logits.values():
            z[:, : self.forgotten] = z[:, turned]
        return replace(self.original, logits=logits)

    def rotated_features(self) -> Made:
        """The original in a rotated basis, its forgotten classes shut off."""
        turn = self.rotation(self.original.features["train"].shape[1])
        features = {side: f @ turn for side, f in self.original.features.items()}
        return self.kept(Made(features, self.original.logits))

    def dead_last_layer(self) -> Made:
        """Forget features are nothing, what the last layer is given is the original's."""
        return replace(self.collapsed(), stage=self.original.features)

    def dead_middle(self) -> Made:
        """Nothing reaches the last two places, for any picture."""
        nothing = {side: torch.zeros_like(f) for side, f in self.original.features.items()}
        return Made(
            nothing, {side: torch.zeros_like(z) for side, z in self.original.logits.items()}
        )

    def collapsed(self, size: float = 1e-6) -> Made:
        """All forget features at one point, the origin, but for noise of a size."""
        weight, bias = self.original_head
        features = {}
        for side, f in self.original.features.items():
            rest = size * self.normal(*f.shape)
            features[side] = torch.where(self.gone(side)[:, None], rest, f)
        logits = {side: f @ weight.T + bias for side, f in features.items()}
        return self.kept(Made(features, logits))

    def shrunk(self, size: float = 1e-3) -> Made:
        """The forget features are a point to the eye, and one factor brings them back."""
        weight, bias = self.original_head
        features = {}
        for side, f in self.original.features.items():
            features[side] = torch.where(self.gone(side)[:, None], size * f, f)
        logits = {side: f @ weight.T + bias for side, f in features.items()}
        return self.kept(Made(features, logits))

    def retain_like(self) -> Made:
        """Every forget sample takes the features and the answer of some retained one."""
        features, logits = {}, {}
        for side, f in self.original.features.items():
            gone = self.gone(side)
            kept = (~gone).nonzero().flatten()
            draw = kept[torch.randint(len(kept), (int(gone.sum()),), generator=self.rng)]
            features[side], logits[side] = f.clone(), self.original.logits[side].clone()
            features[side][gone] = f[draw] + 0.05 * self.normal(len(draw), f.shape[1])
            logits[side][gone] = logits[side][draw]
        return self.kept(Made(features, logits))

    def destroyed(self) -> Made:
        width = self.original.features["train"].shape[1]
        features = {side: self.normal(len(y), width) for side, y in self.y.items()}
        return Made(features, {s: self.normal(len(y), self.classes) for s, y in self.y.items()})

    def harmed_neighbour(self) -> Made:
        """The retrained model, but most of one retained class is taken for another."""
        logits = {side: z.clone() for side, z in self.retrained.logits.items()}
        for side, z in logits.items():
            hit = (self.y[side] == self.forgotten) & (torch.arange(len(z)) % 5 > 0)
            z[hit, self.forgotten + 1] = 99.0
        return replace(self.retrained, logits=logits)

    def wrong_on_forget(self) -> Made:
        """Forget samples are answered wrongly, more than a model would that never saw them."""
        logits = {side: z.clone() for side, z in self.retrained.logits.items()}
        gone = self.gone("train")
        logits["train"][gone, self.y["train"][gone]] = -99.0
        return replace(self.retrained, logits=logits)

    def mapped(self, made: Made, seed: int) -> Made:
        """A random invertible affine change of the features, the head making up for it."""
        rng = torch.Generator().manual_seed(seed)
        width = made.features["train"].shape[1]
        a, b = (torch.linalg.qr(torch.randn(width, width, generator=rng))[0] for _ in range(2))
        stretch = torch.logspace(-0.5, 0.5, width)  # condition number 10
        shift = torch.randn(width, generator=rng)
        features = {side: f @ (a * stretch) @ b + shift for side, f in made.features.items()}
        return Made(features, made.logits)

    # ---- evidence -------------------------------------------------------------------------

    def views(self, made: Made) -> ModelOutputs:
        return ModelOutputs(
            *(Observation(made.features[s], made.logits[s], self.y[s]) for s in ("train", "test"))
        )

    def evidence(self, made: Made) -> dict[str, Any]:
        """What `ModelResult.to_dict()` holds of a model, measured by the real instruments."""
        views = self.views(made)
        forget = views.train.features[self.split.forget_train]
        retain = views.train.features[self.split.retain_train]
        names = [str(c) for c in range(self.classes)]
        config = Recovery(ridges=(0.0,), sizes=())
        return {
            "status": "finished",
            "reason": None,
            "accuracy": accuracy_report(views, self.split, names).to_dict(),
            "recovery": recover(
                self.views(self.original), views, self.original_head, self.split, config
            ).to_dict(),
            "collapse": collapse(forget, retain).to_dict(),
            "separability": separability(forget, retain).to_dict(),
            "blocks": [],
        }

    def references(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return self.evidence_of_original, self.evidence_of_retrained

    def sizes(self) -> dict[str, int]:
        return {part: len(getattr(self.split, part)) for part in ("forget_train", "retain_test")}
