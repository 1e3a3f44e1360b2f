import math
from functools import partial

import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from attnlib import entropy, masked_softmax, softmax, softmax_jacobian

shapes = st.tuples(st.integers(1, 3), st.integers(0, 4), st.integers(1, 5))
seeds = st.integers(0, 999)
dtypes = st.sampled_from([np.float32, np.float64])
inf, nan = math.inf, math.nan


def random_scores(shape, seed, dtype=np.float64):
    return (3 * np.random.default_rng(seed).standard_normal(shape)).astype(dtype)


def random_mask(shape, seed):
    """About half allowed; now and then a row that forbids everything."""
    return np.random.default_rng(seed + 1).random(shape) < 0.5


# --- softmax ---


@given(shape=shapes, seed=seeds, dtype=dtypes)
def test_softmax_is_scipys_softmax(make, shape, seed, dtype):
    scores = random_scores(shape, seed, dtype)
    expected = scipy.special.softmax(scores.astype(np.float64), axis=-1)
    assert_allclose(np.asarray(softmax(make(scores))), expected, rtol=20 * np.finfo(dtype).eps)


@given(shape=shapes, seed=seeds, dtype=dtypes)
def test_weights_are_not_negative_and_sum_to_one(make, shape, seed, dtype):
    weights = np.asarray(softmax(make(random_scores(shape, seed, dtype))))
    assert weights.shape == shape
    assert (weights >= 0).all()
    assert_allclose(weights.sum(axis=-1), 1, rtol=10 * np.finfo(dtype).eps)


@given(shape=shapes, seed=seeds, shift=st.floats(-1e4, 1e4))
def test_adding_one_number_to_a_row_of_scores_changes_no_weight(make, shape, seed, shift):
    scores = random_scores(shape, seed)
    assert_allclose(np.asarray(softmax(make(scores + shift))), np.asarray(softmax(make(scores))), rtol=1e-10)


@given(shape=shapes, seed=seeds)
def test_exchanging_two_scores_exchanges_their_weights(make, shape, seed):
    scores = random_scores(shape, seed)
    order = np.random.default_rng(seed).permutation(shape[-1])
    permuted = np.asarray(softmax(make(scores[..., order].copy())))
    assert_allclose(permuted, np.asarray(softmax(make(scores)))[..., order], rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e4, 1e30])
def test_huge_scores_neither_overflow_nor_vanish(make, size, dtype):
    weights = softmax(make(np.asarray([[size, size, -size], [-size, -size, -size], [0, size, size]], dtype)))
    third = 1 / 3
    expected = np.asarray([[0.5, 0.5, 0], [third, third, third], [0, 0.5, 0.5]], dtype)
    assert_allclose(np.asarray(weights), expected, rtol=1e-6)


def test_small_differences_between_huge_scores_count(make):
    weights = softmax(make(np.asarray([1e4, 1e4 + math.log(3)])))
    assert_allclose(np.asarray(weights), [0.25, 0.75], rtol=1e-10)


def test_a_score_of_minus_infinity_has_weight_zero_and_the_others_share_the_rest(make):
    weights = softmax(make(np.asarray([[0.0, -inf, math.log(3)], [-inf, -inf, 5.0]])))
    assert_allclose(np.asarray(weights), [[0.25, 0, 0.75], [0, 0, 1]], rtol=1e-12)


def test_a_row_of_minus_infinities_has_weights_zero_and_leaves_the_other_rows_alone(make):
    weights = softmax(make(np.asarray([[0.0, 0.0], [-inf, -inf], [math.log(3), 0.0]])))
    assert_allclose(np.asarray(weights), [[0.5, 0.5], [0, 0], [0.75, 0.25]], rtol=1e-12)


@pytest.mark.parametrize("bad", [[nan, 0.0, 1.0], [0.0, 1.0, nan], [-inf, nan, -inf], [inf, 0.0, 1.0]])
def test_nan_or_plus_infinity_makes_its_own_row_nan_and_no_other(make, bad):
    rows = [[1.0, 1.0, -inf], bad, [-inf, -inf, -inf]]
    with np.errstate(invalid="ignore"):  # NumPy remarks on inf - inf
        weights = np.asarray(softmax(make(np.asarray(rows))))
    assert_array_equal(weights, [[0.5, 0.5, 0], [nan, nan, nan], [0, 0, 0]])


# --- masks ---


