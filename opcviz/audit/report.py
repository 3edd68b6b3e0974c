"""From a judged study to the report of an audit: no model is run, nothing is computed anew."""

from __future__ import annotations

from .records import Attacker, Figure, Input, Provenance, Range, Report

__all__ = ["Attacker", "Figure", "Input", "Provenance", "Range", "Report"]
