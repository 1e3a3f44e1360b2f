"""Checks of the mask functions. True = may attend."""

import numpy as np

import attnlib.masks as right
from attnlib.checks.bank import Answer, Mistake
from attnlib.checks.check import Check
from attnlib.checks.examples import EXTRA, Example


def _common(mask):
    """Mistakes that all mask functions share; `mask` is the line with the right mask."""
    return [
        Mistake(
            "ma_float",
            "the mask holds the numbers 0 and 1; True and False are asked for. As numbers they would count as scores.",
            8,
            ({"answer": f"{mask} * 1.0"}, {"answer": f"{mask} * 1"}),
        ),
        Mistake(
            "ma_additive",
            "this mask is made to be added to scores: 0 where a key is allowed, minus infinity (or a large negative "
            "number) where not. Asked is True and False.",
            8,
            (
                {"answer": f"np.where({mask}, 0.0, -np.inf)"},
                {"answer": f"np.where({mask}, 0.0, -1e9)"},
                {"answer": f"np.where({mask}, -np.inf, 0.0)"},
            ),
        ),
    ]


padding_mask = Check(
    reference=right.padding_mask,
    answer=Answer("""
def padding_mask(lengths, n_keys):
    positions = np.arange(n_keys)
    counts = np.asarray(lengths)[:, None, None]
    mask = positions < counts
    answer = mask
    return answer
"""),
    returns={"mask": "batch, 1, key"},
    learns=False,
    not_checked="other libraries' conventions",
    examples=[
        Example("two sequences", (np.array([3, 1]), 4)),
        Example("three sequences", (np.array([2, 4, 1]), 5)),
        Example("as many keys as sequences", (np.array([1, 3, 2]), 3)),
        Example("nothing but padding", (np.array([0, 2]), 4)),
        Example("one sequence", (np.array([2]), 4)),
        Example(
            "a list of lengths",
            ([3, 1], 4),
            kind=EXTRA,
            remark="it works with arrays of lengths only.",
        ),
    ],
    mistakes=[
        *_common("mask"),
        Mistake(
            "pa_inv",
            'the mask is the wrong way round: here True means "may attend", so it is True for tokens and False for '
            "padding.",
            8,
            {"mask": "positions >= counts"},
        ),
        Mistake(
            "pa_long",
            "one too many: positions count from 0, so the last token of n stands at n - 1.",
            8,
            {"mask": "positions <= counts"},
        ),
        Mistake(
            "pa_short",
            "the last token of each sequence is cut off.",
            8,
            ({"mask": "positions < counts - 1"}, {"mask": "positions + 1 < counts"}),
        ),
        Mistake(
            "pa_axis",
            "the axis for the queries is missing: (batch, key) would be read as (query, key).",
            8,
            {"answer": "mask[:, 0, :]"},
        ),
        Mistake(
            "pa_queries",
            "the keys stand on the axis of the queries: the mask would forbid queries, not keys.",
            8,
            {"answer": "np.swapaxes(mask, -1, -2)"},
        ),
        Mistake(
            "pa_both",
            "queries are masked too, so the table is square: only keys are padding that nobody may look at. A row "
            "with nothing allowed has no softmax.",
            8,
            (
                {"answer": "mask & np.swapaxes(mask, -1, -2)"},
                {"answer": "np.broadcast_to(mask, (len(lengths), n_keys, n_keys))"},
            ),
        ),
        Mistake(
            "pa_left",
            "the padding is taken to stand before the tokens; here it stands behind them.",
            8,
            ({"mask": "positions >= n_keys - counts"},),
        ),
        Mistake(
            "pa_longest",
            "the number of keys is taken from the longest sequence; it is given.",
            8,
            {"positions": "np.arange(max(lengths))"},
        ),
        Mistake(
            "pa_one",
            "only one position of each sequence is marked, the one with the number of its length.",
            8,
            ({"mask": "positions == counts"}, {"mask": "positions == counts - 1"}),
        ),
        Mistake(
            "pa_order",
            "the axes are in another order: (1, batch, key). The batch comes first.",
            8,
            {"answer": "np.swapaxes(mask, 0, 1)"},
        ),
        Mistake(
            "pa_heads",
            "there is one axis too many, as for heads: (batch, 1, key) is asked for.",
            8,
            ({"answer": "mask[:, :, None]"}, {"answer": "mask[:, None]"}),
        ),
        Mistake(
            "pa_same",
            "every sequence gets the same mask: the same length is used for all, or the same list stands in every row.",
            8,
            (
                {"counts": "np.max(lengths) + 0 * np.asarray(lengths)[:, None, None]"},
                {"counts": "np.min(lengths) + 0 * np.asarray(lengths)[:, None, None]"},
                {"counts": "lengths[-1] + 0 * np.asarray(lengths)[:, None, None]"},
                {"counts": "lengths[0] + 0 * np.asarray(lengths)[:, None, None]"},
            ),
        ),
        Mistake(
            "pa_fromone",
            "the positions count from 1, and so the last one is missing or the comparison is off.",
            8,
            {"positions": "np.arange(1, n_keys)"},
        ),
        Mistake(
            "pa_onlyfirst",
            "only the first sequence is treated: a `return` stands inside the loop, or an index is missing.",
            8,
            (
                {"answer": "mask * (np.arange(len(lengths)) == 0)[:, None, None] > 0"},
                {"answer": "mask[:1]"},
            ),
        ),
        Mistake(
            "pa_all",
            "everything is allowed: the lengths have no effect.",
            8,
            {"mask": "np.ones((len(lengths), 1, n_keys), bool)"},
        ),
    ],
)


