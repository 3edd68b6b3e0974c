"""The wheel as a stranger has it: built, installed into a new environment, used in another folder.

To save minutes, the new environment finds what the wheel requires in the environment that runs the
tests (a .pth file names its site-packages); opcviz itself comes from the wheel alone. With
`OPCVIZ_WHEEL_FULL=1` nothing is lent: pip installs the wheel with all its requirements.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FULL = os.environ.get("OPCVIZ_WHEEL_FULL", "") not in ("", "0")
OURS = ("OPCVIZ_", "PYTHON", "STREAMLIT_")  # what would tell the installed package of this checkout
HANGS = 900  # seconds; what takes longer has stopped working


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel installed.

    Attributes:
        bin: folder of its programs.
        packages: its site-packages.
        home: folder that stands for the user's home; the default store is in it.
        environ: environment variables of every program started from it.
    """

    bin: Path
    packages: Path
    home: Path
    environ: dict[str, str] = field(repr=False)

    @property
    def store(self) -> Path:
        return self.home / ".opcviz"

    def call(self, program: str, *arguments: str, cwd: Path | None = None) -> str:
        """Run a program of the environment to its end; returns what it printed."""
        done = subprocess.run(
            [str(self.bin / program), *arguments],
            cwd=cwd or self.home,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=HANGS,
        )
        assert done.returncode == 0, f"{program} {' '.join(arguments)}:\n{done.stderr[-4000:]}"
        return done.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel made from the source archive made from this checkout: both must be complete."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)]
    if not FULL:
        build.insert(-1, "--no-isolation")  # with the build backend that is here already
    made = subprocess.run(build, capture_output=True, text=True, timeout=HANGS)
    assert made.returncode == 0, made.stdout[-2000:] + made.stderr[-4000:]
    (archive,) = folder.glob("*.tar.gz")
    (found,) = folder.glob("*.whl")
    assert archive.stat().st_size > 0
    return found


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """The new environment; removed at the end, since a full one takes gigabytes."""
    folder = tmp_path_factory.mktemp("elsewhere")
    assert ROOT not in folder.parents
    place = folder / "env"
    venv.create(place, with_pip=False, symlinks=True)
    programs = place / "bin"
    ask = [str(programs / "python"), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.check_output(ask, text=True, cwd=folder).strip())
    install = ["install", "--quiet", "--disable-pip-version-check", str(wheel)]
    if not FULL:
        install.insert(1, "--no-deps")
        lent = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
        (packages / "lent.pth").write_text("\n".join(lent) + "\n", encoding="utf-8")
    home = folder / "home"
    home.mkdir()
    environ = {k: v for k, v in os.environ.items() if not k.startswith(OURS)}
    environ |= {"HOME": str(home), "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
    made = Installed(programs, packages, home, environ)
    python = str(made.bin / "python")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, *install],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=HANGS,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    yield made
    shutil.rmtree(place)


@pytest.fixture(scope="session")
def foreign(installed: Installed) -> Path:
    """Somebody's folder with a Streamlit theme and an `opcviz` of its own, neither of them ours."""
    folder = installed.home.parent / "foreign"
    (folder / ".streamlit").mkdir(parents=True)
    theme = '[theme]\nfont = "monospace"\n[theme.dark]\nbackgroundColor = "#FF00FF"\n'
    (folder / ".streamlit" / "config.toml").write_text(theme, encoding="utf-8")
    (folder / "opcviz").mkdir()
    wrong = 'raise ImportError("an opcviz that only happens to be in the current folder")\n'
    (folder / "opcviz" / "__init__.py").write_text(wrong, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def app(installed: Installed, foreign: Path) -> Iterator[str]:
    """`opcviz app`, started in a foreign folder; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url, log = f"http://127.0.0.1:{port}", installed.home.parent / "app.log"
    with log.open("wb") as out:  # a pipe would fill up
        server = subprocess.Popen(
            [str(installed.bin / "opcviz"), "app", "--port", str(port), "--server.headless=true"],
            cwd=foreign,
            env=installed.environ,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for_answer(url, server, log)
        yield url
    finally:
        server.terminate()
        server.wait(60)


def _wait_for_answer(url: str, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + HANGS
    while time.monotonic() < deadline:
        assert server.poll() is None, f"opcviz app ended:\n{log.read_text()}"
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"opcviz app does not answer at {url}:\n{log.read_text()}")
