"""The page that the app opens on: one question, two films, three bars each."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pytest
from drawn import before, near, scored
from reading import fine, infos
from stored import borrow
from streamlit.testing.v1 import AppTest

from opcviz.common.text import percent as common_percent
from opcviz.study import Store, StudyResult, open_study, shipped_root
from opcviz.ui.reading import store_reader as library
from opcviz.ui.reading.contrast import pair_of
from opcviz.ui.sections.decisive import Decisive
from opcviz.ui.sections.films import EXPLAIN
from opcviz.ui.sections.films_rebuilt import ASIDE, WHY_CLOSER
from opcviz.ui.sections.plainly import attacker_plainly
from opcviz.ui.sections.verdicts import decided_in_short

BARS = ["Answers right", "An attacker restores", "Pictures rebuilt"]


@pytest.fixture(scope="module")
def digits() -> StudyResult:
    return open_study(Store(shipped_root()), "digits")


def player(app: AppTest) -> dict[str, Any]:
    """What the films were sent."""
    (part,) = [p.proto for p in app.get("bidi_component") if "-first." in p.proto.id]
    (sent,) = json.loads(part.json)
    return sent


def told(app: AppTest) -> str:
    """The words below the question."""
    (box,) = [b.proto.body for b in app.get("html") if 'data-testid="told"' in b.proto.body]
    text = re.sub(r"<style>.*?</style>|<[^>]+>", "", box, flags=re.S)
    return html.unescape(text).replace("\xa0", " ").strip()


def stored(study: StudyResult, key: str) -> dict[str, Any]:
    return study.model(key).to_dict()


@pytest.mark.slow
def test_the_app_opens_on_the_question_and_its_answer(visit, digits, store):
    app = visit("")
    assert app.title[0].value == "Did the network really forget?"
    assert infos(app) == []
    assert app.query_params["study"] == digits.place
    films = player(app)["films"]
    pair = pair_of(digits, library.choices()[digits.place].shown)
    assert [film["title"] for film in films] == [digits.model(key).title for key in pair.keys]
    assert all(film["xy"] and not film["reason"] for film in films)
    assert [bar["name"] for bar in films[0]["bars"]] == BARS
    assert not list(store.iterdir())  # looking makes nothing


@pytest.mark.slow
def test_the_models_that_play_are_those_that_stand_side_by_side_then(visit, digits):
    """Side by side opens with others by itself: the exit names its models."""
    app = visit("")
    pair = pair_of(digits, library.choices()[digits.place].shown)
    links = [link.proto for link in app.get("page_link")]
    (address,) = [parse_qs(each.query_string) for each in links if "These two" in each.label]
    shown = address["models"][0].split(",")
    assert [digits.model(key).method.info.name for key in shown[:2]] == ["original", "retrain"]
    assert tuple(shown[2:]) == pair.keys
    assert {digits.model(key).seed for key in shown} == {0}


@pytest.mark.slow
def test_its_words_claim_what_the_verdicts_say(visit, digits):
    hides, deep = pair_of(digits, library.choices()[digits.place].shown).keys
    assert digits.verdict(digits.model(hides)).gone == "hidden"
    assert digits.verdict(digits.model(deep)).gone in ("beyond", "as in retrained models")
    said = told(visit(""))
    assert "was told to forget 0, 1 and 2." in said
    decisive = Decisive.of(digits.verdict(digits.model(hides)))
    who, got = attacker_plainly(decisive.attempt), decisive.attempt.recovered
    first, second = (digits.model(key) for key in (hides, deep))
    both = f"{first.title} and {second.title}"
    assert f"Asked directly, {both} now name 0 % of the forgotten pictures" in said
    assert f"{first.title} only hides them: {who} restores {got:.1f} % (seed 0)" in said
    bar = player(visit(""))["films"][0]["bars"][1]
    assert bar["final"] == got, "one claim, one figure: that of the bar"
    assert bar["words"].startswith(decisive.who)
    assert f"From {second.title} no declared attacker gets clearly more than from networks" in said


@pytest.mark.slow
@pytest.mark.parametrize("name", ["digits", "digits-one", "digits-random"])
def test_each_panel_shows_the_figures_that_decided_its_badge(visit, name):
    study = open_study(Store(shipped_root()), name)
    pair = pair_of(study, library.choices()[study.place].shown)
    for film, key in zip(player(visit("", study=study.place))["films"], pair.keys, strict=True):
        decided = study.verdict(study.model(key)).numbers[0].says
        for words, exact in ((film["why"], False), (film["whyExactly"], True)):
            said, _, other = words.replace("\xa0", " ").partition(" The bar's ")
            begins = "At the end, decided by " if exact else "At the end, "
            assert said.startswith(begins), "the film may stand elsewhere"
            if other:  # the figure of the bar, which is another attacker's
                shown_by_bar = next(b["final"] for b in film["bars"] if b["name"] == BARS[1])
                whose = " is " if exact else ": "
                assert other.startswith(f"{common_percent(shown_by_bar)}{whose}")
                assert study.verdict(study.model(key)).gone != "hidden", "there it is the bar's"
            shown = re.findall(r"\d+\.\d+", said)
            assert shown
            assert set(shown) <= set(re.findall(r"\d+\.\d+", decided))
            assert re.search(r"\d+\.\d+", decided)[0] == shown[0]
            assert ("can never tell" in said) == ("not even 100" in decided)
        plain = re.compile(r"\b(affine|rbf|mlp|FM|HR|pooled|unpooled|stem|stage\d|features)\b")
        assert not plain.search(film["why"])


def test_moving_figures_stand_beside_those_of_the_same_pictures(visit, digits):
    """Those of the epochs are of training pictures: so is what they are compared with."""
    ends = [m.training.history[-1] for m in digits.models if m.method.info.name == "retrain"]
    for film in player(visit(""))["films"]:
        figures = ("forget_accuracy", "fm_retain_accuracy")
        for bar, figure in zip(film["bars"], figures, strict=False):
            known = [end[figure] for end in ends]
            assert bar["bandNow"] == near([min(known), max(known)])
        assert film["bars"][2]["bandNow"] is None
        assert "no band" in film["bars"][2]["wordsNow"]


def test_the_search_of_a_rebuilt_picture_is_named_and_said_to_stop_short(visit, digits):
    app = visit("")
    pair = pair_of(digits, library.choices()[digits.place].shown)
    for film, key in zip(player(app)["films"], pair.keys, strict=True):
        bar = film["bars"][2]
        settled = stored(digits, key)["inversion"]["per_picture"]["settled"]
        short = settled.count(False)
        assert bar["on"][0].startswith("short search")
        assert bar["exactly"].startswith(f"full search, {short} of {len(settled)} cut short; ")
        looks = "clear" if bar["final"] >= 30 else "blurred"
        aside, said = bar["words"].split("; ", 1)
        assert aside == ASIDE == bar["wordsNow"].split("; ")[0], "it decides nothing"
        assert said.startswith(looks), "in a word, and beside what needs no model"
        assert re.search(r"never saw them: \d+ to \d+ dB; average picture: \d+ dB$", bar["words"])
        kept = library.trajectory(digits.model(key))
        full = library.arrays_of(digits.model(key), "inversion", "inversion.npz")["ids"].tolist()
        best = stored(digits, key)["inversion"]["per_picture"]["psnr"]
        ends = zip(kept["rebuilt_ids"].tolist(), kept["rebuilt_psnr"][-1], strict=True)
        closer = sum(v > best[full.index(i)] for i, v in ends if i in full)
        said = f"the film's, begun in the original, closer to {closer} of"
        assert (said in bar["exactly"]) == bool(closer)


def got(of: Any, decisive: Decisive) -> float:
    """What the attack that decided gets from a model, looked for in all its numbers."""
    about = ("attacker", "place", "view", "holds", "given")
    wanted = dict(zip(about, decisive.attempt.key, strict=True))

    def walk(part: Any) -> Iterator[float]:
        if isinstance(part, dict):
            if {name: part.get(name) for name in about} == wanted:
                yield part["recovered"]
            part = list(part.values())
        for each in part if isinstance(part, list) else ():
            yield from walk(each)

    return max(walk(of))


def check(
    film: dict[str, Any],
    numbers: dict[str, Any],
    references: list[dict[str, Any]],
    decisive: Decisive | None = None,
) -> None:
    """The bars at the end are the stored evidence of one model beside the retrained models'."""

    def figures(of: dict[str, Any]) -> list[float | None]:
        fit = of["recovery"]["fm"]["retain"]
        restored = scored(fit)["forget_accuracy"] if decisive is None else got(of, decisive)
        return [before(of, fit)[0], restored, of["inversion"]["psnr"]]

    assert [bar["final"] for bar in film["bars"]] == figures(numbers)
    for bar, values in zip(film["bars"], zip(*map(figures, references), strict=True), strict=True):
        assert bar["band"] == near([min(values), max(values)])
    constant = scored(numbers["recovery"]["fm"]["retain"])["constant_predictor"]
    marks = [{m["name"]: m["value"] for m in bar["marks"]} for bar in film["bars"]]
    assert marks[0] == {}
    assert marks[1]["constant"] == near(constant)
    assert marks[2]["constant"] == near(numbers["inversion"]["class_mean"]["psnr"])


