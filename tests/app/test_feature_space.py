"""Feature space and the selection, headless: what is sent to the maps, listed and saved."""

import base64
import re

import numpy as np
import pytest
from reading import captions, fine, infos, maps, models, pinned, recovery_bars, unfolded

from opcviz.study import Store, StudyResult, open_study, shipped_root
from opcviz.ui.reading import store_reader as library
from opcviz.ui.reading.sets import pack

STUDIES = ("digits", "digits-one", "digits-random")


@pytest.fixture(scope="module")
def shipped() -> StudyResult:
    return open_study(Store(shipped_root()), "digits")


@pytest.fixture(scope="module")
def samples(shipped) -> library.Samples:
    return library.samples(shipped)[0]


def table(app) -> str:
    """The table of rates, one row a model, as HTML."""
    (found,) = (b.proto.body for b in app.get("html") if 'data-testid="chosen"' in b.proto.body)
    return found


def counted(app) -> str:
    """How many samples it says are selected."""
    texts = [t.value for t in app.markdown if "selected" in t.value]
    return texts[0]


def listed(app):
    """The table of samples."""
    return app.dataframe[0].value


@pytest.mark.parametrize(
    "name", [STUDIES[0], *(pytest.param(name, marks=pytest.mark.slow) for name in STUDIES[1:])]
)
def test_every_shipped_study_opens_with_all_its_maps(visit, name):
    place = open_study(Store(shipped_root()), name).place
    app = visit("feature_space", study=place, colour="restored")
    sent = maps(app, "large.")
    assert infos(app) == []
    assert sent["tools"]
    assert len(sent["panels"]) == len(models(app)) == table(app).count("<tr>") - 1
    assert all(panel["xy"] and panel["restored"] for panel in sent["panels"])
    assert len(listed(app)) == len(library.samples(open_study(Store(shipped_root()), name))[0].ids)
    assert counted(app).startswith("**Nothing is selected**")


def test_a_link_brings_pin_set_and_classes_and_the_panel_is_about_them(visit, samples):
    chosen = samples.ids[samples.labels == 7][:5].tolist()
    link = {"set": pack(chosen, samples.ids), "classes": "0", "sample": str(samples.ids[3])}
    app = visit("feature_space", **link)
    assert infos(app) == []
    sent = maps(app, "large.")["selected"]
    assert sent == {"sample": int(samples.ids[3]), "samples": chosen, "classes": [0]}
    of_class = int((samples.labels == 0).sum())
    assert counted(app).startswith(f"**{of_class + 5} samples selected** ({of_class} to be")
    rows = listed(app)
    assert set(rows["sample"]) == set(chosen) | set(samples.ids[samples.labels == 0].tolist())
    assert f"Pinned sample {samples.ids[3]}, " in pinned(app)
    assert {name: app.query_params[name] for name in link} == link


def test_a_broken_set_is_said_and_the_page_stands(visit):
    app = visit("feature_space", set="zzz", classes="99")
    assert len(infos(app)) == 2
    assert maps(app, "large.")["selected"] == {"sample": None, "samples": [], "classes": []}


@pytest.mark.slow
def test_filters_and_order_are_in_the_address_and_in_the_table(visit, samples, shipped):
    app = visit("feature_space")
    app.pills(key="panel.only").set_value(["forgotten", "restored"]).run()
    assert fine(app).query_params["only"] == "forgotten,restored"
    restored = np.zeros(len(samples.ids), bool)
    for key in models(app):
        if not key.startswith("original"):
            found = shipped.model(key).arrays("samples", "samples.npz")["restored"]
            restored |= found == samples.labels
    assert set(listed(app)["sample"]) == set(samples.ids[restored & samples.forget].tolist())
    app.selectbox(key="panel.sort").set_value("moved").run()
    assert fine(app).query_params["sort"] == "moved"
    moved = listed(app)["moved"].tolist()
    assert moved == sorted(moved, reverse=True) != sorted(moved)
    again = visit("feature_space", only="forgotten,restored", sort="moved")
    assert listed(again)["sample"].tolist() == listed(app)["sample"].tolist()


def test_rates_of_the_selection_are_those_of_the_store(visit, samples, shipped):
    app = visit("feature_space", classes="1")
    where = samples.labels == 1
    rows = table(app).split("<tr>")[2:]
    for key, row in zip(models(app), rows, strict=True):
        stored = shipped.model(key).arrays("samples", "samples.npz")
        hits = int((stored["restored"] == 1)[where].sum())
        cells = re.findall(r"<td>(.*?)</td>", row)
        assert f"({hits} of {where.sum()};" in cells[2]


