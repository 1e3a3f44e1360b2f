"""Checks of chapter 9: self-attention, several layers of it, and the share of weight that a noun gets."""

import numpy as np

from attnlib.checks.bank import Answer, Mistake
from attnlib.checks.check import Check
from attnlib.checks.examples import EXTRA, EXTREME, Example, normals
from attnlib.single_head import attention
from attnlib.weights import softmax

# --- self-attention ---


def _self_attention(tokens, w_q, w_k, w_v):
    return attention(tokens @ w_q, tokens @ w_k, tokens @ w_v)


def _sizes(tokens, d_key, d_value):
    """Tokens of a shape, and matrices for queries, keys and values."""
    d_model = tokens[-1]
    return normals(tokens, (d_model, d_key), (d_model, d_key), (d_model, d_value))


_TWO = (
    np.array([[1.0, 0.0], [0.0, 1.0]]),
    np.array([[1.0, 2.0], [0.0, -1.0]]),
    np.array([[0.0, 1.0], [1.0, 1.0]]),
    np.array([[10.0, 0.0], [5.0, -5.0]]),
)
_POSITIVE = "np.exp(scaled - scaled.max(axis=-1, keepdims=True))"
_OTHERS = f"({_POSITIVE} * (1 - np.eye(scaled.shape[-1])))"
_SEEN = f"({_POSITIVE} * np.tri(scaled.shape[-1]))"
_AHEAD = f"({_POSITIVE} * np.tri(scaled.shape[-1]).T)"
_SHARES = "{0} / {0}.sum(axis=-1, keepdims=True)"

