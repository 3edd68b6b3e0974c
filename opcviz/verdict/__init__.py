"""Evidence in, a verdict in words out."""

from .judge import consensus, judge

__all__ = ["consensus", "judge"]
