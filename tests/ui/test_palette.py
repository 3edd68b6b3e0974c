import subprocess
import sys

import pytest

from opcviz.methods import known_methods
from opcviz.ui.charts.palette import METHOD_COLOURS, SPARE_COLOURS, method_colour, shades
from opcviz.ui.charts.theme import BACKGROUND


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_method_has_a_colour_that_is_nobody_elses():
    assert set(METHOD_COLOURS) == {cls.info.name for cls in known_methods()}
    everybody = [*METHOD_COLOURS.values(), *SPARE_COLOURS]
    assert len(set(everybody)) == len(everybody)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_colour_reads_on_both_backgrounds(theme):
    for colour in (*METHOD_COLOURS.values(), *SPARE_COLOURS):
        assert contrast(colour, BACKGROUND[theme]) >= 3, colour


def test_a_users_method_keeps_its_colour_in_another_process():
    code = "from opcviz.ui.charts.palette import method_colour; print(method_colour('mine'))"
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == method_colour("mine")
    assert method_colour("mine") in SPARE_COLOURS


def test_seeds_of_one_method_are_shades_of_its_colour():
    found = shades([(f"OPC {seed}", "opc") for seed in range(6)])
    assert found["OPC 0"] == METHOD_COLOURS["opc"]
    assert len(set(found.values())) == 6
