from dataclasses import dataclass, field

import pytest
from streamlit.testing.v1 import AppTest

from opcviz.common.config import Config, ConfigError, setting
from opcviz.methods import list_methods
from opcviz.ui.lab import controls as module


@dataclass(frozen=True)
class Inner(Config):
    depth: int = setting(2, "how deep", low=0, high=5)


@dataclass(frozen=True)
class Sample(Config):
    epochs: int = setting(30, "passes over the data", low=1, high=1000)
    layers: int = setting(2, "how many", low=0, high=4)
    lr: float = setting(5e-4, "learning rate", low=1e-8, high=10, log=True)
    norm: str = setting("l2", "which norm", choices=("l2", "squared"))
    optimizer: str = setting("sgd", "rule", choices=("sgd", "adam", "adamw", "lion", "sam"))
    frozen: bool = setting(False, "whether the head moves")
    blocks: tuple[int, ...] = setting((1, 2), "which blocks", low=0, high=9)
    kinds: tuple[str, ...] = setting(("a",), "which kinds", choices=("a", "b"))
    limit: float | None = setting(None, "stop here", low=0)
    note: str = setting("", "free text")
    momentum: float = setting(0.9, "SGD momentum", low=0, high=0.999, advanced=True)
    inner: Inner = field(default_factory=Inner)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.frozen and self.norm == "squared":
            raise ConfigError("Sample.frozen: does not go with norm = squared")


def page():
    import streamlit as st

    from opcviz.ui.lab.controls import controls

    asked = st.session_state
    st.session_state["got"] = controls(asked["cls"], key="k", columns=2, **asked.get("options", {}))


def run(cls=Sample, **options):
    app = AppTest.from_function(page)
    app.session_state["cls"] = cls
    app.session_state["options"] = options
    app.run()
    assert not app.exception, app.exception
    return app


def got(app):
    return app.session_state["got"]


def test_untouched_controls_give_the_defaults():
    app = run()
    assert got(app) == Sample()
    assert not app.error


def test_kinds_of_widgets():
    app = run()
    assert app.number_input(key="k.epochs").max == 1000
    assert app.slider(key="k.layers").max == 4
    assert app.number_input(key="k.lr").step == pytest.approx(1e-4)
    assert app.number_input(key="k.lr").label == "Learning rate"
    assert app.selectbox(key="k.optimizer").options == ["sgd", "adam", "adamw", "lion", "sam"]
    assert app.toggle(key="k.frozen").value is False
    assert app.text_input(key="k.blocks").value == "1, 2"
    assert app.multiselect(key="k.kinds").value == ["a"]
    assert app.number_input(key="k.limit").value is None
    assert app.slider(key="k.inner.depth").value == 2
    assert [e.label for e in app.expander] == ["Advanced settings"]
    assert app.expander[0].number_input[0].label == "Momentum"


def test_what_is_set_arrives():
    app = run()
    app.number_input(key="k.lr").set_value(3e-5)
    app.selectbox(key="k.optimizer").select("adam")
    app.toggle(key="k.frozen").set_value(True)
    app.text_input(key="k.blocks").set_value("3; 4,5")
    app.multiselect(key="k.kinds").set_value(["a", "b"])
    app.number_input(key="k.limit").set_value(0.5)
    app.slider(key="k.inner.depth").set_value(4)
    app.run()
    want = Sample(
        lr=3e-5,
        optimizer="adam",
        frozen=True,
        blocks=(3, 4, 5),
        kinds=("a", "b"),
        limit=0.5,
        inner=Inner(4),
    )
    assert got(app) == want


@pytest.mark.parametrize(
    ("text", "says"),
    [("1, x", "wants whole numbers with commas"), ("1, 12", "12 is above the greatest allowed, 9")],
)
def test_unusable_text_is_a_sentence(text, says):
    app = run()
    app.text_input(key="k.blocks").set_value(text).run()
    assert got(app) is None
    assert len(app.error) == 1
    assert says in app.error[0].value


def test_the_dataclass_has_the_last_word():
    app = run(defaults={"norm": "squared"})
    assert got(app).norm == "squared"
    app.toggle(key="k.frozen").set_value(True).run()
    assert got(app) is None
    assert "does not go with norm" in app.error[0].value


def test_bad_start_values_are_named_and_left_out():
    app = run(defaults={"epochs": 0, "nonsense": 1, "lr": 0.1})
    assert got(app) == Sample(lr=0.1)
    assert len(app.info) == 2
    assert "Sample.epochs: 0 is below the least allowed" in app.info[0].value


def test_help_names_range_and_literature():
    app = run(literature={"lr": 0.013, "epochs": 10})
    assert app.number_input(key="k.epochs").help == (
        "Passes over the data. From 1 to 1000. In the literature: 10."
    )
    assert "In the literature: 0.013" in app.number_input(key="k.lr").help
    assert "literature" not in app.slider(key="k.layers").help


def test_only_asked_fields_are_shown():
    app = run(include=["lr"], defaults={"epochs": 7})
    assert [w.key for w in app.number_input] == ["k.lr"]
    assert not app.expander
    assert got(app) == Sample(epochs=7)


@pytest.mark.parametrize("cls", list_methods(), ids=lambda cls: cls.info.name)
def test_every_method_has_working_controls(cls):
    assert got(run(cls)) == cls()


def test_entries_are_read_by_type():
    assert module._entries(" 1,2 ;3,", int, "w") == (1, 2, 3)
    assert module._entries("", int, "w") == ()
    assert module._entries("1e-3, 2", float, "w") == (1e-3, 2.0)
