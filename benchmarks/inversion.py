"""Gradient inversion, side by side: a plain rendering of Geiping's method against ours.

    python benchmarks/inversion.py [--plain-pictures 2] [--pictures 8] [--seed 0]

Trains an original and six other models on digits (classes 0, 1, 2 forgotten), then attacks the
same pictures with both. The plain attack is what papers' code does: one picture at a time, the
gradient by autograd with `create_graph`, 1,000 steps of Adam at lr 0.1 (halved three times), total
variation, random start. Both see the same target gradients.
"""

from __future__ import annotations

import argparse
import time

import torch
from torch import Tensor
from torch.nn import functional as F

from opcviz.attacks.inversion import Inversion, class_mean_scores, frozen_copy, invert
from opcviz.attacks.inversion_scores import psnr
from opcviz.data import DataSpec, Scenario, load
from opcviz.methods import Task, create
from opcviz.models import Architecture, Classifier, build_network
from opcviz.training import Training

METHODS = ("original", "retrain", "opc", "rl", "ga", "ft", "neggrad_plus")


def models_of(seed: int) -> tuple[dict[str, Classifier], Tensor, Tensor]:
    """Seven trained models of digits, and the training pictures and labels to forget."""
    images = load(DataSpec(name="digits"))
    split = Scenario.parse("classes:0,1,2").split(images)

    def fresh() -> Classifier:
        torch.manual_seed(seed)
        net = build_network(Architecture(), images.shape[0], images.classes)
        return Classifier(net, *images.mean_std(), images.shape)

    made: dict[str, Classifier] = {}
    for name in METHODS:
        training = Training(epochs=15, lr=0.1, batch_size=64)
        task = Task(images, split, made.get("original"), fresh, training, seed)
        made[name], _ = create(name, dataset="digits").unlearn(task)
    return made, images, split.forget_train


def plain_attack(model: torch.nn.Module, picture: Tensor, label: Tensor, seed: int) -> Tensor:
    """Geiping et al. 2020 as it is usually written down: (1, C, H, W) in, (1, C, H, W) out."""
    model = frozen_copy(model).requires_grad_(True)
    weights = list(model.parameters())
    target = torch.autograd.grad(F.cross_entropy(model(picture), label), weights)
    x = torch.rand(picture.shape, generator=torch.Generator().manual_seed(seed))
    x.requires_grad_(True)
    optimizer = torch.optim.Adam([x], lr=0.1)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [375, 625, 875], gamma=0.5)
    for _ in range(1000):
        optimizer.zero_grad()
        found = torch.autograd.grad(F.cross_entropy(model(x), label), weights, create_graph=True)
        along = sum((a * b).sum() for a, b in zip(found, target, strict=True))
        lengths = sum(a.square().sum() for a in found), sum(b.square().sum() for b in target)
        variation = x.diff(dim=2).abs().mean() + x.diff(dim=3).abs().mean()
        cost = 1 - along / (lengths[0].sqrt() * lengths[1].sqrt()) + 1e-3 * variation
        (x.grad,) = torch.autograd.grad(cost, x)
        optimizer.step()
        schedule.step()
        x.data.clamp_(0, 1)
    return x.detach()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plain-pictures", type=int, default=2, help="attacked the plain way")
    parser.add_argument("--pictures", type=int, default=8, help="attacked our way, each model")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()

    began = time.perf_counter()
    made, images, forget = models_of(asked.seed)
    print(f"{len(made)} models trained in {time.perf_counter() - began:.1f} s, "
          f"{torch.get_num_threads()} threads")  # fmt: skip
    at = forget[torch.linspace(0, len(forget) - 1, asked.pictures).round().long()]
    pictures, labels = images.x_train[at].float() / 255, images.y_train[at]

    torch.set_flush_denormal(True)  # the plain attack gets this too
    began, scores = time.perf_counter(), []
    for p in range(asked.plain_pictures):
        one = slice(p, p + 1)
        found = plain_attack(made["original"], pictures[one], labels[one], asked.seed)
        scores.append(float(psnr(found, pictures[one])))
    plain = (time.perf_counter() - began) / asked.plain_pictures
    print(f"plain, original model: {plain:6.2f} s a picture, PSNR "
          f"{sum(scores) / len(scores):.1f} dB ({asked.plain_pictures} pictures)")  # fmt: skip

    result = invert(list(made.values()), pictures, labels, Inversion(), seed=asked.seed)
    ours = result.seconds / (len(made) * len(pictures))
    same = result.psnr[0, : asked.plain_pictures].mean()
    print(f"ours, {len(made)} models:       {ours:6.2f} s a picture, PSNR {same:.1f} dB (the same)")
    print(f"speed-up {plain / ours:.0f}×; {len(made)} × {len(pictures)} pictures in "
          f"{result.seconds:.1f} s")  # fmt: skip

    print(f"\n{'model':<14}{'PSNR':>7}{'SSIM':>7}{'cost':>9}{'‖g‖':>10}  note")
    for name, row in zip(made, result.summary(), strict=True):
        print(f"{name:<14}" + cells(row) + f"  {row['reason'] or ''}")
    mean = class_mean_scores(images.x_train, images.y_train, pictures, labels)
    print(f"{'class mean':<14}{mean['psnr']:7.1f}{mean['ssim']:7.2f}")


def cells(row: dict) -> str:
    forms = {"psnr": "7.1f", "ssim": "7.2f", "cost": "9.4f", "gradient_norm": "10.3g"}
    widths = {"psnr": 7, "ssim": 7, "cost": 9, "gradient_norm": 10}
    return "".join(
        f"{'-':>{widths[name]}}" if row[name] is None else format(row[name], form)
        for name, form in forms.items()
    )


if __name__ == "__main__":
    main()
