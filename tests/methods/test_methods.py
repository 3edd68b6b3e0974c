"""One set of tests over the whole registry: a new method joins by being registered."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch

from opcviz.common.config import ConfigError, settings_of
from opcviz.common.progress import Cancelled, Progress
from opcviz.data import Images, Scenario
from opcviz.methods import (
    MARKS,
    Fidelity,
    Iterative,
    Method,
    Request,
    create,
    get_method,
    list_methods,
    register,
    tuned_datasets,
)
from opcviz.methods.declaration import METHODS as METHODS_KNOWN
from opcviz.models import Classifier
from opcviz.training import Outcome, Training
from opcviz.training.resume import ResumeFile

TINY = {"epochs": 2, "batch_size": 16, "lr": 0.02}  # what a method's own settings shrink to

OWN = {
    "ssd": {"alpha": 1.0},  # half the tiny data is forgotten: F_f > 2·F_D cannot be
    "manif_smc": {"paths": 2, "path_steps": 3},
}
# closed forms, and what leaves the start that it is given: the same for every seed
DRAWS_NOTHING = {"ssd", "opc_head", "untrained"}


MakeRequest = Callable[..., Request]
# those for clients have requests of their own, see `test_federated`
METHODS = [cls for cls in list_methods("classification") if cls.scenarios != {"clients"}]


def tiny(cls: type[Method]) -> Method:
    settings = {**TINY, **OWN.get(cls.info.name, {})}
    return cls.from_dict({k: v for k, v in settings.items() if k in settings_of(cls)})


@pytest.fixture(params=METHODS, ids=[cls.info.name for cls in METHODS])
def method(request: pytest.FixtureRequest) -> Method:
    return tiny(request.param)


class Asked:
    """Answers a method's question whether to stop, and does something at one of them."""

    def __init__(self, at: int = 0, error: type[BaseException] | None = None) -> None:
        self.count, self.at, self.error = 0, at, error

    def __call__(self) -> bool:
        self.count += 1
        if self.count == self.at and self.error:
            raise self.error
        return self.count == self.at


class Run(NamedTuple):
    """What a method made of the plain request, nobody having stopped it.

    Attributes:
        model, outcome: what it gave back.
        request: what it was given.
        before: the original as it was then.
        asked: how often it was ready to stop.
    """

    model: Classifier
    outcome: Outcome
    request: Request
    before: Classifier
    asked: int


@pytest.fixture(scope="module")
def finished() -> dict[str, Run]:
    return {}


@pytest.fixture
def run(method: Method, tiny_request: MakeRequest, finished: dict[str, Run]) -> Callable[[], Run]:
    """The method's plain run: made once, looked at by all and never changed."""

    def look() -> Run:
        name = method.info.name
        if name not in finished:
            asked = Asked()
            request = tiny_request(progress=Progress(stop=asked))
            before = copy.deepcopy(request.original)
            finished[name] = Run(*method.unlearn(request), request, before, asked.count)
        return finished[name]

    return look


@pytest.fixture
def clean(run: Callable[[], Run]) -> Classifier:
    """What the method makes of the plain request."""
    return run().model


# ---- what is declared -----------------------------------------------------------------------


def test_a_method_says_what_it_is(method: Method) -> None:
    info = method.info
    assert all((info.title, info.paper, info.family, info.summary, type(method).__doc__))
    assert info.needs & {"forget", "retain"} or info.name == "untrained"
    assert get_method(info.name) is type(method)
    if info.family != "reference":
        assert "original" in info.needs


def test_a_method_says_how_closely_it_follows_its_paper(method: Method) -> None:
    fidelity = method.info.fidelity
    assert fidelity.mark in MARKS
    assert fidelity.deviations or fidelity.mark != "corrected"
    assert Fidelity.from_dict(json.loads(json.dumps(fidelity.to_dict()))) == fidelity
    assert method.info.paper.startswith("ours") <= (fidelity.mark == "ours")


def test_a_users_own_method_is_nobody_elses() -> None:
    info = {"title": "x", "paper": "mine", "family": "own", "needs": "retain", "summary": "x"}
    before = METHODS_KNOWN.snapshot()
    try:
        entered = register("mine_alone", **info)(
            dataclass(frozen=True)(type("Mine", (Method,), {}))
        )
        assert entered.info.fidelity == Fidelity("ours")
    finally:
        METHODS_KNOWN.restore(before)
    with pytest.raises(ConfigError, match="fidelity is one of faithful, corrected, ours, not 'so'"):
        register("x", **info, fidelity="so")
    with pytest.raises(ConfigError, match=r"a deviation is a sentence .*: 'none'"):
        register("x", **info, deviations=["none"])


def test_every_setting_is_described(method: Method) -> None:
    for name, about in settings_of(type(method)).items():
        assert about.help, name


def test_settings_survive_json(method: Method) -> None:
    cls = type(method)
    name = cls.info.name
    tuned = (
        create(name, dataset=dataset, scenario=scenario)
        for dataset, scenarios in tuned_datasets(name).items()
        for scenario in scenarios
    )
    for made in (method, cls(), *tuned):
        assert cls.from_dict(json.loads(json.dumps(made.to_dict()))) == made


