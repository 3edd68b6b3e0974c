"""Masked answers and units: what counts no more, or says nothing, and may still tell."""

from __future__ import annotations

from ...attacks.strongest import Strongest
from ...common.json_types import Json
from ...common.records import Undefined, defined, guard
from ...common.text import percent
from ...results import Attempt, MaskedResult
from ..columns import Column
from ..kind import Kind, register_kind
from ..model_results import ModelResults
from ..rows import Cell, Row
from ..threat import Threat
from .core import references_of_recovery
from .subject import Context

__all__ = ["MaskedAnswers"]

GROUP = "Recovery from the answers"


def _best(model: ModelResults) -> Attempt | None:
    found = model.get(MaskedResult)
    return found.best() if defined(found) else None


def _recovered(model: ModelResults) -> float | None:
    best = _best(model)
    return None if best is None else best.recovered


def _who(model: ModelResults) -> str | None:
    best = _best(model)
    return None if best is None else best.words


def _told(attacker: str) -> Cell:
    def value(model: ModelResults, _: ModelResults) -> str | None:
        found = model.get(MaskedResult)
        rules = found.rules if defined(found) and defined(found.rules) else ()
        made = (each for each in rules if each.attacker == attacker)
        return next((percent(each.recovered) for each in made), None)

    return value


def _opened(model: ModelResults, _: ModelResults) -> str | None:
    found = model.get(MaskedResult)
    best = found.best_with_slope() if defined(found) else None
    return None if best is None else f"{percent(best.recovered)} ({best.words})"


def _cosine(model: ModelResults, _: ModelResults) -> str | None:
    found = model.get(MaskedResult)
    if not (defined(found) and defined(found.head_cosine)):
        return None
    values = found.head_cosine.values()
    least, most = f"{min(values):.2f}", f"{max(values):.2f}"
    return least if least == most else f"{least} to {most}"


