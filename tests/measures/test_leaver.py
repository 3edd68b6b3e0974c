"""What is left of a client, in models made by hand whose answers are known."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from opcviz.artefacts import NotGiven, get_kind
from opcviz.artefacts.classification.clients import LeaverSettings
from opcviz.common.records import Undefined
from opcviz.data import DataSpec, Scenario, load
from opcviz.measures.leaver import LeaverNumbers, auc_by_class, turned
from opcviz.models import Architecture, build_classifier


def said(answers: list[int]) -> torch.Tensor:
    return F.one_hot(torch.tensor(answers), 3).float()


def test_what_the_trigger_turns_by_hand():
    labels = torch.tensor([0, 1, 1, 2, 2])
    # of four pictures of other classes one is turned, one was answered 0 already, two stay
    clean, patched = said([0, 1, 0, 2, 2]), said([0, 0, 0, 2, 2])
    assert turned(clean, patched, labels, 0) == 25
    assert turned(said([0] * 5), said([0] * 5), labels, 0) == 0
    with pytest.raises(ValueError, match="no pictures of another class"):
        turned(clean[:1], patched[:1], labels[:1], 0)


def test_members_are_compared_with_strangers_of_their_class_alone():
    def logits(labels: list[int], sure: list[float]) -> tuple[torch.Tensor, torch.Tensor]:
        y = torch.tensor(labels)
        return F.one_hot(y, 3) * torch.tensor(sure)[:, None], y

    # class 0 is hard for everybody: without its own strangers its members would lose all pairs
    ours = logits([0, 0, 1], [2.0, 1.0, 9.0])
    theirs = logits([0, 0, 1, 1, 2], [1.0, 0.0, 9.0, 8.0, 99.0])
    pairs = [1, 1, 0.5, 1]  # of the members of class 0 with their strangers
    by_hand = (sum(pairs) / 2 + (0.5 + 1) / 2) / 3
    assert auc_by_class(*ours, *theirs) == pytest.approx(by_hand)
    alone = auc_by_class(*logits([2], [1.0]), *logits([0, 1], [1.0, 1.0]))
    assert isinstance(alone, Undefined)


def test_numbers_of_a_model_are_of_the_clean_pictures_of_the_leaver():
    images = load(DataSpec())
    scenario = Scenario.parse("client:2/4:1:3:50%")
    data = scenario.prepare(images)
    split = scenario.split(data)
    look = LeaverNumbers(data, split)
    clean = set(split.forget_train.tolist()) - set(data.planted.ids.tolist())
    assert set(look.mine.tolist()) == clean
    assert torch.equal(look.labels, images.y_train[look.mine])
    model = build_classifier(Architecture(width=0.1), images, 0)
    found = look(model)
    with torch.no_grad():
        answers = model.eval()(data.batch(look.mine)).argmax(1)
    assert found["leaver_accuracy"] == pytest.approx(
        100 * float((answers == look.labels).double().mean())
    )
    assert 0 <= found["leaver_auc"] <= 1
    with torch.no_grad():
        model.head.weight.fill_(float("nan"))
    assert all(value != value for value in look(model).values())


class Asked:
    """What the kind is given: a model of a client's study, and no more than it asks for."""

    def __init__(self, clients: bool) -> None:
        images = load(DataSpec())
        scenario = Scenario.parse("client:0/3:1" if clients else "trigger:0:10%")
        self.data = scenario.prepare(images)
        self.split = scenario.split(self.data)
        self.seed = 0
        self.subject = self
        self.network = build_classifier(Architecture(width=0.1), images, 0)
        from opcviz.common.progress import Progress

        self.progress = Progress()

    def settings(self, cls: type) -> LeaverSettings:
        return LeaverSettings(rounds=1, shots=4, steps=1)


def test_the_kind_goes_on_from_the_model_and_leaves_it_as_it_was():
    context = Asked(clients=True)
    before = {name: value.clone() for name, value in context.network.state_dict().items()}
    found = get_kind("clients").measure(context).result
    assert [share.leaves for share in found.clients] == [True, False, False]
    assert sum(share.pictures for share in found.clients) == 1437
    assert found.clients[0].poisoned == len(context.data.planted.ids)
    assert len(found.test) == len(found.backdoor) == 2
    assert found.returned == found.backdoor[1]
    assert 0 <= found.relearned <= 100
    after = context.network.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert type(found).from_dict(found.to_dict()) == found


def test_the_kind_says_where_no_client_left():
    with pytest.raises(NotGiven, match="no client left"):
        get_kind("clients").measure(Asked(clients=False))
