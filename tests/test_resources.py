"""The files beside the package in a checkout, inside it when installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from opcviz import resources

ROOT = Path(__file__).resolve().parents[1]


def test_a_checkout_uses_the_files_beside_the_package() -> None:
    assert resources.app_file() == ROOT / "app.py"
    assert resources.shipped_root() == ROOT / "checkpoints"
    assert resources.icon().is_file()


def test_an_installed_package_ignores_what_others_put_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site-packages" / "opcviz"
    (package / "_project").mkdir(parents=True)
    (tmp_path / "site-packages" / "app.py").write_text("another package's")
    monkeypatch.setattr(resources, "PACKAGE", package)
    monkeypatch.setattr(resources, "INSTALLED", package / "_project")
    assert resources.app_file() == package / "_project" / "app.py"
    assert resources.shipped_root() == package / "_project" / "checkpoints"
