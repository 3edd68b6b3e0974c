"""Train the shipped models once more and keep what is watched of a training today.

    python -m benchmarks.refresh_trajectories [--study digits] [--methods opc,delete] [--seeds 0]

A monitor that remembers more than it did leaves the shipped trajectories without it. This trains
each shipped model again, which gives the same weights on the hardware and library versions that
they were made with; only of a model whose every weight is the same, bit for bit, are the trajectory
and the history replaced. Weights are never written. A model that comes out otherwise is left as it
is, and named at the end.
"""

from __future__ import annotations

import argparse
import json
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from opcviz.artefacts import MODEL
from opcviz.artefacts.monitor import Monitor
from opcviz.methods import implementation
from opcviz.models import load_weights
from opcviz.study import Store, StudyRunner, list_studies, open_study, shipped_root
from opcviz.study.artefact import RECORD, Artefact, digest_of
from opcviz.study.model_result import ModelResult
from opcviz.study.store import write_arrays, write_json
from opcviz.study.trainer import trained

FIRST = ("original", "delete", "opc", "opc_deep", "retrain", "ssd", "rl", "scrub", "salun")
"""Methods that are shown most: theirs come first."""


def main() -> None:
    """Go through the models; say what became of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", help="first letters of the study's name; without it, all")
    parser.add_argument("--methods", help="of these alone, as in opc,delete")
    parser.add_argument("--seeds", help="of these alone, as in 0,1")
    parser.add_argument("--all", action="store_true", help="also those that have all of it already")
    args = parser.parse_args()
    root = shipped_root()
    store = Store(root)
    left: list[str] = []
    for model, runner in chosen(store, args):
        artefact = model.artefact(MODEL)
        assert artefact is not None, f"{model.place} has no model"
        if not args.all and "groups" in artefact.arrays("trajectory.npz"):
            continue
        why = refresh(model, artefact, runner)
        print(f"{model.place}: {why or 'refreshed'}", flush=True)
        if why:
            left.append(f"{model.place}: {why}")
    print(f"{len(left)} were left as they are" + "".join(f"\n  {line}" for line in left))


def chosen(store: Store, args: argparse.Namespace) -> Iterator[tuple[ModelResult, StudyRunner]]:
    """Stored models in the order in which somebody wants to see them, with their study at work."""
    methods = args.methods.split(",") if args.methods else None
    seeds = [int(seed) for seed in args.seeds.split(",")] if args.seeds else None
    found = []
    for place in list_studies(store):
        if args.study and not place.startswith(args.study):
            continue
        study = open_study(store, place)
        runner = StudyRunner(study.study, store, torch.device("cpu"), seeds=(0, 1, 2))
        for model in study.models:
            name = model.method.info.name
            if (methods is None or name in methods) and (seeds is None or model.seed in seeds):
                rank = FIRST.index(name) if name in FIRST else len(FIRST)
                found.append(((place, model.seed, rank), model, runner))
    found.sort(key=lambda each: each[0])
    yield from ((model, runner) for _, model, runner in found if model.has_model)


def refresh(model: ModelResult, artefact: Artefact, runner: StudyRunner) -> str:
    """Train a model again and replace what was watched; why it was left, if it was."""
    method = implementation(model.method)
    with runner.threads():
        network, outcome, watch = trained(runner, method, model.seed, None)
    then = artefact.json()
    if outcome.status != then["status"]:
        return f"{outcome.status} and not {then['status']}"
    stored = runner.build(seed=0)
    load_weights(stored, artefact.path("weights.safetensors"))
    now = network.state_dict()
    for name, tensor in stored.state_dict().items():
        if not torch.equal(tensor, now[name]):
            apart = (tensor.double() - now[name].double()).abs().max().item()
            return f"{name} differs by up to {apart:.2g}"
    points = artefact.arrays("trajectory.npz")["points"]
    new = watch.trajectory()["points"]
    if points.shape != new.shape:
        return f"{len(new)} epochs were watched, and {len(points)} are stored"
    replace(artefact, runner.probe.cpu().numpy(), watch, {**then, "history": watch.history()})
    return ""


def replace(artefact: Artefact, ids: np.ndarray, watch: Monitor, result: dict[str, object]) -> None:
    """Put a copy of an artefact with the new trajectory and history in its place."""
    folder = artefact.folder
    beside = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}")
    shutil.copytree(folder, beside)
    write_arrays(beside / "trajectory.npz", {"ids": ids, **watch.trajectory()})
    write_json(beside / "result.json", result, compact=True)
    record = json.loads((beside / RECORD).read_text())
    for name in record["files"]:
        file = Path(beside / name)
        record["files"][name] = {"bytes": file.stat().st_size, "sha256": digest_of(file)}
    write_json(beside / RECORD, record)
    old = folder.with_name(f"{beside.name}.old")
    folder.rename(old)
    beside.rename(folder)
    shutil.rmtree(old)


if __name__ == "__main__":
    main()
