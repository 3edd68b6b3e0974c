"""The rows of Instruments, from the verdicts to the kinds of evidence that a user brought."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from ...study import StudyResult
from ..reading.references import References
from ..reading.store_reader import Column
from . import depth, entropy_panels, instruments, measures_table, own_kinds, told_apart, verdicts
from .few_shot import few_shot
from .folded import folded
from .page_rows import Row
from .recovery_detail import confusion, sizes
from .relearned import relearned
from .transfer import there_are, transfer
from .worst_case import worst_case

__all__ = ["rows"]

OWN = "Measures of your own files, as they describe themselves."


def rows(study: StudyResult, shown: Sequence[Column], beside: References) -> list[Row]:
    """The rows of the page.

    Args:
        study: that is shown.
        shown: its columns.
        beside: whose band and floor are drawn.
    """
    return [
        _titled(
            "verdicts",
            "Verdicts",
            lambda: verdicts.in_short(shown),
            explain="Three questions about each network: is it gone, does it show, is the rest "
            "kept? Below the words stands the figure that decided the first.",
        ),
        _titled(
            "worst-case",
            "Worst case by block",
            lambda: worst_case(shown, beside),
            "The best of all declared attackers.",
            "At each stage of the network, the most that any of the attackers tried here gets "
            "right. Below the dotted lines no trained network is needed for it; inside the green "
            "band a network that never saw the data gives as much.",
        ),
        _titled(
            "few-shot",
            "From a few pictures",
            lambda: few_shot(shown, beside),
            "The nearest class mean, from one picture of each forgotten class on.",
            "How many forgotten pictures are named right by somebody who holds a handful of "
            "pictures of each forgotten class and changes no weight. A network that only learnt "
            "to answer otherwise keeps the forgotten classes in heaps, and one picture is enough "
            "to give a heap its name.",
        ),
        *_transfer(shown, beside),
        _titled(
            "relearned",
            "Relearned",
            lambda: relearned(shown, beside),
            "The best of many ways of training on.",
            "How much of the forgotten comes back after a little more training, with no, one or "
            "ten forgotten pictures of each class. What an untrained network learns as fast was "
            "learnt from those pictures and not remembered.",
        ),
        _titled(
            "told-apart",
            "Told apart",
            lambda: told_apart.told_apart(shown, beside),
            "Does it show that something was unlearned?",
            "How well forgotten pictures can be told from kept ones inside the network: 50 is "
            "guessing, 100 is without a mistake. Above the green retrained networks it shows that "
            "something was unlearned.",
        ),
        _titled(
            "information",
            "Information in each block",
            lambda: told_apart.information(shown, beside),
            "In bits, and as IDI.",
            "How much each stage of the network still tells of whether a picture is one of the "
            "forgotten, as a share of all there is to tell. It is at least this much: a better "
            "reader may find more.",
        ),
        _titled(
            "measures",
            "Measures",
            lambda: measures_table.table(study, shown),
            explain="Every other number in one table. ↓: less is better, ↑: more is better, ≈: the "
            "goal is what retrained models have; most have no good value of their own.",
        ),
        _folded(
            "depth",
            "Depth by one linear map of each block's averaged output",
            [partial(depth.depth, study, shown, name) for name in depth.MEASURES],
            "One linear map at every stage of the network, from the input to the output: what it "
            "restores, and how well forgotten and kept pictures can be told apart.",
            whole=lambda: depth.depth(study, shown),
            slides_explain=[depth.explain(study, shown, name) for name in depth.MEASURES],
        ),
        _folded(
            "detail",
            "Recovery in detail: by class, and by the attacker's samples",
            [lambda: confusion(study, shown), lambda: sizes(shown)],
            "Which answers the forgotten pictures of each class get after the attack, and how many "
            "pictures the attacker must hold for it.",
        ),
        _folded(
            "relearning",
            "Relearning step by step, by SGD at one rate",
            [
                partial(instruments.relearning, shown, name)
                for name in instruments.variants(shown) or [""]
            ],
            "How fast the forgotten data come back when each network is trained on. A line "
            "that rises sooner than the retrained network's had something left to rise from.",
            whole=lambda: instruments.relearning(shown),
        ),
        _titled(
            "entropy",
            "Entropy and norm",
            lambda: entropy_panels.entropy(shown),
            "Why small logits mean uncertainty.",
            "To the left the network's scores before the last step (logits) are small, and upwards "
            "it is less sure of its answer (entropy). Nothing can lie below the dashed line: small "
            "scores leave no room for a sure answer.",
        ),
        _titled(
            "membership",
            "Membership",
            lambda: instruments.membership(shown),
            "Was a sample in the training set?",
            "Someone guesses from the answers whether a picture was trained on. Along the dashed "
            "line they only guess; what counts is the left end, where hardly anybody is accused "
            "wrongly.",
            slides=[partial(instruments.membership, shown, a) for a in instruments.curves(shown)],
        ),
        *(
            [Row("own", lambda: own_kinds.own_kinds(study, shown), OWN)]
            if own_kinds.there_are(study, shown)
            else []
        ),
    ]


def _transfer(shown: Sequence[Column], beside: References) -> list[Row]:
    """Its row, where a downstream data set was probed."""
    if not there_are(shown):
        return []
    return [
        _titled(
            "transfer",
            "Transfer to near classes",
            lambda: transfer(shown, beside),
            "Other classes, learnt from what each block computes.",
            "How well classes of another data set are learnt from the outputs of each stage: to "
            "the left those that the original takes for forgotten ones, to the right the others. "
            "What counts is not the height of a line, but whether it leaves the green band of "
            "retrained networks to the left and not to the right.",
        )
    ]


def _titled(
    key: str,
    title: str,
    draw: Callable[[], object],
    how: str = "",
    explain: str = "",
    slides: Sequence[Callable[[], object]] = (),
) -> Row:
    """A row below its heading, on each screen of a hall, too."""

    def below(part: Callable[[], object]) -> None:
        st.header(title, anchor=False, help=how or None)
        part()

    return Row(key, lambda: below(draw), explain, slides=[partial(below, each) for each in slides])


def _folded(
    key: str,
    title: str,
    parts: Sequence[Callable[[], None]],
    explain: str,
    whole: Callable[[], None] | None = None,
    slides_explain: Sequence[str] = (),
) -> Row:
    """A row that is made when it is opened.

    Args:
        key: of the row.
        title: of the fold.
        parts: one below the other on a page, a screen each in a hall.
        explain: how to read it.
        whole: draws the page's, where it is more than its parts.
        slides_explain: see `Row`.
    """

    def fold(draw: Callable[[], None]) -> None:
        folded(title, draw, key=f"instruments.{key}")

    def all_parts() -> None:
        for part in parts:
            part()

    return Row(
        key,
        lambda: fold(whole or all_parts),
        explain,
        slides=[partial(fold, part) for part in parts],
        slides_explain=slides_explain,
    )
