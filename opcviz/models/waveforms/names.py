"""Names of models that make records, known without torch."""

from __future__ import annotations

from ..diffusion.names import PROCESSES

__all__ = ["WAVEFORM_GENERATORS"]

WAVEFORM_GENERATORS = {f"latent:mlp-{process}": process for process in PROCESSES}
"""Architectures and their processes; the first is what a study takes by default."""
