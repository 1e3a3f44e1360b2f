"""Layers: compared with their formulas by hand; padding changes nothing; whole targets and single symbols agree."""

from functools import partial

import numpy as np
import pytest
import torch

from attnlib import additive_scores, attention, dot_scores, general_scores, layers, scaled_dot_scores

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


def test_only_the_last_state_reaches_a_fixed_vector_decoder():
    model = make_model(layers.FixedVectorDecoder)
    encoded = model.encoder(*batch()[:2])
    scores, _, _ = model.decoder(batch()[2], encoded)
    forgotten = encoded._replace(states=encoded.states * torch.nan, mask=None)
    assert torch.equal(model.decoder(batch()[2], forgotten)[0], scores)


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
    ],
)
def test_layers_that_cannot_be_made_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
