"""Positions: compared with their formulas number by number, and the properties that they were invented for."""

from math import cos, sin

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from attnlib import causal_mask, dot_scores, rotary, sinusoidal_positions


def random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


# --- sinusoidal ---


@given(n_tokens=st.integers(0, 6), d_model=st.sampled_from([2, 4, 6, 16]))
def test_every_number_is_the_sine_or_the_cosine_of_its_formula(make, n_tokens, d_model):
    table = np.asarray(sinusoidal_positions(n_tokens, d_model, like=make(np.zeros(1))))
    assert table.shape == (n_tokens, d_model)
    for p in range(n_tokens):
        for i in range(d_model // 2):
            angle = p / 10000 ** (2 * i / d_model)
            assert_allclose(table[p, 2 * i], sin(angle), atol=1e-13)
            assert_allclose(table[p, 2 * i + 1], cos(angle), atol=1e-13)


def test_products_of_two_positions_depend_on_their_distance_only():
    table = sinusoidal_positions(50, 16)
    products = table @ table.T
    for distance in range(50):
        assert_allclose(np.diagonal(products, distance), products[0, distance], atol=1e-12)


def test_the_table_has_the_dtype_of_like_and_is_exact_far_from_the_start(make):
    exact = sinusoidal_positions(5000, 8)
    assert exact.dtype == np.float64
    assert type(exact) is np.ndarray
    like = make(np.zeros(1, np.float32))
    table = sinusoidal_positions(5000, 8, like=like)
    assert type(table) is type(like)
    assert table.dtype == like.dtype
    assert_allclose(np.asarray(table), exact, rtol=0, atol=6e-8)  # half a unit in the last place of float32


def test_the_table_lies_on_the_device_of_like(torch):
    table = sinusoidal_positions(3, 4, like=torch.zeros(1, device="meta", dtype=torch.bfloat16))
    assert table.device.type == "meta"
    assert table.dtype == torch.bfloat16


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ((3, 5), ValueError, "d_model must be even and positive, for pairs of a sine and a cosine, got 5"),
        ((3, 0), ValueError, "d_model must be even and positive, .* got 0"),
        ((3, -2), ValueError, "d_model must be even and positive, .* got -2"),
        ((-1, 4), ValueError, "n_tokens must not be negative, got -1"),
        ((2.0, 4), TypeError, "n_tokens must be a whole number, got 2.0"),
        ((2, 4.0), TypeError, "d_model must be a whole number, got 4.0"),
        ((True, 4), TypeError, "n_tokens must be a whole number, got True"),
    ],
)
def test_sizes_that_cannot_be_are_refused(wrong, error, message):
    with pytest.raises(error, match=message):
        sinusoidal_positions(*wrong)


def test_like_must_hold_floating_point_numbers(make):
    with pytest.raises(TypeError, match=r"like must hold floating-point numbers, got .*int64"):
        sinusoidal_positions(3, 4, like=make(np.arange(3)))
    with pytest.raises(TypeError, match="like must be an array or a tensor, got str"):
        sinusoidal_positions(3, 4, like="torch")


# --- rotary ---


