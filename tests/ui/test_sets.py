import numpy as np
import pytest

from opcviz.ui.reading.sets import SetError, pack, unpack

PROBE = np.random.default_rng(0).permutation(10_000)[:300].tolist()


@pytest.mark.parametrize("size", [0, 1, 90, 299, 300])
def test_every_set_comes_back_in_the_probe_sets_order_from_a_short_word(size):
    rng = np.random.default_rng(size)
    chosen = set(rng.permutation(PROBE)[:size].tolist())
    word = pack(chosen, PROBE)
    assert len(word) < 100
    assert word.isascii()
    assert word.replace("-", "").replace("_", "").isalnum()
    assert unpack(word, PROBE) == tuple(i for i in PROBE if i in chosen)


def test_a_regular_set_of_many_samples_is_short_too():
    probe = range(5000)
    word = pack(range(1000, 2000), probe)
    assert len(word) < 100
    assert unpack(word, probe) == tuple(range(1000, 2000))


WORD = pack(PROBE[:90], PROBE)


@pytest.mark.parametrize(
    "word", ["", "b", "bAA", "z" + WORD[1:], "q" + WORD[1:], WORD + "A" * 80, "b\u00e9", "b!"]
)
def test_a_broken_word_is_refused(word):
    with pytest.raises(SetError, match="cannot be read"):
        unpack(word, PROBE)


def test_a_word_of_other_samples_is_refused():
    with pytest.raises(SetError, match="other samples"):
        unpack(WORD, PROBE[::-1])