causal_mask = Check(
    reference=right.causal_mask,
    answer=Answer("""
def causal_mask(n_queries, n_keys=None):
    n_all = n_queries if n_keys is None else n_keys
    queries = np.arange(n_queries)[:, None] + n_all - n_queries
    keys = np.arange(n_all)[None, :]
    mask = keys <= queries
    answer = mask
    return answer
"""),
    returns={"mask": "query, key"},
    learns=False,
    not_checked="other libraries' conventions",
    examples=[
        Example("three tokens", (3,)),
        Example("four queries, four keys", (4, 4)),
        Example("two queries, three keys", (2, 3)),
        Example("one query, four keys", (1, 4)),
        Example("one token", (1,)),
    ],
    mistakes=[
        *_common("mask"),
        Mistake(
            "ca_nodiag",
            "off by one: no position may attend to itself, and the first may attend to nothing.",
            8,
            {"mask": "keys < queries"},
        ),
        Mistake(
            "ca_future",
            "off by one: each position also sees the next one. The future leaks.",
            8,
            {"mask": "keys <= queries + 1"},
        ),
        Mistake(
            "ca_triu",
            "the other triangle: each position sees itself and the future, and not the past.",
            8,
            {"mask": "keys >= queries"},
        ),
        Mistake(
            "ca_inv",
            'the mask is the wrong way round: here True means "may attend", and yours is True where it is forbidden.',
            8,
            {"mask": "keys > queries"},
        ),
        Mistake(
            "ca_align",
            "with fewer queries than keys the queries are the last tokens and not the first: the last query sees "
            "every key.",
            8,
            {"queries": "np.arange(n_queries)[:, None]"},
        ),
        Mistake(
            "ca_eye",
            "only the diagonal is allowed: each position sees itself and nothing else.",
            8,
            {"mask": "keys == queries"},
        ),
        Mistake("ca_all", "nothing is forbidden.", 8, {"mask": "np.ones((n_queries, n_all), bool)"}),
        Mistake(
            "ca_strictfuture",
            "only the future without the next position is forbidden, or only a single diagonal: compare the positions "
            "of query and key.",
            8,
            ({"mask": "keys != queries + 1"}, {"mask": "keys <= queries + 2"}),
        ),
        Mistake(
            "ca_square",
            "the number of keys is not used: the mask has as many keys as queries.",
            8,
            {"n_all": "n_queries"},
        ),
        Mistake(
            "ca_transposed",
            "rows and columns have changed places: (query, key) is asked for, so each row is a query.",
            8,
            {"answer": "mask.T"},
        ),
        Mistake(
            "ca_batch",
            "there are more axes than asked for: (query, key).",
            8,
            ({"answer": "mask[None]"}, {"answer": "mask[None, None]"}),
        ),
        Mistake(
            "ca_offset",
            "with fewer queries than keys the triangle is moved the wrong way: the last query sees every key.",
            8,
            {"queries": "np.arange(n_queries)[:, None] - n_all + n_queries"},
        ),
        Mistake(
            "ca_oldkeys",
            "with fewer queries than keys the first keys are forbidden: they stand before all queries, so "
            "every query may see them.",
            8,
            {"mask": "(keys <= queries) & (keys >= n_all - n_queries)"},
        ),
        Mistake(
            "ca_mirrored",
            "the triangle is mirrored: each row should allow a beginning of the keys, longer from row to row.",
            8,
            ({"answer": "mask[:, ::-1]"}, {"answer": "mask[::-1]"}),
        ),
        Mistake(
            "ca_shape",
            "the sizes stand in the order (key, query); (query, key) is asked for.",
            8,
            {"answer": "np.tril(np.ones((n_all, n_queries), bool))"},
        ),
        Mistake(
            "ca_onerow",
            "one row comes back, for the last query; every query has a row of its own.",
            8,
            ({"answer": "mask[-1]"}, {"answer": "mask[-1:]"}),
        ),
        Mistake(
            "ca_previous",
            "each position sees only itself and the one before it.",
            8,
            {"mask": "(keys == queries) | (keys == queries - 1)"},
        ),
    ],
)
