"""Recovery attacks on many features: time, memory, and streamed against direct least squares.

    python -m benchmarks.recovery [--samples 50000] [--features 512] [--classes 10]

Runs FM, HR and HR on labels from all four fit sets with 12 ridges on random features that know
their class a little, then the size sweep, and compares the streamed solution with the one of a
solver that holds all centred samples in float64 at once.
"""

from __future__ import annotations

import argparse
import os
import threading
import time

import torch
from torch import Tensor

from opcviz.attacks.recovery import Recovery, recover
from opcviz.attacks.recovery.least_squares import StreamedLeastSquares
from opcviz.data import Split
from opcviz.results import FIT_SETS
from opcviz.tasks.classification import ModelOutputs, Observation


class PeakMemory:
    """The greatest resident memory of this process while it is open, above that at its start."""

    def __enter__(self) -> PeakMemory:
        self.start = self.peak = _resident()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._stop.wait(0.002):
            self.peak = max(self.peak, _resident())

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.megabytes = (self.peak - self.start) / 2**20


def _resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def two_models(samples: int, d: int, classes: int) -> tuple:
    """Outputs of an original and an unlearned model, the original's head, and 30 % to forget."""
    g = torch.Generator().manual_seed(0)
    means = torch.randn(classes, d, generator=g)
    head = (means / d**0.5, torch.randn(classes, generator=g))
    turn = torch.randn(d, d, generator=g) / d**0.5

    def side(count: int) -> tuple[Observation, Observation]:
        labels = torch.randint(classes, (count,), generator=g)
        before = (means[labels] * 0.3 + torch.randn(count, d, generator=g)).relu()
        after = (before @ turn + 2 * torch.randn(count, d, generator=g)).relu()
        logits = before @ head[0].T + head[1]
        noise = torch.randn(count, classes, generator=g)
        return (
            Observation(before, logits, labels),
            Observation(after, noise, labels),
        )

    train, test = side(samples), side(samples // 5)
    gone = [s[0].labels < 0.3 * classes for s in (train, test)]
    split = Split(
        forget_train=gone[0].nonzero().flatten(),
        retain_train=(~gone[0]).nonzero().flatten(),
        forget_test=gone[1].nonzero().flatten(),
        retain_test=(~gone[1]).nonzero().flatten(),
        classes=tuple(range(round(0.3 * classes))),
    )
    views = (ModelOutputs(train=a, test=b) for a, b in zip(train, test, strict=True))
    return *views, head, split


def direct(features: Tensor, targets: Tensor, ridge: float) -> tuple[Tensor, Tensor]:
    """Least squares by LAPACK on all samples at once: weight (d, k), bias (k,)."""
    f, t = features.double(), targets.double()
    centre, wanted = f.mean(0), t.mean(0)
    rows, goals = f - centre, t - wanted
    if ridge:
        rows = torch.cat([rows, ridge**0.5 * torch.eye(f.shape[1], dtype=f.dtype)])
        goals = torch.cat([goals, goals.new_zeros(f.shape[1], t.shape[1])])
    weight = torch.linalg.lstsq(rows, goals, driver="gelsd").solution
    return weight, wanted - centre @ weight


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=50_000)
    parser.add_argument("--features", type=int, default=512)
    parser.add_argument("--classes", type=int, default=10)
    asked = parser.parse_args()
    original, unlearned, head, split = two_models(asked.samples, asked.features, asked.classes)
    x, z = unlearned.train.features, original.train.logits
    StreamedLeastSquares(8, 2).add(x[:100, :8], z[:100, :2]).solve()  # LAPACK wakes up

    print(f"{asked.samples} × {asked.features} features, {torch.get_num_threads()} threads")
    for title, config in (
        ("all fit sets, 12 ridges", Recovery(sizes=())),
        ("and the size sweep", Recovery()),
    ):
        began, worked = time.perf_counter(), time.process_time()
        with PeakMemory() as memory:
            result = recover(original, unlearned, head, split, config)
        seconds, busy = time.perf_counter() - began, time.process_time() - worked
        print(
            f"{title:<26}{seconds:6.2f} s ({busy:.2f} s of CPU), "
            f"{memory.megabytes:.0f} MB above the data"
        )

    moments = StreamedLeastSquares(asked.features, asked.classes)
    for rows in torch.arange(len(x)).split(7001):  # another cut than the accumulator's own
        moments.add(x[rows], z[rows])
    print("\nstreamed against direct, greatest difference of any weight or answer")
    for ridge in (0.0, 1.0, 1e4):
        streamed, (weight, bias) = moments.solve(ridge), direct(x, z, ridge)
        answers = streamed(x) - (x.double() @ weight + bias)
        apart = max(float((streamed.weight - weight).abs().max()), float(answers.abs().max()))
        print(f"  ridge {ridge:<8g}{apart:.1e}")

    print(f"\n{'forget accuracy, %':<20}" + "".join(f"{name:>26}" for name in FIT_SETS))
    for attack in ("fm", "hr", "hr_labels"):
        cells = ""
        for name in FIT_SETS:
            entry = result.attack(attack)[name]
            low, high = entry.interval.low, entry.interval.high
            cells += f"{entry.forget_accuracy:10.1f} [{low:5.1f}, {high:5.1f}]"
        print(f"{attack:<20}{cells}")


if __name__ == "__main__":
    main()
