"""The verdict on generators: where their forgetting lives, see `opcviz.verdict.places`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...common.records import Undefined
from ...results import (
    AddressResult,
    GenerationResult,
    RegenerationResult,
    RelearnedPictures,
    ReopenedResult,
)
from ...verdict import Verdict, no_verdict
from ...verdict.places import Attacked, places
from ..verdicts import NEVER_SAW, Known, register_verdict

__all__ = ["judge_generators"]


@register_verdict("generation")
def judge_generators(
    model: Known,
    original: Known | None,
    retrained: Sequence[Known],
    sizes: Mapping[str, int],
) -> Verdict:
    """The place of one model's forgetting beside the retrained model of its seed."""
    drawn = model.results.get(GenerationResult)
    none = no_verdict([])
    if not isinstance(drawn, Undefined) and drawn.untrained:
        return replace(none, place=NEVER_SAW, why="It never saw what the others were to forget.")
    same = [each for each in retrained if each.seed == model.seed]
    absent = Undefined(f"there is no retrained model of seed {model.seed}")
    theirs = _attacked(same[0]) if same else Attacked(absent, absent, absent)
    found = places(drawn, model.results.get(RegenerationResult), _attacked(model), theirs)
    if isinstance(found.place, Undefined):
        return no_verdict([found.place.reason])
    odd = found.place != "nowhere" and found.conspicuous is True
    said = f"{found.place}, conspicuous" if odd else found.place
    return replace(none, place=said, why=". ".join(found.told) + ".")


def _attacked(known: Known) -> Attacked:
    get = known.results.get
    return Attacked(get(AddressResult), get(RelearnedPictures), get(ReopenedResult))
