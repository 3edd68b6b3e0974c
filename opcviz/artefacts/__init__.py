"""Kinds of artefact: what is asked of a finished model, one declaration each."""

import importlib
import pkgutil

from .columns import Column, KindAbout, Number, columns_of, figure, number
from .context import Context
from .kind import (
    MODEL,
    Kind,
    Made,
    as_made,
    get_kind,
    kinds,
    register_kind,
    settings_tables,
)
from .model_results import ModelResults
from .rows import Row
from .subject import NotGiven, Stored, Subject, make_subject, not_given
from .threat import Threat

__all__ = [
    "MODEL",
    "Column",
    "Context",
    "Evidence",
    "Kind",
    "KindAbout",
    "Made",
    "ModelResults",
    "NotGiven",
    "Number",
    "Row",
    "Stored",
    "Subject",
    "Threat",
    "as_made",
    "columns_of",
    "figure",
    "get_kind",
    "kinds",
    "make_subject",
    "not_given",
    "number",
    "register_kind",
    "settings_tables",
]

# Every module of this folder and its sub-packages is imported, so that the kinds register; but for
# those that watch a training, which need torch: see `monitor`.
for _module in pkgutil.walk_packages(__path__, f"{__name__}."):
    if not _module.name.endswith(".live"):
        importlib.import_module(_module.name)

from .settings import Evidence  # noqa: E402  (its defaults come from the registered kinds)
