"""Each tester lets attention pass, in every library and form, and finds the smallest violation in wrong functions."""

from functools import partial

import numpy as np
import pytest

from attnlib import attention, blockwise_attention, multi_head_attention, scaled_dot_scores, softmax
from attnlib.properties import (
    assert_batch_independent,
    assert_causal,
    assert_convex,
    assert_inputs_unchanged,
    assert_padding_invariant,
    assert_permutation_equivariant,
)

TESTERS = [
    assert_batch_independent,
    assert_causal,
    assert_convex,
    assert_inputs_unchanged,
    assert_padding_invariant,
    assert_permutation_equivariant,
]
OF_QUERIES_KEYS_VALUES = {
    "attention": attention,
    "only outputs": lambda queries, keys, values, mask: attention(queries, keys, values, mask)[0],
    "blockwise": partial(blockwise_attention, block=2),
}
each_tester = pytest.mark.parametrize("tester", TESTERS, ids=lambda tester: tester.__name__)


def causal_self_attention(x):
    n = x.shape[-2]
    return attention(x, x, x, np.tril(np.ones((n, n), bool)))


def random(*shape):
    return np.random.default_rng(0).standard_normal(shape)


def several_heads(x, mask=None):
    matrices = np.random.default_rng(1).standard_normal((4, x.shape[-1], x.shape[-1]))
    return multi_head_attention(x, x, *matrices, 2, mask)


# --- what is right passes ---


@each_tester
@pytest.mark.parametrize("fn", OF_QUERIES_KEYS_VALUES.values(), ids=OF_QUERIES_KEYS_VALUES)
def test_attention_has_every_property(tester, fn):
    tester(fn)


@each_tester
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_attention_has_every_property_on_inputs_of_ones_own(make, tester, dtype):
    tester(attention, *(make(array.astype(dtype)) for array in random(3, 2, 7, 5)))


@each_tester
def test_torchs_own_attention_has_every_property(torch, tester):
    # a built-in function does not tell what it takes
    tester(torch.nn.functional.scaled_dot_product_attention, *torch.as_tensor(random(3, 2, 7, 5)))


@pytest.mark.parametrize(
    ("tester", "fn"),
    [
        (assert_causal, causal_self_attention),
        (assert_causal, several_heads),
        (assert_padding_invariant, several_heads),
        (assert_permutation_equivariant, lambda x: attention(x, x, x)),
        (assert_permutation_equivariant, several_heads),
        (assert_convex, lambda x: attention(x, x, x)),
        (assert_convex, causal_self_attention),
        (assert_batch_independent, causal_self_attention),
        (assert_batch_independent, several_heads),
        (assert_inputs_unchanged, several_heads),
    ],
)
def test_functions_of_x_pass_too(tester, fn):
    tester(fn)
    tester(fn, random(2, 5, 6))


