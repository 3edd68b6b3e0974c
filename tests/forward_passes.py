"""Counts what passes through networks, since that is what evidence costs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from torch import Tensor

from opcviz.models import Classifier

__all__ = ["counted"]


def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Gives how many samples any classifier was asked about since it was last called."""
    seen: list[int] = []
    forward = Classifier.forward

    def counting(self: Classifier, x: Tensor) -> Tensor:
        seen.append(len(x))
        return forward(self, x)

    monkeypatch.setattr(Classifier, "forward", counting)

    def since() -> int:
        total = sum(seen)
        seen.clear()
        return total

    return since
