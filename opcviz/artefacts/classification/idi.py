"""The information difference index: does a model tell of what was forgotten as its peers do?"""

from __future__ import annotations

from ...attacks.judging_settings import Informing
from ...common.json_types import Json
from ...common.records import Undefined
from ...results import IdiResult, InformationResult
from ..columns import HEADLINE, Column, figure
from ..kind import Kind, register_kind
from ..model_results import ModelResults
from ..rows import Row
from ..subject import Subject
from .subject import Context

__all__ = ["Idi"]


def _told(model: ModelResults, _: ModelResults) -> str | None:
    found = model.get(IdiResult)
    if isinstance(found, Undefined):
        return None
    if isinstance(found.idi, Undefined):
        return found.idi.reason
    return f"{found.idi:.2f}"


@register_kind(
    "idi",
    title="Information difference",
    stage="comparing the information of",
    summary="IDI: information about the forgotten in every block, 0 as retrained, 1 as original",
    task="classification",
    default=True,
)
class Idi(Kind[Context]):
    """What `information` found of three models, normalised between retrained and original."""

    settings = {"information": Informing}
    needs = frozenset({"original", "retrained"})
    order = 37
    quick = None
    result = IdiResult
    fields = {
        "idi.{idi,blocks}": (
            "information about forgetting, 0 as in the retrained and 1 as in the original model, "
            "over all blocks and in each with its `bits`"
        )
    }
    columns = (
        Column(
            "IDI",
            figure(IdiResult, lambda found: found.idi),
            ".2f",
            ("unlearning", HEADLINE),
            "0 as retrained, 1 as the original",
        ),
    )
    rows = (
        Row(
            "Features",
            "information difference",
            "IDI over all blocks: 0 as the retrained model, 1 as the original",
            _told,
        ),
    )

    def measure(self, context: Context) -> IdiResult:
        """From the stored answers of `information`, which are made first."""
        from ...attacks.information import idi

        own = _stored(context.subject)
        if context.retrained is None:
            none = Undefined("there is no retrained model of this seed")
            return IdiResult(none, none, own.most)
        three = [own, _stored(context.original), _stored(context.retrained)]
        bits = []
        for found in three:
            if isinstance(found.bits, Undefined):
                return IdiResult(found.bits, found.bits, own.most)
            bits.append(found.bits)
        return idi(bits[0], bits[1], bits[2], own.most, context.settings(Informing))

    def show(self, result: Json | None, reason: str) -> Json:
        """Its documented fields are null with a reason where there is no answer."""
        return {"idi": result or {"idi": None, "blocks": None, "reason": reason}}


def _stored(subject: Subject) -> InformationResult:
    return subject.stored("information").record(InformationResult)
