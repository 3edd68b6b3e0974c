"""Measures of drawn pictures: who is in them, how good they are, how varied."""

from .drawn import diversity, drawn_pictures, held_out_loss, nearest_distance, picture_quality
from .frechet import frechet_distance
from .judge import Judge, Judged, Jury, judge_report, train_judge
from .manifold import Manifold, precision_recall

__all__ = [
    "Judge",
    "Judged",
    "Jury",
    "Manifold",
    "diversity",
    "drawn_pictures",
    "frechet_distance",
    "held_out_loss",
    "judge_report",
    "nearest_distance",
    "picture_quality",
    "precision_recall",
    "train_judge",
]
