"""One colour a method, everywhere: whichever models are shown, and however many.

The colours of the first four were set by hand; every other was chosen greedily to lie as far as
possible (OKLab) from all before it, for normal vision and for simulated deuteranopia and protanopia
(Machado et al. 2009), among those with a contrast of at least 3 with both backgrounds. With more
than a dozen colours no palette is told apart by hue alone, so every line carries its name as well.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

__all__ = ["METHOD_COLOURS", "SPARE_COLOURS", "method_colour", "shades"]

METHOD_COLOURS = {
    "original": "#7C8796",
    "retrain": "#1E9273",
    "opc": "#2B86C9",
    "delete": "#D9541E",
    "ssd": "#BA00A4",
    "salun": "#C06AF7",
    "scrub": "#F5519F",
    "opc_deep": "#6A45F0",
    "neggrad_plus": "#73621C",
    "rl": "#A4932E",
    "ft": "#AD3A55",
    "opc_deep_retain_like": "#7457A3",
    "untrained": "#3F6B73",
    "ga": "#B559A3",
    "opc_retain_like": "#298C01",
    "bt": "#C37D71",
    "be": "#E8046D",
    "opc_logits": "#7584FE",
    "manif_smc": "#AD36D8",
    "bs": "#8F6A61",
    "opc_head": "#2062CE",
    "cola": "#0B7643",
    "amnesiac": "#CC1A0A",
    "ct": "#E443CB",
    "fisher": "#A36E09",
    "unsir": "#C67BB6",
    "scrub_r": "#886ACF",
    "l1_sparse": "#47A34E",
    "iu": "#C95463",
    "cf_k": "#8B9877",
    "eu_k": "#9E3F84",
    "ngd": "#878CC9",
    # of generators, which stand beside each other and the references alone: sought among these
    "opc_any_address": "#A86CFC",
    "address_swap": "#3CA800",
    "rl_diffusion": "#F0486C",
    "opc_output": "#C00078",
    "dimum": "#9000FC",
    "esd": "#A884CC",
    "salun_diffusion": "#30903C",
    "selective_amnesia": "#9C3CA8",
    # of records of earthquakes: three that stand beside the references and fine-tuning alone
    "dimum_waveforms": "#C369FF",
    "rl_waveforms": "#968700",
    "opc_waveforms": "#874BA5",
    # for clients, beside each other and the references alone
    "fed_pga": "#FF0000",
    "fed_active": "#3F5FFF",
    "fed_leaver": "#E50099",
    "fed_go_on": "#666647",
    "fed_turns": "#6A7F00",
    "fed_others": "#6677CC",
    "fed_eraser": "#597F59",
    "fed_reset": "#B27C8E",
    "fed_subtract": "#CC6688",
}
"""Colour by a method's registered name; no two are the same."""

SPARE_COLOURS = ("#F8495A", "#A04F27", "#0F68A2", "#687E40", "#2778FA", "#268099")
"""Of methods that a user brought: which of them is decided by the name alone."""

STEPS = (0.0, -0.22, 0.22, -0.38, 0.38, -0.5)  # towards black below 0, towards white above


def method_colour(name: str) -> str:
    """The colour of a method, `#RRGGBB`, the same in every process.

    Args:
        name: its registered name.
    """
    spare = SPARE_COLOURS[zlib.crc32(name.encode()) % len(SPARE_COLOURS)]
    return METHOD_COLOURS.get(name, spare)


def shades(methods: Iterable[tuple[str, str]]) -> dict[str, str]:
    """A colour a label: the method's own, shaded where it is shown more than once.

    Args:
        methods: label and registered name of each model shown.
    """
    found: dict[str, str] = {}
    for label, name in methods:
        colour, step = method_colour(name), 0
        while (shade := _shade(colour, STEPS[step])) in found.values() and step < len(STEPS) - 1:
            step += 1
        found[label] = shade
    return found


def _shade(colour: str, by: float) -> str:
    end = 255 if by > 0 else 0
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(part + (end - part) * abs(by)):02X}" for part in parts)