def test_modules_pass_with_their_parameters_and_gradients(torch):
    class SelfAttention(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inputs = torch.nn.Linear(5, 15)

        def forward(self, x, mask=None):
            return attention(*self.inputs(x).chunk(3, dim=-1), mask)

    class Causal(SelfAttention):
        def forward(self, x):
            return super().forward(x, torch.ones(x.shape[-2], x.shape[-2], dtype=torch.bool).tril())

    torch.manual_seed(0)
    x = torch.randn(2, 7, 5, requires_grad=True)
    assert_causal(Causal(), x)
    for tester in set(TESTERS) - {assert_convex}:
        tester(SelfAttention(), x)
    with pytest.raises(AssertionError, match="the order of the tokens matters"):
        assert_permutation_equivariant(Causal(), x)


# --- what is wrong is found, with the smallest violation ---


def shifted_mask(n):
    """The mask that is off by one: each token sees the next one too."""
    return np.tril(np.ones((n, n), bool), 1)


CAUSAL = {
    # every token sees every other: the nearest pair is a token and the next
    "no mask": (lambda x: attention(x, x, x), 1, 0),
    "mask left out": (lambda q, k, v, mask: attention(q, k, v), 1, 0),
    "off by one": (lambda x: attention(x, x, x, shifted_mask(x.shape[-2])), 1, 0),
    "mean of all": (lambda x: x + x.mean(axis=-2, keepdims=True), 1, 0),
    # only the first output sees anything later, and that is token 3
    "one far leak": (lambda x: np.concatenate([x[..., :1, :] + x[..., 3:4, :], x[..., 1:, :]], axis=-2), 3, 0),
    # output 0 sees token 4, output 2 sees token 4 as well: the nearer pair counts
    "nearest of two": (lambda x: x + np.asarray([1, 0, 1, 0, 0, 0])[:, None] * x[..., 4:5, :], 4, 2),
}


@pytest.mark.parametrize("name", CAUSAL)
def test_a_function_that_looks_ahead_is_found_by_its_nearest_pair_of_tokens(name):
    fn, token, output = CAUSAL[name]
    with pytest.raises(AssertionError, match=rf"changing token {token} moved output {output} by [0-9.]"):
        assert_causal(fn)


def test_the_causality_of_few_queries_is_that_of_the_last_tokens():
    queries, keys, values = random(2, 4), random(5, 4), random(5, 4)
    assert_causal(attention, queries, keys, values)
    top_left = np.tril(np.ones((2, 5), bool))  # the first query at the first key: stricter, and causal too
    assert_causal(lambda q, k, v, mask: attention(q, k, v, top_left), queries, keys, values)
    with pytest.raises(AssertionError, match="changing token 4 moved output 0"):
        assert_causal(lambda q, k, v, mask: attention(q, k, v), queries, keys, values)
    with pytest.raises(ValueError, match="at least as many keys as queries, got 3 queries, 2 keys"):
        assert_causal(attention, random(3, 4), random(2, 4), random(2, 4))


PADDING = {
    "mask left out": (lambda q, k, v, mask: attention(q, k, v), "other numbers in the padding", 0),
    "mask negated": (lambda q, k, v, mask: attention(q, k, v, ~mask), "other numbers in the padding", 0),
    "values summed outside": (
        lambda q, k, v, mask: attention(q, k, v, mask)[0] + v.mean(axis=-2, keepdims=True),
        "other numbers in the padding",
        0,
    ),
    # the padding is not looked at, but counted
    "weights zeroed after the softmax": (
        lambda q, k, v, mask: (softmax(np.where(mask, scaled_dot_scores(q, k), 0)) * mask) @ v,
        "leaving the padding out",
        0,
    ),
    "mean over all tokens": (lambda x, mask: np.where(mask.mT, x, 0) / x.shape[-2], "leaving the padding out", 0),
    # an output behind the length of the sequence is padding for `fn(x, mask)`, but not if the queries are others
    "only the last of the queries": (
        lambda q, k, v, mask: attention(q, k, v, mask)[0] + np.eye(6)[:, 5:] * v[..., -1:, :],
        "other numbers in the padding",
        5,
    ),
    "wrong from the second token on": (
        lambda x, mask: x + np.asarray([0, 1, 0, 0, 0, 0])[: x.shape[-2], None] * x[..., -1:, :],
        "other numbers in the padding",
        1,
    ),
}


@pytest.mark.parametrize("name", PADDING)
def test_a_function_that_sees_the_padding_is_found_by_its_first_output(name):
    fn, what, output = PADDING[name]
    with pytest.raises(AssertionError, match=rf"{what} moved output {output} of sequence 1 by [0-9.]"):
        assert_padding_invariant(fn)


def test_a_single_sequence_is_padded_too():
    inputs = random(3, 1, 6, 4)
    assert_padding_invariant(attention, *inputs)
    with pytest.raises(AssertionError, match="of sequence 0"):
        assert_padding_invariant(lambda q, k, v, mask: attention(q, k, v), *inputs)


PERMUTATION = {
    "causal": (causal_self_attention, 0, 1, 0),
    "mask ignored, causal instead": (lambda q, k, v, mask: attention(q, k, v, np.tri(6, dtype=bool)), 0, 1, 0),
    "positions": (lambda x: x + np.arange(x.shape[-2])[:, None], 0, 1, 0),
    "last token twice": (lambda x: x + x[..., -1:, :], 4, 5, 0),
    "values reversed": (lambda q, k, v, mask: attention(q, k, v[..., ::-1, :]), 0, 1, 0),
    "only tokens 2 and 3": (lambda q, k, v, mask: q + k[..., 3:4, :], 2, 3, 0),
}


@pytest.mark.parametrize("name", PERMUTATION)
def test_a_function_that_knows_the_order_is_found_by_its_first_pair_of_neighbours(name):
    fn, first, second, output = PERMUTATION[name]
    message = rf"exchanging tokens {first} and {second} moved output {output} by [0-9.]"
    with pytest.raises(AssertionError, match=message):
        assert_permutation_equivariant(fn)


CONVEX = {
    "no softmax": (lambda q, k, v, mask: scaled_dot_scores(q, k) @ v, 0),
    "residual": (lambda x: 3 * x + attention(x, x, x)[0], 0),
    "weights sum to two": (lambda q, k, v, mask: 2 * softmax(100 * scaled_dot_scores(q, k)) @ v, 0),
    "inside the box, outside the hull": (lambda x: 0 * x + np.asarray([1.0, 1, 0, 0]), 0),
    "only the third": (lambda x: np.concatenate([x[..., :2, :], 10 * x[..., 2:3, :], x[..., 3:, :]], axis=-2), 2),
}


@pytest.mark.parametrize("name", CONVEX)
def test_a_function_that_takes_no_weighted_mean_is_found_by_its_first_output(name):
    fn, output = CONVEX[name]
    inputs = [np.concatenate([np.eye(4), np.zeros((1, 4))])] if name.startswith("inside") else []
    with pytest.raises(AssertionError, match=rf"output {output} lies beyond all of them by [0-9.]"):
        assert_convex(fn, *inputs)


def test_outputs_of_another_width_are_no_weighted_mean():
    with pytest.raises(AssertionError, match="it has width 3, they have 4"):
        assert_convex(lambda x: x[..., :3])


BATCH = {
    "centred over the batch": (lambda x: x - x.mean(axis=0), 0, 1),
    "heads and batch mixed up": (lambda x: x.reshape(x.shape[1], x.shape[0], -1).swapaxes(0, 1), 0, 1),
    "keys of the neighbour": (lambda q, k, v, mask: attention(q, np.roll(k, 1, axis=0), v), 0, 1),
    "only upwards": (lambda x: np.concatenate([x[:1] + x[1:2], x[1:]]), 1, 0),
}


@pytest.mark.parametrize("name", BATCH)
def test_a_function_that_mixes_sequences_is_found_by_its_first_pair(name):
    fn, changed, moved = BATCH[name]
    with pytest.raises(AssertionError, match=rf"changing sequence {changed} moved the outputs of sequence {moved} by"):
        assert_batch_independent(fn)


def add_one(array):
    array += 1
    return array


IN_PLACE = {
    "x": (lambda x: add_one(x), "x"),
    "queries": (lambda q, k, v, mask: (add_one(q), None), "queries"),
    "keys": (lambda q, k, v, mask: add_one(k), "keys"),
    "values": (lambda q, k, v, mask: add_one(v[..., 2, :]) + q, "values"),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_a_function_that_writes_into_its_inputs_is_found_by_the_name_of_the_input(make, name):
    if make is not np.asarray and "array_api_strict" in make.__module__ and name == "values":
        pytest.skip("a slice of an array_api_strict array may be a copy")
    fn, written = IN_PLACE[name]
    inputs = [make(array.copy()) for array in random(1 if name == "x" else 3, 5, 4)]
    with pytest.raises(AssertionError, match=rf"the function writes into its input {written}$"):
        assert_inputs_unchanged(fn, *inputs)


@each_tester
@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_outputs_that_are_not_finite_never_pass(tester, number):
    with pytest.raises(AssertionError, match=r"outputs that are not finite \(nan or inf\)"):
        tester(lambda q, k, v, mask: number * np.ones_like(q))
    if tester is not assert_padding_invariant:
        with pytest.raises(AssertionError, match=r"outputs that are not finite \(nan or inf\)"):
            tester(lambda x: number * np.ones_like(x))


@pytest.mark.parametrize(
    "tester", [assert_causal, assert_padding_invariant, assert_permutation_equivariant, assert_batch_independent]
)
def test_outputs_that_become_nan_only_when_an_input_moves_never_pass(tester):
    calls = []

    def nan_from_the_second_call_on(q, k, v, mask):
        calls.append(1)
        return attention(q, k, v, mask)[0] if len(calls) == 1 else np.nan * q

    with pytest.raises(AssertionError, match="not finite"):
        tester(nan_from_the_second_call_on)


LEAKS = {
    assert_causal: lambda size: lambda x: x + size * x[..., -1:, :],
    assert_padding_invariant: lambda size: lambda q, k, v, mask: attention(q, k, v, mask)[0] + size * v[..., -1:, :],
    assert_permutation_equivariant: lambda size: lambda x: x + size * x[..., -1:, :],
    assert_convex: lambda size: lambda x: x + size,
    assert_batch_independent: lambda size: lambda x: x + size * x[:1],
}


@pytest.mark.parametrize("tester", LEAKS, ids=lambda tester: tester.__name__)
def test_a_small_leak_is_found_and_rounding_is_not_taken_for_one(tester):
    with pytest.raises(AssertionError):
        tester(LEAKS[tester](1e-4))
    tester(LEAKS[tester](1e-10))
    tester(LEAKS[tester](1e-4), tolerance=0.1)


def test_rounding_grows_with_the_outputs():
    for tester in (assert_causal, assert_permutation_equivariant, assert_batch_independent):
        tester(lambda x, tester=tester: 1e6 * LEAKS[tester](1e-10)(x))


@pytest.mark.parametrize("tester", [assert_causal, assert_permutation_equivariant, assert_convex])
def test_wrong_tensors_are_found_too(torch, tester):
    wrong = {
        assert_causal: lambda x: attention(x, x, x),
        assert_permutation_equivariant: lambda x: x.cumsum(dim=-2),
        assert_convex: lambda x: 2 * x,
    }
    with pytest.raises(AssertionError, match=r"by [0-9.]+"):
        tester(wrong[tester], torch.as_tensor(random(2, 6, 4)))


# --- what cannot be tested says so ---


def test_padding_cannot_be_tested_without_a_mask():
    with pytest.raises(TypeError, match=r"needs a function that takes a mask, fn\(queries, keys, values, mask\)"):
        assert_padding_invariant(lambda x: x)


def test_one_array_or_three_are_handed_over():
    with pytest.raises(TypeError, match="one array x, or three: queries, keys and values; got 2"):
        assert_causal(attention, random(3, 4), random(3, 4))


def test_inputs_in_which_nothing_could_be_found_are_refused():
    with pytest.raises(ValueError, match="at least two sequences in the batch, got 1"):
        assert_batch_independent(lambda x: x, random(1, 6, 4))
    for tester in (assert_padding_invariant, assert_causal, assert_permutation_equivariant):
        with pytest.raises(ValueError, match="at least two tokens, got 1"):
            tester(attention, *random(3, 2, 1, 4))
    for tester in (assert_batch_independent, assert_padding_invariant):
        with pytest.raises(ValueError, match=r"must have the axes \(batch, token, width\), got shape \(6, 4\)"):
            tester(attention, *random(3, 6, 4))


@each_tester
@pytest.mark.parametrize("x", [[[1.0, 2.0], [3.0, 4.0]], np.ones(3), None])
def test_what_are_no_tokens_is_refused(tester, x):
    with pytest.raises(TypeError, match=r"arrays with the axes \(\.\.\., token, width\)"):
        tester(lambda x, mask: x, x)


@pytest.mark.parametrize("answer", [None, [1.0, 2.0], "outputs"])
def test_a_function_that_returns_no_array_is_told_so(answer):
    with pytest.raises(AssertionError, match="must return an array or a tuple that begins with one, got"):
        assert_causal(lambda x: answer)


@each_tester
def test_the_same_seed_finds_the_same_violation(tester):
    def wrong(q, k, v, mask):
        v -= 2 * v.mean()
        return v.mean() * (1 + np.arange(q.shape[-2]))[:, None] + q * 1000 + k.max() * v.max()

    messages = set()
    for _ in range(2):
        with pytest.raises(AssertionError) as error:
            tester(wrong)
        messages.add(str(error.value))
    assert len(messages) == 1
