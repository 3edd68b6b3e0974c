"""Throughput of training and unlearning: the usual recipe and ours, side by side, in one run.

    python -m benchmarks.training                       # two threads, both nets, quiet and busy
    python -m benchmarks.training --networks resnet20 --share 0.1 --rounds 1     # a short try

The usual recipe stands below as a person would write it: a data set of PIL pictures, torchvision's
crop, flip and normalisation picture by picture in two DataLoader workers, fp32, the same network,
batch and optimiser. Ours is this project's loop with `precision = "auto"`. Unlearning is OPC as
published, cross-entropy on retained pictures plus the length of the logits of forgotten ones, each
step on one joint batch; in the usual recipe two loaders are joined.

Each figure is taken in a process of its own, and the ways take turns, so that a busy machine slows
all of them. The first epoch of each is not counted. `beside` says what else ran: nothing, or one
process that keeps a core busy. Pictures are random numbers: no data set is needed, and the work of
a step does not depend on what is seen. The table shows medians and the ratio of medians.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

CLASSES, FORGET, SIDE = 10, 3, 32
EPOCHS = 3  # of which the first is not counted
BATCH = 128
PICTURES = {"resnet20": 5120, "resnet18": 1024}  # an epoch of some seconds either way
WAYS = ("usual", "ours")
WORKS = ("train", "unlearn")
BUSY = "while True: pass"


def pictures(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Random pictures (count, 3, 32, 32) uint8 and labels, evenly spread over the classes."""
    import torch

    generator = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (count, 3, SIDE, SIDE), dtype=torch.uint8, generator=generator)
    return x, torch.arange(count) % CLASSES


# ---- the usual recipe -----------------------------------------------------------------------


