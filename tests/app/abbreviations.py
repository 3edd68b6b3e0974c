"""Abbreviations among the words that a person reads on a page, and which nobody explains."""

from __future__ import annotations

import html
import re

from opcviz.methods import known_methods
from opcviz.ui.sections.glossary import TERMS

__all__ = ["unexplained", "words"]

ABBREVIATION = re.compile(r"\b[A-Za-z]*[A-Z][A-Za-z]*[A-Z][A-Za-z]*\b")
NAMES = {
    "CSV", "JSON", "SVG", "PNG", "LaTeX", "miniSEED",  # formats of files, on buttons
    "CIFAR", "SVHN", "MNIST", "FashionMNIST", "ImageNet",  # data sets
    "ResNet", "VGG", "NVIDIA",  # networks, and who makes the cards
    "ACM", "ACC", "CVPR", "ICLR", "ICML", "AAAI", "NeurIPS", "ECCV", "KW", "IEEE",  # of papers
    "RandAugment", "AutoAugment", "AugMix", "RandomErasing", "TrivialAugment",
    "OPCVIZ_PLUGINS", "FILE", "AdamW", "PyTorch",
}  # fmt: skip
"""Proper names: there is nothing to explain about their letters."""


def words(app) -> list[str]:
    """What a person reads on a page: texts, labels, choices, help."""
    found: list[str] = []

    def take(text: object) -> None:
        if isinstance(text, str):
            found.append(
                html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.S))
            )

    for kind in ("title", "header", "subheader", "markdown", "caption", "info", "warning", "error"):
        for each in app.get(kind):
            take(each.value)
            take(getattr(each.proto, "help", ""))
    for each in app.get("html"):
        take(each.proto.body)
    for kind in (
        "selectbox", "multiselect", "button_group", "number_input", "text_input", "slider",
        "select_slider", "toggle", "button", "expander", "metric", "download_button", "popover",
    ):  # fmt: skip
        for each in app.get(kind):
            proto = each.proto
            for field in ("label", "help", "body"):
                take(getattr(proto, field, ""))
            for option in getattr(proto, "options", ()):
                take(option if isinstance(option, str) else getattr(option, "content", ""))
    return found


def unexplained(texts: list[str]) -> set[str]:
    known = {part for key in TERMS for part in re.findall(r"\w+", key)}
    known |= {part for t in TERMS.values() for part in ABBREVIATION.findall(t.name)}
    methods = (f"{c.info.name} {c.info.title} {c.info.paper}" for c in known_methods())
    known |= {part for text in methods for part in re.findall(r"\w+", text)}
    said = {word for text in texts for word in ABBREVIATION.findall(_plain(text))}
    return {w for w in said if w not in known and w not in NAMES and w.rstrip("s") not in known}


def _plain(text: str) -> str:
    """Without icons, code and addresses."""
    return re.sub(r":material/\w+:|`[^`]*`|https?://\S+", " ", text)
