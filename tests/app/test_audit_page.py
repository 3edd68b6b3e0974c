"""The page of the audit, headless, in each of its states; a test plays the engine's worker."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from reading import captions, fine, infos, plain_text, progress, sent
from streamlit.testing.v1 import AppTest

from opcviz.artefacts.classification.verdict import QUICK
from opcviz.audit.exhibit import called
from opcviz.audit.page_job import (
    CHECKER,
    REPORT,
    RUNNER,
    Choice,
    FileFound,
    FirstLook,
    Given,
    PageJob,
    Problem,
)
from opcviz.audit.records import Input, Provenance, Report
from opcviz.audit.report import make_report
from opcviz.common.progress import Stage
from opcviz.engine import Engine
from opcviz.engine.events import EventLog
from opcviz.study import Store, StudyResult, open_study, shipped_root
from opcviz.study.store import write_json
from opcviz.ui.reading import audit as reading
from opcviz.ui.reading import audit_form as forms
from opcviz.ui.reading import held
from opcviz.ui.sections.audit.result import QUICK_AND_FULL
from opcviz.ui.sections.verdicts import SHOWS
from opcviz.verdict.dossier import FULL

PAGE = "audit"
SOUND = FirstLook(
    files=tuple(
        FileFound(role, f"{role}.pt", "0" * 64, 321_000, "torch.save", 30, 78_000)
        for role in ("original", "unlearned")
    ),
    choices=(Choice("resnet8", "ResNet-8, as this project trains it", True),),
    data="1,437 training and 360 test pictures, 8×8 grey, 10 classes",
    classes=tuple("0123456789"),
    forget="Forgets 430 of 1,437 training pictures: all of 0, 1, 2.",
    accuracy=97.5,
    floor=10.3,
    tested=192,
)


@pytest.fixture(scope="module")
def shipped() -> StudyResult:
    return open_study(Store(shipped_root()), "digits")


@pytest.fixture
def given(tmp_path) -> dict[str, tuple[Given, ...]]:
    """Two files that a visitor brought; nobody reads them here."""
    found = {}
    for role in ("original", "unlearned"):
        path = tmp_path / f"{role}.pt"
        path.write_bytes(b"weights")
        found[role] = (Given(path.name, str(path)),)
    return found


def chosen(app: AppTest, given, **changes: object) -> AppTest:
    """The page with these files and choices, as if they had been made on it."""
    form = forms.Form(given=given, data="digits", classes="0,1,2")
    app.session_state["audit.form"] = replace(form, **changes)
    return fine(app.run())


def end(engine: Engine, id: str, status: str = "finished", *, cause: str = "", result=None) -> None:
    """Play the worker's part of a run."""
    with engine.runs.claim(id):
        engine.runs.end(id, status, cause, result)


def of(engine: Engine, runner: str):
    return [run for run in engine.list() if run.runner == runner]


def looked(app: AppTest, engine: Engine, look: FirstLook = SOUND) -> AppTest:
    """The page as soon as the first look has ended."""
    end(engine, of(engine, CHECKER)[0].id, result=look.to_dict())
    return fine(app.run())


def texts(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.error, *app.warning, *app.info]
    return "\n".join(part.value.replace("\\", "") for part in parts)


def told_anew(app: AppTest) -> list[str]:
    """The widgets whose value a run of the script replaces in the browser."""
    kinds = ("selectbox", "text_input", "number_input", "button_group", "checkbox")
    drawn = [each.proto for kind in kinds for each in app.get(kind)]
    assert len(drawn) >= 8
    return [each.id for each in drawn if each.set_value]


def start(app: AppTest) -> AppTest:
    return fine(app.button(key="audit.go").click().run())


def refused(app: AppTest) -> str:
    assert app.button(key="audit.go").disabled
    (said,) = [text for text in captions(app) if text.startswith("**Cannot start.**")]
    return said.replace("\\", "")


# ---- before anything is given -------------------------------------------------------------------


@pytest.mark.slow
def test_empty_it_says_what_it_is_for_and_what_is_missing(visit, engine):
    app = visit(PAGE)
    assert [h.value for h in app.header] == [
        "1 · The models",
        "2 · The data, and what should be forgotten",
        "3 · Run",
    ]
    assert "Bring a network that should have forgotten" in texts(app)
    said = refused(app)
    for part in ("unlearned model is missing", "No data are chosen", "What should be forgotten is"):
        assert part in said
    assert not engine.list(), "nothing was given, so nothing is looked at"


