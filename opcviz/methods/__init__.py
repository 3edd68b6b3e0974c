"""Unlearning methods: one small file each, found through the registry."""

from . import ascent, finetuning, opc, reference, relabelling  # noqa: F401  (they register)
from .base import (
    Info,
    Iterative,
    Method,
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
    "Task",
    "create",
    "get_method",
    "list_methods",
    "method_name",
    "register",
]
