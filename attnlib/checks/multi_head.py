"""Checks of heads: splitting, merging, and multi-head attention."""

import numpy as np

import attnlib.multi_head as right
from attnlib.checks.bank import Answer, Mistake
from attnlib.checks.check import Check
from attnlib.checks.examples import EXTRA, EXTREME, Example, normals
from attnlib.checks.weights import mask_mistakes


def _numbered(*shape):
    """Numbers that say where they stand: 1, 2, 3 ..."""
    return 1.0 + np.arange(np.prod(shape)).reshape(shape)


split_heads = Check(
    reference=right.split_heads,
    answer=Answer("""
def split_heads(x, n_heads):
    b, t, d = x.shape
    cut = x.reshape(b, t, n_heads, d // n_heads)
    heads = cut.transpose(0, 2, 1, 3)
    answer = heads
    return answer
"""),
    returns={"heads": "head, token, d_head"},
    not_checked="widths that the heads do not divide",
    about=(12, "All heads at once"),
    examples=[
        Example("two tokens, two heads", (_numbered(1, 2, 4), 2)),
        Example("all sizes different", (_numbered(2, 5, 12), 3)),
        Example("as many tokens as heads", (*normals((2, 3, 6)), 3)),
        Example("one head", (*normals((2, 3, 4)), 1)),
        Example("heads of width 1", (*normals((2, 4, 4)), 4)),
    ],
    mistakes=[
        Mistake(
            "sp_cut",
            "the sequence is cut, not the width: each head gets a piece of the text. A reshape keeps the order of the "
            "numbers; which axis must be cut first?",
            12,
            (
                {"heads": "x.reshape(b, n_heads, t, d // n_heads)"},
                {"heads": "x.reshape(b, n_heads, t, d // n_heads).transpose(0, 2, 1, 3)"},
                {"heads": "x.reshape(b, n_heads, d // n_heads, t).transpose(0, 1, 3, 2)"},
                {"heads": "np.stack(np.split(x, n_heads, axis=1), axis=1)"},
                {"heads": "np.stack(np.array_split(x, n_heads, axis=1), axis=1)"},
            ),
        ),
        Mistake(
            "sp_noswap",
            "the width is cut, but the axis of the heads still stands behind that of the tokens.",
            12,
            {"heads": "cut"},
        ),
        Mistake(
            "sp_interleave",
            "the heads are interleaved: head 0 gets every n-th feature and not the first block of them.",
            12,
            {"cut": "np.swapaxes(x.reshape(b, t, d // n_heads, n_heads), -1, -2)"},
        ),
        Mistake(
            "sp_width",
            "number and width of the heads have changed places.",
            12,
            {"heads": "x.reshape(b, t, d // n_heads, n_heads).transpose(0, 2, 1, 3)"},
        ),
        Mistake(
            "sp_transposed",
            "tokens and features of each head have changed places.",
            12,
            ({"heads": "cut.transpose(0, 2, 3, 1)"}, {"heads": "cut.transpose(0, 3, 2, 1)"}),
        ),
        Mistake(
            "sp_first",
            "the axis of the heads stands before the batch.",
            12,
            {"heads": "cut.transpose(2, 0, 1, 3)"},
        ),
        Mistake(
            "sp_flat",
            "batch and heads are one axis; each is asked for by itself.",
            12,
            {"answer": "heads.reshape(b * n_heads, t, d // n_heads)"},
        ),
        Mistake(
            "sp_last",
            "the axis of the heads stands last; it belongs before that of the tokens.",
            12,
            {"heads": "cut.transpose(0, 1, 3, 2)"},
        ),
        Mistake(
            "sp_overlap",
            "the slices overlap: each begins one feature behind the one before, and not behind all its features.",
            12,
            {"answer": "np.stack([x[..., i : i + d // n_heads] for i in range(n_heads)], axis=1)"},
        ),
        Mistake(
            "sp_empty",
            "only some heads are filled: a loop starts at 1, stops one too early, or writes into the same place again.",
            12,
            (
                {"answer": "heads * (np.arange(n_heads) < n_heads - 1)[:, None, None]"},
                {"answer": "heads * (np.arange(n_heads) > 0)[:, None, None]"},
                {"answer": "heads[:, -1:] * (np.arange(n_heads) < 1)[:, None, None]"},
            ),
        ),
        Mistake("sp_reversed", "the heads stand in the reversed order.", 12, {"answer": "heads[:, ::-1]"}),
        Mistake(
            "sp_copies",
            "every head is the same: the first slice is repeated.",
            12,
            {"answer": "np.repeat(heads[:, :1], n_heads, axis=1)"},
        ),
        Mistake(
            "sp_scrambled",
            "tokens and width change places before the reshape, and the reshape then cuts through both.",
            12,
            {"heads": "x.transpose(0, 2, 1).reshape(b, n_heads, t, d // n_heads)"},
        ),
        Mistake(
            "sp_batchtoken",
            "batch and tokens have changed places: with a batch, axis 0 is not the tokens.",
            12,
            {"heads": "cut.transpose(1, 0, 2, 3)"},
        ),
        Mistake(
            "sp_allaxes",
            "all axes are turned round: `.T` does that.",
            12,
            {"heads": "cut.T"},
        ),
        Mistake(
            "sp_joined",
            "batch and tokens are joined on one axis.",
            12,
            {"heads": "x.reshape(-1, n_heads, d // n_heads).transpose(1, 0, 2)"},
        ),
        Mistake(
            "sp_short",
            "each slice is one feature too short: the end of a slice is not included.",
            12,
            {"answer": "heads[..., :-1]"},
        ),
        Mistake(
            "sp_whole",
            "every head has the whole width, with the features of the others or with zeros in their place: a head is "
            "as wide as its own features.",
            12,
            (
                {"answer": "np.repeat(x[:, None], n_heads, axis=1)"},
                {
                    "answer": "x[:, None] * (np.arange(d) // (d // n_heads) == np.arange(n_heads)[:, None])[:, None]",
                },
            ),
        ),
    ],
)


