"""Checks of one head of attention, and of its last step alone: the weighted sum of chapter 5."""

import numpy as np

import attnlib.single_head as right
from attnlib.checks.bank import Answer, Mistake
from attnlib.checks.check import Check
from attnlib.checks.examples import EXTRA, EXTREME, Example, normals
from attnlib.checks.weights import mask_mistakes
from attnlib.weights import softmax

_SMALL = (
    np.array([[1.0, 0.0, 2.0, 1.0], [0.0, 3.0, 1.0, 0.0]]),
    np.array([[1.0, 1.0, 0.0, 2.0], [0.0, 1.0, 1.0, 0.0], [2.0, -1.0, 1.0, 1.0]]),
    np.array([[10.0, 0.0], [0.0, 10.0], [5.0, -5.0]]),
)
_WIDTH_ONE = (
    np.array([[2.0], [0.0]]),
    np.array([[1.0], [-1.0], [0.5]]),
    np.array([[4.0, 0.0], [0.0, 4.0], [2.0, 2.0]]),
)
_SQUARE = normals((3, 3), (3, 3), (3, 3))
_BATCH = normals((2, 3, 4), (2, 5, 4), (2, 5, 6))
_SELF = normals((3, 3, 4), (3, 3, 4), (3, 3, 5))
_OWN_PADDING = np.array([[[True, True, True]], [[True, True, False]], [[True, False, False]]])
_LOW = (
    np.array([[-19.0, 0.0, 0.0, 0.0]]),
    np.array([[10.0, 0.0, 0.0, 0.0], [10.1, 0.0, 0.0, 0.0], [9.9, 0.0, 0.0, 0.0]]),
    np.array([[1.0, 0.0], [0.0, 1.0], [7.0, 7.0]]),
)
_THIRD_HIGH = np.array([[0.1, 1.0, 0.0, 0.0], [0.2, 0.0, 1.0, 0.0], [100.0, 0.0, 0.0, 1.0]])
_FIRST_TWO = np.array([[True, True, False]])
_IRREGULAR = np.array([[True, True, False], [False, True, True], [True, False, False]])
_PAIRS = normals((2, 3, 5))[0] > -0.3
_PAIRS[..., 2], _PAIRS[..., 0] = True, False  # something is allowed to every query, and something forbidden
_PADDING = np.array([[[True, True, True, True, False]], [[True, True, False, False, False]]])

