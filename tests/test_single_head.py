import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from attnlib import (
    additive_scores,
    attention,
    blockwise_attention,
    causal_mask,
    dot_scores,
    general_scores,
    padding_mask,
    window_mask,
)

inf, nan = math.inf, math.nan
seeds = st.integers(0, 999)


def outputs_of(function):
    """Only the outputs: the blockwise form returns no weights."""
    return (lambda *inputs: attention(*inputs)[0]) if function is attention else function


# Small tiles, so that a handful of tokens already fills several of them.
FORMS = {"attention": outputs_of(attention), "blockwise": partial(blockwise_attention, block=2)}
either_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


def random_inputs(seed, batch=(), n_queries=3, n_keys=4, d_key=5, d_value=2, dtype=np.float64):
    rng = np.random.default_rng(seed)
    shapes = [(n_queries, d_key), (n_keys, d_key), (n_keys, d_value)]
    return [rng.standard_normal((*batch, *shape)).astype(dtype) for shape in shapes]


@st.composite
def problems(draw, dtypes=(np.float64,)):
    """Queries, keys, values and a mask or None, of many shapes; among the masks are ones with empty rows."""
    batch = draw(st.sampled_from([(), (2,), (2, 3), (0,)]))
    n_queries, n_keys = draw(st.integers(0, 5)), draw(st.integers(1, 6))
    seed, dtype = draw(seeds), draw(st.sampled_from(dtypes))
    widths = {"d_key": draw(st.integers(1, 4)), "d_value": draw(st.integers(1, 3))}
    rng = np.random.default_rng(seed)
    random = rng.random((*batch, n_queries, n_keys)) < 0.5
    n_causal = min(n_queries, n_keys)
    kinds = {
        "none": None,
        "random": random,
        "shared": random[(0,) * len(batch)] if 0 not in batch else random.any(axis=tuple(range(len(batch)))),
        "keys": np.arange(n_keys) < n_keys - 1,
        "causal": np.concatenate([np.zeros((n_queries - n_causal, n_keys), bool), causal_mask(n_causal, n_keys)]),
        "nothing": np.zeros((n_queries, n_keys), bool),
    }
    mask = kinds[draw(st.sampled_from(list(kinds)))]
    return *random_inputs(seed, batch, n_queries, n_keys, dtype=dtype, **widths), mask


def made(make, arrays):
    return [None if array is None else make(np.asarray(array)) for array in arrays]


def loop(queries, keys, values, mask=None):
    """Attention as the formula reads, number by number: the oracle for one sequence."""
    outputs, weights = [], []
    for i, query in enumerate(queries):
        allowed = [j for j in range(len(keys)) if mask is None or mask[i][j]]
        scores = {j: sum(q * k for q, k in zip(query, keys[j], strict=True)) / len(query) ** 0.5 for j in allowed}
        total = sum(math.exp(score) for score in scores.values())
        row = [math.exp(scores[j]) / total if j in scores else 0.0 for j in range(len(keys))]
        weights.append(row)
        outputs.append([sum(w * v for w, v in zip(row, column, strict=True)) for column in zip(*values, strict=True)])
    return outputs, weights


# --- against what others compute ---


@given(problem=problems())
def test_attention_is_the_formula_computed_number_by_number(make, problem):
    queries, keys, values, mask = problem
    outputs, weights = (np.asarray(array) for array in attention(*made(make, problem)))
    batch = queries.shape[:-2]
    assert outputs.shape == (*queries.shape[:-1], values.shape[-1])
    assert weights.shape == (*queries.shape[:-1], keys.shape[-2])
    if mask is not None:
        mask = np.broadcast_to(mask, weights.shape)
    for index in np.ndindex(batch):
        arrays = [None if array is None else array[index].tolist() for array in (queries, keys, values, mask)]
        expected_outputs, expected_weights = loop(*arrays)
        assert_allclose(weights[index], np.reshape(expected_weights, weights[index].shape), atol=1e-12)
        assert_allclose(outputs[index], np.reshape(expected_outputs, outputs[index].shape), atol=1e-12)


