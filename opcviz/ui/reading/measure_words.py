"""What each measure of the tables means: head, formula, range, which direction is good, source.

By the name that its column is declared with (`artefacts.columns.Column`). A measure that is not
here, as one of a user's own attack, is shown with what its declaration says, and without a
direction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["ARROWS", "GROUPS", "OWN", "WORDS", "Better", "MeasureWords", "words_of"]

Better = Literal["less", "more", "same", ""]
"""Which way is good: less, more, as retrained models have it; nothing where no way is."""

ARROWS: dict[Better, tuple[str, str]] = {
    "less": ("↓", "less is better"),
    "more": ("↑", "more is better"),
    "same": ("≈", "the goal is what retrained models have"),
    "": ("", "no direction is better: a figure to compare others with"),
}
"""Sign and words of each."""

GROUPS = {
    "accuracy": "Accuracy",
    "worst": "Worst case",
    "recovery": "Recovery",
    "relearning": "Relearning",
    "membership": "Membership",
    "separability": "Separability",
    "information": "Information",
    "planted": "Planted flaw",
    "inversion": "Inversion",
    "cost": "Cost",
}
"""Names of the groups of columns, from left to right; a user's own kinds come last."""

OWN = "own"
"""The group of what is declared elsewhere."""

ATTACKERS = "among forgotten pictures that the attacker was not given"
OPC, IDI_PAPER = "arXiv 2507.07754", "arXiv 2405.17878"
PERCENT, SHARE, DB = "0 to 100 %", "0 to 1; 0.5 is guessing", "0 to about 60 dB"


@dataclass(frozen=True)
class MeasureWords:
    """What is said of one measure.

    Attributes:
        group: key of `GROUPS`.
        head: its name at the head of a column.
        what: it is, in one sentence.
        formula: how it is computed; empty where the sentence says it.
        range: of its values, with the unit.
        better: away from what speaks of memory, or of harm or cost.
        forgotten: whether it speaks of the forgotten data: then to be as the retrained models are
            is what is good, for what goes further shows that something was unlearned.
        scale: difference that counts as a large one, in its unit; None: as a ratio.
        source: paper.
    """

    group: str
    head: str
    what: str
    formula: str = ""
    range: str = PERCENT
    better: Better = "less"
    forgotten: bool = True
    scale: float | None = 100.0
    source: str = ""

    @property
    def goal(self) -> Better:
        """The good direction: of what speaks of the forgotten data, as retrained models have it."""
        return "same" if self.better and self.forgotten else self.better


def _auc(head: str, what: str, group: str = "separability") -> MeasureWords:
    return MeasureWords(group, head, what, "area under the ROC curve", SHARE, scale=0.5)


def _psnr(head: str, what: str, better: Better = "same") -> MeasureWords:
    formula = "10 · log10(1 / mean squared error), pixels from 0 to 1"
    return MeasureWords("inversion", head, what, formula, DB, better, scale=20.0)


def _flaw(head: str, what: str, better: Better = "less", *, forgotten: bool = True) -> MeasureWords:
    return MeasureWords("planted", head, what, better=better, forgotten=forgotten)


def _cost(head: str, what: str, range: str) -> MeasureWords:
    return MeasureWords("cost", head, what, range=range, forgotten=False, scale=None)


