"""Models measured with other settings, side by side: each says so, and none borrows another's."""

from __future__ import annotations

import json

from streamlit.testing.v1 import AppTest


def ridges_of_two_models() -> None:
    from types import SimpleNamespace

    import known_results

    from opcviz.results import RidgeSweep
    from opcviz.ui.sections.recovery_row import _ridges

    def column(label, ridges):
        percent = (50.0,) * len(ridges)
        fits = {"all": known_results.fit(sweep=RidgeSweep(ridges, percent, percent))}
        evidence = known_results.evidence(fits=fits)
        results = known_results.known(evidence=evidence)
        return SimpleNamespace(name="opc", label=label, results=results, evidence=evidence)

    _ridges([column("One", (0.0, 1.0)), column("Other", (0.0, 10.0))], "all")


def pictures_of_two_models() -> None:
    from dataclasses import replace
    from types import SimpleNamespace

    import known_results
    import numpy as np

    from opcviz.study import Store, open_study, shipped_root
    from opcviz.ui.sections.inversion_row import inversion

    def column(label, ids):
        pictures = np.zeros((len(ids), 1, 8, 8), np.uint8)
        arrays = {"ids": np.array(ids), "pictures": pictures, "reconstructions": pictures}
        arrays["found"] = np.ones(len(ids), bool)
        found = known_results.record("inversion", "rl")
        scores = replace(found.per_picture, psnr=(20.0,) * len(ids))
        results = known_results.known(inversion=replace(found, per_picture=scores))
        return SimpleNamespace(name="rl", label=label, arrays=lambda *_: arrays, results=results)

    study = open_study(Store(shipped_root()), "digits")
    inversion(study, [column("One", [1, 2]), column("Same", [1, 2]), column("Other", [3, 4])])


def test_a_sweep_over_other_penalties_is_named_and_not_drawn_over_anothers() -> None:
    app = AppTest.from_function(ridges_of_two_models, default_timeout=30).run()
    assert not app.exception
    told = [c.value for c in app.caption if c.value.startswith("Swept over other penalties")]
    assert told == [
        "Swept over other penalties, and not drawn: Other.",
    ]


def test_reconstructions_of_other_pictures_stand_below_their_own() -> None:
    app = AppTest.from_function(pictures_of_two_models, default_timeout=30).run()
    assert not app.exception
    assert [c.value for c in app.caption].count("Made of other pictures: Other.") == 1
    grids = [json.loads(part.proto.json) for part in app.get("bidi_component")]
    assert [[row["label"] for row in grid["tracks"]] for grid in grids] == [
        ["One", "Same"],
        ["Other"],
    ]


def test_a_map_of_another_probe_set_is_not_drawn_on_this_one() -> None:
    from types import SimpleNamespace

    import numpy as np

    from opcviz.ui.sections.side_by_side import map_panel

    column = SimpleNamespace(label="OPC", arrays=lambda *_: {"pca": np.zeros((300, 2))})
    assert map_panel(column, "pca", 300).reason == ""
    assert "drawn of 300 samples, and the probe set has 200" in map_panel(column, "pca", 200).reason