def usual(network: str, work: str, count: int, workers: int) -> list[float]:
    """Seconds of each epoch, as most published code has it."""
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, Dataset
    from torchvision import transforms
    from torchvision.transforms import functional as TF

    from opcviz.models import Architecture
    from opcviz.models.architectures import build_network

    class Pictures(Dataset):
        """PIL pictures in memory and a transform of each, as torchvision's data sets have them."""

        def __init__(self, x: torch.Tensor, y: torch.Tensor) -> None:
            self.pictures = [TF.to_pil_image(each) for each in x]
            self.labels = y.tolist()
            self.transform = transforms.Compose(
                [
                    transforms.RandomCrop(SIDE, padding=4),
                    transforms.RandomHorizontalFlip(),
                    transforms.ToTensor(),
                    transforms.Normalize((0.5,) * 3, (0.25,) * 3),
                ]
            )

        def __len__(self) -> int:
            return len(self.labels)

        def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
            return self.transform(self.pictures[index]), self.labels[index]

    def loader(x: torch.Tensor, y: torch.Tensor) -> DataLoader:
        return DataLoader(
            Pictures(x, y),
            batch_size=BATCH,
            shuffle=True,
            num_workers=workers,
            persistent_workers=workers > 0,
        )

    def endless(loader: DataLoader) -> Iterator[Any]:
        while True:
            yield from loader

    x, y = pictures(count)
    gone = y < FORGET
    model = build_network(Architecture(network), 3, CLASSES)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
    criterion = nn.CrossEntropyLoss()
    loaders = [loader(x, y)] if work == "train" else [loader(x[~gone], y[~gone])]
    forget = endless(loader(x[gone], y[gone])) if work == "unlearn" else None
    model.train()
    seconds = []
    for _ in range(EPOCHS):
        began = time.perf_counter()
        for images, labels in loaders[0]:
            if forget is None:
                loss = criterion(model(images), labels)
            else:
                others, _ = next(forget)
                logits = model(torch.cat([images, others]))
                kept, contracted = logits[: len(images)], logits[len(images) :]
                loss = criterion(kept, labels) + contracted.norm(dim=1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        seconds.append(time.perf_counter() - began)
    return seconds


# ---- ours -----------------------------------------------------------------------------------


def ours(network: str, work: str, count: int, workers: int) -> list[float]:
    """Seconds of each epoch of the project's loop; it has no workers."""
    from opcviz.common.devices import flush_denormals
    from opcviz.data import Images, Scenario
    from opcviz.methods import Request, create
    from opcviz.models import Architecture, build_classifier
    from opcviz.tasks import get_task
    from opcviz.training import Training

    class Clock:
        """Notes when an epoch ends."""

        def __init__(self) -> None:
            self.times: list[float] = []

        def __call__(self, model: object, epoch: int) -> None:
            self.times.append(time.perf_counter())

        def state(self) -> dict[str, torch.Tensor]:
            return {}

        def load(self, state: dict[str, torch.Tensor]) -> None:
            pass

    flush_denormals()
    x, y = pictures(count)
    data = Images("random", x, y, x[:10], y[:10], tuple(map(str, range(CLASSES))))
    split = Scenario.parse(f"classes:{','.join(map(str, range(FORGET)))}").split(data)
    training = Training(epochs=EPOCHS, lr=0.01, batch_size=BATCH, augment="crop_flip")
    clock = Clock()
    request = Request(
        task=get_task("classification"),
        data=data,
        split=split,
        original=build_classifier(Architecture(network), data, 0),
        fresh=lambda: build_classifier(Architecture(network), data, 0),
        training=training,
        watch=clock,
    )
    method = create("original")
    if work == "unlearn":
        method = create("opc_logits", epochs=EPOCHS, lr=0.01, batch_size=BATCH)
    method.unlearn(request)
    return [after - before for before, after in zip(clock.times, clock.times[1:], strict=False)]


# ---- measuring ------------------------------------------------------------------------------


def passed(work: str, count: int) -> int:
    """Pictures that pass the network in an epoch; unlearning adds as many forgotten ones a step."""
    if work == "train":
        return count
    gone = sum(1 for i in range(count) if i % CLASSES < FORGET)
    kept = count - gone
    return kept + -(-kept // BATCH) * min(BATCH, gone)


def one(args: argparse.Namespace) -> None:
    """Take one figure in this process and print it as JSON."""
    import torch

    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    count = max(2 * BATCH, round(PICTURES[args.network] * args.share))
    way = {"usual": usual, "ours": ours}[args.one]
    seconds = way(args.network, args.work, count, args.workers)[1:]
    print(json.dumps(passed(args.work, count) / statistics.median(seconds)))


@contextmanager
def beside(busy: bool) -> Iterator[None]:
    """While it lasts, one more process keeps a core busy."""
    other = subprocess.Popen([sys.executable, "-c", BUSY]) if busy else None
    try:
        yield
    finally:
        if other is not None:
            other.kill()
            other.wait()


def figure(way: str, network: str, work: str, args: argparse.Namespace) -> float:
    """Images a second of one way, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.training", "--one", way, "--network", network]
    command += ["--work", work, "--threads", str(args.threads), "--share", str(args.share)]
    command += ["--workers", str(args.workers)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(args.threads)}
    if way == "ours":  # as the project's programs begin
        from opcviz.common.threads import patient_threads

        patient_threads(environment)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{way}, {network}, {work} failed:\n{done.stderr}")
    return float(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--networks", default=",".join(PICTURES), help="which, with commas")
    parser.add_argument("--works", default=",".join(WORKS), help="train, unlearn or both")
    parser.add_argument("--beside", default="nothing,busy", help="nothing, busy or both")
    parser.add_argument("--rounds", type=int, default=3, help="turns of either way")
    parser.add_argument("--threads", type=int, default=2, help="of the training itself")
    parser.add_argument("--workers", type=int, default=2, help="of the usual recipe's loader")
    parser.add_argument("--share", type=float, default=1.0, help="of the pictures of an epoch")
    parser.add_argument("--one", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--network", help=argparse.SUPPRESS)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        one(args)
        return
    print(f"images/s, median of {args.rounds}; {args.threads} threads, batch {BATCH}, crop + flip")
    print(f"{'network':<10}{'work':<9}{'beside':<9}{'usual':>8}{'ours':>8}{'ratio':>7}  of quiet")
    quiet: dict[tuple[str, str], float] = {}
    for state in args.beside.split(","):
        for network in args.networks.split(","):
            for work in args.works.split(","):
                taken: dict[str, list[float]] = {way: [] for way in WAYS}
                with beside(state == "busy"):
                    for _ in range(args.rounds):
                        for way in WAYS:
                            taken[way].append(figure(way, network, work, args))
                rate = {way: statistics.median(each) for way, each in taken.items()}
                line = f"{network:<10}{work:<9}{state:<9}{rate['usual']:>8.0f}{rate['ours']:>8.0f}"
                line += f"{rate['ours'] / rate['usual']:>7.2f}"
                if state == "nothing":
                    quiet[network, work] = rate["ours"]
                elif (network, work) in quiet:
                    line += f"{rate['ours'] / quiet[network, work]:>10.2f}"
                print(line, flush=True)


if __name__ == "__main__":
    main()
