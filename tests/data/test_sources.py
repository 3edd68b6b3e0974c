import hashlib
import urllib.error
import urllib.request
from dataclasses import replace

import numpy as np
import pytest
import torch

from opcviz.common.config import ConfigError
from opcviz.data import (
    DataError,
    DataSpec,
    at_hand,
    data_root,
    digest,
    list_datasets,
    load,
    public,
    sources,
)
from opcviz.data.sources import validation_split

PUBLIC = ("mnist", "fashion_mnist", "cifar10", "cifar100", "svhn")


def test_list_names_every_choice_and_its_need():
    needs = {info.name: info.needs for info in list_datasets()}
    assert needs == {
        "digits": "nothing",
        **dict.fromkeys(PUBLIC, "download"),
        "folder": "path",
        "arrays": "path",
        "table": "path",
        "earthquakes": "nothing",
        "records": "path",
    }
    assert all(info.description and "\n" not in info.description for info in list_datasets())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"name": "imagenet"}, "not one of digits"),
        ({"name": "folder"}, "path of a folder"),
        ({"name": "arrays"}, "npz file"),
        ({"name": "mnist", "path": "/x"}, "OPCVIZ_DATA"),
        ({"name": "folder", "path": "/x", "size": 2}, "below the least"),
    ],
)
def test_spec_refuses(settings, said):
    with pytest.raises(ConfigError, match=said):
        DataSpec(**settings)


def test_unused_size_does_not_make_another_question():
    assert DataSpec("digits", size=64) == DataSpec("digits")
    assert DataSpec("folder", "x", 64) != DataSpec("folder", "x")


