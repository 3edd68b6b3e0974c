"""Studies: what is asked (spec), what does the work (runner), what is kept (store)."""

from typing import TYPE_CHECKING

from ..common.lazy import face

if TYPE_CHECKING:
    from .checking import check_methods, check_plan
    from .job import Job
    from .listed import PresetInfo, about_preset, about_presets
    from .model_result import ModelResult
    from .opening import list_studies, open_study
    from .pipeline import Done, all_kinds, execute, missing, run
    from .results import StudyResult
    from .runner import StudyRunner
    from .spec import Evidence, Plan, Study, in_steps, list_presets, load_plan, preset, read_method
    from .store import Artefact, Store, StoreError, default_root, shipped_root
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "job": "Job",
            "listed": "PresetInfo about_preset about_presets",
            "checking": "check_methods check_plan",
            "pipeline": "Done all_kinds execute missing run",
            "opening": "list_studies open_study",
            "model_result": "ModelResult",
            "results": "StudyResult",
            "runner": "StudyRunner",
            "spec": "Evidence Plan Study in_steps list_presets load_plan preset read_method",
            "store": "Artefact Store StoreError default_root shipped_root",
        },
    )

__all__ = [
    "Artefact",
    "Done",
    "Evidence",
    "Job",
    "ModelResult",
    "Plan",
    "PresetInfo",
    "Store",
    "StoreError",
    "Study",
    "StudyResult",
    "StudyRunner",
    "about_preset",
    "about_presets",
    "all_kinds",
    "check_methods",
    "check_plan",
    "default_root",
    "execute",
    "in_steps",
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
