"""Does what a model computes still serve classes near the forgotten ones?

A downstream user freezes the model and learns other classes from its outputs. Where unlearning
only covered the answers up, classes that resemble the forgotten ones are still served as the
original serves them; a model that never saw the forgotten classes serves them as well as what it
learnt elsewhere allows (compare arXiv 2503.06991, which judges unlearned models by downstream
k-NN). So the figure is read beside retrained models; and one far below them tells of damage
beyond forgetting.

Two probes, from the pixels to the logits, each fitted on labelled pictures of all downstream
classes and asked about unseen ones:

* `knn`: the nearest neighbours by cosine, nearer ones with more weight; neither the size of an
  output counts nor a rotation of all outputs.
* `linear`: multinomial logistic regression on features standardised one by one; the size of none
  of them counts. What varies by rounding alone is left out before.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch

from ...common.progress import Progress
from ...common.records import Undefined, guard
from ...models import BlockNet
from ...results import PIXELS, TransferResult, TransferRung
from ..judges import fitted
from ..probes import PROBES, RESOLUTION, Probing
from ..strongest import Sight, observe_together
from .downstream import Downstream
from .settings import Transfer

__all__ = ["transfer"]

Array = np.ndarray[Any, Any]


@torch.no_grad()
def transfer(
    model: BlockNet,
    exam: Downstream,
    config: Transfer | None = None,
    progress: Progress | None = None,
) -> TransferResult:
    """Probe a model at every place, by both probes, from every number of labelled pictures.

    Args:
        model: the model.
        exam: downstream pictures; the floors that are found are left with it for other models.
        config: the settings that `exam` was made with.
        progress: asked between fits whether to stop.

    Raises:
        Cancelled: from `progress`.
    """
    config, progress = config or Transfer(), progress or Progress()
    images = exam.images
    given = tuple(each for each in sorted(set(config.samples)) if each <= exam.fewest)
    left_out = tuple(each for each in sorted(set(config.samples)) if each > exam.fewest)
    told = partial(
        TransferResult,
        data=images.name,
        digest=exam.digest,
        near=tuple(images.class_names[each] for each in exam.near),
        shares=dict(zip(images.class_names, exam.shares, strict=True)),
        scored=len(images.y_test),
        left_out=left_out,
    )
    none = guard(
        (
            not given,
            f"the scarcest class of {images.name} has {exam.fewest} train pictures, fewer than "
            f"the {min(config.samples)} that would be given: lower transfer.samples",
        )
    )
    if none:
        return told(none)
    floors = tuple(exam.floors)  # none, where nobody has made them yet
    rungs: list[TransferRung] = []
    for place, train, test in _places(model, exam, config, progress):
        if not (np.isfinite(train).all() and np.isfinite(test).all()):
            return told(Undefined(f"the model's {place} are not finite: it diverged"))
        found = list(_rungs(place, train, test, given, exam, config, progress))
        rungs += found
        if place == PIXELS:
            exam.floors.extend(found)
    return told((*floors, *rungs))


def _places(
    model: BlockNet, exam: Downstream, config: Transfer, progress: Progress
) -> Iterator[tuple[str, Array, Array]]:
    """Every place with what is there of labelled and of unseen pictures, float64."""
    sight = Sight(config.width, config.seed, "none", pixels=not exam.floors)
    seen = observe_together(model, exam.images, [sight], blocks=True, progress=progress)
    *pixels, features, logits = seen.views[sight]
    found = [(view.place, view.train, view.test) for view in pixels]
    for name, outputs in seen.blocks.items():
        means = outputs.train.features.cpu(), outputs.test.features.cpu()
        if means[0].shape != features.train.shape or not torch.allclose(means[0], features.train):
            found.append((name, *means))
    found += [(view.place, view.train, view.test) for view in (features, logits)]
    for place, train, test in found:
        yield place, train.double().numpy(), test.double().numpy()


def _rungs(
    place: str,
    train: Array,
    test: Array,
    given: tuple[int, ...],
    exam: Downstream,
    config: Transfer,
    progress: Progress,
) -> Iterator[TransferRung]:
    """Every number of pictures and both probes at one place."""
    images = exam.images
    labels, truth = images.y_train.cpu().numpy(), images.y_test.cpu().numpy()
    classes = range(images.classes)
    for count in given:
        draws = min(config.draws, exam.fewest // count)
        for probe, answer in (("linear", _linear), ("knn", _knn)):
            recall = np.zeros(images.classes)
            for draw in range(draws):
                rows = exam.drawn(count, draw).cpu().numpy()
                answers = answer(train[rows], labels[rows], test, config)
                recall += [100 * np.mean(answers[truth == each] == each) for each in classes]
                progress.check()
            recall /= draws
            far = [each for each in classes if each not in exam.near]
            yield TransferRung(
                place,
                probe,
                count,
                draws,
                float(recall[list(exam.near)].mean()),
                float(recall[far].mean()),
                dict(zip(images.class_names, recall.tolist(), strict=True)),
            )


def _linear(x: Array, y: Array, asked: Array, config: Transfer) -> Array:
    varies = x.std(0) > RESOLUTION * np.abs(x.mean(0))
    if not varies.any():
        varies[:1] = True  # it answers by shares alone
        x = np.zeros_like(x)
    learn = partial(PROBES["linear"], Probing(inverse_penalty=config.inverse_penalty), len(y), 0)
    found: Array = fitted(learn, x[:, varies], y).predict(asked[:, varies])
    return found


def _knn(x: Array, y: Array, asked: Array, config: Transfer) -> Array:
    """Nearer ones count more: of a tie of votes scikit-learn would take the class of least number.

    No more of them vote than there are labelled pictures of a class.
    """
    from sklearn.neighbors import KNeighborsClassifier

    count = min(config.neighbours, int(np.bincount(y).max()))
    nearest = KNeighborsClassifier(count, metric="cosine", weights="distance")
    found: Array = nearest.fit(x, y).predict(asked)
    return found
