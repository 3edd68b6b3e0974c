"""What is kept of a study is what is on disk."""

import hashlib
import json
import os
import shutil

import pytest

from opcviz.study import open_study, shipped_root
from opcviz.ui.reading.kept import KeptStudies


@pytest.fixture
def root(tmp_path):
    """A store with a copy of the shipped study of digits."""
    (folder,) = shipped_root().glob("studies/digits-[0-9]*")
    keep = shutil.ignore_patterns("*.safetensors", "trajectory.npz")
    shutil.copytree(folder, tmp_path / "studies" / folder.name, ignore=keep)
    for record in tmp_path.glob("studies/**/artefact.json"):  # sizes are checked by these
        about = json.loads(record.read_text())
        about["files"] = {n: f for n, f in about["files"].items() if (record.parent / n).exists()}
        record.write_text(json.dumps(about))
    return tmp_path


@pytest.fixture
def told():
    return []


@pytest.fixture
def opened(root, told):
    """Opens the study as a page does; always through the same store of kept studies."""
    kept = KeptStudies()
    place = next((root / "studies").iterdir()).name
    return lambda: kept.open(place, root, (), told.append)


def accuracy(study):
    model = next(m for m in study.models if m.method.info.name == "opc")
    return model.result("evidence").accuracy.forget_train


def evidence(root):
    """The file that `accuracy` is read from: of several seeds, the first one's."""
    return min(root.glob("studies/*/models/opc-*/evidence-*/result.json"))


@pytest.mark.slow
def test_it_is_read_once_while_nothing_changes(opened, told):
    first = opened()
    accuracy(first)
    assert opened() is first
    assert not told


@pytest.mark.slow
def test_a_changed_file_is_read_again(opened, root):
    first = opened()
    before = accuracy(first)
    file = evidence(root)
    result = json.loads(file.read_text())
    result["accuracy"]["forget_train"] = before + 1
    size = file.stat().st_size
    text = json.dumps(result).ljust(size)
    file.write_text(text)
    record = file.parent / "artefact.json"
    about = json.loads(record.read_text())
    data = text.encode()
    known = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    about["files"][file.name] = known
    record.write_text(json.dumps(about))
    assert accuracy(opened()) == before + 1


@pytest.mark.slow
def test_a_file_of_the_same_size_is_known_by_its_time(opened, root):
    first = opened()
    accuracy(first)
    file = evidence(root)
    about = file.stat()
    os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns + 1))
    assert opened() is not first


@pytest.mark.slow
def test_a_model_that_is_gone_is_shown_no_longer(opened, root):
    count = len(opened().models)
    shutil.rmtree(next(root.glob("studies/*/models/opc-*")))
    assert len(opened().models) == count - 1


@pytest.mark.slow
def test_what_is_damaged_is_told_to_every_visitor(root, told, tmp_path_factory):
    evidence(root).write_text("{")
    kept, own = KeptStudies(), tmp_path_factory.mktemp("own")
    place = next((root / "studies").iterdir()).name
    for _ in range(2):  # as of a shipped study: it lies in a layer, where nothing is set aside
        told.clear()
        study = kept.open(place, own, (root,), told.append)
        (model,) = [m for m in study.models if evidence(root).parents[1].name == m.key]
        study.verdict(model)
        assert any("is damaged" in text for text in told)
    assert kept.open(place, own, (root,), told.append) is not study


@pytest.mark.slow
def test_a_study_is_found_by_its_own_name_as_elsewhere(root):
    kept = KeptStudies()
    found = kept.open("digits", root, (), print)
    assert found.place == open_study(found.store, "digits").place


@pytest.mark.slow
def test_only_so_many_are_kept(root, told):
    kept, (place,) = KeptStudies(most=1), [p.name for p in (root / "studies").iterdir()]
    shutil.copytree(root / "studies" / place, root / "studies" / "other-00000000")
    first = kept.open(place, root, (), told.append)
    assert kept.open(place, root, (), told.append) is first
    kept.open("other-00000000", root, (), told.append)
    assert kept.open(place, root, (), told.append) is not first
