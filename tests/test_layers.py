"""Layers: compared with their formulas by hand; padding changes nothing; whole targets and single symbols agree.

Layers of many heads: with and without weights they compute the same, and the same as torch's own module.
"""

from functools import partial

import numpy as np
import pytest
import torch

from attnlib import (
    additive_scores,
    attention,
    causal_mask,
    dot_scores,
    general_scores,
    layers,
    multi_head_attention,
    padding_mask,
    scaled_dot_scores,
)

N_SOURCE, N_TARGET, D_EMBEDDING, D_STATE = 9, 7, 4, 6

# each call makes new parameters
SCORES = {
    "dot": lambda: dot_scores,
    "scaled dot": lambda: scaled_dot_scores,
    "general": lambda: layers.GeneralScores(D_STATE, D_STATE),
    "scaled general": lambda: layers.ScaledGeneralScores(D_STATE, D_STATE),
    "additive": lambda: layers.AdditiveScores(D_STATE, D_STATE, 5),
}
DECODERS = {
    "fixed vector at the start": layers.FixedVectorDecoder,
    "fixed vector at each step": partial(layers.FixedVectorDecoder, at_each_step=True),
    "Luong": lambda *sizes, **options: layers.LuongDecoder(*sizes, score=SCORES["general"](), **options),
    "Bahdanau": lambda *sizes, **options: layers.BahdanauDecoder(*sizes, score=SCORES["additive"](), **options),
}


def make_model(decoder, cell="gru", n_directions=2, **options):
    torch.manual_seed(0)
    encoder = layers.Encoder(N_SOURCE, D_EMBEDDING, D_STATE, cell=cell, n_directions=n_directions)
    return layers.EncoderDecoder(encoder, decoder(N_TARGET, D_EMBEDDING, D_STATE, cell=cell, **options)).double()


def batch():
    """Sources of lengths 5, 2 and 3, padded, and targets."""
    generator = torch.Generator().manual_seed(1)
    sources = torch.randint(3, N_SOURCE, (3, 5), generator=generator)
    lengths = torch.tensor([5, 2, 3])
    targets = torch.randint(3, N_TARGET, (3, 4), generator=generator)
    return sources * (torch.arange(5) < lengths[:, None]), lengths, targets


every_decoder = pytest.mark.parametrize("decoder", DECODERS.values(), ids=DECODERS)
every_cell = pytest.mark.parametrize("cell", layers.CELLS)
either_direction = pytest.mark.parametrize("n_directions", [1, 2])


def assert_same(one, other):
    """Equal up to the order of sums; one of them may be None only with the other."""
    assert (one is None) == (other is None)
    if one is not None:
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


# --- encoder ---


@every_cell
@either_direction
def test_a_source_is_read_alike_alone_and_padded_in_a_batch(cell, n_directions):
    encoder = make_model(layers.LuongDecoder, cell, n_directions).encoder
    sources, lengths, _ = batch()
    together = encoder(sources, lengths)
    for i, length in enumerate(lengths):
        alone = encoder(sources[i : i + 1, :length], lengths[i : i + 1])
        assert_same(together.states[i, :length], alone.states[0])
        assert_same(layers._shown(together.last)[i], layers._shown(alone.last)[0])
        assert together.mask[i, 0].tolist() == [True] * length + [False] * (5 - length)
    if cell == "lstm":
        assert_same(together.last[1][:, -1], alone.last[1][:, 0])


@every_decoder
@every_cell
@either_direction
def test_what_stands_in_the_padding_changes_neither_outputs_nor_gradients(decoder, cell, n_directions):
    sources, lengths, targets = batch()
    padding = torch.arange(5) >= lengths[:, None]
    found = []
    for number in (0, 8):
        model = make_model(decoder, cell, n_directions)
        scores, weights = model(torch.where(padding, number, sources), lengths, targets)
        scores.square().sum().backward()
        found.append((scores, weights, [parameter.grad for parameter in model.parameters()]))
    (scores, weights, gradients), (other_scores, other_weights, other_gradients) = found
    assert torch.equal(scores, other_scores)
    assert weights is other_weights is None or torch.equal(weights, other_weights)
    assert all(torch.equal(one, other) for one, other in zip(gradients, other_gradients, strict=True))


@every_decoder
def test_more_padding_changes_nothing(decoder):
    model = make_model(decoder)
    sources, lengths, targets = batch()
    scores, weights = model(sources, lengths, targets)
    wider, wider_weights = model(torch.nn.functional.pad(sources, (0, 3), value=5), lengths, targets)
    assert_same(scores, wider)
    if weights is not None:
        assert_same(weights, wider_weights[..., :5])
        assert (wider_weights[..., 5:] == 0).all()


