"""The judge: a small network that says of any picture which class it shows, or that it shows none.

A classifier that must name a class calls pure noise a digit, and grey a 0. So this one has one
answer more, learnt from pictures that show nothing, and its answer alone is not believed: a picture
is *genuine* when it also lies among the real pictures of the class it is judged to be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn

from ...common.progress import Progress
from ...data import Data
from ...models.diffusion import pictures
from ...results import JudgeReport
from ...training import Batch, Batches, Training, train
from .manifold import Manifold

__all__ = ["Judge", "Judged", "Jury", "judge_report", "train_judge"]

NEIGHBOURS = 5
CHUNK = 1024
SMOOTHING, NOISE = 0.05, 0.1
SHOWN_NOTHING = 600  # pictures of each kind that the judge's report is about


class Judge(nn.Module):
    """Four convolutions and a linear layer, (B, channels, H, W) -> (B, classes + 1) logits.

    The last answer is that a picture shows no class. Pictures are in [-1, 1].
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.classes = classes
        widths = ((channels, 32, 1), (32, 32, 1), (32, 64, 2), (64, 64, 1))
        layers = [_block(*each) for each in widths]
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(64, classes + 1)

    def features(self, x: Tensor) -> Tensor:
        """(B, 64), what the answer is made from."""
        seen: Tensor = self.body(x).mean((2, 3))
        return seen

    def forward(self, x: Tensor) -> Tensor:
        """The logits."""
        answer: Tensor = self.head(self.features(x))
        return answer


def _block(inside: int, outside: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride, 1, bias=False), nn.BatchNorm2d(outside), nn.ReLU()
    )


def train_judge(
    data: Data, *, epochs: int = 40, seed: int = 0, progress: Progress | None = None
) -> Judge:
    """A judge of all classes, trained on the whole train set.

    Args:
        data: pictures with classes.
        epochs: passes over them.
        seed: of weights, order and what is made of the pictures.
        progress: asked whether to stop.

    Raises:
        Cancelled: from `progress`.
    """
    # it may be wanted while somebody looks at a model, without gradients
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(seed)
        judge = Judge(data.shape[0], data.classes).to(data.device)
        everything = torch.arange(len(data.y_train), device=data.device)
        spec = Training(
            epochs=epochs,
            lr=3e-3,
            batch_size=128,
            optimizer="adamw",
            weight_decay=0.01,
            precision="fp32",
        )
        batches = Batches(data, everything, everything[:0], spec.batch_size)
        quiet = Progress(stop=_stops(progress))
        train(judge, batches, _objective, spec, seed=seed, progress=quiet)
    return judge.eval()


def _stops(progress: Progress | None) -> Callable[[], bool]:
    def stop() -> bool:
        if progress:
            progress.check()
        return False

    return stop


