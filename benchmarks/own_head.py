"""An attacker that no verdict knows yet: from pixels, through a model's own last layer.

    OMP_NUM_THREADS=1 python -m benchmarks.own_head [digits]

He holds the unlearned model, labelled or unlabelled retained pictures, and unlabelled forgotten
ones: no original and no forgotten label. An affine map from raw pixels to the model's last features
is fitted on retained pictures, so that it does to forgotten pictures what a body would that was
never told to forget; the model's own last layer answers among the forgotten classes. Who moves the
features of what is forgotten and leaves the last layer as it was leaves the classes' directions in
it. Of each model of a shipped study in which at least two classes were forgotten it prints the
share of forgotten test pictures answered right, by the greatest output and by the greatest less its
mean.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections import defaultdict
from pathlib import Path

import torch

from opcviz.attacks.masked import masked
from opcviz.attacks.strongest import Strongest
from opcviz.attacks.strongest.maps import Lesson, fit_map
from opcviz.data import as_float
from opcviz.methods import implementation
from opcviz.study import Store, StudyRunner, open_study, preset, shipped_root
from opcviz.tasks.classification import observe

RULES = ("masked_greatest", "masked_greatest_centred")


@torch.no_grad()
def main() -> None:
    """Print a line a method: the share by either rule, by seed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("study", nargs="?", default="digits")
    parser.add_argument("--ridge", type=float, default=1.0, help="relative to the pixels' scale")
    asked = parser.parse_args()
    found: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="opcviz-") as folder:
        store = Store(Path(folder), (shipped_root(),))
        models = [each for each in open_study(store, asked.study).models if each.has_model]
        runner = StudyRunner(
            preset(asked.study).study,
            store,
            torch.device("cpu"),
            seeds=sorted({each.seed for each in models}),
        )
        data, split = runner.data, runner.split
        if len(split.classes) < 2:
            raise SystemExit(f"{asked.study}: one class was forgotten, or none; it wants two")
        seen, unseen = (as_float(x).flatten(1) for x in (data.x_train, data.x_test))
        rows, config = split.retain_train, Strongest(ridge=asked.ridge)
        for each in models:
            network = runner.load_model(implementation(each.method), each.seed)
            features = observe(network, data.x_train[rows], data.y_train[rows]).features
            head = network.head.weight.detach(), network.head.bias.detach()
            fitted = fit_map("affine", seen[rows], Lesson.of_original(features, head), config)
            told = masked(fitted(unseen), data.y_test, split)
            shares = {attempt.attacker: attempt.recovered for attempt in told.attempts()}
            found[each.method.info.name].append(tuple(shares[rule] for rule in RULES))
    print("% of the forgotten test pictures, by seed: by the greatest output; less its mean")
    for name, by_seed in found.items():
        print(f"{name:22} " + "; ".join(_listed(each) for each in zip(*by_seed, strict=True)))


def _listed(shares: tuple[float, ...]) -> str:
    mean = f" (mean {statistics.fmean(shares):.1f})" if len(shares) > 1 else ""
    return " ".join(f"{share:.1f}" for share in shares) + mean


if __name__ == "__main__":
    main()