def test_two_directions_read_from_both_ends():
    torch.manual_seed(0)
    encoder = layers.Encoder(N_SOURCE, D_EMBEDDING, D_STATE, n_directions=2).double()
    states, last, _ = encoder(torch.tensor([[3, 4, 5, 6]]), torch.tensor([4]))
    changed, _, _ = encoder(torch.tensor([[3, 4, 8, 6]]), torch.tensor([4]))
    half = D_STATE // 2
    moved = (states != changed)[0]
    assert moved[:, :half].any(dim=-1).tolist() == [False, False, True, True]  # forwards
    assert moved[:, half:].any(dim=-1).tolist() == [True, True, True, False]  # backwards
    assert torch.equal(last[0, 0], torch.cat([states[0, -1, :half], states[0, 0, half:]]))


def test_one_direction_does_not_look_ahead():
    torch.manual_seed(0)
    encoder = layers.Encoder(N_SOURCE, D_EMBEDDING, D_STATE, n_directions=1).double()
    states, last, _ = encoder(torch.tensor([[3, 4, 5, 6]]), torch.tensor([4]))
    changed, _, _ = encoder(torch.tensor([[3, 4, 8, 6]]), torch.tensor([4]))
    assert (states != changed)[0].any(dim=-1).tolist() == [False, False, True, True]
    assert torch.equal(last[0], states[:, -1])


# --- decoders ---


@every_decoder
@every_cell
def test_a_whole_target_gives_what_its_symbols_give_one_at_a_time(decoder, cell):
    model = make_model(decoder, cell)
    sources, lengths, targets = batch()
    scores, weights = model(sources, lengths, targets)
    encoded, state = model.encoder(sources, lengths), None
    for step in range(targets.shape[1]):
        step_scores, step_weights, state = model.decoder(targets[:, step : step + 1], encoded, state)
        assert_same(step_scores[:, 0], scores[:, step])
        if weights is not None:
            assert_same(step_weights[:, 0], weights[:, step])


@every_decoder
def test_later_target_symbols_do_not_change_earlier_scores(decoder):
    model = make_model(decoder)
    sources, lengths, targets = batch()
    scores, _ = model(sources, lengths, targets)
    changed = targets.clone()
    changed[:, 2] = 3 + (changed[:, 2] - 2) % (N_TARGET - 3)  # another symbol
    other, _ = model(sources, lengths, changed)
    assert torch.equal(other[:, :2], scores[:, :2])
    assert (other[:, 2:] != scores[:, 2:]).all()


@pytest.mark.parametrize("decoder", [layers.LuongDecoder, layers.BahdanauDecoder])
@pytest.mark.parametrize("score", SCORES.values(), ids=SCORES)
def test_weights_sum_to_one_on_what_there_is_to_read(decoder, score):
    model = make_model(decoder, score=score())
    sources, lengths, targets = batch()
    _, weights = model(sources, lengths, targets)
    assert weights.shape == (3, 4, 5)
    assert_same(weights.sum(dim=-1), torch.ones(3, 4, dtype=torch.float64))
    for i, length in enumerate(lengths):
        assert (weights[i, :, :length] > 0).all()
        assert (weights[i, :, length:] == 0).all()


@every_decoder
@every_cell
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_dtype_of_the_parameters_is_that_of_the_scores_and_the_weights(decoder, cell, dtype):
    scores, weights = make_model(decoder, cell).to(dtype)(*batch())
    assert scores.dtype == dtype
    assert weights is None or weights.dtype == dtype


# --- by hand ---


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def arrays(module):
    return {name: parameter.detach().numpy() for name, parameter in module.named_parameters()}


def gru_step(p, x, h):
    """PyTorch's GRU, from the formulas in its documentation."""
    reset_x, update_x, new_x = np.split(p["weight_ih_l0"] @ x + p["bias_ih_l0"], 3)
    reset_h, update_h, new_h = np.split(p["weight_hh_l0"] @ h + p["bias_hh_l0"], 3)
    reset, update = sigmoid(reset_x + reset_h), sigmoid(update_x + update_h)
    return (1 - update) * np.tanh(new_x + reset * new_h) + update * h


