"""Layers: `torch.nn.Module` shells that hold parameters; the mathematics of attention is attnlib's.

Layers of many heads return outputs and weights; where weights are not asked for they are None, and the outputs come
from torch's fused kernel, which never holds them.

A decoder has the cell and the d_state of its encoder. It is called as `decoder(targets, encoded, state)`, with a whole
target, as in training, or with one symbol at a time, as in decoding: it scores the next symbol after each of targets
(batch, target), given what the encoder has read and the state to go on from, None at the start. It returns

- scores of the symbols (batch, target, n_symbols), whose softmax are probabilities ("logits"),
- weights (batch, target, source), None where there is no attention,
- its last state.
"""

from itertools import zip_longest
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from attnlib.arguments import is_whole, require_axes, require_equal
from attnlib.masks import padding_mask
from attnlib.multi_head import merge_heads, split_heads, with_head_axis
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


# --- many heads ---


class MultiHeadAttention(nn.Module):
    """`multi_head_attention` with its four matrices as parameters, applied as `x @ w`, or as `x @ w + b`.

    Matrices are drawn as in `nn.Linear`; biases start at zero, as in `nn.MultiheadAttention`, and take nothing from
    the random numbers: with them and without, the same seed gives the same matrices. A query that may attend to
    nothing gets 0, or b_o.

    Args:
        d_model: width of the tokens that come in and go out.
        n_heads: number of heads.
        d_head: width of the queries, keys and values of one head; d_model / n_heads if None.
        bias: whether there are biases `b_q`, `b_k`, `b_v` and `b_o`; they are None if not.

    Example:
        >>> layer = MultiHeadAttention(d_model=4, n_heads=2)
        >>> outputs, weights = layer(torch.ones(1, 3, 4), need_weights=True)
        >>> outputs.shape, weights.shape
        (torch.Size([1, 3, 4]), torch.Size([1, 2, 3, 3]))
    """

    def __init__(self, d_model, n_heads, d_head=None, bias=False):
        super().__init__()
        for name, number in (("d_model", d_model), ("n_heads", n_heads), ("d_head", 1 if d_head is None else d_head)):
            if not is_whole(number) or number < 1:
                raise ValueError(f"{name} must be a positive whole number, got {number!r}")
        if d_head is None and d_model % n_heads:
            raise ValueError(f"width {d_model} is not a multiple of {n_heads} heads")
        width = d_model if d_head is None else n_heads * d_head
        self.n_heads = n_heads
        self.w_q, self.w_k, self.w_v = (_parameter(d_model, width) for _ in range(3))
        self.w_o = _parameter(width, d_model)
        for name, size in (("b_q", width), ("b_k", width), ("b_v", width), ("b_o", d_model)):
            self.register_parameter(name, nn.Parameter(torch.zeros(size)) if bias else None)

    def forward(self, queries, keys=None, values=None, mask=None, need_weights=False):
        """Let queries attend to keys; returns outputs (..., query, d_model) and weights (..., head, query, key).

        Args:
            queries: (..., query, d_model), the tokens that ask.
            keys: (..., key, d_model), the tokens that are asked; the queries if None.
            values: (..., key, d_model), the tokens that answer; the keys if None.
            mask: boolean, broadcasts to (..., query, key); True = may attend, the same for every head.
            need_weights: whether to return the weights; they are None if not, and torch's fused kernel is used.
        """
        keys = queries if keys is None else keys
        values = keys if values is None else values
        require_axes("query, d_model", queries=queries)
        require_axes("key, d_model", keys=keys, values=values)
        widths = {"queries": queries.shape[-1], "keys": keys.shape[-1], "values": values.shape[-1]}
        require_equal("d_model", layer=len(self.w_q), **widths)
        require_equal("number of keys", keys=keys.shape[-2], values=values.shape[-2])
        mask = with_head_axis(mask, queries, keys)
        heads = [
            split_heads(_project(x, w, b), self.n_heads)  # (..., head, token, d_head)
            for x, w, b in ((queries, self.w_q, self.b_q), (keys, self.w_k, self.b_k), (values, self.w_v, self.b_v))
        ]
        outputs, weights = attention(*heads, mask) if need_weights else (_fused_attention(*heads, mask), None)
        return _project(merge_heads(outputs), self.w_o, self.b_o), weights

    @classmethod
    def from_torch(cls, module):
        """A layer with copies of the weights and the biases of an `nn.MultiheadAttention`.

        A ValueError if the module has something that this layer has not: dropout, keys or values of another width, or
        keys that it adds. Its masks say the opposite: there True = may not attend.
        """
        bias = module.in_proj_bias is not None
        extras = {
            "biases at one end only": bias != (module.out_proj.bias is not None),
            "an added key (add_bias_kv=True)": module.bias_k is not None,
            "an added key (add_zero_attn=True)": module.add_zero_attn,
            "keys or values of another width (kdim, vdim)": module.in_proj_weight is None,
            f"dropout ({module.dropout})": module.dropout > 0,
        }
        found = [name for name, is_there in extras.items() if is_there]
        if found:
            raise ValueError(f"the nn.MultiheadAttention has {' and '.join(found)}, which this layer has not")
        layer = cls(module.embed_dim, module.num_heads, bias=bias)
        parts = [weight.T for weight in (*module.in_proj_weight.chunk(3), module.out_proj.weight)]
        if bias:
            parts += [*module.in_proj_bias.chunk(3), module.out_proj.bias]
        for (name, _), part in zip(layer.named_parameters(), parts, strict=True):  # w_q, w_k, w_v, w_o, b_q, ...
            setattr(layer, name, nn.Parameter(part.detach().clone(memory_format=torch.contiguous_format)))
        return layer

    def to_torch(self):
        """An `nn.MultiheadAttention(batch_first=True)` with copies of this layer's weights and biases, if it has any.

        A ValueError if the heads are wider or narrower than d_model / n_heads, because torch's have that width.
        """
        d_model, width = self.w_q.shape
        if width != d_model:
            raise ValueError(
                f"nn.MultiheadAttention has heads of width d_model / n_heads, got {width} and not {d_model}"
            )
        bias = self.b_q is not None
        options = {"bias": bias, "device": self.w_q.device, "dtype": self.w_q.dtype}
        module = nn.MultiheadAttention(d_model, self.n_heads, batch_first=True, **options)
        with torch.no_grad():
            module.in_proj_weight.copy_(torch.cat([self.w_q.T, self.w_k.T, self.w_v.T]))
            module.out_proj.weight.copy_(self.w_o.T)
            if bias:
                module.in_proj_bias.copy_(torch.cat([self.b_q, self.b_k, self.b_v]))
                module.out_proj.bias.copy_(self.b_o)
        return module