@either_form
@given(problem=problems())
def test_outputs_and_gradients_are_those_of_torchs_own_attention(torch, form, problem):
    results = []
    *arrays, mask = made(torch.asarray, problem)
    if mask is not None:
        mask = mask & mask.any(dim=-1, keepdim=True) | ~mask.any(dim=-1, keepdim=True)  # torch's empty rows are nan
        mask = torch.broadcast_to(mask, (*arrays[0].shape[:-1], arrays[1].shape[-2]))
    for function in (form, torch.nn.functional.scaled_dot_product_attention):
        inputs = [array.clone().requires_grad_() for array in arrays]
        outputs = function(*inputs, mask)
        (outputs * torch.sin(torch.arange(outputs.numel())).reshape(outputs.shape)).sum().backward()
        results.append([outputs.detach(), *(x.grad for x in inputs)])
    for ours, theirs in zip(*results, strict=True):
        assert_allclose(ours, theirs, atol=1e-10)


@given(problem=problems())
def test_numpy_and_torch_agree_to_ten_digits(torch, problem):
    for ours, theirs in zip(attention(*problem), attention(*made(torch.asarray, problem)), strict=True):
        assert_allclose(ours, theirs, atol=1e-10)


@given(problem=problems(), block=st.integers(1, 7))
def test_blockwise_attention_is_attention_for_every_size_of_tile(make, problem, block):
    inputs = made(make, problem)
    expected = np.asarray(attention(*inputs)[0])
    assert_allclose(np.asarray(blockwise_attention(*inputs, block=block)), expected, atol=1e-12)


@pytest.mark.parametrize("n_queries", [1, 127, 128, 300])
@pytest.mark.parametrize("kind", ["none", "causal", "window", "padding", "random", "nothing"])
def test_blockwise_attention_is_attention_at_full_size(make, n_queries, kind):
    n_keys = 300
    masks = {
        "none": None,
        "causal": causal_mask(n_queries, n_keys),
        "window": window_mask(n_queries, n_keys, width=3),
        "padding": padding_mask([300, 100], n_keys),
        "random": np.random.default_rng(0).random((2, n_queries, n_keys)) < 0.3,
        "nothing": np.zeros((n_queries, n_keys), bool),
    }
    inputs = made(make, [*random_inputs(0, (2,), n_queries, n_keys, 8, 4), masks[kind]])
    expected = np.asarray(attention(*inputs)[0])
    assert_allclose(np.asarray(blockwise_attention(*inputs)), expected, atol=1e-12)


def test_blockwise_attention_never_holds_the_scores():
    # the largest array that NumPy ever has is smaller than the 4 MB of a score matrix
    import tracemalloc

    inputs = random_inputs(0, n_queries=1024, n_keys=1024, dtype=np.float32)
    peaks = []
    for function in (attention, blockwise_attention):
        tracemalloc.start()
        function(*inputs)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[0] > 4e6
    assert peaks[1] < 1e6


def test_gradients_are_the_ones_that_numerical_differences_find(torch):
    mask = torch.tensor([[True, False, True, False], [False, False, False, False], [True, True, True, True]])
    for seed, chosen in enumerate((None, mask, torch.zeros_like(mask))):
        inputs = [torch.as_tensor(x).requires_grad_() for x in random_inputs(seed, (2,))]
        assert torch.autograd.gradcheck(partial(attention, mask=chosen), inputs)
        assert torch.autograd.gradcheck(partial(blockwise_attention, mask=chosen, block=2), inputs)


# --- properties ---


@given(problem=problems(dtypes=(np.float32, np.float64)))
def test_weights_sum_to_one_or_to_zero_where_nothing_is_allowed(make, problem):
    *_, mask = problem
    weights = np.asarray(attention(*made(make, problem))[1])
    allowed = np.ones(weights.shape, bool) if mask is None else np.broadcast_to(mask, weights.shape)
    assert (weights >= 0).all()
    assert (weights[~allowed] == 0).all()
    assert_allclose(weights.sum(axis=-1), allowed.any(axis=-1), atol=10 * np.finfo(weights.dtype).eps)


@either_form
@given(problem=problems())
def test_outputs_stay_within_the_values_that_are_allowed(make, form, problem):
    queries, keys, values, mask = problem
    shape = (*queries.shape[:-1], keys.shape[-2], 1)  # (..., query, key, 1)
    mask = np.ones(shape, bool) if mask is None else np.broadcast_to(mask[..., None], shape)
    outputs = np.asarray(form(*made(make, problem)))
    # a hull in every direction: along each axis and along a few others
    directions = np.random.default_rng(0).standard_normal((values.shape[-1], 8))
    reach, candidates = outputs @ directions, (values @ directions)[..., None, :, :]
    highest = np.where(mask, candidates, -inf).max(axis=-2)
    lowest = np.where(mask, candidates, inf).min(axis=-2)
    some = mask.any(axis=-2)
    assert (np.where(some, lowest, 0) - 1e-12 <= reach).all()
    assert (reach <= np.where(some, highest, 0) + 1e-12).all()