WORDS = {
    "UA": MeasureWords(
        "accuracy",
        "Unlearning accuracy (UA)",
        "How many of the forgotten train pictures the model answers wrong.",
        "100 − accuracy on forgotten train pictures",
        better="more",
    ),
    "RA": MeasureWords(
        "accuracy",
        "Retain accuracy (RA)",
        "How many of the retained train pictures the model answers right.",
        better="more",
        forgotten=False,
        scale=30.0,
    ),
    "TA": MeasureWords(
        "accuracy",
        "Test accuracy (TA)",
        "How many test pictures of what was retained the model answers right.",
        better="more",
        forgotten=False,
        scale=30.0,
    ),
    "worst": MeasureWords(
        "worst",
        "Worst case, labelled",
        "What the best of all declared maps restores, from any block, where the attacker may hold "
        "labelled pictures of every class.",
        f"the highest share right {ATTACKERS}",
    ),
    "worst, features": MeasureWords(
        "worst",
        "Worst case, last features",
        "The same from the features that the last layer sees.",
        f"the highest share right {ATTACKERS}",
    ),
    "worst, retain only": MeasureWords(
        "worst",
        "Worst case, retain only",
        "The same by an attacker who never held a forgotten picture.",
        f"the highest share right {ATTACKERS}",
    ),
    "masked": MeasureWords(
        "worst",
        "Masked answers",
        "What the order of the forgotten classes' answers alone restores: the greatest of them, or "
        "the least, as they are or less their mean; of the model, and of its last layer behind a "
        "map from raw pixels that was fitted on retained pictures alone.",
        f"the highest share right {ATTACKERS}",
    ),
    "few-shot 1": MeasureWords(
        "worst",
        "From 1 picture a class",
        "What an attacker restores who names each forgotten class by one picture of it: an answer "
        "is the class whose mean is nearest, at any block. No weight is changed.",
        f"the highest share right {ATTACKERS}, a mean over draws",
    ),
    "few-shot 10": MeasureWords(
        "worst",
        "From 10 pictures a class",
        "The same from ten pictures of each forgotten class.",
        f"the highest share right {ATTACKERS}, a mean over draws",
    ),
    "transfer near": MeasureWords(
        "recovery",
        "Transfer, near classes",
        "How well classes of another data set that the original takes for forgotten ones are "
        "learnt from the features. Read it beside far classes.",
        "share right of unseen pictures, by a logistic regression on the features of a few "
        "labelled ones",
    ),
    "transfer far": MeasureWords(
        "recovery",
        "Transfer, far classes",
        "The same of the other classes of that data set.",
        "share right of unseen pictures, by a logistic regression on the features of a few "
        "labelled ones",
        better="",
        forgotten=False,
    ),
    "FM": MeasureWords(
        "recovery",
        "Feature mapping (FM)",
        "An affine map from the unlearned features to the original's, whose last layer answers; "
        "fitted on labelled pictures of every class.",
        f"least squares with a ridge; share right {ATTACKERS}",
        source=OPC,
    ),
    "HR": MeasureWords(
        "recovery",
        "Head recovery (HR)",
        "A new last layer fitted on the unlearned features and labels of every class.",
        f"least squares with a ridge; share right {ATTACKERS}",
        source=OPC,
    ),
    "FM in-sample": MeasureWords(
        "recovery",
        "FM, in-sample",
        "FM scored on the very pictures that it was fitted on: higher than what it restores.",
        source=OPC,
    ),
    "FM held-out": MeasureWords(
        "recovery",
        "FM, held-out fit",
        "FM fitted on test pictures and scored on the forgotten train pictures.",
        source=OPC,
    ),
    "FM forget": MeasureWords(
        "recovery",
        "FM, forgotten only",
        "FM fitted on forgotten pictures alone, and scored on them.",
        source=OPC,
    ),
    "relearned 1": MeasureWords(
        "relearning",
        "Relearned from 1 a class",
        "What the best of many ways of training on restores from one picture of each forgotten "
        "class.",
        f"the highest share right {ATTACKERS}",
    ),
    "relearned 10": MeasureWords(
        "relearning",
        "Relearned from 10 a class",
        "The same from ten pictures of each forgotten class.",
        f"the highest share right {ATTACKERS}",
    ),
    "membership": MeasureWords(
        "membership",
        "Membership (AUC)",
        "How well one test, named beside its figure, tells forgotten pictures from ones never "
        "seen; of whole classes, the model from retrained models. The verdict looks at all tests.",
        "area under the ROC curve",
        SHARE,
        scale=0.5,
    ),
    "separability": _auc(
        "Told apart, best judge (AUC)",
        "How well the best judge tells unseen forgotten pictures from retained ones, by features "
        "or answers.",
    ),
    "AUC": _auc(
        "Told apart, train features (AUC)",
        "How well a linear judge tells the features of forgotten from retained train pictures.",
    ),
    "AUC, features": _auc(
        "Told apart, features (AUC)",
        "How well the best judge of features tells unseen forgotten pictures from retained ones.",
    ),
    "AUC, logits": _auc(
        "Told apart, answers (AUC)",
        "How well the best judge of the answers (logits) tells unseen forgotten pictures from "
        "retained ones.",
    ),
    "IDI": MeasureWords(
        "information",
        "Information left (IDI)",
        "Information Difference Index: how much of what the original's blocks know of forgotten "
        "labels is left, beyond the retrained model.",
        "Σ over blocks of (model − retrained), by the same of the original, in bits",
        "0 as retrained, 1 as the original; below 0 less than retrained",
        "same",
        scale=1.0,
        source=IDI_PAPER,
    ),
    "Fgt": _flaw("Confusion left (Fgt)", "Swapped train labels that the model still gives."),
    "swapped": _flaw("Taken for the other", "Unseen pictures taken for the other confused class."),
    "IC-Err": _flaw(
        "Errors between classes", "Unseen pictures of the two classes answered wrongly."
    ),
    "taught": _flaw("Target given", "Poisoned train pictures given the trigger's class."),
    "ASR": _flaw("Attack success (ASR)", "Unseen pictures with the trigger given its class."),
    "turned": _flaw("Turned by the trigger", "The same, but not without the trigger."),
    "clean TA": _flaw(
        "Clean test accuracy", "Test pictures without a trigger, right.", "more", forgotten=False
    ),
    "leaver acc": _flaw("Leaver's clean pictures", "Those of the client who left, right.", "same"),
    "leaver AUC": _auc(
        "Leaver told from strangers",
        "Its clean pictures against unseen ones of their class, by the loss.",
        "planted",
    ),
    "turned later": _flaw(
        "Turned after further rounds", "The most that the trigger turns while the others train on."
    ),
    "turned again": _flaw(
        "Turned after relearning", "What the trigger turns after training on a few such pictures."
    ),
    "PSNR": _psnr(
        "Pictures rebuilt (PSNR)",
        "Peak signal-to-noise ratio of forgotten pictures rebuilt from their gradients. High "
        "says that a gradient is alive, not that a picture was remembered.",
    ),
    "SSIM": MeasureWords(
        "inversion",
        "Pictures rebuilt (SSIM)",
        "Structural similarity of the rebuilt pictures to the true ones.",
        range="−1 to 1; 1 is the same picture",
        better="same",
        scale=1.0,
    ),
    "random gradient": _psnr(
        "Floor: random gradient (PSNR)", "What is rebuilt from a random gradient.", ""
    ),
    "class mean": _psnr(
        "Floor: class mean (PSNR)", "How near the class's mean picture is, without any model.", ""
    ),
    "gradient norm": MeasureWords(
        "inversion",
        "Gradient norm",
        "Length of the gradient that a forgotten picture causes.",
        range="from 0 on",
        better="",
        scale=None,
    ),
    "body gradient norm": MeasureWords(
        "inversion",
        "Gradient norm, body",
        "The same without the last layer; 0: nothing reaches the layers before it.",
        range="from 0 on",
        better="",
        scale=None,
    ),
    "PSNR, surrogate": _psnr(
        "Rebuilt past dead units (PSNR)",
        "PSNR where dead units were given a slope in the backward pass.",
    ),
    "seconds": _cost("Seconds", "Time of unlearning (of training, for references).", "seconds"),
    "gradients": _cost("Gradients", "Sample gradients evaluated.", "samples"),
    "MiB": _cost("Memory (MiB)", "Peak memory of the process, or of the GPU.", "MiB"),
}
"""By the name of the declared column."""


def words_of(
    name: str, said: str = "", better: str = "", scale: float | None = None
) -> MeasureWords:
    """What is said of a measure; of one that is not known here, what its declaration says.

    Args:
        name: of the declared column.
        said: its help.
        better, scale: as they are declared.
    """
    if name in WORDS:
        return WORDS[name]
    ways: dict[str, Better] = {"same": "less", "same, less": "more", "less": "less", "more": "more"}
    way = ways.get(better, "")
    if scale is None and better == "same":
        scale = 100.0  # percent
    remembers = better.startswith("same") or not way
    return MeasureWords(OWN, name, said, range="", better=way, forgotten=remembers, scale=scale)