@given(shape=shapes, seed=seeds, dtype=dtypes)
def test_a_mask_gives_the_softmax_of_the_allowed_scores_and_zero_elsewhere(make, shape, seed, dtype):
    scores, mask = random_scores(shape, seed, dtype), random_mask(shape, seed)
    weights = np.asarray(masked_softmax(make(scores), make(mask)))
    for index in np.ndindex(shape[:-1]):
        allowed = mask[index]
        assert (weights[index][~allowed] == 0).all()
        if allowed.any():
            expected = scipy.special.softmax(scores[index][allowed].astype(np.float64))
            assert_allclose(weights[index][allowed], expected, rtol=20 * np.finfo(dtype).eps)


@given(shape=shapes, seed=seeds)
def test_forbidden_scores_have_no_influence_however_large(make, shape, seed):
    scores, mask = random_scores(shape, seed), random_mask(shape, seed)
    changed = np.where(mask, scores, 1e4)
    weights = np.asarray(masked_softmax(make(scores), make(mask)))
    assert_array_equal(np.asarray(masked_softmax(make(changed), make(mask))), weights)


@given(
    mask_shape=st.sampled_from([(4,), (1, 4), (3, 4), (1, 3, 4), (2, 1, 4), (2, 3, 4), (1, 1, 4), (5, 1, 1, 4)]),
    seed=seeds,
)
def test_a_mask_with_fewer_or_more_axes_counts_as_its_broadcast_form(make, mask_shape, seed):
    scores, mask = random_scores((2, 3, 4), seed), random_mask(mask_shape, seed)
    shape = np.broadcast_shapes((2, 3, 4), mask_shape)
    expected = masked_softmax(make(np.broadcast_to(scores, shape).copy()), make(np.broadcast_to(mask, shape).copy()))
    assert_array_equal(np.asarray(masked_softmax(make(scores), make(mask))), np.asarray(expected))


def test_no_mask_allows_everything(make):
    scores = random_scores((3, 4), 0)
    everything = make(np.ones((3, 4), dtype=bool))
    assert_array_equal(np.asarray(masked_softmax(make(scores))), np.asarray(softmax(make(scores))))
    assert_array_equal(np.asarray(masked_softmax(make(scores), everything)), np.asarray(softmax(make(scores))))


def test_nan_is_not_hidden_by_a_mask_even_in_a_row_with_nothing_allowed(make):
    scores = make(np.asarray([[nan, 1.0], [1.0, nan], [1.0, 1.0]]))
    mask = make(np.asarray([[False, True], [False, False], [True, False]]))
    assert_array_equal(np.asarray(masked_softmax(scores, mask)), [[nan, nan], [nan, nan], [1, 0]])


@pytest.mark.parametrize("function", [softmax, masked_softmax])
def test_scores_without_a_key_are_refused(make, function):
    with pytest.raises(ValueError, match=r"scores must hold at least one key, got shape \(2, 0\)"):
        function(make(np.zeros((2, 0))))


@pytest.mark.parametrize("function", [softmax, masked_softmax, softmax_jacobian, entropy])
def test_a_single_number_is_refused(make, function):
    with pytest.raises(ValueError, match=r"must have the axes \(\.\.\., key\), got shape \(\)"):
        function(make(np.asarray(1.0)))


@pytest.mark.parametrize("shape", [(2, 5), (4, 4), (3, 3, 4), (3, 1, 4), (), (5,)])
def test_a_mask_that_does_not_fit_is_refused_with_both_shapes(make, shape):
    came = ", ".join(map(str, shape))
    with pytest.raises(ValueError, match=rf"mask .* \(\.\.\., query, key\) = \(2, 3, 4\), got shape \({came},?\)"):
        masked_softmax(make(np.zeros((2, 3, 4))), make(np.ones(shape, dtype=bool)))


def test_a_mask_does_not_add_queries(make):
    with pytest.raises(ValueError, match=r"mask .* = \(1, 4\), got shape \(3, 4\)"):
        masked_softmax(make(np.zeros((1, 4))), make(np.ones((3, 4), dtype=bool)))


@pytest.mark.parametrize("dtype", [np.float64, np.int64, np.uint8])
def test_a_mask_that_is_not_boolean_is_refused(make, dtype):
    with pytest.raises(TypeError, match=rf"mask must be boolean \(True = may attend\), got .*{np.dtype(dtype)}"):
        masked_softmax(make(np.zeros((3, 4))), make(np.ones((3, 4), dtype=dtype)))


def test_a_mask_that_is_a_list_or_from_another_library_is_refused(torch):
    with pytest.raises(TypeError, match="mask must be a boolean array, got list"):
        masked_softmax(np.zeros((1, 2)), [[True, False]])
    with pytest.raises(TypeError, match="mask must come from the library of the scores, got torch and numpy"):
        masked_softmax(np.zeros((1, 2)), torch.ones(1, 2, dtype=torch.bool))


