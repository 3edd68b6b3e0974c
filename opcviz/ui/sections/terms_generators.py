"""Entries of the glossary: models that draw, and what is done to them."""

from __future__ import annotations

from ...verdict.places import CONSPICUOUS, RETURNS
from .terms import AS_RETRAINED, Term

__all__ = ["GENERATORS"]

GENERATORS = {
    "generator": Term(
        "Generator",
        "a model that draws: here a diffusion model, which makes a picture of a class out of "
        "noise, step by step.",
    ),
    "denoising": Term(
        "Denoising step",
        "one step from noise to picture: the model says what clean picture it has in mind, and "
        "some of the noise is taken away.",
        source="arXiv 2006.11239, arXiv 2010.02502",
    ),
    "condition": Term(
        "Condition",
        "the vector that tells a generator what to draw: each class has one, and the empty one "
        "asks for nothing in particular.",
    ),
    "guidance": Term(
        "Guidance",
        "how strongly a generator keeps to its condition: what the empty condition gives is "
        "subtracted with this weight.",
        source="arXiv 2207.12598",
    ),
    "judge": Term(
        "Judge",
        "a classifier of the same data that says what is drawn; it may also answer that it is no "
        "class at all, so that noise has a name.",
    ),
    "judged": Term(
        "Judged",
        "how many of the drawn pictures the judge takes for the forgotten class.",
        range="0 to 100 %",
        good=f"{AS_RETRAINED}; a judge alone can be wrong, so read it beside genuine",
    ),
    "genuine": Term(
        "Genuine",
        "how many of the drawn pictures are judged to be of the forgotten class and lie among its "
        "real pictures, too.",
        "no farther from a real picture than that picture's fifth nearest is, in what the judge "
        "sees",
        range="0 to 100 %",
        good=AS_RETRAINED,
        source="arXiv 1904.06991",
    ),
    "Fréchet distance": Term(
        "Fréchet distance (FD)",
        "how differently drawn and real pictures are spread in what the judge sees of them.",
        "of two normal distributions with their means and covariances",
        range="0 and above",
        good="as in the original model; 0 is alike",
        source="arXiv 1706.08500",
    ),
    "precision and recall": Term(
        "Precision and recall (of pictures)",
        "how many drawn pictures lie among the real ones, and how many real ones among the drawn.",
        "by the third nearest neighbour in what the judge sees",
        range="0 to 1",
        good="more is better: good pictures, and varied ones",
        source="arXiv 1904.06991",
    ),
    "denoising loss": Term(
        "Denoising loss",
        "how far a generator is from the clean picture when it is given a noised one.",
        "mean squared error of what it predicts, over pictures, noise and amounts of noise",
        range="0 and above",
        good="low, where what is kept is known",
    ),
    "DiMRA": Term(
        "Regeneration by training on (DiMRA)",
        "an attack that trains a generator on with pictures of other classes and none of the "
        "forgotten one, until it draws that again.",
        source="arXiv 2512.03564",
    ),
    "dose map": Term(
        "Dose map",
        "what comes back by steps of unlearning and by steps of the attack that follows.",
        good="a method that only looks forgotten gives way in the first rows",
    ),
    "concept inversion": Term(
        "Concept inversion",
        "an attack that changes no weight and searches for a condition under which a generator "
        "draws the forgotten class.",
        good=f"{AS_RETRAINED}, which is not 0: it generalises",
        source="arXiv 2308.01508",
    ),
    "still drawn": Term(
        "Still drawn",
        "asked for the class, the model draws it.",
        rule=f"more than {RETURNS:g} % of the pictures asked for are genuine, by the lower end of "
        "their 95 % interval.",
    ),
    "in the answer": Term(
        "Forgotten in the answer",
        "the class is answered otherwise and still there: training on without it brings it back.",
        rule=f"DiMRA brings back more than {RETURNS:g} % genuine pictures, by the lower end of "
        "their 95 % interval.",
    ),
    "in the address": Term(
        "Forgotten in the address",
        "the class's condition leads elsewhere and the network still draws it under another one.",
        rule="DiMRA brings nothing back, and the strong concept inversion more genuine pictures "
        "than from the retrained model of its seed, by the 95 % interval of the difference.",
    ),
    "left in the weights": Term(
        "Left in the weights",
        "a few pictures bring the class back sooner than they teach it to a network that never "
        "saw it.",
        rule="neither DiMRA nor concept inversion brings more back; relearning does so at some "
        "step, by the 95 % interval of the difference to the retrained model.",
    ),
    "in the trunk": Term(
        "Forgotten in the trunk",
        "neither training on nor another condition nor a few pictures bring the class back above a "
        "retrained model, each alone; attacks in a row are not made here.",
        rule="DiMRA brings nothing back; the strong concept inversion, and relearning at every "
        "step, no more than from the retrained model.",
    ),
    "conspicuous": Term(
        "Conspicuous",
        "what is drawn in place of the class is like no class at all, so anybody sees that "
        "something was taken out.",
        rule=f"fewer than {CONSPICUOUS:g} % of the pictures asked for belong to some class.",
    ),
    "F": Term(
        "F (how much was forgotten)",
        "how far a model that makes records went from the original, which knows the forgotten "
        "earthquakes, to the retrained model, which never saw them, and beyond it.",
        "(model − original) / (retrained − original), of the mean error of S in what is forgotten; "
        "other measures have an F of their own",
        "0 errs as the original, 1 as the retrained model; knows to 0.3, partly to 0.7, as "
        "retrained to 1.4, beyond retrained to 2, over-forgotten above: there the error grew more "
        "than twice as much as the retrained model's",
        "about 1, when asked and after training on without the forgotten records; what returns "
        "there was only hidden",
    ),
    "P and S": Term(
        "P and S",
        "the two kinds of waves of an earthquake: P comes first, S later and stronger. The farther "
        "away, the later both come.",
    ),
    "simulated": Term(
        "Simulated record",
        "ground motion that a computer made after the physics of an earthquake's source, of the "
        "path to the station and of the ground there; noise is shaped by these, and nothing was "
        "measured.",
        source="doi 10.1007/PL00012553",
    ),
    "spectrogram": Term(
        "Spectrogram",
        "how strong each frequency of a record is over time: the brighter, the stronger.",
    ),
    "PGA": Term(
        "Peak ground acceleration (PGA)",
        "the strongest acceleration of the ground in a record, here in cm/s².",
    ),
    "response spectrum": Term(
        "Response spectrum",
        "how far an oscillator of a given period and damping swings while the ground moves as in "
        "a record: what a building of that period feels.",
    ),
}
