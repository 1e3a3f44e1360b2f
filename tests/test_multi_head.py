import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from attnlib import attention, causal_mask, merge_heads, multi_head_attention, padding_mask, split_heads

seeds = st.integers(0, 999)


def random_problem(seed, n_heads=2, batch=(), n_queries=3, n_keys=4):
    """x, context, w_q, w_k, w_v, w_o; every width differs, so that no two can be mixed up."""
    rng = np.random.default_rng(seed)
    d_model, d_context, d_key, d_value, d_out = 5, 7, 3, 2, 6
    tokens = [rng.standard_normal((*batch, n_queries, d_model)), rng.standard_normal((*batch, n_keys, d_context))]
    shapes = [(d_model, n_heads * d_key), (d_context, n_heads * d_key), (d_context, n_heads * d_value)]
    matrices = [rng.standard_normal(shape) for shape in [*shapes, (n_heads * d_value, d_out)]]
    return tokens + matrices


def run(make, arrays, n_heads, mask=None):
    mask = None if mask is None else make(mask)
    outputs, weights = multi_head_attention(*(make(array) for array in arrays), n_heads, mask)
    return np.asarray(outputs), np.asarray(weights)


def columns(matrix, head, n_heads):
    """The columns of `matrix` that belong to one head."""
    width = matrix.shape[1] // n_heads
    return matrix[:, head * width : (head + 1) * width]


@st.composite
def masks(draw, batch, n_queries=3, n_keys=4):
    shape = draw(st.sampled_from([(n_keys,), (n_queries, n_keys), (*batch, 1, n_keys), (*batch, n_queries, n_keys)]))
    mask = np.random.default_rng(draw(seeds)).random(shape) < 0.6
    return draw(st.sampled_from([None, mask]))


# --- splitting and merging ---


@given(
    batch=st.sampled_from([(), (2,), (2, 3), (0,)]),
    n_heads=st.integers(1, 4),
    n_tokens=st.integers(0, 4),
    d_head=st.integers(1, 3),
)
def test_a_head_is_a_slice_of_the_width_and_merging_puts_the_slices_side_by_side(
    make, batch, n_heads, n_tokens, d_head
):
    x = np.random.default_rng(0).standard_normal((*batch, n_tokens, n_heads * d_head))
    heads = split_heads(make(x), n_heads)
    slices = np.stack([x[..., head * d_head : (head + 1) * d_head] for head in range(n_heads)], axis=-3)
    assert_array_equal(np.asarray(heads), slices)
    assert_array_equal(np.asarray(merge_heads(heads)), x)
    assert_array_equal(np.asarray(merge_heads(make(slices))), x)


def test_the_number_of_heads_may_be_a_whole_number_of_numpys():
    x = np.ones((3, 4))
    assert split_heads(x, np.int64(2)).shape == (2, 3, 2)


@pytest.mark.parametrize(
    ("shape", "n_heads", "message"),
    [
        ((3, 5), 2, "width 5 is not a multiple of 2 heads"),
        ((3, 4), 0, "n_heads must be a positive whole number, got 0"),
        ((3, 4), -2, "n_heads must be a positive whole number, got -2"),
        ((3, 4), 2.0, "n_heads must be a positive whole number, got 2.0"),
        ((3, 4), True, "n_heads must be a positive whole number, got True"),
        ((4,), 2, r"x must have the axes \(\.\.\., token, d_model\), got shape \(4,\)"),
    ],
)
def test_heads_that_do_not_divide_the_width_are_refused(make, shape, n_heads, message):
    with pytest.raises(ValueError, match=message):
        split_heads(make(np.ones(shape)), n_heads)


def test_merging_needs_an_axis_of_heads(make):
    with pytest.raises(ValueError, match=r"x must have the axes \(\.\.\., head, token, d_head\), got shape \(3, 4\)"):
        merge_heads(make(np.ones((3, 4))))


# --- against what others compute ---


@pytest.mark.parametrize("n_heads", [1, 2, 3])
@given(seed=seeds, mask=masks(batch=(2,)))
def test_every_head_is_attention_on_its_own_columns_and_the_outputs_sum_through_its_own_rows(make, n_heads, seed, mask):
    arrays = random_problem(seed, n_heads, batch=(2,))
    x, context, w_q, w_k, w_v, w_o = arrays
    outputs, weights = run(make, arrays, n_heads, mask)
    expected = np.zeros((2, 3, 6))
    for head in range(n_heads):
        own_w_q, own_w_k, own_w_v = (columns(w, head, n_heads) for w in (w_q, w_k, w_v))
        own_outputs, own_weights = attention(x @ own_w_q, context @ own_w_k, context @ own_w_v, mask)
        assert_allclose(weights[:, head], own_weights, atol=1e-12)
        expected += own_outputs @ columns(w_o.T, head, n_heads).T
    assert_allclose(outputs, expected, atol=1e-12)


