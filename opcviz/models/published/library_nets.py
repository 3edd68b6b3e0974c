"""Building the networks that `libraries` names, with random weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ...common.config import ConfigError
from ...common.json_types import Plain
from .libraries import bounded, library, parsed

__all__ = ["TRANSFORMERS", "library_net", "own_settings", "stored_names", "timm_settings"]

TRANSFORMERS = (
    *("beit", "bit", "convnext", "convnextv2", "cvt", "data2vec-vision", "deit", "dinov2"),
    *("dinov2_with_registers", "efficientnet", "focalnet", "mobilenet_v1", "mobilenet_v2"),
    *("mobilevit", "mobilevitv2", "poolformer", "pvt", "pvt_v2", "regnet", "resnet"),
    *("segformer", "swin", "swinv2", "vit", "vit_msn"),
)
"""Kinds of image classifiers of transformers that are made here. Others build on networks that the
library would have to fetch, read text as well, or end in something else than a linear layer."""
TOKENS = "channels_last"
"""How both libraries have results of three axes: (B, tokens, d), see `Classifier`."""
_SHAPING = """
aa_layer act_layer attn_drop_rate avg_down base_dims base_width block_reduce_first cardinality
channel_multiplier class_token conv_bias conv_mlp conv_stem_configs cross_scale_attn deep_stem
depth depth_multiplier depths dim dims down_kernel_size drop_path_rate drop_rate dynamic_img_pad
dynamic_img_size embed_dim embed_dims expand_ratio fc_norm final_norm fix_stem global_pool
head_conv_mult head_dropout head_hidden_size head_init_scale head_norm_first img_size init_values
kernel_sizes layers ls_init_value mlp_ratio mlp_ratios mlp_token_ratio no_embed_class norm_eps
norm_layer num_heads num_reg_tokens output_stride patch_size pos_drop_rate pos_embed pre_norm
proj_drop_rate qk_norm qkv_bias reg_tokens replace_stem_pool se_layer se_ratio sr_ratios stem_chs
stem_kernel_size stem_pool stem_size stem_stride stem_type stem_width strict_img_size use_abs_pos
use_conv_mlp use_rel_pos weight_init width_factor widths window_ratio window_size
"""
TIMM_SETTINGS = frozenset(_SHAPING.split())
"""Arguments of timm's networks that shape them; whatever names a file, an address or weights is not
among them."""


def timm_settings(settings: Mapping[str, Plain]) -> Mapping[str, Plain]:
    """The settings of a network of timm, of which all must be known.

    The numbers of channels and classes are left out, which the data tell.

    Raises:
        ConfigError: naming one that is not.
    """
    kept = {key: each for key, each in settings.items() if key not in ("in_chans", "num_classes")}
    for key in kept:
        if key not in TIMM_SETTINGS:
            raise ConfigError(f"a network of timm is asked for with '{key[:60]}', which is unknown")
    return kept


def own_settings(kind: str, values: Mapping[str, Plain]) -> Mapping[str, Plain]:
    """Of a config.json of transformers, what shapes a network of this kind and is not the usual.

    What the library adds to every kind (names of classes, of files, of versions, ways to compute)
    is left out; so are the numbers of channels and classes, which the data tell.

    Raises:
        ConfigError: for a kind that is not made here, or without transformers.
    """
    make = _config_class(kind)
    general = library("transformers").PretrainedConfig().to_dict()
    usual = make().to_dict()
    known = {key for key in usual if key not in general and not key.startswith("_")}
    known -= {"model_type", "num_channels", "num_labels"}
    known -= {"out_features", "out_indices", "stage_names"}  # of a body that serves another network
    return {key: values[key] for key in sorted(known & values.keys()) if values[key] != usual[key]}


def library_net(name: str, channels: int, classes: int) -> nn.Module:
    """A freshly initialised network of one of the libraries, (B, channels, H, W) -> (B, classes).

    Raises:
        ConfigError: for a name or settings that are refused, an unknown kind, or without the
            library.
    """
    family, kind, settings = parsed(name)
    build = {"timm": _timm, "transformers": _transformers}[family]
    with bounded():
        try:
            return build(kind, settings, channels, classes)
        except (ConfigError, NotImplementedError):  # the latter: see `intake.candidates`
            raise
        except RuntimeError as error:
            if torch.get_default_device().type == "meta" and "meta" in str(error):
                raise NotImplementedError(str(error)) from error  # a width computed with tensors
            raise _unbuilt(name, error) from error
        except Exception as error:  # settings that contradict each other end in anything
            raise _unbuilt(name, error) from error


def _unbuilt(name: str, error: Exception) -> ConfigError:
    reason = (str(error).splitlines() or [""])[0][:120]
    return ConfigError(
        f"Architecture.name: {name[:120]!r} cannot be made ({type(error).__name__}: {reason}); its "
        "settings contradict each other"
    )


def _timm(kind: str, settings: Mapping[str, Plain], channels: int, classes: int) -> nn.Module:
    timm = library("timm")
    if not timm.is_model(kind):
        raise ConfigError(f"Architecture.name: timm has no network '{kind}'")
    net: Any = timm.create_model(
        kind,
        pretrained=False,
        num_classes=classes,
        in_chans=channels,
        **timm_settings(settings),
    )
    net.layout = TOKENS
    built: nn.Module = net
    return built


def _config_class(kind: str) -> Any:
    """The class of a kind's settings, which must be one that transformers has built in."""
    if kind not in TRANSFORMERS:
        raise ConfigError(
            f"Architecture.name: networks of the kind '{kind[:60]}' of transformers are not made "
            f"here; there are {', '.join(TRANSFORMERS)}"
        )
    mapping = library("transformers").CONFIG_MAPPING
    if kind not in mapping:
        raise ConfigError(
            f"Architecture.name: this version of transformers has no '{kind}'; another may have"
        )
    return mapping[kind]