@either_form
@given(seed=seeds, n_queries=st.integers(1, 5), extra=st.integers(0, 3))
def test_later_tokens_do_not_change_earlier_outputs(make, form, seed, n_queries, extra):
    n_keys = n_queries + extra
    queries, keys, values = random_inputs(seed, n_queries=n_queries, n_keys=n_keys)
    mask = causal_mask(n_queries, n_keys)
    before = np.asarray(form(*made(make, [queries, keys, values, mask])))
    for token in range(n_keys):
        later_keys, later_values = keys.copy(), values.copy()
        later_keys[token:], later_values[token:] = 1e3, -1e3
        after = np.asarray(form(*made(make, [queries, later_keys, later_values, mask])))
        n_earlier = max(token - extra, 0)  # the last query stands at the last key
        assert_array_equal(after[:n_earlier], before[:n_earlier])
        if extra <= token:
            assert abs(after[n_earlier] - before[n_earlier]).max() > 1e-6  # and its own token does count


@either_form
@given(seed=seeds, length=st.integers(1, 4))
def test_padding_changes_nothing_whatever_stands_in_it_and_however_long_it_is(make, form, seed, length):
    queries, keys, values = random_inputs(seed, (1,), n_keys=length)
    alone = np.asarray(form(*made(make, [queries, keys, values])))
    padding = 1e3 * np.random.default_rng(seed).standard_normal((1, 5 - length, 7))
    padded = np.concatenate([keys, padding[..., :5]], axis=1), np.concatenate([values, padding[..., 5:]], axis=1)
    mask = padding_mask([length], 5)
    assert_allclose(np.asarray(form(*made(make, [queries, *padded, mask]))), alone, atol=1e-12)


@either_form
@given(problem=problems())
def test_the_order_of_the_keys_does_not_matter_if_values_and_mask_follow(make, form, problem):
    queries, keys, values, mask = problem
    order = np.random.default_rng(0).permutation(keys.shape[-2])
    shuffled = [queries, keys[..., order, :], values[..., order, :], None if mask is None else mask[..., order]]
    assert_allclose(np.asarray(form(*made(make, shuffled))), np.asarray(form(*made(make, problem))), atol=1e-12)


@either_form
@given(seed=seeds)
def test_the_outputs_of_shuffled_queries_are_the_shuffled_outputs(make, form, seed):
    queries, keys, values = random_inputs(seed)
    order = np.random.default_rng(seed).permutation(len(queries))
    shuffled = np.asarray(form(*made(make, [queries[order], keys, values])))
    assert_allclose(shuffled, np.asarray(form(*made(make, [queries, keys, values])))[order], atol=1e-12)


@either_form
@given(seed=seeds)
def test_outputs_are_linear_in_the_values(make, form, seed):
    queries, keys, values = random_inputs(seed)
    other = np.random.default_rng(seed + 1).standard_normal(values.shape)
    together, first, second = (
        np.asarray(form(*made(make, [queries, keys, v]))) for v in (2 * values - 3 * other, values, other)
    )
    assert_allclose(together, 2 * first - 3 * second, atol=1e-12)


@given(seed=seeds)
def test_adding_one_vector_to_all_keys_changes_no_weight(make, seed):
    queries, keys, values = random_inputs(seed)
    moved = keys + np.random.default_rng(seed + 1).standard_normal(keys.shape[-1])
    expected = np.asarray(attention(*made(make, [queries, keys, values]))[1])
    assert_allclose(np.asarray(attention(*made(make, [queries, moved, values]))[1]), expected, atol=1e-12)


