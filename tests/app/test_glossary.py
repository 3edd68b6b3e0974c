"""No abbreviation on any page that the glossary does not explain."""

from __future__ import annotations

import html
import re

import pytest
from every_page import PAGES
from reading import fine

from opcviz.methods import known_methods
from opcviz.study import Store, shipped_root
from opcviz.study.opening import list_studies
from opcviz.ui.sections.glossary import TERMS, explained, find

ABBREVIATION = re.compile(r"\b[A-Za-z]*[A-Z][A-Za-z]*[A-Z][A-Za-z]*\b")
NAMES = {
    "CSV", "JSON", "SVG", "PNG", "LaTeX",  # formats of files, on buttons
    "CIFAR", "SVHN", "MNIST", "ResNet", "VGG", "NVIDIA", "ImageNet",  # data sets and networks
    "ACM", "ACC", "CVPR", "ICLR", "ICML", "AAAI", "NeurIPS", "ECCV", "KW", "IEEE",  # of papers
    "RandAugment", "AutoAugment", "AugMix", "RandomErasing", "TrivialAugment",
    "OPCVIZ_PLUGINS", "FILE", "AdamW", "PyTorch",
}  # fmt: skip
"""Proper names: there is nothing to explain about their letters."""
STUDIES = list(list_studies(Store(shipped_root())))


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


@pytest.mark.parametrize(
    "study", [STUDIES[0], *(pytest.param(s, marks=pytest.mark.slow) for s in STUDIES[1:])]
)
@pytest.mark.parametrize("page", PAGES)
def test_every_abbreviation_is_in_the_glossary(visit, page, study):
    app = fine(visit(page, study=study))
    texts = words(app)
    assert len(" ".join(texts)) > 200, "the page says something"
    assert not unexplained(texts)


def test_an_abbreviation_that_nobody_explained_is_found():
    assert unexplained(["the XYZQ of a model, an AUC and two AUCs"]) == {"XYZQ"}


@pytest.mark.parametrize("name", TERMS)
def test_an_entry_is_a_sentence_with_what_it_needs(name):
    term = TERMS[name]
    assert term.what.endswith(".")
    assert len(term.what) > 20
    assert not (term.formula and not term.range), "a formula has values, and these a range"


def test_a_word_is_found_by_name_first():
    assert next(iter(find("auc"))) in ("AUC", "AUROC")
    assert {"AUC", "separability"} <= find("auc").keys()
    assert find("") == {k: TERMS[k] for k in find("")}
    assert len(find("")) == len(TERMS)
    assert not find("xyzq")


def test_words_of_attackers_are_explained_once_where_they_stand():
    said = explained("rbf on stage2, unpooled gets 3 %; <b> rbf")
    assert said.count("<abbr") == 3
    assert "&lt;b&gt;" in said


def test_the_popover_is_made_when_it_is_open_and_searched(visit):
    app = visit()
    assert not [t for t in app.text_input if t.key == "glossary.word"]
    app.session_state["glossary"] = True
    fine(app.run())
    app.text_input(key="glossary.word").set_value("psnr").run()
    (told,) = [m.value for m in fine(app).markdown if "Peak signal-to-noise" in m.value]
    assert "log10" in told