@register_kind(
    "masked",
    title="Masked answers and units",
    stage="reading the masked answers of",
    summary="which of the forgotten classes has the greatest logit, and which the least, on unseen "
    "pictures; of the model, and of its last layer behind maps from pixels; and maps from every "
    "block with a slope for dead units",
    task="classification",
    version=3,
    optional=False,
)
class MaskedAnswers(Kind[Context]):
    """What is masked: the retained classes' answers are not counted, and dead units get a slope.

    Closed forms are all that is fitted, so it is made in every study and, at the last block alone,
    in the quick suite, too.
    """

    settings = {"strongest": Strongest}
    order = 31
    result = MaskedResult
    threat = Threat(
        holds="the model's answers, unlabelled pictures of the forgotten classes, and which "
        "classes these are; for a body of their own unlabelled retained pictures, too; of a model "
        "with a slope what worst-case recovery holds",
        spends="no training: the greatest and the least output among the forgotten classes is "
        "read, as it is, less its mean over the pictures asked, and standardised over them; an "
        "affine map and an RBF map are fitted from retained pixels to the model's features, and "
        "such maps to every block of the model with a slope; no weight of the model is changed",
        does="Where several classes were forgotten, forgotten test pictures are answered with the "
        "forgotten class of the greatest output, or the least, as if there were no others. Then "
        "the model's own last layer answers so for maps from raw pixels, fitted on retained "
        "pictures alone. At last every ReLU gives a tenth of what it is given where it would give "
        "0, and affine and RBF maps are fitted on what the blocks then compute.",
        more="put the outputs of all classes together in other ways than their order among the "
        "forgotten ones, put a trained network in place of the maps from pixels, or train on with "
        "a slope for dead units",
    )
    family = "recovery"
    quick = {"strongest": {"quick": True}}
    fields = {
        "masked.rules[]": (
            "one rule each: `attacker` (`masked_greatest`, `masked_least`, and each `_centred`, "
            "less the class's mean; `own_head`, `own_head_centred`, `own_head_standardised`, "
            "`own_head_rbf`: the last layer behind a map from pixels), `recovered` in percent of "
            "`scored` unseen forgotten pictures, and the same under all orders of the classes' "
            "names, `renamed`, where the outputs are standardised"
        ),
        "masked.with_slope[]": (
            "`slope_affine` or `slope_rbf` at one place, as in `strongest.rungs[].attempt`, of the "
            "model whose ReLUs give a tenth of what is below 0"
        ),
        "masked.head_cosine": (
            "by forgotten class, the cosine of its row of the last layer with the original's"
        ),
    }
    columns = (
        Column(
            "masked",
            _recovered,
            tables=("unlearning",),
            help="percent of unseen forgotten pictures by the order of the forgotten classes' "
            "logits alone, of the model or of its last layer behind a map from pixels",
            who=_who,
        ),
    )
    rows = (
        Row(
            GROUP,
            "greatest among the forgotten",
            "unseen forgotten pictures whose own class has the greatest logit of the forgotten "
            "classes",
            _told("masked_greatest"),
        ),
        Row(
            GROUP,
            "least among the forgotten",
            "the same by the least logit: a class that is driven away is named by it",
            _told("masked_least"),
        ),
        Row(
            GROUP,
            "greatest, centred",
            "by the greatest logit, less its mean over the pictures asked",
            _told("masked_greatest_centred"),
        ),
        Row(
            GROUP,
            "least, centred",
            "by the least logit, less its mean over the pictures asked",
            _told("masked_least_centred"),
        ),
        Row(
            GROUP,
            "own last layer, pixels before it",
            "the model's last layer behind an affine map from pixels to its features, which was "
            "fitted on retained pictures alone: by the greatest logit among the forgotten",
            _told("own_head"),
        ),
        Row(
            GROUP,
            "own last layer, centred",
            "the same by the greatest logit less its mean over the pictures asked",
            _told("own_head_centred"),
        ),
        Row(
            GROUP,
            "own last layer, standardised",
            "the same by the greatest logit less its mean over the pictures asked, over its "
            "deviation",
            _told("own_head_standardised"),
        ),
        Row(
            GROUP,
            "own last layer, RBF map before it",
            "the same behind an RBF map from pixels",
            _told("own_head_rbf"),
        ),
        Row(
            GROUP,
            "with a slope for dead units",
            "the best affine or RBF map from any block, once every ReLU gives a tenth of what it "
            "is given below 0; compare the retrained models",
            _opened,
        ),
        Row(
            GROUP,
            "last layer's rows, cosine",
            "of the forgotten classes' rows of the last layer with the original's; 1: as they "
            "were, about 0: as of another model",
            _cosine,
        ),
    )

    def measure(self, context: Context) -> MaskedResult:
        """Read it off the outputs that every kind shares, and look once more with a slope."""
        from ...attacks.masked import masked
        from ...attacks.own_head import own_head
        from ...attacks.slope import with_slope
        from ...attacks.strongest import Knowledge
        from ...tasks.classification import ModelOutputs

        subject, split = context.subject, context.split
        train, test = subject.outputs.train, subject.outputs.test
        rules = masked(test.logits.cpu(), test.labels.cpu(), split).rules
        if not isinstance(rules, Undefined):
            own = subject.network.head_weights
            rules = (*rules, *own_head(train.features, own, context.data, split))
        before, head, _ = references_of_recovery(context)
        known = Knowledge(
            ModelOutputs(before.train.cpu(), before.test.cpu()), head, split.to("cpu")
        )
        config = context.settings(Strongest)
        opened = with_slope(subject.network, context.data, known, config, progress=context.progress)
        return MaskedResult(rules, opened, _cosines(context))

    def show(self, result: Json | None, reason: str) -> Json:
        """Its documented fields are null with a reason where there is no answer."""
        return {"masked": _NOTHING | (result or {"reason": reason})}


_NOTHING: Json = {"rules": None, "with_slope": None, "head_cosine": None}


def _cosines(context: Context) -> dict[str, float] | Undefined:
    """How much the last layer's rows of the forgotten classes are still the original's."""
    from torch.nn.functional import cosine_similarity

    classes = list(context.split.classes)
    none = guard(
        (not classes, "samples were forgotten, not classes: no row of the last layer is theirs"),
        (not context.has_original, "there is no original model whose rows these could be"),
    )
    if none:
        return none
    own, first = context.subject.network.head_weights[0], context.original.network.head_weights[0]
    if own.shape != first.shape:
        return Undefined("the original's last layer has another shape")
    found = cosine_similarity(own[classes].double(), first[classes].double().to(own.device))
    if not found.isfinite().all():
        return Undefined("the last layer is not finite: the model diverged")
    names = context.data.class_names
    return {names[c]: value for c, value in zip(classes, found.tolist(), strict=True)}
