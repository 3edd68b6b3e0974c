"""Full and quick attacks on the models of one study: made, found, judged and told apart."""

import shutil
from dataclasses import dataclass

import pytest
import torch
from tiny_study import PLAN, asking

from opcviz.artefacts import Evidence, Kind, get_kind, kinds, register_kind
from opcviz.artefacts.declaration import KindDeclaration, declare_kinds, describe_kind
from opcviz.artefacts.kind import KINDS
from opcviz.attacks.judging_settings import Judging
from opcviz.attacks.strongest import Strongest
from opcviz.common.config import Config, ConfigError, setting
from opcviz.common.records import Undefined
from opcviz.results import EvidenceResult, InformationResult, StrongestResult
from opcviz.study import Plan, Store, StudyRunner, missing, open_study, run
from opcviz.study.naming import apart
from opcviz.study.table import rows, to_markdown

FULL, QUICK = 1, 3  # epochs of the two models of one method, by the suite run on each
QUICK_TABLES = {
    "strongest": {"quick": True},
    "judging": {"quick": True},
    "relearned": {"anew": (0, 1), "shots": (1,), "relative": (), "draws": 1},
}


def plan(epochs: int, suite: str, *seeds: int) -> Plan:
    values = {
        **PLAN,
        "methods": ["original", "retrain", {"method": "ft", "epochs": epochs, "batch_size": 256}],
        "seeds": list(seeds) or [0],
        "evidence": {
            **PLAN["evidence"],
            "instruments": ["strongest", "information"],
            "strongest": {"maps": ["affine"]},
            "suite": suite,
        },
    }
    return Plan.from_dict(values)


def kinds_of(asked: Plan) -> list[str]:
    """What is made: all that these tests look at, and no picture is rebuilt."""
    full = asked.study.evidence.suite == "full"
    return ["model", "evidence", "strongest", *["information"] * full]


def runner_of(asked: Plan, root) -> StudyRunner:
    return StudyRunner(asked.study, Store(root), torch.device("cpu"), seeds=asked.seeds)


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    """Two retrained models under all attacks, then one more model under quick ones."""
    root = tmp_path_factory.mktemp("suites")
    for asked in (plan(FULL, "full", 0, 1), plan(QUICK, "quick")):
        run(asked, runner_of(asked, root), only=kinds_of(asked))
    return root


@pytest.fixture
def made(made_once, tmp_path):
    shutil.copytree(made_once, tmp_path / "store")
    return tmp_path / "store"


def model(study, name: str, seed: int = 0, epochs: int = 0):
    return next(
        m
        for m in study.models
        if (m.method.info.name, m.seed) == (name, seed)
        and epochs in (0, getattr(m.method, "epochs", 0))
    )


# ---- settings -------------------------------------------------------------------------------


def test_the_quick_suite_has_the_settings_that_each_kind_declares():
    full = Evidence.from_dict({"strongest": {"ridge": 0.5}})
    quick = full.in_suite("quick")
    for table, changes in QUICK_TABLES.items():
        assert quick.table(table) == full.table(table).replace(**changes)
        assert full.table(table) != quick.table(table)
    assert quick.settings(Strongest).ridge == 0.5  # what the study sets stays
    assert quick.settings(Judging) == Judging(quick=True)
    assert quick.table("membership") == full.table("membership")
    assert quick.in_suite("full") == full
    assert quick.in_suite("quick") is quick


def test_kinds_without_quick_settings_stay_out_and_come_back():
    full = Evidence.from_dict({"instruments": ["blocks", "strongest", "membership"]})
    quick = full.in_suite("quick")
    assert quick.chosen == ("strongest", "membership")
    assert quick.in_suite("full").chosen == ("blocks", "strongest", "membership")
    assert quick.leaves_out(get_kind("blocks"))
    assert not full.leaves_out(get_kind("blocks"))
    assert Evidence.from_dict(quick.to_dict()) == quick


def test_an_unknown_suite_is_named():
    with pytest.raises(ConfigError, match=r"Evidence\.suite: 'fast' is not one of full, quick"):
        Evidence().in_suite("fast")
    with pytest.raises(ConfigError, match=r"Evidence\.suite: 'fast' is not one of full, quick"):
        Evidence.from_dict({"suite": "fast"})


@dataclass(frozen=True)
class Efforts(Config):
    effort: int = setting(100, "how hard to try", low=1)