merge_heads = Check(
    reference=right.merge_heads,
    answer=Answer("""
def merge_heads(x):
    b, h, t, d = x.shape
    moved = x.transpose(0, 2, 1, 3)
    merged = moved.reshape(b, t, h * d)
    answer = merged
    return answer
"""),
    returns={"merged": "token, d_model"},
    not_checked="speed",
    about=(12, "All heads at once"),
    examples=[
        Example("two heads, two tokens", (_numbered(1, 2, 2, 2),)),
        Example("all sizes different", (_numbered(2, 3, 5, 4),)),
        Example("as many tokens as heads", normals((2, 3, 3, 2))),
        Example("one head", normals((2, 1, 3, 4))),
        Example("heads of width 1", normals((2, 4, 3, 1))),
    ],
    mistakes=[
        Mistake(
            "me_noswap",
            "the numbers are merged in the order in which they lie: tokens of different places end up in one row. The "
            "axis of the heads must stand next to the width first.",
            12,
            {"moved": "x"},
        ),
        Mistake(
            "me_interleave",
            "the features of the heads are interleaved; each head's slice should stay together.",
            12,
            {"moved": "x.transpose(0, 2, 3, 1)"},
        ),
        Mistake("me_sum", "the heads are added up; they stand side by side.", 12, {"answer": "x.sum(axis=1)"}),
        Mistake("me_mean", "the heads are averaged; they stand side by side.", 12, {"answer": "x.mean(axis=1)"}),
        Mistake("me_first", "only one head is left.", 12, ({"answer": "x[:, 0]"}, {"answer": "x[:, -1]"})),
        Mistake(
            "me_copies",
            "one head is repeated; each has a slice of its own.",
            12,
            (
                {"answer": "np.concatenate([x[:, 0]] * h, axis=-1)"},
                {"answer": "np.concatenate([x[:, -1]] * h, axis=-1)"},
            ),
        ),
        Mistake(
            "me_overlap",
            "the slices overlap: each head is written one feature behind the one before, and over most of it.",
            12,
            {
                "answer": "np.concatenate([x[:, i, :, :1] for i in range(h - 1)]"
                " + [x[:, -1], np.zeros((b, t, (h - 1) * (d - 1)))], axis=-1)"
            },
        ),
        Mistake(
            "me_max",
            "the largest head is taken at each place; they stand side by side.",
            12,
            {"answer": "x.max(axis=1)"},
        ),
        Mistake(
            "me_tokens",
            "the heads are put one after the other along the tokens; they belong side by side in the width.",
            12,
            {"answer": "x.reshape(b, h * t, d)"},
        ),
        Mistake(
            "me_reversed", "the heads stand in the reversed order.", 12, {"moved": "x[:, ::-1].transpose(0, 2, 1, 3)"}
        ),
        Mistake(
            "me_lasttwo",
            "tokens and features of each head change places before the merge; the heads and the tokens should.",
            12,
            {"moved": "x.transpose(0, 1, 3, 2)"},
        ),
        Mistake(
            "me_wrongpair",
            "the wrong two axes are joined: heads and width belong together.",
            12,
            (
                {"answer": "moved.reshape(b, t * h, d)"},
                {"answer": "moved.reshape(b, h, t * d)"},
                {"answer": "x.reshape(b, h, t * d)"},
                {"answer": "moved.reshape(b, t * h * d)"},
                {"answer": "x.reshape(b, -1)"},
            ),
        ),
        Mistake(
            "me_batches",
            "the sequences of the batch are put side by side instead of the heads.",
            12,
            {"answer": "np.concatenate(list(x), axis=-1)"},
        ),
        Mistake(
            "me_firstmissing",
            "one head stays empty: a loop starts at 1, or stops one too early.",
            12,
            (
                {"moved": "np.where((np.arange(h) > 0)[:, None, None], x, 0).transpose(0, 2, 1, 3)"},
                {"moved": "np.where((np.arange(h) < h - 1)[:, None, None], x, 0).transpose(0, 2, 1, 3)"},
            ),
        ),
        Mistake("me_nomerge", "the axes are moved, but the heads are not merged.", 12, {"answer": "moved"}),
        Mistake(
            "me_transposed",
            "tokens and features have changed places.",
            12,
            ({"answer": "np.swapaxes(merged, -1, -2)"}, {"answer": "x.transpose(0, 3, 1, 2).reshape(b, t, h * d)"}),
        ),
        Mistake(
            "me_batch",
            "batch and tokens are one axis; each is asked for by itself.",
            12,
            {"answer": "merged.reshape(b * t, h * d)"},
        ),
    ],
)


