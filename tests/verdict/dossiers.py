"""What the verdict is given about models made by hand: real attacks on their features.

A model of `constructed.World` has two places to look at: `stage1`, the features before the last
layer, and `features`, those after it. Three attackers fit on all train data or on retained data
alone, one relearns from ten pictures a class on `stage1` (its last layer started anew).
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import torch
from constructed import Made, World
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from opcviz.common.statistics import auc_interval
from opcviz.measures import accuracy_report, collapse
from opcviz.results import Attempt, Sign
from opcviz.verdict import Dossier, Verdict, judge

SHOTS = 10
PLACES = ("stage1", "features")


@cache
def world(forgotten: int, seed: int = 0) -> World:
    return World(forgotten, seed)


@cache
def original(forgotten: int, seed: int = 0) -> Dossier:
    return dossier(world(forgotten, seed), world(forgotten, seed).original, "original")


@cache
def band(forgotten: int, seed: int = 0) -> tuple[Dossier, ...]:
    home = world(forgotten, seed)
    made = [home.retrained, home.another_retrained(), home.another_retrained()]
    return tuple(dossier(home, each, f"retrained {n}") for n, each in enumerate(made))


def judged(forgotten: int, made: Made, seed: int = 0, **more: object) -> Verdict:
    """The verdict on a model beside the original and three retrained models."""
    home = world(forgotten, seed)
    return judge(dossier(home, made), original(forgotten, seed), band(forgotten, seed), **more)


def dossier(home: World, made: Made, who: str = "this model") -> Dossier:
    """All attacks on one model."""
    views, split = home.views(made), home.split
    names = [str(c) for c in range(home.classes)]
    accuracy = accuracy_report(views, split, names)
    features = made.features["train"]
    size = collapse(features[split.forget_train], features[split.retain_train])
    sizes = {
        part: len(getattr(split, part))
        for part in ("forget_train", "retain_train", "forget_test", "retain_test")
    }
    asked = "forget_test" if home.forgotten else "forget_train"
    answers = Attempt(
        "answers",
        "logits",
        "whole",
        "nothing",
        0,
        getattr(accuracy, asked),
        sizes[asked],
        100 / max(home.forgotten, 1),
        one_answer=_one_answer(made.logits["test"][split.forget_test].argmax(1)),
    )
    return Dossier(
        who=who,
        accuracy=accuracy,
        sizes=sizes,
        radius_ratio=size.radius_ratio,
        attempts=(answers, *attempts(home, made)),
        signs=signs(home, made),
        blocks=PLACES,
    )


def places(made: Made) -> dict[str, dict[str, torch.Tensor]]:
    return {"stage1": made.stage or made.features, "features": made.features}


def attempts(home: World, made: Made) -> tuple[Attempt, ...]:
    return tuple(
        attempt
        for place, features in places(made).items()
        for attempt in (
            *_labelled(home, features, place),
            _retain_only(home, features, place),
            *([_relearnt(home, features)] if place == "stage1" else []),
        )
    )


def _labelled(home: World, features: dict[str, torch.Tensor], place: str) -> list[Attempt]:
    maps = {
        "affine": make_pipeline(StandardScaler(), RidgeClassifier(1.0)),
        "rbf": make_pipeline(StandardScaler(), SVC(C=10.0)),
    }
    found = []
    for name, model in maps.items():
        x, y = features["train"].numpy(), home.y["train"].numpy()
        if home.forgotten:
            rows = home.split.forget_test.numpy()
            told = model.fit(x, y).predict(features["test"].numpy())[rows]
            truth = home.y["test"].numpy()[rows]
        else:  # no other picture belongs to forgotten samples: each is held out once
            rows = home.split.forget_train.numpy()
            told, truth = cross_val_predict(model, x, y, cv=3)[rows], y[rows]
        found.append(_attempt(name, place, "pooled", "all", 0, told == truth, home))
    return found


def _retain_only(home: World, features: dict[str, torch.Tensor], place: str) -> Attempt:
    """Least squares onto the original's logits, fitted on retained data."""
    rows = home.split.retain_train
    ones = {s: torch.cat([f, torch.ones(len(f), 1)], 1).double() for s, f in features.items()}
    target = home.original.logits["train"][rows].double()
    gram = ones["train"][rows].T @ ones["train"][rows]
    ridge = 1e-8 * gram.trace() / len(gram) * torch.eye(len(gram), dtype=torch.float64)
    weight = torch.linalg.solve(gram + ridge, ones["train"][rows].T @ target)
    side = "test" if home.forgotten else "train"
    held = getattr(home.split, f"forget_{side}")
    told = (ones[side][held] @ weight).argmax(1)
    right = (told == home.y[side][held]).numpy()
    made = _attempt("affine", place, "pooled", "retain", 0, right, home)
    return replace(made, one_answer=_one_answer(told))


def _one_answer(told: torch.Tensor) -> bool:
    return bool(len(told)) and bool((told == told.mode().values).float().mean() >= 0.9)


def _relearnt(home: World, features: dict[str, torch.Tensor]) -> Attempt:
    """A new last layer on what came before it, from retained data and ten forgotten a class."""
    y = home.y["train"]
    given = [home.split.retain_train]
    for c in range(home.forgotten) if home.forgotten else y.unique().tolist():
        same = home.split.forget_train[y[home.split.forget_train] == c]
        given.append(same[:SHOTS] if home.forgotten else same[:1])
    rows = torch.cat(given).numpy()
    model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", C=1.0))
    model.fit(features["train"].numpy()[rows], y.numpy()[rows])
    side = "test" if home.forgotten else "train"
    held = np.setdiff1d(getattr(home.split, f"forget_{side}").numpy(), rows)
    if home.forgotten:
        held = home.split.forget_test.numpy()
    told = model.predict(features[side].numpy()[held])
    right = told == home.y[side].numpy()[held]
    return _attempt("relearning", "last 1", "whole", "shots", SHOTS, right, home)


def _attempt(
    attacker: str, place: str, view: str, holds: str, given: int, right: np.ndarray, home: World
) -> Attempt:
    constant = 100 / max(home.forgotten, 1)
    return Attempt(
        attacker, place, view, holds, given, 100 * float(right.mean()), len(right), constant
    )


def signs(home: World, made: Made) -> tuple[Sign, ...]:
    """Forgotten against retained pictures of the test set; of samples, of the train set."""
    from sklearn.metrics import roc_auc_score

    side = "test" if home.forgotten else "train"
    x, gone = made.features[side].numpy(), home.gone(side).numpy()
    model = make_pipeline(StandardScaler(), SVC(C=1.0))
    scores = cross_val_predict(model, x, gone, cv=5, method="decision_function")
    auc = float(roc_auc_score(gone, scores))
    low, high = auc_interval(auc, int(gone.sum()), int((~gone).sum()))
    return (Sign("rbf", "features", auc, low, high),)
