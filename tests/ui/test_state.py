import pytest
from streamlit.testing.v1 import AppTest

from opcviz.ui.charts.maps_component import Selection
from opcviz.ui.reading.sets import pack
from opcviz.ui.reading.state import OPTIONS, Choices, View, read

DIGITS = Choices(
    ["original", "retrain", "rl", "ga", "ft", "negplus", "opc"],
    shown=("original", "retrain", "rl", "opc"),
    samples=range(0, 100, 2),
    classes=range(10),
)
STUDIES = {"digits": DIGITS, "small": Choices(["a", "b"], samples={1, 3}, maps=("pca",))}


def test_a_bare_address_opens_the_first_study():
    assert read({}, STUDIES) == View("digits", DIGITS.shown, Selection(), "umap")


def test_every_view_survives_its_link():
    view = View("digits", ("retrain", "opc"), Selection(sample=42), "pca")
    assert read(view.to_params(), STUDIES) == view


@pytest.mark.parametrize(
    ("params", "view", "says"),
    [
        ({"study": "x"}, View("digits", DIGITS.shown), "There is no study 'x'"),
        ({"models": "opc,foo,rl"}, View("digits", ("opc", "rl")), "no model 'foo'"),
        ({"models": "foo"}, View("digits", DIGITS.shown), "no model 'foo'"),
        ({"map": "tsne"}, View("digits", DIGITS.shown), "There is no map 'tsne'"),
        ({"sample": "3"}, View("digits", DIGITS.shown), "There is no sample '3'"),
        ({"sample": "-2"}, View("digits", DIGITS.shown), "There is no sample '-2'"),
        ({"sample": "٤"}, View("digits", DIGITS.shown), "There is no sample '٤'"),  # a four
        (
            {"models": ",".join(DIGITS.models)},
            View("digits", tuple(DIGITS.models[:6])),
            "At most 6",
        ),
    ],
)
def test_what_does_not_exist_is_ignored_and_named(params, view, says):
    got = read(params, STUDIES)
    assert got == view
    assert len(got.notes) == 1
    assert says in got.notes[0]


@pytest.mark.parametrize(
    ("task", "title", "says"),
    [
        ("generation", "Threes", "'Threes' is a study of generators, which the page Generators"),
        ("sines", "", "'m' is a study of the task 'sines', which no page shows"),
    ],
)
def test_a_link_to_a_study_of_another_task_says_where_it_is_shown(task, title, says):
    got = read({"study": "x"}, STUDIES, None, {"x": Choices(["m"], title=title, task=task)})
    assert got == View("digits", DIGITS.shown)
    assert says in got.notes[0]
    assert got.notes[0].endswith("; showing 'digits'.")


@pytest.mark.parametrize(
    ("params", "start", "shown", "says"),
    [
        ({}, None, "densmap", ""),
        ({}, View("audit", ("a", "b"), map="umap"), "densmap", ""),
        ({}, View("audit", ("a", "b"), map="pca"), "pca", ""),
        ({"models": "b,c"}, None, "pca", ""),
        ({"map": "umap"}, None, "densmap", "None of these models has a map 'umap'"),
        ({"models": "c,d"}, None, "umap", ""),  # none has any: their columns say why
    ],
)
def test_the_map_is_one_that_the_shown_models_have(params, start, shown, says):
    has = {"a": {"pca", "densmap"}, "b": {"pca"}}
    audit = Choices(
        ["a", "b", "c", "d"],
        shown=("a", "b"),
        drawn=lambda models: set().union(*(has.get(model, ()) for model in models)),
    )
    got = read(params, {"audit": audit}, start)
    assert got.map == shown
    assert [says in note for note in got.notes] == ([True] if says else [])


def test_every_option_survives_its_link_and_a_default_is_left_out():
    view = View("digits", DIGITS.shown, options={"fit": "all", "explain": "on", "epoch": "7"})
    assert read(view.to_params(), STUDIES).to_params() == view.to_params()
    assert view.to_params()["epoch"] == "7"
    assert "fit" not in View("digits", DIGITS.shown, options={"fit": "retain"}).to_params()


def test_the_whole_selection_survives_its_link():
    chosen = Selection(42, tuple(range(0, 100, 4)), (0, 7))
    view = View("digits", DIGITS.shown, chosen, places=DIGITS.samples)
    assert read(view.to_params(), STUDIES) == view


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"set": "no set"}, "The set of samples in this link cannot be read"),
        ({"set": pack([1], [1, 3])}, "was made in a study with other samples"),
        ({"classes": "3,99,x"}, "no class '99', 'x'"),
        ({"classes": "3,٤"}, "no class '٤'"),  # a four
    ],
)
def test_a_broken_or_foreign_selection_is_named(params, says):
    got = read(params, STUDIES)
    assert got.selection == Selection(classes=(3,) if "classes" in params else ())
    assert len(got.notes) == 1
    assert says in got.notes[0]


@pytest.mark.parametrize(
    ("name", "word"), [("only", "kept,all"), ("fit", "some"), ("epoch", "-1"), ("present", "1")]
)
def test_a_word_that_is_no_option_is_named(name, word):
    got = read({name: word}, STUDIES)
    assert got.option(name) == OPTIONS[name].default
    assert f"{name} cannot be '{word}'" in got.notes[0]


@pytest.mark.parametrize("name", ["study", "models", "map", "sample", "classes", "find", "fit"])
@pytest.mark.parametrize("word", ["x" * 10_000, "x," * 5_000])
def test_a_note_repeats_only_the_beginning_of_a_long_word(name, word):
    (note,) = read({name: word}, STUDIES).notes
    assert "'x" in note
    assert len(note) < 200


