"""The pages of the app as `app.py` lists them, so that a new one is tested by itself."""

from __future__ import annotations

import re
from pathlib import Path

APP = Path(__file__).parents[1] / "app.py"
PAGES = re.findall(r"pages/(\w+)\.py", APP.read_text(encoding="utf-8"))
"""Their names, the first visitor's first."""
