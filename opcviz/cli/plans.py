"""What the options of the command line ask of a plan: settings, methods, seeds, attacks."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from ..common.config import ConfigError
from ..common.json_types import Json

if TYPE_CHECKING:  # the command line itself does not import torch
    from ..study import Plan

__all__ = ["changed_settings", "chosen", "cost_of", "kinds_among", "with_attacks"]


def cost_of(target: str) -> str:
    """What a preset takes, as a sentence; empty for a file, and where it is a matter of minutes."""
    from ..study import about_preset, list_presets

    cost = about_preset(target).cost if target in list_presets() else ""
    return f"{target}: {cost}." if cost else ""


def changed_settings(changes: list[str] | None) -> Json:
    """`a.b=VALUE` to a value as TOML writes it; what is not TOML is text."""
    found = {}
    for change in changes or ():
        name, equals, text = change.partition("=")
        if not equals or not name.strip():
            raise ConfigError(
                f"--set: wants NAME=VALUE, as in evidence.pictures=24; got '{change}'"
            )
        try:
            found[name.strip()] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            found[name.strip()] = text
    return found


def chosen(plan: Plan, methods: str, seeds: str) -> Plan:
    """The plan with only some methods, or other seeds; `all` is every one for its task."""
    from dataclasses import replace

    from ..methods import known_methods, method_settings

    if methods:
        listed = {m.info.name: m for m in plan.methods}
        names = [name.strip() for name in methods.split(",") if name.strip()]
        if names == ["all"]:
            about = plan.study.task, plan.study.forget.forgets
            names = [cls.info.name for cls in known_methods(*about)]
        chosen = (listed.get(n) or method_settings(n, dataset=plan.study.tuned_for) for n in names)
        plan = replace(plan, methods=tuple(chosen))
    if seeds:
        plan = replace(plan, seeds=_seeds(seeds))
    return plan


def with_attacks(plan: Plan, attacks: str, *, quick: bool = False) -> Plan:
    """The plan with further optional kinds of artefact, in the quick suite if asked."""
    from dataclasses import replace

    from ..artefacts import kinds

    names = [name.strip() for name in attacks.split(",") if name.strip()]
    known = [kind.name for kind in kinds(plan.study.task) if kind.optional]
    if unknown := [name for name in names if name not in known]:
        raise ConfigError(
            f"--attacks: '{unknown[0]}' cannot be chosen; there are: {', '.join(known)}"
        )
    evidence = plan.study.evidence
    evidence = evidence.in_suite("quick") if quick else evidence
    for kind in kinds(plan.study.task):
        if kind.name in names and evidence.leaves_out(kind):
            raise ConfigError(
                f"--attacks: '{kind.name}' is made in the full suite only; run it without --quick"
            )
    more = tuple(dict.fromkeys([*(evidence.instruments or ()), *names]))
    asked = plan.study.replace(evidence=evidence.replace(instruments=more))
    return replace(plan, study=asked)


def kinds_among(only: str) -> tuple[str, ...]:
    """The kinds of artefact that `--only` names; all of them are written as nothing."""
    from ..study import all_kinds

    known = all_kinds()
    wanted = tuple(part.strip() for part in only.split(",") if part.strip())
    if unknown := [kind for kind in wanted if kind not in known]:
        raise ConfigError(f"--only: '{unknown[0]}' is no answer; there are: {', '.join(known)}")
    return wanted


def _seeds(text: str) -> tuple[int, ...]:
    from ..study.spec import check_seeds

    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdecimal() for part in parts):
        raise ConfigError(f"--seeds: wants whole numbers from 0 with commas, got '{text}'")
    # a seed has ten digits at most, and Python reads no number of thousands
    seeds = tuple(dict.fromkeys(int(part.lstrip("0")[:20] or "0") for part in parts))
    check_seeds(seeds, "--seeds")
    return seeds
