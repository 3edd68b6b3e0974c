"""What the full and the quick suite of attacks cost, kind by kind, for one digits model.

    OMP_NUM_THREADS=1 python -m benchmarks.suite [--preset digits] [--method opc] [--shadows]

Trains the original, a retrained model and the method's, then makes every answer about the last one,
first of the quick suite and then of the full one, and prints CPU and wall seconds of each. Answers
that both suites share are made once, and count in both. What a program loads once (UMAP takes
seconds to be compiled) is asked of the original before.

`--shadows` adds the attack by shadow unlearned models, which no suite makes: the attacker's four
originals, and a retrained and an unlearned model of four forget sets from each, of a random tenth
of the digits, all trained anew. It is asked to stay under three minutes on two cores.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from opcviz.artefacts import Kind, kinds
from opcviz.methods import implementation, method_settings
from opcviz.results import ShadowResult
from opcviz.study import Store, StudyRunner, preset

Seconds = tuple[float, float]  # CPU, wall
SHADOW_LIMIT = 180.0  # seconds of the clock on two cores


def main() -> None:
    """Measure both suites in one store and print a line a kind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="digits", help="whose data and settings")
    parser.add_argument("--method", default="opc", help="whose model is attacked")
    parser.add_argument("--shadows", action="store_true", help="by shadow models, too: minutes")
    args = parser.parse_args()
    study = preset(args.preset).study
    about = study.data.name, study.forget.forgets
    method = implementation(method_settings(args.method, dataset=about[0], scenario=about[1]))
    found: dict[str, dict[str, Seconds]] = {"quick": {}, "full": {}}
    with tempfile.TemporaryDirectory() as folder:
        for suite, spent in found.items():
            asked = study.replace(evidence=study.evidence.in_suite(suite))
            runner = StudyRunner(asked, Store(Path(folder)), torch.device("cpu"), seeds=(0,))
            wanted = [kind for kind in kinds(study.task) if _wanted(kind, runner)]
            with runner.threads():
                for each in (runner.original, runner.retrained, method):
                    runner.make("model", each, 0)
                for kind in wanted:
                    runner.make(kind.name, runner.original, 0)
                for kind in wanted:
                    if runner.find(kind.name, method, 0):
                        spent[kind.name] = found["quick"][kind.name]
                    else:
                        make = partial(runner.make, kind.name, method, 0)
                        spent[kind.name] = _timed(make)
    names = dict.fromkeys([*found["quick"], *found["full"]])
    print(f"{args.preset}, {args.method}, {torch.get_num_threads()} threads: seconds of CPU (wall)")
    print(f"  {'':<14}{'quick':>16}{'full':>16}")
    for name in names:
        print(f"  {name:<14}" + "".join(_cell(found[suite].get(name)) for suite in found))
    print(f"  {'in all':<14}" + "".join(_cell(_sum(each)) for each in found.values()))
    if args.shadows:
        count, spent = _shadows(args.method)
        told = f"{count} shadow models with {args.method}: {_cell(spent).strip()}"
        print(f"{told}, to be under {SHADOW_LIMIT:.0f} of the clock on two cores")


def _shadows(name: str) -> tuple[int, Seconds]:
    """How many unlearned models of his own an attacker of one model had, and what all took."""
    study = preset("digits-random").study
    study = study.replace(
        evidence=study.evidence.replace(
            instruments=("shadows",), shadows={"originals": 4, "sets": 4}
        )
    )
    method = implementation(method_settings(name, dataset="digits", scenario="samples"))
    with tempfile.TemporaryDirectory() as folder:
        runner = StudyRunner(study, Store(Path(folder)), torch.device("cpu"), seeds=(0,))
        with runner.threads():
            runner.make("model", method, 0)
            spent = _timed(partial(runner.make, "shadows", method, 0))
            found = ShadowResult.from_dict(runner.make("shadows", method, 0).json())
    return found.counts.unlearned, spent


def _wanted(kind: Kind, runner: StudyRunner) -> bool:
    evidence = runner.study.evidence
    return kind.wanted(evidence, 1) and not evidence.leaves_out(kind)


def _timed(make: Callable[[], object]) -> Seconds:
    cpu, wall = time.process_time(), time.perf_counter()
    make()
    return time.process_time() - cpu, time.perf_counter() - wall


def _sum(spent: dict[str, Seconds]) -> Seconds:
    return sum(cpu for cpu, _ in spent.values()), sum(wall for _, wall in spent.values())


def _cell(seconds: Seconds | None) -> str:
    return f"{'–':>16}" if seconds is None else f"{seconds[0]:8.2f} ({seconds[1]:5.2f})"


if __name__ == "__main__":
    main()
