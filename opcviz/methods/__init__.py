"""Unlearning methods: one small file each, found through the registry.

Those whose objective is the task's loss on retain or forget data stand here and serve any task: the
CE of their formulas, as the papers have them, is `request.task.loss`, whatever that is. Those that
need classes, logits or a body|head split stand in `classification`.
"""

import importlib
import pkgutil

from .base import (
    Info,
    Iterative,
    Method,
    NotDefined,
    Request,
    create,
    get_method,
    list_methods,
    register,
)
from .tuning import tuned_datasets, tuned_settings

__all__ = [
    "Info",
    "Iterative",
    "Method",
    "NotDefined",
    "Request",
    "create",
    "get_method",
    "list_methods",
    "register",
    "tuned_datasets",
    "tuned_settings",
]

# Every module of this folder is imported, so that the methods in it register themselves; by file
# name, for methods are listed in the order in which they register.
for _module in sorted(
    pkgutil.walk_packages(__path__, f"{__name__}."), key=lambda m: m.name.rpartition(".")[2]
):
    importlib.import_module(_module.name)
