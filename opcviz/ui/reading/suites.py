"""What must be said of models that were attacked by the quick suite alone."""

from __future__ import annotations

from collections.abc import Collection

from ...methods.declaration import BROUGHT
from ...study import StudyResult
from .store_reader import labels

__all__ = ["BY_LUCK", "suite_notes"]

FULL_RUN = "The lab makes them, or `opcviz run` without `--quick`."
FULL_AUDIT = (
    "An audit of the same files with *Full* makes them, or `opcviz audit` without `--quick`."
)
"""Who makes the full attacks: of a study, and of models that were brought."""
BY_LUCK = (
    "Each suite attacks anew by settings of its own, the quick one with fewer steps and draws: by "
    "luck it may get more than the full one does."
)
"""Why less effort can find more where figures of both stand side by side."""


def suite_notes(study: StudyResult, keys: Collection[str]) -> list[str]:
    """What must be said where models are shown by the quick suite."""
    if not study.quick:
        return []
    titles = labels(study)
    quick = [m for m in study.models if m.key in keys and m.suite == "quick"]
    alone = [titles[m.key] for m in quick if not m.has_suite("full")]
    both = BY_LUCK if len(quick) < len(keys) else ""
    told = "the models shown here had no others."
    if len(alone) < len(keys):
        others = "The others are shown by theirs, too, where they have some."
        told = f"{', '.join(alone)} had no others. {others}"
    told = " ".join(filter(None, (told, both)))
    return [
        f"Quick attacks: {told} One attack that gets through is enough to say *hidden*; that "
        "nothing is left, or to be seen, only the full attacks can say. "
        + (FULL_AUDIT if _brought(study) else FULL_RUN)
    ]


def _brought(study: StudyResult) -> bool:
    """Whether a study is an audit of somebody's models."""
    return any(model.method.info.family == BROUGHT for model in study.models)
