"""Light random labels on generators: how often the class comes back, by the rate of unlearning.

    OMP_NUM_THREADS=1 python -m benchmarks.generator_light [--store FOLDER] [--seeds 0,1,2]
        [--rates 0.0002,0.0001,0.00007] [--epochs 3] [--attack 0.001]

Random labels run for a few epochs of 11 steps, their rate falling as a cosine, and DiMRA for 200
steps on what they left. The originals are trained where the store lacks them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from opcviz.artefacts.generation.settings import Drawing
from opcviz.artefacts.generation.subject import Drawer
from opcviz.attacks.generation import Regeneration, regrow
from opcviz.measures.generation import Jury, train_judge
from opcviz.methods import Request, create
from opcviz.models.diffusion import Generator
from opcviz.study import Store, StudyRunner, default_root, preset
from opcviz.tasks.generation.task import as_generator

LOOKS = (25, 100, 200)


def main() -> None:
    """Print judged / genuine at each look, a line a seed and rate."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", type=Path, default=default_root())
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--rates", default="0.0002,0.0001,0.00007")
    parser.add_argument("--epochs", type=int, default=3, help="of unlearning")
    parser.add_argument("--attack", type=float, default=1e-3, help="rate of the attack")
    asked = parser.parse_args()
    seeds = tuple(int(seed) for seed in asked.seeds.split(","))
    plan = preset("digits-generator")
    runner = StudyRunner(plan.study, Store(asked.store), torch.device("cpu"), seeds=seeds)
    drawing = Drawing()
    judge = train_judge(runner.data, epochs=drawing.judge_epochs, seed=drawing.judge_seed)
    forgotten = runner.data.y_train[runner.split.forget_train].unique()
    looks = Drawer(Jury.of(judge, runner.data), forgotten, drawing)
    config = Regeneration(looks=LOOKS, lr=asked.attack)
    for seed in seeds:
        original = as_generator(runner.load_model(runner.original, seed))
        for rate in map(float, asked.rates.split(",")):
            model = lightly_unlearnt(runner, original, seed, rate, asked.epochs)
            found, _ = regrow(model, runner.data, runner.split, looks, config, seed=seed)
            told = " · ".join(f"{p.steps}: {p.judged:g} / {p.genuine:g}" for p in found.curve)
            print(f"seed {seed}, rate {rate:g}: {told}", flush=True)


def lightly_unlearnt(
    runner: StudyRunner, original: Generator, seed: int, rate: float, epochs: int
) -> Generator:
    """Random labels from an original model, stopped early.

    Args:
        runner: of the study.
        original: it stays as it is.
        seed: of everything random.
        rate: of Adam at first.
        epochs: after which the rate is 0.
    """
    method = create("rl_diffusion").replace(lr=rate, schedule="cosine", epochs=epochs)
    request = Request(
        task=runner.task,
        data=runner.data,
        split=runner.split,
        original=original,
        fresh=lambda: runner.build(seed),
        training=runner.study.training,
        seed=seed,
    )
    return as_generator(method.unlearn(request)[0]).eval()


if __name__ == "__main__":
    main()