def _project(x, w, b):
    """`x @ w + b`, or without b where it is None; torch adds it within the product, which takes less time."""
    return x @ w if b is None else F.linear(x, w.T, b)


def _fused_attention(queries, keys, values, mask):
    """The outputs of `attention` from torch's fused kernel, whose answer to an empty row depends on its version.

    So an empty row is first allowed everything, and its output is then multiplied by zero, which keeps a NaN.
    """
    if mask is None:
        return F.scaled_dot_product_attention(queries, keys, values)
    mask = mask if mask.ndim > 1 else mask[None]  # (..., query, key)
    is_empty = ~mask.any(dim=-1, keepdim=True)  # (..., query, 1)
    if not is_empty.any():
        return F.scaled_dot_product_attention(queries, keys, values, mask)
    return F.scaled_dot_product_attention(queries, keys, values, mask | is_empty) * ~is_empty


class LearnedPositions(nn.Module):
    """One learned vector for each position, added to the token that stands there; drawn as in `nn.Embedding`.

    Example:
        >>> positions = LearnedPositions(n_tokens=5, d_model=4)
        >>> positions(torch.zeros(2, 3, 4)).shape  # sequences may be shorter than 5
        torch.Size([2, 3, 4])
    """

    def __init__(self, n_tokens, d_model):
        super().__init__()
        self.vectors = nn.Parameter(torch.randn(n_tokens, d_model))

    def forward(self, x):
        """Tokens x (..., token, d_model) plus the vectors of their positions; a ValueError if there are too many."""
        require_axes("token, d_model", x=x)
        require_equal("d_model", x=x.shape[-1], positions=self.vectors.shape[-1])
        if x.shape[-2] > len(self.vectors):
            raise ValueError(f"only {len(self.vectors)} positions were learned, got {x.shape[-2]} tokens")
        return x + self.vectors[: x.shape[-2]]


class SelfAttentionStack(nn.Module):
    """Layers of self-attention, each with a residual connection: `x + MultiHead(x, x, x)`.

    With `d_hidden` a feed-forward part follows each of them, with a residual connection of its own: `x + FFN(x)`,
    `FFN(x) = max(0, x W_1 + b_1) W_2 + b_2`, Vaswani et al. (2017), equation (2). There is no normalisation.

    Args:
        d_model: width of the tokens.
        n_heads: number of heads of each layer.
        n_layers: number of layers.
        d_hidden: width of the feed-forward parts' hidden layers; there are no such parts if None.

    Example:
        >>> stack = SelfAttentionStack(d_model=4, n_heads=2, n_layers=3)
        >>> outputs, weights = stack(torch.ones(1, 5, 4), need_weights=True)
        >>> outputs.shape, len(weights), weights[0].shape
        (torch.Size([1, 5, 4]), 3, torch.Size([1, 2, 5, 5]))
    """

    def __init__(self, d_model, n_heads, n_layers, d_hidden=None):
        super().__init__()
        self.attentions = nn.ModuleList(MultiHeadAttention(d_model, n_heads) for _ in range(n_layers))
        n_feed_forwards = 0 if d_hidden is None else n_layers
        self.feed_forwards = nn.ModuleList(_feed_forward(d_model, d_hidden) for _ in range(n_feed_forwards))

    def forward(self, x, mask=None, need_weights=False):
        """Outputs (..., token, d_model) and a list of the layers' weights (..., head, query, key), or None."""
        all_weights = []
        for attend, feed_forward in zip_longest(self.attentions, self.feed_forwards):
            answers, weights = attend(x, mask=mask, need_weights=need_weights)
            x = x + answers  # (..., token, d_model)
            if feed_forward is not None:
                x = x + feed_forward(x)  # (..., token, d_model)
            all_weights.append(weights)
        return x, all_weights if need_weights else None


def _feed_forward(d_model, d_hidden):
    return nn.Sequential(nn.Linear(d_model, d_hidden), nn.ReLU(), nn.Linear(d_hidden, d_model))


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
