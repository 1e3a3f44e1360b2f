"""Layers: `torch.nn.Module` shells that hold parameters; the mathematics of attention is attnlib's.

A decoder has the cell and the d_state of its encoder. It is called as `decoder(targets, encoded, state)`, with a whole
target, as in training, or with one symbol at a time, as in decoding: it scores the next symbol after each of targets
(batch, target), given what the encoder has read and the state to go on from, None at the start. It returns

- scores of the symbols (batch, target, n_symbols), whose softmax are probabilities ("logits"),
- weights (batch, target, source), None where there is no attention,
- its last state.
"""

from typing import NamedTuple

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from attnlib.masks import padding_mask
from attnlib.scores import additive_scores, general_scores, scaled_dot_scores
from attnlib.single_head import attention

CELLS = {"tanh": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


def _recurrent(cell, d_input, d_state, **options):
    if cell not in CELLS:
        raise ValueError(f"cell must be one of {', '.join(CELLS)}, got {cell!r}")
    return CELLS[cell](d_input, d_state, batch_first=True, **options)


def _parameter(*shape):
    """Random numbers as in `nn.Linear`: uniform, at most one over the root of the number of inputs."""
    bound = shape[0] ** -0.5
    return nn.Parameter(torch.empty(shape).uniform_(-bound, bound))


# --- scores with weights of their own ---


class GeneralScores(nn.Module):
    """`general_scores` with its matrix (d_query, d_key) as a parameter.

    Example:
        >>> GeneralScores(d_query=2, d_key=3)(torch.ones(1, 2), torch.ones(4, 3)).shape
        torch.Size([1, 4])
    """

    def __init__(self, d_query, d_key):
        super().__init__()
        self.w = _parameter(d_query, d_key)

    def forward(self, queries, keys):
        """Scores (..., query, key) of queries (..., query, d_query) and keys (..., key, d_key)."""
        return general_scores(queries, keys, self.w)


class ScaledGeneralScores(GeneralScores):
    """`GeneralScores` divided by the root of d_key: `scaled_dot_scores` after a matrix on the queries."""

    def forward(self, queries, keys):
        """Scores (..., query, key) of queries (..., query, d_query) and keys (..., key, d_key)."""
        return scaled_dot_scores(queries @ self.w, keys)


class AdditiveScores(nn.Module):
    """`additive_scores` with (d_query, d_hidden), (d_key, d_hidden) and (d_hidden,) as parameters.

    There is no bias in the tanh. So scores change their sign with all queries and keys; where that is wrong, as on
    `tasks.opposite_keys`, give the queries a last number that is always 1 (chapter 3).

    Example:
        >>> AdditiveScores(d_query=2, d_key=3, d_hidden=5)(torch.ones(1, 2), torch.ones(4, 3)).shape
        torch.Size([1, 4])
    """

    def __init__(self, d_query, d_key, d_hidden):
        super().__init__()
        self.w_query = _parameter(d_query, d_hidden)
        self.w_key = _parameter(d_key, d_hidden)
        self.v = _parameter(d_hidden)

    def forward(self, queries, keys):
        """Scores (..., query, key) of queries (..., query, d_query) and keys (..., key, d_key)."""
        return additive_scores(queries, keys, self.w_query, self.w_key, self.v)


# --- encoder ---


class Encoded(NamedTuple):
    """What an encoder has read: the state at every source symbol, the last state, and where there are symbols."""

    states: torch.Tensor  # (batch, source, d_state)
    last: torch.Tensor | tuple[torch.Tensor, torch.Tensor]  # (1, batch, d_state); an LSTM has two
    mask: torch.Tensor  # (batch, 1, source), True = may attend


class Encoder(nn.Module):
    """A recurrent encoder, in one direction or in two. Padding behind a source changes nothing.

    Args:
        n_symbols: size of the source vocabulary.
        d_embedding: width of the embeddings.
        d_state: width of the states; two directions have half of it each, so that it must be even.
        cell: "tanh", "gru" or "lstm".
        n_directions: 1, or 2 to read backwards too. The last state is then that of both, each where it ends.

    Example:
        >>> encoder = Encoder(n_symbols=10, d_embedding=4, d_state=6)
        >>> encoded = encoder(torch.tensor([[3, 4, 5], [6, 0, 0]]), lengths=torch.tensor([3, 1]))
        >>> encoded.states.shape, encoded.last.shape, encoded.mask.tolist()
        (torch.Size([2, 3, 6]), torch.Size([1, 2, 6]), [[[True, True, True]], [[True, False, False]]])
    """

    def __init__(self, n_symbols, d_embedding, d_state, cell="gru", n_directions=2):
        super().__init__()
        if n_directions not in (1, 2):
            raise ValueError(f"n_directions must be 1 or 2, got {n_directions!r}")
        if d_state % n_directions:
            raise ValueError(f"d_state {d_state} is not a multiple of {n_directions} directions")
        self.embedding = nn.Embedding(n_symbols, d_embedding)
        self.recurrent = _recurrent(cell, d_embedding, d_state // n_directions, bidirectional=n_directions == 2)

    def forward(self, sources, lengths):
        """Read the first lengths (batch,) symbols of sources (batch, source); returns `Encoded`."""
        mask = padding_mask(lengths, sources.shape[1])  # (batch, 1, source)
        embedded = self.embedding(sources)  # (batch, source, d_embedding)
        if mask.all():  # packing takes time
            states, last = self.recurrent(embedded)  # (batch, source, d_state)
        else:
            packed = pack_padded_sequence(embedded, lengths.cpu(), batch_first=True, enforce_sorted=False)
            states, last = self.recurrent(packed)
            states, _ = pad_packed_sequence(states, batch_first=True, total_length=sources.shape[1])
        return Encoded(states, tuple(map(_joined, last)) if isinstance(last, tuple) else _joined(last), mask)


def _joined(last):
    """The last states (direction, batch, d) of all directions next to each other."""
    return last.transpose(0, 1).flatten(1)[None]  # (1, batch, d_state)


# --- decoders ---


class _Decoder(nn.Module):
    """What all decoders have: embeddings, a recurrent layer and a linear readout."""

    def __init__(self, n_symbols, d_embedding, d_state, cell, d_context, d_readout):
        super().__init__()
        self.embedding = nn.Embedding(n_symbols, d_embedding)
        self.recurrent = _recurrent(cell, d_embedding + d_context, d_state)
        self.readout = nn.Linear(d_readout, n_symbols)


def _shown(state):
    """The part of a state (1, batch, d_state) that others see: of an LSTM's two parts the first."""
    return (state[0] if isinstance(state, tuple) else state).transpose(0, 1)  # (batch, 1, d_state)


class FixedVectorDecoder(_Decoder):
    """A decoder that gets of the source the encoder's last state only: one vector, however long the source is.

    It starts from that vector (Sutskever, Vinyals and Le 2014); if `at_each_step`, the vector is also a part of the
    input at each step (Cho et al. 2014, section 2.2).
    """

    def __init__(self, n_symbols, d_embedding, d_state, cell="gru", at_each_step=False):
        super().__init__(n_symbols, d_embedding, d_state, cell, d_context=d_state * at_each_step, d_readout=d_state)
        self.at_each_step = at_each_step

    def forward(self, targets, encoded, state=None):
        """Scores of the next symbols, None, and the last state: see the module's first lines."""
        inputs = self.embedding(targets)  # (batch, target, d_embedding)
        if self.at_each_step:
            vectors = _shown(encoded.last).expand(-1, targets.shape[1], -1)
            inputs = torch.cat([inputs, vectors], dim=-1)  # (batch, target, d_embedding + d_state)
        states, state = self.recurrent(inputs, encoded.last if state is None else state)
        return self.readout(states), None, state


class LuongDecoder(_Decoder):
    """A decoder that attends after each step: the new state asks, and the answer goes to the output only.

    `h~ = tanh([c; h] W_c)` is the attentional hidden state, Luong, Pham and Manning (2015), equation (5), in row
    vectors and without input feeding, so that the recurrence runs over a whole target in one call. `score` is a
    function of queries and keys; one with parameters is a module, such as `GeneralScores`.
    """

    def __init__(self, n_symbols, d_embedding, d_state, score=scaled_dot_scores, cell="gru"):
        super().__init__(n_symbols, d_embedding, d_state, cell, d_context=0, d_readout=d_state)
        self.score = score
        self.combine = nn.Linear(2 * d_state, d_state, bias=False)

    def forward(self, targets, encoded, state=None):
        """Scores of the next symbols, weights, and the last state: see the module's first lines."""
        states, state = self.recurrent(self.embedding(targets), encoded.last if state is None else state)
        contexts, weights = attention(states, encoded.states, encoded.states, encoded.mask, self.score)
        attentional = torch.tanh(self.combine(torch.cat([contexts, states], dim=-1)))  # (batch, target, d_state)
        return self.readout(attentional), weights, state


class BahdanauDecoder(_Decoder):
    """A decoder that attends before each step: the previous state asks, and the answer is a part of the step's input.

    `s_i = f(s_(i-1), y_(i-1), c_i)`, Bahdanau, Cho and Bengio (2015), section 3.1. Simpler than theirs: it starts from
    the encoder's last state, and one linear layer reads the output from `[s_i; c_i]`. `score` is a function
    of queries and keys; one with parameters is a module, such as `AdditiveScores`.
    """

    def __init__(self, n_symbols, d_embedding, d_state, score, cell="gru"):
        super().__init__(n_symbols, d_embedding, d_state, cell, d_context=d_state, d_readout=2 * d_state)
        self.score = score

    def forward(self, targets, encoded, state=None):
        """Scores of the next symbols, weights, and the last state: see the module's first lines."""
        state = encoded.last if state is None else state
        steps = []
        for symbol in self.embedding(targets).split(1, dim=1):  # (batch, 1, d_embedding)
            context, weights = attention(_shown(state), encoded.states, encoded.states, encoded.mask, self.score)
            _, state = self.recurrent(torch.cat([symbol, context], dim=-1), state)
            steps.append((torch.cat([_shown(state), context], dim=-1), weights))
        outputs, weights = (torch.cat(parts, dim=1) for parts in zip(*steps, strict=True))  # (batch, target, ...)
        return self.readout(outputs), weights, state


class EncoderDecoder(nn.Module):
    """An encoder and a decoder; a ValueError if their cells or widths differ.

    Example:
        >>> model = EncoderDecoder(Encoder(10, d_embedding=4, d_state=6), LuongDecoder(20, d_embedding=4, d_state=6))
        >>> scores, weights = model(torch.tensor([[3, 4, 5]]), torch.tensor([3]), torch.tensor([[1, 7]]))
        >>> scores.shape, weights.shape
        (torch.Size([1, 2, 20]), torch.Size([1, 2, 3]))
    """

    def __init__(self, encoder, decoder):
        super().__init__()
        one, other = encoder.recurrent, decoder.recurrent
        ours, theirs = (one.mode, one.hidden_size * (1 + one.bidirectional)), (other.mode, other.hidden_size)
        if ours != theirs:
            raise ValueError(f"encoder and decoder must have the same cell and d_state, got {ours} and {theirs}")
        self.encoder = encoder
        self.decoder = decoder

    def forward(self, sources, lengths, targets):
        """Scores of the symbol after each of targets (batch, target), given sources (batch, source); and weights."""
        scores, weights, _ = self.decoder(targets, self.encoder(sources, lengths))
        return scores, weights
