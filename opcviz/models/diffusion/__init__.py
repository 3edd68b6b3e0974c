"""Diffusion models: how pictures are noised, nets that take it back, and how they draw."""

from typing import TYPE_CHECKING

from ...common.lazy import face

if TYPE_CHECKING:
    from .generator import Generator, build_generator
    from .names import GENERATORS, PROCESSES
    from .process import Process, get_process
    from .sampling import SamplePath, sample, sample_path
    from .scale import as_bytes, pictures
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "generator": "Generator build_generator",
            "names": "GENERATORS PROCESSES",
            "scale": "as_bytes pictures",
            "process": "Process get_process",
            "sampling": "SamplePath sample sample_path",
        },
    )

__all__ = [
    "GENERATORS",
    "PROCESSES",
    "Generator",
    "Process",
    "SamplePath",
    "as_bytes",
    "build_generator",
    "get_process",
    "pictures",
    "sample",
    "sample_path",
]
