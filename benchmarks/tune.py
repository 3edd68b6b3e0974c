"""Chooses the settings of `opcviz/methods/tuned/digits.toml`, on training and validation pictures.

    python -m benchmarks.tune classes --methods rl salun
    python -m benchmarks.tune samples

Tries every combination of `GRID` for each method, on digits with a tenth of the train set kept
aside; prints a line a trial and, at the end, the best settings of each method. Best is what lies
nearest to the retrained model, in percentage points:

    gap = ½ mean |forget accuracies − retrained's| + ½ mean |retain accuracies − retrained's|

over training and validation pictures (forgotten samples have no validation pictures); for classes
the mean of forgetting the classes 0, 1, 2 and of forgetting the class 3. No attack and no
test picture takes part in the choice. Of equals the cheaper is taken.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics

import torch

from opcviz.data import DataSpec, Scenario, load
from opcviz.measures import accuracy
from opcviz.methods import Request, create
from opcviz.models import Architecture
from opcviz.tasks import get_task
from opcviz.training import Training

FORGET = {"classes": ("classes:0,1,2", "classes:3"), "samples": ("random:10%",)}
RECIPE = Training(epochs=15, lr=0.1, batch_size=64)  # of the digits studies
WORST = 100.0  # gap of a run without a model

Grid = dict[str, tuple[object, ...]]
GRID: dict[str, Grid] = {
    "ga": {"lr": (2e-5, 1e-4, 2e-4, 5e-4, 1e-3), "epochs": (5,), "batch_size": (64,)},
    "neggrad_plus": {"lr": (0.01, 0.03, 0.1), "alpha": (0.9, 0.95, 0.99), "epochs": (10,)},
    "bt": {"lr": (3e-4, 1e-3, 2e-3), "epochs": (3, 10), "batch_size": (32,)},
    "be": {"lr": (1e-4, 3e-4, 1e-3, 3e-3, 1e-2), "epochs": (10,)},
    "bs": {"lr": (1e-4, 3e-4, 1e-3, 3e-3)},
    "delete": {"lr": (3e-4, 1e-3, 3e-3, 1e-2), "batch_size": (64,)},
    "ft": {"lr": (0.01, 0.05, 0.1, 0.2, 0.4), "epochs": (10, 20), "batch_size": (64,)},
    "ngd": {"lr": (0.05, 0.2, 0.4), "sigma": (1e-3,), "epochs": (20,), "batch_size": (64,)},
    "l1_sparse": {
        "lr": (0.01, 0.05, 0.1, 0.2),
        "alpha": (1e-4, 1e-3),
        "epochs": (20,),
        "batch_size": (64,),
    },
    "fisher": {"alpha": (1e-9, 1e-8, 1e-7, 3e-7, 1e-6)},
    "iu": {"alpha": (0.005, 0.01, 0.02, 0.035), "damping": (1e-4,)},
    "cf_k": {"lr": (0.01, 0.1, 0.5), "k": (4,), "epochs": (15,), "batch_size": (32,)},
    "eu_k": {"lr": (0.03, 0.1), "k": (4,), "epochs": (20,), "batch_size": (64,)},
    "manif_smc": {"epochs": (1, 3), "hold": (1.0,), "lr": (1e-4, 5e-4)},
    "opc": {"target": ("features",), "lr": (0.02, 0.05), "epochs": (20,), "batch_size": (128,)},
    "opc_logits": {"lr": (0.05, 0.1, 0.2), "epochs": (20,), "batch_size": (128,)},
    "opc_head": {"weight": (1.0, 3.0, 10.0)},
    "opc_retain_like": {
        "lr": (0.05, 0.2),
        "epochs": (20,),
        "batch_size": (64,),
        "weight_decay": (0.002,),
        "weight": (2.0,),
    },
    "rl": {"lr": (0.005, 0.01, 0.02, 0.05, 0.1), "epochs": (3, 10), "batch_size": (64,)},
    "salun": {"lr": (0.005, 0.01, 0.02, 0.05, 0.1), "epochs": (3, 10), "batch_size": (64,)},
    "amnesiac": {"lr": (3e-4, 1e-3, 2e-3), "epochs": (10,), "batch_size": (64,)},
    "scrub": {"lr": (5e-4, 1e-3, 2e-3), "weight_decay": (5e-4, 0.1), "msteps": (2, 3)},
    "scrub_r": {"lr": (1e-3, 2e-3), "weight_decay": (5e-4, 0.1), "reference": (100.0,)},
    "ssd": {"alpha": (2.0, 5.0, 10.0, 20.0, 50.0), "dampening": (0.1, 0.5, 1.0)},
    "unsir": {
        "lr": (0.005, 0.01, 0.02),
        "repair_lr": (0.002, 0.005),
        "repair_epochs": (3,),
        "ratio": (0.2,),
        "batch_size": (64,),
    },
    "cola": {"lr": (0.02, 0.05, 0.1), "align_lr": (0.02, 0.1), "batch_size": (128,)},
}


def requests(kind: str) -> list[tuple[Request, dict[str, float]]]:
    """A request a scenario, with its original, and the retrained model's accuracies."""
    task = get_task("classification")
    data = load(DataSpec("digits", holdout="validation"))
    found = []
    for forget in FORGET[kind]:
        request = Request(
            task=task,
            data=data,
            split=Scenario.parse(forget).split(data),
            original=None,
            fresh=lambda: task.build(Architecture("resnet8"), data, 10_007),
            training=RECIPE,
        )
        first = lambda: task.build(Architecture("resnet8"), data, 0)  # noqa: E731
        original, _ = create("original").unlearn(_with(request, fresh=first))
        retrained, _ = create("retrain").unlearn(request)
        request = _with(request, original=original)
        seen = accuracies(request, original)
        print(json.dumps({"scenario": forget, "original": seen}), flush=True)
        found.append((request, accuracies(request, retrained)))
    return found


