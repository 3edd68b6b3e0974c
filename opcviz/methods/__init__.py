"""Unlearning methods: one small file each, found through the registry.

Those whose objective is the task's loss on retain or forget data stand here and serve any task: the
CE of their formulas, as the papers have them, is `request.task.loss`, whatever that is. Those that
need classes, logits or a body|head split stand in `classification`.

What is declared of a method (`declaration`) is known without its code: of those of this folder from
a file that `catalogue` writes.
"""

from typing import TYPE_CHECKING

from ..common.lazy import face

if TYPE_CHECKING:
    from .base import (
        Iterative,
        Method,
        NotDefined,
        Request,
        create,
        get_method,
        implementation,
        list_methods,
        register,
    )
    from .declaration import (
        MARKS,
        REFERENCES,
        Fidelity,
        Info,
        MethodSettings,
        known_methods,
        method_settings,
        settings_class,
    )
    from .tuning import tuned_datasets, tuned_settings
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "base": (
                "Iterative Method NotDefined Request create get_method implementation "
                "list_methods register"
            ),
            "declaration": (
                "MARKS REFERENCES Fidelity Info MethodSettings known_methods method_settings "
                "settings_class"
            ),
            "tuning": "tuned_datasets tuned_settings",
        },
    )

__all__ = [
    "MARKS",
    "REFERENCES",
    "Fidelity",
    "Info",
    "Iterative",
    "Method",
    "MethodSettings",
    "NotDefined",
    "Request",
    "create",
    "get_method",
    "implementation",
    "known_methods",
    "list_methods",
    "method_settings",
    "register",
    "settings_class",
    "tuned_datasets",
    "tuned_settings",
]