@pytest.fixture
def own():
    """Enters a kind of one's own; it is forgotten after the test."""

    def enter(changes) -> Kind:
        class Trying(Kind):
            settings = {"trying": Efforts}
            quick = changes

            def measure(self, context):
                return {"effort": context.settings(Efforts).effort}

        register_kind("trying", title="Trying", stage="trying", summary="tries")(Trying)
        return get_kind("trying")

    yield enter
    KINDS.discard("trying")


def test_an_attack_of_ones_own_can_declare_one_too(own):
    own({"trying": {"effort": 2}})
    evidence = Evidence.from_dict({"instruments": ["trying"]})
    assert evidence.in_suite("quick").settings(Efforts).effort == 2
    assert evidence.settings(Efforts).effort == 100


def test_an_attack_of_ones_own_that_says_nothing_is_made_as_it_is(own):
    own({})
    quick = Evidence.from_dict({"instruments": ["trying"]}).in_suite("quick")
    assert quick.chosen == ("trying",)
    assert quick.settings(Efforts).effort == 100


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"judging": {"quick": True}}, "quick names 'judging', which is none of its settings"),
        ({"trying": {"efforts": 2}}, "no setting 'efforts'"),
        ({"trying": {"effort": 0}}, r"Efforts\.effort: 0 is below"),
    ],
)
def test_quick_settings_that_do_not_fit_are_refused(own, changes, says):
    with pytest.raises((TypeError, ConfigError), match=says):
        own(changes)
    assert "trying" not in {kind.name for kind in kinds()}


@pytest.mark.parametrize("changes", [{"trying": {"effort": 2}}, {}, None])
def test_a_process_that_does_not_load_the_file_knows_them(own, changes):
    declared = KindDeclaration.from_dict(describe_kind(own(changes)).to_dict())
    KINDS.discard("trying")
    declare_kinds("test", [declared])
    try:
        assert get_kind("trying").quick == changes
    finally:
        declare_kinds("test", [])


# ---- what is made ---------------------------------------------------------------------------


@pytest.mark.slow
def test_the_first_quick_run_attacks_the_references_too_and_the_next_one_model_alone(made):
    first = plan(QUICK, "quick")
    assert missing(first, runner_of(first, made), kinds_of(first)) == []
    second = plan(5, "quick")
    todo = missing(second, runner_of(second, made), kinds_of(second))
    assert {item.method.info.name for item in todo} == {"ft"}
    assert todo[0].kind == "model"
    study = open_study(Store(made), "tiny")
    for name, seed in (("original", 0), ("retrain", 0), ("retrain", 1)):
        assert model(study, name, seed).has_suite("quick"), (name, seed)
    assert not model(study, "original", 1).has_suite("quick")  # nothing is compared with it


@pytest.mark.slow
def test_the_new_model_is_made_before_the_references_are_attacked(made):
    for folder in made.glob("studies/*/models/*/strongest-*"):
        shutil.rmtree(folder)
    asked = plan(5, "quick")
    todo = missing(asked, runner_of(asked, made), kinds_of(asked))
    names = [item.method.info.name for item in todo]
    assert set(names[: names.index("original")]) == {"ft"}
    assert names.count("retrain") == 2


@pytest.mark.slow
def test_the_study_keeps_its_own_settings(made):
    evidence = open_study(Store(made), "tiny").study.evidence
    assert evidence == plan(FULL, "full").study.evidence


# ---- what is shown --------------------------------------------------------------------------


@pytest.mark.slow
def test_each_model_is_shown_by_its_own_suite(made):
    study = open_study(Store(made), "tiny")
    suites = {m.key: m.suite for m in study.models}
    quick = model(study, "ft", epochs=QUICK)
    assert [key for key, suite in suites.items() if suite == "quick"] == [quick.key]
    by_key = {m["key"]: m["suite"] for m in study.to_dict()["models"]}
    assert by_key == suites


def attacked(one) -> set[str]:
    found = one.results.get(StrongestResult)
    return {rung.attempt.place for rung in found.rungs}


@pytest.mark.slow
def test_one_suites_answers_never_stand_for_the_others(made):
    study = open_study(Store(made), "tiny")
    retrained, quick = model(study, "retrain"), model(study, "ft", epochs=QUICK)
    full = model(study, "ft", epochs=FULL)
    assert attacked(quick) == attacked(retrained.in_suite("quick")) < attacked(retrained)
    assert attacked(retrained) == attacked(full)
    assert isinstance(quick.in_suite("full").results.get(StrongestResult), Undefined)
    assert isinstance(full.in_suite("quick").results.get(StrongestResult), Undefined)
    assert isinstance(quick.results.get(InformationResult), Undefined)
    # both suites ask the same of accuracy: one answer for both
    shared = [each.artefact("evidence").folder for each in (full, full.in_suite("quick"))]
    assert shared[0] == shared[1]
    assert not isinstance(quick.results.get(EvidenceResult), Undefined)
    assert not quick.outdated_kinds


