"""Augmentation, side by side: torchvision picture by picture against ours on the whole batch.

    OMP_NUM_THREADS=1 python -m benchmarks.augment [--batch 256] [--side 32] [--rounds 9]
    python -m benchmarks.augment --device cuda

Both start from uint8 pictures in memory and end with a float batch in [0, 1] after crop, mirror and
the named augmentation. torchvision's way is what a data loader's worker does: one picture at a time
through `transforms.v2`, once on tensors and once on PIL pictures. The ways take turns within one
run, so that a busy machine slows all of them; the table shows medians and the ratio of medians.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as TF

from opcviz.data import augment

THEIRS: dict[str, Callable[[], torch.nn.Module]] = {
    "crop_flip": torch.nn.Identity,
    "randaugment": v2.RandAugment,
    "autoaugment": lambda: v2.AutoAugment(v2.AutoAugmentPolicy.CIFAR10),
    "trivialaugment": v2.TrivialAugmentWide,
    "random_erasing": v2.RandomErasing,
    "augmix": v2.AugMix,
}


def pipeline(name: str, side: int) -> v2.Compose:
    """The usual training transform of one picture, tensor or PIL, to float (C, H, W)."""
    steps = [v2.RandomCrop(side, padding=side // 8), v2.RandomHorizontalFlip()]
    convert = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True)]
    extra = [THEIRS[name]()]
    # torchvision erases tensors, and the others want uint8
    return v2.Compose(steps + (convert + extra if name == "random_erasing" else extra + convert))


def ways(name: str, x: Tensor, device: str) -> dict[str, Callable[[], Tensor]]:
    """What is compared, by name: no arguments in, (B, C, H, W) out."""
    transform = pipeline(name, x.shape[2])
    pictures = [TF.to_pil_image(picture) for picture in x]
    generator = torch.Generator().manual_seed(0)
    on_device = x.to(device)
    return {
        "tensors": lambda: torch.stack([transform(picture) for picture in x]).to(device),
        "PIL": lambda: torch.stack([transform(picture) for picture in pictures]).to(device),
        "ours": lambda: augment(on_device.float() / 255, name, generator),
    }


def medians(compared: dict[str, Callable[[], Tensor]], rounds: int, device: str) -> dict:
    """Milliseconds a batch, the median of `rounds` turns after one that is not counted."""
    spent: dict[str, list[float]] = {way: [] for way in compared}
    for turn in range(rounds + 1):
        for way, function in compared.items():
            start = time.perf_counter()
            function()
            if device.startswith("cuda"):
                torch.cuda.synchronize()
            if turn:
                spent[way].append(1e3 * (time.perf_counter() - start))
    return {way: statistics.median(times) for way, times in spent.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--side", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--device", default="cpu", help="where our batch is, e.g. cuda")
    args = parser.parse_args()
    torch.manual_seed(0)
    x = torch.randint(0, 256, (args.batch, 3, args.side, args.side), dtype=torch.uint8)
    print(f"{args.batch} × 3 × {args.side} × {args.side}, {args.device}, ms a batch (median)")
    print(
        f"{'policy':<16}{'tensors':>10}{'PIL':>10}{'ours':>10}{'tensors/ours':>14}{'PIL/ours':>10}"
    )
    for name in THEIRS:
        ms = medians(ways(name, x, args.device), args.rounds, args.device)
        print(
            f"{name:<16}{ms['tensors']:>10.1f}{ms['PIL']:>10.1f}{ms['ours']:>10.1f}"
            f"{ms['tensors'] / ms['ours']:>14.1f}{ms['PIL'] / ms['ours']:>10.1f}"
        )


if __name__ == "__main__":
    main()
