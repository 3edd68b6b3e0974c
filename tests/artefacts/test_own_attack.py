"""An attack of a user's own is one file: it joins everywhere, and a broken one harms nothing."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny_study
import tomli_w
import torch

from opcviz.artefacts import get_kind, kinds
from opcviz.common import plugins as plugins_module
from opcviz.common.config import ConfigError
from opcviz.common.plugins import Loader, add_source
from opcviz.common.progress import Event, Message, Progress
from opcviz.study import Plan, Store, StudyRunner, open_study, shipped_root
from opcviz.study.fields import documentation
from opcviz.study.pipeline import execute

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
ATTACK = '''
from opcviz.artefacts import Column, Kind, Made, number, register_kind


@register_kind("{name}", title="Mine", stage="trying mine on", summary="mine")
class Mine(Kind):
    """For tests."""

    fields = {{"{name}.mean": "a number"}}
    columns = (Column("mine", number("{name}", "{read}"), ".2f", help="of mine"),)

    def measure(self, context):
        {body}
'''


SETTINGS = """
from dataclasses import dataclass
from opcviz.common.config import Config, setting
@dataclass(frozen=True)
class Power(Config):
    power: float = setting(2.0, "of mine", low=0)
@"""


def attack(body: str = 'return {"mean": 1.5}', name: str = "mine", read: str = "mean") -> str:
    return ATTACK.format(name=name, body=body, read=read)


def example() -> str:
    """The README's attack."""
    (code,) = [c for c in re.findall(r"```python\n(.*?)```", README, re.S) if "(Kind)" in c]
    return code


@pytest.fixture(scope="module")
def done_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a study of two models that no attack of a user's own has seen."""
    root = tmp_path_factory.mktemp("store")
    return tiny_study.make(root)


@pytest.fixture
def store(done_once: Path, tmp_path: Path) -> Path:
    shutil.copytree(done_once, tmp_path / "store")
    return tmp_path / "store"


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    store: Path,
    plugins: Loader,
) -> Callable[..., tuple[int, str, str]]:
    """Run `opcviz ARGUMENTS` over the store in this process: (exit status, stdout, stderr)."""
    monkeypatch.setenv("OPCVIZ_STORE", str(store))

    return tiny_study.asking(monkeypatch, capsys)


def ours(store: Path) -> dict[str, str]:
    """What our own kinds have stored: the checksums of every artefact, by its folder."""
    names = {kind.name for kind in kinds() if not kind.own} | {"model", "probe"}
    return {
        str(record.parent.relative_to(store)): record.read_text()
        for record in sorted(store.rglob("artefact.json"))
        if record.parent.name.rpartition("-")[0] in names
    }


def told(store: Path, file: Path, *names: str) -> list[str]:
    """Run the plan with a user's file as the engine does; what the run said."""
    evidence = {**tiny_study.PLAN["evidence"], "instruments": list(names)}
    said: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, Message):
            said.append(event.text)

    job = {
        "plan": {**tiny_study.PLAN, "evidence": evidence},
        "device": "cpu",
        "plugin_files": [str(file)],
    }
    execute(job, store, Progress(listen))
    return said


