"""What the words on the screen mean: one entry a term, said the same on every page."""

from __future__ import annotations

import html
from dataclasses import dataclass

__all__ = ["TERMS", "Term", "abbr", "help_of"]


@dataclass(frozen=True)
class Term:
    """One entry.

    Attributes:
        name: in full.
        what: it is, in one plain sentence.
        formula: how it is computed, in words or symbols; empty where there is none.
        range: of its values, with the unit.
        good: which direction speaks for forgetting, or what it is to be compared with.
        source: paper or book.
    """

    name: str
    what: str
    formula: str = ""
    range: str = ""
    good: str = ""
    source: str = ""

    def words(self) -> str:
        """The whole entry as one paragraph of Markdown."""
        parts = [f"**{self.name}**: {self.what}"]
        for label, text in (
            ("Formula", self.formula),
            ("Range", self.range),
            ("Read it", self.good),
            ("Source", self.source),
        ):
            if text:
                parts.append(f"*{label}*: {text}")
        return "  \n".join(parts)


TERMS = {
    "FM": Term(
        "Feature mapping (FM)",
        "a recovery attack that fits an affine map from the unlearned model's features to the "
        "original's and lets the original's last layer answer.",
        "least squares with a ridge penalty relative to the features' size",
        "0 to 100 % of unseen forgotten pictures answered correctly",
        "as low as in models that never saw the data",
        "arXiv 2507.07754",
    ),
    "HR": Term(
        "Head recovery (HR)",
        "a recovery attack that fits a new last layer on the unlearned model's features.",
        "least squares with a ridge penalty, from features to labels",
        "0 to 100 % of unseen forgotten pictures answered correctly",
        "as low as in models that never saw the data",
        "arXiv 2507.07754",
    ),
    "PSNR": Term(
        "Peak signal-to-noise ratio (PSNR)",
        "how close a rebuilt picture is to the true one.",
        "10 · log10(1 / mean squared error), pixels from 0 to 1",
        "0 to about 60 dB; a picture is recognised from about 15 dB on",
        "compared with the average picture of the class, which needs no model",
    ),
    "UMAP": Term(
        "UMAP",
        "a map that keeps who is near whom and evens out density: sizes of clusters mean nothing.",
        source="arXiv 1802.03426",
    ),
}
"""By the abbreviation or word that stands on the screen."""


def help_of(name: str) -> str:
    """An entry as Markdown, for `help=` of a widget or a heading.

    Raises:
        KeyError: when the glossary has no such term.
    """
    return TERMS[name].words()


def abbr(name: str, shown: str | None = None) -> str:
    """A term as HTML whose explanation is under the pointer and read to those who do not see.

    Args:
        name: of the entry.
        shown: the words on the screen; the name where None.

    Raises:
        KeyError: when the glossary has no such term.
    """
    term = TERMS[name]
    told = " ".join(filter(None, (f"{term.name}: {term.what}", term.range, term.good)))
    return f'<abbr title="{html.escape(told)}" tabindex="0">{html.escape(shown or name)}</abbr>'
