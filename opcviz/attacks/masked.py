"""Masked answers: the attacker counts no answer but those that name a forgotten class.

Who answers a picture of a forgotten class with a retained one has only put the retained ones first.
Among the forgotten classes the model may still prefer the right one; or, where it was driven away
from it, the right one comes last. Two rules read this off, `greatest` and `least`. A method that
lowers one forgotten class more than another changes which comes first of all pictures alike, so
either rule is also tried after each class's mean over the pictures asked is taken away, as with the
prior correction of Saerens, Latinne and Decaestecker (2002, "Adjusting the outputs of a classifier
to new a priori probabilities") to classes that are equally frequent.

Budget: the answers to the forgotten test pictures, without labels, and which classes were
forgotten; nothing is fitted, and nobody's else model is needed.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from ..common.records import Undefined, guard
from ..data import Split
from ..results import Attempt, MaskedResult
from .recovery.scoring import one_answer

__all__ = ["masked", "told_by"]


def masked(logits: Tensor, labels: Tensor, split: Split) -> MaskedResult:
    """Ask a model about the forgotten test pictures, with the retained classes masked out.

    Args:
        logits: (N, C) of all test pictures.
        labels: (N,) int64 of the same.
        split: which classes are forgotten; of samples there is no such attack.
    """
    rows, split = split.forget_test.to(logits.device), split.to("cpu")
    classes = labels.new_tensor(split.classes)
    none = guard(
        (not split.classes, "samples were forgotten, not classes: no answer can be masked out"),
        (len(classes) == 1, "one class was forgotten: among one class nothing is to be chosen"),
        (not len(rows), "no test picture belongs to the forgotten classes"),
    )
    if none:
        return MaskedResult(none)
    asked, truth = logits[rows][:, classes].double(), labels[rows]
    if not asked.isfinite().all():
        return MaskedResult(Undefined("the model's logits are not finite: it diverged"))
    centred = asked - asked.mean(0)
    told = {
        "masked_greatest": asked.argmax(1),
        "masked_least": asked.argmin(1),
        "masked_greatest_centred": centred.argmax(1),
        "masked_least_centred": centred.argmin(1),
    }
    return MaskedResult(
        tuple(told_by(name, classes[chosen], truth) for name, chosen in told.items())
    )


def told_by(name: str, answers: Tensor, truth: Tensor, orders: Sequence[Tensor] = ()) -> Attempt:
    """What a rule's answers came to.

    Args:
        name: of the attacker.
        answers, truth: (N,) int64 classes, forgotten ones all of them.
        orders: the same answers (N,) with the classes' names in other orders, the true one first.
    """
    count = int(max(answers.max(), truth.max())) + 1
    given, wanted = answers.bincount(minlength=count), truth.bincount(minlength=count)
    return Attempt(
        attacker=name,
        place="logits",
        view="whole",
        holds="nothing",
        given=0,
        recovered=100 * (answers == truth).double().mean().item(),
        scored=len(truth),
        constant=100 * wanted.max().item() / len(truth),
        settings=f"among {len(wanted.nonzero())} classes",
        one_answer=one_answer(answers),
        luck=100 * (given * wanted).sum().item() / len(truth) ** 2,
        renamed=tuple(100 * (each == truth).double().mean().item() for each in orders),
    )
