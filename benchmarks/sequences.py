"""The figures about requests in a row: makes what is missing, and writes docs/sequences.md.

    OMP_NUM_THREADS=1 python -m benchmarks.sequences [--store FOLDER] [--seeds 0,1,2]
        [--methods NAMES] [--only KINDS]
    python -m benchmarks.sequences --tables [--store checkpoints] [--docs docs/sequences.md]

The first trains and attacks what the preset `digits-sequence` names, step by step, and prints the
CPU seconds of each study. The second reads what a store has, the shipped one if none is named,
writes it between the document's marks and prints whether each promise held, on every seed.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from opcviz.common.records import Undefined, defined
from opcviz.study import Store, StudyRunner, default_root, open_study, run, shipped_root
from opcviz.study.sequence import SequenceLine, SequenceResult, sequence_of
from opcviz.study.sequence_table import over_seeds, to_markdown
from opcviz.study.spec import load_plans, preset_path

from .readme_tables import with_tables

PRESET = "digits-sequence"
DOCS = Path(__file__).parents[1] / "docs" / "sequences.md"
Value = Callable[[SequenceLine], float | Undefined]


@dataclass(frozen=True)
class Promise:
    """What a method is said to do in a row, with its limit.

    Attributes:
        words: what is promised.
        method: of which.
        value: the figure.
        low, high: what it may be.
    """

    words: str
    method: str
    value: Value
    low: float | None = None
    high: float | None = None

    def kept(self, value: float) -> bool:
        """Whether a figure is within its limits."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


PROMISES = (
    Promise("gradient ascent: reversal ≥ 50", "ga", lambda it: it.reversal, low=50.0),
    Promise("random labels: reversal ≥ 10", "rl", lambda it: it.reversal, low=10.0),
    Promise("SalUn: reversal ≥ 10", "salun", lambda it: it.reversal, low=10.0),
    Promise("SSD: erosion ≥ 40", "ssd", lambda it: it.erosion, low=40.0),
    Promise("OPC: reversal ≤ 2", "opc", lambda it: it.reversal, high=2.0),
    Promise("OPC: erosion ≤ 1", "opc", lambda it: it.erosion, high=1.0),
    Promise("OPC: price ≤ 10", "opc", lambda it: it.price, high=10.0),
)


def main() -> None:
    """Make the answers, or write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", type=Path, help="the user's; of --tables the shipped one")
    parser.add_argument("--seeds", default="0,1,2", help="as in 0,1,2")
    parser.add_argument("--methods", default="", help="of the preset's; all of them, if none")
    parser.add_argument("--only", default="", help="kinds of artefact; all of them, if none")
    parser.add_argument("--tables", action="store_true", help="write the document's tables")
    parser.add_argument("--docs", type=Path, default=DOCS)
    asked = parser.parse_args()
    if not asked.tables:
        seeds = [int(seed) for seed in asked.seeds.split(",")]
        make(asked.store or default_root(), seeds, _words(asked.methods), _words(asked.only))
        return
    found = sequence_of(open_study(Store(asked.store or shipped_root()), PRESET))
    if found is None:
        parser.error("the store has no requests in a row of the preset's")
    asked.docs.write_text(rewritten(asked.docs.read_text("utf-8"), found), "utf-8")
    print(promises(found))


def _words(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))


def make(
    root: Path, seeds: Sequence[int], methods: Sequence[str] = (), only: Sequence[str] = ()
) -> None:
    """Train and attack, step by step, and print what each study cost."""
    store = Store(root)
    for each in load_plans(preset_path(PRESET)):
        chosen = tuple(m for m in each.methods if not methods or m.info.name in methods)
        plan = replace(each, seeds=tuple(seeds), methods=chosen)
        runner = StudyRunner(plan.study, store, torch.device("cpu"), seeds=plan.seeds)
        began, cpu = time.perf_counter(), time.process_time()
        done = run(plan, runner, only=only)
        spent, waited = time.process_time() - cpu, time.perf_counter() - began
        print(
            f"{plan.study.forget}: {done.made} answers, {spent:.0f} CPU s, {waited:.0f} s",
            flush=True,
        )


def rewritten(text: str, found: SequenceResult) -> str:
    """The document with its tables made anew.

    Args:
        text: of the document.
        found: the requests in a row that they are of.
    """
    made = {"summary": to_markdown, "promises": promises, "answered": answered, "lost": lost}
    return with_tables(text, lambda name: made[name](found))


def promises(found: SequenceResult) -> str:
    """Whether each promise held, by seed."""
    lines = ["| promised | by seed | held |", "|---|---|---|"]
    for promise in PROMISES:
        same = [line for line in found.lines if line.method.info.name == promise.method]
        told = [(line.seed, promise.value(line)) for line in sorted(same, key=lambda it: it.seed)]
        known = [value for _, value in told if defined(value)]
        words = "; ".join(
            f"{seed}: {value:.1f}" if defined(value) else f"{seed}: –" for seed, value in told
        )
        held = sum(map(promise.kept, known))
        lines.append(f"| {promise.words} | {words or '–'} | {held} of {len(known)} |")
    return "\n".join(lines)


def answered(found: SequenceResult) -> str:
    """Accuracy on each request just after it, and after the last one, over seeds."""
    heads = [f"{each.partition(':')[2]}" for each in found.requests]
    lines = [f"| method | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for method, same in over_seeds(found.lines).items():
        cells = []
        for number in range(len(heads)):
            then, now = _mean(same, number, number), _mean(same, len(heads) - 1, number)
            cells.append(f"{then} → {now}")
        lines.append(f"| {method.info.title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def lost(found: SequenceResult) -> str:
    """Points of retained test accuracy below the original's, after every request, over seeds."""
    heads = [f"after {number}" for number in range(1, len(found.requests) + 1)]
    lines = [f"| method | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for method, same in over_seeds(found.lines).items():
        cells = []
        for number in range(len(heads)):
            steps = [line.steps[number] for line in same]
            values = [s.lost for s in steps if not isinstance(s, Undefined) and defined(s.lost)]
            cells.append(f"{sum(values) / len(values):.1f}" if values else "–")
        lines.append(f"| {method.info.title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _mean(lines: Sequence[SequenceLine], step: int, request: int) -> str:
    found = []
    for line in lines:
        figures = line.steps[step]
        if not isinstance(figures, Undefined) and defined(figures.requests[request]):
            found.append(figures.requests[request])
    return f"{sum(found) / len(found):.0f}" if found else "–"


if __name__ == "__main__":
    main()
