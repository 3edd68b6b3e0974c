"""What an audit costs: the digits in full and quick, and a ResNet-18 pair on 32×32 pictures.

    python -m benchmarks.audit [digits] [resnet18] [--pictures 10000] [--quick]

Each audit is a process of its own on two threads, as on a laptop with two cores; wall-clock and CPU
seconds (with those of the helping process) and the peak of resident memory are printed beside what
they may be at most. The networks of the second part are untrained but for their heads: attacks
cost the same.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
import torch

from opcviz.audit import AuditSpec, audit
from opcviz.common.threads import patient_threads
from opcviz.data import Data, assemble
from opcviz.models import Architecture, Classifier, build_classifier, save_weights
from opcviz.study import Store, open_study, shipped_root

LIMITS = {"digits, full": (30, None), "digits, quick": (12, None), "resnet18": (300, 3.0)}
"""Most seconds on two cores, and GiB."""
THREADS = 2
KNOWN, RIDGE = 500, 1e-4  # pictures that the head of an untrained body is fitted to, and how
LOOKS = 0.05  # seconds between looks at the memory


def main() -> None:
    """Run what is asked for, or one audit of it in this process."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", default=["digits", "resnet18"])
    parser.add_argument("--pictures", type=int, default=10_000, help="train pictures")
    parser.add_argument("--quick", action="store_true", help="the quick suite of the ResNet-18")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        with tempfile.TemporaryDirectory() as folder:
            _one(args.one, Path(folder), args.pictures, args.quick)
        return
    names = [name for name in LIMITS if name.partition(",")[0] in args.what]
    for name in names:
        print(f"{name}: ", end="", flush=True)
        command = [sys.executable, "-m", "benchmarks.audit", "--one", name]
        command += ["--pictures", str(args.pictures), *(["--quick"] if args.quick else [])]
        began = time.perf_counter()
        peak = _run(command) / 2**30
        wall, (most, room) = time.perf_counter() - began, LIMITS[name]
        memory = f" (at most {room})" if room else ""
        print(f"  {wall:.1f} s of wall-clock with the program's start (at most {most})")
        print(f"  {peak:.2f} GiB{memory}")


def _run(command: list[str]) -> int:
    """Run a command; the most bytes that it and the programs it started held together.

    `ru_maxrss` would not do: on Linux that of a child begins with its parent's.
    """
    environ = dict(os.environ)
    patient_threads(environ)  # as the command line and the app have it
    process = psutil.Popen(command, env=environ)
    peak = 0
    while process.poll() is None:
        held = 0
        for each in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                held += each.memory_info().rss
        peak = max(peak, held)
        time.sleep(LOOKS)
    if process.returncode:
        raise SystemExit(process.returncode)
    return peak


def _one(name: str, folder: Path, pictures: int, quick: bool) -> None:
    torch.set_num_threads(THREADS)
    spec = _resnet18(folder, pictures, quick) if name == "resnet18" else _digits(name)
    began = time.perf_counter()
    found = audit(spec, Store(folder / "store"), torch.device("cpu"))
    wall = time.perf_counter() - began
    own, helper = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    spent = sum(each.ru_utime + each.ru_stime for each in (own, helper))
    print(f"{wall:.1f} s of wall-clock, {spent:.1f} s of CPU")
    (audited,) = [m for m in found.report.models if m["key"] == found.report.model]
    told = {k: v for k, v in audited["stage_seconds"].items() if v is not None}
    print("  " + ", ".join(f"{kind} {seconds:.1f}" for kind, seconds in told.items()))


def _digits(name: str) -> AuditSpec:
    """The shipped original and OPC."""
    study = open_study(Store(Path("none"), (shipped_root(),)), "digits")
    paths = {}
    for model in study.models:
        artefact = model.artefact("model")
        if model.seed == 0 and artefact is not None:
            paths[model.method.info.name] = str(artefact.path("weights.safetensors"))
    suite = name.partition(", ")[2]
    return AuditSpec(original=paths["original"], unlearned=paths["opc"], suite=suite)


def _resnet18(folder: Path, pictures: int, quick: bool) -> AuditSpec:
    """Two ResNet-18 with a 3×3 stem, and pictures of ten classes."""
    rng = np.random.default_rng(0)
    prototypes = rng.integers(0, 256, (10, 3, 32, 32))

    def part(count: int) -> tuple[np.ndarray, np.ndarray]:
        y = np.arange(count) % 10
        noise = rng.integers(-60, 61, (count, 3, 32, 32))
        return (prototypes[y] + noise).clip(0, 255).astype(np.uint8), y

    (x_train, y_train), (x_test, y_test) = part(pictures), part(max(100, pictures // 5))
    path = folder / "pictures.npz"
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    data = assemble("pictures", (x_train, y_train), (x_test, y_test))
    for seed, name in enumerate(("original", "unlearned")):
        model = build_classifier(Architecture("resnet18"), data, seed)
        _fit_head(model, data)
        save_weights(folder / f"{name}.safetensors", model.state_dict(), {})
    return AuditSpec.from_dict(
        {
            "original": str(folder / "original.safetensors"),
            "unlearned": str(folder / "unlearned.safetensors"),
            "data": {"name": "arrays", "path": str(path)},
            "forget": "classes:0",
            "without": ["inversion"],
            "suite": "quick" if quick else "full",
        }
    )


@torch.no_grad()
def _fit_head(model: Classifier, data: Data) -> None:
    """Let it answer its data, as a trained model does: of one that does not, every usual way to
    prepare pictures is tried, which says nothing about the cost of an audit."""
    rows = torch.arange(KNOWN)
    features, _ = model.eval().features(data.batch(rows))
    x = torch.cat([features, torch.ones(KNOWN, 1)], 1).double()
    y = torch.nn.functional.one_hot(data.y_train[rows], data.classes).double()
    ridge = RIDGE * x.square().sum() / len(x.T) * torch.eye(len(x.T)).double()
    fitted = torch.linalg.solve(x.T @ x + ridge, x.T @ y).float()
    model.head.weight.copy_(fitted[:-1].T)
    model.head.bias.copy_(fitted[-1])


if __name__ == "__main__":
    main()
