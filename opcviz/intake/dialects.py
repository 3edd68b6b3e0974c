"""Which network the names and shapes of a state dict speak of, in the dialects of its publishers.

A family of networks has names of its own for its layers. The same network is published under other
names as well, so each family lists rewritings, each turning one publisher's names into its own.
What comes out is only a guess: the network is then built (without memory) and compared.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ..models import list_architectures

__all__ = ["FAMILIES", "Family", "Shapes"]

Shapes = Mapping[str, tuple[int, ...]]
"""Names of tensors to their shapes."""
Dialect = tuple[tuple[str, str], ...]
"""Patterns and what replaces them, one after the other."""

_PARAMETERS = r"(weight|bias)$"
_HEAD = (
    rf"^(?:linear|classifier|head|heads|output|last_linear|fc)(?:\.\w+)?\.{_PARAMETERS}",
    r"fc.\1",
)
MAX_BLOCKS = 600


@dataclass(frozen=True)
class Family:
    """A family of networks.

    Attributes:
        prefixes: how names of architectures in it begin.
        guess: names of architectures that shapes could be of, the likeliest first.
        dialects: rewritings of published names, beside the family's own.
    """

    prefixes: tuple[str, ...]
    guess: Callable[[Shapes], Iterator[str]]
    dialects: tuple[Dialect, ...] = ()


def _blocks(shapes: Shapes, pattern: str) -> int:
    """How many numbers occur in a place of the names: `layer1\\.(\\d+)\\.` counts its blocks."""
    found = re.compile(pattern)
    return min(MAX_BLOCKS, len({m.group(1) for key in shapes if (m := found.match(key))}))


def _side(shapes: Shapes, key: str) -> int:
    """The last size of a convolution's kernel; 0 where there is none."""
    shape = shapes.get(key, ())
    return shape[-1] if len(shape) == 4 else 0


# ---- ResNets ------------------------------------------------------------------------------------

_DEPTHS: dict[tuple[bool, tuple[int, ...]], tuple[str, ...]] = {
    (False, (2, 2, 2, 2)): ("resnet18",),
    (False, (3, 4, 6, 3)): ("resnet34",),
    (True, (3, 4, 6, 3)): ("resnet50", "wide_resnet50_2", "resnext50_32x4d"),
    (True, (3, 4, 23, 3)): (
        *("resnet101", "wide_resnet101_2", "resnext101_32x8d", "resnext101_64x4d"),
    ),
    (True, (3, 8, 36, 3)): ("resnet152",),
}
_RESNET_NAMES: Dialect = (
    (r"\.shortcut\.", ".downsample."),
    _HEAD,
)
_COUNTED_RESNET: Dialect = (  # convolutions by the paper's table: conv2_x to conv5_x
    (r"^conv1\.0\.", "conv1."),
    (r"^conv1\.1\.", "bn1."),
    *((rf"^conv{n + 1}_x\.", f"layer{n}.") for n in range(1, 5)),
    *((rf"\.residual_function\.{3 * n}\.", f".conv{n + 1}.") for n in range(3)),
    *((rf"\.residual_function\.{3 * n + 1}\.", f".bn{n + 1}.") for n in range(3)),
    (r"\.shortcut\.", ".downsample."),
    _HEAD,
)


def _resnets(shapes: Shapes) -> Iterator[str]:
    depths = tuple(_blocks(shapes, rf"layer{n}\.(\d+)\.conv1\.weight$") for n in range(1, 5))
    names = _DEPTHS.get(("layer1.0.conv3.weight" in shapes, depths), ())
    first = {3: ("small", "pooled"), 7: ("torchvision", "stem7")}
    extra = "+bias" if "conv1.bias" in shapes else ""
    for family in first.get(_side(shapes, "conv1.weight"), ()):
        yield from (f"{family}:{name}{extra}" for name in names)


def _cifar_resnets(shapes: Shapes) -> Iterator[str]:
    blocks = _blocks(shapes, r"layer1\.(\d+)\.conv1\.weight$")
    if blocks and "layer3.0.conv1.weight" in shapes and "layer4.0.conv1.weight" not in shapes:
        family = "cifar-b" if "layer2.0.downsample.0.weight" in shapes else "cifar"
        yield f"{family}:resnet{6 * blocks + 2}"


def _own(shapes: Shapes) -> Iterator[str]:
    first = shapes.get("stem.0.weight", ())
    stages, blocks = (_blocks(shapes, each) for each in (r"stage(\d)\.", r"stage1\.(\d+)\."))
    known = {(3, 1): ("resnet8", 16), (3, 3): ("resnet20", 16), (4, 2): ("resnet18", 64)}
    if len(first) == 4 and (stages, blocks) in known:
        name, width = known[stages, blocks]
        yield name if first[0] == width else f"{name}@{first[0] / width:g}"


_WIDE_OTHER: Dialect = (
    (r"^layer(\d)\.(\d+)\.", r"block\1.layer.\2."),
    (r"\.shortcut\.0\.", ".convShortcut."),
    _HEAD,
)


def _wide(shapes: Shapes) -> Iterator[str]:
    blocks = _blocks(shapes, r"block1\.layer\.(\d+)\.conv1\.weight$")
    first = shapes.get("block1.layer.0.conv1.weight", ())
    if blocks and len(first) == 4:
        family = "wrn-b" if "block1.layer.0.conv1.bias" in shapes else "wrn"
        yield f"{family}:{6 * blocks + 4}-{first[0] // 16}"