def test_bad_settings_are_named(method: Method) -> None:
    cls = type(method)
    with pytest.raises(ConfigError, match=f"{cls.__name__} has no setting 'typo'"):
        create(cls.info.name, typo=1)
    for name, about in settings_of(cls).items():
        wrong: list[Any] = [object()]
        ends = [about.low - 1] if about.low is not None else []
        ends += [about.high + 1] if about.high is not None else []
        value = getattr(method, name)
        wrong += [(end,) if isinstance(value, tuple) else type(value)(end) for end in ends]
        if about.choices:
            wrong.append("nonsense")
        for value in wrong:
            with pytest.raises(ConfigError, match=rf"{cls.__name__}\.{name}: "):
                cls.from_dict({name: value})


# ---- what every method does -----------------------------------------------------------------


def test_it_makes_a_model_and_leaves_the_original(
    method: Method, run: Callable[[], Run], same_weights
) -> None:
    model, outcome, request, before, *_ = run()
    assert (outcome.status, outcome.reason) == ("finished", "")
    assert outcome.seconds > 0
    assert same_weights(request.original, before)
    assert request.original.training == before.training
    assert all(p.requires_grad and p.grad is None for p in request.original.parameters())
    assert model is not request.original
    assert not model.training
    assert all(bool(v.isfinite().all()) for v in model.state_dict().values())
    own = {p.data_ptr() for p in model.parameters()}
    assert not own & {p.data_ptr() for p in request.original.parameters()}
    assert not same_weights(model, before)
    assert model(request.data.x_test / 255).shape == (len(request.data.y_test), 4)


@pytest.mark.slow
def test_a_seed_decides_everything_random_and_no_method_looks_at_the_test_set(
    method: Method, clean: Classifier, tiny_request: MakeRequest, same_weights
) -> None:
    request = tiny_request()
    other = replace(
        request.data, x_test=255 - request.data.x_test, y_test=request.data.y_test.flip(0)
    )
    torch.rand(7)  # what others draw in between must not matter
    assert same_weights(clean, method.unlearn(tiny_request(seed=0, data=other))[0])
    seeded, _ = method.unlearn(tiny_request(seed=4))
    assert same_weights(clean, seeded) == (method.info.name in DRAWS_NOTHING)


class Killed(BaseException):
    """Stands for the process's end."""


@pytest.mark.slow
def test_it_stops_when_asked(
    method: Method, run: Callable[[], Run], tiny_request: MakeRequest
) -> None:
    whole = run().asked
    assert whole >= 1
    for at in {1, whole // 2 + 1, whole}:
        asked = Asked(at)
        with pytest.raises(Cancelled):
            method.unlearn(tiny_request(progress=Progress(stop=asked)))
        assert asked.count == at  # at once


@pytest.mark.slow
def test_a_killed_run_continues_bit_for_bit(
    method: Method,
    run: Callable[[], Run],
    tiny_request: MakeRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    same_weights,
) -> None:
    whole, outcome, *_, asked = run()
    monkeypatch.setattr(ResumeFile, "every", 0.0)
    half = asked // 2 + 1
    with pytest.raises(Killed):
        method.unlearn(
            tiny_request(progress=Progress(stop=Asked(half, Killed)), resume_dir=tmp_path)
        )
    resumed, again = method.unlearn(tiny_request(resume_dir=tmp_path))
    assert same_weights(resumed, whole)
    assert (again.step, again.gradients) == (outcome.step, outcome.gradients)
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


@pytest.mark.parametrize("part", ["forget", "retain"])
def test_it_uses_exactly_the_data_it_declares(
    method: Method, clean: Classifier, part: str, tiny_request: MakeRequest, same_weights
) -> None:
    """Other pixels and labels in a part change the result where it is needed, and only there."""
    request = tiny_request()
    ids = getattr(request.split, f"{part}_train")
    x, y = request.data.x_train.clone(), request.data.y_train.clone()
    x[ids] = 255 - x[ids]
    y[ids] = (y[ids] + 1) % request.data.classes
    other: Images = replace(request.data, x_train=x, y_train=y)
    model, _ = method.unlearn(tiny_request(data=other))
    assert same_weights(model, clean) == (part not in method.info.needs)


def test_it_uses_the_original_exactly_if_it_declares_so(
    method: Method, clean: Classifier, tiny_request: MakeRequest, same_weights
) -> None:
    if "original" in method.info.needs:
        with pytest.raises(ConfigError, match="there is none"):
            method.unlearn(tiny_request(original=None))
        return
    assert same_weights(method.unlearn(tiny_request(original=None))[0], clean)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["classes", "samples"])
def test_it_forgets_what_it_says_it_can(
    method: Method, kind: str, tiny_request: MakeRequest, tiny_images: Images
) -> None:
    wanted = {"classes": "classes:2", "samples": "random:10%"}[kind]
    request = tiny_request(split=Scenario.parse(wanted).split(tiny_images))
    if kind in method.scenarios:
        method.check(request)
        model, outcome = method.unlearn(request)
        assert outcome.status == "finished"
        assert isinstance(model, Classifier)
    else:
        with pytest.raises(ConfigError, match=f"method '{method.info.name}' .*forget"):
            method.check(request)


@pytest.mark.slow
@pytest.mark.parametrize(
    "cls", [c for c in METHODS if issubclass(c, Iterative)], ids=lambda c: c.info.name
)
def test_pictures_are_varied_as_in_the_study(
    cls: type[Iterative], tiny_request: MakeRequest, same_weights
) -> None:
    study = Training(epochs=1, augment="crop")
    short = tiny(cls).replace(epochs=1)
    same, _ = short.unlearn(tiny_request(training=study))
    named, _ = short.replace(augment="crop").unlearn(tiny_request())
    plain, _ = short.replace(augment="none").unlearn(tiny_request(training=study))
    assert same_weights(same, named)
    assert not same_weights(same, plain)
