"""What kinds about generators are given: who judges, and how pictures are drawn to be judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import context
from ..subject import NotGiven, Subject, register_subject
from .settings import Drawing

if TYPE_CHECKING:
    from torch import Tensor

    from ...attacks.generation import Look
    from ...data import (
        Images,  # noqa: F401  (named in a string below: the screen has no torch)
    )
    from ...measures.generation import Jury
    from ...models.diffusion import Generator
    from ...tasks.generation import GeneratorOutputs  # noqa: F401  (the same)

__all__ = ["JUDGE", "Context", "Drawer", "GeneratorSubject", "draw", "drawer_of"]

JUDGE = "judge.npz"
"""Beside the original's pictures: the weights of the judge of all models of its seed."""


@register_subject("generation")
class GeneratorSubject(Subject["Generator", "GeneratorOutputs"]):
    """A trained generator; its `outputs` are what is in its middle, and denoising losses."""

    @property
    def untrained(self) -> bool:
        """Whether the forgotten classes' addresses were never trained, as the retrained model's."""
        return self.method == "retrain"


Context = context.Context[GeneratorSubject, "Images"]
"""The context of kinds that declare `task="generation"`."""


@dataclass(frozen=True, eq=False)
class Drawer:
    """Draws what was forgotten, and has it judged; a `Looks` for attacks.

    Attributes:
        jury: judges.
        forgotten: (F,) classes, ascending.
        config: steps and guidance of the sampler.
    """

    jury: Jury
    forgotten: Tensor
    config: Drawing

    def __call__(
        self,
        model: Generator,
        pictures: int,
        addresses: Tensor | None = None,
        *,
        choosing: bool = False,
    ) -> Look:
        """Ask for the forgotten classes in turn, see `opcviz.attacks.generation.Looks`."""
        from ...attacks.generation.looks import SHOWN, Look
        from ...models.diffusion import as_bytes

        wanted = self.wanted(pictures)
        if addresses is None:
            e = self.address(model, wanted)
        else:
            e = addresses[self._turns(pictures)]
        drawn = self.draw(model, e, other_noise(pictures, model.shape) if choosing else None)
        told = self.jury.look(drawn)
        judged = told.labels == wanted
        genuine = judged & told.genuine
        return Look(
            100 * judged.double().mean().item(),
            100 * genuine.double().mean().item(),
            as_bytes(drawn[:SHOWN]).cpu(),
            told.labels[:SHOWN].cpu(),
            told.genuine[:SHOWN].cpu(),
        )

    def wanted(self, pictures: int) -> Tensor:
        """(pictures,) the forgotten class that each is asked for."""
        return self.forgotten[self._turns(pictures)]

    def address(self, model: Generator, wanted: Tensor) -> Tensor:
        """(B, D) addresses of classes, as the model has them."""
        return model.address(wanted).detach()

    def draw(self, model: Generator, e: Tensor, noise: Tensor | None = None) -> Tensor:
        """Pictures at addresses (B, D), by default of the noise that all models share."""
        return draw(model, e, self.config.steps, self.config.guidance, noise)

    def _turns(self, pictures: int) -> Tensor:
        import torch

        return torch.arange(pictures, device=self.forgotten.device) % len(self.forgotten)


def other_noise(count: int, shape: tuple[int, ...]) -> Tensor:
    """(count, *shape) of unit variance, always the same, and other than what is reported."""
    import numpy as np
    import torch

    drawn = np.random.default_rng(20_251_204).standard_normal((count, *shape), np.float32)
    return torch.from_numpy(drawn)


def draw(
    model: Generator, e: Tensor, steps: int, guidance: float, noise: Tensor | None = None
) -> Tensor:
    """Pictures at addresses (B, D), by default of the noise that all models share.

    In bf16 where that pays: the net's answers alone are rounded, not the pictures on their way.
    """
    import torch

    from ...common.devices import Pace
    from ...models.diffusion import sample
    from ...tasks.generation.observe import fixed_noise

    noise = (fixed_noise(len(e), model.shape) if noise is None else noise).to(e.device)
    how = Pace.of("auto", "contiguous", e.device, model, noise[0].numel())
    with torch.autocast(e.device.type, torch.bfloat16, enabled=how.precision == "bf16"):
        return sample(model, e, noise, steps=steps, guidance=guidance).float()


def drawer_of(context: Context, jury: Jury | None = None) -> Drawer:
    """Draws for the model under examination.

    Args:
        context: of it.
        jury: the judge, where it is at hand already.

    Raises:
        NotGiven: where no whole classes are forgotten: nobody can be asked for single pictures.
    """
    split, data = context.split, context.data
    if split.forgets != "classes":
        raise NotGiven(
            "here single samples are forgotten, and a generator is asked for whole classes"
        )
    forgotten = data.y_train[split.forget_train].unique()
    config = context.settings(Drawing)
    return Drawer(jury or jury_of(context), forgotten, config)


def jury_of(context: Context) -> Jury:
    """The jury that all models of a seed share: the original's, which is made first."""
    from ...measures.generation import Jury

    asked = context.original.stored("generation")
    return Jury.from_arrays(asked.arrays(JUDGE), context.data)
