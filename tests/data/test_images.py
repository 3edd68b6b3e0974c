from dataclasses import replace

import numpy as np
import pytest
import torch

import opcviz.data.base
import opcviz.data.images
from opcviz.data import DataError, Images, as_float, assemble, digest
from opcviz.tasks.classification import observe
from opcviz.training import Batches


def make(**changes) -> Images:
    generator = torch.Generator().manual_seed(0)
    parts = {
        "name": "toy",
        "x_train": torch.randint(256, (12, 3, 5, 4), dtype=torch.uint8, generator=generator),
        "y_train": torch.arange(12) % 3,
        "x_test": torch.randint(256, (6, 3, 5, 4), dtype=torch.uint8, generator=generator),
        "y_test": torch.arange(6) % 3,
        "class_names": ("a", "b", "c"),
    }
    return Images(**{**parts, **changes})


def test_shape_classes_and_text():
    images = make()
    assert images.shape == (3, 5, 4)
    assert images.classes == 3
    assert "12 train, 6 test" in repr(images)


def test_mean_std_equals_numpy():
    images = make()
    pixels = images.x_train.numpy() / 255.0
    mean, std = images.mean_std()
    np.testing.assert_allclose(mean, pixels.mean((0, 2, 3)), rtol=1e-6)
    np.testing.assert_allclose(std, pixels.std((0, 2, 3)), rtol=1e-6)


def test_mean_std_over_several_chunks_equals_numpy():
    generator = torch.Generator().manual_seed(1)
    x = torch.randint(256, (9001, 2, 2, 2), dtype=torch.uint8, generator=generator)
    images = make(x_train=x, y_train=torch.arange(9001) % 3, x_test=x[:6])
    pixels = x.numpy() / 255.0
    np.testing.assert_allclose(images.mean_std()[0], pixels.mean((0, 2, 3)), rtol=1e-6)
    np.testing.assert_allclose(images.mean_std()[1], pixels.std((0, 2, 3)), rtol=1e-6)


def test_constant_channel_has_a_deviation_to_divide_by():
    images = make(x_train=torch.full((12, 3, 5, 4), 7, dtype=torch.uint8))
    mean, std = images.mean_std()
    torch.testing.assert_close(mean, torch.full((3,), 7 / 255))
    torch.testing.assert_close(std, torch.full((3,), 1 / 255))


def test_statistics_cannot_be_changed_from_outside():
    images = make()
    images.mean_std()[0].zero_()
    assert images.mean_std()[0].min() > 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"x_train": torch.zeros(12, 3, 5, 4).double()}, "x_train must be uint8"),
        ({"x_test": torch.zeros(6, 5, 4, dtype=torch.uint8)}, "x_test must be uint8"),
        ({"x_test": torch.zeros(6, 3, 4, 4, dtype=torch.uint8)}, "bring both to one shape"),
        ({"y_train": torch.zeros(11, dtype=torch.int64)}, r"int64 of shape \(12,\)"),
        ({"y_test": torch.zeros(6)}, "y_test must be int64"),
        ({"y_train": torch.arange(12) % 4}, "labels from 0 to 3"),
        ({"y_test": torch.arange(6) - 1}, "labels from -1"),
        ({"class_names": ("a", "b", "b")}, "all different"),
        ({"class_names": ()}, "at least two"),
    ],
)
def test_unusable_tensors_are_refused(changes, said):
    with pytest.raises(DataError, match=said):
        make(**changes)


def test_digest_follows_content_only():
    images = make()
    assert digest(images) == digest(make()) == digest(replace(images, name="other"))
    assert len(digest(images)) == 12
    int(digest(images), 16)
    flipped = images.x_train.clone()
    flipped[3, 1, 2, 0] ^= 1
    changed = [
        replace(images, x_train=flipped),
        replace(images, y_test=images.y_test.flip(0)),
        replace(images, class_names=("a", "b", "d")),
        replace(images, x_train=images.x_train.reshape(12, 3, 4, 5), x_test=images.x_test.mT),
    ]
    assert len({digest(i) for i in (images, *changed)}) == 5
    strided = images.x_train.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)
    assert digest(replace(images, x_train=strided)) == digest(images)


def arrays(labels) -> tuple[np.ndarray, np.ndarray]:
    labels = np.asarray(labels)
    return np.zeros((len(labels), 1, 4, 4), np.uint8), labels


def test_assemble_names_classes_by_number():
    images = assemble("toy", arrays([0, 1, 2, 1]), arrays([2, 1, 0]))
    assert images.class_names == ("0", "1", "2")
    assert images.y_train.tolist() == [0, 1, 2, 1]


