"""What a generator draws: asked for what it forgot, for what it kept, and for nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...common.records import Undefined
from ...results import GenerationResult
from ..columns import HEADLINE, Column, figure
from ..kind import Kind, Made, register_kind
from .rows import DRAWN_ROWS
from .settings import Drawing
from .subject import JUDGE, Context, Drawer, draw, drawer_of, jury_of

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from ...measures.generation import Jury
    from ...models.diffusion import Generator

__all__ = ["Drawn"]

TABLES = ("show", "unlearning", HEADLINE)
GRID = 10  # pictures of each class that are shown
ROUNDS = 4  # of `each` pictures of every retained class
KEPT = 64  # pictures asked for, and without a condition, that are shown


def _column(
    name: str,
    value: Callable[[GenerationResult], float | Undefined],
    help: str,
    form: str = ",.1f",
    better: str = "same",
) -> Column:
    return Column(name, figure(GenerationResult, value), form, TABLES, help, better=better)


@register_kind(
    "generation",
    title="What is drawn",
    stage="drawing with",
    summary="pictures asked for the forgotten classes, for the others and for none: who is in "
    "them, how good they are, and how varied",
    version=2,
    task="generation",
    optional=False,
)
class Drawn(Kind[Context]):
    """Draws with noise that all models share, and has it judged.

    The judge is trained once for all models of a seed, and lies beside the original's answer.
    """

    settings = {"drawing": Drawing}
    order = 10
    shares = True
    result = GenerationResult
    rows = DRAWN_ROWS
    quick = {"drawing": {"asked": 100, "unconditional": 100, "each": 20}}
    fields = {
        "generation.asked": (
            "of the pictures asked for the forgotten classes: percent `judged` to show them, "
            "`genuine` (judged so, and inside that class's manifold of real pictures), taken for "
            "`none`, `inside` any class's manifold; `entropy` of the judge in nats; `shares` by "
            "class that they are taken for; and how many `pictures`"
        ),
        "generation.unconditional": "the same of pictures drawn without a condition",
        "generation.retained": (
            "of the pictures of the other classes: `accuracy` in percent judged to be of the class "
            "asked for, `recall_by_class`, `frechet` distance of the judge's features (of "
            "real test pictures `frechet_unseen`), "
            "`precision` and `recall` (0 to 1), mean distance to the `nearest` train picture and "
            "the same of real test pictures, `nearest_unseen`"
        ),
        "generation.diversity": "mean distance between two pictures asked for the forgotten class",
        "generation.held_out": (
            "denoising loss of real test pictures of the forgotten classes, under their `own` "
            "address and under the `null` one"
        ),
        "generation.judge": (
            "what the judge is worth: `accuracy` on real test pictures, percent of them that count "
            "as `genuine` by class, and percent of empty pictures that do (`fooled`)"
        ),
        "generation.untrained": "whether the forgotten classes' addresses were never trained",
        "generation.{steps,guidance}": "of the sampler",
    }
    columns = (
        _column("asked", lambda r: r.asked.judged, "Percent judged to show the forgotten class."),
        _column("genuine", lambda r: r.asked.genuine, "Percent that genuinely show it."),
        _column("leak", lambda r: r.unconditional.genuine, "The same without a condition."),
        _column(
            "retained",
            lambda r: r.retained.accuracy,
            "Percent right of the pictures asked for other classes.",
            better="more",
        ),
        _column(
            "FD", lambda r: r.retained.frechet, "Fréchet distance of these.", ".2f", better="less"
        ),
        _column(
            "precision",
            lambda r: r.retained.precision,
            "Share of these inside the real ones.",
            ".2f",
            better="more",
        ),
        _column(
            "recall",
            lambda r: r.retained.recall,
            "Share of the real ones that these reach.",
            ".2f",
            better="more",
        ),
        _column(
            "diversity",
            lambda r: r.diversity,
            "Distance between two pictures asked for the forgotten class.",
            ".2f",
            better="",
        ),
    )

    def measure(self, context: Context) -> Made:
        """Four times a few hundred pictures, after the judge has learnt."""
        config = context.settings(Drawing)
        mine = context.is_original or not context.has_original
        jury = _new_jury(context, config) if mine else jury_of(context)
        drawer = drawer_of(context, jury)
        result, arrays = _drawn(context, drawer, config)
        files = {"pictures.npz": arrays}
        return Made(result, files | {JUDGE: dict(jury.arrays())} if mine else files)


def _new_jury(context: Context, config: Drawing) -> Jury:
    from ...measures.generation import Jury, train_judge

    judge = train_judge(
        context.data,
        epochs=config.judge_epochs,
        seed=config.judge_seed,
        progress=context.progress,
    )
    return Jury.of(judge, context.data)


def _drawn(
    context: Context, drawer: Drawer, config: Drawing
) -> tuple[GenerationResult, dict[str, np.ndarray]]:
    """Everything that is said and shown of one model."""
    import torch

    from ...attacks.generation.looks import Shown
    from ...measures.generation import (
        diversity,
        drawn_pictures,
        held_out_loss,
        judge_report,
        picture_quality,
    )
    from ...models.diffusion import as_bytes

    model, data, split = context.subject.network, context.data, context.split
    wanted = drawer.wanted(config.asked)
    asked = drawer.draw(model, drawer.address(model, wanted))
    context.progress.check()
    null = _without_condition(model, config)
    context.progress.check()
    everything = torch.arange(data.classes, device=data.device)
    others = everything[~torch.isin(everything, drawer.forgotten)]
    # the Fréchet distance of 50 pictures of each of nine classes moves by 0.04 with the noise
    labels = others.repeat(ROUNDS * config.each)
    retained = drawer.draw(model, drawer.address(model, labels))
    told, free = drawer.jury.look(asked), drawer.jury.look(null)
    result = GenerationResult(
        asked=drawn_pictures(told, wanted, data.classes),
        unconditional=drawn_pictures(free, drawer.forgotten, data.classes),
        retained=picture_quality(drawer.jury, retained, labels, data, split),
        diversity=diversity(asked),
        held_out=held_out_loss(model, data, split.forget_test),
        judge=judge_report(drawer.jury, data, config.judge_seed),
        untrained=context.subject.untrained,
        steps=config.steps,
        guidance=config.guidance,
    )
    shown = _shown(context, drawer, config)
    for name, drawn, seen in (("asked", asked, told), ("unconditional", null, free)):
        shown |= Shown(as_bytes(drawn[:KEPT]), seen.labels[:KEPT], seen.genuine[:KEPT]).arrays(name)
    return result, shown


def _without_condition(model: Generator, config: Drawing) -> Tensor:
    """Pictures under the null address, unguided."""
    e = model.null(config.unconditional).detach()
    return draw(model, e, config.steps, 0.0)


def _shown(context: Context, drawer: Drawer, config: Drawing) -> dict[str, np.ndarray]:
    """The first pictures as they come about, and some of every class."""
    import torch

    from ...attacks.generation.looks import SHOWN
    from ...models.diffusion import as_bytes, sample_path
    from ...tasks.generation.observe import fixed_noise

    model, device = context.subject.network, context.device
    e = drawer.address(model, drawer.wanted(SHOWN))
    noise = fixed_noise(SHOWN, model.shape).to(device)
    path = sample_path(model, e, noise, steps=config.steps, guidance=config.guidance)
    every = torch.arange(context.data.classes, device=device).repeat_interleave(GRID)
    grid = drawer.draw(model, drawer.address(model, every))
    return {
        "path": as_bytes(path.clean).cpu().numpy(),
        "grid": as_bytes(grid).cpu().numpy().reshape(-1, GRID, *model.shape),
    }
