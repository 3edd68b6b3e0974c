"""How many bits every block tells of whether a picture is forgotten."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from ...attacks.judging_settings import Informing
from ...attacks.strongest import Sight
from ...common.json_types import Json
from ...common.records import Undefined
from ...common.threads import side_by_side
from ...results import InformationResult
from ..evidence_settings import EvidenceSettings
from ..kind import Kind, register_kind
from ..threat import Threat
from .subject import Context

if TYPE_CHECKING:
    import torch

    from ...attacks.strongest import View

__all__ = ["Information"]


@register_kind(
    "information",
    title="Information",
    stage="measuring the information of",
    summary="bits that every block tells of whether a picture is forgotten: a lower bound",
    task="classification",
    default=True,
)
class Information(Kind[Context]):
    """An observer learns on marked train pictures, and is asked about test pictures.

    Budget: the train set and two fits a block. `idi` places three models' figures beside each
    other.
    """

    settings = {"information": Informing}
    order = 36
    quick = None
    result = InformationResult
    threat = Threat(
        holds="what the model computes on train pictures that are marked as forgotten or retained",
        spends="two fits for each block, on at most {information.limit} forgotten and as many "
        "retained pictures",
        does="How many bits every block tells of whether a picture is forgotten: a lower bound.",
        more="find more bits than these in a block: the figures are lower bounds",
    )
    fields = {
        "information.bits": "by block: bits about forgotten or retained, at least; `most` is H(Y)"
    }

    def looks(self, evidence: EvidenceSettings) -> Sequence[Hashable]:
        """Views of every block; what pixels tell is the same for every model."""
        return (self._sight(evidence),)

    def _sight(self, evidence: EvidenceSettings) -> Sight:
        return Sight(evidence.settings(Informing).width, pixels=False)

    def measure(self, context: Context) -> InformationResult:
        """Unpooled outputs of every block, the features and the logits."""
        from ...attacks.information import entropy_bits, information

        config, split = context.settings(Informing), context.split.to("cpu")
        test = bool(len(split.forget_test))
        forget, retain = (
            (split.forget_test, split.retain_test)
            if test
            else (split.forget_train, split.retain_train)
        )
        counts = [min(len(part), config.limit) for part in (forget, retain)]
        most = entropy_bits(counts[0] / sum(counts))
        places: dict[str, View] = {}
        for view in context.subject.views(self._sight(context.evidence)):
            places.setdefault(view.place, view)  # an unpooled one comes first, and tells more

        def told(view: View) -> float | Undefined:
            seen = view.test if test else view.train
            return information(
                view.place,
                seen[forget],
                seen[retain],
                config,
                learnt=_parts(view.train, split.forget_train, split.retain_train) if test else None,
                progress=context.progress,
            )

        found: dict[str, float] = {}
        for place, bits in zip(places, side_by_side(told, places.values()), strict=True):
            if isinstance(bits, Undefined):
                return InformationResult(bits, most, "test" if test else "train")
            found[place] = bits
        return InformationResult(found, most, "test" if test else "train")

    def show(self, result: Json | None, reason: str) -> Json:
        """Its documented field is null with a reason where there is no answer."""
        return {"information": result or {"bits": None, "reason": reason}}


def _parts(
    values: torch.Tensor, forget: torch.Tensor, retain: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    return values[forget], values[retain]
