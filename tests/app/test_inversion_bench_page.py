"""The page of the inversion bench, headless: what it offers, refuses, runs and shows."""

from __future__ import annotations

import json

import numpy as np
import pytest
from engines import Here
from reading import captions, fine, frames, infos, searched
from stored import rewrite_arrays
from streamlit.testing.v1 import AppTest

from opcviz.study import Store, StudyResult, open_study, shipped_root
from opcviz.study.bench_job import BENCH, RUNNER, BenchJob, bench_place
from opcviz.ui.charts.maps_component import Selection
from opcviz.ui.reading import bench
from opcviz.ui.reading import store_reader as library

PAGE = "inversion_bench"


@pytest.fixture(scope="module")
def shipped() -> StudyResult:
    return open_study(Store(shipped_root()), "digits")


@pytest.fixture(scope="module")
def keys(shipped) -> str:
    named = {m.method.info.name: m.key for m in reversed(shipped.models)}
    return f"{named['original']},{named['opc']}"


@pytest.fixture
def works(store, monkeypatch) -> Here:
    """An engine that does the work inside the click."""
    engine = Here(store)
    monkeypatch.setattr(library, "engine", lambda: engine)
    return engine


def start(app: AppTest) -> AppTest:
    return fine(app.button(key="bench.go").click().run())


def picker(app: AppTest) -> dict:
    (part,) = [p.proto for p in app.get("bidi_component") if "-bench.picker" in p.proto.id]
    return json.loads(part.json)


def refused(app: AppTest) -> str:
    """Why there is no Start; it is disabled then."""
    assert app.button(key="bench.go").disabled
    (said,) = [text for text in captions(app) if text.startswith("**Cannot start.**")]
    return said


@pytest.mark.slow
def test_it_opens_with_pictures_of_every_class_and_names_the_attacker(visit, shipped):
    app = visit(PAGE)
    shelves = picker(app)["shelves"]
    assert [shelf["label"] for shelf in shelves[:3]] == ["0", "1", "2"]  # forgotten classes first
    assert len(shelves) == 10
    assert all(shelves[0]["forget"])
    assert not any(shelves[3]["forget"])
    assert "No picture is chosen" in refused(app)
    words = " ".join(each.value for each in app.markdown)
    assert "An auditor who holds the picture" in words
    assert "the retrained model never saw it" in words
    block = " ".join(each.value for each in visit(PAGE, block="stage2").markdown)
    assert "what one block computes" in block


@pytest.mark.slow
def test_it_searches_shows_the_stored_numbers_and_never_twice(visit, works, shipped, keys):
    ids = shipped.probe()[0]["ids"][:2].tolist()
    query = {"models": keys, "pictures": ",".join(map(str, ids)), "steps": "4", "restarts": "1"}
    app = visit(PAGE, **query)
    (announced,) = [text for text in captions(app) if "known after the first search" in text]
    assert "at most 8 steps a picture: 4 from one start, then 4 more" in announced
    start(app)
    (run,) = works.list()
    told = [event for event in works.events(run.id)[0] if event["kind"] == "step"]
    assert {event["steps"] for event in told} == {8}
    job = BenchJob.from_dict(run.job)
    assert (run.runner, run.status, list(job.samples)) == (RUNNER, "finished", ids)
    app = visit(PAGE, **query)  # as after a reload
    grid = searched(app, "bench.grid")
    ends = []
    for at, key in enumerate(job.models):
        (kept,) = library.store().answers(bench_place(shipped.place, key), BENCH)
        arrays = kept.arrays("bench.npz")
        row = grid["tracks"][at]
        np.testing.assert_array_equal(frames(grid, at), arrays["frames"])
        for name in ("psnr", "ssim"):
            np.testing.assert_allclose(np.array(row[name], float), arrays[name], atol=0.006)
        assert row["steps"] == arrays["steps"].tolist()
        assert row["steps"][-1] == 8
        ends.append(arrays["frames"][-1])
    assert not np.array_equal(*ends)  # else a row could show the other model's
    labels = [track["label"] for track in grid["tracks"]]
    assert labels[2:] == ["Mean picture of the class", "Best picture of one colour"]
    assert app.button(key="bench.go").disabled
    assert any("not computed again" in text for text in captions(app))
    more = visit(PAGE, **{**query, "steps": "8"})
    assert any("by past searches in this study" in text for text in captions(more))


