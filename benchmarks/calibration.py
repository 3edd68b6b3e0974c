"""How often the verdict accuses a model that is innocent by construction.

    python -m benchmarks.calibration [--forget classes:0,1,2] [--seeds 10] [--bands 3 5]

Retrains digits models from many seeds, attacks each with every family the verdict asks for, and
judges each retrained model beside bands drawn from the *others*. A retrained model never saw what
is forgotten: whoever calls it hidden, noticeable or damaged is wrong. Prints how often that happens
for each size of band, which attackers were to blame, and how often three seeds *together* are
called hidden beside three others.

Where a share of the samples is forgotten (`--forget random:10%`), it asks the tests of membership
alone, see `calibration_members`: models are trained and nothing else is measured.
"""

from __future__ import annotations

import argparse
import itertools
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks.calibration_members import report_members
from opcviz.artefacts.verdicts import judge_models, judge_together
from opcviz.data import Scenario
from opcviz.results import DataResult
from opcviz.study import ModelResult, Store, StudyRunner, open_study, preset, run
from opcviz.verdict import Verdict

ATTACKS = ["strongest", "few_shot", "signs", "relearned"]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--forget", default="classes:0,1,2")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--bands", type=int, nargs="+", default=[3, 5])
    parser.add_argument(
        "--draws", type=int, default=40, help="bands for each model; of samples, of references"
    )
    parser.add_argument("--groups", type=int, default=200, help="draws of three seeds and three")
    parser.add_argument("--store", type=Path, default=Path(".data/calibration"))
    asked = parser.parse_args()
    plan = preset("digits")
    study = plan.study.replace(
        name=f"{plan.study.name}-calibration",
        forget=Scenario.parse(asked.forget),
        evidence=plan.study.evidence.replace(instruments=ATTACKS, maps=["pca"], pictures=1),
    )
    references = tuple(m for m in plan.methods if m.info.name in ("original", "retrain"))
    plan = replace(plan, study=study, methods=references, seeds=tuple(range(asked.seeds)))
    store = Store(asked.store)
    runner = StudyRunner(study, store, torch.device("cpu"), seeds=plan.seeds)
    if study.forget.forgets == "samples":
        with runner.threads():
            for method, seed in itertools.product((runner.original, runner.retrained), plan.seeds):
                runner.make("model", method, seed)
            for size in asked.bands:
                report_members(runner, plan.seeds, size, asked.draws)
        return
    run(plan, runner)
    stored = open_study(store, study.place)
    about = DataResult.from_dict(stored.probe_artefact().json())
    originals = {m.seed: m for m in stored.models if m.method.info.name == "original"}
    retrained = [m for m in stored.models if m.method.info.name == "retrain"]
    for size in asked.bands:
        found = [
            judge_models(
                study.task,
                model.known,
                originals[model.seed].known,
                [each.known for each in band],
                sizes=about.sizes or {},
            )
            for model in retrained
            for band in _bands(model, retrained, size, asked.draws)
        ]
        report(size, len(retrained), found)
    draws = random.Random(0)
    pooled = []
    for _ in range(asked.groups):
        drawn = [each.known for each in draws.sample(retrained, 6)]
        pooled.append(judge_together(study.task, drawn[:3], drawn[3:], sizes=about.sizes or {}))
    held = sum(check is not None and check.holds for check in pooled)
    print(f"\nThree seeds together beside three others, {asked.groups} draws:")
    print(f"  hidden {100 * held / asked.groups:.1f} %")


def _bands(
    model: ModelResult, retrained: Sequence[ModelResult], size: int, draws: int
) -> list[tuple[ModelResult, ...]]:
    others = [each for each in retrained if each.key != model.key]
    bands = list(itertools.combinations(others, size))
    return random.Random(model.seed).sample(bands, min(draws, len(bands)))


def report(size: int, models: int, found: Sequence[Verdict]) -> None:
    """Print how often each word was said, and who said hidden."""
    print(f"\nBands of {size} retrained models: {len(found)} verdicts on {models} models")
    for question in ("gone", "noticeable", "kept"):
        words = Counter(str(getattr(each, question)) for each in found)
        told = ", ".join(f"{w} {100 * n / len(found):.1f} %" for w, n in words.most_common())
        print(f"  {question}? {told}")
    blame = Counter(each.furthest.words for each in found if each.gone == "hidden")
    for words, count in blame.most_common(5):
        print(f"    hidden by {words}: {100 * count / len(found):.1f} %")


if __name__ == "__main__":
    main()