@pytest.mark.slow
def test_the_numbers_at_the_end_are_those_of_the_store(visit, digits):
    found = [m for m in digits.models if m.method.info.name == "retrain"]
    retrained = [m.to_dict() for m in found]
    app = visit("")
    pair = pair_of(digits, library.choices()[digits.place].shown)
    decisive = Decisive.of(digits.verdict(digits.model(pair.left)))
    for film, key in zip(player(app)["films"], pair.keys, strict=True):
        numbers = stored(digits, key)
        check(film, numbers, retrained, decisive)
        model = digits.model(key)
        seeds = [m.to_dict() for m in digits.models if m.method == model.method]
        spread = [got(m, decisive) for m in seeds]
        assert len(spread) > 1
        assert film["bars"][1]["seeds"] == near([min(spread), max(spread)])
        low, high = (f"{value:.1f}".removesuffix(".0") for value in (min(spread), max(spread)))
        told = low if low == high else f"{low} to {high}"
        assert film["bars"][1]["words"].endswith(f"; {len(spread)} seeds: {told} %")
        assert film["bars"][0]["seeds"] is None


def test_while_it_plays_the_numbers_are_those_of_the_epoch(visit, digits):
    app = visit("")
    pair = pair_of(digits, library.choices()[digits.place].shown)
    for film, key in zip(player(app)["films"], pair.keys, strict=True):
        history = digits.model(key).training.history
        assert film["last"] == len(history) - 1
        assert film["at"][0] == 0
        assert film["at"][-1] == film["last"]
        attacker = "fm_retain_accuracy"
        if history[-1].get(attacker) is None:  # of an older version
            attacker = "fm_accuracy"
        for bar, name in zip(film["bars"], ("forget_accuracy", attacker), strict=False):
            assert bar["values"] == [history[epoch][name] for epoch in film["at"]]


