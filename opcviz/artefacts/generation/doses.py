"""The dose map: unlearning is stopped after ever more steps, and what it left is attacked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...attacks.generation import DoseMap
from ...common.records import Undefined
from ...results import DoseResult
from ..kind import Kind, Made, register_kind
from ..subject import NotGiven
from ..threat import Threat
from .attacked import POINT, column, with_pictures
from .rows import DOSE_ROWS, worst_of
from .settings import Drawing
from .subject import Context, drawer_of

if TYPE_CHECKING:
    from ...common.json_types import Plain
    from ...training import EpochCallback

__all__ = ["Doses"]


@register_kind(
    "dose",
    title="Dose map",
    stage="unlearning step by step with",
    summary="unlearning is stopped after ever more steps and what it left is attacked (DiMRA): how "
    "much of it does the class survive?",
    task="generation",
    default=True,
)
class Doses(Kind[Context]):
    """Unlearning steps against attack steps, at one rate for all methods."""

    settings = {"drawing": Drawing, "dose": DoseMap}
    order = 45
    result = DoseResult
    rows = DOSE_ROWS
    quick = None
    threat = Threat(
        holds="the model's weights at a moment of its unlearning, and the retained pictures",
        spends="training by Adam at a rate of {dose.attack_lr}, up to {dose.attacked:max} steps",
    )
    fields = {
        "dose.rows[]": f"by steps of unlearning (`unlearned`), the `curve`: {POINT}",
        "dose.matched": (
            "the same of the method when it was stopped at the first look that showed the class no "
            "more, after `unlearned` steps and with so many percent `judged`"
        ),
        "dose.{lr,pictures}": "rate of unlearning, and pictures drawn at each point",
    }
    columns = (
        column(
            "stopped early, DiMRA, judged",
            DoseResult,
            lambda found: (
                worst_of(found.matched.curve).judged
                if not isinstance(found.matched, Undefined)
                else None
            ),
            "the most that the attack brings back, percent judged so, of the method stopped when "
            "it first looks forgotten",
        ),
    )

    def measure(self, context: Context) -> Made:
        """One unlearning, and an attack on each stage of it."""
        from ...attacks.generation import dose_map

        config, again = context.settings(DoseMap), context.again

        def unlearn(epochs: int, watch: EpochCallback) -> str:
            changes: dict[str, Plain] = {
                "lr": config.lr,
                "schedule": "constant",
                "epochs": epochs,
                "batch_size": config.batch_size,
            }
            return again(changes, watch)

        an_epoch = again.steps_an_epoch(config.batch_size)
        looks = drawer_of(context)
        try:
            found = dose_map(
                unlearn,
                an_epoch,
                context.data,
                context.split,
                looks,
                config,
                seed=context.seed,
                progress=context.progress,
            )
        except ValueError as error:
            raise NotGiven(str(error)) from error
        rows = [row.unlearned for row in found.result.rows]
        steps = [0, *config.attacked]
        kept = found.shown.arrays()
        if found.matched is not None:
            kept |= found.matched.arrays("matched")
        return with_pictures(found.result, kept, unlearned=rows, steps=steps)
