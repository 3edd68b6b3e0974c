"""Unlearning methods: one small file each, found through the registry."""

import importlib
import pkgutil

from .base import (
    Info,
    Iterative,
    Method,
    NotDefined,
    Task,
    create,
    get_method,
    list_methods,
    method_name,
    register,
)

__all__ = [
    "Info",
    "Iterative",
    "Method",
    "NotDefined",
    "Task",
    "create",
    "get_method",
    "list_methods",
    "method_name",
    "register",
]

# every module of this folder is imported, so that the methods in it register themselves
for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