def torchs_module(torch, w_q, w_k, w_v, w_o, n_heads):
    """nn.MultiheadAttention with our weights. It keeps (out, in) matrices, stacked, and True = may NOT attend."""
    d_model = len(w_q)
    module = torch.nn.MultiheadAttention(d_model, n_heads, bias=False, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        module.in_proj_weight.copy_(torch.cat([w.T for w in (w_q, w_k, w_v)]))
        module.out_proj.weight.copy_(w_o.T)
    return module


@pytest.mark.parametrize("n_heads", [1, 2, 4])
@pytest.mark.parametrize("kind", ["none", "causal", "padding"])
def test_outputs_weights_and_gradients_are_those_of_torchs_own_module(torch, n_heads, kind):
    rng = np.random.default_rng(n_heads)
    x, context = (torch.as_tensor(rng.standard_normal((2, n, 8))) for n in (4, 5))
    matrices = [torch.as_tensor(rng.standard_normal((8, 8))).requires_grad_() for _ in range(4)]
    mask = {"none": None, "causal": causal_mask(4, 5, like=x), "padding": padding_mask([5, 2], 5, like=x)}[kind]
    theirs = {
        "none": {},
        "causal": {"attn_mask": None if mask is None else ~mask},
        "padding": {"key_padding_mask": None if mask is None else ~mask[:, -1]},
    }
    outputs, weights = multi_head_attention(x, context, *matrices, n_heads, mask)
    module = torchs_module(torch, *matrices, n_heads)
    expected_outputs, expected_weights = module(
        x, context, context, need_weights=True, average_attn_weights=False, **theirs[kind]
    )
    assert_allclose(outputs.detach(), expected_outputs.detach(), atol=1e-10)
    assert_allclose(weights.detach(), expected_weights.detach(), atol=1e-10)
    for result in (outputs, expected_outputs):
        (result * torch.sin(torch.arange(result.numel())).reshape(result.shape)).sum().backward()
    *ours, w_o = (matrix.grad for matrix in matrices)
    assert_allclose(torch.cat([grad.T for grad in ours]), module.in_proj_weight.grad, atol=1e-10)
    assert_allclose(w_o.T, module.out_proj.weight.grad, atol=1e-10)


@given(seed=seeds, mask=masks(batch=(2,)))
def test_numpy_and_torch_agree_to_ten_digits(torch, seed, mask):
    arrays = random_problem(seed, batch=(2,))
    for ours, theirs in zip(run(np.asarray, arrays, 2, mask), run(torch.asarray, arrays, 2, mask), strict=True):
        assert_allclose(ours, theirs, atol=1e-10)


def test_gradients_are_the_ones_that_numerical_differences_find(torch):
    arrays = [torch.as_tensor(array).requires_grad_() for array in random_problem(0, n_queries=2, n_keys=3)]
    some = torch.tensor([[True, False, True], [False, False, False]])  # the second query may attend to nothing
    for mask in (None, some):
        assert torch.autograd.gradcheck(lambda *inputs, mask=mask: multi_head_attention(*inputs, 2, mask), arrays)
    x = torch.as_tensor(np.random.default_rng(0).standard_normal((2, 4))).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: merge_heads(2 * split_heads(x, 2)), x)


# --- properties ---


@given(seed=seeds, mask=masks(batch=()))
def test_permuting_the_heads_permutes_the_weights_and_changes_no_output(make, seed, mask):
    n_heads = 3
    x, context, w_q, w_k, w_v, w_o = arrays = random_problem(seed, n_heads)
    order = np.random.default_rng(seed).permutation(n_heads)

    def permuted(w):
        return np.concatenate([columns(w, head, n_heads) for head in order], axis=1)

    outputs, weights = run(make, arrays, n_heads, mask)
    moved = [x, context, permuted(w_q), permuted(w_k), permuted(w_v), permuted(w_o.T).T.copy()]
    moved_outputs, moved_weights = run(make, moved, n_heads, mask)
    assert_allclose(moved_outputs, outputs, atol=1e-12)
    assert_allclose(moved_weights, weights[order], atol=1e-12)