# --- the Jacobian ---


@given(shape=shapes.map(lambda shape: shape[1:]), seed=seeds)
def test_the_jacobian_is_the_one_that_numerical_differences_find(make, shape, seed):
    scores, step = random_scores(shape, seed), 1e-5
    expected = np.empty((*shape, shape[-1]))
    for j in range(shape[-1]):
        nudge = step * np.eye(shape[-1])[j]
        higher, lower = (scipy.special.softmax(scores + sign * nudge, axis=-1) for sign in (1, -1))
        expected[..., j] = (higher - lower) / (2 * step)
    assert_allclose(np.asarray(softmax_jacobian(softmax(make(scores)))), expected, atol=1e-9)


def test_the_jacobian_is_the_one_that_autograd_finds(torch):
    scores = torch.as_tensor(random_scores((5,), 0))
    expected = torch.autograd.functional.jacobian(softmax, scores)
    assert_allclose(softmax_jacobian(softmax(scores)), expected, atol=1e-14)


@given(shape=shapes, seed=seeds)
def test_rows_and_columns_of_the_jacobian_sum_to_zero_and_no_zero_is_negative(make, shape, seed):
    scores = np.where(random_mask(shape, seed), random_scores(shape, seed), -inf)  # weights of zero among the others
    jacobian = np.asarray(softmax_jacobian(softmax(make(scores))))
    assert_allclose(jacobian.sum(axis=-1), 0, atol=1e-15)
    assert_allclose(jacobian.sum(axis=-2), 0, atol=1e-15)
    assert not np.signbit(jacobian[jacobian == 0]).any()


# --- entropy ---


@given(shape=shapes, seed=seeds, dtype=dtypes)
def test_entropy_is_scipys_entropy(make, shape, seed, dtype):
    weights = scipy.special.softmax(random_scores(shape, seed, dtype), axis=-1)
    expected = scipy.stats.entropy(weights.astype(np.float64), axis=-1)
    assert_allclose(np.asarray(entropy(make(weights))), expected, atol=50 * np.finfo(dtype).eps)


@pytest.mark.parametrize("n", [1, 2, 7])
def test_entropy_is_zero_when_one_weight_has_everything_and_ln_n_when_n_are_equal(make, n):
    certain, equal = np.eye(n)[0], np.full(n, 1 / n)
    entropies = np.asarray(entropy(make(np.stack([certain, equal]))))
    assert_allclose(entropies, [0, math.log(n)], atol=1e-14)
    assert not np.signbit(entropies[0])


def test_entropy_of_a_row_with_nothing_allowed_is_zero(make):
    assert float(entropy(make(np.zeros(3)))) == 0


def test_entropy_does_not_hide_nan(make):
    assert_array_equal(np.asarray(entropy(make(np.asarray([[nan, 1.0], [0.5, 0.5]])))), [nan, math.log(2)])


# --- gradients ---


def test_gradients_are_the_ones_that_numerical_differences_find(torch):
    scores = torch.as_tensor(random_scores((2, 3, 4), 0)).requires_grad_()
    mask = torch.as_tensor(random_mask((2, 3, 4), 0))
    mask[0, 1] = False  # a row with nothing allowed
    mask[1, 0] = True
    for function in (softmax, partial(masked_softmax, mask=mask), lambda x: entropy(softmax(x))):
        assert torch.autograd.gradcheck(function, scores)
    weights = softmax(scores.detach()).requires_grad_()
    assert torch.autograd.gradcheck(softmax_jacobian, weights)
    assert torch.autograd.gradcheck(entropy, weights)


def test_a_row_with_nothing_allowed_has_gradient_zero_and_spoils_no_other(torch):
    scores = torch.tensor([[1.0, 2.0], [-inf, -inf], [3.0, -inf]], dtype=torch.float64, requires_grad=True)
    weights = softmax(scores)
    (weights * torch.tensor([1.0, 2.0])).sum().backward()
    w = weights[0].detach()
    expected = [[-(w[0] * w[1]).item(), (w[0] * w[1]).item()], [0, 0], [0, 0]]
    assert_allclose(scores.grad, expected, atol=1e-15)


def test_the_entropy_of_weights_that_are_zero_has_a_finite_gradient(torch):
    weights = torch.tensor([0.0, 0.5, 0.5], requires_grad=True)
    entropy(weights).backward()
    assert torch.isfinite(weights.grad).all()
