"""A model under attack: its outputs at every station, on the samples of one forget scenario."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import torch
from torch import Tensor

from opcviz.data import Images, Split
from opcviz.models import Classifier


class Subject:
    """A model with everything it shows of the train and of the test set.

    Args:
        network: on the CPU; it is not changed.
        data, split: the data set and what was to be forgotten of it.
    """

    def __init__(self, network: Classifier, data: Images, split: Split) -> None:
        self.network = network.eval()
        self.data, self.split = data, split
        self.x = {p: data.batch(torch.arange(len(y)), p) for p, y in self.y_of(data).items()}
        self.y = self.y_of(data)
        self.forgotten = torch.tensor(split.classes)

    @staticmethod
    def y_of(data: Images) -> dict[str, Tensor]:
        return {"train": data.y_train, "test": data.y_test}

    @cached_property
    def seen(self) -> dict[str, dict[str, Tensor]]:
        """Part to block name to (N, C, H, W); `features` (N, d) and `logits` (N, classes), too."""
        return {part: observe(self.network, x) for part, x in self.x.items()}

    def stations(self) -> Iterator[tuple[str, Tensor, Tensor]]:
        """Name, train rows and test rows of each block, unpooled and pooled, and of the rest."""
        train, test = self.seen["train"], self.seen["test"]
        for name in self.network.block_names:
            yield name, train[name].flatten(1), test[name].flatten(1)
            yield f"{name} pooled", train[name].flatten(2).mean(2), test[name].flatten(2).mean(2)
        for name in ("features", "logits"):
            yield name, train[name], test[name]

    def accuracy(self) -> dict[str, float]:
        """Percent right of each of the four parts."""
        found = {}
        for part in ("retain_test", "forget_test", "retain_train", "forget_train"):
            side, ids = part.rpartition("_")[2], self.split.part(part)
            right = self.seen[side]["logits"][ids].argmax(1) == self.y[side][ids]
            found[part] = round(100 * right.float().mean().item(), 2)
        return found

    def life(self) -> dict[str, float]:
        """Whether a gradient reaches the body, and the units (channels) that never answer.

        `dead` are those at 0 for every position of every test picture, forgotten or retained: they
        hide what lies before them from a gradient, and forget nothing. `silent` are at 0 for the
        forgotten alone. Gradients are of the mean cross-entropy, their norm over all weights but
        the head's.
        """
        found = {}
        gone, kept = self.split.forget_test, self.split.retain_test
        for name in self.network.block_names:
            peak = self.seen["test"][name].abs().flatten(2).amax(2)
            forget, retain = peak[gone].amax(0) == 0, peak[kept].amax(0) == 0
            found[f"dead {name}"] = round(100 * (forget & retain).float().mean().item(), 1)
            found[f"silent {name}"] = round(100 * (forget & ~retain).float().mean().item(), 1)
        body = [
            parameter
            for name, parameter in self.network.named_parameters()
            if not name.startswith(f"net.{self.network.head_name}.")
        ]
        for side, ids in (("forget", gone), ("retain", kept)):
            logits = self.network(self.x["test"][ids])
            loss = torch.nn.functional.cross_entropy(logits, self.y["test"][ids])
            norms = torch.stack([g.norm() for g in torch.autograd.grad(loss, body)])
            found[f"gradient {side}"] = norms.norm().item()
        return found


@torch.no_grad()
def observe(network: Classifier, x: Tensor) -> dict[str, Tensor]:
    """Everything that one pass over x shows, in float32."""
    passes = [network.activations(chunk) for chunk in x.split(512)]
    found = {name: torch.cat([p.blocks[name] for p in passes]) for name in network.block_names}
    found["features"] = torch.cat([p.features for p in passes])
    found["logits"] = torch.cat([p.logits for p in passes])
    return found
