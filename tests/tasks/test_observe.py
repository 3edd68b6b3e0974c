"""One pass over a set of pictures."""

from __future__ import annotations

import pytest
import torch

from opcviz.common.progress import Cancelled, Progress
from opcviz.data import Images
from opcviz.models import Classifier
from opcviz.tasks.classification import observe


@pytest.mark.slow
def test_an_observation_is_what_the_model_computes(
    tiny_images: Images, tiny_original: Classifier
) -> None:
    seen = observe(tiny_original, tiny_images.x_train, tiny_images.y_train)
    x = tiny_images.x_train.float() / 255
    with torch.no_grad():
        logits = tiny_original.eval()(x)
    head = tiny_original.head
    assert len(seen) == len(x)
    assert seen.labels is tiny_images.y_train
    assert (seen.features.dtype, seen.logits.dtype) == (torch.float32, torch.float32)
    torch.testing.assert_close(seen.logits, logits)
    torch.testing.assert_close(seen.features @ head.weight.T + head.bias, logits)
    assert not seen.features.requires_grad


def test_chunks_do_not_matter(tiny_images: Images, tiny_original: Classifier) -> None:
    whole = observe(tiny_original, tiny_images.x_test, tiny_images.y_test)
    chunks = observe(tiny_original, tiny_images.x_test, tiny_images.y_test, batch=5)
    torch.testing.assert_close(chunks.features, whole.features)
    torch.testing.assert_close(chunks.logits, whole.logits)


@pytest.mark.parametrize("training", [True, False])
def test_the_model_is_left_as_it_was(
    tiny_images: Images, tiny_original: Classifier, training: bool
) -> None:
    tiny_original.train(training)
    before = {k: v.clone() for k, v in tiny_original.state_dict().items()}
    observe(tiny_original, tiny_images.x_train, tiny_images.y_train)
    assert tiny_original.training is training
    assert all(torch.equal(v, before[k]) for k, v in tiny_original.state_dict().items())


def test_watching_can_be_stopped(tiny_images: Images, tiny_original: Classifier) -> None:
    with pytest.raises(Cancelled):
        observe(
            tiny_original,
            tiny_images.x_train,
            tiny_images.y_train,
            progress=Progress(stop=lambda: True),
        )