def by_hand(model, source, target, wiring):
    """Scores of a model with one-directional GRUs, one source and one step at a time."""
    read = arrays(model.encoder.recurrent)
    h, states = np.zeros(D_STATE), []
    for symbol in source:
        h = gru_step(read, arrays(model.encoder)["embedding.weight"][symbol], h)
        states.append(h)
    keys, vector, all_scores = np.stack(states), h, []
    p, write = arrays(model.decoder), arrays(model.decoder.recurrent)
    for symbol in target:
        x = p["embedding.weight"][symbol]
        if wiring == "fixed vector at the start":
            h = shown = gru_step(write, x, h)
        if wiring == "fixed vector at each step":
            h = shown = gru_step(write, np.concatenate([x, vector]), h)
        if wiring == "Luong":
            h = gru_step(write, x, h)
            scores = keys @ (p["score.w"].T @ h)
            context = np.exp(scores) / np.exp(scores).sum() @ keys
            shown = np.tanh(p["combine.weight"] @ np.concatenate([context, h]))
        if wiring == "Bahdanau":
            scores = np.tanh(h @ p["score.w_query"] + keys @ p["score.w_key"]) @ p["score.v"]
            context = np.exp(scores) / np.exp(scores).sum() @ keys
            h = gru_step(write, np.concatenate([x, context]), h)
            shown = np.concatenate([h, context])
        all_scores.append(p["readout.weight"] @ shown + p["readout.bias"])
    return np.stack(all_scores)


@pytest.mark.parametrize("wiring", DECODERS)
def test_a_decoder_computes_what_its_formulas_say_step_by_step(wiring):
    model = make_model(DECODERS[wiring], n_directions=1)
    source, target = [3, 5, 4, 7], [1, 6, 3]
    scores, _ = model(torch.tensor([source]), torch.tensor([4]), torch.tensor([target]))
    np.testing.assert_allclose(scores[0].detach().numpy(), by_hand(model, source, target, wiring), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("module", "function"),
    [
        (layers.GeneralScores(3, 4), lambda m: partial(general_scores, w=m.w)),
        (layers.ScaledGeneralScores(3, 4), lambda m: partial(general_scores, w=m.w / 2)),  # the root of 4
        (layers.AdditiveScores(3, 4, 5), lambda m: partial(additive_scores, w_query=m.w_query, w_key=m.w_key, v=m.v)),
    ],
)
def test_scores_with_parameters_are_attnlibs_functions(module, function):
    queries, keys = torch.randn(2, 6, 3), torch.randn(2, 5, 4)
    torch.testing.assert_close(module(queries, keys), function(module)(queries, keys))
    _, weights = attention(queries, keys, keys, score=module)
    weights[..., 0].sum().backward()
    assert all((parameter.grad != 0).any() for parameter in module.parameters())


@pytest.mark.parametrize("decoder", [layers.LuongDecoder, layers.BahdanauDecoder])
def test_the_parameters_of_a_score_belong_to_the_model(decoder):
    names = dict(make_model(decoder, score=SCORES["additive"]()).named_parameters())
    assert {"decoder.score.w_query", "decoder.score.w_key", "decoder.score.v"} <= set(names)


@every_decoder
def test_every_parameter_gets_a_gradient(decoder):
    model = make_model(decoder)
    sources, lengths, targets = batch()
    model(sources, lengths, targets)[0].square().sum().backward()
    assert all((parameter.grad != 0).any() for parameter in model.parameters())


@pytest.mark.parametrize("decoder", [layers.LuongDecoder, DECODERS["Bahdanau"]], ids=["Luong", "Bahdanau"])
def test_of_an_lstms_state_the_part_that_it_shows_asks(decoder):
    model = make_model(decoder, "lstm", n_directions=1)
    sources, lengths, targets = batch()
    encoded = model.encoder(sources, lengths)
    assert_same(layers._shown(encoded.last)[0, 0], encoded.states[0, -1])  # of a source without padding
    hidden, cell = encoded.last
    _, weights, _ = model.decoder(targets[:, :1], encoded)
    _, after_another_cell, _ = model.decoder(targets[:, :1], encoded, (hidden, 2 * cell))
    _, after_another_hidden, _ = model.decoder(targets[:, :1], encoded, (2 * hidden, cell))
    is_bahdanau = isinstance(model.decoder, layers.BahdanauDecoder)  # it asks before its step
    assert torch.equal(weights, after_another_cell) == is_bahdanau
    assert not torch.equal(weights, after_another_hidden)


def test_only_the_last_state_reaches_a_fixed_vector_decoder():
    model = make_model(layers.FixedVectorDecoder)
    encoded = model.encoder(*batch()[:2])
    scores, _, _ = model.decoder(batch()[2], encoded)
    forgotten = encoded._replace(states=encoded.states * torch.nan, mask=None)
    assert torch.equal(model.decoder(batch()[2], forgotten)[0], scores)


