"""A network of a user's own, from a file named on the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from opcviz.common.config import ConfigError
from opcviz.common.plugins import Loader
from opcviz.data import assemble
from opcviz.intake.recognise import as_candidate, brought
from opcviz.intake.weights import Weights
from opcviz.models import Architecture, build_network

FILE = """
from torch import nn
from opcviz.models import register_network

@register_network("mine")
def mine(channels, classes):
    return nn.Sequential(nn.Conv2d(channels, 4, 3), nn.Flatten(), nn.Linear({width}, classes))
"""


@pytest.fixture
def named(tmp_path: Path, plugins: Loader) -> Loader:
    (tmp_path / "mine.py").write_text(FILE.format(width=4 * 36))
    assert plugins.load([tmp_path / "mine.py"]) == []
    return plugins


def test_weights_of_an_own_network_fit_it_and_answer_the_same(named: Loader) -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(144, 3)).eval()
    weights = Weights({f"model.{key}": each for key, each in net.state_dict().items()}, "test", "")
    found = as_candidate("own:mine", weights, (1, 8, 8), 3)
    assert found.fits
    assert found.title == "mine, a network of your own"
    x = np.random.default_rng(0).integers(0, 256, (6, 1, 8, 8), dtype=np.uint8)
    data = assemble("noise", (x, np.arange(6) % 3), (x, np.arange(6) % 3))
    model = brought(found, weights, data)
    batch = data.batch(torch.arange(6))
    with torch.no_grad():
        torch.testing.assert_close(model(batch), net(batch), atol=1e-6, rtol=1e-6)


def test_what_does_not_fit_it_is_listed(named: Loader) -> None:
    weights = Weights({"0.weight": torch.zeros(4, 3, 3, 3)}, "test", "")
    found = as_candidate("own:mine", weights, (1, 8, 8), 3)
    assert found.missing == ("0.bias", "2.weight", "2.bias")
    assert found.misshaped == ("0.weight: (4, 3, 3, 3) in the file, (4, 1, 3, 3) in the network",)


def test_weights_follow_the_seed(named: Loader) -> None:
    made = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        made.append(build_network(Architecture("own:mine"), 1, 3)[0].weight)
    assert torch.equal(made[0], made[1])
    assert not torch.equal(made[0], made[2])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no network of your own is called 'mine'"),
        (FILE.format(width=0).replace("return nn.S", "return 1 #"), "makes a int, no nn.Module"),
        (FILE.format(width=0).replace("return", "raise OSError('gone')\n    return"), "gone"),
        (FILE.format(width=0).replace('"mine"', '"../mine"'), "no network of your own"),
    ],
)
def test_a_function_that_makes_no_network_is_named(
    text: str, message: str, tmp_path: Path, plugins: Loader
) -> None:
    (tmp_path / "mine.py").write_text(text)
    plugins.load([tmp_path / "mine.py"])
    with pytest.raises(ConfigError, match=message):
        build_network(Architecture("own:mine"), 1, 3)


@pytest.mark.slow
def test_the_command_line_names_the_file(tmp_path: Path) -> None:
    """Worker processes build the same network: the file goes through the environment."""
    (tmp_path / "mine.py").write_text(FILE.format(width=4 * 36))
    code = (
        "import os, sys; from opcviz.cli import commands; "
        "commands._global_options(network_file=[__import__('pathlib').Path(sys.argv[1])]); "
        "from opcviz.models import Architecture, build_network; "
        "print(build_network(Architecture('own:mine'), 1, 3)[2].out_features)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "mine.py")],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert done.stdout.strip() == "3", done.stderr[-1000:]
