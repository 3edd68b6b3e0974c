"""Faces of packages that import what stands behind a name when the name is first used.

Reading a study and drawing it takes no torch. A room whose face is lazy can be asked for its
settings by a process that never runs a model, and that process stays small.

    if TYPE_CHECKING:
        from .loop import Outcome, train
        from .settings import Training
    else:
        __getattr__, __dir__ = face(__name__, {"settings": "Training", "loop": "Outcome train"})

Type checkers and editors read the plain imports. A function may not be called like the module it
stands in: importing the module would hide it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["face"]


def face(
    package: str, sources: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of a package (PEP 562).

    Args:
        package: its `__name__`.
        sources: module inside the package to the names, separated by spaces, that the package
            shows of it.

    Raises:
        ValueError: for a name that is also a module's.
    """
    module_of = {name: module for module, names in sources.items() for name in names.split()}
    if hidden := sorted(module_of.keys() & sources.keys()):
        raise ValueError(f"{package}: '{hidden[0]}' is a module and cannot be a lazy name, too")

    def __getattr__(name: str) -> Any:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(importlib.import_module(f"{package}.{module_of[name]}"), name)
        setattr(sys.modules[package], name, found)  # the next use does not come here
        return found

    def __dir__() -> list[str]:
        return sorted({*vars(sys.modules[package]), *module_of})

    return __getattr__, __dir__