attention = Check(
    reference=right.attention,
    answer=Answer("""
def attention(queries, keys, values, mask=None):
    scores = queries @ np.swapaxes(keys, -1, -2)
    scaled = scores / queries.shape[-1] ** 0.5
    masked = scaled if mask is None else np.where(mask, scaled, -np.inf)
    weights = softmax(masked)
    outputs = weights @ values
    answer = (outputs, weights)
    return answer
"""),
    returns={"outputs": "query, d_value", "weights": "query, key"},
    about=(5, "Many queries at once"),
    not_checked="speed and memory",
    examples=[
        Example("one sequence", _SMALL),
        Example("all sizes equal", _SQUARE),
        Example("a batch", _BATCH),
        Example("keys of width 1, and a query of zeros", _WIDTH_ONE),
        Example("a mask", (*_SQUARE, _IRREGULAR)),
        Example("a batch with a mask", (*_BATCH, _PAIRS)),
        Example("a batch with padding", (*_BATCH, _PADDING)),
        Example("one mask for a whole batch", (*_BATCH, _PAIRS[0])),
        Example("one row of huge scores", (np.array([[1000.0], [1.0]]) * _SMALL[0], *_SMALL[1:]), kind=EXTREME),
        Example("as many queries as keys, with padding", (*_SELF, _OWN_PADDING)),
        Example("huge scores", (1000 * _SMALL[0], _SMALL[1], _SMALL[2]), kind=EXTREME),
        Example("low scores with a mask", (*_LOW, _FIRST_TWO), kind=EXTREME),
        Example("very low scores with a mask", (10.5 * _LOW[0], *_LOW[1:], _FIRST_TWO), kind=EXTREME),
        Example(
            "a row with nothing allowed",
            (*_SMALL, np.array([[True, True, False], [False, False, False]])),
            kind=EXTRA,
            remark="the course's rule is weights and outputs of 0 there, and yours does something else. "
            "Chapter 8 is about it.",
        ),
        Example(
            "a huge forbidden score",
            (np.array([[20.0, 0.0, 0.0, 0.0]]), _THIRD_HIGH, _LOW[2], _FIRST_TWO),
            kind=EXTRA,
            remark="a softmax of all scores, forbidden ones too, leaves 0/0 for the allowed ones.",
        ),
    ],
    mistakes=[
        Mistake(
            "at_noscale",
            "the scores are not divided by the root of d_key, so the weights are too peaked.",
            11,
            {"scaled": "scores"},
        ),
        Mistake(
            "at_scale_d",
            "the scores are divided by d_key itself and not by its root, so the weights are too even.",
            11,
            {"scaled": "scores / queries.shape[-1]"},
        ),
        Mistake(
            "at_scale_T",
            "the scores are scaled by the number of keys; the scale depends on the width of queries and keys.",
            11,
            ({"scaled": "scores / keys.shape[-2] ** 0.5"}, {"scaled": "scores / len(keys) ** 0.5"}),
        ),
        Mistake(
            "at_scale_Tq",
            "the scores are scaled by the number of queries; the scale depends on the width of queries and keys.",
            11,
            {"scaled": "scores / queries.shape[-2] ** 0.5"},
        ),
        Mistake(
            "at_scale_dv",
            "the scores are scaled by the width of the values; values take no part in the scores.",
            11,
            {"scaled": "scores / values.shape[-1] ** 0.5"},
        ),
        Mistake(
            "at_scale_B",
            "the scores are scaled by the size of the first axis, which is the batch where there is one.",
            11,
            {"scaled": "scores / queries.shape[0] ** 0.5"},
        ),
        Mistake(
            "at_mul",
            "the scores are multiplied by the root of d_key; they should become smaller.",
            11,
            {"scaled": "scores * queries.shape[-1] ** 0.5"},
        ),
        Mistake(
            "at_scale_after",
            "the scale comes after the softmax: it belongs to the scores. Your rows sum to 1 over the root of d_key.",
            11,
            {
                "scaled": "scores",
                "weights": "softmax(masked) / queries.shape[-1] ** 0.5",
            },
        ),
        Mistake(
            "at_softmax_q",
            "the softmax runs over the queries: each column of the weights sums to 1. Each query shares out its own "
            "weight among the keys.",
            5,
            (
                {"weights": "softmax(masked, axis=-2)"},
                {
                    "masked": "scaled if mask is None else np.where(mask, scaled, -1e9)",
                    "weights": "softmax(masked, axis=-2)",
                },
            ),
        ),
        Mistake(
            "at_softmax_batch",
            "the softmax runs over the first axis, which is the batch where there is one.",
            5,
            {"weights": "softmax(masked, axis=0)"},
        ),
        Mistake(
            "at_nosoftmax",
            "there is no softmax: the scores themselves are used as weights.",
            5,
            {"weights": "masked"},
            section="Where can an output lie?",
        ),
        Mistake(
            "at_twice",
            "the softmax is applied twice: the weights are too even.",
            4,
            ({"weights": "softmax(softmax(masked))"}, {"outputs": "softmax(weights) @ values"}),
            section="The softmax",
        ),
        Mistake(
            "at_swapped",
            "outputs and weights have changed places.",
            5,
            {"answer": "(weights, outputs)"},
            section="The same as the reference",
        ),
        Mistake(
            "at_only_out",
            "only the outputs come back; the weights are asked for too.",
            5,
            {"answer": "outputs"},
            section="The same as the reference",
        ),
        Mistake(
            "at_only_w",
            "the weights come back and are not applied to the values.",
            5,
            ({"answer": "(weights, weights)"}, {"answer": "weights"}),
            section="One vector out of three",
        ),
        Mistake(
            "at_wk",
            "the weights are applied to the keys; the values are what is mixed.",
            5,
            {"outputs": "weights @ keys"},
            section="Keys and values",
        ),
        Mistake(
            "at_mean",
            "the outputs are the plain mean of the values: the weights are not used.",
            5,
            {"outputs": "np.broadcast_to(values.mean(axis=-2, keepdims=True), weights.shape[:-1] + values.shape[-1:])"},
            section="One vector out of three",
        ),
        Mistake(
            "at_kq",
            "the scores are transposed: their rows are keys. Rows are queries here.",
            5,
            {"scores": "keys @ np.swapaxes(queries, -1, -2)"},
        ),
        Mistake(
            "at_dotT",
            "the axes are exchanged in a way that fits one sequence and not a batch (`.T` turns round all axes): only "
            "the last two should change places.",
            5,
            {"scores": "queries @ keys.T"},
            names=("T", "t", "transpose"),
        ),
        Mistake(
            "at_batchmix",
            "the sequences of a batch are mixed: each query also meets the keys of the other sequences.",
            5,
            (
                {"scores": "queries @ np.swapaxes(keys if keys.ndim < 3 else keys.sum(0, keepdims=True), -1, -2)"},
                {"scores": "queries @ np.swapaxes(keys if keys.ndim < 3 else keys[:1], -1, -2)"},
            ),
        ),
        Mistake(
            "at_unstable",
            "the exponential is taken of the scores as they are: for large ones it overflows, for very negative ones "
            "it becomes 0, and then there is nothing to divide by.",
            4,
            {"weights": "np.exp(masked) / np.exp(masked).sum(axis=-1, keepdims=True)"},
            section="What the computer does",
        ),
        Mistake(
            "at_noT",
            "the keys are not transposed: that works only where there are as many keys as features, and gives wrong "
            "scores even there.",
            5,
            {"scores": "queries @ keys"},
        ),
        Mistake(
            "at_qv",
            "the scores compare queries with values; they compare queries with keys.",
            5,
            {"scores": "queries @ np.swapaxes(values, -1, -2)"},
            section="Keys and values",
        ),
        Mistake(
            "at_argmax",
            "all weight goes to the key with the highest score: nothing is mixed.",
            4,
            (
                {"weights": "(masked == masked.max(axis=-1, keepdims=True)) * 1.0"},
                {"weights": "np.eye(masked.shape[-1])[masked.argmax(axis=-1)]"},
            ),
            section="Temperature",
        ),
        Mistake(
            "at_all",
            "the softmax divides by the sum of the whole table: each row should sum to 1.",
            4,
            {"weights": "np.exp(masked - masked.max()) / np.exp(masked - masked.max()).sum()"},
            section="Softmax over positions, softmax over classes",
        ),
        Mistake(
            "at_wT",
            "the weights are transposed before they meet the values.",
            5,
            {"outputs": "np.swapaxes(weights, -1, -2) @ values"},
        ),
        Mistake(
            "at_scores",
            "the scores come back where the weights are asked for, before the softmax.",
            5,
            ({"answer": "(outputs, scaled)"}, {"answer": "(outputs, masked)"}, {"answer": "(outputs, scores)"}),
            section="The same as the reference",
        ),
        Mistake(
            "at_cosine",
            "this is the cosine: queries and keys are divided by their lengths. Asked is the scaled dot product.",
            3,
            {
                "scaled": "scores / (np.linalg.norm(queries, axis=-1)[..., :, None]"
                " * np.linalg.norm(keys, axis=-1)[..., None, :])"
            },
        ),
        Mistake(
            "at_nokeep",
            "in the softmax a sum over an axis has lost that axis, and what is left lines up with the wrong one.",
            4,
            (
                {"weights": "np.exp(masked) / np.exp(masked).sum(axis=-1)"},
                {"weights": "np.exp(masked - masked.max()) / np.exp(masked - masked.max()).sum(axis=-1)"},
            ),
            section="Softmax over positions, softmax over classes",
        ),
        Mistake(
            "at_axis1",
            "the softmax runs along axis 1, which is the keys of one sequence, but the queries of a batch.",
            5,
            {"weights": "softmax(masked, axis=1)"},
        ),
        Mistake(
            "at_globalmax",
            "the maximum of the whole table is subtracted: in a row far below it every exponential becomes "
            "0, and 0/0 is nan.",
            4,
            {"weights": "np.exp(masked - masked.max()) / np.exp(masked - masked.max()).sum(axis=-1, keepdims=True)"},
            section="What the computer does",
        ),
        Mistake(
            "at_half",
            "`d ** 1/2` is d / 2 and not the root: the power comes before the division.",
            11,
            {"scaled": "scores / (queries.shape[-1] / 2)"},
        ),
        Mistake(
            "at_whole",
            "the root of d_key is rounded to a whole number.",
            11,
            ({"scaled": "scores / int(queries.shape[-1] ** 0.5)"}, {"scaled": "scores // queries.shape[-1] ** 0.5"}),
        ),
        Mistake(
            "at_eight",
            "the scores are divided by 8, which is right for the width 64 of the paper only.",
            11,
            {"scaled": "scores / 8"},
        ),
        Mistake(
            "at_quarter",
            "the root is taken twice: the scores are divided by the fourth root of d_key.",
            11,
            {"scaled": "scores / queries.shape[-1] ** 0.25"},
        ),
        Mistake(
            "at_keynorm",
            "the scores are divided by the lengths of the key vectors; `d_key` is how many numbers they have.",
            11,
            (
                {"scaled": "scores / np.linalg.norm(keys, axis=-1)[..., None, :]"},
                {"scaled": "scores / np.linalg.norm(keys)"},
            ),
        ),
        Mistake(
            "at_noexp",
            "the exponential is missing: the scores are divided by their sum.",
            4,
            {"weights": "masked / masked.sum(axis=-1, keepdims=True)"},
            section="Why exponentials",
        ),
        Mistake(
            "at_sigmoid",
            "this is the logistic function of each score alone: the keys do not compete, and the weights do "
            "not sum to 1.",
            4,
            {"weights": "1 / (1 + np.exp(-masked))"},
            section="Why exponentials",
        ),
        Mistake(
            "at_log",
            "the logarithms of the weights are used.",
            4,
            {"weights": "np.log(softmax(masked))"},
            section="The softmax",
        ),
        Mistake(
            "at_kernel",
            "the scores come from distances, as in kernel regression; asked are scaled dot products.",
            3,
            tuple(
                {"scaled": f"-((queries[..., :, None, :] - keys[..., None, :, :]) ** 2).sum(-1){scale}"}
                for scale in ("", " / 2", " / queries.shape[-1] ** 0.5")
            ),
        ),
        Mistake(
            "at_reshape",
            "a reshape (or `.view`) to the transposed shape keeps the numbers in their order: it mixes the keys.",
            5,
            {"scores": "queries @ keys.reshape(*keys.shape[:-2], keys.shape[-1], keys.shape[-2])"},
        ),
        Mistake(
            "at_residual",
            "the queries are added to the outputs: that belongs to the block around attention.",
            14,
            {"outputs": "weights @ values + queries"},
        ),
        Mistake(
            "at_rounded",
            "the weights are rounded: rounding is for printing.",
            4,
            tuple({"weights": f"np.round(softmax(masked), {digits})"} for digits in (1, 2, 3, 4)),
            section="The softmax",
        ),
        Mistake(
            "at_clip",
            "large scores are cut off: two scores beyond the limit get the same weight, though their "
            "difference counts.",
            4,
            tuple({"weights": f"softmax(np.clip(masked, -{top}, {top}))"} for top in (5, 10, 20, 50)),
            section="What the computer does",
        ),
        Mistake(
            "at_softmaxlast",
            "the softmax is taken of the outputs: scores become weights first, then the values are mixed.",
            5,
            (
                {"weights": "masked", "outputs": "softmax(masked @ values)"},
                {"outputs": "softmax(masked @ values)"},
            ),
        ),
        Mistake(
            "at_firstquery",
            "only the first query is answered: a `return` stands inside the loop.",
            5,
            {"answer": "(outputs[..., 0, :], weights[..., 0, :])"},
        ),
        Mistake(
            "at_kv",
            "keys and values have changed places.",
            5,
            {"scores": "queries @ np.swapaxes(values, -1, -2)", "outputs": "weights @ keys"},
            section="Keys and values",
        ),
        Mistake(
            "at_unmaskedweights",
            "the outputs are masked, but the weights that come back are not.",
            8,
            {"answer": "(outputs, softmax(scaled))"},
        ),
        Mistake(
            "at_maskhead",
            "the mask gets an axis for heads; here there are none.",
            8,
            {"masked": "scaled if mask is None else np.where(np.expand_dims(mask, 1), scaled, -np.inf)"},
        ),
        Mistake(
            "at_maskfirst",
            "only the first row of the mask is used, for every query.",
            8,
            {"masked": "scaled if mask is None else np.where(mask[..., :1, :], scaled, -np.inf)"},
        ),
        Mistake(
            "at_maskkeys",
            "forbidden keys are set to 0: their scores become 0, and the exponential of 0 is 1.",
            8,
            {"masked": "scaled if mask is None else np.where(mask.any(-2, keepdims=True), scaled, 0.0)"},
        ),
        Mistake(
            "at_wholeweights",
            "the weights are cut to whole numbers: the array for them was made for whole numbers.",
            4,
            ({"weights": "softmax(masked).astype(int)"}, {"weights": "np.trunc(softmax(masked))"}),
            section="What the computer does",
        ),
        Mistake(
            "at_even",
            "every key has the same weight: the scores are not used.",
            5,
            (
                {"scaled": "0 * scores"},
                {"weights": "np.full(masked.shape, 1 / masked.shape[-1])"},
            ),
            section="One vector out of three",
        ),
        Mistake(
            "at_ones",
            "every weight is 1: the softmax runs along an axis of length 1, or nothing is normalised.",
            4,
            ({"weights": "np.ones_like(masked)"}, {"weights": "1.0 * np.isfinite(masked)"}),
            section="Softmax over positions, softmax over classes",
        ),
        Mistake(
            "at_constant",
            "the scores are multiplied by a fixed number; the right one depends on the width of queries and keys.",
            11,
            tuple({"scaled": f"scores * {factor}"} for factor in (0.5, 0.1, 0.25, 2, 10, 100)),
        ),
        *mask_mistakes("scaled"),
    ],
)


