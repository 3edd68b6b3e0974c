"""What every reader here begins with; see `common.untrusted`, which the data sets use, too."""

from __future__ import annotations

from ..common.untrusted import LIMITS, IntakeError, Limits, check_file, check_zip, sha256

__all__ = ["LIMITS", "IntakeError", "Limits", "check_file", "check_zip", "sha256"]