# --- many heads ---

# masks for two sequences, five queries and five keys
MASKS = {
    "none": None,
    "one row of keys": torch.tensor([True, False, True, True, False]),
    "causal": causal_mask(5, like=torch.empty(0)),
    "padding": padding_mask(torch.tensor([5, 2]), 5),
    "padding and causal": padding_mask(torch.tensor([5, 2]), 5) & causal_mask(5, like=torch.empty(0)),
    "an empty row": causal_mask(5, like=torch.empty(0)) & (torch.arange(5) != 2)[:, None],
    "a sequence of padding": padding_mask(torch.tensor([3, 0]), 5),
    "nothing allowed": torch.zeros(5, 5, dtype=torch.bool),
}
every_mask = pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)


def normal(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def make_layer(d_model=6, n_heads=2, d_head=None, bias=False, dtype=torch.float64):
    torch.manual_seed(0)
    layer = layers.MultiHeadAttention(d_model, n_heads, d_head, bias).to(dtype)
    with torch.no_grad():
        for name, parameter in layer.named_parameters():
            parameter *= 3  # so that the weights differ visibly
            if name.startswith("b_"):
                parameter.normal_()
    return layer


def head_by_head(layer, queries, keys, values, mask):
    """Outputs and weights in NumPy, one sequence, head and query at a time."""
    p = {**dict.fromkeys(("b_q", "b_k", "b_v", "b_o"), np.zeros(1)), **arrays(layer)}  # no biases: zeros
    queries, keys, values = (x.detach().numpy() for x in (queries, keys, values))
    (n_batch, n_queries, d_model), n_keys, width = queries.shape, keys.shape[1], p["w_q"].shape[1]
    b_q, b_k, b_v = (np.broadcast_to(p[name], width) for name in ("b_q", "b_k", "b_v"))
    d_head = width // layer.n_heads
    mask = np.broadcast_to(True if mask is None else mask.numpy(), (n_batch, n_queries, n_keys))
    outputs, weights = np.zeros((n_batch, n_queries, d_model)), np.zeros((n_batch, layer.n_heads, n_queries, n_keys))
    for b, head, i in np.ndindex(n_batch, layer.n_heads, n_queries):
        own, allowed = slice(head * d_head, (head + 1) * d_head), mask[b, i]
        if allowed.any():
            query = queries[b, i] @ p["w_q"][:, own] + b_q[own]
            scores = (keys[b, allowed] @ p["w_k"][:, own] + b_k[own]) @ query / d_head**0.5
            weights[b, head, i, allowed] = np.exp(scores) / np.exp(scores).sum()
        outputs[b, i] += weights[b, head, i] @ (values[b] @ p["w_v"][:, own] + b_v[own]) @ p["w_o"][own]
    return outputs + p["b_o"], weights


either_bias = pytest.mark.parametrize("bias", [False, True], ids=["no biases", "biases"])


@every_mask
@either_bias
@pytest.mark.parametrize("d_head", [None, 2])
def test_heads_compute_what_their_formula_says_one_query_at_a_time(mask, bias, d_head):
    layer, inputs = make_layer(d_head=d_head, bias=bias), [normal(2, 5, 6, seed=seed) for seed in range(3)]
    outputs, weights = layer(*inputs, mask=mask, need_weights=True)
    expected_outputs, expected_weights = head_by_head(layer, *inputs, mask)
    np.testing.assert_allclose(outputs.detach(), expected_outputs, rtol=0, atol=1e-12)
    np.testing.assert_allclose(weights.detach(), expected_weights, rtol=0, atol=1e-12)


@every_mask
def test_the_layer_is_attnlibs_function_with_parameters(mask):
    layer, x, context = make_layer(), normal(2, 5, 6), normal(2, 5, 6, seed=1)
    matrices = layer.w_q, layer.w_k, layer.w_v, layer.w_o
    for inputs in ((x, context), (x, x)):
        outputs, weights = layer(*inputs, mask=mask, need_weights=True)
        expected_outputs, expected_weights = multi_head_attention(*inputs, *matrices, 2, mask)
        assert torch.equal(outputs, expected_outputs)
        assert torch.equal(weights, expected_weights)


@pytest.mark.parametrize("need_weights", [True, False])
def test_keys_are_the_queries_and_values_are_the_keys_unless_given(need_weights):
    layer, x, context = make_layer(), normal(2, 5, 6), normal(2, 4, 6, seed=1)
    assert_same(layer(x, need_weights=need_weights)[0], layer(x, x, x, need_weights=need_weights)[0])
    expected, _ = layer(x, context, context, need_weights=need_weights)
    assert_same(layer(x, context, need_weights=need_weights)[0], expected)


def both_ways(layer, inputs, mask):
    """Outputs and gradients, of the inputs and of the parameters, with and without weights."""
    for need_weights in (True, False):
        leaves = [x.clone().requires_grad_() for x in inputs]
        layer.zero_grad()
        outputs, weights = layer(*leaves, mask=mask, need_weights=need_weights)
        assert (weights is None) != need_weights
        (outputs * torch.sin(torch.arange(outputs.numel())).reshape(outputs.shape)).sum().backward()
        yield [outputs.detach(), *(leaf.grad for leaf in leaves), *(p.grad.clone() for p in layer.parameters())]


@every_mask
@either_bias
@pytest.mark.parametrize("batch", [(2,), (3, 2)])
@pytest.mark.parametrize("d_head", [None, 2])
@pytest.mark.parametrize(("dtype", "atol"), [(torch.float64, 1e-11), (torch.float32, 2e-4)])
def test_outputs_and_gradients_are_the_same_with_weights_and_without(mask, bias, batch, d_head, dtype, atol):
    layer = make_layer(d_head=d_head, bias=bias, dtype=dtype)
    inputs = [normal(*batch, 5, 6, seed=seed, dtype=dtype) for seed in range(3)]
    transparent, fused = both_ways(layer, inputs, mask)
    for one, other in zip(transparent, fused, strict=True):
        assert one.dtype == other.dtype == dtype
        assert one.isfinite().all()
        torch.testing.assert_close(one, other, rtol=0, atol=atol)


@pytest.mark.parametrize("shapes", [[(5, 6)] * 3, [(2, 5, 6), (4, 6), (4, 6)], [(5, 6), (2, 4, 6), (4, 6)]])
@pytest.mark.parametrize("is_masked", [False, True])
def test_batch_axes_broadcast_with_weights_and_without(shapes, is_masked):
    inputs = [normal(*shape, seed=seed) for seed, shape in enumerate(shapes)]
    mask = causal_mask(shapes[0][-2], shapes[1][-2] + 1, like=inputs[0])[:, : shapes[1][-2]] if is_masked else None
    transparent, fused = both_ways(make_layer(), inputs, mask)
    for one, other in zip(transparent, fused, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-11)


def naive_kernel(queries, keys, values, mask):
    """What a fused kernel may do with an empty row, as torch's did up to version 2.4: NaN."""
    return (queries @ keys.mT / queries.shape[-1] ** 0.5).masked_fill(~mask, -torch.inf).softmax(dim=-1) @ values


@pytest.mark.parametrize("kernel", [torch.nn.functional.scaled_dot_product_attention, naive_kernel])
def test_a_query_that_may_attend_to_nothing_gets_zero_and_sends_no_gradient(monkeypatch, kernel):
    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", kernel)
    layer, mask = make_layer(), MASKS["an empty row"]
    for need_weights in (True, False):
        queries, context = normal(2, 5, 6).requires_grad_(), normal(2, 5, 6, seed=1)
        layer.zero_grad()
        outputs, weights = layer(queries, context, mask=mask, need_weights=need_weights)
        assert (outputs[:, 2] == 0).all()
        assert (outputs[:, [0, 1, 3, 4]] != 0).all()
        assert weights is None or (weights[:, :, 2] == 0).all()
        outputs.square().sum().backward()
        assert (queries.grad[:, 2] == 0).all()
        assert all(parameter.grad.isfinite().all() for parameter in layer.parameters())


def test_nan_is_not_hidden_with_weights_or_without():
    layer, context = make_layer(), normal(2, 5, 6, seed=1)
    context[1, 4, 0] = torch.nan
    for mask in MASKS.values():
        for need_weights in (True, False):
            outputs, _ = layer(normal(2, 5, 6), context, mask=mask, need_weights=need_weights)
            assert outputs[0].isfinite().all()
            assert outputs[1].isnan().all()


def test_the_fused_kernel_is_used_when_no_weights_are_asked_for(monkeypatch):
    calls = []

    def kernel(*arguments):
        calls.append(arguments)
        return arguments[2]

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", kernel)
    layer, stack, x = make_layer(), make_stack(3), normal(2, 5, 6)
    layer(x, need_weights=True)
    stack(x, need_weights=True)
    assert calls == []
    layer(x)
    layer(x, mask=MASKS["causal"])
    stack(x)
    assert len(calls) == 2 + 3


@either_bias
@pytest.mark.parametrize("n_heads", [1, 2, 3])
@pytest.mark.parametrize("kind", ["none", "causal", "padding"])
@pytest.mark.parametrize("direction", ["from torch", "to torch"])
def test_outputs_weights_and_gradients_are_those_of_torchs_module(bias, n_heads, kind, direction):
    torch.manual_seed(0)
    if direction == "from torch":
        module = torch.nn.MultiheadAttention(6, n_heads, bias=bias, batch_first=True, dtype=torch.float64)
        if bias:  # torch starts with zeros
            torch.nn.init.normal_(module.in_proj_bias)
            torch.nn.init.normal_(module.out_proj.bias)
        layer = layers.MultiHeadAttention.from_torch(module)
    else:
        layer = make_layer(n_heads=n_heads, bias=bias)
        module = layer.to_torch()
    inputs, mask = [normal(2, 5, 6, seed=seed) for seed in range(3)], MASKS[kind]
    theirs = {
        "none": {},
        "causal": {"attn_mask": ~MASKS["causal"]},
        "padding": {"key_padding_mask": ~MASKS["padding"][:, 0]},
    }
    expected_outputs, expected_weights = module(*inputs, average_attn_weights=False, **theirs[kind])
    expected_outputs.square().sum().backward()
    for need_weights in (True, False):
        layer.zero_grad()
        outputs, weights = layer(*inputs, mask=mask, need_weights=need_weights)
        assert_same(outputs, expected_outputs)
        if need_weights:
            assert_same(weights, expected_weights)
        outputs.square().sum().backward()
        gradients = torch.cat([w.grad.T for w in (layer.w_q, layer.w_k, layer.w_v)])
        torch.testing.assert_close(gradients, module.in_proj_weight.grad, rtol=0, atol=1e-11)
        torch.testing.assert_close(layer.w_o.grad.T, module.out_proj.weight.grad, rtol=0, atol=1e-11)
        if bias:
            gradients = torch.cat([b.grad for b in (layer.b_q, layer.b_k, layer.b_v)])
            torch.testing.assert_close(gradients, module.in_proj_bias.grad, rtol=0, atol=1e-11)
            torch.testing.assert_close(layer.b_o.grad, module.out_proj.bias.grad, rtol=0, atol=1e-11)


@either_bias
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_weights_that_go_to_torch_and_back_are_equal_and_copies(bias, dtype):
    layer = make_layer(bias=bias, dtype=dtype)
    module = layer.to_torch()
    back = layers.MultiHeadAttention.from_torch(module)
    before = {name: parameter.detach().clone() for name, parameter in layer.named_parameters()}
    assert {name: parameter.dtype for name, parameter in back.named_parameters()} == dict.fromkeys(before, dtype)
    assert all(parameter.requires_grad and parameter.is_contiguous() for parameter in back.parameters())
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
    for other in (layer, back):
        assert all(torch.equal(parameter, before[name]) for name, parameter in other.named_parameters())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"add_bias_kv": True}, r"has an added key \(add_bias_kv=True\)"),
        ({"add_zero_attn": True}, r"has an added key \(add_zero_attn=True\)"),
        ({"kdim": 4}, r"has keys or values of another width \(kdim, vdim\)"),
        ({"dropout": 0.1}, r"has dropout \(0.1\), which this layer has not"),
    ],
)
@either_bias
def test_a_module_of_torchs_that_has_more_than_this_layer_is_refused(bias, options, message):
    with pytest.raises(ValueError, match=message):
        layers.MultiHeadAttention.from_torch(torch.nn.MultiheadAttention(6, 2, bias=bias, **options))


