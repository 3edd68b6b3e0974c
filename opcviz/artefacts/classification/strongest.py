"""Worst-case recovery: the most that any declared attacker gets back, place by place."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from ...attacks.strongest import Strongest
from ...common.json_types import Json
from ...common.records import defined
from ...common.text import percent
from ...results import PIXELS, Rung, StrongestResult
from ..columns import Column
from ..evidence_settings import EvidenceSettings
from ..kind import Kind, register_kind
from ..model_results import ModelResults
from ..rows import Cell, Row
from ..threat import Threat
from .core import references_of_recovery
from .subject import Context

__all__ = ["WorstCase"]

GROUP = "Worst-case recovery"


def _worst(model: ModelResults, holds: str, place: str | None) -> Rung | None:
    found = model.get(StrongestResult)
    return found.worst(holds, place) if defined(found) and defined(found.rungs) else None


def _recovered(holds: str, place: str | None = None) -> Callable[[ModelResults], float | None]:
    def value(model: ModelResults) -> float | None:
        rung = _worst(model, holds, place)
        return None if rung is None else rung.attempt.recovered

    return value


def _who(holds: str, place: str | None = None) -> Callable[[ModelResults], str | None]:
    def value(model: ModelResults) -> str | None:
        rung = _worst(model, holds, place)
        return None if rung is None else rung.attempt.words

    return value


def _told(holds: str, place: str | None = None) -> Cell:
    def value(model: ModelResults, _: ModelResults) -> str | None:
        if not defined(model.get(StrongestResult)):
            return None
        rung = _worst(model, holds, place)
        if rung is None:
            return "no attacker at this place"
        return f"{percent(rung.attempt.recovered)} ({rung.attempt.words})"

    return value


def _floor(model: ModelResults, _: ModelResults) -> str | None:
    found = model.get(StrongestResult)
    if not defined(found):
        return None
    rung = found.floor("all")
    return "pixels were not attacked" if rung is None else percent(rung.attempt.recovered)


@register_kind(
    "strongest",
    title="Worst-case recovery",
    stage="climbing the ladder of attackers on",
    summary="recovery from every block, pooled and not, by affine, RBF and MLP maps, on unseen "
    "pictures, above the floor of raw pixels",
    task="classification",
    default=True,
)
class WorstCase(Kind[Context]):
    """Every declared map from every place of the model, by two attackers, on unseen pictures.

    Who holds labelled pictures of every class learns the labels; who holds none of the forgotten
    maps to the original's features and lets its head answer. Budget: one fit a map, no training of
    the model.
    """

    settings = {"strongest": Strongest}
    order = 30
    result = StrongestResult
    threat = Threat(
        holds="what every block of the model computes, and labelled pictures of every class; or "
        "of what was retained alone, with the answers of the original, where there is one",
        spends="one fit for each place in the network and each kind of map "
        "({strongest.chosen:names}); no weight of the model is changed",
        does="At every block of the network, before and after averaging over positions, maps "
        "({strongest.chosen:names}) are fitted that answer for the model; what they get from raw "
        "pixels stands beside.",
        more="fit other maps than {strongest.chosen:names} to what the blocks compute, give them "
        "more than {strongest.width} numbers of an output at once, or put several blocks together",
    )
    family = "recovery"
    quick = {"strongest": {"quick": True}}
    fields = {
        "strongest.rungs[]": (
            "one attacker at one place: `attempt` with `attacker`, `place`, `view`, `holds` and "
            "`recovered` in percent of `scored` unseen forgotten pictures, its 95 % interval, "
            "`balanced_accuracy`, and `retain_accuracy` of the same map; place `pixels` is the "
            "floor, which no model goes below"
        ),
        "strongest.answers": "the model asked as it is, on the same pictures",
    }
    columns = (
        Column(
            "worst",
            _recovered("all"),
            tables=("unlearning",),
            help="percent of unseen forgotten pictures that the best declared attacker recovers",
            who=_who("all"),
        ),
        Column(
            "worst, features",
            _recovered("all", "features"),
            tables=("unlearning",),
            help="the same from the features that the head sees",
            who=_who("all", "features"),
        ),
        Column(
            "worst, retain only",
            _recovered("retain"),
            tables=("unlearning",),
            help="the same by attackers who never held a forgotten picture",
            who=_who("retain"),
        ),
    )
    rows = (
        Row(
            GROUP,
            "from anywhere",
            "unseen forgotten pictures that the best of all attackers answers right",
            _told("all"),
        ),
        Row(
            GROUP,
            "from the features",
            "the best at what the head sees; hiding here alone is shallow",
            _told("all", "features"),
        ),
        Row(
            GROUP,
            "from the logits",
            "the best at what the model tells everybody",
            _told("all", "logits"),
        ),
        Row(
            GROUP,
            "from retained data alone",
            "the best who never held a forgotten picture, with the original's head",
            _told("retain"),
        ),
        Row(
            GROUP,
            "floor: raw pixels",
            "the best without any model; no figure above says much that is not above this",
            _floor,
        ),
    )

    def looks(self, evidence: EvidenceSettings) -> Sequence[Hashable]:
        """Views from pixels to logits."""
        return (evidence.settings(Strongest).sight,)

    def measure(self, context: Context) -> StrongestResult:
        """What a pass over the data shows, then closed forms and small nets."""
        from ...attacks.strongest import Knowledge, climb
        from ...tasks.classification import ModelOutputs

        config = context.settings(Strongest)
        before, head, _ = references_of_recovery(context)
        known = ModelOutputs(before.train.cpu(), before.test.cpu())
        floors = context.original.floors if context.has_original else context.subject.floors
        found = climb(
            context.subject.views(config.sight),
            Knowledge(known, head, context.split.to("cpu")),
            config,
            context.progress,
            floors.get(config, ()),
        )
        if defined(found.rungs):
            floors[config] = [rung for rung in found.rungs if rung.attempt.place == PIXELS]
        return found

    def show(self, result: Json | None, reason: str) -> Json:
        """Its two documented fields are null with a reason where there is no answer."""
        return {"strongest": result or {"answers": None, "rungs": None, "reason": reason}}
