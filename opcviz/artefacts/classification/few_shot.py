"""Few-shot recovery: the nearest class mean, from a handful of forgotten pictures."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from ...attacks.few_shot import FewShot
from ...common.json_types import Json
from ...common.records import defined
from ...common.text import percent
from ...results import PIXELS, FewShotResult, FewShotRung
from ..columns import Column
from ..evidence_settings import EvidenceSettings
from ..kind import Kind, register_kind
from ..model_results import ModelResults
from ..rows import Cell, Row
from ..threat import Threat
from .subject import Context

__all__ = ["FewShots"]

GROUP = "From a few pictures"


def _best(model: ModelResults, given: int, place: str | None = None) -> FewShotRung | None:
    found = model.get(FewShotResult)
    return found.best(given, place) if defined(found) else None


def _column(given: int) -> Column:
    def value(model: ModelResults) -> float | None:
        rung = _best(model, given)
        return None if rung is None else rung.attempt.recovered

    def who(model: ModelResults) -> str | None:
        rung = _best(model, given)
        return None if rung is None else rung.attempt.words

    return Column(
        f"few-shot {given}",
        value,
        tables=("unlearning",),
        help=f"unseen forgotten pictures, the best nearest class mean from {given} a class",
        who=who,
    )


def _told(given: int, place: str | None = None) -> Cell:
    def value(model: ModelResults, _: ModelResults) -> str | None:
        found = model.get(FewShotResult)
        if not defined(found) or not defined(found.rungs):
            return None
        rung = found.best(given, place)
        if rung is None:
            return "not attacked so"
        return (
            f"{percent(rung.attempt.recovered)} ± {rung.deviation:.1f} over draws "
            f"({rung.attempt.words})"
        )

    return value


def _row(label: str, about: str, told: Callable[[ModelResults, ModelResults], str | None]) -> Row:
    return Row(GROUP, label, about, told)


@register_kind(
    "few_shot",
    title="Few-shot recovery",
    stage="naming forgotten classes from a few pictures by",
    summary="the nearest class mean at every block, from 1, 5 and 10 pictures of each forgotten "
    "class, on unseen pictures, above the floor of raw pixels",
    task="classification",
    default=True,
)
class FewShots(Kind[Context]):
    """Who holds a few pictures of each forgotten class names the others by the nearest mean.

    Budget: class means and one covariance a place, no training of the model, and hardly any labels.
    """

    settings = {"few_shot": FewShot}
    order = 32
    result = FewShotResult
    threat = Threat(
        holds="what every block of the model computes, the labelled retained pictures, and a few "
        "labelled ones of each forgotten class ({few_shot.shots})",
        spends="class means and the covariance within retained classes at each place in the "
        "network, over {few_shot.draws} draws of the pictures given; no weight of the model is "
        "changed",
        does="Unseen forgotten pictures are answered with the class whose mean is nearest, by "
        "distance and by direction, after what varies within retained classes is divided out; "
        "what this gets from raw pixels stands beside.",
        more="learn from more forgotten pictures of each class than {few_shot.shots:max}, choose "
        "those that tell most, or use generated ones that resemble them",
    )
    family = "recovery"
    quick = {"few_shot": {"quick": True, "shots": [1]}}
    fields = {
        "few_shot.rungs[]": (
            "one rule at one place from so many pictures: `attempt` with `attacker` (`few_shot` by "
            "distance, `few_shot_cosine` by direction), `place`, `view`, `given` and `recovered` "
            "in percent of `scored` unseen forgotten pictures, the mean over draws; their "
            "`deviation`, `least` and `most`, and `retain_accuracy` of the same rule; place "
            "`pixels` is the floor"
        ),
        "few_shot.{draws,left_out}": (
            "how many draws, and the numbers of pictures that some forgotten class has not"
        ),
    }
    columns = (_column(1), _column(10))
    rows = (
        _row(
            "from 1 picture",
            "unseen forgotten pictures named right from one picture of each forgotten class",
            _told(1),
        ),
        _row("from 10 pictures", "the same from ten of each", _told(10)),
        _row(
            "from 1 picture, logits",
            "the same by what the model tells everybody",
            _told(1, "logits"),
        ),
        _row(
            "floor: raw pixels, 1 picture",
            "the same from one picture without any model",
            _told(1, PIXELS),
        ),
    )

    def looks(self, evidence: EvidenceSettings) -> Sequence[Hashable]:
        """Views from pixels to logits."""
        return (evidence.settings(FewShot).sight,)

    def measure(self, context: Context) -> FewShotResult:
        """What a pass over the data shows, then means and matrix products."""
        from ...attacks.few_shot import few_shot

        config, data = context.settings(FewShot), context.data
        return few_shot(
            context.subject.views(config.sight),
            (data.y_train, data.y_test),
            context.split,
            config,
            context.progress,
        )

    def show(self, result: Json | None, reason: str) -> Json:
        """Its documented fields are null with a reason where there is no answer."""
        nothing = {"rungs": None, "draws": None, "left_out": None, "reason": reason}
        return {"few_shot": result or nothing}
