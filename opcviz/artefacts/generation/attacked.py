"""Attacks on generators: DiMRA, concept inversion, both in a row, and a few pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from ...attacks.generation import (
    ConceptInversion,
    FewShotDrawing,
    Regeneration,
    Reopening,
)
from ...common.records import Record, Undefined
from ...results import (
    AddressResult,
    RegenerationResult,
    RelearnedPictures,
    ReopenedResult,
)
from ..columns import HEADLINE, Column, figure
from ..kind import Kind, Made, register_kind
from ..subject import NotGiven
from ..threat import Threat
from .rows import (
    ADDRESS_ROWS,
    REGROWN_ROWS,
    RELEARNED_ROWS,
    REOPENED_ROWS,
)
from .settings import Drawing
from .subject import Context, drawer_of

if TYPE_CHECKING:
    import numpy as np


__all__ = [
    "ConceptInversions",
    "FewPictures",
    "Regenerations",
    "Reopenings",
    "column",
    "with_pictures",
]

R = TypeVar("R", bound=Record)
TABLES = ("show", "unlearning", HEADLINE)
SEARCH = (
    "percent `judged` and `genuine` of the pictures drawn under the address found, its denoising "
    "`loss` on the pictures `given`, the `best` start, and what it drew at each of `looks` steps "
    "(`course`); `starts` with the losses of each; of a strong search the look whose address was "
    "`kept`, and percent genuine of the other pictures that it was `chosen` by"
)
POINT = "`steps` of the attack and percent `judged` and `genuine` of the pictures asked for"


def column(
    name: str,
    record: type[R],
    value: Callable[[R], float | Undefined | None],
    help: str,
) -> Column:
    """A column of a table of generators, by the record that has its number."""
    return Column(name, figure(record, value), tables=TABLES, help=help, better="same")


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
        column(
            "DiMRA, judged",
            RegenerationResult,
            lambda found: found.worst.judged,
            "percent asked and judged so at the worst point of the curve",
        ),
        column(
            "DiMRA, genuine",
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
        return with_pictures(result, shown.arrays(), steps=[0, *config.looks])


@register_kind(
    "concept_inversion",
    title="Concept inversion",
    stage="looking for an address in",
    summary="a condition vector is looked for under which the model still draws the forgotten "
    "class, quickly from one start and strongly from three",
    version=2,
    task="generation",
    default=True,
)
class ConceptInversions(Kind[Context]):
    """The weights stay; only the address is moved."""

    settings = {"drawing": Drawing, "concept_inversion": ConceptInversion}
    order = 30
    result = AddressResult
    rows = ADDRESS_ROWS
    quick = {"concept_inversion": {"strong_steps": 100, "pictures": 100, "choices": 50}}
    threat = Threat(
        holds="the model's weights and {concept_inversion.given} pictures of each forgotten class",
        spends="{concept_inversion.steps} Adam steps on one condition vector, and "
        "{concept_inversion.strong_steps} from each of three starts; of all addresses on the way "
        "the one that draws most counts",
        more="start from more places, or look for the noise beside the condition",
    )
    fields = {
        "concept_inversion.{quick,strong}": SEARCH,
    }
    columns = (
        column(
            "address, judged",
            AddressResult,
            lambda found: found.strong.judged,
            "percent judged so under the address that the strong search found",
        ),
        column(
            "address, genuine",
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
        return with_pictures(found.result, kept, **looks)


@register_kind(
    "reopened_address",
    title="Concept inversion after DiMRA",
    stage="training on the rest, then looking for an address in",
    summary="two attacks in a row: the model goes on training on pictures of the other classes, "
    "and in what this leaves an address of the forgotten class is looked for",
    task="generation",
    default=True,
)
class Reopenings(Kind[Context]):
    """An address that is closed for a search alone may be opened by a little training."""

    settings = {
        "drawing": Drawing,
        "concept_inversion": ConceptInversion,
        "reopened_address": Reopening,
    }
    order = 35
    result = ReopenedResult
    rows = REOPENED_ROWS
    quick = {"concept_inversion": {"strong_steps": 100, "pictures": 100, "choices": 50}}
    threat = Threat(
        holds="the model's weights, the retained pictures and {concept_inversion.given} pictures "
        "of each forgotten class",
        spends="{reopened_address.steps} steps of training by Adam at a rate of "
        "{reopened_address.lr}, then {concept_inversion.strong_steps} Adam steps on one condition "
        "vector from each of three starts",
        more="try other lengths of training, or train on the pictures of the class, too",
    )
    fields = {
        "reopened_address.steps": "of training on the other classes before the search",
        "reopened_address.strong": SEARCH,
    }
    columns = (
        column(
            "DiMRA, then address, genuine",
            ReopenedResult,
            lambda found: found.strong.genuine,
            "percent genuine under the address that the strong search found after DiMRA",
        ),
    )

    def measure(self, context: Context) -> Made:
        """A short training, and a search by gradient descent in one vector."""
        from ...attacks.generation import invert_reopened

        try:
            found = invert_reopened(
                context.subject.network,
                context.data,
                context.split,
                drawer_of(context),
                context.settings(Reopening),
                context.settings(ConceptInversion),
                seed=context.seed,
                progress=context.progress,
            )
        except ValueError as error:
            raise NotGiven(str(error)) from error
        kept = {"strong_address": found.address.cpu().numpy(), **found.shown.arrays("strong")}
        return with_pictures(found.result, kept, strong_looks=list(found.result.strong.looks))


@register_kind(
    "relearned_pictures",
    title="A few pictures of it",
    stage="showing a few forgotten pictures to",
    summary="all weights learn from a few pictures of the forgotten class; how soon it is drawn "
    "again, beside a model that never saw it",
    version=2,
    task="generation",
    default=True,
)
class FewPictures(Kind[Context]):
    """Few-shot relearning."""

    settings = {"drawing": Drawing, "relearned_pictures": FewShotDrawing}
    order = 40
    result = RelearnedPictures
    rows = RELEARNED_ROWS
    quick = {"relearned_pictures": {"pictures": 100, "choices": 50}}
    threat = Threat(
        holds="the model's weights and {relearned_pictures.shots} pictures of each forgotten class",
        spends="up to {relearned_pictures.looks:max} Adam steps on all weights, twice: from the "
        "class's own address and from the null one; what draws more counts",
        more="train on the retained pictures, too, or choose the pictures",
    )
    fields = {
        "relearned_pictures.shots[]": (
            f"by number of pictures `given`, the `curve`: {POINT}; and from which of two `starts` "
            "the class was drawn more often at each"
        ),
        "relearned_pictures.pictures": "drawn at each point",
    }
    columns = (
        column(
            "few-shot, genuine",
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
        return with_pictures(result, shown.arrays(), given=list(config.shots), steps=steps)


def with_pictures(result: Record, drawn: dict[str, np.ndarray], **about: list[int]) -> Made:
    """A result beside the arrays of `pictures.npz`."""
    import numpy as np

    return Made(
        result, {"pictures.npz": drawn | {name: np.array(each) for name, each in about.items()}}
    )
