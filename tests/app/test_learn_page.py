"""The guided tour, over the shipped studies and where there is nothing to show."""

from __future__ import annotations

import math
import re
from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import pytest
from reading import captions, charts, fine, grids, headlines, infos, maps, recovery_bars, sent
from stored import borrow

from opcviz.common.text import percent
from opcviz.results import PIXELS
from opcviz.study import ModelResult, Store, StudyResult, open_study, shipped_root
from opcviz.ui.reading import store_reader as library
from opcviz.ui.reading.contrast import pair_of
from opcviz.ui.sections.tour.chapters import CHAPTERS
from opcviz.ui.sections.tour.titles import TITLES


@pytest.fixture(scope="module")
def digits() -> StudyResult:
    return open_study(Store(shipped_root()), "digits")


@pytest.fixture(scope="module")
def one() -> StudyResult:
    return open_study(Store(shipped_root()), "digits-one")


@pytest.fixture
def chapter(visit, opened):
    """A chapter, drawn once for all tests that only read it."""

    def open_chapter(at: int):
        if at not in opened:
            opened[at] = visit("learn", chapter=str(at))
        return opened[at]

    return open_chapter


def model(study: StudyResult, method: str, seed: int = 0) -> ModelResult:
    return next(m for m in study.models if m.method.info.name == method and m.seed == seed)


def seeds_of(study: StudyResult, method: str = "retrain") -> list[int]:
    """The seeds of a method's models: of the retrained ones there may be more than of others."""
    return sorted({m.seed for m in study.models if m.method.info.name == method})


def answered(study: StudyResult, method: str) -> float:
    return model(study, method).to_dict()["accuracy"]["forget_train"]


def after(study: StudyResult, method: str, fit: str, seed: int = 0) -> str:
    """What FM gets on unseen pictures, as the screen writes it."""
    numbers = model(study, method, seed).to_dict()["recovery"]["fm"][fit]["unseen"]
    return percent(numbers["forget_accuracy"])


def most(study: StudyResult, method: str, holds: str, place: str, seed: int = 0) -> float:
    """The best rung of the stored list, looked for anew."""
    rungs = model(study, method, seed).to_dict()["strongest"]["rungs"]
    found = [r.get("attempt", r) for r in rungs]
    return max(r["recovered"] for r in found if r["holds"] == holds and r["place"] == place)


def best(study: StudyResult, method: str, seed: int = 0) -> float:
    """The best rung without a forgotten picture anywhere in the network."""
    rungs = model(study, method, seed).to_dict()["strongest"]["rungs"]
    found = [r.get("attempt", r) for r in rungs]
    return max(r["recovered"] for r in found if r["holds"] == "retain" and r["place"] != "pixels")


def said(app) -> str:
    """The chapter's sentences."""
    bodies = [box.proto.body for box in app.get("html")]
    (body,) = [body for body in bodies if 'data-testid="tour-says"' in body]
    return re.sub("<[^>]+>", " ", body).replace("&nbsp;", " ")


def answer(app) -> str:
    """What unfolds below the question."""
    (fold,) = [e for e in app.expander if e.label == "Answer"]
    return fold.markdown[0].value


def figures(text: str) -> set[str]:
    """Every percentage and every decibel that a text names."""
    return set(re.findall(r"[\d.,]*\d (?:%|dB)", text))


def test_every_chapter_has_a_title_and_is_short():
    assert len(CHAPTERS) == len(TITLES) == 8


@pytest.mark.parametrize("at", range(1, 9))
def test_each_chapter_shows_text_evidence_a_task_and_a_question(chapter, at):
    app = chapter(at)
    assert infos(app) == []
    assert app.title[0].value == f"{at}. {TITLES[at - 1]}"
    assert 40 < len(said(app).split()) < 175
    about = CHAPTERS[at - 1]
    drawn = {
        "recovery": lambda: recovery_bars(app),
        "maps": lambda: maps(app, "maps.")["panels"],
        "worst_case": lambda: charts(app, "worst."),
        "norm": lambda: sent(app, "norm.")["answers"],
        "entropy": lambda: charts(app, "entropy"),
        "inversion": lambda: grids(app),
        "inverted": lambda: sent(app, "generators.inverted.wall")["columns"],
    }
    assert all(drawn[name]() for name in about.evidence)
    names = [box for box in app.get("html") if "presented-models" in box.proto.body]
    columns = {"recovery", "maps"}  # the rest names its models itself
    assert len(names) == bool(columns & set(about.evidence))
    texts = [text.value for text in app.markdown]
    assert f"**Try it.** {about.task}" in texts
    assert f"**Think.** {about.question}" in texts
    assert len(answer(app)) > 60