# ---- VGGs ---------------------------------------------------------------------------------------

_LAST_ONLY: Dialect = (
    (rf"^(?:linear|fc|head|classifier)(?:\.\w+)?\.{_PARAMETERS}", r"classifier.\1"),
)
_DROPOUT_FIRST: Dialect = (
    (r"^classifier\.1\.", "classifier.0."),
    (r"^classifier\.4\.", "classifier.3."),
)


def _vggs(shapes: Shapes) -> Iterator[str]:
    convolutions = sum(key.startswith("features.") and len(s) == 4 for key, s in shapes.items())
    name = {8: "vgg11", 10: "vgg13", 13: "vgg16", 16: "vgg19"}.get(convolutions)
    if name is None:
        return
    name += "_bn" if any(key.endswith("running_mean") for key in shapes) else ""
    hidden = shapes.get("classifier.0.weight", ())
    if "classifier.weight" in shapes:
        yield f"small:{name}"
    elif len(hidden) == 2 and hidden[1] != 512 * 7 * 7:
        yield f"small:{name}-{hidden[0]}"
    else:
        yield f"torchvision:{name}"


# ---- vision transformers ------------------------------------------------------------------------

_VIT_TORCHVISION: Dialect = (
    (r"^class_token$", "cls_token"),
    (r"^conv_proj\.", "patch_embed.proj."),
    (r"^encoder\.pos_embedding$", "pos_embed"),
    (r"^encoder\.ln\.", "norm."),
    (r"^encoder\.layers\.encoder_layer_(\d+)\.", r"blocks.\1."),
    (r"\.ln_(\d)\.", r".norm\1."),
    (r"\.self_attention\.in_proj_(weight|bias)$", r".attn.qkv.\1"),
    (r"\.self_attention\.out_proj\.", ".attn.proj."),
    (r"\.mlp\.(?:0|linear_1)\.", ".mlp.fc1."),
    (r"\.mlp\.(?:3|linear_2)\.", ".mlp.fc2."),
    (r"^heads\.head\.", "head."),
)
_VIT_OTHER_ENDS: Dialect = (
    (r"^fc_norm\.", "norm."),
    (rf"^(?:linear|fc|classifier)\.(?:\d\.)?{_PARAMETERS}", r"head.\1"),
)


def _vits(shapes: Shapes) -> Iterator[str]:
    patches = shapes.get("patch_embed.proj.weight", ())
    places = shapes.get("pos_embed", ())
    hidden = shapes.get("blocks.0.mlp.fc1.weight", ())
    depth = _blocks(shapes, r"blocks\.(\d+)\.")
    if len(patches) != 4 or len(places) != 3 or len(hidden) != 2 or not 0 < depth < 100:
        return
    width, patch = patches[0], patches[-1]
    token = "cls_token" in shapes
    along = math.isqrt(max(0, places[1] - token))
    name = f"vit:side{along * patch}-patch{patch}-width{width}-depth{depth}-heads"
    extra = (f"-mlp{hidden[0]}" if hidden[0] != 4 * width else "") + ("" if token else "-mean")
    usual = [width // 64, 3, 6, 12, 8, 4, 16, 2, 1]  # shapes do not say how many heads there are
    heads = [n for n in dict.fromkeys(usual) if n and width % n == 0 and width // n >= 8]
    yield from (f"{name}{n}{extra}" for n in heads)


# ---- whatever else torchvision has --------------------------------------------------------------

_SIGNS = (
    ("features.denseblock1", ("densenet",)),
    ("features.conv0", ("densenet",)),
    ("features.1.conv.0.0", ("mobilenet_v2",)),
    ("features.1.block.0.0", ("mobilenet_v3",)),
    ("features.1.0.block.0.0", ("efficientnet",)),
    ("features.1.0.layer_scale", ("convnext",)),
    ("features.1.0.attn", ("swin",)),
    ("Mixed_5b", ("inception",)),
    ("inception3a", ("googlenet",)),
    ("features.3.squeeze", ("squeezenet",)),
    ("trunk_output", ("regnet",)),
    ("stage2.0.branch1", ("shufflenet",)),
    ("layers.0.weight", ("mnasnet",)),
    ("features.0.weight", ("alexnet", "vgg")),
    ("conv_proj", ("vit",)),
    ("blocks.0.layers.0", ("maxvit",)),
)


def _torchvision(shapes: Shapes) -> Iterator[str]:
    signs = [starts for sign, starts in _SIGNS if any(key.startswith(sign) for key in shapes)]
    starts = tuple(f"torchvision:{each}" for row in signs for each in row)
    yield from (name for name in list_architectures() if starts and name.startswith(starts))


FAMILIES = (
    Family(("resnet8", "resnet20", "resnet18"), _own),
    Family(
        ("small", "pooled", "stem7", "torchvision"),
        _resnets,
        (_RESNET_NAMES, _COUNTED_RESNET),
    ),
    Family(("cifar", "cifar-b"), _cifar_resnets, (_RESNET_NAMES,)),
    Family(("wrn", "wrn-b"), _wide, ((_HEAD,), _WIDE_OTHER)),
    Family(("small",), _vggs, (_LAST_ONLY, _DROPOUT_FIRST)),
    Family(("vit",), _vits, (_VIT_TORCHVISION, _VIT_OTHER_ENDS)),
    Family(("torchvision",), _torchvision),
    Family(
        ("own", "timm", "transformers"), lambda shapes: iter(())
    ),  # a person or a folder says it
)
