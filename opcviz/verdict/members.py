"""Are those who make the band what they are said to be: trained without the forgotten data?

One retrained model that saw some of it, a copy of the original under another name, or the original
trained on for a while, widens the band until everything fits into it. So each is held against the
others by the very rule that the model under examination is, before they are its measure.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ..common.statistics import difference
from .check import Check
from .dossier import Band, Dossier, Missing
from .profile import Doubt
from .questions import Questions
from .words import Thresholds

__all__ = ["apart", "doubts"]

KNOWN = 5.0
"""Percent of the unseen pictures of forgotten classes: who never saw a class has no use for its
name."""
AGREE = 2
"""Kinds of attackers who must find more in a model than in the others. Of 180 ordered pairs of
honest ones (ten seeds, three classes and one) two did so in two pairs, of one class; in the
original, and in DELETE called retrained, two to seven did. Maps alone find DELETE beside some
honest models, so that to count all maps as one kind would miss it."""
SAME = {"own_head_standardised": "own_head_centred", "own_head_rbf": "own_head_centred"}
"""Attackers who are no other kind than these: what luck gives to one it gives to both."""
ASIDE = ("slope_affine", "slope_rbf")
"""Attackers who cast no doubt: they see what maps see, so that luck gives them what it gives to
maps. Of ten honest models (one class) 124 of the 252 bands of five would have one in doubt with
them, and 106 have one without: two of 90 ordered pairs differ so far by maps from retained data."""


def doubts(
    band: Sequence[Dossier], original: Dossier | None, thresholds: Thresholds
) -> dict[int, Doubt]:
    """The retrained models that seem to have seen the forgotten data, and what says so.

    A model is doubted if it still answers forgotten classes by their names; or if, beside all the
    others, it would be called *not gone* itself, or *hidden* by attackers of two kinds (`AGREE`)
    who get more than half of the way to the original, for among a few models some pass some line by
    luck; or if it would be called *hidden* in this way beside any single other one. The last finds
    several that saw the same classes and would vouch for each other, as long as one did not; where
    samples were forgotten, attackers get too little more from one model than from another for that.
    A model alone has no others.

    Args:
        band: the retrained models.
        original: the model before unlearning, None where there is none.
        thresholds: where the lines are drawn.

    Returns:
        By place in the band.
    """
    return dict(_doubts(tuple(band), original, thresholds))


@lru_cache(maxsize=64)
def _doubts(band: tuple[Dossier, ...], original: Dossier | None, t: Thresholds) -> dict[int, Doubt]:
    """Kept, since all models of a study are judged beside the same ones."""
    found, alone = {}, {}
    for n, member in enumerate(band):
        others = [*band[:n], *band[n + 1 :]]
        if check := _answers(member):
            found[n] = Doubt(member.who, check, "")
        elif others and (check := _knows_more(member, original, others, t)):
            told = "the other" if len(others) == 1 else f"the other {len(others)}"
            found[n] = Doubt(member.who, check, told)
        elif len(others) > 1 and (beside := _hides_beside_one(member, original, others, t)):
            alone[n] = Doubt(member.who, beside[1], beside[0].who)
    # where everybody knows more than somebody they only differ: nobody saw what the others did not
    return found if len(found) + len(alone) == len(band) else dict(sorted((found | alone).items()))


def _answers(member: Dossier) -> Check | None:
    """Whether it gives unseen pictures of forgotten classes their names."""
    if member.of_samples:
        return None
    try:
        right, interval = member.part("forget_test")
    except Missing:
        return None
    if interval is None or interval[0] <= KNOWN:
        return None
    return Check.above(
        "forgotten classes answered by a retrained model",
        right,
        KNOWN,
        f"{right:.1f} % of the forgotten classes' unseen pictures are right",
        unit="%",
        interval=interval,
    )


def _knows_more(
    member: Dossier, original: Dossier | None, others: Sequence[Dossier], t: Thresholds
) -> Check | None:
    """What would be called left or hidden in it beside the others."""
    left = [_left(member, original, each, t) for each in others]
    held = [check for check in left if check is not None and check.holds]
    if len(held) == len(others):  # beside each of them: one that lies low accuses nobody
        return min(held, key=lambda check: check.margin)
    return _hidden(member, original, others, t)


def _hides_beside_one(
    member: Dossier, original: Dossier | None, others: Sequence[Dossier], t: Thresholds
) -> tuple[Dossier, Check] | None:
    """The first of the others beside whom alone something would be called hidden in it."""
    beside = ((other, _hidden(member, original, [other], t)) for other in others)
    return next(((other, check) for other, check in beside if check), None)


def _hidden(
    member: Dossier, original: Dossier | None, others: Sequence[Dossier], t: Thresholds
) -> Check | None:
    """The first of the attackers who get more from it, and half of the way to the original.

    None where they are not of `AGREE` kinds.
    """
    q = Questions(member, original, Band(others), t)
    found = [
        (attempt, check)
        for attempt, check in q.hidden
        if attempt.attacker not in ASIDE and q.halfway(attempt, check)
    ]
    agreed = {SAME.get(attempt.attacker, attempt.attacker) for attempt, _ in found}
    return found[0][1] if len(agreed) >= AGREE else None


def _left(member: Dossier, original: Dossier | None, other: Dossier, t: Thresholds) -> Check | None:
    """How much of the original's lead over one retrained model is left in another.

    One kind of test of membership is enough: it must say so beside each of the others.
    """
    q = Questions(member, original, Band([other]), t)
    try:
        left = q.left()
    except Missing:
        return None
    return left if left is not None and left.holds else next(iter(q.unconfirmed), left)


def apart(band: Sequence[Dossier], thresholds: Thresholds) -> str:
    """Where two retrained models differ most by an attacker's figures, in a sentence.

    Empty unless there are two, and they differ by more than `points` and than chance.
    """
    if len(band) != 2:
        return ""
    pairs = [tuple(found) for found in Band(band).tried.values()]
    certain = [
        (abs(a.recovered - b.recovered), a, b)
        for a, b in pairs
        if abs(a.recovered - b.recovered) > thresholds.points
        and (between := difference(a.recovered, b.recovered, a.interval, b.interval))
        and not between[0] <= 0 <= between[1]
    ]
    if not certain:
        return ""
    gap, a, b = max(certain, key=lambda each: each[0])
    return (
        f"The two retrained models differ by {gap:.1f} points, more than chance: {a.words} gets "
        f"{a.recovered:.1f} % {a.of} from one and {b.recovered:.1f} % from the other. How far a "
        "third one would lie is hardly known; three or more make a band."
    )
