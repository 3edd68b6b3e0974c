"""Worst-case recovery on many features: CPU time and memory of every map, one view.

python -m benchmarks.ladder [--samples 50000] [--features 512] [--classes 10]
"""

from __future__ import annotations

import argparse
import time

from opcviz.attacks.strongest import Knowledge, Strongest, View, climb

from .recovery import PeakMemory, two_models


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=50_000)
    parser.add_argument("--features", type=int, default=512)
    parser.add_argument("--classes", type=int, default=10)
    asked = parser.parse_args()
    original, unlearned, head, split = two_models(asked.samples, asked.features, asked.classes)
    known = Knowledge(original, head, split)
    seen = unlearned.train.features, unlearned.test.features
    print(f"{asked.samples} × {asked.features} features, both threat models")
    for name in ("affine", "rbf", "mlp"):
        views = [View("features", "pooled", asked.features, *seen)]
        worked = time.process_time()
        with PeakMemory() as memory:
            result = climb(views, known, Strongest(maps=(name,)))
        busy = time.process_time() - worked
        figures = ", ".join(f"{a.holds} {a.recovered:.1f} %" for a in result.attempts())
        print(
            f"{name:<8}{busy:7.1f} s of CPU, {memory.megabytes:5.0f} MB above the data: {figures}"
        )


if __name__ == "__main__":
    main()
