"""What tests of membership cannot tell, measured on the shipped study of a forgotten random tenth.

    python -m benchmarks.membership_limits [--store .data/limits]

Three limits that the README names. Honest retrained models of another recipe are trained (another
learning rate, label smoothing, sharper logits) and asked whether they are *noticeable* or *not
gone*. Each test is asked of test pictures in the place of the forgotten ones, too: what shifts a
model's confidence on everything shows there as well. And the words about every model are asked for
beside all five retrained models, which are the study's band, beside each four and each three.
"""

from __future__ import annotations

import argparse
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import cast
from unittest import mock

import torch
from torch import Tensor
from torch.nn import functional

from opcviz.artefacts.classification.subject import ClassifierSubject
from opcviz.attacks.membership import (
    ThresholdThreat,
    forget_references,
    reference_attack,
    scaled_confidence,
    threshold_attacks,
)
from opcviz.common.records import Undefined, defined
from opcviz.methods import Method, implementation
from opcviz.results import LOSS, MEMBERSHIP_JUDGE, LiraResult, Sign
from opcviz.study import Store, StudyRunner, open_study, preset, shipped_root
from opcviz.verdict import Band, Dossier, Thresholds
from opcviz.verdict.questions import Questions

Key = tuple[str, int]  # method or recipe, and whose seed's place it takes
Part = tuple[Tensor, Tensor]  # logits and labels, on the CPU

SEEDS, SHOWN = range(5), range(3)  # of the band and the references, and of the methods' models
FRESH = 20  # the first seed of the honest models: none of the study's
SHARPER = 1.25


def main() -> None:
    """Train the honest models, and print three tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--store", type=Path, default=Path(".data/limits"))
    asked = parser.parse_args()
    seen = dict(_of_study())
    limits = Limits({**seen, **dict(_honest(asked.store))})
    recipes = sorted({name for name, _ in limits.seen} - {name for name, _ in seen})
    print("forgotten pictures | test pictures in their place; beside all five retrained models")
    for name in dict.fromkeys(name for name, _ in limits.seen):
        print(f"  {name}")
        for key in limits.seen:
            if key[0] == name:
                print(f"    {key[1]}: {limits.told(key)}")
    noticed = sum(limits.words((name, seed), SEEDS)[1] for name in recipes for seed in SHOWN)
    print(f"\nhonest models that are noticeable by membership: {noticed} of {3 * len(recipes)}")
    _bands(limits, [key for key in seen if key[0] != "retrain"])


def _bands(limits: Limits, keys: Sequence[Key]) -> None:
    """How the words hang on which retrained models are the band."""
    print("\nleft, noticeable (by membership) beside five retrained models, each four, each three")
    changed = {size: [0, 0] for size in (4, 3)}
    for key in keys:
        five = limits.words(key, SEEDS)
        told = {
            size: Counter(limits.words(key, band) for band in itertools.combinations(SEEDS, size))
            for size in changed
        }
        for size, counts in told.items():
            for n, word in enumerate(five):
                changed[size][n] += any(words[n] != word for words in counts)
        print(f"  {key[0]}, {key[1]}: {five}; {'; '.join(str(dict(c)) for c in told.values())}")
    for size, (left, noticed) in changed.items():
        others = f"left {left}, noticeable {noticed} of {len(keys)}"
        print(f"  told otherwise beside some {size} of them: {others}")


class Limits:
    """The tests of membership on what models answer.

    Args:
        seen: by model, what it answers on the forgotten samples and on the population.
    """

    def __init__(self, seen: dict[Key, tuple[Part, Part]]) -> None:
        self.seen = seen
        self.scores = {
            key: tuple(scaled_confidence(*part) for part in both) for key, both in seen.items()
        }
        self.dossiers = {key: self._dossier(key) for key in seen}

    def _attack(self, key: Key, *, unseen: bool = False) -> LiraResult:
        """Beside the references without the model and the original of its seed.

        Args:
            key: the model.
            unseen: put half of the population in the place of the forgotten samples.
        """
        left_out = {key, ("original", key[1])}
        sides = [
            [(name, seed) for seed in SEEDS if (name, seed) not in left_out]
            for name in ("original", "retrain")
        ]

        def on(model: Key, part: int) -> Tensor:
            scores = self.scores[model]
            return scores[1][part::2] if unseen else scores[part]

        references = forget_references(
            [on(each, 0) for each in sides[0]],
            [on(each, 0) for each in sides[1]],
            [on(each, 1) for side in sides for each in side],
        )
        return reference_attack(on(key, 0), references, population=on(key, 1))[0]

    def _dossier(self, key: Key) -> Dossier:
        loss = threshold_attacks(ThresholdThreat(*self.seen[key])).loss
        assert loss.auc_interval is not None
        assert defined(loss.auc)
        threshold = Sign(MEMBERSHIP_JUDGE, LOSS.name, loss.auc, *loss.auc_interval)
        signs = (*self._attack(key).signs(), threshold)
        return Dossier(f"{key[0]}, seed {key[1]}", Undefined("not asked"), signs=signs)

    def words(self, key: Key, band: Sequence[int]) -> tuple[str, bool]:
        """What membership says is left, and whether it makes the model noticeable.

        Args:
            key: the model; a retrained one is no measure of itself.
            band: seeds of the retrained models that it is judged beside.
        """
        q = Questions(
            self.dossiers[key],
            self.dossiers["original", key[1]],
            Band([self.dossiers["retrain", seed] for seed in band if key != ("retrain", seed)]),
            Thresholds(),
        )
        left = q.left_in_membership()
        found = "open" if q.unconfirmed else "nothing found"
        return (
            "not gone" if left is not None and left.holds else found,
            any(check.holds for _, check in q.judged),
        )

    def told(self, key: Key) -> str:
        """Every test's AUC, on the forgotten samples and on unseen ones."""
        unseen = self._attack(key, unseen=True).statistics or {}
        ours = ", ".join(f"{sign.place} {sign.auc:.2f}" for sign in self.dossiers[key].signs)
        others = [f"{n} {s.auc:.2f}" for n, s in unseen.items() if defined(s.auc)]
        return f"{ours} | {', '.join(others)} | {self.words(key, SEEDS)}"


