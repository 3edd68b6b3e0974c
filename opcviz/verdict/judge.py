"""From evidence to a profile: gone? noticeable? kept? with the numbers that decided.

The rule stands in `words.rules()`, as it is shown on screen; `_decide` is the same in code. What
lacks a figure is left without an answer, and the reason says which.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace

from ..common.config import ConfigError
from ..common.later import later
from ..common.text import capital
from ..results import LIRA
from .check import Check
from .dossier import FULL, Band, Dossier, Missing, lacking
from .members import apart, doubts
from .profile import Confidence, Doubt, Flip, Verdict, no_verdict
from .questions import Questions
from .words import GONE, KEPT, NOTICEABLE, Thresholds

__all__ = ["judge"]

FACTORS = (0.5, 2.0)  # of each threshold, in `Verdict.sensitivity`
MORE = "beside one alone that is not decided; in an audit bring them, or --retrain 3 in its place"
ONE_KIND = (
    "Of tests of membership one alone ({}) was made of this model and of those beside it; a second "
    "kind, without which it is not confirmed, wants originals and retrained models of three seeds."
)
ENOUGH = 3  # retrained models that show how far retraining itself varies
WORST_FIRST = (
    ("no", "hidden", None, "as in retrained models", "beyond"),
    ("yes", None, "as in retrained models", "no"),
    ("no", "one class harmed", None, "yes"),
)
"""The answers to the three questions, for the worse of two profiles."""


def judge(
    model: Dossier,
    original: Dossier | None,
    band: Sequence[Dossier],
    thresholds: Thresholds | None = None,
) -> Verdict:
    """The verdict on one model.

    Args:
        model: what is known of it.
        original: the same of the original of its seed; None where there is none: then something
            can be found left, or hidden, but not that all is gone.
        band: the same of the retrained models, of every seed there is; without any only whether
            the rest was kept can be told.
        thresholds: where the lines are drawn.
    """
    if model.failed:
        return no_verdict([f"{model.who}: {model.failed}"])
    if original is not None and original.failed:
        return no_verdict(["the original model"])
    others = Band([each for each in band if not each.failed])
    if original is None and not others.models:
        return no_verdict(["the original model", "a retrained model"])
    t = thresholds or Thresholds()
    found, used = _weighed(model, original, others, t)
    # it takes ten times as long as the profile, and few look at it
    return replace(found, sensitivity=later(lambda: _flips(found, model, original, used, t)))


def _flips(
    found: Verdict, model: Dossier, original: Dossier | None, band: Band, t: Thresholds
) -> Iterator[Flip]:
    """Each threshold, halved or doubled, with which the words would be others."""
    asked = Questions(model, original, band, t)
    for each in fields(Thresholds):
        for factor in FACTORS:
            value = getattr(t, each.name) * factor
            try:
                other = t.replace(**{each.name: value})
            except ConfigError:  # out of its range: no such line can be drawn
                continue
            said = _decide(asked.with_lines(other)).words
            if said != found.words:
                yield Flip(each.name, value, said)


def _weighed(
    model: Dossier, original: Dossier | None, band: Band, t: Thresholds
) -> tuple[Verdict, Band]:
    """The profile, and the retrained models that it was made beside.

    Where some of these look as if they had seen the forgotten data there are two profiles, with
    them and without; the worse one stands.
    """
    full = _decide(Questions(model, original, band, t))
    doubted = doubts(band.models, original, t)
    if not doubted:
        return full, band
    trusted = Band([each for n, each in enumerate(band.models) if n not in doubted])
    without = _decide(Questions(model, original, trusted, t))
    worse, used = min(((full, band), (without, trusted)), key=lambda pair: _rank(pair[0]))
    named = tuple(doubted.values())
    told = replace(
        worse,
        notes=(*_of_doubted(named, full, without), *worse.notes),
        doubted=named,
        with_doubted=full.words,
        without_doubted=without.words,
    )
    return told, used


def _rank(verdict: Verdict) -> tuple[int, ...]:
    """The worse a profile, the less."""
    answers = (verdict.gone, verdict.noticeable, verdict.kept)
    return tuple(row.index(word) for row, word in zip(WORST_FIRST, answers, strict=True))


def _of_doubted(doubted: Sequence[Doubt], full: Verdict, without: Verdict) -> Iterator[str]:
    """Who is doubted and why, and what that changes."""
    for each in doubted:
        more = f"knows more than {each.beside}" if each.beside else "knows the forgotten classes"
        yield f"{each.who}, {more} ({each.check.says}): was it trained without the forgotten data?"
    them = "it" if len(doubted) == 1 else "them"
    yield (
        f"With {them} among the retrained models the profile is “{_none(full.words)}”, without "
        f"{them} “{_none(without.words)}”; the worse of the two stands."
    )


def _none(words: str) -> str:
    return "no verdict" if words == "none" else words


def _decide(q: Questions) -> Verdict:
    """Answer the three questions."""
    missing: list[str] = []
    if q.band.models:
        gone, deciding, close = _gone(q, missing)
        noticeable, betraying = _noticeable(q, missing)
    else:  # how much any model gives away, and how it answers what it never saw, is not known
        missing.append("a retrained model")
        gone, deciding, close, noticeable, betraying = None, [], [], None, []
    kept, losing = _kept(q, missing)
    checks = [*deciding, *betraying, *losing]
    answers = [(GONE, gone, deciding), (NOTICEABLE, noticeable, betraying), (KEPT, kept, losing)]
    furthest = q.gained[0] if q.gained else None
    why = " ".join(
        _sentences(table[word], found[:2])
        for table, word, found in answers
        if word is not None and found
    )
    if gone is None:
        why = f"{why} No verdict on what is gone. Missing: {'; '.join(missing)}.".strip()
    return Verdict(
        gone=gone,
        noticeable=noticeable,
        kept=kept,
        depth=q.depth() if q.model.blocks and q.band.models else None,
        furthest=furthest[0] if furthest else None,
        band=len(q.band.models),
        why=why,
        numbers=tuple(deciding[:1] + [c for c in betraying if c.holds][:1] + losing[:1]),
        checks=tuple(checks),
        notes=_notes(q),
        confidence=_confidence(gone, close or checks, q) if gone else None,
        sensitivity=(),
        missing=tuple(dict.fromkeys(missing)),
    )


REFERENCES = "tests of membership beside models of several seeds (`--seeds 0,1,2`) may tell it"
MORE_OF_THEM = "tests of membership beside more retrained models may tell it"


def _gone(q: Questions, missing: list[str]) -> tuple[str | None, list[Check], list[Check]]:
    """The word, the checks behind it, the first deciding, and those whose closeness counts."""
    if q.answers_nothing and q.one_class:
        missing.append(_destroyed(q))
        return None, [], []
    try:
        left = q.left()
    except Missing as why:
        missing.append(str(why))
        left = None
    if left is not None and left.holds:
        return "no", [left], [left]
    path = [left] if left else []
    if q.hidden:
        found = [check for _, check in q.hidden]
        if not q.answers_known:  # that they are gone is part of the word
            return None, [*found, *path], []
        return "hidden", [*found, *path], found
    if q.answers_nothing:
        missing.append(_destroyed(q))
        return None, path, []
    if q.undecided:
        check = q.undecided[0][1]
        missing.append(f"more retrained models, three in all ({MORE}): {check.says}")
        return None, [check, *path], []
    if alone := q.unconfirmed:
        missing.append(f"a test of membership of a second kind that agrees: {q.doubtful(alone)}")
        return None, alone, []
    if why_open := q.perhaps_points():
        missing.append(why_open)
        return None, path, []
    # quick attacks are compared with quick ones; that others were under more is no lack of theirs
    missing += lacking([q.model] if FULL in q.model.lacking else [q.model, *q.band.models])
    if missing:  # only that something is left can be said without all of the evidence
        return None, path, []
    if not q.gained:
        missing.append("attacks that both this model and the retrained models were under")
        return None, path, []
    if not q.original_stands_out:
        missing.append(
            "something that could be found: none of these attackers tells even the original from "
            f"{q.band.words}, so that they tell nothing from this model means nothing" + _telling(q)
        )
        return None, path, []
    nearest = q.gained[0][1]
    below = q.below()
    if below and all(check.holds for check in below):
        return "beyond", [*below, nearest, *path], [*path, nearest, *below]
    return "as in retrained models", [nearest, *path], [*path, nearest]


def _telling(q: Questions) -> str:
    """What could find more, where samples were forgotten: tests not made yet, or more models."""
    if not q.model.of_samples:
        return ""
    kinds = {sign.test.kind for sign in q.model.signs if sign.test}
    made = kinds & {test.kind for test in LIRA.values()}
    return f"; {MORE_OF_THEM if made else REFERENCES}"


def _destroyed(q: Questions) -> str:
    """What a verdict on a network that answers nothing wants."""
    kept, _ = q.model.part("retain_test")
    return (
        f"a network that still answers: this one gets {kept:.1f} % of the retained test data "
        f"right, and guessing {q.chance:.1f} %; what is destroyed is not forgotten as in retrained "
        "models"
    )


def _noticeable(q: Questions, missing: list[str]) -> tuple[str | None, list[Check]]:
    try:
        signs = sorted(q.signs(), key=lambda check: -check.margin)
    except Missing as why:
        missing.append(str(why))
        return None, []
    held = [check for check in signs if check.holds]
    if not held and FULL in q.model.lacking:
        return None, signs
    if held:
        return "yes", held
    # of whole classes no judge has room to find more: that they stand out is then no answer
    return ("no" if q.room or not q.visible else "as in retrained models"), signs


def _kept(q: Questions, missing: list[str]) -> tuple[str | None, list[Check]]:
    try:
        lost = q.lost()
    except Missing as why:
        missing.append(str(why))
        return None, []
    neighbour = q.neighbour()
    if lost.holds and not q.one_class_alone(neighbour):
        return "no", [lost]
    if neighbour is not None and neighbour.holds:
        return "one class harmed", [neighbour, lost]
    return "yes", [lost]


def _notes(q: Questions) -> tuple[str, ...]:
    """What else must be known to read the words."""
    notes = []
    if len(q.band.models) == 1:
        notes.append(
            "There is one retrained model and so no band: how far retraining itself varies is not "
            f"known. Beside it a model is hidden only where more than {q.t.left:g} % of the way "
            "from the retrained model to the original is left; beside several their spread decides."
        )
    if told := apart(q.band.models, q.t):
        notes.append(told)
    if len(q.band.models) == 2 and not q.hidden and (more := q.more):
        notes.append(
            "More than from either of the two retrained models, by more than chance, though not "
            f"beyond their spread: {more[0][1].says}. Beside a third one that may count."
        )
    if q.remembered and q.membership_kinds == 1:
        notes.append(ONE_KIND.format(q.remembered[0][0].place))
    if fainter := q.fainter:
        notes.append(fainter)
    if q.model.blocks and q.hidden and (depth := q.depth()):
        notes.append(f"Maps get no more than from the retrained models from '{depth}' on.")
    if q.hidden and q.answers_known and (absent := [*q.model.lacking]):
        notes.append(f"Not tried: {', '.join(absent)}; one attacker is enough to say hidden.")
    return tuple(notes)


def _confidence(gone: str, deciding: Sequence[Check], q: Questions) -> Confidence:
    """Of one seed: how far the other seeds lie from it is not known.

    One attacker who is clearly beyond his line is enough for *hidden*. That nobody is, wants
    everybody to stay clear of his: then any attacker near his line makes it a guess.
    """
    ordered = sorted(deciding, key=lambda check: (not check.close, abs(check.margin)))
    closest = ordered[-1] if gone == "hidden" else ordered[0]
    count = len(q.band.models)
    if count < ENOUGH:
        told = (
            "one retrained model: their spread is"
            if count == 1
            else "two retrained models: their spread is hardly"
        )
        return Confidence("low", closest.name, f"{told} known")
    if closest.close:
        return Confidence("low", closest.name, "the closest call reaches its line")
    nobody = gone in ("as in retrained models", "beyond")
    if nobody and (rivals := [c for _, c in q.gained if c.near]):
        return Confidence("low", rivals[0].name, f"{len(rivals)} attackers are near their lines")
    return Confidence("medium", closest.name, "no call reaches its line; one seed")


def _sentences(answer: str, found: Sequence[Check]) -> str:
    """An answer, and each figure behind it as a sentence of its own."""
    first, *others = (clause for check in found for clause in check.clauses)
    return " ".join(f"{capital(each)}." for each in (f"{answer}: {first}", *others))
