"""What the words on the screen mean: one entry a term, said the same on every page."""

from __future__ import annotations

import html
import re

from .terms import Term
from .terms_generators import GENERATORS
from .terms_measures import ENTRIES
from .terms_verdict import LABELS

__all__ = ["FOCUSED", "TERMS", "Term", "abbr", "explained", "find", "help_of"]

TERMS = {
    **ENTRIES,
    **LABELS,
    **GENERATORS,
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
        "0 to about 60 dB; a picture is recognised from about 15 dB on and clear from about 30",
        "compared with the average picture of the class, which needs no model",
    ),
    "UMAP": Term(
        "UMAP",
        "a map that keeps who is near whom and evens out density: sizes of clusters, and "
        "distances between them, mean nothing.",
        source="arXiv 1802.03426",
    ),
}
"""By the abbreviation or word that stands on the screen."""

FOCUSED = """<style>
.stMain :is([data-testid="badge"], abbr[title]):focus::after { content: attr(title);
  position: absolute; left: 0; right: 0; z-index: 95; margin-top: 1.8em; padding: .5rem .7rem;
  box-sizing: border-box; max-width: 34rem; text-align: left; white-space: normal;
  font-size: max(15px, var(--least-text, 0px)); font-weight: 400; line-height: 1.4;
  color: light-dark(#1B2330, #E8ECF2); background: light-dark(#FFFFFF, #1A202A);
  border: 1px solid light-dark(#8A94A3, #6B7686); border-radius: .4rem;
  box-shadow: 0 .3rem 1rem rgb(0 0 0 / .25); }
</style>"""
"""A word that is explained under the pointer is so for who comes by keyboard or finger, too."""


def help_of(name: str) -> str:
    """An entry as Markdown, for `help=` of a widget or a heading.

    Raises:
        KeyError: when the glossary has no such term.
    """
    return TERMS[name].words()


def abbr(name: str, shown: str | None = None, *, more: str = "") -> str:
    """A term as HTML whose explanation is under the pointer and read to those who do not see.

    Args:
        name: of the entry.
        shown: the words on the screen; the name where None.
        more: what is to be said of this one beside.

    Raises:
        KeyError: when the glossary has no such term.
    """
    term = TERMS[name]
    told = " ".join(filter(None, (f"{term.name}: {term.what}", term.range, term.good, more)))
    return f'<abbr title="{html.escape(told)}" tabindex="0">{html.escape(shown or name)}</abbr>'


def find(word: str) -> dict[str, Term]:
    """The entries that speak of a word, those named by it first; all without one.

    Args:
        word: as somebody types it, in any case.
    """
    sought = word.strip().casefold()
    named = {k: t for k, t in TERMS.items() if sought in f"{k} {t.name}".casefold()}
    said = {k: t for k, t in TERMS.items() if sought in t.words().casefold()}
    by_name = sorted({**named, **said}, key=lambda k: (k not in named, TERMS[k].name.casefold()))
    return {key: TERMS[key] for key in by_name}


IN_TEXT = {
    "affine": "affine",
    "rbf": "RBF",
    "mlp": "MLP",
    "fm": "FM",
    "hr_labels": "HR",
    "unpooled": "pooled",
    "pooled": "pooled",
    "relearning": "relearning",
    "nearest class mean": "few-shot",
    "class mean of most alike direction": "few-shot",
    "greatest logit among the forgotten classes": "masked",
    "least logit among the forgotten classes": "masked",
    "greatest centred logit among the forgotten classes": "masked",
    "least centred logit among the forgotten classes": "masked",
    "last layer behind a map from pixels": "own head",
    "last layer, centred, behind a map from pixels": "own head",
    "last layer, standardised, behind a map from pixels": "own head",
    "last layer, standardised, behind an RBF map from pixels": "own head",
    "a slope for dead units": "slope",
    "asked as it is": "asked as it is",
    "the pixels": "pixels",
    "luck": "luck",
    "membership AUC": "MIA",
    "AUC": "AUC",
    "features": "features",
    "stem": "block",
    "stage1": "block",
    "stage2": "block",
    "stage3": "block",
}
"""Words of sentences on attackers, to their entries."""
SPELT = {"rbf": "RBF", "mlp": "MLP", "hr_labels": "HR (labels)"}
"""How a reader knows what a record calls otherwise."""
FOUND = re.compile("|".join(rf"\b{re.escape(word)}\b" for word in IN_TEXT), re.IGNORECASE)


_ENTRY = {word.casefold(): entry for word, entry in IN_TEXT.items()}


def explained(text: str) -> str:
    """A sentence as HTML, in which each word of the glossary is explained where it first stands.

    Args:
        text: plain, not yet HTML.
    """
    told: set[str] = set()
    parts, end = [], 0
    for match in FOUND.finditer(text):
        word = match[0].casefold()
        entry, spelt = _ENTRY[word], SPELT.get(word, match[0])
        parts += [html.escape(text[end : match.start()])]
        parts += [html.escape(spelt) if entry in told else abbr(entry, spelt)]
        told.add(entry)
        end = match.end()
    return "".join([*parts, html.escape(text[end:])])