@pytest.mark.slow
def test_the_example_is_one_click(visit, engine, shipped):
    app = fine(visit(PAGE).button(key="audit.example").click().run())
    (run,) = of(engine, RUNNER)
    job = PageJob.from_dict(run.job)
    assert (job.original.name, job.unlearned.name) == (
        "original-0.safetensors",
        "delete-0.safetensors",
    )
    assert len(job.retrained) == 3
    assert all(Path(given.path).is_file() and not given.held for _, given in job.files)
    assert job.forget == "classes:0,1,2"
    assert not job.problems()
    assert app.query_params["run"] == run.id
    assert any("Queued, next" in text for text in progress(app))


def test_on_a_shared_server_the_example_may_read_what_is_shipped_and_no_more(
    visit, engine, monkeypatch
):
    monkeypatch.setenv("OPCVIZ_SHARED", "1")
    fine(visit(PAGE).button(key="audit.example").click().run())
    (run,) = of(engine, RUNNER)
    assert run.access["places"] == [str(shipped_root())]
    assert all(
        Path(given.path).is_relative_to(shipped_root())
        for _, given in PageJob.from_dict(run.job).files
    )


def test_audits_of_others_are_listed_on_ones_own_machine_alone(visit, engine, monkeypatch):
    id = engine.submit({}, "Audit · of somebody", runner=RUNNER)
    listed = {button.key for button in visit(PAGE).button}
    monkeypatch.setenv("OPCVIZ_SHARED", "1")
    assert listed - {button.key for button in visit(PAGE).button} == {f"audit.show.{id}"}


def test_without_the_shipped_study_there_is_no_example(visit, tmp_path, monkeypatch):
    monkeypatch.setattr(forms, "shipped_root", lambda: tmp_path / "none")
    button = visit(PAGE).button(key="audit.example")
    assert button.disabled
    assert "needs the shipped study" in button.help


def test_it_works_on_an_empty_store(visit, tmp_path, monkeypatch):
    monkeypatch.setattr(reading.library, "shipped_root", lambda: tmp_path / "none")
    assert "unlearned model is missing" in refused(visit(PAGE))


# ---- the first look -----------------------------------------------------------------------------


@pytest.mark.slow
def test_what_is_given_is_looked_at_once(visit, engine, given, monkeypatch):
    app = chosen(visit(PAGE), given)
    assert "still being looked at" in refused(app)
    chosen(app, given, suite="full", seed=3)  # how it runs is nothing to look at again
    assert len(of(engine, CHECKER)) == 1
    monkeypatch.setattr(held, "SETTLING", 0.0)
    app = looked(app, engine)
    assert not told_anew(app), "a choice made while this run was under way would be taken back"
    said = texts(app)
    for part in (
        "torch.save, 78,000 numbers in 30 tensors",
        "Recognised as **ResNet-8, as this project trains it**",
        "Right on **97.5 %** of its own training pictures",
        "(192 of them; always the same answer: 10 %)",
        "1,437 training and 360 test pictures",
        "Forgets 430 of 1,437",
    ):
        assert part in said
    assert not app.button(key="audit.go").disabled


@pytest.mark.slow
def test_another_choice_is_looked_at_anew_and_the_older_look_ends(visit, engine, given):
    app = chosen(visit(PAGE), given)
    chosen(app, given, classes="3")
    newer, older = of(engine, CHECKER)
    assert (newer.status, older.status) == ("queued", "cancelled")
    assert newer.job["forget"] == "classes:3"


@pytest.mark.slow
def test_a_wrong_file_is_named_with_what_is_wrong(visit, engine, given):
    fault = FileFound("unlearned", "unlearned.pt", fault="unlearned.pt: tensor 'head' has NaN.")
    shapes = replace(
        SOUND.files[0],
        missing=("layer1.0.conv1.weight",),
        misshaped=("fc.weight: 100×512 in the file, 10×512 in the network",),
        fault="It does not fit: the nearest network is ResNet-18; below is what differs.",
    )
    look = replace(SOUND, files=(shapes, fault), accuracy=None)
    app = looked(chosen(visit(PAGE), given), engine, look)
    assert "tensor 'head' has NaN" in refused(app)
    assert [e.value.replace("\\", "") for e in app.error] == [shapes.fault, fault.fault]
    assert [c.value for c in app.code] == [shapes.missing[0], shapes.misshaped[0]]
    assert any("1 tensor missing" in each.label for each in app.expander)