@given(seed=seeds, mask=masks(batch=(2,)))
def test_weights_sum_to_one_or_to_zero_where_nothing_is_allowed(make, seed, mask):
    _, weights = run(make, random_problem(seed, batch=(2,)), 2, mask)
    allowed = np.ones((2, 3, 4), bool) if mask is None else np.broadcast_to(mask, (2, 3, 4))
    allowed = np.stack([allowed, allowed], axis=1)
    assert (weights[~allowed] == 0).all()
    assert_allclose(weights.sum(axis=-1), allowed.any(axis=-1), atol=1e-12)


def test_a_query_that_may_attend_to_nothing_gets_zero(make):
    mask = np.asarray([[True] * 4, [False] * 4, [True] * 4])
    outputs, weights = run(make, random_problem(0), 2, mask)
    assert not outputs[1].any()
    assert not weights[:, 1].any()
    assert outputs[0].all()


@pytest.mark.parametrize(
    ("batch_of_x", "batch_of_context"), [((3,), ()), ((), (3,)), ((2, 1), (3,)), ((2, 3), (2, 3)), ((0,), (0,))]
)
def test_leading_axes_of_tokens_and_context_broadcast(make, batch_of_x, batch_of_context):
    x, context, *matrices = random_problem(0)
    rng = np.random.default_rng(1)
    x, context = (
        rng.standard_normal((*b, *array.shape)) for b, array in ((batch_of_x, x), (batch_of_context, context))
    )
    batch = np.broadcast_shapes(batch_of_x, batch_of_context)
    outputs, weights = run(make, [x, context, *matrices], 2)
    assert outputs.shape == (*batch, 3, 6)
    assert weights.shape == (*batch, 2, 3, 4)
    x, context = (np.broadcast_to(array, (*batch, *array.shape[-2:])) for array in (x, context))
    for index in np.ndindex(batch):
        alone_outputs, alone_weights = run(make, [x[index].copy(), context[index].copy(), *matrices], 2)
        assert_allclose(outputs[index], alone_outputs, atol=1e-12)
        assert_allclose(weights[index], alone_weights, atol=1e-12)


def test_later_tokens_do_not_change_earlier_outputs(make):
    x, _, w_q, *_ = random_problem(0)
    _, _, _, w_k, w_v, w_o = random_problem(0)
    w_k, w_v = w_k[:5], w_v[:5]
    before, _ = run(make, [x, x, w_q, w_k, w_v, w_o], 2, causal_mask(3))
    for token in range(1, 3):
        later = x.copy()
        later[token:] += 100
        after, _ = run(make, [later, later, w_q, w_k, w_v, w_o], 2, causal_mask(3))
        assert_array_equal(after[:token], before[:token])


# --- the trap: a mask per sequence, when there are as many sequences as heads ---


@pytest.mark.parametrize("shape", [(2, 1, 4), (2, 3, 4)])
def test_a_mask_per_sequence_is_not_taken_for_a_mask_per_head(make, shape):
    n_batch = n_heads = 2
    mask = np.random.default_rng(0).random(shape) < 0.5
    mask[0, :, 0], mask[1, :, 0] = True, False  # the two sequences are allowed different keys
    mask[..., -1] = True
    arrays = random_problem(0, n_heads, batch=(n_batch,))
    outputs, weights = run(make, arrays, n_heads, mask)
    for b in range(n_batch):
        x, context, *matrices = arrays
        alone_outputs, alone_weights = run(make, [x[b], context[b], *matrices], n_heads, mask[b])
        assert_allclose(outputs[b], alone_outputs, atol=1e-12)
        assert_allclose(weights[b], alone_weights, atol=1e-12)


def test_the_padding_of_each_sequence_is_forbidden_to_all_heads(make):
    _, weights = run(make, random_problem(0, n_heads=2, batch=(2,)), 2, padding_mask([4, 1], 4))
    assert (weights[0] > 0).all()
    assert (weights[1, :, :, 0] == 1).all()
    assert not weights[1, :, :, 1:].any()


def test_a_mask_per_sequence_works_with_more_than_one_batch_axis(make):
    arrays = random_problem(0, batch=(2, 3))
    mask = np.random.default_rng(0).random((2, 3, 3, 4)) < 0.5
    _, weights = run(make, arrays, 2, mask)
    for head in range(2):
        assert_array_equal(weights[:, :, head] > 0, mask)


