"""Small pictures enlarged without blur, as one row of inline HTML."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["picture_strip", "png_url", "to_rgb"]


def to_rgb(pictures: NDArray[Any]) -> NDArray[np.uint8]:
    """Pictures as (N, H, W, 3) bytes.

    Args:
        pictures: (N, H, W) or (N, channels, H, W) with 1 or 3 channels; uint8, or floats in [0, 1]
            (clipped; what is not finite turns black).

    Raises:
        ValueError: for another shape or type.
    """
    array = np.asarray(pictures)
    if array.ndim == 3:
        array = array[:, None]
    if array.ndim != 4 or array.shape[1] not in (1, 3):
        raise ValueError(
            f"pictures are {np.shape(pictures)}; wanted (N, H, W) or (N, 1 or 3, H, W)"
        )
    if np.issubdtype(array.dtype, np.floating):
        array = (np.nan_to_num(array, posinf=1.0).clip(0, 1) * 255).round().astype(np.uint8)
    if array.dtype != np.uint8:
        raise ValueError(f"pictures are {array.dtype}; wanted uint8, or floats in [0, 1]")
    return np.repeat(array, 4 - array.shape[1], 1)[:, :3].transpose(0, 2, 3, 1)


def png_url(picture: NDArray[np.uint8]) -> str:
    """One picture (H, W, 3) as a data URL."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def picture_strip(
    pictures: NDArray[Any],
    captions: Sequence[str] = (),
    *,
    scale: int | None = None,
    alts: Sequence[str] = (),
    label: str = "",
) -> str:
    """A row of small pictures for `st.html`, each pixel an exact square.

    Args:
        pictures: as `to_rgb` takes them.
        captions: one line under each picture; none for no captions.
        scale: screen pixels per picture pixel; None makes the pictures about 64 pixels high.
        alts: what each picture shows, for those who cannot see it; default is its caption.
        label: what the row shows.

    Raises:
        ValueError: when captions or alts are not as many as the pictures.
    """
    rgb = to_rgb(pictures)
    n, height, width, _ = rgb.shape
    for name, texts in (("captions", captions), ("alts", alts)):
        if texts and len(texts) != n:
            raise ValueError(f"picture_strip: {n} pictures but {len(texts)} {name}")
    scale = scale or max(1, round(64 / height))
    cells = []
    for i in range(n):
        caption = captions[i] if captions else ""
        alt = (alts[i] if alts else caption) or f"picture {i + 1} of {n}"
        cells.append(
            f'<figure style="margin:0;width:{width * scale}px">'
            f'<img src="{png_url(rgb[i])}" alt="{html.escape(alt)}" width="{width * scale}" '
            f'height="{height * scale}" style="display:block;image-rendering:pixelated;'
            'border-radius:3px">'
            + (
                '<figcaption style="font-size:max(.75rem,var(--least-text,0px));opacity:.8;line-height:1.25;margin-top:.2rem">'
                f"{html.escape(caption)}</figcaption>"
                if caption
                else ""
            )
            + "</figure>"
        )
    return (
        f'<div role="group" aria-label="{html.escape(label or "pictures")}" '
        'data-testid="picture-strip" style="display:flex;flex-wrap:wrap;gap:.4rem">'
        + "".join(cells)
        + "</div>"
    )
