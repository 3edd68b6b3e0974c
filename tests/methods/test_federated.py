"""Methods for clients: what each of them sends, keeps and refuses, and their rules by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from opcviz.common.progress import Cancelled, Progress
from opcviz.data import DataSpec, Scenario, load
from opcviz.methods import Method, NotDefined, Request, create, list_methods
from opcviz.methods.federated.eraser import calibrated
from opcviz.methods.federated.leaving import others_mean
from opcviz.methods.federated.projected_ascent import project
from opcviz.models import Architecture, Classifier, build_classifier
from opcviz.tasks import get_task
from opcviz.training import Training
from opcviz.training.resume import ResumeFile

FOR_CLIENTS = [c for c in list_methods("classification") if c.scenarios == {"clients"}]
SCENARIO = Scenario.parse("client:1/3:1")
# elastic weights as strong as on all the digits diverge on so few
STABLE = {"fed_active": {"hold": 10.0}, "fed_leaver": {"hold": 10.0}}
NET = Architecture(width=0.1)


class Watch:
    """Counts looks, and says when to stop."""

    def __init__(self, stop: int | None = None) -> None:
        self.stop, self.seen = stop, []

    def __call__(self, model: Classifier, epoch: int) -> None:
        self.seen.append(float(model.head.weight.detach().norm()))

    def asked(self) -> bool:
        return self.stop is not None and len(self.seen) > self.stop

    def state(self) -> dict[str, Tensor]:
        return {"seen": torch.tensor(self.seen, dtype=torch.float64)}

    def load(self, state: dict[str, Tensor]) -> None:
        self.seen = state["seen"].tolist()


@pytest.fixture(scope="module")
def asked() -> Callable[..., Request]:
    """Makes a request of a small federation whose original is trained once."""
    images = load(DataSpec())
    images = replace(images, x_train=images.x_train[:150], y_train=images.y_train[:150])
    images = SCENARIO.prepare(images)
    plain = Request(
        task=get_task("classification"),
        data=images,
        split=SCENARIO.split(images),
        original=None,
        fresh=lambda: build_classifier(NET, images, 7),
        training=Training(epochs=3, lr=0.1, batch_size=32),
        seed=3,
    )
    original, outcome = create("original").unlearn(plain)
    kept = dict(outcome.kept)
    return lambda **changes: replace(plain, original=original, log=lambda: kept, **changes)


def weights(model: Classifier) -> dict[str, Tensor]:
    return {name: p.detach() for name, p in model.named_parameters()}


@pytest.mark.parametrize("cls", FOR_CLIENTS, ids=lambda cls: cls.info.name)
def test_every_method_makes_a_model_and_tells_who_took_part(cls: type[Method], asked) -> None:
    watch = Watch()
    request = asked(watch=watch)
    before = {name: value.clone() for name, value in request.original.state_dict().items()}
    model, outcome = cls(**STABLE.get(cls.info.name, {})).unlearn(request)
    assert outcome.status == "finished"
    assert all(map(torch.equal, before.values(), request.original.state_dict().values()))
    assert any(
        (a - b).abs().max() > 0
        for a, b in zip(weights(model).values(), weights(request.original).values(), strict=True)
    )
    assert outcome.exchanges
    assert outcome.exchanges[-1].megabytes > 0 or cls.info.name == "fed_eraser"
    assert len(watch.seen) == 1 + len(outcome.exchanges)  # looked at after each of them
    if "forget" not in cls.info.needs:  # then nobody may ask the leaver for anything
        assert not any(each.leaver for each in outcome.exchanges)
    else:
        assert any(each.leaver for each in outcome.exchanges)


@pytest.mark.parametrize(
    ("name", "stop"), [("original", 1), ("fed_pga", 1), ("fed_turns", 3), ("fed_leaver", 2)]
)
def test_stopped_in_any_round_it_ends_the_same(
    name: str, stop: int, asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ResumeFile, "every", -1.0)
    straight, whole = create(name).unlearn(asked(watch=(seen := Watch())))
    watch = Watch(stop)
    request = asked(watch=watch, resume_dir=tmp_path, progress=Progress(stop=watch.asked))
    with pytest.raises(Cancelled):
        create(name).unlearn(request)
    model, outcome = create(name).unlearn(asked(watch=(watch := Watch()), resume_dir=tmp_path))
    assert all(map(torch.equal, straight.state_dict().values(), model.state_dict().values()))
    assert watch.seen == seen.seen
    assert (outcome.step, outcome.exchanges) == (whole.step, whole.exchanges)


def test_methods_of_one_place_say_who_could_do_it(asked) -> None:
    for name, instead in (("ga", "fed_leaver"), ("ft", "fed_others"), ("opc", "fed_turns")):
        with pytest.raises(
            NotDefined, match=rf"clients keep theirs: .*{instead} \(inner = '{name}"
        ):
            create(name).unlearn(asked())
    one_place = replace(asked().split, clients=None)
    with pytest.raises(NotDefined, match="client:0/5:1"):
        create("fed_pga").unlearn(asked(split=one_place))


@pytest.mark.parametrize(
    ("name", "inner", "said"),
    [
        ("fed_leaver", "ft", "take fed_others"),
        ("fed_others", "opc", "take fed_leaver or fed_turns"),
        ("fed_turns", "ssd", "trains no objective"),
        ("fed_leaver", "fed_pga", "trains no objective"),
        ("fed_leaver", "nothing", "no method is called"),
    ],
)
def test_an_inner_method_must_need_what_its_holder_has(name, inner, said, asked) -> None:
    with pytest.raises(NotDefined, match=said):
        create(name, inner=inner).unlearn(asked())


def test_the_reference_of_pga_is_the_mean_of_the_others(asked) -> None:
    """θ less the leaver's part, against the mean of what the others sent, by their pictures."""
    request = asked()
    kept, held = request.log(), request.split.held
    sizes = {k: len(held.shard(k)) for k in (0, 2)}
    for name, value in others_mean(request, request.original).items():
        mean = sum(n * kept[f"last.{k}.{name}"].double() for k, n in sizes.items())
        torch.testing.assert_close(value.double(), mean / sum(sizes.values()), atol=1e-5, rtol=1e-4)