@pytest.mark.slow
def test_what_is_wrong_with_data_or_list_stands_in_its_card(visit, engine, given):
    look = FirstLook(problems=(Problem(2, "bad.npz is damaged."),))
    app = looked(chosen(visit(PAGE), given), engine, look)
    assert [e.value for e in app.error] == ["bad.npz is damaged."]
    app = chosen(app, given, forget_by="text", text="some of them")
    assert any("no valid choice" in e.value for e in app.error)


@pytest.mark.slow
def test_problems_and_warnings_stand_on_the_page(visit, engine, given):
    look = replace(
        SOUND,
        problems=(Problem(2, "classes:11: digits has no class '11'."),),
        warnings=("The original is right on 11 %, as if red and blue were swapped.",),
    )
    app = looked(chosen(visit(PAGE), given), engine, look)
    assert "no class '11'" in refused(app)
    assert [e.value.replace("\\", "") for e in app.error] == [look.problems[0].says]
    assert any("red and blue" in each.value for each in app.warning)


@pytest.mark.slow
def test_before_start_it_says_that_without_retrained_models_there_is_no_verdict(visit, given):
    said = "There is no retrained model, so there will be no verdict on what is gone"
    app = visit(PAGE)
    assert said not in texts(app), "nothing was given yet"
    assert said in texts(chosen(app, given))
    assert said not in texts(chosen(app, given, retrain=True))
    assert said not in texts(chosen(app, given | {"retrained": given["original"]}))


@pytest.mark.slow
def test_what_suits_the_original_better_is_one_click(visit, engine, given):
    look = replace(
        SOUND,
        accuracy=14.0,
        warnings=(
            "The original answers 14 % as it stands and 97 % with CIFAR-10's normalisation.",
        ),
        better_mean=(0.4914, 0.4822, 0.4465),
        better_std=(0.247, 0.2435, 0.2616),
    )
    app = looked(chosen(visit(PAGE), given), engine, look)
    fine(app.button(key="audit.better").click().run())
    assert app.session_state["audit.form"].mean == "0.4914, 0.4822, 0.4465"
    job = PageJob.from_dict(of(engine, CHECKER)[0].job)
    assert (job.mean, job.std) == (look.better_mean, look.better_std)


@pytest.mark.slow
def test_a_look_that_failed_can_be_asked_for_again(visit, engine, given):
    app = chosen(visit(PAGE), given)
    end(engine, of(engine, CHECKER)[0].id, "failed", cause="out of memory")
    app = fine(app.run())
    assert any("out of memory" in each.value for each in app.error)
    assert "could not be looked at" in refused(app)
    fine(app.button(key="audit.again").click().run())
    assert [run.status for run in of(engine, CHECKER)] == ["queued", "failed"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mean": "a, b", "std": "1"}, "'a, b' is no list of numbers"),
        ({"mean": "0.5"}, "go together"),
        ({"mean": "0.5", "std": "0"}, "must be above 0"),
        ({"data": "arrays"}, "The file with your data is missing"),
        ({"data": "cifar10"}, "cifar10 is not on this machine"),
        ({"forget_by": "text", "text": "some of them"}, "no valid choice of what to forget"),
        ({"forget_by": "text", "text": "indices:/etc/passwd"}, "given as a file"),
        ({"forget_by": "list"}, "What should be forgotten is not said"),
    ],
)
def test_what_cannot_be_is_refused_in_words(visit, given, changes, said, monkeypatch, tmp_path):
    monkeypatch.setenv("OPCVIZ_DATA", str(tmp_path))
    assert said in refused(chosen(visit(PAGE), given, **changes))


# ---- files --------------------------------------------------------------------------------------