@either_form
@pytest.mark.parametrize(
    "batches",
    [
        [(2,), (2,), (2,), (2,)],
        [(2, 1), (3,), (), ()],
        [(), (2,), (2,), ()],
        [(), (), (2,), ()],
        [(), (), (), (2,)],
        [(1,), (2,), (1,), (3, 2)],
        [(0,), (), (), ()],
    ],
)
def test_leading_axes_of_all_four_inputs_broadcast(make, form, batches):
    arrays = [
        np.broadcast_to(array, (*batch, *array.shape)) * (1 + np.arange(np.prod(batch)).reshape((*batch, 1, 1)))
        for array, batch in zip(random_inputs(0), batches, strict=False)
    ]
    mask = np.random.default_rng(0).random((*batches[3], 3, 4)) < 0.5
    batch = np.broadcast_shapes(*batches)
    full = [np.broadcast_to(array, (*batch, *array.shape[-2:])) for array in (*arrays, mask)]
    outputs = np.asarray(form(*made(make, [*arrays, mask])))
    assert outputs.shape == (*batch, 3, 2)
    for index in np.ndindex(batch):
        alone = form(*made(make, [array[index].copy() for array in full]))
        assert_allclose(outputs[index], np.asarray(alone), atol=1e-12)


@pytest.mark.parametrize(
    "score",
    [
        dot_scores,
        partial(general_scores, w=np.random.default_rng(1).standard_normal((5, 5))),
        partial(
            additive_scores,
            w_query=np.random.default_rng(2).standard_normal((5, 6)),
            w_key=np.random.default_rng(3).standard_normal((5, 6)),
            v=np.random.default_rng(4).standard_normal(6),
        ),
        lambda queries, keys: -np.abs(queries[..., :, None, :] - keys[..., None, :, :]).sum(axis=-1),
    ],
    ids=["dot", "general", "additive", "distance"],
)
def test_any_score_may_take_the_place_of_the_scaled_dot_product(score):
    queries, keys, values = random_inputs(0)
    outputs, weights = attention(queries, keys, values, causal_mask(3, 4), score=score)
    exponentials = np.where(causal_mask(3, 4), np.exp(score(queries, keys)), 0)
    assert_allclose(weights, exponentials / exponentials.sum(axis=-1, keepdims=True), atol=1e-12)
    assert_allclose(outputs, weights @ values, atol=1e-12)


# --- extremes ---


@either_form
@given(problem=problems())
def test_huge_scores_choose_the_best_key(make, form, problem):
    queries, keys, values, mask = problem
    outputs = np.asarray(form(*made(make, [1e6 * queries, 1e3 * keys, values, mask])))
    scores = queries @ np.swapaxes(keys, -1, -2)
    if mask is not None:
        scores = np.where(mask, scores, -inf)
    best = np.take_along_axis(values, np.argmax(scores, axis=-1)[..., None], axis=-2)
    expected = np.where((scores > -inf).any(axis=-1)[..., None], best, 0)
    assert_allclose(outputs, expected, atol=1e-6)


@either_form
def test_scores_of_ten_thousand_are_as_exact_as_scores_near_zero(make, form):
    # the peak rises from tile to tile by 1e4, so that everything summed before must shrink to nothing; the last two tie
    scores = np.asarray([0.0, -1e4, 1e4, 2e4, 3e4, 3e4 - math.log(3)])
    queries, keys, values = np.ones((1, 1)), scores[:, None], np.arange(6.0)[:, None]
    assert_allclose(np.asarray(form(*made(make, [queries, keys, values]))), [[4.25]], rtol=1e-10)
    backwards = form(*made(make, [queries, keys[::-1].copy(), values[::-1].copy()]))
    assert_allclose(np.asarray(backwards), [[4.25]], rtol=1e-10)


@either_form
def test_a_key_with_a_score_of_minus_infinity_counts_as_forbidden(make, form):
    keys, values = np.asarray([[-inf], [0.0], [-inf], [-inf], [math.log(3)]]), np.arange(5.0)[:, None]
    queries = np.ones((1, 1))
    assert_allclose(np.asarray(form(*made(make, [queries, keys, values]))), [[0.25 + 3]], rtol=1e-12)
    nobody = form(*made(make, [queries, np.full((5, 1), -inf), values]))
    assert np.asarray(nobody).tolist() == [[0.0]]


@either_form
def test_a_query_that_may_attend_to_nothing_gets_zero_and_spoils_no_gradient(torch, form):
    mask = torch.tensor([[True, False, False, True], [False] * 4, [True] * 4])
    inputs = [torch.as_tensor(x).requires_grad_() for x in random_inputs(0)]
    form(*inputs, mask).sum().backward()
    assert form(*inputs, mask)[1].tolist() == [0.0, 0.0]
    assert all(torch.isfinite(x.grad).all() for x in inputs)
    assert inputs[0].grad[1].tolist() == [0.0] * 5
    others = [torch.as_tensor(x).requires_grad_() for x in random_inputs(0)]
    form(others[0][[0, 2]], *others[1:], mask[[0, 2]]).sum().backward()
    for with_empty_row, without in zip(inputs, others, strict=True):
        assert_allclose(with_empty_row.grad, without.grad, atol=1e-12)


