"""Relearning with every effort: fresh blocks, a grid of rates, from none to fifty pictures."""

from __future__ import annotations

from ...attacks.relearning import StrongestRelearning
from ...common.records import defined
from ...results import RelearnedResult
from ..columns import HEADLINE, Column
from ..kind import Kind, Made, register_kind
from ..model_results import ModelResults
from ..threat import Threat
from .subject import Context

__all__ = ["Relearned"]


def _best(shots: int) -> Column:
    def value(model: ModelResults) -> float | None:
        result = model.get(RelearnedResult)
        attacks = result.attacks if defined(result) else ()
        found = [a.recovered for a in attacks if a.shots == shots]
        return max((each for each in found if defined(each)), default=None)

    return Column(
        f"relearned {shots}",
        value,
        tables=("unlearning", HEADLINE),
        help=f"unseen forgotten pictures, the best relearning from {shots} a class",
    )


@register_kind(
    "relearned",
    title="Relearning, strongest",
    stage="relearning with every effort from",
    summary="the best over rates, optimisers and fresh last blocks, from 0 to 50 pictures a class",
    task="classification",
    default=True,
)
class Relearned(Kind[Context]):
    """What the strongest relearning gets back, on pictures that it was not given."""

    settings = {"relearned": StrongestRelearning}
    order = 55
    result = RelearnedResult
    threat = Threat(
        holds="the weights of the model, the retained pictures, and {relearned.shots} forgotten "
        "ones of each class",
        spends="{relearned.steps} training steps in each run of a grid: by SGD at learning rate "
        "{relearned.sgd} and by steps in proportion to each weight at {relearned.relative}, with "
        "the last {relearned.anew} blocks started from fresh weights; the best moment of the best "
        "run counts, if at most a tenth of the retained pictures are taken for forgotten ones then",
        does="The model is trained on, by several optimisers and with fresh last blocks; given are "
        "{relearned.shots} forgotten pictures of each class.",
        more="relearn for more than {relearned.steps} steps, from more forgotten pictures of each "
        "class than {relearned.shots:max}, or from generated ones that resemble them",
    )
    family = "relearning"
    # one picture a class tells most from retrained models; fresh weights pass a dead block
    quick = {"relearned": {"anew": [0, 1], "shots": [1], "relative": [], "draws": 1}}
    fields = {
        "relearned.attacks[]": (
            "`anew` (last blocks started afresh), `shots` a class, `recovered` percent of unseen "
            "forgotten pictures, the best of each of the `draws`, `best` settings"
        )
    }
    columns = (_best(1), _best(10))

    def measure(self, context: Context) -> Made:
        """Train many copies of the model on."""
        from ...attacks.relearning import relearn_strongest

        return Made(
            relearn_strongest(
                context.subject.network,
                context.data,
                context.split,
                context.settings(StrongestRelearning),
                seed=context.seed,
                progress=context.progress,
            )
        )
