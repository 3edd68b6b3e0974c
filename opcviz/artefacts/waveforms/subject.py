"""What kinds about these models are given, and the conditions that all models are asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from .. import context
from ..subject import NotGiven, Subject, register_subject
from .settings import Shaking

if TYPE_CHECKING:
    from torch import Tensor

    from ...data import Split
    from ...data.earthquakes import (
        Earthquakes,  # noqa: F401  (named in a string below: the screen has no torch)
    )
    from ...models.waveforms import WaveformGenerator
    from ...tasks.waveforms.task import WaveformOutputs  # noqa: F401  (the same)

__all__ = ["Asked", "Context", "WaveformSubject", "asked_of", "check_asked", "made_at"]

ANOTHER = 1  # seed of the simulation that stands beside the held-out records
ODD = 977  # noise of a later use is another one's


@register_subject("waveforms")
class WaveformSubject(Subject["WaveformGenerator", "WaveformOutputs"]):
    """A trained model of records."""


Context = context.Context[WaveformSubject, "Earthquakes"]
"""The context of kinds that declare `task="waveforms"`."""


@dataclass(frozen=True, eq=False)
class Asked:
    """Held-out records and their conditions, the forgotten ones first.

    Attributes:
        conditions: (N, 6) float32.
        held_out: (N, T) float32.
        forgotten: (N,) bool.
        p, s: (N,) arrivals, s after the origin time: true ones, or those picked from `held_out`.
        rate, onset: as of the data.
        steps: of the sampler.
    """

    conditions: np.ndarray
    held_out: np.ndarray
    forgotten: np.ndarray
    p: np.ndarray
    s: np.ndarray
    rate: float
    onset: float
    steps: int

    def first(self, count: int) -> Asked:
        """At most so many of either part."""
        kept = np.concatenate(
            [np.flatnonzero(self.forgotten)[:count], np.flatnonzero(~self.forgotten)[:count]]
        )
        names = ("conditions", "held_out", "forgotten", "p", "s")
        return replace(self, **{name: getattr(self, name)[kept] for name in names})


def asked_of(context: Context) -> Asked:
    """What every model of a study is asked for.

    Raises:
        NotGiven: where no held-out record is forgotten, as where single records are.
    """
    import torch

    from ...data.earthquakes import as_conditions
    from ...measures.waveforms import pick_p, pick_s

    data, split, config = context.data, context.split, context.settings(Shaking)
    check_asked(split)
    parts = split.forget_test[: config.forgotten], split.retain_test[: config.retained]
    ids = torch.cat(parts)
    held_out = data.batch(ids, "test")[:, 0].cpu().numpy()
    conditions = as_conditions(data.y_test[ids])
    if data.arrivals is not None:
        p, s = data.arrivals(conditions)
    else:
        p, s = (pick(held_out, data.rate, data.onset) for pick in (pick_p, pick_s))
    return Asked(
        conditions.astype(np.float32),
        held_out,
        np.arange(len(ids)) < len(parts[0]),
        p,
        s,
        data.rate,
        data.onset,
        config.steps,
    )


def check_asked(split: Split) -> None:
    """See that there is something that a model can be asked for, and should not know.

    Raises:
        NotGiven: where no held-out record is forgotten, or none is not.
    """
    for ids, lacks in ((split.forget_test, "forgotten"), (split.retain_test, "kept")):
        if not len(ids):
            raise NotGiven(
                f"no held-out record is {lacks}: forget a region or magnitudes that have some of "
                "the held-out records, so that a model can be asked for what it should not know"
            )


def made_at(
    model: WaveformGenerator, conditions: np.ndarray, steps: int, use: int = 0
) -> np.ndarray:
    """Records (N, T) at conditions (N, 6), of noise that all models share.

    Args:
        model: in eval mode.
        conditions: what is asked for.
        steps: of the sampler.
        use: another number draws other noise.
    """
    import torch

    device = model.centre.device
    noise, phases = shared_noise(model, len(conditions), use)
    asked = torch.from_numpy(np.asarray(conditions, np.float32)).to(device)
    made: np.ndarray = model.draw(asked, noise, phases, steps).cpu().numpy()
    return made


def shared_noise(model: WaveformGenerator, count: int, use: int = 0) -> tuple[Tensor, Tensor]:
    """Noise of codes (count, code) and of phases (count, T), the same for all models."""
    import torch

    device = model.centre.device
    random = np.random.RandomState(20_241_217 + ODD * use)
    noise = random.standard_normal((count, model.codec.code)).astype(np.float32)
    phases = random.standard_normal((count, model.length)).astype(np.float32)
    return torch.from_numpy(noise).to(device), torch.from_numpy(phases).to(device)
