"""The glossary: entries are sentences, are found, and stand behind the words on a page."""

from __future__ import annotations

from math import isfinite
from pathlib import Path

import pytest
from abbreviations import unexplained
from reading import fine

from opcviz.measures.waveforms.forgetting import LIMITS
from opcviz.results import FORGOTTEN_WORDS
from opcviz.ui.sections.glossary import TERMS, explained, find


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


def test_the_words_of_f_are_told_with_the_limits_that_decide_them():
    page = (Path(__file__).parents[2] / "docs" / "earthquakes.md").read_text("utf-8")
    low = 0.0
    for high, word in LIMITS:
        last = f"to {high:g}" if isfinite(high) else "above"
        assert f"{word} {last}" in TERMS["F"].range
        assert f"*{word}* {last}" in page.replace("\n", " ")
        ends = [f"above {low:g}"] * bool(low) + [f"to {high:g}"] * isfinite(high)
        assert FORGOTTEN_WORDS[word].startswith(f"F {', '.join(ends)}:")
        low = high


def test_words_of_attackers_are_explained_once_where_they_stand():
    said = explained("Rbf on stage2, unpooled gets 3 %; <b> rbf")
    assert said.count("<abbr") == 3, "at the beginning of a sentence, too"
    assert (said.count(">RBF<"), said.endswith("&lt;b&gt; RBF")) == (1, True), "as it is spelt"
    assert "&lt;b&gt;" in said


@pytest.mark.slow
def test_the_popover_is_made_when_it_is_open_and_searched(visit):
    app = visit()
    assert not [t for t in app.text_input if t.key == "glossary.word"]
    app.session_state["glossary"] = True
    fine(app.run())
    app.text_input(key="glossary.word").set_value("psnr").run()
    (told,) = [m.value for m in fine(app).markdown if "Peak signal-to-noise" in m.value]
    assert "log10" in told