self_attention = Check(
    reference=_self_attention,
    answer=Answer("""
def self_attention(tokens, w_q, w_k, w_v):
    queries = tokens @ w_q
    keys = tokens @ w_k
    values = tokens @ w_v
    scores = queries @ np.swapaxes(keys, -1, -2)
    scaled = scores / queries.shape[-1] ** 0.5
    weights = softmax(scaled)
    outputs = weights @ values
    answer = (outputs, weights)
    return answer
"""),
    returns={"outputs": "token, d_value", "weights": "query, key"},
    exercise="attention",
    about=(9, "Three maps for every word"),
    not_checked="masks, speed and memory",
    examples=[
        Example("two tokens", _TWO),
        Example("all sizes different", _sizes((5, 4), 3, 2)),
        Example("everything of one size", _sizes((4, 4), 4, 4)),
        Example("queries and keys that are wider than the tokens", _sizes((4, 2), 9, 3)),
        Example("a batch", _sizes((2, 5, 4), 3, 6)),
        Example("a batch with everything of one size", _sizes((3, 3, 3), 3, 3)),
        Example("large tokens", (30 * _TWO[0], *_TWO[1:]), kind=EXTREME),
        Example("large tokens that are alike", (np.array([[25.0, 0.0], [25.0, 0.0]]), *_TWO[1:]), kind=EXTREME),
    ],
    mistakes=[
        Mistake(
            "se_noscale",
            "the scores are not divided by the root of d_key, so the weights are too peaked.",
            11,
            {"scaled": "scores"},
        ),
        Mistake(
            "se_scale_d",
            "the scores are divided by d_key itself and not by its root, so the weights are too even.",
            11,
            {"scaled": "scores / queries.shape[-1]"},
        ),
        Mistake(
            "se_scale_model",
            "the scale is made of d_model, the width of the tokens; a score is a sum over the width of a query.",
            11,
            ({"scaled": "scores / tokens.shape[-1] ** 0.5"}, {"scaled": "scores / tokens.shape[-1]"}),
        ),
        Mistake(
            "se_scale_T",
            "the scores are scaled by the number of tokens, or of sequences; the scale depends on the width of queries "
            "and keys, which is their last axis.",
            11,
            (
                {"scaled": "scores / tokens.shape[-2] ** 0.5"},
                {"scaled": "scores / len(tokens) ** 0.5"},
                {"scaled": "scores / tokens.shape[-2]"},
                {"scaled": "scores / queries.shape[1] ** 0.5"},
            ),
        ),
        Mistake(
            "se_scale_axis1",
            "the scale is made of axis 1 of the tokens: that is their width without a batch, and their number with "
            "one. A score is a sum over the width of a query.",
            11,
            ({"scaled": "scores / tokens.shape[1] ** 0.5"}, {"scaled": "scores / tokens.shape[1]"}),
        ),
        Mistake(
            "se_scale_dv",
            "the scores are scaled by the width of the values; values take no part in the scores.",
            11,
            {"scaled": "scores / values.shape[-1] ** 0.5"},
        ),
        Mistake(
            "se_mul",
            "the scores are multiplied by the root of d_key; they should become smaller.",
            11,
            {"scaled": "scores * queries.shape[-1] ** 0.5"},
        ),
        Mistake(
            "se_scale_after",
            "the scale comes after the softmax: it belongs to the scores. Your rows sum to 1 over the root of d_key.",
            11,
            {"scaled": "scores", "weights": "softmax(scaled) / queries.shape[-1] ** 0.5"},
        ),
        Mistake(
            "se_half",
            "`d ** 1/2` is d / 2 and not the root: the power comes before the division.",
            11,
            {"scaled": "scores / (queries.shape[-1] / 2)"},
        ),
        Mistake(
            "se_whole",
            "the root of d_key is rounded to a whole number.",
            11,
            ({"scaled": "scores / int(queries.shape[-1] ** 0.5)"}, {"scaled": "scores // queries.shape[-1] ** 0.5"}),
        ),
        Mistake(
            "se_quarter",
            "the root is taken twice: the scores are divided by the fourth root of d_key.",
            11,
            {"scaled": "scores / queries.shape[-1] ** 0.25"},
        ),
        Mistake(
            "se_eight",
            "the scores are divided by 8, which is right for the width 64 of the paper only.",
            11,
            {"scaled": "scores / 8"},
        ),
        Mistake(
            "se_norm",
            "the scores are divided by lengths of vectors; `d_key` is how many numbers a key has.",
            11,
            (
                {
                    "scaled": "scores / (np.linalg.norm(queries, axis=-1)[..., :, None]"
                    " * np.linalg.norm(keys, axis=-1)[..., None, :])"
                },
                {"scaled": "scores / np.linalg.norm(keys, axis=-1)[..., None, :]"},
                {"scaled": "scores / np.linalg.norm(keys)"},
            ),
        ),
        Mistake(
            "se_softmax_q",
            "the softmax runs over the queries: each column of the weights sums to 1. Each token shares out its own "
            "weight among all tokens.",
            5,
            {"weights": "softmax(scaled, axis=-2)"},
            section="Many queries at once",
        ),
        Mistake(
            "se_softmax_batch",
            "the softmax runs over the first axis, which is the batch where there is one.",
            5,
            {"weights": "softmax(scaled, axis=0)"},
            section="Many queries at once",
        ),
        Mistake(
            "se_axis1",
            "the softmax runs along axis 1, which is the keys of one sequence, but the queries of a batch.",
            5,
            {"weights": "softmax(scaled, axis=1)"},
            section="Many queries at once",
        ),
        Mistake(
            "se_nosoftmax",
            "there is no softmax: the scores themselves are used as weights.",
            5,
            {"weights": "scaled"},
            section="Where can an output lie?",
        ),
        Mistake(
            "se_twice",
            "the softmax is applied twice: the weights are too even.",
            4,
            ({"weights": "softmax(softmax(scaled))"}, {"outputs": "softmax(weights) @ values"}),
            section="The softmax",
        ),
        Mistake(
            "se_all",
            "the softmax divides by the sum of everything: each row should sum to 1.",
            4,
            (
                {"weights": "np.exp(scaled - scaled.max()) / np.exp(scaled - scaled.max()).sum()"},
                {"weights": "np.exp(scaled) / np.exp(scaled).sum()"},
                {"weights": "softmax(scaled.reshape(*scaled.shape[:-2], -1)).reshape(scaled.shape)"},
            ),
            section="Softmax over positions, softmax over classes",
        ),
        Mistake(
            "se_nokeep",
            "in the softmax a sum over an axis has lost that axis, and what is left lines up with the wrong one.",
            4,
            (
                {"weights": "np.exp(scaled) / np.exp(scaled).sum(axis=-1)"},
                {"weights": "np.exp(scaled - scaled.max()) / np.exp(scaled - scaled.max()).sum(axis=-1)"},
            ),
            section="Softmax over positions, softmax over classes",
        ),
        Mistake(
            "se_maxaxis",
            "the maximum that is subtracted in the softmax has lost its axis: it lines up with the keys, and every "
            "column is moved by another number.",
            4,
            {"weights": _SHARES.format("np.exp(scaled - scaled.max(axis=-1))")},
            section="What the computer does",
        ),
        Mistake(
            "se_base2",
            "powers of 2 stand where powers of e are meant.",
            4,
            {"weights": _SHARES.format("(2 ** (scaled - scaled.max(axis=-1, keepdims=True)))")},
            section="The softmax",
        ),
        Mistake(
            "se_sign",
            "the sign of the scores is turned round: the token with the highest score gets the least weight.",
            5,
            {"scaled": "-scores / queries.shape[-1] ** 0.5"},
            section="Many queries at once",
        ),
        Mistake(
            "se_reshape",
            "a reshape (or `.view`) to the transposed shape keeps the numbers in their order: it mixes the keys.",
            5,
            {"scores": "queries @ keys.reshape(*keys.shape[:-2], keys.shape[-1], keys.shape[-2])"},
            section="Many queries at once",
        ),
        Mistake(
            "se_relu",
            "queries, keys or values are cut off below 0: they are used as they are, without an activation.",
            9,
            (
                {
                    "queries": "np.maximum(tokens @ w_q, 0)",
                    "keys": "np.maximum(tokens @ w_k, 0)",
                    "values": "np.maximum(tokens @ w_v, 0)",
                },
                {"queries": "np.maximum(tokens @ w_q, 0)", "keys": "np.maximum(tokens @ w_k, 0)"},
                {"values": "np.maximum(tokens @ w_v, 0)"},
            ),
        ),
        Mistake(
            "se_outsoftmax",
            "a softmax is taken of the outputs: they are mixtures of values as they are.",
            5,
            {"answer": "(softmax(outputs), weights)"},
            section="One vector out of three",
        ),
        Mistake(
            "se_unstable",
            "the exponential is taken of the scores as they are: for large ones it overflows.",
            4,
            {"weights": "np.exp(scaled) / np.exp(scaled).sum(axis=-1, keepdims=True)"},
            section="What the computer does",
        ),
        Mistake(
            "se_globalmax",
            "the maximum of the whole table is subtracted: in a row far below it every exponential becomes 0, and 0/0 "
            "is nan.",
            4,
            {"weights": "np.exp(scaled - scaled.max()) / np.exp(scaled - scaled.max()).sum(axis=-1, keepdims=True)"},
            section="What the computer does",
        ),
        Mistake(
            "se_noexp",
            "the exponential is missing: the scores are divided by their sum.",
            4,
            {"weights": "scaled / scaled.sum(axis=-1, keepdims=True)"},
            section="Why exponentials",
        ),
        Mistake(
            "se_sigmoid",
            "this is the logistic function of each score alone: the keys do not compete, and the weights do not sum "
            "to 1.",
            4,
            {"weights": "1 / (1 + np.exp(-scaled))"},
            section="Why exponentials",
        ),
        Mistake(
            "se_log",
            "the logarithms of the weights are used.",
            4,
            {"weights": "np.log(softmax(scaled))"},
            section="The softmax",
        ),
        Mistake(
            "se_argmax",
            "all weight goes to the token with the highest score: nothing is mixed.",
            4,
            {"weights": "(scaled == scaled.max(axis=-1, keepdims=True)) * 1.0"},
            section="Temperature",
        ),
        Mistake(
            "se_WT",
            "a matrix is transposed, or stands on the left: each token is a row here, and a row stands on the left of "
            "its matrix. torch's Linear keeps its matrix transposed.",
            9,
            (
                {"queries": "tokens @ w_q.T", "keys": "tokens @ w_k.T", "values": "tokens @ w_v.T"},
                {"queries": "tokens @ w_q.T", "keys": "tokens @ w_k.T"},
                {"queries": "tokens @ w_q.T"},
                {"keys": "tokens @ w_k.T"},
                {"values": "tokens @ w_v.T"},
                {"queries": "w_q @ tokens", "keys": "w_k @ tokens", "values": "w_v @ tokens"},
            ),
        ),
        Mistake(
            "se_columns",
            "the matrices stand on the left and the vectors are columns, so that the tables come out transposed. "
            "Tokens are rows here, in the outputs too.",
            9,
            (
                {
                    "queries": "w_q.T @ np.swapaxes(tokens, -1, -2)",
                    "keys": "w_k.T @ np.swapaxes(tokens, -1, -2)",
                    "values": "w_v.T @ np.swapaxes(tokens, -1, -2)",
                    "scores": "np.swapaxes(keys, -1, -2) @ queries",
                    "scaled": "scores / keys.shape[-2] ** 0.5",
                    "weights": "softmax(scaled, axis=-2)",
                    "outputs": "values @ weights",
                },
                {"outputs": "np.swapaxes(weights @ values, -1, -2)"},
            ),
        ),
        Mistake("se_keysq", "the keys are made with the matrix of the queries.", 9, {"keys": "tokens @ w_q"}),
        Mistake("se_queriesk", "the queries are made with the matrix of the keys.", 9, {"queries": "tokens @ w_k"}),
        Mistake(
            "se_valuesk",
            "the keys are what is mixed; the values have a matrix of their own, and they are mixed.",
            9,
            ({"values": "tokens @ w_k"}, {"outputs": "weights @ keys"}),
        ),
        Mistake(
            "se_valuesq",
            "the queries are what is mixed; the values have a matrix of their own, and they are mixed.",
            9,
            ({"values": "tokens @ w_q"}, {"outputs": "weights @ queries"}),
        ),
        Mistake(
            "se_keysv",
            "the keys are made with the matrix of the values, or the matrices of keys and values have changed places.",
            9,
            ({"keys": "tokens @ w_v"}, {"keys": "tokens @ w_v", "values": "tokens @ w_k"}),
        ),
        Mistake(
            "se_novalues",
            "the tokens themselves are mixed: their values are missing.",
            9,
            ({"values": "tokens"}, {"outputs": "weights @ tokens"}),
        ),
        Mistake("se_noqueries", "the tokens themselves ask: their queries are missing.", 9, {"queries": "tokens"}),
        Mistake("se_nokeys", "the tokens themselves are asked: their keys are missing.", 9, {"keys": "tokens"}),
        Mistake(
            "se_noW",
            "the matrices of queries and keys are not used: the tokens are compared as they are.",
            9,
            (
                {"queries": "tokens", "keys": "tokens"},
                {"queries": "tokens", "keys": "tokens", "values": "tokens"},
            ),
        ),
        Mistake(
            "se_kq",
            "who asks and who is asked have changed places: the scores are transposed, or w_q and w_k are mixed up. "
            "Rows are queries here.",
            9,
            (
                {"scores": "keys @ np.swapaxes(queries, -1, -2)"},
                {"queries": "tokens @ w_k", "keys": "tokens @ w_q"},
            ),
        ),
        Mistake(
            "se_noT",
            "the keys are not transposed: that works only where there are as many tokens as features, and gives wrong "
            "scores even there.",
            5,
            {"scores": "queries @ keys"},
            section="Many queries at once",
        ),
        Mistake(
            "se_dotT",
            "the axes are exchanged in a way that fits one sequence and not a batch (`.T` turns round all axes): only "
            "the last two should change places.",
            5,
            ({"scores": "queries @ keys.T"}, {"scores": "np.dot(queries, keys.T)"}),
            names=("T", "t", "transpose"),
            section="Many queries at once",
        ),
        Mistake(
            "se_wT",
            "the weights are transposed before they meet the values.",
            5,
            {"outputs": "np.swapaxes(weights, -1, -2) @ values"},
            section="Many queries at once",
        ),
        Mistake(
            "se_left",
            "the values stand on the left of the weights: a row of weights says how much of each value there is, and "
            "stands on the left.",
            5,
            ({"outputs": "values @ weights"}, {"outputs": "np.swapaxes(values, -1, -2) @ weights"}),
            section="One vector out of three",
        ),
        Mistake(
            "se_itself",
            "no token may see itself: the diagonal of the weights is empty. In self-attention it is one of the keys.",
            9,
            {"weights": _SHARES.format(_OTHERS)},
            section="Whom may a word ask?",
        ),
        Mistake(
            "se_zerodiagonal",
            "the diagonal is set to 0, before or after the softmax. A token is one of its own keys, with the score "
            "that it has.",
            9,
            (
                {"scaled": "scores / queries.shape[-1] ** 0.5 * (1 - np.eye(scores.shape[-1]))"},
                {"weights": "softmax(scaled) * (1 - np.eye(scaled.shape[-1]))"},
            ),
            section="Whom may a word ask?",
        ),
        Mistake(
            "se_causal",
            "there is a causal mask: no token sees those behind it. Here every token sees all.",
            9,
            (
                {"weights": _SHARES.format(_SEEN)},
                {"weights": "np.tril(softmax(scaled))"},
                {"scaled": "np.tril(scores) / queries.shape[-1] ** 0.5"},
            ),
            section="Whom may a word ask?",
        ),
        Mistake(
            "se_ahead",
            "no token sees those before it: a mask is left, and turned round at that. Here every token sees all.",
            9,
            ({"weights": _SHARES.format(_AHEAD)}, {"weights": "np.triu(softmax(scaled))"}),
            section="Whom may a word ask?",
        ),
        Mistake(
            "se_residual",
            "the tokens are added to the outputs; that belongs to a layer around self-attention.",
            9,
            {"outputs": "tokens + weights @ values"},
        ),
        Mistake(
            "se_swapped",
            "outputs and weights have changed places.",
            5,
            {"answer": "(weights, outputs)"},
            section="The same as the reference",
        ),
        Mistake(
            "se_only_out",
            "only the outputs come back; the weights are asked for too.",
            5,
            {"answer": "outputs"},
            section="The same as the reference",
        ),
        Mistake(
            "se_only_w",
            "the weights come back and are not applied to the values.",
            5,
            ({"answer": "(weights, weights)"}, {"answer": "weights"}),
            section="One vector out of three",
        ),
        Mistake(
            "se_scores",
            "the scores come back where the weights are asked for, before the softmax.",
            5,
            ({"answer": "(outputs, scaled)"}, {"answer": "(outputs, scores)"}),
            section="The same as the reference",
        ),
        Mistake(
            "se_mean",
            "the outputs are the plain mean of the values: the weights are not used.",
            5,
            {"outputs": "np.broadcast_to(values.mean(axis=-2, keepdims=True), values.shape)"},
            section="One vector out of three",
        ),
        Mistake(
            "se_justvalues",
            "the outputs are the values: the weights are not applied to them, or all weights of a row meet one value.",
            5,
            ({"outputs": "values"}, {"answer": "(values, weights)"}),
            section="One vector out of three",
        ),
        Mistake(
            "se_sum",
            "one vector comes back for the whole sequence: the outputs are added up or averaged, or only one token "
            "asks. Every token has an output of its own.",
            9,
            (
                {"answer": "(outputs.sum(axis=-2), weights)"},
                {"answer": "(outputs.mean(axis=-2), weights)"},
                {"answer": "(outputs[..., -1, :], weights[..., -1, :])"},
                {"answer": "(outputs[..., 0, :], weights[..., 0, :])"},
                {"answer": "(outputs[..., -1, :], weights)"},
                {"answer": "(outputs[..., 0, :], weights)"},
            ),
        ),
        Mistake(
            "se_batchmix",
            "the sequences of a batch are mixed: each token also meets the tokens of the other sequences.",
            9,
            (
                {"keys": "(tokens if tokens.ndim < 3 else tokens[:1] + 0 * tokens) @ w_k"},
                {
                    "keys": "(tokens if tokens.ndim < 3 else tokens[:1] + 0 * tokens) @ w_k",
                    "values": "(tokens if tokens.ndim < 3 else tokens[:1] + 0 * tokens) @ w_v",
                },
                {
                    "queries": "tokens.reshape(-1, tokens.shape[-1]) @ w_q",
                    "keys": "tokens.reshape(-1, tokens.shape[-1]) @ w_k",
                    "values": "tokens.reshape(-1, tokens.shape[-1]) @ w_v",
                },
                {
                    "queries": "tokens.reshape(-1, tokens.shape[-1]) @ w_q",
                    "keys": "tokens.reshape(-1, tokens.shape[-1]) @ w_k",
                    "values": "tokens.reshape(-1, tokens.shape[-1]) @ w_v",
                    "outputs": "(weights @ values).reshape(*tokens.shape[:-1], -1)",
                },
            ),
        ),
        Mistake(
            "se_kernel",
            "the scores come from distances, as in kernel regression; asked are scaled dot products.",
            3,
            tuple(
                {"scaled": f"-((queries[..., :, None, :] - keys[..., None, :, :]) ** 2).sum(-1){scale}"}
                for scale in ("", " / 2", " / queries.shape[-1] ** 0.5")
            ),
        ),
    ],
)