# --- what is refused ---


@pytest.mark.parametrize(
    ("batch", "mask_shape"),
    [((2,), (2, 2, 3, 4)), ((2,), (2, 1, 1, 4)), ((), (2, 3, 4)), ((), (1, 3, 4))],
)
def test_a_mask_with_a_head_axis_is_refused(make, batch, mask_shape):
    came = ", ".join(map(str, mask_shape))
    message = rf"mask must have the axes \(\.\.\., query, key\) without a head axis, got shape \({came}\)"
    with pytest.raises(ValueError, match=message):
        run(make, random_problem(0, batch=batch), 2, np.ones(mask_shape, bool))


@pytest.mark.parametrize("mask_shape", [(5, 4), (3, 5), (5, 1, 4), (2, 5, 4), ()])
def test_a_mask_that_does_not_fit_is_refused_with_the_shapes_that_the_caller_knows(make, mask_shape):
    came = ", ".join(map(str, mask_shape))
    # no head axis in the message: the caller's mask has none
    message = rf"mask must broadcast .* \(\.\.\., query, key\) = \(2, 3, 4\), got shape \({came}\)"
    with pytest.raises(ValueError, match=message):
        run(make, random_problem(0, batch=(2,)), 2, np.ones(mask_shape, bool))


def test_a_mask_of_batch_and_key_needs_an_axis_for_the_queries(make):
    with pytest.raises(ValueError, match=r"\(\.\.\., query, key\) = \(2, 3, 4\), got shape \(2, 4\)"):
        run(make, random_problem(0, batch=(2,)), 2, np.ones((2, 4), bool))


def test_a_mask_that_is_no_boolean_array_of_the_same_library_is_refused(make, torch):
    arrays = random_problem(0)
    with pytest.raises(TypeError, match=r"mask must be boolean \(True = may attend\), got .*float64"):
        run(make, arrays, 2, np.zeros((3, 4)))
    with pytest.raises(TypeError, match="mask must be a boolean array, got list"):
        multi_head_attention(*(make(array) for array in arrays), 2, [[True] * 4] * 3)
    with pytest.raises(TypeError, match="mask must come from the library of the scores, got torch and numpy"):
        multi_head_attention(*arrays, 2, torch.ones(3, 4, dtype=torch.bool))


@pytest.mark.parametrize(
    ("changed", "n_heads", "message"),
    [
        ({"x": (3, 8)}, 2, "x and w_q must have the same d_model, got 8 and 5"),
        ({"context": (4, 8)}, 2, "context and w_k and w_v must have the same d_context, got 8 and 7 and 7"),
        ({"w_v": (8, 4)}, 2, "context and w_k and w_v must have the same d_context, got 7 and 7 and 8"),
        ({"w_k": (7, 8)}, 2, "w_q and w_k must have the same width, got 6 and 8"),
        ({"w_o": (8, 6)}, 2, r"w_v and w_o must have the same width n_heads \* d_value, got 4 and 8"),
        ({}, 4, "width 6 is not a multiple of 4 heads"),
        ({}, 3, "width 4 is not a multiple of 3 heads"),
        ({}, 0, "n_heads must be a positive whole number, got 0"),
        ({}, 2.0, "n_heads must be a positive whole number, got 2.0"),
        ({"context": (0, 7)}, 2, r"must hold at least one key, got shape .*0"),
        ({"x": (5,)}, 2, r"x must have the axes \(\.\.\., query, d_model\), got shape \(5,\)"),
        ({"context": (7,)}, 2, r"context must have the axes \(\.\.\., key, d_context\), got shape \(7,\)"),
        ({"w_q": (2, 5, 6)}, 2, r"w_q must be a matrix, got shape \(2, 5, 6\)"),
        ({"w_o": (4,)}, 2, r"w_o must be a matrix, got shape \(4,\)"),
        ({"x": (2, 3, 5), "context": (3, 4, 7)}, 2, "batch axes must agree or broadcast"),
    ],
)
def test_shapes_that_do_not_fit_are_refused_with_what_was_expected_and_what_came(make, changed, n_heads, message):
    names = ["x", "context", "w_q", "w_k", "w_v", "w_o"]
    arrays = dict(zip(names, random_problem(0), strict=True)) | {name: np.ones(s) for name, s in changed.items()}
    for mask in (None, np.ones((3, 4), bool)):
        with pytest.raises(ValueError, match=message):
            run(make, arrays.values(), n_heads, mask)