def _head_contributions(outputs, w_o):
    n_heads, d_head = outputs.shape[-3], outputs.shape[-1]
    return np.einsum("...htd,hdm->...htm", outputs, w_o.reshape(n_heads, d_head, -1))


head_contributions = Check(
    reference=_head_contributions,
    answer=Answer("""
def head_contributions(outputs, w_o):
    heads = outputs
    n_heads, d_head = outputs.shape[-3], outputs.shape[-1]
    rows = w_o
    blocks = rows.reshape(n_heads, d_head, -1)
    added = heads @ blocks
    answer = added
    return answer
"""),
    returns={"added": "head, token, d_model"},
    exercise="multi_head_attention",
    not_checked="speed and memory",
    about=(12, "Several heads, one after the other"),
    examples=[
        Example(
            "two heads of width 1, two tokens",
            (np.array([[[1.0], [4.0]], [[2.0], [-1.0]]]), np.array([[3.0, 0.0], [1.0, 5.0]])),
        ),
        Example("one sequence, all sizes different", normals((3, 4, 2), (6, 5))),
        Example("a batch", normals((2, 3, 5, 4), (12, 7))),
        Example("as many sequences, heads and tokens", normals((2, 2, 2, 2), (4, 4))),
        Example("one head", normals((2, 1, 3, 4), (4, 4))),
    ],
    mistakes=[
        Mistake(
            "hc_summed",
            "the heads are added up already: what each of them adds is asked for, on an axis of its own.",
            12,
            {"answer": "added.sum(axis=-3)"},
        ),
        Mistake(
            "hc_sameblock",
            "every head is multiplied with the same rows of w_o; each head has rows of its own there.",
            12,
            (
                {"blocks": "rows[:d_head]"},
                {"blocks": "rows[-d_head:]"},
            ),
        ),
        Mistake(
            "hc_interleave",
            "the rows of w_o are interleaved: head 0 gets every n-th of them and not the first block.",
            12,
            {"blocks": "np.stack([rows[i::n_heads] for i in range(n_heads)])"},
        ),
        Mistake(
            "hc_transposed",
            "w_o is cut into columns, or turned round: here a row vector is multiplied from the right, x @ w, so that "
            "a head meets rows of w_o. (torch.nn.Linear keeps its matrix transposed.)",
            12,
            (
                {"rows": "w_o.T"},
                {"blocks": "rows.reshape(-1, n_heads, d_head).transpose(1, 0, 2)"},
            ),
            names=("T", "t", "mT", "linear", "transpose", "swapaxes"),
        ),
        Mistake(
            "hc_scrambled",
            "the outputs are reshaped in the order in which the numbers lie, as if the tokens came before the heads: a "
            "head then holds parts of several heads and tokens.",
            12,
            {
                "heads": "np.swapaxes(outputs.reshape(*outputs.shape[:-3], -1, outputs.shape[-3], outputs.shape[-1]),"
                " -3, -2)"
            },
        ),
        Mistake(
            "hc_reversed",
            "the blocks of w_o stand in the reversed order.",
            12,
            {"blocks": "rows.reshape(n_heads, d_head, -1)[::-1]"},
        ),
        Mistake(
            "hc_mean",
            "each head's part is divided by the number of heads: they are added up later, and not averaged.",
            12,
            {"answer": "added / n_heads"},
        ),
        Mistake(
            "hc_even",
            "every head gets the same: the sum of all, or an equal share of it. What did this head alone add?",
            12,
            (
                {"answer": "added.sum(axis=-3, keepdims=True) / n_heads + 0 * added"},
                {"answer": "added.sum(axis=-3, keepdims=True) + 0 * added"},
            ),
        ),
        Mistake(
            "hc_without",
            "this is what is left when the head is taken away; asked is what it adds.",
            12,
            ({"answer": "added.sum(axis=-3, keepdims=True) - added"}, {"answer": "-added"}),
        ),
        Mistake(
            "hc_cumulative",
            "each head has the parts of the heads before it (or behind it) in it: a running sum is handed out.",
            12,
            (
                {"answer": "np.cumsum(added, axis=-3)"},
                {"answer": "np.cumsum(added[..., ::-1, :, :], axis=-3)[..., ::-1, :, :]"},
            ),
        ),
        Mistake(
            "hc_lengths",
            "this is one number for each head and token; the vector itself is asked for.",
            12,
            (
                {"answer": "np.linalg.norm(added, axis=-1)"},
                {"answer": "np.linalg.norm(added, axis=-1, keepdims=True)"},
                {"answer": "added.sum(axis=-1)"},
            ),
        ),
        Mistake(
            "hc_share",
            "each part is divided by the sum of all heads; the part itself is asked for.",
            12,
            (
                {"answer": "added / added.sum(axis=-3, keepdims=True)"},
                {"answer": "np.abs(added) / np.abs(added).sum(axis=-3, keepdims=True)"},
            ),
        ),
        Mistake(
            "hc_noproj",
            "w_o is not applied: these are the outputs of the heads, before the last matrix.",
            12,
            (
                {"answer": "outputs"},
                {
                    "answer": "(np.eye(n_heads)[:, None, :, None] * outputs[..., None, :])"
                    ".reshape(*outputs.shape[:-1], n_heads * d_head)"
                },
            ),
        ),
        Mistake(
            "hc_tokenfirst",
            "the axis of the heads stands behind that of the tokens.",
            12,
            {"answer": "np.swapaxes(added, -3, -2)"},
        ),
        Mistake(
            "hc_headlast",
            "the axis of the heads stands last.",
            12,
            {"answer": "np.moveaxis(added, -3, -1)"},
        ),
        Mistake(
            "hc_headfirst",
            "the axis of the heads stands before the batch, as a list of heads gives it.",
            12,
            {"answer": "np.moveaxis(added, -3, 0)"},
        ),
        Mistake(
            "hc_sidebyside",
            "the parts stand side by side in the width, or one after the other along the tokens; the heads have an "
            "axis of their own.",
            12,
            (
                {"answer": "merge_heads(added)"},
                {"answer": "added.reshape(*added.shape[:-3], -1, added.shape[-1])"},
            ),
        ),
        Mistake(
            "hc_front",
            "the heads are taken from axis 1: right with a batch, but without one that axis counts the tokens. Count "
            "axes from the end.",
            12,
            (
                {
                    "answer": "np.stack([outputs[:, h] @ w_o[h * d_head : (h + 1) * d_head] "
                    "for h in range(outputs.shape[1])], axis=1)"
                },
                {"n_heads, d_head": "outputs.shape[1], outputs.shape[-1]"},
            ),
            names=("shape", "size"),
        ),
        Mistake(
            "hc_axis0",
            "the heads are counted on axis 0, which is the batch where there is one. Count axes from the end.",
            12,
            {"n_heads, d_head": "outputs.shape[0], outputs.shape[-1]"},
            names=("shape", "size", "len"),
        ),
        Mistake(
            "hc_overlap",
            "the slices of w_o overlap: each begins one row behind the one before, and not behind all its rows.",
            12,
            {"blocks": "np.stack([rows[i : i + d_head] for i in range(n_heads)])"},
        ),
        Mistake(
            "hc_cutafter",
            "the product with w_o is cut into heads: every number of it is a sum over all heads already.",
            12,
            {
                "answer": "np.swapaxes((merge_heads(outputs) @ w_o).reshape(*outputs.shape[:-3], outputs.shape[-2],"
                " n_heads, -1), -3, -2)"
            },
        ),
        Mistake(
            "hc_centred",
            "the mean of all heads is taken away from each; what a head adds does not depend on the others.",
            12,
            {"answer": "added - added.mean(axis=-3, keepdims=True)"},
        ),
        Mistake(
            "hc_tokenmean",
            "the tokens are averaged or added up; each has a vector of its own from each head.",
            12,
            ({"answer": "added.mean(axis=-2)"}, {"answer": "added.sum(axis=-2)"}),
        ),
        Mistake(
            "hc_empty",
            "one head stays empty: a loop starts at 1, or stops one too early.",
            12,
            (
                {"answer": "added * (np.arange(n_heads) < n_heads - 1)[:, None, None]"},
                {"answer": "added * (np.arange(n_heads) > 0)[:, None, None]"},
            ),
        ),
        Mistake(
            "hc_onehead",
            "only one head comes back.",
            12,
            (
                {"answer": "added[..., 0, :, :]"},
                {"answer": "added[..., -1, :, :]"},
                {"answer": "added[..., :1, :, :]"},
                {"answer": "added[..., -1:, :, :]"},
            ),
        ),
        Mistake(
            "hc_samehead",
            "every head is the first one: the outputs are not taken apart by head.",
            12,
            ({"heads": "outputs[..., :1, :, :]"}, {"answer": "added[..., :1, :, :] + 0 * added"}),
        ),
        Mistake(
            "hc_allblocks",
            "every head meets all rows of w_o: its output is repeated, or the blocks are added up. Of a merged row, "
            "this head's numbers fill one slice only.",
            12,
            {"blocks": "rows.reshape(n_heads, d_head, -1).sum(axis=0)"},
        ),
        Mistake(
            "hc_batchmix",
            "the sequences of a batch are mixed: each gets the outputs of the first one, or of all.",
            12,
            (
                {"heads": "outputs if outputs.ndim < 4 else outputs[:1] + 0 * outputs"},
                {"heads": "outputs if outputs.ndim < 4 else outputs.sum(0, keepdims=True) + 0 * outputs"},
            ),
        ),
    ],
)