def turned_by_loops(x, positions):
    """Every pair of features as a complex number times e^(i t), one at a time."""
    expected, width = np.empty_like(x), x.shape[-1]
    positions = np.broadcast_to(positions, x.shape[:-1])
    for index in np.ndindex(x.shape[:-1]):
        for i in range(width // 2):
            angle = positions[index] / 10000 ** (2 * i / width)
            number = complex(x[index][2 * i], x[index][2 * i + 1]) * complex(cos(angle), sin(angle))
            expected[index][2 * i : 2 * i + 2] = number.real, number.imag
    return expected


@given(
    batch=st.sampled_from([(), (2,), (2, 3), (0,)]),
    n_tokens=st.integers(0, 4),
    d_key=st.sampled_from([2, 4, 10]),
    seed=st.integers(0, 99),
)
def test_every_pair_is_a_complex_number_turned_by_the_angle_of_its_position(make, batch, n_tokens, d_key, seed):
    x = random(*batch, n_tokens, d_key, seed=seed)
    assert_allclose(np.asarray(rotary(make(x))), turned_by_loops(x, np.arange(n_tokens)), atol=1e-12)
    positions = np.random.default_rng(seed).integers(-50, 50, n_tokens)
    for given_as in (make(positions), make(positions * 1.0), positions, list(positions)):
        assert_allclose(np.asarray(rotary(make(x), given_as)), turned_by_loops(x, positions), atol=1e-12)


def test_every_sequence_may_have_positions_of_its_own(make):
    x, positions = random(2, 3, 4, 6), np.asarray([[[0, 1, 2, 3]], [[7, 8, 9, 0]]])  # (batch, head, token, d_key)
    assert_allclose(np.asarray(rotary(make(x), make(positions))), turned_by_loops(x, positions), atol=1e-12)


@given(shift=st.integers(-100, 100), seed=st.integers(0, 99))
def test_scores_do_not_change_when_all_tokens_move_by_the_same_shift(make, shift, seed):
    queries, keys = make(random(4, 6, seed=seed)), make(random(4, 6, seed=seed + 1))
    here = dot_scores(rotary(queries), rotary(keys))
    moved = np.arange(4) + shift
    there = dot_scores(rotary(queries, moved), rotary(keys, moved))
    assert_allclose(np.asarray(there), np.asarray(here), atol=1e-11)
    if shift:
        only_keys = dot_scores(rotary(queries), rotary(keys, moved))
        assert not np.allclose(np.asarray(only_keys), np.asarray(here))


def test_one_token_everywhere_scores_by_distance_only():
    x = np.tile(random(1, 8), (5, 1))
    scores = dot_scores(rotary(x), rotary(x))
    for distance in range(-4, 5):
        assert_allclose(np.diagonal(scores, distance), np.diagonal(scores, distance)[0], atol=1e-12)


def test_lengths_are_kept_and_the_first_position_is_not_turned(make):
    x = random(3, 5, 8)
    turned = np.asarray(rotary(make(x)))
    assert_allclose(np.linalg.norm(turned, axis=-1), np.linalg.norm(x, axis=-1), atol=1e-12)
    assert_array_equal(turned[:, 0], x[:, 0])
    assert (turned[:, 1:] != x[:, 1:]).any(axis=-1).all()


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_far_from_the_start_turning_is_as_exact_as_the_dtype(make, dtype):
    if make is not np.asarray and dtype == "float16":
        pytest.skip("the array API standard has no half precision; test_arguments.py has torch's")
    x, positions = random(3, 8).astype(dtype), np.asarray([5000, 5001, 4999])
    turned = np.asarray(rotary(make(x), make(positions)))
    assert turned.dtype == dtype
    exact = turned_by_loops(x.astype(float), positions)
    assert_allclose(turned, exact, rtol=0, atol=2 * np.finfo(dtype).eps)
    if dtype == "float16":  # computed in single precision, and rounded once
        assert_array_equal(turned, exact.astype(dtype))


def test_a_new_token_is_turned_as_in_the_whole_sequence(make):
    # a decoder that keeps its keys turns one new token at a time
    x = random(2, 5, 4)
    whole = np.asarray(rotary(make(x)))
    for p in range(5):
        assert_allclose(np.asarray(rotary(make(x[:, p : p + 1]), [p])), whole[:, p : p + 1], atol=1e-12)


@pytest.mark.parametrize(
    ("shape", "positions", "error", "message"),
    [
        ((3, 5), None, ValueError, "the width d_key must be even, because features are turned in pairs, got 5"),
        ((4,), None, ValueError, r"queries_or_keys must have the axes \(\.\.\., token, d_key\), got shape \(4,\)"),
        ((3, 4), [0, 1], ValueError, r"positions must fit the tokens \(\.\.\., token\) = \(3,\), got shape \(2,\)"),
        ((3, 4), 7, ValueError, r"positions must fit the tokens .* = \(3,\), got shape \(\)"),
        ((3, 4), [7], ValueError, r"positions must fit the tokens .* = \(3,\), got shape \(1,\)"),
        ((3, 4), [[0, 1, 2]] * 2, ValueError, r"positions must fit the tokens .* = \(3,\), got shape \(2, 3\)"),
        ((3, 4), ["a", "b", "c"], TypeError, "positions must be numbers, got <U1"),
        ((3, 4), [True, False, True], TypeError, "positions must be numbers, got bool"),
    ],
)
def test_tokens_and_positions_that_do_not_fit_are_refused(make, shape, positions, error, message):
    with pytest.raises(error, match=message):
        rotary(make(np.ones(shape)), positions)


def test_a_mask_is_no_position(make):
    with pytest.raises(TypeError, match=r"positions must be numbers, got .*bool"):
        rotary(make(np.ones((3, 4))), causal_mask(3, like=make(np.zeros(1)))[0, ...])
