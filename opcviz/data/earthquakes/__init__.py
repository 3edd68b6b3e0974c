"""Records of earthquakes: a simulator, and a reader of a person's own."""

from typing import TYPE_CHECKING

from ...common.lazy import face

if TYPE_CHECKING:
    from .reading import read_records
    from .records import COLUMNS, Earthquakes, as_conditions, simulated
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "reading": "read_records",
            "records": "COLUMNS Earthquakes as_conditions simulated",
        },
    )

__all__ = ["COLUMNS", "Earthquakes", "as_conditions", "read_records", "simulated"]
