"""What each kind of artefact answers: an answer is looked up by its question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..methods import Method
from .spec import Evidence

__all__ = ["VERSIONS", "question"]

# Raised when an answer changes although its question does not, so that old ones are not reused.
VERSIONS = {
    "probe": 1,
    "model": 1,
    "features": 1,
    "evidence": 4,
    "blocks": 4,
    "membership": 2,
    "reference": 1,
    "similarity": 1,
    "relearning": 1,
    "maps": 1,
    "inversion": 2,
}


def question(
    kind: str, evidence: Evidence, method: Method, seed: int, seeds: Sequence[int]
) -> dict[str, Any]:
    """What an artefact answers, beyond the study and the model whose folder it lies in.

    Args:
        kind: of artefact.
        evidence: how the study measures.
        method, seed: the model.
        seeds: of the reference models.
    """
    recovery = {"recovery": evidence.recovery.to_dict()}
    about: dict[str, Any] = {
        "model": {"method": method.info.name, "settings": method.to_dict(), "seed": seed},
        "features": {},
        "evidence": recovery,
        "blocks": {**recovery, "probing": evidence.probing.to_dict()},
        "membership": {"membership": evidence.membership.to_dict()},
        "reference": {"reference": evidence.reference.to_dict(), "seeds": list(seeds)},
        "similarity": {},
        "relearning": {"relearning": evidence.relearning.to_dict()},
        "maps": {"kinds": list(evidence.maps), "probe": evidence.probe},
        "inversion": {
            "attack": evidence.inversion.to_dict(),
            "pictures": evidence.pictures,
            "probe": evidence.probe,
        },
    }[kind]
    return {**about, "version": VERSIONS[kind]}
