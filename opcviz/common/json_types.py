"""The type of what JSON holds, where it is not worth a class."""

from __future__ import annotations

from typing import Any

__all__ = ["Json"]

Json = dict[str, Any]
"""A JSON object: keys are strings, values whatever JSON holds."""
