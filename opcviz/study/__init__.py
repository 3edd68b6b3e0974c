"""Studies: what is asked (spec), what does the work (laboratory), what is kept (store)."""

from .laboratory import Laboratory
from .pipeline import execute, missing, run
from .results import ModelResult, StudyResult, list_studies, open_study
from .spec import Evidence, Plan, Study, list_presets, load_plan, preset, read_method
from .store import Artefact, Store, StoreError, default_root, shipped_root

__all__ = [
    "Artefact",
    "Evidence",
    "Laboratory",
    "ModelResult",
    "Plan",
    "Store",
    "StoreError",
    "Study",
    "StudyResult",
    "default_root",
    "execute",
    "list_presets",
    "list_studies",
    "load_plan",
    "missing",
    "open_study",
    "preset",
    "read_method",
    "run",
    "shipped_root",
]
