"""Did a retrained model see the samples that it is said to have been trained without?

A model that never saw a sample knows it as well as any unseen one of its class; one that saw it
knows it as well as the data that it was trained on. So its sureness of the forgotten samples is
ranked against both, on as many samples of each class. Nothing can be told where a model is no surer
of its own train data than of unseen data: it generalises too well, or learnt too little.

The same ranks tell membership in the losses of a single model (Yeom et al. 2018, "Privacy risk in
machine learning", IEEE CSF); the intervals are those of an AUC.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..common.statistics import FEWEST, Interval
from ..verdict.check import spread_of

if TYPE_CHECKING:
    from torch import Tensor

    from .case import Case, Opened

__all__ = ["Exposure", "exposure", "saw"]

LOOKED_AT = 400  # samples of each kind
CHANCE = 0.5


@dataclass(frozen=True)
class Exposure:
    """How well a model knows samples beside unseen ones of the same classes.

    Attributes:
        forgotten: AUC of forgotten samples against unseen ones by the model's sureness of the
            right class; 0.5 where it knows them no better.
        of_forgotten: 95 % of it.
        retained: the same of retained train samples, which it was trained on.
        of_retained: 95 % of it.
        samples: forgotten ones looked at.
    """

    forgotten: float
    of_forgotten: Interval
    retained: float
    of_retained: Interval
    samples: int

    @property
    def power(self) -> bool:
        """Whether samples that it saw would lie clearly above unseen ones."""
        width = self.forgotten - self.of_forgotten[0]
        return self.of_retained[0] > CHANCE and self.retained - CHANCE > width

    @property
    def seen(self) -> bool:
        """Whether it knows the forgotten samples better than unseen ones, beyond chance, and more
        like what it was trained on than like those."""
        nearer = self.forgotten - CHANCE > (self.retained - CHANCE) / 2
        return self.power and self.of_forgotten[0] > CHANCE and nearer


def exposure(case: Case, opened: Opened) -> Exposure | None:
    """How a model knows the forgotten samples; None where classes are forgotten, or too few of
    either kind are there.

    Args:
        case: whose samples.
        opened: one of its models.
    """
    if case.split.classes or min(map(len, (case.split.forget_train, case.split.retain_test))) < (
        FEWEST
    ):
        return None
    data, split = case.data, case.split
    rows = _some(split.forget_train, LOOKED_AT)
    like = data.y_train[rows]
    forgotten = _sureness(case, opened, "train", rows)
    unseen = _sureness(case, opened, "test", _alike(split.retain_test, data.y_test, like))
    kept = _sureness(case, opened, "train", _alike(split.retain_train, data.y_train, like))
    if min(len(unseen), len(kept)) < FEWEST:
        return None
    (one, of_one), (two, of_two) = _auc(forgotten, unseen), _auc(kept, unseen)
    return Exposure(one, of_one, two, of_two, len(rows))


def saw(found: Sequence[tuple[str, Exposure]]) -> Iterator[str]:
    """What that says of models called retrained, in sentences.

    Args:
        found: their names, and how they know the forgotten samples.
    """
    for name, each in found:
        low, high = each.of_forgotten
        if each.seen:
            yield (
                f"The retrained model ({name}) knows the forgotten samples better than unseen ones "
                f"(AUC {each.forgotten:.2f}, 95 % {low:.2f} to {high:.2f}), as it does the data "
                f"that it was trained on ({each.retained:.2f}): it seems to have been trained on "
                "them, and is no measure then."
            )
    blind = [(name, each) for name, each in found if not each.power]
    if blind:
        names = ", ".join(name for name, _ in blind)
        kept = spread_of(
            min(each.retained for _, each in blind), max(each.retained for _, each in blind), ".2f"
        )
        chance = max(CHANCE + each.forgotten - each.of_forgotten[0] for _, each in blind)
        who = "model" if len(blind) == 1 else "models"
        yield (
            f"Whether the retrained {who} ({names}) never saw the forgotten samples cannot be told "
            "from the answers: even data that were trained on are known hardly better than unseen "
            f"ones (AUC {kept}, and of {blind[0][1].samples} samples up to {chance:.2f} is chance)."
        )


def _some(ids: Tensor, count: int) -> Tensor:
    """At most so many, evenly spread."""
    import torch

    at = torch.linspace(0, len(ids) - 1, min(count, len(ids)), device=ids.device)
    return ids[at.round().long()]


def _alike(ids: Tensor, labels: Tensor, like: Tensor) -> Tensor:
    """Some of `ids` whose classes are as frequent as in `like`, as far as there are enough."""
    import torch

    wanted = {int(c): int(n) for c, n in zip(*like.unique(return_counts=True), strict=True)}
    of = {c: ids[labels[ids] == c] for c in wanted}
    times = max(1, min(len(of[c]) // n for c, n in wanted.items()))
    times = min(times, max(1, LOOKED_AT // len(like)))
    return torch.cat([_some(of[c], times * n) for c, n in wanted.items() if len(of[c])])


def _sureness(case: Case, opened: Opened, side: str, rows: Tensor) -> Tensor:
    """(n,) log-odds of the right class."""
    from ..attacks.membership import scaled_confidence
    from ..models import as_body_head
    from ..tasks.classification import observe

    data = case.data
    x, y = (data.x_train, data.y_train) if side == "train" else (data.x_test, data.y_test)
    seen = observe(as_body_head(opened.model), x[rows], y[rows])
    return scaled_confidence(seen.logits.cpu(), seen.labels.cpu())


def _auc(members: Tensor, others: Tensor) -> tuple[float, Interval]:
    """How often a member is surer than another, ties half, and 95 % of it."""
    from ..common.statistics import auc_interval

    above = members[:, None] - others[None, :]
    auc = float(((above > 0).double() + 0.5 * (above == 0).double()).mean())
    low, high = auc_interval(auc, len(members), len(others))
    return auc, (low, high)