@pytest.mark.slow
def test_the_figures_of_the_first_chapter_are_the_stores(chapter, digits):
    app = chapter(1)
    rungs = [rung.attempt for rung in model(digits, "opc").result("strongest").rungs]
    mine = [a for a in rungs if a.holds == "retain" and a.place != PIXELS]
    place = max(mine, key=lambda attempt: attempt.recovered).place
    seeds = [most(digits, "retrain", "retain", place, seed) for seed in seeds_of(digits)]
    wanted = {
        *(percent(answered(digits, m)) for m in ("original", "delete", "opc")),
        after(digits, "delete", "retain"),
        after(digits, "opc", "retain"),
        percent(most(digits, "opc", "retain", place)),
        percent(min(seeds)),
        percent(max(seeds)),
    }
    for method in ("delete", "opc"):
        seeds = [
            float(after(digits, method, "retain", s).removesuffix(" %"))
            for s in seeds_of(digits, method)
        ]
        wanted |= {percent(min(seeds)), percent(max(seeds))}
    assert f"'{place}'" in said(app)
    assert figures(said(app)) == wanted


@pytest.mark.parametrize("at", range(1, 8))
def test_a_chapter_names_the_seed_of_its_figures(chapter, at):
    assert "seed 0" in said(chapter(at))


def test_the_figures_on_maps_are_the_stores(chapter, digits):
    app = chapter(2)
    opc = model(digits, "opc")
    stored = 1 / opc.to_dict()["collapse"]["radius_ratio"]
    drawn = opc.result("maps").maps
    told = f"{float(f'{stored:.2g}'):,.0f} times narrower"
    assert f"are {told}" in said(app)
    assert any(f"**{told}" in text for text in captions(app)), "the line below the map, too"
    assert f"{1 / drawn['umap'].radius_ratio:.0f} times narrower" in said(app)
    for kind, name in (("pca", "PCA"), ("densmap", "densMAP"), ("umap", "UMAP")):
        times = float(f"{1 / drawn[kind].radius_ratio:.2g}")
        assert f"{name} drew them {times:,.0f} times narrower" in answer(app)
        assert not 0.5 < times / stored < 2, "so none is said to show size"
    assert answer(app).startswith("In none for certain")


@pytest.mark.slow
def test_the_figures_on_attackers_are_the_stores(chapter, digits):
    app = chapter(3)
    honest = [best(digits, "retrain", seed) for seed in seeds_of(digits)]
    assert figures(said(app)) == {
        *(after(digits, m, "all") for m in ("delete", "retrain")),
        *(after(digits, m, "retain") for m in ("retrain", "delete", "opc")),
        percent(model(digits, "original").to_dict()["strongest"]["answers"]["recovered"]),
        *(percent(best(digits, m)) for m in ("delete", "opc")),
        *(percent(pick(honest)) for pick in (min, max)),
        percent(most(digits, "delete", "retain", "pixels")),
    }
    app = chapter(4)
    seeds = [most(digits, "retrain", "all", "features", seed) for seed in seeds_of(digits)]
    fit = model(digits, "delete").to_dict()["recovery"]["fm"]["all"]["unseen"]
    assert figures(said(app)) == {
        percent(fit["constant_predictor"]),
        percent(most(digits, "delete", "all", "pixels")),
        percent(most(digits, "untrained", "all", "features")),
        percent(most(digits, "delete", "all", "features")),
        percent(min(seeds)),
        percent(max(seeds)),
    }


