"""Names of generators, known without torch."""

from __future__ import annotations

__all__ = ["GENERATORS", "PROCESSES", "UNETS"]

PROCESSES = {
    "v": "v-prediction on a cosine schedule (Salimans and Ho 2022, arXiv 2202.00512)",
    "eps": "noise prediction on the linear schedule (Ho et al. 2020, arXiv 2006.11239)",
    "flow": "rectified flow (Liu et al. 2022, arXiv 2209.03003)",
}
"""What a net may predict, each with the schedule that it is used with."""

UNETS = "diffusion:unet-"
"""How the names of convolutional generators begin."""

GENERATORS = {
    f"{net}{process}": process for net in ("diffusion:mlp-", UNETS) for process in PROCESSES
}
"""Architectures of generators and their processes; the first is what a study takes by default.

The MLP is for 8×8 pixels, of which it learns more in a second; the U-Net is for 28×28 and 32×32,
which is a GPU's work."""
