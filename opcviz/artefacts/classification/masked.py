"""Masked answers: what the answers for the forgotten classes alone still tell."""

from __future__ import annotations

from ...common.json_types import Json
from ...common.records import defined
from ...common.text import percent
from ...results import Attempt, MaskedResult
from ..columns import Column
from ..kind import Kind, register_kind
from ..model_results import ModelResults
from ..rows import Cell, Row
from ..threat import Threat
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
        rules = found.attempts() if defined(found) else ()
        made = (each for each in rules if each.attacker == attacker)
        return next((percent(each.recovered) for each in made), None)

    return value


@register_kind(
    "masked",
    title="Masked answers",
    stage="reading the masked answers of",
    summary="which of the forgotten classes has the greatest logit, and which the least, on unseen "
    "pictures; of the model, and of its last layer behind a map from pixels",
    task="classification",
    version=2,
    optional=False,
)
class MaskedAnswers(Kind[Context]):
    """The retained classes' answers are not counted: what do the others tell?

    One closed form is all that is fitted, so it is made in every study and in the quick suite, too.
    """

    order = 31
    result = MaskedResult
    threat = Threat(
        holds="the model's answers, unlabelled pictures of the forgotten classes, and which "
        "classes these are; for a body of their own unlabelled retained pictures, too",
        spends="no training: the greatest and the least output among the forgotten classes is "
        "read, as it is and less its mean over the pictures asked; one affine map is fitted from "
        "retained pixels to the model's features; no weight of the model is changed",
        does="Where several classes were forgotten, forgotten test pictures are answered with the "
        "forgotten class of the greatest output, or the least, as if there were no others. Then "
        "the model's own last layer answers so for a map from raw pixels, fitted on retained "
        "pictures alone.",
        more="put the outputs of all classes together in other ways than their order among the "
        "forgotten ones, or put a trained network in place of the map from pixels",
    )
    family = "recovery"
    fields = {
        "masked.rules[]": (
            "one rule each: `attacker` (`masked_greatest`, `masked_least`, and each `_centred`, "
            "less the class's mean; `own_head`, `own_head_centred`: the last layer behind a map "
            "from pixels), `recovered` in percent of `scored` unseen forgotten pictures"
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
    )

    def measure(self, context: Context) -> MaskedResult:
        """Read it off the outputs that every kind shares."""
        from ...attacks.masked import masked
        from ...attacks.own_head import own_head

        subject, split = context.subject, context.split
        train, test = subject.outputs.train, subject.outputs.test
        found = masked(test.logits.cpu(), test.labels.cpu(), split)
        if not defined(found.rules):
            return found
        by_body = own_head(train.features, subject.network.head_weights, context.data, split)
        return MaskedResult((*found.rules, *by_body))

    def show(self, result: Json | None, reason: str) -> Json:
        """Its documented field is null with a reason where there is no answer."""
        return {"masked": result or {"rules": None, "reason": reason}}
