"""SalUn's membership attack: five support vector machines, and what they say of the forget set.

Protocol of SalUn (Fan et al. 2024, ICLR, arXiv 2310.12508), after Song & Mittal (2021): a machine
learns to tell data the model was trained on and keeps (retain-train) from data it never saw (test),
by one score; then it judges the forget set. MIA-efficacy is the share it takes for unseen.

Where we leave the authors' program: it takes the first |test| samples of retain-train, we draw them
at random; its modified entropy reads log p for log(1 − p) and turns the columns of all labels of a
batch at once, ours is Song & Mittal's formula. The confidence figure, the one usually reported, is
the same in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...common.progress import Progress
from ...common.records import Undefined, guard
from ...common.statistics import FEWEST
from ...results import SvcScore, SvcScores
from .scores import ALIKE, alike, log_odds, modified_entropy, of_label

__all__ = ["PENALTY", "SVC_SCORES", "ShadowThreat", "svc_attack"]

Array = np.ndarray[Any, Any]

PENALTY = 3.0  # C of the support vector machine
SVC_SCORES = ("correctness", "confidence", "entropy", "modified_entropy", "probability")


@dataclass(frozen=True, eq=False)
class ShadowThreat:
    """Threat model: the attacker queries the unlearned model alone, and knows some true members.

    He holds samples that the model was trained on and retains, samples it never saw, and asks of
    the forget samples which of the two they resemble. He sees no original or retrained model.

    Attributes:
        retained: (m, C) logits and (m,) labels of retain-train samples.
        unseen: the same of test samples.
        suspects: the same of the forget samples.
    """

    retained: tuple[Tensor, Tensor]
    unseen: tuple[Tensor, Tensor]
    suspects: tuple[Tensor, Tensor]


def svc_attack(
    threat: ShadowThreat, *, limit: int = 1000, seed: int = 0, progress: Progress | None = None
) -> SvcScores:
    """MIA-efficacy by each of the five scores.

    The machines have an RBF kernel, C = 3 and γ = 1 / number of inputs, and learn from as many
    retained as unseen samples: all of the smaller side, at most `limit`, drawn at random.

    Args:
        threat: what the attacker sees.
        limit: most samples of each side; a machine's cost grows with their square.
        seed: of the draw.
        progress: asked between machines whether to stop.

    Returns:
        `shadow`, samples of each side learned from, and under each of `SVC_SCORES`

        * `efficacy`: percent of the forget set judged unseen. Higher is not better without end:
          the aim is the retrained model's figure.
        * `retained`, `unseen`: percent of the samples learned from that are judged unseen; where
          the efficacy would lie if forget samples were like members, or like unseen data.
        * `accuracy`: percent of the samples learned from that are judged right; chance is 50, and
          an attack close to it says nothing about the forget set.

    Raises:
        ValueError: for logits or labels that cannot be used.
        Cancelled: from `progress`.
    """
    progress = progress or Progress()
    generator = torch.Generator().manual_seed(seed)
    count = min(limit, len(threat.retained[1]), len(threat.unseen[1]))
    sides = [_drawn(side, count, generator) for side in (threat.retained, threat.unseen)]
    suspects = len(threat.suspects[1])
    few = f"{count} retained and as many unseen samples to learn from are fewer than {FEWEST}"
    why = guard(
        (count < FEWEST, few),
        (suspects < FEWEST, f"{suspects} forget samples are fewer than {FEWEST}"),
    ) or guard((alike(sides[0][0], sides[1][0]), ALIKE))
    if why:
        return SvcScores(count, **dict.fromkeys(SVC_SCORES, SvcScore.undefined(why)))
    retained, unseen, forgotten = (_inputs(*side) for side in (*sides, threat.suspects))
    scores = {}
    for name in SVC_SCORES:
        scores[name] = _judge(retained[name], unseen[name], forgotten[name])
        progress.check()
    return SvcScores(count, **scores)


def _drawn(
    side: tuple[Tensor, Tensor], count: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    logits, labels = side
    rows = torch.randperm(len(labels), generator=generator)[:count].sort().values
    return logits.cpu()[rows], labels.cpu()[rows]


def _inputs(logits: Tensor, labels: Tensor) -> dict[str, Array]:
    """What each machine sees of n samples, (n, inputs) float64."""
    odds = log_odds(logits)
    p, log_p = torch.sigmoid(odds), torch.nn.functional.logsigmoid(odds)
    columns = {
        "correctness": (logits.argmax(1).cpu() == labels.cpu()).double()[:, None],
        "confidence": of_label(p, labels)[:, None],
        "entropy": -(p * log_p).sum(1, keepdim=True),
        "modified_entropy": modified_entropy(odds, labels)[:, None],
        "probability": p,
    }
    return {name: columns[name].numpy() for name in SVC_SCORES}


def _judge(retained: Array, unseen: Array, suspects: Array) -> SvcScore:
    from sklearn.svm import SVC

    x = np.concatenate([retained, unseen])
    if (x == x[0]).all():
        why = "all samples to learn from have the same score: there is nothing to learn"
        return SvcScore.undefined(Undefined(why))
    member = np.repeat([1, 0], [len(retained), len(unseen)])
    machine = SVC(C=PENALTY, kernel="rbf", gamma="auto").fit(x, member)

    def judged_unseen(part: Array) -> float:
        return 100 * float(1 - machine.predict(part).mean())

    of_retained, of_unseen = judged_unseen(retained), judged_unseen(unseen)
    return SvcScore(
        efficacy=judged_unseen(suspects),
        retained=of_retained,
        unseen=of_unseen,
        accuracy=(100 - of_retained + of_unseen) / 2,
    )
