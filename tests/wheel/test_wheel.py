"""What a stranger does with the wheel, in a folder where no source of ours is."""

from __future__ import annotations

import json
import time
import zipfile
from pathlib import Path, PurePosixPath

import psutil
import pytest

from opcviz.engine import Runs
from opcviz.engine.locks import engine_state
from opcviz.study import list_presets

pytestmark = pytest.mark.wheel
ROOT = Path(__file__).resolve().parents[2]
INSIDE = "opcviz/_project/"
WAIT = 120_000  # ms


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_has_all_that_the_package_needs(names: set[str]) -> None:
    source = [
        p for p in (ROOT / "opcviz").rglob("*") if p.is_file() and "__pycache__" not in p.parts
    ]
    beside = [ROOT / "app.py", ROOT / ".streamlit" / "config.toml"]
    beside += [*(ROOT / "pages").glob("*.py"), ROOT / "checkpoints" / "README.md"]
    beside += [p for p in (ROOT / "checkpoints" / "studies").rglob("*") if p.is_file()]
    wanted = {p.relative_to(ROOT).as_posix() for p in source}
    wanted |= {INSIDE + p.relative_to(ROOT).as_posix() for p in beside}
    assert len(source) > 100
    assert len(beside) > 100
    assert {n for n in names if ".dist-info/" not in n} == wanted


def test_no_test_benchmark_or_picture_is_in_it(names: set[str]) -> None:
    for name in map(PurePosixPath, names):
        assert name.parts[0] == "opcviz" or name.parts[0].endswith(".dist-info")
        assert not {"tests", "benchmarks", "docs", "__pycache__"} & set(name.parts), name
        if name.suffix in {".png", ".jpg", ".jpeg", ".gif", ".svg"}:
            assert str(name) == "opcviz/ui/icon.png"


def test_pytest_is_not_a_requirement_of_a_user(wheel: Path, names: set[str]) -> None:
    (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(metadata).decode()
    required = [line for line in text.splitlines() if line.startswith("Requires-Dist:")]
    assert any("torch" in line for line in required)
    assert not any("pytest" in line for line in required)


def test_only_the_installed_package_is_imported(installed) -> None:
    code = "import json, opcviz, sys; print(json.dumps([opcviz.__file__, sys.path]))"
    file, path = json.loads(installed.call("python", "-c", code))
    assert installed.packages in Path(file).parents
    assert str(ROOT) not in path


def test_the_shipped_studies_and_presets_are_found(installed) -> None:
    rows = json.loads(installed.call("opcviz", "list", "studies", "--json"))
    shipped = {folder.name for folder in (ROOT / "checkpoints" / "studies").iterdir()}
    assert {row["name"] for row in rows} == shipped
    code = "from opcviz.study import list_presets; print(*list_presets())"
    assert installed.call("python", "-c", code).split() == list(list_presets())
    assert json.loads(installed.call("opcviz", "show", "digits", "--json"))["models"]


def test_the_module_has_the_same_verbs_as_the_command(installed) -> None:
    commands = installed.call("opcviz", "--help")
    assert all(f" {verb} " in commands for verb in ("app", "run", "show", "table", "sweep", "list"))
    by_module = installed.call("python", "-m", "opcviz", "list", "methods", "--json")
    assert by_module == installed.call("opcviz", "list", "methods", "--json")


def test_a_preset_runs(installed, tmp_path: Path) -> None:
    store = ("--store", str(tmp_path / "store"))
    run = ("run", "digits-lecture", *store)
    installed.call("opcviz", *run)
    models = json.loads(installed.call("opcviz", "show", "digits-lecture", "--json", *store))[
        "models"
    ]
    accuracy = {model["method"]: model["accuracy"]["forget_train"] for model in models}
    assert accuracy.keys() == {"original", "retrain", "rl", "opc"}
    assert accuracy["original"] > 90 > 10 > accuracy["opc"]
    assert "nothing was computed" in installed.call("opcviz", *run)


def test_home_shows_the_shipped_study(app: str, visit) -> None:
    expect = pytest.importorskip("playwright.sync_api").expect
    page = visit(app, "dark")
    expect(page.get_by_test_id("player-canvas")).to_have_count(2, timeout=WAIT)
    page.get_by_role("link", name="Side by side").first.click()
    expect(page.get_by_test_id("headline")).to_have_count(4, timeout=WAIT)
    drawn = page.locator('[data-testid="map-canvas"][data-points]:not([data-points="0"])')
    expect(drawn).to_have_count(4, timeout=WAIT)
    chosen = page.get_by_role("combobox", name="Study")
    expect(chosen).to_have_value("Handwritten digits: forget 0, 1 and 2")
    for title in ("Instruments", "Lab"):
        page.get_by_role("link", name=title, exact=True).click()
        expect(page.get_by_role("heading", name=title)).to_be_visible(timeout=WAIT)


def test_our_theme_holds_in_a_folder_with_another(app: str, visit) -> None:
    expect = pytest.importorskip("playwright.sync_api").expect
    page = visit(app, "dark")
    expect(page.get_by_test_id("stApp")).to_have_css(
        "background-color", "rgb(17, 21, 28)", timeout=WAIT
    )


def test_the_lab_trains_in_an_engine_of_the_installed_package(
    app: str, visit, installed, foreign: Path
) -> None:
    expect = pytest.importorskip("playwright.sync_api").expect
    page = visit(f"{app}/lab")
    start = page.get_by_role("button", name="Start", exact=True)
    expect(start).to_be_enabled(timeout=WAIT)
    start.click()
    expect(page.locator("[class*=st-key-live-map]")).to_be_visible(timeout=WAIT)
    assert not page.get_by_test_id("stException").count()
    page.goto("about:blank")  # to draw every epoch would take longer than to train it
    runs = Runs(installed.store)
    deadline = time.monotonic() + 3 * WAIT / 1000
    while not (found := runs.list()) or found[0].active:
        assert time.monotonic() < deadline, "the run did not end"
        time.sleep(0.1)
    assert [(run.status, run.cause) for run in found] == [("finished", "")]
    engine = psutil.Process(engine_state(installed.store)["pid"])
    assert Path(engine.cmdline()[0]).parent == installed.bin
    assert Path(engine.cwd()) == foreign
