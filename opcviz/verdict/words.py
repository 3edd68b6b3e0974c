"""The words of the verdict, its thresholds, and the rule as it stands on screen."""

from __future__ import annotations

from dataclasses import dataclass

from ..common.config import Config, setting

__all__ = ["GONE", "KEPT", "NOTICEABLE", "Thresholds", "in_words", "rules"]

GONE = {
    "no": "it answers the forgotten data more like the original than like the retrained models",
    "hidden": "the answers are gone, but an attacker gets back more than from any retrained model",
    "as in retrained models": "no declared attacker gets clearly more than retrained models give",
    "beyond": "from the last features and by relearning attackers get less than from any retrained "
    "model; of earlier blocks and of fresh networks this says nothing",
}
NOTICEABLE = {
    "no": "what was unlearned stands out not clearly more than in the retrained models",
    "as in retrained models": "what was unlearned stands out, and in every retrained model so "
    "clearly that judges could not tell more; it is not clearly narrower than in these",
    "yes": "what was unlearned stands out as in none of the retrained models",
}
KEPT = {
    "yes": "it still does what it should have kept",
    "one class harmed": "one retained class lost what the others did not",
    "no": "it lost what it should have kept",
}


@dataclass(frozen=True)
class Thresholds(Config):
    """Where the verdict draws its lines; our choices, not the literature's.

    `Verdict.sensitivity` says which words change when one of them is halved or doubled.
    """

    left: float = setting(
        50.0,
        "share of the original's lead over the retrained models that may be left",
        low=0,
        high=100,
        unit="%",
    )
    points: float = setting(
        5.0,
        "forgotten data got back, beyond the retrained models, that count as a difference",
        low=0,
        high=50,
        unit="points",
    )
    further: float = setting(
        0.5,
        "of further retrained models that may lie above an attacker's line",
        low=0.01,
        high=50,
        unit="%",
    )
    together: float = setting(
        0.2,
        "of retrained models that may lie above the line for the seeds of a method together",
        low=0.01,
        high=50,
        unit="%",
    )
    apart: float = setting(
        0.1, "AUC beyond the retrained models' that counts as a difference", low=0, high=0.5
    )
    tighter: float = setting(
        10.0, "contraction of the forgotten features beyond the retrained models'", low=1
    )
    visible: float = setting(
        0.75, "AUC from which a contracted set can be pointed at", low=0.5, high=1
    )
    damage: float = setting(
        5.0, "retain test accuracy lost that counts as damage", low=0, high=100, unit="points"
    )
    neighbour: float = setting(
        20.0, "test recall that one retained class may lose", low=0, high=100, unit="points"
    )


