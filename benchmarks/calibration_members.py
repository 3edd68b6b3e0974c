"""How often tests of membership accuse a retrained model, and how often they find the original.

Part of `benchmarks.calibration`, for a forgotten share of the samples. A draw names the reference
models of some seeds, of which the first retrained ones are the band. Every retrained model of
another seed is then an honest one that the attacker has not seen, as a method's model would be, and
every original of another seed one that should be found. Each takes a reference seed's place: the
original of that seed is left out for it, as its own is for a model of a study.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from opcviz.attacks.membership import (
    ThresholdThreat,
    forget_references,
    reference_attack,
    scaled_confidence,
    threshold_attacks,
)
from opcviz.common.records import Undefined
from opcviz.results import LOSS, MEMBERSHIP_JUDGE, Sign
from opcviz.study import StudyRunner
from opcviz.verdict import Band, Dossier, Thresholds
from opcviz.verdict.members import doubts
from opcviz.verdict.questions import Questions

__all__ = ["Case", "cases", "report_members"]

Key = tuple[str, int]  # method, seed
REFERENCES = 5  # seeds, as in the shipped study
FEW = ("online LiRA", "RMIA", LOSS.name)  # tests that a rule could stop at


@dataclass(frozen=True)
class Case:
    """One model beside a band.

    Attributes:
        name: `retrain` or `original`.
        q: the questions of the verdict on it.
    """

    name: str
    q: Questions

    def noticed(self) -> bool:
        """Whether some test says that it shows."""
        return any(check.holds for _, check in self.q.judged)

    def beyond(self, tests: Sequence[str] = ()) -> bool:
        """Whether some test (of these) lies beyond the band by `apart`, chance or no."""
        found = ((sign.place, check.value) for sign, check in self.q.judged)
        return any(v > self.q.t.apart for name, v in found if not tests or name in tests)

    def left(self) -> bool:
        """Whether it is called not gone."""
        check = self.q.left_in_membership()
        return check is not None and check.holds

    def left_by(self, test: str) -> bool:
        """Whether one test alone finds more left than may be."""
        ours, first = self.q.model.sign((MEMBERSHIP_JUDGE, test)), self.q.original
        theirs = first.sign((MEMBERSHIP_JUDGE, test)) if first else None
        band = [sign.auc for sign in self.q.band.signs((MEMBERSHIP_JUDGE, test))]
        if not (ours and theirs and band):
            return False
        middle = sum(band) / len(band)
        lead = theirs.auc - middle
        return lead >= 0.05 and 100 * (ours.auc - middle) / lead > self.q.t.left


def cases(
    runner: StudyRunner, seeds: Sequence[int], size: int, draws: int, t: Thresholds
) -> Iterator[Case]:
    """Every model of a seed that is not among the references, for each draw of these.

    Args:
        runner: of the study whose originals and retrained models of these seeds are there.
        seeds: at least `REFERENCES` + 1.
        size: retrained models in the band, at most `REFERENCES`.
        draws: of reference seeds.
        t: where the lines are drawn.
    """
    answers = {
        (method.info.name, seed): runner.subject(method, seed)
        for method in (runner.original, runner.retrained)
        for seed in seeds
    }
    seen = {
        key: tuple(
            (part.logits.cpu(), part.labels.cpu())
            for part in (each.on_forget_data, each.on_population)
        )
        for key, each in answers.items()
    }
    scores = {key: tuple(scaled_confidence(*part) for part in both) for key, both in seen.items()}
    losses = {key: threshold_attacks(ThresholdThreat(*both)).loss for key, both in seen.items()}

    def dossier(key: Key, references: Sequence[int], place: int) -> Dossier:
        left_out = {key, ("original", place)}
        inside, outside = (
            [(name, seed) for seed in references if (name, seed) not in left_out]
            for name in ("original", "retrain")
        )
        found, _ = reference_attack(
            scores[key][0],
            forget_references(
                [scores[each][0] for each in inside],
                [scores[each][0] for each in outside],
                [scores[each][1] for each in (*inside, *outside)],
            ),
            population=scores[key][1],
        )
        loss = losses[key]
        assert loss.auc_interval is not None
        assert not isinstance(loss.auc, Undefined)
        threshold = Sign(MEMBERSHIP_JUDGE, LOSS.name, loss.auc, *loss.auc_interval)
        who = f"{key[0]}, seed {key[1]}"
        return Dossier(who, Undefined("not asked"), signs=(*found.signs(), threshold))

    chance = random.Random(0)
    for _ in range(draws):
        references = chance.sample(seeds, REFERENCES)
        band = Band([dossier(("retrain", seed), references, seed) for seed in references[:size]])
        others = (each for each in seeds if each not in references)
        for seed, place in zip(others, itertools.cycle(references), strict=False):
            original = dossier(("original", seed), references, place)
            honest = dossier(("retrain", seed), references, place)
            yield Case("retrain", Questions(honest, original, band, t))
            # as a copy of it that claims to be unlearned: of itself one test would be enough
            yield Case("original", Questions(replace(original), original, band, t))


def report_members(runner: StudyRunner, seeds: Sequence[int], size: int, draws: int) -> None:
    """Print how often each is said of retrained models and of originals."""
    t = Thresholds()
    found = list(cases(runner, seeds, size, draws, t))
    rates: Mapping[str, Callable[[Case], bool]] = {
        "noticeable by membership": Case.noticed,
        "  any test by one line, whatever chance gives": Case.beyond,
        "  online LiRA, RMIA or loss by one line": lambda case: case.beyond(FEW),
        "not gone by membership": Case.left,
        "  left open: one kind of test alone": lambda case: bool(case.q.unconfirmed),
        "  online LiRA alone": lambda case: case.left_by("online LiRA"),
    }
    print(f"\nMembership, bands of {size} of {REFERENCES} seeds of references, {draws} draws:")
    for name, held in rates.items():
        of = {kind: _percent(found, kind, held) for kind in ("retrain", "original")}
        print(f"  {name}: {', '.join(f'{kind} {rate:.1f} %' for kind, rate in of.items())}")
    beside = {
        (id(c.q.band), c.q.original): c.q for c in found if c.name == "retrain" and c.q.original
    }
    doubted = sum(bool(doubts(q.band.models, q.original, t)) for q in beside.values())
    print(f"  bands with a model in doubt: {100 * doubted / max(len(beside), 1):.1f} %")
    for name in ("apart", "left"):
        for factor in (0.5, 2.0):
            other = t.replace(**{name: min(factor * getattr(t, name), 100.0)})
            moved = [
                Case(c.name, Questions(c.q.model, c.q.original, c.q.band, other)) for c in found
            ]
            told = ", ".join(
                f"{word} {_percent(moved, 'retrain', held):.1f} %"
                for word, held in (("noticeable", Case.noticed), ("not gone", Case.left))
            )
            print(f"  {name} at {getattr(other, name):g}, retrained: {told}")


def _percent(found: Sequence[Case], name: str, held: Callable[[Case], bool]) -> float:
    chosen = [each for each in found if each.name == name]
    return 100 * sum(map(held, chosen)) / max(len(chosen), 1)
