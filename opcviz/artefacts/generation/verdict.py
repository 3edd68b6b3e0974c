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
from ...verdict import Check, Ranked, Verdict, no_verdict
from ...verdict.places import Attacked, places
from ..verdicts import NEVER_SAW, Known, register_verdict

__all__ = ["judge_generators"]


def _together(
    models: Sequence[Known], retrained: Sequence[Known], sizes: Mapping[str, int]
) -> Check | None:
    """Nothing: each seed is beside the retrained model of its own."""
    return None


def _rank(
    model: Known,
    original: Known | None,
    retrained: Sequence[Known],
    sizes: Mapping[str, int],
) -> tuple[Ranked, ...]:
    """Nobody: the attacks are asked in turn, each for a place of its own."""
    return ()


@register_verdict("generation", _together, _rank)
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