def test_an_upload_lies_in_the_visitors_area_and_goes_with_it(visit, engine, store):
    app = visit(PAGE)
    up = next(u for u in app.file_uploader if "unlearned" in u.label)
    others = {u.id for u in app.file_uploader if u is not up}
    up.set_value([("../../etc/evil name.pt", b"weights", "application/octet-stream")]).run()
    assert {u.id for u in app.file_uploader} == others, "what they are being given would be lost"
    (file,) = app.session_state["audit.form"].files("unlearned")
    path = Path(file.path)
    assert path.read_bytes() == b"weights"
    assert path.is_relative_to(store)
    assert "evil" not in path.name
    assert file.held
    assert "evil name.pt" in texts(app)
    fine(app.button(key="audit.drop.unlearned.0").click().run())
    assert not path.exists()
    assert not app.session_state["audit.form"].files("unlearned")


def test_a_models_folder_is_given_as_its_files_together(visit, engine, store):
    app = visit(PAGE)
    up = next(u for u in app.file_uploader if "unlearned" in u.label)
    kind = "application/octet-stream"
    up.set_value([("config.json", b"{}", kind), ("model.safetensors", b"weights", kind)]).run()
    (given,) = app.session_state["audit.form"].files("unlearned")
    folder = Path(given.path)
    assert {each.name for each in folder.iterdir()} == {"config.json", "model.safetensors"}
    assert folder.is_relative_to(store)
    assert given.name == "model.safetensors and its folder"
    fine(app.button(key="audit.drop.unlearned.0").click().run())
    assert not folder.exists()


def test_several_files_that_are_no_folder_are_refused(visit, engine, store):
    app = visit(PAGE)
    up = next(u for u in app.file_uploader if "unlearned" in u.label)
    kind = "application/octet-stream"
    up.set_value([("a.pt", b"weights", kind), ("b.pt", b"weights", kind)]).run()
    assert "audit.form" not in app.session_state
    assert any("2 files of weights" in each.value for each in app.error)


def test_pictures_are_given_as_one_archive(visit, engine, given):
    app = chosen(visit(PAGE), given, data="folder")
    up = next(u for u in app.file_uploader if "pictures" in u.label)
    up.set_value([("pictures.zip", b"PK", "application/zip")]).run()
    (run, *_) = of(engine, CHECKER)
    job = PageJob.from_dict(run.job)
    assert (job.data["name"], job.data_name) == ("folder", "pictures.zip")
    assert job.data["path"].endswith(".zip")


@pytest.mark.slow
def test_paths_can_be_named_on_ones_own_machine_alone(visit, engine, given, monkeypatch):
    app = fine(visit(PAGE).toggle(key="audit.by_path").set_value(True).run())
    path = given["unlearned"][0].path
    fine(app.text_input(key="audit.path.unlearned").set_value(path).run())
    assert app.session_state["audit.form"].files("unlearned") == given["unlearned"]
    monkeypatch.setattr(reading.access, "may_name_paths", lambda: False)
    app = chosen(visit(PAGE), {}, by_path=True)
    assert not [t for t in app.text_input if t.key.startswith("audit.path")]
    assert not [t for t in app.toggle if t.key == "audit.by_path"]
    assert len(app.file_uploader) == 3


# ---- the run ------------------------------------------------------------------------------------


@pytest.fixture
def running(visit, engine, given) -> tuple[AppTest, str]:
    app = start(looked(chosen(visit(PAGE), given), engine))
    return app, of(engine, RUNNER)[0].id


@pytest.mark.slow
def test_it_is_followed_and_can_be_cancelled_and_resumed(visit, engine, running):
    app, id = running
    assert app.query_params["run"] == id
    with engine.runs.claim(id):
        with EventLog(engine.runs.path(id, "events.jsonl")) as log:
            log(Stage("evidence", 0, 4, "Original"))
            log(Stage("strongest", 1, 4, "Original"))
        app = fine(visit(PAGE, run=id))  # as after a reload, or in another browser
        assert any("Climbing the ladder of attackers on Original" in t for t in progress(app))
        assert any(text.startswith("**Verdict**: it takes this place") for text in captions(app))
        (log_list,) = [b.proto.body for b in app.get("html") if "audit-log" in b.proto.body]
        assert "Attacking Original" in plain_text(log_list)
        assert re.findall(r'data-done="(\d)"', log_list) == ["1", "0"], "ticked but for the last"
        assert any(re.search(r" · \d+ s so far", text) for text in progress(app))
        fine(app.button(key=f"audit.cancel.{id}").click().run())
        assert engine.runs.cancel_requested(id)
        engine.runs.end(id, "cancelled", "cancelled on request")
    app = fine(visit(PAGE, run=id))
    assert any("What was finished before is kept" in w.value for w in app.warning)
    app.button(key=f"audit.resume.{id}").click().run()
    assert engine.status(id).status == "queued"