@pytest.mark.slow
def test_the_numbers_of_another_seed_or_model_are_nowhere(visit, made, store):
    """In a study in which every number differs; it has films of OPC alone."""
    for key in made.keys.values():
        (folder,) = (store / "studies" / made.place / "models" / key).glob("model-*")
        probe = np.load(next((store / "studies" / made.place).glob("probe-*/probe.npz")))
        points = np.random.default_rng(1).normal(size=(3, len(probe["ids"]), 2))
        np.savez(folder / "trajectory.npz", ids=probe["ids"], points=points.astype(np.float32))
    app = visit("first_sight", study=made.place)
    (film,) = player(app)["films"]

    def whole(method: str, seed: int) -> dict[str, Any]:
        found = made.numbers[made.keys[method, seed]]
        return {**found["evidence"], "inversion": found["inversion"]}

    check(film, whole("opc", 0), [whole("retrain", seed) for seed in (0, 1)])


@pytest.mark.parametrize(
    ("study", "says"),
    [
        ("digits-one-66b3e4d0", ["told to forget 3.", "DELETE only hides it"]),
        (
            "digits-random-eb117ed7",
            [
                "144 single pictures.",
                "98.6 to 99.3 %: that is the goal",
                "; membership tells.",
                "From neither does a declared attacker get clearly more than",
                "but one can tell both were made to forget.",
            ],
        ),
    ],
)
def test_it_reads_well_for_other_questions(visit, study, says):
    app = visit("first_sight", study=study)
    assert len(player(app)["films"]) == 2
    assert all(text in told(app) for text in says), told(app)


def test_explanations_are_added_to_what_stands_there_and_kept_in_the_address(visit, digits):
    app = visit("")
    sent = plain = player(app)
    assert not sent["explain"]
    assert not any(bar["explain"] for film in sent["films"] for bar in film["bars"])
    app.toggle(key="head.explain").set_value(True).run()
    assert fine(app).query_params["explain"] == "on"
    sent = player(app)
    for film, before_it in zip(sent["films"], plain["films"], strict=True):
        for bar, name in zip(film["bars"], BARS, strict=True):
            assert bar["explain"].startswith(EXPLAIN[name])
        assert "Seeds 0, 1, 2: " in film["how"]
        assert film["whyExactly"].removeprefix("At the end, ") in film["how"]
        for kept in ("chips", "about", "why"):
            assert film[kept] == before_it[kept], "nothing goes away"
    assert WHY_CLOSER in sent["explain"]
    for why in pair_of(digits, library.choices()[digits.place].shown).why:
        assert why in sent["explain"]
    assert not [box for box in app.get("html") if 'data-testid="explain"' in box.proto.body]


