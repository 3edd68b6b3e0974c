"""Every result that is shipped goes through its record and comes out as it was."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from opcviz.artefacts import kinds
from opcviz.results import PlainResult
from opcviz.study import shipped_root

NOT_SHIPPED = {"shadows", "transfer"}  # chosen by none of the studies that come with the project
RECORDS = {
    kind.name: kind
    for kind in kinds()
    if not kind.own and kind.result is not PlainResult and kind.name not in NOT_SHIPPED
}
NOT_MEASURED = {"model", "probe"}  # made by training, and by drawing the probe set


@cache
def stored() -> list[tuple[str, Path]]:
    """The kind and the file of every shipped result."""
    found = sorted(shipped_root().rglob("result.json"))
    return [(path.parent.name.rpartition("-")[0], path) for path in found]


def test_every_kind_of_result_that_is_shipped_has_a_record() -> None:
    assert {kind for kind, _ in stored()} == RECORDS.keys() | NOT_MEASURED


@pytest.mark.parametrize(
    "kind",
    ["evidence", *(pytest.param(k, marks=pytest.mark.slow) for k in RECORDS if k != "evidence")],
)
def test_json_is_the_same_after_its_record(kind: str) -> None:
    found = {}  # of the seeds of a model one is enough
    for path in (path for each, path in stored() if each == kind):
        model = path.parents[1]
        found.setdefault((model.parent, model.name.rpartition("-s")[0]), path)
    assert len(found) > 5
    for path in found.values():
        told = json.loads(path.read_text(encoding="utf-8"))
        if told.keys() == {"reason"}:
            continue  # there is no answer about this model
        del told["seconds"]  # the runner adds how long it took
        record = RECORDS[kind].result.from_dict(told, strict=True)
        written = record.to_dict()
        assert json.dumps(written, sort_keys=True) == json.dumps(told, sort_keys=True), path
        assert RECORDS[kind].read(written) == record