def _transformers(
    kind: str, settings: Mapping[str, Plain], channels: int, classes: int
) -> nn.Module:
    make = _config_class(kind)
    transformers = library("transformers")
    config = make(**own_settings(kind, settings), num_channels=channels, num_labels=classes)
    mapping = transformers.MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING
    found = mapping[make]
    chosen = found[0] if isinstance(found, tuple) else found  # the others have a teacher's head
    net: Any = chosen._from_config(config, attn_implementation="eager")
    net = net.float()
    net.__class__ = _answering(type(net))
    net.layout, net.block_paths = TOKENS, _blocks(net)
    built: nn.Module = net
    return built


_ANSWERING: dict[type, type] = {}


def _answering(kind: type) -> type:
    """The same kind of network, which gives its logits alone."""
    if kind not in _ANSWERING:

        def forward(self: nn.Module, x: Tensor) -> Tensor:
            logits: Tensor = kind.forward(self, x, return_dict=True).logits  # type: ignore[attr-defined]
            return logits

        _ANSWERING[kind] = type(kind.__name__, (kind,), {"forward": forward})
    return _ANSWERING[kind]


def _blocks(net: nn.Module) -> tuple[str, ...]:
    """The stages of a network whose children are a body as a whole and a head.

    They are the members of its longest list of large parts, the outermost one that has them.
    """
    best: tuple[int, tuple[str, ...]] = (0, ())
    for path, module in net.named_modules():
        if not isinstance(module, nn.ModuleList | nn.Sequential) or len(module) < 2:
            continue
        held = sum(p.numel() for p in module.parameters())
        if held > best[0]:  # lists inside a list hold less than it
            best = held, tuple(_members(path, module))
    return best[1]


def _members(path: str, module: nn.Module) -> Iterator[str]:
    """The parts of a list, and of lists in it, which are never called themselves."""
    for name, child in module.named_children():
        if isinstance(child, nn.ModuleList):
            yield from _members(f"{path}.{name}", child)
        else:
            yield f"{path}.{name}"


def stored_names(name: str, keys: Iterable[str], net: nn.Module) -> dict[str, str]:
    """Names in a published file to those that the library's network has now.

    From version 5 on transformers renames many tensors as it reads them. Only its renamings are
    asked, which are rules for names; tensors that it would split or join keep theirs, and are then
    told as unexpected.

    Args:
        name: of the architecture.
        keys: the names in the file.
        net: made of that name, on whatever device.
    """
    rename = _renamer(net) if name.startswith("transformers:") else None
    return {key: rename(key) if rename else key for key in keys}


def _renamer(net: nn.Module) -> Callable[[str], str] | None:
    try:
        from importlib import import_module

        conversions = import_module("transformers.conversion_mapping")
        loading = import_module("transformers.core_model_loading")
        rules = conversions.get_model_conversion_mapping(net)
        names = [each for each in rules if isinstance(each, loading.WeightRenaming)]
        other = [each for each in rules if not isinstance(each, loading.WeightRenaming)]
    except (ImportError, AttributeError):  # before version 5 names are as they are stored
        return None
    there = net.state_dict()
    prefix = getattr(net, "base_model_prefix", "")

    def rename(key: str) -> str:
        if key in there:
            return key
        found, split = loading.rename_source_key(key, names, other, prefix, there)
        return key if split is not None else str(found)

    return rename
