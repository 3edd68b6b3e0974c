"""From a judged study to the report of an audit: no model is run, nothing is computed anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ..artefacts import Kind
from ..artefacts.threat import in_words
from ..common.json_types import Json
from ..study import StudyResult
from .figures import Cast, cast, figures
from .gaps import attacks_on, not_tested, stronger
from .records import FORMAT, Attacker, Figure, Input, Provenance, Range, Report

__all__ = ["Attacker", "Figure", "Input", "Provenance", "Range", "Report", "make_report"]


def make_report(study: StudyResult, about: Provenance) -> Report:
    """The report of an audit.

    Args:
        study: the audit as it is stored, with everything that was asked computed.
        about: what the study does not say.

    Raises:
        ConfigError: when no model was brought, or none is called `about.model`.
    """
    who = cast(study, about.model)
    verdict = study.verdict(who.audited)
    brought = any(each.role == "retrained" for each in about.inputs)
    told = study.to_dict([each.key for each in who.all])
    return Report(
        version=FORMAT,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        command=about.command,
        question=_question(told["study"], about.inputs),
        data=who.data.to_dict(),
        inputs=about.inputs,
        environment=about.environment,
        warnings=about.warnings,
        model=who.audited.key,
        profile=verdict.to_dict(),
        words=verdict.words,
        figures=figures(who, study),
        models=tuple(told["models"]),
        attackers=tuple(_attacker(who, kind) for kind in attacks_on(who)),
        not_tested=not_tested(study, who, brought),
        stronger=stronger(who),
        seconds=about.seconds,
        spec=about.spec,
    )


def _question(study: Json, inputs: Sequence[Input]) -> Json:
    """The study's spec, with what files are called in place of where they lay on this machine."""
    names = {each.role: each.name for each in inputs}
    found = dict(study)
    for role in ("data", "forget"):
        if role in names and found.get(role, {}).get("path"):
            found[role] = {**found[role], "path": names[role]}
    return found


def _attacker(who: Cast, kind: Kind) -> Attacker:
    threat, evidence = kind.threat, who.audited.study.evidence
    assert threat is not None  # of `attacks_on`
    tables = tuple(kind.settings)
    settings: Mapping[str, Any] = {name: evidence.table(name).to_dict() for name in tables}
    artefact = who.audited.artefact(kind.name)
    seconds = artefact.json().get("seconds") if artefact else None
    return Attacker(
        kind.name,
        kind.title,
        in_words(threat.does, evidence, tables) if threat.does else kind.summary,
        in_words(threat.holds, evidence, tables),
        in_words(threat.spends, evidence, tables),
        settings,
        seconds if isinstance(seconds, float | int) else None,
    )
