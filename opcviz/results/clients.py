"""Results about a client who left."""

from __future__ import annotations

from dataclasses import dataclass

from ..common.records import Record, Undefined

__all__ = ["ClientShare", "ClientsResult"]


@dataclass(frozen=True)
class ClientShare(Record):
    """What one client holds.

    Attributes:
        leaves: whether it is the one to be forgotten.
        classes: its train pictures by their true class, in label order.
        poisoned: those of them with a trigger and its label.
    """

    leaves: bool
    classes: tuple[int, ...]
    poisoned: int = 0

    @property
    def pictures(self) -> int:
        """All that it holds."""
        return sum(self.classes)


@dataclass(frozen=True)
class ClientsResult(Record):
    """Whether a model still knows what a client brought; shares in percent.

    `backdoor` is the share of other classes' test pictures that the trigger turns to its class,
    those not counted that are answered so without it.

    Attributes:
        clients: all of them, in order.
        accuracy: on the clean train pictures of the client who left.
        auc: of telling these from unseen pictures of their class by the loss, mean over its
            pictures; 0.5: as strangers.
        test, backdoor: test accuracy without the trigger, and its success, of the model as it is
            and after each further round of the others.
        shots: poisoned pictures that an attacker trains the model on, among as many others'.
        relearned: `backdoor` after that.
    """

    clients: tuple[ClientShare, ...]
    accuracy: float | Undefined
    auc: float | Undefined
    test: tuple[float, ...] | Undefined
    backdoor: tuple[float, ...] | Undefined
    shots: int
    relearned: float | Undefined

    @property
    def returned(self) -> float | Undefined:
        """The most that the trigger scores after any further round."""
        return self.backdoor if isinstance(self.backdoor, Undefined) else max(self.backdoor[1:])
