"""Attackers that read: classifiers fitted on what a model makes of the train set.

All are scored on the forget test pictures, percent named right. Rows are standardised with the
statistics of the samples fitted on, so that an activation which is small, but not nothing, is as
loud as any other. Of several settings of one attacker the best counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC
from torch import Tensor, nn
from torch.nn import functional as F

from .subject import Subject

RIDGES = (1e-4, 1e-2, 1.0)
"""Relative: times the mean of the Gram matrix's diagonal."""


def standardised(fitted: Tensor, asked: Tensor) -> tuple[Tensor, Tensor]:
    """Both in units of the deviation of `fitted`; constant columns are left at their offset."""
    mean, std = fitted.double().mean(0), fitted.double().std(0)
    std = torch.where(std > 0, std, 1.0)
    return ((fitted.double() - mean) / std), ((asked.double() - mean) / std).clamp(-1e4, 1e4)


def ridge_answers(rows: Tensor, targets: Tensor, asked: Tensor, ridge: float) -> Tensor:
    """Affine least squares on centred rows, by the smaller of the two Gram matrices."""
    centre = targets.mean(0)
    wide = rows.shape[1] > len(rows)
    gram = rows @ rows.T if wide else rows.T @ rows
    level = ridge * gram.diagonal().mean().clamp_min(1e-12)
    gram = gram + level * torch.eye(len(gram), dtype=gram.dtype)
    if wide:
        return asked @ (rows.T @ torch.linalg.solve(gram, targets - centre)) + centre
    return asked @ torch.linalg.solve(gram, rows.T @ (targets - centre)) + centre


def affine(rows: Tensor, labels: Tensor, asked: Tensor) -> Iterator[Tensor]:
    classes, index = labels.unique(return_inverse=True)
    targets = F.one_hot(index).double()
    for ridge in RIDGES:
        yield classes[ridge_answers(rows, targets, asked, ridge).argmax(1)]


def rbf(rows: Tensor, labels: Tensor, asked: Tensor) -> Iterator[Tensor]:
    machine = SVC(C=10.0, gamma="scale").fit(rows.numpy(), labels.numpy())
    yield torch.from_numpy(machine.predict(asked.numpy()))


def mlp(rows: Tensor, labels: Tensor, asked: Tensor) -> Iterator[Tensor]:
    """One hidden layer of 128, Adam, 30 epochs."""
    classes, index = labels.unique(return_inverse=True)
    rows, asked = rows.float(), asked.float()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(rows.shape[1], 128), nn.ReLU(), nn.Linear(128, len(classes)))
        optimizer = torch.optim.Adam(net.parameters(), 2e-3, weight_decay=1e-4)
        for _ in range(30):
            for ids in torch.randperm(len(rows)).split(128):
                loss = F.cross_entropy(net(rows[ids]), index[ids])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    with torch.no_grad():
        yield classes[net(asked).argmax(1)]


READERS: dict[str, Callable[[Tensor, Tensor, Tensor], Iterator[Tensor]]] = {
    "affine": affine,
    "rbf": rbf,
    "mlp": mlp,
}


def recovered(subject: Subject, readers: tuple[str, ...] = tuple(READERS)) -> dict[str, float]:
    """`reader/scope/station` to percent of the forget test pictures named right.

    Scope `all`: fitted on the whole train set with its labels. Scope `forget`: on the forget part
    alone, among its classes; it needs two of them.
    """
    found = {}
    gone = subject.split.forget_train
    scopes = {"all": torch.arange(len(subject.y["train"]))}
    if len(subject.forgotten) > 1:
        scopes["forget"] = gone
    truth = subject.y["test"][subject.split.forget_test]
    for station, train, test in subject.stations():
        for scope, ids in scopes.items():
            rows, asked = standardised(train[ids], test[subject.split.forget_test])
            for name in readers:
                answers = READERS[name](rows, subject.y["train"][ids], asked)
                best = max((a == truth).float().mean().item() for a in answers)
                found[f"{name}/{scope}/{station}"] = round(100 * best, 1)
    return found


def translated(subject: Subject, original: Subject) -> dict[str, float]:
    """Maps from retain samples alone onto the original's features and logits.

    Affine and kernel ridge regression (Gaussian, width the number of columns, after
    standardisation); no forget picture is used. `map/onto/station` to percent of the forget test
    pictures that the original's head then names right.
    """
    found = {}
    kept, gone = subject.split.retain_train, subject.split.forget_test
    truth = subject.y["test"][gone]
    for station, train, test in subject.stations():
        if station == "logits":
            continue
        rows, asked = standardised(train[kept], test[gone])
        width = rows.shape[1]
        kernel = torch.exp(-torch.cdist(rows, rows).square() / width)
        across = torch.exp(-torch.cdist(asked, rows).square() / width)
        for onto in ("features", "logits"):
            targets = original.seen["train"][onto][kept].double()
            answers = {"affine": [ridge_answers(rows, targets, asked, r) for r in RIDGES]}
            centre, one = targets.mean(0), torch.eye(len(kernel), dtype=kernel.dtype)
            answers["kernel"] = [
                across @ torch.linalg.solve(kernel + r * one, targets - centre) + centre
                for r in RIDGES
            ]
            for name, made in answers.items():
                if onto == "features":
                    with torch.no_grad():
                        made = [original.network.head(each.float()) for each in made]
                best = max((z.argmax(1) == truth).float().mean().item() for z in made)
                found[f"{name}/{onto}/{station}"] = round(100 * best, 1)
    return found


def noticed(
    subject: Subject, stations: tuple[str, ...] = ("features", "logits")
) -> dict[str, float]:
    """`judge/station` to the AUC of forget test against retain test pictures.

    The judges learn from the train set which of its pictures were to be forgotten.
    """
    found = {}
    is_gone = {}
    for part in ("train", "test"):
        is_gone[part] = np.zeros(len(subject.y[part]), int)
        is_gone[part][subject.split.part(f"forget_{part}").numpy()] = 1
    for station, train, test in subject.stations():
        if station not in stations:
            continue
        rows, asked = (t.numpy() for t in standardised(train, test))
        judges = {
            "linear": LogisticRegression(max_iter=1000, class_weight="balanced"),
            "knn": KNeighborsClassifier(15),
            "rbf": SVC(C=10.0, class_weight="balanced"),
            "trees": HistGradientBoostingClassifier(max_iter=100, random_state=0),
        }
        for name, judge in judges.items():
            judge.fit(rows, is_gone["train"])
            if hasattr(judge, "decision_function"):
                scores = judge.decision_function(asked)
            else:
                scores = judge.predict_proba(asked)[:, 1]
            found[f"{name}/{station}"] = round(float(roc_auc_score(is_gone["test"], scores)), 4)
    return found