@pytest.mark.slow
def test_the_figures_on_one_class_are_the_stores(chapter, digits, one):
    app = chapter(5)
    text = said(app)
    assert after(digits, "opc", "all") in text
    assert f"(the best map {percent(most(digits, 'opc', 'all', 'stage2'))} from 'stage2')" in text
    assert f"that map gets {after(one, 'opc', 'retain')}, from" in text
    assert "One answer for all gets 100 %, so this figure alone proves nothing." in text
    assert f"the map on the last features gets {after(one, 'opc_retain_like', 'retain')}." in text
    seeds = [after(one, "retrain", "retain", seed) for seed in seeds_of(one)]
    low, high = (pick(seeds, key=lambda told: float(told[:-2])) for pick in (min, max))
    assert low in text
    assert high in text
    earlier = [most(one, "retrain", "retain", "stage2", seed) for seed in seeds_of(one)]
    assert (
        f"At 'stage2', before the last block, the best map of that attacker gets "
        f"{percent(most(one, 'opc', 'retain', 'stage2'))}, from retrained networks "
        f"{percent(min(earlier))} to {percent(max(earlier))}. The same map answers"
    ) in text
    assert app.query_params["study"] == one.place


def test_the_figures_on_entropy_and_inversion_are_the_stores(chapter, digits):
    arrays = model(digits, "opc").arrays("evidence", "entropy.npz")
    nats = float(np.median(arrays["entropy"][arrays["forget"]].astype(float)))
    text = said(chapter(6))
    assert f"to {nats:.2f}." in text
    assert f"log 10 = {math.log(10):.2f}" in text
    text = said(chapter(8))
    never, opc, random = (
        model(digits, m).to_dict()["inversion"] for m in ("retrain", "opc", "untrained")
    )
    assert figures(text) == {
        f"{never['psnr']:.1f} dB",
        f"{never['class_mean']['psnr']:.1f} dB",
        f"{opc['surrogate']['psnr']:.1f} dB",
        f"{100 * opc['surrogate']['slope']:.0f} %",
        *(
            f"{next(a['psnr'] for a in found['activations'] if a['block'] == 'stage2'):.1f} dB"
            for found in (opc, never, random)
        ),
    }
    assert f"{opc['without_body_gradient']} of {len(opc['per_picture']['psnr'])} pictures" in text


@pytest.mark.slow
def test_the_tour_ends_with_an_answer_of_what_start_plays_too(chapter, digits):
    deepest = digits.model(pair_of(digits, library.choices()[digits.place].shown).right)
    (body,) = [b.proto.body for b in chapter(8).get("html") if "tour-forgot" in b.proto.body]
    told = re.sub("<[^>]+>", " ", body).replace("&nbsp;", " ")
    for made in (model(digits, "delete"), model(digits, "opc"), deepest):
        verdict = digits.verdict(made)
        figures = verdict.numbers[0].figures
        clause = f"{made.title} only hides them" if verdict.gone == "hidden" else made.title
        assert clause in told
        assert f"restored {figures.written(figures.value)}; never saw them: " in told
    for at in (1, 8):
        (link, *_) = [part.proto for part in chapter(at).get("page_link")]
        assert parse_qs(link.query_string)["models"][0].split(",")[-1] == deepest.key
    assert not [b for b in chapter(1).get("html") if "tour-forgot" in b.proto.body]


def test_the_dragged_answers_are_stored_ones(chapter, digits):
    probe, _ = digits.probe()
    shares = model(digits, "original").arrays("maps", "maps.npz")["probabilities"].astype(float)
    answers = sent(chapter(6), "norm.")["answers"]
    for one_answer, forget in zip(answers, (1, 0), strict=True):
        raised = np.exp(one_answer["logits"])
        apart = np.abs(shares - raised / raised.sum()).max(1)
        at = int(apart.argmin())
        assert apart[at] < 1e-3
        assert probe["forget"][at] == forget
        assert one_answer["title"].endswith(f"class {probe['labels'][at]}")


def test_the_steps_lead_through_and_a_chapter_is_remembered(visit):
    app = visit("learn", chapter="9")
    assert infos(app) == ["There is no chapter 9: there are chapters 1 to 8; showing 1."]
    assert app.query_params["chapter"] == "1"
    assert app.title[0].value == f"1. {TITLES[0]}"
    assert app.button(key="tour.back").disabled
    app.button(key="tour.next").click().run()
    assert fine(app).query_params["chapter"] == "2"
    assert infos(app) == []
    app.button(key="tour.step.8").click().run()
    assert fine(app).title[0].value == f"8. {TITLES[7]}"
    assert app.button(key="tour.next").disabled


@pytest.mark.slow
def test_map_and_attacker_can_be_tried_inside_a_chapter(visit):
    app = visit("learn", chapter="3")
    assert app.query_params.get("fit", "retain") == "retain"
    app.button_group(key="rows.fit").set_value("all").run()
    assert fine(app).query_params["fit"] == "all"
    app.button(key="tour.next").click().run()
    app.button(key="tour.back").click().run()
    assert fine(app).query_params.get("fit", "retain") == "retain"