def test_a_hall_sees_the_question_the_maps_and_then_what_the_bars_say(visit):
    app = visit("", present="on")
    assert "was told to forget" in told(app)
    assert len(app.get("page_link")) == 3, "the exits need no screen of their own"
    app.button(key="presentation.next").click().run()
    maps = player(fine(app))
    assert maps["part"] == "film"
    app.button(key="presentation.next").click().run()
    bars = player(fine(app))
    assert bars["part"] == "figures"
    assert app.button(key="presentation.next").disabled, "it is the last screen"
    assert WHY_CLOSER in bars["explain"]
    assert [film["xy"] for film in bars["films"]] == [film["xy"] for film in maps["films"]]


def test_without_any_study_it_says_what_to_do(visit, tmp_path_factory, monkeypatch):
    monkeypatch.setattr(library, "shipped_root", lambda: tmp_path_factory.mktemp("none"))
    app = visit("")
    assert "python -m opcviz run digits" in infos(app)[0]
    assert not [part for part in app.get("bidi_component") if "player" in part.proto.id]


@pytest.mark.slow
def test_a_study_without_films_says_what_to_do(visit, burst):
    app = visit("first_sight", study=burst)  # its only method diverged
    assert "Run a method in the *Lab*" in infos(app)[0]
    assert not [part for part in app.get("bidi_component") if "player" in part.proto.id]


def test_a_model_without_verdict_is_said_to_have_none(visit, store):
    place = "digits-one-66b3e4d0"
    rest = "models/*/[!m]*", "models/*/m[!o]*"
    borrow(shipped_root() / "studies" / place, store / "studies" / place, without=rest)
    with pytest.MonkeyPatch.context() as patch:
        empty = store / "none"
        patch.setattr(library, "shipped_root", lambda: empty)
        patch.setattr("opcviz.ui.reading.contrast.shipped_root", lambda: empty)
        app = visit("first_sight", study=place)
    said = told(app)
    assert said.count("no verdict yet") == 2
    assert "only hides" not in said
    finals = [bar["final"] for film in player(app)["films"] for bar in film["bars"]]
    assert finals == [None] * 6


@pytest.mark.slow
def test_of_single_pictures_the_figure_that_decides_is_shown(visit):
    """Answers and restored pictures are near 100 % in every network there: membership tells."""
    study = open_study(Store(shipped_root()), "digits-random")
    app = visit("first_sight", study=study.place)
    pair = pair_of(study, library.choices()[study.place].shown)
    retrained = [m for m in study.models if m.method.info.name == "retrain"]

    def auc(model: Any) -> float:
        return float(model.to_dict()["reference"]["statistics"]["online"]["auc"])

    for film, key in zip(player(app)["films"], pair.keys, strict=True):
        names = [bar["name"] for bar in film["bars"]]
        assert names == ["Answers right", "Taken for seen (membership AUC)", "Pictures rebuilt"]
        bar = film["bars"][1]
        assert bar["final"] == near(auc(study.model(key)))
        band = [auc(each) for each in retrained]
        assert bar["band"] == near([min(band), max(band)])
        assert {m["name"]: m["value"] for m in bar["marks"]} == {"guess": 0.5}
        assert (bar["unit"], bar["high"], bar["digits"]) == ("", 1.0, 2)
        assert "online LiRA" in str(bar), "whose it is"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["digits", "digits-one", "digits-random"])
def test_who_decided_is_told_in_few_words_and_with_the_verdicts_figure(name):
    study = open_study(Store(shipped_root()), name)
    told = 0
    for model in study.models:
        verdict = study.verdict(model)
        said = decided_in_short(verdict)
        if verdict.gone is None or not verdict.numbers:
            assert said == ""
            continue
        told += 1
        assert not re.search(r",:|,,|::|: it| {2}|retrained models|it gets", said), said
        first = verdict.numbers[0].says.split(";")[0]
        assert all(figure in said for figure in re.findall(r"[\d.]+ %", first)[:1]), said
    assert told
