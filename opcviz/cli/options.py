"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["JsonOption", "SetOption", "StoreOption"]

StoreOption = Annotated[
    Path | None,
    typer.Option("--store", help="folder of results; default: $OPCVIZ_STORE or ~/.opcviz"),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="a setting of the spec, as in evidence.pictures=24; may repeat"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="for programs")]
