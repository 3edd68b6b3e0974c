"""The library's face: its examples run, its models are a study's, and what goes wrong is said."""

from __future__ import annotations

import doctest
import io
import re
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import opcviz
from opcviz.artefacts import Evidence, kinds
from opcviz.common import bars
from opcviz.common.config import ConfigError
from opcviz.common.progress import Progress, Step
from opcviz.data import DataError
from opcviz.library import judging
from opcviz.methods import NotDefined
from opcviz.models import Architecture
from opcviz.results import MembershipResult
from opcviz.study import Plan, Store, StudyRunner

README = Path(__file__).resolve().parents[2] / "README.md"
SMALL = Architecture(width=0.2)
pytestmark = pytest.mark.usefixtures("brief_attacks")


@pytest.fixture(autouse=True)
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped studies alone, whatever this machine's user has."""
    monkeypatch.setenv("OPCVIZ_STORE", str(tmp_path / "store"))


@pytest.fixture(scope="module")
def lab() -> SimpleNamespace:
    """Three models of the digits, trained for moments."""
    data = opcviz.load_data("digits", device="cpu")
    split = opcviz.split(data, "classes:0,1,2")
    original = opcviz.train(data, "resnet8", epochs=1)
    return SimpleNamespace(
        data=data,
        split=split,
        original=original,
        retrained=opcviz.unlearn(original, data, split, "retrain"),
        unlearned=opcviz.unlearn(original, data, split, "opc", epochs=1),
    )


