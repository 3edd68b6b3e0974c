"""Gradient inversion, side by side: a plain rendering of Geiping's method against ours.

    python -m benchmarks.inversion [--plain-pictures 8] [--pictures 8] [--seeds 0 1 2]
    python -m benchmarks.inversion --steps 1 2 4 [--pictures 4] [--methods original retrain ft]

Trains an original and six other models on digits (classes 0, 1, 2 forgotten) for each seed, then
attacks the same pictures with both. The plain attack is what papers' code does: one picture at a
time, the gradient by autograd with `create_graph`, 1,000 steps of Adam at lr 0.1 (halved three
times), total variation, random start. Both see the same target gradients. With several seeds the
last lines say what the original gives away over all of them.

With `--steps` it shows instead whether the search has converged: the same pictures with so many
times the default steps a round. PSNR counts up to one grey level of 255 (48.1 dB) there: pictures
that agree in every byte cannot agree better.
"""

from __future__ import annotations

import argparse
import math
import time

import torch
from torch import Tensor
from torch.nn import functional as F

from opcviz.attacks.inversion import Inversion, class_mean_scores, frozen_copy, invert
from opcviz.attacks.inversion.scores import psnr
from opcviz.data import DataSpec, Images, Scenario, load
from opcviz.methods import Request, create
from opcviz.models import Architecture, Classifier, build_network
from opcviz.results import InversionSummary
from opcviz.tasks import get_task
from opcviz.training import Training

METHODS = ("original", "retrain", "opc", "rl", "ga", "ft", "neggrad_plus")


def models_of(
    seed: int, methods: tuple[str, ...] = METHODS
) -> tuple[dict[str, Classifier], Images, Tensor]:
    """Trained models of digits, the original first; the data, and the positions to forget."""
    images = load(DataSpec(name="digits"))
    split = Scenario.parse("classes:0,1,2").split(images)

    def fresh() -> Classifier:
        torch.manual_seed(seed)
        net = build_network(Architecture(), images.shape[0], images.classes)
        return Classifier(net, *images.mean_std(), images.shape)

    task, made = get_task("classification"), dict[str, Classifier]()
    for name in dict.fromkeys(methods):
        training = Training(epochs=15, lr=0.1, batch_size=64)
        original = made.get("original")
        request = Request(task, images, split, original, fresh, training, seed)
        made[name], _ = create(name, dataset="digits").unlearn(request)
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


ONE_LEVEL = 20 * math.log10(255)
"""PSNR of pictures that differ by one grey level of 255, in dB."""


def convergence(asked: argparse.Namespace, seed: int) -> None:
    """A line a model and number of steps: PSNR, settled pictures, CPU seconds."""
    made, images, forget = models_of(seed, ("original", *asked.methods))
    at = forget[torch.linspace(0, len(forget) - 1, asked.pictures).round().long()]
    pictures, labels = images.batch(at), images.y_train[at]
    plain, wanted = Inversion(decoys=0, frames=0), list(dict.fromkeys(asked.methods))
    print(
        f"\nseed {seed}\n{'model':<14}{'steps':>7}{'PSNR':>7}{'gain':>7}{'settled':>9}{'CPU s':>7}"
    )
    for name in wanted:
        last = math.nan
        for factor in asked.steps:
            began = time.process_time()
            config = plain.replace(iterations=factor * plain.iterations)
            found = invert([made[name]], pictures, labels, config, seed=seed)
            level = float(found.psnr[0].clamp(max=ONE_LEVEL).mean())
            print(
                f"{name:<14}{float(found.steps[0].double().mean()):7.0f}{level:7.1f}"
                f"{level - last:+7.1f}{int(found.settled[0].sum()):6d}/{len(pictures)}"
                f"{time.process_time() - began:8.1f}",
                flush=True,
            )
            last = level


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plain-pictures", type=int, default=8, help="attacked the plain way")
    parser.add_argument("--pictures", type=int, default=8, help="attacked our way, each model")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--steps", type=int, nargs="+", help="multiples of the default steps")
    asked = parser.parse_args()
    torch.set_flush_denormal(True)  # the plain attack gets this too
    if asked.steps:
        for seed in asked.seeds:
            convergence(asked, seed)
        return
    rows = [one_seed(asked, seed) for seed in asked.seeds]
    plain, ours, same, slow, fast = (torch.tensor(column) for column in zip(*rows, strict=True))
    print(
        f"\nall {len(rows)} seeds, original model: {ours.mean():.1f} dB over {asked.pictures} "
        f"pictures each (seeds: {', '.join(f'{v:.1f}' for v in ours)})"
    )
    if asked.plain_pictures:
        print(
            f"on the plain attack's pictures: {plain.mean():.1f} dB plain, {same.mean():.1f} dB "
            f"ours; {slow.mean() / fast.mean():.0f}× faster a picture"
        )