def _of_study() -> Iterator[tuple[Key, tuple[Part, Part]]]:
    """What the shipped study's models answer."""
    store = Store(shipped_root())
    runner = StudyRunner(preset("digits-random").study, store, torch.device("cpu"), seeds=SHOWN)
    for method, seed in itertools.product((runner.original, runner.retrained), SEEDS):
        yield (method.info.name, seed), _seen(runner, method, seed)
    for model in open_study(store, "digits-random").models:
        if model.method.info.name not in ("original", "retrain"):
            method = implementation(model.method)
            yield (model.method.info.name, model.seed), _seen(runner, method, model.seed)


def _honest(folder: Path) -> Iterator[tuple[Key, tuple[Part, Part]]]:
    """What retrained models of this recipe and of others answer."""
    study = preset("digits-random").study
    smooth = partial(functional.cross_entropy, label_smoothing=0.1)
    recipes = {
        "same recipe": (study.training.lr, functional.cross_entropy),
        "learning rate 0.05": (0.05, functional.cross_entropy),
        "label smoothing 0.1": (study.training.lr, smooth),
    }
    for name, (lr, loss) in recipes.items():
        named = re.sub(r"[ .]", "-", name)
        changed = study.replace(name=named, training=study.training.replace(lr=lr))
        runner = StudyRunner(changed, Store(folder), torch.device("cpu"), seeds=(FRESH,))
        for seed in SHOWN:
            with runner.threads(), mock.patch.object(functional, "cross_entropy", loss):
                runner.make("model", runner.retrained, FRESH + seed)
            found = _seen(runner, runner.retrained, FRESH + seed)
            yield (name, seed), found
            if name == "same recipe":
                forgotten, population = ((SHARPER * z, y) for z, y in found)
                yield (f"logits × {SHARPER}", seed), (forgotten, population)


def _seen(runner: StudyRunner, method: Method, seed: int) -> tuple[Part, Part]:
    subject = cast(ClassifierSubject, runner.subject(method, seed))
    forgotten, population = (
        (part.logits.cpu(), part.labels.cpu())
        for part in (subject.on_forget_data, subject.on_population)
    )
    return forgotten, population


if __name__ == "__main__":
    main()
