"""The app's own process reads, draws and queues; nothing in it needs torch."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from opcviz.common.config import fingerprint
from opcviz.engine import Runs
from opcviz.methods import Method, create
from opcviz.study import Job, Plan, preset

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "torchvision", "sklearn", "scipy", "umap", "numba", "dask", "distributed")

VISIT = """
    import json, os, sys
    for name in {heavy!r}:
        sys.modules[name] = None  # from here on, importing it fails
    sys.path[:0] = [{here!r}, os.path.dirname({here!r})]  # as pytest has them
    from engines import Queue
    from streamlit.testing.v1 import AppTest
    from opcviz.ui.reading import store_reader

    queue = Queue(os.environ["OPCVIZ_STORE"])
    store_reader.engine = lambda: queue

    def fine(app):
        said = [f"{{e.message}} {{e.stack_trace}}" for e in app.exception]
        said += [each.value for each in (*app.error, *app.warning)]
        assert not said, said
        return app

    app = fine(AppTest.from_file({app!r}, default_timeout=120).run())
    drawn = {{"first_sight": len(app.main)}}
    pages = ("side_by_side", "feature_space", "race", "scoreboard", "inversion_bench")
    for page in (*pages, "instruments", "audit", "learn", "lab"):
        app.switch_page(f"pages/{{page}}.py")
        drawn[page] = len(fine(app.run()).main)
    app.selectbox(key="lab.method").set_value("salun").run()
    fine(app).button(key="lab.start").click().run()
    fine(app)
    loaded = sorted({{name.partition(".")[0] for name, m in sys.modules.items() if m is not None}})
    print(json.dumps({{"drawn": drawn, "loaded": loaded}}))
"""


@pytest.mark.slow  # a program that draws every page; its imports alone: test_architecture_rules.py
def test_every_page_and_a_start_in_the_lab_work_without_torch(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("OPCVIZ_STORE", str(tmp_path))
    code = textwrap.dedent(VISIT).format(
        heavy=HEAVY, here=str(Path(__file__).parent), app=str(ROOT / "app.py")
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout.splitlines()[-1])
    assert min(said["drawn"].values()) > 0
    assert not set(HEAVY) & set(said["loaded"])
    (run,) = Runs(tmp_path).list()
    job = Job.from_dict(run.job)
    plan = Plan.from_dict(job.plan)
    # built by a process without the methods' code, and read by one that has it
    tuned = create("salun", dataset="digits")
    assert [type(method) for method in plan.methods][-1] is type(tuned)
    assert all(isinstance(method, Method) for method in plan.methods)
    assert plan.methods == (create("original"), create("retrain"), tuned)
    shipped = preset("digits-all").study
    study = shipped.replace(evidence=shipped.evidence.in_suite("quick"))  # what the lab makes
    assert plan.study == study
    assert plan.to_dict() == job.plan
    assert fingerprint(plan.to_dict()) == fingerprint(Plan(study, plan.methods, (0,)).to_dict())


FIRST_VISIT = """
    import json, sys
    sys.path.insert(0, {here!r})
    import numpy as np
    from streamlit import dataframe_util
    from streamlit.testing.v1 import AppTest
    from opcviz.ui import ahead
    from opcviz.ui.reading import kept

    ahead.get_ready()
    ready = set(sys.modules)
    opened, load, read = [], np.load, kept.open_study
    np.load = lambda *args, **kwargs: opened.append(str(args[0])) or load(*args, **kwargs)
    kept.open_study = lambda store, place: opened.append(place) or read(store, place)
    tables, look = [], dataframe_util.determine_data_format
    dataframe_util.determine_data_format = lambda it: tables.append(type(it).__name__) or look(it)

    app = AppTest.from_file({app!r}, default_timeout=120).run()
    assert not app.exception, app.exception
    parts = [part.proto for part in app.get("bidi_component")]
    print(json.dumps({{
        "imported": sorted(n for n in set(sys.modules) - ready if n.startswith("opcviz")),
        "opened": opened,
        "tables": tables,
        "plotly": [n for n in sys.modules if n.rpartition(".")[2] in ("_figure", "_bar")],
        "sent": {{part.id.rpartition("-")[2]: len(part.json) for part in parts}},
    }}))
"""


@pytest.mark.slow
def test_the_server_is_ready_for_its_first_visitor(tmp_path: Path, monkeypatch) -> None:
    """Nothing of ours is imported, no study is opened and no figure is made in the visit itself."""
    monkeypatch.setenv("OPCVIZ_STORE", str(tmp_path / "none yet"))
    code = textwrap.dedent(FIRST_VISIT).format(
        here=str(Path(__file__).parent), app=str(ROOT / "app.py")
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["imported"] == said["opened"] == said["plotly"] == []
    assert said["tables"] == [], "asked whether they are tables, for which pandas is imported"
    assert said["sent"].pop("presentation.keys") < 100, "what listens for keys"
    assert said["sent"].pop("theme.switch") < 100, "light or dark"
    assert said["sent"].pop("page.link") < 100, "the link that is copied"
    assert len(said["sent"]) == 1, "both films"
    assert max(said["sent"].values()) < 170_000, "bytes of all their epochs"
    assert not (tmp_path / "none yet").exists()  # looking makes nothing