@pytest.mark.parametrize(
    ("train", "test", "names", "said"),
    [
        ([0, 1, 3], [0, 1], None, "gap: 3 occurs but 2 does not"),
        ([1, 2, 3], [1, 2, 3], None, "gap: 3 occurs but 0 does not"),
        ([0, 1, -1], [0, 1], None, "label -1 of train picture 2"),
        ([0, 10**9], [0, 1], None, "gap"),
        ([0, 1, 2], [0, 2], None, r"no test picture of class 1 \(1\)"),
        ([0, 1], [0, 1, 2], None, "label 2 of test picture 2 is outside 0 to 1"),
        ([0, 1], [0, 1], ("cat", "dog", "eel"), r"no train picture of class 2 \(eel\)"),
        ([0, 1, 2], [0, 1], ("cat", "dog"), "outside 0 to 1"),
        ([0, 0], [0, 0], None, "at least two"),
        ([0, 1], [], None, "test split has 0 pictures"),
    ],
)
def test_assemble_refuses_labels_no_study_can_use(train, test, names, said):
    with pytest.raises(DataError, match=said):
        assemble("toy", arrays(train), arrays(test), names)


def test_assemble_refuses_a_wrong_number_of_labels():
    x, y = arrays([0, 1, 0])
    with pytest.raises(DataError, match="one label each"):
        assemble("toy", (x, y[:2]), (x, y))


# ---- batches ----------------------------------------------------------------------------------


def of_floats(x: torch.Tensor) -> Images:
    labels = torch.arange(len(x)) % 2
    return Images("floats", x, labels, x[:2], labels[:2], ("even", "odd"))


def test_a_batch_of_bytes_is_what_dividing_by_255_gives_bit_for_bit():
    images = make()
    ids = torch.tensor([3, 0, 3])
    assert torch.equal(images.batch(ids), images.x_train[ids].float() / 255)
    assert torch.equal(images.batch(ids, "test"), images.x_test[ids].float() / 255)
    every = torch.arange(256, dtype=torch.uint8)
    assert torch.equal((as_float(every) * 255).round().byte(), every)
    with pytest.raises(ValueError, match="split is 'train' or 'test', not 'valid'"):
        images.batch(ids, "valid")


@pytest.mark.parametrize("shape", [(7, 3), (7, 3, 11), (7, 3, 4, 5)])
def test_floats_stay_as_they_are_and_have_statistics(shape):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0)) * 40 - 300
    images = of_floats(x)
    assert images.shape == shape[1:]
    assert torch.equal(images.batch(torch.tensor([5, 1])), x[[5, 1]])
    assert "×".join(map(str, shape[1:])) in repr(images)
    mean, std = images.mean_std()
    channels = x.double().transpose(0, 1).flatten(1)
    torch.testing.assert_close(mean.double(), channels.mean(1), rtol=1e-6, atol=0)
    torch.testing.assert_close(std.double(), channels.std(1, correction=0), rtol=1e-6, atol=0)
    assert (mean.dtype, std.dtype, mean.shape) == (torch.float32, torch.float32, (3,))


def test_a_constant_float_channel_can_be_divided_by():
    x = torch.full((4, 2, 6), 1e-9)
    x[:, 1] = torch.arange(4)[:, None] * 1e-6
    assert of_floats(x).mean_std()[1].tolist() == pytest.approx([1.0, 1.118e-6], rel=1e-3)


def test_more_samples_than_fit_a_chunk_have_the_same_statistics(monkeypatch):
    x = torch.rand(50, 2, 3)
    whole = of_floats(x).mean_std()
    monkeypatch.setattr(opcviz.data.base, "CHUNK", 7)
    for a, b in zip(whole, of_floats(x).mean_std(), strict=True):
        torch.testing.assert_close(a, b)


def test_floats_that_are_no_numbers_are_refused_with_their_place(monkeypatch):
    monkeypatch.setattr(opcviz.data.images, "CHUNK", 3)
    x = torch.rand(8, 2, 5)
    x[4, 1, 2] = float("nan")
    with pytest.raises(DataError, match="x_train holds NaN or infinite values, first in sample 4"):
        of_floats(x)


def test_one_split_of_bytes_and_one_of_floats_is_refused():
    images = make()
    with pytest.raises(DataError, match=r"bring both to one type"):
        replace(images, x_test=images.x_test.float() / 255)


def test_float_pictures_and_their_bytes_are_observed_alike(tiny_images, tiny_original):
    floats = replace(
        tiny_images, x_train=as_float(tiny_images.x_train), x_test=as_float(tiny_images.x_test)
    )
    a, b = (observe(tiny_original, i.x_train, i.y_train) for i in (tiny_images, floats))
    assert torch.equal(a.logits, b.logits)
    both_batches = (Batches(i, torch.arange(20), torch.arange(0), 6) for i in (tiny_images, floats))
    batches = (list(f.epoch(0, torch.Generator().manual_seed(1))) for f in both_batches)
    assert all(torch.equal(c.x, d.x) for c, d in zip(*batches, strict=True))
    for c, d in zip(tiny_images.mean_std(), floats.mean_std(), strict=True):
        torch.testing.assert_close(c, d)