def rules(t: Thresholds | None = None) -> str:
    """The whole rule as Markdown, as it stands on screen."""
    t = t or Thresholds()
    return f"""\
Three questions, each answered beside the *band*: all retrained models of the study, which never
saw the forgotten data. Every attacker is scored on pictures they were not given.

**Gone?** The first line that applies.

1. **no**: of the original's lead over the band in answers more than {t.left:g} % is left; or, where
   samples are forgotten, in the AUC of two *tests of membership* of different kinds (a likelihood
   ratio, LiRA's; a pairwise ratio, RMIA's; a threshold on the loss), by more than chance. Both
   figures are told; the share that decides, and is shown, is that of the test which accuses less.
   What one kind finds alone leaves the question open, unless no other kind was made, or the model
   is the original itself, which nobody accuses: so an untouched copy of it, with the very same
   figures, may be left open.
2. **hidden**: some declared attacker gets back more than {t.points:g} points beyond the most that
   they get from any retrained model, more than chance could give (the 95 % interval of the
   difference), and more than all but {t.further:g} % of further retrained models would give them,
   by the spread of those in hand. To a retrained model the names of several forgotten classes mean
   nothing: what a rule that weighs their outputs alike gets with the names in every order is such a
   spread, too, and a sharper one. Beside a *single* retrained model there is no other: there the
   attacker must get, by more than chance, more than {t.left:g} % of the way from it to what the
   original answers, and at least 10 points more from the original than from it; who gets more than
   from the retrained model, and not so much, leaves the question open. A map must also get more
   than {t.points:g} points beyond what a map gets from the pixels alone, without the unlearned
   model. One attacker is enough.
3. **beyond**: none does; and both the best map of the last block and the best relearning get more
   than {t.points:g} points, and more than chance, less than from every retrained model. It says
   nothing of earlier blocks, nor of whoever throws the network away and trains a fresh one. Of a
   single class it is never said: a threshold finds what never comes first; nor beside a single
   retrained model, which another may lie far below.
4. **as in retrained models**: none does. Lines 3 and 4 want all families of attackers; where one is
   missing there is no answer. A difference smaller than the spread of a few retrained models cannot
   be seen; over all attackers together a few percent of retrained models pass some line by luck.

A network that answers retained data hardly better than guessing is destroyed, and what is destroyed
is not forgotten as in retrained models: unless something is *hidden* in it, there is no answer.

*Retrained models in doubt.* One that saw some of the forgotten data would hide everything behind
its figures. So each is held against the others by this very rule (with two of them, by that for a
single one), and against each of them alone. Whoever would be *not gone*, or *hidden* by attackers
of two kinds who get more than {t.left:g} % of the way to what the original answers, or still
answers forgotten classes by their names, is named; the profile is made with and without those in
doubt, and the worse stands.

*Seeds together.* What is within the spread of retrained models for one model may be far beyond it
for the seeds of a method taken together. They are *hidden*, whatever each of them is called, if
some attacker gets on average more than {t.points:g} points beyond the retrained models' mean, and
more than all but {t.together:g} % of so many retrained models would give them on average.

*Depth* is the earliest block from which on no map gets clearly more than from the band.

**Noticeable? yes**, if a judge tells forgotten from retained pictures with an AUC more than
{t.apart:g} beyond the band; or some test of membership (LiRA online, offline and calibrated, RMIA,
the two-sided distance, the loss, and those with shadow models) differs from the same test of the
band by as much, in either direction, and by more than chance could give to any of so many tests; or
the forgotten features are more than {t.tighter:g} times tighter than in any retrained model and
an AUC of at least {t.visible:g} lets one point at them; or forgotten samples are answered worse
than by any model that never saw them. Where judges tell them apart in every retrained model so well
that {t.apart:g} more is above 1, as of most whole classes, no AUC could say yes: then what stands
out with {t.visible:g} or more does so **as in retrained models**, and else it is **no**. Forgotten
data that stand out *less* than in retrained models betray nothing, and are no *yes*; a note says
so, since whoever holds retrained models can tell such a model from them.

**Kept? no**, if retain test accuracy lost is above {t.damage:g} points against the worst of
original and band; *one class harmed*, if one alone lost more than {t.neighbour:g} points of test
recall.

The band is exact unlearning. A retrained model's own answer is *as in retrained models*, however
much an attacker with labelled pictures can rebuild from it.

Confidence: one seed gives *medium*; *low* with fewer than three retrained models, where the
interval of the closest call reaches its line, or, unless an attacker is clearly beyond theirs,
where the figure of any attacker lies within a fifth of their line. Three seeds or more that agree,
none of them low, give *high*; all of them low, or seeds that disagree, *low*."""


def in_words(gone: str | None, noticeable: str | None, kept: str | None) -> str:
    """The answers in one line; "none" without any."""
    told = {"no": "not gone", "beyond": "gone beyond retraining"}.get(gone or "", gone or "")
    # classes that stand out in every model that never saw them are no word about this one
    seen = {"yes": "noticeable", "no": "not noticeable"}.get(noticeable or "", "")
    harm = {"no": "damaged", "one class harmed": "one class harmed"}.get(kept or "", "")
    return ", ".join(each for each in (told, seen, harm) if each) or "none"
