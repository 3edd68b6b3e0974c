"""Chooses the settings of `opcviz/methods/tuned/digits.toml`, on training and validation pictures.

    python -m benchmarks.tune classes --methods rl salun
    python -m benchmarks.tune samples

Tries every combination of `GRID` for each method, on digits with a tenth of the train set kept
aside; prints a line a trial and the best settings of each method. Two numbers decide, in percentage
points of accuracy on training and validation pictures:

    forget = mean |forget accuracies − retrained's|
    harm = mean of what the retain accuracies lack to the retrained model's

Best is the least forget + max(harm − 1, 0): a point of harm is little more than one validation
picture; of equals the least harm, then the cheapest. For classes both are means over forgetting the
classes 0, 1, 2 and forgetting the class 3. No attack and no test picture takes part in the choice.
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
TOLERATED = 1.0  # points of harm

B64, B128 = {"batch_size": (64,)}, {"batch_size": (128,)}
RATES = (0.005, 0.01, 0.02, 0.05, 0.1)
GRID: dict[str, dict[str, dict[str, tuple[object, ...]]]] = {
    "classes": {
        "rl": {"lr": RATES, "epochs": (3, 10), **B64},
        "salun": {"lr": RATES, "epochs": (3, 10), **B64},
        "ft": {"lr": (0.01, 0.05, 0.1, 0.2, 0.4), "epochs": (10, 20), **B64},
        "scrub": {"lr": (5e-4, 1e-3, 2e-3), "weight_decay": (5e-4, 0.1), "msteps": (2, 3)},
        "scrub_r": {"lr": (1e-3, 2e-3), "weight_decay": (5e-4, 0.1), "reference": (100.0,)},
        "ssd": {"alpha": (1.2, 1.5, 1.8), "dampening": (0.5, 1.0)},
        "neggrad_plus": {"lr": (0.05, 0.1), "alpha": (0.9, 0.95), "epochs": (10,)},
        "delete": {"lr": (1e-3, 3e-3, 1e-2), **B64},
        "ga": {"lr": (2e-4, 5e-4, 1e-3), **B64},
        "be": {"lr": (1e-3, 3e-3)},
        "bs": {"lr": (1e-3, 3e-3)},
        "l1_sparse": {"lr": (0.2, 0.4), "epochs": (20,), **B64},
        "ngd": {"lr": (0.4,), "sigma": (1e-3,), "epochs": (20,), **B64},
        "opc_logits": {"lr": (0.1, 0.2), "epochs": (20,), **B128},
        "ct": {"lr": (0.1, 0.3), "epochs": (20,), **B64},
        "cola": {"lr": (0.2, 0.5), "epochs": (20,), "align_lr": (0.2,), **B64},
        "bt": {"lr": (5e-4, 1e-3), "epochs": (10,), "batch_size": (32,)},
        "amnesiac": {"lr": (5e-4, 1e-3), "epochs": (10,), **B64},
        "unsir": {
            "lr": (0.02, 0.01),
            "repair_lr": (0.003,),
            "repair_epochs": (3,),
            "ratio": (0.2,),
            **B64,
        },
        "fisher": {"alpha": (1e-8, 1e-7, 1e-6)},
    },
    "samples": {
        "rl": {"lr": RATES, "epochs": (3, 10), **B64},
        "salun": {"lr": (0.01, 0.02), "epochs": (3,), **B64},
        "scrub": {"lr": (5e-4, 2e-3), "weight_decay": (0.1,), "msteps": (2,)},
        "scrub_r": {"lr": (2e-3,), "weight_decay": (0.1,), "msteps": (2,), "reference": (0.7,)},
        "ga": {"lr": (2e-3, 5e-3), **B64},
        "ssd": {"alpha": (2.0, 5.0, 10.0), "dampening": (1.0,)},
        "neggrad_plus": {"lr": (0.05, 0.1), "alpha": (0.9, 0.95), "epochs": (10,)},
        "amnesiac": {"lr": (2e-4, 5e-4), "epochs": (10,), **B64},
        "ct": {"lr": (0.05, 0.2), "epochs": (20,), **B64},
        "cola": {"lr": (0.05, 0.2), "epochs": (20,), "align_lr": (0.1,), **B64},
        "cf_k": {"lr": (0.05, 0.5), "k": (4,), "epochs": (10,), "batch_size": (32,)},
        "eu_k": {"lr": (0.1,), "k": (4,), "epochs": (20,), **B64},
        "iu": {"alpha": (0.005, 0.02), "damping": (1e-4,)},
        "opc_head": {"weight": (0.1, 1.0)},
        "fisher": {"alpha": (1e-9, 1e-8, 1e-7)},
        "opc_logits": {"lr": (0.02, 0.1), "epochs": (10,), **B128},
        "opc": {"lr": (0.02, 0.05), "epochs": (10,), **B128},
        "manif_smc": {"lr": (1e-4,), "hold": (1.0,)},
        "opc_retain_like": {"lr": (0.05,), "epochs": (20,), "weight": (2.0,), **B64},
        "bt": {"lr": (3e-4,), "epochs": (3, 10), "batch_size": (32,)},
        "be": {"lr": (3e-4, 1e-3)},
        "bs": {"lr": (3e-4, 1e-3)},
        "ft": {"lr": (0.2, 0.4), "epochs": (20,), **B64},
        "ngd": {"lr": (0.2, 0.4), "sigma": (1e-3,), "epochs": (20,), **B64},
        "l1_sparse": {"lr": (0.2, 0.4), "epochs": (20,), **B64},
    },
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
        ideal = accuracies(request, retrained)
        seen = {"original": accuracies(request, original), "retrained": ideal}
        print(json.dumps({"scenario": forget, **seen}), flush=True)
        found.append((request, ideal))
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


def forget_gap(got: dict[str, float], ideal: dict[str, float]) -> float:
    """Mean distance of the forget accuracies from the retrained model's."""
    return statistics.fmean(abs(got[p] - ideal[p]) for p in ideal if p.startswith("forget"))


def harm(got: dict[str, float], ideal: dict[str, float]) -> float:
    """What the retain accuracies lack to the retrained model's, on average."""
    return statistics.fmean(max(ideal[p] - got[p], 0) for p in ideal if p.startswith("retain"))


def main() -> None:
    """Try, print, choose."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=FORGET)
    parser.add_argument("--methods", nargs="*", help="all that the grid has, unless named")
    args = parser.parse_args()
    asked, grids = requests(args.kind), GRID[args.kind]
    for name in args.methods or grids:
        trials = []
        for values in itertools.product(*grids[name].values()):
            settings = dict(zip(grids[name], values, strict=True))
            gaps, harms, spent = [], [], 0
            for request, ideal in asked:
                model, outcome = create(name, **settings).unlearn(request)
                spent += outcome.gradients
                usable = outcome.status == "finished"
                got = accuracies(request, model) if usable else {}
                gaps.append(forget_gap(got, ideal) if usable else WORST)
                harms.append(harm(got, ideal) if usable else WORST)
            gap, lost = statistics.fmean(gaps), statistics.fmean(harms)
            print(f"{name} forget {gap:.2f} harm {lost:.2f} {json.dumps(settings)}", flush=True)
            trials.append((gap + max(lost - TOLERATED, 0), lost, spent, settings))
        gap, lost, _, settings = min(trials, key=lambda trial: trial[:3])
        said = ", ".join(f"{key} = {json.dumps(value)}" for key, value in settings.items())
        print(f"{name} = {{ {said} }}  # {gap:.2f}, {lost:.2f}", flush=True)


if __name__ == "__main__":
    torch.set_flush_denormal(True)
    main()