@pytest.mark.slow
def test_a_masked_gradient_is_a_sentence_and_no_number(visit, works, shipped, keys):
    arrays, _ = shipped.probe()
    gone = str(int(arrays["ids"][arrays["forget"]][0]))
    query = {"models": keys, "pictures": gone, "steps": "3", "restarts": "1", "slope": "on"}
    start(visit(PAGE, **query))
    tracks = {t["label"]: t for t in searched(visit(PAGE, **query), "bench.grid")["tracks"]}
    masked = next(
        t for label, t in tracks.items() if label.startswith("OPC") and "slope" not in label
    )
    assert masked["reasons"] == ["no gradient reaches the body"]
    assert {v for step in masked["psnr"] for v in step} == {None}
    lifted = next(t for label, t in tracks.items() if "slope 0.1 for dead units" in label)
    assert lifted["psnr"][-1][0] is not None


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"steps": "0"}, "below the least allowed, 1"),
        ({"block": "stage9"}, "There is no block 'stage9' in these models; there are: stem,"),
        ({"many": "9"}, "9 pictures are chosen, and at most 8"),
        ({"all": "yes"}, "6 models are chosen, and at most 4"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(visit, shipped, query, said):
    ids = shipped.probe()[0]["ids"]
    count = int(query.pop("many", 1))
    if query.pop("all", ""):
        query["models"] = ",".join(m.key for m in shipped.models[:6])
    app = visit(PAGE, pictures=",".join(map(str, ids[:count])), **query)
    assert said in refused(app)


def test_pictures_that_are_not_there_are_left_out_and_said(visit, shipped):
    known = int(shipped.probe()[0]["ids"][0])
    app = visit(PAGE, pictures=f"{known},999999")
    assert any("Left out: 1 of the 2 pictures" in text for text in infos(app))
    assert picker(app)["chosen"] == [known]


def test_the_selection_of_the_maps_can_be_taken(visit, shipped):
    app = visit(PAGE)
    assert app.button(key="bench.take").disabled
    view = app.session_state["opcviz.view"]
    app.session_state["opcviz.view"] = type(view)(
        view.study, view.models, Selection(classes=(3,)), view.map, view.options
    )
    app.run()
    app.button(key="bench.take").click().run()
    chosen = [int(i) for i in fine(app).query_params["pictures"].split(",")]
    arrays, _ = shipped.probe()
    labels = dict(zip(arrays["ids"].tolist(), arrays["labels"].tolist(), strict=True))
    assert len(chosen) == 8
    assert {labels[i] for i in chosen} == {3}


@pytest.mark.slow
def test_a_waiting_search_can_be_cancelled_and_resumed(visit, engine, shipped, keys):
    ids = shipped.probe()[0]["ids"][:1].tolist()
    app = start(visit(PAGE, models=keys, pictures=str(ids[0])))
    (run,) = engine.list()
    assert run.status == "queued"
    assert app.button(key="bench.go").disabled
    other = visit(PAGE, models=keys, pictures=str(ids[0]), steps="7")
    assert any("Another search is under way" in text for text in captions(other))
    fine(app.button(key=f"bench.cancel.{run.id}").click().run())
    assert engine.status(run.id).status == "cancelled"
    app = visit(PAGE, models=keys, pictures=str(ids[0]))
    app.button(key=f"bench.resume.{run.id}").click().run()
    assert engine.status(run.id).status == "queued"


@pytest.mark.slow
def test_a_damaged_answer_is_searched_again(visit, works, store, shipped, keys):
    ids = shipped.probe()[0]["ids"][:1].tolist()
    query = {"models": keys, "pictures": str(ids[0]), "steps": "2", "restarts": "1"}
    start(visit(PAGE, **query))
    (kept,) = (store / "studies").glob(f"*/bench/{keys.split(',')[0]}/bench-*")
    kept.joinpath("bench.npz").write_bytes(b"no archive")
    app = visit(PAGE, **query)
    assert searched(app, "bench.grid")["tracks"][0]["reasons"] == ["not searched yet"]
    assert any("Searches in 1 of 2 models" in text for text in captions(app))


@pytest.mark.slow
def test_an_answer_of_another_shape_is_searched_again(visit, works, store, shipped, keys):
    ids = shipped.probe()[0]["ids"][:2].tolist()
    query = {"models": keys, "pictures": ",".join(map(str, ids)), "steps": "2", "restarts": "1"}
    start(visit(PAGE, **query))
    (kept,) = (store / "studies").glob(f"*/bench/{keys.split(',')[0]}/bench-*")
    rewrite_arrays(kept / "bench.npz", lambda a: a.update(frames=a["frames"][:, :1]))
    app = visit(PAGE, **query)
    assert set(searched(app, "bench.grid")["tracks"][0]["reasons"]) == {"not searched yet"}
    start(app)
    assert np.load(kept / "bench.npz")["frames"].shape[1] == 2
    again = searched(visit(PAGE, **query), "bench.grid")["tracks"][0]
    assert "not searched yet" not in again["reasons"]


def test_a_model_that_diverged_has_nothing_to_search_in(visit, burst):
    study = library.study_of(burst)
    app = visit(PAGE, study=burst, pictures=str(int(study.probe()[0]["ids"][0])))
    assert "has no weights to search in: diverged" in refused(app)


def test_without_any_study_it_says_how_to_make_one(visit, tmp_path, monkeypatch):
    monkeypatch.setattr(library, "choices", dict)
    assert any("There is no finished study yet" in text for text in infos(visit(PAGE)))


@pytest.mark.slow
def test_a_study_of_one_forgotten_class_works(visit):
    place = next(p for p in Store(shipped_root()).places() if p.startswith("digits-one"))
    shelves = picker(visit(PAGE, study=place))["shelves"]
    assert [any(shelf["forget"]) for shelf in shelves] == [True] + [False] * 9


@pytest.mark.slow
def test_the_lab_leaves_its_runs_alone(visit, engine, shipped, keys):
    ids = shipped.probe()[0]["ids"][:1].tolist()
    start(visit(PAGE, models=keys, pictures=str(ids[0]), steps="33"))
    (run,) = engine.list()
    lab = visit("lab", run=run.id)
    assert any("Nothing runs in this tab" in text for text in infos(lab))
    fine(lab.button(key=f"queue.{run.id}").click().run())
    job = BenchJob.from_dict(run.job)
    assert bench.options_of(job)["steps"] == "33"
    assert lab.query_params["steps"] == "33"


def test_pictures_and_what_is_found_stand_above_the_long_words(visit):
    """On a small screen the first row is in sight after Start."""
    named: list[str] = []

    def walk(block) -> None:
        for child in block.children.values():
            named.append(str(getattr(child, "value", "")) or str(getattr(child, "proto", "")))
            if hasattr(child, "children"):
                walk(child)

    walk(visit(PAGE).main)
    (words,) = [at for at, text in enumerate(named) if "Who could do this?" in text]
    (found,) = [at for at, text in enumerate(named) if text.startswith("Choose pictures and")]
    assert found < words
