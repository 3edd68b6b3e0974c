"""Training on with retained records: nothing of a forgotten one reaches the model."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from opcviz.attacks.waveforms import WaveformDimra, train_on_retained
from opcviz.data import Scenario
from opcviz.data.earthquakes import Earthquakes, simulated
from opcviz.models import Architecture
from opcviz.tasks import get_task

CONFIG = WaveformDimra(looks=(1, 2), batch_size=16)


def test_the_attack_learns_from_retained_records_alone(one_thread: None) -> None:
    data = simulated(6, 80, 40)
    split = Scenario.parse("region:30,60,0,30").split(data)
    model = get_task("waveforms").build(Architecture("latent:mlp-v", width=0.1), data, 0)

    def attacked(given: Earthquakes) -> list[Tensor]:
        seen: list[Tensor] = []
        reason = train_on_retained(
            model.eval(),
            given,
            split,
            lambda it: seen.append(torch.cat([w.detach().flatten() for w in it.parameters()])),
            CONFIG,
        )
        assert not reason
        return seen

    def louder(which: Tensor) -> Earthquakes:
        x = data.x_train.clone()
        x[which] *= 100
        return replace(data, x_train=x)

    plain, other = attacked(data), attacked(louder(split.forget_train))
    assert len(plain) == 3
    assert all(torch.equal(a, b) for a, b in zip(plain, other, strict=True))
    assert not torch.equal(plain[-1], attacked(louder(split.retain_train))[-1])
    before = torch.cat([w.detach().flatten() for w in model.parameters()])
    assert torch.equal(plain[0], before)
