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
        {"weight": 1000.0, "norm": "squared", "lr": 1e-6},  # at 1e-5 the last digits decide
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

    settings = {"lr": 1e-5, **settings}
    method = create("opc", target="logits", epochs=10, batch_size=12, **settings)
    request = tiny_request(original=tiny_original, progress=Progress(listen))
    _, outcome = method.unlearn(request)
    assert (outcome.status, outcome.reason) == ("finished", "")
    assert losses[0] > 1e4
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize(("name", "settings"), [("ga", {}), ("opc_logits", {"weight": 1000.0})])
def test_a_huge_rate_is_a_divergence(tiny_request: MakeRequest, name: str, settings: dict) -> None:
    method = create(name, epochs=20, lr=10.0, batch_size=12, schedule="constant", **settings)
    _, outcome = method.unlearn(tiny_request())
    assert outcome.status == "diverged"
    assert outcome.reason == f"diverged at step {outcome.step}"