def forget_files(plugins: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on no file of a user's own is loaded, as in a process that never saw one."""
    monkeypatch.setenv("OPCVIZ_PLUGINS", "")
    for file in plugins._files.values():
        for index, name in file.names:
            plugins._registries[index][0].discard(name)
    plugins._files.clear()


@pytest.mark.slow
def test_the_readmes_example_runs(call, tmp_path, monkeypatch):
    (tmp_path / "margin.py").write_text(example())
    (tmp_path / "tiny.toml").write_text(tomli_w.dumps(tiny_study.PLAN))
    monkeypatch.chdir(tmp_path)
    lines = [line.split()[1:] for line in README.splitlines() if line.startswith("    opcviz ")]
    asked = [line for line in lines if "margin" in line]
    assert [line[-2:] for line in asked] == [["--attacks", "margin"], ["--about", "margin"]]
    first, second = ([w.replace("digits-lecture", "tiny") for w in line] for line in asked)
    first[first.index("tiny")] = "tiny.toml"
    status, _, err = call(*first)
    assert status == 0, err
    status, out, err = call(*second)
    assert (status, err) == (0, "")
    head, _, *rows = out.splitlines()
    assert head == "| method | margin |"
    assert len(rows) == 2
    assert all(re.fullmatch(r"\| \w+ \| -?\d+\.\d\d \|", row) for row in rows)


@pytest.mark.slow
def test_its_numbers_are_read_without_its_file(call, store, plugins, tmp_path, monkeypatch):
    file = tmp_path / "margin.py"
    file.write_text(example())
    assert told(store, file, "margin") == []
    listed = {row["name"]: row for row in json.loads(call("list", "kinds", "--json")[1])}
    assert listed["margin"]["own"]
    with_file = json.loads(call("show", "tiny", "--json")[1])
    table = call("table", "tiny", "--about", "margin")
    forget_files(plugins, monkeypatch)
    with pytest.raises(ConfigError):
        get_kind("margin")
    without = json.loads(call("show", "tiny", "--json")[1])
    for shown in (with_file, without):  # all but what the record says of files that are not there
        shown["study"].pop("evidence")
    assert with_file == without
    assert call("table", "tiny", "--about", "margin")[:2] == table[:2]
    own = without["own"]["margin"]
    assert own["title"] == "Margin"
    assert own["columns"][0]["path"] == ["margin", "mean"]
    assert all(isinstance(model["margin"]["mean"], float) for model in without["models"])
    assert "margin" in call("table", "tiny", "--about", "nothing")[2]


def test_the_number_is_that_of_the_model(store, plugins, tmp_path):
    file = tmp_path / "margin.py"
    file.write_text(example())
    told(store, file, "margin")
    plan = Plan.from_dict(tiny_study.PLAN)
    runner = StudyRunner(plan.study, Store(store), torch.device("cpu"))
    rows = runner.split.forget_train
    for method in plan.methods:
        with torch.no_grad():
            logits = runner.load_model(method, 0)(runner.data.batch(rows))
        own = torch.nn.functional.one_hot(runner.data.y_train[rows], logits.shape[1]).bool()
        wanted = logits[own] - logits.masked_fill(own, -torch.inf).amax(1)
        place = runner.place(method, 0)
        found = Store(store).latest(place, "margin").json()["mean"]
        assert found == pytest.approx(wanted.mean().item(), abs=1e-3)


@pytest.mark.slow
def test_its_settings_are_part_of_its_question(call, plugins, tmp_path, monkeypatch):
    body = 'return {"mean": context.settings(Power).power}\n\n    settings = {"power": Power}'
    (tmp_path / "mine.py").write_text(attack(body).replace("\n\n@", SETTINGS, 1))
    (tmp_path / "tiny.toml").write_text(tomli_w.dumps(tiny_study.PLAN))
    asked = ("--attack-file", tmp_path / "mine.py", "run", tmp_path / "tiny.toml")
    for power, only in ((2.0, ()), (3.0, ("--methods", "original"))):
        change = ("--attacks", "mine", "--set", f"evidence.power.power={power}", *only)
        assert call(*asked, *change)[0] == 0
    original, ft = json.loads(call("show", "tiny", "--json")[1])["models"]
    assert (original["mine"]["mean"], ft["mine"]["mean"]) == (3.0, 2.0)
    assert "outdated" not in original
    assert ft["outdated"] == {"mine": "power.power 2.0 instead of 3.0"}
    forget_files(plugins, monkeypatch)
    shown = json.loads(call("show", "tiny", "--json")[1])["models"]
    assert [model["mine"]["mean"] for model in shown] == [3.0, 2.0]  # the newest


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("x = 1\ndef broken(:\n", 2, "SyntaxError"),
        ("import sys\nsys.exit(3)\n", 2, "SystemExit"),
        (
            attack(name="inversion"),
            5,
            "'inversion' exists already: GradientInversion of opcviz.artefacts.classification",
        ),
        (attack(name="accuracy"), 5, "means something else"),
        (attack(name="verdict"), 5, "means something else"),
        (attack(name="unlearning"), 5, "means something else"),
        (attack().replace("def measure", "def measures"), 5, "has no measure"),
        (attack().replace('number("mine"', 'number("recovery"'), 5, "number('mine', ...)"),
        (attack().replace(".2f", "two digits"), 5, "writes no number"),
        (attack() + "\n    wanted = 3\n", 5, "not callable"),
        (attack() + '\n    settings = {"probe": int}\n', 5, "is no Config class"),
        (attack() + '\n    settings = {"probe": Power}\n', 9, "evidence has a setting 'probe'"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_and_harms_nothing(
    store, plugins, tmp_path, text, line, word
):
    file, before, known = tmp_path / "bad.py", ours(store), kinds()
    file.write_text(text if "Power" not in text else text.replace("\n\n@", SETTINGS, 1))
    (said,) = told(store, file)
    assert said.startswith(f"{file}, line {line}: ")
    assert word in said
    assert kinds() == known
    assert ours(store) == before


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("return 1.5", "must return a dict of numbers, a Record or Made, not float"),
        ("return Made([1.5])", "must be a dict or a Record, not list"),
        ('return {"mean": float("nan")}', "ValueError: 'mean' is nan: return None there"),
        ('return {"mean": 1.0, "a": {"b": [0.5, float("inf")]}}', "'a.b[1]' is inf"),
        ('return {"mean": 1.0, "a": [__import__("numpy").float32("nan")]}', "'a[0]' is nan"),
        ('return {"mean": 10 ** 400}', "'mean' is a whole number beyond 2^53"),
        ('return {"mean": 1.0, "a": {"seed": 2**53 + 1}}', "'a.seed' is a whole number beyond"),
        ('return {"mean": 1.0, (1, 2): 3}', "the key (1, 2) is a tuple"),
        ('return {"mean": context.split.forget_train}', "'mean' is a Tensor, not a number"),
        ('return {"mean": 1.0, "a": __import__("numpy").zeros(3)}', "belong into Made.arrays"),
        ('return {"mean": "high"}', "a number is wanted"),
        ('return {"average": 1.5}', "column 'mine' reads 'mean', and there is only: average"),
        ('return Made({"mean": 1.0}, {"x.npz": {"x": [{}]}})', "holds Python objects"),
        ("return 1 / 0", "line 13: ZeroDivisionError"),
        ("raise SystemExit(3)", "line 13: SystemExit"),
    ],
)
def test_what_goes_wrong_in_it_is_told_and_harms_nothing(store, plugins, tmp_path, body, word):
    file, before = tmp_path / "bad.py", ours(store)
    file.write_text(attack(body))
    said = told(store, file, "mine")
    assert len(said) == 2  # of each model
    assert all(text.startswith(f"'mine' failed: {file}") and word in text for text in said)
    assert ours(store) == before
    shown = open_study(Store(store), "tiny").to_dict()
    assert "own" not in shown
    assert not any("mine" in model for model in shown["models"])