class Own(nn.Module):
    """What somebody might bring: a small net without any interface of ours."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(3 * 6 * 6, 24), nn.ReLU())
        self.head = nn.Linear(24, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(x))


def own_arrays(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    prototypes = rng.random((3, 3, 6, 6))
    y = np.arange(90) % 3
    x = (prototypes[y] + rng.normal(0, 0.1, (90, 3, 6, 6))).clip(0, 1)
    return x[:60], y[:60], x[60:], y[60:]


# ---- examples ---------------------------------------------------------------------------------


LONG = ("audit", "judge")
EXAMPLES = [pytest.param(n, marks=pytest.mark.slow) if n in LONG else n for n in opcviz.__all__]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_of_every_public_name_runs(name: str, lab: SimpleNamespace) -> None:
    value = getattr(opcviz, name)
    found = doctest.DocTestFinder(recurse=False).find(
        value, name, globs={"opcviz": opcviz, **vars(lab)}
    )
    assert found[0].examples, f"opcviz.{name} has no example"
    told = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
    assert runner.run(found[0], out=told.write).failed == 0, told.getvalue()


@pytest.mark.slow
def test_the_ten_lines_of_the_readme_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """As they stand, but for a third of the pictures, two retrained models and quick attacks, which
    alone cannot say that nothing is left."""
    section = README.read_text(encoding="utf-8").partition("## As a library")[2]
    code = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert code is not None
    lines = [line for line in code[1].splitlines() if line.strip()]
    assert len(lines) <= 10
    monkeypatch.setattr(opcviz, "judge", partial(opcviz.judge, quick=True))
    digits = opcviz.load_data("digits")
    third = {f"{v}_{p}": getattr(digits, f"{v}_{p}")[::3] for v in "xy" for p in ("train", "test")}
    monkeypatch.setattr(opcviz, "load_data", lambda name: replace(digits, name=name, **third))
    shorter = code[1].replace("range(3)", "range(2)")
    assert shorter.count("range(2)") == 1
    names: dict[str, Any] = {}
    exec(shorter, names)
    verdict = names["verdict"]
    assert verdict.gone in (None, "hidden")
    assert (verdict.noticeable, verdict.kept) == ("yes", "yes")
    attack = names["recovery"].fm["all"]
    assert attack.forget_accuracy <= attack.constant_predictor + 1
    assert names["figure"].data[0].type == "bar"


# ---- importing --------------------------------------------------------------------------------


def bare(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_importing_loads_nothing_heavy_and_names_are_listed() -> None:
    told = bare(
        "import sys, opcviz\n"
        "assert set(opcviz.__all__) <= set(dir(opcviz))\n"
        "print([n for n in ('torch', 'numpy', 'plotly', 'streamlit') if n in sys.modules])"
    )
    assert told.strip() == "[]"


@pytest.mark.slow
def test_plots_need_plotly_and_no_streamlit() -> None:
    bare("import sys\nsys.modules['streamlit'] = None\nimport opcviz\nassert opcviz.plot")
    told = bare(
        "import sys\n"
        "sys.modules['plotly'] = None\n"
        "import opcviz\n"
        "try:\n    opcviz.plot\n"
        "except ImportError as error:\n    print(error)"
    )
    assert told.strip() == "opcviz.plot draws with plotly: pip install plotly"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'forget_all'"):
        opcviz.forget_all  # noqa: B018


# ---- the same numbers as a study's ------------------------------------------------------------


@pytest.mark.slow
def test_models_and_verdict_equal_a_studys(tmp_path: Path) -> None:
    plan = Plan.from_dict(
        {
            "methods": ["original", "retrain", {"method": "opc", "epochs": 2}],
            "architecture": SMALL.to_dict(),
            "training": {"epochs": 3},
        }
    )
    runner = StudyRunner(plan.study, Store(tmp_path), torch.device("cpu"))
    data = opcviz.load_data("digits", device="cpu")
    split = opcviz.split(data, "classes:0,1,2")
    original = opcviz.train(data, SMALL, epochs=3)
    ours = (
        original,
        opcviz.unlearn(original, data, split, "retrain"),
        opcviz.unlearn(original, data, split, "opc", epochs=2),
    )
    with runner.threads():
        theirs = [runner.load_model(method, 0) for method in plan.methods]
        evidence = runner.make("evidence", plan.methods[2], 0).json()
    for model, stored in zip(ours, theirs, strict=True):
        for (name, value), other in zip(
            stored.state_dict().items(), model.network.state_dict().values(), strict=True
        ):
            assert torch.equal(value, other), f"{model.title}: {name}"
    made = opcviz.measure(ours[2], data, split, original=original)
    for part in ("accuracy", "collapse", "separability"):
        assert made.record.to_dict()[part] == evidence[part]
    attacked = opcviz.recover(ours[2], data, split, original=original)
    assert attacked.to_dict()["fm"] == evidence["recovery"]["fm"]


@pytest.mark.slow  # five networks of full size are attacked
def test_networks_of_a_stored_study_get_its_verdict() -> None:
    study = opcviz.open_study("digits")
    runner = StudyRunner(study.study, study.store, torch.device("cpu"))
    stored = {model.method.info.name: model for model in study.models if model.seed == 0}

    def brought(name: str, seed: int = 0) -> opcviz.Model:
        network = runner.load_model(stored[name].method, seed)
        return opcviz.wrap(
            network.net, runner.data, mean=network.mean.flatten(), std=network.std.flatten()
        )

    band = [brought("retrain", seed) for seed in range(3)]
    references = {"original": brought("original"), "retrained": band}
    told = opcviz.judge(brought("delete"), runner.data, runner.split, quick=True, **references)
    expected = study.verdict(stored["delete"])
    assert (told.gone, told.kept) == (expected.gone, expected.kept) == ("hidden", "yes")
    found = {check.name: check.value for check in expected.checks}
    compared = ("retain test accuracy lost", "answers left")
    for ours in (check for check in told.checks if check.name in compared):
        assert ours.value == pytest.approx(found[ours.name], abs=0.5)
    assert {check.name for check in told.checks} & set(compared)


# ---- networks and arrays of one's own ---------------------------------------------------------


@pytest.mark.slow
def test_own_arrays_and_own_network_go_all_the_way() -> None:
    arrays = own_arrays()
    data = opcviz.data_from_arrays(*arrays)
    tensors = opcviz.data_from_arrays(*map(torch.from_numpy, arrays))
    for part in ("x_train", "y_train", "x_test", "y_test"):
        assert torch.equal(getattr(data, part), getattr(tensors, part)), part
    assert torch.equal(data.x_train.cpu(), torch.from_numpy(arrays[0]).float())  # not rounded
    split = opcviz.split(data, "classes:2")
    original = opcviz.train(data, Own, epochs=12, batch_size=10)
    assert isinstance(original.network.net, Own)
    wrapped = opcviz.wrap(original.network.net, data, fresh=Own, epochs=12, batch_size=10,
                          mean=data.mean_std()[0], std=data.mean_std()[1])  # fmt: skip
    assert torch.equal(
        opcviz.observe(original, data).test.logits, opcviz.observe(wrapped, data).test.logits
    )
    before = {k: v.clone() for k, v in original.network.state_dict().items()}
    retrained = opcviz.unlearn(wrapped, data, split, "retrain")
    unlearned = opcviz.unlearn(wrapped, data, split, "opc", epochs=5, batch_size=10)
    for name, value in original.network.state_dict().items():
        assert torch.equal(value, before[name])
    known = {"original": wrapped, "retrained": retrained}
    assert opcviz.judge(unlearned, data, split, quick=True, **known).why
    found = opcviz.invert(original, data, split, pictures=2, iterations=30)
    assert found.pictures.shape == found.reconstructions.shape == (2, 3, 6, 6)
    assert set(data.y_train[found.positions.to(data.device)].tolist()) == {2}


def test_bytes_are_pictures_in_any_layout() -> None:
    x = np.arange(4 * 5 * 5 * 3, dtype=np.uint8).reshape(4, 5, 5, 3)
    y = np.array([0, 1, 0, 1])
    last = opcviz.data_from_arrays(x, y, x, y)
    first = opcviz.data_from_arrays(x.transpose(0, 3, 1, 2), y, x.transpose(0, 3, 1, 2), y)
    assert last.shape == (3, 5, 5)
    assert torch.equal(last.x_train, first.x_train)


def test_a_wrapped_network_gets_samples_as_they_are() -> None:
    data = opcviz.data_from_arrays(*own_arrays(), device="cpu")
    net = Own().eval()
    with torch.no_grad():
        expected = net(data.x_test)
    got = opcviz.observe(opcviz.wrap(net, data), data).test.logits
    torch.testing.assert_close(got, expected)


def test_samples_are_forgotten_by_position(lab: SimpleNamespace) -> None:
    split = opcviz.split(lab.data, torch.tensor([5, 3]))
    assert split.forget_train.tolist() == [3, 5]
    assert len(split.retain_train) == len(lab.data.y_train) - 2
    assert split.forgets == "samples"
    assert len(split.forget_test) == 0
    assert len(split.retain_test) == len(lab.data.y_test)


@pytest.mark.slow
def test_forgotten_samples_are_judged_with_membership(
    monkeypatch: pytest.MonkeyPatch, brief_attacks: dict[str, dict[str, object]]
) -> None:
    heard: list[Any] = []
    monkeypatch.setattr(
        judging, "judge_models", lambda *given, **named: heard.append((given, named))
    )
    data = opcviz.data_from_arrays(*own_arrays())
    three = [opcviz.train(data, Own, epochs=2, seed=n) for n in range(3)]
    references = {"original": three[1], "retrained": three[2]}
    split = opcviz.split(data, "random:40%")
    opcviz.judge(three[0], data, split, quick=True, **references)
    (_, *stored, band), named = heard.pop()
    for model, known in zip(three, [*stored, *band], strict=True):
        tested = opcviz.membership(model, data, split)
        assert known.results.get(MembershipResult).thresholds == tested.thresholds
        assert known.quick  # so that "no" is not said before all attacks were made
    assert named["sizes"]["forget_train"] == 24
    monkeypatch.setattr(judging, "Evidence", partial(Evidence.from_dict, brief_attacks))
    opcviz.judge(three[0], data, opcviz.split(data, "classes:0"), **references)
    (_, *stored, band), named = heard.pop()
    assert not any(known.quick for known in [*stored, *band])
    made = {"evidence", *(kind.name for kind in kinds("classification") if kind.family)}
    made -= {"clients"}  # all data lie in one place
    assert [set(known.results.answers) for known in [*stored, *band]] == [made] * 3


@pytest.mark.slow
@pytest.mark.parametrize("forget", ["classes:0", "random:20%"])
def test_a_diverged_model_is_a_result(forget: str) -> None:
    data = opcviz.data_from_arrays(*own_arrays())
    split = opcviz.split(data, forget)
    original = opcviz.train(data, Own, epochs=2)
    wild = opcviz.unlearn(original, data, split, "ga", epochs=50, lr=10.0)
    assert wild.outcome.status == "diverged"
    known = {"original": original, "retrained": original}
    verdict = opcviz.judge(wild, data, split, quick=True, **known)
    assert verdict.gone is None
    assert "diverged, diverged at step" in verdict.missing[0]


# ---- what goes wrong --------------------------------------------------------------------------


def test_wrong_names_and_settings_list_the_right_ones(lab: SimpleNamespace) -> None:
    with pytest.raises(ConfigError, match=r"'mist' is not one of digits, mnist"):
        opcviz.load_data("mist")
    with pytest.raises(ConfigError, match="ours are resnet8, resnet20"):
        opcviz.train(lab.data, "resnet9")
    with pytest.raises(ConfigError, match="Training has no setting 'epoch'; it has: epochs"):
        opcviz.train(lab.data, epoch=3)
    with pytest.raises(ConfigError, match=r"no method is called 'opx'; there are: .*opc, "):
        opcviz.unlearn(lab.original, lab.data, lab.split, "opx")
    with pytest.raises(ConfigError, match="no kind of artefact is called"):
        opcviz.measure(lab.original, lab.data, lab.split, "margin", original=lab.original)


def test_what_a_network_cannot_do_is_said(lab: SimpleNamespace) -> None:
    with pytest.raises(ConfigError, match="what makes one"):
        opcviz.train(lab.data, Own())
    data = opcviz.data_from_arrays(*own_arrays())
    wide = nn.Sequential(nn.Flatten(), nn.Linear(108, 7))
    with pytest.raises(ConfigError, match="answers 7 classes, and arrays has 3"):
        opcviz.wrap(wide, data)
    alone = opcviz.wrap(Own(), data)
    with pytest.raises(NotDefined, match="fresh=MyNet"):
        opcviz.unlearn(alone, data, opcviz.split(data, "classes:0"), "retrain")


@pytest.mark.parametrize(
    ("forget", "says"),
    [
        ([1500], "holds 1500, and the 1437 train samples"),
        ([0.5], "whole numbers"),
        ([], "whole numbers|no forget"),
        (np.arange(1437), "no retain"),
        ("classes:12", "has no class '12'"),
    ],
)
def test_a_split_that_cannot_be_is_refused(forget: object, says: str, lab: SimpleNamespace) -> None:
    with pytest.raises(DataError, match=says):
        opcviz.split(lab.data, forget)


def test_pictures_outside_0_to_1_are_not_searched_for() -> None:
    x, y, *_ = own_arrays()
    data = opcviz.data_from_arrays(10 * x, y, 10 * x, y)
    model = opcviz.wrap(Own(), data)
    with pytest.raises(ValueError, match=r"pictures must lie in \[0, 1\]"):
        opcviz.invert(model, data, opcviz.split(data, "classes:0"))


# ---- progress ---------------------------------------------------------------------------------


def test_a_progress_of_ones_own_is_told_every_step(lab: SimpleNamespace) -> None:
    events: list[Any] = []
    opcviz.train(lab.data, SMALL, epochs=1, batch_size=256, progress=Progress(events.append))
    steps = [event for event in events if isinstance(event, Step)]
    assert [event.step for event in steps] == list(range(1, len(steps) + 1))
    assert steps[-1].step == steps[-1].steps


@pytest.mark.parametrize(
    ("terminal", "wanted", "drawn"),
    [(True, True, True), (True, False, False), (False, True, False)],
)
def test_bars_are_drawn_for_people_only(
    terminal: bool, wanted: bool, drawn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = io.StringIO()
    console = bars.Console(file=seen, force_terminal=terminal, force_jupyter=False, width=100)
    monkeypatch.setattr(bars, "Console", lambda **_: console)
    with bars.bar("training", wanted) as told:
        told(Step(3, 10, 0.5))
    assert ("training" in seen.getvalue()) is drawn
    assert ("10/10" in seen.getvalue()) is drawn  # a bar that is over ends full


# ---- plots ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_recovery_bars_show_the_numbers_and_the_constant_answer(lab: SimpleNamespace) -> None:
    asked = lab.data, lab.split
    result = opcviz.recover(lab.unlearned, *asked, original=lab.original)
    reference = opcviz.recover(lab.retrained, *asked, original=lab.original)
    figure = opcviz.plot(result, retrained=reference)
    told = [result.before, result.fm["all"], result.hr["all"]]
    assert list(figure.data[0].y) == [one.forget_accuracy for one in told]
    dashed = [s.y0 for s in figure.layout.shapes if s.line.dash == "dash"]
    assert dashed == [result.constant_predictor]
    beside = [(s.y0, s.y1) for s in figure.layout.shapes if s.type == "rect"]
    assert beside[1] == (reference.fm["all"].forget_accuracy,) * 2
    assert figure.layout.yaxis.title.text == "in-sample accuracy (%)"
    sweep = opcviz.plot(result, "ridge")
    assert list(sweep.data[0].y) == list(result.fm["all"].sweep.forget_accuracy)
    with pytest.raises(ValueError, match="bars or ridge"):
        opcviz.plot(result, "pie")


@pytest.mark.slow
def test_what_a_kind_made_is_drawn_as_the_attack_in_it(lab: SimpleNamespace) -> None:
    result = opcviz.recover(lab.unlearned, lab.data, lab.split, original=lab.original)
    made = opcviz.measure(lab.unlearned, lab.data, lab.split, original=lab.original)
    assert opcviz.plot(made) == opcviz.plot(made.result) == opcviz.plot(result)


@pytest.mark.slow
def test_relearning_is_drawn_by_variant_or_by_model(lab: SimpleNamespace) -> None:
    results = {
        name: opcviz.relearn(model, lab.data, lab.split, original=lab.original, steps=4,
                             shots=[1], other="none")
        for name, model in (("OPC", lab.unlearned), ("Retrained", lab.retrained))
    }  # fmt: skip
    one = opcviz.plot(results["OPC"])
    assert [line.name for line in one.data] == ["retain", "shots_1"]
    both = opcviz.plot(results, "shots_1")
    assert [line.name for line in both.data] == ["OPC", "Retrained"]
    curve = results["Retrained"].variants["shots_1"]
    assert list(both.data[1].x) == list(curve.steps)
    assert list(both.data[1].y) == list(curve.forget_train.accuracy)
    with pytest.raises(ValueError, match="no variant 'shots_9'; there are: retain, shots_1"):
        opcviz.plot(results, "shots_9")


@pytest.mark.slow
def test_membership_inversion_map_and_entropy_have_figures(lab: SimpleNamespace) -> None:
    tested = opcviz.membership(lab.unlearned, lab.data, lab.split)
    auc = tested.thresholds.loss.auc
    assert opcviz.plot(tested).data[0].name == f"loss: {auc:.2f}"
    found = opcviz.invert(lab.original, lab.data, lab.split, pictures=3, iterations=5)
    strip = opcviz.plot(found)
    assert len(strip.data) == 6
    expected = (found.pictures[1, 0] * 255).round().to(torch.uint8).numpy()
    assert np.array_equal(np.asarray(strip.data[1].z)[..., 0], expected)
    outputs = opcviz.observe(lab.unlearned, lab.data)
    drawn = opcviz.plot(outputs, split=lab.split)
    assert [len(cloud.x) for cloud in drawn.data] == [1000, len(lab.split.forget_train)]
    panels = opcviz.plot(outputs, "entropy", split=lab.split)
    assert {cloud.name for cloud in panels.data if cloud.name} == {"retain", "forget"}
    with pytest.raises(ValueError, match="split="):
        opcviz.plot(outputs)


@pytest.mark.slow
def test_a_study_is_drawn_and_what_has_no_figure_is_named() -> None:
    study = opcviz.open_study("digits")
    bar = opcviz.plot(study).data[0]
    assert len(bar.y) == len(study.models)
    first = study.models[0].result("evidence").recovery.fm["all"].forget_accuracy
    assert bar.x[0] == first
    with pytest.raises(ValueError, match="no figure of str"):
        opcviz.plot({"verdict": "deep"})
