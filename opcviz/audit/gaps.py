"""What an audit leaves open: what was not tested, and what stronger attackers might do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from ..artefacts import Kind, kinds
from ..artefacts.threat import in_words
from ..common.config import settings_of
from ..common.records import Undefined
from ..results import Attempts, InversionSummary, MembershipResult, Signs
from ..study import StudyResult
from ..verdict import Verdict
from .figures import Cast

__all__ = ["attacks_on", "not_tested", "stronger"]

BROUGHT, SHADOWS = "brought", "shadows"
"""The method of an audited model, and the kind of attack that makes others in the same way."""
BAND = 3  # retrained models, the least from which a likelihood ratio can be had
NO_ORIGINAL = (
    "There is no original model: what the unlearned one still has in common with it was not "
    "measured, and no attacker had the original's features, head or answers to go by."
)
NO_RETRAINED = (
    "There is no retrained model: what the same attackers get from a model that never saw the "
    "forgotten data is not known, so no figure here says by itself that something was remembered. "
    "Bring retrained models, or let the audit train some (--retrain 3)."
)
ONE_RETRAINED = (
    "There is one retrained model and so no band: how far retraining itself varies was not tested."
)
ONE_SEED = (
    "One unlearned model was examined: whether the same method, run again from another seed, "
    "forgets as well was not tested."
)
ONLY_MODELS = (
    "Only these models and data were examined: whether copies of the forgotten data, other "
    "versions of the model, its logs or its gradients exist elsewhere was not."
)
TAKEN_ON_TRUST = (
    "That the models called retrained never saw the forgotten data is taken from whoever brought "
    "them."
)
OF_CLASSES = (
    "of whole classes it gives the verdict no figure: a confident miss, as of a model that never "
    "saw the class, looks less like training data than a flat answer, whatever is remembered"
)
UNDECLARED = (
    "compare the answers of the original and the unlearned model, sample by sample, to find out "
    "which samples were forgotten",
    "search for a trigger, a mark on a picture that brings the answers back, as of a back door",
    "attack with the unlearning method in mind: no attacker here was made for this one",
)
"""What no declared kind of attack does; each follows "An attacker might"."""


def attacks_on(cast: Cast) -> list[Kind]:
    """Kinds that attacked the audited model and have an answer."""
    model = cast.audited
    return [kind for kind in _attacks(cast) if not isinstance(model.result(kind.name), Undefined)]


def _attacks(cast: Cast) -> list[Kind]:
    """Every kind that attacks models of this task; those for planted flaws where one was planted,
    and a user's own where it says that it attacks."""
    study = cast.audited.study
    return [
        kind
        for kind in kinds(study.task)
        if kind.threat is not None and (not kind.scenarios or study.forget.kind in kind.scenarios)
    ]


def not_tested(study: StudyResult, cast: Cast, brought: bool) -> tuple[str, ...]:
    """What was not tested and why, a sentence each.

    Args:
        study: the audit.
        cast: who is who in it.
        brought: whether retrained models were brought, and not trained here.
    """
    verdict = study.verdict(cast.audited)
    found = [*_references(cast), *_of_attacks(cast), *_quick(cast), *_of_verdict(verdict)]
    if brought and cast.retrained:
        found.append(TAKEN_ON_TRUST)
    return tuple(dict.fromkeys([*found, ONE_SEED, ONLY_MODELS]))


def _references(cast: Cast) -> Iterator[str]:
    if cast.original is None:
        yield NO_ORIGINAL
    if not cast.retrained:
        yield NO_RETRAINED
    elif len(cast.retrained) == 1:
        yield ONE_RETRAINED


def _of_attacks(cast: Cast) -> Iterator[str]:
    model, evidence = cast.audited, cast.audited.study.evidence
    for kind in _attacks(cast):
        found = model.result(kind.name)
        if isinstance(found, Undefined):
            why = found.reason
            if evidence.leaves_out(kind):
                why = "the quick suite leaves it out"
            elif kind.name == SHADOWS and model.method.info.name == BROUGHT:
                why = "how the model was unlearned is not known, so that no other is made as it was"
            elif "seeds" in kind.needs and len(cast.retrained) < BAND:
                why = f"it wants {BAND} retrained models, and there are {len(cast.retrained)}"
            elif _not_chosen(kind, cast):
                why = "it was left out of this audit"
            elif "retrained" in kind.needs and not cast.retrained:
                why = "it compares with retrained models, and there are none"
            elif why.endswith("was not computed yet"):
                why = "it was left out of this audit"
            yield f"{kind.title} was not tested ({kind.summary}): {why}."
            continue
        if kind.name in model.outdated_kinds:
            yield (
                f"{kind.title} was tested with other settings than this audit asks for "
                f"({model.outdated_kinds[kind.name]}), so it does not count in the verdict."
            )
        for reason in _without_figure(found):
            yield f"{kind.title}, in part: {reason}."


def _not_chosen(kind: Kind, cast: Cast) -> bool:
    chosen = cast.audited.study.evidence.instruments or ()
    return kind.optional and not kind.scenarios and kind.name not in chosen


def _without_figure(found: object) -> Iterator[str]:
    """Reasons of what an attack could not measure."""
    if not is_dataclass(found):
        return
    reasons = {
        value.reason: None
        for each in fields(found)
        if isinstance(value := getattr(found, each.name), Undefined)
        and value.reason
        # a slope for dead units is tried only where no gradient passes without it
        and not (isinstance(found, InversionSummary) and each.name == "surrogate")
    }
    nothing = isinstance(found, Attempts | Signs) and not (
        (isinstance(found, Attempts) and found.attempts())
        or (isinstance(found, Signs) and found.signs())
    )
    told = getattr(found, "reason", None)
    if isinstance(told, str):
        reasons[told] = None
    yield from (each.rstrip(".") for each in reasons)
    if nothing and isinstance(found, MembershipResult):
        yield OF_CLASSES
    elif nothing and not reasons:
        yield "it has no figure that a verdict can use"


def _quick(cast: Cast) -> Iterator[str]:
    evidence = cast.audited.study.evidence
    if evidence.suite != "quick":
        return
    full = evidence.in_suite("full")
    for kind in attacks_on(cast):
        less = "; ".join(
            _less(about, value, getattr(full.table(table), name))
            for table, changes in (kind.quick or {}).items()
            for name, value in changes.items()
            if (about := settings_of(kind.settings[table])[name].help)
            and value != full.table(table).to_dict()[name]
        )
        if less:
            yield f"{kind.title} was made quickly: {less}."


def _less(about: str, value: object, usual: object) -> str:
    """A setting in the words of its help, as in "draws of the pictures given: 1 instead of 2"."""
    words = re.split(r"[;(]", about)[0].strip()
    return words if value is True else f"{words}: {_plain(value)} instead of {_plain(usual)}"


def _plain(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def _of_verdict(verdict: Verdict) -> Iterator[str]:
    for missing in verdict.missing:
        yield f"For the verdict was missing: {missing}."


def stronger(cast: Cast) -> tuple[str, ...]:
    """What somebody who spends more might do: beyond the settings of each attack that was made."""
    evidence = cast.audited.study.evidence
    more = [
        in_words(kind.threat.more, evidence, tuple(kind.settings))
        for kind in attacks_on(cast)
        if kind.threat is not None and kind.threat.more
    ]
    known = [each for each in UNDECLARED if cast.original is not None or "original" not in each]
    return tuple(f"An attacker might {each}." for each in (*more, *known))
