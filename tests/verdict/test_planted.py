"""The profile of models of which it is known whether a planted flaw is still in them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from opcviz.artefacts import ModelResults
from opcviz.artefacts.verdicts import Known, judge_models
from opcviz.common.records import Undefined
from opcviz.data import Images, Scenario, assemble
from opcviz.measures import accuracy_report
from opcviz.measures.ground_truth import confusion_truth, trigger_truth
from opcviz.results import Attempt, GroundTruth, TrainingResult
from opcviz.tasks.classification import ModelOutputs, Observation
from opcviz.verdict import Dossier, Verdict, judge

CLASSES, TRAIN, TEST = 10, 60, 40  # pictures a class
SCENARIOS = {"confusion": "confusion:3,5:50%", "trigger": "trigger:0:10%"}
SEEDS = (0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 10)))
Parts = tuple[Tensor, Tensor, Tensor]


class Planted:
    """A data set with a flaw in it, and models by what they answer.

    The answers are those on the train set, on the test set, and on the test set with a trigger; a
    model errs on one picture in thirty, each of them on others.
    """

    def __init__(self, kind: str, seed: int) -> None:
        self.rng, self.kind = torch.Generator().manual_seed(seed), kind
        blank = {n: torch.zeros(n * CLASSES, 1, 8, 8, dtype=torch.uint8) for n in (TRAIN, TEST)}
        y = {n: torch.arange(CLASSES).repeat_interleave(n) for n in blank}
        clean = assemble("planted", *((blank[n].numpy(), y[n].numpy()) for n in (TRAIN, TEST)))
        scenario = Scenario.parse(f"{SCENARIOS[kind]}@{seed + 1}")
        prepared = scenario.prepare(clean)
        assert isinstance(prepared, Images)
        self.data, self.split = prepared, scenario.split(prepared)
        self.true = clean.y_train

    def flawed(self, test: Tensor) -> tuple[Tensor, Tensor]:
        """The answers of a model that learnt the flaw, on the test set and with the trigger."""
        if self.kind == "trigger":
            return test, torch.zeros_like(test)
        swap = ((test == 3) | (test == 5)) & (self.chance(test) < 0.5)
        return torch.where(swap, 8 - test, test), test

    def chance(self, like: Tensor) -> Tensor:
        return torch.rand(len(like), generator=self.rng)

    def erring(self, said: Tensor) -> Tensor:
        wrong = torch.randint(CLASSES, (len(said),), generator=self.rng)
        return torch.where(self.chance(said) < 1 / 30, wrong, said)

    def original(self) -> Parts:
        return (self.data.y_train, *self.flawed(self.data.y_test))

    def removed(self) -> Parts:
        return self.true, self.data.y_test, self.data.y_test

    def papered_over(self) -> Parts:
        """Right on the planted samples, and as flawed as before on all others."""
        return (self.true, *self.flawed(self.data.y_test))

    def destroyed(self) -> Parts:
        """Every class as often as any other, whatever is asked."""
        train, test = (torch.arange(len(y)) % CLASSES for y in (self.true, self.data.y_test))
        train[self.split.forget_train] = torch.arange(len(self.split.forget_train)) % CLASSES
        return train, test, test

    def measured(self, parts: Parts) -> tuple[ModelOutputs, GroundTruth]:
        train, test, shown = (
            torch.nn.functional.one_hot(self.erring(said), CLASSES).float() for said in parts
        )
        outputs = ModelOutputs(
            Observation(train, train, self.data.y_train), Observation(test, test, self.data.y_test)
        )
        data = self.data
        return outputs, GroundTruth(
            confusion_truth(outputs, data), trigger_truth(outputs, data, shown)
        )

    def dossier(self, parts: Parts, who: str = "this model") -> Dossier:
        outputs, truth = self.measured(parts)
        accuracy = accuracy_report(outputs, self.split, self.data.class_names)
        assert not isinstance(accuracy.forget_train, Undefined)
        answers = Attempt(
            "answers",
            "logits",
            "whole",
            "nothing",
            0,
            accuracy.forget_train,
            len(self.split.forget_train),
            50.0,
        )
        names = ("forget_train", "retain_train", "forget_test", "retain_test")
        sizes = {name: len(getattr(self.split, name)) for name in names}
        attempts = (answers, *truth.attempts())
        return Dossier(who, accuracy, sizes, Undefined("not measured"), attempts)

    def judged(self, parts: Parts) -> Verdict:
        band = [self.dossier(self.removed(), f"retrained {n}") for n in range(3)]
        return judge(self.dossier(parts), self.dossier(self.original(), "original"), band)


MODELS: dict[str, tuple[Callable[[Planted], Parts], str]] = {
    "kept": (Planted.original, "no"),
    "removed": (Planted.removed, "as in retrained models"),
    "papered over": (Planted.papered_over, "hidden"),
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("kind", SCENARIOS)
def test_what_is_known_to_be_there_is_found(kind: str, model: str, seed: int) -> None:
    world = Planted(kind, seed)
    made, gone = MODELS[model]
    verdict = world.judged(made(world))
    assert verdict.gone == gone, verdict.why


@pytest.mark.parametrize("seed", SEEDS)
def test_the_original_with_its_flaw_is_no_measure_of_what_was_kept(seed: int) -> None:
    """Two classes of ten half confused cost it ten points: a model that lost as many is harmed."""
    world = Planted("confusion", seed)
    verdict = world.judged(world.papered_over())
    assert verdict.kept in ("no", "one class harmed")
    assert "the worst of retrained has" in verdict.why.lower()
    assert world.judged(world.removed()).kept == "yes"


@pytest.mark.parametrize("kind", SCENARIOS)
def test_the_sentence_says_who_found_it_and_in_what(kind: str) -> None:
    world = Planted(kind, 0)
    verdict = world.judged(world.papered_over())
    assert verdict.furthest is not None
    assert verdict.furthest.attacker == kind
    said = {
        "confusion": "Asking about unseen pictures of the confused classes gets",
        "trigger": "Putting the trigger on unseen pictures gets",
    }
    assert said[kind].lower() in verdict.why.lower()
    told = {"confusion": "% of them taken for the other", "trigger": "% of them turned to its"}
    assert told[kind] in verdict.why


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", SCENARIOS)
def test_answers_by_chance_are_no_flaw_that_was_kept(kind: str, seed: int) -> None:
    world = Planted(kind, seed)
    verdict = world.judged(world.destroyed())
    assert verdict.gone is None, verdict.why
    assert "what is destroyed is not forgotten" in verdict.why
    assert verdict.kept == "no"


def test_the_kind_of_artefact_counts_in_the_verdict() -> None:
    """By its record alone; other families are missed, and that is said."""
    world = Planted("trigger", 0)

    def known(parts: Parts) -> Known:
        answers = {"ground_truth": world.measured(parts)[1]}
        return Known("this model", ModelResults(TrainingResult("finished"), answers))

    verdict = judge_models(
        "classification",
        known(world.papered_over()),
        known(world.original()),
        [known(world.removed())],
        sizes={},
    )
    assert verdict.furthest is not None
    assert verdict.furthest.attacker == "trigger"
    assert any("recovery" in each or "accuracy" in each for each in verdict.missing)


def test_where_nothing_was_planted_nobody_misses_the_check_of_it() -> None:
    bare = Known("this model", ModelResults(TrainingResult("finished")))
    verdict = judge_models("classification", bare, bare, [bare], sizes={})
    assert any(each.startswith("recovery of this model") for each in verdict.missing)
    assert not any("ground truth" in each for each in verdict.missing)