@pytest.mark.parametrize("end", ["in_proj_bias", "out_proj.bias"])
def test_a_module_of_torchs_with_biases_at_one_end_only_is_refused(end):
    module = torch.nn.MultiheadAttention(6, 2)
    owner, _, name = end.rpartition(".")
    setattr(module.get_submodule(owner), name, None)
    with pytest.raises(ValueError, match="biases at one end only, which this layer has not"):
        layers.MultiHeadAttention.from_torch(module)


def test_biases_are_zero_at_the_start_and_take_nothing_from_chance():
    torch.manual_seed(0)
    without, after = layers.MultiHeadAttention(6, 2, d_head=4), torch.rand(())
    torch.manual_seed(0)
    layer = layers.MultiHeadAttention(6, 2, d_head=4, bias=True)
    assert torch.equal(torch.rand(()), after)
    ours, theirs = dict(layer.named_parameters()), dict(without.named_parameters())
    assert all(torch.equal(ours.pop(name), matrix) for name, matrix in theirs.items())
    assert {name: b.tolist() for name, b in ours.items()} == {
        **dict.fromkeys(("b_q", "b_k", "b_v"), [0.0] * 8),
        "b_o": [0.0] * 6,
    }
    assert without.b_q is without.b_k is without.b_v is without.b_o is None


