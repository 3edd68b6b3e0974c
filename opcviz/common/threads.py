"""How threads of the numeric libraries wait for each other; decided before torch is loaded."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

__all__ = ["patient_threads"]


def patient_threads(environ: MutableMapping[str, str] | None = None) -> None:
    """Let threads that wait sleep instead of spinning, unless the environment says otherwise.

    An operator ends when the last of its threads does. A thread that spins meanwhile keeps a core
    from whoever has the work: beside one other busy process two threads then fall to a fraction of
    what one alone does. OpenMP reads this once, when it is loaded.

    Args:
        environ: of a process to be started; None: of this one and those it starts.
    """
    environ = os.environ if environ is None else environ
    environ.setdefault("OMP_WAIT_POLICY", "passive")
