"""How often an audit asks the networks: one pass over the data a model serves all kinds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from audited import spec_of
from forward_passes import counted

from opcviz.artefacts import Kind
from opcviz.audit import checks, estimate
from opcviz.audit.opening import open_case
from opcviz.audit.run import audit_case
from opcviz.audit.runner import AuditRunner
from opcviz.common.parts import PARTS
from opcviz.methods import Method
from opcviz.study import Store
from opcviz.study.runner import StudyRunner

LITTLE = {
    "strongest": {"maps": ["affine"]},
    "judging": {"judges": ["linear"], "limit": 100},
    "probing": {"steps": 10, "limit": 100, "folds": 2},
    "recovery": {"sizes": []},
    "information": {"limit": 100, "landmarks": 20},
    "maps": ["pca"],
}
RUN_NETWORKS = ("relearning", "relearned", "inversion", "masked")
"""Kinds that train networks, want their gradients, or look at one with a slope for dead units."""


@pytest.mark.slow
def test_one_pass_over_the_data_serves_all_kinds_about_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_thread: None
) -> None:
    spec = spec_of(retrained=[], suite="full", without=[*RUN_NETWORKS], evidence=LITTLE)
    case = open_case(spec, torch.device("cpu"), lists=tmp_path)
    forwards, asked = counted(monkeypatch), Counter[str]()
    measure = StudyRunner.measure

    def counting(self: StudyRunner, kind: Kind[Any], methods: Sequence[Method], seed: int) -> None:
        asked["outside"] += forwards()
        measure(self, kind, methods, seed)
        asked[kind.name] += forwards()

    monkeypatch.setattr(StudyRunner, "measure", counting)
    audit_case(case, Store(tmp_path))
    assert {"evidence", "blocks", "strongest", "signs", "information", "maps"} <= set(asked)
    samples = len(case.data.x_train) + len(case.data.x_test)
    shapes = 2  # samples that are looked at before
    outside = asked.pop("outside") + forwards()
    assert asked.total() == 2 * (samples + shapes), asked
    first = sum(min(checks.LOOKED_AT, len(case.split.part(part))) for part in PARTS)
    built = 2 * shapes  # networks, to see how many threads they can use
    timed = {passes * estimate.LOOKED_AT for passes in (1, 2, 3)}
    assert outside - 2 * first - built in timed, "to keep the models takes none"


@pytest.mark.slow
def test_the_original_is_looked_at_once_when_models_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_thread: None
) -> None:
    case = open_case(spec_of(retrained=[]), torch.device("cpu"), lists=tmp_path)
    runner = AuditRunner(case, Store(tmp_path))
    looked_at = counted(monkeypatch)
    runner.keep_models()
    assert looked_at() == 2 * len(runner.live)
