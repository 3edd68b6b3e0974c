"""Names of generators, known without torch."""

from __future__ import annotations

__all__ = ["GENERATORS", "PROCESSES"]

PROCESSES = {
    "v": "v-prediction on a cosine schedule (Salimans and Ho 2022, arXiv 2202.00512)",
    "eps": "noise prediction on the linear schedule (Ho et al. 2020, arXiv 2006.11239)",
    "flow": "rectified flow (Liu et al. 2022, arXiv 2209.03003)",
}
"""What a net may predict, each with the schedule that it is used with."""

GENERATORS = {f"diffusion:mlp-{process}": process for process in PROCESSES}
"""Architectures of generators and their processes; the first is what a study takes by default."""
