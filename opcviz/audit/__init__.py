"""The audit of models that somebody else made: checks, attacks, a verdict, a report.

The room can be called, too: `opcviz.audit(original, unlearned, data, split, retrained=...)` audits
networks in memory, see `memory.audit_modules`.

Example:
    >>> net = original.network  # any nn.Module will do
    >>> result = opcviz.audit(net, unlearned.network, data, split, quick=True,
    ...                       without=["inversion"], progress=False)
    >>> result.report.verdict.missing
    ('a retrained model',)
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..common.lazy import face

if TYPE_CHECKING:
    from .checks import Checked, CheckedModel
    from .memory import audit_modules
    from .run import AuditResult, audit, audit_case, check
    from .spec import AuditSpec
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "checks": "Checked CheckedModel",
            "memory": "audit_modules",
            "run": "AuditResult audit audit_case check",
            "spec": "AuditSpec",
        },
    )

__all__ = [
    "AuditResult",
    "AuditSpec",
    "Checked",
    "CheckedModel",
    "audit",
    "audit_case",
    "audit_modules",
    "check",
]


class _Callable(ModuleType):
    """This room: as `opcviz.audit` is a name of the library and the name of a package at once, the
    package itself is what is called."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from .memory import audit_modules

        return audit_modules(*args, **kwargs)


sys.modules[__name__].__class__ = _Callable
