"""The verdict on models of records: what they are called by their worst case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...common.records import Undefined
from ...results import ForgettingResult, WaveformRegrowthResult
from ...verdict import Verdict, no_verdict
from ...verdict.returning import returning
from ..verdicts import NEVER_SAW, Known, register_verdict

__all__ = ["judge_records"]


@register_verdict("waveforms")
def judge_records(
    model: Known,
    original: Known | None,
    retrained: Sequence[Known],
    sizes: Mapping[str, int],
) -> Verdict:
    """What one model is called beside the retrained model of its seed, see `returning`."""
    same = [each for each in retrained if each.seed == model.seed]
    if any(each.who == model.who for each in same):
        return replace(
            no_verdict([]), place=NEVER_SAW, why="It never saw what the others were to forget."
        )
    absent = Undefined(f"there is no retrained model of seed {model.seed}")
    theirs = same[0].results.get(WaveformRegrowthResult) if same else absent
    get = model.results.get
    found = returning(get(ForgettingResult), get(WaveformRegrowthResult), theirs)
    if isinstance(found.word, Undefined):
        return no_verdict([found.word.reason])
    told = ". ".join(line[:1].upper() + line[1:] for line in found.told)
    return replace(no_verdict([]), place=found.word, why=f"{told}.")