def _objective(judge: Judge, batch: Batch) -> Tensor:
    """Log loss on shifted, noised pictures, and on half as many that show nothing; smoothed."""
    real = 2 * batch.x - 1
    nothing = _nothing(real, len(real) // 2)
    shown = _shifted(real)
    shown = (shown + NOISE * torch.randn(shown.shape).to(real.device)).clamp(-1, 1)
    none = torch.full((len(nothing),), judge.classes, device=real.device)
    log = judge(torch.cat([shown, nothing])).log_softmax(1)
    right = log.gather(1, torch.cat([batch.y, none])[:, None])
    loss: Tensor = (SMOOTHING - 1) * right.mean() - SMOOTHING * log.mean()
    return loss


def _shifted(x: Tensor) -> Tensor:
    """Each picture by up to one pixel, in either direction."""
    height, width = x.shape[2:]
    wide = nn.functional.pad(x, (1, 1, 1, 1), value=-1.0)
    down, right = torch.randint(3, (2, len(x))).to(x.device)
    rows = down[:, None] + torch.arange(height, device=x.device)
    columns = right[:, None] + torch.arange(width, device=x.device)
    picked = torch.arange(len(x), device=x.device)[:, None, None]
    return wide[picked, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _nothing(real: Tensor, count: int) -> Tensor:
    """(count, *shape) pictures that show nothing: noise, blanks, and real pixels out of place."""
    shape, device = (count, *real.shape[1:]), real.device
    level = torch.rand(count, 1, 1, 1) * 2 - 1
    gaussian = level * torch.randint(2, (count, 1, 1, 1)) + torch.randn(shape) * (
        0.2 + torch.rand(count, 1, 1, 1)
    )
    uniform = torch.rand(shape) * 2 - 1
    blank = level + 0.1 * torch.rand(count, 1, 1, 1) * torch.randn(shape)
    made = [each.to(device) for each in (gaussian, uniform, blank)]
    pixels = real.flatten(2)
    few = torch.randint(len(real), (count, 1, pixels.shape[2])).to(device)
    mixed = pixels.gather(0, few.expand(-1, pixels.shape[1], -1)).view(shape)
    order = torch.rand(count, 1, pixels.shape[2]).argsort(2).to(device)
    chosen = pixels[torch.randint(len(real), (count,)).to(device)]
    shuffled = chosen.gather(2, order.expand_as(chosen)).view(shape)
    averaged = real[torch.randint(len(real), (count, 5)).to(device)].mean(1)
    kinds = torch.stack([*made, mixed, shuffled, averaged])
    which = torch.randint(len(kinds), (count,)).to(device)
    return kinds[which, torch.arange(count, device=device)].clamp(-1, 1)


@dataclass(frozen=True, eq=False)
class Judged:
    """What the jury says of pictures.

    Attributes:
        labels: (B,) the most probable answer; the number of classes for none.
        genuine: (B,) bool, whether it is a class and the picture lies among real ones of it.
        entropy: (B,) of the answer's probabilities, nats.
        features: (B, 64) the judge's.
    """

    labels: Tensor
    genuine: Tensor
    entropy: Tensor
    features: Tensor

    def shows(self, classes: Tensor) -> tuple[Tensor, Tensor]:
        """(B,) bool twice: judged to be of one of these classes, and genuinely so."""
        judged = torch.isin(self.labels, classes.to(self.labels))
        return judged, judged & self.genuine


@dataclass(frozen=True, eq=False)
class Jury:
    """A judge beside the real pictures of every class.

    Attributes:
        judge: it.
        manifolds: by class, of its train pictures in the judge's features.
    """

    judge: Judge
    manifolds: tuple[Manifold, ...]

    @classmethod
    def of(cls, judge: Judge, data: Data) -> Self:
        """The jury about a data set, whose train pictures are the real ones."""
        everything = torch.arange(len(data.y_train), device=data.device)
        features = _seen(judge, pictures(data, everything))[0]
        labels = data.y_train
        found = (Manifold.of(features[labels == c], NEIGHBOURS) for c in range(data.classes))
        return cls(judge, tuple(found))

    def look(self, drawn: Tensor) -> Judged:
        """Judge pictures, (B, *shape) in [-1, 1]; what lies beyond is clipped."""
        features, logits = _seen(self.judge, drawn.clamp(-1, 1))
        log = logits.double().log_softmax(1)
        labels = log.argmax(1)
        genuine = torch.zeros(len(drawn), dtype=torch.bool, device=drawn.device)
        for c, manifold in enumerate(self.manifolds):
            rows = labels == c
            genuine[rows] = manifold.holds(features[rows])
        return Judged(labels, genuine, -(log.exp() * log).sum(1), features)

    def arrays(self) -> Mapping[str, np.ndarray]:
        """The judge's weights, by name."""
        return {name: value.cpu().numpy() for name, value in self.judge.state_dict().items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], data: Data) -> Self:
        """Inverse of `arrays`, beside the same data."""
        judge = Judge(data.shape[0], data.classes)
        judge.load_state_dict({name: torch.from_numpy(each) for name, each in arrays.items()})
        return cls.of(judge.to(data.device).eval(), data)


@torch.no_grad()
def _seen(judge: Judge, x: Tensor) -> tuple[Tensor, Tensor]:
    """Features and logits, in eval mode."""
    features = torch.cat([judge.features(part) for part in x.split(CHUNK)])
    return features, judge.head(features)


def judge_report(jury: Jury, data: Data, seed: int) -> JudgeReport:
    """How far a jury can be trusted: on real test pictures, and on pictures that show nothing.

    Args:
        jury: it.
        data: whose test pictures it has not seen.
        seed: of the judge, to be told.
    """
    y = data.y_test
    told = jury.look(pictures(data, torch.arange(len(y), device=data.device), "test"))
    right = told.labels == y
    genuine = {
        str(c): 100 * (right & told.genuine)[y == c].double().mean().item()
        for c in range(data.classes)
        if bool((y == c).any())
    }
    fooled = {}
    for name, shown in showing_nothing(data.shape).items():
        seen = jury.look(shown.to(data.device))
        counts = seen.labels[seen.genuine].bincount(minlength=data.classes)
        fooled[name] = 100 * counts.max().item() / len(shown)
    return JudgeReport(100 * right.double().mean().item(), genuine, fooled, seed)


def showing_nothing(shape: tuple[int, ...]) -> dict[str, Tensor]:
    """Pictures without anything in them by kind, (n, *shape) in [-1, 1]."""
    generator = torch.Generator().manual_seed(1)
    size = (SHOWN_NOTHING, *shape)
    levels = torch.linspace(-0.5, 0.5, SHOWN_NOTHING).view(-1, *[1] * len(shape))
    return {
        "gaussian": torch.randn(size, generator=generator),
        "uniform": torch.rand(size, generator=generator) * 2 - 1,
        "grey": levels.expand(size).contiguous(),
        "black": torch.full(size, -1.0),
    }