@pytest.mark.slow
def test_models_beside_a_quick_one_are_shown_by_the_quick_suite(made):
    study = open_study(Store(made), "tiny")
    quick, full = (model(study, "ft", epochs=n) for n in (QUICK, FULL))
    retrained = model(study, "retrain")
    assert study.beside([retrained.key, full.key]) is study
    beside = study.beside([retrained.key, full.key, quick.key])
    suites = {m.key: m.suite for m in beside.models}
    assert suites[retrained.key] == suites[quick.key] == "quick"
    assert suites[full.key] == "full"  # it has nothing else
    assert study.beside([quick.key]) is beside.beside([full.key]) is beside


@pytest.mark.slow
def test_after_the_full_suite_a_model_is_shown_by_that(made):
    asked = plan(QUICK, "full")
    run(asked, runner_of(asked, made), only=kinds_of(asked))
    study = open_study(Store(made), "tiny")
    assert {m.suite for m in study.models} == {"full"}


# ---- what is said ---------------------------------------------------------------------------


@pytest.mark.slow
def test_the_verdict_of_quick_attacks_says_so_and_claims_no_more(made):
    study = open_study(Store(made), "tiny")
    found = study.verdict(model(study, "ft", epochs=QUICK))
    assert found.notes[0].startswith("Quick attacks: one that gets through is enough")
    assert found.gone not in ("as in retrained models", "beyond")
    assert found.noticeable != "no"
    assert found.band == 2
    other = study.verdict(model(study, "ft", epochs=FULL))
    assert not any(note.startswith("Quick") for note in other.notes)


@pytest.mark.slow
def test_seeds_under_different_suites_are_not_counted_together(made):
    asked = plan(FULL, "quick", 2)
    run(asked, runner_of(asked, made), only=kinds_of(asked))
    study = open_study(Store(made), "tiny")
    assert study.consensus(model(study, "ft", 0, FULL)).seeds == (0, 1)
    assert study.consensus(model(study, "ft", 2, FULL)).seeds == (2,)
    table = [row for row in rows(study.models) if row.method.info.name == "ft"]
    assert sorted((row.seeds, row.apart) for row in table) == [
        ((0,), "epochs 3, quick attacks"),
        ((0, 1), "epochs 1"),
        ((2,), "epochs 1, quick attacks"),
    ]


@pytest.mark.slow
def test_the_command_line_runs_and_shows_them(made, monkeypatch, capsys):
    ask = asking(monkeypatch, capsys)
    spec = made / "tiny.toml"
    spec.write_text(plan(QUICK, "full").to_toml(), encoding="utf-8")
    only = ",".join(kinds_of(plan(QUICK, "quick")))
    status, out, _ = ask("run", spec, "--store", made, "--quick", "--only", only)
    assert status == 0
    assert "everything is there already" in out
    status, _, err = ask("run", spec, "--store", made, "--quick", "--attacks", "idi")
    assert status == 2
    assert "--attacks: 'idi' is made in the full suite only; run it without --quick" in err
    _, shown, _ = ask("show", "tiny", "--store", made)
    assert "ft (epochs 1)" in shown
    assert "ft (epochs 3, quick attacks)" in shown
    _, table, _ = ask("table", "tiny", "--store", made)
    assert "| ft (epochs 3, quick attacks) |" in table
    assert "ft (epochs 3, quick attacks) | " in to_markdown(
        rows(open_study(Store(made), "tiny").models)
    )


def test_models_are_told_apart_by_as_few_settings_as_do():
    one = plan(1, "full").methods[-1]
    methods = [
        one,
        one.replace(epochs=2),
        one.replace(epochs=2, lr=0.5),
        plan(1, "full").methods[0],
    ]
    assert apart(methods)[1:] == [
        f"epochs 2, lr {one.lr:g}",
        "epochs 2, lr 0.5",
        "",
    ]
    assert apart([one, one]) == ["", ""]
    assert apart([]) == []
    assert apart([one.replace(lr=0.1), one.replace(lr=0.2)]) == ["lr 0.1", "lr 0.2"]