_W = normals(*[(4, 4)] * 4)
_W6 = normals(*[(6, 6)] * 4)
_X, _CONTEXT = normals((2, 3, 4), (2, 5, 4))
_SQUARE = (*normals((3, 3, 6), (3, 3, 6)), *_W6, 3)
_PAIRS = normals((2, 3, 5))[0] > -0.3
_PAIRS[..., 2], _PAIRS[..., 0] = True, False  # something is allowed to every query, and something forbidden
_PADDING = np.array([[[True, True, True, True, False]], [[True, True, False, False, False]]])
_THREE = normals((3, 2, 4))[0] > 0
_THREE[..., 1], _THREE[..., 3] = True, False
(_ALONE,) = normals((1, 3, 4))

multi_head_attention = Check(
    reference=right.multi_head_attention,
    answer=Answer("""
def multi_head_attention(x, context, w_q, w_k, w_v, w_o, n_heads, mask=None):
    asked = context
    cut = split_heads
    join = merge_heads
    queries = cut(x @ w_q, n_heads)
    keys = cut(asked @ w_k, n_heads)
    values = cut(asked @ w_v, n_heads)
    scores = queries @ np.swapaxes(keys, -1, -2)
    scaled = scores / queries.shape[-1] ** 0.5
    allowed = mask if mask is None or mask.ndim < 3 else mask[:, None]
    masked = scaled if mask is None else np.where(allowed, scaled, -np.inf)
    weights = softmax(masked)
    heads = weights @ values
    merged = join(heads)
    outputs = merged @ w_o
    answer = (outputs, weights)
    return answer
"""),
    returns={"outputs": "query, d_model", "weights": "head, query, key"},
    not_checked="speed and memory",
    about=(12, "All heads at once"),
    examples=[
        Example("three tokens, two heads", (_ALONE, _ALONE, *_W, 2)),
        Example("one head, and a token of zeros", (_X[:1] * [[0.0], [1.0], [1.0]], _CONTEXT[:1], *_W, 1)),
        Example("another text is asked", (_X, _CONTEXT, *_W, 2)),
        Example("as many sequences, tokens and heads", _SQUARE),
        Example("a mask", (_X, _CONTEXT, *_W, 2, _PAIRS)),
        Example("padding", (_X, _CONTEXT, *_W, 2, _PADDING)),
        Example("a mask for three sequences", (*normals((3, 2, 4), (3, 4, 4)), *_W, 2, _THREE)),
        Example("huge scores", (1000 * _X, _CONTEXT, *_W, 2), kind=EXTREME),
        Example(
            "a mask without batch",
            (_X, _CONTEXT, *_W, 2, _PAIRS[0]),
            kind=EXTRA,
            remark="a mask (query, key), the same for all sequences, does not work.",
        ),
        Example(
            "a row with nothing allowed",
            (_X, _CONTEXT, *_W, 2, _PADDING & (np.arange(2) > 0)[:, None, None]),
            kind=EXTRA,
            remark="the course's rule is weights of 0 there, and yours does something else. Chapter 8 is about it.",
        ),
        Example(
            "all widths different",
            (*normals((2, 3, 4), (2, 5, 8), (4, 6), (8, 6), (8, 9), (9, 5)), 3),
            kind=EXTRA,
            remark="where all widths differ, a wrong one is taken somewhere: a head is as wide as its queries.",
        ),
    ],
    mistakes=[
        Mistake(
            "mh_split",
            "the heads are cut from the sequence, not from the width: each head sees a piece of the text.",
            12,
            {"cut": "lambda x, n: x.reshape(x.shape[0], n, x.shape[1], -1)"},
        ),
        Mistake(
            "mh_merge",
            "the heads are merged in the order in which the numbers lie: tokens of different places end up in one row.",
            12,
            {"join": "lambda x: x.reshape(x.shape[0], x.shape[2], -1)"},
        ),
        Mistake(
            "mh_split_merge",
            "splitting and merging both keep the order of the numbers: the tokens are mixed twice.",
            12,
            {
                "cut": "lambda x, n: x.reshape(x.shape[0], n, x.shape[1], -1)",
                "join": "lambda x: x.reshape(x.shape[0], x.shape[2], -1)",
            },
        ),
        Mistake(
            "mh_interleave",
            "the heads are interleaved: head 0 gets every n-th feature and not the first block of them.",
            12,
            (
                {"cut": "lambda x, n: x.reshape(*x.shape[:2], -1, n).transpose(0, 3, 1, 2)"},
                {
                    "cut": "lambda x, n: x.reshape(*x.shape[:2], -1, n).transpose(0, 3, 1, 2)",
                    "join": "lambda x: x.transpose(0, 2, 3, 1).reshape(x.shape[0], x.shape[2], -1)",
                },
            ),
        ),
        Mistake(
            "mh_noproj", "the last matrix is missing: the heads are merged and returned.", 12, {"outputs": "merged"}
        ),
        Mistake(
            "mh_scaleD",
            "the scores are divided by the root of the whole width; each head works with its own.",
            11,
            ({"scaled": "scores / x.shape[-1] ** 0.5"}, {"scaled": "scores / w_q.shape[-1] ** 0.5"}),
        ),
        Mistake(
            "mh_noscale",
            "the scores are not divided by the root of the width of a head.",
            11,
            {"scaled": "scores"},
        ),
        Mistake(
            "mh_scale_d",
            "the scores are divided by the width of a head and not by its root.",
            11,
            {"scaled": "scores / queries.shape[-1]"},
        ),
        Mistake(
            "mh_scale_h",
            "the scores are divided by the root of the number of heads; it should be the root of a head's width.",
            11,
            {"scaled": "scores / n_heads ** 0.5"},
        ),
        Mistake(
            "mh_onehead",
            "there is one head of the whole width; the number of heads is not used.",
            12,
            (
                {"cut": "lambda x, n: split_heads(x, 1)"},
                {"cut": "lambda x, n: split_heads(x, 1)", "answer": "(outputs, weights[:, 0])"},
                {
                    "cut": "lambda x, n: split_heads(x, 1)",
                    "answer": "(outputs, np.repeat(weights, n_heads, axis=1))",
                },
            ),
        ),
        Mistake("mh_headsoftmax", "the softmax runs over the heads.", 12, {"weights": "softmax(masked, axis=1)"}),
        Mistake(
            "mh_qsoftmax",
            "the softmax runs over the queries: each column of the weights sums to 1, and each row should.",
            5,
            (
                {"weights": "softmax(masked, axis=-2)"},
                {
                    "masked": "scaled if mask is None else np.where(allowed, scaled, -1e9)",
                    "weights": "softmax(masked, axis=-2)",
                },
            ),
            section="Many queries at once",
        ),
        Mistake(
            "mh_nosoftmax",
            "there is no softmax: the scores are used as weights.",
            5,
            {"weights": "masked"},
            section="Where can an output lie?",
        ),
        Mistake(
            "mh_WT",
            "the matrices are used transposed: here a row vector is multiplied from the right, x @ W. (torch.nn.Linear "
            "keeps its matrix transposed.)",
            12,
            (
                {
                    "queries": "cut(x @ w_q.T, n_heads)",
                    "keys": "cut(asked @ w_k.T, n_heads)",
                    "values": "cut(asked @ w_v.T, n_heads)",
                    "outputs": "merged @ w_o.T",
                },
                {
                    "queries": "cut(x @ w_q.T, n_heads)",
                    "keys": "cut(asked @ w_k.T, n_heads)",
                    "values": "cut(asked @ w_v.T, n_heads)",
                },
                {"outputs": "merged @ w_o.T"},
            ),
        ),
        Mistake(
            "mh_qk_same", "the keys are made with the matrix of the queries.", 12, {"keys": "cut(asked @ w_q, n_heads)"}
        ),
        Mistake(
            "mh_v_k", "the values are made with the matrix of the keys.", 12, {"values": "cut(asked @ w_k, n_heads)"}
        ),
        Mistake(
            "mh_mean",
            "the heads are averaged; they stand side by side.",
            12,
            (
                {"merged": "np.concatenate([heads.mean(axis=1)] * n_heads, axis=-1)"},
                {"outputs": "heads.mean(axis=1)"},
            ),
        ),
        Mistake(
            "mh_sum",
            "the heads are added up before the last matrix; they stand side by side.",
            12,
            (
                {"merged": "np.concatenate([heads.sum(axis=1)] * n_heads, axis=-1)"},
                {"outputs": "heads.sum(axis=1)"},
            ),
        ),
        Mistake(
            "mh_first",
            "all heads are copies of the first one.",
            12,
            (
                {"cut": "lambda x, n: np.repeat(split_heads(x, n)[:, :1], n, axis=1)"},
                {"heads": "np.repeat((weights @ values)[:, :1], n_heads, axis=1)"},
            ),
        ),
        Mistake(
            "mh_self",
            "keys and values are made of x: the other text, context, is never asked.",
            9,
            {"asked": "x"},
        ),
        Mistake(
            "mh_values_x",
            "the values are made of x; keys and values come from the same text, context.",
            9,
            {"values": "cut(x @ w_v, n_heads)"},
        ),
        Mistake(
            "mh_roles",
            "the texts have changed places: x asks, context is asked.",
            9,
            {
                "queries": "cut(asked @ w_q, n_heads)",
                "keys": "cut(x @ w_k, n_heads)",
                "values": "cut(x @ w_v, n_heads)",
            },
        ),
        Mistake(
            "mh_maskhead",
            "the mask has no axis for the heads: (batch, query, key) lines up with (head, query, key), which is wrong "
            "without an error where batch and heads are equally many.",
            8,
            {"allowed": "mask"},
        ),
        Mistake(
            "mh_maskorder",
            "batch and heads are joined on one axis, and the mask is repeated in another order: a sequence gets the "
            "mask of another one.",
            8,
            {
                "allowed": "mask if mask is None or mask.ndim < 3 else "
                "np.concatenate([mask] * n_heads).reshape(len(mask), n_heads, *mask.shape[1:])"
            },
        ),
        Mistake(
            "mh_swapped",
            "outputs and weights have changed places.",
            5,
            {"answer": "(weights, outputs)"},
            section="The same as the reference",
        ),
        Mistake(
            "mh_only_out",
            "only the outputs come back; the weights are asked for too.",
            5,
            {"answer": "outputs"},
            section="The same as the reference",
        ),
        Mistake(
            "mh_meanweights",
            "the weights are averaged over the heads (as torch's nn.MultiheadAttention does unless told otherwise); "
            "each head's are asked for.",
            12,
            ({"answer": "(outputs, weights.mean(axis=1))"}, {"answer": "(outputs, weights.sum(axis=1))"}),
        ),
        Mistake(
            "mh_unstable",
            "the exponential is taken of the scores as they are: for large ones it overflows, for very negative ones "
            "it becomes 0, and then there is nothing to divide by.",
            4,
            {"weights": "np.exp(masked) / np.exp(masked).sum(axis=-1, keepdims=True)"},
            section="What the computer does",
        ),
        Mistake(
            "mh_noW",
            "the matrices for queries, keys and values are not used.",
            9,
            {"queries": "cut(x, n_heads)", "keys": "cut(asked, n_heads)", "values": "cut(asked, n_heads)"},
        ),
        Mistake(
            "mh_headsfirst",
            "the axis of the heads stands before the batch in the weights, as a list of heads gives it.",
            12,
            ({"answer": "(outputs, np.swapaxes(weights, 0, 1))"},),
        ),
        Mistake(
            "mh_lastweights",
            "only one head's weights come back: a loop has overwritten the others.",
            12,
            ({"answer": "(outputs, weights[:, -1])"}, {"answer": "(outputs, weights[:, 0])"}),
        ),
        Mistake(
            "mh_joinedweights",
            "batch and heads are one axis in the weights, or the heads are joined along the keys.",
            12,
            (
                {"answer": "(outputs, weights.reshape(-1, *weights.shape[2:]))"},
                {"answer": "(outputs, merge_heads(weights))"},
            ),
        ),
        Mistake(
            "mh_all",
            "the softmax divides by the sum of everything: each row should sum to 1.",
            4,
            {"weights": "np.exp(masked) / np.exp(masked).sum()"},
            section="Softmax over positions, softmax over classes",
        ),
        Mistake(
            "mh_average",
            "the projected heads are averaged where they are added: the result is too small by the number of heads.",
            12,
            {"outputs": "merged @ w_o / n_heads"},
        ),
        Mistake(
            "mh_relu",
            "there is an activation behind the last matrix; the result is used as it is.",
            12,
            {"outputs": "np.maximum(merged @ w_o, 0)"},
        ),
        Mistake(
            "mh_noattention",
            "the weights have no part in the outputs.",
            12,
            ({"merged": "join(values)"}, {"merged": "np.broadcast_to(join(values).mean(1, keepdims=True), x.shape)"}),
        ),
        Mistake(
            "mh_residual",
            "x is added to the result: that belongs to the block around attention.",
            14,
            {"outputs": "merged @ w_o + x"},
        ),
        Mistake(
            "mh_lastmissing",
            "one head stays empty: a loop stops one too early, or starts at 1.",
            12,
            (
                {"merged": "join(heads * (np.arange(heads.shape[1]) < n_heads - 1)[:, None, None])"},
                {"merged": "join(heads * (np.arange(heads.shape[1]) > 0)[:, None, None])"},
            ),
        ),
        Mistake(
            "mh_mergeinterleave",
            "the features of the heads are interleaved when they are merged; each head's slice should stay "
            "together, as the rows of w_o expect.",
            12,
            {"merged": "heads.transpose(0, 2, 3, 1).reshape(heads.shape[0], heads.shape[2], -1)"},
        ),
        Mistake(
            "mh_headwidth",
            "number and width of the heads have changed places.",
            12,
            {"cut": "lambda x, n: split_heads(x, x.shape[-1] // n)"},
        ),
        Mistake(
            "mh_batchmix",
            "the sequences of a batch are mixed: each query also meets the tokens of the other sequences.",
            12,
            {"asked": "context[:1] + 0 * context"},
        ),
        Mistake(
            "mh_kq",
            "the scores are transposed: their rows are keys. Rows are queries here.",
            5,
            {"scores": "keys @ np.swapaxes(queries, -1, -2)"},
            section="Many queries at once",
        ),
        Mistake(
            "mh_unmaskedweights",
            "the outputs are masked, but the weights that come back are not.",
            8,
            {"answer": "(outputs, softmax(scaled))"},
        ),
        Mistake(
            "mh_samerows",
            "every head is projected with the first rows of the last matrix; each head has rows of its own there.",
            12,
            {"outputs": "heads.sum(axis=1) @ w_o[: heads.shape[-1]]"},
        ),
        Mistake(
            "mh_maskfirst",
            "the mask reaches the first head only.",
            8,
            {
                "masked": "scaled if mask is None else "
                "np.where(allowed | (np.arange(n_heads) > 0)[:, None, None], scaled, -np.inf)"
            },
        ),
        *[
            m
            for m in mask_mistakes("scaled", "allowed")
            if m.id not in ("mk_T", "mk_small", "mk_rowstoo")  # they show in other examples than these
        ],
    ],
)
