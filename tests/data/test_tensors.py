"""Data whose targets are numbers: parts, probe sets, digests and batches without classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from opcviz.common.config import ConfigError
from opcviz.data import (
    Data,
    DataError,
    DataSpec,
    Images,
    Scenario,
    Tensors,
    digest,
    list_datasets,
    load,
    probe_set,
    register_dataset,
    sources,
)


def make(train: int = 40, test: int = 10, seed: int = 0) -> Tensors:
    g = torch.Generator().manual_seed(seed)
    parts = ((torch.randn(n, 2, 7, generator=g), torch.rand(n, generator=g)) for n in (train, test))
    return Tensors("waves", *(tensor for part in parts for tensor in part))


def test_both_kinds_of_data_offer_the_same(tiny_images: Images) -> None:
    for data in (make(), tiny_images):
        assert isinstance(data, Data)
        ids = torch.tensor([3, 1])
        for split in ("train", "test"):
            x = data.batch(ids, split)
            assert x.dtype == torch.float32
            assert x.shape == (2, *data.shape)
            scale = 255 if data is tiny_images else 1
            torch.testing.assert_close(x * scale, getattr(data, f"x_{split}")[ids].float())
        assert data.to("cpu").device.type == "cpu"
        assert len(data.class_names) == data.classes


def test_another_split_is_refused() -> None:
    with pytest.raises(ValueError, match="split is 'train' or 'test', not 'valid'"):
        make().batch(torch.tensor([0]), "valid")


def test_statistics_are_those_of_each_channel() -> None:
    data = make()
    mean, std = data.mean_std()
    torch.testing.assert_close(mean, data.x_train.mean((0, 2)))
    torch.testing.assert_close(std, data.x_train.std((0, 2), unbiased=False))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"x_train": torch.zeros(40, 2, 7, dtype=torch.float64)}, r"x_train must be float32"),
        ({"x_test": torch.zeros(10, 2, 0)}, r"x_test must be float32 .* none of them 0"),
        ({"y_test": torch.zeros(9)}, r"y_test has 9 targets for the 10 samples"),
        ({"x_test": torch.zeros(10, 2, 8)}, r"bring both to one type and shape"),
        ({"y_test": torch.zeros(10, dtype=torch.int64)}, r"y_train is torch.float32 .* y_test"),
        ({"x_train": torch.full((40, 2, 7), torch.nan)}, r"x_train holds NaN .* sample 0"),
        ({"y_train": torch.arange(40.0).div(0)}, r"y_train holds NaN"),
    ],
)
def test_data_that_cannot_be_used_are_refused(changes: dict, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        replace(make(), **changes)


@pytest.mark.parametrize("seed", [0, 3])
def test_a_random_share_needs_no_classes(seed: int) -> None:
    split = Scenario.parse("random:25%").split(make(), seed)
    assert (len(split.forget_train), len(split.forget_test)) == (10, 0)
    assert split.forgets == "samples"
    joined = torch.cat([split.forget_train, split.retain_train]).sort().values
    assert torch.equal(joined, torch.arange(40))
    drawn = np.random.RandomState(seed).permutation(40)[:10]
    assert sorted(drawn) == split.forget_train.tolist()


def test_named_samples_need_no_classes(tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("3\n39\n")
    split = Scenario.parse(f"indices:{tmp_path / 'ids.txt'}").split(make())
    assert split.forget_train.tolist() == [3, 39]


def test_classes_cannot_be_forgotten_where_there_are_none() -> None:
    with pytest.raises(DataError, match=r"targets of waves are not classes.* random:10%"):
        Scenario.parse("classes:1").split(make())


def test_what_is_forgotten_has_one_word(tiny_images: Images) -> None:
    for text, word in (("classes:1", "classes"), ("random:10%", "samples")):
        scenario = Scenario.parse(text)
        assert scenario.forgets == scenario.split(tiny_images).forgets == word


def test_a_probe_set_shows_both_parts_and_is_nested() -> None:
    data = make()
    split = Scenario.parse("random:25%").split(data)
    large, small = probe_set(data, split, 18), probe_set(data, split, 9)
    assert set(small.tolist()) <= set(large.tolist())
    assert torch.isin(large, split.forget_train).sum() == 6  # a third
    assert torch.equal(large, large.sort().values)


def test_the_digest_is_of_the_content() -> None:
    assert digest(make()) == digest(make())
    assert digest(make()) != digest(make(seed=1))
    assert digest(make()) != digest(replace(make(), y_test=make().y_test + 1))


@pytest.fixture
def waves() -> Iterator[None]:
    register_dataset("waves", "random waves")(lambda spec, folder, download: make())
    yield
    sources.DATASETS.discard("waves")


@pytest.mark.usefixtures("waves")
def test_a_data_set_joins_by_name() -> None:
    data = load(DataSpec("waves"))
    assert torch.equal(data.x_train, make().x_train)
    assert list_datasets()[-1].name == "waves"
    held = load(DataSpec("waves", holdout="validation"))
    assert (len(held.y_train), len(held.y_test)) == (36, 4)
    both = torch.cat([held.y_train, held.y_test]).sort().values
    assert torch.equal(both, data.y_train.sort().values)


def test_a_name_of_a_data_set_is_given_once() -> None:
    with pytest.raises(ConfigError, match="a data set named 'digits' exists already"):
        register_dataset("digits", "others")(lambda spec, folder, download: make())


def test_a_name_that_is_not_registered_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"DataSpec.name: 'waves' is not one of digits, "):
        DataSpec("waves")