def one_seed(asked: argparse.Namespace, seed: int) -> tuple[float, ...]:
    """Plain PSNR, our PSNR on all and on the plain attack's pictures, both times a picture."""
    began = time.perf_counter()
    made, images, forget = models_of(seed, ("original", *asked.methods))
    print(
        f"\nseed {seed}: {len(made)} models trained in {time.perf_counter() - began:.1f} s, "
        f"{torch.get_num_threads()} threads"
    )
    at = forget[torch.linspace(0, len(forget) - 1, asked.pictures).round().long()]
    pictures, labels = images.x_train[at].float() / 255, images.y_train[at]

    began, scores = time.perf_counter(), []
    both = torch.linspace(0, asked.pictures - 1, asked.plain_pictures).round().long()
    for p in both.tolist():
        one = slice(p, p + 1)
        found = plain_attack(made["original"], pictures[one], labels[one], seed)
        scores.append(float(psnr(found, pictures[one])))
    slow = (time.perf_counter() - began) / max(1, len(both))
    plain = sum(scores) / max(1, len(scores))
    if scores:
        print(
            f"plain, original model: {slow:6.2f} s a picture, PSNR {plain:.1f} dB "
            f"({len(both)} pictures)"
        )

    # without the baseline's random gradients, which the plain attack does not make either
    config = Inversion(decoys=0)
    result = invert(list(made.values()), pictures, labels, config, seed=seed)
    fast = result.seconds / (len(made) * len(pictures))
    same = float(result.psnr[0, both].mean())
    same_too = f", PSNR {same:.1f} dB (the same)" if scores else ""
    print(f"ours, {len(made)} models:       {fast:6.2f} s a picture{same_too}")
    print(f"{len(made)} × {len(pictures)} pictures in {result.seconds:.1f} s")

    beside = invert(list(made.values()), pictures, labels, Inversion(), seed=seed).summary()
    print(f"\n{'model':<14}{'PSNR':>7}{'SSIM':>7}{'cost':>9}{'‖g‖':>10}{'random g':>10}  note")
    for name, row in zip(made, beside, strict=True):
        print(
            f"{name:<14}{cells(row)}{row.random_gradient.psnr or math.nan:10.1f}  "
            f"{row.reason or ''}"
        )
    mean = class_mean_scores(images.x_train, images.y_train, pictures, labels)
    print(f"{'class mean':<14}{mean.psnr:7.1f}{mean.ssim:7.2f}")
    return plain, float(result.psnr[0].mean()), same, slow, fast


def cells(row: InversionSummary) -> str:
    forms = {"psnr": "7.1f", "ssim": "7.2f", "cost": "9.4f", "gradient_norm": "10.3g"}
    widths = {"psnr": 7, "ssim": 7, "cost": 9, "gradient_norm": 10}
    return "".join(
        f"{'-':>{widths[name]}}" if value is None else format(value, form)
        for name, form in forms.items()
        for value in (getattr(row, name),)
    )


if __name__ == "__main__":
    main()
