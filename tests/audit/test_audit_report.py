"""What a report says: the study's own numbers, and what was left open."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from reported import about, model_of, opened, part_of, reported

from opcviz.artefacts import Evidence, kinds
from opcviz.artefacts.threat import in_words
from opcviz.audit.gaps import (
    NO_ORIGINAL,
    NO_RETRAINED,
    ONE_RETRAINED,
    ONE_SEED,
    ONLY_MODELS,
    TAKEN_ON_TRUST,
)
from opcviz.audit.html import to_html
from opcviz.audit.report import Report, make_report
from opcviz.common.config import ConfigError
from opcviz.results import Attempts, RelearnedResult, Signs, StrongestResult

ATTACKERS = [kind for kind in kinds("classification") if kind.threat]


@pytest.fixture(scope="module")
def made() -> Report:
    return reported()[0]


@pytest.mark.slow
def test_the_report_says_what_the_study_says(made: Report) -> None:
    study = opened()
    model = study.model(made.model)
    assert model is not None
    assert made.profile == study.verdict(model).to_dict()
    assert (made.words, made.verdict) == (study.verdict(model).words, study.verdict(model))
    keys = [each["key"] for each in made.models]
    told = {each["key"]: each for each in study.to_dict(keys)["models"]}
    assert keys == [
        model_of(study, "original"),
        *(m.key for m in study.models if m.method.info.name == "retrain"),
        made.model,
    ]
    assert all(each == told[each["key"]] for each in made.models)


def test_a_figure_stands_beside_the_original_the_band_and_the_floor(made: Report) -> None:
    study = opened()
    of = {m.key: m for m in study.models}
    ladder = of[made.model].results.get(StrongestResult)
    attempt = ladder.worst("retain").attempt
    (figure,) = [f for f in made.figures if f.kind == "strongest" and f.name == attempt.words]
    others = [
        next(
            rung.attempt.recovered
            for rung in of[each["key"]].results.get(StrongestResult).rungs
            if rung.attempt.key == attempt.key
        )
        for each in made.models
        if each["key"] != made.model
    ]
    assert figure.value == attempt.recovered
    assert figure.original == others[0]
    assert (figure.retrained.low, figure.retrained.high) == (min(others[1:]), max(others[1:]))
    assert figure.retrained.count == 5
    assert figure.floor == ladder.floor("retain").attempt.recovered
    assert figure.interval == attempt.interval


def test_the_report_is_read_back_from_its_json(made: Report) -> None:
    assert Report.from_json(made.to_json()) == made


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not readable as JSON"),
        ("[" * 100_000, "not readable as JSON"),
        ("[]", "no report of an audit"),
        ('{"version": "1"}', "no report of an audit"),
        ('{"version": 99}', "format 99"),
        ('{"version": 1, "made": 3}', "made"),
    ],
)
def test_what_is_no_report_is_refused_with_a_sentence(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Report.from_json(text)


def test_a_report_wants_one_model_that_was_brought() -> None:
    study = opened()
    with pytest.raises(ConfigError, match=r"wants a model that was brought \(0 were\)"):
        make_report(study, replace(about("opc"), model=None))
    with pytest.raises(ConfigError, match="wants 'nobody'"):
        make_report(study, about("nobody"))


def test_every_attack_that_was_made_is_named_with_threat_and_budget(made: Report) -> None:
    study = opened()
    model = study.model(made.model)
    answered = {
        kind.name for kind in ATTACKERS if isinstance(model.results.answer(kind.name), kind.result)
    }
    assert {each.name for each in made.attackers} == answered
    assert all(each.threat and each.budget and each.does for each in made.attackers)
    (relearned,) = [each for each in made.attackers if each.name == "relearned"]
    steps = relearned.settings["relearned"]["steps"]
    assert f"{steps} training steps" in relearned.budget


def test_whatever_counts_in_a_verdict_declares_its_threat_model() -> None:
    counted = [
        kind
        for kind in kinds("classification")
        if not kind.own and (hasattr(kind.result, "attempts") or hasattr(kind.result, "signs"))
    ]
    assert len(counted) > 8
    assert [kind.name for kind in counted if kind.threat is None] == []
    assert isinstance(RelearnedResult((), "forget_test", 0, 0.0, 0), Attempts)
    assert not isinstance(RelearnedResult((), "forget_test", 0, 0.0, 0), Signs)


@pytest.mark.parametrize("suite", ["full", "quick"])
@pytest.mark.parametrize("kind", ATTACKERS, ids=lambda kind: kind.name)
def test_a_threat_model_quotes_settings_that_there_are(kind, suite: str) -> None:
    evidence = Evidence().in_suite(suite)
    for text in (kind.threat.holds, kind.threat.spends, kind.threat.more):
        said = in_words(text, evidence, tuple(kind.settings))
        assert "{" not in said
        assert not said.endswith(".")
    does = in_words(kind.threat.does, evidence, tuple(kind.settings))
    assert not does or (does.endswith(".") and "{" not in does)


def test_a_quick_audit_names_the_quick_attackers_alone() -> None:
    (ladder,) = [kind for kind in ATTACKERS if kind.name == "strongest"]
    told = {
        suite: in_words(ladder.threat.does, Evidence().in_suite(suite), tuple(ladder.settings))
        for suite in ("full", "quick")
    }
    assert "MLP" in told["full"]
    assert "MLP" not in told["quick"]


def test_what_no_audit_tests_is_said_in_every_one(made: Report) -> None:
    assert made.not_tested.count(ONE_SEED) == made.not_tested.count(ONLY_MODELS) == 1


@pytest.mark.slow
def test_what_was_not_made_is_not_claimed(made: Report, tmp_path: Path) -> None:
    def wanted(folder: str) -> bool:
        return folder.startswith(("original-", "retrain-", "opc-9c9d9dba-s0")) and not (
            folder.startswith("opc-") and "/relearned-" in folder
        )

    study = part_of(tmp_path, wanted)
    found = make_report(study, about(model_of(study, "opc")))
    assert "relearned" not in {each.name for each in found.attackers}
    assert any(said.startswith("Relearning, strongest was not tested") for said in found.not_tested)
    assert not any("relearn for more" in said for said in found.stronger)
    assert any("relearn for more" in said for said in made.stronger)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (("original-", "opc-9c9d9dba-s0"), NO_RETRAINED),
        (("retrain-", "opc-9c9d9dba-s0"), NO_ORIGINAL),
        (("original-", "retrain-44136fa3-s0", "opc-9c9d9dba-s0"), ONE_RETRAINED),
    ],
)
def test_a_missing_reference_is_said_and_the_page_still_stands(
    tmp_path: Path, kept: tuple[str, ...], said: str
) -> None:
    study = part_of(tmp_path, lambda folder: folder.startswith(kept))
    found = make_report(study, about(model_of(study, "opc")))
    assert said in found.not_tested
    assert (TAKEN_ON_TRUST in found.not_tested) == (said != NO_RETRAINED)
    page = to_html(found, study)
    assert ("and without the original" in page) == (said == NO_ORIGINAL)
    if said == NO_RETRAINED:
        assert found.words == "none"
        assert "No verdict" in page
        assert "no answer" in page
        assert "halved or doubled, would change" not in page
    elif said == ONE_RETRAINED:
        assert found.verdict.gone is None, "a further retrained model might give as much"
        assert "more retrained models, three in all" in page
    else:
        assert found.verdict.gone == "hidden", "one attacker is enough"
        assert "Hidden" in page


def test_a_model_without_any_evidence_has_a_report(tmp_path: Path) -> None:
    study = part_of(tmp_path, lambda folder: folder.startswith("opc-9c9d9dba-s0/model-"))
    found = make_report(study, about(model_of(study, "opc")))
    assert found.figures == ()
    assert found.attackers == ()
    assert "There is none: nothing was measured." in to_html(found, study)
