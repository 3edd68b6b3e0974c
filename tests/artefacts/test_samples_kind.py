"""The kind `samples` of the shipped studies, beside what the store keeps of the same models."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from opcviz.results import EvidenceResult, SamplesResult
from opcviz.study import Store, open_study, shipped_root

SHAPES = {
    "groups": (300,),
    "neighbours": (300, 10),
    "distances": (300, 10),
    "restored": (300,),
    "restored_all": (300,),
    "member": (300,),
}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return open_study(Store(tmp_path_factory.mktemp("none"), (shipped_root(),)), "digits")


@pytest.fixture(scope="module")
def models(study):
    return {m.method.info.name: m for m in study.models if m.seed == 0}


def kept(model):
    return model.arrays("samples", "samples.npz")


def test_every_model_has_one_entry_a_probe_sample(study):
    for model in study.models:
        arrays = kept(model)
        assert {name: a.shape for name, a in arrays.items()} == SHAPES, model.key
        about = model.results.get(SamplesResult)
        counts = np.bincount(arrays["groups"][arrays["groups"] >= 0]).tolist()
        assert [group.count for group in about.groups] == counts, model.key


def test_one_point_contraction_is_one_group_of_all_forgotten_samples(study, models):
    probe, _ = study.probe()
    assert_array_equal(kept(models["opc"])["groups"], np.where(probe["forget"], 0, -1))
    (group,) = models["opc"].results.get(SamplesResult).groups
    assert (group.count, group.forgotten) == (90, 90)
    assert group.shares == pytest.approx({"0": 1 / 3, "1": 1 / 3, "2": 1 / 3})
    ratio = models["opc"].results.get(EvidenceResult).collapse.radius_ratio
    assert group.width == pytest.approx(ratio, rel=1)  # that one is of the whole train set


@pytest.mark.parametrize("name", ["original", "retrain", "delete", "ssd"])
def test_models_that_keep_classes_apart_have_no_group(models, name):
    assert (kept(models[name])["groups"] == -1).all()


@pytest.mark.parametrize("kind", ["umap", "densmap", "pca"])
def test_the_classes_that_delete_hides_lie_apart_on_its_maps(study, models, kind):
    probe, _ = study.probe()
    gone, labels = probe["forget"], probe["labels"][probe["forget"]]

    def alike(name: str) -> float:
        """Share of the five nearest forgotten samples that are of the same class."""
        at = models[name].arrays("maps", "maps.npz")[kind][gone]
        apart = np.square(at[:, None] - at[None]).sum(-1)
        np.fill_diagonal(apart, np.inf)
        return float((labels[apart.argsort(1)[:, :5]] == labels[:, None]).mean())

    assert alike("delete") > (0.5 if kind == "pca" else 0.95)  # two directions tell less
    assert alike("delete") > alike("opc") + 0.2


def test_a_deep_contraction_takes_a_kept_class_with_it(study, models):
    (group,) = models["opc_deep"].results.get(SamplesResult).groups
    assert group.count > group.forgotten == 90


def test_restored_answers_agree_with_the_recovery_attack(study, models):
    probe, _ = study.probe()
    forget = probe["forget"]
    for name, model in models.items():
        right = 100 * (kept(model)["restored"] == probe["labels"])[forget].mean()
        fits = model.results.get(EvidenceResult).recovery.fm
        assert right == pytest.approx(fits["retain"].forget_accuracy, abs=12), name


def test_neighbours_come_nearest_first_and_never_the_sample_itself(models):
    arrays = kept(models["delete"])
    assert (np.diff(arrays["distances"], axis=1) >= 0).all()
    assert (arrays["neighbours"] != np.arange(300)[:, None]).all()


def test_members_are_the_likelier_by_their_loss(study, models):
    """The original saw all of the probe set; what was unlearned scores below the limit."""
    probe, _ = study.probe()
    limit = models["delete"].results.get(SamplesResult).member_limit
    member = kept(models["delete"])["member"]
    assert (
        (member[probe["forget"]] > limit).mean() < 0.15 < (member[~probe["forget"]] > limit).mean()
    )