@pytest.mark.slow
def test_a_failed_run_says_why_and_leads_back_to_what_was_given(engine, running):
    app, id = running
    end(engine, id, "failed", cause="unlearned.pt: there is no file")
    app = fine(app.run())
    assert any("there is no file" in e.value for e in app.error)
    app = fine(app.button(key=f"audit.back.{id}").click().run())
    assert "run" not in app.query_params
    assert app.session_state["audit.form"].files("unlearned")
    assert any(button.key == f"audit.show.{id}" for button in app.button)


def test_a_run_that_is_not_there_or_no_audit_is_said(visit, engine, given):
    assert any("There is no audit" in text for text in infos(visit(PAGE, run="none")))
    other = engine.submit({}, "of the lab")
    assert any("is no audit" in text for text in infos(visit(PAGE, run=other)))


# ---- what came of it ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def report(shipped) -> Report:
    """On the shipped DELETE, as if these files had been brought."""
    key = next(m.key for m in shipped.models if m.method.info.name == "delete" and m.seed == 0)
    inputs = tuple(
        Input(role, f"{role}.pt", "ab" * 32, 321_000, "torch.save")
        for role in ("original", "unlearned", "retrained")
    )
    about = Provenance("opcviz audit --quick", inputs, {"torch": "2"}, seconds=12, model=key)
    return make_report(shipped, about)


@pytest.fixture
def finish(engine, store, shipped, running):
    """Ends the run with a report."""

    def end_with(report: Report) -> tuple[AppTest, Path]:
        app, id = running
        place, question = shipped.place, {"job": id}
        with Store(store).writing(place, REPORT, question) as folder:
            write_json(folder / "report.json", report.to_dict(), compact=True)
            (folder / "report.html").write_text("<p>report</p>")
            (folder / "samples.csv").write_text("id\n1\n")
        kept = Store(store).find(place, REPORT, question)
        end(engine, id, result={"study": place, REPORT: kept.folder.name})
        return fine(app.run()), kept.folder

    return end_with


@pytest.fixture
def finished(finish, report) -> tuple[AppTest, Path]:
    """The page on a finished audit, and where its report lies."""
    return finish(report)


@pytest.mark.slow
def test_a_finished_audit_says_its_verdict_and_every_attack(finished, report):
    app, _ = finished
    (box,) = [
        b.proto.body for b in app.get("html") if 'data-testid="audit-verdict"' in b.proto.body
    ]
    said = plain_text(box)
    assert "Is it gone?" in said
    assert report.verdict.numbers[0].says[1:] in said  # a sentence begins with a capital
    rows = sent(app, "audit.attacks.0")["rows"]
    shown = {row["cells"][0]["text"]: row["cells"] for row in rows}
    back = [f for f in report.figures if f.unit == "%" and f.holds not in (None, "nothing")]
    furthest = max(back, key=lambda f: f.margin if f.margin is not None else -1e9)
    assert furthest.decides
    assert report.verdict.furthest.words == furthest.name
    first = rows[0]["cells"]
    assert first[0]["text"] == called(furthest.name)
    assert first[0]["below"].startswith("decides · ")
    assert [row["cells"][0]["below"].startswith("decides") for row in rows].count(True) == 1
    assert first[1]["text"] == f"{furthest.value:.1f}"
    assert first[2]["text"] == f"{furthest.retrained.low:.1f} to {furthest.retrained.high:.1f}"
    assert first[1]["heat"] > 0
    assert len(shown) == len(
        {(key.split(" on ")[0], row[0]["below"]) for key, row in shown.items()}
    )
    judged = {f.name.split(" on ")[0] for f in report.figures if f.unit == "AUC"}
    assert len(sent(app, "audit.attacks.1")["rows"]) == len(judged)
    for each in (*report.not_tested[:1], *report.stronger[:1]):
        assert each[:30] in texts(app)
    assert "ab" * 32 in texts(app)


