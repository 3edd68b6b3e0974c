"""Shadow models: the study's own recipe on other forget sets, for attackers who train as we do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..common.config import ConfigError
from ..common.records import Undefined

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

__all__ = ["Arrays", "Look", "Shadow", "ShadowTrainer", "no_shadows"]

Arrays = Mapping[str, "np.ndarray"]

Look = Callable[["nn.Module"], Arrays]
"""What is kept of a trained model, which is in eval mode and on the device."""


@dataclass(frozen=True, eq=False)
class Shadow:
    """One model that an attacker trains.

    Attributes:
        role: an original (on all training data), a retrained model (without the forget set) or one
            that the method of the model under examination unlearned, from the original of the seed.
        forget: ids into the train set.
        seed: of the attacker's original.
        index: which of the models with this seed it is; each is trained with its own randomness.
    """

    role: Literal["original", "retrained", "unlearned"]
    forget: Tensor
    seed: int
    index: int = 0


ShadowTrainer = Callable[[Shadow, Look, str], Arrays | Undefined]
"""Gives what was seen of a shadow model; it is trained, looked at and kept if no run has done so.

Originals and retrained models are shared by all methods of a study. The last argument is the name
of what is looked at: another name is another answer. Where training left no model, the reason comes
back. Raises `Cancelled` when asked to stop; models that were finished stay.
"""


def no_shadows(which: Shadow, look: Look, sees: str) -> Arrays | Undefined:
    """Where there is no store that could keep them.

    Raises:
        ConfigError: saying where there is one.
    """
    raise ConfigError("shadow models are trained and kept by a study: run this kind in one")