@pytest.mark.parametrize("need_weights", [True, False])
@pytest.mark.parametrize(
    ("shapes", "mask", "error", "message"),
    [
        ([(5, 4)], None, ValueError, "layer and queries and keys and values must have the same d_model, got 6 and 4"),
        ([(5, 6), (3, 4)], None, ValueError, "the same d_model, got 6 and 6 and 4 and 4"),
        ([(5, 6), (3, 6), (3, 4)], None, ValueError, "the same d_model, got 6 and 6 and 6 and 4"),
        ([(5, 6), (3, 6), (2, 6)], None, ValueError, "keys and values must have the same number of keys, got 3 and 2"),
        ([(6,)], None, ValueError, r"queries must have the axes \(\.\.\., query, d_model\), got shape \(6,\)"),
        ([(5, 6), (0, 6)], None, ValueError, r"keys must hold at least one key, got shape \(0, 6\)"),
        ([(2, 5, 6), (3, 4, 6)], torch.ones(5, 4, dtype=torch.bool), ValueError, "batch axes must agree or broadcast"),
        ([(2, 5, 6)], torch.ones(2, 2, 5, 5, dtype=torch.bool), ValueError, "without a head axis"),
        ([(2, 5, 6)], torch.ones(5, 4, dtype=torch.bool), ValueError, "its last axis must hold all 5 keys"),
        ([(2, 5, 6)], torch.zeros(5, 5), TypeError, r"mask must be boolean \(True = may attend\)"),
    ],
)
def test_tokens_and_masks_that_do_not_fit_are_refused(need_weights, shapes, mask, error, message):
    with pytest.raises(error, match=message):
        make_layer()(*(normal(*shape) for shape in shapes), mask=mask, need_weights=need_weights)