def test_one_model_alone_is_joined_by_others():
    assert read({"models": "opc"}, STUDIES).models == DIGITS.shown


def test_no_study_at_all():
    with pytest.raises(ValueError, match="no study"):
        read({}, {})


def page():
    import streamlit as st

    from opcviz.ui.charts.maps_component import Selection
    from opcviz.ui.reading import state

    studies = {
        "digits": state.Choices(["original", "retrain", "opc"], samples=range(9), classes=range(5)),
        "small": state.Choices(["a", "b"], maps=("pca",)),
        "drawn": state.Choices(["g", "h"], task="generation"),
        "held": state.Choices(["o", "p"], samples=range(9), asks="client"),
    }
    for sample in (4, 5):
        pin = {"selection": Selection(sample, samples=(1, 2), classes=(3,))}
        st.button(f"pin {sample}", on_click=state.update, kwargs=pin)
    st.button("fit", on_click=state.choose, kwargs={"fit": "all"})
    st.button("other", on_click=state.update, kwargs={"study": "small"})
    task = st.radio("page of", ["classification", "generation", "client"])
    view = state.sync(studies, [task])
    st.session_state["view"] = view
    for note in view.notes:
        st.info(note)


def start(**params):
    app = AppTest.from_function(page)
    for name, value in params.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def address(app):
    return {k: v[0] if isinstance(v, list) else v for k, v in app.query_params.items()}


def view(app):
    return app.session_state["view"]


def test_the_address_follows_the_selection():
    app = start()
    assert address(app) == {"study": "digits", "models": "original,retrain,opc", "map": "umap"}
    app.button[0].click().run()
    assert view(app).sample == 4
    assert address(app)["sample"] == "4"


def test_the_selection_follows_a_link():
    app = start(study="small", models="a,b", map="pca", lang="en")
    assert view(app) == View("small", ("a", "b"), Selection(), "pca")
    assert address(app)["lang"] == "en"  # a parameter of others stays
    assert not app.info


def test_a_page_of_another_task_shows_its_own_study_and_loses_nothing():
    app = start()
    app.button[0].click().run()
    app.button[2].click().run()
    app.query_params.clear()  # as a change of page does
    app.radio[0].set_value("generation").run()
    assert (view(app).study, view(app).models, view(app).sample) == ("drawn", ("g", "h"), None)
    assert view(app).option("fit") == "all", "a choice for the whole app"
    assert not app.info
    app.query_params.clear()
    app.radio[0].set_value("classification").run()
    assert (view(app).study, view(app).sample) == ("digits", 4)


def test_a_page_of_one_wing_opens_on_a_study_of_its_own_that_other_pages_show_too():
    app = start()
    for page in ("client", "classification"):
        app.query_params.clear()
        app.radio[0].set_value(page).run()
        assert (view(app).study, view(app).models) == ("held", ("o", "p"))
        assert not app.info
    app.button[3].click().run()  # to another study
    app.query_params.clear()
    app.radio[0].set_value("client").run()
    assert view(app).study == "held"


def test_an_address_that_says_it_all_is_left_as_it_is():
    """Parameters of a page stand behind ours, whoever wrote them: in a new session, too, so that
    coming back to an address makes no new one."""
    app = start()
    app.query_params["run"] = "7"  # as a page appends it
    app.button[0].click().run()
    once = list(address(app).items())
    assert once[-1] == ("run", "7")
    assert list(address(start(**dict(once))).items()) == once


def test_an_echo_of_an_older_address_does_not_undo_a_pick():
    app = start()
    before = dict(address(app))
    app.button[0].click().run()
    for name in list(app.query_params):
        del app.query_params[name]
    for name, value in before.items():  # sent before the browser knew the new address
        app.query_params[name] = value
    app.button[1].click().run()
    assert view(app).sample == 5
    assert address(app)["sample"] == "5"


def test_a_new_page_without_parameters_keeps_the_selection():
    app = start(sample="7")
    for name in list(app.query_params):
        del app.query_params[name]
    app.run()
    assert view(app).sample == 7
    assert address(app)["sample"] == "7"


def test_a_set_stays_selected_beside_a_pinned_sample_and_a_changed_address():
    app = start()
    app.button[0].click().run()
    assert view(app).selection == Selection(4, (1, 2), (3,))
    app.run()
    assert view(app).selection == Selection(4, (1, 2), (3,))
    assert address(app)["classes"] == "3"
    app.query_params["sample"] = "6"  # a link inside the app
    app.run()
    assert view(app).selection == Selection(6, (1, 2), (3,))
    del app.query_params["set"]  # a link names all that is selected
    app.run()
    assert view(app).selection == Selection(6, (), (3,))


def test_another_study_forgets_models_and_sample():
    app = start(sample="7")
    app.button[3].click().run()
    assert view(app) == View("small", ("a", "b"), Selection(), "pca")
    assert not app.info


def test_an_option_goes_into_the_address_and_comes_back_with_a_link():
    app = start()
    app.button[2].click().run()
    assert view(app).option("fit") == address(app)["fit"] == "all"
    app.query_params["fit"] = "forget"  # a link inside the app
    app.run()
    assert view(app).option("fit") == "forget"


def test_notes_are_said_once():
    app = start(sample="77")
    assert len(app.info) == 1
    app.run()
    assert not app.info