def test_projection_onto_a_ball(asked) -> None:
    model, centre = asked().copy_of_original(), weights(asked().original)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1)
    moved = weights(model)
    before = {name: value.clone() for name, value in moved.items()}
    apart = sum((before[n] - centre[n]).square().sum() for n in centre).sqrt()
    project(model, centre, 2 * float(apart))
    assert all(torch.equal(before[n], value) for n, value in weights(model).items())
    project(model, centre, 0.5 * float(apart))
    for name, value in weights(model).items():
        torch.testing.assert_close(value, (before[name] + centre[name]) / 2)


def test_a_step_of_federaser_by_hand() -> None:
    before = {"w": torch.tensor([1.0, 1.0]), "b": torch.tensor([2.0]), "mean": torch.tensor([0.0])}
    after = {"w": torch.tensor([1.3, 1.4]), "b": torch.tensor([2.0]), "mean": torch.tensor([5.0])}
    lengths = {"w": torch.tensor(2.0), "b": torch.tensor(1.0)}
    made = calibrated(before, after, lengths)
    torch.testing.assert_close(made["w"], torch.tensor([1 + 2 * 0.6, 1 + 2 * 0.8]))  # 3-4-5
    assert made["b"].tolist() == [2.0]  # a weight that did not move has no direction
    assert made["mean"].tolist() == [5.0]


def test_federaser_begins_with_the_stored_updates_of_those_who_stay(asked) -> None:
    request = asked()
    model, outcome = create("fed_eraser", every=99).unlearn(request)  # nothing is calibrated
    kept, held = request.log(), request.split.held
    sizes = {k: len(held.shard(k)) for k in (0, 2)}
    for name, value in weights(model).items():
        mean = sum(n * kept[f"first.{k}.{name}"].double() for k, n in sizes.items())
        torch.testing.assert_close(value, (mean / sum(sizes.values())).float())
    assert outcome.step == 0
