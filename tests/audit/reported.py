"""Reports of shipped studies, as if one of their models had been brought."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

from opcviz.audit.report import Input, Provenance, Report, make_report
from opcviz.audit.spec import AuditSpec, command_of
from opcviz.resources import shipped_root
from opcviz.study import Store, StudyResult, open_study

__all__ = ["HOSTILE", "SPEC", "about", "opened", "part_of", "reported"]

HOSTILE = "</script><img src=http://example.org/x onerror=alert(1)>=\"'&{{ 7*7 }}"
"""A name that ends a script, loads a picture, closes a quote and looks like a template."""

INPUTS = (
    *(
        Input(role, f"{role}.safetensors", digit * 64, 1_234_567, "safetensors")
        for role, digit in (("original", "a"), ("unlearned", "b"), ("retrained", "c"))
    ),
    Input("data", "digits", "d" * 64, 460_000, "data set 'digits', its contents"),
    Input("forget", "classes:0,1,2", "e" * 64, 13, "scenario"),
)

SPEC = AuditSpec(
    original="models/original.safetensors",
    unlearned="models/unlearned.safetensors",
    retrained=("models/retrained.safetensors",),
)


def about(model: str) -> Provenance:
    return Provenance(
        command=command_of(SPEC, "cpu"),
        inputs=INPUTS,
        environment={"opcviz": "0.1.0", "device": "cpu"},
        warnings=("The weights were stored in half precision.",),
        seconds=28.4,
        spec=SPEC.to_report(),
        model=model,
    )


def opened(name: str = "digits") -> StudyResult:
    return open_study(Store(shipped_root()), name)


def model_of(study: StudyResult, method: str) -> str:
    return next(m.key for m in study.models if m.method.info.name == method)


@cache
def reported() -> tuple[Report, StudyResult]:
    """The report on OPC's model of the shipped digits."""
    study = opened()
    return make_report(study, about(model_of(study, "opc"))), study


def part_of(root: Path, wanted: Callable[[str], bool]) -> StudyResult:
    """The shipped study with some of its folders only; asked of `models/KEY/KIND-HASH`."""
    source = shipped_root() / "studies" / opened().place
    place = root / "studies" / source.name

    def leave(folder: str, names: list[str]) -> list[str]:
        inside = Path(folder).relative_to(source).parts
        if len(inside) != 2 or inside[0] != "models":
            return []
        return [name for name in names if not wanted(f"{inside[1]}/{name}")]

    shutil.copytree(source, place, ignore=leave, copy_function=_link)
    return open_study(Store(root), source.name)


def _link(source: str, target: str) -> str:
    Path(target).hardlink_to(source)
    return target
