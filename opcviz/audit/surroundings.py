"""Where an audit was made: versions, machine, device."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version

import torch

__all__ = ["TOLD", "this_environment"]

PACKAGES = ("torch", "torchvision", "numpy", "scikit-learn", "scipy", "safetensors")
TOLD = ("opcviz", "python", "system", "processor", "device", "threads", *PACKAGES)
"""All that may be told of an environment; a package that is not installed is not named."""


def this_environment(device: torch.device) -> dict[str, str]:
    """Versions, machine and device by name; nothing that names a person or a network."""
    from .. import __version__

    found = {
        "opcviz": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": f"{os.cpu_count()} cores",
        "device": device.type,
        "threads": str(torch.get_num_threads()),
    }
    if device.type == "cuda":
        found["device"] = f"cuda, {torch.cuda.get_device_name(device)}"
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
