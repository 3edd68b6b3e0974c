"""Unlearning methods: one small file each, found through the registry."""

from . import (
    ascent,
    bad_teacher,
    boundary_expanding,
    boundary_shrink,
    delete,
    finetuning,
    fisher,
    influence,
    last_layers,
    manif_smc,
    opc,
    opc_head,
    reference,
    relabelling,
    retain_like,
    salun,
    scrub,
    ssd,
    unsir,
)
from .base import (
    Info,
    Iterative,
    Method,
    NotDefined,
    Task,
    create,
    get_method,
    list_methods,
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
    "register",
]
