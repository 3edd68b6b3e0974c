"""Recovery on many features: CPU time and memory of every map and of few-shot recovery, one view.

python -m benchmarks.ladder [--samples 50000] [--features 512] [--classes 10]
"""

from __future__ import annotations

import argparse
import time

from opcviz.attacks.few_shot import FewShot, few_shot
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
        figures = ", ".join(f"{a.holds} {a.recovered:.1f} %" for a in result.attempts())
        _say(name, worked, memory, figures)
    view = View("features", "pooled", asked.features, *seen)
    labels = original.train.labels, original.test.labels
    worked = time.process_time()
    with PeakMemory() as memory:
        found = few_shot([view], labels, split, FewShot())
    told = (
        f"{r.attempt.attacker} from {r.attempt.given} {r.attempt.recovered:.1f} %"
        for r in found.rungs
    )
    _say("few-shot", worked, memory, ", ".join(told))


def _say(name: str, worked: float, memory: PeakMemory, figures: str) -> None:
    busy = time.process_time() - worked
    print(f"{name:<9}{busy:7.1f} s of CPU, {memory.megabytes:5.0f} MB above the data: {figures}")


if __name__ == "__main__":
    main()