# --- learned positions ---


def test_every_token_gets_the_vector_of_its_position_and_only_positions_in_use_learn():
    positions, x = layers.LearnedPositions(5, 4).double(), normal(2, 3, 4)
    outputs = positions(x)
    for b, p in np.ndindex(2, 3):
        assert torch.equal(outputs[b, p], x[b, p] + positions.vectors[p])
    outputs.sum().backward()
    assert positions.vectors.grad.tolist() == [[2.0] * 4] * 3 + [[0.0] * 4] * 2
    assert positions(normal(5, 4)).shape == (5, 4)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 6, 4), "only 5 positions were learned, got 6 tokens"),
        ((2, 5, 3), "x and positions must have the same d_model, got 3 and 4"),
        ((4,), r"x must have the axes \(\.\.\., token, d_model\), got shape \(4,\)"),
    ],
)
def test_a_sequence_longer_than_the_positions_is_refused(shape, message):
    with pytest.raises(ValueError, match=message):
        layers.LearnedPositions(5, 4)(torch.ones(shape))


# --- a stack of self-attention ---


def make_stack(n_layers=2, d_hidden=None):
    torch.manual_seed(0)
    return layers.SelfAttentionStack(6, 2, n_layers, d_hidden).double()


either_stack = pytest.mark.parametrize("d_hidden", [None, 7], ids=["attention", "with feed-forward"])


@either_stack
@every_mask
def test_every_layer_adds_its_answer_to_what_came_in(d_hidden, mask):
    stack, x = make_stack(3, d_hidden), normal(2, 5, 6)
    outputs, weights = stack(x, mask, need_weights=True)
    assert [tuple(each.shape) for each in weights] == [(2, 2, 5, 5)] * 3  # (batch, head, query, key)
    expected = x.numpy()
    for layer, theirs in zip(range(3), weights, strict=True):
        tokens = [torch.as_tensor(expected)] * 3
        answers, own = head_by_head(stack.attentions[layer], *tokens, mask)
        expected = expected + answers
        if d_hidden is not None:
            p = arrays(stack.feed_forwards[layer])
            hidden = np.maximum(expected @ p["0.weight"].T + p["0.bias"], 0)
            expected = expected + hidden @ p["2.weight"].T + p["2.bias"]
        np.testing.assert_allclose(theirs.detach(), own, rtol=0, atol=1e-12)
    np.testing.assert_allclose(outputs.detach(), expected, rtol=0, atol=1e-12)
    without, nothing = stack(x, mask)
    assert nothing is None
    assert_same(without, outputs)


