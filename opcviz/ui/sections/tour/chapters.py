"""What the chapters of the tour show and say; the figures come from the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ....results import FIT_SETS
from ...charts.theme import projected
from . import texts, texts_drawn
from .answer import forgot
from .facts import Facts, Library

__all__ = ["CHAPTERS", "Chapter", "Scene"]


@dataclass(frozen=True)
class Scene:
    """What is on the stage.

    Attributes:
        study: name of a study's spec, not of its folder.
        methods: whose models are shown, those of the lowest seed.
        deepest: whether the one that goes deepest, which Start plays, is shown after these.
        map: kind of map.
        fit: what the attacker holds, by the name of a fit set.
    """

    study: str
    methods: tuple[str, ...] = ("retrain", "delete", "opc")
    map: str = "umap"
    fit: str = "retain"
    deepest: bool = False

    def keys(self, facts: Facts) -> tuple[str, ...]:
        """The models shown, in the order of columns."""
        last = (facts.deepest.key,) if self.deepest else ()
        return tuple(dict.fromkeys((*facts.keys(self.methods), *last)))


@dataclass(frozen=True)
class Chapter:
    """One stop of the tour, about a minute long.

    Attributes:
        scene: what is shown.
        evidence: names of the rows that are drawn, see `stage.EVIDENCE`.
        says: three or four short paragraphs.
        task: one thing to try on the real page.
        opens: that page, by the name of its file.
        then: the scene that it opens with.
        question: to think about.
        answer: to it.
        ends: the tour's last word, below all that; None of a chapter that another one follows.
        rows: what the task is about among that page's rows, from 1 on: on a desk, and among the
            screens of a hall; 0 for the page's beginning.
    """

    scene: Scene
    evidence: tuple[str, ...]
    says: Callable[[Library], list[str]]
    task: str
    opens: str
    then: Scene
    question: str
    answer: Callable[[Library], str]
    rows: tuple[int, int] = (0, 0)
    ends: Callable[[Library], str] | None = None

    @property
    def row(self) -> int:
        """The one of `rows` that counts where the tour is shown now."""
        return self.rows[projected()]


PAIR = Scene("digits", ("retrain", "delete"), deepest=True)
"""What Start plays, beside the retrained network."""
DIGITS, ONE = Scene("digits"), Scene("digits-one", ("retrain", "opc", "opc_retain_like"))
DRAWN = Scene(texts_drawn.STUDY, ("retrain", texts_drawn.RL, texts_drawn.OPC))
CHAPTERS = (
    Chapter(
        DIGITS,
        ("recovery",),
        texts.hidden,
        "Open the two that Start plays beside the retrained network: of OPC's family the one that "
        "goes deepest. Read its card, and put another method beside it.",
        "side_by_side",
        PAIR,
        "Two networks no longer name the forgotten classes. How would you find out which forgot?",
        texts.hidden_answer,
    ),
    Chapter(
        DIGITS,
        ("maps",),
        texts.umap,
        "Open the same maps as PCA, and find the forgotten classes of the third network.",
        "side_by_side",
        Scene("digits", map="pca"),
        "In which kind of map is a small dot a small set?",
        texts.umap_answer,
        rows=(2, 2),
    ),
    Chapter(
        DIGITS,
        ("recovery",),
        texts.without_one,
        f"Give the attacker '{FIT_SETS['all'].label}', and compare the retrained network's bars.",
        "side_by_side",
        Scene("digits", fit="all"),
        "Why can an attacker sort pictures that the retrained network never saw?",
        texts.without_one_answer,
        rows=(4, 3),
    ),
    Chapter(
        Scene("digits", fit="all"),
        ("worst_case",),
        texts.floors,
        "Open Instruments, point at the lines, and find where each network leaves the band.",
        "instruments",
        DIGITS,
        "An attack restores 95 %. Is the network caught?",
        texts.floors_answer,
        rows=(2, 2),
    ),
    Chapter(
        ONE,
        ("recovery",),
        texts.one_class,
        "Open the study with one class as PCA maps, and find the point.",
        "side_by_side",
        Scene("digits-one", ONE.methods, map="pca"),
        "Why does one point betray one class, but not several?",
        texts.one_class_answer,
        rows=(2, 2),
    ),
    Chapter(
        Scene("digits", ("original", "delete", "opc")),
        ("norm", "entropy"),
        texts.entropy,
        "Open Instruments and compare the entropy panels of the three networks.",
        "instruments",
        Scene("digits", ("original", "delete", "opc")),
        "If a network is unsure of an answer, must the norm of its scores be small?",
        texts.entropy_answer,
        rows=(11, 16),
    ),
    Chapter(
        DRAWN,
        ("inverted",),
        texts_drawn.drawn,
        "Open the whole page, move the slider of the search, and watch the digit come back.",
        "generators",
        DRAWN,
        "A network no longer draws a digit when it is asked. Where would you look for it?",
        texts_drawn.drawn_answer,
        rows=(5, 8),
    ),
    Chapter(
        DIGITS,
        ("inversion",),
        texts.inversion,
        "Open the pictures of the two that Start plays, and move the step of the search.",
        "side_by_side",
        PAIR,
        "No picture comes out of the gradient. Is the picture gone?",
        texts.inversion_answer,
        rows=(6, 6),
        ends=forgot,
    ),
)
"""In the order of `TITLES`."""
