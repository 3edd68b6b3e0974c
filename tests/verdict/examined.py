"""From a model's JSON, whole or with pieces cut out, to what the verdict is given."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from opcviz.results import (
    AccuracyReport,
    Block,
    Collapse,
    EvidenceResult,
    FitResult,
    ProbesResult,
    RecoveryResult,
    Separability,
)
from opcviz.verdict import Examined, Verdict
from opcviz.verdict import consensus as consensus_of
from opcviz.verdict import judge as judge_examined

Json = dict[str, Any]

SCORES = {"forget_accuracy": None, "retain_accuracy": None, "forget_recall": None}
PROBES = dict.fromkeys(("linear", "knn", "mean", "mlp", "majority"), SCORES)


def examined(numbers: Json | None) -> Examined | None:
    """What is known of a model; what its JSON lacks is undefined."""
    if numbers is None:
        return None
    found = {
        "accuracy": _whole(AccuracyReport, numbers.get("accuracy"), per_class={}),
        "recovery": _recovery(numbers.get("recovery")),
        "collapse": _whole(Collapse, numbers.get("collapse")),
        "separability": _whole(Separability, numbers.get("separability"), samples=[0, 0]),
    }
    evidence = EvidenceResult.from_dict(found)
    blocks = tuple(_block(block) for block in numbers.get("blocks", ()))
    return Examined(numbers["status"], numbers.get("reason"), evidence, blocks)


def _whole(record: type, known: Json | None, **defaults: Any) -> Json:
    return {**dict.fromkeys(f.name for f in fields(record)), **defaults, **(known or {})}


def _recovery(known: Json | None) -> Json:
    settings = {"ridge": 0.0, "hr_targets": "logits", "intercept": True, "level": 95.0}
    before = {"forget_accuracy": None, "balanced_accuracy": None}
    found = _whole(RecoveryResult, known, **settings, resamples=0, before=before, fm={}, hr={})
    attacks = {name: found[name] or {} for name in ("fm", "hr", "hr_labels")}
    entry = dict.fromkeys(("forget_accuracy", "balanced_accuracy", "recall"))
    entry |= dict.fromkeys(("retain_accuracy", "constant_predictor", "sweep"))
    assert entry.keys() <= {f.name for f in fields(FitResult)}
    return found | {
        name: {fit: entry | values for fit, values in fits.items()}
        for name, fits in attacks.items()
    }


def _block(known: Json) -> Block:
    cka = {"cka": None, "variance": [None, None], "effective_rank": [None, None]}
    cka |= {"samples": 0, "debiased": False}
    return Block.from_dict(
        {
            "name": known["name"],
            "collapse": _whole(Collapse, known.get("collapse")),
            "separability": _whole(Separability, known.get("separability"), samples=[0, 0]),
            "recovery": _recovery(known.get("recovery")),
            "probes": known.get("probes") or _whole(ProbesResult, PROBES, samples=0),
            "cka_original": dict.fromkeys(("mixed", "forget", "retain"), cka),
        }
    )


def judge(*models: Json | None, **more: Any) -> Json:
    """`opcviz.verdict.judge` from JSON to JSON."""
    return judge_examined(*map(examined, models), **more).to_dict()


def consensus(verdicts: list[Json]) -> Json:
    """`opcviz.verdict.consensus` from JSON to JSON."""
    empty = Verdict(None, None, "", (), (), (), (), None, ()).to_dict()
    return consensus_of([Verdict.from_dict({**empty, **each}) for each in verdicts]).to_dict()
