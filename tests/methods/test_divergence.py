"""What ends as diverged, and what only has a large loss."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from opcviz.common.progress import Event, Progress, Step
from opcviz.methods import Request, create
from opcviz.models import Classifier

MakeRequest = Callable[..., Request]


@pytest.mark.parametrize(
    "settings",
    [
        {"weight": 1000.0},
        {"weight": 300.0, "norm": "squared"},
        {"weight": 1000.0, "norm": "squared"},
    ],
    ids=lambda settings: "-".join(map(str, settings.values())),
)
def test_a_heavy_contraction_trains(
    tiny_request: MakeRequest, tiny_original: Classifier, settings: dict
) -> None:
    tiny_original.head.weight.data *= 20  # logits as long as a trained network's of full width
    losses: list[float] = []

    def listen(event: Event) -> None:
        if isinstance(event, Step):
            losses.append(event.loss)

    method = create("opc", target="logits", epochs=10, lr=1e-5, batch_size=12, **settings)
    request = tiny_request(original=tiny_original, progress=Progress(listen))
    _, outcome = method.unlearn(request)
    assert (outcome.status, outcome.reason) == ("finished", "")
    assert losses[0] > 1e4
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize("name", ["ga", "opc_logits"])
def test_a_huge_rate_is_a_divergence(tiny_request: MakeRequest, name: str) -> None:
    method = create(name, epochs=20, lr=10.0, batch_size=12, schedule="constant")
    _, outcome = method.unlearn(tiny_request())
    assert outcome.status == "diverged"
    assert outcome.reason == f"diverged at step {outcome.step}"