@either_stack
@pytest.mark.parametrize("need_weights", [True, False])
def test_permuting_the_tokens_permutes_the_outputs_unless_positions_were_added(d_hidden, need_weights):
    stack, positions, x = make_stack(d_hidden=d_hidden), layers.LearnedPositions(5, 6).double(), normal(2, 5, 6)
    order = torch.tensor([3, 0, 4, 2, 1])
    outputs, _ = stack(x, need_weights=need_weights)
    moved, _ = stack(x[:, order], need_weights=need_weights)
    assert_same(moved, outputs[:, order])
    outputs, _ = stack(positions(x), need_weights=need_weights)
    moved, _ = stack(positions(x[:, order]), need_weights=need_weights)
    assert (moved - outputs[:, order]).abs().max() > 0.1


@either_stack
@pytest.mark.parametrize("need_weights", [True, False])
def test_later_tokens_do_not_change_earlier_outputs_of_a_causal_stack(d_hidden, need_weights):
    stack, x = make_stack(d_hidden=d_hidden), normal(2, 5, 6)
    mask = causal_mask(5, like=x)
    changed = x.clone()
    changed[:, 3] += 1
    outputs, _ = stack(x, mask, need_weights)
    other, _ = stack(changed, mask, need_weights)
    assert_same(other[:, :3], outputs[:, :3])
    assert (other[:, 3:] != outputs[:, 3:]).all()


def test_in_the_first_layer_only_a_third_token_cannot_change_the_ratio_of_two_weights():
    stack, x = make_stack(), normal(5, 6)
    changed = x.clone()
    changed[4] += 1
    (first, second), (other_first, other_second) = stack(x, need_weights=True)[1], stack(changed, need_weights=True)[1]

    def ratio(weights):
        return weights[:, 3, 0] / weights[:, 3, 1]  # of query 3, in every head

    assert_same(ratio(first), ratio(other_first))
    assert (first[:, 3, 0] != other_first[:, 3, 0]).all()
    assert ((ratio(second) - ratio(other_second)).abs() > 1e-4).all()


@either_stack
def test_every_parameter_of_a_stack_gets_a_gradient(d_hidden):
    stack = make_stack(d_hidden=d_hidden)
    stack(normal(2, 5, 6))[0].square().sum().backward()
    assert all((parameter.grad != 0).any() for parameter in stack.parameters())
    assert len(list(stack.parameters())) == 2 * (4 if d_hidden is None else 8)


# --- what is refused ---


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.Encoder(9, 4, 6, cell="rnn"), "cell must be one of tanh, gru, lstm, got 'rnn'"),
        (lambda: layers.LuongDecoder(9, 4, 6, cell=None), "cell must be one of tanh, gru, lstm, got None"),
        (lambda: layers.Encoder(9, 4, 6, n_directions=3), "n_directions must be 1 or 2, got 3"),
        (lambda: layers.Encoder(9, 4, 7), "d_state 7 is not a multiple of 2 directions"),
        (
            lambda: layers.EncoderDecoder(layers.Encoder(9, 4, 6, cell="lstm"), layers.LuongDecoder(9, 4, 6)),
            r"the same cell and d_state, got \('LSTM', 6\) and \('GRU', 6\)",
        ),
        (
            lambda: layers.EncoderDecoder(layers.Encoder(9, 4, 6), layers.LuongDecoder(9, 4, 8)),
            r"the same cell and d_state, got \('GRU', 6\) and \('GRU', 8\)",
        ),
        (lambda: layers.MultiHeadAttention(10, 3), "width 10 is not a multiple of 3 heads"),
        (lambda: layers.MultiHeadAttention(6, 0), "n_heads must be a positive whole number, got 0"),
        (lambda: layers.MultiHeadAttention(6, 2.0), "n_heads must be a positive whole number, got 2.0"),
        (lambda: layers.MultiHeadAttention(0, 2), "d_model must be a positive whole number, got 0"),
        (lambda: layers.MultiHeadAttention(6, 2, 0), "d_head must be a positive whole number, got 0"),
        (lambda: make_layer(d_head=2).to_torch(), "heads of width d_model / n_heads, got 4 and not 6"),
    ],
)
def test_layers_that_cannot_be_made_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
