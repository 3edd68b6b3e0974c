import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from opcviz.methods import known_methods
from opcviz.ui.charts import theme as charts_theme
from opcviz.ui.charts.lines import LINE_COLOURS
from opcviz.ui.charts.palette import METHOD_COLOURS, SPARE_COLOURS
from opcviz.ui.charts.theme import (
    BACKGROUND,
    FORGET,
    SHAPES,
    class_colors,
    ink,
    scaled,
    text_size,
)
from opcviz.ui.sections.verdicts import OPEN

# Machado, Oliveira, Fernandes 2009, severity 1.0, on linear RGB
VISION = {
    "normal": np.eye(3),
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(color: str) -> np.ndarray:
    c = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    low, high = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (a, b))
    return (high + 0.05) / (low + 0.05)


def seen(color: str, vision: str) -> np.ndarray:
    c = np.clip(np.asarray(VISION[vision]) @ linear(color), 0, 1)
    return rgb2lab(np.where(c <= 0.0031308, 12.92 * c, 1.055 * c ** (1 / 2.4) - 0.055))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("vision", VISION)
def test_forgotten_classes_differ_for_every_kind_of_colour_vision(theme, vision):
    for a, b in itertools.combinations(FORGET[theme], 2):
        assert deltaE_ciede2000(seen(a, vision), seen(b, vision)) > 8, (a, b)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_class_and_no_ink_has_the_colour_of_a_method(theme):
    """Marks of classes, curves and clouds stand beside bars and curves of methods, on one page."""
    methods = [seen(c, "normal") for c in (*METHOD_COLOURS.values(), *SPARE_COLOURS)]
    classes = [seen(c, "normal") for c in FORGET[theme]]
    for color in FORGET[theme]:
        near = min(float(deltaE_ciede2000(seen(color, "normal"), each)) for each in methods)
        assert near > 10, color
    inks = [seen(c, "normal") for c in vars(ink).values()]
    for colours, others in ((vars(ink).values(), []), ((*LINE_COLOURS,), inks)):
        for color in colours:
            at = seen(color, "normal")
            near = min(float(deltaE_ciede2000(at, each)) for each in (*methods, *classes, *others))
            assert near > 10, color
    assert OPEN in vars(ink).values(), "no answer has the colour of no method"


def test_methods_that_stand_beside_each_other_most_can_be_told_apart():
    """The members of one family, and the references that every page puts beside them."""
    families = ("contraction", "reference")
    names = [
        cls.info.name for cls in known_methods("classification") if cls.info.family in families
    ]
    assert len(names) > 8
    for a, b in itertools.combinations(names, 2):
        one, other = (seen(METHOD_COLOURS[name], "normal") for name in (a, b))
        assert deltaE_ciede2000(one, other) > 11, (a, b)


TOGETHER = (
    ("forget", "retain", "test", "fm", "hr"),  # live accuracies
    ("before", "fm", "hr"),  # the bars of a recovery figure
)


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("names", TOGETHER)
def test_inks_of_one_chart_differ_for_every_kind_of_colour_vision(names, vision):
    for a, b in itertools.combinations((getattr(ink, name) for name in names), 2):
        assert deltaE_ciede2000(seen(a, vision), seen(b, vision)) > 10, (a, b)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_names_at_the_ends_of_curves_can_be_read(theme):
    """They are in the colour of their curve, mixed with that of text."""
    tomllib = pytest.importorskip("tomllib", reason="in Python from 3.11 on")
    root = Path(__file__).parents[2]
    curves = root / "opcviz" / "ui" / "charts" / "curves_component" / "curves.js"
    (share,) = re.findall(r"end\.color} (\d+)%", curves.read_text(encoding="utf-8"))
    config = tomllib.loads((root / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    text = config["theme"][theme]["textColor"]
    for name, color in vars(ink).items():
        parts = [[int(each[i : i + 2], 16) for i in (1, 3, 5)] for each in (color, text)]
        mixed = np.average(parts, axis=0, weights=[int(share), 100 - int(share)]).round()
        letters = "#" + "".join(f"{int(part):02X}" for part in mixed)
        assert contrast(letters, BACKGROUND[theme]) >= 4.5, name


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("vision", VISION)
def test_the_first_three_classes_lie_far_apart(theme, vision):
    """Most studies forget no more."""
    for a, b in itertools.combinations(FORGET[theme][:3], 2):
        assert deltaE_ciede2000(seen(a, vision), seen(b, vision)) > 18, (a, b)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_meaningful_colours_stand_out_from_the_page(theme):
    for color in (*FORGET[theme], *vars(ink).values()):
        assert contrast(color, BACKGROUND[theme]) >= 3, color


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("classes", [2, 10, 100])
def test_kept_classes_are_muted(theme, classes):
    chroma = [np.hypot(*seen(c, "normal")[1:]) for c in class_colors(classes, [0], theme).muted]
    vivid = [np.hypot(*seen(c, "normal")[1:]) for c in FORGET[theme]]
    assert max(chroma) < 22 < min(vivid)


def test_forgotten_classes_come_first_in_the_palette():
    colors = class_colors(10, [7, 3], "light")
    assert (colors.vivid[3], colors.vivid[7]) == FORGET["light"][:2]
    assert [SHAPES[colors.shape[c]] for c in (3, 7)] == ["circle", "triangle"]


def test_fifty_classes_have_fifty_marks():
    colors = class_colors(50, [], "dark")
    assert len(set(zip(colors.vivid, colors.shape, strict=True))) == 50


def test_unknown_theme_is_refused():
    with pytest.raises(KeyError):
        class_colors(3, [0], "sepia")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_app_uses_these_backgrounds(theme):
    tomllib = pytest.importorskip("tomllib", reason="in Python from 3.11 on")
    path = Path(__file__).parents[2] / ".streamlit" / "config.toml"
    config = tomllib.loads(path.read_text(encoding="utf-8"))
    assert config["theme"][theme]["backgroundColor"] == BACKGROUND[theme]
    assert not config["browser"]["gatherUsageStats"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("classes", [2, 10, 100])
def test_in_a_hall_text_is_large_and_every_mark_has_contrast(monkeypatch, theme, classes):
    assert (text_size(), scaled(100)) == (12, 100)
    pale = class_colors(classes, [0], theme).muted
    monkeypatch.setattr(charts_theme, "_asked", [lambda: True])
    assert (text_size(), scaled(100)) == (18, 150)
    strong = class_colors(classes, [0], theme)
    assert min(contrast(c, BACKGROUND[theme]) for c in (*strong.muted, *strong.vivid)) >= 3
    assert min(contrast(c, BACKGROUND[theme]) for c in pale) < 3