def test_data_root_order(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("OPCVIZ_DATA", raising=False)
    assert data_root() == tmp_path / "home" / ".opcviz" / "data"
    (tmp_path / ".data").mkdir()
    assert data_root().absolute() == tmp_path / ".data"
    monkeypatch.setenv("OPCVIZ_DATA", "/elsewhere")
    assert str(data_root()) == "/elsewhere"
    assert str(data_root("/given")) == "/given"


class TestDigits:
    def test_is_scikit_learns_data_split_once(self):
        from sklearn.datasets import load_digits

        images = load(DataSpec())
        assert images.x_train.shape == (1437, 1, 8, 8)
        assert images.x_test.shape == (360, 1, 8, 8)
        source = load_digits()
        expected = np.round(source.data * 255 / 16).astype(np.uint8)
        assert expected.max() == 255
        ours = torch.cat([images.x_train, images.x_test]).flatten(1).numpy()
        labels = torch.cat([images.y_train, images.y_test]).numpy()
        a = np.column_stack([expected, source.target])
        b = np.column_stack([ours, labels])
        np.testing.assert_array_equal(a[np.lexsort(a.T)], b[np.lexsort(b.T)])

    def test_split_is_stratified(self):
        images = load(DataSpec())
        train, test = images.y_train.bincount(), images.y_test.bincount()
        assert ((test / (train + test)) - 0.2).abs().max() < 0.01

    def test_split_never_changes(self):
        # Shipped studies hold ids into this order: a change of the split would make them wrong.
        assert digest(load(DataSpec())) == "0a796cd6e88d"


@pytest.mark.parametrize("name", PUBLIC)
def test_missing_data_say_what_where_and_how(name, tmp_path):
    with pytest.raises(DataError) as caught:
        load(DataSpec(name), root=tmp_path)
    said = str(caught.value)
    assert name[:5].upper().split("_")[0] in said.upper()
    assert str(tmp_path) in said
    assert "download=True" in said
    assert "OPCVIZ_DATA" in said
    assert not any(tmp_path.iterdir())  # looking leaves nothing behind


@pytest.mark.parametrize("name", PUBLIC)
def test_failed_download_is_one_clear_error(name, tmp_path, monkeypatch):
    asked = []

    def offline(request, *args, **kwargs):
        asked.append(request)
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(urllib.request, "urlopen", offline)
    with pytest.raises(DataError, match="could not be downloaded"):
        load(DataSpec(name), root=tmp_path, download=True)
    assert asked


def write_idx(path, array):
    """The MNIST files' format: magic (type 8 = uint8, number of axes), sizes, bytes."""
    header = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    path.write_bytes(header + array.astype(np.uint8).tobytes())


def write_mnist(raw, rng):
    raw.mkdir(parents=True)
    written = {}
    for part, count in (("train", 30), ("t10k", 20)):
        x, y = rng.integers(0, 256, (count, 28, 28)), np.arange(count) % 10
        write_idx(raw / f"{part}-images-idx3-ubyte", x)
        write_idx(raw / f"{part}-labels-idx1-ubyte", y)
        written[part] = x, y
    return written


@pytest.mark.parametrize(
    ("name", "folder"), [("mnist", "MNIST"), ("fashion_mnist", "FashionMNIST")]
)
def test_mnist_files(name, folder, tmp_path):
    written = write_mnist(tmp_path / folder / "raw", np.random.default_rng(0))
    images = load(DataSpec(name), root=tmp_path)
    np.testing.assert_array_equal(images.x_train[:, 0], written["train"][0])
    np.testing.assert_array_equal(images.y_test, written["t10k"][1])
    assert images.shape == (1, 28, 28)
    assert images.class_names[3] == {"mnist": "3", "fashion_mnist": "Dress"}[name]


def test_truncated_mnist_is_reported(tmp_path):
    raw = tmp_path / "MNIST" / "raw"
    write_mnist(raw, np.random.default_rng(0))
    file = raw / "train-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(DataError, match="MNIST is missing or damaged"):
        load(DataSpec("mnist"), root=tmp_path)


def write_svhn(folder, rng, monkeypatch):
    """Two .mat files of SVHN's format, X (32, 32, 3, N) and y (N, 1) with 10 for the digit 0."""
    from scipy.io import savemat
    from torchvision.datasets import SVHN

    folder.mkdir(exist_ok=True)
    files, written = dict(SVHN.split_list), {}
    for part, count in (("train", 25), ("test", 15)):
        x = rng.integers(0, 256, (32, 32, 3, count), dtype=np.uint8)
        y = (np.arange(count) % 10 + 1)[:, None]
        path = folder / f"{part}_32x32.mat"
        savemat(path, {"X": x, "y": y.astype(np.uint8)})
        files[part] = ["http://localhost", path.name, hashlib.md5(path.read_bytes()).hexdigest()]
        written[part] = x, y[:, 0]
    monkeypatch.setattr(SVHN, "split_list", files)
    return written


@pytest.mark.parametrize("place", [".", "SVHN"])
def test_svhn_files(place, tmp_path, monkeypatch):
    written = write_svhn(tmp_path / place, np.random.default_rng(0), monkeypatch)
    images = load(DataSpec("svhn"), root=tmp_path)
    x, y = written["train"]
    assert images.shape == (3, 32, 32)
    for i in (0, 9, 24):
        np.testing.assert_array_equal(images.x_train[i], x[..., i].transpose(2, 0, 1))
        assert images.y_train[i] == y[i] % 10
    assert images.y_test.tolist() == [*range(1, 10), 0, *range(1, 6)]
    assert images.class_names == tuple("0123456789")


def test_changed_svhn_file_is_refused(tmp_path, monkeypatch):
    write_svhn(tmp_path, np.random.default_rng(0), monkeypatch)
    file = tmp_path / "test_32x32.mat"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(DataError, match="SVHN is missing or damaged"):
        load(DataSpec("svhn"), root=tmp_path)


@pytest.mark.parametrize(
    ("name", "kind", "key", "names"),
    [
        ("cifar10", "CIFAR10", "label_names", [f"kind {i}" for i in range(10)]),
        ("cifar100", "CIFAR100", "fine_label_names", [f"fine {i}" for i in range(100)]),
    ],
)
def test_cifar_files(name, kind, key, names, tmp_path, monkeypatch):
    import pickle

    from torchvision import datasets

    cls, rng = getattr(datasets, kind), np.random.default_rng(0)
    folder = tmp_path / cls.base_folder
    folder.mkdir()

    def write(file, content):
        (folder / file).write_bytes(pickle.dumps(content))
        return [file, hashlib.md5((folder / file).read_bytes()).hexdigest()]

    label_key = "labels" if name == "cifar10" else "fine_labels"
    written = {}
    for part in ("train_list", "test_list"):
        entries = []
        for file, _ in getattr(cls, part):
            x = rng.integers(0, 256, (len(names), 3072), dtype=np.uint8)
            y = rng.permutation(len(names)).tolist()
            written.setdefault(part, []).append((x, y))
            entries.append(write(file, {"data": x, label_key: y}))
        monkeypatch.setattr(cls, part, entries)
    meta_file, meta_md5 = write(cls.meta["filename"], {key: names})
    meta = {"filename": meta_file, "key": key, "md5": meta_md5}
    monkeypatch.setattr(cls, "meta", meta)

    images = load(DataSpec(name), root=tmp_path)
    x = np.concatenate([x for x, _ in written["train_list"]])
    np.testing.assert_array_equal(images.x_train, x.reshape(-1, 3, 32, 32))
    assert images.y_train.tolist() == [label for _, y in written["train_list"] for label in y]
    assert images.y_test.tolist() == written["test_list"][0][1]
    assert images.class_names == tuple(names)


def test_validation_takes_a_tenth_of_each_class_of_the_train_set_and_leaves_the_test_set_out():
    whole, split = load(DataSpec()), load(DataSpec(holdout="validation"))
    assert len(split.x_train) + len(split.x_test) == len(whole.x_train)
    each = split.y_test.bincount() / whole.y_train.bincount()
    assert ((each > 0.08) & (each < 0.12)).all()
    both = torch.cat([split.x_train, split.x_test]).flatten(1)
    assert torch.equal(both.sort(0).values, whole.x_train.flatten(1).sort(0).values)
    assert torch.equal(load(DataSpec(holdout="validation")).x_test, split.x_test)


def test_validation_refuses_a_class_of_one_picture():
    images = load(DataSpec())
    keep = images.y_train != 3
    keep[int((~keep).nonzero()[0])] = True
    few = replace(images, x_train=images.x_train[keep], y_train=images.y_train[keep])
    with pytest.raises(DataError, match="class '3' has 1 train samples"):
        validation_split(few)


def _archive(path, seed=0):
    """A file of arrays in the neutral layout, with a picture a class to train on and to test."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 256, (10, 32, 32, 3), dtype=np.uint8)
    y = np.arange(10, dtype=np.uint8)
    names = np.array(
        ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    )
    np.savez(path, x_train=x, y_train=y, x_test=x, y_test=y, class_names=names)


def test_cifar10_may_lie_as_one_file_of_arrays(tmp_path, monkeypatch):
    _archive(tmp_path / "cifar10.npz")
    as_arrays = load(DataSpec("arrays", str(tmp_path / "cifar10.npz")))
    known = next(each for each in public.PUBLIC if each.name == "cifar10")
    monkeypatch.setattr(
        sources, "read_public", lambda _, *rest: public.read_public(replaced, *rest)
    )
    replaced = replace(known, archive=digest(as_arrays))
    found = load(DataSpec("cifar10"), root=tmp_path)
    assert found.name == "cifar10"
    assert digest(found) == digest(as_arrays)
    assert at_hand("cifar10", tmp_path)


def test_another_file_is_not_taken_for_cifar10(tmp_path):
    _archive(tmp_path / "cifar10.npz")
    with pytest.raises(DataError, match=r"is not CIFAR-10 as it was published .* 'arrays'"):
        load(DataSpec("cifar10"), root=tmp_path)
