"""Can it be noticed that something was forgotten? Four judges at every place, on unseen data."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING

from ...attacks.judging_settings import Judging
from ...attacks.strongest import Sight
from ...common.json_types import Json
from ...common.records import Undefined, defined
from ...common.threads import side_by_side
from ...results import Sign, SignsResult
from ..columns import HEADLINE, Column
from ..evidence_settings import EvidenceSettings
from ..kind import Kind, register_kind
from ..model_results import ModelResults
from ..rows import Cell, Row, auc_text
from ..threat import Threat
from .subject import Context

if TYPE_CHECKING:
    from ...attacks.strongest import View

__all__ = ["Signs"]

GROUP = "Standing out"
SHOWN = ("features", "logits")  # what a model hands on; earlier blocks see what the pixels show


def _clearest(model: ModelResults, place: str | None = None) -> Sign | None:
    found = model.get(SignsResult)
    return found.clearest(place) if defined(found) and defined(found.judged) else None


def _auc(place: str | None = None) -> Callable[[ModelResults], float | None]:
    def value(model: ModelResults) -> float | None:
        sign = _clearest(model, place)
        return None if sign is None else sign.auc

    return value


def _most(model: ModelResults) -> Sign | None:
    """The clearest sign in what the model hands on."""
    found = [sign for place in SHOWN if (sign := _clearest(model, place))]
    return max(found, key=lambda sign: sign.auc, default=None)


def _most_auc(model: ModelResults) -> float | None:
    sign = _most(model)
    return None if sign is None else sign.auc


def _whose(model: ModelResults) -> str | None:
    sign = _most(model)
    return None if sign is None else f"{sign.judge} on {sign.place}"


def _told(place: str | None = None) -> Cell:
    def value(model: ModelResults, _: ModelResults) -> str | None:
        if not defined(model.get(SignsResult)):
            return None
        sign = _clearest(model, place)
        if sign is None:
            return "not judged"
        where = "" if place else f" on {sign.place}"
        return f"{auc_text(sign.auc, (sign.low, sign.high))} ({sign.judge}{where})"

    return value


@register_kind(
    "signs",
    title="Separability",
    stage="judging",
    summary="forgotten against retained test pictures, told apart by a line, neighbours, a kernel "
    "and boosted trees, at every block and by the logits",
    task="classification",
    default=True,
)
class Signs(Kind[Context]):
    """An observer holds train pictures that are marked as forgotten or retained.

    He learns what the model computes on either kind, and is asked about test pictures, which no
    model was trained on. Budget: the train set and one fit a judge and place.
    """

    settings = {"judging": Judging}
    order = 35
    result = SignsResult
    threat = Threat(
        holds="what the model computes on train pictures that are marked as forgotten or retained",
        spends="one fit for each judge ({judging.chosen:names}) and each place in the network, on "
        "at most {judging.limit} forgotten and {judging.limit} retained pictures",
        does="Forgotten test pictures are told from retained ones at every block and by the "
        "answers; the judges are {judging.chosen:names}.",
        more="tell forgotten from retained pictures by a stronger judge than "
        "{judging.chosen:names}, or by one that saw more than {judging.limit} of each",
    )
    family = "separability"
    quick = {"judging": {"quick": True}}
    fields = {
        "signs.judged[]": (
            "`judge`, `place`, and the `auc` of telling forgotten from retained pictures, with its "
            "95 % interval `low` to `high`"
        ),
        "signs.side": "`test`; `train` where no test picture belongs to the forgotten",
    }
    columns = (
        Column(
            "separability",
            _most_auc,
            ".2f",
            (HEADLINE,),
            "AUC of the best judge on features or logits, unseen pictures",
            _whose,
        ),
        Column(
            "AUC, features",
            _auc("features"),
            ".2f",
            ("unlearning",),
            "of the best judge, unseen pictures",
        ),
        Column(
            "AUC, logits",
            _auc("logits"),
            ".2f",
            ("unlearning",),
            "of the best judge, unseen pictures",
        ),
    )
    rows = (
        Row(
            GROUP,
            "best judge, features",
            "AUC of forgotten against retained test pictures; as in the retrained model: unnoticed",
            _told("features"),
        ),
        Row(
            GROUP,
            "best judge, logits",
            "AUC of forgotten against retained test pictures by what the model answers",
            _told("logits"),
        ),
        Row(
            GROUP,
            "best judge anywhere",
            "AUC at whatever place tells most; the stem sees what pixels show",
            _told(),
        ),
    )

    def looks(self, evidence: EvidenceSettings) -> Sequence[Hashable]:
        """Views of every block; raw pixels, which are the same for every model, are left out."""
        return (self._sight(evidence),)

    def _sight(self, evidence: EvidenceSettings) -> Sight:
        config = evidence.settings(Judging)
        return Sight(config.width, blocks="none" if config.quick else "all", pixels=False)

    def measure(self, context: Context) -> SignsResult:
        """Place by place."""
        from ...attacks.judges import judge_place

        config, split = context.settings(Judging), context.split.to("cpu")
        test = bool(len(split.forget_test))
        forget, retain = (
            (split.forget_test, split.retain_test)
            if test
            else (split.forget_train, split.retain_train)
        )
        learnt = split.forget_train, split.retain_train

        def judged(view: View) -> list[Sign] | Undefined:
            seen = view.test if test else view.train
            return judge_place(
                f"{view.place}, unpooled" if view.view == "unpooled" else view.place,
                seen[forget],
                seen[retain],
                config,
                learnt=(view.train[learnt[0]], view.train[learnt[1]]) if test else None,
                progress=context.progress,
            )

        found = side_by_side(judged, context.subject.views(self._sight(context.evidence)))
        why = next((each for each in found if isinstance(each, Undefined)), None)
        signs = tuple(sign for each in found if not isinstance(each, Undefined) for sign in each)
        return SignsResult(
            why or signs,
            "test" if test else "train",
            (min(len(forget), config.limit), min(len(retain), config.limit)),
        )

    def show(self, result: Json | None, reason: str) -> Json:
        """Its documented fields are null with a reason where there is no answer."""
        return {"signs": result or {"judged": None, "side": None, "reason": reason}}
