"""Right answers to the exercises, as different people write them: a check that rejects one of these is wrong.

RIGHT holds them all. Some differ from attnlib where the exercises leave the result open: a row with nothing allowed, or
a forbidden score far above the allowed ones.
"""

import functools
import itertools
import math
import statistics
from functools import partial
from typing import NamedTuple

import numpy as np
import scipy.optimize
import torch
import torch.nn.functional as F
from torch import nn

import attnlib
from attnlib import training
from attnlib.tasks import Pair

RIGHT = []


class Right(NamedTuple):
    """A right answer: the name of its check, the library whose arrays it takes, what is special, and the function."""

    check: str
    library: str
    words: str
    function: object


def right(check, library, words):
    """Put a function into RIGHT; the function itself stays as it is."""

    def register(function):
        RIGHT.append(Right(check, library.__name__, words, function))
        return function

    return register


# --- softmax ---


@right("softmax", np, "an argument for the axis")
def softmax(scores, axis=-1):
    e = np.exp(scores - np.max(scores, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


@right("softmax", np, "loops and lists")
def softmax_lists(x):
    rows = [[math.exp(v - max(row)) for v in row] for row in x.reshape(-1, x.shape[-1]).tolist()]
    return np.array([[v / sum(row) for v in row] for row in rows]).reshape(x.shape)


@right("softmax", np, "in place on a copy")
def softmax_in_place(scores):
    weights = scores.copy()
    weights -= weights.max(axis=-1, keepdims=True)
    np.exp(weights, out=weights)
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights


@right("softmax", np, "float32 inside")
def softmax_float32(s):
    s = np.asarray(s, dtype=np.float32)
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


right("softmax", np, "log-sum-exp")(lambda s: np.exp(s - np.logaddexp.reduce(s, axis=-1, keepdims=True)))
right("softmax", np, "np.vectorize")(np.vectorize(softmax, signature="(n)->(n)"))
right("softmax", np, "functools.partial")(partial(softmax, axis=-1))
right("softmax", np, "transposed and back")(lambda s: softmax(s.T, axis=0).T)
right("softmax", np, "torch inside")(lambda s: torch.softmax(torch.from_numpy(1.0 * s), dim=-1).numpy())

right("softmax", torch, "torch.softmax")(partial(torch.softmax, dim=-1))
right("softmax", torch, "F.softmax")(lambda scores: F.softmax(scores, dim=-1))
right("softmax", torch, "the method")(lambda scores: scores.softmax(-1))
right("softmax", torch, "log_softmax")(lambda scores: torch.log_softmax(scores, -1).exp())
right("softmax", torch, "logsumexp")(lambda x: (x - x.logsumexp(-1, keepdim=True)).exp())
right("softmax", torch, "nn.Softmax")(nn.Softmax(dim=-1))


@right("softmax", torch, "an argument dim")
def softmax_dim(x, dim=-1):
    peak, _ = torch.max(x, dim=dim, keepdim=True)
    e = (x - peak).exp()
    return e / e.sum(dim=dim, keepdim=True)


@right("softmax", torch, "a shift without gradient, in place on a clone")
def softmax_detached(x):
    x = x.clone()
    x -= x.detach().amax(-1, keepdim=True)
    return x.exp() / x.exp().sum(-1, keepdim=True)


# --- masked_softmax ---


@right("masked_softmax", np, "where, and empty rows by hand")
def masked_softmax(scores, mask=None):
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    peak = scores.max(axis=-1, keepdims=True)
    e = np.exp(scores - np.where(np.isneginf(peak), 0, peak))
    total = e.sum(axis=-1, keepdims=True)
    return e / np.where(total == 0, 1, total)


@right("masked_softmax", np, "multiplied by the mask and renormalised")
def masked_softmax_renormalise(scores, mask=None):
    weights = softmax(scores)
    if mask is not None:
        weights = weights * mask
        weights = weights / weights.sum(axis=-1, keepdims=True)
    return weights


@right("masked_softmax", np, "a masked array")
def masked_softmax_ma(scores, mask=None):
    forbidden = np.zeros(scores.shape, bool) if mask is None else ~np.broadcast_to(mask, scores.shape)
    s = np.ma.array(scores, mask=forbidden)
    e = np.ma.exp(s - s.max(axis=-1, keepdims=True))
    return (e / e.sum(axis=-1, keepdims=True)).filled(0.0)


@right("masked_softmax", np, "a softmax of the allowed keys, row by row")
def masked_softmax_selected(scores, mask=None):
    weights = np.zeros(scores.shape)
    allowed = np.broadcast_to(True if mask is None else mask, scores.shape)
    for i in np.ndindex(scores.shape[:-1]):
        if allowed[i].any():
            weights[i][allowed[i]] = softmax(scores[i][allowed[i]])
    return weights


right("masked_softmax", np, "-1e9")(lambda s, mask=None: softmax(s if mask is None else np.where(mask, s, -1e9)))
right("masked_softmax", np, "-1e9 added")(lambda s, mask=None: softmax(s if mask is None else s + (1.0 - mask) * -1e9))
right("masked_softmax", np, "the logarithm of the mask, and nan_to_num")(
    lambda s, m=None: np.nan_to_num(softmax(s if m is None else s + np.log(m.astype(s.dtype))))
)
right("masked_softmax", np, "True as the default mask")(lambda s, m=True: softmax(np.where(m, s, -np.inf)))
right("masked_softmax", np, "a mask without default")(lambda s, m: masked_softmax(s, m))


@right("masked_softmax", torch, "masked_fill")
def masked_softmax_pt(scores, mask=None):
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    return torch.nan_to_num(F.softmax(scores, dim=-1), nan=0.0)


@right("masked_softmax", torch, "-inf assigned to a clone")
def masked_softmax_pt_clone(scores, mask=None):
    s = scores.clone()
    if mask is not None:
        s[~mask.expand(s.shape)] = -torch.inf
    return s.softmax(-1)


right("masked_softmax", torch, "-1e9 where the mask is 0")(
    lambda s, mask=None: (s if mask is None else s.masked_fill(mask == 0, -1e9)).softmax(dim=-1)
)
right("masked_softmax", torch, "finfo.min as an additive mask")(
    lambda s, mask=None: (s if mask is None else s + (1.0 - mask.float()) * torch.finfo(s.dtype).min).softmax(dim=-1)
)

# --- softmax_jacobian ---

right("softmax_jacobian", np, "diag and outer")(lambda w: np.diag(w) - np.outer(w, w))
right("softmax_jacobian", np, "broadcasting")(lambda w: w[:, None] * (np.eye(len(w)) - w))
right("softmax_jacobian", np, "a column")(lambda w: np.diagflat(w) - w.reshape(-1, 1) @ w.reshape(1, -1))


@right("softmax_jacobian", np, "loops")
def jacobian_loops(weights):
    n = len(weights)
    jacobian = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            jacobian[i, j] = weights[i] * (1 - weights[i]) if i == j else -weights[i] * weights[j]
    return jacobian


right("softmax_jacobian", torch, "diag_embed")(lambda w: torch.diag_embed(w) - w.unsqueeze(-1) * w.unsqueeze(-2))
right("softmax_jacobian", torch, "autograd")(
    lambda w: torch.autograd.functional.jacobian(lambda s: s.softmax(-1), w.log())
)


# --- measured_jacobian ---


@right("measured_jacobian", np, "columns into a buffer")
def measured_buffer(scores, step=1e-5):
    jacobian = np.empty((len(scores), len(scores)))
    for j in range(len(scores)):
        up, down = scores.copy(), scores.copy()
        up[j] += step
        down[j] -= step
        jacobian[:, j] = (softmax(up) - softmax(down)) / (2 * step)
    return jacobian


@right("measured_jacobian", np, "all at once")
def measured_at_once(scores, step):
    moves = step * np.eye(len(scores))
    return ((softmax(scores + moves) - softmax(scores - moves)) / (2 * step)).T


@right("measured_jacobian", np, "column_stack and other names")
def measured_columns(s, h):
    return np.column_stack([(softmax(s + h * e) - softmax(s - h * e)) / 2 / h for e in np.identity(len(s))])


@right("measured_jacobian", torch, "clones and stack")
def measured_pt(scores, step):
    columns = []
    for j in range(scores.numel()):
        up, down = scores.clone(), scores.clone()
        up[j] += step
        down[j] -= step
        columns.append((up.softmax(0) - down.softmax(0)) / (2 * step))
    return torch.stack(columns, dim=1)


@right("measured_jacobian", torch, "vmap")
def measured_pt_vmap(scores, step):
    def along(direction):
        return (F.softmax(scores + direction, -1) - F.softmax(scores - direction, -1)) / (2 * step)

    return torch.vmap(along, out_dims=1)(step * torch.eye(len(scores)))


# --- temperature_for_spread ---


def spread_at(scores, temperature):
    w = softmax(scores / temperature)
    return float(np.exp(-np.sum(w * np.log(np.where(w > 0, w, 1)))))


@right("temperature_for_spread", np, "bisection")
def temperature(scores, spread):
    low, high = 1e-3, 1e3
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if spread_at(scores, middle) < spread else (low, middle)
    return middle


@right("temperature_for_spread", np, "small steps")
def temperature_steps(scores, spread):
    t = 0.1
    while spread_at(scores, t) < spread:
        t *= 1.001
    return t


right("temperature_for_spread", np, "three digits")(lambda scores, spread: float(f"{temperature(scores, spread):.3g}"))
right("temperature_for_spread", np, "scipy")(
    lambda scores, spread: scipy.optimize.brentq(lambda t: spread_at(scores, t) - spread, 1e-5, 1e6)
)


@right("temperature_for_spread", torch, "bisection")
def temperature_pt(scores, spread):
    low, high = torch.tensor(1e-4), torch.tensor(1e4)
    for _ in range(40):
        middle = (low * high).sqrt()
        entropy = torch.distributions.Categorical(logits=scores / middle).entropy()
        low, high = (middle, high) if entropy.exp() < spread else (low, middle)
    return middle


# --- dot_scores ---

right("dot_scores", np, "swapaxes")(lambda queries, keys: queries @ keys.swapaxes(-1, -2))
right("dot_scores", np, "einsum")(lambda q, k: np.einsum("...qd,...kd->...qk", q, k))
right("dot_scores", np, "the other way round")(lambda q, k: (k @ q.mT).mT)
right("dot_scores", np, "sums of products")(lambda q, k: (q[..., :, None, :] * k[..., None, :, :]).sum(-1))
right("dot_scores", np, "np.vectorize")(np.vectorize(np.inner, signature="(q,d),(k,d)->(q,k)"))
right("dot_scores", np, "a list of dot products")(
    lambda q, k: np.stack([(q * k[..., j : j + 1, :]).sum(-1) for j in range(k.shape[-2])], axis=-1)
)


@right("dot_scores", np, "loops over queries, keys and features, in float32")
def dot_loops(queries, keys):
    scores = np.zeros((*queries.shape[:-1], keys.shape[-2]), dtype=np.float32)
    for i, j, d in itertools.product(*map(range, (*scores.shape[-2:], keys.shape[-1]))):
        scores[..., i, j] += queries[..., i, d] * keys[..., j, d]
    return scores


right("dot_scores", torch, "transpose")(lambda q, k: torch.matmul(q, k.transpose(-2, -1)))
right("dot_scores", torch, "a partial einsum")(partial(torch.einsum, "...id,...jd->...ij"))


@right("dot_scores", torch, "F.linear, sequence by sequence")
def dot_pt_linear(q, k):
    return F.linear(q, k) if q.dim() == 2 else torch.stack([dot_pt_linear(*pair) for pair in zip(q, k, strict=True)])


# --- general_scores ---

right("general_scores", np, "two products")(lambda queries, keys, w: queries @ w @ keys.swapaxes(-1, -2))
right("general_scores", np, "einsum of three")(lambda q, k, w: np.einsum("...qd,de,...ke->...qk", q, w, k))
right("general_scores", np, "keys first")(lambda q, k, w: np.matmul(q, np.tensordot(k, w.T, axes=1).mT))
right("general_scores", np, "the entries of w one by one")(
    lambda q, k, w: sum(w[a, b] * q[..., :, None, a] * k[..., None, :, b] for a, b in np.ndindex(w.shape))
)
right("general_scores", torch, "F.linear")(lambda q, k, w: F.linear(q, w.t()) @ k.mT)


@right("general_scores", torch, "F.bilinear")
def general_pt_bilinear(queries, keys, w):
    n, m = queries.shape[-2], keys.shape[-2]
    q = queries.unsqueeze(-2).repeat_interleave(m, dim=-2)
    k = keys.unsqueeze(-3).repeat_interleave(n, dim=-3)
    return F.bilinear(q, k, w[None]).squeeze(-1)


# --- additive_scores ---


@right("additive_scores", np, "broadcasting")
def additive(queries, keys, w_query, w_key, v):
    return np.tanh((queries @ w_query)[..., :, None, :] + (keys @ w_key)[..., None, :, :]) @ v


@right("additive_scores", np, "loops over queries and keys")
def additive_loops(queries, keys, w_query, w_key, v):
    scores = np.zeros((*queries.shape[:-1], keys.shape[-2]))
    for *b, i, j in np.ndindex(scores.shape):
        scores[(*b, i, j)] = v @ np.tanh(queries[(*b, i)] @ w_query + keys[(*b, j)] @ w_key)
    return scores


@right("additive_scores", np, "concatenated pairs")
def additive_concatenated(queries, keys, w_query, w_key, v):
    q = np.repeat(queries[..., :, None, :], keys.shape[-2], axis=-2)
    k = np.repeat(keys[..., None, :, :], queries.shape[-2], axis=-3)
    return np.tanh(np.concatenate([q, k], axis=-1) @ np.concatenate([w_query, w_key])) @ v


right("additive_scores", np, "star arguments in float32")(lambda *args: additive(*(a.astype("float32") for a in args)))


@right("additive_scores", torch, "unsqueeze, and tanh from sigmoid")
def additive_pt(queries, keys, w_query, w_key, v):
    hidden = (queries @ w_query).unsqueeze(-2) + (keys @ w_key).unsqueeze(-3)
    return (2 * torch.sigmoid(2 * hidden) - 1) @ v


# --- weighted_sum ---

right("weighted_sum", np, "one product")(lambda weights, values: weights @ values)
right("weighted_sum", np, "einsum and other names")(lambda w, v: np.einsum("...ij,...jv->...iv", w, v))
right("weighted_sum", np, "products and their sum")(lambda w, v: (w[..., np.newaxis] * v[..., None, :, :]).sum(-2))
right("weighted_sum", np, "transposed, the other way round")(lambda w, v: (v.mT @ w.mT).mT)


@right("weighted_sum", np, "a loop over the keys")
def weighted_sum_keys(weights, values):
    outputs = 0
    for j in range(weights.shape[-1]):
        outputs = outputs + weights[..., j : j + 1] * values[..., j : j + 1, :]
    return outputs


@right("weighted_sum", np, "loops over queries and keys, into zeros")
def weighted_sum_loops(weights, values):
    outputs = np.zeros((*weights.shape[:-1], values.shape[-1]))
    for *b, i, j in np.ndindex(weights.shape):
        outputs[(*b, i)] += weights[(*b, i, j)] * values[(*b, j)]
    return outputs


@right("weighted_sum", np, "np.average, query by query")
def weighted_sum_average(weights, values):
    if weights.ndim > 2:
        return np.stack([weighted_sum_average(w, v) for w, v in zip(weights, values, strict=True)])
    return np.array([np.average(values, axis=0, weights=row) if row.any() else 0 * values[0] for row in weights])


right("weighted_sum", torch, "matmul")(torch.matmul)
right("weighted_sum", torch, "a method")(lambda weights, values: weights.matmul(values))
right("weighted_sum", torch, "unsqueeze and sum")(lambda w, v: (w.unsqueeze(-1) * v.unsqueeze(-3)).sum(dim=-2))
right("weighted_sum", torch, "bmm for batches")(
    lambda w, v: torch.bmm(w, v) if w.dim() == 3 else torch.mm(w, v),
)


# --- attention ---


@right("attention", np, "two functions")
def attention(queries, keys, values, mask=None):
    weights = masked_softmax(queries @ keys.swapaxes(-1, -2) / np.sqrt(queries.shape[-1]), mask)
    return weights @ values, weights


@right("attention", np, "einsum and other names")
def attention_einsum(q, k, v, m=None):
    s = np.einsum("...id,...jd->...ij", q, k) / math.sqrt(k.shape[-1])
    w = softmax(s if m is None else np.where(m, s, -np.inf))
    return np.einsum("...ij,...jv->...iv", w, v), w


@right("attention", np, "loops over queries and keys")
def attention_loops(queries, keys, values, mask=None):
    weights = np.zeros((*queries.shape[:-1], keys.shape[-2]))
    outputs = np.zeros((*queries.shape[:-1], values.shape[-1]))
    mask = np.broadcast_to(True if mask is None else mask, weights.shape)
    for *b, i in np.ndindex(outputs.shape[:-1]):
        at, batch = (*b, i), tuple(b)
        chosen = [j for j in range(keys.shape[-2]) if mask[at][j]]
        scores = [np.dot(queries[at], keys[batch][j]) / math.sqrt(queries.shape[-1]) for j in chosen]
        total = sum(math.exp(score - max(scores)) for score in scores)
        for j, score in zip(chosen, scores, strict=True):
            weights[at][j] = math.exp(score - max(scores)) / total
            outputs[at] += weights[at][j] * values[batch][j]
    return outputs, weights


@right("attention", np, "queries and keys times d ** -0.25")
def attention_scaled_both(queries, keys, values, mask=None):
    scale = queries.shape[-1] ** -0.25
    weights = masked_softmax((queries * scale) @ (keys * scale).swapaxes(-1, -2), mask)
    return weights @ values, weights


@right("attention", np, "in place on a copy, with an additive mask")
def attention_in_place(queries, keys, values, mask=None):
    keys = keys.copy()
    keys *= keys.shape[-1] ** -0.5
    scores = queries @ np.moveaxis(keys, -1, -2)
    if mask is not None:
        scores += np.where(mask, 0, -np.inf)
    np.exp(scores - scores.max(axis=-1, keepdims=True), out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    return scores @ values, scores


@right("attention", np, "finfo.min, in float32")
def attention_float32(queries, keys, values, mask=None):
    q, k, v = (x.astype(np.float32) for x in (queries, keys, values))
    scores = q @ k.mT * q.shape[-1] ** -0.5
    weights = softmax(scores if mask is None else np.where(mask, scores, np.finfo(np.float32).min))
    return weights @ v, weights


@right("attention", np, "multiplied by the mask and renormalised")
def attention_renormalise(queries, keys, values, mask=None):
    weights = softmax(queries @ keys.mT / np.sqrt(keys.shape[-1])) * (1 if mask is None else mask)
    total = weights.sum(axis=-1, keepdims=True)
    weights = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    return weights @ values, weights


def timed(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        print(f"{function.__name__} begins")
        return function(*args, **kwargs)

    return inner


@right("attention", np, "prints, asserts and a decorator with wraps")
@timed
def attention_prints(queries, keys, values, mask=None):
    assert queries.shape[-1] == keys.shape[-1]
    print("queries", queries.shape, "keys", keys.shape)
    return attention(queries, keys, values, mask)


class Attended(NamedTuple):
    outputs: object
    weights: object


class Attention:
    def __call__(self, queries, keys, values, mask=None):
        self.outputs, self.weights = attention(queries, keys, values, mask)
        return self.outputs, self.weights


def attention_with(queries, keys, values, mask=None, normalise=softmax):
    weights = normalise(queries @ keys.swapaxes(-1, -2) / math.sqrt(keys.shape[-1]), mask)
    return weights @ values, weights


right("attention", np, "a named tuple")(lambda q, k, v, mask=None: Attended(*attention(q, k, v, mask)))
right("attention", np, "a list of two")(lambda *args: [*attention(*args)])
right("attention", np, "no mask")(lambda queries, keys, values: attention(queries, keys, values))
right("attention", np, "a mask by name only")(lambda q, k, v, *, mask=None: attention(q, k, v, mask))
right("attention", np, "a callable object")(Attention())
right("attention", np, "functools.partial")(partial(attention_with, normalise=masked_softmax))


@right("attention", torch, "masked_fill")
def attention_pt(query, key, value, mask=None):
    scores = torch.matmul(query, key.transpose(-2, -1)) / math.sqrt(query.size(-1))
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    weights = scores.softmax(dim=-1).nan_to_num(0.0)
    return torch.matmul(weights, value), weights


@right("attention", torch, "scaled_dot_product_attention, the weights apart")
def attention_pt_sdpa(queries, keys, values, mask=None):
    outputs = F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask)
    weights = masked_softmax_pt(queries @ keys.mT / torch.sqrt(torch.tensor(queries.shape[-1])), mask)
    return outputs, weights


class ScaledDotProductAttention(nn.Module):
    def __init__(self, dropout=0.1):
        super().__init__()
        self.dropout, self.softmax = nn.Dropout(dropout), nn.Softmax(dim=-1)

    def forward(self, q, k, v, mask=None):
        scores = torch.matmul(q / k.size(-1) ** 0.5, k.transpose(-2, -1))
        weights = self.dropout(self.softmax(scores if mask is None else scores.masked_fill(mask == 0, -1e9)))
        return torch.matmul(weights, v), weights


right("attention", torch, "a module in eval mode, -1e9")(ScaledDotProductAttention().eval())


# --- luong_step ---


@right("luong_step", np, "new axes and matmul")
def luong(state, encoder_states, w_combine):
    weights = softmax((encoder_states @ state[..., np.newaxis]).squeeze(-1))
    context = (weights[..., np.newaxis, :] @ encoder_states).squeeze(-2)
    return np.tanh(np.concatenate((context, state), axis=-1) @ w_combine), weights


@right("luong_step", np, "einsum")
def luong_einsum(h, H, W):
    a = softmax(np.einsum("...d,...sd->...s", h, H))
    return np.tanh(np.einsum("...i,ij->...j", np.concatenate([np.einsum("...s,...sd->...d", a, H), h], -1), W)), a


@right("luong_step", np, "two halves of the matrix, products and sums")
def luong_halves(state, encoder_states, w_combine):
    weights = softmax((encoder_states * state[..., None, :]).sum(-1))
    context = (encoder_states * weights[..., None]).sum(axis=-2)
    for_context, for_state = np.split(w_combine, 2)
    return np.tanh(context @ for_context + state @ for_state), weights


@right("luong_step", np, "lists and loops, one sentence after the other")
def luong_loops(state, encoder_states, w_combine):
    if state.ndim > 1:
        both = [luong_loops(s, e, w_combine) for s, e in zip(state, encoder_states, strict=True)]
        return np.array([a for a, _ in both]), np.array([w for _, w in both])
    weights = softmax_lists(np.array([sum(a * b for a, b in zip(state, row, strict=True)) for row in encoder_states]))
    context = [sum(w * row[i] for w, row in zip(weights, encoder_states, strict=True)) for i in range(len(state))]
    joined = [*context, *state]
    sums = [sum(x * row[j] for x, row in zip(joined, w_combine, strict=True)) for j in range(len(state))]
    return np.array([math.tanh(x) for x in sums]), weights


@right("luong_step", np, "hstack, and attention with one query")
def luong_attention(state, encoder_states, w_combine):
    queries = state[..., None, :] * state.shape[-1] ** 0.5
    contexts, weights = attention(queries, encoder_states, encoder_states)
    return np.tanh(np.hstack([contexts[..., 0, :], state]) @ w_combine), weights[..., 0, :]


right("luong_step", np, "a list of two")(lambda *arguments: [*luong(*arguments)])


@right("luong_step", torch, "unsqueeze, matmul and cat")
def luong_pt(state, encoder_states, w_combine):
    weights = torch.softmax(torch.matmul(encoder_states, state.unsqueeze(-1)).squeeze(-1), dim=-1)
    context = torch.matmul(weights.unsqueeze(-2), encoder_states).squeeze(-2)
    return torch.tanh(torch.cat([context, state], dim=-1) @ w_combine), weights


@right("luong_step", torch, "bmm, F.linear and a batch of one")
def luong_pt_bmm(state, encoder_states, w_combine):
    if state.dim() == 1:
        attentional, weights = luong_pt_bmm(state[None], encoder_states[None], w_combine)
        return attentional[0], weights[0]
    weights = F.softmax(torch.bmm(encoder_states, state.unsqueeze(2)).squeeze(2), dim=1)
    context = torch.bmm(weights.unsqueeze(1), encoder_states).squeeze(1)
    return F.linear(torch.cat((context, state), 1), w_combine.t()).tanh(), weights


@right("luong_step", torch, "einsum")
def luong_pt_einsum(s, h, w):
    weights = torch.einsum("...d,...sd->...s", s, h).softmax(-1)
    return torch.tanh(torch.hstack([torch.einsum("...s,...sd->...d", weights, h), s]) @ w), weights


@right("luong_step", torch, "scaled_dot_product_attention with scale 1")
def luong_pt_sdpa(state, encoder_states, w_combine):
    q = state.unsqueeze(-2)
    context = F.scaled_dot_product_attention(q, encoder_states, encoder_states, scale=1.0)
    weights = (q @ encoder_states.mT).softmax(-1)
    return torch.tanh(torch.cat([context, q], -1) @ w_combine).squeeze(-2), weights.squeeze(-2)


@right("luong_step", np, "a call for each sentence, np.r_")
def luong_calls(state, encoder_states, w_combine):
    if state.ndim > 1:
        both = [luong_calls(h, s, w_combine) for h, s in zip(state, encoder_states, strict=True)]
        return tuple(np.array(part, dtype=state.dtype) for part in zip(*both, strict=True))
    scores = encoder_states @ state
    weights = np.exp(scores - max(scores)) / sum(np.exp(scores - max(scores)))
    return np.tanh(np.r_[weights @ encoder_states, state] @ w_combine), weights


# --- decoder_inputs ---

right("decoder_inputs", np, "full and concatenate")(
    lambda targets, start: np.concatenate([np.full((len(targets), 1), start), targets[:, :-1]], axis=1)
)
right("decoder_inputs", np, "hstack")(lambda t, s: np.hstack([np.full_like(t[:, :1], s), t[:, :-1]]))
right("decoder_inputs", np, "insert")(lambda targets, start: np.insert(targets, 0, start, axis=1)[:, :-1])
right("decoder_inputs", np, "insert before all but the last")(lambda t, s: np.insert(t[:, :-1], 0, s, axis=1))
right("decoder_inputs", np, "pad")(lambda t, start: np.pad(t, ((0, 0), (1, 0)), constant_values=start)[:, :-1])
right("decoder_inputs", np, "lists")(lambda targets, start: np.array([[start, *row[:-1]] for row in targets.tolist()]))


@right("decoder_inputs", np, "roll and overwrite")
def inputs_roll(targets, start):
    inputs = np.roll(targets, 1, axis=1)
    inputs[:, 0] = start
    return inputs


@right("decoder_inputs", np, "filled into an empty array")
def inputs_empty(targets, start):
    inputs = np.empty_like(targets)
    inputs[:, 0], inputs[:, 1:] = start, targets[:, :-1]
    return inputs


@right("decoder_inputs", np, "a loop that appends")
def inputs_loop(targets, start):
    rows = []
    for target in targets:
        row = [start]
        for symbol in target[:-1]:
            row.append(symbol)
        rows.append(row)
    return np.array(rows)


@right("decoder_inputs", torch, "full_like and cat")
def inputs_pt(targets, start):
    return torch.cat([torch.full_like(targets[:, :1], start), targets[:, :-1]], dim=1)


right("decoder_inputs", torch, "pad")(lambda targets, start: F.pad(targets, (1, -1), value=start))
right("decoder_inputs", torch, "new_full")(lambda t, s: torch.hstack([t.new_full((t.size(0), 1), s), t[:, :-1]]))


@right("decoder_inputs", torch, "roll and overwrite")
def inputs_pt_roll(targets, start):
    inputs = targets.roll(1, dims=1)
    inputs[:, 0] = start
    return inputs


@right("decoder_inputs", torch, "new_zeros and a clone")
def inputs_pt_shift_right(input_ids, decoder_start_token_id):
    shifted = input_ids.new_zeros(input_ids.shape)
    shifted[:, 1:] = input_ids[:, :-1].clone()
    shifted[:, 0] = decoder_start_token_id
    return torch.asarray(shifted)


@right("decoder_inputs", np, "rolled flat, the first column overwritten")
def decoder_inputs_flat(targets, start):
    inputs = np.roll(targets, 1)
    inputs[:, 0] = start
    return inputs


# --- greedy_decode ---


@right("greedy_decode", np, "while")
def greedy_while(step, state, start, end, longest):
    symbols = [start]
    while len(symbols) <= longest:
        scores, state = step(symbols[-1], state)
        symbols.append(int(np.argmax(scores)))
        if symbols[-1] == end:
            return symbols[1:-1]
    return symbols[1:]


@right("greedy_decode", np, "for, with NumPy's whole numbers")
def greedy_for(step, state, start, end, longest):
    outputs, last = [], start
    for _ in range(longest):
        scores, state = step(last, state)
        last = np.argmax(scores)
        if last == end:
            break
        outputs.append(last)
    return outputs


@right("greedy_decode", np, "recursion")
def greedy_recursion(step, state, start, end, longest):
    if longest == 0:
        return []
    scores, following = step(start, state)
    best = int(np.argmax(scores))
    return [] if best == end else [best, *greedy_recursion(step, following, best, end, longest - 1)]


@right("greedy_decode", np, "a generator and itertools")
def greedy_generator(step, state, start, end, longest):
    def symbols(read, state):
        while True:
            scores, state = step(read, state)
            read = max(range(len(scores)), key=scores.__getitem__)
            yield read

    return list(itertools.takewhile(lambda s: s != end, itertools.islice(symbols(start, state), longest)))


@right("greedy_decode", np, "sorting, and a tuple")
def greedy_sorting(step, state, start, end, longest):
    written, following = (), start
    while len(written) < longest:
        scores, state = step(following, state)
        following = np.argsort(scores)[-1].item()
        if following == end:
            return written
        written += (following,)
    return written


@right("greedy_decode", np, "all steps first, then cut at the end")
def greedy_cut(step, state, start, end, longest):
    symbols = [start]
    for _ in range(longest):
        scores, state = step(symbols[-1], state)
        symbols.append(int(scores.argmax()))
    symbols = symbols[1:]
    return symbols[: symbols.index(end)] if end in symbols else symbols


right("greedy_decode", np, "an array")(lambda *arguments: np.array(greedy_while(*arguments), dtype=int))


@right("greedy_decode", torch, "argmax and item")
def greedy_pt(step, state, start, end, longest):
    written, symbol = [], start
    with torch.no_grad():
        while len(written) < longest:
            scores, state = step(symbol, state)
            symbol = scores.argmax(dim=-1).item()
            if symbol == end:
                break
            written.append(symbol)
    return written


@right("greedy_decode", torch, "softmax, max with its indices, and a tensor")
def greedy_pt_tensor(step, state, start, end, longest):
    written = torch.tensor([start])
    for _ in range(longest):
        scores, state = step(written[-1], state)
        best = torch.softmax(scores, dim=-1).max(dim=-1, keepdim=True).indices
        if best == end:
            break
        written = torch.cat([written, best])
    return written[1:]


@right("greedy_decode", torch, "topk, and a list of tensors")
def greedy_pt_topk(step, state, start, end, longest):
    ids, read = [], torch.tensor(start)
    for _ in range(longest):
        scores, state = step(read, state)
        read = scores.topk(1).indices[0]
        if read == end:
            break
        ids.append(read)
    return ids


@right("greedy_decode", np, "iter with a last value, and islice")
def greedy_iter(step, state, start, end, longest):
    now = {"symbol": start, "state": state}

    def write():
        scores, now["state"] = step(now["symbol"], now["state"])
        now["symbol"] = max(range(len(scores)), key=lambda k: scores[k])
        return now["symbol"]

    return list(itertools.islice(iter(write, end), longest))


@right("greedy_decode", np, "the step called twice with the same arguments")
def greedy_twice(step, state, start, end, longest):
    written, symbol = [], start
    for _ in range(longest):
        symbol, state = int(step(symbol, state)[0].argmax()), step(symbol, state)[1]
        if symbol == end:
            break
        written.append(symbol)
    return written


# --- padding_mask ---

right("padding_mask", np, "arange")(lambda lengths, n_keys: np.arange(n_keys) < np.asarray(lengths)[:, None, None])
right("padding_mask", np, "lists")(lambda lengths, n: np.array([[[j < stop for j in range(n)]] for stop in lengths]))
right("padding_mask", np, "outer")(lambda lengths, n: np.greater.outer(lengths, np.arange(n)).reshape(-1, 1, n))
right("padding_mask", np, "rows of a triangle")(lambda lengths, n: np.tri(n + 1, n, -1, dtype=bool)[lengths][:, None])


@right("padding_mask", np, "a loop, and numbers made boolean")
def padding_loop(lengths, n_keys):
    mask = np.zeros((len(lengths), 1, n_keys))
    for b, length in enumerate(lengths):
        mask[b, 0, :length] = 1
    return mask.astype(bool)


right("padding_mask", torch, "arange")(lambda lengths, n: torch.arange(n) < torch.as_tensor(lengths).view(-1, 1, 1))
right("padding_mask", torch, "stack")(lambda lengths, n: torch.stack([torch.arange(n).lt(i) for i in lengths])[:, None])


# --- causal_mask ---


@right("causal_mask", np, "tri")
def causal_tri(n_queries, n_keys=None):
    n_keys = n_queries if n_keys is None else n_keys
    return np.tri(n_queries, n_keys, n_keys - n_queries, dtype=bool)


@right("causal_mask", np, "loops")
def causal_loops(n_queries, n_keys=None):
    n_keys = n_queries if n_keys is None else n_keys
    mask = np.zeros((n_queries, n_keys), dtype=bool)
    for i in range(n_queries):
        for j in range(i + n_keys - n_queries + 1):
            mask[i, j] = True
    return mask


right("causal_mask", np, "tril")(lambda n, m=None: np.tril(np.ones((n, m or n), dtype=bool), k=(m or n) - n))
right("causal_mask", np, "triu is 0")(lambda n, m=None: np.triu(np.ones((n, m or n)), k=(m or n) - n + 1) == 0)
right("causal_mask", np, "arange")(lambda n, m=None: np.arange(m or n) <= (np.arange(n) + (m or n) - n)[:, np.newaxis])
right("causal_mask", np, "the last rows")(lambda n, m=None: np.tril(np.ones((m or n, m or n))).astype(bool)[-n:])
right("causal_mask", np, "fromfunction")(
    lambda n, m=None: np.fromfunction(lambda i, j: j <= i + (m or n) - n, (n, m or n))
)
right("causal_mask", np, "one argument")(lambda n: ~np.triu(np.full((n, n), True), 1))
right("causal_mask", np, "kept")(functools.cache(causal_tri))
right("causal_mask", torch, "triu")(lambda n, m=None: ~torch.ones(n, m or n, dtype=torch.bool).triu((m or n) - n + 1))
right("causal_mask", torch, "generate_square_subsequent_mask")(
    lambda n, m=None: (nn.Transformer.generate_square_subsequent_mask(m or n) == 0)[(m or n) - n :]
)


# --- self_attention ---


def plain_self_attention(tokens, w_q, w_k, w_v):
    queries, keys, values = tokens @ w_q, tokens @ w_k, tokens @ w_v
    weights = softmax(queries @ np.swapaxes(keys, -1, -2) / np.sqrt(w_q.shape[1]))
    return weights @ values, weights


right("self_attention", np, "step by step")(plain_self_attention)


@right("self_attention", np, "einsum")
def self_attention_einsum(x, w_q, w_k, w_v):
    queries, keys, values = (np.einsum("...td,de->...te", x, w) for w in (w_q, w_k, w_v))
    scores = np.einsum("...qe,...ke->...qk", queries, keys) / math.sqrt(w_k.shape[-1])
    weights = np.exp(scores - np.logaddexp.reduce(scores, axis=-1, keepdims=True))
    return np.einsum("...qk,...kv->...qv", weights, values), weights


@right("self_attention", np, "one product of matrices for the scores")
def self_attention_bilinear(tokens, w_q, w_k, w_v):
    scores = tokens @ (w_q @ w_k.T) @ np.moveaxis(tokens, -1, -2)
    weights = softmax(scores * w_q.shape[1] ** -0.5)
    return weights @ tokens @ w_v, weights


@right("self_attention", np, "loops over tokens and sequences")
def self_attention_loops(tokens, w_q, w_k, w_v):
    if tokens.ndim > 2:
        outputs, weights = zip(*[self_attention_loops(x, w_q, w_k, w_v) for x in tokens], strict=True)
        return np.array(outputs), np.array(weights)
    outputs, weights = [], []
    for asking in tokens:
        scores = np.array([(asking @ w_q) @ (asked @ w_k) for asked in tokens]) / len(w_q[0]) ** 0.5
        row = softmax(scores)
        outputs.append(sum(w * (asked @ w_v) for w, asked in zip(row, tokens, strict=True)))
        weights.append(row)
    return np.array(outputs), np.array(weights)


@right("self_attention", np, "the scale on queries and keys, float32 inside")
def self_attention_float32(tokens, w_q, w_k, w_v):
    tokens, w_q, w_k, w_v = (np.asarray(x, np.float32) for x in (tokens, w_q, w_k, w_v))
    root = np.float32(w_q.shape[1] ** 0.25)
    weights = softmax((tokens @ w_q / root) @ np.swapaxes(tokens @ w_k / root, -1, -2))
    return weights @ (tokens @ w_v), weights


@right("self_attention", np, "a list comes back")
def self_attention_list(tokens, w_q, w_k, w_v):
    return list(plain_self_attention(tokens, w_q, w_k, w_v))


@right("self_attention", np, "the three matrices side by side")
def self_attention_joined(tokens, w_q, w_k, w_v):
    cuts = [w_q.shape[1], w_q.shape[1] + w_k.shape[1]]
    queries, keys, values = np.split(tokens @ np.hstack([w_q, w_k, w_v]), cuts, axis=-1)
    weights = softmax(queries @ np.swapaxes(keys, -1, -2) / keys.shape[-1] ** 0.5)
    return weights @ values, weights


@right("self_attention", torch, "step by step")
def self_attention_torch(tokens, w_q, w_k, w_v):
    queries, keys, values = tokens @ w_q, tokens @ w_k, tokens @ w_v
    scores = queries @ keys.transpose(-2, -1) / math.sqrt(queries.size(-1))
    weights = torch.softmax(scores, dim=-1)
    return weights @ values, weights


@right("self_attention", torch, "F.linear and F.scaled_dot_product_attention")
def self_attention_fused(tokens, w_q, w_k, w_v):
    queries, keys, values = (F.linear(tokens, w.T) for w in (w_q, w_k, w_v))
    weights = F.softmax(torch.einsum("...qd,...kd->...qk", queries, keys) * queries.shape[-1] ** -0.5, dim=-1)
    return F.scaled_dot_product_attention(queries, keys, values), weights


@right("self_attention", torch, "log-sum-exp")
def self_attention_lse(x, q, k, v):
    scores = (x @ q) @ (x @ k).mT / k.shape[1] ** 0.5
    weights = (scores - scores.logsumexp(-1, keepdim=True)).exp()
    return torch.matmul(weights, x @ v), weights


@right("self_attention", torch, "the weights are what identity values are mixed to")
def self_attention_identity(tokens, w_q, w_k, w_v):
    queries, keys = tokens @ w_q, tokens @ w_k
    eye = torch.eye(tokens.shape[-2]).expand(*tokens.shape[:-1], -1)
    weights = F.scaled_dot_product_attention(queries, keys, eye)
    return F.scaled_dot_product_attention(queries, keys, tokens @ w_v), weights


@right("self_attention", np, "an axis for the batch that is added and taken away")
def self_attention_squeezed(tokens, w_q, w_k, w_v):
    if tokens.ndim == 2:
        outputs, weights = self_attention_squeezed(tokens[np.newaxis], w_q, w_k, w_v)
        return outputs[0], weights[0]
    q, k, v = (np.einsum("btm,md->btd", tokens, w) for w in (w_q, w_k, w_v))
    weights = softmax(np.einsum("bqd,bkd->bqk", q, k) / w_q.shape[1] ** 0.5)
    return np.einsum("bqk,bkd->bqd", weights, v), weights


# --- noun_share ---


right("noun_share", np, "one line")(
    lambda weights, query, first, second: (
        weights[..., query, first] / (weights[..., query, first] + weights[..., query, second])
    )
)
right("noun_share", np, "both at once")(lambda w, q, i, j: w[..., q, i] / w[..., q, [i, j]].sum(-1))
right("noun_share", np, "one over one plus a ratio")(lambda w, q, i, j: 1 / (1 + w[..., q, j] / w[..., q, i]))
right("noun_share", np, "one minus the other's")(lambda w, q, i, j: 1 - w[..., q, j] / (w[..., q, i] + w[..., q, j]))
right("noun_share", np, "the softmax of logarithms")(lambda w, q, i, j: softmax(np.log(w[..., q, [i, j]]))[..., 0])
right("noun_share", np, "float32 inside")(
    lambda w, q, i, j: np.float32(w[..., q, i]) / (np.float32(w[..., q, i]) + np.float32(w[..., q, j]))
)
right("noun_share", np, "take")(
    lambda w, q, i, j: (row := w.take(q, axis=-2)).take(i, axis=-1) / (row.take(i, axis=-1) + row.take(j, axis=-1))
)


@right("noun_share", np, "loops over layers and heads")
def noun_share_loops(weights, query, first, second):
    if weights.ndim == 2:
        row = weights[query]
        return float(row[first] / (row[first] + row[second]))
    return np.array([noun_share_loops(w, query, first, second) for w in weights])


@right("noun_share", np, "into zeros")
def noun_share_zeros(weights, query, first, second):
    shares = np.zeros(weights.shape[:-2])
    for place in np.ndindex(shares.shape):
        a, b = weights[place][query, first], weights[place][query, second]
        shares[place] = a / (a + b)
    return shares


@right("noun_share", torch, "one line")
def noun_share_torch(weights, query, first, second):
    pair = weights[..., query, :][..., torch.tensor([first, second])]
    return pair[..., 0] / pair.sum(dim=-1)


right("noun_share", torch, "the sigmoid of a difference of logarithms")(
    lambda w, q, i, j: torch.sigmoid(w[..., q, i].log() - w[..., q, j].log())
)


@right("noun_share", np, "all other words are set to zero")
def noun_share_others(weights, query, first, second):
    kept = np.zeros(weights.shape[-1])
    kept[[first, second]] = 1
    row = weights[..., query, :] * kept
    return (row / row.sum(axis=-1, keepdims=True))[..., first]


# --- stacked_self_attention ---


@right("stacked_self_attention", np, "one layer after the other")
def stacked(tokens, layers):
    weights = []
    for w_q, w_k, w_v in layers:
        outputs, shares = plain_self_attention(tokens, w_q, w_k, w_v)
        tokens = tokens + outputs
        weights.append(shares)
    return tokens, weights


@right("stacked_self_attention", np, "recursion, a tuple of weights")
def stacked_recursion(tokens, layers):
    if not layers:
        return tokens, ()
    outputs, weights = plain_self_attention(tokens, *layers[0])
    outputs, others = stacked_recursion(outputs + tokens, layers[1:])
    return outputs, (weights, *others)


@right("stacked_self_attention", np, "in place on a copy, one array of weights")
def stacked_in_place(tokens, layers):
    x, weights = tokens.copy(), np.zeros((len(layers), *tokens.shape[:-1], tokens.shape[-2]))
    for i in range(len(layers)):
        outputs, weights[i] = plain_self_attention(x, *layers[i])
        x += outputs
    return x, weights


@right("stacked_self_attention", np, "the mixture with the identity added to the weights of values")
def stacked_einsum(tokens, layers):
    found = []
    for w_q, w_k, w_v in layers:
        scores = np.einsum("...qd,de,fe,...kf->...qk", tokens, w_q, w_k, tokens) / tokens.shape[-1] ** 0.5
        found.append(np.exp(scores - np.logaddexp.reduce(scores, axis=-1, keepdims=True)))
        tokens = tokens + np.einsum("...qk,...kd,de->...qe", found[-1], tokens, w_v)
    return [tokens, found]


@right("stacked_self_attention", np, "reduce")
def stacked_reduce(tokens, layers):
    def one(state, layer):
        outputs, weights = plain_self_attention(state[0], *layer)
        return state[0] + outputs, [*state[1], weights]

    return functools.reduce(one, layers, (tokens, []))


@right("stacked_self_attention", np, "float32 inside")
def stacked_float32(tokens, layers):
    return stacked(tokens.astype(np.float32), [tuple(w.astype(np.float32) for w in layer) for layer in layers])


@right("stacked_self_attention", torch, "one layer after the other")
def stacked_torch(tokens, layers):
    weights = []
    for layer in layers:
        outputs, shares = self_attention_torch(tokens, *layer)
        tokens = tokens + outputs
        weights.append(shares)
    return tokens, weights


@right("stacked_self_attention", torch, "stack")
def stacked_stack(tokens, layers):
    outputs, weights = stacked_torch(tokens, layers)
    return outputs, torch.stack(weights)


@right("stacked_self_attention", torch, "log-sum-exp")
def stacked_lse(tokens, layers):
    found = []
    for layer in layers:
        mixed, weights = self_attention_lse(tokens, *layer)
        tokens, found = mixed + tokens, [*found, weights]
    return tokens, found


class StackedModule(nn.Module):
    def forward(self, tokens, layers):
        states, found = [tokens], []
        for q, k, v in layers:
            x = states[-1]
            found += [F.softmax((x @ q) @ (x @ k).mT / x.shape[-1] ** 0.5, -1)]
            states += [x + found[-1] @ (x @ v)]
        return states[-1], tuple(found)


right("stacked_self_attention", torch, "a module")(StackedModule())


# --- sinusoidal_positions ---


@right("sinusoidal_positions", np, "into zeros, every second column")
def sinusoidal(n_tokens, d_model):
    table = np.zeros((n_tokens, d_model))
    angles = np.arange(n_tokens)[:, None] / 10000 ** (np.arange(0, d_model, 2) / d_model)
    table[:, 0::2] = np.sin(angles)
    table[:, 1::2] = np.cos(angles)
    return table


@right("sinusoidal_positions", np, "two loops")
def sinusoidal_loops(n_tokens, d_model):
    table = np.empty((n_tokens, d_model))
    for p in range(n_tokens):
        for i in range(d_model):
            angle = p / 10_000 ** ((i - i % 2) / d_model)
            table[p, i] = math.cos(angle) if i % 2 else math.sin(angle)
    return table


@right("sinusoidal_positions", np, "lists")
def sinusoidal_lists(n_tokens, d_model):
    def row(p):
        angles = [p / 10000 ** (2 * i / d_model) for i in range(d_model // 2)]
        return [f(angle) for angle in angles for f in (math.sin, math.cos)]

    return np.array([row(p) for p in range(n_tokens)])


@right("sinusoidal_positions", np, "powers of a complex number")
def sinusoidal_complex(n_tokens, d_model):
    one_step = np.exp(1j * 10000.0 ** (-2 * np.arange(d_model // 2) / d_model))
    turned = one_step ** np.arange(n_tokens)[:, None]
    return np.stack([turned.imag, turned.real], axis=2).reshape(n_tokens, -1)


@right("sinusoidal_positions", np, "where, and a phase of a quarter")
def sinusoidal_phase(n_tokens, d_model):
    i = np.arange(d_model)
    return np.sin(np.outer(np.arange(n_tokens), 1e4 ** -(i // 2 * 2 / d_model)) + np.pi / 2 * (i % 2))


@right("sinusoidal_positions", np, "float32, the logarithm of the frequencies")
def sinusoidal_float32(n_tokens, d_model):
    frequencies = np.exp(np.arange(0, d_model, 2, dtype=np.float32) * np.float32(-np.log(10000.0) / d_model))
    angles = np.arange(n_tokens, dtype=np.float32)[:, np.newaxis] * frequencies
    return np.dstack([np.sin(angles), np.cos(angles)]).reshape(n_tokens, d_model)


@right("sinusoidal_positions", torch, "into zeros, exp of a logarithm")
def sinusoidal_torch(n_tokens, d_model):
    table = torch.zeros(n_tokens, d_model)
    position = torch.arange(0, n_tokens, dtype=torch.float).unsqueeze(1)
    div_term = torch.exp(torch.arange(0, d_model, 2).float() * (-math.log(10000.0) / d_model))
    table[:, 0::2] = torch.sin(position * div_term)
    table[:, 1::2] = torch.cos(position * div_term)
    return table


@right("sinusoidal_positions", torch, "stack and flatten")
def sinusoidal_flatten(n_tokens, d_model):
    angles = torch.outer(torch.arange(n_tokens), 10000 ** (-torch.arange(0, d_model, 2) / d_model))
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(-2)


@right("sinusoidal_positions", np, "each row turned once more than the one before")
def sinusoidal_turned(n_tokens, d_model):
    table = np.zeros((n_tokens, d_model))
    table[0, 1::2] = 1
    step = 10000.0 ** (-np.arange(0, d_model, 2) / d_model)
    for p in range(1, n_tokens):
        sine, cosine = table[p - 1, 0::2], table[p - 1, 1::2]
        table[p, 0::2] = sine * np.cos(step) + cosine * np.sin(step)
        table[p, 1::2] = cosine * np.cos(step) - sine * np.sin(step)
    return table


# --- rotary ---


def angles_of(x):
    return np.arange(x.shape[-2])[:, None] / 10000 ** (np.arange(0, x.shape[-1], 2) / x.shape[-1])


@right("rotary", np, "every second column of a new array")
def rotary_columns(queries_or_keys):
    angles = angles_of(queries_or_keys)
    turned = np.empty(queries_or_keys.shape)
    even, odd = queries_or_keys[..., ::2], queries_or_keys[..., 1::2]
    turned[..., ::2] = even * np.cos(angles) - odd * np.sin(angles)
    turned[..., 1::2] = even * np.sin(angles) + odd * np.cos(angles)
    return turned


@right("rotary", np, "complex numbers")
def rotary_complex(x):
    z = (x[..., 0::2] + 1j * x[..., 1::2]) * np.exp(1j * angles_of(x))
    return np.stack([z.real, z.imag], axis=-1).reshape(x.shape)


@right("rotary", np, "a view as complex numbers")
def rotary_view(x):
    z = np.ascontiguousarray(x, dtype=np.float64).view(np.complex128)
    return (z * np.exp(1j * angles_of(x))).view(np.float64)


@right("rotary", np, "matrices of two by two, einsum")
def rotary_matrices(x):
    cos, sin = np.cos(angles_of(x)), np.sin(angles_of(x))
    turn = np.array([[cos, -sin], [sin, cos]])  # (2, 2, token, pair)
    pairs = x.reshape(*x.shape[:-1], -1, 2)
    return np.einsum("abtp,...tpb->...tpa", turn, pairs).reshape(x.shape)


@right("rotary", np, "one matrix for each position")
def rotary_blocks(x):
    turned = np.zeros(x.shape)
    for p in range(x.shape[-2]):
        matrix = np.zeros((x.shape[-1], x.shape[-1]))
        for i in range(x.shape[-1] // 2):
            t = p * 10000 ** (-2 * i / x.shape[-1])
            matrix[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]]
        turned[..., p, :] = x[..., p, :] @ matrix.T
    return turned


@right("rotary", np, "cosines and sines twice, and crossed pairs")
def rotary_crossed(x):
    cos, sin = (np.repeat(f(angles_of(x)), 2, axis=-1) for f in (np.cos, np.sin))
    crossed = np.stack([-x[..., 1::2], x[..., ::2]], axis=-1).reshape(x.shape)
    return x * cos + crossed * sin


@right("rotary", np, "step by step, each token once more than the one before")
def rotary_again(x):
    step = np.exp(1j * 10000.0 ** (-np.arange(0, x.shape[-1], 2) / x.shape[-1]))
    z, turn = x[..., ::2] + 1j * x[..., 1::2], np.ones_like(step)
    found = []
    for token in range(x.shape[-2]):
        found.append(z[..., token, :] * turn)
        turn = turn * step
    z = np.stack(found, axis=-2)
    return np.stack([z.real, z.imag], axis=-1).reshape(x.shape)


@right("rotary", np, "float32 inside")
def rotary_float32(x):
    x, angles = x.astype(np.float32), angles_of(x).astype(np.float32)
    a, b = np.moveaxis(x.reshape(*x.shape[:-1], x.shape[-1] // 2, 2), -1, 0)
    turned = [a * np.cos(angles) - b * np.sin(angles), a * np.sin(angles) + b * np.cos(angles)]
    return np.moveaxis(np.array(turned), 0, -1).reshape(x.shape)


@right("rotary", torch, "view_as_complex")
def rotary_as_complex(x):
    n_tokens, d_key = x.shape[-2:]
    frequencies = 1.0 / 10000.0 ** (torch.arange(0, d_key, 2).float() / d_key)
    angles = torch.outer(torch.arange(n_tokens).float(), frequencies)
    z = torch.view_as_complex(x.float().reshape(*x.shape[:-1], -1, 2))
    return torch.view_as_real(z * torch.polar(torch.ones_like(angles), angles)).flatten(-2)


@right("rotary", torch, "stack and flatten")
def rotary_torch(x):
    theta = 10000.0 ** (-torch.arange(0, x.size(-1), 2) / x.size(-1))
    t = torch.arange(x.size(-2))[:, None] * theta
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack([a * t.cos() - b * t.sin(), a * t.sin() + b * t.cos()], dim=-1).flatten(start_dim=-2)


@right("rotary", torch, "crossed pairs, repeat_interleave")
def rotary_interleaved(x):
    t = torch.arange(x.shape[-2]).outer(10000 ** (-torch.arange(0, x.shape[-1], 2) / x.shape[-1]))
    t = t.repeat_interleave(2, dim=-1)
    crossed = torch.stack((-x[..., 1::2], x[..., 0::2]), dim=-1).reshape(x.shape)
    return x * t.cos() + crossed * t.sin()


@right("rotary", np, "with the sines and cosines of the sinusoidal positions")
def rotary_sinusoidal(x):
    table = attnlib.sinusoidal_positions(*x.shape[-2:])
    sin, cos, a, b = table[:, 0::2], table[:, 1::2], x[..., 0::2], x[..., 1::2]
    return np.stack([a * cos - b * sin, a * sin + b * cos], axis=-1).reshape(x.shape)


# --- equivariance_gap ---


right("equivariance_gap", np, "one line")(lambda f, x, order: np.abs(f(x[order]) - f(x)[order]).max())
right("equivariance_gap", np, "the norm of infinity")(
    lambda f, x, order: np.linalg.norm((f(x[order]) - f(x)[order]).ravel(), np.inf)
)
right("equivariance_gap", np, "the larger of both ends")(
    lambda f, x, order: max((d := f(x[order]) - f(x)[order]).max(), -d.min())
)
right("equivariance_gap", np, "take, float")(
    lambda f, x, order: float(np.max(np.absolute(f(x).take(order, axis=0) - f(x.take(order, axis=0)))))
)
right("equivariance_gap", np, "moved back")(lambda f, x, order: np.abs(f(x[order])[np.argsort(order)] - f(x)).max())


@right("equivariance_gap", np, "a matrix of zeros and ones")
def gap_by_a_matrix(function, tokens, order):
    matrix = np.eye(len(tokens))[order]
    return np.amax(abs(function(matrix @ tokens) - matrix @ function(tokens)))


@right("equivariance_gap", np, "loops")
def gap_loops(function, tokens, order):
    outputs, moved = function(tokens), function(np.array([tokens[place] for place in order]))
    largest = 0.0
    for i, place in enumerate(order):
        for a, b in zip(moved[i], outputs[place], strict=True):
            largest = max(largest, abs(float(a) - float(b)))
    return largest


@right("equivariance_gap", np, "float32 inside")
def gap_float32(function, tokens, order):
    tokens = np.asarray(tokens, np.float32)
    return np.ptp([0, *np.abs(function(tokens[order]) - function(tokens)[order]).ravel()])


@right("equivariance_gap", torch, "one line")
def gap_torch(function, tokens, order):
    return torch.max(torch.abs(function(tokens[order]) - function(tokens)[order]))


@right("equivariance_gap", torch, "index_select")
def gap_index_select(function, tokens, order):
    order = torch.as_tensor(order)
    return torch.dist(function(tokens.index_select(0, order)), function(tokens).index_select(0, order), p=math.inf)


@right("equivariance_gap", np, "the inverse order, filled in")
def gap_inverse(function, tokens, order):
    back = np.empty(len(order), dtype=int)
    for new, old in enumerate(order):
        back[old] = new
    return np.abs(function(tokens[order])[back] - function(tokens)).max()


# --- scaled_dot_scores ---

right("scaled_dot_scores", np, "divided by the root")(lambda q, k: q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5)
right("scaled_dot_scores", np, "np.sqrt")(lambda q, k: q @ k.mT / np.sqrt(k.shape[-1], dtype=q.dtype))
right("scaled_dot_scores", np, "math.sqrt and einsum")(
    lambda q, k: np.einsum("...qd,...kd->...qk", q, k) / math.sqrt(q.shape[-1])
)
right("scaled_dot_scores", np, "the queries are divided first")(lambda q, k: (q / math.sqrt(q.shape[-1])) @ k.mT)
right("scaled_dot_scores", np, "a fourth root for each")(
    lambda q, k: (q * q.shape[-1] ** -0.25) @ (k * k.shape[-1] ** -0.25).mT
)
right("scaled_dot_scores", np, "the mean of products, times the root")(
    lambda q, k: (q[..., :, None, :] * k[..., None, :, :]).mean(-1) * math.sqrt(q.shape[-1])
)


@right("scaled_dot_scores", np, "loops, in float32")
def scaled_loops(queries, keys):
    scores = np.zeros((*queries.shape[:-1], keys.shape[-2]), dtype=np.float32)
    for *batch, i, j in np.ndindex(scores.shape):
        products = zip(queries[(*batch, i)], keys[(*batch, j)], strict=True)
        scores[(*batch, i, j)] = sum(a * b for a, b in products) / math.sqrt(queries.shape[-1])
    return scores


right("scaled_dot_scores", torch, "transpose")(
    lambda q, k: torch.matmul(q, k.transpose(-2, -1)) / math.sqrt(q.size(-1))
)
right("scaled_dot_scores", torch, "a tensor's root")(lambda q, k: q @ k.mT / torch.sqrt(torch.tensor(q.shape[-1])))
right("scaled_dot_scores", torch, "rsqrt")(lambda q, k: torch.einsum("...id,...jd->...ij", q, k) * q.shape[-1] ** -0.5)


@right("scaled_dot_scores", torch, "torch.bmm or mm, in place on the product")
def scaled_in_place(queries, keys):
    product = torch.bmm if queries.dim() == 3 else torch.mm
    scores = product(queries, keys.transpose(-2, -1))
    scores /= queries.size(-1) ** 0.5
    return scores


# --- softmax_backward ---

right("softmax_backward", np, "the formula")(lambda w, g: w * (g - (w * g).sum(-1, keepdims=True)))
right("softmax_backward", np, "multiplied out")(lambda w, g: w * g - w * np.sum(w * g, axis=-1, keepdims=True))
right("softmax_backward", np, "einsum")(lambda w, g: w * (g - np.einsum("...k,...k->...", w, g)[..., None]))
right("softmax_backward", np, "np.vecdot")(lambda w, g: w * (g - np.vecdot(w, g)[..., None]))
right("softmax_backward", np, "a product of a row and a column")(
    lambda w, g: w * (g - (w[..., None, :] @ g[..., :, None])[..., 0])
)
right("softmax_backward", np, "row by row")(
    np.vectorize(lambda w, g: w * (g - w @ g), signature="(k),(k)->(k)", otypes=[float])
)
right("softmax_backward", np, "attnlib's Jacobian")(
    lambda w, g: (attnlib.softmax_jacobian(w) @ g[..., None]).squeeze(-1)
)


@right("softmax_backward", np, "a Jacobian built with loops, in float32")
def backward_by_jacobian(weights, gradient):
    slopes = np.zeros(weights.shape, dtype=np.float32)
    n_keys = weights.shape[-1]
    for row in np.ndindex(weights.shape[:-1]):
        w = weights[row]
        jacobian = [[w[i] * ((i == j) - w[j]) for j in range(n_keys)] for i in range(n_keys)]
        slopes[row] = np.array(jacobian).T @ gradient[row]
    return slopes


@right("softmax_backward", np, "one score at a time")
def backward_by_score(weights, gradient):
    slopes = np.empty_like(weights)
    for j in range(weights.shape[-1]):
        moved = -weights * weights[..., j : j + 1]
        moved[..., j] += weights[..., j]
        slopes[..., j] = (moved * gradient).sum(-1)
    return slopes


right("softmax_backward", torch, "the formula")(lambda w, g: w * (g - (w * g).sum(dim=-1, keepdim=True)))
right("softmax_backward", torch, "diag_embed")(
    lambda w, g: torch.einsum("...ij,...i->...j", torch.diag_embed(w) - w[..., :, None] * w[..., None, :], g)
)


@right("softmax_backward", torch, "autograd, from scores that give these weights")
def backward_by_autograd(weights, gradient):
    scores = weights.log().detach().requires_grad_()
    torch.softmax(scores, -1).backward(gradient)
    return scores.grad


@right("softmax_backward", torch, "without gradients")
@torch.no_grad()
def backward_no_grad(weights, gradient):
    slopes = weights * gradient
    slopes -= weights * slopes.sum(-1, keepdim=True)
    return slopes


right("softmax_backward", np, "np.average")(lambda w, g: w * (g - np.average(g, axis=-1, weights=w)[..., None]))
right("softmax_backward", np, "differences of all pairs of gradients")(
    lambda w, g: w * (w[..., None, :] * (g[..., :, None] - g[..., None, :])).sum(-1)
)


# --- cosine_scores ---


@right("cosine_scores", np, "np.linalg.norm")
def cosine_scores(queries, keys, temperature):
    queries = queries / np.linalg.norm(queries, axis=-1, keepdims=True)
    keys = keys / np.linalg.norm(keys, axis=-1, keepdims=True)
    return queries @ keys.swapaxes(-1, -2) / temperature


@right("cosine_scores", np, "the product first, then both lengths")
def cosine_lengths_after(q, k, temperature):
    lengths = np.linalg.norm(q, axis=-1)[..., :, None] * np.linalg.norm(k, axis=-1)[..., None, :]
    return np.einsum("...qd,...kd->...qk", q, k) / (temperature * lengths)


@right("cosine_scores", np, "roots of sums of squares, and a small number against 0/0")
def cosine_epsilon(q, k, tau):
    unit_q, unit_k = (x / (np.sqrt(np.square(x).sum(-1, keepdims=True)) + 1e-8) for x in (q, k))
    return (unit_q / tau) @ unit_k.mT


@right("cosine_scores", np, "loops")
def cosine_loops(queries, keys, temperature):
    scores = np.zeros((*queries.shape[:-1], keys.shape[-2]))
    for *batch, i, j in np.ndindex(scores.shape):
        a, b = queries[(*batch, i)], keys[(*batch, j)]
        scores[(*batch, i, j)] = a @ b / (np.linalg.norm(a) * np.linalg.norm(b)) / temperature
    return scores


right("cosine_scores", np, "from distances of unit vectors")(
    lambda q, k, t: (1 - ((unit_rows(q)[..., :, None, :] - unit_rows(k)[..., None, :, :]) ** 2).sum(-1) / 2) / t
)


def unit_rows(x):
    return x / (x * x).sum(-1, keepdims=True) ** 0.5


right("cosine_scores", torch, "F.normalize")(lambda q, k, t: F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).mT / t)
right("cosine_scores", torch, "F.cosine_similarity")(
    lambda q, k, t: F.cosine_similarity(q[..., :, None, :], k[..., None, :, :], dim=-1) / t
)
right("cosine_scores", torch, "norm, and the exponential of a logarithm")(
    lambda q, k, t: (
        torch.einsum("...id,...jd->...ij", q / q.norm(dim=-1, keepdim=True), k / k.norm(dim=-1, keepdim=True))
        * torch.tensor(1 / t).log().exp()
    )
)


right("cosine_scores", np, "the root of the temperature for each")(
    lambda q, k, t: (unit_rows(q) / t**0.5) @ (unit_rows(k) / t**0.5).mT
)


# --- split_heads and merge_heads ---


@right("split_heads", np, "reshape and swapaxes")
def split(x, n_heads):
    b, t, d = x.shape
    return np.swapaxes(x.reshape(b, t, n_heads, d // n_heads), 1, 2)


right("split_heads", np, "split and stack")(lambda x, n_heads: np.stack(np.split(x, n_heads, axis=-1), axis=1))
right("split_heads", np, "einsum")(lambda x, h: np.einsum("bthd->bhtd", x.reshape(*x.shape[:2], h, -1)))
right("split_heads", torch, "view")(lambda x, n: x.view(x.size(0), x.size(1), n, -1).transpose(1, 2))
right("split_heads", torch, "unflatten")(lambda x, n_heads: torch.unflatten(x, -1, (n_heads, -1)).permute(0, 2, 1, 3))
right("split_heads", torch, "chunk and stack")(lambda x, n_heads: torch.stack(x.chunk(n_heads, dim=-1), dim=1))


right("split_heads", np, "a table of places")(
    lambda x, h: x[:, :, np.arange(x.shape[-1]).reshape(h, -1)].transpose(0, 2, 1, 3)
)
right("split_heads", torch, "the tokens last, a view, and back")(
    lambda x, h: x.transpose(1, 2).view(x.shape[0], h, -1, x.shape[1]).transpose(2, 3)
)


@right("merge_heads", np, "transpose and reshape")
def merge(x):
    return x.transpose(0, 2, 1, 3).reshape(x.shape[0], x.shape[2], -1)


right("merge_heads", np, "concatenate")(lambda x: np.concatenate([x[:, h] for h in range(x.shape[1])], axis=-1))
right("merge_heads", np, "hstack")(lambda heads: np.stack([np.hstack(list(sequence)) for sequence in heads]))
right("merge_heads", torch, "contiguous and view")(
    lambda x: x.transpose(1, 2).contiguous().view(x.shape[0], x.shape[2], x.shape[1] * x.shape[3])
)
right("merge_heads", torch, "flatten")(lambda x: x.transpose(-3, -2).flatten(-2))
right("merge_heads", torch, "cat and unbind")(lambda x: torch.cat(x.unbind(dim=1), dim=-1))


# --- multi_head_attention ---


@right("multi_head_attention", np, "split and merge")
def mha(x, context, w_q, w_k, w_v, w_o, n_heads, mask=None):
    q, k, v = split(x @ w_q, n_heads), split(context @ w_k, n_heads), split(context @ w_v, n_heads)
    outputs, weights = attention(q, k, v, None if mask is None else np.expand_dims(mask, -3))
    return merge(outputs) @ w_o, weights


@right("multi_head_attention", np, "each head times its rows of W_o, summed")
def mha_sum(x, context, w_q, w_k, w_v, w_o, n_heads, mask=None):
    total, weights = 0, []
    for a, b, c, o in zip(*(np.split(w, n_heads, 1) for w in (w_q, w_k, w_v)), np.split(w_o, n_heads), strict=True):
        head, w = attention(x @ a, context @ b, context @ c, mask)
        total = total + head @ o
        weights.append(w)
    return total, np.stack(weights, axis=-3)


@right("multi_head_attention", np, "einsum and other names")
def mha_einsum(X, C, Wq, Wk, Wv, Wo, H, M=None):
    Q, K, V = (np.tensordot(A, W.reshape(len(W), H, -1), axes=1) for A, W in ((X, Wq), (C, Wk), (C, Wv)))
    A = masked_softmax(np.einsum("bqhd,bkhd->bhqk", Q, K) * Q.shape[-1] ** -0.5, None if M is None else M[:, None])
    return np.tensordot(np.einsum("bhqk,bkhd->bqhd", A, V), Wo.reshape(H, -1, Wo.shape[1]), axes=2), A


right("multi_head_attention", np, "star arguments")(lambda x, context, *rest: mha(x, context, *rest))
right("multi_head_attention", np, "no mask")(lambda x, c, w_q, w_k, w_v, w_o, h: mha_sum(x, c, w_q, w_k, w_v, w_o, h))


@right("multi_head_attention", torch, "view, transpose and view")
def mha_pt(x, context, w_q, w_k, w_v, w_o, n_heads, mask=None):
    b, t, s = x.size(0), x.size(1), context.size(1)
    q = (x @ w_q).view(b, t, n_heads, -1).transpose(1, 2)
    k = (context @ w_k).view(b, s, n_heads, -1).transpose(1, 2)
    v = (context @ w_v).view(b, s, n_heads, -1).transpose(1, 2)
    outputs, weights = attention_pt(q, k, v, mask if mask is None else mask.unsqueeze(1))
    return outputs.transpose(1, 2).contiguous().view(b, t, -1) @ w_o, weights


@right("multi_head_attention", torch, "chunks of the projections, one head after the other")
def mha_pt_chunk(x, context, w_q, w_k, w_v, w_o, n_heads, mask=None):
    parts = [a.chunk(n_heads, -1) for a in (x @ w_q, context @ w_k, context @ w_v)]
    heads = [attention_pt(q, k, v, mask) for q, k, v in zip(*parts, strict=True)]
    return torch.cat([o for o, _ in heads], dim=-1) @ w_o, torch.stack([w for _, w in heads], dim=1)


class MultiHeadAttention(nn.Module):
    def forward(self, x, context, w_q, w_k, w_v, w_o, n_heads, mask=None):
        q, k, v = (
            F.linear(a, w.T).unflatten(-1, (n_heads, -1)).transpose(1, 2)
            for a, w in ((x, w_q), (context, w_k), (context, w_v))
        )
        outputs, weights = attention_pt(q, k, v, None if mask is None else mask[:, None])
        return outputs.transpose(1, 2).flatten(2) @ w_o, weights


right("multi_head_attention", torch, "a module")(MultiHeadAttention())


@right("multi_head_attention", torch, "nn.MultiheadAttention with these matrices")
def mha_pt_layer(x, context, w_q, w_k, w_v, w_o, n_heads, mask=None):
    layer = nn.MultiheadAttention(x.shape[-1], n_heads, bias=False, batch_first=True)
    matrices = {"in_proj_weight": torch.cat([w_q.T, w_k.T, w_v.T]), "out_proj.weight": w_o.T}
    if mask is not None:
        mask = ~mask.expand(-1, x.shape[1], -1).repeat_interleave(n_heads, dim=0)
    options = {"attn_mask": mask, "average_attn_weights": False}
    return torch.func.functional_call(layer, matrices, (x, context, context), options)


# --- head_contributions ---


@right("head_contributions", np, "a block of rows for each head")
def head_contributions(outputs, w_o):
    n_heads, d_head = outputs.shape[-3], outputs.shape[-1]
    return outputs @ w_o.reshape(n_heads, d_head, w_o.shape[-1])


@right("head_contributions", np, "einsum")
def contributions_einsum(outputs, w_o):
    blocks = np.stack(np.split(w_o, outputs.shape[-3]))
    return np.einsum("...htd,hdm->...htm", outputs, blocks)


@right("head_contributions", np, "a list of heads, in float32")
def contributions_list(outputs, w_o):
    width = outputs.shape[-1]
    parts = [outputs[..., h, :, :] @ w_o[h * width : (h + 1) * width] for h in range(outputs.shape[-3])]
    return np.stack(parts, axis=-3).astype(np.float32)


@right("head_contributions", np, "the other heads are set to zero, then all are merged")
def contributions_ablated(outputs, w_o):
    parts = []
    for h in range(outputs.shape[-3]):
        alone = np.zeros_like(outputs)
        alone[..., h, :, :] = outputs[..., h, :, :]
        parts.append(attnlib.merge_heads(alone) @ w_o)
    return np.stack(parts, axis=-3)


@right("head_contributions", np, "what is missing without the head")
def contributions_difference(outputs, w_o):
    everything = attnlib.merge_heads(outputs) @ w_o
    others = 1 - np.eye(outputs.shape[-3])  # (head, head)
    without = [attnlib.merge_heads(outputs * kept[:, None, None]) @ w_o for kept in others]
    return np.stack([everything - rest for rest in without], axis=-3)


@right("head_contributions", torch, "view")
def contributions_view(outputs, w_o):
    return outputs @ w_o.view(outputs.size(-3), outputs.size(-1), -1)


@right("head_contributions", torch, "chunk and stack")
def contributions_chunks(outputs, w_o):
    blocks = w_o.chunk(outputs.shape[-3], dim=0)
    return torch.stack([x @ w for x, w in zip(outputs.unbind(-3), blocks, strict=True)], dim=-3)


right("head_contributions", torch, "einsum, unflatten")(
    lambda outputs, w_o: torch.einsum("...htd,hdm->...htm", outputs, w_o.unflatten(0, (outputs.shape[-3], -1)))
)


@right("head_contributions", np, "padded with zeros to the whole width")
def contributions_padded(outputs, w_o):
    *_, n_heads, _, d_head = outputs.shape
    wide = np.zeros((*outputs.shape[:-1], n_heads * d_head), dtype=outputs.dtype)
    for h in range(n_heads):
        wide[..., h, :, h * d_head : (h + 1) * d_head] = outputs[..., h, :, :]
    return wide @ w_o


# --- multi_head_module ---


@right("multi_head_module", torch, "parameters")
class ModuleOfParameters(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError(f"width {d_model} is not a multiple of {n_heads} heads")
        self.n_heads = n_heads
        self.w_q, self.w_k, self.w_v, self.w_o = (nn.Parameter(torch.randn(d_model, d_model)) for _ in range(4))

    def forward(self, tokens, mask=None):
        batch, n_tokens, d_model = tokens.shape
        queries, keys, values = (
            (tokens @ w).reshape(batch, n_tokens, self.n_heads, -1).transpose(1, 2)
            for w in (self.w_q, self.w_k, self.w_v)
        )
        scores = queries @ keys.transpose(-2, -1) / queries.shape[-1] ** 0.5
        if mask is not None:
            mask = mask if mask.ndim == 2 else mask[:, None]
            scores = scores.masked_fill(~mask, -torch.inf)
        weights = scores.softmax(-1)
        merged = (weights @ values).transpose(1, 2).reshape(batch, n_tokens, d_model)
        return merged @ self.w_o, weights


@right("multi_head_module", torch, "linear layers, dropout of 0")
class ModuleOfLinears(nn.Module):
    def __init__(self, d_model: int, n_heads: int, dropout: float = 0.0):
        super().__init__()
        assert d_model % n_heads == 0
        self.h, self.d_head = n_heads, d_model // n_heads
        self.w_q = nn.Linear(d_model, d_model, bias=False)
        self.w_k = nn.Linear(d_model, d_model, bias=False)
        self.w_v = nn.Linear(d_model, d_model, bias=False)
        self.w_o = nn.Linear(d_model, d_model, bias=False)
        self.dropout = nn.Dropout(dropout)

    def split(self, x):
        return x.view(x.size(0), x.size(1), self.h, self.d_head).transpose(1, 2)

    def forward(self, tokens, mask=None):
        q, k, v = self.split(self.w_q(tokens)), self.split(self.w_k(tokens)), self.split(self.w_v(tokens))
        scores = torch.matmul(q, k.transpose(-2, -1)) / math.sqrt(self.d_head)
        if mask is not None:
            if mask.dim() == 3:
                mask = mask.unsqueeze(1)
            scores = scores.masked_fill(mask == 0, -1e9)
        weights = self.dropout(F.softmax(scores, dim=-1))
        x = (weights @ v).transpose(1, 2).contiguous().view(tokens.size(0), -1, self.h * self.d_head)
        return self.w_o(x), weights


@right("multi_head_module", torch, "attnlib's function")
class ModuleOfAttnlib(ModuleOfParameters):
    def forward(self, tokens, mask=None):
        matrices = (self.w_q, self.w_k, self.w_v, self.w_o)
        return attnlib.multi_head_attention(tokens, tokens, *matrices, self.n_heads, mask)


@right("multi_head_module", torch, "a loop over heads, with slices of the matrices")
class ModuleWithALoop(ModuleOfParameters):
    def forward(self, tokens, mask=None):
        outputs, weights, width = 0, [], self.w_q.shape[1] // self.n_heads
        for head in range(self.n_heads):
            own = slice(head * width, (head + 1) * width)
            q, k, v = tokens @ self.w_q[:, own], tokens @ self.w_k[:, own], tokens @ self.w_v[:, own]
            answers, shares = attnlib.attention(q, k, v, mask)
            outputs = outputs + answers @ self.w_o[own]
            weights.append(shares)
        return outputs, torch.stack(weights, dim=1)


@right("multi_head_module", torch, "einsum, and the mask as numbers that are added")
class ModuleWithEinsum(ModuleOfLinears):
    def forward(self, tokens, mask=None):
        q, k, v = (layer(tokens).unflatten(-1, (self.h, -1)) for layer in (self.w_q, self.w_k, self.w_v))
        scores = torch.einsum("bqhd,bkhd->bhqk", q, k) * self.d_head**-0.5
        if mask is not None:
            scores = scores + torch.zeros(mask.shape).masked_fill(~mask, -1e9).unsqueeze(-3)
        weights = scores.softmax(dim=-1)
        return self.w_o(torch.einsum("bhqk,bkhd->bqhd", weights, v).flatten(-2)), weights


@right("multi_head_module", torch, "one product for queries, keys and values, and a mask of another name")
class ModuleInOneProduct(ModuleOfParameters):
    def forward(self, x, allowed=None):
        all_three = x @ torch.cat([self.w_q, self.w_k, self.w_v], dim=1)
        q, k, v = (attnlib.split_heads(part, self.n_heads) for part in all_three.chunk(3, dim=-1))
        allowed = allowed[:, None] if allowed is not None and allowed.ndim == 3 else allowed
        answers, weights = attnlib.attention(q, k, v, allowed)
        return attnlib.merge_heads(answers) @ self.w_o, weights


@right("multi_head_module", torch, "torch's function, and linear layers in a dictionary of their own names")
class ModuleOfTorch(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.n_heads, self.d_head = n_heads, d_model // n_heads
        for name in ("w_q", "w_k", "w_v", "w_o"):
            self.add_module(name, nn.Linear(d_model, d_model, bias=False))

    def forward(self, tokens, mask=None):
        q, k, v = (attnlib.split_heads(part(tokens), self.n_heads) for part in (self.w_q, self.w_k, self.w_v))
        mask = mask.unsqueeze(-3) if mask is not None else None
        outputs = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        _, weights = attnlib.attention(q, k, v, mask)
        return self.w_o(outputs.transpose(1, 2).flatten(2)), weights


@right("multi_head_module", torch, "einsum with the heads as an axis of each matrix")
class ModuleOfBlocks(ModuleOfParameters):
    def forward(self, tokens, mask=None):
        width = tokens.shape[-1]
        q, k, v = (
            torch.einsum("btm,mhd->bhtd", tokens, w.view(width, self.n_heads, -1))
            for w in (self.w_q, self.w_k, self.w_v)
        )
        answers, weights = attnlib.attention(q, k, v, mask if mask is None else mask.unsqueeze(-3))
        blocks = self.w_o.view(self.n_heads, -1, width)
        return torch.einsum("bhtd,hdm->btm", answers, blocks), weights


@right("multi_head_module", torch, "torch's own layer as a function, whose masks mean the opposite")
class ModuleOfTorchsLayer(ModuleOfParameters):
    def forward(self, tokens, mask=None):
        x, width = tokens.transpose(0, 1), tokens.shape[-1]  # (token, batch, d_model)
        if mask is not None:
            mask = ~mask.expand(len(tokens), *mask.shape[-2:]).repeat_interleave(self.n_heads, dim=0)
        in_proj = torch.cat([self.w_q.T, self.w_k.T, self.w_v.T])
        no_biases = (None, None, None, False, 0.0)
        outputs, weights = F.multi_head_attention_forward(
            *(x, x, x, width, self.n_heads, in_proj, *no_biases, self.w_o.T, None),
            attn_mask=mask,
            average_attn_weights=False,
        )
        return outputs.transpose(0, 1), weights


@right("multi_head_module", torch, "batch and heads on one axis, in place, the matrices in a list, any arguments")
class ModuleOnOneAxis(ModuleOfParameters):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.first_three = [self.w_q, self.w_k, self.w_v]

    def forward(self, *arguments):
        tokens, mask = (*arguments, None)[:2]
        queries, keys, values = (attnlib.split_heads(tokens @ w, self.n_heads).flatten(0, 1) for w in self.first_three)
        scores = torch.bmm(queries, keys.transpose(1, 2)).div_(queries.size(-1) ** 0.5)
        if mask is not None:
            mask = mask.expand(len(tokens), -1, -1).repeat_interleave(self.n_heads, dim=0)
            scores.masked_fill_(mask.logical_not(), float("-inf"))
        self.last = scores.softmax(-1).unflatten(0, (len(tokens), -1))
        heads = torch.bmm(self.last.flatten(0, 1), values).unflatten(0, (len(tokens), -1))
        return [attnlib.merge_heads(heads) @ self.w_o, self.last]


@right("multi_head_module", torch, "no mask")
class ModuleWithoutMask(ModuleOfParameters):
    def forward(self, tokens):
        return super().forward(tokens)


right("multi_head_module", torch, "a function that makes the module")(
    lambda d_model, n_heads: ModuleOfLinears(n_heads=n_heads, d_model=d_model)
)


@right("multi_head_module", np, "not a class: the function of tokens and matrices that it stands for")
def module_as_function(tokens, w_q, w_k, w_v, w_o, n_heads, mask=None):
    return attnlib.multi_head_attention(tokens, tokens, w_q, w_k, w_v, w_o, n_heads, mask)


# --- rnn_states ---


@right("rnn_states", np, "a list and a stack")
def rnn_list(inputs, w_input, w_state):
    states, state = [], np.zeros(w_state.shape[0])
    for t in range(inputs.shape[-2]):
        state = np.tanh(inputs[..., t, :] @ w_input + state @ w_state)
        states.append(state)
    return np.stack(states, axis=-2)


@right("rnn_states", np, "an array that is filled")
def rnn_filled(x, w_x, w_h):
    h = np.zeros((*x.shape[:-1], w_h.shape[1]))
    for t in range(x.shape[-2]):
        h[..., t, :] = np.tanh(x[..., t, :] @ w_x + (h[..., t - 1, :] @ w_h if t > 0 else 0))
    return h


@right("rnn_states", np, "all inputs times their matrix at once")
def rnn_at_once(inputs, w_input, w_state):
    states = np.moveaxis(1.0 * inputs @ w_input, -2, 0)
    for t, state in enumerate(states):
        states[t] = np.tanh(state + states[t - 1] @ w_state) if t else np.tanh(state)
    return np.moveaxis(states, 0, -2)


@right("rnn_states", np, "input and state side by side, one matrix")
def rnn_concatenated(inputs, w_input, w_state):
    both, states = np.vstack([w_input, w_state]), []
    state = np.zeros((*inputs.shape[:-2], len(w_state)))
    for t in range(inputs.shape[-2]):
        state = np.tanh(np.concatenate([inputs[..., t, :], state], axis=-1) @ both)
        states += [state]
    return np.array(states) if inputs.ndim == 2 else np.array(states).swapaxes(0, 1)


@right("rnn_states", np, "accumulate")
def rnn_accumulate(inputs, w_input, w_state):
    if inputs.ndim > 2:
        return np.array([rnn_accumulate(sequence, w_input, w_state) for sequence in inputs])
    steps = itertools.accumulate(
        inputs, lambda h, x: np.tanh(x @ w_input + h @ w_state), initial=np.zeros(len(w_state))
    )
    return np.array(list(steps)[1:])


@right("rnn_states", np, "numbers one by one")
def rnn_numbers(inputs, w_input, w_state):
    states = np.zeros((*inputs.shape[:-1], w_state.shape[0]))
    for *b, t, k in np.ndindex(states.shape):
        total = sum(inputs[(*b, t, i)] * w_input[i, k] for i in range(inputs.shape[-1]))
        if t > 0:
            total += sum(states[(*b, t - 1, i)] * w_state[i, k] for i in range(w_state.shape[0]))
        states[(*b, t, k)] = math.tanh(total)
    return states


@right("rnn_states", np, "the logistic function, scaled")
def rnn_sigmoid(inputs, w_input, w_state):
    state, states = 0 * (inputs[..., 0, :] @ w_input), []
    for x in np.moveaxis(inputs, -2, 0):
        with np.errstate(over="ignore"):
            state = 2 / (1 + np.exp(-2 * (x @ w_input + state @ w_state))) - 1
        states.append(state)
    return np.stack(states, -2)


@right("rnn_states", torch, "a list and a stack")
def rnn_pt(inputs, w_input, w_state):
    state, states = inputs.new_zeros(*inputs.shape[:-2], w_state.shape[0]), []
    for x in inputs.unbind(dim=-2):
        state = torch.tanh(x @ w_input + state @ w_state)
        states.append(state)
    return torch.stack(states, dim=-2)


@right("rnn_states", torch, "nn.RNN with these matrices")
def rnn_pt_layer(inputs, w_input, w_state):
    layer = nn.RNN(*w_input.shape, bias=False, batch_first=True)
    matrices = {"weight_ih_l0": w_input.T, "weight_hh_l0": w_state.T}
    return torch.func.functional_call(layer, matrices, inputs)[0]


@right("rnn_states", np, "recursion over the time")
def rnn_recursive(inputs, w_input, w_state):
    now, earlier = inputs[..., -1, :] @ w_input, inputs[..., :-1, :]
    if earlier.shape[-2] == 0:
        return np.tanh(now)[..., None, :]
    states = rnn_recursive(earlier, w_input, w_state)
    return np.concatenate([states, np.tanh(now + states[..., -1, :] @ w_state)[..., None, :]], axis=-2)


# --- exact_match ---

right("exact_match", np, "a generator")(
    lambda outputs, targets: sum(map(tuple.__eq__, outputs, targets)) / len(targets)
)
right("exact_match", np, "attnlib's, all of one length")(
    lambda outputs, targets: training.exact_match_by_length(outputs, [Pair("x", target) for target in targets])[1]
)
right("exact_match", np, "np.mean")(lambda a, b: np.mean([x == y for x, y in zip(a, b, strict=True)]))
right("exact_match", np, "length and every symbol")(
    lambda outputs, targets: np.array(
        [len(a) == len(b) and all(x == y for x, y in zip(a, b, strict=True)) for a, b in zip(outputs, targets)]  # noqa: B905
    ).mean()
)
right("exact_match", np, "joined with spaces")(
    lambda outputs, targets: np.mean(np.array(list(map(" ".join, outputs))) == np.array(list(map(" ".join, targets))))
)


@right("exact_match", np, "a loop that counts")
def exact_count(outputs, targets):
    n_right = 0
    for i in range(len(outputs)):
        if outputs[i] == targets[i]:
            n_right += 1
    return n_right / len(outputs)


@right("exact_match", np, "a loop that counts the wrong ones, symbol by symbol")
def exact_wrong(outputs, targets):
    n_wrong = 0
    for output, target in zip(outputs, targets, strict=True):
        for pair in itertools.zip_longest(output, target):
            if pair[0] != pair[1]:
                n_wrong += 1
                break
    return 1 - n_wrong / len(targets)


@right("exact_match", torch, "a tensor of truth values")
def exact_pt(outputs, targets):
    return torch.tensor([output == target for output, target in zip(outputs, targets, strict=True)]).float().mean()


right("exact_match", np, "np.vectorize over the places")(
    lambda a, b: np.vectorize(lambda i: a[i] == b[i], otypes=[float])(np.arange(len(a))).mean()
)


# --- factor_per_step ---

right("factor_per_step", np, "polyfit")(lambda n: np.exp(np.polyfit(range(len(n)), np.log(n), 1)[0]))
right("factor_per_step", np, "counted from 1")(lambda n: np.e ** np.polyfit(np.arange(1, len(n) + 1), np.log(n), 1)[0])
right("factor_per_step", np, "base 10 all the way")(
    lambda n: 10 ** np.polyfit(np.arange(len(n)), np.log10(n), deg=1)[0]
)
right("factor_per_step", np, "base 2 all the way")(lambda n: 2.0 ** np.polyfit(np.arange(len(n)), np.log2(n), 1)[0])
right("factor_per_step", np, "Polynomial.fit")(
    lambda n: (
        np.exp(np.polynomial.Polynomial.fit(np.arange(len(n)), np.log(n), 1).convert().coef[1]) if np.ptp(n) else 1.0
    )
)
right("factor_per_step", np, "covariance by variance")(
    lambda n: np.exp(np.cov(np.arange(len(n)), np.log(n))[0, 1] / np.var(np.arange(len(n)), ddof=1))
)
right("factor_per_step", np, "least squares with a matrix")(
    lambda n: np.exp(np.linalg.lstsq(np.column_stack([np.arange(len(n)), np.ones(len(n))]), np.log(n))[0][0])
)
right("factor_per_step", np, "scipy")(
    lambda n: np.exp(scipy.optimize.curve_fit(lambda x, a, b: a * x + b, np.arange(len(n)), np.log(n))[0][0])
)


@right("factor_per_step", np, "sums in loops")
def factor_loops(norms):
    n = len(norms)
    mean_x, mean_y = (n - 1) / 2, sum(math.log(norm) for norm in norms) / n
    above = sum((i - mean_x) * (math.log(norm) - mean_y) for i, norm in enumerate(norms))
    return math.exp(above / sum((i - mean_x) ** 2 for i in range(n)))


@right("factor_per_step", torch, "means")
def factor_pt(norms):
    x, y = torch.arange(len(norms), dtype=norms.dtype), norms.log()
    return (((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).pow(2).sum()).exp()


@right("factor_per_step", torch, "lstsq")
def factor_pt_lstsq(norms):
    x = torch.stack([torch.arange(len(norms)).float(), torch.ones(len(norms))], dim=1)
    return torch.exp(torch.linalg.lstsq(x, torch.log(norms)[:, None]).solution[0, 0])


right("factor_per_step", np, "the line at two places")(
    lambda n: np.exp(np.diff(np.poly1d(np.polyfit(np.arange(len(n)), np.log(n), 1))([0, 1]))[0])
)
right("factor_per_step", np, "the standard library")(
    lambda n: math.exp(statistics.linear_regression(range(len(n)), [math.log(x) for x in n]).slope)
)


# --- alignment_error_rate ---


@right("alignment_error_rate", np, "sets of links")
def aer_sets(weights, gold):
    targets = [i for i in range(len(gold)) if gold[i].any()]
    found = {(i, int(np.argmax(weights[i]))) for i in targets}
    possible = {(i, j) for i in targets for j in range(gold.shape[1]) if gold[i, j]}
    sure = {(i, j) for i, j in possible if sum(gold[i]) == 1}
    return 1 - (len(found & sure) + len(found & possible)) / (len(found) + len(sure))


@right("alignment_error_rate", np, "rows with gold first")
def aer_rows(weights, gold):
    weights, gold = weights[gold.any(axis=1)], gold[gold.any(axis=1)]
    sure = gold.sum(axis=1) == 1
    hit = gold[np.arange(len(gold)), weights.argmax(axis=1)]
    return 1 - (np.sum(hit & sure) + np.sum(hit)) / (len(hit) + np.sum(sure))


@right("alignment_error_rate", np, "a loop with counters")
def aer_loop(weights, gold):
    n_links = n_sure = n_right = 0
    for row, links in zip(weights, gold, strict=True):
        if not links.any():
            continue
        n_links += 1
        best = row.argmax()
        if links.sum() == 1:
            n_sure += 1
            n_right += int(links[best])
        n_right += int(links[best])
    return 1 - n_right / (n_links + n_sure)


@right("alignment_error_rate", np, "the largest weight of a row")
def aer_max(weights, gold):
    links = (weights == weights.max(axis=1, keepdims=True)) & gold.any(axis=1, keepdims=True)
    sure = gold & (gold.sum(axis=1, keepdims=True) < 2)
    return (len(links[links]) + sure.sum() - (links & sure).sum() - (links & gold).sum()) / (links.sum() + sure.sum())


@right("alignment_error_rate", torch, "gather")
def aer_pt(weights, gold):
    hit = gold.gather(1, weights.argmax(dim=1, keepdim=True)).squeeze(1)
    sure, rows = gold.sum(dim=1) == 1, gold.any(dim=1)
    return 1 - ((hit & sure).sum() + hit.sum()) / (rows.sum() + sure.sum())


@right("alignment_error_rate", torch, "one_hot")
def aer_pt_one_hot(weights, gold):
    weights, gold = weights[gold.any(1)], gold[gold.any(1)].float()
    links = F.one_hot(weights.argmax(-1), gold.shape[1]).float()
    sure = gold * (gold.sum(-1, keepdim=True) == 1)
    return 1 - (links * (sure + gold)).sum() / (links.sum() + sure.sum())


right("alignment_error_rate", np, "attnlib's")(training.alignment_error_rate)


right("alignment_error_rate", np, "what is wrong, with weights of two and one")(
    lambda w, g: np.average(
        ~np.take_along_axis(g, w.argmax(axis=1)[:, None], axis=1)[:, 0],
        weights=np.array([0, 2, *[1] * g.shape[1]])[g.sum(axis=1)],
    )
)


# --- mass_on_gold ---

right("mass_on_gold", np, "attnlib's")(training.mass_on_gold)
right("mass_on_gold", np, "rows, product, sum and mean")(lambda w, g: (w * g).sum(1)[g.any(1)].mean())
right("mass_on_gold", np, "all of it by the number of rows with gold")(lambda w, g: w[g].sum() / g.any(axis=1).sum())
right("mass_on_gold", np, "einsum")(lambda w, g: np.einsum("ts,ts->", w, 1.0 * g) / np.count_nonzero(g.any(axis=-1)))
right("mass_on_gold", np, "where")(lambda w, g: np.mean(np.where(g, w, 0).sum(axis=1), where=g.any(axis=1)))


@right("mass_on_gold", np, "a loop over the targets")
def mass_loop(weights, gold):
    masses = []
    for row, links in zip(weights, gold, strict=True):
        if links.any():
            masses.append(row[links].sum())
    return sum(masses) / len(masses)


@right("mass_on_gold", np, "loops over entries")
def mass_loops(weights, gold):
    total, n_rows = 0.0, 0
    for i in range(len(gold)):
        has_gold = False
        for j in range(len(gold[i])):
            if gold[i][j]:
                total, has_gold = total + weights[i][j], True
        n_rows += has_gold
    return total / n_rows


right("mass_on_gold", torch, "masked_fill")(lambda w, g: w.masked_fill(~g, 0).sum(-1)[g.any(-1)].mean())
right("mass_on_gold", torch, "a product")(lambda w, g: torch.sum(w * g) / g.any(dim=1).sum())


right("mass_on_gold", np, "a masked array")(lambda w, g: np.ma.masked_array(w, ~g).sum(axis=1).mean())
right("mass_on_gold", np, "the diagonal of a product")(lambda w, g: np.diag(w @ g.T)[g.any(axis=1)].mean())


# --- deletion_influence ---

right("deletion_influence", np, "two slices")(
    lambda predict, source: np.array(
        [predict(source) - predict(source[:i] + source[i + 1 :]) for i in range(len(source))]
    )
)
right("deletion_influence", np, "a condition on the place")(
    lambda f, s: f(s) - np.array([f([x for k, x in enumerate(s) if k != i]) for i, _ in enumerate(s)])
)
right("deletion_influence", np, "combinations, from the last to the first")(
    lambda f, s: (f(s) - np.array([f(list(rest)) for rest in itertools.combinations(s, len(s) - 1)]))[::-1]
)
right("deletion_influence", np, "np.delete")(
    lambda f, s: np.array([f(s) - f(np.delete(s, i).tolist()) for i in range(len(s))])
)


@right("deletion_influence", np, "a copy and pop, into zeros")
def influence_pop(predict, source):
    influence = np.zeros(len(source))
    for i in range(len(source)):
        shorter = source.copy()
        shorter.pop(i)
        influence[i] = predict(source) - predict(shorter)
    return influence


@right("deletion_influence", np, "del and back")
def influence_del(predict, source):
    whole, found = predict(source), []
    for i in range(len(source)):
        symbol = source[i]
        del source[i]
        found.append(whole - predict(source))
        source.insert(i, symbol)
    return np.array(found)


right("deletion_influence", np, "tuples")(
    lambda f, s: np.array([f(tuple(s)) - f((*s[:i], *s[i + 1 :])) for i in range(len(s))])
)
right("deletion_influence", torch, "a tensor")(
    lambda predict, s: predict(s) - torch.tensor([predict(s[:i] + s[i + 1 :]) for i in range(len(s))])
)
right("deletion_influence", torch, "stack")(
    lambda f, s: torch.stack([torch.as_tensor(f(s) - f(s[:i] + s[i + 1 :])) for i in range(len(s))])
)


@right("deletion_influence", np, "recursion: what stands before, what stands behind")
def influence_recursive(predict, source):
    def drops(before, behind):
        if not behind:
            return []
        return [predict(source) - predict(before + behind[1:]), *drops(before + behind[:1], behind[1:])]

    return np.array(drops([], source))