def test_weights_of_an_empty_row_are_zero_even_when_every_row_is_empty(make):
    outputs, weights = attention(*made(make, [*random_inputs(0), np.zeros((3, 4), bool)]))
    assert not np.asarray(outputs).any()
    assert not np.asarray(weights).any()


@either_form
def test_no_queries_give_no_outputs(make, form):
    for mask in (None, np.ones((0, 4), bool)):
        outputs = form(*made(make, [*random_inputs(0, (2,), n_queries=0), mask]))
        assert np.asarray(outputs).shape == (2, 0, 2)


# --- nan is never hidden ---

MASKS = {
    "none": None,
    "causal": causal_mask(6),
    "first tiles forbidden": ~causal_mask(6) & (np.arange(6) < 5)[:, None],  # its last rows are empty
    "nothing": np.zeros((6, 6), bool),
}


@either_form
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_nan_in_a_query_reaches_its_own_output_and_no_other(make, form, mask):
    queries, keys, values = random_inputs(0, (2,), n_queries=6, n_keys=6)
    for query in range(6):
        broken = queries.copy()
        broken[0, query, 0] = nan
        outputs = np.asarray(form(*made(make, [broken, keys, values, mask])))
        expected = np.zeros((2, 6, 2), bool)
        expected[0, query] = True
        assert_array_equal(np.isnan(outputs), expected)


@either_form
@pytest.mark.parametrize("which", ["keys", "values"])
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_nan_in_a_key_or_a_value_reaches_every_query_of_its_sequence_and_no_other_sequence(make, form, mask, which):
    for token in range(6):
        inputs = random_inputs(0, (2,), n_queries=6, n_keys=6)
        inputs[1 if which == "keys" else 2][0, token] = nan
        outputs = np.asarray(form(*made(make, [*inputs, mask])))
        assert np.isnan(outputs[0]).all()
        assert not np.isnan(outputs[1]).any()


def test_nan_in_a_value_leaves_the_weights_alone(make):
    queries, keys, values = random_inputs(0)
    expected = np.asarray(attention(*made(make, [queries, keys, values]))[1])
    assert_array_equal(np.asarray(attention(*made(make, [queries, keys, nan * values]))[1]), expected)


# --- half precision ---


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@either_form
def test_half_precision_is_computed_in_single_precision_and_returned_as_it_came(torch, form, dtype):
    dtype = getattr(torch, dtype)
    queries, keys, values = (torch.as_tensor(x).to(dtype) for x in random_inputs(0, n_keys=500, d_key=64))
    outputs = form(8 * queries, keys, values)
    assert outputs.dtype == dtype
    expected = form(8 * queries.double(), keys.double(), values.double())
    # one rounding, at the end
    assert_allclose(outputs.double(), expected, rtol=0.51 * torch.finfo(dtype).eps, atol=1e-6)


def test_numpys_half_precision_is_computed_in_single_precision():
    queries, keys, values = random_inputs(0, n_keys=500, d_key=64, dtype=np.float16)
    for exact, half in zip(
        attention(*(x.astype(np.float64) for x in (queries, keys, values))),
        attention(queries, keys, values),
        strict=True,
    ):
        assert half.dtype == np.float16
        assert_allclose(half, exact, rtol=0.51 * np.finfo(np.float16).eps, atol=1e-6)


def test_products_beyond_the_range_of_half_precision_do_not_overflow():
    big = np.full((2, 2), 300, dtype=np.float16)  # 300 * 300 is beyond 65504
    for form in FORMS.values():
        assert form(big, big, np.ones((2, 1), np.float16)).tolist() == [[1.0], [1.0]]


# --- what is refused ---