def verdict_box(app: AppTest) -> str:
    (box,) = [
        b.proto.body for b in app.get("html") if 'data-testid="audit-verdict"' in b.proto.body
    ]
    return plain_text(re.sub(r"<[^>]+>", " ", box))


@pytest.mark.slow
def test_the_verdict_is_three_boxes_and_its_confidence(finished, report):
    app, _ = finished
    said = verdict_box(app)
    verdict = report.verdict
    gone, shows, kept = (
        part.strip()
        for part in re.split(r"Is it gone\?|Does it show\?|Is the rest kept\?", said)[1:]
    )
    assert gone.startswith(verdict.gone)
    assert verdict.numbers[0].says[1:] in gone
    assert shows.startswith(SHOWS.get(verdict.noticeable, "no answer"))
    assert kept.startswith("rest kept")
    assert f"Confidence: {verdict.confidence.level}" in said
    assert verdict.confidence.basis in said
    assert QUICK_AND_FULL not in captions(app), "these were the full ones"


@pytest.mark.slow
def test_without_an_answer_each_box_says_why_and_none_repeats_it(finish, report):
    verdict = replace(
        report.verdict,
        gone=None,
        noticeable=None,
        missing=("a retrained model",),
        confidence=None,
        notes=(QUICK, f"Not tried: {FULL}; one attacker is enough to say hidden.", "Another."),
    )
    app, _ = finish(replace(report, profile=verdict.to_dict()))
    said = verdict_box(app)
    assert said.count("no answer") == 2
    assert said.count("a retrained model") == 1
    assert "Confidence" not in said
    assert "Another." in captions(app)
    assert QUICK_AND_FULL in captions(app), "a study's verdict may be another one"
    assert not [text for text in captions(app) if "one attacker" in text or "one that gets" in text]


@pytest.mark.slow
def test_earlier_audits_can_be_told_apart(engine, visit, finished, report):
    _, _ = finished
    (run,) = of(engine, RUNNER)
    app = visit(PAGE)
    (line,) = [m.value for m in app.markdown if "unlearned.pt · digits" in m.value]
    assert report.words.casefold() in line.casefold()
    assert re.search(r"\d{1,2} \w{3} \d{4}, \d\d:\d\d", line)
    assert "quick attacks on 2 models · took" in line
    app = fine(app.button(key=f"audit.show.{run.id}").click().run())
    assert "Is it gone?" in verdict_box(app)
    assert scrolls(app)
    assert not scrolls(fine(app.run())), "once; later the page stays where it is"


def scrolls(app: AppTest) -> bool:
    """Whether the page's beginning is brought into sight."""
    return any(
        b.proto.component_name.endswith("opcviz_scroll_up") for b in app.get("bidi_component")
    )


@pytest.mark.slow
def test_it_leads_to_the_pages_with_these_models(finished, report, shipped):
    app, _ = finished
    app = app.button(key="audit.to.Side by side").click().run()
    view = app.session_state["opcviz.view"]
    assert view.study == shipped.place
    assert view.models[-1] == report.model
    assert [key.split("-")[0] for key in view.models] == ["original", "retrain", "delete"]


@pytest.mark.slow
def test_a_damaged_report_is_said_and_the_audit_can_be_run_again(engine, finished):
    app, folder = finished
    (folder / "report.json").write_text("{}")
    app = fine(app.run())
    assert any("run the audit again" in e.value for e in app.error)
    fine(app.button(key="audit.rerun").click().run())
    assert [run.status for run in of(engine, RUNNER)] == ["queued", "finished"]


@pytest.mark.slow
def test_a_new_audit_begins_with_nothing(finished):
    app, _ = finished
    (button,) = [b for b in app.button if b.key.startswith("audit.new.")]
    app = fine(button.click().run())
    assert app.session_state["audit.form"] == forms.Form()
    assert "unlearned model is missing" in refused(app)


@pytest.mark.slow
def test_without_retrained_models_one_button_trains_them(engine, finish, report):
    app, _ = finish(replace(report, inputs=report.inputs[:2]))
    assert any("nobody can say how much" in text for text in infos(app))
    fine(app.button(key="audit.band").click().run())
    assert PageJob.from_dict(of(engine, RUNNER)[0].job).retrain == forms.BAND