# --- the weighted sum, chapter 5 ---


def _shared(weights, values):
    """Weights and values of these shapes."""
    scores, given = normals(weights, values)
    return softmax(2 * scores), given


_ONE_QUERY = (np.array([[0.5, 0.25, 0.25]]), np.array([[4.0, 0.0], [0.0, 8.0], [2.0, 2.0]]))

weighted_sum = Check(
    reference=np.matmul,
    answer=Answer("""
def weighted_sum(weights, values):
    shares = weights
    given = values
    parts = shares[..., None] * given[..., None, :, :]
    mixed = parts.sum(axis=-2)
    answer = mixed
    return answer
"""),
    returns={"outputs": "query, d_value"},
    exercise="attention",
    about=(5, "One vector out of three"),
    not_checked="speed",
    examples=[
        Example("one query", _ONE_QUERY),
        Example("all sizes different", _shared((2, 3), (3, 4))),
        Example("as many queries as keys", _shared((3, 3), (3, 2))),
        Example("all sizes equal", _shared((3, 3), (3, 3))),
        Example("a batch", _shared((2, 3, 4), (2, 4, 5))),
        Example("a batch, all sizes equal", _shared((3, 3, 3), (3, 3, 3))),
        Example(
            "a query that may look at nothing",
            (np.array([[0.5, 0.5], [0.0, 0.0]]), np.array([[2.0, 0.0], [0.0, 4.0]])),
            kind=EXTRA,
            remark="its weights are all 0, so its output is 0 here; yours is not. Chapter 8 is about such queries.",
        ),
    ],
    mistakes=[
        Mistake(
            "ws_sumofweights",
            "the weights are added up, and that is 1 for every query. A weighted sum adds up the values, each times "
            "its weight.",
            5,
            (
                {"mixed": "shares.sum(axis=-1)"},
                {"mixed": "shares.sum(axis=-1, keepdims=True)"},
                {"mixed": "shares.sum(axis=-1) @ given"},
            ),
        ),
        Mistake(
            "ws_nosum",
            "the values are multiplied by their weights, but not added up: there is still a row for every key.",
            5,
            (
                {"mixed": "parts"},
                {"mixed": "np.swapaxes(shares, -1, -2) * given"},
                {"mixed": "np.swapaxes(shares[..., :1, :], -1, -2) * given"},
            ),
        ),
        Mistake(
            "ws_mean",
            "this is the plain mean of the values: the weights are not used.",
            5,
            {"shares": "np.full(weights.shape, 1 / weights.shape[-1])"},
        ),
        Mistake(
            "ws_plainsum",
            "this is the plain sum of the values: the weights are not used, or added up before they meet the values.",
            5,
            {"shares": "np.ones(weights.shape)"},
        ),
        Mistake(
            "ws_meanofparts",
            "the weighted values are averaged; the weights have shared out one whole already, so the result is too "
            "small by the number of keys.",
            5,
            {"mixed": "parts.mean(axis=-2)"},
        ),
        Mistake(
            "ws_transposed",
            "the weights are transposed before they meet the values: rows of weights are queries.",
            5,
            (
                {"mixed": "np.swapaxes(shares, -1, -2) @ given"},
                {"mixed": "shares.T @ given"},
                {"shares": "np.swapaxes(weights, -1, -2)"},
            ),
            section="Many queries at once",
        ),
        Mistake(
            "ws_valuesT",
            "the values are transposed: that belongs to the keys, in the scores. Here each weight meets a whole value.",
            5,
            (
                {"mixed": "shares @ np.swapaxes(given, -1, -2)"},
                {"mixed": "shares @ given.T"},
                {"given": "np.swapaxes(values, -1, -2)"},
                {"mixed": "np.inner(shares, given)"},
            ),
            section="Many queries at once",
        ),
        Mistake(
            "ws_firstkey",
            "only the first key takes part: a `return` stands inside the loop, or one value is taken for all.",
            5,
            (
                {"mixed": "parts[..., 0, :]"},
                {"mixed": "parts[..., 0, :] / shares[..., :1]"},
            ),
        ),
        Mistake(
            "ws_lastkey",
            "only the last key takes part: in a loop, `=` stands where the product should be added to what is there.",
            5,
            (
                {"mixed": "parts[..., -1, :]"},
                {"mixed": "parts[..., -1, :] / shares[..., -1:]"},
            ),
        ),
        Mistake(
            "ws_short",
            "one key is left out: a loop starts at 1, or stops one too early. `range(n)` already leaves out n.",
            5,
            (
                {"mixed": "parts[..., :-1, :].sum(axis=-2)"},
                {"mixed": "parts[..., 1:, :].sum(axis=-2)"},
            ),
        ),
        Mistake(
            "ws_argmax",
            "the value with the largest weight comes out, alone: nothing is mixed.",
            5,
            (
                {"shares": "np.eye(weights.shape[-1])[weights.argmax(axis=-1)]"},
                {"shares": "weights * (weights == weights.max(axis=-1, keepdims=True))"},
            ),
        ),
        Mistake(
            "ws_softmax",
            "a softmax is taken of the weights: the function is given weights already.",
            5,
            {"shares": "softmax(weights)"},
        ),
        Mistake(
            "ws_features",
            "the products are summed over the features: there is one number for every query and key. What should "
            "disappear is the axis of the keys.",
            5,
            {"mixed": "parts.sum(axis=-1)"},
        ),
        Mistake(
            "ws_queries",
            "the products are summed over the queries: every query has an output of its own.",
            5,
            {"mixed": "parts.sum(axis=-3)"},
            section="Many queries at once",
        ),
        Mistake(
            "ws_everything",
            "everything is added up to one number: every query has a row of its own, as wide as a value.",
            5,
            (
                {"mixed": "parts.sum()"},
                {"mixed": "parts.sum(axis=(-1, -2, -3))"},
                {"mixed": "shares.sum() * given.sum()"},
            ),
        ),
        Mistake(
            "ws_front",
            "right for one sequence and wrong for a batch: the axes are counted from the front, or `.T` turns round "
            "all of them. Here queries, keys and features are the last ones.",
            5,
            (
                {"mixed": "parts.sum(axis=1)"},
                {"mixed": "(given.T @ shares.T).T"},
                {"mixed": "np.stack([row @ given for row in shares])"},
                {"mixed": "np.tensordot(shares, given, axes=(1, 0))"},
            ),
            section="Many queries at once",
        ),
        Mistake(
            "ws_elementwise",
            "`*` multiplies entry by entry; every row of weights has to meet every column of the values.",
            5,
            (
                {"mixed": "shares * given"},
                {"mixed": "(shares * given).sum(axis=-1)"},
                {"mixed": "(shares * given).sum(axis=0)"},
                {"mixed": "(shares * given).sum()"},
            ),
            section="Many queries at once",
        ),
        Mistake(
            "ws_order",
            "the two factors, or the two arguments, have changed places: the columns of the weights are keys, and so "
            "are the rows of the values.",
            5,
            ({"mixed": "given @ shares"}, {"mixed": "given.T @ shares"}),
            section="Many queries at once",
        ),
        Mistake(
            "ws_firstquery",
            "only the first query is answered: a `return` stands inside the loop, an index picks one row, or the code "
            "is made for a single row of weights.",
            5,
            ({"answer": "mixed[..., 0, :]"}, {"answer": "mixed[..., :1, :]"}),
            section="Many queries at once",
        ),
        Mistake(
            "ws_batchmix",
            "the sequences of a batch are mixed: the weights of one meet the values of another.",
            5,
            (
                {"given": "values if values.ndim < 3 else values[:1]"},
                {"given": "values if values.ndim < 3 else values.sum(0, keepdims=True)"},
            ),
            section="Many queries at once",
        ),
        Mistake(
            "ws_everybatch",
            "for batches, np.dot and tensordot pair every sequence with every other one.",
            5,
            {"mixed": "np.dot(shares, given)"},
            section="Many queries at once",
        ),
        Mistake(
            "ws_both",
            "outputs and weights come back; only the outputs are asked for.",
            5,
            ({"answer": "(mixed, weights)"}, {"answer": "(weights, mixed)"}),
        ),
        Mistake("ws_weights", "the weights come back and are not applied to the values.", 5, {"answer": "weights"}),
        Mistake("ws_values", "the values come back as they are: the weights are not used.", 5, {"answer": "values"}),
        Mistake(
            "ws_rounded",
            "the weights are rounded: rounding is for printing.",
            5,
            tuple({"shares": f"np.round(weights, {digits})"} for digits in (0, 1, 2, 3)),
        ),
        Mistake(
            "ws_whole",
            "the numbers are cut to whole numbers: the array for the result was made for whole numbers.",
            5,
            ({"answer": "mixed.astype(int)"}, {"answer": "np.trunc(mixed)"}),
        ),
        Mistake(
            "ws_length",
            "the outputs are divided by their lengths: a weighted sum is handed on as long as it is.",
            5,
            {"answer": "mixed / np.linalg.norm(mixed, axis=-1, keepdims=True)"},
        ),
    ],
)
