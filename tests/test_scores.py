import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from attnlib import additive_scores, dot_scores, general_scores, scaled_dot_scores

# Widths of queries, keys and the hidden layer; all different, so that a mixed-up axis cannot fit by chance.
D_QUERY, D_KEY, D_HIDDEN = 2, 3, 4
W = np.random.default_rng(1).standard_normal((D_QUERY, D_KEY))
W_QUERY = np.random.default_rng(2).standard_normal((D_QUERY, D_HIDDEN))
W_KEY = np.random.default_rng(3).standard_normal((D_KEY, D_HIDDEN))
V = np.random.default_rng(4).standard_normal(D_HIDDEN)


def dot(query, key):
    return sum(q * k for q, k in zip(query, key, strict=True))


def times(row, matrix):
    return [dot(row, column) for column in zip(*matrix, strict=True)]


def additive(query, key):
    hidden = zip(times(query, W_QUERY), times(key, W_KEY), strict=True)
    return dot(V, [math.tanh(from_query + from_key) for from_query, from_key in hidden])


# function of arrays and `make`, formula of two vectors in pure Python, width of the queries
SCORES = {
    "dot": (lambda q, k, make: dot_scores(q, k), dot, D_KEY),
    "scaled": (lambda q, k, make: scaled_dot_scores(q, k), lambda q, k: dot(q, k) / math.sqrt(len(q)), D_KEY),
    "general": (lambda q, k, make: general_scores(q, k, make(W)), lambda q, k: dot(times(q, W), k), D_QUERY),
    "additive": (
        lambda q, k, make: additive_scores(q, k, make(W_QUERY), make(W_KEY), make(V)),
        additive,
        D_QUERY,
    ),
}


@pytest.mark.parametrize("name", SCORES)
@given(n_queries=st.integers(0, 4), n_keys=st.integers(1, 4), seed=st.integers(0, 999))
def test_every_score_is_its_formula_applied_to_one_query_and_one_key(make, name, n_queries, n_keys, seed):
    score, formula, d_query = SCORES[name]
    rng = np.random.default_rng(seed)
    queries, keys = rng.standard_normal((n_queries, d_query)), rng.standard_normal((n_keys, D_KEY))
    expected = np.asarray([[formula(query, key) for key in keys] for query in queries]).reshape(n_queries, n_keys)
    assert_allclose(np.asarray(score(make(queries), make(keys), make)), expected, atol=1e-12)


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize(
    ("batch_of_queries", "batch_of_keys"), [((5,), (5,)), ((5,), ()), ((), (2, 5)), ((2, 1), (5,)), ((0,), (0,))]
)
def test_leading_axes_of_queries_and_keys_broadcast(make, name, batch_of_queries, batch_of_keys):
    score, _, d_query = SCORES[name]
    rng = np.random.default_rng(0)
    queries = rng.standard_normal((*batch_of_queries, 3, d_query))
    keys = rng.standard_normal((*batch_of_keys, 4, D_KEY))
    scores = np.asarray(score(make(queries), make(keys), make))
    batch = np.broadcast_shapes(batch_of_queries, batch_of_keys)
    assert scores.shape == (*batch, 3, 4)
    queries, keys = np.broadcast_to(queries, (*batch, 3, d_query)), np.broadcast_to(keys, (*batch, 4, D_KEY))
    for index in np.ndindex(batch):
        alone = score(make(queries[index].copy()), make(keys[index].copy()), make)
        assert_allclose(scores[index], np.asarray(alone), atol=1e-12)


def test_scaling_keeps_the_spread_of_random_scores_near_one_at_any_width():
    rng = np.random.default_rng(0)
    for d_key in (4, 64, 1024):
        scores = scaled_dot_scores(rng.standard_normal((100, d_key)), rng.standard_normal((100, d_key)))
        assert scores.std() == pytest.approx(1, abs=0.1)


def test_a_matrix_per_sequence_scores_each_sequence_with_its_own(make):
    rng = np.random.default_rng(0)
    queries, keys, w = (rng.standard_normal((5, *shape)) for shape in [(3, D_QUERY), (4, D_KEY), (D_QUERY, D_KEY)])
    scores = np.asarray(general_scores(make(queries), make(keys), make(w)))
    for index in range(5):
        alone = general_scores(make(queries[index]), make(keys[index]), make(w[index]))
        assert_allclose(scores[index], np.asarray(alone), atol=1e-12)


