"""Evidence in, a profile out: gone? noticeable? kept?"""

from .check import Check
from .consensus import Consensus, consensus
from .dossier import FAMILIES, MEMBERSHIP, Band, Dossier
from .judge import judge
from .profile import Confidence, Doubt, Flip, Verdict, no_verdict
from .ranking import Ranked, rank
from .together import together
from .told import Figures
from .words import GONE, KEPT, NOTICEABLE, Thresholds, in_words, rules

__all__ = [
    "FAMILIES",
    "GONE",
    "KEPT",
    "MEMBERSHIP",
    "NOTICEABLE",
    "Band",
    "Check",
    "Confidence",
    "Consensus",
    "Dossier",
    "Doubt",
    "Figures",
    "Flip",
    "Ranked",
    "Thresholds",
    "Verdict",
    "consensus",
    "in_words",
    "judge",
    "no_verdict",
    "rank",
    "rules",
    "together",
]
