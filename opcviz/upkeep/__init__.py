"""Looking after a store: what it holds, whether it is sound, moving it and clearing it out."""

from typing import TYPE_CHECKING

from ..common.lazy import face

if TYPE_CHECKING:
    from .archive import Imported, export, import_archive
    from .holdings import Checked, Fault, Holding, check, inventory
    from .pruning import Spare, prune, spare
    from .relocation import Moved, move
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "archive": "Imported export import_archive",
            "holdings": "Checked Fault Holding check inventory",
            "relocation": "Moved move",
            "pruning": "Spare prune spare",
        },
    )

__all__ = [
    "Checked",
    "Fault",
    "Holding",
    "Imported",
    "Moved",
    "Spare",
    "check",
    "export",
    "import_archive",
    "inventory",
    "move",
    "prune",
    "spare",
]