@pytest.mark.slow
@pytest.mark.parametrize("at", [2, 5])
def test_the_task_opens_the_real_page_in_that_state_with_a_way_back(visit, chapter, at):
    (link, *_) = [part.proto for part in chapter(at).get("page_link")]
    asked = {k: v[0] for k, v in parse_qs(link.query_string).items()}
    then = CHAPTERS[at - 1].then
    assert asked["tour"] == str(at)
    app = visit(CHAPTERS[at - 1].opens, **asked)
    assert infos(app) == []
    assert app.query_params["map"] == then.map
    assert len(headlines(app)) == len(then.methods)
    links = {part.proto.label: part.proto.query_string for part in app.get("page_link")}
    assert links == {"Back to the tour": f"chapter={at}", "Next chapter": f"chapter={at + 1}"}
    app.button(key="tour.end").click().run()
    assert "tour" not in fine(app).query_params
    assert not app.get("page_link")


ABOUT = {
    2: "maps",
    3: "recovery",
    4: "worst-case",
    5: "maps",
    6: "entropy",
    7: "inverted",
    8: "inversion",
}
"""The row that each chapter's task is about; the first begins at the page's top."""


@pytest.mark.slow
@pytest.mark.parametrize(("at", "row"), ABOUT.items())
def test_a_link_brings_the_row_into_sight_that_the_task_is_about(visit, chapter, at, row):
    (link, *_) = [part.proto for part in chapter(at).get("page_link")]
    asked = {k: v[0] for k, v in parse_qs(link.query_string).items()}
    app = fine(visit(CHAPTERS[at - 1].opens, **asked))
    assert sent(app, "scroll.row.") == {"row": row}


@pytest.mark.slow
@pytest.mark.parametrize(("at", "row"), ABOUT.items())
def test_in_a_hall_it_opens_the_screen_that_the_task_is_about(visit, at, row):
    """A row that takes several screens there moves those below it."""
    drawn = {
        "maps": lambda app: maps(app, "maps."),
        "recovery": recovery_bars,
        "worst-case": lambda app: charts(app, "worst"),
        "entropy": lambda app: charts(app, "entropy"),
        "inversion": grids,
        "inverted": lambda app: sent(app, "generators.inverted.wall")["columns"],
    }
    what_to_try = str(len(CHAPTERS[at - 1].evidence) + 2)
    learn = visit("learn", present="on", chapter=str(at), row=what_to_try)
    (link, *_) = [part.proto for part in learn.get("page_link")]
    asked = {k: v[0] for k, v in parse_qs(link.query_string).items()}
    app = fine(visit(CHAPTERS[at - 1].opens, present="on", **asked))
    assert drawn[row](app)


def test_without_any_study_it_says_what_to_do(visit, tmp_path_factory, monkeypatch):
    monkeypatch.setattr(library, "shipped_root", lambda: tmp_path_factory.mktemp("none"))
    assert "python -m opcviz run digits" in infos(visit("learn"))[0]


@pytest.mark.slow
def test_a_chapter_whose_study_is_missing_says_how_to_make_it(
    visit, tmp_path: Path, monkeypatch, digits
):
    shipped = tmp_path / "shipped"
    (shipped / "studies").mkdir(parents=True)
    source = shipped_root() / "studies" / digits.place
    (shipped / "studies" / digits.place).symlink_to(source)
    monkeypatch.setattr(library, "shipped_root", lambda: shipped)
    app = visit("learn", chapter="5")
    (told,) = infos(app)
    assert "digits-one" in told
    assert "`python -m opcviz run digits-one`" in told
    app.button(key="tour.next").click().run()
    assert infos(fine(app)) == []


@pytest.mark.slow
def test_a_chapter_whose_model_is_missing_says_so(visit, tmp_path: Path, monkeypatch, digits):
    shipped = tmp_path / "shipped" / "studies" / digits.place
    source = shipped_root() / "studies" / digits.place
    borrow(source, shipped, without=("models/opc-*",))
    monkeypatch.setattr(library, "shipped_root", lambda: tmp_path / "shipped")
    (told,) = infos(visit("learn", chapter="2"))
    assert "a model of 'opc'" in told