# --- which of two nouns gets the weight ---


def _noun_share(weights, query, first, second):
    pair = weights[..., query, [first, second]]
    return pair[..., 0] / pair.sum(axis=-1)


def _maps(*shape):
    """Weights of a shape, whose rows sum to one."""
    return softmax(*normals(shape))


_LEADING = "tuple(range(weights.ndim - 2))"

noun_share = Check(
    reference=_noun_share,
    answer=Answer("""
def noun_share(weights, query, first, second):
    a = weights[..., query, first]
    b = weights[..., query, second]
    total = a + b
    share = a / total
    return share
"""),
    returns={"share": "layer, head"},
    exercise="attention",
    about=(9, 'What does "it" stand for?'),
    not_checked="two nouns without any weight",
    examples=[
        Example("one head", (np.array([[0.5, 0.3, 0.2], [0.1, 0.7, 0.2], [0.6, 0.2, 0.2]]), 2, 0, 1)),
        Example("several heads", (_maps(4, 6, 6), 5, 1, 3)),
        Example("layers and heads", (_maps(2, 3, 7, 7), 4, 2, 6)),
        Example("as many heads as tokens", (_maps(4, 4, 4), 3, 1, 2)),
        Example("as many layers as heads and tokens", (_maps(5, 5, 5, 5), 4, 1, 3)),
        Example("other texts as keys, all sizes different", (_maps(2, 3, 5, 6), 3, 5, 0)),
        Example("the first token asks, and the first noun stands behind the second", (_maps(3, 5, 5), 0, 4, 2)),
        Example(
            "two nouns that get almost no weight",
            (np.array([[1 - 4e-8, 1e-8, 3e-8], [0.2, 0.3, 0.5], [0.5, 0.1, 0.4]]), 0, 2, 1),
            kind=EXTRA,
            remark="a small number that is added below pulls such shares towards 0, and rounding loses them.",
        ),
    ],
    mistakes=[
        Mistake(
            "no_column",
            "a column is read where a row is meant, in one of the two weights or in both: the weight that the noun "
            "gives is not the weight that it gets. Rows are queries.",
            5,
            (
                {"a": "weights[..., first, query]", "b": "weights[..., second, query]"},
                {"a": "weights[..., first, query]"},
                {"b": "weights[..., second, query]"},
            ),
            section="Many queries at once",
        ),
        Mistake(
            "no_difference",
            "this is a difference of the two weights, or one over their sum: it is 0 where both get the same, and a "
            "share is then one half.",
            9,
            ({"share": "a - b"}, {"share": "(a - b) / total"}, {"total": "a - b"}, {"share": "np.abs(a - b)"}),
        ),
        Mistake(
            "no_ratio",
            "the weight of one noun is divided by that of the other; a share is a part of what both have together.",
            9,
            ({"share": "a / b"}, {"share": "b / a"}, {"share": "np.log(a / b)"}),
        ),
        Mistake(
            "no_raw",
            "this is the weight of the first noun, which is its share of the weight on all words. Asked is its share "
            "of what the two nouns get.",
            9,
            (
                {"share": "a"},
                {"share": "a / weights[..., query, :].sum(axis=-1)"},
            ),
        ),
        Mistake(
            "no_second",
            "this is the share of the second noun.",
            9,
            ({"share": "b / total"}, {"share": "1 - a / total"}),
        ),
        Mistake(
            "no_sum",
            "this is the weight of both nouns together, and nothing is divided.",
            9,
            ({"share": "total"}, {"share": "a * b"}, {"share": "a * total"}),
        ),
        Mistake(
            "no_rest",
            "the weight is divided by that of all other words, or by what one of the nouns leaves over: only the two "
            "nouns take part.",
            9,
            ({"share": "a / (1 - a)"}, {"share": "a / (1 - b)"}, {"total": "1 - a - b"}),
        ),
        Mistake(
            "no_mean",
            "the weights are divided by the mean of the two, which is half of what they have together: every share "
            "comes out twice too large.",
            9,
            {"total": "(a + b) / 2"},
        ),
        Mistake(
            "no_below",
            "the weight is divided by something else than what both nouns get together: the larger of the two, their "
            "product, or the root of their squares.",
            9,
            (
                {"total": "np.maximum(a, b)"},
                {"total": "np.minimum(a, b)"},
                {"total": "a * b"},
                {"total": "(a**2 + b**2) ** 0.5"},
                {"share": "a**2 / (a**2 + b**2)"},
            ),
        ),
        Mistake(
            "no_roles",
            "the three positions have changed roles: the token that asks comes first, then the two nouns.",
            9,
            (
                {"a": "weights[..., second, query]", "b": "weights[..., second, first]"},
                {"a": "weights[..., second, first]", "b": "weights[..., second, query]"},
                {"a": "weights[..., first, query]", "b": "weights[..., first, second]"},
                {"a": "weights[..., first, second]", "b": "weights[..., first, query]"},
            ),
        ),
        Mistake(
            "no_precedence",
            "a division comes before a sum: a / a + b is 1 + b. What stands below needs parentheses.",
            9,
            ({"share": "a / a + b"}, {"share": "a / b + a"}, {"share": "b / a + b"}),
        ),
        Mistake(
            "no_softmax",
            "the softmax of the two weights is taken; they are shares already, and only have to be divided.",
            9,
            (
                {"share": "np.exp(a) / (np.exp(a) + np.exp(b))"},
                {"share": "1 / (1 + np.exp(a - b))"},
            ),
        ),
        Mistake(
            "no_averaged",
            "the shares of the heads or layers are put together in one number: each head has its own.",
            9,
            (
                {"share": "(a / total).mean()"},
                {"share": "(a / total).mean() if weights.ndim < 4 else (a / total).mean(axis=-1)"},
                {"share": "(a / total).mean() if weights.ndim < 4 else (a / total).mean(axis=0)"},
                {"share": "(a / total).sum()"},
                {"share": "(a / total).max()"},
            ),
        ),
        Mistake(
            "no_meanfirst",
            "the weights of the heads or layers are averaged before the division (or added up): each head has its own "
            "share.",
            9,
            (
                {
                    "a": f"weights.mean(axis={_LEADING})[query, first]",
                    "b": f"weights.mean(axis={_LEADING})[query, second]",
                },
                {"share": "a.sum() / total.sum()"},
                {
                    "a": "(weights if weights.ndim < 3 else weights.mean(axis=-3))[..., query, first]",
                    "b": "(weights if weights.ndim < 3 else weights.mean(axis=-3))[..., query, second]",
                },
                {
                    "a": "(weights if weights.ndim < 3 else weights.mean(axis=0))[..., query, first]",
                    "b": "(weights if weights.ndim < 3 else weights.mean(axis=0))[..., query, second]",
                },
            ),
        ),
        Mistake(
            "no_allheads",
            "the weight of a head is divided by that of all heads together: each head shares out its own.",
            9,
            ({"total": "(a + b).sum()"}, {"share": "a / a.sum()"}),
        ),
        Mistake(
            "no_onehead",
            "the share of one head or one layer comes back, the first or the last; all are asked for.",
            9,
            (
                {"share": "np.ravel(a / total)[0]"},
                {"share": "np.ravel(a / total)[-1]"},
                {"share": "np.atleast_1d(a / total)[0]"},
                {"share": "np.atleast_1d(a / total)[-1]"},
                {"share": "np.atleast_1d(a / total)[..., 0]"},
                {"share": "np.atleast_1d(a / total)[..., -1]"},
            ),
        ),
        Mistake(
            "no_leading",
            "the positions are looked for on the first axes, which are layers and heads where there are any; query "
            "and key are the last two.",
            9,
            (
                {"a": "weights[query, first]", "b": "weights[query, second]"},
                {"a": "weights[query][first]", "b": "weights[query][second]"},
                {"a": "weights[:, query, first]", "b": "weights[:, query, second]"},
            ),
            names=("ndim", "shape", "sum"),
        ),
        Mistake(
            "no_counted",
            "the positions are counted from 1, or moved by one: they count from 0 already.",
            9,
            (
                {"a": "weights[..., query - 1, first - 1]", "b": "weights[..., query - 1, second - 1]"},
                {"a": "weights[..., query, first - 1]", "b": "weights[..., query, second - 1]"},
                {"a": "weights[..., query - 1, first]", "b": "weights[..., query - 1, second]"},
            ),
        ),
        Mistake(
            "no_otherrow",
            "the row of another token is read, the first or the last one: `query` says which token asks.",
            9,
            (
                {"a": "weights[..., -1, first]", "b": "weights[..., -1, second]"},
                {"a": "weights[..., 0, first]", "b": "weights[..., 0, second]"},
            ),
        ),
        Mistake(
            "no_allqueries",
            "the weights that all tokens give to the nouns are added up or averaged, or come back side by side: only "
            "the one at `query` is asked.",
            9,
            (
                {"a": "weights[..., first].sum(axis=-1)", "b": "weights[..., second].sum(axis=-1)"},
                {"a": "weights[..., first]", "b": "weights[..., second]"},
                {"share": "(weights[..., first] / (weights[..., first] + weights[..., second])).mean(axis=-1)"},
            ),
        ),
        Mistake(
            "no_more",
            "what comes back says which noun gets more, as True or False, or as 1 or 0. Asked is how much.",
            9,
            ({"share": "a > b"}, {"share": "(a > b) * 1.0"}, {"share": "np.round(a / total)"}),
        ),
        Mistake(
            "no_both",
            "the shares of both nouns come back; asked is that of the first.",
            9,
            (
                {"share": "np.stack([a, b], axis=-1) / total[..., None]"},
                {"share": "(a / total, b / total)"},
                {"share": "np.stack([a, b]) / total"},
            ),
        ),
        Mistake(
            "no_larger",
            "this is the share of the noun that gets more (or less): the share of the first is asked for, large or "
            "small.",
            9,
            ({"share": "np.maximum(a, b) / total"}, {"share": "np.minimum(a, b) / total"}),
        ),
        Mistake(
            "no_bothways",
            "the weight that a noun gives back is added to the weight that it gets: only the row of `query` counts.",
            9,
            {
                "a": "weights[..., query, first] + weights[..., first, query]",
                "b": "weights[..., query, second] + weights[..., second, query]",
            },
        ),
        Mistake(
            "no_epsilon",
            "a number is added below, and it is large enough to pull every share towards 0.",
            9,
            tuple({"total": f"a + b + {number}"} for number in ("1", "0.1", "1e-2", "1e-3")),
            alone=True,
        ),
        Mistake(
            "no_floor",
            "`//` rounds every share down to 0.",
            9,
            {"share": "a // total"},
            alone=True,
        ),
        Mistake(
            "no_percent", "these are percentages; asked is a share between 0 and 1.", 9, {"share": "100 * a / total"}
        ),
        Mistake(
            "no_between",
            "a slice from the one noun to the other is added up: the words between them take no part.",
            9,
            (
                {"total": "weights[..., query, min(first, second) : max(first, second) + 1].sum(axis=-1)"},
                {"total": "weights[..., query, min(first, second) : max(first, second)].sum(axis=-1)"},
            ),
        ),
        Mistake(
            "no_rounded",
            "the shares are rounded: rounding is for printing.",
            9,
            tuple({"share": f"np.round(a / total, {digits})"} for digits in (1, 2, 3)),
            alone=True,
        ),
    ],
)