def test_numbers_of_numpy_are_stored_as_numbers(store, plugins, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        attack(
            'return {"mean": np.float32(1.5), "n": np.int64(3), "all": (np.bool_(True),), 4: 2**53}'
        ).replace("\n", "\nimport numpy as np\n", 1)
    )
    assert told(store, file, "mine") == []
    models = open_study(Store(store), "tiny").to_dict()["models"]
    stored = [{k: v for k, v in m["mine"].items() if k != "seconds"} for m in models]
    assert stored == [{"mean": 1.5, "n": 3, "all": [True], "4": 2**53}] * 2


def test_a_number_too_large_that_was_stored_before_leaves_its_table_readable(
    call, store, plugins, tmp_path, monkeypatch
):
    """An older version stored it."""
    file = tmp_path / "mine.py"
    file.write_text(attack('return {"mean": 1.5}'))
    told(store, file, "mine")
    (folder,) = store.glob("studies/tiny-*/models/ft-*/mine-*")
    text = json.dumps({"mean": 10**400}).encode()
    (folder / "result.json").write_bytes(text)
    record = json.loads((folder / "artefact.json").read_text())
    known = {"bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()}
    record["files"]["result.json"] = known
    (folder / "artefact.json").write_text(json.dumps(record))
    status, out, err = call("table", "tiny", "--about", "mine")
    assert (status, err) == (0, "")
    assert [line.split("|")[2].strip() for line in out.splitlines()[2:]] == ["1.50", "–"]


def numbers(store: Path) -> list[dict[str, Any]]:
    """The study's models without what differs from run to run."""
    models = open_study(Store(store), "tiny").to_dict()["models"]
    timing = ("seconds", "stage_seconds", "peak_memory_mb", "mine")
    kept = [{k: v for k, v in model.items() if k not in timing} for model in models]
    for model in kept:
        for name in ("inversion", "masked"):
            model[name] = {k: v for k, v in model[name].items() if k != "seconds"}
    return kept


@pytest.mark.slow
def test_what_it_does_to_a_model_in_memory_reaches_no_other_answer(store, plugins, tmp_path):
    before = numbers(store)
    shutil.rmtree(store / "studies")
    file = tmp_path / "rude.py"
    rude = (
        "context.subject.outputs.train.logits.zero_()",
        "context.original.network.head.weight.data.zero_()",
        'return {"mean": 0.0}',
    )
    file.write_text(attack("\n        ".join(rude)))
    assert told(store, file, "mine") == []
    assert all("mine" in m for m in open_study(Store(store), "tiny").to_dict()["models"])
    assert numbers(store) == before


def test_a_loop_at_import_is_interrupted(store, plugins, tmp_path, monkeypatch):
    file, before = tmp_path / "loop.py", ours(store)
    file.write_text(
        "x = 1\nwhile True:\n    try:\n        x += 1\n    except Exception:\n        x"
    )
    monkeypatch.setattr(plugins_module, "LIMIT_SECONDS", 0.2)
    (said,) = told(store, file)
    assert re.match(rf"{file}, line [1-5]: loading it took more than 0.2 s", said)
    assert ours(store) == before
    assert told(store, file) == [said]  # not tried again until it changes


@pytest.mark.slow
def test_shipped_studies_read_the_same_beside_a_users_attack(plugins, tmp_path):
    first, *_, last = (model.key for model in open_study(Store(shipped_root()), "digits").models)
    before = open_study(Store(shipped_root()), "digits").to_dict([first, last])
    (tmp_path / "mine.py").write_text(attack())
    add_source(tmp_path)
    assert plugins.load() == []
    after = open_study(Store(shipped_root()), "digits").to_dict([first, last])
    assert len(after["models"]) == 2
    assert after.pop("study")["place"] == before.pop("study")["place"]
    assert after == before


def test_an_attack_is_found_in_a_folder_and_by_an_entry_point(plugins, tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "one.py").write_text(attack(name="one"))
    (tmp_path / "package_of_mine.py").write_text(attack(name="two"))
    monkeypatch.syspath_prepend(tmp_path)
    entry = importlib.metadata.EntryPoint("two", "package_of_mine", "opcviz.attacks")
    monkeypatch.setattr(
        plugins_module, "entry_points", lambda group: [entry] if group == entry.group else []
    )
    assert plugins.load([tmp_path / "folder"]) == []
    assert {"one", "two"} <= {kind.name for kind in kinds() if kind.own}
    sys.modules.pop("package_of_mine")


def test_optional_ones_are_chosen_by_name(call):
    status, _, err = call("run", "digits", "--attacks", "telepathy")
    assert status == 2
    assert "--attacks: 'telepathy' cannot be chosen; there are: membership, similarity" in err


def test_the_readmes_table_has_the_lines_that_the_kinds_declare(call):
    table = README.partition("### The JSON of `show`")[2].partition("\n## ")[0]
    found = re.findall(r"^\| `(.+?)` \| (.+) \|$", table, re.M)
    assert dict(found) == documentation(), "paste what `opcviz list fields --json` says"
    assert len(found) == len(documentation())
    rows = json.loads(call("list", "fields", "--json")[1])
    assert {row["field"]: row["meaning"] for row in rows} == documentation()


@pytest.mark.slow
def test_every_documented_field_is_there():
    shipped = open_study(Store(shipped_root()), "digits")
    study = shipped.to_dict([shipped.models[-1].key])
    absent = (
        ".outdated",
        ".ground_truth",
        ".requests",
        ".clients",
    )  # only where there is something to say, or planted
    for path in documentation():
        if path.startswith(".") and not path.startswith(absent):
            for spelt in _spelt(path.removeprefix(".")):
                here = study["models"][-1]
                for key in spelt.split("."):
                    assert key.removesuffix("[]") in here, spelt
                    here = here[key.removesuffix("[]")]


def _spelt(path: str) -> list[str]:
    """`a.{b,c}` as `a.b` and `a.c`."""
    before, brace, after = path.partition("{")
    if not brace:
        return [path]
    names, _, rest = after.partition("}")
    return [each for name in names.split(",") for each in _spelt(before + name + rest)]


def test_a_name_that_is_taken_says_by_what_and_where(plugins, tmp_path):
    one, two = tmp_path / "one.py", tmp_path / "two.py"
    for file in (one, two):
        file.write_text(attack())
    (refused,) = plugins.load([one, two])
    assert refused.source == str(two)
    assert refused.reason.endswith(f"named 'mine' exists already: Mine in {one}")
    assert "0x" not in refused.reason
