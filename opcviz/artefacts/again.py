"""Unlearning once more, for kinds that look at the way a method takes and not at its end alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from .subject import NotGiven

if TYPE_CHECKING:
    from ..common.json_types import Plain
    from ..training import EpochCallback

__all__ = ["Again", "NoMethod"]


class Again(Protocol):
    """The method of the model under examination, to be run again from the same original."""

    def steps_an_epoch(self, batch_size: int) -> int:
        """Steps between two looks.

        Raises:
            NotGiven: when the method takes no steps.
        """

    def __call__(self, changes: Mapping[str, Plain], watch: EpochCallback) -> str:
        """Unlearn with other settings; nothing is stored.

        Args:
            changes: settings by name, over those of the model under examination.
            watch: called with the model between epochs.

        Returns:
            Why it broke off; nothing where it did not.

        Raises:
            NotGiven: when the method takes no steps.
            Cancelled: when asked to stop.
        """


class NoMethod:
    """Where models are examined without the method that made them."""

    reason = "how this model was made is not known here, so that it cannot be made again"

    def steps_an_epoch(self, batch_size: int) -> int:
        """There are none.

        Raises:
            NotGiven: always.
        """
        raise NotGiven(self.reason)

    def __call__(self, changes: Mapping[str, Plain], watch: EpochCallback) -> str:
        """There is nothing to run.

        Raises:
            NotGiven: always.
        """
        raise NotGiven(self.reason)
