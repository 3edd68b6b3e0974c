"""Names in a pickle that are part of a tensor, or known to be harmless beside one."""

from __future__ import annotations

import torch

__all__ = ["PLAIN_TYPES", "is_bystander", "storage_type"]

STORAGES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}
BYSTANDERS = (
    *(
        "argparse.Namespace",
        "datetime.",
        "pathlib.",
        "easydict.EasyDict",
        "numpy.",
        "_codecs.encode",
    ),
    *("collections.defaultdict", "collections.Counter", "yacs.config.CfgNode", "omegaconf."),
    "_codecs.encode",
    *("pytorch_lightning.", "lightning.", "lightning_fabric.", "torch.device", "torch.Size"),
    *("torch.optim.", "torch.float", "torch.bfloat16", "torch.int", "torch.uint8", "torch.bool"),
    "torch.random.",
)
"""Names (those with a dot at the end: of all in that package) that may stand beside the weights."""
PLAIN_TYPES = {"set", "frozenset", "dict", "list", "tuple", "int", "float", "str", "bytes", "bool"}


def storage_type(name: str) -> torch.dtype | None:
    """The numbers in a storage class of torch; None for another name."""
    for package in ("torch.cuda.", "torch."):
        if name.startswith(package):
            return STORAGES.get(name.removeprefix(package))
    return None


def is_bystander(name: str) -> bool:
    """Whether a name may stand beside weights without meaning anything here."""
    return any(name.startswith(each) if each[-1] == "." else name == each for each in BYSTANDERS)
