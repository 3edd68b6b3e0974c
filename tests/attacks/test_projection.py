"""Random projections: what they promise, beside a dense product."""

import pytest
import torch

from opcviz.attacks.strongest.projection import DENSE, ENTRIES, Projection, size_of

CPU = torch.device("cpu")
WIDE = DENSE + 100


def dense(projection: Projection) -> torch.Tensor:
    """(width, narrow) as ordinary numbers."""
    if not projection.sparse:
        return projection.matrix
    starts = projection.starts
    ends = torch.cat([starts[1:], torch.tensor([len(projection.entering)])])
    results = torch.arange(len(starts)).repeat_interleave(ends - starts)
    matrix = torch.zeros(int(projection.entering.max()) + 1, len(starts))
    matrix[projection.entering, results] = projection.weights
    return matrix


@pytest.mark.parametrize("width", [300, WIDE])
def test_it_is_the_product_with_its_matrix(width: int) -> None:
    x = torch.randn(7, width, generator=torch.Generator().manual_seed(1))
    projection = Projection(width, 64, 0, CPU)
    assert torch.allclose(projection(x), x @ dense(projection), atol=1e-4)
    assert projection(x).shape == (7, 64)


def test_a_small_one_is_gaussian() -> None:
    drawn = torch.randn(300, 64, generator=torch.Generator().manual_seed(5)) / 8
    assert torch.equal(Projection(300, 64, 5, CPU).matrix, drawn)


@pytest.mark.parametrize("narrow", [8, 100, 512])
def test_each_number_enters_a_wide_one_equally_often_and_keeps_its_length(narrow: int) -> None:
    matrix = dense(Projection(WIDE, narrow, 0, CPU))
    assert ((matrix != 0).sum(1) == ENTRIES).all()
    assert torch.allclose(matrix.norm(dim=1), torch.ones(WIDE))
    assert (matrix != 0).any(0).all(), "a result that nothing enters"
    assert abs(matrix.sign().sum().item()) < 5 * (WIDE * ENTRIES) ** 0.5, "signs are balanced"


@pytest.mark.parametrize("width", [2000, WIDE])
def test_distances_survive_of_dense_and_of_lonely_numbers(width: int) -> None:
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(40, width, generator=generator)
    x[20:] *= torch.rand(20, width, generator=generator) < 0.01
    narrowed = Projection(width, 512, 0, CPU)(x)
    ratio = torch.pdist(narrowed.double()) / torch.pdist(x.double())
    assert ratio.min() > 0.75
    assert ratio.max() < 1.25
    assert abs(ratio.mean().item() - 1) < 0.03


@pytest.mark.parametrize("width", [300, WIDE])
def test_a_seed_is_all_that_it_depends_on(width: int) -> None:
    one, again, other = (dense(Projection(width, 32, seed, CPU)) for seed in (0, 0, 1))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("width", [300, WIDE])
def test_its_size_is_known_before_it_is_made(width: int) -> None:
    made = Projection(width, 32, 0, CPU)
    # where each result starts is a few bytes more
    parts = [made.entering, made.weights] if made.sparse else [made.matrix]
    assert sum(part.nbytes for part in parts) == size_of(width, 32)