def test_vectors_of_width_zero_have_scores_zero(make):
    empty = make(np.zeros((3, 0)))
    for score in (dot_scores, scaled_dot_scores):
        assert np.asarray(score(empty, empty)).tolist() == [[0.0] * 3] * 3


def ones(*shape):
    return np.ones(shape)


@pytest.mark.parametrize("score", [dot_scores, scaled_dot_scores])
@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((2, 4), (3, 5)), r"queries and keys must have the same width d_key, got 4 and 5"),
        (((4,), (3, 4)), r"queries must have the axes \(\.\.\., query, d_key\), got shape \(4,\)"),
        (((2, 4), (4,)), r"keys must have the axes \(\.\.\., key, d_key\), got shape \(4,\)"),
        (((), (3, 4)), r"queries must have the axes \(\.\.\., query, d_key\), got shape \(\)"),
        (((2, 4), (0, 4)), r"keys must hold at least one key, got shape \(0, 4\)"),
        (
            ((2, 2, 4), (3, 3, 4)),
            r"batch axes must agree or broadcast, got queries \(2, 2, 4\), keys \(3, 3, 4\)",
        ),
    ],
)
def test_shapes_that_do_not_fit_are_refused_with_what_was_expected_and_what_came(make, score, shapes, message):
    with pytest.raises(ValueError, match=message):
        score(*(make(ones(*shape)) for shape in shapes))


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((2, 4), (3, 5), (6, 5)), "queries and w must have the same d_query, got 4 and 6"),
        (((2, 4), (3, 5), (4, 6)), "w and keys must have the same d_key, got 6 and 5"),
        (((2, 4), (3, 5), (4,)), r"w must have the axes \(\.\.\., d_query, d_key\), got shape \(4,\)"),
        (((2, 4), (0, 5), (4, 5)), "keys must hold at least one key"),
        (((2, 2, 4), (3, 5), (3, 4, 5)), r"batch axes must agree or broadcast, got queries \(2, 2, 4\), w \(3, 4, 5\)"),
    ],
)
def test_general_scores_refuse_shapes_that_do_not_fit(make, shapes, message):
    with pytest.raises(ValueError, match=message):
        general_scores(*(make(ones(*shape)) for shape in shapes))


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((2, 4), (3, 5), (6, 7), (5, 7), (7,)), "queries and w_query must have the same d_query, got 4 and 6"),
        (((2, 4), (3, 5), (4, 7), (6, 7), (7,)), "keys and w_key must have the same d_key, got 5 and 6"),
        (((2, 4), (3, 5), (4, 7), (5, 8), (7,)), "must have the same d_hidden, got 7 and 8 and 7"),
        (((2, 4), (3, 5), (4, 7), (5, 7), (8,)), "must have the same d_hidden, got 7 and 7 and 8"),
        # a row vector or a matrix would be read as several networks, and give scores with an axis too many
        (((2, 4), (3, 5), (4, 7), (5, 7), (1, 7)), r"v must have one axis, \(d_hidden,\), got shape \(1, 7\)"),
        (((2, 4), (3, 5), (4, 7), (5, 7), (7, 7)), r"v must have one axis, \(d_hidden,\), got shape \(7, 7\)"),
        (((2, 4), (3, 5), (4, 7), (5, 7), ()), r"v must have one axis, \(d_hidden,\), got shape \(\)"),
        (((4,), (3, 5), (4, 7), (5, 7), (7,)), r"queries must have the axes \(\.\.\., query, d_query\)"),
        (((2, 4), (5,), (4, 7), (5, 7), (7,)), r"keys must have the axes \(\.\.\., key, d_key\)"),
        (((2, 4), (0, 5), (4, 7), (5, 7), (7,)), "keys must hold at least one key"),
        (((2, 2, 4), (3, 3, 5), (4, 7), (5, 7), (7,)), "batch axes must agree or broadcast"),
    ],
)
def test_additive_scores_refuse_shapes_that_do_not_fit(make, shapes, message):
    with pytest.raises(ValueError, match=message):
        additive_scores(*(make(ones(*shape)) for shape in shapes))


def test_a_score_with_weights_of_its_own_becomes_a_score_of_queries_and_keys():
    rng = np.random.default_rng(0)
    queries, keys = rng.standard_normal((3, D_QUERY)), rng.standard_normal((4, D_KEY))
    assert_allclose(partial(general_scores, w=W)(queries, keys), queries @ W @ keys.T, atol=1e-12)
