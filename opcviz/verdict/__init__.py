"""Evidence in, a verdict in words out."""

from .evidence import Examined
from .judge import Confidence, Consensus, Verdict, consensus, judge, no_verdict
from .rules import VERDICTS, Check, Thresholds, rules

__all__ = [
    "VERDICTS",
    "Check",
    "Confidence",
    "Consensus",
    "Examined",
    "Thresholds",
    "Verdict",
    "consensus",
    "judge",
    "no_verdict",
    "rules",
]
