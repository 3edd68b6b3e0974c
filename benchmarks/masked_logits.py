"""An attacker that no verdict knows yet: which of the forgotten classes' outputs is the greatest?

    python -m benchmarks.masked_logits [digits] [--retrained 6]

It takes nothing but the answers: no training, no picture, no original. Of each model of a shipped
study in which at least two classes were forgotten it prints the share of the forgotten test
pictures whose class has the greatest logit among the forgotten classes, and the least. Retrained
models of further seeds are trained for comparison.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import torch

from opcviz.data import as_float
from opcviz.methods import implementation
from opcviz.study import Store, StudyRunner, open_study, preset, shipped_root

SHIPPED = 3  # seeds of the shipped models


def main() -> None:
    """Print a line a method: the share by the greatest and by the least logit, by seed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("study", nargs="?", default="digits")
    parser.add_argument("--retrained", type=int, default=6, help="further ones to train")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="opcviz-") as folder:
        found: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for name, shares in _shares(asked.study, asked.retrained, Path(folder)):
            found[name].append(shares)
    print("% of the forgotten test pictures, by seed: by the greatest logit; by the least")
    for name, shares in found.items():
        greatest, least = zip(*shares, strict=True)
        print(f"{name:28} {_listed(greatest)}; {_listed(least)}")


def _listed(shares: tuple[float, ...]) -> str:
    mean = f" (mean {statistics.fmean(shares):.1f})" if len(shares) > 1 else ""
    return " ".join(f"{share:.1f}" for share in shares) + mean


def _shares(name: str, more: int, root: Path) -> Iterator[tuple[str, tuple[float, float]]]:
    store = Store(root, (shipped_root(),))
    runner = StudyRunner(preset(name).study, store, torch.device("cpu"), seeds=range(SHIPPED))
    data, split = runner.data, runner.split
    classes = torch.tensor(split.classes)
    if len(classes) < 2:
        raise SystemExit(f"{name}: one class was forgotten, or none; the attack wants two")
    pictures, labels = as_float(data.x_test[split.forget_test]), data.y_test[split.forget_test]

    def shares(model: torch.nn.Module) -> tuple[float, float]:
        with torch.inference_mode():
            logits = model(pictures)[:, classes]
        named = (classes[logits.argmax(1)], classes[logits.argmin(1)])
        greatest, least = (100 * (each == labels).float().mean().item() for each in named)
        return greatest, least

    for model in open_study(store, name).models:
        if model.has_model:
            method = implementation(model.method)
            yield model.method.info.name, shares(runner.load_model(method, model.seed))
    for seed in range(SHIPPED, SHIPPED + more):
        yield "retrain, further seeds", shares(runner.load_model(runner.retrained, seed))


if __name__ == "__main__":
    main()
