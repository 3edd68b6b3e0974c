from reading import captions, charts, infos, models

GROUPS = ("Standing out", "Membership", "Features", "Beside retraining", "Relearning")


def tables(app) -> list[str]:
    return [text.value for text in app.markdown if text.value.startswith("|")]


def test_it_shows_every_measure_of_the_models_shown(visit):
    app = visit("instruments")
    assert infos(app) == []
    (table,) = tables(app)
    head, _, *lines = table.splitlines()
    assert head.count("|") == len(models(app)) + 4
    assert all(line.count("|") == head.count("|") for line in lines)
    assert all(f"**{group}**" in table for group in GROUPS)
    assert "not computed" not in table
    assert len(charts(app, "depth")) == 2
    assert len(charts(app, "relearning")) == 3
    assert any(text.startswith("Shallow") for text in captions(app))


def test_a_model_without_evidence_says_why(visit, burst):
    app = visit("instruments", study=burst)
    (table,) = tables(app)
    assert "not computed" in table
    assert any("No verdict" in text for text in captions(app))
