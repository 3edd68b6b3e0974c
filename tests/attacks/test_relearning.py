"""The relearning attack, against a hand-written loop and models whose answer is known."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
from json_form import as_json
from torch.nn import functional as F

from opcviz.attacks.relearning import Relearning, relearn
from opcviz.attacks.relearning import attack as relearning
from opcviz.attacks.relearning.curves import Curves, evaluation_steps
from opcviz.common.config import ConfigError
from opcviz.common.progress import Cancelled, Progress, Step
from opcviz.data import Scenario, Split, photo_patches
from opcviz.models import Architecture, build_classifier
from opcviz.training import Batches

relearn = as_json(relearn)

QUICK = Relearning(steps=12, shots=(2,), batch_size=8)
SIDES = ("forget_train", "forget_test")

pytestmark = pytest.mark.usefixtures("one_thread")


def with_new_head(model):
    """The body as it was; the head knows nothing."""
    torch.manual_seed(3)
    model = copy.deepcopy(model)
    model.head.reset_parameters()
    return model


def muffled(model, classes):
    """Unlearning at the surface: the head is slow to answer with a forgotten class."""
    model = copy.deepcopy(model)
    with torch.no_grad():
        model.head.bias[list(classes)] -= 3
    return model


# ---- the attack itself -------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["retain", "shots_2"])
def test_the_curve_is_that_of_a_hand_written_loop(
    variant, tiny_original, tiny_images, tiny_split, monkeypatch
):
    """Plain SGD with momentum over the same batches, looked at after the same steps."""
    watches = []
    of = Curves.of
    monkeypatch.setattr(
        relearning.Curves, "of", lambda *a, **k: watches.append((a, of(*a, **k))) or watches[-1][1]
    )
    config = Relearning(steps=15, shots=(2,), batch_size=8, lr=0.05)
    start = muffled(tiny_original, (0, 1))
    result = relearn(start, tiny_images, tiny_split, config, original_accuracy=100, seed=5)
    (_, _, given, _), watch = watches[("retain", "shots_2").index(variant)]

    model = copy.deepcopy(start).train()
    optimizer = torch.optim.SGD(model.parameters(), 0.05, momentum=0.9, weight_decay=5e-4)
    batches = Batches(tiny_images, tiny_split.retain_train, given, 8)
    generator = torch.Generator().manual_seed(5)
    drawn = [b for n in range(20) for b in batches.epoch(n, generator)][:15]
    curves = {side: [] for side in SIDES}
    for step in range(16):
        if step in evaluation_steps(15):
            for side in SIDES:
                x, y = watch.parts[side]
                with torch.no_grad():
                    answers = model.eval()(x / 255).argmax(1)
                curves[side].append(100 * (answers == y).double().mean().item())
        if step < 15:
            model.train()
            batch = drawn[step]
            optimizer.zero_grad()
            F.cross_entropy(model(batch.x), batch.y).backward()
            optimizer.step()
    entry = result["variants"][variant]
    assert entry["given"] == len(given) == (4 if variant == "shots_2" else 0)
    assert entry["steps"] == evaluation_steps(15)
    for side in SIDES:
        assert entry[side]["accuracy"] == pytest.approx(curves[side])
    assert max(curves["forget_train"]) > min(curves["forget_train"])  # something happened


@pytest.mark.slow
def test_the_original_stays_where_it_is(tiny_original, tiny_images, tiny_split):
    gentle = QUICK.replace(lr=1e-3)  # a net of 5,000 weights forgets what it does not rehearse
    result = relearn(tiny_original, tiny_images, tiny_split, gentle, original_accuracy=100)
    for variant in result["variants"].values():
        for side in SIDES:
            assert min(variant[side]["accuracy"]) == 100
            assert variant[side]["area"] == pytest.approx(1)
            assert variant[side]["steps_to_half"] == 0
        assert variant["retain_test"] == {"before": 100, "after": 100}


@pytest.mark.slow
def test_an_untouched_body_gives_everything_back_in_a_few_steps(
    tiny_original, tiny_images, tiny_split
):
    """A new head on old features learns at once what a new model has not begun to learn."""
    config = Relearning(steps=20, shots=(3,), batch_size=8, lr=0.02)
    bodies = {
        "old": with_new_head(tiny_original),
        "new": build_classifier(Architecture(width=0.25), tiny_images, 9),
    }
    curves = {
        name: relearn(model, tiny_images, tiny_split, config, original_accuracy=100)["variants"]
        for name, model in bodies.items()
    }
    old, new = (curves[name]["shots_3"]["forget_train"] for name in ("old", "new"))
    assert old["accuracy"][0] < 60
    assert old["accuracy"][-1] == 100
    assert old["steps_to_half"] <= 6
    assert old["area"] > new["area"] + 0.2
    # without a single forgotten label, a new head never names their classes for good
    assert curves["old"]["retain"]["forget_train"]["accuracy"][-1] < 20


@pytest.mark.slow
def test_one_seed_one_curve(tiny_original, tiny_images, tiny_split):
    start = with_new_head(tiny_original)

    def run(seed):
        return relearn(start, tiny_images, tiny_split, QUICK, original_accuracy=100, seed=seed)

    assert run(1) == run(1)
    assert run(1) != run(2)


@pytest.mark.slow
def test_the_attacked_model_is_left_alone(tiny_original, tiny_images, tiny_split, same_weights):
    tiny_original.requires_grad_(False)
    before = copy.deepcopy(tiny_original)
    relearn(
        tiny_original,
        tiny_images,
        tiny_split,
        QUICK,
        original_accuracy=100,
        other=photo_patches(tiny_images.shape, 32),
    )
    assert same_weights(before, tiny_original)
    assert not any(p.requires_grad for p in tiny_original.parameters())
    assert not tiny_original.training


# ---- what is given, what is scored -------------------------------------------------------------


def test_given_samples_are_of_every_class_nested_and_not_scored(
    tiny_original, tiny_images, tiny_split
):
    config = Relearning(shots=(1, 3, 5), steps=1)
    variants = list(relearning._variants(tiny_images, tiny_split, None, config, seed=2))
    assert [v.name for v in variants] == ["retain", "shots_1", "shots_3", "shots_5"]
    held: set[int] = set()
    for variant, shots in zip(variants, (0, 1, 3, 5), strict=True):
        given = set(variant.forget.tolist())
        assert held <= given <= set(tiny_split.forget_train.tolist())
        held = given
        assert tiny_images.y_train[variant.forget].bincount(minlength=2).tolist() == [shots] * 2
        watch = Curves.of(tiny_images, tiny_split, variant.forget, 1, scored=256, seed=0)
        scored = watch.parts["forget_train"][0]
        pictures = {tuple(p.flatten().tolist()) for p in tiny_images.x_train[variant.forget]}
        assert len(scored) == len(tiny_split.forget_train) - len(given)
        assert not pictures & {tuple(p.flatten().tolist()) for p in scored}


def test_curves_are_scored_on_no_more_than_asked_for(tiny_original, tiny_images, tiny_split):
    config = Relearning(steps=1, shots=(), scored=5)
    result = relearn(tiny_original, tiny_images, tiny_split, config, original_accuracy=100)
    assert result["variants"]["retain"]["forget_train"]["samples"] == 5
    assert result["variants"]["retain"]["forget_test"]["samples"] == 5


def test_the_constant_answer_stands_beside_the_curve(tiny_original, tiny_images):
    split = Scenario.parse("classes:0,1,2").split(tiny_images)
    split = replace(split, forget_train=split.forget_train[:-6])  # 12, 12 and 6 samples
    result = relearn(
        tiny_original,
        tiny_images,
        split,
        Relearning(steps=1, shots=()),
        original_accuracy=100,
    )
    assert result["variants"]["retain"]["forget_train"]["constant_predictor"] == 40


# ---- progress, limits, bad input ---------------------------------------------------------------


@pytest.mark.slow
def test_progress_counts_the_steps_of_all_variants(tiny_original, tiny_images, tiny_split):
    events: list[Step] = []
    relearn(
        tiny_original,
        tiny_images,
        tiny_split,
        QUICK,
        original_accuracy=100,
        progress=Progress(events.append),
    )
    assert [e.step for e in events] == list(range(1, 25))
    assert {e.steps for e in events} == {24}


@pytest.mark.parametrize("after", [1, 15])
def test_stops_when_asked_to(after, tiny_original, tiny_images, tiny_split):
    events: list[Step] = []
    progress = Progress(events.append, stop=lambda: len(events) >= after)
    with pytest.raises(Cancelled):
        relearn(
            tiny_original,
            tiny_images,
            tiny_split,
            QUICK,
            original_accuracy=100,
            progress=progress,
        )
    assert len(events) == after


@pytest.mark.slow
def test_forgotten_samples_have_no_test_curve(tiny_original, tiny_images):
    split = Scenario.parse("random:25%").split(tiny_images)
    result = relearn(tiny_original, tiny_images, split, QUICK, original_accuracy=100)
    for variant in result["variants"].values():
        assert variant["forget_test"]["accuracy"] is None
        assert variant["forget_test"]["area"] is None
        assert variant["forget_test"]["reason"] == "there are no such samples"
        assert variant["forget_train"]["area"] > 0.9


def test_what_cannot_be_run_has_a_reason(tiny_original, tiny_images, tiny_split):
    none = tiny_split.retain_train[:0]
    config = Relearning(steps=1, shots=(12,))

    def run(model=tiny_original, original_accuracy=100.0, **parts):
        split: Split = replace(tiny_split, **parts)
        return relearn(model, tiny_images, split, config, original_accuracy=original_accuracy)[
            "variants"
        ]

    greedy = run()["shots_12"]
    assert "none is left to score" in greedy["reason"]
    assert greedy["forget_train"]["area"] is None
    assert "nothing is retained" in run(retain_train=none)["retain"]["reason"]
    assert "forget set is empty" in run(forget_train=none)["retain"]["reason"]
    ignorant = run(original_accuracy=0.0)["retain"]["forget_train"]
    assert ignorant["area"] is None
    assert "gets no forget sample right" in ignorant["reason"]

    broken = copy.deepcopy(tiny_original)
    with torch.no_grad():
        broken.head.bias[0] = float("nan")
    result = run(broken)["retain"]
    assert result["steps"] is None
    assert result["forget_test"]["accuracy"] is None
    assert "diverged" in result["forget_test"]["reason"]


def test_a_curve_that_breaks_off_says_so(tiny_original, tiny_images, tiny_split):
    with torch.no_grad():
        tiny_original.head.weight *= -1e6  # the gradients are as large, and the next step as long
    steep = QUICK.replace(lr=10)
    result = relearn(tiny_original, tiny_images, tiny_split, steep, original_accuracy=100)
    entry = result["variants"]["retain"]
    assert entry["reason"] == "diverged at step 2"
    assert entry["steps"] == [0, 1]
    assert len(entry["forget_train"]["accuracy"]) == 2
    assert entry["forget_train"]["area"] is None
    assert entry["retain_test"]["after"] is None


def test_bad_settings_are_named(tiny_original, tiny_images, tiny_split):
    with pytest.raises(ConfigError, match=r"Relearning\.shots: 51"):
        Relearning(shots=(51,))
    for wrong in (101, -1, float("nan")):
        with pytest.raises(ValueError, match="not a percentage"):
            relearn(tiny_original, tiny_images, tiny_split, original_accuracy=wrong)
