"""What a model still shows of one client's data: its trigger, and that it was among the clients."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..common.records import Undefined
from ..data import Clients, Images, Split, triggered, true_labels
from ..models import as_body_head
from ..tasks.classification import observe
from .accuracy import accuracy

__all__ = ["CLIENT_VALUES", "LeaverNumbers", "auc_by_class", "turned"]

CLIENT_VALUES = ("test_accuracy", "backdoor", "leaver_accuracy", "leaver_auc")
"""What `LeaverNumbers` gives: percent, and an AUC."""


def turned(clean: Tensor, patched: Tensor, labels: Tensor, target: int) -> float:
    """Percent of other classes' pictures that a trigger turns to its class.

    A picture that gets this class without the trigger, too, was not turned: a model that answers it
    always scores 0.

    Args:
        clean, patched: (N, C) logits of pictures without and with the trigger.
        labels: (N,) true classes.
        target: the trigger's class.

    Raises:
        ValueError: when all pictures are of that class.
    """
    others = labels != target
    if not bool(others.any()):
        raise ValueError("trigger: there are no pictures of another class")
    hit = patched[others].argmax(1) == target
    before = clean[others].argmax(1) == target
    return 100 * float((hit & ~before).double().mean())


def auc_by_class(
    members: Tensor, their_labels: Tensor, others: Tensor, other_labels: Tensor
) -> float | Undefined:
    """P(a member's true class is answered more surely than a stranger's of the same class).

    Clients hold other classes than the test set, and some classes are harder: compared are pictures
    of one class, and classes count as often as members have them. Ties count one half.

    Args:
        members: (n, K) logits of a client's pictures.
        their_labels: (n,) their true classes.
        others: (m, K) logits of pictures that no model saw.
        other_labels: (m,) theirs.
    """
    theirs, strangers = _sureness(members, their_labels), _sureness(others, other_labels)
    won, count = 0.0, 0
    for label in their_labels.unique().tolist():
        mine, beside = theirs[their_labels == label], strangers[other_labels == label]
        if len(beside):
            ahead = (mine[:, None] > beside).double() + 0.5 * (mine[:, None] == beside).double()
            won, count = won + float(ahead.mean(1).sum()), count + len(mine)
    if not count:
        return Undefined("there are no unseen pictures of the client's classes")
    return won / count


def _sureness(logits: Tensor, labels: Tensor) -> Tensor:
    """(n,) log-odds of the true class: as the loss orders pictures, without its rounding near 0."""
    z = logits.double()
    own = z.gather(1, labels[:, None])
    rest = z.scatter(1, labels[:, None], float("-inf")).logsumexp(1)
    return own.squeeze(1) - rest


class LeaverNumbers:
    """Looks at the test set, with the trigger and without, and at the leaver's clean pictures.

    Args:
        data: the data set, with the trigger in it.
        split: whose clients hold it.
    """

    def __init__(self, data: Images, split: Split) -> None:
        clients: Clients = split.held
        self.data, self.planted = data, data.planted
        mine = clients.shard(clients.leaver)
        if self.planted is not None:
            mine = mine[~torch.isin(mine, self.planted.ids)]
        self.mine = mine
        self.labels = torch.from_numpy(true_labels(data)).to(data.device)[mine]
        self.patched = triggered(data, data.x_test) if self.planted is not None else None

    def __call__(self, network: nn.Module) -> dict[str, float]:
        """`CLIENT_VALUES` of a model; NaN where there is none."""
        model, data = as_body_head(network), self.data
        nan = float("nan")
        values = dict.fromkeys(CLIENT_VALUES, nan)
        test = observe(model, data.x_test, data.y_test).logits
        if not bool(test.isfinite().all()):
            return values
        values["test_accuracy"] = accuracy(test, data.y_test)
        if self.patched is not None and self.planted is not None:
            patched = observe(model, self.patched, data.y_test).logits
            (target,) = self.planted.classes
            values["backdoor"] = turned(test, patched, data.y_test, target)
        if len(self.mine):
            mine = observe(model, data.x_train[self.mine], self.labels).logits
            if bool(mine.isfinite().all()):
                values["leaver_accuracy"] = accuracy(mine, self.labels)
                auc = auc_by_class(mine, self.labels, test, data.y_test)
                values["leaver_auc"] = nan if isinstance(auc, Undefined) else auc
        return values
