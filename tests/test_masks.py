import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from attnlib import attention, causal_mask, padding_mask, window_mask

MASKS = [causal_mask, lambda *counts, **like: window_mask(*counts, width=1, **like)]
counts = st.integers(0, 6).flatmap(lambda n_keys: st.tuples(st.integers(0, n_keys), st.just(n_keys)))


@given(counts=counts)
def test_a_causal_mask_allows_what_comes_no_later_with_the_last_query_at_the_last_key(make, counts):
    n_queries, n_keys = counts
    mask = np.asarray(causal_mask(n_queries, n_keys, like=make(np.zeros(1))))
    assert mask.shape == counts
    assert mask.dtype == bool
    for i in range(n_queries):
        for j in range(n_keys):
            assert mask[i, j] == (n_keys - j >= n_queries - i)  # at least as far from the end as the query


@given(counts=counts, width=st.integers(0, 7))
def test_a_window_mask_allows_what_is_at_most_its_width_away_on_either_side(make, counts, width):
    n_queries, n_keys = counts
    mask = np.asarray(window_mask(n_queries, n_keys, width=width, like=make(np.zeros(1))))
    assert mask.shape == counts
    assert mask.dtype == bool
    for i in range(n_queries):
        for j in range(n_keys):
            assert mask[i, j] == (abs((n_keys - j) - (n_queries - i)) <= width)


@given(lengths=st.lists(st.integers(0, 5), min_size=1, max_size=4))
def test_a_padding_mask_allows_the_first_tokens_of_each_sequence_for_every_query(make, lengths):
    mask = np.asarray(padding_mask(make(np.asarray(lengths)), 5))
    assert mask.shape == (len(lengths), 1, 5)
    assert mask.dtype == bool
    assert mask[:, 0].tolist() == [[True] * length + [False] * (5 - length) for length in lengths]


def test_one_number_means_as_many_keys_as_queries():
    for mask in MASKS:
        assert_array_equal(mask(4), mask(4, 4))


def test_the_last_rows_of_a_mask_are_the_mask_of_the_last_queries():
    # a decoder that keeps its keys asks with one new query at a time
    for mask in MASKS:
        for n_queries in range(5):
            assert_array_equal(mask(n_queries, 5), mask(5)[5 - n_queries :])


def test_masks_combine_to_a_causal_window_without_the_padding():
    mask = causal_mask(3) & window_mask(3, width=1) & padding_mask([3, 2], 3)
    whole = [[1, 0, 0], [1, 1, 0], [0, 1, 1]]
    padded = [[1, 0, 0], [1, 1, 0], [0, 1, 0]]
    assert_array_equal(mask, np.asarray([whole, padded], dtype=bool))


def test_masks_are_numpy_arrays_unless_told_otherwise():
    for mask in (causal_mask(2), window_mask(2, width=1), padding_mask([1], 2), padding_mask((1,), 2)):
        assert type(mask) is np.ndarray


def test_like_gives_the_library_of_the_mask_and_attention_takes_it(make):
    x = make(np.random.default_rng(0).standard_normal((2, 3, 4)))
    for mask in (causal_mask(3, like=x), window_mask(3, width=1, like=x), padding_mask([3, 2], 3, like=x)):
        assert type(mask) is type(x)
        attention(x, x, x, mask)


def test_lengths_give_library_and_device_unless_like_does(torch):
    lengths = torch.tensor([1, 2])
    assert isinstance(padding_mask(lengths, 3), torch.Tensor)
    assert isinstance(padding_mask(lengths, 3, like=np.zeros(1)), np.ndarray)
    assert isinstance(padding_mask(np.asarray([1, 2]), 3, like=lengths), torch.Tensor)


def test_a_mask_lies_on_the_device_of_like(torch):
    like = torch.zeros(1, device="meta")
    assert causal_mask(3, like=like).device.type == "meta"
    assert window_mask(3, width=1, like=like).device.type == "meta"


def test_whole_numbers_may_be_numpys():
    n = np.int64(3)
    assert_array_equal(causal_mask(n, n), causal_mask(3))
    assert_array_equal(window_mask(n, width=np.int32(1)), window_mask(3, width=1))
    assert_array_equal(padding_mask([np.int64(2)], n), padding_mask([2], 3))


@pytest.mark.parametrize("mask", MASKS)
def test_more_queries_than_keys_are_refused(mask):
    with pytest.raises(ValueError, match="at least as many keys as queries, got 3 queries and 2 keys"):
        mask(3, 2)


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ((-1,), ValueError, "n_queries must not be negative, got -1"),
        ((2.0,), TypeError, "n_queries must be a whole number, got 2.0"),
        ((2, 3.0), TypeError, "n_keys must be a whole number, got 3.0"),
        ((True,), TypeError, "n_queries must be a whole number, got True"),
        (("2",), TypeError, "n_queries must be a whole number, got '2'"),
        ((np.zeros((2, 3)),), TypeError, "n_queries must be a whole number, got array"),
    ],
)
def test_numbers_that_count_nothing_are_refused(mask, wrong, error, message):
    with pytest.raises(error, match=message):
        mask(*wrong)


@pytest.mark.parametrize(
    ("width", "error", "message"),
    [
        (-1, ValueError, "width must not be negative, got -1"),
        (1.5, TypeError, "width must be a whole number, got 1.5"),
        (None, TypeError, "width must be a whole number, got None"),
        (True, TypeError, "width must be a whole number, got True"),
    ],
)
def test_a_window_of_no_width_is_refused(width, error, message):
    with pytest.raises(error, match=message):
        window_mask(3, width=width)


@pytest.mark.parametrize(
    ("lengths", "n_keys", "error", "message"),
    [
        ([1, 4], 3, ValueError, r"lengths must lie between 0 and the number of keys, 3, got \[1, 4\]"),
        ([1, -1], 3, ValueError, r"lengths must lie between 0 and the number of keys, 3, got \[1, -1\]"),
        ([[1, 2]], 3, ValueError, r"lengths must have one axis, \(batch,\), got shape \(1, 2\)"),
        (2, 3, ValueError, r"lengths must have one axis, \(batch,\), got shape \(\)"),
        ([1.0, 2.0], 3, TypeError, "lengths must be whole numbers, got float64"),
        ([True, False], 3, TypeError, "lengths must be whole numbers, got bool"),
        ([1, 2], 3.5, TypeError, "n_keys must be a whole number, got 3.5"),
        ([1, 2], None, TypeError, "n_keys must be a whole number, got None"),
    ],
)
def test_lengths_that_cannot_be_are_refused(lengths, n_keys, error, message):
    with pytest.raises(error, match=message):
        padding_mask(lengths, n_keys)


def test_an_empty_batch_has_an_empty_padding_mask():
    assert padding_mask([], 3).shape == (0, 1, 3)