# --- layers of self-attention ---


def _stacked(tokens, layers):
    weights = []
    for matrices in layers:
        mixed, shares = _self_attention(tokens, *matrices)
        tokens = tokens + mixed
        weights.append(shares)
    return tokens, weights


def _layers(tokens, n_layers):
    """Tokens of a shape, and square matrices for layers, small enough that the numbers do not grow much."""
    square = (tokens[-1], tokens[-1])
    tokens, *matrices = normals(tokens, *[square] * (3 * n_layers))
    halves = iter([m / 2 for m in matrices])
    return tokens, list(zip(halves, halves, halves, strict=True))


_ONE = (
    np.array([[1.0, 0.0], [0.0, 2.0]]),
    [(np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[1.0, 0.0], [0.0, -1.0]]))],
)
_SHARES_OF_ALL = "np.exp(scaled - scaled.max()) / np.exp(scaled - scaled.max()).sum()"
_NORMAL = "((read + mixed) - (read + mixed).mean(-1, keepdims=True)) / ((read + mixed).std(-1, keepdims=True) + 1e-5)"

_NORMAL_READ = "((read - read.mean(-1, keepdims=True)) / (read.std(-1, keepdims=True) + 1e-5))"

stacked_self_attention = Check(
    reference=_stacked,
    answer=Answer("""
def stacked_self_attention(tokens, layers):
    used = layers
    states = [tokens]
    found = []
    for triple in used:
        read = states[-1]
        w_q, w_k, w_v = triple
        queries = read @ w_q
        keys = read @ w_k
        values = read @ w_v
        scores = queries @ np.swapaxes(keys, -1, -2)
        scaled = scores / queries.shape[-1] ** 0.5
        weights = softmax(scaled)
        mixed = weights @ values
        added = read + mixed
        states.append(added)
        shown = weights
        found.append(shown)
    outputs = states[-1]
    maps = found
    answer = (outputs, maps)
    return answer
"""),
    returns={"outputs": "token, d_model", "weights": "layer, ..., query, key"},
    exercise="layers.SelfAttentionStack",
    about=(9, "Layer after layer"),
    stacks=True,
    not_checked="masks and speed",
    examples=[
        Example("one layer", _ONE),
        Example("two layers", _layers((3, 4), 2)),
        Example("three layers", _layers((5, 2), 3)),
        Example("as many layers as tokens and features", _layers((3, 3), 3)),
        Example("a batch", _layers((2, 5, 4), 2)),
        Example("a batch with as many layers as sequences", _layers((3, 3, 3), 3)),
        Example("large tokens", (30 * _ONE[0], _ONE[1]), kind=EXTREME),
    ],
    mistakes=[
        Mistake(
            "st_noresidual",
            "each layer hands on only what it has mixed: what it has read is not added.",
            9,
            {"added": "mixed"},
        ),
        Mistake(
            "st_notokens",
            "what comes back is the sum of all mixtures, without the tokens that they are added to.",
            9,
            {"outputs": "states[-1] - tokens"},
        ),
        Mistake(
            "st_handedon",
            "the list holds what the layers hand on, or what they mix; their weights are asked for.",
            9,
            ({"shown": "mixed"}, {"shown": "added"}),
        ),
        Mistake(
            "st_firsttokens",
            "every layer reads the first tokens; each should read what the layer before it hands on.",
            9,
            (
                {"read": "tokens"},
                {"queries": "tokens @ w_q", "keys": "tokens @ w_k", "values": "tokens @ w_v"},
            ),
        ),
        Mistake(
            "st_partfirst",
            "queries, keys or values are made of the first tokens, and the others of what the layer before hands on: "
            "all three are made of the same.",
            9,
            (
                {"keys": "tokens @ w_k", "values": "tokens @ w_v"},
                {"queries": "tokens @ w_q"},
                {"values": "tokens @ w_v"},
                {"queries": "tokens @ w_q", "keys": "tokens @ w_k"},
            ),
        ),
        Mistake(
            "st_residualfirst",
            "the first tokens are added in every layer; each layer adds what it has read itself.",
            9,
            {"added": "tokens + mixed"},
        ),
        Mistake(
            "st_residualend",
            "the first tokens are added once, at the end; each layer adds what it has read.",
            9,
            {"added": "mixed", "outputs": "tokens + states[-1]"},
        ),
        Mistake(
            "st_residualtwice",
            "what a layer has read is added twice, perhaps by a function that adds it already, or the first tokens are "
            "added once more.",
            9,
            (
                {"added": "2 * read + mixed"},
                {"outputs": "tokens + states[-1]"},
                {"added": "read + tokens + mixed"},
            ),
        ),
        Mistake(
            "st_doubled",
            "the mixture is added twice, perhaps by a `+=` and once more in a sum.",
            9,
            {"added": "read + 2 * mixed"},
        ),
        Mistake(
            "st_half",
            "the mean of what a layer has read and what it has mixed is handed on; their sum is asked for.",
            9,
            {"added": "(read + mixed) / 2"},
        ),
        Mistake("st_minus", "the mixture is subtracted; it is added.", 9, {"added": "read - mixed"}),
        Mistake(
            "st_product",
            "what is read is multiplied with the mixture; their sum is asked for.",
            9,
            {"added": "read * mixed"},
        ),
        Mistake(
            "st_lastmixed",
            "the last layer's mixture comes back without what the layer has read.",
            9,
            {"outputs": "mixed"},
        ),
        Mistake(
            "st_before",
            "the outputs are what the last layer has read: its own result is missing.",
            9,
            {"outputs": "states[-2]"},
        ),
        Mistake(
            "st_alloutputs",
            "the outputs of all layers come back; asked are those of the last, and the weights of all.",
            9,
            ({"outputs": "np.stack(states[1:])"}, {"outputs": "np.stack(states)"}, {"outputs": "sum(states[1:])"}),
        ),
        Mistake("st_tokens", "the tokens come back as they went in.", 9, {"outputs": "tokens"}),
        Mistake(
            "st_lastweights",
            "the weights of one layer come back: each layer's are asked for, in a list.",
            9,
            (
                {"maps": "found[-1]"},
                {"maps": "found[-1:]"},
                {"maps": "found[0]"},
                {"maps": "found[:1]"},
            ),
        ),
        Mistake(
            "st_sameweights",
            "the list holds the weights of one layer again and again.",
            9,
            ({"maps": "found[-1:] * len(found)"}, {"maps": "found[:1] * len(found)"}),
        ),
        Mistake(
            "st_meanweights",
            "the weights of the layers are averaged or added up; each layer's are asked for, in a list.",
            9,
            ({"maps": "sum(found) / len(found)"}, {"maps": "sum(found)"}),
        ),
        Mistake(
            "st_rollout",
            "the weights of the layers are multiplied with each other; each layer's own are asked for.",
            9,
            {"shown": "weights @ found[-1] if found else weights"},
        ),
        Mistake(
            "st_joined",
            "the weights are joined into one table, or come back one by one; asked is a list of them beside the "
            "outputs.",
            9,
            (
                {"maps": "np.concatenate(found)"},
                {"maps": "np.concatenate(found, axis=-1)"},
                {"maps": "np.concatenate(found, axis=-2)"},
                {"answer": "(outputs, *found)"},
            ),
        ),
        Mistake(
            "st_layeraxis",
            "in the weights the layers stand behind the batch: the first axis, as in a list, says which layer.",
            9,
            {"maps": "np.stack(found, axis=-3)"},
        ),
        Mistake(
            "st_mapsreversed",
            "the weights come in the reverse order: the last layer's stand first.",
            9,
            {"maps": "found[::-1]"},
        ),
        Mistake(
            "st_onetriple",
            "all layers have the same matrices: those of the first layer, or of the last. Each layer has its own.",
            9,
            ({"w_q, w_k, w_v": "layers[0]"}, {"w_q, w_k, w_v": "layers[-1]"}),
        ),
        Mistake("st_reversed", "the layers come in the reverse order.", 9, {"used": "layers[::-1]"}),
        Mistake(
            "st_short",
            "a layer is left out, the first or the last: where does the loop begin, and where does it stop?",
            9,
            ({"used": "layers[:-1]"}, {"used": "layers[1:]"}),
        ),
        Mistake(
            "st_onelayer",
            "there is one layer, however many there should be: does `return` stand inside the loop?",
            9,
            ({"used": "layers[:1]"}, {"used": "layers[-1:]"}),
        ),
        Mistake(
            "st_twice",
            "every layer is applied twice, or one layer more than there are.",
            9,
            ({"used": "[t for triple in layers for t in (triple, triple)]"}, {"used": "[*layers, layers[-1]]"}),
        ),
        Mistake(
            "st_noscale",
            "the scores are not divided by the root of d_key, so the weights are too peaked.",
            11,
            {"scaled": "scores"},
        ),
        Mistake(
            "st_scale_d",
            "the scores are divided by d_key itself and not by its root, so the weights are too even.",
            11,
            {"scaled": "scores / queries.shape[-1]"},
        ),
        Mistake(
            "st_scale_T",
            "the scores are scaled by the number of tokens, or of sequences; the scale depends on the width of "
            "queries and keys.",
            11,
            ({"scaled": "scores / queries.shape[-2] ** 0.5"}, {"scaled": "scores / len(queries) ** 0.5"}),
        ),
        Mistake(
            "st_softmax_q",
            "the softmax runs over the queries: each column of the weights sums to 1. Each token shares out its own "
            "weight among all tokens.",
            5,
            {"weights": "softmax(scaled, axis=-2)"},
            section="Many queries at once",
        ),
        Mistake(
            "st_axis",
            "the softmax runs along axis 0 or 1, which is another one where there is a batch.",
            5,
            ({"weights": "softmax(scaled, axis=0)"}, {"weights": "softmax(scaled, axis=1)"}),
            section="Many queries at once",
        ),
        Mistake(
            "st_nosoftmax",
            "there is no softmax: the scores themselves are used as weights.",
            5,
            {"weights": "scaled"},
            section="Where can an output lie?",
        ),
        Mistake(
            "st_all",
            "the softmax divides by the sum of everything: each row should sum to 1.",
            4,
            ({"weights": _SHARES_OF_ALL}, {"weights": "np.exp(scaled) / np.exp(scaled).sum()"}),
            section="Softmax over positions, softmax over classes",
        ),
        Mistake(
            "st_unstable",
            "the exponential is taken of the scores as they are: for large ones it overflows.",
            4,
            {"weights": "np.exp(scaled) / np.exp(scaled).sum(axis=-1, keepdims=True)"},
            section="What the computer does",
        ),
        Mistake(
            "st_kq",
            "who asks and who is asked have changed places: the scores are transposed, or queries and keys have each "
            "other's matrices. Rows are queries here.",
            9,
            (
                {"scores": "keys @ np.swapaxes(queries, -1, -2)"},
                {"w_q, w_k, w_v": "(triple[1], triple[0], triple[2])"},
            ),
        ),
        Mistake(
            "st_triple",
            "the three matrices of a layer are taken in another order than queries, keys, values.",
            9,
            tuple(
                {"w_q, w_k, w_v": f"(triple[{q}], triple[{k}], triple[{v}])"}
                for q, k, v in ((0, 2, 1), (2, 1, 0), (1, 2, 0), (2, 0, 1))
            ),
        ),
        Mistake(
            "st_WT",
            "the matrices are transposed: each token is a row here, and a row stands on the left of its matrix.",
            9,
            (
                {"queries": "read @ w_q.T", "keys": "read @ w_k.T", "values": "read @ w_v.T"},
                {"queries": "read @ w_q.T", "keys": "read @ w_k.T"},
                {"values": "read @ w_v.T"},
            ),
        ),
        Mistake(
            "st_novalues",
            "what a layer reads is mixed as it is: its values are missing.",
            9,
            ({"values": "read"}, {"mixed": "weights @ read"}),
        ),
        Mistake(
            "st_wrongmixed",
            "the queries or the keys are what is mixed; the values are.",
            9,
            ({"mixed": "weights @ keys"}, {"mixed": "weights @ queries"}),
        ),
        Mistake(
            "st_dotT",
            "the axes are exchanged in a way that fits one sequence and not a batch (`.T` turns round all axes): only "
            "the last two should change places.",
            5,
            {"scores": "queries @ keys.T"},
            names=("T", "t", "transpose"),
            section="Many queries at once",
        ),
        Mistake(
            "st_causal",
            "there is a causal mask: no token sees those behind it. Here every token sees all.",
            9,
            {"weights": _SHARES.format(_SEEN)},
            section="Whom may a word ask?",
        ),
        Mistake(
            "st_norm",
            "there is a layer norm, before the layer or behind it; it belongs to the block around attention.",
            14,
            (
                {"added": _NORMAL},
                {
                    "queries": f"{_NORMAL_READ} @ w_q",
                    "keys": f"{_NORMAL_READ} @ w_k",
                    "values": f"{_NORMAL_READ} @ w_v",
                },
            ),
        ),
        Mistake(
            "st_relu",
            "there is an activation that cuts off what is negative; the sum is handed on as it is.",
            14,
            ({"added": "np.maximum(read + mixed, 0)"}, {"added": "read + np.maximum(mixed, 0)"}),
        ),
        Mistake(
            "st_swapped",
            "outputs and weights have changed places.",
            5,
            {"answer": "(maps, outputs)"},
            section="The same as the reference",
        ),
        Mistake(
            "st_only_out",
            "only the outputs come back; the weights of the layers are asked for too.",
            9,
            {"answer": "outputs"},
        ),
        Mistake(
            "st_only_w",
            "only the weights come back; the outputs of the last layer are asked for too.",
            9,
            {"answer": "maps"},
        ),
        Mistake(
            "st_scores",
            "the scores come back where the weights are asked for, before the softmax.",
            5,
            ({"shown": "scaled"}, {"shown": "scores"}),
            section="The same as the reference",
        ),
    ],
)
