"""Attacks on generators: DiMRA, the dose map, concept inversion and a few pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from ...attacks.generation import ConceptInversion, DoseMap, FewShotDrawing, Regeneration
from ...common.records import Record, Undefined
from ...results import AddressResult, DoseResult, RegenerationResult, RelearnedPictures
from ..columns import Column, figure
from ..kind import Kind, Made, register_kind
from ..subject import NotGiven
from ..threat import Threat
from .rows import ADDRESS_ROWS, DOSE_ROWS, REGROWN_ROWS, RELEARNED_ROWS, worst_of
from .settings import Drawing
from .subject import Context, drawer_of

if TYPE_CHECKING:
    import numpy as np

    from ...common.json_types import Plain
    from ...training import EpochCallback

__all__ = ["ConceptInversions", "Doses", "FewPictures", "Regenerations"]

R = TypeVar("R", bound=Record)
POINT = "`steps` of the attack and percent `judged` and `genuine` of the pictures asked for"


def _column(
    name: str, record: type[R], value: Callable[[R], float | Undefined | None], help: str
) -> Column:
    return Column(name, figure(record, value), tables=("show",), help=help)


@register_kind(
    "regeneration",
    title="Regeneration (DiMRA)",
    stage="bringing the class back by training",
    summary="the model goes on training on pictures of the other classes (DiMRA), and is asked for "
    "the forgotten one: what returns was only answered otherwise",
    task="generation",
    default=True,
)
class Regenerations(Kind[Context]):
    """Fine-tuning on data without the concept, the same for every model."""

    settings = {"drawing": Drawing, "regeneration": Regeneration}
    order = 20
    result = RegenerationResult
    rows = REGROWN_ROWS
    quick = {"regeneration": {"looks": [25, 100], "pictures": 100}}
    threat = Threat(
        holds="the model's weights and the retained pictures, no forgotten one",
        spends="training by Adam at a rate of {regeneration.lr}, {regeneration.batch_size} "
        "pictures a step, up to {regeneration.looks:max} steps",
        more="train longer, on other pictures, or on what the original model drew",
    )
    fields = {
        "regeneration.curve[]": POINT,
        "regeneration.{pictures,reason}": "drawn at each point, and why the curve is not whole",
    }
    columns = (
        _column(
            "DiMRA",
            RegenerationResult,
            lambda found: found.worst.judged,
            "percent asked and judged so at the worst point of the curve",
        ),
        _column(
            "DiMRA genuine",
            RegenerationResult,
            lambda found: found.worst.genuine,
            "percent genuine there",
        ),
    )

    def measure(self, context: Context) -> Made:
        """One fine-tuning, and a few hundred pictures at each look."""
        from ...attacks.generation import regrow

        config = context.settings(Regeneration)
        result, shown = regrow(
            context.subject.network,
            context.data,
            context.split,
            drawer_of(context),
            config,
            seed=context.seed,
            progress=context.progress,
        )
        return _with_pictures(result, shown.arrays(), steps=[0, *config.looks])


@register_kind(
    "concept_inversion",
    title="Concept inversion",
    stage="looking for an address in",
    summary="a condition vector is looked for under which the model still draws the forgotten "
    "class, quickly from one start and strongly from three",
    task="generation",
    default=True,
)
class ConceptInversions(Kind[Context]):
    """The weights stay; only the address is moved."""

    settings = {"drawing": Drawing, "concept_inversion": ConceptInversion}
    order = 30
    result = AddressResult
    rows = ADDRESS_ROWS
    quick = {"concept_inversion": {"strong_steps": 100, "pictures": 100}}
    threat = Threat(
        holds="the model's weights and {concept_inversion.given} pictures of each forgotten class",
        spends="{concept_inversion.steps} Adam steps on one condition vector, and "
        "{concept_inversion.strong_steps} from each of three starts",
        more="start from more places, or look for the noise beside the condition",
    )
    fields = {
        "concept_inversion.{quick,strong}": (
            "percent `judged` and `genuine` of the pictures drawn under the address found, its "
            "denoising `loss` on the pictures `given`, the `best` start, and what it drew at each "
            "of `looks` steps (`course`); `starts` with the losses of each"
        ),
    }
    columns = (
        _column(
            "address",
            AddressResult,
            lambda found: found.strong.judged,
            "percent judged so under the address that the strong search found",
        ),
        _column(
            "address genuine",
            AddressResult,
            lambda found: found.strong.genuine,
            "percent genuine under it",
        ),
    )

    def measure(self, context: Context) -> Made:
        """Two searches by gradient descent in one vector."""
        from ...attacks.generation import invert_concept

        if not len(context.split.forget_test):
            raise NotGiven("no test picture is forgotten, so that an attacker would have none")
        found = invert_concept(
            context.subject.network,
            context.data,
            context.split,
            drawer_of(context),
            context.settings(ConceptInversion),
            seed=context.seed,
            progress=context.progress,
        )
        searches = {"quick": found.result.quick, "strong": found.result.strong}
        looks = {f"{name}_looks": list(each.looks) for name, each in searches.items()}
        kept = {f"{name}_address": e.cpu().numpy() for name, e in found.addresses.items()}
        for name, shown in found.shown.items():
            kept |= shown.arrays(name)
        return _with_pictures(found.result, kept, **looks)


@register_kind(
    "relearned_pictures",
    title="A few pictures of it",
    stage="showing a few forgotten pictures to",
    summary="all weights learn from a few pictures of the forgotten class; how soon it is drawn "
    "again, beside a model that never saw it",
    task="generation",
    default=True,
)
class FewPictures(Kind[Context]):
    """Few-shot relearning."""

    settings = {"drawing": Drawing, "relearned_pictures": FewShotDrawing}
    order = 40
    result = RelearnedPictures
    rows = RELEARNED_ROWS
    quick = {"relearned_pictures": {"pictures": 100}}
    threat = Threat(
        holds="the model's weights and {relearned_pictures.shots} pictures of each forgotten class",
        spends="up to {relearned_pictures.looks:max} Adam steps on all weights",
        more="train on the retained pictures, too, or choose the pictures",
    )
    fields = {
        "relearned_pictures.shots[]": f"by number of pictures `given`, the `curve`: {POINT}",
        "relearned_pictures.pictures": "drawn at each point",
    }
    columns = (
        _column(
            "few-shot",
            RelearnedPictures,
            lambda found: found.shots[0].curve[-1].genuine,
            "percent genuine after the last step on the fewest pictures",
        ),
    )

    def measure(self, context: Context) -> Made:
        """A short training for every number of pictures."""
        from ...attacks.generation import relearn_pictures

        config = context.settings(FewShotDrawing)
        if not len(context.split.forget_test):
            raise NotGiven("no test picture is forgotten, so that an attacker would have none")
        result, shown = relearn_pictures(
            context.subject.network,
            context.data,
            context.split,
            drawer_of(context),
            config,
            seed=context.seed,
            progress=context.progress,
        )
        steps = [0, *config.looks]
        return _with_pictures(result, shown.arrays(), given=list(config.shots), steps=steps)


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
        _column(
            "matched DiMRA",
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
        return _with_pictures(found.result, kept, unlearned=rows, steps=steps)


def _with_pictures(result: Record, drawn: dict[str, np.ndarray], **about: list[int]) -> Made:
    """A result beside the arrays of `pictures.npz`."""
    import numpy as np

    return Made(
        result, {"pictures.npz": drawn | {name: np.array(each) for name, each in about.items()}}
    )