@either_form
@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((2, 4), (3, 5), (3, 6)), "queries and keys must have the same width d_key, got 4 and 5"),
        (((2, 4), (3, 4), (5, 6)), "keys and values must have the same number of keys, got 3 and 5"),
        (((2, 4), (0, 4), (0, 6)), r"keys must hold at least one key, got shape \(0, 4\)"),
        (((4,), (3, 4), (3, 6)), r"queries must have the axes \(\.\.\., query, d_key\), got shape \(4,\)"),
        (((2, 4), (4,), (3, 6)), r"keys must have the axes \(\.\.\., key, d_key\), got shape \(4,\)"),
        (((2, 4), (3, 4), (3,)), r"values must have the axes \(\.\.\., key, d_value\), got shape \(3,\)"),
        (
            ((2, 2, 4), (3, 3, 4), (3, 6)),
            r"batch axes must agree or broadcast, got queries \(2, 2, 4\), keys \(3, 3, 4\), values \(3, 6\)",
        ),
        (((2, 4), (2, 3, 4), (5, 3, 6)), "batch axes must agree or broadcast"),
    ],
)
def test_shapes_that_do_not_fit_are_refused_with_what_was_expected_and_what_came(make, form, shapes, message):
    with pytest.raises(ValueError, match=message):
        form(*(make(np.ones(shape)) for shape in shapes))


@either_form
@pytest.mark.parametrize(
    "shape",
    [
        (5, 3),  # (batch, key): it is padding_mask's (batch, 1, key) that fits
        (4, 3),
        (2, 4),
        (3, 2, 3),
        (3, 1, 3),
        (5, 1, 2, 3),
        (),
    ],
)
def test_a_mask_that_does_not_fit_is_refused_with_both_shapes(make, form, shape):
    inputs = [make(np.ones(shape)) for shape in [(5, 2, 4), (5, 3, 4), (5, 3, 6)]]
    if len(shape) == 4:  # an axis in front is one more batch axis, and fits if the others do
        assert np.asarray(form(*inputs, make(np.ones(shape, bool)))).shape == (5, 5, 2, 6)
        return
    came = ", ".join(map(str, shape))
    message = rf"mask must broadcast to the scores' axes \(\.\.\., query, key\) = \(5, 2, 3\), got shape \({came}\)"
    with pytest.raises(ValueError, match=message):
        form(*inputs, make(np.ones(shape, bool)))


@either_form
def test_batch_axes_of_mask_and_values_that_do_not_broadcast_are_refused(make, form):
    queries, keys, values, mask = (np.ones(shape) for shape in [(2, 4), (3, 4), (5, 3, 6), (7, 1, 3)])
    with pytest.raises(ValueError, match=r"got .*\(7, .*3\)|must broadcast .*, got shape \(7, 1, 3\)"):
        form(*(make(array) for array in (queries, keys, values)), make(mask.astype(bool)))


@either_form
def test_a_mask_that_is_no_boolean_array_of_the_same_library_is_refused(make, form):
    inputs = made(make, random_inputs(0))
    with pytest.raises(TypeError, match=r"mask must be boolean \(True = may attend\), got .*float64.*mask == 0"):
        form(*inputs, make(np.zeros((3, 4))))
    with pytest.raises(TypeError, match=r"mask must be boolean \(True = may attend\), got .*int64"):
        form(*inputs, make(np.ones((3, 4), np.int64)))
    with pytest.raises(TypeError, match="mask must be a boolean array, got list"):
        form(*inputs, [[True] * 4] * 3)
    with pytest.raises(TypeError, match="mask must be a boolean array, got bool"):
        form(*inputs, True)


@pytest.mark.parametrize("block", [0, -1, 2.0, None, True, "2"])
def test_a_block_that_is_no_positive_whole_number_is_refused(block):
    with pytest.raises(ValueError, match="block must be a positive whole number, got"):
        blockwise_attention(*random_inputs(0), block=block)


def test_a_block_may_be_a_whole_number_of_numpys():
    inputs = random_inputs(0)
    assert_array_equal(blockwise_attention(*inputs, block=np.int64(2)), blockwise_attention(*inputs, block=2))


@pytest.mark.parametrize("score", ["dot", None, 2])
def test_a_score_that_is_no_function_is_refused(make, score):
    x = make(np.zeros((2, 3)))
    with pytest.raises(TypeError, match="score must be a function of queries and keys"):
        attention(x, x, x, score=score)


def test_a_score_of_another_shape_is_refused_with_both_shapes(make):
    queries, keys = make(np.zeros((2, 3))), make(np.zeros((4, 3)))
    with pytest.raises(ValueError, match=r"score must return \(\.\.\., query, key\) = \(\.\.\., 2, 4\), got \(4, 2\)"):
        attention(queries, keys, keys, score=lambda q, k: dot_scores(k, q))
