"""The registry of tasks, and the losses of the first one against what they are made of."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from opcviz.common.config import ConfigError
from opcviz.data import Images, Split, Tensors
from opcviz.models import Architecture, Classifier
from opcviz.tasks import Task, get_task, list_tasks, register_task
from opcviz.training import Batch

TASK = get_task("classification")


def batch(images: Images, ids: list[int], forget: list[bool]) -> Batch:
    index = torch.tensor(ids)
    return Batch(images.batch(index), images.y_train[index], index, torch.tensor(forget))


def test_classification_is_the_first_task() -> None:
    assert list_tasks()[0] == "classification"
    assert TASK.name == "classification"


def test_an_unknown_task_is_refused_with_the_known() -> None:
    with pytest.raises(ConfigError, match=r"no task is called 'x'; there are: classification"):
        get_task("x")


def test_a_name_is_given_once() -> None:
    with pytest.raises(ConfigError, match="a task named 'classification' exists already"):

        @register_task("classification")
        class Another(type(TASK)):
            pass


def test_all_its_losses_are_one_cross_entropy(
    tiny_images: Images, tiny_original: Classifier
) -> None:
    model = tiny_original.train()
    some = batch(tiny_images, [0, 15, 30, 31], [True, False, False, True])
    each = F.cross_entropy(model(some.x), some.y, reduction="none")
    torch.testing.assert_close(TASK.losses(model, some.x, some.y), each)
    torch.testing.assert_close(TASK.loss(model, some), each.mean())
    retain, forget = TASK.part_losses(model, some)
    torch.testing.assert_close(retain, each[[1, 2]].mean())
    torch.testing.assert_close(forget, each[[0, 3]].mean())
    for mine, general in zip((retain, forget), Task.part_losses(TASK, model, some), strict=True):
        torch.testing.assert_close(mine, general)
    torch.testing.assert_close(Task.loss(TASK, model, some), each.mean())


def test_a_model_that_is_not_split_into_body_and_head_is_refused(tiny_images: Images) -> None:
    with pytest.raises(TypeError, match="a Linear shows neither features nor a head"):
        TASK.observe(torch.nn.Linear(2, 2), tiny_images)
    with pytest.raises(TypeError, match="`wrap_network` wraps"):
        TASK.final_layer(torch.nn.Linear(2, 2))


@pytest.mark.parametrize("general", [False, True])
def test_a_part_without_samples_has_no_loss_and_no_gradient(
    tiny_images: Images, tiny_original: Classifier, general: bool
) -> None:
    some = batch(tiny_images, [0, 15], [False, False])
    parts = Task.part_losses if general else type(TASK).part_losses
    _, forget = parts(TASK, tiny_original, some)
    forget.backward()
    assert forget.item() == 0
    assert not any(bool(p.grad.any()) for p in tiny_original.parameters())


def test_it_draws_classes_as_the_model_does(tiny_images: Images, tiny_original: Classifier) -> None:
    ids = torch.arange(5)
    x, y = tiny_images.batch(ids), tiny_images.y_train[ids]
    drawn = TASK.model_targets(tiny_original.eval(), x, y)
    assert [int(target.unique()) for target, _ in drawn] == [0, 1, 2, 3]
    probabilities = torch.stack([p for _, p in drawn], 1)
    torch.testing.assert_close(probabilities, tiny_original(x).softmax(1).detach())


def test_live_numbers_are_accuracies_of_the_parts(
    tiny_images: Images, tiny_split: Split, tiny_original: Classifier
) -> None:
    ids = torch.arange(48)
    x, y = tiny_images.batch(ids), tiny_images.y_train.clone()
    forget = torch.isin(ids, tiny_split.forget_train)
    right = tiny_original.eval()(x).argmax(1) == y
    assert TASK.live(tiny_original, x, y, forget) == {
        "forget_accuracy": pytest.approx(100 * right[forget].double().mean().item(), rel=1e-5),
        "retain_accuracy": pytest.approx(100 * right[~forget].double().mean().item(), rel=1e-5),
    }


def test_it_observes_both_splits(tiny_images: Images, tiny_original: Classifier) -> None:
    seen = TASK.observe(tiny_original, tiny_images)
    for split, y in (("train", tiny_images.y_train), ("test", tiny_images.y_test)):
        part = getattr(seen, split)
        logits = tiny_original.eval()(tiny_images.batch(torch.arange(len(y)), split))
        torch.testing.assert_close(part.logits, logits.detach())
        assert torch.equal(part.labels, y)


def test_data_without_classes_are_refused() -> None:
    numbers = Tensors("n", *(torch.rand(4, 1, 8), torch.rand(4)) * 2)
    with pytest.raises(ConfigError, match="the targets of n are not classes"):
        TASK.build(Architecture(), numbers, 0)