def _with(request: Request, **changes: object) -> Request:
    return Request(**{**vars(request), **changes})


def accuracies(request: Request, model: torch.nn.Module) -> dict[str, float]:
    """Percent of right answers on each part that has pictures; the test set is the validation."""
    seen = request.task.observe(model, request.data)
    parts = ["forget_train", "retain_train", "retain_test"]
    parts += ["forget_test"] if request.split.classes else []
    shown = {part: seen.part(part, request.split) for part in parts}
    return {part: round(accuracy(o.logits, o.labels), 2) for part, o in shown.items()}


def off(got: dict[str, float], ideal: dict[str, float], side: str) -> float:
    """Mean distance of the accuracies of one side, `forget` or `retain`."""
    return statistics.fmean(abs(got[p] - ideal[p]) for p in ideal if p.startswith(side))


def main() -> None:
    """Try, print, choose."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=FORGET)
    parser.add_argument("--methods", nargs="*", default=list(GRID))
    args = parser.parse_args()
    asked = requests(args.kind)
    best: dict[str, tuple[float, int, dict[str, object]]] = {}
    for name in args.methods:
        if args.kind not in create(name).scenarios:
            continue
        grid = GRID[name]
        for values in itertools.product(*grid.values()):
            settings = dict(zip(grid, values, strict=True))
            gaps, shown, spent = [], [], 0
            for request, ideal in asked:
                model, outcome = create(name, **settings).unlearn(request)
                spent += outcome.gradients
                if outcome.status != "finished":
                    gaps.append(WORST)
                    continue
                got = accuracies(request, model)
                shown.append(list(got.values()))
                gaps.append((off(got, ideal, "forget") + off(got, ideal, "retain")) / 2)
            gap = round(statistics.fmean(gaps), 2)
            print(name, gap, json.dumps(settings), shown, flush=True)
            best[name] = min(
                best.get(name, (gap, spent, settings)), (gap, spent, settings), key=_order
            )
    for name, (gap, _, settings) in best.items():
        said = ", ".join(f"{key} = {json.dumps(value)}" for key, value in settings.items())
        print(f"{name} = {{ {said} }}  # {gap} points")


def _order(found: tuple[float, int, dict[str, object]]) -> tuple[float, int]:
    return found[:2]


if __name__ == "__main__":
    torch.set_flush_denormal(True)
    main()
