"""Settings that suit a data set better than the papers', read from `tuned/<data set>.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from ..common.json_types import Plain

__all__ = ["tuned_datasets", "tuned_settings"]

TUNED_FOLDER = Path(__file__).parent / "tuned"

Settings = dict[str, Plain]
Table = dict[str, dict[str, Settings]]
"""What is forgotten (`classes`, `samples`) to method to its settings."""


@cache
def _tables() -> dict[str, Table]:
    return {
        path.stem: tomllib.loads(path.read_text(encoding="utf-8"))
        for path in sorted(TUNED_FOLDER.glob("*.toml"))
    }


def tuned_settings(method: str, dataset: str, scenario: str) -> Settings:
    """Settings of a method for a data set and what is forgotten of it; empty where none are tuned.

    Args:
        method: its name.
        dataset: its name.
        scenario: `classes` or `samples`, see `opcviz.data.Scenario.forgets`.
    """
    return dict(_tables().get(dataset, {}).get(scenario, {}).get(method, {}))


def tuned_datasets(method: str) -> dict[str, dict[str, Settings]]:
    """All tuned settings of a method: data set to what is forgotten to settings."""
    found = {
        dataset: {kind: methods[method] for kind, methods in table.items() if method in methods}
        for dataset, table in _tables().items()
    }
    return {dataset: kinds for dataset, kinds in found.items() if kinds}