def test_neighbours_of_the_pinned_sample_are_each_models_own(visit, samples, shipped):
    app = visit("feature_space", sample=str(samples.ids[0]))
    (shown,) = (b.proto.body for b in app.get("html") if 'data-testid="neighbours"' in b.proto.body)
    for key, row in zip(models(app), shown.split("font-weight:600")[1:], strict=True):
        near = shipped.model(key).arrays("samples", "samples.npz")["neighbours"][0]
        assert re.findall(r'alt="sample (\d+),', row) == [str(i) for i in samples.ids[near]]


def test_every_epoch_is_sent_once_and_the_address_says_where_it_stands(visit, shipped):
    app = visit("feature_space", scene="epochs", epoch="3", colour="answer", scale="same")
    sent = maps(app, "large.")
    assert (sent["epoch"], sent["colour"]) == (3, "answer")
    others = 0
    for key, panel in zip(models(app), sent["panels"], strict=True):
        kept = library.trajectory(shipped.model(key))["points"]
        assert panel["epochs"] == list(range(len(kept)))
        stored = shipped.model(key).arrays("samples", "samples.npz")
        others += not np.array_equal(stored["restored"], stored["restored_all"])
        back = np.frombuffer(base64.b64decode(panel["restored"]), np.int16)
        np.testing.assert_array_equal(back, stored["restored"])  # with kept pictures alone
    assert others  # else whose map it is could not be told
    assert len({tuple(panel["extent"]) for panel in sent["panels"]}) == 1
    assert "Answers, and what an attacker restores, are those of the finished models." in captions(
        app
    )


@pytest.mark.slow
def test_three_dimensions_show_the_selected_samples(visit, samples):
    app = visit("feature_space", scene="3d", classes="0")
    assert len(app.get("plotly_chart")) == len(models(app))
    assert f"**{(samples.labels == 0).sum()} samples" in counted(app)


@pytest.mark.slow
def test_a_hall_sees_a_stack_a_screen_and_the_selection_part_by_part(visit, samples):
    link = {"scene": "3d", "classes": "0", "sample": str(samples.ids[0]), "present": "on"}
    app, drawn = visit("feature_space", **link), []
    while True:
        html = "".join(box.proto.body for box in fine(app).get("html"))
        drawn.append(
            (
                len(app.get("plotly_chart")),
                "Pinned sample" in html,
                'data-testid="chosen"' in html,
                len(app.dataframe),
                'data-testid="neighbours"' in html,
            )
        )
        assert html.count('data-testid="explain"') == 1
        if app.button(key="presentation.next").disabled:
            break
        app.button(key="presentation.next").click().run()
    each = np.eye(5, dtype=int)
    assert np.array_equal(np.array(drawn, int), np.concatenate([each[:1]] * 3 + [each[1:]]))


@pytest.mark.slow
def test_what_a_model_lacks_is_said(visit, burst):
    app = visit("feature_space", study=burst)
    reasons = [panel["reason"] for panel in maps(app, "large.")["panels"]]
    assert any("diverged" in reason or "finite" in reason for reason in reasons)
    assert any("it is not stored which samples an attacker restores" in c for c in captions(app))
    for scene in ("epochs", "3d"):
        visit("feature_space", study=burst, scene=scene)


def test_no_study_at_all(visit, monkeypatch):
    monkeypatch.setattr(library, "choices", dict)
    assert any("no finished study yet" in note for note in infos(visit("feature_space")))


@pytest.mark.slow
def test_rows_of_side_by_side_follow_the_selection_on_request(visit, samples, shipped):
    app = visit(classes="0")
    assert len(recovery_bars(app)) == 4
    app.toggle(key="rows.follow").set_value(True).run()
    assert fine(app).query_params["follow"] == "on"
    (row,) = (part.proto for part in app.get("bidi_component") if "-follow.rec" in part.proto.id)
    where = samples.labels == 0
    for key in models(app):
        stored = shipped.model(key).arrays("samples", "samples.npz")
        share = 100 * float((stored["restored"] == 0)[where].mean())
        assert f'"value":{share:g}'[:12] in row.json.replace(" ", "")
    assert any(f"Of {where.sum()} selected samples" in text for text in captions(app))
    without = visit(follow="on")  # nothing is selected: the rows are whole
    assert len(recovery_bars(without)) == 4


def test_the_fold_on_side_by_side_holds_the_panel(visit, samples):
    app = visit(classes="0")
    assert not app.dataframe
    assert set(listed(unfolded(app, "rows.chosen"))["class"]) == {"0"}
